/*
 * bpmn_read_int - how a model is read: shared by the files bpmn_read*.c, bpmn_rule*.c and bpmn_sound.c.
 *
 * In turns: all ids are put in order; what stands beside the processes is read; scopes are opened one after another, those
 * inside behind those around, so that nothing calls itself; flows are tied to elements; then what each element says is read,
 * with its FEEL.  What is wrong goes into the report and the reading goes on; only a limit ends it (false).  Rules are asked
 * of a model that could be read, and soundness of one that keeps the rules.
 */
#ifndef PROCESS_BPMN_READ_INT_H
#define PROCESS_BPMN_READ_INT_H

#include "process/bpmn_int.h"
#include "rule/xml.h"

struct bpmn_list {
    void *item;
    uint32_t count, room;
};
enum ident_kind { IDENT_OTHER, IDENT_ELEMENT, IDENT_FLOW, IDENT_GLOBAL, IDENT_DATA, IDENT_PROCESS, IDENT_POOL,
                  IDENT_REFUSED /* said once, where it stands */ };
struct ident {
    struct str id;
    const struct xml *e;
    enum ident_kind kind;
    uint32_t index;
};
struct bpmn_reader {
    struct arena *arena;
    struct zones *zones;
    struct xml_document document;
    enum rc rc; /* RC_LIMIT: the reading ended */
    struct bpmn_report *report;
    struct bpmn_list findings, ids, processes, scopes, elements, flows, events, texts, timers, loops, globals, data, mappings, lanes,
        pools, message_flows, extensions, attributes, variables, uses;
    struct bpmn_list element_xml, flow_xml, scope_xml, process_xml, extension_xml; /* beside the others: const struct xml * */
    struct feel_scope names; /* of data */
    uint32_t *in, *out, *boundary;
    struct gov *gov; /* of made, while it is read */
    struct gov_clock *gov_clock;
    struct bpmn made;
};
#define BPMN_AT(list, kind, index) (&((struct kind *)(list).item)[index])
static inline const struct xml *
bpmn_xml_at(const struct bpmn_list *list, uint32_t index)
{
    return ((const struct xml **)list->item)[index];
}

/* --- bpmn_report.c --- */
/* Into the report: e may be NULL; {0} and {1} of the rule's sentence. */
void bpmn_say(struct bpmn_reader *r, enum bpmn_rule rule, const struct xml *e, struct str first, struct str second);
void bpmn_say_both(struct bpmn_reader *r, enum bpmn_rule rule, const struct xml *e, struct str en, struct str zh); /* {0} differs */
void bpmn_say_element(struct bpmn_reader *r, enum bpmn_rule rule, uint32_t element, struct str first, struct str second);
void bpmn_say_flow(struct bpmn_reader *r, enum bpmn_rule rule, uint32_t flow, struct str first, struct str second);
bool bpmn_full(struct bpmn_reader *r); /* the arena's limit: always false */
bool bpmn_too_many(struct bpmn_reader *r, const struct xml *e, struct str en, struct str zh); /* always false */
void *bpmn_room(struct bpmn_reader *r, size_t count, size_t size); /* NULL: full */
/* Zeroed room for one more, its index in *index (may be NULL).  NULL: full. */
void *bpmn_add(struct bpmn_reader *r, struct bpmn_list *list, size_t size, uint32_t *index);

/* --- bpmn_read_text.c --- */
/* e's own text as FEEL; *out is BPMN_NONE if it is wrong or not there. */
MUST_USE bool bpmn_read_text(struct bpmn_reader *r, const struct xml *e, uint32_t *out);
/* An attribute's value, which begins with "=". */
MUST_USE bool bpmn_read_formula(struct bpmn_reader *r, const struct xml *e, struct str value, uint32_t *out);
MUST_USE bool bpmn_read_name(struct bpmn_reader *r, const struct xml *e, struct str name, uint32_t *out); /* the variable of that name */
MUST_USE bool bpmn_read_timer(struct bpmn_reader *r, const struct xml *e, uint32_t *out);

/* --- bpmn_read.c --- */
/* By id; a prefix before a colon is taken off if nothing is called so with it.  NULL: none. */
struct ident *bpmn_ident(struct bpmn_reader *r, struct str id);
/* The index of what the text refers to, if it is of that kind; else says so.  "", and what was refused where it stands, are
 * BPMN_NONE without a word. */
uint32_t bpmn_refer(struct bpmn_reader *r, const struct xml *e, struct str id, enum ident_kind kind);
void bpmn_refuse(struct bpmn_reader *r, const struct xml *e); /* an element that is not supported */
bool bpmn_flag(struct bpmn_reader *r, const struct xml *e, const char *name, bool otherwise);
uint32_t bpmn_number(struct bpmn_reader *r, const struct xml *e, const char *name, uint32_t least, uint32_t otherwise);
struct str bpmn_plain(struct str name); /* without a prefix */
bool bpmn_is_ours(const struct bpmn_reader *r, const struct xml *e); /* of BPMN's namespace */
const struct xml *bpmn_after(const struct xml *e); /* those inside of it first; NULL at the end */
MUST_USE bool bpmn_read_extensions(struct bpmn_reader *r, const struct xml *e, struct bpmn_run *out);

/* --- bpmn_read_event.c --- */
MUST_USE bool bpmn_read_events(struct bpmn_reader *r, const struct xml *e, struct bpmn_run *out);
MUST_USE bool bpmn_read_thrown(struct bpmn_reader *r, const struct xml *e, const char *name, uint32_t *out); /* by reference */
bool bpmn_is_event_child(const struct xml *e);
const char *bpmn_trigger_tag(enum bpmn_trigger trigger); /* "timerEventDefinition" */

/* --- the other files --- */
MUST_USE bool bpmn_read_scopes(struct bpmn_reader *r);   /* bpmn_read_scope.c */
MUST_USE bool bpmn_read_wires(struct bpmn_reader *r);    /* bpmn_read_scope.c */
MUST_USE bool bpmn_read_elements(struct bpmn_reader *r); /* bpmn_read_element.c */
MUST_USE bool bpmn_read_pools(struct bpmn_reader *r);    /* bpmn_read_beside.c */
MUST_USE bool bpmn_read_lanes(struct bpmn_reader *r);    /* bpmn_read_beside.c */
MUST_USE bool bpmn_read_data(struct bpmn_reader *r, const struct xml *e, uint32_t scope); /* bpmn_read_beside.c */
void bpmn_check_rules(struct bpmn_reader *r);            /* bpmn_rule.c: on r->made */
MUST_USE bool bpmn_check_soundness(struct bpmn_reader *r); /* bpmn_sound.c */
MUST_USE bool gov_read(struct bpmn_reader *r);           /* gov_read.c: on r->made, which gets its gov */
MUST_USE bool gov_check(struct bpmn_reader *r);          /* gov_check.c: of a model without errors */
MUST_USE bool gov_check_clocks(struct bpmn_reader *r);   /* gov_clock.c */

#endif
