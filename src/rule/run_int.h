/*
 * run_int - what a run holds, for the evaluator: counting work is a subtraction here, and knowing the stack a comparison.
 */
#ifndef RULE_RUN_INT_H
#define RULE_RUN_INT_H

#include "rule/patterns_int.h"
#include "rule/run.h"

enum { RUN_SLOTS = 1024 };

enum run_limit { RUN_WITHIN, RUN_STEPS, RUN_STACK, RUN_MEMORY };

struct run {
    uint64_t steps_left;
    uint64_t granted; /* what steps_left was at run_begin */
    uint64_t allowed; /* for this evaluation and all that follow */
    uintptr_t stack_least; /* the stack may not go below; it grows downwards wherever this is compiled for */
    uintptr_t stack_top;   /* where it was at run_begin */
    struct arena *arena;
    struct zones *zones;
    struct patterns *patterns; /* made when the first is asked for */
    struct value *slot; /* RUN_SLOTS of them, for frames that nothing can keep */
    size_t slots;       /* taken */
    enum run_limit passed;
    struct run_limits limits;
    int64_t now_us;
    int32_t offset_seconds;
    void *watch;
    struct str place_text;
    size_t place_at;
    size_t notes;
    struct note note[NOTES_KEPT];
};

/* A run on somebody's arena, as compiling has it; slot may be NULL. */
void run_init(struct run *r, struct arena *a, const struct run_limits *limits, struct zones *zones);

bool run_out(struct run *r, enum run_limit passed); /* always false */

static inline bool
run_count(struct run *r, uint64_t steps)
{
    if (steps > r->steps_left) {
        return run_out(r, RUN_STEPS);
    }
    r->steps_left -= steps;
    return true;
}

static inline bool
run_may_go_down(struct run *r)
{
    return (uintptr_t)__builtin_frame_address(0) >= r->stack_least ? true : run_out(r, RUN_STACK);
}

/* One node of a tree: both in one. */
static inline bool
run_node(struct run *r)
{
    return run_count(r, 1) && run_may_go_down(r);
}

/* Room for the slots of a frame until slots is set back; on the arena once the others are taken.  NULL: a limit. */
static inline struct value *
run_slots(struct run *r, size_t count)
{
    if (r->slot != NULL && count <= RUN_SLOTS - r->slots) {
        r->slots += count;
        return r->slot + r->slots - count;
    }
    struct value *slot = arena_alloc(r->arena, count, sizeof(*slot));
    if (slot == NULL) {
        (void)run_out(r, RUN_MEMORY);
    }
    return slot;
}

#endif
