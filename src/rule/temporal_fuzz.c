/* Whatever is read as a date, a time or a duration is written again, read back as the same, and can be calculated with. */
#include "rule/temporal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
parse(struct zones *zones, enum temporal_kind kind, struct str text, struct temporal *out)
{
    return kind == TEMPORAL_DATE   ? temporal_parse_date(text, out)
           : kind == TEMPORAL_TIME ? temporal_parse_time(zones, text, out)
                                   : temporal_parse_date_time(zones, text, out);
}

static void
calculate(const struct temporal *t, struct duration d)
{
    struct temporal moved, back;
    struct duration between;
    int order;

    CHECK(temporal_compare(t, t, &order) && order == 0 && temporal_same(t, t));
    if (t->kind != TEMPORAL_TIME) {
        int week = temporal_week_of_year(t), day = temporal_day_of_year(t);
        CHECK(week >= 1 && week <= 53 && day >= 1 && day <= 366);
        (void)temporal_add_months(t, d.second % MONTHS_MOST, &moved);
    }
    /* What was added lies between, and taking it away leads back; a date moves by whole days and a time goes round. */
    if (temporal_add(t, d, &moved) && t->kind == TEMPORAL_DATE_TIME) {
        CHECK(temporal_subtract(&moved, t, &between) && duration_compare(between, d) == 0);
        CHECK(temporal_add(&moved, duration_negate(d), &back) && temporal_compare(t, &back, &order) && order == 0);
    }
}

static void
try_durations(struct arena *arena, struct str text)
{
    struct duration d, d_again;
    int64_t months, months_again;

    if (duration_parse(text, &d)) {
        CHECK(duration_parse(duration_text(arena, d), &d_again) && duration_compare(d, d_again) == 0);
    }
    if (months_parse(text, &months)) {
        CHECK(months_parse(months_text(arena, months), &months_again) && months == months_again);
    }
}

/* A text, and behind a blank a duration to move it by. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct zones *zones;
    struct arena *arena = arena_new(8192);
    struct str rest = {(const char *)data, size}, text = {NULL, 0};
    struct temporal t, again;
    struct duration d = {86399, 999999999};

    if (zones == NULL) {
        zones = zones_new(ZONE_FOLDER);
    }
    (void)str_next(&rest, ' ', &text);
    (void)duration_parse(rest, &d);
    for (int kind = TEMPORAL_DATE; kind <= TEMPORAL_DATE_TIME; kind++) {
        if (parse(zones, (enum temporal_kind)kind, text, &t)) {
            CHECK(parse(zones, (enum temporal_kind)kind, temporal_text(arena, &t), &again) && temporal_same(&t, &again));
            calculate(&t, d);
        }
    }
    try_durations(arena, text);
    arena_free(arena);
    return 0;
}
