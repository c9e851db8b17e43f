/*
 * What people see of cases.  Members are those that the templates of pages/case.html, pages/_lanes.html and pages/queue.html name.
 */
#include "evidence/act.h"
#include "service/casework.h"
#include "service/casework_int.h"
#include "service/casework_sql.h"

enum { TIMELINE_MAX = 100 };

/* --- words --------------------------------------------------------------------------------------------- */

struct view {
    const struct casework *work;
    const struct db *db;
    struct arena *arena;
    struct str lang;
    bool en;
    int64_t now_us;
    int32_t today;
    struct item item;
};

static struct str
day_words(const struct view *v, int32_t day)
{
    struct date d = day_to_date(day);

    return v->en ? str_fmt(v->arena, "%04d-%02d-%02d", d.year, d.month, d.day)
                 : str_fmt(v->arena, "%d月%d日", d.month, d.day);
}

static struct str
moment_words(const struct view *v, int64_t at_us)
{
    int32_t day = instant_day(at_us, v->work->offset_minutes);
    int minute = instant_minute_of_day(at_us, v->work->offset_minutes);
    struct str date = day_words(v, day);

    return str_fmt(v->arena, "%.*s %02d:%02d", STR_ARG(date), minute / 60, minute % 60);
}

static struct str
clock_words(const struct view *v, enum deadline_colour colour, int left)
{
    switch (colour) {
    case DEADLINE_PAUSED:
        return str_fmt(v->arena, v->en ? "Paused, %d days left" : "暂停 · 剩 %d 天", left);
    case DEADLINE_RED:
        return str_fmt(v->arena, v->en ? "%d days over" : "超 %d 天", -left);
    case DEADLINE_DONE: return v->en ? STR("Done in time") : STR("按时办结");
    case DEADLINE_GREEN:
    case DEADLINE_YELLOW: break;
    }
    return left == 0 ? (v->en ? STR("Last day") : STR("今天到期"))
                     : str_fmt(v->arena, v->en ? "%d days left" : "剩 %d 天", left);
}

static struct json *
clock_document(const struct view *v, const struct sub_case *s)
{
    const struct calendar *c = v->work->calendar;
    struct arena *a = v->arena;
    int warn = (int)json_int_or(v->item.document, "warn_days", 0);
    enum deadline_colour colour;
    struct json *d = json_object(a);
    bool provisional = false;
    int left;

    if (!s->has_clock) {
        return NULL;
    }
    colour = deadline_colour(&s->clock, c, v->today, warn);
    left = deadline_left(&s->clock, c, v->today);
    int32_t due = deadline_due(&s->clock, c, v->today, false, &provisional);
    json_set_text(a, d, "colour", str_of(deadline_colour_name(colour)));
    json_set_text(a, d, "text", clock_words(v, colour, left));
    json_set_int(a, d, "left_days", left);
    json_set_int(a, d, "used_days", deadline_used(&s->clock, c, v->today));
    json_set_int(a, d, "promised_days", s->clock.promised_days);
    json_set_int(a, d, "statutory_days", s->clock.statutory_days);
    json_set_bool(a, d, "is_paused", s->clock.paused);
    json_set_text(a, d, "due", day_text(a, due));
    json_set_text(a, d, "due_text", day_words(v, due));
    json_set_bool(a, d, "is_provisional", provisional);
    json_set_text(a, d, "calendar", s->calendar);
    return d;
}

/* --- one sub-case ------------------------------------------------------------------------------------------ */

static void
put_decision(const struct view *v, struct json *d, const struct sub_case *s)
{
    struct arena *a = v->arena;
    struct json *decision;

    if (s->decision == NULL) {
        return;
    }
    decision = json_copy(a, s->decision);
    const struct power *power = power_by_code(v->work->orgs, json_str(s->decision, "power"));
    if (power != NULL) {
        json_set_text(a, decision, "power_name", v->en ? power->name_en : power->name_zh);
        json_set_text(a, decision, "basis", power->basis);
    }
    struct str reason = json_str(s->decision, "reason"), terms = json_str(s->decision, "terms");
    json_set_text(a, decision, "text",
                  terms.len == 0 ? reason
                                 : str_fmt(a, "%.*s%s%.*s", STR_ARG(reason),
                                           v->en ? " Terms: " : "　要求：", STR_ARG(terms)));
    json_set_text(a, decision, "at_text", moment_words(v, s->decided_us));
    json_set_int(a, decision, "act", s->decision_act);
    json_set_text(a, decision, "proof_url",
                  str_fmt(a, "/receipts/%lld.json", (long long)s->decision_act));
    json_set(a, d, "decision", decision);
}

static void
put_supplement(const struct view *v, struct json *d, const struct sub_case *s)
{
    struct arena *a = v->arena;
    struct json *out;

    if (s->supplement == NULL) {
        return;
    }
    out = json_copy(a, s->supplement);
    const struct json *asked = json_get(s->supplement, "asked");
    struct json *list = json_array(a);
    for (const struct json *f = asked != NULL ? asked->first : NULL; f != NULL; f = f->next) {
        struct json *entry = json_object(a);
        const struct json *field = form_field(v->item.form, json_str(f, "field"));
        json_set_text(a, entry, "field", json_str(f, "field"));
        json_set_text(a, entry, "what", json_str(f, "what"));
        json_set_text(a, entry, "title", item_word(field, a, "title", v->lang));
        json_push(list, entry);
    }
    json_set(a, out, "asked", list);
    json_set_int(a, out, "count", asked != NULL ? asked->count : 0);
    json_set_bool(a, out, "is_open", str_eq(s->view, STR("waiting")));
    json_set_text(a, out, "url", str_fmt(a, "/cases/%.*s/supply", STR_ARG(s->id)));
    json_set(a, d, "supplement", out);
}

static enum rc
put_officer(const struct view *v, struct json *d, const struct sub_case *s, const struct org *org,
            struct err *err)
{
    struct officer officer;
    enum rc rc;

    if (s->officer.len == 0) {
        if (org != NULL) {
            json_set_text(v->arena, d, "phone", org->phone);
        }
        return RC_OK;
    }
    rc = officer_by_id(v->db, v->arena, s->officer, &officer, err);
    if (rc == RC_OK) {
        json_set_text(v->arena, d, "officer", officer.name);
        json_set_text(v->arena, d, "phone", officer.phone);
    }
    return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc
sub_document(const struct view *v, const struct sub_case *s, struct json **out, struct err *err)
{
    const struct org *org = org_by_uscc(v->work->orgs, s->org);
    const struct json *part = case_part(v->item.document, s->part);
    struct arena *a = v->arena;
    struct json *d = json_object(a), *clock = clock_document(v, s);
    bool is_waived = str_eq(s->state, STR("waived"));

    json_set_text(a, d, "id", s->id);
    json_set_text(a, d, "part", s->part);
    json_set_text(a, d, "org", s->org);
    json_set_text(a, d, "org_name", org == NULL ? s->org : v->en ? org->name_en : org->short_zh);
    json_set_text(a, d, "name", item_word(part, a, "name", v->lang));
    json_set_text(a, d, "power", json_str(part, "power"));
    json_set_text(a, d, "state", s->state);
    json_set_text(a, d, "state_text", step_state_text(v->work->steps, s->state, v->lang));
    json_set_bool(a, d, "is_done", str_eq(s->view, STR("done")));
    json_set_bool(a, d, "is_waiting", str_eq(s->view, STR("waiting")));
    json_set_bool(a, d, "is_waived", is_waived);
    if (is_waived) {
        json_set_text(a, d, "waived_text", item_word(part, a, "waived", v->lang));
    }
    if (clock != NULL) {
        json_set(a, d, "clock", clock);
    } else if (!is_waived) {
        json_set_text(a, d, "note",
                      str_fmt(a,
                              v->en ? "You will hear by %.*s whether it is accepted."
                                    : "%.*s前告诉您是否受理；没有通知，就算受理。",
                              STR_ARG(day_words(v, s->due_day))));
    }
    put_decision(v, d, s);
    put_supplement(v, d, s);
    if (s->certificate.len > 0) {
        json_set_text(a, d, "certificate", s->certificate);
        json_set_text(a, d, "certificate_url",
                      str_fmt(a, "/certificates/%.*s", STR_ARG(s->certificate)));
    }
    *out = d;
    return put_officer(v, d, s, org, err);
}

/* --- one case ----------------------------------------------------------------------------------------------- */

static bool
may_see(const struct identity *who, const struct case_row *file, const struct sub_case *subs,
        size_t count)
{
    if (who->role == ROLE_CITIZEN) {
        return str_eq(who->subject, file->subject);
    }
    if (who->role == ROLE_PUBLIC) {
        return false;
    }
    if (officer_has_role(&who->officer, ROLE_SUPERVISOR)) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (officer_has_role(&who->officer, ROLE_OFFICER) &&
            str_eq(subs[i].org, who->officer.org)) {
            return true;
        }
    }
    return false;
}

static enum rc
open_view(const struct casework *w, const struct db *db, struct arena *a, struct str item,
          int64_t version, int64_t now_us, struct str lang, struct view *out, struct err *err)
{
    const struct item *current = item_by_code(w->items, item);

    *out = (struct view){.work = w,
                         .db = db,
                         .arena = a,
                         .lang = lang,
                         .en = str_eq(lang, STR("en")),
                         .now_us = now_us,
                         .today = instant_day(now_us, w->offset_minutes)};
    if (current != NULL && current->version == version) {
        out->item = *current;
        return RC_OK;
    }
    return item_by_version(db, a, item, version, &out->item, err);
}

/* How many parts are in each kind of state, in one sentence. */
static struct str
summary_words(const struct view *v, const struct sub_case *subs, size_t count)
{
    int done = 0, waiting = 0, waived = 0, open = 0;

    for (size_t i = 0; i < count; i++) {
        if (str_eq(subs[i].state, STR("waived"))) {
            waived++;
        } else if (str_eq(subs[i].view, STR("done"))) {
            done++;
        } else if (str_eq(subs[i].view, STR("waiting"))) {
            waiting++;
        } else {
            open++;
        }
    }
    struct buf b;
    struct str text = STR("");
    struct err ignored;
    buf_init(&b, v->arena, 512);
    buf_put_fmt(&b, v->en ? "%zu departments:" : "%zu 个部门：", count);
    const struct {
        int n;
        const char *zh;
        const char *en;
    } parts[] = {{done, "个有结果", "decided"},
                 {open, "个正在办", "at work"},
                 {waiting, "个等您补充", "waiting for you"},
                 {waived, "个不用办", "not needed"}};
    bool first = true;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i].n > 0) {
            buf_put(&b, first ? STR("") : v->en ? STR(",") : STR("，"));
            buf_put_fmt(&b, " %d %s", parts[i].n, v->en ? parts[i].en : parts[i].zh);
            first = false;
        }
    }
    buf_put(&b, v->en ? STR(".") : STR("。"));
    return buf_finish(&b, &text, &ignored) == RC_OK ? text : STR("");
}

static struct str
state_of_case(const struct sub_case *subs, size_t count)
{
    bool waiting = false, open = false;

    for (size_t i = 0; i < count; i++) {
        waiting = waiting || str_eq(subs[i].view, STR("waiting"));
        open = open || str_eq(subs[i].view, STR("open"));
    }
    return waiting ? STR("waiting") : open ? STR("open") : STR("done");
}

static enum rc
put_timeline(const struct view *v, struct json *d, struct str case_no, struct err *err)
{
    struct arena *a = v->arena;
    struct json *acts, *timeline = json_array(a);
    enum rc rc = act_of_case(v->db, a, case_no, -1, TIMELINE_MAX, &acts, err);

    if (rc != RC_OK) {
        return rc;
    }
    for (const struct json *act = acts->first; act != NULL; act = act->next) {
        struct str kind = json_str(act, "kind");
        struct json *entry;
        const struct org *org = org_by_uscc(v->work->orgs, json_str(act, "org"));
        int64_t at_us = 0;
        struct err ignored;
        if (str_eq(kind, STR("view")) || str_eq(kind, STR("denied"))) {
            continue; /* the page of readers has these */
        }
        entry = json_object(a);
        (void)!instant_parse(json_str(act, "at"), &at_us, &ignored);
        json_set_text(a, entry, "at", json_str(act, "at"));
        json_set_text(a, entry, "at_text", moment_words(v, at_us));
        json_set_text(a, entry, "kind", kind);
        json_set_text(a, entry, "title", v->en ? kind : json_str(act, "kind_zh"));
        json_set_int(a, entry, "index", json_int_or(act, "index", -1));
        json_set_text(a, entry, "note",
                      org != NULL ? (v->en ? org->name_en : org->name_zh)
                                  : json_str(json_get(act, "detail"), "node"));
        json_set_text(a, entry, "proof_url",
                      str_fmt(a, "/receipts/%lld.json", (long long)json_int_or(act, "index", 0)));
        json_push(timeline, entry);
    }
    json_set(a, d, "timeline", timeline);
    return RC_OK;
}

/* The one thing that waits for the applicant, said on top. */
static void
put_notice(const struct view *v, struct json *d, const struct json *subs)
{
    struct arena *a = v->arena;

    for (const struct json *s = subs->first; s != NULL; s = s->next) {
        const struct json *supplement = json_get(s, "supplement");
        struct json *notice;
        int64_t at_us = v->now_us;
        struct err ignored;
        if (!json_true(supplement, "is_open")) {
            continue;
        }
        notice = json_object(a);
        (void)!instant_parse(json_str(supplement, "at"), &at_us, &ignored);
        json_set_text(a, notice, "title",
                      str_fmt(a, v->en ? "Please complete %lld thing(s)" : "请补 %lld 样",
                              (long long)json_int_or(supplement, "count", 0)));
        json_set_text(a, notice, "text", json_str(supplement, "reason"));
        json_set(a, notice, "fields", json_copy(a, json_get(supplement, "asked")));
        json_set_text(a, notice, "told_text",
                      str_fmt(a, v->en ? "%.*s, told on %.*s." : "%.*s %.*s 通知。",
                              STR_ARG(json_str(s, "org_name")), STR_ARG(moment_words(v, at_us))));
        json_set_text(a, notice, "answer_url", json_str(supplement, "url"));
        if (json_get(s, "clock") != NULL) {
            json_set(a, notice, "clock", json_copy(a, json_get(s, "clock")));
        }
        json_set(a, d, "notice", notice);
        return;
    }
}

static struct json *
case_head(const struct view *v, const struct case_row *file, const struct sub_case *subs,
          size_t count)
{
    struct arena *a = v->arena;
    struct json *d = json_object(a);

    json_set_text(a, d, "case_no", file->case_no);
    json_set_text(a, d, "query_code",
                  str_fmt(a, "%.4s %.4s %.4s", file->query_code.ptr, file->query_code.ptr + 4,
                          file->query_code.ptr + 8));
    json_set_text(a, d, "item", file->item);
    json_set_int(a, d, "item_version", file->item_version);
    json_set_text(a, d, "name", item_word(v->item.document, a, "name", v->lang));
    json_set_bool(a, d, "is_bundle", str_eq(json_str(v->item.document, "kind"), STR("bundle")));
    json_set_text(a, d, "applicant", file->title);
    json_set_text(a, d, "submitted", instant_text(a, file->submitted_us, v->work->offset_minutes));
    json_set_text(a, d, "submitted_text", moment_words(v, file->submitted_us));
    json_set_text(a, d, "state", state_of_case(subs, count));
    json_set_text(a, d, "summary", summary_words(v, subs, count));
    json_set_text(a, d, "url", str_fmt(a, "/cases/%.*s", STR_ARG(file->case_no)));
    json_set_int(a, d, "act", file->act);
    return d;
}

static enum rc
put_subs(const struct view *v, struct json *d, const struct sub_case *subs, size_t count,
         struct err *err)
{
    struct json *list = json_array(v->arena);
    enum rc rc = RC_OK;

    for (size_t i = 0; i < count && rc == RC_OK; i++) {
        struct json *sub = NULL;
        rc = sub_document(v, &subs[i], &sub, err);
        json_push(list, sub);
    }
    json_set(v->arena, d, "sub_cases", list);
    if (list != NULL) {
        put_notice(v, d, list);
    }
    return rc;
}

enum rc
case_document(const struct casework *w, const struct db *db, struct arena *a, struct str case_no,
              const struct identity *who, int64_t now_us, struct str lang, struct json **out,
              struct err *err)
{
    struct sub_case *subs = arena_alloc(a, PARTS_MAX, sizeof(*subs));
    struct case_row file;
    struct view v;
    struct json *d;
    size_t count = 0;
    enum rc rc;

    if (subs == NULL) {
        return err_set(err, RC_LIMIT, "no room for a case");
    }
    if ((rc = case_read(w, db, a, case_no, &file, err)) != RC_OK ||
        (rc = case_read_subs(w, db, a, file.case_no, subs, &count, err)) != RC_OK) {
        return rc;
    }
    if (!may_see(who, &file, subs, count)) {
        /* Another citizen learns nothing, not even that the number exists. */
        return who->role == ROLE_CITIZEN
                   ? err_problem(err, RC_NOT_FOUND, "no-such-case", "somebody else's case")
                   : err_problem(err, RC_DENIED, "other-organisation",
                                 "no sub-case of this organisation");
    }
    if ((rc = open_view(w, db, a, file.item, file.item_version, now_us, lang, &v, err)) != RC_OK) {
        return rc;
    }
    d = case_head(&v, &file, subs, count);
    json_set_text(a, d, "subject", file.subject);
    json_set_text(a, d, "remedy", item_word(v.item.document, a, "remedy", lang));
    json_set_text(a, d, "remedy_basis", json_str(v.item.document, "remedy_basis"));
    if ((rc = put_subs(&v, d, subs, count, err)) != RC_OK ||
        (rc = put_timeline(&v, d, file.case_no, err)) != RC_OK ||
        (rc = json_whole(d, err)) != RC_OK) {
        return rc;
    }
    *out = d;
    return RC_OK;
}

enum rc
case_progress(const struct casework *w, const struct db *db, struct arena *a,
              struct str query_code, int64_t now_us, struct str lang, struct json **out,
              struct err *err)
{
    struct sub_case *subs = arena_alloc(a, PARTS_MAX, sizeof(*subs));
    struct json *d = json_object(a), *list = json_array(a);
    struct case_row file;
    struct str folded;
    struct view v;
    size_t count = 0;
    enum rc rc;

    if (subs == NULL) {
        return err_set(err, RC_LIMIT, "no room for a case");
    }
    if ((rc = case_fold(a, query_code, &folded, err)) != RC_OK) {
        return rc;
    }
    if (folded.len != QUERY_CODE_LEN) {
        return err_problem(err, RC_NOT_FOUND, "no-such-case", "not a query code");
    }
    if ((rc = case_read(w, db, a, folded, &file, err)) != RC_OK ||
        (rc = case_read_subs(w, db, a, file.case_no, subs, &count, err)) != RC_OK ||
        (rc = open_view(w, db, a, file.item, file.item_version, now_us, lang, &v, err)) != RC_OK) {
        return rc;
    }
    json_set_text(a, d, "name", item_word(v.item.document, a, "name", lang));
    json_set_text(a, d, "submitted_text", moment_words(&v, file.submitted_us));
    json_set_text(a, d, "summary", summary_words(&v, subs, count));
    for (size_t i = 0; i < count; i++) {
        const struct org *org = org_by_uscc(w->orgs, subs[i].org);
        struct json *entry = json_object(a), *clock = clock_document(&v, &subs[i]);
        json_set_text(a, entry, "org_name",
                      org == NULL ? STR("") : v.en ? org->name_en : org->short_zh);
        json_set_text(a, entry, "state_text", step_state_text(w->steps, subs[i].state, lang));
        if (clock != NULL) {
            json_set(a, entry, "clock", clock);
        }
        json_push(list, entry);
    }
    json_set(a, d, "sub_cases", list);
    if ((rc = json_whole(d, err)) == RC_OK) {
        *out = d;
    }
    return rc;
}

enum rc
case_application(const struct casework *w, const struct db *db, struct arena *a,
                 struct str case_no, const struct identity *who, struct str lang,
                 struct json **out, struct err *err)
{
    struct sub_case *subs = arena_alloc(a, PARTS_MAX, sizeof(*subs));
    struct case_row file;
    struct json *content;
    struct view v;
    size_t count = 0;
    enum rc rc;

    if (subs == NULL) {
        return err_set(err, RC_LIMIT, "no room for a case");
    }
    if ((rc = case_read(w, db, a, case_no, &file, err)) != RC_OK ||
        (rc = case_read_subs(w, db, a, file.case_no, subs, &count, err)) != RC_OK) {
        return rc;
    }
    if (!may_see(who, &file, subs, count)) {
        return err_problem(err, RC_DENIED, "other-organisation", "no right to this application");
    }
    if ((rc = open_view(w, db, a, file.item, file.item_version, 0, lang, &v, err)) != RC_OK ||
        (rc = case_open_content(w, a, &file, &content, err)) != RC_OK) {
        return rc;
    }
    return form_summary(v.item.form, a, json_get(content, "values"), lang, out, err);
}

/* --- lists ------------------------------------------------------------------------------------------------------- */

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

/* Cursors are "<number>.<text>": where the last page ended. */
static void
cursor_read(struct str cursor, int64_t first, int64_t *number, struct str *text)
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
    cursor_read(after, INT64_MAX, &last_us, &last_no);
    if ((rc = store_read(db, &CASE_LIST,
                         VALUES(V_TEXT(subject), V_INT(last_us), V_TEXT(last_no), V_INT(limit + 1)),
                         list_row, &l, err)) != RC_OK) {
        return rc;
    }
    for (size_t i = 0; i < l.count && i < (size_t)limit; i++) {
        struct view v;
        size_t count = 0;
        if ((rc = case_read_subs(w, db, a, l.rows[i].case_no, subs, &count, err)) != RC_OK ||
            (rc = open_view(w, db, a, l.rows[i].item, l.rows[i].item_version, now_us, lang, &v,
                            err)) != RC_OK) {
            return rc;
        }
        struct json *head = case_head(&v, &l.rows[i], subs, count);
        if ((rc = put_subs(&v, head, subs, count, err)) != RC_OK) {
            return rc;
        }
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
    file->item_version = row_int(row, 24);
    file->submitted_us = row_int(row, 26);
    if ((rc = row_copy_text(row, 23, a, &file->item, err)) != RC_OK) {
        return rc;
    }
    return vault_open(q->subs.work->vault, a, case_place(a, "title", file->case_no),
                      row_blob(row, 25), &file->title, err);
}

static enum rc
queue_entry(const struct casework *w, const struct db *db, struct arena *a,
            const struct sub_case *s, const struct case_row *file, int64_t now_us,
            struct str lang, struct json **out, struct err *err)
{
    struct json *d;
    struct view v;
    enum rc rc;

    if ((rc = open_view(w, db, a, file->item, file->item_version, now_us, lang, &v, err)) !=
            RC_OK ||
        (rc = sub_document(&v, s, &d, err)) != RC_OK) {
        return rc;
    }
    json_set_text(a, d, "case_no", file->case_no);
    json_set_text(a, d, "tail", str_from(file->case_no, file->case_no.len - 4));
    json_set_text(a, d, "applicant", file->title);
    json_set_text(a, d, "item_name", item_word(v.item.document, a, "name", lang));
    json_set_text(a, d, "submitted_text", moment_words(&v, file->submitted_us));
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
    cursor_read(after, INT32_MIN, &last_day, &last_id);
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
