/*
 * Any object against the form of the restaurant, section after section and as an answer to a supplement.  What was taken is taken again
 * the same, a fetched value never comes from input, and whatever is kept can be shown.
 */
#include "base/asset.h"
#include "service/form.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

enum { TODAY = 20780, ROOM = 16 << 20 };

static const struct form *
restaurant(struct arena *a)
{
    struct json *item = NULL;
    struct form *f = NULL;
    struct err err;

    CHECK(json_parse(a, asset_text(asset_find(STR("demo/items/restaurant.json"))), JSON_UNIQUE,
                     &item, &err) == RC_OK);
    CHECK(form_load(a, json_get(item, "form"), &f, &err) == RC_OK);
    return f;
}

static void
show(const struct form *f, struct arena *a, const struct json *values, const struct json *errors)
{
    struct json *document;
    struct err err;
    enum rc rc;

    for (size_t i = 0; i < form_sections(f); i++) {
        rc = form_section_document(f, a, i, values, errors, STR("en"), &document, &err);
        CHECK(rc == RC_OK || rc == RC_LIMIT);
    }
    rc = form_summary(f, a, values, STR("zh"), &document, &err);
    CHECK(rc == RC_OK || rc == RC_LIMIT);
}

static void
try(const struct form *f, struct arena *a, const struct json *input)
{
    struct json *values = json_object(a), *errors = NULL, *again = NULL;
    struct err err;

    for (size_t i = 0; i < form_sections(f); i++) {
        if (form_take(f, a, i, input, TODAY, STR("zh"), values, &errors, &err) != RC_OK) {
            return;
        }
        show(f, a, values, errors);
    }
    CHECK(json_get(values, "owner_name") == NULL && json_get(values, "plan") == NULL);
    if ((again = json_copy(a, values)) == NULL) {
        return;
    }
    for (size_t i = 0; i < form_sections(f); i++) {
        if (form_take(f, a, i, values, TODAY, STR("zh"), again, &errors, &err) != RC_OK) {
            return;
        }
    }
    CHECK(json_equal(values, again));
}

static void
supply(const struct form *f, struct arena *a, const struct json *input)
{
    static const char *const fields[] = {"area", "opening", "plan", "shop_name", "business_kinds"};
    struct json *names = json_array(a), *values = NULL, *errors = NULL;
    struct err err;

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        struct json *name = json_object(a);
        json_set_text(a, name, "field", str_of(fields[i]));
        json_push(names, name);
    }
    enum rc rc =
        form_take_fields(f, a, names, input, TODAY, STR("en"), &values, &errors, &err);
    CHECK(rc == RC_OK || rc == RC_LIMIT);
    if (rc == RC_OK) {
        show(f, a, values, errors);
    }
}

int
LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
    struct arena *a = arena_new(ROOM);
    const struct form *f = restaurant(a);
    struct json *input = NULL;
    struct err err;

    if (json_parse(a, (struct str){(const char *)bytes, len}, JSON_ANY, &input, &err) == RC_OK) {
        try(f, a, input);
        supply(f, a, input);
    }
    arena_free(a);
    return 0;
}
