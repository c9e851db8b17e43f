/*
 * mask - what is left of a value when the purpose needs only a part of it (脱敏).  Rules are data:
 *
 *     {"keep_head":6,"keep_tail":4}      990102********0011; what is hidden is starred, character for character
 *     {"keep_head":4,"cut":true}         2026: what is hidden goes, so that not even its length is told
 *     {"up_to":["区","县","旗"]}          an address down to the first of these
 *     {"hide":true}                      ***
 *
 * A value that is too short for its rule is hidden whole; so is everything when a rule cannot be understood.
 */
#ifndef DATA_MASK_H
#define DATA_MASK_H

#include "base/json.h"

/* RC_INVALID: unknown members, or nothing that hides. */
MUST_USE enum rc mask_check(const struct json *rule, struct err *err);

/* Masked value on the arena; null stays null, numbers become text, objects and arrays are hidden.  NULL past the limit. */
struct json *mask_apply(struct arena *a, const struct json *rule, const struct json *value);

#endif
