/*
 * picture - a decision model as a document that people are shown: what it asks for, what it decides, and its tables cell by cell as they are
 * written.
 */
#ifndef RULE_PICTURE_H
#define RULE_PICTURE_H

#include "rule/dmn.h"

/*
 * {"name","namespace","inputs":[{"name","label","type"}],"decisions":[{"id","name","label","question","description","type","kind":
 * "table"|"text"|"other"|"none","text","table":{…}}]}; knowledge stands among the decisions.  A table is {"hit_policy":"UNIQUE","aggregation":"SUM",
 * "columns":[{"kind":"input"|"output"|"annotation","label","text","type","values"}],"rules":[{"number","id","description","cells":[{"kind","text"}]}]},
 * cells in the order of the columns; "zh" and "en" say a cell of constants in plain words.
 */
MUST_USE enum rc picture_of(struct arena *a, const struct dmn *m, struct json **out, struct err *err);
/*
 * Into the pictures of a new model what the old one said: cells that differ get "was" and "is_changed", rules "is_new", tables "gone" (how many rules
 * are no longer there), decisions "is_new" and "is_changed".  Rules belong together by id.  How many of all these there are.
 */
int64_t picture_mark_changes(struct arena *a, struct json *new, const struct json *old);

#endif
