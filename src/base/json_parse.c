/*
 * One pass without recursion: a stack of JSON_DEPTH_MAX open containers stands beside the loop.
 * Strings are scanned eight bytes at a time; one without escapes is a view of the input, and
 * only one with bytes above ASCII is checked as UTF-8.  A node is one arena allocation.
 *
 * Repeated names (JSON_UNIQUE) are looked for when an object closes: pair by pair in
 * small ones, by sorting in others, so that no choice of names costs more than n log n.
 */
#include "base/json_int.h"
#include "base/utf8.h"

enum { PAIRWISE_MOST = 16 };

struct parser {
    const char *start;
    const char *at;
    const char *end;
    struct arena *arena;
    enum json_flags flags;
    struct err *err;
    struct json *open[JSON_DEPTH_MAX];
    size_t depth;
};

static enum rc
wrong(struct parser *p, const char *what)
{
    return err_set(p->err, RC_INVALID, "JSON: %s at byte %zu", what, (size_t)(p->at - p->start));
}

static enum rc
no_room(struct parser *p)
{
    return err_set(p->err, RC_LIMIT, "JSON: no memory left at byte %zu",
                   (size_t)(p->at - p->start));
}

/* The next byte that is not white space, or -1 at the end. */
static inline int
peek(struct parser *p)
{
    const char *at = p->at;
    const char *end = p->end;

    while (at < end && (unsigned char)*at <= ' ' &&
           (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) {
        at++;
    }
    p->at = at;
    return at < end ? (unsigned char)*at : -1;
}

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four hex digits of \uXXXX, moving *at past them; -1 if they are none. */
static int
hex4(const char **at, const char *end)
{
    int value = 0;

    if (end - *at < 4) {
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        int digit = hex_value((*at)[i]);
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    *at += 4;
    return value;
}

/* What follows "\u", with its second half if it is a surrogate; -1 if it is no character. */
static int
unicode_escape(const char **at, const char *end)
{
    int first = hex4(at, end);

    if (first < 0xD800 || first > 0xDFFF) {
        return first;
    }
    if (first > 0xDBFF || end - *at < 2 || (*at)[0] != '\\' || (*at)[1] != 'u') {
        return -1;
    }
    *at += 2;
    int second = hex4(at, end);
    if (second < 0xDC00 || second > 0xDFFF) {
        return -1;
    }
    return 0x10000 + (first - 0xD800) * 0x400 + (second - 0xDC00);
}

/* The escape after a backslash, moving *at past it; -1 if there is none such. */
static int
escape(const char **at, const char *end)
{
    switch (*(*at)++) {
    case '"': return '"';
    case '\\': return '\\';
    case '/': return '/';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'u': return unicode_escape(at, end);
    default: return -1;
    }
}

/* raw is the inside of a string with an escape; no character is longer than its escape. */
static enum rc
unescape(struct parser *p, struct str raw, struct str *out)
{
    char *text = arena_alloc(p->arena, raw.len, 1);
    const char *at = raw.ptr;
    const char *end = raw.ptr + raw.len;
    size_t len = 0;

    if (text == NULL) {
        return no_room(p);
    }
    while (at < end) {
        const char *backslash = memchr(at, '\\', (size_t)(end - at));
        size_t run = (size_t)((backslash == NULL ? end : backslash) - at);
        memcpy(text + len, at, run);
        len += run;
        at += run;
        if (at < end) {
            p->at = at++; /* a closing quote was found behind, so the backslash is not the last */
            int c = escape(&at, end);
            if (c < 0) {
                return wrong(p, "bad escape or lone surrogate");
            }
            len += utf8_write(text + len, (uint32_t)c);
        }
    }
    *out = (struct str){text, len};
    return RC_OK;
}

/* At a quote. */
static enum rc
parse_string(struct parser *p, struct str *out)
{
    const char *first = p->at + 1;
    const char *at = first;
    bool escaped = false;
    uint64_t bits = 0;

    for (;;) {
        at += json_plain_span(at, (size_t)(p->end - at), &bits);
        if (at < p->end && *at == '"') {
            break;
        }
        if (p->end - at < 2 || *at != '\\') {
            p->at = at;
            bool cut = at == p->end || *at == '\\';
            return wrong(p, cut ? "string without end" : "raw control character");
        }
        escaped = true;
        at += 2; /* so that an escaped quote does not end the string */
    }

    struct str raw = {first, (size_t)(at - first)};
    if ((bits & JSON_HIGH_BITS) != 0 && !utf8_is_valid(raw)) {
        return wrong(p, "bytes that are no UTF-8 in the string");
    }
    if (escaped) {
        enum rc rc = unescape(p, raw, &raw);
        if (rc != RC_OK) {
            return rc;
        }
    }
    p->at = at + 1;
    *out = raw;
    return RC_OK;
}

/* A member's name and its colon. */
static enum rc
parse_name(struct parser *p, struct str *out)
{
    if (peek(p) != '"') {
        return wrong(p, "no name of a member");
    }
    enum rc rc = parse_string(p, out);
    if (rc != RC_OK) {
        return rc;
    }
    if (peek(p) != ':') {
        return wrong(p, "no colon after a name");
    }
    p->at++;
    return RC_OK;
}

static bool
take_word(struct parser *p, struct str word)
{
    if ((size_t)(p->end - p->at) < word.len || memcmp(p->at, word.ptr, word.len) != 0) {
        return false;
    }
    p->at += word.len;
    return true;
}

/* Anything but a container, which parse_open takes. */
static enum rc
parse_scalar(struct parser *p, int c, struct json *into)
{
    if (c == '"') {
        into->kind = JSON_STRING;
        return parse_string(p, &into->text);
    }
    if (c == '-' || (c >= '0' && c <= '9')) {
        size_t len = json_number_len((struct str){p->at, (size_t)(p->end - p->at)});
        into->kind = JSON_NUMBER;
        into->text = (struct str){p->at, len};
        p->at += len;
        return len > 0 ? RC_OK : wrong(p, "bad number");
    }
    if (c == 'n' && take_word(p, STR("null"))) {
        into->kind = JSON_NULL;
        return RC_OK;
    }
    into->kind = JSON_BOOL;
    into->truth = c == 't';
    if ((c == 't' && take_word(p, STR("true"))) || (c == 'f' && take_word(p, STR("false")))) {
        return RC_OK;
    }
    return wrong(p, "no value");
}

static bool
has_repeated_name(const struct json *object)
{
    for (const struct json *one = object->first; one != NULL; one = one->next) {
        for (const struct json *other = one->next; other != NULL; other = other->next) {
            if (one->key.len == other->key.len && str_eq(one->key, other->key)) {
                return true;
            }
        }
    }
    return false;
}

static enum rc
check_names(struct parser *p, const struct json *object)
{
    bool repeated = false;

    if (object->count <= PAIRWISE_MOST) {
        repeated = has_repeated_name(object);
    } else {
        const struct json **members = json_sorted(p->arena, object);
        if (members == NULL) {
            return no_room(p);
        }
        for (size_t i = 1; i < object->count; i++) {
            repeated |= str_eq(members[i - 1]->key, members[i]->key);
        }
    }
    return repeated ? wrong(p, "a name stands twice in the object that ends") : RC_OK;
}

/* Behind a value: close what closes here, up to a comma or the end of the document (*done). */
static enum rc
parse_after(struct parser *p, bool *done)
{
    while (p->depth > 0) {
        const struct json *parent = p->open[p->depth - 1];
        int c = peek(p);
        if (c == ',') {
            p->at++;
            return RC_OK;
        }
        if (c != (parent->kind == JSON_OBJECT ? '}' : ']')) {
            return wrong(p, "neither a comma nor the end of what is open");
        }
        if ((p->flags & JSON_UNIQUE) != 0 && parent->kind == JSON_OBJECT) {
            enum rc rc = check_names(p, parent);
            if (rc != RC_OK) {
                return rc;
            }
        }
        p->at++;
        p->depth--;
    }
    *done = true;
    return peek(p) == -1 ? RC_OK : wrong(p, "more than one document");
}

/* At a bracket.  *empty is set if it closes at once. */
static enum rc
parse_open(struct parser *p, int c, struct json *into, bool *empty)
{
    if (p->depth == JSON_DEPTH_MAX) {
        return err_set(p->err, RC_LIMIT, "JSON: deeper than %d at byte %zu", JSON_DEPTH_MAX,
                       (size_t)(p->at - p->start));
    }
    into->kind = c == '{' ? JSON_OBJECT : JSON_ARRAY;
    p->open[p->depth++] = into;
    p->at++;
    int next = peek(p);
    *empty = next == ']' || next == '}'; /* parse_after refuses the wrong one */
    return RC_OK;
}

static struct json *
new_child(struct parser *p)
{
    struct json *child = arena_alloc(p->arena, 1, sizeof(*child));

    if (child != NULL && p->depth > 0) {
        struct json *parent = p->open[p->depth - 1];
        if (parent->last == NULL) {
            parent->first = child;
        } else {
            parent->last->next = child;
        }
        parent->last = child;
        parent->count++;
    }
    return child;
}

static enum rc
parse_document(struct parser *p, struct json **out)
{
    enum rc rc = RC_OK;
    bool done = false;
    struct json *root = NULL;

    while (rc == RC_OK && !done) {
        struct json *child = new_child(p);
        if (child == NULL) {
            return no_room(p);
        }
        root = root == NULL ? child : root;
        if (p->depth > 0 && p->open[p->depth - 1]->kind == JSON_OBJECT) {
            rc = parse_name(p, &child->key);
            if (rc != RC_OK) {
                return rc;
            }
        }

        int c = peek(p);
        bool complete = true;
        if (c == '{' || c == '[') {
            rc = parse_open(p, c, child, &complete);
        } else {
            rc = parse_scalar(p, c, child);
        }
        if (rc == RC_OK && complete) {
            rc = parse_after(p, &done);
        }
    }
    if (rc == RC_OK) {
        *out = root;
    }
    return rc;
}

enum rc
json_parse(struct arena *a, struct str text, enum json_flags flags, struct json **out,
           struct err *err)
{
    struct parser p;

    if (text.len > UINT32_MAX) { /* so that a count of children always fits */
        return err_set(err, RC_LIMIT, "JSON: %zu bytes are too many", text.len);
    }
    text = text.len == 0 ? STR("") : text;
    /* Set one by one: the stack of 64 need not be cleared for each document. */
    p.start = text.ptr;
    p.at = text.ptr;
    p.end = text.ptr + text.len;
    p.arena = a;
    p.flags = flags;
    p.err = err;
    p.depth = 0;
    return parse_document(&p, out);
}
