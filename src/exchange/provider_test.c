/*
 * Attacks on the node that holds the data, over real sockets and TLS.  Each spoils one thing and leaves the rest
 * good, so each shows one layer with the layers before it passed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "exchange/scene.h"

static enum fixture_kind kind;

/* After a refusal: it is recorded with its type, nothing was released, nothing counted. */
static void
expect_refused(struct scene *s, const struct handmade *h, int status, const char *type, bool is_signed)
{
    EXPECT(s, s->in.head.status == status);
    EXPECT(s, str_eq(scene_problem(s), str_of(type)));
    EXPECT(s, scene_is_signed(s, h) == is_signed);
    EXPECT(s, !str_has(s->in.body, STR("record\"")));
    EXPECT(s, scene_acts(s->prov, ACT_READ) == 0);
    EXPECT(s, scene_acts(s->prov, ACT_REFUSE) == 1);
    EXPECT(s, str_eq(scene_newest(s, s->prov, "type"), str_of(type)));
    EXPECT(s, str_eq(scene_newest(s, s->prov, "consumer"), s->city->name));
    EXPECT(s, scene_used(s->prov) == 0);
    if (s->failed > 0) {
        print_message("status %d, type %.*s, wanted %d %s\n", s->in.head.status,
                      STR_ARG(scene_problem(s)), status, type);
    }
}

static void
play_good(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct json *j;
    struct err err;

    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    EXPECT(s, s->in.head.status == 200);
    EXPECT(s, scene_is_signed(s, h));
    EXPECT(s, json_parse(s->arena, s->in.body, JSON_UNIQUE, &j, &err) == RC_OK);
    EXPECT(s, str_eq(json_str(json_get(j, "record"), "name"), STR("王小明")));
    EXPECT(s, str_eq(json_str(json_get(j, "record"), "id"), STR("990102********0011")));
    EXPECT(s, json_get(json_get(j, "record"), "address") == NULL);
    EXPECT(s, scene_acts(s->prov, ACT_READ) == 1);
    EXPECT(s, scene_newest_kind(s, s->prov) == ACT_READ);
    EXPECT(s, str_eq(scene_newest(s, s->prov, "signature"), http_get(&h->out.fields, "signature")));
    EXPECT(s, str_eq(scene_newest(s, s->prov, "item"), STR("restaurant")));
    EXPECT(s, scene_used(s->prov) == 1);
}

static void
a_good_question_gets_its_masked_record_an_act_and_a_signature(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_good, kind), 0);
}

static void
play_deviating(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct answer answer;
    struct err err;

    /*
     * The record has no note, and its number is none: two deviations of which the asker sees one field.  The standard is as deep as
     * one may be, for it is compiled on a task's stack.
     */
    stage_put_resource(s->prov, stage_person_resource(&s->stage, s->prov->name, "{\"kind\":\"registry\"}",
                                                      "null,\"standard\":{\"required\":[\"note\"],\"properties\":"
                                                      "{\"id\":{\"anyOf\":[{\"not\":{\"not\":{\"format\":\"person-id\"}}}]},"
                                                      "\"name\":{\"minLength\":2}}}"));
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK && s->in.head.status == 200);
    EXPECT(s, str_has(s->in.body, STR("王小明")));
    EXPECT(s, scene_ask(s, &answer, &err) == RC_OK);
    EXPECT(s, fixture_int(&s->prov->fixture, "SELECT COUNT(DISTINCT element) FROM standard_day WHERE resource = 'yl/person'") == 2);
    EXPECT(s, fixture_int(&s->prov->fixture,
                          "SELECT times FROM standard_day WHERE element = 'note' AND keyword = 'required'") == 2);
    EXPECT(s, fixture_int(&s->prov->fixture,
                          "SELECT times FROM standard_day WHERE element = 'id' AND keyword = 'anyOf'") == 2);
}

static void
a_record_that_is_not_as_its_standard_says_is_handed_out_and_counted(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_deviating, kind), 0);
}

/* --- one thing spoiled after signing --- */

static void
play_wrong_signature(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct err err;

    scene_sign(s, h, s->prov); /* everything right, by another key */
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, h, 401, "signature-invalid", true);
}

static void
play_altered_body(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct err err;

    h->out.body = STR("{\"key\":{\"kind\":\"person\",\"value\":\"B\"},\"fields\":[\"name\",\"id\"],"
                      "\"salt\":\"0123456789abcdef\"}");
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, h, 400, "digest-mismatch", true);
}

static void
play_altered_body_and_digest(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct err err;

    h->out.body = STR("{\"key\":{\"kind\":\"person\",\"value\":\"B\"},\"fields\":[\"name\",\"id\"],"
                      "\"salt\":\"0123456789abcdef\"}");
    scene_set(h, "content-digest", content_digest(s->arena, h->out.body));
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, h, 401, "signature-invalid", true);
}

static void
play_altered_purpose(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct purpose p = stage_purpose();
    struct str header;
    struct err err;

    p.case_no = STR("draft:d-2");
    EXPECT(s, purpose_put(s->arena, &p, &header, &err) == RC_OK);
    scene_set(h, "zhengtong-purpose", header);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, h, 401, "signature-invalid", true);
}

static void
play_altered_target(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct err err;

    h->out.target = STR("/exchange/yl/person?x=1");
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, h, 401, "signature-invalid", true);
}

static void
play_no_signature(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct err err;

    h->out.fields.count -= 2;
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, h, 401, "signature-invalid", false);
}

static void
play_purpose_not_covered(struct scene *s)
{
    static const struct str fewer[] = {STR_INIT("\"@method\""), STR_INIT("\"@target-uri\""),
                                       STR_INIT("\"content-type\""), STR_INIT("\"content-digest\"")};
    struct handmade *h = scene_make(s, s->city);
    struct err err;

    h->envelope.params.components = fewer;
    h->envelope.params.component_count = 4;
    scene_sign(s, h, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, h, 401, "signature-invalid", true);
}

static void
play_other_tag(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct err err;

    h->envelope.params.tag = STR("zhengtong-answer");
    scene_sign(s, h, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, h, 401, "signature-invalid", true);
}

static void
play_short_nonce(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct err err;

    h->envelope.params.nonce = STR("1");
    scene_sign(s, h, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, h, 401, "signature-invalid", true);
}

static void
play_too_old(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct err err;

    h->envelope.params.created -= 302;
    scene_sign(s, h, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, h, 401, "signature-expired", true);
}

static void
play_from_the_future(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct err err;

    h->envelope.params.created += 302;
    scene_sign(s, h, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, h, 401, "signature-expired", true);
}

static void
play_no_time(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct err err;

    h->envelope.params.created = -1;
    scene_sign(s, h, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, h, 401, "signature-expired", true);
}

static void
play_for_another_node(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct err err;

    /* Signed well for the city's own address: as a dishonest node could pass on what was meant for it. */
    h->envelope.message.authority = str_fmt(s->arena, "127.0.0.1:%d", s->city->port);
    scene_sign(s, h, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    EXPECT(s, s->in.head.status == 401);
    EXPECT(s, str_eq(scene_problem(s), STR("signature-invalid")));
    EXPECT(s, scene_acts(s->prov, ACT_READ) == 0 && scene_used(s->prov) == 0);
}

static void
play_keyid_of_another(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct err err;

    /* The city's certificate, and even the province's stolen key: still not the province. */
    h->envelope.params.keyid = s->prov->name;
    scene_sign(s, h, s->prov);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, h, 401, "wrong-node", true);
}

static void
play_media_type(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct err err;

    h->envelope.fields.field[0].value = STR("text/plain");
    scene_sign(s, h, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, h, 415, "media-type", true);
}

static void
every_spoiled_part_is_refused_recorded_and_told_apart(void **state)
{
    static void (*const plays[])(struct scene *s) = {
        play_wrong_signature, play_altered_body, play_altered_body_and_digest,
        play_altered_purpose, play_altered_target, play_no_signature,
        play_purpose_not_covered, play_other_tag, play_short_nonce, play_too_old,
        play_from_the_future, play_no_time, play_for_another_node, play_keyid_of_another,
        play_media_type};

    (void)state;
    for (size_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
        if (scene_run(plays[i], kind) != 0) {
            fail_msg("play %zu", i);
        }
    }
}

/* --- signed well, and still wrong --- */

static void
expect_question(struct scene *s, const char *body, int status, const char *type)
{
    struct handmade *h = scene_make(s, s->city);
    int64_t refused = scene_acts(s->prov, ACT_REFUSE);
    struct err err;

    h->out.body = str_of(body);
    h->envelope.fields.field[1].value = content_digest(s->arena, h->out.body);
    scene_sign(s, h, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    EXPECT(s, s->in.head.status == status && str_eq(scene_problem(s), str_of(type)));
    EXPECT(s, scene_is_signed(s, h));
    EXPECT(s, scene_acts(s->prov, ACT_REFUSE) == refused + 1);
    EXPECT(s, str_eq(scene_newest(s, s->prov, "type"), str_of(type)));
    if (s->failed > 0) {
        print_message("%s: %d %.*s\n", body, s->in.head.status, STR_ARG(scene_problem(s)));
    }
}

#define KEY "\"key\":{\"kind\":\"person\",\"value\":\"A\"}"
#define SALT "\"salt\":\"0123456789abcdef\""

static void
play_malformed(struct scene *s)
{
    expect_question(s, "", 400, "question-invalid");
    expect_question(s, "[]", 400, "question-invalid");
    expect_question(s, "{" KEY ",\"fields\":[\"name\"]," SALT, 400, "question-invalid");
    expect_question(s, "{" KEY ",\"fields\":[\"name\"],\"fields\":[\"id\"]," SALT "}", 400,
                    "question-invalid");
    expect_question(s, "{" KEY ",\"fields\":[\"name\"]}", 400, "question-invalid");
    expect_question(s, "{" KEY ",\"fields\":[]," SALT "}", 400, "question-invalid");
    expect_question(s, "{" KEY ",\"fields\":[\"name\",\"name\"]," SALT "}", 400, "question-invalid");
    expect_question(s, "{" KEY ",\"fields\":[7]," SALT "}", 400, "question-invalid");
    expect_question(s, "{\"key\":{\"kind\":\"person\",\"value\":\"..\"},\"fields\":[\"name\"]," SALT "}",
                    400, "question-invalid");
    expect_question(s, "{\"key\":{\"kind\":\"person\",\"value\":\"A\\u0000\"},\"fields\":[\"name\"]," SALT
                       "}",
                    400, "question-invalid");
    expect_question(s, "{\"key\":{\"kind\":\"company\",\"value\":\"A\"},\"fields\":[\"name\"]," SALT "}",
                    400, "question-invalid");
    expect_question(s, "{" KEY ",\"fields\":[\"unheard\"]," SALT "}", 403, "field-not-granted");
    expect_question(s, "{" KEY ",\"fields\":[\"address\"]," SALT "}", 403, "field-not-granted");
    EXPECT(s, scene_acts(s->prov, ACT_READ) == 0);
    EXPECT(s, scene_used(s->prov) == 0);
}

static void
a_question_that_is_not_one_is_refused_even_with_a_good_signature(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_malformed, kind), 0);
}

static void
expect_purpose(struct scene *s, const char *header, int status, const char *type)
{
    struct handmade *h = scene_make(s, s->city);
    struct err err;

    h->envelope.fields.field[2].value = str_of(header);
    scene_sign(s, h, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    EXPECT(s, s->in.head.status == status && str_eq(scene_problem(s), str_of(type)));
    EXPECT(s, str_eq(scene_newest(s, s->prov, "type"), str_of(type)));
    if (s->failed > 0) {
        print_message("%s: %d %.*s\n", header, s->in.head.status, STR_ARG(scene_problem(s)));
    }
}

#define BASIS "basis=%\"%e9%a3%9f%e5%93%81%e5%ae%89%e5%85%a8%e6%b3%95 35\""

static void
play_purposes(struct scene *s)
{
    expect_purpose(s, "case=\"c\", item=\"other\", " BASIS ", actor=\"system\"", 403,
                   "purpose-not-covered");
    expect_purpose(s, "case=\"c\", item=\"restaurant\", basis=\"none\", actor=\"system\"", 403,
                   "purpose-not-covered");
    expect_purpose(s, "case=\"c\", item=\"restaurant\", " BASIS, 400, "purpose-missing");
    expect_purpose(s, "case=\"\", item=\"restaurant\", " BASIS ", actor=\"system\"", 400,
                   "purpose-missing");
    expect_purpose(s, "case=5, item=\"restaurant\", " BASIS ", actor=\"system\"", 400,
                   "purpose-missing");
    expect_purpose(s, "case=%\"a%00b\", item=\"restaurant\", " BASIS ", actor=\"system\"", 400,
                   "purpose-missing");
    expect_purpose(s, "case=\"a\", case=\"b\", item=\"restaurant\", " BASIS ", actor=\"system\"", 400,
                   "purpose-missing");
    expect_purpose(s, "nonsense", 400, "purpose-missing");
    EXPECT(s, scene_acts(s->prov, ACT_READ) == 0);
    EXPECT(s, scene_used(s->prov) == 0);
}

static void
no_purpose_or_a_wrong_one_releases_nothing(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_purposes, kind), 0);
}

static void
play_grants(struct scene *s)
{
    static const struct {
        int per_day;
        const char *state, *type;
        int status;
    } rows[] = {
        {100, "suspended", "grant-suspended", 403},
        {100, "terminated", "grant-expired", 403},
        {1, "in-use", "quota-exhausted", 429},
    };
    struct handmade *h;
    struct err err;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        stage_put_grant(s->prov, stage_person_grant(&s->stage, "g-1", s->city->name,
                                                    rows[i].per_day, rows[i].state));
        if (rows[i].per_day == 1) { /* the only one of the day */
            h = scene_make(s, s->city);
            EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK && s->in.head.status == 200);
        }
        for (int k = 0; k < 2; k++) { /* from memory and from the store alike */
            h = scene_make(s, s->city);
            EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
            EXPECT(s, s->in.head.status == rows[i].status);
            EXPECT(s, str_eq(scene_problem(s), str_of(rows[i].type)));
            EXPECT(s, scene_is_signed(s, h));
            EXPECT(s, str_eq(scene_newest(s, s->prov, "type"), str_of(rows[i].type)));
        }
    }
    EXPECT(s, scene_acts(s->prov, ACT_READ) == 1 && scene_used(s->prov) == 1);
    /* In force when it was read into memory, and over when the question comes. */
    stage_put_grant(s->prov, stage_person_grant(&s->stage, "g-1", s->city->name, 3, "in-use"));
    h = scene_make(s, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK && s->in.head.status == 200);
    s->prov->shift_us = (int64_t)86400 * 1000000 + 1;
    h = scene_make(s, s->city);
    h->envelope.params.created += 86400;
    scene_sign(s, h, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK && s->in.head.status == 403);
    EXPECT(s, str_eq(scene_problem(s), STR("grant-expired")));
    EXPECT(s, scene_acts(s->prov, ACT_READ) == 2 && scene_used(s->prov) == 2);
    s->prov->shift_us = 0;
    /* A grant that is given again works at once. */
    stage_put_grant(s->prov, stage_person_grant(&s->stage, "g-1", s->city->name, 4, "in-use"));
    h = scene_make(s, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK && s->in.head.status == 200);
    EXPECT(s, scene_used(s->prov) == 3);
}

static void
a_grant_is_asked_anew_for_every_question(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_grants, kind), 0);
}

static void
play_resources(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct err err;

    h->out.target = h->envelope.message.target = STR("/exchange/yl/nobody");
    scene_sign(s, h, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, h, 404, "resource-missing", true);
    /* Known, but served elsewhere. */
    stage_put_resource(s->prov, stage_person_resource(&s->stage, s->city->name,
                                                      "{\"kind\":\"registry\"}", "null"));
    h = scene_make(s, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    EXPECT(s, s->in.head.status == 404 && str_eq(scene_problem(s), STR("resource-missing")));
}

static void
what_is_not_served_here_is_said_to_be_missing(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_resources, kind), 0);
}

static void
play_missing_record(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct err err;

    h->out.body = STR("{\"key\":{\"kind\":\"person\",\"value\":\"Z\"},\"fields\":[\"name\"],\"salt\":"
                      "\"0123456789abcdef\"}");
    h->envelope.fields.field[1].value = content_digest(s->arena, h->out.body);
    scene_sign(s, h, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    EXPECT(s, s->in.head.status == 404 && str_eq(scene_problem(s), STR("record-missing")));
    EXPECT(s, scene_is_signed(s, h));
    EXPECT(s, scene_newest_kind(s, s->prov) == ACT_READ);
    EXPECT(s, str_eq(scene_newest(s, s->prov, "count"), STR("0")));
    EXPECT(s, scene_used(s->prov) == 1);
}

static void
that_there_is_no_record_is_an_answer_counted_and_recorded(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_missing_record, kind), 0);
}

/* --- again --- */

static void
expect_replayed(struct scene *s, struct stage_node *from, const struct handmade *h)
{
    struct err err;

    EXPECT(s, scene_send(s, from, h, &err) == RC_OK);
    EXPECT(s, s->in.head.status == 409 && str_eq(scene_problem(s), STR("replayed")));
    EXPECT(s, str_eq(scene_newest(s, s->prov, "type"), STR("replayed")));
    EXPECT(s, scene_acts(s->prov, ACT_READ) == 1);
    EXPECT(s, scene_used(s->prov) == 1);
}

static void
play_replay(struct scene *s)
{
    const struct client_config config = {.tls = s->city->client_tls,
                                         .limits = http_limits_usual,
                                         .connect_ms = 2000,
                                         .idle_per_origin_max = 1,
                                         .per_origin_max = 1,
                                         .idle_ms = 1000};
    struct client *kept = s->city->client, *other;
    struct handmade *h = scene_make(s, s->city);
    struct err err;

    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK && s->in.head.status == 200);
    expect_replayed(s, s->city, h); /* on the same connection */
    EXPECT(s, client_new(s->loop, &config, &other, &err) == RC_OK);
    s->city->client = other; /* on another one */
    expect_replayed(s, s->city, h);
    s->city->client = kept;
    client_free(other);
    stage_reopen(s->prov); /* and after a restart */
    expect_replayed(s, s->city, h);
}

static void
a_question_counts_once_on_any_connection_and_after_a_restart(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_replay, kind), 0);
}

static void
play_replay_of_a_refusal(struct scene *s)
{
    struct handmade *h;
    struct err err;

    stage_put_grant(s->prov,
                    stage_person_grant(&s->stage, "g-1", s->city->name, 100, "suspended"));
    h = scene_make(s, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK && s->in.head.status == 403);
    stage_put_grant(s->prov, stage_person_grant(&s->stage, "g-1", s->city->name, 100, "in-use"));
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK && s->in.head.status == 409);
    EXPECT(s, scene_acts(s->prov, ACT_READ) == 0 && scene_used(s->prov) == 0);
}

static void
a_refused_question_cannot_be_used_later(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_replay_of_a_refusal, kind), 0);
}

static void
play_old_nonces(struct scene *s)
{
    struct answer answer;
    struct err err;

    for (int i = 0; i < 20; i++) {
        EXPECT(s, scene_ask(s, &answer, &err) == RC_OK);
    }
    EXPECT(s, fixture_int(&s->prov->fixture, "SELECT COUNT(*) FROM exchange_nonce") == 20);
    s->city->shift_us = s->prov->shift_us = (int64_t)3600 * 1000000; /* an hour later */
    for (int i = 0; i < 20; i++) {
        EXPECT(s, scene_ask(s, &answer, &err) == RC_OK);
    }
    EXPECT(s, fixture_int(&s->prov->fixture, "SELECT COUNT(*) FROM exchange_nonce") == 20);
}

static void
nonces_too_old_to_be_replayed_go(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_old_nonces, kind), 0);
}

/* --- strangers --- */

static void
play_strangers(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city); /* even a good question of a known node */
    struct err err;

    for (int i = 0; i < 30; i++) {
        EXPECT(s, scene_send(s, s->stranger, h, &err) == RC_OK);
        EXPECT(s, s->in.head.status == 401 && str_eq(scene_problem(s), STR("unknown-node")));
        EXPECT(s, !scene_is_signed(s, h));
    }
    EXPECT(s, scene_acts(s->prov, ACT_REFUSE) == 1);
    EXPECT(s, str_eq(scene_newest(s, s->prov, "type"), STR("unknown-node")));
    EXPECT(s, str_eq(scene_newest(s, s->prov, "count"), STR("1")));
    EXPECT(s, scene_acts(s->prov, ACT_READ) == 0 && scene_used(s->prov) == 0);
    /* Their visits did not use the question up. */
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK && s->in.head.status == 200);
    /* What was not yet recorded is, when the time has come, with whatever comes next. */
    s->prov->shift_us = (int64_t)EXCHANGE_STRANGERS_EVERY_S * 1000000;
    h = scene_make(s, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK && s->in.head.status == 200);
    EXPECT(s, scene_acts(s->prov, ACT_REFUSE) == 2);
}

static void
strangers_get_nothing_and_cannot_fill_the_disk(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_strangers, kind), 0);
}

/* --- no receipt, no data --- */

static void
play_no_act(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct err err;

    fixture_sql(&s->prov->fixture,
                "CREATE TRIGGER no_act BEFORE INSERT ON act BEGIN SELECT RAISE(ABORT, 'no'); END");
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    EXPECT(s, s->in.head.status >= 400);
    EXPECT(s, !str_has(s->in.body, STR("record\"")) && !str_has(s->in.body, STR("王")));
    fixture_sql(&s->prov->fixture, "DROP TRIGGER no_act");
    EXPECT(s, scene_used(s->prov) == 0);
    EXPECT(s, scene_acts(s->prov, ACT_READ) == 0);
    /* Nothing came of it, so the same question may come again. */
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK && s->in.head.status == 200);
}

static void
without_an_act_nothing_is_released(void **state)
{
    (void)state;
    if (kind == FIXTURE_SQLITE) { /* the fault is made in its own language */
        assert_int_equal(scene_run(play_no_act, kind), 0);
    }
}

static int
run_on(enum fixture_kind which, const char *name)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_question_gets_its_masked_record_an_act_and_a_signature),
        cmocka_unit_test(a_record_that_is_not_as_its_standard_says_is_handed_out_and_counted),
        cmocka_unit_test(every_spoiled_part_is_refused_recorded_and_told_apart),
        cmocka_unit_test(a_question_that_is_not_one_is_refused_even_with_a_good_signature),
        cmocka_unit_test(no_purpose_or_a_wrong_one_releases_nothing),
        cmocka_unit_test(a_grant_is_asked_anew_for_every_question),
        cmocka_unit_test(what_is_not_served_here_is_said_to_be_missing),
        cmocka_unit_test(that_there_is_no_record_is_an_answer_counted_and_recorded),
        cmocka_unit_test(a_question_counts_once_on_any_connection_and_after_a_restart),
        cmocka_unit_test(a_refused_question_cannot_be_used_later),
        cmocka_unit_test(nonces_too_old_to_be_replayed_go),
        cmocka_unit_test(strangers_get_nothing_and_cannot_fill_the_disk),
        cmocka_unit_test(without_an_act_nothing_is_released),
    };

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "provider on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "provider on PostgreSQL");
    }
    return failed;
}
