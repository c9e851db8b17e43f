/* Items whose process is missing, or is not told what it reads, are found out before anybody applies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/asset.h"
#include "base/mem.h"
#include "process/test_bpmn.h"
#include "service/item_process.h"

struct shelf {
    struct arena *arena;
    struct task_forms *forms;
    const struct json *brings;
    const char *xml; /* of the process "p"; NULL: those of the city */
};

static enum rc
find(void *ctx, struct str key, const struct bpmn **out, struct err *err)
{
    struct shelf *s = ctx;
    const struct asset *asset = s->xml == NULL ? asset_find(str_fmt(s->arena, "demo/processes/%.*s.bpmn", STR_ARG(key))) : NULL;
    struct bpmn_report report;

    if (s->xml == NULL ? asset == NULL : !str_eq(key, STR("p"))) {
        return err_set(err, RC_NOT_FOUND, "there is no process of that key");
    }
    return bpmn_read(s->arena, s->xml != NULL ? str_of(s->xml) : asset_text(asset), NULL, out, &report, err);
}

static int
open_shelf(void **state)
{
    struct shelf *s = mem_new(1, sizeof(*s));
    struct json *city;
    struct err err;

    s->arena = arena_new(512 << 20);
    assert_int_equal(task_forms_load(s->arena, "demo/forms/", NULL, &s->forms, &err), RC_OK);
    assert_int_equal(asset_json(s->arena, "demo/city.json", &city, &err), RC_OK);
    s->brings = json_get(city, "brings");
    *state = s;
    return 0;
}

static int
close_shelf(void **state)
{
    struct shelf *s = *state;

    arena_free(s->arena);
    mem_free(s);
    return 0;
}

static enum rc
check(struct shelf *s, const struct json *item, struct err *err)
{
    const struct item_process_world w = {s, find, s->forms, s->brings};

    return item_process_check(&w, item, err);
}

#define ITEM(process) "{\"code\":\"000000000001\",\"form\":{}" process "}"
#define READS(names) MODEL(START FLOW("f1", "s", "a") "<scriptTask id='a' gov:result='x' scriptFormat='feel'><script>=[" names "]</script></scriptTask>" \
                           FLOW("f2", "a", "e") END)
#define PLACES(names) MODEL(START FLOW("f1", "s", "a") "<serviceTask id='a'><extensionElements><gov:job type='school.place'/></extensionElements></serviceTask>" \
                            FLOW("f2", "a", "b") "<scriptTask id='b' gov:result='x' scriptFormat='feel'><script>=[" names "]</script></scriptTask>" \
                            FLOW("f3", "b", "e") END)
#define FORM_OF(key) MODEL(START FLOW("f1", "s", "a") "<userTask id='a' name='a'><extensionElements><gov:form key='" key "'/></extensionElements></userTask>" \
                           FLOW("f2", "a", "e") END)

static void
an_item_is_told_what_is_missing(void **state)
{
    static const struct {
        const char *item, *xml;
        const char *says; /* NULL: it is right */
    } cases[] = {
        {"{\"code\":\"000000000001\",\"process\":{\"key\":\"q\"}}", READS("nothing"), NULL}, /* nobody applies for it */
        {ITEM(",\"process\":{\"key\":\"p\"}"), READS("case_no, parts[1].org, parts[id = \"1\"]"), NULL},
        {ITEM(",\"process\":{\"key\":\"q\"}"), READS("case_no"), "process q cannot be had"},
        {ITEM(""), READS("case_no"), "cannot be had"},
        {ITEM(",\"process\":{\"key\":\"p\"}"), READS("case_no, rent"), "reads rent in line"},
        {ITEM(",\"process\":{\"key\":\"p\",\"variables\":{\"rent\":\"field.rent\"}}"), READS("case_no, rent"), NULL},
        {ITEM(",\"process\":{\"key\":\"p\",\"variables\":{\"rent\":null}}"), READS("rent"), NULL}, /* said to be nothing */
        {ITEM(",\"process\":{\"key\":\"p\",\"variables\":{\"area\":\"field.area\"}}"), READS("rent"), "reads rent"},
        {ITEM(",\"process\":{\"key\":\"p\"}"), PLACES("placed"), NULL}, /* its own job brings it */
        {ITEM(",\"process\":{\"key\":\"p\"}"), READS("placed"), "reads placed"},
        {ITEM(",\"process\":{\"key\":\"p\"}"), FORM_OF("site-record"), NULL},
        {ITEM(",\"process\":{\"key\":\"p\"}"), FORM_OF("no-such-form"), "asks for the form no-such-form at a"},
    };
    struct shelf *s = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json *item;
        struct err err = {.text = ""};
        assert_int_equal(json_parse(s->arena, str_of(cases[i].item), JSON_UNIQUE, &item, &err), RC_OK);
        s->xml = cases[i].xml;
        enum rc rc = check(s, item, &err);
        if (rc != (cases[i].says != NULL ? RC_INVALID : RC_OK) || (cases[i].says != NULL && strstr(err.text, cases[i].says) == NULL)) {
            fail_msg("case %zu: %s %s", i, rc_name(rc), err.text);
        }
        assert_true(cases[i].says == NULL || strstr(err.text, "000000000001") != NULL);
    }
}

/* Also by the process that an item was drawn with and does not go by yet. */
static void
each_item_of_the_city_has_its_process_and_tells_it_all_that_it_reads(void **state)
{
    struct shelf *s = *state;
    int checked = 0;

    s->xml = NULL;
    for (size_t i = 0; i < asset_table_count; i++) {
        struct json *item;
        struct err err = {.text = ""};
        if (!str_starts(str_of(asset_table[i].path), STR("demo/items/"))) {
            continue;
        }
        assert_int_equal(json_parse(s->arena, asset_text(&asset_table[i]), JSON_UNIQUE, &item, &err), RC_OK);
        if (check(s, item, &err) != RC_OK) {
            fail_msg("%s", err.text);
        }
        const struct json *process = json_get(item, "process");
        struct str drawn = json_str(process, "drawn");
        if (drawn.len > 0) {
            struct json *own = json_copy(s->arena, process);
            json_set_text(s->arena, own, "key", drawn);
            json_set(s->arena, item, "process", own);
            if (check(s, item, &err) != RC_OK) {
                fail_msg("%s", err.text);
            }
        }
        checked += process != NULL;
    }
    assert_true(checked > 20);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_shelf, close_shelf)
    const struct CMUnitTest tests[] = {TEST(an_item_is_told_what_is_missing), TEST(each_item_of_the_city_has_its_process_and_tells_it_all_that_it_reads)};
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
