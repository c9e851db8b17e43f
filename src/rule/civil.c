/* Counting from 1 March, as base/clock does and says why; here in 64 bits. */
#include "rule/civil.h"

enum { ERA_DAYS = 146097, ERA_YEARS = 400, DAYS_TO_EPOCH = 719468 /* 0000-03-01 to 1970-01-01 */ };

int64_t
civil_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

bool
civil_is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int
civil_days_in_month(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && civil_is_leap(year) ? 1 : 0);
}

bool
civil_is_valid(int64_t year, int64_t month, int64_t day)
{
    return year >= -CIVIL_YEAR_MOST && year <= CIVIL_YEAR_MOST && month >= 1 && month <= 12 && day >= 1 &&
           day <= civil_days_in_month(year, (int)month);
}

static int64_t
days_before_month(int64_t months_after_march)
{
    return (153 * months_after_march + 2) / 5;
}

int64_t
civil_day(struct civil date)
{
    int64_t year = date.month <= 2 ? (int64_t)date.year - 1 : date.year;
    int64_t era = civil_floor_div(year, ERA_YEARS);
    int64_t of_era = year - era * ERA_YEARS;
    int64_t of_year = days_before_month((date.month + 9) % 12) + date.day - 1;

    return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_TO_EPOCH;
}

bool
civil_of_day(int64_t day, struct civil *out)
{
    static const int64_t farthest = INT64_C(366) * (CIVIL_YEAR_MOST + INT64_C(3000));

    if (day < -farthest || day > farthest) {
        return false;
    }

    int64_t since = day + DAYS_TO_EPOCH;
    int64_t era = civil_floor_div(since, ERA_DAYS);
    int64_t of_era = since - era * ERA_DAYS;
    /* Take out the leap days that came before, and every year is 365 days long. */
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t months_after_march = (5 * of_year + 2) / 153;
    int month = (int)((months_after_march + 2) % 12 + 1);
    int64_t year = era * ERA_YEARS + year_of_era + (month <= 2 ? 1 : 0);

    if (year < -CIVIL_YEAR_MOST || year > CIVIL_YEAR_MOST) {
        return false;
    }
    *out = (struct civil){(int32_t)year, month, (int)(of_year - days_before_month(months_after_march) + 1)};
    return true;
}

int
civil_weekday(int64_t day)
{
    int64_t from_monday = day + 3; /* 1970-01-01 was a Thursday */

    return (int)(from_monday - civil_floor_div(from_monday, 7) * 7) + 1;
}
