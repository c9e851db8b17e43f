#include "process/deadline.h"

void
deadline_start(struct deadline *d, int32_t today, int promised_days, int statutory_days)
{
    CHECK(promised_days >= 0 && statutory_days >= promised_days);
    *d = (struct deadline){.start_day = today,
                           .run_day = today,
                           .promised_days = promised_days,
                           .statutory_days = statutory_days};
}

int
deadline_used(const struct deadline *d, const struct calendar *c, int32_t today)
{
    if (d->paused || d->stopped_day != 0) {
        return d->used_days;
    }
    return d->used_days + (today > d->run_day ? calendar_between(c, d->run_day, today) : 0);
}

void
deadline_pause(struct deadline *d, const struct calendar *c, int32_t today)
{
    CHECK(!d->paused && d->stopped_day == 0);
    d->used_days = deadline_used(d, c, today);
    d->run_day = today;
    d->paused = true;
}

void
deadline_resume(struct deadline *d, int32_t today)
{
    CHECK(d->paused && d->stopped_day == 0);
    d->run_day = today;
    d->paused = false;
}

void
deadline_stop(struct deadline *d, const struct calendar *c, int32_t today)
{
    CHECK(d->stopped_day == 0);
    d->used_days = deadline_used(d, c, today);
    d->paused = false;
    d->stopped_day = today;
}

int
deadline_left(const struct deadline *d, const struct calendar *c, int32_t today)
{
    return d->promised_days - deadline_used(d, c, today);
}

int32_t
deadline_due(const struct deadline *d, const struct calendar *c, int32_t today, bool statutory,
             bool *provisional)
{
    int left = (statutory ? d->statutory_days : d->promised_days) - d->used_days;
    int32_t from = d->paused ? today : d->run_day;

    if (left >= 0) {
        return calendar_add(c, from, left, provisional);
    }
    /* Over before this run began: the last day lies that many working days back. */
    *provisional = false;
    int32_t day = from;
    while (calendar_between(c, day, from) < -left) {
        day--;
    }
    return day;
}

enum deadline_colour
deadline_colour(const struct deadline *d, const struct calendar *c, int32_t today, int warn_days)
{
    int left = deadline_left(d, c, today);

    if (d->stopped_day != 0) {
        return left < 0 ? DEADLINE_RED : DEADLINE_DONE;
    }
    if (d->paused) {
        return DEADLINE_PAUSED;
    }
    return left < 0 ? DEADLINE_RED : left <= warn_days ? DEADLINE_YELLOW : DEADLINE_GREEN;
}

const char *
deadline_colour_name(enum deadline_colour colour)
{
    static const char *const names[] = {"green", "yellow", "red", "paused", "done"};

    CHECK((int)colour >= 0 && (size_t)colour < sizeof(names) / sizeof(names[0]));
    return names[colour];
}
