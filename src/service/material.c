#include "service/material.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/random.h"

enum { PATH_MAX_BYTES = 1024, HEAD_BYTES = 16, HEX_BYTES = 64 };

struct material_sink {
    char folder[PATH_MAX_BYTES];
    char temporary[PATH_MAX_BYTES];
    int fd;
    int64_t most_bytes;
    int64_t bytes;
    struct hash_stream *hash;
    char head[HEAD_BYTES];
    size_t head_len;
};

struct str
material_type(struct str head)
{
    if (str_starts(head, STR("\xff\xd8\xff"))) {
        return STR("image/jpeg");
    }
    if (str_starts(head, STR("\x89PNG\r\n\x1a\n"))) {
        return STR("image/png");
    }
    if (str_starts(head, STR("%PDF-"))) {
        return STR("application/pdf");
    }
    return STR("");
}

static struct material_sink *
sink_new(const char *folder, int64_t most_bytes)
{
    struct material_sink *s = mem_new(1, sizeof(*s));
    unsigned char random[8];
    unsigned long long name = 0;

    random_fill(random, sizeof(random));
    memcpy(&name, random, sizeof(name));
    s->fd = -1;
    s->most_bytes = most_bytes;
    (void)snprintf(s->folder, sizeof(s->folder), "%s", folder);
    (void)snprintf(s->temporary, sizeof(s->temporary), "%.900s/incoming-%016llx", folder, name);
    return s;
}

enum rc
material_open(const char *folder, int64_t most_bytes, struct material_sink **out, struct err *err)
{
    struct material_sink *s;

    if (strlen(folder) > PATH_MAX_BYTES - 128) {
        return err_set(err, RC_INVALID, "the materials folder's name is too long");
    }
    s = sink_new(folder, most_bytes);
    s->fd = open(s->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (s->fd < 0) {
        enum rc rc = file_failure(errno, "a new material", err);
        mem_free(s);
        return rc;
    }
    s->hash = hash_open_sha256();
    *out = s;
    return RC_OK;
}

enum rc
material_write(struct material_sink *s, struct str piece, struct err *err)
{
    if ((int64_t)piece.len > s->most_bytes - s->bytes) {
        return err_problem(err, RC_LIMIT, "too-large", "larger than %lld bytes",
                           (long long)s->most_bytes);
    }
    if (s->head_len < HEAD_BYTES) {
        size_t take = HEAD_BYTES - s->head_len;
        take = take < piece.len ? take : piece.len;
        memcpy(s->head + s->head_len, piece.ptr, take);
        s->head_len += take;
    }
    hash_add(s->hash, piece);
    s->bytes += (int64_t)piece.len;
    while (piece.len > 0) {
        ssize_t n = write(s->fd, piece.ptr, piece.len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return file_failure(errno, "a material", err);
        }
        piece = str_from(piece, (size_t)n);
    }
    return RC_OK;
}

static void
sink_free(struct material_sink *s)
{
    if (s->fd >= 0) {
        (void)close(s->fd);
    }
    if (s->hash != NULL) {
        (void)hash_close(s->hash);
    }
    mem_free(s);
}

void
material_cancel(struct material_sink *s)
{
    if (s != NULL) {
        (void)unlink(s->temporary);
        sink_free(s);
    }
}

static bool
is_allowed(const struct json *allowed, struct str type)
{
    for (const struct json *t = allowed != NULL ? allowed->first : NULL; t != NULL; t = t->next) {
        if (str_eq(t->text, type)) {
            return true;
        }
    }
    return false;
}

/* folder/ab/cd of a name that begins "abcd". */
static void
path_of(const char *folder, struct str hex, char out[PATH_MAX_BYTES], bool whole)
{
    (void)snprintf(out, PATH_MAX_BYTES, "%.900s/%.2s/%.2s%s%.*s", folder, hex.ptr, hex.ptr + 2,
                   whole ? "/" : "", whole ? HEX_BYTES : 0, hex.ptr);
}

static enum rc
settle(struct material_sink *s, struct str hex, struct err *err)
{
    char folder[PATH_MAX_BYTES], path[PATH_MAX_BYTES];
    enum rc rc;

    path_of(s->folder, hex, folder, false);
    path_of(s->folder, hex, path, true);
    if (fsync(s->fd) != 0) {
        return file_failure(errno, "a material", err);
    }
    if ((rc = file_make_folder(folder, err)) != RC_OK) {
        return rc;
    }
    if (rename(s->temporary, path) != 0) {
        return file_failure(errno, "a material", err);
    }
    return file_sync_folder(folder, err);
}

enum rc
material_close(struct material_sink *s, struct arena *a, const struct json *allowed,
               struct str *sha256_hex, struct str *media_type, int64_t *bytes, struct err *err)
{
    struct hash h = hash_close(s->hash);
    struct str hex = hex_of(a, hash_str(&h));
    struct str type = material_type((struct str){s->head, s->head_len});
    int64_t size = s->bytes;
    enum rc rc;

    s->hash = NULL;
    if (hex.ptr == NULL) {
        rc = err_set(err, RC_LIMIT, "no room for a material's name");
    } else if (!is_allowed(allowed, type)) {
        rc = err_problem(err, RC_TYPE, "wrong-type", "its content is none of the kinds taken");
    } else {
        rc = settle(s, hex, err);
    }
    if (rc != RC_OK) {
        material_cancel(s);
        return rc;
    }
    sink_free(s);
    *sha256_hex = hex;
    *media_type = type;
    *bytes = size;
    return RC_OK;
}

enum rc
material_read(const char *folder, struct str sha256_hex, int *fd, int64_t *bytes, struct err *err)
{
    char path[PATH_MAX_BYTES];
    struct stat st;
    int opened;

    for (size_t i = 0; i < sha256_hex.len; i++) {
        char c = sha256_hex.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return err_set(err, RC_NOT_FOUND, "not the name of a material");
        }
    }
    if (sha256_hex.len != HEX_BYTES || strlen(folder) > PATH_MAX_BYTES - 128) {
        return err_set(err, RC_NOT_FOUND, "not the name of a material");
    }
    path_of(folder, sha256_hex, path, true);
    if ((opened = open(path, O_RDONLY | O_CLOEXEC)) < 0) {
        return file_failure(errno, "a material", err);
    }
    if (fstat(opened, &st) != 0) {
        (void)close(opened);
        return file_failure(errno, "a material", err);
    }
    *fd = opened;
    *bytes = (int64_t)st.st_size;
    return RC_OK;
}
