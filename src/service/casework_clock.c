/*
 * Clocks of cases on pages: what the timekeeper says of one (process/timekeeper_view.h), in few words and one language.
 */
#include "service/casework_clock_int.h"

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
    return rc;
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

void
case_put_clock(const struct case_view *v, const struct sub_case *s, struct json *d)
{
    struct json *clock = NULL;
    struct err ignored;

    if (!is_of_use(s) && !case_is_heard_of(s)) {
        return;
    }
    if (case_watch_document(v, s->watch, &clock, &ignored) != RC_OK) {
        json_set(v->arena, d, "clock", NULL); /* what lacks its clock is no whole document */
        return;
    }
    if (case_has_promise(s)) {
        json_set_int(v->arena, clock, "statutory_days", s->statutory_days);
        json_set(v->arena, d, "clock", clock);
        return;
    }
    json_set_text(v->arena, d, "hear_by", json_str(clock, "due"));
    json_set_text(v->arena, d, "note",
                  str_fmt(v->arena, v->en ? "You will hear by %.*s whether it is accepted." : "%.*s前告诉您是否受理；没有通知，就算受理。",
                          STR_ARG(json_str(clock, "due_text"))));
}
