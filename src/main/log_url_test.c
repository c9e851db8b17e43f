#include "main/log_url.h"
#include "net/test_support.h"

enum { ARENA_BYTES = 4 << 20 };

/* What a log server may do: the path says which. */
static void
serve(struct http_call *call, void *ctx)
{
    static const struct {
        const char *path, *body;
        int status;
    } answers[] = {
        {"/checkpoint", "at the top", 200},
        {"/city/log/checkpoint", "below", 200},
        {"/empty/checkpoint", "", 200},
        {"/gone/checkpoint", "x", 410},
        {"/moved/checkpoint", "x", 302},
        {"/ill/checkpoint", "x", 500},
    };
    struct http_fields none = {.count = 0};
    struct err err;

    (void)ctx;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        if (str_eq(call->head->path, str_of(answers[i].path))) {
            (void)!http_answer(call, answers[i].status, &none, str_of(answers[i].body), &err);
            return;
        }
    }
    (void)!http_answer(call, 404, &none, STR("x"), &err);
}

struct asked {
    struct arena *arena;
    bool ran;
    enum rc rc;
    struct str body;
};

static void
ask_checkpoint(void *ctx, const struct tile_source *source)
{
    struct asked *a = ctx;
    struct err err;

    a->ran = true;
    a->rc = source->fetch(source->ctx, a->arena, STR("checkpoint"), &a->body, &err);
}

static enum rc
run(const char *url, struct asked *a, struct err *err)
{
    *a = (struct asked){.arena = a->arena, .rc = RC_OK};
    return log_url_run(url, ask_checkpoint, a, err);
}

static void
a_log_is_read_below_its_address(void **state)
{
    static const struct {
        const char *prefix, *body;
        enum rc rc;
    } cases[] = {
        {"", "at the top", RC_OK},
        {"/", "at the top", RC_OK},
        {"/city/log", "below", RC_OK},
        {"/city/log/", "below", RC_OK},
        {"/city/log///", "below", RC_OK},
        {"/empty", "", RC_OK},
        {"/elsewhere", "", RC_NOT_FOUND},
        {"/gone", "", RC_NOT_FOUND},
        {"/moved", "", RC_PEER}, /* it is followed nowhere */
        {"/ill", "", RC_PEER},
    };
    struct asked asked = {.arena = arena_new(ARENA_BYTES)};
    struct host host;
    struct err err;

    (void)state;
    host_start(&host, (struct server_config){.handler = serve, .limits = http_limits_usual});
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str url = str_fmt(asked.arena, "http://127.0.0.1:%d%s", host.port, cases[i].prefix);
        assert_int_equal(run(str_c(asked.arena, url), &asked, &err), RC_OK);
        if (!asked.ran || asked.rc != cases[i].rc ||
            (asked.rc == RC_OK && !str_eq(asked.body, str_of(cases[i].body)))) {
            fail_msg("%s: %s", cases[i].prefix, rc_name(asked.rc));
        }
    }
    host_stop(&host);
    arena_free(asked.arena);
}

static void
what_is_no_address_of_a_log_is_told_before_anything_is_asked(void **state)
{
    static const char *const urls[] = {
        "", "http://", "http:///log", "http://:80", "https://log.example", "HTTP://log.example",
        "ftp://log.example", "/var/log", "http://[::1", "http://[]:80", "http://a:0", "http://a:65536",
        "http://a:", "http://a:x", "http://a:80x", "http://[::1]x", "http://[::1]:"};
    struct asked asked = {.arena = arena_new(ARENA_BYTES)};
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        if (run(urls[i], &asked, &err) != RC_INVALID || asked.ran) {
            fail_msg("%s", urls[i]);
        }
    }
    arena_free(asked.arena);
}

static void
an_address_cannot_carry_a_line_end_into_the_request(void **state)
{
    static const char *const ends[] = {"/a\r\nX-Planted: 1\r\n", "/a b", "/a\n", "/\x01"};
    struct asked asked = {.arena = arena_new(ARENA_BYTES)};
    struct host host;
    struct err err;

    (void)state;
    host_start(&host, (struct server_config){.handler = serve, .limits = http_limits_usual});
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct str url = str_fmt(asked.arena, "http://127.0.0.1:%d%s", host.port, ends[i]);
        enum rc rc = run(str_c(asked.arena, url), &asked, &err);
        if (rc == RC_OK && asked.rc != RC_INVALID) {
            fail_msg("case %zu: %s", i, rc_name(asked.rc));
        }
    }
    host_stop(&host);
    arena_free(asked.arena);
}

static void
a_server_that_is_not_there_is_a_failure_of_the_reading(void **state)
{
    struct asked asked = {.arena = arena_new(ARENA_BYTES)};
    int fd, port;
    struct err err;

    (void)state;
    assert_int_equal(net_listen("127.0.0.1", 0, &fd, &port, &err), RC_OK);
    (void)close(fd); /* free again, and nobody's */
    struct str url = str_fmt(asked.arena, "http://127.0.0.1:%d", port);
    assert_int_equal(run(str_c(asked.arena, url), &asked, &err), RC_OK);
    assert_true(asked.ran);
    assert_int_equal(asked.rc, RC_IO);
    arena_free(asked.arena);
}

static void
a_word_is_an_address_or_a_folder(void **state)
{
    (void)state;
    assert_true(log_url_is("http://a") && log_url_is("https://a"));
    assert_false(log_url_is("/var/http://a") || log_url_is("http:/a") || log_url_is("") ||
                 log_url_is("log"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_is_read_below_its_address),
        cmocka_unit_test(what_is_no_address_of_a_log_is_told_before_anything_is_asked),
        cmocka_unit_test(an_address_cannot_carry_a_line_end_into_the_request),
        cmocka_unit_test(a_server_that_is_not_there_is_a_failure_of_the_reading),
        cmocka_unit_test(a_word_is_an_address_or_a_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
