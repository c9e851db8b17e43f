/*
 * bpmn_int - what a process model is once it has been read: arrays side by side, which know one another by index.
 *
 * The elements of one scope lie together in the order written, a scope's after those of the scope around it.  All of it lies
 * on the arena that it was read into, and is never changed afterwards.
 */
#ifndef PROCESS_BPMN_INT_H
#define PROCESS_BPMN_INT_H

#include "process/bpmn_part_int.h"

struct bpmn_element {
    enum bpmn_kind kind;
    struct str id, name;
    uint32_t line, column;
    uint32_t scope, inside; /* inside: the scope that a sub-process is */
    struct bpmn_run in, out, boundaries, events, mappings, extensions;
    uint32_t fallback;      /* default flow */
    uint32_t attached;      /* of a boundary event: the activity */
    uint32_t handler;       /* of a compensation event on a boundary: the activity that compensates */
    uint32_t loop, lane;
    uint32_t script;        /* text */
    uint32_t global;        /* message of a send or receive task */
    struct str called;      /* id of the process that is called, as written; without prefix */
    uint32_t called_process; /* if it stands in this model */
    struct str result;      /* of script, rule and user tasks: gov:result, the variable that takes its value or outcome; "" */
    uint32_t starts_with, ends_with; /* startQuantity, completionQuantity */
    bool is_interrupting, is_event_sub, is_compensation, needs_all; /* needs_all: parallelMultiple */
};
struct bpmn_flow {
    struct str id, name;
    uint32_t line, column, from, to, scope;
    uint32_t condition; /* text, or BPMN_NONE */
};
struct bpmn_scope {
    uint32_t process, parent, element; /* element: the sub-process; BPMN_NONE of a process */
    struct bpmn_run elements;
    bool has_start, has_end;
};
struct bpmn_lane {
    struct str id, name;
    uint32_t process, parent;
};
struct bpmn_own {
    struct bpmn_process_info info;
    uint32_t scope, line;
    bool is_global_task; /* its only element is the task */
    struct bpmn_run extensions;
};
struct bpmn_pool {
    struct str id, name;
    uint32_t process; /* BPMN_NONE: a box that nothing is known of */
};
struct bpmn_message_flow {
    struct str id, name;
    uint32_t from, to; /* elements; BPMN_NONE: a pool as a whole */
};

struct gov;

struct bpmn {
    struct str id, name;
    uint32_t processes, scopes, elements, flows, events, texts, timers, loops, globals, data, mappings, lanes, pools, message_flows,
        extensions, attributes, variables;
    const struct bpmn_own *process;
    const struct bpmn_scope *scope;
    const struct bpmn_element *element;
    const struct bpmn_flow *flow;
    const struct bpmn_event *event;
    const struct bpmn_text *text;
    const struct bpmn_timer *timer;
    const struct bpmn_loop *loop;
    const struct bpmn_global *global;
    const struct bpmn_data *item;
    const struct bpmn_mapping *mapping;
    const struct bpmn_lane *lane;
    const struct bpmn_pool *pool;
    const struct bpmn_message_flow *message_flow;
    const struct bpmn_extension *extension;
    const struct bpmn_attribute *attribute;
    const struct gov *gov;      /* what the extensions say (process/gov.h) */
    const struct str *variable; /* every name that some text asks for, once */
    const uint32_t *use;        /* of variables, by texts */
    const uint32_t *in, *out;   /* flows of elements, in the order written */
    const uint32_t *boundary;   /* elements that stand on an activity */
};

/* BPMN_NONE: no such. */
uint32_t bpmn_find_element(const struct bpmn *m, struct str id);
uint32_t bpmn_find_process(const struct bpmn *m, struct str id);
const char *bpmn_tag(enum bpmn_kind kind); /* "userTask" */
/* A text of ISO 8601 as a timer of that kind; for what an expression gave, too. */
MUST_USE bool bpmn_timer_parse(struct zones *zones, struct str text, enum bpmn_timer_kind kind, struct bpmn_timer *out);

#endif
