/*
 * Most patterns of forms and identifiers are a row of characters, each of some set and so many times:
 * ^[0-9A-Z]{18}$, ^\d{4}-\d{2}$.  Such a pattern is matched from left to right without ever going back, which
 * costs less than asking PCRE2.  The sets are of ASCII; whatever else a pattern has in it makes it none of these.
 *
 * Taking as many as there are is right if what comes next cannot begin with one of them: then fewer would not help.
 */
#include <string.h>

#include "rule/regex_int.h"

enum { PARTS_MAX = 16, TIMES_MAX = 1 << 20 };

struct part {
    uint64_t set[2]; /* bits of the 128 characters */
    size_t least, most;
};

struct regex_plain {
    size_t count;
    struct part parts[PARTS_MAX];
};

static bool
has(const struct part *p, unsigned char c)
{
    return c < 128 && (p->set[c >> 6] >> (c & 63) & 1) != 0;
}

static void
add(struct part *p, unsigned char from, unsigned char to)
{
    for (unsigned c = from; c <= to; c++) {
        p->set[c >> 6] |= UINT64_C(1) << (c & 63);
    }
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What stands behind a backslash, in a class or outside; false for what means more than some characters. */
static bool
read_escape(char c, struct part *p)
{
    if (c == 'd' || c == 'w') {
        add(p, '0', '9');
    }
    if (c == 'w') {
        add(p, 'A', 'Z');
        add(p, 'a', 'z');
        add(p, '_', '_');
    }
    if (c != '\0' && strchr("^$\\.*+?()[]{}|/-", c) != NULL) {
        add(p, (unsigned char)c, (unsigned char)c);
        return true;
    }
    return c == 'd' || c == 'w';
}

/* Behind "["; *rest moves behind "]". */
static bool
read_class(struct str *rest, struct part *p)
{
    bool is_first = true;

    while (rest->len > 0 && rest->ptr[0] != ']') {
        unsigned char c = (unsigned char)rest->ptr[0];
        bool is_range = rest->len > 2 && rest->ptr[1] == '-' && rest->ptr[2] != ']';
        if (c >= 128 || (is_first && c == '^')) {
            return false;
        }
        is_first = false;
        if (c == '\\') {
            bool is_known = rest->len > 1 && read_escape(rest->ptr[1], p);
            *rest = str_from(*rest, 2);
            if (!is_known || (str_starts(*rest, STR("-")) && !str_starts(*rest, STR("-]")))) {
                return false; /* a range from there is not worth a thought */
            }
            continue;
        }
        unsigned char to = is_range ? (unsigned char)rest->ptr[2] : c;
        if (to >= 128 || to < c || to == '\\') {
            return false;
        }
        add(p, c, to);
        *rest = str_from(*rest, is_range ? 3 : 1);
    }
    bool is_closed = rest->len > 0;
    *rest = str_from(*rest, 1);
    return is_closed;
}

static bool
read_number(struct str *rest, size_t *out)
{
    size_t value = 0;
    bool is_there = rest->len > 0 && is_digit(rest->ptr[0]);

    while (rest->len > 0 && is_digit(rest->ptr[0]) && value < TIMES_MAX) {
        value = value * 10 + (size_t)(rest->ptr[0] - '0');
        *rest = str_from(*rest, 1);
    }
    *out = value;
    return is_there && value < TIMES_MAX;
}

/* How many times; once if nothing says so. */
static bool
read_times(struct str *rest, struct part *p)
{
    char c = rest->len > 0 ? rest->ptr[0] : '\0';

    p->least = c == '?' || c == '*' ? 0 : 1;
    p->most = c == '*' || c == '+' ? SIZE_MAX : 1;
    if (c == '?' || c == '*' || c == '+') {
        *rest = str_from(*rest, 1);
    } else if (c == '{') {
        *rest = str_from(*rest, 1);
        if (!read_number(rest, &p->least)) {
            return false;
        }
        p->most = p->least;
        if (str_starts(*rest, STR(","))) {
            *rest = str_from(*rest, 1);
            p->most = SIZE_MAX;
            if (!str_starts(*rest, STR("}")) && !read_number(rest, &p->most)) {
                return false;
            }
        }
        if (!str_starts(*rest, STR("}"))) {
            return false;
        }
        *rest = str_from(*rest, 1);
    }
    return rest->len == 0 || rest->ptr[0] != '?'; /* "as few as possible" */
}

static bool
read_part(struct str *rest, struct part *p)
{
    char c = rest->ptr[0];

    *rest = str_from(*rest, 1);
    if (c == '[') {
        return read_class(rest, p) && read_times(rest, p);
    }
    if (c == '\\') {
        bool is_known = rest->len > 0 && read_escape(rest->ptr[0], p);
        *rest = str_from(*rest, 1);
        return is_known && read_times(rest, p);
    }
    if ((unsigned char)c >= 128 || c == '\0' || strchr("^$.*+?()]{}|", c) != NULL) {
        return false;
    }
    add(p, (unsigned char)c, (unsigned char)c);
    return read_times(rest, p);
}

/* Whether no character of a part whose times are open can be the first of what follows it. */
static bool
is_decided(const struct regex_plain *re)
{
    for (size_t i = 0; i < re->count; i++) {
        const struct part *p = &re->parts[i];
        bool is_open = p->least != p->most;
        for (size_t k = i + 1; k < re->count && is_open; k++) {
            const struct part *next = &re->parts[k];
            if (((p->set[0] & next->set[0]) | (p->set[1] & next->set[1])) != 0) {
                return false;
            }
            is_open = next->least == 0;
        }
    }
    return true;
}

const struct regex_plain *
regex_plain_of(struct arena *a, struct str ecma)
{
    struct regex_plain *re = arena_alloc(a, 1, sizeof(*re));
    struct str rest;

    if (re == NULL || !str_starts(ecma, STR("^")) || !str_ends(ecma, STR("$"))) {
        return NULL;
    }
    rest = str_sub(ecma, 1, ecma.len < 2 ? 0 : ecma.len - 2);
    while (rest.len > 0) {
        if (re->count == PARTS_MAX || !read_part(&rest, &re->parts[re->count])) {
            return NULL;
        }
        re->count++;
    }
    return is_decided(re) ? re : NULL;
}

bool
regex_plain_matches(const struct regex_plain *re, struct str text)
{
    const unsigned char *at = (const unsigned char *)text.ptr;
    size_t left = text.len;

    for (size_t i = 0; i < re->count; i++) {
        const struct part *p = &re->parts[i];
        size_t most = left < p->most ? left : p->most;
        size_t taken = 0;
        while (taken < most && has(p, at[taken])) {
            taken++;
        }
        if (taken < p->least) {
            return false;
        }
        at += taken;
        left -= taken;
    }
    return left == 0;
}
