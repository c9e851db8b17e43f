/*
 * session - accounts, sign-in, sessions, sign-out everywhere.
 *
 * An account belongs to a subject (citizen), an officer, or a program.  Passwords are Argon2id;
 * the sign-in name is kept as a keyed hash.  A session token is 32 random bytes in a cookie
 * (HttpOnly, SameSite=Lax, Secure when TLS stands in front); the database holds its SHA-256.  The
 * CSRF token is HMAC(session token, "csrf"), so it needs no row.  Limits (tries, lock time, idle,
 * life) are configuration.
 */
#ifndef IDENTITY_SESSION_H
#define IDENTITY_SESSION_H

#include "crypto/password.h"
#include "crypto/vault.h"
#include "identity/officer.h"
#include "identity/subject.h"

struct session_policy {
    int tries_max;      /* wrong passwords under one name within lock_s, then locked */
    int lock_s;
    int peer_tries_max; /* of one address within lock_s */
    int idle_s;
    int life_s;
    int offset_minutes; /* local time: which of an officer's powers may be used today */
    struct password_cost cost;
};

/* Who is at the door; by value on a request's arena.  Anonymous: account is "". */
struct identity {
    struct str account;
    struct str session;   /* hash, hex: what sign-out needs */
    struct str csrf;      /* token that a form of this session must carry */
    enum role role;       /* the one in use */
    struct str actor;     /* "person:p-…", "officer:o-…", "system:…", "": as acts name it */
    struct str subject;   /* of a citizen */
    struct str name;      /* to greet with */
    struct officer officer; /* role above citizen: loaded */
    int64_t expires_us;
};

MUST_USE enum rc account_put(struct tx *tx, const struct vault *vault, struct arena *a,
                             struct str login, struct str password_stored, struct str subject,
                             struct str officer, int64_t now_us, struct str *account,
                             struct err *err);

/*
 * Sign-in in three steps, so that the slow hash runs on a work thread: look (RC_BUSY, type
 * "locked", when throttled; an unknown login gives a decoy hash so that time tells nothing),
 * password_matches, settle (counts the failure or makes the session; RC_ANONYMOUS, type
 * "wrong-password"). settle asks again whether name or address are locked, for many may have
 * looked at once: then right and wrong are both "locked".
 */
struct sign_in {
    struct hash index;  /* of the name: what tries are counted under, whether or not there is an account */
    struct str account; /* "" unknown */
    struct str stored;  /* to give to password_matches */
};
MUST_USE enum rc sign_in_look(const struct db *db, const struct vault *vault, struct arena *a,
                              const struct session_policy *policy, struct str login,
                              struct str peer, int64_t now_us, struct sign_in *out,
                              struct err *err);
/* Writes ACT_SIGN_IN on success.  token: for the cookie, base64url. */
MUST_USE enum rc sign_in_settle(const struct db *db, struct arena *a,
                                const struct session_policy *policy, const struct sign_in *s,
                                bool matches, struct str peer, int64_t now_us, struct str *token,
                                struct err *err);
/* Without a password: for one-click sign-ins of the demo; the caller checks that this is a demo. */
MUST_USE enum rc session_open(const struct db *db, struct arena *a,
                              const struct session_policy *policy, struct str account,
                              int64_t now_us, struct str *token, struct err *err);

/*
 * From the cookie.  RC_ANONYMOUS: none, ended or expired.  Touches the idle time at most once a
 * minute.
 */
MUST_USE enum rc session_find(const struct db *db, const struct vault *vault, struct arena *a,
                              const struct session_policy *policy, struct str token,
                              int64_t now_us, struct identity *out, struct err *err);
/* Those of an account that have not ended: array of {"session" (hash), "created_us", "seen_us"}, the last used first. */
MUST_USE enum rc session_list(const struct db *db, struct arena *a,
                              const struct session_policy *policy, struct str account,
                              int64_t now_us, int limit, struct json **out, struct err *err);
MUST_USE enum rc session_close(const struct db *db, struct str session, struct err *err);
MUST_USE enum rc session_close_all(const struct db *db, struct str account, struct err *err);
/*
 * Forgets the sessions that have ended, and the names and addresses whose wrong passwords no
 * longer count.
 */
MUST_USE enum rc session_expire(const struct db *db, const struct session_policy *policy,
                                int64_t now_us, struct err *err);
/* In constant time. */
bool session_csrf_matches(const struct identity *who, struct str token);

#endif
