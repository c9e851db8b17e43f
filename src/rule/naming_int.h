/*
 * naming_int - what the parts of a model are called in sentences.
 *
 * Many models are named in Chinese and labelled in English, or the other way round: each reader gets what is in their script.  Where both
 * are, or neither, it is the label, which is made for people.
 */
#ifndef RULE_NAMING_INT_H
#define RULE_NAMING_INT_H

#include "rule/dmn_int.h"

bool naming_is_ascii(struct str s);
/* Either may be "". */
struct str naming_fitting(struct str name, struct str label, bool is_chinese);
/* Of a decision, input data and so on by its name; of what the model itself does not hold, that name. */
struct str naming_node(const struct dmn *m, struct str name, bool is_chinese);
/* A column without a label of its own that asks for one thing is called as that is. */
struct str naming_input(const struct dmn *m, const struct dmn_input *input, bool is_chinese);

#endif
