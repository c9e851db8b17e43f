/*
 * A head is read once, from left to right, and nothing looks ahead: whether a byte is wrong depends on the bytes
 * before it only.  So a head that comes in pieces is refused at the same byte as a whole one,
 * and asking again with more bytes costs a second reading and no state.  Names go through a table of classes;
 * values, the bulk of a head, eight bytes at a time.
 *
 * What the fields mean together (RFC 9112 §6: is there a body, and how long) is decided after the empty line.
 */
#include "net/http.h"

#include <string.h>

enum { IS_TOKEN = 1, IS_PATH = 2, IS_QUERY = 4, IS_HOST = 8, IS_METHOD = 16, IS_HEX = 32 };

/*
 * By row of sixteen.  IS_PATH is pchar of RFC 3986 and '/'.  IS_QUERY is wider: browsers send [ ] { } | ^ ` and \
 * there as they are (WHATWG URL, query percent-encode set).  '%' is in neither: it is checked apart.
 */
static const unsigned char class_of[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 7, 0, 1, 7, 1, 7, 7, 6, 6, 7, 7, 6, 31, 15, 6,
    47, 47, 47, 47, 47, 47, 47, 47, 47, 47, 14, 6, 0, 6, 0, 4,
    6, 63, 63, 63, 63, 63, 63, 31, 31, 31, 31, 31, 31, 31, 31, 31,
    31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 12, 4, 12, 5, 15,
    5, 47, 47, 47, 47, 47, 47, 15, 15, 15, 15, 15, 15, 15, 15, 15,
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 4, 5, 4, 7, 0,
};

enum { METHOD_BYTES_MAX = 20, LENGTH_DIGITS_MAX = 18 };

const struct http_limits http_limits_usual = {
    .head_bytes = 16384,
    .target_bytes = 8192,
    .body_bytes = 16 << 20,
    .idle_ms = 60000,
    .head_ms = 10000,
    .body_idle_ms = 30000,
    .connections_max = 4096,
    .connections_per_peer_max = 1024,
    .requests_per_connection_max = 100000,
};

/* What is left to read. */
struct scan {
    const char *at;
    const char *end;
};

static bool
is_class(char c, int class)
{
    return (class_of[(unsigned char)c] & class) != 0;
}

struct str
http_get(const struct http_fields *f, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < f->count; i++) {
        if (f->field[i].name.len == len && str_eq_fold(f->field[i].name, (struct str){name, len})) {
            return f->field[i].value;
        }
    }
    return (struct str){NULL, 0};
}

size_t
http_count(const struct http_fields *f, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < f->count; i++) {
        count += str_eq_fold(f->field[i].name, str_of(name)) ? 1 : 0;
    }
    return count;
}

bool
http_add(struct http_fields *f, struct str name, struct str value)
{
    if (f->count == HTTP_FIELDS_MAX) {
        return false;
    }
    f->field[f->count++] = (struct http_field){name, value};
    return true;
}

/* --- pieces of a line --- */

/* The literal must come next.  RC_TIMEOUT while what there is agrees with it. */
static enum rc
take_literal(struct scan *s, struct str literal, const char *what, struct err *err)
{
    size_t have = (size_t)(s->end - s->at);
    size_t compare = have < literal.len ? have : literal.len;

    if (memcmp(s->at, literal.ptr, compare) != 0) {
        return err_set(err, RC_INVALID, "%s", what);
    }
    if (have < literal.len) {
        return RC_TIMEOUT;
    }
    s->at += literal.len;
    return RC_OK;
}

static enum rc
take_version(struct scan *s, int *minor, struct err *err)
{
    enum rc rc = take_literal(s, STR("HTTP/"), "not HTTP", err);

    if (rc != RC_OK) {
        return rc;
    }
    if (s->at == s->end) {
        return RC_TIMEOUT;
    }
    if (*s->at != '1') {
        return err_problem(err, RC_INVALID, "http-version", "not HTTP/1");
    }
    rc = take_literal(s, STR("1."), "malformed version", err);
    if (rc != RC_OK) {
        return rc;
    }
    if (s->at == s->end) {
        return RC_TIMEOUT;
    }
    if (*s->at != '0' && *s->at != '1') {
        return err_problem(err, RC_INVALID, "http-version", "neither HTTP/1.0 nor HTTP/1.1");
    }
    *minor = *s->at++ - '0';
    return RC_OK;
}

static enum rc
take_method(struct scan *s, struct str *out, struct err *err)
{
    const char *start = s->at;

    while (s->at < s->end && is_class(*s->at, IS_METHOD)) {
        s->at++;
        if (s->at - start > METHOD_BYTES_MAX) {
            return err_set(err, RC_INVALID, "the method is too long");
        }
    }
    if (s->at == s->end) {
        return RC_TIMEOUT;
    }
    if (*s->at != ' ' || s->at == start) {
        return err_set(err, RC_INVALID, "malformed method");
    }
    *out = (struct str){start, (size_t)(s->at - start)};
    s->at++;
    return RC_OK;
}

/*
 * Bytes of that class and good escapes, up to the first other byte, at most up to limit_bytes from
 * start.  RC_TIMEOUT if they go on to the end of what there is.
 */
static enum rc
take_encoded(struct scan *s, int class, const char *start, size_t limit_bytes, struct err *err)
{
    for (;;) {
        while (s->at < s->end && is_class(*s->at, class)) {
            s->at++;
        }
        if ((size_t)(s->at - start) > limit_bytes) {
            return err_problem(err, RC_LIMIT, "uri-too-long", "the target passes %zu bytes",
                               limit_bytes);
        }
        if (s->at == s->end) {
            return RC_TIMEOUT;
        }
        if (*s->at != '%') {
            return RC_OK;
        }
        for (int i = 1; i <= 2; i++) {
            if (s->end - s->at <= i) {
                return RC_TIMEOUT;
            }
            if (!is_class(s->at[i], IS_HEX)) {
                return err_set(err, RC_INVALID, "a bad escape in the target");
            }
        }
        if (s->at[1] == '0' && s->at[2] == '0') {
            return err_set(err, RC_INVALID, "an escaped NUL in the target");
        }
        s->at += 3;
    }
}

/* "http://host" of the absolute form; authority is what Host must say too. */
static enum rc
take_authority(struct scan *s, const char *start, size_t limit_bytes, struct str *authority,
               struct err *err)
{
    struct err ignored;
    enum rc rc = take_literal(s, STR("http://"), "", &ignored);

    if (rc == RC_INVALID) {
        rc = take_literal(s, STR("https://"), "neither a path nor an absolute address", err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    const char *host = s->at;
    while (s->at < s->end && is_class(*s->at, IS_HOST)) {
        s->at++;
    }
    if ((size_t)(s->at - start) > limit_bytes) {
        return err_problem(err, RC_LIMIT, "uri-too-long", "the host is too long");
    }
    if (s->at == s->end) {
        return RC_TIMEOUT;
    }
    if (s->at == host) {
        return err_set(err, RC_INVALID, "an absolute address without a host");
    }
    *authority = (struct str){host, (size_t)(s->at - host)};
    return RC_OK;
}

static enum rc
take_path_and_query(struct scan *s, const char *start, size_t limit_bytes, struct http_head *out,
                    struct err *err)
{
    const char *path = s->at;
    enum rc rc = take_encoded(s, IS_PATH, start, limit_bytes, err);

    if (rc != RC_OK) {
        return rc;
    }
    out->path = (struct str){path, (size_t)(s->at - path)};
    out->query = (struct str){s->at, 0};
    if (*s->at == '?') {
        const char *query = ++s->at;
        rc = take_encoded(s, IS_QUERY, start, limit_bytes, err);
        if (rc != RC_OK) {
            return rc;
        }
        out->query = (struct str){query, (size_t)(s->at - query)};
    }
    return RC_OK;
}

static enum rc
take_target(struct scan *s, size_t limit_bytes, struct http_head *out, struct str *authority,
            struct err *err)
{
    const char *start = s->at;
    enum rc rc = RC_OK;

    *authority = (struct str){NULL, 0};
    if (s->at == s->end) {
        return RC_TIMEOUT;
    }
    if (*s->at == '*') {
        s->at++;
        out->path = STR("*");
        out->query = STR("");
    } else {
        if (*s->at != '/') {
            rc = take_authority(s, start, limit_bytes, authority, err);
        }
        /* After a host the path may be missing, but nothing else may follow. */
        if (rc == RC_OK && *s->at != '/' && *s->at != '?' && *s->at != ' ') {
            return err_set(err, RC_INVALID, "malformed target");
        }
        if (rc == RC_OK) {
            rc = take_path_and_query(s, start, limit_bytes, out, err);
        }
        if (rc != RC_OK) {
            return rc;
        }
        out->path = out->path.len == 0 ? STR("/") : out->path;
    }
    if (s->at == s->end) {
        return RC_TIMEOUT;
    }
    if (*s->at != ' ') {
        return err_set(err, RC_INVALID, "a byte that a target cannot have");
    }
    out->target = (struct str){start, (size_t)(s->at - start)};
    s->at++;
    return RC_OK;
}

/* --- fields --- */

/* True if one of eight bytes is a control: below 0x20, or 0x7f. */
static bool
has_control(const char *bytes)
{
    const uint64_t ones = 0x0101010101010101u;
    uint64_t x;

    memcpy(&x, bytes, sizeof(x));
    uint64_t deleted = x ^ (ones * 0x7f);
    uint64_t low = (x - ones * 0x20) & ~x;
    uint64_t del = (deleted - ones) & ~deleted;
    return ((low | del) & (ones * 0x80)) != 0;
}

/* Up to the next control that is not a tab, or the end. */
static const char *
text_end(const char *at, const char *end)
{
    for (;;) {
        while (end - at >= 8 && !has_control(at)) {
            at += 8;
        }
        while (at < end && (unsigned char)*at >= 0x20 && *at != 0x7f) {
            at++;
        }
        if (at == end || *at != '\t') {
            return at;
        }
        at++;
    }
}

bool
http_field_is_valid(struct str name, struct str value)
{
    for (size_t i = 0; i < name.len; i++) {
        if (!is_class(name.ptr[i], IS_TOKEN)) {
            return false;
        }
    }
    return name.len > 0 && (value.len == 0 || text_end(value.ptr, value.ptr + value.len) ==
                                                  value.ptr + value.len);
}

static enum rc
take_value(struct scan *s, struct str *out, struct err *err)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t')) {
        s->at++;
    }
    const char *start = s->at;
    const char *stop = text_end(s->at, s->end);

    s->at = stop;
    if (stop == s->end) {
        return RC_TIMEOUT;
    }
    enum rc rc = take_literal(s, STR("\r\n"), "a control byte in a line", err);
    if (rc != RC_OK) {
        return rc;
    }
    while (stop > start && (stop[-1] == ' ' || stop[-1] == '\t')) {
        stop--;
    }
    *out = (struct str){start, (size_t)(stop - start)};
    return RC_OK;
}

static enum rc
take_fields(struct scan *s, struct http_fields *out, struct err *err)
{
    out->count = 0;
    for (;;) {
        const char *start = s->at;
        while (s->at < s->end && is_class(*s->at, IS_TOKEN)) {
            s->at++;
        }
        if (s->at == s->end) {
            return RC_TIMEOUT;
        }
        if (s->at == start && *s->at == '\r') {
            return take_literal(s, STR("\r\n"), "a bare CR", err);
        }
        if (*s->at != ':' || s->at == start) {
            /* Here obs-fold, a bare LF and a blank before the colon end. */
            return err_set(err, RC_INVALID, "malformed field name");
        }
        if (out->count == HTTP_FIELDS_MAX) {
            return err_problem(err, RC_LIMIT, "fields-too-large", "more than %d fields",
                               HTTP_FIELDS_MAX);
        }
        struct http_field *field = &out->field[out->count];
        field->name = (struct str){start, (size_t)(s->at - start)};
        s->at++;
        enum rc rc = take_value(s, &field->value, err);
        if (rc != RC_OK) {
            return rc;
        }
        out->count++;
    }
}

/* --- what the fields mean --- */

struct meaning {
    size_t hosts;
    struct str host;
    size_t lengths;
    struct str length;
    size_t codings;
    struct str coding;
    bool says_close;
    struct str expectation;
};

static bool
list_has(struct str list, struct str word)
{
    struct str part;

    while (str_next(&list, ',', &part)) {
        if (str_eq_fold(str_trim(part), word)) {
            return true;
        }
    }
    return false;
}

static struct meaning
find_meaning(const struct http_fields *f)
{
    struct meaning m = {0};

    for (size_t i = 0; i < f->count; i++) {
        struct str name = f->field[i].name;
        struct str value = f->field[i].value;
        /* Few lengths matter, so most names are not compared at all. */
        if (name.len == 4 && str_eq_fold(name, STR("host"))) {
            m.hosts++;
            m.host = value;
        } else if (name.len == 14 && str_eq_fold(name, STR("content-length"))) {
            m.lengths++;
            m.length = value;
        } else if (name.len == 17 && str_eq_fold(name, STR("transfer-encoding"))) {
            m.codings++;
            m.coding = value;
        } else if (name.len == 10 && str_eq_fold(name, STR("connection"))) {
            m.says_close = m.says_close || list_has(value, STR("close"));
        } else if (name.len == 6 && str_eq_fold(name, STR("expect"))) {
            m.expectation = value;
        }
    }
    return m;
}

/* Digits and nothing else: no sign, no list, no hexadecimal. */
static bool
read_length(struct str text, int64_t *out)
{
    int64_t value = 0;

    if (text.len == 0 || text.len > LENGTH_DIGITS_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        value = value * 10 + (text.ptr[i] - '0');
    }
    *out = value;
    return true;
}

/* otherwise: the kind of body where neither field is given. */
static enum rc
find_body(const struct meaning *m, enum http_body otherwise, struct http_head *out,
          struct err *err)
{
    out->body = otherwise;
    out->length = 0;
    if (m->codings > 0) {
        if (m->lengths > 0) {
            return err_set(err, RC_INVALID, "both Content-Length and Transfer-Encoding");
        }
        if (out->minor == 0 || m->codings > 1 || !str_eq_fold(m->coding, STR("chunked"))) {
            return err_set(err, RC_INVALID, "a transfer coding other than chunked");
        }
        out->body = HTTP_BODY_CHUNKED;
    } else if (m->lengths > 0) {
        if (m->lengths > 1 || !read_length(m->length, &out->length)) {
            return err_set(err, RC_INVALID, "malformed Content-Length");
        }
        out->body = HTTP_BODY_LENGTH;
    }
    return RC_OK;
}

static bool
is_port(struct str text)
{
    int64_t port = 0;

    return text.len == 0 || (read_length(text, &port) && port <= 65535);
}

/* name, address or [address], and perhaps a port. */
static bool
is_host(struct str host)
{
    size_t name_len = str_find_byte(host, ':');

    if (host.len > 0 && host.ptr[0] == '[') {
        name_len = str_find_byte(host, ']');
        if (name_len == host.len) {
            return false;
        }
        for (size_t i = 1; i < name_len; i++) {
            if (!is_class(host.ptr[i], IS_HEX) && host.ptr[i] != ':' && host.ptr[i] != '.') {
                return false;
            }
        }
        name_len++;
    } else {
        for (size_t i = 0; i < name_len; i++) {
            if (!is_class(host.ptr[i], IS_HOST) || host.ptr[i] == '[' || host.ptr[i] == ']') {
                return false;
            }
        }
    }
    struct str rest = str_from(host, name_len);
    return name_len > 0 && (rest.len == 0 || (rest.ptr[0] == ':' && is_port(str_from(rest, 1))));
}

static enum rc
understand_request(struct http_head *out, struct str authority, struct err *err)
{
    struct meaning m = find_meaning(&out->fields);

    if (m.hosts > 1 || (m.hosts == 0 && out->minor == 1)) {
        return err_set(err, RC_INVALID, "%zu Host fields", m.hosts);
    }
    if (m.hosts == 1 && !is_host(m.host)) {
        return err_set(err, RC_INVALID, "malformed Host");
    }
    if (authority.len > 0 &&
        (!is_host(authority) || (m.hosts == 1 && !str_eq_fold(authority, m.host)))) {
        return err_set(err, RC_INVALID, "the target and Host name different hosts");
    }
    if (str_eq(out->path, STR("*")) && !str_eq(out->method, STR("OPTIONS"))) {
        return err_set(err, RC_INVALID, "only OPTIONS asks for *");
    }
    if (str_eq(out->method, STR("CONNECT"))) {
        return err_set(err, RC_INVALID, "CONNECT is for proxies");
    }
    if (m.expectation.len > 0 && out->minor == 1) {
        if (!str_eq_fold(m.expectation, STR("100-continue"))) {
            return err_problem(err, RC_INVALID, "expectation", "an unknown expectation");
        }
        out->expect_continue = true;
    }
    out->keep_alive = out->minor == 1 && !m.says_close;
    return find_body(&m, HTTP_BODY_NONE, out, err);
}

/*
 * Only head_bytes are looked at.  If they are all there and the head goes on, it is too large; whether
 * the bytes behind are good does not matter, and would depend on how many have come.
 */
static struct scan
scan_of(struct str bytes, const struct http_limits *limits)
{
    size_t len = bytes.len < limits->head_bytes ? bytes.len : limits->head_bytes;

    return (struct scan){bytes.ptr, bytes.ptr + len};
}

static enum rc
more_or_limit(enum rc rc, struct str bytes, const struct http_limits *limits, struct err *err)
{
    if (rc == RC_TIMEOUT && bytes.len >= limits->head_bytes) {
        return err_problem(err, RC_LIMIT, "fields-too-large", "the head passes %zu bytes",
                           limits->head_bytes);
    }
    return rc;
}

enum rc
http_parse_request(struct str bytes, const struct http_limits *limits, struct http_head *out,
                   size_t *used, struct err *err)
{
    struct scan s = scan_of(bytes, limits);
    struct str authority = {NULL, 0};
    enum rc rc;

    out->status = 0;
    out->reason = (struct str){NULL, 0};
    out->expect_continue = false;
    if (bytes.len == 0) {
        return RC_TIMEOUT;
    }
    rc = take_method(&s, &out->method, err);
    if (rc == RC_OK) {
        rc = take_target(&s, limits->target_bytes, out, &authority, err);
    }
    if (rc == RC_OK) {
        rc = take_version(&s, &out->minor, err);
    }
    if (rc == RC_OK) {
        rc = take_literal(&s, STR("\r\n"), "the request line does not end where it should", err);
    }
    if (rc == RC_OK) {
        rc = take_fields(&s, &out->fields, err);
    }
    if (rc != RC_OK) {
        return more_or_limit(rc, bytes, limits, err);
    }
    rc = understand_request(out, authority, err);
    if (rc == RC_OK) {
        *used = (size_t)(s.at - bytes.ptr);
    }
    return rc;
}

/* --- responses --- */

static enum rc
take_status(struct scan *s, struct http_head *out, struct err *err)
{
    enum rc rc = take_version(s, &out->minor, err);

    if (rc == RC_OK) {
        rc = take_literal(s, STR(" "), "malformed status line", err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    out->status = 0;
    for (int i = 0; i < 3; i++, s->at++) {
        if (s->at == s->end) {
            return RC_TIMEOUT;
        }
        if (*s->at < (i == 0 ? '1' : '0') || *s->at > (i == 0 ? '5' : '9')) {
            return err_set(err, RC_INVALID, "malformed status code");
        }
        out->status = out->status * 10 + (*s->at - '0');
    }
    rc = take_literal(s, STR(" "), "malformed status line", err);
    return rc == RC_OK ? take_value(s, &out->reason, err) : rc;
}

static enum rc
understand_response(struct http_head *out, struct str request_method, struct err *err)
{
    struct meaning m = find_meaning(&out->fields);
    bool has_none = out->status < 200 || out->status == 204 || out->status == 304 ||
                    str_eq(request_method, STR("HEAD"));
    enum rc rc = find_body(&m, HTTP_BODY_CLOSE, out, err);

    if (rc != RC_OK) {
        return rc;
    }
    out->keep_alive = out->minor == 1 && !m.says_close;
    if (has_none) {
        out->body = HTTP_BODY_NONE; /* whatever the fields say: RFC 9112 §6.3 */
        out->length = 0;
    } else if (out->body == HTTP_BODY_CLOSE) {
        out->keep_alive = false;
    }
    return RC_OK;
}

enum rc
http_parse_response(struct str bytes, struct str request_method, const struct http_limits *limits,
                    struct http_head *out, size_t *used, struct err *err)
{
    struct scan s = scan_of(bytes, limits);
    enum rc rc;

    out->method = (struct str){NULL, 0};
    out->target = (struct str){NULL, 0};
    out->path = (struct str){NULL, 0};
    out->query = (struct str){NULL, 0};
    out->expect_continue = false;
    if (bytes.len == 0) {
        return RC_TIMEOUT;
    }
    rc = take_status(&s, out, err);
    if (rc == RC_OK) {
        rc = take_fields(&s, &out->fields, err);
    }
    if (rc != RC_OK) {
        return more_or_limit(rc, bytes, limits, err);
    }
    rc = understand_response(out, request_method, err);
    if (rc == RC_OK) {
        *used = (size_t)(s.at - bytes.ptr);
    }
    return rc;
}

/* --- words --- */

int
http_status_of(enum rc rc, const struct err *err)
{
    static const struct {
        const char *type;
        int status;
    } special[] = {
        {"uri-too-long", 414},
        {"fields-too-large", 431},
        {"http-version", 505},
        {"expectation", 417},
        {"request-timeout", 408},
    };

    for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
        if (strcmp(err->type, special[i].type) == 0) {
            return special[i].status;
        }
    }
    return rc_http(rc);
}

const char *
http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } rows[] = {
        {100, "Continue"}, {200, "OK"}, {201, "Created"}, {202, "Accepted"}, {204, "No Content"},
        {206, "Partial Content"}, {301, "Moved Permanently"}, {302, "Found"}, {303, "See Other"},
        {304, "Not Modified"}, {307, "Temporary Redirect"}, {308, "Permanent Redirect"},
        {400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"},
        {405, "Method Not Allowed"}, {406, "Not Acceptable"}, {408, "Request Timeout"},
        {409, "Conflict"}, {410, "Gone"}, {411, "Length Required"}, {412, "Precondition Failed"},
        {413, "Content Too Large"}, {414, "URI Too Long"}, {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"}, {417, "Expectation Failed"},
        {421, "Misdirected Request"}, {422, "Unprocessable Content"}, {425, "Too Early"},
        {428, "Precondition Required"}, {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"}, {500, "Internal Server Error"},
        {501, "Not Implemented"}, {502, "Bad Gateway"}, {503, "Service Unavailable"},
        {504, "Gateway Timeout"}, {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].status == status) {
            return rows[i].reason;
        }
    }
    return "";
}
