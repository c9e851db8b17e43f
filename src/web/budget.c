#include "web/budget.h"

#include <pthread.h>

#include "base/err.h"
#include "base/mem.h"

struct budget {
    struct budget_policy policy;
    pthread_mutex_t lock; /* of all that follows */
    size_t held;
    int waiting;
    struct budget_share *first, *last; /* in line */
};

struct budget *
budget_new(const struct budget_policy *policy)
{
    struct budget *b = mem_new(1, sizeof(*b));

    b->policy = *policy;
    CHECK(pthread_mutex_init(&b->lock, NULL) == 0);
    return b;
}

void
budget_free(struct budget *b)
{
    if (b == NULL) {
        return;
    }
    CHECK(b->held == 0 && b->first == NULL);
    CHECK(pthread_mutex_destroy(&b->lock) == 0);
    mem_free(b);
}

int
budget_wait_ms(const struct budget *b)
{
    return b->policy.wait_ms;
}

size_t
budget_held(struct budget *b)
{
    size_t held;

    CHECK(pthread_mutex_lock(&b->lock) == 0);
    held = b->held;
    CHECK(pthread_mutex_unlock(&b->lock) == 0);
    return held;
}

int
budget_waiting(struct budget *b)
{
    int waiting;

    CHECK(pthread_mutex_lock(&b->lock) == 0);
    waiting = b->waiting;
    CHECK(pthread_mutex_unlock(&b->lock) == 0);
    return waiting;
}

/* others: what is held by everybody else. */
static bool
has_room(const struct budget *b, size_t others, size_t bytes)
{
    return others == 0 || (others <= b->policy.bytes && bytes <= b->policy.bytes - others);
}

static void
leave_line(struct budget *b, struct budget_share *s)
{
    struct budget_share **at = &b->first, *before = NULL;

    while (*at != s) {
        before = *at;
        at = &before->next;
    }
    *at = s->next;
    b->last = b->last == s ? before : b->last;
    b->waiting--;
    s->is_waiting = false;
    s->next = NULL;
}

static enum budget_answer
take(struct budget *b, struct budget_share *s, size_t bytes)
{
    bool is_next = s->is_waiting ? b->first == s : b->first == NULL;

    if (is_next && has_room(b, b->held, bytes)) {
        if (s->is_waiting) {
            leave_line(b, s);
        }
        b->held += bytes;
        s->bytes = bytes;
        s->of = b;
        return BUDGET_TAKEN;
    }
    if (!s->is_waiting) {
        if (b->waiting >= b->policy.line) {
            return BUDGET_CROWDED;
        }
        *(b->last != NULL ? &b->last->next : &b->first) = s;
        b->last = s;
        b->waiting++;
        s->is_waiting = true;
        s->of = b;
    }
    return BUDGET_WAITS;
}

enum budget_answer
budget_take(struct budget *b, struct budget_share *s, size_t bytes)
{
    enum budget_answer answer;

    CHECK(s->of == NULL || (s->of == b && s->is_waiting));
    CHECK(pthread_mutex_lock(&b->lock) == 0);
    answer = take(b, s, bytes);
    CHECK(pthread_mutex_unlock(&b->lock) == 0);
    return answer;
}

bool
budget_grow(struct budget_share *s, size_t more)
{
    struct budget *b = s->of;
    bool may;

    CHECK(b != NULL && !s->is_waiting);
    CHECK(pthread_mutex_lock(&b->lock) == 0);
    may = has_room(b, b->held - s->bytes, s->bytes + more);
    if (may) {
        b->held += more;
        s->bytes += more;
    }
    CHECK(pthread_mutex_unlock(&b->lock) == 0);
    return may;
}

void
budget_give(struct budget_share *s)
{
    struct budget *b = s->of;

    if (b == NULL) {
        return;
    }
    CHECK(pthread_mutex_lock(&b->lock) == 0);
    if (s->is_waiting) {
        leave_line(b, s);
    } else {
        b->held -= s->bytes;
    }
    CHECK(pthread_mutex_unlock(&b->lock) == 0);
    *s = (struct budget_share){.of = NULL};
}
