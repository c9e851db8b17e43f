/* Archives read back: their hash, the chain of each case's history, and who signed for them.  No store is asked. */
#include "process/archive_int.h"

#include "crypto/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/mem.h"
#include "evidence/proof.h"
#include "process/runtime_int.h"

enum { MANIFEST_MAX = 1 << 20 };

struct reading {
    const char *path;
    int fd;
    char *buffer; /* what was read and not taken yet: from `at` to `len` */
    size_t at, len, room;
    struct hash_stream *hash;
    bool is_end;
    /* what was found */
    int64_t line, cases, lines, month;
    int64_t id, revision, n; /* of the case that is read */
    struct hash chain, last;
    bool has_end;
};

static enum rc
wrong(const struct reading *r, const char *why, struct err *err)
{
    return err_set(err, RC_CORRUPT, "%s, line %lld: %s", r->path, (long long)r->line, why);
}

/* More bytes behind those that are there. */
static enum rc
read_more(struct reading *r, struct err *err)
{
    ssize_t got;

    if (r->at > 0) {
        memmove(r->buffer, r->buffer + r->at, r->len - r->at);
        r->len -= r->at;
        r->at = 0;
    }
    if (r->len == r->room) {
        return wrong(r, "it is too long", err);
    }
    do {
        got = read(r->fd, r->buffer + r->len, r->room - r->len < ARCHIVE_CHUNK ? r->room - r->len : ARCHIVE_CHUNK);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return file_failure(errno, r->path, err);
    }
    hash_add(r->hash, (struct str){r->buffer + r->len, (size_t)got});
    r->len += (size_t)got;
    r->is_end = got == 0;
    return RC_OK;
}

/* False: the end. */
static enum rc
next_line(struct reading *r, struct str *out, bool *is_there, struct err *err)
{
    enum rc rc = RC_OK;

    for (size_t seen = 0;;) {
        const char *from = r->buffer + r->at;
        const char *end = memchr(from + seen, '\n', r->len - r->at - seen);
        if (end != NULL) {
            *out = (struct str){from, (size_t)(end - from)};
            r->at += out->len + 1;
            r->line++;
            *is_there = true;
            return RC_OK;
        }
        seen = r->len - r->at;
        if ((rc = read_more(r, err)) != RC_OK) {
            return rc;
        }
        if (r->is_end) {
            *is_there = false;
            return seen == 0 ? RC_OK : wrong(r, "it ends in the middle of a line", err);
        }
    }
}

static bool
is_hash(struct arena *a, const struct json *d, struct hash *out)
{
    struct str bytes;
    struct err ignored;

    if (base64_decode(a, json_str(d, "hash"), &bytes, &ignored) != RC_OK || bytes.len != HASH_BYTES) {
        return false;
    }
    memcpy(out->bytes, bytes.ptr, HASH_BYTES);
    return true;
}

/* All lines of the case before are there, and they come to its hash. */
static enum rc
end_case(const struct reading *r, struct err *err)
{
    return r->cases == 0 || (r->n == r->revision && hash_eq(&r->chain, &r->last)) ? RC_OK
                                                                                  : wrong(r, "the history of the case before it is not whole", err);
}

static enum rc
take_case(struct reading *r, struct arena *a, const struct json *d, struct err *err)
{
    enum rc rc = end_case(r, err);

    if (rc != RC_OK || !is_hash(a, d, &r->last)) {
        return rc != RC_OK ? rc : wrong(r, "a case has no hash", err);
    }
    r->id = json_int_or(d, "case", 0);
    r->revision = json_int_or(d, "revision", -1);
    r->chain = (struct hash){{0}};
    r->n = 0;
    r->cases++;
    return json_int_or(d, "month", 0) == r->month ? RC_OK : wrong(r, "a case is of another month", err);
}

static enum rc
take_history(struct reading *r, struct arena *a, const struct json *d, struct err *err)
{
    struct str body;
    struct hash told;
    char *chained;

    if (r->cases == 0 || json_int_or(d, "place", 0) != r->id * RUNTIME_COMMANDS_MAX + r->n + 1 || !is_hash(a, d, &told) ||
        base64_decode(a, json_str(d, "body"), &body, err) != RC_OK) {
        return wrong(r, "a line of history is missing or cannot be read", err);
    }
    if ((chained = arena_alloc(a, 1, HASH_BYTES + body.len)) == NULL) {
        return err_set(err, RC_LIMIT, "no room for a line of history");
    }
    memcpy(chained, r->chain.bytes, HASH_BYTES);
    memcpy(chained + HASH_BYTES, body.ptr, body.len);
    r->chain = hash_sha256((struct str){chained, HASH_BYTES + body.len});
    r->n++;
    r->lines++;
    return hash_eq(&r->chain, &told) ? RC_OK : wrong(r, "a line of history is not what was written", err);
}

static enum rc
take_end(struct reading *r, const struct json *d, struct err *err)
{
    enum rc rc = end_case(r, err);

    r->has_end = true;
    return rc != RC_OK || (json_int_or(d, "cases", -1) == r->cases && json_int_or(d, "lines", -1) == r->lines) ? rc
                                                                                                                : wrong(r, "something is missing", err);
}

static enum rc
take_line(struct reading *r, struct arena *a, struct str text, struct err *err)
{
    struct json *d;

    if (json_parse(a, text, JSON_UNIQUE, &d, err) != RC_OK || r->has_end) {
        return wrong(r, "it cannot be read", err);
    }
    if (r->line == 1) {
        r->month = json_int_or(d, "month", 0);
        return str_eq(json_str(d, "archive"), STR("zhengtong closed cases 1")) ? RC_OK : wrong(r, "this is no archive of closed cases", err);
    }
    return json_get(d, "case") != NULL    ? take_case(r, a, d, err)
           : json_get(d, "place") != NULL ? take_history(r, a, d, err)
                                          : take_end(r, d, err);
}

static enum rc
read_all(struct reading *r, struct err *err)
{
    struct arena *a = arena_new(4 * (size_t)ARCHIVE_LINE_MAX);
    struct str text;
    bool is_there = true;
    enum rc rc = RC_OK;

    while (rc == RC_OK && is_there) {
        if ((rc = next_line(r, &text, &is_there, err)) == RC_OK && is_there) {
            rc = take_line(r, a, text, err);
            arena_reset(a);
        }
    }
    arena_free(a);
    return rc != RC_OK || r->has_end ? rc : wrong(r, "its end is missing", err);
}

static enum rc
read_file(struct reading *r, struct hash *out, struct err *err)
{
    enum rc rc;

    if ((r->fd = open(r->path, O_RDONLY | O_CLOEXEC)) < 0) {
        return file_failure(errno, r->path, err);
    }
    r->room = ARCHIVE_LINE_MAX;
    r->buffer = mem_new(r->room, 1);
    r->hash = hash_open_sha256();
    rc = read_all(r, err);
    *out = hash_close(r->hash);
    mem_free(r->buffer);
    (void)close(r->fd);
    return rc;
}

/* The act that the receipt is of names this very file. */
static enum rc
check_receipt(struct arena *a, const struct json *manifest, const struct note_key *key, struct err *err)
{
    const struct json *receipt = json_get(manifest, "receipt");
    struct json *body;
    enum rc rc = receipt_check(a, receipt, key, 1, NULL, err);

    if (rc != RC_OK || (rc = json_parse(a, json_str(receipt, "body"), JSON_UNIQUE, &body, err)) != RC_OK) {
        return rc;
    }
    bool is_it = str_eq(json_str(body, "kind"), STR("archive")) &&
                 str_eq(json_str(json_get(body, "detail"), "sha256"), json_str(manifest, "sha256"));
    return is_it ? RC_OK : err_set(err, RC_INVALID, "the receipt is of something else");
}

enum rc
archive_check(struct arena *a, const char *path, const struct note_key *key, struct archive_found *out, struct err *err)
{
    struct str text, folder = str_of(path), hex;
    struct reading r = {.line = 0};
    struct json *manifest;
    struct hash hash;
    enum rc rc;

    if ((rc = file_read(a, path, MANIFEST_MAX, &text, err)) != RC_OK || (rc = json_parse(a, text, JSON_UNIQUE, &manifest, err)) != RC_OK) {
        return rc;
    }
    while (folder.len > 0 && folder.ptr[folder.len - 1] != '/') {
        folder.len--;
    }
    r.path = str_c(a, str_fmt(a, "%.*s%.*s", STR_ARG(folder), STR_ARG(json_str(manifest, "file"))));
    if (r.path == NULL || str_find_byte(json_str(manifest, "file"), '/') < json_str(manifest, "file").len) {
        return err_set(err, RC_INVALID, "%s names no file beside it", path);
    }
    if ((rc = read_file(&r, &hash, err)) != RC_OK) {
        return rc;
    }
    hex = hex_of(a, hash_str(&hash));
    if (!str_eq(hex, json_str(manifest, "sha256")) || json_int_or(manifest, "cases", -1) != r.cases || json_int_or(manifest, "lines", -1) != r.lines ||
        json_int_or(manifest, "month", -1) != r.month) {
        return err_set(err, RC_CORRUPT, "%s is not the file that its manifest tells of", r.path);
    }
    if (key != NULL && (rc = check_receipt(a, manifest, key, err)) != RC_OK) {
        return rc;
    }
    *out = (struct archive_found){r.month, json_int_or(manifest, "number", 0), r.cases, r.lines, key != NULL};
    return RC_OK;
}
