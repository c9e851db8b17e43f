/*
 * What does not depend on statements: connecting, errors, values.
 *
 * A database is taken only if it sorts text as bytes, as SQLite does: with any other order the cursors of long
 * lists would skip rows, and LIKE 'x%' would not find its index.
 */
#include "store/postgres.h"

#include <string.h>

enum { OID_BOOL = 16, OID_BYTEA = 17, OID_NAME = 19, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23,
       OID_TEXT = 25, OID_VARCHAR = 1043, OID_NUMERIC = 1700 };

const char postgres_lock_sql[] = "SELECT pg_try_advisory_lock(8819994863498358638)::int";

const char *
postgres_where(const char *where)
{
    CHECK(strncmp(where, "postgres:", 9) == 0);
    return where + 9;
}

/* --- errors ---------------------------------------------------------------------------------- */

static const struct {
    const char *state; /* a SQLSTATE, or the beginning of some */
    enum rc rc;
} states[] = {
    {"23", RC_CONFLICT},  {"53100", RC_FULL},   {"57014", RC_TIMEOUT}, {"55P03", RC_BUSY},
    {"40", RC_BUSY},      {"25006", RC_DENIED}, {"22", RC_INVALID},    {"42", RC_INVALID},
    {"XX001", RC_CORRUPT}, {"XX002", RC_CORRUPT},
};

enum rc
postgres_failure(const PGconn *pg, const PGresult *result, const char *doing, struct err *err)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    enum rc rc = RC_IO;

    for (size_t i = 0; state != NULL && i < sizeof(states) / sizeof(states[0]); i++) {
        if (strncmp(state, states[i].state, strlen(states[i].state)) == 0) {
            rc = states[i].rc;
            break;
        }
    }
    if (text == NULL) {
        text = PQerrorMessage(pg); /* libpq's own, about the connection */
    }
    return err_set(err, rc, "%s: %.160s (%s)", doing, text, state != NULL ? state : "connection");
}

/* --- connecting ------------------------------------------------------------------------------ */

static enum rc
one_command(PGconn *pg, const char *sql, PGresult **out, struct err *err)
{
    PGresult *result = PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(result);
    enum rc rc = RC_OK;

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        rc = postgres_failure(pg, result, "set-up", err);
    }
    if (rc != RC_OK || out == NULL) {
        PQclear(result);
    } else {
        *out = result;
    }
    return rc;
}

static enum rc
check_kind(PGconn *pg, struct err *err)
{
    static const char *const orders[] = {"C", "POSIX", "C.UTF-8", "C.utf8"};
    PGresult *r = NULL;
    bool fits = false;
    enum rc rc = one_command(pg,
                             "SELECT pg_encoding_to_char(encoding), datcollate, datlocprovider "
                             "FROM pg_database WHERE datname = current_database()",
                             &r, err);

    if (rc != RC_OK) {
        return rc;
    }
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        fits = fits || strcmp(PQgetvalue(r, 0, 1), orders[i]) == 0;
    }
    fits = fits && strcmp(PQgetvalue(r, 0, 0), "UTF8") == 0 && PQgetvalue(r, 0, 2)[0] == 'c';
    if (!fits) {
        rc = err_problem(err, RC_INVALID, "database-kind",
                         "the database is %s, sorted by %s; it must be made with ENCODING 'UTF8' "
                         "LOCALE 'C' TEMPLATE template0",
                         PQgetvalue(r, 0, 0), PQgetvalue(r, 0, 1));
    }
    PQclear(r);
    return rc;
}

static enum rc
set_session(PGconn *pg, bool writer, struct err *err)
{
    /* Whoever turned synchronous_commit off did not have acts in mind; a stronger one stays. */
    static const char writing[] =
        "SELECT set_config('synchronous_commit', 'on', false) "
        "WHERE current_setting('synchronous_commit') IN ('off', 'local');"
        "SET default_transaction_isolation = 'read committed';"
        "SET statement_timeout = 30000; SET lock_timeout = 5000;";
    /* Pages read a few rows by an index: starting other processes or a compiler for that takes longer than the reading. */
    static const char reading[] = "SET default_transaction_read_only = on;"
                                  "SET statement_timeout = 10000;"
                                  "SET max_parallel_workers_per_gather = 0; SET jit = off;";

    return one_command(pg, writer ? writing : reading, NULL, err);
}

static void
no_notice(void *ctx, const PGresult *result)
{
    (void)ctx, (void)result;
}

enum rc
postgres_connect(const char *where, bool writer, PGconn **out, struct err *err)
{
    static const char *const keys[] = {"application_name", "client_encoding", "connect_timeout",
                                       "tcp_user_timeout", "keepalives_idle", "dbname", NULL};
    /* What stands in `where` comes last and wins. */
    const char *const values[] = {"zhengtong", "UTF8", "5", "15000", "30", postgres_where(where), NULL};
    PGconn *pg = PQconnectdbParams(keys, values, 1);
    enum rc rc = RC_OK;

    CHECK(pg != NULL);
    if (PQstatus(pg) != CONNECTION_OK) {
        rc = err_set(err, RC_IO, "PostgreSQL: %.200s", PQerrorMessage(pg));
    }
    if (rc == RC_OK) {
        (void)PQsetNoticeReceiver(pg, no_notice, NULL);
        rc = check_kind(pg, err);
    }
    rc = rc == RC_OK ? set_session(pg, writer, err) : rc;
    if (rc != RC_OK) {
        PQfinish(pg);
        return rc;
    }
    *out = pg;
    return RC_OK;
}

/* --- values ---------------------------------------------------------------------------------- */

static uint64_t
big_endian(const unsigned char *p, int bytes)
{
    uint64_t v = 0;

    for (int i = 0; i < bytes; i++) {
        v = v << 8 | p[i];
    }
    return v;
}

/* numeric: count, weight, sign, scale, then digits of base 10,000.  The whole part, as SQLite would give. */
static int64_t
whole_part(const unsigned char *p, int length)
{
    int count = (int)big_endian(p, 2), weight = (int16_t)big_endian(p + 2, 2);
    uint64_t sign = big_endian(p + 4, 2);
    int64_t value = 0;

    CHECK(length >= 8 + 2 * count && (sign == 0 || sign == 0x4000));
    for (int i = 0; i <= weight; i++) {
        int64_t digit = i < count ? (int64_t)big_endian(p + 8 + (ptrdiff_t)2 * i, 2) : 0;
        CHECK(!__builtin_mul_overflow(value, 10000, &value));
        CHECK(!__builtin_sub_overflow(value, digit, &value)); /* downwards: INT64_MIN fits */
    }
    if (sign == 0) {
        CHECK(value != INT64_MIN);
        value = -value;
    }
    return value;
}

bool
postgres_type_is_known(Oid type)
{
    switch (type) {
    case OID_BOOL:
    case OID_BYTEA:
    case OID_NAME:
    case OID_INT8:
    case OID_INT2:
    case OID_INT4:
    case OID_TEXT:
    case OID_VARCHAR:
    case OID_NUMERIC: return true;
    default: return false;
    }
}

int64_t
postgres_int(const PGresult *result, int row, int column)
{
    const unsigned char *p;

    CHECK(column < PQnfields(result) && PQfformat(result, column) == 1);
    if (PQgetisnull(result, row, column)) {
        return 0;
    }
    p = (const unsigned char *)PQgetvalue(result, row, column);
    switch (PQftype(result, column)) {
    case OID_INT8: return (int64_t)big_endian(p, 8);
    case OID_INT4: return (int32_t)big_endian(p, 4);
    case OID_INT2: return (int16_t)big_endian(p, 2);
    case OID_BOOL: return p[0];
    case OID_NUMERIC: return whole_part(p, PQgetlength(result, row, column));
    default: check_failed(__FILE__, __LINE__, "row_int of a number");
    }
}

struct str
postgres_bytes(const PGresult *result, int row, int column)
{
    Oid type = PQftype(result, column);

    CHECK(column < PQnfields(result) && PQfformat(result, column) == 1);
    CHECK(type == OID_TEXT || type == OID_VARCHAR || type == OID_BYTEA || type == OID_NAME);
    return (struct str){PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column)};
}
