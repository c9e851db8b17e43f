/*
 * References against a base, RFC 3986 §5.2.  Nothing is normalised beyond dot segments: schemas are
 * known by the text of their URI.
 */
#include "rule/schema_parts_int.h"

enum { URI_MAX = 8192 };

struct uri {
    struct str scheme, authority, path, query, fragment;
    bool has_authority, has_query, has_fragment;
};

/* Bytes of the scheme, without its colon; 0 if there is none. */
static size_t
scheme_len(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        char low = (char)(c | 0x20);
        if (c == ':') {
            return i;
        }
        bool is_letter = low >= 'a' && low <= 'z';
        bool is_more = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
        if (!is_letter && (i == 0 || !is_more)) {
            break;
        }
    }
    return 0;
}

bool
schema_uri_is_absolute(struct str uri)
{
    return scheme_len(uri) > 0;
}

static struct uri
split(struct str s)
{
    struct uri u = {.scheme = str_sub(s, 0, scheme_len(s))};
    size_t at = str_find_byte(s, '#');

    u.has_fragment = at < s.len;
    u.fragment = str_from(s, at + 1);
    s = str_from(str_sub(s, 0, at), u.scheme.len > 0 ? u.scheme.len + 1 : 0);
    at = str_find_byte(s, '?');
    u.has_query = at < s.len;
    u.query = str_from(s, at + 1);
    s = str_sub(s, 0, at);
    u.has_authority = str_starts(s, STR("//"));
    if (u.has_authority) {
        s = str_from(s, 2);
        at = str_find_byte(s, '/');
        u.authority = str_sub(s, 0, at);
        s = str_from(s, at);
    }
    u.path = s;
    return u;
}

/* §5.2.4, segment by segment; out holds what comes before the path too. */
static void
put_without_dots(struct buf *out, struct str path)
{
    size_t start = out->len;
    bool is_rooted = str_starts(path, STR("/"));
    struct str rest = str_from(path, is_rooted ? 1 : 0);

    if (is_rooted) {
        buf_put_char(out, '/');
    }
    size_t floor = start + (is_rooted ? 1 : 0);
    while (!out->failed) {
        size_t len = str_find_byte(rest, '/');
        bool is_last = len == rest.len;
        struct str part = str_sub(rest, 0, len);
        if (str_eq(part, STR(".."))) {
            /* Back before the last segment, whose slash stands at the end. */
            size_t at = out->len > floor ? out->len - 1 : floor;
            while (at > floor && out->ptr[at - 1] != '/') {
                at--;
            }
            out->len = at;
        } else if (!str_eq(part, STR("."))) {
            buf_put(out, part);
            if (!is_last) {
                buf_put_char(out, '/');
            }
        }
        if (is_last) {
            return;
        }
        rest = str_from(rest, len + 1);
    }
}

static void
put_merged(struct arena *a, struct buf *out, const struct uri *base, struct str path)
{
    struct buf b;
    struct str merged;
    struct err ignored;
    size_t keep = 0;

    buf_init(&b, a, URI_MAX);
    for (size_t i = 0; i < base->path.len; i++) {
        keep = base->path.ptr[i] == '/' ? i + 1 : keep;
    }
    buf_put(&b, base->has_authority && base->path.len == 0 ? STR("/") : str_sub(base->path, 0, keep));
    buf_put(&b, path);
    if (buf_finish(&b, &merged, &ignored) != RC_OK) {
        out->failed = true;
        return;
    }
    put_without_dots(out, merged);
}

enum rc
schema_uri_resolve(struct arena *a, struct str base_text, struct str reference, struct str *out,
                   struct err *err)
{
    struct uri base = split(base_text);
    struct uri r = split(reference);
    bool is_own = r.scheme.len > 0;
    bool is_placed = is_own || r.has_authority;
    const struct uri *front = is_placed ? &r : &base;
    struct str scheme = is_own ? r.scheme : base.scheme;
    struct buf b;

    buf_init(&b, a, URI_MAX);
    if (scheme.len > 0) {
        buf_put(&b, scheme);
        buf_put_char(&b, ':');
    }
    if (front->has_authority) {
        buf_put(&b, STR("//"));
        buf_put(&b, front->authority);
    }
    if (!is_placed && r.path.len == 0) {
        buf_put(&b, base.path);
    } else if (is_own && !r.has_authority) {
        buf_put(&b, r.path); /* urn: and kin have no segments */
    } else if (is_placed || str_starts(r.path, STR("/"))) {
        put_without_dots(&b, r.path);
    } else {
        put_merged(a, &b, &base, r.path);
    }
    const struct uri *asked = !is_placed && r.path.len == 0 && !r.has_query ? &base : &r;
    if (asked->has_query) {
        buf_put_char(&b, '?');
        buf_put(&b, asked->query);
    }
    if (r.has_fragment) {
        buf_put_char(&b, '#');
        buf_put(&b, r.fragment);
    }
    return buf_finish(&b, out, err);
}
