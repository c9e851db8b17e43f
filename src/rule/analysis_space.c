/*
 * Boxes in a space of finitely many pieces a side.
 *
 * The one hard question is whether a region is covered by rows.  It is asked side by side: with a piece of one side chosen, only the
 * rows that have it are left; no row left is a hole, a row that is as wide as the region on all sides still open covers it.
 * Four things keep this small for tables that people draw.  The side that most of the rows left say something about is chosen
 * first, so a table that was made from a tree is walked like the tree.  Of the pieces of a side only those matter that leave a set of
 * rows with no smaller one inside of it: where the smaller set covers, the larger one does.  The emptiest are tried first, for a
 * hole is likely there.  And what was found covered is remembered.  Steps are counted all the same, because the worst case stays
 * exponential.
 */
#include <stdlib.h>
#include <string.h>

#include "rule/analysis_int.h"

enum { WORD_BITS = 64, MEMORY = 1024 };

static size_t
words_of(size_t bits)
{
    return (bits + WORD_BITS - 1) / WORD_BITS;
}

static uint64_t *
room(struct space *s, size_t words)
{
    uint64_t *set = arena_alloc(s->arena, words + 1, sizeof(*set));

    s->is_cut |= set == NULL;
    return set;
}

uint64_t *
space_box_new(struct space *s)
{
    return room(s, s->box_words);
}

uint64_t *
space_rows_new(struct space *s)
{
    return room(s, s->row_words);
}

struct space *
space_new(struct arena *a, size_t inputs, const size_t *pieces, const bool *is_line, size_t rows, uint64_t steps)
{
    struct space *s = arena_alloc(a, 1, sizeof(*s));
    size_t *offset = arena_alloc(a, inputs + 1, sizeof(*offset));
    uint64_t **mask = arena_alloc(a, inputs + 1, sizeof(*mask));

    CHECK(inputs <= ANALYSIS_INPUTS_MAX);
    if (s == NULL || offset == NULL || mask == NULL) {
        return NULL;
    }
    *s = (struct space){.arena = a, .inputs = inputs, .pieces = pieces, .is_line = is_line, .offset = offset, .rows = rows,
                        .row_words = words_of(rows), .mask = mask, .steps = steps};
    for (size_t i = 0; i < inputs; i++) {
        CHECK(pieces[i] > 0);
        offset[i] = s->box_words;
        s->box_words += words_of(pieces[i]);
        mask[i] = arena_alloc(a, pieces[i] * s->row_words + 1, sizeof(**mask));
        if (mask[i] == NULL) {
            return NULL;
        }
    }
    s->box = arena_alloc(a, rows * s->box_words + 1, sizeof(*s->box));
    s->beside = space_rows_new(s);
    s->narrowed = space_rows_new(s);
    return s->box == NULL || s->is_cut ? NULL : s;
}

static uint64_t *
row_mask(const struct space *s, size_t input, size_t piece)
{
    return s->mask[input] + piece * s->row_words;
}

void
space_add(struct space *s, size_t row, size_t input, size_t piece)
{
    CHECK(row < s->rows && input < s->inputs && piece < s->pieces[input]);
    space_set(s->box + row * s->box_words + s->offset[input], piece);
    space_set(row_mask(s, input, piece), row);
}

void
space_add_box(struct space *s, size_t row, const uint64_t *box)
{
    for (size_t i = 0; i < s->inputs; i++) {
        for (size_t p = 0; p < s->pieces[i]; p++) {
            if (space_has(s, box, i, p)) {
                space_add(s, row, i, p);
            }
        }
    }
}

void
space_fill(const struct space *s, uint64_t *box)
{
    for (size_t i = 0; i < s->inputs; i++) {
        for (size_t p = 0; p < s->pieces[i]; p++) {
            space_set(box + s->offset[i], p);
        }
    }
}

const uint64_t *
space_box(const struct space *s, size_t row)
{
    return s->box + row * s->box_words;
}

bool
space_has(const struct space *s, const uint64_t *box, size_t input, size_t piece)
{
    return space_bit(box + s->offset[input], piece);
}

bool
space_is_full(const struct space *s, const uint64_t *box, size_t input)
{
    for (size_t p = 0; p < s->pieces[input]; p++) {
        if (!space_has(s, box, input, p)) {
            return false;
        }
    }
    return true;
}

bool
space_cross(struct space *s, uint64_t *a, const uint64_t *b)
{
    for (size_t i = 0; i < s->inputs; i++) {
        uint64_t both = 0;
        for (size_t w = s->offset[i]; w < s->offset[i] + words_of(s->pieces[i]); w++) {
            both |= a[w] & b[w];
        }
        if (both == 0) {
            return false;
        }
    }
    for (size_t w = 0; w < s->box_words; w++) {
        a[w] &= b[w];
    }
    return true;
}

bool
space_spend(struct space *s, size_t words)
{
    if (s->is_cut || words > s->steps) {
        s->is_cut = true;
        return false;
    }
    s->steps -= words;
    return true;
}

/* The rows that have one of the box's pieces on that side. */
static void
rows_beside(struct space *s, const uint64_t *box, size_t input, uint64_t *out)
{
    memset(out, 0, s->row_words * sizeof(*out));
    if (!space_spend(s, (s->pieces[input] + 1) * s->row_words)) {
        return;
    }
    for (size_t p = 0; p < s->pieces[input]; p++) {
        const uint64_t *has = row_mask(s, input, p);
        size_t words = space_has(s, box, input, p) ? s->row_words : 0;
        for (size_t w = 0; w < words; w++) {
            out[w] |= has[w];
        }
    }
}

void
space_meets(struct space *s, const uint64_t *box, const uint64_t *rows, uint64_t *out)
{
    memcpy(out, rows, s->row_words * sizeof(*out));
    for (size_t i = 0; i < s->inputs; i++) {
        rows_beside(s, box, i, s->beside);
        for (size_t w = 0; w < s->row_words; w++) {
            out[w] &= s->beside[w];
        }
    }
}

/* --- holes ------------------------------------------------------------------------------------------------------------ */

struct branch {
    size_t rows; /* how many are left */
    size_t piece;
    const uint64_t *left;
};
struct level { /* what choosing a piece needs, kept for the next time at this depth */
    struct branch *branch;
    uint64_t *left;
};
struct search { /* kept by the space for its next question */
    struct space *space;
    const uint64_t *region;
    uint64_t *left;
    uint64_t *wide;       /* of each side: rows as wide as the region there */
    uint64_t open;        /* sides without a chosen piece, as bits */
    size_t pieces_most;
    struct level level[ANALYSIS_INPUTS_MAX];
    size_t chosen[ANALYSIS_INPUTS_MAX];
    uint64_t *memory;     /* number of the question, open sides, rows left: found covered */
    uint64_t question;
};

static size_t
count_bits(uint64_t word)
{
    return (size_t)__builtin_popcountll(word);
}

static bool
is_open(const struct search *h, size_t side)
{
    return (h->open >> side & 1) != 0;
}

/* How many of the rows left say something about that side. */
static size_t
narrow_rows(const struct search *h, const uint64_t *left, size_t side)
{
    size_t words = h->space->row_words, count = 0;
    const uint64_t *wide = h->wide + side * words;

    for (size_t w = 0; w < words; w++) {
        count += count_bits(left[w] & ~wide[w]);
    }
    return count;
}

static bool
is_covered_by_one(const struct search *h, const uint64_t *left)
{
    size_t words = h->space->row_words;

    for (size_t w = 0; w < words; w++) {
        uint64_t all = left[w];
        for (size_t side = 0; all != 0 && side < h->space->inputs; side++) {
            all &= is_open(h, side) ? h->wide[side * words + w] : ~UINT64_C(0);
        }
        if (all != 0) {
            return true;
        }
    }
    return false;
}

static uint64_t *
remembered(const struct search *h, const uint64_t *left)
{
    size_t words = h->space->row_words;
    uint64_t hash = h->open * UINT64_C(0x9e3779b97f4a7c15);

    for (size_t w = 0; w < words; w++) {
        hash = (hash ^ left[w] ^ hash >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    }
    return h->memory + (hash >> 32) % MEMORY * (words + 2);
}

static bool
is_remembered(const struct search *h, const uint64_t *left)
{
    const uint64_t *kept = remembered(h, left);

    return kept[0] == h->question && kept[1] == h->open && memcmp(kept + 2, left, h->space->row_words * sizeof(*left)) == 0;
}

static void
remember(const struct search *h, const uint64_t *left)
{
    uint64_t *kept = remembered(h, left);

    kept[0] = h->question;
    kept[1] = h->open;
    memcpy(kept + 2, left, h->space->row_words * sizeof(*left));
}

static int
by_rows(const void *a, const void *b)
{
    const struct branch *left = a, *right = b;

    return left->rows != right->rows ? (left->rows < right->rows ? -1 : 1)
           : left->piece < right->piece ? -1 : 1;
}

static size_t
best_side(const struct search *h, const uint64_t *left)
{
    size_t best = SIZE_MAX, most = 0;

    for (size_t side = 0; side < h->space->inputs; side++) {
        size_t narrow = is_open(h, side) ? narrow_rows(h, left, side) : 0;
        if (narrow > most) {
            most = narrow;
            best = side;
        }
    }
    CHECK(best != SIZE_MAX);
    return best;
}

/* The pieces of a side, fewest rows first, with the rows that each leaves; 0: no memory, and the space is cut. */
static size_t
branches(struct search *h, struct level *level, const uint64_t *left, size_t side)
{
    struct space *s = h->space;
    size_t count = 0;

    if (level->branch == NULL) {
        level->branch = arena_alloc(s->arena, h->pieces_most, sizeof(*level->branch));
        level->left = room(s, h->pieces_most * s->row_words);
        if (level->branch == NULL || level->left == NULL) {
            s->is_cut = true;
            return 0;
        }
    }
    if (!space_spend(s, s->pieces[side] * s->row_words)) {
        return 0;
    }
    for (size_t p = 0; p < s->pieces[side]; p++) {
        if (space_has(s, h->region, side, p)) {
            const uint64_t *has = row_mask(s, side, p);
            uint64_t *after = level->left + count * s->row_words;
            struct branch *b = &level->branch[count++];
            *b = (struct branch){.piece = p, .left = after};
            for (size_t w = 0; w < s->row_words; w++) {
                after[w] = left[w] & has[w];
                b->rows += count_bits(after[w]);
            }
        }
    }
    qsort(level->branch, count, sizeof(*level->branch), by_rows);
    return count;
}

static bool
is_inside(const uint64_t *small, const uint64_t *large, size_t words)
{
    uint64_t outside = 0;

    for (size_t w = 0; w < words; w++) {
        outside |= small[w] & ~large[w];
    }
    return outside == 0;
}

static bool
is_none(const uint64_t *rows, size_t words)
{
    uint64_t any = 0;

    for (size_t w = 0; w < words; w++) {
        any |= rows[w];
    }
    return any == 0;
}

/* Whether there is a hole where the chosen pieces are chosen and these rows are left; the sides still open do not matter then. */
static bool
search(struct search *h, const uint64_t *left, size_t depth)
{
    struct space *s = h->space;
    struct level *level = &h->level[depth];
    size_t tried = 0;

    if (!space_spend(s, s->row_words * (2 * s->inputs + 2))) {
        return false;
    }
    if (is_none(left, s->row_words)) {
        return true;
    }
    if (is_covered_by_one(h, left) || is_remembered(h, left)) {
        return false;
    }
    size_t side = best_side(h, left);
    size_t count = branches(h, level, left, side);
    h->open &= ~(UINT64_C(1) << side);
    for (size_t i = 0; i < count && !s->is_cut; i++) {
        struct branch b = level->branch[i];
        bool is_needless = false;
        for (size_t k = 0; !is_needless && k < tried && space_spend(s, s->row_words); k++) {
            is_needless = is_inside(level->branch[k].left, b.left, s->row_words);
        }
        if (is_needless) {
            continue;
        }
        h->chosen[side] = b.piece;
        if (search(h, b.left, depth + 1)) {
            return true;
        }
        level->branch[tried++] = b;
    }
    h->open |= UINT64_C(1) << side;
    if (!s->is_cut) {
        remember(h, left);
    }
    return false;
}

/* The rows that have all of the region's pieces on that side. */
static void
find_wide(struct space *s, const uint64_t *region, size_t side, uint64_t *wide)
{
    memset(wide, 0xff, s->row_words * sizeof(*wide));
    for (size_t p = 0; p < s->pieces[side]; p++) {
        const uint64_t *has = row_mask(s, side, p);
        size_t words = space_has(s, region, side, p) ? s->row_words : 0;
        for (size_t w = 0; w < words; w++) {
            wide[w] &= has[w];
        }
    }
    (void)space_spend(s, s->pieces[side] * s->row_words);
}

static struct search *
search_of(struct space *s)
{
    struct search *h = s->search != NULL ? s->search : arena_alloc(s->arena, 1, sizeof(*h));

    if (h != NULL && s->search == NULL) {
        *h = (struct search){.space = s, .left = space_rows_new(s), .wide = room(s, s->inputs * s->row_words),
                             .memory = room(s, MEMORY * (s->row_words + 2))};
    }
    s->is_cut |= h == NULL;
    s->search = s->is_cut ? NULL : h;
    return s->search;
}

bool
space_hole(struct space *s, const uint64_t *region, const uint64_t *rows, uint64_t *hole)
{
    struct search *h = search_of(s);

    if (h == NULL) {
        return false;
    }
    h->region = region;
    h->question++;
    h->open = 0;
    for (size_t i = 0; i < s->inputs; i++) {
        h->open |= UINT64_C(1) << i;
        h->pieces_most = s->pieces[i] > h->pieces_most ? s->pieces[i] : h->pieces_most;
        find_wide(s, region, i, h->wide + i * s->row_words);
    }
    space_meets(s, region, rows, h->left);
    if (s->is_cut || !search(h, h->left, 0)) {
        return false;
    }
    memcpy(hole, region, s->box_words * sizeof(*hole));
    for (size_t i = 0; i < s->inputs; i++) {
        if (!is_open(h, i)) {
            memset(hole + s->offset[i], 0, words_of(s->pieces[i]) * sizeof(*hole));
            space_set(hole + s->offset[i], h->chosen[i]);
        }
    }
    return true;
}

/* Takes a piece in, if none of the rows has it; on a line it has to stand beside one that is in already. */
static void
grow(struct space *s, const uint64_t *rows, uint64_t *box, size_t side, size_t from, size_t to)
{
    bool is_beside = to < s->pieces[side] && (!s->is_line[side] || space_has(s, box, side, from));
    const uint64_t *has = row_mask(s, side, to < s->pieces[side] ? to : from);
    uint64_t both = 0;

    for (size_t w = 0; w < s->row_words; w++) {
        both |= rows[w] & has[w];
    }
    if (is_beside && both == 0) {
        space_set(box + s->offset[side], to);
    }
}

void
space_widen(struct space *s, const uint64_t *rows, uint64_t *box)
{
    uint64_t *left = s->narrowed;

    /* The last columns first: what is said then is said by the first ones. */
    for (size_t side = s->inputs; side-- > 0;) {
        memcpy(left, rows, s->row_words * sizeof(*left));
        for (size_t i = 0; i < s->inputs; i++) {
            if (i != side) {
                rows_beside(s, box, i, s->beside);
                for (size_t w = 0; w < s->row_words; w++) {
                    left[w] &= s->beside[w];
                }
            }
        }
        for (size_t p = 0; !s->is_cut && p < s->pieces[side]; p++) {
            grow(s, left, box, side, p, p + 1);
        }
        for (size_t p = s->pieces[side]; !s->is_cut && p-- > 0;) {
            grow(s, left, box, side, p, p - 1);
        }
    }
}
