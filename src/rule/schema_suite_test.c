/*
 * Every required case of the JSON Schema suite, draft 2020-12, asked quickly and walked slowly.  Its remotes
 * and the metaschemas are handed in; nothing is fetched.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rule/schema_run_int.h"

enum { DOCUMENTS_MAX = 64 };

struct suite {
    struct arena *arena;
    struct schema_document documents[DOCUMENTS_MAX];
    struct schema_options options;
    unsigned passed, failed;
};

static const struct json *
parsed(struct arena *a, const char *path)
{
    FILE *in = fopen(path, "rb");
    struct json *tree = NULL;
    struct buf b;
    struct str text;
    struct err err;
    char piece[4096];
    size_t len;

    if (in == NULL) {
        fail_msg("%s cannot be read", path);
        return NULL;
    }
    buf_init(&b, a, 1 << 24);
    while ((len = fread(piece, 1, sizeof(piece), in)) > 0) {
        buf_put(&b, (struct str){piece, len});
    }
    (void)fclose(in);
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    assert_int_equal(json_parse(a, text, JSON_ANY, &tree, &err), RC_OK);
    return tree;
}

/* All below the folder, each known by the address of its folder and its path; cut: without ".json". */
static void
load(struct suite *s, struct str folder, struct str uri, bool cut)
{
    DIR *dir = opendir(folder.ptr);

    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        struct str name = str_of(entry->d_name);
        if (name.ptr[0] == '.' || str_eq(name, STR("LICENSE"))) {
            continue;
        }
        struct str path = str_fmt(s->arena, "%s/%s", folder.ptr, entry->d_name);
        if (!str_ends(name, STR(".json"))) {
            load(s, path, str_fmt(s->arena, "%s/%s", uri.ptr, entry->d_name), cut);
            continue;
        }
        assert_true(s->options.others_count < DOCUMENTS_MAX);
        struct schema_document *d = &s->documents[s->options.others_count++];
        size_t len = cut ? name.len - 5 : name.len;
        d->uri = str_fmt(s->arena, "%s/%.*s", uri.ptr, (int)len, name.ptr);
        d->root = parsed(s->arena, path.ptr);
    }
    (void)closedir(dir);
}

static bool
case_passes(const struct schema *schema, const struct json *test)
{
    struct arena *work = arena_new(1 << 22);
    struct schema_result *result = arena_alloc(work, 1, sizeof(*result));
    struct err err = {.text = ""};
    enum rc rc = schema_check(schema, work, json_get(test, "data"), 0, result, &err);
    bool passes = rc == RC_OK && result->is_valid == json_true(test, "valid") &&
                  result->is_valid == (result->count == 0);

    passes = passes &&
             schema_check_slowly(schema, work, json_get(test, "data"), 0, result, &err) == RC_OK &&
             result->is_valid == json_true(test, "valid");

    if (rc != RC_OK) {
        print_message("%s\n", err.text);
    }
    arena_free(work);
    return passes;
}

static void
run_group(struct suite *s, const char *file, const struct json *group)
{
    struct arena *work = arena_new(1 << 24);
    const struct json *tests = json_get(group, "tests");
    struct str name = json_str(group, "description");
    const struct schema *schema;
    struct err err;

    if (schema_compile(work, STR(""), json_get(group, "schema"), &s->options, &schema, &err) != RC_OK) {
        print_message("%s: %.*s: %s\n", file, STR_ARG(name), err.text);
        s->failed += tests->count;
        arena_free(work);
        return;
    }
    for (const struct json *test = tests->first; test != NULL; test = test->next) {
        if (case_passes(schema, test)) {
            s->passed++;
            continue;
        }
        s->failed++;
        print_message("%s: %.*s: %.*s\n", file, STR_ARG(name), STR_ARG(json_str(test, "description")));
    }
    arena_free(work);
}

static void
run_file(struct suite *s, const char *folder, const char *file)
{
    struct suite before = *s;
    const struct json *groups = parsed(s->arena, str_fmt(s->arena, "%s/%s", folder, file).ptr);

    for (const struct json *group = groups->first; group != NULL; group = group->next) {
        run_group(s, file, group);
    }
    print_message("%-28s %4u passed %4u failed\n", file, s->passed - before.passed,
                  s->failed - before.failed);
}

static void
every_required_case_of_the_suite_passes(void **state)
{
    const char *suites = getenv("SUITES");
    const char *ci = getenv("CI");
    struct suite s = {.arena = arena_new(1 << 27)};
    struct str root = str_fmt(s.arena, "%s/json-schema", suites == NULL ? "../shared/suites" : suites);
    struct str tests = str_fmt(s.arena, "%s/tests/draft2020-12", root.ptr);
    DIR *dir = opendir(tests.ptr);

    (void)state;
    if (dir == NULL) {
        print_message("schema: the suite is not in %s, nothing was checked\n", tests.ptr);
        assert_false(ci != NULL && str_eq(str_of(ci), STR("true")));
        arena_free(s.arena);
        return;
    }
    s.options.others = s.documents;
    load(&s, str_fmt(s.arena, "%s/remotes", root.ptr), STR("http://localhost:1234"), false);
    load(&s, str_fmt(s.arena, "%s/metaschema", root.ptr), STR("https://json-schema.org/draft/2020-12"),
         true);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (str_ends(str_of(entry->d_name), STR(".json"))) {
            run_file(&s, tests.ptr, entry->d_name);
        }
    }
    (void)closedir(dir);
    print_message("json-schema draft2020-12: %u passed, %u failed\n", s.passed, s.failed);
    assert_int_equal(s.failed, 0);
    assert_int_equal(s.passed, 1299);
    arena_free(s.arena);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_required_case_of_the_suite_passes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
