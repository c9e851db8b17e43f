/*
 * handover - a process that one node hands over to another: offered, taken, told of and given back, each by a signed message.
 *
 *     POST /handover            (mutual TLS, Zhengtong-Purpose, Content-Digest, Signature: as exchange.h, envelope.h)
 *     {"handover":"yunlan:12:7:0","number":1,"kind":"offer",…,"salt":"…"}
 *
 * The answer, signed: {"handover","number","act":{"node","index"},"box","salt"}: it is kept here, and will be carried out.  A refusal is a problem document.
 * A "fetch" {"material","from"} is answered with a piece of that file instead: {"material","from","bytes" (of all),"data" (base64)}.
 * box: the key by which who applies is sealed for that node alone (crypto/box.h); a "hello" asks for nothing else.
 *
 *     sender    offer                                  withdraw        numbers 1, 2, … of each side
 *     receiver         received, progress…, result
 *
 * A call activity with gov:handover is a job of its process (process/engine.h).  handover_hook sees it in the transaction of the command that made it: it parks
 * the job and keeps a row, so neither is there without the other.  What has to be said waits in rows until it is answered, with pauses that grow and without an
 * end; the receiver knows each number of each hand-over, and carries them out in their order, each once, in the transaction of the command on its process
 * (docs/why/0025).  A boundary event of the call may listen to the message "handover.received", the receiver's process to "withdraw".  It has clocks of its own;
 * whose the time is stands in the rows of both sides, from the same moment on.
 *
 * Who may hand over what is agreed: {"id","sender","receiver" (nodes),"process","item" ("*": any),"basis","mode" ("online" 全程网办, "counter" 异地代收代办, "joint" 多地联办),
 * "takes":[names of inputs],"gives":[names of the process's variables that go back],"from","until" (RFC 3339),"state":"in-use|suspended|terminated",
 * "fields":[names of answers of the applicant that go along, sealed with who applies: for the receiver's case, not for its process],
 * "sets": {variables that the receiver begins with: its own organisation and power}}.  Both sides keep theirs; what one of them does not cover is not done.
 *
 * What is refused: "handover-not-agreed", "purpose-not-covered", "field-not-granted", "handover-over", "material-missing", "handover-unknown", "handover-not-yours", "handover-differs", "handover-too-far",
 * and all that exchange.h refuses of a question that is not whole, not signed, or not new.
 */
#ifndef EXCHANGE_HANDOVER_H
#define EXCHANGE_HANDOVER_H

#include "process/casetime.h"
#include "process/runtime.h"

enum { HANDOVER_BODY_MAX = 262144, HANDOVER_PIECE_BYTES = 131072 /* of a file, in one answer */, HANDOVER_AHEAD_MAX = 64 /* messages that may come before one that is missing */, HANDOVER_BATCH = 50 };

struct handovers;
struct gate;
struct task;
struct http_call;
struct log;

enum handover_side { HANDOVER_SENT, HANDOVER_TAKEN };

/* A row as it stands. */
struct handover {
    int64_t id;
    enum handover_side side;
    struct str name, peer, agreement, process, item, basis;
    struct str case_no, peer_case; /* our number, and theirs */
    int64_t instance, token;
    struct str state; /* sent: new, offered, received, withdrawing; taken: offered, under-way; both: done, failed, cancelled, refused, withdrawn */
    bool is_ours;     /* the time */
    int64_t whose_us, given, heard, opened_us, closed_us, next_us, tries;
    struct json *content;
};

/* Files: those of cases, and those that were fetched; by their SHA-256 in hex.  Each NULL where a node has none. */
struct handover_files {
    int64_t most_bytes; /* of one */
    enum rc (*read)(void *ctx, struct arena *a, struct str sha256, int64_t from, size_t most, struct str *out, struct err *err);
    enum rc (*open)(void *ctx, void **sink, struct err *err);
    enum rc (*write)(void *ctx, void *sink, struct str piece, struct err *err);
    enum rc (*close)(void *ctx, struct arena *a, void *sink, struct str *sha256, int64_t *bytes, struct err *err); /* durable; the sink is gone */
    void (*cancel)(void *ctx, void *sink);
    /* Inside a write: from now on these (arrays of {"sha256"} by name) are needed by holder, and no others; NULL: none. */
    enum rc (*hold)(void *ctx, struct tx *tx, struct str holder, const struct json *materials, struct err *err);
};

struct handover_config {
    struct str node;
    const struct vault *vault;
    struct run *run;       /* for FEEL; the writer thread alone uses it, so the engine's own may be taken */
    int32_t offset_seconds;
    const struct timekeeper *keeper;   /* of the clocks that are told of; NULL: none are */
    int64_t first_us, most_us, factor; /* the pauses between tries */
    void *ctx;             /* of all that follows */
    /* As modelbook_bind.  Never inside a transaction. */
    enum rc (*bind)(void *ctx, const struct db *db, struct arena *a, struct str key, int32_t day, const struct modelbook_bound **out, size_t *count,
                    struct err *err);
    /*
     * What goes along: "applicant" (who it is, with "about": answers by the names in the offer's "fields"; sealed, and only where the agreement takes it), "materials":[{"id","sha256","bytes","name","resource"}] by reference, to be fetched, "clocks" of the case.  Outside of any
     * transaction; may be NULL.  RC_INVALID, RC_NOT_FOUND, RC_DENIED: it never will, and a person has to look.
     */
    enum rc (*gather)(void *ctx, const struct db *db, struct arena *a, const struct handover *h, struct json *offer, struct err *err);
    /* In the transaction in which the process starts: its number at this node, and variables that differ here; the offer's "applicant" is opened, or null.  May be NULL. */
    enum rc (*take)(void *ctx, struct tx *tx, struct arena *a, const struct handover *h, const struct json *offer, struct json *variables,
                    struct str *case_no, struct err *err);
    struct handover_files files;
    void (*wake)(void *ctx); /* there is something for handover_turn; any thread; may be NULL */
    struct log *log;         /* may be NULL */
};

/* The config is copied.  The runtime calls handover_hook, so it is made after this and told before anything else is done. */
struct handovers *handover_open(const struct handover_config *config);
void handover_use_runtime(struct handovers *h, struct runtime *runtime);
void handover_close(struct handovers *h); /* accepts NULL; nothing may be at work */

/* Adds or replaces an agreement, with ACT_GRANT.  RC_INVALID names what is wrong.  The same document again changes nothing and writes no act. */
MUST_USE enum rc handover_agree(struct tx *tx, struct arena *a, const struct json *agreement, int64_t now_us, struct err *err);

/* A runtime_hook; ctx: the struct handovers. */
enum rc handover_hook(struct tx *tx, struct arena *a, const struct runtime_event *event, void *ctx, struct err *err);
/* The same for whoever hears that a clock was moved (struct casetime): the other side is told, if it is one of what was taken from there. */
enum rc handover_moved(struct tx *tx, struct arena *a, const struct watch_change *change, const struct runtime_event *event, void *ctx, struct err *err);

/* One POST /handover; always answers. */
void handover_serve(struct handovers *h, struct gate *g, struct http_call *call);

/*
 * Some of what is to be done: messages that came are carried out, and tasks begun on t's loop that offer and send what waits, one for each node (a line).  What fails is
 * tried again later; *next_us says when to come again, now_us if there is more; the end of a line wakes.  One task at a time; it resets the arena.
 */
MUST_USE enum rc handover_turn(struct handovers *h, struct gate *g, struct task *t, struct arena *a, int64_t *next_us, struct err *err);
/*
 * One file of what was taken, to be opened by an officer (actor): asked for piece by piece as the agreement allows, checked against what was announced, kept until the
 * hand-over ends, with an act at both nodes.  At once if it is here.  RC_NOT_FOUND "material-missing", RC_CONFLICT "handover-over", RC_LIMIT: it is too large; RC_TIMEOUT, RC_IO: the
 * other node is away; RC_PEER "material-differs": it gave something else.
 */
MUST_USE enum rc handover_fetch(struct handovers *h, struct gate *g, struct task *t, struct arena *a, struct str name, struct str id, struct str actor,
                                struct str *sha256, struct err *err);
int handover_lines(const struct handovers *h); /* under way; on that loop */

/*
 * Hand-overs of a case, both ways: [{"id","side":"sent"|"taken","peer","process","mode","item","basis","case_no","peer_case","state","whose" (node),"whose_since","opened",
 * "closed","milestones":[{"value","zh","en","at"}],"clocks" (of the receiver, as it tells them),"sender_clocks" (as they stood when it was offered),"times":[{"node","from"}],
 * "materials","result","letters":[{"way","number","kind","state","at","done","tries"}],"waiting" (messages),"away_since","trouble"}]; texts that are not known are "".
 */
MUST_USE enum rc handover_view(struct handovers *h, const struct db *db, struct arena *a, struct str case_no, struct json **out, struct err *err);
/* How many there are, for a link to them. */
MUST_USE enum rc handover_count(const struct db *db, struct str case_no, int64_t *out, struct err *err);

#endif
