/*
 * What is calculated with dates, times and durations.  A wall is a count of seconds since 1970-01-01T00:00:00 by the clock of the
 * place itself; taking its offset away gives the moment.
 */
#include "rule/temporal.h"

enum { DAY_S = 86400, OFFSET_MOST_S = 14 * 3600, NANOSECONDS = 1000000000 };

/* --- made from parts ------------------------------------------------------------------------- */

bool
temporal_of_date(int64_t year, int64_t month, int64_t day, struct temporal *out)
{
    if (!civil_is_valid(year, month, day)) {
        return false;
    }
    *out = (struct temporal){.kind = TEMPORAL_DATE, .date = {(int32_t)year, (int)month, (int)day}};
    return true;
}

bool
temporal_of_time(int64_t hour, int64_t minute, int64_t second, int64_t nanosecond, const struct duration *offset,
                 struct temporal *out)
{
    struct temporal t = {.kind = TEMPORAL_TIME};

    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || nanosecond < 0 ||
        nanosecond >= NANOSECONDS) {
        return false;
    }
    if (offset != NULL) {
        if (offset->second < -OFFSET_MOST_S || offset->second > OFFSET_MOST_S || offset->nanosecond != 0) {
            return false;
        }
        t.place = TEMPORAL_OFFSET;
        t.offset = (int32_t)offset->second;
    }
    t.second = (int32_t)((hour * 60 + minute) * 60 + second);
    t.nanosecond = (int32_t)nanosecond;
    *out = t;
    return true;
}

static int64_t
wall_of(const struct temporal *t)
{
    return civil_day(t->date) * DAY_S + t->second;
}

/* In a zone the offset follows from the day and the time on the wall. */
static void
settle_offset(struct temporal *t)
{
    if (t->kind == TEMPORAL_DATE_TIME && t->place == TEMPORAL_ZONE) {
        t->offset = zone_offset_of_wall(t->zone, wall_of(t));
    }
}

bool
temporal_join(const struct temporal *day, const struct temporal *time, struct temporal *out)
{
    struct temporal t = *time;

    if (day->kind == TEMPORAL_TIME || time->kind != TEMPORAL_TIME) {
        return false;
    }
    t.kind = TEMPORAL_DATE_TIME;
    t.date = day->date;
    settle_offset(&t);
    *out = t;
    return true;
}

bool
temporal_to_date(const struct temporal *t, struct temporal *out)
{
    if (t->kind == TEMPORAL_TIME) {
        return false;
    }
    *out = (struct temporal){.kind = TEMPORAL_DATE, .date = t->date};
    return true;
}

struct temporal
temporal_to_time(const struct temporal *t)
{
    struct temporal time = *t;

    if (t->kind == TEMPORAL_DATE) {
        return (struct temporal){.kind = TEMPORAL_TIME, .place = TEMPORAL_OFFSET};
    }
    time.kind = TEMPORAL_TIME;
    time.date = (struct civil){0, 0, 0};
    time.offset = t->place == TEMPORAL_ZONE ? 0 : t->offset;
    return time;
}

/* False: outside the years. */
static bool
set_wall(struct temporal *t, int64_t wall)
{
    int64_t day = civil_floor_div(wall, DAY_S);

    t->second = (int32_t)(wall - day * DAY_S);
    return civil_of_day(day, &t->date);
}

struct temporal
temporal_of_instant(int64_t instant_us, int32_t offset_seconds)
{
    struct temporal t = {.kind = TEMPORAL_DATE_TIME, .place = TEMPORAL_OFFSET, .offset = offset_seconds};
    int64_t second = civil_floor_div(instant_us, 1000000);

    t.nanosecond = (int32_t)(instant_us - second * 1000000) * 1000;
    CHECK(set_wall(&t, second + offset_seconds)); /* 64 bits of microseconds are not 300,000 years */
    return t;
}

/* --- equality and order ---------------------------------------------------------------------- */

static bool
same_zone(const struct temporal *a, const struct temporal *b)
{
    return a->zone == b->zone || str_eq(zone_name(a->zone), zone_name(b->zone));
}

/* Seconds of two times on one scale. */
static bool
scale_times(const struct temporal *a, const struct temporal *b, int64_t *second_a, int64_t *second_b)
{
    if (a->place != b->place || (a->place == TEMPORAL_ZONE && !same_zone(a, b))) {
        return false;
    }
    *second_a = (int64_t)a->second - a->offset; /* in a zone and local both offsets are 0 */
    *second_b = (int64_t)b->second - b->offset;
    return true;
}

/* Of what has a date; a date takes the place of the other. */
static bool
scale_days(const struct temporal *a, const struct temporal *b, int64_t *second_a, int64_t *second_b)
{
    bool either_is_date = a->kind == TEMPORAL_DATE || b->kind == TEMPORAL_DATE;

    if (!either_is_date && (a->place == TEMPORAL_LOCAL) != (b->place == TEMPORAL_LOCAL)) {
        return false;
    }
    *second_a = wall_of(a) - a->offset;
    *second_b = wall_of(b) - b->offset;
    return true;
}

static bool
on_one_scale(const struct temporal *a, const struct temporal *b, int64_t *second_a, int64_t *second_b)
{
    if ((a->kind == TEMPORAL_TIME) != (b->kind == TEMPORAL_TIME)) {
        return false;
    }
    return a->kind == TEMPORAL_TIME ? scale_times(a, b, second_a, second_b) : scale_days(a, b, second_a, second_b);
}

bool
temporal_compare(const struct temporal *a, const struct temporal *b, int *order)
{
    int64_t second_a, second_b;

    if (a->kind != b->kind || !on_one_scale(a, b, &second_a, &second_b)) {
        return false;
    }
    *order = (second_a > second_b) - (second_a < second_b);
    return true;
}

bool
temporal_same(const struct temporal *a, const struct temporal *b)
{
    if (a->kind != b->kind || a->place != b->place || a->second != b->second || a->nanosecond != b->nanosecond) {
        return false;
    }
    if (a->kind != TEMPORAL_TIME && civil_day(a->date) != civil_day(b->date)) {
        return false;
    }
    return a->place == TEMPORAL_ZONE ? same_zone(a, b) : a->offset == b->offset;
}

int
duration_compare(struct duration a, struct duration b)
{
    if (a.second != b.second) {
        return a.second < b.second ? -1 : 1;
    }
    return (a.nanosecond > b.nanosecond) - (a.nanosecond < b.nanosecond);
}

/* --- properties ------------------------------------------------------------------------------ */

bool
temporal_offset(const struct temporal *t, struct duration *out)
{
    if (t->place == TEMPORAL_LOCAL || (t->place == TEMPORAL_ZONE && t->kind == TEMPORAL_TIME)) {
        return false;
    }
    *out = (struct duration){t->offset, 0};
    return true;
}

bool
temporal_zone_name(const struct temporal *t, struct str *out)
{
    if (t->place != TEMPORAL_ZONE) {
        return false;
    }
    *out = zone_name(t->zone);
    return true;
}

int
temporal_weekday(const struct temporal *t)
{
    CHECK(t->kind != TEMPORAL_TIME);
    return civil_weekday(civil_day(t->date));
}

static int64_t
first_day_of(int64_t year)
{
    return civil_day((struct civil){(int32_t)year, 1, 1});
}

int
temporal_day_of_year(const struct temporal *t)
{
    CHECK(t->kind != TEMPORAL_TIME);
    return (int)(civil_day(t->date) - first_day_of(t->date.year)) + 1;
}

/* 53 in a year that begins on a Thursday, or on a Wednesday with a leap day to come. */
static int
weeks_in(int64_t year)
{
    int weekday = civil_weekday(first_day_of(year));

    return weekday == 4 || (weekday == 3 && civil_is_leap(year)) ? 53 : 52;
}

int
temporal_week_of_year(const struct temporal *t)
{
    int week = (temporal_day_of_year(t) - temporal_weekday(t) + 10) / 7;

    if (week < 1) {
        return weeks_in((int64_t)t->date.year - 1);
    }
    return week > weeks_in(t->date.year) ? 1 : week;
}

struct str
temporal_month_name(const struct temporal *t)
{
    static const struct str names[] = {
        STR_INIT("January"), STR_INIT("February"), STR_INIT("March"),     STR_INIT("April"),   STR_INIT("May"),      STR_INIT("June"),
        STR_INIT("July"),    STR_INIT("August"),   STR_INIT("September"), STR_INIT("October"), STR_INIT("November"), STR_INIT("December"),
    };

    CHECK(t->kind != TEMPORAL_TIME);
    return names[t->date.month - 1];
}

struct str
temporal_weekday_name(const struct temporal *t)
{
    static const struct str names[] = {
        STR_INIT("Monday"), STR_INIT("Tuesday"),  STR_INIT("Wednesday"), STR_INIT("Thursday"),
        STR_INIT("Friday"), STR_INIT("Saturday"), STR_INIT("Sunday"),
    };

    return names[temporal_weekday(t) - 1];
}

struct duration_parts
duration_parts(struct duration d)
{
    bool broken_below = d.second < 0 && d.nanosecond > 0;
    int64_t second = d.second + (broken_below ? 1 : 0);

    return (struct duration_parts){
        .days = second / DAY_S,
        .hours = (int)(second % DAY_S / 3600),
        .minutes = (int)(second / 60 % 60),
        .seconds = (int)(second % 60),
        .nanoseconds = broken_below ? d.nanosecond - NANOSECONDS : d.nanosecond,
    };
}

/* --- durations ------------------------------------------------------------------------------- */

/* Brings the nanoseconds, from -1 to 2 seconds of them, into their place. */
static bool
make_duration(int64_t second, int64_t nanosecond, struct duration *out)
{
    int64_t carried = civil_floor_div(nanosecond, NANOSECONDS);

    second += carried;
    nanosecond -= carried * NANOSECONDS;
    if (second < -DURATION_SECOND_MOST || second > DURATION_SECOND_MOST ||
        (second == DURATION_SECOND_MOST && nanosecond > 0)) {
        return false;
    }
    *out = (struct duration){second, (int32_t)nanosecond};
    return true;
}

bool
duration_add(struct duration a, struct duration b, struct duration *out)
{
    return make_duration(a.second + b.second, (int64_t)a.nanosecond + b.nanosecond, out);
}

struct duration
duration_negate(struct duration d)
{
    struct duration negated;

    CHECK(make_duration(-d.second, -(int64_t)d.nanosecond, &negated));
    return negated;
}

/* At most 10^27 of them: exact. */
static struct decimal
nanoseconds_of(struct duration d)
{
    struct decimal n;

    CHECK(decimal_multiply(decimal_of(d.second), decimal_of(NANOSECONDS), &n));
    CHECK(decimal_add(n, decimal_of(d.nanosecond), &n));
    return n;
}

static bool
duration_of_nanoseconds(struct decimal n, struct duration *out)
{
    struct decimal whole, second, rest;
    int64_t seconds, nanoseconds;

    return decimal_round(n, 0, DECIMAL_HALF_EVEN, &whole) && decimal_divide(whole, decimal_of(NANOSECONDS), &second) &&
           decimal_round(second, 0, DECIMAL_FLOOR, &second) && decimal_as_int(second, &seconds) &&
           decimal_multiply(second, decimal_of(NANOSECONDS), &rest) && decimal_subtract(whole, rest, &rest) &&
           decimal_as_int(rest, &nanoseconds) && make_duration(seconds, nanoseconds, out);
}

bool
duration_multiply(struct duration d, struct decimal n, struct duration *out)
{
    struct decimal product;

    return decimal_multiply(nanoseconds_of(d), n, &product) && duration_of_nanoseconds(product, out);
}

bool
duration_divide(struct duration d, struct decimal n, struct duration *out)
{
    struct decimal quotient;

    return decimal_divide(nanoseconds_of(d), n, &quotient) && duration_of_nanoseconds(quotient, out);
}

bool
duration_ratio(struct duration a, struct duration b, struct decimal *out)
{
    return decimal_divide(nanoseconds_of(a), nanoseconds_of(b), out);
}

static bool
take_months(int64_t months, int64_t *out)
{
    if (months < -MONTHS_MOST || months > MONTHS_MOST) {
        return false;
    }
    *out = months;
    return true;
}

bool
months_add(int64_t a, int64_t b, int64_t *out)
{
    return take_months(a + b, out);
}

static bool
months_of_decimal(struct decimal d, int64_t *out)
{
    int64_t months;

    return decimal_round(d, 0, DECIMAL_DOWN, &d) && decimal_as_int(d, &months) && take_months(months, out);
}

bool
months_multiply(int64_t months, struct decimal n, int64_t *out)
{
    struct decimal product;

    return decimal_multiply(decimal_of(months), n, &product) && months_of_decimal(product, out);
}

bool
months_divide(int64_t months, struct decimal n, int64_t *out)
{
    struct decimal quotient;

    return decimal_divide(decimal_of(months), n, &quotient) && months_of_decimal(quotient, out);
}

/* --- dates and times moved ------------------------------------------------------------------- */

bool
temporal_add(const struct temporal *t, struct duration d, struct temporal *out)
{
    struct temporal moved = *t;
    int64_t nanosecond = (int64_t)t->nanosecond + d.nanosecond;
    int64_t seconds = d.second + (nanosecond >= NANOSECONDS ? 1 : 0);

    moved.nanosecond = t->kind == TEMPORAL_DATE ? 0 : (int32_t)(nanosecond % NANOSECONDS);
    if (t->kind == TEMPORAL_TIME) {
        int64_t second = (t->second + seconds) % DAY_S;
        moved.second = (int32_t)(second < 0 ? second + DAY_S : second);
    } else if (t->place == TEMPORAL_ZONE) {
        int64_t moment = wall_of(t) - t->offset + seconds;
        moved.offset = zone_offset(t->zone, moment);
        if (!set_wall(&moved, moment + moved.offset)) {
            return false;
        }
    } else if (!set_wall(&moved, wall_of(t) + seconds)) {
        return false;
    }
    if (t->kind == TEMPORAL_DATE) {
        moved.second = 0;
    }
    *out = moved;
    return true;
}

bool
temporal_add_months(const struct temporal *t, int64_t months, struct temporal *out)
{
    struct temporal moved = *t;
    int64_t all, year;
    int last;

    if (t->kind == TEMPORAL_TIME || !take_months(months, &all)) {
        return false;
    }
    all += t->date.year * INT64_C(12) + t->date.month - 1;
    year = civil_floor_div(all, 12);
    if (year < -CIVIL_YEAR_MOST || year > CIVIL_YEAR_MOST) {
        return false;
    }
    moved.date.year = (int32_t)year;
    moved.date.month = (int)(all - year * 12) + 1;
    last = civil_days_in_month(year, moved.date.month);
    moved.date.day = t->date.day < last ? t->date.day : last;
    settle_offset(&moved);
    *out = moved;
    return true;
}

bool
temporal_subtract(const struct temporal *a, const struct temporal *b, struct duration *out)
{
    int64_t second_a, second_b;

    return on_one_scale(a, b, &second_a, &second_b) &&
           make_duration(second_a - second_b, (int64_t)a->nanosecond - b->nanosecond, out);
}

bool
temporal_months_between(const struct temporal *from, const struct temporal *to, int64_t *out)
{
    if (from->kind == TEMPORAL_TIME || to->kind == TEMPORAL_TIME) {
        return false;
    }
    int64_t months = ((int64_t)to->date.year - from->date.year) * 12 + to->date.month - from->date.month;
    if (months > 0 && to->date.day < from->date.day) {
        months--;
    } else if (months < 0 && to->date.day > from->date.day) {
        months++;
    }
    *out = months;
    return true;
}
