/* Whatever is read as a time or a day is written again and read back as the same. */
#include "base/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_instant(struct arena *arena, struct str text)
{
    struct err err;
    int64_t us, again_us;

    if (instant_parse(text, &us, &err) != RC_OK) {
        return;
    }
    /* The offset may carry the instant out of the years that can be written. */
    struct str written = instant_text(arena, us, 0);
    if (written.ptr[0] != '-' && written.len == 25 && !str_starts(written, STR("0000"))) {
        CHECK(instant_parse(written, &again_us, &err) == RC_OK);
        CHECK(again_us <= us && us - again_us < 1000000);
        CHECK(instant_day(us, 0) == instant_day(again_us, 0));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(4096);
    struct str text = {(const char *)data, size};
    struct err err;
    int32_t day;

    try_instant(arena, text);
    if (day_parse(text, &day, &err) == RC_OK) {
        CHECK(str_eq(day_text(arena, day), text));
        CHECK(date_to_day(day_to_date(day)) == day);
    }
    arena_free(arena);
    return 0;
}
