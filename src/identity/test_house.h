/*
 * test_house - what the tests of people and powers share: a store of their own on either
 * database, a vault, an arena.
 */
#ifndef IDENTITY_TEST_HOUSE_H
#define IDENTITY_TEST_HOUSE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "crypto/vault.h"
#include "store/fixture.h"

enum { HOUSE_ARENA = 16 << 20 };

static enum fixture_kind house_kind;

struct house {
    struct fixture fixture;
    struct arena *arena;
    struct vault *vault;
};

/*
 * To make a database of PostgreSQL takes longer than most tests, so a group shares one, emptied
 * before each.
 */
static struct fixture house_shared;

static inline int
house_begin_group(void **state)
{
    (void)state;
    if (house_kind == FIXTURE_POSTGRES) {
        fixture_new(&house_shared, FIXTURE_POSTGRES);
    }
    return 0;
}

static inline int
house_end_group(void **state)
{
    (void)state;
    if (house_kind == FIXTURE_POSTGRES) {
        fixture_remove(&house_shared);
    }
    return 0;
}

/* An empty store, an arena and a vault. */
static inline void
house_build(struct house *h)
{
    struct err err;

    if (house_kind == FIXTURE_POSTGRES) {
        h->fixture = house_shared;
        fixture_sql(&h->fixture,
                    "SET client_min_messages = warning; TRUNCATE act, idempotency, session, account, sign_in_peer, sign_in_name, "
                    "officer_power, officer, subject, power, org, region, region_level CASCADE");
    } else {
        fixture_new(&h->fixture, house_kind);
    }
    h->arena = arena_new(HOUSE_ARENA);
    assert_int_equal(vault_open_keys(vault_new_keys(h->arena), &h->vault, &err), RC_OK);
}

static inline void
house_take_down(struct house *h)
{
    if (house_kind == FIXTURE_SQLITE) {
        fixture_remove(&h->fixture);
    }
    vault_free(h->vault);
    arena_free(h->arena);
}

static inline int
house_open(void **state)
{
    struct house *h = mem_new(1, sizeof(*h));

    house_build(h);
    *state = h;
    return 0;
}

static inline int
house_close(void **state)
{
    house_take_down(*state);
    mem_free(*state);
    return 0;
}

static inline struct json *
house_json(const struct house *h, const char *text)
{
    struct json *j;
    struct err err;

    if (json_parse(h->arena, str_of(text), JSON_UNIQUE, &j, &err) != RC_OK) {
        fail_msg("%s: %s", err.text, text);
    }
    return j;
}

#define HOUSE_TEST(name) cmocka_unit_test_setup_teardown(name, house_open, house_close)

/* The group on SQLite, and on PostgreSQL where there is one; how many failed. */
#define HOUSE_RUN(tests, name)                                                               \
    (house_kind = FIXTURE_SQLITE,                                                            \
     cmocka_run_group_tests_name(name " on SQLite", tests, house_begin_group,                \
                                 house_end_group) +                                          \
         (fixture_has_postgres()                                                             \
              ? (house_kind = FIXTURE_POSTGRES,                                              \
                 cmocka_run_group_tests_name(name " on PostgreSQL", tests, house_begin_group, \
                                             house_end_group))                               \
              : 0))

#endif
