/*
 * The walls around the signer.
 *
 * First it leaves everything behind that it inherited: descriptors, signal handlers, the right
 * to leave a core dump or to be looked into by a debugger of the same user, and life beyond its
 * parent. Then a seccomp filter kills the process at any system call that is not needed to
 * answer on open sockets.  It cannot open, connect, fork, execute or map code, so whoever takes
 * it over holds keys that he can use (he could as well ask) and cannot carry away, except
 * through the sockets.
 *
 * Ed25519 by libsodium needs no memory and no system call at all.  SM2 by OpenSSL asks the heap
 * and draws a random number for each signature: those calls are allowed only where there is
 * such a key. AddressSanitizer gives its signal stack back when the process exits, and now and
 * then gives freed memory back in the middle of a free(): those calls are allowed in a build for
 * development (ZT_DEV) and in no other.
 *
 * The filter is left allocated: giving it back could itself be a forbidden call.
 */
#include <errno.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crypto/signer_int.h"

/* Handlers of the parent would run its code here, with calls that are forbidden. */
static void
forget_signals(void)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
    const struct sigaction usual = {.sa_handler = SIG_DFL}, none_of_it = {.sa_handler = SIG_IGN};
    sigset_t none;

    for (int s = 1; s < NSIG; s++) {
        /* Fails for SIGKILL and SIGSTOP, which have no handlers. */
        (void)sigaction(s, &usual, NULL);
    }
    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
        (void)sigaction(ignored[i], &none_of_it, NULL);
    }
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool
is_kept(int fd, const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fds[i] == fd) {
            return true;
        }
    }
    return fd == STDERR_FILENO;
}

/* Close the gaps between those that stay. */
static bool
leave_descriptors(const int *fds, size_t count)
{
    int highest = STDERR_FILENO;

    for (size_t i = 0; i < count; i++) {
        highest = fds[i] > highest ? fds[i] : highest;
    }
    for (int fd = 0; fd <= highest; fd++) {
        if (!is_kept(fd, fds, count)) {
            (void)close(fd);
        }
    }
    return close_range((unsigned int)highest + 1, ~0U, 0) == 0;
}

bool
signer_cell_leave(const int *fds, size_t count, pid_t parent)
{
    static const struct rlimit none = {0, 0};

    forget_signals();
    (void)prctl(PR_SET_NAME, "signer");
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
        return false;
    }
    if (getppid() != parent) { /* it died before it could be bound to us */
        errno = ESRCH;
        return false;
    }
    return leave_descriptors(fds, count) && setrlimit(RLIMIT_CORE, &none) == 0
           && prctl(PR_SET_DUMPABLE, 0) == 0;
}

static bool
allow(scmp_filter_ctx filter, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
        if (failed != 0) {
            errno = -failed;
            return false;
        }
    }
    return true;
}

static bool
allow_work(scmp_filter_ctx filter)
{
    /* restart_syscall: a poll that was stopped and continued (Ctrl-Z, fg). */
    static const int calls[] = {
        SCMP_SYS(read),       SCMP_SYS(write),        SCMP_SYS(poll),
        SCMP_SYS(ppoll),      SCMP_SYS(close),        SCMP_SYS(exit),
        SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall),
        SCMP_SYS(clock_gettime),
    };

    return allow(filter, calls, sizeof(calls) / sizeof(calls[0]));
}

/*
 * Memory for data only: no file behind it, no code in it.  getpid is how OpenSSL's generator
 * notices a fork.
 */
static bool
allow_openssl(scmp_filter_ctx filter)
{
    static const int calls[] = {SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(getrandom),
                                SCMP_SYS(getpid)};
    const scmp_datum_t data = PROT_READ | PROT_WRITE;
    int failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
                                  SCMP_A2(SCMP_CMP_EQ, data, 0),
                                  SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));

    if (failed != 0) {
        errno = -failed;
        return false;
    }
    return allow(filter, calls, sizeof(calls) / sizeof(calls[0]));
}

#ifdef ZT_DEV
static bool
allow_sanitizers(scmp_filter_ctx filter)
{
    static const int calls[] = {SCMP_SYS(sigaltstack), SCMP_SYS(madvise), SCMP_SYS(munmap),
                                SCMP_SYS(futex), SCMP_SYS(sched_yield)};
    const scmp_datum_t data = PROT_READ | PROT_WRITE;
    int failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
                                  SCMP_A2(SCMP_CMP_EQ, data, 0),
                                  SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));

    if (failed != 0 && failed != -EEXIST) {
        errno = -failed;
        return false;
    }
    return allow(filter, calls, sizeof(calls) / sizeof(calls[0]));
}
#else
static bool
allow_sanitizers(scmp_filter_ctx filter)
{
    (void)filter;
    return true;
}
#endif

bool
signer_cell_shut_in(bool with_openssl)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);

    if (filter == NULL) {
        errno = ENOSYS;
        return false;
    }
    if (!allow_work(filter) || (with_openssl && !allow_openssl(filter))
        || !allow_sanitizers(filter)) {
        return false;
    }
    /* Also sets NO_NEW_PRIVS, without which an unprivileged process may not do this. */
    int failed = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (failed == 0) {
        failed = seccomp_load(filter);
    }
    errno = -failed;
    return failed == 0;
}
