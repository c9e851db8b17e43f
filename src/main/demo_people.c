#include "main/demo_people.h"

#include "base/clock.h"

const int32_t demo_census_day = 20454; /* 2026-01-01 */

enum {
    YEAR = 365,
    MOVED_OF_100 = 15,      /* identifiers keep the place of first registration */
    ELSEWHERE_OF_100 = 3,   /* and some people come from 海川 */
    SHORT_NAME_OF_100 = 20,
    MOTHERS_NAME_OF_100 = 6,
    BIRTH_GAP_DAYS = 300,
    OLDEST_YEARS = 96,
    SEQUENCES = 1000,
    TAKEN_SLOTS = 1 << 18
};

/* Of 100 households: alone, two, parents with children, one parent, three generations. */
enum { ALONE = 22, TWO = 47, FAMILY = 80, ONE_PARENT = 87 };

struct census {
    const struct demo_people_plan *plan;
    struct demo_resident *people;
    uint64_t *taken; /* identifiers given so far, by open addressing; 0 is free */
    uint64_t state;
    uint32_t surnames;
    uint32_t givens;
    const struct json *areas;
    const struct json *elsewhere;
    int count;
    int households;
};

/* splitmix64: whole numbers only, so the same everywhere. */
static uint64_t
next(struct census *c)
{
    uint64_t z = (c->state += 0x9E3779B97F4A7C15u);

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static int32_t
draw(struct census *c, int32_t below)
{
    return (int32_t)(next(c) % (uint64_t)below);
}

static bool
happens(struct census *c, int of_100)
{
    return draw(c, 100) < of_100;
}

static int32_t
years(struct census *c, int least, int most)
{
    return least * YEAR + draw(c, (most - least) * YEAR + 1);
}

/* --- identifiers ------------------------------------------------------------------------------------------ */

/* False if somebody has it already. */
static bool
take(struct census *c, const struct demo_resident *r)
{
    uint64_t key = (((uint64_t)(uint32_t)r->region << 20 | (uint64_t)(uint32_t)(r->birth_day + 100000))
                    << 10) | r->sequence;
    uint64_t slot = key * 0x9E3779B97F4A7C15u >> 46;

    for (; c->taken[slot] != 0; slot = (slot + 1) % TAKEN_SLOTS) {
        if (c->taken[slot] == key) {
            return false;
        }
    }
    c->taken[slot] = key;
    return true;
}

static int32_t
code_at(const struct json *list, int32_t n)
{
    const struct json *e = list->first;
    int64_t code = 0;

    while (n-- > 0) {
        e = e->next;
    }
    (void)str_to_int(json_is(e, JSON_STRING) ? e->text : json_str(e, "code"), &code);
    return (int32_t)code;
}

static int32_t
birthplace(struct census *c, int32_t home)
{
    int32_t chance = draw(c, 100);

    if (chance < ELSEWHERE_OF_100) {
        return code_at(c->elsewhere, draw(c, (int32_t)c->elsewhere->count));
    }
    return chance < MOVED_OF_100 ? code_at(c->areas, draw(c, (int32_t)c->areas->count)) : home;
}

/* --- one household -------------------------------------------------------------------------------------------- */

struct member {
    enum demo_role role;
    bool female;
    int32_t birth_day;
    uint16_t surname;
};

static struct demo_resident
settle(struct census *c, const struct member *m, int32_t home)
{
    struct demo_resident r = {.birth_day = m->birth_day,
                              .household = c->households,
                              .role = m->role,
                              .surname = m->surname};

    r.given = (uint16_t)draw(c, (int32_t)c->givens);
    r.second = happens(c, SHORT_NAME_OF_100) ? (uint16_t)DEMO_NO_SECOND
                                             : (uint16_t)draw(c, (int32_t)c->givens);
    r.region = birthplace(c, home);
    r.sequence = (uint16_t)(draw(c, SEQUENCES / 2) * 2 + !m->female);
    while (!take(c, &r)) { /* the sex stays: sequences are even in number */
        r.sequence = (uint16_t)((r.sequence + 2) % SEQUENCES);
    }
    return r;
}

enum { MEMBERS_MAX = 8 };

struct family {
    struct member member[MEMBERS_MAX];
    int count;
};

static uint16_t
surname(struct census *c)
{
    return (uint16_t)draw(c, (int32_t)c->surnames);
}

static struct member *
join(struct family *f, enum demo_role role, bool female, int32_t birth_day, uint16_t name)
{
    CHECK(f->count < MEMBERS_MAX);
    f->member[f->count] =
        (struct member){.role = role, .female = female, .birth_day = birth_day, .surname = name};
    return &f->member[f->count++];
}

/* Born on or after `first`, months apart, none after the census. */
static void
add_children(struct census *c, struct family *f, int32_t first, uint16_t fathers, uint16_t mothers)
{
    int32_t chance = draw(c, 100), birth = first;
    int most = chance < 62 ? 1 : chance < 95 ? 2 : 3;

    for (int i = 0; i < most && birth < demo_census_day; i++) {
        uint16_t name = happens(c, MOTHERS_NAME_OF_100) ? mothers : fathers;
        bool female = happens(c, 50);
        (void)join(f, DEMO_CHILD, female, birth, name);
        birth += BIRTH_GAP_DAYS + draw(c, 5 * YEAR);
    }
}

static void
add_grandparent(struct census *c, struct family *f, bool female, int32_t birth, uint16_t name)
{
    if (birth > demo_census_day - OLDEST_YEARS * YEAR && happens(c, 75)) {
        (void)join(f, DEMO_PARENT, female, birth, name);
    }
}

/* Fathers are up to eight years older than mothers, or one year younger. */
static void
make_family(struct census *c, struct family *f, int32_t kind)
{
    int32_t first = demo_census_day - draw(c, 26 * YEAR); /* the eldest child at home */
    int32_t mother = first - years(c, 21, 36);
    int32_t father = mother - 8 * YEAR + draw(c, 9 * YEAR);
    uint16_t fathers = surname(c);
    uint16_t mothers = surname(c);

    if (kind < ONE_PARENT && kind >= FAMILY) {
        bool is_mother = happens(c, 75);
        (void)join(f, DEMO_HEAD, is_mother, is_mother ? mother : father,
                   is_mother ? mothers : fathers);
    } else {
        (void)join(f, DEMO_HEAD, false, father, fathers);
        (void)join(f, DEMO_SPOUSE, true, mother, mothers);
    }
    add_children(c, f, first, fathers, mothers);
    if (kind >= ONE_PARENT) {
        int32_t grandmother = father - years(c, 20, 36);
        add_grandparent(c, f, true, grandmother, surname(c));
        add_grandparent(c, f, false, grandmother - 6 * YEAR + draw(c, 7 * YEAR), fathers);
    }
}

/* Draws stand in statements of their own: compilers differ in which argument of a call they look at first. */
static void
make_household(struct census *c, struct family *f)
{
    int32_t kind = draw(c, 100);
    uint16_t name = surname(c);

    f->count = 0;
    if (kind >= TWO) {
        make_family(c, f, kind);
        return;
    }
    bool is_alone = kind < ALONE, female = happens(c, is_alone ? 50 : 35);
    int32_t birth = demo_census_day - (is_alone ? years(c, 19, 90) : years(c, 24, 85));
    (void)join(f, DEMO_HEAD, female, birth, name);
    if (!is_alone) {
        int32_t spouse = birth - 2 * YEAR + draw(c, 4 * YEAR);
        (void)join(f, DEMO_SPOUSE, !female, spouse, surname(c));
    }
}

/* --- all of them ------------------------------------------------------------------------------------------------- */

/* "99010219900307001": place, birth date and sequence are given, the name is kept elsewhere. */
static enum rc
settle_known(struct census *c, const struct json *person, struct err *err)
{
    struct str id17 = json_str(person, "id17");
    struct demo_resident r = {.household = c->households++, .role = DEMO_HEAD};
    int64_t region, sequence;
    enum rc rc;

    struct str day = {NULL, 0};
    char text[11] = "yyyy-mm-dd";
    for (int i = 0, at = 6; id17.len == 17 && i < 10; i++) {
        if (i != 4 && i != 7) {
            text[i] = id17.ptr[at++];
        }
        day = (struct str){text, 10};
    }
    if ((rc = day_parse(day, &r.birth_day, err)) != RC_OK) {
        return rc;
    }
    if (!str_to_int(str_sub(id17, 0, 6), &region) || !str_to_int(str_sub(id17, 14, 3), &sequence)) {
        return err_set(err, RC_INVALID, "%.*s is no beginning of an identifier", STR_ARG(id17));
    }
    r.region = (int32_t)region;
    r.sequence = (uint16_t)sequence;
    if (!take(c, &r)) {
        return err_set(err, RC_CONFLICT, "two people have %.*s", STR_ARG(id17));
    }
    c->people[c->count++] = r;
    return RC_OK;
}

enum rc
demo_people_make(struct arena *a, const struct demo_people_plan *plan, struct demo_resident **out,
                 int *households, struct err *err)
{
    struct census c = {.plan = plan,
                       .people = arena_alloc(a, (size_t)plan->count, sizeof(*c.people)),
                       .taken = arena_alloc(a, TAKEN_SLOTS, sizeof(*c.taken)),
                       .state = plan->seed,
                       .surnames = json_get(plan->names, "surnames")->count,
                       .givens = json_get(plan->names, "given")->count,
                       .areas = json_get(plan->names, "areas"),
                       .elsewhere = json_get(plan->names, "elsewhere")};
    struct family f;

    if (c.people == NULL || c.taken == NULL) {
        return err_set(err, RC_LIMIT, "no room for %d people", plan->count);
    }
    for (int i = 0; i < plan->known_count; i++) {
        enum rc rc = settle_known(&c, plan->known[i], err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    while (c.count < plan->count) {
        int32_t home = plan->region_of_household(plan->ctx, c.households);
        make_household(&c, &f);
        for (int i = 0; i < f.count && c.count < plan->count; i++) {
            c.people[c.count] = settle(&c, &f.member[i], home);
            c.count++;
        }
        c.households++;
    }
    *out = c.people;
    *households = c.households;
    return RC_OK;
}
