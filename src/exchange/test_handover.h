/*
 * test_handover - for tests: three nodes on one loop, each with processes of its own, that hand work over to one another.
 *
 * 云溪 in 云岚省 (ours) asks, 海川 (theirs) takes, a third is a member like them and has no part in it; a fourth is in the directory, and nobody is there.  A play runs as a task; it says what it expects with EXPECT, as in
 * scene.h, and turns the nodes itself, so nothing happens but what it says.
 */
#ifndef EXCHANGE_TEST_HANDOVER_H
#define EXCHANGE_TEST_HANDOVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/encode.h"
#include "base/mem.h"
#include "evidence/act.h"
#include "exchange/envelope.h"
#include "exchange/gate.h"
#include "exchange/handover_int.h"
#include "exchange/problem.h"
#include "exchange/stage.h"
#include "process/bpmn_int.h"
#include "process/runtime_view.h"

enum { OFFICES = 3, OFFICE_MODELS = 8, POST_TASKS = 200 };

struct office_model {
    const char *key, *process;
    const struct bpmn *model;
};

struct post;
struct office {
    struct post *post;
    struct stage_node *node;
    struct handovers *h;
    struct runtime *r;
    struct run *run;
    struct office_model model[OFFICE_MODELS];
    size_t models;
    bool is_away;        /* whoever comes finds nobody */
    bool holds;          /* whoever comes waits until it does not */
    bool loses_answers;  /* each second one does not reach the other: by then its clock is an hour ahead */
    bool has_no_model;   /* binding finds nothing */
    int calls;           /* messages that came */
    int hooks;           /* commands */
    runtime_hook before; /* more that each command does, before hand-overs see it; with ctx `more` */
    void *more;
    enum rc gathering;   /* what it comes to */
    struct str file;      /* the one that its cases have; what it is said to be is in `announced` */
    struct str announced; /* SHA-256 in hex; "": as it is */
    struct buf incoming;  /* being fetched */
    int64_t most_bytes;
    int held;             /* how many are held, -1: it was told to let go */
    const char *applicant; /* who applies, as JSON with ' for "; NULL: nobody is named */
};

struct post {
    struct stage stage;
    struct loop *loop;
    struct task *task;
    struct arena *arena, *turning;
    struct office ours, theirs, other;
    void (*play)(struct post *p);
    int failed;
};

static inline void
post_expect(struct post *p, bool cond, const char *file, int line, const char *text)
{
    if (!cond) {
        (void)fprintf(stderr, "%s:%d: not so: %s\n", file, line, text);
        p->failed++;
    }
}
#define EXPECT(p, cond) post_expect((p), (cond), __FILE__, __LINE__, #cond)

/* JSON with ' for ". */
static inline struct json *
post_json(struct post *p, const char *text)
{
    struct str copy = str_fmt(p->arena, "%s", text);
    struct json *j = NULL;
    struct err err;

    for (size_t i = 0; i < copy.len; i++) {
        ((char *)(uintptr_t)copy.ptr)[i] = copy.ptr[i] == '\'' ? '"' : copy.ptr[i];
    }
    if (json_parse(p->arena, copy, JSON_UNIQUE, &j, &err) != RC_OK) {
        check_failed(__FILE__, __LINE__, text);
    }
    return j;
}

/* --- a node's processes ------------------------------------------------------------------------------------------------ */

static inline const struct bpmn *
office_find(void *ctx, struct str key, int64_t version)
{
    const struct office *o = ctx;

    for (size_t n = 0; n < o->models; n++) {
        if (str_eq(key, str_of(o->model[n].key)) && version == 1) {
            return o->model[n].model;
        }
    }
    return NULL;
}

static inline enum rc
office_load(void *ctx, const struct db *db, struct str key, int64_t version, struct err *err)
{
    (void)ctx, (void)db, (void)version;
    return err_set(err, RC_NOT_FOUND, "no model %.*s", STR_ARG(key));
}

static inline struct runtime_backoff
office_backoff(void *ctx, const struct bpmn *model, uint32_t element, struct str type)
{
    (void)ctx, (void)model, (void)element, (void)type;
    return (struct runtime_backoff){.tries = 3, .first_us = 1000000, .most_us = 60000000, .factor = 2};
}

static inline enum rc
office_hook(struct tx *tx, struct arena *a, const struct runtime_event *event, void *ctx, struct err *err)
{
    struct office *o = ctx;
    enum rc rc = o->before != NULL ? o->before(tx, a, event, o->more, err) : RC_OK;

    o->hooks++;
    return rc == RC_OK ? handover_hook(tx, a, event, o->h, err) : rc;
}

/* The process itself first, and all others that are there. */
static inline enum rc
office_bind(void *ctx, const struct db *db, struct arena *a, struct str key, int32_t day, const struct modelbook_bound **out, size_t *count,
            struct err *err)
{
    struct office *o = ctx;
    struct modelbook_bound *bound = arena_alloc(a, OFFICE_MODELS, sizeof(*bound));

    (void)db, (void)day;
    CHECK(bound != NULL);
    *count = 0;
    for (int round = 0; round < 2; round++) {
        for (size_t n = 0; n < o->models && !o->has_no_model; n++) {
            if (str_eq(key, str_of(o->model[n].key)) == (round == 0)) {
                bound[(*count)++] = (struct modelbook_bound){str_of(o->model[n].key), 1, str_of(o->model[n].process)};
            }
        }
    }
    if (*count == 0 || !str_eq(bound[0].key, key)) {
        return err_problem(err, RC_NOT_FOUND, "no-rule-in-force", "%.*s", STR_ARG(key));
    }
    *out = bound;
    return RC_OK;
}

static inline struct str
office_digest(struct arena *a, struct str content)
{
    struct hash digest = hash_sha256(content);

    return hex_of(a, hash_str(&digest));
}

/* --- its files ------------------------------------------------------------------------------------------------------------ */

static inline enum rc
office_read(void *ctx, struct arena *a, struct str sha256, int64_t from, size_t most, struct str *out, struct err *err)
{
    const struct office *o = ctx;

    (void)sha256;
    return str_copy(a, str_sub(o->file, (size_t)from, most), out, err);
}

static inline enum rc
office_open_file(void *ctx, void **sink, struct err *err)
{
    struct office *o = ctx;

    (void)err;
    buf_init(&o->incoming, o->post->arena, 1 << 20);
    *sink = &o->incoming;
    return RC_OK;
}

static inline enum rc
office_write(void *ctx, void *sink, struct str piece, struct err *err)
{
    (void)ctx, (void)err;
    buf_put(sink, piece);
    return RC_OK;
}

static inline enum rc
office_close_file(void *ctx, struct arena *a, void *sink, struct str *sha256, int64_t *bytes, struct err *err)
{
    struct str content;
    enum rc rc = buf_finish(sink, &content, err);

    (void)ctx;
    if (rc == RC_OK) {
        *sha256 = office_digest(a, content);
        *bytes = (int64_t)content.len;
    }
    return rc;
}

static inline void
office_cancel(void *ctx, void *sink)
{
    (void)sink;
    buf_init(&((struct office *)ctx)->incoming, ((struct office *)ctx)->post->arena, 1);
}

static inline enum rc
office_hold(void *ctx, struct tx *tx, struct str holder, const struct json *materials, struct err *err)
{
    (void)tx, (void)holder, (void)err;
    ((struct office *)ctx)->held = materials != NULL ? (int)json_get(materials, "materials")->count : -1;
    return RC_OK;
}

static inline enum rc
office_gather(void *ctx, const struct db *db, struct arena *a, const struct handover *h, struct json *offer, struct err *err)
{
    struct office *o = ctx;
    struct json *materials = json_array(a), *m = json_object(a);

    (void)db, (void)h;
    if (o->gathering != RC_OK) {
        return err_set(err, o->gathering, "what goes along cannot be found");
    }
    json_set_text(a, m, "id", STR("m-1"));
    json_set_int(a, m, "bytes", (int64_t)o->file.len);
    json_set_text(a, m, "sha256", o->announced.len > 0 ? o->announced : office_digest(a, o->file));
    json_set_text(a, m, "name", STR("残疾人证.pdf"));
    json_set_text(a, m, "resource", STR("yl/materials"));
    json_push(materials, m);
    json_set(a, offer, "materials", materials);
    if (o->applicant != NULL) {
        json_set(a, offer, "applicant", post_json(o->post, o->applicant));
    }
    return RC_OK;
}

/* Who applies is somebody else's number here. */
static inline enum rc
office_take(void *ctx, struct tx *tx, struct arena *a, const struct handover *h, const struct json *offer, struct json *variables,
            struct str *case_no, struct err *err)
{
    (void)ctx, (void)tx, (void)h, (void)case_no, (void)err;
    if (json_is(json_get(offer, "applicant"), JSON_OBJECT)) {
        json_set(a, variables, "applicant", json_copy(a, json_get(offer, "applicant")));
    }
    return RC_OK;
}

static inline void
office_open(struct office *o)
{
    const struct handover_config config = {.node = o->node->name, .vault = o->node->vault, .run = o->run, .offset_seconds = 8 * 3600,
                                           .first_us = 60 * INT64_C(1000000), .most_us = 3600 * INT64_C(1000000), .factor = 4, .ctx = o,
                                           .bind = office_bind, .gather = office_gather, .take = office_take,
                                           .files = {o->most_bytes, office_read, office_open_file, office_write, office_close_file, office_cancel,
                                                     office_hold}};
    struct runtime_config runtime = {.vault = o->node->vault, .engine = {.run = o->run, .offset_seconds = 8 * 3600}, .ctx = o,
                                     .find = office_find, .load = office_load, .backoff = office_backoff, .hook = office_hook,
                                     .command_keep_us = INT64_C(86400000000), .message_keep_us = INT64_C(86400000000),
                                     .message_ttl_us = 3600000000, .lease_max_us = 600000000};
    struct err err;

    o->h = handover_open(&config);
    CHECK(runtime_open(&runtime, &o->r, &err) == RC_OK);
    handover_use_runtime(o->h, o->r);
}

static inline void
office_close(struct office *o)
{
    runtime_close(o->r);
    handover_close(o->h);
}

static inline void
office_serve(struct http_call *call, void *ctx)
{
    struct office *o = ctx;
    const struct http_fields none = {.count = 0};
    struct err ignored;

    if (o->calls++ % 2 == 0 && o->loses_answers) {
        (o == &o->post->ours ? o->post->theirs : o->post->ours).node->shift_us += INT64_C(3600000000);
    }
    while (o->holds && task_sleep(call->task, loop_now_us(o->post->loop) + 1000, &ignored) == RC_OK) {
    }
    if (o->is_away) {
        (void)!http_answer(call, 503, &none, STR(""), &ignored);
    } else if (str_eq(call->head->path, STR("/handover"))) {
        handover_serve(o->h, o->node->gate, call);
    } else if (str_starts(call->head->path, STR("/exchange/"))) {
        gate_serve(o->node->gate, call, str_from(call->head->path, 10));
    }
}

static inline void
office_add(struct office *o, const char *key, const char *process, struct str xml)
{
    const struct bpmn *m = NULL;
    struct bpmn_report report;
    struct err err;

    CHECK(o->models < OFFICE_MODELS);
    if (bpmn_read(o->post->arena, xml, NULL, &m, &report, &err) != RC_OK) {
        check_failed(key, 0, report.count > 0 ? str_c(o->post->arena, report.finding[0].en) : err.text);
    }
    o->model[o->models++] = (struct office_model){key, process, m};
}

/* --- a play -------------------------------------------------------------------------------------------------------------- */

static inline void
post_perform(struct task *t, void *ctx)
{
    struct post *p = ctx;
    struct office *all[OFFICES] = {&p->ours, &p->theirs, &p->other};

    p->task = t;
    p->play(p);
    for (size_t n = 0; n < OFFICES; n++) {
        stage_stop(all[n]->node);
    }
    loop_stop(p->loop);
}

/* Keys, addresses and the directory; nothing runs. */
static inline struct post *
post_prepare(void)
{
    static const char *const names[] = {"yunxi", "haichuan", "third", "gone"};
    struct post *p = mem_new(1, sizeof(*p));
    struct office *all[OFFICES] = {&p->ours, &p->theirs, &p->other};

    p->arena = arena_new(64 << 20);
    p->turning = arena_new(16 << 20);
    stage_prepare(&p->stage, names, OFFICES + 1, OFFICES + 1);
    stage_go_dark(&p->stage.node[OFFICES]);
    for (size_t n = 0; n < OFFICES; n++) {
        all[n]->post = p;
        all[n]->file = STR("test");
        all[n]->announced = STR("");
        all[n]->most_bytes = 1000000;
        all[n]->node = &p->stage.node[n];
    }
    return p;
}

static inline void
post_clear(struct post *p)
{
    stage_free(&p->stage);
    arena_free(p->arena);
    arena_free(p->turning);
    mem_free(p);
}

/* One life of all three.  furnish: models and agreements, before the loop runs. */
static inline void
post_live(struct post *p, void (*furnish)(struct post *p), void (*play)(struct post *p), enum fixture_kind kind)
{
    const struct loop_config config = {.clock = &clock_system, .tasks_max = POST_TASKS};
    struct office *all[OFFICES] = {&p->ours, &p->theirs, &p->other};
    struct err err;

    p->play = play;
    CHECK(loop_new(&config, &p->loop, &err) == RC_OK);
    for (size_t n = 0; n < OFFICES; n++) {
        stage_start_signer(&p->stage.node[n]);
    }
    for (size_t n = 0; n < OFFICES; n++) {
        all[n]->run = run_new(&RUN_LIMITS_USUAL, NULL);
        all[n]->node->instead = office_serve;
        all[n]->node->instead_ctx = all[n];
        stage_open(all[n]->node, p->loop, kind, 20000);
        office_open(all[n]);
    }
    furnish(p);
    CHECK(task_start(p->loop, post_perform, p, &err) == RC_OK);
    loop_run(p->loop);
    for (size_t n = 0; n < OFFICES; n++) {
        office_close(all[n]);
        stage_close(all[n]->node);
        run_free(all[n]->run);
    }
    loop_free(p->loop);
}

/* How many expectations failed. */
static inline int
post_run(void (*furnish)(struct post *p), void (*play)(struct post *p), enum fixture_kind kind)
{
    struct post *p = post_prepare();
    int failed;

    post_live(p, furnish, play, kind);
    failed = p->failed;
    post_clear(p);
    return failed;
}

/* --- what a play does ---------------------------------------------------------------------------------------------------- */

static inline int64_t
post_now(const struct office *o)
{
    return clock_now_us(&o->node->clock);
}

static inline void
post_later(struct post *p, int64_t us)
{
    p->ours.node->shift_us += us;
    p->theirs.node->shift_us += us;
    p->other.node->shift_us += us;
}

struct post_agreeing {
    struct office *o;
    const struct json *agreement;
};

static inline enum rc
post_agree_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct post_agreeing *g = ctx;

    return handover_agree(tx, g->o->post->arena, g->agreement, g->o->post->stage.now_us, err);
}

static inline enum rc
post_try_agree(struct office *o, const struct json *agreement, struct err *err)
{
    struct post_agreeing g = {o, agreement};

    return store_write(&o->node->fixture.db, post_agree_tx, &g, err);
}

/* At both nodes. */
static inline void
post_agree(struct post *p, const char *text)
{
    struct err err;

    if (post_try_agree(&p->ours, post_json(p, text), &err) != RC_OK || post_try_agree(&p->theirs, post_json(p, text), &err) != RC_OK) {
        check_failed(err.file, err.line, err.text);
    }
}

static inline struct db
post_db(const struct office *o)
{
    return gate_db(o->node->gate, o->post->task);
}

static inline enum rc
post_try(struct office *o, int64_t instance, const char *text, struct runtime_result *out, struct err *err)
{
    const struct db db = post_db(o);
    struct command c;

    CHECK(command_read(o->post->arena, post_json(o->post, text), &c, err) == RC_OK);
    const struct runtime_request q = {.instance = instance, .command = &c, .actor = STR("officer:a"), .now_us = post_now(o)};
    return runtime_do(o->r, &db, o->post->arena, &q, out, err);
}

static inline void
post_do(struct office *o, int64_t instance, const char *text)
{
    struct runtime_result out;
    struct err err;

    if (post_try(o, instance, text, &out, &err) != RC_OK) {
        check_failed(err.file, err.line, err.text);
    }
}

/* The case's number is its business key. */
static inline int64_t
post_start(struct office *o, const char *key, const char *case_no, const char *variables)
{
    const struct db db = post_db(o);
    const struct command c = {.kind = COMMAND_START, .attempt = -1, .variables = post_json(o->post, variables)};
    struct runtime_request q = {.business_key = str_of(case_no), .command = &c, .actor = STR("citizen:a"), .now_us = post_now(o)};
    struct runtime_result out;
    struct err err;

    if (office_bind(o, &db, o->post->arena, str_of(key), 0, &q.bound, &q.bounds, &err) != RC_OK ||
        runtime_do(o->r, &db, o->post->arena, &q, &out, &err) != RC_OK) {
        check_failed(err.file, err.line, err.text);
    }
    return out.instance;
}

static inline struct instance
post_instance(struct office *o, int64_t id)
{
    const struct db db = post_db(o);
    struct instance i;
    struct err err;

    if (runtime_instance(o->r, &db, o->post->arena, id, &i, &err) != RC_OK) {
        check_failed(err.file, err.line, err.text);
    }
    return i;
}

static inline bool
post_is(struct office *o, int64_t id, enum instance_state state)
{
    return post_instance(o, id).state == state;
}

/* The token that stands, or listens, at an element; id 0: none does. */
static inline struct token
post_token_at(struct office *o, int64_t id, const char *element, bool listens)
{
    struct instance i = post_instance(o, id);
    struct token found = {.id = 0};

    for (size_t n = 0; n < i.tokens; n++) {
        const struct bpmn *m = i.binding[instance_scope(&i, i.token[n].scope)->binding].model;
        if (str_eq(m->element[i.token[n].element].id, str_of(element)) && i.token[n].listens == listens) {
            found = i.token[n];
        }
    }
    return found;
}

static inline struct token
post_token(struct office *o, int64_t id, const char *element)
{
    return post_token_at(o, id, element, false);
}

/* Of a process that has ended too. */
static inline struct str
post_text(struct office *o, int64_t id, const char *name)
{
    struct instance i = post_instance(o, id);
    const struct json *j = instance_variable(&i, 1, str_of(name));

    return j != NULL ? j->text : STR("");
}

/* member: outcome of the task at an element, with variables. */
static inline void
post_complete(struct office *o, int64_t id, const char *element, const char *variables)
{
    struct token t = post_token(o, id, element);

    post_do(o, id, str_c(o->post->arena, str_fmt(o->post->arena, "{'command':'complete','token':%lld,'attempt':-1,'variables':%s}",
                                                 (long long)t.id, variables)));
}

/* One turn of a node's courier, whose lines go on; false: there is nothing more to be begun now. */
static inline bool
post_begin_turn(struct office *o)
{
    int64_t next_us = 0;
    struct err err;
    enum rc rc;

    arena_reset(o->post->turning);
    if ((rc = handover_turn(o->h, o->node->gate, o->post->task, o->post->turning, &next_us, &err)) != RC_OK) {
        check_failed(err.file, err.line, err.text);
    }
    return next_us <= post_now(o);
}

/* The same, and its lines come to their end. */
static inline bool
post_turn(struct office *o)
{
    bool more = post_begin_turn(o);
    bool has_lines = handover_lines(o->h) > 0;
    struct err err;

    while (handover_lines(o->h) > 0) {
        (void)!task_sleep(o->post->task, loop_now_us(o->post->loop) + 200, &err);
    }
    return has_lines || more;
}

/* All three, until nobody has anything to do at this moment. */
static inline void
post_turns(struct post *p)
{
    bool more = true;

    for (int n = 0; more; n++) {
        more = post_turn(&p->ours);
        more = post_turn(&p->theirs) || more;
        more = post_turn(&p->other) || more;
        CHECK(n < 200);
    }
}

/* Of the first hand-over of a case. */
static inline const struct json *
post_view(struct office *o, const char *case_no)
{
    const struct db db = post_db(o);
    struct json *list = NULL;
    struct err err;

    if (handover_view(o->h, &db, o->post->arena, str_of(case_no), &list, &err) != RC_OK) {
        check_failed(err.file, err.line, err.text);
    }
    return list->first;
}

/* --- messages made by hand, so that a test can spoil any part of them ------------------------------------------------------ */

struct letter {
    struct envelope envelope;
    struct http_out out;
};

/* From that node by name, signed by the key of another if need be. */
static inline struct letter *
post_write(struct office *from, const struct office *signer, const struct office *to, const char *body, const char *item, const char *basis)
{
    struct post *p = from->post;
    const struct purpose purpose = {.case_no = STR("C-9"), .item = str_of(item), .basis = str_of(basis), .actor = STR("process:decide")};
    struct letter *l = arena_alloc(p->arena, 1, sizeof(*l));
    unsigned char signature[SIG_BYTES];
    struct str header;
    struct err err;

    CHECK(l != NULL && purpose_put(p->arena, &purpose, &header, &err) == RC_OK);
    l->out = (struct http_out){.method = STR("POST"), .target = STR("/handover")};
    CHECK(json_print(p->arena, post_json(p, body), &l->out.body, &err) == RC_OK);
    CHECK(envelope_ask(p->arena, &l->envelope, from->node->name, str_fmt(p->arena, "127.0.0.1:%d", to->node->port), l->out.target, header,
                       l->out.body, post_now(from) / 1000000, &err) == RC_OK);
    sig_sign(&signer->node->secret, l->envelope.base, signature);
    CHECK(envelope_seal(p->arena, &l->envelope, (struct str){(const char *)signature, SIG_BYTES}, &err) == RC_OK);
    l->out.fields = l->envelope.fields;
    return l;
}

/* Over the connection of a node; the type of the problem in the answer, "" if it is kept. */
static inline struct str
post_send(struct office *via, const struct office *to, const struct letter *l)
{
    struct post *p = via->post;
    const struct origin origin = {.host = STR("127.0.0.1"), .port = to->node->port, .is_tls = true, .fingerprint = hash_str(&to->node->fingerprint)};
    struct http_in *in = arena_alloc(p->arena, 1, sizeof(*in));
    struct json *j = NULL;
    struct err err;

    CHECK(in != NULL);
    if (client_call(via->node->client, p->task, p->arena, &origin, &l->out, loop_now_us(p->loop) + 5000000, in, &err) != RC_OK ||
        json_parse(p->arena, in->body, JSON_UNIQUE, &j, &err) != RC_OK) {
        check_failed(err.file, err.line, err.text);
    }
    return in->head.status == 200 ? STR("") : str_from(json_str(j, "type"), STR("/problems/").len);
}

/* Written, signed and sent by one node. */
static inline struct str
post_letter(struct office *from, const struct office *to, const char *body)
{
    return post_send(from, to, post_write(from, from, to, body, "subsidy", "国办发〔2020〕35号"));
}

/* The file "m-1" of what an office has taken is opened by its officer; the type of the problem, "" if it is here. */
static inline struct str
post_fetch(struct office *o, const char *name)
{
    struct str sha256 = STR("");
    struct err err = {.type = ""};
    enum rc rc = handover_fetch(o->h, o->node->gate, o->post->task, o->post->arena, str_of(name), STR("m-1"), STR("officer:g"), &sha256, &err);

    return rc == RC_OK ? STR("") : str_of(problem_of(rc, &err)->type);
}

static inline int64_t
post_int(const struct office *o, const char *sql)
{
    return fixture_int(&o->node->fixture, sql);
}

#endif
