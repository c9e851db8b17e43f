/* test_engine - for tests: an instance in memory, its clock, and where it stands in one line. */
#ifndef PROCESS_TEST_ENGINE_H
#define PROCESS_TEST_ENGINE_H

#include "process/engine.h"
#include "process/test_bpmn.h"
#include "rule/run.h"
#include "rule/temporal.h"

enum { TEST_TIME = 1780000000 }; /* 2026-05-28T20:26:40Z */

struct trial {
    struct arena *a;
    struct engine e;
    struct instance i;
    int64_t now_us;
    struct outcome out;
    struct str sent; /* "message/order/key " of every effect so far */
};

static inline void
trial_begin(struct trial *t, const struct bpmn *m)
{
    struct binding *b = arena_alloc(t->a, 1, sizeof(*b));
    uint32_t process = bpmn_find_process(m, STR("p"));

    CHECK(b != NULL && process != BPMN_NONE);
    *b = (struct binding){.key = STR("p"), .model = m, .process = process};
    t->i = (struct instance){.id = 1, .business_key = STR("990-1"), .bindings = 1, .binding = b, .arena = t->a};
    t->now_us = TEST_TIME * INT64_C(1000000);
    t->sent = STR("");
}

static inline void
trial_open(struct trial *t, const char *xml)
{
    const struct run_limits limits = RUN_LIMITS_USUAL;
    struct bpmn_report report;
    const struct bpmn *m = NULL;
    struct err err;

    *t = (struct trial){.a = arena_new(64 << 20)};
    t->e = (struct engine){.run = run_new(&limits, NULL)};
    if (bpmn_read(t->a, str_of(xml), NULL, &m, &report, &err) != RC_OK) {
        fail_msg("%s\n%s", err.text, xml);
    }
    trial_begin(t, m);
}

static inline void
trial_close(struct trial *t)
{
    run_free(t->e.run);
    arena_free(t->a);
}

/* --- where it stands ------------------------------------------------------------------------------ */

static inline const struct bpmn *
trial_model(const struct trial *t, const struct token *row)
{
    return t->i.binding[instance_scope(&t->i, row->scope)->binding].model;
}

static inline bool
trial_is_there(const struct token *row)
{
    return row->change != ROW_GONE && row->change != ROW_NEVER;
}

static inline struct str
trial_stands(const struct trial *t)
{
    struct buf b;
    struct str text = STR("");
    struct err err;

    buf_init(&b, t->a, 1 << 20);
    if (t->i.state != INSTANCE_RUNNING) {
        buf_put(&b, str_of(instance_state_name(t->i.state)));
        buf_put_fmt(&b, "%s%.*s", t->i.failed_code.len > 0 ? ":" : "", STR_ARG(t->i.failed_code));
    }
    for (size_t n = 0; n < t->i.tokens; n++) {
        const struct token *row = &t->i.token[n];
        if (trial_is_there(row)) {
            buf_put_fmt(&b, "%s%s%.*s", b.len > 0 ? " " : "", row->listens ? "~" : "",
                        STR_ARG(trial_model(t, row)->element[row->element].id));
            if (row->kind != TOKEN_TASK) {
                buf_put_fmt(&b, "/%s", token_kind_name(row->kind));
            }
        }
    }
    CHECK(buf_finish(&b, &text, &err) == RC_OK);
    return text;
}

/* --- one step ------------------------------------------------------------------------------------- */

static inline void
trial_note_effects(struct trial *t)
{
    for (size_t n = 0; n < t->out.effects; n++) {
        const struct effect *e = &t->out.effect[n];
        t->sent = str_fmt(t->a, "%.*s%s/%.*s/%.*s ", STR_ARG(t->sent), e->kind == EFFECT_MESSAGE ? "message" : "signal", STR_ARG(e->name),
                          STR_ARG(e->key));
    }
}

static inline enum rc
trial_step(struct trial *t, const struct command *c, struct err *err)
{
    enum rc rc = engine_step(&t->e, &t->i, c, t->now_us, &t->out, err);

    if (rc == RC_OK) {
        trial_note_effects(t);
        instance_settle(&t->i);
    }
    return rc;
}

#endif
