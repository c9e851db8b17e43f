/*
 * A whole head and body from a peer, as a question and as an answer, and a purpose that must come back as it was
 * read.  The input is lines name:value, an empty line, and the body.  No signature will ever fit; nothing may break.
 */
#include "exchange/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_purpose(struct arena *a, struct str value)
{
    struct purpose p, again;
    struct str text;
    struct err err;

    if (purpose_parse(a, value, &p, &err) == RC_OK && purpose_put(a, &p, &text, &err) == RC_OK) {
        enum rc rc = purpose_parse(a, text, &again, &err);
        CHECK(rc == RC_LIMIT || (rc == RC_OK && str_eq(p.case_no, again.case_no) &&
                                 str_eq(p.basis, again.basis) && p.urgent == again.urgent));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct peer from = {.name = STR_INIT("city"),
                                     .public_key = STR_INIT("0123456789abcdef0123456789abcdef")};
    const struct envelope_clock clock = {1618884473, 300};
    struct str rest = {(const char *)data, size}, line;
    struct http_head head = {.method = STR("POST"), .target = STR("/exchange/yl/person")};
    struct arena *a = arena_new(1 << 20);
    struct envelope *asked = arena_alloc(a, 1, sizeof(*asked));
    struct envelope *answered = arena_alloc(a, 1, sizeof(*answered));
    struct err err;

    CHECK(asked != NULL && answered != NULL);
    while (str_next(&rest, '\n', &line) && line.len > 0) {
        size_t colon = str_find_byte(line, ':');
        if (!http_add(&head.fields, str_sub(line, 0, colon), str_trim(str_from(line, colon + 1)))) {
            break;
        }
    }
    check_purpose(a, http_get(&head.fields, "zhengtong-purpose"));
    enum rc rc =
        envelope_read_ask(a, asked, &head, rest, &from, STR("zr.example:8443"), &clock, &err);
    CHECK(rc == RC_DENIED || rc == RC_INVALID || rc == RC_LIMIT);
    head.status = 200;
    rc = envelope_read_answer(a, answered, &head, rest, &from, asked, &clock, &err);
    CHECK(rc == RC_PEER || rc == RC_LIMIT);
    arena_free(a);
    return 0;
}
