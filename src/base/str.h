/*
 * str - a view of bytes with a length; buf - a growing one.
 *
 * A str owns nothing and is passed by value.  It need not end in NUL.
 * A buf has a limit from birth.  Once an append fails, later ones do nothing
 * and buf_finish reports it, so a renderer checks once, at the end.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct str {
    const char *ptr;
    size_t len;
};

/* "" lit makes anything but a string literal a compile error. */
#define STR_INIT(lit) {"" lit, sizeof(lit) - 1} /* for static tables */
#define STR(lit) ((struct str)STR_INIT(lit))
/* printf("%.*s", STR_ARG(s)) */
#define STR_ARG(s) (int)(s).len, (s).ptr

struct str str_of(const char *text); /* of a NUL-terminated text, NULL gives "" */
bool str_eq(struct str a, struct str b);
bool str_eq_fold(struct str a, struct str b); /* ASCII letters without case */
int str_cmp(struct str a, struct str b);      /* by bytes; <0, 0, >0 */
bool str_has(struct str s, struct str part);
bool str_starts(struct str s, struct str part);
bool str_ends(struct str s, struct str part);
struct str str_trim(struct str s);                 /* without blank, tab, CR, LF at both ends */
struct str str_from(struct str s, size_t start);   /* the rest from there; "" past the end */
struct str str_sub(struct str s, size_t start, size_t len); /* clipped to what there is */
size_t str_find(struct str s, struct str part); /* offset, or s.len if not there; "" is at 0 */
size_t str_find_byte(struct str s, char c);     /* offset, or s.len if not there */
/* Which of the words it is.  False, with *which untouched: none. */
bool str_among(struct str s, const char *const *words, size_t count, size_t *which);

/*
 * Cut *rest at the first sep: the part before goes to *part.  False, with *part untouched, once
 * *rest is empty: "a,,b," has the parts "a", "", "b".
 */
bool str_next(struct str *rest, char sep, struct str *part);

/* Decimal, whole string, no sign but '-'.  False if empty, not digits, or out of range. */
bool str_to_int(struct str s, int64_t *out);

MUST_USE enum rc str_copy(struct arena *a, struct str s, struct str *out, struct err *err);
/* NUL-terminated copy for the C library.  NULL past the limit or if s holds a NUL. */
const char *str_c(struct arena *a, struct str s);
/* Formatted text on the arena; NULL ptr past the limit. */
struct str str_fmt(struct arena *a, const char *fmt, ...) PRINTF(2, 3);

struct buf {
    struct arena *arena;
    char *ptr;
    size_t len;
    size_t cap;
    size_t limit_bytes;
    bool failed;
};

void buf_init(struct buf *b, struct arena *a, size_t limit_bytes);
/* count > 0 more bytes, for the caller to fill before the next call on b; NULL past a limit. */
static inline char *buf_room(struct buf *b, size_t count);
char *buf_room_more(struct buf *b, size_t count); /* what buf_room does where it has to grow */
void buf_put(struct buf *b, struct str s);        /* as it is: trusted markup only */
static inline void buf_put_char(struct buf *b, char c);
void buf_put_int(struct buf *b, int64_t value);
void buf_put_fmt(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_put_args(struct buf *b, const char *fmt, va_list args) PRINTF(2, 0);
void buf_put_html(struct buf *b, struct str s); /* escaped for text and "attributes" */
void buf_put_url(struct buf *b, struct str s);  /* percent-encoded: one path or query part */
/* RC_LIMIT if anything was lost, to the buf's limit or the arena's.  *out is what b holds. */
MUST_USE enum rc buf_finish(const struct buf *b, struct str *out, struct err *err);

/* Inline because writers call them once a token. */
static inline char *
buf_room(struct buf *b, size_t count)
{
    if (b->failed || count > b->cap - b->len || b->cap == 0) {
        return buf_room_more(b, count);
    }
    b->len += count;
    return b->ptr + b->len - count;
}

static inline void
buf_put_char(struct buf *b, char c)
{
    char *room = buf_room(b, 1);

    if (room != NULL) {
        *room = c;
    }
}

#endif
