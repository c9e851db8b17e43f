/* test_chance - for tests: commands on the models of process/test_models.h, drawn at random from what the tokens take, and now and then from what they do not. */
#ifndef PROCESS_TEST_CHANCE_H
#define PROCESS_TEST_CHANCE_H

#include "process/test_models.h"
#include "process/test_story.h"

/* --- chance ---------------------------------------------------------------------------------------- */

static uint64_t seed;

static inline uint32_t
draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % below;
}

/* --- commands ------------------------------------------------------------------------------------------ */

static inline enum command_kind
command_for(enum token_kind kind)
{
    switch ((unsigned)kind) {
    case TOKEN_TASK:
    case TOKEN_JOB:
        return draw(5) > 0 ? COMMAND_COMPLETE : kind == TOKEN_JOB && draw(2) > 0 ? COMMAND_INCIDENT : draw(2) > 0 ? COMMAND_FAIL : COMMAND_MOVE;
    case TOKEN_MESSAGE:
        return COMMAND_MESSAGE;
    case TOKEN_TIMER:
        return COMMAND_TIMER;
    case TOKEN_INCIDENT:
        return COMMAND_RETRY;
    default:
        return draw(3) > 0 ? COMMAND_SIGNAL : draw(4) > 0 ? COMMAND_SET : (enum command_kind)draw(COMMANDS);
    }
}

static inline struct command
any_command(struct trial *t)
{
    static const char *const codes[] = {"e1", "e2", "", "yes"};
    struct command c = {.kind = draw(2) > 0 ? COMMAND_SIGNAL : COMMAND_SET, .attempt = -1, .element = STR(""), .name = STR("stop"), .key = STR(""),
                        .outcome = str_of(codes[draw(4)]), .reason = STR("r")};
    const struct bpmn *m = t->i.binding[0].model;

    if (t->i.tokens > 0) {
        const struct token *row = &t->i.token[draw((uint32_t)t->i.tokens)];
        c.kind = command_for(row->kind);
        c.token = row->id;
    } else {
        c.kind = t->i.scopes == 0 ? COMMAND_START : COMMAND_REOPEN;
    }
    c.element = c.kind == COMMAND_START ? STR("") : m->element[draw(m->elements)].id;
    c.variables = json_object(t->a);
    json_set_int(t->a, (struct json *)(uintptr_t)c.variables, "k", draw(3));
    return c;
}

#endif
