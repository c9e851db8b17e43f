/*
 * exchange - one signed question and one signed answer between nodes, for a named purpose.
 *
 *     POST /exchange/<resource>            (mutual TLS 1.3, one connection kept)
 *     Zhengtong-Purpose: case="…", item="…", basis="…", actor="…"[, urgent]
 *     Content-Digest, Signature-Input, Signature     (RFC 9421; what is covered: exchange/envelope.h)
 *     {"key":{"kind":"person","value":"…"},"fields":["name",…],"salt":"…"}
 *
 * The answer: {"record":{…},"updated":"…","act":{"node","index"},"salt":"…"}, with Zhengtong-Act: index; a refusal is a problem
 * document (exchange/problem.h), signed the same.  A salt is random, so that the digests that acts keep tell nothing about
 * what was asked; acts hold both signatures and what it takes to build their bases again.
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

enum {
    EXCHANGE_QUESTION_MAX = 16384,  /* bytes of a question's body */
    EXCHANGE_ANSWER_MAX = 262144,   /* bytes of an answer's body, and of an upstream's */
    EXCHANGE_KEY_MAX = 256,         /* bytes of a key */
    EXCHANGE_CACHE_MAX = 256,       /* pairs of resource and consumer kept in memory */
    EXCHANGE_STRANGERS_EVERY_S = 10 /* at most one act about unknown certificates in so long */
};

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
    const struct counsel *counsel; /* rules of law, for grants that cover some records only; NULL: none are kept */
    int clock_skew_s;            /* how far `created` may be off: data, from configuration */
    int upstream_ms;             /* longest wait for a connector or a peer */
    struct log *log;             /* may be NULL */
};

/* RC_NOT_FOUND: the directory does not name this node. */
MUST_USE enum rc gate_new(const struct gate_config *config, struct gate **out, struct err *err);
void gate_free(struct gate *g); /* after the loop has ended; accepts NULL */
/* A newer directory, on the loop's thread; the old one may go when every gate has the new one. */
void gate_use_directory(struct gate *g, const struct directory *directory);

struct question {
    struct str resource;
    struct str key_kind; /* "person", "company", "address" */
    struct str key;
    const struct json *fields; /* array of names, each once */
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
 * RC_TIMEOUT "source-silent", RC_IO "source-down", RC_PEER "source-wrong", "answer-invalid", "clock-apart", "source-unknown", and what a source lacks itself ("storage-full").  Every
 * outcome has its act here (ACT_ASK; its detail says the outcome).
 */
MUST_USE enum rc gate_ask(struct gate *g, struct task *t, struct arena *a,
                          const struct question *q, struct answer *out, struct err *err);

/*
 * The provider's side: handle one POST /exchange/<resource>; always answers.  ACT_READ for what was released (or looked up
 * and not there), ACT_REFUSE with the type for everything else.  Who shows no certificate of the directory gets
 * "unknown-node", unsigned, and such visits share one act in EXCHANGE_STRANGERS_EVERY_S.
 */
void gate_serve(struct gate *g, struct http_call *call, struct str resource);

/*
 * For information systems beside the node (own network, token checked by the caller): POST /gate/<resource> with
 * {"key":{"kind","value"},"fields":[…],"purpose":{"case","item","basis","actor","urgent"},"subject"}; asks, and answers
 * {"record","source":{"node","resource","updated","act"},"obtained","act"} or a problem document.
 */
void gate_serve_local(struct gate *g, struct http_call *call, struct str resource);

/*
 * How a provider's acts name the person or company that a key belongs to: "k-…", keyed, so that they can be found by who
 * knows the identifier and the node's vault, and by nobody else.  "" past the arena's limit.
 */
struct str gate_subject(const struct vault *vault, struct arena *a, struct str kind,
                        struct str identifier);

#endif
