/*
 * Whatever is read as a calendar counts the same way forwards and backwards, and a region's lies within that of the land.  The first line is
 * the land's document, the rest that of a region.
 */
#include "base/calendar.h"
#include "base/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct calendar *c)
{
    static const int32_t days[] = {-719162, -1, 0, 1, 19000, 20500, 20519, 20520, 20819, 21000, 30000, 2932896};
    int32_t first, end;

    calendar_span(c, &first, &end);
    CHECK(first <= end && calendar_version(c).len > 0);
    for (size_t k = 0; k < sizeof(days) / sizeof(days[0]); k++) {
        bool provisional = false;
        int32_t from = calendar_from(c, days[k], &provisional);
        CHECK(from >= days[k] && (calendar_is_working(c, from) || from >= 2932896 - 7));
        for (int count = 1; count < 500 && days[k] < 40000; count *= 3) {
            int32_t to = calendar_add(c, days[k], count, &provisional);
            CHECK(to > days[k] && calendar_is_working(c, to) && calendar_between(c, days[k], to) == count);
            CHECK(calendar_between(c, to, days[k]) <= 0);
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size}, line = STR("");
    struct arena *a = arena_new(64 << 20);
    struct json *land = NULL, *region = NULL;
    struct calendar *above, *own;
    struct err err;

    (void)str_next(&rest, '\n', &line);
    if (json_parse(a, line, JSON_ANY, &land, &err) == RC_OK && calendar_load(a, land, &above, &err) == RC_OK) {
        check(above);
        if (json_parse(a, rest, JSON_ANY, &region, &err) == RC_OK && calendar_derive(a, above, region, &own, &err) == RC_OK) {
            int32_t first, end, own_first, own_end;
            calendar_span(above, &first, &end);
            calendar_span(own, &own_first, &own_end);
            CHECK(first == own_first && end == own_end);
            check(own);
        }
    }
    arena_free(a);
    return 0;
}
