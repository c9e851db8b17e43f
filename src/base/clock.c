/*
 * Days and dates by counting from 1 March: with the leap day at the end of the counted year,
 * the length of the months before any month is one linear formula, and no table is needed.
 * 400 years are exactly 146,097 days, so all the arithmetic is on a day within such an era.
 */
#include "base/clock.h"

#include <limits.h>
#include <string.h>
#include <time.h>

enum { ERA_DAYS = 146097, ERA_YEARS = 400, DAYS_TO_EPOCH = 719468 /* 0000-03-01 to 1970-01-01 */ };
enum { YEAR_LEAST = 1, YEAR_MOST = 9999 };

static const int64_t SECOND_US = 1000000;
static const int64_t MINUTE_US = 60 * INT64_C(1000000);
static const int64_t DAY_US = 86400 * INT64_C(1000000);

/* --- clocks ---------------------------------------------------------------------------------- */

static int64_t
read_us(clockid_t which)
{
    struct timespec now;

    CHECK(clock_gettime(which, &now) == 0);
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

static int64_t
system_now(void *ctx)
{
    (void)ctx;
    return read_us(CLOCK_REALTIME);
}

static int64_t
system_monotonic(void *ctx)
{
    (void)ctx;
    return read_us(CLOCK_MONOTONIC);
}

static int64_t
standing_now(void *ctx)
{
    const int64_t *now_us = ctx;

    return *now_us;
}

static int64_t
shifted_now(void *ctx)
{
    const int64_t *shift_us = ctx;

    return read_us(CLOCK_REALTIME) + *shift_us;
}

const struct clock clock_system = {system_now, system_monotonic, NULL};

struct clock
clock_standing(int64_t *now_us)
{
    return (struct clock){standing_now, standing_now, now_us};
}

struct clock
clock_shifted(int64_t *shift_us)
{
    return (struct clock){shifted_now, system_monotonic, shift_us};
}

int64_t
clock_now_us(const struct clock *c)
{
    return c->now_us(c->ctx);
}

int64_t
clock_monotonic_us(const struct clock *c)
{
    return c->monotonic_us(c->ctx);
}

/* --- days ------------------------------------------------------------------------------------ */

static int64_t
floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

static bool
is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool
date_is_valid(struct date d)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (d.year < YEAR_LEAST || d.year > YEAR_MOST || d.month < 1 || d.month > 12 || d.day < 1) {
        return false;
    }
    return d.day <= days[d.month - 1] + (d.month == 2 && is_leap(d.year) ? 1 : 0);
}

/* Days from 1 March to the first of the month that comes months later: 0, 31, 61, 92, ... */
static int
days_before_month(int months_after_march)
{
    return (153 * months_after_march + 2) / 5;
}

int32_t
date_to_day(struct date d)
{
    CHECK(date_is_valid(d));

    int year = d.month <= 2 ? d.year - 1 : d.year;
    int era = year / ERA_YEARS;
    int year_of_era = year % ERA_YEARS;
    int day_of_year = days_before_month((d.month + 9) % 12) + d.day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * ERA_DAYS + day_of_era - DAYS_TO_EPOCH;
}

struct date
day_to_date(int32_t day)
{
    int64_t since = (int64_t)day + DAYS_TO_EPOCH;
    int64_t era = floor_div(since, ERA_DAYS);
    int of_era = (int)(since - era * ERA_DAYS);
    /* Take out the leap days that came before, and every year is 365 days long. */
    int year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int months_after_march = (5 * of_year + 2) / 153;
    int month = (months_after_march + 2) % 12 + 1;

    return (struct date){
        .year = (int)(era * ERA_YEARS) + year_of_era + (month <= 2 ? 1 : 0),
        .month = month,
        .day = of_year - days_before_month(months_after_march) + 1,
    };
}

int
day_weekday(int32_t day)
{
    int64_t from_thursday = (int64_t)day + 4; /* 1970-01-01 was a Thursday */

    return (int)(from_thursday - floor_div(from_thursday, 7) * 7);
}

int32_t
instant_day(int64_t instant_us, int offset_minutes)
{
    /* The offset is added to what is left of the day, where nothing can overflow. */
    int64_t left_us = instant_us % DAY_US + offset_minutes * MINUTE_US;

    return (int32_t)(instant_us / DAY_US + floor_div(left_us, DAY_US));
}

static int64_t
instant_of_day_us(int64_t instant_us, int offset_minutes)
{
    int64_t left_us = instant_us % DAY_US + offset_minutes * MINUTE_US;

    return left_us - floor_div(left_us, DAY_US) * DAY_US;
}

int
instant_minute_of_day(int64_t instant_us, int offset_minutes)
{
    return (int)(instant_of_day_us(instant_us, offset_minutes) / MINUTE_US);
}

int64_t
day_start_us(int32_t day, int offset_minutes)
{
    return day * DAY_US - offset_minutes * MINUTE_US;
}

/* --- text ------------------------------------------------------------------------------------ */

/* At least width digits, zeros in front; returns where the text goes on. */
static char *
put_digits(char *at, int value, int width)
{
    char reversed[12];
    int n = 0;

    CHECK(value >= 0);
    while (n < width || value > 0) {
        reversed[n++] = (char)('0' + value % 10);
        value /= 10;
    }
    while (n > 0) {
        *at++ = reversed[--n];
    }
    return at;
}

/* A year outside 0..9999 is no RFC 3339 date; it is still written, for whoever reads the log. */
static char *
put_day(char *at, int32_t day)
{
    struct date d = day_to_date(day);

    if (d.year < 0) {
        *at++ = '-';
        d.year = -d.year;
    }
    at = put_digits(at, d.year, 4);
    *at++ = '-';
    at = put_digits(at, d.month, 2);
    *at++ = '-';
    return put_digits(at, d.day, 2);
}

void
buf_put_day(struct buf *b, int32_t day)
{
    char text[24];
    const char *end = put_day(text, day);

    buf_put(b, (struct str){text, (size_t)(end - text)});
}

static size_t
write_instant(char text[48], int64_t instant_us, int offset_minutes)
{
    int second = (int)(instant_of_day_us(instant_us, offset_minutes) / SECOND_US);
    int east = offset_minutes < 0 ? -offset_minutes : offset_minutes;
    char *at = put_day(text, instant_day(instant_us, offset_minutes));

    CHECK(east < 24 * 60);
    *at++ = 'T';
    at = put_digits(at, second / 3600, 2);
    *at++ = ':';
    at = put_digits(at, second / 60 % 60, 2);
    *at++ = ':';
    at = put_digits(at, second % 60, 2);
    *at++ = offset_minutes < 0 ? '-' : '+';
    at = put_digits(at, east / 60, 2);
    *at++ = ':';
    at = put_digits(at, east % 60, 2);
    return (size_t)(at - text);
}

void
buf_put_instant(struct buf *b, int64_t instant_us, int offset_minutes)
{
    char text[48];
    size_t len = write_instant(text, instant_us, offset_minutes);

    buf_put(b, (struct str){text, len});
}

static struct str
text_on(struct arena *a, const char *text, size_t len)
{
    char *p = arena_alloc(a, len, 1);

    if (p == NULL) {
        return (struct str){NULL, 0};
    }
    memcpy(p, text, len);
    return (struct str){p, len};
}

struct str
instant_text(struct arena *a, int64_t instant_us, int offset_minutes)
{
    char text[48];
    size_t len = write_instant(text, instant_us, offset_minutes);

    return text_on(a, text, len);
}

struct str
day_text(struct arena *a, int32_t day)
{
    char text[24];
    const char *end = put_day(text, day);

    return text_on(a, text, (size_t)(end - text));
}

/* --- reading --------------------------------------------------------------------------------- */

/* Exactly count digits from the front of *rest. */
static bool
take_digits(struct str *rest, size_t count, int *out)
{
    int value = 0;

    if (rest->len < count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (rest->ptr[i] < '0' || rest->ptr[i] > '9') {
            return false;
        }
        value = value * 10 + (rest->ptr[i] - '0');
    }
    *rest = (struct str){rest->ptr + count, rest->len - count};
    *out = value;
    return true;
}

static bool
take_char(struct str *rest, char c)
{
    if (rest->len == 0 || rest->ptr[0] != c) {
        return false;
    }
    *rest = (struct str){rest->ptr + 1, rest->len - 1};
    return true;
}

static bool
take_day(struct str *rest, int32_t *out)
{
    struct date d = {0, 0, 0};

    if (!take_digits(rest, 4, &d.year) || !take_char(rest, '-') ||
        !take_digits(rest, 2, &d.month) || !take_char(rest, '-') ||
        !take_digits(rest, 2, &d.day) || !date_is_valid(d)) {
        return false;
    }
    *out = date_to_day(d);
    return true;
}

/* A fraction of 1 to 9 digits; what is finer than a microsecond is cut off. */
static bool
take_fraction(struct str *rest, int64_t *fraction_us)
{
    int64_t worth = SECOND_US;
    size_t digits = 0;
    int digit;

    *fraction_us = 0;
    if (!take_char(rest, '.')) {
        return true;
    }
    while (digits < 9 && take_digits(rest, 1, &digit)) {
        worth /= 10;
        *fraction_us += digit * worth;
        digits++;
    }
    return digits > 0;
}

static bool
take_offset(struct str *rest, int *minutes)
{
    bool west = rest->len > 0 && rest->ptr[0] == '-';
    int hour, minute;

    *minutes = 0;
    if (take_char(rest, 'Z')) {
        return true;
    }
    if ((!take_char(rest, '+') && !take_char(rest, '-')) || !take_digits(rest, 2, &hour) ||
        !take_char(rest, ':') || !take_digits(rest, 2, &minute) || hour > 23 || minute > 59) {
        return false;
    }
    *minutes = (west ? -1 : 1) * (hour * 60 + minute);
    return true;
}

/* A 60th second is refused: an instant has no room for a leap second, and none is announced. */
static bool
take_time(struct str *rest, int64_t *time_us)
{
    int hour, minute, second;
    int64_t fraction_us;

    if (!take_digits(rest, 2, &hour) || !take_char(rest, ':') || !take_digits(rest, 2, &minute) ||
        !take_char(rest, ':') || !take_digits(rest, 2, &second) || hour > 23 || minute > 59 ||
        second > 59 || !take_fraction(rest, &fraction_us)) {
        return false;
    }
    *time_us = ((hour * 60 + minute) * 60 + second) * SECOND_US + fraction_us;
    return true;
}

enum rc
instant_parse(struct str text, int64_t *out_us, struct err *err)
{
    struct str rest = text;
    int64_t time_us;
    int offset_minutes;
    int32_t day;

    if (!take_day(&rest, &day) || !take_char(&rest, 'T') || !take_time(&rest, &time_us) ||
        !take_offset(&rest, &offset_minutes) || rest.len > 0) {
        return err_set(err, RC_INVALID, "not a time as RFC 3339 writes it");
    }
    *out_us = day_start_us(day, offset_minutes) + time_us;
    return RC_OK;
}

enum rc
day_parse(struct str text, int32_t *out, struct err *err)
{
    struct str rest = text;
    int32_t day;

    if (!take_day(&rest, &day) || rest.len > 0) {
        return err_set(err, RC_INVALID, "not a date written as yyyy-mm-dd");
    }
    *out = day;
    return RC_OK;
}
