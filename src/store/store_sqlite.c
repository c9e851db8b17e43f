/*
 * SQLite.
 *
 * One file in WAL mode with synchronous=FULL: readers never wait for the writer, a commit is one append and one
 * fsync.  Three locks keep a read from writing, each enough by itself: statements are named and
 * marked by tools/sqlgen; the connection is opened read-only; an authorizer refuses to prepare
 * anything but reading.  Against a file from elsewhere: defensive mode, no trusted schema, no "text" as 'text'.
 *
 * Checkpoints are the writer's: passive ones, when nobody is waiting and IDLE_FRAMES have gathered, or after
 * BUSY_FRAMES in any case, so that a commit never pays for one that a lull could have done.  The WAL starts again
 * from its beginning only if no reader stands in it, which is why rows must not wait.
 *
 * Memory: what sqlite3 itself takes is the page caches, CACHE_KIB for the writer and for each reading
 * connection that is really used (the pool hands out the first ones), and the statements, some 3 KiB each.  Mapping
 * the file was tried: 6 % more reads a second for 60 MiB more resident, and a bad sector becomes a SIGBUS.
 *
 * Stack: a read takes 7 KiB, and 9 with a second one inside, so coroutines of 64 KiB are safe.
 *
 * A commit whose fsync failed is rolled back, but its frames may stand complete in the WAL behind the valid
 * ones, and a crash at that moment would bring them back.  settle therefore writes another, tiny transaction
 * over them before anybody is told "undone".  If that fails too, the answer says that it is not known.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/sqlite.h"

enum { IDLE_FRAMES = 256, BUSY_FRAMES = 4096, BUSY_MS = 5000, PATH_MAX_BYTES = 4000 };

struct conn {
    sqlite3 *db;
    bool writer;
    int lock_fd;
    int frames; /* in the WAL after the last commit */
    const struct stmt *const *table;
    uint16_t count;
    sqlite3_stmt *control[CONTROL_ROLLBACK + 1];
    sqlite3_stmt *stmts[]; /* by stmt.index; NULL where a reading connection has no use for it */
};

sqlite3 *
sqlite_handle(struct conn *c)
{
    return c->db;
}

enum rc
sqlite_failure(sqlite3 *db, const char *doing, struct err *err)
{
    int code = sqlite3_extended_errcode(db);
    enum rc rc = RC_IO;

    switch (code & 0xff) {
    case SQLITE_CONSTRAINT: rc = RC_CONFLICT; break;
    case SQLITE_FULL: rc = RC_FULL; break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: rc = RC_BUSY; break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: rc = RC_CORRUPT; break;
    case SQLITE_TOOBIG: rc = RC_LIMIT; break;
    case SQLITE_ERROR:
    case SQLITE_AUTH:
    case SQLITE_MISMATCH: rc = RC_INVALID; break;
    default: break;
    }
    return err_set(err, rc, "%s: %s (%d)", doing, sqlite3_errmsg(db), code);
}

/* --- opening --------------------------------------------------------------------------------- */

/* The third lock: on a reading connection nothing but reading can be prepared. */
int
sqlite_reading_only(void *ctx, int action, const char *a, const char *b, const char *c, const char *d)
{
    (void)ctx, (void)a, (void)c, (void)d;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_FUNCTION: return sqlite3_stricmp(b, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
    default: return SQLITE_DENY;
    }
}

/*
 * SQLite counts what it has taken, under one lock for all connections, some 70 times for each act.  Nobody
 * asks for that number.  Where SQLite is at work already the switch does nothing.
 */
static void
stop_counting_memory(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/* The process that holds this lock is the one that writes; the system drops it when the process ends. */
static enum rc
lock_store(struct conn *c, const char *path, struct err *err)
{
    char lock[PATH_MAX_BYTES + 8];

    (void)snprintf(lock, sizeof(lock), "%s-lock", path);
    c->lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (c->lock_fd < 0) {
        return err_set(err, errno == ENOSPC ? RC_FULL : RC_IO, "%s: %s", lock, strerror(errno));
    }
    if (flock(c->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        return err_problem(err, RC_CONFLICT, "store-in-use",
                           "%s: another process writes to this store", path);
    }
    return RC_OK;
}

/*
 * Made by us, so that it is ours alone to read; SQLite gives -wal and -shm the same mode.  Only under the
 * lock: closing a file drops every lock that this process has on it.
 */
static enum rc
make_file(const char *path, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0) {
        return err_set(err, errno == ENOSPC ? RC_FULL : RC_IO, "%s: %s", path, strerror(errno));
    }
    (void)close(fd);
    return RC_OK;
}

static enum rc
set_up(struct conn *c, struct err *err)
{
    static const char writing[] = "PRAGMA journal_mode = WAL;"
                                  "PRAGMA synchronous = FULL;"
                                  "PRAGMA wal_autocheckpoint = 0;"
                                  "PRAGMA journal_size_limit = 33554432;"
                                  "PRAGMA foreign_keys = ON;";
    static const char both[] = "PRAGMA cache_size = -4096;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA cell_size_check = ON;"
                               /* as in PostgreSQL, and so that LIKE 'x%' can use an index */
                               "PRAGMA case_sensitive_like = ON;";
    static const struct {
        int option;
        int value;
    } switches[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},        {SQLITE_DBCONFIG_DQS_DML, 0},
        {SQLITE_DBCONFIG_ENABLE_FKEY, 1},    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
    };

    (void)sqlite3_busy_timeout(c->db, BUSY_MS);
    for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
        CHECK(sqlite3_db_config(c->db, switches[i].option, switches[i].value, NULL) == SQLITE_OK);
    }
    if ((c->writer && sqlite3_exec(c->db, writing, NULL, NULL, NULL) != SQLITE_OK) ||
        sqlite3_exec(c->db, both, NULL, NULL, NULL) != SQLITE_OK) {
        return sqlite_failure(c->db, "open", err);
    }
    if (!c->writer) {
        (void)sqlite3_limit(c->db, SQLITE_LIMIT_ATTACHED, 0);
        CHECK(sqlite3_set_authorizer(c->db, sqlite_reading_only, NULL) == SQLITE_OK);
    }
    return RC_OK;
}

static int
count_frames(void *ctx, sqlite3 *db, const char *name, int frames)
{
    struct conn *c = ctx;

    (void)db, (void)name;
    c->frames = frames;
    return SQLITE_OK;
}

static enum rc
prepare_one(sqlite3 *db, const char *name, const char *sql, sqlite3_stmt **out, struct err *err)
{
    const char *rest;

    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, &rest) != SQLITE_OK) {
        return sqlite_failure(db, name, err);
    }
    if (*out == NULL || rest[strspn(rest, " \t\n;")] != '\0') {
        return err_set(err, RC_INVALID, "%s: not exactly one statement", name);
    }
    return RC_OK;
}

static enum rc
prepare_controls(struct conn *c, struct err *err)
{
    static const char *const controls[] = {
        [CONTROL_BEGIN] = "BEGIN IMMEDIATE", [CONTROL_SAVEPOINT] = "SAVEPOINT job",
        [CONTROL_RELEASE] = "RELEASE job",   [CONTROL_UNDO] = "ROLLBACK TO job",
        [CONTROL_COMMIT] = "COMMIT",         [CONTROL_ROLLBACK] = "ROLLBACK",
    };
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < sizeof(controls) / sizeof(controls[0]); i++) {
        rc = prepare_one(c->db, controls[i], controls[i], &c->control[i], err);
    }
    return rc;
}

static void
sqlite_close(struct conn *c)
{
    if (c == NULL) {
        return;
    }
    for (size_t i = 0; i < sizeof(c->control) / sizeof(c->control[0]); i++) {
        (void)sqlite3_finalize(c->control[i]);
    }
    for (uint16_t i = 0; i < c->count; i++) {
        (void)sqlite3_finalize(c->stmts[i]);
    }
    CHECK(sqlite3_close(c->db) == SQLITE_OK);
    if (c->lock_fd >= 0) {
        (void)close(c->lock_fd);
    }
    mem_free(c);
}

static enum rc
sqlite_open(const struct store_config *config, bool writer, struct conn **out, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    int flags = writer ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    struct conn *c;
    enum rc rc = RC_OK;

    CHECK(pthread_once(&once, stop_counting_memory) == 0);

    if (strlen(config->where) > PATH_MAX_BYTES) {
        return err_set(err, RC_INVALID, "the store's path is too long");
    }
    c = mem_new(1, sizeof(*c) + (size_t)config->stmt_count * sizeof(c->stmts[0]));
    c->writer = writer;
    c->lock_fd = -1;
    c->table = config->stmts;
    c->count = config->stmt_count;
    if (writer) {
        rc = lock_store(c, config->where, err);
        rc = rc == RC_OK ? make_file(config->where, err) : rc;
    }
    /* NOMUTEX: pool and writer let one thread at a time use a connection. */
    if (rc == RC_OK && sqlite3_open_v2(config->where, &c->db,
                                       flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                                       NULL) != SQLITE_OK) {
        rc = sqlite_failure(c->db, config->where, err);
    }
    rc = rc == RC_OK ? set_up(c, err) : rc;
    rc = rc == RC_OK && writer ? prepare_controls(c, err) : rc;
    if (rc != RC_OK) {
        sqlite_close(c);
        return rc;
    }
    if (writer) {
        (void)sqlite3_wal_hook(c->db, count_frames, c);
    }
    *out = c;
    return RC_OK;
}

static enum rc
sqlite_prepare(struct conn *c, struct err *err)
{
    enum rc rc = RC_OK;

    for (uint16_t i = 0; rc == RC_OK && i < c->count; i++) {
        const struct stmt *stmt = c->table[i];
        if (!c->writer && stmt->writes) {
            continue;
        }
        rc = prepare_one(c->db, stmt->name, stmt->sqlite, &c->stmts[i], err);
        if (rc == RC_OK && sqlite3_bind_parameter_count(c->stmts[i]) != stmt->params) {
            rc = err_set(err, RC_INVALID, "%s: its parameters are not ?1 to ?%d", stmt->name,
                         stmt->params);
        }
        if (rc == RC_OK && !stmt->writes && sqlite3_stmt_readonly(c->stmts[i]) == 0) {
            rc = err_set(err, RC_INVALID, "%s writes, and is not marked so", stmt->name);
        }
    }
    return rc;
}

static bool
sqlite_alive(struct conn *c)
{
    (void)c;
    return true;
}

static enum rc
sqlite_repair(struct conn *c, struct err *err)
{
    (void)c, (void)err;
    return RC_OK;
}

/* --- statements ------------------------------------------------------------------------------ */

static int
bind_value(sqlite3_stmt *stmt, int number, const struct param *v)
{
    const char *bytes = v->bytes.len == 0 ? "" : v->bytes.ptr;

    switch (v->kind) {
    case PARAM_INT: return sqlite3_bind_int64(stmt, number, v->integer);
    case PARAM_TEXT:
        return sqlite3_bind_text64(stmt, number, bytes, v->bytes.len, SQLITE_STATIC, SQLITE_UTF8);
    case PARAM_BLOB: return sqlite3_bind_blob64(stmt, number, bytes, v->bytes.len, SQLITE_STATIC);
    case PARAM_NULL:
    default: return sqlite3_bind_null(stmt, number);
    }
}

static void
sqlite_finish(struct row *row)
{
    if (row->copied) {
        (void)sqlite3_finalize(row->result);
    } else {
        (void)sqlite3_reset(row->result);
        (void)sqlite3_clear_bindings(row->result);
    }
}

static enum rc
sqlite_start(struct conn *c, const struct stmt *stmt, struct values values,
             const struct store_wait *wait, struct row *out, struct err *err)
{
    struct row row = {.driver = &driver_sqlite};
    enum rc rc = values_check(stmt, values, err);

    (void)wait;
    CHECK(stmt->index < c->count && c->table[stmt->index] == stmt);
    row.result = c->stmts[stmt->index];
    CHECK(row.result != NULL);
    if (rc == RC_OK && sqlite3_stmt_busy(row.result)) {
        sqlite3_stmt *copy = NULL;
        rc = prepare_one(c->db, stmt->name, stmt->sqlite, &copy, err);
        row.result = copy;
        row.copied = true;
    }
    for (size_t i = 0; rc == RC_OK && i < values.count; i++) {
        if (bind_value(row.result, (int)i + 1, &values.v[i]) != SQLITE_OK) {
            rc = sqlite_failure(c->db, stmt->name, err);
            sqlite_finish(&row);
        }
    }
    if (rc == RC_OK) {
        *out = row;
    }
    return rc;
}

static enum rc
sqlite_step(struct row *row, bool *more, struct err *err)
{
    int code = sqlite3_step(row->result);

    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        return sqlite_failure(sqlite3_db_handle(row->result), "statement", err);
    }
    *more = code == SQLITE_ROW;
    return RC_OK;
}

static int64_t
sqlite_changes(const struct conn *c)
{
    return sqlite3_changes64(c->db);
}

static int64_t
sqlite_column_int(const struct row *row, int column)
{
    int type = sqlite3_column_type(row->result, column);

    CHECK(column < sqlite3_column_count(row->result));
    CHECK(type == SQLITE_INTEGER || type == SQLITE_FLOAT || type == SQLITE_NULL);
    return sqlite3_column_int64(row->result, column);
}

static struct str
sqlite_column_bytes(const struct row *row, int column, bool text)
{
    int type = sqlite3_column_type(row->result, column);
    const char *bytes;

    CHECK(column < sqlite3_column_count(row->result));
    CHECK(type == SQLITE_TEXT || type == SQLITE_BLOB || type == SQLITE_NULL);
    bytes = text ? (const char *)sqlite3_column_text(row->result, column)
                 : sqlite3_column_blob(row->result, column);
    if (bytes == NULL) {
        return STR("");
    }
    return (struct str){bytes, (size_t)sqlite3_column_bytes(row->result, column)};
}

static bool
sqlite_column_is_null(const struct row *row, int column)
{
    CHECK(column < sqlite3_column_count(row->result));
    return sqlite3_column_type(row->result, column) == SQLITE_NULL;
}

/* --- transactions ---------------------------------------------------------------------------- */

/*
 * A quota or a file size limit is a full disk to everybody but SQLite, which does not keep the errno either: try
 * to write where the WAL ends, in the lock's file, which is nobody's.
 */
static bool
has_no_room(struct conn *c)
{
    static const char page[65536];
    int64_t end = ((int64_t)c->frames + 1) * 4200;
    bool full = pwrite(c->lock_fd, page, sizeof(page), end) != (ssize_t)sizeof(page);

    return ftruncate(c->lock_fd, 0) == 0 && full;
}

static enum rc
control_step(struct conn *c, enum control what, struct err *err)
{
    static const char *const names[] = {"begin", "savepoint", "release", "undo", "commit",
                                        "rollback"};
    int code = sqlite3_step(c->control[what]);
    enum rc rc = code == SQLITE_DONE ? RC_OK : sqlite_failure(c->db, names[what], err);

    if (rc == RC_IO && sqlite3_extended_errcode(c->db) == SQLITE_IOERR_WRITE && has_no_room(c)) {
        rc = err_set(err, RC_FULL, "%s: no room for another page", names[what]);
    }
    (void)sqlite3_reset(c->control[what]);
    return rc;
}

static enum rc
sqlite_control(struct conn *c, enum control what, struct err *err)
{
    enum rc rc;

    if (c->control[what] == NULL) {
        return err_set(err, RC_DENIED, "a reading connection has no transactions");
    }
    rc = control_step(c, what, err);
    if (rc == RC_OK && what == CONTROL_UNDO) {
        rc = control_step(c, CONTROL_RELEASE, err);
    }
    return rc;
}

static bool
sqlite_in_transaction(struct conn *c)
{
    return sqlite3_get_autocommit(c->db) == 0;
}

static enum rc
sqlite_settle(struct conn *c, bool *kept, struct err *err)
{
    *kept = false;
    if (sqlite3_exec(c->db, "UPDATE store_mark SET times = times + 1 WHERE number = 1", NULL, NULL,
                     NULL) != SQLITE_OK) {
        return sqlite_failure(c->db, "settle", err);
    }
    return RC_OK;
}

static void
sqlite_rest(struct conn *c, bool idle)
{
    int in_log, done;

    if (c->frames < (idle ? IDLE_FRAMES : BUSY_FRAMES)) {
        return;
    }
    /* A failure (a full disk) leaves the WAL as it is, and the next rest tries again. */
    if (sqlite3_wal_checkpoint_v2(c->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_log, &done) ==
        SQLITE_OK) {
        c->frames = in_log - done;
    }
}

/* --- this module's own SQL ------------------------------------------------------------------- */

static enum rc
sqlite_script(struct conn *c, const char *sql, struct err *err)
{
    return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK ? RC_OK
                                                                   : sqlite_failure(c->db, "script", err);
}

static enum rc
sqlite_query(struct conn *c, const char *sql, struct values values, row_fn rows, void *ctx,
             struct err *err)
{
    struct row row = {.driver = &driver_sqlite, .copied = true};
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum rc rc = prepare_one(c->db, "query", sql, &stmt, err);

    if (rc != RC_OK) {
        return rc;
    }
    row.result = stmt;
    for (size_t i = 0; rc == RC_OK && i < values.count; i++) {
        if (bind_value(stmt, (int)i + 1, &values.v[i]) != SQLITE_OK) {
            rc = sqlite_failure(c->db, "query", err);
        }
    }
    while (rc == RC_OK && (rc = sqlite_step(&row, &more, err)) == RC_OK && more) {
        rc = rows != NULL ? rows(&row, ctx, err) : RC_OK;
    }
    sqlite_finish(&row);
    return rc;
}

const struct driver driver_sqlite = {
    .whole_results = false,
    .guard_reads = false,
    .group_max = 512,
    .open = sqlite_open,
    .prepare = sqlite_prepare,
    .close = sqlite_close,
    .alive = sqlite_alive,
    .repair = sqlite_repair,
    .start = sqlite_start,
    .step = sqlite_step,
    .finish = sqlite_finish,
    .changes = sqlite_changes,
    .column_int = sqlite_column_int,
    .column_bytes = sqlite_column_bytes,
    .column_is_null = sqlite_column_is_null,
    .control = sqlite_control,
    .in_transaction = sqlite_in_transaction,
    .settle = sqlite_settle,
    .rest = sqlite_rest,
    .script = sqlite_script,
    .query = sqlite_query,
};
