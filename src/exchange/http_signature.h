/*
 * http_signature - HTTP Message Signatures (RFC 9421) and Content-Digest (RFC 9530).
 *
 * A message is given as a small table of its parts, so both sides of a wire, and the test vectors, use the same
 * code.  Building a base never allocates more than the arena given; parsing follows structured fields (RFC 8941/9651)
 * as far as these two headers need them, strictly.
 */
#ifndef EXCHANGE_HTTP_SIGNATURE_H
#define EXCHANGE_HTTP_SIGNATURE_H

#include "crypto/sig.h"
#include "net/http.h"

struct signed_message {
    bool is_request;
    struct str method;
    struct str scheme;    /* "https" */
    struct str authority; /* lower case, no default port */
    struct str target;    /* path and query */
    int status;
    const struct http_fields *fields;
    const struct signed_message *request; /* of a response, for ;req components; else NULL */
};

struct signature_params {
    struct str label;     /* "sig1", "zt" */
    struct str keyid;
    struct str algorithm; /* "" when absent */
    struct str nonce;
    struct str tag;
    int64_t created;      /* seconds; -1 when absent */
    int64_t expires;
    struct str inner;     /* the parameters as received: what @signature-params repeats */
    const struct str *components; /* as written: "\"@method\"", "\"content-digest\";req" */
    size_t component_count;
};

/* The value of Signature-Input for label; RC_NOT_FOUND, RC_INVALID. */
MUST_USE enum rc signature_input_parse(struct arena *a, struct str value, struct str label,
                                       struct signature_params *out, struct err *err);
/* Bytes of the signature of label from the Signature field. */
MUST_USE enum rc signature_value_parse(struct arena *a, struct str value, struct str label,
                                       struct str *out, struct err *err);
/* RC_INVALID: a component is missing, unknown, or stands twice. */
MUST_USE enum rc signature_base(struct arena *a, const struct signed_message *m,
                                const struct signature_params *p, struct str *out,
                                struct err *err);
/* True if every named component ("\"@method\"") is covered. */
bool signature_covers(const struct signature_params *p, const char *const *components,
                      size_t count);
/* Text for Signature-Input after "label=", from components and parameters. */
struct str signature_params_text(struct arena *a, const char *const *components, size_t count,
                                 const struct signature_params *p);

/* "sha-256=:…:" and its check against a body: RC_INVALID, type "digest-mismatch". */
struct str content_digest(struct arena *a, struct str body);
MUST_USE enum rc content_digest_check(struct str value, struct str body, struct err *err);

#endif
