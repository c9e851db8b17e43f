/*
 * connector - where a record comes from: the node's own registry, or an old system beside it, asked over HTTP.
 */
#ifndef EXCHANGE_CONNECTOR_H
#define EXCHANGE_CONNECTOR_H

#include "data/registry.h"
#include "net/client.h"

enum connector_kind { CONNECTOR_NONE, CONNECTOR_REGISTRY, CONNECTOR_HTTP };

/* A resource's connector document, read once; views into the resource's arena. */
struct connector {
    enum connector_kind kind;
    struct origin origin;
    struct str head; /* of the target, before {key} */
    struct str tail; /* behind it */
    struct str record;           /* dotted path of the record, "" is the whole answer */
    struct str updated;          /* dotted path of an RFC 3339 time, "" if there is none */
    const struct json *members;  /* element → name upstream; NULL: the same */
};

/* RC_CORRUPT: not a connector that the catalogue could have accepted. */
MUST_USE enum rc connector_read(const struct json *document, struct connector *out,
                                struct err *err);

struct connector_call {
    const struct resource *resource;
    const struct vault *vault;
    struct client *client;
    struct task *task;
    const struct db *db;
    int64_t deadline_us; /* monotonic */
    int64_t now_us;
};
/*
 * RC_NOT_FOUND "record-missing"; RC_TIMEOUT "upstream-silent", RC_IO "upstream-down", RC_PEER "upstream-wrong".
 */
MUST_USE enum rc connector_fetch(const struct connector *c, const struct connector_call *call,
                                 struct arena *a, struct str key, const struct json **record,
                                 int64_t *updated_us, struct err *err);

#endif
