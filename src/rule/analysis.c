/*
 * Which tables there are, what each entry asks, and findings as JSON.  How gaps, overlaps and hidden rules are found stands in
 * analysis_table.c, and in analysis_space.c how that stays quick.
 */
#include <string.h>

#include "rule/analysis_int.h"

/* --- entries ------------------------------------------------------------------------------------------------------------------- */

struct column {
    struct looked *t;
    size_t input;
    const struct type *type;
    struct wanted *wanted; /* of each rule */
    struct wanted bound[2];
    size_t bounds;
    bool is_ordered;
    uint32_t *rule; /* room for all */
};

static uint32_t
number_of(const struct column *c)
{
    return (uint32_t)c->input + 1;
}

static bool
has_list(const struct wanted *w)
{
    return !w->is_any && !w->is_undecided;
}

/* What may come in, if that is constants and ranges. */
static void
add_bound(struct column *c, const struct program *p)
{
    struct wanted w = wanted_of(c->t->scratch, p);

    if (w.is_undecided) {
        say_finding(c->t, &(struct saying){.kind = FINDING_UNDECIDED, .column = number_of(c),
                                           .zh = "{c}允许的取值不只是常量和区间，检查时没有据此限定范围",
                                           .en = "What {c} may be is more than constants and ranges, and was not taken as its bounds"});
    } else if (!w.is_any) {
        c->bound[c->bounds++] = w;
    }
}

static enum value_kind
kind_of_item(struct value item)
{
    return item.kind != VALUE_RANGE                           ? item.kind
           : item.as.range->low_end != RANGE_UNBOUNDED ? item.as.range->low.kind
                                                       : item.as.range->high.kind;
}

static void
say_type(struct column *c, size_t rule, struct value item, bool is_wrong_kind)
{
    uint32_t number = (uint32_t)rule + 1;
    struct saying say = {.kind = FINDING_TYPE, .is_error = true, .rule = &number, .rules = 1, .column = number_of(c), .value = item,
                         .is = kind_of_item(item)};

    if (is_wrong_kind) {
        unsigned kinds = axis_kinds(c->type);
        while (say.wants < VALUE_KINDS - 1 && (kinds >> say.wants & 1) == 0) {
            say.wants++;
        }
        say.zh = "规则 {r} 的{c}：{x} 是{k}，应为{w}";
        say.en = "Rule {r}, {c}: {x} is {k}, {w} is expected";
    } else {
        say.zh = "规则 {r} 的{c}：{x} 不在允许的取值之内";
        say.en = "Rule {r}, {c}: {x} is not among the allowed values";
    }
    say_finding(c->t, &say);
    c->t->is_faulty[rule] = true;
}

static void
check_types(struct column *c, const struct axis *axis)
{
    unsigned kinds = axis_kinds(c->type);

    for (size_t i = 0; i < c->t->table->rules; i++) {
        for (size_t k = 0; has_list(&c->wanted[i]) && k < c->wanted[i].list->count; k++) {
            struct value item = c->wanted[i].list->item[k];
            enum value_kind kind = kind_of_item(item);
            if (kind == VALUE_NULL || axis_is_empty_range(item)) {
                continue;
            }
            if ((kinds >> kind & 1) == 0) {
                say_type(c, i, item, true);
            } else if (c->bounds > 0 && !axis_has(axis, item)) {
                say_type(c, i, item, false);
            }
        }
    }
}

static void
say_undecided(struct column *c)
{
    size_t rules = 0;

    for (size_t i = 0; i < c->t->table->rules; i++) {
        if (c->wanted[i].is_undecided) {
            c->t->is_undecided[i] = true;
            c->rule[rules++] = (uint32_t)i + 1;
        }
    }
    struct saying say = {.kind = FINDING_UNDECIDED, .rule = c->rule, .rules = rules, .column = number_of(c),
                         .zh = "规则 {r} 的{c}不只是常量和区间，没有参与空缺和重叠的检查",
                         .en = "Rule{s} {r}: {c} is more than constants and ranges, and was left out of gaps and overlaps"};
    if (!c->is_ordered) {
        say.zh = "{c}中有的时刻带时区、有的不带，分不出先后，规则 {r} 没有参与空缺和重叠的检查";
        say.en = "Some times of {c} have a zone and some have none, so there is no order among them; rule{s} {r} left out of gaps and "
                 "overlaps";
    }
    if (rules > 0) {
        say_finding(c->t, &say);
    }
}

/* False: no room. */
static bool
look_at_column(struct column *c)
{
    struct looked *t = c->t;
    const struct dmn_input *input = &t->table->input[c->input];
    struct axis *axis = &t->axis[c->input];
    bool can_cut;

    axis->label = input->label.len > 0 ? input->label : input->expression.text;
    c->type = input->type;
    can_cut = axis_kinds(c->type) != 0;
    for (size_t i = 0; i < t->table->rules; i++) {
        c->wanted[i] = wanted_of(t->scratch, t->table->rule[i].input[c->input].program);
        c->wanted[i].is_undecided |= !c->wanted[i].is_any && !can_cut;
    }
    add_bound(c, input->values.program);
    add_bound(c, c->type == NULL ? NULL : c->type->allowed);
    if (!axis_make(t->scratch, &(struct axis_source){c->type, t->table->rules, c->wanted, c->bounds, c->bound}, axis, &c->is_ordered)) {
        return false;
    }
    for (size_t i = 0; !c->is_ordered && i < t->table->rules; i++) {
        c->wanted[i].is_undecided |= !c->wanted[i].is_any;
    }
    if (c->is_ordered && can_cut) {
        check_types(c, axis);
    }
    say_undecided(c);
    return true;
}

static bool
look_at_columns(struct looked *t)
{
    size_t rules = t->table->rules;
    uint32_t *rule = arena_alloc(t->scratch, rules + 1, sizeof(*rule));

    for (size_t i = 0; rule != NULL && i < t->table->inputs; i++) {
        struct column c = {.t = t, .input = i, .wanted = t->wanted + i * rules, .rule = rule};
        if (!look_at_column(&c)) {
            return false;
        }
    }
    return rule != NULL;
}

/* --- the space of a table ------------------------------------------------------------------------------------------------------- */

/* The column of a rule that lets nothing pass is said, unless it is known to be of a wrong type. */
static void
say_lost(struct looked *t, size_t rule, size_t input)
{
    uint32_t number = (uint32_t)rule + 1;

    t->is_lost[rule] = true;
    if (!t->is_faulty[rule]) {
        say_finding(t, &(struct saying){.kind = FINDING_UNREACHABLE, .is_error = true, .rule = &number, .rules = 1,
                                        .column = (uint32_t)input + 1, .zh = "规则 {r} 永远不会匹配：没有值符合它对{c}的要求",
                                        .en = "Rule {r} never matches: no value of {c} is what it asks for"});
    }
}

static bool
passes_some(const bool *passes, size_t count)
{
    return memchr(passes, true, count) != NULL;
}

static bool
fill_space(struct looked *t)
{
    size_t rules = t->table->rules, most = 0;

    for (size_t i = 0; i < t->table->inputs; i++) {
        most = t->axis[i].count > most ? t->axis[i].count : most;
    }
    bool *passes = arena_alloc(t->scratch, most + 1, sizeof(*passes));
    if (passes == NULL) {
        return false;
    }
    for (size_t i = 0; i < t->table->inputs; i++) {
        const struct axis *axis = &t->axis[i];
        for (size_t k = 0; k < rules; k++) {
            axis_mark(axis, &t->wanted[i * rules + k], passes);
            if (!t->is_lost[k] && !passes_some(passes, axis->count)) {
                say_lost(t, k, i);
            }
            for (size_t p = 0; p < axis->count; p++) {
                if (passes[p]) {
                    space_add(t->space, k, i, p);
                }
            }
        }
    }
    return true;
}

static bool
make_space(struct looked *t)
{
    size_t *pieces = arena_alloc(t->scratch, t->table->inputs + 1, sizeof(*pieces));
    bool *is_line = arena_alloc(t->scratch, t->table->inputs + 1, sizeof(*is_line));

    if (t->table->inputs > ANALYSIS_INPUTS_MAX || pieces == NULL || is_line == NULL) {
        return false;
    }
    for (size_t i = 0; i < t->table->inputs; i++) {
        pieces[i] = t->axis[i].count;
        is_line[i] = t->axis[i].is_line;
    }
    t->space = space_new(t->scratch, t->table->inputs, pieces, is_line, t->table->rules + ANALYSIS_SAID_MAX, t->found->steps);
    return t->space != NULL && fill_space(t);
}

static bool
make_room(struct looked *t)
{
    size_t inputs = t->table->inputs, rules = t->table->rules, outputs = t->table->outputs;

    t->axis = arena_alloc(t->scratch, inputs + 1, sizeof(*t->axis));
    t->wanted = arena_alloc(t->scratch, inputs * rules + 1, sizeof(*t->wanted));
    t->output = arena_alloc(t->scratch, rules * outputs + 1, sizeof(*t->output));
    t->is_lost = arena_alloc(t->scratch, rules + 1, sizeof(*t->is_lost));
    t->is_undecided = arena_alloc(t->scratch, rules + 1, sizeof(*t->is_undecided));
    t->is_faulty = arena_alloc(t->scratch, rules + 1, sizeof(*t->is_faulty));
    return t->axis != NULL && t->wanted != NULL && t->output != NULL && t->is_lost != NULL && t->is_undecided != NULL &&
           t->is_faulty != NULL;
}

/* False: it was cut. */
static bool
look_at_rules(struct looked *t)
{
    if (!make_space(t)) {
        return false;
    }
    find_gaps(t);
    find_overlaps(t);
    find_hidden(t);
    t->found->steps = t->space->steps;
    return !t->space->is_cut;
}

static enum rc
look_at_table(struct found *found, const struct dmn_table *table)
{
    struct looked t = {.found = found, .table = table, .scratch = arena_new(ANALYSIS_SCRATCH_BYTES)};
    bool is_whole = make_room(&t) && look_at_columns(&t);

    if (is_whole) {
        find_outputs(&t);
        is_whole = look_at_rules(&t);
    }
    if (!is_whole) {
        say_finding(&t, &(struct saying){.kind = FINDING_CUT, .zh = "规则表太大，没有查完",
                                         .en = "The table is too large to be looked through wholly"});
    }
    arena_free(t.scratch);
    return found->rc;
}

/* --- tables of a model ----------------------------------------------------------------------------------------------------------- */

static enum rc
look_at_expression(struct found *found, const struct dmn_expression *e)
{
    enum rc rc = RC_OK;

    if (e == NULL) {
        return RC_OK;
    }
    if (e->kind == DMN_TABLE && e->table != NULL) {
        return look_at_table(found, e->table);
    }
    for (size_t i = 0; rc == RC_OK && i < e->entries; i++) {
        rc = look_at_expression(found, e->entry[i].value);
    }
    return rc == RC_OK ? look_at_expression(found, e->called) : rc;
}

/* Such a name is null whenever it is asked, so a rule with it never does what was meant. */
static bool
look_at_names(struct found *found)
{
    const struct dmn_slip *slip;
    size_t count = dmn_slips(found->model, &slip);

    for (size_t i = 0; i < count; i++) {
        struct finding *f = &found->finding[found->count++];
        struct str name = str_sub(slip[i].name, 0, 200);
        uint32_t *rule = arena_alloc(found->arena, 1, sizeof(*rule));
        struct str zh = str_fmt(found->arena, slip[i].rule > 0 ? "规则 %u（第 %u 行）" : "%.0u第 %u 行", slip[i].rule, slip[i].line);
        struct str en = str_fmt(found->arena, slip[i].rule > 0 ? "Rule %u, line %u" : "%.0uLine %u", slip[i].rule, slip[i].line);
        *f = (struct finding){.kind = FINDING_NAME, .is_error = true, .table = slip[i].item, .rules = slip[i].rule > 0, .rule = rule};
        f->zh = str_fmt(found->arena, "%.*s：没有叫“%.*s”的内容，它的值总是空", STR_ARG(zh), STR_ARG(name));
        f->en = str_fmt(found->arena, "%.*s: nothing is called %.*s, so it is always null", STR_ARG(en), STR_ARG(name));
        if (rule == NULL || zh.ptr == NULL || en.ptr == NULL || f->zh.ptr == NULL || f->en.ptr == NULL) {
            return false;
        }
        *rule = slip[i].rule;
    }
    return true;
}

enum rc
analysis_of(struct arena *a, struct run *r, const struct dmn *m, const struct finding **out, size_t *count, struct err *err)
{
    struct found found = {.arena = a, .run = r, .model = m, .finding = arena_alloc(a, FINDINGS_MAX, sizeof(*found.finding)), .rc = RC_OK,
                          .err = err, .steps = ANALYSIS_STEPS};
    enum rc rc = RC_OK;

    if (found.finding == NULL || !look_at_names(&found)) {
        return err_set(err, RC_LIMIT, "what is wrong with the tables does not fit");
    }
    for (size_t i = 0; rc == RC_OK && i < m->items; i++) {
        rc = look_at_expression(&found, m->item[i]->model == m ? m->item[i]->expression : NULL);
    }
    if (rc == RC_OK) {
        *out = found.finding;
        *count = found.count;
    }
    return rc;
}

/* --- JSON ------------------------------------------------------------------------------------------------------------------------- */

static const char *const kind_names[FINDINGS] = {
    [FINDING_GAP] = "gap",
    [FINDING_OVERLAP] = "overlap",
    [FINDING_UNREACHABLE] = "unreachable",
    [FINDING_TYPE] = "type",
    [FINDING_NO_OUTPUT] = "no-output",
    [FINDING_UNDECIDED] = "undecided",
    [FINDING_CUT] = "cut",
    [FINDING_NAME] = "name",
};

static void
put_finding(struct arena *a, const struct finding *f, struct buf *out)
{
    struct json *head = json_object(a), *rules = json_array(a), *words = json_object(a);

    json_set_text(a, head, "kind", str_of(kind_names[f->kind]));
    json_set_bool(a, head, "error", f->is_error);
    json_set_text(a, head, "table", f->table);
    json_set(a, head, "rules", rules);
    json_set_int(a, head, "column", f->column);
    for (size_t i = 0; i < f->rules; i++) {
        json_push(rules, json_int(a, f->rule[i]));
    }
    json_set_text(a, words, "zh", f->zh);
    json_set_text(a, words, "en", f->en);
    size_t at = out->len;
    json_write(out, head);
    if (out->failed) {
        return;
    }
    out->len--; /* the sample goes inside, and only values know how they are written */
    buf_put(out, STR(",\"sample\":"));
    value_put_json(out, (struct value){.kind = VALUE_CONTEXT, .as.context = &f->sample});
    size_t end = out->len;
    json_write(out, words);
    if (!out->failed) {
        CHECK(at < end && out->ptr[end] == '{');
        out->ptr[end] = ',';
    }
}

enum rc
analysis_json(struct arena *a, const struct finding *f, size_t count, struct buf *out, struct err *err)
{
    struct str whole;

    buf_put_char(out, '[');
    for (size_t i = 0; i < count && !out->failed; i++) {
        buf_put(out, i > 0 ? STR(",") : STR(""));
        put_finding(a, &f[i], out);
    }
    buf_put_char(out, ']');
    return buf_finish(out, &whole, err);
}
