/*
 * What the rules of a table are to one another: what none of them takes, what several take, which are hidden; and what they give.
 *
 * A rule with an entry that is more than constants and ranges is as wide as it could be: where it may match there is no gap for
 * certain, and it neither overlaps nor hides anything for certain.
 */
#include <string.h>

#include "rule/analysis_int.h"

enum { PAIR_STEPS = 16 }; /* what comparing the outputs of two rules costs, and looking them up among those that were said */

/* --- sets of rules ----------------------------------------------------------------------------------------------------------- */

static bool
is_decided(const struct looked *t, size_t rule)
{
    return !t->is_lost[rule] && !t->is_undecided[rule];
}

/* Rules that can match; of those that are decided only, or all. */
static uint64_t *
rules_of(struct looked *t, bool decided_only)
{
    uint64_t *set = space_rows_new(t->space);

    for (size_t i = 0; set != NULL && i < t->table->rules; i++) {
        if (!t->is_lost[i] && (!decided_only || !t->is_undecided[i])) {
            space_set(set, i);
        }
    }
    return set;
}

static void
copy_box(const struct looked *t, uint64_t *to, const uint64_t *from)
{
    memcpy(to, from, t->space->box_words * sizeof(*to));
}

/* --- gaps ---------------------------------------------------------------------------------------------------------------------- */

/* Whoever collects takes an empty list for an answer, and the count of nothing; a sum of nothing is none. */
static bool
needs_a_rule(const struct dmn_table *table)
{
    bool has_fallback = false;

    for (size_t i = 0; i < table->outputs; i++) {
        has_fallback |= table->output[i].fallback.program != NULL;
    }
    switch (table->hit_policy) {
    case HIT_UNIQUE:
    case HIT_FIRST:
    case HIT_PRIORITY:
    case HIT_ANY: return !has_fallback;
    case HIT_COLLECT: return !has_fallback && table->aggregation != AGGREGATE_LIST && table->aggregation != AGGREGATE_COUNT;
    case HIT_RULE_ORDER:
    case HIT_OUTPUT_ORDER: break;
    }
    return false;
}

void
find_gaps(struct looked *t)
{
    struct space *s = t->space;
    uint64_t *rules = rules_of(t, false), *taken = rules_of(t, false), *all = space_box_new(s), *hole = space_box_new(s);

    if (s->is_cut || !needs_a_rule(t->table)) {
        return;
    }
    space_fill(s, all);
    for (size_t i = 0; space_hole(s, all, taken, hole); i++) {
        if (i == ANALYSIS_SAID_MAX) {
            say_finding(t, &(struct saying){.kind = FINDING_CUT, .zh = "还有更多空缺没有列出", .en = "There are more gaps than are listed"});
            return;
        }
        space_widen(s, rules, hole);
        say_finding(t, &(struct saying){.kind = FINDING_GAP, .box = hole, .zh = "没有规则适用于{b}", .en = "No rule applies{b}"});
        space_add_box(s, t->table->rules + i, hole);
        space_set(taken, t->table->rules + i);
    }
}

/* --- overlaps ------------------------------------------------------------------------------------------------------------------ */

enum sameness { SAME, PERHAPS, DIFFERENT };

static bool
is_same_text(const struct dmn_text *a, const struct dmn_text *b)
{
    if (a->program == NULL || b->program == NULL) {
        return a->program == b->program;
    }
    return feel_tree_equal(program_tree(a->program), program_tree(b->program));
}

static enum sameness
outputs_of(const struct looked *t, size_t a, size_t b)
{
    const struct dmn_table *table = t->table;
    enum sameness all = SAME;

    for (size_t i = 0; i < table->outputs; i++) {
        const struct value *one = t->output[a * table->outputs + i], *other = t->output[b * table->outputs + i];
        enum sameness here = SAME;
        if (one != NULL && other != NULL) {
            here = value_equal(*one, *other) == TRI_TRUE ? SAME : DIFFERENT;
        } else if (!is_same_text(&table->rule[a].output[i], &table->rule[b].output[i])) {
            here = PERHAPS;
        }
        all = here > all ? here : all;
    }
    return all;
}

struct overlaps {
    struct looked *t;
    enum sameness wanted; /* DIFFERENT: any; PERHAPS: what is not known to be the same */
    uint64_t *decided, *meets, *box, *smaller;
    uint64_t *said[ANALYSIS_SAID_MAX];
    size_t count;
    uint32_t *rule;
};

static bool
is_said(const struct overlaps *o, size_t a, size_t b)
{
    for (size_t i = 0; i < o->count; i++) {
        if (space_bit(o->said[i], a) && space_bit(o->said[i], b)) {
            return true;
        }
    }
    return false;
}

static void
say_overlap(struct overlaps *o, size_t rules)
{
    bool is_unique = o->t->table->hit_policy == HIT_UNIQUE;
    struct saying say = {.kind = FINDING_OVERLAP, .is_error = is_unique || o->wanted == DIFFERENT, .rule = o->rule, .rules = rules,
                         .box = o->box};

    if (is_unique) {
        say.zh = "规则 {r} 同时适用于{b}";
        say.en = "Rules {r} apply at once{b}";
    } else if (o->wanted == DIFFERENT) {
        say.zh = "规则 {r} 结论不同，却同时适用于{b}";
        say.en = "Rules {r} say different things and apply at once{b}";
    } else {
        say.zh = "规则 {r} 的结论可能不同，却同时适用于{b}";
        say.en = "Rules {r} may say different things and apply at once{b}";
    }
    say_finding(o->t, &say);
}

/* Two rules that overlap, and what other rules share a point with both: so ten rules that are alike are one finding. */
static bool
gather(struct overlaps *o, size_t first, size_t second)
{
    struct space *s = o->t->space;
    uint64_t *members = space_rows_new(s);
    size_t rules = 0;

    if (members == NULL) {
        return false;
    }
    copy_box(o->t, o->box, space_box(s, first));
    CHECK(space_cross(s, o->box, space_box(s, second)));
    for (size_t i = first; i < o->t->table->rules; i++) {
        bool is_in = i == first || i == second;
        if (!is_in && space_bit(o->meets, i) && i > first) {
            is_in = space_cross(s, o->box, space_box(s, i));
        }
        if (is_in) {
            o->rule[rules++] = (uint32_t)i + 1;
            space_set(members, i);
        }
    }
    say_overlap(o, rules);
    o->said[o->count++] = members;
    return true;
}

static bool
find_overlaps_of(struct overlaps *o, size_t first)
{
    struct looked *t = o->t;
    bool is_unique = t->table->hit_policy == HIT_UNIQUE;

    space_meets(t->space, space_box(t->space, first), o->decided, o->meets);
    for (size_t i = first + 1; i < t->table->rules; i++) {
        if (!space_bit(o->meets, i) || !space_spend(t->space, PAIR_STEPS) || (!is_unique && outputs_of(t, first, i) != o->wanted) || is_said(o, first, i)) {
            continue;
        }
        if (o->count == ANALYSIS_SAID_MAX) {
            say_finding(t, &(struct saying){.kind = FINDING_CUT, .zh = "还有更多重叠没有列出", .en = "There are more overlaps than are listed"});
            return false;
        }
        if (!gather(o, first, i)) {
            return false;
        }
    }
    return !t->space->is_cut;
}

void
find_overlaps(struct looked *t)
{
    struct space *s = t->space;
    struct overlaps o = {.t = t, .wanted = DIFFERENT, .decided = rules_of(t, true), .meets = space_rows_new(s), .box = space_box_new(s)};
    bool goes_on = t->table->hit_policy == HIT_UNIQUE || t->table->hit_policy == HIT_ANY;

    o.rule = arena_alloc(t->scratch, t->table->rules + 1, sizeof(*o.rule));
    s->is_cut |= o.rule == NULL;
    for (size_t pass = 0; goes_on && !s->is_cut && pass < (t->table->hit_policy == HIT_ANY ? 2u : 1u); pass++) {
        o.wanted = pass == 0 ? DIFFERENT : PERHAPS;
        for (size_t i = 0; goes_on && i < t->table->rules; i++) {
            goes_on = !is_decided(t, i) || find_overlaps_of(&o, i);
        }
    }
}

/* --- hidden rules ------------------------------------------------------------------------------------------------------------- */

/* Where the rule's outputs stand in the order of priority; false: not known. */
static bool
priority_of(const struct looked *t, size_t rule, size_t *rank)
{
    const struct dmn_table *table = t->table;

    for (size_t i = 0; i < table->outputs; i++) {
        const struct value *is = t->output[rule * table->outputs + i];
        const struct list *ordered = table->output[i].ordered;
        rank[i] = 0;
        if (ordered == NULL && table->output[i].values.program == NULL) {
            continue;
        }
        while (is != NULL && ordered != NULL && rank[i] < ordered->count && value_equal(ordered->item[rank[i]], *is) != TRI_TRUE) {
            rank[i]++;
        }
        if (is == NULL || ordered == NULL || rank[i] == ordered->count || !space_spend(t->space, PAIR_STEPS * (rank[i] + 1))) {
            return false;
        }
    }
    return true;
}

struct hiding {
    struct looked *t;
    uint64_t *before, *meets, *chosen, *taking, *hole;
    uint32_t *rule;
    const size_t **rank; /* of each rule; NULL: not known */
};

static bool
comes_first(const struct hiding *h, size_t a, size_t b)
{
    if (h->t->table->hit_policy == HIT_FIRST) {
        return a < b;
    }
    if (h->rank[a] == NULL || h->rank[b] == NULL) {
        return false;
    }
    for (size_t i = 0; i < h->t->table->outputs; i++) {
        if (h->rank[a][i] != h->rank[b][i]) {
            return h->rank[a][i] < h->rank[b][i];
        }
    }
    return a < b;
}

/* Of the rules that hide it together, some that do so without the others: each takes what those before it leave open. */
static void
choose(struct hiding *h, const uint64_t *box)
{
    struct looked *t = h->t;
    struct space *s = t->space;

    memset(h->chosen, 0, s->row_words * sizeof(*h->chosen));
    while (space_hole(s, box, h->chosen, h->hole)) {
        size_t i = 0;
        space_meets(s, h->hole, h->meets, h->taking);
        while (!s->is_cut && !space_bit(h->taking, i)) {
            CHECK(++i < t->table->rules);
        }
        space_set(h->chosen, i);
    }
    for (size_t i = t->table->rules; i-- > 0 && !s->is_cut;) {
        if (space_bit(h->chosen, i)) {
            space_clear(h->chosen, i);
            if (space_hole(s, box, h->chosen, h->hole) || s->is_cut) {
                space_set(h->chosen, i);
            }
        }
    }
}

static void
find_hidden_rule(struct hiding *h, size_t rule)
{
    struct looked *t = h->t;
    struct saying say = {.kind = FINDING_UNREACHABLE, .rule = h->rule, .box = space_box(t->space, rule)};

    memset(h->before, 0, t->space->row_words * sizeof(*h->before));
    (void)space_spend(t->space, t->table->rules);
    for (size_t i = 0; i < t->table->rules; i++) {
        if (i != rule && is_decided(t, i) && comes_first(h, i, rule)) {
            space_set(h->before, i);
        }
    }
    space_meets(t->space, space_box(t->space, rule), h->before, h->meets);
    if (space_hole(t->space, space_box(t->space, rule), h->meets, h->hole) || t->space->is_cut) {
        return;
    }
    choose(h, space_box(t->space, rule));
    h->rule[say.rules++] = (uint32_t)rule + 1;
    for (size_t i = 0; i < t->table->rules; i++) {
        if (space_bit(h->chosen, i)) {
            h->rule[say.rules++] = (uint32_t)i + 1;
        }
    }
    if (t->table->hit_policy == HIT_FIRST) {
        say.zh = "规则 {1} 永远用不上：前面的规则 {o} 已经包括了它";
        say.en = "Rule {1} is never used: rule{m} {o} before it take{v} all of it";
    } else {
        say.zh = "规则 {1} 永远用不上：结论相同或更优先的规则 {o} 已经包括了它";
        say.en = "Rule {1} is never used: rule{m} {o}, of the same or a better priority, take{v} all of it";
    }
    say_finding(t, &say);
}

static void
rank_rules(struct hiding *h)
{
    const struct looked *t = h->t;

    for (size_t i = 0; h->rank != NULL && i < t->table->rules; i++) {
        size_t *rank = arena_alloc(t->scratch, t->table->outputs + 1, sizeof(*rank));
        t->space->is_cut |= rank == NULL;
        h->rank[i] = rank != NULL && priority_of(t, i, rank) ? rank : NULL;
    }
}

void
find_hidden(struct looked *t)
{
    struct space *s = t->space;
    struct hiding h = {.t = t, .before = space_rows_new(s), .meets = space_rows_new(s), .chosen = space_rows_new(s),
                       .taking = space_rows_new(s), .hole = space_box_new(s)};

    if (t->table->hit_policy != HIT_FIRST && t->table->hit_policy != HIT_PRIORITY) {
        return;
    }
    h.rule = arena_alloc(t->scratch, t->table->rules + 1, sizeof(*h.rule));
    h.rank = arena_alloc(t->scratch, t->table->rules + 1, sizeof(*h.rank));
    s->is_cut |= h.rule == NULL || h.rank == NULL;
    rank_rules(&h);
    for (size_t i = 0; i < t->table->rules && !s->is_cut; i++) {
        if (!t->is_lost[i]) {
            find_hidden_rule(&h, i);
        }
    }
}

/* --- outputs ------------------------------------------------------------------------------------------------------------------- */

/* Nothing in it depends on the input or the clock. */
static bool
is_constant(const struct feel_tree *tree)
{
    for (uint32_t i = 1; i < tree->count; i++) {
        const struct feel_node *n = &tree->node[i];
        bool is_clock = n->kind == NODE_BUILTIN && (n->slot == BUILTIN_NOW || n->slot == BUILTIN_TODAY);
        if (n->kind == NODE_NAME || n->kind == NODE_MEMBER || n->kind == NODE_UNKNOWN || n->kind == NODE_FUNCTION || is_clock) {
            return false;
        }
    }
    return true;
}

static bool
has_list(const struct wanted *w)
{
    return !w->is_any && !w->is_undecided;
}

static bool
is_among(const struct wanted *w, struct value v)
{
    bool is_in = false;

    for (size_t i = 0; i < w->list->count; i++) {
        const struct value *item = &w->list->item[i];
        is_in |= (item->kind == VALUE_RANGE ? range_has(item->as.range, v) : value_equal(*item, v)) == TRI_TRUE;
    }
    return is_in != w->is_negated;
}

static enum value_kind
kind_of_type(const struct type *type)
{
    static const enum value_kind kinds[] = {
        [TYPE_ANY] = VALUE_KINDS,
        [TYPE_NULL] = VALUE_NULL,
        [TYPE_BOOLEAN] = VALUE_BOOLEAN,
        [TYPE_NUMBER] = VALUE_NUMBER,
        [TYPE_STRING] = VALUE_STRING,
        [TYPE_DATE] = VALUE_DATE,
        [TYPE_TIME] = VALUE_TIME,
        [TYPE_DATE_TIME] = VALUE_DATE_TIME,
        [TYPE_DAYS_DURATION] = VALUE_DAYS_DURATION,
        [TYPE_MONTHS_DURATION] = VALUE_MONTHS_DURATION,
        [TYPE_LIST] = VALUE_LIST,
        [TYPE_CONTEXT] = VALUE_CONTEXT,
        [TYPE_RANGE] = VALUE_RANGE,
        [TYPE_FUNCTION] = VALUE_FUNCTION,
    };

    return kinds[type->kind];
}

static bool
check_output(struct looked *t, size_t rule, size_t column, const struct wanted *values, struct value v)
{
    const struct dmn_output *o = &t->table->output[column];
    uint32_t number = (uint32_t)rule + 1;
    struct saying say = {.kind = FINDING_TYPE, .is_error = true, .rule = &number, .rules = 1,
                         .column = (uint32_t)(t->table->inputs + column) + 1, .value = v, .is = v.kind};
    struct value made;

    if (v.kind == VALUE_NULL) {
        return true;
    }
    if (!type_coerce(t->found->run, o->type, v, &made)) {
        return false;
    }
    if (made.kind == VALUE_NULL && !type_holds(o->type, v)) {
        say.wants = kind_of_type(o->type);
        say.type = v.kind == say.wants ? o->type->name : STR("");
        say.zh = "规则 {r} 的{c}：{x} 是{k}，应为{w}";
        say.en = "Rule {r}, {c}: {x} is {k}, {w} is expected";
        say_finding(t, &say);
    } else if (made.kind == VALUE_NULL || (has_list(values) && !is_among(values, made))) {
        say.zh = "规则 {r} 的{c}：{x} 不在允许的取值之内";
        say.en = "Rule {r}, {c}: {x} is not among the allowed values";
        say_finding(t, &say);
    }
    return true;
}

static void
say_empty(struct looked *t, size_t rule, size_t column)
{
    uint32_t number = (uint32_t)rule + 1;

    if (t->table->output[column].fallback.program == NULL) {
        say_finding(t, &(struct saying){.kind = FINDING_NO_OUTPUT, .is_error = true, .rule = &number, .rules = 1,
                                        .column = (uint32_t)(t->table->inputs + column) + 1, .zh = "规则 {r} 没有填写{c}",
                                        .en = "Rule {r} leaves {c} empty"});
    }
}

/* False: a limit of the run, or no memory. */
static bool
find_output(struct looked *t, size_t rule, size_t column, const struct wanted *values)
{
    const struct program *p = t->table->rule[rule].output[column].program;
    struct value *v = arena_alloc(t->scratch, 1, sizeof(*v));

    if (v == NULL) {
        return false;
    }
    if (p == NULL) {
        say_empty(t, rule, column);
        return true;
    }
    if (!is_constant(program_tree(p))) {
        return true;
    }
    *v = value_null();
    if (program_run(t->found->run, p, NULL, v, t->found->err) != RC_OK) {
        return false;
    }
    t->output[rule * t->table->outputs + column] = v;
    return check_output(t, rule, column, values, *v);
}

void
find_outputs(struct looked *t)
{
    for (size_t k = 0; k < t->table->outputs && t->found->rc == RC_OK; k++) {
        struct wanted values = wanted_of(t->scratch, t->table->output[k].values.program);
        for (size_t i = 0; i < t->table->rules && t->found->rc == RC_OK; i++) {
            if (!find_output(t, i, k, &values)) {
                t->found->rc = err_set(t->found->err, RC_LIMIT, "what a table gives takes too much to look at");
            }
        }
    }
}
