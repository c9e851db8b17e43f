/*
 * Heads, as requests and as responses.  Whatever is taken must mean the same when it is written
 * again in its plain form, and every cut of the input must give the same verdict.
 */
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "net/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct http_limits limits = {.head_bytes = 1024, .target_bytes = 200};

static enum rc
parse(bool is_request, struct str bytes, struct http_head *head, size_t *used)
{
    struct err err;

    return is_request ? http_parse_request(bytes, &limits, head, used, &err)
                      : http_parse_response(bytes, STR("GET"), &limits, head, used, &err);
}

/* Each prefix in memory of exactly its size, so a read past it is seen. */
static void
cut_everywhere(bool is_request, struct str bytes, enum rc whole, size_t whole_used)
{
    struct http_head head;
    bool is_decided = false;

    for (size_t len = 0; len < bytes.len; len++) {
        char *copy = mem_new(len + 1, 1);
        size_t used = 0;
        memcpy(copy, bytes.ptr, len);
        enum rc rc = parse(is_request, (struct str){copy, len}, &head, &used);
        is_decided = is_decided || rc != RC_TIMEOUT;
        CHECK(!is_decided || rc == whole);
        CHECK(rc != RC_OK || used == whole_used);
        mem_free(copy);
    }
}

static void
write_again(bool is_request, const struct http_head *head, struct buf *b)
{
    if (is_request) {
        buf_put_fmt(b, "%.*s %.*s HTTP/1.%d\r\n", STR_ARG(head->method), STR_ARG(head->target),
                    head->minor);
    } else {
        buf_put_fmt(b, "HTTP/1.%d %d ", head->minor, head->status);
        buf_put(b, head->reason);
        buf_put(b, STR("\r\n"));
    }
    for (size_t i = 0; i < head->fields.count; i++) {
        buf_put(b, head->fields.field[i].name);
        buf_put(b, STR(": "));
        buf_put(b, head->fields.field[i].value);
        buf_put(b, STR("\r\n"));
    }
    buf_put(b, STR("\r\n"));
}

static void
check_same(const struct http_head *a, const struct http_head *b)
{
    CHECK(str_eq(a->method, b->method) && str_eq(a->target, b->target));
    CHECK(str_eq(a->path, b->path) && str_eq(a->query, b->query));
    CHECK(a->status == b->status && str_eq(a->reason, b->reason) && a->minor == b->minor);
    CHECK(a->body == b->body && a->length == b->length);
    CHECK(a->keep_alive == b->keep_alive && a->expect_continue == b->expect_continue);
    CHECK(a->fields.count == b->fields.count);
    for (size_t i = 0; i < a->fields.count; i++) {
        CHECK(str_eq(a->fields.field[i].name, b->fields.field[i].name));
        CHECK(str_eq(a->fields.field[i].value, b->fields.field[i].value));
    }
}

static void
try(bool is_request, struct str bytes)
{
    /* Blanks after the colon may be written where there were none. */
    const struct http_limits wider = {.head_bytes = 2048, .target_bytes = 200};
    struct http_head first;
    struct http_head second;
    size_t used = 0;
    size_t used_again = 0;
    struct str text;
    struct buf b;
    struct err err;
    enum rc rc = parse(is_request, bytes, &first, &used);

    cut_everywhere(is_request, bytes, rc, used);
    if (rc != RC_OK) {
        return;
    }
    CHECK(used <= bytes.len && used <= limits.head_bytes);
    struct arena *a = arena_new(65536);
    buf_init(&b, a, 16384);
    write_again(is_request, &first, &b);
    CHECK(buf_finish(&b, &text, &err) == RC_OK);
    rc = is_request ? http_parse_request(text, &wider, &second, &used_again, &err)
                    : http_parse_response(text, STR("GET"), &wider, &second, &used_again, &err);
    CHECK(rc == RC_OK && used_again == text.len);
    check_same(&first, &second);
    arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = {(const char *)data, size < 1200 ? size : 1200};

    if (bytes.len > 0) {
        try(true, bytes);
        try(false, bytes);
    }
    return 0;
}
