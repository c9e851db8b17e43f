/*
 * ECMA-262 patterns (22.2.1, with the u flag) for PCRE2, one token after the other.  Literals that
 * are ASCII but neither letter nor digit are escaped, so that none of them can mean something to
 * PCRE2 alone ("(*", "[:alpha:]", possessive "+").
 */
#include <string.h>

#include "base/utf8.h"
#include "rule/regex_int.h"

enum { DEEP_MAX = 50, NAME_MAX_BYTES = 48, NONE = -1 };

static const struct str spaces = STR_INIT("\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}"
                                          "\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}");
/* The complement, because a class cannot hold another one. */
static const struct str no_spaces =
    STR_INIT("\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}"
             "\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}"
             "\\x{3001}-\\x{d7ff}\\x{e000}-\\x{fefe}\\x{ff00}-\\x{10ffff}");

/* PCRE2 knows general categories by their short names only. */
static const struct {
    struct str name;
    const char *brief;
} categories[] = {
    {STR_INIT("Letter"), "L"}, {STR_INIT("Cased_Letter"), "L&"}, {STR_INIT("LC"), "L&"},
    {STR_INIT("Uppercase_Letter"), "Lu"}, {STR_INIT("Lowercase_Letter"), "Ll"},
    {STR_INIT("Titlecase_Letter"), "Lt"}, {STR_INIT("Modifier_Letter"), "Lm"},
    {STR_INIT("Other_Letter"), "Lo"}, {STR_INIT("Mark"), "M"}, {STR_INIT("Combining_Mark"), "M"},
    {STR_INIT("Nonspacing_Mark"), "Mn"}, {STR_INIT("Spacing_Mark"), "Mc"},
    {STR_INIT("Enclosing_Mark"), "Me"}, {STR_INIT("Number"), "N"},
    {STR_INIT("Decimal_Number"), "Nd"}, {STR_INIT("digit"), "Nd"},
    {STR_INIT("Letter_Number"), "Nl"}, {STR_INIT("Other_Number"), "No"},
    {STR_INIT("Punctuation"), "P"}, {STR_INIT("punct"), "P"},
    {STR_INIT("Connector_Punctuation"), "Pc"}, {STR_INIT("Dash_Punctuation"), "Pd"},
    {STR_INIT("Open_Punctuation"), "Ps"}, {STR_INIT("Close_Punctuation"), "Pe"},
    {STR_INIT("Initial_Punctuation"), "Pi"}, {STR_INIT("Final_Punctuation"), "Pf"},
    {STR_INIT("Other_Punctuation"), "Po"}, {STR_INIT("Symbol"), "S"},
    {STR_INIT("Math_Symbol"), "Sm"}, {STR_INIT("Currency_Symbol"), "Sc"},
    {STR_INIT("Modifier_Symbol"), "Sk"}, {STR_INIT("Other_Symbol"), "So"},
    {STR_INIT("Separator"), "Z"}, {STR_INIT("Space_Separator"), "Zs"},
    {STR_INIT("Line_Separator"), "Zl"}, {STR_INIT("Paragraph_Separator"), "Zp"},
    {STR_INIT("Other"), "C"}, {STR_INIT("Control"), "Cc"}, {STR_INIT("cntrl"), "Cc"},
    {STR_INIT("Format"), "Cf"}, {STR_INIT("Surrogate"), "Cs"}, {STR_INIT("Private_Use"), "Co"},
    {STR_INIT("Unassigned"), "Cn"},
};

static bool
is_syntax(char c)
{
    return c != '\0' && strchr("^$\\.*+?()[]{}|/", c) != NULL;
}

static int
hex_value(char c)
{
    if (regex_is_digit(c)) {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Exactly count hex digits at ahead, or NONE. */
static int32_t
hex_at(const struct regex_reader *r, size_t ahead, size_t count)
{
    int32_t value = 0;

    for (size_t i = 0; i < count; i++) {
        int digit = hex_value(regex_peek(r, ahead + i));
        if (digit < 0) {
            return NONE;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* Behind "\u". */
static enum rc
unicode_escape(struct regex_reader *r, size_t start, int32_t *out)
{
    int32_t value = 0;

    if (regex_take(r, STR("{"))) {
        size_t digits = 0;
        for (; hex_value(regex_peek(r, 0)) >= 0 && value <= 0x10ffff; digits++) {
            value = value * 16 + hex_value(regex_peek(r, 0));
            r->at++;
        }
        if (digits == 0 || value > 0x10ffff || !regex_take(r, STR("}"))) {
            return regex_wrong(r, start, "\\u{…} wants a code point in hex");
        }
    } else {
        value = hex_at(r, 0, 4);
        if (value == NONE) {
            return regex_wrong(r, start, "\\u wants four hex digits");
        }
        r->at += 4;
        bool is_high = value >= 0xd800 && value < 0xdc00;
        int32_t low = is_high && regex_peek(r, 0) == '\\' && regex_peek(r, 1) == 'u' ? hex_at(r, 2, 4) : NONE;
        if (low >= 0xdc00 && low < 0xe000) {
            value = 0x10000 + ((value - 0xd800) << 10) + (low - 0xdc00);
            r->at += 6;
        }
    }
    if (value >= 0xd800 && value < 0xe000) {
        return regex_wrong(r, start, "half of a surrogate pair is no character");
    }
    *out = value;
    return RC_OK;
}

/* \p{…} and \P{…}, at the letter. */
static enum rc
property(struct regex_reader *r, size_t start)
{
    bool negated = regex_peek(r, 0) == 'P';
    struct str name, kind;

    r->at++;
    struct str rest = str_from(r->pattern, r->at + 1);
    size_t len = str_find_byte(rest, '}');
    if (regex_peek(r, 0) != '{' || len == rest.len || len == 0 || len > NAME_MAX_BYTES) {
        return regex_wrong(r, start, "\\p wants {a property}");
    }
    name = str_sub(rest, 0, len);
    r->at += len + 2;
    for (size_t i = 0; i < len; i++) {
        if (!regex_is_word(name.ptr[i]) && name.ptr[i] != '=') {
            return regex_wrong(r, start, "\\p wants {a property}");
        }
    }
    size_t equals = str_find_byte(name, '=');
    const char *prefix = "";
    if (equals < len) {
        kind = str_sub(name, 0, equals);
        name = str_from(name, equals + 1);
        bool is_general = str_eq(kind, STR("General_Category")) || str_eq(kind, STR("gc"));
        bool is_script = str_eq(kind, STR("Script")) || str_eq(kind, STR("sc"));
        bool is_more = str_eq(kind, STR("Script_Extensions")) || str_eq(kind, STR("scx"));
        if (name.len == 0 || (!is_general && !is_script && !is_more)) {
            return regex_wrong(r, start, "no property of that kind");
        }
        prefix = is_script ? "sc:" : is_more ? "scx:" : "";
    }
    for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]) && *prefix == '\0'; i++) {
        if (str_eq(name, categories[i].name)) {
            name = str_of(categories[i].brief);
        }
    }
    buf_put_fmt(&r->out, "\\%c{%s%.*s}", negated ? 'P' : 'p', prefix, STR_ARG(name));
    return RC_OK;
}

/*
 * An escape that stands for one character, behind the backslash: *out is it.  NONE if it is none of them.
 */
static enum rc
character_escape(struct regex_reader *r, size_t start, bool in_class, int32_t *out)
{
    static const char letters[] = "tnvfr";
    static const char controls[] = "\t\n\v\f\r";
    char c = regex_peek(r, 0);
    const char *letter = c == '\0' ? NULL : strchr(letters, c);

    *out = NONE;
    if (regex_is_over(r)) {
        return regex_wrong(r, start, "a backslash at the end");
    }
    r->at++;
    if (letter != NULL) {
        *out = controls[letter - letters];
    } else if (is_syntax(c) || (in_class && c == '-')) {
        *out = c;
    } else if (in_class && c == 'b') {
        *out = '\b';
    } else if (c == '0') {
        if (regex_is_digit(regex_peek(r, 0))) {
            return regex_wrong(r, start, "octal escapes are not taken");
        }
        *out = 0;
    } else if (c == 'c') {
        if (!regex_is_word(regex_peek(r, 0)) || regex_is_digit(regex_peek(r, 0)) || regex_peek(r, 0) == '_') {
            return regex_wrong(r, start, "\\c wants a letter");
        }
        *out = regex_peek(r, 0) & 0x1f;
        r->at++;
    } else if (c == 'x') {
        *out = hex_at(r, 0, 2);
        if (*out == NONE) {
            return regex_wrong(r, start, "\\x wants two hex digits");
        }
        r->at += 2;
    } else if (c == 'u') {
        return unicode_escape(r, start, out);
    } else {
        r->at--;
    }
    return RC_OK;
}

/* \d \D \w \W \s \S \p \P, behind the backslash; false if it is none of them. */
static bool
class_escape(struct regex_reader *r, size_t start, bool in_class, enum rc *rc)
{
    char c = regex_peek(r, 0);

    *rc = RC_OK;
    if (c == 'p' || c == 'P') {
        *rc = property(r, start);
        return true;
    }
    if (c == '\0' || strchr("dDwWsS", c) == NULL) {
        return false;
    }
    r->at++;
    if (c == 's' || c == 'S') {
        struct str set = c == 's' ? spaces : no_spaces;
        buf_put_fmt(&r->out, in_class ? "%.*s" : "[%.*s]", STR_ARG(set));
    } else {
        buf_put_fmt(&r->out, "\\%c", c);
    }
    return true;
}

/* One member of a class; *point is NONE for a set such as \d. */
static enum rc
class_atom(struct regex_reader *r, int32_t *point)
{
    size_t start = r->at;
    enum rc rc;

    *point = NONE;
    if (!regex_take(r, STR("\\"))) {
        struct str rest = str_from(r->pattern, r->at);
        *point = (int32_t)utf8_next(&rest);
        r->at = r->pattern.len - rest.len;
        return RC_OK;
    }
    if (class_escape(r, start, true, &rc)) {
        return rc;
    }
    rc = character_escape(r, start, true, point);
    return rc == RC_OK && *point == NONE ? regex_wrong(r, start, "no such escape in a class") : rc;
}

static enum rc
class_of(struct regex_reader *r, size_t start)
{
    int32_t low, high;

    /* A class of nothing, but one that PCRE2 takes no times as well: after its own "[]*" nothing matches. */
    if (regex_take(r, STR("]"))) {
        buf_put(&r->out, STR("[^\\x{0}-\\x{10ffff}]"));
        return RC_OK;
    }
    buf_put_char(&r->out, '[');
    if (regex_take(r, STR("^"))) {
        buf_put_char(&r->out, '^');
    }
    while (!regex_take(r, STR("]"))) {
        size_t member = r->at;
        if (regex_is_over(r)) {
            return regex_wrong(r, start, "a class that does not end");
        }
        enum rc rc = class_atom(r, &low);
        if (rc != RC_OK) {
            return rc;
        }
        if (low != NONE) {
            regex_put_literal(r, (uint32_t)low);
        }
        if (regex_peek(r, 0) != '-' || regex_peek(r, 1) == ']' || r->at + 1 >= r->pattern.len) {
            continue;
        }
        r->at++;
        buf_put_char(&r->out, '-');
        rc = class_atom(r, &high);
        if (rc != RC_OK) {
            return rc;
        }
        if (low == NONE || high == NONE || low > high) {
            return regex_wrong(r, member, "a range wants two characters in order");
        }
        regex_put_literal(r, (uint32_t)high);
    }
    buf_put_char(&r->out, ']');
    return RC_OK;
}

/* Behind the backslash, outside of a class.  *is_atom is false for \b and \B. */
static enum rc
escape(struct regex_reader *r, size_t start, bool *is_atom)
{
    int32_t point;
    enum rc rc;

    *is_atom = true;
    if (regex_peek(r, 0) == 'b' || regex_peek(r, 0) == 'B') {
        *is_atom = false;
        buf_put_fmt(&r->out, "\\%c", regex_peek(r, 0));
        r->at++;
        return RC_OK;
    }
    if (regex_is_digit(regex_peek(r, 0)) && regex_peek(r, 0) != '0') {
        size_t number = 0;
        for (; regex_is_digit(regex_peek(r, 0)) && number <= r->groups; r->at++) {
            number = number * 10 + (size_t)(regex_peek(r, 0) - '0');
        }
        if (number > r->groups) {
            return regex_wrong(r, start, "no group of that number");
        }
        buf_put_fmt(&r->out, "\\g{%zu}", number);
        return RC_OK;
    }
    if (regex_peek(r, 0) == 'k') {
        struct str name = str_from(r->pattern, r->at + 2);
        size_t len = str_find_byte(name, '>');
        if (regex_peek(r, 1) != '<' || len == name.len || len == 0) {
            return regex_wrong(r, start, "\\k wants <a name>");
        }
        buf_put_fmt(&r->out, "\\k<%.*s>", (int)len, name.ptr);
        r->at += len + 3;
        return RC_OK;
    }
    if (class_escape(r, start, false, &rc)) {
        return rc;
    }
    rc = character_escape(r, start, false, &point);
    if (rc == RC_OK && point == NONE) {
        return regex_wrong(r, start, "no such escape");
    }
    if (rc == RC_OK) {
        regex_put_literal(r, (uint32_t)point);
    }
    return rc;
}

/* Behind "(": what opens goes out as it is.  *is_atom: may be repeated once closed. */
static enum rc
open_group(struct regex_reader *r, size_t start, bool *is_atom)
{
    static const struct str kinds[] = {STR_INIT("?:"), STR_INIT("?="), STR_INIT("?!"),
                                       STR_INIT("?<="), STR_INIT("?<!")};

    *is_atom = true;
    buf_put_char(&r->out, '(');
    if (regex_peek(r, 0) != '?') {
        return RC_OK;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (regex_take(r, kinds[i])) {
            *is_atom = i == 0;
            buf_put(&r->out, kinds[i]);
            return RC_OK;
        }
    }
    struct str name = str_from(r->pattern, r->at + 2);
    size_t len = str_find_byte(name, '>');
    if (regex_peek(r, 1) != '<' || len == name.len || len == 0) {
        return regex_wrong(r, start, "no such group");
    }
    for (size_t i = 0; i < len; i++) {
        if (!regex_is_word(name.ptr[i])) {
            return regex_wrong(r, start, "a group's name is of ASCII letters, digits and _");
        }
    }
    buf_put_fmt(&r->out, "?<%.*s>", (int)len, name.ptr);
    r->at += len + 3;
    return RC_OK;
}

/* The groups that are open, outermost first: whether each may be repeated. */
struct open {
    bool is_atom[DEEP_MAX];
    size_t at[DEEP_MAX];
    size_t count;
};

/* One token, its quantifier not counted. */
static enum rc
token(struct regex_reader *r, struct open *open, bool *is_atom)
{
    size_t start = r->at;
    struct str rest = str_from(r->pattern, r->at);
    uint32_t c = utf8_next(&rest);

    r->at = r->pattern.len - rest.len;
    *is_atom = true;
    switch (c) {
    case '\\':
        return escape(r, start, is_atom);
    case '[':
        return class_of(r, start);
    case '.':
        buf_put(&r->out, STR("[^\\n\\r\\x{2028}\\x{2029}]"));
        return RC_OK;
    case '(':
        *is_atom = false;
        if (open->count == DEEP_MAX) {
            return err_set(r->err, RC_LIMIT, "pattern: more than %d groups in one another", DEEP_MAX);
        }
        open->at[open->count] = start;
        return open_group(r, start, &open->is_atom[open->count++]);
    case ')':
        if (open->count == 0) {
            return regex_wrong(r, start, "closes a group that is not open");
        }
        *is_atom = open->is_atom[--open->count];
        buf_put_char(&r->out, ')');
        return RC_OK;
    case '^':
    case '$':
    case '|':
        *is_atom = false;
        buf_put_char(&r->out, (char)c);
        return RC_OK;
    default:
        if (c < 0x80 && is_syntax((char)c) && c != '/') {
            return regex_wrong(r, start, c == ']' || c == '}' || c == '{' ? "a bracket alone is written with a backslash"
                                                                   : "nothing to repeat");
        }
        regex_put_literal(r, c);
        return RC_OK;
    }
}

/* Groups that capture: a reference may stand before its group, so they are counted first. */
static size_t
count_groups(struct str p)
{
    size_t count = 0;
    bool in_class = false;

    for (size_t i = 0; i < p.len; i++) {
        if (p.ptr[i] == '\\') {
            i++;
        } else if (p.ptr[i] == '[' || p.ptr[i] == ']') {
            in_class = p.ptr[i] == '[' || (in_class && p.ptr[i] != ']');
        } else if (p.ptr[i] == '(' && !in_class) {
            struct str rest = str_from(p, i + 1);
            bool is_named = str_starts(rest, STR("?<")) && !str_starts(rest, STR("?<=")) &&
                            !str_starts(rest, STR("?<!"));
            count += is_named || !str_starts(rest, STR("?"));
        }
    }
    return count;
}

enum rc
regex_from_ecma(struct arena *a, struct str pattern, struct str flags, struct regex_translation *out,
                struct err *err)
{
    struct regex_reader r = {.arena = a, .pattern = pattern, .t = out, .err = err};
    struct open open = {.count = 0};
    enum rc rc = RC_OK;
    bool is_atom;

    *out = (struct regex_translation){.count = 0};
    if (flags.len > 0) {
        return err_set(err, RC_INVALID, "pattern: this dialect has no flags");
    }
    if (!utf8_is_valid(pattern)) {
        return err_set(err, RC_INVALID, "pattern: not UTF-8");
    }
    r.groups = count_groups(pattern);
    buf_init(&r.out, a, REGEX_TEXT_MAX);
    while (rc == RC_OK && !regex_is_over(&r)) {
        rc = regex_note_place(&r);
        rc = rc == RC_OK ? token(&r, &open, &is_atom) : rc;
        rc = rc == RC_OK && is_atom ? regex_quantifier(&r) : rc;
    }
    if (rc == RC_OK && open.count > 0) {
        return regex_wrong(&r, open.at[open.count - 1], "a group that is not closed");
    }
    return rc == RC_OK ? buf_finish(&r.out, &out->text, err) : rc;
}
