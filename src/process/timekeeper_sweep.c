/*
 * What time and newer calendars bring to clocks, by index and some at a time.  Counting anew goes through the log, because what a pause left on
 * the clock was counted with the calendar of its day.
 */
#include "process/timekeeper_int.h"

#include <string.h>

#include "base/clock.h"
#include "process/timekeeper_sql.h"

/* --- pages ------------------------------------------------------------------------------------------------------------- */

struct page {
    struct watch_next *row;
    size_t count, room;
};

static enum rc
next_row(const struct row *row, void *ctx, struct err *err)
{
    struct page *p = ctx;

    (void)err;
    CHECK(p->count < p->room);
    p->row[p->count++] = (struct watch_next){row_int(row, 0), row_int(row, 1)};
    return RC_OK;
}

enum rc
timekeeper_next(const struct db *db, struct arena *a, int64_t now_us, struct watch_next after, int limit, const struct watch_next **out,
                size_t *count, struct err *err)
{
    struct page p = {.room = limit < TIMEKEEPER_PAGE_MAX ? (size_t)limit : TIMEKEEPER_PAGE_MAX};
    enum rc rc;

    CHECK(limit > 0);
    if ((p.row = arena_alloc(a, p.room, sizeof(*p.row))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for a page of clocks");
    }
    rc = store_read(db, &CLOCKS_NEXT_SAME, VALUES(V_INT(after.next_us), V_INT(after.id), V_INT((int64_t)p.room)), next_row, &p, err);
    if (rc == RC_OK && p.count < p.room) {
        rc = store_read(db, &CLOCKS_NEXT, VALUES(V_INT(after.next_us), V_INT(now_us), V_INT((int64_t)(p.room - p.count))), next_row, &p,
                        err);
    }
    if (rc == RC_OK) {
        *out = p.row;
        *count = p.count;
    }
    return rc;
}

/* --- counting anew --------------------------------------------------------------------------------------------------------- */

struct events {
    struct stopwatch_event *event;
    size_t count, room;
    bool is_paused;
};

/* Rows that no clock can have gone through are said to be so: they came from somewhere else. */
static enum rc
event_row(const struct row *row, void *ctx, struct err *err)
{
    struct events *e = ctx;
    struct str did = row_text(row, 1);
    int64_t moment = row_int(row, 3), amount = row_int(row, 4);
    struct stopwatch_event event = {.moment = moment, .by = amount};

    if (str_eq(did, STR("extend"))) {
        event.kind = STOPWATCH_EXTEND;
    } else if (amount == 1 && (str_eq(did, STR("pause")) || str_eq(did, STR("resume")))) {
        event.kind = str_eq(did, STR("pause")) ? STOPWATCH_PAUSE : STOPWATCH_RESUME;
    } else {
        return RC_OK; /* a second reason to stand still, something that was told */
    }
    if (e->count == e->room || (event.kind == STOPWATCH_EXTEND ? amount <= 0 : (event.kind == STOPWATCH_PAUSE) == e->is_paused)) {
        return err_set(err, RC_CORRUPT, "the log of a clock contradicts itself at entry %lld", (long long)row_int(row, 0));
    }
    e->is_paused = event.kind == STOPWATCH_EXTEND ? e->is_paused : event.kind == STOPWATCH_PAUSE;
    e->event[e->count++] = event;
    return RC_OK;
}

static bool
is_same(const struct stopwatch *a, const struct stopwatch *b)
{
    return a->due == b->due && a->used == b->used && a->over == b->over && a->provisional == b->provisional;
}

enum rc
watch_catch_up(struct tx *tx, struct arena *a, const struct timekeeper *k, struct watch *w, const struct almanac_page *page, int64_t now_us,
               struct err *err)
{
    struct watch_entry entry = {.did = "recompute", .moment = watch_moment(k, w, now_us), .reason = STR("calendar"), .basis = STR(""),
                                .document = STR(""), .actor = STR("system"), .words = calendar_version(page->calendar)};
    struct events e = {.room = (size_t)w->entries};
    struct stopwatch anew;
    enum rc rc;

    if (w->time.state == STOPWATCH_STOPPED || w->edition >= page->edition) {
        return RC_OK;
    }
    if ((e.event = arena_alloc(a, e.room + 1, sizeof(*e.event))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for the log of a clock");
    }
    if ((rc = tx_run(tx, &CLOCK_LOG_OF, VALUES(V_INT(w->id)), event_row, &e, err)) != RC_OK) {
        return rc;
    }
    stopwatch_replay(&anew, &w->time.terms, page->calendar, w->time.start, e.event, e.count);
    if (anew.state != w->time.state || anew.extra != w->time.extra) {
        return err_set(err, RC_CORRUPT, "clock %lld is not what its log comes to", (long long)w->id);
    }
    bool is_changed = !is_same(&anew, &w->time);
    w->time = anew;
    if (!stopwatch_is_over(&w->time, watch_moment(k, w, now_us))) {
        w->over_us = 0; /* it was said to be over by days that turned out not to be worked */
    }
    return watch_save(tx, k, w, page, is_changed ? &entry : NULL, now_us, err);
}

struct batch {
    struct arena *arena;
    const struct timekeeper *keeper;
    int64_t now_us;
    struct watch *watch;
    size_t count;
    struct watch_round round; /* as it will be */
    bool more, is_corrupt;
    struct err wrong; /* of one that is corrupt */
};

static enum rc
batch_row(const struct row *row, void *ctx, struct err *err)
{
    struct batch *b = ctx;

    CHECK(b->count < TIMEKEEPER_BATCH);
    return watch_read(row, b->arena, &b->watch[b->count++], err);
}

struct region_found {
    char code[32];
    bool is_found;
};

/* Longer codes than there are would be cut, and then looked at once more. */
static void
copy_code(char out[32], struct str code)
{
    size_t len = code.len < 31 ? code.len : 31;

    memcpy(out, code.ptr, len);
    out[len] = '\0';
}

static enum rc
region_row(const struct row *row, void *ctx, struct err *err)
{
    struct region_found *f = ctx;

    (void)err;
    copy_code(f->code, row_text(row, 0));
    f->is_found = true;
    return RC_OK;
}

/* As many of the region's clocks as the batch still takes. */
static enum rc
catch_up_region(struct tx *tx, struct batch *b, struct str region, size_t done, size_t *took, struct err *err)
{
    struct almanac_page page;
    enum rc rc = almanac_at(b->keeper->almanac, region, &page, err);

    b->count = 0;
    if (rc == RC_OK) {
        rc = tx_run(tx, &CLOCKS_STALE, VALUES(V_TEXT(region), V_INT(page.edition), V_INT((int64_t)(TIMEKEEPER_BATCH - done))), batch_row,
                    b, err);
    }
    for (size_t i = 0; i < b->count && rc == RC_OK; i++) {
        struct err wrong;
        rc = watch_catch_up(tx, b->arena, b->keeper, &b->watch[i], &page, b->now_us, &wrong);
        if (rc == RC_CORRUPT) { /* nothing of it was written, and it must not hold up the others */
            b->is_corrupt = true;
            b->wrong = wrong;
            rc = tx_run(tx, &CLOCK_PASS_OVER, VALUES(V_INT(b->watch[i].id), V_INT(page.edition)), NULL, NULL, err);
        } else if (rc != RC_OK) {
            *err = wrong;
        }
    }
    *took = b->count;
    return rc;
}

static enum rc
batch_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct batch *b = ctx;
    struct region_found region = {.is_found = false};
    size_t done = 0;
    struct str from = str_of(b->round.region);
    enum rc rc = tx_run(tx, &CLOCK_REGION_FROM, VALUES(V_TEXT(from)), region_row, &region, err);

    b->more = b->is_corrupt = false;
    while (rc == RC_OK && region.is_found && !b->more) {
        size_t took = 0;
        rc = catch_up_region(tx, b, str_of(region.code), done, &took, err);
        done += took;
        b->more = done == TIMEKEEPER_BATCH;
        if (rc == RC_OK && !b->more) {
            struct region_found behind = {.is_found = false};
            rc = tx_run(tx, &CLOCK_REGION_BEHIND, VALUES(V_TEXT(str_of(region.code))), region_row, &behind, err);
            region = behind;
        }
    }
    copy_code(b->round.region, b->more ? str_of(region.code) : STR(""));
    return rc;
}

enum rc
timekeeper_recompute(const struct db *db, struct arena *a, const struct timekeeper *k, int64_t now_us, struct watch_round *round, bool *more,
                     struct err *err)
{
    struct batch b = {.arena = a, .keeper = k, .now_us = now_us, .round = *round, .more = false};
    int64_t edition = almanac_edition(k->almanac);
    enum rc rc;

    if (round->edition == edition) {
        *more = false;
        return RC_OK;
    }
    if ((b.watch = arena_alloc(a, TIMEKEEPER_BATCH, sizeof(*b.watch))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for a batch of clocks");
    }
    if ((rc = store_write(db, batch_tx, &b, err)) != RC_OK) {
        return rc;
    }
    if (!b.more) {
        b.round.edition = edition;
    }
    *round = b.round;
    *more = b.more;
    if (b.is_corrupt) {
        *err = b.wrong;
        return RC_CORRUPT;
    }
    return RC_OK;
}
