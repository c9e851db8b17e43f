/*
 * The body of a form of rules: urlencoded, JSON, or multipart, whose one file takes the place of a field.  It is read whole and kept nowhere, because what
 * comes is a text of law and not somebody's material; the token is checked here, as the route leaves the body to its handler.
 *
 * A text costs many times its length while it is read, compiled and shown, and only a few threads do that: so no body comes in before it has a share of what
 * the node holds at one time.  Whoever finds no room waits a moment with the body still on the wire, where it costs next to nothing, because rooms
 * become free within a second or two and a person who saves a draft should not have to press twice; who still has none then is told to come again.
 */
#include "web/input.h"
#include "web/multipart.h"
#include "web/page_int.h"
#include "web/rules_int.h"

/* STEP: by which a share of a body of unknown length grows; TURN: how often those in line ask whether it is their turn. */
enum { PIECE_BYTES = 16384, STEP_BYTES = 1 << 16, TURN_US = 20000 };

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

/* --- room for it ------------------------------------------------------------------------------------------ */

static enum rc
busy(struct err *err)
{
    return err_problem(err, RC_BUSY, "rules-busy", "as many texts of rules are held as the node has room for");
}

static enum rc
wait_for_room(struct page *p, size_t bytes, struct err *err)
{
    struct budget *b = p->web->rule_bodies;
    int64_t until_us = loop_now_us(p->loop->loop) + (int64_t)budget_wait_ms(b) * 1000;
    enum budget_answer answer;

    while ((answer = budget_take(b, &p->share, bytes)) == BUDGET_WAITS) {
        int64_t now_us = loop_now_us(p->loop->loop);
        enum rc rc = now_us >= until_us ? busy(err) : task_sleep(p->call->task, now_us + TURN_US, err);
        if (rc != RC_OK && rc != RC_TIMEOUT) {
            budget_give(&p->share);
            return rc;
        }
    }
    return answer == BUDGET_TAKEN ? RC_OK : busy(err);
}

/* How long it is nobody said: its share grows as it comes, and does not wait, as others may be waiting for this one. */
static enum rc
read_chunks(struct page *p, struct str *out, struct err *err)
{
    char *piece = arena_alloc(p->arena, PIECE_BYTES, 1);
    struct buf b;
    size_t len = 1;
    enum rc rc = piece == NULL ? err_set(err, RC_LIMIT, "no room for a body") : wait_for_room(p, STEP_BYTES, err);

    buf_init(&b, p->arena, p->route->body_bytes);
    while (rc == RC_OK && len > 0) {
        if ((rc = http_body_piece(p->call, piece, PIECE_BYTES, &len, err)) != RC_OK) {
            return rc;
        }
        if (b.len + len > p->share.bytes && !budget_grow(&p->share, STEP_BYTES)) {
            return busy(err);
        }
        buf_put(&b, (struct str){piece, len});
        if (b.failed) {
            return err_set(err, RC_LIMIT, "the body passes %zu bytes", p->route->body_bytes);
        }
    }
    return rc != RC_OK ? rc : buf_finish(&b, out, err);
}

static enum rc
read_body(struct page *p, struct str *out, struct err *err)
{
    const struct http_head *head = p->call->head;
    bool is_known = head->body == HTTP_BODY_LENGTH;
    enum rc rc = RC_OK;

    if (p->web->rule_bodies != NULL && head->body == HTTP_BODY_CHUNKED) {
        return read_chunks(p, out, err);
    }
    if (p->web->rule_bodies != NULL && is_known && (uint64_t)head->length <= p->route->body_bytes) {
        rc = wait_for_room(p, (size_t)head->length, err);
    }
    return rc != RC_OK ? rc : http_body(p->call, p->route->body_bytes, out, err);
}

/* --- what it says ----------------------------------------------------------------------------------------- */

static enum rc
take_multipart(struct page *p, struct str type, struct str body, struct err *err)
{
    struct gathering g = {.page = p, .form = json_object(p->arena)};
    const struct multipart_events events = {&g, begin_part, more_of_part, end_part};
    struct multipart *m;
    enum rc rc;

    if ((rc = multipart_new(p->arena, type, &events, &m, err)) != RC_OK ||
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
    enum rc rc = read_body(p, &body, err);

    if (rc == RC_OK) {
        rc = is_multipart ? take_multipart(p, type, body, err) : page_take_input(p, body, err);
    }
    return rc != RC_OK ? rc : page_check_token(p, json_str(p->input, "csrf"), err);
}
