/*
 * story_http - a browser without a window: signs in, sends JSON and files, reads JSON, and says which step failed and how.
 */
#ifndef MAIN_STORY_HTTP_H
#define MAIN_STORY_HTTP_H

#include "base/json.h"
#include "net/client.h"

struct visitor {
    struct client *client;
    struct task *task;
    struct arena *arena;
    int port;
    struct str token; /* session, as a bearer; "" is nobody */
};

struct visit {
    int status;
    struct str location;
    const struct json *document; /* NULL if the answer is not JSON */
    struct str body;
};

/* RC_PEER, naming method and path, unless the status is one of want and want2 (0: none). */
MUST_USE enum rc visit_get(struct visitor *v, struct str path, int want, struct visit *out,
                           struct err *err);
/* key: Idempotency-Key or "". */
MUST_USE enum rc visit_post(struct visitor *v, struct str path, const struct json *body,
                            struct str key, int want, struct visit *out, struct err *err);
/* One file under a field's name, with plain fields (an object of texts) before it. */
MUST_USE enum rc visit_upload(struct visitor *v, struct str path, const struct json *fields,
                              struct str field, struct str file_name, struct str content, int want,
                              struct visit *out, struct err *err);

#endif
