/*
 * analysis_int - a decision table as boxes in a space, shared by the files of analysis.
 *
 * A column is cut where its entries name constants; between two cuts no rule can tell one value from another, so the column is a row
 * of finitely many pieces and a rule is a set of pieces in each column: a box.  Rules and pieces are bits.
 */
#ifndef RULE_ANALYSIS_INT_H
#define RULE_ANALYSIS_INT_H

#include "rule/analysis.h"
#include "rule/builtin.h"
#include "rule/dmn_int.h"

enum {
    ANALYSIS_INPUTS_MAX = 64,           /* columns of a table that is looked through */
    ANALYSIS_SCRATCH_BYTES = 16 << 20,  /* for one table */
    ANALYSIS_SAID_MAX = 20,             /* gaps, and overlaps, of one table: nobody reads more at once */
};
#define ANALYSIS_STEPS UINT64_C(150000000) /* machine words looked at in all tables of a model: about a tenth of a second */

/* --- analysis_space.c: boxes and nothing else ------------------------------------------------------------------------------ */
struct search;
struct space {
    struct arena *arena;
    size_t inputs;
    const size_t *pieces;  /* of each input; none has 0 */
    const bool *is_line;   /* of each input: its pieces have an order */
    const size_t *offset;  /* word of a box where an input's pieces begin */
    size_t box_words;
    size_t rows;           /* room for rows, which are rules and what is added after them */
    size_t row_words;
    uint64_t *box;         /* of each row */
    uint64_t *const *mask; /* of each input, piece after piece: the rows that have it */
    uint64_t steps;        /* left */
    struct search *search; /* kept for the next question */
    uint64_t *beside, *narrowed;
    bool is_cut;           /* none was left, or no memory: what is said not to be there was perhaps not found */
};
struct space *space_new(struct arena *a, size_t inputs, const size_t *pieces, const bool *is_line, size_t rows,
                        uint64_t steps); /* NULL: no memory for it */
void space_add(struct space *s, size_t row, size_t input, size_t piece);
void space_add_box(struct space *s, size_t row, const uint64_t *box); /* a row like that box */
uint64_t *space_box_new(struct space *s);   /* nothing in it; NULL past the limit, and then the space is cut */
uint64_t *space_rows_new(struct space *s);  /* the same of rows */
void space_fill(const struct space *s, uint64_t *box);
const uint64_t *space_box(const struct space *s, size_t row);
static inline bool space_bit(const uint64_t *set, size_t i) { return (set[i / 64] >> (i % 64) & 1) != 0; }
static inline void space_set(uint64_t *set, size_t i) { set[i / 64] |= UINT64_C(1) << (i % 64); }
static inline void space_clear(uint64_t *set, size_t i) { set[i / 64] &= ~(UINT64_C(1) << (i % 64)); }
bool space_has(const struct space *s, const uint64_t *box, size_t input, size_t piece);
bool space_is_full(const struct space *s, const uint64_t *box, size_t input);
bool space_spend(struct space *s, size_t words); /* false: none are left, and the space is cut */
/* a becomes what both have.  False, a untouched: nothing. */
bool space_cross(struct space *s, uint64_t *a, const uint64_t *b);
/* Which of the rows share a point with the box. */
void space_meets(struct space *s, const uint64_t *box, const uint64_t *rows, uint64_t *out);
/* Whether some point of the region is in none of the rows; hole becomes a box around one, within the region. */
bool space_hole(struct space *s, const uint64_t *region, const uint64_t *rows, uint64_t *hole);
/* The box, which shares no point with the rows, made as large as it can grow without sharing one; along a line without leaps. */
void space_widen(struct space *s, const uint64_t *rows, uint64_t *box);

/* --- analysis_axis.c: one column -------------------------------------------------------------------------------------------- */
enum piece_shape { PIECE_ALL, PIECE_VALUE, PIECE_BETWEEN, PIECE_OTHER };
struct piece {
    enum piece_shape shape;
    enum value_kind kind;
    size_t position;            /* among those of its kind: the cut i stands at 2i + 1, what is between at even ones */
    const struct value *low, *high; /* VALUE: both are it.  BETWEEN: NULL without end.  Both ends are outside. */
    struct value sample;
};
struct axis {
    struct str label;
    bool is_line; /* some pieces lie between others */
    size_t count;
    const struct piece *piece;
    int32_t *begins; /* room for axis_mark: how many items begin at a piece, less those that end before it */
    size_t cuts[VALUE_KINDS];
    const struct value *cut[VALUE_KINDS]; /* in order */
};
/* What an entry says: constants and ranges, or all but those. */
struct wanted {
    bool is_any, is_undecided, is_negated;
    const struct list *list;
};
struct axis_source {
    const struct type *type;      /* NULL: any */
    size_t count;
    const struct wanted *entry;
    size_t bounds;
    const struct wanted *bound;   /* what may come in */
};
struct wanted wanted_of(struct arena *a, const struct program *p); /* NULL: any */
/* *is_ordered false: constants among which there is no order, and the axis has one piece.  False: no memory. */
MUST_USE bool axis_make(struct arena *a, const struct axis_source *from, struct axis *out, bool *is_ordered);
/* Which pieces the entry lets pass; all, if it is undecided. */
void axis_mark(const struct axis *axis, const struct wanted *w, bool *passes);
bool axis_has(const struct axis *axis, struct value item); /* whether some piece lies in that constant or range */
bool axis_is_empty_range(struct value item);
/* The kinds that a value of the type may have, as bits; all, if it may be anything.  0: none that can be cut. */
unsigned axis_kinds(const struct type *type);

/* --- analysis.c: a table being looked at ---------------------------------------------------------------------------------- */
struct found {
    struct arena *arena; /* the caller's, for what stays */
    struct run *run;
    const struct dmn *model;
    struct finding *finding;
    size_t count;
    enum rc rc; /* with err */
    struct err *err;
    uint64_t steps; /* left for all tables */
};
struct looked {
    struct found *found;
    const struct dmn_table *table;
    struct arena *scratch;
    struct axis *axis;                 /* of each input */
    struct wanted *wanted;             /* column after column, of each rule */
    const struct value **output;       /* of each rule, of each output: a constant, or NULL */
    bool *is_lost;                     /* of each rule: it can never match */
    bool *is_undecided;
    bool *is_faulty;                   /* of each rule: an entry was said to be of a wrong type */
    struct space *space;
};

/* --- analysis_table.c: what rules are to one another, and outputs ----------------------------------------------------------- */
void find_outputs(struct looked *t); /* first: the others use the constants among them */
void find_gaps(struct looked *t);
void find_overlaps(struct looked *t);
void find_hidden(struct looked *t);

/* --- analysis_message.c: sentences ---
 * The patterns hold {r} the rules, {1} the first, {o} the others, {s} "s" for several rules, {m} for several others, {v} "s" for one other,
 * {c} the column, {x} the value, {k} what it is, {w} what is wanted, {b} where.
 */
struct saying {
    enum finding_kind kind;
    bool is_error;
    const uint32_t *rule; /* from 1 */
    size_t rules;
    uint32_t column;      /* from 1; 0: none */
    const uint64_t *box;  /* NULL: nowhere in particular */
    const char *zh, *en;
    struct value value;
    enum value_kind is, wants;
    struct str type;      /* wanted, if that has a name of its own */
};
void say_finding(struct looked *t, const struct saying *say);

#endif
