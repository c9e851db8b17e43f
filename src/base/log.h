/*
 * log - one JSON object a line, for operators.  Never personal data, never secrets.
 *
 * Only the edges log (main, the dispatcher of requests, the writer thread): library code returns errors.
 * A line is at most 2 KiB, written with one write(2); a longer one ends in "cut":true.  A full pipe,
 * terminal or socket drops it and counts the loss, so a stuck reader cannot stop a citizen.  The process
 * ignores SIGPIPE.  Thread-safe; several processes may share the descriptor.
 *
 *     {"time":"2026-11-23T09:40:00.123+08:00","level":"info","process":"city/worker","event":"ready","port":"8080"}
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log;

/*
 * fd stays the caller's and must outlive the log, as do name (which process: "city/worker") and clock.
 * A pipe stays open until log_free even if the caller closes fd.
 */
struct log *log_new(int fd, enum log_level least, const char *name, const struct clock *clock);
void log_free(struct log *l); /* accepts NULL */

/* Fields are key, value pairs of NUL-terminated text ending in NULL: log_event(l, LOG_INFO, "ready", "port", "8080", NULL). */
void log_event(struct log *l, enum log_level level, const char *event, ...)
    __attribute__((sentinel));
/* The same for a failure, as LOG_ERROR: adds rc, type, text, file and line. */
void log_failure(struct log *l, const char *event, enum rc rc, const struct err *err);
uint64_t log_lost(const struct log *l); /* lines dropped or torn since log_new */

#endif
