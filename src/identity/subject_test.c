#include <dirent.h>

#include "base/file.h"
#include "identity/subject.h"
#include "identity/test_house.h"

/* Noon of 23 November 2026 in China. */
#define NOW_US INT64_C(1795406400000000)

#define PERSON "990102199003070011"
#define OTHER "99010219900307002X"
#define COMPANY "91990102MA0000015T"

struct put {
    struct house *house;
    enum subject_kind kind;
    struct str identifier, name, phone, id;
};

static enum rc
put_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct put *p = ctx;

    return subject_put(tx, p->house->vault, p->house->arena, p->kind, p->identifier, p->name,
                       p->phone, NOW_US, &p->id, err);
}

static enum rc
try_put(struct house *h, enum subject_kind kind, const char *identifier, struct err *err)
{
    struct put p = {h, kind, str_of(identifier), STR("WANGXIAOMING"), STR("15412345678"), STR("")};

    return store_write(&h->fixture.db, put_tx, &p, err);
}

static struct str
put(struct house *h, enum subject_kind kind, const char *identifier, const char *name)
{
    struct put p = {h, kind, str_of(identifier), str_of(name), STR("15412345678"), STR("")};
    struct err err;

    if (store_write(&h->fixture.db, put_tx, &p, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return p.id;
}

static void
a_subject_is_found_by_id_and_by_identifier(void **state)
{
    struct house *h = *state;
    struct str id = put(h, SUBJECT_PERSON, PERSON, "王小明");
    struct subject s;
    struct err err;

    assert_true(str_starts(id, STR("p-")));
    assert_false(str_has(id, STR("9901")));
    assert_int_equal(subject_by_id(&h->fixture.db, h->vault, h->arena, id, &s, &err), RC_OK);
    assert_true(str_eq(s.identifier, STR(PERSON)) && str_eq(s.name, STR("王小明")));
    assert_true(str_eq(s.phone, STR("15412345678")));
    assert_int_equal(s.kind, SUBJECT_PERSON);
    assert_int_equal(subject_by_identifier(&h->fixture.db, h->vault, h->arena, SUBJECT_PERSON,
                                           STR(PERSON), &s, &err),
                     RC_OK);
    assert_true(str_eq(s.id, id));
    assert_int_equal(subject_by_identifier(&h->fixture.db, h->vault, h->arena, SUBJECT_COMPANY,
                                           STR(PERSON), &s, &err),
                     RC_NOT_FOUND);
    assert_int_equal(subject_by_identifier(&h->fixture.db, h->vault, h->arena, SUBJECT_PERSON,
                                           STR(OTHER), &s, &err),
                     RC_NOT_FOUND);
    assert_int_equal(subject_by_id(&h->fixture.db, h->vault, h->arena, STR("p-"), &s, &err),
                     RC_NOT_FOUND);
}

static void
one_identifier_is_one_subject_however_it_is_written(void **state)
{
    struct house *h = *state;
    struct str id = put(h, SUBJECT_PERSON, OTHER, "王小明");
    struct subject s;
    struct err err;

    assert_true(str_eq(put(h, SUBJECT_PERSON, "99010219900307002x", "王小明"), id));
    assert_true(str_eq(put(h, SUBJECT_PERSON, " 990102 1990-0307 002X", "王小明"), id));
    assert_true(str_eq(put(h, SUBJECT_PERSON, "９９０１０２19900307002Ｘ", "王晓明"), id));
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM subject"), 1);
    assert_int_equal(subject_by_identifier(&h->fixture.db, h->vault, h->arena, SUBJECT_PERSON,
                                           STR("99010219900307002ｘ"), &s, &err),
                     RC_OK);
    assert_true(str_eq(s.name, STR("王晓明")));
    assert_true(str_starts(put(h, SUBJECT_COMPANY, COMPANY, "面馆"), STR("c-")));
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM subject"), 2);
}

static void
an_identifier_that_fails_its_check_is_refused(void **state)
{
    static const struct {
        const char *identifier;
        enum subject_kind kind;
        enum rc rc;
    } cases[] = {
        {"990102199003070012", SUBJECT_PERSON, RC_INVALID},
        {"990102199003070021", SUBJECT_PERSON, RC_INVALID},
        {"990102199002300014", SUBJECT_PERSON, RC_INVALID}, /* 30 February */
        {"99010219900307001", SUBJECT_PERSON, RC_INVALID},
        {"", SUBJECT_PERSON, RC_INVALID},
        {"990102199003070011' OR '1'='1", SUBJECT_PERSON, RC_INVALID},
        {COMPANY, SUBJECT_PERSON, RC_INVALID},
        {PERSON, SUBJECT_COMPANY, RC_INVALID},
        {"91310115MA1H8R7C6D", SUBJECT_COMPANY, RC_INVALID},
        {"91350211M0000XUF46", SUBJECT_COMPANY, RC_OK}, /* really issued, though its check fails */
    };
    struct house *h = *state;
    struct err err;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (try_put(h, cases[i].kind, cases[i].identifier, &err) != cases[i].rc) {
            fail_msg("\"%s\"", cases[i].identifier);
        }
        if (cases[i].rc != RC_OK) {
            assert_string_equal(err.type, "identifier-wrong");
            assert_false(cases[i].identifier[0] != '\0' &&
                         str_has(str_of(err.text), str_of(cases[i].identifier)));
        }
    }
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM subject"), 1);
}

/* All files of the store's folder: database, journal, whatever lies beside them. */
static void
assert_nowhere_in_clear(struct house *h, const char *const *words, size_t count)
{
    DIR *folder = opendir(h->fixture.folder);
    int files = 0;

    assert_non_null(folder);
    for (const struct dirent *d = readdir(folder); d != NULL; d = readdir(folder)) {
        struct str content;
        struct err err;
        if (d->d_name[0] == '.' ||
            file_read(h->arena, str_c(h->arena, str_fmt(h->arena, "%s/%s", h->fixture.folder,
                                                        d->d_name)),
                      1 << 22, &content, &err) != RC_OK) {
            continue;
        }
        files++;
        for (size_t i = 0; i < count; i++) {
            if (str_has(content, str_of(words[i]))) {
                fail_msg("%s stands in %s", words[i], d->d_name);
            }
        }
    }
    (void)closedir(folder);
    assert_true(files > 0);
}

static void
nothing_of_a_person_can_be_read_in_the_database(void **state)
{
    static const char *const words[] = {PERSON, "WANGXIAOMING", "15412345678", "19900307"};
    struct house *h = *state;

    (void)put(h, SUBJECT_PERSON, PERSON, "WANGXIAOMING");
    (void)put(h, SUBJECT_PERSON, PERSON, "WANGXIAOMING");
    if (house_kind == FIXTURE_POSTGRES) {
        assert_int_equal(fixture_int(&h->fixture,
                                     "SELECT COUNT(*) FROM subject s WHERE s::text LIKE '%" PERSON "%' "
                                     "OR position('WANGXIAOMING'::bytea in s.name) > 0 "
                                     "OR position('" PERSON "'::bytea in s.identifier) > 0 "
                                     "OR position('" PERSON "'::bytea in s.id_index) > 0 "
                                     "OR position('15412345678'::bytea in s.phone) > 0"),
                         0);
        return;
    }
    assert_nowhere_in_clear(h, words, 4); /* while it is open, with its journal */
    fixture_close(&h->fixture);
    assert_nowhere_in_clear(h, words, 4);
    fixture_open(&h->fixture);
}

static void
the_index_says_nothing_without_its_key(void **state)
{
    struct house *h = *state;
    struct vault *mine = h->vault;
    struct subject s;
    struct err err;

    (void)put(h, SUBJECT_PERSON, PERSON, "王小明");
    assert_int_equal(vault_open_keys(vault_new_keys(h->arena), &h->vault, &err), RC_OK);
    assert_int_equal(subject_by_identifier(&h->fixture.db, h->vault, h->arena, SUBJECT_PERSON,
                                           STR(PERSON), &s, &err),
                     RC_NOT_FOUND);
    vault_free(h->vault);
    h->vault = mine;
}

/* Whoever can write to the database still cannot make one person's name another's. */
static void
a_sealed_field_that_was_moved_does_not_open(void **state)
{
    static const char *const moves[] = {
        "UPDATE subject SET name = (SELECT name FROM subject o WHERE o.id <> subject.id)",
        "UPDATE subject SET name = phone",
        "UPDATE subject SET identifier = (SELECT identifier FROM subject o WHERE o.id <> subject.id)",
    };
    struct house *h = *state;
    struct subject s;
    struct err err;

    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        fixture_sql(&h->fixture, "DELETE FROM subject");
        struct str id = put(h, SUBJECT_PERSON, PERSON, "王小明");
        (void)put(h, SUBJECT_PERSON, OTHER, "李小红");
        assert_int_equal(subject_by_id(&h->fixture.db, h->vault, h->arena, id, &s, &err), RC_OK);
        fixture_sql(&h->fixture, moves[i]);
        assert_int_equal(subject_by_id(&h->fixture.db, h->vault, h->arena, id, &s, &err),
                         RC_CORRUPT);
    }
}

/* Every allocation may be the one that fails: nothing is written by halves, nothing is left. */
static void
memory_that_ends_leaves_no_subject(void **state)
{
    struct house *h = *state;
    struct put p = {h, SUBJECT_PERSON, STR(PERSON), STR("王小明"), STR("15412345678"), STR("")};
    struct err err;
    enum rc rc = RC_LIMIT;
    size_t n;

    for (n = 1; rc != RC_OK && n < 100; n++) {
        assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM subject"), 0);
        arena_fail_at(h->arena, n);
        rc = store_write(&h->fixture.db, put_tx, &p, &err);
        arena_fail_at(h->arena, 0);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
    }
    assert_true(n > 5);
    assert_int_equal(rc, RC_OK);
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM subject"), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(a_subject_is_found_by_id_and_by_identifier),
        HOUSE_TEST(one_identifier_is_one_subject_however_it_is_written),
        HOUSE_TEST(an_identifier_that_fails_its_check_is_refused),
        HOUSE_TEST(nothing_of_a_person_can_be_read_in_the_database),
        HOUSE_TEST(the_index_says_nothing_without_its_key),
        HOUSE_TEST(a_sealed_field_that_was_moved_does_not_open),
        HOUSE_TEST(memory_that_ends_leaves_no_subject),
    };

    return HOUSE_RUN(tests, "subject");
}
