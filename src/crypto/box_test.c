#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/box.h"

static const unsigned char ours[BOX_KEY_BYTES] = {1, 2, 3}, others[BOX_KEY_BYTES] = {4};

static struct str
sealed(struct arena *a, struct str plain)
{
    unsigned char public[BOX_KEY_BYTES];
    struct str out;
    struct err err;

    box_public(ours, public);
    assert_int_equal(box_seal(a, (struct str){(const char *)public, BOX_KEY_BYTES}, plain, &out, &err), RC_OK);
    return out;
}

static void
only_the_receiver_opens_it(void **state)
{
    static const struct str plains[] = {STR_INIT(""), STR_INIT("x"), STR_INIT("王小明 990102199001010011")};
    struct arena *a = arena_new(1 << 16);
    struct str out;
    struct err err;

    (void)state;
    for (size_t n = 0; n < sizeof(plains) / sizeof(plains[0]); n++) {
        struct str s = sealed(a, plains[n]);
        assert_int_equal(s.len, plains[n].len + BOX_OVERHEAD_BYTES);
        assert_int_equal(box_open(a, ours, s, &out, &err), RC_OK);
        assert_true(str_eq(out, plains[n]));
        assert_int_equal(box_open(a, others, s, &out, &err), RC_CORRUPT);
    }
    assert_false(str_eq(sealed(a, plains[1]), sealed(a, plains[1])));
    arena_free(a);
}

static void
a_box_that_was_changed_anywhere_does_not_open(void **state)
{
    struct arena *a = arena_new(1 << 16);
    struct str s = sealed(a, STR("sealed")), out;
    struct err err;

    (void)state;
    for (size_t n = 0; n < s.len; n++) {
        char copy[64];
        memcpy(copy, s.ptr, s.len);
        copy[n] = (char)(copy[n] ^ 1);
        assert_int_equal(box_open(a, ours, (struct str){copy, s.len}, &out, &err), RC_CORRUPT);
        assert_int_equal(box_open(a, ours, (struct str){s.ptr, n}, &out, &err), RC_CORRUPT);
    }
    arena_free(a);
}

static void
a_key_that_is_none_closes_nothing(void **state)
{
    static const unsigned char zeroes[BOX_KEY_BYTES] = {0};
    struct arena *a = arena_new(1 << 16);
    struct str out;
    struct err err;

    (void)state;
    assert_int_equal(box_seal(a, STR("short"), STR("x"), &out, &err), RC_INVALID);
    assert_int_equal(box_seal(a, (struct str){(const char *)zeroes, BOX_KEY_BYTES}, STR("x"), &out, &err), RC_INVALID);
    arena_free(a);
}

static void
too_little_memory_is_said_so(void **state)
{
    struct arena *a = arena_new(1 << 16), *small = arena_new(32);
    struct str s = sealed(a, STR("more than thirty-two bytes of text")), out;
    unsigned char public[BOX_KEY_BYTES];
    struct err err;

    (void)state;
    box_public(ours, public);
    assert_int_equal(box_open(small, ours, s, &out, &err), RC_LIMIT);
    assert_int_equal(box_seal(small, (struct str){(const char *)public, BOX_KEY_BYTES}, s, &out, &err), RC_LIMIT);
    arena_free(a);
    arena_free(small);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_receiver_opens_it),
        cmocka_unit_test(a_box_that_was_changed_anywhere_does_not_open),
        cmocka_unit_test(a_key_that_is_none_closes_nothing),
        cmocka_unit_test(too_little_memory_is_said_so),
    };

    return cmocka_run_group_tests_name("box", tests, NULL, NULL);
}
