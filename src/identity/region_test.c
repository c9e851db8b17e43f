#include "identity/region.h"
#include "identity/test_house.h"

/* A province with a city, a district with a street, and a city without streets; in no order. */
static const char land[] =
    "{\"levels\":["
    "{\"code\":\"province\",\"rank\":1,\"digits\":6,\"stem\":2,\"name_zh\":\"省\",\"name_en\":\"Province\"},"
    "{\"code\":\"city\",\"rank\":2,\"digits\":6,\"stem\":4,\"name_zh\":\"市\",\"name_en\":\"City\"},"
    "{\"code\":\"county\",\"rank\":3,\"digits\":6,\"stem\":6,\"name_zh\":\"县\",\"name_en\":\"County\"},"
    "{\"code\":\"street\",\"rank\":4,\"digits\":9,\"stem\":9,\"name_zh\":\"街道\",\"name_en\":\"Street\"},"
    "{\"code\":\"community\",\"rank\":5,\"digits\":12,\"stem\":12,\"name_zh\":\"社区\",\"name_en\":\"Community\"}],"
    "\"regions\":["
    "{\"code\":\"990102001001\",\"parent\":\"990102001\",\"level\":\"community\",\"name_zh\":\"文澜社区\",\"name_en\":\"Wenlan\"},"
    "{\"code\":\"990102001\",\"parent\":\"990102\",\"level\":\"street\",\"name_zh\":\"文澜街道\",\"name_en\":\"Wenlan\"},"
    "{\"code\":\"990181000002\",\"parent\":\"990181\",\"level\":\"community\",\"name_zh\":\"潮声社区\",\"name_en\":\"Chaosheng\"},"
    "{\"code\":\"990181000001\",\"parent\":\"990181\",\"level\":\"community\",\"name_zh\":\"望海社区\",\"name_en\":\"Wanghai\"},"
    "{\"code\":\"990181\",\"parent\":\"990100\",\"level\":\"county\",\"name_zh\":\"龙汐市\",\"name_en\":\"Longxi\"},"
    "{\"code\":\"990102\",\"parent\":\"990100\",\"level\":\"county\",\"name_zh\":\"清河区\",\"name_en\":\"Qinghe\"},"
    "{\"code\":\"990100\",\"parent\":\"990000\",\"level\":\"city\",\"name_zh\":\"云溪市\",\"name_en\":\"Yunxi\"},"
    "{\"code\":\"990000\",\"parent\":\"\",\"level\":\"province\",\"name_zh\":\"云岚省\",\"name_en\":\"Yunlan\"},"
    "{\"code\":\"980000\",\"parent\":\"\",\"level\":\"province\",\"name_zh\":\"海川省\",\"name_en\":\"Haichuan\"}]}";

static enum rc
put_tx(struct tx *tx, void *ctx, struct err *err)
{
    return region_put(tx, ctx, err);
}

static enum rc
put(struct house *h, const char *document, struct err *err)
{
    return store_write(&h->fixture.db, put_tx, house_json(h, document), err);
}

static struct region_table *
load(struct house *h)
{
    struct region_table *t;
    struct err err;

    assert_int_equal(region_load(&h->fixture.db, &t, &err), RC_OK);
    return t;
}

static struct region_table *
settle(struct house *h)
{
    struct err err;

    if (put(h, land, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return load(h);
}

static void
assert_codes(const struct region *const *found, size_t count, const char *const *codes)
{
    for (size_t i = 0; i < count; i++) {
        assert_non_null(codes[i]);
        assert_true(str_eq(found[i]->code, str_of(codes[i])));
    }
    assert_null(codes[count]);
}

static void
a_region_knows_its_level_and_the_way_from_the_top(void **state)
{
    struct region_table *t = settle(*state);
    const struct region *path[REGION_DEPTH_MAX];
    const struct region *street = region_by_code(t, STR("990102001"));

    assert_non_null(street);
    assert_true(str_eq(street->name_zh, STR("文澜街道")));
    assert_true(str_eq(region_level_of(t, street)->name_zh, STR("街道")));
    assert_int_equal(region_level_of(t, street)->rank, 4);
    assert_codes(path, region_path(t, STR("990102001"), path),
                 (const char *const[]){"990000", "990100", "990102", "990102001", NULL});
    assert_int_equal(region_path(t, STR("970000"), path), 0);
    assert_null(region_by_code(t, STR("970000")));
    assert_null(region_by_code(t, STR("")));
    region_table_free(t);
}

static void
a_city_without_streets_has_communities_below_it(void **state)
{
    struct region_table *t = settle(*state);
    const struct region *children[8], *path[REGION_DEPTH_MAX];
    size_t count = region_children(t, STR("990181"), STR(""), children, 8);

    assert_codes(children, count, (const char *const[]){"990181000001", "990181000002", NULL});
    assert_true(str_eq(children[0]->level, STR("community")));
    assert_int_equal(region_path(t, STR("990181000002"), path), 4);
    assert_true(region_is_inside(t, STR("990181000002"), STR("990100")));
    region_table_free(t);
}

static void
children_come_in_the_order_of_their_codes_and_page_by_cursor(void **state)
{
    struct region_table *t = settle(*state);
    const struct region *found[8];

    assert_codes(found, region_children(t, STR(""), STR(""), found, 8),
                 (const char *const[]){"980000", "990000", NULL});
    assert_codes(found, region_children(t, STR(""), STR("980000"), found, 8),
                 (const char *const[]){"990000", NULL});
    assert_codes(found, region_children(t, STR("990100"), STR(""), found, 8),
                 (const char *const[]){"990102", "990181", NULL});
    assert_codes(found, region_children(t, STR("990100"), STR(""), found, 1),
                 (const char *const[]){"990102", NULL});
    assert_codes(found, region_children(t, STR("990100"), STR("990102"), found, 8),
                 (const char *const[]){"990181", NULL});
    assert_int_equal(region_children(t, STR("980000"), STR(""), found, 8), 0);
    assert_int_equal(region_children(t, STR("no"), STR(""), found, 8), 0);
    region_table_free(t);
}

static void
inside_follows_the_tree_not_the_digits(void **state)
{
    struct house *h = *state;
    struct region_table *t = settle(h);
    struct err err;

    assert_true(region_is_inside(t, STR("990102001"), STR("990100")));
    assert_true(region_is_inside(t, STR("990100"), STR("990100")));
    assert_false(region_is_inside(t, STR("990100"), STR("990102")));
    assert_false(region_is_inside(t, STR("980000"), STR("990000")));
    assert_false(region_is_inside(t, STR("970000"), STR("970000")));
    region_table_free(t);
    /* A county that the province governs itself: its digits could be read as a city's. */
    assert_int_equal(put(h, "{\"regions\":[{\"code\":\"990199\",\"parent\":\"990000\",\"level\":"
                            "\"county\",\"name_zh\":\"直管县\"}]}", &err),
                     RC_OK);
    t = load(h);
    assert_false(region_is_inside(t, STR("990199"), STR("990100")));
    assert_true(region_is_inside(t, STR("990199"), STR("990000")));
    region_table_free(t);
}

static void
a_longer_code_lies_in_the_smallest_region_that_it_names(void **state)
{
    static const struct {
        const char *code, *region;
    } cases[] = {
        {"99010200100100000001", "990102001001"}, /* an address */
        {"990102001999", "990102001"},            /* a community that is not known */
        {"990181009", "990181"},
        {"990102199003070011", "990102"}, /* a person's identifier */
        {"990109", "990100"},
        {"9907", "990000"},
        {"99", "990000"},
        {"970000", NULL},
        {"9", NULL},
        {"", NULL},
        {"云溪", NULL},
    };
    struct region_table *t = settle(*state);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct region *r = region_around(t, str_of(cases[i].code));
        if ((r == NULL) != (cases[i].region == NULL) ||
            (r != NULL && !str_eq(r->code, str_of(cases[i].region)))) {
            fail_msg("%s lies in %.*s", cases[i].code, r != NULL ? (int)r->code.len : 4,
                     r != NULL ? r->code.ptr : "none");
        }
    }
    region_table_free(t);
}

#define LEVEL(code, rank, digits, stem)                                                      \
    "{\"levels\":[{\"code\":\"" code "\",\"rank\":" #rank ",\"digits\":" #digits             \
    ",\"stem\":" #stem ",\"name_zh\":\"级\"}]}"
#define REGION(code, parent, level)                                                          \
    "{\"regions\":[{\"code\":\"" code "\",\"parent\":\"" parent "\",\"level\":\"" level      \
    "\",\"name_zh\":\"某地\"}]}"

static void
a_region_that_does_not_fit_the_tree_is_refused_and_nothing_of_it_stays(void **state)
{
    static const struct {
        const char *document, *says;
    } cases[] = {
        {REGION("99010A", "990100", "county"), "not a region code"},
        {REGION("990 03", "990100", "county"), "not a region code"},
        {REGION("", "990100", "county"), "lacks code or name"},
        {"{\"regions\":[{\"code\":\"990103\",\"parent\":\"990100\",\"level\":\"county\"}]}",
         "lacks code or name"},
        {REGION("990103", "990100", "hamlet"), "of a level that is not known"},
        {REGION("9901030", "990100", "county"), "digits of its level"},
        {REGION("990103", "990100", "street"), "digits of its level"},
        {REGION("990203", "990000", "city"), "digits of its level"},
        {REGION("990103", "990900", "county"), "a parent that is not known"},
        {REGION("990103", "990102", "county"), "below its parent"},
        {REGION("990103", "990103", "county"), "below its parent"},
        {REGION("990000", "990100", "province"), "below its parent"},
        {REGION("980103", "990100", "county"), "begin as its parent does"},
        {REGION("990181001001", "990102", "community"), "begin as its parent does"},
        {LEVEL("", 1, 6, 2), "needs a name"},
        {LEVEL("x", 0, 6, 2), "needs a name"},
        {LEVEL("x", 1, 6, 0), "needs a name"},
        {LEVEL("x", 1, 6, 7), "needs a name"},
        {LEVEL("x", 1, 13, 2), "needs a name"},
        /* A level that changes is asked of every region that has it. */
        {LEVEL("street", 2, 9, 9), "below its parent"},
        {LEVEL("county", 3, 8, 6), "digits of its level"},
    };
    struct house *h = *state;
    int64_t regions, levels;
    struct err err;

    region_table_free(settle(h));
    regions = fixture_int(&h->fixture, "SELECT COUNT(*) FROM region");
    levels = fixture_int(&h->fixture, "SELECT SUM(rank * digits) FROM region_level");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (put(h, cases[i].document, &err) != RC_INVALID ||
            !str_has(str_of(err.text), str_of(cases[i].says))) {
            fail_msg("%s: %s", cases[i].document, err.text);
        }
        assert_string_equal(err.type, "region-wrong");
    }
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM region"), regions);
    assert_int_equal(fixture_int(&h->fixture, "SELECT SUM(rank * digits) FROM region_level"),
                     levels);
}

static void
a_region_comes_again_under_a_new_name(void **state)
{
    struct house *h = *state;
    struct region_table *t;
    struct err err;

    region_table_free(settle(h));
    assert_int_equal(put(h, REGION("990181", "990100", "county"), &err), RC_OK);
    t = load(h);
    assert_true(str_eq(region_by_code(t, STR("990181"))->name_zh, STR("某地")));
    region_table_free(t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(a_region_knows_its_level_and_the_way_from_the_top),
        HOUSE_TEST(a_city_without_streets_has_communities_below_it),
        HOUSE_TEST(children_come_in_the_order_of_their_codes_and_page_by_cursor),
        HOUSE_TEST(inside_follows_the_tree_not_the_digits),
        HOUSE_TEST(a_longer_code_lies_in_the_smallest_region_that_it_names),
        HOUSE_TEST(a_region_that_does_not_fit_the_tree_is_refused_and_nothing_of_it_stays),
        HOUSE_TEST(a_region_comes_again_under_a_new_name),
    };

    return HOUSE_RUN(tests, "region");
}
