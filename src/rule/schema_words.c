/*
 * Keywords become words.  A row of the table says which keyword, of which vocabulary, what its value must be like
 * and who makes a word of it; keywords that work together (properties and additionalProperties) make one word.
 */
#include <string.h>

#include "rule/schema_compile_int.h"

/* FEW: a table of so many names is looked through. */
enum { WORDS_MAX = OP_UNEVALUATED_PROPERTIES + 1, FEW = 4 };

struct maker {
    struct schema_compiler *c;
    struct schema_node *node;
    const char *keyword;
    const struct json *value;
    struct schema_word *word;
};

static enum rc
wrong(struct maker *m, const char *why)
{
    return schema_wrong(m->c, m->node, m->keyword, why);
}

static void *
room(struct maker *m, size_t count, size_t size)
{
    return arena_alloc(m->c->arena, count > 0 ? count : 1, size);
}

static const struct schema_node *
node_at(struct maker *m, const char *keyword)
{
    const struct json *value = json_get(m->node->json, keyword);

    return value == NULL ? NULL : schema_node_of(m->c, value);
}

static enum rc
make_type(struct maker *m)
{
    static const char *const names[] = {"null",   "boolean", "integer", "number",
                                        "string", "array",   "object"};
    const struct json *one = json_is(m->value, JSON_ARRAY) ? m->value->first : m->value;
    const size_t count = sizeof(names) / sizeof(names[0]);

    for (; one != NULL; one = json_is(m->value, JSON_ARRAY) ? one->next : NULL) {
        size_t i = 0;
        while (i < count && !(json_is(one, JSON_STRING) && str_eq(one->text, str_of(names[i])))) {
            i++;
        }
        if (i == count) {
            return wrong(m, "wants the name of a type, or a list of them");
        }
        m->word->is.types |= 1U << i;
    }
    return m->word->is.types == 0 ? wrong(m, "wants at least one type") : RC_OK;
}

static enum rc
make_value(struct maker *m)
{
    if (m->word->op == OP_ENUM && !json_is(m->value, JSON_ARRAY)) {
        return wrong(m, "wants a list of values");
    }
    m->word->is.value = m->value;
    return RC_OK;
}

static enum rc
make_number(struct maker *m)
{
    if (!json_is(m->value, JSON_NUMBER)) {
        return wrong(m, "wants a number");
    }
    if (m->word->op == OP_MULTIPLE_OF) {
        if (schema_number_cmp(m->value->text, STR("0")) <= 0) {
            return wrong(m, "wants a number above 0");
        }
        if (schema_number_digits(m->value->text) > SCHEMA_DIVISOR_DIGITS_MAX) {
            return err_set(m->c->err, RC_LIMIT, "schema: multipleOf with more than %d digits",
                           SCHEMA_DIVISOR_DIGITS_MAX);
        }
    }
    m->word->is.number = (struct schema_number){m->value, schema_bound_of(m->value->text)};
    return RC_OK;
}

static enum rc
count_of(struct maker *m, uint64_t *out)
{
    int64_t count;

    if (!json_is(m->value, JSON_NUMBER) || schema_number_cmp(m->value->text, STR("0")) < 0 ||
        !schema_number_is_whole(m->value->text)) {
        return wrong(m, "wants a whole number, 0 or more");
    }
    *out = json_as_int(m->value, &count) ? (uint64_t)count : UINT64_MAX;
    return RC_OK;
}

static enum rc
make_count(struct maker *m)
{
    return count_of(m, &m->word->is.count);
}

static enum rc
pattern_of(struct maker *m, struct str text, struct schema_pattern *out)
{
    struct err why;
    enum rc rc = regex_compile(m->c->arena, REGEX_ECMA, text, &out->regex, &why);

    out->text = text;
    if (rc == RC_INVALID) {
        return wrong(m, why.text);
    }
    return rc == RC_OK ? RC_OK : err_set(m->c->err, rc, "schema: %.200s", why.text);
}

static enum rc
make_pattern(struct maker *m)
{
    if (!json_is(m->value, JSON_STRING)) {
        return wrong(m, "wants a pattern");
    }
    return pattern_of(m, m->value->text, &m->word->is.pattern);
}

static enum rc
make_format(struct maker *m)
{
    if (!json_is(m->value, JSON_STRING)) {
        return wrong(m, "wants the name of a format");
    }
    bool is_asserted = m->c->options->assert_formats ||
                       (m->node->resource->vocabularies & VOCABULARY_FORMAT_ASSERTION) != 0;
    m->word->is.format = is_asserted ? schema_format_find(m->value->text) : NULL;
    return RC_OK;
}

static enum rc
make_unique(struct maker *m)
{
    if (!json_is(m->value, JSON_BOOL)) {
        return wrong(m, "wants true or false");
    }
    m->word->is.count = m->value->truth;
    return RC_OK;
}

static enum rc
names_of(struct maker *m, const struct json *list, struct schema_names *out)
{
    if (!json_is(list, JSON_ARRAY)) {
        return wrong(m, "wants lists of names");
    }
    out->list = room(m, list->count, sizeof(*out->list));
    if (out->list == NULL) {
        return schema_full(m->c);
    }
    for (const struct json *name = list->first; name != NULL; name = name->next) {
        if (!json_is(name, JSON_STRING)) {
            return wrong(m, "wants lists of names");
        }
        out->list[out->count++] = name->text;
    }
    return RC_OK;
}

static enum rc
make_required(struct maker *m)
{
    return names_of(m, m->value, &m->word->is.required.names);
}

static enum rc
nodes_of(struct maker *m, const struct json *list, struct schema_nodes *out)
{
    out->list = room(m, list->count, sizeof(*out->list));
    if (out->list == NULL) {
        return schema_full(m->c);
    }
    for (const struct json *one = list->first; one != NULL; one = one->next) {
        out->list[out->count++] = schema_node_of(m->c, one);
    }
    return RC_OK;
}

static enum rc
make_nodes(struct maker *m)
{
    return m->value->count == 0 ? wrong(m, "wants at least one schema")
                                : nodes_of(m, m->value, &m->word->is.nodes);
}

static enum rc
make_node(struct maker *m)
{
    m->word->is.node = schema_node_of(m->c, m->value);
    return RC_OK;
}

static enum rc
make_if(struct maker *m)
{
    struct schema_nodes *nodes = &m->word->is.nodes;

    nodes->count = 3;
    nodes->list = room(m, nodes->count, sizeof(*nodes->list));
    if (nodes->list == NULL) {
        return schema_full(m->c);
    }
    nodes->list[0] = schema_node_of(m->c, m->value);
    nodes->list[1] = node_at(m, "then");
    nodes->list[2] = node_at(m, "else");
    return RC_OK;
}

static enum rc
make_reference(struct maker *m)
{
    struct schema_node *to = NULL;
    struct str fragment;

    if (!json_is(m->value, JSON_STRING)) {
        return wrong(m, "wants a reference");
    }
    enum rc rc = schema_find(m->c, m->node, m->keyword, m->value->text, &to, &fragment);
    if (rc != RC_OK || m->word->op == OP_REF) {
        m->word->is.node = to;
        return rc;
    }
    m->word->is.dynamic.node = to;
    for (const struct schema_anchor *a = to->resource->anchors; a != NULL; a = a->next) {
        if (a->is_dynamic && a->node == to && str_eq(a->name, fragment)) {
            m->word->is.dynamic.anchor = a->name;
        }
    }
    return RC_OK;
}

/* --- tables by name -------------------------------------------------------------------------------- */

uint64_t
schema_hash(struct str s)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < s.len; i++) {
        hash = (hash ^ (unsigned char)s.ptr[i]) * UINT64_C(0x100000001b3);
    }
    return hash ^ hash >> 32;
}

/* Both ends of a name and its length; those of a schema are few, and a document adds none. */
static uint64_t
name_hash(struct str name)
{
    size_t half = name.len < 8 ? name.len : 8;
    uint64_t hash = name.len;

    if (name.len > 0) {
        hash += schema_bytes(name.ptr, half) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= schema_bytes(name.ptr + name.len - half, half) * UINT64_C(0xff51afd7ed558ccd) >> 7;
    }
    return hash ^ hash >> 32;
}

static size_t
slot_of(const struct schema_table *t, struct str name)
{
    size_t at = name_hash(name) & (t->slots_count - 1);

    while (t->slots[at] != 0 && !schema_is_name(t->list[t->slots[at] - 1].name, name)) {
        at = (at + 1) & (t->slots_count - 1);
    }
    return at;
}

const struct schema_member *
schema_table_get(const struct schema_table *t, struct str name)
{
    if (t->count <= FEW) {
        for (size_t i = 0; i < t->count; i++) {
            if (schema_is_name(t->list[i].name, name)) {
                return &t->list[i];
            }
        }
        return NULL;
    }
    uint32_t found = t->slots[slot_of(t, name)];
    return found == 0 ? NULL : &t->list[found - 1];
}

/* Members of a map of schemas, or of lists of names; of two with one name the last counts. */
static enum rc
table_of(struct maker *m, const struct json *map, bool is_names, struct schema_table *t)
{
    t->slots_count = 4;
    while (t->slots_count < 2 * (size_t)map->count) {
        t->slots_count *= 2;
    }
    t->list = room(m, map->count, sizeof(*t->list));
    t->slots = room(m, t->slots_count, sizeof(*t->slots));
    if (t->list == NULL || t->slots == NULL) {
        return schema_full(m->c);
    }
    for (const struct json *one = map->first; one != NULL; one = one->next) {
        size_t slot = slot_of(t, one->key);
        if (t->slots[slot] == 0) {
            t->slots[slot] = (uint32_t)++t->count;
        }
        struct schema_member *member = &t->list[t->slots[slot] - 1];
        *member = (struct schema_member){.name = one->key};
        enum rc rc = RC_OK;
        if (is_names) {
            rc = names_of(m, one, &member->names);
        } else {
            member->node = schema_node_of(m->c, one);
        }
        if (rc != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

static enum rc
make_dependent(struct maker *m)
{
    bool is_names = m->word->op == OP_DEPENDENT_REQUIRED;

    if (!json_is(m->value, JSON_OBJECT)) {
        return wrong(m, "wants lists of names by name");
    }
    m->word->is.table = room(m, 1, sizeof(*m->word->is.table));
    return m->word->is.table == NULL ? schema_full(m->c)
                                     : table_of(m, m->value, is_names, m->word->is.table);
}

/* Whichever of the three comes first makes the word of all. */
static enum rc
make_members(struct maker *m)
{
    const struct json *named = json_get(m->node->json, "properties");
    const struct json *patterns = json_get(m->node->json, "patternProperties");
    struct schema_members *all = room(m, 1, sizeof(*all));
    enum rc rc = RC_OK;

    if (all == NULL) {
        return schema_full(m->c);
    }
    m->word->is.members = all;
    all->others = node_at(m, "additionalProperties");
    if (named != NULL) {
        rc = table_of(m, named, false, &all->named);
    }
    if (patterns == NULL || rc != RC_OK) {
        return rc;
    }
    all->patterns = room(m, patterns->count, sizeof(*all->patterns));
    if (all->patterns == NULL) {
        return schema_full(m->c);
    }
    m->keyword = "patternProperties";
    for (const struct json *one = patterns->first; one != NULL && rc == RC_OK; one = one->next) {
        struct schema_pattern *p = &all->patterns[all->patterns_count++];
        p->node = schema_node_of(m->c, one);
        rc = pattern_of(m, one->key, p);
    }
    return rc;
}

static enum rc
make_items(struct maker *m)
{
    const struct json *prefix = json_get(m->node->json, "prefixItems");

    m->word->is.items.rest = node_at(m, "items");
    if (prefix != NULL && prefix->count == 0) {
        return wrong(m, "wants at least one schema");
    }
    return prefix == NULL ? RC_OK : nodes_of(m, prefix, &m->word->is.items.prefix);
}

static enum rc
make_contains(struct maker *m)
{
    struct schema_contains *contains = room(m, 1, sizeof(*contains));
    bool is_bound = (m->node->resource->vocabularies & VOCABULARY_VALIDATION) != 0;
    const struct json *least = is_bound ? json_get(m->node->json, "minContains") : NULL;
    const struct json *most = is_bound ? json_get(m->node->json, "maxContains") : NULL;
    enum rc rc = RC_OK;

    if (contains == NULL) {
        return schema_full(m->c);
    }
    *contains = (struct schema_contains){
        schema_node_of(m->c, m->value), 1, UINT64_MAX, least != NULL, most != NULL};
    m->word->is.contains = contains;
    if (least != NULL) {
        m->keyword = "minContains";
        m->value = least;
        rc = count_of(m, &contains->least);
    }
    if (most != NULL && rc == RC_OK) {
        m->keyword = "maxContains";
        m->value = most;
        rc = count_of(m, &contains->most);
    }
    return rc;
}

/* --- the table ------------------------------------------------------------------------------------- */

static const struct row {
    const char *keyword;
    unsigned vocabulary;
    enum schema_op op;
    enum rc (*make)(struct maker *m);
} rows[] = {
    {"type", VOCABULARY_VALIDATION, OP_TYPE, make_type},
    {"enum", VOCABULARY_VALIDATION, OP_ENUM, make_value},
    {"const", VOCABULARY_VALIDATION, OP_CONST, make_value},
    {"multipleOf", VOCABULARY_VALIDATION, OP_MULTIPLE_OF, make_number},
    {"maximum", VOCABULARY_VALIDATION, OP_MAXIMUM, make_number},
    {"exclusiveMaximum", VOCABULARY_VALIDATION, OP_EXCLUSIVE_MAXIMUM, make_number},
    {"minimum", VOCABULARY_VALIDATION, OP_MINIMUM, make_number},
    {"exclusiveMinimum", VOCABULARY_VALIDATION, OP_EXCLUSIVE_MINIMUM, make_number},
    {"maxLength", VOCABULARY_VALIDATION, OP_MAX_LENGTH, make_count},
    {"minLength", VOCABULARY_VALIDATION, OP_MIN_LENGTH, make_count},
    {"pattern", VOCABULARY_VALIDATION, OP_PATTERN, make_pattern},
    {"format", VOCABULARY_FORMAT, OP_FORMAT, make_format},
    {"maxItems", VOCABULARY_VALIDATION, OP_MAX_ITEMS, make_count},
    {"minItems", VOCABULARY_VALIDATION, OP_MIN_ITEMS, make_count},
    {"uniqueItems", VOCABULARY_VALIDATION, OP_UNIQUE_ITEMS, make_unique},
    {"maxProperties", VOCABULARY_VALIDATION, OP_MAX_PROPERTIES, make_count},
    {"minProperties", VOCABULARY_VALIDATION, OP_MIN_PROPERTIES, make_count},
    {"required", VOCABULARY_VALIDATION, OP_REQUIRED, make_required},
    {"dependentRequired", VOCABULARY_VALIDATION, OP_DEPENDENT_REQUIRED, make_dependent},
    {"$ref", VOCABULARY_CORE, OP_REF, make_reference},
    {"$dynamicRef", VOCABULARY_CORE, OP_DYNAMIC_REF, make_reference},
    {"allOf", VOCABULARY_APPLICATOR, OP_ALL_OF, make_nodes},
    {"anyOf", VOCABULARY_APPLICATOR, OP_ANY_OF, make_nodes},
    {"oneOf", VOCABULARY_APPLICATOR, OP_ONE_OF, make_nodes},
    {"not", VOCABULARY_APPLICATOR, OP_NOT, make_node},
    {"if", VOCABULARY_APPLICATOR, OP_IF, make_if},
    {"dependentSchemas", VOCABULARY_APPLICATOR, OP_DEPENDENT_SCHEMAS, make_dependent},
    {"properties", VOCABULARY_APPLICATOR, OP_MEMBERS, make_members},
    {"patternProperties", VOCABULARY_APPLICATOR, OP_MEMBERS, make_members},
    {"additionalProperties", VOCABULARY_APPLICATOR, OP_MEMBERS, make_members},
    {"propertyNames", VOCABULARY_APPLICATOR, OP_PROPERTY_NAMES, make_node},
    {"prefixItems", VOCABULARY_APPLICATOR, OP_ITEMS, make_items},
    {"items", VOCABULARY_APPLICATOR, OP_ITEMS, make_items},
    {"contains", VOCABULARY_APPLICATOR, OP_CONTAINS, make_contains},
    {"unevaluatedItems", VOCABULARY_UNEVALUATED, OP_UNEVALUATED_ITEMS, make_node},
    {"unevaluatedProperties", VOCABULARY_UNEVALUATED, OP_UNEVALUATED_PROPERTIES, make_node},
};

/* --- what the words of one node say together, for schema_quick.c ----------------------------------- */

static struct schema_word *
word_of(const struct schema_node *node, enum schema_op op)
{
    struct schema_word *end = node->words + node->words_count;
    struct schema_word *w = node->words;

    while (w < end && w->op != op) {
        w++;
    }
    return w < end ? w : NULL;
}

/* The names that are required become bits, which a walk over the members collects. */
static void
count_required(const struct schema_node *node)
{
    struct schema_word *w = word_of(node, OP_REQUIRED);
    const struct schema_word *members = word_of(node, OP_MEMBERS);
    const struct schema_names *names = w == NULL ? NULL : &w->is.required.names;

    if (w == NULL || members == NULL) {
        return;
    }
    struct schema_members *all = members->is.members;
    w->is.required.is_counted = true;
    for (size_t i = 0; i < names->count; i++) {
        const struct schema_member *found = schema_table_get(&all->named, names->list[i]);
        size_t at = found == NULL ? 64 : (size_t)(found - all->named.list);
        if (at < 64) {
            all->required |= UINT64_C(1) << at;
        } else {
            w->is.required.is_counted = false;
        }
    }
}

/* Where no other schema looks at the same value, what is left over is what properties leave. */
static void
fold_leftover(struct schema_node *node)
{
    const struct schema_word *w = word_of(node, OP_UNEVALUATED_PROPERTIES);
    const struct schema_word *members = word_of(node, OP_MEMBERS);
    bool is_shared = false;

    for (size_t i = 0; i < node->words_count; i++) {
        is_shared = is_shared || (node->words[i].op >= OP_REF && node->words[i].op <= OP_DEPENDENT_SCHEMAS);
    }
    node->is_alone = word_of(node, OP_UNEVALUATED_ITEMS) != NULL ||
                     (w != NULL && (is_shared || members == NULL));
    if (w != NULL && !node->is_alone) {
        members->is.members->leftover = w->is.node;
    }
}

enum rc
schema_words_make(struct schema_compiler *c, struct schema_node *node)
{
    struct schema_word words[WORDS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        const struct json *value = json_get(node->json, row->keyword);
        bool is_made = count > 0 && words[count - 1].op == row->op;
        if (value == NULL || is_made || (node->resource->vocabularies & row->vocabulary) == 0) {
            continue;
        }
        struct schema_word *word = &words[count++];
        memset(word, 0, sizeof(*word));
        word->op = row->op;
        word->keyword = row->keyword;
        struct maker m = {c, node, row->keyword, value, word};
        enum rc rc = row->make(&m);
        if (rc != RC_OK) {
            return rc;
        }
        /* What can never fail need not run. */
        bool is_idle = (row->op == OP_FORMAT && word->is.format == NULL) ||
                       (row->op == OP_UNIQUE_ITEMS && word->is.count == 0);
        count -= is_idle;
    }
    node->words = arena_alloc(c->arena, count > 0 ? count : 1, sizeof(*node->words));
    if (node->words == NULL) {
        return schema_full(c);
    }
    memcpy(node->words, words, count * sizeof(*words));
    node->words_count = count;
    count_required(node);
    fold_leftover(node);
    return RC_OK;
}
