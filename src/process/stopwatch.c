/*
 * Nothing is counted by a timer: a run is the stretch since the anchor, and what earlier runs used up is one number.  Months and what is
 * counted back become natural days when the clock starts; from then on only three kinds of time are told apart.
 */
#include "process/stopwatch.h"

#include "base/clock.h"

static const int64_t hour_us = INT64_C(3600) * 1000000;

const char *
stopwatch_state_name(enum stopwatch_state state)
{
    static const char *const names[] = {"running", "paused", "stopped"};

    CHECK((int)state >= 0 && (size_t)state < sizeof(names) / sizeof(names[0]));
    return names[state];
}

bool
stopwatch_state_by_name(struct str name, enum stopwatch_state *out)
{
    for (enum stopwatch_state s = STOPWATCH_RUNNING; s <= STOPWATCH_STOPPED; s++) {
        if (str_eq(name, str_of(stopwatch_state_name(s)))) {
            *out = s;
            return true;
        }
    }
    return false;
}

int64_t
stopwatch_moment(enum timelimit_unit unit, int64_t instant_us, int offset_minutes)
{
    return unit == UNIT_HOUR ? instant_us : instant_day(instant_us, offset_minutes);
}

int64_t
stopwatch_begin_us(enum timelimit_unit unit, int64_t moment, int offset_minutes)
{
    return unit == UNIT_HOUR ? moment : day_start_us((int32_t)moment, offset_minutes);
}

int64_t
stopwatch_end_us(enum timelimit_unit unit, int64_t moment, int offset_minutes)
{
    return unit == UNIT_HOUR ? moment : day_start_us((int32_t)moment + 1, offset_minutes);
}

/* --- counting ------------------------------------------------------------------------------------------------- */

static int64_t
later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int32_t
last_day(void)
{
    return date_to_day((struct date){9999, 12, 31});
}

static int32_t
day_within(int64_t day)
{
    return day < last_day() ? (int32_t)day : last_day();
}

/* The day of the same number so many months later, or the last of that month (民法典 202). */
static int32_t
months_after(int32_t day, int64_t months)
{
    struct date d = day_to_date(day);
    int64_t month = d.month - 1 + months;

    if (d.year + month / 12 > 9999) {
        return last_day();
    }
    d.year += (int)(month / 12);
    d.month = (int)(month % 12) + 1;
    while (!date_is_valid(d)) {
        d.day--;
    }
    return date_to_day(d);
}

int64_t
stopwatch_total(const struct stopwatch *w)
{
    int64_t value = w->terms.value + w->extra;

    if (w->terms.counts_before) {
        return w->terms.before_day - value - w->start;
    }
    switch (w->terms.unit) {
    case UNIT_HOUR: return value * hour_us;
    case UNIT_MONTH: return months_after((int32_t)w->start, value) - w->start;
    case UNIT_WORKING_DAY:
    case UNIT_NATURAL_DAY: break;
    }
    return value;
}

static int64_t
between(const struct stopwatch *w, const struct calendar *c, int64_t from, int64_t to)
{
    return w->terms.unit == UNIT_WORKING_DAY ? calendar_between(c, (int32_t)from, (int32_t)to) : to - from;
}

static int64_t
due_after(const struct stopwatch *w, const struct calendar *c, int64_t from, bool *provisional)
{
    int64_t left = later(stopwatch_total(w) - w->used, 0);

    *provisional = false;
    if (w->terms.counts_before) {
        return w->terms.before_day - w->terms.value;
    }
    if (w->terms.unit == UNIT_HOUR) {
        return from + left;
    }
    if (w->terms.unit == UNIT_WORKING_DAY && left > 0) {
        return calendar_add(c, (int32_t)from, (int)left, provisional);
    }
    return calendar_from(c, day_within(w->terms.unit == UNIT_WORKING_DAY ? from : from + left), provisional);
}

bool
stopwatch_is_over(const struct stopwatch *w, int64_t moment)
{
    bool is_past = w->terms.unit == UNIT_HOUR ? moment >= w->due : moment > w->due;

    return w->over || (w->state == STOPWATCH_RUNNING && is_past);
}

int64_t
stopwatch_used(const struct stopwatch *w, const struct calendar *c, int64_t moment)
{
    return w->used + (w->state == STOPWATCH_RUNNING && moment > w->anchor ? between(w, c, w->anchor, moment) : 0);
}

int64_t
stopwatch_left(const struct stopwatch *w, const struct calendar *c, int64_t moment)
{
    if (w->state == STOPWATCH_PAUSED && !w->over) {
        return later(stopwatch_total(w) - w->used, 0);
    }
    return between(w, c, w->state == STOPWATCH_STOPPED ? w->stopped : later(moment, w->anchor), w->due);
}

int64_t
stopwatch_due_from(const struct stopwatch *w, const struct calendar *c, int64_t moment, bool *provisional)
{
    if (w->state == STOPWATCH_PAUSED && !w->over) {
        return due_after(w, c, later(moment, w->anchor), provisional);
    }
    *provisional = w->provisional;
    return w->due;
}

/* --- moving ----------------------------------------------------------------------------------------------------- */

static void
find_due(struct stopwatch *w, const struct calendar *c)
{
    if (w->state == STOPWATCH_RUNNING && !w->over) {
        w->due = due_after(w, c, w->anchor, &w->provisional);
    }
}

/* Ends the present run. */
static void
end_run(struct stopwatch *w, const struct calendar *c, int64_t moment)
{
    w->over = stopwatch_is_over(w, moment);
    w->used = stopwatch_used(w, c, moment);
    w->anchor = later(moment, w->anchor);
}

void
stopwatch_start(struct stopwatch *w, const struct stopwatch_terms *terms, const struct calendar *c, int64_t moment)
{
    CHECK(terms->value >= 0 && (!terms->counts_before || terms->unit == UNIT_NATURAL_DAY));
    *w = (struct stopwatch){.terms = *terms, .start = moment, .anchor = moment, .state = STOPWATCH_RUNNING};
    find_due(w, c);
}

void
stopwatch_pause(struct stopwatch *w, const struct calendar *c, int64_t moment)
{
    CHECK(w->state == STOPWATCH_RUNNING && !w->terms.counts_before);
    end_run(w, c, moment);
    w->state = STOPWATCH_PAUSED;
}

void
stopwatch_resume(struct stopwatch *w, const struct calendar *c, int64_t moment)
{
    CHECK(w->state == STOPWATCH_PAUSED);
    w->anchor = later(moment, w->anchor);
    w->state = STOPWATCH_RUNNING;
    find_due(w, c);
}

void
stopwatch_extend(struct stopwatch *w, const struct calendar *c, int64_t by)
{
    CHECK(w->state != STOPWATCH_STOPPED && by > 0 && !w->terms.counts_before);
    w->extra += by;
    w->over = false;
    find_due(w, c);
}

void
stopwatch_stop(struct stopwatch *w, const struct calendar *c, int64_t moment)
{
    CHECK(w->state != STOPWATCH_STOPPED);
    if (w->state == STOPWATCH_RUNNING) {
        end_run(w, c, moment);
    }
    w->state = STOPWATCH_STOPPED;
    w->stopped = later(moment, w->anchor);
}

void
stopwatch_replay(struct stopwatch *w, const struct stopwatch_terms *terms, const struct calendar *c, int64_t start,
                 const struct stopwatch_event *event, size_t count)
{
    stopwatch_start(w, terms, c, start);
    for (size_t i = 0; i < count; i++) {
        switch (event[i].kind) {
        case STOPWATCH_PAUSE: stopwatch_pause(w, c, event[i].moment); break;
        case STOPWATCH_RESUME: stopwatch_resume(w, c, event[i].moment); break;
        case STOPWATCH_EXTEND: stopwatch_extend(w, c, event[i].by); break;
        }
    }
}

/* --- warnings ----------------------------------------------------------------------------------------------------- */

int64_t
stopwatch_threshold(const struct stopwatch *w, const struct timelimit_warning *warning)
{
    bool is_hour = w->terms.unit == UNIT_HOUR;
    int64_t total = stopwatch_total(w), k;

    if (warning->percent > 0) {
        k = (total * warning->percent + 99) / 100;
    } else {
        k = is_hour ? total - warning->last * hour_us : total - warning->last + 1;
    }
    return k > 0 && k <= total ? k : 0;
}

int64_t
stopwatch_reach(const struct stopwatch *w, const struct calendar *c, int64_t threshold)
{
    if (threshold <= w->used) {
        return w->anchor;
    }
    if (threshold >= stopwatch_total(w)) {
        return w->due;
    }
    return w->terms.unit == UNIT_WORKING_DAY ? calendar_add(c, (int32_t)w->anchor, (int)(threshold - w->used), NULL)
                                             : w->anchor + (threshold - w->used);
}
