/*
 * conduct_bench - the worklist at 1,000,000 open tasks beside 1,000, in turns in one run: what a queue costs must not grow with how much is open.
 *
 *     page of 50 of an organisation     at the front, and behind its middle
 *     page of 50 of an officer          what they have claimed
 *     load                              how much each of an organisation's officers has, for whom the next goes to
 *     a task comes and goes             row and index entries, and when it is due, in one write
 *
 * Ten organisations have twenty officers each, who have claimed five tasks each.
 */
#include <stdio.h>

#include "base/arena.h"
#include "base/bench.h"
#include "process/conduct_int.h"
#include "process/conduct_sql.h"
#include "store/fixture.h"

enum { MANY = 1000000, FEW = 1000, ORGS = 10, OFFICERS = 20, ROUNDS = 9, PAGE = 50, TASKS = 50 };

struct hall {
    struct fixture fixture;
    struct conduct conduct; /* a queue needs nothing of it where no row has a detail */
    int64_t tasks, next;
};

static void
fill(struct hall *h, enum fixture_kind kind, int64_t tasks)
{
    struct arena *a = arena_new(1 << 20);

    fixture_new(&h->fixture, kind);
    h->tasks = tasks;
    h->next = 10 * (int64_t)MANY;
    fixture_sql(&h->fixture, "INSERT INTO region_level (code, rank, digits, stem, name_zh, name_en) VALUES ('city', 1, 6, 4, '', '')");
    fixture_sql(&h->fixture, "INSERT INTO region (code, parent, level, name_zh, name_en) VALUES ('990100', '', 'city', '', '')");
    fixture_sql(&h->fixture,
                str_c(a, str_fmt(a,
                                 "INSERT INTO org (uscc, region, level, parent, name_zh, short_zh, name_en, phone, address_zh) "
                                 "SELECT 'org-' || n.i, '990100', '', '', '', '', '', '', '' FROM (WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL "
                                 "SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n) n",
                                 ORGS - 1)));
    fixture_sql(&h->fixture,
                str_c(a, str_fmt(a,
                                 "INSERT INTO officer (id, org, name, title, phone, roles) SELECT 'o-' || n.i, 'org-' || (n.i / %d), 'name', '', '', %u "
                                 "FROM (WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n) n",
                                 OFFICERS, 1u << ROLE_OFFICER, ORGS * OFFICERS - 1)));
    fixture_sql(&h->fixture,
                str_c(a, str_fmt(a,
                                 "INSERT INTO worklist (instance, token, serial, kind, case_no, part, subject, path, around, multi, model, version, "
                                 "element, name_zh, name_en, org, lead, role, region, power, assignee, asked_by, state, since_us, due_us, expires_us, "
                                 "basis, detail) SELECT n.i, 2, 0, 'task', 'case-' || n.i, '1', 'p-1', ',1,', 1, 0, 'department-approval', 1, 'examine', "
                                 "'审查', 'Examine', 'org-' || (n.i %% %d), '', 'officer', '990100', 'XK-0131', "
                                 "CASE WHEN n.i <= %d THEN 'o-' || (n.i %% %d) ELSE '' END, '', "
                                 "'open', 0, 1000000 + (n.i %% 100000) * 7919 %% %lld, 0, '', NULL "
                                 "FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %lld) SELECT i FROM n) n",
                                 ORGS, FEW, ORGS * OFFICERS, (long long)tasks, (long long)tasks)));
    fixture_sql(&h->fixture, "ANALYZE");
    arena_free(a);
}

static void
page(struct hall *h, struct arena *a, const struct work_query *q)
{
    struct json *list;
    struct err err;

    bench_need(work_page(&h->conduct, &h->fixture.db, a, q, &list, &err), &err);
    CHECK(list->count > 0);
}

static void
page_front(struct hall *h, struct arena *a)
{
    page(h, a, &(struct work_query){.org = STR("org-3"), .assignee = STR(""), .state = STR("open"), .limit = PAGE});
}

static void
page_middle(struct hall *h, struct arena *a)
{
    page(h, a, &(struct work_query){.org = STR("org-3"), .assignee = STR(""), .state = STR("open"), .limit = PAGE,
                                    .after = {.due_us = 1000000 + h->tasks / 2}});
}

static void
page_mine(struct hall *h, struct arena *a)
{
    page(h, a, &(struct work_query){.org = STR(""), .assignee = STR("o-61"), .state = STR("open"), .limit = PAGE});
}

static void
load(struct hall *h, struct arena *a)
{
    struct json *list;
    struct err err;

    bench_need(work_load(&h->conduct, &h->fixture.db, a, STR("org-3"), STR(""), 20000, &list, &err), &err);
    CHECK(list->count == OFFICERS);
}

struct coming {
    struct hall *hall;
    struct arena *a;
};

static enum rc
come_and_go_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct coming *c = ctx;
    struct work w = {.token = 2, .kind = STR("task"), .case_no = STR("case-x"), .part = STR("1"), .subject = STR("p-1"), .path = STR(",1,"),
                     .around = 1, .model = STR("department-approval"), .version = 1, .element = STR("examine"), .name_zh = STR("审查"),
                     .name_en = STR("Examine"), .org = STR("org-3"), .lead = STR(""), .role = STR("officer"), .region = STR("990100"),
                     .power = STR("XK-0131"), .assignee = STR(""), .asked_by = STR(""), .state = STR("open"), .basis = STR("")};
    enum rc rc = RC_OK;

    for (int n = 0; n < TASKS && rc == RC_OK; n++) {
        w.instance = c->hall->next + n;
        if ((rc = work_put(&c->hall->conduct, tx, c->a, &w, err)) == RC_OK &&
            (rc = tx_run(tx, &WORK_DUE, VALUES(V_INT(w.instance)), NULL, NULL, err)) == RC_OK) {
            rc = tx_run(tx, &WORK_DROP, VALUES(V_INT(w.instance), V_INT(w.token)), NULL, NULL, err);
        }
    }
    return rc;
}

static void
come_and_go(struct hall *h, struct arena *a)
{
    struct coming c = {h, a};
    struct err err;

    bench_need(store_write(&h->fixture.db, come_and_go_tx, &c, &err), &err);
    h->next += TASKS;
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
    bench_row(name, value, "us", "the same at 1,000 tasks", peer, peer / value);
}

static void
measure(enum fixture_kind kind, const char *where)
{
    static const struct {
        const char *name;
        void (*fn)(struct hall *h, struct arena *a);
        int times, each;
    } rows[] = {
        {"page of 50 of an organisation, front", page_front, 20, 1}, {"page of 50 of an organisation, middle", page_middle, 20, 1},
        {"page of an officer", page_mine, 20, 1},                    {"load of twenty officers", load, 20, 1},
        {"a task comes and goes", come_and_go, 4, TASKS},
    };
    struct hall many = {.tasks = 0}, few = {.tasks = 0};
    char name[120];

    fill(&many, kind, MANY);
    fill(&few, kind, FEW);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        (void)snprintf(name, sizeof(name), "%s, at 1,000,000 open tasks%s", rows[i].name, where);
        compare(&many, &few, name, rows[i].fn, rows[i].times, rows[i].each);
    }
    fixture_remove(&many.fixture);
    fixture_remove(&few.fixture);
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
