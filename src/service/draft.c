#include "service/draft.h"

#include "crypto/random.h"
#include "service/draft_sql.h"
#include "service/material.h"

enum { ID_BYTES = 12 };

static const int64_t DAY_US = (int64_t)86400 * 1000000;

static struct str
place_of(struct arena *a, struct str id)
{
    return str_fmt(a, "draft.content/%.*s", STR_ARG(id));
}

struct found {
    const struct vault *vault;
    struct arena *arena;
    struct draft draft;
    bool is_found;
};

static enum rc
draft_row(const struct row *row, void *ctx, struct err *err)
{
    struct found *f = ctx;
    struct draft *d = &f->draft;
    struct arena *a = f->arena;
    struct str content;
    enum rc rc;

    f->is_found = true;
    d->item_version = row_int(row, 3);
    d->revision = row_int(row, 5);
    d->saved_us = row_int(row, 6);
    d->expires_us = row_int(row, 7);
    if ((rc = row_copy_text(row, 0, a, &d->id, err)) != RC_OK ||
        (rc = row_copy_text(row, 1, a, &d->subject, err)) != RC_OK ||
        (rc = row_copy_text(row, 2, a, &d->item, err)) != RC_OK ||
        (rc = row_copy_text(row, 8, a, &d->case_no, err)) != RC_OK ||
        (rc = vault_open(f->vault, a, place_of(a, d->id), row_blob(row, 4), &content, err)) !=
            RC_OK) {
        return rc;
    }
    return json_parse(a, content, JSON_UNIQUE, &d->values, err);
}

static enum rc
seal_values(const struct vault *vault, struct arena *a, const struct draft *d, struct str *out,
            struct err *err)
{
    struct str text;
    enum rc rc;

    if ((rc = json_whole(d->values, err)) != RC_OK ||
        (rc = json_print(a, d->values, &text, err)) != RC_OK) {
        return rc;
    }
    return vault_seal(vault, a, place_of(a, d->id), text, out, err);
}

struct begin {
    struct found found;
    struct draft fresh;
    struct str sealed;
    int64_t now_us;
};

static enum rc
begin_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct begin *b = ctx;
    const struct draft *d = &b->fresh;
    enum rc rc;

    b->found.is_found = false;
    rc = tx_run(tx, &DRAFT_OPEN_OF,
                VALUES(V_TEXT(d->subject), V_TEXT(d->item), V_INT(b->now_us)), draft_row,
                &b->found, err);
    if (rc != RC_OK || b->found.is_found) {
        return rc;
    }
    return tx_run(tx, &DRAFT_ADD,
                  VALUES(V_TEXT(d->id), V_TEXT(d->subject), V_TEXT(d->item),
                         V_INT(d->item_version), V_BLOB(b->sealed), V_INT(d->saved_us),
                         V_INT(d->expires_us)),
                  NULL, NULL, err);
}

enum rc
draft_begin(const struct db *db, const struct vault *vault, struct arena *a, struct str subject,
            const struct item *item, int64_t now_us, int keep_days, struct draft *out,
            struct err *err)
{
    struct str token = random_token(a, ID_BYTES);
    struct begin b = {.found = {.vault = vault, .arena = a},
                      .now_us = now_us,
                      .fresh = {.id = str_fmt(a, "d-%.*s", STR_ARG(token)),
                                .subject = subject,
                                .item = item->code,
                                .item_version = item->version,
                                .values = json_object(a),
                                .revision = 1,
                                .saved_us = now_us,
                                .expires_us = now_us + keep_days * DAY_US}};
    enum rc rc;

    if (token.ptr == NULL || b.fresh.id.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for a draft");
    }
    if ((rc = seal_values(vault, a, &b.fresh, &b.sealed, err)) != RC_OK ||
        (rc = store_write(db, begin_tx, &b, err)) != RC_OK) {
        return rc;
    }
    *out = b.found.is_found ? b.found.draft : b.fresh;
    return RC_OK;
}

enum rc
draft_get(const struct db *db, const struct vault *vault, struct arena *a, struct str id,
          struct str subject, struct draft *out, struct err *err)
{
    struct found f = {.vault = vault, .arena = a};
    enum rc rc = store_read(db, &DRAFT_BY_ID, VALUES(V_TEXT(id), V_TEXT(subject)), draft_row, &f,
                            err);

    if (rc == RC_OK && !f.is_found) {
        return err_set(err, RC_NOT_FOUND, "no such draft of this person");
    }
    if (rc == RC_OK) {
        *out = f.draft;
    }
    return rc;
}

struct save {
    const struct vault *vault;
    const struct draft *draft;
    struct str sealed;
    int64_t now_us;
    int64_t expires_us;
};

static enum rc
save_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct save *s = ctx;
    enum rc rc = tx_run(tx, &DRAFT_SAVE,
                        VALUES(V_TEXT(s->draft->id), V_INT(s->draft->revision),
                               V_BLOB(s->sealed), V_INT(s->now_us), V_INT(s->expires_us)),
                        NULL, NULL, err);

    if (rc == RC_OK && tx_changes(tx) == 0) {
        return err_problem(err, RC_CONFLICT, "other-tab", "the draft was saved elsewhere since");
    }
    return rc != RC_OK ? rc
                       : material_hold(tx, s->vault, s->draft->id, s->draft->values, err);
}

enum rc
draft_save(const struct db *db, const struct vault *vault, struct arena *a, struct draft *draft,
           int64_t now_us, struct err *err)
{
    struct save s = {.vault = vault,
                     .draft = draft,
                     .now_us = now_us,
                     .expires_us = now_us + (draft->expires_us - draft->saved_us)};
    enum rc rc;

    if ((rc = seal_values(vault, a, draft, &s.sealed, err)) != RC_OK ||
        (rc = store_write(db, save_tx, &s, err)) != RC_OK) {
        return rc;
    }
    draft->revision++;
    draft->saved_us = now_us;
    draft->expires_us = s.expires_us;
    return RC_OK;
}

struct listing {
    struct arena *arena;
    struct json *list;
};

static enum rc
list_row(const struct row *row, void *ctx, struct err *err)
{
    struct listing *l = ctx;
    struct arena *a = l->arena;
    struct json *d = json_object(a);

    (void)err;
    json_set_text(a, d, "id", row_text(row, 0));
    json_set_text(a, d, "item", row_text(row, 1));
    json_set_text(a, d, "saved", instant_text(a, row_int(row, 2), CLOCK_OFFSET_CHINA_MINUTES));
    json_set_text(a, d, "expires", instant_text(a, row_int(row, 3), CLOCK_OFFSET_CHINA_MINUTES));
    json_set_text(a, d, "url", str_fmt(a, "/drafts/%.*s", STR_ARG(row_text(row, 0))));
    json_push(l->list, d);
    return RC_OK;
}

enum rc
draft_list(const struct db *db, struct arena *a, struct str subject, int64_t now_us,
           struct json **out, struct err *err)
{
    struct listing l = {a, json_array(a)};
    enum rc rc;

    if ((rc = store_read(db, &DRAFT_LIST, VALUES(V_TEXT(subject), V_INT(now_us)), list_row, &l,
                         err)) != RC_OK ||
        (rc = json_whole(l.list, err)) != RC_OK) {
        return rc;
    }
    *out = l.list;
    return RC_OK;
}

struct expire {
    int64_t now_us;
    int64_t count;
};

static enum rc
expire_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct expire *e = ctx;
    enum rc rc;

    if ((rc = material_let_go_expired(tx, e->now_us, err)) != RC_OK ||
        (rc = tx_run(tx, &DRAFT_EXPIRE, VALUES(V_INT(e->now_us)), NULL, NULL, err)) != RC_OK) {
        return rc;
    }
    e->count = tx_changes(tx);
    return RC_OK;
}

enum rc
draft_expire(const struct db *db, int64_t now_us, int64_t *count, struct err *err)
{
    struct expire e = {.now_us = now_us};
    enum rc rc = store_write(db, expire_tx, &e, err);

    if (rc == RC_OK) {
        *count = e.count;
    }
    return rc;
}
