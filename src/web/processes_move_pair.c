/* Two versions of a process side by side, as the pages of plans show them, and the report of a trial run in words. */
#include "process/census.h"
#include "web/processes_move_int.h"

enum rc
moves_open(struct page *p, struct rule_model *m, struct migration_desk *desk, struct err *err)
{
    if (p->web->modelbook == NULL || p->web->runtime == NULL) {
        return err_set(err, RC_NOT_FOUND, "no processes run here");
    }
    *desk = (struct migration_desk){p->web->modelbook, p->web->runtime};
    return rules_open_own(p, m, err);
}

struct str
moves_url(const struct page *p, const struct rule_model *m, const char *rest)
{
    return str_fmt(p->arena, "%.*s%s", STR_ARG(rules_url(p, m->id, "/moves")), rest);
}

/* --- steps --------------------------------------------------------------------------------------------- */

const struct json *
moves_step(const struct json *steps, struct str id)
{
    for (const struct json *s = steps != NULL ? steps->first : NULL; s != NULL; s = s->next) {
        if (str_eq(json_str(s, "id"), id)) {
            return s;
        }
    }
    return NULL;
}

struct str
moves_name(const struct json *steps, struct str id)
{
    const struct json *s = moves_step(steps, id);
    struct str name = json_str(s, "name");

    return name.len > 0 ? name : s != NULL ? json_str(s, "tag_text") : id;
}

/* --- two versions ----------------------------------------------------------------------------------------- */

static enum rc
text_of(struct page *p, const struct rule_model *m, int64_t number, struct str *out, struct err *err)
{
    struct rule_version v;
    enum rc rc = rule_version_get(&p->db, p->arena, m->id, number, &v, err);

    if (rc == RC_OK && v.state != RULE_PUBLISHED) {
        return err_problem(err, RC_NOT_FOUND, "no-such-rule", "a version that is not published");
    }
    if (rc == RC_OK) {
        *out = v.xml;
    }
    return rc;
}

static enum rc
look(struct page *p, const char *name, int64_t number, const struct processes_wish *wish, const struct json **steps, struct err *err)
{
    struct json *d = json_object(p->arena);
    enum rc rc = processes_look(p, wish, d, err);

    json_set_int(p->arena, d, "number", number);
    json_set_text(p->arena, d, "title",
                  str_fmt(p->arena, "%.*s%lld%.*s", STR_ARG(page_word(p, "rule_version_before")), (long long)number,
                          STR_ARG(page_word(p, "rule_version_after"))));
    json_set(p->arena, p->document, name, d);
    *steps = json_path(d, "picture.steps");
    return rc;
}

enum rc
moves_put_pair(struct page *p, const struct rule_model *m, bool wants_census, struct moves_pair *pair, struct err *err)
{
    struct census_view *view = arena_alloc(p->arena, 1, sizeof(*view));
    struct processes_wish before = {.xml = STR("")}, after = {.xml = STR("")};
    struct bpmn_mark *list = NULL;
    enum rc rc;

    if (view == NULL) {
        return err_set(err, RC_LIMIT, "no room for two versions of a process");
    }
    if ((rc = text_of(p, m, pair->source, &before.xml, err)) != RC_OK || (rc = text_of(p, m, pair->target, &after.xml, err)) != RC_OK) {
        return rc;
    }
    if (wants_census) {
        if ((rc = census_of(modelbook_census(p->web->modelbook), &p->db, p->arena, rule_key(m->id), p->now_us, view, err)) != RC_OK ||
            (rc = census_marks(p->arena, view, pair->source, &list, &before.marks, err)) != RC_OK) {
            return rc;
        }
        before.mark = list;
        pair->view = view;
    }
    after.base = before.xml;
    if ((rc = look(p, "before", pair->source, &before, &pair->from, err)) != RC_OK ||
        (rc = look(p, "after", pair->target, &after, &pair->to, err)) != RC_OK) {
        return rc;
    }
    json_set_int(p->arena, p->document, "source", pair->source);
    json_set_int(p->arena, p->document, "target", pair->target);
    return RC_OK;
}

/* --- what a trial run said ---------------------------------------------------------------------------------- */

static enum rc
put_samples(struct page *p, const struct json *numbers, struct json *d, struct err *err)
{
    struct json *list = json_array(p->arena);
    enum rc rc = RC_OK;

    for (const struct json *n = numbers != NULL ? numbers->first : NULL; n != NULL && rc == RC_OK; n = n->next) {
        struct json *one = json_object(p->arena);
        int64_t id = 0;
        struct str key = STR("");
        if (!json_as_int(n, &id) || (rc = migration_case_key(&p->db, p->arena, id, &key, err)) != RC_OK) {
            continue;
        }
        json_set_text(p->arena, one, "text", key.len > 0 ? key : str_fmt(p->arena, "%lld", (long long)id));
        json_set_text(p->arena, one, "url", key.len > 0 ? str_fmt(p->arena, "/cases/%.*s/path", STR_ARG(key)) : STR(""));
        json_push(list, one);
    }
    json_set(p->arena, d, "samples", list);
    return rc;
}

enum rc
moves_put_trial(struct page *p, const struct moves_pair *pair, const struct json *report, struct err *err)
{
    static const char *const numbers[] = {"open", "can", "cannot", "busy"};
    const struct json *reasons = json_get(report, "reasons");
    struct json *d = json_object(p->arena), *list = json_array(p->arena);
    enum rc rc = RC_OK;

    for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
        int64_t count = json_int_or(report, numbers[n], 0);
        json_set_int(p->arena, d, numbers[n], count);
        json_set_text(p->arena, d, str_c(p->arena, str_fmt(p->arena, "%s_text", numbers[n])), words_number(p->arena, count));
    }
    json_set_bool(p->arena, d, "has_more", json_true(report, "more"));
    json_set_int(p->arena, d, "after", json_int_or(report, "after", 0));
    json_set_bool(p->arena, d, "is_whole", json_int_or(report, "cannot", 0) == 0 && json_int_or(report, "busy", 0) == 0 && !json_true(report, "more"));
    for (const struct json *r = reasons != NULL ? reasons->first : NULL; r != NULL && rc == RC_OK; r = r->next) {
        struct json *one = json_object(p->arena);
        struct str element = json_str(r, "element");
        json_set_text(p->arena, one, "reason", json_str(r, "reason"));
        json_set_text(p->arena, one, "text", page_either(p, json_str(r, "zh"), json_str(r, "en")));
        json_set_text(p->arena, one, "element", element);
        json_set_text(p->arena, one, "name", element.len > 0 ? moves_name(pair->from, element) : STR(""));
        json_set_text(p->arena, one, "count_text", words_number(p->arena, json_int_or(r, "count", 0)));
        rc = put_samples(p, json_get(r, "samples"), one, err);
        json_push(list, one);
    }
    json_set_bool(p->arena, d, "has_reasons", list != NULL && list->count > 0);
    json_set(p->arena, d, "reasons", list);
    json_set(p->arena, p->document, "trial", d);
    return rc;
}
