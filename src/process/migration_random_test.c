/*
 * Random processes moved to themselves with every id written otherwise: no case is ever refused, and whatever is asked of it afterwards leads to the same rows
 * as if it had never been moved.  Moved to quite another one a case stays as it was, or its rows hang together from then on.  SEED begins elsewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "process/gov.h"
#include "process/migration.h"
#include "process/test_chance.h"
#include "process/test_random.h"
#include "process/test_rows.h"

enum { MODELS = 30, CASES = 12, STEPS = 30, ROOM = 64 << 20, MOVES_MOST = 30 };

/* --- the same under other names ------------------------------------------------------------------------------------ */

static bool
is_renamed(struct str tag)
{
    static const char *const kept[] = {"definitions", "process", "message", "signal", "error", "escalation", "dataObject", "gov:clock"};
    bool renames = true;

    for (size_t n = 0; n < sizeof(kept) / sizeof(kept[0]); n++) {
        renames = renames && !str_eq(tag, str_of(kept[n]));
    }
    return renames;
}

static bool
names_element(struct str before)
{
    static const char *const attributes[] = {" id='", " sourceRef='", " targetRef='", " attachedToRef='", " default='", " activityRef='", " to='"};
    bool names = false;

    for (size_t n = 0; n < sizeof(attributes) / sizeof(attributes[0]); n++) {
        names = names || str_ends(before, str_of(attributes[n]));
    }
    return names;
}

/* "x" before every id of an element or flow. */
static struct str
renamed(struct arena *a, struct str xml)
{
    struct str tag = STR(""), out = STR("");
    struct buf b;
    struct err err;

    buf_init(&b, a, 1 << 20);
    for (size_t n = 0; n < xml.len; n++) {
        buf_put_char(&b, xml.ptr[n]);
        if (xml.ptr[n] == '<') {
            struct str rest = str_from(xml, n + 1);
            size_t blank = str_find_byte(rest, ' '), end = str_find_byte(rest, '>');
            tag = str_sub(rest, 0, blank < end ? blank : end);
        } else if (xml.ptr[n] == '\'' && is_renamed(tag) && names_element(str_sub(xml, 0, n + 1))) {
            buf_put_char(&b, 'x');
        }
    }
    assert_int_equal(buf_finish(&b, &out, &err), RC_OK);
    return out;
}

static struct json *
plan_of(struct arena *a, const struct bpmn *from)
{
    struct json *plan = json_object(a), *source = json_object(a), *elements = json_object(a), *flows = json_object(a);

    json_set_text(a, source, "key", STR("p"));
    json_set_int(a, source, "version", 1);
    for (uint32_t n = 0; n < from->elements; n++) {
        json_set_key(a, elements, from->element[n].id, json_text(a, str_fmt(a, "x%.*s", STR_ARG(from->element[n].id))));
    }
    for (uint32_t n = 0; n < from->flows; n++) {
        json_set_key(a, flows, from->flow[n].id, json_text(a, str_fmt(a, "x%.*s", STR_ARG(from->flow[n].id))));
    }
    json_set(a, plan, "source", source);
    json_set_int(a, plan, "target", 2);
    json_set(a, plan, "elements", elements);
    json_set(a, plan, "flows", flows);
    json_set_text(a, plan, "basis", STR("law"));
    return plan;
}

/* --- two cases side by side ------------------------------------------------------------------------------------------- */

struct pair {
    struct trial stays, moves;
    const struct migration *m;
    bool is_moved;
    uint64_t from;
};

/* Being moved is one command more. */
static struct str
shown(struct trial *t)
{
    struct json *all = instance_json(t->a, &t->i);
    struct str text = STR("");
    struct err err;

    json_set_int(t->a, all, "revision", 0);
    assert_int_equal(json_print(t->a, all, &text, &err), RC_OK);
    return text;
}

/* Without the "x" that begins ids, where ids stand. */
static bool
same_rows(struct pair *p)
{
    static const char *const members[] = {"\"element\":\"", "\"flow\":\"", "\"name\":\""};
    struct str was = shown(&p->stays), is = shown(&p->moves), plain = STR("");
    struct buf b;
    struct err err;

    buf_init(&b, p->moves.a, 1 << 20);
    for (size_t n = 0; n < is.len; n++) {
        bool is_id = is.ptr[n] == 'x';
        bool follows = false;
        for (size_t k = 0; is_id && k < sizeof(members) / sizeof(members[0]); k++) {
            follows = follows || str_ends(str_sub(is, 0, n), str_of(members[k]));
        }
        if (!follows || !p->is_moved) {
            buf_put_char(&b, is.ptr[n]);
        }
    }
    assert_int_equal(buf_finish(&b, &plain, &err), RC_OK);
    if (!str_eq(was, plain)) {
        print_error("%.*s\n%.*s\n", STR_ARG(was), STR_ARG(plain));
    }
    return str_eq(was, plain);
}

static void
move_one(struct pair *p)
{
    const struct migration_case c = {.i = &p->moves.i, .bound = 1};
    struct migration_result r;
    struct err err;

    assert_int_equal(migration_apply(&p->moves.e, p->m, &c, p->moves.now_us, &r, &err), RC_OK);
    if (r.refusals > 0) {
        fail_msg("seed %llu: %s at %.*s in %.*s", (unsigned long long)p->from, migration_reason_name(r.refusal[0].reason),
                 STR_ARG(r.refusal[0].element), STR_ARG(trial_stands(&p->stays)));
    }
    for (size_t n = 0; n < p->moves.i.tokens; n++) { /* nothing came and nothing went */
        assert_true(p->moves.i.token[n].change != ROW_GONE && p->moves.i.token[n].change != ROW_NEW);
    }
    instance_settle(&p->moves.i);
    p->is_moved = true;
}

static bool
one_step(struct pair *p)
{
    struct command c = any_command(&p->stays);
    struct err err;

    for (const char *const *name = (const char *const[]){"a", "b", "c", NULL}; *name != NULL; name++) {
        json_set_bool(p->stays.a, (struct json *)(uintptr_t)c.variables, *name, draw(2) > 0);
    }
    struct command same = c;
    if (p->is_moved && c.element.len > 0) {
        same.element = str_fmt(p->moves.a, "x%.*s", STR_ARG(c.element));
    }
    enum rc rc = trial_step(&p->stays, &c, &err), other = trial_step(&p->moves, &same, &err);
    if (rc != other || !same_rows(p)) {
        fail_msg("seed %llu: after %s %d, and %d", (unsigned long long)p->from, command_name(c.kind), rc, other);
    }
    p->stays.now_us = p->moves.now_us += (int64_t)draw(100) * 60 * 1000000;
    return rc == RC_OK;
}

/* The case is moved after so many steps. */
static unsigned
one_case(struct pair *p, const struct bpmn *m, uint64_t from)
{
    struct pair fresh = *p;
    unsigned steps = 0, when;

    seed = fresh.from = from;
    when = 1 + draw(STEPS / 2);
    fresh.stays.a = arena_new(ROOM);
    fresh.moves.a = arena_new(ROOM);
    trial_begin(&fresh.stays, m);
    trial_begin(&fresh.moves, m);
    for (unsigned k = 0; k < STEPS; k++) {
        bool is_open = fresh.moves.i.state == INSTANCE_RUNNING || fresh.moves.i.state == INSTANCE_SUSPENDED;
        if (k >= when && !fresh.is_moved && is_open) {
            move_one(&fresh);
        }
        steps += one_step(&fresh) && fresh.is_moved;
    }
    arena_free(fresh.stays.a);
    arena_free(fresh.moves.a);
    return steps;
}

static unsigned
all_cases(struct str xml, uint64_t from)
{
    struct pair p = {.is_moved = false};
    struct bpmn_report report;
    struct migration_plan plan;
    struct binding bound = {.key = STR("p")};
    unsigned steps = 0;
    struct err err;

    trial_open(&p.stays, xml.ptr);
    trial_open(&p.moves, xml.ptr);
    p.stays.e.moves_max = p.moves.e.moves_max = MOVES_MOST; /* one model goes round by itself */
    const struct bpmn *m = p.stays.i.binding[0].model;
    if (bpmn_read(p.moves.a, renamed(p.moves.a, xml), NULL, &bound.model, &report, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    bound.process = bpmn_find_process(bound.model, STR("p"));
    assert_int_equal(migration_plan_read(p.moves.a, plan_of(p.moves.a, m), &plan, &err), RC_OK);
    if (migration_make(p.moves.a, &plan, m, &bound, 1, NULL, &p.m, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    for (uint64_t n = 0; n < CASES; n++) {
        steps += one_case(&p, m, from * 1000 + n);
    }
    trial_close(&p.stays);
    trial_close(&p.moves);
    return steps;
}

static void
a_process_under_other_names_goes_on_as_if_nothing_had_happened(void **state)
{
    const char *given = getenv("SEED");
    unsigned steps = 0;
    int64_t first = 1;

    (void)state;
    if (given != NULL) {
        assert_true(str_to_int(str_of(given), &first));
    }
    for (size_t n = 0; n < CHANCE_MODELS; n++) {
        steps += all_cases(str_of(chance_models[n]), (uint64_t)first + n);
    }
    for (uint64_t n = 0; n < MODELS; n++) {
        struct arena *a = arena_new(4 << 20);
        struct random r = {(uint64_t)first * 7919 + n};
        struct str xml = random_model(a, &r);
        steps += all_cases(str_of(str_c(a, xml)), (uint64_t)first * 100 + n);
        arena_free(a);
    }
    assert_true(steps > MODELS * CASES); /* much was done after the move */
}

/* --- to quite another one --------------------------------------------------------------------------------------------- */

struct other {
    const struct migration *m;
    struct run *feel;
    uint64_t from;
    unsigned moved, stayed;
};

static void
check_rows(const struct other *o, const struct trial *t)
{
    if (rows_torn(&t->i) != 0) {
        fail_msg("seed %llu: row %lld: %.*s", (unsigned long long)o->from, (long long)rows_torn(&t->i), STR_ARG(trial_stands(t)));
    }
}

static void
move_or_stay(struct other *o, struct trial *t)
{
    const struct migration_case c = {.i = &t->i, .bound = 1};
    struct str before = rows_text(t->a, &t->i);
    struct migration_result r;
    struct err err;

    if (migration_apply(&t->e, o->m, &c, t->now_us, &r, &err) != RC_OK) {
        fail_msg("seed %llu: %s", (unsigned long long)o->from, err.text);
    }
    if (r.refusals > 0 && !str_eq(before, rows_text(t->a, &t->i))) {
        fail_msg("seed %llu: refused, and changed", (unsigned long long)o->from);
    }
    instance_settle(&t->i);
    o->moved += r.refusals == 0;
    o->stayed += r.refusals > 0;
    check_rows(o, t);
    t->i = rows_stored(&t->i, t->a);
}

/* Some commands, the move, and more of them. */
static void
another_case(struct other *o, const struct bpmn *m)
{
    struct trial t = {.a = arena_new(ROOM), .e = {.run = o->feel, .moves_max = 60}};
    unsigned when;
    struct err err;

    seed = o->from;
    trial_begin(&t, m);
    when = 1 + draw(STEPS / 2);
    for (unsigned k = 0; k < STEPS; k++) {
        if (k == when && (t.i.state == INSTANCE_RUNNING || t.i.state == INSTANCE_SUSPENDED)) {
            move_or_stay(o, &t);
        }
        struct command c = any_command(&t);
        enum rc rc = trial_step(&t, &c, &err);
        assert_true(rc == RC_OK || rc == RC_NOT_FOUND || rc == RC_CONFLICT);
        check_rows(o, &t);
    }
    arena_free(t.a);
}

/* The same text with something here and there said otherwise: other messages, times, numbers, and whether they interrupt. */
static struct str
changed(struct arena *a, struct str xml, struct random *r)
{
    static const char *const words[][2] = {{"'M1'/>", "'M2'/>"}, {"'M2'/>", "'M1'/>"}, {">PT1H<", ">P2D<"}, {">P2D<", ">PT1H<"},
                                           {"cancelActivity='true'><m", "cancelActivity='false'><m"}, {"cancelActivity='false'", "cancelActivity='true'"},
                                           {"isSequential='true'", "isSequential='false'"}, {"<userTask id='n1", "<userTask id='n01"}};
    struct str out = STR("");
    struct buf b;
    struct err err;

    buf_init(&b, a, 1 << 20);
    for (size_t n = 0; n < xml.len; n++) {
        size_t w = roll(r, 3) > 0 ? 8 : 0;
        while (w < 8 && !str_starts(str_from(xml, n), str_of(words[w][0]))) {
            w++;
        }
        if (w < 8) {
            buf_put(&b, str_of(words[w][1]));
            n += str_of(words[w][0]).len - 1;
        } else {
            buf_put_char(&b, xml.ptr[n]);
        }
    }
    assert_int_equal(buf_finish(&b, &out, &err), RC_OK);
    return out;
}

static void
all_others(struct other *o, struct arena *a, uint64_t from)
{
    struct random first = {from}, second = {from + 1};
    struct bpmn_report report;
    const struct bpmn *m = NULL;
    struct migration_plan plan;
    struct binding bound = {.key = STR("p")};
    struct json *j = NULL;
    struct err err;

    struct str text = random_model(a, &first), other = from % 4 == 0 ? random_model(a, &second) : changed(a, text, &second);
    assert_int_equal(bpmn_read(a, text, NULL, &m, &report, &err), RC_OK);
    if (bpmn_read(a, other, NULL, &bound.model, &report, &err) != RC_OK) {
        return; /* what was changed is still named by others */
    }
    assert_int_equal(json_parse(a, STR("{\"source\":{\"key\":\"p\",\"version\":1},\"target\":2,\"basis\":\"law\"}"), JSON_UNIQUE, &j, &err), RC_OK);
    assert_int_equal(migration_plan_read(a, j, &plan, &err), RC_OK);
    assert_int_equal(migration_make(a, &plan, m, &bound, 1, NULL, &o->m, &err), RC_OK);
    for (uint64_t n = 0; n < CASES; n++) {
        o->from = from * 1000 + n;
        another_case(o, m);
    }
}

static void
whatever_a_case_is_moved_to_its_rows_hang_together(void **state)
{
    const struct run_limits limits = RUN_LIMITS_USUAL;
    const char *given = getenv("SEED");
    struct other o = {.feel = run_new(&limits, NULL)};
    int64_t first = 1;

    (void)state;
    if (given != NULL) {
        assert_true(str_to_int(str_of(given), &first));
    }
    for (uint64_t n = 0; n < 3 * MODELS; n++) {
        struct arena *a = arena_new(16 << 20);
        all_others(&o, a, (uint64_t)first * 104729 + n);
        arena_free(a);
    }
    run_free(o.feel);
    assert_true(o.moved > MODELS && o.stayed > MODELS);
}

/* --- clocks that only the new version has ----------------------------------------------------------------------------- */

/* The same process with a clock: user tasks start or stop it when they are entered, left or cancelled, as chance has it; ends stop it. */
static struct str
timed(struct arena *a, struct str xml, struct random *r)
{
    static const char *const at[] = {"enter", "leave", "cancel"}, *const what[] = {"start", "start", "start", "stop"};
    struct str open = STR("<process id='p' isExecutable='true'>"), out = STR("");
    size_t begin = str_find(xml, open) + open.len, end = begin + str_find(str_from(xml, begin), STR("</process>"));
    struct buf b;
    struct err err;
    int depth = 0;

    buf_init(&b, a, 1 << 20);
    buf_put(&b, str_sub(xml, 0, begin));
    buf_put(&b, STR("<extensionElements><gov:clock id='c' rule='r' kind='promised'/></extensionElements>"));
    for (size_t n = begin; n < xml.len; n++) {
        struct str rest = str_from(xml, n);
        size_t close = str_find_byte(rest, '>');
        buf_put_char(&b, xml.ptr[n]);
        depth += str_starts(rest, STR("<subProcess ")) - str_starts(rest, STR("</subProcess>"));
        bool is_end = depth == 0 && str_starts(rest, STR("<endEvent id="));
        if (n < end && (is_end || (str_starts(rest, STR("<userTask id=")) && roll(r, 2) == 0))) {
            struct str ons = is_end ? STR("<gov:on at='enter' clock='c' do='stop'/>") : str_fmt(a, "<gov:on at='%s' clock='c' do='%s'/>", at[roll(r, 3)], what[roll(r, 4)]);
            struct str ext = STR("<extensionElements>");
            bool has = str_starts(str_from(rest, close + 1), ext);
            buf_put(&b, str_sub(rest, 1, close));
            buf_put(&b, ext);
            buf_put(&b, ons);
            buf_put(&b, has ? STR("") : STR("</extensionElements>"));
            n += close + (has ? ext.len : 0);
        }
    }
    assert_int_equal(buf_finish(&b, &out, &err), RC_OK);
    return out;
}

/* What the moves of a command do to the clock of a case that began with it. */
static void
follow_clock(const struct trial *t, bool *runs)
{
    for (size_t n = 0; n < t->out.moves; n++) {
        const struct move *move = &t->out.move[n];
        enum gov_at at;
        if (!move_moment(move, &at)) {
            continue;
        }
        const struct gov_element *g = gov_element(t->i.binding[move->binding].model, move->element);
        for (size_t k = 0; k < g->ons; k++) {
            *runs = g->on[k].at == at ? g->on[k].what == GOV_START : *runs;
        }
    }
}

enum { ELEMENTS_MOST = 200 };

struct past {
    struct migration_moment moment[ELEMENTS_MOST];
    size_t count;
    int64_t order;
};

/* What the case has been through, as its history would say it. */
static void
remember(struct past *p, const struct trial *t)
{
    for (size_t n = 0; n < t->out.moves; n++) {
        const struct move *move = &t->out.move[n];
        enum gov_at at;
        size_t k = 0;
        if (!move_moment(move, &at)) {
            continue;
        }
        struct str id = t->i.binding[move->binding].model->element[move->element].id;
        while (k < p->count && !str_eq(p->moment[k].element, id)) {
            k++;
        }
        assert_in_range(k, 0, ELEMENTS_MOST - 1);
        p->count = k == p->count ? k + 1 : p->count;
        p->moment[k].element = id;
        p->moment[k].at_us[at] = t->now_us;
        p->moment[k].order[at] = ++p->order;
    }
}

struct timing {
    const struct migration *m;
    const struct bpmn *without, *with;
    uint64_t from;
    unsigned ran, stood;
};

/* Two cases that are told the same, one of them by the new version from its beginning: if the clock runs there, and only then, the other one gets it with the move. */
static void
timed_case(struct timing *g, struct run *feel)
{
    struct trial old = {.a = arena_new(ROOM), .e = {.run = feel, .moves_max = 60}}, new = {.a = arena_new(ROOM), .e = {.run = feel, .moves_max = 60}};
    struct past past = {.count = 0};
    struct migration_case c = {.i = &old.i, .bound = 1, .moment = past.moment};
    struct migration_result r = {.starts = 0};
    bool runs = false;
    struct err err;

    seed = g->from;
    trial_begin(&old, g->without);
    trial_begin(&new, g->with);
    for (unsigned k = 0, when = 1 + draw(STEPS); k < when; k++) {
        struct command command = any_command(&new);
        if (command.kind == COMMAND_MOVE || command.kind == COMMAND_REOPEN) {
            continue; /* a person may put a case anywhere; no model says what a clock is then */
        }
        enum rc rc = trial_step(&new, &command, &err);
        assert_int_equal(trial_step(&old, &command, &err), rc);
        if (rc == RC_OK) {
            follow_clock(&new, &runs);
            remember(&past, &old);
        }
    }
    if (old.i.state == INSTANCE_RUNNING || old.i.state == INSTANCE_SUSPENDED) {
        c.moments = past.count;
        assert_int_equal(migration_apply(&old.e, g->m, &c, old.now_us, &r, &err), RC_OK);
        if (r.refusals > 0 || r.starts != runs) {
            fail_msg("seed %llu: %zu refusals, %zu clocks started at %.*s", (unsigned long long)g->from, r.refusals, r.starts, STR_ARG(trial_stands(&new)));
        }
        g->ran += runs;
        g->stood += !runs;
    }
    arena_free(old.a);
    arena_free(new.a);
}

static void
all_timed(struct timing *g, struct run *feel, struct arena *a, uint64_t from)
{
    struct random first = {from}, second = {from + 1};
    struct bpmn_report report;
    struct migration_plan plan;
    struct binding bound = {.key = STR("p")};
    struct json *j = NULL;
    struct err err;

    struct str text = random_model(a, &first);
    if (bpmn_read(a, text, NULL, &g->without, &report, &err) != RC_OK || bpmn_read(a, timed(a, text, &second), NULL, &g->with, &report, &err) != RC_OK) {
        fail_msg("seed %llu: %s", (unsigned long long)from, err.text);
    }
    bound.model = g->with;
    bound.process = bpmn_find_process(bound.model, STR("p"));
    assert_int_equal(json_parse(a, STR("{\"source\":{\"key\":\"p\",\"version\":1},\"target\":2,\"starts\":{\"c\":\"move\"},\"basis\":\"law\"}"), JSON_UNIQUE, &j,
                                &err), RC_OK);
    assert_int_equal(migration_plan_read(a, j, &plan, &err), RC_OK);
    assert_int_equal(migration_make(a, &plan, g->without, &bound, 1, NULL, &g->m, &err), RC_OK);
    for (uint64_t n = 0; n < CASES; n++) {
        g->from = from * 1000 + n;
        timed_case(g, feel);
    }
}

static void
a_clock_is_started_if_it_would_run_had_the_case_begun_by_the_new_version(void **state)
{
    const struct run_limits limits = RUN_LIMITS_USUAL;
    const char *given = getenv("SEED");
    struct run *feel = run_new(&limits, NULL);
    struct timing g = {.m = NULL};
    int64_t first = 1;

    (void)state;
    if (given != NULL) {
        assert_true(str_to_int(str_of(given), &first));
    }
    for (uint64_t n = 0; n < 4 * MODELS; n++) {
        struct arena *a = arena_new(16 << 20);
        all_timed(&g, feel, a, (uint64_t)first * 15485863 + n);
        arena_free(a);
    }
    run_free(feel);
    assert_true(g.ran > MODELS && g.stood > MODELS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_under_other_names_goes_on_as_if_nothing_had_happened),
        cmocka_unit_test(whatever_a_case_is_moved_to_its_rows_hang_together),
        cmocka_unit_test(a_clock_is_started_if_it_would_run_had_the_case_begun_by_the_new_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
