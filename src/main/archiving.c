#include "main/archiving.h"

#include "base/asset.h"
#include "base/file.h"
#include "base/mem.h"
#include "evidence/act.h"
#include "evidence/proof.h"

enum { DOCUMENT_ARENA = 1 << 20, DOCUMENT_MAX = 1 << 18 };

struct archiving {
    const struct web *web;
    struct arena *arena; /* of the document */
    struct archives *archives;
};

/* As a page gives it, but nobody waits: what is not signed yet is signed by the next turn. */
static enum rc
receipt(void *ctx, const struct db *db, struct arena *a, int64_t index, struct json **out, struct err *err)
{
    const struct archiving *v = ctx;
    const struct tile_source source = tiles_folder_source(str_c(a, v->web->log_folder));
    struct json *act, *d = json_object(a);
    struct str proof;
    enum rc rc;

    if ((rc = act_by_index(db, a, index, &act, err)) != RC_OK || (rc = proof_make(a, &source, index, &proof, err)) != RC_OK) {
        return rc;
    }
    json_set_int(a, d, "leaf_index", index);
    json_set_text(a, d, "leaf", json_str(act, "leaf"));
    json_set_text(a, d, "opening", json_str(act, "opening"));
    json_set_text(a, d, "body", json_str(act, "body"));
    json_set_text(a, d, "log_origin", v->web->origin);
    json_set_text(a, d, "proof", proof);
    *out = d;
    return json_whole(d, err);
}

static enum rc
load_terms(struct archiving *v, const char *data, struct archive_terms **out, struct err *err)
{
    const char *path = str_c(v->arena, str_fmt(v->arena, "%s/retention.json", data));
    struct json *document;
    struct str text;
    enum rc rc = path != NULL ? file_read(v->arena, path, DOCUMENT_MAX, &text, err) : err_set(err, RC_LIMIT, "no room for a path");

    if (rc == RC_OK) {
        rc = json_parse(v->arena, text, JSON_UNIQUE, &document, err);
    } else if (rc == RC_NOT_FOUND) {
        rc = asset_json(v->arena, "demo/retention.json", &document, err);
    }
    return rc != RC_OK ? rc : archive_terms_load(v->arena, document, out, err);
}

enum rc
archiving_open(const struct web *web, const char *data, struct archiving **out, struct err *err)
{
    struct archiving *v = mem_new(1, sizeof(*v));
    struct archive_terms *terms;
    enum rc rc;

    v->web = web;
    v->arena = arena_new(DOCUMENT_ARENA);
    struct archive_config config = {.folder = str_c(v->arena, str_fmt(v->arena, "%s/archive", data)), .node = web->node,
                                    .offset_minutes = web->offset_minutes, .receipt = receipt, .ctx = v};
    rc = config.folder == NULL ? err_set(err, RC_LIMIT, "no room for a path") : load_terms(v, data, &terms, err);
    if (rc != RC_OK) {
        archiving_close(v);
        return rc;
    }
    config.terms = terms;
    v->archives = archives_new(&config);
    *out = v;
    return RC_OK;
}

enum rc
archiving_turn(struct archiving *v, struct arena *a, bool *more, struct err *err)
{
    const struct db db = {.store = v->web->store};

    return archive_turn(v->archives, &db, a, clock_now_us(v->web->clock), more, err);
}

void
archiving_close(struct archiving *v)
{
    if (v != NULL) {
        archives_free(v->archives);
        arena_free(v->arena);
        mem_free(v);
    }
}
