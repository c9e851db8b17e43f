/*
 * The tree: building it and looking into it.  Members are found by walking the list, which for the
 * handful of members of our documents beats any index; nothing here is for objects of thousands.
 */
#include "base/json.h"

#include <string.h>

#include "base/json_int.h"
#include "base/utf8.h"

static struct json *
new_node(struct arena *a, enum json_kind kind)
{
    struct json *j = arena_alloc(a, 1, sizeof(*j));

    if (j != NULL) {
        j->kind = kind;
    }
    return j;
}

static bool
copy_repaired(struct arena *a, struct str text, struct str *out)
{
    struct buf b;
    struct err ignored;

    buf_init(&b, a, arena_left(a));
    buf_put_repaired(&b, text);
    return buf_finish(&b, out, &ignored) == RC_OK;
}

/*
 * A copy that is UTF-8 whatever text is, or the tree could become a document that nobody reads.  Without a struct err: the
 * compiler clears whatever stands on the stack, and that would cost more than the copy.
 */
static bool
copy_text(struct arena *a, struct str text, struct str *out)
{
    char *p;

    if (!utf8_is_valid(text)) {
        return copy_repaired(a, text, out);
    }
    if ((p = arena_alloc(a, text.len + 1, 1)) == NULL) {
        return false;
    }
    if (text.len > 0) {
        memcpy(p, text.ptr, text.len);
    }
    *out = (struct str){p, text.len};
    return true;
}

struct json *
json_null(struct arena *a)
{
    return new_node(a, JSON_NULL);
}

struct json *
json_bool(struct arena *a, bool truth)
{
    struct json *j = new_node(a, JSON_BOOL);

    if (j != NULL) {
        j->truth = truth;
    }
    return j;
}

struct json *
json_int(struct arena *a, int64_t value)
{
    char digits[24];
    struct buf b = {.ptr = digits, .cap = sizeof(digits), .limit_bytes = sizeof(digits)};

    buf_put_int(&b, value);
    return json_number(a, (struct str){b.ptr, b.len});
}

struct json *
json_number(struct arena *a, struct str digits)
{
    struct json *j = new_node(a, JSON_NUMBER);

    CHECK(digits.len > 0 && json_number_len(digits) == digits.len);
    return j != NULL && copy_text(a, digits, &j->text) ? j : NULL;
}

struct json *
json_text(struct arena *a, struct str text)
{
    struct json *j = new_node(a, JSON_STRING);

    return j != NULL && copy_text(a, text, &j->text) ? j : NULL;
}

struct json *
json_array(struct arena *a)
{
    return new_node(a, JSON_ARRAY);
}

struct json *
json_object(struct arena *a)
{
    return new_node(a, JSON_OBJECT);
}

/* Behind the last child. */
static void
append(struct json *parent, struct json *child)
{
    CHECK(child != parent && child->next == NULL && child != parent->last);
    if (parent->last == NULL) {
        parent->first = child;
    } else {
        parent->last->next = child;
    }
    parent->last = child;
    parent->count++;
}

void
json_push(struct json *array, struct json *child)
{
    if (array == NULL) {
        return;
    }
    CHECK(array->kind == JSON_ARRAY);
    if (child == NULL) {
        array->lost = true;
        return;
    }
    append(array, child);
}

/* The last member of that name, and in *before the child before it. */
static struct json *
find_member(const struct json *object, struct str key, struct json **before)
{
    struct json *found = NULL;
    struct json *previous = NULL;

    for (struct json *child = object->first; child != NULL; child = child->next) {
        if (str_eq(child->key, key)) {
            found = child;
            *before = previous;
        }
        previous = child;
    }
    return found;
}

void
json_set_key(struct arena *a, struct json *object, struct str key, struct json *child)
{
    struct json *before = NULL;

    if (object == NULL) {
        return;
    }
    CHECK(object->kind == JSON_OBJECT);
    if (child == NULL || !copy_text(a, key, &child->key)) {
        object->lost = true;
        return;
    }
    struct json *old = find_member(object, child->key, &before);
    if (old == NULL) {
        append(object, child);
        return;
    }
    CHECK(child != old && child != object && child->next == NULL);
    child->next = old->next;
    old->next = NULL;
    if (before == NULL) {
        object->first = child;
    } else {
        before->next = child;
    }
    if (object->last == old) {
        object->last = child;
    }
}

void
json_set(struct arena *a, struct json *object, const char *key, struct json *child)
{
    json_set_key(a, object, str_of(key), child);
}

void
json_set_text(struct arena *a, struct json *object, const char *key, struct str text)
{
    json_set(a, object, key, json_text(a, text));
}

void
json_set_int(struct arena *a, struct json *object, const char *key, int64_t value)
{
    json_set(a, object, key, json_int(a, value));
}

void
json_set_bool(struct arena *a, struct json *object, const char *key, bool truth)
{
    json_set(a, object, key, json_bool(a, truth));
}

static bool
is_whole(const struct json *j, int depth)
{
    if (j->lost || depth > JSON_DEPTH_MAX) {
        return false;
    }
    for (const struct json *child = j->first; child != NULL; child = child->next) {
        if (!is_whole(child, depth + 1)) {
            return false;
        }
    }
    return true;
}

enum rc
json_whole(const struct json *root, struct err *err)
{
    if (root == NULL || !is_whole(root, 0)) {
        return err_set(err, RC_LIMIT, "JSON: the tree lost a part, or is deeper than %d",
                       JSON_DEPTH_MAX);
    }
    return RC_OK;
}

static struct json *
copy_node(struct arena *a, const struct json *from, int depth)
{
    struct json *to = depth > JSON_DEPTH_MAX ? NULL : new_node(a, from->kind);

    if (to == NULL || (from->text.len > 0 && !copy_text(a, from->text, &to->text)) ||
        (from->key.len > 0 && !copy_text(a, from->key, &to->key))) {
        return NULL;
    }
    to->truth = from->truth;
    to->lost = from->lost;
    for (const struct json *child = from->first; child != NULL; child = child->next) {
        struct json *copy = copy_node(a, child, depth + 1);
        if (copy == NULL) {
            return NULL;
        }
        append(to, copy);
    }
    return to;
}

struct json *
json_copy(struct arena *a, const struct json *from)
{
    struct json *to = from == NULL ? NULL : copy_node(a, from, 0);

    if (to != NULL) {
        to->key = (struct str){NULL, 0}; /* it is nobody's member yet */
    }
    return to;
}

bool
json_is(const struct json *j, enum json_kind kind)
{
    return j != NULL && j->kind == kind;
}

const struct json *
json_get_key(const struct json *object, struct str key)
{
    struct json *before;

    return json_is(object, JSON_OBJECT) ? find_member(object, key, &before) : NULL;
}

const struct json *
json_get(const struct json *object, const char *key)
{
    return json_get_key(object, str_of(key));
}

static const struct json *
json_at(const struct json *array, struct str index)
{
    int64_t left;

    if (!str_to_int(index, &left) || left < 0) {
        return NULL;
    }
    const struct json *child = array->first;
    while (child != NULL && left-- > 0) {
        child = child->next;
    }
    return child;
}

const struct json *
json_path(const struct json *root, const char *dotted)
{
    struct str rest = str_of(dotted);
    struct str part;

    while (root != NULL && str_next(&rest, '.', &part)) {
        root = root->kind == JSON_ARRAY ? json_at(root, part) : json_get_key(root, part);
    }
    return root;
}

struct str
json_str(const struct json *object, const char *key)
{
    const struct json *member = json_get(object, key);

    return json_is(member, JSON_STRING) ? member->text : STR("");
}

int64_t
json_int_or(const struct json *object, const char *key, int64_t other)
{
    int64_t value;

    return json_as_int(json_get(object, key), &value) ? value : other;
}

bool
json_true(const struct json *object, const char *key)
{
    const struct json *member = json_get(object, key);

    return json_is(member, JSON_BOOL) && member->truth;
}

static bool equal_at(const struct json *a, const struct json *b, int depth);

/* Whether both name the same members in the same order. */
static bool
same_names(const struct json *a, const struct json *b)
{
    const struct json *y = b->first;

    for (const struct json *x = a->first; x != NULL; x = x->next, y = y->next) {
        if (!str_eq(x->key, y->key)) {
            return false;
        }
    }
    return true;
}

/* Members in different orders: each of a has its like in b, and b has no name that a has not. */
static bool
members_equal(const struct json *a, const struct json *b, int depth)
{
    for (const struct json *y = b->first; y != NULL; y = y->next) {
        if (json_get_key(a, y->key) == NULL) {
            return false;
        }
    }
    for (const struct json *x = a->first; x != NULL; x = x->next) {
        const struct json *y = json_get_key(b, x->key);
        if (y == NULL || !equal_at(x, y, depth)) {
            return false;
        }
    }
    return true;
}

/* Each child is compared once, whatever the order, or the cost would double with each level. */
static bool
children_equal(const struct json *a, const struct json *b, int depth)
{
    const struct json *y = b->first;

    if (a->count != b->count) {
        return false;
    }
    if (a->kind == JSON_OBJECT && !same_names(a, b)) {
        return members_equal(a, b, depth);
    }
    for (const struct json *x = a->first; x != NULL; x = x->next, y = y->next) {
        if (!equal_at(x, y, depth)) {
            return false;
        }
    }
    return true;
}

static bool
equal_at(const struct json *a, const struct json *b, int depth)
{
    if (a->kind != b->kind || depth > JSON_DEPTH_MAX) {
        return false;
    }
    switch (a->kind) {
    case JSON_NULL: return true;
    case JSON_BOOL: return a->truth == b->truth;
    case JSON_NUMBER:
        return str_eq(a->text, b->text) ||
               json_decimal_equal(json_decimal_of(a->text), json_decimal_of(b->text));
    case JSON_STRING: return str_eq(a->text, b->text);
    case JSON_ARRAY:
    case JSON_OBJECT: return children_equal(a, b, depth + 1);
    }
    return false;
}

bool
json_equal(const struct json *a, const struct json *b)
{
    return a == b || (a != NULL && b != NULL && equal_at(a, b, 0));
}
