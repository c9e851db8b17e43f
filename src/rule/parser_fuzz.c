/*
 * Whatever is read is printed so that it is read as the same tree, as an expression and as unary tests; and what cannot be read
 * says where.  The scope has names that hold operators and keywords, where printing is easily wrong.
 */
#include "rule/parser.h"
#include "rule/print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct feel_name members[] = {
    {STR_INIT("b"), NULL}, {STR_INIT("b-c"), NULL}, {STR_INIT("Monthly Income"), NULL}};
static const struct feel_type person = {.kind = FEEL_CONTEXT, .count = 3, .member = members};
static const struct feel_type persons = {.kind = FEEL_LIST, .element = &person};
static const struct feel_name names[] = {
    {STR_INIT("a"), &person}, {STR_INIT("a-b"), NULL}, {STR_INIT("a and b"), NULL},
    {STR_INIT("l"), &persons}, {STR_INIT("x/y"), NULL}, {STR_INIT("null in b"), NULL}};
static const struct feel_name types[] = {{STR_INIT("t"), NULL}, {STR_INIT("t-b"), NULL}};
static const struct feel_scope scope = {.count = 6, .name = names, .type_count = 2, .type = types};

static enum rc
read_text(struct arena *a, struct str text, bool is_tests, struct feel_tree *tree,
          struct feel_fault *fault, struct err *err)
{
    return is_tests ? feel_parse_tests(a, text, &scope, NULL, tree, fault, err)
                    : feel_parse(a, text, &scope, tree, fault, err);
}

static void
try_text(struct str text, bool is_tests)
{
    struct arena *a = arena_new(1 << 24);
    struct feel_tree tree, again;
    struct feel_fault fault;
    struct str printed, twice;
    struct err err;
    enum rc rc = read_text(a, text, is_tests, &tree, &fault, &err);

    CHECK(rc == RC_OK || rc == RC_INVALID || rc == RC_LIMIT);
    if (rc != RC_OK) {
        CHECK(fault.at <= text.len && fault.place.line > 0);
        arena_free(a);
        return;
    }
    CHECK(feel_print(a, &tree, &printed, &err) == RC_OK);
    rc = read_text(a, printed, is_tests, &again, &fault, &err);
    if (rc != RC_LIMIT) { /* brackets that were not needed may be one level too many */
        CHECK(rc == RC_OK);
        CHECK(feel_tree_equal(&tree, &again));
        CHECK(feel_print(a, &again, &twice, &err) == RC_OK);
        CHECK(str_eq(printed, twice));
    }
    arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};

    try_text(text, false);
    try_text(text, true);
    return 0;
}
