/*
 * Clocks of cases on pages: what the timekeeper says of one (process/timekeeper_view.h), in few words and one language.
 */
#include "process/timekeeper_view.h"
#include "service/casework_int.h"

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

/* "2026-06-08" as people say it. */
static struct str
day_words(const struct case_view *v, struct str day)
{
    int32_t number;
    struct err ignored;

    return day_parse(day, &number, &ignored) == RC_OK ? case_day_words(v, number) : day;
}

enum rc
case_watch_document(const struct case_view *v, const struct watch *w, struct json **out, struct err *err)
{
    struct arena *a = v->arena;
    struct json *d = json_object(a), *said;
    enum rc rc = watch_document(conduct_keeper(v->work->conduct), a, w, v->now_us, &said, err);

    if (rc != RC_OK) {
        return rc;
    }
    json_set_text(a, d, "colour", json_str(said, "colour"));
    json_set_text(a, d, "text", clock_words(v, said));
    json_set_text(a, d, "title", either(v, said, "title_zh", "title_en"));
    json_set_text(a, d, "kind", json_str(said, "kind"));
    json_set_int(a, d, "left_days", json_int_or(said, "left", 0));
    json_set_int(a, d, "used_days", json_int_or(said, "used", 0));
    json_set_int(a, d, "promised_days", json_int_or(said, "total", 0));
    json_set_text(a, d, "unit", json_str(said, "left_unit"));
    json_set_bool(a, d, "is_paused", w->time.state == STOPWATCH_PAUSED);
    json_set_text(a, d, "owner", json_str(said, "owner"));
    json_set_text(a, d, "owner_text", either(v, said, "owner_zh", "owner_en"));
    json_set_text(a, d, "due", json_str(said, "due"));
    json_set_text(a, d, "due_text", day_words(v, json_str(said, "due")));
    json_set_bool(a, d, "is_provisional", json_true(said, "provisional"));
    json_set_text(a, d, "calendar", json_str(said, "calendar"));
    if ((rc = json_whole(d, err)) == RC_OK) {
        *out = d;
    }
    return rc;
}
