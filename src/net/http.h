/*
 * http - messages of HTTP/1.1 (RFC 9112), parsed as strictly as the grammar allows.
 *
 * Refused, with 400 and a closed connection: bare CR or LF, obs-fold, blanks before a colon, both Content-Length
 * and Transfer-Encoding, two unequal lengths, a coding other than chunked, bad chunks, NUL and
 * controls, absolute-form that disagrees with Host, no or two Hosts.  Limits give 414, 431, 413.
 * Names are compared without case and kept as received.
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

enum http_body { HTTP_BODY_NONE, HTTP_BODY_LENGTH, HTTP_BODY_CHUNKED, HTTP_BODY_CLOSE };

struct http_head {
    struct str method;    /* request */
    struct str target;    /* request, as sent */
    struct str path;      /* target before '?', still percent-encoded */
    struct str query;     /* after '?', "" if none */
    int status;           /* response */
    struct str reason;    /* response */
    struct http_fields fields;
    enum http_body body;
    int64_t length;       /* HTTP_BODY_LENGTH */
    bool keep_alive;
    bool expect_continue;
};

struct http_limits {
    size_t head_bytes;      /* request line and fields together */
    size_t target_bytes;
    int64_t body_bytes;     /* most that a handler may ask for */
    int idle_ms;            /* between requests */
    int head_ms;            /* from the first byte to the end of the head */
    int body_idle_ms;       /* longest pause while a body comes or goes */
    int connections_max;    /* of one listener; more are closed at once */
    int connections_per_peer_max;
    int requests_per_connection_max;
};
extern const struct http_limits http_limits_usual;

/*
 * Parse a head at the start of bytes.  *used is its size with the empty line.  Views point into bytes.
 * RC_OK; RC_TIMEOUT when more bytes are needed (not a failure: nothing is set in err);
 * RC_INVALID 400; RC_LIMIT with err->type "uri-too-long" (414) or "fields-too-large" (431).
 */
MUST_USE enum rc http_parse_request(struct str bytes, const struct http_limits *limits,
                                    struct http_head *out, size_t *used, struct err *err);
MUST_USE enum rc http_parse_response(struct str bytes, struct str request_method,
                                     const struct http_limits *limits, struct http_head *out,
                                     size_t *used, struct err *err);

/* State of a chunked body between reads; all zero at the start. */
struct http_chunks {
    int state;
    int64_t left;
    size_t line_bytes;
};
/*
 * Decode in place: from bytes[0..*len) make the decoded prefix bytes[0..*decoded) and say how much
 * raw input was *used.  *done once the last chunk and (ignored) trailers are over.
 */
MUST_USE enum rc http_dechunk(struct http_chunks *c, char *bytes, size_t len, size_t *used,
                              size_t *decoded, bool *done, struct err *err);

const char *http_reason(int status);
/* "Sun, 06 Nov 1994 08:49:37 GMT" */
void buf_put_http_date(struct buf *b, int64_t instant_us);

#endif
