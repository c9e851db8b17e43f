#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/random.h"

static void
two_draws_differ_and_every_byte_is_drawn(void **state)
{
    unsigned char seen[300] = {0};
    unsigned char a[300], b[300];

    (void)state;
    /* A byte that stays zero in 16 draws would be chance once in 2^128 for each of 300. */
    for (int draw = 0; draw < 16; draw++) {
        random_fill(a, sizeof(a));
        for (size_t i = 0; i < sizeof(a); i++) {
            seen[i] |= a[i];
        }
    }
    for (size_t i = 0; i < sizeof(seen); i++) {
        assert_int_not_equal(seen[i], 0);
    }
    random_fill(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    random_fill(b, 0);
}

static void
a_token_is_base64url_of_the_asked_length(void **state)
{
    struct arena *a = arena_new(4096);

    (void)state;
    for (size_t count = 1; count <= 48; count++) {
        struct str one = random_token(a, count);
        assert_non_null(one.ptr);
        assert_int_equal(one.len, (count * 4 + 2) / 3);
        for (size_t i = 0; i < one.len; i++) {
            assert_true(isalnum((unsigned char)one.ptr[i]) || one.ptr[i] == '-'
                        || one.ptr[i] == '_');
        }
        assert_true(count < 8 || !str_eq(one, random_token(a, count)));
        arena_reset(a);
    }
    for (size_t n = 1; n <= 2; n++) {
        arena_fail_at(a, n);
        assert_null(random_token(a, 16).ptr);
    }
    assert_null(random_token(a, 1 << 20).ptr);
    arena_free(a);
}

static void
a_wiped_secret_is_gone(void **state)
{
    char secret[] = "secret!";

    (void)state;
    secret_wipe(secret, 3);
    assert_memory_equal(secret, "\0\0\0ret!", 7);
    secret_wipe_str((struct str){secret, sizeof(secret)});
    assert_memory_equal(secret, "\0\0\0\0\0\0\0", 8);
    secret_wipe(NULL, 0);
    secret_wipe_str((struct str){NULL, 0});
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_draws_differ_and_every_byte_is_drawn),
        cmocka_unit_test(a_token_is_base64url_of_the_asked_length),
        cmocka_unit_test(a_wiped_secret_is_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
