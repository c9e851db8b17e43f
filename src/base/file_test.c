#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

struct place {
    char folder[64];
    struct arena *arena;
};

static int
open_place(void **state)
{
    struct place *p = calloc(1, sizeof(*p));

    assert_non_null(p);
    (void)snprintf(p->folder, sizeof(p->folder), "/tmp/zt-file-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    p->arena = arena_new(1 << 20);
    *state = p;
    return 0;
}

static const char *
inside(const struct place *p, const char *name)
{
    return str_fmt(p->arena, "%s/%s%c", p->folder, name, '\0').ptr;
}

static int
close_place(void **state)
{
    struct place *p = *state;
    char command[96];

    (void)snprintf(command, sizeof(command), "rm -rf '%s'", p->folder);
    assert_int_equal(system(command), 0);
    arena_free(p->arena);
    free(p);
    return 0;
}

static size_t
names_in(const char *folder)
{
    DIR *dir = opendir(folder);
    size_t count = 0;
    const struct dirent *entry;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    (void)closedir(dir);
    return count;
}

static void
what_was_written_is_read(void **state)
{
    struct place *p = *state;
    const char *path = inside(p, "a");
    struct stat about;
    struct str got;
    struct err err;

    assert_int_equal(file_replace(path, STR("one\0two"), 0640, &err), RC_OK);
    assert_int_equal(file_read(p->arena, path, 7, &got, &err), RC_OK);
    assert_true(str_eq(got, STR("one\0two")));
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0640);
    assert_int_equal(file_replace(path, STR(""), 0600, &err), RC_OK);
    assert_int_equal(file_read(p->arena, path, 0, &got, &err), RC_OK);
    assert_int_equal(got.len, 0);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(names_in(p->folder), 1);
}

static void
a_file_past_the_limit_is_not_read(void **state)
{
    struct place *p = *state;
    const char *path = inside(p, "a");
    struct str got = STR("untouched");
    struct err err;

    assert_int_equal(file_replace(path, STR("12345678"), 0600, &err), RC_OK);
    assert_int_equal(file_read(p->arena, path, 7, &got, &err), RC_LIMIT);
    assert_true(str_eq(got, STR("untouched")));
    assert_int_equal(file_read(p->arena, path, 8, &got, &err), RC_OK);

    struct arena *small = arena_new(8);
    got = STR("untouched");
    assert_int_equal(file_read(small, path, 8, &got, &err), RC_LIMIT);
    assert_true(str_eq(got, STR("untouched")));
    arena_free(small);
}

/* Files of /proc say that they are empty: the same as a file that grows while it is read. */
static void
a_file_longer_than_it_said_is_read_whole_or_refused(void **state)
{
    struct place *p = *state;
    struct str got, again;
    struct err err;

    assert_int_equal(file_read(p->arena, "/proc/self/status", 1 << 16, &got, &err), RC_OK);
    assert_true(str_starts(got, STR("Name:")));
    assert_true(str_ends(got, STR("\n")));
    assert_int_equal(file_read(p->arena, "/proc/self/status", 20, &again, &err), RC_LIMIT);
}

static void
what_is_no_file_is_told_apart(void **state)
{
    struct place *p = *state;
    const char *pipe = inside(p, "pipe");
    struct str got;
    struct err err;

    assert_int_equal(file_read(p->arena, inside(p, "none"), 10, &got, &err), RC_NOT_FOUND);
    assert_non_null(strstr(err.text, "none"));
    assert_int_equal(file_read(p->arena, p->folder, 10, &got, &err), RC_IO);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_int_equal(file_read(p->arena, pipe, 10, &got, &err), RC_IO);
    assert_int_equal(file_replace(inside(p, "none/a"), STR("x"), 0600, &err), RC_NOT_FOUND);
}

/* A limit on the size of files stands in for the full disk: both end a write in the middle. */
static void
a_full_disk_leaves_the_old_content_and_no_rest(void **state)
{
    struct place *p = *state;
    const char *path = inside(p, "a");
    struct rlimit before, tight;
    char *much = arena_alloc(p->arena, 20000, 1);
    struct str got;
    struct err err;

    assert_non_null(much);
    memset(much, 'x', 20000);
    assert_int_equal(file_replace(path, STR("old"), 0600, &err), RC_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = 4096;
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    enum rc rc = file_replace(path, (struct str){much, 20000}, 0600, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(rc, RC_FULL);
    assert_int_equal(file_read(p->arena, path, 100, &got, &err), RC_OK);
    assert_true(str_eq(got, STR("old")));
    assert_int_equal(names_in(p->folder), 1);
}

static void
a_replacement_that_cannot_be_renamed_leaves_no_rest(void **state)
{
    struct place *p = *state;
    struct err err;

    assert_int_equal(file_make_folder(inside(p, "a"), &err), RC_OK);
    assert_int_equal(file_replace(inside(p, "a"), STR("x"), 0600, &err), RC_IO);
    assert_int_equal(names_in(p->folder), 1);
}

static void
folders_are_made_with_those_above_them(void **state)
{
    struct place *p = *state;
    struct stat about;
    struct err err;

    assert_int_equal(file_make_folder(inside(p, "a/b//c/"), &err), RC_OK);
    assert_int_equal(stat(inside(p, "a/b/c"), &about), 0);
    assert_true(S_ISDIR(about.st_mode));
    assert_int_equal(about.st_mode & 0777, 0700);
    assert_int_equal(file_make_folder(inside(p, "a/b/c"), &err), RC_OK);
    assert_int_equal(file_make_folder("/", &err), RC_OK);
    assert_int_equal(file_make_folder("", &err), RC_NOT_FOUND);
    assert_int_equal(file_replace(inside(p, "a/file"), STR("x"), 0600, &err), RC_OK);
    assert_int_equal(file_make_folder(inside(p, "a/file"), &err), RC_IO);
    assert_int_equal(file_make_folder(inside(p, "a/file/below"), &err), RC_IO);
}

static void
a_folder_is_synced_and_only_a_folder(void **state)
{
    struct place *p = *state;
    struct err err;

    assert_int_equal(file_sync_folder(p->folder, &err), RC_OK);
    assert_int_equal(file_sync_folder(inside(p, "none"), &err), RC_NOT_FOUND);
    assert_int_equal(file_replace(inside(p, "a"), STR("x"), 0600, &err), RC_OK);
    assert_int_equal(file_sync_folder(inside(p, "a"), &err), RC_IO);
}

static void
a_name_without_folder_is_beside_us(void **state)
{
    struct place *p = *state;
    int home = open(".", O_RDONLY | O_DIRECTORY);
    struct err err;

    assert_true(home >= 0);
    assert_int_equal(chdir(p->folder), 0);
    enum rc rc = file_replace("bare", STR("x"), 0600, &err);
    enum rc made = file_make_folder("one/two", &err);
    assert_int_equal(fchdir(home), 0);
    (void)close(home);
    assert_int_equal(rc, RC_OK);
    assert_int_equal(made, RC_OK);
    assert_int_equal(names_in(p->folder), 2);
}

static void
failures_have_their_codes(void **state)
{
    struct err err;

    (void)state;
    assert_int_equal(file_failure(ENOSPC, "x", &err), RC_FULL);
    assert_string_equal(err.text, "x: No space left on device");
    assert_int_equal(file_failure(EDQUOT, "x", &err), RC_FULL);
    assert_int_equal(file_failure(EFBIG, "x", &err), RC_FULL);
    assert_int_equal(file_failure(ENOENT, "x", &err), RC_NOT_FOUND);
    assert_int_equal(file_failure(EACCES, "x", &err), RC_IO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_place, close_place)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_written_is_read),
        TEST(a_file_past_the_limit_is_not_read),
        TEST(a_file_longer_than_it_said_is_read_whole_or_refused),
        TEST(what_is_no_file_is_told_apart),
        TEST(a_full_disk_leaves_the_old_content_and_no_rest),
        TEST(a_replacement_that_cannot_be_renamed_leaves_no_rest),
        TEST(folders_are_made_with_those_above_them),
        TEST(a_folder_is_synced_and_only_a_folder),
        TEST(a_name_without_folder_is_beside_us),
        cmocka_unit_test(failures_have_their_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
