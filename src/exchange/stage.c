#include "exchange/stage.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/mem.h"
#include "crypto/cert.h"
#include "crypto/signer.h"

enum { ARENA_BYTES = 1 << 24, CALL_ARENA_BYTES = 1 << 21, SKEW_S = 300 };

static void
need(enum rc rc, const struct err *err)
{
    if (rc != RC_OK) {
        check_failed(err->file, err->line, err->text);
    }
}

/* --- keys and the directory --- */

static void
prepare_node(struct stage *s, struct stage_node *n, const char *name)
{
    struct err err;

    n->stage = s;
    n->name = str_of(name);
    sig_new(SIG_ED25519, &n->secret);
    need(cert_new(s->arena, n->name, s->now_us, &n->tls_key, &n->tls_cert, &err), &err);
    need(cert_fingerprint(n->tls_cert, &n->fingerprint, &err), &err);
    need(net_listen("127.0.0.1", 0, &n->listen_fd, &n->port, &err), &err);
    need(net_listen("127.0.0.1", 0, &n->local_fd, &n->local_port, &err), &err);
}

static struct str
public_of(struct stage *s, const struct sig_secret *secret)
{
    unsigned char *public = arena_alloc(s->arena, SIG_PUBLIC_MAX, 1);

    CHECK(public != NULL);
    return (struct str){(const char *)public, sig_public_of(secret, public)};
}

static struct json *
directory_node(struct stage *s, const struct stage_node *n)
{
    struct json *j = json_object(s->arena);

    json_set_text(s->arena, j, "name", n->name);
    json_set_text(s->arena, j, "title_zh", n->name);
    json_set_text(s->arena, j, "title_en", n->name);
    json_set_text(s->arena, j, "host", STR("127.0.0.1"));
    json_set_int(s->arena, j, "port", n->port);
    json_set_text(s->arena, j, "public_key", base64_of(s->arena, public_of(s, &n->secret)));
    json_set_text(s->arena, j, "tls_fingerprint", hex_of(s->arena, hash_str(&n->fingerprint)));
    json_set_text(s->arena, j, "log_origin", n->name);
    json_set_text(s->arena, j, "log_key", STR("-"));
    return j;
}

struct directory *
stage_directory(struct stage *s, int version, const struct stage_node *without)
{
    struct json *d = json_object(s->arena), *nodes = json_array(s->arena);
    struct directory *out = NULL;
    struct str text;
    struct err err;

    json_set_int(s->arena, d, "version", version);
    json_set_text(s->arena, d, "issued", instant_text(s->arena, s->now_us - 1000000, 480));
    json_set_text(s->arena, d, "expires", instant_text(s->arena, s->now_us + 86400000000, 480));
    for (size_t i = 0; i < s->count; i++) {
        if (s->node[i].is_listed && &s->node[i] != without) {
            json_push(nodes, directory_node(s, &s->node[i]));
        }
    }
    json_set(s->arena, d, "nodes", nodes);
    need(directory_sign(s->arena, d, &s->authority, &text, &err), &err);
    need(directory_load(text, s->authority_key, s->now_us, NULL, &out, &err), &err);
    return out;
}

void
stage_prepare(struct stage *s, const char *const *names, size_t count, size_t listed)
{
    CHECK(count <= STAGE_NODES_MAX && listed <= count);
    *s = (struct stage){.arena = arena_new(ARENA_BYTES),
                        .count = count,
                        .now_us = clock_now_us(&clock_system)};
    for (size_t i = 0; i < count; i++) {
        s->node[i].is_listed = i < listed;
        prepare_node(s, &s->node[i], names[i]);
    }
    sig_new(SIG_ED25519, &s->authority);
    s->authority_key = public_of(s, &s->authority);
    s->directory = stage_directory(s, 1, NULL);
}

void
stage_go_dark(struct stage_node *n)
{
    if (n->listen_fd >= 0) {
        (void)close(n->listen_fd);
        (void)close(n->local_fd);
    }
    n->listen_fd = n->local_fd = -1;
}

void
stage_free(struct stage *s)
{
    for (size_t i = 0; i < s->count; i++) {
        stage_go_dark(&s->node[i]);
    }
    directory_free(s->directory);
    arena_free(s->arena);
}

/* --- running --- */

static void
handle_peer(struct http_call *call, void *ctx)
{
    struct stage_node *n = ctx;

    if (n->instead != NULL) {
        n->instead(call, n->instead_ctx);
    } else if (str_starts(call->head->path, STR("/exchange/"))) {
        gate_serve(n->gate, call, str_from(call->head->path, STR("/exchange/").len));
    }
}

static void
handle_local(struct http_call *call, void *ctx)
{
    struct stage_node *n = ctx;

    if (str_starts(call->head->path, STR("/gate/"))) {
        gate_serve_local(n->gate, call, str_from(call->head->path, STR("/gate/").len));
    } else if (n->instead_local != NULL) {
        n->instead_local(call, n->instead_ctx);
    }
}

void
stage_start_signer(struct stage_node *n)
{
    struct arena *a = n->stage->arena;
    struct json *root = json_object(a), *keys = json_array(a), *key = json_object(a);
    struct str text;
    struct err err;

    json_set_text(a, key, "name", STR("node"));
    json_set_text(a, key, "algorithm", STR("ed25519"));
    json_set_text(a, key, "seed", base64_of(a, (struct str){(const char *)n->secret.seed, 32}));
    json_set_text(a, key, "must_start", STR("\"@"));
    json_push(keys, key);
    json_set(a, root, "keys", keys);
    need(json_print(a, root, &text, &err), &err);
    need(signer_start(text, 1, &n->signer_fd, &n->signer, &err), &err);
}

static void
open_gate(struct stage_node *n, int upstream_ms)
{
    const struct gate_config config = {.node = n->name,
                                       .directory = n->stage->directory,
                                       .store = n->fixture.db.store,
                                       .vault = n->vault,
                                       .clock = &n->clock,
                                       .offset_minutes = CLOCK_OFFSET_CHINA_MINUTES,
                                       .signing = n->signing,
                                       .client = n->client,
                                       .clock_skew_s = SKEW_S,
                                       .upstream_ms = upstream_ms};
    struct err err;

    if (n->is_listed) {
        need(gate_new(&config, &n->gate, &err), &err);
    }
}

static struct http_limits
limits(void)
{
    struct http_limits l = http_limits_usual;

    l.connections_max = STAGE_CONNECTIONS * 2;
    l.connections_per_peer_max = STAGE_CONNECTIONS * 2;
    l.requests_per_connection_max = 100000000;
    return l;
}

static void
open_servers(struct stage_node *n)
{
    struct server_config config = {.listen_fd = n->listen_fd,
                                   .tls = n->server_tls,
                                   .limits = limits(),
                                   .arena_bytes = CALL_ARENA_BYTES,
                                   .handler = handle_peer,
                                   .ctx = n};
    struct err err;

    need(server_start(n->loop, &config, &n->server, &err), &err);
    config.listen_fd = n->local_fd;
    config.tls = NULL;
    config.handler = handle_local;
    need(server_start(n->loop, &config, &n->local, &err), &err);
}

void
stage_open(struct stage_node *n, struct loop *loop, enum fixture_kind kind, int upstream_ms)
{
    struct arena *a = n->stage->arena;
    struct err err;

    n->loop = loop;
    n->clock = clock_shifted(&n->shift_us);
    if (n->signer == 0) {
        stage_start_signer(n);
    }
    need(signing_new(loop, n->signer_fd, &n->signing, &err), &err);
    if (n->where != NULL) {
        fixture_make(&n->fixture, kind);
        (void)snprintf(n->fixture.where, sizeof(n->fixture.where), "%s", n->where); /* there tests look at it, too */
        fixture_open(&n->fixture);
    } else {
        fixture_new(&n->fixture, kind);
    }
    need(vault_open_keys(n->vault_keys != NULL ? n->vault_keys : vault_new_keys(a), &n->vault, &err), &err);
    need(tls_new_server(n->tls_key, n->tls_cert, true, &n->server_tls, &err), &err);
    need(tls_new_client(n->tls_key, n->tls_cert, &n->client_tls, &err), &err);
    const struct client_config config = {.tls = n->client_tls,
                                         .limits = limits(),
                                         .connect_ms = 2000,
                                         .idle_per_origin_max = STAGE_CONNECTIONS,
                                         .per_origin_max = STAGE_CONNECTIONS,
                                         .idle_ms = 30000};
    need(client_new(loop, &config, &n->client, &err), &err);
    open_gate(n, upstream_ms);
    open_servers(n);
}

void
stage_reopen(struct stage_node *n)
{
    gate_free(n->gate);
    fixture_close(&n->fixture);
    fixture_open(&n->fixture);
    open_gate(n, 2000);
}

void
stage_stop(struct stage_node *n)
{
    server_stop(n->server);
    server_stop(n->local);
}

void
stage_close(struct stage_node *n)
{
    gate_free(n->gate);
    server_free(n->server);
    server_free(n->local);
    client_free(n->client);
    signing_free(n->signing);
    tls_free(n->server_tls);
    tls_free(n->client_tls);
    vault_free(n->vault);
    fixture_remove(&n->fixture);
    CHECK(waitpid(n->signer, NULL, 0) == n->signer); /* it ends with its socket */
}

/* --- content --- */

struct put {
    struct stage_node *node;
    struct str text;
    bool is_grant;
    const char *resource;
    const char *key;
};

static enum rc
put_fn(struct tx *tx, void *ctx, struct err *err)
{
    const struct put *p = ctx;
    struct arena *a = p->node->stage->arena;
    struct json *j;
    enum rc rc = json_parse(a, p->text, JSON_UNIQUE, &j, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (p->key != NULL) {
        return registry_put(tx, p->node->vault, a, str_of(p->resource), str_of(p->key), j,
                            p->node->stage->now_us, err);
    }
    return p->is_grant ? grant_put(tx, a, j, p->node->stage->now_us, err)
                       : catalogue_put(tx, a, j, p->node->stage->now_us, err);
}

static void
put(struct put p)
{
    struct err err;

    need(store_write(&p.node->fixture.db, put_fn, &p, &err), &err);
}

void
stage_put_resource(struct stage_node *n, struct str text)
{
    put((struct put){.node = n, .text = text});
}

void
stage_put_grant(struct stage_node *n, struct str text)
{
    put((struct put){.node = n, .text = text, .is_grant = true});
}

void
stage_put_record(struct stage_node *n, const char *resource, const char *key, const char *body)
{
    put((struct put){.node = n, .text = str_of(body), .resource = resource, .key = key});
}

struct str
stage_person_resource(struct stage *s, struct str node, const char *connector, const char *limit)
{
    struct str text = str_fmt(
        s->arena,
        "{\"code\":\"yl/person\",\"title_zh\":\"人口\",\"title_en\":\"Persons\",\"owner\":"
        "\"11990000MB0000001A\",\"owner_zh\":\"公安厅\",\"owner_en\":\"Police\",\"node\":\"%.*s\","
        "\"sharing\":2,\"basis\":\"户口登记条例\",\"key_kind\":\"person\",\"subject_kind\":\"person\","
        "\"connector\":%s,\"limits\":%s,\"elements\":["
        "{\"name\":\"name\",\"title_zh\":\"姓名\",\"title_en\":\"Name\",\"type\":\"text\",\"grade\":2},"
        "{\"name\":\"id\",\"title_zh\":\"号码\",\"title_en\":\"Id\",\"type\":\"id\",\"grade\":3},"
        "{\"name\":\"address\",\"title_zh\":\"住址\",\"title_en\":\"Address\",\"type\":\"text\","
        "\"grade\":3},"
        "{\"name\":\"note\",\"title_zh\":\"备注\",\"title_en\":\"Note\",\"type\":\"text\","
        "\"grade\":1}]}",
        STR_ARG(node), connector, limit);

    CHECK(text.ptr != NULL);
    return text;
}

struct str
stage_person_grant(struct stage *s, const char *id, struct str consumer, int per_day,
                   const char *state)
{
    struct str from = instant_text(s->arena, s->now_us - 86400000000, 480);
    struct str until = instant_text(s->arena, s->now_us + 86400000000, 480);
    struct str text = str_fmt(
        s->arena,
        "{\"id\":\"%s\",\"resource\":\"yl/person\",\"consumer\":\"%.*s\",\"item\":\"restaurant\","
        "\"basis\":\"食品安全法 35\",\"fields\":[\"name\",\"id\",\"note\"],\"masks\":{\"id\":"
        "\"middle\"},\"rules\":{\"middle\":{\"keep_head\":6,\"keep_tail\":4}},\"per_day\":%d,"
        "\"from\":\"%.*s\",\"until\":\"%.*s\",\"state\":\"%s\"}",
        id, STR_ARG(consumer), per_day, STR_ARG(from), STR_ARG(until), state);

    CHECK(text.ptr != NULL);
    return text;
}

struct purpose
stage_purpose(void)
{
    return (struct purpose){.case_no = STR("draft:d-1"),
                            .item = STR("restaurant"),
                            .basis = STR("食品安全法 35"),
                            .actor = STR("system")};
}
