#include "rule/lexer.h"

#include "base/utf8.h"
#include "rule/lexer_int.h"

static enum rc
wrong(struct lexer *lx, size_t at, enum fault_kind what, struct err *err)
{
    lx->wrong = what;
    lx->wrong_at = at;
    return err_set(err, RC_INVALID, "a token is cut short at byte %zu", at);
}

static bool
is_digit(struct str s, size_t at)
{
    return at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9';
}

static size_t
digits(struct str s, size_t at)
{
    while (is_digit(s, at)) {
        at++;
    }
    return at;
}

/* Rule 37: digits with a fraction or without, or a fraction alone; an exponent. */
static size_t
number_end(struct str s, size_t at)
{
    size_t end = digits(s, at);

    if (end < s.len && s.ptr[end] == '.' && is_digit(s, end + 1)) {
        end = digits(s, end + 1);
    }
    if (end < s.len && (s.ptr[end] == 'e' || s.ptr[end] == 'E')) {
        size_t power = end + 1;
        if (power < s.len && (s.ptr[power] == '+' || s.ptr[power] == '-')) {
            power++;
        }
        end = is_digit(s, power) ? digits(s, power) : end;
    }
    return end;
}

static bool
hex(struct str s, size_t count, uint32_t *out)
{
    uint32_t value = 0;

    if (s.len < count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        char c = s.ptr[i];
        uint32_t digit;
        if (c >= '0' && c <= '9') {
            digit = (uint32_t)(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            digit = (uint32_t)(c - 'a') + 10;
        } else if (c >= 'A' && c <= 'F') {
            digit = (uint32_t)(c - 'A') + 10;
        } else {
            return false;
        }
        value = value * 16 + digit;
    }
    *out = value;
    return true;
}

/* \uXXXX, two of them for what lies beyond, or \UXXXXXX: the bytes it takes, 0 if it is no character. */
static size_t
unicode_escape(struct str s, uint32_t *out)
{
    uint32_t low;
    size_t len = s.len > 1 && s.ptr[1] == 'U' ? 8 : 6;

    if (!hex(str_from(s, 2), len - 2, out)) {
        return 0;
    }
    if (len == 6 && *out >= 0xD800 && *out <= 0xDBFF && str_starts(str_from(s, 6), STR("\\u")) &&
        hex(str_from(s, 8), 4, &low) && low >= 0xDC00 && low <= 0xDFFF) {
        *out = 0x10000 + ((*out - 0xD800) << 10) + (low - 0xDC00);
        len = 12;
    }
    return *out > 0x10FFFF || (*out >= 0xD800 && *out <= 0xDFFF) ? 0 : len;
}

/* The escape at the front of s goes to b; the bytes it takes.  An unknown one is a backslash, as in patterns: "\d". */
static size_t
escape(struct buf *b, struct str s)
{
    static const char from[] = "ntr\"\\'", to[] = "\n\t\r\"\\'";
    uint32_t c;

    if (s.len < 2) {
        return 0;
    }
    if (s.ptr[1] == 'u' || s.ptr[1] == 'U') {
        size_t len = unicode_escape(s, &c);
        if (len > 0) {
            buf_put_utf8(b, c);
        }
        return len;
    }
    for (size_t i = 0; from[i] != '\0'; i++) {
        if (s.ptr[1] == from[i]) {
            buf_put_char(b, to[i]);
            return 2;
        }
    }
    buf_put_char(b, '\\');
    return 1;
}

static enum rc
read_string(struct lexer *lx, size_t at, struct token *token, struct err *err)
{
    struct str s = lx->text;
    size_t i = at + 1;
    struct buf b;

    while (i < s.len && s.ptr[i] != '"' && s.ptr[i] != '\\') {
        i++;
    }
    if (i < s.len && s.ptr[i] == '"') { /* as it stands */
        token->text = str_sub(s, at + 1, i - at - 1);
        token->end = i + 1;
        return RC_OK;
    }
    buf_init(&b, lx->arena, FEEL_TEXT_MAX);
    buf_put(&b, str_sub(s, at + 1, i - at - 1));
    while (i < s.len && s.ptr[i] != '"') {
        if (s.ptr[i] == '\\') {
            size_t len = escape(&b, str_from(s, i));
            if (len == 0) {
                return wrong(lx, i, FAULT_ESCAPE, err);
            }
            i += len;
        } else {
            buf_put_char(&b, s.ptr[i++]);
        }
    }
    if (i >= s.len) {
        return wrong(lx, at, FAULT_STRING, err);
    }
    token->end = i + 1;
    return buf_finish(&b, &token->text, err);
}

static void
read_sign(struct str rest, struct token *token)
{
    static const struct {
        struct str sign;
        enum token_kind kind;
    } table[] = {
        {STR_INIT("**"), TOKEN_POWER}, {STR_INIT(".."), TOKEN_DOTS},
        {STR_INIT("!="), TOKEN_UNEQUAL}, {STR_INIT("<="), TOKEN_LESS_EQUAL},
        {STR_INIT(">="), TOKEN_GREATER_EQUAL}, {STR_INIT("+"), TOKEN_PLUS},
        {STR_INIT("-"), TOKEN_MINUS}, {STR_INIT("*"), TOKEN_STAR}, {STR_INIT("/"), TOKEN_SLASH},
        {STR_INIT("="), TOKEN_EQUAL}, {STR_INIT("<"), TOKEN_LESS}, {STR_INIT(">"), TOKEN_GREATER},
        {STR_INIT("."), TOKEN_DOT}, {STR_INIT(","), TOKEN_COMMA}, {STR_INIT(":"), TOKEN_COLON},
        {STR_INIT("("), TOKEN_OPEN}, {STR_INIT(")"), TOKEN_CLOSE},
        {STR_INIT("["), TOKEN_OPEN_SQUARE}, {STR_INIT("]"), TOKEN_CLOSE_SQUARE},
        {STR_INIT("{"), TOKEN_OPEN_BRACE}, {STR_INIT("}"), TOKEN_CLOSE_BRACE},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (str_starts(rest, table[i].sign)) {
            token->kind = table[i].kind;
            token->end = token->at + table[i].sign.len;
            return;
        }
    }
    struct str after = rest;
    (void)utf8_next(&after);
    token->kind = TOKEN_OTHER;
    token->end = token->at + rest.len - after.len;
}

/* An endless comment is found here, since only here somebody can be told. */
static enum rc
skip(struct lexer *lx, size_t *at, struct err *err)
{
    size_t end = lexer_skip(lx->text, *at);

    if (end == lx->text.len && end > *at) {
        struct str gap = str_from(lx->text, *at);
        size_t open = str_find(gap, STR("/*"));
        while (open < gap.len) {
            size_t line = str_find(gap, STR("//"));
            if (line < open) { /* what looks like a beginning is inside of a line's comment */
                gap = str_from(gap, line + str_find_byte(str_from(gap, line), '\n'));
            } else {
                size_t close = str_find(str_from(gap, open + 2), STR("*/"));
                if (open + 2 + close == gap.len) {
                    return wrong(lx, lx->text.len - gap.len + open, FAULT_COMMENT, err);
                }
                gap = str_from(gap, open + 2 + close + 2);
            }
            open = str_find(gap, STR("/*"));
        }
    }
    *at = end;
    return RC_OK;
}

enum rc
lexer_next(struct lexer *lx, size_t at, enum lex_mode mode, const struct scope *s, struct token *token,
           struct err *err)
{
    enum rc rc = skip(lx, &at, err);

    if (rc != RC_OK) {
        return rc;
    }
    *token = (struct token){.kind = TOKEN_END, .at = at, .end = at};
    if (at == lx->text.len) {
        return RC_OK;
    }
    struct str rest = str_from(lx->text, at), after = rest;
    bool is_number = is_digit(rest, 0) || (rest.ptr[0] == '.' && is_digit(rest, 1));
    if (mode == LEX_OPERAND && is_number) {
        token->kind = TOKEN_NUMBER;
        token->end = number_end(lx->text, at);
        token->text = str_sub(lx->text, at, token->end - at);
        return RC_OK;
    }
    if (mode == LEX_OPERAND && rest.ptr[0] == '"') {
        token->kind = TOKEN_STRING;
        return read_string(lx, at, token, err);
    }
    if (mode == LEX_OPERAND && str_starts(rest, STR("@\""))) {
        token->kind = TOKEN_AT;
        return read_string(lx, at + 1, token, err);
    }
    if (lexer_name_start(utf8_next(&after))) {
        return lexer_word(lx, mode, s, token, err);
    }
    read_sign(rest, token);
    if (token->kind == TOKEN_OTHER && is_number) { /* where an operator should stand: show all of it */
        token->end = number_end(lx->text, at);
    }
    return RC_OK;
}
