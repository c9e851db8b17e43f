/*
 * A node of its own, with its keys and an empty store, run by a parent that the test forks.
 * Every pid in here is the test's own: the parent is its child, and what the parent leaves behind
 * comes to it as well, so each end can be waited for.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/mem.h"
#include "evidence/note.h"
#include "exchange/directory.h"
#include "main/keyring.h"
#include "main/supervise.h"

enum { ARENA_BYTES = 16 << 20, PIDS_MAX = 4 };

struct place {
    struct arena *arena;
    char folder[32];
    struct settings settings;
    pid_t parent;
    int ready; /* a byte each time that the node serves */
    int log;   /* what it writes to standard error */
    struct buf said;
    pid_t child[PIDS_MAX];
    int children;
};

static const char *
path_of(struct place *p, const char *name)
{
    return str_c(p->arena, str_fmt(p->arena, "%s/%s", p->folder, name));
}

/* --- a node's folder -------------------------------------------------------------------------- */

static struct str
public_text(struct place *p, const struct sig_secret *secret)
{
    unsigned char key[SIG_PUBLIC_MAX];
    size_t len = sig_public_of(secret, key);

    return base64_of(p->arena, (struct str){(const char *)key, len});
}

static void
write_directory(struct place *p, const struct keyring *keys, const struct sig_secret *authority)
{
    struct arena *a = p->arena;
    struct json *d = json_object(a), *nodes = json_array(a), *n = json_object(a);
    int64_t now_us = clock_now_us(&clock_system);
    struct note_key key;
    struct str text;
    struct err err;

    assert_int_equal(note_key_new(a, STR("log.solo.example"), NOTE_ED25519, keys->log_public, &key,
                                  &err), RC_OK);
    json_set_text(a, n, "name", STR("solo"));
    json_set_text(a, n, "title_zh", STR("独城"));
    json_set_text(a, n, "title_en", STR("Solo"));
    json_set_text(a, n, "host", STR("127.0.0.1"));
    json_set_int(a, n, "port", 1);
    json_set_text(a, n, "public_key", base64_of(a, keys->node_public));
    json_set_text(a, n, "tls_fingerprint", hex_of(a, hash_str(&keys->fingerprint)));
    json_set_text(a, n, "log_origin", STR("log.solo.example"));
    json_set_text(a, n, "log_key", note_key_text(a, &key));
    json_set(a, n, "resources", json_array(a));
    json_push(nodes, n);
    json_set_int(a, d, "version", 1);
    json_set_text(a, d, "issued", instant_text(a, now_us - 1000000, 480));
    json_set_text(a, d, "expires", instant_text(a, now_us + INT64_C(86400000000), 480));
    json_set(a, d, "nodes", nodes);
    assert_int_equal(directory_sign(a, d, authority, &text, &err), RC_OK);
    assert_int_equal(file_replace(path_of(p, "directory.json"), text, 0644, &err), RC_OK);
}

static void
write_node(struct place *p)
{
    struct sig_secret authority;
    struct keyring keys;
    struct str conf;
    struct err err;

    sig_new(SIG_ED25519, &authority);
    assert_int_equal(keyring_make(p->arena, path_of(p, "keys"), STR("solo"),
                                  STR("log.solo.example"),
                                  clock_now_us(&clock_system), &keys, &err),
                     RC_OK);
    write_directory(p, &keys, &authority);
    conf = str_fmt(p->arena,
                   "[node]\nname = solo\ntitle_zh = 独城\ntitle_en = Solo\n[listen]\nport = 0\n"
                   "[directory]\nauthority = %.*s\n[log]\norigin = log.solo.example\n",
                   STR_ARG(public_text(p, &authority)));
    assert_int_equal(file_replace(path_of(p, "node.conf"), conf, 0600, &err), RC_OK);
    if (settings_read(p->arena, path_of(p, "node.conf"), &p->settings, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
}

static void
remove_below(struct place *p, const char *folder)
{
    DIR *dir = opendir(folder);

    assert_non_null(dir);
    for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        const char *path = str_c(p->arena, str_fmt(p->arena, "%s/%s", folder, e->d_name));
        struct stat st;
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && lstat(path, &st) == 0) {
            if (S_ISDIR(st.st_mode)) {
                remove_below(p, path);
            } else {
                (void)unlink(path);
            }
        }
    }
    (void)closedir(dir);
    (void)rmdir(folder);
}

static int
open_place(void **state)
{
    struct place *p = mem_new(1, sizeof(*p));

    p->arena = arena_new(ARENA_BYTES);
    p->ready = p->log = -1;
    memcpy(p->folder, "/tmp/zt-supervise-XXXXXX", sizeof("/tmp/zt-supervise-XXXXXX"));
    assert_non_null(mkdtemp(p->folder));
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    write_node(p);
    *state = p;
    return 0;
}

/* --- the parent and its two ------------------------------------------------------------------- */

static _Noreturn void
be_parent(struct place *p, int ready, int log)
{
    struct err err;

    (void)dup2(log, STDERR_FILENO);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* if the test itself dies */
    _exit(rc_exit(supervise(&p->settings, ready, &err)));
}

static void
start(struct place *p)
{
    int ends[2], log[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(pipe2(log, O_CLOEXEC), 0);
    (void)fflush(NULL);
    p->parent = fork();
    assert_true(p->parent >= 0);
    if (p->parent == 0) {
        (void)close(ends[0]);
        (void)close(log[0]);
        be_parent(p, ends[1], log[1]);
    }
    (void)close(ends[1]);
    (void)close(log[1]);
    p->ready = ends[0];
    p->log = log[0];
    buf_init(&p->said, p->arena, 1 << 20);
}

/* All that it has said by now; with `wait`, not before it has said something more. */
static struct str
said(struct place *p, bool wait)
{
    struct pollfd poll_log = {.fd = p->log, .events = POLLIN};
    char piece[4096];
    ssize_t len = 1;
    struct str text;
    struct err err;

    while (len > 0 && poll(&poll_log, 1, wait ? -1 : 0) == 1) {
        len = read(p->log, piece, sizeof(piece));
        buf_put(&p->said, (struct str){piece, len > 0 ? (size_t)len : 0});
        if (wait && len <= 0) {
            fail_msg("it ended instead of saying more");
        }
        wait = false;
    }
    assert_int_equal(buf_finish(&p->said, &text, &err), RC_OK);
    return text;
}

/* Until it serves again; ends with a failure when it never will. */
static void
serves(struct place *p)
{
    char byte;

    if (read(p->ready, &byte, 1) != 1) {
        fail_msg("it does not serve: %.*s", STR_ARG(said(p, false)));
    }
}

/* The pids of the parent's children, signer and worker, as the kernel has them. */
static void
look(struct place *p)
{
    const char *path = str_c(p->arena, str_fmt(p->arena, "/proc/%d/task/%d/children",
                                               (int)p->parent, (int)p->parent));
    struct str text, part;
    struct err err;
    int64_t pid;

    assert_int_equal(file_read(p->arena, path, 4096, &text, &err), RC_OK);
    p->children = 0;
    while (str_next(&text, ' ', &part)) {
        if (str_to_int(str_trim(part), &pid)) {
            assert_true(p->children < PIDS_MAX);
            p->child[p->children++] = (pid_t)pid;
        }
    }
}

/* The signer is the one behind a system call filter. */
static pid_t
pid_of(struct place *p, bool signer)
{
    look(p);
    assert_int_equal(p->children, 2);
    for (int i = 0; i < p->children; i++) {
        const char *path = str_c(p->arena, str_fmt(p->arena, "/proc/%d/status", (int)p->child[i]));
        struct str text;
        struct err err;
        assert_int_equal(file_read(p->arena, path, 65536, &text, &err), RC_OK);
        if (str_has(text, STR("Seccomp:\t2")) == signer) {
            return p->child[i];
        }
    }
    fail_msg("no %s", signer ? "signer" : "worker");
    return 0;
}

/* Ended by the test's own kill or by itself; nobody of this node is left afterwards. */
static int
ended(struct place *p)
{
    int status = 0;

    assert_int_equal(waitpid(p->parent, &status, 0), p->parent);
    while (waitpid(-1, NULL, 0) > 0) {
        /* what the parent left behind: it ends too, or this waits for ever */
    }
    assert_int_equal(errno, ECHILD);
    p->parent = 0;
    return status;
}

static int
close_place(void **state)
{
    struct place *p = *state;

    if (p->parent > 0) {
        (void)kill(p->parent, SIGTERM);
        (void)ended(p);
    }
    if (p->ready >= 0) {
        (void)close(p->ready);
        (void)close(p->log);
    }
    remove_below(p, p->folder);
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
    arena_free(p->arena);
    mem_free(p);
    return 0;
}

static bool
is_among(const struct place *p, pid_t pid)
{
    for (int i = 0; i < p->children; i++) {
        if (p->child[i] == pid) {
            return true;
        }
    }
    return false;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void
it_serves_and_ends_in_good_order_when_told(void **state)
{
    struct place *p = *state;
    int status;

    start(p);
    serves(p);
    look(p);
    assert_int_equal(p->children, 2);
    assert_int_equal(kill(p->parent, SIGTERM), 0);
    status = ended(p);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_false(str_has(said(p, false),
                         STR("worker_ended"))); /* an end that was wanted is no event */
}

/*
 * Either of the two: afterwards both are others, for answers may have been under way between
 * them.
 */
static void
when_one_child_dies_both_are_made_anew(void **state)
{
    struct place *p = *state;

    start(p);
    serves(p);
    for (int round = 0; round < 4; round++) {
        bool signer = round % 2 == 1;
        pid_t old_signer = pid_of(p, true), old_worker = pid_of(p, false);
        assert_int_equal(kill(signer ? old_signer : old_worker, SIGKILL), 0);
        serves(p);
        look(p);
        assert_int_equal(p->children, 2);
        assert_false(is_among(p, old_signer) || is_among(p, old_worker));
        assert_true(str_has(said(p, false), signer ? STR("signer_ended") : STR("worker_ended")));
    }
}

static void
when_the_parent_dies_its_children_end(void **state)
{
    struct place *p = *state;
    int status;

    start(p);
    serves(p);
    assert_int_equal(kill(p->parent, SIGKILL), 0);
    status = ended(p); /* waits for both of them */
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* When each line with this event was written. */
static size_t
times_of(struct place *p, const char *event, int64_t *out, size_t most)
{
    struct str text = said(p, true), line;
    size_t count = 0;

    while (str_next(&text, '\n', &line) && count < most) {
        struct json *j;
        struct err err;
        if (json_parse(p->arena, line, JSON_ANY, &j, &err) == RC_OK &&
            str_eq(json_str(j, "event"), str_of(event))) {
            assert_int_equal(instant_parse(json_str(j, "time"), &out[count++], &err), RC_OK);
        }
    }
    return count;
}

/*
 * A worker that cannot start ends at once.  It is tried again, with a rest between two tries, so
 * that it does not eat the machine; a rest may be longer on a slow machine, but never shorter.
 * Once what was wrong is put right the node serves.
 */
static void
a_worker_that_ends_at_once_is_tried_again_with_a_rest_between(void **state)
{
    enum { TRIES = 3, REST_US = 490000 }; /* half a second, less what the log rounds off */
    struct place *p = *state;
    int64_t at[TRIES];
    struct str directory;
    struct err err;

    assert_int_equal(file_read(p->arena, path_of(p, "directory.json"), 65536, &directory, &err),
                     RC_OK);
    assert_int_equal(file_replace(path_of(p, "directory.json"), STR("{}"), 0644, &err), RC_OK);
    start(p);
    while (times_of(p, "worker_ended", at, TRIES) < TRIES) {
        /* the next line of the log will come */
    }
    for (size_t i = 1; i < TRIES; i++) {
        assert_true(at[i] - at[i - 1] >= REST_US);
    }
    assert_int_equal(file_replace(path_of(p, "directory.json"), directory, 0644, &err), RC_OK);
    serves(p);
}

static void
keys_that_are_not_there_stop_the_start(void **state)
{
    struct place *p = *state;
    int status;

    assert_int_equal(unlink(path_of(p, "keys/signing.json")), 0);
    start(p);
    status = ended(p);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == rc_exit(RC_NOT_FOUND));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_place, close_place)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_serves_and_ends_in_good_order_when_told),
        TEST(when_one_child_dies_both_are_made_anew),
        TEST(when_the_parent_dies_its_children_end),
        TEST(a_worker_that_ends_at_once_is_tried_again_with_a_rest_between),
        TEST(keys_that_are_not_there_stop_the_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
