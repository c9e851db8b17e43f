/*
 * A process told in order: what comes after what, where it stands, who does it.
 */
#include "process/bpmn_picture_int.h"

struct telling {
    struct arena *arena;
    const struct drawing *d;
    struct drawn_ways ways;
    const enum bpmn_mark_kind *kind;
    const int64_t *count;
    const uint32_t *lane; /* of each step; DRAWN_NONE */
    struct json *list;
};

static enum rc
find_lanes(struct telling *t, struct err *err)
{
    uint32_t *lane = arena_alloc(t->arena, t->d->count + 1, sizeof(*lane));

    if (lane == NULL) {
        return err_set(err, RC_LIMIT, "no room for the lanes of a drawing");
    }
    for (uint32_t i = 0; i < t->d->count; i++) {
        lane[i] = DRAWN_NONE;
    }
    for (uint32_t i = 0; i < t->d->count; i++) {
        const struct xml *ref = drawn_is(&t->d->item[i], "lane") ? xml_child(t->d->item[i].xml, "flowNodeRef") : NULL;
        for (; ref != NULL; ref = xml_next(ref, "flowNodeRef")) {
            uint32_t step = drawing_find(t->d, drawing_local(str_trim(ref->text)));
            if (step != DRAWN_NONE) {
                lane[step] = i; /* the innermost comes last */
            }
        }
    }
    t->lane = lane;
    return RC_OK;
}

static void
put_goals(struct telling *t, uint32_t i, struct json *d)
{
    struct json *to = json_array(t->arena);

    for (uint32_t f = t->ways.first[i]; f != DRAWN_NONE; f = t->ways.next[f]) {
        uint32_t goal = t->ways.to[f];
        if (goal == DRAWN_NONE) {
            continue; /* a boundary event has a line of its own */
        }
        struct json *g = json_object(t->arena);
        json_set_text(t->arena, g, "id", t->d->item[goal].id);
        json_set_text(t->arena, g, "tag", t->d->item[goal].tag);
        json_set_text(t->arena, g, "name", t->d->item[goal].name);
        json_set_text(t->arena, g, "when", t->d->item[f].name);
        json_push(to, g);
    }
    json_set(t->arena, d, "to", to);
}

static void
put_step(struct telling *t, uint32_t i, int64_t depth)
{
    const struct drawn *e = &t->d->item[i];
    const struct xml *assignment = drawing_gov(e->xml, "assignment");
    const char *trigger = drawn_ends(e, "Event") ? paint_trigger(e) : NULL;
    uint32_t host = t->ways.attached[i];
    struct json *d = json_object(t->arena);

    json_set_text(t->arena, d, "id", e->id);
    json_set_text(t->arena, d, "tag", e->tag);
    json_set_text(t->arena, d, "name", e->name);
    json_set_int(t->arena, d, "depth", depth);
    json_set_text(t->arena, d, "trigger", str_of(trigger));
    json_set_text(t->arena, d, "lane", t->lane[i] != DRAWN_NONE ? t->d->item[t->lane[i]].name : STR(""));
    json_set_text(t->arena, d, "role", xml_attribute(assignment, "role"));
    json_set_text(t->arena, d, "org", xml_attribute(assignment, "org"));
    json_set_text(t->arena, d, "attached", host != DRAWN_NONE ? t->d->item[host].id : STR(""));
    json_set_text(t->arena, d, "mark", str_of(bpmn_mark_name(t->kind[i])));
    json_set_int(t->arena, d, "count", t->count[i]);
    put_goals(t, i, d);
    json_push(t->list, d);
}

static enum rc
tell(struct telling *t, uint32_t scope, int64_t depth, struct err *err)
{
    uint32_t *order;
    size_t count;
    enum rc rc = drawing_order(t->d, &t->ways, scope, &order, &count, err);

    for (size_t i = 0; i < count && rc == RC_OK && t->list != NULL && t->list->count < BPMN_SHOWN_MAX; i++) {
        put_step(t, order[i], depth);
        if (drawn_is_scope(&t->d->item[order[i]])) {
            rc = tell(t, order[i], depth + 1, err);
        }
    }
    return rc;
}

enum rc
picture_steps(struct arena *a, const struct drawing *d, const enum bpmn_mark_kind *kind, const int64_t *count, struct json **out,
              struct err *err)
{
    struct telling t = {.arena = a, .d = d, .kind = kind, .count = count, .list = json_array(a)};
    enum rc rc;

    if ((rc = drawing_ways(d, &t.ways, err)) != RC_OK || (rc = find_lanes(&t, err)) != RC_OK) {
        return rc;
    }
    for (uint32_t i = 0; i < d->count && rc == RC_OK; i++) {
        if (drawn_is(&d->item[i], "process")) {
            rc = tell(&t, i, 0, err);
        }
    }
    *out = t.list;
    return rc;
}
