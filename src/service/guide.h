/*
 * guide - a few questions that end in a list of services: "I want to open a restaurant: what do I need?"
 *
 * {"key","title_*","summary_*","needed": binding of a decision whose outputs are {"code" (an item's),"reason_zh","reason_en"}, a list of
 *  them,  "together": binding of one that says whether "bundle" does them in one go, may be missing, "bundle": item's code,
 *  "form": one section (form.h)}.  The paths of the bindings begin with "field.".
 *
 * Nothing is kept: the answers stand in the address, and whoever has the address has the list.
 */
#ifndef SERVICE_GUIDE_H
#define SERVICE_GUIDE_H

#include "process/counsel.h"
#include "service/item.h"

enum { GUIDES_MAX = 64 };

struct guide {
    struct str key;
    const struct json *document;
    const struct form *form;
};
struct guide_table {
    size_t count;
    struct guide guide[GUIDES_MAX];
};

/* Adds one; the document lives as long as the table.  RC_INVALID: what is needed is missing or wrong. */
MUST_USE enum rc guide_add(struct guide_table *t, struct arena *a, const struct json *document, struct err *err);
const struct guide *guide_by_key(const struct guide_table *t, struct str key); /* NULL */

struct guide_asking {
    const struct guide *guide;
    const struct counsel *counsel;
    const struct item_table *items;
    const struct db *db;
    int64_t now_us;
    int32_t day;
    struct str lang;
};
/*
 * {"count","list":[{"code","name","org","days","is_online","is_found","url","reason"}],"together":{"name","url"} or missing,
 *  "why": the explanation in a few sentences, "rule","version"}.  values: of form_take, without mistakes.  What a rule names twice
 * stands once; a service that is not known here has its code for a name.
 */
MUST_USE enum rc guide_answer(const struct guide_asking *g, struct arena *a, const struct json *values, struct json **out,
                              struct err *err);

#endif
