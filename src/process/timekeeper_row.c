/*
 * Rows of clocks: read, and stored with what follows from them (when it is over, when something has to be told next).
 */
#include "process/timekeeper_int.h"

#include "base/clock.h"
#include "process/timekeeper_sql.h"

/* --- reading ---------------------------------------------------------------------------------------------------------- */

static bool
kind_by_name(struct str name, enum gov_clock_kind *out)
{
    for (enum gov_clock_kind kind = GOV_PROMISED; kind <= GOV_DEPARTMENT; kind++) {
        if (str_eq(name, str_of(gov_clock_kind_name(kind)))) {
            *out = kind;
            return true;
        }
    }
    return false;
}

static enum rc
read_words(const struct row *row, struct watch *w, struct err *err)
{
    if (!kind_by_name(row_text(row, 4), &w->kind) || !timelimit_silence_by_name(row_text(row, 9), &w->silence) ||
        !timelimit_unit_by_name(row_text(row, 10), &w->time.terms.unit) || !stopwatch_state_by_name(row_text(row, 20), &w->time.state)) {
        return err_set(err, RC_CORRUPT, "clock %lld: kind, silence, unit or state is unknown", (long long)w->id);
    }
    return RC_OK;
}

enum rc
watch_read(const struct row *row, struct arena *a, struct watch *w, struct err *err)
{
    const struct {
        int column;
        struct str *to;
    } texts[] = {{1, &w->case_no}, {3, &w->name}, {5, &w->org}, {6, &w->region}, {7, &w->rule}, {23, &w->reasons}, {28, &w->calendar}, {32, &w->part}};
    enum rc rc = RC_OK;

    *w = (struct watch){.id = row_int(row, 0), .instance = row_int(row, 2), .rule_day = (int32_t)row_int(row, 8)};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && rc == RC_OK; i++) {
        rc = row_copy_text(row, texts[i].column, a, texts[i].to, err);
    }
    if (rc != RC_OK || (rc = read_words(row, w, err)) != RC_OK) {
        return rc;
    }
    w->time.terms.value = row_int(row, 11);
    w->time.terms.counts_before = row_int(row, 12) != 0;
    w->time.terms.before_day = (int32_t)row_int(row, 13);
    w->time.extra = row_int(row, 14);
    w->time.start = row_int(row, 15);
    w->time.used = row_int(row, 16);
    w->time.anchor = row_int(row, 17);
    w->time.due = row_int(row, 18);
    w->time.stopped = row_int(row, 19);
    w->time.over = row_int(row, 21) != 0;
    w->time.provisional = row_int(row, 22) != 0;
    w->told = row_int(row, 24);
    w->over_us = row_int(row, 25);
    w->due_us = row_int(row, 26);
    w->next_us = row_int(row, 27);
    w->edition = row_int(row, 29);
    w->entries = row_int(row, 30);
    w->scope = row_int(row, 31);
    return RC_OK;
}

enum rc
watch_row(const struct row *row, void *ctx, struct err *err)
{
    struct watch_found *f = ctx;

    f->is_found = true;
    return watch_read(row, f->arena, &f->watch, err);
}

enum rc
watch_get(struct tx *tx, struct arena *a, int64_t id, struct watch *out, struct err *err)
{
    struct watch_found f = {.arena = a};
    enum rc rc = tx_run(tx, &CLOCK_BY_ID, VALUES(V_INT(id)), watch_row, &f, err);

    if (rc == RC_OK && !f.is_found) {
        return err_problem(err, RC_NOT_FOUND, "no-such-clock", "there is no clock %lld", (long long)id);
    }
    if (rc == RC_OK) {
        *out = f.watch;
    }
    return rc;
}

enum rc
watch_latest(struct tx *tx, struct arena *a, int64_t instance, int64_t scope, struct str name, bool *is_there, struct watch *out,
             struct err *err)
{
    struct watch_found f = {.arena = a};
    enum rc rc = tx_run(tx, &CLOCK_LATEST, VALUES(V_INT(instance), V_TEXT(name), V_INT(scope)), watch_row, &f, err);

    if (rc == RC_OK) {
        *is_there = f.is_found;
        *out = f.watch;
    }
    return rc;
}

const struct timelimit *
watch_limit(const struct timekeeper *k, const struct watch *w)
{
    return timelimit_find(k->limits, w->rule, w->rule_day);
}

int64_t
watch_moment(const struct timekeeper *k, const struct watch *w, int64_t instant_us)
{
    return stopwatch_moment(w->time.terms.unit, instant_us, k->offset_minutes);
}

/* --- what is to be told ------------------------------------------------------------------------------------------------- */

/* When a warning is due; 0: not as things are. */
static int64_t
warning_us(const struct timekeeper *k, const struct watch *w, const struct calendar *c, int64_t threshold, int64_t now_us)
{
    if (w->time.state == STOPWATCH_PAUSED) {
        return threshold <= w->time.used ? now_us : 0;
    }
    return stopwatch_begin_us(w->time.terms.unit, stopwatch_reach(&w->time, c, threshold), k->offset_minutes);
}

static int64_t
over_us(const struct watch *w, int64_t now_us)
{
    if (w->time.state == STOPWATCH_PAUSED) {
        return w->time.over ? now_us : 0;
    }
    return w->due_us;
}

static void
add_in_order(const struct watch *w, struct watch_pending *p, const struct timelimit_warning *warning)
{
    size_t i = p->count;

    if (i == WATCH_TOLD_MAX - 1) {
        return;
    }
    while (i > 0 && stopwatch_threshold(&w->time, p->warning[i - 1]) > stopwatch_threshold(&w->time, warning)) {
        p->warning[i] = p->warning[i - 1];
        i--;
    }
    p->warning[i] = warning;
    p->count++;
}

void
watch_look(const struct timekeeper *k, const struct watch *w, const struct calendar *c, int64_t now_us, struct watch_pending *pending,
           int64_t *next_us)
{
    const struct timelimit *limit = watch_limit(k, w);
    size_t count = limit != NULL ? limit->warnings : 0;
    const struct timelimit_warning *warning = limit != NULL ? limit->warning : timelimit_warnings(k->limits, &count);
    int64_t at_us = over_us(w, now_us);

    *pending = (struct watch_pending){.told = w->told};
    *next_us = 0;
    if (w->time.state == STOPWATCH_STOPPED || w->over_us != 0) {
        return;
    }
    if (at_us != 0 && at_us <= now_us) {
        pending->is_over = true;
    } else {
        *next_us = at_us;
    }
    for (size_t i = 0; i < count; i++) {
        int64_t threshold = stopwatch_threshold(&w->time, &warning[i]);
        if (threshold <= w->told || (at_us = warning_us(k, w, c, threshold, now_us)) == 0) {
            continue;
        }
        if (at_us <= now_us) {
            add_in_order(w, pending, &warning[i]);
            pending->told = threshold > pending->told ? threshold : pending->told;
        } else if (*next_us == 0 || at_us < *next_us) {
            *next_us = at_us;
        }
    }
}

/* --- storing -------------------------------------------------------------------------------------------------------------- */

/* What is still to be told now comes up at once, whatever it is. */
static void
work_out(const struct timekeeper *k, struct watch *w, const struct almanac_page *page, int64_t now_us)
{
    struct watch_pending pending;

    w->calendar = calendar_version(page->calendar);
    w->edition = page->edition;
    w->due_us = stopwatch_end_us(w->time.terms.unit, w->time.due, k->offset_minutes);
    watch_look(k, w, page->calendar, now_us, &pending, &w->next_us);
    if (pending.count > 0 || pending.is_over) {
        w->next_us = now_us;
    }
}

enum rc
watch_log(struct tx *tx, struct watch *w, const struct watch_entry *e, int64_t now_us, struct err *err)
{
    w->entries++;
    return tx_run(tx, &CLOCK_LOG_ADD,
                  VALUES(V_INT(w->id), V_INT(w->entries), V_TEXT(str_of(e->did)), V_INT(now_us), V_INT(e->moment), V_INT(e->amount),
                         V_TEXT(e->reason), V_TEXT(e->basis), V_TEXT(e->document), V_INT(e->told_us), V_TEXT(e->actor),
                         V_TEXT(e->words), V_INT(w->time.used), V_INT(w->due_us), V_INT(w->time.provisional), V_TEXT(w->calendar)),
                  NULL, NULL, err);
}

enum rc
watch_save(struct tx *tx, const struct timekeeper *k, struct watch *w, const struct almanac_page *page, const struct watch_entry *entry,
           int64_t now_us, struct err *err)
{
    const struct stopwatch *t = &w->time;
    enum rc rc;

    work_out(k, w, page, now_us);
    if (entry != NULL && (rc = watch_log(tx, w, entry, now_us, err)) != RC_OK) {
        return rc;
    }
    return tx_run(tx, &CLOCK_SAVE,
                  VALUES(V_INT(w->id), V_INT(t->extra), V_INT(t->used), V_INT(t->anchor), V_INT(t->due), V_INT(t->stopped),
                         V_TEXT(str_of(stopwatch_state_name(t->state))), V_INT(t->over), V_INT(t->provisional), V_TEXT(w->reasons),
                         V_INT(w->told), V_INT(w->over_us), V_INT(w->due_us), V_INT(w->next_us), V_TEXT(w->calendar),
                         V_INT(w->edition), V_INT(w->entries)),
                  NULL, NULL, err);
}

enum rc
watch_add(struct tx *tx, const struct timekeeper *k, struct watch *w, const struct almanac_page *page, const struct watch_entry *entry,
          int64_t now_us, struct err *err)
{
    const struct stopwatch *t = &w->time;
    enum rc rc = tx_int(tx, &CLOCK_LAST, NO_VALUES, &w->id, err);

    if (rc != RC_OK) {
        return rc;
    }
    w->id++;
    w->entries = 1;
    work_out(k, w, page, now_us);
    if ((rc = tx_run(tx, &CLOCK_ADD,
                     VALUES(V_INT(w->id), V_TEXT(w->case_no), V_INT(w->instance), V_TEXT(w->name),
                            V_TEXT(str_of(gov_clock_kind_name(w->kind))), V_TEXT(w->org), V_TEXT(w->region), V_TEXT(w->rule),
                            V_INT(w->rule_day), V_TEXT(str_of(timelimit_silence_name(w->silence))),
                            V_TEXT(str_of(timelimit_unit_name(t->terms.unit))), V_INT(t->terms.value), V_INT(t->terms.counts_before),
                            V_INT(t->terms.before_day), V_INT(t->extra), V_INT(t->start), V_INT(t->used), V_INT(t->anchor),
                            V_INT(t->due), V_TEXT(w->part), V_TEXT(str_of(stopwatch_state_name(t->state))), V_INT(t->over),
                            V_INT(t->provisional), V_TEXT(w->reasons), V_INT(w->told), V_INT(w->over_us), V_INT(w->due_us),
                            V_INT(w->next_us), V_TEXT(w->calendar), V_INT(w->edition), V_INT(w->entries), V_INT(w->scope)),
                     NULL, NULL, err)) != RC_OK) {
        return rc;
    }
    w->entries = 0;
    return watch_log(tx, w, entry, now_us, err);
}
