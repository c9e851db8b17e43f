/*
 * migration - a running case moved to another version of its process, by a plan that says which element becomes which.
 *
 * A case stays on the version it began with unless somebody moves it.  What can be known from the two models is checked when the plan is made; whether one
 * case can be moved is checked on its rows before any of them is changed: each token needs an element of the same kind, in the scope that its own scope
 * becomes, where the same is waited for; nothing repeated may have been changed while it is under way; no join may come to wait for what never comes.
 * What listens beside an activity or scope is armed as the new model has it: what is the same stays, with the moment when it is due; what is
 * gone is dropped; what is new is armed now.  Ids of tokens and scopes stay, so clocks, tasks and their persons do.
 *
 * Here it is pure, like a step of the engine; process/migration_run.h does it to what is stored.
 */
#ifndef PROCESS_MIGRATION_H
#define PROCESS_MIGRATION_H

#include "process/engine.h"

enum { MIGRATION_PLAN_MAX = 1 << 18 /* bytes */, MIGRATION_REFUSALS_MAX = 50 /* told of one case */ };

struct migration_pair { /* ids; to "": it has no counterpart */
    struct str from, to;
};
struct migration_variable {
    struct str scope; /* id in the source of the sub-process, or called process, whose variable it is; "": of the process */
    struct str name, feel;
    bool is_removed;
};
/* From which instant a clock that only the target declares is started for a case that is past its start. */
#define MIGRATION_INSTANT_TABLE(X) X(MOVE, "move") X(BEGIN, "begin") X(ENTERED, "entered") X(LEFT, "left") X(NEVER, "never")
enum migration_instant {
#define X(name, word) MIGRATION_AT_##name,
    MIGRATION_INSTANT_TABLE(X)
#undef X
    MIGRATION_INSTANTS
};
const char *migration_instant_name(enum migration_instant at); /* "move" */
struct migration_start {
    struct str clock;
    enum migration_instant at;
    struct str element; /* of the source, of ENTERED and LEFT: the last time */
};
struct migration_plan {
    struct str key;
    int64_t source, target; /* versions */
    size_t elements, flows, variables, starts;
    const struct migration_start *start;
    const struct migration_pair *element, *flow;
    const struct migration_variable *variable;
    bool stops_clocks; /* those that the target does not declare; else there may be none */
    struct str basis;  /* of law */
    struct str text;   /* the plan as canonical JSON; its hash is what persons consent to */
};
/*
 * {"source":{"key","version"},"target":2,"elements":{"old":"new" or null},"flows":{…},"variables":[{"name","feel"} or {"name","remove":true}, with "scope"],
 * "clocks":"keep" or "stop","starts":{"clock":"move", "begin", {"entered":"element"}, {"left":"element"} or null},"basis"}; all but source, target and basis may be missing.  RC_INVALID, type "plan-wrong": members that are unknown, missing or not of that form.
 */
MUST_USE enum rc migration_plan_read(struct arena *a, const struct json *j, struct migration_plan *out, struct err *err);

/* [{"variable" (which of the plan's),"zh","en"}]: those whose FEEL cannot be read, and why; [] if all can. */
MUST_USE enum rc migration_plan_faults(struct arena *a, const struct json *variables, struct zones *zones, struct json **out, struct err *err);

struct migration;
/*
 * The plan over both models, on the arena, which like the plan and the models has to live as long.  bound: what the target and what it calls mean for a
 * case, the target itself first; only models of other keys than the plan's are taken, where a case does not know the key yet.
 * What has the same id and kind in both belongs together unless the plan says otherwise.  RC_INVALID, types "plan-element" (it is not there), "plan-kind" (two of
 * different kinds), "plan-flow", "plan-scope", "plan-feel", "plan-clock" (the target does not declare a clock and the plan does not stop it), "plan-start"
 * (a clock that only the target declares runs where cases may stand, and the plan does not say from when).
 */
MUST_USE enum rc migration_make(struct arena *a, const struct migration_plan *plan, const struct bpmn *from, const struct binding *bound,
                                size_t bounds, struct zones *zones, const struct migration **out, struct err *err);
/* For people: {"elements":[{"from","to","kind","how":"same" or "plan"}],"gone":[{"id","kind"}],"new":[…],"clocks":{"stopped":[…],"started":[…],"not_started":[…]}}. */
struct json *migration_json(struct arena *a, const struct migration *m);
/* {"gone":[{"id","rule","kind"}],"new":[{…,"missing" (where cases may stand it may run)}]}: clocks that only the one of two versions declares. */
MUST_USE enum rc migration_clocks_json(struct arena *a, const struct bpmn *from, const struct bpmn *to, struct json **out, struct err *err);
/* Ids of clocks that the source declares and the target does not. */
const struct str *migration_clocks_gone(const struct migration *m, size_t *count);

#define MIGRATION_REASON_TABLE(X)                                                                                                                       \
    X(OTHER_SOURCE, "other-source", "办件不在方案所说的版本上", "the case is not of the version that the plan is for")                                        \
    X(OVER, "instance-over", "办件已经结束", "the case has ended")                                                                                        \
    X(UNMAPPED, "element-unmapped", "办件停在新版本没有对应的环节", "the case stands at an element that has no counterpart")                                   \
    X(NESTING, "nesting-other", "对应的环节在另一个子流程里", "the counterpart stands in another sub-process")                                                \
    X(EVENT, "event-other", "新版本等待的是另一件事", "the counterpart waits for something else")                                                           \
    X(JOB, "job-other", "新版本要做的是另一项工作", "the counterpart is other work")                                                                       \
    X(LEASED, "job-leased", "有工作正在外部进行", "work is under way outside")                                                                            \
    X(FLOW, "flow-unmapped", "在汇合处等待，来路没有对应", "a token waits at a join, and the way that it came by has no counterpart")                          \
    X(STARVES, "join-starves", "新版本的汇合会永远等待", "a join of the new version would wait for ever for this case")                                      \
    X(REPEATED, "repeated-changed", "正在重复进行的环节被改动", "a repeated activity that is under way was changed")                                         \
    X(CALL, "call-other", "被调用的是另一个流程", "another process is called there")                                                                       \
    X(PROCESS, "process-gone", "正在进行的被调用流程不在新版本里", "a called process that is under way is not in the new version")                             \
    X(UNDO, "undo-gone", "已办结的环节在新版本里不能撤销", "what was completed could not be undone any more")                                                \
    X(LISTENER, "listener-changed", "需要多个事件同时发生的等待被改动", "what waits for several events together was changed")                                  \
    X(START, "start-unknown", "新期限要从某一步起算，这一件没有到过那一步", "a clock has to start from a step that the case never came to")             \
    X(VARIABLE, "variable-failed", "变量算不出来", "a variable cannot be calculated")                                                                     \
    X(TOO_LARGE, "too-large", "变量太大", "the variables would be too large")
enum migration_reason {
#define X(name, word, zh, en) MIGRATION_##name,
    MIGRATION_REASON_TABLE(X)
#undef X
    MIGRATION_REASONS
};
const char *migration_reason_name(enum migration_reason reason);
enum migration_reason migration_reason_find(struct str name); /* MIGRATION_REASONS: there is none of that name */
const char *migration_reason_text(enum migration_reason reason, bool is_english);

struct migration_refusal {
    enum migration_reason reason;
    int64_t token, scope;       /* 0: none */
    struct str element, target; /* ids: in the source, in the target; "" */
};
enum { MIGRATION_MOMENTS = GOV_SUPPLY + 1 };
struct migration_moment { /* by enum gov_at: when something happened last at an element of the case's version, and which of all that has happened it was; 0: never */
    struct str element;
    int64_t at_us[MIGRATION_MOMENTS], order[MIGRATION_MOMENTS];
    int64_t scope; /* for whoever reads them from a history: where it is being done; 0: nowhere */
};
/* Whether a case has to be asked for such moments: the plan starts clocks. */
bool migration_looks_back(const struct migration *m);
struct migration_started { struct str clock; int64_t scope, at_us; };
struct migration_case {
    struct instance *i;
    size_t bound;           /* how many of its bindings were given to it from outside: the first so many */
    const int64_t *leased;  /* tokens of jobs that somebody is doing */
    size_t leases;
    const struct migration_moment *moment; /* where the plan looks back; NULL: nobody has asked, so only where it stands counts */
    size_t moments;
};
struct migration_result {
    struct outcome outcome;
    size_t starts, refusals; /* refusals above 0: nothing was changed */
    const struct migration_refusal *refusal;
    size_t bound;    /* as in migration_case, now */
    const struct migration_started *start; /* so many clocks the plan starts for this case: starts */
    const bool *scope_named, *token_named; /* by row, of those that were there before: what it names of its model is called otherwise now */
};
/*
 * Moves the case, like a step at now_us; COMMAND_MIGRATE is what the engine's moves are under.  RC_OK with refusals: it stays where it is.
 * RC_LIMIT, RC_CORRUPT: as engine_step.
 */
MUST_USE enum rc migration_apply(struct engine *e, const struct migration *m, const struct migration_case *c, int64_t now_us,
                                 struct migration_result *out, struct err *err);
/*
 * The command that stands for it in the case's history, and for whoever keeps lists of cases: name is the plan's hash, reason its basis, key "back" on the
 * way back, variables {"clocks":[those that stop],"elements":[["old","new"], of those that are called otherwise],"starts":[{"clock","scope","at_us"}], if there are
 * any}.  r: of the case, NULL on the way back, which stops what only the target declares.  RC_LIMIT.
 */
MUST_USE enum rc migration_command(struct arena *a, const struct migration *m, const struct migration_result *r, bool is_back, struct command *out,
                                   struct err *err);

#endif
