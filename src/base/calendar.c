/*
 * One number per day of the covered years: how many working days come before it.  A span is then
 * one subtraction, and the day that is n working days away is a binary search (four bytes a
 * day, 1.5 KB a year).  Outside the covered years Monday to Friday are worked, which a division
 * counts; such answers are provisional.
 */
#include "base/calendar.h"

#include "base/clock.h"

enum { YEARS_MAX = 200, WEEK = 7, WORKED_PER_WEEK = 5 };

/* The last day that RFC 3339 can write; nothing is due after it. */
static const int32_t day_last = 2932896;

struct calendar {
    struct str version;
    int32_t first;       /* first covered day */
    int32_t end;         /* first day after the covered ones */
    int32_t *before;     /* before[i]: working days in first .. first + i - 1; end - first + 1 of them */
    unsigned char *work; /* while loading: is the day worked? */
};

/* --- counting -------------------------------------------------------------------------------- */

static bool
is_weekend(int32_t day)
{
    int weekday = day_weekday(day);

    return weekday == 0 || weekday == 6;
}

/* Weekdays from some Monday long ago up to but without day: only differences mean anything. */
static int64_t
weekdays_before(int64_t day)
{
    int64_t since = day + 3 + INT64_C(7) * 400000000; /* 1969-12-29 was a Monday; never negative */
    int64_t rest = since % WEEK;

    return since / WEEK * WORKED_PER_WEEK + (rest < WORKED_PER_WEEK ? rest : WORKED_PER_WEEK);
}

/* Working days before day, counted from the first covered one: negative before it. */
static int64_t
working_before(const struct calendar *c, int64_t day)
{
    if (day < c->first) {
        return weekdays_before(day) - weekdays_before(c->first);
    }
    if (day <= c->end) {
        return c->before[day - c->first];
    }
    return c->before[c->end - c->first] + weekdays_before(day) - weekdays_before(c->end);
}

static bool
is_covered(const struct calendar *c, int32_t day)
{
    return day >= c->first && day < c->end;
}

bool
calendar_is_working(const struct calendar *c, int32_t day)
{
    return working_before(c, (int64_t)day + 1) > working_before(c, day);
}

int
calendar_between(const struct calendar *c, int32_t from, int32_t to)
{
    return (int)(working_before(c, (int64_t)to + 1) - working_before(c, (int64_t)from + 1));
}

int32_t
calendar_add(const struct calendar *c, int32_t start, int count, bool *provisional)
{
    CHECK(count >= 0);

    int64_t wanted = working_before(c, (int64_t)start + 1) + count;
    int64_t low = start;
    int64_t high = day_last;

    /* The first day with which the wanted number is reached is itself a working day. */
    while (count > 0 && low < high) {
        int64_t middle = low + (high - low) / 2;
        if (working_before(c, middle + 1) < wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (provisional != NULL) {
        *provisional =
            low > start && (!is_covered(c, start + 1) || !is_covered(c, (int32_t)low));
    }
    return (int32_t)low;
}

int32_t
calendar_from(const struct calendar *c, int32_t day, bool *provisional)
{
    return calendar_add(c, day - 1, 1, provisional);
}

void
calendar_span(const struct calendar *c, int32_t *first, int32_t *end)
{
    *first = c->first;
    *end = c->end;
}

struct str
calendar_version(const struct calendar *c)
{
    return c->version;
}

/* --- loading --------------------------------------------------------------------------------- */

/* Marks the days of one list: weekdays that are not worked, or weekend days that are. */
static enum rc
load_days(struct calendar *c, int64_t year, const struct json *list, bool worked, struct err *err)
{
    const char *kind = worked ? "workdays" : "holidays";

    if (!json_is(list, JSON_ARRAY)) {
        return err_set(err, RC_INVALID, "calendar: year %d has no list of %s", (int)year, kind);
    }
    for (const struct json *entry = list->first; entry != NULL; entry = entry->next) {
        struct err wrong;
        int32_t day;
        if (!json_is(entry, JSON_STRING) || day_parse(entry->text, &day, &wrong) != RC_OK) {
            return err_set(err, RC_INVALID, "calendar: year %d, %s: an entry is not a date", (int)year,
                           kind);
        }
        if (day_to_date(day).year != year || is_weekend(day) != worked) {
            return err_set(err, RC_INVALID, "calendar: %.*s is not a %s of %d", STR_ARG(entry->text),
                           worked ? "weekend day" : "weekday", (int)year);
        }
        if ((c->work[day - c->first] != 0) == worked) {
            return err_set(err, RC_INVALID, "calendar: %.*s stands twice", STR_ARG(entry->text));
        }
        c->work[day - c->first] = worked ? 1 : 0;
    }
    return RC_OK;
}

/* The years there are, checked to follow one another. */
static enum rc
load_span(const struct json *years, struct calendar *c, struct err *err)
{
    int64_t first = 0, next = 0;

    if (!json_is(years, JSON_ARRAY) || years->count == 0 || years->count > YEARS_MAX) {
        return err_set(err, RC_INVALID, "calendar: needs 1 to %d years", (int)YEARS_MAX);
    }
    for (const struct json *entry = years->first; entry != NULL; entry = entry->next) {
        int64_t year = json_int_or(entry, "year", 0);
        if (year < 1 || year > 9998 || (entry != years->first && year != next)) {
            return err_set(err, RC_INVALID, "calendar: year %lld is out of its order",
                           (long long)year);
        }
        first = entry == years->first ? year : first;
        next = year + 1;
    }
    c->first = date_to_day((struct date){(int)first, 1, 1});
    c->end = date_to_day((struct date){(int)next, 1, 1});
    return RC_OK;
}

/* Room for every covered day, and for one more in before. */
static enum rc
make_room(struct arena *a, struct calendar *c, struct err *err)
{
    size_t count = (size_t)(c->end - c->first);

    c->before = arena_alloc(a, count + 1, sizeof(*c->before));
    c->work = arena_alloc(a, count, 1);
    return c->before != NULL && c->work != NULL ? RC_OK
                                                : err_set(err, RC_LIMIT, "no room for a calendar of %zu days", count);
}

static void
count_days(struct calendar *c)
{
    for (int32_t i = 0; i < c->end - c->first; i++) {
        c->before[i + 1] = c->before[i] + c->work[i];
    }
}

enum rc
calendar_load(struct arena *a, const struct json *rows, struct calendar **out, struct err *err)
{
    struct calendar *c = arena_alloc(a, 1, sizeof(*c));
    const struct json *years = json_get(rows, "years");
    struct str version = json_str(rows, "version");
    enum rc rc;

    if (version.len == 0) {
        return err_set(err, RC_INVALID, "calendar: has no version");
    }
    if (c == NULL) {
        return err_set(err, RC_LIMIT, "no room for a calendar");
    }
    if ((rc = load_span(years, c, err)) != RC_OK ||
        (rc = str_copy(a, version, &c->version, err)) != RC_OK) {
        return rc;
    }

    if ((rc = make_room(a, c, err)) != RC_OK) {
        return rc;
    }
    for (int32_t i = 0; i < c->end - c->first; i++) {
        c->work[i] = is_weekend(c->first + i) ? 0 : 1;
    }
    for (const struct json *entry = years->first; entry != NULL; entry = entry->next) {
        int64_t year = json_int_or(entry, "year", 0);
        if ((rc = load_days(c, year, json_get(entry, "holidays"), false, err)) != RC_OK ||
            (rc = load_days(c, year, json_get(entry, "workdays"), true, err)) != RC_OK) {
            return rc;
        }
    }
    count_days(c);
    *out = c;
    return RC_OK;
}

/* --- deriving -------------------------------------------------------------------------------- */

static bool
stands_once(const struct json *year, struct str day)
{
    static const char *const names[] = {"holidays", "workdays"};
    int count = 0;

    for (int i = 0; i < 2; i++) {
        const struct json *list = json_get(year, names[i]);
        for (const struct json *entry = json_is(list, JSON_ARRAY) ? list->first : NULL; entry != NULL; entry = entry->next) {
            count += json_is(entry, JSON_STRING) && str_eq(entry->text, day) ? 1 : 0;
        }
    }
    return count == 1;
}

/* As load_days, but of whatever day of the week; those that are not covered are only looked at, so that they will fit once they are. */
static enum rc
derive_days(struct calendar *c, const struct json *year, bool worked, struct err *err)
{
    const struct json *list = json_get(year, worked ? "workdays" : "holidays");
    int number = (int)json_int_or(year, "year", 0);

    if (!json_is(list, JSON_ARRAY)) {
        return err_set(err, RC_INVALID, "calendar: year %d has no list of %s", number, worked ? "workdays" : "holidays");
    }
    for (const struct json *entry = list->first; entry != NULL; entry = entry->next) {
        struct err wrong;
        int32_t day;
        if (!json_is(entry, JSON_STRING) || day_parse(entry->text, &day, &wrong) != RC_OK || day_to_date(day).year != number) {
            return err_set(err, RC_INVALID, "calendar: year %d: an entry is not one of its days", number);
        }
        if (!stands_once(year, entry->text)) {
            return err_set(err, RC_INVALID, "calendar: %.*s stands twice", STR_ARG(entry->text));
        }
        if (is_covered(c, day)) {
            c->work[day - c->first] = worked ? 1 : 0;
        }
    }
    return RC_OK;
}

enum rc
calendar_derive(struct arena *a, const struct calendar *above, const struct json *rows, struct calendar **out,
                struct err *err)
{
    struct calendar *c = arena_alloc(a, 1, sizeof(*c));
    const struct json *years = json_get(rows, "years");
    struct calendar own = {.first = 0};
    enum rc rc;

    if (json_str(rows, "version").len == 0) {
        return err_set(err, RC_INVALID, "calendar: has no version");
    }
    if (c == NULL) {
        return err_set(err, RC_LIMIT, "no room for a calendar");
    }
    c->first = above->first;
    c->end = above->end;
    c->version = str_fmt(a, "%.*s+%.*s", STR_ARG(above->version), STR_ARG(json_str(rows, "version")));
    if ((rc = load_span(years, &own, err)) != RC_OK || (rc = make_room(a, c, err)) != RC_OK) {
        return rc;
    }
    for (int32_t i = 0; i < c->end - c->first; i++) {
        c->work[i] = above->before[i + 1] > above->before[i] ? 1 : 0;
    }
    for (const struct json *entry = years->first; entry != NULL; entry = entry->next) {
        if ((rc = derive_days(c, entry, false, err)) != RC_OK || (rc = derive_days(c, entry, true, err)) != RC_OK) {
            return rc;
        }
    }
    count_days(c);
    if (c->version.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for the version of a calendar");
    }
    *out = c;
    return RC_OK;
}
