#include "rule/xml.h"

#include <expat.h>
#include <limits.h>
#include <string.h>

enum { SEPARATOR = '\n', NAME_SPACES_KNOWN = 16 };

static const char *const texts[][2] = {
#define X(name, en, zh) [XML_FAULT_##name] = {en, zh},
    XML_FAULT_TABLE(X)
#undef X
};

struct reader {
    struct arena *arena;
    XML_Parser parser;
    const struct xml_limits *limits;
    struct xml *root, *open;
    size_t depth, elements;
    size_t skipped; /* elements of other namespaces that are open */
    struct buf said; /* what the innermost element has said up to here */
    /* Most elements are of the same few namespaces, which are kept once. */
    size_t known;
    struct str name_space[NAME_SPACES_KNOWN];
    size_t prefixes, prefix_room;
    struct xml_prefix *prefix;
    bool is_stopped;
    struct xml_fault fault;
};

const char *
xml_fault_text(enum xml_fault_kind kind, bool is_chinese)
{
    return texts[kind][is_chinese];
}

static void
stop(struct reader *r, enum xml_fault_kind kind)
{
    if (!r->is_stopped) {
        r->is_stopped = true;
        r->fault = (struct xml_fault){
            .kind = kind,
            .line = (uint32_t)XML_GetCurrentLineNumber(r->parser),
            .column = (uint32_t)XML_GetCurrentColumnNumber(r->parser) + 1,
            .detail = "",
        };
        (void)XML_StopParser(r->parser, XML_FALSE);
    }
}

static struct str
kept(struct reader *r, struct str s)
{
    struct str copy = STR("");
    struct err err;

    if (s.len > 0 && str_copy(r->arena, s, &copy, &err) != RC_OK) {
        stop(r, XML_FAULT_ROOM);
    }
    return copy;
}

static struct str
kept_name_space(struct reader *r, struct str s)
{
    for (size_t i = 0; i < r->known; i++) {
        if (str_eq(r->name_space[i], s)) {
            return r->name_space[i];
        }
    }
    struct str copy = kept(r, s);
    if (r->known < NAME_SPACES_KNOWN && !r->is_stopped) {
        r->name_space[r->known++] = copy;
    }
    return copy;
}

/* "namespace\nlocal", or "local" alone. */
static struct str
split(const char *name, struct str *name_space)
{
    struct str whole = str_of(name);
    size_t at = str_find_byte(whole, SEPARATOR);

    if (at == whole.len) {
        *name_space = STR("");
        return whole;
    }
    *name_space = str_sub(whole, 0, at);
    return str_from(whole, at + 1);
}

static void
take_attributes(struct reader *r, struct xml *e, const char **attributes)
{
    size_t count = 0;

    while (attributes[count * 2] != NULL) {
        count++;
    }
    if (count > r->limits->attributes) {
        stop(r, XML_FAULT_ATTRIBUTES);
        return;
    }
    if (count == 0) {
        return;
    }
    struct xml_attribute *list = arena_alloc(r->arena, count, sizeof(*list));
    if (list == NULL) {
        stop(r, XML_FAULT_ROOM);
        return;
    }
    for (size_t i = 0; i < count && !r->is_stopped; i++) {
        struct str name_space, name = split(attributes[i * 2], &name_space);
        list[i].name_space = kept_name_space(r, name_space);
        list[i].name = kept(r, name);
        list[i].value = kept(r, str_of(attributes[i * 2 + 1]));
    }
    e->attribute = list;
    e->attributes = count;
}

/* Of the root's namespace, or of the one that is kept beside it. */
static bool
is_wanted(const struct reader *r, struct str name_space)
{
    return r->root == NULL || r->limits->all || str_eq(name_space, r->root->name_space) ||
           (r->limits->also.len > 0 && str_eq(name_space, r->limits->also));
}

static void
on_begin(void *ctx, const char *whole, const char **attributes)
{
    struct reader *r = ctx;
    struct str name_space, name = split(whole, &name_space);

    if (r->is_stopped) {
        return;
    }
    r->depth++;
    r->elements++;
    if (r->depth > r->limits->depth) {
        stop(r, XML_FAULT_DEPTH);
        return;
    }
    if (r->elements > r->limits->elements) {
        stop(r, XML_FAULT_ELEMENTS);
        return;
    }
    if (r->skipped > 0 || !is_wanted(r, name_space)) {
        r->skipped++;
        return;
    }
    struct xml *e = arena_alloc(r->arena, 1, sizeof(*e));
    if (e == NULL) {
        stop(r, XML_FAULT_ROOM);
        return;
    }
    e->name_space = kept_name_space(r, name_space);
    e->name = kept(r, name);
    e->line = (uint32_t)XML_GetCurrentLineNumber(r->parser);
    e->column = (uint32_t)XML_GetCurrentColumnNumber(r->parser) + 1;
    e->parent = r->open;
    take_attributes(r, e, attributes);
    if (r->open == NULL) {
        r->root = e;
    } else if (r->open->last == NULL) {
        r->open->first = r->open->last = e;
    } else {
        r->open->last = r->open->last->next = e;
    }
    r->open = e;
    buf_init(&r->said, r->arena, r->limits->bytes);
}

static void
on_text(void *ctx, const char *text, int len)
{
    struct reader *r = ctx;

    /* Between elements stands nothing that anybody asks for. */
    if (!r->is_stopped && r->skipped == 0 && r->open != NULL && r->open->first == NULL) {
        buf_put(&r->said, (struct str){text, (size_t)len});
        if (r->said.failed) {
            stop(r, XML_FAULT_ROOM);
        }
    }
}

static void
on_end(void *ctx, const char *name)
{
    struct reader *r = ctx;
    struct err err;

    (void)name;
    if (r->is_stopped) {
        return;
    }
    r->depth--;
    if (r->skipped > 0) {
        r->skipped--;
        return;
    }
    if (r->open->first == NULL && buf_finish(&r->said, &r->open->text, &err) != RC_OK) {
        stop(r, XML_FAULT_ROOM);
        return;
    }
    r->open = r->open->parent;
    buf_init(&r->said, r->arena, r->limits->bytes);
}

static void
on_prefix(void *ctx, const char *prefix, const char *uri)
{
    struct reader *r = ctx;

    if (r->is_stopped || r->prefixes >= r->limits->elements) {
        return;
    }
    if (r->prefixes == r->prefix_room) {
        size_t room = r->prefix_room == 0 ? 16 : r->prefix_room * 2;
        void *more = arena_grow(r->arena, r->prefix, r->prefix_room * sizeof(*r->prefix), room * sizeof(*r->prefix));
        if (more == NULL) {
            stop(r, XML_FAULT_ROOM);
            return;
        }
        r->prefix = more;
        r->prefix_room = room;
    }
    r->prefix[r->prefixes].prefix = kept(r, str_of(prefix));
    r->prefix[r->prefixes++].name_space = kept_name_space(r, str_of(uri));
}

static void
on_doctype(void *ctx, const char *name, const char *system, const char *public, int has_internal)
{
    (void)name;
    (void)system;
    (void)public;
    (void)has_internal;
    stop(ctx, XML_FAULT_DTD);
}

/* What was wrong in expat's eyes, once it has said no. */
static void
say_syntax(struct reader *r)
{
    enum XML_Error code = XML_GetErrorCode(r->parser);

    CHECK(code != XML_ERROR_NO_MEMORY); /* the heap is empty: nothing here can go on */
    if (!r->is_stopped) {
        stop(r, XML_FAULT_SYNTAX);
        r->fault.detail = XML_ErrorString(code);
    }
}

static bool
parse(struct reader *r, struct str bytes)
{
    r->parser = XML_ParserCreateNS(NULL, SEPARATOR);
    CHECK(r->parser != NULL);
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_begin, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetStartNamespaceDeclHandler(r->parser, on_prefix);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
    buf_init(&r->said, r->arena, r->limits->bytes);
    if (XML_Parse(r->parser, bytes.len > 0 ? bytes.ptr : "", (int)bytes.len, XML_TRUE) != XML_STATUS_OK || r->is_stopped) {
        say_syntax(r);
    }
    XML_ParserFree(r->parser);
    return !r->is_stopped;
}

enum rc
xml_read(struct arena *a, struct str bytes, const struct xml_limits *limits, struct xml_document *out,
         struct xml_fault *fault, struct err *err)
{
    struct reader r = {.arena = a, .limits = limits, .fault = {.kind = XML_FAULT_BYTES, .detail = ""}};

    if (bytes.len > limits->bytes || bytes.len > INT_MAX || !parse(&r, bytes)) {
        enum rc rc = r.fault.kind == XML_FAULT_SYNTAX || r.fault.kind == XML_FAULT_DTD ? RC_INVALID : RC_LIMIT;
        if (fault != NULL) {
            *fault = r.fault;
        }
        return err_set(err, rc, "line %u, column %u: %s%s%s", r.fault.line, r.fault.column, xml_fault_text(r.fault.kind, false),
                       r.fault.detail[0] == '\0' ? "" : ": ", r.fault.detail);
    }
    for (size_t i = 0; i < r.prefixes / 2; i++) { /* the last one first */
        struct xml_prefix other = r.prefix[i];
        r.prefix[i] = r.prefix[r.prefixes - 1 - i];
        r.prefix[r.prefixes - 1 - i] = other;
    }
    *out = (struct xml_document){.root = r.root, .prefixes = r.prefixes, .prefix = r.prefix};
    return RC_OK;
}

/* --- looking ------------------------------------------------------------------------------------ */

static const struct xml_attribute *
find(const struct xml *e, struct str name_space, const char *name)
{
    for (size_t i = 0; e != NULL && i < e->attributes; i++) {
        if (str_eq(e->attribute[i].name, str_of(name)) && str_eq(e->attribute[i].name_space, name_space)) {
            return &e->attribute[i];
        }
    }
    return NULL;
}

struct str
xml_attribute_of(const struct xml *e, struct str name_space, const char *name)
{
    const struct xml_attribute *a = find(e, name_space, name);

    return a != NULL ? a->value : STR("");
}

struct str
xml_attribute(const struct xml *e, const char *name)
{
    return xml_attribute_of(e, STR(""), name);
}

bool
xml_has(const struct xml *e, const char *name)
{
    return find(e, STR(""), name) != NULL;
}

const struct xml *
xml_child(const struct xml *e, const char *name)
{
    const struct xml *c = e != NULL ? e->first : NULL;

    while (c != NULL && !xml_is(c, name)) {
        c = c->next;
    }
    return c;
}

const struct xml *
xml_next(const struct xml *e, const char *name)
{
    const struct xml *c = e->next;

    while (c != NULL && !xml_is(c, name)) {
        c = c->next;
    }
    return c;
}

struct str
xml_text(const struct xml *e, const char *name)
{
    const struct xml *c = xml_child(e, name);

    return c != NULL ? c->text : STR("");
}
