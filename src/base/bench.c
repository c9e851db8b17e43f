#include "base/bench.h"

#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

void
bench_need(enum rc rc, const struct err *err)
{
    if (rc != RC_OK) {
        check_failed(err->file, err->line, err->text);
    }
}

int64_t
bench_clock_ns(clockid_t id)
{
    struct timespec t;

    CHECK(clock_gettime(id, &t) == 0);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t
bench_process_ns(pid_t pid)
{
    clockid_t id;

    CHECK(clock_getcpuclockid(pid, &id) == 0);
    return bench_clock_ns(id);
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double
bench_median(double *values, size_t count)
{
    CHECK(count > 0);
    qsort(values, count, sizeof(values[0]), by_value);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* Three digits or more of anything that is not 0. */
static int
decimals(double value)
{
    return value >= 100 ? 0 : value >= 1 ? 2 : 4;
}

static bool has_rows;

void
bench_row(const char *name, double value, const char *unit, const char *peer, double peer_value,
          double ratio)
{
    (void)printf("%s{\"name\":\"%s\",\"value\":%.*f,\"unit\":\"%s\",\"peer\":\"%s\",\"peer_value\":%.*f,"
                 "\"ratio\":%.3f}",
                 has_rows ? ",\n " : "[", name, decimals(value), value, unit, peer, decimals(peer_value), peer_value,
                 ratio);
    (void)fflush(stdout);
    has_rows = true;
}

void
bench_end(void)
{
    (void)printf("%s]\n", has_rows ? "" : "[");
}

/* --- a peer in another language -------------------------------------------------------------------- */

struct bench_peer {
    pid_t pid;
    FILE *to, *from;
};

static void
peer_silent(const char *what)
{
    (void)fprintf(stderr, "bench: the peer in tests/peers %s; its packages come by tools/deps check\n", what);
    exit(1);
}

struct bench_peer *
bench_peer_start(const char *name)
{
    struct bench_peer *p = mem_new(1, sizeof(*p));
    posix_spawn_file_actions_t actions;
    int to[2], from[2];
    char script[256];
    char node[] = "node";
    char *argv[] = {node, script, NULL};

    CHECK(pipe(to) == 0 && pipe(from) == 0);
    (void)snprintf(script, sizeof(script), "tests/peers/%s.mjs", name);
    CHECK(posix_spawn_file_actions_init(&actions) == 0 &&
          posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO) == 0 &&
          posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO) == 0 &&
          posix_spawn_file_actions_addclose(&actions, to[1]) == 0 &&
          posix_spawn_file_actions_addclose(&actions, from[0]) == 0);
    if (posix_spawnp(&p->pid, node, &actions, NULL, argv, environ) != 0) {
        peer_silent("cannot be started without Node.js");
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(to[0]);
    (void)close(from[1]);
    p->to = fdopen(to[1], "w");
    p->from = fdopen(from[0], "r");
    CHECK(p->to != NULL && p->from != NULL);
    return p;
}

double
bench_peer_ask(struct bench_peer *p, const char *fmt, ...)
{
    char line[256];
    char *end;
    va_list args;

    va_start(args, fmt);
    bool is_sent = vfprintf(p->to, fmt, args) > 0 && fputc('\n', p->to) != EOF && fflush(p->to) == 0;
    va_end(args);
    if (!is_sent || fgets(line, sizeof(line), p->from) == NULL) {
        peer_silent("said nothing");
    }
    double value = strtod(line, &end);
    if (end == line || *end != '\n') {
        peer_silent("gave no number");
    }
    return value;
}

void
bench_peer_end(struct bench_peer *p)
{
    (void)fclose(p->to); /* the end of its input is the end of it */
    (void)fclose(p->from);
    (void)waitpid(p->pid, NULL, 0);
    mem_free(p);
}
