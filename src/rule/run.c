#include "rule/run.h"

#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "rule/run_int.h"

void
run_init(struct run *r, struct arena *a, const struct run_limits *limits, struct zones *zones)
{
    *r = (struct run){.arena = a, .zones = zones, .limits = *limits, .allowed = RUN_ANY_STEPS};
    run_begin(r, 0, 0);
}

struct run *
run_new(const struct run_limits *limits, struct zones *zones)
{
    struct run *r = mem_new(1, sizeof(*r));

    run_init(r, arena_new(limits->memory_bytes), limits, zones);
    r->slot = mem_new(RUN_SLOTS, sizeof(*r->slot));
    return r;
}

void
run_free(struct run *r)
{
    if (r != NULL) {
        arena_free(r->arena);
        patterns_free(r->patterns);
        mem_free(r->slot);
        mem_free(r);
    }
}

/* What the last evaluation took is no longer there for the next. */
static void
charge(struct run *r)
{
    if (r->allowed != RUN_ANY_STEPS) {
        r->allowed -= r->granted - r->steps_left;
    }
    r->granted = r->steps_left;
}

void
run_begin(struct run *r, int64_t now_us, int32_t offset_seconds)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);

    if (r->slot != NULL) { /* while compiling the arena is somebody's */
        arena_reset(r->arena);
    }
    charge(r);
    r->granted = r->allowed < r->limits.steps ? r->allowed : r->limits.steps;
    r->steps_left = r->granted;
    r->stack_top = here;
    r->stack_least = here > r->limits.stack_bytes ? here - r->limits.stack_bytes : 0;
    r->passed = RUN_WITHIN;
    r->now_us = now_us;
    r->offset_seconds = offset_seconds;
    r->watch = NULL;
    r->place_text = STR("");
    r->place_at = 0;
    r->slots = 0;
    r->notes = 0;
}

void
run_allow(struct run *r, uint64_t steps)
{
    r->granted = r->steps_left; /* what came before is not counted */
    r->allowed = steps;
}

bool
run_is_spent(const struct run *r)
{
    return r->allowed != RUN_ANY_STEPS && r->granted - r->steps_left >= r->allowed;
}

struct temporal
run_now(const struct run *r)
{
    return temporal_of_instant(r->now_us, r->offset_seconds);
}

struct zones *
run_zones(struct run *r)
{
    return r->zones;
}

struct arena *
run_arena(struct run *r)
{
    return r->arena;
}

void
run_set_watch(struct run *r, void *watch)
{
    r->watch = watch;
}

void *
run_watch(const struct run *r)
{
    return r->watch;
}

/* --- limits ------------------------------------------------------------------------------------ */

/* The first limit that was passed counts; with no steps left everybody stops at once. */
bool
run_out(struct run *r, enum run_limit passed)
{
    if (r->passed == RUN_WITHIN) {
        r->passed = passed;
    }
    r->steps_left = 0;
    return false;
}

bool
run_step(struct run *r, uint64_t steps)
{
    if (r->passed != RUN_WITHIN) {
        return false;
    }
    return run_count(r, steps);
}

bool
run_full(struct run *r)
{
    return run_out(r, RUN_MEMORY);
}

bool
run_enter(struct run *r)
{
    return r->passed == RUN_WITHIN && run_may_go_down(r);
}

enum rc
run_rc(const struct run *r, struct err *err)
{
    switch (r->passed) {
    case RUN_WITHIN: return RC_OK;
    case RUN_STEPS:
        if (r->granted < r->limits.steps) {
            return err_set(err, RC_LIMIT, "the evaluations take too many steps together");
        }
        return err_set(err, RC_LIMIT, "the evaluation takes more than %llu steps", (unsigned long long)r->limits.steps);
    case RUN_STACK: return err_set(err, RC_LIMIT, "the evaluation calls itself too deeply");
    case RUN_MEMORY: break;
    }
    return err_set(err, RC_LIMIT, "the values of the evaluation need more than %zu bytes", r->limits.memory_bytes);
}

/* --- notes ------------------------------------------------------------------------------------- */

/* Cut between characters, never inside of one. */
static void
put_word(char word[NOTE_WORD_MAX], struct str s)
{
    size_t len = 0;

    while (len < s.len) {
        struct str rest = str_from(s, len);
        struct str after = rest;
        (void)utf8_next(&after);
        size_t next = len + rest.len - after.len;
        if (next >= NOTE_WORD_MAX) {
            break;
        }
        len = next;
    }
    if (len > 0) {
        memcpy(word, s.ptr, len);
    }
    word[len] = '\0';
}

void
run_note(struct run *r, enum note_kind kind, struct str first, struct str second)
{
    if (r->notes == NOTES_KEPT) {
        return;
    }
    struct note *n = &r->note[r->notes++];
    n->kind = kind;
    n->text = r->place_text;
    n->at = r->place_at;
    put_word(n->word[0], first);
    put_word(n->word[1], second);
}

void
run_place(struct run *r, struct str text, size_t at)
{
    r->place_text = text;
    r->place_at = at;
}

size_t
run_notes(const struct run *r, const struct note **out)
{
    *out = r->note;
    return r->notes;
}

void
note_say(struct buf *b, const struct note *n, bool is_chinese)
{
    static const char *const says[NOTES][2] = {
#define X(name, en, zh) [NOTE_##name] = {en, zh},
        NOTE_TABLE(X)
#undef X
    };
    struct str rest = str_of(says[n->kind][is_chinese ? 1 : 0]);

    while (rest.len > 0) {
        size_t at = str_find_byte(rest, '{');
        buf_put(b, str_sub(rest, 0, at));
        if (at + 2 < rest.len) {
            buf_put(b, str_of(n->word[rest.ptr[at + 1] == '1' ? 1 : 0]));
        }
        rest = str_from(rest, at + 3);
    }
}
