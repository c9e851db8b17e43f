/*
 * multipart - multipart/form-data (RFC 7578) as it streams by: fields whole, files in pieces, constant memory.
 */
#ifndef WEB_MULTIPART_H
#define WEB_MULTIPART_H

#include "base/json.h"

struct multipart_events {
    void *ctx;
    /* A part begins: name of the field, file name ("" for a plain field, never a path). */
    enum rc (*begin)(void *ctx, struct str name, struct str file_name, struct err *err);
    enum rc (*piece)(void *ctx, struct str bytes, struct err *err);
    enum rc (*end)(void *ctx, struct err *err);
};

struct multipart;

enum { MULTIPART_PARTS_MAX = 64, MULTIPART_HEAD_MAX = 4096 };

/* content_type: the whole field, with boundary.  RC_INVALID, type "multipart". */
MUST_USE enum rc multipart_new(struct arena *a, struct str content_type,
                               const struct multipart_events *events, struct multipart **out,
                               struct err *err);
/* Bytes as they come, cut anywhere. */
MUST_USE enum rc multipart_feed(struct multipart *m, struct str bytes, struct err *err);
/* RC_INVALID if the last boundary has not come. */
MUST_USE enum rc multipart_finish(struct multipart *m, struct err *err);

#endif
