/*
 * One job from its lease to its record: the case is read, the kind of work fills in what it leaves, and all of it is written in the transaction in
 * which the process hears that the job is done.
 */
#include "service/chore.h"

#include "base/mem.h"
#include "service/chore_int.h"

/* --- what a job sees ------------------------------------------------------------------------------------------- */

const struct json *
chore_input(const struct chore *k, const char *name)
{
    return json_get(k->inputs, name);
}

struct str
chore_text(const struct chore *k, const char *name)
{
    return json_str(k->inputs, name);
}

const struct json *
chore_variable(const struct chore *k, const char *name)
{
    return instance_variable(&k->instance, 1, str_of(name));
}

const struct sub_case *
chore_sub(const struct chore *k)
{
    for (size_t i = 0; i < k->sub_count; i++) {
        if (k->part.len > 0 && str_eq(k->subs[i].part, k->part)) {
            return &k->subs[i];
        }
    }
    return NULL;
}

/* A part is named, or given as a whole. */
static struct str
part_of(const struct json *inputs)
{
    const struct json *part = json_get(inputs, "part");

    return json_is(part, JSON_OBJECT) ? json_str(part, "id") : json_is(part, JSON_STRING) ? part->text : STR("");
}

/* What another node handed over runs here without a case of this house. */
static enum rc
read_case(struct chore *k, struct err *err)
{
    const struct casework *w = k->c->config.work;
    enum rc rc = case_read(w, k->db, k->a, k->work->job.business_key, &k->file, err);

    if (rc == RC_NOT_FOUND) {
        k->file = (struct case_row){.case_no = k->work->job.business_key};
        return RC_OK;
    }
    k->subs = arena_alloc(k->a, PARTS_MAX, sizeof(*k->subs));
    if (rc != RC_OK || k->subs == NULL) {
        return rc != RC_OK ? rc : err_set(err, RC_LIMIT, "no room for the parts of a case");
    }
    k->has_case = true;
    rc = case_read_subs(w, k->db, k->a, k->file.case_no, k->subs, &k->sub_count, err);
    return rc != RC_OK ? rc : case_read_item(w, k->db, k->a, &k->file, &k->item, err);
}

/* Whom the case is of: its row says, or the process that was handed over. */
static struct str
subject_of(const struct chore *k)
{
    return k->has_case ? k->file.subject : json_str(chore_variable(k, "applicant"), "id");
}

/* --- what it leaves ---------------------------------------------------------------------------------------------- */

static enum rc
finish(struct tx *tx, struct arena *a, const struct runtime_event *event, void *ctx, struct err *err)
{
    struct chore *k = ctx;
    enum rc rc = k->before != NULL ? k->before(tx, k, err) : RC_OK;

    (void)event;
    if (rc == RC_OK) {
        rc = errand_add(tx, k->c->config.work->vault, a, &k->errand, NULL, err);
    }
    return rc == RC_OK && k->also != NULL ? k->also(tx, k, err) : rc;
}

static void
begin_errand(struct chore *k)
{
    const struct runtime_job *job = &k->work->job;
    const struct sub_case *sub = chore_sub(k);

    k->errand = (struct errand){.instance = job->instance,
                                .token = job->token,
                                .case_no = k->file.case_no,
                                .part = k->part,
                                .org = STR(""),
                                .type = str_of(k->type->name),
                                .name = STR(""),
                                .audience = STR(ERRAND_APPLICANT),
                                .at_us = k->work->now_us,
                                .kind = k->type->kind,
                                .acts_for = sub != NULL ? sub->org : json_str(k->item.document, "lead_org"),
                                .subject = subject_of(k)};
}

/* --- workers ------------------------------------------------------------------------------------------------------ */

struct worker { /* the ctx of each, for as long as the chores live */
    struct chores *c;
    const struct chore_type *type;
};

static const struct chore_type types[] = {
    {"notice.send", ACT_NOTICE, chore_notice_send, false},
    {"notice.publish", ACT_NOTICE, chore_notice_publish, false},
    {"exchange.check", ACT_ERRAND, chore_exchange_check, true},
    {"certificate.issue", ACT_ERRAND, chore_certificate_issue, false},
    {"certificate.revoke", ACT_ERRAND, chore_certificate_revoke, false},
    {"certificate.flag", ACT_ERRAND, chore_certificate_flag, false},
    {"certificate.deliver", ACT_NOTICE, chore_certificate_deliver, false},
    {"payment.order", ACT_ERRAND, chore_money, false},
    {"payment.stop", ACT_ERRAND, chore_order, false},
    {"tax.order", ACT_ERRAND, chore_money, false},
    {"tax.refund", ACT_ERRAND, chore_order, false},
    {"registry.update", ACT_ERRAND, chore_order, false},
    {"supervision.push", ACT_NOTICE, chore_order, false},
    {"supervision.result", ACT_NOTICE, chore_order, false},
    {"oversight.urge", ACT_NOTICE, chore_order, false},
    {"rating.open", ACT_ERRAND, chore_order, false},
    {"offer.create", ACT_ERRAND, chore_offer, false},
    {"experts.draw", ACT_DRAW, chore_draw_experts, false},
    {"school.place", ACT_ERRAND, chore_place, false},
    {"housing.queue", ACT_ERRAND, chore_queue, false},
    {"handover.pack", ACT_ERRAND, chore_pack, false},
    {"handover.archive", ACT_ERRAND, chore_pack, false},
};
enum { TYPES = sizeof(types) / sizeof(types[0]) };

struct chore_workers {
    struct chores chores;
    struct worker worker[TYPES];
};

static enum rc
do_chore(struct conduct_work *work, const struct db *db, struct arena *a, void *ctx, struct err *err)
{
    const struct worker *w = ctx;
    struct chore *k = arena_alloc(a, 1, sizeof(*k));
    enum rc rc;

    if (k == NULL) {
        return err_set(err, RC_LIMIT, "no room for a job");
    }
    *k = (struct chore){.c = w->c, .type = w->type, .work = work, .db = db, .a = a, .inputs = work->job.data, .part = part_of(work->job.data)};
    if ((rc = runtime_instance(conduct_runtime(w->c->config.work->conduct), db, a, work->job.instance, &k->instance, err)) != RC_OK ||
        (rc = read_case(k, err)) != RC_OK) {
        return rc;
    }
    begin_errand(k);
    if ((rc = w->type->act(k, err)) != RC_OK) {
        return rc;
    }
    work->finish = finish;
    work->finish_ctx = k;
    return RC_OK;
}

/* --- done by others --------------------------------------------------------------------------------------------- */

enum rc
chores_note_outside(struct chores *c, struct tx *tx, struct arena *a, const struct runtime_event *event, struct str type, struct err *err)
{
    struct conduct_work work = {.job = {.instance = event->instance->id, .token = event->command->token, .element = STR(""),
                                        .business_key = event->instance->business_key, .process = event->instance->binding[0].key},
                                .now_us = event->now_us};
    struct chore k = {.c = c, .work = &work, .a = a, .instance = *event->instance};
    const struct json *text = chore_find_text(&k, "errands", type);
    enum rc rc;

    if (text == NULL) {
        return RC_OK;
    }
    k.errand = (struct errand){.instance = work.job.instance, .token = work.job.token, .case_no = work.job.business_key, .part = STR(""),
                               .org = STR(""), .type = type, .name = STR(""), .at_us = work.now_us, .kind = ACT_ERRAND, .acts_for = STR(""),
                               .subject = json_str(chore_variable(&k, "applicant"), "id")};
    rc = chore_say(&k, text, NULL, err);
    return rc != RC_OK ? rc : errand_add(tx, c->config.work->vault, a, &k.errand, NULL, err);
}

/* --- life ----------------------------------------------------------------------------------------------------------- */

enum rc
chores_open(const struct chore_config *config, struct chores **out, struct err *err)
{
    enum rc rc = chore_texts_check(config->texts, err);

    if (rc != RC_OK) {
        return rc;
    }
    struct chore_workers *w = mem_new(1, sizeof(*w));
    w->chores.config = *config;
    if ((rc = chore_checks_open(config->checks, &w->chores.checks, err)) != RC_OK) {
        chores_close(&w->chores);
        return rc;
    }
    for (size_t i = 0; i < TYPES; i++) {
        w->worker[i] = (struct worker){&w->chores, &types[i]};
    }
    *out = &w->chores;
    return RC_OK;
}

enum rc
chores_register(struct chores *c, struct conduct *conduct, struct err *err)
{
    struct chore_workers *w = (struct chore_workers *)c; /* its first member */
    enum rc rc = RC_OK;

    for (size_t i = 0; i < TYPES && rc == RC_OK; i++) {
        struct str name = str_of(types[i].name);
        rc = types[i].is_slow ? conduct_add_slow_worker(conduct, name, do_chore, &w->worker[i], err)
                              : conduct_add_worker(conduct, name, do_chore, &w->worker[i], err);
    }
    return rc;
}

void
chores_close(struct chores *c)
{
    if (c != NULL) {
        chore_checks_close(c->checks);
        mem_free(c);
    }
}
