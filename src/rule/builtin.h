/*
 * builtin - the names of FEEL's own functions (DMN 1.5, 10.3.4).  A variable of the same name comes first.
 */
#ifndef RULE_BUILTIN_H
#define RULE_BUILTIN_H

#include "base/str.h"

#define BUILTIN_TABLE(X)                                                                     \
    X(DATE, "date") X(DATE_AND_TIME, "date and time") X(TIME, "time") X(NUMBER, "number")    \
    X(STRING, "string") X(DURATION, "duration")                                              \
    X(YEARS_AND_MONTHS_DURATION, "years and months duration") X(NOT, "not")                  \
    X(SUBSTRING, "substring") X(STRING_LENGTH, "string length") X(UPPER_CASE, "upper case")  \
    X(LOWER_CASE, "lower case") X(SUBSTRING_BEFORE, "substring before")                      \
    X(SUBSTRING_AFTER, "substring after") X(REPLACE, "replace") X(CONTAINS, "contains")      \
    X(STARTS_WITH, "starts with") X(ENDS_WITH, "ends with") X(MATCHES, "matches")            \
    X(SPLIT, "split") X(STRING_JOIN, "string join") X(LIST_CONTAINS, "list contains")        \
    X(LIST_REPLACE, "list replace") X(COUNT, "count") X(MIN, "min") X(MAX, "max")            \
    X(SUM, "sum") X(MEAN, "mean") X(ALL, "all") X(ANY, "any") X(SUBLIST, "sublist")          \
    X(APPEND, "append") X(CONCATENATE, "concatenate") X(INSERT_BEFORE, "insert before")      \
    X(REMOVE, "remove") X(REVERSE, "reverse") X(INDEX_OF, "index of") X(UNION, "union")      \
    X(DISTINCT_VALUES, "distinct values") X(FLATTEN, "flatten") X(PRODUCT, "product")        \
    X(MEDIAN, "median") X(STDDEV, "stddev") X(MODE, "mode") X(DECIMAL, "decimal")            \
    X(FLOOR, "floor") X(CEILING, "ceiling") X(ROUND_UP, "round up")                          \
    X(ROUND_DOWN, "round down") X(ROUND_HALF_UP, "round half up")                            \
    X(ROUND_HALF_DOWN, "round half down") X(ABS, "abs") X(MODULO, "modulo")                  \
    X(SQRT, "sqrt") X(LOG, "log") X(EXP, "exp") X(ODD, "odd") X(EVEN, "even")                \
    X(BEFORE, "before") X(AFTER, "after") X(MEETS, "meets") X(MET_BY, "met by")              \
    X(OVERLAPS, "overlaps") X(OVERLAPS_BEFORE, "overlaps before")                            \
    X(OVERLAPS_AFTER, "overlaps after") X(FINISHES, "finishes")                              \
    X(FINISHED_BY, "finished by") X(INCLUDES, "includes") X(DURING, "during")                \
    X(STARTS, "starts") X(STARTED_BY, "started by") X(COINCIDES, "coincides")                \
    X(DAY_OF_YEAR, "day of year") X(DAY_OF_WEEK, "day of week")                              \
    X(MONTH_OF_YEAR, "month of year") X(WEEK_OF_YEAR, "week of year") X(IS, "is")            \
    X(SORT, "sort") X(GET_VALUE, "get value") X(GET_ENTRIES, "get entries")                  \
    X(CONTEXT, "context") X(CONTEXT_PUT, "context put") X(CONTEXT_MERGE, "context merge")    \
    X(NOW, "now") X(TODAY, "today") X(RANGE, "range")

enum builtin {
#define X(name, text) BUILTIN_##name,
    BUILTIN_TABLE(X)
#undef X
    BUILTINS /* how many */
};

struct str builtin_name(enum builtin b);

#endif
