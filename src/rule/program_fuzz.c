/*
 * Whatever is read is run within its limits, as an expression and as tests of several inputs; and what it is printed as has the
 * same value.  A value that reads as an expression is that value again.
 */
#include "rule/parser.h"
#include "rule/print.h"
#include "rule/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct feel_name members[] = {{STR_INIT("b"), NULL}, {STR_INIT("Monthly Income"), NULL}};
static const struct feel_type person = {.kind = FEEL_CONTEXT, .count = 2, .member = members};
static const struct feel_type persons = {.kind = FEEL_LIST, .element = &person};
static const struct feel_name names[] = {
    {STR_INIT("n"), NULL}, {STR_INIT("s"), NULL}, {STR_INIT("a"), &person}, {STR_INIT("l"), &persons}, {STR_INIT("d"), NULL}};
static const struct feel_scope scope = {.count = 5, .name = names};
static const struct run_limits limits = {.memory_bytes = 1 << 20, .steps = 20000, .stack_bytes = 200 << 10};
enum { NOW_US = 1000000 };

struct setting {
    struct arena *arena, *text[2];
    struct run *run;
    struct frame frame;
    struct entry entry[2];
    struct context context;
    struct value item[3], slot[5];
    struct list list;
    struct temporal day;
};

static void
begin(struct setting *s)
{
    s->arena = arena_new(1 << 24);
    s->text[0] = arena_new(1 << 18);
    s->text[1] = arena_new(1 << 18);
    s->run = run_new(&limits, NULL);
    s->entry[0] = (struct entry){STR("b"), value_of_int(2)};
    s->entry[1] = (struct entry){STR("Monthly Income"), value_of_int(5000)};
    s->context = (struct context){2, s->entry};
    s->slot[0] = value_of_int(5);
    s->slot[1] = value_of_str(STR("text"));
    s->slot[2] = (struct value){.kind = VALUE_CONTEXT, .as.context = &s->context};
    s->item[0] = s->slot[2];
    s->item[1] = value_null();
    s->item[2] = value_of_int(3);
    s->list = (struct list){3, s->item};
    s->slot[3] = (struct value){.kind = VALUE_LIST, .as.list = &s->list};
    CHECK(temporal_of_date(2026, 11, 28, &s->day));
    s->slot[4] = (struct value){.kind = VALUE_DATE, .as.temporal = &s->day};
    s->frame = (struct frame){NULL, s->slot};
}

/* The text of its value, or what stood in the way. */
static enum rc
value_of_tree(struct setting *s, const struct feel_tree *tree, struct arena *texts, struct str *out)
{
    const struct program *p;
    struct value v;
    struct err err;
    enum rc rc = program_compile(s->arena, tree, NULL, NULL, &p, &err);

    if (rc != RC_OK) {
        return rc;
    }
    run_begin(s->run, NOW_US, 0);
    rc = program_run(s->run, p, &s->frame, &v, &err);
    if (rc == RC_OK) {
        *out = value_text(texts, v, true); /* without a ptr: nested too deeply, or too long, to be written */
    }
    return rc;
}

static void
try_expression(struct setting *s, struct str text)
{
    struct feel_tree tree, again;
    struct str printed, value = {NULL, 0}, same = {NULL, 0};
    struct err err;

    if (feel_parse(s->arena, text, &scope, &tree, NULL, &err) != RC_OK) {
        return;
    }
    enum rc rc = value_of_tree(s, &tree, s->text[0], &value);
    CHECK(rc == RC_OK || rc == RC_INVALID || rc == RC_LIMIT);
    CHECK(feel_print(s->arena, &tree, &printed, &err) == RC_OK);
    if (feel_parse(s->arena, printed, &scope, &again, NULL, &err) == RC_OK) {
        CHECK(value_of_tree(s, &again, s->text[1], &same) == rc);
        CHECK(str_eq(value, same));
    }
}

static void
try_tests(struct setting *s, struct str text)
{
    const struct program *p;
    const struct list *list;
    struct feel_tree tree;
    struct err err;
    bool passes, is_negated;

    if (feel_parse_tests(s->arena, text, &scope, NULL, &tree, NULL, &err) != RC_OK ||
        program_compile(s->arena, &tree, NULL, NULL, &p, &err) != RC_OK) {
        return;
    }
    (void)program_constants(s->arena, p, &is_negated, &list);
    for (size_t i = 0; i < sizeof(s->slot) / sizeof(s->slot[0]); i++) {
        run_begin(s->run, NOW_US, 0);
        enum rc rc = program_test(s->run, p, &s->frame, s->slot[i], &passes, &err);
        CHECK(rc == RC_OK || rc == RC_LIMIT);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    struct setting s;

    begin(&s);
    try_expression(&s, text);
    try_tests(&s, text);
    run_free(s.run);
    arena_free(s.text[0]);
    arena_free(s.text[1]);
    arena_free(s.arena);
    return 0;
}
