/* schema_form_int - what schema_form.c and schema_form_view.c share: the kinds of values that a page can show. */
#ifndef SERVICE_SCHEMA_FORM_INT_H
#define SERVICE_SCHEMA_FORM_INT_H

#include "service/schema_form.h"

enum value_kind {
    VALUE_NONE, /* a page cannot show it */
    VALUE_TEXT,
    VALUE_LINES, /* a longer text */
    VALUE_NUMBER,
    VALUE_BOOL,
    VALUE_CHOICE,
    VALUE_DATE,
    VALUE_MOMENT,
    VALUE_LIST, /* of texts or numbers, a line each */
    VALUE_CHOICES,
    VALUE_GROUP,
    VALUE_ROWS /* a list of groups */
};

enum { SCHEMA_FORM_LINE = 200 /* longer ones have several lines */ };

enum value_kind schema_form_kind(const struct json *schema);
/* enum, or oneOf of constants: its first entry; NULL: there are none. */
const struct json *schema_form_choices(const struct json *schema);
/* What such an entry stands for. */
const struct json *schema_form_constant(const struct json *choice);
/* "title" or "description" in the language. */
struct str schema_form_word(const struct json *schema, const char *member, struct str lang);

#endif
