/*
 * test_support - for the tests of net: a server on a loop in a thread of its own, and a plain
 * blocking client that says exactly the bytes it is told.
 */
#ifndef NET_TEST_SUPPORT_H
#define NET_TEST_SUPPORT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "net/server.h"

#define TEST_ONLY __attribute__((unused)) static

struct host {
    struct loop *loop;
    struct server *server;
    pthread_t thread;
    int listen_fd;
    int port;
};

TEST_ONLY void *
host_run(void *ctx)
{
    loop_run(ctx);
    return NULL;
}

/* config: handler, ctx, limits and tls as wanted; the rest is filled in. */
TEST_ONLY void
host_start(struct host *h, struct server_config config)
{
    const struct loop_config loop_config = {
        .clock = &clock_system, .tasks_max = 2048, .work_threads = 2};
    struct err err;

    assert_int_equal(loop_new(&loop_config, &h->loop, &err), RC_OK);
    assert_int_equal(net_listen("127.0.0.1", 0, &h->listen_fd, &h->port, &err), RC_OK);
    config.listen_fd = h->listen_fd;
    config.arena_bytes = config.arena_bytes == 0 ? 1 << 20 : config.arena_bytes;
    assert_int_equal(server_start(h->loop, &config, &h->server, &err), RC_OK);
    assert_int_equal(pthread_create(&h->thread, NULL, host_run, h->loop), 0);
}

TEST_ONLY void
host_stop(struct host *h)
{
    loop_stop(h->loop);
    assert_int_equal(pthread_join(h->thread, NULL), 0);
    assert_int_equal(server_connections(h->server), 0);
    loop_free(h->loop);
    server_free(h->server);
    assert_int_equal(close(h->listen_fd), 0);
}

/* A blocking socket.  Nothing takes a minute here, so a test that hangs fails instead. */
TEST_ONLY int
dial(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = 60};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)), 0);
    return fd;
}

TEST_ONLY void
say(int fd, struct str text)
{
    while (text.len > 0) {
        ssize_t n = send(fd, text.ptr, text.len, MSG_NOSIGNAL);
        assert_true(n > 0);
        text = str_from(text, (size_t)n);
    }
}

/* Until the peer closes.  A reset after bytes counts as an end: the kernel had them all. */
TEST_ONLY size_t
hear_all(int fd, char *out, size_t size)
{
    size_t len = 0;
    ssize_t n;

    while ((n = recv(fd, out + len, size - 1 - len, 0)) > 0) {
        len += (size_t)n;
    }
    assert_true(n == 0 || errno == ECONNRESET);
    out[len] = '\0';
    return len;
}

/* Until text is heard. */
TEST_ONLY size_t
hear_until(int fd, char *out, size_t size, const char *text)
{
    size_t len = 0;

    out[0] = '\0';
    while (strstr(out, text) == NULL) {
        ssize_t n = recv(fd, out + len, size - 1 - len, 0);
        if (n <= 0) {
            print_error("heard only: %s\n", out);
            fail();
        }
        len += (size_t)n;
        out[len] = '\0';
    }
    return len;
}

/* One connection, one text, and all that comes back. */
TEST_ONLY size_t
ask(int port, struct str text, char *out, size_t size)
{
    int fd = dial(port);

    say(fd, text);
    size_t len = hear_all(fd, out, size);
    (void)close(fd);
    return len;
}

TEST_ONLY void
assert_starts(const char *text, const char *start)
{
    if (strncmp(text, start, strlen(start)) != 0) {
        print_error("does not start with %s: %s\n", start, text);
        fail();
    }
}

TEST_ONLY void
assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        print_error("does not have %s: %s\n", part, text);
        fail();
    }
}

/* As many descriptors as the system allows. */
TEST_ONLY void
raise_descriptor_limit(void)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* Memory of this process in the machine's RAM. */
TEST_ONLY long
resident_kib(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    long total = 0;
    long resident = 0;

    assert_non_null(f);
    assert_int_equal(fscanf(f, "%ld %ld", &total, &resident), 2);
    (void)fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

#endif
