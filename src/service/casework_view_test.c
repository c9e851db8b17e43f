/*
 * What people see of cases: who may, by which spelling of the number, and in which order.
 */
#include "service/casework_int.h"
#include "service/test_office.h"

/* --- help ------------------------------------------------------------------------------------------ */

static enum rc
document(struct office *o, struct str case_no, const struct identity *who, const char *lang,
         struct json **out, struct err *err)
{
    *out = NULL;
    return case_document(&o->work, &o->fixture.db, o->arena, case_no, who, o->now_us, str_of(lang),
                         out, err);
}

static struct json *
seen(struct office *o, struct str case_no, const struct identity *who, const char *lang)
{
    struct json *d;
    struct err err;

    assert_int_equal(document(o, case_no, who, lang, &d, &err), RC_OK);
    return d;
}

static struct str
print(struct office *o, const struct json *d)
{
    struct str text;
    struct err err;

    assert_int_equal(json_print(o->arena, d, &text, &err), RC_OK);
    return text;
}

static void
expect_text(const struct json *d, const char *path, const char *text)
{
    const struct json *got = json_path(d, path);
    struct str said = got == NULL ? STR("") : got->text;

    if (!str_eq(said, str_of(text))) {
        print_message("%s is \"%.*s\"\n", path, STR_ARG(said));
    }
    assert_non_null(got);
    assert_true(str_eq(said, str_of(text)));
}

static void
takes(struct office *o, struct str case_no, const char *part, const char *on,
      const struct identity *who)
{
    struct case_move move = office_move(o, case_no, part, on);
    struct err err;

    assert_int_equal(office_step(o, &move, who, &err), RC_OK);
}

static struct json *
list_of(struct office *o, const char *after, int limit)
{
    struct json *d = NULL;
    struct err err;

    assert_int_equal(case_list_of(&o->work, &o->fixture.db, o->arena, o->applicant.subject,
                                  str_of(after), limit, o->now_us, STR("zh"), &d, &err),
                     RC_OK);
    return d;
}

/* --- who may see ------------------------------------------------------------------------------------ */

static void
owner_offices_and_supervisors_see_a_case_and_nobody_else(void **state)
{
    struct office *o = *state;
    struct str case_no = office_case(o, 300);
    struct identity stranger = o->market, steward = o->market, nobody = {.role = ROLE_PUBLIC};
    const struct {
        const struct identity *who;
        enum rc rc;
        const char *type;
    } cases[] = {{&o->applicant, RC_OK, ""},       {&o->market, RC_OK, ""},
                 {&o->junior, RC_OK, ""},          {&o->fire, RC_OK, ""},
                 {&o->supervisor, RC_OK, ""},      {&o->neighbour, RC_NOT_FOUND, "no-such-case"},
                 {&stranger, RC_DENIED, "other-organisation"},
                 {&steward, RC_DENIED, "other-organisation"},
                 {&nobody, RC_DENIED, "other-organisation"}};

    stranger.officer.org = STR("11990100000000051T");
    steward.role = ROLE_STEWARD;
    steward.officer.roles = 1u << ROLE_STEWARD;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json *d, *application = NULL;
        struct err err = {.type = ""};
        enum rc rc = document(o, case_no, cases[i].who, "zh", &d, &err);
        assert_int_equal(rc, cases[i].rc);
        assert_string_equal(err.type, cases[i].type);
        assert_int_equal(d != NULL, rc == RC_OK);
        rc = case_application(&o->work, &o->fixture.db, o->arena, case_no, cases[i].who, STR("zh"),
                              &application, &err);
        assert_int_equal(rc, cases[i].rc); /* the same right */
        assert_int_equal(application != NULL, rc == RC_OK);
    }
}

static void
a_number_is_understood_in_any_spelling(void **state)
{
    struct office *o = *state;
    struct str no = office_case(o, 80);
    struct json *d = seen(o, no, &o->applicant, "zh");
    struct str code = json_str(d, "query_code");
    const struct str spellings[] = {
        no,
        code,
        str_fmt(o->arena, " %.*s ", STR_ARG(no)),
        str_fmt(o->arena, "%.18s-%.13s-%.*s", no.ptr, no.ptr + 18, STR_ARG(str_from(no, 31))),
        str_fmt(o->arena, "%.17sａ%.*s", no.ptr, STR_ARG(str_from(no, 18))),
        str_fmt(o->arena, "%.4s-%.4s-%.4s", code.ptr, code.ptr + 5, code.ptr + 10)};

    assert_int_equal(code.len, 14); /* in groups of four */
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        expect_text(seen(o, spellings[i], &o->applicant, "zh"), "case_no", str_c(o->arena, no));
    }
    const struct str none[] = {STR(""), STR("260601"), str_sub(no, 0, 42),
                               str_fmt(o->arena, "%.*s0", STR_ARG(no)), STR("000000000000")};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        struct err err;
        assert_int_equal(document(o, none[i], &o->applicant, "zh", &d, &err), RC_NOT_FOUND);
        assert_string_equal(err.type, "no-such-case");
    }
}

/* --- one case ------------------------------------------------------------------------------------------ */

static void
a_fresh_case_says_when_one_hears(void **state)
{
    struct office *o = *state;
    struct str no = office_case(o, 80);
    struct json *zh = seen(o, no, &o->applicant, "zh"), *en = seen(o, no, &o->applicant, "en");

    expect_text(zh, "name", "开办餐饮店");
    expect_text(en, "name", "Open a restaurant");
    expect_text(zh, "applicant", "半亩方塘");
    expect_text(zh, "state", "open");
    expect_text(zh, "submitted", "2026-06-01T10:00:00+08:00");
    expect_text(zh, "submitted_text", "6月1日 10:00");
    expect_text(en, "submitted_text", "2026-06-01 10:00");
    expect_text(zh, "summary", "2 个部门：1 个正在办，1 个不用办。");
    expect_text(en, "summary", "2 departments: 1 at work, 1 not needed.");
    expect_text(zh, "sub_cases.0.org_name", "市场监管局");
    expect_text(en, "sub_cases.0.org_name", "Yunxi Market Regulation");
    expect_text(zh, "sub_cases.0.state_text", "等受理");
    expect_text(zh, "sub_cases.0.phone", "0990-5550-1200"); /* nobody has it yet: the office's own */
    expect_text(zh, "sub_cases.0.note", "6月8日前告诉您是否受理；没有通知，就算受理。");
    expect_text(zh, "sub_cases.1.waived_text", "不到 300 平方米，不用办。");
    assert_null(json_path(zh, "sub_cases.0.clock"));
    assert_null(json_path(zh, "sub_cases.1.note"));
    assert_null(json_get(zh, "notice"));
    assert_null(json_get(zh, "result"));
}

static void
what_waits_for_the_applicant_stands_on_top(void **state)
{
    struct office *o = *state;
    struct str no = office_case(o, 300);
    struct json *d;

    takes(o, no, "2", "accept", &o->fire);
    takes(o, no, "2", "ask_supplement", &o->fire);
    d = seen(o, no, &o->applicant, "zh");
    expect_text(d, "state", "waiting");
    expect_text(d, "notice.title", "请补 1 样");
    expect_text(d, "notice.text", "请看《食品安全法》第三十五条");
    expect_text(d, "notice.fields.0.title", "店名");
    expect_text(d, "notice.fields.0.what", "和执照上的不一样");
    expect_text(d, "notice.told_text", "消防救援支队 6月1日 10:00 通知。");
    expect_text(d, "notice.clock.colour", "paused");
    expect_text(d, "notice.clock.text", "暂停 · 剩 3 天");
    assert_true(str_ends(json_str(json_get(d, "notice"), "answer_url"), STR("-2/supply")));
    expect_text(d, "sub_cases.1.officer", "上官凌霄");
    expect_text(d, "sub_cases.1.phone", "0990-5550-1191");
    takes(o, no, "2", "supply", &o->applicant);
    assert_null(json_get(seen(o, no, &o->applicant, "zh"), "notice"));
}

static void
a_clock_says_how_it_stands(void **state)
{
    static const struct {
        int days; /* after the last */
        const char *colour;
        const char *zh;
        const char *en;
    } cases[] = {{0, "green", "剩 5 天", "5 days left"}, {2, "green", "剩 3 天", "3 days left"},
                 {1, "green", "剩 2 天", "2 days left"}, {1, "yellow", "剩 1 天", "1 day left"},
                 {3, "yellow", "今天到期", "Last day"}, {1, "red", "超 1 天", "1 day over"}};
    struct office *o = *state;
    struct str no = office_case(o, 80);

    takes(o, no, "1", "accept", &o->market); /* Monday */
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        office_days(o, cases[i].days);
        struct json *zh = seen(o, no, &o->applicant, "zh"), *en = seen(o, no, &o->applicant, "en");
        expect_text(zh, "sub_cases.0.clock.colour", cases[i].colour);
        expect_text(zh, "sub_cases.0.clock.text", cases[i].zh);
        expect_text(en, "sub_cases.0.clock.text", cases[i].en);
        expect_text(zh, "sub_cases.0.clock.due", "2026-06-08");
    }
}

static void
a_finished_case_says_what_came_of_it(void **state)
{
    struct office *o = *state;
    struct str no = office_case(o, 300);
    struct json *d;

    takes(o, no, "1", "accept", &o->market);
    takes(o, no, "1", "grant_with_terms", &o->market);
    assert_true(json_true(seen(o, no, &o->applicant, "zh"), "is_issuing"));
    office_turn(o);
    takes(o, no, "2", "accept", &o->fire);
    takes(o, no, "2", "refuse", &o->fire);
    d = seen(o, no, &o->applicant, "zh");
    assert_false(json_true(d, "is_issuing"));
    expect_text(d, "state", "done");
    assert_true(json_true(json_get(d, "result"), "is_partly"));
    assert_int_equal(json_path(d, "result.certificates")->count, 1);
    expect_text(d, "sub_cases.0.decision.text",
                "请看《食品安全法》第三十五条　要求：两周内装好防蝇帘");
    expect_text(d, "sub_cases.1.decision.text", "请看《食品安全法》第三十五条");
    expect_text(d, "sub_cases.1.decision.basis", "《消防法》第十五条");
    /* Newest first; each with its receipt. */
    static const char *const kinds[] = {"decide", "accept", "issue", "decide", "accept", "submit"};
    const struct json *t = json_get(d, "timeline")->first;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++, t = t->next) {
        assert_non_null(t);
        assert_true(str_eq(json_str(t, "kind"), str_of(kinds[i])));
        assert_true(str_starts(json_str(t, "proof_url"), STR("/receipts/")));
    }
    assert_null(t);
}

static void
a_case_keeps_its_words_when_the_item_changes(void **state)
{
    struct office *o = *state;
    struct str no = office_case(o, 80);

    fixture_sql(&o->fixture,
                "INSERT INTO item (code, version, since_us, document) SELECT code, 2, since_us, "
                "replace(document, '食品经营许可', '改了名') FROM item WHERE code = '" OFFICE_ITEM "'");
    office_reload(o);
    expect_text(seen(o, no, &o->applicant, "zh"), "sub_cases.0.name", "食品经营许可");
}

static void
what_was_submitted_is_shown_as_it_was(void **state)
{
    struct office *o = *state;
    struct str no = office_case(o, 80);
    struct json *sections;
    struct err err;

    assert_int_equal(case_application(&o->work, &o->fixture.db, o->arena, no, &o->market, STR("zh"),
                                      &sections, &err),
                     RC_OK);
    expect_text(sections, "0.rows.0.title", "店名");
    expect_text(sections, "0.rows.0.text", "半亩方塘");
    expect_text(sections, "0.rows.2.text", "热食");
    fixture_sql(&o->fixture, "UPDATE case_file SET content = title");
    assert_int_equal(case_application(&o->work, &o->fixture.db, o->arena, no, &o->market, STR("zh"),
                                      &sections, &err),
                     RC_CORRUPT);
}

static void
progress_by_telephone_names_nobody(void **state)
{
    struct office *o = *state;
    struct str no = office_case(o, 300), text;
    struct str code = json_str(seen(o, no, &o->applicant, "zh"), "query_code");
    struct json *d = NULL;
    struct err err;

    takes(o, no, "1", "accept", &o->market);
    assert_int_equal(case_progress(&o->work, &o->fixture.db, o->arena, code, o->now_us, STR("zh"), &d,
                                   &err),
                     RC_OK);
    expect_text(d, "sub_cases.0.state_text", "正在办");
    expect_text(d, "sub_cases.0.clock.text", "剩 5 天");
    text = print(o, d);
    assert_false(str_has(text, STR("沈知遥")));
    assert_false(str_has(text, STR("半亩方塘")));
    assert_false(str_has(text, STR("欧阳")));
    assert_false(str_has(text, no));
    const struct str none[] = {no, STR(""), STR("1"), STR("260601999999"), STR("２６０６０１")};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_int_equal(case_progress(&o->work, &o->fixture.db, o->arena, none[i], o->now_us,
                                       STR("zh"), &d, &err),
                         RC_NOT_FOUND);
    }
}

/* --- lists ------------------------------------------------------------------------------------------------ */

static void
ones_own_cases_come_newest_first_page_by_page(void **state)
{
    struct office *o = *state;
    struct str no[5];
    struct json *page;
    const char *after = "";
    int count = 0;

    for (int i = 0; i < 5; i++) {
        no[i] = office_case(o, 80);
        o->now_us += i == 2 ? 0 : 1000000; /* two of them in one instant */
    }
    do {
        page = list_of(o, after, 2);
        for (const struct json *c = json_get(page, "cases")->first; c != NULL; c = c->next) {
            assert_true(str_eq(json_str(c, "case_no"), no[4 - count]));
            count++;
        }
        after = str_c(o->arena, json_str(page, "next"));
    } while (after[0] != '\0');
    assert_int_equal(count, 5);
    static const char *const junk[] = {"x", ".", "x.y", "99999999999999999999.a", "1 OR 1=1"};
    for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
        assert_int_equal(json_get(list_of(o, junk[i], 9), "cases")->count, 5);
    }
    assert_null(json_get(list_of(o, "", 5), "next"));
    o->applicant.subject = o->neighbour.subject;
    assert_int_equal(json_get(list_of(o, "", 9), "cases")->count, 0);
}

/* --- rows that lie --------------------------------------------------------------------------------------------- */

static void
what_was_moved_to_another_row_does_not_open(void **state)
{
    static const char *const swaps[] = {
        "UPDATE case_file SET title = (SELECT title FROM case_file ORDER BY case_no LIMIT 1)",
        "UPDATE sub_case SET decision = (SELECT decision FROM sub_case WHERE decided_us > 0)",
        "UPDATE sub_case SET supplement = (SELECT supplement FROM sub_case WHERE supplemented = 1)",
        "UPDATE sub_case SET supplement = decision"};

    for (size_t i = 0; i < sizeof(swaps) / sizeof(swaps[0]); i++) {
        struct office *o = *state;
        struct str a = office_case(o, 80), b = office_case(o, 80);
        int corrupt = 0;
        takes(o, a, "1", "ask_supplement", &o->market);
        takes(o, a, "1", "supply", &o->applicant);
        takes(o, a, "1", "reject", &o->market);
        fixture_sql(&o->fixture, swaps[i]);
        const struct str both[] = {a, b};
        for (size_t k = 0; k < 2; k++) {
            struct json *d;
            struct err err;
            enum rc rc = document(o, both[k], &o->applicant, "zh", &d, &err);
            assert_true(rc == RC_OK || rc == RC_CORRUPT);
            corrupt += rc == RC_CORRUPT;
        }
        assert_true(corrupt >= 1);
        (void)close_office(state);
        (void)open_office(state);
    }
}

static void
more_parts_than_a_case_can_have_are_corrupt(void **state)
{
    struct office *o = *state;
    struct str no = office_case(o, 80);
    struct json *d;
    struct err err;

    for (int i = 3; i <= PARTS_MAX + 1; i++) {
        assert_int_equal(document(o, no, &o->applicant, "zh", &d, &err), RC_OK);
        const struct str row = str_fmt(
            o->arena,
            "INSERT INTO sub_case (id, case_no, part, org, state, view) SELECT '%.*s-%d', case_no, '%d', org, state, view "
            "FROM sub_case WHERE part = '1'",
            STR_ARG(no), i, i);
        fixture_sql(&o->fixture, str_c(o->arena, row));
    }
    assert_int_equal(document(o, no, &o->applicant, "zh", &d, &err), RC_CORRUPT);
    assert_null(d);
}

/* --- faults ------------------------------------------------------------------------------------------------------ */

struct look {
    struct office *office;
    struct str case_no;
    struct str code;
};

typedef enum rc (*look_fn)(const struct look *l, struct arena *a, struct json **out,
                           struct err *err);

static enum rc
look_document(const struct look *l, struct arena *a, struct json **out, struct err *err)
{
    return case_document(&l->office->work, &l->office->fixture.db, a, l->case_no,
                         &l->office->applicant, l->office->now_us, STR("zh"), out, err);
}

static enum rc
look_progress(const struct look *l, struct arena *a, struct json **out, struct err *err)
{
    return case_progress(&l->office->work, &l->office->fixture.db, a, l->code, l->office->now_us,
                         STR("zh"), out, err);
}

static enum rc
look_application(const struct look *l, struct arena *a, struct json **out, struct err *err)
{
    return case_application(&l->office->work, &l->office->fixture.db, a, l->case_no,
                            &l->office->market, STR("en"), out, err);
}

static enum rc
look_list(const struct look *l, struct arena *a, struct json **out, struct err *err)
{
    return case_list_of(&l->office->work, &l->office->fixture.db, a, l->office->applicant.subject,
                        STR(""), 1, l->office->now_us, STR("en"), out, err);
}

static enum rc
look_queue(const struct look *l, struct arena *a, struct json **out, struct err *err)
{
    return case_queue(&l->office->work, &l->office->fixture.db, a, STR(OFFICE_MARKET), STR("open"),
                      STR(""), 1, l->office->now_us, STR("zh"), out, err);
}

static void
running_out_of_room_gives_no_half_of_a_document(void **state)
{
    static const look_fn looks[] = {look_document, look_progress, look_application, look_list,
                                    look_queue};
    struct office *o = *state;
    struct look l = {.office = o, .case_no = office_case(o, 300)};

    (void)office_case(o, 80);
    takes(o, l.case_no, "1", "accept", &o->market);
    takes(o, l.case_no, "2", "ask_supplement", &o->fire);
    l.code = json_str(seen(o, l.case_no, &o->applicant, "zh"), "query_code");
    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
        bool reached = true;
        for (size_t n = 1; reached; n++) {
            struct arena *a = arena_new(16 << 20);
            struct json *d = NULL;
            struct err err;
            arena_fail_at(a, n);
            enum rc rc = looks[i](&l, a, &d, &err);
            if (rc != RC_OK && rc != RC_LIMIT) {
                print_message("look %zu, allocation %zu: %s %s\n", i, n, rc_name(rc), err.text);
            }
            assert_true(rc == RC_OK || rc == RC_LIMIT);
            assert_int_equal(d != NULL, rc == RC_OK);
            reached = office_reached(a, n);
            assert_true(reached || rc == RC_OK);
            arena_free(a);
        }
    }
}

/* --- what registers were asked --------------------------------------------------------------------------- */

struct asking { /* a question of this node to its own register, the answer, and one that nobody answered */
    struct str case_no;
    struct arena *arena;
    int64_t now_us;
};

static enum rc
ask_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct asking *q = ctx;
    struct json *given = json_object(q->arena), *asked = json_object(q->arena), *silent = json_object(q->arena);
    struct act act = {.kind = ACT_READ, .at_us = q->now_us, .actor = STR("node:yunxi"), .org = STR(OFFICE_FIRE), .case_no = q->case_no, .detail = given};
    struct act_ref ref;
    enum rc rc;

    json_set_text(q->arena, given, "consumer", STR("yunxi"));
    json_set_text(q->arena, silent, "provider", STR("yunlan"));
    json_set_text(q->arena, silent, "outcome", STR("source-silent"));
    if ((rc = act_add(tx, q->arena, &act, &ref, err)) != RC_OK) {
        return rc;
    }
    json_set_text(q->arena, asked, "provider", STR("yunxi"));
    json_set_text(q->arena, asked, "outcome", STR("answered"));
    json_set_int(q->arena, asked, "source_act", ref.index);
    act = (struct act){.kind = ACT_ASK, .at_us = q->now_us, .actor = STR("system"), .case_no = q->case_no, .detail = asked};
    if ((rc = act_add(tx, q->arena, &act, &ref, err)) != RC_OK) {
        return rc;
    }
    act.detail = silent;
    return act_add(tx, q->arena, &act, &ref, err);
}

static void
a_register_that_was_asked_is_told_once_with_its_office(void **state)
{
    struct office *o = *state;
    struct str no = office_case(o, 80);
    struct asking q = {no, o->arena, o->now_us};
    struct err err;

    assert_int_equal(store_write(&o->fixture.db, ask_tx, &q, &err), RC_OK);
    struct json *d = seen(o, no, &o->applicant, "zh");
    assert_int_equal(json_get(d, "timeline")->count, 3);
    expect_text(d, "timeline.0.title", "向登记机关核对，没有得到答复");
    expect_text(d, "timeline.1.title", "向登记机关核对");
    assert_true(json_str(json_path(d, "timeline.1"), "note").len > 0);
    expect_text(d, "timeline.2.kind", "submit");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(owner_offices_and_supervisors_see_a_case_and_nobody_else),
        OFFICE_TEST(a_number_is_understood_in_any_spelling),
        OFFICE_TEST(a_fresh_case_says_when_one_hears),
        OFFICE_TEST(what_waits_for_the_applicant_stands_on_top),
        OFFICE_TEST(a_clock_says_how_it_stands),
        OFFICE_TEST(a_finished_case_says_what_came_of_it),
        OFFICE_TEST(a_register_that_was_asked_is_told_once_with_its_office),
        OFFICE_TEST(a_case_keeps_its_words_when_the_item_changes),
        OFFICE_TEST(what_was_submitted_is_shown_as_it_was),
        OFFICE_TEST(progress_by_telephone_names_nobody),
        OFFICE_TEST(ones_own_cases_come_newest_first_page_by_page),
        OFFICE_TEST(what_was_moved_to_another_row_does_not_open),
        OFFICE_TEST(more_parts_than_a_case_can_have_are_corrupt),
        OFFICE_TEST(running_out_of_room_gives_no_half_of_a_document),
    };

    return OFFICE_RUN(tests, "what is seen of cases");
}
