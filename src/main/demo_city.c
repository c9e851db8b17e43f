#include "main/demo_city.h"

#include "base/asset.h"
#include "base/clock.h"
#include "base/idcode.h"
#include "main/demo_people.h"

enum {
    ADDRESS_DIGITS = 8,
    WRONG_NAME_EVERY = 97, /* a licence in so many misspells its owner */
    NO_CODE_EVERY = 89,    /* an address in so many has no code */
    CHARACTER = 3,         /* bytes of one in a name */
    KNOWN_MAX = 16,
    OWNER_YEARS_MIN = 20,
    OWNER_YEARS_MAX = 68,
    YEAR_DAYS = 365,
    LISTED_YEARS = 79,
    DEAD_OF = 23,
    UNPAID_OF = 40,
    DISABLED_OF = 41
};

/* Shops of the people of demo/people.json, in their order; the area is a place in the list of demo/names.json. */
static const struct {
    const char *name;
    int area;
} known_shops[] = {{"云溪市东湖区半亩方塘面馆", 2},
                   {"云溪市东湖区小满茶饮", 2},
                   {"云溪市清河区山月小馆", 0},
                   {"云溪市云岭县归雁米线店", 5},
                   {"云溪市龙汐市潮声夜宵店", 7}};
enum { KNOWN_SHOPS = sizeof(known_shops) / sizeof(known_shops[0]) };

struct demo_city {
    uint64_t seed;
    const struct json *names;
    const struct json *known[KNOWN_MAX]; /* citizens of demo/people.json */
    int known_count;
    const struct demo_resident *people;
    int households;
    int32_t *owners; /* of company i */
    int32_t *listed[DEMO_LISTS]; /* who stands in each list */
    int list_count[DEMO_LISTS];
};

/* splitmix64: the same number for the same seed, stream and index on every machine. */
static uint64_t
mix(const struct demo_city *c, uint64_t stream, uint64_t index)
{
    uint64_t z = c->seed + stream * 0xD1342543DE82EF95u + (index + 1) * 0x9E3779B97F4A7C15u;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static const struct json *
at(const struct demo_city *c, const char *list, uint64_t n)
{
    const struct json *e = json_get(c->names, list)->first;

    while (n-- > 0) {
        e = e->next;
    }
    return e;
}

static const struct json *
pick(const struct demo_city *c, const char *list, uint64_t stream, uint64_t index)
{
    return at(c, list, mix(c, stream, index) % json_get(c->names, list)->count);
}

/* --- places ------------------------------------------------------------------------------------------------- */

/* Addresses 0… are shops, those behind them homes. */
static const struct json *
area_of(const struct demo_city *c, int address)
{
    return address < KNOWN_SHOPS ? at(c, "areas", (uint64_t)known_shops[address].area)
                                 : pick(c, "areas", 10, (uint64_t)address);
}

static int
home_of(int household)
{
    return DEMO_COMPANIES + household;
}

static int32_t
region_of_household(const void *ctx, int household)
{
    int64_t code = 0;

    (void)str_to_int(json_str(area_of(ctx, home_of(household)), "code"), &code);
    return (int32_t)code;
}

static struct str
address_text(const struct demo_city *c, struct arena *a, int index)
{
    const struct json *area = area_of(c, index);
    uint64_t i = (uint64_t)index;

    if (index == 0) {
        return STR("东湖区柳浪街道听荷社区采薇巷 27 号 1 层 103 室");
    }
    return str_fmt(a, "%.*s%.*s%.*s%.*s %d 号 %d 室", STR_ARG(json_str(area, "name")),
                   STR_ARG(json_str(area, "street")), STR_ARG(json_str(area, "community")),
                   STR_ARG(pick(c, "roads", 11, i)->text), (int)(mix(c, 12, i) % 300) + 1,
                   (int)(mix(c, 13, i) % 900) + 101);
}

struct json *
demo_address(const struct demo_city *c, struct arena *a, struct str code)
{
    struct json *d = json_object(a), *list = json_array(a), *e = json_object(a);
    int64_t index;

    if (code.len != ADDRESS_DIGITS + 2 || !str_starts(code, STR("DZ")) ||
        !str_to_int(str_from(code, 2), &index) || index < 0 || index >= DEMO_ADDRESSES) {
        return NULL;
    }
    const struct json *area = area_of(c, (int)index);
    json_set_text(a, e, "dzqc", address_text(c, a, (int)index));
    json_set_text(a, e, "xzqh", json_str(area, "code"));
    json_set_text(a, e, "sqmc", json_str(area, "community"));
    json_push(list, e);
    json_set(a, d, "data", list);
    return d;
}

/* --- the city --------------------------------------------------------------------------------------------------- */

/* Companies 0.. belong to the first people of demo/people.json, the others to heads of households of working age, one each. */
static enum rc
choose_owners(struct demo_city *c, struct arena *a, struct err *err)
{
    int32_t *grown = arena_alloc(a, DEMO_PEOPLE, sizeof(*grown));
    int count = 0;

    c->owners = arena_alloc(a, DEMO_COMPANIES, sizeof(*c->owners));
    if (grown == NULL || c->owners == NULL) {
        return err_set(err, RC_LIMIT, "no room for owners of companies");
    }
    for (int i = c->known_count; i < DEMO_PEOPLE; i++) {
        int32_t days = demo_census_day - c->people[i].birth_day;
        if (c->people[i].role == DEMO_HEAD && days >= OWNER_YEARS_MIN * YEAR_DAYS &&
            days < OWNER_YEARS_MAX * YEAR_DAYS) {
            grown[count++] = i;
        }
    }
    if (count < DEMO_COMPANIES) {
        return err_set(err, RC_LIMIT, "%d people cannot own %d companies", count, DEMO_COMPANIES);
    }
    for (int i = 0; i < DEMO_COMPANIES; i++) {
        c->owners[i] = i < KNOWN_SHOPS ? i : grown[(int64_t)i * count / DEMO_COMPANIES];
    }
    return RC_OK;
}

static void
put_on(struct demo_city *c, enum demo_list list, int person)
{
    c->listed[list][c->list_count[list]++] = person;
}

/* Of the old every twenty-third has died, and all but every fortieth are paid; of all every forty-first has a disability.  What the sign-in
 * page says of its people is so. */
static enum rc
make_lists(struct demo_city *c, struct arena *a, struct err *err)
{
    for (int list = 0; list < DEMO_LISTS; list++) {
        if ((c->listed[list] = arena_alloc(a, DEMO_PEOPLE, sizeof(int32_t))) == NULL) {
            return err_set(err, RC_LIMIT, "no room for lists");
        }
    }
    for (int i = 0; i < DEMO_PEOPLE; i++) {
        bool is_known = i < c->known_count;
        if (c->people[i].birth_day <= demo_census_day - LISTED_YEARS * YEAR_DAYS) {
            int n = c->list_count[DEMO_OLD];
            put_on(c, DEMO_OLD, i);
            if (!is_known && n % DEAD_OF == 7) {
                put_on(c, DEMO_DEAD, i);
            }
            if (!is_known && n % UNPAID_OF != 3) {
                put_on(c, DEMO_PAID, i);
            }
        }
        if (is_known ? json_true(c->known[i], "disabled") : i % DISABLED_OF == 5) {
            put_on(c, DEMO_DISABLED, i);
        }
    }
    return RC_OK;
}

enum rc
demo_city_new(struct arena *a, uint64_t seed, struct demo_city **out, struct err *err)
{
    struct demo_city *c = arena_alloc(a, 1, sizeof(*c));
    struct demo_resident *residents;
    struct json *names, *people;
    enum rc rc;

    if (c == NULL) {
        return err_set(err, RC_LIMIT, "no room for a city");
    }
    if ((rc = asset_json(a, "demo/names.json", &names, err)) != RC_OK ||
        (rc = asset_json(a, "demo/people.json", &people, err)) != RC_OK) {
        return rc;
    }
    c->seed = seed;
    c->names = names;
    const struct json *list = json_get(people, "people");
    for (const struct json *p = list != NULL ? list->first : NULL; p != NULL; p = p->next) {
        if (json_str(p, "id17").len == 17 && c->known_count < KNOWN_MAX) {
            c->known[c->known_count++] = p;
        }
    }
    const struct demo_people_plan plan = {.seed = seed,
                                          .count = DEMO_PEOPLE,
                                          .names = names,
                                          .known = c->known,
                                          .known_count = c->known_count,
                                          .region_of_household = region_of_household,
                                          .ctx = c};
    if ((rc = demo_people_make(a, &plan, &residents, &c->households, err)) != RC_OK) {
        return rc;
    }
    c->people = residents;
    if (home_of(c->households) > DEMO_ADDRESSES) {
        return err_set(err, RC_LIMIT, "%d households have no room", c->households);
    }
    if ((rc = choose_owners(c, a, err)) == RC_OK && (rc = make_lists(c, a, err)) == RC_OK) {
        *out = c;
    }
    return rc;
}

/* --- identifiers and names ---------------------------------------------------------------------------------- */

static struct str
with_check(struct arena *a, struct str first17, bool is_company)
{
    char check = is_company ? idcode_company_check(first17) : idcode_person_check(first17);

    return str_fmt(a, "%.*s%c", STR_ARG(first17), check);
}

/* 组织机构代码 (GB 11714): the check of the eight characters before. */
static char
inner_check(struct str eight)
{
    static const int weights[] = {3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;

    for (size_t i = 0; i < 8; i++) {
        char ch = eight.ptr[i];
        sum += weights[i] * (ch <= '9' ? ch - '0' : ch - 'A' + 10);
    }
    int v = 11 - sum % 11;
    return (char)(v == 10 ? 'X' : v == 11 ? '0' : '0' + v);
}

static struct str
person_key(const struct demo_city *c, struct arena *a, int index)
{
    const struct demo_resident *r = &c->people[index];
    struct date d = day_to_date(r->birth_day);

    return with_check(a,
                      str_fmt(a, "%06d%04d%02d%02d%03d", (int)r->region, d.year, d.month, d.day,
                              r->sequence),
                      false);
}

static struct str
person_name(const struct demo_city *c, struct arena *a, int index)
{
    const struct demo_resident *r = &c->people[index];

    if (index < c->known_count) {
        return json_str(c->known[index], "name");
    }
    struct str second = r->second == DEMO_NO_SECOND ? STR("") : at(c, "given", r->second)->text;
    return str_fmt(a, "%.*s%.*s%.*s", STR_ARG(at(c, "surnames", r->surname)->text),
                   STR_ARG(at(c, "given", r->given)->text), STR_ARG(second));
}

static struct str
company_key(const struct demo_city *c, struct arena *a, int index)
{
    struct str eight = str_fmt(a, "MA%06d", index);

    if (index == 0) {
        return STR("92990103MA00000B7N");
    }
    return with_check(a,
                      str_fmt(a, "92%.*s%.*s%c", STR_ARG(json_str(area_of(c, index), "code")),
                              STR_ARG(eight), inner_check(eight)),
                      true);
}

/* --- records --------------------------------------------------------------------------------------------------- */

struct json *
demo_person(const struct demo_city *c, struct arena *a, int index, struct str *key)
{
    const struct demo_resident *r = &c->people[index];
    struct json *d = json_object(a);

    *key = person_key(c, a, index);
    json_set_text(a, d, "name", person_name(c, a, index));
    json_set_text(a, d, "id_number", *key);
    json_set_text(a, d, "sex", r->sequence % 2 == 0 ? STR("2") : STR("1"));
    json_set_text(a, d, "birth_date", day_text(a, r->birth_day));
    json_set_text(a, d, "household", str_fmt(a, "H%07d", (int)r->household));
    json_set_text(a, d, "address", address_text(c, a, home_of(r->household)));
    return d;
}

/* --- lists of the city's own offices ------------------------------------------------------------------------ */

int
demo_list_count(const struct demo_city *c, enum demo_list list)
{
    return c->list_count[list];
}

/* Those who came from 海川 are still registered there. */
static struct json *
begin_listed(const struct demo_city *c, struct arena *a, enum demo_list list, int index, int *person, struct str *key)
{
    const struct demo_resident *r = &c->people[*person = c->listed[list][index]];
    struct json *d = json_object(a);
    int32_t region = r->region < 990000 ? r->region : region_of_household(c, r->household);

    *key = person_key(c, a, *person);
    json_set_text(a, d, "id_number", *key);
    json_set_text(a, d, "name", person_name(c, a, *person));
    json_set_text(a, d, "region", str_fmt(a, "%06d", (int)region));
    return d;
}

struct json *
demo_old(const struct demo_city *c, struct arena *a, int index, struct str *key)
{
    int person;
    struct json *d = begin_listed(c, a, DEMO_OLD, index, &person, key);

    json_set_text(a, d, "birth_date", day_text(a, c->people[person].birth_day));
    return d;
}

struct json *
demo_dead(const struct demo_city *c, struct arena *a, int index, struct str *key)
{
    int person;
    struct json *d = begin_listed(c, a, DEMO_DEAD, index, &person, key);

    json_set_text(a, d, "died", day_text(a, demo_census_day + (int32_t)(mix(c, 30, (uint64_t)person) % 300)));
    return d;
}

struct json *
demo_paid(const struct demo_city *c, struct arena *a, int index, struct str *key)
{
    int person;
    struct json *d = begin_listed(c, a, DEMO_PAID, index, &person, key);

    json_set_bool(a, d, "elder_allowance", true);
    return d;
}

struct json *
demo_disabled(const struct demo_city *c, struct arena *a, int index, struct str *key)
{
    static const char *const households[] = {"minimum", "low", "none", "none", "none"};
    int person;
    struct json *d = begin_listed(c, a, DEMO_DISABLED, index, &person, key);
    uint64_t n = mix(c, 31, (uint64_t)person);
    bool is_known = person < c->known_count;

    json_set_int(a, d, "grade", is_known ? 2 : (int64_t)(n % 4) + 1);
    json_set_text(a, d, "valid_until", is_known || n % 10 > 0 ? STR("2030-12-31") : STR("2025-12-31"));
    json_set_text(a, d, "hardship", is_known ? STR("low") : str_of(households[n / 16 % 5]));
    json_set_bool(a, d, "needs_care", is_known || n / 128 % 2 == 0);
    json_set_bool(a, d, "injury_nursing", !is_known && n / 256 % 30 == 0);
    json_set_bool(a, d, "living_paid", !is_known && n / 8192 % 30 != 0);
    json_set_bool(a, d, "nursing_paid", !is_known && n / 262144 % 30 != 0);
    return d;
}

static struct str
shop_name(const struct demo_city *c, struct arena *a, int index)
{
    if (index < KNOWN_SHOPS) {
        return str_of(known_shops[index].name);
    }
    return str_fmt(a, "云溪市%.*s%.*s%.*s", STR_ARG(json_str(area_of(c, index), "name")),
                   STR_ARG(pick(c, "shop_names", 20, (uint64_t)index)->text),
                   STR_ARG(pick(c, "shops", 21, (uint64_t)index)->text));
}

static bool
has_wrong_name(int index)
{
    return index == 2 || (index > 10 && index % WRONG_NAME_EVERY == 0);
}

static bool
has_no_code(int index)
{
    return index == 1 || (index > 10 && index % NO_CODE_EVERY == 0);
}

/* The last character was misheard: another one of the list, never the right one. */
static struct str
misspelt(const struct demo_city *c, struct arena *a, struct str name, int index)
{
    struct str end = str_from(name, name.len - CHARACTER);
    uint64_t i = (uint64_t)index;
    struct str wrong = pick(c, "given", 30, i)->text;

    while (str_eq(wrong, end)) {
        wrong = pick(c, "given", 30, i += DEMO_COMPANIES)->text;
    }
    return str_fmt(a, "%.*s%.*s", STR_ARG(str_sub(name, 0, name.len - CHARACTER)), STR_ARG(wrong));
}

struct json *
demo_company(const struct demo_city *c, struct arena *a, int index, struct str *key)
{
    struct json *d = json_object(a);
    struct str name = person_name(c, a, c->owners[index]);

    *key = company_key(c, a, index);
    if (has_wrong_name(index)) {
        name = misspelt(c, a, name, index);
    }
    json_set_text(a, d, "name", shop_name(c, a, index));
    json_set_text(a, d, "uscc", *key);
    json_set_text(a, d, "person_name", name);
    json_set_text(a, d, "address", address_text(c, a, index));
    json_set_text(a, d, "address_code",
                  has_no_code(index) ? STR("") : str_fmt(a, "DZ%08d", index));
    json_set_text(a, d, "scope", STR("餐饮服务；食品销售"));
    json_set_text(a, d, "registered",
                  day_text(a, 17000 + (int32_t)(mix(c, 31, (uint64_t)index) % 3500)));
    return d;
}

struct json *
demo_company_of_person(const struct demo_city *c, struct arena *a, int index, struct str *key)
{
    struct json *d = json_object(a);

    *key = person_key(c, a, c->owners[index]);
    json_set_text(a, d, "uscc", company_key(c, a, index));
    json_set_text(a, d, "name", shop_name(c, a, index));
    return d;
}

struct str
demo_company_code(const struct demo_city *c, struct arena *a, struct str login)
{
    for (int i = 0; i < DEMO_COMPANIES; i++) {
        int owner = c->owners[i];
        if (owner < c->known_count && str_eq(json_str(c->known[owner], "login"), login)) {
            return company_key(c, a, i);
        }
    }
    return STR("");
}

struct str
demo_identifier(const struct demo_city *c, struct arena *a, struct str login)
{
    for (int i = 0; i < c->known_count; i++) {
        if (str_eq(json_str(c->known[i], "login"), login)) {
            return person_key(c, a, i);
        }
    }
    return STR("");
}
