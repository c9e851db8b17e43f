/*
 * trial_int - FEEL texts and what they should be, for the tests of functions; to be included after cmocka.
 */
#ifndef RULE_TRIAL_INT_H
#define RULE_TRIAL_INT_H

#include "rule/function.h"

/* note: what the first note says, if one has to be there; NULL: whatever there is. */
struct trial {
    const char *text, *value, *note;
};

struct trial_room {
    struct arena *arena;
    struct zones *zones;
    struct run *run;
};

static inline struct trial_room
trial_begin(void)
{
    struct zones *zones = zones_new(ZONE_FOLDER);

    return (struct trial_room){arena_new(1 << 24), zones, run_new(&RUN_LIMITS_USUAL, zones)};
}

static inline void
trial_end(struct trial_room *t)
{
    run_free(t->run);
    zones_free(t->zones);
    arena_free(t->arena);
}

/* On 2025-11-28 at 08:00 in China.  failing: the nth allocation that is to fail; 0: none. */
static inline enum rc
trial_run(struct trial_room *t, const char *text, size_t failing, struct value *out)
{
    const struct program *p = NULL;
    struct err err;
    enum rc rc;

    if (program_read(t->arena, str_of(text), NULL, NULL, t->zones, &p, NULL, &err) != RC_OK) {
        fail_msg("%s: %s", text, err.text);
    }
    run_begin(t->run, INT64_C(1764288000000000), 8 * 3600);
    arena_fail_at(run_arena(t->run), failing);
    rc = program_run(t->run, p, NULL, out, &err);
    arena_fail_at(run_arena(t->run), 0);
    return rc;
}

static inline void
trial_expect_note(struct trial_room *t, const struct trial *c)
{
    const struct note *notes;
    size_t count = run_notes(t->run, &notes);
    struct buf b;

    if (c->note == NULL) {
        return;
    }
    buf_init(&b, t->arena, 1000);
    if (count > 0) {
        note_say(&b, &notes[0], false);
    }
    if (!str_eq((struct str){b.ptr, b.len}, str_of(c->note))) {
        fail_msg("%s\nsaid   %.*s\nwanted %s", c->text, (int)b.len, b.ptr, c->note);
    }
}

static inline void
trial_all(const struct trial *cases, size_t count)
{
    struct trial_room t = trial_begin();

    for (size_t i = 0; i < count; i++) {
        struct value v = value_of_str(STR("nothing was given"));
        assert_int_equal(trial_run(&t, cases[i].text, 0, &v), RC_OK);
        struct str got = value_text(t.arena, v, true);
        if (!str_eq(got, str_of(cases[i].value))) {
            fail_msg("%s\ngot    %.*s\nwanted %s", cases[i].text, STR_ARG(got), cases[i].value);
        }
        trial_expect_note(&t, &cases[i]);
    }
    trial_end(&t);
}
#define TRIAL(cases) trial_all(cases, sizeof(cases) / sizeof((cases)[0]))

/* Every allocation fails once: each time a limit is passed, and at last the value is what it should be. */
static inline void
trial_memory(const struct trial *c, size_t least)
{
    struct trial_room t = trial_begin();
    enum rc rc = RC_LIMIT;
    struct value v;
    size_t n = 0;

    while (rc != RC_OK) {
        assert_true(n < 1000);
        rc = trial_run(&t, c->text, ++n, &v);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
    }
    if (n <= least || !str_eq(value_text(t.arena, v, true), str_of(c->value))) {
        fail_msg("%s: after %zu failures", c->text, n - 1);
    }
    trial_end(&t);
}

#endif
