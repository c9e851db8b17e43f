#include "main/story_http.h"

#include "net/loop.h"

enum { PATIENCE_US = 30000000, BODY_MAX = 16 << 20 };

static const struct str boundary = STR_INIT("zhengtong-story-7f3a91c2");

static enum rc
visit_send(struct visitor *v, struct http_out *request, int want, struct visit *out,
           struct err *err)
{
    struct origin origin = {.host = STR("127.0.0.1"), .port = v->port};
    int64_t until_us = loop_now_us(task_loop(v->task)) + PATIENCE_US;
    struct http_in in;
    struct json *document = NULL;
    struct err not_json;
    enum rc rc;

    CHECK(http_add(&request->fields, STR("Accept"), STR("application/json")));
    if (v->token.len > 0) {
        CHECK(http_add(&request->fields, STR("Authorization"),
                       str_fmt(v->arena, "Bearer %.*s", STR_ARG(v->token))));
    }
    if ((rc = client_call(v->client, v->task, v->arena, &origin, request, until_us, &in, err)) !=
        RC_OK) {
        return rc;
    }
    if (json_parse(v->arena, in.body, JSON_ANY, &document, &not_json) != RC_OK) {
        document = NULL;
    }
    *out = (struct visit){.status = in.head.status,
                          .location = http_get(&in.head.fields, "location"),
                          .document = document,
                          .body = in.body};
    if (in.head.status != want) {
        return err_set(err, RC_PEER, "%.*s %.*s answered %d, not %d: %.*s",
                       STR_ARG(request->method), STR_ARG(request->target), in.head.status, want,
                       STR_ARG(str_sub(in.body, 0, 120)));
    }
    return RC_OK;
}

enum rc
visit_get(struct visitor *v, struct str path, int want, struct visit *out, struct err *err)
{
    struct http_out request = {.method = STR("GET"), .target = path};

    return visit_send(v, &request, want, out, err);
}

enum rc
visit_post(struct visitor *v, struct str path, const struct json *body, struct str key, int want,
           struct visit *out, struct err *err)
{
    struct http_out request = {.method = STR("POST"), .target = path};
    enum rc rc = json_print(v->arena, body, &request.body, err);

    if (rc != RC_OK) {
        return rc;
    }
    CHECK(http_add(&request.fields, STR("Content-Type"), STR("application/json")));
    if (key.len > 0) {
        CHECK(http_add(&request.fields, STR("Idempotency-Key"), key));
    }
    return visit_send(v, &request, want, out, err);
}

enum rc
visit_upload(struct visitor *v, struct str path, const struct json *fields, struct str field,
             struct str file_name, struct str content, int want, struct visit *out,
             struct err *err)
{
    struct http_out request = {.method = STR("POST"), .target = path};
    struct buf b;
    enum rc rc;

    buf_init(&b, v->arena, BODY_MAX);
    for (const struct json *f = fields->first; f != NULL; f = f->next) {
        buf_put_fmt(&b, "--%.*s\r\nContent-Disposition: form-data; name=\"%.*s\"\r\n\r\n%.*s\r\n",
                    STR_ARG(boundary), STR_ARG(f->key), STR_ARG(f->text));
    }
    buf_put_fmt(&b,
                "--%.*s\r\nContent-Disposition: form-data; name=\"%.*s\"; filename=\"%.*s\"\r\n"
                "Content-Type: application/octet-stream\r\n\r\n",
                STR_ARG(boundary), STR_ARG(field), STR_ARG(file_name));
    buf_put(&b, content);
    buf_put_fmt(&b, "\r\n--%.*s--\r\n", STR_ARG(boundary));
    if ((rc = buf_finish(&b, &request.body, err)) != RC_OK) {
        return rc;
    }
    CHECK(http_add(&request.fields, STR("Content-Type"),
                   str_fmt(v->arena, "multipart/form-data; boundary=%.*s", STR_ARG(boundary))));
    return visit_send(v, &request, want, out, err);
}
