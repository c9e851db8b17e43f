/*
 * Any object as what a browser sends of the city's longest form: it is read, what is wrong with it stands at fields that the page has, and everything can be
 * shown.
 */
#include "base/asset.h"
#include "base/clock.h"
#include "base/mem.h"
#include "rule/schema.h"
#include "service/schema_form.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

enum { TODAY = 20780, ROOM = 16 << 20 };

static struct json *
faults_of(const struct schema *schema, struct arena *a, const struct json *data)
{
    struct schema_result *result = arena_alloc(a, 1, sizeof(*result));
    struct json *list = json_array(a);
    struct err err;

    if (result == NULL || schema_check(schema, a, data, TODAY, result, &err) != RC_OK) {
        return NULL;
    }
    for (size_t i = 0; !result->is_valid && i < result->count; i++) {
        const struct schema_error *e = &result->errors[i];
        struct json *one = json_object(a);
        json_set_text(a, one, "field", e->missing.len > 0 ? str_fmt(a, "%.*s/%.*s", STR_ARG(e->path), STR_ARG(e->missing)) : e->path);
        json_set_text(a, one, "zh", e->zh);
        json_set_text(a, one, "en", e->en);
        json_push(list, one);
    }
    return list;
}

static void
try(const struct json *form, const struct schema *schema, struct arena *a, const struct json *input)
{
    struct str more = json_str(input, "add"), without = json_str(input, "remove");
    struct json *data, *errors = NULL, *fields, *faults;
    struct err err;
    enum rc rc = schema_form_read(form, a, input, CLOCK_OFFSET_CHINA_MINUTES, without, &data, &err);

    CHECK(rc == RC_OK || rc == RC_LIMIT);
    if (rc != RC_OK || (faults = faults_of(schema, a, data)) == NULL || json_whole(faults, &err) != RC_OK) {
        return;
    }
    rc = schema_form_errors(form, a, faults, STR("zh"), &errors, &err);
    CHECK(rc == RC_OK || rc == RC_LIMIT);
    if (rc != RC_OK) {
        return;
    }
    CHECK((faults->count == 0) == (errors->count == 0));
    for (const struct json *e = errors->first; e != NULL; e = e->next) {
        CHECK(str_starts(json_str(e, "field"), STR("data")) && json_str(e, "message").len > 0);
    }
    rc = schema_form_fields(form, a, data, errors, CLOCK_OFFSET_CHINA_MINUTES, more, STR("en"), &fields, &err);
    CHECK(rc == RC_OK || rc == RC_LIMIT);
}

int
LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
    static struct arena *kept;
    static struct json *form;
    static const struct schema *schema;
    const struct schema_options options = {.assert_formats = true};
    struct arena *a = arena_new(ROOM);
    struct json *input;
    struct err err;

    if (kept == NULL) {
        kept = arena_new(ROOM);
        CHECK(json_parse(kept, asset_text(asset_find(STR("demo/forms/site-record.json"))), JSON_UNIQUE, &form, &err) == RC_OK);
        CHECK(schema_form_check(form, &err) == RC_OK);
        CHECK(schema_compile(kept, STR(""), form, &options, &schema, &err) == RC_OK);
    }
    if (json_parse(a, (struct str){(const char *)bytes, len}, JSON_UNIQUE, &input, &err) == RC_OK && json_is(input, JSON_OBJECT)) {
        try(form, schema, a, input);
    }
    arena_free(a);
    return 0;
}
