#include "main/supervise.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/random.h"
#include "crypto/signer.h"
#include "main/node.h"
#include "net/server.h"

enum { KEYS_FILE_MAX = 65536, RESTART_REST_MS = 500, QUICK_END_S = 2 };

struct parent {
    const struct settings *settings;
    struct log *log;
    int listen_fd;
    int exchange_fd;
    int ready_fd;
    int signer_fd[NODE_LOOPS_MAX + 1];
    size_t signer_fd_count;
    pid_t signer;
    pid_t worker;
    int stop_write_fd; /* a byte: look at the directory; closing it: stop */
    time_t worker_since;
};

/* The keys are in this process only while the signer is being forked. */
static enum rc
start_signer(struct parent *p, struct err *err)
{
    struct arena *a = arena_new(KEYS_FILE_MAX * 2);
    struct str keys;
    enum rc rc = file_read(a, p->settings->keys_file, KEYS_FILE_MAX, &keys, err);

    p->signer_fd_count = (size_t)p->settings->loops + 1;
    if (rc == RC_OK) {
        rc = signer_start(keys, p->signer_fd_count, p->signer_fd, &p->signer, err);
        secret_wipe((void *)(uintptr_t)keys.ptr, keys.len);
    }
    arena_free(a);
    return rc;
}

static _Noreturn void
be_worker(const struct parent *p, int stop_fd)
{
    struct node_start start = {.settings = p->settings,
                               .listen_fd = p->listen_fd,
                               .exchange_fd = p->exchange_fd,
                               .ready_fd = p->ready_fd,
                               .stop_fd = stop_fd,
                               .log = p->log};
    sigset_t none;
    struct err err;
    enum rc rc;

    memcpy(start.signer_fd, p->signer_fd, sizeof(start.signer_fd));
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN); /* Ctrl-C reaches the whole group; the parent says when */
    (void)signal(SIGHUP, SIG_IGN);
    rc = node_run(&start, &err);
    if (rc != RC_OK) {
        log_failure(p->log, "worker", rc, &err);
    }
    _exit(rc_exit(rc));
}

static enum rc
start_worker(struct parent *p, struct err *err)
{
    int ends[2];
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return err_set(err, RC_IO, "no pipe for the worker");
    }
    (void)fflush(NULL);
    if ((pid = fork()) < 0) {
        (void)close(ends[0]);
        (void)close(ends[1]);
        return err_set(err, RC_IO, "cannot fork the worker");
    }
    if (pid == 0) {
        (void)close(ends[1]);
        be_worker(p, ends[0]);
    }
    (void)close(ends[0]);
    p->stop_write_fd = ends[1];
    p->worker = pid;
    p->worker_since = time(NULL);
    return RC_OK;
}

static enum rc
start_both(struct parent *p, struct err *err)
{
    enum rc rc = start_signer(p, err);

    return rc != RC_OK ? rc : start_worker(p, err);
}

static void
close_signer_sockets(struct parent *p)
{
    for (size_t i = 0; i < p->signer_fd_count; i++) {
        (void)close(p->signer_fd[i]);
    }
    p->signer_fd_count = 0;
}

static void
wait_for(pid_t *pid)
{
    if (*pid > 0) {
        (void)waitpid(*pid, NULL, 0);
    }
    *pid = 0;
}

static void
stop_worker(struct parent *p)
{
    if (p->stop_write_fd >= 0) {
        (void)close(p->stop_write_fd);
        p->stop_write_fd = -1;
    }
    wait_for(&p->worker);
}

/* Without its parent's ends of the sockets and without the worker the signer ends by itself. */
static void
stop_all(struct parent *p)
{
    stop_worker(p);
    close_signer_sockets(p);
    wait_for(&p->signer);
}

/* One of the two is gone: bring back what is missing.  The sockets of a dead signer are of no use. */
static enum rc
bring_back(struct parent *p, struct err *err)
{
    struct timespec rest = {.tv_nsec = RESTART_REST_MS * 1000000L};
    bool was_quick = time(NULL) - p->worker_since < QUICK_END_S;

    if (was_quick) {
        (void)nanosleep(&rest, NULL);
    }
    if (p->signer == 0) {
        if (p->worker > 0) {
            (void)kill(p->worker, SIGKILL); /* it could not sign anything any more */
        }
        stop_worker(p);
        close_signer_sockets(p);
        return start_both(p, err);
    }
    if (p->stop_write_fd >= 0) {
        (void)close(p->stop_write_fd);
    }
    /* Answers under way to the dead worker may wait in the sockets, so the signer is made anew too. */
    close_signer_sockets(p);
    wait_for(&p->signer);
    return start_both(p, err);
}

static void
reap(struct parent *p)
{
    pid_t pid;
    int status;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        char text[32];
        (void)snprintf(text, sizeof(text), "%d", status);
        if (pid == p->worker) {
            p->worker = 0;
            log_event(p->log, LOG_WARN, "worker_ended", "status", text, NULL);
        } else if (pid == p->signer) {
            p->signer = 0;
            log_event(p->log, LOG_WARN, "signer_ended", "status", text, NULL);
        }
    }
}

/* SIGHUP: the directory may be a newer one.  A worker that is gone reads it when it begins. */
static void
pass_on_hangup(struct parent *p)
{
    if (p->stop_write_fd >= 0 && write(p->stop_write_fd, "d", 1) != 1) {
        log_event(p->log, LOG_WARN, "hangup_not_passed_on", NULL);
    }
}

static enum rc
watch(struct parent *p, const sigset_t *signals, struct err *err)
{
    enum rc rc;

    for (;;) {
        int got = sigwaitinfo(signals, NULL);
        if (got == SIGTERM || got == SIGINT) {
            return RC_OK;
        }
        if (got == SIGHUP) {
            pass_on_hangup(p);
        }
        if (got != SIGCHLD) {
            continue;
        }
        reap(p);
        if ((p->worker == 0 || p->signer == 0) && (rc = bring_back(p, err)) != RC_OK) {
            return rc;
        }
    }
}

static enum rc
bind_ports(struct parent *p, struct err *err)
{
    const struct settings *s = p->settings;
    int port;
    enum rc rc = net_listen(s->address, s->port, &p->listen_fd, &port, err);

    if (rc == RC_OK && s->exchange_port != 0) {
        rc = net_listen(s->exchange_address, s->exchange_port, &p->exchange_fd, &port, err);
    }
    return rc;
}

enum rc
supervise(const struct settings *settings, int ready_fd, struct err *err)
{
    struct parent p = {.settings = settings,
                       .listen_fd = -1,
                       .exchange_fd = -1,
                       .ready_fd = ready_fd,
                       .stop_write_fd = -1};
    char name[64];
    sigset_t signals;
    enum rc rc;

    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGCHLD);
    (void)sigaddset(&signals, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN); /* the worker's pipe, when it has just died */
    (void)snprintf(name, sizeof(name), "%.*s", STR_ARG(settings->name));
    p.log = log_new(STDERR_FILENO, settings->log_level, name, &clock_system);
    if ((rc = bind_ports(&p, err)) == RC_OK && (rc = start_both(&p, err)) == RC_OK) {
        rc = watch(&p, &signals, err);
    }
    stop_all(&p);
    if (p.listen_fd >= 0) {
        (void)close(p.listen_fd);
    }
    if (p.exchange_fd >= 0) {
        (void)close(p.exchange_fd);
    }
    log_free(p.log);
    return rc;
}
