/*
 * Attacks that the tests of each side leave out: on what a question is bound to, on time, keys and numbers, and answers in
 * which one thing is wrong and all else is well signed.  Each is told apart, recorded, and releases nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/encode.h"
#include "exchange/scene.h"

enum { SKEW_S = 300, DAY_S = 86400, PURGING_WRITES = 20, MINUTES_A_DAY = 1440 };

static enum fixture_kind kind;

static int64_t
seconds(int64_t s)
{
    return s * 1000000;
}

/* --- questions --- */

/* The newest act of the province refuses with that type, and no more was read than before. */
static void
expect_refused(struct scene *s, int status, const char *type, int64_t reads)
{
    EXPECT(s, s->in.head.status == status);
    EXPECT(s, str_eq(scene_problem(s), str_of(type)));
    EXPECT(s, !str_has(s->in.body, STR("record\"")));
    EXPECT(s, scene_newest_kind(s, s->prov) == ACT_REFUSE);
    EXPECT(s, str_eq(scene_newest(s, s->prov, "type"), str_of(type)));
    EXPECT(s, scene_acts(s->prov, ACT_READ) == reads && scene_used(s->prov) == reads);
    if (s->failed > 0) {
        print_message("status %d, %.*s, wanted %s\n", s->in.head.status, STR_ARG(scene_problem(s)),
                      type);
    }
}

static void
send_good(struct scene *s)
{
    struct err err;

    EXPECT(s, scene_send(s, s->city, scene_make(s, s->city), &err) == RC_OK);
    EXPECT(s, s->in.head.status == 200);
}

/* From that node, with its certificate, to the province under that name. */
static enum rc
send_as(struct scene *s, const struct stage_node *from, const char *host, const struct handmade *h)
{
    struct client_config config = {.limits = http_limits_usual,
                                   .connect_ms = 2000,
                                   .idle_per_origin_max = 1,
                                   .per_origin_max = 1,
                                   .idle_ms = 1000};
    const struct origin origin = {.host = str_of(host), .port = s->prov->port, .is_tls = true};
    struct client *client;
    struct tls *tls;
    struct err err;

    CHECK(tls_new_client(from->tls_key, from->tls_cert, &tls, &err) == RC_OK);
    config.tls = tls;
    CHECK(client_new(s->loop, &config, &client, &err) == RC_OK);
    enum rc rc = client_call(client, s->task, s->arena, &origin, &h->out,
                             loop_now_us(s->loop) + seconds(5), &s->in, &err);
    client_free(client);
    tls_free(tls);
    return rc;
}

static void
play_bound(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct err err;

    h->out.method = STR("PUT");
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, 401, "signature-invalid", 0);
    /* Signed for the address in the directory, sent under another name of the same door. */
    EXPECT(s, send_as(s, s->city, "localhost", scene_make(s, s->city)) == RC_OK);
    expect_refused(s, 421, "misdirected", 0);
    /* A good question of the city, in the hands of another node that the directory knows. */
    EXPECT(s, send_as(s, s->ghost, "127.0.0.1", scene_make(s, s->city)) == RC_OK);
    expect_refused(s, 401, "wrong-node", 0);
    EXPECT(s, str_eq(scene_newest(s, s->prov, "consumer"), s->ghost->name));
    send_good(s);
}

static void
a_question_is_bound_to_its_method_its_address_and_its_sender(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_bound, kind), 0);
}

/* Until its nonce may go it is a replay; from before that on it is too old, also by a clock that is put back. */
static void
play_late_replay(struct scene *s)
{
    struct handmade *h = scene_make(s, s->city);
    struct answer answer;
    struct err err;

    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK && s->in.head.status == 200);
    s->prov->shift_us = seconds(SKEW_S - 5);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, 409, "replayed", 1);
    s->prov->shift_us = seconds(SKEW_S + 5);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, 401, "signature-expired", 1);
    s->prov->shift_us = s->city->shift_us = seconds(2 * SKEW_S + 5);
    for (int i = 0; i < PURGING_WRITES; i++) {
        EXPECT(s, scene_ask(s, &answer, &err) == RC_OK);
    }
    EXPECT(s, fixture_int(&s->prov->fixture, "SELECT COUNT(*) FROM exchange_nonce") == PURGING_WRITES);
    s->prov->shift_us = seconds(SKEW_S + 5);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, 401, "signature-expired", PURGING_WRITES + 1);
}

static void
a_question_kept_for_later_is_too_old_before_its_nonce_is_forgotten(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_late_replay, kind), 0);
}

static void
use_directory(struct scene *s, int version, const struct stage_node *without)
{
    struct directory *newer = stage_directory(&s->stage, version, without);

    gate_use_directory(s->city->gate, newer);
    gate_use_directory(s->prov->gate, newer);
    directory_free(s->stage.directory);
    s->stage.directory = newer;
}

static void
play_keys(struct scene *s)
{
    const struct sig_secret old = s->city->secret;
    struct sig_secret fresh;
    struct handmade *h;
    struct err err;

    send_good(s);
    sig_new(SIG_ED25519, &fresh);
    s->city->secret = fresh;
    use_directory(s, 2, NULL);
    s->city->secret = old; /* the certificate is still good, the key is not */
    h = scene_make(s, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, 401, "signature-invalid", 1);
    s->city->secret = fresh;
    h = scene_make(s, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK && s->in.head.status == 200);
    use_directory(s, 3, s->city); /* struck off: neither is, on a connection that stands */
    h = scene_make(s, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, 401, "unknown-node", 2);
}

static void
a_key_that_was_replaced_or_struck_off_opens_nothing_any_more(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_keys, kind), 0);
}

static void
play_not_begun(struct scene *s)
{
    struct handmade *h;
    struct err err;

    s->prov->shift_us = -seconds(DAY_S + 5);
    h = scene_make(s, s->city);
    h->envelope.params.created -= DAY_S + 5;
    scene_sign(s, h, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
    expect_refused(s, 403, "grant-expired", 0);
    s->prov->shift_us = 0;
    send_good(s);
}

static void
a_grant_that_has_not_begun_allows_nothing(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_not_begun, kind), 0);
}

static void
play_number_over_restarts(struct scene *s)
{
    struct handmade *h;
    struct err err;

    stage_put_grant(s->prov, stage_person_grant(&s->stage, "g-1", s->city->name, 2, "in-use"));
    send_good(s);
    stage_reopen(s->prov);
    send_good(s);
    for (int i = 0; i < 2; i++) {
        stage_reopen(s->prov);
        h = scene_make(s, s->city);
        EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
        expect_refused(s, 429, "quota-exhausted", 2);
    }
}

static void
a_number_that_is_used_up_is_so_after_a_restart(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_number_over_restarts, kind), 0);
}

/* Open from two hours on, for one; for what is urgent at any time, if the owner says so. */
static void
put_hours(struct scene *s, bool urgent)
{
    int now = instant_minute_of_day(clock_now_us(&clock_system), CLOCK_OFFSET_CHINA_MINUTES);
    int open = (now + 120) % MINUTES_A_DAY, close = (now + 180) % MINUTES_A_DAY;
    struct str limits =
        str_fmt(s->arena, "{\"open\":\"%02d:%02d\",\"close\":\"%02d:%02d\",\"urgent\":%s}", open / 60,
                open % 60, close / 60, close % 60, urgent ? "true" : "false");

    stage_put_resource(s->prov, stage_person_resource(&s->stage, s->prov->name, "{\"kind\":\"registry\"}",
                                                      str_c(s->arena, limits)));
}

static void
send_with(struct scene *s, const struct purpose *p)
{
    struct handmade *h = scene_make(s, s->city);
    struct err err;

    CHECK(purpose_put(s->arena, p, &h->envelope.fields.field[2].value, &err) == RC_OK);
    scene_sign(s, h, s->city);
    EXPECT(s, scene_send(s, s->city, h, &err) == RC_OK);
}

static void
play_hours(struct scene *s)
{
    struct purpose p = stage_purpose();

    put_hours(s, true);
    send_with(s, &p);
    expect_refused(s, 429, "outside-hours", 0);
    p.urgent = true;
    send_with(s, &p);
    EXPECT(s, s->in.head.status == 200);
    EXPECT(s, scene_newest_kind(s, s->prov) == ACT_READ);
    put_hours(s, false); /* an owner who knows no urgency */
    send_with(s, &p);
    expect_refused(s, 429, "outside-hours", 1);
}

static void
outside_the_hours_only_what_is_urgent_is_answered_and_only_if_the_owner_says_so(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_hours, kind), 0);
}

/* --- answers --- */

/* A province that answers well but for one thing. */
struct lie {
    struct scene *scene;
    void (*before)(struct lie *l); /* it is signed */
    void (*after)(struct lie *l);
    const struct stage_node *signer;
    struct envelope *asked;
    struct envelope *answer;
    struct str node;
    struct str body;
    int signed_status;
    int sent_status;
    int64_t created;
};

static const struct str lie_body = STR_INIT("{\"record\":{\"name\":\"X\",\"id\":\"Y\"},\"updated\":"
                                            "\"2026-01-01T00:00:00Z\",\"act\":{\"node\":\"prov\","
                                            "\"index\":7}}");

static void
answer_with_a_lie(struct http_call *call, void *ctx)
{
    struct lie *l = ctx;
    struct arena *a = call->arena;
    unsigned char signature[SIG_BYTES];
    struct err err;

    l->asked = arena_alloc(a, 1, sizeof(*l->asked));
    l->answer = arena_alloc(a, 1, sizeof(*l->answer));
    CHECK(l->asked != NULL && l->answer != NULL);
    l->asked->fields = call->head->fields;
    l->asked->message = (struct signed_message){.is_request = true,
                                                .method = call->head->method,
                                                .target = call->head->target,
                                                .fields = &l->asked->fields};
    l->signer = l->scene->prov;
    l->node = l->scene->prov->name;
    l->body = lie_body;
    l->signed_status = l->sent_status = 200;
    l->created = clock_now_us(&clock_system) / 1000000;
    if (l->before != NULL) {
        l->before(l);
    }
    CHECK(envelope_answer(a, l->answer, l->node, l->signed_status, STR("application/json"), STR("7"),
                          l->body, l->created, l->asked, &err) == RC_OK);
    sig_sign(&l->signer->secret, l->answer->base, signature);
    CHECK(envelope_seal(a, l->answer, (struct str){(const char *)signature, SIG_BYTES}, &err) == RC_OK);
    if (l->after != NULL) {
        l->after(l);
    }
    CHECK(http_answer(call, l->sent_status, &l->answer->fields, l->body, &err) == RC_OK);
}

static void
set_field(struct http_fields *fields, const char *name, struct str value)
{
    for (size_t i = 0; i < fields->count; i++) {
        if (str_eq_fold(fields->field[i].name, str_of(name))) {
            fields->field[i].value = value;
        }
    }
}

static void by_another_key(struct lie *l) { l->signer = l->scene->ghost; }
static void in_anothers_name(struct lie *l) { l->node = l->scene->ghost->name; }
static void too_late(struct lie *l) { l->created -= SKEW_S + 5; }
static void too_early(struct lie *l) { l->created += SKEW_S + 5; }
static void refusal_as_answer(struct lie *l) { l->signed_status = 403; }
static void answer_as_refusal(struct lie *l) { l->sent_status = 403; }
static void another_act(struct lie *l) { set_field(&l->answer->fields, "zhengtong-act", STR("8")); }
static void another_type(struct lie *l) { set_field(&l->answer->fields, "content-type", STR("text/html")); }
static void without_signature(struct lie *l) { l->answer->fields.count -= 2; }

static void
another_body(struct lie *l)
{
    l->body = STR("{\"record\":{\"name\":\"Z\",\"id\":\"Y\"},\"updated\":\"2026-01-01T00:00:00Z\",\"act\":{"
                  "\"node\":\"prov\",\"index\":7}}");
}

static void
another_body_and_digest(struct lie *l)
{
    another_body(l);
    set_field(&l->answer->fields, "content-digest", content_digest(l->scene->arena, l->body));
}

/* As an answer would be to a question of the same words that was asked at another time, or to other words. */
static void
for_another_time(struct lie *l)
{
    const struct handmade *other = scene_make(l->scene, l->scene->city);

    set_field(&l->asked->fields, "signature", http_get(&other->out.fields, "signature"));
}

static void
for_other_words(struct lie *l)
{
    set_field(&l->asked->fields, "content-digest", content_digest(l->scene->arena, STR("{}")));
}

static void
without_end(struct lie *l)
{
    size_t len = EXCHANGE_ANSWER_MAX + 2048;
    char *text = arena_alloc(l->scene->arena, len, 1);

    CHECK(text != NULL);
    for (size_t i = 0; i < len; i++) {
        text[i] = ' ';
    }
    text[0] = '{';
    text[len - 1] = '}';
    l->body = (struct str){text, len};
}

static const struct {
    const char *says;
    void (*before)(struct lie *l);
    void (*after)(struct lie *l);
    const char *type; /* NULL: it is no lie */
} lies[] = {
    {"the truth", NULL, NULL, NULL},
    {"by another key", by_another_key, NULL, "answer-invalid"},
    {"in another's name", in_anothers_name, NULL, "answer-invalid"},
    {"too late", too_late, NULL, "clock-apart"},
    {"too early", too_early, NULL, "clock-apart"},
    {"a refusal sent as an answer", refusal_as_answer, NULL, "answer-invalid"},
    {"an answer sent as a refusal", NULL, answer_as_refusal, "answer-invalid"},
    {"another act", NULL, another_act, "answer-invalid"},
    {"another type", NULL, another_type, "answer-invalid"},
    {"another body", NULL, another_body, "answer-invalid"},
    {"another body with its digest", NULL, another_body_and_digest, "answer-invalid"},
    {"without a signature", NULL, without_signature, "answer-invalid"},
    {"for another time", for_another_time, NULL, "answer-invalid"},
    {"for other words", for_other_words, NULL, "answer-invalid"},
    {"without end", without_end, NULL, "source-wrong"},
};

static void
play_lies(struct scene *s)
{
    struct lie l = {.scene = s};

    s->prov->instead = answer_with_a_lie;
    s->prov->instead_ctx = &l;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        struct answer answer = {.record = NULL};
        struct err err;
        l.before = lies[i].before;
        l.after = lies[i].after;
        enum rc rc = scene_ask(s, &answer, &err);
        bool as_wanted = lies[i].type == NULL
                             ? rc == RC_OK && answer.source_act == 7
                             : rc == RC_PEER && str_eq(str_of(err.type), str_of(lies[i].type)) &&
                                   answer.record == NULL;
        EXPECT(s, as_wanted);
        /* Recorded under its name; what was never proved to be the source's stays out of the act. */
        EXPECT(s, scene_acts(s->city, ACT_ASK) == (int64_t)i + 1);
        EXPECT(s, str_eq(scene_newest(s, s->city, "outcome"),
                         str_of(lies[i].type == NULL ? "answered" : lies[i].type)));
        EXPECT(s, (scene_newest(s, s->city, "source_act").len > 0) == (lies[i].type == NULL));
        if (s->failed > 0) {
            print_message("%s: %s, %s, %s\n", lies[i].says, rc_name(rc), err.type, err.text);
            return;
        }
    }
}

static void
an_answer_with_one_thing_wrong_is_worth_nothing_and_recorded(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_lies, kind), 0);
}

static int
run_on(enum fixture_kind which, const char *name)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_is_bound_to_its_method_its_address_and_its_sender),
        cmocka_unit_test(a_question_kept_for_later_is_too_old_before_its_nonce_is_forgotten),
        cmocka_unit_test(a_key_that_was_replaced_or_struck_off_opens_nothing_any_more),
        cmocka_unit_test(a_grant_that_has_not_begun_allows_nothing),
        cmocka_unit_test(a_number_that_is_used_up_is_so_after_a_restart),
        cmocka_unit_test(outside_the_hours_only_what_is_urgent_is_answered_and_only_if_the_owner_says_so),
        cmocka_unit_test(an_answer_with_one_thing_wrong_is_worth_nothing_and_recorded),
    };

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "attacks on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "attacks on PostgreSQL");
    }
    return failed;
}
