#include "evidence/test_suite.h"

#include "evidence/leaf.h"

static const unsigned char opening[ACT_OPENING_BYTES] = "0123456789abcdef";
#define OPENING ((struct str){(const char *)opening, sizeof(opening)})
#define BODY "{\"at_us\":7200000001,\"kind\":\"read\"}"

static void
kinds_have_one_number_and_one_name_each(void **state)
{
    int kinds = 0;

    (void)state;
    for (int number = -1; number < 300; number++) {
        enum act_kind kind = ACT_NODE, back = ACT_NODE;
        if (act_kind_by_number(number, &kind)) {
            kinds++;
            assert_true(number > 0 && number < 256); /* one byte of a leaf */
            assert_int_equal(kind, number);
            assert_true(act_kind_by_name(str_of(act_kind_name(kind)), &back));
            assert_int_equal(back, number);
            assert_true(act_kind_zh(kind)[0] != '\0');
            assert_true(act_kind_en(kind)[0] != '\0');
        }
    }
    assert_int_equal(kinds, ACT_KINDS);
    enum act_kind kind = ACT_READ;
    assert_false(act_kind_by_name(STR("rea"), &kind));
    assert_false(act_kind_by_name(STR(""), &kind));
    assert_int_equal(kind, ACT_READ);
}

static void
a_leaf_is_laid_out_as_its_header_says(void **state)
{
    /* The commitment over the same bytes, joined by hand. */
    static const unsigned char key[] = "\xd8\x21\xf8\x79\x0d\x97\x70\x97\x96\xb4\xd7\x90\x33\x57\xc3\xf5";
    static const char message[] = "0123456789abcdef"
                                  "\x0d"
                                  "zhengtong/act"
                                  "\0\0\0\x01"
                                  "\0\0\0\x22" BODY;
    struct hash want = hash_hmac_sha256((struct str){(const char *)key, 16},
                                        (struct str){message, sizeof(message) - 1});
    unsigned char leaf[LEAF_BYTES];
    enum act_kind kind;
    uint32_t epoch;

    (void)state;
    act_leaf(ACT_READ, 7200000001, STR(BODY), opening, leaf);
    assert_memory_equal(leaf, "\x01\x0a\0\0\0\0\0\x02", 8);
    assert_memory_equal(leaf + 8, want.bytes, HASH_BYTES);
    assert_true(act_leaf_read((struct str){(const char *)leaf, LEAF_BYTES}, &kind, &epoch));
    assert_int_equal(kind, ACT_READ);
    assert_int_equal(epoch, 2);
    act_leaf(ACT_READ, INT64_MAX, STR(BODY), opening, leaf);
    assert_memory_equal(leaf + 4, "\x98\xb5\xbf\x2c", 4); /* 2562047788 hours and no wrapping round */
    act_leaf(ACT_READ, -1, STR(BODY), opening, leaf);
    assert_memory_equal(leaf + 4, "\0\0\0\0", 4);
}

static void
no_byte_of_leaf_body_or_opening_can_change(void **state)
{
    unsigned char leaf[LEAF_BYTES], other[ACT_OPENING_BYTES];
    char body[] = BODY;
    struct str l = {(const char *)leaf, LEAF_BYTES};

    (void)state;
    act_leaf(ACT_READ, 7200000001, STR(BODY), opening, leaf);
    assert_true(act_leaf_opens(l, STR(BODY), OPENING));
    for (size_t i = 0; i + 1 < sizeof(body); i++) {
        body[i] ^= 1;
        assert_false(act_leaf_opens(l, str_of(body), OPENING));
        body[i] ^= 1;
    }
    memcpy(other, opening, sizeof(other));
    for (size_t i = 0; i < sizeof(other); i++) {
        other[i] ^= 1;
        assert_false(act_leaf_opens(l, STR(BODY), (struct str){(char *)other, sizeof(other)}));
        other[i] ^= 1;
    }
    for (size_t i = 8; i < LEAF_BYTES; i++) {
        leaf[i] ^= 1;
        assert_false(act_leaf_opens(l, STR(BODY), OPENING));
        leaf[i] ^= 1;
    }
    assert_false(act_leaf_opens(str_sub(l, 0, 39), STR(BODY), OPENING));
    assert_false(act_leaf_opens(l, STR(BODY), str_sub(OPENING, 0, 15)));
    assert_false(act_leaf_opens(STR(""), STR(""), STR("")));
}

static void
a_leaf_of_another_kind_or_hour_than_its_body_is_refused(void **state)
{
    struct arena *a = arena_new(1 << 20);
    unsigned char leaf[LEAF_BYTES];
    struct str l = {(const char *)leaf, LEAF_BYTES};
    enum act_kind kind = ACT_NODE;
    uint32_t epoch = 77;

    (void)state;
    act_leaf(ACT_READ, 7200000001, STR(BODY), opening, leaf);
    assert_ok(act_leaf_agrees(a, l, STR(BODY), err));
    assert_rc(act_leaf_agrees(a, l, STR("{\"at_us\":7200000001,\"kind\":\"view\"}"), err),
              RC_INVALID);
    assert_rc(act_leaf_agrees(a, l, STR("{\"at_us\":7199999999,\"kind\":\"read\"}"), err),
              RC_INVALID);
    assert_rc(act_leaf_agrees(a, l, STR("{\"kind\":\"read\"}"), err), RC_INVALID);
    assert_rc(act_leaf_agrees(a, l, STR("no JSON"), err), RC_INVALID);
    for (size_t i = 0; i < 4; i++) { /* version, kind, reserved */
        leaf[i] ^= 0x40;
        assert_false(act_leaf_read(l, &kind, &epoch));
        assert_rc(act_leaf_agrees(a, l, STR(BODY), err), RC_INVALID);
        leaf[i] ^= 0x40;
    }
    assert_int_equal(kind, ACT_NODE);
    assert_int_equal(epoch, 77);
    arena_free(a);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_have_one_number_and_one_name_each),
        cmocka_unit_test(a_leaf_is_laid_out_as_its_header_says),
        cmocka_unit_test(no_byte_of_leaf_body_or_opening_can_change),
        cmocka_unit_test(a_leaf_of_another_kind_or_hour_than_its_body_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
