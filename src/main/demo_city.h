/*
 * demo_city - the invented people, companies and addresses of 云岚省: made from a seed, the same every time.
 *
 * Nobody here exists: region codes 99xxxx belong to no place, so no identifier can be anyone's.  The city has the faults that real
 * registries have: a licence that misspells its owner's name, a shop whose address nobody has coded.
 */
#ifndef MAIN_DEMO_CITY_H
#define MAIN_DEMO_CITY_H

#include "base/json.h"

enum { DEMO_PEOPLE = 60000, DEMO_COMPANIES = 8000, DEMO_ADDRESSES = 40000 };

struct demo_city;

/* From demo/names.json and demo/people.json of the binary. */
MUST_USE enum rc demo_city_new(struct arena *a, uint64_t seed, struct demo_city **out,
                               struct err *err);

/* The first people are those of demo/people.json, the first of them with a shop each.  Bodies are registry records; keys their identifiers. */
struct json *demo_person(const struct demo_city *c, struct arena *a, int index, struct str *key);
struct json *demo_company(const struct demo_city *c, struct arena *a, int index, struct str *key);
/* Whose it is: {"uscc","name"} by the owner's identifier. */
struct json *demo_company_of_person(const struct demo_city *c, struct arena *a, int index,
                                    struct str *key);
/* Whom benefits are about, as the city's own offices list them: the old (from seventy-nine on), those of them who have died, those who are
 * paid already, and persons with disabilities.  By the identifiers; how many is told by demo_list_count. */
enum demo_list { DEMO_OLD, DEMO_DEAD, DEMO_PAID, DEMO_DISABLED, DEMO_LISTS };
int demo_list_count(const struct demo_city *c, enum demo_list list);
struct json *demo_old(const struct demo_city *c, struct arena *a, int index, struct str *key);
struct json *demo_dead(const struct demo_city *c, struct arena *a, int index, struct str *key);
struct json *demo_paid(const struct demo_city *c, struct arena *a, int index, struct str *key);
struct json *demo_disabled(const struct demo_city *c, struct arena *a, int index, struct str *key);
/* As the old address system answers: {"data":[{"dzqc","xzqh","sqmc"}]}; NULL for a code it does not have. */
struct json *demo_address(const struct demo_city *c, struct arena *a, struct str code);

/* Identifier of a person of demo/people.json ("shen"); "" if there is none. */
struct str demo_identifier(const struct demo_city *c, struct arena *a, struct str login);
/* Of the business of such a person; "". */
struct str demo_company_code(const struct demo_city *c, struct arena *a, struct str login);

#endif
