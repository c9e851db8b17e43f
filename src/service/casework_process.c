/*
 * What processes tell of a case (process/conduct.h), kept in the rows that pages and queues read: which state a part is in, how its clock stands, what
 * was decided.  All of it is written in the transaction of the command that it came of, so that no row says anything else than its process.
 */
#include "process/conduct.h"
#include "process/timekeeper.h"
#include "service/casework.h"
#include "service/casework_int.h"
#include "service/casework_sql.h"
#include "service/oversight.h"
#include "service/proactive.h"

/* --- the parts that are meant ------------------------------------------------------------------------------------ */

static bool
is_done(const struct sub_case *s)
{
    return str_eq(s->view, STR("done"));
}

/* Of a place: the part that it names, or all that have no result yet. */
static bool
is_meant(const struct conduct_place *at, const struct sub_case *s)
{
    return at->part.len > 0 ? str_eq(s->part, at->part) : !is_done(s);
}

static enum rc
read_parts(struct tx *tx, struct arena *a, const struct casework *w, struct str case_no, struct sub_case_reading *out, struct err *err)
{
    *out = (struct sub_case_reading){.work = w, .arena = a, .most = PARTS_MAX, .rows = arena_alloc(a, PARTS_MAX, sizeof(*out->rows))};
    if (out->rows == NULL) {
        return err_set(err, RC_LIMIT, "no room for the parts of a case");
    }
    return tx_run(tx, &SUB_CASES_OF, VALUES(V_TEXT(case_no)), sub_case_read_row, out, err);
}

/* --- states -------------------------------------------------------------------------------------------------------- */

struct coming_to { /* what a part comes to */
    struct str state, zh, en;
    int64_t now_us;
};

static enum rc
come_to(struct tx *tx, const struct casework *w, const struct sub_case *s, const struct coming_to *to, struct err *err)
{
    struct str view = case_state_view(w->states, to->state);
    enum rc rc = tx_run(tx, &SUB_CASE_MARK, VALUES(V_TEXT(s->id), V_TEXT(to->state), V_TEXT(view), V_TEXT(to->zh), V_TEXT(to->en), V_INT(to->now_us)),
                        NULL, NULL, err);

    if (rc == RC_OK && str_eq(view, STR("done")) && !is_done(s)) {
        rc = proactive_decided(tx, s->case_no, str_starts(to->state, STR("granted")), to->now_us, err);
    }
    return rc;
}

static enum rc
mark(struct tx *tx, struct arena *a, const struct conduct_mark *m, void *ctx, struct err *err)
{
    const struct casework *w = ctx;
    const struct coming_to to = {m->value, m->zh, m->en, m->at.now_us};
    struct sub_case_reading parts;
    enum rc rc = read_parts(tx, a, w, m->at.case_no, &parts, err);

    for (size_t i = 0; i < parts.count && rc == RC_OK; i++) {
        rc = is_meant(&m->at, &parts.rows[i]) ? come_to(tx, w, &parts.rows[i], &to, err) : RC_OK;
    }
    return rc;
}

/* --- clocks -------------------------------------------------------------------------------------------------------- */

/* A part goes by its promise once that was started; until then by the clock whose silence accepts it.  All that run stand on the page of the case. */
static enum rc
clock_moved(struct tx *tx, struct arena *a, const struct watch_change *change, const struct conduct_place *at, void *ctx, struct err *err)
{
    const struct casework *w = ctx;
    bool is_promise = change->watch.kind == GOV_PROMISED && !change->watch.time.terms.counts_before;
    struct sub_case_reading parts;
    struct watch before;
    enum rc rc;

    if (change->did != WATCH_START || (!is_promise && change->watch.silence != SILENCE_DEEMED_ACCEPTED)) {
        return RC_OK;
    }
    rc = read_parts(tx, a, w, at->case_no, &parts, err);
    for (size_t i = 0; i < parts.count && rc == RC_OK; i++) {
        const struct sub_case *s = &parts.rows[i];
        if (!is_meant(at, s)) {
            continue;
        }
        before.kind = GOV_STATUTORY;
        if (!is_promise && s->clock != 0 && (rc = watch_get(tx, a, s->clock, &before, err)) != RC_OK) {
            return rc;
        }
        if (is_promise || before.kind != GOV_PROMISED) {
            rc = tx_run(tx, &SUB_CASE_CLOCK, VALUES(V_TEXT(s->id), V_INT(change->watch.id)), NULL, NULL, err);
        }
    }
    return rc;
}

/* --- decisions ------------------------------------------------------------------------------------------------------- */

/* Working days that lie in what was used up: those of natural days, hours and months that ended now. */
static enum rc
used_days(const struct casework *w, const struct watch *watch, int64_t now_us, int64_t *out, struct err *err)
{
    const struct timekeeper *k = conduct_keeper(w->conduct);
    struct almanac_page page;
    enum rc rc = almanac_at(k->almanac, watch->region, &page, err);

    if (rc != RC_OK) {
        return rc;
    }
    int64_t used = stopwatch_used(&watch->time, page.calendar, stopwatch_moment(watch->time.terms.unit, now_us, k->offset_minutes));
    if (watch->time.terms.unit == UNIT_WORKING_DAY) {
        *out = used;
        return RC_OK;
    }
    int32_t today = instant_day(now_us, w->offset_minutes);
    int32_t days = (int32_t)(watch->time.terms.unit == UNIT_HOUR ? used / (INT64_C(24) * 3600 * 1000000) : used);
    *out = days > 0 ? calendar_between(page.calendar, today - days, today) : 0;
    return RC_OK;
}

/* Counted with the decision, so that one that does not come to be counts for nothing. */
static enum rc
count_decision(struct tx *tx, struct arena *a, const struct casework *w, const struct sub_case *s, int64_t now_us, struct err *err)
{
    struct tally one = {.decided = 1};
    struct watch watch = {.kind = GOV_STATUTORY};
    enum rc rc = s->clock != 0 ? watch_get(tx, a, s->clock, &watch, err) : RC_OK;

    if (rc == RC_OK && watch.kind == GOV_PROMISED) {
        one.timed = 1;
        one.late = stopwatch_is_over(&watch.time, stopwatch_moment(watch.time.terms.unit, now_us, w->offset_minutes));
        rc = used_days(w, &watch, now_us, &one.used_days, err);
    }
    return rc != RC_OK ? rc : oversight_count(tx, s->org, instant_day(now_us, w->offset_minutes), &one, err);
}

static enum rc
decided(struct tx *tx, struct arena *a, const struct conduct_decision *d, void *ctx, struct err *err)
{
    const struct casework *w = ctx;
    struct sub_case_reading parts;
    enum rc rc = read_parts(tx, a, w, d->at.case_no, &parts, err);

    for (size_t i = 0; i < parts.count && rc == RC_OK; i++) {
        struct json *decision = json_object(a);
        struct param sealed;
        if (!is_meant(&d->at, &parts.rows[i])) {
            continue;
        }
        json_set_text(a, decision, "result", d->outcome);
        json_set_text(a, decision, "reason", d->reason);
        json_set_text(a, decision, "power", d->power);
        json_set_text(a, decision, "at", instant_text(a, d->at.now_us, w->offset_minutes));
        if ((rc = case_seal(w, a, "decision", parts.rows[i].id, decision, &sealed, err)) == RC_OK &&
            (rc = tx_run(tx, &SUB_CASE_DECIDED, VALUES(V_TEXT(parts.rows[i].id), sealed, V_INT(d->at.now_us), V_INT(d->act)), NULL, NULL,
                         err)) == RC_OK && parts.rows[i].decided_us == 0) { /* decided anew, it is counted no second time */
            rc = count_decision(tx, a, w, &parts.rows[i], d->at.now_us, err);
        }
    }
    return rc;
}

/* --- the end, and when it is none ------------------------------------------------------------------------------------ */

/* The latest decision of any part that comes to that. */
static const struct sub_case *
decided_as(const struct casework *w, const struct sub_case_reading *parts, struct str state)
{
    const struct sub_case *found = NULL;

    for (size_t i = 0; i < parts->count; i++) {
        const struct sub_case *s = &parts->rows[i];
        struct str result = json_str(s->decision, "result");
        bool is_it = s->decision != NULL && (str_eq(result, state) || str_eq(case_state_decided(w->states, result), state));
        found = is_it && (found == NULL || s->decided_us > found->decided_us) ? s : found;
    }
    return found;
}

/* What was decided of the whole is the answer to each of its parts, with the same reason and the same act. */
static enum rc
share_decision(struct tx *tx, struct arena *a, const struct casework *w, const struct sub_case *from, const struct sub_case *to, struct err *err)
{
    struct param sealed;
    enum rc rc = case_seal(w, a, "decision", to->id, from->decision, &sealed, err);

    return rc != RC_OK ? rc
                       : tx_run(tx, &SUB_CASE_DECIDED, VALUES(V_TEXT(to->id), sealed, V_INT(from->decided_us), V_INT(from->decision_act)), NULL,
                                NULL, err);
}

/* A process that was broken off, or has failed, has decided nothing by that. */
static enum rc
ended(struct tx *tx, struct arena *a, const struct conduct_end *end, void *ctx, struct err *err)
{
    const struct casework *w = ctx;
    const struct json *decision = json_get(end->variables, "decision");
    bool has_decision = end->state == INSTANCE_COMPLETED && json_is(decision, JSON_STRING);
    const struct coming_to to = {.state = case_state_ended(w->states, has_decision ? decision->text : STR("")), .zh = STR(""), .en = STR(""),
                                 .now_us = end->at.now_us};
    struct sub_case_reading parts;
    enum rc rc = read_parts(tx, a, w, end->at.case_no, &parts, err);

    for (size_t i = 0; i < parts.count && rc == RC_OK; i++) {
        const struct sub_case *s = &parts.rows[i];
        const struct sub_case *like = decided_as(w, &parts, is_done(s) ? s->state : to.state);
        rc = is_done(s) ? RC_OK : come_to(tx, w, s, &to, err);
        if (rc == RC_OK && s->decision == NULL && like != NULL && !str_starts(to.state, STR("granted"))) {
            rc = share_decision(tx, a, w, like, s, err);
        }
    }
    return rc;
}

/* Opened again after an appeal: the part of the task that is done anew, or all that were done, has no result any more. */
static enum rc
reopened(struct tx *tx, struct arena *a, const struct conduct_place *at, void *ctx, struct err *err)
{
    const struct casework *w = ctx;
    const struct coming_to to = {.state = case_state_reopened(w->states), .zh = STR(""), .en = STR(""), .now_us = at->now_us};
    struct sub_case_reading parts;
    enum rc rc = read_parts(tx, a, w, at->case_no, &parts, err);

    for (size_t i = 0; i < parts.count && rc == RC_OK; i++) {
        const struct sub_case *s = &parts.rows[i];
        bool is_told = at->part.len > 0 ? str_eq(s->part, at->part) : !str_eq(s->state, STR("waived"));
        rc = is_told ? come_to(tx, w, s, &to, err) : RC_OK;
    }
    return rc;
}

/* Silence is counted too: it is acceptance, and nobody's decision. */
static enum rc
told(struct tx *tx, struct arena *a, const struct watch_told *t, int64_t now_us, void *ctx, struct err *err)
{
    const struct casework *w = ctx;
    const struct tally one = {.deemed = 1};

    (void)a;
    if (!t->is_over || t->watch.silence != SILENCE_DEEMED_ACCEPTED) {
        return RC_OK;
    }
    return oversight_count(tx, t->watch.org, instant_day(now_us, w->offset_minutes), &one, err);
}

struct conduct_house
case_house(struct casework *w)
{
    return (struct conduct_house){.ctx = w, .mark = mark, .moved = clock_moved, .decided = decided, .told = told, .ended = ended,
                                  .reopened = reopened, .open = case_open};
}

/* --- how a process begins ------------------------------------------------------------------------------------------------ */

/* "field.area": a path into what is known. */
static const struct json *
known_at(const struct json *known, struct str path)
{
    while (known != NULL && path.len > 0) {
        size_t end = str_find_byte(path, '.');
        known = json_is(known, JSON_OBJECT) ? json_get_key(known, str_sub(path, 0, end)) : NULL;
        path = str_from(path, end < path.len ? end + 1 : end);
    }
    return known;
}

static const char *const of_part[] = {"id", "item", "org", "power", "name_zh", "name_en"};

bool
case_gives(struct str name)
{
    static const char *const given[] = {"case_no", "item", "lead_org", "region", "channel", "promised_days", "applicant", "parts", "certificate"};

    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        if (str_eq(name, str_of(given[i]))) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof(of_part) / sizeof(of_part[0]); i++) {
        if (str_eq(name, str_of(of_part[i]))) {
            return true;
        }
    }
    return false;
}

static struct json *
part_variables(const struct casework *w, struct arena *a, const struct json *part, int promised_days)
{
    const struct org *org = org_by_uscc(w->orgs, json_str(part, "org"));
    struct json *v = json_object(a);

    for (size_t i = 0; i < sizeof(of_part) / sizeof(of_part[0]); i++) {
        json_set_text(a, v, of_part[i], json_str(part, of_part[i]));
    }
    json_set_text(a, v, "region", org != NULL ? org->region : STR(""));
    json_set_bool(a, v, "certificate", json_get(part, "certificate") != NULL);
    json_set_int(a, v, "promised_days", promised_days);
    return v;
}

enum rc
case_variables(const struct case_beginning *b, struct arena *a, struct json **out, struct err *err)
{
    const struct json *document = b->item->document, *bound = json_path(document, "process.variables");
    const struct json *parts = json_get(document, "parts");
    const struct org *lead = org_by_uscc(b->work->orgs, json_str(document, "lead_org"));
    struct json *v = json_object(a), *applicant = json_object(a), *list = json_array(a), *known = json_object(a);
    size_t i = 0;

    json_set_text(a, v, "case_no", b->case_no);
    json_set_text(a, v, "item", b->item->code);
    json_set_text(a, v, "lead_org", json_str(document, "lead_org"));
    json_set_text(a, v, "region", lead != NULL ? lead->region : STR(""));
    json_set_text(a, v, "channel", STR("online"));
    json_set(a, v, "decision", json_null(a)); /* so that it is of the whole process, wherever in it something is decided */
    if (b->promised_days > 0) {
        json_set_int(a, v, "promised_days", b->promised_days); /* of the whole; a part has its own */
    }
    json_set_text(a, applicant, "id", b->subject);
    json_set_text(a, applicant, "kind", STR("person"));
    json_set(a, v, "applicant", applicant);
    for (const struct json *p = parts != NULL ? parts->first : NULL; p != NULL; p = p->next, i++) {
        if (b->share[i].is_handled) {
            json_push(list, part_variables(b->work, a, p, b->limits[i].promised_days));
        }
    }
    json_set(a, v, "parts", list);
    if (bound != NULL && b->item->form != NULL) {
        json_set(a, known, "field", form_facts(b->item->form, a, b->values));
    }
    for (const struct json *one = bound != NULL ? bound->first : NULL; one != NULL; one = one->next) {
        const struct json *value = json_is(one, JSON_STRING) ? known_at(known, one->text) : NULL; /* null says that it is told nothing */
        json_set_key(a, v, one->key, value != NULL ? json_copy(a, value) : json_null(a));
    }
    enum rc rc = json_whole(known, err);
    *out = v;
    return rc != RC_OK ? rc : json_whole(v, err);
}
