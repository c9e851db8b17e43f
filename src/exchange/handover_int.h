/* handover_int - what the parts of hand-overs share: rows, messages, agreements. */
#ifndef EXCHANGE_HANDOVER_INT_H
#define EXCHANGE_HANDOVER_INT_H

#include "exchange/handover.h"

enum { HANDOVER_CODE_MAX = 200 /* bytes of a name or code in a message */, HANDOVER_TEXT_MAX = 4000 /* of what a person wrote */ };

struct handover_line;
struct handovers {
    struct handover_config config;
    struct runtime *runtime;
    struct handover_line *line; /* under way; of the loop that turns */
};

/* Where rows are read: in a transaction, or what is durable. */
struct handover_from {
    struct tx *tx; /* or NULL */
    const struct db *db;
};
MUST_USE enum rc handover_query(const struct handover_from *from, const struct stmt *stmt, struct values values, row_fn rows, void *ctx,
                                struct err *err);

/* RC_NOT_FOUND: there is none. */
MUST_USE enum rc handover_by_id(const struct handovers *h, const struct handover_from *from, struct arena *a, int64_t id, struct handover *out,
                                struct err *err);
MUST_USE enum rc handover_by_name(const struct handovers *h, const struct handover_from *from, struct arena *a, enum handover_side side,
                                  struct str name, struct handover *out, struct err *err);
struct handover_list {
    struct handover *row;
    size_t count;
};
MUST_USE enum rc handover_rows(const struct handovers *h, const struct handover_from *from, struct arena *a, const struct stmt *stmt,
                               struct values values, size_t most, struct handover_list *out, struct err *err);
/* *is_new false: there was one of that name, and nothing is changed. */
MUST_USE enum rc handover_add(const struct handovers *h, struct tx *tx, struct arena *a, const struct handover *row, int64_t now_us, bool *is_new,
                              struct err *err);
MUST_USE enum rc handover_set(const struct handovers *h, struct tx *tx, struct arena *a, const struct handover *row, struct err *err);

/* The time is now ours or theirs; closed: the row's last state.  Both only change *row. */
void handover_time(const struct handovers *h, struct arena *a, struct handover *row, bool is_ours, int64_t at_us);
void handover_end(struct handover *row, struct str state, int64_t now_us);
/* The array content[key], made if it is not there. */
struct json *handover_array(struct arena *a, struct json *content, const char *key);
void handover_put_instant(const struct handovers *h, struct arena *a, struct json *j, const char *key, int64_t at_us); /* RFC 3339, or "" for 0 */

/* One more message of ours: what has "kind" and more is given its hand-over, number and salt, and waits to be sent.  Changes row->given; the caller stores the row. */
MUST_USE enum rc handover_say(const struct handovers *h, struct tx *tx, struct arena *a, struct handover *row, struct json *what, int64_t now_us,
                              struct err *err);
struct handover_message {
    int64_t id, handover, number, tries;
    bool is_out;
    struct str kind, peer, digest, state;
    struct str body; /* opened */
};
MUST_USE enum rc handover_message_by_id(const struct handovers *h, const struct handover_from *from, struct arena *a, int64_t id,
                                        struct handover_message *out, struct err *err);
struct str handover_place(struct arena *a, int64_t handover, const char *way, int64_t number);
/* Ids of a statement's rows, up to `most`. */
MUST_USE enum rc handover_ids(const struct db *db, const struct stmt *stmt, struct values values, int64_t *out, size_t most, size_t *count,
                              struct err *err);
/* When it is tried again, after so many failures. */
int64_t handover_again_us(const struct handovers *h, int64_t now_us, int64_t tries);

/* A message as it came: *body has what its kind has to have, in its form, and lives as long as text.  RC_INVALID "question-invalid". */
struct handover_letter {
    struct str name, kind;
    int64_t number;
    enum handover_side side; /* which row of the node that it came to it is about */
    bool is_greeting, is_fetch;
    struct json *body;
};
MUST_USE enum rc handover_letter_read(struct arena *a, struct str text, struct handover_letter *out, struct err *err);
/* What of a text is sent: no more bytes than that, and no half of a character. */
struct str handover_clip(struct str text, size_t most);
/* What the content of a row is afterwards; what has not enough room is lost (json_whole).  The outcome of a result: one of the last states. */
void handover_keep_offer(struct arena *a, struct json *content, const struct json *agreement, const struct json *offer);
/* kept: which of them is here now, beside those that were; NULL: no more.  is_open false: none are any longer. */
void handover_keep_materials(struct arena *a, struct json *content, const struct json *materials, const struct json *kept, bool is_open);
const struct json *handover_material(const struct json *content, struct str id); /* NULL: it has no such one */
void handover_keep_progress(struct arena *a, struct json *content, const struct json *told);
struct str handover_keep_result(struct arena *a, struct json *content, const struct json *told);
/* Of variables those that go back: what the content wants and gives; of what there is not, null, so that the sender's own is not taken for it. */
struct json *handover_given(struct arena *a, const struct json *content, const struct json *variables);
/* What was handed over, and what the receiver says itself. */
struct json *handover_variables(struct arena *a, const struct json *offer, const struct json *agreement);
/* *out NULL: nobody is named.  RC_INVALID "applicant-unreadable": it was sealed for another key, or is none. */
MUST_USE enum rc handover_open_applicant(struct arena *a, const struct hash *seed, const struct json *offer, struct json **out, struct err *err);

/* What is being handed over, against what was agreed. */
struct handover_terms {
    struct str sender, receiver, process, item, basis;
    const struct json *variables; /* or NULL */
    int64_t now_us;
};
/* basis "": any.  RC_DENIED "handover-not-agreed", "purpose-not-covered", "field-not-granted". */
MUST_USE enum rc handover_agreed(const struct json *agreement, const struct handover_terms *terms, struct err *err);
MUST_USE enum rc handover_agreement(const struct handover_from *from, struct arena *a, struct str id, struct json **out, struct err *err);
/* The first that allows it, or the refusal of the one that came nearest. */
MUST_USE enum rc handover_find_agreement(const struct handover_from *from, struct arena *a, const struct handover_terms *terms, struct json **out,
                                         struct err *err);
bool handover_names(const struct json *list, struct str name);

void handover_wake(const struct handovers *h);
void handover_log(const struct handovers *h, const char *event, enum rc rc, const struct err *err);

/* Carries out what came; offers what is new, and sends what waits, to one node (handover_apply.c, handover_offer.c, handover_send.c).  more: there may be others. */
struct handover_work {
    struct handovers *h;
    struct gate *gate;
    struct task *task;
    struct arena *arena;
    struct db db;
    int64_t now_us;
    struct str peer; /* of a line */
    bool more;
};
typedef enum rc (*handover_each)(struct handover_work *w, int64_t id, struct err *err);
/* fn for each, several at a time, each on an arena that is empty; after a failure no more are begun, and that is what it comes to. */
MUST_USE enum rc handover_do_all(struct handover_work *w, handover_each fn, const int64_t *ids, size_t count, struct err *err);
MUST_USE enum rc handover_offer_some(struct handover_work *w, struct err *err);
MUST_USE enum rc handover_apply_some(struct handover_work *w, struct err *err);
MUST_USE enum rc handover_send_some(struct handover_work *w, struct err *err);
/* A command failed because a model is not in memory; loads those of an instance. */
bool handover_is_cold(enum rc rc, const struct err *err);
MUST_USE enum rc handover_warm(struct handover_work *w, int64_t instance, struct err *err);
/* It has been heard of: what waits for it goes at once. */
MUST_USE enum rc handover_note_here(struct tx *tx, struct str peer, struct err *err);
/* The other node could not be asked: it is away, and asked again after a pause. */
void handover_note_away(struct handover_work *w, const struct err *why);
/* A question of the row's that is no message: signed, answered at once, and nothing waits.  Refusals are as gate_ask gives them. */
struct handover_reply {
    struct json *body;
    int64_t act;
    struct str digest, signature; /* of the answer */
};
MUST_USE enum rc handover_question(struct handover_work *w, const struct handover *row, struct json *what, struct handover_reply *out, struct err *err);
/* Whether a file of what was sent may be given out now, and which it is.  RC_CONFLICT "handover-over", RC_NOT_FOUND "material-missing", and as handover_agreed. */
MUST_USE enum rc handover_may_fetch(const struct handover_from *from, struct arena *a, const struct handover *row, struct str id, int64_t now_us,
                                    const struct json **out, struct err *err);
/* In the transaction that closes a taken row: what was fetched for it is needed no longer. */
MUST_USE enum rc handover_let_go(const struct handovers *h, struct tx *tx, struct arena *a, struct handover *row, struct err *err);
/* The other node's key for what only it is to read; asked for if it is not known yet.  RC_BUSY "source-down": it is away. */
MUST_USE enum rc handover_box(struct handover_work *w, const struct handover *row, struct str *out, struct err *err);
/* The seed of our own. */
struct hash handover_seed(const struct handovers *h);
/* In the transaction that closes a row as refused: its job waits for a person. */
MUST_USE enum rc handover_stick(struct handovers *h, struct tx *tx, struct arena *a, const struct handover *row, struct str reason, int64_t now_us, struct err *err);

#endif
