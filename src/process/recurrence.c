#include "process/recurrence.h"

enum { US = 1000000 };

bool
recurrence_instant(struct temporal t, int32_t offset_seconds, int64_t *out_us)
{
    const struct temporal epoch = temporal_of_instant(0, 0);
    struct duration d;

    if (t.kind == TEMPORAL_TIME) {
        return false;
    }
    if (t.kind == TEMPORAL_DATE) {
        t.kind = TEMPORAL_DATE_TIME;
        t.second = t.nanosecond = 0;
        t.place = TEMPORAL_LOCAL;
    }
    if (t.place == TEMPORAL_LOCAL) {
        t.place = TEMPORAL_OFFSET;
        t.offset = offset_seconds;
    }
    if (!temporal_subtract(&t, &epoch, &d) || d.second > INT64_MAX / US - 1 || d.second < INT64_MIN / US + 1) {
        return false;
    }
    *out_us = d.second * US + d.nanosecond / 1000;
    return true;
}

bool
recurrence_after(const struct bpmn_timer *timer, int64_t from_us, int64_t count, int32_t offset_seconds, int64_t *out_us)
{
    struct temporal t = temporal_of_instant(from_us, offset_seconds);
    int64_t months, step_us, all_us, parts_us;

    if (timer->is_months) {
        return !__builtin_mul_overflow(timer->months, count, &months) && temporal_add_months(&t, months, &t) &&
               recurrence_instant(t, offset_seconds, out_us);
    }
    return !__builtin_mul_overflow(timer->duration.second, US, &step_us) && !__builtin_mul_overflow(step_us, count, &all_us) &&
           !__builtin_mul_overflow((int64_t)timer->duration.nanosecond / 1000, count, &parts_us) &&
           !__builtin_add_overflow(all_us, parts_us, &all_us) && !__builtin_add_overflow(from_us, all_us, out_us);
}

/* A cycle whose period is nothing would never come on. */
static int64_t
times_of(const struct bpmn_timer *t)
{
    bool moves = t->is_months ? t->months > 0 : t->duration.second > 0 || t->duration.nanosecond >= 1000;

    if (t->kind != BPMN_CYCLE) {
        return 1;
    }
    return !moves ? 0 : t->repeats == BPMN_NONE ? INT64_MAX : t->repeats > 0 ? (int64_t)t->repeats : 1;
}

bool
recurrence_nth(const struct recurrence *r, int64_t n, int64_t *out_us)
{
    const struct bpmn_timer *t = r->timer;
    int64_t first_us;

    if (n < 1 || n > times_of(t)) {
        return false;
    }
    if (t->kind == BPMN_DATE || (t->kind == BPMN_CYCLE && t->has_date)) {
        return recurrence_instant(t->date, r->offset_seconds, &first_us) && recurrence_after(t, first_us, n - 1, r->offset_seconds, out_us);
    }
    return recurrence_after(t, r->from_us, n, r->offset_seconds, out_us);
}

static bool
has_come(const struct recurrence *r, int64_t n, int64_t at_us)
{
    int64_t us;

    return recurrence_nth(r, n, &us) && us <= at_us;
}

int64_t
recurrence_by(const struct recurrence *r, int64_t at_us)
{
    int64_t come = 0, not_come = 1;

    while (has_come(r, not_come, at_us) && not_come < INT64_MAX / 2) {
        come = not_come;
        not_come *= 2;
    }
    while (not_come - come > 1) {
        int64_t between = come + (not_come - come) / 2;
        *(has_come(r, between, at_us) ? &come : &not_come) = between;
    }
    return come;
}
