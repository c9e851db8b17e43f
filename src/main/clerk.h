/*
 * clerk - how a thread asks through the gate of a loop and signs by its line to the signer: it waits while a task of that loop does it.
 *
 * Several threads may ask at once.  After clerk_close nothing is begun any more (RC_IO); what is under way ends with its loop.
 */
#ifndef MAIN_CLERK_H
#define MAIN_CLERK_H

#include "exchange/exchange.h"
#include "net/loop.h"
#include "net/signing.h"

struct clerk;

struct clerk *clerk_new(void);
/* Before the loop runs, and before anybody asks. */
void clerk_open(struct clerk *c, struct loop *loop, struct gate *gate, struct signing *signing);
void clerk_close(struct clerk *c);
void clerk_free(struct clerk *c); /* nobody asks any more; accepts NULL */

/* With the key "seal".  As signing_sign says. */
enum rc clerk_sign(void *clerk, struct str bytes, unsigned char out[SIG_BYTES], struct err *err);
/* As gate_ask says; a is not used by anybody else meanwhile. */
enum rc clerk_ask(void *clerk, struct arena *a, const struct question *q, struct answer *out, struct err *err);

#endif
