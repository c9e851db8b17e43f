#include "main/demo_nodes.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "main/demo_upstream.h"
#include "main/demo_workshop.h"

enum { READY_MS = 60000, READY_FD = 3 };

void
demo_end_with(pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) { /* it died before the line above, and nobody will tell us */
        _exit(71);
    }
}

/* The child: its end of the pipe becomes descriptor 3, its words go to a file, then it is `zhengtong serve`. */
static _Noreturn void
be_node(const struct demo_node *n, const char *program, const char *logs, int ready_write, pid_t parent)
{
    char log_path[512];
    sigset_t none;

    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    demo_end_with(parent);
    if (n->lock_fd > 0) { /* the folder is in use as long as any process of the city lives */
        (void)fcntl(n->lock_fd, F_SETFD, 0);
    }
    if (logs != NULL) {
        (void)snprintf(log_path, sizeof(log_path), "%s/%.*s.log", logs, STR_ARG(n->name));
        int fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd >= 0) {
            (void)dup2(fd, STDERR_FILENO);
        }
    }
    if (ready_write != READY_FD) {
        (void)dup2(ready_write, READY_FD);
    } else {
        (void)fcntl(READY_FD, F_SETFD, 0);
    }
    (void)execl(program, "zhengtong", "serve", "--config", n->config, "--ready-fd", "3", (char *)NULL);
    _exit(71);
}

/* One byte when it serves; the end of the pipe when it has died instead. */
static enum rc
wait_ready(int fd, const struct demo_node *n, struct err *err)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char byte;

    if (poll(&p, 1, READY_MS) != 1 || read(fd, &byte, 1) != 1) {
        return err_set(err, RC_IO, "node %.*s did not start; see its log", STR_ARG(n->name));
    }
    return RC_OK;
}

static enum rc
start_one(const struct demo_node *n, const char *program, const char *logs, pid_t *pid, int *ready_fd,
          struct err *err)
{
    const pid_t parent = getpid();
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return err_set(err, RC_IO, "no pipe for a node");
    }
    (void)fflush(NULL);
    if ((*pid = fork()) < 0) {
        (void)close(ends[0]);
        (void)close(ends[1]);
        *pid = 0;
        return err_set(err, RC_IO, "cannot fork a node");
    }
    if (*pid == 0) {
        be_node(n, program, logs, ends[1], parent);
    }
    (void)close(ends[1]);
    *ready_fd = ends[0];
    return RC_OK;
}

static void
stop_one(pid_t *pid)
{
    if (*pid > 0) {
        (void)kill(*pid, SIGTERM);
    }
}

static void
wait_one(pid_t *pid)
{
    if (*pid > 0) {
        (void)waitpid(*pid, NULL, 0);
        *pid = 0;
    }
}

enum rc
demo_node_start(const struct demo_node *n, const char *program, const char *logs, pid_t *pid,
                struct err *err)
{
    pid_t child;
    int ready;
    enum rc rc = start_one(n, program, logs, &child, &ready, err);

    if (rc != RC_OK) {
        return rc;
    }
    rc = wait_ready(ready, n, err);
    (void)close(ready);
    if (rc != RC_OK) {
        stop_one(&child);
        wait_one(&child);
        return rc;
    }
    *pid = child;
    return RC_OK;
}

/* Of a node that does not serve: it is ended, and says with what. */
static bool
found_its_port_taken(pid_t *pid)
{
    int status = 0;

    stop_one(pid);
    bool has_ended = *pid > 0 && waitpid(*pid, &status, 0) == *pid;
    *pid = 0;
    return has_ended && WIFEXITED(status) && WEXITSTATUS(status) == rc_exit(RC_CONFLICT);
}

enum rc
demo_nodes_start(const struct demo *d, const char *program, const char *logs,
                 struct demo_processes *out, struct err *err)
{
    struct demo_processes p;
    int ready[DEMO_NODES];
    int port = d->upstream_port;
    enum rc rc;

    memset(&p, 0, sizeof(p));
    for (int i = 0; i < DEMO_NODES; i++) {
        ready[i] = -1;
    }
    rc = demo_upstream_start(demo_seed, &port, &p.upstream, err);
    for (int i = 0; i < DEMO_NODES && rc == RC_OK; i++) {
        rc = start_one(&d->node[i], program, logs, &p.node[i], &ready[i], err);
    }
    for (int i = 0; i < DEMO_NODES; i++) {
        if (rc == RC_OK && (rc = wait_ready(ready[i], &d->node[i], err)) != RC_OK && found_its_port_taken(&p.node[i])) {
            rc = RC_CONFLICT;
        }
        if (ready[i] >= 0) {
            (void)close(ready[i]);
        }
    }
    if (rc == RC_OK) {
        rc = demo_workshop_start(d, &p.workshop, err);
    }
    if (rc != RC_OK) {
        demo_nodes_stop(&p);
        return rc;
    }
    *out = p;
    return RC_OK;
}

void
demo_nodes_stop(struct demo_processes *p)
{
    stop_one(&p->workshop);
    for (int i = 0; i < DEMO_NODES; i++) {
        stop_one(&p->node[i]);
    }
    stop_one(&p->upstream);
    for (int i = 0; i < DEMO_NODES; i++) {
        wait_one(&p->node[i]);
    }
    wait_one(&p->upstream);
    wait_one(&p->workshop);
}
