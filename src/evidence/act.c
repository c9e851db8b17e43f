/*
 * An act costs its writer one INSERT, which finds the next index by itself, and about three microseconds for body,
 * opening and commitment.  Empty texts are NULL in the row, so that the two partial indexes hold only
 * what somebody can look for.
 */
#include "evidence/act.h"

#include <string.h>

#include "base/encode.h"
#include "crypto/random.h"
#include "evidence/act_sql.h"

/* Columns of every statement that reads acts. */
enum { INDEX, KIND, AT, ACTOR, ORG, CASE_NO, SUBJECT, RESOURCE, BODY, LEAF, OPENING };

/* --- writing ------------------------------------------------------------------------------------- */

static void
set_text(struct arena *a, struct json *body, const char *key, struct str text)
{
    if (text.len > 0) {
        json_set_text(a, body, key, text);
    }
}

/* A member that is only looked at: its children stay where they are. */
static struct json *
shared(struct arena *a, const struct json *j)
{
    struct json *head = arena_alloc(a, 1, sizeof(*head));

    if (head != NULL) {
        *head = *j;
        head->next = NULL;
    }
    return head;
}

/* The act as it is committed to. */
static enum rc
body_of(struct arena *a, const struct act *act, struct str *out, struct err *err)
{
    struct json *body = json_object(a);
    struct str text;
    enum rc rc;

    if (act->detail != NULL && !json_is(act->detail, JSON_OBJECT)) {
        return err_set(err, RC_INVALID, "the detail of an act is an object");
    }
    set_text(a, body, "actor", act->actor);
    json_set_int(a, body, "at_us", act->at_us);
    set_text(a, body, "case_no", act->case_no);
    if (act->detail != NULL && act->detail->count > 0) {
        json_set(a, body, "detail", shared(a, act->detail));
    }
    json_set_text(a, body, "kind", str_of(act_kind_name(act->kind)));
    set_text(a, body, "org", act->org);
    set_text(a, body, "resource", act->resource);
    set_text(a, body, "subject", act->subject);
    if ((rc = json_whole(body, err)) != RC_OK ||
        (rc = json_canonical(a, body, &text, err)) != RC_OK) {
        return rc;
    }
    if (text.len > ACT_BODY_MAX) {
        return err_set(err, RC_LIMIT, "an act of %zu bytes; at most %d go into the log", text.len,
                       ACT_BODY_MAX);
    }
    *out = text;
    return RC_OK;
}

static struct param
text_or_null(struct str s)
{
    return s.len > 0 ? V_TEXT(s) : V_NULL;
}

enum rc
act_add(struct tx *tx, struct arena *a, const struct act *act, struct act_ref *out,
        struct err *err)
{
    unsigned char opening[ACT_OPENING_BYTES];
    struct act_ref ref;
    struct str body;
    enum rc rc = body_of(a, act, &body, err);

    if (rc != RC_OK) {
        return rc;
    }
    random_fill(opening, sizeof(opening));
    act_leaf(act->kind, act->at_us, body, opening, ref.leaf);
    rc = tx_int(tx, &ACT_ADD,
                VALUES(V_INT(act->kind), V_INT(act->at_us), text_or_null(act->actor),
                       text_or_null(act->org), text_or_null(act->case_no),
                       text_or_null(act->subject), text_or_null(act->resource), V_TEXT(body),
                       V_BLOB(((struct str){(const char *)opening, sizeof(opening)})),
                       V_BLOB(((struct str){(const char *)ref.leaf, LEAF_BYTES})),
                       act->outcome > 0 ? V_INT(act->outcome) : V_NULL),
                &ref.index, err);
    if (rc == RC_OK) {
        *out = ref;
    }
    return rc;
}

enum rc
act_erase(struct tx *tx, int64_t index, struct err *err)
{
    enum rc rc = tx_run(tx, &ACT_ERASE, VALUES(V_INT(index)), NULL, NULL, err);

    if (rc == RC_OK && tx_changes(tx) == 0) {
        return err_set(err, RC_NOT_FOUND, "there is no act %lld", (long long)index);
    }
    return rc;
}

/* --- reading ------------------------------------------------------------------------------------- */

static enum rc
set_detail(struct arena *a, struct json *act, struct str body, struct err *err)
{
    struct json *told, *detail;
    enum rc rc = json_parse(a, body, JSON_UNIQUE, &told, err);

    if (rc != RC_OK) {
        return rc == RC_INVALID ? err_set(err, RC_CORRUPT, "the body of an act is no JSON") : rc;
    }
    detail = json_copy(a, json_get(told, "detail"));
    json_set(a, act, "detail", json_get(told, "detail") != NULL ? detail : json_object(a));
    return RC_OK;
}

static enum rc
act_json(const struct row *row, struct arena *a, bool whole, struct json **out, struct err *err)
{
    struct json *act = json_object(a);
    bool erased = row_is_null(row, BODY);
    enum act_kind kind;
    struct str body;
    enum rc rc;

    if (!act_kind_by_number((int)row_int(row, KIND), &kind)) {
        return err_set(err, RC_CORRUPT, "act %lld is of the unknown kind %lld",
                       (long long)row_int(row, INDEX), (long long)row_int(row, KIND));
    }
    json_set_int(a, act, "index", row_int(row, INDEX));
    json_set_text(a, act, "kind", str_of(act_kind_name(kind)));
    json_set_text(a, act, "kind_zh", str_of(act_kind_zh(kind)));
    json_set_text(a, act, "kind_en", str_of(act_kind_en(kind)));
    json_set_text(a, act, "at",
                  instant_text(a, row_int(row, AT), CLOCK_OFFSET_CHINA_MINUTES));
    json_set_text(a, act, "actor", row_text(row, ACTOR));
    json_set_text(a, act, "org", row_text(row, ORG));
    json_set_text(a, act, "case_no", row_text(row, CASE_NO));
    json_set_text(a, act, "subject", row_text(row, SUBJECT));
    json_set_text(a, act, "resource", row_text(row, RESOURCE));
    if (erased) {
        json_set_bool(a, act, "erased", true);
    } else {
        /* The tree of the detail points into its text, which must outlive the row. */
        if ((rc = row_copy_text(row, BODY, a, &body, err)) != RC_OK ||
            (rc = set_detail(a, act, body, err)) != RC_OK) {
            return rc;
        }
        if (whole) {
            json_set_text(a, act, "body", body);
            json_set_text(a, act, "opening", base64_of(a, row_blob(row, OPENING)));
        }
    }
    json_set_text(a, act, "leaf", base64_of(a, row_blob(row, LEAF)));
    *out = act;
    return RC_OK;
}

struct listing {
    struct arena *arena;
    struct json *acts;
};

static enum rc
add_to_listing(const struct row *row, void *ctx, struct err *err)
{
    struct listing *l = ctx;
    struct json *act;
    enum rc rc = act_json(row, l->arena, false, &act, err);

    if (rc == RC_OK) {
        json_push(l->acts, act);
    }
    return rc;
}

static enum rc
list(const struct db *db, struct arena *a, const struct stmt *stmt, struct values values,
     struct json **out, struct err *err)
{
    struct listing l = {.arena = a, .acts = json_array(a)};
    enum rc rc;

    if ((rc = store_read(db, stmt, values, add_to_listing, &l, err)) != RC_OK ||
        (rc = json_whole(l.acts, err)) != RC_OK) {
        return rc;
    }
    *out = l.acts;
    return RC_OK;
}

struct single {
    struct arena *arena;
    struct json *act;
};

static enum rc
take_single(const struct row *row, void *ctx, struct err *err)
{
    struct single *s = ctx;

    return act_json(row, s->arena, true, &s->act, err);
}

enum rc
act_by_index(const struct db *db, struct arena *a, int64_t index, struct json **out,
             struct err *err)
{
    struct single s = {.arena = a};
    enum rc rc = store_read(db, &ACT_BY_INDEX, VALUES(V_INT(index)), take_single, &s, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (s.act == NULL) {
        return err_set(err, RC_NOT_FOUND, "there is no act %lld", (long long)index);
    }
    if ((rc = json_whole(s.act, err)) == RC_OK) {
        *out = s.act;
    }
    return rc;
}

static struct param
below(int64_t before)
{
    return V_INT(before < 0 ? INT64_MAX : before);
}

enum rc
act_of_case(const struct db *db, struct arena *a, struct str case_no, int64_t before, int limit,
            struct json **out, struct err *err)
{
    return list(db, a, &ACT_OF_CASE, VALUES(V_TEXT(case_no), below(before), V_INT(limit)), out,
                err);
}

enum rc
act_of_subject(const struct db *db, struct arena *a, struct str subject, int64_t before,
               int limit, struct json **out, struct err *err)
{
    return list(db, a, &ACT_OF_SUBJECT, VALUES(V_TEXT(subject), below(before), V_INT(limit)), out,
                err);
}

enum rc
act_of_outcome(const struct db *db, struct arena *a, int outcome, struct str resource,
               int64_t before, int limit, struct json **out, struct err *err)
{
    if (resource.len == 0) {
        return list(db, a, &ACT_OF_OUTCOME, VALUES(V_INT(outcome), below(before), V_INT(limit)),
                    out, err);
    }
    return list(db, a, &ACT_OF_TRAFFIC,
                VALUES(V_TEXT(resource), V_INT(outcome), below(before), V_INT(limit)), out, err);
}

enum rc
act_reads_of(const struct db *db, struct arena *a, struct str subject, int64_t since_us,
             int64_t before, int limit, struct json **out, struct err *err)
{
    return list(db, a, &ACT_READS_OF,
                VALUES(V_TEXT(subject), below(before), V_INT(since_us), V_INT(ACT_ASK),
                       V_INT(ACT_READ), V_INT(ACT_VIEW), V_INT(ACT_OFFER), V_INT(limit)),
                out, err);
}

static enum rc
take_sum(const struct row *row, void *ctx, struct err *err)
{
    struct act_reads *r = ctx;

    (void)err;
    *r = (struct act_reads){.count = row_int(row, 0),
                            .officers = row_int(row, 1),
                            .systems = row_int(row, 2),
                            .matters = row_int(row, 3)};
    return RC_OK;
}

enum rc
act_reads_sum(const struct db *db, struct str subject, int64_t since_us, struct act_reads *out,
              struct err *err)
{
    struct act_reads sum = {0};
    enum rc rc = store_read(db, &ACT_READS_SUM,
                            VALUES(V_TEXT(subject), V_INT(since_us), V_INT(ACT_ASK),
                                   V_INT(ACT_READ), V_INT(ACT_VIEW), V_INT(ACT_OFFER), V_INT(ACT_READS_COUNTED)),
                            take_sum, &sum, err);

    if (rc == RC_OK) {
        *out = sum;
    }
    return rc;
}

enum rc
act_latest(const struct db *db, struct arena *a, int64_t before, int limit, struct json **out,
           struct err *err)
{
    return list(db, a, &ACT_LATEST, VALUES(below(before), V_INT(limit)), out, err);
}

enum rc
act_count(const struct db *db, int64_t *out, struct err *err)
{
    return store_read_int(db, &ACT_COUNT, NO_VALUES, out, err);
}

struct leaves {
    char *bytes;
    int64_t from;
    int64_t count;
    int64_t got;
};

static enum rc
take_leaf(const struct row *row, void *ctx, struct err *err)
{
    struct leaves *l = ctx;
    struct str leaf = row_blob(row, 1);

    if (row_int(row, 0) != l->from + l->got || leaf.len != LEAF_BYTES) {
        return err_set(err, RC_CORRUPT, "the acts of the database have a gap before %lld",
                       (long long)row_int(row, 0));
    }
    CHECK(l->got < l->count);
    memcpy(l->bytes + l->got * LEAF_BYTES, leaf.ptr, LEAF_BYTES);
    l->got++;
    return RC_OK;
}

enum rc
act_leaves(const struct db *db, struct arena *a, int64_t from, int64_t count, struct str *out,
           struct err *err)
{
    struct leaves l = {.from = from, .count = count};
    enum rc rc;

    CHECK(from >= 0 && count >= 0 && count <= INT64_MAX / LEAF_BYTES - from);
    if ((l.bytes = arena_alloc(a, (size_t)count + 1, LEAF_BYTES)) == NULL) {
        return err_set(err, RC_LIMIT, "no room for %lld leaves", (long long)count);
    }
    rc = store_read(db, &ACT_LEAVES, VALUES(V_INT(from), V_INT(from + count)), take_leaf, &l, err);
    if (rc != RC_OK) {
        return rc;
    }
    *out = (struct str){l.bytes, (size_t)l.got * LEAF_BYTES};
    return RC_OK;
}
