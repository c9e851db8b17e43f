/*
 * An organisation's queue, by when things are due.
 */
#include "web/officer_int.h"

enum { QUEUE_PAGE = 20 };

static const char *const views[][3] = {{"open", "待办", "To do"},
                                       {"waiting", "等申请人", "Waiting for applicants"},
                                       {"suspended", "中止", "Suspended"},
                                       {"done", "已办结", "Closed"}};
enum { VIEWS = sizeof(views) / sizeof(views[0]) };

/* What seldom is, a suspended case, has a tab only while there is one. */
static void
put_tabs(struct page *p, struct str view)
{
    const struct json *counts = json_get(p->document, "counts");
    struct json *tabs = json_array(p->arena);

    for (size_t i = 0; i < VIEWS; i++) {
        struct json *t = json_object(p->arena);
        int64_t count = json_int_or(counts, views[i][0], 0);
        bool is_current = str_eq(view, str_of(views[i][0]));
        if (count == 0 && !is_current && str_eq(str_of(views[i][0]), STR("suspended"))) {
            continue;
        }
        json_set_text(p->arena, t, "title",
                      page_either(p, str_of(views[i][1]), str_of(views[i][2])));
        json_set_int(p->arena, t, "count", count);
        json_set_text(p->arena, t, "url", str_fmt(p->arena, "/desk?view=%s", views[i][0]));
        json_set_bool(p->arena, t, "is_current", is_current);
        json_push(tabs, t);
    }
    json_set(p->arena, p->document, "tabs", tabs);
    json_set_int(p->arena, p->document, "total",
                 json_int_or(counts, str_c(p->arena, view), 0));
}

static struct str
known_view(struct str wanted)
{
    for (size_t i = 0; i < VIEWS; i++) {
        if (str_eq(wanted, str_of(views[i][0]))) {
            return wanted;
        }
    }
    return STR("open");
}

static struct json *
rows_of(struct page *p)
{
    struct json *rows = p->document->first;

    while (rows != NULL && !str_eq(rows->key, STR("rows"))) {
        rows = rows->next;
    }
    return rows != NULL ? rows->first : NULL;
}

/* Of a task its name and, where it is no usual one, what kind it is; of what is closed what it has come to. */
static void
finish_row(struct page *p, struct json *row)
{
    struct str kind = json_str(row, "kind"), task = json_str(row, "task_name");
    bool is_consult = str_eq(kind, STR("consult")), is_extend = str_eq(kind, STR("extend"));

    json_set_text(p->arena, row, "what", task.len > 0 ? task : json_str(row, "state_text"));
    json_set_text(p->arena, row, "kind_text", is_consult ? page_word(p, "queue_consult") : is_extend ? page_word(p, "queue_extend") : STR(""));
    json_set_text(p->arena, row, "remark", task.len > 0 ? json_str(row, "state_text") : STR(""));
    if (json_get(row, "assignee") == NULL) {
        json_set_text(p->arena, row, "assignee", json_str(row, "officer"));
    }
}

enum rc
officer_queue(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    struct str view = known_view(page_query(p, "view")), next;
    enum rc rc;

    if ((rc = case_queue(&work, &p->db, p->arena, p->who.officer.org, view,
                         page_query(p, "after"), QUEUE_PAGE, p->now_us, p->lang, &p->document,
                         err)) != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, p->document, "title",
                  str_fmt(p->arena, "%.*s%.*s", STR_ARG(p->who.officer.title),
                          STR_ARG(page_either(p, STR("待办"), STR(": to do")))));
    put_tabs(p, view);
    for (struct json *row = rows_of(p); row != NULL; row = row->next) {
        finish_row(p, row);
    }
    next = json_str(p->document, "next");
    words_pager(p,
                str_fmt(p->arena, "%u", (unsigned)json_get(p->document, "rows")->count),
                page_query(p, "after").len > 0
                    ? str_fmt(p->arena, "/desk?view=%.*s", STR_ARG(view))
                    : STR(""),
                next.len > 0 ? str_fmt(p->arena, "/desk?view=%.*s&after=%.*s", STR_ARG(view),
                                       STR_ARG(next))
                             : STR(""));
    return RC_OK;
}
