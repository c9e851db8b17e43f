#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "web/figures.h"

enum { ROOM = 1 << 20 };

static const struct figures some = {.acts = 18204551, .queued = 3, .disk_free_bytes = INT64_MAX};

static void
programs_read_each_figure_with_its_kind_and_what_it_is(void **state)
{
    static const char *const lines[] = {
        "# HELP zhengtong_acts_total Durable acts.\n# TYPE zhengtong_acts_total counter\n",
        " counter\nzhengtong_acts_total 18204551\n",
        "# TYPE zhengtong_store_queued gauge\nzhengtong_store_queued 3\n",
        "\nzhengtong_disk_free_bytes 9223372036854775807\n",
        "\nzhengtong_backup_time_seconds 0\n"};
    struct arena *a = arena_new(ROOM);
    struct str text;
    struct err err;

    (void)state;
    assert_int_equal(figures_text(a, &some, &text, &err), RC_OK);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (!str_has(text, str_of(lines[i]))) {
            fail_msg("%s is not in\n%.*s", lines[i], STR_ARG(text));
        }
    }
    arena_free(a);
}

static void
the_page_has_the_same_figures_by_their_members(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct json *j = figures_json(a, &some);
    int64_t count = 0;

    (void)state;
#define X(member, name, kind, help)                                                                 \
    assert_int_equal(json_int_or(j, #member, -1), some.member);                                     \
    count++;
    FIGURE_TABLE(X)
#undef X
    assert_int_equal(j->count, count);
    arena_free(a);
}

static void
programs_read_what_stands_still_by_cause_and_what_waits_by_type(void **state)
{
    static const char *const lines[] = {"\nzhengtong_incidents_by_cause{process=\"permit\",cause=\"no-way\"} 3\n",
                                        "\nzhengtong_jobs_waiting_by_type{type=\"a\\\"b\\\\c\\nd\"} 7\n"};
    struct arena *a = arena_new(ROOM);
    struct figures f = some;
    struct str text;
    struct json *causes, *types;
    struct err err;

    (void)state;
    assert_int_equal(json_parse(a, STR("[{\"process\":\"permit\",\"code\":\"no-way\",\"count\":3}]"), JSON_UNIQUE, &causes, &err), RC_OK);
    assert_int_equal(json_parse(a, STR("[{\"type\":\"a\\\"b\\\\c\\nd\",\"count\":7}]"), JSON_UNIQUE, &types, &err), RC_OK);
    f.running.causes = causes;
    f.running.types = types;
    assert_int_equal(figures_text(a, &f, &text, &err), RC_OK);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (!str_has(text, str_of(lines[i]))) {
            fail_msg("%s is not in\n%.*s", lines[i], STR_ARG(text));
        }
    }
    arena_free(a);
}

static const int64_t now_s = INT64_C(1795399200), day_s = 86400;

/* A node of which nothing needs to be said. */
static struct figures
calm(void)
{
    return (struct figures){.acts = 10,
                            .log_size = 10,
                            .checkpoint_s = now_s - 7 * day_s,
                            .store_alive = 1,
                            .disk_bytes = 1000,
                            .disk_free_bytes = 100,
                            .backup_s = now_s - day_s,
                            .directory_ends_s = now_s + 30 * day_s,
                            .certificate_ends_s = now_s + 30 * day_s};
}

static void
each_thing_that_needs_attention_is_found_at_its_limit_and_nothing_else(void **state)
{
    struct figures full = calm(), gone = calm(), disk = calm(), log = calm(), none = calm();
    struct figures old = calm(), directory = calm(), certificate = calm(), stuck = calm(), quiet = calm();

    (void)state;
    assert_int_equal(figures_attention(&quiet, now_s), 0);
    full.store_full = 1;
    gone.store_alive = 0;
    disk.disk_free_bytes = 99;
    log.acts = 11;
    none.backup_s = 0;
    old.backup_s--;
    directory.directory_ends_s--;
    certificate.certificate_ends_s = now_s - day_s; /* over already */
    stuck.incidents = 1;
    const struct figures *const found[ATTEND_KINDS] = {
        [ATTEND_STORE_FULL] = &full,   [ATTEND_STORE_GONE] = &gone,
        [ATTEND_DISK] = &disk,         [ATTEND_LOG] = &log,
        [ATTEND_BACKUP_NONE] = &none,  [ATTEND_BACKUP_OLD] = &old,
        [ATTEND_DIRECTORY] = &directory, [ATTEND_CERTIFICATE] = &certificate,
        [ATTEND_INCIDENTS] = &stuck};
    for (unsigned i = 0; i < ATTEND_KINDS; i++) {
        assert_int_equal(figures_attention(found[i], now_s), 1u << i);
    }
    /* A log that was sealed just now may be behind by what has come since. */
    log.checkpoint_s = now_s - 60;
    assert_int_equal(figures_attention(&log, now_s), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_read_each_figure_with_its_kind_and_what_it_is),
        cmocka_unit_test(programs_read_what_stands_still_by_cause_and_what_waits_by_type),
        cmocka_unit_test(each_thing_that_needs_attention_is_found_at_its_limit_and_nothing_else),
        cmocka_unit_test(the_page_has_the_same_figures_by_their_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
