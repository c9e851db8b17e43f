/*
 * Clocks of cases on pages: what the timekeeper says of one (process/timekeeper_view.h), in few words and one language; and whose the time is.
 */
#include "service/casework_clock_int.h"
#include "service/casework_sql.h"

static struct str
either(const struct case_view *v, const struct json *d, const char *zh, const char *en)
{
    return json_str(d, v->en ? en : zh);
}

/* Working days and natural ones are days here; which of them they are stands with the rule. */
static struct str
amount_words(const struct case_view *v, int64_t n, struct str unit)
{
    bool is_hour = str_eq(unit, STR("hour"));

    if (v->en) {
        return str_fmt(v->arena, "%lld %s%s", (long long)n, is_hour ? "hour" : "day", n == 1 ? "" : "s");
    }
    return str_fmt(v->arena, "%lld %s", (long long)n, is_hour ? "小时" : "天");
}

static struct str
clock_words(const struct case_view *v, const struct json *said)
{
    struct str colour = json_str(said, "colour"), unit = json_str(said, "left_unit");
    int64_t left = json_int_or(said, "left", 0);
    struct str many = amount_words(v, left < 0 ? -left : left, unit);

    if (str_eq(colour, STR("red"))) {
        return left == 0 ? (v->en ? STR("Over") : STR("已超期")) : str_fmt(v->arena, v->en ? "%.*s over" : "超 %.*s", STR_ARG(many));
    }
    if (str_eq(colour, STR("done"))) {
        return v->en ? STR("Done in time") : STR("按时办结");
    }
    if (str_eq(colour, STR("paused"))) {
        return str_fmt(v->arena, v->en ? "Paused, %.*s left" : "暂停 · 剩 %.*s", STR_ARG(many));
    }
    if (left == 0 && !str_eq(unit, STR("hour"))) {
        return v->en ? STR("Last day") : STR("今天到期");
    }
    return str_fmt(v->arena, v->en ? "%.*s left" : "剩 %.*s", STR_ARG(many));
}

static struct str
used_words(const struct case_view *v, const struct json *said)
{
    int64_t used = json_int_or(said, "used", 0);
    struct str unit = json_str(said, "left_unit"), total = amount_words(v, json_int_or(said, "total", 0), unit);

    return v->en ? str_fmt(v->arena, "Used %lld of %.*s", (long long)used, STR_ARG(total))
                 : str_fmt(v->arena, "已用 %.*s，共 %.*s", STR_ARG(amount_words(v, used, unit)), STR_ARG(total));
}

struct str
case_date_words(const struct case_view *v, struct str day)
{
    int32_t number;
    struct err ignored;

    return day_parse(day, &number, &ignored) == RC_OK ? case_day_words(v, number) : day;
}

struct json *
case_said_document(const struct case_view *v, const struct json *said)
{
    struct arena *a = v->arena;
    struct json *d = json_object(a);

    json_set_text(a, d, "colour", json_str(said, "colour"));
    json_set_text(a, d, "text", clock_words(v, said));
    json_set_text(a, d, "left_text", either(v, said, "text_zh", "text_en"));
    json_set_text(a, d, "title", either(v, said, "title_zh", "title_en"));
    json_set_text(a, d, "kind", json_str(said, "kind"));
    json_set_int(a, d, "left_days", json_int_or(said, "left", 0));
    json_set_int(a, d, "used_days", json_int_or(said, "used", 0));
    json_set_int(a, d, "promised_days", json_int_or(said, "total", 0));
    json_set_text(a, d, "used_text", used_words(v, said));
    json_set_text(a, d, "unit", json_str(said, "left_unit"));
    json_set_bool(a, d, "is_paused", str_eq(json_str(said, "state"), STR("paused")));
    json_set_text(a, d, "owner", json_str(said, "owner"));
    json_set_text(a, d, "owner_text", either(v, said, "owner_zh", "owner_en"));
    json_set_text(a, d, "due", json_str(said, "due"));
    json_set_text(a, d, "due_text", case_date_words(v, json_str(said, "due")));
    json_set_bool(a, d, "is_provisional", json_true(said, "provisional"));
    json_set_text(a, d, "calendar", json_str(said, "calendar"));
    return d;
}

enum rc
case_watch_document(const struct case_view *v, const struct watch *w, struct json **out, struct err *err)
{
    struct json *said;
    enum rc rc = watch_document(conduct_keeper(v->work->conduct), v->arena, w, v->now_us, &said, err);

    if (rc == RC_OK) {
        struct json *d = case_said_document(v, said);
        if ((rc = json_whole(d, err)) == RC_OK) {
            *out = d;
        }
    }
    return rc;
}

/* A row of the worklist says which. */
enum rc
case_put_task_clock(const struct case_view *v, const struct json *task, struct json *d, struct err *err)
{
    int64_t id = json_int_or(task, "clock", 0);
    struct watch w;
    struct json *clock;
    enum rc rc;

    if (id == 0) {
        return RC_OK;
    }
    if ((rc = timekeeper_read(v->db, v->arena, id, &w, err)) != RC_OK || (rc = case_watch_document(v, &w, &clock, err)) != RC_OK) {
        return rc;
    }
    json_set_text(v->arena, d, "due", json_str(clock, "due"));
    json_set(v->arena, d, "clock", clock);
    return RC_OK;
}

/* --- of a part ------------------------------------------------------------------------------------------- */

static enum rc
read_clock(const struct db *db, struct arena *a, struct sub_case *s, struct err *err)
{
    struct watch *w = arena_alloc(a, 1, sizeof(*w));

    if (w == NULL) {
        return err_set(err, RC_LIMIT, "no room for a clock");
    }
    s->watch = w;
    return timekeeper_read(db, a, s->clock, w, err);
}

/* --- whose the time is ------------------------------------------------------------------------------------- */

struct waits { /* of one part, "": of the case as a whole */
    struct str part;
    bool officer, citizen;
};
struct looking {
    struct arena *arena;
    struct waits *waits;
    size_t count;
    int64_t away;
};

static enum rc
waits_row(const struct row *row, void *ctx, struct err *err)
{
    struct looking *l = ctx;
    struct str part = row_text(row, 0);
    size_t i = 0;
    enum rc rc = RC_OK;

    while (i < l->count && !str_eq(l->waits[i].part, part)) {
        i++;
    }
    if (i == l->count) {
        if (l->count == PARTS_MAX + 1) {
            return err_set(err, RC_CORRUPT, "tasks of more parts than a case can have");
        }
        rc = row_copy_text(row, 0, l->arena, &l->waits[l->count++].part, err);
    }
    if (str_eq(row_text(row, 1), STR("citizen"))) {
        l->waits[i].citizen = true;
    } else {
        l->waits[i].officer = true;
    }
    return rc;
}

/* Where a part has no task of its own, those of the case as a whole count. */
static enum case_whose
whose_is(const struct looking *l, const struct sub_case *s)
{
    const struct waits *own = NULL, *all = NULL;

    for (size_t i = 0; i < l->count; i++) {
        own = str_eq(l->waits[i].part, s->part) ? &l->waits[i] : own;
        all = l->waits[i].part.len == 0 ? &l->waits[i] : all;
    }
    const struct waits *w = own != NULL ? own : all;
    if (str_eq(s->view, STR("waiting")) || (w != NULL && w->citizen && !w->officer)) {
        return CASE_APPLICANTS;
    }
    return l->away > 0 && (w == NULL || !w->officer) ? CASE_ELSEWHERE : CASE_OFFICES;
}

static enum rc
read_whose(const struct db *db, struct arena *a, struct sub_case *subs, size_t count, struct err *err)
{
    struct looking l = {.arena = a, .waits = arena_alloc(a, PARTS_MAX + 1, sizeof(*l.waits))};
    bool any = false;
    enum rc rc;

    if (l.waits == NULL) {
        return err_set(err, RC_LIMIT, "no room for what a case waits for");
    }
    for (size_t i = 0; i < count; i++) {
        any = any || !str_eq(subs[i].view, STR("done"));
    }
    if (!any) {
        return RC_OK;
    }
    if ((rc = store_read(db, &CASE_WAITS, VALUES(V_TEXT(subs[0].case_no)), waits_row, &l, err)) != RC_OK ||
        (rc = store_read_int(db, &CASE_AWAY, VALUES(V_TEXT(subs[0].case_no)), &l.away, err)) != RC_OK) {
        return rc;
    }
    for (size_t i = 0; i < count; i++) {
        subs[i].whose = str_eq(subs[i].view, STR("done")) ? CASE_NOBODYS : whose_is(&l, &subs[i]);
    }
    return RC_OK;
}

enum rc
case_read_clocks(const struct db *db, struct arena *a, struct sub_case *subs, size_t count, struct err *err)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; i < count && rc == RC_OK; i++) {
        if (i > 0 && subs[i].clock == subs[i - 1].clock) { /* of the case as a whole */
            subs[i].watch = subs[i - 1].watch;
        } else if (subs[i].clock != 0) {
            rc = read_clock(db, a, &subs[i], err);
        }
    }
    return rc == RC_OK && count > 0 ? read_whose(db, a, subs, count, err) : rc;
}

bool
case_has_promise(const struct sub_case *s)
{
    return s->watch != NULL && s->watch->kind == GOV_PROMISED;
}

bool
case_is_heard_of(const struct sub_case *s)
{
    return str_eq(s->view, STR("open")) && s->watch != NULL && s->watch->silence == SILENCE_DEEMED_ACCEPTED &&
           s->watch->time.state != STOPWATCH_STOPPED;
}

/* A promise for the whole case runs on after a part has its result; then it says nothing of that part any more. */
static bool
is_of_use(const struct sub_case *s)
{
    return case_has_promise(s) && (!str_eq(s->view, STR("done")) || s->watch->time.state == STOPWATCH_STOPPED);
}

/* clock: of the part, or NULL.  What stands for another's sake is that one's time (行政许可法 45). */
static void
put_whose(const struct case_view *v, const struct sub_case *s, const struct json *clock, struct json *d)
{
    bool stands = json_true(clock, "is_paused"), is_their_pause = stands && str_eq(json_str(clock, "owner"), STR("applicant"));
    struct str text = STR("");
    const char *whose = "office";

    if (s->whose == CASE_APPLICANTS || is_their_pause) {
        whose = "applicant";
        text = stands ? (v->en ? STR("The time is the applicant's: the office's clock stands.") : STR("现在的时间是申请人的，部门的时钟停着。"))
                      : (v->en ? STR("Waiting for the applicant.") : STR("现在等申请人。"));
    } else if (s->whose == CASE_ELSEWHERE) {
        whose = "elsewhere";
        text = v->en ? STR("The time is that of an office elsewhere, to whom this step was handed over.") : STR("这一步交给了另一地办，现在的时间是那边的。");
    } else if (stands) {
        whose = "third_party";
        text = str_fmt(v->arena, v->en ? "The office's clock stands. Whose time it is: %.*s." : "部门的时钟停着，现在的时间是%.*s的。",
                       STR_ARG(json_str(clock, "owner_text")));
    }
    json_set_text(v->arena, d, "whose", str_of(whose));
    if (text.len > 0 || text.ptr == NULL) {
        json_set_text(v->arena, d, "time_text", text);
    }
}

static void
put_acceptance(const struct case_view *v, const struct json *clock, struct json *d)
{
    json_set_text(v->arena, d, "hear_by", json_str(clock, "due"));
    json_set_text(v->arena, d, "note",
                  str_fmt(v->arena, v->en ? "You will hear by %.*s whether it is accepted." : "%.*s前告诉您是否受理；没有通知，就算受理。",
                          STR_ARG(json_str(clock, "due_text"))));
}

void
case_put_clock(const struct case_view *v, const struct sub_case *s, struct json *d)
{
    struct json *clock = NULL;
    struct err ignored;

    if ((is_of_use(s) || case_is_heard_of(s)) && case_watch_document(v, s->watch, &clock, &ignored) != RC_OK) {
        json_set(v->arena, d, "clock", NULL); /* what lacks its clock is no whole document */
        return;
    }
    if (s->whose != CASE_NOBODYS) {
        put_whose(v, s, clock, d);
    }
    if (clock == NULL) {
        return;
    }
    if (!case_has_promise(s)) {
        put_acceptance(v, clock, d);
        return;
    }
    json_set_int(v->arena, clock, "statutory_days", s->statutory_days);
    json_set(v->arena, d, "clock", clock);
}
