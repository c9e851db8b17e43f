#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/config.h"

static const struct config_key known[] = {
    {"node", "name", NULL, "what this node is called"},
    {"node", "public", "no", "may strangers read"},
    {"http", "port", "8080", "where to listen"},
    {"http", "max_body", "1048576", "bytes"},
    {"store", "url", "sqlite:data.db", "where the data is"},
};
enum { KNOWN = sizeof(known) / sizeof(known[0]) };

static enum rc
parse(struct arena *a, const char *text, char *const *environment, struct config **out,
      struct err *err)
{
    return config_parse(a, str_of(text), environment, known, KNOWN, out, err);
}

static void
what_is_given_wins_and_the_rest_has_its_default(void **state)
{
    static const char text[] = "; a node of the demo city\r\n"
                               "[node]\r\n"
                               "  name =  云溪市 = first  \r\n"
                               "# [other]\n"
                               "\n"
                               "[http]\n"
                               "port=9090\n"
                               "[node]\n"
                               "public = yes";
    struct arena *arena = arena_new(4096);
    struct config *c = NULL;
    struct err err;
    int64_t n = 0;

    (void)state;
    assert_int_equal(parse(arena, text, NULL, &c, &err), RC_OK);
    assert_true(str_eq(config_get(c, "node", "name"), STR("云溪市 = first")));
    assert_true(str_eq(config_get(c, "store", "url"), STR("sqlite:data.db")));
    assert_true(config_flag(c, "node", "public"));
    assert_int_equal(config_int(c, "http", "port", 1, 65535, &n, &err), RC_OK);
    assert_int_equal(n, 9090);
    assert_int_equal(config_int(c, "http", "max_body", 0, INT64_MAX, &n, &err), RC_OK);
    assert_int_equal(n, 1048576);
    arena_free(arena);
}

static void
the_environment_wins_over_the_file(void **state)
{
    char *environment[] = {(char[]){"PATH=/bin"}, (char[]){"ZT_HTTP_MAX_BODY=5"},
                           (char[]){"ZT_NODE_NAME="}, (char[]){"ZT_POSTGRES=host=x"},
                           (char[]){"ZT_STORE_URL=postgres:host=a dbname=b"}, NULL};
    struct arena *arena = arena_new(4096);
    struct config *c = NULL;
    struct err err;
    int64_t n = 0;

    (void)state;
    assert_int_equal(parse(arena, "[node]\nname=file\n[http]\nmax_body=7", environment, &c, &err),
                     RC_OK);
    assert_int_equal(config_int(c, "http", "max_body", 0, 9, &n, &err), RC_OK);
    assert_int_equal(n, 5);
    assert_int_equal(config_get(c, "node", "name").len, 0);
    assert_true(str_eq(config_get(c, "store", "url"), STR("postgres:host=a dbname=b")));
    assert_false(config_flag(c, "node", "public"));
    arena_free(arena);
}

static void
a_typo_in_the_environment_stops_the_start(void **state)
{
    char *environment[] = {(char[]){"ZT_NODE_NAME=a"}, (char[]){"ZT_HTTP_PROT=80"}, NULL};
    struct arena *arena = arena_new(4096);
    struct config *c = NULL;
    struct err err;

    (void)state;
    assert_int_equal(parse(arena, "", environment, &c, &err), RC_INVALID);
    assert_non_null(strstr(err.text, "ZT_HTTP_PROT"));
    assert_null(c);
    arena_free(arena);
}

static void
wrong_files_are_refused_by_line_and_key(void **state)
{
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"", "[node] name"},
        {"[node]\nname=a\nnmae=b", "line 3: [node] has no key nmae; there are name"},
        {"\n\n[nod]\nname=a", "line 3: no section is called [nod]; there are node http"},
        {"[node]\nname=a\nname=b", "line 3: [node] name stands in line 2"},
        {"name=a", "line 1: name stands before"},
        {"[node]\nname", "line 2: a setting"},
        {"[node\nname=a", "line 1: a section"},
        {"[]\nname=a", "line 1: a section"},
        {"[node] ; here\nname=a", "line 1: a section"},
        {"[node]\n=a", "line 2: [node] has no key "},
        {"[node]\nname=a\npublic=maybe", "line 3: [node] public must be yes or no"},
        {"[node]\nname=a\npublic=Yes", "[node] public"},
        {"[node]\nname=\xff", "UTF-8"},
    };
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new(4096);
        struct config *c = NULL;
        assert_int_equal(parse(arena, cases[i].text, NULL, &c, &err), RC_INVALID);
        if (strstr(err.text, cases[i].says) == NULL) {
            fail_msg("'%s' does not say '%s'", err.text, cases[i].says);
        }
        assert_null(c);
        arena_free(arena);
    }
}

static void
a_nul_is_refused(void **state)
{
    struct arena *arena = arena_new(4096);
    struct config *c = NULL;
    struct err err;

    (void)state;
    assert_int_equal(config_parse(arena, STR("[node]\nname=a\0b"), NULL, known, KNOWN, &c, &err),
                     RC_INVALID);
    arena_free(arena);
}

static void
no_error_shows_a_value(void **state)
{
    static const char *const texts[] = {
        "[node]\nname=a\npublic=hunter2",
        "[node]\nname=a\n[http]\nport=hunter2",
        "[node]\nname=hunter2\nname=hunter2",
        "name=hunter2",
        "[node]\nnmae=hunter2",
    };
    struct err err;
    int64_t n = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct arena *arena = arena_new(4096);
        struct config *c = NULL;
        enum rc rc = parse(arena, texts[i], NULL, &c, &err);
        if (rc == RC_OK) {
            rc = config_int(c, "http", "port", 1, 65535, &n, &err);
        }
        assert_int_equal(rc, RC_INVALID);
        assert_null(strstr(err.text, "hunter2"));
        arena_free(arena);
    }
}

static void
numbers_outside_their_range_are_refused(void **state)
{
    static const char *const ports[] = {"0", "65536", "-1", "80a", "", "8 0", "99999999999999999999"};
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        struct arena *arena = arena_new(4096);
        struct config *c = NULL;
        struct str text = str_fmt(arena, "[node]\nname=a\n[http]\nport=%s\n", ports[i]);
        int64_t n = -7;
        assert_int_equal(config_parse(arena, text, NULL, known, KNOWN, &c, &err), RC_OK);
        assert_int_equal(config_int(c, "http", "port", 1, 65535, &n, &err), RC_INVALID);
        assert_non_null(strstr(err.text, "[http] port"));
        assert_true(n == -7);
        arena_free(arena);
    }
}

static void
a_small_arena_is_a_limit_and_nothing_worse(void **state)
{
    char *environment[] = {(char[]){"ZT_HTTP_PORT=90"}, NULL};
    enum rc rc = RC_LIMIT;
    struct err err;

    (void)state;
    for (size_t limit_bytes = 1; rc == RC_LIMIT && limit_bytes < 2000; limit_bytes++) {
        struct arena *arena = arena_new(limit_bytes);
        struct config *c = NULL;
        rc = parse(arena, "[node]\nname=a\n", environment, &c, &err);
        assert_true(rc == RC_OK ? c != NULL : rc == RC_LIMIT && c == NULL);
        arena_free(arena);
    }
    assert_int_equal(rc, RC_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_given_wins_and_the_rest_has_its_default),
        cmocka_unit_test(the_environment_wins_over_the_file),
        cmocka_unit_test(a_typo_in_the_environment_stops_the_start),
        cmocka_unit_test(wrong_files_are_refused_by_line_and_key),
        cmocka_unit_test(a_nul_is_refused),
        cmocka_unit_test(no_error_shows_a_value),
        cmocka_unit_test(numbers_outside_their_range_are_refused),
        cmocka_unit_test(a_small_arena_is_a_limit_and_nothing_worse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
