#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "rule/temporal.h"

struct world {
    struct arena *arena;
    struct zones *zones;
};

static int
set_up(void **state)
{
    static struct world world;

    world = (struct world){arena_new(1 << 20), zones_new(ZONE_FOLDER)};
    *state = &world;
    return 0;
}

static int
tear_down(void **state)
{
    struct world *w = *state;

    arena_free(w->arena);
    zones_free(w->zones);
    return 0;
}

/* --- reading by kind: a time has a colon after its hour, a date has none ----------------------- */

static bool
read(struct world *w, const char *text, struct temporal *out)
{
    struct str s = str_of(text);

    if (s.len > 2 && text[2] == ':') {
        return temporal_parse_time(w->zones, s, out);
    }
    return strchr(text, ':') == NULL ? temporal_parse_date(s, out) : temporal_parse_date_time(w->zones, s, out);
}

static struct temporal
temporal(struct world *w, const char *text)
{
    struct temporal t = {.kind = TEMPORAL_DATE};

    if (!read(w, text, &t)) {
        fail_msg("not read: %s", text);
    }
    return t;
}

static struct duration
duration(const char *text)
{
    struct duration d = {0, 0};

    if (!duration_parse(str_of(text), &d)) {
        fail_msg("not read: %s", text);
    }
    return d;
}

static struct decimal
number(const char *text)
{
    struct decimal d;

    assert_true(decimal_parse(str_of(text), &d));
    return d;
}

/* The text of a result, or none (NULL) where there is no result. */
static void
expect(struct str got, const char *expected, const char *what)
{
    if (expected == NULL ? got.ptr != NULL : got.ptr == NULL || !str_eq(got, str_of(expected))) {
        fail_msg("%s: %.*s, not %s", what, STR_ARG(got), expected == NULL ? "none" : expected);
    }
}

static struct str
text_of(struct world *w, bool there, const struct temporal *t)
{
    return there ? temporal_text(w->arena, t) : (struct str){NULL, 0};
}

static struct str
text_of_duration(struct world *w, bool there, struct duration d)
{
    return there ? duration_text(w->arena, d) : (struct str){NULL, 0};
}

static struct str
text_of_months(struct world *w, bool there, int64_t months)
{
    return there ? months_text(w->arena, months) : (struct str){NULL, 0};
}

static void
dates_and_times_are_written_as_feel_has_them(void **state)
{
    static const char *const same[] = {
        "2017-12-31", "-2017-12-31", "0000-02-29", "999999999-12-31", "-999999999-12-31", "2020-02-29", "10000-01-01", "01:02:03", "00:00:00",
        "11:22:33.444", "11:22:33.123456789", "11:22:33.000000001", "23:59:00Z", "13:20:00+02:00", "13:20:00-05:00", "11:59:00+02:01",
        "11:59:45+02:45:55", "11:59:45-14:00", "00:01:00@Etc/UTC", "00:01:00@Europe/Paris", "2018-12-08T10:30:11",
        "2018-12-08T10:30:11.5@Australia/Melbourne", "2018-12-08T10:30:11+11:00", "-0044-03-15T12:00:00Z", "999999999-12-31T23:59:59.999999999@Asia/Shanghai",
    };
    static const struct {
        const char *text, *written;
    } other[] = {
        {"11:22:33-00:00", "11:22:33Z"},
        {"11:22:33+00:00", "11:22:33Z"},
        {"11:22:33.500", "11:22:33.5"},
        {"11:22:33.000", "11:22:33"},
        {"24:00:00", "00:00:00"},
        {"2026-12-31T24:00:00Z", "2027-01-01T00:00:00Z"},
        {"2016-12-24T23:59:00-08:00", "2016-12-24T23:59:00-08:00"},
        {"-0000-01-01", "0000-01-01"},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        struct temporal t = temporal(w, same[i]);
        expect(temporal_text(w->arena, &t), same[i], same[i]);
    }
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        struct temporal t = temporal(w, other[i].text);
        expect(temporal_text(w->arena, &t), other[i].written, other[i].text);
    }
}

static void
what_the_grammar_does_not_know_is_not_read(void **state)
{
    static const char *const dates[] = {
        "", "2012-12-25T", "2012/12/25", "9999999999-12-25", "1000000000-01-01", "2017-13-10", "2017-12-32", "998-12-31", "01211-12-31",
        "+2012-12-02", "2017-02-29", "1900-02-29", "2017-00-01", "2017-01-00", "2017-1-01", "2017-01-1", "2017-01-01 ", " 2017-01-01", "2017-01-01Z",
        "--2017-01-01", "20170101", "2012T-12-2511:00:00Z", "99999999999999999999999-01-01",
    };
    static const char *const times[] = {
        "", "23:59:60", "24:00:01", "24:01:00", "24:00:00.1", "25:00:00", "00:60:00", "00:00:61", "7:00:00", "07:1:00", "07:01:2", "13:20:00@xyz/abc",
        "13:20:00+19:00", "13:20:00-19:00", "13:20:00+14:01", "13:20:00+5:00", "13:20:00+5", "13:20:00+02:00@Europe/Paris", "13:20:00@Europe/Paris+02:00",
        "7:20", "07:2", "07:20", "11:30:00T", "2012T-12-2511:00:00Z", "11:30:00.", "11:30:00.1234567890", "11:30:00+02:60", "11:30:00+02:00:60",
        "11:30:00@", "11:30:00ZZ", "11:30:00 Z", "T11:30:00", "-11:30:00",
    };
    static const char *const moments[] = {
        "", "2017-12-31T", "2017-12-31 11:00:00", "2017-12-31T11:00", "2017-13-01T11:00:00", "2017-12-31T25:00:00", "2017-12-31T11:00:00@Nowhere",
        "11:00:00", "2017-12-31T11:00:00+", "999999999-12-31T24:00:00", "2017-12-31t11:00:00",
    };
    struct world *w = *state;
    const struct temporal untouched = temporal(w, "2000-01-01");
    struct temporal t = untouched;

    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        expect(text_of(w, temporal_parse_date(str_of(dates[i]), &t), &t), NULL, dates[i]);
    }
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        expect(text_of(w, temporal_parse_time(w->zones, str_of(times[i]), &t), &t), NULL, times[i]);
    }
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        expect(text_of(w, temporal_parse_date_time(w->zones, str_of(moments[i]), &t), &t), NULL, moments[i]);
    }
    assert_false(temporal_parse_time(NULL, STR("12:00:00@Asia/Shanghai"), &t));
    assert_true(temporal_same(&t, &untouched));
}

static void
durations_are_written_in_their_shortest_form(void **state)
{
    static const struct {
        const char *text, *written;
    } days[] = {
        {"P1D", "P1D"}, {"PT2H", "PT2H"}, {"PT3M", "PT3M"}, {"PT4S", "PT4S"}, {"PT0.999S", "PT0.999S"},
        {"P1DT2H3M4.123456789S", "P1DT2H3M4.123456789S"}, {"PT0.000S", "PT0S"}, {"PT0.S", "PT0S"}, {"PT0M", "PT0S"}, {"P0D", "PT0S"},
        {"-P0D", "PT0S"}, {"-PT1H2M", "-PT1H2M"}, {"PT1000M", "PT16H40M"}, {"PT1000M0.999999999S", "PT16H40M0.999999999S"}, {"PT24H", "P1D"},
        {"P2DT274M", "P2DT4H34M"}, {"PT3600S", "PT1H"}, {"-PT0.5S", "-PT0.5S"}, {"-P1DT2H3M4.5S", "-P1DT2H3M4.5S"},
        {"P367DT6H58M59S", "P367DT6H58M59S"}, {"PT999999999999999999S", "P11574074074074DT1H46M39S"},
        {"P1Y", NULL}, {"P1Y1D", NULL}, {"P1M1D", NULL}, {"", NULL}, {"P", NULL}, {"P0", NULL}, {"1D", NULL}, {"P1H", NULL}, {"P1S", NULL}, {"PT", NULL},
        {"P1DT", NULL}, {"PT1M1H", NULL}, {"PT1H1H", NULL}, {"P1D1D", NULL}, {"PT1.5M", NULL}, {"PT1.M", NULL}, {"P1.5D", NULL}, {"P-1D", NULL},
        {"+P1D", NULL}, {"P1DT1D", NULL}, {"PT1S ", NULL}, {"PT1S1", NULL}, {"PT.5S", NULL}, {"PT1.1234567890S", NULL}, {"--P1D", NULL},
        {"PT1000000000000000001S", NULL}, {"P99999999999999999D", NULL}, {"P999999999999999999999D", NULL}, {"p1d", NULL},
    };
    static const struct {
        const char *text, *written;
    } months[] = {
        {"P1Y2M", "P1Y2M"}, {"P1Y", "P1Y"}, {"P0Y", "P0M"}, {"P0M", "P0M"}, {"-P1Y", "-P1Y"}, {"P26M", "P2Y2M"}, {"P1Y27M", "P3Y3M"},
        {"-P100M", "-P8Y4M"}, {"P999999999M", "P83333333Y3M"}, {"-P99999999Y", "-P99999999Y"}, {"-P0M", "P0M"}, {"P10Y0M", "P10Y"},
        {"P1D", NULL}, {"P1Y1D", NULL}, {"PT1M", NULL}, {"P1M1Y", NULL}, {"P1Y1Y", NULL}, {"P1.5Y", NULL}, {"P1YT", NULL}, {"1Y", NULL}, {"P", NULL},
        {"P1000000000001M", NULL}, {"P999999999999Y", NULL},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        struct duration d = {0, 0};
        bool there = duration_parse(str_of(days[i].text), &d);
        expect(text_of_duration(w, there, d), days[i].written, days[i].text);
    }
    for (size_t i = 0; i < sizeof(months) / sizeof(months[0]); i++) {
        int64_t count = 0;
        bool there = months_parse(str_of(months[i].text), &count);
        expect(text_of_months(w, there, count), months[i].written, months[i].text);
    }
}

/* --- parts ------------------------------------------------------------------------------------ */

static void
dates_and_times_are_made_from_parts_that_exist(void **state)
{
    static const struct {
        int64_t year, month, day;
        const char *text;
    } dates[] = {
        {2017, 12, 31, "2017-12-31"}, {-2017, 1, 1, "-2017-01-01"}, {999999999, 12, 31, "999999999-12-31"}, {2017, 13, 31, NULL},
        {2017, 12, 32, NULL}, {2017, -8, 2, NULL}, {2017, 8, -2, NULL}, {-1000999999, 12, 1, NULL}, {INT64_MAX, 1, 1, NULL}, {2023, 2, 29, NULL},
    };
    static const struct {
        int64_t hour, minute, second, nanosecond;
        const char *offset, *text;
    } times[] = {
        {12, 0, 0, 0, NULL, "12:00:00"}, {11, 59, 45, 0, "PT0H", "11:59:45Z"}, {11, 59, 45, 0, "PT2H", "11:59:45+02:00"},
        {11, 59, 0, 0, "-PT2H1M", "11:59:00-02:01"}, {11, 59, 45, 0, "-PT2H45M55S", "11:59:45-02:45:55"}, {12, 59, 1, 300000000, "-PT1H", "12:59:01.3-01:00"},
        {24, 59, 45, 0, NULL, NULL}, {-24, 59, 45, 0, NULL, NULL}, {23, 60, 45, 0, NULL, NULL}, {23, 59, 60, 0, NULL, NULL}, {0, 0, 0, 1000000000, NULL, NULL},
        {0, 0, 0, 0, "PT14H1S", NULL}, {0, 0, 0, 0, "-PT15H", NULL}, {0, 0, 0, 0, "PT1H0.5S", NULL}, {0, -1, 0, 0, NULL, NULL}, {0, 0, 0, -1, NULL, NULL},
    };
    struct world *w = *state;
    struct temporal t;

    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        bool there = temporal_of_date(dates[i].year, dates[i].month, dates[i].day, &t);
        expect(text_of(w, there, &t), dates[i].text, "date");
    }
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct duration offset = duration(times[i].offset == NULL ? "P0D" : times[i].offset);
        bool there = temporal_of_time(times[i].hour, times[i].minute, times[i].second, times[i].nanosecond,
                                      times[i].offset == NULL ? NULL : &offset, &t);
        expect(text_of(w, there, &t), times[i].text, "time");
    }
    t = temporal_of_instant(INT64_C(1795398000500000), 28800);
    expect(temporal_text(w->arena, &t), "2026-11-23T09:40:00.5+08:00", "instant");
    t = temporal_of_instant(-1, 0);
    expect(temporal_text(w->arena, &t), "1969-12-31T23:59:59.999999Z", "instant");
}

static void
a_day_and_a_time_are_joined_and_taken_apart(void **state)
{
    static const struct {
        const char *day, *time, *joined;
    } cases[] = {
        {"2015-12-24", "00:00:01-01:00", "2015-12-24T00:00:01-01:00"},
        {"2017-08-10T10:20:00", "23:59:01.987654321", "2017-08-10T23:59:01.987654321"},
        {"2017-09-05T10:20:00Z", "09:15:30@Europe/Paris", "2017-09-05T09:15:30@Europe/Paris"},
        {"09:15:30", "09:15:30", NULL},
        {"2017-09-05", "2017-09-05T10:20:00", NULL},
    };
    static const struct {
        const char *text, *date, *time;
    } apart[] = {
        {"2017-08-10", "2017-08-10", "00:00:00Z"},
        {"2017-08-10T10:20:00@Europe/Paris", "2017-08-10", "10:20:00@Europe/Paris"},
        {"2017-08-10T10:20:00-00:00", "2017-08-10", "10:20:00Z"},
        {"2017-08-10T10:20:00.5", "2017-08-10", "10:20:00.5"},
        {"10:20:00+01:00", NULL, "10:20:00+01:00"},
    };
    struct world *w = *state;
    struct temporal t = temporal(w, "2000-01-01");
    int order;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct temporal day = temporal(w, cases[i].day), time = temporal(w, cases[i].time);
        expect(text_of(w, temporal_join(&day, &time, &t), &t), cases[i].joined, cases[i].day);
    }
    for (size_t i = 0; i < sizeof(apart) / sizeof(apart[0]); i++) {
        struct temporal whole = temporal(w, apart[i].text), time = temporal_to_time(&whole), again;
        expect(text_of(w, temporal_to_date(&whole, &t), &t), apart[i].date, apart[i].text);
        expect(temporal_text(w->arena, &time), apart[i].time, apart[i].text);
        again = temporal(w, apart[i].time);
        assert_true(temporal_same(&time, &again));
        assert_true(temporal_compare(&time, &again, &order) && order == 0);
    }
}

static void
a_date_knows_its_place_in_week_and_year(void **state)
{
    static const struct {
        const char *text;
        int weekday, day_of_year, week;
        const char *weekday_name, *month_name;
    } cases[] = {
        {"2018-12-10", 1, 344, 50, "Monday", "December"},   {"2019-09-17", 2, 260, 38, "Tuesday", "September"},
        {"1970-01-01", 4, 1, 1, "Thursday", "January"},     {"2020-12-31", 4, 366, 53, "Thursday", "December"},
        {"2003-12-29", 1, 363, 1, "Monday", "December"},    {"2004-01-01", 4, 1, 1, "Thursday", "January"},
        {"2010-01-01", 5, 1, 53, "Friday", "January"},      {"2005-01-01", 6, 1, 53, "Saturday", "January"},
        {"2005-01-03", 1, 3, 1, "Monday", "January"},       {"2005-01-09", 7, 9, 1, "Sunday", "January"},
        {"2012-01-01", 7, 1, 52, "Sunday", "January"},      {"2019-12-31T10:10:10", 2, 365, 1, "Tuesday", "December"},
        {"2026-07-15", 3, 196, 29, "Wednesday", "July"},    {"-999999999-01-01", 1, 1, 1, "Monday", "January"},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct temporal t = temporal(w, cases[i].text);
        assert_int_equal(temporal_weekday(&t), cases[i].weekday);
        assert_int_equal(temporal_day_of_year(&t), cases[i].day_of_year);
        assert_int_equal(temporal_week_of_year(&t), cases[i].week);
        expect(temporal_weekday_name(&t), cases[i].weekday_name, cases[i].text);
        expect(temporal_month_name(&t), cases[i].month_name, cases[i].text);
    }
}

static void
a_time_knows_its_parts_and_its_place(void **state)
{
    static const struct {
        const char *text;
        int hour, minute, second;
        const char *offset, *zone;
    } cases[] = {
        {"10:30:01", 10, 30, 1, NULL, NULL},
        {"10:30:00+05:00", 10, 30, 0, "PT5H", NULL},
        {"10:30:59.9-01:00", 10, 30, 59, "-PT1H", NULL},
        {"10:30:00@Europe/Paris", 10, 30, 0, NULL, "Europe/Paris"},
        {"2018-12-10T10:30:00@Etc/UTC", 10, 30, 0, "PT0S", "Etc/UTC"},
        {"2018-07-10T10:30:00@Europe/Paris", 10, 30, 0, "PT2H", "Europe/Paris"},
        {"2018-12-10T23:59:58", 23, 59, 58, NULL, NULL},
        {"2018-12-10", 0, 0, 0, NULL, NULL},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct temporal t = temporal(w, cases[i].text);
        struct duration offset = {0, 0};
        struct str zone = {NULL, 0};
        bool has_offset = temporal_offset(&t, &offset);
        assert_int_equal(temporal_hour(&t), cases[i].hour);
        assert_int_equal(temporal_minute(&t), cases[i].minute);
        assert_int_equal(temporal_second(&t), cases[i].second);
        expect(text_of_duration(w, has_offset, offset), cases[i].offset, cases[i].text);
        assert_true(temporal_zone_name(&t, &zone) == (cases[i].zone != NULL));
        expect(zone, cases[i].zone, cases[i].text);
    }
}

static void
the_parts_of_a_duration_have_its_sign(void **state)
{
    static const struct {
        const char *text;
        int64_t days;
        int hours, minutes, seconds, nanoseconds;
    } cases[] = {
        {"P1DT2H3M4.5S", 1, 2, 3, 4, 500000000}, {"-P1DT2H3M4.5S", -1, -2, -3, -4, -500000000}, {"PT2H", 0, 2, 0, 0, 0},
        {"-PT0.000000001S", 0, 0, 0, 0, -1},     {"-PT1S", 0, 0, 0, -1, 0},                     {"PT61M", 0, 1, 1, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct duration_parts p = duration_parts(duration(cases[i].text));
        assert_true(p.days == cases[i].days);
        assert_int_equal(p.hours, cases[i].hours);
        assert_int_equal(p.minutes, cases[i].minutes);
        assert_int_equal(p.seconds, cases[i].seconds);
        assert_int_equal(p.nanoseconds, cases[i].nanoseconds);
    }
}

/* --- order ------------------------------------------------------------------------------------ */

enum { NO_ORDER = 9 };

static void
what_is_compared_is_the_moment_in_whole_seconds(void **state)
{
    static const struct {
        const char *a, *b;
        int order;
    } cases[] = {
        {"2018-12-08", "2018-12-08", 0},
        {"2018-12-07", "2018-12-08", -1},
        {"-0001-12-07", "0001-12-08", -1},
        {"10:30:00", "10:30:00", 0},
        {"11:30:00", "10:30:00", 1},
        {"10:30:00.0001", "10:30:00.0002", 0},
        {"10:30:00@Europe/Paris", "10:30:00@Europe/Paris", 0},
        {"10:30:00Z", "10:30:00+00:00", 0},
        {"20:00:50+00:00", "21:00:50+01:00", 0},
        {"10:30:00", "10:30:00Z", NO_ORDER},
        {"10:30:00@Europe/Paris", "10:30:00@Asia/Dhaka", NO_ORDER},
        {"10:30:00@Europe/Paris", "10:30:00+01:00", NO_ORDER},
        {"2018-12-08T00:00:00.0001", "2018-12-08T00:00:00.0000", 0},
        {"2018-12-08T00:00:00@Europe/Paris", "2018-12-08T00:00:00@Asia/Dhaka", 1},
        {"2018-10-08T00:00:00+02:00", "2018-10-08T00:00:00@Europe/Paris", 0},
        {"2018-02-08T00:00:00+01:00", "2018-02-08T00:00:00@Europe/Paris", 0},
        {"2002-04-02T12:00:00@Australia/Melbourne", "2002-04-02T12:00:00@Australia/Sydney", 0},
        {"2018-12-08T00:00:00+00:00", "2018-12-08T00:00:00@Etc/UTC", 0},
        {"2002-04-02T12:00:00-01:00", "2002-04-02T17:00:00+04:00", 0},
        {"2002-04-02T23:00:00-04:00", "2002-04-03T02:00:00-01:00", 0},
        {"2002-04-02T23:00:00-04:00", "2002-04-02T23:00:01-04:00", -1},
        {"2002-04-02T23:00:00", "2002-04-02T23:00:00Z", NO_ORDER},
        {"2002-04-02", "2002-04-02T00:00:00", NO_ORDER},
        {"2002-04-02", "00:00:00", NO_ORDER},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct temporal a = temporal(w, cases[i].a), b = temporal(w, cases[i].b);
        int order = 7, turned = 7;
        bool there = temporal_compare(&a, &b, &order);
        if (there != (cases[i].order != NO_ORDER) || order != (there ? cases[i].order : 7)) {
            fail_msg("%s and %s: %d", cases[i].a, cases[i].b, order);
        }
        assert_true(temporal_compare(&b, &a, &turned) == there);
        assert_int_equal(turned, there ? -order : 7);
    }
}

static void
the_same_is_more_than_equal(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"2012-12-25", "2012-12-25", true},
        {"2012-12-25", "2012-12-26", false},
        {"2012-12-25", "2012-12-25T00:00:00Z", false},
        {"23:00:50", "23:00:50", true},
        {"23:00:50.1", "23:00:50.2", false},
        {"23:00:50+11:00", "23:00:50+11:00", true},
        {"23:00:50@Australia/Melbourne", "23:00:50@Australia/Melbourne", true},
        {"23:00:50Z", "23:00:50+00:00", true},
        {"23:00:50", "23:00:50Z", false},
        {"23:00:50@Australia/Melbourne", "23:00:50+10:00", false},
        {"23:00:50@Etc/GMT", "23:00:50Z", false},
        {"23:00:50@Australia/Melbourne", "23:00:50@Australia/Sydney", false},
        {"20:00:50+00:00", "21:00:50+01:00", false},
        {"2012-12-25T10:10:10@Australia/Melbourne", "2012-12-25T10:10:10@Australia/Melbourne", true},
        {"2002-04-02T12:00:00-01:00", "2002-04-02T17:00:00+04:00", false},
        {"2002-04-02T23:00:00", "2002-04-03T23:00:00", false},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct temporal a = temporal(w, cases[i].a), b = temporal(w, cases[i].b);
        if (temporal_same(&a, &b) != cases[i].same || temporal_same(&b, &a) != cases[i].same) {
            fail_msg("%s and %s", cases[i].a, cases[i].b);
        }
    }
    assert_int_equal(duration_compare(duration("P1D"), duration("PT24H")), 0);
    assert_int_equal(duration_compare(duration("-PT0.5S"), duration("-PT0.6S")), 1);
    assert_int_equal(duration_compare(duration("-PT1S"), duration("PT1S")), -1);
}

/* --- arithmetic ------------------------------------------------------------------------------- */

static void
dates_and_times_move_by_days_and_time(void **state)
{
    static const struct {
        const char *from, *by, *to;
    } cases[] = {
        {"2017-12-31", "P1D", "2018-01-01"},
        {"2017-12-31", "PT23H59M59.999S", "2017-12-31"},
        {"2017-12-31", "-PT1S", "2017-12-30"},
        {"10:30:00", "PT14H", "00:30:00"},
        {"10:30:00.6+05:00", "PT0.5S", "10:30:01.1+05:00"},
        {"00:00:00@Europe/Paris", "-PT0.1S", "23:59:59.9@Europe/Paris"},
        {"00:00:00", "-P400DT1H", "23:00:00"},
        {"2016-12-24T23:59:00-08:00", "PT1M", "2016-12-25T00:00:00-08:00"},
        {"2016-12-24T23:59:59.5", "PT0.5S", "2016-12-25T00:00:00"},
        {"2018-03-24T12:00:00@Europe/Paris", "P1D", "2018-03-25T13:00:00@Europe/Paris"},
        {"2018-10-27T12:00:00@Europe/Paris", "P1D", "2018-10-28T11:00:00@Europe/Paris"},
        {"0001-01-01", "-P1D", "0000-12-31"},
        {"999999999-12-31", "P1D", NULL},
        {"-999999999-01-01T00:00:00", "-PT0.1S", NULL},
        {"2018-10-27T12:00:00@Europe/Paris", "PT999999999999999999S", NULL},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct temporal from = temporal(w, cases[i].from), to = temporal(w, "1999-01-01");
        expect(text_of(w, temporal_add(&from, duration(cases[i].by), &to), &to), cases[i].to, cases[i].from);
        struct temporal again = temporal(w, cases[i].to == NULL ? "1999-01-01" : cases[i].to);
        assert_true(temporal_same(&to, &again));
    }
}

static void
dates_move_by_months_to_a_day_that_exists(void **state)
{
    static const struct {
        const char *from;
        int64_t months;
        const char *to;
    } cases[] = {
        {"2017-01-31", 1, "2017-02-28"},
        {"2016-01-31", 1, "2016-02-29"},
        {"2016-02-29", 12, "2017-02-28"},
        {"2017-03-31", -1, "2017-02-28"},
        {"2017-01-15", -13, "2015-12-15"},
        {"0000-01-15", -1, "-0001-12-15"},
        {"2018-01-25T12:00:00@Europe/Paris", 6, "2018-07-25T12:00:00@Europe/Paris"},
        {"2018-01-25T12:00:00.5Z", 1, "2018-02-25T12:00:00.5Z"},
        {"12:00:00", 1, NULL},
        {"999999999-12-01", 1, NULL},
        {"-999999999-01-01", -1, NULL},
        {"2018-01-25", INT64_MAX, NULL},
        {"2018-01-25", INT64_MIN, NULL},
    };
    struct world *w = *state;
    struct temporal from, to = temporal(w, "2000-01-01");
    struct duration offset;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        from = temporal(w, cases[i].from);
        expect(text_of(w, temporal_add_months(&from, cases[i].months, &to), &to), cases[i].to, cases[i].from);
    }
    from = temporal(w, "2018-01-25T12:00:00@Europe/Paris");
    assert_true(temporal_add_months(&from, 6, &to) && temporal_offset(&to, &offset));
    assert_true(offset.second == 7200); /* summer time has come with the month */
}

static void
between_two_lies_a_duration(void **state)
{
    static const struct {
        const char *a, *b, *between;
    } cases[] = {
        {"2016-12-24T23:59:00-08:00", "2015-12-24T00:00:01-01:00", "P367DT6H58M59S"},
        {"2018-01-01", "2017-12-31", "P1D"},
        {"2017-12-31", "2018-01-01", "-P1D"},
        {"999999999-12-31", "-999999999-01-01", "P730484999633D"},
        {"10:30:00", "11:00:00.5", "-PT30M0.5S"},
        {"10:30:00+01:00", "10:30:00Z", "-PT1H"},
        {"10:30:00@Europe/Paris", "10:29:00@Europe/Paris", "PT1M"},
        {"10:30:00", "10:30:00Z", NULL},
        {"10:30:00@Europe/Paris", "10:30:00@Asia/Dhaka", NULL},
        {"2018-03-26T00:00:00@Europe/Paris", "2018-03-25T00:00:00@Europe/Paris", "PT23H"},
        {"2018-03-26T00:00:00.1", "2018-03-25T00:00:00.2", "PT23H59M59.9S"},
        {"2018-03-26T00:00:00", "2018-03-26T00:00:00Z", NULL},
        {"2018-03-26", "2018-03-25T12:00:00", "PT12H"},
        {"2018-03-26", "2018-03-25T12:00:00+02:00", "PT14H"},
        {"2018-03-25T12:00:00@Europe/Paris", "2018-03-26", "-PT14H"},
        {"2018-03-26", "12:00:00", NULL},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct temporal a = temporal(w, cases[i].a), b = temporal(w, cases[i].b);
        struct duration d = {0, 0};
        bool there = temporal_subtract(&a, &b, &d);
        expect(text_of_duration(w, there, d), cases[i].between, cases[i].a);
    }
}

static void
between_two_days_lie_whole_months(void **state)
{
    static const struct {
        const char *from, *to, *between;
    } cases[] = {
        {"2011-12-22", "2013-08-24", "P1Y8M"},
        {"2013-08-24", "2011-12-22", "-P1Y8M"},
        {"2016-01-21", "2015-01-21", "-P1Y"},
        {"2017-12-31T13:00:00", "2017-12-31T12:00:00", "P0M"},
        {"2016-09-30T23:25:00", "2017-12-28T12:12:12", "P1Y2M"},
        {"2010-05-30T03:55:58", "2017-12-15T00:59:59", "P7Y6M"},
        {"-2016-01-30T09:05:00", "-2017-02-28T02:02:02", "-P11M"},
        {"2014-12-31T23:59:59", "-2019-10-01T12:32:59", "-P4033Y2M"},
        {"2017-09-05T10:20:00-01:00", "-2019-10-01T12:32:59+02:00", "-P4035Y11M"},
        {"2016-08-25T15:20:59+02:00", "2017-08-10T10:20:00@Europe/Paris", "P11M"},
        {"2013-08-24", "2017-12-15T00:59:59", "P4Y3M"},
        {"2014-12-31T23:59:59", "2016-12-31T00:00:01", "P2Y"},
        {"2014-12-31", "12:00:00", NULL},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct temporal from = temporal(w, cases[i].from), to = temporal(w, cases[i].to);
        int64_t months = 0;
        bool there = temporal_months_between(&from, &to, &months);
        expect(text_of_months(w, there, months), cases[i].between, cases[i].from);
    }
}

static void
durations_are_added_multiplied_and_divided(void **state)
{
    static const struct {
        char operation;
        const char *a, *b, *result;
    } cases[] = {
        {'+', "P13DT2H14S", "P367DT6H58M59S", "P380DT8H59M13S"},
        {'+', "PT0.6S", "PT0.6S", "PT1.2S"},
        {'+', "-PT0.6S", "PT0.1S", "-PT0.5S"},
        {'+', "PT999999999999999999S", "PT2S", NULL},
        {'*', "P1D", "1.5", "P1DT12H"},
        {'*', "-PT1S", "0.5", "-PT0.5S"},
        {'*', "PT1.5S", "-1", "-PT1.5S"},
        {'*', "PT0.000000001S", "0.5", "PT0S"},
        {'*', "PT0.000000003S", "0.5", "PT0.000000002S"},
        {'*', "P1D", "1e20", NULL},
        {'/', "P1D", "2", "PT12H"},
        {'/', "PT1S", "3", "PT0.333333333S"},
        {'/', "-PT2S", "3", "-PT0.666666667S"},
        {'/', "P1D", "0", NULL},
    };
    struct world *w = *state;
    struct decimal ratio;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct duration a = duration(cases[i].a), d = {0, 0};
        bool there = cases[i].operation == '+'   ? duration_add(a, duration(cases[i].b), &d)
                     : cases[i].operation == '*' ? duration_multiply(a, number(cases[i].b), &d)
                                                 : duration_divide(a, number(cases[i].b), &d);
        expect(text_of_duration(w, there, d), cases[i].result, cases[i].a);
    }
    expect(duration_text(w->arena, duration_negate(duration("P1DT0.5S"))), "-P1DT0.5S", "negate");
    assert_true(duration_ratio(duration("P1D"), duration("PT36H"), &ratio));
    expect(decimal_text(w->arena, ratio), "0.6666666666666666666666666666666667", "ratio");
    assert_false(duration_ratio(duration("P1D"), duration("P0D"), &ratio));
}

static void
months_are_added_multiplied_and_divided(void **state)
{
    int64_t months = 0;

    (void)state;
    assert_true(months_add(14, -2, &months) && months == 12);
    assert_true(months_multiply(5, number("1.5"), &months) && months == 7);
    assert_true(months_multiply(-5, number("1.5"), &months) && months == -7);
    assert_true(months_divide(24, number("-5"), &months) && months == -4);
    assert_false(months_divide(24, number("0"), &months));
    assert_false(months_add(MONTHS_MOST, 1, &months));
    assert_false(months_multiply(MONTHS_MOST, number("-1.01"), &months));
    assert_true(months == -4);
}

static void
text_past_the_limit_of_the_arena_is_null(void **state)
{
    struct world *w = *state;
    struct arena *arena = arena_new(1 << 16);
    struct temporal t = temporal(w, "2018-12-08T10:30:11.5@Australia/Melbourne");

    for (int which = 0; which < 3; which++) {
        size_t failed = 0;
        struct str text;
        do {
            arena_fail_at(arena, ++failed);
            text = which == 0   ? temporal_text(arena, &t)
                   : which == 1 ? duration_text(arena, duration("-P1DT2H3M4.5S"))
                                : months_text(arena, 14);
            arena_fail_at(arena, 0);
        } while (text.ptr == NULL);
        assert_true(failed > 1);
        expect(text, which == 0 ? "2018-12-08T10:30:11.5@Australia/Melbourne" : which == 1 ? "-P1DT2H3M4.5S" : "P1Y2M", "text");
    }
    arena_free(arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_and_times_are_written_as_feel_has_them),
        cmocka_unit_test(what_the_grammar_does_not_know_is_not_read),
        cmocka_unit_test(durations_are_written_in_their_shortest_form),
        cmocka_unit_test(dates_and_times_are_made_from_parts_that_exist),
        cmocka_unit_test(a_day_and_a_time_are_joined_and_taken_apart),
        cmocka_unit_test(a_date_knows_its_place_in_week_and_year),
        cmocka_unit_test(a_time_knows_its_parts_and_its_place),
        cmocka_unit_test(the_parts_of_a_duration_have_its_sign),
        cmocka_unit_test(what_is_compared_is_the_moment_in_whole_seconds),
        cmocka_unit_test(the_same_is_more_than_equal),
        cmocka_unit_test(dates_and_times_move_by_days_and_time),
        cmocka_unit_test(dates_move_by_months_to_a_day_that_exists),
        cmocka_unit_test(between_two_lies_a_duration),
        cmocka_unit_test(between_two_days_lie_whole_months),
        cmocka_unit_test(durations_are_added_multiplied_and_divided),
        cmocka_unit_test(months_are_added_multiplied_and_divided),
        cmocka_unit_test(text_past_the_limit_of_the_arena_is_null),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
