/*
 * form - what an item asks, as a document: sections, fields, conditions; validated here and nowhere else.
 *
 * {"sections":[{"id","title_zh","title_en","fields":[
 *    {"id" (a-z, 0-9, _),"title_*","hint_*","type":"text|number|choice|choices|date|phone|person_id|check|upload|prefill",
 *     "required":true,"min","max","unit_*","example","max_length","lines","not_past":true,"choices":[{"value","title_*","note_*"}],
 *     "when":{"field":"area","at_least":300} | {"field":"area","less_than":300} | {"field":"fire","is":"gas"} | {"field":"kinds","has":"hot"}
 *            | {"all":[…]} | {"any":[…]} | {"not":…},
 *     "prefill":{"resource","key_from":"subject.identifier|field.<id>","member"},      (type prefill: locked, from the exchange)
 *     "upload":{"types":["image/jpeg",…],"most_bytes","most_files"}}]}]}
 *
 * Values of a draft or case are one object: field id → value (text, number as text, array of texts, object for an upload or a
 * prefilled value with provenance).  Input is forgiving (full-width digits, blanks, units), stored values are exact.
 */
#ifndef SERVICE_FORM_H
#define SERVICE_FORM_H

#include "base/json.h"

struct form;

/*
 * Compiles and checks the document, which must live as long: unknown types, wrong ids, limits and conditions, conditions on later or
 * missing fields, doubled ids are RC_INVALID.
 */
MUST_USE enum rc form_load(struct arena *a, const struct json *document, struct form **out,
                           struct err *err);
size_t form_sections(const struct form *f);
struct str form_section_id(const struct form *f, size_t section);
/* Section of that id, or form_sections if there is none. */
size_t form_section_by_id(const struct form *f, struct str id);
const struct json *form_field(const struct form *f, struct str id); /* its document, NULL */

bool form_is_asked(const struct form *f, struct str field, const struct json *values);
/* Any condition over the form's fields (NULL holds): which parts of a bundle apply. */
bool form_condition_holds(const struct form *f, const struct json *when,
                          const struct json *values);
/* RC_INVALID if it is none: to be asked once, when such a condition is loaded. */
MUST_USE enum rc form_condition_check(const struct form *f, const struct json *when,
                                      struct err *err);
/* A copy without what was typed before another answer made it moot; NULL or not whole past the arena's limit. */
struct json *form_asked_values(const struct form *f, struct arena *a, const struct json *values);

/*
 * Take one section's input (name → text or array, as a browser sends it) over into values: known, asked, not prefilled fields only;
 * `today` for dates.  *errors: array of {"field","path","title","message"} in lang (path: a JSON Pointer to the value), empty if all is right; values are kept even when wrong, so
 * that nothing typed is lost.  RC_LIMIT only.
 */
MUST_USE enum rc form_take(const struct form *f, struct arena *a, size_t section,
                           const struct json *input, int32_t today, struct str lang,
                           struct json *values, struct json **errors, struct err *err);
/* The member "path" of an error that is about a field: ids have nothing that a JSON Pointer would escape. */
void form_point(struct arena *a, struct json *error, struct str field);
/* All asked fields of all sections (or one, if section < form_sections): what is missing or wrong. */
MUST_USE enum rc form_check(const struct form *f, struct arena *a, size_t section,
                            const struct json *values, int32_t today, struct str lang,
                            struct json **errors, struct err *err);

/*
 * The same for some fields by themselves, as answers to a supplement notice: names is [{"field":id},…], each is required, asked or
 * not.  A fetched value is typed here, files are the array that an upload left.  RC_INVALID: no such field.
 */
MUST_USE enum rc form_take_fields(const struct form *f, struct arena *a, const struct json *names,
                                  const struct json *input, int32_t today, struct str lang,
                                  struct json **values, struct json **errors, struct err *err);

/*
 * For pages: one section with values and errors: {"id","title","number","count","fields":[{"id","title","hint","value","is_text":true,…,"error","source":{…}}]},
 * one is_<type> member each, choices with "chosen".
 */
MUST_USE enum rc form_section_document(const struct form *f, struct arena *a, size_t section,
                                       const struct json *values, const struct json *errors,
                                       struct str lang, struct json **out, struct err *err);
/* One field by itself, for the answer to a supplement notice.  RC_NOT_FOUND. */
MUST_USE enum rc form_field_document(const struct form *f, struct arena *a, struct str field,
                                     const struct json *values, const struct json *errors,
                                     struct str lang, struct json **out, struct err *err);
/* For check-your-answers and officers: [{"id","title","rows":[{"title","text","source","change_url" left to the caller}]}]. */
MUST_USE enum rc form_summary(const struct form *f, struct arena *a, const struct json *values,
                              struct str lang, struct json **out, struct err *err);

/*
 * What was answered, as rules take it (process/counsel.h): numbers as numbers, a check and a choice of exactly "yes" and "no" as true or
 * false, a fetched value as itself, days and other choices as their texts.  What is not asked, empty or cannot be read is left out.
 */
struct json *form_facts(const struct form *f, struct arena *a, const struct json *values);
/* Where each of them came from, for whoever explains: "field.<id>" → {"zh","en"}. */
struct json *form_fact_sources(const struct form *f, struct arena *a, const struct json *values);

#endif
