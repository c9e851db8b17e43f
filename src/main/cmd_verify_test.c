#include "main/test_command.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>


enum { ROOM = 64 << 20, SIZE = 300 };

#define KEY "evidence.example/log1+f34575c8+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"

static struct answer
verify(struct arena *a, const char *const words[9])
{
    return run_command(a, cmd_verify, "verify", words);
}

/* --- a log and a receipt ------------------------------------------------------------------------- */

struct place {
    struct arena *arena;
    const char *log;
};

static void
put(struct arena *a, const char *folder, const char *name, struct str content)
{
    assert_ok(file_replace(str_fmt(a, "%s/%s", folder, name).ptr, content, 0600, err));
}

static int
make_place(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct place *p = arena_alloc(a, 1, sizeof(*p));

    *p = (struct place){.arena = a, .log = new_folder(a)};
    grow_test_log(a, p->log, SIZE);
    put(a, p->log, "log.vkey", STR(KEY "\n"));
    *state = p;
    return 0;
}

static int
leave_place(void **state)
{
    struct place *p = *state;

    remove_folder(p->log);
    arena_free(p->arena);
    return 0;
}

/* The receipt of act i as a file in the log's folder. */
static const char *
put_receipt(struct place *p, int i)
{
    struct arena *a = p->arena;
    struct test_act act = test_act(a, i);
    struct tile_source source = tiles_folder_source(p->log);
    struct json *r = json_object(a);
    struct str proof = {NULL, 0}, text = {NULL, 0};

    assert_ok(proof_make(a, &source, i, &proof, err));
    json_set_int(a, r, "leaf_index", i);
    json_set_text(a, r, "leaf", base64_of(a, (struct str){(const char *)act.leaf, LEAF_BYTES}));
    json_set_text(a, r, "opening",
                  base64_of(a, (struct str){(const char *)act.opening, sizeof(act.opening)}));
    json_set_text(a, r, "body", act.body);
    json_set_text(a, r, "proof", proof);
    assert_ok(json_print(a, r, &text, err));
    put(a, p->log, "receipt.json", text);
    return str_fmt(a, "%s/receipt.json", p->log).ptr;
}

static void
change_byte(struct place *p, const char *name, size_t at)
{
    struct str bytes = read_all(p->arena, p->log, name);
    char *changed = arena_alloc(p->arena, bytes.len, 1);

    memcpy(changed, bytes.ptr, bytes.len);
    changed[at] ^= 1;
    put(p->arena, p->log, name, (struct str){changed, bytes.len});
}

/* --- tests --------------------------------------------------------------------------------------- */

static void
a_right_log_is_said_to_be_right(void **state)
{
    struct place *p = *state;
    struct arena *a = p->arena;

    assert_says(verify(a, (const char *const[9]){"--log", p->log, "--key", KEY}), 0,
                "The log is right");
    assert_says(verify(a, (const char *const[9]){"--log", p->log, "--key", KEY}), 0,
                "entries  300");
    assert_says(verify(a, (const char *const[9]){"--log", p->log}), 0,
                "The key came from the log itself");
    assert_says(verify(a, (const char *const[9]){"--log", p->log, "--key",
                                                 str_fmt(a, "%s/log.vkey", p->log).ptr}),
                0, "The log is right");
    assert_says(verify(a, (const char *const[9]){"--log", p->log, "--act", "257"}), 0,
                "Entry 257 is in the log");
    assert_fails(verify(a, (const char *const[9]){"--log", p->log, "--act", "300"}), 66,
                 "no entry 300");
}

static void
a_wrong_byte_is_named_with_its_file(void **state)
{
    struct place *p = *state;
    struct arena *a = p->arena;
    struct answer answer;
    struct json *said;

    change_byte(p, "tile/entries/000", 1234);
    assert_says(verify(a, (const char *const[9]){"--log", p->log, "--key", KEY}), 76,
                "The log is WRONG: tile/entries/000, byte 1234: ");
    answer = verify(a, (const char *const[9]){"--log", p->log, "--key", KEY, "--json"});
    assert_int_equal(answer.status, 76);
    assert_ok(json_parse(a, answer.said, JSON_UNIQUE, &said, err));
    assert_false(json_true(said, "ok"));
    assert_true(str_eq(json_str(said, "file"), STR("tile/entries/000")));
    assert_int_equal(json_int_or(said, "offset", -1), 1234);
}

static void
the_answer_for_programs_is_the_whole_report(void **state)
{
    struct place *p = *state;
    struct arena *a = p->arena;
    struct answer answer =
        verify(a, (const char *const[9]){"--log", p->log, "--act", "7", "--json"});
    struct json *said;

    assert_int_equal(answer.status, 0);
    assert_ok(json_parse(a, answer.said, JSON_UNIQUE, &said, err));
    assert_true(json_true(said, "ok"));
    assert_true(json_true(said, "key_from_log"));
    assert_true(str_eq(json_str(said, "key"), STR(KEY)));
    assert_int_equal(json_int_or(said, "size", -1), SIZE);
    assert_int_equal(json_int_or(json_get(said, "act"), "index", -1), 7);
}

static void
a_receipt_is_checked_alone_and_against_its_log(void **state)
{
    struct place *p = *state;
    struct arena *a = p->arena;
    const char *receipt = put_receipt(p, 42);

    assert_says(verify(a, (const char *const[9]){"--receipt", receipt, "--key", KEY}), 0,
                "The receipt is right: its act was signed into the log as entry 42.");
    assert_fails(verify(a, (const char *const[9]){"--receipt", receipt}), 65, "--key");
    grow_test_log(a, p->log, SIZE + 300);
    assert_says(verify(a, (const char *const[9]){"--receipt", receipt, "--log", p->log}), 0,
                "The log has only grown");
    /* A log that was made anew does not hold what the receipt proves. */
    p->log = new_folder(a);
    grow_test_log(a, p->log, 100);
    assert_says(verify(a, (const char *const[9]){"--receipt", receipt, "--log", p->log, "--key",
                                                 KEY}),
                76, "the log was cut short");
    put(a, p->log, "bad.json", STR("{\"leaf_index\":1}"));
    assert_fails(verify(a, (const char *const[9]){"--key", KEY, "--receipt",
                                                  str_fmt(a, "%s/bad.json", p->log).ptr}),
                 65, "the receipt is wrong");
}

static void
an_older_checkpoint_must_lead_to_this_one(void **state)
{
    struct place *p = *state;
    struct arena *a = p->arena;
    const char *older = str_fmt(a, "%s/older", p->log).ptr;
    struct hash hash = tree_leaf_hash(STR("x"));

    put(a, p->log, "older", read_all(a, p->log, "checkpoint"));
    grow_test_log(a, p->log, SIZE + 10);
    assert_says(verify(a, (const char *const[9]){"--log", p->log, "--older", older}), 0,
                "The log has only grown since the older checkpoint.");
    put(a, p->log, "older", golden_checkpoint(a, SIZE, &hash));
    assert_says(verify(a, (const char *const[9]){"--log", p->log, "--older", older}), 76,
                "the log was rewritten");
}

static void
what_cannot_be_understood_is_said_plainly(void **state)
{
    struct place *p = *state;
    struct arena *a = p->arena;

    assert_says(verify(a, (const char *const[9]){"--help"}), 0, "usage: zhengtong verify");
    assert_fails(verify(a, (const char *const[9]){NULL}), 64, "usage: zhengtong verify");
    assert_fails(verify(a, (const char *const[9]){"--what"}), 64, "--what is not an option");
    assert_fails(verify(a, (const char *const[9]){"--log", p->log, "--act", "x"}), 65, "--act");
    assert_fails(verify(a, (const char *const[9]){"--log", p->log, "--act", "-1"}), 65, "--act");
    assert_fails(verify(a, (const char *const[9]){"--log", p->log, "--key", "a+b"}), 65, "key");
    assert_fails(verify(a, (const char *const[9]){"--log", p->log, "--key", "/nowhere"}), 66,
                 "/nowhere");
    assert_fails(verify(a, (const char *const[9]){"--log", "/nowhere"}), 66, "log.vkey");
    assert_says(verify(a, (const char *const[9]){"--log", "/nowhere", "--key", KEY}), 76,
                "checkpoint, byte 0: the file is missing");
    assert_fails(verify(a, (const char *const[9]){"--log", "https://127.0.0.1/"}), 65, "http://");
    assert_fails(verify(a, (const char *const[9]){"--log", "http://:80/"}), 65, "host and port");
    assert_fails(verify(a, (const char *const[9]){"--log", "http://[::1/"}), 65, "host and port");
    assert_fails(verify(a, (const char *const[9]){"--log", "http://127.0.0.1:99999/"}), 65,
                 "host and port");
}

/* --- over HTTP ----------------------------------------------------------------------------------- */

struct file_server {
    struct place *place;
    int fd;
    int port;
    pthread_t thread;
};

static void
answer_one(const struct file_server *s, int fd)
{
    struct arena *a = arena_new(ROOM);
    struct tile_source source = tiles_folder_source(s->place->log);
    struct str request, path, body = STR("no such file\n");
    char bytes[4096];
    size_t len = 0;
    ssize_t n;
    struct err err;
    int status;

    while (!str_has((struct str){bytes, len}, STR("\r\n\r\n")) &&
           (n = read(fd, bytes + len, sizeof(bytes) - len)) > 0) {
        len += (size_t)n;
    }
    request = (struct str){bytes, len};
    path = str_from(request, sizeof("GET /city/log/") - 1);
    path = str_sub(path, 0, str_find_byte(path, ' '));
    status = str_starts(request, STR("GET /city/log/")) &&
                     source.fetch(source.ctx, a, path, &body, &err) == RC_OK
                 ? 200
                 : 404;
    request = str_fmt(a, "HTTP/1.1 %d x\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status,
                      body.len);
    CHECK(write(fd, request.ptr, request.len) == (ssize_t)request.len);
    CHECK(write(fd, body.ptr, body.len) == (ssize_t)body.len);
    (void)close(fd);
    arena_free(a);
}

static void *
serve(void *ctx)
{
    const struct file_server *s = ctx;
    int fd;

    while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
        answer_one(s, fd);
    }
    return NULL;
}

static void
start_server(struct file_server *s, struct place *p)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);

    s->place = p;
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->fd, (const struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(s->fd, 16), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &size), 0);
    s->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void
stop_server(struct file_server *s)
{
    (void)shutdown(s->fd, SHUT_RDWR);
    (void)pthread_join(s->thread, NULL);
    (void)close(s->fd);
}

static void
a_log_is_verified_over_http(void **state)
{
    struct place *p = *state;
    struct arena *a = p->arena;
    struct file_server server;
    const char *url;

    start_server(&server, p);
    url = str_fmt(a, "http://127.0.0.1:%d/city/log/", server.port).ptr;
    assert_says(verify(a, (const char *const[9]){"--log", url, "--act", "299"}), 0,
                "Entry 299 is in the log");
    change_byte(p, "tile/0/001.p/44", 99);
    assert_says(verify(a, (const char *const[9]){"--log", url, "--key", KEY}), 76,
                "tile/0/001.p/44, byte 99");
    url = str_fmt(a, "http://127.0.0.1:%d/elsewhere", server.port).ptr;
    assert_fails(verify(a, (const char *const[9]){"--log", url}), 66, "log.vkey");
    stop_server(&server);
    assert_int_equal(verify(a, (const char *const[9]){"--log", url, "--key", KEY}).status, 74);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, leave_place)
    const struct CMUnitTest tests[] = {
        TEST(a_right_log_is_said_to_be_right),
        TEST(a_wrong_byte_is_named_with_its_file),
        TEST(the_answer_for_programs_is_the_whole_report),
        TEST(a_receipt_is_checked_alone_and_against_its_log),
        TEST(an_older_checkpoint_must_lead_to_this_one),
        TEST(what_cannot_be_understood_is_said_plainly),
        TEST(a_log_is_verified_over_http),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
