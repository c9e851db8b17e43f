/*
 * dmn - a decision model (DMN 1.1 to 1.5, XML): read and compiled once, asked often.
 *
 * A model is immutable once read; many threads may ask it, each with a run of its own.  XML has no way to reach anything outside:
 * no DTD, no entities, and imports come from the caller.
 */
#ifndef RULE_DMN_H
#define RULE_DMN_H

#include "rule/fault.h"
#include "rule/program.h"

enum { DMN_BYTES_MAX = 4 << 20, DMN_DEPTH_MAX = 60, DMN_ELEMENTS_MAX = 200000, DMN_CELLS_MAX = 100000, DMN_IMPORTS_MAX = 32,
       DMN_NAMES_MAX = 1000, /* that one item needs, one context or type holds */
       DMN_TYPES_MAX = 2000,
       DMN_WORK_MAX = 100000000 /* bytes of names compared to read all texts: a second, at the worst */ };

struct dmn;

/* What is wrong with a model, for the person who drew it. */
struct dmn_fault {
    uint32_t line, column; /* of the XML, from 1; 0: of the whole */
    char element[64];      /* "decision Fee, rule 3": whose, "" if unknown */
    char en[200], zh[200]; /* one sentence each, without a full stop */
};
/* The XML of a model that another one imports, by namespace, and by the location that it gives (may be ""). */
typedef bool dmn_find(void *ctx, struct str name_space, struct str location, struct str *xml);

/*
 * find may be NULL: then nothing is imported.  RC_INVALID: not well formed, not of DMN, FEEL that cannot be read, references that
 * lead nowhere, decisions that need one another in a circle, functions of Java or PMML.  RC_LIMIT.  fault may be NULL.
 */
MUST_USE enum rc dmn_read(struct arena *a, struct str xml, dmn_find *find, void *ctx, struct zones *zones, const struct dmn **out,
                          struct dmn_fault *fault, struct err *err);

/* Only what a model says of itself: for whoever keeps models that import one another. */
struct dmn_head {
    struct str name, name_space;
};
MUST_USE enum rc dmn_head(struct arena *a, struct str xml, struct dmn_head *out, struct dmn_fault *fault, struct err *err);

enum dmn_node_kind { DMN_INPUT, DMN_DECISION, DMN_KNOWLEDGE, DMN_SERVICE };
struct dmn_node_info {
    enum dmn_node_kind kind;
    struct str id, name, label, question, description;
    const struct type *type; /* NULL: any */
    bool is_table;
};
struct str dmn_name(const struct dmn *m);
struct str dmn_namespace(const struct dmn *m);
/* Of the model itself, in the order written. */
size_t dmn_count(const struct dmn *m);
struct dmn_node_info dmn_node(const struct dmn *m, size_t index);
/* The names of the inputs that a decision, or what it needs, asks for; of a service: its parameters in order. */
MUST_USE enum rc dmn_inputs(struct arena *a, const struct dmn *m, struct str decision, const struct str **name, size_t *count, struct err *err);

/* A name in a text that nothing knows.  The standard lets it be null; mostly it is a slip of the pen. */
struct dmn_slip {
    struct str name;
    struct str item; /* the decision, knowledge or type whose text it is */
    uint32_t line;   /* of the XML */
    uint32_t rule;   /* of its table, from 1; 0: in no rule */
};
enum { DMN_SLIPS_MAX = 50 }; /* more are not kept */
size_t dmn_slips(const struct dmn *m, const struct dmn_slip **out); /* of the model itself, not of imported ones */

/* --- how an answer came about (rule/explain.h says it in sentences) --- */
struct dmn_hit {
    uint32_t rule; /* from 1 */
    const struct value *output; /* as many as the table has outputs */
};
struct dmn_step { /* one decision or knowledge that was evaluated */
    struct str name;
    const struct dmn_table *table; /* NULL: no table; of a table inside of something: that */
    const struct value *input;     /* values of the table's input expressions */
    size_t hits;
    const struct dmn_hit *hit; /* the rules that matched, before the hit policy chose among them */
    struct value result;
};
struct dmn_trace { /* in the order evaluated; on the run's arena */
    size_t count, room;
    struct dmn_step *step;
};

/*
 * inputs: values by the names of the model's input data; also of decisions, which then are taken as given.  What is missing is
 * null.  Each is made of the type that the model says.  trace may be NULL.  RC_NOT_FOUND: no such decision, service, knowledge.
 */
MUST_USE enum rc dmn_decide(struct run *r, const struct dmn *m, struct str decision, const struct context *inputs,
                            struct dmn_trace *trace, struct value *out, struct err *err);
/* A service with one output decision gives its value, with several a context. */
MUST_USE enum rc dmn_serve(struct run *r, const struct dmn *m, struct str service, const struct context *inputs,
                           struct dmn_trace *trace, struct value *out, struct err *err);
MUST_USE enum rc dmn_invoke(struct run *r, const struct dmn *m, struct str knowledge, const struct context *arguments,
                            struct dmn_trace *trace, struct value *out, struct err *err);
/* Inputs for these out of JSON, by the types that the model says (type_of_json). */
MUST_USE enum rc dmn_inputs_of_json(struct run *r, const struct dmn *m, const struct json *j, const struct context **out,
                                    struct err *err);
/* For one decision asked millions of times: found once; inputs then are its slots, in the order of dmn_inputs, and of the right
 * type already. */
struct dmn_decision;
const struct dmn_decision *dmn_find_decision(const struct dmn *m, struct str name);
MUST_USE enum rc dmn_decide_slots(struct run *r, const struct dmn_decision *d, const struct value *input, struct dmn_trace *trace,
                                  struct value *out, struct err *err);

#endif
