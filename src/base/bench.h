/*
 * bench - what benches share: processor time, medians, and the rows of a report.  For benches only.
 *
 * A figure stands beside a peer, or beside the parts it is made of, that the same run measured in turns with it: the
 * machine may be shared, and then a bare figure says nothing.  Ratios are made so that more is better and 1 is the peer.
 */
#ifndef BASE_BENCH_H
#define BASE_BENCH_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/err.h"

/* Ends the process, with err's text, unless rc is RC_OK: without its setting a figure means nothing. */
void bench_need(enum rc rc, const struct err *err);

int64_t bench_clock_ns(clockid_t id);  /* CLOCK_MONOTONIC, or processor time of this thread or process */
int64_t bench_process_ns(pid_t pid);   /* processor time of another process, its system calls counted */

double bench_median(double *values, size_t count); /* sorts them */

/*
 * A peer that is a program of Node.js, tests/peers/NAME.mjs, with its packages beside it (tools/deps check).  It
 * answers a line for each line; a round of work is asked by one and answered by what it cost, measured over there.
 */
struct bench_peer;
struct bench_peer *bench_peer_start(const char *name);
/* A formatted line, and the number that comes back; the process ends if none does. */
double bench_peer_ask(struct bench_peer *p, const char *fmt, ...) PRINTF(2, 3);
void bench_peer_end(struct bench_peer *p);

/* A report is a JSON list on standard output.  Names hold neither quotes nor backslashes. */
void bench_row(const char *name, double value, const char *unit, const char *peer, double peer_value,
               double ratio);
void bench_end(void);

#endif
