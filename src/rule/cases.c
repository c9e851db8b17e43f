#include "rule/cases.h"

#include "rule/dmn_int.h"
#include "rule/xml.h"

static const struct str instance = STR_INIT("http://www.w3.org/2001/XMLSchema-instance");
static const struct xml_limits limits = {
    .bytes = DMN_BYTES_MAX, .depth = DMN_DEPTH_MAX, .elements = DMN_ELEMENTS_MAX, .attributes = 64};

struct given {
    struct str name, name_space;
    struct value value;
};
struct expected {
    struct str name, name_space;
    bool is_error; /* whatever stands beside it: null */
    struct value value;
};
struct one_case {
    struct case_info info;
    enum dmn_node_kind kind;
    struct str invocable;
    size_t inputs;
    struct given *input;
    struct expected *expected;
};
struct cases {
    struct str model;
    size_t count;
    struct one_case *one;
};
struct reader {
    struct arena *arena;
    struct zones *zones;
    struct err *err;
};

/* --- values ---------------------------------------------------------------------------------------------- */

static bool
is_nil(const struct xml *e)
{
    return str_eq(str_trim(xml_attribute_of(e, instance, "nil")), STR("true"));
}

static enum rc
full(struct reader *r)
{
    return err_set(r->err, RC_LIMIT, "the test cases do not fit in memory");
}

static bool
read_temporal(struct reader *r, struct str type, struct str text, struct value *out, bool *fits)
{
    struct temporal *t = arena_alloc(r->arena, 1, sizeof(*t));

    *fits = t != NULL;
    if (t == NULL) {
        return false;
    }
    if (str_eq(type, STR("date")) && temporal_parse_date(text, t)) {
        *out = (struct value){.kind = VALUE_DATE, .as.temporal = t};
    } else if (str_eq(type, STR("time")) && temporal_parse_time(r->zones, text, t)) {
        *out = (struct value){.kind = VALUE_TIME, .as.temporal = t};
    } else if (str_eq(type, STR("dateTime")) && temporal_parse_date_time(r->zones, text, t)) {
        *out = (struct value){.kind = VALUE_DATE_TIME, .as.temporal = t};
    } else {
        return false;
    }
    return true;
}

static bool
read_plain(struct str type, struct str text, struct value *out)
{
    struct decimal number;
    struct duration duration;
    int64_t months;

    if ((str_eq(type, STR("decimal")) || str_eq(type, STR("double")) || str_eq(type, STR("integer")) ||
         str_eq(type, STR("int")) || str_eq(type, STR("long")) || str_eq(type, STR("float"))) &&
        decimal_parse(text, &number)) {
        *out = value_of_number(number);
    } else if (str_eq(type, STR("boolean")) &&
               (str_eq(text, STR("true")) || str_eq(text, STR("false")) || str_eq(text, STR("1")) || str_eq(text, STR("0")))) {
        *out = value_of_bool(str_eq(text, STR("true")) || str_eq(text, STR("1")));
    } else if (str_eq(type, STR("duration")) && duration_parse(text, &duration)) {
        *out = (struct value){.kind = VALUE_DAYS_DURATION, .as.duration = duration};
    } else if (str_eq(type, STR("duration")) && months_parse(text, &months)) {
        *out = (struct value){.kind = VALUE_MONTHS_DURATION, .as.months = months};
    } else {
        return false;
    }
    return true;
}

/* <value xsi:type="xsd:decimal">1</value>; without a type it is a string. */
static enum rc
read_simple(struct reader *r, const struct xml *e, struct value *out)
{
    struct str type = str_trim(xml_attribute_of(e, instance, "type")), text = str_trim(e->text);
    size_t colon = str_find_byte(type, ':');
    bool fits = true;

    type = colon < type.len ? str_from(type, colon + 1) : type;
    if (is_nil(e)) {
        *out = value_null();
    } else if (type.len == 0 || str_eq(type, STR("string"))) {
        *out = value_of_str(e->text);
    } else if (!read_plain(type, text, out) && !read_temporal(r, type, text, out, &fits)) {
        text = str_sub(text, 0, 60);
        return !fits ? full(r)
                     : err_set(r->err, RC_INVALID, "line %u: %.*s is no %.*s", e->line, STR_ARG(text), STR_ARG(type));
    }
    return RC_OK;
}

static size_t
count_of(const struct xml *e, const char *name)
{
    size_t count = 0;

    for (const struct xml *c = xml_child(e, name); c != NULL; c = xml_next(c, name)) {
        count++;
    }
    return count;
}

static enum rc read_value(struct reader *r, const struct xml *e, struct value *out);

static enum rc
read_list(struct reader *r, const struct xml *e, struct value *out)
{
    struct list *list = arena_alloc(r->arena, 1, sizeof(*list));
    struct value *item = arena_alloc(r->arena, count_of(e, "item"), sizeof(*item));
    size_t count = 0;
    enum rc rc = RC_OK;

    if (list == NULL || item == NULL) {
        return full(r);
    }
    for (const struct xml *c = xml_child(e, "item"); c != NULL && rc == RC_OK; c = xml_next(c, "item")) {
        rc = read_value(r, c, &item[count++]);
    }
    *list = (struct list){count, item};
    *out = (struct value){.kind = VALUE_LIST, .as.list = list};
    return rc;
}

static enum rc
read_components(struct reader *r, const struct xml *e, struct value *out)
{
    struct context *made = arena_alloc(r->arena, 1, sizeof(*made));
    struct entry *entry = arena_alloc(r->arena, count_of(e, "component"), sizeof(*entry));
    size_t count = 0;
    enum rc rc = RC_OK;

    if (made == NULL || entry == NULL) {
        return full(r);
    }
    for (const struct xml *c = xml_child(e, "component"); c != NULL && rc == RC_OK; c = xml_next(c, "component")) {
        entry[count].name = str_trim(xml_attribute(c, "name"));
        rc = read_value(r, c, &entry[count++].value);
    }
    *made = (struct context){count, entry};
    *out = (struct value){.kind = VALUE_CONTEXT, .as.context = made};
    return rc;
}

/* What stands inside of an input, an expectation, an item, a component. */
static enum rc
read_value(struct reader *r, const struct xml *e, struct value *out)
{
    const struct xml *simple = xml_child(e, "value"), *list = xml_child(e, "list");

    *out = value_null();
    if (e == NULL || is_nil(e) || (list != NULL && is_nil(list))) {
        return RC_OK;
    }
    if (list != NULL) {
        return read_list(r, list, out);
    }
    if (xml_child(e, "component") != NULL) {
        return read_components(r, e, out);
    }
    return simple != NULL ? read_simple(r, simple, out) : RC_OK;
}

/* --- documents -------------------------------------------------------------------------------------------- */

static enum rc
read_inputs(struct reader *r, const struct xml *e, struct one_case *one)
{
    enum rc rc = RC_OK;

    one->input = arena_alloc(r->arena, count_of(e, "inputNode"), sizeof(*one->input));
    if (one->input == NULL) {
        return full(r);
    }
    for (const struct xml *c = xml_child(e, "inputNode"); c != NULL && rc == RC_OK; c = xml_next(c, "inputNode")) {
        struct given *given = &one->input[one->inputs++];
        given->name = str_trim(xml_attribute(c, "name"));
        given->name_space = str_trim(xml_attribute(c, "namespace"));
        rc = read_value(r, c, &given->value);
    }
    return rc;
}

static enum rc
read_expected(struct reader *r, const struct xml *e, struct one_case *one)
{
    enum rc rc = RC_OK;

    one->expected = arena_alloc(r->arena, count_of(e, "resultNode"), sizeof(*one->expected));
    if (one->expected == NULL) {
        return full(r);
    }
    for (const struct xml *c = xml_child(e, "resultNode"); c != NULL && rc == RC_OK; c = xml_next(c, "resultNode")) {
        struct expected *expected = &one->expected[one->info.results++];
        expected->name = str_trim(xml_attribute(c, "name"));
        expected->name_space = str_trim(xml_attribute(c, "namespace"));
        expected->is_error = str_eq(str_trim(xml_attribute(c, "errorResult")), STR("true"));
        rc = read_value(r, xml_child(c, "expected"), &expected->value);
    }
    return rc;
}

static enum rc
read_case(struct reader *r, const struct xml *e, struct one_case *one)
{
    struct str type = str_trim(xml_attribute(e, "type"));

    one->info.id = str_trim(xml_attribute(e, "id"));
    one->info.description = str_trim(xml_text(e, "description"));
    one->invocable = str_trim(xml_attribute(e, "invocableName"));
    if (type.len == 0 || str_eq(type, STR("decision"))) {
        one->kind = DMN_DECISION;
    } else if (str_eq(type, STR("decisionService"))) {
        one->kind = DMN_SERVICE;
    } else if (str_eq(type, STR("bkm"))) {
        one->kind = DMN_KNOWLEDGE;
    } else {
        type = str_sub(type, 0, 60);
        return err_set(r->err, RC_INVALID, "line %u: there are no test cases of type %.*s", e->line, STR_ARG(type));
    }
    enum rc rc = read_inputs(r, e, one);
    return rc == RC_OK ? read_expected(r, e, one) : rc;
}

enum rc
cases_read(struct arena *a, struct str xml, struct zones *zones, const struct cases **out, struct err *err)
{
    struct reader r = {a, zones, err};
    struct cases *made = arena_alloc(a, 1, sizeof(*made));
    struct xml_document document;

    if (made == NULL) {
        return full(&r);
    }
    enum rc rc = xml_read(a, xml, &limits, &document, NULL, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (!xml_is(document.root, "testCases")) {
        return err_set(err, RC_INVALID, "line %u: these are no test cases", document.root->line);
    }
    made->model = str_trim(xml_text(document.root, "modelName"));
    made->one = arena_alloc(a, count_of(document.root, "testCase"), sizeof(*made->one));
    if (made->one == NULL) {
        return full(&r);
    }
    for (const struct xml *e = xml_child(document.root, "testCase"); e != NULL && rc == RC_OK; e = xml_next(e, "testCase")) {
        rc = read_case(&r, e, &made->one[made->count++]);
    }
    if (rc == RC_OK) {
        *out = made;
    }
    return rc;
}

struct str
cases_model(const struct cases *c)
{
    return c->model;
}

size_t
cases_count(const struct cases *c)
{
    return c->count;
}

struct case_info
cases_at(const struct cases *c, size_t index)
{
    CHECK(index < c->count);
    return c->one[index].info;
}

/* --- running ---------------------------------------------------------------------------------------------- */

/* An item as it is called from outside, found by its namespace too where one is given. */
static struct str
called(const struct dmn *m, struct str name, struct str name_space)
{
    for (size_t i = 0; i < m->all && name_space.len > 0; i++) {
        if (str_eq(m->any[i]->info.name, name) && str_eq(m->any[i]->model->name_space, name_space)) {
            return m->any[i]->called;
        }
    }
    return name;
}

static bool
make_inputs(struct run *r, const struct dmn *m, const struct one_case *one, struct context *out)
{
    struct entry *entry = arena_alloc(run_arena(r), one->inputs, sizeof(*entry));

    if (entry == NULL) {
        return run_full(r);
    }
    for (size_t i = 0; i < one->inputs; i++) {
        entry[i] = (struct entry){called(m, one->input[i].name, one->input[i].name_space), one->input[i].value};
    }
    *out = (struct context){one->inputs, entry};
    return true;
}

/* Of a service with several outputs, the one that is asked. */
static void
take_output(const struct dmn *m, const struct one_case *one, struct str name, struct value *v)
{
    const struct dmn_item *service = dmn_find_item(m, one->invocable, 1u << DMN_SERVICE);

    if (service != NULL && service->outputs > 1 && v->kind == VALUE_CONTEXT) {
        const struct value *found = context_find(v->as.context, name);
        *v = found != NULL ? *found : *v;
    }
}

static enum rc
ask(struct run *r, const struct dmn *m, const struct one_case *one, const struct expected *expected, struct value *out,
    struct err *err)
{
    struct context inputs;
    enum rc rc;

    if (!make_inputs(r, m, one, &inputs)) {
        return run_rc(r, err);
    }
    switch (one->kind) {
    case DMN_SERVICE:
        rc = dmn_serve(r, m, one->invocable, &inputs, NULL, out, err);
        if (rc == RC_OK) {
            take_output(m, one, expected->name, out);
        }
        return rc;
    case DMN_KNOWLEDGE:
        return dmn_invoke(r, m, one->invocable, &inputs, NULL, out, err);
    case DMN_INPUT:
    case DMN_DECISION:
        break;
    }
    return dmn_decide(r, m, called(m, expected->name, expected->name_space), &inputs, NULL, out, err);
}

static bool
numbers_agree(struct decimal a, struct decimal b)
{
    struct decimal least, difference;

    return decimal_parse(STR("0.00000001"), &least) && decimal_subtract(a, b, &difference) &&
           decimal_compare(decimal_abs(difference), least) < 0;
}

static bool agrees(struct value expected, struct value got);

static bool
contexts_agree(const struct context *a, const struct context *b)
{
    bool is_good = a->count == b->count;

    for (size_t i = 0; i < a->count && is_good; i++) {
        const struct value *other = context_find(b, a->entry[i].name);
        is_good = other != NULL && agrees(a->entry[i].value, *other);
    }
    return is_good;
}

/* Never deeper than what was expected, which is no deeper than its XML. */
static bool
agrees(struct value expected, struct value got)
{
    if (expected.kind != got.kind) {
        return false;
    }
    if (expected.kind == VALUE_NULL) {
        return true;
    }
    if (expected.kind == VALUE_NUMBER) {
        return numbers_agree(expected.as.number, got.as.number);
    }
    if (expected.kind == VALUE_CONTEXT) {
        return contexts_agree(expected.as.context, got.as.context);
    }
    if (expected.kind != VALUE_LIST) {
        return value_equal(expected, got) == TRI_TRUE;
    }
    bool is_good = expected.as.list->count == got.as.list->count;
    for (size_t i = 0; i < expected.as.list->count && is_good; i++) {
        is_good = agrees(expected.as.list->item[i], got.as.list->item[i]);
    }
    return is_good;
}

enum rc
cases_run(struct arena *a, struct run *r, const struct dmn *m, const struct cases *c, size_t index, int64_t now_us,
          int32_t offset_seconds, const struct case_result **out, struct err *err)
{
    CHECK(index < c->count);
    const struct one_case *one = &c->one[index];
    struct case_result *result = arena_alloc(a, one->info.results, sizeof(*result));

    for (size_t i = 0; i < one->info.results && result != NULL; i++) {
        const struct expected *expected = &one->expected[i];
        struct value want = expected->is_error ? value_null() : expected->value, got = value_null();
        struct err wrong;
        run_begin(r, now_us, offset_seconds);
        enum rc rc = ask(r, m, one, expected, &got, &wrong);
        result[i] = (struct case_result){
            .node = expected->name,
            .is_passed = rc == RC_OK && agrees(want, got),
            .expected = value_text(a, want, true),
            .got = rc == RC_OK ? value_text(a, got, true) : STR(""),
            .error = rc == RC_OK ? STR("") : str_fmt(a, "%s", wrong.text),
        };
        if (result[i].got.ptr == NULL) { /* deeper than anything is written */
            result[i].got = STR("...");
        }
        if (result[i].expected.ptr == NULL || result[i].error.ptr == NULL) {
            result = NULL;
        }
    }
    if (result == NULL) {
        return err_set(err, RC_LIMIT, "the results of a test case do not fit in memory");
    }
    *out = result;
    return RC_OK;
}
