/*
 * wheel - load for benches: kept connections to 127.0.0.1 that ask one after the other, round and round, so that all but
 * one of them always wait for the server.  For benches only: what is not as it should be ends the process.
 */
#ifndef NET_WHEEL_H
#define NET_WHEEL_H

#include "net/http.h"

enum { WHEEL_CONNECTIONS_MAX = 2048, WHEEL_FROM_ONE_ADDRESS = 200 };

struct wheel {
    int port;
    size_t count;
    int fd[WHEEL_CONNECTIONS_MAX];
    char *buffer;
    struct http_head head; /* of the last answer, in the buffer */
    struct str body;
    size_t answer_bytes; /* head and body */
};

/* Blocking; the first 200 come from 127.0.0.1, the next from 127.0.0.2: a server counts each address by itself. */
int wheel_dial(int port, size_t number);
void wheel_open(struct wheel *w, int port, size_t connections);
/* The requests, each as it stands, in turn and again until count are answered, each with status want. */
void wheel_turn(struct wheel *w, const struct str *requests, size_t request_count, int count, int want);
void wheel_close(struct wheel *w);

#endif
