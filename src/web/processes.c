/*
 * What processes have and rules have not: two versions side by side, and a check for programs and for the designer while something is drawn.
 */
#include "web/rules_int.h"

/* --- two versions --------------------------------------------------------------------------------------- */

static bool
may_see(const struct page *p, const struct rule_version *v)
{
    return v->state == RULE_PUBLISHED || json_true(p->document, "is_own");
}

/* The versions that can be chosen, newest first; which ones are, if nothing is said: the last and the one that it was made from. */
static enum rc
put_choices(struct page *p, const struct rule_model *m, int64_t *from, int64_t *to, struct err *err)
{
    struct json *list = json_array(p->arena);
    const struct rule_version *v;
    size_t count;
    enum rc rc = rule_versions(&p->db, p->arena, m->id, 0, RULES_VERSIONS_SHOWN, &v, &count, err);

    for (size_t i = 0; i < count && rc == RC_OK; i++) {
        if (may_see(p, &v[i])) {
            *to = *to > 0 ? *to : v[i].number;
            *from = *from > 0 || v[i].number != *to ? *from : v[i].base;
        }
    }
    for (size_t i = 0; i < count && rc == RC_OK; i++) {
        struct json *d = json_object(p->arena);
        if (!may_see(p, &v[i])) {
            continue;
        }
        json_set_int(p->arena, d, "number", v[i].number);
        json_set_bool(p->arena, d, "is_from", v[i].number == *from);
        json_set_bool(p->arena, d, "is_to", v[i].number == *to);
        json_push(list, d);
    }
    json_set(p->arena, p->document, "versions", list);
    return rc;
}

static enum rc
text_of(struct page *p, const struct rule_model *m, int64_t number, struct str *out, struct err *err)
{
    struct rule_version v;
    enum rc rc = rule_version_get(&p->db, p->arena, m->id, number, &v, err);

    if (rc == RC_OK && !may_see(p, &v)) {
        return err_problem(err, RC_NOT_FOUND, "no-such-rule", "a version that is not published");
    }
    if (rc == RC_OK) {
        *out = v.xml;
    }
    return rc;
}

enum rc
processes_compare(struct page *p, struct err *err)
{
    int64_t from = 0, to = 0;
    struct processes_wish wish = {.xml = STR("")};
    struct rule_model m;
    enum rc rc;

    if ((rc = rules_open(p, &m, err)) != RC_OK) {
        return rc;
    }
    (void)str_to_int(page_query(p, "from"), &from);
    (void)str_to_int(page_query(p, "to"), &to);
    if ((rc = put_choices(p, &m, &from, &to, err)) != RC_OK) {
        return rc;
    }
    words_back(p, rules_url(p, m.id, ""), json_str(p->document, "title"));
    json_set_int(p->arena, p->document, "from", from);
    json_set_int(p->arena, p->document, "to", to);
    if (from == 0 || to == 0) {
        return RC_OK; /* there is only one */
    }
    if ((rc = text_of(p, &m, from, &wish.base, err)) != RC_OK || (rc = text_of(p, &m, to, &wish.xml, err)) != RC_OK) {
        return rc;
    }
    return processes_look(p, &wish, p->document, err);
}

/* --- a check while something is drawn ------------------------------------------------------------------------ */

enum rc
processes_door_check(struct page *p, struct err *err)
{
    struct processes_wish wish = {.wants_findings = true};
    bool is_desk = false;
    enum rc rc;

    if (p->web->modelbook == NULL) {
        return err_set(err, RC_NOT_FOUND, "no processes are kept here");
    }
    if ((rc = rule_is_desk(&p->db, &p->who, RULE_BPMN, &is_desk, err)) != RC_OK) {
        return rc;
    }
    if (!is_desk) {
        return err_problem(err, RC_DENIED, "power-missing", "for officers who lay down processes");
    }
    if ((rc = rules_read_form(p, err)) != RC_OK) {
        return rc;
    }
    wish.xml = json_str(p->input, "model");
    wish.base = json_str(p->input, "base");
    if (wish.xml.len == 0) {
        return err_set(err, RC_INVALID, "a model is needed");
    }
    return processes_look(p, &wish, p->document, err);
}
