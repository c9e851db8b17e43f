/*
 * http - messages of HTTP/1.1 (RFC 9112), parsed as strictly as the grammar allows.
 *
 * Refused, with 400 and a closed connection: bare CR or LF, obs-fold, blanks before a colon, both Content-Length
 * and Transfer-Encoding, two lengths (equal or not), a coding other than chunked, bad chunks, NUL and
 * controls, %00 and bad escapes in a target, absolute-form that disagrees with Host, no or two Hosts, an
 * empty line before the request, CONNECT.  Limits give 414, 431, 413; another major version 505, another
 * expectation 417.  Names are compared without case and kept as received; methods are upper case.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "base/str.h"

struct http_field {
    struct str name;
    struct str value; /* blanks trimmed */
};

enum { HTTP_FIELDS_MAX = 64 };

struct http_fields {
    struct http_field field[HTTP_FIELDS_MAX];
    size_t count;
};

/* Value of the first field of that name, "" with NULL ptr if none. */
struct str http_get(const struct http_fields *f, const char *name);
size_t http_count(const struct http_fields *f, const char *name);
/* False when full. */
bool http_add(struct http_fields *f, struct str name, struct str value);

/* A token, and text without controls: nothing that could end the line. */
bool http_field_is_valid(struct str name, struct str value);

enum http_body { HTTP_BODY_NONE, HTTP_BODY_LENGTH, HTTP_BODY_CHUNKED, HTTP_BODY_CLOSE };

struct http_head {
    struct str method;    /* request */
    struct str target;    /* request, as sent */
    struct str path;      /* target before '?', without scheme and host, still percent-encoded; or "*" */
    struct str query;     /* after '?', "" if none */
    int status;           /* response */
    int minor;            /* of HTTP/1.x: 0 or 1 */
    struct str reason;    /* response */
    struct http_fields fields;
    enum http_body body;
    int64_t length;       /* HTTP_BODY_LENGTH */
    bool keep_alive;      /* as far as the peer is concerned; never for HTTP/1.0 */
    bool expect_continue;
};

struct http_limits {
    size_t head_bytes;      /* request line and fields together */
    size_t target_bytes;
    int64_t body_bytes;     /* most that is taken or asked for as a whole */
    int idle_ms;            /* between requests */
    int head_ms;            /* from the first byte to the end of the head */
    int body_idle_ms;       /* longest pause while a body comes or goes */
    int connections_max;    /* of one server; more get 503 and are closed */
    int connections_per_peer_max; /* of one address (IPv6: one /64); the same */
    int requests_per_connection_max;    /* 0: no end */
};
extern const struct http_limits http_limits_usual;

/*
 * Parse a head at the start of bytes.  *used is its size with the empty line.  Views point into bytes.
 * *out is worth reading after RC_OK only, but may be written to before.
 * RC_OK; RC_TIMEOUT when more bytes are needed (not a failure: nothing is set in err);
 * RC_INVALID 400, or err->type "http-version" (505) or "expectation" (417);
 * RC_LIMIT with err->type "uri-too-long" (414) or "fields-too-large" (431).
 * What is wrong is told as soon as it is there, however the bytes come in.
 */
MUST_USE enum rc http_parse_request(struct str bytes, const struct http_limits *limits,
                                    struct http_head *out, size_t *used, struct err *err);
MUST_USE enum rc http_parse_response(struct str bytes, struct str request_method,
                                     const struct http_limits *limits, struct http_head *out,
                                     size_t *used, struct err *err);
/* The HTTP status for such a failure. */
int http_status_of(enum rc rc, const struct err *err);

/* State of a chunked body between reads; all zero at the start. */
struct http_chunks {
    int state;
    int64_t left;
    size_t line_bytes;
};
/*
 * Decode in place: from bytes[0..len) make the decoded prefix bytes[0..*decoded) and say how much
 * raw input was *used (all of it, unless *done).  *done once the last chunk and (ignored) trailers are over.
 * RC_INVALID: not chunked coding, or an extension or trailer of unreasonable length.
 */
MUST_USE enum rc http_dechunk(struct http_chunks *c, char *bytes, size_t len, size_t *used,
                              size_t *decoded, bool *done, struct err *err);

const char *http_reason(int status); /* "" if unknown */
/* "Sun, 06 Nov 1994 08:49:37 GMT" */
void buf_put_http_date(struct buf *b, int64_t instant_us);
enum { HTTP_DATE_BYTES = 29 };
void http_date(char out[HTTP_DATE_BYTES], int64_t instant_us);

#endif
