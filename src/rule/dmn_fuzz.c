/*
 * Whatever is read as a model can be asked: each decision, service and knowledge, within the limits of a run, the same twice and by
 * slots as by name; its answer is explained, and its tables are looked through, both as JSON that reads back.  What cannot be read
 * says why.  The same bytes are also tried as test cases.
 */
#include "rule/analysis.h"
#include "rule/cases.h"
#include "rule/dmn_int.h"
#include "rule/explain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct run_limits few = {.memory_bytes = 1 << 20, .steps = 20000, .stack_bytes = 160 << 10};
static const struct str library = STR_INIT(
    "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' namespace='urn:lib' name='lib'>"
    "<itemDefinition name='tAge'><typeRef>number</typeRef></itemDefinition><inputData id='i' name='age'>"
    "<variable name='age' typeRef='tAge'/></inputData><decision id='d' name='Fee'><informationRequirement>"
    "<requiredInput href='#i'/></informationRequirement><literalExpression><text>age * 2</text></literalExpression></decision>"
    "</definitions>");

static bool
find(void *ctx, struct str name_space, struct str location, struct str *xml)
{
    (void)ctx;
    (void)location;
    *xml = library;
    return str_eq(name_space, STR("urn:lib"));
}

static void
check_json(struct arena *a, const struct buf *b)
{
    struct json *j;
    struct err err;
    enum rc rc = json_parse(a, (struct str){b->ptr, b->len}, JSON_ANY, &j, &err);

    CHECK(rc == RC_OK || rc == RC_LIMIT);
}

static void
tell(const struct dmn *m, const struct dmn_item *item, const struct dmn_trace *trace)
{
    const struct explain_source source = {item->info.name, STR("库"), STR("a register"), item->info.label.len > 0};
    struct arena *a = arena_new(8 << 20);
    struct buf b;
    struct err err;
    enum rc rc;

    buf_init(&b, a, 4 << 20);
    rc = explain_json(a, m, trace, &source, 1, &b, &err);
    CHECK(rc == RC_OK || rc == RC_LIMIT);
    if (rc == RC_OK) {
        check_json(a, &b);
    }
    arena_free(a);
}

static void
look_through(struct run *r, const struct dmn *m)
{
    struct arena *a = arena_new(8 << 20);
    const struct finding *f;
    size_t count;
    struct buf b;
    struct err err;
    enum rc rc;

    run_begin(r, 0, 0);
    rc = analysis_of(a, r, m, &f, &count, &err);
    CHECK(rc == RC_OK || rc == RC_LIMIT);
    buf_init(&b, a, 4 << 20);
    if (rc == RC_OK && analysis_json(a, f, count, &b, &err) == RC_OK) {
        check_json(a, &b);
    }
    arena_free(a);
}

static void
ask(struct run *r, const struct dmn *m, const struct dmn_item *item)
{
    struct value first = value_null(), second = value_null();
    struct dmn_trace trace;
    struct err err;
    enum rc rc = RC_OK, again = RC_OK;

    run_begin(r, 0, 0);
    if (item->info.kind == DMN_SERVICE) {
        rc = dmn_serve(r, m, item->called, NULL, &trace, &first, &err);
    } else if (item->info.kind == DMN_KNOWLEDGE) {
        rc = dmn_invoke(r, m, item->called, NULL, &trace, &first, &err);
    } else if (item->info.kind == DMN_DECISION) {
        struct value *nothing = arena_alloc(run_arena(r), item->plan->inputs, sizeof(*nothing));
        rc = dmn_decide(r, m, item->called, NULL, &trace, &first, &err);
        /* What is remembered of the first outlives it; a limit may be passed by both together. */
        again = nothing == NULL ? RC_LIMIT : dmn_decide_slots(r, item->plan, nothing, NULL, &second, &err);
        CHECK(rc != RC_OK || again != RC_OK || value_same(first, second) || first.kind >= VALUE_LIST);
    }
    if (rc == RC_OK && item->info.kind != DMN_INPUT) {
        tell(m, item, &trace);
    }
    CHECK(rc == RC_OK || rc == RC_LIMIT || (rc == RC_NOT_FOUND && item->function == NULL));
    CHECK(again == RC_OK || again == RC_LIMIT);
    CHECK(run_watch(r) == NULL);
}

static void
try_model(struct str xml)
{
    struct arena *a = arena_new(64 << 20);
    struct dmn_fault fault;
    const struct dmn *m;
    struct err err;
    enum rc rc = dmn_read(a, xml, find, NULL, NULL, &m, &fault, &err);

    CHECK(rc == RC_OK || rc == RC_INVALID || rc == RC_LIMIT);
    if (rc != RC_OK) {
        CHECK(fault.en[0] != '\0' && fault.zh[0] != '\0');
    } else {
        struct run *r = run_new(&few, NULL);
        for (size_t i = 0; i < m->all; i++) {
            ask(r, m, m->any[i]);
        }
        look_through(r, m);
        run_free(r);
    }
    arena_free(a);
}

static void
try_cases(struct str xml)
{
    struct arena *a = arena_new(64 << 20);
    const struct cases *cases;
    struct err err;
    enum rc rc = cases_read(a, xml, NULL, &cases, &err);

    CHECK(rc == RC_OK || rc == RC_INVALID || rc == RC_LIMIT);
    arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str xml = {(const char *)data, size};

    try_model(xml);
    try_cases(xml);
    return 0;
}
