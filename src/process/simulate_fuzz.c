/*
 * Whatever is read as a process model runs in memory, with whatever is read as a script: it ends, its rows hang together after each
 * run, and running it again gives the same bytes.  The first line is the script, the rest the model.
 */
#include "process/bpmn_int.h"
#include "process/simulate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct run_limits few = {.memory_bytes = 1 << 20, .steps = 20000, .stack_bytes = 160 << 10};
enum { FEW_STEPS = 60, FEW_MOVES = 300, ROOM = 64 << 20 };

static void
check_rows(const struct instance *i)
{
    for (size_t k = 0; k < i->scopes; k++) {
        const struct scope *s = &i->scope[k];
        CHECK(s->id > 0 && s->id < i->next && s->binding < i->bindings && s->variables != NULL && s->change == ROW_KEPT);
        CHECK(s->parent == 0 ? s->id == 1 : instance_scope(i, s->parent) != NULL);
        CHECK(s->token == 0 || instance_token(i, s->token) != NULL || s->ended);
    }
    for (size_t k = 0; k < i->tokens; k++) {
        const struct token *t = &i->token[k];
        const struct scope *s = instance_scope(i, t->scope);
        CHECK(t->id > 0 && t->id < i->next && s != NULL && t->kind != TOKEN_MOVING && t->change == ROW_KEPT);
        CHECK(t->element < i->binding[s->binding].model->elements);
        CHECK(t->host == 0 || instance_token(i, t->host) != NULL);
        CHECK(i->state == INSTANCE_RUNNING || i->state == INSTANCE_SUSPENDED || t->listens || t->kind != TOKEN_TASK);
    }
}

/* The trace of one run, on that arena; "" if memory was not enough. */
static struct str
try_once(struct arena *a, struct run *run, const struct bpmn *m, const struct json *script)
{
    struct engine engine = {.run = run, .moves_max = FEW_MOVES};
    struct simulate_config config = {.engine = &engine, .arena = a, .models = 1, .model = &m, .script = script, .steps_max = FEW_STEPS};
    struct json *variables = json_object(a);
    struct simulation *s;
    struct err err;

    json_set_int(a, variables, "n", 3);
    if (simulate_new(&config, &s, &err) != RC_OK) {
        return STR("");
    }
    enum rc rc = simulate_start(s, STR(""), STR("C"), variables, &err);
    for (int64_t until = 0; rc == RC_OK && until < 4; until++) { /* in pieces, and then to the end */
        rc = simulate_run(s, until == 3 ? INT64_MAX : until * 1000000, &err);
        for (size_t n = 0; rc == RC_OK && n < simulate_state(s).instances; n++) {
            check_rows(simulate_instance(s, n));
        }
    }
    CHECK(rc == RC_OK || rc == RC_LIMIT || rc == RC_NOT_FOUND || rc == RC_INVALID);
    CHECK(simulate_state(s).steps <= FEW_STEPS);
    return rc == RC_OK ? simulate_trace(s) : STR("");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size}, line = STR("");
    struct arena *a = arena_new(ROOM), *first = arena_new(ROOM), *second = arena_new(ROOM);
    struct run *run = run_new(&few, NULL);
    struct bpmn_report report;
    struct json *script = NULL;
    const struct bpmn *m;
    struct err err;

    (void)str_next(&input, '\n', &line);
    bool is_script = json_parse(a, line, JSON_ANY, &script, &err) == RC_OK;
    if (bpmn_read(a, input, NULL, &m, &report, &err) == RC_OK) {
        struct str one = try_once(first, run, m, is_script ? script : NULL);
        struct str two = try_once(second, run, m, is_script ? script : NULL);
        CHECK(str_eq(one, two));
    }
    run_free(run);
    arena_free(a);
    arena_free(first);
    arena_free(second);
    return 0;
}
