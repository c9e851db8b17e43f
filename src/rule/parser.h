/*
 * parser - a FEEL text read into a tree (DMN 1.5, 10.3.1.2).
 *
 * The grammar is ambiguous and says how to decide: operators bind as its rules are ordered and to the left, so -2 ** 2 is 4 and
 * 2 ** 3 ** 2 is 64.  A name that nothing knows is no fault: a filter's item may have a member of it, and otherwise it is null;
 * tree->unknown points at it for those who are stricter.
 */
#ifndef RULE_PARSER_H
#define RULE_PARSER_H

#include "rule/fault.h"

/*
 * scope may be NULL.  RC_INVALID, or RC_LIMIT past the arena's limit or one of rule/syntax.h; fault (may be NULL) says more than
 * err, which has the English sentence.  The tree shares the bytes of text and of the scope's names.
 */
MUST_USE enum rc feel_parse(struct arena *a, struct str text, const struct feel_scope *scope,
                            struct feel_tree *out, struct feel_fault *fault, struct err *err);
/*
 * The unary tests of an input entry: "> 5", "not(1, 2)", "-", "? > 5".  The frame of ? is the innermost; type (may be NULL) is
 * what is known of it.
 */
MUST_USE enum rc feel_parse_tests(struct arena *a, struct str text, const struct feel_scope *scope,
                                  const struct feel_type *type, struct feel_tree *out,
                                  struct feel_fault *fault, struct err *err);

#endif
