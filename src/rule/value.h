/*
 * value - what a FEEL expression can be: null, boolean, number, string, dates and durations, list, context, range, function.
 *
 * A value is small and passed by value; what does not fit lies on the arena of the evaluation and is never changed afterwards, so
 * values may be shared freely.  Strings are UTF-8 and counted in code points (DMN 1.5, 10.3.4.3).  Null is a value, and also what
 * becomes of every mistake (three-valued logic, 10.3.2.2): why it became null is told to the run (rule/run.h), not to the value.
 */
#ifndef RULE_VALUE_H
#define RULE_VALUE_H

#include "base/json.h"
#include "rule/temporal.h"

enum value_kind {
    VALUE_NULL,
    VALUE_BOOLEAN,
    VALUE_NUMBER,
    VALUE_STRING,
    VALUE_DATE,
    VALUE_TIME,
    VALUE_DATE_TIME,
    VALUE_DAYS_DURATION,   /* days and time */
    VALUE_MONTHS_DURATION, /* years and months */
    VALUE_LIST,
    VALUE_CONTEXT,
    VALUE_RANGE,
    VALUE_FUNCTION,
    VALUE_KINDS /* how many */
};

/* Values may be nested deeper; then they are not compared and not written any more. */
enum { VALUE_DEPTH_MAX = 100 };

struct value {
    enum value_kind kind;
    union {
        bool truth;
        struct decimal number;
        struct str text;
        const struct temporal *temporal; /* date, time, date and time */
        struct duration duration;        /* days and time */
        int64_t months;
        const struct list *list;
        const struct context *context;
        const struct range *range;
        const struct function *function; /* rule/function.h */
    } as;
};

struct list {
    size_t count;
    const struct value *item;
};
struct entry {
    struct str name;
    struct value value;
};
struct context { /* in the order written; no name twice */
    size_t count;
    const struct entry *entry;
};
/* An end that is unbounded has a null value: what "< 5" makes.  Both ends are of one kind, or null. */
enum range_end { RANGE_CLOSED, RANGE_OPEN, RANGE_UNBOUNDED };
/* What "= 5" and "!= 5" make has 5 at both ends; it holds 5, or all that can be compared with it but 5. */
enum range_form { RANGE_BETWEEN, RANGE_ONE, RANGE_ALL_BUT };
struct range {
    enum range_end low_end, high_end;
    struct value low, high;
    enum range_form form; /* ranges of different forms are never equal */
};

static inline struct value value_null(void) { return (struct value){.kind = VALUE_NULL}; }
static inline struct value value_of_bool(bool truth) { return (struct value){.kind = VALUE_BOOLEAN, .as.truth = truth}; }
static inline struct value value_of_number(struct decimal d) { return (struct value){.kind = VALUE_NUMBER, .as.number = d}; }
static inline struct value value_of_int(int64_t n) { return value_of_number(decimal_of(n)); }
static inline struct value value_of_str(struct str s) { return (struct value){.kind = VALUE_STRING, .as.text = s}; }
static inline bool value_is_true(struct value v) { return v.kind == VALUE_BOOLEAN && v.as.truth; }

/* NULL past the arena's limit. */
const struct list *list_of(struct arena *a, const struct value *item, size_t count); /* items are copied */
/* The value by that name, or NULL. */
const struct value *context_find(const struct context *c, struct str name);

/* Equality and order of 10.3.2.13: TRI_NULL when the two cannot be compared. */
enum tri { TRI_FALSE, TRI_TRUE, TRI_NULL };
enum tri value_equal(struct value a, struct value b);
/* The same; *work goes up by how many comparisons it took, for run_step. */
enum tri value_equal_counted(struct value a, struct value b, uint64_t *work);
/* The same number for values that are equal.  Looks at a part of large ones only. */
uint64_t value_hash(struct value v);
/* *order is below, 0, above zero.  False, *order untouched: there is no order between these. */
MUST_USE bool value_compare(struct value a, struct value b, int *order);
/* Whether v lies in the range: TRI_NULL when it cannot be compared with its ends. */
enum tri range_has(const struct range *r, struct value v);
/* FEEL's is(): the same in everything that can be told. */
bool value_same(struct value a, struct value b);

/* As FEEL text that reads back as the same value (but for functions written in FEEL, of which it is the head); what string() gives.
 * Strings and dates inside of others stand as "a" and @"2026-11-28"; quoted: alone, too.  NULL ptr past the arena's limit or
 * VALUE_DEPTH_MAX. */
struct str value_text(struct arena *a, struct value v, bool quoted);
/* "number", "days and time duration": as type names are written. */
struct str value_kind_name(enum value_kind kind);

/* Numbers are exact both ways; dates, times, durations, ranges and functions go out as their text (types make them more on the way
 * in, rule/type.h).  The value shares the tree's bytes.  RC_INVALID: a number past the range; RC_LIMIT past the arena's limit. */
MUST_USE enum rc value_of_json(struct arena *a, const struct json *j, struct value *out, struct err *err);
/* Written straight into b, compact, contexts in their own order.  b fails past VALUE_DEPTH_MAX. */
void value_put_json(struct buf *b, struct value v);

#endif
