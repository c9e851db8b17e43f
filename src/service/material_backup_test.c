/*
 * A backup carries the files, a restore brings them back, and neither takes a damaged one for whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "service/material_int.h"
#include "service/office.h"
#include "store/backup.h"

static enum fixture_kind kind;

struct vaulted {
    struct office office;
    struct fixture other; /* restored into */
    struct materials restored;
    char path[200];
    struct str a, b;
    struct backup_figures rows;
    struct material_figures files;
};

static int
open_vaulted(void **state)
{
    struct vaulted *v = mem_new(1, sizeof(*v));
    struct office *o = &v->office;
    struct err err;

    office_open(o, kind);
    fixture_make(&v->other, kind);
    v->restored = (struct materials){
        str_c(o->arena, str_fmt(o->arena, "%s/materials", v->other.folder)), o->vault};
    (void)snprintf(v->path, sizeof(v->path), "%s/city.backup", o->fixture.folder);
    assert_int_equal(file_make_folder(o->materials.folder, &err), RC_OK);
    v->a = office_file(o, STR("%PDF-a"));
    v->b = office_file(o, STR("%PDF-b, which is longer"));
    *state = v;
    return 0;
}

static int
close_vaulted(void **state)
{
    struct vaulted *v = *state;

    fixture_remove(&v->other);
    office_close(&v->office);
    mem_free(v);
    return 0;
}

/* The applicant's draft names these, "" for none. */
static void
hold(struct vaulted *v, struct str first, struct str second)
{
    struct office *o = &v->office;
    struct draft d = office_draft(o, &o->applicant, "{}");
    struct json *plan = json_array(o->arena);
    const struct str names[] = {first, second};
    struct err err;

    for (size_t i = 0; i < 2; i++) {
        struct json *f = json_object(o->arena);
        json_set_text(o->arena, f, "sha256", names[i]);
        json_push(plan, f);
    }
    json_set(o->arena, d.values, "plan", plan);
    assert_int_equal(draft_save(&o->fixture.db, o->vault, o->arena, &d, o->now_us, &err), RC_OK);
}

static enum rc
back_up(struct vaulted *v, struct err *err)
{
    struct office *o = &v->office;

    o->now_us += 60 * 1000000;
    return material_back_up(&o->materials, o->fixture.db.store, v->path, o->now_us, &v->rows,
                            &v->files, err);
}

static enum rc
bring_back(struct vaulted *v, struct err *err)
{
    return material_bring_back(&v->restored, &v->other.config, v->path, v->office.now_us, &v->rows,
                               &v->files, err);
}

static void
path_in(struct vaulted *v, const char *folder, struct str sha256, char out[MATERIAL_PATH_BYTES])
{
    char name[MATERIAL_NAME_BYTES];

    assert_true(material_name(v->office.vault, sha256, name));
    material_path(folder, name, true, out);
}

/* Where the backup has it. */
static void
backup_path(struct vaulted *v, struct str sha256, char out[MATERIAL_PATH_BYTES])
{
    char folder[MATERIAL_PATH_BYTES];

    (void)snprintf(folder, sizeof(folder), "%s.materials", v->path);
    path_in(v, folder, sha256, out);
}

static void
flip(const char *path, off_t at)
{
    int fd = open(path, O_RDWR);
    char c;

    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &c, 1, at), 1);
    c ^= 1;
    assert_int_equal(pwrite(fd, &c, 1, at), 1);
    assert_int_equal(close(fd), 0);
}

static void
expect_content(const struct materials *m, struct str sha256, struct str content)
{
    struct material *f;
    struct str piece;
    int64_t bytes;
    struct err err;

    assert_int_equal(material_read(m, sha256, &f, &bytes, &err), RC_OK);
    assert_int_equal(material_next(f, &piece, &err), RC_OK);
    assert_true(str_eq(piece, content));
    material_done(f);
}

static void
a_restored_node_has_its_files(void **state)
{
    struct vaulted *v = *state;
    struct err err;

    hold(v, v->a, v->b);
    assert_int_equal(back_up(v, &err), RC_OK);
    assert_int_equal(v->files.files, 2);
    assert_true(v->rows.rows > 5);
    assert_int_equal(bring_back(v, &err), RC_OK);
    assert_int_equal(v->files.files, 2);
    expect_content(&v->restored, v->a, STR("%PDF-a"));
    expect_content(&v->restored, v->b, STR("%PDF-b, which is longer"));
    fixture_open(&v->other);
    assert_int_equal(fixture_int(&v->other, "SELECT COUNT(*) FROM material"), 2);
    assert_int_equal(fixture_int(&v->other, "SELECT COUNT(*) FROM draft"), 1);
}

static void
a_backup_takes_what_is_needed_and_nothing_else(void **state)
{
    struct vaulted *v = *state;
    char path[MATERIAL_PATH_BYTES];
    struct err err;

    hold(v, v->a, STR(""));
    assert_int_equal(back_up(v, &err), RC_OK);
    assert_int_equal(v->files.files, 1);
    backup_path(v, v->b, path);
    assert_int_equal(access(path, F_OK), -1);
    backup_path(v, v->a, path);
    assert_int_equal(access(path, F_OK), 0);
}

static void
the_next_backup_drops_what_was_let_go_and_keeps_the_rest(void **state)
{
    struct vaulted *v = *state;
    char a[MATERIAL_PATH_BYTES], b[MATERIAL_PATH_BYTES];
    struct stat before, after;
    struct err err;

    hold(v, v->a, v->b);
    assert_int_equal(back_up(v, &err), RC_OK);
    backup_path(v, v->a, a);
    backup_path(v, v->b, b);
    assert_int_equal(stat(b, &before), 0);
    hold(v, v->b, STR(""));
    assert_int_equal(back_up(v, &err), RC_OK);
    assert_int_equal(v->files.files, 1);
    assert_int_equal(access(a, F_OK), -1);
    assert_int_equal(stat(b, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino); /* not copied again */
    flip(b, 120);
    assert_int_equal(back_up(v, &err), RC_OK); /* but mended where it was damaged */
    assert_int_equal(bring_back(v, &err), RC_OK);
    expect_content(&v->restored, v->b, STR("%PDF-b, which is longer"));
}

static void
a_file_that_is_missing_or_damaged_stops_the_backup_and_leaves_the_older_one(void **state)
{
    struct vaulted *v = *state;
    char path[MATERIAL_PATH_BYTES];
    struct stat before, after;
    struct err err;

    hold(v, v->a, STR(""));
    assert_int_equal(back_up(v, &err), RC_OK);
    assert_int_equal(stat(v->path, &before), 0);
    hold(v, v->a, v->b);
    path_in(v, v->office.materials.folder, v->b, path);
    flip(path, 130);
    assert_int_equal(back_up(v, &err), RC_CORRUPT);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(back_up(v, &err), RC_CORRUPT);
    assert_non_null(strstr(err.text, "missing"));
    assert_int_equal(stat(v->path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(bring_back(v, &err), RC_OK);
    assert_int_equal(v->files.files, 1);
}

static void
a_backup_with_a_damaged_or_missing_file_is_not_restored(void **state)
{
    struct vaulted *v = *state;
    char path[MATERIAL_PATH_BYTES];
    struct err err;

    hold(v, v->a, v->b);
    assert_int_equal(back_up(v, &err), RC_OK);
    backup_path(v, v->b, path);
    flip(path, 140);
    assert_int_equal(bring_back(v, &err), RC_CORRUPT);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(bring_back(v, &err), RC_CORRUPT);
    if (kind == FIXTURE_SQLITE) {
        assert_int_equal(access(v->other.config.where, F_OK), -1); /* nothing of the store came back */
    }
    assert_int_equal(back_up(v, &err), RC_OK);
    assert_int_equal(bring_back(v, &err), RC_OK);
}

static void
without_the_keys_nothing_is_restored(void **state)
{
    struct vaulted *v = *state;
    struct vault *other;
    struct err err;

    hold(v, v->a, STR(""));
    assert_int_equal(back_up(v, &err), RC_OK);
    assert_int_equal(vault_open_keys(vault_new_keys(v->office.arena), &other, &err), RC_OK);
    v->restored.vault = other;
    assert_int_equal(bring_back(v, &err), RC_CORRUPT);
    vault_free(other);
}

static void
a_store_that_holds_data_is_left_alone(void **state)
{
    struct vaulted *v = *state;
    struct err err;

    hold(v, v->a, STR(""));
    assert_int_equal(back_up(v, &err), RC_OK);
    fixture_open(&v->other);
    fixture_sql(&v->other, "INSERT INTO case_serial (prefix, last) VALUES ('x', 7)");
    fixture_close(&v->other);
    assert_int_equal(bring_back(v, &err), RC_CONFLICT);
    fixture_open(&v->other);
    assert_int_equal(fixture_int(&v->other, "SELECT last FROM case_serial"), 7);
}

static void
a_name_that_is_none_is_refused(void **state)
{
    struct vaulted *v = *state;
    struct err err;

    fixture_sql(&v->office.fixture, "INSERT INTO material (holder, name) VALUES ('d', '../../x')");
    assert_int_equal(back_up(v, &err), RC_CORRUPT);
    (void)snprintf(v->path, sizeof(v->path), "%s/none", v->office.fixture.folder);
    assert_int_equal(bring_back(v, &err), RC_NOT_FOUND);
}

static int
run_on(enum fixture_kind which, const char *name)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_vaulted, close_vaulted)
    const struct CMUnitTest tests[] = {
        TEST(a_restored_node_has_its_files),
        TEST(a_backup_takes_what_is_needed_and_nothing_else),
        TEST(the_next_backup_drops_what_was_let_go_and_keeps_the_rest),
        TEST(a_file_that_is_missing_or_damaged_stops_the_backup_and_leaves_the_older_one),
        TEST(a_backup_with_a_damaged_or_missing_file_is_not_restored),
        TEST(without_the_keys_nothing_is_restored),
        TEST(a_store_that_holds_data_is_left_alone),
        TEST(a_name_that_is_none_is_refused),
    };
#undef TEST

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "materials in a backup, SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "materials in a backup, PostgreSQL");
    }
    return failed;
}
