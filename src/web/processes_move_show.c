/* Plans as pages: which there are, one with what it does and what its trial said, the second person's verdict, cases moved with progress, and back. */
#include "web/processes_move_int.h"

enum { PLANS_SHOWN = 50, CASES_SHOWN = 100, CASES_AT_ONCE = 100, BAR_WIDTH = 200 };
static const int64_t press_us = 3000000; /* as long as one press works: what is left waits for the next */

/* --- which there are ------------------------------------------------------------------------------------------ */

/* Published versions, newest first; chosen: from the one before the last to the last. */
static enum rc
put_versions(struct page *p, const struct rule_model *m, struct err *err)
{
    struct json *list = json_array(p->arena);
    const struct rule_version *v;
    size_t count;
    enum rc rc = rule_versions(&p->db, p->arena, m->id, 0, RULES_VERSIONS_SHOWN, &v, &count, err);

    for (size_t i = 0; i < count && rc == RC_OK; i++) {
        struct json *d = json_object(p->arena);
        if (v[i].state != RULE_PUBLISHED) {
            continue;
        }
        json_set_int(p->arena, d, "number", v[i].number);
        json_set_text(p->arena, d, "holds_text", rules_day(p, v[i].holds_from));
        json_set_bool(p->arena, d, "is_to", list->count == 0);
        json_set_bool(p->arena, d, "is_from", list->count == 1);
        json_push(list, d);
    }
    json_set_bool(p->arena, p->document, "may_make", list != NULL && list->count > 1);
    json_set(p->arena, p->document, "versions", list);
    return rc;
}

static struct str
state_word(const struct page *p, enum migration_state state)
{
    switch (state) {
    case MIGRATION_PROPOSED: return page_word(p, "rule_state_proposed");
    case MIGRATION_CONSENTED: return page_word(p, "moves_state_consented");
    case MIGRATION_REJECTED: return page_word(p, "rule_state_rejected");
    case MIGRATION_WITHDRAWN: break;
    }
    return page_word(p, "rule_state_withdrawn");
}

static enum rc
put_row(struct page *p, const struct rule_model *m, const struct migration_row *row, struct json *d, struct err *err)
{
    enum rc rc;

    json_set_int(p->arena, d, "number", row->number);
    json_set_int(p->arena, d, "source", row->source);
    json_set_int(p->arena, d, "target", row->target);
    json_set_text(p->arena, d, "state", str_of(migration_state_name(row->state)));
    json_set_text(p->arena, d, "state_text", state_word(p, row->state));
    json_set_bool(p->arena, d, "is_proposed", row->state == MIGRATION_PROPOSED);
    json_set_bool(p->arena, d, "is_consented", row->state == MIGRATION_CONSENTED);
    json_set_text(p->arena, d, "sha256", row->sha256);
    json_set_text(p->arena, d, "reason", row->reason);
    json_set_int(p->arena, d, "act", row->act);
    json_set_text(p->arena, d, "proposed", instant_text(p->arena, row->proposed_us, p->web->offset_minutes));
    json_set_text(p->arena, d, "proposed_text", words_moment(p, row->proposed_us));
    json_set_text(p->arena, d, "url", str_fmt(p->arena, "%.*s/%lld", STR_ARG(moves_url(p, m, "")), (long long)row->number));
    if ((rc = rules_put_officer(p, d, "author_name", row->author, err)) != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, d, "settled_name", STR(""));
    if (row->state == MIGRATION_PROPOSED) {
        return RC_OK;
    }
    json_set_text(p->arena, d, "settled", instant_text(p->arena, row->settled_us, p->web->offset_minutes));
    json_set_text(p->arena, d, "settled_text", words_moment(p, row->settled_us));
    json_set_text(p->arena, d, "settled_reason", row->settled_reason);
    json_set_int(p->arena, d, "settled_act", row->settled_act);
    return rules_put_officer(p, d, "settled_name", row->settled_by, err);
}

static enum rc
put_plans(struct page *p, const struct rule_model *m, struct err *err)
{
    struct json *list = json_array(p->arena);
    struct migration_row *row;
    int64_t before = 0;
    size_t count;
    enum rc rc;

    (void)str_to_int(page_query(p, "before"), &before);
    if ((rc = migration_rows(&p->db, p->arena, m->id, before, PLANS_SHOWN + 1, &row, &count, err)) != RC_OK) {
        return rc;
    }
    for (size_t n = 0; n < count && n < PLANS_SHOWN && rc == RC_OK; n++) {
        struct json *d = json_object(p->arena);
        rc = put_row(p, m, &row[n], d, err);
        json_push(list, d);
    }
    if (count > PLANS_SHOWN) {
        struct str url = moves_url(p, m, "");
        words_pager(p, STR(""), url, str_fmt(p->arena, "%.*s?before=%lld", STR_ARG(url), (long long)row[PLANS_SHOWN - 1].number));
    }
    json_set_bool(p->arena, p->document, "has_plans", list != NULL && list->count > 0);
    json_set(p->arena, p->document, "plans", list);
    return rc;
}

enum rc
moves_list(struct page *p, struct err *err)
{
    struct migration_desk desk;
    struct rule_model m;
    enum rc rc;

    if ((rc = moves_open(p, &m, &desk, err)) != RC_OK || (rc = put_versions(p, &m, err)) != RC_OK || (rc = put_plans(p, &m, err)) != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, p->document, "make_url", moves_url(p, &m, "/make"));
    words_back(p, rules_url(p, m.id, "/live"), page_word(p, "process_live_title"));
    return RC_OK;
}

/* --- one: what it does ------------------------------------------------------------------------------------------- */

static void
put_elements(struct page *p, const struct moves_pair *pair, const struct json *plan)
{
    const struct json *elements = json_get(plan, "elements");
    struct json *list = json_array(p->arena);

    for (const struct json *e = elements != NULL ? elements->first : NULL; e != NULL; e = e->next) {
        struct json *d = json_object(p->arena);
        bool is_gone = json_is(e, JSON_NULL);
        json_set_text(p->arena, d, "id", e->key);
        json_set_text(p->arena, d, "name", moves_name(pair->from, e->key));
        json_set_bool(p->arena, d, "is_gone", is_gone);
        json_set_text(p->arena, d, "to", is_gone ? STR("") : e->text);
        json_set_text(p->arena, d, "to_name", is_gone ? STR("") : moves_name(pair->to, e->text));
        json_push(list, d);
    }
    json_set_bool(p->arena, p->document, "has_elements", list != NULL && list->count > 0);
    json_set(p->arena, p->document, "elements", list);
}

static void
put_variables(struct page *p, const struct moves_pair *pair, const struct json *plan)
{
    const struct json *variables = json_get(plan, "variables");
    struct json *list = json_array(p->arena);

    for (const struct json *v = variables != NULL ? variables->first : NULL; v != NULL; v = v->next) {
        struct json *d = json_object(p->arena);
        struct str scope = json_str(v, "scope");
        json_set_text(p->arena, d, "variable", json_str(v, "name"));
        json_set_text(p->arena, d, "feel", json_str(v, "feel"));
        json_set_text(p->arena, d, "scope_name", scope.len > 0 ? moves_name(pair->from, scope) : STR(""));
        json_set_bool(p->arena, d, "is_removed", json_true(v, "remove"));
        json_push(list, d);
    }
    json_set_bool(p->arena, p->document, "has_variables", list != NULL && list->count > 0);
    json_set(p->arena, p->document, "variables", list);
}

static struct str
start_text(const struct page *p, const struct moves_pair *pair, const struct json *s)
{
    const struct json *entered = json_get(s, "entered"), *left = json_get(s, "left"), *at = entered != NULL ? entered : left;

    if (at != NULL) {
        struct str what = entered != NULL ? page_word(p, "moves_start_entered") : page_word(p, "moves_start_left"), name = moves_name(pair->from, at->text);
        return str_fmt(p->arena, "%.*s%.*s%.*s", STR_ARG(what), STR_ARG(page_word(p, "colon")), STR_ARG(name));
    }
    return json_is(s, JSON_NULL)                                         ? page_word(p, "moves_start_never")
           : json_is(s, JSON_STRING) && str_eq(s->text, STR("begin")) ? page_word(p, "moves_start_begin")
                                                                         : page_word(p, "moves_start_move");
}

static void
put_starts(struct page *p, const struct moves_pair *pair, const struct json *plan)
{
    const struct json *starts = json_get(plan, "starts");
    struct json *list = json_array(p->arena);

    for (const struct json *s = starts != NULL ? starts->first : NULL; s != NULL; s = s->next) {
        struct json *d = json_object(p->arena);
        json_set_text(p->arena, d, "id", s->key);
        json_set_text(p->arena, d, "text", start_text(p, pair, s));
        json_push(list, d);
    }
    json_set(p->arena, p->document, "starts", list);
    json_set_bool(p->arena, p->document, "has_clocks", (list != NULL && list->count > 0) || str_eq(json_str(plan, "clocks"), STR("stop")));
}

/* --- one: what came of cases ---------------------------------------------------------------------------------------- */

/* A word made of two parts; what has no word is said as it is written. */
static struct str
word_of(const struct page *p, const char *prefix, struct str name)
{
    const char *key = str_c(p->arena, str_fmt(p->arena, "%s%.*s", prefix, STR_ARG(name)));
    struct str word = key != NULL ? page_word(p, key) : STR("");

    return str_eq(word, str_of(key)) ? name : word;
}

static struct str
reason_text(const struct page *p, struct str reason)
{
    enum migration_reason known = migration_reason_find(reason);

    return known != MIGRATION_REASONS ? str_of(migration_reason_text(known, str_eq(p->lang, STR("en")))) : word_of(p, "moves_stays_", reason);
}

static void
put_reasons(struct page *p, const struct moves_pair *pair, const struct json *reasons, struct json *d)
{
    struct json *list = json_array(p->arena);

    for (const struct json *r = reasons != NULL ? reasons->first : NULL; r != NULL; r = r->next) {
        struct json *one = json_object(p->arena);
        struct str element = json_str(r, "element");
        json_set_text(p->arena, one, "text", reason_text(p, json_str(r, "reason")));
        json_set_text(p->arena, one, "name", element.len > 0 ? moves_name(pair->from, element) : STR(""));
        json_push(list, one);
    }
    json_set(p->arena, d, "reasons", list);
}

static struct json *
case_json(struct page *p, const struct moves_pair *pair, const struct json *c)
{
    struct json *d = json_object(p->arena);
    struct str case_no = json_str(c, "case_no"), state = json_str(c, "state");
    int64_t at_us = json_int_or(c, "at_us", 0);

    json_set_int(p->arena, d, "instance", json_int_or(c, "instance", 0));
    json_set_text(p->arena, d, "case_no", case_no);
    json_set_text(p->arena, d, "case_url", case_no.len > 0 ? str_fmt(p->arena, "/cases/%.*s/path", STR_ARG(case_no)) : STR(""));
    json_set_text(p->arena, d, "state", state);
    json_set_text(p->arena, d, "state_text", word_of(p, "moves_case_", state));
    json_set_bool(p->arena, d, "may_back", str_eq(state, STR("moved")));
    json_set_text(p->arena, d, "at", instant_text(p->arena, at_us, p->web->offset_minutes));
    json_set_text(p->arena, d, "at_text", words_moment(p, at_us));
    put_reasons(p, pair, json_get(c, "reasons"), d);
    return d;
}

/* How far it is, of as many as were open when it was tried. */
static void
put_progress(struct page *p, const struct json *counts, int64_t of)
{
    static const char *const states[] = {"moved", "refused", "back"};
    int64_t done = 0;

    for (size_t n = 0; n < sizeof(states) / sizeof(states[0]); n++) {
        int64_t count = json_int_or(counts, states[n], 0);
        done += count;
        json_set_int(p->arena, p->document, str_c(p->arena, str_fmt(p->arena, "%s_cases", states[n])), count);
        json_set_text(p->arena, p->document, str_c(p->arena, str_fmt(p->arena, "%s_cases_text", states[n])), words_number(p->arena, count));
    }
    of = of > done ? of : done;
    json_set_bool(p->arena, p->document, "was_begun", done > 0);
    json_set_text(p->arena, p->document, "done_text", words_number(p->arena, done));
    json_set_text(p->arena, p->document, "of_text", words_number(p->arena, of));
    json_set_int(p->arena, p->document, "bar", of > 0 ? done * BAR_WIDTH / of : 0);
}

static enum rc
put_cases(struct page *p, const struct rule_model *m, const struct moves_pair *pair, const struct migration_row *row, int64_t of, struct err *err)
{
    struct json *found, *list = json_array(p->arena);
    int64_t from = 0, last = 0;
    enum rc rc;

    (void)str_to_int(page_query(p, "from"), &from);
    if ((rc = migration_cases(&p->db, p->arena, row->number, from, CASES_SHOWN + 1, &found, err)) != RC_OK) {
        return rc;
    }
    const struct json *cases = json_get(found, "cases");
    for (const struct json *c = cases->first; c != NULL && list->count < CASES_SHOWN; c = c->next) {
        last = json_int_or(c, "instance", 0);
        json_push(list, case_json(p, pair, c));
    }
    if (cases->count > CASES_SHOWN) {
        struct str url = str_fmt(p->arena, "%.*s/%lld", STR_ARG(moves_url(p, m, "")), (long long)row->number);
        words_pager(p, STR(""), str_fmt(p->arena, "%.*s#cases", STR_ARG(url)), str_fmt(p->arena, "%.*s?from=%lld#cases", STR_ARG(url), (long long)last));
    }
    json_set_bool(p->arena, p->document, "has_cases", list != NULL && list->count > 0);
    json_set(p->arena, p->document, "cases", list);
    put_progress(p, found, of);
    return RC_OK;
}

/* --- one, shown ------------------------------------------------------------------------------------------------------- */

static enum rc
open_plan(struct page *p, struct rule_model *m, struct migration_desk *desk, struct migration_row *row, struct err *err)
{
    int64_t number;
    enum rc rc = moves_open(p, m, desk, err);

    if (rc == RC_OK && (!str_to_int(p->param[1], &number) || number < 1)) {
        return err_problem(err, RC_NOT_FOUND, "no-such-migration", "no plan of that number");
    }
    return rc != RC_OK ? rc : migration_get(&p->db, p->arena, m->id, number, row, err);
}

/* What can be pressed: by the author, by another person, and by both once it is consented to. */
static void
put_presses(struct page *p, const struct migration_row *row)
{
    bool is_author = str_eq(row->author, p->who.officer.id), waits = row->state == MIGRATION_PROPOSED;
    int64_t after = 0, back_after = 0, stay = 0;

    (void)str_to_int(page_query(p, "stay"), &stay);
    (void)str_to_int(page_query(p, "after"), &after);
    (void)str_to_int(page_query(p, "back_after"), &back_after);
    json_set_bool(p->arena, p->document, "may_decide", waits && !is_author);
    json_set_bool(p->arena, p->document, "is_author", waits && is_author);
    json_set_bool(p->arena, p->document, "may_run", row->state == MIGRATION_CONSENTED);
    json_set_int(p->arena, p->document, "run_after", after);
    json_set_bool(p->arena, p->document, "has_more", after > 0);
    json_set_int(p->arena, p->document, "back_after", back_after);
    json_set_bool(p->arena, p->document, "has_more_back", back_after > 0);
    json_set_int(p->arena, p->document, "stay", stay);
    json_set_text(p->arena, p->document, "reason_typed", page_input(p, "reason"));
}

/* now: what a trial run says that was just made; NULL: what is kept with the plan. */
static enum rc
show_plan(struct page *p, const struct rule_model *m, const struct migration_row *row, const struct json *now, struct err *err)
{
    struct moves_pair pair = {.source = row->source, .target = row->target};
    struct json *d = json_object(p->arena), *plan, *report = NULL;
    enum rc rc;

    if ((rc = put_row(p, m, row, d, err)) != RC_OK || (rc = json_parse(p->arena, row->plan, JSON_ANY, &plan, err)) != RC_OK ||
        (row->report.len > 0 && (rc = json_parse(p->arena, row->report, JSON_ANY, &report, err)) != RC_OK) ||
        (rc = moves_put_pair(p, m, false, &pair, err)) != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, d, "basis", json_str(plan, "basis"));
    json_set_bool(p->arena, d, "stops_clocks", str_eq(json_str(plan, "clocks"), STR("stop")));
    json_set(p->arena, p->document, "plan", d);
    put_elements(p, &pair, plan);
    put_variables(p, &pair, plan);
    put_starts(p, &pair, plan);
    put_presses(p, row);
    json_set_text(p->arena, p->document, "plan_url", json_str(d, "url"));
    words_back(p, moves_url(p, m, ""), page_word(p, "moves_title"));
    json_set_bool(p->arena, p->document, "is_tried_now", now != NULL);
    if ((now != NULL || report != NULL) && (rc = moves_put_trial(p, &pair, now != NULL ? now : report, err)) != RC_OK) {
        return rc;
    }
    return put_cases(p, m, &pair, row, json_int_or(report, "open", 0), err);
}

enum rc
moves_show(struct page *p, struct err *err)
{
    struct migration_desk desk;
    struct migration_row row;
    struct rule_model m;
    enum rc rc = open_plan(p, &m, &desk, &row, err);

    return rc != RC_OK ? rc : show_plan(p, &m, &row, NULL, err);
}

/* As the cases stand now, for whoever decides. */
enum rc
moves_try_again(struct page *p, struct err *err)
{
    struct migration_wish wish = {.day = p->today, .now_us = p->now_us, .after = json_int_or(p->input, "after", 0)};
    struct json *plan, *report = NULL;
    struct migration_desk desk;
    struct migration_row row;
    struct rule_model m;
    enum rc rc = open_plan(p, &m, &desk, &row, err);

    (void)str_to_int(page_input(p, "after"), &wish.after);
    if (rc != RC_OK || (rc = json_parse(p->arena, row.plan, JSON_ANY, &plan, err)) != RC_OK) {
        return rc;
    }
    wish.plan = plan;
    wish.models = row.models;
    rc = migration_desk_try(&desk, &p->db, p->arena, &wish, &report, err);
    return rc != RC_OK ? rc : show_plan(p, &m, &row, report, err);
}

/* --- the second person --------------------------------------------------------------------------------------------------- */

static enum migration_state
verdict_of(struct str word)
{
    return str_eq(word, STR("consent"))    ? MIGRATION_CONSENTED
           : str_eq(word, STR("reject"))   ? MIGRATION_REJECTED
           : str_eq(word, STR("withdraw")) ? MIGRATION_WITHDRAWN
                                           : MIGRATION_PROPOSED;
}

enum rc
moves_settle(struct page *p, struct err *err)
{
    struct migration_settling s = {.verdict = verdict_of(page_input(p, "verdict")), .sha256 = page_input(p, "sha256"),
                                   .reason = page_input(p, "reason"), .now_us = p->now_us};
    struct migration_desk desk;
    struct migration_row row;
    struct rule_model m;
    enum rc rc = open_plan(p, &m, &desk, &row, err);

    if (rc != RC_OK) {
        return rc;
    }
    s.number = row.number;
    rc = s.verdict == MIGRATION_PROPOSED ? err_problem(err, RC_INVALID, "verdict-missing", "consent, reject or withdraw")
                                         : migration_settle(&p->db, p->arena, &m, &p->who, &s, err);
    if (rc == RC_INVALID && !p->wants_json) {
        bool lacks_verdict = s.verdict == MIGRATION_PROPOSED;
        struct str message = page_word(p, lacks_verdict ? "rule_verdict_missing" : "rule_reject_reason_missing");
        p->status = 422;
        words_error(p, lacks_verdict ? "verdict" : "reason", message);
        json_set_text(p->arena, p->document, lacks_verdict ? "verdict_error" : "reason_error", message);
        json_set_bool(p->arena, p->document, "chose_reject", s.verdict == MIGRATION_REJECTED);
        return show_plan(p, &m, &row, NULL, err);
    }
    if (rc == RC_OK) {
        json_set_int(p->arena, p->document, "act", s.act.index);
        p->location = str_fmt(p->arena, "%.*s/%lld", STR_ARG(moves_url(p, &m, "")), (long long)row.number);
    }
    return rc;
}

/* --- moved, and taken back --------------------------------------------------------------------------------------------------- */

/* Pages of cases until there are no more, or the press has worked long enough. */
static enum rc
do_pages(struct page *p, const struct migration_desk *desk, struct migration_page *page, enum migration_deed deed, struct err *err)
{
    int64_t until_us = loop_now_us(p->loop->loop) + press_us, moved = 0, refused = 0, back = 0;
    enum rc rc;

    do {
        rc = migration_desk_page(desk, &p->db, p->arena, page, deed, err);
        moved += page->moved;
        refused += page->refused;
        back += page->back;
        page->after = page->last;
    } while (rc == RC_OK && page->last > 0 && loop_now_us(p->loop->loop) < until_us);
    page->moved = moved;
    page->refused = refused;
    page->back = back;
    return rc;
}

/* The one that was to go back, and does not: why. */
static void
say_stays(struct page *p, const struct migration_page *page)
{
    const struct json *one = json_path(page->cases, "0.reasons.0");

    p->status = 409;
    words_error(p, "cases", str_fmt(p->arena, "%.*s%.*s%.*s", STR_ARG(page_word(p, "moves_stays")), STR_ARG(page_word(p, "colon")),
                                    STR_ARG(reason_text(p, json_str(one, "reason")))));
}

static enum rc
press(struct page *p, enum migration_deed deed, const char *go_on, struct err *err)
{
    struct migration_page page = {.who = &p->who, .now_us = p->now_us, .most = CASES_AT_ONCE};
    struct migration_desk desk;
    struct migration_row row;
    struct rule_model m;
    enum rc rc = open_plan(p, &m, &desk, &row, err);

    page.model = &m;
    page.number = row.number;
    (void)str_to_int(page_input(p, deed == MIGRATION_DO_BACK_ONE ? "instance" : "after"), &page.after);
    if (rc != RC_OK || (rc = do_pages(p, &desk, &page, deed, err)) != RC_OK) {
        return rc;
    }
    if (deed == MIGRATION_DO_BACK_ONE && page.refused > 0) {
        say_stays(p, &page);
        return show_plan(p, &m, &row, NULL, err);
    }
    json_set_int(p->arena, p->document, "moved", page.moved);
    json_set_int(p->arena, p->document, "refused", page.refused);
    json_set_int(p->arena, p->document, "back", page.back);
    json_set_int(p->arena, p->document, "after", page.last);
    json_set_bool(p->arena, p->document, "more", page.last > 0);
    struct str url = str_fmt(p->arena, "%.*s/%lld?%s=%lld", STR_ARG(moves_url(p, &m, "")), (long long)row.number, go_on, (long long)page.last);
    bool stay = deed == MIGRATION_DO_BACK && page.refused > 0;
    p->location = stay ? str_fmt(p->arena, "%.*s&stay=%lld#run", STR_ARG(url), (long long)page.refused) : str_fmt(p->arena, "%.*s#run", STR_ARG(url));
    return RC_OK;
}

enum rc
moves_run(struct page *p, struct err *err)
{
    return press(p, MIGRATION_DO_MOVE, "after", err);
}

enum rc
moves_back(struct page *p, struct err *err)
{
    return press(p, page_input(p, "instance").len > 0 ? MIGRATION_DO_BACK_ONE : MIGRATION_DO_BACK, "back_after", err);
}
