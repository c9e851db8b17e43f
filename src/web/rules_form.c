/*
 * The body of a form of rules: urlencoded, JSON, or multipart, whose one file takes the place of a field.  It is read whole and kept nowhere, because what
 * comes is a text of law and not somebody's material; the token is checked here, as the route leaves the body to its handler.
 */
#include "web/input.h"
#include "web/multipart.h"
#include "web/page_int.h"
#include "web/rules_int.h"

struct gathering {
    struct page *page;
    struct json *form;
    struct str name;
    struct buf value;
};

static enum rc
begin_part(void *ctx, struct str name, struct str file_name, struct err *err)
{
    struct gathering *g = ctx;

    (void)file_name;
    buf_init(&g->value, g->page->arena, RULES_BODY);
    return str_copy(g->page->arena, name, &g->name, err);
}

static enum rc
more_of_part(void *ctx, struct str bytes, struct err *err)
{
    struct gathering *g = ctx;

    (void)err;
    buf_put(&g->value, bytes);
    return RC_OK;
}

static enum rc
end_part(void *ctx, struct err *err)
{
    struct gathering *g = ctx;
    struct str text;
    enum rc rc = buf_finish(&g->value, &text, err);

    if (rc == RC_OK && text.len > 0) { /* a file that was not chosen is no answer */
        input_add(g->page->arena, g->form, g->name, text);
    }
    return rc;
}

static enum rc
read_multipart(struct page *p, struct str type, struct err *err)
{
    struct gathering g = {.page = p, .form = json_object(p->arena)};
    const struct multipart_events events = {&g, begin_part, more_of_part, end_part};
    struct multipart *m;
    struct str body;
    enum rc rc;

    if ((rc = http_body(p->call, p->route->body_bytes, &body, err)) != RC_OK ||
        (rc = multipart_new(p->arena, type, &events, &m, err)) != RC_OK ||
        (rc = multipart_feed(m, body, err)) != RC_OK || (rc = multipart_finish(m, err)) != RC_OK) {
        return rc;
    }
    p->input = g.form;
    return json_whole(g.form, err);
}

enum rc
rules_read_form(struct page *p, struct err *err)
{
    struct str type = http_get(&p->call->head->fields, "content-type"), body;
    bool is_multipart = str_eq(input_media_type(p->arena, type), STR("multipart/form-data"));
    enum rc rc = is_multipart ? read_multipart(p, type, err) : page_read_input(p, &body, err);

    return rc != RC_OK ? rc : page_check_token(p, json_str(p->input, "csrf"), err);
}
