#include "main/log_url.h"

#include <string.h>

#include "net/client.h"

enum {
    STACK_BYTES = 512 << 10, /* verifying and a client's call are one below the other here */
    CALL_MS = 30000,
    CONNECT_MS = 5000,
    BODY_MAX = 20 << 20,
};

struct reading {
    struct loop *loop;
    struct client *client;
    struct task *task;
    struct origin origin;
    struct str prefix; /* "" or "/log" */
    void (*fn)(void *ctx, const struct tile_source *source);
    void *ctx;
};

static enum rc
fetch(void *ctx, struct arena *a, struct str path, struct str *out, struct err *err)
{
    const struct reading *r = ctx;
    struct http_out request = {.method = STR("GET")};
    struct http_in answer;
    enum rc rc;

    request.target = str_fmt(a, "%.*s/%.*s", STR_ARG(r->prefix), STR_ARG(path));
    if (request.target.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for an address");
    }
    rc = client_call(r->client, r->task, a, &r->origin, &request,
                     loop_now_us(r->loop) + (int64_t)CALL_MS * 1000, &answer, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (answer.head.status == 404 || answer.head.status == 410) {
        return err_set(err, RC_NOT_FOUND, "the server has no %.*s", STR_ARG(path));
    }
    if (answer.head.status != 200) {
        return err_set(err, RC_PEER, "the server answered %d to %.*s", answer.head.status,
                       STR_ARG(path));
    }
    *out = answer.body;
    return RC_OK;
}

static void
run(struct task *t, void *ctx)
{
    struct reading *r = ctx;
    struct tile_source source = {.fetch = fetch, .ctx = r};

    r->task = t;
    r->fn(r->ctx, &source);
    loop_stop(r->loop);
}

bool
log_url_is(const char *where)
{
    return str_starts(str_of(where), STR("http://")) || str_starts(str_of(where), STR("https://"));
}

/* "name:port", "1.2.3.4", "[::1]:port"; false if it is none of these. */
static bool
parse_host(struct str text, struct origin *out)
{
    bool bracket = str_starts(text, STR("["));
    size_t end = bracket ? str_find_byte(text, ']') : str_find_byte(text, ':');
    struct str host = bracket ? str_sub(text, 1, end - 1) : str_sub(text, 0, end);
    struct str rest = str_from(text, bracket ? end + 1 : end);
    int64_t port = 80;

    if (host.len == 0 || (bracket && end == text.len)) {
        return false;
    }
    if (rest.len > 0 && (rest.ptr[0] != ':' || !str_to_int(str_from(rest, 1), &port))) {
        return false;
    }
    *out = (struct origin){.host = host, .port = (int)port};
    return port >= 1 && port <= 65535;
}

static enum rc
parse_url(const char *url, struct reading *out, struct err *err)
{
    struct str rest = str_of(url), host = STR("");

    if (!str_starts(rest, STR("http://"))) {
        return err_set(err, RC_INVALID,
                       "a log is read from a folder or over http://, not from %.150s", url);
    }
    rest = str_from(rest, 7);
    host = str_sub(rest, 0, str_find_byte(rest, '/'));
    rest = str_from(rest, host.len);
    while (str_ends(rest, STR("/"))) {
        rest.len--;
    }
    if (!parse_host(host, &out->origin)) {
        return err_set(err, RC_INVALID, "%.150s names no host and port", url);
    }
    out->prefix = rest;
    return RC_OK;
}

enum rc
log_url_run(const char *url, void (*fn)(void *ctx, const struct tile_source *source), void *ctx,
            struct err *err)
{
    struct reading r = {.fn = fn, .ctx = ctx};
    struct client_config config = {.limits = http_limits_usual,
                                   .connect_ms = CONNECT_MS,
                                   .idle_per_origin_max = 1,
                                   .per_origin_max = 1,
                                   .idle_ms = CALL_MS};
    struct loop_config loop = {.clock = &clock_system, .tasks_max = 8, .stack_bytes = STACK_BYTES};
    enum rc rc = parse_url(url, &r, err);

    config.limits.body_bytes = BODY_MAX;
    if (rc != RC_OK || (rc = loop_new(&loop, &r.loop, err)) != RC_OK) {
        return rc;
    }
    rc = client_new(r.loop, &config, &r.client, err);
    if (rc == RC_OK && (rc = task_start(r.loop, run, &r, err)) == RC_OK) {
        loop_run(r.loop);
    }
    if (r.client != NULL) {
        client_free(r.client);
    }
    loop_free(r.loop);
    return rc;
}
