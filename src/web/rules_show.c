/*
 * Models, findings, cases and comparisons as pages show them.  What a model says is shown as it is written; only what stands around it is put into
 * words here, and a table is a table of HTML, so that it is read without a designer and without JavaScript.
 */
#include "web/rules_int.h"

struct str
rules_day(const struct page *p, int32_t day)
{
    return words_day_of(p, day_text(p->arena, day));
}

static struct str
in_language(const struct page *p, const struct json *d, const char *zh, const char *en)
{
    struct str first = json_str(d, str_eq(p->lang, STR("en")) ? en : zh);

    return first.len > 0 ? first : json_str(d, str_eq(p->lang, STR("en")) ? zh : en);
}

enum rule_kind
rules_kind(const struct page *p)
{
    return str_starts(str_of(p->route->path), STR("/processes")) ? RULE_BPMN : RULE_DMN;
}

struct str
rules_url(const struct page *p, struct str id, const char *rest)
{
    struct str key = rule_key(id);

    return str_fmt(p->arena, "/%s/%.*s%s", key.len == id.len ? "rules" : "processes", STR_ARG(key), rest);
}

enum rc
rules_open(struct page *p, struct rule_model *out, struct err *err)
{
    struct json *d = p->document;
    struct err ignored;
    enum rc rc;

    if (p->web->rulings == NULL || (rules_kind(p) == RULE_BPMN && p->web->modelbook == NULL)) {
        return err_set(err, RC_NOT_FOUND, "no rules are kept here");
    }
    if ((rc = rule_model_get(&p->db, p->arena, rules_kind(p), p->param[0], out, err)) != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, d, "key", rule_key(out->id));
    json_set_text(p->arena, d, "title", page_either(p, out->name_zh, out->name_en));
    json_set_text(p->arena, d, "org", out->org);
    json_set_text(p->arena, d, "org_name", words_org(p, out->org));
    json_set_text(p->arena, d, "url", rules_url(p, out->id, ""));
    json_set_bool(p->arena, d, "is_own", rule_admits(out, &p->who, &ignored) == RC_OK);
    return RC_OK;
}

enum rc
rules_open_own(struct page *p, struct rule_model *out, struct err *err)
{
    enum rc rc = rules_open(p, out, err);

    return rc != RC_OK ? rc : rule_admits(out, &p->who, err);
}

enum rc
rules_number(const struct page *p, int index, int64_t *out, struct err *err)
{
    if (!str_to_int(p->param[index], out) || *out < 1) {
        return err_problem(err, RC_NOT_FOUND, "no-such-rule", "no version of that number");
    }
    return RC_OK;
}

/* --- versions ------------------------------------------------------------------------------------------- */

enum rc
rules_put_officer(struct page *p, struct json *d, const char *member, struct str id, struct err *err)
{
    struct officer officer;
    enum rc rc = id.len == 0 ? RC_NOT_FOUND : officer_by_id(&p->db, p->arena, id, &officer, err);

    if (rc == RC_NOT_FOUND) {
        json_set_text(p->arena, d, member, id.len == 0 ? page_word(p, "rule_by_node") : id);
        return RC_OK;
    }
    if (rc == RC_OK) {
        json_set_text(p->arena, d, member, officer.name);
    }
    return rc;
}

static struct str
state_word(const struct page *p, const struct rule_version *v)
{
    switch (v->state) {
    case RULE_PROPOSED: return page_word(p, "rule_state_proposed");
    case RULE_REJECTED: return page_word(p, "rule_state_rejected");
    case RULE_WITHDRAWN: return page_word(p, "rule_state_withdrawn");
    case RULE_PUBLISHED: break;
    }
    return v->holds_from > p->today ? page_word(p, "rule_state_coming") : page_word(p, "rule_state_published");
}

enum rc
rules_put_version(struct page *p, const struct rule_version *v, struct json *d, struct err *err)
{
    struct arena *a = p->arena;
    bool is_settled = v->state != RULE_PROPOSED;
    enum rc rc;

    json_set_int(a, d, "number", v->number);
    json_set_int(a, d, "base", v->base);
    json_set_text(a, d, "state", str_of(rule_state_name(v->state)));
    json_set_text(a, d, "state_text", state_word(p, v));
    json_set_bool(a, d, "is_published", v->state == RULE_PUBLISHED);
    json_set_bool(a, d, "is_proposed", v->state == RULE_PROPOSED);
    json_set_text(a, d, "sha256", v->sha256);
    json_set_text(a, d, "basis", v->basis);
    json_set_text(a, d, "reason", v->reason);
    json_set_text(a, d, "holds_from", day_text(a, v->holds_from));
    json_set_text(a, d, "holds_text", rules_day(p, v->holds_from));
    json_set_text(a, d, "proposed", instant_text(a, v->proposed_us, p->web->offset_minutes));
    json_set_text(a, d, "proposed_text", words_moment(p, v->proposed_us));
    json_set_int(a, d, "act", v->act);
    json_set_text(a, d, "url", str_fmt(a, "%.*s/versions/%lld", STR_ARG(rules_url(p, v->model, "")), (long long)v->number));
    json_set_text(a, d, "file_url",
                  str_fmt(a, "%.*s/versions/%lld/file", STR_ARG(rules_url(p, v->model, "")), (long long)v->number));
    if ((rc = rules_put_officer(p, d, "author_name", v->author, err)) != RC_OK || !is_settled) {
        return rc;
    }
    json_set_text(a, d, "settled", instant_text(a, v->settled_us, p->web->offset_minutes));
    json_set_text(a, d, "settled_text", words_moment(p, v->settled_us));
    json_set_text(a, d, "settled_reason", v->settled_reason);
    json_set_int(a, d, "settled_act", v->settled_act);
    return rules_put_officer(p, d, "settled_name", v->settled_by, err);
}

struct ruling_text
rules_version_text(const struct page *p, const struct rule_version *v)
{
    return (struct ruling_text){.xml = v->xml, .model = v->model, .number = v->number, .day = p->today};
}

struct ruling_text
rules_other_text(const struct page *p, struct str xml)
{
    return (struct ruling_text){.xml = xml, .day = p->today};
}

/* --- models ---------------------------------------------------------------------------------------------- */

/* "hit_policy" → the sentence above a table that says what it means that several rules match. */
static struct str
hit_policy_words(const struct page *p, const struct json *table)
{
    static const struct {
        const char *policy;
        const char *word;
    } policies[] = {{"UNIQUE", "rule_hit_unique"},   {"FIRST", "rule_hit_first"},   {"PRIORITY", "rule_hit_priority"},
                    {"ANY", "rule_hit_any"},         {"COLLECT", "rule_hit_collect"}, {"RULE ORDER", "rule_hit_rule_order"},
                    {"OUTPUT ORDER", "rule_hit_output_order"}};
    static const struct {
        const char *aggregation;
        const char *word;
    } sums[] = {{"SUM", "rule_hit_sum"}, {"COUNT", "rule_hit_count"}, {"MIN", "rule_hit_min"}, {"MAX", "rule_hit_max"}};
    struct str aggregation = json_str(table, "aggregation");

    for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
        if (str_eq(aggregation, str_of(sums[i].aggregation))) {
            return page_word(p, sums[i].word);
        }
    }
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        if (str_eq(json_str(table, "hit_policy"), str_of(policies[i].policy))) {
            return page_word(p, policies[i].word);
        }
    }
    return STR("");
}

static void
put_cell(struct page *p, struct json *cell, const struct json *column)
{
    struct str kind = json_str(column, "kind"), text = json_str(cell, "text");
    bool is_any = str_eq(kind, STR("input")) && (text.len == 0 || str_eq(text, STR("-")));

    json_set_text(p->arena, cell, "label", json_str(column, "label"));
    json_set_bool(p->arena, cell, "is_any", is_any);
    json_set_text(p->arena, cell, "words", page_either(p, json_str(cell, "zh"), json_str(cell, "en")));
    /* Said of every cell, or a template would find what is said of its decision. */
    json_set_bool(p->arena, cell, "is_changed", json_true(cell, "is_changed"));
    json_set_text(p->arena, cell, "was", json_str(cell, "was"));
    json_set_bool(p->arena, cell, "is_feel", !is_any && !str_eq(kind, STR("annotation")));
}

/* What is written beside rules stands in one last column, however many the table has for it. */
static void
put_rule(struct page *p, struct json *r, const struct json *columns)
{
    const struct json *column = columns->first;
    struct json *cells = json_array(p->arena), *notes = json_array(p->arena);
    bool is_changed = json_true(r, "is_new");

    json_set_bool(p->arena, r, "is_new", is_changed);
    for (struct json *c = json_get(r, "cells")->first, *next; c != NULL && column != NULL; c = next, column = column->next) {
        next = c->next; /* each is moved into one of the two lists */
        c->next = NULL;
        bool is_note = str_eq(json_str(column, "kind"), STR("annotation"));
        put_cell(p, c, column);
        is_changed = is_changed || json_true(c, "is_changed");
        if (!is_note || json_str(c, "text").len > 0 || json_true(c, "is_changed")) {
            json_push(is_note ? notes : cells, c);
        }
    }
    json_set(p->arena, r, "cells", cells);
    json_set(p->arena, r, "notes", notes);
    json_set_bool(p->arena, r, "is_changed", is_changed);
}

/* Of a change only the rules that it touches, under their numbers. */
static void
put_table(struct page *p, struct json *table, bool only_changes)
{
    const struct json *columns = json_get(table, "columns"), *rules = json_get(table, "rules");
    struct json *shown = json_array(p->arena);

    json_set_text(p->arena, table, "hit_policy_text", hit_policy_words(p, table));
    for (struct json *c = columns->first; c != NULL; c = c->next) {
        json_set_bool(p->arena, c, "is_output", str_eq(json_str(c, "kind"), STR("output")));
        json_set_bool(p->arena, c, "is_note", str_eq(json_str(c, "kind"), STR("annotation")));
    }
    uint32_t all = rules->count;
    for (struct json *r = rules->first, *next; r != NULL; r = next) {
        next = r->next;
        r->next = NULL;
        put_rule(p, r, columns);
        if (!only_changes || json_true(r, "is_changed")) {
            bool has_notes = json_true(table, "has_notes") || json_get(r, "notes")->count > 0;
            json_set_bool(p->arena, table, "has_notes", has_notes);
            json_push(shown, r);
        }
    }
    json_set_bool(p->arena, table, "is_part", shown->count < all);
    json_set_int(p->arena, table, "rule_count", json_int_or(table, "rule_count", all));
    json_set_int(p->arena, table, "left_out", json_int_or(table, "left_out", 0));
    json_set(p->arena, table, "rules", shown);
}

static struct json *
mutable(const struct json *j)
{
    return (struct json *)(uintptr_t)j;
}

/* Tables first, as they are what people look for; of a change only what it touches. */
static struct json *
in_order(struct page *p, const struct json *decisions, bool only_changes)
{
    struct json *list = json_array(p->arena);

    for (int round = 0; round < 2; round++) {
        for (const struct json *i = decisions->first; i != NULL; i = i->next) {
            bool is_table = json_get(i, "table") != NULL;
            if (is_table == (round == 0) && (!only_changes || json_true(i, "is_changed"))) {
                json_push(list, json_copy(p->arena, i));
            }
        }
    }
    return list;
}

static void
put_model(struct page *p, const struct json *model, bool only_changes, struct json *d)
{
    struct json *decisions = mutable(json_get(model, "decisions")), *inputs = mutable(json_get(model, "inputs"));

    for (struct json *i = inputs->first; i != NULL; i = i->next) {
        json_set_text(p->arena, i, "title", in_language(p, i, "name", "label"));
    }
    for (struct json *i = decisions->first; i != NULL; i = i->next) {
        struct json *table = mutable(json_get(i, "table"));
        json_set_text(p->arena, i, "title", in_language(p, i, "name", "label"));
        json_set_bool(p->arena, i, "is_text", str_eq(json_str(i, "kind"), STR("text")));
        json_set_bool(p->arena, i, "is_other", str_eq(json_str(i, "kind"), STR("other")));
        if (table != NULL) {
            put_table(p, table, only_changes && !json_true(i, "is_new"));
        }
    }
    json_set(p->arena, d, "inputs", json_copy(p->arena, inputs));
    json_set_int(p->arena, d, "decisions_left_out", json_int_or(model, "decisions_left_out", 0));
    json_set(p->arena, d, "decisions", in_order(p, decisions, only_changes));
}

/* An input that shows what is meant: {"年龄":80} → “年龄” 80. */
static struct str
sample_words(struct page *p, const struct json *sample)
{
    struct str text = STR(""), value;
    struct err ignored;
    struct buf b;

    buf_init(&b, p->arena, 4096);
    for (const struct json *m = sample != NULL ? sample->first : NULL; m != NULL; m = m->next) {
        if (json_is(m, JSON_STRING)) {
            value = m->text;
        } else if (json_print(p->arena, m, &value, &ignored) != RC_OK) {
            value = STR("");
        }
        buf_put_fmt(&b, "%s%.*s = %.*s", m == sample->first ? "" : page_either(p, STR("，"), STR(", ")).ptr, STR_ARG(m->key),
                    STR_ARG(value));
    }
    return buf_finish(&b, &text, &ignored) == RC_OK ? text : STR("");
}

/* Another version of what is imported may hold by now: what was laid down stays, and whoever lays it down is told. */
static void
put_imports(struct page *p, struct json *imports, struct json *d)
{
    for (struct json *i = imports->first; i != NULL; i = i->next) {
        struct str key = json_str(i, "key");
        int64_t number = json_int_or(i, "version", 0);
        json_set_text(p->arena, i, "url", str_fmt(p->arena, "/rules/%.*s/versions/%lld", STR_ARG(key), (long long)number));
        json_set_bool(p->arena, i, "is_outdated", json_int_or(i, "in_force", 0) != number);
    }
    json_set_int(p->arena, d, "import_count", imports->count);
    json_set(p->arena, d, "imports", json_copy(p->arena, imports));
}

void
rules_put_look(struct page *p, struct json *look, struct json *d)
{
    struct json *findings = mutable(json_get(look, "findings")), *fault = mutable(json_get(look, "fault"));

    json_set_bool(p->arena, d, "is_readable", json_true(look, "readable"));
    if (fault != NULL) {
        json_set_text(p->arena, fault, "text", in_language(p, fault, "zh", "en"));
        json_set(p->arena, d, "fault", json_copy(p->arena, fault));
        return;
    }
    put_imports(p, mutable(json_get(look, "imports")), d);
    if (json_get(look, "changes") != NULL) {
        json_set_int(p->arena, d, "changes", json_int_or(look, "changes", 0));
    }
    put_model(p, json_get(look, "model"), findings != NULL && json_get(look, "changes") != NULL, d);
    if (findings == NULL) {
        return;
    }
    for (struct json *f = findings->first; f != NULL; f = f->next) {
        json_set_text(p->arena, f, "text", in_language(p, f, "zh", "en"));
        json_set_text(p->arena, f, "sample_text", sample_words(p, json_get(f, "sample")));
        json_set_text(p->arena, f, "result", json_true(f, "error") ? STR("no") : STR("ask"));
    }
    json_set(p->arena, d, "findings", json_copy(p->arena, findings));
    json_set_int(p->arena, d, "finding_count", findings->count);
    json_set_int(p->arena, d, "errors_found", json_int_or(look, "errors", 0));
    json_set_int(p->arena, d, "warnings_found", json_int_or(look, "warnings", 0));
    json_set_int(p->arena, d, "findings_left_out", json_int_or(look, "findings_left_out", 0));
    json_set_bool(p->arena, d, "was_examined", true);
}

/* --- cases ------------------------------------------------------------------------------------------------ */

void
rules_put_tests(struct page *p, struct json *tests, struct json *d)
{
    const struct json *rows = json_get(tests, "rows");

    json_set_bool(p->arena, tests, "all_passed", json_int_or(tests, "failed", 0) == 0 && json_int_or(tests, "count", 0) > 0);
    for (struct json *r = rows != NULL ? rows->first : NULL; r != NULL; r = r->next) {
        json_set_bool(p->arena, r, "is_failed", !json_true(r, "passed"));
    }
    json_set(p->arena, d, "tests", tests);
}

static enum rc
put_tests(struct page *p, const struct rule_model *m, const struct ruling_text *text, struct json *d, struct err *err)
{
    struct rule_cases cases;
    struct json *tests;
    enum rc rc = rule_cases_get(&p->db, p->arena, m->id, &cases, err);

    if (rc != RC_OK || cases.number == 0) {
        return rc;
    }
    if ((rc = ruling_test(p->web->rulings, &p->db, p->arena, text, cases.document, p->now_us, &tests, err)) != RC_OK) {
        return rc;
    }
    rules_put_tests(p, tests, d);
    return RC_OK;
}

/* The rows name cases, which are somebody's: whoever compares is on record. */
static enum rc
record_look(struct page *p, const struct rule_model *m, const struct json *compared, struct err *err)
{
    struct json *detail = json_object(p->arena);

    json_set_text(p->arena, detail, "page", p->call->head->path);
    json_set_int(p->arena, detail, "compared", json_int_or(compared, "count", 0));
    json_set_int(p->arena, detail, "changed", json_int_or(compared, "changed", 0));
    return page_act(p, ACT_VIEW, STR(""), STR(""), str_fmt(p->arena, "rule:%.*s", STR_ARG(m->id)), detail, err);
}

static enum rc
put_comparison(struct page *p, const struct rule_model *m, const struct ruling_text *text, struct json *d, struct err *err)
{
    int64_t since_us = p->now_us - (int64_t)RULES_MONTH_DAYS * 86400 * 1000000;
    struct json *compared;
    enum rc rc = ruling_compare(p->web->rulings, &p->db, p->arena, m->id, text, since_us, &compared, err);

    if (rc != RC_OK) {
        return rc;
    }
    json_set_bool(p->arena, compared, "is_cut", json_int_or(compared, "total", 0) > json_int_or(compared, "count", 0));
    json_set_bool(p->arena, compared, "has_more",
                  json_int_or(compared, "changed", 0) > (int64_t)json_get(compared, "rows")->count);
    for (struct json *r = mutable(json_get(compared, "rows"))->first; r != NULL; r = r->next) {
        json_set_text(p->arena, r, "at_text", words_moment_of(p, json_str(r, "at")));
    }
    json_set(p->arena, d, "compared", compared);
    return json_int_or(compared, "count", 0) == 0 ? RC_OK : record_look(p, m, compared, err);
}

enum rc
rules_look(struct page *p, const struct rule_model *m, const struct ruling_text *text, const struct ruling_text *base,
           struct json *d, struct err *err)
{
    const struct processes_wish drawn = {.xml = text->xml, .base = base->xml};
    const struct ruling_wish wish = {.text = *text, .base = *base};
    struct json *look;
    enum rc rc;

    if (m->kind == RULE_BPMN) {
        return processes_look(p, &drawn, d, err);
    }
    if ((rc = ruling_look(p->web->rulings, &p->db, p->arena, &wish, &look, err)) == RC_OK) {
        rules_put_look(p, look, d);
    }
    return rc;
}

enum rc
rules_examine(struct page *p, const struct rule_model *m, const struct ruling_text *text, const struct ruling_text *base,
              struct json *d, struct err *err)
{
    const struct processes_wish drawn = {.xml = text->xml, .base = base->xml, .wants_findings = true};
    const struct ruling_wish wish = {.text = *text, .base = *base, .wants_findings = true};
    struct json *look;
    enum rc rc;

    if (m->kind == RULE_BPMN) {
        return processes_look(p, &drawn, d, err);
    }
    if ((rc = ruling_look(p->web->rulings, &p->db, p->arena, &wish, &look, err)) != RC_OK) {
        return rc;
    }
    rules_put_look(p, look, d);
    if (json_get(look, "fault") != NULL) {
        return RC_OK;
    }
    rc = put_tests(p, m, text, d, err);
    return rc != RC_OK ? rc : put_comparison(p, m, text, d, err);
}
