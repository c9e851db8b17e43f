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
struct str calendar_version(const struct calendar *c);
bool calendar_is_working(const struct calendar *c, int32_t day);
/*
 * The day that is count working days after start (count >= 0; 0 gives start itself).  No day is
 * after 9999-12-31.  provisional may be NULL.
 */
int32_t calendar_add(const struct calendar *c, int32_t start, int count, bool *provisional);
/* Working days after from, up to and with to; negative if to is before from. */
int calendar_between(const struct calendar *c, int32_t from, int32_t to);

#endif
