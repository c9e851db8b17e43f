/* ruling_import_int - where models that are read find those that they import. */
#ifndef PROCESS_RULING_IMPORT_INT_H
#define PROCESS_RULING_IMPORT_INT_H

#include "crypto/hash.h"
#include "process/ruling_int.h"

enum { HEAD_ARENA = 32 << 20 };

/* The ctx of shelf_find, which is a dmn_find. */
struct shelf {
    struct runner *runner;
    struct arena *arena; /* of the model */
    const struct ruling_text *text;
    struct pins *pins; /* of a version: its own; else what was found so far */
    enum rc rc;        /* what went wrong, other than that nobody has it */
    struct err err;
};
MUST_USE enum rc shelf_open(struct shelf *s, struct runner *w, struct arena *a, const struct ruling_text *text, struct err *err);
bool shelf_find(void *ctx, struct str name_space, struct str location, struct str *xml);

/* The hash of the namespace that the text of that hash has, if it was read lately. */
bool ruling_space_known(struct rulings *r, struct str sha256, struct hash *out);
void ruling_space_keep(struct rulings *r, struct str sha256, const struct hash *name_space);

#endif
