/*
 * Pages over many cases: two portals of the real program, one with 1,000,000 cases in its store and one with 1,000, are asked in turns
 * for the same pages.  A page that costs the same in both does not grow with the store.
 *
 * The cases are of the restaurant, spread over three years: most have one part, every 20th four; the newest are open.  One citizen has 40 of
 * them; every other one belongs to somebody else.  They are put in by the program's own statements, in one transaction, before the node
 * starts.  Times are by the clock, one request after the other on one connection; medians.  With ZT_POSTGRES the large store is
 * also brought to PostgreSQL, as an operator would, by backup and restore.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bench.h"
#include "base/clock.h"
#include "base/file.h"
#include "evidence/act.h"
#include "main/bench_city.h"
#include "net/wheel.h"
#include "process/conduct_sql.h"
#include "service/casework_int.h"
#include "service/casework_sql.h"
#include "store/fixture.h"

enum {
    MANY = 1000000,
    FEW = 1000,
    DAYS = 3 * 365,
    OWN = 40,     /* of the citizen who looks */
    ORGS = 4,     /* parts of the restaurant */
    OPEN_LEAST = 400,
    OTHERS = 300000,
    CONTENT_BYTES = 600,
    STARTS = 5,
    STATEMENTS = 401,
    ROUNDS = 10,
    ROUND_PAGES = 20, /* of one page, in one store, before the other has its turn */
    PAGES_MAX = ROUNDS * ROUND_PAGES,
    CODES = 200,
    ROW_ARENA = 1 << 20,
    KEYS_MAX = 65536
};

static const char item_code[] = "000131002003";
/* Who decides the parts, in their order. */
static const char *const orgs[ORGS] = {"11990100000000027A", "119901000000000430", "119901000000000355",
                                       "11990100000000051T"};
static const char implementation_code[] = "11990100000000027A3000131002003";

/* One portal and what is in it. */
struct hall {
    struct bench_city city;
    const char *where; /* postgres:…, or NULL: the node's own file */
    int64_t cases;
    int64_t now_us;
    int32_t first_day;
    struct str subject; /* the citizen */
    struct str citizen; /* cookies */
    struct str officer;
    struct wheel wheel;
};

/* --- the cases, each a function of its number ---------------------------------------------------- */

static int32_t
day_of(const struct hall *h, int64_t i)
{
    return h->first_day + (int32_t)(i * DAYS / h->cases);
}

static int64_t
submitted_us(const struct hall *h, int64_t i)
{
    return h->now_us - (int64_t)DAYS * 86400000000 + i * ((int64_t)DAYS * 86400000000 / h->cases);
}

/* Which of its day's cases it is, from 1. */
static int64_t
serial_of(const struct hall *h, int64_t i)
{
    int64_t day = i * DAYS / h->cases;

    return i - (day * h->cases + DAYS - 1) / DAYS + 1;
}

static struct str
case_no_of(const struct hall *h, struct arena *a, int64_t i)
{
    struct date d = day_to_date(day_of(h, i));

    return str_fmt(a, "%s%04d%02d%02d%04d", implementation_code, d.year, d.month, d.day,
                   (int)serial_of(h, i));
}

/* The six digits do not follow one another, as real ones do not. */
static struct str
code_of(const struct hall *h, struct arena *a, int64_t i)
{
    struct date d = day_to_date(day_of(h, i));

    return str_fmt(a, "%02d%02d%02d%06d", d.year % 100, d.month, d.day,
                   (int)(serial_of(h, i) * 700001 % 1000000));
}

static bool
is_own(const struct hall *h, int64_t i)
{
    return i % (h->cases / OWN) == 0;
}

static bool
is_open(const struct hall *h, int64_t i)
{
    int64_t open = h->cases / 50 > OPEN_LEAST ? h->cases / 50 : OPEN_LEAST;

    return i >= h->cases - open;
}

static const char *
store_of(const struct hall *h)
{
    return str_c(h->city.arena, str_fmt(h->city.arena, "%s/yunxi/data/node.db", h->city.demo.folder));
}

/* --- filling --------------------------------------------------------------------------------------- */

struct filling {
    struct hall *hall;
    struct arena *arena;
    struct vault *vault;
    sqlite3 *db;
    sqlite3_stmt *add_case, *add_part, *set_mark, *add_clock, *set_clock, *add_task, *set_decision, *set_note;
    int64_t clocks;
    struct str org[ORGS], officer[ORGS];
    int64_t item_version;
    int64_t act[OWN];
};

static void
sql(sqlite3 *db, const char *text)
{
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK) {
        check_failed(__FILE__, __LINE__, sqlite3_errmsg(db));
    }
}

static sqlite3_stmt *
prepared(sqlite3 *db, const char *text)
{
    sqlite3_stmt *stmt = NULL;

    if (sqlite3_prepare_v2(db, text, -1, &stmt, NULL) != SQLITE_OK) {
        check_failed(__FILE__, __LINE__, sqlite3_errmsg(db));
    }
    return stmt;
}

static void
bind(sqlite3_stmt *stmt, struct values values)
{
    for (size_t i = 0; i < values.count; i++) {
        const struct param *v = &values.v[i];
        int at = (int)i + 1, rc = SQLITE_OK;
        switch (v->kind) {
        case PARAM_NULL: rc = sqlite3_bind_null(stmt, at); break;
        case PARAM_INT: rc = sqlite3_bind_int64(stmt, at, v->integer); break;
        case PARAM_TEXT:
            rc = sqlite3_bind_text(stmt, at, v->bytes.ptr, (int)v->bytes.len, SQLITE_STATIC);
            break;
        case PARAM_BLOB:
            rc = sqlite3_bind_blob(stmt, at, v->bytes.ptr, (int)v->bytes.len, SQLITE_STATIC);
            break;
        }
        CHECK(rc == SQLITE_OK);
    }
}

static void
run(sqlite3_stmt *stmt, struct values values)
{
    bind(stmt, values);
    if (sqlite3_step(stmt) != SQLITE_DONE) {
        check_failed(__FILE__, __LINE__, sqlite3_errmsg(sqlite3_db_handle(stmt)));
    }
    (void)sqlite3_reset(stmt);
}

/* The one text that a question has as its answer. */
static struct str
text_of(struct filling *f, const char *question, struct str about)
{
    sqlite3_stmt *stmt = prepared(f->db, question);
    struct str text;
    struct err err;

    CHECK(sqlite3_bind_text(stmt, 1, about.ptr, (int)about.len, SQLITE_STATIC) == SQLITE_OK);
    CHECK(sqlite3_step(stmt) == SQLITE_ROW);
    bench_need(str_copy(f->hall->city.arena, str_of((const char *)sqlite3_column_text(stmt, 0)), &text, &err),
               &err);
    (void)sqlite3_finalize(stmt);
    return text;
}

static struct param
sealed(const struct filling *f, const char *column, struct str id, struct str text)
{
    struct str out = STR("");
    struct err err;

    bench_need(vault_seal(f->vault, f->arena, case_place(f->arena, column, id), text, &out, &err), &err);
    return V_BLOB(out);
}

/* The promise of a part: five days from the day it came, of what is open still running, standing, or red. */
static void
put_clock(struct filling *f, int64_t i, struct str case_no, int part, const char *state)
{
    const struct hall *h = f->hall;
    int32_t day = day_of(h, i), due = day + 7;
    int64_t due_us = day_start_us(due + 1, CLOCK_OFFSET_CHINA_MINUTES);
    bool is_stopped = strcmp(state, "stopped") == 0, is_red = strcmp(state, "running") == 0 && due_us <= h->now_us;

    run(f->add_clock, VALUES(V_INT(++f->clocks), V_TEXT(case_no), V_INT(i * 8 + part), V_TEXT(f->org[part - 1]), V_INT(day), V_INT(is_stopped ? 3 : 0),
                             V_INT(due), V_INT(is_stopped ? day + 4 : 0), V_TEXT(str_of(state)), V_INT(is_red), V_INT(is_red ? due_us : 0),
                             V_INT(due_us), V_TEXT(str_fmt(f->arena, "%d", part))));
}

static void
put_task(struct filling *f, int64_t i, struct str case_no, int part, bool paused)
{
    const struct hall *h = f->hall;
    struct param none = V_TEXT(STR(""));
    int64_t due_us = paused ? INT64_MAX : day_start_us(day_of(h, i) + 8, CLOCK_OFFSET_CHINA_MINUTES);

    run(f->add_task, VALUES(V_INT(i * 8 + part), V_INT(2), V_INT(0), V_TEXT(STR("task")), V_TEXT(case_no), V_TEXT(str_fmt(f->arena, "%d", part)),
                            V_TEXT(h->subject), V_TEXT(STR(",1,")), V_INT(1), V_INT(0), V_TEXT(STR("short-approval")), V_INT(1), V_TEXT(STR("decide")),
                            V_TEXT(STR("决定")), V_TEXT(STR("Decide")), V_TEXT(f->org[part - 1]), none, V_TEXT(STR("officer")), none, none,
                            V_TEXT(f->officer[part - 1]), none, V_TEXT(paused ? STR("asked") : STR("open")), V_INT(submitted_us(h, i)), V_INT(due_us),
                            V_INT(0), none, V_NULL));
}

static void
put_part(struct filling *f, int64_t i, struct str case_no, int part)
{
    static const struct str decision =
        STR_INIT("{\"at\":\"2026-03-02T10:00:00+08:00\",\"by\":\"欧阳云舒\",\"power\":\"990100-XK-0131\","
                 "\"reason\":\"符合《食品安全法》规定的条件\",\"result\":\"granted\",\"terms\":\"\"}");
    bool open = is_open(f->hall, i), paused = open && i / ORGS % 5 == 0;
    struct str id = str_fmt(f->arena, "%.*s-%d", STR_ARG(case_no), part);
    struct str state = paused ? STR("paused") : open ? STR("accepted") : STR("granted");
    struct str view = paused ? STR("waiting") : open ? STR("open") : STR("done");

    run(f->add_part, VALUES(V_TEXT(id), V_TEXT(case_no), V_TEXT(str_fmt(f->arena, "%d", part)), V_TEXT(f->org[part - 1]), V_TEXT(state),
                            V_TEXT(view), V_INT(20)));
    put_clock(f, i, case_no, part, paused ? "paused" : open ? "running" : "stopped");
    run(f->set_clock, VALUES(V_TEXT(id), V_INT(f->clocks)));
    if (open) {
        put_task(f, i, case_no, part, paused);
    } else {
        run(f->set_mark, VALUES(V_TEXT(id), V_TEXT(state), V_TEXT(view), V_TEXT(STR("")), V_TEXT(STR("")), V_INT(submitted_us(f->hall, i))));
        run(f->set_decision, VALUES(V_TEXT(id), sealed(f, "decision", id, decision), V_INT(submitted_us(f->hall, i)), V_INT(0)));
    }
    run(f->set_note, VALUES(V_TEXT(id), V_TEXT(f->officer[part - 1]), V_INT(20), V_NULL, V_INT(0),
                            open ? V_NULL : sealed(f, "decision", id, decision), V_TEXT(STR(""))));
}

static void
put_case(struct filling *f, int64_t i)
{
    static char content[CONTENT_BYTES];
    const struct hall *h = f->hall;
    struct arena *a = f->arena;
    struct str case_no = case_no_of(h, a, i), subject = f->hall->subject;
    bool own = is_own(h, i);

    if (!own) {
        subject = str_fmt(a, "somebody-%06lld", (long long)(i * 7919 % OTHERS));
    }
    memset(content, 'x', sizeof(content));
    run(f->add_case,
        VALUES(V_TEXT(case_no), V_TEXT(code_of(h, a, i)), V_TEXT(subject),
               V_TEXT(str_fmt(a, "bench-%09lld", (long long)i)), V_TEXT(str_of(item_code)),
               V_INT(f->item_version), sealed(f, "title", case_no, STR("云溪市翠微街老地方面馆")),
               sealed(f, "content", case_no, (struct str){content, sizeof(content)}),
               V_INT(submitted_us(h, i)), V_INT(own ? f->act[i / (h->cases / OWN)] : 0)));
    for (int part = 1; part <= ORGS; part++) {
        if (own || i % 20 == 0 || i % ORGS == part - 1) {
            put_part(f, i, case_no, part);
        }
    }
    arena_reset(a);
}

/* The citizen's own cases have an act each, and so a place in the log. */
static enum rc
add_acts(struct tx *tx, void *ctx, struct err *err)
{
    struct filling *f = ctx;
    enum rc rc = RC_OK;

    for (int k = 0; k < OWN && rc == RC_OK; k++) {
        int64_t i = k * (f->hall->cases / OWN);
        struct act_ref ref = {.index = -1};
        struct act act = {.kind = ACT_SUBMIT,
                          .at_us = submitted_us(f->hall, i),
                          .actor = STR("bench"),
                          .case_no = case_no_of(f->hall, f->arena, i),
                          .subject = f->hall->subject,
                          .resource = str_of(item_code)};
        rc = act_add(tx, f->arena, &act, &ref, err);
        f->act[k] = ref.index;
    }
    return rc;
}

static void
write_acts(struct filling *f, const char *where)
{
    struct store_config config = {.where = where, .readers = 1, .queue_max = 16, .busy_ms = 5000};
    struct db db = {.store = NULL};
    struct err err;

    bench_need(store_open(&config, &db.store, &err), &err);
    bench_need(store_write(&db, add_acts, f, &err), &err);
    store_close(db.store);
}

static void
open_vault(struct filling *f, const char *folder)
{
    const char *path = str_c(f->arena, str_fmt(f->arena, "%s/yunxi/keys/vault.json", folder));
    struct json *keys;
    struct str text;
    struct err err;

    bench_need(file_read(f->arena, path, KEYS_MAX, &text, &err), &err);
    bench_need(json_parse(f->arena, text, JSON_UNIQUE, &keys, &err), &err);
    bench_need(vault_open_keys(keys, &f->vault, &err), &err);
}

/* Whom the demo knows: the citizen is whoever has a session and is no officer. */
static void
find_people(struct filling *f)
{
    int64_t version;

    f->hall->subject = text_of(f, "SELECT a.subject FROM session s JOIN account a ON a.id = s.account "
                            "WHERE a.subject <> ?1",
                         STR(""));
    for (int i = 0; i < ORGS; i++) {
        f->org[i] = str_of(orgs[i]);
        f->officer[i] = text_of(f, "SELECT id FROM officer WHERE org = ?1", f->org[i]);
    }
    CHECK(str_to_int(text_of(f, "SELECT MAX(version) FROM item WHERE code = ?1", str_of(item_code)), &version));
    f->item_version = version;
}

/* Computed under a calendar that is newer than any, so that the node leaves them as they are. */
static const char add_clock_sql[] =
    "INSERT INTO clock (id, case_no, instance, name, kind, org, region, rule, rule_day, silence, unit, value, counts_before, before_day, extra, started, "
    "used, anchor, due, stopped, state, over, provisional, reasons, told, over_us, due_us, next_us, calendar, edition, entries, scope, part) "
    "VALUES (?1, ?2, ?3, 'promised', 'promised', ?4, '', 'permit.decide', ?5, 'red', 'working_day', 5, 0, 0, 0, ?5, ?6, ?5, ?7, ?8, ?9, ?10, 0, "
    "CASE WHEN ?9 = 'paused' THEN 'supplement' ELSE '' END, 0, ?11, ?12, 0, 'bench', 1000000, 1, 1, ?13)";

static void
fill(struct hall *h)
{
    const char *folder = h->city.demo.folder;
    const char *where = store_of(h);
    struct filling f = {.hall = h, .arena = arena_new(ROW_ARENA)};
    const struct {
        sqlite3_stmt **stmt;
        const char *text;
    } statements[] = {{&f.add_case, CASE_ADD.sqlite},      {&f.add_part, SUB_CASE_ADD.sqlite}, {&f.set_mark, SUB_CASE_MARK.sqlite},
                      {&f.add_clock, add_clock_sql},       {&f.set_clock, SUB_CASE_CLOCK.sqlite}, {&f.add_task, WORK_PUT.sqlite},
                      {&f.set_decision, SUB_CASE_DECIDED.sqlite}, {&f.set_note, SUB_CASE_NOTE.sqlite}};
    enum { COUNT = sizeof(statements) / sizeof(statements[0]) };

    open_vault(&f, folder);
    CHECK(sqlite3_open(where, &f.db) == SQLITE_OK);
    find_people(&f);
    (void)sqlite3_close(f.db);
    write_acts(&f, where);
    CHECK(sqlite3_open(where, &f.db) == SQLITE_OK);
    sql(f.db, "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; PRAGMA cache_size = -1000000; BEGIN");
    for (size_t k = 0; k < COUNT; k++) {
        *statements[k].stmt = prepared(f.db, statements[k].text);
    }
    for (int64_t i = 0; i < h->cases; i++) {
        put_case(&f, i);
    }
    sql(f.db, "COMMIT");
    for (size_t k = 0; k < COUNT; k++) {
        (void)sqlite3_finalize(*statements[k].stmt);
    }
    CHECK(sqlite3_close(f.db) == SQLITE_OK);
    vault_free(f.vault);
    arena_free(f.arena);
}

static void
make_hall(struct hall *h, const char *folder, int64_t cases)
{
    bench_city_make(&h->city, folder);
    h->cases = cases;
    h->now_us = clock_now_us(&clock_system) + h->city.demo.shift_us;
    h->first_day = instant_day(submitted_us(h, 0), CLOCK_OFFSET_CHINA_MINUTES);
    (void)bench_city_start(&h->city);
    h->citizen = bench_city_sign_in(&h->city, "shen");
    h->officer = bench_city_sign_in(&h->city, "ouyang");
    bench_city_stop(&h->city);
    fill(h);
}

/* --- pages ------------------------------------------------------------------------------------------- */

/* One page, or many of a kind, with the requests that each store answers. */
struct question {
    const char *name;
    size_t count;
    struct str request[CODES];
};

static struct str
ask(const struct hall *h, struct str path, struct str cookie)
{
    const char *text = str_c(h->city.arena, path);

    CHECK(text != NULL);
    return bench_city_get(&h->city, text, cookie);
}

static int64_t
own_case(const struct hall *h, int64_t k)
{
    return k * (h->cases / OWN);
}

static void
ask_lists(const struct hall *h, struct question *q)
{
    struct arena *a = h->city.arena;
    int64_t middle = h->cases / 2, own = own_case(h, OWN / 2);

    q[0] = (struct question){.name = "case list of a citizen", .count = 1};
    q[0].request[0] = ask(h, STR("/cases"), h->citizen);
    q[1] = (struct question){.name = "case list, the next 20", .count = 1};
    q[1].request[0] = ask(h, str_fmt(a, "/cases?after=%lld.%.*s", (long long)submitted_us(h, own),
                                     STR_ARG(case_no_of(h, a, own))),
                          h->citizen);
    q[2] = (struct question){.name = "queue of an officer, with its counts", .count = 1};
    q[2].request[0] = ask(h, STR("/desk"), h->officer);
    q[3] = (struct question){.name = "queue, a page from the middle of what is done", .count = 1};
    q[3].request[0] = ask(h, str_fmt(a, "/desk?view=done&after=%lld.%.*s-1", (long long)submitted_us(h, middle),
                                     STR_ARG(case_no_of(h, a, middle))),
                          h->officer);
    q[4] = (struct question){.name = "who decides in time, with what is red", .count = 1};
    q[4].request[0] = ask(h, STR("/oversight"), STR(""));
}

static void
ask_single(const struct hall *h, struct question *q)
{
    struct arena *a = h->city.arena;

    q[0] = (struct question){.name = "case by number", .count = OWN};
    for (size_t k = 0; k < OWN; k++) {
        struct str no = case_no_of(h, a, own_case(h, (int64_t)k));
        q[0].request[k] = ask(h, str_fmt(a, "/cases/%.*s", STR_ARG(no)), h->citizen);
    }
    q[1] = (struct question){.name = "progress by query code", .count = CODES};
    for (size_t k = 0; k < CODES; k++) {
        int64_t i = (int64_t)k * (h->cases / CODES) + (int64_t)k % (h->cases / CODES);
        struct str code = code_of(h, a, i);
        q[1].request[k] = ask(h, str_fmt(a, "/progress?code=%.*s", STR_ARG(code)), STR(""));
    }
    q[2] = (struct question){.name = "home page of a citizen", .count = 1};
    q[2].request[0] = ask(h, STR("/"), h->citizen);
}

enum { LISTS = 5, QUESTIONS = LISTS + 3 };

static void
time_pages(struct hall *h, const struct question *q, double *seconds, int round)
{
    for (int i = round * ROUND_PAGES; i < (round + 1) * ROUND_PAGES; i++) {
        int64_t from = bench_clock_ns(CLOCK_MONOTONIC);
        wheel_turn(&h->wheel, &q->request[(size_t)i % q->count], 1, 1, 200);
        seconds[i] = (double)(bench_clock_ns(CLOCK_MONOTONIC) - from) / 1e9;
    }
}

static void
compare(struct hall *large, struct hall *small, const char *where)
{
    static struct question ours[QUESTIONS], peers[QUESTIONS];
    static double seconds[PAGES_MAX], peer_seconds[PAGES_MAX];
    char name[120];

    ask_lists(large, ours);
    ask_single(large, ours + LISTS);
    ask_lists(small, peers);
    ask_single(small, peers + LISTS);
    for (size_t k = 0; k < QUESTIONS; k++) {
        for (int round = 0; round < ROUNDS; round++) {
            time_pages(large, &ours[k], seconds, round);
            time_pages(small, &peers[k], peer_seconds, round);
        }
        double ms = bench_median(seconds, PAGES_MAX) * 1e3;
        double peer_ms = bench_median(peer_seconds, PAGES_MAX) * 1e3;
        (void)snprintf(name, sizeof(name), "%s, 1,000,000 cases%s", ours[k].name, where);
        bench_row(name, ms, "ms", "1,000 cases", peer_ms, peer_ms / ms);
    }
}

static double
start_hall(struct hall *h)
{
    double seconds;

    if (h->where != NULL) {
        CHECK(setenv("ZT_STORE_WHERE", h->where, 1) == 0);
    }
    seconds = bench_city_start(&h->city);
    CHECK(unsetenv("ZT_STORE_WHERE") == 0);
    return seconds;
}

static void
stop_halls(struct hall *large, struct hall *small)
{
    bench_city_stop(&large->city);
    bench_city_stop(&small->city);
}

/* The first start after filling finds a store that is not on disk yet, and is not counted.  Both serve when it returns. */
static void
compare_starts(struct hall *large, struct hall *small, const char *where)
{
    double seconds[STARTS], peer_seconds[STARTS];
    char name[120];

    (void)start_hall(large);
    (void)start_hall(small);
    for (int i = 0; i < STARTS; i++) {
        stop_halls(large, small);
        seconds[i] = start_hall(large);
        peer_seconds[i] = start_hall(small);
    }
    double ms = bench_median(seconds, STARTS) * 1e3, peer_ms = bench_median(peer_seconds, STARTS) * 1e3;
    (void)snprintf(name, sizeof(name), "start until it serves, 1,000,000 cases%s", where);
    bench_row(name, ms, "ms", "1,000 cases", peer_ms, peer_ms / ms);
}

static void
open_halls(struct hall *large, struct hall *small, const char *where)
{
    compare_starts(large, small, where);
    wheel_open(&large->wheel, large->city.demo.node[0].port, 1);
    wheel_open(&small->wheel, small->city.demo.node[0].port, 1);
}

/* --- statements ----------------------------------------------------------------------------------------- */

struct statement {
    const char *name;
    const struct stmt *stmt;
    struct values values;
};

static void
run_ours(const struct db *db, const struct statement *q)
{
    struct err err;

    bench_need(store_read(db, q->stmt, q->values, NULL, NULL, &err), &err);
}

static void
run_raw(sqlite3_stmt *stmt, const struct statement *q)
{
    bind(stmt, q->values);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        /* only looked at, as on the other side */
    }
    CHECK(sqlite3_reset(stmt) == SQLITE_OK);
}

static void
compare_statement(const struct db *db, sqlite3 *raw, const struct statement *q)
{
    double seconds[STATEMENTS], raw_seconds[STATEMENTS];
    sqlite3_stmt *stmt = prepared(raw, q->stmt->sqlite);
    char name[120];

    for (int i = 0; i < STATEMENTS; i++) {
        int64_t from = bench_clock_ns(CLOCK_MONOTONIC);
        run_ours(db, q);
        int64_t between = bench_clock_ns(CLOCK_MONOTONIC);
        run_raw(stmt, q);
        seconds[i] = (double)(between - from) / 1e9;
        raw_seconds[i] = (double)(bench_clock_ns(CLOCK_MONOTONIC) - between) / 1e9;
    }
    (void)sqlite3_finalize(stmt);
    double us = bench_median(seconds, STATEMENTS) * 1e6, raw_us = bench_median(raw_seconds, STATEMENTS) * 1e6;
    (void)snprintf(name, sizeof(name), "%s, the statement alone, 1,000,000 cases", q->name);
    bench_row(name, us, "us", "sqlite3, prepared", raw_us, raw_us / us);
}

/* Beside the running node, as an operator's tool may look. */
static void
compare_statements(const struct hall *h)
{
    const char *where = store_of(h);
    const struct store_config config = {.where = where, .readers = 1, .busy_ms = 5000, .reading_only = true};
    struct param org = V_TEXT(str_of(orgs[0])), none = V_TEXT(STR(""));
    const struct statement statements[] = {
        {"queue of an officer", &WORK_OF_ORG,
         VALUES(org, V_TEXT(STR("open")), V_INT(0), V_INT(0), V_INT(0), V_INT(0), V_INT(21))},
        {"results of an organisation", &SUB_CASES_DONE, VALUES(org, V_INT(INT64_MAX), none, V_INT(21))},
        {"count beside the queue, done", &SUB_CASES_DONE_COUNT, VALUES(org)},
        {"count beside the queue, open", &WORK_COUNT, VALUES(org, V_TEXT(STR("open")), V_INT(1000))},
        {"case list of a citizen", &CASE_LIST, VALUES(V_TEXT(h->subject), V_INT(INT64_MAX), none, V_INT(21))},
    };
    struct db db = {.store = NULL};
    sqlite3 *raw;
    struct err err;

    bench_need(store_open(&config, &db.store, &err), &err);
    CHECK(sqlite3_open_v2(where, &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK);
    sql(raw, "PRAGMA cache_size = -4096"); /* as the store has it */
    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        compare_statement(&db, raw, &statements[i]);
    }
    CHECK(sqlite3_close(raw) == SQLITE_OK);
    store_close(db.store);
}

static void
close_halls(struct hall *large, struct hall *small)
{
    wheel_close(&large->wheel);
    wheel_close(&small->wheel);
    stop_halls(large, small);
}

/* --- PostgreSQL ---------------------------------------------------------------------------------------- */

/* zhengtong backup --config … --to FILE, or restore … --from FILE; its words go to the log of the bench. */
static void
copy_store(const struct hall *h, const char *command, const char *option, const char *file)
{
    pid_t pid = fork();
    int status;

    CHECK(pid >= 0);
    if (pid == 0) {
        (void)dup2(STDERR_FILENO, STDOUT_FILENO);
        (void)execl(h->city.program, "zhengtong", command, "--config", h->city.demo.node[0].config, option,
                    file, (char *)NULL);
        _exit(71);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

/* As an operator would: a backup, restored into an empty database. */
static void
move_to_postgres(struct hall *h, struct fixture *f)
{
    const char *file = str_c(h->city.arena, str_fmt(h->city.arena, "%s/backup", h->city.demo.folder));

    fixture_make(f, FIXTURE_POSTGRES);
    h->where = f->where;
    copy_store(h, "backup", "--to", file);
    CHECK(setenv("ZT_STORE_WHERE", h->where, 1) == 0);
    copy_store(h, "restore", "--from", file);
    CHECK(unsetenv("ZT_STORE_WHERE") == 0 && remove(file) == 0);
}

static void
compare_on_postgres(struct hall *large, struct hall *small)
{
    struct fixture many, few;

    move_to_postgres(large, &many);
    move_to_postgres(small, &few);
    open_halls(large, small, ", PostgreSQL");
    compare(large, small, ", PostgreSQL");
    close_halls(large, small);
    fixture_remove(&many);
    fixture_remove(&few);
}

int
main(void)
{
    static struct hall large, small;

    make_hall(&small, "build/bench/few", FEW);
    int64_t from = bench_clock_ns(CLOCK_MONOTONIC);
    make_hall(&large, "build/bench/many", MANY);
    double seconds = (double)(bench_clock_ns(CLOCK_MONOTONIC) - from) / 1e9;
    (void)fprintf(stderr, "cases_bench: %d cases in %.0f s\n", MANY, seconds);
    open_halls(&large, &small, "");
    compare(&large, &small, "");
    compare_statements(&large);
    close_halls(&large, &small);
    if (getenv("ZT_POSTGRES") != NULL) {
        compare_on_postgres(&large, &small);
    }
    bench_end();
    bench_city_free(&large.city);
    bench_city_free(&small.city);
    return 0;
}
