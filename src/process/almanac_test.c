/*
 * Calendars by region and version: who takes over what, what may come into force, and that a newer one is taken up while others look.
 */
#include "base/asset.h"
#include "base/clock.h"
#include "evidence/act.h"
#include "identity/test_house.h"
#include "process/almanac.h"

static const char *const land =
    "{\"levels\":[{\"code\":\"province\",\"rank\":1,\"digits\":6,\"stem\":2,\"name_zh\":\"省\"},"
    "{\"code\":\"city\",\"rank\":2,\"digits\":6,\"stem\":4,\"name_zh\":\"市\"},"
    "{\"code\":\"district\",\"rank\":3,\"digits\":6,\"stem\":6,\"name_zh\":\"区\"}],"
    "\"regions\":[{\"code\":\"990000\",\"parent\":\"\",\"level\":\"province\",\"name_zh\":\"省\"},"
    "{\"code\":\"990100\",\"parent\":\"990000\",\"level\":\"city\",\"name_zh\":\"市\"},"
    "{\"code\":\"990102\",\"parent\":\"990100\",\"level\":\"district\",\"name_zh\":\"区\"}]}";

#define YEAR(year, off, on) "{\"year\":" year ",\"holidays\":[" off "],\"workdays\":[" on "]}"
#define CALENDAR(region, version, years)                                                                              \
    "{\"region\":\"" region "\",\"version\":\"" version "\",\"source\":\"通知\",\"years\":[" years "]}"
#define LAND_1 CALENDAR("", "land-1", YEAR("2026", "\"2026-05-01\"", "\"2026-05-09\""))
#define LAND_2 CALENDAR("", "land-2", YEAR("2026", "\"2026-05-01\"", "\"2026-05-09\"") "," YEAR("2027", "\"2027-01-01\"", ""))
#define CITY_1 CALENDAR("990100", "city-1", YEAR("2026", "\"2026-04-20\"", ""))

static enum rc
land_tx(struct tx *tx, void *ctx, struct err *err)
{
    return region_put(tx, ctx, err);
}

static int
open_house(void **state)
{
    struct house *h;
    struct err err;

    (void)house_open(state);
    h = *state;
    if (house_kind == FIXTURE_POSTGRES) {
        fixture_sql(&h->fixture, "TRUNCATE calendar");
    }
    assert_int_equal(store_write(&h->fixture.db, land_tx, house_json(h, land), &err), RC_OK);
    return 0;
}

struct put {
    struct house *house;
    const char *text;
    bool is_new;
};

static enum rc
put_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct put *p = ctx;

    return almanac_put(tx, p->house->arena, house_json(p->house, p->text), 1000, &p->is_new, err);
}

static enum rc
try_put(struct house *h, const char *text, bool *is_new, struct err *err)
{
    struct put p = {h, text, false};
    enum rc rc = store_write(&h->fixture.db, put_tx, &p, err);

    *is_new = p.is_new;
    return rc;
}

static bool
put(struct house *h, const char *text)
{
    struct err err;
    bool is_new;

    if (try_put(h, text, &is_new, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return is_new;
}

static bool
is_worked(const struct almanac *al, const char *region, const char *day)
{
    struct almanac_page page;
    struct err err;
    int32_t number;

    assert_int_equal(day_parse(str_of(day), &number, &err), RC_OK);
    assert_int_equal(almanac_at(al, str_of(region), &page, &err), RC_OK);
    return calendar_is_working(page.calendar, number);
}

static struct str
version(const struct almanac *al, const char *region)
{
    struct almanac_page page;
    struct err err;

    assert_int_equal(almanac_at(al, str_of(region), &page, &err), RC_OK);
    return calendar_version(page.calendar);
}

static int64_t
edition(const struct almanac *al, const char *region)
{
    struct almanac_page page;
    struct err err;

    assert_int_equal(almanac_at(al, str_of(region), &page, &err), RC_OK);
    return page.edition;
}

struct looking {
    struct region_table *regions;
    struct almanac *almanac;
};

static struct looking
look(struct house *h)
{
    struct looking l;
    struct err err;

    assert_int_equal(region_load(&h->fixture.db, &l.regions, &err), RC_OK);
    assert_int_equal(almanac_open(&h->fixture.db, l.regions, &l.almanac, &err), RC_OK);
    return l;
}

static void
look_away(struct looking *l)
{
    almanac_close(l->almanac);
    region_table_free(l->regions);
}

/* --- tests --------------------------------------------------------------------------------------------------------- */

static void
a_region_takes_over_what_it_does_not_say_itself(void **state)
{
    struct house *h = *state;
    struct looking l;

    assert_true(put(h, LAND_1));
    assert_true(put(h, CITY_1));
    assert_true(put(h, CALENDAR("990102", "district-1", YEAR("2026", "", "\"2026-05-01\""))));
    l = look(h);
    assert_true(str_eq(version(l.almanac, ""), STR("land-1")));
    assert_true(str_eq(version(l.almanac, "990000"), STR("land-1")));
    assert_true(str_eq(version(l.almanac, "980100"), STR("land-1"))); /* of another land's tree: not known here */
    assert_true(str_eq(version(l.almanac, "990100"), STR("land-1+city-1")));
    assert_true(str_eq(version(l.almanac, "990102"), STR("land-1+city-1+district-1")));
    assert_true(is_worked(l.almanac, "", "2026-04-20") && !is_worked(l.almanac, "990100", "2026-04-20"));
    assert_true(!is_worked(l.almanac, "990102", "2026-04-20") && is_worked(l.almanac, "990102", "2026-05-01"));
    assert_true(edition(l.almanac, "") == 1 && edition(l.almanac, "990100") == 2 && edition(l.almanac, "990102") == 3);
    look_away(&l);
}

static void
a_newer_version_is_taken_up_and_the_older_one_stays_readable(void **state)
{
    struct house *h = *state;
    struct looking l;
    struct almanac_page held;
    struct err err;
    bool changed = true;

    (void)put(h, LAND_1);
    (void)put(h, CITY_1);
    l = look(h);
    assert_int_equal(almanac_at(l.almanac, STR("990102"), &held, &err), RC_OK);
    assert_int_equal(almanac_refresh(l.almanac, &h->fixture.db, &changed, &err), RC_OK);
    assert_false(changed);
    assert_true(put(h, LAND_2));
    assert_int_equal(almanac_refresh(l.almanac, &h->fixture.db, &changed, &err), RC_OK);
    assert_true(changed && almanac_edition(l.almanac) == 3);
    assert_true(str_eq(version(l.almanac, "990102"), STR("land-2+city-1")));
    assert_int_equal(edition(l.almanac, "990102"), 3);
    assert_false(is_worked(l.almanac, "990102", "2027-01-01"));
    assert_true(str_eq(calendar_version(held.calendar), STR("land-1+city-1")));
    look_away(&l);
}

static void
a_version_is_put_once_with_an_act_and_never_edited(void **state)
{
    struct house *h = *state;
    struct json *acts = NULL, *list = NULL;
    struct err err;
    bool is_new;

    assert_true(put(h, LAND_1));
    assert_true(put(h, LAND_2));
    assert_false(put(h, LAND_1)); /* an older one put back changes nothing */
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM calendar"), 2);
    assert_int_equal(try_put(h, CALENDAR("", "land-2", YEAR("2026", "", "")), &is_new, &err), RC_CONFLICT);
    assert_true(str_eq(str_of(err.type), STR("calendar-changed")));
    assert_int_equal(act_latest(&h->fixture.db, h->arena, -1, 10, &acts, &err), RC_OK);
    assert_int_equal(acts->count, 2);
    assert_true(str_eq(json_str(acts->first, "kind"), STR("publish")));
    assert_true(str_eq(json_str(acts->first, "resource"), STR("calendar:land")));
    assert_int_equal(almanac_list(&h->fixture.db, h->arena, 10, 480, &list, &err), RC_OK);
    assert_true(list->count == 2 && str_eq(json_str(list->first, "version"), STR("land-2")));
    assert_true(fixture_refuses(&h->fixture, "UPDATE calendar SET document = '{}'"));
    assert_true(fixture_refuses(&h->fixture, "DELETE FROM calendar"));
}

static void
what_stands_there_already_is_not_written_again(void **state)
{
    struct house *h = *state;
    struct err err;
    bool is_new = false;

    assert_int_equal(almanac_take(&h->fixture.db, h->arena, house_json(h, LAND_1), 1, &is_new, &err), RC_OK);
    assert_true(is_new);
    uint64_t writes = store_look(h->fixture.db.store).writes;
    assert_int_equal(almanac_take(&h->fixture.db, h->arena, house_json(h, LAND_1), 2, &is_new, &err), RC_OK);
    assert_true(!is_new && store_look(h->fixture.db.store).writes == writes);
    assert_int_equal(almanac_take(&h->fixture.db, h->arena, house_json(h, CALENDAR("", "land-1", YEAR("2026", "", ""))), 3, &is_new, &err),
                     RC_CONFLICT);
}

static void
what_does_not_fit_does_not_come_into_force(void **state)
{
    static const struct {
        const char *text;
        enum rc rc;
    } cases[] = {
        {CALENDAR("", "land-3", YEAR("2027", "", "")), RC_CONFLICT}, /* 2026 is left out */
        {CALENDAR("", "", YEAR("2026", "", "")), RC_INVALID},
        {"{\"version\":\"v\",\"years\":[]}", RC_INVALID}, /* without a source */
        {CALENDAR("", "land-3", YEAR("2026", "\"2026-05-02\"", "")), RC_INVALID}, /* a Saturday */
        {CALENDAR("990100", "city-2", YEAR("2026", "\"2026-04-20\",\"2026-04-20\"", "")), RC_INVALID},
    };
    struct house *h = *state;
    struct err err;
    bool is_new;

    assert_int_equal(try_put(h, CITY_1, &is_new, &err), RC_INVALID); /* there is no land yet */
    (void)put(h, LAND_1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(try_put(h, cases[i].text, &is_new, &err), cases[i].rc);
    }
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM calendar"), 1);
}

static void
without_any_calendar_there_is_no_answer(void **state)
{
    struct looking l = look(*state);
    struct almanac_page page;
    struct err err;

    assert_int_equal(almanac_at(l.almanac, STR("990100"), &page, &err), RC_NOT_FOUND);
    assert_true(str_eq(str_of(err.type), STR("no-calendar")));
    look_away(&l);
}

static void
the_citys_calendars_can_be_put(void **state)
{
    struct house *h = *state;

    int64_t count = 1;

    assert_true(put(h, str_c(h->arena, asset_text(asset_find(STR("demo/calendar/cn.json"))))));
    for (size_t i = 0; i < asset_table_count; i++) {
        if (str_starts(str_of(asset_table[i].path), STR("demo/calendar/9"))) {
            assert_true(put(h, str_c(h->arena, asset_text(&asset_table[i]))));
            count++;
        }
    }
    assert_true(count > 1 && fixture_int(&h->fixture, "SELECT COUNT(*) FROM calendar") == count);
}

#define ALMANAC_TEST(name) cmocka_unit_test_setup_teardown(name, open_house, house_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ALMANAC_TEST(a_region_takes_over_what_it_does_not_say_itself),
        ALMANAC_TEST(a_newer_version_is_taken_up_and_the_older_one_stays_readable),
        ALMANAC_TEST(a_version_is_put_once_with_an_act_and_never_edited),
        ALMANAC_TEST(what_stands_there_already_is_not_written_again),
        ALMANAC_TEST(what_does_not_fit_does_not_come_into_force),
        ALMANAC_TEST(without_any_calendar_there_is_no_answer),
        ALMANAC_TEST(the_citys_calendars_can_be_put),
    };

    return HOUSE_RUN(tests, "almanac");
}
