/*
 * A grant is read once and asked many times: grant_choose is a pure function over what grant_load
 * brought.  What may change meanwhile (the grant, the resource, today's number) is held together by
 * one statement of grant_count, which runs on the only writer thread: it adds one use if, and only if, both versions
 * are still those that were read and the number is below the limit.  So the hot path reads nothing, and still no use
 * too many is ever counted.
 */
#include "data/grant.h"

#include "base/utf8.h"
#include "data/grant_sql.h"
#include "data/mask.h"
#include "evidence/act.h"

enum { ID_MAX = 64, TEXT_MAX = 500, USE_NAME_MAX = 128 };

static enum rc
read_text(const struct json *j, const char *key, struct str *out, struct err *err)
{
    const struct json *v = json_get(j, key);

    if (!json_is(v, JSON_STRING) || v->text.len == 0 || v->text.len > TEXT_MAX ||
        !utf8_is_plain(v->text)) {
        return err_set(err, RC_INVALID, "grant: %s is missing or not a plain text", key);
    }
    *out = v->text;
    return RC_OK;
}

static bool
names_field(const struct json *fields, struct str name)
{
    for (const struct json *f = fields != NULL ? fields->first : NULL; f != NULL; f = f->next) {
        if (str_eq(f->text, name)) {
            return true;
        }
    }
    return false;
}

static enum rc
check_masks(const struct grant *g, struct err *err)
{
    enum rc rc;

    for (const struct json *r = g->rules != NULL ? g->rules->first : NULL; r != NULL; r = r->next) {
        if ((rc = mask_check(r, err)) != RC_OK) {
            return rc;
        }
    }
    for (const struct json *m = g->masks != NULL ? g->masks->first : NULL; m != NULL; m = m->next) {
        if (!json_is(m, JSON_STRING) || json_get_key(g->rules, m->text) == NULL) {
            return err_set(err, RC_INVALID, "grant: the mask of %.*s names no rule", STR_ARG(m->key));
        }
        if (!names_field(g->fields, m->key)) {
            return err_set(err, RC_INVALID, "grant: a mask is for no field: %.*s", STR_ARG(m->key));
        }
    }
    return RC_OK;
}

static enum rc
check_fields(const struct grant *g, struct err *err)
{
    if (!json_is(g->fields, JSON_ARRAY) || g->fields->count == 0) {
        return err_set(err, RC_INVALID, "grant: fields is an array of names");
    }
    for (const struct json *f = g->fields->first; f != NULL; f = f->next) {
        if (!json_is(f, JSON_STRING)) {
            return err_set(err, RC_INVALID, "grant: fields is an array of names");
        }
    }
    return RC_OK;
}

static bool
is_state(struct str s)
{
    return str_eq(s, STR("in-use")) || str_eq(s, STR("suspended")) || str_eq(s, STR("terminated"));
}

static bool
is_object_or_none(const struct json *j)
{
    return j == NULL || json_is(j, JSON_OBJECT);
}

static enum rc
read_grant(struct arena *a, const struct json *d, struct grant **out, struct err *err)
{
    struct grant *g = arena_alloc(a, 1, sizeof(*g));
    enum rc rc;

    if (g == NULL) {
        return err_set(err, RC_LIMIT, "no room for a grant");
    }
    if ((rc = read_text(d, "id", &g->id, err)) != RC_OK ||
        (rc = read_text(d, "resource", &g->resource, err)) != RC_OK ||
        (rc = read_text(d, "consumer", &g->consumer, err)) != RC_OK ||
        (rc = read_text(d, "item", &g->item, err)) != RC_OK ||
        (rc = read_text(d, "basis", &g->basis, err)) != RC_OK ||
        (rc = read_text(d, "state", &g->state, err)) != RC_OK ||
        (rc = instant_parse(json_str(d, "from"), &g->from_us, err)) != RC_OK ||
        (rc = instant_parse(json_str(d, "until"), &g->until_us, err)) != RC_OK) {
        return rc;
    }
    g->fields = json_get(d, "fields");
    g->masks = json_get(d, "masks");
    g->rules = json_get(d, "rules");
    g->rows = json_get(d, "rows");
    if (g->id.len > ID_MAX || g->from_us >= g->until_us || !is_state(g->state) ||
        !json_as_int(json_get(d, "per_day"), &g->per_day) || g->per_day < 1 ||
        !is_object_or_none(g->masks) || !is_object_or_none(g->rules)) {
        return err_set(err, RC_INVALID, "grant %.*s: id, window, state, per_day, masks or rules",
                       STR_ARG(g->id));
    }
    if ((rc = check_fields(g, err)) != RC_OK || (rc = check_masks(g, err)) != RC_OK ||
        (g->rows != NULL && (rc = counsel_check(g->rows, err)) != RC_OK)) {
        return rc;
    }
    *out = g;
    return RC_OK;
}

struct find {
    struct arena *arena;
    struct grant *first;
    struct grant **end;
    struct str document; /* of the last row */
    struct json *list;
};

static enum rc
find_row(const struct row *row, void *ctx, struct err *err)
{
    struct find *f = ctx;
    struct json *j;
    struct grant *g;
    enum rc rc;

    if ((rc = row_copy_text(row, 1, f->arena, &f->document, err)) != RC_OK ||
        (rc = json_parse(f->arena, f->document, JSON_UNIQUE, &j, err)) != RC_OK ||
        (rc = read_grant(f->arena, j, &g, err)) != RC_OK) {
        return rc == RC_INVALID ? err_set(err, RC_CORRUPT, "a stored grant is wrong") : rc;
    }
    g->version = row_int(row, 0);
    *f->end = g;
    f->end = &g->next;
    return RC_OK;
}

static enum rc
check_resource(const struct grant *g, const struct resource *r, struct err *err)
{
    if (r->sharing == SHARING_NONE) {
        return err_set(err, RC_INVALID, "grant: %.*s is not to be shared", STR_ARG(r->code));
    }
    for (const struct json *f = g->fields->first; f != NULL; f = f->next) {
        if (catalogue_element(r, f->text) == NULL) {
            return err_set(err, RC_INVALID, "grant: %.*s has no element %.*s", STR_ARG(r->code),
                           STR_ARG(f->text));
        }
    }
    return RC_OK;
}

/* Text that was made on the arena: one that did not fit there is lost, not empty. */
static void
set_made(struct arena *a, struct json *j, const char *key, struct str text)
{
    json_set(a, j, key, text.ptr != NULL ? json_text(a, text) : NULL);
}

static enum rc
write_act(struct tx *tx, struct arena *a, const struct grant *g, const struct resource *r,
          struct str by, int64_t now_us, struct err *err)
{
    struct json *detail = json_object(a);
    struct act_ref ref;

    json_set_text(a, detail, "id", g->id);
    json_set_int(a, detail, "version", g->version);
    json_set_text(a, detail, "consumer", g->consumer);
    json_set_text(a, detail, "item", g->item);
    json_set_text(a, detail, "basis", g->basis);
    json_set(a, detail, "fields", json_copy(a, g->fields));
    json_set_int(a, detail, "per_day", g->per_day);
    set_made(a, detail, "from", instant_text(a, g->from_us, 0));
    set_made(a, detail, "until", instant_text(a, g->until_us, 0));
    json_set_text(a, detail, "state", g->state);
    if (g->rows != NULL) {
        json_set(a, detail, "rows", json_copy(a, g->rows));
    }
    const struct act act = {.kind = ACT_GRANT,
                            .at_us = now_us,
                            .actor = by.len > 0 ? by : STR("system"),
                            .org = r->owner,
                            .resource = r->code,
                            .detail = detail};
    return act_add(tx, a, &act, &ref, err);
}

enum rc
grant_put(struct tx *tx, struct arena *a, const struct json *grant, int64_t now_us, struct err *err)
{
    struct find old = {.arena = a};
    struct resource *r;
    struct str document;
    struct grant *g;
    enum rc rc;

    old.end = &old.first;
    if ((rc = read_grant(a, grant, &g, err)) != RC_OK ||
        (rc = json_print(a, grant, &document, err)) != RC_OK) {
        return rc;
    }
    if (document.len > GRANT_BYTES_MAX) {
        return err_set(err, RC_LIMIT, "grant passes %d bytes", GRANT_BYTES_MAX);
    }
    rc = catalogue_find(tx, a, g->resource, &r, err);
    if (rc == RC_NOT_FOUND) {
        return err_set(err, RC_INVALID, "grant: no resource %.*s", STR_ARG(g->resource));
    }
    if (rc != RC_OK || (rc = check_resource(g, r, err)) != RC_OK ||
        (rc = tx_run(tx, &GRANT_BY_ID, VALUES(V_TEXT(g->id)), find_row, &old, err)) != RC_OK) {
        return rc;
    }
    if (old.first != NULL && str_eq(old.document, document)) {
        return RC_OK;
    }
    g->version = old.first != NULL ? old.first->version + 1 : 1;
    if ((rc = tx_run(tx, &GRANT_PUT,
                     VALUES(V_TEXT(g->id), V_TEXT(g->resource), V_TEXT(g->consumer),
                            V_INT(g->version), V_INT(now_us), V_TEXT(document)),
                     NULL, NULL, err)) != RC_OK) {
        return rc;
    }
    return write_act(tx, a, g, r, json_str(grant, "by"), now_us, err);
}

static enum rc
list_row(const struct row *row, void *ctx, struct err *err)
{
    struct find *f = ctx;
    struct str document;
    struct json *j;
    enum rc rc;

    if ((rc = row_copy_text(row, 0, f->arena, &document, err)) != RC_OK ||
        (rc = json_parse(f->arena, document, JSON_UNIQUE, &j, err)) != RC_OK) {
        return rc;
    }
    json_set_int(f->arena, j, "used_today", row_int(row, 1));
    json_push(f->list, j);
    return RC_OK;
}

enum rc
grant_list(const struct db *db, struct arena *a, struct str resource, int32_t today,
           struct json **out, struct err *err)
{
    struct find f = {.arena = a, .list = json_array(a)};
    enum rc rc;

    if ((rc = store_read(db, &GRANT_LIST, VALUES(V_TEXT(resource), V_INT(today)), list_row, &f,
                         err)) != RC_OK ||
        (rc = json_whole(f.list, err)) != RC_OK) {
        return rc;
    }
    *out = f.list;
    return RC_OK;
}

enum rc
grant_load(const struct db *db, struct arena *a, struct str resource, struct str consumer,
           struct grant **out, struct err *err)
{
    struct find f = {.arena = a};
    enum rc rc;

    f.end = &f.first;
    if ((rc = store_read(db, &GRANT_BY_RESOURCE, VALUES(V_TEXT(resource), V_TEXT(consumer)),
                         find_row, &f, err)) != RC_OK) {
        return rc;
    }
    *out = f.first;
    return RC_OK;
}

/* --- the question --- */

static int
minute_of(struct str time)
{
    return (time.ptr[0] - '0') * 600 + (time.ptr[1] - '0') * 60 + (time.ptr[3] - '0') * 10 +
           (time.ptr[4] - '0'); /* its shape was checked with the resource */
}

/* A night that passes midnight is a window too: open 22:00, close 06:00. */
static bool
is_open(const struct resource *r, const struct purpose *purpose, int64_t now_us, int offset_minutes)
{
    struct str open = json_str(r->limits, "open"), close = json_str(r->limits, "close");

    if (open.len == 0 || (purpose->urgent && json_true(r->limits, "urgent"))) {
        return true;
    }
    int now = instant_minute_of_day(now_us, offset_minutes);
    int from = minute_of(open), until = minute_of(close);
    return from <= until ? now >= from && now < until : now >= from || now < until;
}

/* How near a grant came: the later the reason, the nearer. */
enum refusal { MISSING, PURPOSE, TERMINATED, SUSPENDED, EXPIRED, FIELD, HOURS, NONE };

static enum refusal
judge(const struct grant *g, const struct resource *r, const struct purpose *purpose,
      const struct json *fields, int64_t now_us, int offset_minutes)
{
    if ((!str_eq(g->item, STR("*")) && !str_eq(g->item, purpose->item)) ||
        !str_eq(g->basis, purpose->basis)) {
        return PURPOSE;
    }
    if (str_eq(g->state, STR("terminated"))) {
        return TERMINATED;
    }
    if (!str_eq(g->state, STR("in-use"))) {
        return SUSPENDED;
    }
    if (now_us < g->from_us || now_us >= g->until_us) {
        return EXPIRED;
    }
    for (const struct json *f = fields->first; f != NULL; f = f->next) {
        if (!json_is(f, JSON_STRING) || !names_field(g->fields, f->text)) {
            return FIELD;
        }
    }
    return is_open(r, purpose, now_us, offset_minutes) ? NONE : HOURS;
}

static enum rc
refuse(enum refusal why, struct str resource, struct err *err)
{
    switch (why) {
    case MISSING:
        return err_problem(err, RC_DENIED, "grant-missing", "no grant for %.*s", STR_ARG(resource));
    case PURPOSE:
        return err_problem(err, RC_DENIED, "purpose-not-covered",
                           "no grant for %.*s covers this item and basis", STR_ARG(resource));
    case TERMINATED:
        return err_problem(err, RC_DENIED, "grant-expired", "the grant for %.*s was terminated",
                           STR_ARG(resource));
    case SUSPENDED:
        return err_problem(err, RC_DENIED, "grant-suspended", "the grant for %.*s is suspended",
                           STR_ARG(resource));
    case EXPIRED:
        return err_problem(err, RC_DENIED, "grant-expired",
                           "the grant for %.*s is not yet, or no longer, in force", STR_ARG(resource));
    case FIELD:
        return err_problem(err, RC_DENIED, "field-not-granted",
                           "the grant for %.*s does not hold every field asked", STR_ARG(resource));
    case HOURS:
        return err_problem(err, RC_BUSY, "outside-hours", "%.*s is closed at this hour",
                           STR_ARG(resource));
    case NONE: break;
    }
    return RC_OK;
}

enum rc
grant_choose(const struct grant *list, const struct resource *r, const struct purpose *purpose,
             const struct json *fields, int64_t now_us, int offset_minutes,
             const struct grant **out, struct err *err)
{
    enum refusal nearest = MISSING;

    if (r->sharing == SHARING_NONE) {
        return err_problem(err, RC_DENIED, "not-shared", "%.*s is not shared", STR_ARG(r->code));
    }
    for (const struct grant *g = list; g != NULL; g = g->next) {
        enum refusal why = judge(g, r, purpose, fields, now_us, offset_minutes);
        if (why == NONE) {
            *out = g;
            return RC_OK;
        }
        nearest = why > nearest ? why : nearest;
    }
    return refuse(nearest, r->code, err);
}

/* --- counting --- */

static struct str
use_name(char room[USE_NAME_MAX], const char *prefix, struct str id)
{
    size_t n = 0;

    for (; prefix[n] != '\0'; n++) {
        room[n] = prefix[n];
    }
    CHECK(id.len <= USE_NAME_MAX - n);
    for (size_t i = 0; i < id.len; i++) {
        room[n++] = id.ptr[i];
    }
    return (struct str){room, n};
}

static enum rc
exhausted(struct str what, struct err *err)
{
    return err_problem(err, RC_BUSY, "quota-exhausted", "today's number of requests is used up: %.*s",
                       STR_ARG(what));
}

static enum rc
check_used(const struct db *db, struct str name, int32_t day, int64_t most, struct err *err)
{
    int64_t used = 0;
    enum rc rc = store_read_int(db, &DATA_USED, VALUES(V_TEXT(name), V_INT(day)), &used, err);

    if (rc != RC_OK && rc != RC_NOT_FOUND) {
        return rc;
    }
    return rc == RC_OK && used >= most ? exhausted(name, err) : RC_OK;
}

enum rc
grant_check(const struct db *db, struct arena *a, const struct resource *r, struct str consumer,
            const struct purpose *purpose, const struct json *fields, int64_t now_us,
            int offset_minutes, const struct grant **out, struct err *err)
{
    char grant_room[USE_NAME_MAX], resource_room[USE_NAME_MAX];
    int32_t day = instant_day(now_us, offset_minutes);
    int64_t most = json_int_or(r->limits, "per_day", INT64_MAX);
    const struct grant *g;
    struct grant *list;
    enum rc rc;

    if ((rc = grant_load(db, a, r->code, consumer, &list, err)) != RC_OK ||
        (rc = grant_choose(list, r, purpose, fields, now_us, offset_minutes, &g, err)) != RC_OK ||
        (rc = check_used(db, use_name(grant_room, "grant:", g->id), day, g->per_day, err)) != RC_OK ||
        (rc = check_used(db, use_name(resource_room, "resource:", r->code), day, most, err)) != RC_OK) {
        return rc;
    }
    *out = g;
    return RC_OK;
}

/* Nothing was counted: because something changed, or because the number is used up? */
static enum rc
why_not_counted(struct tx *tx, const struct resource *r, const struct grant *g, struct err *err)
{
    int64_t current = 0;
    enum rc rc = tx_int(tx, &GRANT_IS_CURRENT,
                        VALUES(V_TEXT(g->id), V_INT(g->version), V_INT(r->version)), &current, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (current == 0) {
        return err_problem(err, RC_CONFLICT, "grant-changed", "grant %.*s or its resource has changed",
                           STR_ARG(g->id));
    }
    return exhausted(g->id, err);
}

enum rc
grant_count(struct tx *tx, const struct resource *r, const struct grant *g, int64_t now_us,
            int offset_minutes, struct err *err)
{
    char room[USE_NAME_MAX];
    int32_t day = instant_day(now_us, offset_minutes);
    int64_t most = json_int_or(r->limits, "per_day", 0);
    enum rc rc;

    rc = tx_run(tx, &GRANT_USE,
                VALUES(V_TEXT(use_name(room, "grant:", g->id)), V_INT(day), V_TEXT(g->id),
                       V_INT(g->version), V_INT(r->version), V_INT(g->per_day)),
                NULL, NULL, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (tx_changes(tx) == 0) {
        return why_not_counted(tx, r, g, err);
    }
    if (most == 0) {
        return RC_OK;
    }
    rc = tx_run(tx, &RESOURCE_USE,
                VALUES(V_TEXT(use_name(room, "resource:", r->code)), V_INT(day), V_INT(most)), NULL,
                NULL, err);
    if (rc != RC_OK) {
        return rc;
    }
    return tx_changes(tx) == 0 ? exhausted(r->code, err) : RC_OK;
}

/* --- what is handed out --- */

static enum rc
gather(const struct grant_asking *q, struct arena *a, const struct json *record, struct counsel_facts *out, struct err *err)
{
    struct json *known = json_object(a), *purpose = json_object(a), *sources = json_object(a), *source = json_object(a);
    enum rc rc;

    json_set_text(a, purpose, "item", q->purpose->item);
    json_set_text(a, purpose, "basis", q->purpose->basis);
    json_set_bool(a, purpose, "urgent", q->purpose->urgent);
    json_set(a, known, "record", json_copy(a, record));
    json_set(a, known, "purpose", purpose);
    json_set_text(a, known, "consumer", q->consumer);
    set_made(a, known, "day", day_text(a, q->day));
    json_set_text(a, source, "zh", STR("登记的记录"));
    json_set_text(a, source, "en", STR("the record"));
    json_set(a, sources, "record", source);
    if ((rc = json_whole(known, err)) != RC_OK || (rc = json_whole(sources, err)) != RC_OK) {
        return rc;
    }
    *out = (struct counsel_facts){.values = known, .sources = sources, .now_us = q->now_us, .day = q->day};
    return RC_OK;
}

enum rc
grant_sees(const struct grant_asking *asking, struct arena *a, const struct grant *g, const struct json *record, bool *sees,
           struct counsel_answer *answer, struct err *err)
{
    struct counsel_facts facts;
    const struct json *seen;
    enum rc rc;

    *answer = (struct counsel_answer){.version = 0};
    if (g->rows == NULL) {
        *sees = true;
        return RC_OK;
    }
    if ((rc = gather(asking, a, record, &facts, err)) != RC_OK) {
        return rc;
    }
    rc = counsel_ask(asking->counsel, asking->db, a, g->rows, &facts, answer, err);
    seen = rc == RC_OK ? json_get(counsel_named(a, g->rows, answer->result), "seen") : NULL;
    if (rc == RC_NOT_FOUND || (rc == RC_OK && !json_is(seen, JSON_BOOL))) {
        *answer = (struct counsel_answer){.version = 0};
        return err_problem(err, RC_DENIED, "rows-undecided", "no rule says whether grant %.*s covers this record",
                           STR_ARG(g->id));
    }
    if (rc == RC_OK) {
        *sees = seen->truth;
    }
    return rc;
}

struct json *
grant_apply(struct arena *a, const struct grant *g, const struct json *fields,
            const struct json *record)
{
    struct json *out = json_object(a);

    for (const struct json *f = fields->first; f != NULL; f = f->next) {
        const struct json *value = json_get_key(record, f->text);
        const struct json *mask = json_get_key(g->masks, f->text);
        struct json *given;
        if (!names_field(g->fields, f->text)) {
            continue;
        }
        if (value == NULL) {
            given = json_null(a);
        } else if (mask != NULL) {
            given = mask_apply(a, json_get_key(g->rules, mask->text), value);
        } else {
            given = json_copy(a, value);
        }
        json_set_key(a, out, f->text, given);
    }
    return out;
}
