/*
 * How points and ranges lie to one another (DMN 1.5, Allen's intervals), and range() (10.3.4.1).
 *
 * A point is the closed range from itself to itself: with that, the standard's formulas for points are those for ranges.
 * A range without an end on one side has one there that is beyond everything, and equal only to another such.
 */
#include "rule/call_int.h"
#include "rule/lexer.h"

/* --- relations ----------------------------------------------------------------------------------- */

struct bound {
    int beyond; /* below 0: before everything; above: after everything; 0: at the value */
    bool is_included;
    struct value value;
};
struct span {
    struct bound low, high;
};

static struct bound
bound_of(enum range_end end, struct value v, int beyond)
{
    return (struct bound){end == RANGE_UNBOUNDED ? beyond : 0, end == RANGE_CLOSED, v};
}

static struct span
span_of(struct value v)
{
    struct bound point = {0, true, v};

    if (v.kind != VALUE_RANGE) {
        return (struct span){point, point};
    }
    return (struct span){bound_of(v.as.range->low_end, v.as.range->low, -1), bound_of(v.as.range->high_end, v.as.range->high, 1)};
}

/* What is asked of two bounds; *comparable becomes false once there is no order between them. */
static int
order(const struct bound *a, const struct bound *b, bool *comparable)
{
    int found = a->beyond - b->beyond;

    if (a->beyond == 0 && b->beyond == 0 && !value_compare(a->value, b->value, &found)) {
        *comparable = false;
    }
    return found;
}

typedef bool relation(const struct span *a, const struct span *b, bool *comparable);

static bool
lies_before(const struct span *a, const struct span *b, bool *comparable)
{
    int o = order(&a->high, &b->low, comparable);

    return o < 0 || (o == 0 && !(a->high.is_included && b->low.is_included));
}

static bool
meets(const struct span *a, const struct span *b, bool *comparable)
{
    return order(&a->high, &b->low, comparable) == 0 && a->high.is_included && b->low.is_included;
}

static bool
overlaps(const struct span *a, const struct span *b, bool *comparable)
{
    bool is_before = lies_before(a, b, comparable), is_after = lies_before(b, a, comparable);

    return !is_before && !is_after;
}

/* Whether a's low end lets in what b's does not, or as much as b's does (is_equal_fine). */
static bool
begins_before(const struct span *a, const struct span *b, bool is_equal_fine, bool *comparable)
{
    int o = order(&a->low, &b->low, comparable);

    return o < 0 || (o == 0 && (is_equal_fine ? a->low.is_included || !b->low.is_included
                                              : a->low.is_included && !b->low.is_included));
}

static bool
ends_within(const struct span *a, const struct span *b, bool *comparable)
{
    int o = order(&a->high, &b->high, comparable);

    return o < 0 || (o == 0 && (!a->high.is_included || b->high.is_included));
}

static bool
overlaps_before(const struct span *a, const struct span *b, bool *comparable)
{
    bool is_first = begins_before(a, b, false, comparable), is_apart = lies_before(a, b, comparable);

    return ends_within(a, b, comparable) && is_first && !is_apart;
}

static bool
finishes(const struct span *a, const struct span *b, bool *comparable)
{
    bool begins_within = begins_before(b, a, true, comparable);

    return order(&a->high, &b->high, comparable) == 0 && a->high.is_included == b->high.is_included && begins_within;
}

static bool
starts(const struct span *a, const struct span *b, bool *comparable)
{
    bool is_within = ends_within(a, b, comparable);

    return order(&a->low, &b->low, comparable) == 0 && a->low.is_included == b->low.is_included && is_within;
}

static bool
includes(const struct span *a, const struct span *b, bool *comparable)
{
    bool is_within = ends_within(b, a, comparable);

    return begins_before(a, b, true, comparable) && is_within;
}

static bool
coincides(const struct span *a, const struct span *b, bool *comparable)
{
    int low = order(&a->low, &b->low, comparable), high = order(&a->high, &b->high, comparable);

    return low == 0 && high == 0 && a->low.is_included == b->low.is_included && a->high.is_included == b->high.is_included;
}

/* All but one value is no interval. */
static bool
is_torn(struct value v)
{
    return v.kind == VALUE_RANGE && v.as.range->form == RANGE_ALL_BUT;
}

static bool
relate(struct run *r, const char *name, relation *holds, struct value first, struct value second, struct value *out)
{
    struct span a = span_of(first), b = span_of(second);
    bool comparable = true, is = holds(&a, &b, &comparable);

    if (is_torn(first) || is_torn(second)) {
        return call_refused(r, name, is_torn(first) ? first : second);
    }
    if (comparable) {
        *out = value_of_bool(is);
        return true;
    }
    return call_refused(r, name, second);
}

#define RELATION(function, name, holds)                                                    \
    static bool function(struct run *r, const struct value *argument, struct value *out) \
    {                                                                                      \
        return relate(r, name, holds, argument[0], argument[1], out);                      \
    }
/* The same seen from the other side. */
#define TURNED(function, name, holds)                                                      \
    static bool function(struct run *r, const struct value *argument, struct value *out) \
    {                                                                                      \
        return relate(r, name, holds, argument[1], argument[0], out);                      \
    }
RELATION(ask_before, "before", lies_before)
TURNED(ask_after, "after", lies_before)
RELATION(ask_meets, "meets", meets)
TURNED(ask_met_by, "met by", meets)
RELATION(ask_overlaps, "overlaps", overlaps)
RELATION(ask_overlaps_before, "overlaps before", overlaps_before)
TURNED(ask_overlaps_after, "overlaps after", overlaps_before)
RELATION(ask_finishes, "finishes", finishes)
TURNED(ask_finished_by, "finished by", finishes)
RELATION(ask_includes, "includes", includes)
TURNED(ask_during, "during", includes)
RELATION(ask_starts, "starts", starts)
TURNED(ask_started_by, "started by", starts)
RELATION(ask_coincides, "coincides", coincides)
#undef RELATION
#undef TURNED

/* --- range --------------------------------------------------------------------------------------- */

/* Text as "[1..10]", "(@\"2026-01-01\"..date(\"2026-12-31\")]": two constants of one kind.  What reads is false for whatever else. */
struct reading {
    struct run *run;
    struct lexer lexer;
    size_t at;
    struct token token;
    bool is_over; /* a limit of the run is passed */
};

static bool
next(struct reading *x, enum lex_mode mode)
{
    static const struct scope nothing = {.frame = NULL};
    struct err err;
    enum rc rc = lexer_next(&x->lexer, x->at, mode, &nothing, &x->token, &err);

    x->is_over = x->is_over || (rc == RC_LIMIT && !run_full(x->run));
    if (rc != RC_OK) {
        x->token.kind = TOKEN_OTHER;
        return false;
    }
    x->at = x->token.end;
    return true;
}

static bool
next_is(struct reading *x, enum lex_mode mode, enum token_kind kind)
{
    return next(x, mode) && x->token.kind == kind;
}

/* What @"text" (maker NULL) or maker("text") stands for. */
static bool
read_words(struct reading *x, const struct str *maker, struct str text, struct value *out)
{
    static const struct {
        struct str maker;
        enum value_kind kind;
    } table[] = {
        {STR_INIT("date"), VALUE_DATE},
        {STR_INIT("time"), VALUE_TIME},
        {STR_INIT("date and time"), VALUE_DATE_TIME},
        {STR_INIT("duration"), VALUE_DAYS_DURATION},
        {STR_INIT("duration"), VALUE_MONTHS_DURATION},
    };

    *out = value_null();
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]) && out->kind == VALUE_NULL; i++) {
        if ((maker == NULL || str_eq(*maker, table[i].maker)) && !call_literal(x->run, table[i].kind, text, out)) {
            x->is_over = true;
        }
    }
    return out->kind != VALUE_NULL;
}

/* date("2026-01-01"), whose name has been read. */
static bool
read_call(struct reading *x, struct value *out)
{
    struct str maker = x->token.text, text;

    if (!next_is(x, LEX_OPERATOR, TOKEN_OPEN) || !next_is(x, LEX_OPERAND, TOKEN_STRING)) {
        return false;
    }
    text = x->token.text;
    return next_is(x, LEX_OPERATOR, TOKEN_CLOSE) && read_words(x, &maker, text, out);
}

static bool
read_end(struct reading *x, struct value *out)
{
    struct decimal d;
    bool is_negative = next_is(x, LEX_OPERAND, TOKEN_MINUS);

    if (is_negative && !next_is(x, LEX_OPERAND, TOKEN_NUMBER)) {
        return false;
    }
    if (x->token.kind == TOKEN_NUMBER && decimal_parse(x->token.text, &d)) {
        *out = value_of_number(is_negative ? decimal_negate(d) : d);
        return true;
    }
    if (x->token.kind == TOKEN_STRING) {
        *out = value_of_str(x->token.text);
        return true;
    }
    return x->token.kind == TOKEN_AT ? read_words(x, NULL, x->token.text, out)
                                     : x->token.kind == TOKEN_NAME && read_call(x, out);
}

/* One of the three brackets that may stand there; of a closed range the first. */
static bool
read_bracket(struct reading *x, enum lex_mode mode, const enum token_kind *three, enum range_end *end)
{
    if (!next(x, mode)) {
        return false;
    }
    *end = x->token.kind == three[0] ? RANGE_CLOSED : RANGE_OPEN;
    return x->token.kind == three[0] || x->token.kind == three[1] || x->token.kind == three[2];
}

static bool
read_range(struct reading *x, struct range *range)
{
    static const enum token_kind opening[] = {TOKEN_OPEN_SQUARE, TOKEN_OPEN, TOKEN_CLOSE_SQUARE},
                                 closing[] = {TOKEN_CLOSE_SQUARE, TOKEN_CLOSE, TOKEN_OPEN_SQUARE};
    int least;

    return read_bracket(x, LEX_OPERAND, opening, &range->low_end) && read_end(x, &range->low) &&
           next_is(x, LEX_OPERATOR, TOKEN_DOTS) && read_end(x, &range->high) &&
           read_bracket(x, LEX_OPERATOR, closing, &range->high_end) && next_is(x, LEX_OPERATOR, TOKEN_END) &&
           range->low.kind == range->high.kind && value_compare(range->low, range->high, &least) && least <= 0;
}

bool
call_range_literal(struct run *r, struct str text, struct value *out)
{
    struct reading x = {.run = r, .lexer = {.arena = run_arena(r), .text = text}};
    struct range range = {.form = RANGE_BETWEEN}, *kept;

    if (!run_step(r, 1 + text.len / 64)) {
        return false;
    }
    if (!read_range(&x, &range)) {
        return !x.is_over;
    }
    kept = arena_alloc(run_arena(r), 1, sizeof(*kept));
    if (kept == NULL) {
        return run_full(r);
    }
    *kept = range;
    *out = (struct value){.kind = VALUE_RANGE, .as.range = kept};
    return true;
}

static bool
range_from(struct run *r, const struct value *argument, struct value *out)
{
    if (!call_range_literal(r, argument[0].as.text, out)) {
        return false;
    }
    return out->kind == VALUE_RANGE || call_refused(r, "range", argument[0]);
}

/* --- rows ---------------------------------------------------------------------------------------- */

#define POINT                                                                                                        (TAKES(NUMBER) | TAKES(STRING) | TAKES_MOMENT | TAKES(TIME) | TAKES(DAYS_DURATION) | TAKES(MONTHS_DURATION))
#define POINTS {{"point1", POINT}, {"point2", POINT}}
#define POINT_RANGE {{"point", POINT}, {"range", TAKES(RANGE)}}
#define RANGE_POINT {{"range", TAKES(RANGE)}, {"point", POINT}}
#define RANGES {{"range1", TAKES(RANGE)}, {"range2", TAKES(RANGE)}}

const struct call_row call_range_rows[] = {
    {BUILTIN_BEFORE, ask_before, false, POINTS},
    {BUILTIN_BEFORE, ask_before, false, POINT_RANGE},
    {BUILTIN_BEFORE, ask_before, false, RANGE_POINT},
    {BUILTIN_BEFORE, ask_before, false, RANGES},
    {BUILTIN_AFTER, ask_after, false, POINTS},
    {BUILTIN_AFTER, ask_after, false, POINT_RANGE},
    {BUILTIN_AFTER, ask_after, false, RANGE_POINT},
    {BUILTIN_AFTER, ask_after, false, RANGES},
    {BUILTIN_MEETS, ask_meets, false, RANGES},
    {BUILTIN_MET_BY, ask_met_by, false, RANGES},
    {BUILTIN_OVERLAPS, ask_overlaps, false, RANGES},
    {BUILTIN_OVERLAPS_BEFORE, ask_overlaps_before, false, RANGES},
    {BUILTIN_OVERLAPS_AFTER, ask_overlaps_after, false, RANGES},
    {BUILTIN_FINISHES, ask_finishes, false, POINT_RANGE},
    {BUILTIN_FINISHES, ask_finishes, false, RANGES},
    {BUILTIN_FINISHED_BY, ask_finished_by, false, RANGE_POINT},
    {BUILTIN_FINISHED_BY, ask_finished_by, false, RANGES},
    {BUILTIN_INCLUDES, ask_includes, false, RANGE_POINT},
    {BUILTIN_INCLUDES, ask_includes, false, RANGES},
    {BUILTIN_DURING, ask_during, false, POINT_RANGE},
    {BUILTIN_DURING, ask_during, false, RANGES},
    {BUILTIN_STARTS, ask_starts, false, POINT_RANGE},
    {BUILTIN_STARTS, ask_starts, false, RANGES},
    {BUILTIN_STARTED_BY, ask_started_by, false, RANGE_POINT},
    {BUILTIN_STARTED_BY, ask_started_by, false, RANGES},
    {BUILTIN_COINCIDES, ask_coincides, false, POINTS},
    {BUILTIN_COINCIDES, ask_coincides, false, RANGES},
    {BUILTIN_RANGE, range_from, false, {{"from", TAKES(STRING)}}},
    {.call = NULL},
};
