#include "main/demo_load.h"

#include <string.h>

#include "base/asset.h"
#include "base/clock.h"
#include "base/file.h"
#include "crypto/random.h"
#include "data/catalogue.h"
#include "data/grant.h"
#include "data/registry.h"
#include "exchange/handover.h"
#include "identity/region.h"
#include "identity/session.h"
#include "main/demo_city.h"
#include "process/rulebook.h"
#include "service/item.h"
#include "service/item_process.h"

enum {
    LOAD_ARENA = 64 << 20,
    BATCH_ARENA = 16 << 20,
    BATCH = 500, /* records in one write */
    FILE_MAX = 65536,
    ITEMS_MAX = 4 << 20
};

struct loading {
    const struct demo *demo;
    const struct demo_node *node;
    struct arena *arena;
    struct db db;
    struct vault *vault;
    struct demo_city *city;
    int64_t now_us;
};

/* --- the law and its offices ------------------------------------------------------------------------------- */

static enum rc
orgs_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct loading *l = ctx;
    struct json *regions, *orgs;
    enum rc rc;

    if ((rc = asset_json(l->arena, "demo/regions.json", &regions, err)) != RC_OK ||
        (rc = asset_json(l->arena, "demo/orgs.json", &orgs, err)) != RC_OK ||
        (rc = region_put(tx, regions, err)) != RC_OK) {
        return rc;
    }
    return org_put(tx, orgs, err);
}

/* items.json of the folder: services of this city alone.  An empty list if there is none. */
static enum rc
own_items(struct loading *l, struct json **out, struct err *err)
{
    const char *path = str_c(l->arena, str_fmt(l->arena, "%s/items.json", l->demo->folder));
    struct str text;
    enum rc rc = file_read(l->arena, path, ITEMS_MAX, &text, err);

    if (rc == RC_NOT_FOUND) {
        *out = json_array(l->arena);
        return RC_OK;
    }
    return rc != RC_OK ? rc : json_parse(l->arena, text, JSON_UNIQUE, out, err);
}

static bool
is_among(const struct json *items, struct str code)
{
    for (const struct json *i = items->first; i != NULL; i = i->next) {
        if (str_eq(json_str(i, "code"), code)) {
            return true;
        }
    }
    return false;
}

static enum rc
items_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct loading *l = ctx;
    struct json *own;
    enum rc rc = own_items(l, &own, err);

    for (size_t i = 0; i < asset_table_count && rc == RC_OK; i++) {
        struct json *item;
        if (!str_starts(str_of(asset_table[i].path), STR("demo/items/"))) {
            continue;
        }
        rc = json_parse(l->arena, asset_text(&asset_table[i]), JSON_UNIQUE, &item, err);
        if (rc == RC_OK && !is_among(own, json_str(item, "code"))) {
            rc = item_put(tx, l->arena, item, l->now_us, err);
        }
    }
    for (const struct json *item = rc == RC_OK ? own->first : NULL; item != NULL && rc == RC_OK; item = item->next) {
        rc = item_put(tx, l->arena, item, l->now_us, err);
    }
    return rc;
}

/* Where there is no portal: of the items those whose work is taken from other nodes, for it stands on desks here as theirs does. */
static enum rc
taken_items_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct loading *l = ctx;
    struct json *agreements, *item;
    enum rc rc = asset_json(l->arena, "demo/handovers.json", &agreements, err);

    for (const struct json *g = rc == RC_OK ? agreements->first : NULL; g != NULL && rc == RC_OK; g = g->next) {
        const char *path = str_c(l->arena, str_fmt(l->arena, "demo/items/%.*s.json", STR_ARG(json_str(g, "item"))));
        if (str_eq(json_str(g, "receiver"), l->node->name) && (rc = asset_json(l->arena, path, &item, err)) == RC_OK) {
            rc = item_put(tx, l->arena, item, l->now_us, err);
        }
    }
    return rc;
}

/* What a node of another province has of its own, in a folder by its name, is its law; else that of the city. */
static struct str
model_text(const struct loading *l, const char *folder, struct str file)
{
    const struct asset *own = asset_find(str_fmt(l->arena, "demo/%s/%.*s/%.*s", folder, STR_ARG(l->node->name), STR_ARG(file)));

    return file.len == 0 ? STR("") : asset_text(own != NULL ? own : asset_find(str_fmt(l->arena, "demo/%s/%.*s", folder, STR_ARG(file))));
}

static enum rc
install_models(struct tx *tx, struct loading *l, const char *list, const char *folder, struct err *err)
{
    struct json *models;
    enum rc rc = asset_json(l->arena, list, &models, err);

    for (const struct json *m = rc == RC_OK ? models->first : NULL; m != NULL && rc == RC_OK; m = m->next) {
        rc = rule_install(tx, l->arena, m, model_text(l, folder, json_str(m, "file")),
                          model_text(l, folder, json_str(m, "cases")), l->now_us, err);
    }
    return rc;
}

/* The law of the city: decision models, each with its cases, and the processes that things are done by. */
static enum rc
rules_tx(struct tx *tx, void *ctx, struct err *err)
{
    enum rc rc = install_models(tx, ctx, "demo/rules/rules.json", "rules", err);

    return rc != RC_OK ? rc : install_models(tx, ctx, "demo/processes.json", "processes", err);
}

/* --- items and their processes ------------------------------------------------------------------------------------- */

/* The text that was installed under that key. */
static enum rc
find_process(void *ctx, struct str key, const struct bpmn **out, struct err *err)
{
    struct loading *l = ctx;
    struct bpmn_report report;
    struct json *models;
    enum rc rc = asset_json(l->arena, "demo/processes.json", &models, err);

    for (const struct json *m = rc == RC_OK ? models->first : NULL; m != NULL; m = m->next) {
        if (str_eq(json_str(m, "key"), key)) {
            return bpmn_read(l->arena, model_text(l, "processes", json_str(m, "file")), NULL, out, &report, err);
        }
    }
    return rc != RC_OK ? rc : err_set(err, RC_NOT_FOUND, "there is no process of that key");
}

/* What would stop at somebody's submission stops the city from being made. */
static enum rc
check_items(struct loading *l, struct err *err)
{
    struct item_process_world w = {.ctx = l, .find = find_process};
    struct task_forms *forms;
    struct json *city;
    enum rc rc;

    if ((rc = asset_json(l->arena, "demo/city.json", &city, err)) != RC_OK ||
        (rc = task_forms_load(l->arena, "demo/forms/", NULL, &forms, err)) != RC_OK) {
        return rc;
    }
    w.forms = forms;
    w.brings = json_get(city, "brings");
    for (size_t i = 0; i < asset_table_count && rc == RC_OK; i++) {
        struct json *item;
        if (str_starts(str_of(asset_table[i].path), STR("demo/items/")) &&
            (rc = json_parse(l->arena, asset_text(&asset_table[i]), JSON_UNIQUE, &item, err)) == RC_OK) {
            rc = item_process_check(&w, item, err);
        }
    }
    return rc;
}

/* What this node has agreed on with others, on either side of it. */
static enum rc
handovers_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct loading *l = ctx;
    struct json *agreements;
    enum rc rc = asset_json(l->arena, "demo/handovers.json", &agreements, err);

    for (const struct json *a = rc == RC_OK ? agreements->first : NULL; a != NULL && rc == RC_OK; a = a->next) {
        if (str_eq(json_str(a, "sender"), l->node->name) || str_eq(json_str(a, "receiver"), l->node->name)) {
            rc = handover_agree(tx, l->arena, a, l->now_us, err);
        }
    }
    return rc;
}

/* A connector stands only where the data is served; the old system's port is the demo's. */
static struct json *
own_resource(const struct loading *l, const struct json *given)
{
    struct arena *a = l->arena;
    struct json *d = json_copy(a, given), *out = json_object(a);
    bool is_served = str_eq(json_str(given, "node"), l->node->name);

    for (struct json *m = d != NULL ? d->first : NULL, *next; m != NULL; m = next) {
        next = m->next;
        m->next = NULL;
        if (is_served || !str_eq(m->key, STR("connector"))) {
            json_set_key(a, out, m->key, m);
        }
    }
    struct json *connector = json_object(a);
    const struct json *old = json_get(out, "connector");
    struct str url = json_str(old, "url");
    size_t at = str_find(url, STR("UPSTREAM"));
    if (at < url.len) {
        for (const struct json *m = old->first; m != NULL; m = m->next) {
            json_set_key(a, connector, m->key, json_copy(a, m));
        }
        json_set_text(a, connector, "url",
                      str_fmt(a, "%.*s%d%.*s", (int)at, url.ptr, l->demo->upstream_port,
                              STR_ARG(str_from(url, at + 8))));
        json_set(a, out, "connector", connector);
    }
    return out;
}

/* "used_up": others have asked as often as this grant allows today, so whoever comes now is told so. */
static enum rc
use_up(struct tx *tx, struct loading *l, const struct json *given, struct err *err)
{
    struct resource *resource;
    struct grant *list;
    enum rc rc;

    if ((rc = catalogue_find(tx, l->arena, json_str(given, "resource"), &resource, err)) != RC_OK ||
        (rc = grant_load(&l->db, l->arena, resource->code, json_str(given, "consumer"), &list,
                         err)) != RC_OK) {
        return rc;
    }
    for (const struct grant *g = list; g != NULL; g = g->next) {
        while (rc == RC_OK && str_eq(g->id, json_str(given, "id"))) {
            rc = grant_count(tx, resource, g, l->now_us, CLOCK_OFFSET_CHINA_MINUTES, err);
        }
    }
    return rc == RC_BUSY ? RC_OK : rc;
}

static enum rc
used_up_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct loading *l = ctx;
    struct json *grants;
    enum rc rc = asset_json(l->arena, "demo/grants.json", &grants, err);

    if (rc != RC_OK) {
        return rc;
    }
    const struct json *list = json_get(grants, "grants");
    for (const struct json *g = list->first; g != NULL && rc == RC_OK; g = g->next) {
        struct str node = str_starts(json_str(g, "resource"), STR("yl/")) ? STR("yunlan") : STR("dengji");
        if (json_true(g, "used_up") && str_eq(node, l->node->name)) {
            rc = use_up(tx, l, g, err);
        }
    }
    return rc;
}

static enum rc
catalogue_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct loading *l = ctx;
    struct json *catalogue, *grants;
    enum rc rc;

    if ((rc = asset_json(l->arena, "demo/catalogue.json", &catalogue, err)) != RC_OK ||
        (rc = asset_json(l->arena, "demo/grants.json", &grants, err)) != RC_OK) {
        return rc;
    }
    const struct json *list = json_get(catalogue, "resources");
    for (const struct json *r = list->first; r != NULL; r = r->next) {
        if ((rc = catalogue_put(tx, l->arena, own_resource(l, r), l->now_us, err)) != RC_OK) {
            return rc;
        }
    }
    const struct json *given = json_get(grants, "grants");
    for (const struct json *g = given->first; g != NULL; g = g->next) {
        for (const struct json *r = list->first; r != NULL; r = r->next) {
            bool is_here = str_eq(json_str(r, "code"), json_str(g, "resource")) &&
                           str_eq(json_str(r, "node"), l->node->name);
            if (is_here && (rc = grant_put(tx, l->arena, g, l->now_us, err)) != RC_OK) {
                return rc;
            }
        }
    }
    return RC_OK;
}

/* --- people: those of another node say so, all others are at the portal ------------------------------------------------------------------------------------- */

struct account_making {
    struct loading *loading;
    const struct org_table *orgs;
    struct str password; /* of every demo account: random, nobody knows it */
};

static enum rc
officers_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct account_making *m = ctx;
    struct loading *l = m->loading;
    struct json *officers;
    struct str account;
    enum rc rc = asset_json(l->arena, "demo/officers.json", &officers, err);

    if (rc != RC_OK) {
        return rc;
    }
    const struct json *list = json_get(officers, "officers");
    for (const struct json *o = list->first; o != NULL; o = o->next) {
        struct str node = json_str(o, "node");
        if (node.len == 0 ? !l->node->is_portal : !str_eq(node, l->node->name)) {
            continue;
        }
        if ((rc = officer_put(tx, m->orgs, o, err)) != RC_OK ||
            (rc = account_put(tx, l->vault, l->arena, json_str(o, "login"), m->password, STR(""),
                              json_str(o, "id"), l->now_us, &account, err)) != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

static enum rc
citizens_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct account_making *m = ctx;
    struct loading *l = m->loading;
    struct json *people;
    struct str subject, account;
    enum rc rc = asset_json(l->arena, "demo/people.json", &people, err);

    if (rc != RC_OK) {
        return rc;
    }
    const struct json *list = json_get(people, "people");
    for (const struct json *p = list->first; p != NULL; p = p->next) {
        struct str identifier = demo_identifier(l->city, l->arena, json_str(p, "login"));
        if (identifier.len == 0) {
            continue;
        }
        if ((rc = subject_put(tx, l->vault, l->arena, SUBJECT_PERSON, identifier,
                              json_str(p, "name"), json_str(p, "phone"), l->now_us, &subject,
                              err)) != RC_OK ||
            (rc = account_put(tx, l->vault, l->arena, json_str(p, "login"), m->password, subject,
                              STR(""), l->now_us, &account, err)) != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

static enum rc
load_accounts(struct loading *l, struct err *err)
{
    struct org_table *orgs;
    struct account_making m = {.loading = l};
    enum rc rc;

    if ((rc = password_hash(l->arena, random_token(l->arena, 24), &password_cost_test, &m.password,
                            err)) != RC_OK ||
        (rc = org_load(&l->db, &orgs, err)) != RC_OK) {
        return rc;
    }
    m.orgs = orgs;
    if ((rc = store_write(&l->db, officers_tx, &m, err)) == RC_OK && l->node->is_portal) {
        rc = store_write(&l->db, citizens_tx, &m, err);
    }
    org_table_free(orgs);
    return rc;
}

/* --- registries -------------------------------------------------------------------------------------------------- */

typedef struct json *(*record_fn)(const struct demo_city *c, struct arena *a, int index,
                                  struct str *key);

struct batch {
    struct loading *loading;
    struct arena *arena;
    const char *resource;
    record_fn record;
    int from;
    int to;
};

static enum rc
batch_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct batch *b = ctx;
    struct loading *l = b->loading;

    for (int i = b->from; i < b->to; i++) {
        struct str key;
        struct json *record = b->record(l->city, b->arena, i, &key);
        enum rc rc;
        if ((rc = json_whole(record, err)) != RC_OK ||
            (rc = registry_put(tx, l->vault, b->arena, str_of(b->resource), key, record, l->now_us,
                               err)) != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

static enum rc
load_registry(struct loading *l, const char *resource, record_fn record, int count,
              struct err *err)
{
    struct arena *a = arena_new(BATCH_ARENA);
    int64_t there = 0;
    enum rc rc = registry_count(&l->db, str_of(resource), &there, err);

    /* Keys are never given twice, so the number of records says where a load that was killed has ended. */
    for (int64_t from = there; rc == RC_OK && from < count; from += BATCH) {
        struct batch b = {.loading = l,
                          .arena = a,
                          .resource = resource,
                          .record = record,
                          .from = (int)from,
                          .to = from + BATCH < count ? (int)from + BATCH : count};
        rc = store_write(&l->db, batch_tx, &b, err);
        arena_reset(a);
    }
    arena_free(a);
    return rc;
}

/* "shen" is who signs in by that name, "company:shen" their business; anything else is an identifier as it stands. */
static struct str
register_key(const struct loading *l, struct str key)
{
    const struct str company = STR("company:");
    struct str found = str_starts(key, company) ? demo_company_code(l->city, l->arena, str_from(key, company.len))
                                                : demo_identifier(l->city, l->arena, key);

    return found.len > 0 ? found : key;
}

/* What offices hold about the people who can sign in, and a few others: demo/registers.json, each where its resource is served. */
static enum rc
registers_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct loading *l = ctx;
    struct json *document;
    enum rc rc = asset_json(l->arena, "demo/registers.json", &document, err);

    for (const struct json *r = rc == RC_OK ? json_get(document, "registers")->first : NULL; r != NULL && rc == RC_OK; r = r->next) {
        struct resource *resource;
        rc = catalogue_find(tx, l->arena, json_str(r, "resource"), &resource, err);
        const struct json *records = rc == RC_OK && str_eq(resource->node, l->node->name) ? json_get(r, "records") : NULL;
        for (const struct json *record = records != NULL ? records->first : NULL; record != NULL && rc == RC_OK; record = record->next) {
            rc = registry_put(tx, l->vault, l->arena, json_str(r, "resource"), register_key(l, record->key), record, l->now_us, err);
        }
    }
    return rc;
}

/* What the city's own offices keep, for services that look for people. */
static enum rc
load_lists(struct loading *l, struct err *err)
{
    static const struct {
        const char *resource;
        record_fn record;
    } lists[DEMO_LISTS] = {[DEMO_OLD] = {"mz/elder", demo_old},
                           [DEMO_DEAD] = {"wj/death", demo_dead},
                           [DEMO_PAID] = {"mz/paid", demo_paid},
                           [DEMO_DISABLED] = {"cl/disability", demo_disabled}};
    enum rc rc = RC_OK;

    for (int i = 0; i < DEMO_LISTS && rc == RC_OK; i++) {
        rc = load_registry(l, lists[i].resource, lists[i].record, demo_list_count(l->city, (enum demo_list)i), err);
    }
    return rc == RC_OK ? store_write(&l->db, registers_tx, l, err) : rc;
}

/* --- a node ---------------------------------------------------------------------------------------------------------- */

static enum rc
open_vault(struct loading *l, struct err *err)
{
    struct json *keys;
    struct str text;
    const char *path = str_c(l->arena, str_fmt(l->arena, "%s/%.*s/keys/vault.json",
                                               l->demo->folder, STR_ARG(l->node->name)));
    enum rc rc = file_read(l->arena, path, FILE_MAX, &text, err);

    if (rc != RC_OK || (rc = json_parse(l->arena, text, JSON_UNIQUE, &keys, err)) != RC_OK) {
        return rc;
    }
    return vault_open_keys(keys, &l->vault, err);
}

static enum rc
fill(struct loading *l, void (*says)(const char *what), struct err *err)
{
    enum rc rc;

    if ((rc = store_write(&l->db, orgs_tx, l, err)) != RC_OK ||
        (rc = store_write(&l->db, catalogue_tx, l, err)) != RC_OK ||
        (rc = store_write(&l->db, used_up_tx, l, err)) != RC_OK) {
        return rc;
    }
    /* Every node: where data is held, rules say whose record a grant lets be seen. */
    if ((rc = store_write(&l->db, rules_tx, l, err)) != RC_OK || (rc = store_write(&l->db, handovers_tx, l, err)) != RC_OK ||
        (rc = store_write(&l->db, l->node->is_portal ? items_tx : taken_items_tx, l, err)) != RC_OK) {
        return rc;
    }
    if (l->node->is_portal && (rc = check_items(l, err)) != RC_OK) {
        return rc;
    }
    if ((rc = load_accounts(l, err)) != RC_OK || l->node->is_portal) {
        return rc != RC_OK ? rc : load_lists(l, err);
    }
    if (str_eq(l->node->name, STR("yunlan"))) {
        if (says != NULL) {
            says("people");
        }
        return load_registry(l, "yl/person", demo_person, DEMO_PEOPLE, err);
    }
    if (!str_eq(l->node->name, STR("dengji"))) {
        return store_write(&l->db, registers_tx, l, err); /* the other province has its own */
    }
    if (says != NULL) {
        says("companies");
    }
    if ((rc = load_registry(l, "sj/company-licence", demo_company, DEMO_COMPANIES, err)) != RC_OK) {
        return rc;
    }
    return load_registry(l, "sj/company-by-person", demo_company_of_person, DEMO_COMPANIES, err);
}

enum rc
demo_load(const struct demo *d, int node, void (*says)(const char *what), struct err *err)
{
    struct loading l = {.demo = d,
                        .node = &d->node[node],
                        .arena = arena_new(LOAD_ARENA),
                        .now_us = clock_now_us(&clock_system) + d->shift_us};
    const char *data = str_c(l.arena, str_fmt(l.arena, "%s/%.*s/data", d->folder,
                                              STR_ARG(l.node->name)));
    struct store_config config = {
        .where = str_c(l.arena, str_fmt(l.arena, "%s/node.db", data)),
        .readers = 1,
        .queue_max = 64,
        .busy_ms = 5000};
    enum rc rc;

    if ((rc = file_make_folder(data, err)) == RC_OK && (rc = open_vault(&l, err)) == RC_OK &&
        (rc = demo_city_new(l.arena, demo_seed, &l.city, err)) == RC_OK &&
        (rc = store_open(&config, &l.db.store, err)) == RC_OK) {
        rc = fill(&l, says, err);
    }
    store_close(l.db.store);
    vault_free(l.vault);
    arena_free(l.arena);
    return rc;
}
