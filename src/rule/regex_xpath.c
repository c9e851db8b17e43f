/*
 * Patterns of XPath and XQuery (Functions and Operators 3.1, 5.6.1, over XML Schema's) for PCRE2, one token after the other.
 *
 * A class that takes another one out, [a-z-[aeiou]], becomes the class and a look back at what it took: (?:[a-z](?<![aeiou])).
 * Blocks such as \p{IsBasicLatin} are those of libunistring.
 */
#include <string.h>
#include <unictype.h>

#include "base/utf8.h"
#include "rule/regex_int.h"

enum { GROUPS_DEEP = 50, CLASSES_DEEP = 20, NONE = -1, CODE_POINT_LAST = 0x10ffff };

struct span {
    uint32_t low, high;
};

static const struct span blanks[] = {{0x9, 0xa}, {0xd, 0xd}, {0x20, 0x20}};
/* NameStartChar and NameChar of XML 1.0. */
static const struct span name_starts[] = {
    {':', ':'},       {'A', 'Z'},       {'_', '_'},       {'a', 'z'},       {0xc0, 0xd6},     {0xd8, 0xf6},
    {0xf8, 0x2ff},    {0x370, 0x37d},   {0x37f, 0x1fff},  {0x200c, 0x200d}, {0x2070, 0x218f}, {0x2c00, 0x2fef},
    {0x3001, 0xd7ff}, {0xf900, 0xfdcf}, {0xfdf0, 0xfffd}, {0x10000, 0xeffff},
};
static const struct span name_parts[] = {
    {'-', '.'},       {'0', ':'},       {'A', 'Z'},       {'_', '_'},         {'a', 'z'},       {0xb7, 0xb7},
    {0xc0, 0xd6},     {0xd8, 0xf6},     {0xf8, 0x37d},    {0x37f, 0x1fff},    {0x200c, 0x200d}, {0x203f, 0x2040},
    {0x2070, 0x218f}, {0x2c00, 0x2fef}, {0x3001, 0xd7ff}, {0xf900, 0xfdcf},   {0xfdf0, 0xfffd}, {0x10000, 0xeffff},
};
static const struct str categories = STR_INIT(" L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po Z Zs Zl Zp S Sm Sc "
                                              "Sk So C Cc Cf Co Cn ");

struct xpath {
    struct regex_reader in;
    bool dot_takes_all;
    size_t groups;              /* that capture, so far */
    size_t open[GROUPS_DEEP];   /* their numbers, outermost first; 0: one that does not capture */
    size_t opened[GROUPS_DEEP]; /* the byte of each */
    size_t depth;
};

static void
put(struct xpath *x, const char *text)
{
    buf_put(&x->in.out, str_of(text));
}

/* Halves of surrogate pairs are no characters. */
static void
put_span(struct xpath *x, uint32_t low, uint32_t high)
{
    low = low >= 0xd800 && low < 0xe000 ? 0xe000 : low;
    high = high >= 0xd800 && high < 0xe000 ? 0xd7ff : high;
    if (low <= high) {
        buf_put_fmt(&x->in.out, "\\x{%x}-\\x{%x}", (unsigned)low, (unsigned)high);
    }
}

/* Members of a class: these spans, which are in order, or what is between them. */
static void
put_spans(struct xpath *x, const struct span *span, size_t count, bool negated)
{
    uint32_t next = 0;

    for (size_t i = 0; i < count; i++) {
        if (!negated) {
            put_span(x, span[i].low, span[i].high);
        } else if (span[i].low > next) {
            put_span(x, next, span[i].low - 1);
        }
        next = span[i].high + 1;
    }
    if (negated && next <= CODE_POINT_LAST) {
        put_span(x, next, CODE_POINT_LAST);
    }
}

/* --- escapes ------------------------------------------------------------------------------------- */

/* Whether a block's name is that without its blanks. */
static bool
is_named(const char *name, struct str compact)
{
    size_t at = 0;

    for (; *name != '\0'; name++) {
        if (*name != ' ' && (at >= compact.len || compact.ptr[at++] != *name)) {
            return false;
        }
    }
    return at == compact.len;
}

/* XML Schema kept names that Unicode has changed since. */
static bool
find_block(struct str name, struct span *out)
{
    static const struct {
        struct str old, name;
    } aliases[] = {
        {STR_INIT("Greek"), STR_INIT("GreekandCoptic")},
        {STR_INIT("CombiningMarksforSymbols"), STR_INIT("CombiningDiacriticalMarksforSymbols")},
        {STR_INIT("PrivateUse"), STR_INIT("PrivateUseArea")},
    };
    const uc_block_t *blocks;
    size_t count;

    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
        name = str_eq(name, aliases[i].old) ? aliases[i].name : name;
    }
    uc_all_blocks(&blocks, &count);
    for (size_t i = 0; i < count; i++) {
        if (is_named(blocks[i].name, name)) {
            *out = (struct span){blocks[i].start, blocks[i].end};
            return blocks[i].start < 0xd800 || blocks[i].start >= 0xe000;
        }
    }
    return false;
}

/* \p{…} and \P{…}, at the letter; members of a class. */
static enum rc
property(struct xpath *x, size_t start)
{
    struct regex_reader *in = &x->in;
    bool negated = regex_peek(in, 0) == 'P';
    struct str rest = str_from(in->pattern, in->at + 2);
    size_t len = str_find_byte(rest, '}');
    struct str name = str_sub(rest, 0, len);
    struct span block;

    if (regex_peek(in, 1) != '{' || len == rest.len) {
        return regex_wrong(in, start, "\\p wants {a property}");
    }
    in->at += len + 3;
    if (str_starts(name, STR("Is")) && find_block(str_from(name, 2), &block)) {
        put_spans(x, &block, 1, negated);
        return RC_OK;
    }
    struct str word = len > 2 || len == 0 ? STR("?") : str_fmt(in->arena, " %.*s ", STR_ARG(name));
    if (word.ptr == NULL) {
        return err_set(in->err, RC_LIMIT, "pattern: past the arena's limit");
    }
    if (!str_has(categories, word)) {
        return regex_wrong(in, start, "no property of that name");
    }
    buf_put_fmt(&in->out, "\\%c{%.*s}", negated ? 'P' : 'p', STR_ARG(name));
    return RC_OK;
}

/* \s \i \c \d \w and their opposites, \p and \P, behind the backslash; members of a class.  False: none of them. */
static bool
set_escape(struct xpath *x, size_t start, enum rc *rc)
{
    struct regex_reader *in = &x->in;
    char c = regex_peek(in, 0);
    bool negated = c >= 'A' && c <= 'Z';

    *rc = RC_OK;
    switch (c | 0x20) {
    case 'p':
        *rc = property(x, start);
        return true;
    case 's':
        put_spans(x, blanks, sizeof(blanks) / sizeof(blanks[0]), negated);
        break;
    case 'i':
        put_spans(x, name_starts, sizeof(name_starts) / sizeof(name_starts[0]), negated);
        break;
    case 'c':
        put_spans(x, name_parts, sizeof(name_parts) / sizeof(name_parts[0]), negated);
        break;
    case 'd':
        put(x, negated ? "\\P{Nd}" : "\\p{Nd}");
        break;
    case 'w':
        put(x, negated ? "\\p{P}\\p{Z}\\p{C}" : "\\p{L}\\p{M}\\p{N}\\p{S}");
        break;
    default:
        return false;
    }
    in->at++;
    return true;
}

/* One character behind a backslash. */
static enum rc
character_escape(struct xpath *x, size_t start, int32_t *out)
{
    char c = regex_peek(&x->in, 0);

    if (regex_is_over(&x->in)) {
        return regex_wrong(&x->in, start, "a backslash at the end");
    }
    if (c == '\0' || strchr("nrt\\|.?*+(){}-[]^$", c) == NULL) {
        return regex_wrong(&x->in, start, "no such escape");
    }
    x->in.at++;
    *out = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
    return RC_OK;
}

/* What a group took; further digits count if there are so many groups. */
static enum rc
back_reference(struct xpath *x, size_t start)
{
    struct regex_reader *in = &x->in;
    size_t number = (size_t)(regex_peek(in, 0) - '0');

    in->at++;
    while (regex_is_digit(regex_peek(in, 0)) && number * 10 + (size_t)(regex_peek(in, 0) - '0') <= x->groups) {
        number = number * 10 + (size_t)(regex_peek(in, 0) - '0');
        in->at++;
    }
    bool is_closed = number <= x->groups;
    for (size_t i = 0; i < x->depth; i++) {
        is_closed = is_closed && x->open[i] != number;
    }
    if (!is_closed) {
        return regex_wrong(in, start, "no group of that number has been closed");
    }
    buf_put_fmt(&in->out, "\\g{%zu}", number);
    return RC_OK;
}

static enum rc
escape(struct xpath *x, size_t start)
{
    int32_t point;
    enum rc rc;

    if (regex_is_digit(regex_peek(&x->in, 0)) && regex_peek(&x->in, 0) != '0') {
        return back_reference(x, start);
    }
    size_t len = x->in.out.len;
    put(x, "[");
    if (set_escape(x, start, &rc)) {
        put(x, "]");
        return rc;
    }
    x->in.out.len = x->in.out.failed ? x->in.out.len : len;
    rc = character_escape(x, start, &point);
    if (rc == RC_OK) {
        regex_put_literal(&x->in, (uint32_t)point);
    }
    return rc;
}

/* --- classes ------------------------------------------------------------------------------------- */

/* Whether the class whose members begin here takes another one out. */
static bool
takes_out(const struct regex_reader *in)
{
    struct str rest = str_from(in->pattern, in->at);

    for (size_t i = 0; i + 1 < rest.len && rest.ptr[i] != ']'; i++) {
        if (rest.ptr[i] == '\\') {
            i++;
        } else if (rest.ptr[i] == '-' && rest.ptr[i + 1] == '[') {
            return true;
        }
    }
    return false;
}

/* One member; *point is NONE for a set such as \d, which has been put. */
static enum rc
class_atom(struct xpath *x, int32_t *point)
{
    struct regex_reader *in = &x->in;
    size_t start = in->at;
    struct str rest = str_from(in->pattern, in->at);
    enum rc rc;

    *point = NONE;
    if (regex_take(in, STR("\\"))) {
        return set_escape(x, start, &rc) ? rc : character_escape(x, start, point);
    }
    if (regex_peek(in, 0) == '[') {
        return regex_wrong(in, start, "a bracket in a class is written with a backslash");
    }
    *point = (int32_t)utf8_next(&rest);
    in->at = in->pattern.len - rest.len;
    return RC_OK;
}

/* A character, a set, or a range. */
static enum rc
class_member(struct xpath *x, bool is_first)
{
    struct regex_reader *in = &x->in;
    size_t start = in->at;
    int32_t low, high;

    if (regex_peek(in, 0) == '-' && !is_first && regex_peek(in, 1) != ']') {
        return regex_wrong(in, start, "a hyphen stands first or last in a class");
    }
    enum rc rc = class_atom(x, &low);
    if (rc == RC_OK && low != NONE) {
        regex_put_literal(in, (uint32_t)low);
    }
    if (rc != RC_OK || regex_peek(in, 0) != '-' || regex_peek(in, 1) == ']' || regex_peek(in, 1) == '[') {
        return rc;
    }
    in->at++;
    if (regex_is_over(in)) {
        return RC_OK; /* and the class does not end */
    }
    put(x, "-");
    rc = class_atom(x, &high);
    if (rc == RC_OK && (low == NONE || high == NONE || low > high)) {
        return regex_wrong(in, start, "a range wants two characters in order");
    }
    if (rc == RC_OK) {
        regex_put_literal(in, (uint32_t)high);
    }
    return rc;
}

/* Behind the bracket that opens it. */
static enum rc
class_of(struct xpath *x, size_t start, size_t depth)
{
    struct regex_reader *in = &x->in;
    bool is_first = true, has_other = takes_out(in);
    enum rc rc = RC_OK;

    if (depth == CLASSES_DEEP) {
        return err_set(in->err, RC_LIMIT, "pattern: more than %d classes in one another", CLASSES_DEEP);
    }
    put(x, has_other ? "(?:[" : "[");
    if (regex_take(in, STR("^"))) {
        put(x, "^");
    }
    for (; rc == RC_OK && regex_peek(in, 0) != ']'; is_first = false) {
        if (regex_is_over(in)) {
            return regex_wrong(in, start, "a class that does not end");
        }
        size_t at = in->at;
        if (!is_first && regex_take(in, STR("-["))) {
            put(x, "](?<!");
            rc = class_of(x, at + 1, depth + 1);
            put(x, "))");
            return rc != RC_OK || regex_take(in, STR("]")) ? rc : regex_wrong(in, at, "a class taken out of one comes last in it");
        }
        rc = class_member(x, is_first);
    }
    if (rc == RC_OK && is_first) {
        return regex_wrong(in, start, "a class without members");
    }
    in->at++;
    put(x, "]");
    return rc;
}

/* --- tokens -------------------------------------------------------------------------------------- */

static enum rc
open_group(struct xpath *x, size_t start)
{
    struct regex_reader *in = &x->in;
    bool captures = !regex_take(in, STR("?:"));

    if (x->depth == GROUPS_DEEP) {
        return err_set(in->err, RC_LIMIT, "pattern: more than %d groups in one another", GROUPS_DEEP);
    }
    if (captures && regex_peek(in, 0) == '?') {
        return regex_wrong(in, start, "no such group");
    }
    x->open[x->depth] = captures ? ++x->groups : 0;
    x->opened[x->depth++] = start;
    put(x, captures ? "(" : "(?:");
    return RC_OK;
}

/* Such a place may be repeated, which PCRE2 takes only of a group. */
static void
put_anchor(struct xpath *x, char c)
{
    char next = regex_peek(&x->in, 0);
    bool is_repeated = next != '\0' && strchr("*+?{", next) != NULL;

    buf_put_fmt(&x->in.out, is_repeated ? "(?:%c)" : "%c", c);
}

/* One token, its quantifier not counted. */
static enum rc
token(struct xpath *x, bool *is_atom)
{
    struct regex_reader *in = &x->in;
    size_t start = in->at;
    struct str rest = str_from(in->pattern, in->at);
    uint32_t c = utf8_next(&rest);

    in->at = in->pattern.len - rest.len;
    *is_atom = c != '(' && c != '|';
    switch (c) {
    case '\\':
        return escape(x, start);
    case '[':
        return class_of(x, start, 0);
    case '.':
        put(x, x->dot_takes_all ? "[^]" : "[^\\n\\r]");
        return RC_OK;
    case '(':
        return open_group(x, start);
    case ')':
        if (x->depth == 0) {
            return regex_wrong(in, start, "closes a group that is not open");
        }
        x->depth--;
        put(x, ")");
        return RC_OK;
    case '|':
        put(x, "|");
        return RC_OK;
    case '^':
    case '$':
        put_anchor(x, (char)c);
        return RC_OK;
    case '*':
    case '+':
    case '?':
        return regex_wrong(in, start, "nothing to repeat");
    case '{':
    case '}':
    case ']':
        return regex_wrong(in, start, "a bracket alone is written with a backslash");
    default:
        regex_put_literal(in, c);
        return RC_OK;
    }
}

/* --- flags --------------------------------------------------------------------------------------- */

/* Blanks go wherever they stand but in a class. */
static bool
without_blanks(struct arena *a, struct str pattern, struct str *out)
{
    char *kept = arena_alloc(a, pattern.len + 1, 1);
    size_t len = 0, classes = 0;
    bool is_escaped = false;

    for (size_t i = 0; i < pattern.len && kept != NULL; i++) {
        char c = pattern.ptr[i];
        if (classes == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
            continue;
        }
        if (!is_escaped && c == '[') {
            classes++;
        } else if (!is_escaped && c == ']' && classes > 0) {
            classes--;
        }
        is_escaped = !is_escaped && c == '\\';
        kept[len++] = c;
    }
    *out = (struct str){kept, len};
    return kept != NULL;
}

static enum rc
take_flags(struct xpath *x, struct str flags, bool *is_literal)
{
    bool drops_blanks = false;

    *is_literal = false;
    for (size_t i = 0; i < flags.len; i++) {
        switch (flags.ptr[i]) {
        case 's': x->dot_takes_all = true; break;
        case 'm': x->in.t->by_line = true; break;
        case 'i': x->in.t->any_case = true; break;
        case 'x': drops_blanks = true; break;
        case 'q': *is_literal = true; break;
        default: return err_set(x->in.err, RC_INVALID, "pattern: flags are of s, m, i, x and q");
        }
    }
    if (drops_blanks && !*is_literal && !without_blanks(x->in.arena, x->in.pattern, &x->in.pattern)) {
        return err_set(x->in.err, RC_LIMIT, "pattern: past the arena's limit");
    }
    return RC_OK;
}

static void
put_literals(struct xpath *x)
{
    struct str rest = x->in.pattern;

    while (rest.len > 0) {
        regex_put_literal(&x->in, utf8_next(&rest));
    }
}

enum rc
regex_from_xpath(struct arena *a, struct str pattern, struct str flags, struct regex_translation *out,
                 struct err *err)
{
    struct xpath x = {.in = {.arena = a, .pattern = pattern, .t = out, .err = err}};
    bool is_literal, is_atom;

    *out = (struct regex_translation){.count = 0};
    if (!utf8_is_valid(pattern)) {
        return err_set(err, RC_INVALID, "pattern: not UTF-8");
    }
    buf_init(&x.in.out, a, REGEX_TEXT_MAX);
    enum rc rc = take_flags(&x, flags, &is_literal);
    if (rc == RC_OK && is_literal) {
        put_literals(&x);
        return buf_finish(&x.in.out, &out->text, err);
    }
    while (rc == RC_OK && !regex_is_over(&x.in)) {
        rc = regex_note_place(&x.in);
        rc = rc == RC_OK ? token(&x, &is_atom) : rc;
        rc = rc == RC_OK && is_atom ? regex_quantifier(&x.in) : rc;
    }
    if (rc == RC_OK && x.depth > 0) {
        return regex_wrong(&x.in, x.opened[x.depth - 1], "a group that is not closed");
    }
    return rc == RC_OK ? buf_finish(&x.in.out, &out->text, err) : rc;
}
