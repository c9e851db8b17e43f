#include "main/courier.h"

#include "base/mem.h"
#include "identity/subject.h"
#include "net/bell.h"
#include "process/runtime_view.h"
#include "process/timekeeper_view.h"
#include "rule/run.h"
#include "rule/zone.h"
#include "service/intake.h"

enum { ARENA_BYTES = 32 << 20, SOON_US = 4000, CLOCKS_MOST = 50, LOOK_S = 2 /* even if nobody wakes it */, PAUSE_S = 5 };
static const int64_t second_us = 1000000;

struct courier {
    struct courier_config config;
    struct zones *zones;
    struct run *run;
    struct handovers *handovers;
    struct runtime *runtime;
    struct gate *gate;
    struct bell *bell;
};

/* --- what it asks of the house --------------------------------------------------------------------------------------- */

static enum rc
bind_models(void *ctx, const struct db *db, struct arena *a, struct str key, int32_t day, const struct modelbook_bound **out, size_t *count,
            struct err *err)
{
    return modelbook_bind(((struct courier *)ctx)->config.modelbook, db, a, key, day, out, count, err);
}

static enum rc
put_subject(const struct courier *c, const struct db *db, struct arena *a, struct str id, struct json *about, struct json *offer, struct err *err)
{
    struct json *who = json_object(a);
    struct subject s;
    enum rc rc = subject_by_id(db, c->config.vault, a, id, &s, err);

    if (rc != RC_OK) {
        return rc;
    }
    json_set_text(a, who, "kind", s.kind == SUBJECT_PERSON ? STR("person") : STR("company"));
    json_set_text(a, who, "identifier", s.identifier);
    json_set_text(a, who, "name", s.name);
    json_set(a, who, "about", about);
    json_set(a, offer, "applicant", who);
    return RC_OK;
}

/* Clocks of the case that run or stand, as they are now. */
static enum rc
put_clocks(const struct courier *c, const struct db *db, struct arena *a, struct str case_no, struct json *offer, struct err *err)
{
    static const char *const copied[] = {"kind", "rule", "calendar"};
    struct json *found, *list = json_array(a);
    enum rc rc = timekeeper_view(db, a, c->config.keeper, case_no, clock_now_us(c->config.clock), &found, err);

    for (const struct json *f = rc == RC_OK ? found->first : NULL; f != NULL && list != NULL && list->count < CLOCKS_MOST; f = f->next) {
        struct json *one = json_object(a);
        struct str state = json_str(f, "state");
        if (str_eq(state, STR("stopped"))) {
            continue;
        }
        json_set_text(a, one, "clock", json_str(f, "name"));
        json_set_text(a, one, "did", str_eq(state, STR("running")) ? STR("start") : STR("pause"));
        json_set_text(a, one, "due", json_str(f, "due_at"));
        json_set_int(a, one, "left", json_int_or(f, "left", 0));
        json_set_text(a, one, "unit", json_str(f, "left_unit"));
        json_set_bool(a, one, "late", json_true(f, "public"));
        json_set_bool(a, one, "provisional", json_true(f, "provisional"));
        for (size_t n = 0; n < sizeof(copied) / sizeof(copied[0]); n++) {
            json_set_text(a, one, copied[n], json_str(f, copied[n]));
        }
        json_push(list, one);
    }
    json_set(a, offer, "clocks", list);
    return rc;
}

/* The applicant, as the process knows them: one of whom this node knows nothing is not named.  And the files and clocks of the case. */
static enum rc
gather(void *ctx, const struct db *db, struct arena *a, const struct handover *h, struct json *offer, struct err *err)
{
    const struct courier *c = ctx;
    const struct command nothing = {.kind = COMMAND_SET, .attempt = -1};
    const struct runtime_request q = {.instance = h->instance, .command = &nothing};
    struct json *materials, *about;
    struct instance i;
    enum rc rc;

    if ((rc = runtime_warm(c->runtime, db, a, &q, err)) != RC_OK || (rc = runtime_instance(c->runtime, db, a, h->instance, &i, err)) != RC_OK) {
        return rc;
    }
    struct str id = json_str(instance_variable(&i, 1, STR("applicant")), "id");
    if ((rc = intake_answers(c->config.casework, db, a, h->case_no, json_get(offer, "fields"), &about, err)) != RC_OK) {
        return rc;
    }
    rc = id.len > 0 ? put_subject(c, db, a, id, about, offer, err) : RC_OK;
    if ((rc != RC_OK && rc != RC_NOT_FOUND) || (rc = put_clocks(c, db, a, h->case_no, offer, err)) != RC_OK ||
        (rc = intake_files(c->config.casework, db, a, h->case_no, &materials, err)) != RC_OK) {
        return rc;
    }
    json_set(a, offer, "materials", materials);
    return RC_OK;
}

/* Who applies becomes somebody of this node; "" if nobody is named. */
static enum rc
take_applicant(const struct courier *c, struct tx *tx, struct arena *a, const struct json *who, struct json *variables, struct str *id,
               struct err *err)
{
    struct json *applicant = json_object(a);
    enum subject_kind kind = str_eq(json_str(who, "kind"), STR("company")) ? SUBJECT_COMPANY : SUBJECT_PERSON;
    enum rc rc;

    *id = STR("");
    if (!json_is(who, JSON_OBJECT)) {
        return RC_OK;
    }
    if ((rc = subject_put(tx, c->config.vault, a, kind, json_str(who, "identifier"), json_str(who, "name"), STR(""),
                          clock_now_us(c->config.clock), id, err)) != RC_OK) {
        return rc;
    }
    json_set_text(a, applicant, "id", *id);
    json_set_text(a, applicant, "kind", json_str(who, "kind"));
    json_set(a, variables, "applicant", applicant);
    return RC_OK;
}

/* Numbers that nobody writes in two ways: upper case, no hyphens (service/casework.h). */
static struct str
number_of(struct arena *a, const struct handover *h)
{
    struct str number = str_fmt(a, "%.*s%08lld", STR_ARG(h->peer), (long long)h->id);

    for (size_t n = 0; number.ptr != NULL && n < number.len; n++) {
        char *c = (char *)(uintptr_t)&number.ptr[n];
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c == '-' || *c == ' ' ? 'X' : *c;
    }
    return number;
}

static enum rc
take(void *ctx, struct tx *tx, struct arena *a, const struct handover *h, const struct json *offer, struct json *variables, struct str *case_no,
     struct err *err)
{
    const struct courier *c = ctx;
    const struct json *who = json_get(offer, "applicant"), *part = json_get(variables, "part");
    struct json *parts = json_array(a);
    struct str subject;
    bool is_case;
    enum rc rc;

    *case_no = number_of(a, h);
    if (case_no->ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for the number of a case");
    }
    if ((rc = take_applicant(c, tx, a, who, variables, &subject, err)) != RC_OK) {
        return rc;
    }
    if (json_is(part, JSON_OBJECT)) {
        json_push(parts, json_copy(a, part));
    }
    struct intake in = {.name = h->name, .case_no = *case_no, .item = h->item, .subject = subject, .title = json_str(who, "name"),
                        .actor = str_fmt(a, "node:%.*s", STR_ARG(h->peer)), .parts = parts,
                        .values = json_get(who, "about"), .now_us = clock_now_us(c->config.clock)};
    return in.actor.ptr == NULL ? err_set(err, RC_LIMIT, "no room for a case") : intake_add(c->config.casework, tx, a, &in, &is_case, err);
}

/* --- files -------------------------------------------------------------------------------------------------------------- */

static enum rc
read_file(void *ctx, struct arena *a, struct str sha256, int64_t from, size_t most, struct str *out, struct err *err)
{
    const struct courier *c = ctx;
    struct material *file;
    struct str piece = STR("");
    struct buf b;
    int64_t bytes, at = 0;
    enum rc rc = material_read(c->config.materials, sha256, &file, &bytes, err);

    if (rc != RC_OK) {
        return rc;
    }
    buf_init(&b, a, most);
    do {
        if ((rc = material_next(file, &piece, err)) == RC_OK && at + (int64_t)piece.len > from) {
            struct str rest = str_from(piece, from > at ? (size_t)(from - at) : 0);
            buf_put(&b, str_sub(rest, 0, most - b.len));
        }
        at += rc == RC_OK ? (int64_t)piece.len : 0;
    } while (rc == RC_OK && piece.len > 0 && b.len < most);
    material_done(file);
    return rc != RC_OK ? rc : buf_finish(&b, out, err);
}

static enum rc
open_file(void *ctx, void **sink, struct err *err)
{
    const struct courier *c = ctx;
    struct material_sink *s;
    enum rc rc = material_open(c->config.materials, clock_now_us(c->config.clock), c->config.material_bytes, &s, err);

    if (rc == RC_OK) {
        *sink = s;
    }
    return rc;
}

static enum rc
write_file(void *ctx, void *sink, struct str piece, struct err *err)
{
    (void)ctx;
    return material_write(sink, piece, err);
}

/* Only what is a picture or a PDF is shown to officers. */
static enum rc
close_file(void *ctx, struct arena *a, void *sink, struct str *sha256, int64_t *bytes, struct err *err)
{
    static const char *const types[] = {"application/pdf", "image/jpeg", "image/png"};
    struct json *allowed = json_array(a);
    struct str type;

    (void)ctx;
    for (size_t n = 0; n < sizeof(types) / sizeof(types[0]); n++) {
        json_push(allowed, json_text(a, str_of(types[n])));
    }
    return material_close(sink, a, allowed, sha256, &type, bytes, err);
}

static void
cancel_file(void *ctx, void *sink)
{
    (void)ctx;
    material_cancel(sink);
}

static enum rc
hold_files(void *ctx, struct tx *tx, struct str holder, const struct json *materials, struct err *err)
{
    return material_hold(tx, ((const struct courier *)ctx)->config.vault, holder, materials, err);
}

/* --- the task ------------------------------------------------------------------------------------------------------------ */

static void
wake(void *ctx)
{
    bell_ring(((struct courier *)ctx)->bell);
}

/* How long nothing is to be done. */
static int64_t
turn(struct courier *c, struct task *t, struct arena *a)
{
    int64_t next_us = INT64_MAX, now_us;
    struct err err;

    arena_reset(a);
    enum rc rc = handover_turn(c->handovers, c->gate, t, a, &next_us, &err);
    if (rc != RC_OK && c->config.log != NULL) {
        log_failure(c->config.log, "handover_turn", rc, &err);
    }
    if (rc != RC_OK) {
        return PAUSE_S * second_us;
    }
    now_us = clock_now_us(c->config.clock);
    return next_us <= now_us ? 0 : next_us - now_us < LOOK_S * second_us ? next_us - now_us : LOOK_S * second_us;
}

/* It is woken before what it is woken for has become durable: so it looks at once, soon again, and then less and less often. */
static void
carry(struct task *t, void *ctx)
{
    struct courier *c = ctx;
    struct arena *a = arena_new(ARENA_BYTES);
    int64_t look_us = SOON_US;
    bool goes_on = true;

    while (goes_on) {
        int64_t wait_us = turn(c, t, a);
        struct err err;
        enum rc rc = RC_TIMEOUT;
        if (wait_us == 0) {
            task_yield(t);
        } else {
            rc = bell_wait(c->bell, t, loop_now_us(task_loop(t)) + (wait_us < look_us ? wait_us : look_us), &err);
        }
        look_us = rc == RC_OK ? SOON_US : look_us < LOOK_S * second_us ? 2 * look_us : look_us;
        goes_on = !loop_is_ending(task_loop(t)) && (rc == RC_OK || rc == RC_TIMEOUT);
    }
    arena_free(a);
}

/* --- life ------------------------------------------------------------------------------------------------------------------ */

struct courier *
courier_new(const struct courier_config *config)
{
    struct courier *c = mem_new(1, sizeof(*c));
    struct handover_config h = {.node = config->node, .vault = config->vault, .offset_seconds = config->offset_minutes * 60,
                                .keeper = config->keeper, .first_us = 10 * second_us, .most_us = 900 * second_us, .factor = 3, .ctx = c,
                                .bind = bind_models, .gather = gather, .take = take, .wake = wake, .log = config->log,
                                .files = {config->material_bytes, read_file, open_file, write_file, close_file, cancel_file, hold_files}};

    c->config = *config;
    c->bell = bell_new();
    c->zones = zones_new(config->zones_folder);
    c->run = run_new(&RUN_LIMITS_USUAL, c->zones);
    h.run = c->run;
    c->handovers = handover_open(&h);
    return c;
}

struct handovers *
courier_handovers(const struct courier *c)
{
    return c->handovers;
}

enum rc
courier_start(struct courier *c, struct runtime *runtime, struct loop *loop, struct gate *gate, struct err *err)
{
    c->runtime = runtime;
    c->gate = gate;
    handover_use_runtime(c->handovers, runtime);
    return task_start(loop, carry, c, err);
}

void
courier_free(struct courier *c)
{
    if (c != NULL) {
        handover_close(c->handovers);
        run_free(c->run);
        zones_free(c->zones);
        bell_free(c->bell);
        mem_free(c);
    }
}
