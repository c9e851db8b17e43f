#include "net/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A head of a moderate size, so that limits can be met exactly. */
static const struct http_limits limits = {.head_bytes = 2048, .target_bytes = 512};

#define HOST "Host: a.example\r\n"

static enum rc
parse(bool is_request, struct str bytes, struct http_head *head, size_t *used, struct err *err)
{
    return is_request ? http_parse_request(bytes, &limits, head, used, err)
                      : http_parse_response(bytes, STR("GET"), &limits, head, used, err);
}

/*
 * The verdict on the whole, after checking that no way of cutting it changes it: every prefix either
 * needs more or has the final verdict already, and from there on nothing changes.
 */
static enum rc
parse_cut(bool is_request, struct str bytes, struct http_head *head, size_t *used, struct err *err)
{
    static struct http_head other;
    size_t other_used = 0;
    struct err other_err;
    enum rc whole = parse(is_request, bytes, head, used, err);
    bool is_decided = false;

    for (size_t len = 0; len < bytes.len; len++) {
        enum rc rc = parse(is_request, str_sub(bytes, 0, len), &other, &other_used, &other_err);
        if (is_decided || rc != RC_TIMEOUT) {
            is_decided = true;
            assert_int_equal(rc, whole);
        }
        if (rc == RC_OK) {
            assert_int_equal(other_used, *used);
            assert_true(len >= *used);
        } else if (rc != RC_TIMEOUT) {
            assert_string_equal(other_err.type, err->type);
        }
    }
    return whole;
}

/* --- requests that are refused --- */

static void
requests_that_could_be_read_two_ways_are_refused(void **state)
{
    static const struct {
        const char *why;
        struct str bytes;
    } cases[] = {
        {"bare LF after the request line", STR_INIT("GET / HTTP/1.1\n" HOST "\r\n")},
        {"bare LF after a field", STR_INIT("GET / HTTP/1.1\r\nHost: a\n\r\n")},
        {"bare LF as the empty line", STR_INIT("GET / HTTP/1.1\r\n" HOST "\n")},
        {"bare CR in a value", STR_INIT("GET / HTTP/1.1\r\nHost: a\rb: c\r\n\r\n")},
        {"bare CR as the empty line", STR_INIT("GET / HTTP/1.1\r\n" HOST "\rX: y\r\n\r\n")},
        {"bare CR after the request line", STR_INIT("GET / HTTP/1.1\r" HOST "\r\n")},
        {"CR CR LF", STR_INIT("GET / HTTP/1.1\r\r\n" HOST "\r\n")},
        {"obs-fold with a blank", STR_INIT("GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n")},
        {"obs-fold with a tab", STR_INIT("GET / HTTP/1.1\r\n" HOST "X: a\r\n\tb\r\n\r\n")},
        {"a fold before the first field", STR_INIT("GET / HTTP/1.1\r\n " HOST "\r\n")},
        {"blank before the colon", STR_INIT("GET / HTTP/1.1\r\nHost : a\r\n\r\n")},
        {"tab before the colon", STR_INIT("GET / HTTP/1.1\r\nHost\t: a\r\n\r\n")},
        {"no colon", STR_INIT("GET / HTTP/1.1\r\n" HOST "nonsense\r\n\r\n")},
        {"no name", STR_INIT("GET / HTTP/1.1\r\n" HOST ": x\r\n\r\n")},
        {"NUL in a name", STR_INIT("GET / HTTP/1.1\r\n" HOST "X\0Y: z\r\n\r\n")},
        {"NUL in a value", STR_INIT("GET / HTTP/1.1\r\n" HOST "X: y\0z\r\n\r\n")},
        {"NUL in a long value", STR_INIT("GET / HTTP/1.1\r\n" HOST "X: 0123456789\0abcdef\r\n\r\n")},
        {"DEL in a value", STR_INIT("GET / HTTP/1.1\r\n" HOST "X: 0123456789\177abc\r\n\r\n")},
        {"escape in a value", STR_INIT("GET / HTTP/1.1\r\n" HOST "X: a\033[2J\r\n\r\n")},
        {"non-ASCII name", STR_INIT("GET / HTTP/1.1\r\n" HOST "X\344: y\r\n\r\n")},
        {"quote in a name", STR_INIT("GET / HTTP/1.1\r\n" HOST "X\"Y: z\r\n\r\n")},
        {"CL and TE", STR_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n")},
        {"TE and CL", STR_INIT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
                               "Content-Length: 3\r\n\r\n")},
        {"two lengths", STR_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n"
                                 "Content-Length: 4\r\n\r\n")},
        {"two equal lengths", STR_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n"
                                       "content-length: 3\r\n\r\n")},
        {"a list of lengths", STR_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\n")},
        {"+5", STR_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\n")},
        {"-5", STR_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: -5\r\n\r\n")},
        {"0x5", STR_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\n")},
        {"5 5", STR_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 5 5\r\n\r\n")},
        {"no digits", STR_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n")},
        {"a full-width digit", STR_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: \357\274\225\r\n\r\n")},
        {"a length of 2^64", STR_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551616\r\n\r\n")},
        {"a length of 2^63", STR_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 9223372036854775808\r\n\r\n")},
        {"TE gzip", STR_INIT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n")},
        {"TE gzip, chunked", STR_INIT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n")},
        {"TE chunked, identity", STR_INIT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, identity\r\n\r\n")},
        {"TE identity", STR_INIT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n")},
        {"TE xchunked", STR_INIT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n")},
        {"TE chunked;q=1", STR_INIT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked;q=1\r\n\r\n")},
        {"TE with a vertical tab", STR_INIT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \013chunked\r\n\r\n")},
        {"TE empty", STR_INIT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\r\n")},
        {"TE twice", STR_INIT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
                              "Transfer-Encoding: chunked\r\n\r\n")},
        {"TE in HTTP/1.0", STR_INIT("POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n")},
        {"no Host", STR_INIT("GET / HTTP/1.1\r\n\r\n")},
        {"two Hosts", STR_INIT("GET / HTTP/1.1\r\n" HOST HOST "\r\n")},
        {"empty Host", STR_INIT("GET / HTTP/1.1\r\nHost:\r\n\r\n")},
        {"Host with a path", STR_INIT("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n")},
        {"Host with a user", STR_INIT("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n")},
        {"Host list", STR_INIT("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n")},
        {"Host with a blank", STR_INIT("GET / HTTP/1.1\r\nHost: a b\r\n\r\n")},
        {"Host with port 65536", STR_INIT("GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n")},
        {"Host with a wordy port", STR_INIT("GET / HTTP/1.1\r\nHost: a:http\r\n\r\n")},
        {"Host with two ports", STR_INIT("GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n")},
        {"Host with an open bracket", STR_INIT("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n")},
        {"Host with a name in brackets", STR_INIT("GET / HTTP/1.1\r\nHost: [xyz]\r\n\r\n")},
        {"Host with text after brackets", STR_INIT("GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n")},
        {"absolute-form of another host", STR_INIT("GET http://b.example/ HTTP/1.1\r\n" HOST "\r\n")},
        {"absolute-form with a user", STR_INIT("GET http://u@a.example/ HTTP/1.1\r\n" HOST "\r\n")},
        {"absolute-form without a host", STR_INIT("GET http:///x HTTP/1.1\r\n" HOST "\r\n")},
        {"another scheme", STR_INIT("GET ftp://a.example/ HTTP/1.1\r\n" HOST "\r\n")},
        {"authority-form", STR_INIT("CONNECT a.example:443 HTTP/1.1\r\n" HOST "\r\n")},
        {"CONNECT of a path", STR_INIT("CONNECT /x HTTP/1.1\r\n" HOST "\r\n")},
        {"* without OPTIONS", STR_INIT("GET * HTTP/1.1\r\n" HOST "\r\n")},
        {"** ", STR_INIT("OPTIONS ** HTTP/1.1\r\n" HOST "\r\n")},
        {"a relative target", STR_INIT("GET index.html HTTP/1.1\r\n" HOST "\r\n")},
        {"a fragment", STR_INIT("GET /a#b HTTP/1.1\r\n" HOST "\r\n")},
        {"a quote in the target", STR_INIT("GET /a\"b HTTP/1.1\r\n" HOST "\r\n")},
        {"< in the query", STR_INIT("GET /a?<b HTTP/1.1\r\n" HOST "\r\n")},
        {"a back slash in the path", STR_INIT("GET /a\\b HTTP/1.1\r\n" HOST "\r\n")},
        {"raw UTF-8 in the target", STR_INIT("GET /\346\224\277 HTTP/1.1\r\n" HOST "\r\n")},
        {"NUL in the target", STR_INIT("GET /a\0b HTTP/1.1\r\n" HOST "\r\n")},
        {"an escaped NUL in the path", STR_INIT("GET /a%00b HTTP/1.1\r\n" HOST "\r\n")},
        {"an escaped NUL in the query", STR_INIT("GET /a?b=%00 HTTP/1.1\r\n" HOST "\r\n")},
        {"a short escape", STR_INIT("GET /a%4 HTTP/1.1\r\n" HOST "\r\n")},
        {"a wrong escape", STR_INIT("GET /a%zz HTTP/1.1\r\n" HOST "\r\n")},
        {"a wrong second digit", STR_INIT("GET /a?%4g HTTP/1.1\r\n" HOST "\r\n")},
        {"two blanks", STR_INIT("GET  / HTTP/1.1\r\n" HOST "\r\n")},
        {"two blanks before the version", STR_INIT("GET /  HTTP/1.1\r\n" HOST "\r\n")},
        {"a blank after the version", STR_INIT("GET / HTTP/1.1 \r\n" HOST "\r\n")},
        {"a tab for a blank", STR_INIT("GET\t/ HTTP/1.1\r\n" HOST "\r\n")},
        {"lower-case method", STR_INIT("get / HTTP/1.1\r\n" HOST "\r\n")},
        {"mixed method", STR_INIT("Get / HTTP/1.1\r\n" HOST "\r\n")},
        {"no method", STR_INIT(" / HTTP/1.1\r\n" HOST "\r\n")},
        {"a long method", STR_INIT("ABCDEFGHIJKLMNOPQRSTUVWXYZ / HTTP/1.1\r\n" HOST "\r\n")},
        {"HTTP/0.9", STR_INIT("GET /\r\n")},
        {"http/1.1", STR_INIT("GET / http/1.1\r\n" HOST "\r\n")},
        {"HTTP/1.10", STR_INIT("GET / HTTP/1.10\r\n" HOST "\r\n")},
        {"HTTP/11", STR_INIT("GET / HTTP/11\r\n" HOST "\r\n")},
        {"HTTP 1.1", STR_INIT("GET / HTTP 1.1\r\n" HOST "\r\n")},
        {"an empty line first", STR_INIT("\r\nGET / HTTP/1.1\r\n" HOST "\r\n")},
        {"TLS", STR_INIT("\026\003\001\002\000\001\000\001\374\003\003")},
        {"a byte-order mark", STR_INIT("\357\273\277GET / HTTP/1.1\r\n" HOST "\r\n")},
    };
    struct http_head head;
    size_t used = 0;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum rc rc = parse_cut(true, cases[i].bytes, &head, &used, &err);
        if (rc != RC_INVALID || http_status_of(rc, &err) != 400) {
            print_error("%s: %s\n", cases[i].why, rc_name(rc));
            fail();
        }
    }
}

static void
what_has_a_status_of_its_own_says_so(void **state)
{
    static char long_target[600] = "GET /";
    static char long_query[600] = "GET /?";
    static char long_field[2100] = "GET / HTTP/1.1\r\n" HOST "X: ";
    static char many_fields[2000] = "GET / HTTP/1.1\r\n" HOST;
    static char many_bytes[2300] = "GET / HTTP/1.1\r\n" HOST;
    const struct {
        struct str bytes;
        enum rc rc;
        int status;
    } cases[] = {
        {STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), RC_INVALID, 505},
        {STR("GET / HTTP/3.0\r\n" HOST "\r\n"), RC_INVALID, 505},
        {STR("GET / HTTP/1.2\r\n" HOST "\r\n"), RC_INVALID, 505},
        {STR("GET / HTTP/0.9\r\n" HOST "\r\n"), RC_INVALID, 505},
        {STR("GET / HTTP/1.1\r\n" HOST "Expect: miracles\r\n\r\n"), RC_INVALID, 417},
        {{long_target, sizeof(long_target)}, RC_LIMIT, 414},
        {{long_query, sizeof(long_query)}, RC_LIMIT, 414},
        {{long_field, sizeof(long_field)}, RC_LIMIT, 431},
        {{many_fields, sizeof(many_fields)}, RC_LIMIT, 431},
        {{many_bytes, sizeof(many_bytes)}, RC_LIMIT, 431},
    };
    struct http_head head;
    size_t used = 0;
    struct err err;

    (void)state;
    memset(long_target + strlen(long_target), 'a', sizeof(long_target) - strlen(long_target));
    memset(long_query + 6, 'a', sizeof(long_query) - 6);
    memset(long_field + strlen("GET / HTTP/1.1\r\n" HOST "X: "), 'a',
           sizeof(long_field) - strlen("GET / HTTP/1.1\r\n" HOST "X: "));
    for (size_t at = strlen("GET / HTTP/1.1\r\n" HOST); at + 6 <= sizeof(many_fields); at += 6) {
        memcpy(many_fields + at, "X: y\r\n", 6);
    }
    for (size_t at = strlen("GET / HTTP/1.1\r\n" HOST); at + 60 <= sizeof(many_bytes); at += 60) {
        memset(many_bytes + at, 'a', 60);
        memcpy(many_bytes + at, "Name:", 5);
        memcpy(many_bytes + at + 58, "\r\n", 2);
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum rc rc = parse_cut(true, cases[i].bytes, &head, &used, &err);
        assert_int_equal(rc, cases[i].rc);
        assert_int_equal(http_status_of(rc, &err), cases[i].status);
    }
}

/* --- requests that are taken --- */

static void
good_requests_are_understood(void **state)
{
    static const struct {
        struct str bytes;
        struct str method;
        struct str path;
        struct str query;
        enum http_body body;
        int64_t length;
        bool keep_alive;
        bool expect_continue;
    } cases[] = {
        {STR_INIT("GET / HTTP/1.1\r\n" HOST "\r\n"), STR_INIT("GET"), STR_INIT("/"), STR_INIT(""),
         HTTP_BODY_NONE, 0, true, false},
        {STR_INIT("GET /a/b?c=d&e?f HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"),
         STR_INIT("GET"), STR_INIT("/a/b"), STR_INIT("c=d&e?f"), HTTP_BODY_NONE, 0, false, false},
        {STR_INIT("GET /? HTTP/1.1\r\n" HOST "Connection: keep-alive\r\n\r\n"), STR_INIT("GET"),
         STR_INIT("/"), STR_INIT(""), HTTP_BODY_NONE, 0, true, false},
        {STR_INIT("GET /%E6%94%BF?q=[a|b]{c}^`\\ HTTP/1.1\r\n" HOST "\r\n"), STR_INIT("GET"),
         STR_INIT("/%E6%94%BF"), STR_INIT("q=[a|b]{c}^`\\"), HTTP_BODY_NONE, 0, true, false},
        {STR_INIT("POST /x HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"), STR_INIT("POST"),
         STR_INIT("/x"), STR_INIT(""), HTTP_BODY_LENGTH, 0, true, false},
        {STR_INIT("POST /x HTTP/1.1\r\n" HOST "content-LENGTH:\t 123456789012345678 \t\r\n\r\n"),
         STR_INIT("POST"), STR_INIT("/x"), STR_INIT(""), HTTP_BODY_LENGTH, 123456789012345678,
         true, false},
        {STR_INIT("POST /x HTTP/1.1\r\n" HOST "Content-Length: 007\r\nExpect: 100-Continue\r\n\r\n"),
         STR_INIT("POST"), STR_INIT("/x"), STR_INIT(""), HTTP_BODY_LENGTH, 7, true, true},
        {STR_INIT("PUT /x HTTP/1.1\r\n" HOST "TRANSFER-encoding: Chunked\r\n\r\n"), STR_INIT("PUT"),
         STR_INIT("/x"), STR_INIT(""), HTTP_BODY_CHUNKED, 0, true, false},
        {STR_INIT("GET /x HTTP/1.1\r\n" HOST "Connection: te, Close\r\n\r\n"), STR_INIT("GET"),
         STR_INIT("/x"), STR_INIT(""), HTTP_BODY_NONE, 0, false, false},
        {STR_INIT("GET /x HTTP/1.1\r\n" HOST "Connection: a\r\nConnection: close\r\n\r\n"),
         STR_INIT("GET"), STR_INIT("/x"), STR_INIT(""), HTTP_BODY_NONE, 0, false, false},
        {STR_INIT("GET /x HTTP/1.1\r\n" HOST "Connection: closed\r\n\r\n"), STR_INIT("GET"),
         STR_INIT("/x"), STR_INIT(""), HTTP_BODY_NONE, 0, true, false},
        {STR_INIT("GET /x HTTP/1.0\r\n\r\n"), STR_INIT("GET"), STR_INIT("/x"), STR_INIT(""),
         HTTP_BODY_NONE, 0, false, false},
        {STR_INIT("POST /x HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"),
         STR_INIT("POST"), STR_INIT("/x"), STR_INIT(""), HTTP_BODY_LENGTH, 2, false, false},
        {STR_INIT("GET http://A.example/x?y HTTP/1.1\r\n" HOST "\r\n"), STR_INIT("GET"),
         STR_INIT("/x"), STR_INIT("y"), HTTP_BODY_NONE, 0, true, false},
        {STR_INIT("GET https://a.example?y HTTP/1.1\r\n" HOST "\r\n"), STR_INIT("GET"),
         STR_INIT("/"), STR_INIT("y"), HTTP_BODY_NONE, 0, true, false},
        {STR_INIT("GET http://a.example HTTP/1.0\r\n\r\n"), STR_INIT("GET"), STR_INIT("/"),
         STR_INIT(""), HTTP_BODY_NONE, 0, false, false},
        {STR_INIT("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"), STR_INIT("OPTIONS"), STR_INIT("*"),
         STR_INIT(""), HTTP_BODY_NONE, 0, true, false},
        {STR_INIT("GET /x HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n\r\n"), STR_INIT("GET"),
         STR_INIT("/x"), STR_INIT(""), HTTP_BODY_NONE, 0, true, false},
        {STR_INIT("M-SEARCH /x HTTP/1.1\r\nHost: a:\r\nX: \344\270\255 \"y\"\r\nEmpty:\r\n\r\n"),
         STR_INIT("M-SEARCH"), STR_INIT("/x"), STR_INIT(""), HTTP_BODY_NONE, 0, true, false},
    };
    struct http_head head;
    size_t used = 0;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (parse_cut(true, cases[i].bytes, &head, &used, &err) != RC_OK) {
            print_error("case %zu: %s\n", i, err.text);
            fail();
        }
        assert_int_equal(used, cases[i].bytes.len);
        assert_true(str_eq(head.method, cases[i].method));
        assert_true(str_eq(head.path, cases[i].path));
        assert_true(str_eq(head.query, cases[i].query));
        assert_int_equal(head.body, cases[i].body);
        assert_int_equal(head.length, cases[i].length);
        assert_int_equal(head.keep_alive, cases[i].keep_alive);
        assert_int_equal(head.expect_continue, cases[i].expect_continue);
    }
}

static void
bytes_after_the_head_are_left_alone(void **state)
{
    struct str bytes = STR("POST / HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\n\0\1\n\rGET");
    struct http_head head;
    size_t used = 0;
    struct err err;

    (void)state;
    assert_int_equal(parse_cut(true, bytes, &head, &used, &err), RC_OK);
    assert_int_equal(used, bytes.len - 7);
    assert_int_equal(head.length, 4);
}

static void
fields_are_found_without_case(void **state)
{
    struct str bytes = STR("GET / HTTP/1.1\r\n" HOST "X-One: 1\r\nx-ONE:2\r\nY: \t a b \t\r\n\r\n");
    struct http_head head;
    size_t used = 0;
    struct err err;

    (void)state;
    assert_int_equal(parse_cut(true, bytes, &head, &used, &err), RC_OK);
    assert_int_equal(head.fields.count, 4);
    assert_true(str_eq(http_get(&head.fields, "x-one"), STR("1")));
    assert_int_equal(http_count(&head.fields, "X-ONE"), 2);
    assert_true(str_eq(http_get(&head.fields, "y"), STR("a b")));
    assert_null(http_get(&head.fields, "X").ptr);
    assert_int_equal(http_count(&head.fields, "z"), 0);
    assert_true(str_eq(head.fields.field[2].name, STR("x-ONE"))); /* kept as received */
}

static void
the_last_field_that_fits_is_taken(void **state)
{
    static char bytes[1024] = "GET / HTTP/1.1\r\nHost: a\r\n";
    struct http_head head;
    struct http_fields fields = {.count = 0};
    size_t len = strlen(bytes);
    size_t used = 0;
    struct err err;

    (void)state;
    for (int i = 1; i < HTTP_FIELDS_MAX; i++, len += 6) {
        memcpy(bytes + len, "X: y\r\n", 6);
    }
    memcpy(bytes + len, "\r\n", 2);
    assert_int_equal(parse_cut(true, (struct str){bytes, len + 2}, &head, &used, &err), RC_OK);
    assert_int_equal(head.fields.count, HTTP_FIELDS_MAX);
    for (int i = 0; i < HTTP_FIELDS_MAX; i++) {
        assert_true(http_add(&fields, STR("n"), STR("v")));
    }
    assert_false(http_add(&fields, STR("n"), STR("v")));
}

static void
limits_are_met_to_the_byte(void **state)
{
    static char bytes[4096];
    struct http_head head;
    size_t used = 0;
    struct err err;

    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        /* A target of target_bytes, and one more. */
        int len = snprintf(bytes, sizeof(bytes), "GET /%0*d HTTP/1.1\r\n" HOST "\r\n",
                           (int)(limits.target_bytes - 1 + extra), 0);
        enum rc rc = parse(true, (struct str){bytes, (size_t)len}, &head, &used, &err);
        assert_int_equal(rc, extra == 0 ? RC_OK : RC_LIMIT);

        /* A head of head_bytes, and one more. */
        int frame = snprintf(bytes, sizeof(bytes), "GET / HTTP/1.1\r\n" HOST "X: \r\n\r\n");
        len = snprintf(bytes, sizeof(bytes), "GET / HTTP/1.1\r\n" HOST "X: %0*d\r\n\r\n",
                       (int)(limits.head_bytes + extra) - frame, 0);
        assert_int_equal(len, limits.head_bytes + extra);
        rc = parse(true, (struct str){bytes, (size_t)len}, &head, &used, &err);
        assert_int_equal(rc, extra == 0 ? RC_OK : RC_LIMIT);
    }
}

/* Each byte in turn replaced by each value: no crash, no read outside, and views stay inside. */
static void
a_head_with_any_one_byte_changed_is_judged(void **state)
{
    static const char good[] = "POST /a?b=%20 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 12\r\n\r\n";
    char bytes[sizeof(good) - 1];
    struct http_head head;
    size_t used = 0;
    struct err err;
    int taken = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        for (int value = 0; value < 256; value++) {
            memcpy(bytes, good, sizeof(bytes));
            bytes[i] = (char)value;
            enum rc rc = parse(true, (struct str){bytes, sizeof(bytes)}, &head, &used, &err);
            assert_true(rc == RC_OK || rc == RC_INVALID || rc == RC_TIMEOUT);
            if (rc == RC_OK) {
                taken++;
                assert_true(used <= sizeof(bytes));
                assert_true(head.path.ptr >= bytes && head.path.ptr < bytes + sizeof(bytes));
            }
            /* Controls are taken nowhere, but where they stood before. */
            if (value < 0x20 && value != '\t' && good[i] != (char)value) {
                assert_int_not_equal(rc, RC_OK);
            }
        }
    }
    assert_true(taken > (int)sizeof(bytes));
}

/* --- responses --- */

static void
good_responses_are_understood(void **state)
{
    static const struct {
        struct str bytes;
        const char *method;
        int status;
        struct str reason;
        enum http_body body;
        int64_t length;
        bool keep_alive;
    } cases[] = {
        {STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), "GET", 200, STR_INIT("OK"),
         HTTP_BODY_LENGTH, 5, true},
        {STR_INIT("HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n"), "GET", 200, STR_INIT(""),
         HTTP_BODY_CHUNKED, 0, true},
        {STR_INIT("HTTP/1.1 404 Not \344\270\255 Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
         "GET", 404, STR_INIT("Not \344\270\255 Found"), HTTP_BODY_LENGTH, 0, false},
        {STR_INIT("HTTP/1.1 200 OK\r\n\r\n"), "GET", 200, STR_INIT("OK"), HTTP_BODY_CLOSE, 0, false},
        {STR_INIT("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n"), "GET", 200, STR_INIT("OK"),
         HTTP_BODY_LENGTH, 5, false},
        {STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), "HEAD", 200, STR_INIT("OK"),
         HTTP_BODY_NONE, 0, true},
        {STR_INIT("HTTP/1.1 204 No Content\r\n\r\n"), "GET", 204, STR_INIT("No Content"),
         HTTP_BODY_NONE, 0, true},
        {STR_INIT("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"), "GET", 304,
         STR_INIT("Not Modified"), HTTP_BODY_NONE, 0, true},
        {STR_INIT("HTTP/1.1 100 Continue\r\n\r\n"), "POST", 100, STR_INIT("Continue"),
         HTTP_BODY_NONE, 0, true},
    };
    struct http_head head;
    size_t used = 0;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(parse_cut(false, cases[i].bytes, &head, &used, &err), RC_OK);
        assert_int_equal(http_parse_response(cases[i].bytes, str_of(cases[i].method), &limits,
                                             &head, &used, &err),
                         RC_OK);
        assert_int_equal(used, cases[i].bytes.len);
        assert_int_equal(head.status, cases[i].status);
        assert_true(str_eq(head.reason, cases[i].reason));
        assert_int_equal(head.body, cases[i].body);
        assert_int_equal(head.length, cases[i].length);
        assert_int_equal(head.keep_alive, cases[i].keep_alive);
    }
}

static void
bad_responses_are_refused(void **state)
{
    static const struct str cases[] = {
        STR_INIT("HTTP/1.1 200 OK\nContent-Length: 5\r\n\r\n"),
        STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
        STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"),
        STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n"),
        STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"),
        STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity, chunked\r\n\r\n"),
        STR_INIT("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        STR_INIT("HTTP/1.1 200 OK\r\nX : y\r\n\r\n"),
        STR_INIT("HTTP/1.1 200 OK\r\n X: y\r\n\r\n"),
        STR_INIT("HTTP/1.1 20 OK\r\n\r\n"),
        STR_INIT("HTTP/1.1 2000 OK\r\n\r\n"),
        STR_INIT("HTTP/1.1 600 OK\r\n\r\n"),
        STR_INIT("HTTP/1.1 099 OK\r\n\r\n"),
        STR_INIT("HTTP/1.1  200 OK\r\n\r\n"),
        STR_INIT("HTTP/1.1 200\r\n\r\n"),
        STR_INIT("HTTP/1.1 -20 OK\r\n\r\n"),
        STR_INIT("HTTP/1.1 200 O\0K\r\n\r\n"),
        STR_INIT("HTTP/2 200 OK\r\n\r\n"),
        STR_INIT("HTTP/2.0 200 OK\r\n\r\n"),
        STR_INIT("ICY 200 OK\r\n\r\n"),
        STR_INIT("<html>"),
        STR_INIT("\r\nHTTP/1.1 200 OK\r\n\r\n"),
        STR_INIT("SSH-2.0-OpenSSH\r\n"),
    };
    struct http_head head;
    size_t used = 0;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (parse_cut(false, cases[i], &head, &used, &err) != RC_INVALID) {
            print_error("taken: %.*s\n", STR_ARG(cases[i]));
            fail();
        }
    }
}

/* --- chunks --- */

struct dechunked {
    enum rc rc;
    char text[256];
    size_t len;
    size_t used;
    bool done;
};

/* Feed the bytes in pieces of a size and gather what comes out. */
static struct dechunked
dechunk(struct str bytes, size_t piece)
{
    struct http_chunks c = {0};
    struct dechunked d = {.rc = RC_OK};
    char copy[8192];
    struct err err;

    assert_true(bytes.len <= sizeof(copy));
    memcpy(copy, bytes.ptr, bytes.len);
    while (d.used < bytes.len && !d.done && d.rc == RC_OK) {
        size_t len = bytes.len - d.used < piece ? bytes.len - d.used : piece;
        size_t used = 0;
        size_t decoded = 0;
        d.rc = http_dechunk(&c, copy + d.used, len, &used, &decoded, &d.done, &err);
        if (d.rc == RC_OK) {
            assert_true(d.len + decoded <= sizeof(d.text));
            assert_true(used == len || d.done);
            memcpy(d.text + d.len, copy + d.used, decoded);
            d.len += decoded;
            d.used += used;
        }
    }
    return d;
}

static void
chunks_are_joined_however_they_come(void **state)
{
    static const struct {
        struct str bytes;
        struct str text;
    } cases[] = {
        {STR_INIT("0\r\n\r\n"), STR_INIT("")},
        {STR_INIT("5\r\nhello\r\n0\r\n\r\n"), STR_INIT("hello")},
        {STR_INIT("5\r\nhello\r\n1\r\n \r\n6\r\nwo\r\nld\r\n0\r\n\r\n"), STR_INIT("hello wo\r\nld")},
        {STR_INIT("0005\r\nhello\r\n000\r\n\r\n"), STR_INIT("hello")},
        {STR_INIT("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"), STR_INIT("01234567890123456789")},
        {STR_INIT("5;a=b\r\nhello\r\n0;x\r\n\r\n"), STR_INIT("hello")},
        {STR_INIT("5 ; a=\"b c;d\"\r\nhello\r\n0\r\n\r\n"), STR_INIT("hello")},
        {STR_INIT("5;\r\nhello\r\n0\r\n\r\n"), STR_INIT("hello")},
        {STR_INIT("1\r\n\0\r\n0\r\nTrailer: x\r\nOther:\r\n\r\n"), STR_INIT("\0")},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t piece = 1; piece <= cases[i].bytes.len; piece++) {
            struct dechunked d = dechunk(cases[i].bytes, piece);
            assert_int_equal(d.rc, RC_OK);
            assert_true(d.done);
            assert_int_equal(d.used, cases[i].bytes.len);
            assert_true(str_eq((struct str){d.text, d.len}, cases[i].text));
        }
    }
}

static void
bad_chunks_are_refused(void **state)
{
    static const struct str cases[] = {
        STR_INIT("\r\n"),
        STR_INIT("5\nhello\r\n0\r\n\r\n"),
        STR_INIT("5\rhello\r\n0\r\n\r\n"),
        STR_INIT("5 \r\nhello\r\n0\r\n\r\n"),
        STR_INIT(" 5\r\nhello\r\n0\r\n\r\n"),
        STR_INIT("+5\r\nhello\r\n0\r\n\r\n"),
        STR_INIT("-5\r\nhello\r\n0\r\n\r\n"),
        STR_INIT("0x5\r\nhello\r\n0\r\n\r\n"),
        STR_INIT("5h\r\nhello\r\n0\r\n\r\n"),
        STR_INIT("5 5\r\nhello\r\n0\r\n\r\n"),
        STR_INIT("5 a\r\nhello\r\n0\r\n\r\n"),
        STR_INIT("5;a\nb\r\nhello\r\n0\r\n\r\n"),
        STR_INIT("5;a\rb\r\nhello\r\n0\r\n\r\n"),
        STR_INIT("5;a\0b\r\nhello\r\n0\r\n\r\n"),
        STR_INIT("5\r\nhelloX\r\n0\r\n\r\n"),
        STR_INIT("5\r\nhello\n0\r\n\r\n"),
        STR_INIT("5\r\nhello0\r\n\r\n"),
        STR_INIT("5\r\nhello\r0\r\n\r\n"),
        STR_INIT("5\r\nhello\r\n\r\n"),
        STR_INIT("5\r\nhello\r\n0\r\n\n"),
        STR_INIT("5\r\nhello\r\n0\r\n\rX"),
        STR_INIT("5\r\nhello\r\n0\r\n folded: x\r\n\r\n"),
        STR_INIT("5\r\nhello\r\n0\r\nX : y\r\n\r\n"),
        STR_INIT("5\r\nhello\r\n0\r\nX\r\n\r\n"),
        STR_INIT("5\r\nhello\r\n0\r\n: y\r\n\r\n"),
        STR_INIT("5\r\nhello\r\n0\r\nX: y\n\r\n"),
        STR_INIT("5\r\nhello\r\n0\r\nX: \0\r\n\r\n"),
        STR_INIT("8000000000000000\r\nx"),
        STR_INIT("ffffffffffffffff\r\nx"),
        STR_INIT("10000000000000005\r\nhello\r\n0\r\n\r\n"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t piece = 1; piece <= cases[i].len; piece++) {
            if (dechunk(cases[i], piece).rc != RC_INVALID) {
                print_error("taken in pieces of %zu: %.*s\n", piece, STR_ARG(cases[i]));
                fail();
            }
        }
    }
}

static void
lines_between_chunks_have_limits(void **state)
{
    static char bytes[8192];
    int len;

    (void)state;
    len = snprintf(bytes, sizeof(bytes), "1;%0200d\r\nx\r\n0\r\n\r\n", 0);
    assert_int_equal(dechunk((struct str){bytes, (size_t)len}, 8192).rc, RC_OK);
    len = snprintf(bytes, sizeof(bytes), "1;%0300d\r\nx\r\n0\r\n\r\n", 0);
    assert_int_equal(dechunk((struct str){bytes, (size_t)len}, 8192).rc, RC_INVALID);
    len = snprintf(bytes, sizeof(bytes), "%0300d\r\n\r\n", 0);
    assert_int_equal(dechunk((struct str){bytes, (size_t)len}, 8192).rc, RC_INVALID);
    len = snprintf(bytes, sizeof(bytes), "0\r\nX: %04000d\r\n\r\n", 0);
    assert_int_equal(dechunk((struct str){bytes, (size_t)len}, 8192).rc, RC_OK);
    len = snprintf(bytes, sizeof(bytes), "0\r\nX: %04200d\r\n\r\n", 0);
    assert_int_equal(dechunk((struct str){bytes, (size_t)len}, 8192).rc, RC_INVALID);
}

static void
what_follows_the_last_chunk_is_left_alone(void **state)
{
    struct str bytes = STR("1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n");
    struct dechunked d = dechunk(bytes, bytes.len);

    (void)state;
    assert_true(d.done);
    assert_int_equal(d.used, 11);
}

static void
dates_are_written_as_the_standard_shows(void **state)
{
    struct arena *a = arena_new(4096);
    struct buf b;
    struct str text;
    struct err err;

    (void)state;
    buf_init(&b, a, 1024);
    buf_put_http_date(&b, INT64_C(784111777) * 1000000 + 999999);
    buf_put_char(&b, '|');
    buf_put_http_date(&b, 0);
    buf_put_char(&b, '|');
    buf_put_http_date(&b, INT64_C(1709251199) * 1000000);
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    assert_true(str_eq(text, STR("Sun, 06 Nov 1994 08:49:37 GMT|Thu, 01 Jan 1970 00:00:00 GMT|"
                                 "Thu, 29 Feb 2024 23:59:59 GMT")));
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_that_could_be_read_two_ways_are_refused),
        cmocka_unit_test(what_has_a_status_of_its_own_says_so),
        cmocka_unit_test(good_requests_are_understood),
        cmocka_unit_test(bytes_after_the_head_are_left_alone),
        cmocka_unit_test(fields_are_found_without_case),
        cmocka_unit_test(the_last_field_that_fits_is_taken),
        cmocka_unit_test(limits_are_met_to_the_byte),
        cmocka_unit_test(a_head_with_any_one_byte_changed_is_judged),
        cmocka_unit_test(good_responses_are_understood),
        cmocka_unit_test(bad_responses_are_refused),
        cmocka_unit_test(chunks_are_joined_however_they_come),
        cmocka_unit_test(bad_chunks_are_refused),
        cmocka_unit_test(lines_between_chunks_have_limits),
        cmocka_unit_test(what_follows_the_last_chunk_is_left_alone),
        cmocka_unit_test(dates_are_written_as_the_standard_shows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
