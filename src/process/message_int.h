/* message_int - a message that nobody took, once more, by the hand of a person (process/repair.h). */
#ifndef PROCESS_MESSAGE_INT_H
#define PROCESS_MESSAGE_INT_H

#include "process/runtime.h"

struct message_again {
    struct str id, key; /* key "": its own */
    int64_t ttl_us;     /* how long it waits if nobody takes it at once */
    struct str actor;
    int64_t now_us;
    /* In the same transaction; instance: that took it, or 0. */
    enum rc (*then)(struct tx *tx, struct str name, int64_t instance, void *ctx, struct err *err);
    void *ctx;
};
/* A message that nobody took, once more.  RC_NOT_FOUND "no-such-message". */
MUST_USE enum rc message_again(struct runtime *r, const struct db *db, struct arena *a, const struct message_again *m,
                               struct runtime_delivery *out, struct err *err);

#endif
