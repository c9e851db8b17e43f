/*
 * run - one evaluation at a time: its memory, its limits, its clock, and its notes on why something became null.
 *
 * A run belongs to one thread at a time and is used again and again: what it needs is kept, so that after the first evaluations no
 * memory is asked of the system, unless one makes more than 64 KiB of values.  Values made in it live until the next run_begin.
 */
#ifndef RULE_RUN_H
#define RULE_RUN_H

#include "rule/value.h"

struct run;
struct run_limits {
    size_t memory_bytes; /* of values */
    uint64_t steps;      /* nodes, items and comparisons, roughly */
    size_t stack_bytes;  /* of the thread's own stack, counted from run_begin */
};
/* For a node's request, on a thread: some tens of milliseconds at the most, and more stack than a coroutine has. */
#define RUN_LIMITS_USUAL ((struct run_limits){.memory_bytes = 16 << 20, .steps = 2000000, .stack_bytes = 160 << 10})

/* zones may be NULL: then there are no named zones. */
struct run *run_new(const struct run_limits *limits, struct zones *zones);
void run_free(struct run *r); /* accepts NULL */
/* Forget the values and notes of the last; from here now() is this moment, seen at that offset from UTC. */
void run_begin(struct run *r, int64_t now_us, int32_t offset_seconds);
/*
 * However many evaluations follow, they take at most so many steps together: the one that would pass it ends in RC_LIMIT, and so does each after it.
 * Holds from the next run_begin until it is said again; RUN_ANY_STEPS: no such limit, as at first.
 */
#define RUN_ANY_STEPS UINT64_MAX
void run_allow(struct run *r, uint64_t steps);
/* Whether those are used up. */
bool run_is_spent(const struct run *r);
struct temporal run_now(const struct run *r);
struct zones *run_zones(struct run *r);
struct arena *run_arena(struct run *r);

/* Whom a model that is evaluated tells of its steps (rule/dmn.h); NULL: nobody.  run_begin forgets it. */
void run_set_watch(struct run *r, void *watch);
void *run_watch(const struct run *r);

/* Count work.  False once a limit is passed, and from then on: whoever evaluates returns false at once. */
MUST_USE bool run_step(struct run *r, uint64_t steps);
/* A limit was passed here (an arena that gave NULL): always false, so that "return run_full(r);" says it. */
bool run_full(struct run *r);
/* False if the thread's stack is nearly used up; to be asked by whatever calls itself. */
MUST_USE bool run_enter(struct run *r);
/* RC_OK, or RC_LIMIT with which one. */
MUST_USE enum rc run_rc(const struct run *r, struct err *err);

/* Why a value became null: what a person reads who wonders.  Only the first few are kept. */
#define NOTE_TABLE(X)                                                                        \
    X(UNKNOWN_NAME, "nothing is called {0}", "没有叫“{0}”的内容")                            \
    X(NO_MEMBER, "there is no {0} in it", "其中没有“{0}”")                                   \
    X(KINDS, "{0} cannot be done with {1}", "{0} 不能用于 {1}")                              \
    X(ARGUMENT, "{0}: {1}", "{0}：{1}")                                                      \
    X(ARGUMENT_COUNT, "{0} does not take {1} arguments", "{0} 不接受 {1} 个参数")            \
    X(ARGUMENT_NAME, "{0} has no parameter {1}", "{0} 没有参数“{1}”")                        \
    X(NO_FUNCTION, "{0} is no function", "{0} 不是函数")                                     \
    X(TYPE, "{0} is not of type {1}", "{0} 不是 {1} 类型")                                   \
    X(NOT_ALLOWED, "{0} is not among the allowed values {1}", "{0} 不在允许的取值 {1} 之内") \
    X(DIVISION, "division by zero", "除数为零")                                              \
    X(RANGE, "the result of {0} is too large", "{0} 的结果超出范围")                         \
    X(PATTERN, "{0} is no pattern that {1} takes", "{0} 不是 {1} 可用的正则表达式")          \
    X(PATTERN_STEPS, "{0}: the pattern takes too many steps on this text", "{0}：正则表达式在这段文字上耗时过多") \
    X(NO_RULE, "no rule of {0} matches", "{0} 没有规则匹配")                                 \
    X(MANY_RULES, "{0}: rules {1} match at once", "{0}：规则 {1} 同时匹配")                  \
    X(TWICE, "{0} stands twice in the context", "上下文中“{0}”出现了两次")                    \
    X(LITERAL, "{0} is no date, time or duration", "“{0}”不是日期、时间或时长")              \
    X(EXTERNAL, "{0} is a function outside of this model, which is not called", "{0} 是外部函数，不会被调用")

enum note_kind {
#define X(name, en, zh) NOTE_##name,
    NOTE_TABLE(X)
#undef X
    NOTES /* how many */
};
enum { NOTES_KEPT = 16, NOTE_WORD_MAX = 64 };
struct note {
    enum note_kind kind;
    struct str text; /* of which FEEL text; "" if of none */
    size_t at;       /* the byte there */
    char word[2][NOTE_WORD_MAX];
};
/* The place is that of the node being evaluated, which the evaluator keeps.  Words are cut to what fits. */
void run_note(struct run *r, enum note_kind kind, struct str first, struct str second);
void run_place(struct run *r, struct str text, size_t at);
size_t run_notes(const struct run *r, const struct note **out);
/* One sentence without a full stop, in English or Chinese. */
void note_say(struct buf *b, const struct note *n, bool is_chinese);

#endif
