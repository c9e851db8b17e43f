/*
 * The demo city's procedures: each model of demo/processes is read without a complaint, calls, asks and counts by what there is, and its
 * drawing shows all of it with nothing on top of anything else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/asset.h"
#include "base/clock.h"
#include "process/bpmn_int.h"
#include "process/gov_int.h"
#include "process/timelimit.h"
#include "rule/dmn.h"
#include "rule/schema.h"

#define FOLDER "demo/processes/"

enum { ROOM = 128 << 20, MODELS_MAX = 64, MODELS_LEAST = 34, POINTS_MAX = 32 };

struct procedure {
    struct str key, xml;
    const struct bpmn *model;
};
struct book {
    struct arena *arena;
    size_t count;
    struct procedure entry[MODELS_MAX];
};

static void
read_model(struct book *b, const struct asset *a)
{
    struct str name = str_from(str_of(a->path), sizeof(FOLDER) - 1);
    struct bpmn_report report = {.count = 0};
    struct err err = {.text = ""};
    const struct bpmn *m = NULL;
    enum rc rc = bpmn_read(b->arena, asset_text(a), NULL, &m, &report, &err);

    for (size_t i = 0; i < report.count; i++) {
        const struct bpmn_finding *f = &report.finding[i];
        print_message("%s:%u: %s %.*s: %.*s\n", a->path, f->line, bpmn_rule_name(f->rule), STR_ARG(f->id), STR_ARG(f->en));
    }
    if (rc != RC_OK || report.count > 0) {
        fail_msg("%s: %s", a->path, err.text);
    }
    CHECK(b->count < MODELS_MAX);
    b->entry[b->count++] = (struct procedure){{name.ptr, name.len - 5}, asset_text(a), m};
}

static int
open_book(void **state)
{
    static struct book b;

    b = (struct book){.arena = arena_new(ROOM)};
    for (size_t i = 0; i < asset_table_count; i++) {
        struct str path = str_of(asset_table[i].path);
        if (str_starts(path, STR(FOLDER)) && str_ends(path, STR(".bpmn"))) {
            read_model(&b, &asset_table[i]);
        }
    }
    *state = &b;
    return 0;
}

static int
close_book(void **state)
{
    arena_free(((struct book *)*state)->arena);
    return 0;
}

static const struct json *
document(struct book *b, const char *path)
{
    struct json *j = NULL;
    struct err err = {.text = ""};

    if (asset_json(b->arena, path, &j, &err) != RC_OK) {
        fail_msg("%s: %s", path, err.text);
    }
    return j;
}

static const struct bpmn *
called(const struct book *b, struct str key)
{
    for (size_t i = 0; i < b->count; i++) {
        if (str_eq(b->entry[i].key, key)) {
            return b->entry[i].model;
        }
    }
    return NULL;
}

/* --- what models say ----------------------------------------------------------------------------------------- */

static void
the_manifest_says_whose_each_model_is_and_why(void **state)
{
    static const char *const members[] = {"name_zh", "name_en", "owner", "power", "basis", "holds_from"};
    struct book *b = *state;
    const struct json *manifest = document(b, "demo/processes.json");
    const struct json *powers = json_get(document(b, "demo/orgs.json"), "powers");

    assert_int_equal(manifest->count, b->count);
    for (const struct json *entry = manifest->first; entry != NULL; entry = entry->next) {
        struct str key = json_str(entry, "key");
        const struct json *power = powers->first;
        bool is_whole = called(b, key) != NULL && str_eq(json_str(entry, "kind"), STR("bpmn")) &&
                        str_eq(json_str(entry, "file"), str_fmt(b->arena, "%.*s.bpmn", STR_ARG(key)));
        for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
            is_whole = is_whole && json_str(entry, members[i]).len > 0;
        }
        while (power != NULL && !str_eq(json_str(power, "code"), json_str(entry, "power"))) {
            power = power->next;
        }
        if (!is_whole || !str_eq(json_str(power, "org"), json_str(entry, "owner"))) {
            fail_msg("%.*s", STR_ARG(key));
        }
    }
}

static void
every_model_is_one_process_that_is_called_as_its_file_and_named_in_two_languages(void **state)
{
    struct book *b = *state;

    assert_true(b->count >= MODELS_LEAST);
    for (size_t i = 0; i < b->count; i++) {
        const struct bpmn *m = b->entry[i].model;
        size_t names = 0, english = 0;
        struct str rest = b->entry[i].xml;
        assert_int_equal(m->processes, 1);
        assert_true(m->process[0].info.is_executable);
        if (!str_eq(m->process[0].info.id, b->entry[i].key)) {
            fail_msg("%.*s holds %.*s", STR_ARG(b->entry[i].key), STR_ARG(m->process[0].info.id));
        }
        for (struct str line; str_next(&rest, '\n', &line);) {
            bool is_told = str_has(line, STR("<process ")) || str_has(line, STR("Flow ")) || str_has(line, STR("Task ")) ||
                           str_has(line, STR("Event ")) || str_has(line, STR("Activity ")) || str_has(line, STR("subProcess "));
            names += is_told && str_has(line, STR(" name="));
            english += is_told && str_has(line, STR(" name=")) && str_has(line, STR(" gov:en="));
        }
        assert_true(names > 0);
        assert_int_equal(names, english);
    }
}

/* Every variable that a called process asks for and that nothing in it makes is given to it. */
static void
check_call(const struct book *b, const struct procedure *e, uint32_t element)
{
    const struct bpmn_element *n = &e->model->element[element];
    const struct gov_element *g = gov_element(e->model, element);
    const struct bpmn *m = called(b, n->called);

    if (m == NULL) {
        fail_msg("%.*s: %.*s calls %.*s, which is not there", STR_ARG(e->key), STR_ARG(n->id), STR_ARG(n->called));
    }
    for (size_t i = 0; i < g->inputs; i++) {
        bool is_asked = false;
        for (uint32_t v = 0; v < m->variables; v++) {
            is_asked |= str_eq(m->variable[v], g->input[i].name);
        }
        if (!is_asked) {
            fail_msg("%.*s: %.*s is given %.*s and does not ask for it", STR_ARG(e->key), STR_ARG(n->id), STR_ARG(g->input[i].name));
        }
    }
    for (size_t i = 0; i < g->outputs; i++) { /* that what is taken is made in there */
        const struct bpmn_text *t = &e->model->text[g->output[i].value.text];
        for (uint32_t u = 0; u < t->names.count; u++) {
            struct str name = e->model->variable[e->model->use[t->names.first + u]];
            bool is_made = false;
            for (uint32_t k = 0; k < m->elements; k++) {
                is_made |= str_eq(gov_element(m, k)->result, name) || str_eq(m->element[k].result, name);
            }
            if (!is_made) {
                fail_msg("%.*s: %.*s takes %.*s, which %.*s does not make", STR_ARG(e->key), STR_ARG(n->id), STR_ARG(name), STR_ARG(n->called));
            }
        }
    }
}

static void
what_is_called_is_there_is_told_what_it_asks_and_makes_what_is_taken(void **state)
{
    struct book *b = *state;
    size_t calls = 0, handed = 0;

    for (size_t i = 0; i < b->count; i++) {
        for (uint32_t n = 0; n < b->entry[i].model->elements; n++) {
            if (b->entry[i].model->element[n].kind == BPMN_CALL) {
                check_call(b, &b->entry[i], n);
                calls++;
                handed += gov_element(b->entry[i].model, n)->handover != NULL;
            }
        }
    }
    assert_true(calls > 40 && handed >= 2);
}

static void
every_clock_counts_by_a_row_of_the_table(void **state)
{
    struct book *b = *state;
    struct timelimits *t = NULL;
    struct err err = {.text = ""};
    size_t clocks = 0;

    assert_int_equal(timelimits_load(b->arena, document(b, "demo/clocks.json"), &t, &err), RC_OK);
    for (size_t i = 0; i < b->count; i++) {
        for (size_t c = 0; c < gov_clocks(b->entry[i].model); c++) {
            const struct gov_clock *clock = gov_clock(b->entry[i].model, (uint32_t)c);
            if (!timelimit_is_known(t, clock->rule)) {
                fail_msg("%.*s: there is no row %.*s", STR_ARG(b->entry[i].key), STR_ARG(clock->rule));
            }
            clocks++;
        }
    }
    assert_true(clocks > 40);
}

/* A clock stands still only for what its row allows: the basis names the reason. */
static void
a_clock_stands_still_only_for_a_reason_of_its_row(void **state)
{
    struct book *b = *state;
    struct timelimits *t = NULL;
    struct err err = {.text = ""};
    int32_t day = 0;
    size_t pauses = 0;

    assert_int_equal(day_parse(STR("2026-11-28"), &day, &err), RC_OK);
    assert_int_equal(timelimits_load(b->arena, document(b, "demo/clocks.json"), &t, &err), RC_OK);
    for (size_t i = 0; i < b->count; i++) {
        const struct bpmn *m = b->entry[i].model;
        for (uint32_t n = 0; n < m->elements; n++) {
            const struct gov_element *g = gov_element(m, n);
            for (size_t k = 0; k < g->ons; k++) {
                const struct timelimit *row = timelimit_find(t, gov_clock(m, g->on[k].clock)->rule, day);
                if (g->on[k].what == GOV_PAUSE && timelimit_reason_of(row, g->on[k].basis) == NULL) {
                    fail_msg("%.*s: %.*s does not stand still for %.*s", STR_ARG(b->entry[i].key), STR_ARG(m->element[n].id),
                             STR_ARG(g->on[k].basis));
                }
                pauses += g->on[k].what == GOV_PAUSE;
            }
        }
    }
    assert_true(pauses > 0);
}

/* --- the rules that models ask ---------------------------------------------------------------------------------- */

static const struct dmn *
rule_model(struct book *b, struct str key)
{
    const struct json *rules = document(b, "demo/rules/rules.json");
    const struct dmn *m = NULL;
    struct err err = {.text = ""};

    for (const struct json *r = rules->first; r != NULL; r = r->next) {
        if (str_eq(json_str(r, "key"), key)) {
            struct str xml = asset_text(asset_find(str_fmt(b->arena, "demo/rules/%.*s", STR_ARG(json_str(r, "file")))));
            assert_int_equal(dmn_read(b->arena, xml, NULL, NULL, NULL, &m, NULL, &err), RC_OK);
        }
    }
    return m;
}

static void
a_rule_is_told_what_it_asks_for_and_nothing_else(void **state)
{
    struct book *b = *state;
    size_t asked = 0;

    for (size_t i = 0; i < b->count; i++) {
        const struct bpmn *m = b->entry[i].model;
        for (uint32_t n = 0; n < m->elements; n++) {
            const struct gov_element *g = gov_element(m, n);
            const struct dmn *rule = m->element[n].kind == BPMN_RULE ? rule_model(b, g->rule.written) : NULL;
            const struct str *name;
            size_t names = 0;
            struct err err = {.text = ""};
            if (m->element[n].kind != BPMN_RULE) {
                continue;
            }
            if (rule == NULL || dmn_inputs(b->arena, rule, g->decision, &name, &names, &err) != RC_OK) {
                fail_msg("%.*s: no rule %.*s %.*s", STR_ARG(b->entry[i].key), STR_ARG(g->rule.written), STR_ARG(g->decision));
            }
            for (size_t k = 0; k < g->inputs; k++) {
                size_t found = 0;
                while (found < names && !str_eq(name[found], g->input[k].name)) {
                    found++;
                }
                if (found == names) {
                    fail_msg("%.*s: %.*s does not ask for %.*s", STR_ARG(b->entry[i].key), STR_ARG(g->decision), STR_ARG(g->input[k].name));
                }
            }
            assert_int_equal(names, g->inputs); /* none is told twice (gov-twice), so none is left out */
            asked++;
        }
    }
    assert_true(asked >= 10);
}

/* --- the forms of tasks -------------------------------------------------------------------------------------------- */

static bool
fits(struct book *b, const struct schema *schema, const char *text)
{
    struct schema_result result;
    struct json *j = NULL;
    struct err err;

    assert_int_equal(json_parse(b->arena, str_of(text), JSON_UNIQUE, &j, &err), RC_OK);
    assert_int_equal(schema_check(schema, b->arena, j, 20600, &result, &err), RC_OK);
    return result.is_valid;
}

static const struct schema *
form_of(struct book *b, struct str key)
{
    const struct schema_options options = {.assert_formats = true};
    const struct schema *schema = NULL;
    struct err err = {.text = ""};
    const struct json *j = document(b, str_c(b->arena, str_fmt(b->arena, "demo/forms/%.*s.json", STR_ARG(key))));

    if (schema_compile(b->arena, STR(""), j, &options, &schema, &err) != RC_OK) {
        fail_msg("%.*s: %s", STR_ARG(key), err.text);
    }
    return schema;
}

static void
every_form_of_a_task_is_a_schema_that_says_what_is_missing(void **state)
{
#define TWO "\"officers\":[{\"name\":\"欧阳云舒\",\"licence\":\"99010001\"},{\"name\":\"慕容清和\",\"licence\":\"99010002\"}]"
#define REST ",\"at\":\"2026-11-28T10:00:00+08:00\",\"place\":\"文澜路 18 号\",\"looked_at\":[{\"what\":\"水池\",\"is_right\":true}]"
    struct book *b = *state;
    size_t forms = 0;

    for (size_t i = 0; i < b->count; i++) {
        for (uint32_t n = 0; n < b->entry[i].model->elements; n++) {
            struct str key = gov_element(b->entry[i].model, n)->form;
            forms += key.len > 0 && form_of(b, key) != NULL;
        }
    }
    assert_true(forms >= 5);
    const struct schema *site = form_of(b, STR("site-record")), *account = form_of(b, STR("childcare-account"));
    assert_true(fits(b, site, "{" TWO REST ",\"result\":\"passed\"}"));
    assert_true(fits(b, site, "{" TWO REST ",\"result\":\"failed\",\"rectify\":\"少一个水池\"}"));
    assert_false(fits(b, site, "{" TWO REST ",\"result\":\"failed\"}"));
    assert_false(fits(b, site, "{\"officers\":[{\"name\":\"欧阳云舒\",\"licence\":\"99010001\"}]" REST ",\"result\":\"passed\"}"));
    assert_true(fits(b, account, "{\"account\":\"card\"}") && fits(b, account, "{\"account\":\"bank\",\"bank_no\":\"6200000000000826\"}"));
    assert_false(fits(b, account, "{\"account\":\"bank\"}") || fits(b, account, "{\"account\":\"card\",\"bank_no\":\"6200000000000826\"}"));
}

/* --- drawings ----------------------------------------------------------------------------------------------------- */

struct box {
    int64_t left, top, right, bottom;
};

static struct str
attribute(struct str line, const char *name)
{
    struct str mark = str_of(name), rest = str_from(line, str_find(line, mark) + mark.len);

    return (struct str){rest.ptr, str_find_byte(rest, '"')};
}

static int64_t
number(struct str line, const char *name)
{
    int64_t n = 0;

    assert_true(str_to_int(attribute(line, name), &n));
    return n;
}

static struct box
box_of(struct str line)
{
    int64_t x = number(line, " x=\""), y = number(line, " y=\"");

    return (struct box){x, y, x + number(line, " width=\""), y + number(line, " height=\"")};
}

/* What the drawing says of an element, up to the end of its BPMNShape or BPMNEdge. */
static struct str
drawn(const struct procedure *e, const char *tag, struct str id)
{
    struct arena *a = arena_new(1 << 16);
    struct str mark = str_fmt(a, " bpmnElement=\"%.*s\"", STR_ARG(id)), end = str_fmt(a, "</bpmndi:%s>", tag);
    struct str rest = str_from(e->xml, str_find(e->xml, mark));

    if (rest.len == 0) {
        fail_msg("%.*s: %.*s is not drawn", STR_ARG(e->key), STR_ARG(id));
    }
    rest.len = str_find(rest, end);
    arena_free(a);
    return rest;
}

static bool
label_of(struct str piece, struct box *out)
{
    size_t at = str_find(piece, STR("<bpmndi:BPMNLabel>"));

    if (at == piece.len) {
        return false;
    }
    *out = box_of(str_from(piece, at));
    return true;
}

static bool
touch(struct box a, struct box b)
{
    return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

struct drawing {
    struct box shape[1000], label[2000];
    struct str labelled[2000];
    size_t labels;
};

static void
add_label(struct drawing *d, const struct procedure *e, struct str piece, struct str id)
{
    struct box label;

    if (label_of(piece, &label)) {
        for (size_t i = 0; i < d->labels; i++) {
            if (touch(label, d->label[i])) {
                fail_msg("%.*s: what is said of %.*s lies on what is said of %.*s", STR_ARG(e->key), STR_ARG(id), STR_ARG(d->labelled[i]));
            }
        }
        d->labelled[d->labels] = id;
        d->label[d->labels++] = label;
    }
}

static bool
is_hosted(const struct bpmn *m, uint32_t a, uint32_t b)
{
    return m->element[a].attached == b || m->element[b].attached == a;
}

static void
check_shapes(struct drawing *d, const struct procedure *e)
{
    const struct bpmn *m = e->model;

    for (uint32_t i = 0; i < m->elements; i++) {
        struct str piece = drawn(e, "BPMNShape", m->element[i].id);
        d->shape[i] = box_of(piece);
        add_label(d, e, piece, m->element[i].id);
        bool is_named_outside = m->element[i].name.len > 0 && !bpmn_is_activity(m->element[i].kind);
        assert_int_equal(is_named_outside, str_has(piece, STR("<bpmndi:BPMNLabel>")));
    }
    for (uint32_t i = 0; i < m->elements; i++) {
        for (uint32_t k = 0; k < i; k++) {
            bool is_inside = m->element[i].scope != m->element[k].scope; /* a sub-process lies around what is in it */
            if (!is_inside && !is_hosted(m, i, k) && touch(d->shape[i], d->shape[k])) {
                fail_msg("%.*s: %.*s lies on %.*s", STR_ARG(e->key), STR_ARG(m->element[i].id), STR_ARG(m->element[k].id));
            }
        }
    }
    for (uint32_t i = 0; i < m->elements; i++) {
        uint32_t around = m->scope[m->element[i].scope].element;
        struct box in = d->shape[i], out = around != BPMN_NONE ? d->shape[around] : in;
        assert_true(in.left >= out.left && in.right <= out.right && in.top >= out.top && in.bottom <= out.bottom);
    }
}

static bool
on_border(struct box b, int64_t x, int64_t y)
{
    return ((x == b.left || x == b.right) && y >= b.top && y <= b.bottom) || ((y == b.top || y == b.bottom) && x >= b.left && x <= b.right);
}

/* A flow goes from border to border along the paper's edges, and through nothing else. */
static void
check_flow(struct drawing *d, const struct procedure *e, const struct bpmn_flow *f)
{
    const struct bpmn *m = e->model;
    struct str piece = drawn(e, "BPMNEdge", f->id), rest = piece;
    int64_t x[POINTS_MAX], y[POINTS_MAX];
    size_t points = 0;

    for (size_t at; (at = str_find(rest, STR("<di:waypoint"))) < rest.len; points++) {
        rest = str_from(rest, at + 1);
        assert_true(points < POINTS_MAX);
        x[points] = number(rest, " x=\"");
        y[points] = number(rest, " y=\"");
    }
    assert_true(points >= 2 && on_border(d->shape[f->from], x[0], y[0]) && on_border(d->shape[f->to], x[points - 1], y[points - 1]));
    for (size_t p = 1; p < points; p++) {
        struct box way = {x[p] < x[p - 1] ? x[p] : x[p - 1], y[p] < y[p - 1] ? y[p] : y[p - 1], x[p] > x[p - 1] ? x[p] : x[p - 1],
                          y[p] > y[p - 1] ? y[p] : y[p - 1]};
        assert_true(way.left == way.right || way.top == way.bottom);
        for (uint32_t i = 0; i < m->elements; i++) {
            bool is_own = i == f->from || i == f->to || is_hosted(m, i, f->from) || is_hosted(m, i, f->to);
            if (m->element[i].scope == f->scope && !is_own && touch(way, d->shape[i])) {
                fail_msg("%.*s: %.*s runs through %.*s", STR_ARG(e->key), STR_ARG(f->id), STR_ARG(m->element[i].id));
            }
        }
    }
    assert_int_equal(f->name.len > 0, str_has(piece, STR("<bpmndi:BPMNLabel>")));
    add_label(d, e, piece, f->id);
}

static void
drawings_show_everything_and_nothing_lies_on_anything_else(void **state)
{
    struct book *b = *state;
    static struct drawing d;

    for (size_t i = 0; i < b->count; i++) {
        const struct bpmn *m = b->entry[i].model;
        d.labels = 0;
        check_shapes(&d, &b->entry[i]);
        for (uint32_t f = 0; f < m->flows; f++) {
            check_flow(&d, &b->entry[i], &m->flow[f]);
        }
        for (size_t l = 0; l < d.labels; l++) {
            for (uint32_t n = 0; n < m->elements; n++) {
                if (m->element[n].kind != BPMN_SUB && touch(d.label[l], d.shape[n])) {
                    fail_msg("%.*s: what is said of %.*s lies on %.*s", STR_ARG(b->entry[i].key), STR_ARG(d.labelled[l]),
                             STR_ARG(m->element[n].id));
                }
            }
        }
    }
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_book, close_book)
    const struct CMUnitTest tests[] = {
        TEST(the_manifest_says_whose_each_model_is_and_why),
        TEST(every_model_is_one_process_that_is_called_as_its_file_and_named_in_two_languages),
        TEST(what_is_called_is_there_is_told_what_it_asks_and_makes_what_is_taken),
        TEST(every_clock_counts_by_a_row_of_the_table),
        TEST(a_clock_stands_still_only_for_a_reason_of_its_row),
        TEST(a_rule_is_told_what_it_asks_for_and_nothing_else),
        TEST(every_form_of_a_task_is_a_schema_that_says_what_is_missing),
        TEST(drawings_show_everything_and_nothing_lies_on_anything_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
