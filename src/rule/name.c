/*
 * Characters and words of names (DMN 1.5, 10.3.1.2, rules 27 to 31, 61 and 62).
 */
#include "base/utf8.h"
#include "rule/lexer_int.h"

struct range32 {
    uint32_t low, high;
};

static const struct range32 starts[] = {
    {0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, 0x2FF},
    {0x370, 0x37D}, {0x37F, 0x1FFF}, {0x200C, 0x200D}, {0x2070, 0x218F}, {0x2C00, 0x2FEF},
    {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF},
};
static const struct range32 parts[] = {{'0', '9'}, {0xB7, 0xB7}, {0x300, 0x36F}, {0x203F, 0x2040}};
static const struct range32 blanks[] = {
    {0x9, 0xD}, {0x20, 0x20}, {0x85, 0x85}, {0xA0, 0xA0}, {0x1680, 0x1680}, {0x180E, 0x180E},
    {0x2000, 0x200B}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000},
    {0xFEFF, 0xFEFF},
};

#define IS_IN(table, c) is_in(table, sizeof(table) / sizeof((table)[0]), c)

static bool
is_in(const struct range32 *table, size_t count, uint32_t c)
{
    for (size_t i = 0; i < count && c >= table[i].low; i++) {
        if (c <= table[i].high) {
            return true;
        }
    }
    return false;
}

bool
lexer_name_start(uint32_t c)
{
    if (c < 0x80) { /* nearly all there is */
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '?';
    }
    return IS_IN(starts, c) && !IS_IN(blanks, c);
}

bool
lexer_name_part(uint32_t c)
{
    return lexer_name_start(c) || IS_IN(parts, c);
}

size_t
lexer_symbol(struct str s)
{
    static const struct str curly = STR_INIT("\xE2\x80\x99");

    if (s.len == 0) {
        return 0;
    }
    switch (s.ptr[0]) {
    case '+':
    case '-':
    case '*':
    case '/':
    case '.':
    case '\'':
        return 1;
    default:
        return str_starts(s, curly) ? curly.len : 0;
    }
}

size_t
lexer_skip(struct str text, size_t at)
{
    while (at < text.len) {
        unsigned char c = (unsigned char)text.ptr[at];
        if (c > ' ' && c < 0x80 && c != '/') {
            break;
        }
        struct str rest = str_from(text, at);
        if (c == '/' && str_starts(rest, STR("//"))) {
            at += str_find_byte(rest, '\n');
        } else if (c == '/' && str_starts(rest, STR("/*"))) {
            size_t end = str_find(str_from(rest, 2), STR("*/"));
            at = end == rest.len - 2 ? text.len : at + 2 + end + 2;
        } else {
            struct str after = rest;
            if (!IS_IN(blanks, utf8_next(&after))) {
                break;
            }
            at = text.len - after.len;
        }
    }
    return at;
}

/* Bytes of name characters at the front of s. */
static size_t
word_len(struct str s)
{
    struct str rest = s, after = s;

    while (rest.len > 0 && lexer_name_part(utf8_next(&after))) {
        rest = after;
    }
    return s.len - rest.len;
}

static bool
starts_name(struct str s)
{
    return s.len > 0 && lexer_name_start(utf8_next(&s));
}

size_t
scope_match(struct str name, struct str text)
{
    size_t i = 0, j = 0;
    bool after_symbol = false;

    if (name.len == 0 || text.len == 0 || name.ptr[0] != text.ptr[0]) {
        return 0;
    }
    while (i < name.len) {
        size_t ni = i == 0 ? 0 : lexer_skip(name, i);
        size_t tj = j == 0 ? 0 : lexer_skip(text, j);
        if (ni == name.len) { /* blanks at its end are no part of a name */
            break;
        }
        size_t symbol = lexer_symbol(str_from(name, ni));
        if ((ni > i) != (tj > j) && !after_symbol && symbol == 0) {
            return 0;
        }
        size_t len = symbol > 0 ? symbol : word_len(str_from(name, ni));
        if (len == 0) { /* what no name should hold, but this one does */
            struct str after = str_from(name, ni);
            (void)utf8_next(&after);
            len = name.len - after.len - ni;
        }
        if (!str_starts(str_from(text, tj), str_sub(name, ni, len))) {
            return 0;
        }
        if (symbol == 0 && word_len(str_from(text, tj)) > len) {
            return 0;
        }
        after_symbol = symbol > 0;
        i = ni + len;
        j = tj + len;
    }
    return j;
}

static bool
is_operator_word(struct str s)
{
    static const struct str words[] = {
        STR_INIT("and"), STR_INIT("or"), STR_INIT("in"), STR_INIT("between"), STR_INIT("instance"),
        STR_INIT("then"), STR_INIT("else"), STR_INIT("return"), STR_INIT("satisfies"),
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_eq(words[i], s)) {
            return true;
        }
    }
    return false;
}

/* text from at to end as a name: single blanks, and none beside operator characters. */
static enum rc
normal(struct lexer *lx, size_t at, size_t end, struct str *out, struct err *err)
{
    struct str raw = str_sub(lx->text, at, end - at);
    bool after_symbol = true, plain = true;
    struct buf b;

    for (size_t i = 0; i < raw.len && plain; i++) {
        plain = raw.ptr[i] != ' ' && lexer_skip(raw, i) == i && lexer_symbol(str_from(raw, i)) == 0;
        while (i + 1 < raw.len && ((unsigned char)raw.ptr[i + 1] & 0xC0) == 0x80) {
            i++;
        }
    }
    if (plain) {
        *out = raw;
        return RC_OK;
    }
    buf_init(&b, lx->arena, FEEL_TEXT_MAX);
    for (size_t i = 0; i < raw.len;) {
        size_t j = lexer_skip(raw, i);
        size_t symbol = lexer_symbol(str_from(raw, j));
        size_t len = symbol > 0 ? symbol : word_len(str_from(raw, j));
        bool is_comment = b.len > 0 && b.ptr[b.len - 1] == '/' && symbol > 0 &&
                          (raw.ptr[j] == '/' || raw.ptr[j] == '*');
        if ((j > i && !after_symbol && symbol == 0) || is_comment) {
            buf_put_char(&b, ' ');
        }
        buf_put(&b, str_sub(raw, j, len));
        after_symbol = symbol > 0;
        i = j + len;
        CHECK(len > 0 || i == raw.len);
    }
    return buf_finish(&b, out, err);
}

/* Words that stand side by side, which nothing but a name can be; the first may be any. */
static size_t
words_end(struct str text, size_t at)
{
    size_t end = at + word_len(str_from(text, at));

    for (;;) {
        size_t next = lexer_skip(text, end);
        size_t len = word_len(str_from(text, next));
        if (next == end || len == 0 || !starts_name(str_from(text, next)) ||
            is_operator_word(str_sub(text, next, len))) {
            return end;
        }
        end = next + len;
    }
}

enum rc
lexer_new_name(struct lexer *lx, size_t at, bool until_in, struct token *token, struct err *err)
{
    size_t end = lexer_skip(lx->text, at);

    *token = (struct token){.kind = TOKEN_OTHER, .at = end, .end = end};
    if (!starts_name(str_from(lx->text, end))) {
        return RC_OK;
    }
    end += word_len(str_from(lx->text, end));
    for (;;) {
        size_t next = lexer_skip(lx->text, end);
        struct str rest = str_from(lx->text, next);
        size_t len = lexer_symbol(rest);
        if (len == 0) {
            len = word_len(rest);
            if (len == 0 || (until_in && str_eq(str_sub(rest, 0, len), STR("in")))) {
                break;
            }
        }
        end = next + len;
    }
    token->kind = TOKEN_NAME;
    token->end = end;
    return normal(lx, token->at, end, &token->text, err);
}

enum rc
lexer_member(struct lexer *lx, size_t at, const struct feel_type *type, struct token *token,
             struct err *err)
{
    size_t begin = lexer_skip(lx->text, at);
    struct str rest = str_from(lx->text, begin);

    *token = (struct token){.kind = TOKEN_OTHER, .at = begin, .end = begin};
    scope_member(type, rest, &token->found, &lx->work);
    size_t end = starts_name(rest) ? words_end(lx->text, begin) : begin;
    if (token->found.kind != SCOPE_NONE && begin + token->found.len >= end) {
        token->kind = TOKEN_NAME;
        token->text = token->found.name;
        token->end = begin + token->found.len;
        return RC_OK;
    }
    token->found = (struct scope_found){.kind = SCOPE_NONE};
    if (end == begin) {
        return RC_OK;
    }
    token->kind = TOKEN_NAME;
    token->end = end;
    return normal(lx, begin, end, &token->text, err);
}

enum rc
lexer_type(struct lexer *lx, size_t at, const struct scope *s, struct token *token, struct err *err)
{
    size_t begin = lexer_skip(lx->text, at), len = 0;
    struct str rest = str_from(lx->text, begin);

    *token = (struct token){.kind = TOKEN_OTHER, .at = begin, .end = begin};
    token->text = scope_type(s, rest, &len);
    if (!starts_name(rest)) {
        return RC_OK;
    }
    size_t end = words_end(lx->text, begin);
    for (size_t dot = lexer_skip(lx->text, end); dot < lx->text.len && lx->text.ptr[dot] == '.';
         dot = lexer_skip(lx->text, end)) {
        size_t word = lexer_skip(lx->text, dot + 1);
        if (!starts_name(str_from(lx->text, word))) {
            break;
        }
        end = words_end(lx->text, word);
    }
    token->kind = TOKEN_NAME;
    if (begin + len >= end) {
        token->end = begin + len;
        return RC_OK;
    }
    token->end = end;
    return normal(lx, begin, end, &token->text, err);
}

bool
lexer_is_name(struct str s)
{
    bool after_symbol = true;

    if (!starts_name(s)) {
        return false;
    }
    for (size_t i = 0; i < s.len;) {
        struct str rest = str_from(s, i);
        size_t symbol = lexer_symbol(rest), len = symbol > 0 ? symbol : word_len(rest);
        bool is_blank = rest.ptr[0] == ' ';
        bool is_word = is_blank && rest.len > 1 && word_len(str_from(rest, 1)) > 0;
        bool is_sign = i > 0 && s.ptr[i - 1] == '/' && rest.len > 1 &&
                       (rest.ptr[1] == '/' || rest.ptr[1] == '*');
        if (len == 0 && is_blank && ((!after_symbol && is_word) || is_sign)) {
            len = 1;
        }
        if (len == 0 || str_starts(rest, STR("//")) || str_starts(rest, STR("/*"))) {
            return false;
        }
        after_symbol = symbol > 0;
        i += len;
    }
    return true;
}

/* Whether the word at the front of an operand is a keyword. */
static enum token_kind
keyword(struct str word, enum lex_mode mode)
{
    static const struct {
        struct str word;
        enum token_kind kind;
        bool begins; /* a value */
    } table[] = {
        {STR_INIT("null"), TOKEN_NULL, true}, {STR_INIT("true"), TOKEN_TRUE, true},
        {STR_INIT("false"), TOKEN_FALSE, true}, {STR_INIT("if"), TOKEN_IF, true},
        {STR_INIT("for"), TOKEN_FOR, true}, {STR_INIT("some"), TOKEN_SOME, true},
        {STR_INIT("every"), TOKEN_EVERY, true}, {STR_INIT("function"), TOKEN_FUNCTION, true},
        {STR_INIT("and"), TOKEN_AND, false}, {STR_INIT("or"), TOKEN_OR, false},
        {STR_INIT("in"), TOKEN_IN, false}, {STR_INIT("between"), TOKEN_BETWEEN, false},
        {STR_INIT("instance"), TOKEN_INSTANCE, false}, {STR_INIT("then"), TOKEN_THEN, false},
        {STR_INIT("else"), TOKEN_ELSE, false}, {STR_INIT("return"), TOKEN_RETURN, false},
        {STR_INIT("satisfies"), TOKEN_SATISFIES, false},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (str_eq(table[i].word, word) && (mode == LEX_OPERAND || !table[i].begins)) {
            return table[i].kind;
        }
    }
    return TOKEN_NAME;
}

enum rc
lexer_word(struct lexer *lx, enum lex_mode mode, const struct scope *s, struct token *token,
           struct err *err)
{
    struct str rest = str_from(lx->text, token->at);
    size_t len = word_len(rest);
    enum token_kind kind = keyword(str_sub(rest, 0, len), mode);

    token->end = token->at + len;
    token->text = str_sub(rest, 0, len);
    if (mode == LEX_OPERATOR) {
        token->kind = kind == TOKEN_NAME ? TOKEN_OTHER : kind;
        return RC_OK;
    }
    scope_longest(s, rest, &token->found);
    if (kind != TOKEN_NAME && token->found.len <= len) {
        token->found = (struct scope_found){.kind = SCOPE_NONE};
        token->kind = kind;
        return RC_OK;
    }
    token->kind = TOKEN_NAME;
    size_t end = kind == TOKEN_NAME ? words_end(lx->text, token->at) : token->end;
    if (token->found.kind != SCOPE_NONE && token->at + token->found.len >= end) {
        token->end = token->at + token->found.len;
        token->text = token->found.name;
        return RC_OK;
    }
    token->found = (struct scope_found){.kind = SCOPE_NONE};
    token->end = end;
    return normal(lx, token->at, end, &token->text, err);
}
