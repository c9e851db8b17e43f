/*
 * Oversight: who decides in time.  Everybody sees the same table and every limit that is over; a supervisor also sees of which case it is, and opens it as
 * anyone with the right to would: by an act that the applicant can read.
 */
#include <stdlib.h>

#include "service/oversight.h"
#include "web/handlers.h"

enum { LATE_PAGE = 20 };

/* What is open is counted as far as a person would. */
static void
put_count(struct page *p, struct json *d, const char *name, const char *text_name)
{
    int64_t n = json_int_or(d, name, 0);

    json_set_text(p->arena, d, text_name,
                  n > OVERSIGHT_MOST
                      ? str_fmt(p->arena, "%.*s+", STR_ARG(words_number(p->arena, OVERSIGHT_MOST)))
                      : words_number(p->arena, n));
}

static void
put_period_words(struct page *p, struct json *d)
{
    static const char *const names[][2] = {{"decided", "decided_text"}, {"timed", "timed_text"},
                                           {"in_time", "in_time_text"}, {"late", "late_text"},
                                           {"deemed", "deemed_text"}};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        json_set_text(p->arena, d, names[i][1],
                      words_number(p->arena, json_int_or(d, names[i][0], 0)));
    }
}

/* To be changed; the service has written it. */
static struct json *
member(struct json *d, const char *name)
{
    struct json *m = d->first;

    while (m != NULL && !str_eq(m->key, str_of(name))) {
        m = m->next;
    }
    CHECK(m != NULL);
    return m;
}

static void
put_words(struct page *p, struct json *d)
{
    put_count(p, d, "open", "open_text");
    put_count(p, d, "waiting", "waiting_text");
    put_count(p, d, "soon", "soon_text");
    put_count(p, d, "overdue", "overdue_text");
    json_set_bool(p->arena, d, "is_overdue", json_int_or(d, "overdue", 0) > 0);
    put_period_words(p, member(d, "month"));
    put_period_words(p, member(d, "year"));
}

/* Of fractions late / timed the larger comes first; of equal ones, the one that stands for more. */
static int
worse_first(const void *a, const void *b)
{
    const struct json *x = *(const struct json *const *)a, *y = *(const struct json *const *)b;
    int64_t x_late = json_int_or(x, "late", 0), x_timed = json_int_or(x, "timed", 1);
    int64_t y_late = json_int_or(y, "late", 0), y_timed = json_int_or(y, "timed", 1);
    int64_t more = y_late * x_timed - x_late * y_timed;

    return more != 0 ? (more > 0) - (more < 0) : (y_timed > x_timed) - (y_timed < x_timed);
}

static struct json *
bar_of(struct page *p, const struct json *org)
{
    struct json *bar = json_copy(p->arena, json_get(org, "year"));
    struct tally t = {.timed = json_int_or(bar, "timed", 0), .late = json_int_or(bar, "late", 0)};
    int on_time = oversight_on_time(&t);

    json_set_text(p->arena, bar, "name", json_str(org, "name"));
    json_set_text(p->arena, bar, "share_text",
                  str_fmt(p->arena, "%d.%d", (1000 - on_time) / 10, (1000 - on_time) % 10));
    return bar;
}

static enum rc
put_bars(struct page *p, struct err *err)
{
    const struct json *orgs = json_get(p->document, "orgs");
    struct json **bars = arena_alloc(p->arena, orgs->count + 1, sizeof(struct json *));
    struct json *list = json_array(p->arena);
    size_t count = 0;

    if (bars == NULL) {
        return err_set(err, RC_LIMIT, "no room for the bars");
    }
    for (const struct json *o = orgs->first; o != NULL; o = o->next) {
        if (json_int_or(json_get(o, "year"), "timed", 0) > 0 &&
            (bars[count] = bar_of(p, o)) != NULL) {
            count++;
        }
    }
    qsort(bars, count, sizeof(struct json *), worse_first);
    for (size_t i = 0; i < count; i++) {
        json_push(list, bars[i]);
    }
    json_set_bool(p->arena, p->document, "has_bars", count > 0);
    json_set(p->arena, p->document, "bars", list);
    return RC_OK;
}

static enum rc
put_table(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    enum rc rc =
        oversight_document(&work, &p->db, p->arena, p->now_us, p->lang, &p->document, err);

    if (rc != RC_OK) {
        return rc;
    }
    struct json *orgs = member(p->document, "orgs");
    for (struct json *o = orgs->first; o != NULL; o = o->next) {
        put_words(p, o);
    }
    put_words(p, member(p->document, "all"));
    json_set_bool(p->arena, p->document, "has_orgs", orgs->count > 0);
    return put_bars(p, err);
}

/* What is red, a page of it; named: with the case. */
static enum rc
put_red(struct page *p, const char *path, bool is_named, struct err *err)
{
    struct casework work = page_casework(p);
    struct str after = page_query(p, "after");
    struct json *found;
    enum rc rc = oversight_late(&work, &p->db, p->arena, after, LATE_PAGE, is_named, p->now_us, p->lang, &found, err);

    if (rc != RC_OK) {
        return rc;
    }
    struct json *rows = member(found, "rows");
    for (struct json *r = rows->first; r != NULL; r = r->next) {
        json_set_text(p->arena, r, "due_text", words_day_of(p, json_str(r, "due")));
    }
    json_set_bool(p->arena, p->document, "has_late", rows->count > 0);
    json_set(p->arena, p->document, "late", json_copy(p->arena, rows));
    struct str next = json_str(found, "next");
    json_set_text(p->arena, p->document, "next", next);
    words_pager(p, str_fmt(p->arena, "%u", (unsigned)rows->count), after.len > 0 ? str_fmt(p->arena, "%s#late", path) : STR(""),
                next.len > 0 ? str_fmt(p->arena, "%s?after=%.*s#late", path, STR_ARG(next)) : STR(""));
    return RC_OK;
}

enum rc
oversight_page(struct page *p, struct err *err)
{
    enum rc rc = put_table(p, err);

    return rc != RC_OK ? rc : put_red(p, "/oversight", false, err);
}

enum rc
supervision_page(struct page *p, struct err *err)
{
    enum rc rc = put_table(p, err);

    return rc != RC_OK ? rc : put_red(p, "/supervision", true, err);
}

/* For the front door: {"percent","in_time","all","late"} of the last year, or nothing while nothing was decided. */
enum rc
oversight_put_on_time(struct page *p, struct json *d, struct err *err)
{
    struct tally year;
    enum rc rc =
        oversight_sum(&p->db, STR(""), p->today - OVERSIGHT_YEAR_DAYS + 1, p->today, &year, err);
    int on_time;

    if (rc != RC_OK || (on_time = oversight_on_time(&year)) < 0) {
        return rc;
    }
    struct json *o = json_object(p->arena);
    json_set_text(p->arena, o, "percent",
                  str_fmt(p->arena, "%d.%d", on_time / 10, on_time % 10));
    json_set_text(p->arena, o, "in_time", words_number(p->arena, year.timed - year.late));
    json_set_text(p->arena, o, "all", words_number(p->arena, year.timed));
    json_set_text(p->arena, o, "late", words_number(p->arena, year.late));
    json_set(p->arena, d, "on_time", o);
    return RC_OK;
}
