/*
 * A cursor moves over the text once; each parse function takes what it knows and leaves the cursor
 * behind it.  Only spaces stand inside inner lists, and spaces and tabs around commas, as RFC 9651 §4.2 has it.
 */
#include "exchange/structured.h"

#include "base/encode.h"
#include "base/utf8.h"

enum { INTEGER_DIGITS_MAX = 15, DECIMAL_WHOLE_MAX = 12, DECIMAL_PART_MAX = 3 };

/* Looking for a doubled key costs the square of the members, so their number has a limit (the RFC asks for 1024). */
enum { VALUES_MAX = 2048 };

struct cursor {
    struct arena *arena;
    struct str text;
    size_t at;
    size_t values;
    bool unique;
};

static bool
at_end(const struct cursor *c)
{
    return c->at == c->text.len;
}

/* The next byte, or 0 at the end; a NUL inside the text is refused by every rule anyway. */
static char
peek(const struct cursor *c)
{
    return at_end(c) ? '\0' : c->text.ptr[c->at];
}

static bool
take(struct cursor *c, char wanted)
{
    if (at_end(c) || c->text.ptr[c->at] != wanted) {
        return false;
    }
    c->at++;
    return true;
}

static void
skip(struct cursor *c, bool tabs)
{
    while (peek(c) == ' ' || (tabs && peek(c) == '\t')) {
        c->at++;
    }
}

static enum rc
refuse(const struct cursor *c, const char *what, struct err *err)
{
    return err_set(err, RC_INVALID, "structured field: %s at byte %zu", what, c->at);
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool
is_alpha(char c)
{
    return is_lower(c) || (c >= 'A' && c <= 'Z');
}

static bool
is_one_of(char c, const char *set)
{
    for (; *set != '\0'; set++) {
        if (c == *set) {
            return true;
        }
    }
    return false;
}

static enum rc
new_value(struct cursor *c, struct structured **out, struct err *err)
{
    struct structured *v = NULL;

    if (++c->values > VALUES_MAX || (v = arena_alloc(c->arena, 1, sizeof(*v))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for a structured field");
    }
    *out = v;
    return RC_OK;
}

static enum rc
parse_key(struct cursor *c, struct str *out, struct err *err)
{
    size_t start = c->at;

    if (!is_lower(peek(c)) && peek(c) != '*') {
        return refuse(c, "a key must begin here", err);
    }
    while (is_lower(peek(c)) || is_digit(peek(c)) || (peek(c) != '\0' && is_one_of(peek(c), "_-.*"))) {
        c->at++;
    }
    *out = str_sub(c->text, start, c->at - start);
    return RC_OK;
}

/* Digits up to most; the caller has seen that there is one. */
static enum rc
parse_digits(struct cursor *c, size_t most, int64_t *value, size_t *count, struct err *err)
{
    for (*count = 0; is_digit(peek(c)); (*count)++) {
        if (*count == most) {
            return refuse(c, "too many digits", err);
        }
        *value = *value * 10 + (peek(c) - '0');
        c->at++;
    }
    return RC_OK;
}

static enum rc
parse_number(struct cursor *c, struct structured *v, struct err *err)
{
    bool negative = take(c, '-');
    size_t whole = 0, part = 0;
    enum rc rc;

    v->kind = STRUCTURED_INTEGER;
    if (!is_digit(peek(c))) {
        return refuse(c, "a digit is missing", err);
    }
    if ((rc = parse_digits(c, INTEGER_DIGITS_MAX, &v->integer, &whole, err)) != RC_OK) {
        return rc;
    }
    if (take(c, '.')) {
        v->kind = STRUCTURED_DECIMAL;
        if (whole > DECIMAL_WHOLE_MAX || !is_digit(peek(c))) {
            return refuse(c, "not a decimal", err);
        }
        if ((rc = parse_digits(c, DECIMAL_PART_MAX, &v->integer, &part, err)) != RC_OK) {
            return rc;
        }
        for (; part < DECIMAL_PART_MAX; part++) {
            v->integer *= 10;
        }
    }
    v->integer = negative ? -v->integer : v->integer;
    return RC_OK;
}

static enum rc
parse_date(struct cursor *c, struct structured *v, struct err *err)
{
    enum rc rc = parse_number(c, v, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (v->kind != STRUCTURED_INTEGER) {
        return refuse(c, "a date has no fraction", err);
    }
    v->kind = STRUCTURED_DATE;
    return RC_OK;
}

/* After the opening quote.  Most strings hold no escape and are then a view into the text. */
static enum rc
parse_string(struct cursor *c, struct structured *v, struct err *err)
{
    size_t start = c->at;
    struct buf plain;
    bool escaped = false;

    v->kind = STRUCTURED_STRING;
    buf_init(&plain, c->arena, c->text.len + 1);
    for (;;) {
        if (at_end(c) || peek(c) < 0x20 || peek(c) > 0x7e) {
            return refuse(c, "a string does not end", err);
        }
        char byte = c->text.ptr[c->at++];
        if (byte == '"') {
            break;
        }
        if (byte == '\\') {
            if (peek(c) != '"' && peek(c) != '\\') {
                return refuse(c, "a bad escape", err);
            }
            buf_put(&plain, str_sub(c->text, start, c->at - 1 - start));
            start = c->at++;
            escaped = true;
        }
    }
    struct str rest = str_sub(c->text, start, c->at - 1 - start);
    if (!escaped) {
        v->text = rest;
        return RC_OK;
    }
    buf_put(&plain, rest);
    return buf_finish(&plain, &v->text, err);
}

static enum rc
parse_token(struct cursor *c, struct structured *v)
{
    size_t start = c->at;

    v->kind = STRUCTURED_TOKEN;
    while (is_alpha(peek(c)) || is_digit(peek(c)) ||
           (peek(c) != '\0' && is_one_of(peek(c), "!#$%&'*+-.^_`|~:/"))) {
        c->at++;
    }
    v->text = str_sub(c->text, start, c->at - start);
    return RC_OK;
}

static enum rc
parse_bytes(struct cursor *c, struct structured *v, struct err *err)
{
    struct str rest = str_from(c->text, c->at);
    size_t len = str_find_byte(rest, ':');
    enum rc rc;

    v->kind = STRUCTURED_BYTES;
    if (len == rest.len) {
        return refuse(c, "a byte sequence does not end", err);
    }
    rc = base64_decode(c->arena, str_sub(rest, 0, len), &v->text, err);
    if (rc == RC_OK) {
        c->at += len + 1;
    }
    return rc;
}

static int
hex_value(char c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* After '%': a quoted text whose bytes beyond ASCII are %xx in lower case. */
static enum rc
parse_display(struct cursor *c, struct structured *v, struct err *err)
{
    struct buf plain;
    enum rc rc;

    v->kind = STRUCTURED_DISPLAY;
    buf_init(&plain, c->arena, c->text.len + 1);
    if (!take(c, '"')) {
        return refuse(c, "not a display string", err);
    }
    while (!take(c, '"')) {
        char byte = peek(c);
        if (at_end(c) || byte < 0x20 || byte > 0x7e) {
            return refuse(c, "a display string does not end", err);
        }
        c->at++;
        if (byte == '%') {
            int high = hex_value(peek(c));
            int low = at_end(c) || c->at + 1 >= c->text.len ? -1 : hex_value(c->text.ptr[c->at + 1]);
            if (high < 0 || low < 0) {
                return refuse(c, "a bad escape", err);
            }
            byte = (char)(unsigned char)(high * 16 + low);
            c->at += 2;
        }
        buf_put_char(&plain, byte);
    }
    if ((rc = buf_finish(&plain, &v->text, err)) != RC_OK) {
        return rc;
    }
    return utf8_is_valid(v->text) ? RC_OK : refuse(c, "a display string is not UTF-8", err);
}

static enum rc
parse_bare(struct cursor *c, struct structured *v, struct err *err)
{
    char first = peek(c);

    if (is_digit(first) || first == '-') {
        return parse_number(c, v, err);
    }
    if (is_alpha(first) || first == '*') {
        return parse_token(c, v);
    }
    c->at += at_end(c) ? 0 : 1;
    switch (first) {
    case '"': return parse_string(c, v, err);
    case ':': return parse_bytes(c, v, err);
    case '@': return parse_date(c, v, err);
    case '%': return parse_display(c, v, err);
    case '?':
        v->kind = STRUCTURED_BOOLEAN;
        v->integer = peek(c) == '1';
        return take(c, '0') || take(c, '1') ? RC_OK : refuse(c, "not a boolean", err);
    default: return refuse(c, "a value must begin here", err);
    }
}

/* Puts v behind the others, or into the place of the one with the same key. */
static enum rc
add_member(struct cursor *c, struct structured **list, struct structured *v, struct err *err)
{
    struct structured **p = list;

    for (; *p != NULL; p = &(*p)->next) {
        if (str_eq((*p)->key, v->key)) {
            if (c->unique) {
                return refuse(c, "a key stands twice", err);
            }
            v->next = (*p)->next;
            break;
        }
    }
    *p = v;
    return RC_OK;
}

static enum rc
parse_params(struct cursor *c, struct structured *owner, struct err *err)
{
    enum rc rc;

    while (take(c, ';')) {
        struct structured *v;
        skip(c, false);
        if ((rc = new_value(c, &v, err)) != RC_OK || (rc = parse_key(c, &v->key, err)) != RC_OK) {
            return rc;
        }
        if (take(c, '=')) {
            rc = parse_bare(c, v, err);
        } else {
            v->kind = STRUCTURED_BOOLEAN;
            v->integer = 1;
        }
        if (rc != RC_OK || (rc = add_member(c, &owner->params, v, err)) != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

static enum rc
parse_item(struct cursor *c, struct structured *v, struct err *err)
{
    enum rc rc = parse_bare(c, v, err);

    return rc != RC_OK ? rc : parse_params(c, v, err);
}

static enum rc
parse_inner_list(struct cursor *c, struct structured *v, struct err *err)
{
    struct structured **end = &v->items;
    enum rc rc;

    v->kind = STRUCTURED_INNER_LIST;
    for (;;) {
        skip(c, false);
        if (take(c, ')')) {
            return parse_params(c, v, err);
        }
        if ((rc = new_value(c, end, err)) != RC_OK || (rc = parse_item(c, *end, err)) != RC_OK) {
            return rc;
        }
        end = &(*end)->next;
        if (peek(c) != ' ' && peek(c) != ')') {
            return refuse(c, "a blank or ) is missing", err);
        }
    }
}

static enum rc
parse_member(struct cursor *c, struct structured *v, struct err *err)
{
    return take(c, '(') ? parse_inner_list(c, v, err) : parse_item(c, v, err);
}

/* Between members: a comma and then another one, or the end. */
static enum rc
parse_comma(struct cursor *c, bool *more, struct err *err)
{
    skip(c, true);
    *more = !at_end(c);
    if (!*more) {
        return RC_OK;
    }
    if (!take(c, ',')) {
        return refuse(c, "a comma is missing", err);
    }
    skip(c, true);
    return at_end(c) ? refuse(c, "a comma stands at the end", err) : RC_OK;
}

static struct cursor
begin(struct arena *a, struct str text, bool unique)
{
    struct cursor c = {.arena = a, .text = text, .unique = unique};

    while (c.text.len > 0 && c.text.ptr[c.text.len - 1] == ' ') {
        c.text.len--;
    }
    skip(&c, false);
    return c;
}

enum rc
structured_list(struct arena *a, struct str text, struct structured **out, struct err *err)
{
    struct cursor c = begin(a, text, false);
    struct structured *first = NULL, **end = &first;
    enum rc rc;

    for (bool more = !at_end(&c); more;) {
        if ((rc = new_value(&c, end, err)) != RC_OK || (rc = parse_member(&c, *end, err)) != RC_OK ||
            (rc = parse_comma(&c, &more, err)) != RC_OK) {
            return rc;
        }
        end = &(*end)->next;
    }
    *out = first;
    return RC_OK;
}

enum rc
structured_dictionary(struct arena *a, struct str text, bool unique, struct structured **out,
                      struct err *err)
{
    struct cursor c = begin(a, text, unique);
    struct structured *first = NULL;
    enum rc rc;

    for (bool more = !at_end(&c); more;) {
        struct structured *v;
        if ((rc = new_value(&c, &v, err)) != RC_OK || (rc = parse_key(&c, &v->key, err)) != RC_OK) {
            return rc;
        }
        if (take(&c, '=')) {
            rc = parse_member(&c, v, err);
        } else {
            v->kind = STRUCTURED_BOOLEAN;
            v->integer = 1;
            rc = parse_params(&c, v, err);
        }
        if (rc != RC_OK || (rc = add_member(&c, &first, v, err)) != RC_OK ||
            (rc = parse_comma(&c, &more, err)) != RC_OK) {
            return rc;
        }
    }
    *out = first;
    return RC_OK;
}

enum rc
structured_item(struct arena *a, struct str text, struct structured **out, struct err *err)
{
    struct cursor c = begin(a, text, false);
    struct structured *v;
    enum rc rc;

    if ((rc = new_value(&c, &v, err)) != RC_OK || (rc = parse_item(&c, v, err)) != RC_OK) {
        return rc;
    }
    if (!at_end(&c)) {
        return refuse(&c, "something follows", err);
    }
    *out = v;
    return RC_OK;
}

const struct structured *
structured_get(const struct structured *list, struct str key)
{
    for (; list != NULL; list = list->next) {
        if (str_eq(list->key, key)) {
            return list;
        }
    }
    return NULL;
}

static void
put_decimal(struct buf *out, int64_t thousandths)
{
    int64_t size = thousandths < 0 ? -thousandths : thousandths;
    int64_t part = size % 1000;
    int digits = 3;

    for (; digits > 1 && part % 10 == 0; digits--) {
        part /= 10;
    }
    buf_put_fmt(out, "%s%lld.%0*lld", thousandths < 0 ? "-" : "", (long long)(size / 1000), digits,
                (long long)part);
}

static void
put_quoted(struct buf *out, struct str text)
{
    size_t done = 0;

    buf_put_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\') {
            buf_put(out, str_sub(text, done, i - done));
            buf_put_char(out, '\\');
            done = i;
        }
    }
    buf_put(out, str_from(text, done));
    buf_put_char(out, '"');
}

static void
put_display(struct buf *out, struct str text)
{
    static const char hex[] = "0123456789abcdef";

    buf_put(out, STR("%\""));
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if (byte < 0x20 || byte > 0x7e || byte == '%' || byte == '"') {
            buf_put_char(out, '%');
            buf_put_char(out, hex[byte >> 4]);
            buf_put_char(out, hex[byte & 15]);
        } else {
            buf_put_char(out, text.ptr[i]);
        }
    }
    buf_put_char(out, '"');
}

void
structured_put_text(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < 0x20 || text.ptr[i] > 0x7e) {
            put_display(out, text);
            return;
        }
    }
    put_quoted(out, text);
}

void
structured_put_bytes(struct buf *out, struct str bytes)
{
    buf_put_char(out, ':');
    buf_put_base64(out, bytes);
    buf_put_char(out, ':');
}

static void
put_bare(struct buf *out, const struct structured *v)
{
    switch (v->kind) {
    case STRUCTURED_INTEGER: buf_put_int(out, v->integer); break;
    case STRUCTURED_DECIMAL: put_decimal(out, v->integer); break;
    case STRUCTURED_STRING: put_quoted(out, v->text); break;
    case STRUCTURED_TOKEN: buf_put(out, v->text); break;
    case STRUCTURED_BYTES: structured_put_bytes(out, v->text); break;
    case STRUCTURED_BOOLEAN: buf_put(out, v->integer ? STR("?1") : STR("?0")); break;
    case STRUCTURED_DATE:
        buf_put_char(out, '@');
        buf_put_int(out, v->integer);
        break;
    case STRUCTURED_DISPLAY: put_display(out, v->text); break;
    case STRUCTURED_INNER_LIST:
        buf_put_char(out, '(');
        for (const struct structured *i = v->items; i != NULL; i = i->next) {
            structured_put(out, i);
            if (i->next != NULL) {
                buf_put_char(out, ' ');
            }
        }
        buf_put_char(out, ')');
        break;
    }
}

static bool
is_bare_true(const struct structured *v)
{
    return v->kind == STRUCTURED_BOOLEAN && v->integer != 0;
}

void
structured_put_params(struct buf *out, const struct structured *params)
{
    for (; params != NULL; params = params->next) {
        buf_put_char(out, ';');
        buf_put(out, params->key);
        if (!is_bare_true(params)) {
            buf_put_char(out, '=');
            put_bare(out, params);
        }
    }
}

void
structured_put(struct buf *out, const struct structured *value)
{
    put_bare(out, value);
    structured_put_params(out, value->params);
}

void
structured_put_list(struct buf *out, const struct structured *list)
{
    for (; list != NULL; list = list->next) {
        structured_put(out, list);
        if (list->next != NULL) {
            buf_put(out, STR(", "));
        }
    }
}

void
structured_put_dictionary(struct buf *out, const struct structured *members)
{
    for (; members != NULL; members = members->next) {
        buf_put(out, members->key);
        if (is_bare_true(members)) {
            structured_put_params(out, members->params);
        } else {
            buf_put_char(out, '=');
            structured_put(out, members);
        }
        if (members->next != NULL) {
            buf_put(out, STR(", "));
        }
    }
}
