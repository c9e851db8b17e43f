/*
 * Sealing on the way in, opening on the way out.
 */
#include "service/material.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/mem.h"
#include "crypto/random.h"
#include "crypto/stream.h"
#include "service/material_int.h"

enum {
    TYPE_BYTES = 16,
    SECRET_BYTES = STREAM_KEY_BYTES + 8, /* key, length big end first */
    ENVELOPE_BYTES = SECRET_BYTES + VAULT_OVERHEAD_BYTES,
    HEAD_BYTES = ENVELOPE_BYTES + STREAM_HEAD_BYTES,
    SEALED_CHUNK_BYTES = MATERIAL_CHUNK_BYTES + STREAM_CHUNK_EXTRA,
    ENVELOPE_ARENA = 4096
};

/* Held where a file gets its name and where an old one loses it, so that the two never cross. */
static pthread_mutex_t names_lock = PTHREAD_MUTEX_INITIALIZER;

/* --- names -------------------------------------------------------------------------------------- */

bool
material_is_name(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return false;
        }
    }
    return text.len == MATERIAL_NAME_LEN;
}

bool
material_name(const struct vault *v, struct str sha256_hex, char out[MATERIAL_NAME_BYTES])
{
    struct hash h;

    if (!material_is_name(sha256_hex)) {
        return false;
    }
    h = vault_index(v, STR("material"), sha256_hex);
    for (size_t i = 0; i < HASH_BYTES; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", h.bytes[i]);
    }
    return true;
}

void
material_path(const char *folder, const char *name, bool whole, char out[MATERIAL_PATH_BYTES])
{
    (void)snprintf(out, MATERIAL_PATH_BYTES, "%.900s/%.2s/%.2s%s%.*s", folder, name, name + 2,
                   whole ? "/" : "", whole ? MATERIAL_NAME_LEN : 0, name);
}

void
material_incoming(const char *folder, int64_t now_us, char out[MATERIAL_PATH_BYTES])
{
    unsigned long long random;

    random_fill(&random, sizeof(random));
    (void)snprintf(out, MATERIAL_PATH_BYTES, "%.900s/incoming-%lld-%016llx", folder,
                   (long long)now_us, random);
}

bool
material_time(const char *path, int64_t *out_us)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        return false;
    }
    *out_us = (int64_t)st.st_mtim.tv_sec * 1000000 + st.st_mtim.tv_nsec / 1000;
    return true;
}

bool
material_remove_old(const char *path, int64_t before_us)
{
    int64_t at_us;
    bool is_gone;

    (void)pthread_mutex_lock(&names_lock);
    is_gone = material_time(path, &at_us) && at_us < before_us && unlink(path) == 0;
    (void)pthread_mutex_unlock(&names_lock);
    return is_gone;
}

/* The node's clock is written down, because that is what the grace will be measured by. */
static bool
set_time(int fd, int64_t now_us)
{
    struct timespec at = {.tv_sec = now_us / 1000000, .tv_nsec = now_us % 1000000 * 1000};

    return futimens(fd, (const struct timespec[]){at, at}) == 0;
}

enum rc
material_settle(const char *folder, const char *temporary, const char *name, int fd,
                int64_t now_us, struct err *err)
{
    char in[MATERIAL_PATH_BYTES], path[MATERIAL_PATH_BYTES];
    int why = 0;
    enum rc rc;

    material_path(folder, name, false, in);
    material_path(folder, name, true, path);
    if (!set_time(fd, now_us) || fsync(fd) != 0) {
        return file_failure(errno, "a material", err);
    }
    if ((rc = file_make_folder(in, err)) != RC_OK) {
        return rc;
    }
    (void)pthread_mutex_lock(&names_lock);
    if (rename(temporary, path) != 0) {
        why = errno;
    }
    (void)pthread_mutex_unlock(&names_lock);
    return why != 0 ? file_failure(why, "a material", err) : file_sync_folder(in, err);
}

/* --- writing ------------------------------------------------------------------------------------ */

struct material_sink {
    struct materials materials;
    char folder[MATERIAL_PATH_BYTES];
    char temporary[MATERIAL_PATH_BYTES];
    int fd;
    int64_t now_us;
    int64_t most_bytes;
    int64_t bytes;
    struct hash_stream *hash;
    unsigned char secret[SECRET_BYTES];
    struct stream *stream;
    char head[TYPE_BYTES];
    size_t chunk_len;
    char chunk[MATERIAL_CHUNK_BYTES]; /* what is not sealed yet */
    unsigned char sealed[SEALED_CHUNK_BYTES];
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

static enum rc
write_at(int fd, const unsigned char *bytes, size_t len, int64_t offset, struct err *err)
{
    while (len > 0) {
        ssize_t n = pwrite(fd, bytes, len, (off_t)offset);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return file_failure(errno, "a material", err);
        }
        bytes += n;
        len -= (size_t)n;
        offset += n;
    }
    return RC_OK;
}

/* Where the chunk begins that holds byte `bytes` of the content; all before it are full. */
static int64_t
chunk_offset(int64_t bytes)
{
    return HEAD_BYTES + bytes / MATERIAL_CHUNK_BYTES * SEALED_CHUNK_BYTES;
}

enum rc
material_open(const struct materials *m, int64_t now_us, int64_t most_bytes,
              struct material_sink **out, struct err *err)
{
    unsigned char head[STREAM_HEAD_BYTES];
    struct material_sink *s;
    enum rc rc;

    if (strlen(m->folder) > MATERIAL_PATH_BYTES - 128) {
        return err_set(err, RC_INVALID, "the materials folder's name is too long");
    }
    s = mem_new(1, sizeof(*s));
    (void)snprintf(s->folder, sizeof(s->folder), "%s", m->folder);
    s->materials = (struct materials){s->folder, m->vault};
    s->now_us = now_us;
    s->most_bytes = most_bytes;
    material_incoming(m->folder, now_us, s->temporary);
    s->fd = open(s->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (s->fd < 0) {
        rc = file_failure(errno, "a new material", err);
        mem_free(s);
        return rc;
    }
    s->hash = hash_open_sha256();
    random_fill(s->secret, STREAM_KEY_BYTES);
    s->stream = stream_open_seal(s->secret, head);
    if ((rc = write_at(s->fd, head, sizeof(head), ENVELOPE_BYTES, err)) != RC_OK) {
        material_cancel(s);
        return rc;
    }
    *out = s;
    return RC_OK;
}

/* A full chunk waits until more comes, because the last one must know that it is the last. */
static enum rc
put_chunk(struct material_sink *s, bool is_last, struct err *err)
{
    int64_t offset = chunk_offset(s->bytes - (int64_t)s->chunk_len);
    size_t len = s->chunk_len + STREAM_CHUNK_EXTRA;

    stream_seal(s->stream, (struct str){s->chunk, s->chunk_len}, is_last, s->sealed);
    s->chunk_len = 0;
    return write_at(s->fd, s->sealed, len, offset, err);
}

enum rc
material_write(struct material_sink *s, struct str piece, struct err *err)
{
    enum rc rc;

    if ((int64_t)piece.len > s->most_bytes - s->bytes) {
        return err_problem(err, RC_LIMIT, "too-large", "larger than %lld bytes",
                           (long long)s->most_bytes);
    }
    hash_add(s->hash, piece);
    while (piece.len > 0) {
        if (s->chunk_len == MATERIAL_CHUNK_BYTES && (rc = put_chunk(s, false, err)) != RC_OK) {
            return rc;
        }
        size_t room = MATERIAL_CHUNK_BYTES - s->chunk_len;
        size_t take = piece.len < room ? piece.len : room;
        memcpy(s->chunk + s->chunk_len, piece.ptr, take);
        s->chunk_len += take;
        for (int64_t i = s->bytes; i < TYPE_BYTES && i < s->bytes + (int64_t)take; i++) {
            s->head[i] = piece.ptr[i - s->bytes];
        }
        s->bytes += (int64_t)take;
        piece = str_from(piece, take);
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
    stream_close(s->stream);
    secret_wipe(s, sizeof(*s));
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

static struct str
place_of(struct arena *a, const char *name)
{
    return str_fmt(a, "material/%s", name);
}

/* The last chunk, and in front of everything the key and the length, now that it is known. */
static enum rc
finish(struct material_sink *s, const char *name, struct err *err)
{
    struct arena *a = arena_new(ENVELOPE_ARENA);
    struct str envelope;
    enum rc rc;

    for (int i = 0; i < 8; i++) {
        s->secret[STREAM_KEY_BYTES + i] = (unsigned char)((uint64_t)s->bytes >> (56 - 8 * i));
    }
    if ((rc = put_chunk(s, true, err)) == RC_OK &&
        (rc = vault_seal(s->materials.vault, a, place_of(a, name),
                         (struct str){(const char *)s->secret, sizeof(s->secret)}, &envelope,
                         err)) == RC_OK) {
        CHECK(envelope.len == ENVELOPE_BYTES);
        rc = write_at(s->fd, (const unsigned char *)envelope.ptr, envelope.len, 0, err);
    }
    arena_free(a);
    return rc != RC_OK ? rc
                       : material_settle(s->materials.folder, s->temporary, name, s->fd, s->now_us,
                                         err);
}

enum rc
material_close(struct material_sink *s, struct arena *a, const struct json *allowed,
               struct str *sha256_hex, struct str *media_type, int64_t *bytes, struct err *err)
{
    struct hash h = hash_close(s->hash);
    struct str hex = hex_of(a, hash_str(&h));
    struct str type =
        material_type((struct str){s->head, s->bytes < TYPE_BYTES ? (size_t)s->bytes : TYPE_BYTES});
    int64_t size = s->bytes;
    char name[MATERIAL_NAME_BYTES];
    enum rc rc;

    s->hash = NULL;
    if (hex.ptr == NULL) {
        rc = err_set(err, RC_LIMIT, "no room for a material's name");
    } else if (!is_allowed(allowed, type)) {
        rc = err_problem(err, RC_TYPE, "wrong-type", "its content is none of the kinds taken");
    } else {
        CHECK(material_name(s->materials.vault, hex, name));
        rc = finish(s, name, err);
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

/* --- reading ------------------------------------------------------------------------------------- */

struct material {
    int fd;
    int64_t left; /* of the content */
    bool is_over;
    struct stream *stream;
    char plain[MATERIAL_CHUNK_BYTES];
    unsigned char sealed[SEALED_CHUNK_BYTES];
};

/* All of len, from where the file stands; an early end is a file that was cut. */
static enum rc
read_whole(int fd, void *out, size_t len, struct err *err)
{
    char *to = out;

    while (len > 0) {
        ssize_t n = read(fd, to, len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return file_failure(errno, "a material", err);
        }
        if (n == 0) {
            return err_set(err, RC_CORRUPT, "a material was cut");
        }
        to += n;
        len -= (size_t)n;
    }
    return RC_OK;
}

static int64_t
sealed_bytes(int64_t plain)
{
    int64_t chunks = plain == 0 ? 1 : (plain + MATERIAL_CHUNK_BYTES - 1) / MATERIAL_CHUNK_BYTES;

    return HEAD_BYTES + plain + chunks * STREAM_CHUNK_EXTRA;
}

/* Key and length out of the envelope; the length must be the file's own. */
static enum rc
open_envelope(const struct vault *v, const char *name, struct material *f, struct err *err)
{
    struct arena *a = arena_new(ENVELOPE_ARENA);
    unsigned char head[HEAD_BYTES];
    struct str secret = {NULL, 0};
    struct stat st;
    uint64_t bytes = 0;
    enum rc rc;

    if ((rc = read_whole(f->fd, head, sizeof(head), err)) == RC_OK &&
        (rc = vault_open(v, a, place_of(a, name), (struct str){(const char *)head, ENVELOPE_BYTES},
                         &secret, err)) == RC_OK) {
        const unsigned char *key = (const unsigned char *)secret.ptr;
        for (int i = 0; i < 8; i++) {
            bytes = bytes << 8 | key[STREAM_KEY_BYTES + i];
        }
        f->left = (int64_t)bytes;
        if (fstat(f->fd, &st) != 0) {
            rc = file_failure(errno, "a material", err);
        } else if ((int64_t)st.st_size != sealed_bytes(f->left)) {
            rc = err_set(err, RC_CORRUPT, "a material has %lld bytes, not %lld",
                         (long long)st.st_size, (long long)sealed_bytes(f->left));
        } else {
            rc = stream_open_read(key, head + ENVELOPE_BYTES, &f->stream, err);
        }
        secret_wipe_str(secret);
    }
    arena_free(a);
    return rc;
}

enum rc
material_read_path(const struct vault *v, const char *path, const char *name,
                   struct material **out, int64_t *bytes, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct material *f;
    enum rc rc;

    if (fd < 0) {
        return file_failure(errno, "a material", err);
    }
    f = mem_new(1, sizeof(*f));
    f->fd = fd;
    if ((rc = open_envelope(v, name, f, err)) != RC_OK) {
        material_done(f);
        return rc;
    }
    *bytes = f->left;
    *out = f;
    return RC_OK;
}

enum rc
material_read(const struct materials *m, struct str sha256_hex, struct material **out,
              int64_t *bytes, struct err *err)
{
    char name[MATERIAL_NAME_BYTES], path[MATERIAL_PATH_BYTES];

    if (!material_name(m->vault, sha256_hex, name) ||
        strlen(m->folder) > MATERIAL_PATH_BYTES - 128) {
        return err_set(err, RC_NOT_FOUND, "not the name of a material");
    }
    material_path(m->folder, name, true, path);
    return material_read_path(m->vault, path, name, out, bytes, err);
}

enum rc
material_next(struct material *f, struct str *piece, struct err *err)
{
    size_t len = f->left < MATERIAL_CHUNK_BYTES ? (size_t)f->left : MATERIAL_CHUNK_BYTES;
    bool is_last;
    enum rc rc;

    if (f->is_over) {
        *piece = STR("");
        return RC_OK;
    }
    if ((rc = read_whole(f->fd, f->sealed, len + STREAM_CHUNK_EXTRA, err)) != RC_OK ||
        (rc = stream_read(f->stream,
                          (struct str){(const char *)f->sealed, len + STREAM_CHUNK_EXTRA},
                          (unsigned char *)f->plain, &is_last, err)) != RC_OK) {
        return rc;
    }
    f->left -= (int64_t)len;
    if (is_last != (f->left == 0)) {
        return err_set(err, RC_CORRUPT, "a material ends elsewhere than it says");
    }
    f->is_over = is_last;
    *piece = (struct str){f->plain, len};
    return RC_OK;
}

void
material_done(struct material *f)
{
    if (f != NULL) {
        (void)close(f->fd);
        stream_close(f->stream);
        secret_wipe(f, sizeof(*f));
        mem_free(f);
    }
}
