#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "web/multipart.h"

enum { ARENA_BYTES = 1 << 22, TOLD_MAX = 1 << 20 };

#define TYPE "multipart/form-data; boundary=cut"
#define PART(name, text)                                                                     \
    "--cut\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" text "\r\n"
#define FILE_PART(name, file, text)                                                          \
    "--cut\r\nContent-Disposition: form-data; name=\"" name "\"; filename=\"" file           \
    "\"\r\nContent-Type: image/png\r\n\r\n" text "\r\n"
#define END "--cut--\r\n"

/* What came, as one text: "[name|file|" bytes "]". */
static enum rc
tell_begin(void *ctx, struct str name, struct str file, struct err *err)
{
    struct buf *told = ctx;

    (void)err;
    buf_put_fmt(told, "[%.*s|%.*s|", STR_ARG(name), STR_ARG(file));
    return RC_OK;
}

static enum rc
tell_piece(void *ctx, struct str bytes, struct err *err)
{
    (void)err;
    assert_true(bytes.len > 0);
    buf_put(ctx, bytes);
    return RC_OK;
}

static enum rc
tell_end(void *ctx, struct err *err)
{
    (void)err;
    buf_put(ctx, STR("]"));
    return RC_OK;
}

/* In pieces of this size; what was told until the end or the failure. */
static enum rc
read_in(struct arena *a, const char *type, struct str body, size_t piece, struct str *told,
        struct err *err)
{
    struct buf b;
    const struct multipart_events events = {&b, tell_begin, tell_piece, tell_end};
    struct multipart *m;
    struct err ignored;
    enum rc rc;

    buf_init(&b, a, TOLD_MAX);
    rc = multipart_new(a, str_of(type), &events, &m, err);
    while (rc == RC_OK && body.len > 0) {
        rc = multipart_feed(m, str_sub(body, 0, piece), err);
        body = str_from(body, piece);
    }
    if (rc == RC_OK) {
        rc = multipart_finish(m, err);
    }
    assert_int_equal(buf_finish(&b, told, &ignored), RC_OK);
    return rc;
}

static void
fields_and_files_come_whole_wherever_the_bytes_are_cut(void **state)
{
    static const struct {
        const char *body, *told;
    } cases[] = {
        {END, ""},
        {PART("a", "1") END, "[a||1]"},
        {PART("a", "") END, "[a||]"},
        {PART("a", "1") PART("b", "2") END, "[a||1][b||2]"},
        {FILE_PART("plan", "图.png", "\x89PNG") END, "[plan|图.png|\x89PNG]"},
        {FILE_PART("plan", "", "") END, "[plan||]"},
        {"before\r\n" PART("a", "1") END "after --cut\r\n", "[a||1]"},
        {PART("a", "one\r\ntwo\r\n--cu\r\n--cutt\n--cut") END, NULL},
        {PART("a", "\r\n\r\n--\r\n") END, "[a||\r\n\r\n--\r\n]"},
        {PART("a", "\r\r\n-\r\n--cu") END, "[a||\r\r\n-\r\n--cu]"},
        {"--cut\r\ncontent-disposition:form-data;name=a\r\n\r\n1\r\n" END, "[a||1]"},
        {"--cut\r\nX: y\r\nContent-Disposition: form-data; filename=\"f\"; name=\"a\"\r\n\r\n1\r\n" END,
         "[a|f|1]"},
        /* No path ever comes out of a file's name, and what stands in quotes is not cut. */
        {FILE_PART("a", "../../etc/passwd", "1") END, "[a|passwd|1]"},
        {FILE_PART("a", "C:\\\\fakepath\\\\plan;v2.png", "1") END, "[a|plan;v2.png|1]"},
        {FILE_PART("a", "x; name=b", "1") END, "[a|x; name=b|1]"},
    };
    struct arena *a = arena_new(ARENA_BYTES);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str body = str_of(cases[i].body), told;
        for (size_t piece = 1; piece <= body.len; piece++) {
            struct err err;
            enum rc rc = read_in(a, TYPE, body, piece, &told, &err);
            if (cases[i].told == NULL ? rc != RC_INVALID
                                      : rc != RC_OK || !str_eq(told, str_of(cases[i].told))) {
                fail_msg("case %zu in pieces of %zu: %s %.*s", i, piece, rc_name(rc),
                         STR_ARG(told));
            }
            arena_reset(a);
        }
    }
    arena_free(a);
}

static void
a_large_file_goes_through_in_constant_memory(void **state)
{
    enum { BYTES = 400000, SMALL_ARENA = 1 << 15 };
    struct arena *a = arena_new(ARENA_BYTES), *small = arena_new(SMALL_ARENA);
    char *bytes = arena_alloc(a, BYTES, 1);
    struct buf told;
    const struct multipart_events events = {&told, tell_begin, tell_piece, tell_end};
    struct multipart *m;
    struct str all;
    struct err err;

    (void)state;
    assert_non_null(bytes);
    for (size_t i = 0; i < BYTES; i++) {
        bytes[i] = "\r\n--cu x"[i % 8];
    }
    buf_init(&told, a, TOLD_MAX);
    assert_int_equal(multipart_new(small, STR(TYPE), &events, &m, &err), RC_OK);
    assert_int_equal(multipart_feed(m,
                                    STR("--cut\r\nContent-Disposition: form-data; name=a\r\n\r\n"), &err), RC_OK);
    assert_int_equal(multipart_feed(m, (struct str){bytes, BYTES}, &err), RC_OK);
    assert_int_equal(multipart_feed(m, STR("\r\n" END), &err), RC_OK);
    assert_int_equal(multipart_finish(m, &err), RC_OK);
    assert_int_equal(buf_finish(&told, &all, &err), RC_OK);
    assert_int_equal(all.len, BYTES + strlen("[a||]"));
    assert_memory_equal(all.ptr + strlen("[a||"), bytes, BYTES);
    arena_free(a);
    arena_free(small);
}

static void
what_is_no_such_form_is_refused(void **state)
{
    static const struct {
        const char *what, *type;
        struct str body;
    } cases[] = {
        {"no boundary", "multipart/form-data", STR_INIT(END)},
        {"an empty boundary", "multipart/form-data; boundary=", STR_INIT("----\r\n")},
        {"an empty boundary in quotes", "multipart/form-data; boundary=\"\"", STR_INIT("----\r\n")},
        {"a boundary of 71",
         "multipart/form-data; boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", STR_INIT("")},
        {"a boundary with a line end", "multipart/form-data; boundary=\"a\r\nb\"", STR_INIT("")},
        {"a boundary of Chinese", "multipart/form-data; boundary=界", STR_INIT("")},
        {"nothing", TYPE, STR_INIT("")},
        {"no end", TYPE, STR_INIT(PART("a", "1"))},
        {"half an end", TYPE, STR_INIT(PART("a", "1") "--cut-")},
        {"a boundary line that goes on", TYPE, STR_INIT(PART("a", "1") "--cutter\r\n")},
        {"a part without a name", TYPE,
         STR_INIT("--cut\r\nContent-Disposition: form-data\r\n\r\n1\r\n" END)},
        {"a part without a disposition", TYPE,
         STR_INIT("--cut\r\nContent-Type: text/plain\r\n\r\n1\r\n" END)},
        {"an attachment", TYPE,
         STR_INIT("--cut\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n1\r\n" END)},
        {"a name that is no text", TYPE, STR_INIT(PART("\xE4", "1") END)},
        {"a name with a control", TYPE, STR_INIT(PART("a\x01", "1") END)},
        {"a file name that is no text", TYPE, STR_INIT(FILE_PART("a", "\xE4\xB8", "1") END)},
        {"a file name that turns the reading order", TYPE, STR_INIT(FILE_PART("a",
                "gpj.\xE2\x80\xAE.exe", "1") END)},
        {"bare line feeds", TYPE,
         STR_INIT("--cut\nContent-Disposition: form-data; name=a\n\n1\n--cut--\n")},
    };
    struct arena *a = arena_new(ARENA_BYTES);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str told;
        struct err err;
        if (read_in(a, cases[i].type, cases[i].body, 7, &told, &err) != RC_INVALID) {
            fail_msg("%s", cases[i].what);
        }
        assert_string_equal(err.type, "multipart");
    }
    arena_free(a);
}

static void
parts_and_their_heads_are_bounded(void **state)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct buf b;
    struct str body, told;
    struct err err;

    (void)state;
    for (int parts = MULTIPART_PARTS_MAX; parts <= MULTIPART_PARTS_MAX + 1; parts++) {
        buf_init(&b, a, TOLD_MAX);
        for (int i = 0; i < parts; i++) {
            buf_put(&b, STR(PART("a", "1")));
        }
        buf_put(&b, STR(END));
        assert_int_equal(buf_finish(&b, &body, &err), RC_OK);
        assert_int_equal(read_in(a, TYPE, body, 1000, &told, &err),
                         parts <= MULTIPART_PARTS_MAX ? RC_OK : RC_LIMIT);
    }
    buf_init(&b, a, TOLD_MAX);
    buf_put(&b, STR("--cut\r\nX: "));
    for (int i = 0; i < MULTIPART_HEAD_MAX; i++) {
        buf_put_char(&b, 'x');
    }
    assert_int_equal(buf_finish(&b, &body, &err), RC_OK);
    assert_int_equal(read_in(a, TYPE, body, 1000, &told, &err), RC_LIMIT);
    assert_int_equal(read_in(a, TYPE, body, 1, &told, &err), RC_LIMIT);
    arena_free(a);
}

static enum rc
refuse_begin(void *ctx, struct str name, struct str file, struct err *err)
{
    (void)ctx;
    (void)name;
    (void)file;
    return err_problem(err, RC_DENIED, "form-too-old", "no");
}

static void
what_the_reader_refuses_ends_the_reading(void **state)
{
    struct arena *a = arena_new(ARENA_BYTES);
    const struct multipart_events events = {NULL, refuse_begin, tell_piece, tell_end};
    struct multipart *m;
    struct err err;

    (void)state;
    assert_int_equal(multipart_new(a, STR(TYPE), &events, &m, &err), RC_OK);
    assert_int_equal(multipart_feed(m, STR(PART("a", "1") END), &err), RC_DENIED);
    assert_string_equal(err.type, "form-too-old");
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_and_files_come_whole_wherever_the_bytes_are_cut),
        cmocka_unit_test(a_large_file_goes_through_in_constant_memory),
        cmocka_unit_test(what_is_no_such_form_is_refused),
        cmocka_unit_test(parts_and_their_heads_are_bounded),
        cmocka_unit_test(what_the_reader_refuses_ends_the_reading),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
