/*
 * clock - what time it is, as a value that is passed in, so a test owns the time.
 *
 * Instants are microseconds since 1970-01-01T00:00:00Z in an int64_t.  Days are
 * a count since 1970-01-01 in the node's own offset (China: +08:00, no summer time).
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#include "base/str.h"

struct clock {
    int64_t (*now_us)(void *ctx);       /* wall clock */
    int64_t (*monotonic_us)(void *ctx); /* never goes back; for timeouts only */
    void *ctx;
};

extern const struct clock clock_system;

/* A clock that stands where it was put.  ctx of the result is *now, owned by the caller. */
struct clock clock_standing(int64_t *now_us);
/* The system's clock moved by *shift_us, owned by the caller: a demo day, a wrong clock. */
struct clock clock_shifted(int64_t *shift_us);

int64_t clock_now_us(const struct clock *c);
int64_t clock_monotonic_us(const struct clock *c);

struct date {
    int year;
    int month; /* 1..12 */
    int day;   /* 1..31 */
};

enum { CLOCK_OFFSET_CHINA_MINUTES = 480 };

bool date_is_valid(struct date d);  /* a day of the Gregorian calendar, years 1 to 9999 */
int32_t date_to_day(struct date d); /* the date must be valid */
struct date day_to_date(int32_t day);
int day_weekday(int32_t day); /* 0 = Sunday */
int32_t instant_day(int64_t instant_us, int offset_minutes);
int instant_minute_of_day(int64_t instant_us, int offset_minutes);
int64_t day_start_us(int32_t day, int offset_minutes);

/* RFC 3339, seconds, with offset: 2026-11-23T09:40:00+08:00.  35 bytes are enough. */
void buf_put_instant(struct buf *b, int64_t instant_us, int offset_minutes);
void buf_put_day(struct buf *b, int32_t day); /* 2026-11-23 */
/* The same on the arena; NULL ptr past the limit. */
struct str instant_text(struct arena *a, int64_t instant_us, int offset_minutes);
struct str day_text(struct arena *a, int32_t day);
/* RC_INVALID unless exactly such a text (a fraction of 1 to 9 digits allowed, 'Z' too; no leap second). */
MUST_USE enum rc instant_parse(struct str text, int64_t *out_us, struct err *err);
MUST_USE enum rc day_parse(struct str text, int32_t *out, struct err *err); /* yyyy-mm-dd */

#endif
