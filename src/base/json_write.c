/*
 * Writing walks the tree once; a string without escapes, found eight bytes at a time, is one copy.
 * Recursion is as deep as the tree, and one deeper than JSON_DEPTH_MAX, which nobody could read
 * back, is refused like one that has lost a child.
 */
#include "base/json_int.h"

static void
put_escape(struct buf *out, unsigned char c)
{
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
    };
    static const char hex[] = "0123456789abcdef";

    if (c >= 0x20 || letters[c] != 0) {
        const char code[2] = {'\\', c >= 0x20 ? (char)c : letters[c]};
        buf_put(out, (struct str){code, sizeof(code)});
    } else {
        const char code[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        buf_put(out, (struct str){code, sizeof(code)});
    }
}

/* text from its first byte that needs an escape; what is before has been put. */
static void
put_escaped(struct buf *out, struct str text)
{
    uint64_t bits = 0;

    while (text.len > 0) {
        put_escape(out, (unsigned char)text.ptr[0]);
        text = str_from(text, 1);
        size_t plain = json_plain_span(text.ptr, text.len, &bits);
        buf_put(out, str_sub(text, 0, plain));
        text = str_from(text, plain);
    }
}

/*
 * text in quotes, with only those escapes that JSON requires; for a name with the comma before
 * and the colon behind it, all in one reservation.
 */
static void
put_string(struct buf *out, struct str text, bool comma, bool colon)
{
    uint64_t bits = 0;
    size_t plain = json_plain_span(text.ptr, text.len, &bits);
    bool whole = plain == text.len;
    size_t around = comma ? 2U : 1U;

    around += whole ? 1U : 0U;
    around += whole && colon ? 1U : 0U;
    char *room = buf_room(out, plain + around);

    if (room == NULL) {
        return;
    }
    if (comma) {
        *room++ = ',';
    }
    *room++ = '"';
    if (plain > 0) {
        memcpy(room, text.ptr, plain);
        room += plain;
    }
    if (!whole) {
        put_escaped(out, str_from(text, plain));
        buf_put(out, colon ? STR("\":") : STR("\""));
        return;
    }
    *room++ = '"';
    if (colon) {
        *room = ':';
    }
}

/* A line of its own for what comes next, when people are to read it. */
static void
put_line(struct buf *out, bool pretty, int depth)
{
    if (pretty) {
        buf_put_char(out, '\n');
        for (int i = 0; i < depth; i++) {
            buf_put(out, STR("  "));
        }
    }
}

static void write_value(struct buf *out, const struct json *j, bool pretty, int depth);

static void
write_children(struct buf *out, const struct json *j, bool pretty, int depth)
{
    bool is_object = j->kind == JSON_OBJECT;

    buf_put_char(out, is_object ? '{' : '[');
    for (const struct json *child = j->first; child != NULL; child = child->next) {
        bool comma = child != j->first;
        if (comma && (pretty || !is_object)) {
            buf_put_char(out, ',');
        }
        put_line(out, pretty, depth + 1);
        if (is_object) {
            put_string(out, child->key, comma && !pretty, true);
            if (pretty) {
                buf_put_char(out, ' ');
            }
        }
        write_value(out, child, pretty, depth + 1);
    }
    if (j->first != NULL) {
        put_line(out, pretty, depth);
    }
    buf_put_char(out, is_object ? '}' : ']');
}

static void
write_value(struct buf *out, const struct json *j, bool pretty, int depth)
{
    if (j == NULL || j->lost) {
        out->failed = true;
        return;
    }
    switch (j->kind) {
    case JSON_NULL: buf_put(out, STR("null")); break;
    case JSON_BOOL: buf_put(out, j->truth ? STR("true") : STR("false")); break;
    case JSON_NUMBER: buf_put(out, j->text); break;
    case JSON_STRING: put_string(out, j->text, false, false); break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        if (depth == JSON_DEPTH_MAX) {
            out->failed = true;
            return;
        }
        write_children(out, j, pretty, depth);
        break;
    }
}

void
json_write(struct buf *out, const struct json *j)
{
    write_value(out, j, false, 0);
}

void
json_write_pretty(struct buf *out, const struct json *j)
{
    write_value(out, j, true, 0);
}

enum rc
json_print(struct arena *a, const struct json *j, struct str *out, struct err *err)
{
    struct buf b;

    buf_init(&b, a, arena_left(a));
    json_write(&b, j);
    return buf_finish(&b, out, err);
}

/*
 * Bytes of UTF-8 are in the order of code points.  UTF-16 differs only where a surrogate (a lead
 * byte from 0xF0) meets U+E000..FFFF (0xEE, 0xEF).
 */
int
json_name_cmp(struct str a, struct str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    size_t i = 0;

    while (i < common && a.ptr[i] == b.ptr[i]) {
        i++;
    }
    if (i == common) {
        return (a.len > b.len) - (a.len < b.len);
    }
    unsigned char x = (unsigned char)a.ptr[i];
    unsigned char y = (unsigned char)b.ptr[i];
    int order = x < y ? -1 : 1;
    return x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0) ? -order : order;
}

/* Heap sort: in place, without recursion, and no order of the input makes it slow. */
static void
sift_down(const struct json **heap, size_t at, size_t count)
{
    const struct json *moving = heap[at];

    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count) {
            break;
        }
        if (child + 1 < count && json_name_cmp(heap[child]->key, heap[child + 1]->key) < 0) {
            child++;
        }
        if (json_name_cmp(moving->key, heap[child]->key) >= 0) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moving;
}

const struct json **
json_sorted(struct arena *a, const struct json *object)
{
    const struct json **members = arena_alloc(a, object->count, sizeof(const struct json *));
    size_t count = 0;

    if (members == NULL) {
        return NULL;
    }
    for (const struct json *child = object->first; child != NULL; child = child->next) {
        members[count++] = child;
    }
    CHECK(count == object->count);
    for (size_t i = count / 2; i > 0; i--) {
        sift_down(members, i - 1, count);
    }
    for (size_t i = count; i > 1; i--) {
        const struct json *largest = members[0];
        members[0] = members[i - 1];
        members[i - 1] = largest;
        sift_down(members, 0, i - 1);
    }
    return members;
}

/* One array for the whole tree would do, but each object's own is simpler and lies on the arena. */
struct canonical {
    struct arena *arena;
    struct buf out;
    struct err *err;
};

static enum rc canonical_value(struct canonical *c, const struct json *j, int depth);

static enum rc
canonical_array(struct canonical *c, const struct json *j, int depth)
{
    enum rc rc = RC_OK;

    buf_put_char(&c->out, '[');
    for (const struct json *child = j->first; child != NULL && rc == RC_OK; child = child->next) {
        if (child != j->first) {
            buf_put_char(&c->out, ',');
        }
        rc = canonical_value(c, child, depth + 1);
    }
    buf_put_char(&c->out, ']');
    return rc;
}

static enum rc
canonical_object(struct canonical *c, const struct json *j, int depth)
{
    const struct json **members = json_sorted(c->arena, j);
    enum rc rc = RC_OK;

    if (members == NULL) {
        return err_set(c->err, RC_LIMIT, "JSON: no memory left to sort %u members",
                       (unsigned)j->count);
    }
    buf_put_char(&c->out, '{');
    for (size_t i = 0; i < j->count && rc == RC_OK; i++) {
        if (i > 0 && str_eq(members[i - 1]->key, members[i]->key)) {
            return err_set(c->err, RC_INVALID, "JSON: a name stands twice in an object");
        }
        put_string(&c->out, members[i]->key, i > 0, true);
        rc = canonical_value(c, members[i], depth + 1);
    }
    buf_put_char(&c->out, '}');
    return rc;
}

static enum rc
canonical_value(struct canonical *c, const struct json *j, int depth)
{
    if (j->kind == JSON_NUMBER) {
        return json_canonical_number(&c->out, j->text, c->err);
    }
    if (j->kind != JSON_ARRAY && j->kind != JSON_OBJECT) {
        json_write(&c->out, j);
        return RC_OK;
    }
    if (j->lost || depth == JSON_DEPTH_MAX) {
        return err_set(c->err, RC_LIMIT, "JSON: the tree lost a part, or is deeper than %d",
                       JSON_DEPTH_MAX);
    }
    return j->kind == JSON_ARRAY ? canonical_array(c, j, depth) : canonical_object(c, j, depth);
}

enum rc
json_canonical(struct arena *a, const struct json *j, struct str *out, struct err *err)
{
    struct canonical c = {.arena = a, .err = err};

    if (j == NULL) {
        return err_set(err, RC_LIMIT, "JSON: there is no tree, the arena was full");
    }
    buf_init(&c.out, a, arena_left(a));
    enum rc rc = canonical_value(&c, j, 0);
    return rc != RC_OK ? rc : buf_finish(&c.out, out, err);
}
