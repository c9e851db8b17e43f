/*
 * Where the open cases of a process wait, how many and how long: heat on its picture, and the same as a table.  There is nobody's name in it.
 */
#include "process/census.h"
#include "web/rules_int.h"

static const int64_t minute_s = 60, hour_s = 3600, day_s = 86400;

/* 3 天 4 小时; of what is shorter than a day hours and minutes. */
static struct str
how_long(const struct page *p, int64_t us)
{
    int64_t s = us / 1000000;
    struct str days = page_word(p, "process_live_days"), hours = page_word(p, "process_live_hours"), minutes = page_word(p, "process_live_minutes");

    if (s < minute_s) {
        return page_word(p, "process_live_now");
    }
    if (s < hour_s) {
        return str_fmt(p->arena, "%lld %.*s", (long long)(s / minute_s), STR_ARG(minutes));
    }
    if (s < day_s) {
        return str_fmt(p->arena, "%lld %.*s %lld %.*s", (long long)(s / hour_s), STR_ARG(hours), (long long)(s % hour_s / minute_s), STR_ARG(minutes));
    }
    return str_fmt(p->arena, "%lld %.*s %lld %.*s", (long long)(s / day_s), STR_ARG(days), (long long)(s % day_s / hour_s), STR_ARG(hours));
}

static const struct json *
step_of(const struct page *p, struct str id)
{
    const struct json *steps = json_path(p->document, "picture.steps");

    for (const struct json *s = steps != NULL ? steps->first : NULL; s != NULL; s = s->next) {
        if (str_eq(json_str(s, "id"), id)) {
            return s;
        }
    }
    return NULL;
}

static void
put_rows(struct page *p, const struct census_view *view, int64_t version)
{
    struct json *list = json_array(p->arena);

    for (size_t i = 0; i < view->rows; i++) {
        const struct census_row *r = &view->row[i];
        const struct json *step = step_of(p, r->element);
        struct str name = json_str(step, "name"), lane = json_str(step, "lane");
        struct json *d = json_object(p->arena);
        if (r->version != version) {
            continue;
        }
        json_set_text(p->arena, d, "element", r->element);
        json_set_text(p->arena, d, "kind", r->kind);
        json_set_text(p->arena, d, "name", name.len > 0 ? name : step != NULL ? json_str(step, "tag_text") : r->element);
        json_set_text(p->arena, d, "tag_text", json_str(step, "tag_text"));
        json_set_text(p->arena, d, "mark", json_str(step, "mark"));
        json_set_text(p->arena, d, "mark_text", json_str(step, "mark_text"));
        json_set_text(p->arena, d, "whose", lane.len > 0 ? lane : json_str(step, "role_text"));
        json_set_int(p->arena, d, "count", r->count);
        json_set_text(p->arena, d, "oldest", instant_text(p->arena, r->oldest_us, p->web->offset_minutes));
        json_set_text(p->arena, d, "oldest_text", how_long(p, p->now_us - r->oldest_us));
        json_set_int(p->arena, d, "average_s", r->average_us / 1000000);
        json_set_text(p->arena, d, "average_text", how_long(p, r->average_us));
        json_push(list, d);
    }
    json_set(p->arena, p->document, "waiting", list);
    json_set_bool(p->arena, p->document, "has_waiting", list != NULL && list->count > 0);
}

/* With whom tasks are, and how many of them are late. */
static void
put_work(struct page *p, const struct census_view *view, int64_t version)
{
    struct json *list = json_array(p->arena);

    for (size_t i = 0; i < view->works; i++) {
        const struct census_work *k = &view->work[i];
        const struct json *step = step_of(p, k->element);
        struct str name = json_str(step, "name"), org = words_org(p, k->org);
        struct json *d = json_object(p->arena);
        if (k->version != version) {
            continue;
        }
        json_set_text(p->arena, d, "element", k->element);
        json_set_text(p->arena, d, "name", name.len > 0 ? name : k->element);
        json_set_text(p->arena, d, "org", k->org);
        json_set_text(p->arena, d, "org_name", org.len > 0 ? org : k->org.len > 0 ? k->org : page_word(p, "process_role_citizen"));
        json_set_int(p->arena, d, "count", k->count);
        json_set_int(p->arena, d, "late", k->late);
        json_set_bool(p->arena, d, "is_late", k->late > 0);
        json_set_text(p->arena, d, "oldest", instant_text(p->arena, k->oldest_us, p->web->offset_minutes));
        json_set_text(p->arena, d, "oldest_text", how_long(p, p->now_us - k->oldest_us));
        json_push(list, d);
    }
    json_set(p->arena, p->document, "work", list);
    json_set_bool(p->arena, p->document, "has_work", list != NULL && list->count > 0);
}

/* The published versions; which is looked at: the one that was asked for, else the one that holds. */
static enum rc
choose_version(struct page *p, const struct rule_model *m, int64_t *out, struct err *err)
{
    struct json *list = json_array(p->arena);
    const struct rule_version *v;
    struct rule_held held;
    size_t count;
    enum rc rc;

    if (!str_to_int(page_query(p, "version"), out)) {
        if ((rc = rule_in_force(&p->db, p->arena, m->id, p->today, &held, err)) != RC_OK) {
            return rc;
        }
        *out = held.number;
    }
    if ((rc = rule_versions(&p->db, p->arena, m->id, 0, RULES_VERSIONS_SHOWN, &v, &count, err)) != RC_OK) {
        return rc;
    }
    for (size_t i = 0; i < count; i++) {
        if (v[i].state == RULE_PUBLISHED) {
            struct json *d = json_object(p->arena);
            json_set_int(p->arena, d, "number", v[i].number);
            json_set_bool(p->arena, d, "is_shown", v[i].number == *out);
            json_push(list, d);
        }
    }
    json_set(p->arena, p->document, "versions", list);
    json_set_int(p->arena, p->document, "version", *out);
    return RC_OK;
}

enum rc
processes_live(struct page *p, struct err *err)
{
    struct processes_wish wish = {.xml = STR("")};
    struct census_view view;
    struct rule_version v;
    struct rule_model m;
    struct bpmn_mark *list;
    int64_t number;
    enum rc rc;

    if ((rc = rules_open(p, &m, err)) != RC_OK || (rc = choose_version(p, &m, &number, err)) != RC_OK ||
        (rc = rule_version_get(&p->db, p->arena, m.id, number, &v, err)) != RC_OK) {
        return rc;
    }
    if (v.state != RULE_PUBLISHED) {
        return err_problem(err, RC_NOT_FOUND, "no-such-rule", "a version that is not published");
    }
    if ((rc = census_of(modelbook_census(p->web->modelbook), &p->db, p->arena, rule_key(m.id), p->now_us, &view, err)) != RC_OK ||
        (rc = census_marks(p->arena, &view, number, &list, &wish.marks, err)) != RC_OK) {
        return rc;
    }
    wish.xml = v.xml;
    wish.mark = list;
    if ((rc = processes_look(p, &wish, p->document, err)) != RC_OK) {
        return rc;
    }
    words_back(p, rules_url(p, m.id, ""), json_str(p->document, "title"));
    json_set_int(p->arena, p->document, "open", view.open);
    json_set_text(p->arena, p->document, "open_text", words_number(p->arena, view.open));
    json_set_text(p->arena, p->document, "counted", instant_text(p->arena, view.at_us, p->web->offset_minutes));
    json_set_text(p->arena, p->document, "counted_text", words_moment(p, view.at_us));
    if (p->web->runtime != NULL && json_true(p->document, "is_own")) {
        json_set_text(p->arena, p->document, "history_url", rules_url(p, m.id, "/history.xes"));
        json_set_text(p->arena, p->document, "moves_url", rules_url(p, m.id, "/moves"));
    }
    put_rows(p, &view, number);
    put_work(p, &view, number);
    return json_whole(p->document, err);
}
