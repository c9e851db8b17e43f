/*
 * The folder is read again only when something in it looks different (names, sizes, times), so that a turn in which nothing happened costs a
 * few stats.
 */
#include "main/timekeeping.h"

#include <dirent.h>
#include <sys/stat.h>

#include "base/asset.h"
#include "base/file.h"
#include "base/mem.h"
#include "crypto/hash.h"

enum { TABLE_ARENA = 16 << 20, FILE_MAX = 1 << 20, FILES_MAX = 1000, LOOK_MAX = 1 << 20 };

struct timekeeping {
    struct timekeeping_config config;
    struct arena *arena; /* of the table of limits */
    struct timelimits *limits;
    struct almanac *almanac;
    struct timekeeper keeper;
    struct watch_round round;
    struct hash seen; /* how the folder looked */
};

static const char folder_of_assets[] = "demo/calendar/";

struct documents {
    const struct json *document[FILES_MAX];
    struct str name[FILES_MAX];
    size_t count;
};

static enum rc
add_document(struct arena *a, struct documents *d, struct str name, struct str text, struct err *err)
{
    struct json *document;
    struct err why;
    enum rc rc = json_parse(a, text, JSON_UNIQUE, &document, &why);

    if (rc != RC_OK) {
        return err_set(err, rc, "%.*s: %s", STR_ARG(name), why.text);
    }
    if (d->count == FILES_MAX) {
        return err_set(err, RC_LIMIT, "more than %d calendars", FILES_MAX);
    }
    d->name[d->count] = name;
    d->document[d->count++] = document;
    return RC_OK;
}

static bool
has_name(const struct documents *d, struct str name)
{
    for (size_t i = 0; i < d->count; i++) {
        if (str_eq(d->name[i], name)) {
            return true;
        }
    }
    return false;
}

/* --- the folder ----------------------------------------------------------------------------------------------------- */

static const char *
folder_path(const struct timekeeping *t, struct arena *a, const char *name)
{
    return str_c(a, str_fmt(a, "%s/calendar/%s", t->config.data, name));
}

typedef enum rc (*file_fn)(struct arena *a, const char *path, const char *name, void *ctx, struct err *err);

/* Calls fn for each file of the folder; a folder that is not there holds none. */
static enum rc
each_file(const struct timekeeping *t, struct arena *a, file_fn fn, void *ctx, struct err *err)
{
    const char *folder = folder_path(t, a, "");
    DIR *dir = folder != NULL ? opendir(folder) : NULL;
    enum rc rc = RC_OK;

    for (struct dirent *e; dir != NULL && rc == RC_OK && (e = readdir(dir)) != NULL;) {
        if (str_ends(str_of(e->d_name), STR(".json"))) {
            const char *path = folder_path(t, a, e->d_name);
            rc = path != NULL ? fn(a, path, e->d_name, ctx, err) : err_set(err, RC_LIMIT, "no room for the name of a file");
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return rc;
}

static enum rc
look_at(struct arena *a, const char *path, const char *name, void *ctx, struct err *err)
{
    struct hash *look = ctx; /* of all files together, whatever their order */
    struct stat st;

    (void)err;
    if (stat(path, &st) == 0) { /* else it went away meanwhile */
        struct str text = str_fmt(a, "%s %lld %lld %lld %lld", name, (long long)st.st_size, (long long)st.st_mtim.tv_sec,
                                  (long long)st.st_mtim.tv_nsec, (long long)st.st_ino);
        struct hash h = hash_sha256(text);
        for (size_t i = 0; i < HASH_BYTES; i++) {
            look->bytes[i] ^= h.bytes[i];
        }
    }
    return RC_OK;
}

static enum rc
read_file(struct arena *a, const char *path, const char *name, void *ctx, struct err *err)
{
    struct str text, kept;
    enum rc rc = file_read(a, path, FILE_MAX, &text, err);

    if (rc != RC_OK || (rc = str_copy(a, str_of(name), &kept, err)) != RC_OK) {
        return rc;
    }
    return add_document(a, ctx, kept, text, err);
}

/* What the binary brings, but for names that the folder has too. */
static enum rc
read_assets(struct arena *a, struct documents *d, struct err *err)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; i < asset_table_count && rc == RC_OK; i++) {
        struct str path = str_of(asset_table[i].path);
        struct str name = str_from(path, sizeof(folder_of_assets) - 1);
        if (str_starts(path, str_of(folder_of_assets)) && !has_name(d, name)) {
            rc = add_document(a, d, name, asset_text(&asset_table[i]), err);
        }
    }
    return rc;
}

/* The land's own come first: a region's differ from it. */
static enum rc
take_all(const struct db *db, struct arena *a, const struct documents *d, int64_t now_us, struct err *err)
{
    for (int regional = 0; regional < 2; regional++) {
        for (size_t i = 0; i < d->count; i++) {
            bool is_new;
            struct err why;
            if ((json_str(d->document[i], "region").len > 0) != (regional == 1)) {
                continue;
            }
            enum rc rc = almanac_take(db, a, d->document[i], now_us, &is_new, &why);
            if (rc != RC_OK) {
                return err_set(err, rc, "%.*s: %s", STR_ARG(d->name[i]), why.text);
            }
        }
    }
    return RC_OK;
}

static enum rc
take_calendars(struct timekeeping *t, const struct db *db, struct arena *a, int64_t now_us, struct err *err)
{
    struct documents *d = arena_alloc(a, 1, sizeof(*d));
    enum rc rc;

    if (d == NULL) {
        return err_set(err, RC_LIMIT, "no room for calendars");
    }
    t->seen = (struct hash){{0}};
    if ((rc = each_file(t, a, look_at, &t->seen, err)) != RC_OK || (rc = each_file(t, a, read_file, d, err)) != RC_OK ||
        (rc = read_assets(a, d, err)) != RC_OK) {
        return rc;
    }
    return take_all(db, a, d, now_us, err);
}

/* --- opening, turning --------------------------------------------------------------------------------------------------- */

static enum rc
load_limits(struct timekeeping *t, struct err *err)
{
    const char *path = str_c(t->arena, str_fmt(t->arena, "%s/clocks.json", t->config.data));
    struct json *document;
    struct str text;
    enum rc rc = path != NULL ? file_read(t->arena, path, TABLE_ARENA, &text, err) : err_set(err, RC_LIMIT, "no room for a path");

    if (rc == RC_OK) {
        rc = json_parse(t->arena, text, JSON_UNIQUE, &document, err);
    } else if (rc == RC_NOT_FOUND) {
        rc = asset_json(t->arena, "demo/clocks.json", &document, err);
    }
    return rc != RC_OK ? rc : timelimits_load(t->arena, document, &t->limits, err);
}

enum rc
timekeeping_open(const struct timekeeping_config *config, const struct db *db, int64_t now_us, struct timekeeping **out, struct err *err)
{
    struct timekeeping *t = mem_new(1, sizeof(*t));
    struct arena *scratch = arena_new(TABLE_ARENA);
    enum rc rc;

    t->config = *config;
    t->arena = arena_new(TABLE_ARENA);
    if ((rc = load_limits(t, err)) == RC_OK && (rc = take_calendars(t, db, scratch, now_us, err)) == RC_CONFLICT) {
        rc = RC_OK; /* the store goes by other days than the file of the same version: it keeps them */
        if (config->log != NULL) {
            log_failure(config->log, "calendar", RC_CONFLICT, err);
        }
    }
    if (rc == RC_OK) {
        rc = almanac_open(db, config->regions, &t->almanac, err);
    }
    arena_free(scratch);
    if (rc != RC_OK) {
        timekeeping_close(t);
        return rc;
    }
    t->keeper = (struct timekeeper){t->limits, t->almanac, config->offset_minutes};
    *out = t;
    return RC_OK;
}

const struct timekeeper *
timekeeping_keeper(const struct timekeeping *t)
{
    return &t->keeper;
}

enum rc
timekeeping_turn(struct timekeeping *t, const struct db *db, struct arena *a, int64_t now_us, bool *more, struct err *err)
{
    struct hash look = {{0}};
    bool changed;
    enum rc rc = each_file(t, a, look_at, &look, err);

    if (rc == RC_OK && !hash_eq(&look, &t->seen)) {
        struct err wrong;
        if ((rc = take_calendars(t, db, a, now_us, &wrong)) != RC_OK && t->config.log != NULL) {
            log_failure(t->config.log, "calendar", rc, &wrong);
        }
        rc = RC_OK;
    }
    if (rc == RC_OK) {
        rc = almanac_refresh(t->almanac, db, &changed, err);
    }
    return rc != RC_OK ? rc : timekeeper_recompute(db, a, &t->keeper, now_us, &t->round, more, err);
}

void
timekeeping_close(struct timekeeping *t)
{
    if (t != NULL) {
        almanac_close(t->almanac);
        arena_free(t->arena);
        mem_free(t);
    }
}
