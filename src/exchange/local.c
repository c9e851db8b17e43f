/*
 * The door for information systems beside the node: plain JSON in, the record and where it came from out.
 */
#include "exchange/gate.h"
#include "exchange/problem.h"

static void
answer_json(struct http_call *call, int status, struct str type, const struct json *document)
{
    struct http_fields fields = {.count = 0};
    struct str body;
    struct err err;

    CHECK(http_add(&fields, STR("Content-Type"), type));
    if (json_print(call->arena, document, &body, &err) != RC_OK) {
        status = 500;
        body = STR("");
    }
    if (http_answer(call, status, &fields, body, &err) != RC_OK) {
        return; /* the other side has gone */
    }
}

static enum rc
read_question(struct http_call *call, struct question *q, struct err *err)
{
    struct json *j;
    struct str body;
    enum rc rc;

    if ((rc = http_body(call, EXCHANGE_QUESTION_MAX, &body, err)) != RC_OK) {
        return rc;
    }
    if (!str_starts(http_get(&call->head->fields, "content-type"), STR("application/json"))) {
        return err_set(err, RC_TYPE, "Content-Type is not application/json");
    }
    if ((rc = json_parse(call->arena, body, JSON_UNIQUE, &j, err)) != RC_OK) {
        err->type = rc == RC_INVALID ? "question-invalid" : err->type;
        return rc;
    }
    const struct json *key = json_get(j, "key"), *purpose = json_get(j, "purpose");
    q->key_kind = json_str(key, "kind");
    q->key = json_str(key, "value");
    q->fields = json_get(j, "fields");
    q->subject = json_str(j, "subject");
    q->purpose = (struct purpose){.case_no = json_str(purpose, "case"),
                                  .item = json_str(purpose, "item"),
                                  .basis = json_str(purpose, "basis"),
                                  .actor = json_str(purpose, "actor"),
                                  .urgent = json_true(purpose, "urgent")};
    return RC_OK;
}

/* Text that was made on the arena: one that did not fit there is lost, not empty. */
static void
set_made(struct arena *a, struct json *j, const char *key, struct str text)
{
    json_set(a, j, key, text.ptr != NULL ? json_text(a, text) : NULL);
}

static struct json *
answer_document(struct gate *g, struct arena *a, const struct answer *answer)
{
    int offset = g->config.offset_minutes;
    struct json *j = json_object(a), *source = json_object(a);

    json_set_text(a, source, "node", answer->source_node);
    json_set_text(a, source, "resource", answer->resource);
    set_made(a, source, "updated", instant_text(a, answer->updated_us, offset));
    json_set_int(a, source, "act", answer->source_act);
    json_set(a, j, "record", json_copy(a, answer->record));
    json_set(a, j, "source", source);
    set_made(a, j, "obtained", instant_text(a, answer->obtained_us, offset));
    json_set_int(a, j, "act", answer->act);
    return j;
}

void
gate_serve_local(struct gate *g, struct http_call *call, struct str resource)
{
    struct question q = {.resource = resource};
    struct answer answer;
    struct err err;
    enum rc rc;

    if ((rc = read_question(call, &q, &err)) != RC_OK ||
        (rc = gate_ask(g, call->task, call->arena, &q, &answer, &err)) != RC_OK) {
        const struct problem *p = problem_of(rc, &err);
        answer_json(call, p->status, STR("application/problem+json"),
                    problem_document(call->arena, p));
        return;
    }
    answer_json(call, 200, STR("application/json"), answer_document(g, call->arena, &answer));
}
