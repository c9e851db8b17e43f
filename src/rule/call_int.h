/*
 * call_int - how FEEL's own functions are written: a row for each way to call one, and one function that finds the row.
 *
 * Rows stand with their functions, a file a group (call_string.c, call_list.c ...).  call.c takes the first row whose parameters
 * take the arguments: by position, or all by name; one item for a list and a list of one for its item are let through as 10.3.2.9.4
 * has it.  If none does, the value is null and a note says which argument would not do.  So a function may rely on what
 * it is given, and looks only at what a row cannot say.
 */
#ifndef RULE_CALL_INT_H
#define RULE_CALL_INT_H

#include "rule/function.h"

enum { CALL_PARAMETERS_MAX = 7 };

/* What a parameter takes: bits of value kinds. */
#define TAKES(kind) (1u << VALUE_##kind)
#define TAKES_ANY ((1u << VALUE_KINDS) - 1u)
#define TAKES_OPTIONAL (1u << 30) /* may be left out, and null counts as left out: then it is given as null */
#define TAKES_MOMENT (TAKES(DATE) | TAKES(DATE_TIME))

struct call_parameter {
    const char *name;
    unsigned takes;
};
/* False: a limit of the run is passed; *out is null before. */
typedef bool call_fn(struct run *r, const struct value *argument, struct value *out);
struct call_row {
    enum builtin builtin;
    call_fn *call;
    bool gathers; /* its one parameter is a list of all arguments: sum(1, 2, 3) */
    struct call_parameter parameter[CALL_PARAMETERS_MAX];
};

/* value_equal within the limits of the run: values may hold one another many times over.  False: a limit is passed. */
MUST_USE bool call_equal(struct run *r, const struct value *a, const struct value *b, enum tri *out);

/* A value for a note: a string's first letters, a word for what is long.  NULL ptr past the arena's limit. */
struct str call_word(struct run *r, struct value v);
/* For what a row cannot say: the value stays null, and a note says that this argument would not do.  True, or run_full. */
bool call_refused(struct run *r, const char *name, struct value argument);

/* What text stands for as a date, time, date and time or duration; as "[1..10)".  *out stays as it was if it stands for none.  False:
 * a limit of the run is passed. */
bool call_literal(struct run *r, enum value_kind kind, struct str text, struct value *out);
bool call_range_literal(struct run *r, struct str text, struct value *out);

/* What is before the point of a number; false past 64 bits. */
MUST_USE bool call_whole(struct value number, int64_t *out);
/* The array on the run's arena moved to where there is room for more things of that size; NULL: run_full. */
void *call_longer(struct run *r, void *array, size_t *room, size_t size);
/*
 * A stable merge sort of items in place.  before says whether b has to stand before a although it comes after it; *before is false
 * before the call.  False: a limit is passed, or before was false; then the items are in no order.
 */
typedef bool call_sort_before(struct run *r, const void *ctx, const struct value *b, const struct value *a, bool *before);
MUST_USE bool call_sort(struct run *r, struct value *item, size_t count, call_sort_before *fn, const void *ctx);

/* Ends with a row without call.  One builtin may have rows in one table only, next to one another. */
extern const struct call_row call_boolean_rows[];  /* call_boolean.c: not, all, any, is */
extern const struct call_row call_number_rows[];   /* call_number.c: decimal ... even, number */
extern const struct call_row call_string_rows[];   /* call_string.c */
extern const struct call_row call_pattern_rows[];  /* call_pattern.c: matches, replace, split */
extern const struct call_row call_list_rows[];     /* call_list.c: count ... sort, list replace */
extern const struct call_row call_figures_rows[];  /* call_figures.c: min, max, sum, mean, median, mode, stddev, product */
extern const struct call_row call_context_rows[];  /* call_context.c */
extern const struct call_row call_temporal_rows[]; /* call_temporal.c: date ... week of year, now, today */
extern const struct call_row call_range_rows[];    /* call_range.c: before ... coincides, range */

#endif
