/*
 * Lists of cases: a person's own, and the queues of an organisation: its tasks by when they are due (process/conduct_deed.h), and the parts that have
 * their result.  All page by where the last page ended, so the millionth row costs what the first does.
 */
#include "service/casework.h"
#include "service/casework_clock_int.h"
#include "service/casework_sql.h"
#include "service/casework_task_int.h"
#include "service/casework_task_int.h"

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

/* --- what an organisation has to do ------------------------------------------------------------------------------------- */

struct queue {
    const struct casework *work;
    const struct db *db;
    struct arena *arena;
    struct str org;
    int64_t now_us;
    struct str lang;
    bool en;
};

struct queue_case { /* what a task is about; of a process that came from elsewhere there is none here */
    const struct queue *queue;
    struct case_row file;
    struct sub_case sub; /* its part: state and words alone */
    bool is_found;
};

static enum rc
queue_case_row(const struct row *row, void *ctx, struct err *err)
{
    struct queue_case *q = ctx;
    struct arena *a = q->queue->arena;
    enum rc rc;

    q->is_found = true;
    q->file.item_version = row_int(row, 1);
    q->file.submitted_us = row_int(row, 3);
    if ((rc = row_copy_text(row, 0, a, &q->file.item, err)) != RC_OK ||
        (rc = vault_open(q->queue->work->vault, a, case_place(a, "title", q->file.case_no), row_blob(row, 2), &q->file.title, err)) != RC_OK ||
        row_is_null(row, 4)) {
        return rc;
    }
    if ((rc = row_copy_text(row, 4, a, &q->sub.state, err)) != RC_OK || (rc = row_copy_text(row, 5, a, &q->sub.state_zh, err)) != RC_OK) {
        return rc;
    }
    return row_copy_text(row, 6, a, &q->sub.state_en, err);
}

static void
put_case(const struct case_view *v, const struct queue_case *q, struct str part, struct json *d)
{
    struct arena *a = v->arena;
    struct str name = item_word(case_part(v->item.document, part), "name", v->lang);

    json_set_text(a, d, "applicant", q->file.title);
    json_set_text(a, d, "item", q->file.item);
    json_set_text(a, d, "item_name", item_word(v->item.document, "name", v->lang));
    json_set_text(a, d, "part_name", name);
    json_set_text(a, d, "name", name);
    json_set_text(a, d, "submitted_text", case_moment_words(v, q->file.submitted_us));
    if (q->sub.state.len > 0) {
        json_set_text(a, d, "state", q->sub.state);
        json_set_text(a, d, "state_text", case_state_words(v, &q->sub));
    }
}

/* Of a task that belongs to no part of the case, "<case_no>-0" is where it is done. */
static void
put_task(const struct queue *q, const struct json *task, struct json *d)
{
    struct arena *a = q->arena;
    struct str case_no = json_str(task, "case_no"), part = json_str(task, "part");
    struct str id = str_fmt(a, "%.*s-%.*s", STR_ARG(case_no), STR_ARG(part.len > 0 ? part : STR("0")));
    struct str token = case_task_id(a, task);

    json_set_text(a, d, "id", id);
    json_set_text(a, d, "case_no", case_no);
    json_set_text(a, d, "tail", str_from(case_no, case_no.len > 4 ? case_no.len - 4 : 0));
    json_set_text(a, d, "part", part);
    json_set_text(a, d, "org", json_str(task, "org"));
    json_set_text(a, d, "task", token);
    json_set_text(a, d, "task_name", json_str(task, q->en ? "name_en" : "name_zh"));
    json_set_text(a, d, "kind", json_str(task, "kind"));
    json_set_text(a, d, "assignee", json_str(task, "assignee_name"));
    json_set_bool(a, d, "is_waiting", str_eq(json_str(task, "state"), STR("asked")));
    json_set_text(a, d, "since", instant_text(a, json_int_or(task, "since_us", 0), q->work->offset_minutes));
    json_set_text(a, d, "url", str_fmt(a, "/desk/%.*s?task=%.*s", STR_ARG(id), STR_ARG(token)));
}

static enum rc
task_entry(const struct queue *q, const struct json *task, struct json **out, struct err *err)
{
    struct queue_case about = {.queue = q, .file = {.case_no = json_str(task, "case_no")}};
    struct case_view v = {.work = q->work, .db = q->db, .arena = q->arena, .lang = q->lang, .en = q->en, .now_us = q->now_us};
    struct str part = json_str(task, "part");
    struct json *d = json_object(q->arena);
    enum rc rc = store_read(q->db, &CASE_OF_TASK, VALUES(V_TEXT(about.file.case_no), V_TEXT(part)), queue_case_row, &about, err);

    if (rc != RC_OK) {
        return rc;
    }
    put_task(q, task, d);
    if (about.is_found) {
        if ((rc = case_open_view(q->work, q->db, q->arena, about.file.item, about.file.item_version, q->now_us, q->lang, &v, err)) != RC_OK) {
            return rc;
        }
        put_case(&v, &about, part, d);
    }
    *out = d;
    return case_put_task_clock(&v, task, d, err);
}

/* "<due_us>.<instance>.<token>.<serial>"; anything else begins at the start. */
static struct work_after
task_cursor(struct str cursor)
{
    struct work_after after = {.due_us = 0};
    int64_t *const to[] = {&after.due_us, &after.instance, &after.token, &after.serial};
    struct str rest = cursor, one;
    size_t n = 0;

    while (n < 4 && str_next(&rest, '.', &one) && str_to_int(one, to[n])) {
        n++;
    }
    return n == 4 && rest.len == 0 ? after : (struct work_after){.due_us = 0};
}

static struct str
task_cursor_of(struct arena *a, const struct json *task)
{
    int64_t due_us = json_int_or(task, "due_us", 0);

    return str_fmt(a, "%lld.%lld.%lld.%lld", (long long)(due_us == 0 ? INT64_MAX : due_us), (long long)json_int_or(task, "instance", 0),
                   (long long)json_int_or(task, "token", 0), (long long)json_int_or(task, "serial", 0));
}

static enum rc
put_tasks(const struct queue *q, struct str state, struct str cursor, int limit, struct json *d, struct err *err)
{
    const struct work_query query = {.org = q->org, .assignee = STR(""), .state = state, .after = task_cursor(cursor), .limit = limit + 1};
    struct json *tasks = NULL, *list = json_array(q->arena);
    enum rc rc = work_page(q->work->conduct, q->db, q->arena, &query, &tasks, err);
    const struct json *t = rc == RC_OK ? tasks->first : NULL, *last = NULL;

    for (int n = 0; t != NULL && n < limit && rc == RC_OK; n++, t = t->next) {
        struct json *entry = NULL;
        if ((rc = task_entry(q, t, &entry, err)) == RC_OK) {
            json_push(list, entry);
        }
        last = t;
    }
    json_set(q->arena, d, "rows", list);
    if (t != NULL && last != NULL) {
        json_set_text(q->arena, d, "next", task_cursor_of(q->arena, last));
    }
    return rc;
}

/* --- what has its result --------------------------------------------------------------------------------------------------- */

struct results {
    struct sub_case_reading subs;
    struct case_row *files;
};

static enum rc
result_row(const struct row *row, void *ctx, struct err *err)
{
    struct results *r = ctx;
    struct case_row *file = &r->files[r->subs.count];
    struct arena *a = r->subs.arena;
    enum rc rc = sub_case_read_row(row, &r->subs, err);

    if (rc != RC_OK) {
        return rc;
    }
    file->case_no = r->subs.rows[r->subs.count - 1].case_no;
    file->item_version = row_int(row, 21);
    file->submitted_us = row_int(row, 23);
    if ((rc = row_copy_text(row, 20, a, &file->item, err)) != RC_OK) {
        return rc;
    }
    return vault_open(r->subs.work->vault, a, case_place(a, "title", file->case_no), row_blob(row, 22), &file->title, err);
}

static enum rc
result_entry(const struct queue *q, struct sub_case *s, const struct case_row *file, struct json **out, struct err *err)
{
    struct case_view v;
    enum rc rc = case_open_view(q->work, q->db, q->arena, file->item, file->item_version, q->now_us, q->lang, &v, err);

    if (rc != RC_OK || (rc = case_read_clocks(q->db, q->arena, s, 1, err)) != RC_OK) {
        return rc;
    }
    struct json *d = case_sub_document(&v, s);
    json_set_text(v.arena, d, "case_no", file->case_no);
    json_set_text(v.arena, d, "tail", str_from(file->case_no, file->case_no.len - 4));
    json_set_text(v.arena, d, "applicant", file->title);
    json_set_text(v.arena, d, "item", file->item);
    json_set_text(v.arena, d, "item_name", item_word(v.item.document, "name", q->lang));
    json_set_text(v.arena, d, "part_name", json_str(d, "name"));
    json_set_text(v.arena, d, "submitted_text", case_moment_words(&v, file->submitted_us));
    json_set_text(v.arena, d, "done_text", case_moment_words(&v, s->done_us));
    json_set_text(v.arena, d, "url", str_fmt(v.arena, "/desk/%.*s", STR_ARG(s->id)));
    *out = d;
    return RC_OK;
}

static enum rc
put_results(const struct queue *q, struct str cursor, int limit, struct json *d, struct err *err)
{
    size_t most = (size_t)limit + 1;
    struct results r = {.subs = {.work = q->work, .arena = q->arena, .most = most, .rows = arena_alloc(q->arena, most, sizeof(*r.subs.rows))},
                        .files = arena_alloc(q->arena, most, sizeof(*r.files))};
    struct json *list = json_array(q->arena);
    struct str last_id;
    int64_t last_us;
    enum rc rc;

    if (r.subs.rows == NULL || r.files == NULL) {
        return err_set(err, RC_LIMIT, "no room for a queue");
    }
    case_cursor(cursor, INT64_MAX, &last_us, &last_id);
    rc = store_read(q->db, &SUB_CASES_DONE, VALUES(V_TEXT(q->org), V_INT(last_us), V_TEXT(last_id), V_INT(limit + 1)), result_row, &r, err);
    for (size_t i = 0; i < r.subs.count && i < (size_t)limit && rc == RC_OK; i++) {
        struct json *entry = NULL;
        if ((rc = result_entry(q, &r.subs.rows[i], &r.files[i], &entry, err)) == RC_OK) {
            json_push(list, entry);
        }
    }
    json_set(q->arena, d, "rows", list);
    if (r.subs.count > (size_t)limit) {
        const struct sub_case *end = &r.subs.rows[limit - 1];
        json_set_text(q->arena, d, "next", str_fmt(q->arena, "%lld.%.*s", (long long)end->done_us, STR_ARG(end->id)));
    }
    return rc;
}

/* --- queues ------------------------------------------------------------------------------------------------------------------ */

enum { COUNT_MOST = 1000 };

static enum rc
put_counts(const struct queue *q, struct json *d, struct err *err)
{
    struct json *counts = json_object(q->arena);
    int64_t open = 0, waiting = 0, suspended = 0, done = 0;
    enum rc rc;

    if ((rc = work_count(q->db, q->org, STR("open"), COUNT_MOST, &open, err)) != RC_OK ||
        (rc = work_count(q->db, q->org, STR("asked"), COUNT_MOST, &waiting, err)) != RC_OK ||
        (rc = work_count(q->db, q->org, STR("suspended"), COUNT_MOST, &suspended, err)) != RC_OK ||
        (rc = store_read_int(q->db, &SUB_CASES_DONE_COUNT, VALUES(V_TEXT(q->org)), &done, err)) != RC_OK) {
        return rc;
    }
    json_set_int(q->arena, counts, "open", open);
    json_set_int(q->arena, counts, "waiting", waiting);
    json_set_int(q->arena, counts, "suspended", suspended);
    json_set_int(q->arena, counts, "done", done);
    json_set(q->arena, d, "counts", counts);
    return RC_OK;
}

enum rc
case_queue(const struct casework *w, const struct db *db, struct arena *a, struct str org, struct str view, struct str after, int limit,
           int64_t now_us, struct str lang, struct json **out, struct err *err)
{
    const struct queue q = {.work = w, .db = db, .arena = a, .org = org, .now_us = now_us, .lang = lang, .en = str_eq(lang, STR("en"))};
    struct json *d = json_object(a);
    enum rc rc;

    CHECK(limit > 0 && limit < WORK_PAGE_MAX);
    json_set_text(a, d, "view", view);
    if (str_eq(view, STR("done"))) {
        rc = put_results(&q, after, limit, d, err);
    } else {
        rc = put_tasks(&q, str_eq(view, STR("waiting")) ? STR("asked") : str_eq(view, STR("suspended")) ? view : STR("open"), after, limit, d, err);
    }
    if (rc == RC_OK && (rc = put_counts(&q, d, err)) == RC_OK && (rc = json_whole(d, err)) == RC_OK) {
        *out = d;
    }
    return rc;
}
