/* `zhengtong calendar` as it is called: files and days in, working days and last days out. */
#include "main/test_command.h"

enum { ROOM = 4 << 20 };

#define YEARS(days) "\"source\":\"通知\",\"years\":[{\"year\":2026,\"holidays\":[" days "],\"workdays\":[]}]}"
static const struct {
    const char *name, *content;
} files[] = {
    {"land.json", "{\"version\":\"l-1\"," YEARS("")},
    {"city.json", "{\"region\":\"990100\",\"version\":\"c-1\"," YEARS("\"2026-09-25\",\"2026-09-28\"")},
    {"wrong.json", "{\"version\":\"w-1\"," YEARS("\"2026-02-30\"")},
    {"nowhere.json", "{\"version\":\"n-1\",\"years\":[{\"year\":2026,\"holidays\":[],\"workdays\":[]}]}"},
    {"broken.json", "{"},
};

static void
calendars_are_checked_and_limits_counted(void **state)
{
    static const struct tried cases[] = {
        {{"check", "@land.json"}, 0, "{\"version\":\"l-1\",\"region\":\"\",\"years\":[{\"year\":2026,\"working_days\":261}]}", ""},
        {{"check", "@city.json", "--above", "@land.json"}, 0, "\"version\":\"l-1+c-1\"", ""},
        {{"check", "@city.json"}, 0, "{\"year\":2026,\"working_days\":247}", ""}, /* 25 September is off in the land, too */
        {{"check", "@wrong.json"}, 65, "", "an entry is not a date"},
        {{"check", "@nowhere.json"}, 65, "", "no source"},
        {{"check", "@broken.json"}, 65, "", "zhengtong calendar: "},
        {{"check", "@gone.json"}, 66, "", "gone.json"},
        {{"due", "--from", "2026-09-24", "--limit", "permit.decide"}, 0, "\"due\":\"2026-10-29\",\"provisional\":false,\"calendar\":\"cn-2026.1\"", ""},
        {{"due", "--from", "2026-09-24", "--limit", "permit.decide", "--calendar", "@city.json"}, 0, "\"due\":\"2026-10-30\"", ""},
        {{"due", "--from", "2026-12-24", "--limit", "permit.decide"}, 0, "\"provisional\":true", ""},
        {{"due", "--from", "2026-09-24", "--limit", "hotline.return"}, 0, "\"due\":\"2026-09-25T00:00:00+08:00\"", ""},
        {{"due", "--from", "2026-01-05", "--limit", "renewal.apply", "--before", "2026-06-30"}, 0, "\"due\":\"2026-05-31\"", ""},
        {{"due", "--from", "2026-01-05", "--limit", "renewal.apply"}, 65, "", "counts back"},
        {{"due", "--from", "2026-01-05", "--limit", "permit.decide", "--before", "2026-06-30"}, 65, "", "does not count back"},
        {{"due", "--from", "2026-01-05", "--limit", "nothing"}, 66, "", "no limit nothing"},
        {{"due", "--from", "yesterday", "--limit", "permit.decide"}, 65, "", "zhengtong calendar: "},
        {{"due", "--from", "2026-01-05", "--limit", "permit.decide", "--clocks", "@land.json"}, 65, "", "clocks: "},
        {{"due", "--limit", "permit.decide"}, 64, "", "usage: zhengtong calendar check"},
        {{"check"}, 64, "", "usage: zhengtong calendar check"},
        {{"--help"}, 0, "usage: zhengtong calendar check", ""},
        {{"due", "--colour"}, 64, "", "--colour is not an option here"},
    };
    struct arena *a = arena_new(ROOM);
    const char *folder = new_folder(a);

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct err err;
        assert_int_equal(file_replace(str_fmt(a, "%s/%s", folder, files[i].name).ptr, str_of(files[i].content), 0600, &err), RC_OK);
    }
    try_words(a, folder, cmd_calendar, "calendar", cases, sizeof(cases) / sizeof(cases[0]));
    remove_folder(folder);
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calendars_are_checked_and_limits_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
