/*
 * Every test case of the DMN conformance kit, levels 2 and 3.
 *
 * dmn_doubtful.txt has the cases that are not followed, with the reason.  A case in it that passes is a failure, and so is one
 * that fails and does not stand there.  WORDY=1 shows what was expected and what came.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rule/cases.h"

/* 2026-11-28T00:00:00Z: what now() is does not matter to the kit, only that it is something. */
#define NOW_US INT64_C(1795824000000000)

enum { MODELS_MAX = 8 };

struct suite {
    struct arena *arena; /* of one folder */
    struct zones *zones;
    struct run *run;
    struct str doubtful; /* the file */
    struct str model[MODELS_MAX];
    size_t models;
    unsigned cases, passed, failed, doubted, wrong;
    unsigned nodes_passed, nodes;
    bool is_wordy;
};

static struct str
read_file(struct arena *a, const char *path)
{
    FILE *in = fopen(path, "rb");
    struct buf b;
    struct str text;
    struct err err;
    char piece[4096];
    size_t len;

    if (in == NULL) {
        return (struct str){NULL, 0};
    }
    buf_init(&b, a, 1 << 24);
    while ((len = fread(piece, 1, sizeof(piece), in)) > 0) {
        buf_put(&b, (struct str){piece, len});
    }
    (void)fclose(in);
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    return text;
}

/* "folder case clause reason" with "*" for every case. */
static bool
is_doubtful(const struct suite *s, struct str folder, struct str id)
{
    struct str rest = s->doubtful, line, part[2];

    while (str_next(&rest, '\n', &line)) {
        if (str_next(&line, ' ', &part[0]) && str_next(&line, ' ', &part[1]) && str_eq(part[0], folder) &&
            (str_eq(part[1], id) || str_eq(part[1], STR("*")))) {
            assert_true(line.len > 10); /* the reason */
            return true;
        }
    }
    return false;
}

static bool
find_model(void *ctx, struct str name_space, struct str location, struct str *xml)
{
    const struct suite *s = ctx;

    (void)location;
    for (size_t i = 0; i < s->models; i++) {
        struct dmn_head head;
        struct err err;
        if (dmn_head(s->arena, s->model[i], &head, NULL, &err) == RC_OK && str_eq(head.name_space, name_space)) {
            *xml = s->model[i];
            return true;
        }
    }
    return false;
}

static bool
case_passes(struct suite *s, const struct dmn *m, const struct cases *cases, size_t index, struct str folder)
{
    struct case_info info = cases_at(cases, index);
    const struct case_result *result = NULL;
    struct err err;
    bool is_good = m != NULL;

    s->nodes += (unsigned)info.results;
    if (m == NULL) {
        return false;
    }
    assert_int_equal(cases_run(s->arena, s->run, m, cases, index, NOW_US, 0, &result, &err), RC_OK);
    for (size_t i = 0; i < info.results; i++) {
        s->nodes_passed += result[i].is_passed;
        is_good = is_good && result[i].is_passed;
        if (!result[i].is_passed && s->is_wordy) {
            const struct note *note;
            size_t notes = run_notes(s->run, &note);
            print_message("    %.*s %.*s %.*s: expected %.*s, got %.*s %.*s (%zu notes)\n", STR_ARG(folder), STR_ARG(info.id),
                          STR_ARG(result[i].node), STR_ARG(result[i].expected), STR_ARG(result[i].got),
                          STR_ARG(result[i].error), notes);
        }
    }
    return is_good;
}

static void
run_cases(struct suite *s, const struct dmn *m, const struct cases *cases, struct str folder)
{
    unsigned passed = 0, failed = 0;

    for (size_t i = 0; i < cases_count(cases); i++) {
        struct str id = cases_at(cases, i).id;
        bool is_good = case_passes(s, m, cases, i, folder), is_known = is_doubtful(s, folder, id);
        passed += is_good;
        failed += !is_good;
        s->doubted += !is_good && is_known;
        if (is_good == is_known) {
            s->wrong++;
            print_message("    %.*s %.*s %s\n", STR_ARG(folder), STR_ARG(id),
                          is_good ? "passes, and stands in dmn_doubtful.txt" : "fails");
        }
    }
    s->cases += passed + failed;
    s->passed += passed;
    s->failed += failed;
    print_message("%-50.*s %4u passed %4u failed\n", STR_ARG(folder), passed, failed);
}

static void
try_folder(struct suite *s, const char *level, struct str folder)
{
    struct str tests = {NULL, 0}, model = {NULL, 0};
    const struct cases *cases = NULL;
    const struct dmn *m = NULL;
    struct dmn_fault fault;
    struct dirent *entry;
    struct err err;
    char path[1024];
    (void)snprintf(path, sizeof(path), "%s/%.*s", level, STR_ARG(folder));
    DIR *dir = opendir(path);

    assert_non_null(dir);
    s->models = 0;
    while ((entry = readdir(dir)) != NULL) {
        struct str name = str_of(entry->d_name);
        (void)snprintf(path, sizeof(path), "%s/%.*s/%s", level, STR_ARG(folder), entry->d_name);
        if (str_ends(name, STR(".dmn"))) {
            assert_true(s->models < MODELS_MAX);
            s->model[s->models++] = read_file(s->arena, path);
        } else if (str_ends(name, STR(".xml"))) {
            tests = read_file(s->arena, path);
        }
    }
    (void)closedir(dir);
    if (cases_read(s->arena, tests, s->zones, &cases, &err) != RC_OK) {
        fail_msg("%.*s: %s", STR_ARG(folder), err.text);
    }
    (void)snprintf(path, sizeof(path), "%s/%.*s/%.*s", level, STR_ARG(folder), STR_ARG(cases_model(cases)));
    model = read_file(s->arena, path);
    assert_non_null(model.ptr);
    if (dmn_read(s->arena, model, find_model, s, s->zones, &m, &fault, &err) != RC_OK) {
        print_message("    %.*s: %s\n", STR_ARG(folder), err.text);
    }
    run_cases(s, m, cases, folder);
    arena_reset(s->arena);
}

static bool
try_level(struct suite *s, const char *suites, const char *level)
{
    struct dirent **folders = NULL;
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/dmn-tck/%s", suites, level);
    int count = scandir(path, &folders, NULL, alphasort);

    if (count < 0) {
        print_message("dmn: the kit is not in %s, nothing was checked\n", path);
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (folders[i]->d_name[0] != '.') {
            try_folder(s, path, str_of(folders[i]->d_name));
        }
        (free)(folders[i]);
    }
    (free)(folders);
    return true;
}

static void
every_case_of_the_conformance_kit_is_answered_as_it_says(void **state)
{
    const char *suites = getenv("SUITES"), *ci = getenv("CI");
    struct arena *kept = arena_new(1 << 20);
    struct suite s = {.arena = arena_new(1 << 28), .is_wordy = getenv("WORDY") != NULL};

    (void)state;
    suites = suites != NULL ? suites : "../shared/suites";
    s.zones = zones_new("/usr/share/zoneinfo");
    s.run = run_new(&RUN_LIMITS_USUAL, s.zones);
    s.doubtful = read_file(kept, "src/rule/dmn_doubtful.txt");
    assert_non_null(s.doubtful.ptr);
    if (try_level(&s, suites, "compliance-level-2") && try_level(&s, suites, "compliance-level-3")) {
        print_message("%u cases: %u passed, %u failed, of these %u doubtful; %u of %u result nodes passed\n", s.cases, s.passed,
                      s.failed, s.doubted, s.nodes_passed, s.nodes);
        assert_int_equal(s.wrong, 0);
        assert_int_equal(s.cases, 1883);
    } else {
        assert_false(ci != NULL && str_eq(str_of(ci), STR("true")));
    }
    run_free(s.run);
    zones_free(s.zones);
    arena_free(s.arena);
    arena_free(kept);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_of_the_conformance_kit_is_answered_as_it_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
