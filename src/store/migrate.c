/*
 * Migrations: numbered files that run once each, in a transaction together with the row that says so.
 *
 * store_migration keeps a checksum of the text, so that a file edited after it ran is noticed instead of leaving
 * two installations with different schemas and the same number.  A store that has a migration this
 * program does not know was made by a newer program and is left alone.
 */
#include "store/driver.h"

static const char table_sqlite[] =
    "CREATE TABLE IF NOT EXISTS store_migration ("
    "number INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL, checksum INTEGER NOT NULL) STRICT;"
    /* settle's row: something to write when nothing is to be changed */
    "CREATE TABLE IF NOT EXISTS store_mark (number INTEGER PRIMARY KEY NOT NULL, "
    "times INTEGER NOT NULL) STRICT;"
    "INSERT INTO store_mark (number, times) VALUES (1, 0) ON CONFLICT DO NOTHING;";

static const char table_postgres[] =
    "CREATE TABLE IF NOT EXISTS store_migration ("
    "number BIGINT PRIMARY KEY NOT NULL, name TEXT NOT NULL, checksum BIGINT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS store_mark (number BIGINT PRIMARY KEY NOT NULL, "
    "times BIGINT NOT NULL);"
    "INSERT INTO store_mark (number, times) VALUES (1, 0) ON CONFLICT DO NOTHING;";

/* FNV-1a: against accidents, not against anybody.  Blanks do not count: the text may be laid out anew. */
static int64_t
checksum(const char *text)
{
    uint64_t h = 14695981039346656037u;

    for (; *text != '\0'; text++) {
        if (*text != ' ' && *text != '\n' && *text != '\t') {
            h = (h ^ (unsigned char)*text) * 1099511628211u;
        }
    }
    return (int64_t)(h >> 1);
}

struct walk {
    const struct store_config *config;
    int done; /* how many of config's are in the store */
    uint64_t applied[16]; /* a bit for each of config's migrations */
};

enum { MIGRATIONS_MAX = 1024 };

static bool
is_applied(const struct walk *walk, int i)
{
    return (walk->applied[i / 64] >> (i % 64) & 1) != 0;
}

const char *
migrate_own_tables(bool postgres)
{
    return postgres ? table_postgres : table_sqlite;
}

enum rc
migrate_known(const struct store_config *config, int64_t number, struct str name, int64_t sum,
              int *place, struct err *err)
{
    int i;

    for (i = 0; i < config->migration_count && config->migrations[i].number != number; i++) {
        /* Keep looking. */
    }
    if (i == config->migration_count) {
        return err_problem(err, RC_CONFLICT, "store-newer",
                           "migration %lld (%.*s) is unknown here: it was made by a newer program",
                           (long long)number, STR_ARG(name));
    }
    if (sum != checksum(config->migrations[i].sqlite)) {
        return err_problem(err, RC_CONFLICT, "migration-changed",
                           "%s was changed after it had run", config->migrations[i].name);
    }
    *place = i;
    return RC_OK;
}

static enum rc
known_migration(const struct row *row, void *ctx, struct err *err)
{
    struct walk *walk = ctx;
    int i = 0;
    enum rc rc = migrate_known(walk->config, row_int(row, 0), row_text(row, 1), row_int(row, 2), &i,
                               err);

    if (rc == RC_OK) {
        walk->applied[i / 64] |= UINT64_C(1) << (i % 64);
        walk->done++;
    }
    return rc;
}

static enum rc
apply(const struct driver *d, struct conn *c, const struct migration *m, struct err *err)
{
    static const char note_sqlite[] =
        "INSERT INTO store_migration (number, name, checksum) VALUES (?1, ?2, ?3)";
    static const char note_postgres[] =
        "INSERT INTO store_migration (number, name, checksum) VALUES ($1, $2, $3)";
    struct err why, second;
    enum rc rc = d->control(c, CONTROL_BEGIN, err);

    if (rc != RC_OK) {
        return rc;
    }
    rc = d->script(c, d->postgres ? m->postgres : m->sqlite, &why);
    if (rc == RC_OK) {
        rc = d->query(c, d->postgres ? note_postgres : note_sqlite,
                      VALUES(V_INT(m->number), V_TEXT(str_of(m->name)), V_INT(checksum(m->sqlite))),
                      NULL, NULL, &why);
    }
    if (rc == RC_OK) {
        rc = d->control(c, CONTROL_COMMIT, &why);
    }
    if (rc != RC_OK) {
        (void)d->control(c, CONTROL_ROLLBACK, &second);
        return err_set(err, rc, "migration %s: %.180s", m->name, why.text);
    }
    return RC_OK;
}

enum rc
migrate(const struct driver *d, struct conn *c, const struct store_config *config, struct err *err)
{
    static const char list[] = "SELECT number, name, checksum FROM store_migration ORDER BY number";
    struct walk walk = {.config = config};
    enum rc rc = RC_OK;

    CHECK(config->migration_count <= MIGRATIONS_MAX);
    if (!config->reading_only) {
        rc = d->script(c, migrate_own_tables(d->postgres), err);
    }
    rc = rc == RC_OK ? d->query(c, list, NO_VALUES, known_migration, &walk, err) : rc;
    if (rc == RC_OK && config->reading_only && walk.done < config->migration_count) {
        return err_problem(err, RC_CONFLICT, "store-older",
                           "the store lacks %d migrations of this program: start the node once",
                           config->migration_count - walk.done);
    }
    for (int i = 0; rc == RC_OK && i < config->migration_count; i++) {
        if (!is_applied(&walk, i)) {
            rc = apply(d, c, &config->migrations[i], err);
        }
    }
    return rc;
}
