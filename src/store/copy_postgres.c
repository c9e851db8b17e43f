/*
 * Rows between PostgreSQL and a backup file, by COPY in its binary format: a field is a length and then an
 * eight-byte number, or the text or bytes as they are, which is also how SQLite hands them over.
 *
 * Reading is one REPEATABLE READ transaction, so all tables are of one moment, and nobody waits for it.
 *
 * Restoring makes the schema by the migrations that the backup had, takes the foreign keys off, fills the tables,
 * puts the keys on again (which checks every row), and commits once.  Without that detour the tables
 * would have to come in an order that cycles and trees do not have.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "store/copy.h"
#include "store/postgres.h"

enum { SEND_BYTES = 65536 };

static const unsigned char signature[] = "PGCOPY\n\377\r\n"; /* with its final NUL: 11 bytes */
enum { HEAD_BYTES = 11 + 4 + 4 };

static enum rc
run(PGconn *pg, const char *sql, PGresult **out, struct err *err)
{
    PGresult *r;
    ExecStatusType status;
    enum rc rc = RC_OK;

    if (sql == NULL) {
        return err_set(err, RC_LIMIT, "the schema is larger than a backup can describe");
    }
    r = PQexec(pg, sql);
    status = PQresultStatus(r);
    if (status == PGRES_COPY_OUT || status == PGRES_COPY_IN) {
        CHECK(out == NULL);
    } else if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        rc = postgres_failure(pg, r, "copy", err);
    }
    if (rc == RC_OK && out != NULL) {
        *out = r;
    } else {
        PQclear(r);
    }
    return rc;
}

static enum rc
run_int(PGconn *pg, const char *sql, int64_t *out, struct err *err)
{
    PGresult *r = NULL;
    enum rc rc = run(pg, sql, &r, err);

    if (rc == RC_OK && (PQntuples(r) != 1 || !str_to_int(str_of(PQgetvalue(r, 0, 0)), out))) {
        rc = err_set(err, RC_CORRUPT, "not a number: %.100s", sql);
    }
    PQclear(r);
    return rc;
}

/* For each row of a query of texts, the statement that row_sql makes of it. */
static enum rc
run_each(PGconn *pg, const char *query, struct arena *a,
         const char *(*row_sql)(struct arena *a, const PGresult *r, int row), struct err *err)
{
    PGresult *r = NULL;
    enum rc rc = run(pg, query, &r, err);

    for (int i = 0; rc == RC_OK && i < PQntuples(r); i++) {
        rc = run(pg, row_sql(a, r, i), NULL, err);
    }
    PQclear(r);
    return rc;
}

/* --- out of PostgreSQL ----------------------------------------------------------------------- */

static uint64_t
take(const unsigned char **at, int bytes)
{
    uint64_t v = 0;

    for (int i = 0; i < bytes; i++) {
        v = v << 8 | *(*at)++;
    }
    return v;
}

/* One message of COPY is one row.  It comes from our own server, but its lengths are checked all the same. */
static enum rc
store_row(sqlite3 *file, sqlite3_stmt *stmt, const struct copy_table *t, const unsigned char *at,
          const unsigned char *end, struct err *err)
{
    int code = SQLITE_OK;

    if (end - at < 2 || (int)take(&at, 2) != t->count) {
        return err_set(err, RC_CORRUPT, "table %s: a row of another shape", t->name);
    }
    for (int i = 0; code == SQLITE_OK && i < t->count; i++) {
        int length = end - at >= 4 ? (int32_t)take(&at, 4) : -2;
        if (length < -1 || length > end - at || (t->kinds[i] == 'I' && length != 8 && length != -1)) {
            return err_set(err, RC_CORRUPT, "table %s: column %d is no %c", t->name, i + 1, t->kinds[i]);
        }
        if (length == -1) {
            code = sqlite3_bind_null(stmt, i + 1);
            continue;
        }
        if (t->kinds[i] == 'I') {
            code = sqlite3_bind_int64(stmt, i + 1, (int64_t)take(&at, 8));
            continue;
        }
        code = t->kinds[i] == 'T'
                   ? sqlite3_bind_text(stmt, i + 1, (const char *)at, length, SQLITE_STATIC)
                   : sqlite3_bind_blob(stmt, i + 1, at, length, SQLITE_STATIC);
        at += length;
    }
    if (code != SQLITE_OK || sqlite3_step(stmt) != SQLITE_DONE || sqlite3_reset(stmt) != SQLITE_OK) {
        return sqlite_failure(file, t->name, err);
    }
    return RC_OK;
}

static enum rc
receive_rows(PGconn *pg, sqlite3 *file, sqlite3_stmt *stmt, const struct copy_table *t,
             struct err *err)
{
    enum rc rc = RC_OK;
    bool first = true;
    char *message;
    int length;

    while ((length = PQgetCopyData(pg, &message, 0)) > 0) {
        const unsigned char *at = (const unsigned char *)message, *end = at + length;
        if (first && (length < HEAD_BYTES || memcmp(at, signature, 11) != 0)) {
            rc = err_set(err, RC_CORRUPT, "COPY began with something else");
        }
        at += first ? HEAD_BYTES : 0;
        first = false;
        /* The last message is a count of -1; the rest is read even after a failure, to leave COPY. */
        if (rc == RC_OK && !(end - at == 2 && at[0] == 0xFF && at[1] == 0xFF)) {
            rc = store_row(file, stmt, t, at, end, err);
        }
        PQfreemem(message);
    }
    for (PGresult *r = PQgetResult(pg); r != NULL; r = PQgetResult(pg)) {
        if (rc == RC_OK && PQresultStatus(r) != PGRES_COMMAND_OK) {
            rc = postgres_failure(pg, r, t->name, err);
        }
        PQclear(r);
    }
    return rc;
}

static enum rc
fetch_table(PGconn *pg, sqlite3 *file, struct arena *a, const struct copy_table *t, struct err *err)
{
    const char *insert =
        str_fmt(a, "INSERT INTO \"%s\" (%s) VALUES (%s)", t->name, t->columns, t->places).ptr;
    const char *copy =
        str_fmt(a, "COPY (SELECT %s FROM \"%s\") TO STDOUT (FORMAT binary)", t->columns, t->name).ptr; /* it may be in partitions */
    sqlite3_stmt *stmt = NULL;
    enum rc rc = copy_exec(file, str_fmt(a, "DELETE FROM \"%s\"", t->name).ptr, err);

    if (rc == RC_OK && sqlite3_prepare_v2(file, insert, -1, &stmt, NULL) != SQLITE_OK) {
        rc = sqlite_failure(file, t->name, err);
    }
    rc = rc == RC_OK ? run(pg, copy, NULL, err) : rc;
    rc = rc == RC_OK ? receive_rows(pg, file, stmt, t, err) : rc;
    (void)sqlite3_finalize(stmt);
    return rc;
}

/* The schema as it is there: by those migrations that PostgreSQL has had. */
static enum rc
make_schema(PGconn *pg, const struct store_config *config, sqlite3 *file, struct err *err)
{
    PGresult *r = NULL;
    enum rc rc = copy_exec(file, migrate_own_tables(false), err);

    rc = rc == RC_OK ? run(pg, "SELECT number, name, checksum FROM store_migration ORDER BY number", &r, err)
                     : rc;
    for (int i = 0; rc == RC_OK && i < PQntuples(r); i++) {
        int64_t number = 0, sum = 0;
        int place = 0;
        (void)str_to_int(str_of(PQgetvalue(r, i, 0)), &number);
        (void)str_to_int(str_of(PQgetvalue(r, i, 2)), &sum);
        rc = migrate_known(config, number, str_of(PQgetvalue(r, i, 1)), sum, &place, err);
        rc = rc == RC_OK ? copy_exec(file, config->migrations[place].sqlite, err) : rc;
    }
    PQclear(r);
    return rc;
}

enum rc
copy_from_postgres(const struct store_config *config, sqlite3 *file, struct arena *a,
                   struct err *err)
{
    struct copy_tables list;
    PGconn *pg = NULL;
    enum rc rc = postgres_connect(config->where, false, &pg, err);

    rc = rc == RC_OK ? run(pg, "SET statement_timeout = 0; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL,
                           err)
                     : rc;
    rc = rc == RC_OK ? copy_exec(file, "PRAGMA foreign_keys = OFF; BEGIN", err) : rc;
    rc = rc == RC_OK ? make_schema(pg, config, file, err) : rc;
    rc = rc == RC_OK ? copy_list(file, a, &list, err) : rc;
    for (int i = 0; rc == RC_OK && i < list.count; i++) {
        rc = fetch_table(pg, file, a, &list.table[i], err);
    }
    rc = rc == RC_OK ? copy_exec(file, "COMMIT", err) : rc;
    PQfinish(pg);
    return rc;
}

/* --- into PostgreSQL ------------------------------------------------------------------------- */

struct sender {
    PGconn *pg;
    size_t used;
    char bytes[SEND_BYTES];
};

static bool
send_now(struct sender *s)
{
    bool sent = s->used == 0 || PQputCopyData(s->pg, s->bytes, (int)s->used) == 1;

    s->used = 0;
    return sent;
}

static bool
put(struct sender *s, const void *bytes, size_t count)
{
    if (s->used + count > sizeof(s->bytes) && !send_now(s)) {
        return false;
    }
    if (count > sizeof(s->bytes)) {
        return count <= INT32_MAX && PQputCopyData(s->pg, bytes, (int)count) == 1;
    }
    if (count > 0) {
        memcpy(s->bytes + s->used, bytes, count);
    }
    s->used += count;
    return true;
}

static bool
put_number(struct sender *s, int64_t number, int bytes)
{
    char out[8];

    for (int i = 0; i < bytes; i++) {
        out[i] = (char)((uint64_t)number >> (8 * (bytes - 1 - i)));
    }
    return put(s, out, (size_t)bytes);
}

static bool
put_value(struct sender *s, sqlite3_stmt *stmt, int column)
{
    const void *bytes;
    int length;

    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_NULL: return put_number(s, -1, 4);
    case SQLITE_INTEGER:
        return put_number(s, 8, 4) && put_number(s, sqlite3_column_int64(stmt, column), 8);
    default:
        bytes = sqlite3_column_type(stmt, column) == SQLITE_TEXT
                    ? (const void *)sqlite3_column_text(stmt, column)
                    : sqlite3_column_blob(stmt, column);
        length = sqlite3_column_bytes(stmt, column);
        return put_number(s, length, 4) && put(s, bytes, (size_t)length);
    }
}

static enum rc
send_rows(struct sender *s, sqlite3 *file, sqlite3_stmt *stmt, const struct copy_table *t,
          struct err *err)
{
    bool sent = put(s, signature, 11) && put_number(s, 0, 8);
    int code = SQLITE_DONE;
    enum rc rc = RC_OK;

    while (sent && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        sent = put_number(s, t->count, 2);
        for (int i = 0; sent && i < t->count; i++) {
            sent = put_value(s, stmt, i);
        }
    }
    if (code != SQLITE_DONE && code != SQLITE_ROW) {
        rc = sqlite_failure(file, t->name, err);
    }
    sent = sent && put_number(s, -1, 2) && send_now(s);
    (void)PQputCopyEnd(s->pg, sent && rc == RC_OK ? NULL : "the backup could not be read");
    for (PGresult *r = PQgetResult(s->pg); r != NULL; r = PQgetResult(s->pg)) {
        if (rc == RC_OK && PQresultStatus(r) != PGRES_COMMAND_OK) {
            rc = postgres_failure(s->pg, r, t->name, err);
        }
        PQclear(r);
    }
    return rc;
}

static enum rc
send_table(PGconn *pg, sqlite3 *file, struct arena *a, const struct copy_table *t, struct err *err)
{
    const char *copy =
        str_fmt(a, "COPY \"%s\" (%s) FROM STDIN (FORMAT binary)", t->name, t->columns).ptr;
    const char *select = str_fmt(a, "SELECT %s FROM \"%s\" NOT INDEXED", t->columns, t->name).ptr;
    const char *count = str_fmt(a, "SELECT COUNT(*) FROM \"%s\"", t->name).ptr;
    struct sender *s = mem_new(1, sizeof(*s));
    int64_t there = 0, here = 0;
    sqlite3_stmt *stmt = NULL;
    enum rc rc = RC_OK;

    s->pg = pg;
    if (select == NULL || sqlite3_prepare_v2(file, select, -1, &stmt, NULL) != SQLITE_OK) {
        rc = sqlite_failure(file, t->name, err);
    }
    rc = rc == RC_OK ? run(pg, copy, NULL, err) : rc;
    rc = rc == RC_OK ? send_rows(s, file, stmt, t, err) : rc;
    (void)sqlite3_finalize(stmt);
    mem_free(s);
    rc = rc == RC_OK ? run_int(pg, count, &there, err) : rc;
    rc = rc == RC_OK ? copy_int(file, count, &here, err) : rc;
    if (rc == RC_OK && there != here) {
        rc = err_set(err, RC_IO, "table %s: %lld rows arrived, not %lld", t->name, (long long)there,
                     (long long)here);
    }
    return rc;
}

/* The migrations of the backup, without their rows: those are in the backup. */
static enum rc
run_migrations(PGconn *pg, const struct store_config *config, sqlite3 *file, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int place = 0;
    enum rc rc = run(pg, migrate_own_tables(true), NULL, err);

    if (rc == RC_OK && sqlite3_prepare_v2(file,
                                          "SELECT number, name, checksum FROM store_migration "
                                          "ORDER BY number",
                                          -1, &stmt, NULL) != SQLITE_OK) {
        rc = sqlite_failure(file, "migrations", err);
    }
    while (rc == RC_OK && sqlite3_step(stmt) == SQLITE_ROW) {
        rc = migrate_known(config, sqlite3_column_int64(stmt, 0),
                           str_of((const char *)sqlite3_column_text(stmt, 1)),
                           sqlite3_column_int64(stmt, 2), &place, err);
        rc = rc == RC_OK ? run(pg, config->migrations[place].postgres, NULL, err) : rc;
    }
    (void)sqlite3_finalize(stmt);
    return rc;
}

static const char keys_sql[] =
    "CREATE TEMP TABLE zt_keys ON COMMIT DROP AS SELECT conrelid::regclass::text AS tab, "
    "quote_ident(conname) AS name, pg_get_constraintdef(oid) AS def FROM pg_constraint "
    "WHERE contype = 'f' AND conparentid = 0 AND connamespace = current_schema()::regnamespace";

static const char *
drop_key(struct arena *a, const PGresult *r, int row)
{
    return str_fmt(a, "ALTER TABLE %s DROP CONSTRAINT %s", PQgetvalue(r, row, 0), PQgetvalue(r, row, 1)).ptr;
}

static const char *
add_key(struct arena *a, const PGresult *r, int row)
{
    return str_fmt(a, "ALTER TABLE %s ADD CONSTRAINT %s %s", PQgetvalue(r, row, 0), PQgetvalue(r, row, 1),
                   PQgetvalue(r, row, 2)).ptr;
}

/* The next number that an identity column gives comes after the highest there is. */
static const char *
set_sequence(struct arena *a, const PGresult *r, int row)
{
    return str_fmt(a, "SELECT setval('%s', GREATEST(COALESCE(MAX(%s), 0), 0) + 1, false) FROM %s",
                   PQgetvalue(r, row, 2), PQgetvalue(r, row, 1), PQgetvalue(r, row, 0)).ptr;
}

static enum rc
fill_tables(PGconn *pg, sqlite3 *file, struct arena *a, struct err *err)
{
    static const char sequences[] =
        "SELECT c.oid::regclass::text, quote_ident(a.attname), "
        "pg_get_serial_sequence(c.oid::regclass::text, a.attname) FROM pg_attribute a "
        "JOIN pg_class c ON c.oid = a.attrelid WHERE a.attidentity <> '' AND "
        "c.relnamespace = current_schema()::regnamespace";
    struct copy_tables list;
    enum rc rc = copy_list(file, a, &list, err);

    rc = rc == RC_OK ? run(pg, keys_sql, NULL, err) : rc;
    rc = rc == RC_OK ? run_each(pg, "SELECT tab, name FROM zt_keys", a, drop_key, err) : rc;
    for (int i = 0; rc == RC_OK && i < list.count; i++) {
        rc = run(pg, str_fmt(a, "DELETE FROM \"%s\"", list.table[i].name).ptr, NULL, err);
        rc = rc == RC_OK ? send_table(pg, file, a, &list.table[i], err) : rc;
    }
    rc = rc == RC_OK ? run_each(pg, "SELECT tab, name, def FROM zt_keys", a, add_key, err) : rc;
    return rc == RC_OK ? run_each(pg, sequences, a, set_sequence, err) : rc;
}

/* Nobody writes there, and there is nothing: in one transaction with all that follows. */
static enum rc
begin_empty(PGconn *pg, struct err *err)
{
    int64_t held = 0, tables = 0;
    enum rc rc = run(pg, "SET statement_timeout = 0; BEGIN", NULL, err);

    rc = rc == RC_OK ? run_int(pg, postgres_lock_sql, &held, err) : rc;
    if (rc == RC_OK && held == 0) {
        rc = err_problem(err, RC_CONFLICT, "store-in-use", "a node writes to this database");
    }
    rc = rc == RC_OK ? run_int(pg,
                               "SELECT COUNT(*) FROM pg_class WHERE relkind IN ('r', 'p') AND "
                               "relnamespace = current_schema()::regnamespace",
                               &tables, err)
                     : rc;
    if (rc == RC_OK && tables > 0) {
        rc = err_set(err, RC_CONFLICT, "the database holds %lld tables already", (long long)tables);
    }
    return rc;
}

/*
 * Until the server has looked at tables that were filled at once it takes them for almost empty, and plans to sort all that is
 * done in order to show a page of it.  What is copied is whole without this, so a failure is none of the copy.
 */
static void
make_known(PGconn *pg)
{
    struct err ignored;

    (void)!run(pg, "VACUUM (ANALYZE)", NULL, &ignored);
}

enum rc
copy_to_postgres(const struct store_config *config, sqlite3 *file, struct arena *a, struct err *err)
{
    PGconn *pg = NULL;
    enum rc rc = postgres_connect(config->where, true, &pg, err);

    rc = rc == RC_OK ? begin_empty(pg, err) : rc;
    rc = rc == RC_OK ? run_migrations(pg, config, file, err) : rc;
    rc = rc == RC_OK ? fill_tables(pg, file, a, err) : rc;
    rc = rc == RC_OK ? run(pg, "COMMIT", NULL, err) : rc;
    if (rc == RC_OK) {
        make_known(pg);
    }
    PQfinish(pg); /* and with it whatever was not committed */
    return rc;
}
