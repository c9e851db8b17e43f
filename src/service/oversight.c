#include "service/oversight.h"

#include "service/casework_clock_int.h"
#include "service/oversight_sql.h"

enum { ORGS_MAX = 4096 };

/* --- counting ------------------------------------------------------------------------------------------ */

static enum rc
add(struct tx *tx, struct str org, int32_t day, const struct tally *t, struct err *err)
{
    return tx_run(tx, &TALLY_ADD,
                  VALUES(V_TEXT(org), V_INT(day), V_INT(t->decided), V_INT(t->timed),
                         V_INT(t->late), V_INT(t->used_days), V_INT(t->deemed)),
                  NULL, NULL, err);
}

enum rc
oversight_count(struct tx *tx, struct str org, int32_t day, const struct tally *one,
                struct err *err)
{
    enum rc rc = add(tx, org, day, one, err);

    return rc != RC_OK ? rc : add(tx, STR(""), day, one, err);
}

static enum rc
tally_row(const struct row *row, void *ctx, struct err *err)
{
    struct tally *t = ctx;

    (void)err;
    *t = (struct tally){.decided = row_int(row, 0),
                        .timed = row_int(row, 1),
                        .late = row_int(row, 2),
                        .used_days = row_int(row, 3),
                        .deemed = row_int(row, 4)};
    return RC_OK;
}

enum rc
oversight_sum(const struct db *db, struct str org, int32_t from, int32_t until, struct tally *out,
              struct err *err)
{
    struct tally found = {.decided = 0};
    enum rc rc = store_read(db, &TALLY_SUM, VALUES(V_TEXT(org), V_INT(from), V_INT(until)),
                            tally_row, &found, err);

    if (rc == RC_OK) {
        *out = found;
    }
    return rc;
}

int
oversight_on_time(const struct tally *t)
{
    return t->timed == 0 ? -1 : (int)((t->timed - t->late) * 1000 / t->timed);
}

/* --- organisations ---------------------------------------------------------------------------------------- */

struct open_counts {
    int64_t open, waiting, soon, overdue;
};

static enum rc
open_row(const struct row *row, void *ctx, struct err *err)
{
    struct open_counts *c = ctx;

    (void)err;
    *c = (struct open_counts){row_int(row, 0), row_int(row, 1), row_int(row, 2), row_int(row, 3)};
    return RC_OK;
}

static struct json *
period_document(struct arena *a, const struct tally *t)
{
    struct json *d = json_object(a);
    int on_time = oversight_on_time(t);

    json_set_int(a, d, "decided", t->decided);
    json_set_int(a, d, "timed", t->timed);
    json_set_int(a, d, "in_time", t->timed - t->late);
    json_set_int(a, d, "late", t->late);
    json_set_int(a, d, "deemed", t->deemed);
    if (on_time >= 0) {
        int64_t tenths = (t->used_days * 10 + t->timed / 2) / t->timed;
        json_set_text(a, d, "on_time", str_fmt(a, "%d.%d", on_time / 10, on_time % 10));
        json_set_text(a, d, "mean_days", str_fmt(a, "%lld.%d", (long long)(tenths / 10),
                                                 (int)(tenths % 10)));
    }
    return d;
}

struct org_list {
    struct arena *arena;
    struct json *list;
};

static enum rc
org_row(const struct row *row, void *ctx, struct err *err)
{
    struct org_list *l = ctx;

    if (l->list != NULL && l->list->count == ORGS_MAX) {
        return err_set(err, RC_LIMIT, "more than %d organisations", ORGS_MAX);
    }
    json_push(l->list, json_text(l->arena, row_text(row, 0)));
    return RC_OK;
}

/* What the tallies say of an organisation, or of all. */
static enum rc
put_periods(const struct db *db, struct arena *a, struct str org, int32_t today, struct json *d,
            bool *is_empty, struct err *err)
{
    struct tally month, year;
    enum rc rc;

    if ((rc = oversight_sum(db, org, today - OVERSIGHT_MONTH_DAYS + 1, today, &month, err)) !=
            RC_OK ||
        (rc = oversight_sum(db, org, today - OVERSIGHT_YEAR_DAYS + 1, today, &year, err)) !=
            RC_OK) {
        return rc;
    }
    json_set(a, d, "month", period_document(a, &month));
    json_set(a, d, "year", period_document(a, &year));
    *is_empty = year.decided == 0 && year.deemed == 0;
    return RC_OK;
}

static void
put_open(struct arena *a, struct json *d, const struct open_counts *c)
{
    json_set_int(a, d, "open", c->open);
    json_set_int(a, d, "waiting", c->waiting);
    json_set_int(a, d, "soon", c->soon);
    json_set_int(a, d, "overdue", c->overdue);
}

struct overview {
    const struct casework *work;
    const struct db *db;
    struct arena *arena;
    int64_t now_us, soon_us;
    int32_t today;
    struct str lang;
    struct json *list;
    struct open_counts all;
};

static enum rc
add_org(struct overview *v, struct str uscc, struct err *err)
{
    const struct org *org = org_by_uscc(v->work->orgs, uscc);
    struct json *d = json_object(v->arena);
    struct open_counts c = {.open = 0};
    bool is_empty;
    enum rc rc;

    json_set_text(v->arena, d, "org", uscc);
    json_set_text(v->arena, d, "name",
                  org == NULL                      ? uscc
                  : str_eq(v->lang, STR("en")) ? org->name_en
                                                   : org->short_zh);
    if ((rc = store_read(v->db, &OVERSIGHT_OPEN,
                         VALUES(V_TEXT(uscc), V_INT(v->now_us), V_INT(v->soon_us)), open_row, &c, err)) !=
        RC_OK) {
        return rc;
    }
    put_open(v->arena, d, &c);
    v->all.open += c.open;
    v->all.waiting += c.waiting;
    v->all.soon += c.soon;
    v->all.overdue += c.overdue;
    if ((rc = put_periods(v->db, v->arena, uscc, v->today, d, &is_empty, err)) == RC_OK &&
        (!is_empty || c.open + c.waiting > 0)) {
        json_push(v->list, d);
    }
    return rc;
}

enum rc
oversight_document(const struct casework *w, const struct db *db, struct arena *a, int64_t now_us,
                   struct str lang, struct json **out, struct err *err)
{
    struct overview v = {.work = w,
                         .db = db,
                         .arena = a,
                         .now_us = now_us,
                         .today = instant_day(now_us, w->offset_minutes),
                         .lang = lang,
                         .list = json_array(a)};
    struct org_list orgs = {a, json_array(a)};
    struct json *d = json_object(a), *all = json_object(a);
    struct almanac_page page;
    bool is_empty;
    enum rc rc = almanac_at(conduct_keeper(w->conduct)->almanac, STR(""), &page, err);

    if (rc != RC_OK || (rc = store_read(db, &OVERSIGHT_ORGS, NO_VALUES, org_row, &orgs, err)) != RC_OK ||
        (rc = json_whole(orgs.list, err)) != RC_OK) {
        return rc;
    }
    v.soon_us = day_start_us(calendar_add(page.calendar, v.today, OVERSIGHT_SOON_DAYS, NULL) + 1, w->offset_minutes);
    for (const struct json *o = orgs.list->first; o != NULL; o = o->next) {
        if ((rc = add_org(&v, o->text, err)) != RC_OK) {
            return rc;
        }
    }
    if ((rc = put_periods(db, a, STR(""), v.today, all, &is_empty, err)) != RC_OK) {
        return rc;
    }
    put_open(a, all, &v.all);
    json_set_int(a, d, "soon_days", OVERSIGHT_SOON_DAYS);
    json_set(a, d, "orgs", v.list);
    json_set(a, d, "all", all);
    if ((rc = json_whole(d, err)) == RC_OK) {
        *out = d;
    }
    return rc;
}

/* --- what is red --------------------------------------------------------------------------------------------- */

struct red_list {
    const struct casework *work;
    const struct db *db;
    struct arena *arena;
    int64_t now_us;
    struct str lang;
    bool en, is_named;
};

struct red_about { /* the case of a clock, and the part that it is of */
    struct arena *arena;
    struct str item;
    int64_t item_version;
    struct sub_case sub; /* state, its words, who works on it */
    bool is_found;
};

static enum rc
about_row(const struct row *row, void *ctx, struct err *err)
{
    struct red_about *r = ctx;
    struct str *const texts[] = {&r->item, NULL, &r->sub.state, &r->sub.state_zh, &r->sub.state_en, &r->sub.officer_name};
    enum rc rc = RC_OK;

    r->is_found = true;
    r->item_version = row_int(row, 1);
    for (int i = 0; i < 6 && rc == RC_OK; i++) {
        if (texts[i] != NULL && !row_is_null(row, i)) {
            rc = row_copy_text(row, i, r->arena, texts[i], err);
        }
    }
    return rc;
}

static struct str
org_name(const struct red_list *l, struct str uscc)
{
    const struct org *org = org_by_uscc(l->work->orgs, uscc);

    return org == NULL ? uscc : l->en ? org->name_en : org->short_zh;
}

/* What only those may see who may look into the case. */
static void
put_inside(const struct case_view *v, const struct json *said, const struct red_about *about, struct json *d)
{
    struct str case_no = json_str(said, "case_no");

    json_set_text(v->arena, d, "case_no", case_no);
    json_set_text(v->arena, d, "tail", str_from(case_no, case_no.len > 4 ? case_no.len - 4 : 0));
    json_set_text(v->arena, d, "url", str_fmt(v->arena, "/cases/%.*s", STR_ARG(case_no)));
    if (about->sub.officer_name.len > 0) {
        json_set_text(v->arena, d, "officer", about->sub.officer_name);
    }
}

/* One clock.  Of a case that is kept elsewhere nothing more is known here than whose it is and which limit. */
static enum rc
push_red(const struct red_list *l, const struct json *said, struct json *list, struct err *err)
{
    struct red_about about = {.arena = l->arena};
    struct case_view v = {.work = l->work, .db = l->db, .arena = l->arena, .lang = l->lang, .en = l->en, .now_us = l->now_us};
    struct json *d = json_object(l->arena), *clock = case_said_document(&v, said);
    struct str org = json_str(said, "org"), part = json_str(said, "part");
    enum rc rc = store_read(l->db, &CASE_OF_CLOCK, VALUES(V_TEXT(json_str(said, "case_no")), V_TEXT(part)), about_row, &about, err);

    if (rc != RC_OK ||
        (about.is_found &&
         (rc = case_open_view(l->work, l->db, l->arena, about.item, about.item_version, l->now_us, l->lang, &v, err)) != RC_OK)) {
        return rc;
    }
    if (org.len == 0) {
        org = json_str(v.item.document, "lead_org");
    }
    json_set_text(l->arena, d, "org", org);
    json_set_text(l->arena, d, "org_name", org_name(l, org));
    json_set_text(l->arena, d, "item_name", item_word(v.item.document, "name", l->lang));
    json_set_text(l->arena, d, "name", item_word(case_part(v.item.document, part), "name", l->lang));
    json_set_bool(l->arena, d, "is_whole", part.len == 0);
    json_set_text(l->arena, d, "limit", json_str(clock, "title"));
    json_set_text(l->arena, d, "kind", json_str(said, l->en ? "kind_en" : "kind_zh"));
    json_set_text(l->arena, d, "state_text", about.sub.state.len > 0 ? case_state_words(&v, &about.sub) : STR(""));
    json_set_text(l->arena, d, "due", json_str(said, "due"));
    json_set(l->arena, d, "clock", clock);
    if (l->is_named) {
        put_inside(&v, said, &about, d);
    }
    json_push(list, d);
    return RC_OK;
}

/* "<over_us>.<id>" */
static struct watch_red
red_cursor(struct str cursor)
{
    struct watch_red after = {.over_us = 0};
    struct str id;

    case_cursor(cursor, 0, &after.over_us, &id);
    return str_to_int(id, &after.id) ? after : (struct watch_red){.over_us = 0};
}

enum rc
oversight_late(const struct casework *w, const struct db *db, struct arena *a, struct str after, int limit, bool is_named, int64_t now_us,
               struct str lang, struct json **out, struct err *err)
{
    const struct red_list l = {.work = w, .db = db, .arena = a, .now_us = now_us, .lang = lang, .en = str_eq(lang, STR("en")), .is_named = is_named};
    struct json *d = json_object(a), *list = json_array(a), *found = NULL;
    const struct json *last = NULL;
    int n = 0;
    enum rc rc = timekeeper_red(db, a, conduct_keeper(w->conduct), red_cursor(after), limit + 1, now_us, &found, err);

    for (const struct json *r = rc == RC_OK ? found->first : NULL; r != NULL && rc == RC_OK && n < limit; r = r->next, n++) {
        rc = push_red(&l, r, list, err);
        last = r;
    }
    json_set(a, d, "rows", list);
    if (rc == RC_OK && last != NULL && last->next != NULL) {
        json_set_text(a, d, "next", str_fmt(a, "%lld.%lld", (long long)json_int_or(last, "over_us", 0), (long long)json_int_or(last, "id", 0)));
    }
    if (rc == RC_OK && (rc = json_whole(d, err)) == RC_OK) {
        *out = d;
    }
    return rc;
}
