#include "web/idempotency.h"

#include "web/idempotency_sql.h"

struct claim {
    const struct vault *vault;
    struct arena *arena;
    struct str account;
    struct str key;
    struct str digest;
    int64_t now_us;
    int64_t claim_us;
    bool found;
    int64_t claimed_us;
    struct str earlier_digest;
    struct kept_answer answer;
};

/* Where a sealed body belongs: it opens in no other row. */
static struct str
place_of(struct arena *a, struct str account, struct str key)
{
    return str_fmt(a, "idempotency.body/%.*s/%.*s", STR_ARG(account), STR_ARG(key));
}

static enum rc
claim_row(const struct row *row, void *ctx, struct err *err)
{
    struct claim *c = ctx;
    struct str sealed = row_blob(row, 4);
    enum rc rc;

    c->found = true;
    c->claimed_us = row_int(row, 1);
    c->answer.status = (int)row_int(row, 2);
    if ((rc = row_copy_text(row, 0, c->arena, &c->earlier_digest, err)) != RC_OK ||
        (rc = row_copy_text(row, 3, c->arena, &c->answer.location, err)) != RC_OK) {
        return rc;
    }
    if (c->answer.status == 0) {
        return RC_OK;
    }
    return vault_open(c->vault, c->arena, place_of(c->arena, c->account, c->key), sealed,
                      &c->answer.body, err);
}

static enum rc
claim_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct claim *c = ctx;
    enum rc rc;

    c->found = false;
    c->answer = (struct kept_answer){.is_kept = false};
    if ((rc = tx_run(tx, &IDEMPOTENCY_GET, VALUES(V_TEXT(c->account), V_TEXT(c->key)), claim_row,
                     c, err)) != RC_OK) {
        return rc;
    }
    if (c->found && c->answer.status == 0 && c->now_us - c->claimed_us < c->claim_us) {
        return err_problem(err, RC_CONFLICT, "in-progress", "this key is being worked on");
    }
    if (c->found && c->answer.status != 0) {
        if (!str_eq(c->earlier_digest, c->digest)) {
            return err_problem(err, RC_CONFLICT, "idempotency-other-content",
                               "this key was used with other content");
        }
        c->answer.is_kept = true;
        return RC_OK;
    }
    return tx_run(tx, &IDEMPOTENCY_CLAIM,
                  VALUES(V_TEXT(c->account), V_TEXT(c->key), V_TEXT(c->digest), V_INT(c->now_us)),
                  NULL, NULL, err);
}

enum rc
idempotency_claim(const struct db *db, const struct vault *vault, struct arena *a,
                  struct str account, struct str key, struct str digest, int64_t now_us,
                  int claim_s, struct kept_answer *out, struct err *err)
{
    struct claim c = {.vault = vault,
                      .arena = a,
                      .account = account,
                      .key = key,
                      .digest = digest,
                      .now_us = now_us,
                      .claim_us = (int64_t)claim_s * 1000000};
    enum rc rc;

    if (key.len == 0 || key.len > IDEMPOTENCY_KEY_MAX) {
        return err_set(err, RC_INVALID, "an idempotency key has 1 to %d bytes",
                       IDEMPOTENCY_KEY_MAX);
    }
    if ((rc = store_write(db, claim_tx, &c, err)) != RC_OK) {
        return rc;
    }
    *out = c.answer;
    return RC_OK;
}

struct keep {
    struct str account;
    struct str key;
    int status;
    struct str location;
    struct str sealed;
};

static enum rc
keep_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct keep *k = ctx;

    return tx_run(tx, &IDEMPOTENCY_KEEP,
                  VALUES(V_TEXT(k->account), V_TEXT(k->key), V_INT(k->status),
                         V_TEXT(k->location), V_BLOB(k->sealed)),
                  NULL, NULL, err);
}

enum rc
idempotency_keep(const struct db *db, const struct vault *vault, struct arena *a,
                 struct str account, struct str key, int status, struct str location,
                 struct str body, struct err *err)
{
    struct keep k = {.account = account, .key = key, .status = status, .location = location};
    enum rc rc;

    CHECK(status > 0);
    if ((rc = vault_seal(vault, a, place_of(a, account, key), body, &k.sealed, err)) != RC_OK) {
        return rc;
    }
    return store_write(db, keep_tx, &k, err);
}

static enum rc
release_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct keep *k = ctx;

    return tx_run(tx, &IDEMPOTENCY_RELEASE, VALUES(V_TEXT(k->account), V_TEXT(k->key)), NULL,
                  NULL, err);
}

void
idempotency_release(const struct db *db, struct str account, struct str key)
{
    struct keep k = {.account = account, .key = key};
    struct err err;

    /* If even this fails the claim is free again by itself after claim_s. */
    (void)!store_write(db, release_tx, &k, &err);
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
