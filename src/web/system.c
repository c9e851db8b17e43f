/*
 * What programs ask of a node: health, metrics, the description of its routes, static files, the gate for information systems.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/asset.h"
#include "base/file.h"
#include "store/backup.h"
#include "web/handlers.h"
#include "web/route.h"

static const struct {
    const char *ends;
    const char *type;
} media_types[] = {
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".txt", "text/plain; charset=utf-8"},
};

enum rc
system_static(struct page *p, struct err *err)
{
    struct str path = str_fmt(p->arena, "static/%.*s", STR_ARG(p->param[0]));
    const struct asset *asset = asset_find(path);
    struct http_fields fields = {.count = 0};
    const char *type = "application/octet-stream";

    if (asset == NULL) {
        return err_set(err, RC_NOT_FOUND, "no such file");
    }
    for (size_t i = 0; i < sizeof(media_types) / sizeof(media_types[0]); i++) {
        if (str_ends(path, str_of(media_types[i].ends))) {
            type = media_types[i].type;
        }
    }
    CHECK(http_add(&fields, STR("Content-Type"), str_of(type)) &&
          http_add(&fields, STR("Cache-Control"), STR("public, max-age=3600")) &&
          http_add(&fields, STR("X-Content-Type-Options"), STR("nosniff")));
    return http_answer(p->call, 200, &fields, asset_text(asset), err);
}

enum rc
system_health(struct page *p, struct err *err)
{
    (void)err;
    json_set_text(p->arena, p->document, "status", STR("alive"));
    return RC_OK;
}

/* Ready: the store answers, and the last act is durable. */
enum rc
system_ready(struct page *p, struct err *err)
{
    int64_t acts;
    enum rc rc = act_count(&p->db, &acts, err);

    if (rc == RC_OK) {
        json_set_text(p->arena, p->document, "status", STR("ready"));
        json_set_int(p->arena, p->document, "acts", acts);
    }
    return rc;
}

/* Resident pages of this process, from /proc. */
static int64_t
resident_bytes(struct arena *a)
{
    struct str text, part;
    struct err ignored;
    int64_t pages = 0;

    if (file_read(a, "/proc/self/statm", 4096, &text, &ignored) != RC_OK ||
        !str_next(&text, ' ', &part) || !str_next(&text, ' ', &part) ||
        !str_to_int(part, &pages)) {
        return 0;
    }
    return pages * (int64_t)sysconf(_SC_PAGESIZE);
}

static void
put_metric(struct buf *b, const char *name, const char *kind, const char *help, int64_t value)
{
    buf_put_fmt(b, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", name, help, name, kind, name,
                (long long)value);
}

enum rc
system_metrics(struct page *p, struct err *err)
{
    struct http_fields fields = {.count = 0};
    struct str text;
    struct buf b;
    int64_t acts;
    enum rc rc = act_count(&p->db, &acts, err);

    if (rc != RC_OK) {
        return rc;
    }
    buf_init(&b, p->arena, 65536);
    put_metric(&b, "zhengtong_acts_total", "counter", "Durable acts.", acts);
    put_metric(&b, "zhengtong_log_size", "gauge", "Leaves under the last checkpoint.",
               (int64_t)publisher_size(p->web->publisher));
    put_metric(&b, "zhengtong_tasks", "gauge", "Coroutines alive on this loop.",
               loop_tasks(p->loop->loop));
    put_metric(&b, "process_resident_memory_bytes", "gauge", "Resident memory.",
               resident_bytes(p->arena));
    if ((rc = buf_finish(&b, &text, err)) != RC_OK) {
        return rc;
    }
    CHECK(http_add(&fields, STR("Content-Type"), STR("text/plain; version=0.0.4; charset=utf-8")) &&
          http_add(&fields, STR("Cache-Control"), STR("no-store")) &&
          http_add(&fields, STR("X-Content-Type-Options"), STR("nosniff")));
    return http_answer(p->call, 200, &fields, text, err);
}

enum rc
system_openapi(struct page *p, struct err *err)
{
    p->document = route_openapi(p->arena, route_table, route_table_count, STR("政通 Zhengtong"));
    return json_whole(p->document, err);
}

enum rc
system_gate(struct page *p, struct err *err)
{
    (void)err;
    gate_serve_local(p->loop->gate, p->call, p->param[0]);
    return RC_OK;
}

/* Who this node is, and whom it knows. */
enum rc
system_node(struct page *p, struct err *err)
{
    struct json *peers = json_array(p->arena);
    struct note_key key = publisher_key(p->web->publisher);

    (void)err;
    json_set_text(p->arena, p->document, "name", p->web->node);
    json_set_text(p->arena, p->document, "title",
                  page_either(p, p->web->title_zh, p->web->title_en));
    json_set_text(p->arena, p->document, "log_origin", p->web->origin);
    json_set_text(p->arena, p->document, "log_key", note_key_text(p->arena, &key));
    for (size_t i = 0; i < directory_count(p->loop->directory); i++) {
        const struct peer *peer = directory_at(p->loop->directory, i);
        struct json *d = json_object(p->arena);
        json_set_text(p->arena, d, "name", peer->name);
        json_set_text(p->arena, d, "title", page_either(p, peer->title_zh, peer->title_en));
        json_set_text(p->arena, d, "log_origin", peer->log_origin);
        json_set_text(p->arena, d, "log_key", peer->log_key);
        json_push(peers, d);
    }
    json_set_int(p->arena, p->document, "directory_version",
                 directory_version(p->loop->directory));
    json_set(p->arena, p->document, "nodes", peers);
    return RC_OK;
}

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
system_backup(struct page *p, struct err *err)
{
    struct date d = day_to_date(p->today);
    int minute = instant_minute_of_day(p->now_us, p->web->offset_minutes);
    struct str path = str_fmt(p->arena, "%.*s/%04d%02d%02d-%02d%02d.db",
                              STR_ARG(p->web->backup_folder), d.year, d.month, d.day, minute / 60,
                              minute % 60);
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
    return RC_OK;
}
