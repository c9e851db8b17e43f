/*
 * exchange - one signed question and one signed answer between nodes, for a named purpose.
 *
 *     POST /exchange/<resource>            (mutual TLS 1.3, one connection kept)
 *     Zhengtong-Purpose: case="…", item="…", basis="…", actor="…"[, urgent]
 *     Content-Digest, Signature-Input, Signature     (RFC 9421, tag "zhengtong-ask", created, nonce, keyid = node name)
 *     {"key":{"kind":"person","value":"…"},"fields":["name",…]}
 *
 * covered: @method @target-uri content-type content-digest zhengtong-purpose.  The answer covers @status content-type content-digest
 * zhengtong-act and, of the question, ;req: signature and content-digest; so it answers this question and no other.
 * Its body: {"record":{…},"updated":"…","act":{"node","index"}}; a refusal is a problem document, signed the same.
 *
 * No receipt, no data: the provider answers when its act is durable; the consumer hands the record on when its
 * own act, holding the provider's signature, is durable.
 */
#ifndef EXCHANGE_EXCHANGE_H
#define EXCHANGE_EXCHANGE_H

#include "data/grant.h"
#include "data/registry.h"
#include "evidence/publisher.h"
#include "exchange/directory.h"
#include "net/client.h"
#include "net/server.h"
#include "net/signing.h"

struct gate;

/* One a loop; what it points to is shared and outlives it. */
struct gate_config {
    struct str node;             /* own name in the directory */
    const struct directory *directory;
    struct store *store;
    const struct vault *vault;
    const struct clock *clock;
    int offset_minutes;
    struct signing *signing;     /* key "node" */
    struct client *client;       /* with the node's TLS */
    int clock_skew_s;            /* how far `created` may be off: data, from configuration */
    int upstream_ms;             /* longest wait for a connector or a peer */
    struct log *log;
};

MUST_USE enum rc gate_new(const struct gate_config *config, struct gate **out, struct err *err);
void gate_free(struct gate *g);
/* A newer directory, between requests. */
void gate_use_directory(struct gate *g, const struct directory *directory);

struct question {
    struct str resource;
    struct str key_kind; /* "person", "company", "address" */
    struct str key;
    const struct json *fields;
    struct purpose purpose;
    struct str subject; /* internal id at this node of the person concerned, for their list of readers */
    int timeout_ms;     /* 0: the usual */
};

struct answer {
    const struct json *record;
    struct str source_node;
    struct str resource;
    int64_t updated_us;    /* of the record at its source */
    int64_t obtained_us;
    int64_t source_act;    /* leaf index at the source */
    int64_t act;           /* leaf index here */
};

/*
 * Ask, from a task.  Also when the resource is served by this very node: then without the wire, with both acts in this log.
 * RC_DENIED, RC_BUSY with the provider's problem type; RC_NOT_FOUND: no such record ("record-missing") or resource;
 * RC_TIMEOUT, RC_IO, RC_PEER: the source is silent or wrong.  Every outcome has its act here.
 */
MUST_USE enum rc gate_ask(struct gate *g, struct task *t, struct arena *a,
                          const struct question *q, struct answer *out, struct err *err);

/*
 * The provider's side: handle one POST /exchange/<resource>; always answers.  Refuses and records, told apart by type:
 * "unknown-node" 401, "signature-invalid" 401, "digest-mismatch" 400, "signature-expired" 401, "replayed" 409, the grant's own,
 * "record-missing" 404, "upstream-silent" 504.
 */
void gate_serve(struct gate *g, struct http_call *call, struct str resource);

/*
 * For information systems beside the node (own network, token checked by the caller): POST /gate/<resource> with
 * {"key":…,"fields":…,"purpose":{…}}; asks and answers the record with its provenance.
 */
void gate_serve_local(struct gate *g, struct http_call *call, struct str resource);

#endif
