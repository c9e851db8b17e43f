/*
 * Rules for programs of officers: expressions, decisions, checks, cases and schemas, within the limits of a run.  Nothing is kept, and nothing of
 * what is asked is law: what decides in a case goes through process/counsel.h.
 */
#include "web/rules_int.h"

/* For those who may lay down rules, of whichever organisation. */
static enum rc
check_desk(struct page *p, struct err *err)
{
    bool is_desk = false;
    enum rc rc;

    if (p->web->rulings == NULL) {
        return err_set(err, RC_NOT_FOUND, "no rules are kept here");
    }
    if ((rc = rule_is_desk(&p->db, &p->who, RULE_DMN, &is_desk, err)) != RC_OK) {
        return rc;
    }
    return is_desk ? RC_OK : err_problem(err, RC_DENIED, "power-missing", "for officers who lay down rules");
}

/* Who may not ask is told so before anything of theirs is held. */
static enum rc
open_door(struct page *p, struct err *err)
{
    enum rc rc = check_desk(p, err);

    return rc != RC_OK ? rc : rules_read_form(p, err);
}

/* "model": its text, or "key" of one that is kept, with the "version" or else what holds today. */
static enum rc
find_text(struct page *p, struct ruling_text *out, struct err *err)
{
    struct str model = json_str(p->input, "model"), key = page_input(p, "key");
    struct rule_held held = {.number = json_int_or(p->input, "version", 0)};
    struct rule_version v;
    enum rc rc;

    if (model.len > 0 || key.len == 0) {
        *out = rules_other_text(p, model);
        return model.len > 0 ? RC_OK : err_set(err, RC_INVALID, "a model or the key of one is needed");
    }
    if ((held.number == 0 && (rc = rule_in_force(&p->db, p->arena, key, p->today, &held, err)) != RC_OK) ||
        (rc = rule_version_get(&p->db, p->arena, key, held.number, &v, err)) != RC_OK) {
        return rc;
    }
    if (v.state != RULE_PUBLISHED) {
        return err_problem(err, RC_NOT_FOUND, "no-such-rule", "a version that is not published");
    }
    *out = rules_version_text(p, &v);
    return RC_OK;
}

enum rc
rules_door_eval(struct page *p, struct err *err)
{
    enum rc rc = open_door(p, err);

    if (rc == RC_OK && json_str(p->input, "feel").len == 0) {
        return err_set(err, RC_INVALID, "an expression is needed");
    }
    return rc != RC_OK ? rc
                       : ruling_feel(p->web->rulings, &p->db, p->arena, json_str(p->input, "feel"),
                                     json_get(p->input, "context"), p->now_us, &p->document, err);
}

enum rc
rules_door_dmn(struct page *p, struct err *err)
{
    struct ruling_question q = {.now_us = p->now_us};
    enum rc rc;

    if ((rc = open_door(p, err)) != RC_OK || (rc = find_text(p, &q.text, err)) != RC_OK) {
        return rc;
    }
    q.decision = page_input(p, "decision");
    q.inputs = json_get(p->input, "input");
    q.wants_reasons = json_true(p->input, "explain");
    return ruling_decide(p->web->rulings, &p->db, p->arena, &q, &p->document, err);
}

enum rc
rules_door_check(struct page *p, struct err *err)
{
    struct ruling_wish wish = {.wants_findings = true};
    enum rc rc;

    if ((rc = open_door(p, err)) != RC_OK || (rc = find_text(p, &wish.text, err)) != RC_OK) {
        return rc;
    }
    wish.base = rules_other_text(p, json_str(p->input, "base"));
    return ruling_look(p->web->rulings, &p->db, p->arena, &wish, &p->document, err);
}

enum rc
rules_door_test(struct page *p, struct err *err)
{
    struct rule_cases cases;
    struct ruling_text text;
    enum rc rc;

    if ((rc = open_door(p, err)) != RC_OK || (rc = find_text(p, &text, err)) != RC_OK) {
        return rc;
    }
    cases.document = json_str(p->input, "cases");
    if (cases.document.len == 0 &&
        (rc = rule_cases_get(&p->db, p->arena, page_input(p, "key"), &cases, err)) != RC_OK) {
        return rc;
    }
    if (cases.document.len == 0) {
        return err_set(err, RC_INVALID, "cases are needed");
    }
    return ruling_test(p->web->rulings, &p->db, p->arena, &text, cases.document, p->now_us, &p->document, err);
}

enum rc
rules_door_schema(struct page *p, struct err *err)
{
    enum rc rc = open_door(p, err);
    const struct json *schema = json_get(p->input, "schema"), *document = json_get(p->input, "document");

    if (rc == RC_OK && (schema == NULL || document == NULL)) {
        return err_set(err, RC_INVALID, "a schema and a document are needed");
    }
    return rc != RC_OK ? rc
                       : ruling_schema(p->web->rulings, &p->db, p->arena, schema, document, p->today, &p->document, err);
}
