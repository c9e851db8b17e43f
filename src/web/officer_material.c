/*
 * One file of a case, for the officers who work on it.
 */
#include "web/officer_int.h"

/* Only a file that this very case names: the name of a file opens nothing by itself. */
static bool
names_material(const struct json *d, struct str sha256)
{
    const struct json *evidence = json_get(d, "evidence");

    for (const struct json *e = evidence != NULL ? evidence->first : NULL; e != NULL;
         e = e->next) {
        if (str_ends(json_str(e, "url"), sha256)) {
            return true;
        }
    }
    return false;
}

static enum rc
send_material(struct page *p, struct material *file, int64_t bytes, struct err *err)
{
    struct http_fields fields = {.count = 0};
    struct str piece;
    enum rc rc = material_next(file, &piece, err);

    if (rc != RC_OK) {
        return rc;
    }
    struct str type = material_type(piece);
    CHECK(http_add(&fields, STR("Content-Type"),
                   type.len > 0 ? type : STR("application/octet-stream")) &&
          http_add(&fields, STR("X-Content-Type-Options"), STR("nosniff")) &&
          http_add(&fields, STR("Content-Security-Policy"),
                   STR("default-src 'none'; sandbox; frame-ancestors 'none'")) &&
          http_add(&fields, STR("Cache-Control"), STR("private, no-store")));
    if ((rc = http_answer_begin(p->call, 200, &fields, bytes, err)) != RC_OK) {
        return rc;
    }
    while (piece.len > 0) {
        if ((rc = http_answer_piece(p->call, piece, err)) != RC_OK ||
            (rc = material_next(file, &piece, err)) != RC_OK) {
            return rc; /* fewer bytes than announced: nobody takes that for the whole file */
        }
    }
    return http_answer_end(p->call, err);
}

enum rc
officer_send_material(struct page *p, struct str sha256, struct err *err)
{
    struct material *file;
    int64_t bytes;
    enum rc rc = material_read(&p->web->materials, sha256, &file, &bytes, err);

    if (rc != RC_OK) {
        return rc;
    }
    rc = send_material(p, file, bytes, err);
    material_done(file);
    return rc;
}

enum rc
officer_material(struct page *p, struct err *err)
{
    struct json *detail = json_object(p->arena);
    struct officer_desk d;
    struct material *file;
    int64_t bytes;
    enum rc rc = officer_open(p, &d, err);

    if (rc != RC_OK) {
        return rc;
    }
    officer_put_evidence(p, &d);
    if (!names_material(p->document, p->param[1])) {
        return err_set(err, RC_NOT_FOUND, "the case has no such material");
    }
    if ((rc = material_read(&p->web->materials, p->param[1], &file, &bytes, err)) != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, detail, "material", p->param[1]);
    if ((rc = page_act(p, ACT_VIEW, d.case_no, json_str(d.found, "subject"), STR("material"),
                       detail, err)) == RC_OK) {
        rc = send_material(p, file, bytes, err);
    }
    material_done(file);
    return rc;
}
