/*
 * Attacks from inside: a process shuts itself in exactly as the signer does and then tries
 * what somebody would try who had taken it over.  The kernel must end it there and then.
 */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/signer_int.h"

enum { GOT_AWAY = 42 };

/* Straight to the kernel: a wrapper or a sanitizer could make other calls on the way. */
static void
open_file(void)
{
    (void)syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
}

static void
make_file(void)
{
    (void)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_WRONLY | O_CREAT, 0600);
}

static void
open_socket(void)
{
    (void)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
}

static void
pass_descriptor(void)
{
    struct msghdr message = {.msg_iov = NULL};

    (void)syscall(SYS_sendmsg, 0, &message, 0);
}

static void
start_program(void)
{
    static char *const arguments[] = {NULL};

    (void)syscall(SYS_execve, "/bin/true", arguments, arguments);
}

static void
fork_again(void)
{
    (void)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void
trace_parent(void)
{
    (void)syscall(SYS_ptrace, PTRACE_ATTACH, getppid(), 0, 0);
}

static void
read_parent(void)
{
    (void)syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0);
}

static void
signal_somebody(void)
{
    (void)syscall(SYS_kill, 1, 0);
}

static void
become_dumpable(void)
{
    (void)syscall(SYS_prctl, 4 /* PR_SET_DUMPABLE */, 1, 0, 0, 0);
}

static void
raise_limit(void)
{
    (void)syscall(SYS_prlimit64, 0, RLIMIT_CORE, NULL, NULL);
}

static void
map_code(void)
{
    (void)syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void
map_file(void)
{
    (void)syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, 2, 0);
}

static void
make_code(void)
{
    static char page[8192];
    char *start = (char *)(((uintptr_t)page + 4095) & ~(uintptr_t)4095);

    (void)syscall(SYS_mprotect, start, 4096, PROT_READ | PROT_EXEC);
}

static void
duplicate_descriptor(void)
{
    (void)syscall(SYS_dup, 2);
}

static void
wait_in_a_poll(void)
{
    struct pollfd none = {.fd = -1};

    (void)syscall(SYS_poll, &none, 1, 0);
}

static void
close_descriptor(void)
{
    (void)syscall(SYS_close, 99);
}

static void
write_nothing(void)
{
    (void)syscall(SYS_write, 2, "", 0);
}

static void
draw_random(void)
{
    char byte;

    (void)syscall(SYS_getrandom, &byte, 1, 0);
}

static void
ask_for_heap(void)
{
    (void)syscall(SYS_brk, NULL);
}

static void
map_data(void)
{
    (void)syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* The sanitizers of a development build move memory whenever they like; `check` runs this test on the release build too. */
#ifdef ZT_DEV
static const bool sanitizers_may_map = true;
#else
static const bool sanitizers_may_map = false;
#endif

/* How a process ends that shuts itself in and then does it. */
static int
fate_of(void (*attempt)(void), bool with_openssl)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        struct rlimit none = {0, 0}; /* no core file of a test */
        if (setrlimit(RLIMIT_CORE, &none) != 0 || !signer_cell_shut_in(with_openssl)) {
            _exit(1);
        }
        attempt();
        (void)syscall(SYS_exit_group, GOT_AWAY);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void
whatever_leads_out_is_death(void **state)
{
    static const struct {
        const char *what;
        void (*attempt)(void);
    } cases[] = {
        {"open a file", open_file},
        {"make a file", make_file},
        {"open a socket", open_socket},
        {"pass a descriptor on", pass_descriptor},
        {"start a program", start_program},
        {"fork", fork_again},
        {"trace its parent", trace_parent},
        {"read its parent's memory", read_parent},
        {"send a signal", signal_somebody},
        {"become dumpable again", become_dumpable},
        {"raise a limit", raise_limit},
        {"map code", map_code},
        {"map a file", map_file},
        {"turn data into code", make_code},
        {"duplicate a descriptor", duplicate_descriptor},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int with_openssl = 0; with_openssl <= 1; with_openssl++) {
            int status = fate_of(cases[i].attempt, with_openssl != 0);
            if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS) {
                fail_msg("%s: status %d", cases[i].what, status);
            }
        }
    }
}

static void
what_answering_needs_is_allowed(void **state)
{
    static const struct {
        const char *what;
        void (*attempt)(void);
        bool with_openssl_only;
    } cases[] = {
        {"poll", wait_in_a_poll, false},
        {"close", close_descriptor, false},
        {"write", write_nothing, false},
        {"draw a random number", draw_random, true},
        {"ask for heap", ask_for_heap, true},
        {"map data", map_data, !sanitizers_may_map},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int with_openssl = 0; with_openssl <= 1; with_openssl++) {
            bool allowed = with_openssl != 0 || !cases[i].with_openssl_only;
            int status = fate_of(cases[i].attempt, with_openssl != 0);
            bool lived = WIFEXITED(status) && WEXITSTATUS(status) == GOT_AWAY;
            bool died = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
            if (allowed ? !lived : !died) {
                fail_msg("%s: status %d", cases[i].what, status);
            }
        }
    }
}

static void
a_signer_whose_parent_is_gone_does_not_begin(void **state)
{
    int status = -1;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        _exit(signer_cell_leave(NULL, 0, getppid() + 1) ? 1 : 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_leads_out_is_death),
        cmocka_unit_test(what_answering_needs_is_allowed),
        cmocka_unit_test(a_signer_whose_parent_is_gone_does_not_begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
