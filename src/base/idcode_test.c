#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/idcode.h"

enum { TODAY = 20780 }; /* 2026-11-23 */

struct row {
    const char *text;
    enum idcode_verdict verdict;
};

static void
expect_rows(const struct row *rows, size_t count, enum idcode_verdict (*verdict)(struct str))
{
    for (size_t i = 0; i < count; i++) {
        enum idcode_verdict got = verdict(str_of(rows[i].text));
        if (got != rows[i].verdict) {
            fail_msg("%s is %d, not %d", rows[i].text, (int)got, (int)rows[i].verdict);
        }
    }
}

static enum idcode_verdict
person_today(struct str id)
{
    return idcode_person(id, TODAY, NULL);
}

static void
resident_ids_are_told_apart(void **state)
{
    static const struct row rows[] = {
        {"11010519491231002X", IDCODE_VALID},       {"440524188001010014", IDCODE_VALID},
        {"990102199003070011", IDCODE_VALID},       {"99010219900307002X", IDCODE_VALID},
        {"990103202601050038", IDCODE_VALID},       {"990104194409150126", IDCODE_VALID},
        {"110105194912310021", IDCODE_WRONG_CHECK}, {"990102199003070012", IDCODE_WRONG_CHECK},
        {"990102199003070021", IDCODE_WRONG_CHECK}, {"990102199002300014", IDCODE_WRONG_DATE},
        {"", IDCODE_WRONG_SHAPE},                   {"99010219900307001", IDCODE_WRONG_SHAPE},
        {"9901021990030700111", IDCODE_WRONG_SHAPE}, {"11010519491231002x", IDCODE_WRONG_SHAPE},
        {"X1010519491231002X", IDCODE_WRONG_SHAPE}, {"11010519491231002A", IDCODE_WRONG_SHAPE},
        {"990102 99003070011", IDCODE_WRONG_SHAPE}, {"130503670401001", IDCODE_WRONG_SHAPE},
    };

    (void)state;
    expect_rows(rows, sizeof(rows) / sizeof(rows[0]), person_today);
}

static void
a_resident_id_tells_region_birth_and_sex(void **state)
{
    struct idcode_person p = {{NULL, 0}, 0, false};
    struct str id = STR("99010219900307002X");

    (void)state;
    assert_int_equal(idcode_person(id, TODAY, &p), IDCODE_VALID);
    assert_true(str_eq(p.region, STR("990102")));
    assert_int_equal(p.birth_day, date_to_day((struct date){1990, 3, 7}));
    assert_true(p.female);
    assert_int_equal(idcode_person(STR("990102199003070011"), TODAY, &p), IDCODE_VALID);
    assert_false(p.female);
}

static void
nobody_is_born_tomorrow(void **state)
{
    struct str id = STR("990103202601050038");
    int32_t birth_day = date_to_day((struct date){2026, 1, 5});
    struct idcode_person p = {{NULL, 0}, -1, false};

    (void)state;
    assert_int_equal(idcode_person(id, birth_day - 1, &p), IDCODE_WRONG_DATE);
    assert_int_equal(p.birth_day, -1);
    assert_int_equal(idcode_person(id, birth_day, &p), IDCODE_VALID);
    assert_int_equal(p.birth_day, birth_day);
}

static void
company_codes_are_told_apart(void **state)
{
    static const struct row rows[] = {
        {"91350100M000100Y43", IDCODE_VALID},       {"91110000101623741K", IDCODE_VALID},
        {"911101066976941872", IDCODE_VALID},       {"12441500196720244T", IDCODE_VALID},
        {"11511301008778183N", IDCODE_VALID},       {"11990100000000019F", IDCODE_VALID},
        {"11990100000000027A", IDCODE_VALID},       {"129901000000010A5G", IDCODE_VALID},
        {"91990102MA0000015T", IDCODE_VALID},       {"92990103MA00000B7N", IDCODE_VALID},
        {"54990104MF000003X9", IDCODE_VALID},       {"91310115MA1H8R7C6D", IDCODE_WRONG_CHECK},
        {"11990100000000109F", IDCODE_WRONG_CHECK}, {"TE5116020105116050", IDCODE_WRONG_SHAPE},
        {"", IDCODE_WRONG_SHAPE},                   {"91350100M000100Y4", IDCODE_WRONG_SHAPE},
        {"91350100M000100Y433", IDCODE_WRONG_SHAPE}, {"91350100M000100YI3", IDCODE_WRONG_SHAPE},
        {"9135O100M000100Y43", IDCODE_WRONG_SHAPE}, {"91350100m000100y43", IDCODE_WRONG_SHAPE},
        {"91350100M000100Y4Z", IDCODE_WRONG_SHAPE},
    };

    (void)state;
    expect_rows(rows, sizeof(rows) / sizeof(rows[0]), idcode_company);
}

/* Three codes that were issued with a check that their standard does not give. */
static void
an_issued_code_with_a_wrong_check_is_doubtful_and_not_refused(void **state)
{
    static const struct {
        const char *code;
        char would_be;
    } cases[] = {
        {"91350211M0000XUF46", 'R'},
        {"91350100M0001TGQXM", '1'},
        {"91350203M0001FUE2P", 'J'},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str code = str_of(cases[i].code);
        assert_int_equal(idcode_company(code), IDCODE_DOUBTFUL);
        assert_int_equal(idcode_company_check(str_sub(code, 0, 17)), cases[i].would_be);
    }
}

/* The inner organisation code of this one holds too, so a person has to look at it. */
static void
a_mistyped_last_character_is_doubtful(void **state)
{
    (void)state;
    assert_int_equal(idcode_company(STR("11990100000000019E")), IDCODE_DOUBTFUL);
    assert_int_equal(idcode_company_check(STR("11990100000000019")), 'F');
}

static void
check_characters_are_computed(void **state)
{
    (void)state;
    assert_int_equal(idcode_person_check(STR("99010219900307001")), '1');
    assert_int_equal(idcode_person_check(STR("11010519491231002")), 'X');
    assert_int_equal(idcode_person_check(STR("9901021990030700")), '\0');
    assert_int_equal(idcode_person_check(STR("9901021990030700A")), '\0');
    assert_int_equal(idcode_company_check(STR("11990100000000019")), 'F');
    assert_int_equal(idcode_company_check(STR("91310115MA1H8R7C6")), '7');
    assert_int_equal(idcode_company_check(STR("11990100000000109")), '4');
    assert_int_equal(idcode_company_check(STR("1199010000000001")), '\0');
    assert_int_equal(idcode_company_check(STR("1199010000000001S")), '\0');
    assert_int_equal(idcode_certificate_check(STR("")), '\0');
    assert_int_equal(idcode_certificate_check(STR("a")), '\0');
}

#define KIND "1.2.156.3005.2.11990100000000019F001."
#define ISSUER "11990100000000027A."

static void
certificate_identifiers_are_told_apart(void **state)
{
    static const struct row rows[] = {
        {"1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F", IDCODE_VALID},
        {KIND ISSUER "2026000001.001.R", IDCODE_VALID},
        {KIND ISSUER "2026000002.001.B", IDCODE_VALID},
        {"1.2.156.3005.2.11990100000000027A002.11990100000000019F.2026000001.001.V", IDCODE_VALID},
        {KIND ISSUER "2026000002.001.R", IDCODE_WRONG_CHECK},
        {KIND ISSUER "2026000001.002.R", IDCODE_WRONG_CHECK},
        {KIND ISSUER "2026000001.001", IDCODE_WRONG_SHAPE},
        {KIND ISSUER "2026000001.001.R.", IDCODE_WRONG_SHAPE},
        {KIND ISSUER "2026000001.001.R.1", IDCODE_WRONG_SHAPE},
        {KIND ISSUER "2026000001.001..", IDCODE_WRONG_SHAPE},
        {KIND ISSUER ".001.R", IDCODE_WRONG_SHAPE},
        {KIND ISSUER "2026-00001.001.R", IDCODE_WRONG_SHAPE},
        {KIND ISSUER "123456789012345678901234567890123.001.R", IDCODE_WRONG_SHAPE},
        {KIND "1199010000000002A.2026000001.001.R", IDCODE_WRONG_SHAPE},
        {"1.2.156.3005.3.11990100000000019F001." ISSUER "2026000001.001.R", IDCODE_WRONG_SHAPE},
        {"11990100000000019F001." ISSUER "2026000001.001.R", IDCODE_WRONG_SHAPE},
        {"1.2.156.3005.2.", IDCODE_WRONG_SHAPE},
        {"", IDCODE_WRONG_SHAPE},
    };

    (void)state;
    expect_rows(rows, sizeof(rows) / sizeof(rows[0]), idcode_certificate);
}

static void
item_and_case_numbers_are_told_apart(void **state)
{
    static const struct row items[] = {
        {"12441500196720244T3442199806003", IDCODE_VALID},
        {"91350211M0000XUF463442199806003", IDCODE_DOUBTFUL},
        {"91310115MA1H8R7C6D3442199806003", IDCODE_WRONG_CHECK},
        {"12441500196720244T344219980600", IDCODE_WRONG_SHAPE},
        {"12441500196720244T34421998060031", IDCODE_WRONG_SHAPE},
        {"12441500196720244T3442-99806003", IDCODE_WRONG_SHAPE},
    };
    static const struct row cases[] = {
        {"12441500196720244T3442199806003202206230068", IDCODE_VALID},
        {"91350211M0000XUF463442199806003202206230068", IDCODE_DOUBTFUL},
        {"91310115MA1H8R7C6D3442199806003202206230068", IDCODE_WRONG_CHECK},
        {"12441500196720244T3442199806003202202300068", IDCODE_WRONG_DATE},
        {"12441500196720244T34421998060032022062300681", IDCODE_WRONG_SHAPE},
        {"12441500196720244T344219980600320220623006", IDCODE_WRONG_SHAPE},
        {"12441500196720244T344219980600320220623006A", IDCODE_WRONG_SHAPE},
        {"12441500196720244T3442199806003", IDCODE_WRONG_SHAPE},
        {"", IDCODE_WRONG_SHAPE},
    };

    (void)state;
    expect_rows(items, sizeof(items) / sizeof(items[0]), idcode_item);
    expect_rows(cases, sizeof(cases) / sizeof(cases[0]), idcode_case);
}

static void
regions_and_mobile_numbers_have_a_shape_only(void **state)
{
    (void)state;
    assert_true(idcode_is_region(STR("990102")));
    assert_false(idcode_is_region(STR("99010")));
    assert_false(idcode_is_region(STR("9901022")));
    assert_false(idcode_is_region(STR("99010A")));
    assert_true(idcode_is_mobile(STR("15412345678")));
    assert_true(idcode_is_mobile(STR("13000000000")));
    assert_false(idcode_is_mobile(STR("12412345678")));
    assert_false(idcode_is_mobile(STR("25412345678")));
    assert_false(idcode_is_mobile(STR("1541234567")));
    assert_false(idcode_is_mobile(STR("154123456789")));
    assert_false(idcode_is_mobile(STR("1541234567a")));
}

static void
a_mask_keeps_the_ends_and_the_length(void **state)
{
    struct arena *arena = arena_new(64);
    struct str id = STR("990102199003070011");

    (void)state;
    assert_true(str_eq(idcode_mask(arena, id, 6, 4), STR("990102********0011")));
    assert_true(str_eq(idcode_mask(arena, id, 0, 4), STR("**************0011")));
    assert_int_equal(idcode_mask(arena, id, 14, 4).len, 0);
    assert_int_equal(idcode_mask(arena, id, 18, 0).len, 0);
    assert_int_equal(idcode_mask(arena, id, 2, SIZE_MAX).len, 0);
    assert_int_equal(idcode_mask(arena, STR(""), 0, 0).len, 0);
    arena_free(arena);

    arena = arena_new(10);
    assert_int_equal(idcode_mask(arena, id, 6, 4).len, 0);
    arena_free(arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resident_ids_are_told_apart),
        cmocka_unit_test(a_resident_id_tells_region_birth_and_sex),
        cmocka_unit_test(nobody_is_born_tomorrow),
        cmocka_unit_test(company_codes_are_told_apart),
        cmocka_unit_test(an_issued_code_with_a_wrong_check_is_doubtful_and_not_refused),
        cmocka_unit_test(a_mistyped_last_character_is_doubtful),
        cmocka_unit_test(check_characters_are_computed),
        cmocka_unit_test(certificate_identifiers_are_told_apart),
        cmocka_unit_test(item_and_case_numbers_are_told_apart),
        cmocka_unit_test(regions_and_mobile_numbers_have_a_shape_only),
        cmocka_unit_test(a_mask_keeps_the_ends_and_the_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
