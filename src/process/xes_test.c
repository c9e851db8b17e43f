/*
 * Histories as XES: held to the rules of its schema (IEEE 1849-2016, annex A), and to what may not stand in them.
 */
#include "base/clock.h"
#include "process/test_runtime.h"
#include "process/xes.h"
#include "rule/xml.h"

struct sheet {
    struct buf text;
    int pieces, refuse_at;
};

static enum rc
write_sheet(void *ctx, struct str bytes, struct err *err)
{
    struct sheet *s = ctx;

    s->pieces++;
    buf_put(&s->text, bytes);
    return s->pieces == s->refuse_at ? err_set(err, RC_IO, "nobody reads any more") : RC_OK;
}

static struct str
exported(struct works *w, const struct xes_wish *wish, size_t *traces)
{
    struct sheet s = {.pieces = 0};
    const struct xes_sink sink = {&s, write_sheet};
    struct str text = STR("");
    struct err err;

    buf_init(&s.text, w->house.arena, 8 << 20);
    if (xes_export(w->r, &w->house.fixture.db, wish, &sink, traces, &err) != RC_OK || buf_finish(&s.text, &text, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return text;
}

static struct xes_wish
wish_of(const char *key)
{
    return (struct xes_wish){.key = str_of(key), .title = STR("审批 & \"许可\""), .until_us = INT64_MAX, .offset_minutes = 480, .traces_max = 1000};
}

static const struct xml *
read_log(struct works *w, struct str text)
{
    const struct xml_limits limits = {.bytes = 8 << 20, .depth = 8, .elements = 100000, .attributes = 8};
    struct xml_document document;
    struct err err;

    if (xml_read(w->house.arena, text, &limits, &document, NULL, &err) != RC_OK) {
        fail_msg("%s: %.*s", err.text, STR_ARG(text));
    }
    return document.root;
}

/* The value of an attribute of XES; "" if there is none. */
static struct str
value_of(const struct xml *e, const char *key)
{
    for (const struct xml *a = e->first; a != NULL; a = a->next) {
        if (str_eq(xml_attribute(a, "key"), str_of(key))) {
            return xml_attribute(a, "value");
        }
    }
    return STR("");
}

/* --- the rules of the schema ---------------------------------------------------------------------------------- */

static bool
is_one_of(struct str name, const char *list)
{
    struct str rest = str_of(list), part;

    while (str_next(&rest, ' ', &part)) {
        if (str_eq(name, part)) {
            return true;
        }
    }
    return false;
}

/* Of what stands in an element each kind has its turn. */
static void
check_order(const struct xml *e, const char *const *turns, size_t count)
{
    size_t turn = 0;

    for (const struct xml *child = e->first; child != NULL; child = child->next) {
        while (turn < count && !is_one_of(child->name, turns[turn])) {
            turn++;
        }
        if (turn == count) {
            fail_msg("%.*s stands at the wrong place in %.*s", STR_ARG(child->name), STR_ARG(e->name));
        }
    }
}

#define TYPED "string date int float boolean id list container"

static bool
is_declared(const struct xml *log, struct str key)
{
    size_t colon = str_find_byte(key, ':');

    for (const struct xml *x = xml_child(log, "extension"); x != NULL && colon < key.len; x = xml_next(x, "extension")) {
        if (str_eq(xml_attribute(x, "prefix"), str_sub(key, 0, colon))) {
            return true;
        }
    }
    return colon == key.len; /* without a prefix it is nobody's */
}

static void
check_attributes(const struct xml *log, const struct xml *e)
{
    for (const struct xml *a = e->first; a != NULL; a = a->next) {
        struct err err;
        int64_t number;
        if (!is_one_of(a->name, TYPED)) {
            continue;
        }
        struct str key = xml_attribute(a, "key"), value = xml_attribute(a, "value");
        assert_true(key.len > 0 && xml_has(a, "value") && is_declared(log, key));
        assert_true(!xml_is(a, "date") || instant_parse(value, &number, &err) == RC_OK);
        assert_true(!xml_is(a, "int") || str_to_int(value, &number));
        for (const struct xml *b = e->first; b != a; b = b->next) {
            assert_false(str_eq(xml_attribute(b, "key"), key)); /* a key stands once */
        }
    }
}

/* What a global declares each trace or event has, of that type. */
static void
check_globals(const struct xml *log, const char *scope, const struct xml *e)
{
    for (const struct xml *g = xml_child(log, "global"); g != NULL; g = xml_next(g, "global")) {
        for (const struct xml *a = str_eq(xml_attribute(g, "scope"), str_of(scope)) ? g->first : NULL; a != NULL; a = a->next) {
            const struct xml *found = e->first;
            while (found != NULL && !(str_eq(found->name, a->name) && str_eq(xml_attribute(found, "key"), xml_attribute(a, "key")))) {
                found = found->next;
            }
            assert_non_null(found);
        }
    }
}

static size_t
check_log(const struct xml *log)
{
    static const char *const in_log[] = {"extension", "global", "classifier", TYPED, "trace"}, *const in_trace[] = {TYPED, "event"};
    static const char transitions[] = "schedule assign withdraw reassign start suspend resume pi_abort ate_abort complete autoskip manualskip unknown";
    size_t traces = 0;

    assert_true(xml_is(log, "log") && str_eq(log->name_space, STR("http://www.xes-standard.org/")));
    assert_true(str_eq(xml_attribute(log, "xes.version"), STR("1849-2016")) && xml_has(log, "xes.features"));
    check_order(log, in_log, 5);
    check_attributes(log, log);
    for (const struct xml *t = xml_child(log, "trace"); t != NULL; t = xml_next(t, "trace"), traces++) {
        check_order(t, in_trace, 2);
        check_attributes(log, t);
        check_globals(log, "trace", t);
        for (const struct xml *e = xml_child(t, "event"); e != NULL; e = xml_next(e, "event")) {
            check_attributes(log, e);
            check_globals(log, "event", e);
            assert_true(is_one_of(value_of(e, "lifecycle:transition"), transitions));
        }
    }
    return traces;
}

/* --- tests -------------------------------------------------------------------------------------------------------- */

static void
open_and_closed_cases_are_traces_with_events_in_order(void **state)
{
    struct works *w = *state;
    const struct xes_wish wish = wish_of("approval");
    const struct xml *log, *trace, *event;
    int64_t closed, open;
    size_t traces;

    works_add(w, "approval", 1, WORKS_APPROVAL);
    works_add(w, "other", 1, WORKS_APPROVAL);
    closed = works_start(w, "approval", "{'command':'start','variables':{'approved':false,'owner':'张三'}}");
    w->now_us += SECOND_US;
    (void)works_complete(w, closed, "accept");
    (void)works_complete(w, closed, "deptA");
    (void)works_complete(w, closed, "deptB");
    open = works_start(w, "approval", "{'command':'start'}");
    (void)works_start(w, "other", "{'command':'start'}");
    struct str text = exported(w, &wish, &traces);
    log = read_log(w, text);
    assert_int_equal(check_log(log), 2);
    assert_int_equal(traces, 2);
    assert_true(str_eq(value_of(log, "concept:name"), STR("审批 & \"许可\"")));
    trace = xml_child(log, "trace");
    assert_true(str_eq(value_of(trace, "concept:name"), str_fmt(w->house.arena, "%lld", (long long)closed)));
    assert_true(str_eq(value_of(trace, "state"), STR("completed")));
    assert_true(str_eq(value_of(xml_next(trace, "trace"), "concept:name"), str_fmt(w->house.arena, "%lld", (long long)open)));
    event = xml_child(trace, "event");
    assert_true(str_eq(value_of(event, "element"), STR("s")) && str_eq(value_of(event, "lifecycle:transition"), STR("complete")));
    event = xml_next(event, "event");
    assert_true(str_eq(value_of(event, "element"), STR("accept")) && str_eq(value_of(event, "lifecycle:transition"), STR("schedule")));
    assert_true(str_eq(value_of(event, "org:role"), STR("applicant")));
    event = xml_next(event, "event");
    assert_true(str_eq(value_of(event, "element"), STR("accept")) && str_eq(value_of(event, "lifecycle:transition"), STR("complete")));
    assert_true(str_eq(value_of(event, "org:resource"), STR("a")) && str_eq(value_of(event, "org:role"), STR("officer")));
    assert_true(str_has(value_of(event, "time:timestamp"), STR("+08:00")));
}

static void
neither_names_nor_numbers_of_cases_nor_gateways_stand_in_it(void **state)
{
    struct works *w = *state;
    const struct xes_wish wish = wish_of("approval");
    size_t traces;

    works_add(w, "approval", 1, WORKS_APPROVAL);
    (void)works_complete(w, works_start(w, "approval", "{'command':'start','variables':{'owner':'张三'}}"), "accept");
    struct str text = exported(w, &wish, &traces);
    assert_false(str_has(text, STR("张三")) || str_has(text, STR("case-7")) || str_has(text, STR("citizen:")));
    assert_false(str_has(text, STR("value=\"split\"")));
    assert_true(str_has(text, STR("value=\"deptA\"")));
}

static void
starts_can_be_bounded_and_traces_counted(void **state)
{
    struct works *w = *state;
    struct xes_wish wish = wish_of("approval");
    size_t traces;

    works_add(w, "approval", 1, WORKS_APPROVAL);
    for (int i = 0; i < 3; i++) {
        (void)works_start(w, "approval", "{'command':'start'}");
        w->now_us += SECOND_US;
    }
    wish.from_us = WORKS_NOW_US + SECOND_US;
    wish.until_us = WORKS_NOW_US + 2 * SECOND_US;
    assert_int_equal(check_log(read_log(w, exported(w, &wish, &traces))), 1);
    wish = wish_of("approval");
    wish.traces_max = 2;
    assert_int_equal(check_log(read_log(w, exported(w, &wish, &traces))), 2);
    wish = wish_of("nothing");
    assert_int_equal(check_log(read_log(w, exported(w, &wish, &traces))), 0); /* an empty log is a log */
}

static void
it_comes_in_pieces_and_ends_when_nobody_reads_any_more(void **state)
{
    struct works *w = *state;
    const struct xes_wish wish = wish_of("approval");
    struct sheet s = {.pieces = 0};
    const struct xes_sink sink = {&s, write_sheet};
    struct err err;
    size_t traces;
    int all;

    works_add(w, "approval", 1, WORKS_APPROVAL);
    (void)works_start(w, "approval", "{'command':'start'}");
    (void)works_start(w, "approval", "{'command':'start'}");
    buf_init(&s.text, w->house.arena, 8 << 20);
    assert_int_equal(xes_export(w->r, &w->house.fixture.db, &wish, &sink, &traces, &err), RC_OK);
    all = s.pieces;
    assert_true(all >= 4); /* head, two traces, end */
    for (int i = 1; i <= all; i++) {
        s = (struct sheet){.refuse_at = i};
        buf_init(&s.text, w->house.arena, 8 << 20);
        assert_int_equal(xes_export(w->r, &w->house.fixture.db, &wish, &sink, &traces, &err), RC_IO);
        assert_int_equal(s.pieces, i);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORKS_TEST(open_and_closed_cases_are_traces_with_events_in_order),
        WORKS_TEST(neither_names_nor_numbers_of_cases_nor_gateways_stand_in_it),
        WORKS_TEST(starts_can_be_bounded_and_traces_counted),
        WORKS_TEST(it_comes_in_pieces_and_ends_when_nobody_reads_any_more),
    };

    return HOUSE_RUN(tests, "xes");
}
