/*
 * No file that somebody needs is removed, and none that nobody needs stays for ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "service/material_int.h"
#include "service/office.h"

static enum fixture_kind kind;

static int
open_office(void **state)
{
    struct office *o = mem_new(1, sizeof(*o));
    struct err err;

    office_open(o, kind);
    assert_int_equal(file_make_folder(o->materials.folder, &err), RC_OK);
    *state = o;
    return 0;
}

static int
close_office(void **state)
{
    office_close(*state);
    mem_free(*state);
    return 0;
}

/* A whole round over all slices. */
static int64_t
sweep(struct office *o)
{
    int64_t removed, all = 0;
    struct err err;

    for (int slice = 0; slice < MATERIAL_SLICES; slice++) {
        assert_int_equal(material_sweep(&o->materials, &o->fixture.db, slice, o->now_us, &removed,
                                        &err),
                         RC_OK);
        all += removed;
    }
    return all;
}

static bool
is_kept(struct office *o, struct str sha256)
{
    struct material *f;
    int64_t bytes;
    struct err err;
    enum rc rc = material_read(&o->materials, sha256, &f, &bytes, &err);

    assert_true(rc == RC_OK || rc == RC_NOT_FOUND);
    if (rc == RC_OK) {
        material_done(f);
    }
    return rc == RC_OK;
}

/* {"plan":[…]} as an upload makes it; the second may be "". */
static const char *
plan_of(struct office *o, struct str first, struct str second)
{
    struct json *values = json_object(o->arena), *plan = json_array(o->arena);
    const struct str files[] = {first, second};
    struct str text;
    struct err err;

    for (size_t i = 0; i < 2; i++) {
        struct json *f = json_object(o->arena);
        json_set_text(o->arena, f, "name", STR("plan.pdf"));
        json_set_text(o->arena, f, "sha256", files[i]);
        json_set_text(o->arena, f, "type", STR("application/pdf"));
        json_set_int(o->arena, f, "bytes", 6);
        if (files[i].len > 0) {
            json_push(plan, f);
        }
    }
    json_set(o->arena, values, "plan", plan);
    assert_int_equal(json_print(o->arena, values, &text, &err), RC_OK);
    return str_c(o->arena, text);
}

static void
an_upload_that_is_not_saved_yet_is_left_for_a_day(void **state)
{
    struct office *o = *state;
    struct str file = office_file(o, STR("%PDF-1"));

    assert_int_equal(sweep(o), 0);
    o->now_us += (int64_t)MATERIAL_GRACE_S * 1000000;
    assert_int_equal(sweep(o), 0);
    assert_true(is_kept(o, file));
    o->now_us += 1;
    assert_int_equal(sweep(o), 1);
    assert_false(is_kept(o, file));
}

static void
a_file_of_a_draft_stays_until_it_is_taken_out(void **state)
{
    struct office *o = *state;
    struct str a = office_file(o, STR("%PDF-a")), b = office_file(o, STR("%PDF-b"));
    struct draft d = office_draft(o, &o->applicant, plan_of(o, a, b));
    struct err err;

    office_days(o, 3);
    assert_int_equal(sweep(o), 0);
    assert_true(is_kept(o, a) && is_kept(o, b));
    json_set_key(o->arena, d.values, STR("plan"),
                 json_copy(o->arena, json_get(office_json(o, plan_of(o, b, STR(""))), "plan")));
    assert_int_equal(draft_save(&o->fixture.db, o->vault, o->arena, &d, o->now_us, &err), RC_OK);
    assert_int_equal(sweep(o), 1);
    assert_false(is_kept(o, a));
    assert_true(is_kept(o, b));
}

static void
a_save_that_was_refused_changes_nothing_about_files(void **state)
{
    struct office *o = *state;
    struct str a = office_file(o, STR("%PDF-a"));
    struct draft d = office_draft(o, &o->applicant, plan_of(o, a, STR("")));
    struct err err;

    d.revision--; /* another tab */
    json_set_key(o->arena, d.values, STR("plan"), json_array(o->arena));
    assert_int_equal(draft_save(&o->fixture.db, o->vault, o->arena, &d, o->now_us, &err),
                     RC_CONFLICT);
    office_days(o, 3);
    assert_int_equal(sweep(o), 0);
    assert_true(is_kept(o, a));
}

static void
a_draft_that_expires_lets_go_of_its_files_but_not_of_those_of_others(void **state)
{
    struct office *o = *state;
    struct str own = office_file(o, STR("%PDF-own")), shared = office_file(o, STR("%PDF-shared"));
    int64_t count;
    struct err err;

    (void)office_draft(o, &o->applicant, plan_of(o, own, shared));
    office_days(o, 20);
    (void)office_draft(o, &o->neighbour, plan_of(o, shared, STR("")));
    office_days(o, 11);
    assert_int_equal(draft_expire(&o->fixture.db, o->now_us, &count, &err), RC_OK);
    assert_int_equal(count, 1);
    assert_int_equal(sweep(o), 1);
    assert_false(is_kept(o, own));
    assert_true(is_kept(o, shared));
    assert_int_equal(fixture_int(&o->fixture, "SELECT COUNT(*) FROM material"), 1);
}

static void
a_case_keeps_its_files_for_good(void **state)
{
    struct office *o = *state;
    struct str file = office_file(o, STR("%PDF-case")), case_no;
    struct draft d = office_draft(o, &o->applicant, plan_of(o, file, STR("")));
    int64_t count;
    struct err err;

    assert_int_equal(case_submit(&o->work, &o->fixture.db, o->arena, &d, &o->applicant, o->now_us,
                                 &case_no, json_array(o->arena), &err),
                     RC_OK);
    office_days(o, 400);
    assert_int_equal(draft_expire(&o->fixture.db, o->now_us, &count, &err), RC_OK);
    assert_int_equal(sweep(o), 0);
    assert_true(is_kept(o, file));
    assert_int_equal(fixture_int(&o->fixture, "SELECT COUNT(*) FROM material"), 1);
}

static void
what_a_supplement_brought_is_kept_beside_what_was_submitted(void **state)
{
    struct office *o = *state;
    struct str case_no = office_case(o, 80), file = office_file(o, STR("%PDF-supplied"));
    struct case_move ask = office_move(o, case_no, "1", "ask_supplement");
    struct case_move supply = office_move(o, case_no, "1", "supply");
    struct err err;

    ask.fields = office_json(o, "[{\"field\":\"plan\",\"what\":\"看不清\"}]");
    supply.fields = office_json(o, plan_of(o, file, STR("")));
    assert_int_equal(office_step(o, &ask, &o->market, &err), RC_OK);
    assert_int_equal(office_step(o, &supply, &o->applicant, &err), RC_OK);
    office_days(o, 400);
    assert_int_equal(sweep(o), 0);
    assert_true(is_kept(o, file));
}

static void
the_same_content_uploaded_again_is_young_again(void **state)
{
    struct office *o = *state;
    struct str file = office_file(o, STR("%PDF-1"));

    office_days(o, 3);
    (void)office_file(o, STR("%PDF-1"));
    assert_int_equal(sweep(o), 0);
    assert_true(is_kept(o, file));
}

static void
what_a_crash_left_goes_after_a_day_and_an_upload_under_way_stays(void **state)
{
    struct office *o = *state;
    char old[MATERIAL_PATH_BYTES], strange[MATERIAL_PATH_BYTES];
    struct material_sink *under_way;
    struct json *any = office_json(o, "[\"\"]");
    struct str sha256, type;
    int64_t bytes;
    struct err err;

    material_incoming(o->materials.folder, o->now_us, old);
    (void)snprintf(strange, sizeof(strange), "%s/incoming-notes.txt", o->materials.folder);
    assert_int_equal(file_replace(old, STR("half"), 0600, &err), RC_OK);
    assert_int_equal(file_replace(strange, STR("not ours"), 0600, &err), RC_OK);
    office_days(o, 2);
    assert_int_equal(material_open(&o->materials, o->now_us, 100, &under_way, &err), RC_OK);
    assert_true(sweep(o) == 1);
    assert_int_equal(access(old, F_OK), -1);
    assert_int_equal(access(strange, F_OK), 0);
    assert_int_equal(material_close(under_way, o->arena, any, &sha256, &type, &bytes, &err), RC_OK);
    assert_true(is_kept(o, sha256));
}

static void
nothing_is_swept_while_a_backup_is_made(void **state)
{
    struct office *o = *state;

    (void)office_file(o, STR("%PDF-1"));
    office_days(o, 3);
    assert_true(material_backup_try());
    assert_int_equal(sweep(o), 0);
    material_backup_end();
    assert_int_equal(sweep(o), 1);
}

static void
a_folder_without_files_is_swept_in_peace(void **state)
{
    struct office *o = *state;

    assert_int_equal(sweep(o), 0);
    o->materials.folder = "/nonexistent/materials";
    assert_int_equal(sweep(o), 0);
}

static void
what_there_is_is_weighed_whole_or_reckoned_from_a_part(void **state)
{
    struct office *o = *state;
    struct material_figures all, some;
    bool is_exact = false;
    struct err err;

    assert_int_equal(material_weigh(&o->materials, 1, &all, &is_exact, &err), RC_OK);
    assert_true(is_exact && all.files == 0 && all.bytes == 0);
    for (int i = 0; i < 300; i++) {
        (void)office_file(o, str_fmt(o->arena, "%%PDF-%d", i));
    }
    assert_int_equal(material_weigh(&o->materials, 1000, &all, &is_exact, &err), RC_OK);
    assert_true(is_exact && all.files == 300 && all.bytes > 300 * 100);
    assert_int_equal(material_weigh(&o->materials, 100, &some, &is_exact, &err), RC_OK);
    assert_true(!is_exact && some.files > 150 && some.files < 600);
    assert_true(some.bytes > all.bytes / 2 && some.bytes < all.bytes * 2);
}

static int
run_on(enum fixture_kind which, const char *name)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_office, close_office)
    const struct CMUnitTest tests[] = {
        TEST(an_upload_that_is_not_saved_yet_is_left_for_a_day),
        TEST(a_file_of_a_draft_stays_until_it_is_taken_out),
        TEST(a_save_that_was_refused_changes_nothing_about_files),
        TEST(a_draft_that_expires_lets_go_of_its_files_but_not_of_those_of_others),
        TEST(a_case_keeps_its_files_for_good),
        TEST(what_a_supplement_brought_is_kept_beside_what_was_submitted),
        TEST(the_same_content_uploaded_again_is_young_again),
        TEST(what_a_crash_left_goes_after_a_day_and_an_upload_under_way_stays),
        TEST(nothing_is_swept_while_a_backup_is_made),
        TEST(a_folder_without_files_is_swept_in_peace),
        TEST(what_there_is_is_weighed_whole_or_reckoned_from_a_part),
    };
#undef TEST

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "keeping materials, SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "keeping materials, PostgreSQL");
    }
    return failed;
}
