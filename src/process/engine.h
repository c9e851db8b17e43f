/*
 * engine - what a command does to a running process: pure, without a clock, a database or chance.
 *
 * A command moves all tokens that it sets free on to the next place where something is waited for (BPMN 2.0.2, chapter 13).  What
 * happened is told as moves, in order; what the world has to do about it as effects.  Tasks and jobs are tokens that came to be:
 * whoever stores the rows sees them.  What the gov: elements say is in process/gov.h.
 *
 * Tokens that move do so in turns, the oldest first; a signal is thrown when all that moves beside it has come to where it may listen.
 * The token of a task, a job or an event ends with it: what goes on has another id, so that an answer that comes twice finds nobody.
 * What instances of a repeated activity throw by themselves (behavior) reaches its boundary events and interrupts nothing.
 *
 * The outcome of a user task is a variable (gov:result, else "outcome").  Where the task is repeated each instance has its own; `outcomes`
 * lists them, and where they sign together the variable around them becomes what they say together.  `supplements` holds which
 * tasks have asked for one; of commands only SET may write it.  Output mappings that give null write nothing.
 */
#ifndef PROCESS_ENGINE_H
#define PROCESS_ENGINE_H

#include "process/gov.h"
#include "process/instance.h"

struct run;

enum { ENGINE_MOVES_MAX = 10000, ENGINE_VARIABLES_MAX = 1 << 20 /* bytes of JSON of all scopes together */,
       ENGINE_NESTED_MAX = 50 /* lists and objects in one another in a variable: less than JSON has, as it is written within others */,
       ENGINE_TOKENS_MAX = 20000, ENGINE_INSTANCES_MAX = 10000 /* of one repeated activity */ };

/* What steps need besides; one for each thread. */
struct engine {
    struct run *run; /* for FEEL */
    struct zones *zones;
    int32_t offset_seconds; /* in which time zone now() is seen */
    uint32_t moves_max;     /* 0: ENGINE_MOVES_MAX */
};

#define COMMAND_TABLE(X)                                                                                                       \
    X(START, "start")           /* at the start event without trigger, or at the one named in element */                       \
    X(COMPLETE, "complete")     /* a TASK or JOB: outcome, variables */                                                        \
    X(FAIL, "fail")             /* a JOB or TASK: outcome is the code of a BPMN error */                                       \
    X(INCIDENT, "incident")     /* a JOB for which there is nothing more to be tried; reason says why, variables: tries */     \
    X(MESSAGE, "message")       /* to the MESSAGE token named: variables */                                                    \
    X(SIGNAL, "signal")         /* name, variables: to all that listen */                                                      \
    X(TIMER, "timer")           /* a TIMER token is due; attempt must be its own */                                            \
    X(CLOCK, "clock")           /* name, key: to the CLOCK tokens of that clock; scope: of whose (instance_clock_scope), 0: all */ \
    X(SET, "set")               /* variables of the scope named, or of the process: conditions are asked again */              \
    X(RETRY, "retry")           /* an INCIDENT: once more from where it stood; variables may mend what was wrong */            \
    X(RETURN, "return")         /* 驳回: the TASK named goes back to element, with a reason */                                 \
    X(MOVE, "move")             /* repair: like RETURN, from any token to any element of its scope */                          \
    X(ADD_SIGNER, "add_signer") /* 加签: one more instance of the parallel multi-instance that the token is in; variables: its own */ \
    X(DROP_SIGNER, "drop_signer") /* the instance that the TASK named is in ends without a say */                              \
    X(SUPPLEMENT, "supplement") /* 补正 is asked at the TASK named: variables is what is asked; once for each task element */  \
    X(SUPPLY, "supply")         /* and answered: variables */                                                                  \
    X(SUSPEND, "suspend") X(RESUME, "resume")                                                                                  \
    X(CANCEL, "cancel")         /* 撤回: the process ends as it stands */                                                      \
    X(REOPEN, "reopen")         /* 复议: one that ended begins again at element */                                              \
    X(MIGRATE, "migrate")       /* to another version; name: hash of the plan.  Never by engine_step: process/migration.h */
enum command_kind {
#define X(name, word) COMMAND_##name,
    COMMAND_TABLE(X)
#undef X
    COMMANDS
};

struct command {
    enum command_kind kind;
    int64_t token;        /* whom it is for; 0 */
    int64_t attempt;      /* of the token, as the sender knew it; -1: any */
    int64_t scope;
    struct str element;   /* id */
    struct str name, key; /* of a signal or clock */
    struct str outcome;   /* code */
    struct str reason;
    const struct json *variables; /* object, or NULL */
};

/* An element is entered, and left or cancelled; end events and event sub-processes too.  STARTED, ENDED and FAILED are of the process. */
#define MOVE_TABLE(X)                                                                                                    \
    X(STARTED, "started") X(ENTERED, "entered") X(LEFT, "left") X(TAKEN, "taken") /* a sequence flow */                   \
    X(WAITS, "waits") X(CAUGHT, "caught") X(THROWN, "thrown") X(CANCELLED, "cancelled") X(ENDED, "ended")                 \
    X(FAILED, "failed") X(INCIDENT, "incident") X(RESOLVED, "resolved") X(COMPENSATED, "compensated") X(SET, "set")       \
    X(RETURNED, "returned") X(SIGNER, "signer") X(SUPPLEMENT, "supplement") X(SUPPLIED, "supplied")                       \
    X(SUSPENDED, "suspended") X(RESUMED, "resumed") X(REOPENED, "reopened")                                              \
    X(MIGRATED, "migrated") /* the token stands at element of the other version; detail: what it was in the one before */
enum move_kind {
#define X(name, word) MOVE_##name,
    MOVE_TABLE(X)
#undef X
    MOVES
};
struct move {
    enum move_kind kind;
    uint32_t binding, element; /* element BPMN_NONE: the process as a whole */
    uint32_t flow;             /* TAKEN; else BPMN_NONE */
    int64_t token, scope;
    bool is_instance;          /* of one instance of a repeated activity, which is entered and left around them all */
    struct str detail;         /* name of a message, code, outcome, reason; "" */
};

enum effect_kind { EFFECT_MESSAGE, EFFECT_SIGNAL };
struct effect { /* for others than this instance */
    enum effect_kind kind;
    struct str name, key;
    const struct json *variables; /* or NULL */
    uint32_t binding, element;
    int64_t token;
};

struct outcome {
    size_t moves, effects;
    const struct move *move;
    const struct effect *effect;
};

/*
 * START needs an instance with bindings, business_key and id only; it makes scope 1.  What is refused leaves the instance as it was:
 * RC_NOT_FOUND, type "token-gone" (done meanwhile by somebody else), "element-gone"; RC_CONFLICT "token-other" (not of a kind that takes this command), "attempt-old",
 * "instance-over", "instance-suspended", "only-once", "return-not-allowed", "supplement-not-allowed"; RC_INVALID: variables are no object, or too large.
 * RC_LIMIT: memory; throw the instance away and load it again.  RC_CORRUPT: rows are missing.
 */
MUST_USE enum rc engine_step(struct engine *e, struct instance *i, const struct command *c, int64_t now_us, struct outcome *out,
                             struct err *err);

/*
 * Processes that are called and stand in a model that is bound are bound as well, behind the others and always in the same order.  START does so;
 * whoever loads rows does it too, because only what was bound from outside is stored.  false: no memory.
 */
MUST_USE bool engine_bind_called(struct instance *i);

/* Whether a command or a message may bring these at all; NULL: none.  RC_INVALID: no object, too large, too deep, without a name. */
MUST_USE enum rc engine_variables_check(const struct json *variables, struct err *err);

const char *command_name(enum command_kind kind);
bool command_by_name(struct str name, enum command_kind *out);
const char *move_name(enum move_kind kind);
/* At which moment of its element a move is, as gov:on and gov:state name them; false: at none. */
bool move_moment(const struct move *move, enum gov_at *out);

/*
 * A command as JSON: {"command":"complete","token":7,"attempt":0,"outcome":"grant","variables":{…}}, and back.  RC_INVALID: unknown members or kinds.
 */
MUST_USE enum rc command_read(struct arena *a, const struct json *j, struct command *out, struct err *err);
struct json *command_json(struct arena *a, const struct command *c);

#endif
