/*
 * test_table - decision tables for tests, written as people read them:
 *
 *     U
 *     年龄:number in [0..120] | 户籍:string => 津贴:number default 0
 *     >= 80 | "云城" => 100
 *
 * The first line is the hit policy as DMN abbreviates it, then the columns, then the rules.  A last part of a rule after // is its basis.
 */
#ifndef RULE_TEST_TABLE_H
#define RULE_TEST_TABLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule/dmn_int.h"

struct table_maker {
    struct arena *arena;
    struct zones *zones;
};

static inline void *
table_room(struct table_maker *m, size_t count, size_t bytes)
{
    void *p = arena_alloc(m->arena, count + 1, bytes);

    assert_non_null(p);
    return p;
}

static inline struct dmn_text
table_text(struct table_maker *m, struct str text, bool is_tests)
{
    struct feel_tree tree;
    struct dmn_text out = {.text = text, .line = 1};
    struct err err = {.text = ""};
    enum rc rc;

    if (text.len == 0) {
        return out;
    }
    rc = is_tests ? feel_parse_tests(m->arena, text, NULL, NULL, &tree, NULL, &err) : feel_parse(m->arena, text, NULL, &tree, NULL, &err);
    if (rc != RC_OK || program_compile(m->arena, &tree, NULL, m->zones, &out.program, &err) != RC_OK) {
        fail_msg("%.*s: %s", STR_ARG(text), err.text);
    }
    return out;
}

/* Cuts *s at the word: what stands before it stays, what stands behind is given; "" without it. */
static inline struct str
table_behind(struct str *s, const char *word)
{
    size_t at = str_find(*s, str_of(word));
    struct str rest = str_trim(str_from(*s, at + str_of(word).len));

    *s = str_trim(str_sub(*s, 0, at));
    return rest;
}

struct table_column {
    struct str label, type, values, fallback;
};

static inline size_t
table_columns(struct str part, struct table_column *out, size_t most)
{
    size_t count = 0;

    for (struct str s; part.len > 0 && str_next(&part, '|', &s);) {
        assert_true(count < most);
        struct table_column c = {.fallback = table_behind(&s, " default ")};
        c.values = table_behind(&s, " in ");
        c.type = table_behind(&s, ":");
        c.label = s;
        out[count++] = c;
    }
    return count;
}

static inline void
table_policy(struct str word, struct dmn_table *t)
{
    static const struct {
        const char *word;
        enum hit_policy policy;
        enum aggregation aggregation;
    } rows[] = {
        {"U", HIT_UNIQUE, AGGREGATE_LIST},   {"F", HIT_FIRST, AGGREGATE_LIST},      {"P", HIT_PRIORITY, AGGREGATE_LIST},
        {"A", HIT_ANY, AGGREGATE_LIST},      {"C", HIT_COLLECT, AGGREGATE_LIST},    {"C+", HIT_COLLECT, AGGREGATE_SUM},
        {"C#", HIT_COLLECT, AGGREGATE_COUNT}, {"C<", HIT_COLLECT, AGGREGATE_MIN},   {"C>", HIT_COLLECT, AGGREGATE_MAX},
        {"R", HIT_RULE_ORDER, AGGREGATE_LIST}, {"O", HIT_OUTPUT_ORDER, AGGREGATE_LIST},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (str_eq(word, str_of(rows[i].word))) {
            t->hit_policy = rows[i].policy;
            t->aggregation = rows[i].aggregation;
            return;
        }
    }
    fail_msg("no hit policy: %.*s", STR_ARG(word));
}

static inline void
table_head(struct table_maker *m, struct str line, struct dmn_table *t)
{
    struct table_column column[70];
    struct str outputs = table_behind(&line, "=>");
    struct dmn_input *input = table_room(m, 70, sizeof(*input));
    struct dmn_output *output = table_room(m, 70, sizeof(*output));

    t->inputs = table_columns(line, column, 70);
    for (size_t i = 0; i < t->inputs; i++) {
        input[i] = (struct dmn_input){.label = column[i].label, .type = column[i].type.len == 0 ? NULL : type_builtin(column[i].type),
                                      .values = table_text(m, column[i].values, true), .expression.text = column[i].label};
        assert_true(column[i].type.len == 0 || input[i].type != NULL);
    }
    t->outputs = table_columns(outputs, column, 70);
    for (size_t i = 0; i < t->outputs; i++) {
        bool is_negated;
        output[i] = (struct dmn_output){.label = column[i].label, .name = column[i].label,
                                        .type = column[i].type.len == 0 ? NULL : type_builtin(column[i].type),
                                        .values = table_text(m, column[i].values, true),
                                        .fallback = table_text(m, column[i].fallback, false)};
        if (output[i].values.program != NULL) {
            assert_true(program_constants(m->arena, output[i].values.program, &is_negated, &output[i].ordered));
        }
    }
    t->input = input;
    t->output = output;
}

static inline void
table_entries(struct table_maker *m, struct str part, bool is_tests, size_t count, const struct dmn_text **out)
{
    struct dmn_text *text = table_room(m, count, sizeof(*text));

    for (size_t i = 0; i < count; i++) {
        struct str s = {"", 0};
        (void)str_next(&part, '|', &s);
        text[i] = table_text(m, str_trim(s), is_tests);
    }
    assert_int_equal(part.len, 0);
    *out = text;
}

static inline const struct dmn_table *
table_of(struct table_maker *m, struct str name, const char *text)
{
    struct str rest = str_of(text), line;
    struct dmn_table *t = table_room(m, 1, sizeof(*t));
    size_t room = 1;

    for (size_t i = 0; i < rest.len; i++) {
        room += rest.ptr[i] == '\n';
    }
    struct dmn_rule *rule = table_room(m, room, sizeof(*rule));
    *t = (struct dmn_table){.name = name, .rule = rule};
    assert_true(str_next(&rest, '\n', &line));
    table_policy(str_trim(line), t);
    assert_true(str_next(&rest, '\n', &line));
    table_head(m, line, t);
    while (str_next(&rest, '\n', &line)) {
        struct str *basis = table_room(m, 1, sizeof(*basis));
        if (str_trim(line).len == 0) {
            continue;
        }
        *basis = table_behind(&line, "//");
        t->annotations = basis->len > 0 ? 1 : t->annotations;
        struct str outputs = table_behind(&line, "=>");
        struct dmn_rule *r = &rule[t->rules++];
        r->annotation = basis;
        table_entries(m, line, true, t->inputs, &r->input);
        table_entries(m, outputs, false, t->outputs, &r->output);
    }
    t->annotation = table_room(m, 1, sizeof(struct str));
    return t;
}

/* A model of one decision, called by that name, which is that table. */
static inline const struct dmn *
table_model(struct table_maker *m, struct str name, const struct dmn_table *t)
{
    struct dmn *model = table_room(m, 1, sizeof(*model));
    struct dmn_item *item = table_room(m, 1, sizeof(*item));
    struct dmn_expression *e = table_room(m, 1, sizeof(*e));
    const struct dmn_item **items = table_room(m, 1, sizeof(*items));

    *e = (struct dmn_expression){.kind = DMN_TABLE, .table = t};
    *item = (struct dmn_item){.info = {.kind = DMN_DECISION, .name = name, .is_table = true}, .model = model, .expression = e};
    items[0] = item;
    *model = (struct dmn){.name = STR("样例"), .name_space = STR("urn:zhengtong:sample"), .items = 1, .item = items};
    return model;
}

#endif
