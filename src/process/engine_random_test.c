/*
 * Whatever is asked of a case in whatever order, its rows hang together, and rows that were stored go on as those in memory do.
 * Commands are drawn at random from what the tokens take, and now and then from what they do not; the seed is printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "process/test_chance.h"

enum { ROUNDS = 60, STEPS = 40 };

/* --- what holds of rows ------------------------------------------------------------------------------ */

static bool
holds_scope(const struct instance *i, const struct token *t)
{
    for (size_t n = 0; n < i->scopes; n++) {
        if (i->scope[n].token == t->id) {
            return true;
        }
    }
    return false;
}

static bool
token_is_whole(const struct instance *i, const struct token *t)
{
    const struct scope *in = instance_scope(i, t->scope);
    bool is_over = i->state != INSTANCE_RUNNING && i->state != INSTANCE_SUSPENDED;

    return in != NULL && !is_over && t->kind != TOKEN_MOVING && (t->host == 0 || instance_token(i, t->host) != NULL) &&
           (t->kind != TOKEN_INNER || holds_scope(i, t)) && (t->kind != TOKEN_EVENTS || !t->listens) &&
           (t->kind != TOKEN_COMPENSABLE || t->listens);
}

/* A scope that runs has something in it that keeps it. */
static bool
scope_is_whole(const struct instance *i, const struct scope *s)
{
    int64_t alive = 0, instances = 0;

    for (size_t n = 0; n < i->tokens; n++) {
        alive += i->token[n].scope == s->id && !i->token[n].listens;
    }
    for (size_t n = 0; n < i->scopes; n++) {
        alive += i->scope[n].parent == s->id && i->scope[n].kind == SCOPE_EVENT_SUB;
        instances += i->scope[n].parent == s->id && i->scope[n].kind == SCOPE_INSTANCE && !i->scope[n].ended;
    }
    bool has_parent = s->parent == 0 || instance_scope(i, s->parent) != NULL;
    bool has_token = s->token == 0 || instance_token(i, s->token) != NULL;
    bool is_counted = s->kind != SCOPE_MULTI || s->ended || instances == s->active;
    return has_parent && has_token && is_counted && (s->ended || s->kind == SCOPE_MULTI || alive > 0);
}

static void
check_rows(const struct trial *t, uint64_t from)
{
    const struct instance *i = &t->i;

    for (size_t n = 0; n < i->tokens; n++) {
        if (!token_is_whole(i, &i->token[n])) {
            fail_msg("seed %llu: token %lld: %.*s", (unsigned long long)from, (long long)i->token[n].id, STR_ARG(trial_stands(t)));
        }
    }
    for (size_t n = 0; n < i->scopes; n++) {
        if (!scope_is_whole(i, &i->scope[n])) {
            fail_msg("seed %llu: scope %lld: %.*s", (unsigned long long)from, (long long)i->scope[n].id, STR_ARG(trial_stands(t)));
        }
    }
}

/* --- the test ------------------------------------------------------------------------------------------ */

/* The same instance as if it had been stored and loaded. */
static struct instance
stored(const struct trial *t, struct arena *a)
{
    struct instance i = t->i;
    struct err err;

    i.arena = a;
    i.scopes = i.tokens = i.scope_room = i.token_room = 0;
    i.scope = NULL;
    i.token = NULL;
    i.index = NULL;
    for (size_t n = t->i.scopes; n > 0; n--) {
        struct scope row = t->i.scope[n - 1];
        row.variables = json_copy(a, row.variables);
        assert_int_equal(instance_load_scope(&i, &row, &err), RC_OK);
    }
    for (size_t n = t->i.tokens; n > 0; n--) {
        assert_int_equal(instance_load_token(&i, &t->i.token[n - 1], &err), RC_OK);
    }
    return i;
}

static struct str
shown(struct arena *a, struct instance *i)
{
    struct str text = STR("");
    struct err err;

    instance_settle(i);
    assert_int_equal(json_canonical(a, instance_json(a, i), &text, &err), RC_OK);
    return text;
}

static bool
one_step(struct trial *t, uint64_t from)
{
    struct arena *a = arena_new(8 << 20);
    struct instance other = stored(t, a);
    struct command c = any_command(t);
    struct outcome out;
    struct err err;
    struct str before = shown(a, &t->i);
    enum rc rc = engine_step(&t->e, &t->i, &c, t->now_us, &t->out, &err), same = engine_step(&t->e, &other, &c, t->now_us, &out, &err);

    if (rc != same || !str_eq(shown(a, &t->i), shown(a, &other)) || (rc != RC_OK && !str_eq(before, shown(a, &t->i)))) {
        fail_msg("seed %llu, %s: %d %d\n%.*s\n%.*s", (unsigned long long)from, command_name(c.kind), rc, same, STR_ARG(shown(a, &t->i)),
                 STR_ARG(shown(a, &other)));
    }
    assert_true(rc == RC_OK || rc == RC_NOT_FOUND || rc == RC_CONFLICT);
    check_rows(t, from);
    arena_free(a);
    t->now_us += (int64_t)draw(100) * 60 * 1000000;
    return rc == RC_OK;
}

static void
rows_hang_together_whatever_is_asked(void **state)
{
    const char *given = getenv("SEED");
    unsigned steps = 0;
    int64_t first = 1;

    (void)state;
    if (given != NULL) {
        assert_true(str_to_int(str_of(given), &first));
    }
    for (size_t n = 0; n < CHANCE_MODELS; n++) {
        struct trial t;
        trial_open(&t, chance_models[n]);
        const struct bpmn *m = t.i.binding[0].model;
        for (int round = 0; round < ROUNDS; round++) {
            struct trial fresh = t;
            uint64_t from = (uint64_t)first + (uint64_t)round;
            seed = from;
            fresh.a = arena_new(32 << 20);
            trial_begin(&fresh, m);
            for (int k = 0; k < STEPS; k++) {
                steps += one_step(&fresh, from);
            }
            arena_free(fresh.a);
        }
        trial_close(&t);
    }
    assert_true(steps > ROUNDS * STEPS); /* most of what is asked is done */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_hang_together_whatever_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
