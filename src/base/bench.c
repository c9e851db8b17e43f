#include "base/bench.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

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
