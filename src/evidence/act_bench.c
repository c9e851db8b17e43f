/*
 * act_bench - what acts and their log cost beside the raw parts that they are made of, in the same run.
 *
 *     acts appended durably     64 writers through store_write and act_add, against SQLite alone: rows of the same size and
 *                               with the same indexes, 64 in a transaction, by one thread that does nothing else
 *     leaves into the log       tiles, fsync, signature and checkpoint, 16384 leaves a round, against as many files of the
 *                               same sizes written by file_replace alone
 *     entries verified          a whole log from disk, against the two hashes an entry
 *     act to checkpoint, idle   one writer that waits for its checkpoint, against one commit and three files
 *
 * Prints a JSON list.  The two halves of the first pair take turns, so a neighbour on the machine disturbs both.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bench.h"
#include "base/file.h"
#include "base/mem.h"
#include "crypto/random.h"
#include "crypto/signer.h"
#include "evidence/act.h"
#include "evidence/publisher.h"
#include "evidence/tiles.h"
#include "evidence/verify.h"
#include "store/fixture.h"

enum { WRITERS = 64, ROUNDS = 3, ROUND_MS = 1500, LEAVES = 16 * 16384, BATCH = 16384, SINGLE = 100 };

struct pair {
    const char *name;
    const char *unit;
    const char *peer;
    double value;
    double peer_value;
    bool less_is_better;
};

static double
now_s(void)
{
    return (double)clock_monotonic_us(&clock_system) / 1e6;
}

/* --- acts appended durably ----------------------------------------------------------------------- */

struct writer {
    pthread_t thread;
    const struct db *db;
    atomic_bool *ending;
    int number;
    int64_t written;
};

struct writing {
    struct arena *arena;
    int number;
    struct act_ref ref;
};

static enum rc
write_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct writing *w = ctx;
    struct json *detail = json_object(w->arena);
    struct act act = {.kind = ACT_READ,
                      .at_us = INT64_C(1764000000000000) + w->number,
                      .actor = STR("node:market"),
                      .org = STR("11510100MB1234567X"),
                      .case_no = str_fmt(w->arena, "11510100MB1234567X4000120001000202600%06d",
                                         w->number % 1000000),
                      .subject = str_fmt(w->arena, "person-%08d", w->number % 5000),
                      .resource = STR("business-licence")};

    json_set_text(w->arena, detail, "purpose", STR("case"));
    json_set_int(w->arena, detail, "fields", 6);
    act.detail = detail;
    return act_add(tx, w->arena, &act, &w->ref, err);
}

static void *
write_acts(void *ctx)
{
    struct writer *w = ctx;
    struct arena *a = arena_new(1 << 20);

    while (!atomic_load(w->ending)) {
        struct writing one = {.arena = a, .number = w->number + (int)w->written * WRITERS};
        struct err err;
        bench_need(store_write(w->db, write_tx, &one, &err), &err);
        w->written++;
        arena_reset(a);
    }
    arena_free(a);
    return NULL;
}

static double
acts_a_second(const struct db *db)
{
    struct writer writers[WRITERS];
    atomic_bool ending = false;
    double began = now_s();
    int64_t written = 0;

    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.db = db, .ending = &ending, .number = i};
        CHECK(pthread_create(&writers[i].thread, NULL, write_acts, &writers[i]) == 0);
    }
    (void)usleep(ROUND_MS * 1000);
    atomic_store(&ending, true);
    for (int i = 0; i < WRITERS; i++) {
        CHECK(pthread_join(writers[i].thread, NULL) == 0);
        written += writers[i].written;
    }
    return (double)written / (now_s() - began);
}

static void
must_sql(sqlite3 *db, const char *sql)
{
    char *why = NULL;

    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) {
        (void)fprintf(stderr, "act_bench: %s: %s\n", sql, why);
        exit(1);
    }
}

static sqlite3 *
open_raw(const char *path)
{
    sqlite3 *db;

    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    must_sql(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                 "CREATE TABLE act (leaf_index INTEGER PRIMARY KEY, kind INTEGER, at_us INTEGER,"
                 " actor TEXT, org TEXT, case_no TEXT, subject TEXT, resource TEXT, body TEXT,"
                 " opening BLOB, leaf BLOB) STRICT;"
                 "CREATE INDEX act_of_case ON act (case_no, leaf_index);"
                 "CREATE INDEX act_of_subject ON act (subject, leaf_index);");
    return db;
}

static void
bind_text(sqlite3_stmt *s, int at, const char *text)
{
    CHECK(sqlite3_bind_text(s, at, text, -1, SQLITE_TRANSIENT) == SQLITE_OK);
}

static double
rows_a_second(sqlite3 *db, int64_t *index)
{
    static const char body[] =
        "{\"actor\":\"node:market\",\"at_us\":1764000000000000,\"case_no\":\"11510100MB1234567X4000120001"
        "000202600000000\",\"detail\":{\"fields\":6,\"purpose\":\"case\"},\"kind\":\"read\",\"org\":\"1151010"
        "0MB1234567X\",\"resource\":\"business-licence\",\"subject\":\"person-00000000\"}";
    double began = now_s();
    int64_t first = *index;
    char text[64], leaf[LEAF_BYTES];
    sqlite3_stmt *s;

    CHECK(sqlite3_prepare_v2(db, "INSERT INTO act (leaf_index, kind, at_us, actor, org, case_no, subject, resource, "
                                 "body, opening, leaf) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)",
                             -1, &s, NULL) == SQLITE_OK);
    while (now_s() - began < ROUND_MS / 1000.0) {
        must_sql(db, "BEGIN IMMEDIATE");
        for (int i = 0; i < WRITERS; i++) {
            random_fill(leaf, sizeof(leaf));
            (void)sqlite3_bind_int64(s, 1, *index);
            (void)sqlite3_bind_int64(s, 2, ACT_READ);
            (void)sqlite3_bind_int64(s, 3, INT64_C(1764000000000000) + *index);
            bind_text(s, 4, "node:market");
            bind_text(s, 5, "11510100MB1234567X");
            (void)snprintf(text, sizeof(text), "11510100MB1234567X4000120001000202600%06d",
                           (int)(*index % 1000000));
            bind_text(s, 6, text);
            (void)snprintf(text, sizeof(text), "person-%08d", (int)(*index % 5000));
            bind_text(s, 7, text);
            bind_text(s, 8, "business-licence");
            bind_text(s, 9, body);
            (void)sqlite3_bind_blob(s, 10, leaf, ACT_OPENING_BYTES, SQLITE_TRANSIENT);
            (void)sqlite3_bind_blob(s, 11, leaf, LEAF_BYTES, SQLITE_TRANSIENT);
            CHECK(sqlite3_step(s) == SQLITE_DONE);
            (void)sqlite3_reset(s);
            (*index)++;
        }
        must_sql(db, "COMMIT");
    }
    (void)sqlite3_finalize(s);
    return (double)(*index - first) / (now_s() - began);
}

static struct pair
bench_acts(struct fixture *f)
{
    struct arena *a = arena_new(1 << 16);
    sqlite3 *raw = open_raw(str_fmt(a, "%s/raw.db", f->folder).ptr);
    double acts[ROUNDS], rows[ROUNDS];
    int64_t index = 0;

    for (int i = 0; i < ROUNDS; i++) {
        acts[i] = acts_a_second(&f->db);
        rows[i] = rows_a_second(raw, &index);
    }
    (void)sqlite3_close(raw);
    arena_free(a);
    return (struct pair){.name = "acts appended durably, 64 writers",
                         .unit = "acts/s",
                         .peer = "SQLite alone, 64 rows a transaction",
                         .value = bench_median(acts, ROUNDS),
                         .peer_value = bench_median(rows, ROUNDS)};
}

/* --- the log ------------------------------------------------------------------------------------- */

static double
hashes_a_second(struct str leaves)
{
    struct tree_edge edge = {.size = 0};
    double began = now_s();

    for (size_t at = 0; at < leaves.len; at += LEAF_BYTES) {
        struct hash h = tree_leaf_hash(str_sub(leaves, at, LEAF_BYTES));
        tree_edge_add(&edge, &h);
    }
    CHECK(edge.size == leaves.len / LEAF_BYTES);
    return (double)edge.size / (now_s() - began);
}

/* As many leaves a second as their full tiles and bundles would be, were they only files. */
static double
files_a_second(struct arena *a, const char *folder, struct str leaves)
{
    size_t sizes[] = {(size_t)TILE_WIDTH * HASH_BYTES, (size_t)TILE_WIDTH * (LEAF_BYTES + 2)};
    double began = now_s();
    struct err err;

    bench_need(file_make_folder(folder, &err), &err);
    for (int i = 0; i < LEAVES / TILE_WIDTH; i++) {
        for (int k = 0; k < 2; k++) {
            const char *path = str_fmt(a, "%s/%d-%d", folder, i, k).ptr;
            struct str content = str_sub(leaves, (size_t)i * TILE_WIDTH, sizes[k]);
            bench_need(file_replace(path, content, 0644, &err), &err);
        }
    }
    return LEAVES / (now_s() - began);
}

static struct str
many_leaves(struct arena *a)
{
    static const unsigned char opening[ACT_OPENING_BYTES] = "bench";
    char *bytes = arena_alloc(a, LEAVES, LEAF_BYTES);

    CHECK(bytes != NULL);
    for (int i = 0; i < LEAVES; i++) {
        act_leaf(ACT_READ, i, STR("{}"), opening, (unsigned char *)bytes + (size_t)i * LEAF_BYTES);
    }
    return (struct str){bytes, (size_t)LEAVES * LEAF_BYTES};
}

static void
put_checkpoint(struct arena *a, const char *path, const struct tiles *t,
               const struct sig_secret *secret, const struct note_key *key)
{
    struct checkpoint c = {.origin = key->name, .size = tiles_size(t), .root = tiles_root(t)};
    unsigned char signature[SIG_BYTES];
    struct err err;
    struct buf b;

    buf_init(&b, a, 1024);
    checkpoint_put(&b, &c);
    sig_sign(secret, (struct str){b.ptr, b.len}, signature);
    buf_put_char(&b, '\n');
    note_put_signature(&b, key, (struct str){(const char *)signature, sizeof(signature)});
    bench_need(file_replace(path, (struct str){b.ptr, b.len}, 0644, &err), &err);
}

static void
bench_log(struct fixture *f, struct pair *added, struct pair *verified)
{
    struct arena *a = arena_new(64 << 20);
    const char *folder = str_fmt(a, "%s/log", f->folder).ptr;
    const char *checkpoint = str_fmt(a, "%s/log/checkpoint", f->folder).ptr;
    struct str leaves = many_leaves(a);
    struct sig_secret secret = {.algorithm = SIG_ED25519};
    unsigned char public[SIG_PUBLIC_MAX];
    struct hash empty = tree_empty_root();
    struct tiles *t = NULL;
    struct note_key key;
    struct json *report;
    struct err err;
    double began;
    size_t len = sig_public_of(&secret, public);
    struct str bytes = {(const char *)public, len};

    bench_need(note_key_new(a, STR("bench"), NOTE_ED25519, bytes, &key, &err), &err);
    bench_need(tiles_open(folder, 0, &empty, &t, &err), &err);
    began = now_s();
    for (size_t at = 0; at < leaves.len; at += (size_t)BATCH * LEAF_BYTES) {
        struct str batch = str_sub(leaves, at, (size_t)BATCH * LEAF_BYTES);
        bench_need(tiles_add(t, batch, LEAF_BYTES, &err), &err);
        put_checkpoint(a, checkpoint, t, &secret, &key);
    }
    *added = (struct pair){.name = "leaves into tiles and checkpoint, durable",
                           .unit = "leaves/s",
                           .peer = "the same files alone",
                           .value = LEAVES / (now_s() - began)};
    added->peer_value = files_a_second(a, str_fmt(a, "%s/files", f->folder).ptr, leaves);
    tiles_close(t);
    struct verify_request request = {
        .source = tiles_folder_source(folder), .keys = &key, .key_count = 1, .act = -1};
    began = now_s();
    bench_need(verify_log(a, &request, &report, &err), &err);
    *verified = (struct pair){.name = "entries verified, whole log",
                              .unit = "entries/s",
                              .peer = "the two hashes an entry",
                              .value = LEAVES / (now_s() - began),
                              .peer_value = hashes_a_second(leaves)};
    arena_free(a);
}

/* --- one act until its checkpoint ---------------------------------------------------------------- */

static void
on_commit(void *ctx, int writes)
{
    (void)writes;
    publisher_nudge(ctx);
}

static struct pair
bench_single(struct fixture *f, int signer_fd)
{
    struct arena *a = arena_new(1 << 20);
    struct publisher_config config = {.store = f->db.store,
                                      .folder = str_fmt(a, "%s/single", f->folder).ptr,
                                      .origin = STR("bench"),
                                      .key_name = STR("log"),
                                      .signer_fd = signer_fd,
                                      .interval_ms = 0};
    struct publisher *p;
    struct err err;
    double ours[SINGLE], raw[SINGLE];
    struct str content = {arena_alloc(a, 4096, 1), 4096};

    bench_need(publisher_start(&config, &p, &err), &err);
    store_on_commit(f->db.store, on_commit, p);
    for (int i = -1; i < SINGLE; i++) { /* the first one waits for all that the other benches wrote */
        struct writing one = {.arena = a, .number = i + 1};
        double began = now_s();
        bench_need(store_write(&f->db, write_tx, &one, &err), &err);
        bench_need(publisher_wait(p, NULL, one.ref.index, 600000, &err), &err);
        if (i >= 0) {
            ours[i] = (now_s() - began) * 1000;
            began = now_s();
            for (int k = 0; k < 3; k++) { /* two new ones, as parts of tiles are, and the checkpoint */
                const char *path = str_fmt(a, "%s/file-%d-%d", f->folder, k < 2 ? i : 0, k).ptr;
                bench_need(file_replace(path, content, 0644, &err), &err);
            }
            raw[i] = (now_s() - began) * 1000;
            began = now_s();
            store_on_commit(f->db.store, NULL, NULL);
            bench_need(store_write(&f->db, write_tx, &one, &err), &err);
            store_on_commit(f->db.store, on_commit, p);
            raw[i] += (now_s() - began) * 1000;
        }
    }
    store_on_commit(f->db.store, NULL, NULL);
    publisher_stop(p);
    arena_free(a);
    return (struct pair){.name = "one act until a signed checkpoint covers it, idle",
                         .unit = "ms",
                         .peer = "one commit and three files",
                         .value = bench_median(ours, SINGLE),
                         .peer_value = bench_median(raw, SINGLE),
                         .less_is_better = true};
}

/* ------------------------------------------------------------------------------------------------- */

static void
print(const struct pair *p)
{
    double ratio = p->less_is_better ? p->peer_value / p->value : p->value / p->peer_value;

    bench_row(p->name, p->value, p->unit, p->peer, p->peer_value, ratio);
}

int
main(void)
{
    static const char *const names[] = {"log"};
    struct arena *a = arena_new(1 << 20);
    struct fixture f;
    struct pair acts, added, verified, single;
    struct str keys = {NULL, 0};
    struct err err;
    int signer_fd;
    pid_t signer;

    bench_need(json_print(a, signer_new_keys(a, names, 1), &keys, &err), &err);
    bench_need(signer_start(keys, 1, &signer_fd, &signer, &err), &err);
    fixture_new(&f, FIXTURE_SQLITE);
    acts = bench_acts(&f);
    bench_log(&f, &added, &verified);
    single = bench_single(&f, signer_fd);
    fixture_remove(&f);
    (void)close(signer_fd);
    print(&acts);
    print(&added);
    print(&verified);
    print(&single);
    bench_end();
    arena_free(a);
    return 0;
}
