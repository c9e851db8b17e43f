/* Running cases moved to another version of their process: a plan tried, proposed, consented to, done page by page, and taken back; as JSON. */
#include "process/migration_desk.h"
#include "web/rules_int.h"

enum { PAGE_CASES = 100, PAGE_PLANS = 50 };

/* The process that the address names, for those who lay it down. */
static enum rc
open_process(struct page *p, struct rule_model *m, struct migration_desk *desk, struct err *err)
{
    enum rc rc;

    if (p->web->modelbook == NULL || p->web->runtime == NULL) {
        return err_set(err, RC_NOT_FOUND, "no processes run here");
    }
    *desk = (struct migration_desk){p->web->modelbook, p->web->runtime};
    rc = rule_model_get(&p->db, p->arena, RULE_BPMN, p->param[0], m, err);
    return rc != RC_OK ? rc : rule_admits(m, &p->who, err);
}

/* And a body with the plan. */
static enum rc
open_with_plan(struct page *p, struct rule_model *m, struct migration_desk *desk, const struct json **plan, struct err *err)
{
    enum rc rc;

    if ((rc = open_process(p, m, desk, err)) != RC_OK || (rc = rules_read_form(p, err)) != RC_OK) {
        return rc;
    }
    *plan = json_get(p->input, "plan");
    return *plan != NULL ? RC_OK : err_set(err, RC_INVALID, "a plan is needed");
}

static enum rc
open_number(struct page *p, struct rule_model *m, struct migration_desk *desk, int64_t *number, struct err *err)
{
    enum rc rc = open_process(p, m, desk, err);

    if (rc == RC_OK && (!str_to_int(p->param[1], number) || *number < 1)) {
        return err_problem(err, RC_NOT_FOUND, "no-such-migration", "no plan of that number");
    }
    return rc;
}

/* A number that a form sends as text and a program as a number. */
static int64_t
number_of(const struct page *p, const char *name, int64_t otherwise)
{
    int64_t number = json_int_or(p->input, name, otherwise);
    struct str text = page_input(p, name);

    return text.len > 0 && !str_to_int(text, &number) ? otherwise : number;
}

/* What is wrong with a plan is said at its field: in words, and where in the plan. */
static enum rc
say_plan(struct page *p, enum rc rc, const struct err *err)
{
    struct str type = rc == RC_INVALID ? str_of(err->type) : STR("");
    struct buf b;
    struct str key;
    struct err full;

    if (!str_starts(type, STR("plan-"))) {
        return rc;
    }
    buf_init(&b, p->arena, 100);
    buf_put(&b, STR("problem_plan_"));
    buf_put(&b, str_from(type, 5));
    buf_put_fmt(&b, "_title%c", '\0');
    if (buf_finish(&b, &key, &full) != RC_OK) {
        return rc;
    }
    struct str title = page_word(p, key.ptr);
    p->status = 422;
    words_error(p, "plan", str_fmt(p->arena, "%.*s: %s", STR_ARG(title), err->text));
    return RC_OK;
}

/* --- plans ----------------------------------------------------------------------------------------------- */

enum rc
migrations_list(struct page *p, struct err *err)
{
    struct migration_desk desk;
    struct rule_model m;
    struct json *list;
    int64_t before = 0;
    enum rc rc = open_process(p, &m, &desk, err);

    (void)str_to_int(page_query(p, "before"), &before);
    if (rc != RC_OK || (rc = migration_list(&p->db, p->arena, m.id, before, PAGE_PLANS, &list, err)) != RC_OK) {
        return rc;
    }
    json_set(p->arena, p->document, "migrations", list);
    return RC_OK;
}

enum rc
migrations_try(struct page *p, struct err *err)
{
    struct migration_desk desk;
    const struct json *plan;
    struct rule_model m;
    struct str key;
    enum rc rc = open_with_plan(p, &m, &desk, &plan, err);

    if (rc != RC_OK) {
        return rc;
    }
    key = json_str(json_get(plan, "source"), "key");
    if (!str_eq(key, rule_key(m.id))) {
        return err_problem(err, RC_INVALID, "plan-other", "the plan is for another process");
    }
    const struct migration_wish wish = {.plan = plan, .models = STR(""), .day = p->today, .after = number_of(p, "after", 0), .now_us = p->now_us};
    rc = migration_desk_try(&desk, &p->db, p->arena, &wish, &p->document, err);
    return say_plan(p, rc, err);
}

enum rc
migrations_propose(struct page *p, struct err *err)
{
    struct migration_proposal proposal = {.day = p->today, .now_us = p->now_us};
    struct migration_desk desk;
    struct rule_model m;
    enum rc rc = open_with_plan(p, &m, &desk, &proposal.plan, err);

    if (rc != RC_OK) {
        return rc;
    }
    proposal.reason = page_input(p, "reason");
    if ((rc = migration_desk_propose(&desk, &p->db, p->arena, &m, &p->who, &proposal, err)) != RC_OK) {
        return say_plan(p, rc, err);
    }
    json_set_int(p->arena, p->document, "number", proposal.number);
    json_set_int(p->arena, p->document, "act", proposal.act.index);
    json_set(p->arena, p->document, "report", json_copy(p->arena, proposal.report));
    return RC_OK;
}

enum rc
migrations_show(struct page *p, struct err *err)
{
    struct migration_desk desk;
    struct migration_row row;
    struct rule_model m;
    int64_t number;
    enum rc rc = open_number(p, &m, &desk, &number, err);

    if (rc == RC_OK && (rc = migration_get(&p->db, p->arena, m.id, number, &row, err)) == RC_OK) {
        p->document = migration_row_json(p->arena, &row);
    }
    return rc;
}

enum rc
migrations_settle(struct page *p, struct err *err)
{
    static const struct {
        const char *word;
        enum migration_state state;
    } verdicts[] = {{"consent", MIGRATION_CONSENTED}, {"reject", MIGRATION_REJECTED}, {"withdraw", MIGRATION_WITHDRAWN}};
    struct migration_settling s = {.verdict = MIGRATION_PROPOSED, .now_us = p->now_us};
    struct migration_desk desk;
    struct rule_model m;
    enum rc rc = open_number(p, &m, &desk, &s.number, err);

    for (size_t n = 0; n < sizeof(verdicts) / sizeof(verdicts[0]); n++) {
        s.verdict = str_eq(page_input(p, "verdict"), str_of(verdicts[n].word)) ? verdicts[n].state : s.verdict;
    }
    if (rc == RC_OK && s.verdict == MIGRATION_PROPOSED) {
        return err_set(err, RC_INVALID, "a verdict is consent, reject or withdraw");
    }
    s.sha256 = page_input(p, "sha256");
    s.reason = page_input(p, "reason");
    if (rc == RC_OK && (rc = migration_settle(&p->db, p->arena, &m, &p->who, &s, err)) == RC_OK) {
        json_set_int(p->arena, p->document, "act", s.act.index);
    }
    return rc;
}

/* --- cases ------------------------------------------------------------------------------------------------ */

static enum rc
do_page(struct page *p, enum migration_deed deed, struct err *err)
{
    struct migration_page page = {.who = &p->who, .now_us = p->now_us, .most = PAGE_CASES, .after = number_of(p, "after", 0)};
    struct migration_desk desk;
    struct rule_model m;
    enum rc rc = open_number(p, &m, &desk, &page.number, err);
    int64_t one = number_of(p, "instance", 0);

    page.model = &m;
    if (deed == MIGRATION_DO_BACK && one > 0) {
        deed = MIGRATION_DO_BACK_ONE;
        page.after = one;
    }
    if (rc != RC_OK || (rc = migration_desk_page(&desk, &p->db, p->arena, &page, deed, err)) != RC_OK) {
        return rc;
    }
    json_set_int(p->arena, p->document, "moved", page.moved);
    json_set_int(p->arena, p->document, "refused", page.refused);
    json_set_int(p->arena, p->document, "back", page.back);
    json_set_int(p->arena, p->document, "after", page.last);
    json_set_bool(p->arena, p->document, "more", page.last > 0);
    json_set(p->arena, p->document, "cases", page.cases);
    return RC_OK;
}

enum rc
migrations_run(struct page *p, struct err *err)
{
    return do_page(p, MIGRATION_DO_MOVE, err);
}

enum rc
migrations_back(struct page *p, struct err *err)
{
    return do_page(p, MIGRATION_DO_BACK, err);
}

enum rc
migrations_cases(struct page *p, struct err *err)
{
    struct migration_desk desk;
    struct migration_row row;
    struct rule_model m;
    int64_t number, after = 0;
    enum rc rc = open_number(p, &m, &desk, &number, err);

    (void)str_to_int(page_query(p, "after"), &after);
    if (rc != RC_OK || (rc = migration_get(&p->db, p->arena, m.id, number, &row, err)) != RC_OK) { /* one of this process */
        return rc;
    }
    return migration_cases(&p->db, p->arena, number, after, PAGE_CASES, &p->document, err);
}
