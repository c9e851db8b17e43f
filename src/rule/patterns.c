/* A few patterns side by side; when there is no room for one more all of them go. */
#include "rule/patterns_int.h"

#include "base/mem.h"

enum { KEPT = 32, ARENA_BYTES = 1 << 20 };

struct kept {
    struct str pattern, flags;
    const struct regex *regex;
};
struct patterns {
    struct arena *arena;
    size_t count;
    struct kept kept[KEPT];
};

struct patterns *
patterns_new(void)
{
    struct patterns *p = mem_new(1, sizeof(*p));

    p->arena = arena_new(ARENA_BYTES);
    return p;
}

void
patterns_free(struct patterns *p)
{
    if (p != NULL) {
        arena_free(p->arena);
        mem_free(p);
    }
}

static enum rc
compile(struct patterns *p, struct str pattern, struct str flags, struct err *err)
{
    struct kept *k = &p->kept[p->count];

    if (p->count == KEPT) {
        return err_set(err, RC_LIMIT, "pattern: %d are kept", KEPT);
    }
    enum rc rc = str_copy(p->arena, pattern, &k->pattern, err);
    rc = rc == RC_OK ? str_copy(p->arena, flags, &k->flags, err) : rc;
    rc = rc == RC_OK ? regex_compile_flags(p->arena, REGEX_XPATH, pattern, flags, &k->regex, err) : rc;
    p->count += rc == RC_OK;
    return rc;
}

/* What an invalid one leaves on the arena goes with the others, once that is full. */
enum rc
patterns_get(struct patterns *p, struct str pattern, struct str flags, const struct regex **out, bool *is_new, struct err *err)
{
    *is_new = false;
    for (size_t i = 0; i < p->count; i++) {
        if (str_eq(p->kept[i].pattern, pattern) && str_eq(p->kept[i].flags, flags)) {
            *out = p->kept[i].regex;
            return RC_OK;
        }
    }
    *is_new = true;
    enum rc rc = compile(p, pattern, flags, err);
    if (rc == RC_LIMIT) {
        arena_reset(p->arena);
        p->count = 0;
        rc = compile(p, pattern, flags, err);
    }
    if (rc == RC_OK) {
        *out = p->kept[p->count - 1].regex;
    }
    return rc;
}
