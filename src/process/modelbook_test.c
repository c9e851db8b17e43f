/*
 * Process models of the rulebook on a store of their own: compiled once, bound with all that they call, and looked at before they are law.
 */
#include "process/modelbook.h"

#include <pthread.h>

#include "process/test_bpmn.h"
#include "process/test_rules.h"
#include "rule/zone.h"

enum { TODAY = 20000 };
static const int64_t NOW_US = (int64_t)TODAY * 86400 * 1000000;

#define PERMIT(inside) OPEN "<process id='permit' isExecutable='true'>" START inside END "</process>" CLOSE
#define SHORT PERMIT(FLOW("f", "s", "e"))
#define CALLS(key) PERMIT(FLOW("f1", "s", "c") "<callActivity id='c' calledElement='" key "'/>" FLOW("f2", "c", "e"))
#define BROKEN PERMIT(FLOW("f", "s", "nowhere"))

/* --- help ------------------------------------------------------------------------------------------ */

struct hall {
    struct house house; /* first: teardown of the house */
    struct rulings *rulings;
    struct modelbook *book;
};

static int
open_hall(void **state)
{
    struct hall *h = mem_new(1, sizeof(*h));
    struct rulings_config config = {.zones_folder = ZONE_FOLDER, .threads = 1};
    struct err err;

    house_build(&h->house);
    rules_clear(&h->house);
    config.vault = h->house.vault;
    assert_int_equal(rulings_new(&config, &h->rulings, &err), RC_OK);
    assert_int_equal(modelbook_open(h->rulings, &h->book, &err), RC_OK);
    assert_int_equal(store_write(&h->house.fixture.db, rules_land_tx, &h->house, &err), RC_OK);
    *state = h;
    return 0;
}

static int
close_hall(void **state)
{
    struct hall *h = *state;

    modelbook_close(h->book);
    rulings_free(h->rulings);
    house_take_down(&h->house);
    mem_free(h);
    return 0;
}

/* A process that the node comes with. */
static void
lay_down(struct hall *h, const char *key, const char *xml)
{
    struct str given = str_fmt(h->house.arena, "{\"kind\":\"bpmn\",\"key\":\"%s\",\"owner\":\"" RULES_ORG "\",\"power\":\"P1\",\"name_zh\":\"许可\","
                                               "\"name_en\":\"Permit\",\"basis\":\"法\",\"holds_from\":\"2024-01-01\"}", key);
    struct rules_laying l = {&h->house, str_c(h->house.arena, given), xml, "", NOW_US};
    struct err err;

    if (store_write(&h->house.fixture.db, rules_install_tx, &l, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
}

static enum rc
bind(struct hall *h, const char *key, const struct modelbook_bound **out, size_t *count, struct err *err)
{
    return modelbook_bind(h->book, &h->house.fixture.db, h->house.arena, str_of(key), TODAY, out, count, err);
}

static struct json *
looked(struct hall *h, const char *xml, const char *base)
{
    const struct modelbook_wish w = {.xml = str_of(xml), .base = str_of(base), .wants_findings = true};
    struct json *out = NULL;
    struct err err;

    if (modelbook_look(h->book, &h->house.fixture.db, h->house.arena, &w, &out, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return out;
}

static const struct json *
item(const struct json *look, const char *id)
{
    for (const struct json *i = json_path(look, "picture.items")->first; i != NULL; i = i->next) {
        if (str_eq(json_str(i, "id"), str_of(id))) {
            return i;
        }
    }
    return NULL;
}

/* --- tests ------------------------------------------------------------------------------------------- */

static void
a_version_is_compiled_once_and_found_by_everybody(void **state)
{
    struct hall *h = *state;
    const struct db *db = &h->house.fixture.db;
    const struct bpmn *m;
    struct err err;

    lay_down(h, "permit", SHORT);
    assert_null(modelbook_find(h->book, STR("permit"), 1));
    assert_int_equal(modelbook_load(h->book, db, STR("permit"), 1, &err), RC_OK);
    m = modelbook_find(h->book, STR("permit"), 1);
    assert_non_null(m);
    assert_true(str_eq(bpmn_process(m, 0).id, STR("permit")));
    assert_int_equal(modelbook_load(h->book, db, STR("permit"), 1, &err), RC_OK);
    assert_ptr_equal(modelbook_find(h->book, STR("permit"), 1), m);
    assert_null(modelbook_find(h->book, STR("permit"), 2));
    assert_int_equal(modelbook_load(h->book, db, STR("permit"), 2, &err), RC_NOT_FOUND);
    assert_int_equal(modelbook_load(h->book, db, STR("nothing"), 1, &err), RC_NOT_FOUND);
}

static void *
load_too(void *ctx)
{
    struct hall *h = ctx;
    struct err err;

    assert_int_equal(modelbook_load(h->book, &h->house.fixture.db, STR("permit"), 1, &err), RC_OK);
    return (void *)(uintptr_t)modelbook_find(h->book, STR("permit"), 1);
}

static void
many_threads_that_load_at_once_get_the_same(void **state)
{
    enum { THREADS = 4 };
    struct hall *h = *state;
    pthread_t thread[THREADS];
    void *found[THREADS];

    lay_down(h, "permit", SHORT);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&thread[i], NULL, load_too, h), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(thread[i], &found[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_ptr_equal(found[i], modelbook_find(h->book, STR("permit"), 1));
    }
    assert_non_null(found[0]);
}

static void
a_process_is_bound_with_all_that_it_calls(void **state)
{
    struct hall *h = *state;
    const struct modelbook_bound *bound = NULL;
    size_t count = 0;
    struct err err;

    lay_down(h, "first", CALLS("second"));
    lay_down(h, "second", CALLS("third"));
    lay_down(h, "third", CALLS("first")); /* in a circle */
    assert_int_equal(bind(h, "first", &bound, &count, &err), RC_OK);
    assert_int_equal(count, 3);
    assert_true(str_eq(bound[0].key, STR("first")) && bound[0].version == 1 && str_eq(bound[0].process, STR("permit")));
    assert_true(str_eq(bound[1].key, STR("second")) && str_eq(bound[2].key, STR("third")));
    assert_non_null(modelbook_find(h->book, STR("third"), 1));
}

static void
what_is_called_and_not_there_or_broken_is_told(void **state)
{
    struct hall *h = *state;
    const struct modelbook_bound *bound = NULL;
    size_t count = 0;
    struct err err;

    lay_down(h, "first", CALLS("second"));
    assert_int_equal(bind(h, "first", &bound, &count, &err), RC_NOT_FOUND);
    assert_true(str_eq(str_of(err.type), STR("no-rule-in-force")) && str_has(str_of(err.text), STR("second")));
    lay_down(h, "second", BROKEN);
    assert_int_equal(bind(h, "first", &bound, &count, &err), RC_INVALID);
    assert_int_equal(bind(h, "nothing", &bound, &count, &err), RC_NOT_FOUND);
}

static void
what_another_node_runs_is_not_bound_here(void **state)
{
    struct hall *h = *state;
    const struct modelbook_bound *bound = NULL;
    size_t count = 0;
    struct err err;

    lay_down(h, "first", PERMIT(FLOW("f1", "s", "c") "<callActivity id='c' calledElement='far'><extensionElements><gov:handover node='haichuan' "
                                "process='far'/></extensionElements></callActivity>" FLOW("f2", "c", "e")));
    if (bind(h, "first", &bound, &count, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(count, 1);
}

static void
what_is_found_is_marked_in_the_picture(void **state)
{
    struct hall *h = *state;
    struct json *d = looked(h, SHORT, "");

    assert_true(json_true(d, "readable") && json_int_or(d, "errors", -1) == 0 && json_int_or(d, "unsound", -1) == 0);
    assert_true(str_eq(json_str(json_get(d, "processes")->first, "id"), STR("permit")));
    assert_null(json_get(d, "compared"));
    d = looked(h, BROKEN, "");
    assert_true(json_true(d, "readable") && json_int_or(d, "errors", -1) > 0);
    assert_true(json_str(json_get(d, "findings")->first, "zh").len > 0);
    d = looked(h, PERMIT(FLOW("f", "s", "e") "<task id='alone'/>"), "");
    assert_true(json_int_or(d, "errors", -1) + json_int_or(d, "unsound", -1) > 0);
    assert_true(str_eq(json_str(item(d, "alone"), "mark"), STR("wrong")));
    assert_true(str_eq(json_str(item(d, "s"), "mark"), STR("")));
}

static void
a_text_that_cannot_be_read_has_findings_and_no_picture(void **state)
{
    static const char *const wrong[] = {"", "no xml", "<a/>", "<!DOCTYPE a><a/>"};
    struct hall *h = *state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct json *d = looked(h, wrong[i], SHORT);
        if (json_true(d, "readable") || json_get(d, "picture") != NULL || json_int_or(d, "errors", -1) < 1 ||
            json_str(json_get(d, "findings")->first, "en").len == 0) {
            fail_msg("%s", wrong[i]);
        }
    }
}

static void
the_designer_is_given_a_drawing(void **state)
{
    static const char *const texts[] = {SHORT, "no xml"};
    struct hall *h = *state;

    for (size_t i = 0; i < 2; i++) {
        const struct modelbook_wish w = {.xml = str_of(texts[i]), .wants_drawing = true};
        struct json *d = NULL;
        struct err err;
        assert_int_equal(modelbook_look(h->book, &h->house.fixture.db, h->house.arena, &w, &d, &err), RC_OK);
        assert_int_equal(str_has(json_str(d, "xml"), STR("BPMNPlane")), i == 0);
        assert_true(i == 0 || str_eq(json_str(d, "xml"), str_of(texts[i]))); /* what cannot be read stays as it is */
    }
}

static void
what_differs_from_the_base_is_told_and_marked(void **state)
{
    struct hall *h = *state;
    struct json *d = looked(h, CALLS("second"), SHORT);

    assert_int_equal(json_int_or(json_get(d, "compared"), "count", -1), 4); /* f1, c, f2 came, f went */
    assert_true(str_eq(json_str(item(d, "c"), "mark"), STR("added")));
    d = looked(h, SHORT, SHORT);
    assert_int_equal(json_int_or(json_get(d, "compared"), "count", -1), 0);
    d = looked(h, SHORT, "<no-model/>"); /* of a base that cannot be read nothing is said */
    assert_true(json_true(d, "readable") && json_get(d, "compared") == NULL);
}

/* --- trying --------------------------------------------------------------------------------------------- */

#define REVIEW "<userTask id='r' name='审查'><extensionElements><gov:assignment role='officer'/><gov:outcome code='grant' zh='批准' en='Grant'/>" \
               "<gov:outcome code='refuse' zh='不批准' en='Refuse'/></extensionElements></userTask>"
#define DECIDES                                                                                                        \
    PERMIT(FLOW("f1", "s", "r") REVIEW FLOW("f2", "r", "x") "<exclusiveGateway id='x' default='no'/>"                     \
           "<sequenceFlow id='yes' sourceRef='x' targetRef='e'><conditionExpression>outcome = \"grant\"</conditionExpression></sequenceFlow>" \
           FLOW("no", "x", "refused") "<endEvent id='refused'/>")

static struct json *
tried(struct hall *h, const char *xml, const char *variables, const char *script)
{
    const struct modelbook_trial t = {.xml = str_of(xml), .variables = variables != NULL ? house_json(&h->house, variables) : NULL, .runs = true,
                                      .script = script != NULL ? house_json(&h->house, script) : NULL, .day = TODAY, .start_us = NOW_US};
    struct json *out = NULL;
    struct err err;

    if (modelbook_try(h->book, &h->house.fixture.db, h->house.arena, &t, &out, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return out;
}

/* The first line of that element that says so. */
static const struct json *
line_of(const struct json *d, const char *element, const char *what)
{
    for (const struct json *l = json_get(d, "lines")->first; l != NULL; l = l->next) {
        if (str_eq(json_str(l, "element"), str_of(element)) && str_eq(json_str(l, "what"), str_of(what))) {
            return l;
        }
    }
    return NULL;
}

static void
a_case_is_tried_as_the_script_says(void **state)
{
    struct hall *h = *state;
    struct json *d = tried(h, DECIDES, NULL, NULL);
    const struct json *task = json_get(d, "tasks")->first;

    assert_true(str_eq(json_str(task, "id"), STR("r")) && json_get(task, "outcomes")->count == 2);
    assert_true(json_true(d, "is_whole") && line_of(d, "e", "entered") != NULL && line_of(d, "refused", "entered") == NULL);
    d = tried(h, DECIDES, NULL, "[{\"element\":\"r\",\"outcome\":\"refuse\",\"after\":\"P2D\"}]");
    assert_true(json_true(d, "is_whole") && line_of(d, "refused", "entered") != NULL);
    assert_true(str_has(json_str(line_of(d, "r", "done"), "detail"), STR("refuse")));
    assert_true(str_starts(json_str(line_of(d, "r", "waits"), "time"), STR("2024-10-04")));
    assert_true(str_starts(json_str(line_of(d, "r", "done"), "time"), STR("2024-10-06")));
    d = tried(h, DECIDES, NULL, "[{\"element\":\"r\",\"after\":\"never\"}]");
    assert_false(json_true(d, "is_whole"));
    assert_true(str_eq(json_str(json_get(d, "standing")->first, "element"), STR("r")));
}

static void
a_trial_calls_and_asks_what_holds(void **state)
{
    static const char calls[] =
        PERMIT(FLOW("f1", "s", "c") "<callActivity id='c' calledElement='second'/>" FLOW("f2", "c", "b") "<businessRuleTask id='b' gov:result='fee'>"
               "<extensionElements><gov:rule key='" RULES_KEY "' decision='费用'/><gov:input name='桌数' value='=tables'/></extensionElements>"
               "</businessRuleTask>" FLOW("f3", "b", "e"));
    static const char second[] = OPEN "<process id='second' isExecutable='true'>" START FLOW("g", "s", "inner") "<task id='inner'/>" FLOW("g2", "inner", "e") END
                                      "</process>" CLOSE;
    struct hall *h = *state;
    struct rules_laying l = {&h->house, rules_given, RULES_MODEL("10"), "", NOW_US};
    struct json *d = tried(h, calls, "{\"tables\":11}", NULL);
    struct err err;

    assert_false(json_true(d, "is_whole")); /* nobody has laid down the other process */
    assert_non_null(line_of(d, "c", "incident"));
    lay_down(h, "second", second);
    d = tried(h, calls, "{\"tables\":11}", NULL);
    assert_non_null(line_of(d, "inner", "entered"));
    assert_non_null(line_of(d, "b", "incident")); /* nor the rule */
    assert_int_equal(store_write(&h->house.fixture.db, rules_install_tx, &l, &err), RC_OK);
    d = tried(h, calls, "{\"tables\":11}", NULL);
    assert_true(json_true(d, "is_whole") && line_of(d, "b", "done") != NULL);
}

static void
what_cannot_be_tried_is_told(void **state)
{
    static const char endless[] = PERMIT(FLOW("f1", "s", "a") "<userTask id='a'/>" FLOW("f2", "a", "x") "<exclusiveGateway id='x' default='no'/>"
                                         "<sequenceFlow id='yes' sourceRef='x' targetRef='e'><conditionExpression>false</conditionExpression></sequenceFlow>"
                                         FLOW("no", "x", "a"));
    struct hall *h = *state;
    struct json *d = tried(h, BROKEN, NULL, NULL);

    assert_false(json_true(d, "readable"));
    d = tried(h, DECIDES, NULL, "[{\"element\":\"r\",\"outcom\":\"refuse\"}]");
    assert_true(json_str(d, "fault").len > 0);
    d = tried(h, endless, NULL, NULL);
    assert_true(json_true(d, "is_cut") && json_get(d, "lines")->count <= MODELBOOK_LINES_SHOWN && json_int_or(d, "left_out", 0) > 0);
}

#define HALL_TEST(name) cmocka_unit_test_setup_teardown(name, open_hall, close_hall)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HALL_TEST(a_version_is_compiled_once_and_found_by_everybody),
        HALL_TEST(many_threads_that_load_at_once_get_the_same),
        HALL_TEST(a_process_is_bound_with_all_that_it_calls),
        HALL_TEST(what_is_called_and_not_there_or_broken_is_told),
        HALL_TEST(what_another_node_runs_is_not_bound_here),
        HALL_TEST(what_is_found_is_marked_in_the_picture),
        HALL_TEST(a_text_that_cannot_be_read_has_findings_and_no_picture),
        HALL_TEST(the_designer_is_given_a_drawing),
        HALL_TEST(a_case_is_tried_as_the_script_says),
        HALL_TEST(a_trial_calls_and_asks_what_holds),
        HALL_TEST(what_cannot_be_tried_is_told),
        HALL_TEST(what_differs_from_the_base_is_told_and_marked),
    };

    return HOUSE_RUN(tests, "modelbook");
}
