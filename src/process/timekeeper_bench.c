/*
 * timekeeper_bench - clocks at 1,000,000 open cases beside 1,000, in turns in one run: what a page, a case and a move cost must not grow with the store.
 *
 *     page of 100 to be told    timekeeper_next at the front of a long queue, and behind its middle
 *     page of 50 due            timekeeper_due of one organisation, as documents in both languages
 *     clocks of a case          timekeeper_view
 *     a life                    start, pause, resume, stop: four entries, in one write
 *     a clock told              a hundred in one write
 *     clocks counted anew       a batch under another calendar, against the longest that a user's write should wait
 *
 * The large store is filled by copies of clocks that the program itself started on 200 days; every tenth organisation is the one that looks.
 */
#include <stdio.h>

#include "base/asset.h"
#include "base/bench.h"
#include "base/clock.h"
#include "base/mem.h"
#include "process/timekeeper_view.h"
#include "store/fixture.h"

enum { MANY = 1000000, FEW = 1000, DAYS = 200, ORGS = 10, ROUNDS = 9, OFFSET = 480, TOLD = 100, LIVES = 50, BATCHES = 20 };

struct hall {
    struct fixture fixture;
    struct arena *arena;
    struct timelimits *limits;
    struct almanac *almanac;
    struct timekeeper keeper;
    int64_t first_us, now_us;
    int lives;
};

static int64_t
noon(const char *text)
{
    struct err err;
    int32_t day = 0;

    bench_need(day_parse(str_of(text), &day, &err), &err);
    return day_start_us(day, OFFSET) + INT64_C(12) * 3600 * 1000000;
}

/* --- filling ------------------------------------------------------------------------------------------------------------ */

struct calendars {
    struct hall *hall;
    const struct json *document;
};

static enum rc
put_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct calendars *c = ctx;
    bool is_new;

    return almanac_put(tx, c->hall->arena, c->document, 1, &is_new, err);
}

static void
put(struct hall *h, const struct json *document)
{
    struct calendars c = {h, document};
    struct err err;

    bench_need(store_write(&h->fixture.db, put_tx, &c, &err), &err);
}

static enum rc
seeds_tx(struct tx *tx, void *ctx, struct err *err)
{
    static const char *const rules[] = {"permit.decide", "permit.joint", "property.register", "disclosure.reply"};
    struct hall *h = ctx;
    enum rc rc = RC_OK;

    for (int i = 0; i < DAYS && rc == RC_OK; i++) {
        struct watch_change change;
        struct watch_start s = {.case_no = str_fmt(h->arena, "seed-%d", i), .name = STR("law"), .region = STR("990102"),
                                .org = str_fmt(h->arena, "org-%d", i % ORGS), .rule = str_of(rules[i % 4]), .kind = GOV_STATUTORY,
                                .actor = STR("officer:1")};
        rc = timekeeper_start(tx, h->arena, &h->keeper, &s, h->first_us + (int64_t)i * 86400000000, &change, err);
    }
    return rc;
}

static void
fill(struct hall *h, enum fixture_kind kind, int64_t clocks)
{
    struct json *document;
    struct err err;

    fixture_new(&h->fixture, kind);
    h->arena = arena_new((size_t)1 << 30);
    h->first_us = noon("2026-06-01");
    h->now_us = noon("2026-12-28");
    bench_need(asset_json(h->arena, "demo/calendar/cn.json", &document, &err), &err);
    put(h, document);
    bench_need(asset_json(h->arena, "demo/clocks.json", &document, &err), &err);
    bench_need(timelimits_load(h->arena, document, &h->limits, &err), &err);
    bench_need(almanac_open(&h->fixture.db, NULL, &h->almanac, &err), &err);
    h->keeper = (struct timekeeper){h->limits, h->almanac, OFFSET};
    bench_need(store_write(&h->fixture.db, seeds_tx, h, &err), &err);
    fixture_sql(&h->fixture,
                str_c(h->arena,
                      str_fmt(h->arena,
                              "INSERT INTO clock SELECT s.id + n.i * %d, s.case_no || '-' || n.i, s.instance, s.name, s.kind, s.org, s.region, "
                              "s.rule, s.rule_day, s.silence, s.unit, s.value, s.counts_before, s.before_day, s.extra, s.started, s.used, "
                              "s.anchor, s.due, s.stopped, s.state, s.over, s.provisional, s.reasons, s.told, s.over_us, s.due_us, s.next_us, "
                              "s.calendar, s.edition, s.entries, s.scope, s.part FROM clock s, (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                              "WHERE i < %lld) SELECT i FROM n) n",
                              DAYS, (long long)(clocks / DAYS - 1))));
    fixture_sql(&h->fixture, "INSERT INTO clock_log SELECT c.id, l.entry, l.did, l.at_us, l.moment, l.amount, l.reason, l.basis, l.document, "
                             "l.told_us, l.actor, l.words, l.used, l.due_us, l.provisional, l.calendar FROM clock c JOIN clock_log l "
                             "ON l.clock = (c.id - 1) % 200 + 1 WHERE c.id > 200");
    if (kind == FIXTURE_POSTGRES) {
        fixture_sql(&h->fixture, "ANALYZE clock, clock_log");
    }
}

static void
clear(struct hall *h)
{
    almanac_close(h->almanac);
    fixture_remove(&h->fixture);
    arena_free(h->arena);
}

/* --- what is measured ------------------------------------------------------------------------------------------------------- */

static void
page_front(struct hall *h, struct arena *a)
{
    const struct watch_next *row;
    size_t count;
    struct err err;

    bench_need(timekeeper_next(&h->fixture.db, a, h->now_us, (struct watch_next){0, 0}, 100, &row, &count, &err), &err);
    CHECK(count == 100);
}

static void
page_middle(struct hall *h, struct arena *a)
{
    const struct watch_next *row;
    size_t count;
    struct err err;

    bench_need(timekeeper_next(&h->fixture.db, a, h->now_us, (struct watch_next){noon("2026-08-15"), 0}, 100, &row, &count, &err), &err);
    CHECK(count == 100);
}

static void
page_due(struct hall *h, struct arena *a)
{
    struct json *list;
    struct err err;

    bench_need(timekeeper_due(&h->fixture.db, a, &h->keeper, STR("org-3"), h->now_us, (struct watch_after){noon("2026-08-15"), 0}, 50,
                              h->now_us, &list, &err), &err);
    CHECK(list->count == 50);
}

static void
view(struct hall *h, struct arena *a)
{
    struct json *list;
    struct err err;

    bench_need(timekeeper_view(&h->fixture.db, a, &h->keeper, STR("seed-7-3"), h->now_us, &list, &err), &err);
    CHECK(list->count == 1);
}

static enum rc
life_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct hall *h = ctx;
    enum rc rc = RC_OK;

    for (int i = 0; i < LIVES && rc == RC_OK; i++) {
        struct watch_change c;
        struct watch_start s = {.case_no = str_fmt(h->arena, "life-%d-%d", h->lives, i), .name = STR("law"), .org = STR("org-x"),
                                .region = STR("990102"), .rule = STR("permit.decide"), .actor = STR("officer:1")};
        const struct watch_cause cause = {STR("hearing"), STR("notice"), 0, STR("officer:1")};
        if ((rc = timekeeper_start(tx, h->arena, &h->keeper, &s, h->now_us, &c, err)) != RC_OK ||
            (rc = timekeeper_pause(tx, h->arena, &h->keeper, c.watch.id, &cause, h->now_us, &c, err)) != RC_OK ||
            (rc = timekeeper_resume(tx, h->arena, &h->keeper, c.watch.id, &cause, h->now_us, &c, err)) != RC_OK) {
            return rc;
        }
        rc = timekeeper_stop(tx, h->arena, &h->keeper, c.watch.id, STR("officer:1"), h->now_us, &c, err);
    }
    return rc;
}

static void
lives(struct hall *h, struct arena *a)
{
    struct err err;

    (void)a;
    h->lives++;
    bench_need(store_write(&h->fixture.db, life_tx, h, &err), &err);
}

struct telling {
    struct hall *hall;
    struct arena *arena;
    const struct watch_next *row;
    size_t count;
};

static enum rc
tell_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct telling *t = ctx;
    enum rc rc = RC_OK;

    for (size_t i = 0; i < t->count && rc == RC_OK; i++) {
        struct watch_told told;
        rc = timekeeper_tell(tx, t->arena, &t->hall->keeper, t->row[i].id, t->hall->now_us, &told, err);
        CHECK(rc != RC_OK || told.count > 0);
    }
    return rc;
}

static void
tell(struct hall *h, struct arena *a)
{
    struct telling t = {.hall = h, .arena = a};
    struct err err;

    bench_need(timekeeper_next(&h->fixture.db, a, h->now_us, (struct watch_next){0, 0}, TOLD, &t.row, &t.count, &err), &err);
    bench_need(store_write(&h->fixture.db, tell_tx, &t, &err), &err);
}

/* --- in turns ------------------------------------------------------------------------------------------------------------------ */

static double
once_us(struct hall *h, void (*fn)(struct hall *h, struct arena *a), int times)
{
    struct arena *a = arena_new(64 << 20);
    int64_t began = bench_clock_ns(CLOCK_MONOTONIC);

    for (int i = 0; i < times; i++) {
        fn(h, a);
        arena_reset(a);
    }
    double us = (double)(bench_clock_ns(CLOCK_MONOTONIC) - began) / 1000.0 / times;
    arena_free(a);
    return us;
}

static void
compare(struct hall *many, struct hall *few, const char *name, void (*fn)(struct hall *h, struct arena *a), int times, int each)
{
    double of_many[ROUNDS], of_few[ROUNDS];

    for (int r = 0; r < ROUNDS; r++) {
        of_many[r] = once_us(many, fn, times) / each;
        of_few[r] = once_us(few, fn, times) / each;
    }
    double value = bench_median(of_many, ROUNDS), peer = bench_median(of_few, ROUNDS);
    bench_row(name, value, "us", "the same at 1,000 clocks", peer, peer / value);
}

/* The calendar of 2027 comes, and what hung on it is counted anew: batch by batch, each a write of its own. */
static void
recompute(struct hall *h, const char *name)
{
    struct json *document, *year;
    struct watch_round round = {.edition = 0};
    struct err err;
    bool more = true, changed;
    double us[BATCHES];
    int done = 0;

    bench_need(asset_json(h->arena, "demo/calendar/cn.json", &document, &err), &err);
    bench_need(json_parse(h->arena, STR("{\"year\":2027,\"holidays\":[\"2027-01-01\",\"2027-02-08\"],\"workdays\":[\"2027-01-09\"]}"), JSON_UNIQUE,
                          &year, &err), &err);
    json_set_text(h->arena, document, "version", STR("cn-2027.1"));
    CHECK(json_get(document, "years") == document->last);
    json_push(document->last, year);
    put(h, document);
    bench_need(almanac_refresh(h->almanac, &h->fixture.db, &changed, &err), &err);
    for (; done < BATCHES && more; done++) {
        struct arena *a = arena_new(64 << 20);
        int64_t began = bench_clock_ns(CLOCK_MONOTONIC);
        bench_need(timekeeper_recompute(&h->fixture.db, a, &h->keeper, h->now_us, &round, &more, &err), &err);
        us[done] = (double)(bench_clock_ns(CLOCK_MONOTONIC) - began) / 1000.0;
        arena_free(a);
    }
    double value = bench_median(us, (size_t)done);
    bench_row(name, value, "us", "longest wait that a user's write may have for it, 100 ms", 100000, 100000 / value);
}

static void
measure(enum fixture_kind kind, const char *where)
{
    static const struct {
        const char *name;
        void (*fn)(struct hall *h, struct arena *a);
        int times, each;
    } rows[] = {
        {"page of 100 to be told, front", page_front, 50, 1}, {"page of 100 to be told, middle", page_middle, 50, 1},
        {"page of 50 due of an organisation", page_due, 20, 1}, {"clocks of a case", view, 50, 1},
        {"a life of four moves", lives, 4, LIVES},              {"a clock told", tell, 1, TOLD},
    };
    struct hall many = {.lives = 0}, few = {.lives = 0};
    char name[120];

    fill(&many, kind, MANY);
    fill(&few, kind, FEW);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        (void)snprintf(name, sizeof(name), "%s, at 1,000,000 clocks%s", rows[i].name, where);
        compare(&many, &few, name, rows[i].fn, rows[i].times, rows[i].each);
    }
    (void)snprintf(name, sizeof(name), "%d clocks counted anew, at 1,000,000 clocks%s", TIMEKEEPER_BATCH, where);
    recompute(&many, name);
    clear(&many);
    clear(&few);
}

int
main(void)
{
    measure(FIXTURE_SQLITE, "");
    if (fixture_has_postgres()) {
        measure(FIXTURE_POSTGRES, ", PostgreSQL");
    }
    bench_end();
    return 0;
}
