/*
 * What is in force is one snapshot behind an atomic pointer.  A newer one is made beside it and put in its place; older ones stay until the end, so
 * that nobody who holds a calendar has to say so.
 */
#include "process/almanac.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/mem.h"
#include "evidence/act.h"
#include "process/almanac_sql.h"

enum { SNAPSHOT_ARENA = 64 << 20, DOCUMENT_MAX = 1 << 20 };

struct part {
    struct str region;
    const struct json *document;
    const struct calendar *calendar; /* NULL until it is made */
    int64_t own, edition;            /* own: of its row; edition: the highest of those that it is made from */
};

struct snapshot {
    struct arena *arena;
    struct part *part; /* by region */
    size_t count, room;
    int64_t newest;
    struct snapshot *older;
};

struct almanac {
    const struct region_table *regions;
    _Atomic(struct snapshot *) now;
};

/* --- looking ------------------------------------------------------------------------------------------------------ */

static struct part *
part_of(const struct snapshot *s, struct str region)
{
    for (size_t i = 0; i < s->count; i++) {
        if (str_eq(s->part[i].region, region)) {
            return &s->part[i];
        }
    }
    return NULL;
}

/* The nearest calendar at or above a region; skip_own: only above. */
static struct part *
part_around(const struct almanac *al, const struct snapshot *s, struct str region, bool skip_own)
{
    const struct region *path[REGION_DEPTH_MAX];
    size_t depth = region.len > 0 && al->regions != NULL ? region_path(al->regions, region, path) : 0;
    struct part *own = skip_own ? NULL : part_of(s, region);

    while (own == NULL && depth > 0) {
        struct str code = path[--depth]->code;
        if (!skip_own || !str_eq(code, region)) {
            own = part_of(s, code);
        }
    }
    return own != NULL || (skip_own && region.len == 0) ? own : part_of(s, STR(""));
}

enum rc
almanac_at(const struct almanac *al, struct str region, struct almanac_page *out, struct err *err)
{
    const struct snapshot *s = atomic_load(&al->now);
    const struct part *p = part_around(al, s, region, false);

    if (p == NULL) {
        return err_problem(err, RC_NOT_FOUND, "no-calendar", "no calendar of working days is in force");
    }
    *out = (struct almanac_page){p->calendar, p->edition};
    return RC_OK;
}

int64_t
almanac_edition(const struct almanac *al)
{
    return atomic_load(&al->now)->newest;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static void
snapshot_free(struct snapshot *s)
{
    if (s != NULL) {
        arena_free(s->arena);
        mem_free(s->part);
        mem_free(s);
    }
}

static enum rc
part_row(const struct row *row, void *ctx, struct err *err)
{
    struct snapshot *s = ctx;
    struct part *p;
    struct str text;
    struct json *document;
    enum rc rc;

    if (s->count == s->room) {
        size_t room = s->room == 0 ? 8 : s->room * 2;
        s->part = mem_grow(s->part, s->room * sizeof(*s->part), room * sizeof(*s->part));
        s->room = room;
    }
    p = &s->part[s->count];
    *p = (struct part){.own = row_int(row, 0)};
    if ((rc = row_copy_text(row, 1, s->arena, &p->region, err)) != RC_OK ||
        (rc = row_copy_text(row, 2, s->arena, &text, err)) != RC_OK ||
        (rc = json_parse(s->arena, text, JSON_UNIQUE, &document, err)) != RC_OK) {
        return rc;
    }
    p->document = document;
    s->newest = p->own > s->newest ? p->own : s->newest;
    s->count++;
    return RC_OK;
}

/* Those above are made first; regions form a tree, so this ends. */
static enum rc
make_part(const struct almanac *al, struct snapshot *s, struct part *p, struct err *err)
{
    struct part *above = part_around(al, s, p->region, true);
    struct calendar *made;
    enum rc rc = RC_OK;

    if (p->calendar != NULL) {
        return RC_OK;
    }
    if (above == NULL) {
        rc = calendar_load(s->arena, p->document, &made, err);
        p->edition = p->own;
    } else if ((rc = make_part(al, s, above, err)) == RC_OK) {
        rc = calendar_derive(s->arena, above->calendar, p->document, &made, err);
        p->edition = p->own > above->edition ? p->own : above->edition;
    }
    if (rc == RC_OK) {
        p->calendar = made;
    }
    return rc;
}

static enum rc
read_snapshot(const struct almanac *al, const struct db *db, struct snapshot **out, struct err *err)
{
    struct snapshot *s = mem_new(1, sizeof(*s));
    enum rc rc;

    s->arena = arena_new(SNAPSHOT_ARENA);
    rc = store_read(db, &CALENDARS_IN_FORCE, NO_VALUES, part_row, s, err);
    for (size_t i = 0; i < s->count && rc == RC_OK; i++) {
        rc = make_part(al, s, &s->part[i], err);
    }
    if (rc != RC_OK) {
        snapshot_free(s);
        return rc;
    }
    *out = s;
    return RC_OK;
}

enum rc
almanac_refresh(struct almanac *al, const struct db *db, bool *changed, struct err *err)
{
    struct snapshot *held = atomic_load(&al->now), *s = NULL;
    int64_t newest;
    enum rc rc = store_read_int(db, &CALENDAR_NEWEST, NO_VALUES, &newest, err);

    if (rc == RC_OK && newest != held->newest && (rc = read_snapshot(al, db, &s, err)) == RC_OK) {
        s->older = held;
        atomic_store(&al->now, s);
    }
    if (rc == RC_OK) {
        *changed = s != NULL;
    }
    return rc;
}

enum rc
almanac_open(const struct db *db, const struct region_table *regions, struct almanac **out, struct err *err)
{
    struct almanac *al = mem_new(1, sizeof(*al));
    struct snapshot *s;
    enum rc rc;

    al->regions = regions;
    if ((rc = read_snapshot(al, db, &s, err)) != RC_OK) {
        mem_free(al);
        return rc;
    }
    atomic_store(&al->now, s);
    *out = al;
    return RC_OK;
}

void
almanac_close(struct almanac *al)
{
    struct snapshot *s = al != NULL ? atomic_load(&al->now) : NULL;

    while (s != NULL) {
        struct snapshot *older = s->older;
        snapshot_free(s);
        s = older;
    }
    mem_free(al);
}

/* --- putting one in force ------------------------------------------------------------------------------------------- */

struct text_found {
    struct arena *arena;
    struct str text;
    bool is_found;
};

static enum rc
text_row(const struct row *row, void *ctx, struct err *err)
{
    struct text_found *f = ctx;

    f->is_found = true;
    return row_copy_text(row, 0, f->arena, &f->text, err);
}

/* The calendar of the land that is in force; NULL if there is none. */
static enum rc
land_in_force(struct tx *tx, struct arena *a, struct calendar **out, struct err *err)
{
    struct text_found f = {.arena = a};
    struct json *document;
    enum rc rc = tx_run(tx, &CALENDAR_IN_FORCE, VALUES(V_TEXT(STR(""))), text_row, &f, err);

    *out = NULL;
    if (rc != RC_OK || !f.is_found) {
        return rc;
    }
    rc = json_parse(a, f.text, JSON_UNIQUE, &document, err);
    return rc != RC_OK ? rc : calendar_load(a, document, out, err);
}

static enum rc
check_calendar(struct tx *tx, struct arena *a, const struct json *document, struct err *err)
{
    bool is_land = json_str(document, "region").len == 0;
    struct calendar *land, *made;
    int32_t first, end, new_first, new_end;
    enum rc rc = land_in_force(tx, a, &land, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (!is_land) {
        return land != NULL ? calendar_derive(a, land, document, &made, err)
                            : err_set(err, RC_INVALID, "calendar: the land has none that a region could differ from");
    }
    if ((rc = calendar_load(a, document, &made, err)) != RC_OK || land == NULL) {
        return rc;
    }
    calendar_span(land, &first, &end);
    calendar_span(made, &new_first, &new_end);
    if (new_first > first || new_end < end) {
        return err_problem(err, RC_CONFLICT, "calendar-changed", "calendar: %.*s leaves out years that %.*s covers",
                           STR_ARG(calendar_version(made)), STR_ARG(calendar_version(land)));
    }
    return RC_OK;
}

static enum rc
put_act(struct tx *tx, struct arena *a, const struct json *document, int64_t now_us, int64_t *index, struct err *err)
{
    struct str region = json_str(document, "region");
    struct json *detail = json_object(a);
    struct act act = {.kind = ACT_PUBLISH, .at_us = now_us, .actor = STR("system"), .detail = detail,
                      .resource = str_fmt(a, "calendar:%.*s", STR_ARG(region.len > 0 ? region : STR("land")))};
    struct act_ref ref;
    enum rc rc;

    if (detail == NULL || act.resource.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for what an act says");
    }
    json_set_text(a, detail, "version", json_str(document, "version"));
    json_set_text(a, detail, "source", json_str(document, "source"));
    if ((rc = act_add(tx, a, &act, &ref, err)) == RC_OK) {
        *index = ref.index;
    }
    return rc;
}

enum rc
almanac_put(struct tx *tx, struct arena *a, const struct json *document, int64_t now_us, bool *is_new, struct err *err)
{
    const struct str region = json_str(document, "region"), version = json_str(document, "version");
    struct text_found before = {.arena = a};
    struct str text;
    int64_t newest, act = 0;
    enum rc rc;

    if (version.len == 0 || json_str(document, "source").len == 0) {
        return err_set(err, RC_INVALID, "calendar: has no version or no source");
    }
    if ((rc = json_print(a, document, &text, err)) != RC_OK ||
        (rc = tx_run(tx, &CALENDAR_BY_VERSION, VALUES(V_TEXT(region), V_TEXT(version)), text_row, &before, err)) != RC_OK) {
        return rc;
    }
    if (before.is_found) {
        *is_new = false;
        return str_eq(before.text, text) ? RC_OK
                                         : err_problem(err, RC_CONFLICT, "calendar-changed",
                                                       "calendar: version %.*s is in force with other days", STR_ARG(version));
    }
    if (text.len > DOCUMENT_MAX) {
        return err_set(err, RC_LIMIT, "calendar: %.*s is too long", STR_ARG(version));
    }
    if ((rc = check_calendar(tx, a, document, err)) != RC_OK ||
        (rc = tx_int(tx, &CALENDAR_NEWEST, NO_VALUES, &newest, err)) != RC_OK ||
        (rc = put_act(tx, a, document, now_us, &act, err)) != RC_OK) {
        return rc;
    }
    *is_new = true;
    return tx_run(tx, &CALENDAR_ADD,
                  VALUES(V_INT(newest + 1), V_TEXT(region), V_TEXT(version), V_TEXT(text), V_INT(now_us), V_INT(act)), NULL, NULL,
                  err);
}

struct taking {
    struct arena *arena;
    const struct json *document;
    int64_t now_us;
    bool is_new;
};

static enum rc
take_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct taking *t = ctx;

    return almanac_put(tx, t->arena, t->document, t->now_us, &t->is_new, err);
}

enum rc
almanac_take(const struct db *db, struct arena *a, const struct json *document, int64_t now_us, bool *is_new, struct err *err)
{
    struct taking t = {.arena = a, .document = document, .now_us = now_us};
    struct text_found before = {.arena = a};
    struct str text;
    enum rc rc = json_print(a, document, &text, err);

    if (rc == RC_OK) {
        rc = store_read(db, &CALENDAR_BY_VERSION, VALUES(V_TEXT(json_str(document, "region")), V_TEXT(json_str(document, "version"))),
                        text_row, &before, err);
    }
    if (rc == RC_OK && !(before.is_found && str_eq(before.text, text))) {
        rc = store_write(db, take_tx, &t, err);
    }
    if (rc == RC_OK) {
        *is_new = t.is_new;
    }
    return rc;
}

/* --- for people --------------------------------------------------------------------------------------------------------- */

struct listing {
    struct arena *arena;
    struct json *json;
    int offset_minutes;
};

static enum rc
list_row(const struct row *row, void *ctx, struct err *err)
{
    struct listing *l = ctx;
    struct json *d = json_object(l->arena);

    (void)err;
    json_set_int(l->arena, d, "edition", row_int(row, 0));
    json_set_text(l->arena, d, "region", row_text(row, 1));
    json_set_text(l->arena, d, "version", row_text(row, 2));
    json_set_text(l->arena, d, "put", instant_text(l->arena, row_int(row, 3), l->offset_minutes));
    json_set_int(l->arena, d, "act", row_int(row, 4));
    json_push(l->json, d);
    return RC_OK;
}

enum rc
almanac_list(const struct db *db, struct arena *a, int limit, int offset_minutes, struct json **out, struct err *err)
{
    struct listing l = {a, json_array(a), offset_minutes};
    enum rc rc = store_read(db, &CALENDARS, VALUES(V_INT(limit)), list_row, &l, err);

    if (rc == RC_OK && (rc = json_whole(l.json, err)) == RC_OK) {
        *out = l.json;
    }
    return rc;
}
