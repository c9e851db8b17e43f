#include "exchange/connector.h"

#include "exchange/exchange.h"

enum { TARGET_MAX = 4096, HTTP_PORT = 80 };

static const struct str key_mark = STR_INIT("{key}");

/* http://host[:port]/target with {key} somewhere in the target. */
static enum rc
read_url(struct str url, struct connector *out, struct err *err)
{
    struct str rest = str_from(url, STR("http://").len);
    size_t slash = str_find_byte(rest, '/');
    struct str authority = str_sub(rest, 0, slash), target = str_from(rest, slash);
    size_t colon = str_find_byte(authority, ':'), at = str_find(target, key_mark);
    int64_t port = HTTP_PORT;

    if (!str_starts(url, STR("http://")) || colon == 0 || at == target.len ||
        (colon < authority.len && (!str_to_int(str_from(authority, colon + 1), &port) || port < 1 ||
                                   port > 65535))) {
        return err_set(err, RC_CORRUPT, "a connector's url is wrong");
    }
    out->origin = (struct origin){.host = str_sub(authority, 0, colon), .port = (int)port};
    out->head = str_sub(target, 0, at);
    out->tail = str_from(target, at + key_mark.len);
    return RC_OK;
}

enum rc
connector_read(const struct json *document, struct connector *out, struct err *err)
{
    struct connector c = {.kind = CONNECTOR_NONE};
    enum rc rc;

    if (str_eq(json_str(document, "kind"), STR("registry"))) {
        c.kind = CONNECTOR_REGISTRY;
    } else if (document != NULL) {
        c.kind = CONNECTOR_HTTP;
        c.record = json_str(document, "record");
        c.updated = json_str(document, "updated");
        c.members = json_get(document, "members");
        if ((rc = read_url(json_str(document, "url"), &c, err)) != RC_OK) {
            return rc;
        }
    }
    *out = c;
    return RC_OK;
}

static enum rc
as_upstream_error(enum rc rc, struct err *err)
{
    switch ((int)rc) {
    case RC_TIMEOUT: err->type = "upstream-silent"; return rc;
    case RC_IO: err->type = "upstream-down"; return rc;
    case RC_BUSY: err->type = "upstream-down"; return RC_IO;
    default: err->type = "upstream-wrong"; return RC_PEER;
    }
}

/* The record under the resource's own names. */
static const struct json *
rename_members(const struct connector *c, const struct resource *r, struct arena *a,
               const struct json *from)
{
    struct json *out;

    if (c->members == NULL) {
        return from;
    }
    out = json_object(a);
    for (size_t i = 0; i < r->element_count; i++) {
        struct str name = r->elements[i].name;
        const struct json *upstream = json_get_key(c->members, name);
        const struct json *value = json_get_key(from, upstream != NULL ? upstream->text : name);
        if (value != NULL) {
            json_set_key(a, out, name, json_copy(a, value));
        }
    }
    return out;
}

static const struct json *
at_path(struct arena *a, const struct json *root, struct str path)
{
    const char *dotted = path.len > 0 ? str_c(a, path) : NULL;

    return dotted != NULL ? json_path(root, dotted) : root;
}

static enum rc
read_answer(const struct connector *c, const struct connector_call *call, struct arena *a,
            const struct http_in *in, const struct json **record, int64_t *updated_us,
            struct err *err)
{
    struct json *root;
    struct err ignored;
    enum rc rc;

    if (in->head.status == 404) {
        return err_problem(err, RC_NOT_FOUND, "record-missing", "upstream has no such record");
    }
    if (in->head.status != 200 || in->body.len > EXCHANGE_ANSWER_MAX) {
        return err_problem(err, RC_PEER, "upstream-wrong", "upstream said %d with %zu bytes",
                           in->head.status, in->body.len);
    }
    if ((rc = json_parse(a, in->body, JSON_UNIQUE, &root, err)) != RC_OK) {
        return rc == RC_LIMIT ? rc : as_upstream_error(rc, err);
    }
    const struct json *found = at_path(a, root, c->record);
    if (found == NULL || json_is(found, JSON_NULL)) {
        return err_problem(err, RC_NOT_FOUND, "record-missing", "upstream has no such record");
    }
    if (!json_is(found, JSON_OBJECT)) {
        return err_problem(err, RC_PEER, "upstream-wrong", "upstream's record is not an object");
    }
    const struct json *updated = c->updated.len > 0 ? at_path(a, root, c->updated) : NULL;
    if (!json_is(updated, JSON_STRING) ||
        instant_parse(updated->text, updated_us, &ignored) != RC_OK) {
        *updated_us = call->now_us;
    }
    *record = rename_members(c, call->resource, a, found);
    return *record != NULL ? RC_OK : err_set(err, RC_LIMIT, "no room for a record");
}

static enum rc
fetch_http(const struct connector *c, const struct connector_call *call, struct arena *a,
           struct str key, const struct json **record, int64_t *updated_us, struct err *err)
{
    struct http_out *request = arena_alloc(a, 1, sizeof(*request));
    struct http_in *in = arena_alloc(a, 1, sizeof(*in));
    struct str target;
    struct buf b;
    enum rc rc;

    if (request == NULL || in == NULL) {
        return err_set(err, RC_LIMIT, "no room for a request");
    }
    buf_init(&b, a, TARGET_MAX);
    buf_put(&b, c->head);
    buf_put_url(&b, key);
    buf_put(&b, c->tail);
    if ((rc = buf_finish(&b, &target, err)) != RC_OK) {
        return rc;
    }
    request->method = STR("GET");
    request->target = target;
    CHECK(http_add(&request->fields, STR("Accept"), STR("application/json")));
    rc = client_call(call->client, call->task, a, &c->origin, request, call->deadline_us, in, err);
    if (rc != RC_OK) {
        return as_upstream_error(rc, err);
    }
    return read_answer(c, call, a, in, record, updated_us, err);
}

enum rc
connector_fetch(const struct connector *c, const struct connector_call *call, struct arena *a,
                struct str key, const struct json **record, int64_t *updated_us, struct err *err)
{
    struct json *own;
    enum rc rc;

    CHECK(c->kind != CONNECTOR_NONE);
    if (c->kind == CONNECTOR_HTTP) {
        return fetch_http(c, call, a, key, record, updated_us, err);
    }
    rc = registry_get(call->db, call->vault, a, call->resource->code, key, &own, updated_us, err);
    if (rc == RC_OK) {
        *record = own;
    }
    return rc;
}
