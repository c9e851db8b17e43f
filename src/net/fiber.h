/*
 * fiber - private to net: a stack of its own and the switch between two of them.
 *
 * A fiber is one mapping: a page that nobody may touch, the stack above it, and the owner's
 * object at the top.  So a task costs one mmap in its life, and overflow hits the guard.
 */
#ifndef NET_FIBER_H
#define NET_FIBER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct fiber {
    void *sp;              /* where it stopped */
    struct fiber *back;    /* who switched here last */
    unsigned char *bottom; /* lowest usable byte */
    size_t size_bytes;
    void *sanitizer; /* AddressSanitizer's fake stack, or ThreadSanitizer's fiber */
};

/*
 * A mapping with object_bytes zeroed at its top, which must begin with struct fiber.  The first
 * switch to it calls entry(object), which never returns.  NULL if the kernel gives no more.
 */
MUST_USE void *fiber_new(size_t stack_bytes, size_t object_bytes, void (*entry)(void *object));
void fiber_free(struct fiber *f); /* not the one that runs */

/* The thread's own stack as a fiber, to come back to. */
void fiber_of_thread(struct fiber *f);

/* rests: nothing above entry's own frame is alive in from. */
void fiber_switch(struct fiber *from, struct fiber *to, bool rests);
void fiber_entered(struct fiber *f); /* entry's first call */

/* Give pages below what is in use back to the kernel.  One system call. */
void fiber_trim(struct fiber *f);

#endif
