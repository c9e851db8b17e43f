/*
 * The gate against the sum of its parts, in one run on one machine.
 *
 *     load (64 connections) -> node that asks -> mutual TLS -> node that holds -> backend (1 KiB)
 *
 * Each is a process of its own; both nodes have a store under build/ and a signer.  The same four processes also carry
 * the bare thing, the two hops without signing, grants or store, in turns with the real one, so that both see the same
 * machine.  The other parts, two signatures, two verifications and two rows in a group commit, are measured beside it.
 *
 * The machine may be shared, so the ratio is one of processor time, all processes and their system calls counted; the
 * rate by the clock is printed beside it.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "exchange/stage.h"

enum {
    CONNECTIONS = 64,
    WARM_MS = 400,
    WINDOW_MS = 1000,
    WINDOWS = 3, /* of each kind */
    ROUNDS = 1000,
    ROW_BYTES = 1200,
    ROWS_PER_COMMIT = 32,
    ROW_COMMITS = 30,
    TASKS_MAX = 600,
    ARENA_BYTES = 1 << 20
};

enum { LOAD, CITY, PROV, BACKEND, CITY_SIGNER, PROV_SIGNER, PROCESSES };

/* Seen by all processes. */
struct shared {
    volatile pid_t pid[PROCESSES];
    volatile int ready;
};

struct bench {
    struct stage stage;
    struct shared *shared;
    int stop[2]; /* a child ends when the other side is closed */
    int backend_fd;
    int backend_port;
    struct origin backend;
    struct origin prov;
    struct loop *loop;
    struct server *server;
};

static void
need(enum rc rc, const struct err *err)
{
    if (rc != RC_OK) {
        check_failed(err->file, err->line, err->text);
    }
}

/* --- the processes --- */

static struct loop *
new_loop(void)
{
    const struct loop_config config = {.clock = &clock_system, .tasks_max = TASKS_MAX};
    struct loop *loop;
    struct err err;

    need(loop_new(&config, &loop, &err), &err);
    return loop;
}

static void
wait_for_the_end(struct task *t, void *ctx)
{
    struct bench *b = ctx;
    struct err err;

    if (task_wait_fd(t, b->stop[0], TASK_READ, 0, &err) == RC_OK) {
        for (size_t i = 0; i < b->stage.count; i++) {
            if (b->stage.node[i].loop != NULL) {
                stage_stop(&b->stage.node[i]);
            }
        }
        if (b->server != NULL) {
            server_stop(b->server);
        }
        loop_stop(b->loop);
    }
}

static void
run_child(struct bench *b)
{
    struct err err;

    (void)close(b->stop[1]);
    need(task_start(b->loop, wait_for_the_end, b, &err), &err);
    (void)__atomic_add_fetch(&b->shared->ready, 1, __ATOMIC_SEQ_CST);
    loop_run(b->loop);
}

static void
answer(struct http_call *call, int status, struct str body)
{
    struct http_fields fields = {.count = 0};
    struct err err;

    CHECK(http_add(&fields, STR("Content-Type"), STR("application/json")));
    if (http_answer(call, status, &fields, body, &err) != RC_OK) {
        return; /* the load has ended */
    }
}

static void
serve_backend(struct http_call *call, void *ctx)
{
    (void)ctx;
    static const char head[] = "{\"name\":\"王小明\",\"id\":\"990102199001010011\",\"note\":\"";
    static char body[1024];

    if (body[0] == '\0') {
        memset(body, 'x', sizeof(body));
        memcpy(body, head, sizeof(head) - 1);
        body[sizeof(body) - 2] = '"';
        body[sizeof(body) - 1] = '}';
    }
    answer(call, 200, (struct str){body, sizeof(body)});
}

/* A bare hop: the body in, one call onwards, the answer's body out. */
static void
forward(struct http_call *call, struct client *client, const struct origin *to, const char *method)
{
    struct http_out out = {.method = str_of(method), .target = STR("/bare")};
    struct http_in *in = arena_alloc(call->arena, 1, sizeof(*in));
    struct err err;

    CHECK(in != NULL);
    need(http_body(call, 4096, &out.body, &err), &err);
    if (str_eq(out.method, STR("GET"))) {
        out.body = STR("");
    }
    if (client_call(client, call->task, call->arena, to, &out,
                    loop_now_us(task_loop(call->task)) + 5000000, in, &err) == RC_OK) {
        answer(call, in->head.status, in->body);
    }
}

static void
forward_to_backend(struct http_call *call, void *ctx)
{
    struct bench *b = ctx;
    struct stage_node *prov = &b->stage.node[1];

    if (str_starts(call->head->path, STR("/exchange/"))) {
        gate_serve(prov->gate, call, str_from(call->head->path, STR("/exchange/").len));
    } else {
        forward(call, prov->client, &b->backend, "GET");
    }
}

static void
forward_to_prov(struct http_call *call, void *ctx)
{
    struct bench *b = ctx;

    forward(call, b->stage.node[0].client, &b->prov, "POST");
}

static void
be_node(struct bench *b, int which)
{
    struct stage_node *n = &b->stage.node[which == CITY ? 0 : 1];
    struct stage *s = &b->stage;

    b->loop = new_loop();
    n->where = which == CITY ? "build/bench/city.db" : "build/bench/prov.db";
    n->instead_ctx = b;
    n->instead_local = forward_to_prov;
    stage_open(n, b->loop, FIXTURE_SQLITE, 5000);
    if (which == PROV) {
        n->instead = forward_to_backend;
    }
    struct str connector = str_fmt(
        s->arena, "{\"kind\":\"http\",\"url\":\"http://127.0.0.1:%d/p/{key}\"}", b->backend_port);
    CHECK(connector.ptr != NULL && str_c(s->arena, connector) != NULL);
    stage_put_resource(n, stage_person_resource(s, s->node[1].name, str_c(s->arena, connector), "null"));
    if (which == PROV) {
        stage_put_grant(n, stage_person_grant(s, "g-1", s->node[0].name, 100000000, "in-use"));
    }
    b->shared->pid[which == CITY ? CITY_SIGNER : PROV_SIGNER] = n->signer;
    run_child(b);
    stage_close(n);
}

static void
be_backend(struct bench *b)
{
    struct server_config config = {.listen_fd = b->backend_fd,
                                   .limits = http_limits_usual,
                                   .arena_bytes = 1 << 16,
                                   .handler = serve_backend};
    struct err err;

    config.limits.requests_per_connection_max = 100000000;
    config.limits.connections_max = config.limits.connections_per_peer_max = 1000;
    b->loop = new_loop();
    need(server_start(b->loop, &config, &b->server, &err), &err);
    run_child(b);
    server_free(b->server);
}

static void
start(struct bench *b, int which)
{
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0) {
        if (which == BACKEND) {
            be_backend(b);
        } else {
            be_node(b, which);
        }
        loop_free(b->loop);
        _exit(0);
    }
    b->shared->pid[which] = pid;
}

/* --- the load --- */

struct load {
    struct bench *bench;
    struct client *client;
    struct origin origin;
    struct http_out out;
    int64_t until_us;
    int64_t done;
    int64_t wrong;
    int alive;
};

static void
ask_again_and_again(struct task *t, void *ctx)
{
    struct load *l = ctx;
    struct arena *a = arena_new(ARENA_BYTES);
    struct http_in *in;
    struct err err;

    while (clock_monotonic_us(&clock_system) < l->until_us) {
        in = arena_alloc(a, 1, sizeof(*in));
        CHECK(in != NULL);
        enum rc rc = client_call(l->client, t, a, &l->origin, &l->out,
                                 loop_now_us(l->bench->loop) + 5000000, in, &err);
        if (rc == RC_OK && in->head.status == 200 && in->body.len > 1000) {
            l->done++;
        } else {
            l->wrong++;
        }
        arena_reset(a);
    }
    arena_free(a);
    if (--l->alive == 0) {
        loop_stop(l->bench->loop);
    }
}

static const struct str question = STR_INIT(
    "{\"key\":{\"kind\":\"person\",\"value\":\"A\"},\"fields\":[\"name\",\"id\",\"note\"],"
    "\"purpose\":{\"case\":\"draft:d-1\",\"item\":\"restaurant\",\"basis\":\"食品安全法 35\","
    "\"actor\":\"system\"}}");

/* One window of one kind; the requests that came back right. */
static int64_t
load(struct bench *b, const char *target, int connections, int64_t length_us)
{
    const struct client_config config = {.limits = http_limits_usual,
                                         .connect_ms = 2000,
                                         .idle_per_origin_max = CONNECTIONS,
                                         .per_origin_max = CONNECTIONS,
                                         .idle_ms = 10000};
    struct load l = {.bench = b,
                     .origin = {.host = STR("127.0.0.1"), .port = b->stage.node[0].local_port},
                     .out = {.method = STR("POST"), .target = str_of(target), .body = question},
                     .alive = connections};
    struct err err;

    CHECK(http_add(&l.out.fields, STR("Content-Type"), STR("application/json")));
    b->loop = new_loop();
    need(client_new(b->loop, &config, &l.client, &err), &err);
    l.until_us = clock_monotonic_us(&clock_system) + length_us;
    for (int i = 0; i < connections; i++) {
        need(task_start(b->loop, ask_again_and_again, &l, &err), &err);
    }
    loop_run(b->loop);
    client_free(l.client);
    loop_free(b->loop);
    if (l.wrong > 0) {
        (void)fprintf(stderr, "exchange_bench: %lld of %lld went wrong on %s\n", (long long)l.wrong,
                      (long long)(l.wrong + l.done), target);
        exit(1);
    }
    return l.done;
}

/* --- processor time --- */

static int64_t
clock_ns(clockid_t id)
{
    struct timespec t;

    CHECK(clock_gettime(id, &t) == 0);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t
used_ns(const struct bench *b, int which)
{
    clockid_t id;

    CHECK(clock_getcpuclockid(b->shared->pid[which], &id) == 0);
    return clock_ns(id);
}

struct figure {
    int64_t done;
    int64_t wall_ns;
    int64_t cpu_ns[PROCESSES];
};

static void
measure(struct bench *b, const char *target, struct figure *f)
{
    int64_t before[PROCESSES], from = clock_ns(CLOCK_MONOTONIC);

    for (int i = 0; i < PROCESSES; i++) {
        before[i] = used_ns(b, i);
    }
    f->done += load(b, target, CONNECTIONS, (int64_t)WINDOW_MS * 1000);
    for (int i = 0; i < PROCESSES; i++) {
        f->cpu_ns[i] += used_ns(b, i) - before[i];
    }
    f->wall_ns += clock_ns(CLOCK_MONOTONIC) - from;
}

static double
cpu_us(const struct figure *f)
{
    int64_t sum = 0;

    for (int i = 0; i < PROCESSES; i++) {
        sum += f->cpu_ns[i];
    }
    return (double)sum / 1e3 / (double)f->done;
}

/* --- the other parts --- */

/*
 * Two threads at once, because the exchange keeps two cores busy too, and cores that share what they are made of are
 * slower together.  Each counts its own processor time.
 */
struct part {
    void (*work)(struct part *p);
    const struct sig_key *key;
    struct sig_public public;
    struct str message;
    struct str signature;
    int count;
    double us; /* of one */
    pthread_t thread;
};

static void
sign_work(struct part *p)
{
    unsigned char out[SIG_BYTES];

    sig_key_sign(p->key, p->message, out);
}

static void
verify_work(struct part *p)
{
    CHECK(sig_verify(&p->public, p->message, p->signature));
}

static void *
run_part(void *ctx)
{
    struct part *p = ctx;
    int64_t from = clock_ns(CLOCK_THREAD_CPUTIME_ID);

    for (int i = 0; i < p->count; i++) {
        p->work(p);
    }
    p->us = (double)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - from) / 1e3 / p->count;
    return NULL;
}

static void
run_sql(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        check_failed(__FILE__, __LINE__, sqlite3_errmsg(db));
    }
}

/* Rows as long as an act's, so many to a commit, WAL and FULL. */
static double
row_us(void)
{
    static char row[ROW_BYTES];
    sqlite3 *db;
    sqlite3_stmt *insert;

    (void)remove("build/bench/raw.db");
    CHECK(sqlite3_open("build/bench/raw.db", &db) == SQLITE_OK);
    run_sql(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE row (id INTEGER "
                "PRIMARY KEY, body BLOB)");
    CHECK(sqlite3_prepare_v2(db, "INSERT INTO row (body) VALUES (?1)", -1, &insert, NULL) == SQLITE_OK);
    int64_t from = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    for (int i = 0; i < ROW_COMMITS; i++) {
        run_sql(db, "BEGIN");
        for (int k = 0; k < ROWS_PER_COMMIT; k++) {
            CHECK(sqlite3_bind_blob(insert, 1, row, sizeof(row), SQLITE_STATIC) == SQLITE_OK &&
                  sqlite3_step(insert) == SQLITE_DONE && sqlite3_reset(insert) == SQLITE_OK);
        }
        run_sql(db, "COMMIT");
    }
    from = clock_ns(CLOCK_THREAD_CPUTIME_ID) - from;
    (void)sqlite3_finalize(insert);
    (void)sqlite3_close(db);
    (void)remove("build/bench/raw.db");
    return (double)from / 1e3 / (ROW_COMMITS * ROWS_PER_COMMIT);
}

struct parts {
    double sign_us;
    double verify_us;
    double row_us;
};

/* Adds one measurement of each. */
static void
measure_parts(struct parts *out)
{
    static char message[400];
    unsigned char public[SIG_PUBLIC_MAX], signature[SIG_BYTES];
    struct part here = {.message = {message, sizeof(message)},
                        .signature = {(const char *)signature, SIG_BYTES},
                        .count = ROUNDS};
    struct sig_secret secret;
    struct part there;

    sig_new(SIG_ED25519, &secret);
    here.public = (struct sig_public){SIG_ED25519,
                                      {(const char *)public, sig_public_of(&secret, public)}};
    struct sig_key *key = sig_key_new(&secret);
    here.key = key;
    sig_key_sign(key, here.message, signature);
    for (int verify = 0; verify < 2; verify++) {
        here.work = verify ? verify_work : sign_work;
        there = here;
        CHECK(pthread_create(&there.thread, NULL, run_part, &there) == 0);
        (void)run_part(&here);
        CHECK(pthread_join(there.thread, NULL) == 0);
        *(verify ? &out->verify_us : &out->sign_us) += (here.us + there.us) / 2;
    }
    there.count = ROUNDS / 2;
    CHECK(pthread_create(&there.thread, NULL, run_part, &there) == 0);
    out->row_us += row_us();
    CHECK(pthread_join(there.thread, NULL) == 0);
    sig_key_free(key);
}

/* --- all of it --- */

static void
prepare(struct bench *b)
{
    static const char *const names[] = {"city", "prov"};
    static const char *const old[] = {"city.db", "city.db-wal", "city.db-shm", "prov.db", "prov.db-wal",
                                      "prov.db-shm"};
    char path[64];
    struct err err;

    need(file_make_folder("build/bench", &err), &err);
    for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
        (void)snprintf(path, sizeof(path), "build/bench/%s", old[i]);
        (void)remove(path);
    }
    b->shared = mmap(NULL, sizeof(*b->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(b->shared != MAP_FAILED && pipe(b->stop) == 0);
    stage_prepare(&b->stage, names, 2, 2);
    need(net_listen("127.0.0.1", 0, &b->backend_fd, &b->backend_port, &err), &err);
    b->backend = (struct origin){.host = STR("127.0.0.1"), .port = b->backend_port};
    b->prov = (struct origin){.host = STR("127.0.0.1"),
                              .port = b->stage.node[1].port,
                              .is_tls = true,
                              .fingerprint = hash_str(&b->stage.node[1].fingerprint)};
    b->shared->pid[LOAD] = getpid();
    start(b, BACKEND);
    start(b, PROV);
    start(b, CITY);
    while (b->shared->ready < 3) {
        (void)usleep(10000);
        CHECK(waitpid(-1, NULL, WNOHANG) == 0); /* none may end before the work begins */
    }
}

static void
put_row(bool first, const char *name, double value, const char *unit, const char *peer,
        double peer_value, double ratio)
{
    (void)printf("%s{\"name\":\"%s\",\"value\":%.1f,\"unit\":\"%s\",\"peer\":\"%s\",\"peer_value\":"
                 "%.1f,\"ratio\":%.3f}",
                 first ? "[" : ",\n ", name, value, unit, peer, peer_value, ratio);
}

static void
report(const struct figure *exchange, const struct figure *bare, const struct parts *parts)
{
    static const char *const names[PROCESSES] = {"load", "asking node", "holding node", "backend",
                                                 "asking signer", "holding signer"};
    const char *sum = "sum of the parts";
    double sign_us = 2 * parts->sign_us / WINDOWS, verify_us = 2 * parts->verify_us / WINDOWS;
    double rows_us = 2 * parts->row_us / WINDOWS;
    double ours_us = cpu_us(exchange), hops_us = cpu_us(bare);
    double parts_us = hops_us + sign_us + verify_us + rows_us;
    double rate = (double)exchange->done * 1e9 / (double)exchange->wall_ns;
    char name[80];

    /* What the same processor time would have bought as parts. */
    put_row(true, "exchange", rate, "1/s", sum, rate * ours_us / parts_us, parts_us / ours_us);
    put_row(false, "exchange, with two cores to itself", 2e6 / ours_us, "1/s", sum, 2e6 / parts_us,
            parts_us / ours_us);
    put_row(false, "exchange, processor time", ours_us, "us", sum, parts_us, parts_us / ours_us);
    put_row(false, "part: two bare hops", hops_us, "us", sum, parts_us, hops_us / parts_us);
    put_row(false, "part: two signatures", sign_us, "us", sum, parts_us, sign_us / parts_us);
    put_row(false, "part: two verifications", verify_us, "us", sum, parts_us, verify_us / parts_us);
    put_row(false, "part: two rows, 32 to a commit", rows_us, "us", sum, parts_us, rows_us / parts_us);
    for (int i = 0; i < PROCESSES; i++) {
        double us = (double)exchange->cpu_ns[i] / 1e3 / (double)exchange->done;
        double bare_us = (double)bare->cpu_ns[i] / 1e3 / (double)bare->done;
        (void)snprintf(name, sizeof(name), "processor time of an exchange: %s", names[i]);
        put_row(false, name, us, "us", "bare hops", bare_us, bare_us / us);
    }
    (void)printf("]\n");
}

int
main(void)
{
    struct figure exchange = {.done = 0}, bare = {.done = 0};
    struct parts parts = {.sign_us = 0};
    struct bench b = {.server = NULL};

    prepare(&b);
    (void)load(&b, "/gate/yl/person", CONNECTIONS, (int64_t)WARM_MS * 1000);
    (void)load(&b, "/bare", CONNECTIONS, (int64_t)WARM_MS * 1000 / 4);
    for (int i = 0; i < WINDOWS; i++) {
        measure(&b, "/gate/yl/person", &exchange);
        measure(&b, "/bare", &bare);
        measure_parts(&parts);
    }
    (void)close(b.stop[0]);
    (void)close(b.stop[1]);
    for (int which = CITY; which <= BACKEND; which++) {
        CHECK(waitpid(b.shared->pid[which], NULL, 0) == b.shared->pid[which]);
    }
    report(&exchange, &bare, &parts);
    stage_free(&b.stage);
    (void)close(b.backend_fd);
    return 0;
}
