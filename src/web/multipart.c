/*
 * A state machine over a small window.  The delimiter is CRLF "--" boundary; it can only begin at a
 * CR, so everything before the last CR that might begin it is handed on at once, and at most
 * boundary + 4 bytes are ever held back.  The preamble is treated as a part that nobody sees: the first
 * delimiter needs no CRLF before it, so the window starts as if one had just passed.
 */
#include "web/multipart.h"

#include <string.h>

#include "base/utf8.h"

enum state { IN_PREAMBLE, AFTER_DELIMITER, IN_HEAD, IN_BODY, AT_END };

enum { BOUNDARY_MAX = 70, WINDOW_MAX = MULTIPART_HEAD_MAX + BOUNDARY_MAX + 8 };

struct multipart {
    struct multipart_events events;
    struct arena *arena;
    enum state state;
    char delimiter[BOUNDARY_MAX + 4]; /* CR LF - - boundary */
    size_t delimiter_len;
    char window[WINDOW_MAX];
    size_t len;
    int parts;
};

static enum rc
bad(struct err *err, const char *why)
{
    return err_problem(err, RC_INVALID, "multipart", "multipart: %s", why);
}

/* Up to the next semicolon that stands in no quotes; *rest goes on behind it. */
static struct str
cut_parameter(struct str *rest)
{
    bool quoted = false;
    size_t end = 0;
    struct str part;

    while (end < rest->len && (quoted || rest->ptr[end] != ';')) {
        quoted = quoted != (rest->ptr[end] == '"');
        end++;
    }
    part = str_trim(str_sub(*rest, 0, end));
    *rest = str_from(*rest, end + 1);
    return part;
}

/* The value of a parameter of a header field: name="value" or name=value; no pointer if there is none. */
static struct str
parameter(struct str field, struct str name)
{
    while (field.len > 0) {
        struct str part = cut_parameter(&field);
        size_t equals = str_find_byte(part, '=');
        if (equals == part.len || !str_eq_fold(str_sub(part, 0, equals), name)) {
            continue;
        }
        struct str value = str_from(part, equals + 1);
        if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"') {
            value = str_sub(value, 1, value.len - 2);
        }
        return value;
    }
    return (struct str){NULL, 0};
}

static bool
boundary_is_valid(struct str b)
{
    if (b.len == 0 || b.len > BOUNDARY_MAX) {
        return false;
    }
    for (size_t i = 0; i < b.len; i++) {
        char c = b.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && memchr("'()+_,-./:=? ", c, 13) == NULL) {
            return false;
        }
    }
    return true;
}

enum rc
multipart_new(struct arena *a, struct str content_type, const struct multipart_events *events,
              struct multipart **out, struct err *err)
{
    struct str boundary = parameter(content_type, STR("boundary"));
    struct multipart *m;

    if (!boundary_is_valid(boundary)) {
        return bad(err, "no usable boundary");
    }
    if ((m = arena_alloc(a, 1, sizeof(*m))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for a form");
    }
    m->events = *events;
    m->arena = a;
    memcpy(m->delimiter, "\r\n--", 4);
    memcpy(m->delimiter + 4, boundary.ptr, boundary.len);
    m->delimiter_len = boundary.len + 4;
    memcpy(m->window, "\r\n", 2); /* the first delimiter may stand at the very start */
    m->len = 2;
    *out = m;
    return RC_OK;
}

/* A browser may send a path; only its last part is a name. */
static struct str
last_part(struct str name)
{
    for (size_t i = name.len; i > 0; i--) {
        if (name.ptr[i - 1] == '/' || name.ptr[i - 1] == '\\') {
            return str_from(name, i);
        }
    }
    return name;
}

static enum rc
take_head(struct multipart *m, struct str head, struct err *err)
{
    struct str line, name = {NULL, 0}, file = {NULL, 0};
    enum rc rc;

    if (++m->parts > MULTIPART_PARTS_MAX) {
        return err_set(err, RC_LIMIT, "more than %d parts", MULTIPART_PARTS_MAX);
    }
    while (str_next(&head, '\n', &line)) {
        struct str field = str_trim(line);
        size_t colon = str_find_byte(field, ':');
        if (str_eq_fold(str_sub(field, 0, colon), STR("content-disposition"))) {
            struct str value = str_trim(str_from(field, colon + 1));
            if (!str_starts(value, STR("form-data"))) {
                return bad(err, "a part is not form-data");
            }
            name = parameter(value, STR("name"));
            file = parameter(value, STR("filename"));
        }
    }
    if (name.ptr == NULL || !utf8_is_plain(name) || (file.ptr != NULL && !utf8_is_plain(file))) {
        return bad(err, "a part has no usable name");
    }
    if ((rc = str_copy(m->arena, name, &name, err)) != RC_OK ||
        (rc = str_copy(m->arena, last_part(file), &file, err)) != RC_OK) {
        return rc;
    }
    return m->events.begin(m->events.ctx, name, file, err);
}

static void
drop(struct multipart *m, size_t count)
{
    m->len -= count;
    memmove(m->window, m->window + count, m->len);
}

static enum rc
hand_on(struct multipart *m, size_t count, struct err *err)
{
    enum rc rc = RC_OK;

    if (m->state == IN_BODY && count > 0) {
        rc = m->events.piece(m->events.ctx, (struct str){m->window, count}, err);
    }
    drop(m, count);
    return rc;
}

/* In the preamble or a body: up to the delimiter, or all that cannot be part of one. */
static enum rc
step_body(struct multipart *m, bool *stuck, struct err *err)
{
    struct str window = {m->window, m->len};
    size_t at = str_find(window, (struct str){m->delimiter, m->delimiter_len});
    enum rc rc;

    if (at < window.len) {
        bool had_part = m->state == IN_BODY;
        if ((rc = hand_on(m, at, err)) != RC_OK ||
            (had_part && (rc = m->events.end(m->events.ctx, err)) != RC_OK)) {
            return rc;
        }
        drop(m, m->delimiter_len);
        m->state = AFTER_DELIMITER;
        return RC_OK;
    }
    size_t keep = 0;
    for (size_t i = m->len > m->delimiter_len ? m->len - m->delimiter_len : 0; i < m->len; i++) {
        if (memcmp(m->window + i, m->delimiter, m->len - i) == 0) {
            keep = m->len - i;
            break;
        }
    }
    *stuck = true;
    return hand_on(m, m->len - keep, err);
}

static enum rc
step_after_delimiter(struct multipart *m, bool *stuck, struct err *err)
{
    if (m->len < 2) {
        *stuck = true;
        return RC_OK;
    }
    if (memcmp(m->window, "--", 2) == 0) {
        m->state = AT_END;
    } else if (memcmp(m->window, "\r\n", 2) == 0) {
        m->state = IN_HEAD;
    } else {
        return bad(err, "a boundary line goes on");
    }
    drop(m, 2);
    return RC_OK;
}

static enum rc
step_head(struct multipart *m, bool *stuck, struct err *err)
{
    struct str window = {m->window, m->len};
    size_t end = str_find(window, STR("\r\n\r\n"));
    enum rc rc;

    if (end == window.len) {
        if (m->len >= MULTIPART_HEAD_MAX) {
            return err_set(err, RC_LIMIT, "a part's head passes %d bytes", MULTIPART_HEAD_MAX);
        }
        *stuck = true;
        return RC_OK;
    }
    if ((rc = take_head(m, str_sub(window, 0, end), err)) != RC_OK) {
        return rc;
    }
    drop(m, end + 4);
    m->state = IN_BODY;
    return RC_OK;
}

enum rc
multipart_feed(struct multipart *m, struct str bytes, struct err *err)
{
    enum rc rc;

    while (bytes.len > 0 && m->state != AT_END) {
        size_t room = sizeof(m->window) - m->len;
        size_t take = bytes.len < room ? bytes.len : room;
        bool stuck = false;

        CHECK(take > 0);
        memcpy(m->window + m->len, bytes.ptr, take);
        m->len += take;
        bytes = str_from(bytes, take);
        while (!stuck && m->state != AT_END) {
            rc = m->state == AFTER_DELIMITER ? step_after_delimiter(m, &stuck, err)
                 : m->state == IN_HEAD       ? step_head(m, &stuck, err)
                                             : step_body(m, &stuck, err);
            if (rc != RC_OK) {
                return rc;
            }
        }
    }
    return RC_OK;
}

enum rc
multipart_finish(struct multipart *m, struct err *err)
{
    return m->state == AT_END ? RC_OK : bad(err, "it ends before its last boundary");
}
