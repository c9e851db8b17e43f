/*
 * type - what a value has to be: the types of FEEL and the item definitions of a model (DMN 1.5, 10.3.2.3, 10.3.2.9, 7.3.3).
 */
#ifndef RULE_TYPE_H
#define RULE_TYPE_H

#include "rule/syntax.h"
#include "rule/value.h"

enum type_kind {
    TYPE_ANY,
    TYPE_NULL,
    TYPE_BOOLEAN,
    TYPE_NUMBER,
    TYPE_STRING,
    TYPE_DATE,
    TYPE_TIME,
    TYPE_DATE_TIME,
    TYPE_DAYS_DURATION,
    TYPE_MONTHS_DURATION,
    TYPE_LIST,     /* element */
    TYPE_CONTEXT,  /* members; without any: every context */
    TYPE_RANGE,    /* element */
    TYPE_FUNCTION  /* parameters in member, result in element; without either: every function */
};

struct program;
struct run;
struct type_member {
    struct str name;
    const struct type *type; /* NULL: any */
};
struct type {
    enum type_kind kind;
    struct str name;             /* of the item definition; "" for a type without a name */
    const struct type *element;  /* NULL: any */
    size_t count;
    const struct type_member *member;
    /* Unary tests that the value (of a list: with is_each_allowed each item of it) has to pass; NULL: none. */
    const struct program *allowed;
    struct str allowed_text;
    bool is_each_allowed;
};

/* One of FEEL's own by its name, the older spellings (dateTime, dayTimeDuration, yearMonthDuration) among them; NULL: no such. */
const struct type *type_builtin(struct str name);
/* What the reader of texts has to know of it (rule/syntax.h).  NULL past the arena's limit. */
const struct feel_type *type_shape(struct arena *a, const struct type *t);

/*
 * instance of: the value's own shape, without allowed values.  Null alone is of type Null only, as the conformance kit has it; as an
 * item, a member or an end of a range it is of every type.  type_is counts its work; type_holds gives up (false) on what is large
 * beyond reason.
 */
bool type_holds(const struct type *t, struct value v);
MUST_USE bool type_is(struct run *r, const struct type *t, struct value v, bool *is); /* false: a limit of the run is passed */
/* Whether whatever is of type a is of type b, too (10.3.2.9.1). */
bool type_conforms(const struct type *a, const struct type *b);
bool type_conforms_in_shape(const struct type *a, const struct type *b); /* whatever values are allowed */
bool type_equal(const struct type *a, const struct type *b);

/*
 * The value as one of type t (NULL: any): as it is, one item taken out of a list or put into one, a date made its midnight of UTC
 * (10.3.2.9.4); null if it is none, or not allowed; then the run has a note that says why.  Null stays null.  False: a limit of the run is
 * passed.
 */
MUST_USE bool type_coerce(struct run *r, const struct type *t, struct value v, struct value *out);
/* Whether a value of this kind is of type t as it is, because that asks nothing else: most values of most models. */
static inline bool
type_is_plain(const struct type *t, enum value_kind kind)
{
    static const uint8_t plain[] = {
        [TYPE_BOOLEAN] = VALUE_BOOLEAN,   [TYPE_NUMBER] = VALUE_NUMBER,
        [TYPE_STRING] = VALUE_STRING,     [TYPE_DATE] = VALUE_DATE,
        [TYPE_TIME] = VALUE_TIME,         [TYPE_DATE_TIME] = VALUE_DATE_TIME,
        [TYPE_DAYS_DURATION] = VALUE_DAYS_DURATION, [TYPE_MONTHS_DURATION] = VALUE_MONTHS_DURATION,
        [TYPE_FUNCTION] = VALUE_NULL};

    return t == NULL || kind == VALUE_NULL || (t->allowed == NULL && plain[t->kind] == kind);
}
/*
 * The value that JSON stands for where type t is asked: as type_coerce, but text also becomes a date, time or duration, and what
 * a number or boolean has to be stays null when it is text.
 */
MUST_USE bool type_of_json(struct run *r, const struct type *t, const struct json *j, struct value *out);

/* "list<number>", "tLoan": for sentences; past the arena's limit only "list". */
struct str type_text(struct arena *a, const struct type *t);

#endif
