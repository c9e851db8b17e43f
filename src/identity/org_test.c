#include "identity/org.h"
#include "identity/region.h"
#include "identity/test_house.h"

#define LAND                                                                                 \
    "{\"levels\":[{\"code\":\"city\",\"rank\":2,\"digits\":6,\"stem\":4,\"name_zh\":\"市\"}],"  \
    "\"regions\":[{\"code\":\"990100\",\"parent\":\"\",\"level\":\"city\",\"name_zh\":\"云溪市\"}," \
    "{\"code\":\"990200\",\"parent\":\"\",\"level\":\"city\",\"name_zh\":\"别处\"}]}"
#define MARKET "11990100000000027A"
#define CITY_DATA "11990100000000019F"
#define ORG(uscc, region, parent)                                                            \
    "{\"uscc\":\"" uscc "\",\"region\":\"" region "\",\"parent\":\"" parent                    \
    "\",\"level\":\"3\",\"name_zh\":\"某局\",\"short_zh\":\"局\",\"name_en\":\"Office\"}"
#define POWER(code, org)                                                                     \
    "{\"code\":\"" code "\",\"org\":\"" org "\",\"name_zh\":\"许可\",\"name_en\":\"Licence\","   \
    "\"basis\":\"《食品安全法》第三十五条\"}"

static enum rc
land_tx(struct tx *tx, void *ctx, struct err *err)
{
    return region_put(tx, ctx, err);
}

static enum rc
put_tx(struct tx *tx, void *ctx, struct err *err)
{
    return org_put(tx, ctx, err);
}

static enum rc
put(struct house *h, const char *document, struct err *err)
{
    return store_write(&h->fixture.db, put_tx, house_json(h, document), err);
}

static struct house *
on_land(void **state)
{
    struct house *h = *state;
    struct err err;

    assert_int_equal(store_write(&h->fixture.db, land_tx, house_json(h, LAND), &err), RC_OK);
    return h;
}

static struct org_table *
load(struct house *h)
{
    struct org_table *t;
    struct err err;

    assert_int_equal(org_load(&h->fixture.db, &t, &err), RC_OK);
    return t;
}

static void
organisations_and_powers_are_found_by_their_codes(void **state)
{
    struct house *h = on_land(state);
    const struct org *orgs[4];
    const struct power *powers[4];
    struct org_table *t;
    struct err err;

    assert_int_equal(put(h, "{\"orgs\":[" ORG(MARKET, "990100", CITY_DATA) "," ORG(CITY_DATA,
            "990100", "") "],"
                            "\"powers\":[" POWER("P-2", MARKET) "," POWER("P-1", MARKET) "]}", &err),
                     RC_OK);
    t = load(h);
    assert_true(str_eq(org_by_uscc(t, STR(MARKET))->parent, STR(CITY_DATA)));
    assert_true(str_eq(org_by_uscc(t, STR(MARKET))->region, STR("990100")));
    assert_null(org_by_uscc(t, STR("11990100000000035")));
    assert_true(str_eq(power_by_code(t, STR("P-1"))->org, STR(MARKET)));
    assert_true(str_has(power_by_code(t, STR("P-1"))->basis, STR("第三十五条")));
    assert_null(power_by_code(t, STR("P-3")));
    assert_int_equal(org_in_region(t, STR("990100"), orgs, 4), 2);
    assert_true(str_eq(orgs[0]->uscc, STR(CITY_DATA)));
    assert_int_equal(org_in_region(t, STR("990100"), orgs, 1), 1);
    assert_int_equal(org_in_region(t, STR("990200"), orgs, 4), 0);
    assert_int_equal(power_of_org(t, STR(MARKET), powers, 4), 2);
    assert_true(str_eq(powers[0]->code, STR("P-1")));
    assert_int_equal(power_of_org(t, STR(CITY_DATA), powers, 4), 0);
    org_table_free(t);
}

static void
what_is_no_organisation_or_power_is_refused(void **state)
{
    static const struct {
        const char *what, *document;
        enum rc rc;
    } cases[] = {
        {"check digits that are both wrong", "{\"orgs\":[" ORG("91310115MA1H8R7C6D", "990100",
                                                               "") "]}", RC_INVALID},
        {"two digits changed places", "{\"orgs\":[" ORG("11990100000000109F", "990100", "") "]}",
         RC_INVALID},
        {"a code that is too short", "{\"orgs\":[" ORG("1199010000000001", "990100", "") "]}",
         RC_INVALID},
        {"no code", "{\"orgs\":[" ORG("", "990100", "") "]}", RC_INVALID},
        {"no region", "{\"orgs\":[" ORG(CITY_DATA, "", "") "]}", RC_INVALID},
        {"a region that is not known", "{\"orgs\":[" ORG(CITY_DATA, "990900", "") "]}",
         RC_CONFLICT},
        {"a parent that is not known", "{\"orgs\":[" ORG(CITY_DATA, "990100",
                                                         "119901000000000355") "]}", RC_INVALID},
        {"no name", "{\"orgs\":[{\"uscc\":\"" CITY_DATA "\",\"region\":\"990100\"}]}", RC_INVALID},
        {"a power of nobody", "{\"powers\":[" POWER("P-1", CITY_DATA) "]}", RC_CONFLICT},
        {"a power without a law", "{\"orgs\":[" ORG(CITY_DATA, "990100",
                                                    "") "],\"powers\":[{\"code\":\"P\",\"org\":\"" CITY_DATA "\"}]}", RC_INVALID},
        {"a power without a code", "{\"orgs\":[" ORG(CITY_DATA, "990100",
                                                     "") "],\"powers\":[" POWER("",
                                                             CITY_DATA) "]}", RC_INVALID},
    };
    struct house *h = on_land(state);
    struct err err;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum rc rc = put(h, cases[i].document, &err);
        if (rc != cases[i].rc) {
            fail_msg("%s: %s", cases[i].what, rc_name(rc));
        }
    }
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM org"), 0);
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM power"), 0);
}

/*
 * Two codes that were really issued with a check character that fails while the inner code holds.
 */
static void
a_code_that_was_really_issued_is_taken_though_its_check_fails(void **state)
{
    struct house *h = on_land(state);
    struct err err;

    assert_int_equal(put(h, "{\"orgs\":[" ORG("91350211M0000XUF46", "990100",
                                              "") "," ORG("91350100M0001TGQXM", "990100",
                                                          "") "]}", &err),
                     RC_OK);
}

static void
an_organisation_comes_again_with_what_is_new(void **state)
{
    struct house *h = on_land(state);
    struct org_table *t;
    struct err err;

    assert_int_equal(put(h, "{\"orgs\":[" ORG(MARKET, "990100", "") "],\"powers\":[" POWER("P-1",
            MARKET) "]}", &err), RC_OK);
    assert_int_equal(put(h, "{\"orgs\":[" ORG(MARKET, "990200", "") "]}", &err), RC_OK);
    t = load(h);
    assert_true(str_eq(org_by_uscc(t, STR(MARKET))->region, STR("990200")));
    assert_non_null(power_by_code(t, STR("P-1")));
    org_table_free(t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(organisations_and_powers_are_found_by_their_codes),
        HOUSE_TEST(what_is_no_organisation_or_power_is_refused),
        HOUSE_TEST(a_code_that_was_really_issued_is_taken_though_its_check_fails),
        HOUSE_TEST(an_organisation_comes_again_with_what_is_new),
    };

    return HOUSE_RUN(tests, "org");
}
