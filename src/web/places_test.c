/*
 * The pages of regions: what lies below, who sits there under which powers, page by page.
 */
#include "web/handlers.h"
#include "web/test_desk.h"

const struct route route_table[] = {
    {"GET", "/regions", ROLE_PUBLIC, NULL, 0, 0, places_top, "region", ""},
    {"GET", "/regions/{code}", ROLE_PUBLIC, NULL, 0, 0, places_region, "region", ""},
};
const size_t route_table_count = sizeof(route_table) / sizeof(route_table[0]);

enum { STREETS = 450, PAGE = 200 };

static const char land[] =
    "{\"levels\":["
    "{\"code\":\"county\",\"rank\":3,\"digits\":6,\"stem\":6,\"name_zh\":\"县\",\"name_en\":\"County\"},"
    "{\"code\":\"street\",\"rank\":4,\"digits\":9,\"stem\":9,\"name_zh\":\"街道\",\"name_en\":\"Street\"}],"
    "\"regions\":[{\"code\":\"990102\",\"parent\":\"990100\",\"level\":\"county\",\"name_zh\":\"<b>清河区\",\"name_en\":\"Qinghe\"}],"
    "\"orgs\":[{\"uscc\":\"119901000000000355\",\"region\":\"990102\",\"name_zh\":\"消防<i>支队\",\"name_en\":\"Fire\",\"phone\":\"119\"}],"
    "\"powers\":[{\"code\":\"XK-0131\",\"org\":\"" DESK_ORG "\",\"name_zh\":\"食品经营许可\",\"name_en\":\"Food licence\",\"basis\":\"《食品安全法》第三十五条\"}]}";

/* STREETS streets of 990102. */
static enum rc
streets_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct desk *d = ctx;
    struct arena *a = d->house.arena;
    struct json *document = json_object(a), *list = json_array(a);

    for (int i = 0; i < STREETS; i++) {
        struct json *r = json_object(a);
        json_set_text(a, r, "code", str_fmt(a, "990102%03d", i + 1));
        json_set_text(a, r, "parent", STR("990102"));
        json_set_text(a, r, "level", STR("street"));
        json_set_text(a, r, "name_zh", str_fmt(a, "第%d街道", i + 1));
        json_push(list, r);
    }
    json_set(a, document, "regions", list);
    return region_put(tx, document, err);
}

/* The desk's land with more in it, loaded anew. */
static struct desk *
settled(void **state)
{
    struct desk *d = *state;
    struct err err;

    assert_int_equal(store_write(&d->db, desk_land_tx, house_json(&d->house, land), &err), RC_OK);
    assert_int_equal(store_write(&d->db, streets_tx, d, &err), RC_OK);
    org_table_free(d->orgs);
    region_table_free(d->regions);
    assert_int_equal(region_load(&d->db, &d->regions, &err), RC_OK);
    assert_int_equal(org_load(&d->db, &d->orgs, &err), RC_OK);
    d->web.regions = d->regions;
    d->web.orgs = d->orgs;
    return d;
}

static struct json *
get(struct desk *d, const char *path)
{
    struct reply r = desk_ask(d, str_c(d->house.arena, str_fmt(d->house.arena, "GET %s", path)),
                              as(d, NOBODY), STR(""));
    struct json *j;
    struct err err;

    assert_int_equal(r.status, 200);
    assert_int_equal(json_parse(d->house.arena, r.body, JSON_UNIQUE, &j, &err), RC_OK);
    return j;
}

static void
a_region_tells_what_is_above_and_below_it_and_who_sits_there(void **state)
{
    struct desk *d = settled(state);
    struct json *top = get(d, "/regions"), *city = get(d, "/regions/990100");
    struct json *county = get(d, "/regions/990102?lang=en");

    assert_int_equal(json_int_or(top, "count", 0), 1);
    assert_true(str_eq(json_str(json_path(top, "regions.0"), "url"), STR("/regions/990100")));
    assert_true(str_eq(json_str(json_path(city, "regions.0"), "level_text"), STR("县")));
    assert_int_equal(json_int_or(city, "org_count", 0), 1);
    assert_true(str_eq(json_str(json_path(city, "orgs.0"), "uscc"), STR(DESK_ORG)));
    assert_true(str_eq(json_str(json_path(city, "orgs.0.powers.0"), "basis"),
                       STR("《食品安全法》第三十五条")));
    assert_true(str_eq(json_str(city, "back_url"), STR("/regions")));
    assert_true(str_eq(json_str(json_get(county, "region"), "title"), STR("Qinghe")));
    assert_true(str_eq(json_str(json_get(county, "region"), "level_text"), STR("County")));
    assert_true(str_eq(json_str(json_path(county, "path.0"), "code"), STR("990100")));
    assert_true(str_eq(json_str(county, "back_url"), STR("/regions/990100")));
    assert_int_equal(json_path(county, "orgs.0.powers")->count, 0);
}

static void
a_long_list_comes_page_by_page_each_once(void **state)
{
    struct desk *d = settled(state);
    struct str url = STR("/regions/990102"), last = STR("");
    int64_t seen = 0;
    int pages = 0;

    while (url.len > 0) {
        struct json *page = get(d, str_c(d->house.arena, url));
        const struct json *list = json_get(page, "regions");
        assert_true(list->count <= PAGE);
        for (const struct json *r = list->first; r != NULL; r = r->next) {
            assert_true(str_cmp(json_str(r, "code"), last) > 0);
            last = json_str(r, "code");
            seen++;
        }
        url = json_str(json_get(page, "pager"), "next_url");
        pages++;
    }
    assert_int_equal(seen, STREETS);
    assert_int_equal(pages, 3);
}

static void
a_longer_code_leads_to_the_region_around_it(void **state)
{
    struct desk *d = settled(state);
    struct reply r = desk_ask(d, "GET /regions?code=99010200300000000001",
                              STR("Accept: text/html\r\n"), STR(""));

    assert_int_equal(r.status, 303);
    assert_true(reply_has(&r, "\r\nLocation: /regions/990102003\r\n"));
    r = desk_ask(d, "GET /regions?code=97", as(d, NOBODY), STR(""));
    assert_int_equal(r.status, 404);
    r = desk_ask(d, "GET /regions/990102999", as(d, NOBODY), STR(""));
    assert_int_equal(r.status, 404);
}

static void
the_page_shows_names_as_text(void **state)
{
    struct desk *d = settled(state);
    struct reply r = desk_ask(d, "GET /regions/990102", STR("Accept: text/html\r\n"), STR(""));

    assert_int_equal(r.status, 200);
    assert_true(str_has(r.body, STR("&lt;b&gt;清河区")) && str_has(r.body,
                                                                   STR("消防&lt;i&gt;支队")));
    assert_false(str_has(r.body, STR("<b>清河区")) || str_has(r.body, STR("消防<i>")));
    assert_true(str_has(r.body, STR("href=\"/regions/990102?after=990102200\"")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(a_region_tells_what_is_above_and_below_it_and_who_sits_there),
        DESK_TEST(a_long_list_comes_page_by_page_each_once),
        DESK_TEST(a_longer_code_leads_to_the_region_around_it),
        DESK_TEST(the_page_shows_names_as_text),
    };

    return HOUSE_RUN(tests, "places");
}
