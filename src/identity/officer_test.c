#include "identity/officer.h"
#include "identity/region.h"
#include "identity/test_house.h"

#define MARKET "11990100000000027A"
#define FIRE "119901000000000355"

static const char land[] =
    "{\"levels\":[{\"code\":\"city\",\"rank\":2,\"digits\":6,\"stem\":4,\"name_zh\":\"市\"}],"
    "\"regions\":[{\"code\":\"990100\",\"parent\":\"\",\"level\":\"city\",\"name_zh\":\"云溪市\"}],"
    "\"orgs\":[{\"uscc\":\"" MARKET "\",\"region\":\"990100\",\"name_zh\":\"市场监管局\"},"
    "{\"uscc\":\"" FIRE "\",\"region\":\"990100\",\"name_zh\":\"消防救援支队\"}],"
    "\"powers\":[{\"code\":\"XK-0131\",\"org\":\"" MARKET "\",\"basis\":\"《食品安全法》第三十五条\"},"
    "{\"code\":\"XK-0132\",\"org\":\"" MARKET "\",\"basis\":\"《食品安全法》第三十五条\"},"
    "{\"code\":\"XK-0307\",\"org\":\"" FIRE "\",\"basis\":\"《消防法》第十五条\"}]}";

struct put {
    const struct org_table *orgs;
    const struct json *officer;
};

static enum rc
land_tx(struct tx *tx, void *ctx, struct err *err)
{
    enum rc rc = region_put(tx, ctx, err);

    return rc != RC_OK ? rc : org_put(tx, ctx, err);
}

static enum rc
put_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct put *p = ctx;

    return officer_put(tx, p->orgs, p->officer, err);
}

/* The officer "o-1" of market regulation, with these roles and powers as JSON. */
static enum rc
put(struct house *h, const char *roles, const char *powers, struct err *err)
{
    struct str text = str_fmt(h->arena,
                              "{\"id\":\"o-1\",\"org\":\"" MARKET "\",\"name\":\"欧阳云舒\","
                              "\"title\":\"餐饮科\",\"phone\":\"0990\",\"roles\":%s,\"powers\":%s}",
                              roles, powers);
    struct put p = {.officer = house_json(h, str_c(h->arena, text))};
    struct org_table *orgs;
    enum rc rc;

    if (fixture_int(&h->fixture, "SELECT COUNT(*) FROM org") == 0) {
        assert_int_equal(store_write(&h->fixture.db, land_tx, house_json(h, land), err), RC_OK);
    }
    assert_int_equal(org_load(&h->fixture.db, &orgs, err), RC_OK);
    p.orgs = orgs;
    rc = store_write(&h->fixture.db, put_tx, &p, err);
    org_table_free(orgs);
    return rc;
}

static struct officer
on_day(struct house *h, int year, int month, int day)
{
    struct date d = {year, month, day};
    struct officer o;
    struct err err;

    assert_int_equal(officer_on_day(&h->fixture.db, h->arena, STR("o-1"), date_to_day(d), &o, &err),
                     RC_OK);
    return o;
}

static void
an_officer_has_exactly_the_roles_and_powers_given(void **state)
{
    struct house *h = *state;
    struct officer o;
    struct err err;

    assert_int_equal(put(h, "[\"officer\",\"supervisor\"]", "[\"XK-0131\"]", &err), RC_OK);
    o = on_day(h, 2026, 11, 23);
    assert_true(str_eq(o.org, STR(MARKET)) && str_eq(o.title, STR("餐饮科")));
    for (int role = ROLE_PUBLIC; role <= ROLE_SYSTEM; role++) {
        assert_int_equal(officer_has_role(&o, (enum role)role),
                         role == ROLE_OFFICER || role == ROLE_SUPERVISOR);
    }
    assert_true(officer_has_power(&o, STR("XK-0131")));
    assert_false(officer_has_power(&o, STR("XK-0132")));
    assert_false(officer_has_power(&o, STR("XK-013")));
    assert_false(officer_has_power(&o, STR("")));
    assert_int_equal(officer_by_id(&h->fixture.db, h->arena, STR("o-1"), &o, &err), RC_OK);
    assert_int_equal(o.power_count, 0);
    assert_int_equal(officer_by_id(&h->fixture.db, h->arena, STR("o-2"), &o, &err), RC_NOT_FOUND);
    assert_int_equal(officer_on_day(&h->fixture.db, h->arena, STR("o-2"), 0, &o, &err),
                     RC_NOT_FOUND);
}

static void
what_is_given_anew_replaces_what_there_was(void **state)
{
    struct house *h = *state;
    struct officer o;
    struct err err;

    assert_int_equal(put(h, "[\"officer\",\"operator\"]", "[\"XK-0131\",\"XK-0132\"]", &err),
                     RC_OK);
    assert_int_equal(put(h, "[\"officer\"]", "[\"XK-0132\"]", &err), RC_OK);
    o = on_day(h, 2026, 11, 23);
    assert_false(officer_has_role(&o, ROLE_OPERATOR));
    assert_false(officer_has_power(&o, STR("XK-0131")));
    assert_true(officer_has_power(&o, STR("XK-0132")));
}

static void
a_power_is_held_from_its_first_day_to_its_last(void **state)
{
    struct house *h = *state;
    static const struct {
        int year, month, day;
        bool first, second;
    } cases[] = {
        {2026, 2, 28, false, true},  {2026, 3, 1, true, true},     {2026, 12, 31, true, true},
        {2027, 1, 1, false, true},   {2027, 6, 30, false, true},   {2027, 7, 1, false, false},
        {1999, 12, 31, false, true},
    };
    struct err err;

    assert_int_equal(put(h, "[\"officer\"]",
                         "[{\"code\":\"XK-0131\",\"from\":\"2026-03-01\",\"until\":\"2026-12-31\"},"
                         "{\"code\":\"XK-0132\",\"until\":\"2027-06-30\"}]", &err),
                     RC_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct officer o = on_day(h, cases[i].year, cases[i].month, cases[i].day);
        if (officer_has_power(&o, STR("XK-0131")) != cases[i].first ||
            officer_has_power(&o, STR("XK-0132")) != cases[i].second) {
            fail_msg("%d-%d-%d", cases[i].year, cases[i].month, cases[i].day);
        }
    }
    struct json *powers;
    assert_int_equal(officer_powers(&h->fixture.db, h->arena, STR("o-1"), &powers, &err), RC_OK);
    assert_int_equal(powers->count, 2);
    assert_true(str_eq(json_str(powers->first, "code"), STR("XK-0131")));
    assert_true(str_eq(json_str(powers->first, "until"), STR("2026-12-31")));
    assert_true(str_eq(json_str(powers->last, "from"), STR("")));
}

static void
what_may_not_be_given_is_refused_and_changes_nothing(void **state)
{
    static const struct {
        const char *what, *roles, *powers;
    } cases[] = {
        {"a power of another organisation", "[\"officer\"]", "[\"XK-0307\"]"},
        {"a power of nobody", "[\"officer\"]", "[\"XK-9999\"]"},
        {"a power without a name", "[\"officer\"]", "[{\"from\":\"2026-01-01\"}]"},
        {"a number", "[\"officer\"]", "[1]"},
        {"a day that is none", "[\"officer\"]", "[{\"code\":\"XK-0131\",\"from\":\"2026-02-30\"}]"},
        {"an end before the beginning", "[\"officer\"]",
         "[{\"code\":\"XK-0131\",\"from\":\"2026-03-02\",\"until\":\"2026-03-01\"}]"},
        {"the role of a citizen", "[\"citizen\"]", "[]"},
        {"the role of anyone", "[\"public\"]", "[]"},
        {"an invented role", "[\"officer\",\"emperor\"]", "[]"},
        {"the number of a role", "[2]", "[]"},
    };
    struct house *h = *state;
    struct officer o;
    struct err err;

    assert_int_equal(put(h, "[\"officer\"]", "[\"XK-0131\"]", &err), RC_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (put(h, cases[i].roles, cases[i].powers, &err) != RC_INVALID) {
            fail_msg("%s was taken", cases[i].what);
        }
    }
    o = on_day(h, 2026, 11, 23);
    assert_true(officer_has_power(&o, STR("XK-0131")) && o.power_count == 1);
    assert_true(officer_has_role(&o, ROLE_OFFICER));
}

static void
an_officer_holds_a_bounded_number_of_powers(void **state)
{
    struct house *h = *state;
    struct buf list;
    struct str text;
    struct err err;

    buf_init(&list, h->arena, 4096);
    for (int i = 0; i <= OFFICER_POWERS_MAX; i++) {
        buf_put(&list, i == 0 ? STR("[\"XK-0131\"") : STR(",\"XK-0131\""));
    }
    buf_put_char(&list, ']');
    assert_int_equal(buf_finish(&list, &text, &err), RC_OK);
    assert_int_equal(put(h, "[\"officer\"]", str_c(h->arena, text), &err), RC_INVALID);
    assert_true(str_has(str_of(err.text), STR("at most")));
}

static void
roles_have_one_name_each(void **state)
{
    enum role role;

    (void)state;
    for (int i = ROLE_PUBLIC; i <= ROLE_SYSTEM; i++) {
        assert_true(role_by_name(str_of(role_name((enum role)i)), &role));
        assert_int_equal(role, i);
    }
    assert_false(role_by_name(STR(""), &role));
    assert_false(role_by_name(STR("Officer"), &role));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(an_officer_has_exactly_the_roles_and_powers_given),
        HOUSE_TEST(what_is_given_anew_replaces_what_there_was),
        HOUSE_TEST(a_power_is_held_from_its_first_day_to_its_last),
        HOUSE_TEST(what_may_not_be_given_is_refused_and_changes_nothing),
        HOUSE_TEST(an_officer_holds_a_bounded_number_of_powers),
        cmocka_unit_test(roles_have_one_name_each),
    };

    return HOUSE_RUN(tests, "officer");
}
