/*
 * Moves of clocks.  Each reads the row in the transaction of the change, lets the stopwatch count, and stores the row with one more entry of the log.
 */
#include "process/timekeeper_int.h"

#include "base/clock.h"
#include "process/timekeeper_sql.h"

enum { REASONS_MAX = 400 };

const char *
watch_did_name(enum watch_did did)
{
    static const char *const names[] = {"nothing", "start", "pause", "resume", "extend", "stop"};

    CHECK((int)did >= 0 && (size_t)did < sizeof(names) / sizeof(names[0]));
    return names[did];
}

/* --- starting ------------------------------------------------------------------------------------------------------------ */

struct ids {
    int64_t *out;
    size_t count;
};

static enum rc
id_row(const struct row *row, void *ctx, struct err *err)
{
    struct ids *ids = ctx;

    (void)err;
    CHECK(ids->count < WATCH_OPEN_MAX);
    ids->out[ids->count++] = row_int(row, 0);
    return RC_OK;
}

enum rc
timekeeper_open(struct tx *tx, const struct watch_which *w, int64_t out[WATCH_OPEN_MAX], size_t *count, struct err *err)
{
    struct ids ids = {.out = out};
    bool is_of_case = w->instance <= 0;
    struct param whose = is_of_case ? V_TEXT(w->case_no) : V_INT(w->instance);
    const struct param v[] = {whose, V_TEXT(w->name), V_TEXT(w->org), V_INT(WATCH_OPEN_MAX), V_INT(w->scope)};
    enum rc rc = tx_run(tx, is_of_case ? &CLOCKS_OPEN_OF_CASE : &CLOCKS_OPEN_OF_INSTANCE, (struct values){v, is_of_case ? 4 : 5}, id_row,
                        &ids, err);

    if (rc == RC_OK) {
        *count = ids.count;
    }
    return rc;
}

/* One of that name, scope and organisation that is under way already. */
static enum rc
find_same(struct tx *tx, struct arena *a, const struct watch_start *s, bool *is_there, struct watch *out, struct err *err)
{
    int64_t ids[WATCH_OPEN_MAX];
    size_t count;
    const struct watch_which which = {s->case_no, s->instance, s->scope, s->name, s->org};
    enum rc rc = timekeeper_open(tx, &which, ids, &count, err);

    *is_there = false;
    for (size_t i = 0; i < count && rc == RC_OK && !*is_there; i++) {
        struct watch w;
        if ((rc = watch_get(tx, a, ids[i], &w, err)) == RC_OK && w.instance == s->instance && w.scope == s->scope && str_eq(w.org, s->org)) {
            *is_there = true;
            *out = w;
        }
    }
    return rc;
}

static enum rc
check_start(const struct watch_start *s, const struct timelimit *l, struct err *err)
{
    if (l == NULL || l->is_at_least) {
        return err_problem(err, RC_NOT_FOUND, "no-such-limit", "no limit %.*s holds that day", STR_ARG(s->rule));
    }
    if (s->name.len == 0 || (s->case_no.len == 0 && s->instance <= 0)) {
        return err_set(err, RC_INVALID, "a clock needs a name, and a case or an instance");
    }
    if (l->counts_before && s->before_day == 0) {
        return err_problem(err, RC_INVALID, "day-missing", "%.*s counts back from a day that is not said", STR_ARG(s->rule));
    }
    return s->is_promise ? timelimit_check_promise(l, s->value, s->unit, err) : RC_OK;
}

enum rc
timekeeper_start(struct tx *tx, struct arena *a, const struct timekeeper *k, const struct watch_start *s, int64_t now_us,
                 struct watch_change *out, struct err *err)
{
    int64_t at_us = s->at_us != 0 ? s->at_us : now_us;
    int32_t day = instant_day(at_us, k->offset_minutes);
    const struct timelimit *l = timelimit_find(k->limits, s->rule, day);
    struct watch w = {.case_no = s->case_no, .instance = s->instance, .scope = s->scope, .name = s->name, .kind = s->kind, .org = s->org,
                      .part = s->part.len > 0 ? s->part : STR(""), .region = s->region, .rule = s->rule, .rule_day = day, .reasons = STR("")};
    struct almanac_page page;
    bool is_there;
    enum rc rc;

    if ((rc = check_start(s, l, err)) != RC_OK || (rc = find_same(tx, a, s, &is_there, &w, err)) != RC_OK) {
        return rc;
    }
    if (is_there) {
        *out = (struct watch_change){.did = WATCH_NOTHING, .watch = w};
        return RC_OK;
    }
    if ((rc = almanac_at(k->almanac, s->region, &page, err)) != RC_OK) {
        return rc;
    }
    const struct stopwatch_terms terms = {.unit = s->is_promise ? s->unit : l->unit,
                                          .value = s->is_promise ? s->value : l->value,
                                          .counts_before = l->counts_before && !s->is_promise,
                                          .before_day = s->before_day};
    stopwatch_start(&w.time, &terms, page.calendar, stopwatch_moment(terms.unit, at_us, k->offset_minutes));
    w.silence = l->silence;
    const struct watch_entry entry = {.did = "start", .moment = w.time.start, .basis = l->source, .actor = s->actor,
                                      .reason = STR(""), .document = STR(""), .words = STR("")};
    if ((rc = watch_add(tx, k, &w, &page, &entry, now_us, err)) == RC_OK) {
        *out = (struct watch_change){.did = WATCH_START, .watch = w, .basis = l->source, .actor = s->actor,
                                     .reason = STR(""), .document = STR("")};
    }
    return rc;
}

/* --- standing still -------------------------------------------------------------------------------------------------------- */

/* The row and its calendar, counted with it. */
static enum rc
take(struct tx *tx, struct arena *a, const struct timekeeper *k, int64_t id, int64_t now_us, struct watch *w, struct almanac_page *page,
     struct err *err)
{
    enum rc rc = watch_get(tx, a, id, w, err);

    if (rc != RC_OK || (rc = almanac_at(k->almanac, w->region, page, err)) != RC_OK) {
        return rc;
    }
    return watch_catch_up(tx, a, k, w, page, now_us, err);
}

static bool
stands_for(const struct watch *w, struct str reason)
{
    struct str rest = w->reasons, part;

    while (str_next(&rest, ',', &part)) {
        if (str_eq(part, reason)) {
            return true;
        }
    }
    return false;
}

static enum rc
add_reason(struct arena *a, struct watch *w, struct str reason, struct err *err)
{
    if (w->reasons.len + reason.len > REASONS_MAX) {
        return err_set(err, RC_LIMIT, "a clock stands for too many reasons");
    }
    w->reasons = w->reasons.len == 0 ? reason : str_fmt(a, "%.*s,%.*s", STR_ARG(w->reasons), STR_ARG(reason));
    return w->reasons.ptr != NULL ? RC_OK : err_set(err, RC_LIMIT, "no room for a reason");
}

/* reason "": all of them. */
static enum rc
drop_reason(struct arena *a, struct watch *w, struct str reason, struct err *err)
{
    struct str rest = reason.len > 0 ? w->reasons : STR(""), part;
    struct buf b;

    buf_init(&b, a, REASONS_MAX * 2);
    while (str_next(&rest, ',', &part)) {
        if (!str_eq(part, reason)) {
            buf_put(&b, b.len > 0 ? STR(",") : STR(""));
            buf_put(&b, part);
        }
    }
    return buf_finish(&b, &w->reasons, err);
}

static enum rc
refuse_stopped(struct err *err)
{
    return err_problem(err, RC_CONFLICT, "clock-stopped", "the clock is stopped");
}

static struct watch_change
nothing(const struct watch *w)
{
    return (struct watch_change){.did = WATCH_NOTHING, .watch = *w};
}

/* A move of the clock as the log has it and as the caller hears of it. */
static enum rc
store_change(struct tx *tx, const struct timekeeper *k, struct watch *w, const struct almanac_page *page, enum watch_did did,
             const struct watch_entry *given, int64_t now_us, struct watch_change *out, struct err *err)
{
    struct watch_entry e = *given;
    enum rc rc;

    e.did = watch_did_name(did);
    e.moment = did == WATCH_STOP ? w->time.stopped : w->time.anchor;
    if ((rc = watch_save(tx, k, w, page, &e, now_us, err)) == RC_OK) {
        *out = (struct watch_change){.did = did, .watch = *w, .reason = e.reason, .basis = e.basis, .document = e.document,
                                     .actor = e.actor, .amount = did == WATCH_EXTEND ? e.amount : 0};
    }
    return rc;
}

enum rc
timekeeper_pause(struct tx *tx, struct arena *a, const struct timekeeper *k, int64_t id, const struct watch_cause *cause, int64_t now_us,
                 struct watch_change *out, struct err *err)
{
    struct watch w;
    struct almanac_page page;
    enum rc rc = take(tx, a, k, id, now_us, &w, &page, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (w.time.state == STOPWATCH_STOPPED) {
        return refuse_stopped(err);
    }
    const struct timelimit *l = watch_limit(k, &w);
    const struct timelimit_reason *r = l != NULL && !w.time.terms.counts_before ? timelimit_reason_of(l, cause->reason) : NULL;
    if (r == NULL) {
        return err_problem(err, RC_DENIED, "no-pause", "%.*s does not stand still for %.*s", STR_ARG(w.rule), STR_ARG(cause->reason));
    }
    if (stands_for(&w, r->key)) {
        *out = nothing(&w);
        return RC_OK;
    }
    if (r->in_writing && cause->document.len == 0) {
        return err_problem(err, RC_INVALID, "not-told", "for %.*s the applicant has to be told in a document", STR_ARG(r->key));
    }
    const struct watch_entry e = {.amount = w.time.state == STOPWATCH_RUNNING, .reason = r->key, .basis = r->basis,
                                  .document = cause->document, .actor = cause->actor, .words = STR(""),
                                  .told_us = cause->told_us != 0 ? cause->told_us : now_us};
    if ((rc = add_reason(a, &w, r->key, err)) != RC_OK) {
        return rc;
    }
    if (w.time.state == STOPWATCH_RUNNING) {
        stopwatch_pause(&w.time, page.calendar, watch_moment(k, &w, now_us));
    }
    return store_change(tx, k, &w, &page, WATCH_PAUSE, &e, now_us, out, err);
}

enum rc
timekeeper_resume(struct tx *tx, struct arena *a, const struct timekeeper *k, int64_t id, const struct watch_cause *cause, int64_t now_us,
                  struct watch_change *out, struct err *err)
{
    struct watch w;
    struct almanac_page page;
    struct str reason = cause->reason;
    enum rc rc = take(tx, a, k, id, now_us, &w, &page, err);

    if (rc != RC_OK) {
        return rc;
    }
    const struct timelimit *l = watch_limit(k, &w);
    const struct timelimit_reason *r = l != NULL && reason.len > 0 ? timelimit_reason_of(l, reason) : NULL;
    reason = r != NULL ? r->key : reason;
    if (w.time.state != STOPWATCH_PAUSED || (reason.len > 0 && !stands_for(&w, reason))) {
        *out = nothing(&w);
        return RC_OK;
    }
    if ((rc = drop_reason(a, &w, reason, err)) != RC_OK) {
        return rc;
    }
    const struct watch_entry e = {.amount = w.reasons.len == 0, .reason = reason, .basis = r != NULL ? r->basis : STR(""),
                                  .document = cause->document, .actor = cause->actor, .words = STR("")};
    if (w.reasons.len == 0) {
        stopwatch_resume(&w.time, page.calendar, watch_moment(k, &w, now_us));
    }
    return store_change(tx, k, &w, &page, WATCH_RESUME, &e, now_us, out, err);
}

/* --- extending, stopping ----------------------------------------------------------------------------------------------------- */

static enum rc
check_extension(const struct timekeeper *k, const struct watch *w, const struct timelimit *l, const struct watch_extension *x,
                int64_t now_us, struct err *err)
{
    if (w->time.state == STOPWATCH_STOPPED) {
        return refuse_stopped(err);
    }
    if (l == NULL || l->extend_by == 0 || l->unit != w->time.terms.unit) {
        return err_problem(err, RC_DENIED, "no-extension", "%.*s cannot be extended", STR_ARG(w->rule));
    }
    if (w->time.extra > 0) {
        return err_problem(err, RC_CONFLICT, "only-once", "the clock was extended already");
    }
    if (stopwatch_is_over(&w->time, watch_moment(k, w, now_us))) {
        return err_problem(err, RC_CONFLICT, "clock-over", "what is over cannot be extended any more");
    }
    if (x->by < 0 || x->by > l->extend_by) {
        return err_problem(err, RC_INVALID, "extension-longer", "%.*s can be extended by %lld at most", STR_ARG(w->rule),
                           (long long)l->extend_by);
    }
    if (!str_eq(x->approver, l->approver) || x->actor.len == 0) {
        return err_problem(err, RC_DENIED, "not-approved", "an extension of %.*s is approved by %.*s", STR_ARG(w->rule),
                           STR_ARG(l->approver));
    }
    if (x->words.len == 0) {
        return err_problem(err, RC_INVALID, "reason-missing", "the reason of an extension has to be told");
    }
    if (l->extend_in_writing && x->document.len == 0) {
        return err_problem(err, RC_INVALID, "not-told", "of an extension the applicant has to be told in a document");
    }
    return RC_OK;
}

enum rc
timekeeper_extend(struct tx *tx, struct arena *a, const struct timekeeper *k, int64_t id, const struct watch_extension *x, int64_t now_us,
                  struct watch_change *out, struct err *err)
{
    struct watch w;
    struct almanac_page page;
    enum rc rc = take(tx, a, k, id, now_us, &w, &page, err);

    if (rc != RC_OK) {
        return rc;
    }
    const struct timelimit *l = watch_limit(k, &w);
    if ((rc = check_extension(k, &w, l, x, now_us, err)) != RC_OK) {
        return rc;
    }
    const struct watch_entry e = {.amount = x->by > 0 ? x->by : l->extend_by, .reason = x->approver, .basis = l->extend_basis,
                                  .document = x->document, .actor = x->actor, .words = x->words, .told_us = now_us};
    stopwatch_extend(&w.time, page.calendar, e.amount);
    return store_change(tx, k, &w, &page, WATCH_EXTEND, &e, now_us, out, err);
}

enum rc
timekeeper_stop(struct tx *tx, struct arena *a, const struct timekeeper *k, int64_t id, struct str actor, int64_t now_us,
                struct watch_change *out, struct err *err)
{
    const struct watch_cause cause = {.reason = STR(""), .document = STR(""), .actor = actor};

    return timekeeper_stop_for(tx, a, k, id, &cause, now_us, out, err);
}

enum rc
timekeeper_stop_for(struct tx *tx, struct arena *a, const struct timekeeper *k, int64_t id, const struct watch_cause *cause, int64_t now_us,
                    struct watch_change *out, struct err *err)
{
    const struct watch_entry e = {.reason = STR(""), .basis = cause->reason, .document = cause->document, .actor = cause->actor, .words = STR("")};
    struct watch w;
    struct almanac_page page;
    enum rc rc = take(tx, a, k, id, now_us, &w, &page, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (w.time.state == STOPWATCH_STOPPED) {
        *out = nothing(&w);
        return RC_OK;
    }
    stopwatch_stop(&w.time, page.calendar, watch_moment(k, &w, now_us));
    w.reasons = STR("");
    return store_change(tx, k, &w, &page, WATCH_STOP, &e, now_us, out, err);
}

/* --- telling --------------------------------------------------------------------------------------------------------------------- */

static enum rc
log_told(struct tx *tx, const struct timekeeper *k, struct watch *w, const struct watch_pending *p, struct watch_told *out, int64_t now_us,
         struct err *err)
{
    struct watch_entry e = {.did = "warn", .basis = STR(""), .document = STR(""), .actor = STR("system"), .words = STR(""),
                            .moment = watch_moment(k, w, now_us)};
    enum rc rc = RC_OK;

    for (size_t i = 0; i < p->count && rc == RC_OK; i++) {
        e.reason = p->warning[i]->key;
        out->key[out->count++] = e.reason;
        rc = watch_log(tx, w, &e, now_us, err);
    }
    if (p->is_over && rc == RC_OK) {
        e.did = "over";
        e.reason = str_of(timelimit_silence_name(w->silence));
        out->key[out->count++] = STR("over");
        rc = watch_log(tx, w, &e, now_us, err);
    }
    return rc;
}

enum rc
timekeeper_tell(struct tx *tx, struct arena *a, const struct timekeeper *k, int64_t id, int64_t now_us, struct watch_told *out,
                struct err *err)
{
    struct watch_told told = {.count = 0};
    struct watch_pending pending;
    struct almanac_page page;
    int64_t next_us;
    enum rc rc = take(tx, a, k, id, now_us, &told.watch, &page, err);

    if (rc != RC_OK) {
        return rc;
    }
    struct watch *w = &told.watch;
    watch_look(k, w, page.calendar, now_us, &pending, &next_us);
    if ((rc = log_told(tx, k, w, &pending, &told, now_us, err)) != RC_OK) {
        return rc;
    }
    w->told = pending.told;
    w->over_us = pending.is_over ? now_us : w->over_us;
    told.is_over = pending.is_over;
    /* Also where nothing is to be told: what time it was when the row was written last may have been wrong. */
    if ((rc = watch_save(tx, k, w, &page, NULL, now_us, err)) == RC_OK) {
        *out = told;
    }
    return rc;
}
