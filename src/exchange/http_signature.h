/*
 * http_signature - HTTP Message Signatures (RFC 9421) and Content-Digest (RFC 9530).
 *
 * A message is given as a small table of its parts, so both sides of a wire, and the test vectors, use the same
 * code.  Everything made lies on the arena given.  Known: @method @target-uri @authority @scheme @request-target @path
 * @query @query-param;name @status, and fields with ;sf ;key ;bs; ;req on all of them.  Trailers (;tr) are not
 * kept by our HTTP and so cannot be covered.
 */
#ifndef EXCHANGE_HTTP_SIGNATURE_H
#define EXCHANGE_HTTP_SIGNATURE_H

#include "crypto/sig.h"
#include "net/http.h"

enum { SIGNATURE_COMPONENTS_MAX = 32 };

struct signed_message {
    bool is_request;
    struct str method;
    struct str scheme;    /* "https" */
    struct str authority; /* as in Host; made lower case, a default port goes */
    struct str target;    /* path and query */
    int status;
    const struct http_fields *fields;
    const struct signed_message *request; /* of a response, for ;req components; else NULL */
};

struct signature_params {
    struct str keyid;
    struct str algorithm; /* "" when absent */
    struct str nonce;
    struct str tag;
    int64_t created; /* seconds; -1 when absent */
    int64_t expires;
    struct str inner; /* components and parameters in canonical form: what @signature-params repeats */
    const struct str *components; /* canonical: "\"@method\"", "\"content-digest\";req" */
    size_t component_count;
};

/* The member of label in a Signature-Input.  RC_NOT_FOUND, RC_INVALID; no label may stand twice. */
MUST_USE enum rc signature_input_parse(struct arena *a, struct str value, struct str label,
                                       struct signature_params *out, struct err *err);
/* Bytes of the signature of label from the Signature field; the same codes. */
MUST_USE enum rc signature_value_parse(struct arena *a, struct str value, struct str label,
                                       struct str *out, struct err *err);
/* Fills inner from components and parameters: for a signer.  RC_INVALID: text that a String cannot hold. */
MUST_USE enum rc signature_params_set(struct arena *a, struct signature_params *p,
                                      struct err *err);
/*
 * The bytes to sign or verify.  RC_INVALID: a component is missing, unknown, cannot be covered as asked, or stands
 * twice.
 */
MUST_USE enum rc signature_base(struct arena *a, const struct signed_message *m,
                                const struct signature_params *p, struct str *out,
                                struct err *err);
/* True if exactly these components are covered, in any order. */
bool signature_covers_exactly(const struct signature_params *p, const struct str *components,
                              size_t count);

/* "label=" with inner, and "label=:…:": the two field values. */
MUST_USE enum rc signature_fields(struct arena *a, struct str label,
                                  const struct signature_params *p, struct str signature,
                                  struct str *input, struct str *value, struct err *err);

/* "sha-256=:…:" on the arena (NULL ptr past its limit). */
struct str content_digest(struct arena *a, struct str body);
/* RC_INVALID, type "digest-mismatch": not such a field, no sha-256 in it, or of other bytes. */
MUST_USE enum rc content_digest_check(struct arena *a, struct str value, struct str body,
                                      struct err *err);

#endif
