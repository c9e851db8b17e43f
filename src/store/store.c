#include "store/store.h"

#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "store/driver.h"
#include "store/pool.h"
#include "store/store_sql.h"
#include "store/writer.h"

struct store {
    struct store_config config;
    char *where; /* config.where */
    const struct driver *driver;
    struct conn *writer_conn; /* NULL if only reading */
    struct pool *pool;
    struct writer *writer;
};

/* --- opening --------------------------------------------------------------------------------- */

static enum rc
open_readers(struct store *s, struct err *err)
{
    const struct driver *d = s->driver;
    int count = s->config.readers, open = 0;
    struct conn **conns = mem_new((size_t)count, sizeof(struct conn *));
    enum rc rc = RC_OK;

    for (; rc == RC_OK && open < count; open++) {
        rc = d->open(&s->config, false, &conns[open], err);
        if (rc != RC_OK) {
            break;
        }
        if (open == 0 && s->config.reading_only) {
            rc = migrate(d, conns[0], &s->config, err);
        }
        rc = rc == RC_OK ? d->prepare(conns[open], err) : rc;
    }
    if (rc == RC_OK) {
        s->pool = pool_new(d, conns, count, s->config.busy_ms);
    } else {
        for (int i = 0; i < count; i++) {
            d->close(conns[i]);
        }
    }
    mem_free(conns);
    return rc;
}

static enum rc
open_writer(struct store *s, struct err *err)
{
    const struct driver *d = s->driver;
    enum rc rc = d->open(&s->config, true, &s->writer_conn, err);

    rc = rc == RC_OK ? migrate(d, s->writer_conn, &s->config, err) : rc;
    return rc == RC_OK ? d->prepare(s->writer_conn, err) : rc;
}

static void
check_tables(const struct store_config *config)
{
    CHECK(config->readers > 0 && config->busy_ms >= 0);
    CHECK(config->reading_only || config->queue_max > 0);
    for (uint16_t i = 0; i < config->stmt_count; i++) {
        CHECK(config->stmts[i]->index == i);
    }
    for (int i = 1; i < config->migration_count; i++) {
        CHECK(config->migrations[i].number > config->migrations[i - 1].number);
    }
}

void
store_config_complete(struct store_config *config)
{
    if (config->stmts == NULL && config->migrations == NULL) {
        config->stmts = stmt_table;
        config->stmt_count = stmt_table_count;
        config->migrations = migration_table;
        config->migration_count = migration_table_count;
    }
}

const struct store_config *
store_config_of(const struct store *s)
{
    return &s->config;
}

static void
nudge_writer(void *ctx)
{
    writer_nudge(ctx);
}

enum rc
store_open(const struct store_config *config, struct store **out, struct err *err)
{
    struct store *s = mem_new(1, sizeof(*s));
    enum rc rc = RC_OK;

    s->config = *config;
    s->where = mem_new(strlen(config->where) + 1, 1);
    memcpy(s->where, config->where, strlen(config->where));
    s->config.where = s->where;
    store_config_complete(&s->config);
    check_tables(&s->config);
    s->driver = strncmp(config->where, "postgres:", 9) == 0 ? &driver_postgres : &driver_sqlite;
    if (!config->reading_only) {
        rc = open_writer(s, err);
    }
    rc = rc == RC_OK ? open_readers(s, err) : rc;
    if (rc != RC_OK) {
        store_close(s);
        return rc;
    }
    if (!config->reading_only) {
        s->writer = writer_start(&(struct writer_config){.driver = s->driver,
                                                         .conn = s->writer_conn,
                                                         .pool = s->pool,
                                                         .queue_max = config->queue_max,
                                                         .log = config->log});
        pool_on_death(s->pool, nudge_writer, s->writer);
    }
    *out = s;
    return RC_OK;
}

/* Readers first: SQLite's last connection, the writer's, folds the WAL into the file. */
void
store_close(struct store *s)
{
    if (s == NULL) {
        return;
    }
    writer_stop(s->writer);
    pool_free(s->pool);
    s->driver->close(s->writer_conn);
    mem_free(s->where);
    mem_free(s);
}

bool
store_is_postgres(const struct store *s)
{
    return s->driver->postgres;
}

void
store_on_commit(struct store *s, void (*fn)(void *ctx, int writes), void *ctx)
{
    CHECK(s->writer != NULL);
    writer_on_commit(s->writer, fn, ctx);
}

struct store_figures
store_look(struct store *s)
{
    return s->writer != NULL ? writer_look(s->writer) : (struct store_figures){.alive = true};
}

/* --- rows ------------------------------------------------------------------------------------ */

int64_t
row_int(const struct row *row, int column)
{
    return row->driver->column_int(row, column);
}

struct str
row_text(const struct row *row, int column)
{
    return row->driver->column_bytes(row, column, true);
}

struct str
row_blob(const struct row *row, int column)
{
    return row->driver->column_bytes(row, column, false);
}

bool
row_is_null(const struct row *row, int column)
{
    return row->driver->column_is_null(row, column);
}

enum rc
row_copy_text(const struct row *row, int column, struct arena *a, struct str *out, struct err *err)
{
    return str_copy(a, row_text(row, column), out, err);
}

enum rc
one_int_take(const struct row *row, void *ctx, struct err *err)
{
    struct one_int *one = ctx;

    if (one->found) {
        return err_set(err, RC_CORRUPT, "more than one row where one was expected");
    }
    one->found = true;
    one->value = row_int(row, 0);
    return RC_OK;
}

enum rc
values_check(const struct stmt *stmt, struct values values, struct err *err)
{
    for (size_t i = 0; i < values.count; i++) {
        const struct param *v = &values.v[i];
        if (v->kind == PARAM_TEXT && v->bytes.len > 0 &&
            memchr(v->bytes.ptr, '\0', v->bytes.len) != NULL) {
            return err_set(err, RC_INVALID, "%s: text %zu holds a NUL", stmt->name, i + 1);
        }
    }
    return RC_OK;
}

/* --- reading --------------------------------------------------------------------------------- */

static enum rc
each_row(struct row *row, row_fn rows, void *ctx, struct err *err)
{
    bool more;
    enum rc rc;

    for (;;) {
        rc = row->driver->step(row, &more, err);
        if (rc != RC_OK || !more) {
            return rc;
        }
        if (rows != NULL && (rc = rows(row, ctx, err)) != RC_OK) {
            return rc;
        }
    }
}

/* *died: the connection broke before any row was seen, so another one may be asked. */
static enum rc
read_once(const struct db *db, const struct stmt *stmt, struct values values, row_fn rows,
          void *ctx, bool *died, struct err *err)
{
    struct store *s = db->store;
    const struct driver *d = s->driver;
    struct slot *slot;
    struct row row;
    enum rc rc = pool_take(s->pool, &db->wait, &slot, err);

    *died = false;
    if (rc != RC_OK) {
        return rc;
    }
    rc = d->start(slot_conn(slot), stmt, values, &db->wait, &row, err);
    if (rc != RC_OK) {
        *died = !d->alive(slot_conn(slot));
        pool_give(s->pool, slot);
        return rc;
    }
    if (d->whole_results) {
        pool_give(s->pool, slot);
    }
    rc = each_row(&row, rows, ctx, err);
    d->finish(&row);
    if (!d->whole_results) {
        pool_give(s->pool, slot);
    }
    return rc;
}

enum rc
store_read(const struct db *db, const struct stmt *stmt, struct values values, row_fn rows,
           void *ctx, struct err *err)
{
    bool died = true;
    enum rc rc = RC_OK;

    CHECK(stmt->params == values.count);
    if (stmt->writes) {
        return err_set(err, RC_DENIED, "%s writes", stmt->name);
    }
    /* After a restart of the database every connection of the pool is dead, and each says so once. */
    for (int i = 0; died && i <= db->store->config.readers; i++) {
        rc = read_once(db, stmt, values, rows, ctx, &died, err);
        died = died && rc != RC_TIMEOUT;
    }
    return rc;
}

enum rc
store_read_int(const struct db *db, const struct stmt *stmt, struct values values, int64_t *out,
               struct err *err)
{
    struct one_int one = {0};
    enum rc rc = store_read(db, stmt, values, one_int_take, &one, err);

    if (rc == RC_OK && !one.found) {
        return err_set(err, RC_NOT_FOUND, "%s found nothing", stmt->name);
    }
    if (rc == RC_OK) {
        *out = one.value;
    }
    return rc;
}

enum rc
store_bytes(const struct db *db, int64_t *out, struct err *err)
{
    const char *where = db->store->where;
    struct stat file;

    if (db->store->driver->postgres) {
        return store_read_int(db, &STORE_BYTES, NO_VALUES, out, err);
    }
    if (stat(where, &file) != 0) {
        return err_set(err, RC_IO, "%s cannot be looked at", where);
    }
    *out = file.st_size;
    return RC_OK;
}

enum rc
store_write(const struct db *db, tx_fn fn, void *ctx, struct err *err)
{
    if (db->store->writer == NULL) {
        return err_set(err, RC_DENIED, "the store is open for reading only");
    }
    return writer_run(db->store->writer, &db->wait, fn, ctx, err);
}
