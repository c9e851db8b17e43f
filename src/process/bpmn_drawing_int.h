/*
 * bpmn_drawing_int - a process model as it was drawn: its elements as XML, each with its shape, for whoever shows or compares models.
 *
 * This is another look at a model than bpmn_read's: nothing is checked or compiled, so that a model with mistakes can be shown with them.
 * An element stands directly in a process, sub-process, collaboration, lane set or in the definitions, and has an id; all that is in it
 * besides is its content.
 */
#ifndef PROCESS_BPMN_DRAWING_INT_H
#define PROCESS_BPMN_DRAWING_INT_H

#include "process/bpmn.h"
#include "rule/xml.h"

#define DRAWN_NONE UINT32_MAX

struct point {
    double x, y;
};
struct bounds {
    double x, y, width, height;
};
struct drawn {
    struct str id, tag, name; /* tag: "userTask" */
    const struct xml *xml;
    const struct xml *shape;  /* its BPMNShape or BPMNEdge; NULL: it is not drawn, or by drawing_lay_out */
    uint32_t parent;          /* element that it stands in, or DRAWN_NONE */
    uint32_t plane;           /* which diagram it is drawn in, from 0; DRAWN_NONE: in none */
    struct bounds bounds, label; /* width 0: none */
    size_t points;            /* of an edge */
    const struct point *point;
};
struct drawing {
    struct arena *arena;
    const struct xml *root;
    uint32_t count;
    struct drawn *item;    /* in the order written, what is inside of one behind it */
    const uint32_t *by_id; /* sorted */
    bool has_shapes;
};

/* RC_INVALID, RC_LIMIT: as xml_read, or it is no model of processes. */
MUST_USE enum rc drawing_read(struct arena *a, struct str xml, struct drawing *out, struct err *err);
/* Names become those of gov:en, where there are any. */
void drawing_take_english(struct drawing *d);
/* DRAWN_NONE: there is none. */
uint32_t drawing_find(const struct drawing *d, struct str id);
/* The nth of those that have the same id, from 0: of a model with mistakes. */
uint32_t drawing_find_nth(const struct drawing *d, struct str id, uint32_t n);
/* The part behind the prefix of a name that refers to something: "b:Task_1" → "Task_1". */
struct str drawing_local(struct str qname);
static inline bool drawn_is(const struct drawn *e, const char *tag) { return str_eq(e->tag, str_of(tag)); }
/* Whether the tag ends so: "startEvent" is an "Event". */
static inline bool drawn_ends(const struct drawn *e, const char *end) { return str_ends(e->tag, str_of(end)); }
/* The first child of that namespace and name, or NULL. */
const struct xml *drawing_child(const struct xml *e, const char *name);
/* An extension element of ours, directly in the extensionElements of an element; NULL. */
const struct xml *drawing_gov(const struct xml *e, const char *name);

/* What elements are: a step of a process, not what stands beside it. */
bool drawn_is_step(const struct drawn *e);
bool drawn_is_flow(const struct drawn *e); /* sequenceFlow */
bool drawn_is_scope(const struct drawn *e); /* a process or sub-process */
bool drawn_is_collapsed(const struct drawn *e);

/* Who leads where, for walks over the steps of one scope.  A boundary event leads on from its activity. */
struct drawn_ways {
    const uint32_t *from, *to, *attached; /* of each element: ends of a flow; the activity of a boundary event; or DRAWN_NONE */
    const uint32_t *first, *next;         /* of each step the first flow out of it, of each flow the next one; boundary events count as flows */
};
MUST_USE enum rc drawing_ways(const struct drawing *d, struct drawn_ways *out, struct err *err);
/* Where a flow leads; of a boundary event, itself. */
static inline uint32_t drawn_goal(const struct drawn_ways *w, uint32_t flow) { return w->to[flow] != DRAWN_NONE ? w->to[flow] : flow; }
/* The steps of a scope, those that lead before those that they lead to as far as there are no loops; *count is set. */
MUST_USE enum rc drawing_order(const struct drawing *d, const struct drawn_ways *w, uint32_t scope, uint32_t **out, size_t *count,
                               struct err *err);
/* Places for all of a model that has no drawing. */
MUST_USE enum rc drawing_lay_out(struct drawing *d, struct err *err);

#endif
