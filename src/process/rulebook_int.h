/* rulebook_int - what reading and changing the rulebook share. */
#ifndef PROCESS_RULEBOOK_INT_H
#define PROCESS_RULEBOOK_INT_H

#include "process/rulebook.h"

struct rule_version_found {
    struct arena *arena;
    struct rule_version version;
    bool is_found;
};
/* A row of the columns of RULE_VERSION_BY_NUMBER into the ctx, a struct rule_version_found. */
enum rc rule_version_row(const struct row *row, void *ctx, struct err *err);

/*
 * Two persons: only its author takes a proposal back, and only another one decides on it.  RC_DENIED, type "other-person", "same-person".  Of a
 * plan of migration, too.
 */
MUST_USE enum rc rule_check_person(struct str author, const struct identity *who, bool withdraws, struct err *err);
/* Hex of the SHA-256; NULL ptr past the arena's limit. */
struct str rule_sha256(struct arena *a, struct str text);
/* A key is of small letters, digits and hyphens. */
bool rule_key_is_valid(struct str key);

#endif
