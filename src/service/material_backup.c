/*
 * Files in and out of a backup.  Which ones is what the copied store says, not the one that goes on changing meanwhile.
 *
 * A file is copied as it is sealed and then opened once to its end, so what is in a backup was whole when it got there, and what comes
 * out of one is whole when it is put back.  A file that is there already and opens is left and stamped with this run's time; what
 * has another stamp in the end is of an older backup, and goes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "service/material.h"
#include "service/material_int.h"
#include "store/backup.h"

enum { COPY_BYTES = 65536 };

/* Held by whoever makes a backup or sweeps. */
static pthread_mutex_t backup_lock = PTHREAD_MUTEX_INITIALIZER;

bool
material_backup_try(void)
{
    return pthread_mutex_trylock(&backup_lock) == 0;
}

void
material_backup_end(void)
{
    (void)pthread_mutex_unlock(&backup_lock);
}

/* --- one file ------------------------------------------------------------------------------------ */

static enum rc
check_file(const struct vault *v, const char *path, const char *name, struct err *err)
{
    struct str piece = STR("-");
    struct material *f;
    int64_t bytes;
    enum rc rc = material_read_path(v, path, name, &f, &bytes, err);

    if (rc != RC_OK) {
        return rc;
    }
    while (rc == RC_OK && piece.len > 0) {
        rc = material_next(f, &piece, err);
    }
    material_done(f);
    return rc;
}

static enum rc
copy_bytes(int from, int to, struct err *err)
{
    char *buffer = mem_new(COPY_BYTES, 1);
    ssize_t got = 1;
    enum rc rc = RC_OK;

    while (rc == RC_OK && got > 0) {
        got = read(from, buffer, COPY_BYTES);
        for (ssize_t done = 0; got > done && rc == RC_OK;) {
            ssize_t n = write(to, buffer + done, (size_t)(got - done));
            rc = n < 0 && errno != EINTR ? file_failure(errno, "the copy of a material", err) : RC_OK;
            done += n > 0 ? n : 0;
        }
        if (got < 0 && errno == EINTR) {
            got = 1;
        } else if (got < 0) {
            rc = file_failure(errno, "a material", err);
        }
    }
    mem_free(buffer);
    return rc;
}

struct copying {
    struct materials from;
    struct materials to;
    int64_t now_us;
    struct material_figures figures;
};

static enum rc
copy_file(struct copying *c, const char *name, struct err *err)
{
    char source[MATERIAL_PATH_BYTES], temporary[MATERIAL_PATH_BYTES];
    int from, to;
    enum rc rc;

    material_path(c->from.folder, name, true, source);
    material_incoming(c->to.folder, c->now_us, temporary);
    if ((from = open(source, O_RDONLY | O_CLOEXEC)) < 0) {
        return errno == ENOENT ? err_set(err, RC_CORRUPT, "material %s is missing", name)
                               : file_failure(errno, "a material", err);
    }
    if ((to = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0) {
        rc = file_failure(errno, "the copy of a material", err);
    } else {
        if ((rc = copy_bytes(from, to, err)) == RC_OK &&
            (rc = check_file(c->to.vault, temporary, name, err)) == RC_OK) {
            rc = material_settle(c->to.folder, temporary, name, to, c->now_us, err);
        }
        (void)close(to);
        if (rc != RC_OK) {
            (void)unlink(temporary);
        }
    }
    (void)close(from);
    return rc;
}

static enum rc
stamp(const char *path, int64_t now_us, struct err *err)
{
    struct timespec at = {.tv_sec = now_us / 1000000, .tv_nsec = now_us % 1000000 * 1000};

    return utimensat(AT_FDCWD, path, (const struct timespec[]){at, at}, 0) == 0
               ? RC_OK
               : file_failure(errno, "the copy of a material", err);
}

/* One name that the store gave; several may need the same file. */
static enum rc
copy_name(void *ctx, struct str text, struct err *err)
{
    struct copying *c = ctx;
    char name[MATERIAL_NAME_BYTES], target[MATERIAL_PATH_BYTES];
    struct err damaged;
    struct stat st;
    int64_t at_us;
    enum rc rc;

    if (!material_is_name(text)) {
        return err_set(err, RC_CORRUPT, "%.*s is not the name of a material", STR_ARG(text));
    }
    (void)snprintf(name, sizeof(name), "%.*s", STR_ARG(text));
    material_path(c->to.folder, name, true, target);
    if (material_time(target, &at_us) && at_us == c->now_us) {
        return RC_OK;
    }
    rc = check_file(c->to.vault, target, name, &damaged) == RC_OK ? stamp(target, c->now_us, err)
                                                                  : copy_file(c, name, err);
    if (rc == RC_OK && stat(target, &st) == 0) {
        c->figures.files++;
        c->figures.bytes += (int64_t)st.st_size;
    }
    return rc;
}

static enum rc
copy_all(struct copying *c, const char *store_file, struct err *err)
{
    enum rc rc = file_make_folder(c->to.folder, err);

    return rc != RC_OK ? rc : store_backup_texts(store_file, "material", "name", copy_name, c, err);
}

/* --- what an older backup left ----------------------------------------------------------------------- */

static void
prune(const char *folder, int depth, int64_t now_us)
{
    DIR *d = opendir(folder);

    for (struct dirent *e = d != NULL ? readdir(d) : NULL; e != NULL; e = readdir(d)) {
        char path[MATERIAL_PATH_BYTES];
        int64_t at_us;
        (void)snprintf(path, sizeof(path), "%.700s/%.255s", folder, e->d_name);
        if (e->d_name[0] == '.') {
            continue;
        }
        if (depth > 0 && strlen(e->d_name) == 2) {
            prune(path, depth - 1, now_us);
        } else if (material_time(path, &at_us) && at_us != now_us) {
            (void)unlink(path);
        }
    }
    if (d != NULL) {
        (void)closedir(d);
    }
}

/* --- there and back ------------------------------------------------------------------------------------ */

static enum rc
folder_of(const char *path, char out[MATERIAL_PATH_BYTES], struct err *err)
{
    if (strlen(path) > MATERIAL_PATH_BYTES - 128) {
        return err_set(err, RC_INVALID, "the backup's name is too long");
    }
    (void)snprintf(out, MATERIAL_PATH_BYTES, "%.900s.materials", path);
    return RC_OK;
}

static enum rc
copy_also(void *ctx, const char *store_file, struct err *err)
{
    return copy_all(ctx, store_file, err);
}

enum rc
material_back_up(const struct materials *m, struct store *s, const char *path, int64_t now_us,
                 struct backup_figures *rows, struct material_figures *files, struct err *err)
{
    char folder[MATERIAL_PATH_BYTES];
    struct copying c = {.from = *m, .to = {folder, m->vault}, .now_us = now_us};
    enum rc rc = folder_of(path, folder, err);

    if (rc != RC_OK) {
        return rc;
    }
    (void)pthread_mutex_lock(&backup_lock);
    rc = store_backup_and(s, path, copy_also, &c, rows, err);
    if (rc == RC_OK) {
        prune(folder, 2, now_us);
        *files = c.figures;
    }
    (void)pthread_mutex_unlock(&backup_lock);
    return rc;
}

enum rc
material_bring_back(const struct materials *m, const struct store_config *config, const char *path,
                    int64_t now_us, struct backup_figures *rows, struct material_figures *files,
                    struct err *err)
{
    char folder[MATERIAL_PATH_BYTES];
    struct copying c = {.from = {folder, m->vault}, .to = *m, .now_us = now_us};
    enum rc rc;

    if ((rc = folder_of(path, folder, err)) != RC_OK || (rc = copy_all(&c, path, err)) != RC_OK ||
        (rc = store_restore(config, path, rows, err)) != RC_OK) {
        return rc;
    }
    *files = c.figures;
    return RC_OK;
}
