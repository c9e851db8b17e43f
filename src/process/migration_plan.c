/* A plan: read, and laid over the two models. */
#include <string.h>

#include "process/gov.h"
#include "process/migration_int.h"

enum { NAME_MAX = 200, FEEL_MAX = 10000, BASIS_MAX = 2000, ITEMS_MAX = 5000, FAULT_TEXT_MAX = 1000 };

/* --- reading ---------------------------------------------------------------------------------------------------- */

static enum rc
wrong(struct err *err, const char *what, struct str name)
{
    return err_problem(err, RC_INVALID, "plan-wrong", "a plan of migration: %s%s%.*s", what, name.len > 0 ? " " : "", STR_ARG(str_sub(name, 0, 60)));
}

static bool
is_one_of(struct str name, const char *const *names, size_t count)
{
    for (size_t n = 0; n < count; n++) {
        if (str_eq(name, str_of(names[n]))) {
            return true;
        }
    }
    return false;
}

static enum rc
only(const struct json *object, const char *const *names, size_t count, struct err *err)
{
    for (const struct json *m = object->first; m != NULL; m = m->next) {
        if (!is_one_of(m->key, names, count)) {
            return wrong(err, "nobody knows", m->key);
        }
    }
    return RC_OK;
}

/* {"old":"new","gone":null} */
static enum rc
read_pairs(struct arena *a, const struct json *j, const struct migration_pair **out, size_t *count, struct err *err)
{
    struct migration_pair *list;

    *count = 0;
    if (j == NULL) {
        return RC_OK;
    }
    if (!json_is(j, JSON_OBJECT) || j->count > ITEMS_MAX) {
        return wrong(err, "elements and flows are objects of ids", STR(""));
    }
    if ((list = arena_alloc(a, j->count + 1, sizeof(*list))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for a plan of migration");
    }
    for (const struct json *m = j->first; m != NULL; m = m->next) {
        if (!json_is(m, JSON_NULL) && (!json_is(m, JSON_STRING) || m->text.len == 0)) {
            return wrong(err, "an id or null is wanted for", m->key);
        }
        list[(*count)++] = (struct migration_pair){m->key, json_is(m, JSON_NULL) ? STR("") : m->text};
    }
    *out = list;
    return RC_OK;
}

static enum rc
read_variable(const struct json *j, struct migration_variable *out, struct err *err)
{
    static const char *const known[] = {"scope", "name", "feel", "remove"};
    enum rc rc;

    if (!json_is(j, JSON_OBJECT)) {
        return wrong(err, "a variable is an object", STR(""));
    }
    if ((rc = only(j, known, sizeof(known) / sizeof(known[0]), err)) != RC_OK) {
        return rc;
    }
    *out = (struct migration_variable){json_str(j, "scope"), json_str(j, "name"), json_str(j, "feel"), json_true(j, "remove")};
    if (out->name.len == 0 || out->name.len > NAME_MAX) {
        return wrong(err, "a variable has no name, or too long a one", STR(""));
    }
    if (out->is_removed == (out->feel.len > 0) || out->feel.len > FEEL_MAX) {
        return wrong(err, "either feel or remove is wanted for", out->name);
    }
    return RC_OK;
}

static enum rc
read_variables(struct arena *a, const struct json *j, struct migration_plan *out, struct err *err)
{
    struct migration_variable *list;
    enum rc rc;

    if (j == NULL) {
        return RC_OK;
    }
    if (!json_is(j, JSON_ARRAY) || j->count > ITEMS_MAX) {
        return wrong(err, "variables are a list", STR(""));
    }
    if ((list = arena_alloc(a, j->count + 1, sizeof(*list))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for a plan of migration");
    }
    for (const struct json *v = j->first; v != NULL; v = v->next) {
        if ((rc = read_variable(v, &list[out->variables++], err)) != RC_OK) {
            return rc;
        }
    }
    out->variable = list;
    return RC_OK;
}

static enum rc
read_versions(const struct json *j, struct migration_plan *out, struct err *err)
{
    static const char *const known[] = {"key", "version"};
    const struct json *source = json_get(j, "source");
    enum rc rc;

    if (!json_is(source, JSON_OBJECT)) {
        return wrong(err, "the source is an object of key and version", STR(""));
    }
    if ((rc = only(source, known, sizeof(known) / sizeof(known[0]), err)) != RC_OK) {
        return rc;
    }
    out->key = json_str(source, "key");
    if (out->key.len == 0 || !json_as_int(json_get(source, "version"), &out->source) || !json_as_int(json_get(j, "target"), &out->target) ||
        out->source <= 0 || out->target <= 0 || out->source == out->target) {
        return wrong(err, "a key and two different versions are wanted", STR(""));
    }
    return RC_OK;
}

static bool
read_instant(const struct json *j, struct migration_start *out)
{
    const struct json *entered = json_get(j, "entered"), *left = json_get(j, "left");

    if (json_is(j, JSON_NULL)) {
        out->at = MIGRATION_AT_NEVER;
        return true;
    }
    if (json_is(j, JSON_STRING)) {
        out->at = str_eq(j->text, STR("begin")) ? MIGRATION_AT_BEGIN : MIGRATION_AT_MOVE;
        return str_eq(j->text, str_of(migration_instant_name(out->at)));
    }
    out->at = entered != NULL ? MIGRATION_AT_ENTERED : MIGRATION_AT_LEFT;
    out->element = json_str(j, entered != NULL ? "entered" : "left");
    return json_is(j, JSON_OBJECT) && j->count == 1 && (entered != NULL || left != NULL) && out->element.len > 0;
}

/* {"clock":"move","other":{"entered":"Accept"},"third":null} */
static enum rc
read_starts(struct arena *a, const struct json *j, struct migration_plan *out, struct err *err)
{
    struct migration_start *list;

    if (j == NULL) {
        return RC_OK;
    }
    if (!json_is(j, JSON_OBJECT) || j->count > ITEMS_MAX) {
        return wrong(err, "starts are an object of clocks", STR(""));
    }
    if ((list = arena_alloc(a, j->count + 1, sizeof(*list))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for a plan of migration");
    }
    for (const struct json *m = j->first; m != NULL; m = m->next) {
        struct migration_start *start = &list[out->starts++];
        *start = (struct migration_start){.clock = m->key, .element = STR("")};
        if (!read_instant(m, start)) {
            return wrong(err, "a clock starts from \"move\", \"begin\", what was entered or left, or null:", m->key);
        }
    }
    out->start = list;
    return RC_OK;
}

static enum rc
read_rest(const struct json *j, struct migration_plan *out, struct err *err)
{
    struct str clocks = json_str(j, "clocks");

    out->stops_clocks = str_eq(clocks, STR("stop"));
    out->basis = json_str(j, "basis");
    if (json_get(j, "clocks") != NULL && !out->stops_clocks && !str_eq(clocks, STR("keep"))) {
        return wrong(err, "clocks are kept or stopped: \"keep\", \"stop\"", STR(""));
    }
    return out->basis.len == 0 || out->basis.len > BASIS_MAX ? wrong(err, "the legal basis is missing or too long", STR("")) : RC_OK;
}

enum rc
migration_plan_read(struct arena *a, const struct json *j, struct migration_plan *out, struct err *err)
{
    static const char *const known[] = {"source", "target", "elements", "flows", "variables", "clocks", "starts", "basis"};
    enum rc rc;

    *out = (struct migration_plan){.source = 0};
    if (!json_is(j, JSON_OBJECT)) {
        return wrong(err, "it is no object", STR(""));
    }
    if ((rc = only(j, known, sizeof(known) / sizeof(known[0]), err)) != RC_OK || (rc = read_versions(j, out, err)) != RC_OK ||
        (rc = read_pairs(a, json_get(j, "elements"), &out->element, &out->elements, err)) != RC_OK ||
        (rc = read_pairs(a, json_get(j, "flows"), &out->flow, &out->flows, err)) != RC_OK ||
        (rc = read_variables(a, json_get(j, "variables"), out, err)) != RC_OK ||
        (rc = read_starts(a, json_get(j, "starts"), out, err)) != RC_OK || (rc = read_rest(j, out, err)) != RC_OK) {
        return rc;
    }
    if ((rc = json_canonical(a, j, &out->text, err)) != RC_OK) {
        return rc == RC_LIMIT ? rc : wrong(err, "it has no canonical form", STR(""));
    }
    return out->text.len <= MIGRATION_PLAN_MAX ? RC_OK : wrong(err, "it is too long", STR(""));
}

/* --- over the models ---------------------------------------------------------------------------------------------- */

static enum rc
map_planned(struct migration *m, struct err *err)
{
    for (size_t n = 0; n < m->plan->elements; n++) {
        const struct migration_pair *p = &m->plan->element[n];
        uint32_t x = bpmn_find_element(m->from, p->from), y = p->to.len > 0 ? bpmn_find_element(m->to, p->to) : BPMN_NONE;
        if (x == BPMN_NONE || (p->to.len > 0 && y == BPMN_NONE)) {
            return err_problem(err, RC_INVALID, "plan-element", "version %lld has no element %.*s",
                               (long long)(x == BPMN_NONE ? m->plan->source : m->plan->target),
                               STR_ARG(str_sub(x == BPMN_NONE ? p->from : p->to, 0, 60)));
        }
        if (y != BPMN_NONE && m->from->element[x].kind != m->to->element[y].kind) {
            return err_problem(err, RC_INVALID, "plan-kind", "%.*s is of kind %s and %.*s of kind %s", STR_ARG(str_sub(p->from, 0, 60)),
                               bpmn_tag(m->from->element[x].kind), STR_ARG(str_sub(p->to, 0, 60)), bpmn_tag(m->to->element[y].kind));
        }
        m->element[x] = y;
        m->is_planned[x] = true;
    }
    return RC_OK;
}

/* What has the same id and kind. */
static void
map_same(struct migration *m)
{
    for (uint32_t x = 0; x < m->from->elements; x++) {
        uint32_t y = m->is_planned[x] ? BPMN_NONE : bpmn_find_element(m->to, m->from->element[x].id);
        if (y != BPMN_NONE && m->from->element[x].kind == m->to->element[y].kind) {
            m->element[x] = y;
        }
    }
    for (uint32_t x = m->from->elements; x-- > 0;) { /* of several the first counts */
        if (m->element[x] != BPMN_NONE) {
            m->origin[m->element[x]] = x;
        }
    }
}

static uint32_t
find_flow(const struct bpmn *m, struct str id)
{
    for (uint32_t n = 0; n < m->flows; n++) {
        if (str_eq(m->flow[n].id, id)) {
            return n;
        }
    }
    return BPMN_NONE;
}

/* The same id into the same element, else the only one between the same two. */
static uint32_t
same_flow(const struct migration *m, uint32_t x)
{
    const struct bpmn_flow *f = &m->from->flow[x];
    uint32_t into = m->element[f->to], out_of = m->element[f->from], named = BPMN_NONE, between = BPMN_NONE, count = 0;

    if (into == BPMN_NONE) {
        return BPMN_NONE;
    }
    const struct bpmn_run in = m->to->element[into].in;
    for (uint32_t n = in.first; n < in.first + in.count; n++) {
        const struct bpmn_flow *t = &m->to->flow[m->to->in[n]];
        if (str_eq(t->id, f->id)) {
            named = m->to->in[n];
        }
        if (t->from == out_of) {
            between = m->to->in[n];
            count++;
        }
    }
    return named != BPMN_NONE ? named : count == 1 ? between : BPMN_NONE;
}

static enum rc
map_flows(struct migration *m, struct err *err)
{
    for (uint32_t x = 0; x < m->from->flows; x++) {
        m->flow[x] = same_flow(m, x);
    }
    for (size_t n = 0; n < m->plan->flows; n++) {
        const struct migration_pair *p = &m->plan->flow[n];
        uint32_t x = find_flow(m->from, p->from), y = p->to.len > 0 ? find_flow(m->to, p->to) : BPMN_NONE;
        if (x == BPMN_NONE || (p->to.len > 0 && y == BPMN_NONE) || (y != BPMN_NONE && m->to->flow[y].to != m->element[m->from->flow[x].to])) {
            return err_problem(err, RC_INVALID, "plan-flow", "flow %.*s does not become one into the same element", STR_ARG(str_sub(p->from, 0, 60)));
        }
        m->flow[x] = y;
    }
    for (uint32_t x = m->from->flows; x-- > 0;) {
        if (m->flow[x] != BPMN_NONE) {
            m->flow_origin[m->flow[x]] = x;
        }
    }
    return RC_OK;
}

/* --- variables ------------------------------------------------------------------------------------------- */

/* Which names there are is known only with a case; so what is wrong here is wrong whatever they are. */
static enum rc
read_feel(struct arena *a, struct zones *zones, struct str name, struct str feel, struct feel_fault *fault, struct err *err)
{
    const struct feel_name own = {.name = name};
    const struct feel_scope names = {.count = 1, .name = &own};
    const struct program *program;

    return program_read(a, feel, &names, NULL, zones, &program, fault, err);
}

static enum rc
check_variables(struct arena *a, const struct migration *m, struct err *err)
{
    for (size_t n = 0; n < m->plan->variables; n++) {
        const struct migration_variable *v = &m->plan->variable[n];
        struct feel_fault fault;
        struct err why;
        enum rc rc;
        if (v->scope.len > 0 && bpmn_find_element(m->from, v->scope) == BPMN_NONE && bpmn_find_process(m->from, v->scope) == BPMN_NONE) {
            return err_problem(err, RC_INVALID, "plan-scope", "version %lld has no sub-process %.*s", (long long)m->plan->source,
                               STR_ARG(str_sub(v->scope, 0, 60)));
        }
        if (!v->is_removed && (rc = read_feel(a, m->zones, v->name, v->feel, &fault, &why)) != RC_OK) {
            return rc == RC_LIMIT ? err_set(err, rc, "%s", why.text)
                                  : err_problem(err, RC_INVALID, "plan-feel", "variable %.*s: %s", STR_ARG(v->name), why.text);
        }
    }
    return RC_OK;
}

static struct str
say_fault(struct arena *a, const struct feel_fault *fault, enum fault_language language)
{
    struct str text = STR("");
    struct buf b;
    struct err ignored;

    buf_init(&b, a, FAULT_TEXT_MAX);
    fault_say(&b, fault, language);
    return buf_finish(&b, &text, &ignored) == RC_OK ? text : STR("");
}

enum rc
migration_plan_faults(struct arena *a, const struct json *variables, struct zones *zones, struct json **out, struct err *err)
{
    struct json *list = json_array(a);
    int64_t number = 0;

    for (const struct json *v = variables != NULL ? variables->first : NULL; v != NULL; v = v->next, number++) {
        struct json *d = json_object(a);
        struct feel_fault fault = {.kind = FAULTS};
        struct err why;
        enum rc rc = json_str(v, "feel").len == 0 ? RC_OK : read_feel(a, zones, json_str(v, "name"), json_str(v, "feel"), &fault, &why);
        bool is_told = fault.kind != FAULTS && fault.kind != FAULT_ROOM; /* else it can be read, and means nothing: a type that nobody knows */
        if (rc != RC_OK && rc != RC_INVALID && !is_told) {
            return err_set(err, rc, "%s", why.text);
        }
        if (rc != RC_OK) {
            json_set_int(a, d, "variable", number);
            json_set_text(a, d, "zh", is_told ? say_fault(a, &fault, FAULT_ZH) : str_of(why.text));
            json_set_text(a, d, "en", is_told ? say_fault(a, &fault, FAULT_EN) : str_of(why.text));
            json_push(list, d);
        }
    }
    *out = list;
    return json_whole(list, err);
}

static uint32_t *
indexes(struct arena *a, uint32_t count)
{
    uint32_t *list = arena_alloc(a, (size_t)count + 1, sizeof(*list));

    if (list != NULL) {
        memset(list, 0xff, ((size_t)count + 1) * sizeof(*list)); /* BPMN_NONE */
    }
    return list;
}

enum rc
migration_make(struct arena *a, const struct migration_plan *plan, const struct bpmn *from, const struct binding *bound, size_t bounds,
               struct zones *zones, const struct migration **out, struct err *err)
{
    struct migration *m = arena_alloc(a, 1, sizeof(*m));
    enum rc rc;

    CHECK(bounds > 0);
    if (m == NULL) {
        return err_set(err, RC_LIMIT, "no room for a migration");
    }
    *m = (struct migration){.plan = plan, .from = from, .to = bound[0].model, .bound = bound, .bounds = bounds, .zones = zones};
    m->element = indexes(a, from->elements);
    m->flow = indexes(a, from->flows);
    m->origin = indexes(a, m->to->elements);
    m->flow_origin = indexes(a, m->to->flows);
    m->is_planned = arena_alloc(a, (size_t)from->elements + 1, sizeof(*m->is_planned));
    if (m->element == NULL || m->flow == NULL || m->origin == NULL || m->flow_origin == NULL || m->is_planned == NULL) {
        return err_set(err, RC_LIMIT, "no room for a migration");
    }
    if ((rc = map_planned(m, err)) != RC_OK) {
        return rc;
    }
    map_same(m);
    if ((rc = map_flows(m, err)) != RC_OK || (rc = check_variables(a, m, err)) != RC_OK || (rc = migration_make_clocks(a, m, err)) != RC_OK) {
        return rc;
    }
    *out = m;
    return RC_OK;
}

/* --- for people -------------------------------------------------------------------------------------------------------- */

static struct json *
element_json(struct arena *a, const struct bpmn_element *e)
{
    struct json *d = json_object(a);

    json_set_text(a, d, "id", e->id);
    json_set_text(a, d, "kind", str_of(bpmn_tag(e->kind)));
    return d;
}

struct json *
migration_json(struct arena *a, const struct migration *m)
{
    struct json *to = json_object(a), *pairs = json_array(a), *gone = json_array(a), *added = json_array(a);

    for (uint32_t x = 0; x < m->from->elements; x++) {
        const struct bpmn_element *e = &m->from->element[x];
        if (m->element[x] == BPMN_NONE) {
            json_push(gone, element_json(a, e));
            continue;
        }
        struct json *d = json_object(a);
        json_set_text(a, d, "from", e->id);
        json_set_text(a, d, "to", m->to->element[m->element[x]].id);
        json_set_text(a, d, "kind", str_of(bpmn_tag(e->kind)));
        json_set_text(a, d, "how", m->is_planned[x] ? STR("plan") : STR("same"));
        json_push(pairs, d);
    }
    for (uint32_t y = 0; y < m->to->elements; y++) {
        if (m->origin[y] == BPMN_NONE) {
            json_push(added, element_json(a, &m->to->element[y]));
        }
    }
    json_set(a, to, "elements", pairs);
    json_set(a, to, "gone", gone);
    json_set(a, to, "new", added);
    json_set(a, to, "clocks", migration_map_clocks(a, m));
    return to;
}

static const char *const instant_names[] = {
#define X(name, word) [MIGRATION_AT_##name] = word,
    MIGRATION_INSTANT_TABLE(X)
#undef X
};

const char *
migration_instant_name(enum migration_instant at)
{
    return instant_names[at];
}

static const char *const reason_names[] = {
#define X(name, word, zh, en) [MIGRATION_##name] = word,
    MIGRATION_REASON_TABLE(X)
#undef X
};
static const char *const reason_texts[][2] = {
#define X(name, word, zh, en) [MIGRATION_##name] = {zh, en},
    MIGRATION_REASON_TABLE(X)
#undef X
};

const char *
migration_reason_name(enum migration_reason reason)
{
    return reason_names[reason];
}

enum migration_reason
migration_reason_find(struct str name)
{
    int n = 0;

    while (n < MIGRATION_REASONS && !str_eq(name, str_of(reason_names[n]))) {
        n++;
    }
    return (enum migration_reason)n;
}

const char *
migration_reason_text(enum migration_reason reason, bool is_english)
{
    return reason_texts[reason][is_english];
}
