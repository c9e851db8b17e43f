/*
 * Bytes from a peer as Signature-Input, Signature, Content-Digest and fields: parsed, built into a base, and what was
 * parsed must be its own canonical form.  The input is lines: input, signature, digest, then name:value.
 */
#include "exchange/http_signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
take_fields(struct str *rest, struct http_fields *fields)
{
    struct str line;

    while (fields->count < 8 && str_next(rest, '\n', &line)) {
        size_t colon = str_find_byte(line, ':');
        fields->field[fields->count++] = (struct http_field){
            str_sub(line, 0, colon), str_trim(str_from(line, colon + 1))};
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size}, input = {NULL, 0}, value = {NULL, 0},
               digest = {NULL, 0}, out;
    struct signature_params p, again;
    struct http_fields fields = {.count = 0};
    struct arena *a = arena_new(1 << 20);
    struct err err;

    (void)str_next(&rest, '\n', &input);
    (void)str_next(&rest, '\n', &value);
    (void)str_next(&rest, '\n', &digest);
    take_fields(&rest, &fields);
    struct signed_message question = {.is_request = true,
                                      .method = STR("POST"),
                                      .scheme = STR("https"),
                                      .authority = fields.count > 0 ? fields.field[0].value : STR(""),
                                      .target = fields.count > 1 ? fields.field[1].value : STR("/"),
                                      .fields = &fields};
    struct signed_message answer = {.status = 200, .fields = &fields, .request = &question};
    enum rc rc = signature_input_parse(a, input, STR("zt"), &p, &err);
    if (rc == RC_OK) {
        rc = signature_base(a, &question, &p, &out, &err);
        CHECK(rc != RC_OK || str_ends(out, p.inner));
        rc = signature_base(a, &answer, &p, &out, &err);
        CHECK(rc != RC_OK || str_ends(out, p.inner));
        struct str text = str_fmt(a, "zt=%.*s", STR_ARG(p.inner));
        rc = text.ptr == NULL ? RC_LIMIT : signature_input_parse(a, text, STR("zt"), &again, &err);
        CHECK(rc == RC_LIMIT || (rc == RC_OK && str_eq(again.inner, p.inner)));
    }
    rc = signature_value_parse(a, value, STR("zt"), &out, &err);
    CHECK(rc == RC_OK || rc == RC_INVALID || rc == RC_NOT_FOUND || rc == RC_LIMIT);
    rc = content_digest_check(a, digest, STR("body"), &err);
    CHECK(rc == RC_OK || rc == RC_INVALID || rc == RC_LIMIT);
    arena_free(a);
    return 0;
}
