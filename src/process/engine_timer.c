/* When a timer is due.  Turns of a cycle are counted from its anchor, so that being late once moves no later turn. */
#include "process/engine_int.h"
#include "process/recurrence.h"

static bool
no_time(struct stepping *s)
{
    return engine_fault(s, "no-time", "a timer's expression gives no date and time, duration or cycle");
}

/* --- moments ---------------------------------------------------------------------------------------- */

static bool
instant_of(const struct stepping *s, struct temporal t, int64_t *out_us)
{
    return recurrence_instant(t, s->e->offset_seconds, out_us);
}

/* from + count periods */
static bool
after_periods(const struct stepping *s, int64_t from_us, const struct bpmn_timer *timer, int64_t count, int64_t *out_us)
{
    return recurrence_after(timer, from_us, count, s->e->offset_seconds, out_us);
}

/* --- what it says ------------------------------------------------------------------------------------ */

static bool
of_value(struct stepping *s, struct value v, enum bpmn_timer_kind kind, struct bpmn_timer *out)
{
    *out = (struct bpmn_timer){.kind = kind, .text = BPMN_NONE};
    if (v.kind == VALUE_STRING) {
        return bpmn_timer_parse(s->e->zones, v.as.text, kind, out);
    }
    if (kind == BPMN_DATE && (v.kind == VALUE_DATE || v.kind == VALUE_DATE_TIME)) {
        out->date = *v.as.temporal;
        out->has_date = true;
        return true;
    }
    out->is_months = v.kind == VALUE_MONTHS_DURATION;
    if (out->is_months) {
        out->months = v.as.months;
    } else if (v.kind == VALUE_DAYS_DURATION) {
        out->duration = v.as.duration;
    }
    return kind == BPMN_DURATION && (out->is_months ? out->months >= 0 : v.kind == VALUE_DAYS_DURATION && out->duration.second >= 0);
}

static bool
written(struct stepping *s, uint32_t token, const struct bpmn_timer *timer, struct bpmn_timer *out)
{
    struct value v;

    if (timer->text == BPMN_NONE) {
        *out = *timer;
        return true;
    }
    return engine_value(s, s->x->in[token], timer->text, NULL, &v) && (of_value(s, v, timer->kind, out) || no_time(s));
}

/* --- arming ------------------------------------------------------------------------------------------ */

static bool
first_due(struct stepping *s, const struct bpmn_timer *t, struct token *row)
{
    if (t->kind == BPMN_DATE) {
        return instant_of(s, t->date, &row->due_us);
    }
    if (t->kind == BPMN_DURATION) {
        return after_periods(s, s->now_us, t, 1, &row->due_us);
    }
    row->turns = t->repeats == BPMN_NONE ? -1 : t->repeats > 0 ? (int64_t)t->repeats : 1;
    if (t->has_date) {
        row->due_us = 0;
        return instant_of(s, t->date, &row->anchor_us) && (row->due_us = row->anchor_us, true);
    }
    row->anchor_us = s->now_us;
    return after_periods(s, s->now_us, t, 1, &row->due_us);
}

bool
engine_set_timer(struct stepping *s, uint32_t token, const struct bpmn_timer *timer)
{
    struct bpmn_timer t;
    struct token row = {.turns = 0};

    if (!written(s, token, timer, &t) || (!first_due(s, &t, &row) && !no_time(s))) {
        return false;
    }
    struct token *to = token_at(s, token);
    to->kind = TOKEN_TIMER;
    to->due_us = row.due_us;
    to->anchor_us = row.anchor_us;
    to->turns = row.turns;
    engine_token_changed(s, token);
    return true;
}

/* Whole months from the anchor to a turn. */
static int64_t
turn_of(const struct stepping *s, const struct token *t)
{
    struct temporal from = temporal_of_instant(t->anchor_us, s->e->offset_seconds), to = temporal_of_instant(t->due_us, s->e->offset_seconds);

    return (to.date.year - from.date.year) * 12 + to.date.month - from.date.month;
}

/* A cycle without an end leaves out what it missed; one with a number of turns makes each of them. */
static bool
due_after(const struct stepping *s, const struct bpmn_timer *timer, const struct token *t, int64_t *out)
{
    int64_t period = 0, count = 1;

    if (timer->is_months) {
        return after_periods(s, t->anchor_us, timer, turn_of(s, t) / timer->months + 1, out);
    }
    if (!after_periods(s, 0, timer, 1, &period) || period <= 0) {
        return false;
    }
    if (t->turns == -1 && s->now_us > t->due_us) {
        count = (s->now_us - t->due_us) / period + 1;
    }
    return !__builtin_mul_overflow(period, count, &count) && !__builtin_add_overflow(t->due_us, count, out);
}

bool
engine_next_turn(struct stepping *s, uint32_t token, const struct bpmn_timer *timer)
{
    struct token *row = token_at(s, token);
    struct bpmn_timer t;
    int64_t due_us;

    if (timer->kind != BPMN_CYCLE || row->turns == 1 || row->turns == 0) {
        return false;
    }
    if (!written(s, token, timer, &t) || (!due_after(s, &t, row, &due_us) && !no_time(s))) {
        return false;
    }
    row->due_us = due_us;
    row->turns -= row->turns > 0;
    row->attempt++;
    engine_token_changed(s, token);
    return true;
}
