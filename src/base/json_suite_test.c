/*
 * Every file of the parsing suite: y_ must be accepted, n_ refused, and i_, which RFC 8259 leaves
 * to the parser, must be what this table says.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json.h"

static const struct {
    const char *name;
    bool accepted;
    const char *why;
} choices[] = {
    {"i_number_double_huge_neg_exp.json", true, "a number is its text"},
    {"i_number_huge_exp.json", true, "a number is its text"},
    {"i_number_neg_int_huge_exp.json", true, "a number is its text"},
    {"i_number_pos_double_huge_exp.json", true, "a number is its text"},
    {"i_number_real_neg_overflow.json", true, "a number is its text"},
    {"i_number_real_pos_overflow.json", true, "a number is its text"},
    {"i_number_real_underflow.json", true, "a number is its text"},
    {"i_number_too_big_neg_int.json", true, "a number is its text"},
    {"i_number_too_big_pos_int.json", true, "a number is its text"},
    {"i_number_very_big_negative_int.json", true, "a number is its text"},
    {"i_object_key_lone_2nd_surrogate.json", false, "no character"},
    {"i_string_1st_surrogate_but_2nd_missing.json", false, "no character"},
    {"i_string_1st_valid_surrogate_2nd_invalid.json", false, "no character"},
    {"i_string_incomplete_surrogate_and_escape_valid.json", false, "no character"},
    {"i_string_incomplete_surrogate_pair.json", false, "no character"},
    {"i_string_incomplete_surrogates_escape_valid.json", false, "no character"},
    {"i_string_invalid_lonely_surrogate.json", false, "no character"},
    {"i_string_invalid_surrogate.json", false, "no character"},
    {"i_string_inverted_surrogates_U+1D11E.json", false, "no character"},
    {"i_string_lone_second_surrogate.json", false, "no character"},
    {"i_string_invalid_utf-8.json", false, "not UTF-8"},
    {"i_string_iso_latin_1.json", false, "not UTF-8"},
    {"i_string_lone_utf8_continuation_byte.json", false, "not UTF-8"},
    {"i_string_not_in_unicode_range.json", false, "not UTF-8"},
    {"i_string_overlong_sequence_2_bytes.json", false, "not UTF-8"},
    {"i_string_overlong_sequence_6_bytes.json", false, "not UTF-8"},
    {"i_string_overlong_sequence_6_bytes_null.json", false, "not UTF-8"},
    {"i_string_truncated-utf-8.json", false, "not UTF-8"},
    {"i_string_UTF-8_invalid_sequence.json", false, "not UTF-8"},
    {"i_string_UTF8_surrogate_U+D800.json", false, "not UTF-8"},
    {"i_string_utf16BE_no_BOM.json", false, "not UTF-8"},
    {"i_string_utf16LE_no_BOM.json", false, "not UTF-8"},
    {"i_string_UTF-16LE_with_BOM.json", false, "not UTF-8"},
    {"i_structure_UTF-8_BOM_empty_object.json", false, "a byte order mark is no JSON"},
    {"i_structure_500_nested_arrays.json", false, "deeper than JSON_DEPTH_MAX"},
};

enum { CHOICES = sizeof(choices) / sizeof(choices[0]) };

static bool
is_chosen(const char *name)
{
    for (size_t i = 0; i < CHOICES; i++) {
        if (str_eq(str_of(choices[i].name), str_of(name))) {
            return choices[i].accepted;
        }
    }
    fail_msg("%s is not in the table of choices", name);
    return false;
}

static struct str
read_whole(struct arena *a, const char *path)
{
    FILE *in = fopen(path, "rb");
    struct buf b;
    struct str text;
    struct err err;
    char piece[4096];
    size_t len;

    assert_non_null(in);
    buf_init(&b, a, 1 << 24);
    while ((len = fread(piece, 1, sizeof(piece), in)) > 0) {
        buf_put(&b, (struct str){piece, len});
    }
    (void)fclose(in);
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    return text;
}

/* What is accepted must also be written so that it is read as the same. */
static bool
accepts(struct arena *a, struct str text)
{
    struct json *tree, *again;
    struct str written;
    struct err err;
    enum rc rc = json_parse(a, text, JSON_ANY, &tree, &err);

    if (rc != RC_OK) {
        assert_true(rc == RC_INVALID || rc == RC_LIMIT);
        return false;
    }
    assert_int_equal(json_print(a, tree, &written, &err), RC_OK);
    assert_int_equal(json_parse(a, written, JSON_ANY, &again, &err), RC_OK);
    assert_true(json_equal(tree, again));
    return true;
}

static void
every_case_of_the_parsing_suite_goes_as_it_should(void **state)
{
    const char *suites = getenv("SUITES");
    const char *ci = getenv("CI");
    struct arena *a = arena_new(1 << 26);
    unsigned count[3] = {0, 0, 0};

    (void)state;
    struct str folder = str_fmt(a, "%s/json/test_parsing", suites == NULL ? "../shared/suites" : suites);
    DIR *dir = opendir(folder.ptr);
    if (dir == NULL) {
        print_message("json: the suite is not in %s, nothing was checked\n", folder.ptr);
        assert_false(ci != NULL && str_eq(str_of(ci), STR("true")));
        arena_free(a);
        return;
    }
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (!str_ends(str_of(entry->d_name), STR(".json"))) {
            continue;
        }
        struct arena *work = arena_new(1 << 26);
        struct str text = read_whole(work, str_fmt(work, "%s/%s", folder.ptr, entry->d_name).ptr);
        char kind = entry->d_name[0];
        bool want = kind == 'y' || (kind == 'i' && is_chosen(entry->d_name));
        if (accepts(work, text) != want) {
            fail_msg("%s was %s", entry->d_name, want ? "refused" : "accepted");
        }
        count[kind == 'y' ? 0 : kind == 'n' ? 1 : 2]++;
        arena_free(work);
    }
    (void)closedir(dir);
    print_message("json suite: %u y_ accepted, %u n_ refused, %u i_ as chosen, 0 failed\n", count[0],
                  count[1], count[2]);
    assert_true(count[0] > 0 && count[1] > 0);
    assert_int_equal(count[2], CHOICES);
    arena_free(a);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_of_the_parsing_suite_goes_as_it_should),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
