#include "web/template_int.h"

/*
 * A small machine: one array of instructions for all sources, a stack of levels (open sections and partials) and a
 * stack of contexts.  Both are arrays of fixed size on the C stack, about 4 KB, so that rendering runs on a small
 * stack of its own and cannot be driven into recursion.  A name is looked up by walking the contexts, then the
 * members: pages have few of both.  The words of the language, which are many, were filled in by the compiler.
 */

enum { FRAMES_MAX = 8, NO_INDENT = -1 };

struct level {
    const struct json *item; /* section over an array: the element at hand, else NULL */
    uint32_t back;           /* partial: where to go on */
    struct str indent;       /* partial: blanks before each of its lines, after those of outer */
    int outer;               /* level whose indent goes first, or NO_INDENT */
    int indent_before;       /* what to go back to */
};

struct render {
    const struct template_set *set;
    struct buf *out;
    struct err *err;
    const struct json *context[FRAMES_MAX + TEMPLATE_DEPTH_MAX];
    size_t context_count;
    struct level level[TEMPLATE_DEPTH_MAX];
    size_t level_count;
    int indent; /* innermost level that indents, or NO_INDENT */
};

static const struct json *
find(const struct render *r, const struct instr *in)
{
    const struct str *part = r->set->part + in->name;
    const struct json *found = NULL;

    if (in->name_parts == 0) {
        return r->context[r->context_count - 1];
    }
    for (size_t i = r->context_count; i > 0 && found == NULL; i--) {
        found = json_get_key(r->context[i - 1], part[0]);
    }
    /* The first part binds: a.b does not look for another a that has a b. */
    for (uint32_t i = 1; i < in->name_parts && found != NULL; i++) {
        found = json_get_key(found, part[i]);
    }
    return found;
}

/* "0", "-0.00", "0e9": no digit but 0 before the exponent. */
static bool
is_zero(struct str number)
{
    for (size_t i = 0; i < number.len; i++) {
        if (number.ptr[i] >= '1' && number.ptr[i] <= '9') {
            return false;
        }
        if (number.ptr[i] == 'e' || number.ptr[i] == 'E') {
            break;
        }
    }
    return true;
}

static bool
is_truthy(const struct json *j)
{
    if (j == NULL) {
        return false;
    }
    switch (j->kind) {
    case JSON_NULL: return false;
    case JSON_BOOL: return j->truth;
    case JSON_STRING: return j->text.len > 0;
    case JSON_ARRAY: return j->first != NULL;
    case JSON_NUMBER: return !is_zero(j->text);
    case JSON_OBJECT: break;
    }
    return true;
}

static void
put_indent(struct render *r)
{
    int chain[TEMPLATE_DEPTH_MAX];
    size_t count = 0;

    for (int i = r->indent; i != NO_INDENT; i = r->level[i].outer) {
        chain[count++] = i;
    }
    while (count > 0) {
        buf_put(r->out, r->level[chain[--count]].indent);
    }
}

static void
put_lines(struct render *r, const struct instr *in)
{
    struct str rest = in->text;

    if (in->at_line_start) {
        put_indent(r);
    }
    while (rest.len > 0) {
        size_t line = str_find_byte(rest, '\n') + 1;
        buf_put(r->out, str_sub(rest, 0, line));
        rest = str_from(rest, line);
        if (rest.len > 0) {
            put_indent(r);
        }
    }
}

static enum rc
put_value(struct render *r, const struct instr *in)
{
    const struct json *j = find(r, in);
    struct str text = STR("");

    if (j == NULL) {
        if ((r->set->flags & TEMPLATE_NAMES_EXIST) != 0 && in->name_parts > 0) {
            const struct str *part = r->set->part + in->name;
            const struct str *last = part + in->name_parts - 1;
            return err_set(r->err, RC_INVALID, "no value for %.*s",
                           (int)(last->ptr + last->len - part->ptr), part->ptr);
        }
        return RC_OK;
    }
    if (j->kind == JSON_STRING || j->kind == JSON_NUMBER) {
        text = j->text;
    } else if (j->kind == JSON_BOOL) {
        text = j->truth ? STR("true") : STR("false");
    }
    if (in->op == OP_RAW) {
        buf_put(r->out, text);
    } else {
        buf_put_html(r->out, text);
    }
    return RC_OK;
}

static enum rc
push_level(struct render *r, const struct instr *in, struct level **out)
{
    if (r->level_count == TEMPLATE_DEPTH_MAX) {
        return err_set(r->err, RC_LIMIT, "template passes %d levels at %.*s", TEMPLATE_DEPTH_MAX,
                       STR_ARG(in->text));
    }
    *out = &r->level[r->level_count++];
    **out = (struct level){.outer = NO_INDENT, .indent_before = r->indent};
    return RC_OK;
}

static enum rc
begin_section(struct render *r, const struct instr *in, uint32_t *pc)
{
    const struct json *j = find(r, in);
    struct level *level;
    enum rc rc;

    if (!is_truthy(j)) {
        *pc = in->jump;
        return RC_OK;
    }
    if ((rc = push_level(r, in, &level)) != RC_OK) {
        return rc;
    }
    if (j->kind == JSON_ARRAY) {
        level->item = j->first;
        j = j->first;
    }
    r->context[r->context_count++] = j; /* one a level: there is room */
    return RC_OK;
}

static void
end_section(struct render *r, const struct instr *in, uint32_t *pc)
{
    CHECK(r->level_count > 0 && r->context_count > 0);

    struct level *level = &r->level[r->level_count - 1];
    if (level->item != NULL && level->item->next != NULL && !r->out->failed) {
        level->item = level->item->next;
        r->context[r->context_count - 1] = level->item;
        *pc = in->jump;
        return;
    }
    r->level_count--;
    r->context_count--;
}

static enum rc
begin_partial(struct render *r, const struct instr *in, uint32_t *pc)
{
    struct level *level;
    enum rc rc = push_level(r, in, &level);

    if (rc != RC_OK) {
        return rc;
    }
    level->back = *pc;
    *pc = in->jump;
    if (!in->at_line_start) {
        r->indent = NO_INDENT; /* in the middle of a line: the other source's lines stay as they are */
    } else if (in->text.len > 0) {
        level->indent = in->text;
        level->outer = r->indent;
        r->indent = (int)r->level_count - 1;
    }
    return RC_OK;
}

/* False when the outermost source has ended. */
static bool
end_partial(struct render *r, uint32_t *pc)
{
    if (r->level_count == 0) {
        return false;
    }

    const struct level *level = &r->level[--r->level_count];
    r->indent = level->indent_before;
    *pc = level->back;
    return true;
}

static enum rc
run(struct render *r, uint32_t pc)
{
    enum rc rc = RC_OK;

    for (size_t steps = 0; rc == RC_OK && steps < TEMPLATE_STEPS_MAX; steps++) {
        const struct instr *in = &r->set->code[pc++];
        switch (in->op) {
        case OP_TEXT:
            if (r->indent == NO_INDENT) {
                buf_put(r->out, in->text);
            } else {
                put_lines(r, in);
            }
            break;
        case OP_FIXED: buf_put(r->out, in->text); break;
        case OP_VALUE:
        case OP_RAW: rc = put_value(r, in); break;
        case OP_SECTION: rc = begin_section(r, in, &pc); break;
        case OP_INVERTED: pc = is_truthy(find(r, in)) ? in->jump : pc; break;
        case OP_END: end_section(r, in, &pc); break;
        case OP_PARTIAL: rc = begin_partial(r, in, &pc); break;
        case OP_RETURN:
            if (!end_partial(r, &pc)) {
                return RC_OK;
            }
            break;
        }
    }
    return rc != RC_OK ? rc : err_set(r->err, RC_LIMIT, "template takes too many steps");
}

enum rc
template_render(const struct template_set *set, struct str name,
                const struct json *const *frames, size_t frame_count, struct buf *out,
                struct err *err)
{
    struct render r = {.set = set, .out = out, .err = err, .indent = NO_INDENT};
    size_t number = template_number(set, name);

    CHECK(frame_count > 0 && frame_count <= FRAMES_MAX);
    if (number == set->count) {
        return err_set(err, RC_NOT_FOUND, "no template %.*s", STR_ARG(name));
    }
    for (size_t i = frame_count; i > 0; i--) {
        if (frames[i - 1] != NULL) {
            r.context[r.context_count++] = frames[i - 1];
        }
    }
    CHECK(r.context_count > 0);
    return run(&r, set->entry[number].start);
}
