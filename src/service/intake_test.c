/*
 * Cases that came from another node stand here like any other; what goes along of one that was submitted here is told by reference.
 */
#include "base/file.h"
#include "service/intake.h"
#include "service/test_office.h"

#define TAKEN "YUNXI00000007"

struct taking {
    struct office *office;
    struct arena *arena;
    const char *item, *parts;
    bool is_case;
};

static enum rc
take_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct taking *t = ctx;
    struct office *o = t->office;
    const struct intake in = {.name = STR("yunxi:12:7:0"), .case_no = STR(TAKEN), .item = str_of(t->item), .subject = o->applicant.subject,
                              .title = STR("沈知遥"), .actor = STR("node:yunxi"), .parts = office_json(o, t->parts), .values = office_json(o, "{\"area\":\"80\"}"), .now_us = o->now_us};

    return intake_add(&o->work, tx, t->arena, &in, &t->is_case, err);
}

static enum rc
take(struct taking *t, struct err *err)
{
    return store_write(&t->office->fixture.db, take_tx, t, err);
}

static struct taking
taking(struct office *o)
{
    return (struct taking){o, o->arena, OFFICE_ITEM, "[{\"id\":\"1\",\"org\":\"" OFFICE_MARKET "\",\"power\":\"" OFFICE_MARKET_POWER "\"}]", false};
}

static int64_t
count(struct office *o, const char *sql)
{
    return fixture_int(&o->fixture, sql);
}

static void
what_was_taken_is_a_case_of_its_part_for_its_office_and_nobody_else(void **state)
{
    struct office *o = *state;
    struct taking t = taking(o);
    struct json *d;
    struct err err;

    assert_int_equal(take(&t, &err), RC_OK);
    assert_true(t.is_case);
    assert_int_equal(case_document(&o->work, &o->fixture.db, o->arena, STR("yunxi-0000 0007"), &o->market, o->now_us, STR("zh"), &d, &err), RC_OK);
    assert_true(str_eq(json_str(d, "applicant"), STR("沈知遥")) && str_eq(json_str(d, "case_no"), STR(TAKEN)));
    assert_int_equal(json_get(d, "sub_cases")->count, 1);
    assert_true(str_eq(json_str(json_get(d, "sub_cases")->first, "id"), STR(TAKEN "-1")));
    assert_true(str_eq(json_str(json_get(d, "timeline")->first, "kind"), STR("take_over")));
    assert_int_equal(case_document(&o->work, &o->fixture.db, o->arena, STR(TAKEN), &o->fire, o->now_us, STR("zh"), &d, &err), RC_DENIED);
    assert_int_equal(case_document(&o->work, &o->fixture.db, o->arena, STR(TAKEN), &o->neighbour, o->now_us, STR("zh"), &d, &err), RC_NOT_FOUND);
    assert_int_equal(case_application(&o->work, &o->fixture.db, o->arena, STR(TAKEN), &o->market, STR("zh"), &d, &err), RC_OK);
    assert_int_equal(intake_answers(&o->work, &o->fixture.db, o->arena, STR(TAKEN), office_json(o, "[\"area\"]"), &d, &err), RC_OK);
    assert_true(str_eq(json_str(d, "area"), STR("80")));
    assert_int_not_equal(take(&t, &err), RC_OK); /* one case of one hand-over */
    assert_int_equal(count(o, "SELECT COUNT(*) FROM case_file"), 1);
}

static void
work_on_what_is_no_service_here_is_no_case(void **state)
{
    struct office *o = *state;
    struct taking t = taking(o);
    struct err err;

    t.item = "000999999999";
    assert_int_equal(take(&t, &err), RC_OK);
    assert_false(t.is_case);
    t = taking(o);
    t.parts = "[{\"id\":\"\",\"org\":\"x\"}]";
    assert_int_equal(take(&t, &err), RC_INVALID);
    assert_int_equal(count(o, "SELECT COUNT(*) FROM case_file") + count(o, "SELECT COUNT(*) FROM act WHERE kind = 25"), 0);
}

static void
files_and_answers_of_a_case_are_told_by_name(void **state)
{
    struct office *o = *state;
    struct err err;

    assert_int_equal(file_make_folder(o->materials.folder, &err), RC_OK);
    struct str sha256 = office_file(o, STR("%PDF-1.7 plan of the kitchen")), case_no = STR("");
    struct str with = str_fmt(o->arena, "{\"area\":\"80\",\"plan\":[{\"name\":\"plan.pdf\",\"sha256\":\"%.*s\",\"type\":\"application/pdf\",\"bytes\":28}]}",
                              STR_ARG(sha256));
    struct draft draft = office_draft(o, &o->applicant, str_c(o->arena, with));
    struct json *files, *answers, *acts = json_array(o->arena);

    assert_int_equal(case_submit(&o->work, &o->fixture.db, o->arena, &draft, &o->applicant, o->now_us, &case_no, acts, &err), RC_OK);
    assert_int_equal(intake_files(&o->work, &o->fixture.db, o->arena, case_no, &files, &err), RC_OK);
    assert_int_equal(files->count, 1);
    assert_true(str_eq(json_str(files->first, "id"), STR("plan.1")) && str_eq(json_str(files->first, "sha256"), sha256));
    assert_int_equal(json_int_or(files->first, "bytes", 0), 28);
    assert_int_equal(intake_answers(&o->work, &o->fixture.db, o->arena, case_no, office_json(o, "[\"area\",\"nothing\",\"plan\"]"), &answers, &err), RC_OK);
    assert_int_equal(answers->count, 1);
    assert_true(str_eq(json_str(answers, "area"), STR("80")));
    assert_int_equal(intake_files(&o->work, &o->fixture.db, o->arena, STR("ANOTHER1"), &files, &err), RC_OK);
    assert_int_equal(intake_answers(&o->work, &o->fixture.db, o->arena, STR("ANOTHER1"), NULL, &answers, &err), RC_OK);
    assert_int_equal(files->count + answers->count, 0);
}

static void
wherever_memory_ends_it_is_whole_or_not_there(void **state)
{
    struct office *o = *state;
    struct taking t = taking(o);
    enum rc rc = RC_LIMIT;
    size_t n;

    for (n = 1; rc != RC_OK && n < 400; n++) {
        struct arena *a = arena_new(1 << 20);
        struct err err;
        arena_fail_at(a, n);
        t.arena = a;
        rc = take(&t, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        assert_int_equal(count(o, "SELECT COUNT(*) FROM case_file"), rc == RC_OK ? 1 : 0);
        arena_free(a);
    }
    assert_true(n > 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(what_was_taken_is_a_case_of_its_part_for_its_office_and_nobody_else),
        OFFICE_TEST(work_on_what_is_no_service_here_is_no_case),
        OFFICE_TEST(files_and_answers_of_a_case_are_told_by_name),
        OFFICE_TEST(wherever_memory_ends_it_is_whole_or_not_there),
    };

    return OFFICE_RUN(tests, "intake");
}
