/* engine_part_int - what the parts of the engine do for one another (which file does what: engine_int.h). */
#ifndef PROCESS_ENGINE_PART_INT_H
#define PROCESS_ENGINE_PART_INT_H

#include "process/engine_int.h"

struct stepping;

/* --- engine_flow.c, engine_join.c --- */
void engine_enter(struct stepping *s, uint32_t token); /* the element at which it is */
void engine_leave(struct stepping *s, uint32_t token); /* what is done there */
bool engine_is_body(const struct stepping *s, uint32_t token); /* one instance of a repeated activity */
void engine_join(struct stepping *s, uint32_t token);
void engine_look_at_joins(struct stepping *s); /* inclusive ones, where tokens went away */
MUST_USE bool engine_room_for_marks(struct stepping *s, const struct bpmn *m);
bool engine_stand_in_line(struct stepping *s, uint32_t token); /* it waits at a join */
void engine_touch(struct stepping *s, uint32_t scope);
void engine_wait(struct stepping *s, uint32_t token, enum token_kind kind);

/* --- engine_activity.c --- */
void engine_enter_activity(struct stepping *s, uint32_t token);
void engine_begin_body(struct stepping *s, uint32_t token);
void engine_body_done(struct stepping *s, uint32_t token, const struct json *values); /* gives them to the scope */
void engine_activity_done(struct stepping *s, uint32_t token);

/* --- engine_scope.c --- */
MUST_USE bool engine_begin_scope(struct stepping *s, uint32_t scope, uint32_t start); /* at that start event; BPMN_NONE: the plain one */
bool engine_can_begin(const struct bpmn *m, uint32_t place);
void engine_end_scope(struct stepping *s, uint32_t scope);
void engine_cancel_token(struct stepping *s, uint32_t token); /* and all that it holds */
void engine_cancel_inside(struct stepping *s, uint32_t scope, bool all); /* not all: what may be undone stays */
void engine_cancel_scope(struct stepping *s, uint32_t scope);
void engine_drop_guests(struct stepping *s, uint32_t token);
void engine_end_instance(struct stepping *s, enum instance_state state, struct str detail);
bool engine_keeps(const struct stepping *s, uint32_t scope); /* something in it may be undone */
uint32_t engine_undoes(const struct bpmn *m, uint32_t element); /* the start of a compensation event sub-process; BPMN_NONE: it is none */

/* --- engine_listen.c, engine_fire.c, engine_throw.c, engine_timer.c --- */
void engine_catch(struct stepping *s, uint32_t token);       /* at an intermediate event */
void engine_event_gateway(struct stepping *s, uint32_t token);
void engine_listen_boundaries(struct stepping *s, uint32_t token);
void engine_listen_starts(struct stepping *s, uint32_t scope);
MUST_USE bool engine_arm(struct stepping *s, uint32_t token, uint32_t event); /* the row waits for that event */
void engine_arm_or_stick(struct stepping *s, uint32_t token, uint32_t event);
void engine_listen_all(struct stepping *s, uint32_t scope, uint32_t element, uint32_t host); /* to each event of the element */
uint32_t engine_listen(struct stepping *s, uint32_t scope, uint32_t element, uint32_t host, uint32_t event); /* to one; BPMN_NONE: not armed */
void engine_listen_after(struct stepping *s, uint32_t token, uint32_t flow); /* the alternative that a flow of an event gateway leads to */
uint32_t engine_start_inside(const struct bpmn *m, uint32_t place); /* of an event sub-process */
uint32_t engine_begin_event_sub(struct stepping *s, uint32_t around, uint32_t start, uint32_t waiting);
MUST_USE bool engine_wait_message(struct stepping *s, uint32_t token, uint32_t global);
void engine_fire(struct stepping *s, uint32_t token, const struct json *values); /* what it waited for happened */
void engine_ask_conditions(struct stepping *s);
void engine_throw(struct stepping *s, uint32_t token, uint32_t from); /* at a throwing event, its definitions from there on */
void engine_throw_event(struct stepping *s, uint32_t token, const struct bpmn_event *event); /* by an activity itself */
void engine_signal(struct stepping *s, struct str name, const struct json *values);
MUST_USE bool engine_send(struct stepping *s, uint32_t token, uint32_t global);
void engine_fail(struct stepping *s, uint32_t scope, uint32_t token, struct str code); /* token: whose boundary is asked first */
bool engine_set_timer(struct stepping *s, uint32_t token, const struct bpmn_timer *timer);
bool engine_next_turn(struct stepping *s, uint32_t token, const struct bpmn_timer *timer); /* false: that was the last */

/* --- engine_multi.c --- */
void engine_enter_multi(struct stepping *s, uint32_t token);
void engine_instance_done(struct stepping *s, uint32_t scope);
void engine_add_instance(struct stepping *s, uint32_t multi, const struct json *values);
void engine_drop_instance(struct stepping *s, uint32_t scope);

/* --- engine_compensate.c --- */
void engine_compensable(struct stepping *s, uint32_t token); /* the activity that it completed may be undone */
bool engine_compensate(struct stepping *s, uint32_t token, const struct bpmn_event *event); /* true: token waits for it */
void engine_compensated(struct stepping *s, uint32_t waiting); /* one thing that it waited for was undone, or it begins to wait */
void engine_undo_next(struct stepping *s, uint32_t waiting);

/* --- engine_feel.c --- */
/* In the scope; what local has comes first (may be NULL).  The value lives until the next. */
MUST_USE bool engine_value(struct stepping *s, uint32_t scope, uint32_t text, const struct json *local, struct value *out);
MUST_USE bool engine_true(struct stepping *s, uint32_t scope, uint32_t text, bool *out);
struct json *engine_json(struct stepping *s, struct value v); /* NULL: said why */
MUST_USE bool engine_set(struct stepping *s, uint32_t scope, struct str name, struct json *value); /* where it is found, or innermost */
MUST_USE bool engine_set_here(struct stepping *s, uint32_t scope, struct str name, struct json *value);
MUST_USE bool engine_set_all(struct stepping *s, uint32_t scope, const struct json *values);
MUST_USE bool engine_inputs(struct stepping *s, uint32_t token, const struct json **out); /* of mappings and gov:input; or NULL */
MUST_USE bool engine_outputs(struct stepping *s, uint32_t token, uint32_t from, uint32_t to, const struct json *values);
bool engine_is_nested(const struct json *j, int most); /* deeper than so many levels */
size_t engine_json_bytes(const struct json *j);
void engine_fewer_bytes(struct stepping *s, size_t bytes);
MUST_USE bool engine_declare(struct stepping *s, uint32_t scope); /* data of that scope of the model */

/* --- engine_admin.c, engine_command.c --- */
MUST_USE enum rc engine_check_admin(struct stepping *s, uint32_t token, struct err *err);
void engine_do_admin(struct stepping *s, uint32_t token);

#endif
