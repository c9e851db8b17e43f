/*
 * The restaurant: a person finds the service, fills in what only they know, submits; a better plan is asked for; three departments visit at
 * once, and each has a second person decide; an officer of another is turned away; the licence is issued; everything is found again in the public log.
 */
#include "main/story.h"

#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "evidence/proof.h"
#include "evidence/verify.h"
#include "main/story_http.h"
#include "main/story_int.h"

enum { STORY_TASKS = 64, PAUSE_US = 50000, LOG_TRIES = 200, WORK_TRIES = 200, VERIFY_ARENA = 128 << 20 };

/* A smallest PNG: the plan of a kitchen, as far as a log is concerned. */
static const char plan_bytes[] =
    "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\x06\0\0\0\x1f\x15\xc4\x89"
    "\0\0\0\rIDATx\x9c\x63\xf8\xcf\xc0\xf0\x1f\0\5\0\1\xff\x89\x99=\x1d\0\0\0\0IEND\xae\x42\x60\x82";

struct story {
    const struct demo *demo;
    struct arena *arena;
    struct loop *loop;
    struct client *client;
    struct visitor owner;
    struct json *steps;
    struct json *prefilled;
    struct json *sub_cases;
    struct json *certificates;
    struct json *reads;
    struct json *receipt;
    struct str draft;
    struct str case_no;
    struct json *acts; /* of the step under way */
    struct str portal; /* name of the node that answers */
    enum rc rc;
    struct err err;
};

static void
rest(struct story *s)
{
    struct err ignored;

    (void)!task_sleep(s->owner.task, loop_now_us(s->loop) + PAUSE_US, &ignored);
}

/* --- what a step leaves behind ------------------------------------------------------------------------------ */

static void
note_act(struct story *s, struct str kind, int64_t index, struct str node)
{
    struct json *a = json_object(s->arena);

    json_set_text(s->arena, a, "kind", kind);
    json_set_int(s->arena, a, "leaf_index", index);
    json_set_text(s->arena, a, "node", node);
    json_push(s->acts, a);
}

static void
note_acts(struct story *s, const struct json *document)
{
    const struct json *acts = json_get(document, "acts");

    for (const struct json *a = acts != NULL ? acts->first : NULL; a != NULL; a = a->next) {
        note_act(s, json_str(a, "kind"), json_int_or(a, "index", -1), s->portal);
    }
}

static void
note_prefilled(struct story *s, const struct json *document)
{
    const struct json *list = json_get(document, "prefilled");

    for (const struct json *p = list != NULL ? list->first : NULL; p != NULL; p = p->next) {
        struct json *d = json_object(s->arena), *act = json_object(s->arena);
        json_set_text(s->arena, d, "field", json_str(p, "field"));
        json_set_text(s->arena, d, "value", json_str(p, "value"));
        json_set_text(s->arena, d, "source_node", json_str(p, "source_node"));
        json_set_text(s->arena, d, "resource", json_str(p, "resource"));
        json_set_text(s->arena, act, "node", json_str(p, "source_node"));
        json_set_int(s->arena, act, "leaf_index", json_int_or(p, "source_act", -1));
        json_set(s->arena, d, "act", act);
        json_push(s->prefilled, d);
        note_act(s, STR("ask"), json_int_or(p, "act", -1), s->portal);
        note_act(s, STR("read"), json_int_or(p, "source_act", -1), json_str(p, "source_node"));
    }
}

/* --- the steps ------------------------------------------------------------------------------------------------- */

static enum rc
sign_in(struct story *s, struct str login, struct visitor *v, struct err *err)
{
    struct visit got;
    struct str path;
    enum rc rc;

    *v = (struct visitor){.client = s->client,
                          .task = s->owner.task,
                          .arena = s->arena,
                          .port = s->demo->node[0].port};
    path = str_fmt(s->arena, "/sign-in/demo?account=%.*s&key=%.*s", STR_ARG(login),
                   STR_ARG(s->demo->demo_key));
    if ((rc = visit_get(v, path, 200, &got, err)) != RC_OK) {
        return rc;
    }
    v->token = json_str(got.document, "token");
    return v->token.len > 0 ? RC_OK : err_set(err, RC_PEER, "sign-in gave no token");
}

static enum rc
step_search(struct story *s, struct err *err)
{
    struct visit got;
    enum rc rc = visit_get(&s->owner, STR("/search?q=%E9%A4%90%E9%A5%AE"), 200, &got, err);

    if (rc != RC_OK) {
        return rc;
    }
    const struct json *first = json_path(got.document, "results.0");
    return str_eq(json_str(first, "code"), STR("000131002003"))
               ? RC_OK
               : err_set(err, RC_PEER, "searching 餐饮 does not find the restaurant first");
}

static enum rc
step_guide(struct story *s, struct err *err)
{
    struct visit got;
    enum rc rc = visit_get(&s->owner, STR("/items/000131002003"), 200, &got, err);

    if (rc == RC_OK && json_int_or(got.document, "promised_days", 0) != 5) {
        return err_set(err, RC_PEER, "the guide does not say how long it takes");
    }
    return rc;
}

static enum rc
step_sign_in(struct story *s, struct err *err)
{
    struct visitor v;
    enum rc rc = sign_in(s, STR("shen"), &v, err);

    if (rc == RC_OK) {
        s->owner = v;
    }
    return rc;
}

static enum rc
step_begin(struct story *s, struct err *err)
{
    struct visit got;
    enum rc rc = visit_get(&s->owner, STR("/items/000131002003/apply"), 200, &got, err);

    s->draft = rc == RC_OK ? json_str(got.document, "draft") : STR("");
    return rc;
}

static struct str
apply_path(struct story *s, const char *section)
{
    return str_fmt(s->arena, "/apply/%.*s/%s", STR_ARG(s->draft), section);
}

/* Open a section (prefilled values arrive), then save what the owner says of it. */
static enum rc
fill(struct story *s, const char *section, struct json *values, struct err *err)
{
    struct visit got;
    enum rc rc = visit_get(&s->owner, apply_path(s, section), 200, &got, err);

    if (rc != RC_OK) {
        return rc;
    }
    note_prefilled(s, got.document);
    json_set(s->arena, values, "revision",
             json_int(s->arena, json_int_or(got.document, "revision", 0)));
    rc = visit_post(&s->owner, apply_path(s, section), values, STR(""), 200, &got, err);
    if (rc == RC_OK) {
        note_acts(s, got.document);
    }
    return rc;
}

static enum rc
step_shop(struct story *s, struct err *err)
{
    struct json *v = json_object(s->arena);

    json_set_text(s->arena, v, "phone", STR("154 0000 0826"));
    return fill(s, "shop", v, err);
}

static enum rc
step_place(struct story *s, struct err *err)
{
    struct json *v = json_object(s->arena);

    json_set_text(s->arena, v, "area", STR("８６ 平方米"));
    json_set_text(s->arena, v, "fire", STR("gas"));
    json_set_text(s->arena, v, "opening.year", STR("2026"));
    json_set_text(s->arena, v, "opening.month", STR("12"));
    json_set_text(s->arena, v, "opening.day", STR("18"));
    return fill(s, "place", v, err);
}

static enum rc
step_trade(struct story *s, struct err *err)
{
    struct json *v = json_object(s->arena), *kinds = json_array(s->arena);

    json_push(kinds, json_text(s->arena, STR("hot")));
    json_push(kinds, json_text(s->arena, STR("drinks")));
    json_set(s->arena, v, "business_kinds", kinds);
    json_set_text(s->arena, v, "delivery", STR("yes"));
    json_set_text(s->arena, v, "platforms", STR("2"));
    return fill(s, "trade", v, err);
}

static enum rc
step_staff(struct story *s, struct err *err)
{
    struct json *v = json_object(s->arena);

    json_set_text(s->arena, v, "staff_names", STR("沈知遥\n闻人既明"));
    json_set_text(s->arena, v, "health", STR("yes"));
    return fill(s, "staff", v, err);
}

static enum rc
step_papers(struct story *s, struct err *err)
{
    struct json *fields = json_object(s->arena);
    struct visit got;
    enum rc rc = visit_get(&s->owner, apply_path(s, "papers"), 200, &got, err);

    if (rc != RC_OK) {
        return rc;
    }
    json_set_text(s->arena, fields, "promise", STR("yes"));
    json_set_text(s->arena, fields, "revision",
                  str_fmt(s->arena, "%lld", (long long)json_int_or(got.document, "revision", 0)));
    return visit_upload(&s->owner, apply_path(s, "papers"), fields, STR("plan"),
                        STR("布局图-1.png"), (struct str){plan_bytes, sizeof(plan_bytes) - 1}, 200,
                        &got, err);
}

static enum rc
step_check(struct story *s, struct err *err)
{
    struct visit got;
    enum rc rc = visit_get(&s->owner, apply_path(s, "check"), 200, &got, err);

    if (rc == RC_OK && json_get(got.document, "errors") != NULL) {
        return err_set(err, RC_PEER, "something is still missing before submitting");
    }
    return rc;
}

/* Twice with one key, as when the first answer is lost: one case. */
static enum rc
step_submit(struct story *s, struct err *err)
{
    struct json *v = json_object(s->arena);
    struct str path = apply_path(s, "submit");
    struct str key = str_fmt(s->arena, "story-%.*s", STR_ARG(s->draft));
    struct visit first, second;
    enum rc rc;

    json_set_text(s->arena, v, "declare", STR("yes"));
    if ((rc = visit_post(&s->owner, path, v, key, 201, &first, err)) != RC_OK ||
        (rc = visit_post(&s->owner, path, v, key, 201, &second, err)) != RC_OK) {
        return rc;
    }
    s->case_no = json_str(first.document, "case_no");
    note_acts(s, first.document);
    if (s->case_no.len != 43 || !str_eq(s->case_no, json_str(second.document, "case_no"))) {
        return err_set(err, RC_PEER, "two submissions with one key made two cases");
    }
    return RC_OK;
}

static enum rc
step_receipt(struct story *s, struct err *err)
{
    struct str path = str_fmt(s->arena, "/cases/%.*s/done", STR_ARG(s->case_no));
    struct visit got;

    for (int i = 0; i < LOG_TRIES; i++) {
        enum rc rc = visit_get(&s->owner, path, 200, &got, err);
        const struct json *receipt = json_path(got.document, "receipt.document");
        if (rc != RC_OK) {
            return rc;
        }
        if (json_get(receipt, "proof") != NULL) {
            s->receipt = json_copy(s->arena, receipt);
            return RC_OK;
        }
    }
    return err_set(err, RC_PEER, "the receipt was never covered by a checkpoint");
}

/* --- officers ------------------------------------------------------------------------------------------------------ */

static const struct deed accepting[] = {{"ouyang", "1", "accept", "", "", false}};
static const struct deed visiting[] = {
    {"ouyang", "1", "fit", "", "", true},
    {"murong", "2", "fit", "", "", true},
    {"situ", "4", "fit", "", "", true},
};
/* Each office accepts, looks into it, and has a second person decide. */
static const struct deed deciding[] = {
    {"ouyang", "1", "accept", "", "", false},
    {"murong", "2", "accept", "", "", false},
    {"situ", "4", "accept", "", "", false},
    {"ouyang", "1", "support", "", "", false},
    {"murong", "2", "support", "", "", false},
    {"situ", "4", "support", "", "", false},
    {"ximen", "1", "grant", "990100-XK-0131", "店里条件合格，图上三个水池齐全。", false},
    {"dugu", "2", "grant", "990100-XK-0219", "招牌不高出屋檐，同意。", false},
    {"beigong", "4", "grant", "990100-XK-0412", "隔油池合格，同意接户。", false},
};
static const struct deed asking[] = {{"ouyang", "1", "supplement", "", "", false}};
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Programs may still be at work before the task is there: then it is tried again. */
static enum rc
at_desk(struct story *s, const struct deed *d, struct err *err)
{
    bool is_own = strcmp(d->result, "accept") == 0 || strcmp(d->result, "supplement") == 0;
    struct str desk = str_fmt(s->arena, "/desk/%.*s-%s", STR_ARG(s->case_no), d->part);
    struct str path = str_fmt(s->arena, "%.*s/%s", STR_ARG(desk), is_own ? d->result : "decide");
    struct visitor v;
    struct visit got;
    enum rc rc = sign_in(s, str_of(d->login), &v, err);

    if (rc != RC_OK || (rc = visit_get(&v, STR("/desk"), 200, &got, err)) != RC_OK) {
        return rc;
    }
    for (int n = 0; n < WORK_TRIES; n++) {
        if ((rc = visit_get(&v, desk, 200, &got, err)) != RC_OK) {
            return rc;
        }
        note_acts(s, got.document);
        if ((rc = visit_post(&v, path, story_deed_body(s->arena, d), STR(""), 200, &got, err)) == RC_OK) {
            note_acts(s, got.document);
            return RC_OK;
        }
        rest(s);
    }
    return rc;
}

static enum rc
at_desks(struct story *s, const struct deed *deeds, size_t count, struct err *err)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; i < count && rc == RC_OK; i++) {
        rc = at_desk(s, &deeds[i], err);
    }
    return rc;
}

static enum rc
step_accept(struct story *s, struct err *err)
{
    return at_desks(s, accepting, COUNT(accepting), err);
}

static enum rc
step_visit(struct story *s, struct err *err)
{
    return at_desks(s, visiting, COUNT(visiting), err);
}

static enum rc
step_decide(struct story *s, struct err *err)
{
    return at_desks(s, deciding, COUNT(deciding), err);
}

static enum rc
step_ask_supplement(struct story *s, struct err *err)
{
    return at_desks(s, asking, COUNT(asking), err);
}

static enum rc
step_stranger(struct story *s, struct err *err)
{
    struct str path = str_fmt(s->arena, "/desk/%.*s-1", STR_ARG(s->case_no));
    struct visitor v;
    struct visit got;
    enum rc rc = sign_in(s, STR("zhuge"), &v, err);

    return rc != RC_OK ? rc : visit_get(&v, path, 403, &got, err);
}

static enum rc
step_supply(struct story *s, struct err *err)
{
    struct str path = str_fmt(s->arena, "/cases/%.*s-1/supply", STR_ARG(s->case_no));
    struct visit got;
    enum rc rc = visit_get(&s->owner, path, 200, &got, err);

    if (rc != RC_OK) {
        return rc;
    }
    rc = visit_upload(&s->owner, path, json_object(s->arena), STR("plan"), STR("布局图-2.png"),
                      (struct str){plan_bytes, sizeof(plan_bytes) - 1}, 200, &got, err);
    if (rc == RC_OK) {
        note_acts(s, got.document);
    }
    return rc;
}

/* --- the end -------------------------------------------------------------------------------------------------------- */

static enum rc
take_certificate(struct story *s, struct str id, struct err *err)
{
    struct visitor anyone = s->owner;
    struct visit got;
    enum rc rc;

    anyone.token = STR("");
    rc = visit_get(&anyone, str_fmt(s->arena, "/certificates/%.*s", STR_ARG(id)), 200, &got, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (!json_true(json_get(got.document, "verdict"), "is_good")) {
        return err_set(err, RC_PEER, "the certificate does not verify: %.*s", STR_ARG(str_sub(got.body, 0, 400)));
    }
    struct json *c = json_object(s->arena);
    json_set_text(s->arena, c, "id", id);
    json_set_text(s->arena, c, "number", json_str(got.document, "number"));
    json_set_text(s->arena, c, "type", json_str(got.document, "type"));
    json_set_text(s->arena, c, "verdict", STR("good"));
    json_set_int(s->arena, c, "act", json_int_or(got.document, "act", -1));
    json_set(s->arena, c, "certificate", json_copy(s->arena, json_get(got.document, "certificate")));
    json_set(s->arena, c, "signature", json_copy(s->arena, json_get(got.document, "signature")));
    json_push(s->certificates, c);
    return RC_OK;
}

/* The case as its owner sees it once no certificate is on its way any more. */
static enum rc
settled_case(struct story *s, struct visit *got, struct err *err)
{
    struct str path = str_fmt(s->arena, "/cases/%.*s", STR_ARG(s->case_no));
    enum rc rc = visit_get(&s->owner, path, 200, got, err);

    for (int n = 0; rc == RC_OK && json_true(got->document, "is_issuing") && n < WORK_TRIES; n++) {
        rest(s);
        rc = visit_get(&s->owner, path, 200, got, err);
    }
    return rc;
}

static enum rc
step_case(struct story *s, struct err *err)
{
    struct visit got;
    enum rc rc = settled_case(s, &got, err);

    if (rc != RC_OK) {
        return rc;
    }
    const struct json *subs = json_get(got.document, "sub_cases");
    for (const struct json *c = subs != NULL ? subs->first : NULL; c != NULL && rc == RC_OK;
         c = c->next) {
        const struct json *decision = json_get(c, "decision");
        struct json *d = json_object(s->arena);
        json_set_text(s->arena, d, "org", json_str(c, "org"));
        json_set_text(s->arena, d, "decision", json_str(c, "state"));
        if (decision != NULL) {
            json_set_int(s->arena, d, "act", json_int_or(decision, "act", -1));
        } else {
            json_set(s->arena, d, "act", json_null(s->arena));
        }
        json_push(s->sub_cases, d);
        if (json_str(c, "certificate").len > 0) {
            rc = take_certificate(s, json_str(c, "certificate"), err);
        }
    }
    if (rc == RC_OK && s->certificates->count == 0) {
        return err_set(err, RC_PEER, "no certificate was issued");
    }
    return rc;
}

/* One reading for the story: index and source_act are those of read, the rest is what its row says. */
static void
add_read(struct story *s, const struct json *row, const struct json *read)
{
    static const char *const members[] = {"who", "org_name", "reason", "resource"};
    struct json *d = json_object(s->arena);

    json_set_text(s->arena, d, "at", json_str(read, "at"));
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        json_set_text(s->arena, d, members[i], json_str(row, members[i]));
    }
    json_set_int(s->arena, d, "leaf_index", json_int_or(read, "index", -1));
    if (json_get(read, "source_act") != NULL) {
        json_set_text(s->arena, d, "source_node", json_str(row, "node"));
        json_set_int(s->arena, d, "source_leaf_index", json_int_or(read, "source_act", -1));
    }
    json_push(s->reads, d);
}

static enum rc
step_readers(struct story *s, struct err *err)
{
    struct visit got;
    enum rc rc = visit_get(&s->owner, STR("/readers"), 200, &got, err);

    if (rc != RC_OK) {
        return rc;
    }
    const struct json *reads = json_get(got.document, "reads");
    for (const struct json *r = reads != NULL ? reads->first : NULL; r != NULL; r = r->next) {
        const struct json *again = json_get(r, "again");
        add_read(s, r, r);
        for (const struct json *e = again != NULL ? again->first : NULL; e != NULL; e = e->next) {
            add_read(s, r, e);
        }
    }
    return s->reads->count > 0 ? RC_OK : err_set(err, RC_PEER, "nobody seems to have read anything");
}

/* Every log, checked from its files alone, once all acts of the story stand under a checkpoint. */
static enum rc
verify_node(const struct demo_node *n, struct err *err)
{
    struct arena *a = arena_new(VERIFY_ARENA);
    struct tile_source source = tiles_folder_source(n->log_folder);
    struct verify_request request = {.source = source, .key_count = 1, .act = -1};
    struct note_key key;
    struct json *report;
    enum rc rc = note_key_parse(a, n->log_key, &key, err);

    request.keys = &key;
    if (rc == RC_OK) {
        rc = verify_log(a, &request, &report, err);
    }
    arena_free(a);
    return rc;
}

static enum rc
step_verify(struct story *s, struct err *err)
{
    struct note_key key;
    enum rc rc = note_key_parse(s->arena, s->demo->node[0].log_key, &key, err);

    if (rc != RC_OK || (rc = receipt_check(s->arena, s->receipt, &key, 1, NULL, err)) != RC_OK) {
        return rc;
    }
    for (int i = 0; i < DEMO_NODES && rc == RC_OK; i++) {
        rc = verify_node(&s->demo->node[i], err);
    }
    return rc;
}

/* All that was written is under a checkpoint when a short time has passed without a new act. */
static enum rc
step_settle(struct story *s, struct err *err)
{
    for (int i = 0; i < LOG_TRIES; i++) {
        bool settled = true;
        for (int n = 0; n < DEMO_NODES; n++) {
            struct visitor v = s->owner;
            struct visit ready, log;
            enum rc rc;
            v.port = s->demo->node[n].port;
            v.token = STR("");
            if ((rc = visit_get(&v, STR("/readyz"), 200, &ready, err)) != RC_OK ||
                (rc = visit_get(&v, STR("/log"), 200, &log, err)) != RC_OK) {
                return rc;
            }
            settled = settled && json_int_or(ready.document, "acts", -1) ==
                                     json_int_or(log.document, "size", -2);
        }
        if (settled) {
            return RC_OK;
        }
        rest(s);
    }
    return err_set(err, RC_PEER, "the logs never came to rest");
}

/* --- telling it -------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum rc (*run)(struct story *s, struct err *err);
} restaurant[] = {
    {"search", step_search},
    {"guide", step_guide},
    {"sign_in", step_sign_in},
    {"begin", step_begin},
    {"fill_shop", step_shop},
    {"fill_place", step_place},
    {"fill_trade", step_trade},
    {"fill_staff", step_staff},
    {"fill_papers", step_papers},
    {"check", step_check},
    {"submit", step_submit},
    {"receipt", step_receipt},
    {"stranger_refused", step_stranger},
    {"ask_supplement", step_ask_supplement},
    {"supply", step_supply},
    {"accept", step_accept},
    {"visit", step_visit},
    {"decide", step_decide},
    {"case", step_case},
    {"readers", step_readers},
    {"settle", step_settle},
    {"verify", step_verify},
};

static void
tell(struct task *t, void *ctx)
{
    struct story *s = ctx;

    s->owner = (struct visitor){
        .client = s->client, .task = t, .arena = s->arena, .port = s->demo->node[0].port};
    for (size_t i = 0; i < sizeof(restaurant) / sizeof(restaurant[0]) && s->rc == RC_OK; i++) {
        int64_t from_us = clock_monotonic_us(&clock_system);
        struct json *step = json_object(s->arena);
        struct err why;
        s->acts = json_array(s->arena);
        s->rc = restaurant[i].run(s, &why);
        json_set_text(s->arena, step, "name", str_of(restaurant[i].name));
        json_set_int(s->arena, step, "ms", (clock_monotonic_us(&clock_system) - from_us) / 1000);
        json_set(s->arena, step, "acts", s->acts);
        json_push(s->steps, step);
        if (s->rc != RC_OK) {
            (void)err_set(&s->err, s->rc, "step %s: %s", restaurant[i].name, why.text);
        }
    }
    loop_stop(s->loop);
}

static struct json *
nodes_document(struct story *s)
{
    struct json *list = json_array(s->arena);

    for (int i = 0; i < DEMO_NODES; i++) {
        const struct demo_node *n = &s->demo->node[i];
        struct json *d = json_object(s->arena);
        json_set_text(s->arena, d, "name", n->name);
        json_set_text(s->arena, d, "origin", n->origin);
        json_set_text(s->arena, d, "public_key", n->log_key);
        json_set_text(s->arena, d, "log_dir", str_of(n->log_folder));
        json_push(list, d);
    }
    return list;
}

static struct json *
told_document(struct story *s)
{
    struct json *d = json_object(s->arena);

    json_set_text(s->arena, d, "case_no", s->case_no);
    json_set(s->arena, d, "receipt", s->receipt);
    json_set(s->arena, d, "steps", s->steps);
    json_set(s->arena, d, "nodes", nodes_document(s));
    json_set(s->arena, d, "prefilled", s->prefilled);
    json_set(s->arena, d, "sub_cases", s->sub_cases);
    json_set(s->arena, d, "certificates", s->certificates);
    json_set(s->arena, d, "reads_of_owner", s->reads);
    return d;
}

static enum rc
run_on_loop(struct story *s, struct err *err)
{
    struct loop_config loop_config = {
        .clock = &clock_system, .tasks_max = STORY_TASKS, .work_threads = 1};
    struct client_config client_config = {.limits = http_limits_usual,
                                          .connect_ms = 5000,
                                          .idle_per_origin_max = 4,
                                          .per_origin_max = 8,
                                          .idle_ms = 30000};
    enum rc rc;

    if ((rc = loop_new(&loop_config, &s->loop, err)) != RC_OK) {
        return rc;
    }
    if ((rc = client_new(s->loop, &client_config, &s->client, err)) == RC_OK &&
        (rc = task_start(s->loop, tell, s, err)) == RC_OK) {
        loop_run(s->loop);
        client_free(s->client);
    }
    loop_free(s->loop);
    return rc;
}

struct json *
story_list(struct arena *a)
{
    struct json *d = json_object(a), *list = json_array(a), *one = json_object(a);

    json_set_text(a, one, "name", STR("restaurant"));
    json_set_text(a, one, "says",
                  STR("开办餐饮店一件事：从搜索到许可证，再到谁都能核对的证明 / opening a restaurant, from "
                      "the search box to a proof that anyone can check"));
    json_push(list, one);
    json_set(a, d, "stories", list);
    return d;
}

enum rc
story_find(const char *name, struct err *err)
{
    return strcmp(name, "restaurant") == 0
               ? RC_OK
               : err_set(err, RC_NOT_FOUND, "there is no story %s; --story alone lists them", name);
}

enum rc
story_run(struct arena *a, const char *name, const struct demo *d, struct json **out,
          struct err *err)
{
    struct story s = {.demo = d,
                      .arena = a,
                      .steps = json_array(a),
                      .prefilled = json_array(a),
                      .sub_cases = json_array(a),
                      .certificates = json_array(a),
                      .reads = json_array(a),
                      .portal = d->node[0].name};
    enum rc rc;

    if ((rc = story_find(name, err)) != RC_OK || (rc = run_on_loop(&s, err)) != RC_OK) {
        return rc;
    }
    if (s.rc != RC_OK) {
        *err = s.err;
        return s.rc;
    }
    *out = told_document(&s);
    return json_whole(*out, err);
}
