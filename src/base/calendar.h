/*
 * calendar - which days are working days, and the day that is n of them away.
 *
 * Law is data: a calendar is made of rows (weekdays that are holidays, weekend
 * days that are worked) and carries its version, which is stored beside every
 * date computed with it.  Counting rule (民法典 201, 203; 行政许可法 82): the start day does
 * not count, and the last day is a working day.  Outside the years that the rows cover Monday to
 * Friday are worked and answers are provisional: compute them again once the rows are there.
 * Counting is one subtraction, adding a binary search, by prefix sums.
 */
#ifndef BASE_CALENDAR_H
#define BASE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"

struct calendar;

/*
 * From {"version":"cn-2026","years":[{"year":2026,"holidays":["2026-01-01",…],"workdays":["2026-01-04",…]},…]}.
 * Years follow one another; a holiday is a weekday, a workday a weekend day, each in its year and named once.
 * Other members are left alone.  RC_INVALID names the wrong entry.  Lives on the arena.
 */
MUST_USE enum rc calendar_load(struct arena *a, const struct json *rows, struct calendar **out,
                               struct err *err);
/*
 * The calendar of a part of the land: that of what lies around it, but for the days that its own rows name, any day of the week.  Its
 * version names both, "cn-2026.1+yx-2026.1"; it covers what the one above covers, and rows of other years wait until then.  Rows as
 * above; a day stands once in all of them.  Takes nothing from above but what it copies.
 */
MUST_USE enum rc calendar_derive(struct arena *a, const struct calendar *above, const struct json *rows, struct calendar **out,
                                 struct err *err);
struct str calendar_version(const struct calendar *c);
/* The days that the rows cover: from first up to but without end. */
void calendar_span(const struct calendar *c, int32_t *first, int32_t *end);
bool calendar_is_working(const struct calendar *c, int32_t day);
/* The day itself if it is worked, else the next one that is (民法典 203).  provisional may be NULL. */
int32_t calendar_from(const struct calendar *c, int32_t day, bool *provisional);
/*
 * The day that is count working days after start (count >= 0; 0 gives start itself).  No day is
 * after 9999-12-31.  provisional may be NULL.
 */
int32_t calendar_add(const struct calendar *c, int32_t start, int count, bool *provisional);
/* Working days after from, up to and with to; negative if to is before from. */
int calendar_between(const struct calendar *c, int32_t from, int32_t to);

#endif
