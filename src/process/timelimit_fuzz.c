/* Whatever is read as the table of limits is whole: each row is found on its days, and a clock that is set to it starts, stands, runs on and ends. */
#include "process/stopwatch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_words(const struct timelimits *t, const struct timelimit *l)
{
    enum timelimit_unit unit;
    enum timelimit_silence silence;

    CHECK(l->key.len > 0 && l->value >= 0 && l->value <= TIMELIMIT_VALUE_MAX && l->valid_from <= l->valid_to);
    CHECK(timelimit_unit_by_name(str_of(timelimit_unit_name(l->unit)), &unit) && unit == l->unit);
    CHECK(timelimit_silence_by_name(str_of(timelimit_silence_name(l->silence)), &silence) && silence == l->silence);
    CHECK(timelimit_find(t, l->key, l->valid_from) == l && timelimit_find(t, l->key, l->valid_to) == l && timelimit_is_known(t, l->key));
    for (size_t k = 0; k < l->reasons; k++) {
        CHECK(timelimit_reason_of(l, l->reason[k]->key) == l->reason[k] && timelimit_reason_by_key(t, l->reason[k]->key) == l->reason[k]);
    }
    for (size_t k = 0; k < l->warnings; k++) {
        CHECK(l->warning[k].key.len > 0 && (l->warning[k].percent > 0) != (l->warning[k].last > 0));
    }
}

static void
check_clock(const struct timelimit *l, const struct calendar *c)
{
    struct stopwatch_terms terms = {l->unit, l->value, l->counts_before, 21000};
    struct stopwatch w;
    int64_t at = stopwatch_moment(l->unit, INT64_C(1780000000000000), 480);
    bool provisional;

    stopwatch_start(&w, &terms, c, at);
    int64_t total = stopwatch_total(&w);
    CHECK(stopwatch_used(&w, c, at) >= 0);
    if (!l->counts_before) { /* what is counted back from a day neither stands nor grows */
        CHECK(total >= 0);
        stopwatch_pause(&w, c, at + 3);
        CHECK(stopwatch_due_from(&w, c, at + 3, &provisional) >= w.due);
        stopwatch_resume(&w, c, at + 9);
        if (l->extend_by > 0) {
            stopwatch_extend(&w, c, l->extend_by);
        }
        CHECK(stopwatch_total(&w) >= total);
    }
    stopwatch_stop(&w, c, at + 12);
    CHECK(w.state == STOPWATCH_STOPPED);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str days = STR("{\"version\":\"cn-2026\",\"years\":[{\"year\":2026,\"holidays\":[\"2026-01-01\"],\"workdays\":[\"2026-01-04\"]}]}");
    struct arena *a = arena_new(64 << 20);
    struct json *j = NULL, *rows = NULL;
    struct timelimits *t;
    struct calendar *c = NULL;
    struct err err;

    CHECK(json_parse(a, days, JSON_UNIQUE, &rows, &err) == RC_OK && calendar_load(a, rows, &c, &err) == RC_OK);
    if (json_parse(a, (struct str){(const char *)data, size}, JSON_ANY, &j, &err) == RC_OK && timelimits_load(a, j, &t, &err) == RC_OK) {
        CHECK(timelimits_version(t).len > 0);
        for (size_t n = 0; n < timelimit_count(t); n++) {
            check_words(t, timelimit_at(t, n));
            check_clock(timelimit_at(t, n), c);
        }
    }
    arena_free(a);
    return 0;
}
