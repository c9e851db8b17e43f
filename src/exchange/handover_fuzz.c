/*
 * Whatever comes as the body of a message is refused as no question, or has what its kind has to have; and what is kept of it, however often it comes, stays whole and of a
 * size that does not grow.  Once as a message from outside, once with the members that all have put around it, so that each kind is reached.
 */
#include "crypto/vault.h"
#include "exchange/handover_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 64 << 20, KEPT_MOST = 2 << 20, AGAIN = 3 };

static const char agreed[] =
    "{\"id\":\"a-1\",\"sender\":\"yunxi\",\"receiver\":\"haichuan\",\"process\":\"decide\",\"item\":\"subsidy\",\"basis\":\"law\",\"mode\":\"counter\","
    "\"takes\":[\"part\",\"applicant\"],\"gives\":[\"decision\",\"monthly\"],\"from\":\"2026-01-01T00:00:00+08:00\","
    "\"until\":\"2126-01-01T00:00:00+08:00\",\"state\":\"in-use\",\"sets\":{\"own\":\"x\"}}";

static struct str
written(struct arena *a, const struct json *j)
{
    struct str text = STR("");
    struct err err;

    CHECK(json_whole(j, &err) == RC_OK && json_print(a, j, &text, &err) == RC_OK);
    return text;
}

/* What an offer begins is what was agreed to be taken, and the receiver's own word stands. */
static void
take_offer(struct arena *a, const struct json *agreement, const struct handover_letter *l, struct json *content)
{
    const struct hash seed = {{7}};
    const struct handover_terms terms = {.sender = STR("yunxi"), .receiver = STR("haichuan"), .process = json_str(l->body, "process"),
                                         .item = json_str(l->body, "item"), .basis = json_str(l->body, "basis"),
                                         .variables = json_get(l->body, "variables"), .now_us = INT64_C(1780000000) * 1000000};
    struct json *applicant, *variables = handover_variables(a, l->body, agreement);
    struct err err;
    enum rc rc = handover_agreed(agreement, &terms, &err);

    CHECK(rc == RC_OK || rc == RC_DENIED);
    for (const struct json *v = rc == RC_OK ? json_get(l->body, "variables")->first : NULL; v != NULL; v = v->next) {
        CHECK(handover_names(json_get(agreement, "takes"), v->key));
    }
    CHECK(str_eq(json_str(variables, "own"), STR("x")));
    rc = handover_open_applicant(a, &seed, l->body, &applicant, &err);
    CHECK(rc == RC_INVALID || (rc == RC_OK && applicant == NULL));
    handover_keep_offer(a, content, agreement, l->body);
}

static void
take_result(struct arena *a, struct json *content, const struct json *body)
{
    struct str outcome = handover_keep_result(a, content, body);
    struct json *given = handover_given(a, content, json_get(body, "variables"));

    CHECK(outcome.len > 0);
    for (const struct json *v = given->first; v != NULL; v = v->next) {
        CHECK(handover_names(json_get(content, "wants"), v->key));
        CHECK(v->kind == JSON_NULL || handover_names(json_get(content, "gives"), v->key));
    }
}

static void
keep(struct arena *a, const struct json *agreement, const struct handover_letter *l)
{
    struct json *content = json_object(a), *j;
    struct err err;

    CHECK(json_parse(a, STR("{\"wants\":[\"decision\",\"monthly\",\"decision\",\"inside\"]}"), JSON_ANY, &content, &err) == RC_OK);
    json_set(a, content, "gives", json_copy(a, json_get(agreement, "gives")));
    for (int n = 0; n < AGAIN; n++) {
        if (str_eq(l->kind, STR("offer"))) {
            take_offer(a, agreement, l, content);
        } else if (str_eq(l->kind, STR("progress"))) {
            handover_keep_progress(a, content, l->body);
        } else if (str_eq(l->kind, STR("result"))) {
            take_result(a, content, l->body);
        }
    }
    struct str text = written(a, content);
    CHECK(text.len <= KEPT_MOST && json_parse(a, text, JSON_UNIQUE, &j, &err) == RC_OK);
}

static void
read_one(struct arena *a, const struct json *agreement, struct str text)
{
    struct handover_letter l, again;
    struct err err;
    enum rc rc = handover_letter_read(a, text, &l, &err);

    CHECK(rc == RC_OK || rc == RC_LIMIT || (rc == RC_INVALID && str_eq(str_of(err.type), STR("question-invalid"))));
    if (rc != RC_OK) {
        return;
    }
    CHECK(l.name.len > 0 && l.kind.len > 0 && l.number > 0);
    CHECK(!l.is_fetch || (json_int_or(l.body, "from", -1) >= 0 && json_str(l.body, "material").len > 0));
    CHECK(handover_letter_read(a, written(a, l.body), &again, &err) == RC_OK && json_equal(l.body, again.body));
    CHECK(again.number == l.number && again.side == l.side && again.is_greeting == l.is_greeting);
    keep(a, agreement, &l);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const kinds[] = {"offer", "withdraw", "received", "progress", "result", "fetch", "hello"};
    const struct str text = {(const char *)data, size};
    struct arena *a = arena_new(ROOM);
    struct json *agreement, *body;
    struct err err;

    CHECK(json_parse(a, str_of(agreed), JSON_ANY, &agreement, &err) == RC_OK);
    if (size <= HANDOVER_BODY_MAX) {
        read_one(a, agreement, text);
    }
    if (size <= HANDOVER_BODY_MAX && json_parse(a, text, JSON_UNIQUE, &body, &err) == RC_OK && json_is(body, JSON_OBJECT)) {
        for (size_t n = 0; n < sizeof(kinds) / sizeof(kinds[0]); n++) {
            struct json *whole = json_copy(a, body);
            json_set_text(a, whole, "handover", STR("yunxi:1:2:0"));
            json_set_text(a, whole, "kind", str_of(kinds[n]));
            json_set_text(a, whole, "salt", STR("0123456789abcdef"));
            json_set_int(a, whole, "number", 1);
            read_one(a, agreement, written(a, whole));
        }
    }
    size_t cut = size > 0 ? data[0] : 0;
    CHECK(handover_clip(text, cut).len <= cut);
    arena_free(a);
    return 0;
}
