/*
 * route - find the row of the table for a method and path.
 */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include "web/web.h"

/* RC_NOT_FOUND; RC_METHOD: the path is there for other methods, named in *allow ("GET, POST"; otherwise ""). */
MUST_USE enum rc route_find(const struct route *table, size_t count, struct arena *a,
                            struct str method, struct str path, const struct route **out,
                            struct str param[PAGE_PARAMS_MAX], struct str *allow,
                            struct err *err);
/* The table as OpenAPI 3.1. */
struct json *route_openapi(struct arena *a, const struct route *table, size_t count,
                           struct str title);

#endif
