#include "web/throttle.h"

#include <pthread.h>

#include "base/mem.h"
#include "crypto/hash.h"

enum { SLOTS = 4096, NEIGHBOURS = 8 };

struct counter {
    uint64_t peer; /* of its hash; 0: everybody */
    int64_t from_us;
    int tries;
};

struct throttle {
    struct throttle_policy policy;
    pthread_mutex_t mutex;
    struct counter all;
    struct counter slot[SLOTS];
};

struct throttle *
throttle_new(const struct throttle_policy *policy)
{
    struct throttle *t = mem_new(1, sizeof(*t));

    t->policy = *policy;
    CHECK(pthread_mutex_init(&t->mutex, NULL) == 0);
    return t;
}

void
throttle_free(struct throttle *t)
{
    if (t == NULL) {
        return;
    }
    (void)pthread_mutex_destroy(&t->mutex);
    mem_free(t);
}

/* A window that has passed, or that a clock which was put back has left in the future, counts no more. */
static void
renew(const struct throttle *t, struct counter *c, int64_t now_us)
{
    int64_t age_us = now_us - c->from_us;

    if (age_us < 0 || age_us >= (int64_t)t->policy.window_s * 1000000) {
        c->tries = 0;
        c->from_us = now_us;
    }
}

/* The peer's own counter, else one that is free, else the one with the fewest tries: a crowd cannot wash out who guesses most. */
static struct counter *
find(struct throttle *t, struct str peer, int64_t now_us)
{
    struct hash h = hash_sha256(peer);
    struct counter *best = NULL;
    uint64_t key = 0;

    for (size_t i = 0; i < 8; i++) {
        key = key << 8 | h.bytes[i];
    }
    key |= 1;
    for (size_t i = 0; i < NEIGHBOURS; i++) {
        struct counter *c = &t->slot[(key + i) % SLOTS];
        renew(t, c, now_us);
        if (c->peer == key) {
            return c;
        }
        if (best == NULL || c->tries < best->tries) {
            best = c;
        }
    }
    *best = (struct counter){.peer = key, .from_us = now_us};
    return best;
}

bool
throttle_enter(struct throttle *t, struct str peer, int64_t now_us)
{
    CHECK(pthread_mutex_lock(&t->mutex) == 0);
    struct counter *own = find(t, peer, now_us);
    renew(t, &t->all, now_us);
    bool may = own->tries < t->policy.per_peer && t->all.tries < t->policy.all;
    own->tries += may;
    t->all.tries += may;
    CHECK(pthread_mutex_unlock(&t->mutex) == 0);
    return may;
}

void
throttle_forgive(struct throttle *t, struct str peer, int64_t now_us)
{
    CHECK(pthread_mutex_lock(&t->mutex) == 0);
    struct counter *own = find(t, peer, now_us);
    own->tries -= own->tries > 0;
    t->all.tries -= t->all.tries > 0;
    CHECK(pthread_mutex_unlock(&t->mutex) == 0);
}
