/*
 * Dates, times and durations made from text, parts and one another (DMN 1.5, 10.3.4.1, 10.3.4.7, 10.3.4.12), and string().
 */
#include "rule/call_int.h"

static bool
put_temporal(struct run *r, const struct temporal *t, struct value *out)
{
    static const enum value_kind kinds[] = {
        [TEMPORAL_DATE] = VALUE_DATE, [TEMPORAL_TIME] = VALUE_TIME, [TEMPORAL_DATE_TIME] = VALUE_DATE_TIME};
    struct temporal *kept = arena_alloc(run_arena(r), 1, sizeof(*kept));

    if (kept == NULL) {
        return run_full(r);
    }
    *kept = *t;
    *out = (struct value){.kind = kinds[t->kind], .as.temporal = kept};
    return true;
}

bool
call_literal(struct run *r, enum value_kind kind, struct str text, struct value *out)
{
    struct temporal t;
    struct duration duration;
    int64_t months;

    if ((kind == VALUE_DATE && temporal_parse_date(text, &t)) || (kind == VALUE_TIME && temporal_parse_time(run_zones(r), text, &t)) ||
        (kind == VALUE_DATE_TIME && temporal_parse_date_time(run_zones(r), text, &t))) {
        return put_temporal(r, &t, out);
    }
    if (kind == VALUE_DAYS_DURATION && duration_parse(text, &duration)) {
        *out = (struct value){.kind = kind, .as.duration = duration};
    } else if (kind == VALUE_MONTHS_DURATION && months_parse(text, &months)) {
        *out = (struct value){.kind = kind, .as.months = months};
    }
    return true;
}

/* Text that is asked to be of that kind. */
static bool
literal_or_refused(struct run *r, const char *name, enum value_kind kind, struct value text, struct value *out)
{
    return call_literal(r, kind, text.as.text, out) && (out->kind != VALUE_NULL || call_refused(r, name, text));
}

/* Whole numbers of count arguments; which is the first that is none, or count. */
static size_t
take_whole(const struct value *argument, size_t count, int64_t *whole)
{
    for (size_t i = 0; i < count; i++) {
        if (!decimal_as_int(argument[i].as.number, &whole[i])) {
            return i;
        }
    }
    return count;
}

/* --- date ---------------------------------------------------------------------------------------- */

static bool
date_from(struct run *r, const struct value *argument, struct value *out)
{
    struct value from = argument[0];
    struct temporal t;

    if (from.kind == VALUE_STRING) {
        return literal_or_refused(r, "date", VALUE_DATE, from, out);
    }
    CHECK(temporal_to_date(from.as.temporal, &t));
    return put_temporal(r, &t, out);
}

enum { DATE_PARTS = 3, TIME_PARTS = 4 };

/* Which of year, month and day is wrong, or DATE_PARTS. */
static size_t
read_date(const struct value *argument, struct temporal *out)
{
    int64_t part[DATE_PARTS];
    size_t wrong = take_whole(argument, DATE_PARTS, part);

    if (wrong < DATE_PARTS || temporal_of_date(part[0], part[1], part[2], out)) {
        return wrong;
    }
    if (part[1] < 1 || part[1] > 12) {
        return 1;
    }
    return part[0] < -CIVIL_YEAR_MOST || part[0] > CIVIL_YEAR_MOST ? 0 : 2;
}

static bool
date_of_parts(struct run *r, const struct value *argument, struct value *out)
{
    struct temporal t;
    size_t wrong = read_date(argument, &t);

    return wrong < DATE_PARTS ? call_refused(r, "date", argument[wrong]) : put_temporal(r, &t, out);
}

/* --- time ---------------------------------------------------------------------------------------- */

static bool
time_from(struct run *r, const struct value *argument, struct value *out)
{
    struct value from = argument[0];
    struct temporal t;

    if (from.kind == VALUE_STRING) {
        return literal_or_refused(r, "time", VALUE_TIME, from, out);
    }
    t = temporal_to_time(from.as.temporal);
    return put_temporal(r, &t, out);
}

/* 1.3 seconds are one second and 300000000 nanoseconds; what is finer is cut off. */
static bool
take_second(struct decimal d, int64_t *second, int64_t *nanosecond)
{
    struct decimal whole;

    return decimal_round(d, 0, DECIMAL_FLOOR, &whole) && decimal_as_int(whole, second) && decimal_subtract(d, whole, &d) &&
           decimal_multiply(d, decimal_of(1000000000), &d) && decimal_round(d, 0, DECIMAL_FLOOR, &d) &&
           decimal_as_int(d, nanosecond);
}

/* Which of hour, minute, second and offset (null: local) is wrong, or TIME_PARTS. */
static size_t
read_time(const struct value *argument, struct value offset, struct temporal *out)
{
    int64_t part[2], second, nanosecond;
    const struct duration *east = offset.kind == VALUE_NULL ? NULL : &offset.as.duration;
    size_t wrong = take_whole(argument, 2, part);

    if (wrong < 2 || !take_second(argument[2].as.number, &second, &nanosecond)) {
        return wrong;
    }
    if (temporal_of_time(part[0], part[1], second, nanosecond, east, out)) {
        return TIME_PARTS;
    }
    if (temporal_of_time(part[0], part[1], second, nanosecond, NULL, out)) {
        return 3;
    }
    return part[0] < 0 || part[0] > 23 ? 0 : part[1] < 0 || part[1] > 59 ? 1 : 2;
}

static bool
time_of_parts(struct run *r, const struct value *argument, struct value *out)
{
    struct temporal t;
    size_t wrong = read_time(argument, argument[3], &t);

    return wrong < TIME_PARTS ? call_refused(r, "time", argument[wrong]) : put_temporal(r, &t, out);
}

/* --- date and time ------------------------------------------------------------------------------- */

static bool
join(struct run *r, const struct temporal *day, const struct temporal *time, struct value refused, struct value *out)
{
    struct temporal t;

    return temporal_join(day, time, &t) ? put_temporal(r, &t, out) : call_refused(r, "date and time", refused);
}

/* A date alone is its midnight: of UTC, as where a date stands for a date and time (10.3.2.9.4). */
static bool
moment_from(struct run *r, const struct value *argument, struct value *out)
{
    struct value from = argument[0];
    struct temporal midnight;

    if (from.kind == VALUE_STRING) {
        return literal_or_refused(r, "date and time", VALUE_DATE_TIME, from, out);
    }
    if (from.kind == VALUE_DATE_TIME) {
        *out = from;
        return true;
    }
    midnight = temporal_to_time(from.as.temporal);
    return join(r, from.as.temporal, &midnight, from, out);
}

static bool
moment_of_date_and_time(struct run *r, const struct value *argument, struct value *out)
{
    return join(r, argument[0].as.temporal, argument[1].as.temporal, argument[1], out);
}

/* Six parts, and where: an offset (or null), or a zone's name. */
static bool
moment_of_parts(struct run *r, const struct value *argument, struct value *out)
{
    struct temporal day, time;
    struct value where = argument[6], offset = where.kind == VALUE_STRING ? value_null() : where;
    size_t wrong = read_date(argument, &day);

    wrong = wrong < DATE_PARTS ? wrong : DATE_PARTS + read_time(argument + DATE_PARTS, offset, &time);
    if (wrong < DATE_PARTS + TIME_PARTS) {
        return call_refused(r, "date and time", argument[wrong]);
    }
    if (where.kind == VALUE_STRING) {
        time.place = TEMPORAL_ZONE;
        time.zone = zones_find(run_zones(r), where.as.text);
        if (time.zone == NULL) {
            return call_refused(r, "date and time", where);
        }
    }
    return join(r, &day, &time, where, out);
}

static bool
now(struct run *r, const struct value *argument, struct value *out)
{
    struct temporal t = run_now(r);

    (void)argument;
    return put_temporal(r, &t, out);
}

static bool
today(struct run *r, const struct value *argument, struct value *out)
{
    struct temporal moment = run_now(r), day;

    (void)argument;
    CHECK(temporal_to_date(&moment, &day));
    return put_temporal(r, &day, out);
}

/* --- durations ----------------------------------------------------------------------------------- */

static bool
duration_from(struct run *r, const struct value *argument, struct value *out)
{
    return call_literal(r, VALUE_DAYS_DURATION, argument[0].as.text, out) &&
           (out->kind != VALUE_NULL || literal_or_refused(r, "duration", VALUE_MONTHS_DURATION, argument[0], out));
}

static bool
months_between(struct run *r, const struct value *argument, struct value *out)
{
    int64_t months;

    if (!temporal_months_between(argument[0].as.temporal, argument[1].as.temporal, &months)) {
        return call_refused(r, "years and months duration", argument[1]);
    }
    *out = (struct value){.kind = VALUE_MONTHS_DURATION, .as.months = months};
    return true;
}

/* --- of the year --------------------------------------------------------------------------------- */

static bool
day_of_year(struct run *r, const struct value *argument, struct value *out)
{
    (void)r;
    *out = value_of_int(temporal_day_of_year(argument[0].as.temporal));
    return true;
}

static bool
week_of_year(struct run *r, const struct value *argument, struct value *out)
{
    (void)r;
    *out = value_of_int(temporal_week_of_year(argument[0].as.temporal));
    return true;
}

static bool
day_of_week(struct run *r, const struct value *argument, struct value *out)
{
    (void)r;
    *out = value_of_str(temporal_weekday_name(argument[0].as.temporal));
    return true;
}

static bool
month_of_year(struct run *r, const struct value *argument, struct value *out)
{
    (void)r;
    *out = value_of_str(temporal_month_name(argument[0].as.temporal));
    return true;
}

/* --- string -------------------------------------------------------------------------------------- */

static bool
string_from(struct run *r, const struct value *argument, struct value *out)
{
    struct str text;

    if (argument[0].kind == VALUE_NULL) {
        return true;
    }
    text = value_text(run_arena(r), argument[0], false);
    if (text.ptr == NULL) {
        return run_full(r);
    }
    *out = value_of_str(text);
    return run_step(r, text.len / 64);
}

/* --- rows ---------------------------------------------------------------------------------------- */

#define OF_DATE {{"date", TAKES_MOMENT}}
#define YEAR_MONTH_DAY {"year", TAKES(NUMBER)}, {"month", TAKES(NUMBER)}, {"day", TAKES(NUMBER)}
#define HOUR_MINUTE_SECOND {"hour", TAKES(NUMBER)}, {"minute", TAKES(NUMBER)}, {"second", TAKES(NUMBER)}
#define OFFSET {"offset", TAKES(DAYS_DURATION) | TAKES_OPTIONAL}

const struct call_row call_temporal_rows[] = {
    {BUILTIN_DATE, date_from, false, {{"from", TAKES(STRING) | TAKES_MOMENT}}},
    {BUILTIN_DATE, date_of_parts, false, {YEAR_MONTH_DAY}},
    {BUILTIN_TIME, time_from, false, {{"from", TAKES(STRING) | TAKES(TIME) | TAKES_MOMENT}}},
    {BUILTIN_TIME, time_of_parts, false, {HOUR_MINUTE_SECOND, OFFSET}},
    {BUILTIN_DATE_AND_TIME, moment_from, false, {{"from", TAKES(STRING) | TAKES_MOMENT}}},
    {BUILTIN_DATE_AND_TIME, moment_of_date_and_time, false, {{"date", TAKES_MOMENT}, {"time", TAKES(TIME)}}},
    {BUILTIN_DATE_AND_TIME, moment_of_parts, false, {YEAR_MONTH_DAY, HOUR_MINUTE_SECOND, OFFSET}},
    {BUILTIN_DATE_AND_TIME, moment_of_parts, false, {YEAR_MONTH_DAY, HOUR_MINUTE_SECOND, {"timezone", TAKES(STRING)}}},
    {BUILTIN_DURATION, duration_from, false, {{"from", TAKES(STRING)}}},
    {BUILTIN_YEARS_AND_MONTHS_DURATION, months_between, false, {{"from", TAKES_MOMENT}, {"to", TAKES_MOMENT}}},
    {BUILTIN_DAY_OF_YEAR, day_of_year, false, OF_DATE},
    {BUILTIN_WEEK_OF_YEAR, week_of_year, false, OF_DATE},
    {BUILTIN_DAY_OF_WEEK, day_of_week, false, OF_DATE},
    {BUILTIN_MONTH_OF_YEAR, month_of_year, false, OF_DATE},
    {BUILTIN_STRING, string_from, false, {{"from", TAKES_ANY}}},
    {BUILTIN_NOW, now, false, {{NULL, 0}}},
    {BUILTIN_TODAY, today, false, {{NULL, 0}}},
    {.call = NULL},
};
