/*
 * Two walks.  The first finds every schema below a document, by the keywords that hold schemas, and
 * gives it a node, its resource and its anchors.  The second makes words of each node in the order in
 * which they were found; a reference may bring in another document, whose nodes go to the end of the row.
 * At last schemas that apply to the same value are followed from one to the other: a circle
 * of those would never come to an answer.
 */
#include <string.h>

#include "base/encode.h"
#include "rule/schema_compile_int.h"

enum schema_shape { SHAPE_NONE, SHAPE_ONE, SHAPE_LIST, SHAPE_MAP };

enum { PLACE_MAX = 180, WHITE = 0, GREY = 1, BLACK = 2 };

static const struct str draft = STR_INIT("https://json-schema.org/draft/2020-12/schema");
static const unsigned usual = VOCABULARY_CORE | VOCABULARY_APPLICATOR | VOCABULARY_UNEVALUATED |
                              VOCABULARY_VALIDATION | VOCABULARY_FORMAT;

static const struct {
    const char *uri;
    unsigned bit;
} vocabularies[] = {
    {"https://json-schema.org/draft/2020-12/vocab/core", VOCABULARY_CORE},
    {"https://json-schema.org/draft/2020-12/vocab/applicator", VOCABULARY_APPLICATOR},
    {"https://json-schema.org/draft/2020-12/vocab/unevaluated", VOCABULARY_UNEVALUATED},
    {"https://json-schema.org/draft/2020-12/vocab/validation", VOCABULARY_VALIDATION},
    {"https://json-schema.org/draft/2020-12/vocab/format-annotation", VOCABULARY_FORMAT},
    {"https://json-schema.org/draft/2020-12/vocab/format-assertion",
     VOCABULARY_FORMAT | VOCABULARY_FORMAT_ASSERTION},
    {"https://json-schema.org/draft/2020-12/vocab/meta-data", VOCABULARY_CORE},
    {"https://json-schema.org/draft/2020-12/vocab/content", VOCABULARY_CORE},
};

static const struct {
    const char *keyword;
    enum schema_shape shape;
} shapes[] = {
    {"$defs", SHAPE_MAP},          {"definitions", SHAPE_MAP},
    {"properties", SHAPE_MAP},     {"patternProperties", SHAPE_MAP},
    {"dependentSchemas", SHAPE_MAP}, {"allOf", SHAPE_LIST},
    {"anyOf", SHAPE_LIST},         {"oneOf", SHAPE_LIST},
    {"prefixItems", SHAPE_LIST},   {"additionalProperties", SHAPE_ONE},
    {"propertyNames", SHAPE_ONE},  {"items", SHAPE_ONE},
    {"contains", SHAPE_ONE},       {"not", SHAPE_ONE},
    {"if", SHAPE_ONE},             {"then", SHAPE_ONE},
    {"else", SHAPE_ONE},           {"unevaluatedItems", SHAPE_ONE},
    {"unevaluatedProperties", SHAPE_ONE}, {"contentSchema", SHAPE_ONE},
};

/* The keyword as static text, and how schemas stand below it. */
static const char *
shape_of(struct str keyword, enum schema_shape *shape)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        if (str_eq(keyword, str_of(shapes[i].keyword))) {
            *shape = shapes[i].shape;
            return shapes[i].keyword;
        }
    }
    *shape = SHAPE_NONE;
    return NULL;
}

/* --- places and errors ----------------------------------------------------------------------------- */

void
schema_put_pointer(struct buf *b, struct str key)
{
    size_t from = 0;

    buf_put_char(b, '/');
    for (size_t i = 0; i < key.len; i++) {
        if (key.ptr[i] == '~' || key.ptr[i] == '/') {
            buf_put(b, str_sub(key, from, i - from));
            buf_put(b, key.ptr[i] == '~' ? STR("~0") : STR("~1"));
            from = i + 1;
        }
    }
    buf_put(b, str_from(key, from));
}

static void
put_above(struct buf *b, const struct schema_node *node)
{
    const struct schema_node *row[JSON_DEPTH_MAX];
    size_t count = 0;

    for (; node->parent != NULL && count < JSON_DEPTH_MAX; node = node->parent) {
        row[count++] = node;
    }
    while (count-- > 0) {
        if (row[count]->keyword == NULL) {
            buf_put(b, row[count]->key);
            continue;
        }
        buf_put_char(b, '/');
        buf_put(b, str_of(row[count]->keyword));
        if (row[count]->is_keyed) {
            schema_put_pointer(b, row[count]->key);
        }
    }
}

void
schema_put_place(struct buf *b, const struct schema_node *node, const char *keyword)
{
    const struct schema_node *root = node;

    while (root->parent != NULL) {
        root = root->parent;
    }
    if (!root->resource->is_main) {
        buf_put(b, root->resource->uri);
    }
    buf_put_char(b, '#');
    put_above(b, node);
    if (keyword != NULL) {
        schema_put_pointer(b, str_of(keyword));
    }
}

enum rc
schema_full(struct schema_compiler *c)
{
    return err_set(c->err, RC_LIMIT, "schema: past the arena's limit");
}

enum rc
schema_wrong(struct schema_compiler *c, const struct schema_node *node, const char *keyword,
             const char *why)
{
    struct buf b;
    struct str place;
    struct err ignored;

    buf_init(&b, c->arena, PLACE_MAX * 8);
    schema_put_place(&b, node, keyword);
    if (buf_finish(&b, &place, &ignored) != RC_OK) {
        place = STR("a place too long to name");
    }
    /* The end of a long place says more than its beginning. */
    size_t cut = place.len > PLACE_MAX / 2 ? place.len - PLACE_MAX / 2 : 0;
    return err_set(c->err, RC_INVALID, "schema: %s, at %s%.*s", why, cut > 0 ? "..." : "",
                   STR_ARG(str_from(place, cut)));
}

/* --- nodes by their JSON --------------------------------------------------------------------------- */

static size_t
slot_of(const struct schema_node **table, size_t size, const struct json *json)
{
    size_t at = (size_t)(((uintptr_t)json >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (size - 1);

    while (table[at] != NULL && table[at]->json != json) {
        at = (at + 1) & (size - 1);
    }
    return at;
}

struct schema_node *
schema_node_of(const struct schema_compiler *c, const struct json *json)
{
    return c->by_json_count == 0
               ? NULL
               : (struct schema_node *)(uintptr_t)c->by_json[slot_of(c->by_json, c->by_json_count, json)];
}

static enum rc
table_grow(struct schema_compiler *c)
{
    size_t size = c->by_json_count == 0 ? 64 : c->by_json_count * 4;
    const struct schema_node **table = arena_alloc(c->arena, size, sizeof(struct schema_node *));

    if (table == NULL) {
        return schema_full(c);
    }
    for (size_t i = 0; i < c->by_json_count; i++) {
        if (c->by_json[i] != NULL) {
            table[slot_of(table, size, c->by_json[i]->json)] = c->by_json[i];
        }
    }
    c->by_json = table;
    c->by_json_count = size;
    return RC_OK;
}

static enum rc
node_add(struct schema_compiler *c, struct schema_node *node)
{
    if (c->nodes_count == SCHEMA_NODES_MAX) {
        return err_set(c->err, RC_LIMIT, "schema: more than %d schemas in it", SCHEMA_NODES_MAX);
    }
    if (2 * (c->nodes_count + 1) > c->by_json_count) {
        enum rc rc = table_grow(c);
        if (rc != RC_OK) {
            return rc;
        }
    }
    c->by_json[slot_of(c->by_json, c->by_json_count, node->json)] = node;
    if (c->last == NULL) {
        c->first = node;
    } else {
        c->last->next = node;
    }
    c->last = node;
    c->nodes_count++;
    return RC_OK;
}

/* --- resources ------------------------------------------------------------------------------------- */

static struct str
without_fragment(struct str uri)
{
    return str_sub(uri, 0, str_find_byte(uri, '#'));
}

static struct schema_resource *
resource_find(const struct schema_compiler *c, struct str uri)
{
    struct schema_resource *r = c->resources;

    while (r != NULL && !str_eq(r->uri, uri)) {
        r = r->next;
    }
    return r;
}

static struct schema_resource *
resource_add(struct schema_compiler *c, struct str uri, bool is_main, unsigned words)
{
    struct schema_resource *r = arena_alloc(c->arena, 1, sizeof(*r));

    if (r != NULL) {
        *r = (struct schema_resource){
            .uri = uri, .is_main = is_main, .vocabularies = words, .next = c->resources};
        c->resources = r;
    }
    return r;
}

static const struct json *
document_find(const struct schema_compiler *c, struct str uri)
{
    for (size_t i = 0; i < c->options->others_count; i++) {
        const struct schema_document *d = &c->options->others[i];
        if (str_eq(without_fragment(d->uri), uri) ||
            str_eq(without_fragment(json_str(d->root, "$id")), uri)) {
            return d->root;
        }
    }
    return NULL;
}

/* What $schema at the root of a resource asks for. */
static enum rc
dialect_of(struct schema_compiler *c, const struct schema_node *node, unsigned *out)
{
    struct str uri = without_fragment(json_str(node->json, "$schema"));
    const struct json *meta, *list;

    if (uri.len == 0) {
        return RC_OK;
    }
    *out = usual;
    if (str_eq(uri, draft)) {
        return RC_OK;
    }
    meta = document_find(c, uri);
    if (meta == NULL) {
        return schema_wrong(c, node, "$schema", "neither draft 2020-12 nor a metaschema that is here");
    }
    list = json_get(meta, "$vocabulary");
    if (list == NULL) {
        return RC_OK;
    }
    *out = VOCABULARY_CORE;
    for (const struct json *word = list->first; word != NULL; word = word->next) {
        bool is_known = false;
        for (size_t i = 0; i < sizeof(vocabularies) / sizeof(vocabularies[0]); i++) {
            if (str_eq(word->key, str_of(vocabularies[i].uri))) {
                is_known = true;
                *out |= vocabularies[i].bit;
            }
        }
        if (!is_known && word->truth) {
            return schema_wrong(c, node, "$schema", "needs a vocabulary that is not known here");
        }
    }
    return RC_OK;
}

static enum rc
identify(struct schema_compiler *c, struct schema_node *node)
{
    const struct json *id = json_get(node->json, "$id");
    struct schema_resource *r = node->resource;
    struct str uri;

    if (id != NULL) {
        if (!json_is(id, JSON_STRING)) {
            return schema_wrong(c, node, "$id", "wants text");
        }
        enum rc rc = schema_uri_resolve(c->arena, r->uri, id->text, &uri, c->err);
        if (rc != RC_OK) {
            return rc;
        }
        size_t hash = str_find_byte(uri, '#');
        if (hash + 1 < uri.len) {
            return schema_wrong(c, node, "$id", "is without a fragment; $anchor names one");
        }
        uri = without_fragment(uri);
        if (r->root != NULL || !str_eq(uri, r->uri)) {
            r->root = r->root == NULL ? node : r->root;
            if (resource_find(c, uri) != NULL) {
                return schema_wrong(c, node, "$id", "is that of another schema, too");
            }
            r = resource_add(c, uri, r->is_main, r->vocabularies);
            if (r == NULL) {
                return schema_full(c);
            }
            node->resource = r;
        }
    }
    if (r->root != NULL) {
        return RC_OK;
    }
    r->root = node;
    return dialect_of(c, node, &r->vocabularies);
}

static enum rc
anchor(struct schema_compiler *c, struct schema_node *node, const char *keyword, bool is_dynamic)
{
    const struct json *name = json_get(node->json, keyword);
    struct schema_resource *r = node->resource;

    if (name == NULL) {
        return RC_OK;
    }
    if (!json_is(name, JSON_STRING) || name->text.len == 0 ||
        str_find_byte(name->text, '/') < name->text.len) {
        return schema_wrong(c, node, keyword, "wants a name");
    }
    for (const struct schema_anchor *a = r->anchors; a != NULL; a = a->next) {
        if (str_eq(a->name, name->text) && a->node != node) {
            return schema_wrong(c, node, keyword, "is the name of another schema, too");
        }
    }
    struct schema_anchor *a = arena_alloc(c->arena, 1, sizeof(*a));
    if (a == NULL) {
        return schema_full(c);
    }
    *a = (struct schema_anchor){name->text, node, is_dynamic, r->anchors};
    r->anchors = a;
    return RC_OK;
}

/* --- the first walk -------------------------------------------------------------------------------- */

static enum rc discover(struct schema_compiler *c, struct schema_node place, size_t depth,
                        struct schema_node **out);

/* The schemas below one keyword. */
static enum rc
discover_below(struct schema_compiler *c, struct schema_node *node, const struct json *value,
               size_t depth)
{
    enum schema_shape shape;
    const char *keyword = shape_of(value->key, &shape);
    struct schema_node below = {.resource = node->resource, .parent = node, .keyword = keyword};
    struct schema_node *ignored;
    int64_t index = 0;

    if (shape == SHAPE_NONE) {
        return RC_OK;
    }
    if (shape == SHAPE_ONE) {
        below.json = value;
        return discover(c, below, depth + 1, &ignored);
    }
    if (!json_is(value, shape == SHAPE_LIST ? JSON_ARRAY : JSON_OBJECT)) {
        return schema_wrong(c, node, keyword,
                            shape == SHAPE_LIST ? "wants a list of schemas" : "wants schemas by name");
    }
    below.is_keyed = true;
    for (const struct json *child = value->first; child != NULL; child = child->next) {
        below.json = child;
        below.key = shape == SHAPE_MAP ? child->key
                                       : str_fmt(c->arena, "%lld", (long long)index++);
        if (below.key.ptr == NULL && shape == SHAPE_LIST) {
            return schema_full(c);
        }
        enum rc rc = discover(c, below, depth + 1, &ignored);
        if (rc != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

static enum rc
discover(struct schema_compiler *c, struct schema_node place, size_t depth, struct schema_node **out)
{
    const struct json *json = place.json;
    struct schema_node *node;
    enum rc rc;

    if (depth >= JSON_DEPTH_MAX) {
        return err_set(c->err, RC_LIMIT, "schema: more than %d schemas in one another",
                       JSON_DEPTH_MAX);
    }
    node = arena_alloc(c->arena, 1, sizeof(*node));
    if (node == NULL) {
        return schema_full(c);
    }
    *node = place;
    *out = node;
    if (!json_is(json, JSON_OBJECT) && !json_is(json, JSON_BOOL)) {
        return schema_wrong(c, node, NULL, "a schema is an object, true or false");
    }
    node->is_never = json_is(json, JSON_BOOL) && !json->truth;
    node->title = json_str(json, "title");
    node->title_en = json_str(json, "x-title-en");
    rc = node_add(c, node);
    rc = rc == RC_OK ? identify(c, node) : rc;
    rc = rc == RC_OK ? anchor(c, node, "$anchor", false) : rc;
    rc = rc == RC_OK ? anchor(c, node, "$dynamicAnchor", true) : rc;
    for (const struct json *m = json->first; m != NULL && rc == RC_OK; m = m->next) {
        rc = discover_below(c, node, m, depth);
    }
    return rc;
}

static enum rc
document_add(struct schema_compiler *c, struct str uri, const struct json *root, bool is_main,
             struct schema_node **out)
{
    struct schema_resource *r = resource_add(c, without_fragment(uri), is_main, usual);
    struct schema_node place = {.json = root, .resource = r};

    return r == NULL ? schema_full(c) : discover(c, place, 0, out);
}

/* --- references ------------------------------------------------------------------------------------ */

/* A token of a JSON Pointer names itself once ~1 and ~0 are read. */
static enum rc
unescape(struct schema_compiler *c, struct str token, struct str *out)
{
    struct buf b;

    buf_init(&b, c->arena, token.len + 1);
    for (size_t i = 0; i < token.len; i++) {
        bool is_escape = token.ptr[i] == '~' && i + 1 < token.len &&
                         (token.ptr[i + 1] == '0' || token.ptr[i + 1] == '1');
        if (is_escape) {
            i++;
            buf_put_char(&b, token.ptr[i] == '0' ? '~' : '/');
        } else {
            buf_put_char(&b, token.ptr[i]);
        }
    }
    return buf_finish(&b, out, c->err);
}

static const struct json *
child_of(const struct json *parent, struct str token)
{
    int64_t index;

    if (json_is(parent, JSON_OBJECT)) {
        return json_get_key(parent, token);
    }
    if (!json_is(parent, JSON_ARRAY) || !str_to_int(token, &index) || index < 0) {
        return NULL;
    }
    const struct json *child = parent->first;
    while (child != NULL && index-- > 0) {
        child = child->next;
    }
    return child;
}

/* What a JSON Pointer leads to may be a schema that no keyword said was one. */
static enum rc
follow_pointer(struct schema_compiler *c, struct schema_node *root, struct str pointer,
               struct schema_node **out)
{
    const struct json *at = root->json;
    struct schema_node *inner = root;
    struct str rest = str_from(pointer, 1);
    bool is_last = false;

    while (!is_last && at != NULL) {
        size_t len = str_find_byte(rest, '/');
        struct str token;
        is_last = len == rest.len;
        enum rc rc = unescape(c, str_sub(rest, 0, len), &token);
        if (rc != RC_OK) {
            return rc;
        }
        at = child_of(at, token);
        rest = str_from(rest, len + 1);
        struct schema_node *node = at == NULL ? NULL : schema_node_of(c, at);
        inner = node != NULL ? node : inner;
    }
    *out = at == NULL ? NULL : inner;
    if (at == NULL || inner->json == at) {
        return RC_OK;
    }
    struct schema_node place = {
        .json = at, .resource = inner->resource, .parent = root, .key = pointer};
    return discover(c, place, 1, out);
}

enum rc
schema_find(struct schema_compiler *c, const struct schema_node *from, const char *keyword,
            struct str reference, struct schema_node **out, struct str *fragment)
{
    struct schema_node *root = NULL;
    struct str uri;
    enum rc rc = schema_uri_resolve(c->arena, from->resource->uri, reference, &uri, c->err);

    *out = NULL;
    if (rc != RC_OK) {
        return rc;
    }
    rc = percent_decode(c->arena, str_from(uri, without_fragment(uri).len + 1), false, fragment, c->err);
    if (rc != RC_OK) {
        return rc == RC_INVALID ? schema_wrong(c, from, keyword, "a bad escape in the reference") : rc;
    }
    uri = without_fragment(uri);
    const struct schema_resource *r = resource_find(c, uri);
    if (r == NULL) {
        const struct json *document = document_find(c, uri);
        if (document == NULL) {
            return schema_wrong(c, from, keyword, "refers to a document that is not here");
        }
        rc = document_add(c, uri, document, false, &root);
        if (rc != RC_OK) {
            return rc;
        }
    } else {
        root = r->root;
    }
    if (fragment->len == 0) {
        *out = root;
    } else if (fragment->ptr[0] == '/') {
        rc = follow_pointer(c, root, *fragment, out);
    } else {
        for (const struct schema_anchor *a = root->resource->anchors; a != NULL; a = a->next) {
            *out = str_eq(a->name, *fragment) ? a->node : *out;
        }
    }
    return rc == RC_OK && *out == NULL ? schema_wrong(c, from, keyword, "refers to nothing") : rc;
}

/* --- circles --------------------------------------------------------------------------------------- */

static enum rc
follow(struct schema_compiler *c, const struct schema_node *seen, unsigned depth)
{
    struct schema_node *node = schema_node_of(c, seen->json);
    enum rc rc = RC_OK;

    if (node->colour == BLACK) {
        return RC_OK;
    }
    if (node->colour == GREY) {
        return schema_wrong(c, node, NULL, "refers back to itself without looking at anything");
    }
    if (depth > SCHEMA_DEPTH_MAX) {
        return err_set(c->err, RC_LIMIT, "schema: more than %d schemas for one value", SCHEMA_DEPTH_MAX);
    }
    node->colour = GREY;
    for (size_t i = 0; i < node->words_count && rc == RC_OK; i++) {
        const struct schema_word *w = &node->words[i];
        if (w->op == OP_REF || w->op == OP_NOT) {
            rc = follow(c, w->is.node, depth + 1);
        } else if (w->op == OP_ALL_OF || w->op == OP_ANY_OF || w->op == OP_ONE_OF || w->op == OP_IF) {
            for (size_t n = 0; n < w->is.nodes.count && rc == RC_OK; n++) {
                rc = w->is.nodes.list[n] == NULL ? RC_OK : follow(c, w->is.nodes.list[n], depth + 1);
            }
        } else if (w->op == OP_DEPENDENT_SCHEMAS) {
            for (size_t n = 0; n < w->is.table->count && rc == RC_OK; n++) {
                rc = follow(c, w->is.table->list[n].node, depth + 1);
            }
        }
    }
    node->colour = BLACK;
    return rc;
}

static bool
is_dynamic(const struct schema_node *node)
{
    for (; node != NULL; node = node->next) {
        for (size_t i = 0; i < node->words_count; i++) {
            if (node->words[i].op == OP_DYNAMIC_REF && node->words[i].is.dynamic.anchor.len > 0) {
                return true;
            }
        }
    }
    return false;
}

enum rc
schema_compile(struct arena *a, struct str uri, const struct json *root,
               const struct schema_options *options, const struct schema **out, struct err *err)
{
    static const struct schema_options none = {.others_count = 0};
    struct schema_compiler c = {
        .arena = a, .options = options == NULL ? &none : options, .err = err};
    struct schema *schema = arena_alloc(a, 1, sizeof(*schema));
    struct schema_node *first = NULL;
    enum rc rc = schema == NULL ? schema_full(&c) : document_add(&c, uri, root, true, &first);

    for (struct schema_node *n = c.first; n != NULL && rc == RC_OK; n = n->next) {
        rc = schema_words_make(&c, n);
    }
    for (struct schema_node *n = c.first; n != NULL && rc == RC_OK; n = n->next) {
        rc = follow(&c, n, 0);
    }
    rc = rc == RC_OK ? schema_prepare_messages(&c, c.first) : rc;
    if (rc == RC_OK) {
        schema->is_dynamic = is_dynamic(c.first);
        schema->root = first;
        *out = schema;
    }
    return rc;
}
