/* bpmn_picture_int - the parts of a picture: what pages are given of each element. */
#ifndef PROCESS_BPMN_PICTURE_INT_H
#define PROCESS_BPMN_PICTURE_INT_H

#include "process/bpmn_drawing_int.h"
#include "process/bpmn_picture.h"

/* An element as it is being painted. */
struct painting {
    struct arena *arena;
    const struct drawing *drawing;
    struct json *parts, *texts;
};

/* One path; at: a transform or "". */
void paint_path(struct painting *p, const char *class_name, struct str d, struct str at);
/* A text in lines around the middle of a box, or below its upper edge; what does not fit is cut. */
void paint_label(struct painting *p, const char *class_name, struct bounds box, struct str text, bool is_centred);
/* The same turned by a quarter, along the left edge of a pool or lane. */
void paint_head(struct painting *p, struct bounds box, struct str text);
/* All there is to see of an element. */
void paint_shape(struct painting *p, const struct drawn *e);
void paint_edge(struct painting *p, const struct drawn *e);
/* The sign of a mark in the upper right corner, with its number. */
void paint_mark(struct painting *p, const struct drawn *e, enum bpmn_mark_kind kind, int64_t count);
/* The parts of the sign that its kind has: "timerEventDefinition" of an event; NULL. */
const char *paint_trigger(const struct drawn *e);

/* "steps" of bpmn_picture.h. */
MUST_USE enum rc picture_steps(struct arena *a, const struct drawing *d, const enum bpmn_mark_kind *kind, const int64_t *count,
                               struct json **out, struct err *err);

#endif
