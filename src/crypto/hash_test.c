#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/encode.h"
#include "crypto/hash.h"

static void
assert_hash(struct arena *a, struct hash got, const char *want_hex)
{
    struct str hex = hex_of(a, hash_str(&got));

    if (!str_eq(hex, str_of(want_hex))) {
        fail_msg("got %.*s, want %s", STR_ARG(hex), want_hex);
    }
}

/* count times the same byte. */
static struct str
repeated(struct arena *a, unsigned char byte, size_t count)
{
    char *p = arena_alloc(a, count, 1);

    assert_non_null(p);
    memset(p, byte, count);
    return (struct str){p, count};
}

static void
sha256_gives_the_published_values(void **state)
{
    static const struct {
        struct str data;
        const char *hex;
    } cases[] = {
        {{NULL, 0}, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {STR_INIT("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {STR_INIT("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    struct arena *a = arena_new(4 << 20);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_hash(a, hash_sha256(cases[i].data), cases[i].hex);
    }
    assert_hash(a, hash_sha256(repeated(a, 'a', 1000000)),
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    arena_free(a);
}

static void
sm3_gives_the_published_values(void **state)
{
    static const struct {
        struct str data;
        const char *hex;
    } cases[] = {
        {{NULL, 0}, "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"},
        {STR_INIT("abc"), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"},
        {STR_INIT("abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd"),
         "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"},
    };
    struct arena *a = arena_new(4096);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_hash(a, hash_sm3(cases[i].data), cases[i].hex);
    }
    arena_free(a);
}

/* RFC 4231 §4: cases 1 to 4, 6 and 7 (5 is about truncation). */
static void
hmac_gives_the_values_of_rfc_4231(void **state)
{
    struct arena *a = arena_new(1 << 16);
    char counting[25];

    (void)state;
    for (size_t i = 0; i < sizeof(counting); i++) {
        counting[i] = (char)(i + 1);
    }
    const struct {
        struct str key, data;
        const char *hex;
    } cases[] = {
        {repeated(a, 0x0b, 20), STR("Hi There"),
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {STR("Jefe"), STR("what do ya want for nothing?"),
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {repeated(a, 0xaa, 20), repeated(a, 0xdd, 50),
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {{counting, sizeof(counting)}, repeated(a, 0xcd, 50),
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {repeated(a, 0xaa, 131), STR("Test Using Larger Than Block-Size Key - Hash Key First"),
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {repeated(a, 0xaa, 131),
         STR("This is a test using a larger than block-size key and a larger than "
             "block-size data. The key needs to be hashed before being used by the "
             "HMAC algorithm."),
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
        {{NULL, 0}, {NULL, 0},
         "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_hash(a, hash_hmac_sha256(cases[i].key, cases[i].data), cases[i].hex);
        struct hash_stream *s = hash_open_hmac_sha256(cases[i].key);
        hash_add(s, str_sub(cases[i].data, 0, 7));
        hash_add(s, str_from(cases[i].data, 7));
        assert_hash(a, hash_close(s), cases[i].hex);
    }
    arena_free(a);
}

static void
pieces_give_the_hash_of_the_whole(void **state)
{
    struct arena *a = arena_new(1 << 16);
    struct str data = repeated(a, 'z', 300);

    (void)state;
    for (size_t first = 0; first <= data.len; first++) {
        for (size_t second = 0; first + second <= data.len; second += 61) {
            struct hash_stream *s = hash_open_sha256();
            hash_add(s, str_sub(data, 0, first));
            hash_add(s, str_sub(data, first, second));
            hash_add(s, str_from(data, first + second));
            struct hash got = hash_close(s);
            struct hash want = hash_sha256(data);
            assert_true(hash_eq(&got, &want));
        }
    }
    arena_free(a);
}

static void
a_node_is_the_hash_of_prefix_left_and_right(void **state)
{
    struct hash left = hash_sha256(STR("left"));
    struct hash right = hash_sha256(STR("right"));
    char joined[1 + 2 * HASH_BYTES] = {1};

    (void)state;
    memcpy(joined + 1, left.bytes, HASH_BYTES);
    memcpy(joined + 1 + HASH_BYTES, right.bytes, HASH_BYTES);
    struct hash want = hash_sha256((struct str){joined, sizeof(joined)});
    struct hash got = hash_sha256_node(1, hash_str(&left), hash_str(&right));
    assert_true(hash_eq(&got, &want));
    got = hash_sha256_node(1, hash_str(&right), hash_str(&left));
    assert_false(hash_eq(&got, &want));
    got = hash_sha256_node(0, STR("abc"), (struct str){NULL, 0});
    want = hash_sha256(STR("\0abc"));
    assert_true(hash_eq(&got, &want));
}

static void
one_bit_anywhere_makes_hashes_unequal(void **state)
{
    struct hash a = hash_sha256(STR("x"));

    (void)state;
    for (size_t bit = 0; bit < 8 * HASH_BYTES; bit++) {
        struct hash b = a;
        assert_true(hash_eq(&a, &b));
        b.bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        assert_false(hash_eq(&a, &b));
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_published_values),
        cmocka_unit_test(sm3_gives_the_published_values),
        cmocka_unit_test(hmac_gives_the_values_of_rfc_4231),
        cmocka_unit_test(pieces_give_the_hash_of_the_whole),
        cmocka_unit_test(a_node_is_the_hash_of_prefix_left_and_right),
        cmocka_unit_test(one_bit_anywhere_makes_hashes_unequal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
