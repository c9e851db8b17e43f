#include "service/oversight.h"

#include "service/casework_int.h"
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

/*
 * A promise is broken by a working day after its last one, as the clocks say it too: what ended on Friday is not late on Sunday.  So
 * parts are late that were due before this day.
 */
static int32_t
last_working_day(const struct casework *w, int64_t now_us)
{
    int32_t day = instant_day(now_us, w->offset_minutes);

    while (!calendar_is_working(w->calendar, day)) {
        day--;
    }
    return day;
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
    int32_t today, late_before, soon_until;
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
                         VALUES(V_TEXT(uscc), V_INT(v->late_before), V_INT(v->soon_until)), open_row, &c, err)) !=
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
                         .today = instant_day(now_us, w->offset_minutes),
                         .lang = lang,
                         .list = json_array(a)};
    struct org_list orgs = {a, json_array(a)};
    struct json *d = json_object(a), *all = json_object(a);
    bool is_empty;
    enum rc rc = store_read(db, &OVERSIGHT_ORGS, NO_VALUES, org_row, &orgs, err);

    v.late_before = last_working_day(w, now_us);
    v.soon_until = calendar_add(w->calendar, v.today, OVERSIGHT_SOON_DAYS, NULL);
    if (rc != RC_OK || (rc = json_whole(orgs.list, err)) != RC_OK) {
        return rc;
    }
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

/* --- what is late -------------------------------------------------------------------------------------------- */

struct late_list {
    struct sub_case_reading subs;
    struct case_row *files;
};

static enum rc
late_row(const struct row *row, void *ctx, struct err *err)
{
    struct late_list *l = ctx;
    struct case_row *file = &l->files[l->subs.count];
    enum rc rc = sub_case_read_row(row, &l->subs, err);

    if (rc != RC_OK) {
        return rc;
    }
    file->item_version = row_int(row, 29);
    return row_copy_text(row, 28, l->subs.arena, &file->item, err);
}

/* Copied member by member: what stands in a supplement or a decision is read where reading is an act. */
static enum rc
push_late(const struct casework *w, const struct db *db, struct arena *a, const struct sub_case *s,
          const struct case_row *file, int64_t now_us, struct str lang, struct json *list,
          struct err *err)
{
    static const char *const members[] = {"id", "org", "org_name", "name", "state_text", "officer", "clock"};
    struct json *d = json_object(a);
    struct case_view v;
    enum rc rc;

    if ((rc = case_open_view(w, db, a, file->item, file->item_version, now_us, lang, &v, err)) !=
        RC_OK) {
        return rc;
    }
    const struct json *whole = case_sub_document(&v, s);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const struct json *m = json_get(whole, members[i]);
        if (m != NULL) {
            json_set(a, d, members[i], json_copy(a, m));
        }
    }
    json_set_text(a, d, "case_no", s->case_no);
    json_set_text(a, d, "tail", str_from(s->case_no, s->case_no.len - 4));
    json_set_text(a, d, "item_name", item_word(v.item.document, "name", lang));
    json_set_text(a, d, "due", day_text(a, s->due_day));
    json_set_text(a, d, "url", str_fmt(a, "/cases/%.*s", STR_ARG(s->case_no)));
    json_push(list, d);
    return RC_OK;
}

enum rc
oversight_late(const struct casework *w, const struct db *db, struct arena *a, struct str after,
               int limit, int64_t now_us, struct str lang, struct json **out, struct err *err)
{
    size_t most = (size_t)limit + 1;
    struct late_list l = {.subs = {.work = w, .arena = a, .most = most}};
    struct json *d = json_object(a), *list = json_array(a);
    struct str last_id;
    int64_t last_day;
    enum rc rc;

    l.subs.rows = arena_alloc(a, most, sizeof(*l.subs.rows));
    l.files = arena_alloc(a, most, sizeof(*l.files));
    if (l.subs.rows == NULL || l.files == NULL) {
        return err_set(err, RC_LIMIT, "no room for what is late");
    }
    case_cursor(after, INT32_MIN, &last_day, &last_id);
    if ((rc = store_read(db, &SUB_CASES_LATE,
                         VALUES(V_INT(last_working_day(w, now_us)), V_INT(last_day),
                                V_TEXT(last_id), V_INT(limit + 1)),
                         late_row, &l, err)) != RC_OK) {
        return rc;
    }
    for (size_t i = 0; i < l.subs.count && i < (size_t)limit; i++) {
        if ((rc = push_late(w, db, a, &l.subs.rows[i], &l.files[i], now_us, lang, list, err)) !=
            RC_OK) {
            return rc;
        }
    }
    json_set(a, d, "rows", list);
    if (l.subs.count > (size_t)limit) {
        const struct sub_case *end = &l.subs.rows[limit - 1];
        json_set_text(a, d, "next", str_fmt(a, "%d.%.*s", (int)end->due_day, STR_ARG(end->id)));
    }
    if ((rc = json_whole(d, err)) == RC_OK) {
        *out = d;
    }
    return rc;
}
