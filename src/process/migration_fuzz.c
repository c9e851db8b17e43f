/*
 * Whatever is read as a plan over whatever is read as two models: a case is moved whole, its rows hang together and go on, or it stays as it was.
 * Three parts, one line with "---" between them: the plan, the model that the case begins with, the other one.
 */
#include "process/bpmn_int.h"
#include "process/migration.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct run_limits few = {.memory_bytes = 1 << 20, .steps = 20000, .stack_bytes = 160 << 10};
enum { FEW_STEPS = 12, FEW_MOVES = 300, ROOM = 64 << 20 };
static const int64_t NOW_US = INT64_C(1780000000) * 1000000;

static void
check_rows(const struct instance *i)
{
    for (size_t k = 0; k < i->scopes; k++) {
        const struct scope *s = &i->scope[k];
        CHECK(s->id > 0 && s->id < i->next && s->binding < i->bindings && s->variables != NULL);
        CHECK(s->place < i->binding[s->binding].model->scopes);
        CHECK(s->parent == 0 ? s->id == 1 : instance_scope(i, s->parent) != NULL);
    }
    for (size_t k = 0; k < i->tokens; k++) {
        const struct token *t = &i->token[k];
        const struct scope *s = instance_scope(i, t->scope);
        CHECK(s != NULL && t->kind != TOKEN_MOVING);
        const struct bpmn *m = i->binding[s->binding].model;
        CHECK(t->element < m->elements && (t->flow == BPMN_NONE || t->flow < m->flows) && (t->event == BPMN_NONE || t->event < m->events));
        CHECK(t->host == 0 || instance_token(i, t->host) != NULL);
        CHECK(s->kind == SCOPE_MULTI || m->element[t->element].scope == s->place || t->listens);
    }
}

static enum command_kind
command_for(enum token_kind kind)
{
    return kind == TOKEN_MESSAGE ? COMMAND_MESSAGE : kind == TOKEN_TIMER ? COMMAND_TIMER : kind == TOKEN_INCIDENT ? COMMAND_RETRY : COMMAND_COMPLETE;
}

/* The first token that takes something is told it, one step after another. */
static bool
walk(struct engine *e, struct instance *i, int steps)
{
    struct outcome out;
    struct err err;
    size_t at = 0;

    while (steps-- > 0 && at < i->tokens) {
        const struct command c = {.kind = command_for(i->token[at].kind), .token = i->token[at].id, .attempt = -1, .outcome = STR("yes"), .reason = STR("")};
        enum rc rc = engine_step(e, i, &c, NOW_US, &out, &err);
        CHECK(rc == RC_OK || rc == RC_NOT_FOUND || rc == RC_CONFLICT || rc == RC_LIMIT || rc == RC_INVALID);
        if (rc == RC_LIMIT) {
            return false;
        }
        at = rc == RC_OK ? 0 : at + 1;
        instance_settle(i);
    }
    return true;
}

static bool
start(struct arena *a, struct engine *e, const struct bpmn *m, struct instance *i)
{
    struct binding *b = arena_alloc(a, 1, sizeof(*b));
    const struct command c = {.kind = COMMAND_START, .attempt = -1, .element = STR(""), .reason = STR("")};
    struct outcome out;
    struct err err;

    if (b == NULL || bpmn_processes(m) == 0) {
        return false;
    }
    *b = (struct binding){.key = STR("p"), .version = 1, .model = m};
    *i = (struct instance){.id = 1, .business_key = STR("1"), .bindings = 1, .binding = b, .arena = a};
    if (engine_step(e, i, &c, NOW_US, &out, &err) != RC_OK) {
        return false;
    }
    instance_settle(i);
    return walk(e, i, FEW_STEPS / 3);
}

static void
move(struct arena *a, struct engine *e, const struct json *text, const struct bpmn *from, const struct bpmn *to)
{
    struct binding bound = {.key = STR("p"), .version = 2, .model = to};
    struct migration_plan plan;
    struct migration_result r;
    const struct migration *m;
    struct instance i;
    struct str before = STR(""), after = STR("");
    struct err err;

    if (migration_plan_read(a, text, &plan, &err) != RC_OK || bpmn_processes(to) == 0 ||
        migration_make(a, &plan, from, &bound, 1, NULL, &m, &err) != RC_OK || !start(a, e, from, &i)) {
        return;
    }
    CHECK(migration_json(a, m) != NULL);
    const struct migration_case c = {.i = &i, .bound = 1};
    bool is_told = json_canonical(a, instance_json(a, &i), &before, &err) == RC_OK;
    enum rc rc = migration_apply(e, m, &c, NOW_US, &r, &err);
    CHECK(rc == RC_OK || rc == RC_LIMIT);
    if (rc == RC_OK && r.refusals > 0) {
        CHECK(!is_told || json_canonical(a, instance_json(a, &i), &after, &err) != RC_OK || str_eq(before, after));
    } else if (rc == RC_OK) {
        instance_settle(&i);
        check_rows(&i);
        if (walk(e, &i, FEW_STEPS)) {
            check_rows(&i);
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size};
    const struct str cut = STR("\n---\n");
    size_t first = str_find(input, cut), second = str_find(str_from(input, first + cut.len), cut);
    struct str rest = str_from(input, first + cut.len);
    struct arena *a = arena_new(ROOM);
    struct run *run = run_new(&few, NULL);
    struct engine engine = {.run = run, .moves_max = FEW_MOVES};
    struct bpmn_report report;
    const struct bpmn *from, *to;
    struct json *text;
    struct err err;

    if (json_parse(a, str_sub(input, 0, first), JSON_UNIQUE, &text, &err) == RC_OK &&
        bpmn_read(a, str_sub(rest, 0, second), NULL, &from, &report, &err) == RC_OK &&
        bpmn_read(a, str_from(rest, second + cut.len), NULL, &to, &report, &err) == RC_OK) {
        move(a, &engine, text, from, to);
    }
    run_free(run);
    arena_free(a);
    return 0;
}
