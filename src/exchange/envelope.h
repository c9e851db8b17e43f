/*
 * envelope - the question and the answer as they travel: which fields, what is covered, what must hold.
 *
 * Pure: no clock, no network, no store.  Both sides build the signature base here, so they cannot come to
 * disagree.  Covered, exactly and never less:
 *   question   @method @target-uri content-type content-digest zhengtong-purpose        tag zhengtong-ask
 *   answer     @status content-type content-digest zhengtong-act,
 *              and of the question, ;req: signature, content-digest                     tag zhengtong-answer
 */
#ifndef EXCHANGE_ENVELOPE_H
#define EXCHANGE_ENVELOPE_H

#include "data/grant.h"
#include "exchange/directory.h"
#include "exchange/http_signature.h"

enum {
    ENVELOPE_NONCE_BYTES = 16, /* random; twice as many characters at most are taken */
    ENVELOPE_NONCE_MAX = 64,
    ENVELOPE_FIELD_MAX = 4096
};

/* case="…", item="…", basis="…", actor="…"[, urgent]; text beyond ASCII as Display Strings (RFC 9651). */
MUST_USE enum rc purpose_put(struct arena *a, const struct purpose *p, struct str *out,
                             struct err *err);
/* RC_INVALID, type "purpose-missing": malformed, or one of the four is missing or empty.  Unknown members are ignored. */
MUST_USE enum rc purpose_parse(struct arena *a, struct str value, struct purpose *out,
                               struct err *err);

/* A message on its way to be signed, or as it came and was checked. */
struct envelope {
    struct signed_message message; /* points to fields, and for an answer to the question's message */
    struct http_fields fields;
    struct signature_params params;
    struct str digest;    /* value of Content-Digest */
    struct str signature; /* value of Signature */
    struct str base;      /* what is signed */
};

/* Fills e for a question with that body; then sign e->base and envelope_seal. */
MUST_USE enum rc envelope_ask(struct arena *a, struct envelope *e, struct str node,
                              struct str authority, struct str target, struct str purpose,
                              struct str body, int64_t created, struct err *err);
/* The same for the answer to a question; act: value of Zhengtong-Act. */
MUST_USE enum rc envelope_answer(struct arena *a, struct envelope *e, struct str node, int status,
                                 struct str content_type, struct str act, struct str body,
                                 int64_t created, const struct envelope *question, struct err *err);
/* Adds Signature-Input and Signature to e->fields. */
MUST_USE enum rc envelope_seal(struct arena *a, struct envelope *e, struct str signature,
                               struct err *err);

/* Now and the greatest distance that `created` may have from it, in seconds. */
struct envelope_clock {
    int64_t now_s;
    int skew_s;
};

/*
 * Read a question as received (head must live as long as e), from the node whose certificate it came with.
 * RC_INVALID "digest-mismatch", "misdirected"; RC_DENIED "wrong-node", "signature-expired", "signature-invalid".
 * own: this node's authority in the directory.  On failure e may be partly filled: see envelope_is_answerable.
 */
MUST_USE enum rc envelope_read_ask(struct arena *a, struct envelope *e,
                                   const struct http_head *head, struct str body,
                                   const struct peer *from, struct str own,
                                   const struct envelope_clock *clock, struct err *err);
/* True if the question has what an answer must cover. */
bool envelope_is_answerable(const struct envelope *question);
/* Read an answer to the question that was asked.  RC_PEER, type "answer-invalid"; "clock-apart": right, but of another time. */
MUST_USE enum rc envelope_read_answer(struct arena *a, struct envelope *e,
                                      const struct http_head *head, struct str body,
                                      const struct peer *from, const struct envelope *question,
                                      const struct envelope_clock *clock, struct err *err);

#endif
