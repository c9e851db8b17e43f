/*
 * throttle - how often somebody may guess: so many tries from one address in a window of time, and so many from all addresses together.
 * In memory, because a stranger must not make us write; a restart forgets, which costs a guesser more than it gives.
 */
#ifndef WEB_THROTTLE_H
#define WEB_THROTTLE_H

#include "base/str.h"

struct throttle;

struct throttle_policy {
    int per_peer;
    int all;
    int window_s;
};

struct throttle *throttle_new(const struct throttle_policy *policy);
void throttle_free(struct throttle *t); /* accepts NULL */

/* Counts one try, before its outcome is known, so that many at one moment are counted too.  False: too many, it is not made. */
bool throttle_enter(struct throttle *t, struct str peer, int64_t now_us);
/* It was no guess: the try is taken back. */
void throttle_forgive(struct throttle *t, struct str peer, int64_t now_us);

#endif
