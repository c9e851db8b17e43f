/*
 * Closed cases that leave the store: which months may go, that the file tells all of them, and that whoever is stopped in the middle goes on.
 */
#include "process/test_runtime.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/calendar.h"
#include "base/clock.h"
#include "base/file.h"
#include "evidence/act.h"
#include "process/archive.h"

enum { YEAR_FIRST = 2026, ROOM = 256 << 20 };

static const char terms_text[] = "{\"default\":{\"years\":2,\"basis\":\"b\"},\"processes\":[{\"process\":\"long\",\"years\":5,\"basis\":\"b\"}]}";

struct depot {
    struct works *w;
    struct archives *s;
    char folder[64];
    bool is_signed; /* the log has */
    struct arena *a;
};

static enum rc
receipt(void *ctx, const struct db *db, struct arena *a, int64_t act, struct json **out, struct err *err)
{
    struct depot *d = ctx;
    struct json *found;
    enum rc rc = act_by_index(db, a, act, &found, err);

    *out = found;
    return rc != RC_OK ? rc : d->is_signed ? RC_OK : err_set(err, RC_NOT_FOUND, "not covered yet");
}

/* The program begins: nothing is known but what is stored. */
static void
begin(struct depot *d)
{
    struct archive_config config = {.folder = d->folder, .node = STR("yunxi"), .offset_minutes = 480, .receipt = receipt, .ctx = d};
    struct archive_terms *terms;
    struct err err;

    archives_free(d->s);
    assert_int_equal(archive_terms_load(d->w->house.arena, house_json(&d->w->house, terms_text), &terms, &err), RC_OK);
    config.terms = terms;
    d->s = archives_new(&config);
}

static struct depot *
depot_of(void **state)
{
    struct depot *d = mem_new(1, sizeof(*d));

    d->w = *state;
    d->a = arena_new(ROOM);
    d->is_signed = true;
    (void)snprintf(d->folder, sizeof(d->folder), "build/archive-%d", (int)getpid());
    if (house_kind == FIXTURE_POSTGRES) {
        fixture_sql(&d->w->house.fixture, "TRUNCATE process_archive");
    }
    works_add(d->w, "short", 1, AROUND("<userTask id='a'/>"));
    works_add(d->w, "long", 1, AROUND("<userTask id='a'/>"));
    begin(d);
    return d;
}

static void
depot_free(struct depot *d)
{
    char command[100];

    (void)snprintf(command, sizeof(command), "%s", d->folder);
    for (int month = 0; month < 12; month++) {
        for (int number = 1; number < 4; number++) {
            static const char *const ends[] = {"", ".manifest", ".half"};
            for (size_t n = 0; n < 3; n++) {
                char path[200];
                (void)snprintf(path, sizeof(path), "%s/closed-%d%02d-%d.jsonl%s", d->folder, YEAR_FIRST, month + 1, number, ends[n]);
                (void)unlink(path);
            }
        }
    }
    (void)rmdir(command);
    archives_free(d->s);
    arena_free(d->a);
    mem_free(d);
}

static int64_t
moment(int year, int month, int day)
{
    return ((int64_t)date_to_day((struct date){year, month, day}) * 86400 + 4 * 3600) * SECOND_US;
}

/* A case that began and ended on that day; its number. */
static int64_t
closed(struct depot *d, const char *model, int year, int month, int day)
{
    d->w->now_us = moment(year, month, day);
    int64_t id = works_start(d->w, model, "{'command':'start','variables':{'name':'张三'}}");
    (void)works_complete(d->w, id, "a");
    return id;
}

static bool
turn(struct depot *d)
{
    bool more = false;
    struct err err;

    if (archive_turn(d->s, &d->w->house.fixture.db, d->a, d->w->now_us, &more, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return more;
}

static void
turns(struct depot *d, int year, int month, int day)
{
    d->w->now_us = moment(year, month, day);
    for (int n = 0; turn(d); n++) {
        assert_true(n < 1000);
    }
}

static int64_t
left(struct depot *d, const char *table)
{
    char sql[100];

    (void)snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM %s", table);
    return works_int(d->w, sql);
}

static enum rc
check(struct depot *d, int month, int number, struct archive_found *out, struct err *err)
{
    char path[200];

    (void)snprintf(path, sizeof(path), "%s/closed-%d%02d-%d.jsonl.manifest", d->folder, YEAR_FIRST, month, number);
    arena_reset(d->a);
    return archive_check(d->a, path, NULL, out, err);
}

static void
must_be_whole(struct depot *d, int month, int number, int64_t cases, int64_t lines)
{
    struct archive_found found;
    struct err err;

    if (check(d, month, number, &found, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(found.cases, cases);
    assert_int_equal(found.lines, lines);
    assert_int_equal(found.month, YEAR_FIRST * 100 + month);
}

/* --- which, and when --------------------------------------------------------------------------------------------- */

static void
a_month_goes_when_the_time_of_all_its_cases_is_over(void **state)
{
    struct depot *d = depot_of(state);

    (void)closed(d, "short", 2026, 3, 1);
    (void)closed(d, "short", 2026, 3, 31);
    (void)closed(d, "long", 2026, 4, 1);
    (void)closed(d, "short", 2026, 4, 2);
    (void)closed(d, "short", 2027, 1, 2);
    turns(d, 2028, 12, 31); /* two years, from 2027-01-01 on */
    assert_int_equal(left(d, "process_closed"), 5);
    assert_int_equal(left(d, "process_archive"), 0);
    turns(d, 2029, 1, 1);
    assert_int_equal(left(d, "process_closed"), 3);
    assert_int_equal(left(d, "process_history"), 6);
    must_be_whole(d, 3, 1, 2, 4);
    turns(d, 2031, 12, 31); /* April waits for the case that stays five years */
    assert_int_equal(left(d, "process_closed"), 2);
    turns(d, 2032, 1, 1);
    assert_int_equal(left(d, "process_closed"), 0);
    assert_int_equal(left(d, "process_history"), 0);
    must_be_whole(d, 4, 1, 2, 4);
    depot_free(d);
}

static void
what_is_open_stays_and_what_ends_later_goes_later(void **state)
{
    struct depot *d = depot_of(state);
    int64_t open;

    (void)closed(d, "short", 2026, 5, 1);
    open = works_start(d->w, "short", "{'command':'start'}");
    turns(d, 2030, 1, 1);
    assert_int_equal(left(d, "process_closed"), 0);
    assert_int_equal(left(d, "process_history"), 1);
    works_check_history(d->w, open);
    (void)works_complete(d->w, open, "a"); /* in 2030: it stays two years more */
    turns(d, 2032, 12, 31);
    assert_int_equal(left(d, "process_closed"), 1);
    turns(d, 2033, 1, 1);
    assert_int_equal(left(d, "process_closed"), 0);
    must_be_whole(d, 5, 1, 1, 2);
    must_be_whole(d, 5, 2, 1, 2);
    depot_free(d);
}

static void
nothing_leaves_before_the_log_has_signed_for_it(void **state)
{
    struct depot *d = depot_of(state);
    struct json *act;
    struct err err;

    (void)closed(d, "short", 2026, 6, 1);
    d->is_signed = false;
    turns(d, 2030, 1, 1);
    assert_int_equal(left(d, "process_closed"), 1);
    assert_int_equal(act_latest(&d->w->house.fixture.db, d->w->house.arena, -1, 1, &act, &err), RC_OK);
    assert_true(str_eq(json_str(act->first, "kind"), STR("archive")));
    assert_int_equal(json_int_or(json_get(act->first, "detail"), "cases", 0), 1);
    assert_int_equal(json_str(json_get(act->first, "detail"), "sha256").len, 64);
    d->is_signed = true;
    turns(d, 2030, 1, 1);
    assert_int_equal(left(d, "process_closed"), 0);
    depot_free(d);
}

/* --- in the middle -------------------------------------------------------------------------------------------------- */

enum { LONG_HISTORY = 700 }; /* more than leaves at once */

static void
set_often(struct depot *d, int64_t id)
{
    const struct command c = works_command(d->w, "{'command':'set','variables':{'n':1}}");
    const struct runtime_request q = {.instance = id, .command = &c, .actor = STR("officer:a"), .now_us = d->w->now_us};
    struct runtime_result out;
    struct err err;

    for (int n = 0; n < LONG_HISTORY; n++) {
        assert_int_equal(runtime_do(d->w->r, &d->w->house.fixture.db, d->a, &q, &out, &err), RC_OK);
        arena_reset(d->a);
    }
}

static void
whoever_is_stopped_anywhere_goes_on_and_all_is_told_once(void **state)
{
    for (int stops = 0; stops < 6; stops++) {
        struct depot *d = depot_of(state);
        int64_t acts = left(d, "act");
        d->w->now_us = moment(2026, 7, 1);
        int64_t id = works_start(d->w, "short", "{'command':'start'}");
        set_often(d, id);
        (void)works_complete(d->w, id, "a");
        (void)closed(d, "short", 2026, 7, 2);
        d->w->now_us = moment(2030, 1, 1);
        for (int n = 0; n < stops; n++) {
            (void)turn(d);
            begin(d);
        }
        turns(d, 2030, 1, 1);
        assert_int_equal(left(d, "process_closed"), 0);
        assert_int_equal(left(d, "process_history"), 0);
        assert_int_equal(left(d, "act"), acts + 1);
        must_be_whole(d, 7, 1, 2, LONG_HISTORY + 4);
        if (house_kind == FIXTURE_SQLITE) {
            fixture_sql(&d->w->house.fixture, "DELETE FROM process_archive");
        }
        d->w->count = 0;
        depot_free(d);
    }
}

/* --- killed --------------------------------------------------------------------------------------------------------- */

static enum rc
receipt_of_nobody(void *ctx, const struct db *db, struct arena *a, int64_t act, struct json **out, struct err *err)
{
    (void)ctx, (void)db, (void)act;
    *out = json_object(a);
    return json_whole(*out, err);
}

/* This program started by itself on a disk that kills (tests/faults/shim.c): all turns that there are. */
static int
child(const char *where)
{
    const struct store_config store = {.where = where, .readers = 1, .queue_max = 100, .busy_ms = 1000};
    struct archive_config config = {.folder = getenv("ZT_FAULT_FOLDER"), .node = STR("yunxi"), .offset_minutes = 480, .receipt = receipt_of_nobody};
    struct arena *a = arena_new(ROOM), *kept = arena_new(1 << 20);
    struct archive_terms *terms;
    struct json *document;
    struct db db = {.store = NULL};
    bool more = true;
    struct err err;

    if (store_open(&store, &db.store, &err) != RC_OK) {
        return 3;
    }
    CHECK(json_parse(kept, str_of(terms_text), JSON_UNIQUE, &document, &err) == RC_OK);
    CHECK(archive_terms_load(kept, document, &terms, &err) == RC_OK);
    config.terms = terms;
    struct archives *s = archives_new(&config);
    while (more) {
        CHECK(archive_turn(s, &db, a, moment(2030, 1, 1), &more, &err) == RC_OK);
    }
    archives_free(s);
    arena_free(kept);
    arena_free(a);
    store_close(db.store);
    return 0;
}

/* True: it met no fault. */
static bool
run_child(struct depot *d, int call)
{
    char vars[5][600];
    char *argv[] = {(char[]){"fault"}, NULL}, *environment[] = {vars[0], vars[1], vars[2], vars[3], vars[4], NULL};
    int status = -1;
    pid_t pid;

    (void)snprintf(vars[0], sizeof(vars[0]), "LD_PRELOAD=build/faults/shim.so");
    (void)snprintf(vars[1], sizeof(vars[1]), "ZT_FAULT=kill:%d", call);
    (void)snprintf(vars[2], sizeof(vars[2]), "ZT_FAULT_CHILD=%s", d->w->house.fixture.where);
    (void)snprintf(vars[3], sizeof(vars[3]), "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0");
    (void)snprintf(vars[4], sizeof(vars[4]), "ZT_FAULT_FOLDER=%s", d->folder);
    assert_true((pid = fork()) >= 0);
    if (pid == 0) {
        (void)execve("/proc/self/exe", argv, environment);
        _exit(6);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 3);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
killed_at_any_write_nothing_is_lost_and_nothing_told_twice(void **state)
{
    bool ended = house_kind != FIXTURE_SQLITE;
    int met = 0;

    for (int call = 1; !ended; call += 5) {
        (void)works_close(state);
        (void)works_open(state);
        struct depot *d = depot_of(state);
        for (int n = 1; n < 6; n++) {
            (void)closed(d, "short", 2026, 10, n);
        }
        int64_t acts = left(d, "act");
        fixture_close(&d->w->house.fixture);
        ended = run_child(d, call);
        fixture_open(&d->w->house.fixture);
        turns(d, 2030, 1, 1);
        assert_int_equal(left(d, "process_closed"), 0);
        assert_int_equal(left(d, "process_history"), 0);
        assert_int_equal(left(d, "act"), acts + 1);
        must_be_whole(d, 10, 1, 5, 10);
        depot_free(d);
        met += !ended;
    }
    assert_true(met > 3 || house_kind != FIXTURE_SQLITE);
}

/* One that is opened again after the file was written is a case of the store, whole. */
static void
a_case_that_is_opened_again_meanwhile_stays_whole(void **state)
{
    struct depot *d = depot_of(state);
    int64_t id = closed(d, "short", 2026, 8, 1);

    (void)closed(d, "short", 2026, 8, 2);
    d->w->now_us = moment(2030, 1, 1);
    assert_true(turn(d));
    (void)works_do(d->w, id, "{'command':'reopen','element':'a','reason':'appeal'}");
    turns(d, 2030, 1, 1);
    assert_int_equal(left(d, "process_closed"), 0);
    assert_int_equal(left(d, "process_history"), 3);
    works_check_history(d->w, id);
    must_be_whole(d, 8, 1, 2, 4);
    (void)works_complete(d->w, id, "a");
    turns(d, 2033, 1, 1);
    must_be_whole(d, 8, 2, 1, 4);
    depot_free(d);
}

static void
a_file_that_was_touched_is_found_and_nothing_leaves_for_it(void **state)
{
    struct depot *d = depot_of(state);
    struct archive_found found;
    struct str text, half;
    char path[200];
    bool more;
    struct err err;

    (void)closed(d, "short", 2026, 9, 1);
    d->w->now_us = moment(2030, 1, 1);
    assert_true(turn(d)); /* written */
    (void)snprintf(path, sizeof(path), "%s/closed-202609-1.jsonl", d->folder);
    assert_int_equal(file_read(d->w->house.arena, path, ROOM, &text, &err), RC_OK);
    for (size_t at = 0; at < text.len; at += 31) { /* a byte anywhere */
        struct str other = str_fmt(d->w->house.arena, "%.*s", STR_ARG(text));
        ((char *)(uintptr_t)other.ptr)[at] ^= 1;
        assert_int_equal(file_replace(path, other, 0600, &err), RC_OK);
        begin(d);
        if (archive_turn(d->s, &d->w->house.fixture.db, d->a, d->w->now_us, &more, &err) != RC_CORRUPT) {
            fail_msg("byte %zu", at);
        }
    }
    half = str_sub(text, 0, text.len / 2);
    assert_int_equal(file_replace(path, half, 0600, &err), RC_OK);
    assert_int_equal(check(d, 9, 1, &found, &err), RC_CORRUPT);
    assert_int_equal(left(d, "process_closed"), 1);
    assert_int_equal(file_replace(path, text, 0600, &err), RC_OK);
    turns(d, 2030, 1, 1);
    assert_int_equal(left(d, "process_closed"), 0);
    depot_free(d);
}

static void
terms_without_years_or_basis_are_refused(void **state)
{
    static const char *const wrong[] = {"{}", "{\"default\":{\"years\":10}}", "{\"default\":{\"years\":0,\"basis\":\"b\"}}",
                                        "{\"default\":{\"years\":1,\"basis\":\"b\"},\"processes\":[{\"years\":1,\"basis\":\"b\"}]}",
                                        "{\"default\":{\"years\":1,\"basis\":\"b\"},\"processes\":[{\"process\":\"p\",\"years\":\"1\",\"basis\":\"b\"}]}"};
    struct works *w = *state;
    struct archive_terms *terms;
    struct err err;

    for (size_t n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++) {
        assert_int_equal(archive_terms_load(w->house.arena, house_json(&w->house, wrong[n]), &terms, &err), RC_INVALID);
    }
}

/* What is past and empty goes as a whole; the year that runs stays. */
static void
on_postgresql_an_empty_year_is_dropped(void **state)
{
    struct depot *d = depot_of(state);

    if (house_kind == FIXTURE_POSTGRES) {
        (void)closed(d, "short", 2027, 3, 1);
        turns(d, 2032, 1, 1);
        assert_int_equal(left(d, "process_closed"), 0);
        assert_int_equal(works_int(d->w, "SELECT COUNT(*) FROM pg_class WHERE relname IN ('process_history_2027', 'process_closed_2027')"), 0);
        assert_int_equal(works_int(d->w, "SELECT COUNT(*) FROM pg_class WHERE relname IN ('process_history_2032', 'process_closed_2032')"), 2);
        (void)closed(d, "short", 2027, 3, 2); /* a clock that went back: its rows have a place all the same */
        assert_int_equal(left(d, "process_closed"), 1);
    }
    depot_free(d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORKS_TEST(a_month_goes_when_the_time_of_all_its_cases_is_over),
        WORKS_TEST(what_is_open_stays_and_what_ends_later_goes_later),
        WORKS_TEST(nothing_leaves_before_the_log_has_signed_for_it),
        WORKS_TEST(whoever_is_stopped_anywhere_goes_on_and_all_is_told_once),
        WORKS_TEST(killed_at_any_write_nothing_is_lost_and_nothing_told_twice),
        WORKS_TEST(a_case_that_is_opened_again_meanwhile_stays_whole),
        WORKS_TEST(a_file_that_was_touched_is_found_and_nothing_leaves_for_it),
        WORKS_TEST(terms_without_years_or_basis_are_refused),
        WORKS_TEST(on_postgresql_an_empty_year_is_dropped),
    };

    const char *where = getenv("ZT_FAULT_CHILD");

    return where != NULL ? child(where) : HOUSE_RUN(tests, "closed cases leave the store");
}
