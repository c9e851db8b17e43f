/*
 * gov - what the elements of BPMN_GOV in a process model say: who may act, under which power, against which clock.
 *
 * bpmn_read reads them with the model: what is not known is refused and never passed over.  An attribute that may be calculated is
 * written as it is, or as FEEL behind a leading "=" (struct gov_value).  docs/processes.md shows each with an example.
 */
#ifndef PROCESS_GOV_H
#define PROCESS_GOV_H

#include "process/bpmn.h"

enum { GOV_CLOCKS_MAX = 50 /* of one model */ };

struct gov_value {
    struct str written; /* "" if it is not there */
    uint32_t text;      /* FEEL: an index of the model's texts; UINT32_MAX: it is what is written */
};

enum gov_clock_kind { GOV_PROMISED, GOV_STATUTORY, GOV_JOINT, GOV_DEPARTMENT };
struct gov_clock { /* of the case */
    struct str id, rule; /* rule: key in the table of clocks */
    enum gov_clock_kind kind;
    struct gov_value org; /* whose it is */
    uint32_t process;
    uint32_t element; /* the sub-process that declares it; UINT32_MAX: the process does */
};
enum gov_at { GOV_ENTER, GOV_LEAVE, GOV_CANCEL, GOV_SUPPLEMENT, GOV_SUPPLY /* is asked for, and has come: of a user task */ };
enum gov_do { GOV_START, GOV_PAUSE, GOV_RESUME, GOV_STOP };
struct gov_on {
    enum gov_at at;
    enum gov_do what;
    uint32_t clock; /* of gov_clocks */
    struct str basis;
};
struct gov_state { /* what the page of a case shows from then on */
    enum gov_at at; /* GOV_ENTER, GOV_LEAVE */
    struct str value, zh, en;
};
enum gov_role { GOV_OFFICER, GOV_CITIZEN };
struct gov_assignment { /* who may do it */
    enum gov_role role;
    struct gov_value org, region;
    struct gov_value power; /* under which the act is */
};
enum gov_reason { GOV_REASON_OPTIONAL, GOV_REASON_REQUIRED, GOV_REASON_NONE };
struct gov_outcome { /* a button */
    struct str code, zh, en;
    struct str act; /* the kind of act that it leaves; "decide": it decides the case; "" */
    enum gov_reason reason;
    bool without_form; /* with it nothing of the task's form is filled in */
    struct gov_value power;
};
struct gov_supplement { /* 补正, which may be asked once */
    struct gov_value fields; /* "*": any */
    struct gov_value within; /* "P15D", or FEEL that gives a duration */
    struct str expired;      /* code of the outcome if nothing comes; "" */
    struct str basis;
};
enum gov_sign_rule { GOV_SIGN_ALL, GOV_SIGN_MAJORITY, GOV_SIGN_ONE_VETO };
struct gov_countersign { /* 会签 */
    enum gov_sign_rule rule;
    struct str pass; /* code of the outcome that agrees */
};
struct gov_input {
    struct str name;
    struct gov_value value;
};
struct gov_handover { /* a call that runs on another node */
    struct gov_value node, process;
};
struct gov_act {
    struct str kind, zh, en;
};

struct gov_element {
    size_t ons, states, outcomes, returns, inputs, outputs;
    const struct gov_on *on; /* in the order written */
    const struct gov_state *state;
    const struct gov_outcome *outcome;
    const uint32_t *returns_to; /* elements */
    const struct gov_input *input;  /* of a call: all that the called process sees of its caller */
    const struct gov_input *output; /* of a call: what the caller takes from the called one's variables when it ends */
    const struct gov_assignment *assignment; /* these five may be NULL */
    const struct gov_supplement *supplement;
    const struct gov_countersign *countersign;
    const struct gov_handover *handover;
    const struct gov_act *act;
    struct str result;      /* variable: of a user task where its outcome goes, "outcome" if nothing is said; else as written, or "" */
    struct str form;        /* key, or "" */
    uint32_t second_person; /* not by whom completed that element; UINT32_MAX */
    struct str job;         /* type, or "" */
    int64_t retries;        /* -1: nothing is said */
    struct gov_value rule;  /* key of a decision model */
    struct str decision;    /* in that model; "" */
    struct gov_value message_key;
};

struct bpmn;
/* Never NULL: of an element without any, all is empty. */
const struct gov_element *gov_element(const struct bpmn *m, uint32_t element);
const struct gov_element *gov_element_by_id(const struct bpmn *m, struct str id); /* NULL: there is no such element */
size_t gov_clocks(const struct bpmn *m);
const struct gov_clock *gov_clock(const struct bpmn *m, size_t index);
/* By elements: whether it may run while a case stands there, by what the elements on the ways to it do to it.  NULL past the arena's limit. */
bool *gov_clock_runs(struct arena *a, const struct bpmn *m, uint32_t clock);
uint32_t gov_find_clock(const struct bpmn *m, uint32_t process, struct str id); /* UINT32_MAX: none */
const struct gov_outcome *gov_find_outcome(const struct gov_element *g, struct str code); /* NULL: none */
const char *gov_at_name(enum gov_at at);                     /* "enter" */
const char *gov_do_name(enum gov_do what);                   /* "start" */
const char *gov_clock_kind_name(enum gov_clock_kind kind);   /* "promised" */

#endif
