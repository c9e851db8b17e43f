/*
 * Processes that run, looked at: the way of one case on the picture of its process, and the histories of all cases for others' tools.
 */
#include "process/trail.h"
#include "process/xes.h"
#include "web/rules_int.h"

enum { INSTANCES_MAX = 32, TRACES_MAX = 1000000 };

/* --- one case ---------------------------------------------------------------------------------------------- */

static struct str
word_of(const struct page *p, const char *prefix, struct str name)
{
    const char *key = str_c(p->arena, str_fmt(p->arena, "%s%.*s", prefix, STR_ARG(name)));
    struct str word = key != NULL ? page_word(p, key) : STR("");

    return str_eq(word, str_of(key)) ? name : word;
}

/* "" of what is not in this version. */
static struct str
name_here(const struct page *p, struct str id)
{
    const struct json *steps = json_path(p->document, "picture.steps");

    for (const struct json *s = steps != NULL ? steps->first : NULL; s != NULL; s = s->next) {
        if (str_eq(json_str(s, "id"), id)) {
            return json_str(s, "name").len > 0 ? json_str(s, "name") : json_str(s, "tag_text");
        }
    }
    return STR("");
}

/* What was done by another version, before the case was moved, is called as what it became. */
static struct str
name_of(const struct page *p, const struct json *path, struct str id)
{
    struct str name = name_here(p, id);

    for (const struct json *s = path->first; s != NULL && name.len == 0; s = s->next) {
        if (str_eq(json_str(s, "what"), STR("migrated")) && str_eq(json_str(s, "detail"), id)) {
            name = name_here(p, json_str(s, "element"));
        }
    }
    return name.len > 0 ? name : id;
}

static void
put_steps(struct page *p, const struct trail *t)
{
    for (struct json *s = t->steps->first; s != NULL; s = s->next) {
        int64_t at_us = json_int_or(s, "at_us", 0);
        json_set_text(p->arena, s, "at", instant_text(p->arena, at_us, p->web->offset_minutes));
        json_set_text(p->arena, s, "at_text", words_moment(p, at_us));
        json_set_text(p->arena, s, "name", name_of(p, t->steps, json_str(s, "element")));
        json_set_text(p->arena, s, "what_text", word_of(p, "process_trace_", json_str(s, "what")));
    }
    json_set(p->arena, p->document, "path", t->steps);
    json_set_bool(p->arena, p->document, "is_cut", t->is_cut);
}

/* Its picture is that of the version by which it goes, whatever holds today. */
static enum rc
put_trail(struct page *p, const struct trail *t, struct err *err)
{
    struct rule_version v;
    struct rule_model m;
    enum rc rc;

    if ((rc = rule_model_get(&p->db, p->arena, RULE_BPMN, t->key, &m, err)) != RC_OK ||
        (rc = rule_version_get(&p->db, p->arena, m.id, t->version, &v, err)) != RC_OK) {
        return rc;
    }
    const struct processes_wish wish = {.xml = v.xml, .mark = t->mark, .marks = t->marks};
    if ((rc = processes_look(p, &wish, p->document, err)) != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, p->document, "title", page_either(p, m.name_zh, m.name_en));
    json_set_text(p->arena, p->document, "process_url", rules_url(p, m.id, ""));
    json_set_int(p->arena, p->document, "version", t->version);
    json_set_text(p->arena, p->document, "state", str_of(instance_state_name(t->state)));
    json_set_text(p->arena, p->document, "state_text", word_of(p, "case_path_state_", str_of(instance_state_name(t->state))));
    put_steps(p, t);
    return RC_OK;
}

/* An officer who looks leaves a trace, as everywhere. */
static enum rc
record(struct page *p, const struct json *found, struct err *err)
{
    struct json *detail = json_object(p->arena);

    json_set_text(p->arena, detail, "why", STR("path"));
    return p->who.role == ROLE_CITIZEN ? RC_OK : page_act(p, ACT_VIEW, json_str(found, "case_no"), json_str(found, "subject"), STR(""), detail, err);
}

enum rc
processes_path(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    int64_t id[INSTANCES_MAX];
    size_t count = 0;
    struct json *found;
    struct trail t;
    enum rc rc = case_document(&work, &p->db, p->arena, p->param[0], &p->who, p->now_us, p->lang, &found, err);

    if (rc != RC_OK) {
        return rc;
    }
    struct str case_no = json_str(found, "case_no");
    words_back(p, json_str(found, "url"), json_str(found, "name"));
    json_set_text(p->arena, p->document, "case_no", case_no);
    if (p->web->runtime != NULL && p->web->modelbook != NULL &&
        (rc = runtime_of_key(&p->db, case_no, id, INSTANCES_MAX, &count, err)) != RC_OK) {
        return rc;
    }
    json_set_bool(p->arena, p->document, "has_path", count > 0);
    if ((rc = record(p, found, err)) != RC_OK || count == 0) {
        return rc;
    }
    rc = trail_of(p->web->runtime, &p->db, p->arena, id[count - 1], &t, err); /* the last, if it was opened again */
    return rc != RC_OK ? rc : put_trail(p, &t, err);
}

/* --- all of them ----------------------------------------------------------------------------------------------- */

static enum rc
send_piece(void *ctx, struct str bytes, struct err *err)
{
    return http_answer_piece(ctx, bytes, err);
}

/* A day of the query as the moment at which it begins. */
static enum rc
day_begins(const struct page *p, const char *name, int64_t other, int64_t *out, struct err *err)
{
    struct str text = page_query(p, name);
    int32_t day;
    enum rc rc;

    *out = other;
    if (text.len == 0) {
        return RC_OK;
    }
    if ((rc = day_parse(text, &day, err)) == RC_OK) {
        *out = ((int64_t)day * 86400 - (int64_t)p->web->offset_minutes * 60) * 1000000;
    }
    return rc;
}

/* What is in it names nobody, and yet it says how people work: that somebody took it is an act. */
static enum rc
record_export(struct page *p, const struct rule_model *m, struct err *err)
{
    struct json *detail = json_object(p->arena);

    json_set_text(p->arena, detail, "page", p->call->head->path);
    json_set_text(p->arena, detail, "from", page_query(p, "from"));
    json_set_text(p->arena, detail, "until", page_query(p, "until"));
    return page_act(p, ACT_VIEW, STR(""), STR(""), str_fmt(p->arena, "process:%.*s", STR_ARG(rule_key(m->id))), detail, err);
}

enum rc
processes_history(struct page *p, struct err *err)
{
    struct http_fields fields = {.count = 0};
    struct xes_wish wish = {.offset_minutes = p->web->offset_minutes, .traces_max = TRACES_MAX};
    const struct xes_sink sink = {p->call, send_piece};
    struct rule_model m;
    size_t traces;
    enum rc rc;

    if (p->web->runtime == NULL) {
        return err_set(err, RC_NOT_FOUND, "no processes run here");
    }
    if ((rc = rules_open_own(p, &m, err)) != RC_OK || (rc = day_begins(p, "from", 0, &wish.from_us, err)) != RC_OK ||
        (rc = day_begins(p, "until", INT64_MAX, &wish.until_us, err)) != RC_OK || (rc = record_export(p, &m, err)) != RC_OK) {
        return rc;
    }
    wish.key = rule_key(m.id);
    wish.title = page_either(p, m.name_zh, m.name_en);
    CHECK(http_add(&fields, STR("Content-Type"), STR("application/xml; charset=utf-8")) &&
          http_add(&fields, STR("Content-Disposition"), str_fmt(p->arena, "attachment; filename=\"%.*s.xes\"", STR_ARG(wish.key))) &&
          http_add(&fields, STR("X-Content-Type-Options"), STR("nosniff")) &&
          http_add(&fields, STR("Content-Security-Policy"), STR("default-src 'none'; sandbox; frame-ancestors 'none'")) &&
          http_add(&fields, STR("Cache-Control"), STR("no-store")));
    if ((rc = http_answer_begin(p->call, 200, &fields, -1, err)) != RC_OK ||
        (rc = xes_export(p->web->runtime, &p->db, &wish, &sink, &traces, err)) != RC_OK) {
        return rc; /* without its end nobody takes it for the whole */
    }
    return http_answer_end(p->call, err);
}
