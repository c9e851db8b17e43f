/*
 * upload - forms that may carry files: fields into p->input, files into the materials folder while they stream in.
 *
 * The form's token stands before its first file and is checked there, so a stranger's bytes are never kept.  A file becomes, under its field's
 * name, an array of {"name","sha256","type","bytes"}, or {"name","problem":"too-large"|"wrong-type"|"not-asked"}: one bad file loses nothing else.
 */
#ifndef WEB_UPLOAD_H
#define WEB_UPLOAD_H

#include "web/web.h"

struct upload_rule {
    int64_t most_bytes;
    const struct json *types; /* array of media types */
};
/* What the field takes; false: no file belongs there. */
typedef bool (*upload_rule_fn)(void *ctx, struct str field, struct upload_rule *out);

MUST_USE enum rc page_read_form(struct page *p, upload_rule_fn rules, void *ctx, struct err *err);

#endif
