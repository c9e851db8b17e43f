/* Values as FEEL text. */
#include "base/utf8.h"
#include "rule/function.h"
#include "rule/lexer.h"

enum { TEXT_MOST = 1 << 28 }; /* the arena's limit is what counts */

static void put_value(struct buf *b, const struct value *v, int depth);

struct str
value_kind_name(enum value_kind kind)
{
    static const struct str names[VALUE_KINDS] = {
        [VALUE_NULL] = STR_INIT("null"),
        [VALUE_BOOLEAN] = STR_INIT("boolean"),
        [VALUE_NUMBER] = STR_INIT("number"),
        [VALUE_STRING] = STR_INIT("string"),
        [VALUE_DATE] = STR_INIT("date"),
        [VALUE_TIME] = STR_INIT("time"),
        [VALUE_DATE_TIME] = STR_INIT("date and time"),
        [VALUE_DAYS_DURATION] = STR_INIT("days and time duration"),
        [VALUE_MONTHS_DURATION] = STR_INIT("years and months duration"),
        [VALUE_LIST] = STR_INIT("list"),
        [VALUE_CONTEXT] = STR_INIT("context"),
        [VALUE_RANGE] = STR_INIT("range"),
        [VALUE_FUNCTION] = STR_INIT("function"),
    };

    CHECK(kind < VALUE_KINDS);
    return names[kind];
}

/* What stays as it is goes at one go. */
static void
put_quoted(struct buf *b, struct str s)
{
    size_t from = 0;

    buf_put_char(b, '"');
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        const char *escape = c == '"' ? "\\\"" : c == '\\' ? "\\\\" : c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : NULL;
        if (escape != NULL) {
            buf_put(b, str_sub(s, from, i - from));
            buf_put(b, str_of(escape));
            from = i + 1;
        }
    }
    buf_put(b, str_from(s, from));
    buf_put_char(b, '"');
}

/* Only a single word stands as a key without quotes: names with blanks read back only where they are known. */
static void
put_key(struct buf *b, struct str name)
{
    struct str rest = name;
    bool is_word = lexer_is_name(name);

    while (is_word && rest.len > 0) {
        is_word = lexer_name_part(utf8_next(&rest));
    }
    if (is_word) {
        buf_put(b, name);
    } else {
        put_quoted(b, name);
    }
}

/* What another function wrote on the same arena. */
static void
put_made(struct buf *b, struct str text)
{
    b->failed |= text.ptr == NULL;
    buf_put(b, text);
}

static void
put_list(struct buf *b, const struct list *l, int depth)
{
    buf_put_char(b, '[');
    for (size_t i = 0; i < l->count && !b->failed; i++) {
        buf_put(b, i > 0 ? STR(", ") : STR(""));
        put_value(b, &l->item[i], depth);
    }
    buf_put_char(b, ']');
}

static void
put_context(struct buf *b, const struct context *c, int depth)
{
    buf_put_char(b, '{');
    for (size_t i = 0; i < c->count && !b->failed; i++) {
        buf_put(b, i > 0 ? STR(", ") : STR(""));
        put_key(b, c->entry[i].name);
        buf_put(b, STR(": "));
        put_value(b, &c->entry[i].value, depth);
    }
    buf_put_char(b, '}');
}

static void
put_range(struct buf *b, const struct range *r, int depth)
{
    if (r->form != RANGE_BETWEEN) {
        buf_put(b, r->form == RANGE_ONE ? STR("= ") : STR("!= "));
        put_value(b, &r->low, depth);
    } else if (r->low_end == RANGE_UNBOUNDED && r->high_end != RANGE_UNBOUNDED) {
        buf_put(b, r->high_end == RANGE_CLOSED ? STR("<= ") : STR("< "));
        put_value(b, &r->high, depth);
    } else if (r->high_end == RANGE_UNBOUNDED && r->low_end != RANGE_UNBOUNDED) {
        buf_put(b, r->low_end == RANGE_CLOSED ? STR(">= ") : STR("> "));
        put_value(b, &r->low, depth);
    } else {
        buf_put_char(b, r->low_end == RANGE_CLOSED ? '[' : '(');
        put_value(b, &r->low, depth);
        buf_put(b, STR(".."));
        put_value(b, &r->high, depth);
        buf_put_char(b, r->high_end == RANGE_CLOSED ? ']' : ')');
    }
}

/* By its name if it has one, for by that it can be called; else its head. */
static void
put_function(struct buf *b, const struct function *f)
{
    if (f->kind == FUNCTION_BUILTIN || f->name.len > 0) {
        buf_put(b, f->kind == FUNCTION_BUILTIN ? builtin_name(f->builtin) : f->name);
        return;
    }
    buf_put(b, STR("function("));
    for (size_t i = 0; i < f->count; i++) {
        buf_put(b, i > 0 ? STR(", ") : STR(""));
        buf_put(b, f->parameter[i].name);
    }
    buf_put_char(b, ')');
}

/* What is neither number nor string nor holds others. */
static void
put_moment(struct buf *b, const struct value *v)
{
    if (v->kind == VALUE_DAYS_DURATION) {
        put_made(b, duration_text(b->arena, v->as.duration));
    } else if (v->kind == VALUE_MONTHS_DURATION) {
        put_made(b, months_text(b->arena, v->as.months));
    } else {
        put_made(b, temporal_text(b->arena, v->as.temporal));
    }
}

static void
put_value(struct buf *b, const struct value *v, int depth)
{
    if (depth == VALUE_DEPTH_MAX) {
        b->failed = true;
        return;
    }
    switch (v->kind) {
    case VALUE_NULL:
        buf_put(b, STR("null"));
        break;
    case VALUE_BOOLEAN:
        buf_put(b, v->as.truth ? STR("true") : STR("false"));
        break;
    case VALUE_NUMBER:
        put_made(b, decimal_text(b->arena, v->as.number));
        break;
    case VALUE_STRING:
        put_quoted(b, v->as.text);
        break;
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATE_TIME:
    case VALUE_DAYS_DURATION:
    case VALUE_MONTHS_DURATION:
        buf_put(b, STR("@\""));
        put_moment(b, v);
        buf_put_char(b, '"');
        break;
    case VALUE_LIST:
        put_list(b, v->as.list, depth + 1);
        break;
    case VALUE_CONTEXT:
        put_context(b, v->as.context, depth + 1);
        break;
    case VALUE_RANGE:
        put_range(b, v->as.range, depth + 1);
        break;
    case VALUE_FUNCTION:
        put_function(b, v->as.function);
        break;
    case VALUE_KINDS:
        CHECK(v->kind < VALUE_KINDS);
    }
}

static struct str
finished(const struct buf *b)
{
    struct str text;
    struct err err;

    return buf_finish(b, &text, &err) == RC_OK ? text : (struct str){NULL, 0};
}

struct str
value_text(struct arena *a, struct value v, bool quoted)
{
    struct buf b;

    if (v.kind == VALUE_STRING && !quoted) {
        return v.as.text.ptr == NULL ? STR("") : v.as.text;
    }
    if (v.kind == VALUE_NUMBER) {
        return decimal_text(a, v.as.number);
    }
    buf_init(&b, a, TEXT_MOST);
    if (!quoted && v.kind >= VALUE_DATE && v.kind <= VALUE_MONTHS_DURATION) {
        put_moment(&b, &v);
    } else {
        put_value(&b, &v, 0);
    }
    return finished(&b);
}
