/*
 * print - a tree back as FEEL text, with the fewest brackets and single blanks.
 *
 * Read again in the same scope it is the same tree.  Comments are gone.
 */
#ifndef RULE_PRINT_H
#define RULE_PRINT_H

#include "rule/syntax.h"

MUST_USE enum rc feel_print(struct arena *a, const struct feel_tree *tree, struct str *out, struct err *err);

#endif
