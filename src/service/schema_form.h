/*
 * schema_form - a JSON Schema 2020-12 as a form that people fill in, and what a browser sends of it: form_schema.h the other way round.
 *
 * A page can show an object, closed by "additionalProperties": false, of texts, numbers, yes or no, choices (enum, or oneOf of const and title),
 * days ("format": "date") and moments ("date-time"), lists of texts or of choices, and one level further down objects and lists of objects.  Beside "title" and
 * "description" stand "x-title-en" and "x-description-en"; units are "x-unit-zh" and "x-unit-en".
 *
 * A browser sends "data.<property>", in lists of objects "data.<property>.0.<member>", days also in three boxes (.year, .month, .day).  It is read forgivingly:
 * full-width digits, blanks, any way of writing a day; what cannot be read is kept as it was typed, so that nothing is lost.
 */
#ifndef SERVICE_SCHEMA_FORM_H
#define SERVICE_SCHEMA_FORM_H

#include "base/err.h"
#include "base/json.h"

enum { SCHEMA_FORM_ROWS_MAX = 100 /* of one list that a browser sends */ };

/* RC_INVALID: what of it a page cannot show.  The rest here is for schemas of which it found nothing. */
MUST_USE enum rc schema_form_check(const struct json *schema, struct err *err);
struct str schema_form_title(const struct json *schema, struct str lang);
struct str schema_form_hint(const struct json *schema, struct str lang);

/*
 * A browser's input → data.  without: the name of an object in a list that is to be left out ("data.officers.1"), or "".  What the schema does not know comes
 * along as it is, so that whoever checks says so.  RC_LIMIT only.
 */
MUST_USE enum rc schema_form_read(const struct json *schema, struct arena *a, const struct json *input, int offset_minutes, struct str without,
                                  struct json **data, struct err *err);
/*
 * What was found wrong with data, [{"field": a JSON Pointer,"zh","en"}] (process/taskform.h), as pages say it: [{"field": its name on the page,"path","title",
 * "message"}], one for each field; "data" for what has none.  RC_LIMIT only.
 */
MUST_USE enum rc schema_form_errors(const struct json *schema, struct arena *a, const struct json *faults, struct str lang, struct json **errors,
                                    struct err *err);
/*
 * For pages/_task_field.html, in the order of the schema: fields as form.h's form_field_document makes them, and {"id","title","hint","error","is_rows","add_name",
 * "rows":[{"number","remove_name","fields":[…]}]}.  more: the name of a list that gets one more empty object, or "".  RC_LIMIT only.
 */
MUST_USE enum rc schema_form_fields(const struct json *schema, struct arena *a, const struct json *data, const struct json *errors, int offset_minutes,
                                    struct str more, struct str lang, struct json **fields, struct err *err);

#endif
