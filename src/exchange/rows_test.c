/*
 * Grants that cover some records only: which, is said by a rule.  A stand-in answers for it, as it is set.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "exchange/gate.h"
#include "exchange/scene.h"

static enum fixture_kind kind;

struct sage {
    struct counsel counsel;
    const char *says; /* JSON; NULL: no rule is in force */
    char heard[512]; /* the inputs, as JSON */
    struct stage_node *changes; /* puts this grant the first time it is asked; NULL: none */
    struct str grant;
    int asked, kept;
    int64_t kept_act;
};

static enum rc
sage_ask(const struct counsel *c, const struct db *db, struct arena *a, const struct counsel_question *q,
         struct counsel_answer *out, struct err *err)
{
    struct sage *s = (struct sage *)(uintptr_t)c;
    struct json *result = NULL;
    struct str inputs;

    (void)db;
    CHECK(json_print(a, q->inputs, &inputs, err) == RC_OK && inputs.len < sizeof(s->heard));
    (void)snprintf(s->heard, sizeof(s->heard), "%.*s", STR_ARG(inputs));
    if (s->changes != NULL && s->asked++ == 0) {
        stage_put_grant(s->changes, s->grant);
    }
    if (s->says == NULL) {
        return err_problem(err, RC_NOT_FOUND, "no-rule-in-force", "the stand-in has no such rule");
    }
    enum rc rc = json_parse(a, str_of(s->says), JSON_UNIQUE, &result, err);
    *out = (struct counsel_answer){.rule = q->rule, .decision = q->decision, .version = 4, .result = result};
    return rc;
}

static enum rc
sage_keep(const struct counsel *c, struct tx *tx, struct arena *a, const struct counsel_answer *answer, struct str case_no,
          struct str subject, int64_t act, int64_t now_us, struct err *err)
{
    struct sage *s = (struct sage *)(uintptr_t)c;

    (void)tx, (void)a, (void)answer, (void)case_no, (void)subject, (void)now_us, (void)err;
    s->kept++;
    s->kept_act = act;
    return RC_OK;
}

/* The grant of a person's record, for some rows, or with `more` behind it. */
static struct str
grant_of_rows(struct scene *s, const char *id, struct str consumer, const char *more)
{
    struct str whole = stage_person_grant(&s->stage, id, consumer, 100, "in-use");

    return str_fmt(s->arena,
                   "%.*s,\"rows\":{\"key\":\"grant-rows\",\"decision\":\"可见\",\"inputs\":{"
                   "\"人\":\"record.name\",\"址\":\"record.address\","
                   "\"事项\":\"purpose.item\",\"使用方\":\"consumer\"},\"outputs\":{\"seen\":\"可见\"}}%s}",
                   (int)whole.len - 1, whole.ptr, more);
}

static struct sage *
with_sage(struct scene *s, struct stage_node *n, struct sage *sage)
{
    sage->counsel = (struct counsel){.ask = sage_ask, .keep = sage_keep};
    n->gate->config.counsel = &sage->counsel;
    stage_put_record(n, "yl/person", "A", "{\"name\":\"王小明\",\"id\":\"990102199001010011\",\"address\":\"采薇巷\"}");
    stage_put_grant(n, grant_of_rows(s, "g-1", s->city->name, ""));
    return sage;
}

static void
play_seen_and_hidden(struct scene *s)
{
    struct sage sage = {.says = "{\"可见\":true,\"理由\":\"年满 80\"}"};
    struct answer answer;
    struct err err;

    (void)with_sage(s, s->prov, &sage);
    EXPECT(s, scene_ask(s, &answer, &err) == RC_OK && str_eq(json_str(answer.record, "name"), STR("王小明")));
    EXPECT(s, json_get(answer.record, "address") == NULL); /* what decides is not what is handed out */
    EXPECT(s, str_eq(str_of(sage.heard), str_fmt(s->arena,
                                                 "{\"人\":\"王小明\",\"址\":\"采薇巷\",\"事项\":\"restaurant\","
                                                 "\"使用方\":\"%.*s\"}",
                                                 STR_ARG(s->city->name))));
    EXPECT(s, str_eq(scene_newest(s, s->prov, "rows"), STR("seen")));
    EXPECT(s, sage.kept == 1 && sage.kept_act == answer.source_act);

    sage.says = "{\"可见\":false}";
    EXPECT(s, scene_ask(s, &answer, &err) == RC_NOT_FOUND && str_eq(str_of(err.type), STR("record-missing")));
    EXPECT(s, str_eq(scene_newest(s, s->prov, "rows"), STR("hidden")));
    EXPECT(s, scene_newest_kind(s, s->prov) == ACT_READ && sage.kept == 2);
    EXPECT(s, scene_used(s->prov) == 2); /* looking counts */
}

static void
a_record_outside_of_the_grant_is_as_if_it_were_not_there(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_seen_and_hidden, kind), 0);
}

/* Status and what is said; the act that is named beside it is each question's own. */
static void
play_alike(struct scene *s)
{
    struct sage sage = {.says = "{\"可见\":false}"};
    struct handmade *first, *second;
    struct str hidden, missing, type;
    struct err err;

    (void)with_sage(s, s->prov, &sage);
    first = scene_make(s, s->city);
    EXPECT(s, scene_send(s, s->city, first, &err) == RC_OK);
    int status = s->in.head.status;
    EXPECT(s, str_copy(s->arena, scene_problem(s), &type, &err) == RC_OK);
    EXPECT(s, str_copy(s->arena, s->in.body, &hidden, &err) == RC_OK);
    second = scene_make(s, s->city);
    fixture_sql(&s->prov->fixture, "DELETE FROM record");
    EXPECT(s, scene_send(s, s->city, second, &err) == RC_OK);
    missing = str_sub(s->in.body, 0, str_find(s->in.body, STR("\"act\"")));
    EXPECT(s, s->in.head.status == status && str_eq(scene_problem(s), type));
    EXPECT(s, missing.len < s->in.body.len && str_eq(missing, str_sub(hidden, 0, str_find(hidden, STR("\"act\"")))));
}

static void
whoever_asks_cannot_tell_hidden_from_missing(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_alike, kind), 0);
}

static void
play_undecided(struct scene *s)
{
    static const char *const nothing[] = {NULL, "null", "{}", "{\"可见\":null}", "{\"可见\":\"yes\"}", "true"};
    struct sage sage = {.says = NULL};
    struct answer answer;
    struct err err;

    (void)with_sage(s, s->prov, &sage);
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        sage.says = nothing[i];
        EXPECT(s, scene_ask(s, &answer, &err) == RC_DENIED && str_eq(str_of(err.type), STR("rows-undecided")));
        EXPECT(s, scene_newest_kind(s, s->prov) == ACT_REFUSE);
    }
    s->prov->gate->config.counsel = NULL;
    EXPECT(s, scene_ask(s, &answer, &err) == RC_DENIED && str_eq(str_of(err.type), STR("rows-undecided")));
    EXPECT(s, scene_used(s->prov) == 0 && sage.kept == 0 && scene_acts(s->prov, ACT_READ) == 0);
}

static void
what_no_rule_decides_is_not_released(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_undecided, kind), 0);
}

/* The grant becomes another one after the record was fetched: neither is the record handed out, nor judged, by the old one. */
static void
play_changed(struct scene *s)
{
    struct sage sage = {.says = "{\"可见\":true}", .changes = s->prov};
    struct answer answer;
    struct err err;

    (void)with_sage(s, s->prov, &sage);
    sage.grant = str_fmt(s->arena, "%.*s", STR_ARG(grant_of_rows(s, "g-1", s->city->name, "")));
    size_t at = str_find(sage.grant, STR("\"keep_head\":6"));
    EXPECT(s, at < sage.grant.len);
    sage.grant = str_fmt(s->arena, "%.*s\"keep_head\":1%.*s", (int)at, sage.grant.ptr,
                         STR_ARG(str_from(sage.grant, at + 13)));
    EXPECT(s, scene_ask(s, &answer, &err) == RC_OK);
    EXPECT(s, str_eq(json_str(answer.record, "id"), STR("9*************0011")));
    EXPECT(s, sage.asked == 2 && scene_used(s->prov) == 1);
}

static void
a_grant_that_changes_under_a_question_is_the_one_that_counts(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_changed, kind), 0);
}

static void
play_self(struct scene *s)
{
    struct sage sage = {.says = "{\"可见\":false}"};
    struct answer answer;
    struct err err;

    stage_put_resource(s->city, stage_person_resource(&s->stage, s->city->name, "{\"kind\":\"registry\"}", "null"));
    (void)with_sage(s, s->city, &sage);
    EXPECT(s, scene_ask(s, &answer, &err) == RC_NOT_FOUND && str_eq(str_of(err.type), STR("record-missing")));
    EXPECT(s, sage.kept == 1);
    sage.says = "{\"可见\":true}";
    EXPECT(s, scene_ask(s, &answer, &err) == RC_OK && sage.kept == 2);
}

static void
a_node_that_asks_itself_sees_no_more(void **state)
{
    (void)state;
    assert_int_equal(scene_run(play_self, kind), 0);
}

static int
run_on(enum fixture_kind which, const char *name)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_outside_of_the_grant_is_as_if_it_were_not_there),
        cmocka_unit_test(whoever_asks_cannot_tell_hidden_from_missing),
        cmocka_unit_test(what_no_rule_decides_is_not_released),
        cmocka_unit_test(a_grant_that_changes_under_a_question_is_the_one_that_counts),
        cmocka_unit_test(a_node_that_asks_itself_sees_no_more),
    };

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "rows on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "rows on PostgreSQL");
    }
    return failed;
}
