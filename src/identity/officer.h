/*
 * officer - who acts for an organisation, in which roles, under which of its powers.
 *
 * Roles are few and fixed, because routes name them; who has them, and which powers an officer
 * may use, is data.
 */
#ifndef IDENTITY_OFFICER_H
#define IDENTITY_OFFICER_H

#include "base/json.h"
#include "identity/org.h"
#include "store/store.h"

#define ROLE_TABLE(X)                                                                        \
    X(ROLE_PUBLIC, "public", "公众")          /* anyone, signed in or not */                 \
    X(ROLE_CITIZEN, "citizen", "群众和企业")  /* a signed-in person */                       \
    X(ROLE_OFFICER, "officer", "承办人")      /* works on cases of the own organisation */   \
    X(ROLE_STEWARD, "steward", "数据专员")    /* catalogue and grants */                     \
    X(ROLE_SUPERVISOR, "supervisor", "监督")  /* sees acts, changes nothing */               \
    X(ROLE_OPERATOR, "operator", "运维")      /* runs the node */                            \
    X(ROLE_SYSTEM, "system", "信息系统")      /* a program with a token */

enum role {
#define X(name, text, zh) name,
    ROLE_TABLE(X)
#undef X
};
const char *role_name(enum role role);
bool role_by_name(struct str text, enum role *out);

enum { OFFICER_POWERS_MAX = 32 };

struct officer {
    struct str id;  /* "o-…" */
    struct str org; /* USCC */
    struct str name;
    struct str title; /* 餐饮科 */
    struct str phone; /* office phone, public */
    unsigned roles;   /* bit 1u << enum role */
    struct str power[OFFICER_POWERS_MAX];
    size_t power_count;
};

/*
 * {"id","org","name","title","phone","roles":["officer"],"powers":["…",{"code","from","until"}]}: powers must belong to the
 * organisation; from and until are the first and last day on which one may be used.  RC_INVALID.
 * Replaces all that the officer had.
 */
MUST_USE enum rc officer_put(struct tx *tx, const struct org_table *orgs,
                             const struct json *officer, struct err *err);
/* Who that is; powers are left out.  RC_NOT_FOUND. */
MUST_USE enum rc officer_by_id(const struct db *db, struct arena *a, struct str id,
                               struct officer *out, struct err *err);
/* The same with the powers that may be used on this day. */
MUST_USE enum rc officer_on_day(const struct db *db, struct arena *a, struct str id, int32_t day,
                                struct officer *out, struct err *err);
/* All that were given, past and future ones too: array of {"code","from","until"}; a day may be "" for no bound. */
MUST_USE enum rc officer_powers(const struct db *db, struct arena *a, struct str id,
                                struct json **out, struct err *err);
bool officer_has_role(const struct officer *o, enum role role);
bool officer_has_power(const struct officer *o, struct str power);

#endif
