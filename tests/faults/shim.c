/*
 * shim - a disk that fails when it is told to.  Preloaded into a program under test; not part of the product.
 *
 *     LD_PRELOAD=build/faults/shim.so ZT_FAULT=kill:12 PROGRAM …
 *
 * It counts the calls that change regular files (write, pwrite, writev, ftruncate, fallocate, fsync, fdatasync, rename,
 * unlink), over all threads, from 1.  ZT_FAULT says what happens at call N:
 *
 *     kill:N        the process ends there by SIGKILL; the call is not made
 *     torn:N        the same, after the first half of the bytes has been written
 *     io:N[:COUNT]  EIO, for COUNT (1) calls
 *     full:N[:COUNT]  ENOSPC from those calls that would take room, for COUNT (all further) calls; fsync works
 *     count         nothing; see ZT_FAULT_COUNT
 *
 * More, all optional:
 *
 *     ZT_FAULT_PATH    only files whose path has this text in it count
 *     ZT_FAULT_SWITCH  only while this file exists, so that a test can turn faults on and off
 *     ZT_FAULT_COUNT   append "N\n" to this file when the process ends by itself: how many there were
 *
 * A program with gcc's AddressSanitizer needs ASAN_OPTIONS=verify_asan_link_order=0.  Memory-mapped files are not
 * seen, nor SQLite's -shm, nor what the C library's own streams write.  A child process counts from 1 again.
 *
 * The signer may make no call but those that it needs, so nothing is asked about what socketpair gave it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FDS = 4096 };
enum fault { FAULT_NONE, FAULT_KILL, FAULT_TORN, FAULT_IO, FAULT_FULL };
enum kind { TAKES_ROOM, MAKES_DURABLE, OTHER };

static struct {
    atomic_bool ready;
    enum fault fault;
    long first, count;
    const char *path, *only_while, *counted;
    atomic_long calls;
    atomic_bool is_pair[FDS]; /* by descriptor */
} shim;

static void
read_plan(void)
{
    static const char *const names[] = {"none", "kill", "torn", "io", "full"};
    const char *plan = getenv("ZT_FAULT");
    const char *colon = plan != NULL ? strchr(plan, ':') : NULL;
    char *rest = NULL;

    shim.path = getenv("ZT_FAULT_PATH");
    shim.only_while = getenv("ZT_FAULT_SWITCH");
    shim.counted = getenv("ZT_FAULT_COUNT");
    for (int i = FAULT_KILL; colon != NULL && i <= FAULT_FULL; i++) {
        if (strncmp(plan, names[i], (size_t)(colon - plan)) == 0) {
            shim.fault = (enum fault)i;
            shim.first = strtol(colon + 1, &rest, 10);
            shim.count = shim.fault == FAULT_FULL ? -1 : 1;
            if (*rest == ':') {
                shim.count = strtol(rest + 1, NULL, 10);
            }
        }
    }
    atomic_store(&shim.ready, true);
}

__attribute__((constructor)) static void
begin(void)
{
    read_plan();
}

__attribute__((destructor)) static void
finish(void)
{
    char text[32];
    int n = snprintf(text, sizeof(text), "%ld\n", atomic_load(&shim.calls));
    int fd;

    if (shim.counted == NULL) {
        return;
    }
    atomic_store(&shim.ready, false);
    fd = open(shim.counted, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd >= 0) {
        (void)!write(fd, text, (size_t)n);
        (void)close(fd);
    }
}

static bool
fits_path(const char *path)
{
    return shim.path == NULL || strstr(path, shim.path) != NULL;
}

/* SQLite cuts its -shm off at the start and lets it grow again into the room that this has given back. */
static bool
is_shared_memory(const char *path)
{
    size_t len = strlen(path);

    return len > 4 && strcmp(path + len - 4, "-shm") == 0;
}

static void
mark_pair(int fd, bool is_pair)
{
    if (fd >= 0 && fd < FDS) {
        atomic_store(&shim.is_pair[fd], is_pair);
    }
}

int socketpair(int domain, int type, int protocol, int fds[2]);
int
socketpair(int domain, int type, int protocol, int fds[2])
{
    int made = (int)syscall(SYS_socketpair, domain, type, protocol, fds);

    if (made == 0) {
        mark_pair(fds[0], true);
        mark_pair(fds[1], true);
    }
    return made;
}

int close(int fd);
int
close(int fd)
{
    mark_pair(fd, false);
    return (int)syscall(SYS_close, fd);
}

static bool
fd_counts(int fd)
{
    struct stat st;
    char link[64], path[1024];
    ssize_t n;

    if (fd >= 0 && fd < FDS && atomic_load(&shim.is_pair[fd])) {
        return false;
    }
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        return false;
    }
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof(path) - 1);
    path[n > 0 ? n : 0] = '\0';
    return fits_path(path) && !is_shared_memory(path);
}

static void
die(void)
{
    (void)kill(getpid(), SIGKILL);
    for (;;) {
        (void)pause();
    }
}

/* What this call shall meet; it has been counted. */
static enum fault
meet(enum kind kind)
{
    long n = atomic_fetch_add(&shim.calls, 1) + 1;

    if (shim.fault == FAULT_NONE || n < shim.first ||
        (shim.count >= 0 && n >= shim.first + shim.count)) {
        return FAULT_NONE;
    }
    if (shim.fault == FAULT_FULL && kind != TAKES_ROOM) {
        return FAULT_NONE;
    }
    if (shim.fault == FAULT_KILL || (shim.fault == FAULT_TORN && kind != TAKES_ROOM)) {
        die();
    }
    return shim.fault;
}

static enum fault
meet_if(bool counts, enum kind kind)
{
    int before = errno;
    enum fault fault = FAULT_NONE;

    if (atomic_load(&shim.ready) && counts &&
        (shim.only_while == NULL || access(shim.only_while, F_OK) == 0)) {
        fault = meet(kind);
    }
    errno = before;
    return fault;
}

/* -1 with errno for a call that shall fail, 0 for one that shall be made. */
static int
failing(enum fault fault)
{
    if (fault == FAULT_NONE) {
        return 0;
    }
    errno = fault == FAULT_FULL ? ENOSPC : EIO;
    return -1;
}

ssize_t write(int fd, const void *bytes, size_t count);
ssize_t
write(int fd, const void *bytes, size_t count)
{
    enum fault fault = meet_if(fd_counts(fd), TAKES_ROOM);

    if (fault == FAULT_TORN) {
        (void)!syscall(SYS_write, fd, bytes, count / 2);
        die();
    }
    return failing(fault) != 0 ? -1 : syscall(SYS_write, fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at);
ssize_t
pwrite(int fd, const void *bytes, size_t count, off_t at)
{
    enum fault fault = meet_if(fd_counts(fd), TAKES_ROOM);

    if (fault == FAULT_TORN) {
        (void)!syscall(SYS_pwrite64, fd, bytes, count / 2, at);
        die();
    }
    return failing(fault) != 0 ? -1 : syscall(SYS_pwrite64, fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at);
ssize_t
pwrite64(int fd, const void *bytes, size_t count, off64_t at)
{
    return pwrite(fd, bytes, count, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count);
ssize_t
writev(int fd, const struct iovec *parts, int count)
{
    enum fault fault = meet_if(fd_counts(fd), TAKES_ROOM);

    if (fault == FAULT_TORN) {
        (void)!syscall(SYS_writev, fd, parts, count / 2);
        die();
    }
    return failing(fault) != 0 ? -1 : syscall(SYS_writev, fd, parts, count);
}

int ftruncate(int fd, off_t size);
int
ftruncate(int fd, off_t size)
{
    return failing(meet_if(fd_counts(fd), OTHER)) != 0 ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

int ftruncate64(int fd, off64_t size);
int
ftruncate64(int fd, off64_t size)
{
    return ftruncate(fd, size);
}

int posix_fallocate(int fd, off_t at, off_t size);
int
posix_fallocate(int fd, off_t at, off_t size)
{
    enum fault fault = meet_if(fd_counts(fd), TAKES_ROOM);

    if (fault == FAULT_TORN) {
        die();
    }
    if (failing(fault) != 0 || syscall(SYS_fallocate, fd, 0, at, size) != 0) {
        return errno;
    }
    return 0;
}

int fsync(int fd);
int
fsync(int fd)
{
    return failing(meet_if(fd_counts(fd), MAKES_DURABLE)) != 0 ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd);
int
fdatasync(int fd)
{
    return failing(meet_if(fd_counts(fd), MAKES_DURABLE)) != 0 ? -1
                                                               : (int)syscall(SYS_fdatasync, fd);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to);
int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    if (failing(meet_if(fits_path(to), OTHER)) != 0) {
        return -1;
    }
    return (int)syscall(SYS_renameat, from_dir, from, to_dir, to);
}

int rename(const char *from, const char *to);
int
rename(const char *from, const char *to)
{
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int unlink(const char *path);
int
unlink(const char *path)
{
    if (failing(meet_if(fits_path(path), OTHER)) != 0) {
        return -1;
    }
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}
