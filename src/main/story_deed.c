/* What officers of the story write down: the record of a visit, what is asked for, a decision. */
#include "main/story_int.h"

#include <string.h>

static struct json *
person_on_site(struct arena *a, const char *name, const char *licence)
{
    struct json *d = json_object(a);

    json_set_text(a, d, "name", str_of(name));
    json_set_text(a, d, "licence", str_of(licence));
    return d;
}

/* demo/forms/site-record.json */
static struct json *
site_record(struct arena *a)
{
    struct json *d = json_object(a), *officers = json_array(a), *looked = json_array(a), *sinks = json_object(a);

    json_push(officers, person_on_site(a, "欧阳云舒", "99010131"));
    json_push(officers, person_on_site(a, "慕容清和", "99010219"));
    json_set_text(a, sinks, "what", STR("三个水池"));
    json_set_bool(a, sinks, "is_right", true);
    json_push(looked, sinks);
    json_set(a, d, "officers", officers);
    json_set_text(a, d, "at", STR("2026-11-28T14:30:00+08:00"));
    json_set_text(a, d, "place", STR("采薇巷 27 号 1 层 103 室"));
    json_set(a, d, "looked_at", looked);
    json_set_text(a, d, "result", STR("passed"));
    return d;
}

static struct json *
what_is_asked(struct arena *a)
{
    struct json *list = json_array(a), *field = json_object(a);

    json_set_text(a, field, "field", STR("plan"));
    json_set_text(a, field, "what", STR("现在的图看不出水池在哪里，请补一张标出三个水池的图。"));
    json_push(list, field);
    return list;
}

struct json *
story_deed_body(struct arena *a, const struct deed *d)
{
    struct json *body = json_object(a);

    json_set_text(a, body, "result", str_of(d->result));
    json_set_text(a, body, "reason", str_of(d->reason));
    json_set_text(a, body, "power", str_of(d->power));
    if (d->has_record) {
        json_set(a, body, "data", site_record(a));
    }
    if (strcmp(d->result, "supplement") == 0) {
        json_set(a, body, "fields", what_is_asked(a));
    }
    return body;
}
