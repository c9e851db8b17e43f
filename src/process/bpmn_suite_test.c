/*
 * Every process of betsy's suite is read.
 *
 * bpmn_doubtful.txt has those that are refused or are found unsound, by rule, with the reason.  What stands in it and is read
 * soundly is a failure, and so is what is refused and does not stand there.  WORDY=1 shows every finding.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process/bpmn_int.h"
#include "process/test_betsy.h"

struct suite {
    struct arena *arena; /* of one file */
    struct str doubtful;
    unsigned files, processes, read, refused, unsound, warnings, wrong;
    bool is_wordy;
};

/* "group/name.bpmn rule reason" */
static bool
is_doubtful(const struct suite *s, struct str file, const char *rule)
{
    struct str rest = s->doubtful, line, part[2];

    while (str_next(&rest, '\n', &line)) {
        if (str_next(&line, ' ', &part[0]) && str_next(&line, ' ', &part[1]) && str_eq(part[0], file) &&
            (rule == NULL || str_eq(part[1], str_of(rule)))) {
            assert_true(line.len > 10); /* the reason */
            return true;
        }
    }
    return false;
}

static void
show(struct str file, const struct bpmn_finding *f)
{
    print_message("    %.*s:%u %s %s, %.*s %.*s: %.*s\n", STR_ARG(file), f->line, bpmn_severity_name(f->severity), bpmn_rule_name(f->rule),
                  STR_ARG(f->tag), STR_ARG(f->id), STR_ARG(f->en));
}

static void
try_file(struct suite *s, const char *folder, const char *name, unsigned counts[3])
{
    char path[1024], shown[256];
    struct bpmn_report report;
    const struct bpmn *m;
    struct err err;
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    struct str group = str_of(folder), xml = betsy_model(s->arena, path);
    while (str_find_byte(group, '/') < group.len) {
        group = str_from(group, str_find_byte(group, '/') + 1);
    }
    (void)snprintf(shown, sizeof(shown), "%.*s/%s", STR_ARG(group), name);
    struct str file = str_of(shown);
    bool is_read = bpmn_read(s->arena, xml, NULL, &m, &report, &err) == RC_OK, is_bad = !is_read || report.unsound > 0;

    counts[0] += is_read;
    counts[1] += !is_read;
    counts[2] += is_read && report.unsound > 0;
    s->files++;
    s->processes += is_read ? (unsigned)bpmn_processes(m) : 0;
    s->wrong += is_doubtful(s, file, NULL) != is_bad;
    if (is_bad != is_doubtful(s, file, NULL)) {
        print_message("    %s %s\n", shown, is_bad ? "is refused" : "is read, and stands in bpmn_doubtful.txt");
    }
    for (size_t i = 0; i < report.count; i++) {
        const struct bpmn_finding *f = &report.finding[i];
        bool is_known = f->severity == BPMN_WARNING || is_doubtful(s, file, bpmn_rule_name(f->rule));
        s->warnings += f->severity == BPMN_WARNING;
        s->wrong += !is_known;
        if (!is_known || s->is_wordy) {
            show(file, f);
        }
    }
    arena_reset(s->arena);
}

static bool
try_group(struct suite *s, const char *suites, const char *group)
{
    struct dirent **files = NULL;
    unsigned counts[3] = {0, 0, 0};
    char folder[512];
    (void)snprintf(folder, sizeof(folder), "%s/bpmn-betsy/processes/%s", suites, group);
    int count = scandir(folder, &files, NULL, alphasort);

    if (count < 0) {
        print_message("bpmn: the suite is not in %s, nothing was checked\n", folder);
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (files[i]->d_name[0] != '.') {
            try_file(s, folder, files[i]->d_name, counts);
        }
        (free)(files[i]);
    }
    (free)(files);
    print_message("%-12s %4u read %4u refused %4u read and unsound\n", group, counts[0], counts[1], counts[2]);
    s->read += counts[0];
    s->refused += counts[1];
    s->unsound += counts[2];
    return true;
}

static void
every_process_of_the_suite_is_read(void **state)
{
    static const char *const groups[] = {"activities", "basics", "cfpatterns", "data", "errors", "events", "gateways"};
    const char *suites = getenv("SUITES"), *ci = getenv("CI");
    struct arena *kept = arena_new(1 << 20);
    struct suite s = {.arena = arena_new(1 << 28), .is_wordy = getenv("WORDY") != NULL};
    bool is_there = true;

    (void)state;
    suites = suites != NULL ? suites : "../shared/suites";
    s.doubtful = betsy_file(kept, "src/process/bpmn_doubtful.txt");
    assert_non_null(s.doubtful.ptr);
    for (size_t i = 0; is_there && i < sizeof(groups) / sizeof(groups[0]); i++) {
        is_there = try_group(&s, suites, groups[i]);
    }
    if (is_there) {
        print_message("%u files: %u read with %u processes, %u refused, %u unsound, %u warnings\n", s.files, s.read, s.processes, s.refused,
                      s.unsound, s.warnings);
        assert_int_equal(s.wrong, 0);
        assert_int_equal(s.files, 103);
    } else {
        assert_false(ci != NULL && str_eq(str_of(ci), STR("true")));
    }
    arena_free(s.arena);
    arena_free(kept);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_process_of_the_suite_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
