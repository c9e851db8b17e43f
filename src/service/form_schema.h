/*
 * form_schema - a form as JSON Schema 2020-12, so that any program can see what is asked and try its answers before it sends them.
 *
 * FORM_SCHEMA_KEPT describes the values of a draft or case as form.h has them: what form_check finds nothing wrong with is valid, and
 * nothing else.  A field is required exactly when it is asked, by if and then; what is not asked may be anything, as it is not looked at.
 * Choices are const and title, limits of numbers patterns, because numbers are kept as texts.
 *
 * FORM_SCHEMA_SENT describes what a program posts: the same without what is fetched and without files, which come otherwise.  A field
 * that is asked only because of a fetched value may be left out, since the sender cannot know.
 *
 * Annotations of our own begin with x-: x-title-en, x-description-en, x-type (the field's type), x-unit-zh, x-unit-en, x-minimum,
 * x-maximum, x-prefill, x-upload, and at the root x-sections, in whose order the form is asked.  Formats of our own: mobile, person-id,
 * date-not-past.  A chain of some thirty fields that are asked because of one another is deeper than rule/schema.h checks.
 */
#ifndef SERVICE_FORM_SCHEMA_H
#define SERVICE_FORM_SCHEMA_H

#include "service/form.h"

enum form_schema_of { FORM_SCHEMA_KEPT, FORM_SCHEMA_SENT };

/* id: its $id, a URI reference.  titles: what has title_zh and title_en, or name_zh and name_en; may be NULL.  RC_LIMIT only. */
MUST_USE enum rc form_schema(const struct form *f, struct arena *a, enum form_schema_of of, struct str id,
                             const struct json *titles, struct json **out, struct err *err);

#endif
