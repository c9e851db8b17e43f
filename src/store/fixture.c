#include "store/fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "store/driver.h"

static const char prefix[] = "postgres:";

enum { SCRATCH_MAX = 40, ORIGINAL_MAX = 64 << 20 };

static _Noreturn void
give_up(const char *what, const char *why)
{
    (void)fprintf(stderr, "fixture: %s: %s\n", what, why);
    exit(1);
}

static const char *
postgres_where(void)
{
    const char *where = getenv("ZT_POSTGRES");

    return where != NULL && strncmp(where, prefix, sizeof(prefix) - 1) == 0
               ? where + sizeof(prefix) - 1
               : NULL;
}

bool
fixture_has_postgres(void)
{
    const char *ci = getenv("CI");

    if (postgres_where() != NULL) {
        return true;
    }
    (void)printf("ZT_POSTGRES is not set: on SQLite only\n");
    if (ci != NULL && strcmp(ci, "true") == 0) {
        give_up("CI=true", "PostgreSQL is needed");
    }
    return false;
}

static PGconn *
postgres_connect(const char *where)
{
    PGconn *c = PQconnectdb(where);

    if (PQstatus(c) != CONNECTION_OK) {
        give_up(where, PQerrorMessage(c));
    }
    return c;
}

static int64_t
postgres_do(PGconn *c, const char *sql)
{
    PGresult *r = PQexec(c, sql);
    int64_t value = 0;

    if (PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1) {
        value = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
    } else if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK) {
        give_up(sql, PQerrorMessage(c));
    }
    PQclear(r);
    return value;
}

static int64_t
postgres_run(const char *where, const char *sql)
{
    PGconn *c = postgres_connect(where);
    int64_t value = postgres_do(c, sql);

    PQfinish(c);
    return value;
}

/*
 * Copied as files, which is quick where the server does not wait for the disk: the other way, through its log, takes ten times
 * as long.  Before PostgreSQL 15 there is no other way, and no word for it.
 */
static void
postgres_copy(const char *name, const char *original)
{
    PGconn *c = postgres_connect(postgres_where());
    bool has_word = PQserverVersion(c) >= 150000;
    char sql[300];

    (void)snprintf(sql, sizeof(sql), "CREATE DATABASE \"%s\" TEMPLATE \"%s\" ENCODING 'UTF8' LOCALE 'C'%s", name,
                   original, has_word ? " STRATEGY FILE_COPY" : "");
    (void)postgres_do(c, sql);
    PQfinish(c);
}

/* A folder, and the names in it; nothing lies there yet. */
static void
choose_place(struct fixture *f, enum fixture_kind kind)
{
    const char *scratch = getenv("ZT_SCRATCH");

    /* Nobody waits so long, unless the machine stands still meanwhile. */
    *f = (struct fixture){.config = {.readers = 2, .queue_max = 1000, .busy_ms = 60000}};
    if (scratch == NULL || strlen(scratch) > SCRATCH_MAX) {
        scratch = "/tmp";
    }
    (void)snprintf(f->folder, sizeof(f->folder), "%s/zt-store-XXXXXX", scratch);
    if (mkdtemp(f->folder) == NULL) {
        give_up("mkdtemp", f->folder);
    }
    if (kind == FIXTURE_POSTGRES) {
        (void)snprintf(f->database, sizeof(f->database), "zt_%s", strrchr(f->folder, '-') + 1);
        (void)snprintf(f->where, sizeof(f->where), "%s%s dbname=%s", prefix, postgres_where(),
                       f->database);
    } else {
        (void)snprintf(f->where, sizeof(f->where), "%s/store.db", f->folder);
    }
    f->config.where = f->where;
}

void
fixture_make(struct fixture *f, enum fixture_kind kind)
{
    choose_place(f, kind);
    if (kind == FIXTURE_POSTGRES) {
        postgres_copy(f->database, "template0");
    }
}

void
fixture_open(struct fixture *f)
{
    struct err err;

    if (store_open(&f->config, &f->db.store, &err) != RC_OK) {
        give_up(f->where, err.text);
    }
}

void
fixture_close(struct fixture *f)
{
    store_close(f->db.store);
    f->db.store = NULL;
}

/* With the folders below it. */
static void
empty_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    char path[400];

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        bool is_link_up = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (!is_link_up && unlink(path) != 0) {
            empty_folder(path);
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    (void)rmdir(folder);
}

void
fixture_remove(struct fixture *f)
{
    char sql[200];

    fixture_close(f);
    if (f->database[0] != '\0') {
        (void)snprintf(sql, sizeof(sql), "DROP DATABASE \"%s\" WITH (FORCE)", f->database);
        (void)postgres_run(postgres_where(), sql);
    }
    empty_folder(f->folder);
}

static int64_t
sqlite_run(const char *where, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *stmt = NULL;
    int64_t value = 0;

    if (sqlite3_open(where, &db) != SQLITE_OK) {
        give_up(where, sqlite3_errmsg(db));
    }
    (void)sqlite3_busy_timeout(db, 5000);
    for (const char *rest = sql; *rest != '\0';) {
        if (sqlite3_prepare_v2(db, rest, -1, &stmt, &rest) != SQLITE_OK) {
            give_up(sql, sqlite3_errmsg(db));
        }
        int code = stmt == NULL ? SQLITE_DONE : sqlite3_step(stmt);
        if (code == SQLITE_ROW) {
            value = sqlite3_column_int64(stmt, 0);
        } else if (code != SQLITE_DONE) {
            give_up(sql, sqlite3_errmsg(db));
        }
        (void)sqlite3_finalize(stmt);
    }
    (void)sqlite3_close(db);
    return value;
}

void
fixture_sql(const struct fixture *f, const char *sql)
{
    (void)fixture_int(f, sql);
}

int64_t
fixture_int(const struct fixture *f, const char *sql)
{
    return f->database[0] != '\0' ? postgres_run(f->where + sizeof(prefix) - 1, sql)
                                  : sqlite_run(f->where, sql);
}

/* --- copies of a store that has been migrated -------------------------------------------------------------- */

/* FNV-1a, against accidents. */
static uint64_t
sum_text(uint64_t sum, const char *text)
{
    for (; *text != '\0'; text++) {
        sum = (sum ^ (unsigned char)*text) * 1099511628211u;
    }
    return sum;
}

/* Of the schema that this program makes: a server that outlives one build keeps an original for each. */
static void
name_original(char *name, size_t size)
{
    uint64_t sum = sum_text(14695981039346656037u, migrate_own_tables(true));

    for (int i = 0; i < migration_table_count; i++) {
        sum = sum_text(sum, migration_table[i].postgres);
    }
    (void)snprintf(name, size, "zt_original_%016llx", (unsigned long long)sum);
}

/*
 * Made by the first who needs it, while others wait for the lock.  It gets its name when it is complete: what a process left that
 * died in the middle is thrown away by the next.
 */
static void
make_original(const char *name)
{
    PGconn *c = postgres_connect(postgres_where());
    struct fixture half = {.config = {.readers = 1, .queue_max = 1, .busy_ms = 60000}};
    char sql[200];

    (void)postgres_do(c, "SET client_min_messages = warning; SELECT pg_advisory_lock(20260501)");
    (void)snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM pg_database WHERE datname = '%s'", name);
    if (postgres_do(c, sql) == 0) {
        (void)snprintf(sql, sizeof(sql), "DROP DATABASE IF EXISTS \"%s_half\" WITH (FORCE)", name);
        (void)postgres_do(c, sql);
        (void)snprintf(half.database, sizeof(half.database), "%.58s_half", name);
        (void)snprintf(half.where, sizeof(half.where), "%s%s dbname=%s", prefix, postgres_where(),
                       half.database);
        half.config.where = half.where;
        postgres_copy(half.database, "template0");
        fixture_open(&half);
        fixture_close(&half);
        (void)snprintf(sql, sizeof(sql), "ALTER DATABASE \"%s_half\" RENAME TO \"%s\"", name, name);
        (void)postgres_do(c, sql);
    }
    PQfinish(c); /* and the lock with it */
}

static void
copy_postgres(const struct fixture *f)
{
    static char original[64];

    if (original[0] == '\0') {
        name_original(original, sizeof(original));
        make_original(original);
    }
    postgres_copy(f->database, original);
}

/* The file is made once in a process, and stays in its memory. */
static void
copy_sqlite(const struct fixture *f)
{
    static struct arena *arena;
    static struct str original;
    int fd;

    if (arena == NULL) {
        struct fixture first;
        struct err err;
        arena = arena_new(ORIGINAL_MAX);
        fixture_make(&first, FIXTURE_SQLITE);
        fixture_open(&first);
        fixture_close(&first);
        if (file_read(arena, first.where, ORIGINAL_MAX / 2, &original, &err) != RC_OK) {
            give_up(first.where, err.text);
        }
        fixture_remove(&first);
    }
    fd = open(f->where, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, original.ptr, original.len) != (ssize_t)original.len || close(fd) != 0) {
        give_up(f->where, "cannot be written");
    }
}

void
fixture_new(struct fixture *f, enum fixture_kind kind)
{
    choose_place(f, kind);
    if (kind == FIXTURE_POSTGRES) {
        copy_postgres(f);
    } else {
        copy_sqlite(f);
    }
    fixture_open(f);
}

bool
fixture_refuses(const struct fixture *f, const char *sql)
{
    bool refuses;

    if (f->database[0] != '\0') {
        PGconn *c = postgres_connect(f->where + sizeof(prefix) - 1);
        PGresult *r = PQexec(c, sql);
        const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
        refuses = state != NULL && strncmp(state, "23", 2) == 0; /* integrity constraint violations */
        PQclear(r);
        PQfinish(c);
    } else {
        sqlite3 *db;
        if (sqlite3_open(f->where, &db) != SQLITE_OK) {
            give_up(f->where, sqlite3_errmsg(db));
        }
        (void)sqlite3_busy_timeout(db, 5000);
        refuses = sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_CONSTRAINT;
        (void)sqlite3_close(db);
    }
    return refuses;
}
