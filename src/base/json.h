/*
 * json - RFC 8259 documents on an arena, exact to the last digit.
 *
 * A document is a tree of struct json.  Numbers keep the text they were
 * written with, so no amount of money or 64-bit id is ever rounded; the
 * accessors convert and say when that would lose something.  Strings are
 * decoded UTF-8 without NUL terminator; \u0000 is a character like any other in them, so
 * what goes to the C library goes through str_c, which refuses it.  Children are a linked list
 * in document order.  Everything, strings included, lives in the arena that it was made on;
 * a parsed tree may also point into the text that was parsed, which must live as long.
 *
 * Parsing is strict: one document, no comments, no trailing comma, valid
 * UTF-8, lone surrogates refused, depth up to JSON_DEPTH_MAX.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

enum { JSON_DEPTH_MAX = 64 };

struct json {
    enum json_kind kind;
    bool truth;         /* JSON_BOOL */
    bool lost;          /* a child could not be added, see Building */
    uint32_t count;     /* children of an array or object */
    struct str key;     /* name of this member, if its parent is an object */
    struct str text;    /* JSON_STRING decoded, JSON_NUMBER as written */
    struct json *first; /* children in order */
    struct json *last;
    struct json *next; /* next child of the same parent */
};

enum json_flags {
    JSON_ANY = 0,
    JSON_UNIQUE = 1, /* refuse an object with the same name twice: for everything signed */
};

/* Parse the whole of text.  RC_INVALID with the byte offset in err, or RC_LIMIT (arena, depth). */
MUST_USE enum rc json_parse(struct arena *a, struct str text, enum json_flags flags,
                            struct json **out, struct err *err);

/*
 * Building.  Every maker returns NULL once the arena is past its limit.  An adder that is given
 * NULL for a child marks the parent as lost; NULL for a parent does nothing.  So a builder checks
 * once, at the end: json_whole(root, err) is RC_LIMIT if root or anything below it was lost.
 * The writers refuse such a tree too: no half of a document can leave.  A child has one parent.
 *
 * Text is copied; bytes of it that are no UTF-8 become U+FFFD.
 */
struct json *json_null(struct arena *a);
struct json *json_bool(struct arena *a, bool truth);
struct json *json_int(struct arena *a, int64_t value);
struct json *json_number(struct arena *a, struct str digits); /* already a JSON number */
struct json *json_text(struct arena *a, struct str text);
struct json *json_array(struct arena *a);
struct json *json_object(struct arena *a);
void json_push(struct json *array, struct json *child);
/* Sets replace a member of that name, in its place; they walk the members that are there. */
void json_set(struct arena *a, struct json *object, const char *key, struct json *child);
void json_set_key(struct arena *a, struct json *object, struct str key, struct json *child);
void json_set_text(struct arena *a, struct json *object, const char *key, struct str text);
void json_set_int(struct arena *a, struct json *object, const char *key, int64_t value);
void json_set_bool(struct arena *a, struct json *object, const char *key, bool truth);
MUST_USE enum rc json_whole(const struct json *root, struct err *err);
/* With all that is below it; NULL for NULL. */
struct json *json_copy(struct arena *a, const struct json *from);

/* Looking.  All accept NULL and the wrong kind, and then answer "not there". */
const struct json *json_get(const struct json *object, const char *key); /* NULL; last one wins */
const struct json *json_get_key(const struct json *object, struct str key);
const struct json *json_path(const struct json *root, const char *dotted); /* "a.b.0.c" */
struct str json_str(const struct json *object, const char *key);           /* "" if none */
int64_t json_int_or(const struct json *object, const char *key, int64_t other);
bool json_true(const struct json *object, const char *key); /* there and true */
bool json_is(const struct json *j, enum json_kind kind);
/* False if it is not exactly an int64; 1e2 and 1.0 are. */
bool json_as_int(const struct json *j, int64_t *out);
/* Same values: numbers as decimals (1.0 is 1), members in any order (if it differs: n squared). */
bool json_equal(const struct json *a, const struct json *b);

/* Writing, compact.  Failure is the buf's (see buf_finish). */
void json_write(struct buf *out, const struct json *j);
void json_write_pretty(struct buf *out, const struct json *j); /* two spaces, for people */
MUST_USE enum rc json_print(struct arena *a, const struct json *j, struct str *out,
                            struct err *err);

/*
 * The canonical form of RFC 8785: members sorted by UTF-16 code units, ECMAScript numbers.
 * RC_INVALID where that would change what is said: a name that stands twice, a whole number that
 * is not exact as a double (9007199254740993), a fraction of more than 17 digits, 1e999, 1e-999.
 */
MUST_USE enum rc json_canonical(struct arena *a, const struct json *j, struct str *out,
                                struct err *err);

#endif
