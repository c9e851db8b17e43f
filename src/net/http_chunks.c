/*
 * The chunked coding (RFC 9112 §7.1), one byte at a time but for the data, which move in blocks.
 *
 *     5;name=value CRLF hello CRLF 0 CRLF trailer: x CRLF CRLF
 *
 * Decoded bytes never lie behind raw ones, so decoding in place is safe.  Extensions and trailers are
 * checked for shape, limited and ignored: nobody here has a use for them, and others have smuggled with them.
 */
#include "net/http.h"

#include <string.h>

enum chunk_state {
    SIZE_FIRST,
    SIZE,
    EXTENSION_BLANK, /* blanks after the size: a ';' must follow */
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER_FIRST,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    LAST_LF,
    OVER
};

enum { SIZE_LINE_MAX = 256, TRAILERS_MAX = 4096 };

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
is_text(char c)
{
    return (unsigned char)c >= 0x20 ? c != 0x7f : c == '\t';
}

/* RFC 9110 §5.6.2: what a name is made of. */
static bool
is_token(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* A byte of the line that gives the size.  False if it cannot stand there. */
static bool
step_size(struct http_chunks *c, char byte)
{
    int digit = hex_value(byte);

    if ((c->state == SIZE_FIRST || c->state == SIZE) && digit >= 0) {
        if (c->left > (INT64_MAX - 15) / 16) {
            return false;
        }
        c->left = c->left * 16 + digit;
        c->state = SIZE;
        return true;
    }
    if (c->state == SIZE_FIRST) {
        return false;
    }
    if (byte == ';' && c->state != SIZE_LF) {
        c->state = EXTENSION;
        return true;
    }
    if (byte == '\r' && (c->state == SIZE || c->state == EXTENSION)) {
        c->state = SIZE_LF;
        return true;
    }
    if ((byte == ' ' || byte == '\t') && (c->state == SIZE || c->state == EXTENSION_BLANK)) {
        c->state = EXTENSION_BLANK;
        return true;
    }
    if (c->state == EXTENSION) {
        return is_text(byte);
    }
    if (c->state == SIZE_LF && byte == '\n') {
        c->line_bytes = 0;
        c->state = c->left == 0 ? TRAILER_FIRST : DATA;
        return true;
    }
    return false;
}

static bool
step_trailer(struct http_chunks *c, char byte)
{
    if (c->state == TRAILER_FIRST && byte == '\r') {
        c->state = LAST_LF;
        return true;
    }
    if (c->state == TRAILER_FIRST || c->state == TRAILER_NAME) {
        if (byte == ':' && c->state == TRAILER_NAME) {
            c->state = TRAILER_VALUE;
            return true;
        }
        c->state = TRAILER_NAME;
        return is_token(byte);
    }
    if (c->state == TRAILER_VALUE) {
        c->state = byte == '\r' ? TRAILER_LF : TRAILER_VALUE;
        return byte == '\r' || is_text(byte);
    }
    c->state = c->state == LAST_LF ? OVER : TRAILER_FIRST;
    return byte == '\n';
}

static bool
step(struct http_chunks *c, char byte)
{
    if (c->state <= SIZE_LF) {
        return ++c->line_bytes <= SIZE_LINE_MAX && step_size(c, byte);
    }
    if (c->state >= TRAILER_FIRST) {
        return ++c->line_bytes <= TRAILERS_MAX && step_trailer(c, byte);
    }
    if (c->state == DATA_CR) {
        c->state = DATA_LF;
        return byte == '\r';
    }
    CHECK(c->state == DATA_LF);
    c->state = SIZE_FIRST;
    return byte == '\n';
}

enum rc
http_dechunk(struct http_chunks *c, char *bytes, size_t len, size_t *used, size_t *decoded,
             bool *done, struct err *err)
{
    size_t in = 0;
    size_t out = 0;

    while (in < len && c->state != OVER) {
        if (c->state == DATA) {
            size_t have = len - in;
            size_t take = c->left < (int64_t)have ? (size_t)c->left : have;
            memmove(bytes + out, bytes + in, take);
            in += take;
            out += take;
            c->left -= (int64_t)take;
            c->state = c->left == 0 ? DATA_CR : DATA;
        } else if (!step(c, bytes[in++])) {
            return err_set(err, RC_INVALID, "malformed chunked coding");
        }
    }
    CHECK(out <= in && in <= len);
    *used = in;
    *decoded = out;
    *done = c->state == OVER;
    return RC_OK;
}
