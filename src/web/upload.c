#include "web/upload.h"

#include "service/material.h"
#include "web/input.h"
#include "web/multipart.h"
#include "web/page_int.h"

enum { FIELD_MAX = 65536, PIECE_BYTES = 16384 };

struct reading {
    struct page *page;
    upload_rule_fn rules;
    void *ctx;
    struct json *input;
    bool token_seen;
    struct str name; /* of the part under way */
    struct buf text; /* a plain field */
    bool is_file;
    struct str file_name;
    struct upload_rule rule;
    struct material_sink *sink; /* NULL: this file is not kept */
    const char *problem;
    bool is_empty;
};

static enum rc
see_token(struct reading *r, struct err *err)
{
    enum rc rc;

    if (r->token_seen) {
        return RC_OK;
    }
    if ((rc = page_check_token(r->page, json_str(r->input, "csrf"), err)) == RC_OK) {
        r->token_seen = true;
    }
    return rc;
}

static enum rc
begin_part(void *ctx, struct str name, struct str file_name, struct err *err)
{
    struct reading *r = ctx;
    enum rc rc;

    r->name = name;
    r->file_name = file_name;
    r->is_file = r->rules(r->ctx, name, &r->rule);
    r->sink = NULL;
    r->problem = NULL;
    r->is_empty = true;
    buf_init(&r->text, r->page->arena, FIELD_MAX);
    if (file_name.len > 0 && !r->is_file) {
        r->is_file = true;
        r->problem = "not-asked";
        return RC_OK;
    }
    if (!r->is_file || file_name.len == 0) {
        return RC_OK;
    }
    if ((rc = see_token(r, err)) != RC_OK) {
        return rc;
    }
    return material_open(&r->page->web->materials, r->page->now_us, r->rule.most_bytes, &r->sink,
                         err);
}

static enum rc
part_piece(void *ctx, struct str bytes, struct err *err)
{
    struct reading *r = ctx;
    enum rc rc;

    r->is_empty = r->is_empty && bytes.len == 0;
    if (!r->is_file) {
        buf_put(&r->text, bytes);
        return r->text.failed ? err_set(err, RC_LIMIT, "a field passes %d bytes", FIELD_MAX)
                              : RC_OK;
    }
    if (r->sink == NULL) {
        return RC_OK;
    }
    rc = material_write(r->sink, bytes, err);
    if (rc == RC_LIMIT) {
        /* The rest is read and thrown away, so that everything else of the form arrives. */
        material_cancel(r->sink);
        r->sink = NULL;
        r->problem = "too-large";
        return RC_OK;
    }
    return rc;
}

static struct json *
list_under(struct arena *a, struct json *input, struct str name)
{
    for (struct json *m = input->first; m != NULL; m = m->next) {
        if (str_eq(m->key, name) && m->kind == JSON_ARRAY) {
            return m;
        }
    }
    struct json *list = json_array(a);
    json_set_key(a, input, name, list);
    return list;
}

static enum rc
end_file(struct reading *r, struct err *err)
{
    struct arena *a = r->page->arena;
    struct json *entry = json_object(a);
    struct str sha256, type;
    int64_t bytes;
    enum rc rc = RC_OK;

    json_set_text(a, entry, "name", r->file_name);
    if (r->sink != NULL) {
        rc = material_close(r->sink, a, r->rule.types, &sha256, &type, &bytes, err);
        r->sink = NULL;
        if (rc == RC_OK) {
            json_set_text(a, entry, "sha256", sha256);
            json_set_text(a, entry, "type", type);
            json_set_int(a, entry, "bytes", bytes);
        } else if (rc == RC_TYPE) {
            r->problem = "wrong-type";
            rc = RC_OK;
        }
    }
    if (rc == RC_OK && r->problem != NULL) {
        json_set_text(a, entry, "problem", str_of(r->problem));
    }
    json_push(list_under(a, r->input, r->name), entry);
    return rc;
}

static enum rc
end_part(void *ctx, struct err *err)
{
    struct reading *r = ctx;
    struct str text;
    enum rc rc;

    if (r->is_file) {
        /* A file field left alone arrives as an empty part without a name. */
        return r->file_name.len == 0 ? RC_OK : end_file(r, err);
    }
    if ((rc = buf_finish(&r->text, &text, err)) != RC_OK) {
        return rc;
    }
    input_add(r->page->arena, r->input, r->name, text);
    return RC_OK;
}

static enum rc
too_large(const struct page *p, struct err *err)
{
    return err_problem(err, RC_LIMIT, "too-large", "a form of more than %lld bytes",
                       (long long)p->web->body_bytes);
}

/*
 * A form that says beforehand that it is too large: no file of it is kept.  A browser shows no answer before it has sent
 * everything, so what is not absurd is read and thrown away first.
 */
static enum rc
refuse_announced(struct page *p, char *buffer, int64_t announced, struct err *err)
{
    size_t len = 1;
    enum rc rc = RC_OK;

    while (announced <= p->web->body_bytes * 4 && len > 0 && rc == RC_OK) {
        rc = http_body_piece(p->call, buffer, PIECE_BYTES, &len, err);
    }
    return rc != RC_OK ? rc : too_large(p, err);
}

static enum rc
read_multipart(struct page *p, struct reading *r, struct err *err)
{
    const struct multipart_events events = {r, begin_part, part_piece, end_part};
    struct str type = http_get(&p->call->head->fields, "content-type");
    char *buffer = arena_alloc(p->arena, PIECE_BYTES, 1);
    struct multipart *m;
    int64_t total = 0, announced;
    size_t len;
    enum rc rc;

    if (buffer == NULL) {
        return err_set(err, RC_LIMIT, "no room for an upload");
    }
    if (str_to_int(http_get(&p->call->head->fields, "content-length"), &announced) &&
        announced > p->web->body_bytes) {
        return refuse_announced(p, buffer, announced, err);
    }
    if ((rc = multipart_new(p->arena, type, &events, &m, err)) != RC_OK) {
        return rc;
    }
    for (;;) {
        if ((rc = http_body_piece(p->call, buffer, PIECE_BYTES, &len, err)) != RC_OK) {
            return rc;
        }
        if (len == 0) {
            return multipart_finish(m, err);
        }
        total += (int64_t)len;
        if (total > p->web->body_bytes) {
            return too_large(p, err);
        }
        if ((rc = multipart_feed(m, (struct str){buffer, len}, err)) != RC_OK) {
            return rc;
        }
    }
}

/*
 * Files come as multipart and no other way: what another body says under a file's name would be a claim about a file that
 * nobody has seen, perhaps somebody else's.
 */
static struct json *
without_files(struct page *p, upload_rule_fn rules, void *ctx)
{
    struct json *input = json_copy(p->arena, p->input);
    struct upload_rule ignored;

    if (input == NULL) {
        return NULL;
    }
    input->last = NULL;
    for (struct json **at = &input->first; *at != NULL;) {
        if (rules(ctx, (*at)->key, &ignored)) {
            *at = (*at)->next;
            input->count--;
        } else {
            input->last = *at;
            at = &(*at)->next;
        }
    }
    return input;
}

enum rc
page_read_form(struct page *p, upload_rule_fn rules, void *ctx, struct err *err)
{
    struct str type =
        input_media_type(p->arena, http_get(&p->call->head->fields, "content-type"));
    struct reading r = {.page = p, .rules = rules, .ctx = ctx, .input = json_object(p->arena)};
    struct str body;
    enum rc rc;

    if (!str_eq(type, STR("multipart/form-data"))) {
        if ((rc = page_read_input(p, &body, err)) != RC_OK ||
            (rc = page_check_token(p, json_str(p->input, "csrf"), err)) != RC_OK) {
            return rc;
        }
        r.input = without_files(p, rules, ctx);
        if ((rc = json_whole(r.input, err)) == RC_OK) {
            p->input = r.input;
        }
        return rc;
    }
    if (r.input == NULL) {
        return err_set(err, RC_LIMIT, "no room for a form");
    }
    rc = read_multipart(p, &r, err);
    material_cancel(r.sink);
    if (rc != RC_OK || (rc = see_token(&r, err)) != RC_OK ||
        (rc = json_whole(r.input, err)) != RC_OK) {
        return rc;
    }
    p->input = r.input;
    return RC_OK;
}
