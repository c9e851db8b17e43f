/*
 * One thread, one lock.  The lock guards the little that others see: the size of the last checkpoint, whether there
 * is something to do, and the list of those who wait.  Tiles, arena and signer belong to the thread alone.
 *
 * A waiter lives on the stack of who waits.  The thread takes it off the list, stores its answer, and only then calls
 * resume; after that it never looks at it again, so the stack may be gone by the time resume returns.
 *
 * One round costs three or four small files, each with two fsyncs, and one signature, whatever the number of new acts;
 * so under load a longer interval is cheaper, and the interval is how long a citizen waits for a receipt.
 */
#include "evidence/publisher.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "crypto/signer.h"
#include "evidence/act.h"
#include "evidence/tiles.h"

enum {
    BATCH = 64 * TILE_WIDTH, /* leaves read and added at a time; a multiple, so tiles fill */
    WORK_BYTES = 20 << 20,
    KEEP_BYTES = 4096,
    RETRY_MS = 1000,
};

struct waiter {
    struct waiter *next;
    int64_t index;
    int64_t deadline_us;
    struct store_wait wait;
    _Atomic int answer; /* enum rc, or WAITING */
};
enum { WAITING = -1 };

struct publisher {
    struct arena *keep; /* for what lives as long */
    struct arena *work; /* for one round */
    struct db db;
    const char *folder;
    const char *checkpoint_path;
    struct str key_name;
    struct note_key key;
    int signer_fd;
    int lock_fd; /* holds the folder */
    int64_t interval_us;
    struct log *log;
    struct tiles *tiles;
    bool has_checkpoint; /* there is one on disk */
    pthread_t thread;
    bool thread_runs;

    pthread_mutex_t lock;
    pthread_cond_t wake;
    uint64_t size; /* of the last checkpoint on disk */
    bool nudged;
    bool ending;
    struct waiter *waiters;
};

/* --- one round ----------------------------------------------------------------------------------- */

static enum rc
add_new_leaves(struct publisher *p, struct err *err)
{
    int64_t count;
    enum rc rc = act_count(&p->db, &count, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (count < 0 || (uint64_t)count < tiles_size(p->tiles)) {
        return err_set(err, RC_CORRUPT, "the database has %lld acts, but %llu were there before",
                       (long long)count, (unsigned long long)tiles_size(p->tiles));
    }
    while (tiles_size(p->tiles) < (uint64_t)count) {
        int64_t from = (int64_t)tiles_size(p->tiles), to = (from / BATCH + 1) * BATCH;
        struct str leaves = STR("");
        arena_reset(p->work);
        to = to < count ? to : count;
        if ((rc = act_leaves(&p->db, p->work, from, to - from, &leaves, err)) != RC_OK) {
            return rc;
        }
        if (leaves.len != (size_t)(to - from) * LEAF_BYTES) {
            return err_set(err, RC_CORRUPT, "the database lacks acts between %lld and %lld",
                           (long long)from, (long long)to);
        }
        if ((rc = tiles_add(p->tiles, leaves, LEAF_BYTES, err)) != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

static enum rc
sign_checkpoint(struct publisher *p, struct str *note, struct err *err)
{
    struct checkpoint c = {
        .origin = p->key.name, .size = tiles_size(p->tiles), .root = tiles_root(p->tiles)};
    struct sig_public public = {.algorithm = SIG_ED25519, .key = p->key.key};
    unsigned char signature[SIG_BYTES];
    struct str signed_by = {(const char *)signature, sizeof(signature)}, text;
    struct buf b;
    enum rc rc;

    buf_init(&b, p->work, KEEP_BYTES);
    checkpoint_put(&b, &c);
    if ((rc = buf_finish(&b, &text, err)) != RC_OK ||
        (rc = signer_sign(p->signer_fd, p->key_name, text, signature, err)) != RC_OK) {
        return rc;
    }
    if (!sig_verify(&public, text, signed_by)) {
        return err_set(err, RC_CORRUPT, "the signer's signature of the log is not by its key");
    }
    buf_put_char(&b, '\n');
    note_put_signature(&b, &p->key, signed_by);
    return buf_finish(&b, note, err);
}

static enum rc
publish(struct publisher *p, struct err *err)
{
    struct str note = STR("");
    enum rc rc = add_new_leaves(p, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (p->has_checkpoint && p->size == tiles_size(p->tiles)) { /* only this thread changes size */
        return RC_OK;
    }
    arena_reset(p->work);
    if ((rc = sign_checkpoint(p, &note, err)) != RC_OK) {
        return rc;
    }
    return file_replace(p->checkpoint_path, note, 0644, err);
}

/* --- the thread ---------------------------------------------------------------------------------- */

/* Under the lock: answer those for whom it is decided.  all: everybody. */
static void
answer_waiters(struct publisher *p, int64_t now_us, bool all)
{
    struct waiter **at = &p->waiters;

    while (*at != NULL) {
        struct waiter *w = *at;
        struct store_wait wait = w->wait;
        enum rc rc = (uint64_t)w->index < p->size ? RC_OK : all ? RC_IO : RC_TIMEOUT;
        if (rc == RC_TIMEOUT && now_us < w->deadline_us) {
            at = &w->next;
            continue;
        }
        *at = w->next;
        atomic_store(&w->answer, (int)rc);
        wait.resume(wait.ctx);
    }
}

static int64_t
earliest(const struct publisher *p, int64_t other_us)
{
    for (const struct waiter *w = p->waiters; w != NULL; w = w->next) {
        other_us = w->deadline_us < other_us ? w->deadline_us : other_us;
    }
    return other_us;
}

static void
sleep_until(struct publisher *p, int64_t until_us)
{
    struct timespec at = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};

    if (until_us == INT64_MAX) {
        (void)pthread_cond_wait(&p->wake, &p->lock);
    } else {
        (void)pthread_cond_timedwait(&p->wake, &p->lock, &at);
    }
}

/* Called and returns with the lock held, which is free meanwhile.  Answers when the next round may be. */
static int64_t
one_round(struct publisher *p)
{
    int64_t start_us = clock_monotonic_us(&clock_system);
    struct err err;
    enum rc rc;

    p->nudged = false;
    (void)pthread_mutex_unlock(&p->lock);
    rc = publish(p, &err);
    if (rc != RC_OK && p->log != NULL) {
        log_failure(p->log, "publish", rc, &err);
    }
    (void)pthread_mutex_lock(&p->lock);
    if (rc != RC_OK) {
        p->nudged = true;
        return start_us + (p->interval_us > RETRY_MS * 1000 ? p->interval_us : RETRY_MS * 1000);
    }
    p->has_checkpoint = true;
    p->size = tiles_size(p->tiles);
    return start_us + p->interval_us;
}

static void *
run(void *ctx)
{
    struct publisher *p = ctx;
    int64_t next_us = 0;

    (void)pthread_mutex_lock(&p->lock);
    while (!p->ending) {
        int64_t now_us = clock_monotonic_us(&clock_system);
        if (p->nudged && now_us >= next_us) {
            next_us = one_round(p);
        }
        answer_waiters(p, clock_monotonic_us(&clock_system), false);
        if (!p->ending && !(p->nudged && clock_monotonic_us(&clock_system) >= next_us)) {
            sleep_until(p, earliest(p, p->nudged ? next_us : INT64_MAX));
        }
    }
    (void)one_round(p);
    answer_waiters(p, 0, true);
    (void)pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* --- starting ------------------------------------------------------------------------------------ */

/* Two publishers of one log would sign two futures. */
static enum rc
hold_folder(struct publisher *p, struct err *err)
{
    enum rc rc = file_make_folder(p->folder, err);

    if (rc != RC_OK) {
        return rc;
    }
    if ((p->lock_fd = open(p->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
        return file_failure(errno, p->folder, err);
    }
    if (flock(p->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK
                   ? err_set(err, RC_CONFLICT, "another process publishes the log in %s", p->folder)
                   : file_failure(errno, p->folder, err);
    }
    return RC_OK;
}

static enum rc
ask_key(struct publisher *p, struct str origin, struct err *err)
{
    struct sig_public public;
    enum rc rc = signer_public(p->signer_fd, p->keep, p->key_name, &public, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (public.algorithm != SIG_ED25519) {
        return err_set(err, RC_INVALID, "a public log is signed with Ed25519, so its key must be");
    }
    return note_key_new(p->keep, origin, NOTE_ED25519, public.key, &p->key, err);
}

static enum rc
write_vkey(struct publisher *p, struct err *err)
{
    struct str vkey = note_key_text(p->keep, &p->key), path, line, old;
    struct err none;

    if (vkey.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for the key of the log");
    }
    path = str_fmt(p->work, "%s/log.vkey", p->folder);
    line = str_fmt(p->work, "%.*s\n", STR_ARG(vkey));
    if (path.ptr == NULL || line.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for a path");
    }
    if (file_read(p->work, path.ptr, KEEP_BYTES, &old, &none) == RC_OK && str_eq(old, line)) {
        return RC_OK;
    }
    return file_replace(path.ptr, line, 0644, err);
}

static enum rc
read_checkpoint(struct publisher *p, struct checkpoint *out, struct err *err)
{
    struct str bytes = STR("");
    struct err why;
    enum rc rc = file_read(p->work, p->checkpoint_path, NOTE_BYTES_MAX, &bytes, err);

    if (rc == RC_NOT_FOUND) {
        *out = (struct checkpoint){.size = 0, .root = tree_empty_root()};
        return RC_OK;
    }
    if (rc != RC_OK) {
        return rc;
    }
    rc = checkpoint_open(p->work, bytes, &p->key, 1, NULL, out, &why);
    if (rc != RC_OK) {
        return err_set(err, rc == RC_INVALID ? RC_CORRUPT : rc,
                       "%s is not a checkpoint by this node's key: %.150s", p->checkpoint_path,
                       why.text);
    }
    p->has_checkpoint = true;
    return RC_OK;
}

/*
 * Acts that are signed must be in the database, and be the same.  A database that was restored and has grown again
 * differs from some act on to the end, so the last tile tells; the openings are random.
 */
static enum rc
compare_last(struct publisher *p, uint64_t size, struct err *err)
{
    struct tile_source source = tiles_folder_source(p->folder);
    uint64_t tile = (size - 1) / TILE_WIDTH;
    int width = tiles_width(size, 0, tile), found;
    struct str leaves = STR(""), hashes = STR("");
    enum rc rc;

    if ((rc = tiles_fetch(&source, p->work, 0, tile, width, &hashes, &found, err)) != RC_OK ||
        (rc = act_leaves(&p->db, p->work, (int64_t)(tile * TILE_WIDTH), width, &leaves, err)) !=
            RC_OK) {
        return rc == RC_NOT_FOUND ? err_set(err, RC_CORRUPT, "%s lacks its last tile", p->folder)
                                  : rc;
    }
    for (size_t i = 0; i < (size_t)width; i++) {
        struct hash h = tree_leaf_hash(str_sub(leaves, i * LEAF_BYTES, LEAF_BYTES));
        if (!str_eq(hash_str(&h), str_sub(hashes, i * HASH_BYTES, HASH_BYTES))) {
            return err_set(err, RC_CORRUPT,
                           "act %llu of the database is not the one that the log in %s has signed: "
                           "the database was replaced; restore the right one",
                           (unsigned long long)(tile * TILE_WIDTH + i), p->folder);
        }
    }
    return RC_OK;
}

static enum rc
compare_with_store(struct publisher *p, uint64_t size, struct err *err)
{
    int64_t count;
    enum rc rc = act_count(&p->db, &count, err);

    if (rc != RC_OK || size == 0) {
        return rc;
    }
    if (count < 0 || (uint64_t)count < size) {
        return err_set(err, RC_CORRUPT,
                       "the log in %s has signed %llu acts, the database has only %lld: it was "
                       "restored from an older copy; restore a newer one",
                       p->folder, (unsigned long long)size, (long long)count);
    }
    return compare_last(p, size, err);
}

static enum rc
open_log(struct publisher *p, const struct publisher_config *config, struct err *err)
{
    struct checkpoint c;
    struct str folder, path;
    enum rc rc;

    folder = str_fmt(p->keep, "%s", config->folder);
    path = str_fmt(p->keep, "%s/checkpoint", config->folder);
    if (folder.ptr == NULL || path.ptr == NULL ||
        str_copy(p->keep, config->key_name, &p->key_name, err) != RC_OK) {
        return err_set(err, RC_LIMIT, "the path of the log is too long");
    }
    p->folder = folder.ptr;
    p->checkpoint_path = path.ptr;
    if ((rc = hold_folder(p, err)) != RC_OK || (rc = ask_key(p, config->origin, err)) != RC_OK ||
        (rc = read_checkpoint(p, &c, err)) != RC_OK ||
        (rc = compare_with_store(p, c.size, err)) != RC_OK ||
        (rc = tiles_open(p->folder, c.size, &c.root, &p->tiles, err)) != RC_OK) {
        return rc;
    }
    p->size = c.size;
    return write_vkey(p, err);
}

static enum rc
start_thread(struct publisher *p, struct err *err)
{
    int why = pthread_create(&p->thread, NULL, run, p);

    if (why != 0) {
        return file_failure(why, "the publisher's thread", err);
    }
    p->thread_runs = true;
    return RC_OK;
}

enum rc
publisher_start(const struct publisher_config *config, struct publisher **out, struct err *err)
{
    struct publisher *p = mem_new(1, sizeof(*p));
    pthread_condattr_t monotonic;
    enum rc rc;

    p->keep = arena_new(4 * KEEP_BYTES);
    p->work = arena_new(WORK_BYTES);
    p->db = (struct db){.store = config->store};
    p->signer_fd = config->signer_fd;
    p->lock_fd = -1;
    p->interval_us = (int64_t)config->interval_ms * 1000;
    p->log = config->log;
    p->nudged = true; /* whatever was written before */
    CHECK(pthread_mutex_init(&p->lock, NULL) == 0);
    CHECK(pthread_condattr_init(&monotonic) == 0);
    CHECK(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&p->wake, &monotonic) == 0);
    (void)pthread_condattr_destroy(&monotonic);
    if ((rc = open_log(p, config, err)) != RC_OK || (rc = start_thread(p, err)) != RC_OK) {
        publisher_stop(p);
        return rc;
    }
    *out = p;
    return RC_OK;
}

void
publisher_stop(struct publisher *p)
{
    if (p == NULL) {
        return;
    }
    if (p->thread_runs) {
        (void)pthread_mutex_lock(&p->lock);
        p->ending = true;
        (void)pthread_cond_signal(&p->wake);
        (void)pthread_mutex_unlock(&p->lock);
        (void)pthread_join(p->thread, NULL);
    }
    if (p->lock_fd >= 0) {
        (void)close(p->lock_fd);
    }
    tiles_close(p->tiles);
    (void)pthread_cond_destroy(&p->wake);
    (void)pthread_mutex_destroy(&p->lock);
    arena_free(p->work);
    arena_free(p->keep);
    mem_free(p);
}

/* --- for others ---------------------------------------------------------------------------------- */

void
publisher_nudge(struct publisher *p)
{
    (void)pthread_mutex_lock(&p->lock);
    p->nudged = true;
    (void)pthread_cond_signal(&p->wake);
    (void)pthread_mutex_unlock(&p->lock);
}

struct note_key
publisher_key(const struct publisher *p)
{
    return p->key;
}

uint64_t
publisher_size(const struct publisher *p)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&p->lock; /* looking still has to lock */
    uint64_t size;

    (void)pthread_mutex_lock(lock);
    size = p->size;
    (void)pthread_mutex_unlock(lock);
    return size;
}

size_t
publisher_waiting(const struct publisher *p)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&p->lock;
    size_t count = 0;

    (void)pthread_mutex_lock(lock);
    for (const struct waiter *w = p->waiters; w != NULL; w = w->next) {
        count++;
    }
    (void)pthread_mutex_unlock(lock);
    return count;
}

/* How a thread waits: the hooks of a caller that has none. */
struct blocked {
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool resumed;
};

static void
block(void *ctx)
{
    struct blocked *b = ctx;

    (void)pthread_mutex_lock(&b->lock);
    while (!b->resumed) {
        (void)pthread_cond_wait(&b->done, &b->lock);
    }
    (void)pthread_mutex_unlock(&b->lock);
}

static void
unblock(void *ctx)
{
    struct blocked *b = ctx;

    (void)pthread_mutex_lock(&b->lock);
    b->resumed = true;
    (void)pthread_cond_signal(&b->done);
    (void)pthread_mutex_unlock(&b->lock);
}

static enum rc
wait_with(struct publisher *p, const struct store_wait *wait, int64_t index, int timeout_ms,
          struct err *err)
{
    struct waiter w = {.index = index, .wait = *wait};
    bool covered, waits, ending;
    int answer;

    atomic_init(&w.answer, WAITING);
    w.deadline_us = clock_monotonic_us(&clock_system) + (int64_t)timeout_ms * 1000;
    (void)pthread_mutex_lock(&p->lock);
    covered = (uint64_t)index < p->size;
    ending = p->ending; /* nobody would answer any more */
    waits = !covered && !ending && timeout_ms > 0;
    if (waits) {
        w.next = p->waiters;
        p->waiters = &w;
        (void)pthread_cond_signal(&p->wake); /* for the deadline */
    }
    (void)pthread_mutex_unlock(&p->lock);
    if (waits) {
        wait->suspend(wait->ctx);
    }
    answer = waits ? atomic_load(&w.answer) : covered ? RC_OK : ending ? RC_IO : RC_TIMEOUT;
    switch (answer) {
    case WAITING: CHECK(false); return RC_IO;
    case RC_OK: return RC_OK;
    case RC_IO: return err_set(err, RC_IO, "the publisher of the log is stopping");
    default:
        return err_set(err, RC_TIMEOUT, "no checkpoint covers act %lld yet", (long long)index);
    }
}

enum rc
publisher_wait(struct publisher *p, const struct store_wait *wait, int64_t index, int timeout_ms,
               struct err *err)
{
    struct blocked b = {.resumed = false};
    struct store_wait blocking = {.ctx = &b, .suspend = block, .resume = unblock};
    enum rc rc;

    CHECK(index >= 0);
    if (wait != NULL && wait->suspend != NULL) {
        return wait_with(p, wait, index, timeout_ms, err);
    }
    CHECK(pthread_mutex_init(&b.lock, NULL) == 0 && pthread_cond_init(&b.done, NULL) == 0);
    rc = wait_with(p, &blocking, index, timeout_ms, err);
    (void)pthread_cond_destroy(&b.done);
    (void)pthread_mutex_destroy(&b.lock);
    return rc;
}
