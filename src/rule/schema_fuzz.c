/*
 * Input: a schema as JSON, NUL, a document as JSON.  Nothing may crash or hang; a check says the same twice,
 * quickly or slowly, and errors are there exactly where it is not valid.
 */
#include "rule/schema_run_int.h"

enum { ARENA_BYTES = 16 << 20, TODAY = 20780 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(struct arena *a, const struct json *root, const struct json *document)
{
    struct schema_document self[] = {{STR("urn:self"), root}};
    struct schema_options options = {self, 1, true};
    struct schema_result first, second;
    const struct schema *schema;
    struct err err;

    if (schema_compile(a, STR(""), root, &options, &schema, &err) != RC_OK) {
        return;
    }
    enum rc rc = schema_check(schema, a, document, TODAY, &first, &err);
    if (rc != RC_OK) {
        CHECK(rc == RC_LIMIT);
        return;
    }
    CHECK(first.is_valid == (first.count == 0) && (!first.is_cut || first.count == SCHEMA_ERRORS_MAX));
    if (schema_check_slowly(schema, a, document, TODAY, &second, &err) == RC_OK) {
        CHECK(first.is_valid == second.is_valid && first.count == second.count);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size};
    struct arena *a = arena_new(ARENA_BYTES);
    struct json *root, *document;
    struct str schema;
    struct err err;

    if (str_next(&rest, '\0', &schema) && json_parse(a, schema, JSON_ANY, &root, &err) == RC_OK &&
        json_parse(a, rest, JSON_ANY, &document, &err) == RC_OK) {
        check(a, root, document);
    }
    arena_free(a);
    return 0;
}
