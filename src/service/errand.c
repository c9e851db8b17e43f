#include "service/errand.h"

#include "base/clock.h"
#include "base/encode.h"
#include "crypto/hash.h"
#include "service/errand_sql.h"

static struct str
place_of(struct arena *a, int64_t instance, int64_t token)
{
    return str_fmt(a, "errand.what/%lld.%lld", (long long)instance, (long long)token);
}

/* --- writing -------------------------------------------------------------------------------------------------- */

/* The act names what was said by its digest; the words themselves stay sealed. */
static enum rc
add_act(struct tx *tx, struct arena *a, const struct errand *e, struct str text, struct act_ref *ref, struct err *err)
{
    struct hash digest = hash_sha256(text);
    struct json *detail = json_object(a);
    const struct act act = {.kind = e->kind,
                            .at_us = e->at_us,
                            .actor = STR("system"),
                            .org = e->acts_for,
                            .case_no = e->case_no,
                            .subject = e->subject,
                            .resource = e->type,
                            .detail = detail};

    json_set_text(a, detail, "name", e->name);
    json_set_text(a, detail, "part", e->part);
    json_set_text(a, detail, "for", e->org.len > 0 ? e->org : e->audience);
    for (const struct json *m = e->shown != NULL ? e->shown->first : NULL; m != NULL; m = m->next) {
        json_set_key(a, detail, m->key, json_copy(a, m));
    }
    json_set_text(a, detail, "what_sha256", hex_of(a, hash_str(&digest)));
    enum rc rc = json_whole(detail, err);
    return rc != RC_OK ? rc : act_add(tx, a, &act, ref, err);
}

enum rc
errand_add(struct tx *tx, const struct vault *vault, struct arena *a, const struct errand *e, int64_t *act, struct err *err)
{
    struct str text, sealed;
    struct act_ref ref;
    enum rc rc;

    if ((rc = json_canonical(a, e->what, &text, err)) != RC_OK || (rc = add_act(tx, a, e, text, &ref, err)) != RC_OK ||
        (rc = vault_seal(vault, a, place_of(a, e->instance, e->token), text, &sealed, err)) != RC_OK) {
        return rc;
    }
    if (act != NULL) {
        *act = ref.index;
    }
    return tx_run(tx, &ERRAND_ADD,
                  VALUES(V_INT(e->instance), V_INT(e->token), V_TEXT(e->case_no), V_TEXT(e->part), V_TEXT(e->org), V_TEXT(e->type),
                         V_TEXT(e->name), V_TEXT(e->audience), V_BLOB(sealed), V_INT(ref.index), V_INT(e->at_us), V_INT(e->until_us)),
                  NULL, NULL, err);
}

/* --- reading --------------------------------------------------------------------------------------------------- */

struct listing {
    const struct vault *vault;
    struct arena *arena;
    const struct errand_wish *wish;
    bool is_public;
    struct json *list;
};

static bool
may_read(const struct errand_wish *wish, struct str audience)
{
    return wish->is_officer || !str_eq(audience, STR(ERRAND_OFFICERS));
}

static bool
is_notice(struct str type)
{
    return str_starts(type, STR("notice."));
}

static void
put_words(const struct listing *l, const struct json *what, struct json *d)
{
    const struct json *words = json_get_key(what, str_eq(l->wish->lang, STR("en")) ? STR("en") : STR("zh"));

    json_set_text(l->arena, d, "title", json_str(words, "title"));
    json_set_text(l->arena, d, "text", json_str(words, "text"));
}

static enum rc
errand_row(const struct row *row, void *ctx, struct err *err)
{
    struct listing *l = ctx;
    struct arena *a = l->arena;
    struct json *what, *d = json_object(a);
    struct str text;
    enum rc rc;

    if (!may_read(l->wish, row_text(row, 7))) {
        return RC_OK;
    }
    if ((rc = vault_open(l->vault, a, place_of(a, row_int(row, 0), row_int(row, 1)), row_blob(row, 8), &text, err)) != RC_OK ||
        (rc = json_parse(a, text, JSON_UNIQUE, &what, err)) != RC_OK) {
        return rc;
    }
    put_words(l, what, d);
    json_set_text(a, d, "org", row_text(row, 4));
    json_set_text(a, d, "type", row_text(row, 5));
    json_set_text(a, d, "name", row_text(row, 6));
    json_set_text(a, d, "audience", row_text(row, 7));
    json_set_bool(a, d, "is_notice", is_notice(row_text(row, 5)));
    json_set_text(a, d, "at", instant_text(a, row_int(row, 10), l->wish->offset_minutes));
    json_set_int(a, d, "at_us", row_int(row, 10));
    json_set_int(a, d, "act", row_int(row, 9));
    json_set_text(a, d, "proof_url", str_fmt(a, "/receipts/%lld.json", (long long)row_int(row, 9)));
    if (row_int(row, 11) > 0) {
        json_set_text(a, d, "until", instant_text(a, row_int(row, 11), l->wish->offset_minutes));
    }
    if (!l->is_public) {
        json_set_text(a, d, "case_no", row_text(row, 2));
        json_set_text(a, d, "part", row_text(row, 3));
    }
    if (l->wish->is_officer && !l->is_public) {
        json_set(a, d, "data", json_copy(a, json_get(what, "data")));
    }
    json_push(l->list, d);
    return RC_OK;
}

static enum rc
list(const struct db *db, const struct stmt *stmt, struct values values, struct listing *l, struct json **out, struct err *err)
{
    enum rc rc = store_read(db, stmt, values, errand_row, l, err);

    *out = l->list;
    return rc != RC_OK ? rc : json_whole(l->list, err);
}

enum rc
errand_of_case(const struct db *db, const struct vault *vault, struct arena *a, struct str case_no, const struct errand_wish *wish,
               struct json **out, struct err *err)
{
    struct listing l = {.vault = vault, .arena = a, .wish = wish, .list = json_array(a)};

    return list(db, &ERRAND_OF_CASE, VALUES(V_TEXT(case_no), V_INT(ERRANDS_SHOWN)), &l, out, err);
}

enum rc
errand_of_org(const struct db *db, const struct vault *vault, struct arena *a, struct str org, const struct errand_wish *wish,
              struct json **out, struct err *err)
{
    struct listing l = {.vault = vault, .arena = a, .wish = wish, .list = json_array(a)};

    return list(db, &ERRAND_OF_ORG, VALUES(V_TEXT(org), V_INT(ERRANDS_SHOWN)), &l, out, err);
}

enum rc
errand_shown(const struct db *db, const struct vault *vault, struct arena *a, int64_t now_us, const struct errand_wish *wish,
             struct json **out, struct err *err)
{
    struct listing l = {.vault = vault, .arena = a, .wish = wish, .is_public = true, .list = json_array(a)};

    return list(db, &ERRAND_SHOWN, VALUES(V_INT(now_us), V_INT(ERRANDS_SHOWN)), &l, out, err);
}
