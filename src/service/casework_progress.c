/*
 * What a query code tells: how far a case is, for whoever holds the code.  Nobody is named and nothing that was filled in is told; of a
 * supplement only which papers are asked for.
 */
#include "base/clock.h"
#include "service/casework.h"
#include "service/casework_clock_int.h"

struct progress {
    struct case_view view;
    struct case_row file;
    struct sub_case *subs;
    struct json **lanes; /* one a part */
    size_t count;
};

static struct str
say(const struct progress *p, const char *zh, const char *en)
{
    return p->view.en ? str_of(en) : str_of(zh);
}

static struct str
org_words(const struct progress *p, const struct sub_case *s)
{
    const struct org *org = org_by_uscc(p->view.work->orgs, s->org);

    return org == NULL ? STR("") : p->view.en ? org->name_en : org->short_zh;
}

static bool
is_waived(const struct sub_case *s)
{
    return str_eq(s->state, STR("waived"));
}

static bool
is_in_view(const struct sub_case *s, const char *view)
{
    return !is_waived(s) && str_eq(s->view, str_of(view));
}

/* Not yet taken up by its department, which is told by a promise that has not begun. */
static bool
waits_for_acceptance(const struct sub_case *s)
{
    return is_in_view(s, "open") && !case_has_promise(s);
}

static bool
is_at_work(const struct sub_case *s)
{
    return is_in_view(s, "open") && case_has_promise(s);
}

/* Asked for something that is missing. */
static bool
waits_for_applicant(const struct sub_case *s)
{
    return is_in_view(s, "waiting");
}

/* A step that is the applicant's, in the middle of it. */
static bool
waits_for_a_step(const struct sub_case *s)
{
    return is_in_view(s, "open") && s->whose == CASE_APPLICANTS;
}

static bool
is_elsewhere(const struct sub_case *s)
{
    return is_in_view(s, "open") && s->whose == CASE_ELSEWHERE;
}

/* The departments for which it holds, "市场监管局、水务局"; "" if there is none. */
static struct str
departments(const struct progress *p, bool (*holds)(const struct sub_case *s))
{
    enum { NAMES_MAX = 2048 };
    struct str text = STR("");
    struct err ignored;
    bool first = true;
    struct buf b;

    buf_init(&b, p->view.arena, NAMES_MAX);
    for (size_t i = 0; i < p->count; i++) {
        if (holds(&p->subs[i])) {
            buf_put(&b, first ? STR("") : say(p, "、", ", "));
            buf_put(&b, org_words(p, &p->subs[i]));
            first = false;
        }
    }
    return buf_finish(&b, &text, &ignored) == RC_OK ? text : STR("");
}

/* The papers that are asked for, by their titles: what the officer wrote may tell more than a stranger may know. */
static struct str
asked_papers(const struct progress *p, const struct sub_case *s)
{
    enum { TITLES_MAX = 4096 };
    const struct json *asked = json_get(s->supplement, "asked");
    struct str text = STR("");
    struct err ignored;
    struct buf b;

    buf_init(&b, p->view.arena, TITLES_MAX);
    for (const struct json *f = asked != NULL ? asked->first : NULL; f != NULL; f = f->next) {
        const struct json *field = form_field(p->view.item.form, json_str(f, "field"));
        buf_put(&b, f == asked->first ? STR("") : say(p, "、", ", "));
        buf_put(&b, item_word(field, "title", p->view.lang));
    }
    return buf_finish(&b, &text, &ignored) == RC_OK ? text : STR("");
}

static struct json *
lane(const struct progress *p, const struct sub_case *s)
{
    const struct json *part = case_part(p->view.item.document, s->part);
    const struct org *org = org_by_uscc(p->view.work->orgs, s->org);
    struct arena *a = p->view.arena;
    struct json *d = json_object(a);

    json_set_text(a, d, "org_name", org_words(p, s));
    json_set_text(a, d, "name", item_word(part, "name", p->view.lang));
    json_set_text(a, d, "state", s->state);
    json_set_text(a, d, "state_text", case_state_words(&p->view, s));
    json_set_bool(a, d, "is_waived", is_waived(s));
    if (is_waived(s)) {
        json_set_text(a, d, "waived_text", item_word(part, "waived", p->view.lang));
        return d;
    }
    case_put_clock(&p->view, s, d);
    if (waits_for_applicant(s)) {
        json_set_text(a, d, "note",
                      str_fmt(a, p->view.en ? "To be supplied: %.*s" : "要补：%.*s", STR_ARG(asked_papers(p, s))));
    }
    if (org != NULL && !is_in_view(s, "done")) {
        json_set_text(a, d, "officer", STR("")); /* the department's telephone, nobody's name */
        json_set_text(a, d, "phone", org->phone);
    }
    return d;
}

/* --- where it is ------------------------------------------------------------------------------------------ */

static struct json *
step(const struct progress *p, struct json *steps, struct str at, struct str at_text,
     struct str title, struct str note)
{
    struct arena *a = p->view.arena;
    struct json *d = json_object(a);

    json_set_text(a, d, "at", at);
    json_set_text(a, d, "at_text", at_text);
    json_set_text(a, d, "title", title);
    json_set_text(a, d, "note", note);
    json_push(steps, d);
    return d;
}

/* The last day of those for whom it holds, when the part that takes longest is due; "" where no clock says so. */
static struct str
last_due(const struct progress *p, bool (*holds)(const struct sub_case *s))
{
    struct str last = STR("");

    for (size_t i = 0; i < p->count; i++) {
        const struct json *clock = json_get(p->lanes[i], "clock");
        struct str due = clock != NULL ? json_str(clock, "due") : json_str(p->lanes[i], "hear_by");
        if (holds(&p->subs[i]) && str_cmp(due, last) > 0) {
            last = due;
        }
    }
    return last;
}

/* "6月8日前"; without a day what is said instead. */
static struct str
by_day(const struct progress *p, struct str day, struct str instead)
{
    return day.len == 0 ? instead
                        : str_fmt(p->view.arena, p->view.en ? "By %.*s" : "%.*s前", STR_ARG(case_date_words(&p->view, day)));
}

static struct json *
put_steps(const struct progress *p)
{
    struct arena *a = p->view.arena;
    struct str new_ones = departments(p, waits_for_acceptance), working = departments(p, is_at_work);
    struct str asking = departments(p, waits_for_applicant);
    struct str now = instant_text(a, p->view.now_us, p->view.work->offset_minutes);
    struct str today = say(p, "现在", "Now");
    struct json *steps = json_array(a);
    bool is_done = new_ones.len + working.len + asking.len == 0;

    (void)step(p, steps, instant_text(a, p->file.submitted_us, p->view.work->offset_minutes),
               case_moment_words(&p->view, p->file.submitted_us), say(p, "已收到", "Received"), STR(""));
    if (new_ones.len > 0) {
        struct str day = last_due(p, waits_for_acceptance);
        json_set_bool(a, step(p, steps, day.len > 0 ? day : now, by_day(p, day, today), say(p, "等受理", "Waiting to be accepted"), new_ones),
                      "is_now", true);
    }
    if (asking.len > 0) {
        json_set_bool(a, step(p, steps, now, today,
                              say(p, "等申请人补材料", "Waiting for the applicant"),
                              str_fmt(a, p->view.en ? "Asked by %.*s; its clock stands until then"
                                                    : "%.*s要的；补齐之前它的时钟停着",
                                      STR_ARG(asking))),
                      "is_now", true);
    }
    if (working.len > 0) {
        json_set_bool(a, step(p, steps, now, today, say(p, "正在办", "Being worked on"), working),
                      "is_now", true);
    }
    if (is_done) {
        json_set_bool(a, step(p, steps, now, today, say(p, "都有结果了", "All decided"), STR("")),
                      "is_now", true);
    } else {
        struct str day = last_due(p, working.len > 0 ? is_at_work : waits_for_acceptance), then = say(p, "然后", "Then");
        bool is_known = working.len > 0 && asking.len + new_ones.len == 0;
        json_set_bool(a, step(p, steps, day.len > 0 ? day : now, is_known ? by_day(p, day, then) : then,
                              say(p, "有结果", "Decided"),
                              say(p, "批不批都写明理由，电子证照当天可用。",
                                  "With the reason either way; an electronic licence works at once.")),
                      "is_next", true);
    }
    return steps;
}

static void
put_next(const struct progress *p, struct json *d)
{
    struct arena *a = p->view.arena;
    struct str asking = departments(p, waits_for_applicant), working = departments(p, is_at_work);
    struct str new_ones = departments(p, waits_for_acceptance);
    struct json *next = json_object(a);

    if (asking.len > 0) {
        json_set_text(a, next, "who", say(p, "申请人", "The applicant"));
        json_set_text(a, next, "text",
                      say(p, "请登录，在“我的”里补上；补好之后接着办。",
                          "Please sign in and supply it under “Mine”; then it goes on."));
    } else if (departments(p, waits_for_a_step).len > 0) {
        json_set_text(a, next, "who", say(p, "申请人", "The applicant"));
        json_set_text(a, next, "text", say(p, "请登录，在“我的”里办这一步；办好之后接着办。", "Please sign in and take the next step under “Mine”; then it goes on."));
    } else if (departments(p, is_elsewhere).len > 0) {
        json_set_text(a, next, "who", say(p, "另一地的部门", "An office elsewhere"));
        json_set_text(a, next, "text", say(p, "这一步交给了那边办，现在的时间是那边的。申请人不用做什么。",
                                           "This step was handed over, and the time is theirs. The applicant need not do anything."));
    } else if (new_ones.len > 0) {
        json_set_text(a, next, "who", new_ones);
        json_set_text(a, next, "text", say(p, "看材料齐不齐，告诉是否受理。", "Looks whether all is there."));
    } else if (working.len > 0) {
        json_set_text(a, next, "who", working);
        json_set_text(a, next, "text", say(p, "审查并作出决定。申请人不用做什么。",
                                           "Examines and decides. The applicant need not do anything."));
    } else {
        return;
    }
    json_set(a, d, "next", next);
}

/* What the slowest part still has. */
static void
put_left(const struct progress *p, struct json *d)
{
    const struct json *slowest = NULL;

    for (size_t i = 0; i < p->count; i++) {
        const struct json *clock = json_get(p->lanes[i], "clock");
        bool is_later = str_cmp(json_str(clock, "due"), json_str(slowest, "due")) > 0;
        if (is_at_work(&p->subs[i]) && json_int_or(clock, "left_days", -1) >= 0 && (slowest == NULL || is_later)) {
            slowest = clock;
        }
    }
    if (slowest != NULL) {
        json_set_int(p->view.arena, d, "left_days", json_int_or(slowest, "left_days", 0));
        json_set_text(p->view.arena, d, "left_text", json_str(slowest, "left_text"));
    }
}

static enum rc
read_progress(struct progress *p, const struct casework *w, const struct db *db, struct arena *a,
              struct str query_code, int64_t now_us, struct str lang, struct err *err)
{
    struct str folded;
    enum rc rc = case_fold(a, query_code, &folded, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (folded.len != QUERY_CODE_LEN) {
        return err_problem(err, RC_NOT_FOUND, "no-such-case", "not a query code");
    }
    if ((rc = case_read(w, db, a, folded, &p->file, err)) != RC_OK ||
        (rc = case_read_subs(w, db, a, p->file.case_no, p->subs, &p->count, err)) != RC_OK) {
        return rc;
    }
    return case_open_view(w, db, a, p->file.item, p->file.item_version, now_us, lang, &p->view, err);
}

enum rc
case_progress(const struct casework *w, const struct db *db, struct arena *a,
              struct str query_code, int64_t now_us, struct str lang, struct json **out,
              struct err *err)
{
    struct progress p = {.subs = arena_alloc(a, PARTS_MAX, sizeof(*p.subs)), .lanes = arena_alloc(a, PARTS_MAX, sizeof(struct json *))};
    struct json *d = json_object(a), *lanes = json_array(a);
    enum rc rc;

    if (p.subs == NULL || p.lanes == NULL) {
        return err_set(err, RC_LIMIT, "no room for a case");
    }
    if ((rc = read_progress(&p, w, db, a, query_code, now_us, lang, err)) != RC_OK) {
        return rc;
    }
    struct str code = p.file.query_code;
    json_set_text(a, d, "query_code",
                  str_fmt(a, "%.4s %.4s %.4s", code.ptr, code.ptr + 4, code.ptr + 8));
    json_set_text(a, d, "name", item_word(p.view.item.document, "name", lang));
    json_set_text(a, d, "submitted_text", case_moment_words(&p.view, p.file.submitted_us));
    json_set_text(a, d, "summary", case_summary_words(&p.view, p.subs, p.count));
    for (size_t i = 0; i < p.count; i++) {
        p.lanes[i] = lane(&p, &p.subs[i]);
        json_push(lanes, p.lanes[i]);
    }
    put_next(&p, d);
    put_left(&p, d);
    json_set(a, d, "sub_cases", lanes);
    json_set(a, d, "timeline", put_steps(&p));
    if ((rc = json_whole(d, err)) == RC_OK) {
        *out = d;
    }
    return rc;
}
