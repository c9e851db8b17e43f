/*
 * What programs ask of a node: health, metrics, the description of its routes, static files, the gate for information systems.
 */
#include "base/asset.h"
#include "web/figures.h"
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
    {".js", "text/javascript; charset=utf-8"},
    {".woff2", "font/woff2"},
};

/* Where a path below /static/ lies in the binary: what is ours, and the designers as npm lays them out. */
static struct str
asset_path(struct arena *a, struct str path)
{
    static const char *const designers[] = {"dmn-js", "bpmn-js"};

    for (size_t i = 0; i < sizeof(designers) / sizeof(designers[0]); i++) {
        struct str name = str_of(designers[i]);
        if (str_starts(path, name) && path.len > name.len && path.ptr[name.len] == '/') {
            return str_fmt(a, "npm/node_modules/%.*s/dist%.*s", STR_ARG(name), STR_ARG(str_from(path, name.len)));
        }
    }
    return str_fmt(a, "static/%.*s", STR_ARG(path));
}

enum rc
system_static(struct page *p, struct err *err)
{
    struct str path = asset_path(p->arena, p->param[0]);
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

enum rc
system_metrics(struct page *p, struct err *err)
{
    struct http_fields fields = {.count = 0};
    struct figures figures;
    struct str text;
    enum rc rc = figures_take(p, &figures, err);

    if (rc != RC_OK) {
        return rc;
    }
    if ((rc = figures_text(p->arena, &figures, &text, err)) != RC_OK) {
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
