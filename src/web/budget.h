/*
 * budget - how many bytes of one kind may be held at one time, by all requests of the node together.
 *
 * A request takes a share before its bytes come in and gives it back when it ends; who finds no room stands in line, first come first
 * served, and asks again.  What is larger than the whole budget is let in alone, so that everything gets its turn.  Any thread may ask.
 */
#ifndef WEB_BUDGET_H
#define WEB_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

struct budget;

struct budget_policy {
    size_t bytes;
    int line;    /* most that wait; more are turned away at once */
    int wait_ms; /* how long it is worth waiting */
};

/* Of one request: all zero at the start, and in one place until it is given back. */
struct budget_share {
    struct budget *of; /* NULL: has nothing and waits for nothing */
    size_t bytes;
    bool is_waiting;
    struct budget_share *next;
};

struct budget *budget_new(const struct budget_policy *policy);
void budget_free(struct budget *b); /* nobody has a share; accepts NULL */
int budget_wait_ms(const struct budget *b);
size_t budget_held(struct budget *b); /* of all shares */
int budget_waiting(struct budget *b); /* how many stand in line */

enum budget_answer { BUDGET_TAKEN, BUDGET_WAITS, BUDGET_CROWDED };
/* BUDGET_WAITS: the share has its place in line; ask again with the same bytes, or give it back. */
enum budget_answer budget_take(struct budget *b, struct budget_share *s, size_t bytes);
/* More for a share that was taken; false: there is no room now.  It never waits, or two that grow could wait for one another. */
bool budget_grow(struct budget_share *s, size_t more);
/* What it holds, or its place in line; nothing if it has neither. */
void budget_give(struct budget_share *s);

#endif
