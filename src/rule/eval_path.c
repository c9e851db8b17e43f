/*
 * What stands after a dot: a member of a context, of each context of a list, or a property of a date, time, duration or range
 * (10.3.2.5, tables 54 and 65).
 */
#include "rule/eval_int.h"

static struct value
number(int64_t n)
{
    return value_of_int(n);
}

/* False: a value of this kind has no such property. */
static bool
day_property(const struct temporal *t, unsigned which, struct value *out)
{
    switch (which) {
    case PROPERTY_YEAR: *out = number(t->date.year); return true;
    case PROPERTY_MONTH: *out = number(t->date.month); return true;
    case PROPERTY_DAY: *out = number(t->date.day); return true;
    case PROPERTY_WEEKDAY: *out = number(temporal_weekday(t)); return true;
    default: return false;
    }
}

/* A local time has no offset and no zone: that is null, and no mistake. */
static bool
clock_property(const struct temporal *t, unsigned which, struct value *out)
{
    struct duration offset;
    struct str zone;

    switch (which) {
    case PROPERTY_HOUR: *out = number(temporal_hour(t)); return true;
    case PROPERTY_MINUTE: *out = number(temporal_minute(t)); return true;
    case PROPERTY_SECOND: *out = number(temporal_second(t)); return true;
    case PROPERTY_TIME_OFFSET:
        *out = temporal_offset(t, &offset) ? (struct value){.kind = VALUE_DAYS_DURATION, .as.duration = offset}
                                           : value_null();
        return true;
    case PROPERTY_TIMEZONE: *out = temporal_zone_name(t, &zone) ? value_of_str(zone) : value_null(); return true;
    default: return false;
    }
}

static bool
days_property(struct duration d, unsigned which, struct value *out)
{
    struct duration_parts parts = duration_parts(d);

    switch (which) {
    case PROPERTY_DAYS: *out = number(parts.days); return true;
    case PROPERTY_HOURS: *out = number(parts.hours); return true;
    case PROPERTY_MINUTES: *out = number(parts.minutes); return true;
    case PROPERTY_SECONDS: *out = number(parts.seconds); return true;
    default: return false;
    }
}

static bool
months_property(int64_t months, unsigned which, struct value *out)
{
    switch (which) {
    case PROPERTY_YEARS: *out = number(months / 12); return true;
    case PROPERTY_MONTHS: *out = number(months % 12); return true;
    default: return false;
    }
}

static bool
range_property(const struct range *range, unsigned which, struct value *out)
{
    switch (which) {
    case PROPERTY_START: *out = range->low; return true;
    case PROPERTY_END: *out = range->high; return true;
    case PROPERTY_START_INCLUDED: *out = value_of_bool(range->low_end == RANGE_CLOSED); return true;
    case PROPERTY_END_INCLUDED: *out = value_of_bool(range->high_end == RANGE_CLOSED); return true;
    default: return false;
    }
}

static bool
property(const struct value *v, unsigned which, struct value *out)
{
    switch (v->kind) {
    case VALUE_DATE: return day_property(v->as.temporal, which, out);
    case VALUE_TIME: return clock_property(v->as.temporal, which, out);
    case VALUE_DATE_TIME:
        return day_property(v->as.temporal, which, out) || clock_property(v->as.temporal, which, out);
    case VALUE_DAYS_DURATION: return days_property(v->as.duration, which, out);
    case VALUE_MONTHS_DURATION: return months_property(v->as.months, which, out);
    case VALUE_RANGE: return range_property(v->as.range, which, out);
    case VALUE_NULL:
    case VALUE_BOOLEAN:
    case VALUE_NUMBER:
    case VALUE_STRING:
    case VALUE_LIST:
    case VALUE_CONTEXT:
    case VALUE_FUNCTION:
    case VALUE_KINDS: break;
    }
    return false;
}

/* Of each item; what has none is null there. */
static const struct value *
of_items(struct run *r, const struct program *p, const struct op *o, const struct list *from, struct value *room)
{
    struct value *item = run_node(r) && run_count(r, from->count) ? arena_alloc(r->arena, from->count, sizeof(*item)) : NULL;
    struct list *made = item == NULL ? NULL : arena_alloc(r->arena, 1, sizeof(*made));

    if (made == NULL) {
        (void)run_full(r);
        return NULL;
    }
    for (size_t i = 0; i < from->count; i++) {
        const struct value *v = &from->item[i], *member = NULL;
        if (v->kind == VALUE_CONTEXT) {
            member = eval_find(v->as.context, p->constant[o->slot].as.text);
        } else if (v->kind == VALUE_LIST) {
            member = of_items(r, p, o, v->as.list, &item[i]);
            if (member == NULL) {
                return NULL;
            }
        } else if (property(v, o->depth, &item[i])) {
            member = &item[i];
        }
        item[i] = member == NULL ? value_null() : *member;
    }
    *made = (struct list){from->count, item};
    *room = (struct value){.kind = VALUE_LIST, .as.list = made};
    return room;
}

const struct value *
eval_path(EVAL_WHERE, const struct op *o, struct value *room)
{
    const struct value *v = eval_child(r, p, f, o->a, room);
    struct value out;

    if (v == NULL) {
        return NULL;
    }
    if (v->kind == VALUE_CONTEXT) {
        const struct value *member = eval_find(v->as.context, p->constant[o->slot].as.text);
        if (member != NULL) {
            return member;
        }
    } else if (v->kind == VALUE_LIST) {
        return of_items(r, p, o, v->as.list, room);
    } else if (property(v, o->depth, &out)) {
        *room = out;
        return room;
    }
    eval_note(r, p, o, NOTE_NO_MEMBER, p->constant[o->slot].as.text, STR(""));
    return give_null(room);
}
