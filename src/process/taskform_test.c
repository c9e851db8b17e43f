/* Forms of tasks: found by their key, checked with what is wrong at which field; a file of the city wins over the one in the binary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "process/taskform.h"
#include "store/fixture.h"

enum { TODAY = 20605 };

struct desk {
    struct fixture fixture; /* for its folder */
    struct arena *arena;
};

static int
open_desk(void **state)
{
    struct desk *d = mem_new(1, sizeof(*d));

    fixture_new(&d->fixture, FIXTURE_SQLITE);
    d->arena = arena_new(16 << 20);
    *state = d;
    return 0;
}

static int
close_desk(void **state)
{
    struct desk *d = *state;

    arena_free(d->arena);
    fixture_remove(&d->fixture);
    mem_free(d);
    return 0;
}

static const struct task_form *
form_of(struct desk *d, const char *key)
{
    struct task_forms *forms;
    struct err err;

    assert_int_equal(task_forms_load(d->arena, "demo/forms/", NULL, &forms, &err), RC_OK);
    assert_null(task_form_find(forms, STR("no-such-form")));
    assert_null(task_form_find(NULL, str_of(key)));
    return task_form_find(forms, str_of(key));
}

static void
data_fit_their_form_or_are_told_where_they_do_not(void **state)
{
    static const struct {
        const char *data, *field; /* NULL: it fits */
    } cases[] = {
        {"{\"account\":\"card\"}", NULL},
        {"{\"account\":\"bank\",\"bank_no\":\"6222020200112233445\"}", NULL},
        {"{\"account\":\"bank\",\"bank_no\":\"x\"}", "/bank_no"},
        {"{\"account\":\"bank\"}", "/bank_no"},
        {"{}", "/account"},
        {NULL, "/account"}, /* nothing was said */
        {"{\"account\":\"card\",\"more\":1}", "/more"},
    };
    struct desk *d = *state;
    const struct task_form *form = form_of(d, "childcare-account");

    assert_non_null(form);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json *data = NULL, *faults;
        struct err err;
        if (cases[i].data != NULL) {
            assert_int_equal(json_parse(d->arena, str_of(cases[i].data), JSON_UNIQUE, &data, &err), RC_OK);
        }
        assert_int_equal(task_form_check(form, d->arena, data, TODAY, &faults, &err), RC_OK);
        assert_int_equal(faults->count > 0, cases[i].field != NULL);
        if (cases[i].field != NULL && !str_eq(json_str(faults->first, "field"), str_of(cases[i].field))) {
            fail_msg("case %zu: %.*s", i, STR_ARG(json_str(faults->first, "field")));
        }
        assert_true(cases[i].field == NULL || (json_str(faults->first, "zh").len > 0 && json_str(faults->first, "en").len > 0));
    }
}

static void
the_citys_own_file_wins_and_one_that_is_no_schema_is_named(void **state)
{
    static const char any[] = "{\"type\":\"object\"}", none[] = "{\"type\":\"thing\"}";
    struct desk *d = *state;
    const char *path = str_c(d->arena, str_fmt(d->arena, "%s/childcare-account.json", d->fixture.folder));
    struct task_forms *forms;
    struct json *faults;
    struct err err;

    assert_int_equal(file_replace(path, str_of(any), 0600, &err), RC_OK);
    assert_int_equal(task_forms_load(d->arena, "demo/forms/", d->fixture.folder, &forms, &err), RC_OK);
    assert_int_equal(task_form_check(task_form_find(forms, STR("childcare-account")), d->arena, NULL, TODAY, &faults, &err), RC_OK);
    assert_int_equal(faults->count, 0);
    assert_int_equal(file_replace(path, str_of(none), 0600, &err), RC_OK);
    assert_int_equal(task_forms_load(d->arena, "demo/forms/", d->fixture.folder, &forms, &err), RC_INVALID);
    assert_non_null(strstr(err.text, "childcare-account"));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)
    const struct CMUnitTest tests[] = {TEST(data_fit_their_form_or_are_told_where_they_do_not),
                                       TEST(the_citys_own_file_wins_and_one_that_is_no_schema_is_named)};
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
