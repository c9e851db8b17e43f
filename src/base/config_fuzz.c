/* Any file is either refused or gives every known key a value that holds no line end. */
#include "base/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct config_key known[] = {
    {"node", "name", "n", ""},
    {"node", "public", "no", ""},
    {"http", "port", "8080", ""},
};
enum { KNOWN = sizeof(known) / sizeof(known[0]) };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(1 << 16);
    struct config *c;
    struct err err;
    int64_t port;

    if (config_parse(arena, (struct str){(const char *)data, size}, NULL, known, KNOWN, &c, &err) ==
        RC_OK) {
        for (size_t i = 0; i < KNOWN; i++) {
            struct str value = config_get(c, known[i].section, known[i].key);
            CHECK(value.ptr != NULL && str_find_byte(value, '\n') == value.len);
            CHECK(str_eq(str_trim(value), value));
        }
        if (config_int(c, "http", "port", 1, 65535, &port, &err) == RC_OK) {
            CHECK(port >= 1 && port <= 65535);
        }
        (void)config_flag(c, "node", "public");
    }
    arena_free(arena);
    return 0;
}
