/*
 * Days are counted when the clock is moved, not by a timer: a run is the stretch since run_day, and what earlier runs used is one
 * number.  So a due date that lies before the present run can only be counted back from where that run began.
 */
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

static int32_t
later(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

void
deadline_pause(struct deadline *d, const struct calendar *c, int32_t today)
{
    CHECK(!d->paused && d->stopped_day == 0);
    d->used_days = deadline_used(d, c, today);
    d->run_day = later(today, d->run_day);
    d->paused = true;
}

void
deadline_resume(struct deadline *d, int32_t today)
{
    CHECK(d->paused && d->stopped_day == 0);
    d->run_day = later(today, d->run_day);
    d->paused = false;
}

void
deadline_stop(struct deadline *d, const struct calendar *c, int32_t today)
{
    CHECK(d->stopped_day == 0);
    d->used_days = deadline_used(d, c, today);
    if (!d->paused) {
        d->run_day = later(today, d->run_day); /* else it stays the day up to which days were counted */
    }
    d->paused = false;
    d->stopped_day = later(today, d->run_day);
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
    int32_t day = d->run_day;

    if (left >= 0) {
        int32_t from = d->stopped_day != 0 ? d->stopped_day : d->paused ? today : d->run_day;
        return calendar_add(c, from, left, provisional);
    }
    *provisional = false;
    while (day > d->start_day &&
           (calendar_between(c, day, d->run_day) < -left || !calendar_is_working(c, day))) {
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
