/*
 * Opening is a list of steps in the order of the layers; closing is the same list backwards.  What the loops share is made
 * before the first of them runs and is not written afterwards; a newer directory is handed to each loop on its own thread.
 */
#include "main/node.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/asset.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/mem.h"
#include "crypto/cert.h"
#include "crypto/signer.h"
#include "exchange/membership.h"
#include "main/clerk.h"
#include "main/conductor.h"
#include "main/courier.h"
#include "main/sweeper.h"
#include "net/server.h"
#include "process/conduct_job.h"
#include "process/mandate.h"
#include "rule/zone.h"
#include "service/chore.h"
#include "service/item_process.h"
#include "service/schema_form.h"
#include "web/figures.h"
#include "web/idempotency.h"
#include "web/pages.h"
#include "web/throttle.h"
#include "web/web.h"

enum {
    TABLES_ARENA = 64 << 20,
    FILE_MAX = 16 << 20,
    TASKS_MAX = 20000,
    WORK_THREADS = 2,
    RULE_THREADS = 2,
    IDLE_PER_ORIGIN = 64,
    CONNECTIONS_PER_ORIGIN = 128,
    CONNECT_MS = 2000,
    KEPT_MS = 60000,
    READERS_SPARE = 2
};

struct node_loop {
    struct node *node;
    struct web_loop web;
    struct loop *loop;
    struct server *public_server;
    struct server *exchange_server;
    pthread_t thread;
    bool is_running;
    _Atomic(const struct directory *) wanted; /* to be gone by from the loop's next turn on */
};

/* Texts of rules at work at one time; each costs about fifteen times its length until it is answered. */
static const struct budget_policy rule_bodies = {.bytes = 2 << 20, .line = 64, .wait_ms = 5000};
/* Of a million codes a day a few thousand are given: at this pace a guesser from many places waits days for the first. */
static const struct throttle_policy query_code_guesses = {.per_peer = 10, .all = 300, .window_s = 900};

struct node {
    const struct node_start *start;
    const struct settings *settings;
    struct arena *arena; /* tables that live as long as the node */
    int64_t shift_us;    /* of the clock, in a demo */
    struct clock clock;
    struct web web;
    struct facts facts;
    struct proactive proactive;
    struct store *store;
    struct vault *vault;
    struct region_table *regions;
    struct org_table *orgs;
    struct item_table *items;
    struct str authority;
    struct membership *membership;
    struct publisher *publisher;
    struct tls *tls_server;
    struct tls *tls_client;
    struct timekeeping *timekeeping;
    struct conductor *conductor;
    struct courier *courier;
    struct clerk *clerk;
    struct chores *chores;
    const struct json *notices, *checks, *lists;
    struct sweeper *sweeper;
    struct casework casework; /* of what processes tell */
    struct task_forms *task_forms;
    struct node_loop loops[NODE_LOOPS_MAX];
    int loop_count;
};

/* --- tables ------------------------------------------------------------------------------------------ */

static enum rc
read_json_file(struct arena *a, const char *path, struct json **out, struct err *err)
{
    struct str text;
    enum rc rc = file_read(a, path, FILE_MAX, &text, err);

    return rc != RC_OK ? rc : json_parse(a, text, JSON_UNIQUE, out, err);
}

static enum rc
load_words_and_pages(struct node *n, struct err *err)
{
    struct template_set *zh, *en;
    enum rc rc;

    if ((rc = pages_load(n->arena, "zh", 0, &zh, &n->web.words_zh, err)) != RC_OK ||
        (rc = pages_load(n->arena, "en", 0, &en, &n->web.words_en, err)) != RC_OK) {
        return rc;
    }
    n->web.pages_zh = zh;
    n->web.pages_en = en;
    return RC_OK;
}

/* A form that no page can show would be found by whoever has to fill it in. */
static enum rc
check_forms(const struct task_forms *forms, struct err *err)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; i < forms->count && rc == RC_OK; i++) {
        struct err why;
        if (schema_form_check(forms->form[i].document, &why) != RC_OK) {
            rc = err_set(err, RC_INVALID, "the form %.*s of tasks: %s", STR_ARG(forms->form[i].key), why.text);
        }
    }
    return rc;
}

/* Law is data: calendar, states of cases and words come with the city; a file in the data folder wins over the one in the binary. */
static enum rc
load_law(struct node *n, struct err *err)
{
    enum { CALENDAR, STATES, CITY, GUIDE, BENEFITS, NOTICES, CHECKS, LISTS, DOCUMENTS };
    static const char *const names[] = {"calendar/cn.json", "states.json", "city.json", "guides/restaurant.json", "benefits.json",
                                        "notices.json", "checks.json", "lists.json"};
    struct json *documents[DOCUMENTS];
    struct guide_table *guides = arena_alloc(n->arena, 1, sizeof(*guides));
    struct calendar *calendar;
    struct case_states *states;
    const char *forms = str_c(n->arena, str_fmt(n->arena, "%s/forms", n->settings->data));
    enum rc rc = guides != NULL ? RC_OK : err_set(err, RC_LIMIT, "no room for guides");

    for (size_t i = 0; i < DOCUMENTS && rc == RC_OK; i++) {
        struct err missing;
        const char *path = str_c(n->arena, str_fmt(n->arena, "%s/%s", n->settings->data, names[i]));
        rc = read_json_file(n->arena, path, &documents[i], &missing);
        if (rc == RC_NOT_FOUND) {
            const char *asset = str_c(n->arena, str_fmt(n->arena, "demo/%s", names[i]));
            rc = asset_json(n->arena, asset, &documents[i], err);
        } else if (rc != RC_OK) {
            *err = missing;
        }
    }
    if (rc != RC_OK || (rc = calendar_load(n->arena, documents[CALENDAR], &calendar, err)) != RC_OK ||
        (rc = case_states_load(n->arena, documents[STATES], &states, err)) != RC_OK ||
        (rc = guide_add(guides, n->arena, documents[GUIDE], err)) != RC_OK ||
        (rc = proactive_check(documents[BENEFITS], err)) != RC_OK ||
        (rc = task_forms_load(n->arena, "demo/forms/", forms, &n->task_forms, err)) != RC_OK ||
        (rc = check_forms(n->task_forms, err)) != RC_OK) {
        return rc;
    }
    n->proactive.benefits = documents[BENEFITS];
    n->notices = documents[NOTICES];
    n->checks = documents[CHECKS];
    n->lists = documents[LISTS];
    n->web.guides = guides;
    n->web.calendar = calendar;
    n->web.states = states;
    n->web.city = documents[CITY];
    return RC_OK;
}

/* --- store, keys, directory ----------------------------------------------------------------------------- */

static enum rc
open_store(struct node *n, struct err *err)
{
    struct store_config config = {.where = n->settings->store,
                                  .readers = n->loop_count + READERS_SPARE,
                                  .queue_max = (size_t)n->settings->queue_max,
                                  .busy_ms = 5000,
                                  .log = n->start->log};
    struct db db = {0};
    struct json *keys;
    enum rc rc;

    if ((rc = read_json_file(n->arena, n->settings->vault_file, &keys, err)) != RC_OK ||
        (rc = vault_open_keys(keys, &n->vault, err)) != RC_OK ||
        (rc = store_open(&config, &n->store, err)) != RC_OK) {
        return rc;
    }
    db.store = n->store;
    if ((rc = region_load(&db, &n->regions, err)) != RC_OK ||
        (rc = org_load(&db, &n->orgs, err)) != RC_OK ||
        (rc = item_load(&db, &n->items, err)) != RC_OK) {
        return rc;
    }
    n->web.store = n->store;
    n->web.vault = n->web.materials.vault = n->vault;
    n->web.regions = n->regions;
    n->web.orgs = n->orgs;
    n->web.items = n->items;
    return RC_OK;
}

static enum rc
open_timekeeping(struct node *n, struct err *err)
{
    const struct timekeeping_config config = {.data = n->settings->data, .regions = n->regions, .log = n->start->log,
                                              .offset_minutes = n->web.offset_minutes};
    struct db db = {.store = n->store};
    enum rc rc = timekeeping_open(&config, &db, clock_now_us(&n->clock), &n->timekeeping, err);

    if (rc == RC_OK) {
        n->web.keeper = timekeeping_keeper(n->timekeeping);
    }
    return rc;
}

static enum rc
open_directory(struct node *n, struct err *err)
{
    struct membership_config config = {.path = n->settings->directory_file,
                                       .store = n->store,
                                       .clock = &n->clock,
                                       .log = n->start->log};
    enum rc rc = base64_decode(n->arena, n->settings->authority, &n->authority, err);

    if (rc != RC_OK) {
        return rc;
    }
    config.authority = n->authority;
    return membership_open(&config, &n->membership, err);
}

/* On the loop's own thread, between its tasks. */
static void
use_directory(void *ctx)
{
    struct node_loop *l = ctx;

    l->web.directory = atomic_load(&l->wanted);
    gate_use_directory(l->web.gate, l->web.directory);
}

/* The file may hold a newer directory: every loop goes by it from its next turn on.  One that is refused changes nothing. */
static void
look_at_directory(struct node *n)
{
    struct err ignored; /* the membership has told the log */
    bool newer = false;

    if (membership_look(n->membership, &newer, &ignored) != RC_OK || !newer) {
        return;
    }
    for (int i = 0; i < n->loop_count; i++) {
        atomic_store(&n->loops[i].wanted, membership_directory(n->membership));
        loop_post(n->loops[i].loop, use_directory, &n->loops[i]);
    }
}

static enum rc
open_tls(struct node *n, struct err *err)
{
    struct str key, certificate;
    enum rc rc;

    if ((rc = file_read(n->arena, n->settings->tls_key_file, FILE_MAX, &key, err)) != RC_OK ||
        (rc = file_read(n->arena, n->settings->tls_certificate_file, FILE_MAX, &certificate,
                        err)) != RC_OK ||
        (rc = cert_ends(certificate, &n->facts.certificate_ends_us, err)) != RC_OK ||
        (rc = tls_new_server(key, certificate, true, &n->tls_server, err)) != RC_OK) {
        return rc;
    }
    return tls_new_client(key, certificate, &n->tls_client, err);
}

static void
on_commit(void *ctx, int writes)
{
    (void)writes;
    publisher_nudge(ctx);
}

static enum rc
open_log(struct node *n, struct err *err)
{
    struct publisher_config config = {.store = n->store,
                                      .folder = str_c(n->arena, n->web.log_folder),
                                      .origin = n->settings->log_origin,
                                      .key_name = STR("log"),
                                      .signer_fd = n->start->signer_fd[n->loop_count],
                                      .interval_ms = n->settings->log_interval_ms,
                                      .log = n->start->log};
    enum rc rc;

    if ((rc = publisher_start(&config, &n->publisher, err)) != RC_OK) {
        return rc;
    }
    n->web.publisher = n->publisher;
    store_on_commit(n->store, on_commit, n->publisher);
    return RC_OK;
}

static enum rc
open_rulings(struct node *n, struct err *err)
{
    const struct rulings_config config = {.vault = n->vault,
                                          .zones_folder = ZONE_FOLDER,
                                          .offset_minutes = n->settings->offset_minutes,
                                          .threads = RULE_THREADS};

    enum rc rc = rulings_new(&config, &n->web.rulings, err);

    if (rc != RC_OK) {
        return rc;
    }
    if ((rc = modelbook_open(n->web.rulings, &n->web.modelbook, err)) != RC_OK) {
        return rc;
    }
    n->web.counsel = rulings_counsel(n->web.rulings);
    n->proactive.vault = n->vault;
    n->proactive.counsel = n->web.counsel;
    n->proactive.node = n->settings->name;
    n->proactive.offset_minutes = n->settings->offset_minutes;
    n->web.proactive = n->web.is_portal ? &n->proactive : NULL; /* where people have a page */
    return RC_OK;
}

/* Work for which the city has a power for programs of others waits for them. */
static bool
is_left_to_others(void *ctx, struct str type)
{
    return mandate_is_given(json_get(((struct node *)ctx)->web.city, "mandates"), MANDATE_JOB, type);
}

/* What processes ask of the house itself. */
static enum rc
open_chores(struct node *n, struct err *err)
{
    const struct chore_config config = {.work = &n->casework, .texts = n->notices, .checks = n->checks, .lists = n->lists, .proactive = &n->proactive, .node = n->settings->name, .key_id = n->web.seal_key_id,
                                        .ctx = n->clerk, .sign = clerk_sign, .ask = clerk_ask};
    enum rc rc = chores_open(&config, &n->chores, err);

    n->web.chores = n->chores;
    return rc != RC_OK ? rc : chores_register(n->chores, n->web.conduct, err);
}

/* Processes that run, and the house of cases, which hears what they tell. */
static enum rc
open_conduct(struct node *n, struct err *err)
{
    const struct conductor_config hands = {.store = n->store, .clock = &n->clock, .owner = n->settings->name, .log = n->start->log};
    enum rc rc;

    const struct courier_config courier = {.node = n->settings->name, .vault = n->vault, .modelbook = n->web.modelbook, .keeper = n->web.keeper,
                                           .casework = &n->casework, .materials = &n->web.materials, .material_bytes = n->settings->body_most_bytes,
                                           .clock = &n->clock, .zones_folder = ZONE_FOLDER, .offset_minutes = n->settings->offset_minutes,
                                           .log = n->start->log};
    n->conductor = conductor_new(&hands);
    n->courier = courier_new(&courier);
    n->clerk = clerk_new();
    n->web.handovers = courier_handovers(n->courier);
    n->casework = (struct casework){.store = n->store,
                                    .vault = n->vault,
                                    .items = n->items,
                                    .orgs = n->orgs,
                                    .states = n->web.states,
                                    .counsel = n->web.counsel,
                                    .offset_minutes = n->settings->offset_minutes};
    struct conduct_config config = {.vault = n->vault,
                                    .orgs = n->orgs,
                                    .regions = n->regions,
                                    .counsel = n->web.counsel,
                                    .forms = n->task_forms,
                                    .models = conduct_models_of(n->web.modelbook),
                                    .keeper = *n->web.keeper,
                                    .house = case_house(&n->casework),
                                    .zones_folder = ZONE_FOLDER,
                                    .offset_minutes = n->settings->offset_minutes,
                                    .wake = conductor_wake,
                                    .wake_ctx = n->conductor,
                                    .hook = handover_hook,
                                    .moved = handover_moved,
                                    .hook_ctx = n->web.handovers};
    if ((rc = runtime_backoff_read(json_get(n->web.city, "jobs"), &config.backoff, err)) == RC_OK &&
        (rc = conduct_open(&config, &n->web.conduct, err)) == RC_OK) {
        n->casework.conduct = n->web.conduct;
        n->web.runtime = conduct_runtime(n->web.conduct);
        conduct_leave(n->web.conduct, is_left_to_others, n);
    }
    return rc;
}

enum { ITEM_ARENA = 64 << 20 };
struct item_checking {
    struct node *node;
    struct arena *arena;
    int32_t today;
};

static enum rc
find_process(void *ctx, struct str key, const struct bpmn **out, struct err *err)
{
    const struct item_checking *c = ctx;
    const struct db db = {.store = c->node->store};
    struct conduct_plan plan;
    enum rc rc = conduct_plan(c->node->web.conduct, &db, c->arena, key, c->today, &plan, err);

    if (rc == RC_OK) {
        *out = modelbook_find(c->node->web.modelbook, plan.bound[0].key, plan.bound[0].version);
        CHECK(*out != NULL);
    }
    return rc;
}

/* Whoever runs the node hears of an item that nobody could apply for; the others go on. */
static void
check_items(struct node *n)
{
    struct item_checking c = {n, arena_new(ITEM_ARENA), instant_day(clock_now_us(&n->clock), n->settings->offset_minutes)};
    const struct item_process_world w = {&c, find_process, n->task_forms, json_get(n->web.city, "brings")};

    for (size_t i = 0; item_at(n->items, i) != NULL; i++) {
        struct err err;
        enum rc rc = item_process_check(&w, item_at(n->items, i)->document, &err);
        if (rc != RC_OK) {
            log_failure(n->start->log, "item_without_process", rc, &err);
        }
        arena_reset(c.arena);
    }
    arena_free(c.arena);
}

/* Asked over the line of the log's publisher before that thread is at work: answers come in the order of requests, to whoever reads first. */
static enum rc
open_seal_key(struct node *n, struct err *err)
{
    struct hash h;
    enum rc rc = signer_public(n->start->signer_fd[n->loop_count], n->arena, STR("seal"),
                               &n->web.seal_key, err);

    if (rc == RC_OK) {
        h = hash_sha256(n->web.seal_key.key);
        n->web.seal_key_id = hex_of(n->arena, (struct str){(const char *)h.bytes, 8});
    }
    return rc;
}

static void
fill_web(struct node *n)
{
    const struct settings *s = n->settings;
    struct web *w = &n->web;

    w->node = s->name;
    w->title_zh = s->title_zh;
    w->title_en = s->title_en;
    w->origin = s->log_origin;
    w->log_folder = str_fmt(n->arena, "%s/log", s->data);
    w->backup_folder = str_fmt(n->arena, "%s/backups", s->data);
    w->materials.folder = str_c(n->arena, str_fmt(n->arena, "%s/materials", s->data));
    n->shift_us = (int64_t)s->clock_shift_s * 1000000;
    n->clock = clock_shifted(&n->shift_us);
    w->clock = &n->clock;
    w->offset_minutes = s->offset_minutes;
    w->sessions = (struct session_policy){.tries_max = s->sign_in_tries,
                                          .lock_s = s->sign_in_lock_s,
                                          .peer_tries_max = s->sign_in_peer_tries,
                                          .idle_s = s->session_idle_s,
                                          .life_s = s->session_life_s,
                                          .offset_minutes = s->offset_minutes,
                                          .cost = password_cost_usual};
    w->draft_keep_days = s->draft_keep_days;
    w->rule_keep_days = s->rule_keep_days;
    w->prefill_ms = s->prefill_ms;
    w->receipt_ms = s->receipt_ms;
    w->is_portal = s->is_portal;
    w->is_demo = s->is_demo;
    w->behind_tls = s->behind_tls;
    w->body_bytes = s->body_most_bytes;
    w->idempotency = idempotency_new();
    w->guesses = throttle_new(&query_code_guesses);
    w->rule_bodies = budget_new(&rule_bodies);
    w->facts = &n->facts;
    w->log = n->start->log;
}

static enum rc
read_demo_key(struct node *n, struct err *err)
{
    struct str key;
    enum rc rc;

    if (!n->settings->is_demo || n->settings->demo_key_file[0] == '\0') {
        return RC_OK;
    }
    if ((rc = file_read(n->arena, n->settings->demo_key_file, 1024, &key, err)) == RC_OK) {
        n->web.demo_key = str_trim(key);
    }
    return rc;
}

/* Which program runs: what sha256sum says of its file.  "" where that cannot be read. */
static struct str
build_of_program(struct arena *a)
{
    struct hash_stream *s = hash_open_sha256();
    FILE *in = fopen("/proc/self/exe", "rb");
    char piece[65536];
    struct hash h;
    size_t got;

    while (in != NULL && (got = fread(piece, 1, sizeof(piece), in)) > 0) {
        hash_add(s, (struct str){piece, got});
    }
    h = hash_close(s);
    if (in == NULL) {
        return STR("");
    }
    (void)fclose(in);
    return hex_of(a, hash_str(&h));
}

static void
fill_facts(struct node *n)
{
    n->facts.build = build_of_program(n->arena);
    n->facts.started_us = clock_now_us(&n->clock);
    n->facts.shift_us = n->shift_us;
    n->facts.loops = n->loop_count;
}

/* --- loops ---------------------------------------------------------------------------------------------------- */

static void
handle_exchange(struct http_call *call, void *ctx)
{
    (void)ctx;
    web_handle_exchange(call);
}

static struct http_limits
limits_of(const struct settings *s)
{
    struct http_limits l = http_limits_usual;

    l.connections_max = s->connections_max;
    l.connections_per_peer_max = s->connections_per_peer_max;
    l.body_bytes = s->body_most_bytes;
    return l;
}

static enum rc
open_gate(struct node *n, struct node_loop *l, struct err *err)
{
    struct gate_config config = {.node = n->settings->name,
                                 .directory = l->web.directory,
                                 .store = n->store,
                                 .vault = n->vault,
                                 .clock = &n->clock,
                                 .offset_minutes = n->settings->offset_minutes,
                                 .signing = l->web.signing,
                                 .client = l->web.client,
                                 .counsel = n->web.counsel,
                                 .clock_skew_s = n->settings->exchange_skew_s,
                                 .upstream_ms = n->settings->exchange_upstream_ms,
                                 .log = n->start->log};

    return gate_new(&config, &l->web.gate, err);
}

static enum rc
open_servers(struct node *n, struct node_loop *l, struct err *err)
{
    struct server_config config = {.listen_fd = n->start->listen_fd,
                                   .limits = limits_of(n->settings),
                                   .arena_bytes = (size_t)n->settings->arena_bytes,
                                   .handler = web_handle,
                                   .ctx = &n->web,
                                   .loop_state = &l->web,
                                   .log = n->start->log};
    enum rc rc;

    rc = server_start(l->loop, &config, &l->public_server, err);
    l->web.public_server = l->public_server;
    if (rc != RC_OK ||
        n->start->exchange_fd < 0) {
        return rc;
    }
    config.listen_fd = n->start->exchange_fd;
    config.tls = n->tls_server;
    config.handler = handle_exchange;
    rc = server_start(l->loop, &config, &l->exchange_server, err);
    l->web.exchange_server = l->exchange_server;
    return rc;
}

static enum rc
open_loop(struct node *n, int index, struct err *err)
{
    struct node_loop *l = &n->loops[index];
    struct loop_config loop_config = {.clock = &n->clock,
                                      .tasks_max = TASKS_MAX,
                                      .work_threads = WORK_THREADS};
    struct client_config client_config = {.tls = n->tls_client,
                                          .limits = limits_of(n->settings),
                                          .connect_ms = CONNECT_MS,
                                          .idle_per_origin_max = IDLE_PER_ORIGIN,
                                          .per_origin_max = CONNECTIONS_PER_ORIGIN,
                                          .idle_ms = KEPT_MS};
    enum rc rc;

    l->node = n;
    if ((rc = loop_new(&loop_config, &l->loop, err)) != RC_OK ||
        (rc = signing_new(l->loop, n->start->signer_fd[index], &l->web.signing, err)) != RC_OK ||
        (rc = client_new(l->loop, &client_config, &l->web.client, err)) != RC_OK) {
        return rc;
    }
    l->web.web = &n->web;
    n->facts.loop[index] = &l->web;
    l->web.loop = l->loop;
    l->web.directory = membership_directory(n->membership);
    if ((rc = open_gate(n, l, err)) != RC_OK) {
        return rc;
    }
    return open_servers(n, l, err);
}

static void *
run_loop(void *ctx)
{
    struct node_loop *l = ctx;

    loop_run(l->loop);
    return NULL;
}

static enum rc
start_loops(struct node *n, struct err *err)
{
    for (int i = 0; i < n->loop_count; i++) {
        if (pthread_create(&n->loops[i].thread, NULL, run_loop, &n->loops[i]) != 0) {
            return err_set(err, RC_IO, "no thread for a loop");
        }
        n->loops[i].is_running = true;
    }
    return RC_OK;
}

static void
stop_loops(struct node *n)
{
    for (int i = 0; i < n->loop_count; i++) {
        if (n->loops[i].is_running) {
            loop_stop(n->loops[i].loop);
        }
    }
    for (int i = 0; i < n->loop_count; i++) {
        if (n->loops[i].is_running) {
            (void)pthread_join(n->loops[i].thread, NULL);
        }
    }
}

static void
close_loop(struct node_loop *l)
{
    gate_free(l->web.gate);
    server_free(l->public_server);
    server_free(l->exchange_server);
    client_free(l->web.client);
    signing_free(l->web.signing);
    loop_free(l->loop);
}

/* --- life --------------------------------------------------------------------------------------------------------- */

static enum rc
open_all(struct node *n, struct err *err)
{
    enum rc rc;

    fill_web(n);
    fill_facts(n);
    if ((rc = file_make_folder(n->settings->data, err)) != RC_OK ||
        (rc = file_make_folder(n->web.materials.folder, err)) != RC_OK ||
        (rc = file_make_folder(str_c(n->arena, n->web.backup_folder), err)) != RC_OK ||
        (rc = read_demo_key(n, err)) != RC_OK || (rc = load_words_and_pages(n, err)) != RC_OK ||
        (rc = load_law(n, err)) != RC_OK || (rc = open_store(n, err)) != RC_OK ||
        (rc = open_timekeeping(n, err)) != RC_OK || (rc = open_directory(n, err)) != RC_OK || (rc = open_tls(n, err)) != RC_OK ||
        (rc = open_seal_key(n, err)) != RC_OK || (rc = open_log(n, err)) != RC_OK ||
        (rc = open_rulings(n, err)) != RC_OK || (rc = open_conduct(n, err)) != RC_OK || (rc = open_chores(n, err)) != RC_OK) {
        return rc;
    }
    for (int i = 0; i < n->loop_count; i++) {
        if ((rc = open_loop(n, i, err)) != RC_OK) {
            return rc;
        }
    }
    clerk_open(n->clerk, n->loops[0].loop, n->loops[0].web.gate, n->loops[0].web.signing);
    if ((rc = sweeper_start(&n->web, n->timekeeping, n->settings->data, &n->sweeper, err)) != RC_OK ||
        (rc = conductor_start(n->conductor, n->web.conduct, err)) != RC_OK ||
        (rc = courier_start(n->courier, n->web.runtime, n->loops[0].loop, n->loops[0].web.gate, err)) != RC_OK) {
        return rc;
    }
    return start_loops(n, err);
}

static void
close_all(struct node *n)
{
    clerk_close(n->clerk); /* before the loops end, which answer whoever waits */
    stop_loops(n);
    conductor_stop(n->conductor);
    sweeper_stop(n->sweeper);
    for (int i = 0; i < n->loop_count; i++) {
        close_loop(&n->loops[i]);
    }
    if (n->store != NULL) {
        store_on_commit(n->store, NULL, NULL);
    }
    publisher_stop(n->publisher);
    tls_free(n->tls_client);
    tls_free(n->tls_server);
    membership_close(n->membership);
    item_table_free(n->items);
    org_table_free(n->orgs);
    timekeeping_close(n->timekeeping);
    region_table_free(n->regions);
    store_close(n->store);
    conduct_close(n->web.conduct);
    conductor_free(n->conductor);
    courier_free(n->courier);
    chores_close(n->chores);
    clerk_free(n->clerk);
    modelbook_close(n->web.modelbook);
    rulings_free(n->web.rulings);
    idempotency_free(n->web.idempotency);
    throttle_free(n->web.guesses);
    budget_free(n->web.rule_bodies);
    vault_free(n->vault);
    arena_free(n->arena);
}

/* Until the parent closes its end: a byte is its word that something outside has changed. */
static void
serve_until_told(struct node *n)
{
    char byte;

    for (;;) {
        ssize_t got = read(n->start->stop_fd, &byte, 1);
        if (got == 1) {
            look_at_directory(n);
        } else if (got == 0 || errno != EINTR) {
            return;
        }
    }
}

enum rc
node_run(const struct node_start *start, struct err *err)
{
    struct node *n = mem_new(1, sizeof(*n));
    enum rc rc;

    n->start = start;
    n->settings = start->settings;
    n->loop_count = start->settings->loops;
    n->arena = arena_new(TABLES_ARENA);
    CHECK(n->loop_count >= 1 && n->loop_count <= NODE_LOOPS_MAX);
    if ((rc = open_all(n, err)) == RC_OK) {
        check_items(n);
        log_event(start->log, LOG_INFO, "serving", NULL);
        if (start->ready_fd >= 0 && write(start->ready_fd, "1", 1) != 1) {
            log_event(start->log, LOG_WARN, "nobody_waits", NULL);
        }
        serve_until_told(n);
    }
    close_all(n);
    mem_free(n);
    return rc;
}
