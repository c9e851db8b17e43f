/* Dates, times and durations as text, in and out.  Reading is strict: what XML Schema does not allow is refused. */
#include "rule/temporal.h"

enum { NANOSECONDS = 1000000000, FRACTION_DIGITS = 9, DAY_S = 86400, TEXT_BYTES = 256 };

/* --- reading --------------------------------------------------------------------------------- */

static bool
take_char(struct str *rest, char c)
{
    if (rest->len == 0 || rest->ptr[0] != c) {
        return false;
    }
    *rest = str_from(*rest, 1);
    return true;
}

static size_t
digits_at(struct str s)
{
    size_t count = 0;

    while (count < s.len && s.ptr[count] >= '0' && s.ptr[count] <= '9') {
        count++;
    }
    return count;
}

/* As many digits as there are, of a number up to DURATION_SECOND_MOST. */
static bool
take_number(struct str *rest, int64_t *out)
{
    size_t count = digits_at(*rest);
    int64_t value = 0;

    for (size_t i = 0; i < count; i++) {
        int digit = rest->ptr[i] - '0';
        if (value > (DURATION_SECOND_MOST - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *rest = str_from(*rest, count);
    *out = value;
    return count > 0;
}

static bool
take_two(struct str *rest, int64_t *out)
{
    struct str two = str_sub(*rest, 0, 2);

    if (digits_at(two) != 2) {
        return false;
    }
    *rest = str_from(*rest, 2);
    return take_number(&two, out);
}

/* Nanoseconds: .5 is 500000000.  More than nine digits could not be kept and are refused. */
static bool
take_fraction(struct str *rest, size_t digits_least, int64_t *out)
{
    size_t count;

    *out = 0;
    if (!take_char(rest, '.')) {
        return true;
    }
    count = digits_at(*rest);
    if (count < digits_least || count > FRACTION_DIGITS) {
        return false;
    }
    for (size_t i = 0; i < FRACTION_DIGITS; i++) {
        *out = *out * 10 + (i < count ? rest->ptr[i] - '0' : 0);
    }
    *rest = str_from(*rest, count);
    return true;
}

/* Four digits of a year at least, and no zero in front of more. */
static bool
take_date(struct str *rest, struct temporal *out)
{
    bool minus = take_char(rest, '-');
    size_t digits = digits_at(*rest);
    int64_t year, month, day;

    if (digits < 4 || (digits > 4 && rest->ptr[0] == '0') || !take_number(rest, &year) || !take_char(rest, '-') ||
        !take_two(rest, &month) || !take_char(rest, '-') || !take_two(rest, &day)) {
        return false;
    }
    return temporal_of_date(minus ? -year : year, month, day, out);
}

/* +08:00, and +08:05:43 as it is written where an offset has seconds. */
static bool
take_offset(struct str *rest, struct duration *out)
{
    bool minus = rest->len > 0 && rest->ptr[0] == '-';
    int64_t hour, minute, second = 0;

    if (take_char(rest, 'Z')) {
        *out = (struct duration){0, 0};
        return true;
    }
    if ((!take_char(rest, '+') && !take_char(rest, '-')) || !take_two(rest, &hour) || !take_char(rest, ':') ||
        !take_two(rest, &minute) || minute > 59) {
        return false;
    }
    if (take_char(rest, ':') && (!take_two(rest, &second) || second > 59)) {
        return false;
    }
    second += (hour * 60 + minute) * 60;
    *out = (struct duration){minus ? -second : second, 0};
    return true;
}

/* To the end of the text.  *next_day: 24:00:00, which is the midnight that the next day begins with. */
static bool
take_time(struct zones *zones, struct str rest, struct temporal *out, bool *next_day)
{
    int64_t hour, minute, second, nanosecond;
    struct duration offset;
    bool has_offset = false;
    struct temporal t;

    if (!take_two(&rest, &hour) || !take_char(&rest, ':') || !take_two(&rest, &minute) || !take_char(&rest, ':') ||
        !take_two(&rest, &second) || !take_fraction(&rest, 1, &nanosecond)) {
        return false;
    }
    *next_day = hour == 24 && minute == 0 && second == 0 && nanosecond == 0;
    if (rest.len > 0 && rest.ptr[0] != '@') {
        has_offset = take_offset(&rest, &offset);
        if (!has_offset || rest.len > 0) {
            return false;
        }
    }
    if (!temporal_of_time(*next_day ? 0 : hour, minute, second, nanosecond, has_offset ? &offset : NULL, &t)) {
        return false;
    }
    if (take_char(&rest, '@')) {
        t.place = TEMPORAL_ZONE;
        t.zone = zones_find(zones, rest);
        if (t.zone == NULL) {
            return false;
        }
    }
    *out = t;
    return true;
}

/* The ten characters of 2026-11-28, as nearly all dates come.  False: written in another way, or no date. */
static bool
read_plain_date(struct str text, struct temporal *out)
{
    static const unsigned char place[] = {0, 1, 2, 3, 5, 6, 8, 9};
    int digit[8];

    if (text.len != 10 || text.ptr[4] != '-' || text.ptr[7] != '-') {
        return false;
    }
    for (int i = 0; i < 8; i++) {
        digit[i] = text.ptr[place[i]] - '0';
        if (digit[i] < 0 || digit[i] > 9) {
            return false;
        }
    }
    return temporal_of_date(digit[0] * 1000 + digit[1] * 100 + digit[2] * 10 + digit[3], digit[4] * 10 + digit[5],
                            digit[6] * 10 + digit[7], out);
}

bool
temporal_parse_date(struct str text, struct temporal *out)
{
    struct temporal date;

    if (read_plain_date(text, out)) {
        return true;
    }
    if (!take_date(&text, &date) || text.len > 0) {
        return false;
    }
    *out = date;
    return true;
}

bool
temporal_parse_time(struct zones *zones, struct str text, struct temporal *out)
{
    bool next_day;

    return take_time(zones, text, out, &next_day);
}

bool
temporal_parse_date_time(struct zones *zones, struct str text, struct temporal *out)
{
    struct temporal date, time = {.kind = TEMPORAL_TIME};
    bool next_day = false;

    if (!take_date(&text, &date)) {
        return false;
    }
    if (text.len > 0 && (!take_char(&text, 'T') || !take_time(zones, text, &time, &next_day))) {
        return false;
    }
    if (next_day && !temporal_add(&date, (struct duration){DAY_S, 0}, &date)) {
        return false;
    }
    return temporal_join(&date, &time, out);
}

/* --- durations ------------------------------------------------------------------------------- */

enum part { YEARS, MONTHS, DAYS, HOURS, MINUTES, SECONDS, PARTS };

struct parts {
    bool minus;
    unsigned there; /* a bit for each part */
    int64_t value[PARTS];
    int64_t nanosecond;
};

/* One number and its letter; parts come in order, each once. */
static bool
take_part(struct str *rest, bool in_time, struct parts *p)
{
    static const char letters[PARTS] = {'Y', 'M', 'D', 'H', 'M', 'S'};
    int64_t value, nanosecond;
    size_t len_before;

    if (!take_number(rest, &value)) {
        return false;
    }
    /* A point without digits behind it is no XML Schema, but the conformance tests of DMN have it. */
    len_before = rest->len;
    if (!take_fraction(rest, 0, &nanosecond)) {
        return false;
    }
    for (int part = in_time ? HOURS : YEARS; part < (in_time ? PARTS : HOURS); part++) {
        if (take_char(rest, letters[part])) {
            bool in_order = p->there >> part == 0;
            p->there |= 1u << part;
            p->value[part] = value;
            p->nanosecond = nanosecond;
            return in_order && (part == SECONDS || rest->len + 1 == len_before);
        }
    }
    return false;
}

static bool
take_parts(struct str text, struct parts *p)
{
    struct str rest = text;

    *p = (struct parts){.minus = take_char(&rest, '-')};
    if (!take_char(&rest, 'P')) {
        return false;
    }
    while (rest.len > 0 && rest.ptr[0] != 'T') {
        if (!take_part(&rest, false, p)) {
            return false;
        }
    }
    if (take_char(&rest, 'T')) {
        do {
            if (!take_part(&rest, true, p)) {
                return false;
            }
        } while (rest.len > 0);
    }
    return p->there != 0;
}

/* The sum of the parts from first to last, each worth so much. */
static bool
sum_parts(const struct parts *p, int first, int last, int64_t most, int64_t *out)
{
    static const int64_t worth[PARTS] = {12, 1, DAY_S, 3600, 60, 1};
    int64_t sum = 0;

    for (int part = first; part <= last; part++) {
        int64_t product;
        if (__builtin_mul_overflow(p->value[part], worth[part], &product) ||
            __builtin_add_overflow(sum, product, &sum) || sum > most) {
            return false;
        }
    }
    *out = sum;
    return true;
}

bool
duration_parse(struct str text, struct duration *out)
{
    struct parts p;
    struct duration d;

    if (!take_parts(text, &p) || (p.there & (1u << YEARS | 1u << MONTHS)) != 0 ||
        !sum_parts(&p, DAYS, SECONDS, DURATION_SECOND_MOST - 1, &d.second)) {
        return false;
    }
    d.nanosecond = (int32_t)p.nanosecond;
    *out = p.minus ? duration_negate(d) : d;
    return true;
}

bool
months_parse(struct str text, int64_t *out)
{
    struct parts p;
    int64_t months;

    if (!take_parts(text, &p) || (p.there & ~(1u << YEARS | 1u << MONTHS)) != 0 ||
        !sum_parts(&p, YEARS, MONTHS, MONTHS_MOST, &months)) {
        return false;
    }
    *out = p.minus ? -months : months;
    return true;
}

/* --- writing --------------------------------------------------------------------------------- */

static struct str
finished(const struct buf *b)
{
    struct str text;
    struct err err;

    return buf_finish(b, &text, &err) == RC_OK ? text : (struct str){NULL, 0};
}

static void
put_fraction(struct buf *b, int32_t nanosecond)
{
    int digits = FRACTION_DIGITS;

    if (nanosecond == 0) {
        return;
    }
    while (nanosecond % 10 == 0) {
        nanosecond /= 10;
        digits--;
    }
    buf_put_fmt(b, ".%0*d", digits, (int)nanosecond);
}

static void
put_place(struct buf *b, const struct temporal *t)
{
    int32_t east = t->offset < 0 ? -t->offset : t->offset;

    if (t->place == TEMPORAL_ZONE) {
        buf_put_char(b, '@');
        buf_put(b, zone_name(t->zone));
    } else if (t->place == TEMPORAL_OFFSET && east == 0) {
        buf_put_char(b, 'Z');
    } else if (t->place == TEMPORAL_OFFSET) {
        buf_put_fmt(b, "%c%02d:%02d", t->offset < 0 ? '-' : '+', (int)(east / 3600), (int)(east / 60 % 60));
        if (east % 60 != 0) {
            buf_put_fmt(b, ":%02d", (int)(east % 60));
        }
    }
}

struct str
temporal_text(struct arena *a, const struct temporal *t)
{
    struct buf b;

    buf_init(&b, a, TEXT_BYTES);
    if (t->kind != TEMPORAL_TIME) {
        int year = t->date.year;
        buf_put_fmt(&b, "%s%04d-%02d-%02d", year < 0 ? "-" : "", year < 0 ? -year : year, t->date.month, t->date.day);
    }
    if (t->kind == TEMPORAL_DATE_TIME) {
        buf_put_char(&b, 'T');
    }
    if (t->kind != TEMPORAL_DATE) {
        buf_put_fmt(&b, "%02d:%02d:%02d", temporal_hour(t), temporal_minute(t), temporal_second(t));
        put_fraction(&b, t->nanosecond);
        put_place(&b, t);
    }
    return finished(&b);
}

/* Nothing for what is zero. */
static void
put_part(struct buf *b, int64_t value, char letter)
{
    if (value != 0) {
        buf_put_int(b, value);
        buf_put_char(b, letter);
    }
}

struct str
duration_text(struct arena *a, struct duration d)
{
    bool minus = d.second < 0;
    struct duration_parts p = duration_parts(minus ? duration_negate(d) : d);
    struct buf b;

    buf_init(&b, a, TEXT_BYTES);
    buf_put(&b, minus ? STR("-P") : STR("P"));
    put_part(&b, p.days, 'D');
    bool has_time = p.hours != 0 || p.minutes != 0 || p.seconds != 0 || p.nanoseconds != 0;
    if (has_time || p.days == 0) {
        buf_put_char(&b, 'T');
        put_part(&b, p.hours, 'H');
        put_part(&b, p.minutes, 'M');
    }
    if (p.seconds != 0 || p.nanoseconds != 0 || (!has_time && p.days == 0)) {
        buf_put_int(&b, p.seconds);
        put_fraction(&b, p.nanoseconds);
        buf_put_char(&b, 'S');
    }
    return finished(&b);
}

struct str
months_text(struct arena *a, int64_t months)
{
    int64_t count = months < 0 ? -months : months;
    struct buf b;

    buf_init(&b, a, TEXT_BYTES);
    buf_put(&b, months < 0 ? STR("-P") : STR("P"));
    put_part(&b, count / 12, 'Y');
    if (count % 12 != 0 || count == 0) {
        buf_put_int(&b, count % 12);
        buf_put_char(&b, 'M');
    }
    return finished(&b);
}
