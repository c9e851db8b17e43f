#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "exchange/http_signature.h"

/* The examples of RFC 9421 §2.1 and §2.2, and a question with its answer. */
static const struct http_fields question_fields = {
    .field = {{STR_INIT("Host"), STR_INIT("www.Example.com:443")},
              {STR_INIT("X-OWS-Header"), STR_INIT("Leading and trailing whitespace.")},
              {STR_INIT("Cache-Control"), STR_INIT("max-age=60")},
              {STR_INIT("cache-control"), STR_INIT("   must-revalidate ")},
              {STR_INIT("Example-Dict"), STR_INIT("a=1,    b=2;x=1;y=2,   c=(a   b   c), d")},
              {STR_INIT("Priority"), STR_INIT(" u=1,  i")},
              {STR_INIT("X-Empty"), STR_INIT("")},
              {STR_INIT("X-High"), STR_INIT("\xc3\xa4")},
              {STR_INIT("Example-Header"), STR_INIT("value, with, lots")},
              {STR_INIT("Example-Header"), STR_INIT("of, commas")}},
    .count = 10,
};
static const struct signed_message question = {
    .is_request = true,
    .method = STR_INIT("POST"),
    .scheme = STR_INIT("https"),
    .authority = STR_INIT("www.Example.com:443"),
    .target = STR_INIT("/parameters?var=this%20is%20a%20big%0Amultiline%20value&"
                       "bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something&qux=&two=1&two=2&x~=~"),
    .fields = &question_fields,
};
static const struct http_fields answer_fields = {
    .field = {{STR_INIT("Content-Type"), STR_INIT("application/json")}}, .count = 1};
static const struct signed_message answer = {
    .status = 503, .fields = &answer_fields, .request = &question};

/* value NULL: the component is refused. */
static const struct {
    const struct signed_message *message;
    const char *component;
    const char *value;
} cases[] = {
    {&question, "\"@method\"", "POST"},
    {&question, "\"@authority\"", "www.example.com"},
    {&question, "\"@scheme\"", "https"},
    {&question, "\"@path\"", "/parameters"},
    {&question, "\"@query-param\";name=\"var\"", "this%20is%20a%20big%0Amultiline%20value"},
    {&question, "\"@query-param\";name=\"bar\"", "with%20plus%20whitespace"},
    {&question, "\"@query-param\";name=\"fa%C3%A7ade%22%3A%20\"", "something"},
    {&question, "\"@query-param\";name=\"qux\"", ""},
    {&question, "\"@query-param\";name=\"x%7E\"", "%7E"},
    {&question, "\"@query-param\";name=\"two\"", NULL},
    {&question, "\"@query-param\";name=\"none\"", NULL},
    {&question, "\"@query-param\"", NULL},
    {&question, "\"@query-param\";name=5", NULL},
    {&question, "\"@path\";name=\"x\"", NULL},
    {&question, "\"@status\"", NULL},
    {&question, "\"@signature-params\"", NULL},
    {&question, "\"@unheard-of\"", NULL},
    {&question, "\"@method\";sf", NULL},
    {&question, "\"x-ows-header\"", "Leading and trailing whitespace."},
    {&question, "\"cache-control\"", "max-age=60, must-revalidate"},
    {&question, "\"Cache-Control\"", NULL},
    {&question, "cache-control", NULL},
    {&question, "\"x-empty\"", ""},
    {&question, "\"x-missing\"", NULL},
    {&question, "\"x-high\"", NULL},
    {&question, "\"x-high\";bs", ":w6Q=:"},
    {&question, "\"example-header\"", "value, with, lots, of, commas"},
    {&question, "\"example-header\";bs", ":dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:"},
    {&question, "\"x-missing\";bs", NULL},
    {&question, "\"example-dict\"", "a=1,    b=2;x=1;y=2,   c=(a   b   c), d"},
    {&question, "\"example-dict\";key=\"a\"", "1"},
    {&question, "\"example-dict\";key=\"b\"", "2;x=1;y=2"},
    {&question, "\"example-dict\";key=\"c\"", "(a b c)"},
    {&question, "\"example-dict\";key=\"d\"", "?1"},
    {&question, "\"example-dict\";key=\"e\"", NULL},
    {&question, "\"example-dict\";sf", NULL},
    {&question, "\"example-dict\";key=\"a\";bs", NULL},
    {&question, "\"x-ows-header\";key=\"a\"", NULL},
    {&question, "\"priority\";sf", "u=1, i"},
    {&question, "\"priority\";tr", NULL},
    {&question, "\"priority\";unheard", NULL},
    {&question, "\"priority\";sf=?0", NULL},
    {&question, "\"@method\";req", NULL},
    {&answer, "\"@status\"", "503"},
    {&answer, "\"@method\"", NULL},
    {&answer, "\"@method\";req", "POST"},
    {&answer, "\"@status\";req", NULL},
    {&answer, "\"priority\";req", "u=1,  i"},
    {&answer, "\"priority\";key=\"u\";req", "1"},
    {&answer, "\"content-type\"", "application/json"},
};

static void
every_component_has_the_value_of_the_rfc_or_is_refused(void **state)
{
    struct arena *a = arena_new(1 << 16);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct str component = str_of(cases[i].component);
        struct signature_params p = {
            .components = &component, .component_count = 1, .created = 5, .expires = -1};
        struct str base = {NULL, 0}, want = {NULL, 0};
        struct err err;
        assert_int_equal(signature_params_set(a, &p, &err), RC_OK);
        enum rc rc = signature_base(a, cases[i].message, &p, &base, &err);
        if (cases[i].value != NULL) {
            want = str_fmt(a, "%s: %s\n\"@signature-params\": (%s);created=5", cases[i].component,
                           cases[i].value, cases[i].component);
        }
        if (cases[i].value == NULL ? rc != RC_INVALID : rc != RC_OK || !str_eq(base, want)) {
            fail_msg("%s gave %s\n%.*s", cases[i].component, rc_name(rc), STR_ARG(base));
        }
        arena_reset(a);
    }
    arena_free(a);
}

static void
the_target_is_covered_whole_or_in_parts(void **state)
{
    static const struct str components[] = {STR_INIT("\"@target-uri\""),
                                            STR_INIT("\"@request-target\""), STR_INIT("\"@path\""),
                                            STR_INIT("\"@query\""), STR_INIT("\"@authority\"")};
    static const struct {
        const char *scheme, *authority, *target, *base;
    } rows[] = {
        {"https", "a.example:8443", "/p?q=1&r", "https://a.example:8443/p?q=1&r|/p?q=1&r|/p|?q=1&r|a.example:8443"},
        {"http", "A.example:80", "/", "http://a.example/|/|/|?|a.example"},
        {"https", "a.example:80", "/?", "https://a.example:80/?|/?|/|?|a.example:80"},
    };
    struct arena *a = arena_new(1 << 16);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct signature_params p = {
            .components = components, .component_count = 5, .created = -1, .expires = -1};
        struct signed_message m = {.is_request = true,
                                   .method = STR("GET"),
                                   .scheme = str_of(rows[i].scheme),
                                   .authority = str_of(rows[i].authority),
                                   .target = str_of(rows[i].target)};
        struct str rest = str_of(rows[i].base), want, line, base;
        struct err err;
        assert_int_equal(signature_params_set(a, &p, &err), RC_OK);
        assert_int_equal(signature_base(a, &m, &p, &base, &err), RC_OK);
        for (size_t k = 0; k < 5; k++) {
            assert_true(str_next(&rest, '|', &want) && str_next(&base, '\n', &line));
            line = str_from(line, components[k].len + 2);
            if (!str_eq(line, want)) {
                fail_msg("%.*s is not %.*s", STR_ARG(line), STR_ARG(want));
            }
        }
        arena_reset(a);
    }
    arena_free(a);
}

static void
a_component_that_stands_twice_is_refused_in_whatever_order_its_parameters_come(void **state)
{
    static const struct str twice[] = {STR_INIT("\"example-dict\";key=\"a\";req"),
                                       STR_INIT("\"example-dict\";req;key=\"a\"")};
    static const struct str other[] = {STR_INIT("\"example-dict\";key=\"a\";req"),
                                       STR_INIT("\"example-dict\";req;key=\"b\"")};
    struct signature_params p = {
        .components = twice, .component_count = 2, .created = -1, .expires = -1};
    struct arena *a = arena_new(1 << 16);
    struct str base;
    struct err err;

    (void)state;
    assert_int_equal(signature_params_set(a, &p, &err), RC_OK);
    assert_int_equal(signature_base(a, &answer, &p, &base, &err), RC_INVALID);
    p.components = other;
    assert_int_equal(signature_params_set(a, &p, &err), RC_OK);
    assert_int_equal(signature_base(a, &answer, &p, &base, &err), RC_OK);
    arena_free(a);
}

static void
what_a_signer_writes_a_verifier_reads(void **state)
{
    static const struct str components[] = {STR_INIT("\"@method\""),
                                            STR_INIT("\"content-digest\";req")};
    static const struct str fewer[] = {STR_INIT("\"@method\"")};
    static const struct str others[] = {STR_INIT("\"content-digest\""), STR_INIT("\"@method\"")};
    static const struct str turned[] = {STR_INIT("\"content-digest\";req"), STR_INIT("\"@method\"")};
    struct arena *a = arena_new(1 << 16);
    struct signature_params p = {.keyid = STR("zr \"x\" \\"),
                                 .algorithm = STR("ed25519"),
                                 .nonce = STR("n-1"),
                                 .tag = STR("zhengtong-ask"),
                                 .created = 1700000000,
                                 .expires = 1700000300,
                                 .components = components,
                                 .component_count = 2},
                            got;
    struct str input, value, bytes;
    struct err err;

    (void)state;
    assert_int_equal(signature_params_set(a, &p, &err), RC_OK);
    assert_int_equal(signature_fields(a, STR("zt"), &p, STR("signature"), &input, &value, &err),
                     RC_OK);
    assert_int_equal(signature_input_parse(a, input, STR("zt"), &got, &err), RC_OK);
    assert_int_equal(signature_value_parse(a, value, STR("zt"), &bytes, &err), RC_OK);
    assert_true(str_eq(bytes, STR("signature")) && str_eq(got.inner, p.inner));
    assert_true(str_eq(got.keyid, p.keyid) && str_eq(got.algorithm, p.algorithm) &&
                str_eq(got.nonce, p.nonce) && str_eq(got.tag, p.tag));
    assert_int_equal(got.created, p.created);
    assert_int_equal(got.expires, p.expires);
    assert_true(signature_covers_exactly(&got, components, 2));
    assert_true(signature_covers_exactly(&got, turned, 2));
    assert_false(signature_covers_exactly(&got, fewer, 1));
    assert_false(signature_covers_exactly(&got, others, 2));
    assert_int_equal(signature_input_parse(a, input, STR("other"), &got, &err), RC_NOT_FOUND);
    p.keyid = STR("节点");
    assert_int_equal(signature_params_set(a, &p, &err), RC_INVALID);
    arena_free(a);
}

static void
a_wrong_signature_input_is_refused(void **state)
{
    static const char *const wrong[] = {
        "zt", "zt=1", "zt=\"x\"", "zt=(\"@method\"", "zt=(@method)", "zt=(\"@method\");created=\"1\"",
        "zt=(\"@method\");created=-1", "zt=(\"@method\");keyid=5", "zt=(\"@method\");nonce",
        "zt=(\"@method\"), zt=(\"@path\")", "zt=(\"@method\");keyid=\"a\";keyid=\"b\"",
        "zt=(\"X\")", "zt=(\"\")", "zt=(\"@query-param\")", "zt=(5)",
        "zt=(\"a\" \"a\" \"a\" \"a\" \"a\" \"a\" \"a\" \"a\" \"a\" \"a\" \"a\" \"a\" \"a\" \"a\" "
        "\"a\" \"a\" \"a\" \"a\" \"a\" \"a\" \"a\" \"a\" \"a\" \"a\" \"a\" \"a\" \"a\" \"a\" "
        "\"a\" \"a\" \"a\" \"a\" \"a\")"};
    struct arena *a = arena_new(1 << 17);
    struct signature_params p;
    struct str bytes;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        enum rc rc = signature_input_parse(a, str_of(wrong[i]), STR("zt"), &p, &err);
        if (rc != RC_INVALID) {
            fail_msg("%s gave %s", wrong[i], rc_name(rc));
        }
    }
    assert_int_equal(signature_value_parse(a, STR("zt=abc"), STR("zt"), &bytes, &err), RC_INVALID);
    assert_int_equal(signature_value_parse(a, STR("zt=:YQ==:, zt=:Yg==:"), STR("zt"), &bytes, &err),
                     RC_INVALID);
    arena_free(a);
}

static void
a_body_must_fit_its_digest(void **state)
{
    static const char good[] = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:";
    struct arena *a = arena_new(1 << 16);
    const struct str body = STR("{\"hello\": \"world\"}");
    struct err err;

    (void)state;
    assert_true(str_eq(content_digest(a, body), str_of(good)));
    assert_int_equal(content_digest_check(a, str_of(good), body, &err), RC_OK);
    assert_int_equal(content_digest_check(a, str_fmt(a, "sha-512=:YQ==:, %s", good), body, &err),
                     RC_OK);
    assert_int_equal(content_digest_check(a, str_of(good), STR("{\"hello\":\"world\"}"), &err),
                     RC_INVALID);
    assert_string_equal(err.type, "digest-mismatch");
    assert_int_equal(content_digest_check(a, STR(""), body, &err), RC_INVALID);
    assert_int_equal(content_digest_check(a, STR("sha-512=:YQ==:"), body, &err), RC_INVALID);
    assert_int_equal(content_digest_check(a, STR("sha-256=X48E"), body, &err), RC_INVALID);
    assert_int_equal(content_digest_check(a, str_fmt(a, "%s, %s", good, good), body, &err),
                     RC_INVALID);
    arena_free(a);
}

static void
any_memory_limit_gives_a_limit_and_nothing_else(void **state)
{
    const struct str input = STR("zt=(\"@target-uri\" \"cache-control\" \"example-dict\";key=\"c\" "
                                 "\"@query-param\";name=\"bar\");created=5;keyid=\"k\"");
    enum rc rc = RC_LIMIT;

    (void)state;
    for (size_t limit_bytes = 1; rc == RC_LIMIT && limit_bytes < 65536; limit_bytes += 16) {
        struct arena *a = arena_new(limit_bytes);
        struct signature_params p;
        struct str base;
        struct err err;
        if ((rc = signature_input_parse(a, input, STR("zt"), &p, &err)) == RC_OK) {
            rc = signature_base(a, &question, &p, &base, &err);
        }
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        arena_free(a);
    }
    assert_int_equal(rc, RC_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_component_has_the_value_of_the_rfc_or_is_refused),
        cmocka_unit_test(the_target_is_covered_whole_or_in_parts),
        cmocka_unit_test(
            a_component_that_stands_twice_is_refused_in_whatever_order_its_parameters_come),
        cmocka_unit_test(what_a_signer_writes_a_verifier_reads),
        cmocka_unit_test(a_wrong_signature_input_is_refused),
        cmocka_unit_test(a_body_must_fit_its_digest),
        cmocka_unit_test(any_memory_limit_gives_a_limit_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
