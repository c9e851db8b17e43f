#include "main/demo_city.h"

#include "base/asset.h"
#include "base/idcode.h"

enum {
    PEOPLE_PER_HOUSEHOLD = 3,
    ADDRESS_DIGITS = 8,
    WRONG_NAME_EVERY = 97,   /* a licence in so many misspells its owner */
    NO_CODE_EVERY = 89,      /* an address in so many has no code */
    TYPICAL_OWNERS_STEP = 7, /* company i belongs to person i * 7 */
    SPECIAL_MAX = 16
};

struct demo_city {
    uint64_t seed;
    const struct json *names;
    const struct json *special[SPECIAL_MAX]; /* citizens of demo/people.json */
    int special_count;
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
pick(const struct demo_city *c, const char *list, uint64_t stream, uint64_t index)
{
    const struct json *names = json_get(c->names, list);
    uint64_t n = mix(c, stream, index) % names->count;
    const struct json *e = names->first;

    while (n-- > 0) {
        e = e->next;
    }
    return e;
}

static enum rc
parse_asset(struct arena *a, const char *path, struct json **out, struct err *err)
{
    const struct asset *asset = asset_find(str_of(path));

    if (asset == NULL) {
        return err_set(err, RC_NOT_FOUND, "%s is not in the binary", path);
    }
    return json_parse(a, asset_text(asset), JSON_UNIQUE, out, err);
}

enum rc
demo_city_new(struct arena *a, uint64_t seed, struct demo_city **out, struct err *err)
{
    struct demo_city *c = arena_alloc(a, 1, sizeof(*c));
    struct json *names, *people;
    enum rc rc;

    if (c == NULL) {
        return err_set(err, RC_LIMIT, "no room for a city");
    }
    if ((rc = parse_asset(a, "demo/names.json", &names, err)) != RC_OK ||
        (rc = parse_asset(a, "demo/people.json", &people, err)) != RC_OK) {
        return rc;
    }
    c->seed = seed;
    c->names = names;
    const struct json *list = json_get(people, "people");
    for (const struct json *p = list != NULL ? list->first : NULL; p != NULL; p = p->next) {
        if (json_str(p, "id17").len == 17 && c->special_count < SPECIAL_MAX) {
            c->special[c->special_count++] = p;
        }
    }
    *out = c;
    return RC_OK;
}

/* --- identifiers ------------------------------------------------------------------------------------------ */

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

static const struct json *
area_of(const struct demo_city *c, int person)
{
    return pick(c, "areas", 1, (uint64_t)(person / PEOPLE_PER_HOUSEHOLD));
}

static struct str
person_key(const struct demo_city *c, struct arena *a, int index)
{
    struct date d;

    if (index < c->special_count) {
        return with_check(a, json_str(c->special[index], "id17"), false);
    }
    d = day_to_date((int32_t)(mix(c, 2, (uint64_t)index) % 32000) - 12000); /* 1937 to 2024 */
    return with_check(a,
                      str_fmt(a, "%.*s%04d%02d%02d%03d",
                              STR_ARG(json_str(area_of(c, index), "code")), d.year, d.month, d.day,
                              (int)(mix(c, 3, (uint64_t)index) % 1000)),
                      false);
}

static struct str
person_name(const struct demo_city *c, struct arena *a, int index)
{
    uint64_t i = (uint64_t)index;

    if (index < c->special_count) {
        return json_str(c->special[index], "name");
    }
    /* A household shares its surname, more often than not. */
    uint64_t family = mix(c, 4, i) % 10 < 7 ? i / PEOPLE_PER_HOUSEHOLD : i + 1000000;
    struct str surname = pick(c, "surnames", 5, family)->text;
    struct str given = pick(c, "given", 6, i)->text;
    struct str second = mix(c, 7, i) % 5 == 0 ? STR("") : pick(c, "given", 8, i)->text;
    return str_fmt(a, "%.*s%.*s%.*s", STR_ARG(surname), STR_ARG(given), STR_ARG(second));
}

static struct str
company_key(struct arena *a, const struct demo_city *c, int index)
{
    struct str eight = str_fmt(a, "MA%06d", index);

    if (index == 0) {
        return STR("92990103MA00000B7N");
    }
    struct str region = index < c->special_count ? STR("990103")
                                                 : json_str(area_of(c, index * 7), "code");
    return with_check(a,
                      str_fmt(a, "92%.*s%.*s%c", STR_ARG(region), STR_ARG(eight),
                              inner_check(eight)),
                      true);
}

/* --- addresses ---------------------------------------------------------------------------------------------- */

static struct str
address_text(const struct demo_city *c, struct arena *a, uint64_t index)
{
    const struct json *area = pick(c, "areas", 10, index);

    if (index == 0) {
        return STR("东湖区柳浪街道听荷社区采薇巷 27 号 1 层 103 室");
    }
    return str_fmt(a, "%.*s%.*s%.*s%.*s %d 号 %d 室", STR_ARG(json_str(area, "name")),
                   STR_ARG(json_str(area, "street")), STR_ARG(json_str(area, "community")),
                   STR_ARG(pick(c, "roads", 11, index)->text), (int)(mix(c, 12, index) % 300) + 1,
                   (int)(mix(c, 13, index) % 900) + 101);
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
    const struct json *area = pick(c, "areas", 10, (uint64_t)index);
    json_set_text(a, e, "dzqc", address_text(c, a, (uint64_t)index));
    json_set_text(a, e, "xzqh", index == 0 ? STR("990103") : json_str(area, "code"));
    json_set_text(a, e, "sqmc", index == 0 ? STR("听荷社区") : json_str(area, "community"));
    json_push(list, e);
    json_set(a, d, "data", list);
    return d;
}

/* --- records --------------------------------------------------------------------------------------------------- */

struct json *
demo_person(const struct demo_city *c, struct arena *a, int index, struct str *key)
{
    struct json *d = json_object(a);
    struct idcode_person parts = {.birth_day = 0};

    *key = person_key(c, a, index);
    (void)idcode_person(*key, INT32_MAX, &parts);
    json_set_text(a, d, "name", person_name(c, a, index));
    json_set_text(a, d, "id_number", *key);
    json_set_text(a, d, "sex", parts.female ? STR("2") : STR("1"));
    json_set_text(a, d, "birth_date", day_text(a, parts.birth_day));
    json_set_text(a, d, "household",
                  str_fmt(a, "H%07d", index / PEOPLE_PER_HOUSEHOLD));
    json_set_text(a, d, "address",
                  address_text(c, a, 1 + (uint64_t)(index / PEOPLE_PER_HOUSEHOLD) %
                                             (DEMO_ADDRESSES - 1)));
    return d;
}

static struct str
shop_name(const struct demo_city *c, struct arena *a, int index)
{
    static const char *const known[] = {"云溪市东湖区半亩方塘面馆", "云溪市东湖区小满茶饮",
                                        "云溪市清河区山月小馆"};

    if (index < 3) {
        return str_of(known[index]);
    }
    const struct json *area = area_of(c, index * TYPICAL_OWNERS_STEP);
    return str_fmt(a, "云溪市%.*s%.*s%.*s", STR_ARG(json_str(area, "name")),
                   STR_ARG(pick(c, "shop_names", 20, (uint64_t)index)->text),
                   STR_ARG(pick(c, "shops", 21, (uint64_t)index)->text));
}

/* Companies 0.. belong to the people of demo/people.json, the others to everyone's seventh. */
static int
owner_of(const struct demo_city *c, int index)
{
    return index < c->special_count ? index : (index * TYPICAL_OWNERS_STEP) % DEMO_PEOPLE;
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

struct json *
demo_company(const struct demo_city *c, struct arena *a, int index, struct str *key)
{
    struct json *d = json_object(a);
    int owner = owner_of(c, index);
    struct str name = person_name(c, a, owner);

    *key = company_key(a, c, index);
    if (has_wrong_name(index)) { /* the first character is right, the rest was misheard */
        name = str_fmt(a, "%.*s%.*s", STR_ARG(str_sub(name, 0, 3)),
                       STR_ARG(pick(c, "given", 30, (uint64_t)index)->text));
    }
    json_set_text(a, d, "name", shop_name(c, a, index));
    json_set_text(a, d, "uscc", *key);
    json_set_text(a, d, "person_name", name);
    json_set_text(a, d, "address", address_text(c, a, (uint64_t)index));
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

    *key = person_key(c, a, owner_of(c, index));
    json_set_text(a, d, "uscc", company_key(a, c, index));
    json_set_text(a, d, "name", shop_name(c, a, index));
    return d;
}

struct str
demo_identifier(const struct demo_city *c, struct arena *a, struct str login)
{
    for (int i = 0; i < c->special_count; i++) {
        if (str_eq(json_str(c->special[i], "login"), login)) {
            return person_key(c, a, i);
        }
    }
    return STR("");
}
