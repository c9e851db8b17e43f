#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/asset.h"

static void
every_file_is_found_by_its_path_and_nothing_else_is(void **state)
{
    (void)state;
    assert_true(asset_table_count > 0);
    for (size_t i = 0; i < asset_table_count; i++) {
        struct str path = str_of(asset_table[i].path);
        assert_ptr_equal(asset_find(path), &asset_table[i]);
        assert_null(asset_find(str_sub(path, 0, path.len - 1)));
        if (i > 0) { /* the search relies on it */
            assert_true(str_cmp(str_of(asset_table[i - 1].path), path) < 0);
        }
    }
    assert_null(asset_find(STR("")));
    assert_null(asset_find(STR("zzz/none")));
    assert_true(str_eq(asset_text(NULL), STR("")));
}

/* Tests run in the project's folder, where the files that were embedded lie. */
static void
the_bytes_in_the_binary_are_those_of_the_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < asset_table_count; i++) {
        FILE *in = fopen(asset_table[i].path, "rb");
        struct str text = asset_text(&asset_table[i]);
        if (in == NULL) {
            fail_msg("%s is embedded, but not there", asset_table[i].path);
            return;
        }
        for (size_t k = 0; k < text.len; k++) {
            assert_int_equal(getc(in), (unsigned char)text.ptr[k]);
        }
        assert_int_equal(getc(in), EOF);
        (void)fclose(in);
    }
}

static void
a_document_is_read_and_what_is_none_is_told(void **state)
{
    struct arena *a = arena_new(1 << 20), *none = arena_new(64);
    struct json *words = NULL, *untouched = NULL;
    struct err err;

    (void)state;
    assert_int_equal(asset_json(a, "lang/zh.json", &words, &err), RC_OK);
    assert_true(json_str(words, "brand").len > 0);
    assert_int_equal(asset_json(a, "lang/xx.json", &untouched, &err), RC_NOT_FOUND);
    assert_int_equal(asset_json(a, "static/tokens.css", &untouched, &err), RC_INVALID);
    assert_int_equal(asset_json(none, "lang/zh.json", &untouched, &err), RC_LIMIT);
    assert_null(untouched);
    arena_free(none);
    arena_free(a);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_found_by_its_path_and_nothing_else_is),
        cmocka_unit_test(the_bytes_in_the_binary_are_those_of_the_file),
        cmocka_unit_test(a_document_is_read_and_what_is_none_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
