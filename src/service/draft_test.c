/*
 * An application being filled in: nobody else's, never overwritten by an older tab, kept until it expires.
 */
#include "base/file.h"
#include "service/test_office.h"

static struct draft
begin(struct office *o, const struct identity *who)
{
    struct draft d;
    struct err err;

    assert_int_equal(draft_begin(&o->fixture.db, o->vault, o->arena, who->subject, office_item(o),
                                 o->now_us, 30, &d, &err),
                     RC_OK);
    return d;
}

static enum rc
get(struct office *o, struct str id, const struct identity *who, struct draft *out)
{
    struct err err;

    return draft_get(&o->fixture.db, o->vault, o->arena, id, who->subject, out, &err);
}

static enum rc
save(struct office *o, struct draft *d, struct err *err)
{
    return draft_save(&o->fixture.db, o->vault, o->arena, d, o->now_us, err);
}

static void
a_draft_is_found_again_with_what_was_saved(void **state)
{
    struct office *o = *state;
    struct draft d = begin(o, &o->applicant), again;
    struct err err;

    assert_int_equal(d.revision, 1);
    assert_int_equal(d.values->count, 0);
    assert_true(str_starts(d.id, STR("d-")));
    json_set_text(o->arena, d.values, "shop_name", STR("半亩方塘 🍜"));
    o->now_us += 5000000;
    assert_int_equal(save(o, &d, &err), RC_OK);
    assert_int_equal(d.revision, 2);
    assert_int_equal(get(o, d.id, &o->applicant, &again), RC_OK);
    assert_true(str_eq(json_str(again.values, "shop_name"), STR("半亩方塘 🍜")));
    assert_true(str_eq(again.subject, o->applicant.subject));
    assert_true(str_eq(again.item, STR(OFFICE_ITEM)));
    assert_int_equal(again.item_version, 1);
    assert_int_equal(again.revision, 2);
    assert_int_equal(again.saved_us, o->now_us);
    assert_int_equal(again.expires_us, o->now_us + (int64_t)30 * 86400 * 1000000);
    assert_int_equal(again.case_no.len, 0);
}

static void
beginning_again_goes_on_with_the_open_draft(void **state)
{
    struct office *o = *state;
    struct draft d = office_draft(o, &o->applicant, "{}"), again = begin(o, &o->applicant);

    assert_true(str_eq(d.id, again.id));
    assert_true(str_eq(json_str(again.values, "area"), STR("80")));
    assert_false(str_eq(begin(o, &o->neighbour).id, d.id));
    assert_int_equal(fixture_int(&o->fixture, "SELECT COUNT(*) FROM draft"), 2);
}

static void
a_draft_of_somebody_else_is_not_there(void **state)
{
    struct office *o = *state;
    struct draft d = office_draft(o, &o->applicant, "{}"), got = {.revision = 7};

    assert_int_equal(get(o, d.id, &o->neighbour, &got), RC_NOT_FOUND);
    assert_int_equal(get(o, STR("d-nothing"), &o->applicant, &got), RC_NOT_FOUND);
    assert_int_equal(get(o, STR(""), &o->applicant, &got), RC_NOT_FOUND);
    assert_int_equal(got.revision, 7);
}

static void
of_two_tabs_the_later_save_is_refused_and_nothing_is_lost(void **state)
{
    struct office *o = *state;
    struct draft first = office_draft(o, &o->applicant, "{}"), second, stored;
    struct err err;

    assert_int_equal(get(o, first.id, &o->applicant, &second), RC_OK);
    json_set_text(o->arena, first.values, "shop_name", STR("一"));
    json_set_text(o->arena, second.values, "shop_name", STR("二"));
    assert_int_equal(save(o, &first, &err), RC_OK);
    assert_int_equal(save(o, &second, &err), RC_CONFLICT);
    assert_string_equal(err.type, "other-tab");
    assert_int_equal(second.revision, first.revision - 1); /* untouched */
    assert_true(str_eq(json_str(second.values, "shop_name"), STR("二")));
    assert_int_equal(get(o, first.id, &o->applicant, &stored), RC_OK);
    assert_true(str_eq(json_str(stored.values, "shop_name"), STR("一")));
}

static void
a_submitted_draft_is_closed(void **state)
{
    struct office *o = *state;
    struct draft d = office_draft(o, &o->applicant, "{}"), stored, fresh;
    struct str case_no;
    struct json *list;
    struct err err;

    assert_int_equal(case_submit(&o->work, &o->fixture.db, o->arena, &d, &o->applicant, o->now_us,
                                 &case_no, json_array(o->arena), &err),
                     RC_OK);
    assert_int_equal(save(o, &d, &err), RC_CONFLICT);
    assert_int_equal(get(o, d.id, &o->applicant, &stored), RC_OK);
    assert_true(str_eq(stored.case_no, case_no));
    assert_int_equal(draft_list(&o->fixture.db, o->arena, o->applicant.subject, o->now_us, &list,
                                &err),
                     RC_OK);
    assert_int_equal(list->count, 0);
    fresh = begin(o, &o->applicant);
    assert_false(str_eq(fresh.id, d.id));
}

static void
each_save_gives_another_thirty_days(void **state)
{
    struct office *o = *state;
    struct draft d = office_draft(o, &o->applicant, "{}"), got;
    int64_t count;
    struct err err;

    office_days(o, 29);
    assert_int_equal(save(o, &d, &err), RC_OK);
    office_days(o, 29);
    assert_int_equal(draft_expire(&o->fixture.db, o->now_us, &count, &err), RC_OK);
    assert_int_equal(count, 0);
    assert_int_equal(get(o, d.id, &o->applicant, &got), RC_OK);
}

static void
an_expired_draft_is_not_gone_on_with_and_then_removed(void **state)
{
    struct office *o = *state;
    struct draft d = office_draft(o, &o->applicant, "{}"), got;
    struct json *list;
    int64_t count = -1;
    struct err err;

    o->now_us = d.expires_us - 1;
    assert_int_equal(draft_expire(&o->fixture.db, o->now_us, &count, &err), RC_OK);
    assert_int_equal(count, 0);
    assert_true(str_eq(begin(o, &o->applicant).id, d.id));
    o->now_us = d.expires_us;
    assert_int_equal(draft_list(&o->fixture.db, o->arena, o->applicant.subject, o->now_us, &list,
                                &err),
                     RC_OK);
    assert_int_equal(list->count, 0);
    assert_false(str_eq(begin(o, &o->applicant).id, d.id));
    assert_int_equal(draft_expire(&o->fixture.db, o->now_us, &count, &err), RC_OK);
    assert_int_equal(count, 1);
    assert_int_equal(get(o, d.id, &o->applicant, &got), RC_NOT_FOUND);
    assert_int_equal(save(o, &d, &err), RC_CONFLICT);
}

static void
the_list_has_ones_own_newest_first(void **state)
{
    struct office *o = *state;
    struct draft d = office_draft(o, &o->applicant, "{}");
    struct json *list;
    struct err err;

    (void)office_draft(o, &o->neighbour, "{}");
    const struct str older = str_fmt(
        o->arena,
        "INSERT INTO draft (id, subject, item, item_version, content, revision, saved_us, expires_us) "
        "SELECT 'd-older', subject, 'x', 1, content, 1, saved_us - 1, expires_us FROM draft "
        "WHERE id = '%.*s'",
        STR_ARG(d.id));
    fixture_sql(&o->fixture, str_c(o->arena, older));
    assert_int_equal(draft_list(&o->fixture.db, o->arena, o->applicant.subject, o->now_us, &list,
                                &err),
                     RC_OK);
    assert_int_equal(list->count, 2);
    assert_true(str_eq(json_str(list->first, "id"), d.id));
    assert_true(str_eq(json_str(list->first, "item"), STR(OFFICE_ITEM)));
    assert_true(str_eq(json_str(list->first, "saved"), STR("2026-06-01T10:00:00+08:00")));
    assert_true(str_eq(json_str(list->first, "expires"), STR("2026-07-01T10:00:00+08:00")));
    assert_true(str_ends(json_str(list->first, "url"), d.id));
    assert_true(str_eq(json_str(list->last, "id"), STR("d-older")));
}

static void
a_running_draft_stays_with_its_version_of_the_item(void **state)
{
    struct office *o = *state;
    struct draft d = office_draft(o, &o->applicant, "{}"), again;

    fixture_sql(&o->fixture, "INSERT INTO item (code, version, since_us, document) SELECT code, 2, "
                             "since_us, document FROM item WHERE code = '" OFFICE_ITEM "'");
    office_reload(o);
    assert_int_equal(office_item(o)->version, 2);
    again = begin(o, &o->applicant);
    assert_true(str_eq(again.id, d.id));
    assert_int_equal(again.item_version, 1);
    assert_int_equal(begin(o, &o->neighbour).item_version, 2);
}

static void
the_database_tells_nothing_of_what_was_typed(void **state)
{
    struct office *o = *state;
    struct draft d = office_draft(o, &o->applicant, "{\"shop_name\":\"BANMUFANGTANG\"}"), got;
    struct str file;
    struct err err;

    if (office_kind == FIXTURE_POSTGRES) {
        assert_int_equal(fixture_int(&o->fixture, "SELECT COUNT(*) FROM draft WHERE "
                                                  "position('BANMU'::bytea in content) > 0"),
                         0);
    } else {
        fixture_close(&o->fixture);
        assert_int_equal(file_read(o->arena, o->fixture.config.where, 1 << 24, &file, &err), RC_OK);
        assert_true(str_has(file, d.id));
        assert_false(str_has(file, STR("BANMUFANGTANG")));
        fixture_open(&o->fixture);
    }
    struct draft other = office_draft(o, &o->neighbour, "{}");
    fixture_sql(&o->fixture, str_c(o->arena, str_fmt(o->arena,
                                                     "UPDATE draft SET content = (SELECT content FROM "
                                                     "draft WHERE id = '%.*s') WHERE id = '%.*s'",
                                                     STR_ARG(d.id), STR_ARG(other.id))));
    assert_int_equal(get(o, other.id, &o->neighbour, &got), RC_CORRUPT); /* moved to another row */
}

/* Values on an arena of their own; everything else has too little room at first. */
static void
running_out_of_room_is_said_and_stores_no_half(void **state)
{
    struct office *o = *state;
    struct draft d = office_draft(o, &o->applicant, "{}");
    struct str subject = o->neighbour.subject;
    int64_t revision = d.revision;
    enum rc rc = RC_LIMIT;
    struct err err;

    for (size_t n = 1; rc == RC_LIMIT; n++) {
        struct arena *a = arena_new(1 << 20);
        struct draft out;
        arena_fail_at(a, n);
        rc = draft_begin(&o->fixture.db, o->vault, a, subject, office_item(o), o->now_us, 30, &out,
                         &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        assert_int_equal(fixture_int(&o->fixture, "SELECT COUNT(*) FROM draft"), 1 + (rc == RC_OK));
        arena_free(a);
    }
    rc = RC_LIMIT;
    for (size_t n = 1; rc == RC_LIMIT; n++) {
        struct arena *a = arena_new(1 << 20);
        struct draft got;
        arena_fail_at(a, n);
        rc = draft_get(&o->fixture.db, o->vault, a, d.id, d.subject, &got, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        arena_free(a);
    }
    rc = RC_LIMIT;
    for (size_t n = 1; rc == RC_LIMIT; n++) {
        struct arena *a = arena_new(1 << 20);
        arena_fail_at(a, n);
        rc = draft_save(&o->fixture.db, o->vault, a, &d, o->now_us, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        assert_int_equal(d.revision, revision + (rc == RC_OK));
        arena_free(a);
    }
    rc = RC_LIMIT;
    for (size_t n = 1; rc == RC_LIMIT; n++) {
        struct arena *a = arena_new(1 << 20);
        struct json *list = NULL;
        arena_fail_at(a, n);
        rc = draft_list(&o->fixture.db, a, d.subject, o->now_us, &list, &err);
        assert_true(rc == RC_OK ? list->count == 1 : rc == RC_LIMIT && list == NULL);
        arena_free(a);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(a_draft_is_found_again_with_what_was_saved),
        OFFICE_TEST(beginning_again_goes_on_with_the_open_draft),
        OFFICE_TEST(a_draft_of_somebody_else_is_not_there),
        OFFICE_TEST(of_two_tabs_the_later_save_is_refused_and_nothing_is_lost),
        OFFICE_TEST(a_submitted_draft_is_closed),
        OFFICE_TEST(each_save_gives_another_thirty_days),
        OFFICE_TEST(an_expired_draft_is_not_gone_on_with_and_then_removed),
        OFFICE_TEST(the_list_has_ones_own_newest_first),
        OFFICE_TEST(a_running_draft_stays_with_its_version_of_the_item),
        OFFICE_TEST(the_database_tells_nothing_of_what_was_typed),
        OFFICE_TEST(running_out_of_room_is_said_and_stores_no_half),
    };

    return OFFICE_RUN(tests, "draft");
}
