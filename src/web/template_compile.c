#include "web/template_int.h"

#include <string.h>

/*
 * One pass over each source: text up to the next tag, the tag, and so on.  Sections know their end by a jump that is
 * filled in when the end is met; partials are numbers of sources until all are compiled, then jumps.
 *
 * Lines are the difficult part of Mustache.  A tag that prints nothing and stands alone on its line takes the
 * whole line away, blanks and line end included.  A partial that stands alone puts its blanks before each line
 * of the other source, but not before lines that come from data; so every text that begins a source line is
 * marked, and where a line begins with a tag that prints, an empty marked text goes first.
 */
struct compiler {
    struct arena *arena;
    struct template_set *set;
    const struct json *words;
    struct err *err;
    size_t code_room, part_room;

    struct str name; /* of the source at hand */
    struct str text;
    size_t at;
    struct str open, close; /* delimiters */
    bool at_line_start;
    size_t section[TEMPLATE_DEPTH_MAX]; /* open ones: instruction numbers */
    size_t section_count;
};

enum { PARTS_BEGIN = 64 };

/* One tag: text[start..end), without and with the line that it takes away. */
struct tag {
    char kind; /* 0 for a value, '&' raw, else as written */
    struct str body;
    size_t start, end;
    size_t line_start, line_end;
    bool alone;
};

static size_t
line_of(const struct compiler *c, size_t at)
{
    size_t line = 1;

    for (size_t i = 0; i < at && i < c->text.len; i++) {
        line += c->text.ptr[i] == '\n';
    }
    return line;
}

static enum rc
refuse(const struct compiler *c, size_t at, const char *why, struct str what)
{
    return err_set(c->err, RC_INVALID, "%.*s:%zu: %s%s%.*s", STR_ARG(c->name), line_of(c, at), why,
                   what.len > 0 ? ": " : "", STR_ARG(str_sub(what, 0, 60)));
}

static enum rc
no_room(const struct compiler *c)
{
    return err_set(c->err, RC_LIMIT, "no room for templates, at %.*s", STR_ARG(c->name));
}

/* The next instruction, zeroed but for op; NULL past the arena's limit. */
static struct instr *
emit(struct compiler *c, enum op op)
{
    struct template_set *set = c->set;

    if (set->code_count == c->code_room) {
        size_t room = c->code_room == 0 ? 256 : c->code_room * 2;
        struct instr *code = arena_grow(c->arena, set->code, c->code_room * sizeof(*code),
                                        room * sizeof(*code));
        if (code == NULL) {
            return NULL;
        }
        set->code = code;
        c->code_room = room;
    }
    CHECK(set->code_count < UINT32_MAX);

    struct instr *in = &set->code[set->code_count++];
    in->op = op;
    return in;
}

static enum rc
emit_text(struct compiler *c, struct str text)
{
    if (text.len == 0 && !c->at_line_start) {
        return RC_OK;
    }

    struct instr *in = emit(c, OP_TEXT);
    if (in == NULL) {
        return no_room(c);
    }
    in->text = text;
    in->at_line_start = c->at_line_start;
    c->at_line_start = text.len > 0 && text.ptr[text.len - 1] == '\n';
    return RC_OK;
}

static enum rc
add_part(struct compiler *c, struct str part)
{
    struct template_set *set = c->set;

    if (set->part_count == c->part_room) {
        size_t room = c->part_room * 2;
        struct str *parts = arena_grow(c->arena, set->part, c->part_room * sizeof(*parts),
                                       room * sizeof(*parts));
        if (parts == NULL) {
            return no_room(c);
        }
        set->part = parts;
        c->part_room = room;
    }
    set->part[set->part_count++] = part;
    return RC_OK;
}

static bool
is_blank(char ch)
{
    return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

static bool
has_blank(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (is_blank(s.ptr[i])) {
            return true;
        }
    }
    return false;
}

/* "a.b.c" into parts; "." has none.  An empty part would never be found, so it is a mistake. */
static enum rc
add_name(struct compiler *c, const struct tag *tag, struct instr *in)
{
    size_t start = 0;

    in->name = (uint32_t)c->set->part_count;
    if (str_eq(tag->body, STR("."))) {
        return RC_OK;
    }
    if (tag->body.len == 0 || has_blank(tag->body)) {
        return refuse(c, tag->start, "a tag needs one name", tag->body);
    }
    for (size_t i = 0; i <= tag->body.len; i++) {
        if (i < tag->body.len && tag->body.ptr[i] != '.') {
            continue;
        }
        if (i == start || in->name_parts == TEMPLATE_NAME_PARTS_MAX) {
            return refuse(c, tag->start, "a name with an empty part or too many", tag->body);
        }
        enum rc rc = add_part(c, str_sub(tag->body, start, i - start));
        if (rc != RC_OK) {
            return rc;
        }
        in->name_parts++;
        start = i + 1;
    }
    return RC_OK;
}

static enum rc
emit_fixed(struct compiler *c, struct str text, bool raw)
{
    struct instr *in = emit(c, OP_FIXED);
    struct buf escaped;

    if (in == NULL) {
        return no_room(c);
    }
    in->text = text;
    if (!raw) {
        buf_init(&escaped, c->arena, text.len * 6 + 1); /* &quot; is the longest */
        buf_put_html(&escaped, text);
        if (escaped.failed) {
            return no_room(c);
        }
        in->text = (struct str){escaped.ptr, escaped.len};
    }
    return RC_OK;
}

/* "第 {{number}} 步": its text now, its names like any value of the page. */
static enum rc
emit_word(struct compiler *c, const struct tag *tag, struct str word)
{
    enum rc rc = RC_OK;

    while (rc == RC_OK && word.len > 0) {
        size_t open = str_find(word, STR("{{"));
        if (open > 0) {
            rc = emit_fixed(c, str_sub(word, 0, open), tag->kind == '&');
        }
        word = str_from(word, open);
        if (rc == RC_OK && word.len > 0) {
            size_t close = str_find(word, STR("}}"));
            struct tag name = {.start = tag->start, .body = str_trim(str_sub(word, 2, close - 2))};
            struct instr *in = emit(c, tag->kind == '&' ? OP_RAW : OP_VALUE);
            if (in == NULL) {
                return no_room(c);
            }
            if (close == word.len) {
                return refuse(c, tag->start, "a name in a word is not closed", tag->body);
            }
            rc = add_name(c, &name, in);
            word = str_from(word, close + 2);
        }
    }
    return rc;
}

/* What words says about a name: NULL if its first part is not there.  RC_INVALID if only the rest is missing. */
static enum rc
find_word(struct compiler *c, const struct tag *tag, const struct instr *in,
          const struct json **out)
{
    const struct str *part = c->set->part + in->name;
    const struct json *found = in->name_parts == 0 ? NULL : json_get_key(c->words, part[0]);

    *out = NULL;
    if (found == NULL) {
        return RC_OK;
    }
    for (uint32_t i = 1; i < in->name_parts; i++) {
        found = json_get_key(found, part[i]);
    }
    if (!json_is(found, JSON_STRING) && !json_is(found, JSON_NUMBER)) {
        return refuse(c, tag->start, "no such word", tag->body);
    }
    *out = found;
    return RC_OK;
}

static enum rc
compile_value(struct compiler *c, const struct tag *tag)
{
    const struct json *word;
    enum rc rc;

    if (tag->kind == '&' && (c->set->flags & TEMPLATE_NO_RAW) != 0) {
        return refuse(c, tag->start, "unescaped values are not allowed here", tag->body);
    }

    struct instr *in = emit(c, tag->kind == '&' ? OP_RAW : OP_VALUE);
    if (in == NULL) {
        return no_room(c);
    }
    if ((rc = add_name(c, tag, in)) != RC_OK || (rc = find_word(c, tag, in, &word)) != RC_OK) {
        return rc;
    }
    if (word != NULL) {
        c->set->part_count = in->name; /* neither the name nor the instruction is needed */
        c->set->code_count--;
        *in = (struct instr){.op = OP_TEXT};
        return emit_word(c, tag, word->text);
    }
    return RC_OK;
}

static enum rc
compile_section(struct compiler *c, const struct tag *tag)
{
    struct instr *in;
    enum rc rc;

    if (c->section_count == TEMPLATE_DEPTH_MAX) {
        return refuse(c, tag->start, "sections nested too deep", tag->body);
    }
    if ((in = emit(c, tag->kind == '#' ? OP_SECTION : OP_INVERTED)) == NULL) {
        return no_room(c);
    }
    if ((rc = add_name(c, tag, in)) != RC_OK) {
        return rc;
    }
    in->text = tag->body; /* for the end to compare with */
    c->section[c->section_count++] = c->set->code_count - 1;
    return RC_OK;
}

static enum rc
compile_end(struct compiler *c, const struct tag *tag)
{
    if (c->section_count == 0) {
        return refuse(c, tag->start, "an end without a section", tag->body);
    }

    size_t number = c->section[--c->section_count];
    if (!str_eq(c->set->code[number].text, tag->body)) {
        return refuse(c, tag->start, "another section is open", c->set->code[number].text);
    }
    if (c->set->code[number].op == OP_SECTION) {
        struct instr *in = emit(c, OP_END);
        if (in == NULL) {
            return no_room(c);
        }
        in->jump = (uint32_t)number + 1;
    }
    c->set->code[number].jump = (uint32_t)c->set->code_count;
    return RC_OK;
}

static enum rc
compile_partial(struct compiler *c, const struct tag *tag)
{
    size_t number = template_number(c->set, tag->body);

    if (number == c->set->count) {
        if ((c->set->flags & TEMPLATE_PARTIALS_EXIST) != 0) {
            return refuse(c, tag->start, "no such partial", tag->body);
        }
        return RC_OK;
    }

    struct instr *in = emit(c, OP_PARTIAL);
    if (in == NULL) {
        return no_room(c);
    }
    in->name = (uint32_t)number;
    if (tag->alone) {
        in->at_line_start = true;
        in->text = str_sub(c->text, tag->line_start, tag->start - tag->line_start);
    }
    return RC_OK;
}

/* {{=<% %>=}}: two words without blank or "=". */
static enum rc
set_delimiters(struct compiler *c, const struct tag *tag)
{
    size_t blank = 0;

    while (blank < tag->body.len && !is_blank(tag->body.ptr[blank])) {
        blank++;
    }

    struct str open = str_sub(tag->body, 0, blank);
    struct str close = str_trim(str_from(tag->body, blank));
    if (open.len == 0 || close.len == 0 || has_blank(close) || str_has(tag->body, STR("="))) {
        return refuse(c, tag->start, "delimiters are two words without =", tag->body);
    }
    c->open = open;
    c->close = close;
    return RC_OK;
}

/* Whether the tag has its line to itself, and from where to where that line goes. */
static void
find_line(const struct compiler *c, struct tag *tag)
{
    size_t start = tag->start, end = tag->end;

    while (start > c->at && (c->text.ptr[start - 1] == ' ' || c->text.ptr[start - 1] == '\t')) {
        start--;
    }
    while (end < c->text.len && (c->text.ptr[end] == ' ' || c->text.ptr[end] == '\t')) {
        end++;
    }

    /* c->at stands behind the tag before: only a line's start there means that none shares this line. */
    bool begins = start > c->at ? c->text.ptr[start - 1] == '\n' : c->at_line_start;
    struct str rest = str_from(c->text, end);
    bool ends = rest.len == 0 || rest.ptr[0] == '\n' || str_starts(rest, STR("\r\n"));
    tag->alone = begins && ends;
    tag->line_start = start;
    tag->line_end = end + (rest.len == 0 ? 0 : rest.ptr[0] == '\n' ? 1 : 2);
}

static enum rc
read_tag(const struct compiler *c, size_t start, struct tag *tag)
{
    size_t at = start + c->open.len;
    char mark = at < c->text.len ? c->text.ptr[at] : '\0';
    char before_close = mark == '{' ? '}' : mark == '=' ? '=' : '\0';
    size_t close;

    *tag = (struct tag){.start = start};
    if (mark != '\0' && strchr("#^/>!=&{", mark) != NULL) {
        tag->kind = mark == '{' ? '&' : mark;
        at++;
    }
    /* {{{x}}} ends at the last brace, {{=a b=}} at the last "=". */
    for (close = at;; close++) {
        close += str_find(str_from(c->text, close), c->close);
        if (close >= c->text.len) {
            return refuse(c, start, "a tag is not closed", STR(""));
        }
        if (before_close == '\0' || (close > at && c->text.ptr[close - 1] == before_close)) {
            break;
        }
    }
    tag->body = str_trim(str_sub(c->text, at, close - at - (before_close != '\0')));
    tag->end = close + c->close.len;
    return RC_OK;
}

static enum rc
compile_tag(struct compiler *c, struct tag *tag)
{
    enum rc rc;

    if (tag->kind != 0 && tag->kind != '&') {
        find_line(c, tag);
    }

    size_t text_end = tag->alone ? tag->line_start : tag->start;
    struct str before = str_sub(c->text, c->at, text_end - c->at);
    if ((before.len > 0 && (rc = emit_text(c, before)) != RC_OK) ||
        (!tag->alone && (rc = emit_text(c, STR(""))) != RC_OK)) {
        return rc;
    }
    c->at_line_start = tag->alone;
    c->at = tag->alone ? tag->line_end : tag->end;
    switch (tag->kind) {
    case '#':
    case '^': return compile_section(c, tag);
    case '/': return compile_end(c, tag);
    case '>': return compile_partial(c, tag);
    case '=': return set_delimiters(c, tag);
    case '!': return RC_OK;
    default: return compile_value(c, tag);
    }
}

static enum rc
compile_source(struct compiler *c, const struct template_source *source)
{
    struct tag tag;
    enum rc rc;

    c->name = source->name;
    c->text = source->text;
    c->at = 0;
    c->open = STR("{{");
    c->close = STR("}}");
    c->at_line_start = true;
    c->section_count = 0;
    for (;;) {
        size_t start = c->at + str_find(str_from(c->text, c->at), c->open);
        if (start >= c->text.len) {
            break;
        }
        if ((rc = read_tag(c, start, &tag)) != RC_OK || (rc = compile_tag(c, &tag)) != RC_OK) {
            return rc;
        }
    }
    if (c->section_count > 0) {
        return refuse(c, c->text.len, "a section is not closed",
                      c->set->code[c->section[c->section_count - 1]].text);
    }
    if (c->at < c->text.len && (rc = emit_text(c, str_from(c->text, c->at))) != RC_OK) {
        return rc;
    }
    return emit(c, OP_RETURN) == NULL ? no_room(c) : RC_OK;
}

static enum rc
set_begin(struct compiler *c, const struct template_source *sources, size_t count, unsigned flags)
{
    struct template_set *set = arena_alloc(c->arena, 1, sizeof(*set));

    if (set == NULL ||
        (set->entry = arena_alloc(c->arena, count + 1, sizeof(*set->entry))) == NULL ||
        (set->part = arena_alloc(c->arena, PARTS_BEGIN, sizeof(*set->part))) == NULL) {
        return no_room(c);
    }
    c->part_room = PARTS_BEGIN;
    c->set = set;
    set->flags = flags;
    for (size_t i = 0; i < count; i++) {
        if (template_number(set, sources[i].name) < set->count) {
            return err_set(c->err, RC_INVALID, "two templates are called %.*s",
                           STR_ARG(sources[i].name));
        }
        set->entry[set->count++].name = sources[i].name;
    }
    return RC_OK;
}

enum rc
template_set_new(struct arena *a, const struct template_source *sources, size_t count,
                 unsigned flags, const struct json *words, struct template_set **out,
                 struct err *err)
{
    struct compiler c = {.arena = a, .words = words, .err = err, .name = STR("(set)")};
    enum rc rc = set_begin(&c, sources, count, flags);

    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        c.set->entry[i].start = (uint32_t)c.set->code_count;
        rc = compile_source(&c, &sources[i]);
    }
    if (rc != RC_OK) {
        return rc;
    }
    for (size_t i = 0; i < c.set->code_count; i++) {
        if (c.set->code[i].op == OP_PARTIAL) {
            c.set->code[i].jump = c.set->entry[c.set->code[i].name].start;
        }
    }
    *out = c.set;
    return RC_OK;
}

size_t
template_number(const struct template_set *set, struct str name)
{
    size_t i = 0;

    while (i < set->count && !str_eq(set->entry[i].name, name)) {
        i++;
    }
    return i;
}

bool
template_set_has(const struct template_set *set, struct str name)
{
    return template_number(set, name) < set->count;
}
