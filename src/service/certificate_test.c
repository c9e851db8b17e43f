/*
 * What is issued, and what is found out about a document that says it was: nothing changed, nothing invented, nothing withdrawn or run
 * out passes as good.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/encode.h"
#include "base/idcode.h"
#include "base/mem.h"
#include "evidence/act.h"
#include "service/certificate.h"
#include "service/office.h"

static enum fixture_kind kind;

struct registry {
    struct office office;
    struct sig_secret secret;
    struct sig_public key;
    unsigned char public_bytes[SIG_PUBLIC_MAX];
};

static int
open_registry(void **state)
{
    struct registry *r = mem_new(1, sizeof(*r));

    office_open(&r->office, kind);
    sig_new(SIG_ED25519, &r->secret);
    size_t len = sig_public_of(&r->secret, r->public_bytes);
    r->key = (struct sig_public){SIG_ED25519, {(const char *)r->public_bytes, len}};
    *state = r;
    return 0;
}

static int
close_registry(void **state)
{
    struct registry *r = *state;

    office_close(&r->office);
    mem_free(r);
    return 0;
}

/* --- help -------------------------------------------------------------------------------------------- */

/* What a grant of that part would issue. */
static struct json *
content_of(struct registry *r, struct str case_no, const char *part)
{
    struct office *o = &r->office;
    struct json *content = NULL;
    struct err err;

    assert_int_equal(case_certificate(&o->work, &o->fixture.db, o->arena,
                                      str_fmt(o->arena, "%.*s-%s", STR_ARG(case_no), part),
                                      o->now_us, &content, &err),
                     RC_OK);
    return content;
}

struct issue {
    struct registry *registry;
    struct arena *arena;
    const struct json *content;
    struct json *acts;
};

static enum rc
issue_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct issue *i = ctx;
    struct office *o = &i->registry->office;
    unsigned char bytes[SIG_BYTES];
    struct str text;
    enum rc rc = certificate_bytes(o->arena, i->content, &text, err);

    if (rc != RC_OK) {
        return rc;
    }
    sig_sign(&i->registry->secret, text, bytes);
    return certificate_store(tx, o->vault, i->arena, i->content,
                             (struct str){(const char *)bytes, sizeof(bytes)}, STR("k1"),
                             o->applicant.subject, o->market.actor, o->now_us, i->acts, err);
}

static enum rc
issue(struct registry *r, const struct json *content, struct err *err)
{
    struct issue i = {r, r->office.arena, content, json_array(r->office.arena)};

    return store_write(&r->office.fixture.db, issue_tx, &i, err);
}

/* Issued, and read again as whoever holds it has it. */
static struct json *
issued(struct registry *r)
{
    struct office *o = &r->office;
    struct json *content = content_of(r, office_case(o, 80), "1"), *d;
    struct err err;

    assert_int_equal(issue(r, content, &err), RC_OK);
    assert_int_equal(certificate_get(&o->fixture.db, o->vault, o->arena, json_str(content, "id"), &d,
                                     &err),
                     RC_OK);
    return d;
}

static void
expect_verdict(struct registry *r, const struct json *document, const char *verdict)
{
    struct office *o = &r->office;
    struct json *d = NULL;
    struct err err;

    assert_int_equal(certificate_check(&o->fixture.db, o->vault, o->arena, document, &r->key,
                                       o->now_us, &d, &err),
                     RC_OK);
    if (!str_eq(json_str(d, "verdict"), str_of(verdict))) {
        print_message("%.*s, not %s\n", STR_ARG(json_str(d, "verdict")), verdict);
    }
    assert_true(str_eq(json_str(d, "verdict"), str_of(verdict)));
    assert_true(json_true(d, str_c(o->arena, str_fmt(o->arena, "is_%s", verdict))));
    int wrong = 0;
    for (const struct json *c = json_get(d, "checks")->first; c != NULL; c = c->next) {
        assert_true(json_str(c, "text_zh").len > 0 && json_str(c, "text_en").len > 0);
        wrong += !json_true(c, "ok");
    }
    assert_int_equal(wrong == 0, strcmp(verdict, "good") == 0);
}

/* --- what is issued ------------------------------------------------------------------------------------- */

static void
a_grant_would_issue_the_same_each_time(void **state)
{
    struct registry *r = *state;
    struct office *o = &r->office;
    struct str no = office_case(o, 80), first, second;
    struct json *c = content_of(r, no, "1");
    struct err err;

    assert_int_equal(certificate_bytes(o->arena, c, &first, &err), RC_OK);
    assert_int_equal(certificate_bytes(o->arena, content_of(r, no, "1"), &second, &err), RC_OK);
    assert_true(str_eq(first, second));
    assert_true(str_eq(json_str(c, "holder"), STR("半亩方塘")));
    assert_true(str_eq(json_str(c, "issuer"), STR(OFFICE_MARKET)));
    assert_true(str_eq(json_str(c, "issuer_en"), STR("Yunxi Market Regulation")));
    assert_true(str_eq(json_str(c, "type_zh"), STR("食品经营许可证")));
    assert_true(str_eq(json_str(c, "case_no"), no));
    assert_true(str_eq(json_str(c, "power"), STR(OFFICE_MARKET_POWER)));
    assert_true(str_eq(json_str(c, "issued"), STR("2026-06-01")));
    assert_true(str_eq(json_str(c, "valid_until"), STR("2031-05-31")));
    assert_true(str_eq(json_str(json_get(c, "content"), "shop_name"), STR("半亩方塘")));
    assert_int_equal(json_path(c, "content.kinds")->count, 1);
}

static void
its_identifier_has_the_form_and_the_check_of_the_standard(void **state)
{
    struct registry *r = *state;
    struct office *o = &r->office;
    struct str no = office_case(o, 80), rest = json_str(content_of(r, no, "1"), "id"), part;
    static const char *const fixed[] = {"1", "2", "156", "3005", "2", OFFICE_MARKET "001",
                                        OFFICE_MARKET};
    struct buf joined;
    struct str text;
    struct err err;

    buf_init(&joined, o->arena, 200);
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        assert_true(str_next(&rest, '.', &part));
        assert_true(str_eq(part, str_of(fixed[i])));
        buf_put(&joined, i >= 5 ? part : STR(""));
    }
    assert_true(str_next(&rest, '.', &part)); /* serial: it ends with day, case and part */
    assert_true(str_ends(part, STR("2026060100011")));
    buf_put(&joined, part);
    assert_true(str_next(&rest, '.', &part));
    assert_true(str_eq(part, STR("001")));
    buf_put(&joined, part);
    assert_int_equal(buf_finish(&joined, &text, &err), RC_OK);
    assert_int_equal(rest.len, 1);
    assert_int_equal(rest.ptr[0], idcode_certificate_check(text));
    assert_false(str_eq(json_str(content_of(r, office_case(o, 80), "1"), "id"),
                        json_str(content_of(r, no, "1"), "id")));
}

static void
a_part_without_a_certificate_issues_none(void **state)
{
    struct registry *r = *state;
    struct str no = office_case(&r->office, 300);

    assert_null(content_of(r, no, "2"));
    assert_null(content_of(r, no, "7"));
}

static void
one_issued_on_a_leap_day_ends_with_february(void **state)
{
    struct registry *r = *state;
    struct office *o = &r->office;
    struct str no = office_case(o, 80);
    struct err err;

    assert_int_equal(instant_parse(STR("2028-02-29T09:00:00+08:00"), &o->now_us, &err), RC_OK);
    assert_true(str_eq(json_str(content_of(r, no, "1"), "valid_until"), STR("2033-02-27")));
}

/* --- kept and found -------------------------------------------------------------------------------------- */

static void
it_is_found_by_identifier_and_by_number(void **state)
{
    struct registry *r = *state;
    struct office *o = &r->office;
    struct json *d = issued(r), *again;
    const struct json *content = json_get(d, "certificate");
    struct err err;

    assert_true(str_eq(json_str(d, "status"), STR("valid")));
    assert_true(str_eq(json_str(json_get(d, "signature"), "key_id"), STR("k1")));
    assert_true(str_eq(json_str(json_get(d, "signature"), "algorithm"), STR("ed25519")));
    assert_int_equal(certificate_get(&o->fixture.db, o->vault, o->arena, json_str(content, "number"),
                                     &again, &err),
                     RC_OK);
    assert_true(str_eq(json_str(json_get(again, "certificate"), "id"), json_str(content, "id")));
    static const char *const none[] = {"", "1.2.156", "%", "' OR 1=1 --"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_int_equal(certificate_get(&o->fixture.db, o->vault, o->arena, str_of(none[i]), &again,
                                         &err),
                         RC_NOT_FOUND);
        assert_string_equal(err.type, "no-such-certificate");
    }
}

static void
its_act_names_it_by_digest(void **state)
{
    struct registry *r = *state;
    struct office *o = &r->office;
    struct json *d = issued(r), *act;
    struct str text;
    struct hash digest;
    struct err err;

    assert_int_equal(act_by_index(&o->fixture.db, o->arena, json_int_or(d, "act", -1), &act, &err),
                     RC_OK);
    assert_int_equal(certificate_bytes(o->arena, json_get(d, "certificate"), &text, &err), RC_OK);
    digest = hash_sha256(text);
    assert_true(str_eq(json_str(act, "kind"), STR("issue")));
    assert_true(str_eq(json_str(act, "subject"), o->applicant.subject));
    assert_true(str_eq(json_str(json_get(act, "detail"), "certificate_sha256"),
                       hex_of(o->arena, hash_str(&digest))));
    assert_false(str_has(json_str(act, "body"), STR("半亩方塘")));
}

static void
ones_own_come_newest_first(void **state)
{
    struct registry *r = *state;
    struct office *o = &r->office;
    struct json *first = issued(r), *second, *list;
    struct err err;

    office_days(o, 1);
    second = issued(r);
    assert_int_equal(certificate_list(&o->fixture.db, o->vault, o->arena, o->applicant.subject, 9,
                                      &list, &err),
                     RC_OK);
    assert_int_equal(list->count, 2);
    assert_int_equal(json_int_or(list->first, "act", -1), json_int_or(second, "act", -2));
    assert_int_equal(json_int_or(list->last, "act", -1), json_int_or(first, "act", -2));
    assert_int_equal(certificate_list(&o->fixture.db, o->vault, o->arena, o->applicant.subject, 1,
                                      &list, &err),
                     RC_OK);
    assert_int_equal(list->count, 1);
    assert_int_equal(certificate_list(&o->fixture.db, o->vault, o->arena, o->neighbour.subject, 9,
                                      &list, &err),
                     RC_OK);
    assert_int_equal(list->count, 0);
}

static void
the_same_is_not_issued_twice_and_a_broken_one_not_once(void **state)
{
    struct registry *r = *state;
    struct office *o = &r->office;
    struct json *content = content_of(r, office_case(o, 80), "1"), *broken;
    int64_t before, after;
    struct err err;

    assert_int_equal(issue(r, content, &err), RC_OK);
    assert_int_equal(act_count(&o->fixture.db, &before, &err), RC_OK);
    assert_int_equal(issue(r, content, &err), RC_CONFLICT);
    static const char *const days[] = {"", "2031-02-30", "soon"};
    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        broken = json_copy(o->arena, content);
        json_set_text(o->arena, broken, "valid_until", str_of(days[i]));
        assert_int_equal(issue(r, broken, &err), RC_INVALID);
    }
    assert_int_equal(act_count(&o->fixture.db, &after, &err), RC_OK);
    assert_int_equal(after, before); /* no act of what did not come to be */
    assert_int_equal(fixture_int(&o->fixture, "SELECT COUNT(*) FROM certificate"), 1);
}

static void
one_that_was_moved_to_another_number_does_not_open(void **state)
{
    struct registry *r = *state;
    struct office *o = &r->office;
    struct json *first = issued(r), *second = issued(r), *got;
    const struct str ids[] = {json_str(json_get(first, "certificate"), "id"),
                              json_str(json_get(second, "certificate"), "id")};
    struct err err;

    fixture_sql(&o->fixture,
                str_c(o->arena, str_fmt(o->arena,
                                        "UPDATE certificate SET content = (SELECT content FROM "
                                        "certificate WHERE id = '%.*s') WHERE id = '%.*s'",
                                        STR_ARG(ids[0]), STR_ARG(ids[1]))));
    assert_int_equal(certificate_get(&o->fixture.db, o->vault, o->arena, ids[0], &got, &err), RC_OK);
    assert_int_equal(certificate_get(&o->fixture.db, o->vault, o->arena, ids[1], &got, &err),
                     RC_CORRUPT);
    assert_int_equal(certificate_check(&o->fixture.db, o->vault, o->arena, second, &r->key,
                                       o->now_us, &got, &err),
                     RC_CORRUPT); /* said as our own trouble, not as a verdict */
}

/* --- what is found out ------------------------------------------------------------------------------------ */

static void
a_true_one_is_good_to_its_last_day(void **state)
{
    struct registry *r = *state;
    struct office *o = &r->office;
    struct json *d = issued(r);
    struct err err;

    expect_verdict(r, d, "good");
    assert_int_equal(instant_parse(STR("2031-05-31T23:59:59+08:00"), &o->now_us, &err), RC_OK);
    expect_verdict(r, d, "good");
    o->now_us += 1000000;
    expect_verdict(r, d, "expired");
}

/* Every member of the content changed in turn, one more, one less. */
static void
whatever_was_changed_is_found(void **state)
{
    struct registry *r = *state;
    struct office *o = &r->office;
    struct json *d = issued(r);
    const struct json *content = json_get(d, "certificate");
    int tried = 0;

    for (const struct json *m = content->first; m != NULL; m = m->next, tried++) {
        struct json *forged = json_copy(o->arena, d), *inner = json_copy(o->arena, content);
        bool is_name = str_eq(m->key, STR("id"));
        json_set_key(o->arena, inner, m->key, json_text(o->arena, STR("changed")));
        json_set(o->arena, forged, "certificate", inner);
        expect_verdict(r, forged, is_name ? "unknown" : "broken");
    }
    assert_true(tried >= 14);
    struct json *more = json_copy(o->arena, d), *inner = json_copy(o->arena, content);
    json_set_text(o->arena, inner, "also", STR("anything"));
    json_set(o->arena, more, "certificate", inner);
    expect_verdict(r, more, "broken");
    struct json *inside = json_copy(o->arena, d), *values = json_copy(o->arena, content);
    json_set(o->arena, values, "content", office_json(o, "{\"shop_name\":\"半亩方塘\",\"kinds\":[]}"));
    json_set(o->arena, inside, "certificate", values);
    expect_verdict(r, inside, "broken");
}

static void
a_signature_of_somebody_else_is_none(void **state)
{
    struct registry *r = *state;
    struct office *o = &r->office;
    struct json *d = issued(r);
    const struct str true_one = json_str(json_get(d, "signature"), "value");
    struct sig_secret stranger;
    unsigned char bytes[SIG_BYTES];
    struct str text;
    struct err err;

    assert_int_equal(certificate_bytes(o->arena, json_get(d, "certificate"), &text, &err), RC_OK);
    sig_new(SIG_ED25519, &stranger);
    sig_sign(&stranger, text, bytes);
    const struct str values[] = {STR(""), STR("AAAA"), STR("not base64 at all"),
                                 str_sub(true_one, 0, true_one.len - 4),
                                 str_fmt(o->arena, "%.*sAAAA", STR_ARG(true_one)),
                                 base64_of(o->arena, (struct str){(const char *)bytes, SIG_BYTES})};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct json *forged = json_copy(o->arena, d), *s = json_object(o->arena);
        json_set_text(o->arena, s, "value", values[i]);
        json_set(o->arena, forged, "signature", s);
        expect_verdict(r, forged, "broken");
    }
    struct json *bare = json_object(o->arena);
    json_set(o->arena, bare, "certificate", json_copy(o->arena, json_get(d, "certificate")));
    expect_verdict(r, bare, "broken");
}

static void
what_we_never_issued_is_unknown(void **state)
{
    static const char *const documents[] = {
        "{}", "{\"certificate\":1}", "{\"certificate\":{}}", "[]", "null",
        "{\"certificate\":{\"id\":\"1.2.156.3005.2.x\"},\"signature\":{\"value\":\"AAAA\"}}"};
    struct registry *r = *state;
    struct office *o = &r->office;

    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        expect_verdict(r, office_json(o, documents[i]), "unknown");
    }
    /* Signed with the true key, but never stored: a key alone makes no certificate. */
    struct json *content = content_of(r, office_case(o, 80), "1"), *d = json_object(o->arena);
    struct json *s = json_object(o->arena);
    unsigned char bytes[SIG_BYTES];
    struct str text;
    struct err err;
    assert_int_equal(certificate_bytes(o->arena, content, &text, &err), RC_OK);
    sig_sign(&r->secret, text, bytes);
    json_set_text(o->arena, s, "value",
                  base64_of(o->arena, (struct str){(const char *)bytes, SIG_BYTES}));
    json_set(o->arena, d, "certificate", content);
    json_set(o->arena, d, "signature", s);
    expect_verdict(r, d, "unknown");
}

static void
a_withdrawn_one_is_said_to_be(void **state)
{
    struct registry *r = *state;
    struct json *d = issued(r);

    fixture_sql(&r->office.fixture, "UPDATE certificate SET status = 'withdrawn'");
    expect_verdict(r, d, "withdrawn");
    office_days(&r->office, 6 * 366);
    expect_verdict(r, d, "withdrawn"); /* the graver word wins */
}

/* --- faults ------------------------------------------------------------------------------------------------ */

static void
running_out_of_room_issues_nothing_and_judges_nothing(void **state)
{
    struct registry *r = *state;
    struct office *o = &r->office;
    struct json *d = issued(r);
    bool reached = true;

    for (size_t n = 1; reached; n++) {
        struct issue i = {r, arena_new(1 << 20), content_of(r, office_case(o, 80), "1"),
                          json_array(o->arena)};
        int64_t before = fixture_int(&o->fixture, "SELECT COUNT(*) FROM certificate");
        struct json *got;
        struct err err;
        arena_fail_at(i.arena, n);
        enum rc rc = store_write(&o->fixture.db, issue_tx, &i, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        assert_int_equal(fixture_int(&o->fixture, "SELECT COUNT(*) FROM certificate"),
                         before + (rc == RC_OK));
        reached = office_reached(i.arena, n);
        assert_true(reached || rc == RC_OK);
        if (rc == RC_OK) {
            assert_int_equal(certificate_get(&o->fixture.db, o->vault, o->arena,
                                             json_str(i.content, "id"), &got, &err),
                             RC_OK);
            expect_verdict(r, got, "good");
        }
        arena_free(i.arena);
    }
    reached = true;
    for (size_t n = 1; reached; n++) {
        struct arena *a = arena_new(1 << 20);
        struct json *out = NULL;
        struct err err;
        arena_fail_at(a, n);
        enum rc rc = certificate_check(&o->fixture.db, o->vault, a, d, &r->key, o->now_us, &out,
                                       &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        assert_true(rc == RC_LIMIT || str_eq(json_str(out, "verdict"), STR("good")));
        reached = office_reached(a, n);
        assert_true(reached || rc == RC_OK);
        arena_free(a);
    }
}

static int
run_on(enum fixture_kind which, const char *name)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_registry, close_registry)
    const struct CMUnitTest tests[] = {
        TEST(a_grant_would_issue_the_same_each_time),
        TEST(its_identifier_has_the_form_and_the_check_of_the_standard),
        TEST(a_part_without_a_certificate_issues_none),
        TEST(one_issued_on_a_leap_day_ends_with_february),
        TEST(it_is_found_by_identifier_and_by_number),
        TEST(its_act_names_it_by_digest),
        TEST(ones_own_come_newest_first),
        TEST(the_same_is_not_issued_twice_and_a_broken_one_not_once),
        TEST(one_that_was_moved_to_another_number_does_not_open),
        TEST(a_true_one_is_good_to_its_last_day),
        TEST(whatever_was_changed_is_found),
        TEST(a_signature_of_somebody_else_is_none),
        TEST(what_we_never_issued_is_unknown),
        TEST(a_withdrawn_one_is_said_to_be),
        TEST(running_out_of_room_issues_nothing_and_judges_nothing),
    };
#undef TEST

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "certificates on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "certificates on PostgreSQL");
    }
    return failed;
}
