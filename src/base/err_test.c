#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"

static void
an_error_holds_its_place_its_type_and_one_line(void **state)
{
    struct err err;
    char long_text[2 * ERR_TEXT_MAX];

    (void)state;
    assert_int_equal(err_set(&err, RC_NOT_FOUND, "no item %d", 7), RC_NOT_FOUND);
    int line = __LINE__ - 1;
    assert_string_equal(err.text, "no item 7");
    assert_string_equal(err.type, "not-found");
    assert_string_equal(err.file, __FILE__);
    assert_int_equal(err.line, line);
    assert_int_equal(err_problem(&err, RC_DENIED, "grant-expired", "since %s", "May"), RC_DENIED);
    assert_string_equal(err.type, "grant-expired");
    assert_string_equal(err.text, "since May");

    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    assert_int_equal(err_set(&err, RC_IO, "%s", long_text), RC_IO);
    assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
}

static void
every_code_has_a_name_a_type_and_its_numbers(void **state)
{
    static const struct {
        enum rc code;
        const char *name;
        int http;
    } known[] = {
        {RC_OK, "RC_OK", 200},           {RC_INVALID, "RC_INVALID", 400},
        {RC_ANONYMOUS, "RC_ANONYMOUS", 401}, {RC_DENIED, "RC_DENIED", 403},
        {RC_NOT_FOUND, "RC_NOT_FOUND", 404}, {RC_CONFLICT, "RC_CONFLICT", 409},
        {RC_LIMIT, "RC_LIMIT", 413},     {RC_BUSY, "RC_BUSY", 429},
        {RC_CORRUPT, "RC_CORRUPT", 500}, {RC_PEER, "RC_PEER", 502},
        {RC_IO, "RC_IO", 503},           {RC_TIMEOUT, "RC_TIMEOUT", 504},
        {RC_FULL, "RC_FULL", 507},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        assert_string_equal(rc_name(known[i].code), known[i].name);
        assert_int_equal(rc_http(known[i].code), known[i].http);
    }
    for (int code = RC_OK; code <= RC_FULL; code++) {
        assert_true(strlen(rc_type((enum rc)code)) > 0);
        assert_int_equal(rc_exit((enum rc)code) == 0, code == RC_OK);
        assert_true(rc_exit((enum rc)code) >= 0 && rc_exit((enum rc)code) < 126);
    }
}

static void
a_broken_invariant_ends_the_process_and_says_where(void **state)
{
    int fds[2];
    char said[256] = "";

    (void)state;
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(fds[1], 2);
        CHECK(1 + 1 == 2);
        CHECK(1 + 1 == 3);
        _exit(0);
    }
    (void)close(fds[1]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0); /* a sanitizer turns it into an exit */
    assert_true(read(fds[0], said, sizeof(said) - 1) > 0);
    (void)close(fds[0]);
    assert_non_null(strstr(said, "err_test.c:"));
    assert_non_null(strstr(said, "CHECK failed: 1 + 1 == 3"));
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_holds_its_place_its_type_and_one_line),
        cmocka_unit_test(every_code_has_a_name_a_type_and_its_numbers),
        cmocka_unit_test(a_broken_invariant_ends_the_process_and_says_where),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
