/*
 * Eight bytes of ASCII are checked at a time; other sequences byte by byte against the ranges of
 * RFC 3629 §4.  Chinese text is all three-byte sequences, which take one branch.
 */
#include "base/utf8.h"

#include <string.h>

/* Whether the eight bytes at p are all ASCII. */
static bool
is_ascii8(const unsigned char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
    return (word & UINT64_C(0x8080808080808080)) == 0;
}

static bool
is_tail(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* Bytes of the sequence at p, of which left > 0 are there; 0 if it is none. */
static size_t
sequence_len(const unsigned char *p, size_t left)
{
    unsigned char c = p[0];

    if (c < 0x80) {
        return 1;
    }
    if (c >= 0xE1 && c <= 0xEF && left >= 3 && is_tail(p[1]) && is_tail(p[2])) {
        return c == 0xED && p[1] > 0x9F ? 0 : 3; /* U+D800..DFFF are surrogates */
    }
    if (c >= 0xC2 && c <= 0xDF && left >= 2 && is_tail(p[1])) {
        return 2;
    }
    if (c == 0xE0 && left >= 3 && p[1] >= 0xA0 && is_tail(p[1]) && is_tail(p[2])) {
        return 3;
    }
    if (c >= 0xF0 && c <= 0xF4 && left >= 4 && is_tail(p[1]) && is_tail(p[2]) && is_tail(p[3])) {
        return (c == 0xF0 && p[1] < 0x90) || (c == 0xF4 && p[1] > 0x8F) ? 0 : 4;
    }
    return 0;
}

bool
utf8_is_valid(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    size_t left = s.len;

    while (left > 0) {
        if (left >= 8 && is_ascii8(p)) {
            p += 8;
            left -= 8;
            continue;
        }
        size_t len = sequence_len(p, left);
        if (len == 0) {
            return false;
        }
        p += len;
        left -= len;
    }
    return true;
}

uint32_t
utf8_next(struct str *rest)
{
    CHECK(rest->len > 0);

    const unsigned char *p = (const unsigned char *)rest->ptr;
    size_t len = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    static const unsigned char lead_mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};

    CHECK(len <= rest->len);
    uint32_t code_point = p[0] & lead_mask[len];
    for (size_t i = 1; i < len; i++) {
        code_point = code_point << 6 | (p[i] & 0x3FU);
    }
    *rest = str_from(*rest, len);
    return code_point;
}

void
buf_put_utf8(struct buf *b, uint32_t code_point)
{
    char bytes[4];
    size_t len = utf8_write(bytes, code_point);

    buf_put(b, (struct str){bytes, len});
}

size_t
utf8_write(char out[4], uint32_t code_point)
{
    CHECK(code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF));
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xC0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 0x3F));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(0xE0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code_point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code_point >> 18);
    out[1] = (char)(0x80 | (code_point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code_point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code_point & 0x3F));
    return 4;
}

void
buf_put_repaired(struct buf *b, struct str s)
{
    while (s.len > 0) {
        size_t len = sequence_len((const unsigned char *)s.ptr, s.len);
        buf_put(b, len == 0 ? STR("\xEF\xBF\xBD") : str_sub(s, 0, len));
        s = str_from(s, len == 0 ? 1 : len);
    }
}

size_t
utf8_count(struct str s)
{
    size_t count = 0;

    for (size_t i = 0; i < s.len; i++) {
        count += !is_tail((unsigned char)s.ptr[i]);
    }
    return count;
}

/* Characters that change how their neighbours are shown (U+202A..202E, U+2066..2069). */
static bool
is_bidi_control(uint32_t c)
{
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

bool
utf8_is_plain(struct str s)
{
    if (!utf8_is_valid(s)) {
        return false;
    }
    while (s.len > 0) {
        uint32_t c = utf8_next(&s);
        if ((c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7F && c < 0xA0) || c == 0xFEFF ||
            is_bidi_control(c)) {
            return false;
        }
    }
    return true;
}

/* Zero-width space, non-joiner, joiner, word joiner, and the byte order mark inside a text. */
static bool
is_zero_width(uint32_t c)
{
    return (c >= 0x200B && c <= 0x200D) || c == 0x2060 || c == 0xFEFF;
}

/* The hyphens and dashes that people type between groups of digits. */
static bool
is_hyphen(uint32_t c)
{
    return c == '-' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212;
}

static uint32_t
fold_width(uint32_t c)
{
    if (c == 0x3000) {
        return ' ';
    }
    return c >= 0xFF01 && c <= 0xFF5E ? c - 0xFF01 + '!' : c;
}

enum rc
utf8_fold(struct arena *a, struct str s, bool upper, bool tight, struct str *out, struct err *err)
{
    char *bytes = arena_alloc(a, s.len, 1); /* folding never makes a text longer */
    size_t len = 0;

    if (bytes == NULL) {
        return err_set(err, RC_LIMIT, "no room for %zu bytes", s.len);
    }
    while (s.len > 0) {
        uint32_t c = fold_width(utf8_next(&s));
        if (is_zero_width(c) || (tight && (c == ' ' || c == '\t' || c == 0xA0 || is_hyphen(c)))) {
            continue;
        }
        if (upper && c >= 'a' && c <= 'z') {
            c -= 'a' - 'A';
        }
        char one[4];
        size_t one_len = utf8_write(one, c);
        memcpy(bytes + len, one, one_len);
        len += one_len;
    }
    *out = (struct str){bytes, len};
    return RC_OK;
}
