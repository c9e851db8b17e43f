/*
 * test_table - decision tables for tests, written as people read them, and made the XML of a model:
 *
 *     U
 *     年龄:number in [0..120] | 户籍:string => 津贴:number default 0 | 依据
 *     >= 80 | "云城" => 100 | 第三条
 *
 * The first line is the hit policy as DMN abbreviates it, then the columns, then the rules.  An input may be labelled: 几岁=年龄:number.
 * Behind the outputs, of which each has a type, stand the names of annotations, which have none.  The decision is called 津贴.
 */
#ifndef RULE_TEST_TABLE_H
#define RULE_TEST_TABLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule/dmn_int.h"

struct table_column {
    struct str label, name, type, values, fallback;
};

/* Cuts *s at the word: what stands before it stays, what stands behind is given; "" without it. */
static inline struct str
table_behind(struct str *s, const char *word)
{
    size_t at = str_find(*s, str_of(word));
    struct str rest = str_trim(str_from(*s, at + str_of(word).len));

    *s = str_trim(str_sub(*s, 0, at));
    return rest;
}

static inline struct table_column
table_column(struct str s)
{
    struct table_column c = {.fallback = table_behind(&s, " default ")};

    c.values = table_behind(&s, " in ");
    c.type = table_behind(&s, ":");
    c.name = table_behind(&s, "=");
    c.label = s;
    c.name = c.name.len > 0 ? c.name : c.label;
    return c;
}

static inline void
table_element(struct buf *b, const char *name, struct str text)
{
    buf_put_fmt(b, "<%s><text>", name);
    buf_put_html(b, str_trim(text));
    buf_put_fmt(b, "</text></%s>", name);
}

static inline void
table_type(struct buf *b, struct str type)
{
    if (type.len > 0) {
        buf_put_fmt(b, " typeRef=\"%.*s\"", STR_ARG(type));
    }
}

static inline void
table_policy(struct buf *b, struct str word)
{
    static const struct {
        const char *word, *attributes;
    } rows[] = {
        {"U", "hitPolicy='UNIQUE'"}, {"F", "hitPolicy='FIRST'"}, {"P", "hitPolicy='PRIORITY'"}, {"A", "hitPolicy='ANY'"},
        {"R", "hitPolicy='RULE ORDER'"}, {"O", "hitPolicy='OUTPUT ORDER'"}, {"C", "hitPolicy='COLLECT'"},
        {"C+", "hitPolicy='COLLECT' aggregation='SUM'"}, {"C#", "hitPolicy='COLLECT' aggregation='COUNT'"},
        {"C<", "hitPolicy='COLLECT' aggregation='MIN'"}, {"C>", "hitPolicy='COLLECT' aggregation='MAX'"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (str_eq(word, str_of(rows[i].word))) {
            buf_put_fmt(b, "<decisionTable %s>\n", rows[i].attributes);
            return;
        }
    }
    fail_msg("no hit policy: %.*s", STR_ARG(word));
}

/* What the decision needs: a name that is an expression of others asks for 生日. */
static inline void
table_inputs(struct buf *b, struct str inputs)
{
    for (struct str rest = inputs, s; str_next(&rest, '|', &s);) {
        struct table_column c = table_column(s);
        bool is_name = str_find_byte(c.name, '(') == c.name.len;
        struct str id = is_name ? c.name : STR("生日");
        buf_put_fmt(b, "<inputData id=\"%.*s\" name=\"%.*s\"><variable name=\"%.*s\"", STR_ARG(id), STR_ARG(id), STR_ARG(id));
        table_type(b, is_name ? c.type : STR("date"));
        buf_put(b, STR("/></inputData>\n"));
    }
    buf_put(b, STR("<decision id=\"d\" name=\"津贴\"><variable name=\"津贴\"/>\n"));
    for (struct str rest = inputs, s; str_next(&rest, '|', &s);) {
        struct table_column c = table_column(s);
        struct str id = str_find_byte(c.name, '(') == c.name.len ? c.name : STR("生日");
        buf_put_fmt(b, "<informationRequirement><requiredInput href=\"#%.*s\"/></informationRequirement>\n", STR_ARG(id));
    }
}

static inline void
table_columns(struct buf *b, struct str inputs, struct str outputs)
{
    for (struct str rest = inputs, s; str_next(&rest, '|', &s);) {
        struct table_column c = table_column(s);
        buf_put_fmt(b, "<input label=\"%.*s\"><inputExpression", STR_ARG(c.label));
        table_type(b, c.type);
        buf_put_fmt(b, "><text>%.*s</text></inputExpression>", STR_ARG(c.name));
        if (c.values.len > 0) {
            table_element(b, "inputValues", c.values);
        }
        buf_put(b, STR("</input>\n"));
    }
    for (struct str rest = outputs, s; str_next(&rest, '|', &s);) {
        struct table_column c = table_column(s);
        if (c.type.len == 0) {
            buf_put_fmt(b, "<annotation name=\"%.*s\"/>", STR_ARG(c.label));
            continue;
        }
        buf_put_fmt(b, "<output name=\"%.*s\"", STR_ARG(c.label));
        table_type(b, c.type);
        buf_put_char(b, '>');
        if (c.values.len > 0) {
            table_element(b, "outputValues", c.values);
        }
        if (c.fallback.len > 0) {
            table_element(b, "defaultOutputEntry", c.fallback);
        }
        buf_put(b, STR("</output>\n"));
    }
}

static inline void
table_rule(struct buf *b, struct str line, struct str outputs)
{
    struct str right = table_behind(&line, "=>"), column, entry;

    buf_put(b, STR("<rule>"));
    while (line.len > 0 && str_next(&line, '|', &entry)) {
        table_element(b, "inputEntry", entry);
    }
    while (str_next(&outputs, '|', &column)) {
        entry = STR("");
        (void)str_next(&right, '|', &entry);
        table_element(b, table_column(column).type.len > 0 ? "outputEntry" : "annotationEntry", entry);
    }
    buf_put(b, STR("</rule>\n"));
}

static inline struct str
table_xml(struct arena *a, const char *text)
{
    struct str rest = str_of(text), policy, head, line, xml;
    struct buf b;
    struct err err;

    buf_init(&b, a, 4 << 20);
    buf_put(&b, STR("<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" namespace=\"urn:m\" name=\"样例\">\n"));
    assert_true(str_next(&rest, '\n', &policy) && str_next(&rest, '\n', &head));
    struct str outputs = table_behind(&head, "=>");
    table_inputs(&b, head);
    table_policy(&b, policy);
    table_columns(&b, head, outputs);
    while (str_next(&rest, '\n', &line)) {
        if (str_trim(line).len > 0) {
            table_rule(&b, line, outputs);
        }
    }
    buf_put(&b, STR("</decisionTable></decision></definitions>"));
    assert_int_equal(buf_finish(&b, &xml, &err), RC_OK);
    return xml;
}

static inline const struct dmn *
table_model(struct arena *a, struct zones *zones, const char *text)
{
    struct str xml = table_xml(a, text);
    const struct dmn *m = NULL;
    struct dmn_fault fault = {.en = ""};
    struct err err = {.text = ""};

    if (dmn_read(a, xml, NULL, NULL, zones, &m, &fault, &err) != RC_OK) {
        fail_msg("%s\n%s %s\n%.*s", text, err.text, fault.en, STR_ARG(xml));
    }
    return m;
}

/* The table of the decision, which stands last. */
static inline const struct dmn_table *
table_of(const struct dmn *m)
{
    return m->item[m->items - 1]->expression->table;
}

#endif
