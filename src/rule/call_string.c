/*
 * Functions of strings (DMN 1.5, 10.3.4.3).  Positions and lengths count code points from 1, from the end if they are negative; what
 * is broken in them is cut off.
 */
#include "base/utf8.h"
#include "rule/call_int.h"

/* Bytes of text that count as one step. */
enum { STEP_BYTES = 64 };

static bool
count_bytes(struct run *r, size_t bytes)
{
    return run_step(r, bytes / STEP_BYTES);
}

/* The byte where that many code points have passed, or the end. */
static size_t
byte_after(struct str s, size_t points)
{
    size_t at = 0;

    while (points > 0 && at < s.len) {
        at++;
        while (at < s.len && ((unsigned char)s.ptr[at] & 0xc0) == 0x80) {
            at++;
        }
        points--;
    }
    return at;
}

static bool
put_bool(bool truth, struct value *out)
{
    *out = value_of_bool(truth);
    return true;
}

/* A position behind the end begins what is empty; there is none before the first. */
static bool
substring(struct run *r, const struct value *argument, struct value *out)
{
    struct str s = argument[0].as.text;
    int64_t start, length = INT64_MAX;

    if (!count_bytes(r, s.len)) {
        return false;
    }
    if (!call_whole(argument[1], &start) || start == 0) {
        return call_refused(r, "substring", argument[1]);
    }
    if (argument[2].kind != VALUE_NULL && (!call_whole(argument[2], &length) || length < 0)) {
        return call_refused(r, "substring", argument[2]);
    }
    if (start < 0) {
        start += (int64_t)utf8_count(s) + 1;
        if (start <= 0) {
            return call_refused(r, "substring", argument[1]);
        }
    }
    s = str_from(s, byte_after(s, (size_t)(start - 1)));
    *out = value_of_str(str_sub(s, 0, byte_after(s, (size_t)length)));
    return true;
}

static bool
string_length(struct run *r, const struct value *argument, struct value *out)
{
    *out = value_of_int((int64_t)utf8_count(argument[0].as.text));
    return count_bytes(r, argument[0].as.text.len);
}

static bool
upper_case(struct run *r, const struct value *argument, struct value *out)
{
    struct str s;
    struct err err;

    if (!count_bytes(r, argument[0].as.text.len)) {
        return false;
    }
    if (utf8_upper(run_arena(r), argument[0].as.text, &s, &err) != RC_OK) {
        return run_full(r);
    }
    *out = value_of_str(s);
    return true;
}

static bool
lower_case(struct run *r, const struct value *argument, struct value *out)
{
    struct str s;
    struct err err;

    if (!count_bytes(r, argument[0].as.text.len)) {
        return false;
    }
    if (utf8_lower(run_arena(r), argument[0].as.text, &s, &err) != RC_OK) {
        return run_full(r);
    }
    *out = value_of_str(s);
    return true;
}

/* *at is where the second begins in the first; at the end if it does not. */
static bool
find(struct run *r, const struct value *argument, size_t *at, bool *is_there)
{
    struct str s = argument[0].as.text, part = argument[1].as.text;

    *at = str_find(s, part);
    *is_there = *at < s.len || part.len == 0;
    return count_bytes(r, s.len + part.len);
}

static bool
substring_before(struct run *r, const struct value *argument, struct value *out)
{
    size_t at;
    bool is_there;

    if (!find(r, argument, &at, &is_there)) {
        return false;
    }
    *out = value_of_str(is_there ? str_sub(argument[0].as.text, 0, at) : STR(""));
    return true;
}

static bool
substring_after(struct run *r, const struct value *argument, struct value *out)
{
    size_t at;
    bool is_there;

    if (!find(r, argument, &at, &is_there)) {
        return false;
    }
    *out = value_of_str(is_there ? str_from(argument[0].as.text, at + argument[1].as.text.len) : STR(""));
    return true;
}

static bool
contains(struct run *r, const struct value *argument, struct value *out)
{
    size_t at;
    bool is_there;

    return find(r, argument, &at, &is_there) && put_bool(is_there, out);
}

static bool
starts_with(struct run *r, const struct value *argument, struct value *out)
{
    return count_bytes(r, argument[1].as.text.len) && put_bool(str_starts(argument[0].as.text, argument[1].as.text), out);
}

static bool
ends_with(struct run *r, const struct value *argument, struct value *out)
{
    return count_bytes(r, argument[1].as.text.len) && put_bool(str_ends(argument[0].as.text, argument[1].as.text), out);
}

/* Items that are null are left out, with the delimiter before them. */
static bool
string_join(struct run *r, const struct value *argument, struct value *out)
{
    const struct list *l = argument[0].as.list;
    struct str delimiter = argument[1].kind == VALUE_NULL ? STR("") : argument[1].as.text, text;
    struct buf b;
    struct err err;
    bool is_first = true;

    buf_init(&b, run_arena(r), SIZE_MAX);
    for (size_t i = 0; i < l->count; i++) {
        struct value item = l->item[i];
        if (item.kind == VALUE_NULL) {
            continue;
        }
        if (item.kind != VALUE_STRING) {
            return call_refused(r, "string join", item);
        }
        if (!count_bytes(r, item.as.text.len + delimiter.len + STEP_BYTES)) {
            return false;
        }
        buf_put(&b, is_first ? STR("") : delimiter);
        buf_put(&b, item.as.text);
        is_first = false;
    }
    if (buf_finish(&b, &text, &err) != RC_OK) {
        return run_full(r);
    }
    *out = value_of_str(text);
    return true;
}

#define STRING(name) {name, TAKES(STRING)}
const struct call_row call_string_rows[] = {
    {BUILTIN_SUBSTRING, substring, false,
     {STRING("string"), {"start position", TAKES(NUMBER)}, {"length", TAKES(NUMBER) | TAKES_OPTIONAL}}},
    {BUILTIN_STRING_LENGTH, string_length, false, {STRING("string")}},
    {BUILTIN_UPPER_CASE, upper_case, false, {STRING("string")}},
    {BUILTIN_LOWER_CASE, lower_case, false, {STRING("string")}},
    {BUILTIN_SUBSTRING_BEFORE, substring_before, false, {STRING("string"), STRING("match")}},
    {BUILTIN_SUBSTRING_AFTER, substring_after, false, {STRING("string"), STRING("match")}},
    {BUILTIN_CONTAINS, contains, false, {STRING("string"), STRING("match")}},
    {BUILTIN_STARTS_WITH, starts_with, false, {STRING("string"), STRING("match")}},
    {BUILTIN_ENDS_WITH, ends_with, false, {STRING("string"), STRING("match")}},
    {BUILTIN_STRING_JOIN, string_join, false, {{"list", TAKES(LIST)}, {"delimiter", TAKES(STRING) | TAKES_OPTIONAL}}},
    {.call = NULL},
};
