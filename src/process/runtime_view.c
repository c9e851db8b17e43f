#include "process/runtime_view.h"

#include <string.h>

#include "process/history_int.h"
#include "process/runtime_int.h"
#include "process/runtime_sql.h"

enum { READ_TRIES = 5, CHECK_AT_ONCE = 200 };

struct where {
    bool is_found;
    int64_t month, revision;
    struct hash hash;
};

static enum rc
where_row(const struct row *row, void *ctx, struct err *err)
{
    struct where *w = ctx;
    struct str hash = row_blob(row, 2);

    if (hash.len != HASH_BYTES) {
        return err_set(err, RC_CORRUPT, "the hash of a process is none");
    }
    w->is_found = true;
    w->month = row_int(row, 0);
    w->revision = row_int(row, 1);
    memcpy(w->hash.bytes, hash.ptr, HASH_BYTES);
    return RC_OK;
}

static enum rc
find_in(const struct source *from, int64_t id, struct where *out, struct err *err)
{
    enum rc rc;

    *out = (struct where){.is_found = false};
    rc = source_run(from, &PROCESS_WHERE, VALUES(V_INT(id)), where_row, out, err);
    return rc == RC_OK && !out->is_found ? err_problem(err, RC_NOT_FOUND, "no-such-instance", "no process has this number") : rc;
}

static enum rc
find(const struct db *db, int64_t id, struct where *out, struct err *err)
{
    return find_in(&(struct source){.db = db}, id, out, err);
}

/* --- as it stands ------------------------------------------------------------------------------------------------ */

/* Its rows are read one table after the other; if a command came between they are read again. */
enum rc
runtime_instance(struct runtime *r, const struct db *db, struct arena *a, int64_t id, struct instance *out, struct err *err)
{
    const struct source from = {.db = db};
    struct where before, after;
    struct loaded l;
    struct err passing;
    enum rc rc, read;

    for (int n = 0; n < READ_TRIES; n++) {
        if ((rc = find(db, id, &before, err)) != RC_OK) {
            return rc;
        }
        read = rows_load(r, &from, a, id, STR(""), STR(""), &l, &passing);
        if (runtime_is_cold(read, &passing)) {
            if ((rc = runtime_warm_instance(r, db, a, id, err)) != RC_OK) {
                return rc;
            }
            continue;
        }
        if ((rc = find(db, id, &after, err)) != RC_OK) {
            return rc;
        }
        if (before.revision == after.revision && read != RC_OK) {
            *err = passing;
            return read;
        }
        if (before.revision == after.revision && l.is_found && l.revision == after.revision) {
            *out = l.i;
            return RC_OK;
        }
    }
    return err_set(err, RC_BUSY, "process %lld changes faster than it can be read", (long long)id);
}

struct numbers {
    int64_t *out;
    size_t count;
};

static enum rc
number_row(const struct row *row, void *ctx, struct err *err)
{
    struct numbers *n = ctx;

    (void)err;
    n->out[n->count++] = row_int(row, 0);
    return RC_OK;
}

enum rc
runtime_of_key(const struct db *db, struct str business_key, int64_t *out, size_t most, size_t *count, struct err *err)
{
    struct numbers found = {out, 0};
    enum rc rc = store_read(db, &PROCESS_OF_KEY, VALUES(V_TEXT(business_key), V_INT((int64_t)most)), number_row, &found, err);

    if (rc == RC_OK) {
        *count = found.count;
    }
    return rc;
}

static enum rc
awaits_row(const struct row *row, void *ctx, struct err *err)
{
    struct runtime_awaited *w = ctx;

    (void)err;
    *w = (struct runtime_awaited){row_int(row, 0), row_int(row, 1)};
    return RC_OK;
}

enum rc
runtime_awaits(const struct db *db, struct str name, struct str key, struct runtime_awaited *out, struct err *err)
{
    *out = (struct runtime_awaited){0, 0};
    return store_read(db, &PROCESS_AWAITS, VALUES(V_TEXT(name), V_TEXT(key)), awaits_row, out, err);
}

/* --- what happened ------------------------------------------------------------------------------------------------- */

struct reading {
    const struct runtime *r;
    struct arena *a;
    struct json *list;
};

static enum rc
history_row(const struct row *row, void *ctx, struct err *err)
{
    struct reading *h = ctx;
    int64_t place = row_int(row, 0);
    struct str where = runtime_place(h->a, "process_history.body", place / RUNTIME_COMMANDS_MAX, place % RUNTIME_COMMANDS_MAX);
    struct json *line;
    enum rc rc = runtime_unseal(h->r, h->a, where, row_blob(row, 2), &line, err);

    if (rc == RC_OK) {
        json_push(h->list, line);
    }
    return rc;
}

static enum rc
read_history(const struct source *from, const struct where *w, int64_t id, int64_t after, size_t most, row_fn rows, void *ctx,
             struct err *err)
{
    int64_t first = id * RUNTIME_COMMANDS_MAX;

    return source_run(from, &PROCESS_HISTORY,
                      VALUES(V_INT(w->month), V_INT(first + after), V_INT(first + RUNTIME_COMMANDS_MAX - 1), V_INT((int64_t)most)), rows,
                      ctx, err);
}

enum rc
runtime_history(struct runtime *r, const struct db *db, struct arena *a, int64_t id, int64_t after, size_t most, struct json **out,
                struct err *err)
{
    return history_read(r, &(struct source){.db = db}, a, id, after, most, out, err);
}

enum rc
history_read(const struct runtime *r, const struct source *from, struct arena *a, int64_t id, int64_t after, size_t most, struct json **out,
             struct err *err)
{
    struct reading h = {r, a, json_array(a)};
    struct where w;
    enum rc rc = find_in(from, id, &w, err);

    if (rc != RC_OK || (rc = read_history(from, &w, id, after, most, history_row, &h, err)) != RC_OK ||
        (rc = json_whole(h.list, err)) != RC_OK) {
        return rc;
    }
    *out = h.list;
    return RC_OK;
}

struct checking {
    struct arena *a;
    int64_t id, n; /* the last line that was right */
    struct hash hash;
};

static enum rc
check_row(const struct row *row, void *ctx, struct err *err)
{
    struct checking *c = ctx;
    struct str body = row_blob(row, 2);
    char *chained = arena_alloc(c->a, 1, HASH_BYTES + body.len);

    if (chained == NULL) {
        return err_set(err, RC_LIMIT, "no room for a line of history");
    }
    memcpy(chained, c->hash.bytes, HASH_BYTES);
    memcpy(chained + HASH_BYTES, body.ptr, body.len);
    c->hash = hash_sha256((struct str){chained, HASH_BYTES + body.len});
    c->n++;
    if (row_int(row, 0) != c->id * RUNTIME_COMMANDS_MAX + c->n || !str_eq(row_blob(row, 3), hash_str(&c->hash))) {
        return err_set(err, RC_CORRUPT, "process %lld: line %lld of its history is not what it was", (long long)c->id, (long long)c->n);
    }
    return RC_OK;
}

enum rc
runtime_history_check(const struct db *db, struct arena *a, int64_t id, struct err *err)
{
    struct checking c = {.a = a, .id = id};
    struct where w;
    int64_t before;
    enum rc rc = find(db, id, &w, err);

    if (rc != RC_OK) {
        return rc;
    }
    do { /* lines that come meanwhile are not asked for */
        before = c.n;
        int64_t left = w.revision - c.n;
        rc = read_history(&(struct source){.db = db}, &w, id, c.n, (size_t)(left < CHECK_AT_ONCE ? left : CHECK_AT_ONCE), check_row, &c, err);
    } while (rc == RC_OK && c.n > before && c.n < w.revision);
    if (rc == RC_OK && (c.n != w.revision || !hash_eq(&c.hash, &w.hash))) {
        return err_set(err, RC_CORRUPT, "process %lld: its history ends with line %lld of %lld", (long long)id, (long long)c.n,
                       (long long)w.revision);
    }
    return rc;
}

/* --- what has gone wrong ------------------------------------------------------------------------------------------- */

static enum rc
incident_row(const struct row *row, void *ctx, struct err *err)
{
    struct reading *h = ctx;
    struct json *to = json_object(h->a), *data = NULL;
    int64_t instance = row_int(row, 0), token = row_int(row, 1);

    json_set_int(h->a, to, "instance", instance);
    json_set_int(h->a, to, "token", token);
    json_set_text(h->a, to, "business_key", row_text(row, 2));
    json_set_text(h->a, to, "process", row_text(row, 3));
    json_set_int(h->a, to, "version", row_int(row, 4));
    json_set_text(h->a, to, "element", row_text(row, 5));
    json_set_text(h->a, to, "code", row_text(row, 6));
    if (!row_is_null(row, 7)) {
        enum rc rc = runtime_unseal(h->r, h->a, runtime_place(h->a, "process_token.data", instance, token), row_blob(row, 7), &data, err);
        if (rc != RC_OK) {
            return rc;
        }
        json_set(h->a, to, "data", data);
    }
    json_set_int(h->a, to, "since_us", row_int(row, 8));
    json_push(h->list, to);
    return RC_OK;
}

enum rc
runtime_incidents(struct runtime *r, const struct db *db, struct arena *a, int64_t instance, int64_t token, size_t most,
                  struct json **out, struct err *err)
{
    struct reading h = {r, a, json_array(a)};
    enum rc rc = store_read(db, &PROCESS_INCIDENTS, VALUES(V_INT(instance), V_INT(token), V_INT((int64_t)most)), incident_row, &h, err);

    if (rc == RC_OK && (rc = json_whole(h.list, err)) == RC_OK) {
        *out = h.list;
    }
    return rc;
}

static enum rc
untaken_row(const struct row *row, void *ctx, struct err *err)
{
    struct reading *h = ctx;
    struct json *to = json_object(h->a), *variables;
    struct str id;
    enum rc rc = row_copy_text(row, 0, h->a, &id, err);

    if (rc != RC_OK || (rc = runtime_unseal(h->r, h->a, str_fmt(h->a, "process_message.content/%.*s", STR_ARG(id)), row_blob(row, 3),
                                            &variables, err)) != RC_OK) {
        return rc;
    }
    json_set_text(h->a, to, "id", id);
    json_set_text(h->a, to, "name", row_text(row, 1));
    json_set_text(h->a, to, "key", row_text(row, 2));
    json_set(h->a, to, "variables", variables);
    json_set_int(h->a, to, "at_us", row_int(row, 4));
    json_set_int(h->a, to, "expires_us", row_int(row, 5));
    json_push(h->list, to);
    return RC_OK;
}

enum rc
runtime_messages(struct runtime *r, const struct db *db, struct arena *a, const struct runtime_untaken *after, size_t most,
                 struct json **out, struct err *err)
{
    struct reading h = {r, a, json_array(a)};
    enum rc rc = store_read(db, &PROCESS_MESSAGES_UNTAKEN,
                            VALUES(V_TEXT(after->name), V_TEXT(after->key), V_INT(after->at_us), V_TEXT(after->id), V_INT((int64_t)most)),
                            untaken_row, &h, err);

    if (rc == RC_OK && (rc = json_whole(h.list, err)) == RC_OK) {
        *out = h.list;
    }
    return rc;
}
