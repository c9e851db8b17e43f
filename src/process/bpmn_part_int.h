/* bpmn_part_int - what the elements of a process model are made of: kinds, texts, timers, events, loops, data. */
#ifndef PROCESS_BPMN_PART_INT_H
#define PROCESS_BPMN_PART_INT_H

#include "process/bpmn.h"
#include "rule/program.h"
#include "rule/temporal.h"

#define BPMN_NONE UINT32_MAX /* an index that leads nowhere */

#define BPMN_KIND_TABLE(X)             \
    X(TASK, "task")                    \
    X(USER, "userTask")                \
    X(SERVICE, "serviceTask")          \
    X(SCRIPT, "scriptTask")            \
    X(RULE, "businessRuleTask")        \
    X(SEND, "sendTask")                \
    X(RECEIVE, "receiveTask")          \
    X(MANUAL, "manualTask")            \
    X(CALL, "callActivity")            \
    X(SUB, "subProcess")               \
    X(EXCLUSIVE, "exclusiveGateway")   \
    X(PARALLEL, "parallelGateway")     \
    X(INCLUSIVE, "inclusiveGateway")   \
    X(EVENT_BASED, "eventBasedGateway") \
    X(START, "startEvent")             \
    X(END, "endEvent")                 \
    X(CATCH, "intermediateCatchEvent") \
    X(THROW, "intermediateThrowEvent") \
    X(BOUNDARY, "boundaryEvent")
enum bpmn_kind {
#define X(name, tag) BPMN_##name,
    BPMN_KIND_TABLE(X)
#undef X
    BPMN_KINDS
};
static inline bool bpmn_is_activity(enum bpmn_kind k) { return k <= BPMN_SUB; }
static inline bool bpmn_is_gateway(enum bpmn_kind k) { return k >= BPMN_EXCLUSIVE && k <= BPMN_EVENT_BASED; }

enum bpmn_trigger { BPMN_MESSAGE, BPMN_SIGNAL, BPMN_FAILURE /* error */, BPMN_ESCALATION, BPMN_TIMER, BPMN_CONDITION,
                    BPMN_LINK, BPMN_COMPENSATION, BPMN_TERMINATE, BPMN_TRIGGERS };

/* A run of items in one of the arrays. */
struct bpmn_run {
    uint32_t first, count;
};
/* One FEEL text.  The slots of its only frame are the variables name[use[names.first]] and so on, in that order. */
struct bpmn_text {
    struct str text;
    uint32_t line;
    const struct program *program;
    struct bpmn_run names;
};
enum bpmn_timer_kind { BPMN_DATE, BPMN_DURATION, BPMN_CYCLE };
/* When, as ISO 8601 writes it: 2026-10-01T08:00:00Z, P3DT2H, P1M, R4/PT10S, R/2026-10-01/P1D. */
struct bpmn_timer {
    enum bpmn_timer_kind kind;
    uint32_t text;    /* FEEL that gives it; BPMN_NONE: it is written here */
    uint32_t repeats; /* of a cycle; BPMN_NONE: for ever */
    bool has_date;    /* a cycle without a date begins when it is set */
    bool is_months;
    struct temporal date;
    struct duration duration;
    int64_t months;
};
enum { BPMN_MISSED_MAX = 1000 /* times of a timer that are caught up */ };
/* One trigger or result of an event. */
struct bpmn_event {
    enum bpmn_trigger trigger;
    uint32_t line;
    uint32_t global;     /* message, signal, error, escalation; BPMN_NONE: any */
    uint32_t condition;  /* text */
    uint32_t timer;
    struct str clock, when; /* of a timer that a clock of the case is: which, and "warn" or "over"; then there is no timer */
    struct str missed;   /* of a timer that begins processes: how many of its times are caught up, as written; "" */
    uint32_t target;     /* element: of a link that is thrown; what is compensated, BPMN_NONE: all of its scope */
    bool waits;          /* for what is compensated */
    struct str link;
};
/* What messages, signals, errors and escalations are called. */
struct bpmn_global {
    enum bpmn_trigger kind; /* up to BPMN_ESCALATION */
    struct str id, name, code;
};
enum bpmn_loop_kind { BPMN_LOOP, BPMN_MULTI_PARALLEL, BPMN_MULTI_SEQUENTIAL };
enum bpmn_behaviour { BPMN_ALL, BPMN_ONE, BPMN_EACH /* "None": each instance throws */ };
struct bpmn_loop {
    enum bpmn_loop_kind kind;
    uint32_t condition;   /* text: of a loop whether it goes on; of a multi-instance completionCondition; or BPMN_NONE */
    uint32_t cardinality; /* text, or BPMN_NONE */
    uint32_t collection;  /* text: a list, or BPMN_NONE */
    struct str item;      /* what each instance calls its own of that list; "" */
    uint32_t output;      /* data that gathers what instances give, or BPMN_NONE */
    struct str output_item;
    uint32_t maximum;     /* BPMN_NONE: none */
    bool tests_before;
    enum bpmn_behaviour behaviour;
    uint32_t event;       /* that is thrown then, or BPMN_NONE */
};
enum bpmn_data_kind { BPMN_OBJECT, BPMN_PROPERTY, BPMN_INPUT, BPMN_OUTPUT, BPMN_STORE };
struct bpmn_data {
    enum bpmn_data_kind kind;
    struct str id, name; /* name: of the variable; of one without a name, its id */
    bool is_list;
    uint32_t scope; /* BPMN_NONE: of a store; of an element's own: the scope that it stands in */
};
struct bpmn_mapping { /* of data, when an activity or event begins or ends */
    bool is_output;
    uint32_t text;  /* what is taken */
    uint32_t target; /* data */
};
struct bpmn_attribute {
    struct str name, value;
    uint32_t text; /* one that begins with "=": FEEL; else BPMN_NONE */
};
struct bpmn_extension {  /* an element of BPMN_GOV; name "": the attributes of that namespace on the element itself */
    struct str name, text;
    uint32_t line;
    uint32_t parent; /* extension around it, or BPMN_NONE */
    struct bpmn_run attributes;
};

#endif
