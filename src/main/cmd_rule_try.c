/*
 * rule test - models before the cases that were written down for them.
 *
 * Cases are files in the format of the DMN conformance kit, beside the model that they name.  A folder is looked through with all
 * that is below it, in the order of names, so that two runs say the same.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "main/cmd_rule_int.h"
#include "rule/cases.h"

enum { DEPTH_MAX = 16, PLACES_MAX = 64, NAMES_MAX = 16384 };

static const char help[] =
    "usage: zhengtong rule test [--failed] FOLDER|FILE...\n\n"
    "Asks decision models what the cases beside them ask, and compares the answers: a line a file, what\n"
    "was expected and what came for each case that fails, and the sum.  Cases are XML files in the format\n"
    "of the DMN conformance kit (testCases); folders are looked through to the bottom.\n\n"
    "  --failed  only the files with a case that fails, and the sum\n"
    "  --help    this text\n\n"
    "Status: 0 every case passed; 65 one failed or could not be read; 66 there are no cases there.\n";

struct tally {
    struct rule_desk *desk; /* with an arena for one file */
    bool only_failed;
    size_t files, passed, failed;
};

static void
say_failure(const struct case_info *info, const struct case_result *r)
{
    (void)printf("    %.*s %.*s: expected %.*s, got %.*s%s%.*s\n", STR_ARG(info->id), STR_ARG(r->node),
                 STR_ARG(r->expected), STR_ARG(r->got.len > 0 ? r->got : STR("nothing")), r->error.len > 0 ? ": " : "",
                 STR_ARG(r->error));
}

/* A file's line stands before what its cases say, but needs their sum: so once quietly, and again if there is something to say. */
static enum rc
run_cases(struct tally *t, const struct dmn *m, const struct cases *c, bool is_told, size_t *passed, struct err *err)
{
    *passed = 0;
    for (size_t i = 0; i < cases_count(c); i++) {
        struct case_info info = cases_at(c, i);
        const struct case_result *result;
        bool is_passed = true;
        enum rc rc = cases_run(t->desk->arena, t->desk->run, m, c, i, clock_now_us(&clock_system),
                               CLOCK_OFFSET_CHINA_MINUTES * 60, &result, err);
        if (rc != RC_OK) {
            return rc;
        }
        for (size_t k = 0; k < info.results; k++) {
            is_passed = is_passed && result[k].is_passed;
            if (is_told && !result[k].is_passed) {
                say_failure(&info, &result[k]);
            }
        }
        *passed += is_passed;
    }
    return RC_OK;
}

static void
say_file(const char *path, size_t passed, size_t failed)
{
    (void)printf("%5zu passed %5zu failed  %s\n", passed, failed, path);
}

/* One failure stands for a file that cannot be asked at all. */
static void
say_unread(struct tally *t, const char *path, const char *model, const struct dmn_fault *fault, const struct err *err)
{
    const char *says = t->desk->is_chinese ? fault->zh : fault->en;

    say_file(path, 0, 1);
    t->failed++;
    if (says[0] != '\0') {
        (void)printf("    %s:%u:%u: %s%s%s\n", model, fault->line, fault->column, fault->element,
                     fault->element[0] == '\0' ? "" : ": ", says);
    } else {
        (void)printf("    %s\n", err->text);
    }
}

static void
try_cases(struct tally *t, const char *path, struct str xml)
{
    struct rule_desk *d = t->desk;
    struct dmn_fault fault = {.line = 0};
    const struct cases *cases;
    const struct dmn *model;
    struct str name = str_of(path);
    struct err err;
    size_t passed;

    t->files++;
    enum rc rc = cases_read(d->arena, xml, d->zones, &cases, &err);
    if (rc == RC_OK) {
        struct str file = cases_model(cases);
        name = file.len > 0 ? str_fmt(d->arena, "%.*s%.*s", STR_ARG(rule_folder_of(str_of(path))), STR_ARG(file))
                            : str_fmt(d->arena, "%.*s.dmn", (int)strlen(path) - 4, path);
        rc = name.ptr == NULL ? err_set(&err, RC_LIMIT, "no room for a name")
                              : rule_model(d, name.ptr, &model, &fault, &err);
    }
    if (rc != RC_OK || (rc = run_cases(t, model, cases, false, &passed, &err)) != RC_OK) {
        say_unread(t, path, name.ptr, &fault, &err);
        return;
    }
    size_t failed = cases_count(cases) - passed;
    t->passed += passed;
    t->failed += failed;
    if (failed > 0 || !t->only_failed) {
        say_file(path, passed, failed);
    }
    if (failed > 0 && (rc = run_cases(t, model, cases, true, &passed, &err)) != RC_OK) {
        (void)printf("    %s\n", err.text);
    }
}

static void
try_file(struct tally *t, const char *path)
{
    struct arena *whole = t->desk->arena;
    struct str xml;
    struct err err;

    t->desk->arena = arena_new(RULE_ARENA_BYTES);
    if (rule_read(t->desk, path, &xml, &err) == RC_OK && str_has(xml, STR("testCases"))) {
        try_cases(t, path, xml);
    }
    arena_free(t->desk->arena);
    t->desk->arena = whole;
}

/* --- folders --------------------------------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What lies in a folder, by name, but for what is hidden; -1 if it cannot be opened. */
static int
list_folder(struct arena *a, const char *folder, const char **names)
{
    DIR *dir = opendir(folder);
    int count = 0;

    if (dir == NULL) {
        return -1;
    }
    for (struct dirent *entry; count < NAMES_MAX && (entry = readdir(dir)) != NULL;) {
        struct str path = str_fmt(a, "%s%s%s", folder, str_ends(str_of(folder), STR("/")) ? "" : "/", entry->d_name);
        if (entry->d_name[0] != '.' && path.ptr != NULL) {
            names[count++] = path.ptr;
        }
    }
    (void)closedir(dir);
    qsort(names, (size_t)count, sizeof(*names), by_name);
    return count;
}

static bool
try_place(struct tally *t, const char *path, int depth)
{
    const char **names = arena_alloc(t->desk->arena, NAMES_MAX, sizeof(*names));
    struct stat st;
    bool is_good = names != NULL && stat(path, &st) == 0;
    int count = is_good && S_ISDIR(st.st_mode) && depth < DEPTH_MAX ? list_folder(t->desk->arena, path, names) : 0;

    if (!is_good || count < 0) {
        (void)fprintf(stderr, "zhengtong rule test: %s: %s\n", path, strerror(errno));
        return false;
    }
    if (!S_ISDIR(st.st_mode)) {
        if (depth == 0 || str_ends(str_of(path), STR(".xml"))) {
            try_file(t, path);
        }
        return true;
    }
    for (int i = 0; i < count; i++) {
        is_good = try_place(t, names[i], depth + 1) && is_good;
    }
    return is_good;
}

int
rule_test(struct rule_desk *d, int argc, char **argv)
{
    struct tally t = {.desk = d};
    bool is_help = false, is_good = true;
    const struct option_spec specs[] = {{"--failed", NULL, &t.only_failed}, {"--help", NULL, &is_help}};
    const char *places[PLACES_MAX];
    struct option_words words = {.list = places, .max = PLACES_MAX};

    if (!options_and_words_read(argc, argv, specs, sizeof(specs) / sizeof(specs[0]), &words)) {
        return RULE_USAGE;
    }
    if (is_help || words.count == 0) {
        (void)fputs(help, is_help ? stdout : stderr);
        return is_help ? 0 : RULE_USAGE;
    }
    for (size_t i = 0; i < words.count; i++) {
        is_good = try_place(&t, words.list[i], 0) && is_good;
    }
    (void)printf("%zu passed, %zu failed\n", t.passed, t.failed);
    return !is_good || t.files == 0 ? rc_exit(RC_NOT_FOUND) : rc_exit(t.failed > 0 ? RC_INVALID : RC_OK);
}
