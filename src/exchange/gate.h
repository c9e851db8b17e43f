/*
 * gate - private to this folder: what provider and consumer share.
 *
 * The cache: a resource and the grants of one consumer, read once.  A use is counted only if both are
 * still of the version that was read (grant_count), and a refusal is never taken from memory, so a stale entry can
 * cost a second look and nothing else.
 */
#ifndef EXCHANGE_GATE_H
#define EXCHANGE_GATE_H

#include "data/standard.h"
#include "exchange/connector.h"
#include "exchange/envelope.h"
#include "exchange/exchange.h"

struct gate_entry {
    struct gate_entry *next;
    struct arena *arena;
    struct str code;
    struct str consumer; /* "": the resource alone */
    const struct resource *resource;
    struct grant *grants;
    struct connector connector;
    const struct schema *standard; /* of the resource; NULL: none */
    int64_t loaded_us; /* monotonic */
    int users;
    bool is_old; /* out of the list; goes with its last user */
    struct str exhausted; /* grant that was used up on that day */
    int32_t exhausted_day;
};

struct gate {
    struct gate_config config;
    struct gate_entry *entries; /* newest first */
    size_t entry_count;
    unsigned writes;           /* every few of them clear old nonces away */
    int64_t strangers;         /* not yet recorded */
    int64_t strangers_from_us; /* when the last act about them was written */
};

/* The way to the store for a task. */
struct db gate_db(const struct gate *g, struct task *t);
int64_t gate_now_us(const struct gate *g);
struct envelope_clock gate_clock(const struct gate *g, int64_t now_us);
/* A copy that outlives a change of the directory. */
MUST_USE enum rc gate_copy_peer(struct arena *a, const struct peer *from, struct peer *out,
                                struct err *err);

/*
 * An entry, to be given back with gate_release.  max_age_us: older ones are read again; 0 always reads.
 * RC_NOT_FOUND, type "resource-missing".
 */
MUST_USE enum rc gate_entry(struct gate *g, const struct db *db, struct str code,
                            struct str consumer, int64_t max_age_us, struct gate_entry **out,
                            struct err *err);
void gate_release(struct gate_entry *e); /* accepts NULL */

/* What is asked, checked for shape: RC_INVALID "question-invalid". */
MUST_USE enum rc gate_check_question(const struct json *fields, struct str key, struct err *err);

struct permit_request {
    struct str code;
    struct str consumer;
    struct str key_kind;
    const struct purpose *purpose;
    const struct json *fields;
    int64_t now_us;
};
struct permit {
    struct gate_entry *entry; /* to be released */
    const struct grant *grant;
    const struct purpose *purpose;
    struct str consumer;
    struct counsel_answer rows; /* of the record: to be kept with the act; version 0: none */
    bool is_hidden;             /* there is a record that this purpose does not cover */
};
/*
 * The grant that allows it, from memory or from the store.  Refusals as grant_check gives them, and "resource-missing" for
 * what is not served here, "question-invalid" for another kind of key.  On a refusal out->entry is set where the resource is
 * known, so that the act can say whose data it was; release it.
 */
MUST_USE enum rc gate_permit(struct gate *g, const struct db *db, struct arena *a,
                             const struct permit_request *r, struct permit *out, struct err *err);
/*
 * Read the record of a permit and mask it: *out holds what may be handed out.  A record that the grant does not cover is as if it were not
 * there (RC_NOT_FOUND, "record-missing"), for whoever asks; the act says more.  *deviations what is not as the resource's standard has
 * it, to be counted with the act.  key is folded.
 */
MUST_USE enum rc gate_fetch(struct gate *g, struct task *t, struct arena *a,
                            struct permit *p, const struct json *fields, struct str key,
                            int64_t now_us, int timeout_ms, struct json **out,
                            int64_t *updated_us, struct deviations *deviations, struct err *err);
/*
 * After a write that could not count: true if the permit was out of date ("grant-changed"), which is then forgotten, so
 * that it is worth asking again.  A day's number that is used up is remembered.  The permit stays to be released.
 */
bool gate_permit_is_old(struct gate *g, struct permit *p, int64_t now_us, const struct err *err);

enum { GATE_TRIES_MAX = 3 }; /* how often a grant may change under one question */

/* Sign e->base with the node's key and add the fields. */
MUST_USE enum rc gate_sign(struct gate *g, struct task *t, struct arena *a, struct envelope *e,
                           struct err *err);

/* What every door for nodes answers where it cannot sign: to whom the directory does not know, counted as gate_serve does; and else. */
struct problem;
void gate_serve_stranger(struct gate *g, struct http_call *call);
void gate_answer_problem(struct http_call *call, const struct problem *p);

/* "rows": "seen" or "hidden", of a grant that covers some records only; and what its rule said, kept with the act. */
void gate_put_rows(struct arena *a, struct json *detail, const struct permit *p);
MUST_USE enum rc gate_keep_rows(struct gate *g, struct tx *tx, struct arena *a, const struct permit *p, struct str subject,
                                int64_t act, int64_t now_us, struct err *err);

/* Members that acts of both sides have: {"item","basis","actor","urgent","fields"}. */
struct json *gate_detail(struct arena *a, const struct purpose *purpose, const struct json *fields);
/* Identifiers of people and companies as they are kept: half-width, upper case, without blanks. */
MUST_USE enum rc gate_fold_key(struct arena *a, struct str kind, struct str key, struct str *out,
                               struct err *err);
/* {"node","index"} */
struct json *gate_act_json(struct arena *a, struct str node, int64_t index);

/* Asking this very node: permit, connector, masks, both acts in one write. */
MUST_USE enum rc gate_ask_self(struct gate *g, struct task *t, struct arena *a,
                               const struct question *q, int64_t now_us, struct answer *out,
                               struct err *err);
/* The consumer's act for whatever came of a question. */
struct ask_record {
    const struct question *question;
    const struct json *fields; /* NULL: what was asked is malformed */
    struct str provider;
    struct str outcome;            /* "answered" or the problem type */
    int64_t source_act;            /* -1: none */
    const struct envelope *asked;  /* NULL: nothing was sent */
    const struct envelope *answer; /* NULL: nothing whose signature holds came back */
};
MUST_USE enum rc gate_add_ask(struct tx *tx, struct arena *a, const struct ask_record *r,
                              int64_t now_us, int64_t *index, struct err *err);

#endif
