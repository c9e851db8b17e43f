/* Holds the engine to the 136 tests of mustache/spec (required modules). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "web/template.h"

enum { ARENA_BYTES = 16 << 20, PARTIALS_MAX = 8 };

static const char *const modules[] = {"comments", "delimiters", "interpolation",
                                      "inverted", "partials",   "sections"};
static const size_t expected_tests[] = {12, 14, 42, 22, 12, 34};

static const char *
suites_folder(void)
{
    const char *folder = getenv("SUITES");

    return folder != NULL ? folder : "../shared/suites";
}

/* False if there is no such file. */
static bool
read_whole(struct arena *a, const char *path, struct str *out)
{
    FILE *in = fopen(path, "rb");
    struct err err;
    struct buf b;
    char piece[4096];
    size_t n;

    if (in == NULL) {
        return false;
    }
    buf_init(&b, a, 1 << 20);
    while ((n = fread(piece, 1, sizeof(piece), in)) > 0) {
        buf_put(&b, (struct str){piece, n});
    }
    (void)fclose(in);
    assert_int_equal(buf_finish(&b, out, &err), RC_OK);
    return true;
}

/* Renders one test; false, with a line on standard output, if the result is not as expected. */
static bool
one_case(struct arena *a, const char *module, const struct json *test)
{
    struct template_source source[PARTIALS_MAX] = {
        {STR("main"), json_str(test, "template")},
    };
    const struct json *partials = json_get(test, "partials");
    const struct json *data = json_get(test, "data");
    struct template_set *set;
    struct err err = {0};
    struct buf out;
    struct str got = STR("");
    size_t count = 1;

    for (const struct json *p = partials != NULL ? partials->first : NULL; p != NULL; p = p->next) {
        assert_true(count < PARTIALS_MAX);
        source[count++] = (struct template_source){p->key, p->text};
    }
    buf_init(&out, a, 1 << 16);
    if (template_set_new(a, source, count, TEMPLATE_PLAIN, NULL, &set, &err) != RC_OK ||
        template_render(set, STR("main"), &data, 1, &out, &err) != RC_OK ||
        buf_finish(&out, &got, &err) != RC_OK || !str_eq(got, json_str(test, "expected"))) {
        printf("FAILED %s: %.*s\n  got \"%.*s\" %s\n", module, STR_ARG(json_str(test, "name")),
               STR_ARG(got), err.text);
        return false;
    }
    return true;
}

static void
every_case_of_the_specification_renders_as_it_says(void **state)
{
    (void)state;
    size_t passed = 0, failed = 0;

    for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
        struct arena *a = arena_new(ARENA_BYTES);
        struct err err = {0};
        struct json *document;
        struct str text;
        char path[1024];
        size_t count = 0, right = 0;

        (void)snprintf(path, sizeof(path), "%s/mustache/specs/%s.json", suites_folder(),
                       modules[i]);
        if (!read_whole(a, path, &text)) {
            const char *ci = getenv("CI");
            printf("mustache: no suite at %s\n", path);
            assert_false(ci != NULL && strcmp(ci, "true") == 0);
            arena_free(a);
            return;
        }
        assert_int_equal(json_parse(a, text, JSON_ANY, &document, &err), RC_OK);
        const struct json *tests = json_get(document, "tests");
        assert_non_null(tests);
        for (const struct json *t = tests->first; t != NULL; t = t->next) {
            count++;
            right += one_case(a, modules[i], t);
        }
        assert_int_equal(count, expected_tests[i]);
        printf("mustache %-14s %3zu passed, %zu failed\n", modules[i], right, count - right);
        passed += right;
        failed += count - right;
        arena_free(a);
    }
    printf("mustache %-14s %3zu passed, %zu failed\n", "(all)", passed, failed);
    assert_int_equal(failed, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_of_the_specification_renders_as_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
