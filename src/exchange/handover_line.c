/*
 * A turn: what came is carried out, several hand-overs at a time, and for each node with something to be offered or sent there is a line, a task of its own, that goes on until
 * there is nothing more for it.  A node that is slow, or away, holds up its own line and nobody else's.
 *
 * The first message of a round goes alone: how that fares says how it is with the node.  Then the others follow, side by side: a round has one message of each hand-over, so
 * the order within each is kept.  Lines for nodes that were away when they were last asked take half of the places at most.
 */
#include "exchange/gate.h"
#include "exchange/handover_int.h"
#include "exchange/handover_sql.h"

#include "base/mem.h"

enum { LINES_MAX = 16, WIDTH = 8 /* messages side by side */, ARENA_BYTES = 32 << 20, PEERS_MAX = 1000, NAME_MAX_BYTES = 256 };

/* --- side by side ------------------------------------------------------------------------------------------------------ */

struct crew {
    const struct handover_work *work;
    handover_each fn;
    const int64_t *ids;
    size_t count, next, at_work;
    struct task *waits;
    enum rc rc;
    struct err err;
};

static void
do_some(struct crew *c, struct handover_work *w)
{
    while (c->rc == RC_OK && c->next < c->count) {
        int64_t id = c->ids[c->next++];
        struct err err;
        arena_reset(w->arena);
        enum rc rc = c->fn(w, id, &err);
        if (rc != RC_OK && c->rc == RC_OK) {
            c->rc = rc;
            c->err = err;
        }
    }
}

static void
join_in(struct task *t, void *ctx)
{
    struct crew *c = ctx;
    struct handover_work w = *c->work;

    w.task = t;
    w.db = gate_db(w.gate, t);
    w.arena = arena_new(ARENA_BYTES);
    do_some(c, &w);
    arena_free(w.arena);
    if (--c->at_work == 0) {
        task_resume(c->waits);
    }
}

enum rc
handover_do_all(struct handover_work *w, handover_each fn, const int64_t *ids, size_t count, struct err *err)
{
    struct crew c = {.work = w, .fn = fn, .ids = ids, .count = count, .waits = w->task, .rc = RC_OK};
    struct err ignored;

    for (size_t n = 1; n < count && n < WIDTH; n++) {
        c.at_work += task_start(task_loop(w->task), join_in, &c, &ignored) == RC_OK ? 1 : 0;
    }
    if (c.at_work == 0) { /* one, or there is no room for more tasks */
        do_some(&c, w);
    } else {
        task_suspend(w->task);
    }
    if (c.rc != RC_OK) {
        *err = c.err;
    }
    return c.rc;
}

/* --- lines ----------------------------------------------------------------------------------------------------------------- */

struct handover_line {
    struct handover_line *next;
    struct handovers *h;
    struct gate *gate;
    bool was_away;
    size_t name_len;
    char name[NAME_MAX_BYTES];
};

static struct str
line_name(const struct handover_line *l)
{
    return (struct str){l->name, l->name_len};
}

static void
leave(struct handover_line *l)
{
    struct handover_line **at = &l->h->line;

    while (*at != l) {
        at = &(*at)->next;
    }
    *at = l->next;
    handover_wake(l->h);
    mem_free(l);
}

static void
run_line(struct task *t, void *ctx)
{
    struct handover_line *l = ctx;
    struct handover_work w = {.h = l->h, .gate = l->gate, .task = t, .arena = arena_new(ARENA_BYTES), .db = gate_db(l->gate, t), .peer = line_name(l),
                              .more = true};
    struct err err;
    enum rc rc = RC_OK;

    while (rc == RC_OK && w.more && !loop_is_ending(task_loop(t))) {
        w.more = false;
        w.now_us = gate_now_us(l->gate);
        if ((rc = handover_offer_some(&w, &err)) == RC_OK) {
            rc = handover_send_some(&w, &err);
        }
    }
    if (rc != RC_OK) {
        handover_log(l->h, "handover_line", rc, &err);
    }
    arena_free(w.arena);
    leave(l);
}

static size_t
count_lines(const struct handovers *h, bool was_away)
{
    size_t count = 0;

    for (const struct handover_line *l = h->line; l != NULL; l = l->next) {
        count += l->was_away == was_away ? 1 : 0;
    }
    return count;
}

int
handover_lines(const struct handovers *h)
{
    return (int)(count_lines(h, false) + count_lines(h, true));
}

static bool
is_under_way(const struct handovers *h, struct str name)
{
    const struct handover_line *l = h->line;

    while (l != NULL && !str_eq(line_name(l), name)) {
        l = l->next;
    }
    return l != NULL;
}

struct due {
    struct str name;
    bool was_away;
    int64_t at_us;
};

static void
begin_line(struct handover_work *w, const struct due *due)
{
    struct handover_line *l = mem_new(1, sizeof(*l));
    struct err err;

    CHECK(due->name.len <= sizeof(l->name));
    l->h = w->h;
    l->gate = w->gate;
    l->was_away = due->was_away;
    l->name_len = due->name.len;
    for (size_t n = 0; n < due->name.len; n++) {
        l->name[n] = due->name.ptr[n];
    }
    l->next = w->h->line;
    w->h->line = l;
    if (task_start(task_loop(w->task), run_line, l, &err) != RC_OK) {
        w->h->line = l->next;
        mem_free(l);
    }
}

struct dues {
    struct arena *a;
    struct due *due;
    size_t count;
};

static enum rc
due_row(const struct row *row, void *ctx, struct err *err)
{
    struct dues *d = ctx;
    struct due *due = &d->due[d->count];
    int64_t here_us = row_int(row, 2), offer_us = row_int(row, 3), send_us = row_int(row, 4);

    CHECK(d->count < PEERS_MAX);
    d->count++;
    due->was_away = row_int(row, 1) > 0;
    send_us = send_us > here_us ? send_us : here_us;
    due->at_us = offer_us < send_us ? offer_us : send_us;
    return row_copy_text(row, 0, d->a, &due->name, err);
}

/* Those that are due get a line, as far as there are places; *next_us: when another is due.  Who is under way wakes us at its end. */
static enum rc
begin_lines(struct handover_work *w, int64_t *next_us, struct err *err)
{
    struct dues d = {w->arena, arena_alloc(w->arena, PEERS_MAX, sizeof(*d.due)), 0};
    enum rc rc;

    if (d.due == NULL) {
        return err_set(err, RC_LIMIT, "no room for the nodes");
    }
    rc = store_read(&w->db, &HANDOVER_LINES, VALUES(V_INT(INT64_MAX), V_INT(PEERS_MAX)), due_row, &d, err);
    for (size_t n = 0; rc == RC_OK && n < d.count; n++) {
        const struct due *due = &d.due[n];
        size_t places = due->was_away ? LINES_MAX / 2 : LINES_MAX - count_lines(w->h, true);
        if (is_under_way(w->h, due->name)) {
            continue;
        }
        if (due->at_us > w->now_us) {
            *next_us = due->at_us < *next_us ? due->at_us : *next_us;
        } else if (count_lines(w->h, due->was_away) < places) {
            begin_line(w, due);
        }
    }
    return rc;
}

/* --- a turn ------------------------------------------------------------------------------------------------------------------ */

static enum rc
next_row(const struct row *row, void *ctx, struct err *err)
{
    int64_t *next_us = ctx;

    (void)err;
    *next_us = row_int(row, 0) < *next_us ? row_int(row, 0) : *next_us;
    return RC_OK;
}

enum rc
handover_turn(struct handovers *h, struct gate *g, struct task *t, struct arena *a, int64_t *next_us, struct err *err)
{
    struct handover_work w = {.h = h, .gate = g, .task = t, .arena = a, .db = gate_db(g, t), .now_us = gate_now_us(g)};
    int64_t next = INT64_MAX;
    enum rc rc;

    if ((rc = handover_apply_some(&w, err)) != RC_OK) {
        return rc;
    }
    arena_reset(a);
    if ((rc = begin_lines(&w, &next, err)) != RC_OK ||
        (rc = store_read(&w.db, &HANDOVER_NEXT, VALUES(V_INT(INT64_MAX)), next_row, &next, err)) != RC_OK) {
        return rc;
    }
    *next_us = w.more || next < w.now_us ? w.now_us : next;
    return RC_OK;
}
