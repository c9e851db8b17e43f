/*
 * item - a service with its implementation list (实施清单), or a bundle of several (一件事): what the guide shows and the form asks.
 *
 * Items are documents (demo/items/<code>.json) kept as versioned rows; a node holds the current ones in memory, compiled: searched,
 * shown and validated without a database.  A running case stays with the version it began with.
 *
 * Members that C looks at (all texts with _zh and _en):
 *   code (12-character base code), implementation_code (31), name_*, kind ("bundle"|"item"), lead_org, summary_*, words (for search: synonyms),
 *   statutory_days, promised_days, visits, fee_cents, is_online, themes, materials[], fetched[], parts[] (org, item code, name_*,
 *   power, promised_days, statutory_days, waived_when, certificate {type, type_*, number_prefix (of one part only), valid_years, fields}), title_field, holder_field, remedy_*,
 *   limits, routing, fee, fees[] (title_*, fee) (which rule is asked, and what it is told: process/counsel.h, casework_rule.c),
 *   remedy_basis, supplement_days, form (see form.h), faq[], basis[], places[], steps.
 */
#ifndef SERVICE_ITEM_H
#define SERVICE_ITEM_H

#include "base/json.h"
#include "service/form.h"
#include "store/store.h"

struct item {
    struct str code;
    int64_t version;
    const struct json *document; /* as stored, lives as long as the table */
    const struct form *form;     /* NULL if it cannot be applied for here */
};

struct item_table;

enum { ITEM_PARTS_MAX = 32 };

/*
 * A new version, unless nothing changed.  RC_INVALID: a member that is needed is missing, or something is named that is not there: parts without
 * organisation, power or days, twice the same, or more than there may be, conditions and fields outside the form, a form without parts.
 */
MUST_USE enum rc item_put(struct tx *tx, struct arena *a, const struct json *document,
                          int64_t now_us, struct err *err);
MUST_USE enum rc item_load(const struct db *db, struct item_table **out, struct err *err);
void item_table_free(struct item_table *t);

const struct item *item_by_code(const struct item_table *t, struct str code); /* current version */
const struct item *item_at(const struct item_table *t, size_t index);         /* by code; NULL past the last */
/* An older version, for a running case: read from the rows, on the arena. */
MUST_USE enum rc item_by_version(const struct db *db, struct arena *a, struct str code,
                                 int64_t version, struct item *out, struct err *err);

/*
 * Search: pairs of Chinese characters, beginnings of Latin words, synonyms from the items; best first.
 * {"query","count","results":[{"code","name","summary","org","days","visits","fee_cents","is_online","url"}]}
 */
MUST_USE enum rc item_search(const struct item_table *t, struct arena *a, struct str query,
                             struct str lang, int limit, struct json **out, struct err *err);
/* Short rows for home: those with "popular": true, in the order of their "rank". */
struct json *item_popular(const struct item_table *t, struct arena *a, struct str lang);

/* The text of a member in the language: name_zh or name_en, falling back to zh. */
struct str item_word(const struct json *object, const char *member, struct str lang);

#endif
