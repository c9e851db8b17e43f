/* What the translators of all dialects do alike. */
#include <string.h>

#include "base/utf8.h"
#include "rule/regex_int.h"

enum { REPEAT_MAX = 65535 };

enum rc
regex_wrong(struct regex_reader *r, size_t at, const char *why)
{
    return err_set(r->err, RC_INVALID, "pattern: %s, at byte %zu", why, at);
}

void
regex_put_literal(struct regex_reader *r, uint32_t c)
{
    if (c >= 0x80 || regex_is_word((char)c)) {
        buf_put_utf8(&r->out, c);
    } else if (c < 0x20 || c == 0x7f) {
        buf_put_fmt(&r->out, "\\x{%x}", (unsigned)c);
    } else {
        buf_put_fmt(&r->out, "\\%c", (char)c);
    }
}

static bool
count_at(struct regex_reader *r, int64_t *out)
{
    size_t start = r->at;

    while (regex_is_digit(regex_peek(r, 0))) {
        r->at++;
    }
    return str_to_int(str_sub(r->pattern, start, r->at - start), out);
}

/* A quantifier, if one stands here. */
enum rc
regex_quantifier(struct regex_reader *r)
{
    size_t start = r->at;
    int64_t least = 0;
    int64_t most;

    if (regex_take(r, STR("{"))) {
        bool is_right = count_at(r, &least);
        most = least;
        if (is_right && regex_take(r, STR(","))) {
            most = REPEAT_MAX;
            is_right = regex_peek(r, 0) == '}' || count_at(r, &most);
        }
        if (!is_right || !regex_take(r, STR("}")) || most < least) {
            return regex_wrong(r, start, "{…} wants one count, or two in order");
        }
        if (most > REPEAT_MAX) {
            return err_set(r->err, RC_LIMIT, "pattern: repeated more than %d times, at byte %zu",
                           REPEAT_MAX, start);
        }
        buf_put(&r->out, str_sub(r->pattern, start, r->at - start));
    } else if (regex_peek(r, 0) != '\0' && strchr("*+?", regex_peek(r, 0)) != NULL) {
        buf_put_char(&r->out, regex_peek(r, 0));
        r->at++;
    } else {
        return RC_OK;
    }
    if (regex_take(r, STR("?"))) {
        buf_put_char(&r->out, '?');
    }
    return RC_OK;
}

enum rc
regex_note_place(struct regex_reader *r)
{
    struct regex_translation *t = r->t;

    if (t->count == r->places_cap) {
        size_t cap = r->places_cap * 2 + 16;
        struct regex_place *more = arena_grow(r->arena, t->places, r->places_cap * sizeof(*more),
                                              cap * sizeof(*more));
        if (more == NULL) {
            return err_set(r->err, RC_LIMIT, "pattern: past the arena's limit");
        }
        t->places = more;
        r->places_cap = cap;
    }
    t->places[t->count++] = (struct regex_place){r->at, r->out.len};
    return RC_OK;
}

