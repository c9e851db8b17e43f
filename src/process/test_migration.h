/*
 * test_migration - for tests: processes that run by version 1 of a model of which version 2 is published too, and two officers, ann and ben, who lay it down.
 */
#ifndef PROCESS_TEST_MIGRATION_H
#define PROCESS_TEST_MIGRATION_H

#include "process/migration_run.h"
#include "process/test_rules.h"
#include "process/test_runtime.h"

/* Who receives decides in version 1; in version 2 somebody checks it before. */
#define PERMIT_ONE                                                                                                                     \
    MODEL(START FLOW("f1", "s", "receive") "<userTask id='receive'/>" FLOW("f2", "receive", "split") "<parallelGateway id='split'/>"     \
          FLOW("f3", "split", "decide") FLOW("f4", "split", "print") "<userTask id='decide'/><boundaryEvent id='late' attachedToRef='decide' cancelActivity='false'>" \
          "<timerEventDefinition><timeDuration>P3D</timeDuration></timerEventDefinition></boundaryEvent>" FLOW("f9", "late", "e")       \
          "<serviceTask id='print'>" GOV("<gov:job type='print'/>") "</serviceTask>" FLOW("f5", "decide", "join") FLOW("f6", "print", "join") \
          "<parallelGateway id='join'/>" FLOW("f7", "join", "wait") "<intermediateCatchEvent id='wait'><messageEventDefinition messageRef='M'/>" \
          "</intermediateCatchEvent>" FLOW("f8", "wait", "e") END)
#define PERMIT_TWO PERMIT_NEW("", "", "")
/* With a clock, and what receiving and deciding do to it. */
#define PERMIT_NEW(clock, receiving, deciding)                                                                                        \
    MODEL(clock START FLOW("f1", "s", "receive") "<userTask id='receive'>" receiving "</userTask>" FLOW("g1", "receive", "check") "<userTask id='check'/>"            \
          FLOW("g2", "check", "split") "<parallelGateway id='split'/>" FLOW("f3", "split", "rule") FLOW("f4", "split", "print")          \
          "<userTask id='rule'>" deciding "</userTask><boundaryEvent id='late2' attachedToRef='rule' cancelActivity='false'><timerEventDefinition><timeDuration>P3D</timeDuration>" \
          "</timerEventDefinition></boundaryEvent>" FLOW("f9", "late2", "e") "<boundaryEvent id='stop' attachedToRef='rule'><signalEventDefinition signalRef='S'/>" \
          "</boundaryEvent>" FLOW("g3", "stop", "e") "<serviceTask id='print'>" GOV("<gov:job type='print'/>") "</serviceTask>"          \
          FLOW("f5", "rule", "join") FLOW("f6", "print", "join") "<parallelGateway id='join'/>" FLOW("f7", "join", "wait")               \
          "<intermediateCatchEvent id='wait'><messageEventDefinition messageRef='M'/></intermediateCatchEvent>" FLOW("f8", "wait", "archive") \
          "<userTask id='archive'/>" FLOW("g4", "archive", "e") END)
#define PERMIT_PLAN                                                                                                                    \
    "{\"source\":{\"key\":\"permit\",\"version\":1},\"target\":2,\"elements\":{\"decide\":\"rule\",\"late\":\"late2\"},\"basis\":\"条例第五条\"," \
    "\"variables\":[{\"name\":\"fee\",\"feel\":\"fee * 2\"}]}"

struct moving_works {
    struct works w;
    struct rule_model model;
    struct identity ann, ben;
    struct migration_office office;
    struct run *run;
};

static inline enum rc
moving_land_tx(struct tx *tx, void *ctx, struct err *err)
{
    return rules_land_tx(tx, &((struct moving_works *)ctx)->w.house, err);
}

static inline enum rc
moving_install_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct works *w = &((struct moving_works *)ctx)->w;
    const struct json *given = house_json(&w->house, "{\"kind\":\"bpmn\",\"key\":\"permit\",\"owner\":\"" RULES_ORG "\",\"power\":\"P1\",\"name_zh\":\"许可\","
                                                     "\"name_en\":\"Permit\",\"basis\":\"条例第一条\",\"holds_from\":\"2024-01-01\"}");

    return rule_install(tx, w->house.arena, given, str_of(PERMIT_ONE), STR(""), w->now_us, err);
}

static inline void
moving_equip(struct moving_works *m)
{
    m->w.now_us = WORKS_NOW_US;
    m->w.business_key = "case-7";
    works_add(&m->w, "permit", 1, PERMIT_ONE);
    works_add(&m->w, "permit", 2, PERMIT_TWO);
    m->ann = rules_officer("o-ann", RULES_ORG, "P1");
    m->ben = rules_officer("o-ben", RULES_ORG, "P1");
    m->ben.actor = STR("officer:y");
    m->run = run_new(&RUN_LIMITS_USUAL, NULL);
    m->office = (struct migration_office){.runtime = m->w.r, .run = m->run};
}

/* Proposed, as a row; ' in it is doubled. */
static inline void
moving_version(struct moving_works *m, int number, const char *xml)
{
    struct arena *a = m->w.house.arena;
    struct str rest = str_of(xml), part, text = STR("");

    while (str_next(&rest, '\'', &part)) {
        text = str_fmt(a, "%.*s%.*s%s", STR_ARG(text), STR_ARG(part), rest.len > 0 ? "''" : "");
    }
    fixture_sql(&m->w.house.fixture,
                str_c(a, str_fmt(a, "INSERT INTO rule_version (model, number, base, xml, sha256, author, basis, reason, holds_from, proposed_us, act, found) "
                                    "SELECT model, %d, 1, '%.*s', sha256, '', basis, '', holds_from, proposed_us, act, '' FROM rule_version WHERE number = 1",
                                 number, STR_ARG(text))));
}

static inline void
moving_lay_down(struct moving_works *m)
{
    struct err err;

    if (store_write(&m->w.house.fixture.db, moving_land_tx, m, &err) != RC_OK || store_write(&m->w.house.fixture.db, moving_install_tx, m, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    moving_version(m, 2, PERMIT_TWO);
    moving_version(m, 3, PERMIT_TWO);
    fixture_sql(&m->w.house.fixture, "INSERT INTO rule_verdict (model, number, verdict, officer, reason, at_us, act) SELECT model, 2, 'published', '', '', at_us, act "
                                     "FROM rule_verdict WHERE number = 1");
}

static inline void
moving_find_model(struct moving_works *m)
{
    struct err err;

    assert_int_equal(rule_model_get(&m->w.house.fixture.db, m->w.house.arena, RULE_BPMN, STR("permit"), &m->model, &err), RC_OK);
}

static inline int
moving_open(void **state)
{
    struct moving_works *m;
    struct works *w;

    (void)works_open((void **)&w);
    if (house_kind == FIXTURE_POSTGRES) {
        fixture_sql(&w->house.fixture, "SET client_min_messages = warning; TRUNCATE migration_kept, migration_kept_scope, migration_kept_token");
    }
    m = mem_new(1, sizeof(*m));
    m->w = *w;
    mem_free(w);
    m->w.r->config.ctx = &m->w; /* where it lies now */
    moving_equip(m);
    moving_lay_down(m);
    moving_find_model(m);
    *state = m;
    return 0;
}

static inline int
moving_close(void **state)
{
    struct moving_works *m = *state;

    runtime_close(m->w.r);
    run_free(m->run);
    run_free(m->w.run);
    arena_free(m->w.models);
    house_take_down(&m->w.house);
    mem_free(m);
    return 0;
}

#define MOVING_TEST(name) cmocka_unit_test_setup_teardown(name, moving_open, moving_close)

/* --- plans --------------------------------------------------------------------------------------------------- */

static inline enum rc
moving_propose(struct moving_works *m, const char *plan, const struct identity *who, int64_t *number, struct err *err)
{
    struct migration_proposal p = {.plan = house_json(&m->w.house, plan), .reason = STR("新条例施行"), .now_us = m->w.now_us};
    enum rc rc = migration_propose(&m->office, &m->w.house.fixture.db, m->w.house.arena, &m->model, who, &p, err);

    *number = p.number;
    return rc;
}

static inline enum rc
moving_settle(struct moving_works *m, int64_t number, const struct identity *who, enum migration_state verdict, struct err *err)
{
    struct migration_settling s = {.number = number, .verdict = verdict, .reason = STR("同意"), .now_us = m->w.now_us};
    struct migration_row row;
    enum rc rc = migration_get(&m->w.house.fixture.db, m->w.house.arena, m->model.id, number, &row, err);

    s.sha256 = row.sha256;
    return rc != RC_OK ? rc : migration_settle(&m->w.house.fixture.db, m->w.house.arena, &m->model, who, &s, err);
}

/* Proposed by ann, consented to by ben. */
static inline int64_t
moving_consented(struct moving_works *m, const char *plan)
{
    int64_t number = 0;
    struct err err;

    if (moving_propose(m, plan, &m->ann, &number, &err) != RC_OK || moving_settle(m, number, &m->ben, MIGRATION_CONSENTED, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return number;
}

static inline struct migration_page
moving_page(struct moving_works *m, int64_t number, int64_t after, int most)
{
    return (struct migration_page){.number = number, .model = &m->model, .who = &m->ann, .after = after, .now_us = m->w.now_us, .most = most};
}

static inline struct migration_page
moving_move(struct moving_works *m, int64_t number)
{
    struct migration_page p = moving_page(m, number, 0, 100);
    struct err err;

    if (migration_move(&m->office, &m->w.house.fixture.db, m->w.house.arena, &p, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return p;
}

static inline struct str
moving_text(struct moving_works *m, const struct json *j)
{
    struct str text = STR("");
    struct err err;

    assert_int_equal(json_canonical(m->w.house.arena, j, &text, &err), RC_OK);
    return text;
}

/* The rows as they stand, but for how many commands there were. */
static inline struct str
moving_rows(struct moving_works *m, int64_t instance)
{
    struct instance i;
    struct err err;

    if (runtime_instance(m->w.r, &m->w.house.fixture.db, m->w.house.arena, instance, &i, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    i.revision = i.next = 0;
    return moving_text(m, instance_json(m->w.house.arena, &i));
}

#endif
