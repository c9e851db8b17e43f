/*
 * What both sides of the gate share: resources of one's own, old systems behind a connector, the door for systems
 * beside the node, many questions at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <unistd.h>

#include "exchange/scene.h"

static enum fixture_kind kind;

/* --- a resource of one's own --- */

static void
play_self(struct scene *s)
{
    struct question q = scene_question(s);
    struct answer answer;
    struct json *act;
    struct err err;

    stage_put_resource(s->city, stage_person_resource(&s->stage, s->city->name,
                                                      "{\"kind\":\"registry\"}", "null"));
    stage_put_record(s->city, "yl/person", "A", "{\"name\":\"自己\",\"id\":\"990102199001010011\"}");
    EXPECT(s, scene_ask(s, &answer, &err) == RC_DENIED);
    EXPECT(s, str_eq(str_of(err.type), STR("grant-missing")));
    EXPECT(s, scene_acts(s->city, ACT_REFUSE) == 1 && scene_acts(s->city, ACT_ASK) == 1);
    stage_put_grant(s->city, stage_person_grant(&s->stage, "g-own", s->city->name, 2, "in-use"));
    EXPECT(s, scene_ask(s, &answer, &err) == RC_OK);
    EXPECT(s, str_eq(json_str(answer.record, "name"), STR("自己")));
    EXPECT(s, str_eq(json_str(answer.record, "id"), STR("990102********0011")));
    EXPECT(s, answer.act == answer.source_act + 1);
    EXPECT(s, act_by_index(&s->city->fixture.db, s->arena, answer.source_act, &act, &err) == RC_OK);
    EXPECT(s, str_eq(json_str(act, "kind"), STR("read")));
    EXPECT(s, str_eq(json_str(act, "subject"), STR("p-1")));
    q.key = STR("Z");
    EXPECT(s, gate_ask(s->city->gate, s->task, s->arena, &q, &answer, &err) == RC_NOT_FOUND);
    EXPECT(s, str_eq(scene_newest(s, s->city, "outcome"), STR("record-missing")));
    EXPECT(s, scene_ask(s, &answer, &err) == RC_BUSY);
    EXPECT(s, str_eq(str_of(err.type), STR("quota-exhausted")));
    EXPECT(s, scene_used(s->city) == 2);
    EXPECT(s, scene_acts(s->city, ACT_READ) == 2 && scene_acts(s->city, ACT_REFUSE) == 2);
    EXPECT(s, scene_acts(s->city, ACT_ASK) == 4);
    EXPECT(s, scene_acts(s->prov, ACT_READ) == 0);
}

static void
a_node_asks_itself_under_the_same_rules(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_self, kind), 0);
}

/* --- old systems behind a connector --- */

struct upstream {
    int status;
    const char *body;
    int delay_ms;
    struct str target; /* as asked last */
    struct arena *arena;
};

static void
serve_upstream(struct http_call *call, void *ctx)
{
    struct upstream *u = ctx;
    struct http_fields fields = {.count = 0};
    struct err err;

    CHECK(str_copy(u->arena, call->head->target, &u->target, &err) == RC_OK);
    if (u->delay_ms > 0 && task_sleep(call->task,
                                      loop_now_us(task_loop(call->task)) + (int64_t)u->delay_ms * 1000,
                                      &err) != RC_OK) {
        return;
    }
    CHECK(http_add(&fields, STR("Content-Type"), STR("application/json")));
    if (http_answer(call, u->status, &fields, str_of(u->body), &err) != RC_OK) {
        return; /* who asked has given up */
    }
}

static void
expect_upstream(struct scene *s, struct upstream *u, int status, const char *body, enum rc rc,
                const char *type)
{
    int64_t used = scene_used(s->prov);
    struct answer answer = {.record = NULL};
    struct err err = {.type = ""};

    u->status = status;
    u->body = body;
    enum rc got = scene_ask(s, &answer, &err);
    EXPECT(s, got == rc && str_eq(str_of(err.type), str_of(type)));
    EXPECT(s, answer.record == NULL);
    if (rc != RC_NOT_FOUND) {
        EXPECT(s, scene_newest_kind(s, s->prov) == ACT_REFUSE);
        EXPECT(s, str_eq(scene_newest(s, s->prov, "type"), str_of(type)));
        EXPECT(s, scene_used(s->prov) == used);
    }
    if (s->failed > 0) {
        print_message("%d %.40s gave %s %s\n", status, body, rc_name(got), err.type);
    }
}

static void
play_connector(struct scene *s)
{
    struct upstream u = {.status = 200, .arena = s->arena};
    struct server_config config = {.limits = http_limits_usual,
                                   .arena_bytes = 1 << 20,
                                   .handler = serve_upstream,
                                   .ctx = &u};
    struct question q = scene_question(s);
    struct answer answer;
    struct err err;
    int port;

    EXPECT(s, net_listen("127.0.0.1", 0, &config.listen_fd, &port, &err) == RC_OK);
    EXPECT(s, server_start(s->loop, &config, &s->other, &err) == RC_OK);
    struct str connector = str_fmt(
        s->arena,
        "{\"kind\":\"http\",\"url\":\"http://127.0.0.1:%d/old/{key}?v=1\",\"record\":\"data.0\","
        "\"updated\":\"at\",\"members\":{\"name\":\"xm\",\"id\":\"sfz\"}}",
        port);
    stage_put_resource(s->prov, stage_person_resource(&s->stage, s->prov->name,
                                                      str_c(s->arena, connector), "null"));
    u.body = "{\"at\":\"2026-11-01T08:00:00+08:00\",\"data\":[{\"xm\":\"王小明\",\"sfz\":"
             "\"990102199001010011\",\"secret\":\"x\"}]}";
    q.key = STR("9901 02/１a"); /* as a person may write it: folded, then percent-encoded */
    EXPECT(s, gate_ask(s->city->gate, s->task, s->arena, &q, &answer, &err) == RC_OK);
    EXPECT(s, str_eq(u.target, STR("/old/990102%2F1A?v=1")));
    EXPECT(s, str_eq(json_str(answer.record, "name"), STR("王小明")));
    EXPECT(s, str_eq(json_str(answer.record, "id"), STR("990102********0011")));
    EXPECT(s, answer.record->count == 2);
    EXPECT(s, answer.updated_us == (int64_t)1793491200 * 1000000);

    expect_upstream(s, &u, 404, "{}", RC_NOT_FOUND, "record-missing");
    expect_upstream(s, &u, 200, "{\"data\":[]}", RC_NOT_FOUND, "record-missing");
    expect_upstream(s, &u, 200, "{\"data\":[null]}", RC_NOT_FOUND, "record-missing");
    expect_upstream(s, &u, 200, "{\"data\":[5]}", RC_PEER, "upstream-wrong");
    expect_upstream(s, &u, 200, "<html>", RC_PEER, "upstream-wrong");
    expect_upstream(s, &u, 200, "{\"data\":[{}],\"data\":[{}]}", RC_PEER, "upstream-wrong");
    expect_upstream(s, &u, 500, "{}", RC_PEER, "upstream-wrong");
    expect_upstream(s, &u, 302, "{}", RC_PEER, "upstream-wrong");
    u.delay_ms = 3000;
    q.timeout_ms = 5000; /* the province gives up first, and says so */
    EXPECT(s, gate_ask(s->city->gate, s->task, s->arena, &q, &answer, &err) == RC_TIMEOUT);
    EXPECT(s, str_eq(str_of(err.type), STR("upstream-silent")));
    server_stop(s->other);
    EXPECT(s, close(config.listen_fd) == 0);
}

static void
an_old_system_joins_by_data_and_its_faults_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_connector, kind), 0);
}

static void
play_dead_upstream(struct scene *s)
{
    struct str connector = str_fmt(
        s->arena, "{\"kind\":\"http\",\"url\":\"http://127.0.0.1:%d/{key}\"}", s->ghost->port);
    struct answer answer;
    struct err err;

    stage_put_resource(s->prov, stage_person_resource(&s->stage, s->prov->name,
                                                      str_c(s->arena, connector), "null"));
    EXPECT(s, scene_ask(s, &answer, &err) == RC_IO);
    EXPECT(s, str_eq(str_of(err.type), STR("upstream-down")));
    EXPECT(s, str_eq(scene_newest(s, s->prov, "type"), STR("upstream-down")));
    EXPECT(s, scene_used(s->prov) == 0);
}

static void
an_old_system_that_is_down_is_told_apart(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_dead_upstream, kind), 0);
}

/* --- the door for systems beside the node --- */

static int
post_local(struct scene *s, const char *path, const char *type, const char *body)
{
    const struct origin origin = {.host = STR("127.0.0.1"), .port = s->city->local_port};
    struct http_out out = {
        .method = STR("POST"), .target = str_of(path), .body = str_of(body)};
    struct err err;

    CHECK(http_add(&out.fields, STR("Content-Type"), str_of(type)));
    EXPECT(s, client_call(s->stranger->client, s->task, s->arena, &origin, &out,
                          loop_now_us(s->loop) + 5000000, &s->in, &err) == RC_OK);
    return s->in.head.status;
}

#define JSON_TYPE "application/json; charset=utf-8"
#define ASK(key, item)                                                                             \
    "{\"key\":{\"kind\":\"person\",\"value\":\"" key "\"},\"fields\":[\"name\",\"id\"],"           \
    "\"purpose\":{\"case\":\"c-1\",\"item\":\"" item "\",\"basis\":\"食品安全法 35\",\"actor\":"   \
    "\"system:hall\"},\"subject\":\"p-7\"}"

static void
play_local(struct scene *s)
{
    struct json *j;
    struct err err;

    EXPECT(s, post_local(s, "/gate/yl/person", JSON_TYPE, ASK("A", "restaurant")) == 200);
    EXPECT(s, json_parse(s->arena, s->in.body, JSON_UNIQUE, &j, &err) == RC_OK);
    EXPECT(s, str_eq(json_str(json_get(j, "record"), "name"), STR("王小明")));
    EXPECT(s, str_eq(json_str(json_get(j, "source"), "node"), STR("prov")));
    EXPECT(s, json_int_or(json_get(j, "source"), "act", -1) >= 0 && json_int_or(j, "act", -1) >= 0);
    EXPECT(s, json_str(j, "obtained").len > 0);
    EXPECT(s, scene_acts(s->city, ACT_ASK) == 1);

    EXPECT(s, post_local(s, "/gate/yl/person", JSON_TYPE, ASK("Z", "restaurant")) == 404);
    EXPECT(s, str_eq(scene_problem(s), STR("record-missing")));
    EXPECT(s, post_local(s, "/gate/yl/person", JSON_TYPE, ASK("A", "other")) == 403);
    EXPECT(s, str_eq(scene_problem(s), STR("purpose-not-covered")));
    EXPECT(s, post_local(s, "/gate/yl/nobody", JSON_TYPE, ASK("A", "restaurant")) == 404);
    EXPECT(s, str_eq(scene_problem(s), STR("resource-missing")));
    EXPECT(s, post_local(s, "/gate/yl/person", JSON_TYPE, "{") == 400);
    EXPECT(s, str_eq(scene_problem(s), STR("question-invalid")));
    EXPECT(s, post_local(s, "/gate/yl/person", JSON_TYPE, "{}") == 400);
    EXPECT(s, str_eq(scene_problem(s), STR("question-invalid")));
    EXPECT(s, post_local(s, "/gate/yl/person", "text/plain", ASK("A", "restaurant")) == 415);
    EXPECT(s, str_eq(scene_problem(s), STR("media-type")));
    /* Nothing of the log's text, and words that a person can read. */
    EXPECT(s, json_parse(s->arena, s->in.body, JSON_UNIQUE, &j, &err) == RC_OK);
    EXPECT(s, json_str(j, "title").len > 0 && json_str(j, "title_en").len > 0);
}

static void
a_system_beside_the_node_asks_in_plain_json(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_local, kind), 0);
}

/* --- many at once --- */

enum { CROWD = 64, QUOTA = 63 };

struct crowd {
    struct scene *scene;
    int waiting;
    int answered;
    int exhausted;
    int other;
};

static void
ask_one(struct task *t, void *ctx)
{
    struct crowd *c = ctx;
    struct question q = scene_question(c->scene);
    struct arena *a = arena_new(1 << 20);
    struct answer answer;
    struct err err;
    enum rc rc = gate_ask(c->scene->city->gate, t, a, &q, &answer, &err);

    c->answered += rc == RC_OK;
    c->exhausted += rc == RC_BUSY && str_eq(str_of(err.type), STR("quota-exhausted"));
    c->other += rc != RC_OK && rc != RC_BUSY;
    arena_free(a);
    c->waiting--;
    task_resume(c->scene->task);
}

static void
play_crowd(struct scene *s)
{
    struct crowd c = {.scene = s, .waiting = CROWD};
    struct err err;

    stage_put_grant(s->prov,
                    stage_person_grant(&s->stage, "g-1", s->city->name, QUOTA, "in-use"));
    for (int i = 0; i < CROWD; i++) {
        EXPECT(s, task_start(s->loop, ask_one, &c, &err) == RC_OK);
    }
    while (c.waiting > 0) {
        task_suspend(s->task);
    }
    EXPECT(s, c.answered == QUOTA);
    EXPECT(s, c.exhausted == CROWD - QUOTA);
    EXPECT(s, c.other == 0);
    EXPECT(s, scene_used(s->prov) == QUOTA);
    EXPECT(s, scene_acts(s->prov, ACT_READ) == QUOTA);
    EXPECT(s, scene_acts(s->prov, ACT_REFUSE) == CROWD - QUOTA);
    EXPECT(s, scene_acts(s->city, ACT_ASK) == CROWD);
}

static void
many_questions_at_once_never_pass_the_number(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_crowd, kind), 0);
}

/* --- a newer directory, and too little memory --- */

static void
play_directory(struct scene *s)
{
    struct directory *held = s->stage.directory, *newer;
    struct answer answer;
    struct err err;

    EXPECT(s, scene_ask(s, &answer, &err) == RC_OK);
    newer = stage_directory(&s->stage, 2, s->prov); /* without the province */
    gate_use_directory(s->city->gate, newer);
    directory_free(held); /* nothing of the old one is in use any more */
    s->stage.directory = newer;
    gate_use_directory(s->prov->gate, newer);
    EXPECT(s, scene_ask(s, &answer, &err) == RC_PEER);
    EXPECT(s, str_eq(str_of(err.type), STR("source-unknown")));
    newer = stage_directory(&s->stage, 3, s->city); /* the province is back, and the city is not in it */
    gate_use_directory(s->city->gate, newer);
    gate_use_directory(s->prov->gate, newer);
    directory_free(s->stage.directory);
    s->stage.directory = newer;
    EXPECT(s, scene_ask(s, &answer, &err) == RC_DENIED);
    EXPECT(s, str_eq(str_of(err.type), STR("unknown-node")));
    EXPECT(s, scene_acts(s->prov, ACT_READ) == 1);
}

static void
a_newer_directory_counts_from_the_next_question_on(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_directory, kind), 0);
}

static void
play_little_memory(struct scene *s)
{
    struct question q = scene_question(s);
    struct answer answer;
    struct err err;
    enum rc rc = RC_LIMIT;
    size_t n = 0;

    /* Where the answer had come before memory ended the use is counted, and rightly. */
    stage_put_grant(s->prov, stage_person_grant(&s->stage, "g-1", s->city->name, 1000, "in-use"));
    while (rc != RC_OK && n < 400 && s->failed == 0) {
        struct arena *a = arena_new(1 << 20);
        arena_fail_at(a, ++n);
        rc = gate_ask(s->city->gate, s->task, a, &q, &answer, &err);
        /* The client cannot tell an answer that is too long from an arena that is too small. */
        EXPECT(s, rc == RC_OK || rc == RC_LIMIT || rc == RC_PEER);
        arena_free(a);
    }
    EXPECT(s, rc == RC_OK && n > 20);
    EXPECT(s, scene_ask(s, &answer, &err) == RC_OK); /* and nothing is left in disorder */
}

static void
any_memory_limit_is_a_clean_failure(void **state)
{
    (void)state;
    if (kind == FIXTURE_SQLITE) {
        assert_int_equal(scene_run(play_little_memory, kind), 0);
    }
}

static int
run_on(enum fixture_kind which, const char *name)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_asks_itself_under_the_same_rules),
        cmocka_unit_test(an_old_system_joins_by_data_and_its_faults_are_told_apart),
        cmocka_unit_test(an_old_system_that_is_down_is_told_apart),
        cmocka_unit_test(a_system_beside_the_node_asks_in_plain_json),
        cmocka_unit_test(many_questions_at_once_never_pass_the_number),
        cmocka_unit_test(a_newer_directory_counts_from_the_next_question_on),
        cmocka_unit_test(any_memory_limit_is_a_clean_failure),
    };

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "gate on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "gate on PostgreSQL");
    }
    return failed;
}
