#include "net/wheel.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

enum { BUFFER_BYTES = 1 << 20, PATIENCE_S = 30 };

int
wheel_dial(int port, size_t number)
{
    const uint32_t own = INADDR_LOOPBACK + (uint32_t)(number / WHEEL_FROM_ONE_ADDRESS);
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(own)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    CHECK(fd >= 0);
    CHECK(setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) == 0);
    CHECK(bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0);
    CHECK(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
    CHECK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0);
    return fd;
}

void
wheel_open(struct wheel *w, int port, size_t connections)
{
    CHECK(connections <= WHEEL_CONNECTIONS_MAX);
    *w = (struct wheel){.port = port, .count = connections, .buffer = mem_new(BUFFER_BYTES, 1)};
    for (size_t i = 0; i < connections; i++) {
        w->fd[i] = wheel_dial(port, i);
    }
}

void
wheel_close(struct wheel *w)
{
    for (size_t i = 0; i < w->count; i++) {
        (void)close(w->fd[i]);
    }
    mem_free(w->buffer);
    w->count = 0;
}

static void
say(int fd, struct str request)
{
    CHECK(send(fd, request.ptr, request.len, MSG_NOSIGNAL) == (ssize_t)request.len);
}

static size_t
hear_more(struct wheel *w, size_t which, size_t len)
{
    ssize_t n = recv(w->fd[which], w->buffer + len, BUFFER_BYTES - len, 0);

    CHECK(n > 0); /* the server has ended, or says nothing */
    return len + (size_t)n;
}

static void
hear(struct wheel *w, size_t which, int want)
{
    size_t len = 0, used = 0;
    struct err err;
    enum rc rc;

    do {
        len = hear_more(w, which, len);
        rc = http_parse_response((struct str){w->buffer, len}, STR("GET"), &http_limits_usual, &w->head,
                                 &used, &err);
    } while (rc == RC_TIMEOUT);
    CHECK(rc == RC_OK && w->head.body == HTTP_BODY_LENGTH);
    w->answer_bytes = used + (size_t)w->head.length;
    while (len < w->answer_bytes) {
        len = hear_more(w, which, len);
    }
    w->body = (struct str){w->buffer + used, (size_t)w->head.length};
    if (w->head.status != want) {
        (void)fprintf(stderr, "%d instead of %d\n%.*s\n", w->head.status, want, (int)len, w->buffer);
        check_failed(__FILE__, __LINE__, "another status");
    }
    if (!w->head.keep_alive) {
        (void)close(w->fd[which]);
        w->fd[which] = wheel_dial(w->port, which);
    }
}

void
wheel_turn(struct wheel *w, const struct str *requests, size_t request_count, int count, int want)
{
    size_t ahead = (size_t)count < w->count ? (size_t)count : w->count;

    for (size_t i = 0; i < ahead; i++) {
        say(w->fd[i], requests[i % request_count]);
    }
    for (size_t i = 0; i < (size_t)count; i++) {
        hear(w, i % w->count, want);
        if (i + ahead < (size_t)count) {
            say(w->fd[i % w->count], requests[(i + ahead) % request_count]);
        }
    }
}
