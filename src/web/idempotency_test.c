#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "store/fixture.h"
#include "web/idempotency.h"

static enum fixture_kind kind;

struct house {
    struct fixture fixture;
    struct arena *arena;
    struct vault *vault;
    struct idempotency *at_work;
};

static int
open_house(void **state)
{
    struct house *h = mem_new(1, sizeof(*h));
    struct err err;

    fixture_new(&h->fixture, kind);
    h->arena = arena_new(1 << 20);
    h->at_work = idempotency_new();
    assert_int_equal(vault_open_keys(vault_new_keys(h->arena), &h->vault, &err), RC_OK);
    *state = h;
    return 0;
}

static int
close_house(void **state)
{
    struct house *h = *state;

    fixture_remove(&h->fixture);
    idempotency_free(h->at_work);
    vault_free(h->vault);
    arena_free(h->arena);
    mem_free(h);
    return 0;
}

static struct keyed_request
request_of(const char *account, const char *key, const char *digest)
{
    return (struct keyed_request){str_of(account), str_of(key), str_of(digest)};
}

static enum rc
claim(struct house *h, const char *account, const char *key, const char *digest,
      struct kept_answer *out, struct err *err)
{
    const struct keyed_request r = request_of(account, key, digest);

    *out = (struct kept_answer){.is_kept = false};
    return idempotency_claim(h->at_work, &h->fixture.db, h->vault, h->arena, &r, out, err);
}

static void
is_claimed(struct house *h, const char *account, const char *key, const char *digest)
{
    struct kept_answer kept;
    struct err err;

    assert_int_equal(claim(h, account, key, digest, &kept, &err), RC_OK);
    assert_false(kept.is_kept);
}

static void
is_refused(struct house *h, const char *account, const char *key, const char *digest,
           const char *type)
{
    struct kept_answer kept;
    struct err err;

    assert_int_equal(claim(h, account, key, digest, &kept, &err), RC_CONFLICT);
    assert_string_equal(err.type, type);
}

static enum rc
keep(struct house *h, const char *key, const char *body, int64_t now_us)
{
    const struct keyed_request r = request_of("shen", key, "digest");
    const struct kept_answer answer = {true, 201, STR("/cases/1/done"), str_of(body)};
    struct err err;

    return idempotency_keep(h->at_work, &h->fixture.db, h->vault, h->arena, &r, now_us, &answer,
                            &err);
}

static void
release(struct house *h, const char *account, const char *key)
{
    const struct keyed_request r = request_of(account, key, "");

    idempotency_release(h->at_work, &r);
}

static void
is_answered(struct house *h, const char *key, const char *body)
{
    struct kept_answer kept;
    struct err err;

    assert_int_equal(claim(h, "shen", key, "digest", &kept, &err), RC_OK);
    assert_true(kept.is_kept);
    assert_int_equal(kept.status, 201);
    assert_true(str_eq(kept.location, STR("/cases/1/done")));
    assert_true(str_eq(kept.body, str_of(body)));
}

static void
the_same_key_with_the_same_content_gets_the_first_answer_again(void **state)
{
    struct house *h = *state;

    is_claimed(h, "shen", "k", "digest");
    assert_int_equal(keep(h, "k", "{\"case_no\":\"1\"}", 1), RC_OK);
    is_answered(h, "k", "{\"case_no\":\"1\"}");
    is_answered(h, "k", "{\"case_no\":\"1\"}");
}

static void
other_content_under_a_key_that_was_used_is_refused(void **state)
{
    struct house *h = *state;

    is_claimed(h, "shen", "k", "digest");
    assert_int_equal(keep(h, "k", "{}", 1), RC_OK);
    is_refused(h, "shen", "k", "another", "idempotency-other-content");
    is_answered(h, "k", "{}");
}

static void
a_key_that_is_at_work_is_so_for_its_account_only(void **state)
{
    struct house *h = *state;

    is_claimed(h, "shen", "k", "digest");
    is_refused(h, "shen", "k", "digest", "in-progress");
    is_claimed(h, "lu", "k", "digest");
    is_claimed(h, "shen", "ks", "digest");
    /* The same letters, cut elsewhere. */
    is_claimed(h, "she", "nk", "digest");
    release(h, "shen", "k");
    release(h, "lu", "k");
    release(h, "shen", "ks");
    release(h, "she", "nk");
}

static void
a_key_whose_handler_failed_is_free_also_for_other_content(void **state)
{
    struct house *h = *state;

    is_claimed(h, "shen", "k", "digest");
    release(h, "shen", "k");
    is_claimed(h, "shen", "k", "another");
    release(h, "shen", "k");
}

static void
what_was_at_work_when_the_worker_died_is_free_at_once(void **state)
{
    struct house *h = *state;
    struct idempotency *dead = h->at_work;

    is_claimed(h, "shen", "k", "digest");
    h->at_work = idempotency_new();
    is_claimed(h, "shen", "k", "digest");
    assert_int_equal(keep(h, "k", "{}", 1), RC_OK);
    is_answered(h, "k", "{}");
    idempotency_free(h->at_work);
    h->at_work = dead;
    release(h, "shen", "k");
}

static void
an_answer_that_cannot_be_kept_frees_its_key_all_the_same(void **state)
{
    struct house *h = *state;

    struct arena *large = h->arena, *small = arena_new(64);

    is_claimed(h, "shen", "k", "digest");
    h->arena = small;
    assert_int_equal(keep(h, "k", "{}", 1), RC_LIMIT);
    h->arena = large;
    arena_free(small);
    is_claimed(h, "shen", "k", "digest");
    release(h, "shen", "k");
}

static void
a_key_of_no_letters_or_of_too_many_is_none(void **state)
{
    struct house *h = *state;
    char key[IDEMPOTENCY_KEY_MAX + 2];
    struct kept_answer kept;
    struct err err;

    assert_int_equal(claim(h, "shen", "", "digest", &kept, &err), RC_INVALID);
    memset(key, 'k', sizeof(key) - 1);
    key[sizeof(key) - 1] = '\0';
    assert_int_equal(claim(h, "shen", key, "digest", &kept, &err), RC_INVALID);
    is_claimed(h, "shen", key + 1, "digest");
    release(h, "shen", key + 1);
}

static void
answers_are_forgotten_by_age(void **state)
{
    struct house *h = *state;
    struct err err;

    is_claimed(h, "shen", "old", "digest");
    assert_int_equal(keep(h, "old", "{}", 1000), RC_OK);
    is_claimed(h, "shen", "new", "digest");
    assert_int_equal(keep(h, "new", "{}", 2000), RC_OK);
    assert_int_equal(idempotency_expire(&h->fixture.db, 2000, &err), RC_OK);
    is_claimed(h, "shen", "old", "digest");
    release(h, "shen", "old");
    is_answered(h, "new", "{}");
}

static int
run_on(enum fixture_kind which, const char *name)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_house, close_house)
    const struct CMUnitTest tests[] = {
        TEST(the_same_key_with_the_same_content_gets_the_first_answer_again),
        TEST(other_content_under_a_key_that_was_used_is_refused),
        TEST(a_key_that_is_at_work_is_so_for_its_account_only),
        TEST(a_key_whose_handler_failed_is_free_also_for_other_content),
        TEST(what_was_at_work_when_the_worker_died_is_free_at_once),
        TEST(an_answer_that_cannot_be_kept_frees_its_key_all_the_same),
        TEST(a_key_of_no_letters_or_of_too_many_is_none),
        TEST(answers_are_forgotten_by_age),
    };
#undef TEST

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "idempotency on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "idempotency on PostgreSQL");
    }
    return failed;
}
