/*
 * PostgreSQL, by libpq.
 *
 * All values travel in binary, with the types that the server found when the statement was prepared: an int64_t is
 * eight bytes, text and bytea go as they are.  A result is taken whole, so a reading connection is free again
 * before its rows are looked at.  Every wait goes through the caller's hook, so a coroutine yields.
 *
 * A round trip costs the writer more than anything else.  BEGIN, SAVEPOINT and RELEASE are therefore only put
 * into the pipeline and travel with the next statement: a write of k statements costs k round trips, and a
 * group one more for COMMIT.  What is posted (tx_post) travels so as well, so that a write of many statements costs a few.  A write gets its savepoint even if it only reads, because here one
 * failed statement spoils the whole transaction; more than 64 of them would slow down all readers
 * (a subtransaction cache of that size for each backend), hence group_max.
 *
 * Only one node writes: the writer holds an advisory lock, which goes with its connection.
 *
 * When the connection breaks during COMMIT nobody here knows how it ended.  The transaction's number came back with
 * its first statement; settle connects again and asks the server what became of it.
 *
 * Dead connections are made anew by the writer thread, which has a large stack: name lookups and TLS are not for
 * coroutines.  BUGS: a pooler that moves sessions between connections cannot stand in between.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "store/postgres.h"

enum {
    PARAMS_MAX = 32,
    PENDING_MAX = 24,
    PENDING_KEPT = 4, /* of them, for BEGIN, savepoints and their end */
    PREPARE_AT_ONCE = 50,
    SPARE_MS = 5000, /* beyond the server's own limit */
    LOCK_TRIES = 30,
    SETTLE_TRIES = 50,
    PAUSE_MS = 200,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_TEXT = 25,
    OID_VARCHAR = 1043
};

static const char xid_sql[] = "SELECT pg_current_xact_id()::text";

struct conn {
    PGconn *pg; /* NULL: dead */
    char *where;
    bool writer;
    bool busy; /* between start and the end of its results */
    const struct stmt *const *table;
    uint16_t count;
    Oid (*types)[PARAMS_MAX]; /* of parameters, by stmt.index */

    /* The writer's. */
    bool pipeline;
    bool in_transaction;
    const char *pending[PENDING_MAX]; /* sent, results to come before the next one */
    int pending_count;
    bool posted; /* there are statements of a write among them */
    char xid[24]; /* of this transaction, "" if it has none */
    int64_t changes;
};

/* --- waiting --------------------------------------------------------------------------------- */

static void
die(struct conn *c)
{
    PQfinish(c->pg);
    c->pg = NULL;
    c->pipeline = c->in_transaction = c->busy = c->posted = false;
    c->pending_count = 0;
}

static bool
wait_for(struct conn *c, const struct store_wait *wait, int events)
{
    int timeout_ms = (c->writer ? POSTGRES_WRITE_MS : POSTGRES_READ_MS) + SPARE_MS;
    struct pollfd p = {.fd = PQsocket(c->pg)};
    int ready;

    if (wait != NULL && wait->wait_fd != NULL) {
        return wait->wait_fd(wait->ctx, p.fd, events, timeout_ms);
    }
    p.events = (short)(((events & 1) != 0 ? POLLIN : 0) | ((events & 2) != 0 ? POLLOUT : 0));
    do {
        ready = poll(&p, 1, timeout_ms);
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

/* The text of a connection that broke, before it is thrown away. */
static enum rc
broke(struct conn *c, const char *doing, struct err *err)
{
    enum rc rc = err_set(err, RC_IO, "%s: connection to PostgreSQL lost: %.120s", doing,
                         PQerrorMessage(c->pg));

    die(c);
    return rc;
}

static enum rc
timed_out(struct conn *c, const char *doing, struct err *err)
{
    die(c);
    return err_set(err, RC_TIMEOUT, "%s: PostgreSQL did not answer in time", doing);
}

static enum rc
flush(struct conn *c, const struct store_wait *wait, const char *doing, struct err *err)
{
    int left;

    while ((left = PQflush(c->pg)) == 1) {
        if (!wait_for(c, wait, 3)) {
            return timed_out(c, doing, err);
        }
        if (PQconsumeInput(c->pg) == 0) {
            return broke(c, doing, err);
        }
    }
    return left == 0 ? RC_OK : broke(c, doing, err);
}

static enum rc
receive(struct conn *c, const struct store_wait *wait, const char *doing, PGresult **out,
        struct err *err)
{
    while (PQisBusy(c->pg) != 0) {
        if (!wait_for(c, wait, 1)) {
            return timed_out(c, doing, err);
        }
        if (PQconsumeInput(c->pg) == 0) {
            return broke(c, doing, err);
        }
    }
    *out = PQgetResult(c->pg);
    return RC_OK;
}

/* --- one exchange ---------------------------------------------------------------------------- */

static bool
went_well(const PGresult *r)
{
    return PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK;
}

/* What came for the pending commands, and last for the one that was asked for. */
struct answer {
    PGresult *result;
    int place;
    enum rc rc;
};

/* A result of the command at a->place: the first failure counts, the rest was not run. */
static void
take_result(struct conn *c, struct answer *a, PGresult *r, const char *doing, struct err *err)
{
    bool own = a->place == c->pending_count;

    if (PQresultStatus(r) == PGRES_PIPELINE_ABORTED || a->rc != RC_OK) {
        PQclear(r);
    } else if (!went_well(r)) {
        a->rc = postgres_failure(c->pg, r, own ? doing : c->pending[a->place], err);
        PQclear(r);
    } else if (own) {
        PQclear(a->result);
        a->result = r;
    } else {
        if (c->pending[a->place] == xid_sql) {
            (void)snprintf(c->xid, sizeof(c->xid), "%s", PQgetvalue(r, 0, 0));
        }
        PQclear(r);
    }
}

/* After one command was sent: its result, and those of what was pending before it.  out NULL: only those. */
static enum rc
finish_exchange(struct conn *c, const struct store_wait *wait, const char *doing, PGresult **out,
                struct err *err)
{
    struct answer a = {.rc = RC_OK};
    bool more = true;
    enum rc rc;

    if (c->pipeline && PQpipelineSync(c->pg) == 0) {
        return broke(c, doing, err);
    }
    rc = flush(c, wait, doing, err);
    while (rc == RC_OK && more) {
        PGresult *r = NULL;
        rc = receive(c, wait, doing, &r, err);
        if (rc != RC_OK) {
            break;
        }
        if (r != NULL && PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
            PQclear(r);
            more = false;
        } else if (r != NULL) {
            take_result(c, &a, r, doing, err);
        } else if (PQstatus(c->pg) != CONNECTION_OK) {
            break;
        } else {
            more = c->pipeline;
            a.place++;
        }
    }
    if (rc == RC_OK && PQstatus(c->pg) != CONNECTION_OK) {
        /* The server's last words ("terminating connection …") say more than libpq's. */
        rc = a.rc != RC_OK ? a.rc : broke(c, doing, err);
        die(c);
    } else if (rc == RC_OK) {
        c->pending_count = 0;
        c->posted = false;
        rc = a.rc;
    }
    if (rc == RC_OK && out != NULL) {
        CHECK(a.result != NULL);
        *out = a.result;
    } else {
        PQclear(a.result);
    }
    return rc;
}

/* SQL of our own, with text parameters, and text results unless binary. */
static enum rc
run_text(struct conn *c, const char *sql, const char *param, PGresult **out, struct err *err)
{
    const char *const params[] = {param};

    if (c->pg == NULL) {
        return err_set(err, RC_IO, "the database cannot be reached");
    }
    if (PQsendQueryParams(c->pg, sql, param != NULL, NULL, params, NULL, NULL, 0) == 0) {
        return broke(c, sql, err);
    }
    return finish_exchange(c, NULL, sql, out, err);
}

/* --- opening --------------------------------------------------------------------------------- */

static void
pause_ms(int ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    (void)nanosleep(&t, NULL);
}

/* The server may need a moment to notice that the last holder is gone. */
static enum rc
take_lock(struct conn *c, struct err *err)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        PGresult *r = NULL;
        enum rc rc = run_text(c, postgres_lock_sql, NULL, &r, err);
        bool held = rc == RC_OK && PQgetvalue(r, 0, 0)[0] == '1';

        PQclear(r);
        if (rc != RC_OK || held) {
            return rc;
        }
        pause_ms(PAUSE_MS / 2);
    }
    return err_problem(err, RC_CONFLICT, "store-in-use", "another node writes to this database");
}

static enum rc
connect_one(struct conn *c, struct err *err)
{
    enum rc rc = postgres_connect(c->where, c->writer, &c->pg, err);

    if (rc == RC_OK && PQsetnonblocking(c->pg, 1) != 0) {
        rc = broke(c, "connect", err);
    }
    rc = rc == RC_OK && c->writer ? take_lock(c, err) : rc;
    if (rc != RC_OK) {
        die(c);
    }
    return rc;
}

static void
pg_close(struct conn *c)
{
    if (c == NULL) {
        return;
    }
    PQfinish(c->pg);
    mem_free(c->types);
    mem_free(c->where);
    mem_free(c);
}

static enum rc
pg_open(const struct store_config *config, bool writer, struct conn **out, struct err *err)
{
    struct conn *c = mem_new(1, sizeof(*c));
    size_t length = strlen(config->where);
    enum rc rc;

    c->writer = writer;
    c->table = config->stmts;
    c->count = config->stmt_count;
    c->where = mem_new(length + 1, 1);
    memcpy(c->where, config->where, length);
    c->types = mem_new((size_t)c->count + 1, sizeof(c->types[0]));
    rc = connect_one(c, err);
    if (rc != RC_OK) {
        pg_close(c);
        return rc;
    }
    *out = c;
    return RC_OK;
}

/* --- preparing ------------------------------------------------------------------------------- */

static enum rc
take_description(struct conn *c, const struct stmt *stmt, const PGresult *r, struct err *err)
{
    if (PQnparams(r) != stmt->params || stmt->params > PARAMS_MAX) {
        return err_set(err, RC_INVALID, "%s: PostgreSQL sees %d parameters, not %d", stmt->name,
                       PQnparams(r), stmt->params);
    }
    for (int i = 0; i < stmt->params; i++) {
        c->types[stmt->index][i] = PQparamtype(r, i);
    }
    for (int i = 0; i < PQnfields(r); i++) {
        if (!postgres_type_is_known(PQftype(r, i))) {
            return err_set(err, RC_INVALID, "%s: column %s has a type (%u) that is not taken: CAST it",
                           stmt->name, PQfname(r, i), PQftype(r, i));
        }
    }
    return RC_OK;
}

static bool
is_ours(const struct conn *c, int i)
{
    return c->writer || !c->table[i]->writes;
}

static enum rc
send_prepares(struct conn *c, int from, int to, struct err *err)
{
    for (int i = from; i < to; i++) {
        const struct stmt *s = c->table[i];
        if (is_ours(c, i) && (PQsendPrepare(c->pg, s->name, s->postgres, 0, NULL) == 0 ||
                              PQsendDescribePrepared(c->pg, s->name) == 0)) {
            return broke(c, s->name, err);
        }
    }
    return PQpipelineSync(c->pg) == 0 ? broke(c, "prepare", err) : flush(c, NULL, "prepare", err);
}

/* Two results for each statement, each followed by NULL, and a sync. */
static enum rc
take_prepares(struct conn *c, int from, int to, struct err *err)
{
    enum rc rc = RC_OK, first = RC_OK;
    PGresult *r;

    for (int i = from; i < to; i++) {
        for (int half = 0; is_ours(c, i) && half < 4; half++) {
            rc = receive(c, NULL, c->table[i]->name, &r, err);
            if (rc != RC_OK || PQstatus(c->pg) != CONNECTION_OK) {
                return rc != RC_OK ? rc : broke(c, c->table[i]->name, err);
            }
            if (first == RC_OK && r != NULL && !went_well(r)) {
                first = postgres_failure(c->pg, r, c->table[i]->name, err);
            } else if (first == RC_OK && half == 2) {
                first = take_description(c, c->table[i], r, err);
            }
            PQclear(r);
        }
    }
    rc = receive(c, NULL, "prepare", &r, err);
    if (rc == RC_OK) {
        CHECK(first != RC_OK || PQresultStatus(r) == PGRES_PIPELINE_SYNC);
        PQclear(r);
    }
    return first != RC_OK ? first : rc;
}

static enum rc
pg_prepare(struct conn *c, struct err *err)
{
    enum rc rc = RC_OK;

    CHECK(PQenterPipelineMode(c->pg) == 1);
    for (int from = 0; rc == RC_OK && from < c->count; from += PREPARE_AT_ONCE) {
        int to = from + PREPARE_AT_ONCE < c->count ? from + PREPARE_AT_ONCE : c->count;
        rc = send_prepares(c, from, to, err);
        rc = rc == RC_OK ? take_prepares(c, from, to, err) : rc;
    }
    if (rc != RC_OK) {
        return rc; /* the caller closes this connection */
    }
    c->pipeline = c->writer;
    if (!c->writer) {
        CHECK(PQexitPipelineMode(c->pg) == 1);
    }
    return RC_OK;
}

/* Something to read on an idle connection is the server's farewell, or news that libpq sees to. */
static bool
pg_alive(struct conn *c)
{
    struct pollfd p = {.events = POLLIN};

    if (c->pg == NULL || c->busy || c->in_transaction) {
        return c->pg != NULL;
    }
    p.fd = PQsocket(c->pg);
    if (poll(&p, 1, 0) > 0 &&
        (PQconsumeInput(c->pg) == 0 || PQstatus(c->pg) != CONNECTION_OK ||
         poll(&p, 1, 0) > 0)) {
        die(c);
    }
    return c->pg != NULL;
}

static enum rc
pg_repair(struct conn *c, struct err *err)
{
    enum rc rc = connect_one(c, err);

    if (rc == RC_OK && (rc = pg_prepare(c, err)) != RC_OK) {
        die(c);
    }
    return rc;
}

/* --- statements ------------------------------------------------------------------------------ */

struct params {
    const char *values[PARAMS_MAX];
    int lengths[PARAMS_MAX];
    int formats[PARAMS_MAX];
    char numbers[PARAMS_MAX][24];
};

static enum rc
put_param(struct params *p, int i, const struct param *v, Oid type, const char *name,
          struct err *err)
{
    bool text = type == OID_TEXT || type == OID_VARCHAR;
    char *number = p->numbers[i];

    p->formats[i] = 1;
    if (v->kind == PARAM_NULL) {
        p->values[i] = NULL;
    } else if (v->kind == PARAM_INT && type == OID_INT8) {
        for (int b = 0; b < 8; b++) {
            number[b] = (char)((uint64_t)v->integer >> (56 - 8 * b));
        }
        p->values[i] = number;
        p->lengths[i] = 8;
    } else if (v->kind == PARAM_INT && type != OID_BYTEA) {
        (void)snprintf(number, sizeof(p->numbers[i]), "%lld", (long long)v->integer);
        p->values[i] = number; /* the server turns the text into what it wants */
        p->formats[i] = 0;
    } else if ((v->kind == PARAM_TEXT && text) || (v->kind == PARAM_BLOB && type == OID_BYTEA)) {
        CHECK(v->bytes.len <= 1 << 30);
        p->values[i] = v->bytes.len == 0 ? "" : v->bytes.ptr;
        p->lengths[i] = (int)v->bytes.len;
    } else {
        return err_set(err, RC_INVALID, "%s: ?%d is of the wrong kind for type %u", name, i + 1, type);
    }
    return RC_OK;
}

static enum rc
send_stmt(struct conn *c, const struct stmt *stmt, struct values values, struct err *err)
{
    struct params p;
    enum rc rc = RC_OK;

    for (int i = 0; rc == RC_OK && i < (int)values.count; i++) {
        rc = put_param(&p, i, &values.v[i], c->types[stmt->index][i], stmt->name, err);
    }
    if (rc == RC_OK && PQsendQueryPrepared(c->pg, stmt->name, (int)values.count, p.values, p.lengths,
                                           p.formats, 1) == 0) {
        rc = broke(c, stmt->name, err);
    }
    return rc;
}

static enum rc
pg_start(struct conn *c, const struct stmt *stmt, struct values values,
         const struct store_wait *wait, struct row *out, struct err *err)
{
    PGresult *r = NULL;
    enum rc rc = values_check(stmt, values, err);

    CHECK(stmt->index < c->count && c->table[stmt->index] == stmt);
    if (rc == RC_OK && c->pg == NULL) {
        rc = err_set(err, RC_IO, "%s: the database cannot be reached", stmt->name);
    }
    c->busy = true;
    rc = rc == RC_OK ? send_stmt(c, stmt, values, err) : rc;
    rc = rc == RC_OK ? finish_exchange(c, wait, stmt->name, &r, err) : rc;
    c->busy = false;
    if (rc != RC_OK) {
        return rc;
    }
    if (stmt->writes) {
        (void)str_to_int(str_of(PQcmdTuples(r)), &c->changes);
    }
    *out = (struct row){.driver = &driver_postgres, .result = r, .number = -1};
    return RC_OK;
}

static enum rc
pg_flush(struct conn *c, struct err *err)
{
    enum rc rc;

    if (c->pg == NULL || !c->posted) {
        return c->pg == NULL ? err_set(err, RC_IO, "the database cannot be reached") : RC_OK;
    }
    c->busy = true;
    rc = finish_exchange(c, NULL, "posted statements", NULL, err);
    c->busy = false;
    return rc;
}

static enum rc
pg_post(struct conn *c, const struct stmt *stmt, struct values values, struct err *err)
{
    enum rc rc = values_check(stmt, values, err);

    CHECK(c->writer && stmt->index < c->count && c->table[stmt->index] == stmt);
    if (rc == RC_OK && c->pending_count >= PENDING_MAX - PENDING_KEPT) {
        rc = pg_flush(c, err);
    }
    if (rc == RC_OK && c->pg == NULL) {
        rc = err_set(err, RC_IO, "%s: the database cannot be reached", stmt->name);
    }
    if (rc == RC_OK && (rc = send_stmt(c, stmt, values, err)) == RC_OK) {
        c->pending[c->pending_count++] = stmt->name;
        c->posted = true;
    }
    return rc;
}

static enum rc
pg_step(struct row *row, bool *more, struct err *err)
{
    (void)err;
    *more = ++row->number < PQntuples(row->result);
    return RC_OK;
}

static void
pg_finish(struct row *row)
{
    PQclear(row->result);
}

static int64_t
pg_changes(const struct conn *c)
{
    return c->changes;
}

static int64_t
pg_column_int(const struct row *row, int column)
{
    return postgres_int(row->result, row->number, column);
}

static struct str
pg_column_bytes(const struct row *row, int column, bool text)
{
    (void)text;
    return postgres_bytes(row->result, row->number, column);
}

static bool
pg_column_is_null(const struct row *row, int column)
{
    CHECK(column < PQnfields(row->result));
    return PQgetisnull(row->result, row->number, column) != 0;
}

/* --- transactions ---------------------------------------------------------------------------- */

/* Into the pipeline; its result is looked at together with the next exchange. */
static enum rc
defer(struct conn *c, const char *sql, struct err *err)
{
    CHECK(c->pipeline && c->pending_count < PENDING_MAX);
    if (PQsendQueryParams(c->pg, sql, 0, NULL, NULL, NULL, NULL, 0) == 0) {
        return broke(c, sql, err);
    }
    c->pending[c->pending_count++] = sql;
    return RC_OK;
}

static enum rc
at_once(struct conn *c, const char *sql, struct err *err)
{
    PGresult *r = NULL;
    enum rc rc = run_text(c, sql, NULL, &r, err);

    /* The COMMIT of a spoiled transaction succeeds, and says ROLLBACK. */
    if (rc == RC_OK && strcmp(sql, "COMMIT") == 0 && strcmp(PQcmdStatus(r), "COMMIT") != 0) {
        rc = err_set(err, RC_CONFLICT, "the transaction was rolled back");
    }
    PQclear(r);
    return rc;
}

static enum rc
begin(struct conn *c, struct err *err)
{
    enum rc rc;

    c->xid[0] = '\0';
    rc = c->pipeline ? defer(c, "BEGIN", err) : at_once(c, "BEGIN", err);
    rc = rc == RC_OK && c->pipeline ? defer(c, xid_sql, err) : rc;
    c->in_transaction = rc == RC_OK;
    return rc;
}

static enum rc
end(struct conn *c, const char *sql, struct err *err)
{
    enum rc rc = at_once(c, sql, err);

    /* After an answer, whatever it was, the transaction is over; after none only the connection is. */
    c->in_transaction = false;
    return rc;
}

static enum rc
pg_control(struct conn *c, enum control what, struct err *err)
{
    enum rc rc;

    if (c->pg == NULL) {
        return err_set(err, RC_IO, "the database cannot be reached");
    }
    CHECK(c->writer);
    switch (what) {
    case CONTROL_BEGIN: return begin(c, err);
    case CONTROL_SAVEPOINT: return defer(c, "SAVEPOINT job", err);
    case CONTROL_RELEASE: return defer(c, "RELEASE SAVEPOINT job", err);
    case CONTROL_UNDO:
        rc = defer(c, "ROLLBACK TO SAVEPOINT job", err);
        return rc == RC_OK ? defer(c, "RELEASE SAVEPOINT job", err) : rc;
    case CONTROL_COMMIT: return end(c, "COMMIT", err);
    case CONTROL_ROLLBACK:
    default: return end(c, "ROLLBACK", err);
    }
}

static bool
pg_in_transaction(struct conn *c)
{
    return c->pg != NULL && c->in_transaction;
}

/* The connection broke during COMMIT: connect again and ask. */
static enum rc
pg_settle(struct conn *c, bool *kept, struct err *err)
{
    char xid[sizeof(c->xid)];
    enum rc rc = RC_IO;

    *kept = false;
    if (c->pg != NULL || c->xid[0] == '\0') {
        return RC_OK; /* it answered, with a failure; or the transaction never began */
    }
    memcpy(xid, c->xid, sizeof(xid));
    for (int i = 0; i < SETTLE_TRIES; i++, pause_ms(PAUSE_MS)) {
        PGresult *r = NULL;
        if (c->pg == NULL && (rc = pg_repair(c, err)) != RC_OK) {
            continue;
        }
        rc = run_text(c, "SELECT pg_xact_status($1::xid8)", xid, &r, err);
        if (rc == RC_OK && strcmp(PQgetvalue(r, 0, 0), "in progress") != 0) {
            bool known = !PQgetisnull(r, 0, 0);
            *kept = strcmp(PQgetvalue(r, 0, 0), "committed") == 0;
            PQclear(r);
            return known ? RC_OK : err_set(err, RC_IO, "transaction %s is forgotten", xid);
        }
        PQclear(r);
    }
    return rc == RC_OK ? err_set(err, RC_IO, "transaction %s is still in progress", xid) : rc;
}

static void
pg_rest(struct conn *c, bool idle)
{
    (void)c, (void)idle;
}

/* --- this module's own SQL ------------------------------------------------------------------- */

static enum rc
pg_script(struct conn *c, const char *sql, struct err *err)
{
    PGresult *r = NULL;
    enum rc rc;

    CHECK(!c->pipeline);
    if (PQsendQuery(c->pg, sql) == 0) {
        return broke(c, "script", err);
    }
    /* Several results, the last of which stands for all: the first failure ends the script. */
    rc = finish_exchange(c, NULL, "script", &r, err);
    PQclear(r);
    return rc;
}

static enum rc
pg_query(struct conn *c, const char *sql, struct values values, row_fn rows, void *ctx,
         struct err *err)
{
    struct row row = {.driver = &driver_postgres};
    struct params p;
    PGresult *r = NULL;
    enum rc rc = RC_OK;

    CHECK(values.count <= PARAMS_MAX);
    for (int i = 0; rc == RC_OK && i < (int)values.count; i++) {
        Oid type = values.v[i].kind == PARAM_INT ? OID_INT8 : OID_TEXT;
        rc = put_param(&p, i, &values.v[i], type, "query", err);
    }
    if (rc == RC_OK && PQsendQueryParams(c->pg, sql, (int)values.count, NULL, p.values, p.lengths,
                                         p.formats, 1) == 0) {
        rc = broke(c, "query", err);
    }
    rc = rc == RC_OK ? finish_exchange(c, NULL, "query", &r, err) : rc;
    row.result = r;
    for (; rc == RC_OK && row.number < PQntuples(r); row.number++) {
        rc = rows != NULL ? rows(&row, ctx, err) : RC_OK;
    }
    PQclear(r);
    return rc;
}

const struct driver driver_postgres = {
    .postgres = true,
    .whole_results = true,
    .guard_reads = true,
    .group_max = 60,
    .open = pg_open,
    .prepare = pg_prepare,
    .close = pg_close,
    .alive = pg_alive,
    .repair = pg_repair,
    .start = pg_start,
    .post = pg_post,
    .flush = pg_flush,
    .step = pg_step,
    .finish = pg_finish,
    .changes = pg_changes,
    .column_int = pg_column_int,
    .column_bytes = pg_column_bytes,
    .column_is_null = pg_column_is_null,
    .control = pg_control,
    .in_transaction = pg_in_transaction,
    .settle = pg_settle,
    .rest = pg_rest,
    .script = pg_script,
    .query = pg_query,
};
