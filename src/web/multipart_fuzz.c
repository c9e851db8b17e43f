/*
 * Input: one byte for the size of pieces, the Content-Type field up to a NUL, the body.  All at
 * once, byte by byte, and in pieces of that size the same parts must come, and the same end.
 */
#include <string.h>

#include "base/utf8.h"
#include "web/multipart.h"

enum { ARENA_BYTES = 8 << 20, TOLD_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct told {
    struct buf b;
    bool is_open; /* between begin and end */
};

static enum rc
begin(void *ctx, struct str name, struct str file, struct err *err)
{
    struct told *t = ctx;

    (void)err;
    CHECK(!t->is_open && utf8_is_plain(name) && utf8_is_plain(file));
    CHECK(!str_has(file, STR("/")) && !str_has(file, STR("\\")));
    t->is_open = true;
    buf_put_fmt(&t->b, "[%zu.%zu.", name.len, file.len);
    buf_put(&t->b, name);
    buf_put(&t->b, file);
    return RC_OK;
}

static enum rc
piece(void *ctx, struct str bytes, struct err *err)
{
    struct told *t = ctx;

    (void)err;
    CHECK(t->is_open && bytes.len > 0);
    buf_put(&t->b, bytes);
    return RC_OK;
}

static enum rc
end(void *ctx, struct err *err)
{
    struct told *t = ctx;

    (void)err;
    CHECK(t->is_open);
    t->is_open = false;
    buf_put_char(&t->b, ']');
    return RC_OK;
}

static enum rc
read_in(struct arena *a, struct str type, struct str body, size_t at_once, struct str *out)
{
    struct told told = {.is_open = false};
    const struct multipart_events events = {&told, begin, piece, end};
    struct multipart *m;
    struct err err;
    enum rc rc;

    buf_init(&told.b, a, TOLD_MAX);
    rc = multipart_new(a, type, &events, &m, &err);
    while (rc == RC_OK && body.len > 0) {
        rc = multipart_feed(m, str_sub(body, 0, at_once), &err);
        body = str_from(body, at_once);
    }
    if (rc == RC_OK) {
        rc = multipart_finish(m, &err);
    }
    CHECK(rc != RC_OK || !told.is_open);
    CHECK(buf_finish(&told.b, out, &err) == RC_OK);
    return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size}, type, whole, cut;
    struct arena *a = arena_new(ARENA_BYTES);

    if (size > 2 && size < TOLD_MAX / 2) {
        size_t at_once = (size_t)data[0] + 1;
        rest = str_from(rest, 1);
        if (str_next(&rest, '\0', &type)) {
            enum rc rc = read_in(a, type, rest, size, &whole);
            CHECK(read_in(a, type, rest, 1, &cut) == rc);
            CHECK(rc != RC_OK || str_eq(whole, cut));
            CHECK(read_in(a, type, rest, at_once, &cut) == rc);
            CHECK(rc != RC_OK || str_eq(whole, cut));
        }
    }
    arena_free(a);
    return 0;
}
