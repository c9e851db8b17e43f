#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum rc
file_failure(int error_number, const char *what, struct err *err)
{
    char text[128];
    const char *why = strerror_r(error_number, text, sizeof(text));

    switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return err_set(err, RC_FULL, "%s: %s", what, why);
    case ENOENT: return err_set(err, RC_NOT_FOUND, "%s: %s", what, why);
    default: return err_set(err, RC_IO, "%s: %s", what, why);
    }
}

/* --- reading --------------------------------------------------------------------------------- */

/* One byte more than there should be is asked for, so that a file which grows meanwhile is noticed. */
static enum rc
read_all(struct arena *a, int fd, const char *path, size_t expected, size_t limit_bytes,
         struct str *out, struct err *err)
{
    size_t room = expected + 1, len = 0;
    char *bytes = arena_alloc(a, room, 1);

    while (bytes != NULL) {
        ssize_t n = read(fd, bytes + len, room - len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return file_failure(errno, path, err);
        }
        if (n == 0) {
            *out = (struct str){bytes, len};
            return RC_OK;
        }
        len += (size_t)n;
        if (len > limit_bytes) {
            return err_set(err, RC_LIMIT, "%s: longer than %zu bytes", path, limit_bytes);
        }
        if (len == room) {
            char *larger = arena_alloc(a, room * 2, 1);
            if (larger != NULL) {
                memcpy(larger, bytes, len);
            }
            bytes = larger;
            room *= 2;
        }
    }
    return err_set(err, RC_LIMIT, "%s: no room for its content", path);
}

enum rc
file_read(struct arena *a, const char *path, size_t limit_bytes, struct str *out, struct err *err)
{
    /* Not blocking, because opening a pipe that nobody writes to would wait for ever. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat about;
    enum rc rc;

    if (fd < 0) {
        return file_failure(errno, path, err);
    }
    if (fstat(fd, &about) != 0) {
        rc = file_failure(errno, path, err);
    } else if (!S_ISREG(about.st_mode)) {
        rc = err_set(err, RC_IO, "%s: not a regular file", path);
    } else if (about.st_size < 0 || (uintmax_t)about.st_size > limit_bytes) {
        rc = err_set(err, RC_LIMIT, "%s: longer than %zu bytes", path, limit_bytes);
    } else {
        rc = read_all(a, fd, path, (size_t)about.st_size, limit_bytes, out, err);
    }
    (void)close(fd);
    return rc;
}

/* --- replacing ------------------------------------------------------------------------------- */

static bool
write_all(int fd, struct str content)
{
    while (content.len > 0) {
        ssize_t n = write(fd, content.ptr, content.len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return false;
        }
        content = str_from(content, (size_t)n);
    }
    return true;
}

/* Content and mode are on the disk before the name is. */
static enum rc
fill_and_rename(int fd, const char *temporary, const char *path, struct str content, unsigned mode,
                struct err *err)
{
    bool written = write_all(fd, content) && fchmod(fd, (mode_t)mode) == 0 && fsync(fd) == 0;
    int why = errno;

    if (close(fd) != 0 && written) {
        written = false;
        why = errno;
    }
    if (written && rename(temporary, path) != 0) {
        written = false;
        why = errno;
    }
    if (!written) {
        (void)unlink(temporary);
        return file_failure(why, path, err);
    }
    return RC_OK;
}

/* The part before the last slash, in the same buffer; "." and "/" where there is none. */
static const char *
folder_of(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash == NULL) {
        return ".";
    }
    if (slash == path) {
        return "/";
    }
    *slash = '\0';
    return path;
}

enum rc
file_replace(const char *path, struct str content, unsigned mode, struct err *err)
{
    static const char ending[] = ".XXXXXX";
    size_t len = strlen(path);
    char *temporary = mem_new(len + sizeof(ending), 1);
    enum rc rc;

    memcpy(temporary, path, len);
    memcpy(temporary + len, ending, sizeof(ending));
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        rc = file_failure(errno, path, err);
    } else {
        rc = fill_and_rename(fd, temporary, path, content, mode, err);
    }
    if (rc == RC_OK) {
        rc = file_sync_folder(folder_of(temporary), err);
    }
    mem_free(temporary);
    return rc;
}

/* --- folders --------------------------------------------------------------------------------- */

enum rc
file_sync_folder(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum rc rc = RC_OK;

    if (fd < 0) {
        return file_failure(errno, path, err);
    }
    if (fsync(fd) != 0) {
        rc = file_failure(errno, path, err);
    }
    (void)close(fd);
    return rc;
}

static enum rc
make_one(const char *path, struct err *err)
{
    struct stat about;

    if (mkdir(path, 0700) == 0) {
        return RC_OK;
    }
    if (errno == EEXIST && stat(path, &about) == 0 && S_ISDIR(about.st_mode)) {
        return RC_OK;
    }
    return file_failure(errno, path, err);
}

enum rc
file_make_folder(const char *path, struct err *err)
{
    size_t len = strlen(path);
    char *part = mem_new(len + 1, 1);
    enum rc rc = len > 0 ? RC_OK : file_failure(ENOENT, "a folder without a name", err);

    for (size_t i = 0; i < len && rc == RC_OK; i++) {
        part[i] = path[i];
        if (i > 0 && (i + 1 == len || path[i + 1] == '/') && path[i] != '/') {
            rc = make_one(part, err);
        }
    }
    mem_free(part);
    return rc;
}
