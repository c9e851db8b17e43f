/*
 * pins - with which versions of other rules a version was laid down.
 *
 * A model may import others.  When it is proposed, each rule that it reaches, directly or through others, is written down beside it: the version that
 * holds on its first day, with the hash of its text.  That never changes, so what a version decides never changes either, whatever becomes of the rules
 * that it imports; and a second person consents to all of what was pinned, as long as that still holds on the first day.
 */
#ifndef PROCESS_PINS_H
#define PROCESS_PINS_H

#include "store/store.h"

enum { PINS_MAX = 32 /* as many as a model may import */ };

struct pin {
    struct str name_space; /* of the imported model */
    struct str model;      /* the rule's id */
    int64_t number;
    struct str sha256;     /* of that version's text */
};
struct pins {
    size_t count;
    struct pin row[PINS_MAX];
};

/* Of a version; texts on the arena. */
MUST_USE enum rc pins_of(const struct db *db, struct arena *a, struct str model, int64_t number, struct pins *out, struct err *err);
/* The decisions that hold on a day, as pins without name spaces; each is told to fn, whose failure ends it. */
typedef enum rc pins_fn(void *ctx, const struct pin *pin, struct err *err);
enum { PINS_RULES_MAX = 2000 };
MUST_USE enum rc pins_on_day(const struct db *db, struct arena *a, int32_t day, pins_fn *fn, void *ctx, struct err *err);

/* --- in the rulebook's transactions ------------------------------------------------------------------------------- */
/*
 * RC_CONFLICT: types "import-moved-on" (another version holds on that day), "import-outdated" (an imported rule was itself laid down with another version
 * of what both import: it has to be laid down anew first).
 */
MUST_USE enum rc pins_check(struct tx *tx, struct arena *a, const struct pins *p, int32_t day, struct err *err);
MUST_USE enum rc pins_of_tx(struct tx *tx, struct arena *a, struct str model, int64_t number, struct pins *out, struct err *err);
MUST_USE enum rc pins_add(struct tx *tx, struct str model, int64_t number, const struct pins *p, struct err *err);

#endif
