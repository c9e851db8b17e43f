/*
 * civil - days of the Gregorian calendar, carried on without end in both directions.
 *
 * base/clock counts the days that an office lives through; a rule may name any year from -999999999 to 999999999, with a year 0
 * as ISO 8601 has it.  A day is a count since 1970-01-01.
 */
#ifndef RULE_CIVIL_H
#define RULE_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

enum { CIVIL_YEAR_MOST = 999999999 };

struct civil {
    int32_t year;
    int month; /* 1..12 */
    int day;   /* 1..31 */
};

bool civil_is_leap(int64_t year);
int civil_days_in_month(int64_t year, int month);
bool civil_is_valid(int64_t year, int64_t month, int64_t day);
int64_t civil_day(struct civil date);
/* False: outside the years. */
bool civil_of_day(int64_t day, struct civil *out);
int64_t civil_floor_div(int64_t a, int64_t b); /* b above zero */
int civil_weekday(int64_t day);                /* 1 Monday .. 7 Sunday */

#endif
