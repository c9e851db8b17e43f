/*
 * Rules of law and processes, open to everybody: which there are, what holds, since when and why, cell by cell.  What waits for a second person, or was sent
 * back, is seen by those who may decide on it.
 */
#include "web/rules_int.h"

enum { LIST_PIECE = 100 };

/* --- all of them ------------------------------------------------------------------------------------------ */

enum rc
rules_list(struct page *p, struct err *err)
{
    struct json *rules, *list = json_array(p->arena);
    enum rule_kind kind = rules_kind(p);
    const char *name = kind == RULE_BPMN ? "processes" : "rules";
    enum rc rc;

    if ((rc = rule_models(&p->db, p->arena, kind, p->today, page_query(p, "after"), LIST_PIECE + 1, &rules, err)) != RC_OK) {
        return rc;
    }
    for (const struct json *r = rules->first; r != NULL && list->count < LIST_PIECE; r = r->next) {
        const struct rule_model m = {rule_id(p->arena, kind, json_str(r, "key")), kind, json_str(r, "org"), json_str(r, "power"), json_str(r, "name_zh"),
                                     json_str(r, "name_en")};
        struct json *d = json_object(p->arena);
        struct err ignored;
        json_set_text(p->arena, d, "key", json_str(r, "key"));
        json_set_text(p->arena, d, "title", page_either(p, m.name_zh, m.name_en));
        json_set_text(p->arena, d, "org_name", words_org(p, m.org));
        json_set_text(p->arena, d, "url", rules_url(p, m.id, ""));
        json_set_int(p->arena, d, "version", json_int_or(r, "in_force", 0));
        json_set_text(p->arena, d, "holds_from", json_str(r, "holds_from"));
        json_set_text(p->arena, d, "holds_text", words_day_of(p, json_str(r, "holds_from")));
        if (rule_admits(&m, &p->who, &ignored) == RC_OK) {
            json_set_bool(p->arena, d, "is_own", true);
            json_set_int(p->arena, d, "proposed", json_int_or(r, "proposed", 0));
        }
        json_push(list, d);
    }
    if (rules->count > LIST_PIECE) {
        words_pager(p, STR(""), str_fmt(p->arena, "/%s", name), str_fmt(p->arena, "/%s?after=%.*s", name, STR_ARG(json_str(list->last, "key"))));
    }
    json_set_int(p->arena, p->document, "count", list->count);
    json_set(p->arena, p->document, name, list);
    return RC_OK;
}

/* --- one -------------------------------------------------------------------------------------------------- */

/* What holds, what comes, what waits: of the versions that this reader may see. */
static enum rc
put_versions(struct page *p, const struct rule_model *m, struct err *err)
{
    struct json *list = json_array(p->arena), *coming = json_array(p->arena), *waiting = json_array(p->arena);
    bool is_own = json_true(p->document, "is_own");
    const struct rule_version *v;
    size_t count;
    enum rc rc = rule_versions(&p->db, p->arena, m->id, 0, RULES_VERSIONS_SHOWN, &v, &count, err);

    for (size_t i = 0; i < count && rc == RC_OK; i++) {
        struct json *d = json_object(p->arena);
        if (v[i].state != RULE_PUBLISHED && !is_own) {
            continue;
        }
        rc = rules_put_version(p, &v[i], d, err);
        json_push(list, d);
        if (rc == RC_OK && v[i].state == RULE_PROPOSED) {
            json_push(waiting, json_copy(p->arena, d));
        } else if (rc == RC_OK && v[i].state == RULE_PUBLISHED && v[i].holds_from > p->today) {
            json_push(coming, json_copy(p->arena, d));
        }
    }
    json_set(p->arena, p->document, "versions", list);
    json_set(p->arena, p->document, "coming", coming);
    json_set(p->arena, p->document, "waiting", waiting);
    return rc;
}

static enum rc
put_in_force(struct page *p, const struct rule_model *m, struct err *err)
{
    struct json *d = json_object(p->arena);
    struct rule_version v;
    struct rule_held held;
    enum rc rc = rule_in_force(&p->db, p->arena, m->id, p->today, &held, err);

    if (rc == RC_NOT_FOUND) {
        return RC_OK; /* the page says so */
    }
    if (rc != RC_OK || (rc = rule_version_get(&p->db, p->arena, m->id, held.number, &v, err)) != RC_OK ||
        (rc = rules_put_version(p, &v, d, err)) != RC_OK) {
        return rc;
    }
    json_set(p->arena, p->document, "in_force", d);
    const struct ruling_text text = rules_version_text(p, &v), none = rules_other_text(p, STR(""));
    return rules_look(p, m, &text, &none, p->document, err);
}

enum rc
rules_rule(struct page *p, struct err *err)
{
    struct rule_model m;
    enum rc rc;

    if ((rc = rules_open(p, &m, err)) != RC_OK || (rc = put_in_force(p, &m, err)) != RC_OK ||
        (rc = put_versions(p, &m, err)) != RC_OK) {
        return rc;
    }
    if (m.kind == RULE_BPMN) {
        words_back(p, STR("/processes"), page_word(p, "processes_title"));
    } else {
        words_back(p, STR("/rules"), page_word(p, "rules_title"));
    }
    if (json_true(p->document, "is_own")) {
        json_set_text(p->arena, p->document, "edit_url", rules_url(p, m.id, "/edit"));
        json_set_text(p->arena, p->document, "cases_url", rules_url(p, m.id, "/cases"));
    }
    if (m.kind == RULE_BPMN) {
        json_set_text(p->arena, p->document, "live_url", rules_url(p, m.id, "/live"));
    }
    if (m.kind == RULE_BPMN && json_get(p->document, "versions")->count > 1) {
        json_set_text(p->arena, p->document, "compare_url", rules_url(p, m.id, "/compare"));
    }
    return RC_OK;
}

/* --- one version ------------------------------------------------------------------------------------------- */

/* What is not published is seen by those who may decide on it. */
static enum rc
open_version(struct page *p, struct rule_model *m, struct rule_version *v, struct err *err)
{
    int64_t number;
    enum rc rc;

    if ((rc = rules_open(p, m, err)) != RC_OK || (rc = rules_number(p, 1, &number, err)) != RC_OK ||
        (rc = rule_version_get(&p->db, p->arena, m->id, number, v, err)) != RC_OK) {
        return rc;
    }
    if (v->state != RULE_PUBLISHED && !json_true(p->document, "is_own")) {
        return err_problem(err, RC_NOT_FOUND, "no-such-rule", "a version that is not published");
    }
    return RC_OK;
}

static enum rc
base_text(struct page *p, const struct rule_version *v, struct ruling_text *out, struct err *err)
{
    struct rule_version base;
    enum rc rc;

    *out = rules_other_text(p, STR(""));
    if (v->base == 0) {
        return RC_OK;
    }
    if ((rc = rule_version_get(&p->db, p->arena, v->model, v->base, &base, err)) == RC_OK) {
        *out = rules_version_text(p, &base);
    }
    return rc;
}

/* The second person's choice, or the author's. */
static void
put_choices(struct page *p, const struct rule_version *v)
{
    bool is_author = str_eq(v->author, p->who.officer.id);

    if (v->state == RULE_PROPOSED && json_true(p->document, "is_own")) {
        json_set_text(p->arena, p->document, "verdict_url",
                      str_fmt(p->arena, "%.*s/versions/%lld/verdict", STR_ARG(rules_url(p, v->model, "")), (long long)v->number));
        json_set_bool(p->arena, p->document, "may_decide", !is_author);
        json_set_bool(p->arena, p->document, "is_author", is_author);
        json_set_bool(p->arena, p->document, "day_has_passed", v->holds_from < p->today);
        json_set_text(p->arena, p->document, "reason_typed", page_input(p, "reason"));
    }
}

enum rc
rules_version(struct page *p, struct err *err)
{
    struct json *d = json_object(p->arena);
    struct rule_model m;
    struct rule_version v;
    struct ruling_text text, base;
    enum rc rc;

    if ((rc = open_version(p, &m, &v, err)) != RC_OK || (rc = rules_put_version(p, &v, d, err)) != RC_OK ||
        (rc = base_text(p, &v, &base, err)) != RC_OK) {
        return rc;
    }
    json_set(p->arena, p->document, "version", d);
    words_back(p, rules_url(p, m.id, ""), json_str(p->document, "title"));
    put_choices(p, &v);
    text = rules_version_text(p, &v);
    if (v.state == RULE_PROPOSED) {
        return rules_examine(p, &m, &text, &base, p->document, err);
    }
    if (m.kind == RULE_BPMN && (rc = processes_put_report(p, &v, err)) != RC_OK) {
        return rc;
    }
    return rules_look(p, &m, &text, &base, p->document, err);
}

enum rc
rules_send_text(struct page *p, struct str name, struct str text, struct err *err)
{
    struct http_fields fields = {.count = 0};

    CHECK(http_add(&fields, STR("Content-Type"), STR("application/xml; charset=utf-8")) &&
          http_add(&fields, STR("Content-Disposition"),
                   str_fmt(p->arena, "attachment; filename=\"%.*s\"", STR_ARG(name))) &&
          http_add(&fields, STR("X-Content-Type-Options"), STR("nosniff")) &&
          http_add(&fields, STR("Content-Security-Policy"), STR("default-src 'none'; sandbox; frame-ancestors 'none'")) &&
          http_add(&fields, STR("Cache-Control"), STR("no-store")));
    return http_answer(p->call, 200, &fields, text, err);
}

enum rc
rules_file(struct page *p, struct err *err)
{
    struct rule_model m;
    struct rule_version v;
    enum rc rc = open_version(p, &m, &v, err);

    return rc != RC_OK ? rc
                       : rules_send_text(p, str_fmt(p->arena, "%.*s-%lld.%s", STR_ARG(rule_key(m.id)), (long long)v.number,
                                                    rule_kind_name(m.kind)),
                                         v.xml, err);
}
