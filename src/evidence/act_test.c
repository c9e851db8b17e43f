#include "evidence/test_suite.h"

#include <pthread.h>

#include "base/mem.h"
#include "evidence/act.h"
#include "store/fixture.h"

enum { ROOM = 64 << 20 };

static enum fixture_kind kind;

static int
open_store(void **state)
{
    struct fixture *f = mem_new(1, sizeof(*f));

    fixture_new(f, kind);
    *state = f;
    return 0;
}

static int
remove_store(void **state)
{
    fixture_remove(*state);
    mem_free(*state);
    return 0;
}

/* --- writing ------------------------------------------------------------------------------------- */

struct writing {
    struct arena *arena;
    struct act act;
    struct act_ref ref;
    enum rc then; /* what the write itself answers after the act */
};

static enum rc
write_act_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct writing *w = ctx;
    enum rc rc = act_add(tx, w->arena, &w->act, &w->ref, err);

    return rc != RC_OK || w->then == RC_OK ? rc : err_set(err, w->then, "changed its mind");
}

static enum rc
write_act(const struct db *db, struct arena *a, struct act act, struct act_ref *ref,
          struct err *err)
{
    struct writing w = {.arena = a, .act = act};
    enum rc rc = store_write(db, write_act_tx, &w, err);

    if (rc == RC_OK && ref != NULL) {
        *ref = w.ref;
    }
    return rc;
}

static struct act
plain_act(int64_t at_us)
{
    return (struct act){.kind = ACT_VIEW, .at_us = at_us, .actor = STR("officer:7")};
}

static void
an_act_comes_back_as_it_was_and_opens_its_leaf(void **state)
{
    struct fixture *f = *state;
    struct arena *a = arena_new(ROOM);
    struct json *detail = json_object(a), *got = NULL;
    struct act_ref ref;
    struct str opening, leaf;

    json_set_text(a, detail, "purpose", STR("核验"));
    json_set_int(a, detail, "count", 3);
    assert_ok(write_act(&f->db, a,
                        (struct act){.kind = ACT_READ,
                                     .at_us = INT64_C(1764000000123456),
                                     .actor = STR("node:city"),
                                     .org = STR("11510100MB1234567X"),
                                     .case_no = STR("case-1"),
                                     .subject = STR("person-9"),
                                     .resource = STR("licence"),
                                     .detail = detail},
                        &ref, err));
    assert_int_equal(ref.index, 0);
    assert_ok(act_by_index(&f->db, a, 0, &got, err));
    assert_int_equal(json_int_or(got, "index", -1), 0);
    assert_true(str_eq(json_str(got, "kind"), STR("read")));
    assert_true(str_eq(json_str(got, "kind_zh"), STR("提供数据")));
    assert_true(str_eq(json_str(got, "at"), STR("2025-11-25T00:00:00+08:00")));
    assert_true(str_eq(json_str(got, "actor"), STR("node:city")));
    assert_true(str_eq(json_str(got, "org"), STR("11510100MB1234567X")));
    assert_true(str_eq(json_str(got, "case_no"), STR("case-1")));
    assert_true(str_eq(json_str(got, "subject"), STR("person-9")));
    assert_true(str_eq(json_str(got, "resource"), STR("licence")));
    assert_true(json_equal(json_get(got, "detail"), detail));
    assert_true(str_eq(json_str(got, "body"),
                       STR("{\"actor\":\"node:city\",\"at_us\":1764000000123456,"
                           "\"case_no\":\"case-1\",\"detail\":{\"count\":3,\"purpose\":\"核验\"},"
                           "\"kind\":\"read\",\"org\":\"11510100MB1234567X\","
                           "\"resource\":\"licence\",\"subject\":\"person-9\"}")));
    assert_ok(base64_decode(a, json_str(got, "opening"), &opening, err));
    assert_ok(base64_decode(a, json_str(got, "leaf"), &leaf, err));
    assert_memory_equal(leaf.ptr, ref.leaf, LEAF_BYTES);
    assert_true(act_leaf_opens(leaf, json_str(got, "body"), opening));
    assert_ok(act_leaf_agrees(a, leaf, json_str(got, "body"), err));
    assert_rc(act_by_index(&f->db, a, 1, &got, err), RC_NOT_FOUND);
    arena_free(a);
}

static void
two_acts_alike_have_leaves_that_tell_nothing(void **state)
{
    struct fixture *f = *state;
    struct arena *a = arena_new(ROOM);
    struct act_ref first, second;

    assert_ok(write_act(&f->db, a, plain_act(5), &first, err));
    assert_ok(write_act(&f->db, a, plain_act(5), &second, err));
    assert_memory_equal(first.leaf, second.leaf, 8);
    assert_memory_not_equal(first.leaf + 8, second.leaf + 8, HASH_BYTES);
    arena_free(a);
}

static void
an_undone_act_leaves_no_gap(void **state)
{
    struct fixture *f = *state;
    struct arena *a = arena_new(ROOM);
    int64_t count;

    for (int i = 0; i < 5; i++) {
        struct writing w = {.arena = a, .act = plain_act(i), .then = RC_CONFLICT};
        struct act_ref ref;
        assert_rc(store_write(&f->db, write_act_tx, &w, err), RC_CONFLICT);
        assert_ok(write_act(&f->db, a, plain_act(i), &ref, err));
        assert_int_equal(ref.index, i);
    }
    assert_ok(act_count(&f->db, &count, err));
    assert_int_equal(count, 5);
    arena_free(a);
}

enum { THREADS = 8, ACTS_EACH = 25 };

struct worker {
    const struct fixture *fixture;
    pthread_t thread;
    int number;
};

/* Every third write undoes itself after it has had an index. */
static void *
work(void *ctx)
{
    const struct worker *w = ctx;
    struct arena *a = arena_new(ROOM);

    for (int i = 0; i < ACTS_EACH; i++) {
        struct writing writing = {.arena = a,
                                  .act = plain_act(w->number * 1000 + i),
                                  .then = i % 3 == 2 ? RC_CONFLICT : RC_OK};
        struct err err;
        enum rc rc = store_write(&w->fixture->db, write_act_tx, &writing, &err);
        CHECK(rc == writing.then);
    }
    arena_free(a);
    return NULL;
}

static void
many_writers_at_once_share_one_row_of_numbers(void **state)
{
    struct fixture *f = *state;
    struct arena *a = arena_new(ROOM);
    struct worker workers[THREADS];
    struct str leaves;
    int64_t count;

    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.fixture = f, .number = i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    }
    assert_ok(act_count(&f->db, &count, err));
    assert_int_equal(count, THREADS * (ACTS_EACH - ACTS_EACH / 3));
    assert_ok(act_leaves(&f->db, a, 0, count, &leaves, err)); /* which would be told of a gap */
    assert_int_equal(leaves.len, count * LEAF_BYTES);
    arena_free(a);
}

static void
an_act_that_cannot_be_committed_to_is_refused(void **state)
{
    struct fixture *f = *state;
    struct arena *a = arena_new(ROOM);
    struct act act = plain_act(0);
    struct json *detail = json_object(a);
    int64_t count;

    act.detail = json_array(a);
    assert_rc(write_act(&f->db, a, act, NULL, err), RC_INVALID);
    json_set(a, detail, "n", json_number(a, STR("9007199254740993")));
    act.detail = detail;
    assert_rc(write_act(&f->db, a, act, NULL, err), RC_INVALID);
    detail = json_object(a);
    json_set_text(a, detail, "long", str_fmt(a, "%0*d", ACT_BODY_MAX, 0));
    act.detail = detail;
    assert_rc(write_act(&f->db, a, act, NULL, err), RC_LIMIT);
    assert_ok(act_count(&f->db, &count, err));
    assert_int_equal(count, 0);
    arena_free(a);
}

/* --- reading ------------------------------------------------------------------------------------- */

static void
write_thirty(const struct fixture *f, struct arena *a)
{
    for (int i = 0; i < 30; i++) {
        struct act act = plain_act(i);
        act.case_no = i % 2 == 0 ? STR("even") : STR("");
        act.subject = i % 3 == 0 ? STR("third") : STR("");
        assert_ok(write_act(&f->db, a, act, NULL, err));
    }
}

static void
assert_indexes(const struct json *acts, int first, int step, uint32_t count)
{
    int want = first;

    assert_int_equal(acts->count, count);
    for (const struct json *act = acts->first; act != NULL; act = act->next) {
        assert_int_equal(json_int_or(act, "index", -1), want);
        assert_null(json_get(act, "body"));
        assert_null(json_get(act, "opening"));
        assert_non_null(json_get(act, "leaf"));
        want -= step;
    }
}

static void
lists_go_back_from_the_newest_and_on_from_where_they_stopped(void **state)
{
    struct fixture *f = *state;
    struct arena *a = arena_new(ROOM);
    struct json *acts;

    write_thirty(f, a);
    assert_ok(act_latest(&f->db, a, -1, 10, &acts, err));
    assert_indexes(acts, 29, 1, 10);
    assert_ok(act_latest(&f->db, a, 20, 100, &acts, err));
    assert_indexes(acts, 19, 1, 20);
    assert_ok(act_of_case(&f->db, a, STR("even"), -1, 4, &acts, err));
    assert_indexes(acts, 28, 2, 4);
    assert_ok(act_of_case(&f->db, a, STR("even"), 22, 100, &acts, err));
    assert_indexes(acts, 20, 2, 11);
    assert_ok(act_of_subject(&f->db, a, STR("third"), -1, 100, &acts, err));
    assert_indexes(acts, 27, 3, 10);
    assert_ok(act_of_subject(&f->db, a, STR(""), -1, 100, &acts, err));
    assert_indexes(acts, 0, 0, 0);
    assert_ok(act_of_case(&f->db, a, STR("none"), -1, 100, &acts, err));
    assert_indexes(acts, 0, 0, 0);
    arena_free(a);
}

static void
readings_of_a_subject_are_listed_and_counted_since_a_moment(void **state)
{
    static const struct {
        enum act_kind kind;
        int64_t at_us;
        const char *actor;
        const char *case_no;
        const char *subject;
    } acts[] = {
        {ACT_VIEW, 5, "officer:1", "c-1", "me"},    {ACT_ASK, 10, "system", "draft:d-1", "me"},
        {ACT_ACCEPT, 11, "officer:1", "c-1", "me"}, {ACT_VIEW, 12, "officer:1", "c-1", "me"},
        {ACT_VIEW, 13, "officer:1", "c-1", "me"},   {ACT_READ, 14, "node:yunxi", "", "me"},
        {ACT_VIEW, 15, "officer:2", "c-2", "me"},   {ACT_VIEW, 16, "officer:3", "c-3", "you"},
    };
    struct fixture *f = *state;
    struct arena *a = arena_new(ROOM);
    struct act_reads sum;
    struct json *got;

    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        struct act act = {.kind = acts[i].kind,
                          .at_us = acts[i].at_us,
                          .actor = str_of(acts[i].actor),
                          .case_no = str_of(acts[i].case_no),
                          .subject = str_of(acts[i].subject)};
        assert_ok(write_act(&f->db, a, act, NULL, err));
    }
    assert_ok(act_reads_of(&f->db, a, STR("me"), 10, -1, 100, &got, err));
    assert_int_equal(got->count, 5);
    assert_int_equal(json_int_or(got->first, "index", -1), 6);
    assert_int_equal(json_int_or(got->last, "index", -1), 1);
    assert_ok(act_reads_of(&f->db, a, STR("me"), 10, 4, 1, &got, err));
    assert_indexes(got, 3, 1, 1);
    assert_ok(act_reads_sum(&f->db, STR("me"), 10, &sum, err));
    assert_int_equal(sum.count, 5);
    assert_int_equal(sum.officers, 2);
    assert_int_equal(sum.systems, 2);
    assert_int_equal(sum.matters, 3);
    assert_ok(act_reads_sum(&f->db, STR("me"), 0, &sum, err));
    assert_int_equal(sum.count, 6);
    assert_ok(act_reads_sum(&f->db, STR("nobody"), 0, &sum, err));
    assert_int_equal(sum.count + sum.officers + sum.systems + sum.matters, 0);
    arena_free(a);
}

static void
leaves_come_in_order_as_many_as_there_are(void **state)
{
    struct fixture *f = *state;
    struct arena *a = arena_new(ROOM);
    struct str leaves, some;

    write_thirty(f, a);
    assert_ok(act_leaves(&f->db, a, 0, 100, &leaves, err));
    assert_int_equal(leaves.len, 30 * LEAF_BYTES);
    assert_ok(act_leaves(&f->db, a, 7, 5, &some, err));
    assert_true(str_eq(some, str_sub(leaves, (size_t)7 * LEAF_BYTES, (size_t)5 * LEAF_BYTES)));
    assert_ok(act_leaves(&f->db, a, 30, 5, &some, err));
    assert_int_equal(some.len, 0);
    fixture_sql(f, "DELETE FROM act WHERE leaf_index = 11");
    assert_rc(act_leaves(&f->db, a, 7, 10, &some, err), RC_CORRUPT);
    arena_free(a);
}

static void
a_row_that_no_program_wrote_is_corrupt(void **state)
{
    struct fixture *f = *state;
    struct arena *a = arena_new(ROOM);
    struct json *acts;

    write_thirty(f, a);
    fixture_sql(f, "UPDATE act SET kind = 200 WHERE leaf_index = 5");
    assert_rc(act_by_index(&f->db, a, 5, &acts, err), RC_CORRUPT);
    assert_rc(act_latest(&f->db, a, -1, 100, &acts, err), RC_CORRUPT);
    fixture_sql(f, "UPDATE act SET body = 'no JSON' WHERE leaf_index = 6");
    assert_rc(act_by_index(&f->db, a, 6, &acts, err), RC_CORRUPT);
    arena_free(a);
}

static enum rc
erase_tx(struct tx *tx, void *ctx, struct err *err)
{
    return act_erase(tx, *(const int64_t *)ctx, err);
}

static void
an_erased_act_is_silent_and_its_leaf_stays(void **state)
{
    struct fixture *f = *state;
    struct arena *a = arena_new(ROOM);
    struct json *before, *after, *acts;
    int64_t index = 6, none = 30;
    struct str leaves;

    write_thirty(f, a);
    assert_ok(act_by_index(&f->db, a, index, &before, err));
    assert_ok(store_write(&f->db, erase_tx, &index, err));
    assert_rc(store_write(&f->db, erase_tx, &none, err), RC_NOT_FOUND);
    assert_ok(act_by_index(&f->db, a, index, &after, err));
    assert_true(json_true(after, "erased"));
    assert_false(json_true(before, "erased"));
    assert_null(json_get(after, "body"));
    assert_null(json_get(after, "opening"));
    assert_null(json_get(after, "detail"));
    assert_true(str_eq(json_str(after, "actor"), STR("")));
    assert_true(str_eq(json_str(after, "subject"), STR("")));
    assert_true(str_eq(json_str(after, "case_no"), STR("")));
    assert_true(str_eq(json_str(after, "leaf"), json_str(before, "leaf")));
    assert_true(str_eq(json_str(after, "kind"), json_str(before, "kind")));
    assert_ok(act_of_case(&f->db, a, STR("even"), 8, 1, &acts, err));
    assert_indexes(acts, 4, 2, 1);
    assert_ok(act_leaves(&f->db, a, 0, 30, &leaves, err));
    assert_int_equal(leaves.len, 30 * LEAF_BYTES);
    arena_free(a);
}

static void
a_full_arena_is_only_ever_a_limit(void **state)
{
    struct fixture *f = *state;
    struct arena *a = arena_new(ROOM);
    enum rc rc = RC_LIMIT;

    write_thirty(f, a);
    for (size_t limit_bytes = 1; rc == RC_LIMIT && limit_bytes < 100000; limit_bytes += 97) {
        struct arena *small = arena_new(limit_bytes);
        struct json *acts, *act;
        struct err err;
        rc = act_of_case(&f->db, small, STR("even"), -1, 5, &acts, &err);
        if (rc == RC_OK) {
            rc = act_by_index(&f->db, small, 3, &act, &err);
        }
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        arena_free(small);
    }
    assert_int_equal(rc, RC_OK);
    rc = RC_LIMIT;
    for (size_t limit_bytes = 1; rc == RC_LIMIT && limit_bytes < 100000; limit_bytes += 97) {
        struct arena *small = arena_new(limit_bytes);
        struct err err;
        rc = write_act(&f->db, small, plain_act(1), NULL, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        arena_free(small);
    }
    assert_int_equal(rc, RC_OK);
    arena_free(a);
}

static void
the_store_says_how_much_room_its_acts_take(void **state)
{
    struct fixture *f = *state;
    struct arena *a = arena_new(ROOM);
    int64_t bytes = 0;

    assert_ok(write_act(&f->db, a, plain_act(1), NULL, err));
    assert_ok(store_bytes(&f->db, &bytes, err));
    assert_true(bytes >= 4096);
    arena_free(a);
}

static int
run_on(enum fixture_kind which, const char *name)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, remove_store)
    const struct CMUnitTest tests[] = {
        TEST(an_act_comes_back_as_it_was_and_opens_its_leaf),
        TEST(two_acts_alike_have_leaves_that_tell_nothing),
        TEST(an_undone_act_leaves_no_gap),
        TEST(many_writers_at_once_share_one_row_of_numbers),
        TEST(an_act_that_cannot_be_committed_to_is_refused),
        TEST(lists_go_back_from_the_newest_and_on_from_where_they_stopped),
        TEST(readings_of_a_subject_are_listed_and_counted_since_a_moment),
        TEST(leaves_come_in_order_as_many_as_there_are),
        TEST(a_row_that_no_program_wrote_is_corrupt),
        TEST(an_erased_act_is_silent_and_its_leaf_stays),
        TEST(a_full_arena_is_only_ever_a_limit),
        TEST(the_store_says_how_much_room_its_acts_take),
    };
#undef TEST

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "acts on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "acts on PostgreSQL");
    }
    return failed;
}
