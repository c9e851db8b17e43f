/*
 * input - what browsers and programs send: cookies, queries, urlencoded forms, JSON objects, files.
 */
#ifndef WEB_INPUT_H
#define WEB_INPUT_H

#include "base/json.h"
#include "net/http.h"

enum { INPUT_FIELDS_MAX = 512 };

/* name=value&…  → object; a name that comes again makes an array.  RC_INVALID: bad escape or not UTF-8; RC_LIMIT: too many. */
MUST_USE enum rc input_form(struct arena *a, struct str text, struct json **out, struct err *err);
/* One more field into the object. */
void input_add(struct arena *a, struct json *form, struct str name, struct str value);
/* Value of a cookie, "" if there is none. */
struct str input_cookie(const struct http_fields *fields, struct str name);
/* Does the client prefer JSON to HTML?  (RFC 9110 §12.5.1, quality values; no Accept: HTML) */
bool input_wants_json(struct str accept);
/* The media type without parameters, lower case, on the arena. */
struct str input_media_type(struct arena *a, struct str content_type);

#endif
