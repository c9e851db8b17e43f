/*
 * Paths as strangers ask for them, and bundles as other servers send them.  An accepted path is the only one of its
 * tile; the entries of a bundle lie in it one behind the other.
 */
#include <stdint.h>

#include "evidence/tiles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_path(struct str path)
{
    int level = 0, width = 0;
    uint64_t index = 0;
    struct err err;

    if (tiles_parse_path(path, &level, &index, &width, &err) == RC_OK) {
        struct arena *a = arena_new(4096);
        struct buf b;
        CHECK(level >= -1 && level <= 63 && width >= 1 && width <= TILE_WIDTH);
        buf_init(&b, a, TILES_PATH_MAX);
        tiles_put_path(&b, level, index, width);
        CHECK(!b.failed && str_eq((struct str){b.ptr, b.len}, path));
        arena_free(a);
    }
}

static void
try_bundle(struct str bundle)
{
    struct str rest = bundle, entry;
    size_t used = 0;

    while (tiles_next_entry(&rest, &entry)) {
        used += 2 + entry.len;
        CHECK(used + rest.len == bundle.len);
        CHECK(entry.len == 0 || entry.ptr + entry.len == bundle.ptr + used);
    }
    CHECK(rest.len < 2 + 65535);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = {(const char *)data, size};

    try_path(bytes);
    try_bundle(bytes);
    return 0;
}
