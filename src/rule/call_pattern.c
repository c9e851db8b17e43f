/*
 * matches, replace and split (DMN 1.5, 10.3.4.3) with the regular expressions of XPath.  A pattern that is none, one that matches
 * what is empty where parts are sought, and one that takes too many steps make null.
 */
#include "rule/call_int.h"
#include "rule/run_int.h"

/* Steps of the run that a pattern costs which has not been compiled yet, each match, and one that was given up. */
enum { COMPILE_STEPS = 500, MATCH_STEPS = 100, GIVEN_UP_STEPS = 20000, STEP_BYTES = 64 };

struct search {
    struct run *r;
    const char *name; /* of the function */
    struct str text;
    struct value pattern;
    const struct regex *regex;
    struct regex_span *span; /* of the match and of each group */
    size_t count;            /* of them */
    bool is_refused;         /* there is a note */
};

static bool
refused(struct search *s, enum note_kind kind)
{
    struct str pattern = value_text(run_arena(s->r), s->pattern, true);

    if (pattern.ptr == NULL) {
        return run_full(s->r);
    }
    s->is_refused = true;
    run_note(s->r, kind, kind == NOTE_PATTERN ? pattern : str_of(s->name), str_of(s->name));
    return true;
}

/* While a program is compiled there is nobody to keep patterns. */
static enum rc
compile(struct run *r, struct str pattern, struct str flags, const struct regex **out, bool *is_new)
{
    struct err err;

    if (r->slot == NULL) {
        *is_new = true;
        return regex_compile_flags(r->arena, REGEX_XPATH, pattern, flags, out, &err);
    }
    if (r->patterns == NULL) {
        r->patterns = patterns_new();
    }
    return patterns_get(r->patterns, pattern, flags, out, is_new, &err);
}

/* Arguments: text, pattern; flags are NULL for none.  False: a limit is passed. */
static bool
search_begin(struct run *r, const char *name, const struct value *argument, struct value flags, struct search *s)
{
    bool is_new;

    *s = (struct search){.r = r, .name = name, .text = argument[0].as.text, .pattern = argument[1]};
    enum rc rc = compile(r, argument[1].as.text, flags.kind == VALUE_NULL ? STR("") : flags.as.text, &s->regex, &is_new);
    if (is_new && !run_step(r, COMPILE_STEPS)) {
        return false;
    }
    if (rc != RC_OK) {
        return refused(s, NOTE_PATTERN);
    }
    s->count = 1 + regex_groups(s->regex);
    s->span = arena_alloc(run_arena(r), s->count, sizeof(*s->span));
    return s->span != NULL ? true : run_full(r);
}

/* Whether something matches at from or later. */
static bool
search(struct search *s, size_t from, bool *found)
{
    struct err err;

    *found = false;
    if (!run_step(s->r, MATCH_STEPS)) {
        return false;
    }
    if (regex_find_from(s->regex, s->text, from, s->span, s->count, found, &err) != RC_OK) {
        return run_step(s->r, GIVEN_UP_STEPS) && refused(s, NOTE_PATTERN_STEPS);
    }
    size_t end = *found ? s->span[0].end : s->text.len;
    return run_step(s->r, (end - from) / STEP_BYTES);
}

static bool
matches(struct run *r, const struct value *argument, struct value *out)
{
    struct search s;
    bool found = false;

    if (!search_begin(r, "matches", argument, argument[2], &s) || (!s.is_refused && !search(&s, 0, &found))) {
        return false;
    }
    if (!s.is_refused) {
        *out = value_of_bool(found);
    }
    return true;
}

/* A pattern that matches what is empty would match everywhere between two characters. */
static bool
refuse_empty(struct search *s)
{
    struct str text = s->text;
    bool found;

    s->text = STR("");
    if (!search(s, 0, &found)) {
        return false;
    }
    s->text = text;
    return !found || s->is_refused || refused(s, NOTE_PATTERN);
}

/* --- replace ------------------------------------------------------------------------------------- */

/* $ and further digits at the byte at: of which group, the most digits that are one; *at moves behind them. */
static size_t
group_at(struct str replacement, size_t *at, size_t count)
{
    size_t group = (size_t)(replacement.ptr[(*at)++] - '0');

    while (*at < replacement.len && replacement.ptr[*at] >= '0' && replacement.ptr[*at] <= '9' &&
           group * 10 + (size_t)(replacement.ptr[*at] - '0') < count) {
        group = group * 10 + (size_t)(replacement.ptr[(*at)++] - '0');
    }
    return group;
}

/* False: a $ without a number, or a backslash before what needs none.  b may be NULL, to know only that. */
static bool
put_replacement(const struct search *s, struct str replacement, struct buf *b)
{
    size_t at = 0;

    while (at < replacement.len) {
        char c = replacement.ptr[at++], next = at < replacement.len ? replacement.ptr[at] : '\0';
        if (c == '$') {
            if (next < '0' || next > '9') {
                return false;
            }
            size_t group = group_at(replacement, &at, s->count);
            bool took_part = group < s->count && s->span[group].start <= s->span[group].end;
            if (took_part && b != NULL) {
                buf_put(b, str_sub(s->text, s->span[group].start, s->span[group].end - s->span[group].start));
            }
            continue;
        }
        if (c == '\\') {
            if (next != '\\' && next != '$') {
                return false;
            }
            c = next;
            at++;
        }
        if (b != NULL) {
            buf_put_char(b, c);
        }
    }
    return true;
}

/* One after the other. */
static bool
replace_all(struct search *s, struct str replacement, bool is_literal, struct buf *b)
{
    size_t from = 0;
    bool found = true;

    while (from <= s->text.len && !b->failed) {
        if (!search(s, from, &found)) {
            return false;
        }
        if (!found || s->is_refused) {
            break;
        }
        buf_put(b, str_sub(s->text, from, s->span[0].start - from));
        if (is_literal) {
            buf_put(b, replacement);
        } else {
            CHECK(put_replacement(s, replacement, b));
        }
        CHECK(s->span[0].end > s->span[0].start); /* see refuse_empty */
        from = s->span[0].end;
    }
    buf_put(b, str_from(s->text, from));
    return true;
}

static bool
replace(struct run *r, const struct value *argument, struct value *out)
{
    struct str replacement = argument[2].as.text, text;
    bool is_literal = argument[3].kind == VALUE_STRING && str_has(argument[3].as.text, STR("q"));
    struct search s;
    struct buf b;
    struct err err;

    if (!search_begin(r, "replace", argument, argument[3], &s) || (!s.is_refused && !refuse_empty(&s))) {
        return false;
    }
    if (s.is_refused) {
        return true;
    }
    if (!is_literal && !put_replacement(&s, replacement, NULL)) {
        return call_refused(r, "replace", argument[2]);
    }
    buf_init(&b, run_arena(r), SIZE_MAX);
    if (!replace_all(&s, replacement, is_literal, &b)) {
        return false;
    }
    if (s.is_refused) {
        return true;
    }
    if (buf_finish(&b, &text, &err) != RC_OK) {
        return run_full(r);
    }
    *out = value_of_str(text);
    return true;
}

/* --- split --------------------------------------------------------------------------------------- */

/* What is between matches, at the ends too: as many parts as matches, and one. */
static bool
split_all(struct search *s, struct list *parts)
{
    struct value *item = NULL;
    size_t from = 0, room = 0;
    bool found = true;

    while (found) {
        if (!search(s, from, &found)) {
            return false;
        }
        if (s->is_refused) {
            return true;
        }
        CHECK(!found || s->span[0].end > s->span[0].start); /* see refuse_empty */
        if (parts->count == room && (item = call_longer(s->r, item, &room, sizeof(*item))) == NULL) {
            return false;
        }
        size_t end = found ? s->span[0].start : s->text.len;
        item[parts->count++] = value_of_str(str_sub(s->text, from, end - from));
        from = found ? s->span[0].end : from;
    }
    parts->item = item;
    return true;
}

static bool
split(struct run *r, const struct value *argument, struct value *out)
{
    struct list *parts = arena_alloc(run_arena(r), 1, sizeof(*parts));
    struct search s;

    if (parts == NULL) {
        return run_full(r);
    }
    if (!search_begin(r, "split", argument, value_null(), &s) || (!s.is_refused && !refuse_empty(&s)) ||
        (!s.is_refused && !split_all(&s, parts))) {
        return false;
    }
    if (!s.is_refused) {
        *out = (struct value){.kind = VALUE_LIST, .as.list = parts};
    }
    return true;
}

#define STRING(name) {name, TAKES(STRING)}
#define FLAGS {"flags", TAKES(STRING) | TAKES_OPTIONAL}
const struct call_row call_pattern_rows[] = {
    {BUILTIN_MATCHES, matches, false, {STRING("input"), STRING("pattern"), FLAGS}},
    {BUILTIN_REPLACE, replace, false, {STRING("input"), STRING("pattern"), STRING("replacement"), FLAGS}},
    {BUILTIN_SPLIT, split, false, {STRING("string"), STRING("delimiter")}},
    {.call = NULL},
};
