/*
 * When none of several alternatives fits, which one was meant: what is wrong with that one is something to act on.
 *
 * Each alternative is tallied first, without a word written: one of another type than the value was not meant, one whose constants stand
 * against the value's own members hardly (they are what tells alternatives apart), and among the rest the one with the fewest mistakes
 * was, the first of them if there are several.  That one is then run once more, aloud.  Tallying does not look for the closest inside of
 * an alternative, so a mistake at the bottom costs its depth and no more; all of it has a budget of steps, as what is said here is an
 * addition, and a check never fails for lack of it.
 */
#include "rule/schema_run_int.h"

enum { BUDGET_STEPS = 100000, WRONG_CONSTANT = 1000, WRONG_TYPE = 1000000 };

/* Runs one alternative, whatever it looked at; what it could not finish is as if it had not been begun. */
static bool
run_apart(struct schema_run *run, const struct schema_node *node, const struct schema_at *at)
{
    struct schema_at branch = *at;
    size_t steps = run->steps;

    branch.seen.is_wanted = false;
    run->steps = steps < BUDGET_STEPS ? steps : BUDGET_STEPS;
    (void)schema_run_node(run, node, &branch);
    run->steps = steps;
    bool is_whole = run->rc == RC_OK;
    run->rc = RC_OK;
    return is_whole;
}

static unsigned
distance_of(const struct schema_tally *tally)
{
    unsigned errors = tally->errors < WRONG_CONSTANT ? tally->errors : WRONG_CONSTANT - 1;
    unsigned constants = tally->wrong_constants < WRONG_CONSTANT ? tally->wrong_constants : WRONG_CONSTANT - 1;

    return tally->is_wrong_type ? WRONG_TYPE : constants * WRONG_CONSTANT + errors;
}

void
schema_say_closest(struct schema_run *run, const struct schema_word *w, const struct schema_at *at)
{
    const struct schema_node *closest = NULL;
    unsigned least = WRONG_TYPE;

    if (run->quiet > 0 || run->tally != NULL || run->rc != RC_OK || run->result->is_cut) {
        return;
    }
    for (size_t i = 0; i < w->is.nodes.count; i++) {
        struct schema_tally tally = {.place = at->place};
        run->tally = &tally;
        bool is_whole = run_apart(run, w->is.nodes.list[i], at);
        run->tally = NULL;
        if (is_whole && distance_of(&tally) < least) {
            least = distance_of(&tally);
            closest = w->is.nodes.list[i];
        }
    }
    if (closest != NULL) {
        (void)run_apart(run, closest, at);
    }
}

void
schema_tally_one(struct schema_tally *tally, const struct schema_word *w, const struct schema_at *at)
{
    bool is_constant = w->keyword != NULL && (w->op == OP_CONST || w->op == OP_ENUM);
    bool is_member = at->place != NULL && at->place != tally->place && at->place->up == tally->place;

    tally->errors++;
    tally->wrong_constants += is_constant && is_member;
    tally->is_wrong_type |= w->keyword != NULL && w->op == OP_TYPE && at->place == tally->place;
}

bool
schema_is_choice(const struct schema_word *w)
{
    bool is_choice = w->op == OP_ANY_OF || w->op == OP_ONE_OF;

    for (size_t i = 0; i < w->is.nodes.count && is_choice; i++) {
        is_choice = schema_constant_of(w->is.nodes.list[i]) != NULL;
    }
    return is_choice;
}

const struct json *
schema_constant_of(const struct schema_node *node)
{
    for (size_t i = 0; i < node->words_count; i++) {
        if (node->words[i].op == OP_CONST) {
            return node->words[i].is.value;
        }
    }
    return NULL;
}
