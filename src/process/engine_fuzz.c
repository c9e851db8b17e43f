/*
 * Whatever is asked of a case: its rows hang together, what is refused leaves everything as it was, rows that were stored go on as
 * those in memory do, and no limit is passed.  The first byte chooses a model of process/test_models.h; then five bytes each are a
 * command: its kind (above those that there are: what the token takes), the token, the element, the variables, and how much later it comes.
 */
#include "process/test_models.h"
#include "process/test_rows.h"
#include "rule/run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BYTES = 5, COMMANDS_MOST = 60, FEW_MOVES = 60, ROOM = 48 << 20 };
static const struct run_limits few = {.memory_bytes = 1 << 20, .steps = 20000, .stack_bytes = 160 << 10};

/* --- once ------------------------------------------------------------------------------------------------ */

static const struct bpmn *
model(unsigned which)
{
    static const struct bpmn *read[CHANCE_MODELS];
    static struct arena *kept;
    struct bpmn_report report;
    struct err err;

    kept = kept != NULL ? kept : arena_new(256 << 20);
    CHECK(read[which] != NULL || bpmn_read(kept, str_of(chance_models[which]), NULL, &read[which], &report, &err) == RC_OK);
    return read[which];
}

/* --- commands --------------------------------------------------------------------------------------------- */

static enum command_kind
taken_by(enum token_kind kind)
{
    static const enum command_kind takes[TOKEN_KINDS] = {
        [TOKEN_TASK] = COMMAND_COMPLETE, [TOKEN_JOB] = COMMAND_COMPLETE, [TOKEN_MESSAGE] = COMMAND_MESSAGE, [TOKEN_TIMER] = COMMAND_TIMER,
        [TOKEN_SIGNAL] = COMMAND_SIGNAL, [TOKEN_CLOCK] = COMMAND_CLOCK,  [TOKEN_CONDITION] = COMMAND_SET,   [TOKEN_INCIDENT] = COMMAND_RETRY};

    return takes[kind]; /* of others: START, which is refused */
}

static const struct json *
variables_of(struct arena *a, uint8_t byte)
{
    static const char *const some[] = {
        "{\"k\":0}", "{\"k\":1,\"all\":[1,2,3]}", "{\"k\":2,\"c\":\"R2/PT1H\"}", "{\"k\":\"x\"}", "{\"k\":null,\"all\":[]}", "{\"all\":{},\"k\":-1}",
        "{\"z\":3,\"k\":1}", "{\"k\":[[1],{\"k\":2}]}", "{\"k\":1e400}", "{\"supplements\":7,\"outcomes\":[1],\"outcome\":{}}", "{}", "[1]",
        "{\"\":1}", "{\"k\":99999,\"z\":99999}", "{\"nrOfInstances\":1,\"loopCounter\":0}"};
    struct json *j = NULL;
    struct err err;

    if (byte % 16 == 15) {
        return NULL;
    }
    CHECK(json_parse(a, str_of(some[byte % 16]), JSON_ANY, &j, &err) == RC_OK);
    return j;
}

static struct command
command_of(struct arena *a, const struct instance *i, const uint8_t *b)
{
    static const char *const codes[] = {"e1", "yes", "", "no"};
    const struct bpmn *m = i->binding[0].model;
    const struct token *t = i->tokens > 0 ? &i->token[b[1] % i->tokens] : NULL;
    struct command c = {.kind = (enum command_kind)(b[0] % 64), .attempt = b[3] >> 7 ? -1 : b[3] >> 6 & 1, .element = STR(""),
                        .name = STR("stop"), .key = STR("warn"), .outcome = str_of(codes[b[3] >> 4 & 3]), .reason = STR("r"),
                        .variables = variables_of(a, b[3])};

    c.token = t != NULL ? t->id : b[1];
    c.scope = t != NULL && b[2] % 2 > 0 ? t->scope : 0;
    if (c.kind >= COMMANDS) {
        c.kind = t != NULL ? taken_by(t->kind) : i->scopes > 0 ? COMMAND_REOPEN : COMMAND_START;
        c.attempt = -1;
    }
    c.name = c.kind == COMMAND_CLOCK ? STR("w") : c.name;
    if (b[2] < m->elements && (c.kind != COMMAND_START || b[4] > 250)) {
        c.element = m->element[b[2]].id;
    }
    return c;
}

/* --- what holds ---------------------------------------------------------------------------------------------- */

static size_t
live_tokens(const struct instance *i)
{
    size_t n = 0;

    for (size_t k = 0; k < i->tokens; k++) {
        n += i->token[k].kind != TOKEN_CATCHER;
    }
    return n;
}

static void
check_outcome(const struct instance *i, const struct outcome *out)
{
    for (size_t k = 0; k < out->moves; k++) {
        const struct move *move = &out->move[k];
        CHECK(move->kind < MOVES && move->binding < i->bindings);
        CHECK(move->element == BPMN_NONE || move->element < i->binding[move->binding].model->elements);
        CHECK((move->kind == MOVE_TAKEN) == (move->flow != BPMN_NONE));
    }
    CHECK(live_tokens(i) <= ENGINE_TOKENS_MAX);
}

/* False: memory, or rows that are lost to it; the case is thrown away. */
static bool
one_step(struct engine *e, struct instance *i, const uint8_t *b, int64_t *now_us)
{
    struct arena *a = arena_new(ROOM);
    struct str before = rows_text(a, i);
    struct instance other = rows_stored(i, a);
    struct command c = command_of(a, i, b);
    struct outcome out, same_out;
    struct err err;
    enum rc rc = engine_step(e, i, &c, *now_us, &out, &err), same = engine_step(e, &other, &c, *now_us, &same_out, &err);

    if (rc != RC_LIMIT && same != RC_LIMIT) {
        struct str after = rows_text(a, i);
        CHECK(rc == same && str_eq(after, rows_text(a, &other)));
        CHECK(rc == RC_OK || rc == RC_NOT_FOUND || rc == RC_CONFLICT || rc == RC_INVALID);
        CHECK(rc == RC_OK || str_eq(before, after));
        CHECK(rows_torn(i) == 0);
    }
    if (rc == RC_OK) {
        check_outcome(i, &out);
    }
    arena_free(a);
    *now_us += (int64_t)b[4] * 3600 * 1000000;
    return rc != RC_LIMIT && same != RC_LIMIT;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 + BYTES) {
        return 0;
    }
    const struct bpmn *m = model(data[0] % CHANCE_MODELS);
    struct arena *a = arena_new(ROOM);
    struct run *run = run_new(&few, NULL);
    struct engine e = {.run = run, .moves_max = FEW_MOVES};
    struct binding b = {.key = STR("p"), .model = m, .process = bpmn_find_process(m, STR("p"))};
    struct instance i = {.id = 1, .business_key = STR("C"), .bindings = 1, .binding = &b, .arena = a};
    int64_t now_us = INT64_C(1780000000000000);

    for (size_t k = 0; k < COMMANDS_MOST && 1 + (k + 1) * BYTES <= size; k++) {
        if (!one_step(&e, &i, data + 1 + k * BYTES, &now_us)) {
            break;
        }
    }
    run_free(run);
    arena_free(a);
    return 0;
}
