#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/encode.h"

typedef enum rc decoder(struct arena *a, struct str text, struct str *out, struct err *err);
typedef struct str encoder(struct arena *a, struct str bytes);
typedef void putter(struct buf *b, struct str bytes);

static enum rc
decode_path(struct arena *a, struct str text, struct str *out, struct err *err)
{
    return percent_decode(a, text, false, out, err);
}

static enum rc
decode_form(struct arena *a, struct str text, struct str *out, struct err *err)
{
    return percent_decode(a, text, true, out, err);
}

/* Known pairs; the base64 ones are those of RFC 4648 §10. */
static void
bytes_become_text_and_come_back(void **state)
{
    static const struct {
        encoder *encode;
        putter *put;
        decoder *decode;
        struct str bytes;
        const char *text;
    } cases[] = {
        {hex_of, buf_put_hex, hex_decode, STR_INIT(""), ""},
        {hex_of, buf_put_hex, hex_decode, {NULL, 0}, ""},
        {hex_of, buf_put_hex, hex_decode, STR_INIT("\0\x01\x9A\xBC\xDE\xFF"), "00019abcdeff"},
        {base64_of, buf_put_base64, base64_decode, STR_INIT(""), ""},
        {base64_of, buf_put_base64, base64_decode, {NULL, 0}, ""},
        {base64_of, buf_put_base64, base64_decode, STR_INIT("f"), "Zg=="},
        {base64_of, buf_put_base64, base64_decode, STR_INIT("fo"), "Zm8="},
        {base64_of, buf_put_base64, base64_decode, STR_INIT("foo"), "Zm9v"},
        {base64_of, buf_put_base64, base64_decode, STR_INIT("foob"), "Zm9vYg=="},
        {base64_of, buf_put_base64, base64_decode, STR_INIT("fooba"), "Zm9vYmE="},
        {base64_of, buf_put_base64, base64_decode, STR_INIT("foobar"), "Zm9vYmFy"},
        {base64_of, buf_put_base64, base64_decode, STR_INIT("\xFB\xFF\xFE\0"), "+//+AA=="},
        {base64url_of, buf_put_base64url, base64url_decode, STR_INIT(""), ""},
        {base64url_of, buf_put_base64url, base64url_decode, STR_INIT("f"), "Zg"},
        {base64url_of, buf_put_base64url, base64url_decode, STR_INIT("fo"), "Zm8"},
        {base64url_of, buf_put_base64url, base64url_decode, STR_INIT("foo"), "Zm9v"},
        {base64url_of, buf_put_base64url, base64url_decode, STR_INIT("\xFB\xFF\xFE\0"), "-__-AA"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(4096);
        struct buf b;
        struct str out;
        struct err err;
        assert_true(str_eq(cases[i].encode(a, cases[i].bytes), str_of(cases[i].text)));
        buf_init(&b, a, 100);
        cases[i].put(&b, cases[i].bytes);
        assert_int_equal(buf_finish(&b, &out, &err), RC_OK);
        assert_true(str_eq(out, str_of(cases[i].text)));
        assert_int_equal(cases[i].decode(a, str_of(cases[i].text), &out, &err), RC_OK);
        assert_true(str_eq(out, cases[i].bytes));
        arena_free(a);
    }
}

static void
only_the_one_right_text_is_decoded(void **state)
{
    static const struct {
        decoder *decode;
        struct str text;
        const char *bytes; /* NULL: refused */
    } cases[] = {
        {hex_decode, STR_INIT("aBcD"), "\xAB\xCD"},
        {hex_decode, STR_INIT("abc"), NULL},
        {hex_decode, STR_INIT("0g"), NULL},
        {hex_decode, STR_INIT("g0"), NULL},
        {hex_decode, STR_INIT("0x"), NULL},
        {hex_decode, STR_INIT(" 0"), NULL},
        {hex_decode, STR_INIT("\xFF\xFF"), NULL},
        {base64_decode, STR_INIT("Zg"), NULL},
        {base64_decode, STR_INIT("Zg="), NULL},
        {base64_decode, STR_INIT("Z==="), NULL},
        {base64_decode, STR_INIT("===="), NULL},
        {base64_decode, STR_INIT("="), NULL},
        {base64_decode, STR_INIT("Zh=="), NULL}, /* stray bits */
        {base64_decode, STR_INIT("Zm9="), NULL},
        {base64_decode, STR_INIT("Zg==Zg=="), NULL},
        {base64_decode, STR_INIT("Zm9v\n"), NULL},
        {base64_decode, STR_INIT("Zm9\n"), NULL},
        {base64_decode, STR_INIT("-__-"), NULL},
        {base64_decode, STR_INIT("Zm\0v"), NULL},
        {base64_decode, STR_INIT("Zm\x80v"), NULL},
        {base64url_decode, STR_INIT("Zg=="), NULL},
        {base64url_decode, STR_INIT("Z"), NULL},
        {base64url_decode, STR_INIT("Zm9vZ"), NULL},
        {base64url_decode, STR_INIT("Zh"), NULL},
        {base64url_decode, STR_INIT("Zm9"), NULL},
        {base64url_decode, STR_INIT("+//+"), NULL},
        {decode_path, STR_INIT(""), ""},
        {decode_path, STR_INIT("a+b%20c%e4%B8%ad"), "a+b c中"},
        {decode_path, STR_INIT("%2"), NULL},
        {decode_path, STR_INIT("%"), NULL},
        {decode_path, STR_INIT("%g1"), NULL},
        {decode_path, STR_INIT("%1g"), NULL},
        {decode_path, STR_INIT("%00"), NULL},
        {decode_path, STR_INIT("a\0b"), NULL},
        {decode_path, STR_INIT("%%41"), NULL},
        {decode_path, STR_INIT("%2541"), "%41"}, /* once, not twice */
        {decode_form, STR_INIT("a+b%2Bc"), "a b+c"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(4096);
        struct str out = STR("untouched");
        struct err err;
        enum rc rc = cases[i].decode(a, cases[i].text, &out, &err);
        if (rc != (cases[i].bytes == NULL ? RC_INVALID : RC_OK)) {
            fail_msg("%.*s gave %s", STR_ARG(cases[i].text), rc_name(rc));
        }
        assert_true(str_eq(out, str_of(cases[i].bytes == NULL ? "untouched" : cases[i].bytes)));
        arena_free(a);
    }
}

/* All lengths and byte values: what is encoded is decoded to the same. */
static void
any_bytes_survive_the_way_and_back(void **state)
{
    static encoder *const encoders[] = {hex_of, base64_of, base64url_of};
    static decoder *const decoders[] = {hex_decode, base64_decode, base64url_decode};
    char bytes[300];

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(i * 7);
    }
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        struct arena *a = arena_new(1 << 16);
        struct str in = {bytes, len}, out;
        struct err err;
        for (int kind = 0; kind < 3; kind++) {
            assert_int_equal(decoders[kind](a, encoders[kind](a, in), &out, &err), RC_OK);
            assert_true(str_eq(out, in));
        }
        struct buf b;
        buf_init(&b, a, 4096);
        struct str plain = str_sub(in, 1, str_find_byte(str_from(in, 1), '\0'));
        buf_put_url(&b, plain);
        assert_int_equal(buf_finish(&b, &out, &err), RC_OK);
        assert_int_equal(percent_decode(a, out, true, &out, &err), RC_OK);
        assert_true(str_eq(out, plain));
        arena_free(a);
    }
}

static void
without_memory_each_says_so(void **state)
{
    static decoder *const decoders[] = {hex_decode, base64_decode, base64url_decode, decode_path};
    static encoder *const encoders[] = {hex_of, base64_of, base64url_of};
    static putter *const putters[] = {buf_put_hex, buf_put_base64, buf_put_base64url};
    struct arena *a = arena_new(4096);

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct str out = STR("untouched");
        struct err err;
        arena_fail_at(a, 1);
        assert_int_equal(decoders[i](a, STR("1234"), &out, &err), RC_LIMIT);
        assert_true(str_eq(out, STR("untouched")));
    }
    for (int i = 0; i < 3; i++) {
        struct buf b;
        arena_fail_at(a, 1);
        assert_null(encoders[i](a, STR("1234")).ptr);
        buf_init(&b, a, 5);
        putters[i](&b, STR("1234"));
        assert_true(b.failed);
    }
    arena_free(a);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_become_text_and_come_back),
        cmocka_unit_test(only_the_one_right_text_is_decoded),
        cmocka_unit_test(any_bytes_survive_the_way_and_back),
        cmocka_unit_test(without_memory_each_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
