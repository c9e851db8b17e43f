/*
 * Lists of cases: a person's own, and the queue of an organisation.  Both page by where the last page ended, so the millionth row costs
 * what the first does.
 */
#include "service/casework.h"
#include "service/casework_int.h"
#include "service/casework_sql.h"

struct case_list {
    const struct casework *work;
    struct arena *arena;
    struct case_row *rows;
    size_t most;
    size_t count;
};

static enum rc
list_row(const struct row *row, void *ctx, struct err *err)
{
    struct case_list *l = ctx;
    struct case_reading one = {.work = l->work, .arena = l->arena};
    enum rc rc = case_read_row(row, &one, err);

    CHECK(l->count < l->most);
    l->rows[l->count++] = one.row;
    return rc;
}

void
case_cursor(struct str cursor, int64_t first, int64_t *number, struct str *text)
{
    size_t dot = str_find_byte(cursor, '.');

    *text = str_from(cursor, dot + 1);
    if (dot == cursor.len || !str_to_int(str_sub(cursor, 0, dot), number)) {
        *number = first;
        *text = STR("");
    }
}

enum rc
case_list_of(const struct casework *w, const struct db *db, struct arena *a, struct str subject,
             struct str after, int limit, int64_t now_us, struct str lang, struct json **out,
             struct err *err)
{
    struct case_list l = {.work = w, .arena = a, .most = (size_t)limit + 1};
    struct sub_case *subs = arena_alloc(a, PARTS_MAX, sizeof(*subs));
    struct json *d = json_object(a), *list = json_array(a);
    struct str last_no;
    int64_t last_us;
    enum rc rc;

    l.rows = arena_alloc(a, l.most, sizeof(*l.rows));
    if (l.rows == NULL || subs == NULL) {
        return err_set(err, RC_LIMIT, "no room for a list");
    }
    case_cursor(after, INT64_MAX, &last_us, &last_no);
    if ((rc = store_read(db, &CASE_LIST,
                         VALUES(V_TEXT(subject), V_INT(last_us), V_TEXT(last_no), V_INT(limit + 1)),
                         list_row, &l, err)) != RC_OK) {
        return rc;
    }
    for (size_t i = 0; i < l.count && i < (size_t)limit; i++) {
        struct case_view v;
        size_t count = 0;
        if ((rc = case_read_subs(w, db, a, l.rows[i].case_no, subs, &count, err)) != RC_OK ||
            (rc = case_open_view(w, db, a, l.rows[i].item, l.rows[i].item_version, now_us, lang, &v,
                            err)) != RC_OK) {
            return rc;
        }
        struct json *head = case_head(&v, &l.rows[i], subs, count);
        case_put_subs(&v, head, subs, count);
        json_push(list, head);
    }
    json_set(a, d, "cases", list);
    if (l.count > (size_t)limit) {
        const struct case_row *end = &l.rows[limit - 1];
        json_set_text(a, d, "next", str_fmt(a, "%lld.%.*s", (long long)end->submitted_us,
                                            STR_ARG(end->case_no)));
    }
    if ((rc = json_whole(d, err)) == RC_OK) {
        *out = d;
    }
    return rc;
}

struct queue {
    struct sub_case_reading subs;
    struct case_row *files;
    size_t most;
};

static enum rc
queue_row(const struct row *row, void *ctx, struct err *err)
{
    struct queue *q = ctx;
    struct case_row *file = &q->files[q->subs.count];
    struct arena *a = q->subs.arena;
    enum rc rc = sub_case_read_row(row, &q->subs, err);

    if (rc != RC_OK) {
        return rc;
    }
    file->case_no = q->subs.rows[q->subs.count - 1].case_no;
    file->item_version = row_int(row, 29);
    file->submitted_us = row_int(row, 31);
    if ((rc = row_copy_text(row, 28, a, &file->item, err)) != RC_OK) {
        return rc;
    }
    return vault_open(q->subs.work->vault, a, case_place(a, "title", file->case_no),
                      row_blob(row, 30), &file->title, err);
}

static enum rc
queue_entry(const struct casework *w, const struct db *db, struct arena *a,
            const struct sub_case *s, const struct case_row *file, int64_t now_us,
            struct str lang, struct json **out, struct err *err)
{
    struct json *d;
    struct case_view v;
    enum rc rc;

    if ((rc = case_open_view(w, db, a, file->item, file->item_version, now_us, lang, &v, err)) !=
        RC_OK) {
        return rc;
    }
    d = case_sub_document(&v, s);
    json_set_text(a, d, "case_no", file->case_no);
    json_set_text(a, d, "tail", str_from(file->case_no, file->case_no.len - 4));
    json_set_text(a, d, "applicant", file->title);
    json_set_text(a, d, "item_name", item_word(v.item.document, "name", lang));
    json_set_text(a, d, "submitted_text", case_moment_words(&v, file->submitted_us));
    json_set_text(a, d, "due", day_text(a, s->due_day));
    json_set_text(a, d, "url", str_fmt(a, "/desk/%.*s", STR_ARG(s->id)));
    *out = d;
    return RC_OK;
}

static enum rc
put_counts(const struct db *db, struct arena *a, struct str org, struct json *d, struct err *err)
{
    static const char *const views[] = {"open", "waiting", "done"};
    struct json *counts = json_object(a);
    enum rc rc = RC_OK;

    for (size_t i = 0; i < 3 && rc == RC_OK; i++) {
        int64_t n = 0;
        rc = store_read_int(db, &SUB_CASE_COUNT, VALUES(V_TEXT(org), V_TEXT(str_of(views[i]))), &n,
                            err);
        json_set_int(a, counts, views[i], n);
    }
    json_set(a, d, "counts", counts);
    return rc;
}

enum rc
case_queue(const struct casework *w, const struct db *db, struct arena *a, struct str org,
           struct str view, struct str after, int limit, int64_t now_us, struct str lang,
           struct json **out, struct err *err)
{
    size_t most = (size_t)limit + 1;
    struct queue q = {.subs = {.work = w, .arena = a, .most = most}, .most = most};
    struct json *d = json_object(a), *list = json_array(a);
    struct str last_id;
    int64_t last_day;
    enum rc rc;

    q.subs.rows = arena_alloc(a, most, sizeof(*q.subs.rows));
    q.files = arena_alloc(a, most, sizeof(*q.files));
    if (q.subs.rows == NULL || q.files == NULL) {
        return err_set(err, RC_LIMIT, "no room for a queue");
    }
    case_cursor(after, INT32_MIN, &last_day, &last_id);
    if ((rc = store_read(db, &SUB_CASE_QUEUE,
                         VALUES(V_TEXT(org), V_TEXT(view), V_INT(last_day), V_TEXT(last_id),
                                V_INT(limit + 1)),
                         queue_row, &q, err)) != RC_OK) {
        return rc;
    }
    for (size_t i = 0; i < q.subs.count && i < (size_t)limit; i++) {
        struct json *entry;
        if ((rc = queue_entry(w, db, a, &q.subs.rows[i], &q.files[i], now_us, lang, &entry,
                              err)) != RC_OK) {
            return rc;
        }
        json_push(list, entry);
    }
    json_set_text(a, d, "view", view);
    json_set(a, d, "rows", list);
    if (q.subs.count > (size_t)limit) {
        const struct sub_case *end = &q.subs.rows[limit - 1];
        json_set_text(a, d, "next",
                      str_fmt(a, "%d.%.*s", (int)end->due_day, STR_ARG(end->id)));
    }
    if ((rc = put_counts(db, a, org, d, err)) == RC_OK && (rc = json_whole(d, err)) == RC_OK) {
        *out = d;
    }
    return rc;
}
