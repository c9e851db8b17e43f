/*
 * temporal - dates, times, dates with times, and the two kinds of duration of FEEL (DMN 1.5, 10.3.2.3).
 *
 * Years go from -999999999 to 999999999, fractions of seconds to nanoseconds.  A time, with or without a date, is local (no place
 * known), at an offset from UTC, or in a named zone.  Values are plain and passed about freely; the zone that one names must
 * outlive it.  Every function that can have no result is false then, and *out stays as it was: that is FEEL's null.
 */
#ifndef RULE_TEMPORAL_H
#define RULE_TEMPORAL_H

#include "base/decimal.h"
#include "rule/civil.h"
#include "rule/zone.h"

/* Days and time.  The nanoseconds count upwards from the second, below zero too: half a second back is {-1, 500000000}. */
struct duration {
    int64_t second;
    int32_t nanosecond; /* 0..999999999 */
};

/* Longer ones than these are no durations; what lies between any two dates is far shorter. */
#define DURATION_SECOND_MOST INT64_C(1000000000000000000)
#define MONTHS_MOST INT64_C(1000000000000)

enum temporal_kind { TEMPORAL_DATE, TEMPORAL_TIME, TEMPORAL_DATE_TIME };
enum temporal_place { TEMPORAL_LOCAL, TEMPORAL_OFFSET, TEMPORAL_ZONE };

struct temporal {
    enum temporal_kind kind;
    enum temporal_place place; /* of a date: local */
    struct civil date;         /* of a time: nothing */
    int32_t second;            /* of the day on the wall */
    int32_t nanosecond;
    int32_t offset;            /* seconds east of UTC; a time in a zone, without its day, has none */
    const struct zone *zone;
};

/* --- made from parts --- */
MUST_USE bool temporal_of_date(int64_t year, int64_t month, int64_t day, struct temporal *out);
/* offset NULL: local.  No more than 14 hours, in whole seconds. */
MUST_USE bool temporal_of_time(int64_t hour, int64_t minute, int64_t second, int64_t nanosecond, const struct duration *offset,
                               struct temporal *out);
/* The day of a date or date and time, and a time. */
MUST_USE bool temporal_join(const struct temporal *day, const struct temporal *time, struct temporal *out);
MUST_USE bool temporal_to_date(const struct temporal *t, struct temporal *out); /* false: of a time */
struct temporal temporal_to_time(const struct temporal *t);                     /* of a date: midnight of UTC */
/* A moment in microseconds since 1970-01-01T00:00:00Z as a date and time at that offset. */
struct temporal temporal_of_instant(int64_t instant_us, int32_t offset_seconds);

/* --- text (temporal_text.c): the grammar of XML Schema, and @Zone in place of an offset --- */
MUST_USE bool temporal_parse_date(struct str text, struct temporal *out);
MUST_USE bool temporal_parse_time(struct zones *zones, struct str text, struct temporal *out);
/* A date alone is its midnight. */
MUST_USE bool temporal_parse_date_time(struct zones *zones, struct str text, struct temporal *out);
MUST_USE bool duration_parse(struct str text, struct duration *out); /* P1DT2H3M4.5S */
MUST_USE bool months_parse(struct str text, int64_t *out);           /* P1Y2M */
/* As FEEL writes it; reads back as the same.  NULL ptr past the arena's limit. */
struct str temporal_text(struct arena *a, const struct temporal *t);
struct str duration_text(struct arena *a, struct duration d);
struct str months_text(struct arena *a, int64_t months);

/* --- equality and order --- */
/*
 * *order is below, 0, above zero.  As the standard has it, at whole seconds.  False: there is no order, for they are of two kinds,
 * or one is local and the other is not, or they are times in different zones.
 */
MUST_USE bool temporal_compare(const struct temporal *a, const struct temporal *b, int *order);
/* FEEL's is(): the same in everything that can be told, the fraction and the place included. */
bool temporal_same(const struct temporal *a, const struct temporal *b);
int duration_compare(struct duration a, struct duration b);

/* --- properties --- */
static inline int temporal_hour(const struct temporal *t) { return t->second / 3600; }
static inline int temporal_minute(const struct temporal *t) { return t->second / 60 % 60; }
static inline int temporal_second(const struct temporal *t) { return t->second % 60; }
/* False: local, or a time in a zone, whose offset depends on the day. */
MUST_USE bool temporal_offset(const struct temporal *t, struct duration *out);
MUST_USE bool temporal_zone_name(const struct temporal *t, struct str *out); /* false: in no zone */
/* Of what has a date. */
int temporal_weekday(const struct temporal *t); /* 1 Monday .. 7 Sunday */
int temporal_day_of_year(const struct temporal *t);
int temporal_week_of_year(const struct temporal *t); /* ISO 8601: the week that holds the year's first Thursday is 1 */
struct str temporal_month_name(const struct temporal *t);   /* January */
struct str temporal_weekday_name(const struct temporal *t); /* Monday */

struct duration_parts { /* all with the duration's sign */
    int64_t days;
    int hours, minutes, seconds, nanoseconds;
};
struct duration_parts duration_parts(struct duration d);

/* --- arithmetic --- */
/* A date moves by the whole days that midnight passes; a time goes round the clock; in a zone real time passes. */
MUST_USE bool temporal_add(const struct temporal *t, struct duration d, struct temporal *out);
/* The same day of another month, or its last.  False of a time. */
MUST_USE bool temporal_add_months(const struct temporal *t, int64_t months, struct temporal *out);
/* a - b.  A date beside a date and time is its midnight, of UTC if the other has a place.  False as in temporal_compare. */
MUST_USE bool temporal_subtract(const struct temporal *a, const struct temporal *b, struct duration *out);
/* Whole months from one day to the other; times of day do not count.  False of a time. */
MUST_USE bool temporal_months_between(const struct temporal *from, const struct temporal *to, int64_t *out);

MUST_USE bool duration_add(struct duration a, struct duration b, struct duration *out);
struct duration duration_negate(struct duration d);
MUST_USE bool duration_multiply(struct duration d, struct decimal n, struct duration *out); /* to the nanosecond, ties to even */
MUST_USE bool duration_divide(struct duration d, struct decimal n, struct duration *out);
MUST_USE bool duration_ratio(struct duration a, struct duration b, struct decimal *out);
MUST_USE bool months_add(int64_t a, int64_t b, int64_t *out);
MUST_USE bool months_multiply(int64_t months, struct decimal n, int64_t *out); /* a broken month is cut off */
MUST_USE bool months_divide(int64_t months, struct decimal n, int64_t *out);

#endif
