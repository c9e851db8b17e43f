/*
 * Bodies in and answers out of one request.
 *
 * A body of a known length goes from the socket straight to where the handler wants it; only what came with
 * the head is copied.  A chunked one comes through the connection's buffer, behind the head, because
 * what follows its end belongs to the next request.
 *
 * A whole answer is one write: head and body are gathered by the kernel.  The head is written into a buffer of
 * the server's, or on the request's arena if it is large.
 */
#include <stdio.h>
#include <string.h>

#include "net/server_int.h"

enum { HEAD_EXTRA_BYTES = 256, CHUNK_LINE_BYTES = 24 };

void
exchange_begin(struct exchange_io *io, struct connection *c, const struct http_head *head)
{
    *io = (struct exchange_io){.connection = c, .head = head};
    io->body_ended = head->body == HTTP_BODY_NONE ||
                     (head->body == HTTP_BODY_LENGTH && head->length == 0);
    io->body_left = head->length;
    io->owes_continue = head->expect_continue && !io->body_ended;
    io->patience_us = (int64_t)c->server->config.limits.body_idle_ms * 1000;
}

/* --- body in --- */

static enum rc
send_continue(struct http_call *call, struct err *err)
{
    struct exchange_io *io = call->io;
    struct connection *c = io->connection;
    char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct iovec part = {text, sizeof(text) - 1};

    io->owes_continue = false;
    if (c->in_end > c->in_start || io->answer != ANSWER_NONE) {
        return RC_OK; /* it did not wait, or it has its answer */
    }
    return wire_write(&c->wire, call->task, &part, 1, err);
}

static enum rc
body_failed(struct exchange_io *io, enum rc rc, struct err *err)
{
    io->body_failed = true;
    if (rc == RC_TIMEOUT) {
        return err_problem(err, RC_TIMEOUT, "request-timeout", "the body does not come");
    }
    return rc;
}

/*
 * How long a body may let us wait is earned by what has come of it, up to the longest pause.  So one that only
 * trickles ends, and one on a slow line does not; time that the handler takes is not counted.
 */
static enum rc
read_body(struct http_call *call, char *buffer, size_t size, size_t *len, struct err *err)
{
    struct exchange_io *io = call->io;
    struct connection *c = io->connection;
    int64_t most_us = (int64_t)c->server->config.limits.body_idle_ms * 1000;
    int64_t from_us = loop_now_us(c->server->loop);
    enum rc rc;

    c->wire.deadline_us = from_us + io->patience_us;
    rc = wire_read(&c->wire, call->task, buffer, size, len, err);
    c->wire.deadline_us = 0;
    if (rc == RC_OK) {
        io->patience_us -= loop_now_us(c->server->loop) - from_us;
        io->patience_us += (int64_t)*len * 1000000 / BODY_BYTES_PER_S;
        io->patience_us = io->patience_us < most_us ? io->patience_us : most_us;
    }
    return rc;
}

static enum rc
length_piece(struct http_call *call, char *buffer, size_t size, size_t *len, struct err *err)
{
    struct exchange_io *io = call->io;
    struct connection *c = io->connection;
    size_t want = io->body_left < (int64_t)size ? (size_t)io->body_left : size;
    size_t have = c->in_end - c->in_start;

    if (have > 0) {
        have = have < want ? have : want;
        memcpy(buffer, c->in + c->in_start, have);
        c->in_start += have;
    } else {
        enum rc rc = read_body(call, buffer, want, &have, err);
        if (rc != RC_OK) {
            return body_failed(io, rc, err);
        }
        if (have == 0) {
            return body_failed(io, err_set(err, RC_IO, "the body was cut short"), err);
        }
    }
    io->body_left -= (int64_t)have;
    io->body_ended = io->body_left == 0;
    *len = have;
    return RC_OK;
}

/* Raw bytes behind the head, when the last ones are used up.  in_start stays behind the head. */
static enum rc
fill_chunks(struct http_call *call, size_t head_end, struct err *err)
{
    struct connection *c = call->io->connection;
    size_t len = 0;
    enum rc rc;

    c->in_start = head_end;
    c->in_end = head_end;
    rc = read_body(call, c->in + c->in_end, c->in_size - c->in_end, &len, err);
    if (rc == RC_OK && len == 0) {
        rc = err_set(err, RC_IO, "the body was cut short");
    }
    if (rc == RC_OK) {
        c->in_end += len;
    }
    return rc;
}

/* The head's last view ends where the body's room begins. */
static size_t
head_end_of(const struct connection *c, const struct http_head *head)
{
    const struct str *last = head->fields.count > 0
                                 ? &head->fields.field[head->fields.count - 1].value
                                 : &head->target;

    return (size_t)(last->ptr + last->len - c->in);
}

static enum rc
chunked_piece(struct http_call *call, char *buffer, size_t size, size_t *len, struct err *err)
{
    struct exchange_io *io = call->io;
    struct connection *c = io->connection;
    size_t decoded = 0;

    while (decoded == 0 && !io->body_ended) {
        size_t used = 0;
        enum rc rc = RC_OK;
        if (c->in_start == c->in_end) {
            rc = fill_chunks(call, head_end_of(c, io->head), err);
        }
        /* Never more raw bytes than fit decoded, so nothing is left over in between. */
        size_t take = c->in_end - c->in_start < size ? c->in_end - c->in_start : size;
        if (rc == RC_OK) {
            rc = http_dechunk(&io->chunks, c->in + c->in_start, take, &used, &decoded,
                              &io->body_ended, err);
        }
        if (rc != RC_OK) {
            return body_failed(io, rc, err);
        }
        memcpy(buffer, c->in + c->in_start, decoded);
        c->in_start += used;
    }
    *len = decoded;
    return RC_OK;
}

enum rc
http_body_piece(struct http_call *call, char *buffer, size_t size, size_t *len, struct err *err)
{
    struct exchange_io *io = call->io;

    CHECK(size > 0);
    if (io->body_failed) {
        return err_set(err, RC_IO, "the body failed before");
    }
    if (io->body_ended) {
        *len = 0;
        return RC_OK;
    }
    if (io->owes_continue) {
        enum rc rc = send_continue(call, err);
        if (rc != RC_OK) {
            return body_failed(io, rc, err);
        }
    }
    return io->head->body == HTTP_BODY_LENGTH ? length_piece(call, buffer, size, len, err)
                                              : chunked_piece(call, buffer, size, len, err);
}

static enum rc
too_large(struct exchange_io *io, size_t limit_bytes, struct err *err)
{
    io->body_failed = true;
    return err_set(err, RC_LIMIT, "the body passes %zu bytes", limit_bytes);
}

static enum rc
whole_length(struct http_call *call, size_t limit_bytes, struct str *out, struct err *err)
{
    struct exchange_io *io = call->io;
    size_t total = (size_t)io->body_left;
    size_t at = 0;

    char *bytes = arena_alloc(call->arena, total, 1);
    if (bytes == NULL) {
        return too_large(io, limit_bytes, err);
    }
    while (at < total) {
        size_t len = 0;
        enum rc rc = http_body_piece(call, bytes + at, total - at, &len, err);
        if (rc != RC_OK) {
            return rc;
        }
        at += len;
    }
    *out = (struct str){bytes, total};
    return RC_OK;
}

static enum rc
whole_chunked(struct http_call *call, size_t limit_bytes, struct str *out, struct err *err)
{
    struct exchange_io *io = call->io;
    struct buf b;
    char piece[2048];
    size_t len = 1;

    buf_init(&b, call->arena, limit_bytes);
    while (len > 0) {
        enum rc rc = http_body_piece(call, piece, sizeof(piece), &len, err);
        if (rc != RC_OK) {
            return rc;
        }
        buf_put(&b, (struct str){piece, len});
        if (b.failed) {
            return too_large(io, limit_bytes, err);
        }
    }
    return buf_finish(&b, out, err);
}

enum rc
http_body(struct http_call *call, size_t limit_bytes, struct str *out, struct err *err)
{
    struct exchange_io *io = call->io;
    int64_t most = io->connection->server->config.limits.body_bytes;

    if (most >= 0 && (uint64_t)most < limit_bytes) {
        limit_bytes = (size_t)most;
    }
    if (io->body_ended) {
        *out = STR("");
        return RC_OK;
    }
    if (io->head->body == HTTP_BODY_LENGTH) {
        if ((uint64_t)io->body_left > limit_bytes) {
            return too_large(io, limit_bytes, err);
        }
        return whole_length(call, limit_bytes, out, err);
    }
    return whole_chunked(call, limit_bytes, out, err);
}

/* --- answer out --- */

static char *
put(char *at, struct str s)
{
    if (s.len > 0) {
        memcpy(at, s.ptr, s.len);
    }
    return at + s.len;
}

static char *
put_int(char *at, int64_t value)
{
    char digits[24];
    char *first = digits + sizeof(digits);

    do {
        *--first = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return put(at, (struct str){first, (size_t)(digits + sizeof(digits) - first)});
}

/* What the server adds itself must not come from a handler too. */
static bool
is_ours(struct str name)
{
    return (name.len == 4 && str_eq_fold(name, STR("date"))) ||
           (name.len == 10 && str_eq_fold(name, STR("connection"))) ||
           (name.len == 14 && str_eq_fold(name, STR("content-length"))) ||
           (name.len == 17 && str_eq_fold(name, STR("transfer-encoding")));
}

static enum rc
size_of_head(const struct http_fields *fields, size_t *out, struct err *err)
{
    size_t size = HEAD_EXTRA_BYTES;

    for (size_t i = 0; fields != NULL && i < fields->count; i++) {
        const struct http_field *f = &fields->field[i];
        if (!http_field_is_valid(f->name, f->value) || is_ours(f->name)) {
            return err_set(err, RC_INVALID, "an answer cannot have the field %.*s",
                           f->name.len < 64 ? (int)f->name.len : 64, f->name.ptr);
        }
        size += f->name.len + f->value.len + 4;
    }
    *out = size;
    return RC_OK;
}

static char *
put_status(char *at, int status)
{
    at = put(at, STR("HTTP/1.1 "));
    at = put_int(at, status);
    at = put(at, STR(" "));
    at = put(at, str_of(http_reason(status)));
    return put(at, STR("\r\nDate: "));
}

static char *
put_head(const struct exchange_io *io, char *at, int status, const struct http_fields *fields,
         int64_t length)
{
    const struct connection *c = io->connection;

    at = put_status(at, status);
    at = put(at, (struct str){server_date(c->server), HTTP_DATE_BYTES});
    at = put(at, STR("\r\n"));
    for (size_t i = 0; fields != NULL && i < fields->count; i++) {
        at = put(at, fields->field[i].name);
        at = put(at, STR(": "));
        at = put(at, fields->field[i].value);
        at = put(at, STR("\r\n"));
    }
    if (io->is_chunked) {
        at = put(at, STR("Transfer-Encoding: chunked\r\n"));
    } else if (length >= 0 && status >= 200 && status != 204 && status != 304) {
        at = put(at, STR("Content-Length: "));
        at = put_int(at, length);
        at = put(at, STR("\r\n"));
    }
    if (c->closes) {
        at = put(at, STR("Connection: close\r\n"));
    }
    return put(at, STR("\r\n"));
}

/* Will the connection end with this answer?  Decided before its head is written. */
static void
decide_closing(struct exchange_io *io)
{
    struct connection *c = io->connection;
    int most = c->server->config.limits.requests_per_connection_max;
    bool leaves_body = !io->body_ended && io->head->body == HTTP_BODY_LENGTH &&
                       io->body_left > DRAIN_BYTES;

    if (!io->head->keep_alive || c->server->is_stopping || io->body_failed || io->owes_continue ||
        leaves_body || (most > 0 && c->requests >= most) || loop_is_ending(c->server->loop)) {
        c->closes = true;
    }
}

static enum rc
begin(struct http_call *call, int status, const struct http_fields *fields, int64_t length,
      struct err *err)
{
    struct exchange_io *io = call->io;
    size_t size = 0;
    enum rc rc = size_of_head(fields, &size, err);

    CHECK(io->answer == ANSWER_NONE && status >= 200 && status <= 599);
    if (rc != RC_OK) {
        return rc;
    }
    decide_closing(io);
    io->has_body = status != 204 && status != 304 && !str_eq(io->head->method, STR("HEAD"));
    io->is_chunked = length < 0 && status != 204 && status != 304 && io->head->minor == 1;
    if (length < 0 && !io->is_chunked && io->has_body) {
        io->connection->closes = true; /* only the end of the connection tells the end */
    }
    io->pending_is_buffer = size <= BUFFER_BYTES;
    io->pending = io->pending_is_buffer ? server_take_buffer(io->connection->server)
                                        : arena_alloc(call->arena, size, 1);
    if (io->pending == NULL) {
        return err_set(err, RC_LIMIT, "no room for a head of %zu bytes", size);
    }
    char *end = put_head(io, io->pending, status, fields, length);
    io->pending_len = (size_t)(end - io->pending);
    CHECK(io->pending_len <= size);
    io->answer_left = length;
    io->answer = ANSWER_BEGUN;
    return RC_OK;
}

static void
drop_pending(struct exchange_io *io)
{
    if (io->pending != NULL && io->pending_is_buffer) {
        server_give_buffer(io->connection->server, io->pending);
    }
    io->pending = NULL;
    io->pending_len = 0;
}

/* before, bytes and after, with the head in front if it is still here, in one write. */
static enum rc
send_parts(struct http_call *call, struct str before, struct str bytes, struct str after,
           struct err *err)
{
    struct exchange_io *io = call->io;
    const struct str texts[] = {{io->pending, io->pending_len}, before, bytes, after};
    struct iovec part[4];
    enum rc rc;

    for (int i = 0; i < 4; i++) {
        /* The kernel only reads what an iovec of a write points to. */
        part[i] = (struct iovec){(void *)(uintptr_t)texts[i].ptr, texts[i].len};
    }
    rc = wire_write(&io->connection->wire, call->task, part, 4, err);
    drop_pending(io);
    if (rc != RC_OK) {
        io->answer = ANSWER_BROKEN;
        io->connection->closes = true;
    }
    return rc;
}

enum rc
http_answer(struct http_call *call, int status, const struct http_fields *fields, struct str body,
            struct err *err)
{
    struct exchange_io *io = call->io;
    enum rc rc = begin(call, status, fields, (int64_t)body.len, err);

    if (rc != RC_OK) {
        return rc;
    }
    rc = send_parts(call, STR(""), io->has_body ? body : STR(""), STR(""), err);
    if (rc == RC_OK) {
        io->answer = ANSWER_ENDED;
    }
    return rc;
}

enum rc
http_answer_begin(struct http_call *call, int status, const struct http_fields *fields,
                  int64_t length, struct err *err)
{
    return begin(call, status, fields, length, err);
}

enum rc
http_answer_piece(struct http_call *call, struct str piece, struct err *err)
{
    struct exchange_io *io = call->io;
    char line[CHUNK_LINE_BYTES];

    CHECK(io->answer != ANSWER_NONE && io->answer != ANSWER_ENDED);
    if (io->answer == ANSWER_BROKEN) {
        return err_set(err, RC_IO, "the answer broke before");
    }
    if (io->answer_left >= 0) {
        CHECK((uint64_t)io->answer_left >= piece.len); /* more than was announced */
        io->answer_left -= (int64_t)piece.len;
    }
    if (!io->has_body || piece.len == 0) {
        /* An empty chunk would end the body. */
        return io->pending != NULL ? send_parts(call, STR(""), STR(""), STR(""), err) : RC_OK;
    }
    if (!io->is_chunked) {
        return send_parts(call, STR(""), piece, STR(""), err);
    }
    int len = snprintf(line, sizeof(line), "%zx\r\n", piece.len);
    return send_parts(call, (struct str){line, (size_t)len}, piece, STR("\r\n"), err);
}

enum rc
http_answer_end(struct http_call *call, struct err *err)
{
    struct exchange_io *io = call->io;
    struct str last = io->is_chunked && io->has_body ? STR("0\r\n\r\n") : STR("");
    enum rc rc = RC_OK;

    CHECK(io->answer != ANSWER_NONE && io->answer != ANSWER_ENDED);
    if (io->answer == ANSWER_BROKEN) {
        return err_set(err, RC_IO, "the answer broke before");
    }
    CHECK(io->answer_left <= 0 || !io->has_body); /* less than was announced */
    if (io->pending != NULL || last.len > 0) {
        rc = send_parts(call, STR(""), last, STR(""), err);
    }
    if (rc == RC_OK) {
        io->answer = ANSWER_ENDED;
    }
    return rc;
}

bool
http_is_answered(const struct http_call *call)
{
    return call->io->answer != ANSWER_NONE;
}

size_t
problem_write(char *out, size_t size, const char *type, int status)
{
    int len = snprintf(out, size, "{\"type\":\"/problems/%s\",\"title\":\"%s\",\"status\":%d}", type,
                       http_reason(status), status);

    CHECK(len > 0 && (size_t)len < size);
    return (size_t)len;
}

enum rc
http_answer_failure(struct http_call *call, enum rc rc, const struct err *failure,
                    struct err *err)
{
    static const struct http_fields fields = {
        .field = {{STR_INIT("Content-Type"), STR_INIT("application/problem+json")}}, .count = 1};
    char text[256];
    int status = http_status_of(rc, failure);
    size_t len = problem_write(text, sizeof(text), failure->type, status);

    return http_answer(call, status, &fields, (struct str){text, len}, err);
}

/* --- the end --- */

/* An unread body: take it in if it is short, else the connection cannot be used again. */
static void
drain(struct http_call *call)
{
    struct exchange_io *io = call->io;
    struct connection *c = io->connection;
    char dropped[2048];
    size_t total = 0;
    struct err ignored;

    while (!io->body_ended && !io->body_failed && !c->closes) {
        size_t len = 0;
        if (total > DRAIN_BYTES ||
            http_body_piece(call, dropped, sizeof(dropped), &len, &ignored) != RC_OK) {
            c->closes = true;
        }
        total += len;
    }
    c->lingers = c->closes && (!io->body_ended || c->in_end > c->in_start);
}

void
exchange_end(struct http_call *call)
{
    struct exchange_io *io = call->io;
    struct connection *c = io->connection;
    struct err failure;
    struct err ignored;

    if (io->answer == ANSWER_NONE) {
        enum rc rc = err_set(&failure, RC_CORRUPT, "the handler gave no answer");
        if (c->server->config.log != NULL) {
            log_failure(c->server->config.log, "no-answer", rc, &failure);
        }
        (void)!http_answer_failure(call, rc, &failure, &ignored);
    }
    if (io->answer != ANSWER_ENDED) {
        /* Begun and left, or broken: a cut is the only honest end. */
        drop_pending(io);
        c->closes = true;
        c->lingers = false;
        return;
    }
    drain(call);
}
