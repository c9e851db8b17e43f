#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"

static int64_t now_us = INT64_C(1795398000123456); /* 2026-11-23T09:40:00.123+08:00 */
static struct clock standing;

struct pipe_pair {
    int in;
    int out;
};

static struct pipe_pair
new_pipe(void)
{
    int fds[2];

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    return (struct pipe_pair){fds[0], fds[1]};
}

static void
close_pipe(struct pipe_pair p)
{
    (void)close(p.in);
    (void)close(p.out);
}

/* The one line that is waiting in the pipe, as JSON. */
static const struct json *
read_line(struct arena *arena, struct pipe_pair p, struct str *text)
{
    char *bytes = arena_alloc(arena, 8192, 1);
    struct json *j = NULL;
    struct err err;
    ssize_t n = read(p.in, bytes, 8192);

    assert_true(n > 0);
    *text = (struct str){bytes, (size_t)n};
    assert_int_equal(str_find_byte(*text, '\n'), text->len - 1);
    assert_int_equal(json_parse(arena, *text, JSON_UNIQUE, &j, &err), RC_OK);
    return j;
}

static void
an_event_is_one_line_of_json(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct pipe_pair p = new_pipe();
    struct log *l = log_new(p.out, LOG_INFO, "city/worker", &standing);
    struct str text;

    (void)state;
    log_event(l, LOG_INFO, "ready", "port", "8080", NULL);
    (void)read_line(arena, p, &text);
    assert_true(str_eq(text, STR("{\"time\":\"2026-11-23T09:40:00.123+08:00\",\"level\":\"info\","
                                 "\"process\":\"city/worker\",\"event\":\"ready\","
                                 "\"port\":\"8080\"}\n")));
    assert_int_equal(log_lost(l), 0);
    log_free(l);
    close_pipe(p);
    arena_free(arena);
}

static void
quiet_levels_are_not_written(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct pipe_pair p = new_pipe();
    struct log *l = log_new(p.out, LOG_WARN, "x", &standing);
    struct str text;

    (void)state;
    log_event(l, LOG_DEBUG, "a", NULL);
    log_event(l, LOG_INFO, "b", NULL);
    log_event(l, LOG_WARN, "c", NULL);
    assert_true(str_eq(json_str(read_line(arena, p, &text), "event"), STR("c")));
    assert_int_equal(log_lost(l), 0);
    log_free(l);
    close_pipe(p);
    arena_free(arena);
}

static void
any_bytes_become_a_valid_string(void **state)
{
    static const struct {
        const char *value;
        const char *read;
    } cases[] = {
        {"a\"b\\c\nd\re\tf", "a\"b\\c\nd\re\tf"},
        {"\x01\x1b[31m\x7f", "\x01\x1b[31m\x7f"},
        {"云溪市 🏙", "云溪市 🏙"},
        {"\xff\xc3(\xe4\xba", "\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"", ""},
        {NULL, ""},
    };
    struct pipe_pair p = new_pipe();
    struct log *l = log_new(p.out, LOG_INFO, "x", &standing);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new(1 << 20);
        struct str text;
        log_event(l, LOG_INFO, "e", "value", cases[i].value, "after", "1", NULL);
        const struct json *j = read_line(arena, p, &text);
        assert_true(str_eq(json_str(j, "value"), str_of(cases[i].read)));
        assert_true(str_eq(json_str(j, "after"), STR("1")));
        assert_int_equal(str_find_byte(text, '\x1b'), text.len);
        arena_free(arena);
    }
    log_free(l);
    close_pipe(p);
}

static void
a_failure_says_where_it_was_noticed(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct pipe_pair p = new_pipe();
    struct log *l = log_new(p.out, LOG_ERROR, "x", &standing);
    struct str text;
    struct err err;
    enum rc rc = err_problem(&err, RC_DENIED, "grant-expired", "grant %d is over", 7);

    (void)state;
    log_failure(l, "exchange", rc, &err);
    const struct json *j = read_line(arena, p, &text);
    assert_true(str_eq(json_str(j, "level"), STR("error")));
    assert_true(str_eq(json_str(j, "rc"), STR("RC_DENIED")));
    assert_true(str_eq(json_str(j, "type"), STR("grant-expired")));
    assert_true(str_eq(json_str(j, "text"), STR("grant 7 is over")));
    assert_true(str_ends(json_str(j, "file"), STR("log_test.c")));
    assert_true(json_str(j, "line").len > 0);
    log_free(l);
    close_pipe(p);
    arena_free(arena);
}

/* Every length around the limit, with characters of one, three and six written bytes. */
static void
a_long_line_is_cut_and_stays_json(void **state)
{
    static const char *const units[] = {"a", "云", "\x01"};
    struct pipe_pair p = new_pipe();
    struct log *l = log_new(p.out, LOG_INFO, "x", &standing);
    char value[6100];

    (void)state;
    for (size_t unit = 0; unit < sizeof(units) / sizeof(units[0]); unit++) {
        size_t step = strlen(units[unit]), cuts = 0;
        value[0] = '\0';
        for (size_t len = 0; len + step < 2100; len += step) {
            struct arena *arena = arena_new(1 << 20);
            struct str text;
            memcpy(value + len, units[unit], step + 1);
            log_event(l, LOG_INFO, "e", "value", value, "after", "1", NULL);
            const struct json *j = read_line(arena, p, &text);
            assert_true(text.len <= 2048);
            assert_true(json_true(j, "cut") != (json_str(j, "after").len == 1));
            assert_true(str_starts(str_of(value), json_str(j, "value")));
            if (json_true(j, "cut")) {
                cuts++;
                assert_true(text.len > 2000);
            }
            arena_free(arena);
        }
        assert_true(cuts > 10);
    }
    log_free(l);
    close_pipe(p);
}

/* fd would wait, and the log must not: it drops, counts, and goes on once there is room. */
static void
a_full_reader_is_not_waited_for(int in, int out)
{
    struct log *l = log_new(out, LOG_INFO, "x", &standing);
    char padding[1500], bytes[65536];
    struct arena *arena = arena_new(1 << 20);
    struct str text;
    uint64_t lost;

    memset(padding, 'p', sizeof(padding) - 1);
    padding[sizeof(padding) - 1] = '\0';
    for (int i = 0; i < 3000; i++) {
        log_event(l, LOG_INFO, "e", "padding", padding, NULL);
    }
    lost = log_lost(l);
    assert_true(lost > 0 && lost < 3000);
    assert_int_equal(fcntl(out, F_GETFL) & O_NONBLOCK, 0);

    assert_int_equal(fcntl(in, F_SETFL, O_NONBLOCK), 0);
    while (read(in, bytes, sizeof(bytes)) > 0) {
    }
    log_event(l, LOG_INFO, "again", NULL);
    assert_int_equal(log_lost(l), lost);
    assert_true(str_eq(json_str(read_line(arena, (struct pipe_pair){in, out}, &text), "event"),
                       STR("again")));
    log_free(l);
    arena_free(arena);
}

static void
a_full_pipe_drops_and_counts(void **state)
{
    struct pipe_pair p = new_pipe();

    (void)state;
    a_full_reader_is_not_waited_for(p.in, p.out);
    close_pipe(p);
}

static void
a_full_socket_drops_and_counts(void **state)
{
    int fds[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    a_full_reader_is_not_waited_for(fds[0], fds[1]);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void
a_reader_that_left_is_a_loss_and_no_end(void **state)
{
    struct pipe_pair p = new_pipe();
    struct log *l = log_new(p.out, LOG_INFO, "x", &standing);

    (void)state;
    (void)close(p.in);
    log_event(l, LOG_INFO, "e", NULL);
    assert_int_equal(log_lost(l), 1);
    log_free(l);
    (void)close(p.out);
}

/* A size limit tears a line as a full disk does; the one after it must still be read. */
static void
after_a_torn_line_the_next_one_stands_alone(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct rlimit before, tight;
    char path[] = "/tmp/zt-log-XXXXXX";
    int fd = mkostemp(path, O_CLOEXEC | O_APPEND);
    struct log *l = log_new(fd, LOG_INFO, "x", &standing);
    struct str text, line;
    struct json *j;
    struct err err;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = 150;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    log_event(l, LOG_INFO, "one", NULL);
    log_event(l, LOG_INFO, "two", NULL);
    log_event(l, LOG_INFO, "three", NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(log_lost(l), 2);
    log_event(l, LOG_INFO, "four", NULL);
    assert_int_equal(file_read(arena, path, 10000, &text, &err), RC_OK);
    assert_true(str_next(&text, '\n', &line));
    assert_int_equal(json_parse(arena, line, JSON_ANY, &j, &err), RC_OK);
    assert_true(str_eq(json_str(j, "event"), STR("one")));
    assert_true(str_next(&text, '\n', &line));
    assert_int_equal(json_parse(arena, line, JSON_ANY, &j, &err), RC_INVALID);
    assert_true(str_next(&text, '\n', &line));
    assert_int_equal(json_parse(arena, line, JSON_ANY, &j, &err), RC_OK);
    assert_true(str_eq(json_str(j, "event"), STR("four")));
    assert_int_equal(text.len, 0);
    (void)unlink(path);
    (void)close(fd);
    log_free(l);
    arena_free(arena);
}

enum { THREADS = 4, EACH = 200 };

static void *
write_many(void *log)
{
    for (int i = 0; i < EACH; i++) {
        log_event(log, LOG_INFO, "e", "text", "some text that is not very short", NULL);
    }
    return NULL;
}

static void
lines_of_threads_do_not_mix(void **state)
{
    struct arena *arena = arena_new(1 << 22);
    char path[] = "/tmp/zt-log-XXXXXX";
    int fd = mkostemp(path, O_CLOEXEC | O_APPEND);
    struct log *l = log_new(fd, LOG_INFO, "x", &standing);
    pthread_t threads[THREADS];
    struct str text, line;
    struct err err;
    size_t count = 0;

    (void)state;
    assert_true(fd >= 0);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, l), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(file_read(arena, path, 1 << 20, &text, &err), RC_OK);
    while (str_next(&text, '\n', &line)) {
        struct json *j;
        assert_int_equal(json_parse(arena, line, JSON_UNIQUE, &j, &err), RC_OK);
        count++;
    }
    assert_int_equal(count, THREADS * EACH);
    (void)unlink(path);
    (void)close(fd);
    log_free(l);
    arena_free(arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_one_line_of_json),
        cmocka_unit_test(quiet_levels_are_not_written),
        cmocka_unit_test(any_bytes_become_a_valid_string),
        cmocka_unit_test(a_failure_says_where_it_was_noticed),
        cmocka_unit_test(a_long_line_is_cut_and_stays_json),
        cmocka_unit_test(a_full_pipe_drops_and_counts),
        cmocka_unit_test(a_full_socket_drops_and_counts),
        cmocka_unit_test(a_reader_that_left_is_a_loss_and_no_end),
        cmocka_unit_test(after_a_torn_line_the_next_one_stands_alone),
        cmocka_unit_test(lines_of_threads_do_not_mix),
    };

    standing = clock_standing(&now_us);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
