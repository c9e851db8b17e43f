/* Clocks of cases in memory: one stopwatch each, and what was told of it. */
#include <string.h>

#include "base/clock.h"
#include "process/simulate_clock.h"
#include "process/stopwatch.h"

enum { TOLD_MAX = 16 /* warnings of one limit that are told; those behind are not */ };

struct kept_clock {
    uint32_t instance;
    int64_t scope;
    struct str id;
    const struct timelimit *limit;
    struct stopwatch time;
    bool told[TOLD_MAX], over_told;
};
struct simulate_clocks {
    struct arena *arena;
    const struct timelimits *limits;
    const struct calendar *calendar;
    int offset_minutes;
    struct kept_clock *clock;
    size_t count, room;
};

/* The last one of that name: one that was stopped may be started again. */
static struct kept_clock *
find(const struct simulate_clocks *c, uint32_t instance, int64_t scope, struct str id)
{
    for (size_t i = c->count; i-- > 0;) {
        if (c->clock[i].instance == instance && c->clock[i].scope == scope && str_eq(c->clock[i].id, id)) {
            return &c->clock[i];
        }
    }
    return NULL;
}

static enum rc
start(struct simulate_clocks *c, uint32_t instance, int64_t scope, const struct gov_clock *clock, int64_t now_us, struct err *err)
{
    const struct timelimit *limit = timelimit_find(c->limits, clock->rule, instant_day(now_us, c->offset_minutes));

    if (limit == NULL) {
        return err_problem(err, RC_NOT_FOUND, "no-such-limit", "clock %.*s: there is no limit %.*s on that day", STR_ARG(clock->id),
                           STR_ARG(clock->rule));
    }
    if (c->count == c->room) {
        size_t room = c->room > 0 ? c->room * 2 : 8;
        struct kept_clock *more = arena_grow(c->arena, c->clock, c->room * sizeof(*more), room * sizeof(*more));
        if (more == NULL) {
            return err_set(err, RC_LIMIT, "the clocks do not fit in memory");
        }
        c->clock = more;
        c->room = room;
    }
    struct kept_clock *k = &c->clock[c->count++];
    struct stopwatch_terms terms = {.unit = limit->unit, .value = limit->value};
    *k = (struct kept_clock){.instance = instance, .scope = scope, .id = clock->id, .limit = limit};
    stopwatch_start(&k->time, &terms, c->calendar, stopwatch_moment(limit->unit, now_us, c->offset_minutes));
    return RC_OK;
}

/* What is so already changes nothing. */
static enum rc
move(void *ctx, uint32_t instance, int64_t scope, const struct gov_clock *clock, enum gov_do what, struct str basis, int64_t now_us,
     struct err *err)
{
    struct simulate_clocks *c = ctx;
    struct kept_clock *k = find(c, instance, scope, clock->id);
    bool is_open = k != NULL && k->time.state != STOPWATCH_STOPPED;

    if (what == GOV_START) {
        return is_open ? RC_OK : start(c, instance, scope, clock, now_us, err);
    }
    if (!is_open) {
        return RC_OK;
    }
    int64_t moment = stopwatch_moment(k->limit->unit, now_us, c->offset_minutes);
    if (what == GOV_PAUSE && timelimit_reason_of(k->limit, basis) == NULL) {
        return err_problem(err, RC_DENIED, "no-pause", "clock %.*s does not stand still for %.*s", STR_ARG(clock->id), STR_ARG(basis));
    }
    if (what == GOV_PAUSE && k->time.state == STOPWATCH_RUNNING) {
        stopwatch_pause(&k->time, c->calendar, moment);
    } else if (what == GOV_RESUME && k->time.state == STOPWATCH_PAUSED) {
        stopwatch_resume(&k->time, c->calendar, moment);
    } else if (what == GOV_STOP) {
        stopwatch_stop(&k->time, c->calendar, moment);
    }
    return RC_OK;
}

/* When a warning is due; false: never, or it was told.  i at the end of the warnings: that the clock is over. */
static bool
due_of(const struct simulate_clocks *c, const struct kept_clock *k, size_t i, int64_t *out)
{
    bool is_over = i == k->limit->warnings;

    if (k->time.state != STOPWATCH_RUNNING || (is_over ? k->over_told : i >= TOLD_MAX || k->told[i])) {
        return false;
    }
    int64_t threshold = is_over ? 0 : stopwatch_threshold(&k->time, &k->limit->warning[i]);
    *out = is_over ? stopwatch_end_us(k->limit->unit, k->time.due, c->offset_minutes)
                   : stopwatch_begin_us(k->limit->unit, stopwatch_reach(&k->time, c->calendar, threshold), c->offset_minutes);
    return is_over || threshold > 0;
}

static struct str
key_of(const struct kept_clock *k, size_t i)
{
    return i == k->limit->warnings ? STR("over") : k->limit->warning[i].key;
}

static bool
next(void *ctx, struct simulate_tick *out)
{
    const struct simulate_clocks *c = ctx;
    bool is_found = false;
    int64_t due_us;

    for (size_t n = 0; n < c->count; n++) {
        const struct kept_clock *k = &c->clock[n];
        for (size_t i = 0; i <= k->limit->warnings; i++) {
            if (due_of(c, k, i, &due_us) && (!is_found || due_us < out->due_us)) {
                *out = (struct simulate_tick){due_us, k->instance, k->scope, k->id, key_of(k, i)};
                is_found = true;
            }
        }
    }
    return is_found;
}

static void
tell(void *ctx, const struct simulate_tick *tick)
{
    struct simulate_clocks *c = ctx;
    struct kept_clock *k = find(c, tick->instance, tick->scope, tick->clock);

    for (size_t i = 0; k != NULL && i <= k->limit->warnings; i++) {
        if (!str_eq(key_of(k, i), tick->key)) {
            continue;
        }
        if (i == k->limit->warnings) {
            k->over_told = true;
        } else if (i < TOLD_MAX) {
            k->told[i] = true;
        }
    }
}

static void
over(void *ctx, uint32_t instance, int64_t scope, int64_t now_us)
{
    struct simulate_clocks *c = ctx;

    for (size_t i = 0; i < c->count; i++) {
        struct kept_clock *k = &c->clock[i];
        if (k->instance == instance && k->scope == scope && k->time.state != STOPWATCH_STOPPED) {
            stopwatch_stop(&k->time, c->calendar, stopwatch_moment(k->limit->unit, now_us, c->offset_minutes));
        }
    }
}

struct simulate_clocks *
simulate_clocks_new(struct arena *a, const struct timelimits *limits, const struct calendar *calendar, int offset_minutes)
{
    struct simulate_clocks *c = arena_alloc(a, 1, sizeof(*c));

    if (c != NULL) {
        *c = (struct simulate_clocks){.arena = a, .limits = limits, .calendar = calendar, .offset_minutes = offset_minutes};
    }
    return c;
}

void
simulate_clocks_hook(struct simulate_clocks *c, struct simulate_hooks *hooks)
{
    hooks->clock_ctx = c;
    hooks->clock = move;
    hooks->clocks_over = over;
    hooks->next_tick = next;
    hooks->tick_told = tell;
}
