/*
 * What people see of cases.  Members are those that the templates of pages/case.html, pages/_lanes.html and pages/queue.html name.
 */
#include "evidence/act.h"
#include "service/casework.h"
#include "service/casework_clock_int.h"
#include "service/casework_task_int.h"
#include "service/casework_sql.h"
#include "service/errand.h"

/* --- words --------------------------------------------------------------------------------------------- */

struct str
case_day_words(const struct case_view *v, int32_t day)
{
    struct date d = day_to_date(day);

    return v->en ? str_fmt(v->arena, "%04d-%02d-%02d", d.year, d.month, d.day)
                 : str_fmt(v->arena, "%d月%d日", d.month, d.day);
}

struct str
case_moment_words(const struct case_view *v, int64_t at_us)
{
    int32_t day = instant_day(at_us, v->work->offset_minutes);
    int minute = instant_minute_of_day(at_us, v->work->offset_minutes);
    struct str date = case_day_words(v, day);

    return str_fmt(v->arena, "%.*s %02d:%02d", STR_ARG(date), minute / 60, minute % 60);
}

struct str
case_state_words(const struct case_view *v, const struct sub_case *s)
{
    struct str own = v->en ? s->state_en : s->state_zh;

    return own.len > 0 ? own : case_state_text(v->work->states, s->state, v->lang);
}

/* --- one sub-case ------------------------------------------------------------------------------------------ */

static void
put_decision(const struct case_view *v, struct json *d, const struct sub_case *s)
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
    json_set_text(a, decision, "at_text", case_moment_words(v, s->decided_us));
    json_set_int(a, decision, "act", s->decision_act);
    json_set_text(a, decision, "proof_url",
                  str_fmt(a, "/receipts/%lld.json", (long long)s->decision_act));
    json_set(a, d, "decision", decision);
}

/* The task at which it was asked, while it waits for its answer; NULL. */
static const struct json *
asking_task(const struct case_view *v, const struct json *supplement)
{
    int64_t instance = json_int_or(supplement, "instance", 0), token = json_int_or(supplement, "token", 0);

    for (const struct json *t = v->tasks != NULL ? v->tasks->first : NULL; t != NULL; t = t->next) {
        if (str_eq(json_str(t, "state"), STR("asked")) && json_int_or(t, "instance", 0) == instance && json_int_or(t, "token", 0) == token) {
            return t;
        }
    }
    return NULL;
}

/* What was answered to this and to earlier ones; of a field that was asked twice the later answer. */
static struct json *
all_answers(struct arena *a, const struct json *supplement)
{
    const struct json *own = json_get(supplement, "answers"), *earlier = json_get(supplement, "earlier");
    struct json *all = earlier != NULL ? all_answers(a, earlier) : json_object(a);

    for (const struct json *f = own != NULL ? own->first : NULL; f != NULL; f = f->next) {
        json_set_key(a, all, f->key, json_copy(a, f));
    }
    return all;
}

static void
put_supplement(const struct case_view *v, struct json *d, const struct sub_case *s)
{
    const struct json *task = asking_task(v, s->supplement);
    struct arena *a = v->arena;
    struct json *out, *answers;

    if (s->supplement == NULL) {
        return;
    }
    out = json_copy(a, s->supplement);
    if ((answers = all_answers(a, s->supplement)) != NULL && answers->count > 0) {
        json_set(a, out, "answers", answers);
    }
    const struct json *asked = json_get(s->supplement, "asked");
    struct json *list = json_array(a);
    for (const struct json *f = asked != NULL ? asked->first : NULL; f != NULL; f = f->next) {
        struct json *entry = json_object(a);
        const struct json *field = form_field(v->item.form, json_str(f, "field"));
        json_set_text(a, entry, "field", json_str(f, "field"));
        json_set_text(a, entry, "what", json_str(f, "what"));
        json_set_text(a, entry, "title", item_word(field, "title", v->lang));
        json_push(list, entry);
    }
    json_set(a, out, "asked", list);
    json_set_int(a, out, "count", asked != NULL ? asked->count : 0);
    json_set_bool(a, out, "is_open", task != NULL);
    json_set_text(a, out, "url",
                  task != NULL && json_str(task, "part").len == 0 ? str_fmt(a, "/cases/%.*s-0/supply", STR_ARG(s->case_no))
                                                                  : str_fmt(a, "/cases/%.*s/supply", STR_ARG(s->id)));
    json_set(a, d, "supplement", out);
}

static void
put_officer(const struct case_view *v, struct json *d, const struct sub_case *s, const struct org *org)
{
    if (s->officer_name.len > 0) {
        json_set_text(v->arena, d, "officer", s->officer_name);
        json_set_text(v->arena, d, "phone", s->officer_phone);
    } else if (s->officer.len == 0 && org != NULL) {
        json_set_text(v->arena, d, "phone", org->phone);
    }
}

struct json *
case_sub_document(const struct case_view *v, const struct sub_case *s)
{
    const struct org *org = org_by_uscc(v->work->orgs, s->org);
    const struct json *part = case_part(v->item.document, s->part);
    struct arena *a = v->arena;
    struct json *d = json_object(a);
    bool is_waived = str_eq(s->state, STR("waived"));

    json_set_text(a, d, "id", s->id);
    json_set_text(a, d, "part", s->part);
    json_set_text(a, d, "org", s->org);
    json_set_text(a, d, "org_name", org == NULL ? s->org : v->en ? org->name_en : org->short_zh);
    json_set_text(a, d, "name", item_word(part, "name", v->lang));
    json_set_text(a, d, "power", json_str(part, "power"));
    json_set_text(a, d, "state", s->state);
    json_set_text(a, d, "state_text", case_state_words(v, s));
    json_set_bool(a, d, "is_done", str_eq(s->view, STR("done")));
    json_set_bool(a, d, "is_waiting", str_eq(s->view, STR("waiting")));
    json_set_bool(a, d, "is_waived", is_waived);
    if (is_waived) {
        json_set_text(a, d, "waived_text", item_word(part, "waived", v->lang));
    }
    case_put_clock(v, s, d);
    put_decision(v, d, s);
    put_supplement(v, d, s);
    if (s->certificate.len > 0) {
        json_set_text(a, d, "certificate", s->certificate);
        json_set_text(a, d, "certificate_url",
                      str_fmt(a, "/certificates/%.*s", STR_ARG(s->certificate)));
    }
    put_officer(v, d, s, org);
    return d;
}

/* --- one case ----------------------------------------------------------------------------------------------- */

static bool
has_part(const struct sub_case *subs, size_t count, struct str org)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(subs[i].org, org)) {
            return true;
        }
    }
    return false;
}

static enum rc
may_see(const struct db *db, const struct identity *who, const struct case_row *file, const struct sub_case *subs, size_t count, bool *out,
        struct err *err)
{
    *out = false;
    if (who->role == ROLE_CITIZEN || who->role == ROLE_PUBLIC) {
        *out = who->role == ROLE_CITIZEN && str_eq(who->subject, file->subject);
        return RC_OK;
    }
    *out = officer_has_role(&who->officer, ROLE_SUPERVISOR) ||
           (officer_has_role(&who->officer, ROLE_OFFICER) && has_part(subs, count, who->officer.org));
    if (*out || !officer_has_role(&who->officer, ROLE_OFFICER)) {
        return RC_OK;
    }
    return case_has_worked(db, file->case_no, who->officer.org, out, err);
}

/* Another citizen learns nothing, not even that the number exists. */
static enum rc
check_may_see(const struct db *db, const struct identity *who, const struct case_row *file, const struct sub_case *subs, size_t count,
              struct err *err)
{
    bool may;
    enum rc rc = may_see(db, who, file, subs, count, &may, err);

    if (rc != RC_OK || may) {
        return rc;
    }
    return who->role == ROLE_CITIZEN
               ? err_problem(err, RC_NOT_FOUND, "no-such-case", "somebody else's case")
               : err_problem(err, RC_DENIED, "other-organisation", "no part and no task of this organisation");
}

enum rc
case_open_view(const struct casework *w, const struct db *db, struct arena *a, struct str item,
          int64_t version, int64_t now_us, struct str lang, struct case_view *out, struct err *err)
{
    const struct item *current = item_by_code(w->items, item);

    *out = (struct case_view){.work = w,
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
struct str
case_summary_words(const struct case_view *v, const struct sub_case *subs, size_t count)
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
                 {waiting, "个等您办", "waiting for you"},
                 {waived, "个不用办", "not needed"}};
    bool first = true;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i].n > 0) {
            buf_put(&b, v->en ? (first ? STR(" ") : STR(", ")) : first ? STR("") : STR("，"));
            buf_put_fmt(&b, "%d %s", parts[i].n, v->en ? parts[i].en : parts[i].zh);
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

/* Once every part has its result: in one line, and what was issued. */
static void
put_result(const struct case_view *v, struct json *d, const struct json *subs)
{
    struct json *result = json_object(v->arena), *issued = json_array(v->arena);
    bool all_granted = true, any_granted = false;

    if (!str_eq(json_str(d, "state"), STR("done"))) {
        return;
    }
    for (const struct json *s = subs != NULL ? subs->first : NULL; s != NULL; s = s->next) {
        bool granted = str_starts(json_str(s, "state"), STR("granted"));
        any_granted = any_granted || granted;
        all_granted = all_granted && (granted || json_true(s, "is_waived"));
        if (json_str(s, "certificate_url").len > 0) {
            struct json *c = json_object(v->arena);
            json_set_text(v->arena, c, "name", json_str(s, "name"));
            json_set_text(v->arena, c, "url", json_str(s, "certificate_url"));
            json_push(issued, c);
        }
    }
    json_set_bool(v->arena, result, "is_granted", all_granted && any_granted);
    json_set_bool(v->arena, result, "is_partly", !all_granted && any_granted);
    json_set_bool(v->arena, result, "is_none", !any_granted);
    json_set(v->arena, result, "certificates", issued);
    json_set(v->arena, d, "result", result);
}

/* The one thing that waits for the applicant, said on top. */
static void
put_notice(const struct case_view *v, struct json *d, const struct json *subs)
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
                              STR_ARG(json_str(s, "org_name")), STR_ARG(case_moment_words(v, at_us))));
        json_set_text(a, notice, "answer_url", json_str(supplement, "url"));
        if (json_get(s, "clock") != NULL) {
            json_set(a, notice, "clock", json_copy(a, json_get(s, "clock")));
        }
        json_set(a, d, "notice", notice);
        return;
    }
}

struct json *
case_head(const struct case_view *v, const struct case_row *file, const struct sub_case *subs,
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
    json_set_text(a, d, "name", item_word(v->item.document, "name", v->lang));
    json_set_bool(a, d, "is_bundle", str_eq(json_str(v->item.document, "kind"), STR("bundle")));
    json_set_text(a, d, "applicant", file->title);
    json_set_text(a, d, "submitted", instant_text(a, file->submitted_us, v->work->offset_minutes));
    json_set_text(a, d, "submitted_text", case_moment_words(v, file->submitted_us));
    json_set_text(a, d, "state", state_of_case(subs, count));
    json_set_text(a, d, "summary", case_summary_words(v, subs, count));
    json_set_text(a, d, "url", str_fmt(a, "/cases/%.*s", STR_ARG(file->case_no)));
    json_set_int(a, d, "act", file->act);
    return d;
}

void
case_put_subs(const struct case_view *v, struct json *d, const struct sub_case *subs, size_t count)
{
    struct json *list = json_array(v->arena);

    for (size_t i = 0; i < count; i++) {
        json_push(list, case_sub_document(v, &subs[i]));
    }
    json_set(v->arena, d, "sub_cases", list);
    if (list != NULL) {
        put_notice(v, d, list);
    }
}

static struct str
either(const struct case_view *v, const struct json *d, const char *zh, const char *en)
{
    return json_str(d, v->en ? en : zh);
}

/* Every clock of the case, promised and by law, whose time it is and for what it stands (process/timekeeper.h). */
static enum rc
put_clocks(const struct case_view *v, struct json *d, struct str case_no, struct err *err)
{
    struct json *found = NULL, *list = json_array(v->arena);
    enum rc rc = timekeeper_view(v->db, v->arena, conduct_keeper(v->work->conduct), case_no, v->now_us, &found, err);

    for (const struct json *c = rc == RC_OK ? found->first : NULL; c != NULL; c = c->next) {
        const struct org *org = org_by_uscc(v->work->orgs, json_str(c, "org"));
        struct json *one = json_object(v->arena);
        json_set_text(v->arena, one, "title", either(v, c, "title_zh", "title_en"));
        json_set_text(v->arena, one, "kind", either(v, c, "kind_zh", "kind_en"));
        json_set_text(v->arena, one, "org_name", org == NULL ? STR("") : v->en ? org->name_en : org->short_zh);
        json_set_text(v->arena, one, "colour", json_str(c, "colour"));
        json_set_text(v->arena, one, "text", either(v, c, "text_zh", "text_en"));
        json_set_text(v->arena, one, "owner", either(v, c, "owner_zh", "owner_en"));
        json_set_text(v->arena, one, "source", json_str(c, "source"));
        json_set_text(v->arena, one, "due", json_str(c, "due"));
        json_push(list, one);
    }
    json_set_bool(v->arena, d, "has_clocks", list != NULL && list->count > 0);
    json_set(v->arena, d, "clocks", list);
    return rc;
}

/* What was told in writing, and what else was done for the case because its process asked for it. */
static enum rc
put_errands(const struct case_view *v, struct json *d, const struct identity *who, struct str case_no, struct err *err)
{
    const struct errand_wish wish = {.lang = v->lang, .is_officer = who->role != ROLE_CITIZEN, .offset_minutes = v->work->offset_minutes};
    struct json *found = NULL, *notices = json_array(v->arena), *errands = json_array(v->arena);
    enum rc rc = errand_of_case(v->db, v->work->vault, v->arena, case_no, &wish, &found, err);

    for (const struct json *e = rc == RC_OK ? found->first : NULL; e != NULL; e = e->next) {
        const struct org *org = org_by_uscc(v->work->orgs, json_str(e, "org"));
        struct json *one = json_copy(v->arena, e);
        json_set_text(v->arena, one, "at_text", case_moment_words(v, json_int_or(e, "at_us", 0)));
        json_set_text(v->arena, one, "part_name", item_word(case_part(v->item.document, json_str(e, "part")), "name", v->lang));
        json_set_text(v->arena, one, "org_name", org == NULL ? STR("") : v->en ? org->name_en : org->short_zh);
        json_push(json_true(e, "is_notice") ? notices : errands, one);
    }
    json_set_bool(v->arena, d, "has_notices", notices != NULL && notices->count > 0);
    json_set_bool(v->arena, d, "has_errands", errands != NULL && errands->count > 0);
    json_set(v->arena, d, "notices", notices);
    json_set(v->arena, d, "errands", errands);
    return rc;
}

/* The decision waits for no certificate, so a page may be seen in between. */
static enum rc
put_issuing(const struct case_view *v, struct json *d, struct str case_no, struct err *err)
{
    int64_t n = 0;
    enum rc rc = store_read_int(v->db, &CASE_ISSUING, VALUES(V_TEXT(case_no)), &n, err);

    json_set_bool(v->arena, d, "is_issuing", n > 0);
    return rc;
}

enum rc
case_document(const struct casework *w, const struct db *db, struct arena *a, struct str case_no,
              const struct identity *who, int64_t now_us, struct str lang, struct json **out,
              struct err *err)
{
    struct sub_case *subs = arena_alloc(a, PARTS_MAX, sizeof(*subs));
    struct case_row file;
    struct case_view v;
    struct json *d;
    size_t count = 0;
    enum rc rc;

    if (subs == NULL) {
        return err_set(err, RC_LIMIT, "no room for a case");
    }
    if ((rc = case_read(w, db, a, case_no, &file, err)) != RC_OK ||
        (rc = case_read_subs(w, db, a, file.case_no, subs, &count, err)) != RC_OK ||
        (rc = check_may_see(db, who, &file, subs, count, err)) != RC_OK ||
        (rc = case_open_view(w, db, a, file.item, file.item_version, now_us, lang, &v, err)) != RC_OK) {
        return rc;
    }
    d = case_head(&v, &file, subs, count);
    json_set_text(a, d, "subject", file.subject);
    json_set_text(a, d, "remedy", item_word(v.item.document, "remedy", lang));
    json_set_text(a, d, "remedy_basis", json_str(v.item.document, "remedy_basis"));
    if ((rc = work_of_case(w->conduct, db, a, file.case_no, STR(""), who, now_us, &v.tasks, err)) != RC_OK) {
        return rc;
    }
    case_put_subs(&v, d, subs, count);
    if (who->role == ROLE_CITIZEN && (rc = case_put_to_do(&v, d, file.case_no, err)) != RC_OK) {
        return rc;
    }
    put_result(&v, d, json_get(d, "sub_cases"));
    if ((rc = put_errands(&v, d, who, file.case_no, err)) != RC_OK || (rc = case_put_timeline(&v, d, file.case_no, err)) != RC_OK ||
        (rc = put_clocks(&v, d, file.case_no, err)) != RC_OK || (rc = put_issuing(&v, d, file.case_no, err)) != RC_OK || (rc = json_whole(d, err)) != RC_OK) {
        return rc;
    }
    *out = d;
    return RC_OK;
}

enum rc
case_application(const struct casework *w, const struct db *db, struct arena *a,
                 struct str case_no, const struct identity *who, struct str lang,
                 struct json **out, struct err *err)
{
    struct sub_case *subs = arena_alloc(a, PARTS_MAX, sizeof(*subs));
    struct case_row file;
    struct json *content;
    struct case_view v;
    size_t count = 0;
    enum rc rc;

    if (subs == NULL) {
        return err_set(err, RC_LIMIT, "no room for a case");
    }
    if ((rc = case_read(w, db, a, case_no, &file, err)) != RC_OK ||
        (rc = case_read_subs(w, db, a, file.case_no, subs, &count, err)) != RC_OK ||
        (rc = check_may_see(db, who, &file, subs, count, err)) != RC_OK ||
        (rc = case_open_view(w, db, a, file.item, file.item_version, 0, lang, &v, err)) != RC_OK ||
        (rc = case_open_content(w, a, &file, &content, err)) != RC_OK) {
        return rc;
    }
    return form_summary(v.item.form, a, json_get(content, "values"), lang, out, err);
}
