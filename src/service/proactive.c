/*
 * Looking.  A run is a row that says behind which record it stands; a batch reads on from there, and one write moves the row and makes the
 * offers, so that after any end the same batch is looked at again or not at all.
 */
#include "service/proactive.h"

#include "base/clock.h"
#include "data/grant.h"
#include "data/registry.h"
#include "evidence/act.h"
#include "identity/subject.h"
#include "service/proactive_int.h"
#include "service/proactive_sql.h"

enum { CHECKS_MAX = 8, SOURCES_MAX = CHECKS_MAX + 1 };

/* A registry as the benefit may see it. */
struct source {
    const struct json *asked; /* {"resource","fields","as"} */
    struct resource *resource;
    const struct grant *grant;
};

struct look {
    const struct proactive *p;
    const struct db *db;
    struct arena *arena;
    const struct json *benefit;
    struct purpose purpose;
    int64_t now_us;
    int32_t day;
    struct source source[SOURCES_MAX]; /* the first is gone through, the others are checks */
    size_t sources;
    /* the row */
    bool is_begun;
    int64_t ended_us, act;
    struct str after;
    /* of this batch */
    struct str reached;
    bool is_last;
    int64_t looked, hidden, dropped, found, unreachable, offered;
    struct proactive_candidate candidate[PROACTIVE_BATCH];
    size_t candidates;
};

/* --- the document ------------------------------------------------------------------------------------------ */

static bool
is_registry(const struct json *source)
{
    const struct json *fields = json_get(source, "fields");

    return json_str(source, "resource").len > 0 && json_is(fields, JSON_ARRAY) && fields->count > 0;
}

static enum rc
check_benefit(const struct json *b, struct err *err)
{
    static const char *const needed[] = {"key", "item", "title_zh", "title_en", "basis"};
    const struct json *checks = json_get(b, "checks");

    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        if (json_str(b, needed[i]).len == 0) {
            return err_set(err, RC_INVALID, "benefit %.*s has no %s", STR_ARG(json_str(b, "key")), needed[i]);
        }
    }
    if (!is_registry(json_get(b, "source")) || (checks != NULL && checks->count > CHECKS_MAX)) {
        return err_set(err, RC_INVALID, "benefit %.*s: its source, or too many checks", STR_ARG(json_str(b, "key")));
    }
    for (const struct json *c = checks != NULL ? checks->first : NULL; c != NULL; c = c->next) {
        if (!is_registry(c) || json_str(c, "as").len == 0) {
            return err_set(err, RC_INVALID, "benefit %.*s: a check has a registry, fields and a name", STR_ARG(json_str(b, "key")));
        }
    }
    return counsel_check(json_get(b, "rule"), err);
}

/* "02:00" → minutes; -1 if it is no time of day. */
static int
minute_of(struct str at)
{
    int64_t hour, minute;

    return at.len == 5 && at.ptr[2] == ':' && str_to_int(str_sub(at, 0, 2), &hour) && str_to_int(str_from(at, 3), &minute) &&
                   hour >= 0 && hour < 24 && minute >= 0 && minute < 60
               ? (int)(hour * 60 + minute)
               : -1;
}

enum rc
proactive_check(const struct json *benefits, struct err *err)
{
    const struct json *list = json_get(benefits, "benefits");

    if (!json_is(list, JSON_ARRAY) || minute_of(json_str(benefits, "at")) < 0) {
        return err_set(err, RC_INVALID, "benefits: a list, and the time of day at which it is gone through");
    }
    for (const struct json *b = list->first; b != NULL; b = b->next) {
        enum rc rc = check_benefit(b, err);
        if (rc != RC_OK) {
            return rc;
        }
        for (const struct json *before = list->first; before != b; before = before->next) {
            if (str_eq(json_str(before, "key"), json_str(b, "key"))) {
                return err_set(err, RC_INVALID, "two benefits are called %.*s", STR_ARG(json_str(b, "key")));
            }
        }
    }
    return RC_OK;
}

/* --- what may be seen ------------------------------------------------------------------------------------------ */

static enum rc
open_source(struct look *l, const struct json *asked, struct err *err)
{
    struct source *s = &l->source[l->sources++];
    struct grant *grants;
    enum rc rc;

    s->asked = asked;
    if ((rc = catalogue_get(l->db, l->arena, json_str(asked, "resource"), &s->resource, err)) != RC_OK ||
        (rc = grant_load(l->db, l->arena, s->resource->code, l->p->node, &grants, err)) != RC_OK) {
        return rc;
    }
    return grant_choose(grants, s->resource, &l->purpose, json_get(asked, "fields"), l->now_us, l->p->offset_minutes, &s->grant, err);
}

static enum rc
open_sources(struct look *l, struct err *err)
{
    const struct json *checks = json_get(l->benefit, "checks");
    enum rc rc = open_source(l, json_get(l->benefit, "source"), err);

    for (const struct json *c = checks != NULL ? checks->first : NULL; c != NULL && rc == RC_OK; c = c->next) {
        rc = open_source(l, c, err);
    }
    return rc;
}

/* What the grant lets through of a record; NULL: not this record, for this purpose. */
static enum rc
sieve(struct look *l, const struct source *s, const struct json *record, struct json **out, struct err *err)
{
    const struct grant_asking asking = {.counsel = l->p->counsel,
                                        .db = l->db,
                                        .consumer = l->p->node,
                                        .purpose = &l->purpose,
                                        .now_us = l->now_us,
                                        .day = l->day};
    struct counsel_answer ignored;
    bool sees = false;
    enum rc rc = grant_sees(&asking, l->arena, s->grant, record, &sees, &ignored, err);

    if (rc != RC_OK) {
        return rc;
    }
    *out = sees ? grant_apply(l->arena, s->grant, json_get(s->asked, "fields"), record) : NULL;
    return sees ? json_whole(*out, err) : RC_OK;
}

/* --- one person ------------------------------------------------------------------------------------------------ */

static enum rc
judge(struct look *l, const struct json *known, struct proactive_candidate *c, bool *entitled, struct err *err)
{
    const struct json *binding = json_get(l->benefit, "rule");
    const struct counsel_facts facts = {.values = known, .now_us = l->now_us, .day = l->day};
    enum rc rc = counsel_ask(l->p->counsel, l->db, l->arena, binding, &facts, &c->answer, err);

    if (rc == RC_OK && (rc = json_whole(c->named = counsel_named(l->arena, binding, c->answer.result), err)) == RC_OK) {
        *entitled = json_true(c->named, "entitled");
    }
    return rc;
}

/* The registries that are asked of candidates alone. */
static enum rc
add_checks(struct look *l, struct str identifier, struct json *known, struct err *err)
{
    enum rc rc = RC_OK;

    for (size_t i = 1; i < l->sources && rc == RC_OK; i++) {
        const struct source *s = &l->source[i];
        struct json *record, *seen = NULL;
        int64_t updated_us;
        rc = registry_get(l->db, l->p->vault, l->arena, s->resource->code, identifier, &record, &updated_us, err);
        if (rc == RC_NOT_FOUND) {
            rc = RC_OK;
            continue;
        }
        if (rc == RC_OK && (rc = sieve(l, s, record, &seen, err)) == RC_OK && seen != NULL) {
            json_set_key(l->arena, known, json_str(s->asked, "as"), seen);
        }
    }
    return rc != RC_OK ? rc : json_whole(known, err);
}

static enum rc
look_at(struct look *l, const struct json *record, struct err *err)
{
    struct proactive_candidate *c = &l->candidate[l->candidates];
    struct json *known = json_object(l->arena), *seen;
    struct subject person;
    bool entitled = false;
    enum rc rc;

    l->looked++;
    if ((rc = sieve(l, &l->source[0], record, &seen, err)) != RC_OK || seen == NULL) {
        l->hidden += rc == RC_OK;
        return rc;
    }
    json_set(l->arena, known, "record", seen);
    json_set_text(l->arena, known, "day", day_text(l->arena, l->day));
    struct str identifier = json_str(seen, "id_number");
    if ((rc = json_whole(known, err)) != RC_OK || (rc = judge(l, known, c, &entitled, err)) != RC_OK || !entitled) {
        return rc;
    }
    if ((rc = add_checks(l, identifier, known, err)) != RC_OK || (rc = judge(l, known, c, &entitled, err)) != RC_OK) {
        return rc;
    }
    if (!entitled) {
        l->dropped++;
        return RC_OK;
    }
    l->found++;
    rc = subject_by_identifier(l->db, l->p->vault, l->arena, SUBJECT_PERSON, identifier, &person, err);
    if (rc == RC_NOT_FOUND || rc == RC_INVALID) {
        l->unreachable++;
        return RC_OK;
    }
    if (rc == RC_OK) {
        c->subject = person.id;
        l->candidates++;
    }
    return rc;
}

/* --- a run --------------------------------------------------------------------------------------------------------- */

static enum rc
run_row(const struct row *row, void *ctx, struct err *err)
{
    struct look *l = ctx;

    l->is_begun = true;
    l->ended_us = row_int(row, 0);
    l->act = row_int(row, 2);
    return str_copy(l->arena, row_blob(row, 1), &l->after, err);
}

/* Counted at each registry once a run, by the grants; the act comes before the first record. */
static enum rc
begin_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct look *l = ctx;
    struct json *detail = json_object(l->arena), *resources = json_array(l->arena);
    struct act_ref ref;
    enum rc rc;

    for (size_t i = 0; i < l->sources; i++) {
        struct json *r = json_object(l->arena);
        if ((rc = grant_count(tx, l->source[i].resource, l->source[i].grant, l->now_us, l->p->offset_minutes, err)) != RC_OK) {
            return rc;
        }
        json_set_text(l->arena, r, "resource", l->source[i].resource->code);
        json_set_text(l->arena, r, "grant", l->source[i].grant->id);
        json_set(l->arena, r, "fields", json_copy(l->arena, json_get(l->source[i].asked, "fields")));
        json_push(resources, r);
    }
    json_set_text(l->arena, detail, "benefit", json_str(l->benefit, "key"));
    json_set_text(l->arena, detail, "basis", l->purpose.basis);
    json_set_text(l->arena, detail, "day", day_text(l->arena, l->day));
    json_set(l->arena, detail, "read", resources);
    const struct act act = {.kind = ACT_READ,
                            .at_us = l->now_us,
                            .actor = STR("system"),
                            .org = l->source[0].resource->owner,
                            .resource = l->source[0].resource->code,
                            .detail = detail};
    if ((rc = json_whole(detail, err)) != RC_OK || (rc = act_add(tx, l->arena, &act, &ref, err)) != RC_OK) {
        return rc;
    }
    l->act = ref.index;
    return tx_run(tx, &PROACTIVE_RUN_BEGIN,
                  VALUES(V_TEXT(json_str(l->benefit, "key")), V_INT(l->day), V_INT(l->now_us), V_BLOB(STR("")), V_INT(ref.index)),
                  NULL, NULL, err);
}

static enum rc
batch_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct look *l = ctx;
    enum rc rc;

    l->offered = 0;
    for (size_t i = 0; i < l->candidates; i++) {
        bool made = false;
        if ((rc = proactive_offer(tx, l->p, l->arena, l->benefit, &l->candidate[i], l->now_us, &made, err)) != RC_OK) {
            return rc;
        }
        l->offered += made;
    }
    rc = tx_run(tx, &PROACTIVE_RUN_GO_ON,
                VALUES(V_TEXT(json_str(l->benefit, "key")), V_INT(l->day), V_BLOB(l->after), V_BLOB(l->reached),
                       V_INT(l->is_last ? l->now_us : 0), V_INT(l->looked), V_INT(l->hidden), V_INT(l->dropped), V_INT(l->found),
                       V_INT(l->unreachable), V_INT(l->offered)),
                NULL, NULL, err);
    return rc != RC_OK || tx_changes(tx) == 1 ? rc : err_set(err, RC_CONFLICT, "this run goes on elsewhere");
}

static enum rc
look_through(struct look *l, struct err *err)
{
    struct record *records = arena_alloc(l->arena, PROACTIVE_BATCH, sizeof(*records));
    size_t count = 0;
    enum rc rc;

    if (records == NULL) {
        return err_set(err, RC_LIMIT, "no room for a batch");
    }
    if ((rc = registry_batch(l->db, l->p->vault, l->arena, l->source[0].resource->code, l->after, records, PROACTIVE_BATCH, &count,
                             err)) != RC_OK) {
        return rc;
    }
    for (size_t i = 0; i < count; i++) {
        if ((rc = look_at(l, records[i].body, err)) != RC_OK) {
            return rc;
        }
    }
    l->reached = count > 0 ? records[count - 1].key_hash : l->after;
    l->is_last = count < PROACTIVE_BATCH;
    return store_write(l->db, batch_tx, l, err);
}

static enum rc
turn(struct look *l, bool *did, struct err *err)
{
    enum rc rc;

    if ((rc = store_read(l->db, &PROACTIVE_RUN, VALUES(V_TEXT(json_str(l->benefit, "key")), V_INT(l->day)), run_row, l, err)) != RC_OK ||
        l->ended_us != 0) {
        return rc;
    }
    *did = true;
    l->purpose = (struct purpose){.item = json_str(l->benefit, "item"), .basis = json_str(l->benefit, "basis"), .actor = STR("system")};
    if ((rc = open_sources(l, err)) != RC_OK) {
        return rc;
    }
    if (!l->is_begun && (rc = store_write(l->db, begin_tx, l, err)) != RC_OK) {
        return rc;
    }
    return look_through(l, err);
}

enum rc
proactive_turn(const struct proactive *p, const struct db *db, struct arena *a, int64_t now_us, bool *more, struct err *err)
{
    const struct json *list = json_get(p->benefits, "benefits");
    enum rc first = RC_OK;

    *more = false;
    if (list == NULL || instant_minute_of_day(now_us, p->offset_minutes) < minute_of(json_str(p->benefits, "at"))) {
        return RC_OK;
    }
    for (const struct json *b = list->first; b != NULL && !*more; b = b->next) {
        struct look *l = arena_alloc(a, 1, sizeof(*l));
        struct err own;
        bool did = false;
        if (l == NULL) {
            return err_set(err, RC_LIMIT, "no room to look");
        }
        *l = (struct look){.p = p,
                           .db = db,
                           .arena = a,
                           .benefit = b,
                           .after = STR(""),
                           .now_us = now_us,
                           .day = instant_day(now_us, p->offset_minutes)};
        enum rc rc = turn(l, &did, &own);
        if (rc != RC_OK && first == RC_OK) { /* what keeps one benefit back does not keep back the others */
            first = rc;
            *err = own;
        }
        *more = rc == RC_OK && did;
    }
    return first;
}
