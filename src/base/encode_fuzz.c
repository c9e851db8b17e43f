/*
 * Every decoder on every input, and what a strict one accepts is the only text of its bytes.
 */
#include "base/encode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef enum rc decoder(struct arena *a, struct str text, struct str *out, struct err *err);
typedef struct str encoder(struct arena *a, struct str bytes);

static void
check_pair(struct arena *a, struct str in, encoder *encode, decoder *decode, bool is_unique)
{
    struct str out;
    struct err err;

    CHECK(decode(a, encode(a, in), &out, &err) == RC_OK);
    CHECK(str_eq(out, in));
    if (decode(a, in, &out, &err) == RC_OK) {
        struct str again = encode(a, out);
        CHECK(is_unique ? str_eq(again, in) : str_eq_fold(again, in));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(1 << 22);
    struct str in = {(const char *)data, size}, out, again;
    struct err err;
    struct buf b;

    check_pair(a, in, hex_of, hex_decode, false);
    check_pair(a, in, base64_of, base64_decode, true);
    check_pair(a, in, base64url_of, base64url_decode, true);
    for (int plus = 0; plus < 2; plus++) {
        if (percent_decode(a, in, plus == 1, &out, &err) == RC_OK) {
            buf_init(&b, a, 1 << 20);
            buf_put_url(&b, out);
            CHECK(buf_finish(&b, &again, &err) == RC_OK);
            CHECK(percent_decode(a, again, plus == 1, &again, &err) == RC_OK);
            CHECK(str_eq(again, out));
        }
    }
    arena_free(a);
    return 0;
}
