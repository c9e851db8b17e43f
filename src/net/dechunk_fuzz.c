/*
 * Chunked bodies: all at once, byte by byte, and in pieces whose size the input chooses must decode the same.
 */
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "net/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    char *text;
    size_t len;
    size_t used;
    bool is_done;
    bool is_bad;
};

static struct outcome
decode(const uint8_t *data, size_t size, size_t piece)
{
    struct http_chunks chunks = {0};
    struct outcome o = {.text = mem_new(size + 1, 1)};
    struct err err;

    while (o.used < size && !o.is_done && !o.is_bad) {
        size_t len = size - o.used < piece ? size - o.used : piece;
        char *copy = mem_new(len, 1);
        size_t used = 0;
        size_t decoded = 0;
        memcpy(copy, data + o.used, len);
        o.is_bad = http_dechunk(&chunks, copy, len, &used, &decoded, &o.is_done, &err) != RC_OK;
        CHECK(decoded <= used && used <= len);
        memcpy(o.text + o.len, copy, decoded);
        o.len += decoded;
        o.used += used;
        mem_free(copy);
    }
    return o;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    const size_t pieces[] = {1, (size_t)data[0] + 1};
    struct outcome whole = decode(data + 1, size - 1, size);

    for (size_t i = 0; i < 2; i++) {
        struct outcome other = decode(data + 1, size - 1, pieces[i]);
        CHECK(other.is_bad == whole.is_bad && other.is_done == whole.is_done);
        if (!whole.is_bad) {
            CHECK(other.len == whole.len && other.used == whole.used);
            CHECK(memcmp(other.text, whole.text, whole.len) == 0);
        }
        mem_free(other.text);
    }
    mem_free(whole.text);
    return 0;
}
