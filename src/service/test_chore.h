/* test_chore - for tests: an office whose cases ask for one job, and hands that do it. */
#ifndef SERVICE_TEST_CHORE_H
#define SERVICE_TEST_CHORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/asset.h"
#include "base/mem.h"
#include "process/conduct_job.h"
#include "process/test_bpmn.h"
#include "service/chore.h"
#include "service/office.h"

#define INPUT(name, feel) "<gov:input name='" name "' value='" feel "'/>"
/* A case that asks for the job at once and then waits for nobody. */
#define ASKS(type, inputs)                                                                                                            \
    MODEL(START FLOW("f1", "s", "do") "<serviceTask id='do'><extensionElements><gov:job type='" type "' retries='2'/>"                  \
          INPUT("case_no", "=case_no") inputs "</extensionElements></serviceTask>" FLOW("f2", "do", "e") END)

struct hands {
    struct office office;
    struct chores *chores;
    struct sig_secret secret;
    struct sig_public key;
    unsigned char public_bytes[SIG_PUBLIC_MAX];
    int signs_fail; /* so many times */
    const struct json *registers; /* {"ga/household":{"<identifier>":{…}}} that are asked */
    enum rc asks_fail;            /* RC_OK: they answer */
    const char *problem;          /* of that failure */
    int asked;                    /* how often */
    struct proactive proactive;
    struct str last_item, last_case, last_basis, last_subject; /* of the last question, as it was signed */
    struct err err; /* of the last job that failed */
};

static inline enum rc
hands_sign(void *ctx, struct str bytes, unsigned char out[SIG_BYTES], struct err *err)
{
    struct hands *h = ctx;

    if (h->signs_fail > 0) {
        h->signs_fail--;
        return err_set(err, RC_IO, "the signer is gone");
    }
    sig_sign(&h->secret, bytes, out);
    return RC_OK;
}

static inline enum rc
hands_ask(void *ctx, struct arena *a, const struct question *q, struct answer *out, struct err *err)
{
    struct hands *h = ctx;
    const struct json *record = json_get_key(json_get_key(h->registers, q->resource), q->key);

    h->asked++;
    (void)!str_copy(h->office.arena, q->purpose.item, &h->last_item, err);
    (void)!str_copy(h->office.arena, q->purpose.case_no, &h->last_case, err);
    (void)!str_copy(h->office.arena, q->purpose.basis, &h->last_basis, err);
    (void)!str_copy(h->office.arena, q->subject, &h->last_subject, err);
    if (h->asks_fail != RC_OK) {
        enum rc rc = err_set(err, h->asks_fail, "the source says %s", h->problem);
        err->type = h->problem;
        return rc;
    }
    if (record == NULL) {
        return err_problem(err, RC_NOT_FOUND, "record-missing", "no such record");
    }
    *out = (struct answer){.record = json_copy(a, record), .source_node = STR("yunxi"), .resource = q->resource, .source_act = 7, .act = 8};
    return RC_OK;
}

static inline struct json *
hands_document(struct hands *h, const char *path)
{
    struct json *document = NULL;
    struct err err;

    assert_int_equal(asset_json(h->office.arena, path, &document, &err), RC_OK);
    return document;
}

static inline void
hands_register(struct hands *h, const struct json *texts, const struct json *checks)
{
    const struct chore_config config = {.work = &h->office.work, .texts = texts, .checks = checks, .lists = hands_document(h, "demo/lists.json"),
                                        .proactive = &h->proactive, .node = STR("yunxi"), .key_id = STR("k1"),
                                        .ctx = h, .sign = hands_sign, .ask = hands_ask};
    struct err err;

    chores_close(h->chores);
    assert_int_equal(chores_open(&config, &h->chores, &err), RC_OK);
    assert_int_equal(chores_register(h->chores, h->office.conduct, &err), RC_OK);
}

/* The city's own documents. */
static inline void
hands_furnish(struct hands *h)
{
    sig_new(SIG_ED25519, &h->secret);
    h->key = (struct sig_public){SIG_ED25519, {(const char *)h->public_bytes, sig_public_of(&h->secret, h->public_bytes)}};
    h->proactive = (struct proactive){.vault = h->office.vault, .benefits = hands_document(h, "demo/benefits.json"), .node = STR("yunxi"),
                                      .offset_minutes = CLOCK_OFFSET_CHINA_MINUTES};
    hands_register(h, hands_document(h, "demo/notices.json"), hands_document(h, "demo/checks.json"));
}

static inline void
hands_open(struct hands *h, enum fixture_kind kind)
{
    *h = (struct hands){.chores = NULL};
    office_open(&h->office, kind);
    hands_furnish(h);
}

static inline void
hands_close(struct hands *h)
{
    chores_close(h->chores);
    office_close(&h->office);
}

static inline int64_t
hands_int(struct hands *h, const char *sql)
{
    return fixture_int(&h->office.fixture, sql);
}

/* Whatever is to be done by now, or until the store fails; how many jobs went wrong. */
static inline int
hands_try(struct hands *h)
{
    struct arena *a = arena_new(64 << 20);
    struct str ripe = str_fmt(h->office.arena, "SELECT COUNT(*) FROM process_token WHERE kind = 'job' AND lease_us = 0 AND ripe_us <= %lld",
                              (long long)h->office.now_us);
    enum rc rc = RC_OK;
    int all = 0, failed = 0;

    h->err = (struct err){.text = ""};
    while (rc == RC_OK && hands_int(h, str_c(h->office.arena, ripe)) > 0) {
        const struct db *db = &h->office.fixture.db;
        bool more;
        rc = conduct_work(h->office.conduct, db, a, STR("hands"), h->office.now_us, &more, &failed, &h->err);
        all += failed;
        if (rc == RC_OK) {
            rc = conduct_work_slow(h->office.conduct, db, a, STR("slow"), h->office.now_us, &more, &failed, &h->err);
            all += failed;
        }
    }
    arena_free(a);
    return rc != RC_OK ? -1 : all;
}

/* The same, with a store that does not fail. */
static inline int
hands_work(struct hands *h)
{
    int failed = hands_try(h);

    assert_true(failed >= 0);
    if (failed > 0) {
        print_message("%s\n", h->err.text); /* in case that was not expected */
    }
    return failed;
}

/* A case of the service, which goes by that model. */
static inline struct str
hands_case(struct hands *h, const char *bpmn)
{
    office_model(&h->office, "p", bpmn);
    office_goes_by(&h->office, "p");
    return office_case(&h->office, 80);
}

struct hands_beginning {
    struct hands *hands;
    struct conduct_plan plan;
    struct conduct_case what;
};

static inline enum rc
hands_begin_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct hands_beginning *b = ctx;
    struct conduct_result result;

    return conduct_start(b->hands->office.conduct, tx, b->hands->office.arena, &b->plan, &b->what, &result, err);
}

/* A process that runs here for another node: there is no case of this house. */
static inline void
hands_begin(struct hands *h, const char *bpmn, const char *case_no, const char *variables)
{
    struct office *o = &h->office;
    struct hands_beginning b = {.hands = h, .what = {.case_no = str_of(case_no), .variables = office_json(o, variables), .actor = STR("node:haichuan"),
                                                     .now_us = o->now_us}};
    struct err err;

    office_model(o, "p", bpmn);
    assert_int_equal(conduct_plan(o->conduct, &o->fixture.db, o->arena, STR("p"), instant_day(o->now_us, CLOCK_OFFSET_CHINA_MINUTES), &b.plan, &err), RC_OK);
    assert_int_equal(store_write(&o->fixture.db, hands_begin_tx, &b, &err), RC_OK);
}

static inline int64_t
hands_acts(struct hands *h, enum act_kind kind)
{
    return hands_int(h, str_c(h->office.arena, str_fmt(h->office.arena, "SELECT COUNT(*) FROM act WHERE kind = %d", kind)));
}

/* As that person sees the case. */
static inline const struct json *
hands_seen(struct hands *h, struct str case_no, const struct identity *who, const char *lang)
{
    struct json *d;
    struct err err;

    assert_int_equal(case_document(&h->office.work, &h->office.fixture.db, h->office.arena, case_no, who, h->office.now_us, str_of(lang), &d, &err), RC_OK);
    return d;
}

static inline int64_t
hands_incidents(struct hands *h)
{
    return hands_int(h, "SELECT COUNT(*) FROM process_token WHERE kind = 'incident'");
}

static inline int
hands_take_down(void **state)
{
    hands_close(*state);
    mem_free(*state);
    return 0;
}

#endif
