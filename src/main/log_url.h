/*
 * log_url - a log that a server publishes, as a source of tiles.
 */
#ifndef MAIN_LOG_URL_H
#define MAIN_LOG_URL_H

#include "evidence/tiles.h"

/* Only plain http: what is read is checked by its signature, so the way that it came need not be trusted. */
bool log_url_is(const char *where); /* begins with http:// or https:// */

/*
 * Run fn with a source for the log at url ("http://host[:port][/path]"), in a loop and task of its own, and
 * return when fn has.  RC_INVALID: not such a url.
 */
MUST_USE enum rc log_url_run(const char *url, void (*fn)(void *ctx, const struct tile_source *source),
                             void *ctx, struct err *err);

#endif
