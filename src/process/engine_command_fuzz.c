/* Whatever is read as a command is written back to the same, and read again to the same. */
#include "process/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str
written(struct arena *a, const struct command *c)
{
    struct json *j = command_json(a, c);
    struct str text = STR("");
    struct buf b;
    struct err err;

    CHECK(j != NULL);
    buf_init(&b, a, 32 << 20);
    json_write(&b, j);
    CHECK(buf_finish(&b, &text, &err) == RC_OK);
    return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(64 << 20);
    struct str text = {(const char *)data, size};
    struct json *j = NULL, *again = NULL;
    struct command c, same;
    struct err err;

    if (json_parse(a, text, JSON_ANY, &j, &err) == RC_OK) {
        enum rc rc = command_read(a, j, &c, &err);
        CHECK(rc == RC_OK || rc == RC_INVALID);
        if (rc == RC_OK) {
            struct str first = written(a, &c);
            enum command_kind kind;
            CHECK(command_by_name(str_of(command_name(c.kind)), &kind) && kind == c.kind);
            CHECK(json_parse(a, first, JSON_ANY, &again, &err) == RC_OK && command_read(a, again, &same, &err) == RC_OK);
            CHECK(same.kind == c.kind && same.token == c.token && same.attempt == c.attempt && same.scope == c.scope);
            CHECK(str_eq(first, written(a, &same)));
        }
    }
    arena_free(a);
    return 0;
}
