/* What JSON becomes by a type is of that type, and written as JSON again becomes the same; a range read from text is written as itself. */
#include "base/utf8.h"
#include "rule/call_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TYPE(which) static const struct type type_of_##which
TYPE(any) = {.kind = TYPE_ANY};
TYPE(number) = {.kind = TYPE_NUMBER};
TYPE(date) = {.kind = TYPE_DATE};
TYPE(time) = {.kind = TYPE_TIME};
TYPE(moment) = {.kind = TYPE_DATE_TIME};
TYPE(days) = {.kind = TYPE_DAYS_DURATION};
TYPE(months) = {.kind = TYPE_MONTHS_DURATION};
TYPE(dates) = {.kind = TYPE_LIST, .element = &type_of_date};
TYPE(span) = {.kind = TYPE_RANGE, .element = &type_of_number};
TYPE(node);
static const struct type_member members[] = {{STR_INIT("d"), &type_of_date}, {STR_INIT("n"), &type_of_node}};
TYPE(node) = {.kind = TYPE_CONTEXT, .count = 2, .member = members};
TYPE(nodes) = {.kind = TYPE_LIST, .element = &type_of_node};
static const struct type *const types[] = {
    &type_of_any, &type_of_number, &type_of_date, &type_of_time, &type_of_moment, &type_of_days, &type_of_months,
    &type_of_dates, &type_of_span, &type_of_node, &type_of_nodes,
};

static void
try_type(struct run *r, struct arena *a, const struct type *t, const struct json *j)
{
    struct value v, again;
    struct json *written;
    struct err err;
    struct str text;
    struct buf b;
    bool is = false;

    run_begin(r, 0, 0);
    if (!type_of_json(r, t, j, &v) || v.kind == VALUE_NULL) {
        return;
    }
    CHECK(type_is(r, t, v, &is) && is);
    buf_init(&b, a, 1 << 20);
    value_put_json(&b, v);
    if (buf_finish(&b, &text, &err) == RC_OK && json_parse(a, text, JSON_ANY, &written, &err) == RC_OK &&
        type_of_json(r, t, written, &again)) {
        CHECK(value_same(v, again));
    }
}

static void
try_range(struct run *r, struct arena *a, struct str text)
{
    struct value v = value_null(), again = value_null();
    struct str written;

    run_begin(r, 0, 0);
    if (call_range_literal(r, text, &v) && v.kind == VALUE_RANGE) {
        written = value_text(a, v, true);
        CHECK(written.ptr == NULL || !call_range_literal(r, written, &again) || value_same(v, again));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct run_limits limits = {.memory_bytes = 1 << 20, .steps = 20000, .stack_bytes = 160 << 10};
    static struct run *r;
    struct str text = {(const char *)data, size};
    struct arena *a = arena_new(1 << 20);
    struct json *j;
    struct err err;

    if (r == NULL) {
        r = run_new(&limits, zones_new(ZONE_FOLDER));
    }
    if (json_parse(a, text, JSON_ANY, &j, &err) == RC_OK) {
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
            try_type(r, a, types[i], j);
        }
    } else if (utf8_is_valid(text)) {
        try_range(r, a, text);
    }
    arena_free(a);
    return 0;
}
