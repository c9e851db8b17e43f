/*
 * stage - a small federation on 127.0.0.1, for tests and benches only: an authority, nodes with keys, certificates,
 * stores and servers, and the catalogue and grants that let the first ask the second.
 *
 * Nodes are prepared together (the directory names them all) and opened each where it is to run: all on one loop in a
 * test, each in a process of its own in a bench.  A mistake here ends the process: without its stage a test means nothing.
 */
#ifndef EXCHANGE_STAGE_H
#define EXCHANGE_STAGE_H

#include "exchange/exchange.h"
#include "store/fixture.h"

enum { STAGE_NODES_MAX = 4, STAGE_CONNECTIONS = 128 };

struct stage;

struct stage_node {
    struct stage *stage;
    struct str name;
    struct sig_secret secret; /* of the key "node" */
    struct str tls_key;
    struct str tls_cert;
    struct hash fingerprint;
    int listen_fd; /* between nodes, TLS */
    int port;
    int local_fd; /* for systems beside the node, plain */
    int local_port;
    bool is_listed; /* in the directory */

    /* Once open. */
    struct loop *loop;
    struct fixture fixture;
    struct vault *vault;
    int64_t shift_us; /* what its clock is wrong by */
    struct clock clock;
    pid_t signer;
    int signer_fd;
    struct tls *server_tls;
    struct tls *client_tls;
    struct signing *signing;
    struct client *client;
    struct gate *gate;
    struct server *server;
    struct server *local;
    const char *where;    /* of its store; NULL: the fixture's own place.  Set before stage_open */
    const struct json *vault_keys; /* of an earlier life; NULL: new ones.  Set before stage_open */
    http_handler instead; /* where a test answers for the node itself */
    void *instead_ctx;
    http_handler instead_local; /* the same on the plain side, for paths that are not /gate/ */
};

struct stage {
    struct arena *arena;
    struct sig_secret authority;
    struct str authority_key;
    struct directory *directory;
    struct stage_node node[STAGE_NODES_MAX];
    size_t count;
    int64_t now_us; /* when it was prepared */
};

/* The first listed nodes are in the directory, those behind them are strangers. */
void stage_prepare(struct stage *s, const char *const *names, size_t count, size_t listed);
void stage_free(struct stage *s); /* after every node is closed */
/* Another directory of that version, with every listed node but `without` (NULL: all); the caller frees it. */
struct directory *stage_directory(struct stage *s, int version, const struct stage_node *without);

/* For stage_open, which does it itself if need be; better before any store is open: a fork beside threads may stand still. */
void stage_start_signer(struct stage_node *n);
/* On the thread that will run the loop.  upstream_ms: the gate's longest wait. */
void stage_open(struct stage_node *n, struct loop *loop, enum fixture_kind kind, int upstream_ms);
void stage_stop(struct stage_node *n);  /* servers end; then stop the loop */
void stage_close(struct stage_node *n); /* after the loop has ended */
void stage_go_dark(struct stage_node *n); /* of a node that is not opened: nobody listens there any more */
/* Gate and store of an open node as after a restart; servers stay. */
void stage_reopen(struct stage_node *n);

/* JSON text into the node's store: of a resource, of a grant, a record of "yl/person". */
void stage_put_resource(struct stage_node *n, struct str text);
void stage_put_grant(struct stage_node *n, struct str text);
void stage_put_record(struct stage_node *n, const char *resource, const char *key,
                      const char *body);

/* "yl/person" as served by node; connector and limits are JSON texts. */
struct str stage_person_resource(struct stage *s, struct str node, const char *connector,
                                 const char *limits);
/* A grant for all of it to consumer, for item "restaurant" and basis "食品安全法 35". */
struct str stage_person_grant(struct stage *s, const char *id, struct str consumer, int per_day,
                              const char *state);
struct purpose stage_purpose(void);

#endif
