/*
 * signing - a loop's line to the signer: tasks hand in messages and yield; what a turn of the loop
 * has gathered goes out in one write, and answers wake their tasks in order.
 */
#ifndef NET_SIGNING_H
#define NET_SIGNING_H

#include "crypto/signer.h"
#include "net/task.h"

struct signing;

/* fd: one of signer_start's; this module closes it, but not when it fails. */
MUST_USE enum rc signing_new(struct loop *loop, int fd, struct signing **out, struct err *err);
/*
 * Waits.  RC_NOT_FOUND, RC_DENIED, RC_LIMIT as signer_sign says; RC_INVALID: no name for a key; RC_BUSY: too
 * much is waiting to be sent; RC_IO: the signer is gone or the loop is ending.
 */
MUST_USE enum rc signing_sign(struct signing *s, struct task *t, struct str key,
                              struct str message, unsigned char out[SIG_BYTES], struct err *err);
void signing_free(struct signing *s); /* after loop_run has returned; accepts NULL */

#endif
