/*
 * runtime_view - looking at running processes and those that have ended: as they stand, what happened, what has gone wrong.
 */
#ifndef PROCESS_RUNTIME_VIEW_H
#define PROCESS_RUNTIME_VIEW_H

#include "process/runtime.h"

/* As it stands, open or closed, of one moment.  RC_NOT_FOUND "no-such-instance"; RC_BUSY: it changes faster than it can be read. */
MUST_USE enum rc runtime_instance(struct runtime *r, const struct db *db, struct arena *a, int64_t id, struct instance *out,
                                  struct err *err);
/* Numbers of the processes of a case, open and closed, oldest first; up to `most` into out.  Of a key "" there are none. */
MUST_USE enum rc runtime_of_key(const struct db *db, struct str business_key, int64_t *out, size_t most, size_t *count, struct err *err);
/* Who listens to a message of that name and key, the oldest process first; zeroes: nobody does. */
struct runtime_awaited {
    int64_t instance, token;
};
MUST_USE enum rc runtime_awaits(const struct db *db, struct str name, struct str key, struct runtime_awaited *out, struct err *err);
/*
 * What happened, in order, from after a number on: {"n","at_us","actor","command","moves":[["entered","Accept",7,1,"detail"],…]}; a line that
 * came to nothing has "failed".
 */
MUST_USE enum rc runtime_history(struct runtime *r, const struct db *db, struct arena *a, int64_t id, int64_t after, size_t most,
                                 struct json **out, struct err *err);
/* RC_CORRUPT: a line was changed or is missing; the error names the first.  Without a key: only what is stored is hashed. */
MUST_USE enum rc runtime_history_check(const struct db *db, struct arena *a, int64_t id, struct err *err);

/* Tokens that cannot go on, by instance and token from after those on: {"instance","token","business_key","process","version","element","code","data","since_us"}. */
MUST_USE enum rc runtime_incidents(struct runtime *r, const struct db *db, struct arena *a, int64_t instance, int64_t token, size_t most,
                                   struct json **out, struct err *err);
/* Messages that nobody has taken, by name, key, time and id from after those on: {"id","name","key","variables","at_us","expires_us"}. */
struct runtime_untaken {
    struct str name, key, id;
    int64_t at_us;
};
MUST_USE enum rc runtime_messages(struct runtime *r, const struct db *db, struct arena *a, const struct runtime_untaken *after,
                                  size_t most, struct json **out, struct err *err);

#endif
