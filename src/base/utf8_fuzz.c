/*
 * Valid text is what its code points give when they are written one by one; folding keeps
 * text valid and is done after one time; in the other case it stays valid; anything can be repaired.
 */
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_valid(struct arena *a, struct str in)
{
    struct str rest = in, out, folded, again;
    struct err err;
    struct buf b;
    size_t count = 0;

    buf_init(&b, a, 1 << 20);
    while (rest.len > 0) {
        buf_put_utf8(&b, utf8_next(&rest));
        count++;
    }
    CHECK(buf_finish(&b, &out, &err) == RC_OK);
    CHECK(str_eq(out, in) && count == utf8_count(in));
    (void)utf8_is_plain(in);
    CHECK(utf8_upper(a, in, &out, &err) == RC_OK && utf8_is_valid(out));
    CHECK(utf8_lower(a, in, &out, &err) == RC_OK && utf8_is_valid(out));
    for (int flags = 0; flags < 4; flags++) {
        CHECK(utf8_fold(a, in, flags & 1, flags & 2, &folded, &err) == RC_OK);
        CHECK(utf8_is_valid(folded) && folded.len <= in.len);
        CHECK(utf8_fold(a, folded, flags & 1, flags & 2, &again, &err) == RC_OK);
        CHECK(str_eq(folded, again));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(1 << 22);
    struct str in = {(const char *)data, size}, repaired;
    struct err err;
    struct buf b;

    bool valid = utf8_is_valid(in);
    if (valid) {
        check_valid(a, in);
    }
    buf_init(&b, a, 1 << 20);
    buf_put_repaired(&b, in);
    CHECK(buf_finish(&b, &repaired, &err) == RC_OK);
    CHECK(utf8_is_valid(repaired) && str_eq(repaired, in) == valid);
    arena_free(a);
    return 0;
}
