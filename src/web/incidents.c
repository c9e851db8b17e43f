/*
 * What stands still, for the operator: tokens that cannot go on and what can be done about each, and messages that nobody took.
 *
 * What is shown and done needs a power for the process (process/mandate.h), beside the role.  What a case says of people is shown to those
 * alone whose power covers that, and looking at it is an act.
 */
#include "process/incidents.h"

#include <stdio.h>

#include "process/repair.h"
#include "web/rules_int.h"
#include "web/running_int.h"

enum { ROWS = 50, MANY_MOST = 100, CAUSE_KEY_MAX = 80 };

static const struct {
    enum repair_kind kind;
    enum mandate_kind needs;
} powers[] = {{REPAIR_RETRY, MANDATE_RETRY}, {REPAIR_CANCEL, MANDATE_CANCEL},   {REPAIR_PROPOSE, MANDATE_MOVE}, {REPAIR_MOVE, MANDATE_MOVE},
              {REPAIR_DECLINE, MANDATE_MOVE}, {REPAIR_DELIVER, MANDATE_SETTLE}, {REPAIR_FORGET, MANDATE_SETTLE}};

static enum mandate_kind
mandate_of(enum repair_kind kind)
{
    for (size_t i = 0; i < sizeof(powers) / sizeof(powers[0]); i++) {
        if (powers[i].kind == kind) {
            return powers[i].needs;
        }
    }
    return MANDATES;
}

static bool
may(const struct page *p, enum mandate_kind kind, struct str of)
{
    struct str power;
    struct err ignored;

    return running_power(p, kind, of, &power, &ignored) == RC_OK;
}

/* --- words -------------------------------------------------------------------------------------------------------- */

/* "no-way", "title" → incident_title_no_way; of a code that has no words of its own, what is said of any. */
static struct str
cause_words(struct page *p, const char *part, struct str code)
{
    char key[CAUSE_KEY_MAX];
    int len = snprintf(key, sizeof(key), "incident_%s_%.*s", part, (int)(code.len < 40 ? code.len : 40), code.len > 0 ? code.ptr : "");
    struct str word;

    for (int i = 0; i < len && i < CAUSE_KEY_MAX; i++) {
        key[i] = key[i] == '-' ? '_' : key[i];
    }
    word = page_word(p, key);
    if (!str_eq(word, str_of(key))) {
        return word;
    }
    return page_word(p, str_eq(str_of(part), STR("title")) ? "incident_title_other" : "incident_text_other");
}

static struct str
process_title(struct page *p, struct str key)
{
    struct rule_model m;
    struct err ignored;

    if (rule_model_get(&p->db, p->arena, RULE_BPMN, key, &m, &ignored) != RC_OK) {
        return key;
    }
    return page_either(p, m.name_zh, m.name_en.len > 0 ? m.name_en : m.name_zh);
}

static void
put_moment(struct page *p, struct json *d, const char *name, int64_t at_us)
{
    json_set_text(p->arena, d, name, instant_text(p->arena, at_us, p->web->offset_minutes));
    json_set_text(p->arena, d, str_c(p->arena, str_fmt(p->arena, "%s_text", name)), words_moment(p, at_us));
}

/* --- the list --------------------------------------------------------------------------------------------------------- */

/* "12.34" */
static bool
read_place(struct str text, int64_t *instance, int64_t *token)
{
    size_t dot = str_find_byte(text, '.');

    return dot < text.len && str_to_int(str_sub(text, 0, dot), instance) && str_to_int(str_from(text, dot + 1), token) && *instance > 0 &&
           *token > 0;
}

static void
put_row(struct page *p, struct json *list, const struct json *n)
{
    struct json *d = json_object(p->arena);
    long long instance = json_int_or(n, "instance", 0), token = json_int_or(n, "token", 0);
    struct str code = json_str(n, "code");

    json_set_text(p->arena, d, "at", str_fmt(p->arena, "%lld.%lld", instance, token));
    json_set_text(p->arena, d, "url", str_fmt(p->arena, "/incidents/%lld/%lld", instance, token));
    json_set_text(p->arena, d, "process", json_str(n, "process"));
    json_set_text(p->arena, d, "title", process_title(p, json_str(n, "process")));
    json_set_text(p->arena, d, "case_no", json_str(n, "business_key"));
    json_set_text(p->arena, d, "element", json_str(n, "element"));
    json_set_text(p->arena, d, "cause", code);
    json_set_text(p->arena, d, "cause_text", cause_words(p, "title", code));
    json_set_int(p->arena, d, "tries", json_int_or(n, "tries", 0));
    json_set_bool(p->arena, d, "is_proposed", json_str(n, "to").len > 0);
    put_moment(p, d, "since", json_int_or(n, "since_us", 0));
    json_push(list, d);
}

/* What may be chosen, from what there is: each process and each cause once. */
static void
put_choice(struct page *p, struct json *list, struct str value, struct str text, struct str chosen)
{
    struct json *d;

    for (const struct json *j = list->first; j != NULL; j = j->next) {
        if (str_eq(json_str(j, "value"), value)) {
            return;
        }
    }
    d = json_object(p->arena);
    json_set_text(p->arena, d, "value", value);
    json_set_text(p->arena, d, "text", text);
    json_set_bool(p->arena, d, "is_chosen", str_eq(value, chosen));
    json_push(list, d);
}

static enum rc
put_counts(struct page *p, struct err *err)
{
    struct json *processes = json_array(p->arena), *causes = json_array(p->arena), *d = p->document;
    struct incidents_figures f;
    enum rc rc = incidents_count(&p->db, p->arena, p->now_us, &f, err);

    if (rc != RC_OK) {
        return rc;
    }
    for (const struct json *c = f.causes->first; c != NULL; c = c->next) {
        struct str process = json_str(c, "process"), code = json_str(c, "code");
        put_choice(p, processes, process, process_title(p, process), page_query(p, "process"));
        put_choice(p, causes, code, cause_words(p, "title", code), page_query(p, "cause"));
    }
    json_set(p->arena, d, "processes", processes);
    json_set(p->arena, d, "causes", causes);
    json_set_int(p->arena, d, "count", f.incidents);
    json_set_text(p->arena, d, "count_text", words_number(p->arena, f.incidents));
    json_set_text(p->arena, d, "untaken_text", words_number(p->arena, f.untaken));
    return RC_OK;
}

static void
put_next(struct page *p, const struct json *last, const struct incidents_wish *wish)
{
    struct buf b;
    struct str url = STR("");
    struct err ignored;

    buf_init(&b, p->arena, 1024);
    buf_put_fmt(&b, "/incidents?after=%lld.%lld&process=", (long long)json_int_or(last, "instance", 0),
                (long long)json_int_or(last, "token", 0));
    buf_put_url(&b, wish->process);
    buf_put(&b, STR("&cause="));
    buf_put_url(&b, wish->code);
    if (buf_finish(&b, &url, &ignored) == RC_OK) {
        words_pager(p, page_word(p, "incidents_more"), STR("/incidents"), url);
    }
}

static enum rc
put_list(struct page *p, struct runtime *r, struct err *err)
{
    struct incidents_wish wish = {.process = page_query(p, "process"), .code = page_query(p, "cause"), .most = ROWS};
    struct json *list, *rows = json_array(p->arena);
    enum rc rc;

    if (page_query(p, "after").len > 0 && !read_place(page_query(p, "after"), &wish.instance, &wish.token)) {
        return err_set(err, RC_INVALID, "after is where the last page ended");
    }
    if ((rc = put_counts(p, err)) != RC_OK || (rc = incidents_page(r, &p->db, p->arena, &wish, &list, err)) != RC_OK) {
        return rc;
    }
    for (const struct json *n = list->first; n != NULL; n = n->next) {
        if (may(p, MANDATE_LOOK, json_str(n, "process"))) {
            put_row(p, rows, n);
        }
    }
    if (list->count == ROWS) {
        put_next(p, list->last, &wish);
    }
    json_set_bool(p->arena, p->document, "has_rows", rows != NULL && rows->count > 0);
    json_set(p->arena, p->document, "rows", rows);
    json_set_bool(p->arena, p->document, "may_retry", may(p, MANDATE_RETRY, STR("")));
    json_set_bool(p->arena, p->document, "may_cancel", may(p, MANDATE_CANCEL, STR("")));
    words_back(p, STR("/operator"), page_word(p, "operator_title"));
    return json_whole(p->document, err);
}

/* What was done before the page was asked for again, said above it. */
static void
put_done(struct page *p)
{
    enum repair_kind kind;
    const char *key;

    if (repair_by_name(page_query(p, "did"), &kind) && (key = str_c(p->arena, str_fmt(p->arena, "incident_did_%s", repair_name(kind)))) != NULL) {
        json_set_text(p->arena, p->document, "done_text", page_word(p, key));
    }
}

enum rc
incidents_list(struct page *p, struct err *err)
{
    struct runtime *r;
    struct str power;
    enum rc rc;

    if ((rc = running_open(p, &r, err)) != RC_OK || (rc = running_power(p, MANDATE_LOOK, STR(""), &power, err)) != RC_OK) {
        return rc;
    }
    put_done(p);
    return put_list(p, r, err);
}

/* --- one of them -------------------------------------------------------------------------------------------------------- */

static struct str
element_name(const struct page *p, struct str id)
{
    const struct json *steps = json_path(p->document, "picture.steps");

    for (const struct json *s = json_is(steps, JSON_ARRAY) ? steps->first : NULL; s != NULL; s = s->next) {
        if (str_eq(json_str(s, "id"), id)) {
            struct str name = json_str(s, "name");
            return name.len > 0 ? name : json_str(s, "tag_text");
        }
    }
    return id;
}

/* The picture of the very version; a model that is not kept any more has none. */
static enum rc
put_picture(struct page *p, const struct incident *n, struct err *err)
{
    const struct bpmn_mark mark = {.id = n->element, .kind = BPMN_MARK_FAILED};
    struct processes_wish wish = {.mark = &mark, .marks = 1};
    struct rule_version v;
    enum rc rc = rule_version_get(&p->db, p->arena, rule_id(p->arena, RULE_BPMN, n->model), n->model_version, &v, err);

    if (rc == RC_NOT_FOUND) {
        return RC_OK;
    }
    wish.xml = v.xml;
    return rc != RC_OK ? rc : processes_look(p, &wish, p->document, err);
}

static struct str
value_text(struct page *p, const struct json *v)
{
    struct str text = STR("");
    struct err ignored;

    return json_print(p->arena, v, &text, &ignored) == RC_OK ? text : STR("…");
}

static enum rc
put_variables(struct page *p, const struct incident *n, struct err *err)
{
    struct json *list = json_array(p->arena), *detail = json_object(p->arena);
    struct str power;
    struct err none;
    bool sees = running_power(p, MANDATE_VARIABLES, n->process, &power, &none) == RC_OK;

    for (const struct json *v = n->visible->first; v != NULL; v = v->next) {
        struct json *d = json_object(p->arena);
        json_set_text(p->arena, d, "name", v->key);
        json_set_text(p->arena, d, "value", sees ? value_text(p, v) : STR(""));
        json_push(list, d);
    }
    json_set_bool(p->arena, p->document, "sees_values", sees);
    json_set_bool(p->arena, p->document, "has_variables", list != NULL && list->count > 0);
    json_set(p->arena, p->document, "variables", list);
    if (!sees) {
        return RC_OK;
    }
    json_set_int(p->arena, detail, "instance", n->instance);
    json_set_bool(p->arena, detail, "variables", true);
    return page_act(p, ACT_VIEW, n->case_no, running_subject(n->visible), power, detail, err);
}

static enum rc
put_moves(struct page *p, const struct incident *n, struct err *err)
{
    struct json *goals = json_array(p->arena), *proposal = json_object(p->arena);
    struct officer by = {.name = STR("")};
    enum rc rc;

    for (const struct json *g = n->goals->first; g != NULL; g = g->next) {
        struct json *d = json_object(p->arena);
        json_set_text(p->arena, d, "id", g->text);
        json_set_text(p->arena, d, "name", element_name(p, g->text));
        json_push(goals, d);
    }
    json_set(p->arena, p->document, "goals", goals);
    if (n->to.len == 0) {
        return RC_OK;
    }
    if ((rc = officer_by_id(&p->db, p->arena, n->proposer, &by, err)) != RC_OK && rc != RC_NOT_FOUND) {
        return rc;
    }
    json_set_text(p->arena, proposal, "to", n->to);
    json_set_text(p->arena, proposal, "to_name", element_name(p, n->to));
    json_set_text(p->arena, proposal, "by", by.name);
    json_set_text(p->arena, proposal, "reason", n->reason);
    json_set_bool(p->arena, proposal, "is_own", str_eq(n->proposer, p->who.officer.id));
    put_moment(p, proposal, "at", n->proposed_us);
    json_set(p->arena, p->document, "proposal", proposal);
    return RC_OK;
}

static void
put_facts(struct page *p, const struct incident *n)
{
    struct json *d = p->document;

    json_set_int(p->arena, d, "instance", n->instance);
    json_set_int(p->arena, d, "token", n->token);
    json_set_text(p->arena, d, "url", str_fmt(p->arena, "/incidents/%lld/%lld", (long long)n->instance, (long long)n->token));
    json_set_text(p->arena, d, "cause", n->code);
    json_set_text(p->arena, d, "cause_text", cause_words(p, "title", n->code));
    json_set_text(p->arena, d, "cause_more", cause_words(p, "text", n->code));
    json_set_text(p->arena, d, "why", n->why);
    json_set_text(p->arena, d, "job", n->job);
    json_set_int(p->arena, d, "tries", n->tries);
    json_set_int(p->arena, d, "resolved", n->resolved);
    json_set_text(p->arena, d, "case_no", n->case_no);
    json_set_text(p->arena, d, "process", n->process);
    json_set_text(p->arena, d, "title", process_title(p, n->model));
    json_set_int(p->arena, d, "version", n->model_version);
    json_set_text(p->arena, d, "element", n->element);
    put_moment(p, d, "since", n->since_us);
    json_set_bool(p->arena, d, "may_retry", may(p, MANDATE_RETRY, n->process));
    json_set_bool(p->arena, d, "may_cancel", may(p, MANDATE_CANCEL, n->process));
    json_set_bool(p->arena, d, "may_move", may(p, MANDATE_MOVE, n->process));
}

static enum rc
open_incident(struct page *p, struct runtime **r, struct incident *n, struct err *err)
{
    struct str power;
    int64_t instance, token;
    enum rc rc;

    if ((rc = running_open(p, r, err)) != RC_OK || (rc = running_power(p, MANDATE_LOOK, STR(""), &power, err)) != RC_OK ||
        (rc = running_number(p, 0, &instance, err)) != RC_OK || (rc = running_number(p, 1, &token, err)) != RC_OK ||
        (rc = incident_get(*r, &p->db, p->arena, instance, token, n, err)) != RC_OK) {
        return rc;
    }
    return running_power(p, MANDATE_LOOK, n->process, &power, err);
}

static enum rc
put_incident(struct page *p, const struct incident *n, struct err *err)
{
    enum rc rc;

    put_facts(p, n);
    if ((rc = put_picture(p, n, err)) != RC_OK || (rc = put_variables(p, n, err)) != RC_OK || (rc = put_moves(p, n, err)) != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, p->document, "element_name", element_name(p, n->element));
    words_back(p, STR("/incidents"), page_word(p, "incidents_title"));
    return json_whole(p->document, err);
}

enum rc
incidents_show(struct page *p, struct err *err)
{
    struct runtime *r;
    struct incident n;
    enum rc rc = open_incident(p, &r, &n, err);

    if (rc != RC_OK) {
        return rc;
    }
    put_done(p);
    return put_incident(p, &n, err);
}

/* --- doing --------------------------------------------------------------------------------------------------------------- */

/* Of a form a text, of a program an object. */
static enum rc
take_variables(struct page *p, const struct json **out, struct err *err)
{
    const struct json *j = json_get(p->input, "variables");
    struct json *read;
    enum rc rc;

    *out = NULL;
    if (json_is(j, JSON_STRING) && str_trim(j->text).len > 0) {
        if ((rc = json_parse(p->arena, j->text, JSON_UNIQUE, &read, err)) != RC_OK) {
            return rc;
        }
        j = read;
    } else if (json_is(j, JSON_STRING)) {
        return RC_OK;
    }
    if (j != NULL && !json_is(j, JSON_OBJECT)) {
        return err_set(err, RC_INVALID, "variables are an object");
    }
    *out = j;
    return RC_OK;
}

static enum rc
do_one(struct page *p, struct runtime *r, struct repair *what, struct str process, struct repair_done *done, struct err *err)
{
    struct json *entry = json_object(p->arena);
    enum rc rc;

    what->who = &p->who;
    what->now_us = p->now_us;
    what->reason = page_input(p, "reason");
    if ((rc = running_power(p, mandate_of(what->kind), process, &what->power, err)) != RC_OK ||
        (rc = repair_do(r, &p->db, p->arena, what, done, err)) != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, entry, "kind", str_of(act_kind_name(ACT_REPAIR)));
    json_set_int(p->arena, entry, "index", done->act);
    json_push(p->acts, entry);
    return RC_OK;
}

/* Why it was refused, in words; else the problem's own. */
static void
put_refusal(struct page *p, const struct err *err)
{
    bool lacks_reason = str_eq(str_of(err->type), STR("reason-missing"));

    words_error(p, "form", lacks_reason ? page_word(p, "incident_reason_missing") : page_word(p, "incident_form_wrong"));
    json_set_text(p->arena, p->document, "error_detail", str_fmt(p->arena, "%s", err->text));
    p->status = 422;
}

enum rc
incidents_do(struct page *p, struct err *err)
{
    struct repair what = {.message = STR(""), .key = STR(""), .element = page_input(p, "element")};
    struct repair_done done = {0};
    struct runtime *r;
    struct incident n;
    enum rc rc = open_incident(p, &r, &n, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (!repair_by_name(page_input(p, "do"), &what.kind) || what.kind >= REPAIR_DELIVER) {
        return err_set(err, RC_INVALID, "do is one of retry, cancel, propose, move, decline");
    }
    what.instance = n.instance;
    what.token = n.token;
    rc = take_variables(p, &what.variables, err);
    rc = rc != RC_OK ? rc : do_one(p, r, &what, n.process, &done, err);
    if (rc == RC_INVALID && !p->wants_json) {
        put_refusal(p, err);
        return put_incident(p, &n, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    json_set_bool(p->arena, p->document, "is_stuck", done.is_stuck);
    bool stays = what.kind == REPAIR_PROPOSE || what.kind == REPAIR_DECLINE;
    p->location = stays ? str_fmt(p->arena, "/incidents/%lld/%lld?did=%s", (long long)n.instance, (long long)n.token, repair_name(what.kind))
                        : str_fmt(p->arena, "/incidents?did=%s", repair_name(what.kind));
    return RC_OK;
}

/* --- several at once ------------------------------------------------------------------------------------------------------ */

static void
put_result(struct page *p, struct json *list, struct str at, enum rc rc, const struct repair_done *done, const struct err *err)
{
    struct json *d = json_object(p->arena);
    const char *words = rc != RC_OK ? "incident_many_refused" : done->is_stuck ? "incident_many_stuck" : "incident_many_done";

    json_set_text(p->arena, d, "at", at);
    json_set_bool(p->arena, d, "is_done", rc == RC_OK);
    json_set_text(p->arena, d, "case_no", rc == RC_OK ? done->case_no : STR(""));
    json_set_text(p->arena, d, "type", rc == RC_OK ? STR("") : str_of(err->type));
    json_set_text(p->arena, d, "result", rc == RC_OK && !done->is_stuck ? STR("yes") : rc == RC_OK ? STR("ask") : STR("no"));
    json_set_text(p->arena, d, "text", page_word(p, words));
    json_push(list, d);
}

static void
do_at(struct page *p, struct runtime *r, enum repair_kind kind, struct str at, struct json *list)
{
    struct repair what = {.kind = kind, .message = STR(""), .key = STR(""), .element = STR("")};
    struct repair_done done = {.case_no = STR("")};
    struct incident n;
    struct err err;
    enum rc rc = read_place(at, &what.instance, &what.token)
                     ? incident_get(r, &p->db, p->arena, what.instance, what.token, &n, &err)
                     : err_set(&err, RC_INVALID, "no such place");

    rc = rc != RC_OK ? rc : do_one(p, r, &what, n.process, &done, &err);
    put_result(p, list, at, rc, &done, &err);
}

enum rc
incidents_many(struct page *p, struct err *err)
{
    const struct json *at = json_get(p->input, "at");
    struct json *list = json_array(p->arena);
    enum repair_kind kind;
    struct runtime *r;
    struct str power;
    enum rc rc;

    if ((rc = running_open(p, &r, err)) != RC_OK || (rc = running_power(p, MANDATE_LOOK, STR(""), &power, err)) != RC_OK) {
        return rc;
    }
    if (!repair_by_name(page_input(p, "do"), &kind) || (kind != REPAIR_RETRY && kind != REPAIR_CANCEL)) {
        return err_set(err, RC_INVALID, "do is one of retry, cancel");
    }
    if ((rc = running_power(p, mandate_of(kind), STR(""), &power, err)) != RC_OK) {
        return rc;
    }
    if (json_is(at, JSON_ARRAY) && at->count > MANY_MOST) {
        return err_set(err, RC_INVALID, "up to %d at once", MANY_MOST);
    }
    if (json_is(at, JSON_STRING)) {
        do_at(p, r, kind, at->text, list);
    }
    for (const struct json *one = json_is(at, JSON_ARRAY) ? at->first : NULL; one != NULL; one = one->next) {
        do_at(p, r, kind, json_is(one, JSON_STRING) ? one->text : STR(""), list);
    }
    json_set(p->arena, p->document, "results", list);
    json_set_bool(p->arena, p->document, "was_done", true);
    json_set_bool(p->arena, p->document, "has_results", list != NULL && list->count > 0);
    return put_list(p, r, err);
}

/* --- messages --------------------------------------------------------------------------------------------------------------- */

static enum rc
put_messages(struct page *p, struct runtime *r, struct err *err)
{
    struct runtime_untaken after = {page_query(p, "name"), page_query(p, "key"), page_query(p, "id"), 0};
    struct json *list, *rows = json_array(p->arena);
    enum rc rc;

    if (page_query(p, "at").len > 0 && !str_to_int(page_query(p, "at"), &after.at_us)) {
        return err_set(err, RC_INVALID, "that is not where a page ended");
    }
    if ((rc = runtime_messages(r, &p->db, p->arena, &after, ROWS, &list, err)) != RC_OK) {
        return rc;
    }
    for (const struct json *m = list->first; m != NULL; m = m->next) {
        struct json *d = json_object(p->arena);
        int64_t expires_us = json_int_or(m, "expires_us", 0);
        json_set_text(p->arena, d, "id", json_str(m, "id"));
        json_set_text(p->arena, d, "name", json_str(m, "name"));
        json_set_text(p->arena, d, "key", json_str(m, "key"));
        json_set_bool(p->arena, d, "is_over", expires_us <= p->now_us);
        json_set_bool(p->arena, d, "may_settle", may(p, MANDATE_SETTLE, json_str(m, "name")));
        json_set_int(p->arena, d, "row", rows != NULL ? rows->count : 0);
        put_moment(p, d, "at", json_int_or(m, "at_us", 0));
        put_moment(p, d, "expires", expires_us);
        json_push(rows, d);
    }
    if (list->count == ROWS) {
        struct buf b;
        struct str url = STR("");
        struct err ignored;
        buf_init(&b, p->arena, 2048);
        buf_put_fmt(&b, "/incidents/messages?at=%lld&name=", (long long)json_int_or(list->last, "at_us", 0));
        buf_put_url(&b, json_str(list->last, "name"));
        buf_put(&b, STR("&key="));
        buf_put_url(&b, json_str(list->last, "key"));
        buf_put(&b, STR("&id="));
        buf_put_url(&b, json_str(list->last, "id"));
        if (buf_finish(&b, &url, &ignored) == RC_OK) {
            words_pager(p, page_word(p, "incidents_more"), STR("/incidents/messages"), url);
        }
    }
    json_set_bool(p->arena, p->document, "has_rows", rows != NULL && rows->count > 0);
    json_set(p->arena, p->document, "rows", rows);
    words_back(p, STR("/incidents"), page_word(p, "incidents_title"));
    return json_whole(p->document, err);
}

enum rc
incidents_messages(struct page *p, struct err *err)
{
    struct runtime *r;
    struct str power;
    enum rc rc;

    if ((rc = running_open(p, &r, err)) != RC_OK || (rc = running_power(p, MANDATE_LOOK, STR(""), &power, err)) != RC_OK) {
        return rc;
    }
    put_done(p);
    return put_messages(p, r, err);
}

enum rc
incidents_settle(struct page *p, struct err *err)
{
    struct repair what = {.message = page_input(p, "id"), .key = page_input(p, "key"), .element = STR("")};
    struct repair_done done = {0};
    struct runtime *r;
    struct str name, power;
    enum rc rc;

    if ((rc = running_open(p, &r, err)) != RC_OK || (rc = running_power(p, MANDATE_SETTLE, STR(""), &power, err)) != RC_OK) {
        return rc;
    }
    if (!repair_by_name(page_input(p, "do"), &what.kind) || what.kind < REPAIR_DELIVER) {
        return err_set(err, RC_INVALID, "do is one of deliver, forget");
    }
    if ((rc = repair_message_name(&p->db, p->arena, what.message, &name, err)) != RC_OK) {
        return rc;
    }
    rc = do_one(p, r, &what, name, &done, err);
    if (rc == RC_INVALID && !p->wants_json) {
        put_refusal(p, err);
        return put_messages(p, r, err);
    }
    json_set_bool(p->arena, p->document, "is_taken", done.taken > 0);
    p->location = str_fmt(p->arena, "/incidents/messages?did=%s", repair_name(what.kind));
    return rc;
}
