/*
 * The place that a sealed record belongs to is its resource and the hash of its key, so a row that was copied over
 * another person's row does not open.
 */
#include "data/registry.h"

#include "base/encode.h"
#include "data/registry_sql.h"

enum { RECORD_BYTES_MAX = 65536 };

static enum rc
place_at(struct arena *a, struct str resource, struct str key_hash, struct str *place, struct err *err)
{
    struct str hex = hex_of(a, key_hash);

    *place = str_fmt(a, "record:%.*s/%.*s", STR_ARG(resource), STR_ARG(hex));
    return hex.ptr != NULL && place->ptr != NULL ? RC_OK : err_set(err, RC_LIMIT, "no room for a record");
}

/* Keyed by resource too: the same person has unrelated hashes in two registries. */
static enum rc
place_of(const struct vault *vault, struct arena *a, struct str resource, struct str key,
         struct hash *hash, struct str *place, struct err *err)
{
    struct str kind = str_fmt(a, "record:%.*s", STR_ARG(resource));

    if (kind.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for a record");
    }
    *hash = vault_index(vault, kind, key);
    return place_at(a, resource, hash_str(hash), place, err);
}

enum rc
registry_put(struct tx *tx, const struct vault *vault, struct arena *a, struct str resource,
             struct str key, const struct json *body, int64_t now_us, struct err *err)
{
    struct str place, plain, sealed;
    struct hash hash;
    enum rc rc;

    if (!json_is(body, JSON_OBJECT) || key.len == 0) {
        return err_set(err, RC_INVALID, "a record is an object and has a key");
    }
    if ((rc = json_print(a, body, &plain, err)) != RC_OK) {
        return rc;
    }
    if (plain.len > RECORD_BYTES_MAX) {
        return err_set(err, RC_LIMIT, "record passes %d bytes", RECORD_BYTES_MAX);
    }
    if ((rc = place_of(vault, a, resource, key, &hash, &place, err)) != RC_OK ||
        (rc = vault_seal(vault, a, place, plain, &sealed, err)) != RC_OK) {
        return rc;
    }
    return tx_run(tx, &RECORD_PUT,
                  VALUES(V_TEXT(resource), V_BLOB(hash_str(&hash)), V_BLOB(sealed), V_INT(now_us)),
                  NULL, NULL, err);
}

struct find {
    const struct vault *vault;
    struct arena *arena;
    struct str place;
    struct str plain;
    int64_t updated_us;
    bool found;
};

static enum rc
find_row(const struct row *row, void *ctx, struct err *err)
{
    struct find *f = ctx;

    f->updated_us = row_int(row, 1);
    f->found = true;
    return vault_open(f->vault, f->arena, f->place, row_blob(row, 0), &f->plain, err);
}

enum rc
registry_get(const struct db *db, const struct vault *vault, struct arena *a, struct str resource,
             struct str key, struct json **out, int64_t *updated_us, struct err *err)
{
    struct find f = {.vault = vault, .arena = a};
    struct hash hash;
    struct json *body;
    enum rc rc;

    if ((rc = place_of(vault, a, resource, key, &hash, &f.place, err)) != RC_OK ||
        (rc = store_read(db, &RECORD_BY_KEY, VALUES(V_TEXT(resource), V_BLOB(hash_str(&hash))),
                         find_row, &f, err)) != RC_OK) {
        return rc;
    }
    if (!f.found) {
        return err_problem(err, RC_NOT_FOUND, "record-missing", "no such record in %.*s",
                           STR_ARG(resource));
    }
    if ((rc = json_parse(a, f.plain, JSON_ANY, &body, err)) != RC_OK) {
        return rc == RC_INVALID ? err_set(err, RC_CORRUPT, "a stored record is not JSON") : rc;
    }
    *out = body;
    *updated_us = f.updated_us;
    return RC_OK;
}

enum rc
registry_count(const struct db *db, struct str resource, int64_t *out, struct err *err)
{
    return store_read_int(db, &RECORD_COUNT, VALUES(V_TEXT(resource)), out, err);
}

struct batch_reading {
    const struct vault *vault;
    struct arena *arena;
    struct str resource;
    struct record *records;
    size_t count;
};

static enum rc
batch_row(const struct row *row, void *ctx, struct err *err)
{
    struct batch_reading *b = ctx;
    struct record *r = &b->records[b->count];
    struct str place, plain;
    enum rc rc;

    if ((rc = str_copy(b->arena, row_blob(row, 0), &r->key_hash, err)) != RC_OK ||
        (rc = place_at(b->arena, b->resource, r->key_hash, &place, err)) != RC_OK ||
        (rc = vault_open(b->vault, b->arena, place, row_blob(row, 1), &plain, err)) != RC_OK) {
        return rc;
    }
    if ((rc = json_parse(b->arena, plain, JSON_ANY, &r->body, err)) != RC_OK) {
        return rc == RC_INVALID ? err_set(err, RC_CORRUPT, "a stored record is not JSON") : rc;
    }
    b->count++;
    return RC_OK;
}

enum rc
registry_batch(const struct db *db, const struct vault *vault, struct arena *a, struct str resource, struct str after,
               struct record *records, size_t most, size_t *count, struct err *err)
{
    struct batch_reading b = {.vault = vault, .arena = a, .resource = resource, .records = records};
    enum rc rc = store_read(db, &RECORD_BATCH, VALUES(V_TEXT(resource), V_BLOB(after), V_INT((int64_t)most)), batch_row, &b, err);

    if (rc == RC_OK) {
        *count = b.count;
    }
    return rc;
}
