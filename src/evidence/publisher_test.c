#include "evidence/test_log.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "crypto/signer.h"
#include "evidence/act.h"
#include "evidence/publisher.h"
#include "evidence/verify.h"
#include "store/fixture.h"

enum { ROOM = 64 << 20, LONG_MS = 60000 };

/* A node in small: store, signer, folder, publisher. */
struct house {
    struct fixture fixture;
    struct arena *arena;
    const char *folder;
    int signer_fd;
    pid_t signer;
    struct publisher *publisher;
};

static enum fixture_kind kind;

static void
start_signer_with(struct house *h, const char *algorithm, const char seed[32])
{
    struct str keys =
        str_fmt(h->arena, "{\"keys\":[{\"name\":\"log\",\"algorithm\":\"%s\",\"seed\":\"%s\"}]}",
                algorithm, str_c(h->arena, base64_of(h->arena, (struct str){seed, 32})));

    assert_ok(signer_start(keys, 1, &h->signer_fd, &h->signer, err));
}

/* The key of the golden log, or one whose seed is all of one letter. */
static void
start_signer(struct house *h, char letter)
{
    char seed[32];
    struct sig_secret golden = golden_secret();

    memcpy(seed, golden.seed, sizeof(seed));
    if (letter != '\0') {
        memset(seed, letter, sizeof(seed));
    }
    start_signer_with(h, "ed25519", seed);
}

static void
stop_signer(struct house *h)
{
    (void)close(h->signer_fd);
    assert_int_equal(waitpid(h->signer, NULL, 0), h->signer);
}

/*
 * A fork comes before all threads: the child of a process whose other thread was just taking memory waits for the allocator
 * for ever.  So the store, which has a thread, is closed meanwhile.
 */
static void
close_for_fork(struct house *h)
{
    fixture_close(&h->fixture);
    stop_signer(h);
}

static void
on_commit(void *ctx, int writes)
{
    (void)writes;
    publisher_nudge(ctx);
}

static enum rc
start(struct house *h, struct err *err)
{
    struct publisher_config config = {.store = h->fixture.db.store,
                                      .folder = h->folder,
                                      .origin = STR("evidence.example/log1"),
                                      .key_name = STR("log"),
                                      .signer_fd = h->signer_fd,
                                      .interval_ms = 5};
    enum rc rc = publisher_start(&config, &h->publisher, err);

    if (rc == RC_OK) {
        store_on_commit(h->fixture.db.store, on_commit, h->publisher);
    }
    return rc;
}

static void
stop(struct house *h)
{
    store_on_commit(h->fixture.db.store, NULL, NULL);
    publisher_stop(h->publisher);
    h->publisher = NULL;
}

static int
build_house(void **state)
{
    struct house *h = mem_new(1, sizeof(*h));

    h->arena = arena_new(ROOM);
    start_signer(h, '\0'); /* before the store: see close_for_fork */
    fixture_new(&h->fixture, kind);
    h->folder = new_folder(h->arena);
    *state = h;
    return 0;
}

static int
leave_house(void **state)
{
    struct house *h = *state;

    if (h->publisher != NULL) {
        stop(h);
    }
    fixture_remove(&h->fixture);
    remove_folder(h->folder);
    stop_signer(h);
    arena_free(h->arena);
    mem_free(h);
    return 0;
}

struct writing {
    struct arena *arena;
    struct act_ref ref;
};

static enum rc
write_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct writing *w = ctx;
    struct act act = {.kind = ACT_VIEW, .at_us = INT64_C(1764000000000000), .actor = STR("officer:7")};

    return act_add(tx, w->arena, &act, &w->ref, err);
}

static enum rc
write_act(const struct house *h, int64_t *index, struct err *err)
{
    struct writing w = {.arena = arena_new(1 << 16)};
    enum rc rc = store_write(&h->fixture.db, write_tx, &w, err);

    arena_free(w.arena);
    *index = w.ref.index;
    return rc;
}

/* So many acts; the index of the last. */
static int64_t
write_acts(const struct house *h, int count)
{
    int64_t index = -1;

    for (int i = 0; i < count; i++) {
        assert_ok(write_act(h, &index, err));
    }
    return index;
}

/* The folder alone, with the key that lies in it, must convince a stranger. */
static void
assert_verified(const struct house *h, uint64_t size)
{
    struct arena *a = arena_new(ROOM);
    struct note_key key;
    struct verify_request request = {
        .source = tiles_folder_source(h->folder), .keys = &key, .key_count = 1, .act = -1};
    struct json *report = NULL;

    assert_ok(note_key_parse(a, str_trim(read_all(a, h->folder, "log.vkey")), &key, err));
    assert_true(str_eq(key.name, STR("evidence.example/log1")));
    assert_ok(verify_log(a, &request, &report, err));
    assert_int_equal(json_int_or(report, "size", -1), size);
    arena_free(a);
}

/* --- publishing ---------------------------------------------------------------------------------- */

static void
every_act_gets_into_the_log_and_has_a_proof(void **state)
{
    struct house *h = *state;
    struct arena *a = h->arena;
    struct tile_source source = tiles_folder_source(h->folder);
    struct note_key key;

    assert_ok(start(h, err));
    key = publisher_key(h->publisher);
    for (int round = 0; round < 6; round++) {
        int64_t index = write_acts(h, 1 + round * 50);
        struct str proof, leaf;
        struct json *act;
        assert_ok(publisher_wait(h->publisher, NULL, index, LONG_MS, err));
        assert_true(publisher_size(h->publisher) > (uint64_t)index);
        assert_ok(act_by_index(&h->fixture.db, a, index, &act, err));
        assert_ok(base64_decode(a, json_str(act, "leaf"), &leaf, err));
        assert_ok(proof_make(a, &source, index, &proof, err));
        assert_ok(proof_check(a, proof, leaf, &key, 1, NULL, NULL, err));
    }
    stop(h);
    assert_verified(h, 756);
}

static void
an_empty_log_is_signed_too(void **state)
{
    struct house *h = *state;

    assert_ok(start(h, err));
    stop(h);
    assert_verified(h, 0);
}

static void
a_node_that_starts_again_goes_on_where_it_was(void **state)
{
    struct house *h = *state;
    struct arena *a = h->arena;
    struct str older[4];
    struct note_key key = golden_key(a);
    struct verify_request request = {.source = tiles_folder_source(h->folder),
                                     .keys = &key,
                                     .key_count = 1,
                                     .older = older,
                                     .older_count = 4,
                                     .act = -1};
    struct json *report;

    for (size_t i = 0; i < 4; i++) {
        (void)write_acts(h, 40); /* while nobody publishes */
        assert_ok(start(h, err));
        (void)write_acts(h, 40);
        stop(h);
        older[i] = read_all(a, h->folder, "checkpoint");
    }
    assert_verified(h, 320);
    assert_ok(verify_log(a, &request, &report, err));
}

static void
tiles_that_are_lost_are_made_again_the_same(void **state)
{
    struct house *h = *state;
    struct str before, after;

    (void)write_acts(h, 300);
    assert_ok(start(h, err));
    stop(h);
    before = read_all(h->arena, h->folder, "checkpoint");
    remove_folder(h->folder);
    assert_int_equal(mkdir(h->folder, 0700), 0);
    assert_ok(start(h, err));
    stop(h);
    after = read_all(h->arena, h->folder, "checkpoint");
    assert_true(str_eq(before, after));
    assert_verified(h, 300);
}

/* --- refusing ------------------------------------------------------------------------------------ */

static void
a_database_restored_to_an_older_state_does_not_start(void **state)
{
    struct house *h = *state;

    (void)write_acts(h, 300);
    assert_ok(start(h, err));
    stop(h);
    fixture_sql(&h->fixture, "DELETE FROM act WHERE leaf_index >= 290");
    assert_rc(start(h, err), RC_CORRUPT);
    (void)write_acts(h, 10); /* other acts in the place of those that were signed */
    assert_rc(start(h, err), RC_CORRUPT);
    (void)write_acts(h, 500); /* however many more there are */
    assert_rc(start(h, err), RC_CORRUPT);
    assert_verified(h, 300);
}

static void
acts_that_vanish_under_a_running_node_are_not_signed_away(void **state)
{
    struct house *h = *state;
    int64_t index = write_acts(h, 20);

    assert_ok(start(h, err));
    assert_ok(publisher_wait(h->publisher, NULL, index, LONG_MS, err));
    fixture_sql(&h->fixture, "DELETE FROM act WHERE leaf_index >= 10");
    publisher_nudge(h->publisher);
    stop(h);
    assert_verified(h, 20);
}

static void
a_gap_among_new_acts_is_not_signed(void **state)
{
    struct house *h = *state;

    (void)write_acts(h, 20);
    fixture_sql(&h->fixture, "DELETE FROM act WHERE leaf_index = 10");
    assert_ok(start(h, err));
    assert_rc(publisher_wait(h->publisher, NULL, 0, 30, err), RC_TIMEOUT);
    stop(h);
    assert_false(is_there(h->arena, h->folder, "checkpoint"));
}

static void
a_checkpoint_of_another_key_does_not_start(void **state)
{
    struct house *h = *state;

    (void)write_acts(h, 3);
    assert_ok(start(h, err));
    stop(h);
    close_for_fork(h);
    start_signer(h, 'x');
    fixture_open(&h->fixture);
    assert_rc(start(h, err), RC_CORRUPT);
    assert_verified(h, 3);
}

static void
a_damaged_log_does_not_start(void **state)
{
    static const char *const names[] = {"checkpoint", "tile/0/000.p/3", "tile/entries/000.p/3"};
    struct house *h = *state;
    struct arena *a = h->arena;

    (void)write_acts(h, 3);
    assert_ok(start(h, err));
    stop(h);
    for (size_t i = 0; i < 3; i++) {
        struct str path = str_fmt(a, "%s/%s", h->folder, names[i]), good, bad;
        good = read_all(a, h->folder, names[i]);
        bad = str_fmt(a, "%*s", (int)good.len, "");
        assert_ok(file_replace(path.ptr, bad, 0644, err));
        assert_rc(start(h, err), RC_CORRUPT);
        assert_ok(file_replace(path.ptr, good, 0644, err));
    }
    assert_ok(start(h, err));
}

static void
only_one_publishes_to_a_folder(void **state)
{
    struct house *h = *state;
    struct publisher *first;

    assert_ok(start(h, err));
    first = h->publisher;
    assert_rc(start(h, err), RC_CONFLICT);
    assert_ptr_equal(h->publisher, first);
}

static void
a_key_that_is_not_there_does_not_start(void **state)
{
    struct house *h = *state;
    struct publisher_config config = {.store = h->fixture.db.store,
                                      .folder = h->folder,
                                      .origin = STR("evidence.example/log1"),
                                      .key_name = STR("other"),
                                      .signer_fd = h->signer_fd,
                                      .interval_ms = 5};

    assert_rc(publisher_start(&config, &h->publisher, err), RC_NOT_FOUND);
    config.key_name = STR("log");
    config.origin = STR("no name");
    assert_rc(publisher_start(&config, &h->publisher, err), RC_INVALID);
    assert_null(h->publisher);
    close_for_fork(h);
    start_signer_with(h, "sm2-sm3", "0123456789abcdef0123456789abcdef");
    fixture_open(&h->fixture);
    config.store = h->fixture.db.store;
    config.origin = STR("evidence.example/log1");
    assert_rc(publisher_start(&config, &h->publisher, err), RC_INVALID);
}

/* --- waiting ------------------------------------------------------------------------------------- */

static void
a_wait_for_an_act_that_does_not_come_ends(void **state)
{
    struct house *h = *state;

    assert_ok(start(h, err));
    assert_rc(publisher_wait(h->publisher, NULL, 0, 20, err), RC_TIMEOUT);
    assert_rc(publisher_wait(h->publisher, NULL, 0, 0, err), RC_TIMEOUT);
    assert_ok(publisher_wait(h->publisher, NULL, write_acts(h, 1), LONG_MS, err));
    assert_ok(publisher_wait(h->publisher, NULL, 0, 0, err));
}

static void
without_a_signer_acts_are_kept_and_published_later(void **state)
{
    struct house *h = *state;

    assert_ok(start(h, err));
    assert_ok(publisher_wait(h->publisher, NULL, write_acts(h, 5), LONG_MS, err));
    assert_int_equal(kill(h->signer, SIGKILL), 0);
    assert_rc(publisher_wait(h->publisher, NULL, write_acts(h, 5), 50, err), RC_TIMEOUT);
    stop(h);
    assert_verified(h, 5);
    close_for_fork(h);
    start_signer(h, '\0');
    fixture_open(&h->fixture);
    assert_ok(start(h, err));
    assert_ok(publisher_wait(h->publisher, NULL, 9, LONG_MS, err));
    stop(h);
    assert_verified(h, 10);
}

enum { CALLERS = 24, ACTS_EACH = 10 };

struct caller {
    struct house *house;
    pthread_t thread;
    sem_t resumed; /* a caller with hooks, as a coroutine is one */
    bool hooked;
};

static void
caller_suspend(void *ctx)
{
    struct caller *c = ctx;

    while (sem_wait(&c->resumed) != 0) {
        /* interrupted */
    }
}

static void
caller_resume(void *ctx)
{
    struct caller *c = ctx;

    CHECK(sem_post(&c->resumed) == 0);
}

static void *
call(void *ctx)
{
    struct caller *c = ctx;
    struct store_wait hooks = {.ctx = c, .suspend = caller_suspend, .resume = caller_resume};

    for (int i = 0; i < ACTS_EACH; i++) {
        int64_t index;
        struct err err;
        CHECK(write_act(c->house, &index, &err) == RC_OK);
        CHECK(publisher_wait(c->house->publisher, c->hooked ? &hooks : NULL, index, LONG_MS,
                             &err) == RC_OK);
        CHECK(publisher_size(c->house->publisher) > (uint64_t)index);
    }
    return NULL;
}

static void
many_wait_at_once_each_in_its_own_way(void **state)
{
    struct house *h = *state;
    struct caller callers[CALLERS];

    assert_ok(start(h, err));
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){.house = h, .hooked = i % 2 == 0};
        assert_int_equal(sem_init(&callers[i].resumed, 0, 0), 0);
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++) {
        assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
        (void)sem_destroy(&callers[i].resumed);
    }
    stop(h);
    assert_verified(h, CALLERS * ACTS_EACH);
}

struct late {
    struct house *house;
    pthread_t thread;
    enum rc rc;
};

static void *
wait_for_ever(void *ctx)
{
    struct late *l = ctx;
    struct err err;

    l->rc = publisher_wait(l->house->publisher, NULL, INT64_MAX, LONG_MS, &err);
    return NULL;
}

static void
those_who_still_wait_are_told_when_it_stops(void **state)
{
    struct house *h = *state;
    struct late late[4];

    assert_ok(start(h, err));
    for (int i = 0; i < 4; i++) {
        late[i] = (struct late){.house = h};
        assert_int_equal(pthread_create(&late[i].thread, NULL, wait_for_ever, &late[i]), 0);
    }
    while (publisher_waiting(h->publisher) < 4) {
        (void)usleep(1000);
    }
    stop(h);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(late[i].thread, NULL), 0);
        assert_int_equal(late[i].rc, RC_IO);
    }
}

static int
run_on(enum fixture_kind which, const char *name)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, build_house, leave_house)
    const struct CMUnitTest tests[] = {
        TEST(every_act_gets_into_the_log_and_has_a_proof),
        TEST(an_empty_log_is_signed_too),
        TEST(a_node_that_starts_again_goes_on_where_it_was),
        TEST(tiles_that_are_lost_are_made_again_the_same),
        TEST(a_database_restored_to_an_older_state_does_not_start),
        TEST(acts_that_vanish_under_a_running_node_are_not_signed_away),
        TEST(a_gap_among_new_acts_is_not_signed),
        TEST(a_checkpoint_of_another_key_does_not_start),
        TEST(a_damaged_log_does_not_start),
        TEST(only_one_publishes_to_a_folder),
        TEST(a_key_that_is_not_there_does_not_start),
        TEST(a_wait_for_an_act_that_does_not_come_ends),
        TEST(without_a_signer_acts_are_kept_and_published_later),
        TEST(many_wait_at_once_each_in_its_own_way),
        TEST(those_who_still_wait_are_told_when_it_stops),
    };
#undef TEST

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed;

    (void)signal(SIGPIPE, SIG_IGN);
    failed = run_on(FIXTURE_SQLITE, "the publisher on SQLite");
    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "the publisher on PostgreSQL");
    }
    return failed;
}
