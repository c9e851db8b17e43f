/*
 * What was found, in sentences: which rules, where in the space in plain words, and an input that shows it.
 */
#include <string.h>

#include "rule/analysis_int.h"
#include "rule/naming_int.h"
#include "rule/plain_int.h"

enum { SENTENCE_MAX = 2000, COLUMNS_SAID_MAX = 6, RUNS_SAID_MAX = 4, WORDS_MAX = 8 };

struct sentence {
    struct buf *b;
    bool is_chinese;
};

static void
put(const struct sentence *s, const char *zh, const char *en)
{
    buf_put(s->b, str_of(s->is_chinese ? zh : en));
}

/* --- where ------------------------------------------------------------------------------------------------------------------ */

/* above, at least, below, at most: as one says it of that kind. */
static const char *
compared(enum value_kind kind, int which, bool is_chinese)
{
    enum { NUMBERS, DAYS, LENGTHS };
    static const char *const words[][4][2] = {
        [NUMBERS] = {{"above ", "大于 "}, {"at least ", "不小于 "}, {"below ", "小于 "}, {"at most ", "不大于 "}},
        [DAYS] = {{"after ", "晚于 "}, {"not before ", "不早于 "}, {"before ", "早于 "}, {"not after ", "不晚于 "}},
        [LENGTHS] = {{"longer than ", "长于 "}, {"at least ", "不短于 "}, {"shorter than ", "短于 "}, {"at most ", "不长于 "}},
    };
    bool is_day = kind == VALUE_DATE || kind == VALUE_TIME || kind == VALUE_DATE_TIME;
    bool is_length = kind == VALUE_DAYS_DURATION || kind == VALUE_MONTHS_DURATION;

    return words[is_day ? DAYS : is_length ? LENGTHS : NUMBERS][which][is_chinese];
}

static void
put_value(const struct sentence *s, struct value v)
{
    if (v.kind == VALUE_BOOLEAN && s->is_chinese) { /* 为“是” reads, 为是 does not */
        plain_put_quoted(s->b, v.as.truth ? STR("是") : STR("否"), true);
    } else {
        plain_put(s->b, v, s->is_chinese);
    }
}

static bool
box_has(const struct looked *t, const uint64_t *box, size_t input, size_t piece)
{
    return space_has(t->space, box, input, piece);
}

/* Named values of one kind without order: is “a” or “b”; or with any other among them, is neither “c” nor “d”. */
static void
put_named(const struct sentence *s, const struct looked *t, const uint64_t *box, size_t input, enum value_kind kind)
{
    const struct axis *axis = &t->axis[input];
    bool has_other = false;
    size_t said = 0;

    for (size_t i = 0; i < axis->count; i++) {
        has_other |= axis->piece[i].kind == kind && axis->piece[i].shape == PIECE_OTHER && box_has(t, box, input, i);
    }
    if (kind == VALUE_NULL) {
        put(s, "为空", "is empty");
        return;
    }
    for (size_t i = 0; i < axis->count; i++) {
        const struct piece *p = &axis->piece[i];
        if (p->kind != kind || p->shape != PIECE_VALUE || box_has(t, box, input, i) == has_other) {
            continue;
        }
        if (said < WORDS_MAX) {
            put(s, said > 0 ? (has_other ? "、" : "或") : has_other ? "不是" : "为",
                said > 0 ? (has_other ? " nor " : " or ") : has_other ? "is not " : "is ");
            put_value(s, *p->low);
        }
        said++;
    }
    if (said == 0) {
        put(s, "为任何文字", "is any text");
    } else if (said > WORDS_MAX) {
        buf_put_fmt(s->b, s->is_chinese ? " 等 %zu 个值" : " and so on, %zu values", said);
    }
}

static bool
is_first_of_kind(const struct axis *axis, size_t i)
{
    return i == 0 || axis->piece[i - 1].kind != axis->piece[i].kind;
}

static bool
is_last_of_kind(const struct axis *axis, size_t i)
{
    return i + 1 == axis->count || axis->piece[i + 1].kind != axis->piece[i].kind;
}

/* Pieces from first to last, which lie side by side.  What bounds the column is not said again. */
static void
put_run(const struct sentence *s, const struct axis *axis, size_t first, size_t last)
{
    const struct piece *low = &axis->piece[first], *high = &axis->piece[last];
    bool has_low = !is_first_of_kind(axis, first) && low->low != NULL;
    bool has_high = !is_last_of_kind(axis, last) && high->high != NULL;

    if (first == last && low->shape == PIECE_VALUE) {
        put(s, "为 ", "is ");
        put_value(s, *low->low);
        return;
    }
    if (!has_low && !has_high) {
        put(s, "为任何值", "is anything");
        return;
    }
    put(s, "", "is ");
    if (has_low) {
        buf_put(s->b, str_of(compared(low->kind, low->shape == PIECE_VALUE, s->is_chinese)));
        put_value(s, *low->low);
    }
    if (has_high) {
        put(s, has_low ? " 且" : "", has_low ? " and " : "");
        buf_put(s->b, str_of(compared(high->kind, 2 + (high->shape == PIECE_VALUE), s->is_chinese)));
        put_value(s, *high->high);
    }
}

static void
put_runs(const struct sentence *s, const struct looked *t, const uint64_t *box, size_t input, enum value_kind kind)
{
    const struct axis *axis = &t->axis[input];
    size_t said = 0;

    for (size_t i = 0; i < axis->count; i++) {
        size_t last = i;
        if (axis->piece[i].kind != kind || !box_has(t, box, input, i)) {
            continue;
        }
        while (last + 1 < axis->count && axis->piece[last + 1].kind == kind && box_has(t, box, input, last + 1)) {
            last++;
        }
        if (said++ < RUNS_SAID_MAX) {
            put(s, said > 1 ? " 或" : "", said > 1 ? " or " : "");
            put_run(s, axis, i, last);
        }
        i = last;
    }
    put(s, said > RUNS_SAID_MAX ? "等" : "", said > RUNS_SAID_MAX ? " and so on" : "");
}

static struct str
column_name(const struct sentence *s, const struct looked *t, uint32_t column)
{
    const struct dmn_table *table = t->table;

    CHECK(column >= 1 && column <= table->inputs + table->outputs);
    if (column <= table->inputs) {
        return naming_input(t->found->model, &table->input[column - 1], s->is_chinese);
    }
    const struct dmn_output *o = &table->output[column - 1 - table->inputs];
    struct str name = naming_fitting(o->name, o->label, s->is_chinese);
    return name.len > 0 ? name : naming_node(t->found->model, table->name, s->is_chinese);
}

static void
put_column(const struct sentence *s, const struct looked *t, const uint64_t *box, size_t input)
{
    const struct axis *axis = &t->axis[input];
    bool is_first = true;

    plain_put_quoted(s->b, column_name(s, t, (uint32_t)input + 1), s->is_chinese);
    put(s, "", " ");
    if (axis->piece[axis->count - 1].shape == PIECE_ALL && box_has(t, box, input, axis->count - 1)) {
        put(s, "不为空", "is not empty");
        return;
    }
    for (enum value_kind kind = VALUE_NULL; kind < VALUE_KINDS; kind++) {
        bool has = false, has_between = false;
        for (size_t i = 0; i < axis->count; i++) {
            has |= axis->piece[i].kind == kind && box_has(t, box, input, i);
            has_between |= axis->piece[i].kind == kind && axis->piece[i].shape == PIECE_BETWEEN;
        }
        if (has) {
            put(s, is_first ? "" : " 或", is_first ? "" : " or ");
            (has_between ? put_runs : put_named)(s, t, box, input, kind);
            is_first = false;
        }
    }
}

/* False: everywhere, and nothing is said. */
static bool
put_box(const struct sentence *s, const struct looked *t, const uint64_t *box)
{
    size_t said = 0;

    for (size_t i = 0; i < t->table->inputs; i++) {
        if (!space_is_full(t->space, box, i) && said++ < COLUMNS_SAID_MAX) {
            put(s, said > 1 ? "，" : "：", said > 1 ? ", and " : " when ");
            put_column(s, t, box, i);
        }
    }
    if (said > COLUMNS_SAID_MAX) {
        buf_put_fmt(s->b, s->is_chinese ? "，等 %zu 栏" : ", and so on, %zu columns", said);
    }
    return said > 0;
}

/* --- an input that shows it --------------------------------------------------------------------------------------------------- */

/* The values of pieces lie on the scratch of the table. */
static bool
copy_value(struct arena *a, struct value from, struct value *out)
{
    struct err err;

    *out = from;
    if (from.kind == VALUE_STRING) {
        return str_copy(a, from.as.text, &out->as.text, &err) == RC_OK;
    }
    if (from.kind == VALUE_DATE || from.kind == VALUE_TIME || from.kind == VALUE_DATE_TIME) {
        struct temporal *t = arena_alloc(a, 1, sizeof(*t));
        out->as.temporal = t;
        if (t != NULL) {
            *t = *from.as.temporal;
        }
        return t != NULL;
    }
    return true;
}

/* A named value before one between two before one without end before any other. */
static int
naturalness(const struct piece *p)
{
    return p->kind == VALUE_NULL ? 5 : p->shape == PIECE_VALUE ? 0 : p->shape != PIECE_BETWEEN ? 3 : p->low == NULL || p->high == NULL ? 2 : 1;
}

static const struct piece *
sample_piece(const struct looked *t, const uint64_t *box, size_t input)
{
    const struct axis *axis = &t->axis[input];
    const struct piece *best = NULL;

    for (size_t i = 0; i < axis->count; i++) {
        const struct piece *p = &axis->piece[i];
        if (p->shape != PIECE_ALL && box_has(t, box, input, i) && (best == NULL || naturalness(p) < naturalness(best))) {
            best = p;
        }
    }
    return best;
}

static bool
make_sample(struct looked *t, const uint64_t *box, struct context *out)
{
    struct entry *entry = arena_alloc(t->found->arena, t->table->inputs + 1, sizeof(*entry));
    struct context sample = {0, entry};

    if (entry == NULL) {
        return false;
    }
    for (size_t i = 0; i < t->table->inputs; i++) {
        const struct piece *p = sample_piece(t, box, i);
        if (p != NULL && context_find(&sample, t->axis[i].label) == NULL) {
            entry[sample.count].name = t->axis[i].label;
            if (!copy_value(t->found->arena, p->sample, &entry[sample.count++].value)) {
                return false;
            }
        }
    }
    *out = sample;
    return true;
}

/* --- sentences ------------------------------------------------------------------------------------------------------------------ */

/* What {n} stands for in a pattern. */
static void
put_part(const struct sentence *s, const struct looked *t, const struct saying *say, char part)
{
    switch (part) {
    case 'r': plain_put_numbers(s->b, say->rule, say->rules, s->is_chinese); break;
    case '1': plain_put_numbers(s->b, say->rule, 1, s->is_chinese); break;
    case 'o': plain_put_numbers(s->b, say->rule + 1, say->rules - 1, s->is_chinese); break; /* the others */
    case 's': put(s, "", say->rules == 1 ? "" : "s"); break;
    case 'm': put(s, "", say->rules == 2 ? "" : "s"); break; /* of the others */
    case 'v': put(s, "", say->rules == 2 ? "s" : ""); break;
    case 'c': plain_put_quoted(s->b, column_name(s, t, say->column), s->is_chinese); break;
    case 'x': put_value(s, say->value); break;
    case 'k': buf_put(s->b, plain_kind(say->is, s->is_chinese)); break;
    case 'w': buf_put(s->b, say->type.len > 0 ? say->type : plain_kind(say->wants, s->is_chinese)); break;
    case 'b':
        if (!put_box(s, t, say->box)) {
            put(s, "任何输入", " to any input");
        }
        break;
    default: CHECK(false);
    }
}

static struct str
say_in(const struct looked *t, const struct saying *say, bool is_chinese, bool *is_whole)
{
    struct buf b;
    struct sentence s = {&b, is_chinese};
    struct str pattern = str_of(is_chinese ? say->zh : say->en), text = {"", 0};
    struct err err;

    buf_init(&b, t->found->arena, SENTENCE_MAX * 4);
    while (pattern.len > 0) {
        size_t at = str_find_byte(pattern, '{');
        buf_put(&b, str_sub(pattern, 0, at));
        if (at < pattern.len) {
            put_part(&s, t, say, pattern.ptr[at + 1]);
        }
        pattern = str_from(pattern, at + 3);
    }
    *is_whole &= buf_finish(&b, &text, &err) == RC_OK;
    return text;
}

static bool
make_finding(struct looked *t, const struct saying *say, struct finding *out)
{
    bool is_whole = true;
    uint32_t *rule = arena_alloc(t->found->arena, say->rules + 1, sizeof(*rule));
    struct finding f = {.kind = say->kind, .is_error = say->is_error, .table = t->table->name, .rules = say->rules, .rule = rule,
                        .column = say->column};

    if (rule == NULL) {
        return false;
    }
    if (say->rules > 0) {
        memcpy(rule, say->rule, say->rules * sizeof(*rule));
    }
    f.zh = say_in(t, say, true, &is_whole);
    f.en = say_in(t, say, false, &is_whole);
    is_whole = is_whole && (say->box == NULL || make_sample(t, say->box, &f.sample));
    *out = f;
    return is_whole;
}

void
say_finding(struct looked *t, const struct saying *say)
{
    struct found *found = t->found;

    if (found->rc != RC_OK || found->count == FINDINGS_MAX) {
        return;
    }
    if (found->count == FINDINGS_MAX - 1 && say->kind != FINDING_CUT) {
        say_finding(t, &(struct saying){.kind = FINDING_CUT, .zh = "问题太多，其余的没有列出", .en = "There is too much to list, the rest is left out"});
        return;
    }
    if (!make_finding(t, say, &found->finding[found->count])) {
        found->rc = err_set(found->err, RC_LIMIT, "what is wrong with the tables does not fit");
        return;
    }
    found->count++;
}
