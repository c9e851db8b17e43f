#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "data/registry.h"
#include "store/fixture.h"

static enum fixture_kind kind;

struct house {
    struct fixture fixture;
    struct arena *arena;
    struct vault *vault;
};

struct put {
    struct house *house;
    struct str resource;
    struct str key;
    const struct json *body;
    int64_t now_us;
};

static enum rc
put_fn(struct tx *tx, void *ctx, struct err *err)
{
    const struct put *p = ctx;

    return registry_put(tx, p->house->vault, p->house->arena, p->resource, p->key, p->body,
                        p->now_us, err);
}

static enum rc
put(struct house *h, const char *resource, const char *key, const char *body, int64_t now_us)
{
    struct put p = {h, str_of(resource), str_of(key), NULL, now_us};
    struct json *j;
    struct err err;

    assert_int_equal(json_parse(h->arena, str_of(body), JSON_ANY, &j, &err), RC_OK);
    p.body = j;
    return store_write(&h->fixture.db, put_fn, &p, &err);
}

static int
open_house(void **state)
{
    struct house *h = mem_new(1, sizeof(*h));
    struct err err;

    fixture_new(&h->fixture, kind);
    h->arena = arena_new(1 << 22);
    assert_int_equal(vault_open_keys(vault_new_keys(h->arena), &h->vault, &err), RC_OK);
    *state = h;
    return 0;
}

static int
close_house(void **state)
{
    struct house *h = *state;

    fixture_remove(&h->fixture);
    vault_free(h->vault);
    arena_free(h->arena);
    mem_free(h);
    return 0;
}

static void
a_record_is_found_by_its_key_and_replaced(void **state)
{
    struct house *h = *state;
    struct json *body;
    int64_t updated_us = 0, count = 0;
    struct err err;

    assert_int_equal(put(h, "yl/person", "990102199001010011", "{\"name\":\"王\"}", 5), RC_OK);
    assert_int_equal(put(h, "yl/person", "990102199001010011", "{\"name\":\"王小明\"}", 6), RC_OK);
    assert_int_equal(put(h, "yl/house", "990102199001010011", "{\"name\":\"房\"}", 7), RC_OK);
    assert_int_equal(registry_get(&h->fixture.db, h->vault, h->arena, STR("yl/person"),
                                  STR("990102199001010011"), &body, &updated_us, &err),
                     RC_OK);
    assert_true(str_eq(json_str(body, "name"), STR("王小明")));
    assert_int_equal(updated_us, 6);
    assert_int_equal(registry_count(&h->fixture.db, STR("yl/person"), &count, &err), RC_OK);
    assert_int_equal(count, 1);
    assert_int_equal(registry_get(&h->fixture.db, h->vault, h->arena, STR("yl/person"), STR("99"),
                                  &body, &updated_us, &err),
                     RC_NOT_FOUND);
    assert_string_equal(err.type, "record-missing");
    assert_int_equal(put(h, "yl/person", "1", "[]", 5), RC_INVALID);
    assert_int_equal(put(h, "yl/person", "", "{}", 5), RC_INVALID);
}

static void
nothing_of_a_record_can_be_read_in_the_database(void **state)
{
    struct house *h = *state;
    struct str file;
    struct err err;

    if (kind != FIXTURE_SQLITE) {
        assert_int_equal(put(h, "yl/person", "990102199001010011", "{\"name\":\"W\"}", 5), RC_OK);
        assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM record WHERE "
                                                  "position('name'::bytea in sealed) > 0"),
                         0);
        return;
    }
    assert_int_equal(put(h, "yl/person", "990102199001010011", "{\"name\":\"WANGXIAOMING\"}", 5),
                     RC_OK);
    fixture_close(&h->fixture);
    assert_int_equal(file_read(h->arena, h->fixture.config.where, 1 << 21, &file, &err), RC_OK);
    assert_true(str_has(file, STR("yl/person")));
    assert_false(str_has(file, STR("WANGXIAOMING")));
    assert_false(str_has(file, STR("990102199001010011")));
    fixture_open(&h->fixture);
}

static void
a_record_that_was_moved_to_another_person_does_not_open(void **state)
{
    struct house *h = *state;
    struct json *body;
    int64_t updated_us;
    struct err err;

    assert_int_equal(put(h, "yl/person", "A", "{\"name\":\"a\"}", 5), RC_OK);
    assert_int_equal(put(h, "yl/person", "B", "{\"name\":\"b\"}", 6), RC_OK);
    fixture_sql(&h->fixture, "UPDATE record SET sealed = (SELECT sealed FROM record WHERE "
                             "updated_us = 6) WHERE updated_us = 5");
    assert_int_equal(registry_get(&h->fixture.db, h->vault, h->arena, STR("yl/person"), STR("A"),
                                  &body, &updated_us, &err),
                     RC_CORRUPT);
    assert_int_equal(registry_get(&h->fixture.db, h->vault, h->arena, STR("yl/person"), STR("B"),
                                  &body, &updated_us, &err),
                     RC_OK);
}

static int
run_on(enum fixture_kind which, const char *name)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_house, close_house)
    const struct CMUnitTest tests[] = {
        TEST(a_record_is_found_by_its_key_and_replaced),
        TEST(nothing_of_a_record_can_be_read_in_the_database),
        TEST(a_record_that_was_moved_to_another_person_does_not_open),
    };
#undef TEST

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "registry on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "registry on PostgreSQL");
    }
    return failed;
}
