#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule/trial_int.h"

static void
a_date_is_made_of_text_parts_and_moments(void **state)
{
    static const struct trial cases[] = {
        {"date(\"2017-12-31\")", "@\"2017-12-31\"", ""},
        {"date(from: \"-2017-01-01\")", "@\"-2017-01-01\"", ""},
        {"date(date and time(\"2017-09-03T09:45:30@Europe/Paris\"))", "@\"2017-09-03\"", ""},
        {"date(date(\"2017-10-11\"))", "@\"2017-10-11\"", ""},
        {"date(2017, 12, 31)", "@\"2017-12-31\"", ""},
        {"date(day: 30, month: 08, year: 2017)", "@\"2017-08-30\"", ""},
        {"date(-999999999, 12, 31)", "@\"-999999999-12-31\"", ""},
        {"date(2024, 2, 29)", "@\"2024-02-29\"", ""},
        /* what is wrong is named */
        {"date(2025, 2, 29)", "null", "date: 29"},
        {"date(2017, 13, 31)", "null", "date: 13"},
        {"date(2017, 1.5, 31)", "null", "date: 1.5"},
        {"date(1000999999, 12, 1)", "null", "date: 1000999999"},
        {"date(-1000999999, 12, 1)", "null", "date: -1000999999"},
        {"date(999999999, 1, 32)", "null", "date: 32"},
        {"date(-999999999, 1, 32)", "null", "date: 32"},
        {"date(2017, 0, 32)", "null", "date: 0"},
        {"date(\"2017-13-10\")", "null", "date: \"2017-13-10\""},
        {"date(\"2012-12-25T\")", "null", "date: \"2012-12-25T\""},
        {"date(\"10:00:00\")", "null", "date: \"10:00:00\""},
        {"date(\"P1D\")", "null", "date: \"P1D\""},
        {"date(2017, null, 1)", "null", NULL},
        {"date(@\"10:00:00\")", "null", NULL},
        {"date(1)", "null", NULL},
        {"date([])", "null", NULL},
        {"date()", "null", NULL},
        {"date(null)", "null", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
a_time_is_made_of_text_parts_and_moments(void **state)
{
    static const struct trial cases[] = {
        {"time(\"11:22:33.444\")", "@\"11:22:33.444\"", ""},
        {"time(\"00:01:00@Etc/UTC\")", "@\"00:01:00@Etc/UTC\"", ""},
        {"time(from: date and time(\"2017-08-10T10:20:00+01:00\"))", "@\"10:20:00+01:00\"", ""},
        {"time(date and time(\"2017-08-10T10:20:00@Europe/Paris\"))", "@\"10:20:00@Europe/Paris\"", ""},
        {"time(date(\"2017-08-10\"))", "@\"00:00:00Z\"", ""},
        {"time(time(\"10:20:00\"))", "@\"10:20:00\"", ""},
        {"time(11, 59, 45, null)", "@\"11:59:45\"", ""},
        {"time(11, 59, 45)", "@\"11:59:45\"", ""},
        {"time(12, 59, 1.3, @\"-PT1H\")", "@\"12:59:01.3-01:00\"", ""},
        {"time(11, 59, 0.1234567899)", "@\"11:59:00.123456789\"", ""},
        {"time(11, 59, 45, duration(\"-PT2H45M55S\"))", "@\"11:59:45-02:45:55\"", ""},
        {"time(offset: @\"PT2H1M\", hour: 11, minute: 59, second: 0)", "@\"11:59:00+02:01\"", ""},
        {"time(24, 59, 45, null)", "null", "time: 24"},
        {"time(23, 60, 45)", "null", "time: 60"},
        {"time(23, 59, 60)", "null", "time: 60"},
        {"time(23, 59, -0.5)", "null", "time: -0.5"},
        {"time(-1, 59, 1)", "null", "time: -1"},
        {"time(23, -1, 1)", "null", "time: -1"},
        {"time(0, 0, 60)", "null", "time: 60"},
        {"time(23, 5.5, 1)", "null", "time: 5.5"},
        {"time(23, 59, 1e30)", "null", "time: 1000000000000000000000000000000"},
        {"time(23, 59, 1, @\"PT15H\")", "null", "time: @\"PT15H\""},
        {"time(\"13:20:00@xyz/abc\")", "null", "time: \"13:20:00@xyz/abc\""},
        {"time(\"2017-08-10\")", "null", "time: \"2017-08-10\""},
        {"time(12, 0, null, @\"PT0S\")", "null", NULL},
        {"time(2017)", "null", NULL},
        {"time(1, 2)", "null", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
a_date_and_time_is_made_in_five_ways(void **state)
{
    static const struct trial cases[] = {
        {"date and time(\"2016-12-24T23:59:00-08:00\")", "@\"2016-12-24T23:59:00-08:00\"", ""},
        {"date and time(from: \"2016-12-24\")", "@\"2016-12-24T00:00:00\"", ""},
        {"date and time(@\"2016-12-24\")", "@\"2016-12-24T00:00:00Z\"", ""},
        {"date and time(@\"2016-12-24T10:00:00\")", "@\"2016-12-24T10:00:00\"", ""},
        {"date and time(@\"2016-12-24\", @\"10:00:00@Asia/Shanghai\")", "@\"2016-12-24T10:00:00@Asia/Shanghai\"", ""},
        {"date and time(time: @\"10:00:00\", date: @\"2016-12-24T01:02:03Z\")", "@\"2016-12-24T10:00:00\"", ""},
        {"date and time(2016, 12, 24, 23, 59, 1.5)", "@\"2016-12-24T23:59:01.5\"", ""},
        {"date and time(2016, 12, 24, 23, 59, 1, @\"PT8H\")", "@\"2016-12-24T23:59:01+08:00\"", ""},
        {"date and time(2016, 12, 24, 23, 59, 1, null)", "@\"2016-12-24T23:59:01\"", ""},
        {"date and time(2016, 12, 24, 23, 59, 1, \"Asia/Shanghai\")", "@\"2016-12-24T23:59:01@Asia/Shanghai\"", ""},
        {"date and time(year: 2016, month: 12, day: 24, hour: 0, minute: 0, second: 0, timezone: \"Etc/UTC\")",
         "@\"2016-12-24T00:00:00@Etc/UTC\"", ""},
        {"date and time(2016, 12, 32, 23, 59, 1)", "null", "date and time: 32"},
        {"date and time(2016, 12, 24, 23, 61, 1)", "null", "date and time: 61"},
        {"date and time(2016, 12, 24, 23, 59, 1, @\"P1D\")", "null", "date and time: @\"P1D\""},
        {"date and time(2016, 12, 24, 23, 59, 1, \"Mars/Base\")", "null", "date and time: \"Mars/Base\""},
        {"date and time(\"2016-12-24T25:00:00\")", "null", "date and time: \"2016-12-24T25:00:00\""},
        {"date and time(\"10:00:00\")", "null", "date and time: \"10:00:00\""},
        {"date and time(@\"2016-12-24\", null)", "null", NULL},
        {"date and time(@\"10:00:00\", @\"10:00:00\")", "null", NULL},
        {"date and time(2017)", "null", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
a_duration_is_read_or_lies_between_two_days(void **state)
{
    static const struct trial cases[] = {
        {"duration(\"P1DT2H3M4.123456789S\")", "@\"P1DT2H3M4.123456789S\"", ""},
        {"duration(\"PT24H\")", "@\"P1D\"", ""},
        {"duration(from: \"P26M\")", "@\"P2Y2M\"", ""},
        {"duration(\"-P1Y\")", "@\"-P1Y\"", ""},
        {"duration(\"P0D\") instance of days and time duration", "true", ""},
        {"duration(\"P0M\") instance of years and months duration", "true", ""},
        {"duration(\"P\")", "null", "duration: \"P\""},
        {"duration(\"P1Y1D\")", "null", "duration: \"P1Y1D\""},
        {"duration(2017)", "null", NULL},
        {"duration(null)", "null", NULL},
        {"years and months duration(@\"2011-12-22\", @\"2013-08-24\")", "@\"P1Y8M\"", ""},
        {"years and months duration(to: @\"2015-01-21\", from: @\"2016-01-21\")", "@\"-P1Y\"", ""},
        {"years and months duration(@\"2013-08-24\", @\"2017-12-15T00:59:59\")", "@\"P4Y3M\"", ""},
        {"years and months duration(@\"2013-08-24\", null)", "null", NULL},
        {"years and months duration(@\"10:00:00\", @\"10:00:00\")", "null", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
a_day_knows_its_place_in_week_month_and_year(void **state)
{
    static const struct trial cases[] = {
        {"day of year(@\"2020-12-31\")", "366", ""},
        {"day of year(date: @\"2019-09-17T10:10:10\")", "260", ""},
        {"day of week(@\"2026-11-28\")", "\"Saturday\"", ""},
        {"day of week(date: @\"2019-09-16T00:00:00\")", "\"Monday\"", ""},
        {"month of year(@\"2019-09-17\")", "\"September\"", ""},
        {"week of year(@\"2003-12-29\")", "1", ""},
        {"week of year(date(2005, 1, 1))", "53", ""},
        {"for f in [day of year, day of week, month of year, week of year] return f(\"foo\")", "[null, null, null, null]", NULL},
        {"day of year(value: @\"1970-01-01\")", "null", NULL},
        {"week of year(@\"10:00:00\")", "null", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
now_and_today_are_those_of_the_run(void **state)
{
    static const struct trial cases[] = {
        {"now()", "@\"2025-11-28T08:00:00+08:00\"", ""},
        {"today()", "@\"2025-11-28\"", ""},
        {"date(now()) = today()", "true", ""},
        {"now(123)", "null", NULL},
        {"today(123)", "null", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
every_value_has_a_text(void **state)
{
    static const struct trial cases[] = {
        {"string(1.10)", "\"1.1\"", ""},
        {"string(from: \"a\")", "\"a\"", ""},
        {"string(true)", "\"true\"", ""},
        {"string(@\"2026-01-01\")", "\"2026-01-01\"", ""},
        {"string(@\"10:00:00Z\")", "\"10:00:00Z\"", ""},
        {"string(@\"2018-12-08T10:30:11@Australia/Melbourne\")", "\"2018-12-08T10:30:11@Australia/Melbourne\"", ""},
        {"string(@\"PT0S\") + string(@\"P14M\")", "\"PT0SP1Y2M\"", ""},
        {"string([1, \"a\", null])", "\"[1, \\\"a\\\", null]\"", ""},
        {"string({a: \"b\", \"c d\": @\"P1D\"})", "\"{a: \\\"b\\\", \\\"c d\\\": @\\\"P1D\\\"}\"", ""},
        {"string([1..3))", "\"[1..3)\"", ""},
        {"string(null)", "null", ""},
        {"string()", "null", NULL},
        {"string(1, 2)", "null", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
every_allocation_may_fail(void **state)
{
    static const struct trial cases[] = {
        {"for d in [\"2026-01-01\"] return [date(d), duration(\"x\" + d), time(date(d)), date and time(date(d))]",
         "[[@\"2026-01-01\", null, @\"00:00:00Z\", @\"2026-01-01T00:00:00Z\"]]", NULL},
        {"for d in [1] return [date(2026, d, d), time(d, d, d), date and time(2026, d, d, d, d, d, \"Etc/UTC\"), string(d), today()]",
         "[[@\"2026-01-01\", @\"01:01:01\", @\"2026-01-01T01:01:01@Etc/UTC\", \"1\", @\"2025-11-28\"]]", NULL},
    };

    (void)state;
    trial_memory(&cases[0], 5);
    trial_memory(&cases[1], 5);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_is_made_of_text_parts_and_moments),
        cmocka_unit_test(a_time_is_made_of_text_parts_and_moments),
        cmocka_unit_test(a_date_and_time_is_made_in_five_ways),
        cmocka_unit_test(a_duration_is_read_or_lies_between_two_days),
        cmocka_unit_test(a_day_knows_its_place_in_week_month_and_year),
        cmocka_unit_test(now_and_today_are_those_of_the_run),
        cmocka_unit_test(every_value_has_a_text),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
