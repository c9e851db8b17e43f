/*
 * demo_people - who lives in the invented city: households with plausible ages, shared addresses and identifiers that are each
 * given once.  Made in one pass from a seed, the same on every machine.
 */
#ifndef MAIN_DEMO_PEOPLE_H
#define MAIN_DEMO_PEOPLE_H

#include "base/json.h"

enum demo_role { DEMO_HEAD, DEMO_SPOUSE, DEMO_CHILD, DEMO_PARENT };

enum { DEMO_NO_SECOND = UINT16_MAX };

struct demo_resident {
    int32_t birth_day;
    int32_t household;  /* 0, 1, …: members stand side by side */
    int32_t region;     /* first six digits of the identifier */
    uint16_t sequence;  /* the three digits behind the birth date: odd for men */
    uint16_t surname;   /* these three: places in the lists of demo/names.json */
    uint16_t given;
    uint16_t second;    /* DEMO_NO_SECOND: a name of two characters */
    enum demo_role role;
};

struct demo_people_plan {
    uint64_t seed;
    int count;                   /* people */
    const struct json *names;    /* demo/names.json */
    const struct json *const *known; /* those of demo/people.json, each alone in the first households; "id17" */
    int known_count;
    int32_t (*region_of_household)(const void *ctx, int household);
    const void *ctx;
};

/* The day on which the city was counted: ages are as of then, whatever day the demo runs. */
extern const int32_t demo_census_day;

/* Array of plan->count residents; *households is how many there are.  RC_LIMIT: no room. */
MUST_USE enum rc demo_people_make(struct arena *a, const struct demo_people_plan *plan,
                                  struct demo_resident **out, int *households, struct err *err);

#endif
