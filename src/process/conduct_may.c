/* Who may: role, organisation, region, power; in whose place; who did before what a second person looks at. */
#include "base/clock.h"
#include "process/conduct_int.h"
#include "process/conduct_sql.h"

static bool
lies_inside(const struct conduct *c, struct str region, struct str org)
{
    const struct org *o = org_by_uscc(c->config.orgs, org);
    const struct region_table *t = c->config.regions;

    if (region.len == 0 || (t != NULL && region_by_code(t, region) == NULL)) {
        return true; /* no place that the node knows: the organisation decides */
    }
    if (o == NULL) {
        return false;
    }
    return t != NULL ? region_is_inside(t, region, o->region) : str_eq(region, o->region);
}

static enum rc
may_citizen(const struct work *w, const struct conduct_deed *deed, struct err *err)
{
    const struct identity *who = deed->who;

    if (who->role != ROLE_CITIZEN) {
        return err_problem(err, RC_DENIED, "role-missing", "this is for the applicant");
    }
    return w->subject.len > 0 && str_eq(who->subject, w->subject)
               ? RC_OK
               : err_problem(err, RC_DENIED, "not-yours", "this is the case of somebody else");
}

enum rc
conduct_may(const struct conduct *c, const struct work *w, const struct conduct_deed *deed, const struct conduct_ready *ready,
            struct str power, struct doer *out, struct err *err)
{
    const struct identity *who = deed->who;
    bool stands_in = deed->absent.len > 0;
    const struct officer *o = stands_in ? &ready->absent : &who->officer;

    *out = (struct doer){.officer = NULL};
    if (str_eq(w->role, STR("citizen"))) {
        return may_citizen(w, deed, err);
    }
    *out = (struct doer){o, stands_in};
    if (who->role != ROLE_OFFICER || !officer_has_role(&who->officer, ROLE_OFFICER) || !officer_has_role(o, ROLE_OFFICER)) {
        return err_problem(err, RC_DENIED, "role-missing", "this is for an officer");
    }
    if (w->org.len == 0 || !str_eq(o->org, w->org) || !str_eq(who->officer.org, o->org)) {
        return err_problem(err, RC_DENIED, "other-organisation", "this is for another organisation");
    }
    if (!lies_inside(c, w->region, o->org)) {
        return err_problem(err, RC_DENIED, "other-organisation", "this is of a place for which the organisation does not act");
    }
    if (power.len > 0 && !officer_has_power(o, power)) {
        return err_problem(err, RC_DENIED, "power-missing", "%.*s may not use %.*s", STR_ARG(o->id), STR_ARG(power));
    }
    return RC_OK;
}

enum rc
conduct_may_stand_in(const struct conduct *c, struct tx *tx, const struct conduct_deed *deed, const struct conduct_ready *ready,
                     struct err *err)
{
    int32_t today = instant_day(deed->now_us, c->config.offset_minutes);
    int64_t count;
    enum rc rc;

    if (deed->absent.len == 0) {
        return RC_OK;
    }
    rc = tx_int(tx, &ABSENCE_HOLDS, VALUES(V_TEXT(ready->absent.id), V_TEXT(deed->who->officer.id), V_INT(today)), &count, err);
    return rc == RC_OK && count == 0 ? err_problem(err, RC_DENIED, "not-away", "%.*s is not away, or another stands in",
                                                   STR_ARG(deed->absent))
                                     : rc;
}

static enum rc
check_signed(struct tx *tx, const struct db *db, int64_t instance, int64_t scope, struct str element, const struct conduct_deed *deed, struct err *err)
{
    struct str absent = deed->absent.len > 0 ? deed->absent : deed->who->officer.id;
    int64_t count;
    const struct values of = VALUES(V_INT(instance), V_INT(scope), V_TEXT(element), V_TEXT(deed->who->officer.id), V_TEXT(absent));
    enum rc rc = tx != NULL ? tx_int(tx, &SIGNED_BY, of, &count, err) : store_read_int(db, &SIGNED_BY, of, &count, err);

    return rc == RC_OK && count > 0 ? err_problem(err, RC_DENIED, "second-person", "a second person has to do this, who has not done %.*s",
                                                  STR_ARG(element))
                                    : rc;
}

enum rc
conduct_may_second(struct tx *tx, const struct db *db, const struct bpmn *m, const struct work *w, const struct conduct_deed *deed,
                   struct err *err)
{
    const struct gov_element *g = gov_element_by_id(m, w->element);
    enum rc rc = RC_OK;

    if (g->second_person != BPMN_NONE) {
        rc = check_signed(tx, db, w->instance, w->around, m->element[g->second_person].id, deed, err);
    }
    if (rc == RC_OK && g->countersign != NULL && w->multi != 0) {
        rc = check_signed(tx, db, w->instance, w->multi, w->element, deed, err);
    }
    return rc;
}

static bool
is_looked_at(const struct bpmn *m, uint32_t element)
{
    for (uint32_t n = 0; n < m->elements; n++) {
        if (gov_element(m, n)->second_person == element) {
            return true;
        }
    }
    return false;
}

static enum rc
note(struct tx *tx, const struct work *w, int64_t scope, const struct conduct_deed *deed, struct err *err)
{
    const struct str officers[] = {deed->who->officer.id, deed->absent};
    enum rc rc = RC_OK;

    for (size_t n = 0; n < 2 && rc == RC_OK; n++) {
        if (officers[n].len > 0) {
            rc = tx_run(tx, &SIGNED_ADD,
                        VALUES(V_INT(w->instance), V_INT(scope), V_TEXT(w->element), V_TEXT(officers[n]), V_INT(deed->now_us)), NULL, NULL,
                        err);
        }
    }
    return rc;
}

enum rc
conduct_note_signed(struct tx *tx, const struct bpmn *m, const struct work *w, const struct conduct_deed *deed, struct err *err)
{
    uint32_t element = bpmn_find_element(m, w->element);
    enum rc rc = RC_OK;

    if (is_looked_at(m, element)) {
        rc = note(tx, w, w->around, deed, err);
    }
    return rc == RC_OK && w->multi != 0 && gov_element(m, element)->countersign != NULL ? note(tx, w, w->multi, deed, err) : rc;
}

/* --- what data of a person may say ------------------------------------------------------------------------------------------------ */

static bool
uses(const struct bpmn *m, struct gov_value v, struct str name)
{
    if (v.written.len == 0 || v.text == BPMN_NONE) {
        return false;
    }
    const struct bpmn_text *t = &m->text[v.text];
    for (uint32_t n = 0; n < t->names.count; n++) {
        if (str_eq(m->variable[m->use[t->names.first + n]], name)) {
            return true;
        }
    }
    return false;
}

/* Names that say who acts: whatever an assignment, a power or a clock's organisation is calculated from. */
static bool
says_who(const struct bpmn *m, uint32_t element, struct str name)
{
    const struct gov_element *g = gov_element(m, element);
    const struct gov_assignment *who = g->assignment;
    bool found = who != NULL && (uses(m, who->org, name) || uses(m, who->power, name) || uses(m, who->region, name));

    for (size_t n = 0; n < g->outcomes && !found; n++) {
        found = uses(m, g->outcome[n].power, name);
    }
    return found;
}

bool
conduct_is_free(const struct bpmn *m, struct str name)
{
    static const struct str taken[] = {STR_INIT("part"),     STR_INIT("parts"),       STR_INIT("applicant"),     STR_INIT("case_no"),
                                       STR_INIT("lead_org"), STR_INIT("outcome"),     STR_INIT("outcomes"),      STR_INIT("supplements"),
                                       STR_INIT("supplied"), STR_INIT("promised_days"), STR_INIT("region"),      STR_INIT("item"),
                                       STR_INIT("decision"), STR_INIT("channel")};

    for (size_t n = 0; n < sizeof(taken) / sizeof(taken[0]); n++) {
        if (str_eq(taken[n], name)) {
            return false;
        }
    }
    for (uint32_t n = 0; n < m->elements; n++) {
        const struct gov_element *g = gov_element(m, n);
        bool is_result = str_eq(g->result, name) || str_eq(m->element[n].result, name);
        if ((name.len > 0 && is_result) || says_who(m, n, name)) {
            return false;
        }
    }
    for (size_t n = 0; n < gov_clocks(m); n++) {
        if (uses(m, gov_clock(m, n)->org, name)) {
            return false;
        }
    }
    return name.len > 0;
}

struct str
conduct_outcome_power(const struct work *w, const struct gov_outcome *o)
{
    const struct json *own = o != NULL ? json_get_key(json_get(w->detail, "powers"), o->code) : NULL;

    return json_is(own, JSON_STRING) && own->text.len > 0 ? own->text : w->power;
}
