/*
 * The operator's desk: the node at a glance, what needs attention in plain words, and a backup by one button.  Nothing here calls another node: whether
 * one answers is told by the acts of the last thirty days.
 */
#include "base/encode.h"
#include "exchange/traffic.h"
#include "store/backup.h"
#include "web/figures.h"
#include "web/handlers.h"

enum { DAYS = 30, HASH_GROUPS = 8 };

static const int64_t second_us = 1000000;

/* 3.2 GB */
static struct str
bytes_words(struct arena *a, int64_t n)
{
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB", "PB"};
    int64_t tenths = n * 10;
    size_t unit = 0;

    if (n > INT64_MAX / 10) {
        return words_number(a, n);
    }
    for (; tenths >= 10000 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++) {
        tenths = (tenths + 512) / 1024;
    }
    return unit == 0 ? str_fmt(a, "%lld B", (long long)n)
                     : str_fmt(a, "%lld.%lld %s", (long long)(tenths / 10), (long long)(tenths % 10),
                               units[unit]);
}

/* 3 天 4 小时; below a day, hours and minutes. */
static struct str
span_words(struct page *p, int64_t seconds)
{
    bool en = str_eq(p->lang, STR("en"));
    long long minutes = (long long)(seconds > 0 ? seconds / 60 : 0), hours = minutes / 60;

    if (hours >= 24) {
        return str_fmt(p->arena, en ? "%lld d %lld h" : "%lld 天 %lld 小时", hours / 24, hours % 24);
    }
    return str_fmt(p->arena, en ? "%lld h %lld min" : "%lld 小时 %lld 分", hours, minutes % 60);
}

static struct str
moment_words(struct page *p, int64_t at_s)
{
    return at_s > 0 ? words_moment(p, at_s * second_us) : page_word(p, "operator_never");
}

static struct str
day_words(struct page *p, int64_t at_s)
{
    return words_day_of(p, day_text(p->arena, instant_day(at_s * second_us, p->web->offset_minutes)));
}

/* --- what needs attention -------------------------------------------------------------------------------- */

static void
attend(struct page *p, struct json *list, const char *what, struct str text, struct str more)
{
    struct json *d = json_object(p->arena);

    json_set_text(p->arena, d, "what", str_of(what));
    json_set_text(p->arena, d, "text",
                  str_fmt(p->arena, "%.*s%.*s", STR_ARG(text), STR_ARG(more)));
    json_push(list, d);
}

static void
attend_to(struct page *p, struct json *list, const struct figures *f, enum attention kind)
{
    struct str none = STR("");

    switch (kind) {
    case ATTEND_STORE_FULL:
        attend(p, list, "store-full", page_word(p, "operator_store_full"), none);
        break;
    case ATTEND_STORE_GONE:
        attend(p, list, "store-gone", page_word(p, "operator_store_gone"), none);
        break;
    case ATTEND_DISK:
        attend(p, list, "disk", page_word(p, "operator_disk_low"),
               bytes_words(p->arena, f->disk_free_bytes));
        break;
    case ATTEND_LOG: attend(p, list, "log", page_word(p, "operator_log_late"), none); break;
    case ATTEND_BACKUP_NONE:
        attend(p, list, "backup", page_word(p, "operator_backup_none"), none);
        break;
    case ATTEND_BACKUP_OLD:
        attend(p, list, "backup", page_word(p, "operator_backup_old"), moment_words(p, f->backup_s));
        break;
    case ATTEND_DIRECTORY:
        attend(p, list, "directory", page_word(p, "operator_directory_ends"),
               day_words(p, f->directory_ends_s));
        break;
    case ATTEND_CERTIFICATE:
        attend(p, list, "certificate", page_word(p, "operator_certificate_ends"),
               day_words(p, f->certificate_ends_s));
        break;
    case ATTEND_INCIDENTS:
        attend(p, list, "incidents", page_word(p, "operator_incidents_wait"), words_number(p->arena, f->incidents));
        break;
    case ATTEND_KINDS: break;
    }
}

/* nodes: as put_nodes has made them. */
static void
put_attention(struct page *p, const struct figures *f, const struct json *nodes)
{
    unsigned found = figures_attention(f, p->now_us / second_us);
    struct json *list = json_array(p->arena);

    for (enum attention kind = ATTEND_STORE_FULL; kind < ATTEND_KINDS; kind++) {
        if ((found >> kind & 1) != 0) {
            attend_to(p, list, f, kind);
        }
    }
    for (const struct json *n = nodes != NULL ? nodes->first : NULL; n != NULL; n = n->next) {
        if (json_true(n, "is_silent")) {
            attend(p, list, "node-silent", json_str(n, "title"),
                   page_word(p, "operator_node_silent"));
        }
    }
    json_set_int(p->arena, p->document, "attention_count", list != NULL ? list->count : 0);
    json_set(p->arena, p->document, "attention", list);
}

/* --- nodes -------------------------------------------------------------------------------------------------- */

/* When a node last answered, and when it last did not. */
struct contact {
    int64_t answered_us;
    int64_t silent_us;
};

static void
take_later(int64_t *latest_us, int64_t at_us)
{
    *latest_us = at_us > *latest_us ? at_us : *latest_us;
}

static struct contact
contact_of(const struct traffic_total *first, const struct json *catalogue, struct str node)
{
    struct contact c = {0};

    for (const struct traffic_total *t = first; t != NULL; t = t->next) {
        const struct json *r = steward_resource(catalogue, t->resource);
        if (r == NULL || !str_eq(json_str(r, "node"), node)) {
            continue;
        }
        for (int result = 0; result < TRAFFIC_RESULTS; result++) {
            take_later(result == TRAFFIC_SILENT ? &c.silent_us : &c.answered_us,
                       t->last_us[TRAFFIC_ASKED][result]);
        }
    }
    return c;
}

static struct json *
node_document(struct page *p, const struct peer *peer, struct contact c)
{
    struct arena *a = p->arena;
    struct json *d = json_object(a);
    bool is_self = str_eq(peer->name, p->web->node);
    bool is_silent = !is_self && c.silent_us > c.answered_us;
    struct hash key = hash_sha256(peer->public_key);
    struct str text = page_word(p, "operator_not_asked");

    if (is_self) {
        text = page_word(p, "operator_self");
    } else if (is_silent) {
        text = str_fmt(a, "%.*s%.*s", STR_ARG(page_word(p, "operator_last_silent")),
                       STR_ARG(words_moment(p, c.silent_us)));
    } else if (c.answered_us > 0) {
        text = str_fmt(a, "%.*s%.*s", STR_ARG(page_word(p, "operator_last_answered")),
                       STR_ARG(words_moment(p, c.answered_us)));
    }
    json_set_text(a, d, "name", peer->name);
    json_set_text(a, d, "title", page_either(p, peer->title_zh, peer->title_en));
    json_set_text(a, d, "address", peer->authority);
    json_set_text(a, d, "key", hex_of(a, hash_str(&key)));
    json_set_text(a, d, "key_text", words_hash(a, hash_str(&key), HASH_GROUPS));
    json_set_text(a, d, "certificate", hex_of(a, peer->fingerprint));
    json_set_text(a, d, "certificate_text", words_hash(a, peer->fingerprint, HASH_GROUPS));
    json_set_bool(a, d, "is_self", is_self);
    json_set_bool(a, d, "is_silent", is_silent);
    json_set_bool(a, d, "has_answered", !is_self && !is_silent && c.answered_us > 0);
    json_set_text(a, d, "contact_text", text);
    return d;
}

static enum rc
put_nodes(struct page *p, struct json **out, struct err *err)
{
    const struct directory *directory = p->loop->directory;
    struct json *list = json_array(p->arena), *catalogue;
    struct traffic_total *totals;
    enum rc rc;

    if ((rc = steward_catalogue(p, &catalogue, err)) != RC_OK ||
        (rc = traffic_totals(&p->db, p->arena, p->today - DAYS + 1, &totals, err)) != RC_OK) {
        return rc;
    }
    for (size_t i = 0; i < directory_count(directory); i++) {
        const struct peer *peer = directory_at(directory, i);
        json_push(list, node_document(p, peer, contact_of(totals, catalogue, peer->name)));
    }
    json_set(p->arena, p->document, "nodes", list);
    *out = list;
    return RC_OK;
}

/* --- the page ------------------------------------------------------------------------------------------------- */

static void
put_program(struct page *p, const struct figures *f)
{
    const struct facts *facts = p->web->facts;
    struct arena *a = p->arena;
    struct json *d = json_object(a);
    struct str build = facts != NULL ? facts->build : STR("");
    int64_t shift_s = facts != NULL ? facts->shift_us / second_us : 0;

    json_set_text(a, d, "build", build);
    json_set_text(a, d, "build_text", str_sub(build, 0, 16));
    json_set_text(a, d, "compiler", STR(__VERSION__));
    json_set_text(a, d, "started_text", moment_words(p, f->started_s));
    json_set_text(a, d, "running_text", span_words(p, p->now_us / second_us - f->started_s));
    json_set_text(a, d, "clock_text", words_moment(p, p->now_us));
    json_set_int(a, d, "shift_s", shift_s);
    json_set_text(a, d, "shift_text", shift_s == 0 ? STR("")
                                                   : span_words(p, shift_s < 0 ? -shift_s : shift_s));
    json_set_bool(a, d, "is_behind", shift_s < 0);
    json_set_text(a, d, "memory_text", bytes_words(a, f->memory_bytes));
    json_set(a, p->document, "program", d);
}

static void
put_store(struct page *p, const struct figures *f)
{
    struct arena *a = p->arena;
    struct json *d = json_object(a);
    int64_t share = f->disk_bytes > 0 ? f->disk_free_bytes * 100 / f->disk_bytes : 0;

    json_set_text(a, d, "kind", store_is_postgres(p->web->store) ? STR("PostgreSQL") : STR("SQLite"));
    json_set_text(a, d, "bytes_text", bytes_words(a, f->store_bytes));
    json_set_text(a, d, "free_text", bytes_words(a, f->disk_free_bytes));
    json_set_text(a, d, "disk_text", bytes_words(a, f->disk_bytes));
    json_set_int(a, d, "free_share", share);
    json_set_text(a, d, "materials_text", words_number(a, f->materials));
    json_set_text(a, d, "material_bytes_text", bytes_words(a, f->material_bytes));
    json_set_bool(a, d, "is_reckoned", f->materials_are_reckoned);
    json_set_text(a, d, "writes_text", words_number(a, f->writes));
    json_set_text(a, d, "undone_text", words_number(a, f->undone));
    json_set(a, p->document, "store", d);
}

static void
put_backups(struct page *p, const struct figures *f)
{
    struct json *list = json_array(p->arena);
    struct str made = page_query(p, "made");

    for (size_t i = 0; i < f->backups; i++) {
        struct json *d = json_object(p->arena);
        bool is_made = str_eq(f->backup[i].file, made);
        json_set_text(p->arena, d, "file", f->backup[i].file);
        json_set_text(p->arena, d, "at_text", moment_words(p, f->backup[i].at_s));
        json_set_text(p->arena, d, "bytes_text", bytes_words(p->arena, f->backup[i].bytes));
        json_push(list, d);
        if (is_made) {
            json_set(p->arena, p->document, "made", json_copy(p->arena, d));
        }
    }
    json_set_int(p->arena, p->document, "backup_count", (int64_t)f->backups);
    json_set(p->arena, p->document, "backups", list);
}

/* Types of work that wait, the most first. */
static struct json *
job_types(struct page *p, const struct json *types)
{
    struct json *list = json_array(p->arena);

    for (const struct json *t = types != NULL ? types->first : NULL; t != NULL; t = t->next) {
        struct json *d = json_object(p->arena);
        json_set_text(p->arena, d, "type", json_str(t, "type"));
        json_set_text(p->arena, d, "count_text", words_number(p->arena, json_int_or(t, "count", 0)));
        json_set_text(p->arena, d, "since_text", words_moment(p, json_int_or(t, "since_us", 0)));
        json_push(list, d);
    }
    return list;
}

static void
put_processes(struct page *p, const struct figures *f)
{
    struct arena *a = p->arena;
    struct json *d = json_object(a), *types = job_types(p, f->running.types);
    int64_t oldest_us = 0;

    if (p->web->runtime == NULL) {
        return;
    }
    for (const struct json *c = f->running.causes->first; c != NULL; c = c->next) {
        int64_t since_us = json_int_or(c, "since_us", 0);
        oldest_us = oldest_us == 0 || since_us < oldest_us ? since_us : oldest_us;
    }
    json_set_text(a, d, "open_text", words_number(a, f->processes));
    json_set_text(a, d, "incidents_text", words_number(a, f->incidents));
    json_set_text(a, d, "incident_text", oldest_us > 0 ? words_moment(p, oldest_us) : STR(""));
    json_set_text(a, d, "jobs_text", words_number(a, f->jobs));
    json_set_text(a, d, "timers_text", words_number(a, f->timers));
    json_set_text(a, d, "untaken_text", words_number(a, f->untaken));
    json_set_bool(a, d, "has_types", types != NULL && types->count > 0);
    json_set(a, d, "types", types);
    json_set(a, p->document, "processes", d);
}

enum rc
operator_page(struct page *p, struct err *err)
{
    struct arena *a = p->arena;
    struct json *nodes;
    struct figures f;
    enum rc rc;

    if ((rc = figures_take(p, &f, err)) != RC_OK || (rc = put_nodes(p, &nodes, err)) != RC_OK) {
        return rc;
    }
    json_set_text(a, p->document, "node", p->web->node);
    json_set_text(a, p->document, "node_title",
                  page_either(p, p->web->title_zh, p->web->title_en));
    put_attention(p, &f, nodes);
    put_program(p, &f);
    put_store(p, &f);
    put_backups(p, &f);
    put_processes(p, &f);
    json_set_text(a, p->document, "acts_text", words_number(a, f.acts));
    json_set_text(a, p->document, "log_size_text", words_number(a, f.log_size));
    json_set_text(a, p->document, "checkpoint_text", moment_words(p, f.checkpoint_s));
    json_set_text(a, p->document, "origin", p->web->origin);
    json_set_text(a, p->document, "directory_ends_text", day_words(p, f.directory_ends_s));
    json_set_text(a, p->document, "certificate_ends_text", day_words(p, f.certificate_ends_s));
    json_set(a, p->document, "figures", figures_json(a, &f));
    return RC_OK;
}

/* --- backup ------------------------------------------------------------------------------------------------------ */

struct backing_up {
    const struct web *web;
    const char *path;
    int64_t now_us;
    struct backup_figures figures;
    struct material_figures files;
    enum rc rc;
    struct err err;
};

static void
back_up(void *ctx)
{
    struct backing_up *b = ctx;

    b->rc = material_back_up(&b->web->materials, b->web->store, b->path, b->now_us, &b->figures,
                             &b->files, &b->err);
}

/* On a work thread: a copy takes as long as the data is large, and everybody else goes on. */
enum rc
operator_backup(struct page *p, struct err *err)
{
    struct date d = day_to_date(p->today);
    int minute = instant_minute_of_day(p->now_us, p->web->offset_minutes);
    struct str name = str_fmt(p->arena, "%04d%02d%02d-%02d%02d.db", d.year, d.month, d.day,
                              minute / 60, minute % 60);
    struct str path = str_fmt(p->arena, "%.*s/%.*s", STR_ARG(p->web->backup_folder), STR_ARG(name));
    struct backing_up b = {.web = p->web, .path = str_c(p->arena, path), .now_us = p->now_us};
    enum rc rc;

    if (b.path == NULL) {
        return err_set(err, RC_LIMIT, "no room for a path");
    }
    if ((rc = task_work(p->call->task, back_up, &b, err)) != RC_OK) {
        return rc;
    }
    if (b.rc != RC_OK) {
        *err = b.err;
        return b.rc;
    }
    json_set_text(p->arena, p->document, "file", path);
    json_set_int(p->arena, p->document, "tables", b.figures.tables);
    json_set_int(p->arena, p->document, "rows", b.figures.rows);
    json_set_int(p->arena, p->document, "materials", b.files.files);
    json_set_int(p->arena, p->document, "material_bytes", b.files.bytes);
    p->status = 201;
    p->location = str_fmt(p->arena, "/operator?made=%.*s#backups", STR_ARG(name));
    return RC_OK;
}
