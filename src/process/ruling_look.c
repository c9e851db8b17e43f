/*
 * A look at a text before it is law: whether it can be read, what is wrong with its tables, and what it would have made of what was decided.
 *
 * The comparison opens sealed cases one after another, each on memory that is given back at once, and keeps of them only what would change.
 */
#include "process/ruling_int.h"
#include "process/rulebook_sql.h"
#include "rule/analysis.h"
#include "rule/cases.h"
#include "rule/picture.h"

enum { LOOK_ARENA = 64 << 20, FINDINGS_JSON_MAX = 1 << 18, USES_ARENA = 64 << 20, CASE_ARENA = 4 << 20, CASES_ARENA = 32 << 20, TEXT_SHOWN_MAX = 1000 };

struct json *
ruling_fault(struct arena *a, const struct dmn_fault *f)
{
    struct json *d = json_object(a);

    json_set_int(a, d, "line", f->line);
    json_set_int(a, d, "column", f->column);
    json_set_text(a, d, "element", str_of(f->element));
    json_set_text(a, d, "zh", str_of(f->zh));
    json_set_text(a, d, "en", str_of(f->en));
    return d;
}

/* A text that cannot be read is an answer, too; what has no place in the text is not. */
static enum rc
read_or_say(struct runner *w, struct arena *a, const struct ruling_text *text, struct json *d, struct ruling_model **out, struct err *err)
{
    struct dmn_fault fault = {.line = 0};
    enum rc rc = ruling_read(w, text, out, &fault, err);

    if (rc == RC_INVALID && fault.en[0] != '\0') {
        json_set_bool(a, d, "readable", false);
        json_set(a, d, "fault", ruling_fault(a, &fault));
        *out = NULL;
        return RC_OK;
    }
    if (rc == RC_OK) {
        json_set_bool(a, d, "readable", true);
    }
    return rc;
}

/* As much of a text as is shown in a list: the whole stands in what it came from. */
static struct str
cut(struct str text)
{
    size_t len = TEXT_SHOWN_MAX;

    if (text.len <= len) {
        return text;
    }
    while (len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80) {
        len--; /* never within a character */
    }
    return str_sub(text, 0, len);
}

/* --- what is wrong with it --------------------------------------------------------------------------------- */

struct looking {
    struct arena *arena; /* of the answer */
    struct arena *work;  /* of all that is not shown */
    const struct ruling_wish *wish;
    struct json *out;
    enum rc rc;
    struct err *err;
};

/* The first of them that fit: a table with so much to say is mended a part at a time. */
static enum rc
print_findings(struct arena *work, const struct finding *found, size_t *count, struct str *out, struct err *err)
{
    enum rc rc;

    for (;; *count /= 2) {
        struct buf b;
        buf_init(&b, work, FINDINGS_JSON_MAX);
        if ((rc = analysis_json(work, found, *count, &b, err)) == RC_OK) {
            rc = buf_finish(&b, out, err);
        }
        if (rc != RC_LIMIT || *count == 0) {
            return rc;
        }
    }
}

static enum rc
put_findings(struct runner *w, struct looking *l, const struct dmn *m)
{
    const struct finding *found = NULL;
    struct json *list, *d = l->out;
    size_t count = 0, shown;
    int64_t errors = 0;
    struct str text;
    enum rc rc;

    run_begin(w->run, 0, 0);
    if ((rc = analysis_of(l->work, w->run, m, &found, &count, l->err)) != RC_OK) {
        return rc;
    }
    shown = count;
    if ((rc = print_findings(l->work, found, &shown, &text, l->err)) != RC_OK ||
        (rc = json_parse(l->work, text, JSON_ANY, &list, l->err)) != RC_OK) {
        return rc;
    }
    for (size_t i = 0; i < count; i++) {
        errors += found[i].is_error ? 1 : 0;
    }
    json_set(l->arena, d, "findings", json_copy(l->arena, list));
    json_set_int(l->arena, d, "findings_left_out", (int64_t)(count - shown));
    json_set_int(l->arena, d, "errors", errors);
    json_set_int(l->arena, d, "warnings", (int64_t)count - errors);
    return RC_OK;
}

/* --- the model for people ------------------------------------------------------------------------------------ */

static size_t
cells_of(const struct json *table)
{
    const struct json *rules = json_get(table, "rules"), *columns = json_get(table, "columns");

    return rules == NULL || columns == NULL ? 0 : (size_t)rules->count * (columns->count + 1);
}

static bool
is_changed(const struct json *rule)
{
    const struct json *cells = json_get(rule, "cells");
    bool is = json_true(rule, "is_new");

    for (const struct json *c = cells->first; c != NULL && !is; c = c->next) {
        is = json_true(c, "is_changed");
    }
    return is;
}

/* The rules that are shown are moved into another list; the numbers that they have stay theirs. */
static void
cut_table(struct arena *work, struct json *table, bool only_changes, size_t *room)
{
    const struct json *columns = json_get(table, "columns");
    struct json *rules = (struct json *)(uintptr_t)json_get(table, "rules"), *kept = json_array(work), *next;
    size_t each = columns->count + 1;
    uint32_t all = rules->count;

    for (struct json *r = rules->first; r != NULL && *room >= each && kept != NULL; r = next) {
        next = r->next;
        if (!only_changes || is_changed(r)) {
            r->next = NULL;
            json_push(kept, r);
            *room -= each;
        }
    }
    json_set_int(work, table, "rule_count", all);
    json_set_int(work, table, "left_out", kept == NULL ? all : all - kept->count);
    json_set(work, table, "rules", kept);
}

static void
cut_list(struct arena *work, struct json *picture, const char *name, const char *left_out)
{
    struct json *list = (struct json *)(uintptr_t)json_get(picture, name), *last = list->first;

    if (list->count <= RULING_ITEMS_SHOWN) {
        return;
    }
    for (int i = 1; i < RULING_ITEMS_SHOWN; i++) {
        last = last->next;
    }
    json_set_int(work, picture, left_out, (int64_t)list->count - RULING_ITEMS_SHOWN);
    last->next = NULL;
    list->last = last;
    list->count = RULING_ITEMS_SHOWN;
}

/* A picture that is too large for a page or an answer loses rules, of a change first those that it does not touch, and says how many. */
static void
cut_picture(struct arena *work, struct json *picture, bool is_change)
{
    size_t room = RULING_CELLS_SHOWN, cells = 0;

    cut_list(work, picture, "inputs", "inputs_left_out");
    cut_list(work, picture, "decisions", "decisions_left_out");
    for (const struct json *d = json_get(picture, "decisions")->first; d != NULL; d = d->next) {
        cells += cells_of(json_get(d, "table"));
    }
    for (const struct json *d = json_get(picture, "decisions")->first; d != NULL && cells > RULING_CELLS_SHOWN; d = d->next) {
        struct json *table = (struct json *)(uintptr_t)json_get(d, "table");
        if (table != NULL) {
            cut_table(work, table, is_change && !json_true(d, "is_new"), &room);
        }
    }
}

/* Of a base that cannot be read any more nothing is said. */
static enum rc
put_picture(struct runner *w, struct looking *l, const struct dmn *m)
{
    struct ruling_model *old = NULL;
    struct json *new_picture, *old_picture, *ignored = json_object(l->work);
    enum rc rc = picture_of(l->work, m, &new_picture, l->err);

    if (rc == RC_OK && l->wish->base.xml.len > 0) {
        rc = read_or_say(w, l->work, &l->wish->base, ignored, &old, l->err);
    }
    if (rc == RC_OK && old != NULL && (rc = picture_of(l->work, old->dmn, &old_picture, l->err)) == RC_OK) {
        json_set_int(l->arena, l->out, "changes", picture_mark_changes(l->work, new_picture, old_picture));
    }
    if (rc == RC_OK && (rc = json_whole(new_picture, l->err)) == RC_OK) {
        cut_picture(l->work, new_picture, old != NULL);
        json_set(l->arena, l->out, "model", json_copy(l->arena, new_picture));
    }
    ruling_let_go(w->rulings, old);
    return rc;
}

static void
look_job(struct runner *w, void *ctx)
{
    struct looking *l = ctx;
    struct ruling_model *m = NULL;

    l->work = arena_new(LOOK_ARENA);
    l->out = json_object(l->arena);
    l->rc = read_or_say(w, l->arena, &l->wish->text, l->out, &m, l->err);
    if (l->rc == RC_OK && m != NULL) {
        l->rc = put_picture(w, l, m->dmn);
    }
    if (l->rc == RC_OK && m != NULL) {
        l->rc = ruling_put_imports(w, l->arena, m, l->wish->text.day, l->out, l->err);
    }
    if (l->rc == RC_OK && m != NULL && l->wish->wants_findings) {
        l->rc = put_findings(w, l, m->dmn);
    }
    ruling_let_go(w->rulings, m);
    arena_free(l->work);
}

enum rc
ruling_look(struct rulings *r, const struct db *db, struct arena *a, const struct ruling_wish *w, struct json **out,
            struct err *err)
{
    struct looking l = {.arena = a, .wish = w, .err = err};
    enum rc rc = ruling_do(r, db, look_job, &l, err);

    if (rc == RC_OK && (rc = l.rc) == RC_OK && (rc = json_whole(l.out, err)) == RC_OK) {
        *out = l.out;
    }
    return rc == RC_LIMIT ? err_problem(err, RC_LIMIT, "rule-too-large", "looking through it passes a limit") : rc;
}

/* --- the stored cases ------------------------------------------------------------------------------------------ */

struct testing {
    struct arena *arena;
    const struct ruling_text *text;
    struct str cases;
    int64_t now_us;
    int32_t offset_seconds;
    int64_t passed, failed;
    struct json *out, *good, *bad;
    enum rc rc;
    struct err *err;
};

static void
push_result(struct testing *t, const struct case_info *info, const struct case_result *r)
{
    struct json *d = json_object(t->arena), *list = r->is_passed ? t->good : t->bad;

    t->passed += r->is_passed ? 1 : 0;
    t->failed += r->is_passed ? 0 : 1;
    if (list->count >= RULING_CASES_SHOWN) {
        return;
    }
    json_set_text(t->arena, d, "id", cut(info->id));
    json_set_text(t->arena, d, "description", cut(info->description));
    json_set_text(t->arena, d, "decision", r->node);
    json_set_bool(t->arena, d, "passed", r->is_passed);
    json_set_text(t->arena, d, "expected", cut(r->expected));
    json_set_text(t->arena, d, "got", cut(r->got));
    json_set_text(t->arena, d, "error", cut(r->error));
    json_push(list, d);
}

static enum rc
test_cases(struct runner *w, struct testing *t, const struct dmn *m, struct arena *work)
{
    struct arena *one = arena_new(CASE_ARENA);
    const struct cases *cases = NULL;
    struct err why;
    enum rc rc = cases_read(work, t->cases, w->zones, &cases, &why);

    if (rc == RC_INVALID) { /* an answer, too */
        json_set_text(t->arena, t->out, "unreadable", str_of(why.text));
        rc = RC_OK;
    } else if (rc != RC_OK) {
        *t->err = why;
    }
    for (size_t i = 0; rc == RC_OK && cases != NULL && i < cases_count(cases); i++) {
        const struct case_info info = cases_at(cases, i);
        const struct case_result *results = NULL;
        rc = cases_run(one, w->run, m, cases, i, t->now_us, t->offset_seconds, &results, t->err);
        for (size_t k = 0; rc == RC_OK && k < info.results; k++) {
            push_result(t, &info, &results[k]);
        }
        arena_reset(one);
    }
    arena_free(one);
    return rc;
}

static void
test_job(struct runner *w, void *ctx)
{
    struct testing *t = ctx;
    struct arena *work = arena_new(CASES_ARENA);
    struct ruling_model *m = NULL;

    t->rc = read_or_say(w, t->arena, t->text, t->out, &m, t->err);
    if (t->rc == RC_OK && m != NULL) {
        t->rc = test_cases(w, t, m->dmn, work);
    }
    ruling_let_go(w->rulings, m);
    arena_free(work);
}

enum rc
ruling_test(struct rulings *r, const struct db *db, struct arena *a, const struct ruling_text *text, struct str cases,
            int64_t now_us, struct json **out, struct err *err)
{
    struct testing t = {.arena = a, .text = text, .cases = cases, .now_us = now_us, .out = json_object(a), .good = json_array(a),
                        .bad = json_array(a), .err = err,
                        .offset_seconds = (int32_t)rulings_config_of(r)->offset_minutes * 60};
    enum rc rc = t.good == NULL || t.bad == NULL ? err_set(err, RC_LIMIT, "no room for the cases")
                                                 : ruling_do(r, db, test_job, &t, err);

    if (rc != RC_OK || (rc = t.rc) != RC_OK) {
        return rc;
    }
    for (const struct json *d = t.good->first; d != NULL && t.bad->count < RULING_CASES_SHOWN; d = d->next) {
        json_push(t.bad, json_copy(a, d));
    }
    json_set_int(a, t.out, "count", t.passed + t.failed);
    json_set_int(a, t.out, "passed", t.passed);
    json_set_int(a, t.out, "failed", t.failed);
    json_set(a, t.out, "rows", t.bad);
    if ((rc = json_whole(t.out, err)) == RC_OK) {
        *out = t.out;
    }
    return rc;
}

/* --- what it would have made of real cases -------------------------------------------------------------------- */

struct use {
    struct str id, case_no, sealed;
    int64_t number, at_us, act;
};
struct comparing {
    struct arena *arena;  /* of the answer */
    struct arena *uses_arena;
    const struct vault *vault;
    const struct ruling_text *text;
    struct use *use;
    size_t count;
    int64_t changed;
    int offset_minutes;
    struct json *out, *rows;
    enum rc rc;
    struct err *err;
};

static enum rc
use_row(const struct row *row, void *ctx, struct err *err)
{
    struct comparing *c = ctx;
    struct use *u = &c->use[c->count];
    enum rc rc;

    CHECK(c->count < RULING_COMPARED_MAX);
    u->number = row_int(row, 1);
    u->at_us = row_int(row, 3);
    u->act = row_int(row, 4);
    if ((rc = row_copy_text(row, 0, c->uses_arena, &u->id, err)) != RC_OK ||
        (rc = row_copy_text(row, 2, c->uses_arena, &u->case_no, err)) != RC_OK ||
        (rc = str_copy(c->uses_arena, row_blob(row, 5), &u->sealed, err)) != RC_OK) {
        return rc;
    }
    c->count++;
    return RC_OK;
}

/* A value as people read it: text without quotes, anything else as it is written. */
static struct str
shown(struct arena *a, const struct json *value)
{
    struct str text = STR("");
    struct err ignored;

    if (value == NULL || json_is(value, JSON_NULL)) {
        return STR("");
    }
    if (json_is(value, JSON_STRING)) {
        return cut(value->text);
    }
    return json_print(a, value, &text, &ignored) == RC_OK ? cut(text) : STR("");
}

static void
push_change(struct arena *a, struct json *list, struct str name, const struct json *old, const struct json *new)
{
    struct json *d = json_object(a);

    json_set_text(a, d, "name", name);
    json_set_text(a, d, "old", shown(a, old));
    json_set_text(a, d, "new", shown(a, new));
    json_push(list, d);
}

/* Of two contexts the members that differ; else the whole. */
static struct json *
changes_of(struct arena *a, struct str decision, const struct json *old, const struct json *new)
{
    struct json *list = json_array(a);

    if (!json_is(old, JSON_OBJECT) || !json_is(new, JSON_OBJECT)) {
        push_change(a, list, decision, old, new);
        return list;
    }
    for (const struct json *m = old->first; m != NULL; m = m->next) {
        const struct json *other = json_get_key(new, m->key);
        if (other == NULL || !json_equal(m, other)) {
            push_change(a, list, m->key, m, other);
        }
    }
    for (const struct json *m = new->first; m != NULL; m = m->next) {
        if (json_get_key(old, m->key) == NULL) {
            push_change(a, list, m->key, NULL, m);
        }
    }
    return list;
}

static void
push_row(struct comparing *c, const struct use *u, struct str decision, const struct json *old, const struct json *new)
{
    struct arena *a = c->arena;
    struct json *d = json_object(a);

    json_set_text(a, d, "case_no", u->case_no);
    json_set_text(a, d, "at", instant_text(a, u->at_us, c->offset_minutes));
    json_set_int(a, d, "act", u->act);
    json_set_int(a, d, "version", u->number);
    json_set_text(a, d, "decision", decision);
    json_set(a, d, "changes", changes_of(a, decision, old, new));
    json_push(c->rows, d);
}

/*
 * At its own moment, so that a rule that asks for today hears the day of the case.  A decision that is gone gives nothing, and so does one that never
 * comes to an end: whoever wrote it shall see that it changes cases, and be able to mend it.
 */
static enum rc
compare_one(struct runner *w, struct comparing *c, const struct dmn *m, const struct use *u, struct arena *work,
            struct err *err)
{
    struct ruling_asked q = {.dmn = m, .now_us = u->at_us};
    struct json *content;
    struct str text;
    enum rc rc;

    if ((rc = vault_open(c->vault, work, ruling_place(work, u->id), u->sealed, &text, err)) != RC_OK ||
        (rc = json_parse(work, text, JSON_UNIQUE, &content, err)) != RC_OK) {
        return rc;
    }
    q.decision = json_str(content, "decision");
    q.inputs = json_get(content, "inputs");
    if ((rc = ruling_answer(w, work, &q, err)) == RC_NOT_FOUND || rc == RC_LIMIT) {
        q.result = json_null(work);
        rc = RC_OK;
    }
    const struct json *old = json_get(content, "result");
    if (rc != RC_OK || json_equal(old, q.result)) {
        return rc;
    }
    if (c->rows->count < RULING_ROWS) {
        push_row(c, u, q.decision, old, q.result);
    }
    c->changed++;
    return RC_OK;
}

static void
compare_job(struct runner *w, void *ctx)
{
    struct comparing *c = ctx;
    struct arena *work = arena_new(CASE_ARENA);
    struct ruling_model *m = NULL;

    c->rc = read_or_say(w, c->arena, c->text, c->out, &m, c->err);
    for (size_t i = 0; i < c->count && c->rc == RC_OK && m != NULL; i++) {
        c->rc = compare_one(w, c, m->dmn, &c->use[i], work, c->err);
        arena_reset(work);
        if (run_is_spent(w->run)) {
            c->count = i + 1; /* the rest is not looked at */
        }
    }
    ruling_let_go(w->rulings, m);
    arena_free(work);
}

static enum rc
compare(struct rulings *r, const struct db *db, struct comparing *c, struct str model, int64_t since_us, struct err *err)
{
    int64_t total;
    enum rc rc;

    if ((c->use = arena_alloc(c->uses_arena, RULING_COMPARED_MAX, sizeof(*c->use))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for the cases");
    }
    if ((rc = store_read_int(db, &RULE_USES_COUNT, VALUES(V_TEXT(model), V_INT(since_us)), &total, err)) != RC_OK ||
        (rc = store_read(db, &RULE_USES_SINCE, VALUES(V_TEXT(model), V_INT(since_us), V_INT(RULING_COMPARED_MAX)), use_row,
                         c, err)) != RC_OK ||
        (rc = ruling_do(r, db, compare_job, c, err)) != RC_OK || (rc = c->rc) != RC_OK) {
        return rc;
    }
    json_set_text(c->arena, c->out, "since", instant_text(c->arena, since_us, c->offset_minutes));
    json_set_int(c->arena, c->out, "total", total);
    json_set_int(c->arena, c->out, "count", (int64_t)c->count);
    json_set_int(c->arena, c->out, "changed", c->changed);
    json_set(c->arena, c->out, "rows", c->rows);
    return json_whole(c->out, err);
}

enum rc
ruling_compare(struct rulings *r, const struct db *db, struct arena *a, struct str model, const struct ruling_text *text,
               int64_t since_us, struct json **out, struct err *err)
{
    struct comparing c = {.arena = a, .uses_arena = arena_new(USES_ARENA), .text = text, .out = json_object(a),
                          .rows = json_array(a), .err = err, .vault = rulings_config_of(r)->vault,
                          .offset_minutes = rulings_config_of(r)->offset_minutes};
    enum rc rc = c.rows == NULL ? err_set(err, RC_LIMIT, "no room for the cases")
                                : compare(r, db, &c, model, since_us, err);

    arena_free(c.uses_arena);
    if (rc == RC_OK) {
        *out = c.out;
    }
    return rc;
}
