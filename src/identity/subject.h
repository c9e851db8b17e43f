/*
 * subject - persons and companies that the node knows: identifiers sealed at rest, found by keyed hash.
 */
#ifndef IDENTITY_SUBJECT_H
#define IDENTITY_SUBJECT_H

#include "base/idcode.h"
#include "crypto/vault.h"
#include "store/store.h"

enum subject_kind { SUBJECT_PERSON, SUBJECT_COMPANY };

struct subject {
    struct str id; /* internal, random: "p-…" or "c-…"; this is what acts and cases hold */
    enum subject_kind kind;
    struct str identifier; /* 公民身份号码 or 统一社会信用代码, in clear: only in memory */
    struct str name;
    struct str phone;
};

/* Folds and checks the identifier (idcode).  Finds the subject of that identifier or makes it; name and phone are brought up to date. */
MUST_USE enum rc subject_put(struct tx *tx, const struct vault *vault, struct arena *a,
                             enum subject_kind kind, struct str identifier, struct str name,
                             struct str phone, int64_t now_us, struct str *id, struct err *err);
MUST_USE enum rc subject_by_id(const struct db *db, const struct vault *vault, struct arena *a,
                               struct str id, struct subject *out, struct err *err);
MUST_USE enum rc subject_by_identifier(const struct db *db, const struct vault *vault,
                                       struct arena *a, enum subject_kind kind,
                                       struct str identifier, struct subject *out,
                                       struct err *err);

#endif
