/* Hand-overs of a case as people and programs see them, the same at both nodes. */
#include "exchange/handover_int.h"
#include "exchange/handover_sql.h"

enum { VIEW_MAX = 200, LETTERS_MAX = 500 };

struct looking {
    struct arena *a;
    int64_t waiting;
    int64_t away_since_us;
    struct str trouble;
};

static enum rc
waiting_row(const struct row *row, void *ctx, struct err *err)
{
    struct looking *l = ctx;

    l->waiting = row_int(row, 0);
    return row_copy_text(row, 2, l->a, &l->trouble, err);
}

static enum rc
peer_row(const struct row *row, void *ctx, struct err *err)
{
    struct looking *l = ctx;

    l->away_since_us = row_int(row, 2);
    return l->trouble.len > 0 ? RC_OK : row_copy_text(row, 3, l->a, &l->trouble, err);
}

static void
copy_members(struct arena *a, struct json *j, const struct json *content)
{
    static const char *const lists[] = {"milestones", "clocks", "times", "materials", "sender_clocks"};

    for (size_t n = 0; n < sizeof(lists) / sizeof(lists[0]); n++) {
        const struct json *list = json_get(content, lists[n]);
        json_set(a, j, lists[n], list != NULL ? json_copy(a, list) : json_array(a));
    }
    json_set(a, j, "result", json_get(content, "result") != NULL ? json_copy(a, json_get(content, "result")) : json_null(a));
    json_set_bool(a, j, "suspended", json_true(content, "suspended"));
}

struct letters {
    const struct handovers *h;
    struct arena *a;
    struct json *list;
};

static enum rc
letter_row(const struct row *row, void *ctx, struct err *err)
{
    struct letters *l = ctx;
    struct json *j = json_object(l->a);

    (void)err;
    json_set_text(l->a, j, "way", row_text(row, 0));
    json_set_int(l->a, j, "number", row_int(row, 1));
    json_set_text(l->a, j, "kind", row_text(row, 2));
    json_set_text(l->a, j, "state", row_text(row, 3));
    handover_put_instant(l->h, l->a, j, "at", row_int(row, 4));
    handover_put_instant(l->h, l->a, j, "done", row_int(row, 5));
    json_set_int(l->a, j, "tries", row_int(row, 6));
    json_push(l->list, j);
    return RC_OK;
}

static enum rc
view_one(const struct handovers *h, const struct db *db, struct arena *a, const struct handover *row, struct json *list, struct err *err)
{
    const struct {
        const char *key;
        struct str value;
    } texts[] = {{"id", row->name},
                 {"side", row->side == HANDOVER_SENT ? STR("sent") : STR("taken")},
                 {"peer", row->peer},
                 {"process", row->process},
                 {"mode", json_str(row->content, "mode")},
                 {"item", row->item},
                 {"basis", row->basis},
                 {"case_no", row->case_no},
                 {"peer_case", row->peer_case},
                 {"state", row->state},
                 {"whose", row->is_ours ? h->config.node : row->peer}};
    struct looking l = {.a = a, .trouble = STR("")};
    struct letters letters = {h, a, json_array(a)};
    struct json *j = json_object(a);
    enum rc rc;

    if ((rc = store_read(db, &HANDOVER_MESSAGES_WAITING, VALUES(V_INT(row->id)), waiting_row, &l, err)) != RC_OK ||
        (rc = store_read(db, &HANDOVER_PEER, VALUES(V_TEXT(row->peer)), peer_row, &l, err)) != RC_OK ||
        (rc = store_read(db, &HANDOVER_LETTERS, VALUES(V_INT(row->id), V_INT(LETTERS_MAX)), letter_row, &letters, err)) != RC_OK) {
        return rc;
    }
    for (size_t n = 0; n < sizeof(texts) / sizeof(texts[0]); n++) {
        json_set_text(a, j, texts[n].key, texts[n].value);
    }
    copy_members(a, j, row->content);
    json_set(a, j, "letters", letters.list);
    json_set_int(a, j, "waiting", l.waiting);
    handover_put_instant(h, a, j, "whose_since", row->whose_us);
    handover_put_instant(h, a, j, "opened", row->opened_us);
    handover_put_instant(h, a, j, "closed", row->closed_us);
    handover_put_instant(h, a, j, "away_since", l.waiting > 0 || str_eq(row->state, STR("new")) ? l.away_since_us : 0);
    json_set_text(a, j, "trouble", l.waiting > 0 && l.trouble.len > 0 ? l.trouble : json_str(row->content, "trouble"));
    json_push(list, j);
    return json_whole(j, err);
}

static enum rc
count_row(const struct row *row, void *ctx, struct err *err)
{
    (void)err;
    *(int64_t *)ctx = row_int(row, 0);
    return RC_OK;
}

enum rc
handover_count(const struct db *db, struct str case_no, int64_t *out, struct err *err)
{
    return store_read(db, &HANDOVER_COUNT_OF_CASE, VALUES(V_TEXT(case_no)), count_row, out, err);
}

enum rc
handover_view(struct handovers *h, const struct db *db, struct arena *a, struct str case_no, struct json **out, struct err *err)
{
    const struct handover_from in = {.db = db};
    struct handover_list rows = {NULL, 0};
    struct json *list = json_array(a);
    enum rc rc = handover_rows(h, &in, a, &HANDOVER_OF_CASE, VALUES(V_TEXT(case_no), V_INT(VIEW_MAX)), VIEW_MAX, &rows, err);

    for (size_t n = 0; rc == RC_OK && n < rows.count; n++) {
        rc = view_one(h, db, a, &rows.row[n], list, err);
    }
    if (rc == RC_OK && (rc = json_whole(list, err)) == RC_OK) {
        *out = list;
    }
    return rc;
}
