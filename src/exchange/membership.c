#include "exchange/membership.h"

#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "store/node_sql.h"

enum { READ_ARENA = DIRECTORY_BYTES_MAX * 2 + (1 << 16) };

static const struct str fact = STR_INIT("directory");

struct kept {
    struct kept *older;
    struct directory *directory;
};

struct membership {
    struct membership_config config;
    struct kept *newest;
};

static void
keep(struct membership *m, struct directory *d)
{
    struct kept *k = mem_new(1, sizeof(*k));

    k->older = m->newest;
    k->directory = d;
    m->newest = k;
}

const struct directory *
membership_directory(const struct membership *m)
{
    return m->newest->directory;
}

/* --- what is said --- */

static void
tell_taken(const struct membership *m, const struct directory *d)
{
    char version[24];

    if (m->config.log != NULL) {
        (void)snprintf(version, sizeof(version), "%lld", (long long)directory_version(d));
        log_event(m->config.log, LOG_INFO, "directory_taken", "version", version, NULL);
    }
}

static void
tell_failure(const struct membership *m, const char *event, enum rc rc, const struct err *err)
{
    if (m->config.log != NULL) {
        log_failure(m->config.log, event, rc, err);
    }
}

/* --- in the store --- */

struct recalling {
    struct arena *arena;
    struct str text;
};

static enum rc
take_text(const struct row *row, void *ctx, struct err *err)
{
    struct recalling *r = ctx;

    return row_copy_text(row, 0, r->arena, &r->text, err);
}

/* *out NULL: none was taken yet, or not from this authority. */
static enum rc
recall(struct membership *m, struct arena *a, struct directory **out, struct err *err)
{
    const struct db db = {.store = m->config.store};
    struct recalling r = {.arena = a};
    enum rc rc = store_read(&db, &NODE_FACT_BY_NAME, VALUES(V_TEXT(fact)), take_text, &r, err);

    *out = NULL;
    if (rc != RC_OK || r.text.ptr == NULL) {
        return rc;
    }
    if ((rc = directory_recall(r.text, m->config.authority, out, err)) != RC_OK) {
        tell_failure(m, "directory_forgotten", rc, err);
        *out = NULL;
    }
    return RC_OK;
}

static enum rc
write_fact(struct tx *tx, void *ctx, struct err *err)
{
    const struct str *text = ctx;

    return tx_run(tx, &NODE_FACT_SET, VALUES(V_TEXT(fact), V_TEXT(*text)), NULL, NULL, err);
}

/* --- in the file --- */

/* *out NULL: it is the one that is held.  A new one is in the store before anybody goes by it. */
static enum rc
read_file(struct membership *m, struct arena *a, const struct directory *held,
          struct directory **out, struct err *err)
{
    const struct db db = {.store = m->config.store};
    struct directory *d;
    struct str text;
    enum rc rc;

    if ((rc = file_read(a, m->config.path, DIRECTORY_BYTES_MAX, &text, err)) != RC_OK ||
        (rc = directory_load(text, m->config.authority, clock_now_us(m->config.clock), held, &d,
                             err)) != RC_OK) {
        return rc;
    }
    if (held != NULL && directory_version(d) == directory_version(held)) {
        directory_free(d);
        *out = NULL;
        return RC_OK;
    }
    if ((rc = store_write(&db, write_fact, &text, err)) != RC_OK) {
        directory_free(d);
        return rc;
    }
    tell_taken(m, d);
    *out = d;
    return RC_OK;
}

static enum rc
open_with(struct membership *m, struct arena *a, struct err *err)
{
    struct directory *held, *fresh;
    enum rc rc = recall(m, a, &held, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (held != NULL) {
        keep(m, held);
    }
    rc = read_file(m, a, held, &fresh, err);
    if (rc == RC_OK && fresh != NULL) {
        keep(m, fresh);
    } else if (rc != RC_OK && held != NULL) {
        tell_failure(m, "directory_refused", rc, err);
        rc = RC_OK;
    }
    return rc;
}

enum rc
membership_open(const struct membership_config *config, struct membership **out, struct err *err)
{
    struct membership *m = mem_new(1, sizeof(*m));
    struct arena *a = arena_new(READ_ARENA);

    m->config = *config;
    enum rc rc = open_with(m, a, err);
    arena_free(a);
    if (rc != RC_OK) {
        membership_close(m);
        return rc;
    }
    *out = m;
    return RC_OK;
}

enum rc
membership_look(struct membership *m, bool *newer, struct err *err)
{
    struct arena *a = arena_new(READ_ARENA);
    struct directory *fresh;
    enum rc rc = read_file(m, a, m->newest->directory, &fresh, err);

    arena_free(a);
    if (rc != RC_OK) {
        tell_failure(m, "directory_refused", rc, err);
        return rc;
    }
    *newer = fresh != NULL;
    if (fresh != NULL) {
        keep(m, fresh);
    }
    return RC_OK;
}

void
membership_close(struct membership *m)
{
    if (m == NULL) {
        return;
    }
    while (m->newest != NULL) {
        struct kept *k = m->newest;
        m->newest = k->older;
        directory_free(k->directory);
        mem_free(k);
    }
    mem_free(m);
}
