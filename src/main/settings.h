/*
 * settings - what a node's configuration file says, checked and typed.  `zhengtong check-config`
 * prints it.
 */
#ifndef MAIN_SETTINGS_H
#define MAIN_SETTINGS_H

#include "base/config.h"
#include "base/json.h"
#include "base/log.h"

enum { SETTINGS_SHIFT_DAYS = 800 }; /* a demo's clock may be so far off, so that a city sees what it was promised for next year */

struct settings {
    struct str name;
    struct str title_zh;
    struct str title_en;
    const char *data;          /* folder: store, materials, log, keys */
    const char *address;       /* to listen on */
    int port;
    int exchange_port;         /* mutual TLS, for nodes; 0: none */
    const char *exchange_address;
    int loops;                 /* event-loop threads */
    int offset_minutes;
    bool is_portal;
    bool is_demo;
    bool behind_tls;
    int clock_shift_s;         /* of a demo */
    const char *demo_key_file; /* "" none */
    const char *store;         /* SQLite path or "postgres:…" */
    const char *keys_file;     /* signing keys */
    const char *vault_file;
    const char *tls_key_file;
    const char *tls_certificate_file;
    const char *directory_file;
    struct str authority;      /* base64 public key of whoever signs the directory */
    struct str log_origin;
    int log_interval_ms;
    enum log_level log_level;
    int connections_max;
    int connections_per_peer_max;
    int64_t body_most_bytes;
    int arena_bytes;
    int queue_max;
    int sign_in_tries;
    int sign_in_peer_tries;
    int sign_in_lock_s;
    int session_idle_s;
    int session_life_s;
    int draft_keep_days;
    int rule_keep_days;
    int exchange_skew_s;
    int exchange_upstream_ms;
    int prefill_ms;
    int receipt_ms;
};

/*
 * Relative paths are taken from the file's own folder.  All on the arena.  RC_NOT_FOUND: no such
 * file; RC_INVALID names the file, the line and what must stand there.
 */
MUST_USE enum rc settings_read(struct arena *a, const char *path, struct settings *out,
                               struct err *err);
/* The table of keys, defaults and meanings, for check-config and docs. */
struct json *settings_document(struct arena *a, const struct settings *s);

#endif
