#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "main/settings.h"

enum { ARENA_BYTES = 1 << 20 };

struct place {
    struct arena *arena;
    char folder[32];
    const char *file;
};

static const char whole[] = "[node]\n"
                            "name = yunxi\n"
                            "title_zh = 云溪市\n"
                            "title_en = Yunxi\n"
                            "[listen]\n"
                            "port = 8080\n"
                            "[directory]\n"
                            "authority = BybPALgsYCFQul46/LFx8OBHbecxuVnf9qMbKmxSaHM=\n"
                            "[log]\n"
                            "origin = log.yunxi.zhengtong.invalid\n";

static int
open_place(void **state)
{
    struct place *p = mem_new(1, sizeof(*p));

    p->arena = arena_new(ARENA_BYTES);
    memcpy(p->folder, "/tmp/zt-settings-XXXXXX", sizeof("/tmp/zt-settings-XXXXXX"));
    assert_non_null(mkdtemp(p->folder));
    p->file = str_c(p->arena, str_fmt(p->arena, "%s/node.conf", p->folder));
    *state = p;
    return 0;
}

static int
close_place(void **state)
{
    struct place *p = *state;

    (void)unlink(p->file);
    assert_int_equal(rmdir(p->folder), 0);
    arena_free(p->arena);
    mem_free(p);
    return 0;
}

static enum rc
settle(struct place *p, struct str text, struct settings *s, struct err *err)
{
    assert_int_equal(file_replace(p->file, text, 0600, err), RC_OK);
    return settings_read(p->arena, p->file, s, err);
}

/*
 * The whole configuration, with this line in the place of the one that begins like it, or behind
 * its section.
 */
static struct str
with(struct place *p, const char *section, const char *key, const char *line)
{
    struct str rest = str_of(whole), part, text;
    struct str begin = str_fmt(p->arena, "%s =", key), head = str_fmt(p->arena, "[%s]", section);
    bool is_there = str_has(str_of(whole), str_fmt(p->arena, "\n%s =", key));
    struct buf b;
    struct err err;

    buf_init(&b, p->arena, 4096);
    while (str_next(&rest, '\n', &part)) {
        if (!str_starts(part, begin)) {
            buf_put_fmt(&b, "%.*s\n", STR_ARG(part));
        } else if (line[0] != '\0') {
            buf_put_fmt(&b, "%s\n", line);
        }
        if (!is_there && str_eq(part, head)) {
            buf_put_fmt(&b, "%s\n", line);
        }
    }
    if (!str_has(str_of(whole), head)) {
        buf_put_fmt(&b, "%.*s\n%s\n", STR_ARG(head), line);
    }
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    return text;
}

static void
a_short_file_means_a_whole_node(void **state)
{
    struct place *p = *state;
    struct settings s;
    struct err err;

    if (settle(p, str_of(whole), &s, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    assert_true(str_eq(s.name, STR("yunxi")) && str_eq(s.title_zh, STR("云溪市")));
    assert_int_equal(s.port, 8080);
    assert_string_equal(s.address, "127.0.0.1");
    assert_int_equal(s.exchange_port, 0);
    assert_int_equal(s.loops, 1);
    assert_int_equal(s.offset_minutes, 480);
    assert_true(s.is_portal && !s.is_demo && !s.behind_tls);
    assert_int_equal(s.log_level, LOG_INFO);
    assert_int_equal(s.sign_in_tries, 5);
    assert_int_equal(s.session_idle_s, 3600);
    assert_string_equal(s.demo_key_file, "");
}

static void
paths_are_taken_from_the_file_s_own_folder(void **state)
{
    struct place *p = *state;
    struct settings s;
    struct err err;

    assert_int_equal(settle(p, str_of(whole), &s, &err), RC_OK);
    assert_true(str_eq(str_of(s.data), str_fmt(p->arena, "%s/data", p->folder)));
    assert_true(str_eq(str_of(s.store), str_fmt(p->arena, "%s/data/node.db", p->folder)));
    assert_true(str_eq(str_of(s.keys_file), str_fmt(p->arena, "%s/keys/signing.json", p->folder)));
    assert_int_equal(settle(p, with(p, "node", "data", "data = /srv/zt"), &s, &err), RC_OK);
    assert_string_equal(s.data, "/srv/zt");
    assert_string_equal(s.store, "/srv/zt/node.db");
    assert_int_equal(settle(p, with(p, "store", "where", "where = postgres:host=/run dbname=zt"),
                            &s, &err), RC_OK);
    assert_string_equal(s.store, "postgres:host=/run dbname=zt");
}

static void
every_wrong_line_is_told_with_file_line_and_what_it_must_be(void **state)
{
    static const struct {
        const char *section, *key, *line, *says;
    } cases[] = {
        {"node", "name", "", "[node] name must be given: name in the directory"},
        {"node", "name", "name =", "line 2: [node] name must be 1 to 63 of a-z"},
        {"node", "name", "name = Yunxi", "line 2: [node] name must be 1 to 63 of a-z"},
        {"node", "name", "name = ../yunxi", "line 2: [node] name must be"},
        {"node", "name", "name = 云溪", "line 2: [node] name must be"},
        {"node", "name", "name = -yunxi", "line 2: [node] name must be"},
        {"node", "title_zh", "title_zh =", "line 3: [node] title_zh must be a name"},
        {"node", "titel_zh", "titel_zh = x",
         "line 2: [node] has no key titel_zh; there are name title_zh"},
        {"node", "portal", "portal = true", "line 2: [node] portal must be yes or no"},
        {"node", "loops", "loops = 0", "line 2: [node] loops must be a whole number from 1 to 64"},
        {"node", "loops", "loops = many",
         "line 2: [node] loops must be a whole number from 1 to 64"},
        {"node", "loops", "loops = 2.5", "line 2: [node] loops must be a whole number"},
        {"node", "offset_minutes", "offset_minutes = 1000", "from -840 to 840"},
        {"node", "clock_shift_s", "clock_shift_s = 60",
         "line 2: [node] clock_shift_s must be 0 where demo is no"},
        {"node", "clock_shift_s", "clock_shift_s = 69120001",
         "line 2: [node] clock_shift_s must be a whole number from -69120000 to 69120000"},
        {"listen", "port", "port = 70000",
         "line 6: [listen] port must be a whole number from 0 to 65535"},
        {"listen", "port", "port = -1", "line 6: [listen] port must be"},
        {"listen", "port", "port", "line 6: a setting is written key = value"},
        {"listen", "address", "address = localhost",
         "line 6: [listen] address must be an IPv4 or IPv6 address"},
        {"listen", "exchange_address", "exchange_address = 1.2.3",
         "must be an IPv4 or IPv6 address"},
        {"listen", "body_bytes", "body_bytes = 1",
         "line 6: [listen] body_bytes must be a whole number from 1024"},
        {"directory", "authority", "authority = none",
         "line 8: [directory] authority must be the base64"},
        {"directory", "authority", "authority = BybPALgsYCFQul46",
         "line 8: [directory] authority must be the base64"},
        {"log", "origin", "origin = two words",
         "line 10: [log] origin must be a name without blanks"},
        {"log", "origin", "origin = a+b", "line 10: [log] origin must be"},
        {"log", "level", "level = loud", "line 10: [log] level must be debug, info, warn or error"},
        {"session", "idle_s", "idle_s = 5",
         "line 12: [session] idle_s must be a whole number from 60"},
        {"sessions", "idle_s", "idle_s = 60",
         "line 11: no section is called [sessions]; there are node listen store"},
    };
    struct place *p = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct settings s = {.loops = -7};
        struct err err;
        enum rc rc = settle(p, with(p, cases[i].section, cases[i].key, cases[i].line), &s, &err);
        if (rc != RC_INVALID || !str_has(str_of(err.text), str_of(cases[i].says)) ||
            !str_starts(str_of(err.text), str_of(p->file))) {
            fail_msg("\"%s\": %s, %s", cases[i].line, rc_name(rc), err.text);
        }
        assert_int_equal(s.loops, -7);
    }
}

static void
the_environment_wins_and_its_mistakes_are_told_as_its_own(void **state)
{
    struct place *p = *state;
    struct settings s;
    struct err err;

    assert_int_equal(setenv("ZT_LISTEN_PORT", "9090", 1), 0);
    assert_int_equal(settle(p, str_of(whole), &s, &err), RC_OK);
    assert_int_equal(s.port, 9090);
    assert_int_equal(setenv("ZT_LISTEN_PORT", "secret", 1), 0);
    assert_int_equal(settle(p, str_of(whole), &s, &err), RC_INVALID);
    assert_true(str_has(str_of(err.text), STR("environment: [listen] port must be")));
    assert_false(str_has(str_of(err.text), STR("secret")));
    assert_int_equal(unsetenv("ZT_LISTEN_PORT"), 0);
    assert_int_equal(setenv("ZT_LISTEN_PROT", "1", 1), 0);
    assert_int_equal(settle(p, str_of(whole), &s, &err), RC_INVALID);
    assert_true(str_has(str_of(err.text), STR("ZT_LISTEN_PROT")));
    assert_int_equal(unsetenv("ZT_LISTEN_PROT"), 0);
}

static void
a_file_that_is_not_there_or_no_text_is_told(void **state)
{
    struct place *p = *state;
    struct settings s;
    struct err err;

    assert_int_equal(settings_read(p->arena, p->file, &s, &err), RC_NOT_FOUND);
    assert_true(str_has(str_of(err.text), str_of(p->file)));
    assert_int_equal(settle(p, STR("\xff\xfe"), &s, &err), RC_INVALID);
    assert_true(str_has(str_of(err.text), STR("not UTF-8")));
}

static void
what_a_configuration_means_is_said_without_its_secrets(void **state)
{
    struct place *p = *state;
    struct settings s;
    struct json *d;
    struct str text;
    struct err err;

    assert_int_equal(settle(p, with(p, "store", "where",
                                    "where = postgres:host=/run password=hunter2"), &s, &err), RC_OK);
    d = settings_document(p->arena, &s);
    assert_int_equal(json_print(p->arena, d, &text, &err), RC_OK);
    assert_false(str_has(text, STR("hunter2")));
    assert_true(str_eq(json_str(d, "name"), STR("yunxi")));
    assert_int_equal(json_int_or(d, "port", 0), 8080);
    /* Every key with its meaning, and whether it may be left out. */
    const struct json *keys = json_get(d, "keys");
    assert_true(keys->count > 30);
    for (const struct json *k = keys->first; k != NULL; k = k->next) {
        assert_true(json_str(k, "section").len > 0 && json_str(k, "key").len > 0);
        assert_true(json_str(k, "meaning").len > 0);
        assert_true(!json_true(k, "required") || json_str(k, "default").len == 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_place, close_place)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_short_file_means_a_whole_node),
        TEST(paths_are_taken_from_the_file_s_own_folder),
        TEST(every_wrong_line_is_told_with_file_line_and_what_it_must_be),
        TEST(the_environment_wins_and_its_mistakes_are_told_as_its_own),
        TEST(a_file_that_is_not_there_or_no_text_is_told),
        TEST(what_a_configuration_means_is_said_without_its_secrets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
