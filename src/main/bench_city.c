#include "main/bench_city.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bench.h"
#include "base/file.h"
#include "net/wheel.h"

enum { CITY_ARENA = 256 << 20, PROCESSES_MAX = 8, PROC_FILE_MAX = 1 << 16 };

/* build/release/bench/main/node is a bench of build/release/zhengtong. */
static const char *
program_beside(struct arena *a)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path));

    CHECK(len > 0);
    struct str own = {path, (size_t)len};
    size_t at = str_find(own, STR("/bench/main/"));
    CHECK(at < own.len);
    const char *program = str_c(a, str_fmt(a, "%.*s/zhengtong", (int)at, own.ptr));
    CHECK(program != NULL && access(program, X_OK) == 0); /* `make bench` makes it first */
    return program;
}

void
bench_city_make(struct bench_city *c, const char *folder)
{
    const struct demo_wish wish = {.folder = folder, .fresh_ports = true, .at_minute = -1};
    struct err err;

    *c = (struct bench_city){.arena = arena_new(CITY_ARENA)};
    c->program = program_beside(c->arena);
    bench_need(file_make_folder("build/bench", &err), &err);
    bench_need(demo_setup(c->arena, &wish, &c->demo, &err), &err);
}

double
bench_city_start(struct bench_city *c)
{
    int64_t from = bench_clock_ns(CLOCK_MONOTONIC);
    struct err err;

    bench_need(demo_node_start(&c->demo.node[0], c->program, c->demo.folder, &c->running.node[0], &err),
               &err);
    return (double)(bench_clock_ns(CLOCK_MONOTONIC) - from) / 1e9;
}

void
bench_city_start_all(struct bench_city *c)
{
    struct err err;

    bench_need(demo_nodes_start(&c->demo, c->program, c->demo.folder, &c->running, &err), &err);
}

void
bench_city_stop(struct bench_city *c)
{
    demo_nodes_stop(&c->running);
}

void
bench_city_free(struct bench_city *c)
{
    bench_city_stop(c);
    demo_release(&c->demo);
    arena_free(c->arena);
}

/* --- processes ------------------------------------------------------------------------------ */

static struct str
proc_file(char *buffer, pid_t pid, const char *name)
{
    char path[64];
    FILE *f;

    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    f = fopen(path, "re");
    CHECK(f != NULL);
    size_t len = fread(buffer, 1, PROC_FILE_MAX, f);
    (void)fclose(f);
    return (struct str){buffer, len};
}

static size_t
processes_of(const struct bench_city *c, pid_t out[PROCESSES_MAX])
{
    char buffer[PROC_FILE_MAX], name[64];
    struct str children, number;
    size_t count = 0;

    out[count++] = c->running.node[0];
    (void)snprintf(name, sizeof(name), "task/%d/children", (int)out[0]);
    children = proc_file(buffer, out[0], name);
    while (str_next(&children, ' ', &number)) {
        int64_t pid;
        CHECK(count < PROCESSES_MAX && str_to_int(number, &pid));
        out[count++] = (pid_t)pid;
    }
    return count;
}

int64_t
bench_city_cpu_ns(const struct bench_city *c)
{
    pid_t pids[PROCESSES_MAX];
    size_t count = processes_of(c, pids);
    int64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        sum += bench_process_ns(pids[i]);
    }
    return sum;
}

/* "Pss:      1001 kB" */
static double
mb_after(struct str text, struct str name)
{
    struct str line;
    int64_t kib;

    while (str_next(&text, '\n', &line)) {
        if (str_starts(line, name)) {
            struct str number = str_trim(str_from(line, name.len));
            CHECK(str_to_int(str_sub(number, 0, str_find_byte(number, ' ')), &kib));
            return (double)kib * 1024 / 1e6;
        }
    }
    check_failed(__FILE__, __LINE__, "no such line in smaps_rollup");
}

struct bench_memory
bench_city_memory(const struct bench_city *c)
{
    char buffer[PROC_FILE_MAX];
    pid_t pids[PROCESSES_MAX];
    size_t count = processes_of(c, pids);
    struct bench_memory m = {0};

    for (size_t i = 0; i < count; i++) {
        struct str text = proc_file(buffer, pids[i], "smaps_rollup");
        m.rss_mb += mb_after(text, STR("Rss:"));
        m.pss_mb += mb_after(text, STR("Pss:"));
    }
    return m;
}

/* --- requests ---------------------------------------------------------------------------------- */

struct str
bench_city_get(const struct bench_city *c, const char *path, struct str cookie)
{
    struct str text =
        str_fmt(c->arena, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: text/html\r\nCookie: %.*s\r\n\r\n",
                path, c->demo.node[0].port, STR_ARG(cookie));

    CHECK(text.ptr != NULL);
    return text;
}

struct str
bench_city_sign_in(const struct bench_city *c, const char *login)
{
    const char *path = str_c(c->arena, str_fmt(c->arena, "/sign-in/demo?account=%s&key=%.*s", login,
                                               STR_ARG(c->demo.demo_key)));
    struct str request = bench_city_get(c, path, STR("")), cookie, kept;
    struct wheel w;
    struct err err;

    wheel_open(&w, c->demo.node[0].port, 1);
    wheel_turn(&w, &request, 1, 1, 303);
    cookie = http_get(&w.head.fields, "set-cookie");
    bench_need(str_copy(c->arena, str_sub(cookie, 0, str_find_byte(cookie, ';')), &kept, &err), &err);
    wheel_close(&w);
    return kept;
}
