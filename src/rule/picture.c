#include "rule/picture.h"

#include <stdlib.h>

#include "rule/dmn_int.h"
#include "rule/plain_int.h"

enum { WORDS_MAX = 2000 };

static const char *const hit_policies[] = {"UNIQUE", "FIRST", "PRIORITY", "ANY", "COLLECT", "RULE ORDER", "OUTPUT ORDER"};
static const char *const aggregations[] = {[AGGREGATE_LIST] = "", [AGGREGATE_SUM] = "SUM", [AGGREGATE_COUNT] = "COUNT",
                                           [AGGREGATE_MIN] = "MIN", [AGGREGATE_MAX] = "MAX"};

static struct str
type_words(struct arena *a, const struct type *t)
{
    return t == NULL ? STR("") : t->name.len > 0 ? t->name : type_text(a, t);
}

/* --- tables --------------------------------------------------------------------------------------------- */

static void
push_column(struct arena *a, struct json *list, const char *kind, struct str label, struct str text, const struct type *type,
            struct str values)
{
    struct json *d = json_object(a);

    json_set_text(a, d, "kind", str_of(kind));
    json_set_text(a, d, "label", label);
    json_set_text(a, d, "text", text);
    json_set_text(a, d, "type", type_words(a, type));
    json_set_text(a, d, "values", values);
    json_push(list, d);
}

static struct json *
columns_of(struct arena *a, const struct dmn_table *t)
{
    struct json *list = json_array(a);

    for (size_t i = 0; i < t->inputs; i++) {
        const struct dmn_input *in = &t->input[i];
        push_column(a, list, "input", in->label, in->expression.text, in->type, in->values.text);
    }
    for (size_t i = 0; i < t->outputs; i++) {
        const struct dmn_output *o = &t->output[i];
        push_column(a, list, "output", o->label.len > 0 ? o->label : o->name.len > 0 ? o->name : t->name, o->name, o->type,
                    o->values.text);
    }
    for (size_t i = 0; i < t->annotations; i++) {
        push_column(a, list, "annotation", t->annotation[i], STR(""), NULL, STR(""));
    }
    return list;
}

static struct json *
push_cell(struct arena *a, struct json *list, const char *kind, struct str text)
{
    struct json *d = json_object(a);

    json_set_text(a, d, "kind", str_of(kind));
    json_set_text(a, d, "text", text);
    json_push(list, d);
    return d;
}

/* "zh" and "en": the cell in plain words, as far as there are any. */
static void
put_words(struct arena *a, struct json *cell, const struct program *p, bool is_test)
{
    for (int is_chinese = 0; is_chinese < 2; is_chinese++) {
        struct str words;
        struct buf b;
        struct err err;
        buf_init(&b, a, WORDS_MAX);
        bool is_said = is_test ? plain_put_tests(&b, p, is_chinese != 0) : plain_put_output(&b, p, is_chinese != 0);
        if (is_said && buf_finish(&b, &words, &err) == RC_OK) {
            json_set_text(a, cell, is_chinese ? "zh" : "en", words);
        }
    }
}

static struct json *
rule_of(struct arena *a, const struct dmn_table *t, size_t index)
{
    const struct dmn_rule *r = &t->rule[index];
    struct json *d = json_object(a), *cells = json_array(a);

    json_set_int(a, d, "number", (int64_t)index + 1);
    json_set_text(a, d, "id", r->id);
    json_set_text(a, d, "description", r->description);
    for (size_t i = 0; i < t->inputs; i++) {
        put_words(a, push_cell(a, cells, "input", r->input[i].text), r->input[i].program, true);
    }
    for (size_t i = 0; i < t->outputs; i++) {
        put_words(a, push_cell(a, cells, "output", r->output[i].text), r->output[i].program, false);
    }
    for (size_t i = 0; i < t->annotations; i++) {
        (void)push_cell(a, cells, "annotation", r->annotation[i]);
    }
    json_set(a, d, "cells", cells);
    return d;
}

static struct json *
table_of(struct arena *a, const struct dmn_table *t)
{
    struct json *d = json_object(a), *rules = json_array(a);

    json_set_text(a, d, "hit_policy", str_of(hit_policies[t->hit_policy]));
    json_set_text(a, d, "aggregation", str_of(aggregations[t->aggregation]));
    json_set(a, d, "columns", columns_of(a, t));
    for (size_t i = 0; i < t->rules; i++) {
        json_push(rules, rule_of(a, t, i));
    }
    json_set(a, d, "rules", rules);
    return d;
}

/* --- the model -------------------------------------------------------------------------------------------- */

/* Of knowledge the body of its function. */
static const struct dmn_expression *
body_of(const struct dmn_expression *e)
{
    return e != NULL && e->kind == DMN_FUNCTION && e->entries > 0 ? e->entry[e->entries - 1].value : e;
}

static struct json *
decision_of(struct arena *a, const struct dmn_item *item)
{
    const struct dmn_expression *e = body_of(item->expression);
    struct json *d = json_object(a);
    const char *kind = e == NULL ? "none" : e->kind == DMN_TABLE ? "table" : e->kind == DMN_LITERAL ? "text" : "other";

    json_set_text(a, d, "id", item->info.id);
    json_set_text(a, d, "name", item->info.name);
    json_set_text(a, d, "label", item->info.label);
    json_set_text(a, d, "question", item->info.question);
    json_set_text(a, d, "description", item->info.description);
    json_set_text(a, d, "type", type_words(a, item->info.type));
    json_set_text(a, d, "kind", str_of(kind));
    if (e != NULL && e->kind == DMN_LITERAL) {
        json_set_text(a, d, "text", e->literal.text);
    }
    if (e != NULL && e->kind == DMN_TABLE) {
        json_set(a, d, "table", table_of(a, e->table));
    }
    return d;
}

static struct json *
input_of(struct arena *a, const struct dmn_node_info *info)
{
    struct json *d = json_object(a);

    json_set_text(a, d, "name", info->name);
    json_set_text(a, d, "label", info->label);
    json_set_text(a, d, "type", type_words(a, info->type));
    return d;
}

enum rc
picture_of(struct arena *a, const struct dmn *m, struct json **out, struct err *err)
{
    struct json *d = json_object(a), *inputs = json_array(a), *decisions = json_array(a);
    enum rc rc;

    for (size_t i = 0; i < m->items; i++) {
        const struct dmn_item *item = m->item[i];
        if (item->info.kind == DMN_INPUT) {
            json_push(inputs, input_of(a, &item->info));
        } else if (item->info.kind != DMN_SERVICE) {
            json_push(decisions, decision_of(a, item));
        }
    }
    json_set_text(a, d, "name", m->name);
    json_set_text(a, d, "namespace", m->name_space);
    json_set(a, d, "inputs", inputs);
    json_set(a, d, "decisions", decisions);
    if ((rc = json_whole(d, err)) == RC_OK) {
        *out = d;
    }
    return rc;
}

/* --- what is different -------------------------------------------------------------------------------------- */

static const struct json *
by_member(const struct json *list, const char *member, struct str text)
{
    for (const struct json *j = list != NULL ? list->first : NULL; j != NULL && text.len > 0; j = j->next) {
        if (str_eq(json_str(j, member), text)) {
            return j;
        }
    }
    return NULL;
}

/* Cells belong together by place; where columns came or went, what stands there now is new. */
static int64_t
mark_cells(struct arena *a, struct json *rule, const struct json *old)
{
    const struct json *was = json_get(old, "cells")->first;
    int64_t count = 0;

    for (struct json *c = ((struct json *)(uintptr_t)json_get(rule, "cells"))->first; c != NULL; c = c->next) {
        bool is_same = was != NULL && str_eq(json_str(c, "text"), json_str(was, "text")) &&
                       str_eq(json_str(c, "kind"), json_str(was, "kind"));
        if (!is_same) {
            json_set_bool(a, c, "is_changed", true);
            json_set_text(a, c, "was", was != NULL ? json_str(was, "text") : STR(""));
            count++;
        }
        was = was != NULL ? was->next : NULL;
    }
    return count;
}

/* The rules of a table in the order of their ids, as both tables may have thousands of them; of one id the first. */
struct rule_entry {
    struct str id;
    size_t place;
    const struct json *rule;
};

static int
by_id(const void *a, const void *b)
{
    const struct rule_entry *x = a, *y = b;
    int order = str_cmp(x->id, y->id);

    return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

struct rules {
    const struct json *list;
    struct rule_entry *entry; /* NULL: there was no room, they are looked for one by one */
    size_t count;
};

static struct rules
rules_in(struct arena *a, const struct json *list)
{
    struct rules r = {.list = list};

    r.entry = list == NULL ? NULL : arena_alloc(a, list->count + 1, sizeof(*r.entry));
    for (const struct json *j = r.entry != NULL ? list->first : NULL; j != NULL; j = j->next, r.count++) {
        r.entry[r.count] = (struct rule_entry){json_str(j, "id"), r.count, j};
    }
    if (r.count > 1) {
        qsort(r.entry, r.count, sizeof(*r.entry), by_id);
    }
    return r;
}

static const struct json *
rule_of_id(const struct rules *r, struct str id)
{
    size_t from = 0, to = r->count;

    if (r->entry == NULL || id.len == 0) {
        return by_member(r->list, "id", id);
    }
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (str_cmp(r->entry[middle].id, id) < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from < r->count && str_eq(r->entry[from].id, id) ? r->entry[from].rule : NULL;
}

static int64_t
mark_table(struct arena *a, struct json *table, const struct json *old)
{
    const struct json *rules = json_get(table, "rules"), *were = json_get(old, "rules");
    const struct rules now = rules_in(a, rules), before = rules_in(a, were);
    int64_t count = 0, gone = 0;

    for (struct json *r = rules->first; r != NULL; r = r->next) {
        const struct json *was = rule_of_id(&before, json_str(r, "id"));
        if (was == NULL) {
            json_set_bool(a, r, "is_new", true);
            count++;
        } else {
            count += mark_cells(a, r, was);
        }
    }
    for (const struct json *r = were != NULL ? were->first : NULL; r != NULL; r = r->next) {
        gone += rule_of_id(&now, json_str(r, "id")) == NULL ? 1 : 0;
    }
    if (gone > 0) {
        json_set_int(a, table, "gone", gone);
    }
    if (!str_eq(json_str(table, "hit_policy"), json_str(old, "hit_policy"))) {
        json_set_text(a, table, "hit_policy_was", json_str(old, "hit_policy"));
        count++;
    }
    return count + gone;
}

int64_t
picture_mark_changes(struct arena *a, struct json *new, const struct json *old)
{
    const struct json *decisions = json_get(new, "decisions");
    int64_t count = 0;

    for (struct json *d = decisions->first; d != NULL; d = d->next) {
        const struct json *was = by_member(json_get(old, "decisions"), "id", json_str(d, "id"));
        struct json *table = (struct json *)(uintptr_t)json_get(d, "table");
        int64_t changes = 0;
        if (was == NULL) {
            json_set_bool(a, d, "is_new", true);
            changes = 1;
        } else if (!str_eq(json_str(d, "text"), json_str(was, "text"))) {
            json_set_text(a, d, "was", json_str(was, "text"));
            changes = 1;
        }
        if (was != NULL && table != NULL) {
            changes += mark_table(a, table, json_get(was, "table"));
        }
        json_set_bool(a, d, "is_changed", changes > 0);
        count += changes;
    }
    for (const struct json *d = json_get(old, "decisions")->first; d != NULL; d = d->next) {
        count += by_member(decisions, "id", json_str(d, "id")) == NULL ? 1 : 0;
    }
    return count;
}
