/*
 * Forms with files, over a real socket: what is kept, what is told, and what no stranger can
 * leave behind.
 */
#include <dirent.h>

#include "base/encode.h"
#include "base/file.h"
#include "web/test_desk.h"
#include "web/upload.h"

enum { FILE_MAX_BYTES = 2000 };

/* "plan" takes one picture of up to FILE_MAX_BYTES; no other field takes a file. */
static bool
rules(void *ctx, struct str field, struct upload_rule *out)
{
    *out = (struct upload_rule){.most_bytes = FILE_MAX_BYTES, .types = ctx};
    return str_eq(field, STR("plan"));
}

static enum rc
save(struct page *p, struct err *err)
{
    struct json *types = json_array(p->arena);
    enum rc rc;

    json_push(types, json_text(p->arena, STR("image/png")));
    if ((rc = page_read_form(p, rules, types, err)) == RC_OK) {
        json_set(p->arena, p->document, "input", json_copy(p->arena, p->input));
    }
    return rc;
}

const struct route route_table[] = {
    {"POST", "/save", ROLE_CITIZEN, NULL, ROUTE_STREAM, 4096, save, NULL, ""},
};
const size_t route_table_count = sizeof(route_table) / sizeof(route_table[0]);

#define PNG "\x89PNG\r\n\x1a\n"
#define FIELD(name, text)                                                                    \
    "--cut\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" text "\r\n"
#define PLAN(file, bytes)                                                                    \
    "--cut\r\nContent-Disposition: form-data; name=\"plan\"; filename=\"" file "\"\r\n\r\n" bytes "\r\n"
#define END "--cut--\r\n"

/* Files below the folder, whole ones and unfinished; they are taken away if `away`. */
static int
files_in(struct desk *d, const char *folder, bool away)
{
    DIR *dir = opendir(folder);
    int count = 0;

    assert_non_null(dir);
    for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        const char *path = str_c(d->house.arena, str_fmt(d->house.arena, "%s/%s", folder,
                                                         e->d_name));
        if (e->d_name[0] == '.') {
            continue;
        }
        count += e->d_type == DT_DIR ? files_in(d, path, away) : 1;
        assert_true(!away || remove(path) == 0);
    }
    (void)closedir(dir);
    return count;
}

static int
kept(struct desk *d)
{
    return files_in(d, d->web.materials.folder, false);
}

static int
open_with_folder(void **state)
{
    int failed = desk_open(state);
    struct desk *d = *state;
    struct err err;

    assert_int_equal(file_make_folder(d->web.materials.folder, &err), RC_OK);
    return failed;
}

static int
close_with_folder(void **state)
{
    struct desk *d = *state;
    const char *folder = d->web.materials.folder;

    (void)files_in(d, folder, true);
    assert_int_equal(remove(folder), 0);
    return desk_close(state);
}

/* As the citizen's browser; the token's field goes first unless token is NULL. */
static struct reply
send_form(struct desk *d, const char *token, struct str parts)
{
    struct arena *a = d->house.arena;
    struct str fields = str_fmt(a, "%.*sContent-Type: multipart/form-data; boundary=cut\r\n",
                                STR_ARG(as(d, CITIZEN)));
    struct str first = token == NULL ? STR("") : str_fmt(a, FIELD("csrf", "%s"), token);
    struct buf body;
    struct str whole;
    struct err err;

    buf_init(&body, a, 1 << 20);
    buf_put(&body, first);
    buf_put(&body, parts);
    assert_int_equal(buf_finish(&body, &whole, &err), RC_OK);
    return desk_ask(d, "POST /save", fields, whole);
}

static const char *
good(struct desk *d)
{
    return str_c(d->house.arena, d->csrf[CITIZEN]);
}

static void
fields_and_files_arrive(void **state)
{
    struct desk *d = *state;
    struct hash h = hash_sha256(STR(PNG "pixels"));
    struct str sha256 = hex_of(d->house.arena, hash_str(&h));
    struct reply r = send_form(d, good(d), STR(FIELD("area", "86") PLAN("..\\图;1.png",
            PNG "pixels")
                                               FIELD("kinds", "hot") FIELD("kinds", "cold") END));

    assert_int_equal(r.status, 200);
    assert_true(str_has(r.body, STR("\"area\":\"86\"")));
    assert_true(str_has(r.body, STR("\"kinds\":[\"hot\",\"cold\"]")));
    assert_true(str_has(r.body, str_fmt(d->house.arena,
                                        "\"plan\":[{\"name\":\"图;1.png\",\"sha256\":\"%.*s\","
                                        "\"type\":\"image/png\",\"bytes\":14}]",
                                        STR_ARG(sha256))));
    assert_int_equal(kept(d), 1);
    /* The same content again is the same file. */
    assert_int_equal(send_form(d, good(d), STR(PLAN("b.png", PNG "pixels") END)).status, 200);
    assert_int_equal(kept(d), 1);
}

static void
a_file_field_left_alone_is_no_file(void **state)
{
    struct desk *d = *state;
    struct reply r = send_form(d, good(d), STR(PLAN("", "") FIELD("area", "86") END));

    assert_int_equal(r.status, 200);
    assert_false(str_has(r.body, STR("plan")));
    assert_int_equal(kept(d), 0);
}

static void
one_bad_file_is_told_and_loses_nothing_else(void **state)
{
    struct desk *d = *state;
    struct arena *a = d->house.arena;
    struct buf b;
    struct str parts;
    struct err err;

    buf_init(&b, a, 1 << 16);
    buf_put(&b,
            STR("--cut\r\nContent-Disposition: form-data; name=\"plan\"; filename=\"large.png\"\r\n\r\n" PNG));
    for (int i = 0; i < FILE_MAX_BYTES; i++) {
        buf_put_char(&b, 'x');
    }
    buf_put(&b, STR("\r\n" PLAN("program.png", "\x7f" "ELF") PLAN("page.png", "<script>1</script>")
                    PLAN("good.png", PNG) FIELD("area", "86")
                    "--cut\r\nContent-Disposition: form-data; name=\"area2\"; filename=\"x\"\r\n\r\n1\r\n" END));
    assert_int_equal(buf_finish(&b, &parts, &err), RC_OK);
    struct reply r = send_form(d, good(d), parts);
    assert_int_equal(r.status, 200);
    assert_true(str_has(r.body, STR("{\"name\":\"large.png\",\"problem\":\"too-large\"}")));
    assert_true(str_has(r.body, STR("{\"name\":\"program.png\",\"problem\":\"wrong-type\"}")));
    assert_true(str_has(r.body, STR("{\"name\":\"page.png\",\"problem\":\"wrong-type\"}")));
    assert_true(str_has(r.body, STR("{\"name\":\"good.png\",\"sha256\":")));
    assert_true(str_has(r.body, STR("\"area2\":[{\"name\":\"x\",\"problem\":\"not-asked\"}]")));
    assert_true(str_has(r.body, STR("\"area\":\"86\"")));
    assert_int_equal(kept(d), 1);
}

static void
a_form_without_the_right_token_leaves_no_byte_behind(void **state)
{
    struct desk *d = *state;
    const char *neighbour = str_c(d->house.arena, d->csrf[NEIGHBOUR]);
    const struct {
        const char *what, *token;
        struct str parts;
    } cases[] = {
        {"none", NULL, STR(PLAN("a.png", PNG) END)},
        {"a wrong one", "wrong", STR(PLAN("a.png", PNG) END)},
        {"somebody else's", neighbour, STR(PLAN("a.png", PNG) END)},
        {"none, and no file", NULL, STR(FIELD("area", "86") END)},
        {"one that comes behind the file", NULL,
         str_fmt(d->house.arena, PLAN("a.png", "%s") FIELD("csrf", "%s") END, PNG, good(d))},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reply r = send_form(d, cases[i].token, cases[i].parts);
        if (r.status != 403 || !str_eq(r.type, STR("form-too-old")) || kept(d) != 0) {
            fail_msg("%s: %d", cases[i].what, r.status);
        }
    }
}

static void
a_form_that_breaks_off_keeps_nothing_unfinished(void **state)
{
    struct desk *d = *state;

    assert_int_equal(send_form(d, good(d), STR(PLAN("a.png", PNG "half"))).status, 400);
    assert_int_equal(send_form(d, good(d),
                               STR("--cut\r\nContent-Disposition: form-data; name=\"plan\"; "
                                               "filename=\"a.png\"\r\n\r\n" PNG "half")).status, 400);
    assert_int_equal(kept(d), 0);
}

static void
a_form_or_a_field_that_is_too_large_is_refused(void **state)
{
    struct desk *d = *state;
    enum { TOO_MUCH = 70000 };
    struct buf b;
    struct str parts;
    struct err err;

    buf_init(&b, d->house.arena, 1 << 20);
    buf_put(&b, STR("--cut\r\nContent-Disposition: form-data; name=\"area\"\r\n\r\n"));
    for (int i = 0; i < TOO_MUCH; i++) {
        buf_put_char(&b, 'x');
    }
    buf_put(&b, STR("\r\n" END));
    assert_int_equal(buf_finish(&b, &parts, &err), RC_OK);
    struct reply r = send_form(d, good(d), parts); /* as a form */
    assert_int_equal(r.status, 413);
    assert_true(str_eq(r.type, STR("too-large")));
    d->web.body_bytes = 1 << 20;
    r = send_form(d, good(d), parts); /* as one field of it */
    assert_int_equal(r.status, 413);
    assert_int_equal(kept(d), 0);
}

static void
the_same_form_may_come_urlencoded(void **state)
{
    struct desk *d = *state;
    struct arena *a = d->house.arena;
    struct str fields = str_fmt(a, "%.*sContent-Type: application/x-www-form-urlencoded\r\n",
                                STR_ARG(as(d, CITIZEN)));
    struct str body = str_fmt(a, "csrf=%s&area=86", good(d));
    struct reply r = desk_ask(d, "POST /save", fields, body);

    assert_int_equal(r.status, 200);
    assert_true(str_has(r.body, STR("\"area\":\"86\"")));
    r = desk_ask(d, "POST /save", fields, STR("area=86"));
    assert_true(str_eq(r.type, STR("form-too-old")));
    assert_int_equal(desk_ask(d, "POST /save", as(d, CITIZEN), STR("area=86")).status, 415);
}

#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, open_with_folder, close_with_folder)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(fields_and_files_arrive),
        FOLDER_TEST(a_file_field_left_alone_is_no_file),
        FOLDER_TEST(one_bad_file_is_told_and_loses_nothing_else),
        FOLDER_TEST(a_form_without_the_right_token_leaves_no_byte_behind),
        FOLDER_TEST(a_form_that_breaks_off_keeps_nothing_unfinished),
        FOLDER_TEST(a_form_or_a_field_that_is_too_large_is_refused),
        FOLDER_TEST(the_same_form_may_come_urlencoded),
    };

    house_kind = FIXTURE_SQLITE; /* files are beside the store */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
