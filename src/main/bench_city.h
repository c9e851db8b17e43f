/*
 * bench_city - the demo city for benches: made once, run by the real program, and seen from outside, as an operator sees it: when it
 * is ready, the processor time and the memory of its processes.  What goes wrong ends the process.
 */
#ifndef MAIN_BENCH_CITY_H
#define MAIN_BENCH_CITY_H

#include "main/demo_nodes.h"

struct bench_city {
    struct arena *arena;
    const char *program; /* zhengtong of the build that the bench is from */
    struct demo demo;
    struct demo_processes running;
};

/* folder: made if it is not there. */
void bench_city_make(struct bench_city *c, const char *folder);
void bench_city_free(struct bench_city *c); /* stops what runs */

/* The portal alone, and how long it took to serve; or the whole city. */
double bench_city_start(struct bench_city *c);
void bench_city_start_all(struct bench_city *c);
void bench_city_stop(struct bench_city *c);

/* Of the portal: its parent, signer and worker together. */
int64_t bench_city_cpu_ns(const struct bench_city *c);
struct bench_memory {
    double rss_mb; /* pages that two of them share count twice, as `ps` counts them */
    double pss_mb; /* and here once */
};
struct bench_memory bench_city_memory(const struct bench_city *c);

/* Text of a GET request to the portal, on the arena.  cookie: of bench_city_sign_in, or "". */
struct str bench_city_get(const struct bench_city *c, const char *path, struct str cookie);
struct str bench_city_sign_in(const struct bench_city *c, const char *login);

#endif
