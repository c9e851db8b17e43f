/*
 * A table is walked once when it is loaded: every step must begin where another leads, and the clock's moves must fit on every
 * way there (no pause of a clock that stands, no end with one that runs).  So a mistake in the data stops the start, and a move
 * cannot bring a clock into a state that it does not know.
 */
#include "process/step.h"

#include "evidence/leaf.h"

struct step_table {
    struct step *rows;
    size_t count;
    const struct json *states; /* copy of the document's member */
};

static bool
clock_by_name(struct str text, enum step_clock *out)
{
    static const char *const names[] = {"none", "start", "pause", "resume", "stop"};

    for (int i = 0; i < 5; i++) {
        if (str_eq(text, str_of(names[i]))) {
            *out = (enum step_clock)i;
            return true;
        }
    }
    return false;
}

/* Which desk a state may lie on: what queues are asked for. */
static bool
view_is_known(struct str view)
{
    return str_eq(view, STR("open")) || str_eq(view, STR("waiting")) || str_eq(view, STR("done"));
}

static bool
role_is_known(struct str role)
{
    return str_eq(role, STR("officer")) || str_eq(role, STR("citizen")) ||
           str_eq(role, STR("system"));
}

static enum rc
read_step(struct arena *a, const struct json *row, struct step *out, struct err *err)
{
    const struct json *clock = json_get(row, "clock"), *once = json_get(row, "once");
    enum act_kind act;
    enum rc rc;

    *out = (struct step){.once = json_true(row, "once")};
    if ((clock != NULL && !clock_by_name(json_str(row, "clock"), &out->clock)) ||
        (once != NULL && !json_is(once, JSON_BOOL)) || !role_is_known(json_str(row, "role")) ||
        json_str(row, "from").len == 0 || json_str(row, "on").len == 0 ||
        json_str(row, "to").len == 0 || !act_kind_by_name(json_str(row, "act"), &act)) {
        return err_set(err, RC_INVALID,
                       "step %.*s/%.*s: from, on, role, to, act, clock or once is wrong",
                       STR_ARG(json_str(row, "from")), STR_ARG(json_str(row, "on")));
    }
    if ((rc = str_copy(a, json_str(row, "from"), &out->from, err)) != RC_OK ||
        (rc = str_copy(a, json_str(row, "on"), &out->on, err)) != RC_OK ||
        (rc = str_copy(a, json_str(row, "role"), &out->role, err)) != RC_OK ||
        (rc = str_copy(a, json_str(row, "to"), &out->to, err)) != RC_OK) {
        return rc;
    }
    return str_copy(a, json_str(row, "act"), &out->act, err);
}

/* A step ends a sub-case if none begins where it leads. */
static void
mark_ends(struct step_table *t)
{
    for (size_t i = 0; i < t->count; i++) {
        t->rows[i].ends = true;
        for (size_t k = 0; k < t->count; k++) {
            if (str_eq(t->rows[k].from, t->rows[i].to)) {
                t->rows[i].ends = false;
            }
        }
    }
}

static enum rc
check_states(const struct step_table *t, struct err *err)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct json *from = json_get_key(t->states, t->rows[i].from);
        const struct json *to = json_get_key(t->states, t->rows[i].to);
        if (!view_is_known(json_str(from, "view")) || !view_is_known(json_str(to, "view")) ||
            json_str(from, "zh").len == 0 || json_str(to, "zh").len == 0) {
            return err_set(err, RC_INVALID, "state %.*s or %.*s has no words or view",
                           STR_ARG(t->rows[i].from), STR_ARG(t->rows[i].to));
        }
        if (t->rows[i].ends != str_eq(json_str(to, "view"), STR("done"))) {
            return err_set(err, RC_INVALID, "state %.*s is done, or no step leads on, but not both",
                           STR_ARG(t->rows[i].to));
        }
    }
    return RC_OK;
}

/* How the clock stands before a step; NOT_REACHED: no way leads there yet. */
enum clock_state { NOT_REACHED, NOT_STARTED, RUNNING, PAUSED, STOPPED };

/* After a move of the clock; NOT_REACHED if it does not fit. */
static enum clock_state
clock_after(enum clock_state before, enum step_clock move)
{
    switch (move) {
    case STEP_CLOCK_NONE: return before;
    case STEP_CLOCK_START: return before == NOT_STARTED ? RUNNING : NOT_REACHED;
    case STEP_CLOCK_PAUSE: return before == RUNNING ? PAUSED : NOT_REACHED;
    case STEP_CLOCK_RESUME: return before == PAUSED ? RUNNING : NOT_REACHED;
    case STEP_CLOCK_STOP: return before == RUNNING || before == PAUSED ? STOPPED : NOT_REACHED;
    }
    return NOT_REACHED;
}

/* All steps that begin at state find the clock so.  *more: something new was learned. */
static enum rc
spread(const struct step_table *t, enum clock_state *before, struct str state,
       enum clock_state clock, bool *more, struct err *err)
{
    for (size_t i = 0; i < t->count; i++) {
        if (!str_eq(t->rows[i].from, state) || before[i] == clock) {
            continue;
        }
        if (before[i] != NOT_REACHED) {
            return err_set(err, RC_INVALID, "state %.*s is reached with the clock in two ways",
                           STR_ARG(state));
        }
        before[i] = clock;
        *more = true;
    }
    return RC_OK;
}

static enum rc
walk_step(const struct step_table *t, enum clock_state *before, size_t i, bool *more,
          struct err *err)
{
    const struct step *s = &t->rows[i];
    enum clock_state after = clock_after(before[i], s->clock);

    if (after == NOT_REACHED || (s->ends && (after == RUNNING || after == PAUSED))) {
        return err_set(err, RC_INVALID, "step %.*s/%.*s: the clock cannot move so",
                       STR_ARG(s->from), STR_ARG(s->on));
    }
    return spread(t, before, s->to, after, more, err);
}

static enum rc
check_walk(struct arena *a, const struct step_table *t, struct err *err)
{
    enum clock_state *before = arena_alloc(a, t->count, sizeof(*before));
    bool more = true;
    enum rc rc;

    if (before == NULL) {
        return err_set(err, RC_LIMIT, "no room to check the steps");
    }
    rc = spread(t, before, t->rows[0].from, NOT_STARTED, &more, err);
    while (more && rc == RC_OK) {
        more = false;
        for (size_t i = 0; i < t->count && rc == RC_OK; i++) {
            rc = before[i] == NOT_REACHED ? RC_OK : walk_step(t, before, i, &more, err);
        }
    }
    for (size_t i = 0; i < t->count && rc == RC_OK; i++) {
        if (before[i] == NOT_REACHED) {
            rc = err_set(err, RC_INVALID, "no step leads to %.*s", STR_ARG(t->rows[i].from));
        }
    }
    return rc;
}

enum rc
step_table_load(struct arena *a, const struct json *rows, struct step_table **out,
                struct err *err)
{
    const struct json *steps = json_get(rows, "steps");
    struct step_table *t = arena_alloc(a, 1, sizeof(*t));
    enum rc rc;

    if (!json_is(steps, JSON_ARRAY) || steps->count == 0) {
        return err_set(err, RC_INVALID, "a step table is {\"steps\":[…]} with at least one row");
    }
    if (t == NULL || (t->rows = arena_alloc(a, steps->count, sizeof(*t->rows))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for the steps");
    }
    for (const struct json *row = steps->first; row != NULL; row = row->next) {
        if ((rc = read_step(a, row, &t->rows[t->count], err)) != RC_OK) {
            return rc;
        }
        for (size_t i = 0; i < t->count; i++) {
            if (str_eq(t->rows[i].from, t->rows[t->count].from) &&
                str_eq(t->rows[i].on, t->rows[t->count].on)) {
                return err_set(err, RC_INVALID, "step %.*s/%.*s stands twice",
                               STR_ARG(t->rows[i].from), STR_ARG(t->rows[i].on));
            }
        }
        t->count++;
    }
    mark_ends(t);
    if (!json_is(json_get(rows, "states"), JSON_OBJECT)) {
        return err_set(err, RC_INVALID, "a step table names its \"states\"");
    }
    t->states = json_copy(a, json_get(rows, "states"));
    if ((rc = json_whole(t->states, err)) != RC_OK || (rc = check_states(t, err)) != RC_OK ||
        (rc = check_walk(a, t, err)) != RC_OK) {
        return rc;
    }
    *out = t;
    return RC_OK;
}

enum rc
step_find(const struct step_table *t, struct str from, struct str on, struct str role,
          bool done_before, const struct step **out, struct err *err)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct step *s = &t->rows[i];
        if (!str_eq(s->from, from) || !str_eq(s->on, on)) {
            continue;
        }
        if (!str_eq(s->role, role)) {
            return err_set(err, RC_DENIED, "%.*s is for %.*s", STR_ARG(on), STR_ARG(s->role));
        }
        if (s->once && done_before) {
            return err_problem(err, RC_CONFLICT, "only-once", "%.*s was done before", STR_ARG(on));
        }
        *out = s;
        return RC_OK;
    }
    return err_problem(err, RC_CONFLICT, "step-not-possible", "no %.*s from %.*s", STR_ARG(on),
                       STR_ARG(from));
}

size_t
step_choices(const struct step_table *t, struct str from, struct str role,
             const struct step **out, size_t most)
{
    size_t count = 0;

    for (size_t i = 0; i < t->count && count < most; i++) {
        if (str_eq(t->rows[i].from, from) && str_eq(t->rows[i].role, role)) {
            out[count++] = &t->rows[i];
        }
    }
    return count;
}

bool
step_may_start(const struct step_table *t, struct str on)
{
    for (size_t i = 0; i < t->count; i++) {
        if (str_eq(t->rows[i].on, on) && t->rows[i].clock == STEP_CLOCK_START) {
            return true;
        }
    }
    return false;
}

struct str
step_first(const struct step_table *t)
{
    return t->rows[0].from;
}

struct str
step_state_text(const struct step_table *t, struct str state, struct str lang)
{
    const struct json *words = json_get_key(t->states, state);
    struct str en = json_str(words, "en");

    return str_eq(lang, STR("en")) && en.len > 0 ? en : json_str(words, "zh");
}

struct str
step_state_view(const struct step_table *t, struct str state)
{
    return json_str(json_get_key(t->states, state), "view");
}
