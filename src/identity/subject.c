#include "identity/subject.h"

#include "base/utf8.h"
#include "crypto/random.h"
#include "identity/subject_sql.h"

enum { ID_RANDOM_BYTES = 12 };

static const char *
kind_name(enum subject_kind kind)
{
    return kind == SUBJECT_PERSON ? "person" : "company";
}

/* Where a sealed column belongs, so that it opens in no other row or column. */
static struct str
place_of(struct arena *a, struct str id, const char *column)
{
    return str_fmt(a, "subject.%s/%.*s", column, STR_ARG(id));
}

static enum rc
fold(struct arena *a, enum subject_kind kind, struct str identifier, int64_t now_us,
     struct str *out, struct err *err)
{
    enum idcode_verdict verdict;
    enum rc rc = utf8_fold(a, identifier, true, true, out, err);

    if (rc != RC_OK) {
        return rc;
    }
    verdict = kind == SUBJECT_PERSON
                  ? idcode_person(*out, instant_day(now_us, CLOCK_OFFSET_CHINA_MINUTES), NULL)
                  : idcode_company(*out);
    if (verdict != IDCODE_VALID && verdict != IDCODE_DOUBTFUL) {
        return err_problem(err, RC_INVALID, "identifier-wrong", "a %s identifier fails its check",
                           kind_name(kind));
    }
    return RC_OK;
}

/* --- reading ------------------------------------------------------------------------------------------ */

struct found {
    const struct vault *vault;
    struct arena *arena;
    struct subject subject;
    bool is_found;
};

static enum rc
subject_row(const struct row *row, void *ctx, struct err *err)
{
    struct found *f = ctx;
    struct subject *s = &f->subject;
    struct arena *a = f->arena;
    enum rc rc;

    s->kind = row_int(row, 1) == SUBJECT_PERSON ? SUBJECT_PERSON : SUBJECT_COMPANY;
    if ((rc = row_copy_text(row, 0, a, &s->id, err)) != RC_OK ||
        (rc = vault_open(f->vault, a, place_of(a, s->id, "identifier"), row_blob(row, 2),
                         &s->identifier, err)) != RC_OK ||
        (rc = vault_open(f->vault, a, place_of(a, s->id, "name"), row_blob(row, 3), &s->name,
                         err)) != RC_OK ||
        (rc = vault_open(f->vault, a, place_of(a, s->id, "phone"), row_blob(row, 4), &s->phone,
                         err)) != RC_OK) {
        return rc;
    }
    f->is_found = true;
    return RC_OK;
}

enum rc
subject_by_id(const struct db *db, const struct vault *vault, struct arena *a, struct str id,
              struct subject *out, struct err *err)
{
    struct found f = {.vault = vault, .arena = a};
    enum rc rc = store_read(db, &SUBJECT_BY_ID, VALUES(V_TEXT(id)), subject_row, &f, err);

    if (rc == RC_OK && !f.is_found) {
        return err_set(err, RC_NOT_FOUND, "no such subject");
    }
    if (rc == RC_OK) {
        *out = f.subject;
    }
    return rc;
}

enum rc
subject_by_identifier(const struct db *db, const struct vault *vault, struct arena *a,
                      enum subject_kind kind, struct str identifier, struct subject *out,
                      struct err *err)
{
    struct found f = {.vault = vault, .arena = a};
    struct str folded;
    enum rc rc = utf8_fold(a, identifier, true, true, &folded, err);

    if (rc != RC_OK) {
        return rc;
    }
    struct hash index = vault_index(vault, str_of(kind_name(kind)), folded);
    rc = store_read(db, &SUBJECT_BY_INDEX, VALUES(V_INT(kind), V_BLOB(hash_str(&index))),
                    subject_row, &f, err);
    if (rc == RC_OK && !f.is_found) {
        return err_set(err, RC_NOT_FOUND, "no such subject");
    }
    if (rc == RC_OK) {
        *out = f.subject;
    }
    return rc;
}

/* --- writing -------------------------------------------------------------------------------------------- */

static enum rc
seal_names(const struct vault *vault, struct arena *a, struct str id, struct str name,
           struct str phone, struct str *name_sealed, struct str *phone_sealed, struct err *err)
{
    enum rc rc = vault_seal(vault, a, place_of(a, id, "name"), name, name_sealed, err);

    return rc != RC_OK
               ? rc
               : vault_seal(vault, a, place_of(a, id, "phone"), phone, phone_sealed, err);
}

static enum rc
add(struct tx *tx, const struct vault *vault, struct arena *a, const struct subject *s,
    const struct hash *index, int64_t now_us, struct err *err)
{
    struct str identifier, name, phone;
    enum rc rc;

    if ((rc = vault_seal(vault, a, place_of(a, s->id, "identifier"), s->identifier, &identifier,
                         err)) != RC_OK ||
        (rc = seal_names(vault, a, s->id, s->name, s->phone, &name, &phone, err)) != RC_OK) {
        return rc;
    }
    return tx_run(tx, &SUBJECT_ADD,
                  VALUES(V_TEXT(s->id), V_INT(s->kind), V_BLOB(hash_str(index)),
                         V_BLOB(identifier), V_BLOB(name), V_BLOB(phone), V_INT(now_us)),
                  NULL, NULL, err);
}

enum rc
subject_put(struct tx *tx, const struct vault *vault, struct arena *a, enum subject_kind kind,
            struct str identifier, struct str name, struct str phone, int64_t now_us,
            struct str *id, struct err *err)
{
    struct found f = {.vault = vault, .arena = a};
    struct str folded, name_sealed, phone_sealed;
    enum rc rc;

    if ((rc = fold(a, kind, identifier, now_us, &folded, err)) != RC_OK) {
        return rc;
    }
    struct hash index = vault_index(vault, str_of(kind_name(kind)), folded);
    if ((rc = tx_run(tx, &SUBJECT_BY_INDEX, VALUES(V_INT(kind), V_BLOB(hash_str(&index))),
                     subject_row, &f, err)) != RC_OK) {
        return rc;
    }
    if (f.is_found) {
        if ((rc = seal_names(vault, a, f.subject.id, name, phone, &name_sealed, &phone_sealed,
                             err)) != RC_OK ||
            (rc = tx_run(tx, &SUBJECT_RENAME,
                         VALUES(V_TEXT(f.subject.id), V_BLOB(name_sealed), V_BLOB(phone_sealed)),
                         NULL, NULL, err)) != RC_OK) {
            return rc;
        }
        *id = f.subject.id;
        return RC_OK;
    }
    struct str token = random_token(a, ID_RANDOM_BYTES);
    struct subject s = {.id = str_fmt(a, "%c-%.*s", kind == SUBJECT_PERSON ? 'p' : 'c',
                                      STR_ARG(token)),
                        .kind = kind,
                        .identifier = folded,
                        .name = name,
                        .phone = phone};
    if (token.ptr == NULL || s.id.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for a subject");
    }
    if ((rc = add(tx, vault, a, &s, &index, now_us, err)) == RC_OK) {
        *id = s.id;
    }
    return rc;
}
