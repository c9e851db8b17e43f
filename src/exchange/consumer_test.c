/*
 * What the node that asks does with sources that are dead, silent, wrong or dishonest: nothing is handed on that was
 * not proved, every outcome has its act, and every outcome its own name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "exchange/scene.h"

static enum fixture_kind kind;

/* The city asked and got a failure of that type, has an act of it, and holds no record. */
static void
expect_failed(struct scene *s, enum rc rc, const char *type)
{
    int64_t asked = scene_acts(s->city, ACT_ASK);
    struct answer answer = {.record = NULL};
    struct err err = {.type = ""};
    enum rc got = scene_ask(s, &answer, &err);

    EXPECT(s, got == rc);
    EXPECT(s, str_eq(str_of(err.type), str_of(type)));
    EXPECT(s, answer.record == NULL);
    EXPECT(s, scene_acts(s->city, ACT_ASK) == asked + 1);
    EXPECT(s, str_eq(scene_newest(s, s->city, "outcome"), str_of(type)));
    if (s->failed > 0) {
        print_message("wanted %s %s, got %s %s: %s\n", rc_name(rc), type, rc_name(got), err.type,
                      err.text);
    }
}

/* --- the good way --- */

static void
play_good(struct scene *s)
{
    struct answer answer;
    struct json *act;
    struct err err;

    EXPECT(s, scene_ask(s, &answer, &err) == RC_OK);
    EXPECT(s, str_eq(json_str(answer.record, "name"), STR("王小明")));
    EXPECT(s, str_eq(answer.source_node, s->prov->name));
    EXPECT(s, answer.updated_us / 1000000 == s->stage.now_us / 1000000);
    EXPECT(s, act_by_index(&s->city->fixture.db, s->arena, answer.act, &act, &err) == RC_OK);
    EXPECT(s, str_eq(json_str(act, "kind"), STR("ask")));
    EXPECT(s, str_eq(json_str(act, "subject"), STR("p-1")));
    EXPECT(s, str_eq(json_str(act, "case_no"), STR("draft:d-1")));
    const struct json *detail = json_get(act, "detail");
    EXPECT(s, str_eq(json_str(detail, "outcome"), STR("answered")));
    EXPECT(s, json_int_or(detail, "source_act", -1) == answer.source_act);
    EXPECT(s, json_str(json_get(detail, "answer"), "signature").len > 80);
    EXPECT(s, json_str(json_get(detail, "question"), "signature").len > 80);
    EXPECT(s, act_by_index(&s->prov->fixture.db, s->arena, answer.source_act, &act, &err) == RC_OK);
    EXPECT(s, str_eq(json_str(act, "kind"), STR("read")));
    EXPECT(s, str_starts(json_str(act, "subject"), STR("k-")));
    EXPECT(s, !str_has(json_str(act, "body"), STR("王")));
}

static void
an_answer_comes_with_an_act_on_both_sides(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_good, kind), 0);
}

/*
 * What the two acts hold is enough to build both signature bases again, years later, from the acts and the
 * directory alone.
 */
static void
play_evidence(struct scene *s)
{
    static const struct str ask[] = {
        STR_INIT("\"@method\""), STR_INIT("\"@target-uri\""), STR_INIT("\"content-type\""),
        STR_INIT("\"content-digest\""), STR_INIT("\"zhengtong-purpose\"")};
    const struct peer *city = directory_by_name(s->stage.directory, s->city->name);
    const struct sig_public key = {SIG_ED25519, city->public_key};
    const struct purpose purpose = stage_purpose();
    struct str header, base, signature;
    struct answer answer;
    struct json *act;
    struct err err;

    EXPECT(s, scene_ask(s, &answer, &err) == RC_OK);
    EXPECT(s, act_by_index(&s->prov->fixture.db, s->arena, answer.source_act, &act, &err) == RC_OK);
    const struct json *d = json_get(act, "detail");
    EXPECT(s, purpose_put(s->arena, &purpose, &header, &err) == RC_OK);
    const struct http_fields fields = {
        .field = {{STR_INIT("content-type"), STR_INIT("application/json")},
                  {STR_INIT("content-digest"), json_str(d, "digest")},
                  {STR_INIT("zhengtong-purpose"), header}},
        .count = 3};
    const struct signed_message m = {.is_request = true,
                                     .method = STR("POST"),
                                     .scheme = STR("https"),
                                     .authority = str_fmt(s->arena, "127.0.0.1:%d", s->prov->port),
                                     .target = STR("/exchange/yl/person"),
                                     .fields = &fields};
    struct signature_params p = {.keyid = s->city->name,
                                 .nonce = json_str(d, "nonce"),
                                 .tag = STR("zhengtong-ask"),
                                 .created = json_int_or(d, "created", 0),
                                 .expires = -1,
                                 .components = ask,
                                 .component_count = 5};
    EXPECT(s, signature_params_set(s->arena, &p, &err) == RC_OK);
    EXPECT(s, signature_base(s->arena, &m, &p, &base, &err) == RC_OK);
    EXPECT(s, signature_value_parse(s->arena, json_str(d, "signature"), STR("zt"), &signature, &err) ==
                  RC_OK);
    EXPECT(s, sig_verify(&key, base, signature));
}

static void
an_act_holds_what_it_takes_to_check_the_signature_again(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_evidence, kind), 0);
}

static void
play_refusals(struct scene *s)
{
    struct question q = scene_question(s);
    struct answer answer;
    struct err err;

    stage_put_grant(s->prov,
                    stage_person_grant(&s->stage, "g-1", s->city->name, 100, "suspended"));
    expect_failed(s, RC_DENIED, "grant-suspended");
    EXPECT(s, scene_newest(s, s->city, "source_act").len > 0);
    stage_put_grant(s->prov, stage_person_grant(&s->stage, "g-1", s->city->name, 1, "in-use"));
    EXPECT(s, scene_ask(s, &answer, &err) == RC_OK);
    expect_failed(s, RC_BUSY, "quota-exhausted");
    stage_put_grant(s->prov, stage_person_grant(&s->stage, "g-1", s->city->name, 100, "in-use"));
    q.key = STR("Z");
    EXPECT(s, gate_ask(s->city->gate, s->task, s->arena, &q, &answer, &err) == RC_NOT_FOUND);
    EXPECT(s, str_eq(str_of(err.type), STR("record-missing")));
    q = scene_question(s);
    q.resource = STR("yl/nobody");
    EXPECT(s, gate_ask(s->city->gate, s->task, s->arena, &q, &answer, &err) == RC_NOT_FOUND);
    EXPECT(s, str_eq(scene_newest(s, s->city, "outcome"), STR("resource-missing")));
    q = scene_question(s);
    q.purpose.case_no = STR("");
    EXPECT(s, gate_ask(s->city->gate, s->task, s->arena, &q, &answer, &err) == RC_INVALID);
    EXPECT(s, str_eq(scene_newest(s, s->city, "outcome"), STR("purpose-missing")));
    s->city->shift_us = (int64_t)-400 * 1000000;
    expect_failed(s, RC_PEER, "clock-apart"); /* by more than both allow */
    EXPECT(s, str_eq(scene_newest(s, s->prov, "type"), STR("signature-expired")));
    s->city->shift_us = 0;
    EXPECT(s, scene_ask(s, &answer, &err) == RC_OK);
}

static void
a_refusal_of_the_source_arrives_under_its_own_name(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_refusals, kind), 0);
}

/* --- sources that are not what they should be --- */

struct trick {
    struct scene *scene;
    int status;
    const char *body;
    struct http_in *kept; /* an answer to another question */
    int delay_ms;
};

static void
say(struct http_call *call, void *ctx)
{
    const struct trick *t = ctx;
    struct http_fields fields = {.count = 0};
    struct err err;

    CHECK(http_add(&fields, STR("Content-Type"), STR("application/json")));
    CHECK(http_answer(call, t->status, &fields, str_of(t->body), &err) == RC_OK);
}

static void
keep_silent(struct http_call *call, void *ctx)
{
    const struct trick *t = ctx;
    struct err err;

    if (task_sleep(call->task, loop_now_us(task_loop(call->task)) + (int64_t)t->delay_ms * 1000,
                   &err) == RC_OK) {
        gate_serve(t->scene->prov->gate, call, STR("yl/person"));
    }
}

static void
play_silence(struct scene *s)
{
    struct question q = scene_question(s);
    struct trick t = {.scene = s, .delay_ms = 600};
    struct answer answer;
    struct err err;

    s->prov->instead = keep_silent;
    s->prov->instead_ctx = &t;
    q.timeout_ms = 200;
    EXPECT(s, gate_ask(s->city->gate, s->task, s->arena, &q, &answer, &err) == RC_TIMEOUT);
    EXPECT(s, str_eq(str_of(err.type), STR("source-silent")));
    EXPECT(s, str_eq(scene_newest(s, s->city, "outcome"), STR("source-silent")));
    q.timeout_ms = 0; /* slow, but in time */
    t.delay_ms = 100;
    EXPECT(s, gate_ask(s->city->gate, s->task, s->arena, &q, &answer, &err) == RC_OK);
}

static void
play_garbage(struct scene *s)
{
    struct trick t = {.status = 200, .body = "{\"record\":{\"name\":\"X\",\"id\":\"Y\"}}"};

    s->prov->instead = say;
    s->prov->instead_ctx = &t;
    expect_failed(s, RC_PEER, "answer-invalid"); /* fine, but unsigned */
    t.body = "<html>";
    expect_failed(s, RC_PEER, "answer-invalid");
    t.status = 403;
    t.body = "{\"type\":\"/problems/grant-missing\"}"; /* a refusal that nobody signed */
    expect_failed(s, RC_PEER, "answer-invalid");
    t.status = 401;
    t.body = "{\"type\":\"/problems/unknown-node\"}";
    expect_failed(s, RC_DENIED, "unknown-node");
    t.status = 200;
    expect_failed(s, RC_PEER, "answer-invalid");
}

/* The province signs what it is told to. */
static void
sign_lies(struct http_call *call, void *ctx)
{
    const struct trick *t = ctx;
    struct envelope *asked = arena_alloc(call->arena, 1, sizeof(*asked));
    struct envelope *e = arena_alloc(call->arena, 1, sizeof(*e));
    struct stage_node *prov = t->scene->prov;
    struct err err;

    CHECK(asked != NULL && e != NULL);
    asked->fields = call->head->fields;
    asked->message = (struct signed_message){.is_request = true,
                                             .method = call->head->method,
                                             .target = call->head->target,
                                             .fields = &asked->fields};
    CHECK(envelope_answer(call->arena, e, prov->name, t->status, STR("application/json"), STR("7"),
                          str_of(t->body), clock_now_us(&clock_system) / 1000000, asked, &err) ==
          RC_OK);
    unsigned char signature[SIG_BYTES];
    sig_sign(&prov->secret, e->base, signature);
    CHECK(envelope_seal(call->arena, e, (struct str){(const char *)signature, SIG_BYTES}, &err) ==
          RC_OK);
    CHECK(http_answer(call, t->status, &e->fields, str_of(t->body), &err) == RC_OK);
}

static void
play_signed_nonsense(struct scene *s)
{
    static const char *const bodies[] = {
        "",
        "[]",
        "{}",
        "{\"record\":{},\"updated\":\"2026-01-01T00:00:00Z\",\"act\":{\"node\":\"prov\",\"index\":8}}",
        "{\"record\":{},\"updated\":\"2026-01-01T00:00:00Z\",\"act\":{\"node\":\"city\",\"index\":7}}",
        "{\"record\":5,\"updated\":\"2026-01-01T00:00:00Z\",\"act\":{\"node\":\"prov\",\"index\":7}}",
        "{\"record\":{},\"updated\":\"today\",\"act\":{\"node\":\"prov\",\"index\":7}}",
        ("{\"record\":{},\"record\":{},\"updated\":\"2026-01-01T00:00:00Z\","
         "\"act\":{\"node\":\"prov\",\"index\":7}}")};
    struct trick t = {.scene = s, .status = 200};
    struct answer answer;
    struct err err;

    s->prov->instead = sign_lies;
    s->prov->instead_ctx = &t;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        t.body = bodies[i];
        expect_failed(s, RC_PEER, "source-wrong");
    }
    t.status = 403;
    t.body = "{\"type\":\"/problems/unheard-of\"}";
    expect_failed(s, RC_PEER, "source-wrong");
    t.body = "{\"type\":\"/problems/grant-missing\"}";
    expect_failed(s, RC_DENIED, "grant-missing");
    /* Its own troubles are not ours. */
    t.body = "{\"type\":\"/problems/storage-full\"}";
    expect_failed(s, RC_PEER, "storage-full");
    t.body = "{\"type\":\"/problems/internal\"}";
    expect_failed(s, RC_PEER, "internal");
    t.body = "{\"type\":\"/problems/limit\"}";
    expect_failed(s, RC_PEER, "limit");
    t.status = 200;
    t.body = "{\"record\":{},\"updated\":\"2026-01-01T00:00:00Z\",\"act\":{\"node\":\"prov\",\"index\":7}}";
    EXPECT(s, scene_ask(s, &answer, &err) == RC_OK && answer.source_act == 7);
}

/* Answers with what it once answered to another question. */
static void
swap(struct http_call *call, void *ctx)
{
    const struct trick *t = ctx;
    struct http_fields fields = {.count = 0};
    struct err err;

    for (size_t i = 0; i < t->kept->head.fields.count; i++) {
        struct http_field f = t->kept->head.fields.field[i];
        if (!str_eq_fold(f.name, STR("date")) && !str_eq_fold(f.name, STR("content-length")) &&
            !str_eq_fold(f.name, STR("connection"))) {
            CHECK(http_add(&fields, f.name, f.value));
        }
    }
    CHECK(http_answer(call, t->kept->head.status, &fields, t->kept->body, &err) == RC_OK);
}

static void
play_swapped(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct http_in *kept = arena_alloc(s->arena, 1, sizeof(*kept));
    struct trick t = {.scene = s, .kept = kept};
    struct err err;

    CHECK(kept != NULL);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK && s->in.head.status == 200);
    EXPECT(s, scene_is_signed(s, h));
    *kept = s->in;
    s->prov->instead = swap;
    s->prov->instead_ctx = &t;
    expect_failed(s, RC_PEER, "answer-invalid");
}

/* Everything as it was signed, but for one letter of the record. */
static void
play_altered_answer(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct envelope *e = arena_alloc(s->arena, 1, sizeof(*e));
    const struct peer *from = directory_by_name(s->stage.directory, s->prov->name);
    const struct envelope_clock clock = {clock_now_us(&clock_system) / 1000000, 300};
    const struct envelope_clock later = {clock.now_s + 3600, 300};
    struct err err;
    char *body;

    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK && s->in.head.status == 200);
    h->envelope.fields = h->out.fields;
    body = arena_alloc(s->arena, s->in.body.len, 1);
    CHECK(body != NULL && e != NULL);
    for (size_t i = 0; i < s->in.body.len; i++) {
        body[i] = s->in.body.ptr[i];
    }
    body[s->in.body.len / 2] ^= 1;
    EXPECT(s, envelope_read_answer(s->arena, e, &s->in.head, s->in.body, from, &h->envelope, &clock,
                                   &err) == RC_OK);
    EXPECT(s, envelope_read_answer(s->arena, e, &s->in.head, (struct str){body, s->in.body.len}, from,
                                   &h->envelope, &clock, &err) == RC_PEER);
    EXPECT(s, envelope_read_answer(s->arena, e, &s->in.head, s->in.body, from, &h->envelope, &later,
                                   &err) == RC_PEER);
    EXPECT(s, str_eq(str_of(err.type), STR("clock-apart")));
    s->in.head.status = 201;
    EXPECT(s, envelope_read_answer(s->arena, e, &s->in.head, s->in.body, from, &h->envelope, &later,
                                   &err) == RC_PEER);
    EXPECT(s, str_eq(str_of(err.type), STR("answer-invalid")));
}

/* Starts another server behind the province's address, and asks. */
static void
expect_failed_at(struct scene *s, struct server_config *config, enum rc rc, const char *type)
{
    struct err err;

    config->listen_fd = s->prov->listen_fd;
    config->limits = http_limits_usual;
    config->arena_bytes = 1 << 20;
    server_stop(s->prov->server);
    EXPECT(s, task_sleep(s->task, loop_now_us(s->loop) + 50000, &err) == RC_OK); /* it lets go */
    EXPECT(s, server_start(s->loop, config, &s->other, &err) == RC_OK);
    expect_failed(s, rc, type);
    server_stop(s->other);
}

/* Another node behind the province's address: its certificate gives it away before anything is said. */
static void
play_wrong_certificate(struct scene *s)
{
    struct trick t = {.status = 200, .body = "{}"};
    struct server_config config = {.tls = s->stranger->server_tls, .handler = say, .ctx = &t};

    expect_failed_at(s, &config, RC_PEER, "source-wrong");
}

/* Something that does not even speak TLS. */
static void
play_no_tls(struct scene *s)
{
    struct trick t = {.status = 200, .body = "{}"};
    struct server_config config = {.handler = say, .ctx = &t};

    expect_failed_at(s, &config, RC_PEER, "source-wrong");
}

static void
play_dead(struct scene *s)
{
    stage_put_resource(s->city, stage_person_resource(&s->stage, s->ghost->name, "null", "null"));
    expect_failed(s, RC_IO, "source-down");
}

static void
play_unlisted(struct scene *s)
{
    stage_put_resource(s->city, stage_person_resource(&s->stage, STR("nowhere"), "null", "null"));
    expect_failed(s, RC_PEER, "source-unknown");
}

static void
play_no_act(struct scene *s)
{
    struct answer answer = {.record = NULL};
    struct err err;

    fixture_sql(&s->city->fixture,
                "CREATE TRIGGER no_act BEFORE INSERT ON act BEGIN SELECT RAISE(ABORT, 'no'); END");
    EXPECT(s, scene_ask(s, &answer, &err) != RC_OK);
    EXPECT(s, answer.record == NULL);
    EXPECT(s, scene_acts(s->prov, ACT_READ) == 1);
    fixture_sql(&s->city->fixture, "DROP TRIGGER no_act");
}

static void
a_silent_source_is_told_from_a_slow_one(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_silence, kind), 0);
}

static void
an_answer_that_is_not_signed_is_worth_nothing(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_garbage, kind), 0);
}

static void
a_signed_answer_must_still_make_sense(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_signed_nonsense, kind), 0);
}

static void
an_answer_to_another_question_is_refused(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_swapped, kind), 0);
}

static void
an_altered_answer_is_refused(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_altered_answer, kind), 0);
}

static void
another_node_behind_the_address_of_the_source_is_noticed(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_wrong_certificate, kind), 0);
}

static void
a_dead_source_is_told_apart(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_dead, kind), 0);
}

static void
a_source_outside_the_directory_is_told_apart(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_unlisted, kind), 0);
}

static void
what_does_not_speak_tls_is_no_source(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_no_tls, kind), 0);
}

static void
without_an_act_of_its_own_the_consumer_hands_nothing_on(void **state)
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
        cmocka_unit_test(an_answer_comes_with_an_act_on_both_sides),
        cmocka_unit_test(an_act_holds_what_it_takes_to_check_the_signature_again),
        cmocka_unit_test(a_refusal_of_the_source_arrives_under_its_own_name),
        cmocka_unit_test(a_silent_source_is_told_from_a_slow_one),
        cmocka_unit_test(an_answer_that_is_not_signed_is_worth_nothing),
        cmocka_unit_test(a_signed_answer_must_still_make_sense),
        cmocka_unit_test(an_answer_to_another_question_is_refused),
        cmocka_unit_test(an_altered_answer_is_refused),
        cmocka_unit_test(another_node_behind_the_address_of_the_source_is_noticed),
        cmocka_unit_test(what_does_not_speak_tls_is_no_source),
        cmocka_unit_test(a_dead_source_is_told_apart),
        cmocka_unit_test(a_source_outside_the_directory_is_told_apart),
        cmocka_unit_test(without_an_act_of_its_own_the_consumer_hands_nothing_on),
    };

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "consumer on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "consumer on PostgreSQL");
    }
    return failed;
}
