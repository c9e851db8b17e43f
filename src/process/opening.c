#include "process/opening.h"

#include "base/mem.h"
#include "evidence/act.h"
#include "process/opening_sql.h"
#include "process/recurrence.h"
#include "process/runtime_int.h"

enum { STARTS_MOST = 64 /* that wait for one name */, FIRED_AT_ONCE = 25, TRIES = 8, TROUBLES_MOST = 100 };
#define NEVER INT64_MAX
static const int64_t day_us = INT64_C(86400) * 1000000;

struct openings {
    struct openings_config config;
};

/* A row of process_opening. */
struct start {
    struct str model, element, name, org, power;
    int64_t version, event, anchor_us, from_us, until_us, due_us;
    enum opening_kind kind;
};
struct starts {
    struct arena *a;
    size_t count;
    struct start start[STARTS_MOST];
};
struct bound_start {
    struct start start;
    const struct modelbook_bound *bound;
    size_t bounds;
};
struct opening_ready {
    size_t count;
    struct bound_start start[STARTS_MOST];
};

static const char *const kinds[] = {[OPENING_MESSAGE] = "message", [OPENING_SIGNAL] = "signal", [OPENING_TIMER] = "timer"};

const char *
opening_kind_name(enum opening_kind kind)
{
    return kinds[kind];
}

struct openings *
openings_new(const struct openings_config *config)
{
    struct openings *o = mem_new(1, sizeof(*o));

    CHECK(config->runtime != NULL && config->find != NULL && config->load != NULL && config->bind != NULL);
    o->config = *config;
    runtime_open_by(config->runtime, o);
    return o;
}

void
openings_free(struct openings *o)
{
    if (o != NULL) {
        runtime_open_by(o->config.runtime, NULL);
        mem_free(o);
    }
}

static enum rc
cold(struct err *err)
{
    return err_problem(err, RC_BUSY, "openings-cold", "which processes begin by this is not known yet");
}

bool
opening_is_cold(enum rc rc, const struct err *err)
{
    return rc == RC_BUSY && str_eq(str_of(err->type), STR("openings-cold"));
}

/* --- rows --------------------------------------------------------------------------------------------------- */

static enum rc
start_row(const struct row *row, void *ctx, struct err *err)
{
    struct starts *all = ctx;
    struct start *s = &all->start[all->count];
    size_t kind;
    enum rc rc;

    CHECK(all->count < STARTS_MOST && str_among(row_text(row, 4), kinds, sizeof(kinds) / sizeof(kinds[0]), &kind));
    *s = (struct start){.version = row_int(row, 1), .event = row_int(row, 3), .kind = (enum opening_kind)kind, .anchor_us = row_int(row, 8),
                        .from_us = row_int(row, 9), .until_us = row_int(row, 10), .due_us = row_int(row, 11)};
    if ((rc = row_copy_text(row, 0, all->a, &s->model, err)) != RC_OK || (rc = row_copy_text(row, 2, all->a, &s->element, err)) != RC_OK ||
        (rc = row_copy_text(row, 5, all->a, &s->name, err)) != RC_OK || (rc = row_copy_text(row, 6, all->a, &s->org, err)) != RC_OK ||
        (rc = row_copy_text(row, 7, all->a, &s->power, err)) != RC_OK) {
        return rc;
    }
    all->count++;
    return RC_OK;
}

struct editions {
    int64_t verdicts, made; /* of the rulebook as it is; of the rows */
};

static enum rc
edition_row(const struct row *row, void *ctx, struct err *err)
{
    (void)err;
    *(struct editions *)ctx = (struct editions){row_int(row, 0), row_int(row, 1)};
    return RC_OK;
}

/* --- rows made anew ------------------------------------------------------------------------------------------- */

struct version {
    struct str key, org, power;
    int64_t number, anchor_us, from_us, until_us;
};
struct refreshing {
    struct openings *o;
    struct arena *a;
    int64_t now_us;
    struct editions editions;
    struct version *version;
    size_t versions, room;
    struct start *start;
    size_t starts, start_room;
};

static bool
room_for(struct arena *a, void **array, size_t size, size_t count, size_t *room)
{
    size_t more = *room == 0 ? 64 : 2 * *room;
    void *grown;

    if (count < *room) {
        return true;
    }
    if ((grown = arena_grow(a, *array, *room * size, more * size)) == NULL) {
        return false;
    }
    *array = grown;
    *room = more;
    return true;
}

static enum rc
no_room(struct err *err)
{
    return err_set(err, RC_LIMIT, "no room for what begins processes");
}

static enum rc
version_row(const struct row *row, void *ctx, struct err *err)
{
    struct refreshing *f = ctx;
    struct version v = {.number = row_int(row, 1)};
    int64_t published_us = row_int(row, 3);
    struct str id;
    enum rc rc;

    v.anchor_us = row_int(row, 2) * day_us - (int64_t)f->o->config.offset_minutes * 60 * 1000000;
    v.from_us = v.anchor_us > published_us ? v.anchor_us : published_us;
    if ((rc = row_copy_text(row, 0, f->a, &id, err)) != RC_OK || (rc = row_copy_text(row, 4, f->a, &v.org, err)) != RC_OK ||
        (rc = row_copy_text(row, 5, f->a, &v.power, err)) != RC_OK) {
        return rc;
    }
    v.key = rule_key(id);
    if (!room_for(f->a, (void **)&f->version, sizeof(v), f->versions, &f->room)) {
        return no_room(err);
    }
    f->version[f->versions++] = v;
    return RC_OK;
}

/* They come in order: each holds until the next one of its model does. */
static void
set_ends(struct refreshing *f)
{
    for (size_t n = 0; n < f->versions; n++) {
        bool is_last = n + 1 == f->versions || !str_eq(f->version[n].key, f->version[n + 1].key);
        f->version[n].until_us = is_last ? NEVER : f->version[n + 1].from_us;
    }
}

static struct recurrence
times_of(const struct openings *o, const struct bpmn *m, const struct bpmn_event *e, int64_t anchor_us)
{
    return (struct recurrence){&m->timer[e->timer], anchor_us, o->config.offset_minutes * 60};
}

static int64_t
time_number(const struct recurrence *r, int64_t n)
{
    int64_t at_us;

    return recurrence_nth(r, n, &at_us) ? at_us : NEVER;
}

/* What is still to be calculated, and conditions, have nothing to go by before there is a case. */
static bool
waits_outside(const struct bpmn_event *e, const struct bpmn *m, enum opening_kind *kind)
{
    *kind = e->trigger == BPMN_MESSAGE ? OPENING_MESSAGE : e->trigger == BPMN_SIGNAL ? OPENING_SIGNAL : OPENING_TIMER;
    return e->trigger == BPMN_MESSAGE || e->trigger == BPMN_SIGNAL ||
           (e->trigger == BPMN_TIMER && e->timer != BPMN_NONE && m->timer[e->timer].text == BPMN_NONE);
}

static enum rc
add_start(struct refreshing *f, const struct version *v, const struct bpmn *m, const struct bpmn_element *n, uint32_t k, struct err *err)
{
    const struct bpmn_event *e = &m->event[n->events.first + k];
    struct start s = {.model = v->key, .element = n->id, .org = v->org, .power = v->power, .version = v->number, .event = k,
                      .anchor_us = v->anchor_us, .from_us = v->from_us, .until_us = v->until_us, .due_us = NEVER, .name = STR("")};

    if (!waits_outside(e, m, &s.kind)) {
        return RC_OK;
    }
    if (s.kind == OPENING_TIMER) {
        const struct recurrence r = times_of(f->o, m, e, v->anchor_us);
        s.due_us = time_number(&r, recurrence_by(&r, v->from_us - 1) + 1);
    } else {
        s.name = m->global[e->global].name;
    }
    if (!room_for(f->a, (void **)&f->start, sizeof(s), f->starts, &f->start_room)) {
        return no_room(err);
    }
    f->start[f->starts++] = s;
    return RC_OK;
}

/* Of a version that cannot be read nothing begins; whoever starts one by hand is told why. */
static enum rc
add_starts(struct refreshing *f, const struct db *db, const struct version *v, struct err *err)
{
    const struct openings_config *c = &f->o->config;
    enum rc rc = c->load(c->ctx, db, v->key, v->number, err);

    if (rc != RC_OK) {
        return rc_is_passing(rc) ? rc : RC_OK;
    }
    const struct bpmn *m = c->find(c->ctx, v->key, v->number);
    uint32_t process = bpmn_find_process(m, modelbook_process(m, v->key));
    if (process == BPMN_NONE || !m->process[process].info.is_executable) {
        return RC_OK;
    }
    const struct bpmn_run *inside = &m->scope[m->process[process].scope].elements;
    for (uint32_t i = inside->first; i < inside->first + inside->count && rc == RC_OK; i++) {
        const struct bpmn_element *n = &m->element[i];
        for (uint32_t k = 0; n->kind == BPMN_START && k < n->events.count && rc == RC_OK; k++) {
            rc = add_start(f, v, m, n, k, err);
        }
    }
    return rc;
}

static enum rc
refresh_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct refreshing *f = ctx;
    struct editions now = {0, 0};
    enum rc rc = tx_run(tx, &OPENING_EDITION, NO_VALUES, edition_row, &now, err);

    if (rc != RC_OK || now.verdicts != f->editions.verdicts) {
        return rc != RC_OK ? rc : cold(err); /* settled meanwhile */
    }
    for (size_t n = 0; n < f->starts && rc == RC_OK; n++) {
        const struct start *s = &f->start[n];
        rc = tx_run(tx, &OPENING_PUT,
                    VALUES(V_TEXT(s->model), V_INT(s->version), V_TEXT(s->element), V_INT(s->event), V_TEXT(str_of(kinds[s->kind])),
                           V_TEXT(s->name), V_TEXT(s->org), V_TEXT(s->power), V_INT(s->anchor_us), V_INT(s->from_us), V_INT(s->until_us),
                           V_INT(s->due_us), V_INT(now.verdicts)),
                    NULL, NULL, err);
    }
    if (rc == RC_OK) {
        rc = tx_run(tx, &OPENING_DROP_OLD, VALUES(V_INT(now.verdicts)), NULL, NULL, err);
    }
    return rc != RC_OK ? rc : tx_run(tx, &OPENING_EDITION_SET, VALUES(V_INT(now.verdicts)), NULL, NULL, err);
}

/* What a version that is over has not heard yet may be on its way for a while. */
static enum rc
refresh_once(struct refreshing *f, const struct db *db, struct err *err)
{
    enum rc rc = store_read(db, &OPENING_EDITION, NO_VALUES, edition_row, &f->editions, err);

    if (rc != RC_OK || f->editions.verdicts == f->editions.made) {
        return rc;
    }
    f->versions = f->starts = 0;
    if ((rc = store_read(db, &OPENING_VERSIONS, NO_VALUES, version_row, f, err)) != RC_OK) {
        return rc;
    }
    set_ends(f);
    for (size_t n = 0; n < f->versions && rc == RC_OK; n++) {
        const struct version *v = &f->version[n];
        rc = v->until_us > v->from_us && v->until_us > f->now_us - day_us ? add_starts(f, db, v, err) : RC_OK;
    }
    return rc != RC_OK ? rc : store_write(db, refresh_tx, f, err);
}

static enum rc
refresh(struct openings *o, const struct db *db, struct arena *a, int64_t now_us, struct err *err)
{
    struct refreshing f = {.o = o, .a = a, .now_us = now_us};
    enum rc rc = refresh_once(&f, db, err);

    for (int n = 0; n < TRIES && opening_is_cold(rc, err); n++) {
        rc = refresh_once(&f, db, err);
    }
    return rc;
}

/* --- a case begins ---------------------------------------------------------------------------------------------- */

static enum rc
write_act(struct tx *tx, struct arena *a, const struct opening *o, const struct opening_case *c, int64_t instance, struct err *err)
{
    struct json *detail = json_object(a);
    struct act_ref ref;

    json_set_text(a, detail, "process", o->model);
    json_set_int(a, detail, "version", o->version);
    json_set_text(a, detail, "element", o->element);
    json_set_text(a, detail, "by", str_of(kinds[o->kind]));
    if (o->kind != OPENING_TIMER) {
        json_set_text(a, detail, "name", o->name);
        json_set_text(a, detail, "id", o->id);
    }
    json_set_int(a, detail, "for_us", o->at_us);
    json_set_int(a, detail, "instance", instance);
    const struct act act = {.kind = ACT_OPEN, .at_us = o->now_us, .actor = o->actor, .org = o->org, .case_no = c->case_no,
                            .subject = json_str(json_get(c->variables, "applicant"), "id"), .resource = o->power, .detail = detail};
    return act_add(tx, a, &act, &ref, err);
}

static enum rc
begin(const struct openings *o, struct tx *tx, struct arena *a, const struct bound_start *b, const struct opening *said, int64_t *instance,
      int64_t *due_us, struct err *err)
{
    const struct start *s = &b->start;
    struct opening what = *said;
    struct opening_case c = {.case_no = STR("")};
    struct runtime_result done = {.due_us = NEVER};
    enum rc rc;

    what.model = s->model;
    what.element = s->element;
    what.version = s->version;
    what.org = s->org;
    what.power = s->power;
    if (o->config.house == NULL) {
        return err_problem(err, RC_DENIED, "nobody-opens", "no case begins by itself here");
    }
    if ((rc = o->config.house(tx, a, &what, &c, o->config.house_ctx, err)) != RC_OK) {
        return rc;
    }
    const struct command start = {.kind = COMMAND_START, .attempt = -1, .element = s->element, .variables = c.variables};
    const struct runtime_request q = {.business_key = c.case_no, .bound = b->bound, .bounds = b->bounds, .command = &start,
                                      .actor = what.actor, .now_us = what.now_us};
    if ((rc = runtime_do_tx(o->config.runtime, tx, a, &q, &done, err)) != RC_OK) {
        return runtime_is_cold(rc, err) ? cold(err) : rc;
    }
    *instance = done.instance;
    *due_us = done.due_us;
    return write_act(tx, a, &what, &c, done.instance, err);
}

/* Which start events wait for it, and what their processes call on that day; the models of all of them in memory. */
static enum rc
bind_start(const struct openings *o, const struct db *db, struct arena *a, const struct start *s, int64_t at_us, struct bound_start *out,
           struct err *err)
{
    const struct openings_config *c = &o->config;

    out->start = *s;
    return c->bind(c->ctx, db, a, s->model, s->version, instant_day(at_us, c->offset_minutes), &out->bound, &out->bounds, err);
}

enum rc
opening_get_ready(struct openings *o, const struct db *db, struct arena *a, const struct opening *said, struct opening_ready **out, struct err *err)
{
    struct starts *all = arena_alloc(a, 1, sizeof(*all));
    struct opening_ready *ready = arena_alloc(a, 1, sizeof(*ready));
    enum rc rc;

    if (all == NULL || ready == NULL) {
        return no_room(err);
    }
    all->a = a;
    if ((rc = refresh(o, db, a, said->now_us, err)) != RC_OK ||
        (rc = store_read(db, &OPENING_NAMED,
                         VALUES(V_TEXT(str_of(kinds[said->kind])), V_TEXT(said->name), V_INT(said->at_us), V_INT(STARTS_MOST)), start_row, all,
                         err)) != RC_OK) {
        return rc;
    }
    for (size_t n = 0; n < all->count && rc == RC_OK; n++) {
        rc = bind_start(o, db, a, &all->start[n], said->at_us, &ready->start[ready->count++], err);
    }
    *out = ready;
    return rc;
}

/* --- messages --------------------------------------------------------------------------------------------------------- */

static const struct bound_start *
find_ready(const struct opening_ready *ready, const struct start *s)
{
    for (size_t n = 0; ready != NULL && n < ready->count; n++) {
        const struct start *r = &ready->start[n].start;
        if (str_eq(r->model, s->model) && r->version == s->version && str_eq(r->element, s->element) && r->event == s->event) {
            return &ready->start[n];
        }
    }
    return NULL;
}

static struct str
begun_id(struct arena *a, const struct start *s, struct str key)
{
    return str_fmt(a, "k:%.*s:%.*s", STR_ARG(s->model), STR_ARG(key));
}

static enum rc
begin_by_message(struct openings *o, struct tx *tx, struct arena *a, const struct bound_start *b, const struct opening *said, int64_t *instance,
                 int64_t *due_us, struct err *err)
{
    struct str id = begun_id(a, &b->start, said->key);
    int64_t open = 0;
    enum rc rc = said->key.len == 0 ? RC_OK : tx_int(tx, &OPENING_HAS_CASE, VALUES(V_TEXT(said->key), V_TEXT(id)), &open, err);

    if (rc != RC_OK || open > 0) {
        return rc;
    }
    if ((rc = begin(o, tx, a, b, said, instance, due_us, err)) != RC_OK || said->key.len == 0) {
        return rc;
    }
    return tx_run(tx, &BEGUN_PUT, VALUES(V_TEXT(id), V_INT(*instance), V_INT(said->now_us)), NULL, NULL, err);
}

enum rc
opening_message_tx(struct openings *o, struct tx *tx, struct arena *a, const struct opening *said, const struct opening_ready *ready,
                   int64_t *instance, int64_t *due_us, struct err *err)
{
    struct starts *all = arena_alloc(a, 1, sizeof(*all));
    struct editions editions = {0, 0};
    const struct bound_start *b;
    enum rc rc;

    if (all == NULL) {
        return no_room(err);
    }
    all->a = a;
    if ((rc = tx_run(tx, &OPENING_EDITION, NO_VALUES, edition_row, &editions, err)) != RC_OK ||
        (rc = tx_run(tx, &OPENING_NAMED, VALUES(V_TEXT(str_of(kinds[said->kind])), V_TEXT(said->name), V_INT(said->at_us), V_INT(1)), start_row,
                     all, err)) != RC_OK) {
        return rc;
    }
    if (editions.verdicts != editions.made) {
        return cold(err);
    }
    if (all->count == 0) {
        return RC_OK;
    }
    return (b = find_ready(ready, &all->start[0])) == NULL ? cold(err) : begin_by_message(o, tx, a, b, said, instance, due_us, err);
}

/* --- signals and times: what cannot begin holds up nothing, and is told ---------------------------------------------------- */

struct beginning {
    struct openings *o;
    struct arena *a;
    struct bound_start b;
    struct opening said;
    struct str begun;   /* of a signal: what remembers it */
    int64_t next_us;    /* of a timer: its next time */
    int64_t due_us;
    const char *why;    /* it could not begin */
};

/* False: it is done already. */
static enum rc
take_turn(struct tx *tx, const struct beginning *g, bool *is_ours, struct err *err)
{
    const struct start *s = &g->b.start;
    enum rc rc = g->said.kind == OPENING_TIMER
                     ? tx_run(tx, &OPENING_MOVE,
                              VALUES(V_TEXT(s->model), V_INT(s->version), V_TEXT(s->element), V_INT(s->event), V_INT(s->due_us), V_INT(g->next_us)),
                              NULL, NULL, err)
                     : tx_run(tx, &BEGUN_ADD, VALUES(V_TEXT(g->begun), V_INT(0), V_INT(g->said.now_us)), NULL, NULL, err);

    *is_ours = rc == RC_OK && tx_changes(tx) == 1;
    return rc;
}

static enum rc
begin_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct beginning *g = ctx;
    int64_t instance;
    bool is_ours;
    enum rc rc = take_turn(tx, g, &is_ours, err);

    g->due_us = NEVER;
    return rc != RC_OK || !is_ours ? rc : begin(g->o, tx, g->a, &g->b, &g->said, &instance, &g->due_us, err);
}

static enum rc
pass_over_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct beginning *g = ctx;
    const struct start *s = &g->b.start;
    bool is_ours;
    enum rc rc = take_turn(tx, g, &is_ours, err);

    return rc != RC_OK || !is_ours ? rc
                                   : tx_run(tx, &OPENING_TROUBLE,
                                            VALUES(V_TEXT(s->model), V_INT(s->version), V_TEXT(s->element), V_INT(s->event),
                                                   V_TEXT(str_of(g->why)), V_INT(g->said.now_us)),
                                            NULL, NULL, err);
}

/* RC_OK, with *failed counted: it could not begin, and is passed over. */
static enum rc
begin_or_pass_over(struct beginning *g, const struct db *db, int *failed, struct err *err)
{
    enum rc rc = bind_start(g->o, db, g->a, &g->b.start, g->said.at_us, &g->b, err);
    struct err more;

    if (rc == RC_OK && (rc = store_write(db, begin_tx, g, err)) == RC_OK) {
        runtime_nudge(g->o->config.runtime, g->due_us);
    }
    if (rc == RC_OK || rc_is_passing(rc)) {
        return rc;
    }
    (*failed)++;
    g->why = err->text;
    if ((rc = store_write(db, pass_over_tx, g, &more)) != RC_OK) {
        *err = more;
    }
    return rc;
}

enum rc
opening_signal(struct openings *o, const struct db *db, struct arena *a, const struct opening *said, struct err *err)
{
    struct opening_ready *ready;
    int failed = 0;
    enum rc rc = opening_get_ready(o, db, a, said, &ready, err);

    for (size_t n = 0; rc == RC_OK && n < ready->count; n++) {
        const struct start *s = &ready->start[n].start;
        struct beginning g = {.o = o, .a = a, .b = ready->start[n], .said = *said};
        g.begun = str_fmt(a, "s:%.*s:%.*s:%.*s:%lld", STR_ARG(said->id), STR_ARG(s->model), STR_ARG(s->element), (long long)s->event);
        rc = begin_or_pass_over(&g, db, &failed, err);
    }
    return rc;
}

/* --- times ---------------------------------------------------------------------------------------------------------------- */

/* As many of the times that have passed as the model says, the last of them. */
static int64_t
missed_of(const struct bpmn_event *e)
{
    int64_t most = 1;

    return e->missed.len > 0 && str_to_int(e->missed, &most) && most >= 1 && most <= BPMN_MISSED_MAX ? most : 1;
}

static enum rc
fire(struct openings *o, const struct db *db, struct arena *a, const struct start *s, int64_t now_us, int *failed, struct err *err)
{
    const struct openings_config *c = &o->config;
    struct beginning g = {.o = o, .a = a, .b = {.start = *s},
                          .said = {.kind = OPENING_TIMER, .name = STR(""), .key = STR(""), .id = STR(""), .actor = STR("system"), .now_us = now_us}};
    enum rc rc = c->load(c->ctx, db, s->model, s->version, err);

    if (rc != RC_OK) {
        return rc;
    }
    const struct bpmn *m = c->find(c->ctx, s->model, s->version);
    const struct bpmn_event *e = &m->event[m->element[bpmn_find_element(m, s->element)].events.first + s->event];
    const struct recurrence r = times_of(o, m, e, s->anchor_us);
    int64_t due = recurrence_by(&r, s->due_us), last = recurrence_by(&r, now_us < s->until_us ? now_us : s->until_us - 1);
    int64_t from = last - missed_of(e) + 1, n = from > due ? from : due;
    g.said.at_us = time_number(&r, n);
    g.next_us = time_number(&r, n + 1);
    return begin_or_pass_over(&g, db, failed, err);
}

enum rc
openings_turn(struct openings *o, const struct db *db, struct arena *a, int64_t now_us, int64_t *next_us, bool *more, int *failed, struct err *err)
{
    struct starts *due = arena_alloc(a, 1, sizeof(*due));
    int64_t first_us = *next_us;
    enum rc rc;

    if (due == NULL) {
        return no_room(err);
    }
    due->a = a;
    if ((rc = refresh(o, db, a, now_us, err)) != RC_OK ||
        (rc = store_read(db, &OPENING_DUE, VALUES(V_INT(now_us), V_INT(FIRED_AT_ONCE)), start_row, due, err)) != RC_OK) {
        return rc;
    }
    for (size_t n = 0; n < due->count && rc == RC_OK; n++) {
        rc = fire(o, db, a, &due->start[n], now_us, failed, err);
    }
    if (rc == RC_OK) {
        rc = store_read_int(db, &OPENING_NEXT, VALUES(V_INT(*next_us)), &first_us, err);
    }
    *next_us = first_us < *next_us ? first_us : *next_us;
    *more = *more || due->count > 0;
    return rc;
}

/* --- looking, forgetting ------------------------------------------------------------------------------------------------------ */

struct troubles {
    struct arena *a;
    struct json *list;
};

static enum rc
trouble_row(const struct row *row, void *ctx, struct err *err)
{
    struct troubles *all = ctx;
    struct json *d = json_object(all->a);

    (void)err;
    json_set_text(all->a, d, "process", row_text(row, 0));
    json_set_text(all->a, d, "element", row_text(row, 1));
    json_set_text(all->a, d, "why", row_text(row, 2));
    json_set_int(all->a, d, "at_us", row_int(row, 3));
    json_push(all->list, d);
    return RC_OK;
}

enum rc
openings_troubles(const struct db *db, struct arena *a, struct json **out, struct err *err)
{
    struct troubles all = {a, json_array(a)};
    enum rc rc = store_read(db, &OPENING_TROUBLES, VALUES(V_INT(TROUBLES_MOST)), trouble_row, &all, err);

    *out = all.list;
    return rc != RC_OK ? rc : json_whole(all.list, err);
}

enum rc
opening_forget_tx(struct tx *tx, int64_t before_us, int most, struct err *err)
{
    return tx_run(tx, &BEGUN_FORGET, VALUES(V_INT(before_us), V_INT(most)), NULL, NULL, err);
}
