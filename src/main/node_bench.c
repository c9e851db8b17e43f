/*
 * The city's node as it runs: the real program with its usual configuration and the demo city's data.
 *
 *     start        until it serves, against starting the program three times to print a line: a node is three processes
 *     memory       after the story and 2,000 pages, and with 1,000 idle connections more, against the node just started
 *     guide page   32 kept connections, against the same server that answers every request with as many bytes of nothing
 *
 * Memory is that of parent, signer and worker; processor time too, system calls counted.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bench.h"
#include "base/clock.h"
#include "base/mem.h"
#include "main/bench_city.h"
#include "main/story.h"
#include "net/server.h"
#include "net/wheel.h"

enum {
    STARTS = 9,
    PAGES = 2000,
    IDLE = 1000,
    CONNECTIONS = 32,
    ROUNDS = 7,
    ROUND_PAGES = 4000,
    BODY_MAX = 1 << 20,
    STORY_ARENA = 64 << 20
};

static const char guide[] = "/items/000131002003";

/* --- start ------------------------------------------------------------------------------------- */

static double
start_of_nothing(const struct bench_city *c)
{
    int64_t from = bench_clock_ns(CLOCK_MONOTONIC);

    for (int i = 0; i < 3; i++) {
        pid_t pid = fork();
        int status;
        CHECK(pid >= 0);
        if (pid == 0) {
            int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
            (void)dup2(nowhere, STDOUT_FILENO);
            (void)execl(c->program, "zhengtong", "--help", (char *)NULL);
            _exit(71);
        }
        CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    }
    return (double)(bench_clock_ns(CLOCK_MONOTONIC) - from) / 1e9;
}

static void
bench_start(struct bench_city *c)
{
    double ours[STARTS], nothing[STARTS];

    for (int i = 0; i < STARTS; i++) {
        ours[i] = bench_city_start(c);
        bench_city_stop(c);
        nothing[i] = start_of_nothing(c);
    }
    double ms = bench_median(ours, STARTS) * 1e3, nothing_ms = bench_median(nothing, STARTS) * 1e3;
    bench_row("start until it serves, demo city", ms, "ms", "three times --help", nothing_ms,
              nothing_ms / ms);
}

/* --- memory -------------------------------------------------------------------------------------- */

static void
tell_story(struct bench_city *c)
{
    struct arena *a = arena_new(STORY_ARENA);
    struct json *told;
    struct err err;

    bench_need(story_run(a, "restaurant", &c->demo, &told, &err), &err);
    arena_free(a);
}

/* What a day's visitors open, signed in and not. */
static void
open_pages(struct bench_city *c)
{
    struct str shen = bench_city_sign_in(c, "shen"), ouyang = bench_city_sign_in(c, "ouyang");
    struct str nobody = STR("");
    const struct str requests[] = {
        bench_city_get(c, "/", nobody),       bench_city_get(c, "/search?q=%E9%A4%90%E9%A5%AE", nobody),
        bench_city_get(c, guide, nobody),     bench_city_get(c, "/catalogue", nobody),
        bench_city_get(c, "/log", nobody),    bench_city_get(c, "/", shen),
        bench_city_get(c, "/cases", shen),    bench_city_get(c, "/readers", shen),
        bench_city_get(c, guide, shen),       bench_city_get(c, "/desk", ouyang),
    };
    struct wheel w;

    wheel_open(&w, c->demo.node[0].port, CONNECTIONS);
    wheel_turn(&w, requests, sizeof(requests) / sizeof(requests[0]), PAGES, 200);
    wheel_close(&w);
}

static void
report_memory(const char *what, struct bench_memory now, const char *peer, struct bench_memory before)
{
    char name[120];

    (void)snprintf(name, sizeof(name), "memory (Pss), %s", what);
    bench_row(name, now.pss_mb, "MB", peer, before.pss_mb, before.pss_mb / now.pss_mb);
    (void)snprintf(name, sizeof(name), "memory (Rss), %s", what);
    bench_row(name, now.rss_mb, "MB", peer, before.rss_mb, before.rss_mb / now.rss_mb);
}

/* A connection that has had its answer and asks nothing more. */
static void
bench_memory(struct bench_city *c)
{
    struct str request = bench_city_get(c, guide, STR(""));
    struct bench_memory fresh, used, crowded;
    struct wheel w;

    bench_city_start_all(c);
    fresh = bench_city_memory(c);
    tell_story(c);
    open_pages(c);
    used = bench_city_memory(c);
    report_memory("a story and 2,000 pages", used, "just started", fresh);
    wheel_open(&w, c->demo.node[0].port, IDLE);
    wheel_turn(&w, &request, 1, IDLE, 200);
    crowded = bench_city_memory(c);
    report_memory("1,000 idle connections", crowded, "without them", used);
    wheel_close(&w);
    bench_city_stop(c);
}

/* --- the guide page --------------------------------------------------------------------------------- */

struct fixed {
    pid_t pid;
    int fd;
    int port;
    struct str body;
};

static void
answer_fixed(struct http_call *call, void *ctx)
{
    const struct fixed *f = ctx;
    struct http_fields fields = {.count = 0};
    struct err err;

    CHECK(http_add(&fields, STR("Content-Type"), STR("text/html; charset=utf-8")));
    bench_need(http_answer(call, 200, &fields, f->body, &err), &err);
}

/* The node's server without the node behind it, in a process of its own. */
static void
start_fixed(struct fixed *f)
{
    const struct loop_config loop_config = {.clock = &clock_system, .tasks_max = 1000};
    struct server_config config = {
        .limits = http_limits_usual, .arena_bytes = BODY_MAX, .handler = answer_fixed, .ctx = f};
    struct loop *loop;
    struct server *server;
    struct err err;

    bench_need(net_listen("127.0.0.1", 0, &f->fd, &f->port, &err), &err);
    CHECK((f->pid = fork()) >= 0);
    if (f->pid > 0) {
        return;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    config.listen_fd = f->fd;
    bench_need(loop_new(&loop_config, &loop, &err), &err);
    bench_need(server_start(loop, &config, &server, &err), &err);
    loop_run(loop);
    _exit(0);
}

struct rate {
    double cpu_us[ROUNDS];
    double rate[ROUNDS];
};

static void
bench_guide(struct bench_city *c)
{
    struct str request = bench_city_get(c, guide, STR(""));
    struct fixed fixed = {.fd = -1};
    struct wheel w, v;
    struct rate ours, raw;

    (void)bench_city_start(c);
    wheel_open(&w, c->demo.node[0].port, CONNECTIONS);
    wheel_turn(&w, &request, 1, ROUND_PAGES / 4, 200); /* warm */
    fixed.body = (struct str){mem_new(w.body.len, 1), w.body.len};
    start_fixed(&fixed);
    wheel_open(&v, fixed.port, CONNECTIONS);
    wheel_turn(&v, &request, 1, ROUND_PAGES / 4, 200);
    for (int i = 0; i < ROUNDS; i++) {
        int64_t wall = bench_clock_ns(CLOCK_MONOTONIC), cpu = bench_city_cpu_ns(c);
        wheel_turn(&w, &request, 1, ROUND_PAGES, 200);
        ours.cpu_us[i] = (double)(bench_city_cpu_ns(c) - cpu) / 1e3 / ROUND_PAGES;
        ours.rate[i] = ROUND_PAGES * 1e9 / (double)(bench_clock_ns(CLOCK_MONOTONIC) - wall);
        wall = bench_clock_ns(CLOCK_MONOTONIC);
        cpu = bench_process_ns(fixed.pid);
        wheel_turn(&v, &request, 1, ROUND_PAGES, 200);
        raw.cpu_us[i] = (double)(bench_process_ns(fixed.pid) - cpu) / 1e3 / ROUND_PAGES;
        raw.rate[i] = ROUND_PAGES * 1e9 / (double)(bench_clock_ns(CLOCK_MONOTONIC) - wall);
    }
    double us = bench_median(ours.cpu_us, ROUNDS), raw_us = bench_median(raw.cpu_us, ROUNDS);
    double rate = bench_median(ours.rate, ROUNDS), raw_rate = bench_median(raw.rate, ROUNDS);
    const char *peer = "the same server, as many fixed bytes";
    bench_row("guide page over the wire", rate, "1/s", peer, raw_rate, rate / raw_rate);
    bench_row("guide page over the wire, processor time", us, "us", peer, raw_us, raw_us / us);
    wheel_close(&w);
    wheel_close(&v);
    CHECK(kill(fixed.pid, SIGKILL) == 0 && waitpid(fixed.pid, NULL, 0) == fixed.pid);
    (void)close(fixed.fd);
    mem_free((void *)(uintptr_t)fixed.body.ptr);
    bench_city_stop(c);
}

int
main(void)
{
    struct bench_city city;

    bench_city_make(&city, "build/bench/city");
    bench_start(&city);
    bench_memory(&city);
    bench_guide(&city);
    bench_end();
    bench_city_free(&city);
    return 0;
}
