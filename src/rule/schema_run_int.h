/*
 * schema_run_int - checking, between schema_check.c, schema_object.c, schema_closest.c and schema_message.c.
 */
#ifndef RULE_SCHEMA_RUN_INT_H
#define RULE_SCHEMA_RUN_INT_H

#include "rule/schema_int.h"

/* Where a value is; on the stack of the check, written out only when something is wrong. */
struct schema_place {
    const struct schema_place *up;
    struct str key, piece; /* piece: of a property, see schema_int.h */
    size_t index;
    bool is_member;
};

/* The resources entered, innermost first. */
struct schema_scope {
    const struct schema_scope *up;
    const struct schema_resource *resource;
};

/* Bits of the children of a value that some schema has looked at: an offset into run.bits, or none. */
struct schema_seen {
    bool is_wanted;
    size_t at;
    size_t words;
};

/* What is wrong with one of several alternatives for the value at place, counted and not written down. */
struct schema_tally {
    const struct schema_place *place;
    unsigned errors, wrong_constants;
    bool is_wrong_type;
};

/*
 * What schema_quick.c found out before it gave up: node does not hold for value, but its words before first_open do, except names
 * that are required and counted with the members; and so do the children before open, where that word is about children.
 */
struct schema_wrong {
    const struct schema_node *node;
    const struct json *value, *open; /* open may be NULL: all are */
    size_t first_open;
    bool is_left_over; /* only what is left over may be wrong, and which that is the slow walk knows */
};

enum { SCHEMA_WRONG_MAX = 8 }; /* a power of two */

struct schema_run {
    struct arena *arena;
    struct schema_result *result;
    int32_t today;
    size_t steps;
    unsigned depth;
    unsigned quiet; /* over 0: inside something whose errors do not count */
    struct schema_tally *tally; /* not NULL: errors are only counted */
    bool is_hasty;  /* schema_quick.c may be asked: what holds does not depend on the way to it */
    /* A ring of SCHEMA_WRONG_MAX, the outermost value last; so what was asked once is not asked again by the walk behind. */
    struct schema_wrong *wrong;
    unsigned wrong_count;
    unsigned names;          /* over 0: inside the name of a member, which is not remembered: it is soon gone from the stack */
    const struct json *open; /* from a word of schema_quick.c that gave up to its node, */
    bool is_left_over;       /* and whether it was for what is left over */
    uint64_t *bits;
    size_t bits_len, bits_cap;
    enum rc rc;
    struct err *err;
};

/* One value before one schema, with all that a word needs. */
struct schema_at {
    const struct schema_node *node;
    const struct json *value;
    const struct schema_place *place;
    const struct schema_scope *scope;
    const struct json *open; /* children before it are known to hold; NULL: none are */
    struct schema_seen seen;
};

/* False: it does not hold, or run->rc is not RC_OK any more. */
bool schema_run_node(struct schema_run *run, const struct schema_node *node,
                     const struct schema_at *at);
bool schema_run_child(struct schema_run *run, const struct schema_node *node,
                      const struct schema_at *at, const struct json *child, size_t index);
bool schema_run_object(struct schema_run *run, const struct schema_word *w,
                       const struct schema_at *at);
bool schema_run_array(struct schema_run *run, const struct schema_word *w,
                      const struct schema_at *at);
bool schema_too_many_steps(struct schema_run *run); /* false */
bool schema_is_whole(struct str number);
bool schema_plain_holds(struct schema_run *run, const struct schema_word *w, const struct json *value);
/* Whether no two of an array's items are equal. */
bool schema_is_unique(struct schema_run *run, const struct json *array);
/* Whether it holds; false with run->rc set where that cannot be said.  For schemas that are not dynamic. */
bool schema_quick_holds(struct schema_run *run, const struct schema_node *node, const struct json *value);
/* The walk that says what is wrong, without asking quickly first; for schema_check and for tests of the other. */
MUST_USE enum rc schema_check_slowly(const struct schema *schema, struct arena *work,
                                     const struct json *document, int32_t today,
                                     struct schema_result *out, struct err *err);
/* Whether the pattern is in text; false too, with run->rc set, where it cannot tell. */
bool schema_run_find(struct schema_run *run, const struct regex *regex, struct str text);
bool schema_run_stop(struct schema_run *run, enum rc rc); /* false */
void schema_see(struct schema_run *run, const struct schema_at *at, size_t index);
bool schema_seen_has(const struct schema_run *run, const struct schema_at *at, size_t index);
/* The word of a schema that is false. */
extern const struct schema_word schema_never;
/* False always: w does not hold.  detail: the name or the number that the message needs. */
bool schema_fail(struct schema_run *run, const struct schema_word *w, const struct schema_at *at,
                 struct str detail);

/* schema_closest.c: after anyOf or oneOf failed, what is wrong with the alternative that was meant. */
void schema_say_closest(struct schema_run *run, const struct schema_word *w, const struct schema_at *at);
void schema_tally_one(struct schema_tally *tally, const struct schema_word *w, const struct schema_at *at);
/* Whether anyOf or oneOf is between constants, which are a list to choose from; the constant of one. */
bool schema_is_choice(const struct schema_word *w);
const struct json *schema_constant_of(const struct schema_node *node); /* NULL */

/* count steps more; false once there were too many.  Inline because every word asks. */
static inline bool
schema_run_step(struct schema_run *run, size_t count)
{
    if (run->rc != RC_OK || count > run->steps) {
        return schema_too_many_steps(run);
    }
    run->steps -= count;
    return true;
}

/* What is known to be wrong with value, if it is the newest of that; or NULL. */
static inline const struct schema_wrong *
schema_wrong_last(const struct schema_run *run, const struct schema_node *node, const struct json *value)
{
    const struct schema_wrong *last = &run->wrong[(run->wrong_count - 1) % SCHEMA_WRONG_MAX];

    return last->node == node && last->value == value ? last : NULL;
}

static inline bool
schema_has_type(unsigned wanted, const struct json *value)
{
    static const unsigned types[] = {
        [JSON_NULL] = TYPE_NULL,     [JSON_BOOL] = TYPE_BOOLEAN, [JSON_NUMBER] = TYPE_NUMBER,
        [JSON_STRING] = TYPE_STRING, [JSON_ARRAY] = TYPE_ARRAY,  [JSON_OBJECT] = TYPE_OBJECT};

    return (types[value->kind] & wanted) != 0 ||
           (value->kind == JSON_NUMBER && (wanted & TYPE_INTEGER) != 0 && schema_is_whole(value->text));
}

#endif
