#include "web/idempotency.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "web/idempotency_sql.h"

/* As many as there are such requests at work, so a list will do. */
struct claim {
    struct claim *next;
    size_t account_len;
    size_t key_len;
    char text[]; /* account, key */
};

struct idempotency {
    pthread_mutex_t lock;
    struct claim *claims;
};

struct idempotency *
idempotency_new(void)
{
    struct idempotency *i = mem_new(1, sizeof(*i));

    CHECK(pthread_mutex_init(&i->lock, NULL) == 0);
    return i;
}

void
idempotency_free(struct idempotency *i)
{
    if (i == NULL) {
        return;
    }
    CHECK(i->claims == NULL);
    (void)pthread_mutex_destroy(&i->lock);
    mem_free(i);
}

/* Under the lock: where the pointer to this claim is, or would be. */
static struct claim **
find_claim(struct idempotency *i, const struct keyed_request *r)
{
    struct claim **at = &i->claims;

    while (*at != NULL) {
        struct str account = {(*at)->text, (*at)->account_len};
        struct str key = {(*at)->text + account.len, (*at)->key_len};
        if (str_eq(account, r->account) && str_eq(key, r->key)) {
            return at;
        }
        at = &(*at)->next;
    }
    return at;
}

static bool
begin_claim(struct idempotency *i, const struct keyed_request *r)
{
    struct claim **at, *c = NULL;

    (void)pthread_mutex_lock(&i->lock);
    at = find_claim(i, r);
    if (*at == NULL) {
        c = mem_new(1, sizeof(*c) + r->account.len + r->key.len);
        c->account_len = r->account.len;
        c->key_len = r->key.len;
        memcpy(c->text, r->account.ptr, r->account.len);
        memcpy(c->text + r->account.len, r->key.ptr, r->key.len);
        *at = c;
    }
    (void)pthread_mutex_unlock(&i->lock);
    return c != NULL;
}

void
idempotency_release(struct idempotency *i, const struct keyed_request *r)
{
    struct claim **at, *c;

    (void)pthread_mutex_lock(&i->lock);
    at = find_claim(i, r);
    c = *at;
    CHECK(c != NULL);
    *at = c->next;
    (void)pthread_mutex_unlock(&i->lock);
    mem_free(c);
}

/* Where a sealed body belongs: it opens in no other row. */
static struct str
place_of(struct arena *a, const struct keyed_request *r)
{
    return str_fmt(a, "idempotency.body/%.*s/%.*s", STR_ARG(r->account), STR_ARG(r->key));
}

struct earlier {
    const struct vault *vault;
    struct arena *arena;
    const struct keyed_request *request;
    struct str digest;
    struct kept_answer answer;
};

static enum rc
earlier_row(const struct row *row, void *ctx, struct err *err)
{
    struct earlier *e = ctx;
    enum rc rc;

    e->answer.is_kept = true;
    e->answer.status = (int)row_int(row, 1);
    if ((rc = row_copy_text(row, 0, e->arena, &e->digest, err)) != RC_OK ||
        (rc = row_copy_text(row, 2, e->arena, &e->answer.location, err)) != RC_OK) {
        return rc;
    }
    return vault_open(e->vault, e->arena, place_of(e->arena, e->request), row_blob(row, 3),
                      &e->answer.body, err);
}

static enum rc
find_earlier(const struct db *db, struct earlier *e, struct err *err)
{
    const struct keyed_request *r = e->request;
    enum rc rc = store_read(db, &IDEMPOTENCY_GET, VALUES(V_TEXT(r->account), V_TEXT(r->key)),
                            earlier_row, e, err);

    if (rc == RC_OK && e->answer.is_kept && !str_eq(e->digest, r->digest)) {
        return err_problem(err, RC_CONFLICT, "idempotency-other-content",
                           "this key was used with other content");
    }
    return rc;
}

enum rc
idempotency_claim(struct idempotency *i, const struct db *db, const struct vault *vault,
                  struct arena *a, const struct keyed_request *request, struct kept_answer *out,
                  struct err *err)
{
    struct earlier e = {.vault = vault, .arena = a, .request = request};
    enum rc rc;

    if (request->key.len == 0 || request->key.len > IDEMPOTENCY_KEY_MAX ||
        !utf8_is_plain(request->key)) {
        return err_set(err, RC_INVALID, "an idempotency key has 1 to %d bytes of plain text",
                       IDEMPOTENCY_KEY_MAX);
    }
    if (!begin_claim(i, request)) {
        return err_problem(err, RC_CONFLICT, "in-progress", "this key is being worked on");
    }
    rc = find_earlier(db, &e, err);
    if (rc != RC_OK || e.answer.is_kept) {
        idempotency_release(i, request);
    }
    if (rc == RC_OK) {
        *out = e.answer;
    }
    return rc;
}

struct keep {
    const struct keyed_request *request;
    const struct kept_answer *answer;
    int64_t now_us;
    struct str sealed;
};

static enum rc
keep_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct keep *k = ctx;
    const struct keyed_request *r = k->request;

    return tx_run(tx, &IDEMPOTENCY_KEEP,
                  VALUES(V_TEXT(r->account), V_TEXT(r->key), V_TEXT(r->digest), V_INT(k->now_us),
                         V_INT(k->answer->status), V_TEXT(k->answer->location),
                         V_BLOB(k->sealed)),
                  NULL, NULL, err);
}

enum rc
idempotency_keep(struct idempotency *i, const struct db *db, const struct vault *vault,
                 struct arena *a, const struct keyed_request *request, int64_t now_us,
                 const struct kept_answer *answer, struct err *err)
{
    struct keep k = {.request = request, .answer = answer, .now_us = now_us};
    enum rc rc;

    CHECK(answer->status > 0);
    rc = vault_seal(vault, a, place_of(a, request), answer->body, &k.sealed, err);
    if (rc == RC_OK) {
        rc = store_write(db, keep_tx, &k, err);
    }
    idempotency_release(i, request);
    return rc;
}

static enum rc
expire_tx(struct tx *tx, void *ctx, struct err *err)
{
    int64_t *older_than_us = ctx;

    return tx_run(tx, &IDEMPOTENCY_EXPIRE, VALUES(V_INT(*older_than_us)), NULL, NULL, err);
}

enum rc
idempotency_expire(const struct db *db, int64_t older_than_us, struct err *err)
{
    return store_write(db, expire_tx, &older_than_us, err);
}
