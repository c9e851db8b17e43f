#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/mem.h"
#include "crypto/cert.h"
#include "crypto/signer.h"
#include "crypto/vault.h"
#include "main/keyring.h"

enum { ARENA_BYTES = 4 << 20 };

#define NOW_US INT64_C(1795406400000000)
#define ORIGIN STR("log.yunxi.example")

struct place {
    struct arena *arena;
    char folder[32];
};

static const char *
path_of(struct place *p, const char *name)
{
    return str_c(p->arena, str_fmt(p->arena, "%s/keys/%s", p->folder, name));
}

static int
open_place(void **state)
{
    struct place *p = mem_new(1, sizeof(*p));

    p->arena = arena_new(ARENA_BYTES);
    memcpy(p->folder, "/tmp/zt-keyring-XXXXXX", sizeof("/tmp/zt-keyring-XXXXXX"));
    assert_non_null(mkdtemp(p->folder));
    *state = p;
    return 0;
}

static int
close_place(void **state)
{
    struct place *p = *state;
    const char *keys = str_c(p->arena, str_fmt(p->arena, "%s/keys", p->folder));
    DIR *dir = opendir(keys);

    for (const struct dirent *e = dir != NULL ? readdir(dir) : NULL; e != NULL; e = readdir(dir)) {
        (void)unlink(path_of(p, e->d_name));
    }
    if (dir != NULL) {
        (void)closedir(dir);
        assert_int_equal(rmdir(keys), 0);
    }
    assert_int_equal(rmdir(p->folder), 0);
    arena_free(p->arena);
    mem_free(p);
    return 0;
}

static enum rc
make(struct place *p, struct keyring *k, struct err *err)
{
    const char *keys = str_c(p->arena, str_fmt(p->arena, "%s/keys", p->folder));

    return keyring_make(p->arena, keys, STR("yunxi"), ORIGIN, NOW_US, k, err);
}

static struct str
text_of(struct place *p, const char *name)
{
    struct str text;
    struct err err;

    assert_int_equal(file_read(p->arena, path_of(p, name), 65536, &text, &err), RC_OK);
    return text;
}

static void
a_new_node_gets_keys_that_only_its_owner_reads(void **state)
{
    static const struct {
        const char *name;
        unsigned mode;
    } files[] = {{"signing.json", 0600}, {"vault.json", 0600}, {"tls.key", 0600}, {"tls.crt",
        0644}};
    struct place *p = *state;
    struct keyring k;
    struct hash fingerprint;
    struct vault *vault;
    struct json *keys;
    struct err err;

    assert_int_equal(make(p, &k, &err), RC_OK);
    assert_int_equal(k.node_public.len, 32);
    assert_int_equal(k.log_public.len, 32);
    assert_int_equal(k.seal_public.len, 32);
    assert_false(str_eq(k.node_public, k.log_public) || str_eq(k.node_public, k.seal_public));
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct stat st;
        assert_int_equal(stat(path_of(p, files[i].name), &st), 0);
        assert_int_equal(st.st_mode & 0777, files[i].mode);
    }
    assert_int_equal(cert_fingerprint(text_of(p, "tls.crt"), &fingerprint, &err), RC_OK);
    assert_true(hash_eq(&fingerprint, &k.fingerprint));
    assert_int_equal(json_parse(p->arena, text_of(p, "vault.json"), JSON_UNIQUE, &keys, &err),
                     RC_OK);
    assert_int_equal(vault_open_keys(keys, &vault, &err), RC_OK);
    vault_free(vault);
    /*
     * No public half stands in the file of the secret ones, so nobody is led to hand that file
     * out.
     */
    assert_false(str_has(text_of(p, "signing.json"), base64_of(p->arena, k.node_public)));
}

static void
a_second_time_finds_the_same_keys_and_changes_no_file(void **state)
{
    struct place *p = *state;
    struct keyring first, second;
    struct str before[4];
    static const char *const names[] = {"signing.json", "vault.json", "tls.key", "tls.crt"};
    struct err err;

    assert_int_equal(make(p, &first, &err), RC_OK);
    for (int i = 0; i < 4; i++) {
        before[i] = text_of(p, names[i]);
    }
    assert_int_equal(make(p, &second, &err), RC_OK);
    assert_true(str_eq(first.node_public, second.node_public));
    assert_true(hash_eq(&first.fingerprint, &second.fingerprint));
    for (int i = 0; i < 4; i++) {
        assert_true(str_eq(before[i], text_of(p, names[i])));
    }
}

/*
 * The signer takes the file, answers with the public halves that keyring told, and signs with
 * each key only its own kind of message.
 */
static void
the_signer_takes_the_file_and_keeps_each_key_to_its_kind(void **state)
{
    static const struct {
        const char *key;
        struct str message;
        enum rc rc;
    } cases[] = {
        {"node", STR_INIT("\"@method\": POST"), RC_OK},
        {"log", STR_INIT("log.yunxi.example\n1\nabc\n"), RC_OK},
        {"seal", STR_INIT("{\"id\":1}"), RC_OK},
        {"node", STR_INIT("log.yunxi.example\n1\nabc\n"), RC_DENIED},
        {"node", STR_INIT("{\"id\":1}"), RC_DENIED},
        {"log", STR_INIT("log.else.example\n1\nabc\n"), RC_DENIED},
        {"log", STR_INIT("log.yunxi.example.else\n1\nabc\n"), RC_DENIED},
        {"seal", STR_INIT("\"@method\": POST"), RC_DENIED},
        {"tls", STR_INIT("{"), RC_NOT_FOUND},
    };
    struct place *p = *state;
    struct keyring k;
    struct sig_public public;
    unsigned char signature[SIG_BYTES];
    pid_t pid;
    int fd;
    struct err err;

    assert_int_equal(make(p, &k, &err), RC_OK);
    assert_int_equal(signer_start(text_of(p, "signing.json"), 1, &fd, &pid, &err), RC_OK);
    assert_int_equal(signer_public(fd, p->arena, STR("log"), &public, &err), RC_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (signer_sign(fd, str_of(cases[i].key), cases[i].message, signature,
                        &err) != cases[i].rc) {
            fail_msg("%s: %.*s", cases[i].key, STR_ARG(cases[i].message));
        }
    }
    (void)close(fd);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
broken_key_files_are_told_and_never_replaced(void **state)
{
    static const struct {
        const char *content;
        enum rc rc;
    } cases[] = {
        {"", RC_INVALID},
        {"{\"keys\":", RC_INVALID},
        {"{\"keys\":[]}", RC_NOT_FOUND},
        {"{\"keys\":[{\"name\":\"node\",\"seed\":\"AAAA\"}]}", RC_INVALID},
        {"{\"keys\":[{\"name\":\"node\",\"seed\":\"*\"}]}", RC_INVALID},
        {"{\"keys\":[{\"name\":\"node\"}]}", RC_INVALID},
    };
    struct place *p = *state;
    struct keyring k;
    struct err err;

    assert_int_equal(make(p, &k, &err), RC_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(file_replace(path_of(p, "signing.json"), str_of(cases[i].content), 0600,
                                      &err), RC_OK);
        if (make(p, &k, &err) != cases[i].rc) {
            fail_msg("%s: %s", cases[i].content, err.text);
        }
        assert_true(str_eq(text_of(p, "signing.json"), str_of(cases[i].content)));
    }
}

static void
keys_without_their_certificate_are_told(void **state)
{
    struct place *p = *state;
    struct keyring k;
    struct err err;

    assert_int_equal(make(p, &k, &err), RC_OK);
    assert_int_equal(unlink(path_of(p, "tls.crt")), 0);
    assert_int_equal(make(p, &k, &err), RC_NOT_FOUND);
    assert_int_equal(file_replace(path_of(p, "tls.crt"), STR("no certificate"), 0644, &err), RC_OK);
    assert_int_equal(make(p, &k, &err), RC_INVALID);
}

static void
a_folder_that_cannot_be_made_is_told(void **state)
{
    struct place *p = *state;
    struct keyring k;
    struct err err;
    const char *file = str_c(p->arena, str_fmt(p->arena, "%s/file", p->folder));

    assert_int_equal(file_replace(file, STR("x"), 0600, &err), RC_OK);
    assert_int_not_equal(keyring_make(p->arena, str_c(p->arena, str_fmt(p->arena, "%s/keys", file)),
                                      STR("yunxi"), ORIGIN, NOW_US, &k, &err),
                         RC_OK);
    assert_int_equal(unlink(file), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_place, close_place)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_node_gets_keys_that_only_its_owner_reads),
        TEST(a_second_time_finds_the_same_keys_and_changes_no_file),
        TEST(the_signer_takes_the_file_and_keeps_each_key_to_its_kind),
        TEST(broken_key_files_are_told_and_never_replaced),
        TEST(keys_without_their_certificate_are_told),
        TEST(a_folder_that_cannot_be_made_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
