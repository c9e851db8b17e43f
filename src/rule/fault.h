/*
 * fault - why a FEEL text could not be read, for the person who wrote it: where, what was expected, what stood there.
 */
#ifndef RULE_FAULT_H
#define RULE_FAULT_H

#include "rule/syntax.h"

/* What was expected, or else what is wrong: English and Chinese. */
#define FAULT_TABLE(X)                                                                       \
    X(VALUE, true, "a value", "一个值")                                                      \
    X(END, true, "an operator or the end", "运算符或结尾")                                   \
    X(NAME, true, "a name", "一个名称")                                                      \
    X(MEMBER, true, "the name of a member", "成员名称")                                      \
    X(TYPE, true, "the name of a type", "类型名称")                                          \
    X(IN, true, "in", "in")                                                                  \
    X(RETURN, true, "a comma or return", "逗号或 return")                                    \
    X(SATISFIES, true, "a comma or satisfies", "逗号或 satisfies")                           \
    X(THEN, true, "then", "then")                                                            \
    X(ELSE, true, "else", "else")                                                            \
    X(AND, true, "and", "and")                                                               \
    X(OF, true, "of", "of")                                                                  \
    X(DOTS, true, "..", "..")                                                                \
    X(OPEN, true, "(", "(")                                                                  \
    X(CLOSE, true, ")", ")")                                                                 \
    X(ARGUMENT_END, true, "a comma or )", "逗号或 )")                                        \
    X(LIST_END, true, "a comma or ]", "逗号或 ]")                                            \
    X(FILTER_END, true, "]", "]")                                                            \
    X(RANGE_END, true, "the end of a range, ) or ]", "区间的结尾 ) 或 ]")                    \
    X(ENTRY_END, true, "a comma or }", "逗号或 }")                                           \
    X(COLON, true, ":", ":")                                                                 \
    X(TYPE_OPEN, true, "<", "<")                                                             \
    X(TYPE_END, true, "a comma or >", "逗号或 >")                                            \
    X(ARROW, true, "->", "->")                                                               \
    X(MIXED, false, "arguments are either all named or none is", "参数要么全部按名称，要么全部按位置") \
    X(STRING, false, "a string has no closing quote", "字符串缺少结束引号")                  \
    X(ESCAPE, false, "an escape in a string is no character", "字符串中的转义不是字符")      \
    X(COMMENT, false, "a comment has no end", "注释没有结束")                                \
    X(UTF8, false, "the text is not UTF-8", "文本不是 UTF-8")                                \
    X(LONG, false, "the text is too long", "表达式太长")                                     \
    X(DEEP, false, "the expression is nested too deeply", "表达式嵌套太深")                  \
    X(WORK, false, "there are too many names to look through", "要查找的名称太多")            \
    X(ROOM, false, "the expression does not fit in memory", "表达式超出内存限制")

enum fault_kind {
#define X(name, expected, en, zh) FAULT_##name,
    FAULT_TABLE(X)
#undef X
    FAULTS /* how many */
};

struct feel_fault {
    enum fault_kind kind;
    size_t at; /* byte */
    struct feel_place place;
    char stood[64]; /* what stood there, "" at the end */
};

enum fault_language { FAULT_EN, FAULT_ZH };
/* One sentence without a full stop: "line 1, character 3: expected ), found x". */
void fault_say(struct buf *b, const struct feel_fault *f, enum fault_language language);

#endif
