/*
 * One output allocation each; a decoder looks every byte up in a table of 256 in which 0 means
 * "foreign" and v + 1 the value v, and gathers what is wrong to test it once per group.
 */
#include "base/encode.h"

#include <string.h>

#define BASE64_COMMON "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const char base64_letters[] = BASE64_COMMON "+/";
static const char base64url_letters[] = BASE64_COMMON "-_";

#define VALUES_OF_COMMON                                                                          \
    ['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7, ['H'] = 8,       \
    ['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15,            \
    ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22,           \
    ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29,           \
    ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36,           \
    ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42, ['q'] = 43,           \
    ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49, ['x'] = 50,           \
    ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56, ['4'] = 57,           \
    ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62

static const unsigned char base64_values[256] = {VALUES_OF_COMMON, ['+'] = 63, ['/'] = 64};
static const unsigned char base64url_values[256] = {VALUES_OF_COMMON, ['-'] = 63, ['_'] = 64};

static const unsigned char hex_values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* Writes two characters a byte. */
static void
hex_write(char *out, struct str bytes)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.ptr[i];
        out[2 * i] = digits[c >> 4];
        out[2 * i + 1] = digits[c & 15];
    }
}

static size_t
base64_len(size_t bytes, bool padded)
{
    static const unsigned char tail[] = {0, 2, 3};

    return bytes / 3 * 4 + (bytes % 3 == 0 ? 0 : padded ? 4 : tail[bytes % 3]);
}

/* Writes base64_len characters. */
static void
base64_write(char *out, struct str bytes, const char *letters, bool padded)
{
    const unsigned char *in = (const unsigned char *)bytes.ptr;
    size_t left = bytes.len;

    for (; left >= 3; left -= 3, in += 3) {
        uint32_t group = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        *out++ = letters[group >> 18];
        *out++ = letters[group >> 12 & 63];
        *out++ = letters[group >> 6 & 63];
        *out++ = letters[group & 63];
    }
    if (left > 0) {
        uint32_t group = (uint32_t)in[0] << 16 | (left == 2 ? (uint32_t)in[1] << 8 : 0);
        *out++ = letters[group >> 18];
        *out++ = letters[group >> 12 & 63];
        if (left == 2) {
            *out++ = letters[group >> 6 & 63];
        }
        for (size_t i = left; padded && i < 3; i++) {
            *out++ = '=';
        }
    }
}

void
buf_put_hex(struct buf *b, struct str bytes)
{
    char *out = buf_room(b, bytes.len * 2); /* no object is larger than PTRDIFF_MAX */

    if (out != NULL) {
        hex_write(out, bytes);
    }
}

static void
put_base64(struct buf *b, struct str bytes, const char *letters, bool padded)
{
    char *out = buf_room(b, base64_len(bytes.len, padded));

    if (out != NULL) {
        base64_write(out, bytes, letters, padded);
    }
}

void
buf_put_base64(struct buf *b, struct str bytes)
{
    put_base64(b, bytes, base64_letters, true);
}

void
buf_put_base64url(struct buf *b, struct str bytes)
{
    put_base64(b, bytes, base64url_letters, false);
}

struct str
hex_of(struct arena *a, struct str bytes)
{
    char *out = arena_alloc(a, bytes.len, 2);

    if (out == NULL) {
        return (struct str){NULL, 0};
    }
    hex_write(out, bytes);
    return (struct str){out, bytes.len * 2};
}

static struct str
base64_text(struct arena *a, struct str bytes, const char *letters, bool padded)
{
    size_t len = base64_len(bytes.len, padded);
    char *out = arena_alloc(a, len, 1);

    if (out == NULL) {
        return (struct str){NULL, 0};
    }
    base64_write(out, bytes, letters, padded);
    return (struct str){out, len};
}

struct str
base64_of(struct arena *a, struct str bytes)
{
    return base64_text(a, bytes, base64_letters, true);
}

struct str
base64url_of(struct arena *a, struct str bytes)
{
    return base64_text(a, bytes, base64url_letters, false);
}

enum rc
hex_decode(struct arena *a, struct str text, struct str *out, struct err *err)
{
    const unsigned char *in = (const unsigned char *)text.ptr;
    size_t len = text.len / 2;

    if (text.len % 2 != 0) {
        return err_set(err, RC_INVALID, "hex of odd length %zu", text.len);
    }
    unsigned char *bytes = arena_alloc(a, len, 1);
    if (bytes == NULL) {
        return err_set(err, RC_LIMIT, "no room for %zu bytes", len);
    }
    for (size_t i = 0; i < len; i++) {
        unsigned high = hex_values[in[2 * i]];
        unsigned low = hex_values[in[2 * i + 1]];
        if (high == 0 || low == 0) {
            return err_set(err, RC_INVALID, "no hex digit at %zu", 2 * i + (high != 0));
        }
        bytes[i] = (unsigned char)((high - 1) << 4 | (low - 1));
    }
    *out = (struct str){(const char *)bytes, len};
    return RC_OK;
}

/* text is without padding: whole groups of four, then 0, 2 or 3 characters. */
static enum rc
decode_groups(struct arena *a, struct str text, const unsigned char values[256], struct str *out,
              struct err *err)
{
    const unsigned char *in = (const unsigned char *)text.ptr;
    size_t tail = text.len % 4;
    size_t len = text.len / 4 * 3 + (tail == 0 ? 0 : tail - 1);

    if (tail == 1) {
        return err_set(err, RC_INVALID, "base64 of impossible length %zu", text.len);
    }
    unsigned char *bytes = arena_alloc(a, len, 1);
    if (bytes == NULL) {
        return err_set(err, RC_LIMIT, "no room for %zu bytes", len);
    }

    unsigned char *to = bytes;
    for (size_t i = 0; i < text.len; i += 4) {
        size_t have = text.len - i < 4 ? tail : 4;
        uint32_t group = 0;
        bool foreign = false;
        for (size_t k = 0; k < have; k++) {
            unsigned value = values[in[i + k]];
            foreign |= value == 0;
            group |= (uint32_t)((value - 1) & 63) << (18 - 6 * k);
        }
        if (foreign) {
            return err_set(err, RC_INVALID, "no base64 character near %zu", i);
        }
        /* Bits past the last byte must be zero, or two texts would mean the same bytes. */
        if (have < 4 && (group & (have == 2 ? 0xffffU : 0xffU)) != 0) {
            return err_set(err, RC_INVALID, "base64 with stray bits at its end");
        }
        for (size_t k = 0; k + 1 < have; k++) {
            *to++ = (unsigned char)(group >> (16 - 8 * k));
        }
    }
    CHECK((size_t)(to - bytes) == len);
    *out = (struct str){(const char *)bytes, len};
    return RC_OK;
}

enum rc
base64_decode(struct arena *a, struct str text, struct str *out, struct err *err)
{
    if (text.len % 4 != 0) {
        return err_set(err, RC_INVALID, "base64 of length %zu lacks padding", text.len);
    }
    if (str_ends(text, STR("=="))) {
        text.len -= 2;
    } else if (str_ends(text, STR("="))) {
        text.len -= 1;
    }
    return decode_groups(a, text, base64_values, out, err);
}

enum rc
base64url_decode(struct arena *a, struct str text, struct str *out, struct err *err)
{
    return decode_groups(a, text, base64url_values, out, err);
}

/* The byte that text[at] begins; *at moves past it.  -1 if the escape is bad. */
static int
percent_byte(struct str text, size_t *at, bool plus_is_blank)
{
    unsigned char c = (unsigned char)text.ptr[(*at)++];

    if (c == '+' && plus_is_blank) {
        return ' ';
    }
    if (c != '%') {
        return c;
    }
    if (text.len - *at < 2) {
        return -1;
    }
    int high = hex_values[(unsigned char)text.ptr[*at]];
    int low = hex_values[(unsigned char)text.ptr[*at + 1]];
    *at += 2;
    return high == 0 || low == 0 ? -1 : (high - 1) * 16 + low - 1;
}

enum rc
percent_decode(struct arena *a, struct str text, bool plus_is_blank, struct str *out,
               struct err *err)
{
    char *bytes = arena_alloc(a, text.len, 1);
    size_t len = 0;

    if (bytes == NULL) {
        return err_set(err, RC_LIMIT, "no room for %zu bytes", text.len);
    }
    for (size_t i = 0; i < text.len;) {
        size_t start = i;
        int c = percent_byte(text, &i, plus_is_blank);
        if (c <= 0) {
            return err_set(err, RC_INVALID, "%s at %zu", c == 0 ? "NUL" : "bad percent escape",
                           start);
        }
        bytes[len++] = (char)c;
    }
    *out = (struct str){bytes, len};
    return RC_OK;
}
