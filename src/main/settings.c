#include "main/settings.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"

enum {
    FILE_MAX = 65536,
    NAME_MAX_BYTES = 63,
    ORIGIN_MAX_BYTES = 255,
    KEY_BYTES = 32,
    SHIFT_MAX_S = SETTINGS_SHIFT_DAYS * 86400
};

static const struct config_key known[] = {
    {"node", "name", NULL, "name in the directory, [a-z0-9-]"},
    {"node", "title_zh", NULL, "what people call the place, in Chinese"},
    {"node", "title_en", NULL, "and in English"},
    {"node", "data", "data", "folder of everything that is kept"},
    {"node", "loops", "1", "event-loop threads, about one a core"},
    {"node", "offset_minutes", "480", "local time less UTC"},
    {"node", "portal", "yes", "pages for citizens and officers"},
    {"node", "demo", "no", "invented people, sign-in without password"},
    {"node", "demo_key_file", "", "what a one-click sign-in must know"},
    {"node", "clock_shift_s", "0", "a demo's clock is so far ahead; 0 for a real node"},
    {"listen", "address", "127.0.0.1", "of the public port"},
    {"listen", "port", NULL, "of the public port"},
    {"listen", "exchange_address", "127.0.0.1", "of the port for nodes"},
    {"listen", "exchange_port", "0", "of the port for nodes (mutual TLS 1.3); 0: none"},
    {"listen", "behind_tls", "no",
     "a TLS proxy stands in front: cookies are Secure, X-Forwarded-For counts"},
    {"listen", "connections", "1024", "most connections at once"},
    {"listen", "connections_per_peer", "256",
     "most from one address; behind a TLS proxy that is the proxy's"},
    {"listen", "body_bytes", "33554432", "most bytes of an upload"},
    {"listen", "arena_bytes", "16777216", "most memory of one request"},
    {"store", "where", "node.db", "SQLite file, or postgres:host=… dbname=…"},
    {"store", "queue", "8192", "writes that may wait"},
    {"keys", "signing", "keys/signing.json", "private keys, read by the signer only"},
    {"keys", "vault", "keys/vault.json", "data keys for sealed fields"},
    {"keys", "tls_key", "keys/tls.key", "key of the exchange port"},
    {"keys", "tls_certificate", "keys/tls.crt", "certificate of the exchange port"},
    {"directory", "file", "directory.json", "the signed directory of nodes"},
    {"directory", "authority", NULL, "public key of its signer, base64"},
    {"log", "origin", NULL, "name of the public log, for ever"},
    {"log", "interval_ms", "200", "shortest time between two checkpoints"},
    {"log", "level", "info", "of the operators' log: debug, info, warn, error"},
    {"session", "tries", "5", "wrong passwords under one name before it is locked"},
    {"session", "peer_tries", "50", "wrong passwords from one address before it must wait"},
    {"session", "lock_s", "900", "how long it is locked"},
    {"session", "idle_s", "3600", "a session ends after so long without a request"},
    {"session", "life_s", "43200", "and after so long anyhow"},
    {"service", "draft_keep_days", "30", "a draft is kept so long after the last save"},
    {"service", "rule_keep_days", "1095", "facts that a rule decided on, and its reasons, are kept so long, sealed"},
    {"service", "prefill_ms", "4000", "longest wait for a source while a person waits"},
    {"service", "receipt_ms", "3000", "longest wait for the checkpoint after a submission"},
    {"exchange", "skew_s", "120", "how far another node's clock may be off"},
    {"exchange", "upstream_ms", "5000", "longest wait for an old system or another node"},
};
enum { KNOWN = sizeof(known) / sizeof(known[0]) };

/* path as it stands if it is absolute, else below folder. */
static const char *
below(struct arena *a, struct str folder, struct str path)
{
    if (path.len == 0 || path.ptr[0] == '/' || str_starts(path, STR("postgres:"))) {
        return str_c(a, path);
    }
    return str_c(a, str_fmt(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(path)));
}

static struct str
folder_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL) {
        return STR(".");
    }
    return str_fmt(a, "%.*s", (int)(slash - path), path);
}

static enum rc
read_level(const struct config *c, enum log_level *out, struct err *err)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    struct str text = config_get(c, "log", "level");

    for (int i = 0; i < 4; i++) {
        if (str_eq(text, str_of(names[i]))) {
            *out = (enum log_level)i;
            return RC_OK;
        }
    }
    return config_refuse(c, "log", "level", "debug, info, warn or error", err);
}

/* It stands in the directory, in file names and in acts. */
static bool
is_node_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && i > 0))) {
            return false;
        }
    }
    return name.len > 0 && name.len <= NAME_MAX_BYTES;
}

static bool
is_address(const char *text)
{
    unsigned char room[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, text, room) == 1 || inet_pton(AF_INET6, text, room) == 1;
}

/* A line of a checkpoint: no blanks, no plus, so that it is read as one word. */
static bool
is_origin(struct str origin)
{
    for (size_t i = 0; i < origin.len; i++) {
        if ((unsigned char)origin.ptr[i] <= ' ' || origin.ptr[i] == '+') {
            return false;
        }
    }
    return origin.len > 0 && origin.len <= ORIGIN_MAX_BYTES;
}

static bool
is_public_key(struct arena *a, struct str base64)
{
    struct err ignored;
    struct str key;

    return base64_decode(a, base64, &key, &ignored) == RC_OK && key.len == KEY_BYTES;
}

static enum rc
check_texts(struct arena *a, const struct config *c, const struct settings *s, struct err *err)
{
    const struct {
        bool holds;
        const char *section, *key, *must;
    } rules[] = {
        {is_node_name(s->name), "node", "name", "1 to 63 of a-z, 0-9 and -, not beginning with -"},
        {s->title_zh.len > 0, "node", "title_zh", "a name"},
        {s->title_en.len > 0, "node", "title_en", "a name"},
        {is_address(s->address), "listen", "address", "an IPv4 or IPv6 address"},
        {is_address(s->exchange_address), "listen", "exchange_address", "an IPv4 or IPv6 address"},
        {is_origin(s->log_origin), "log", "origin", "a name without blanks and +"},
        {is_public_key(a, s->authority), "directory", "authority",
         "the base64 of an Ed25519 public key (44 characters)"},
        {s->clock_shift_s == 0 || s->is_demo, "node", "clock_shift_s", "0 where demo is no"},
    };

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (!rules[i].holds) {
            return config_refuse(c, rules[i].section, rules[i].key, rules[i].must, err);
        }
    }
    return RC_OK;
}

struct number {
    const char *section;
    const char *key;
    int64_t least;
    int64_t most;
    int *out;
};

static enum rc
read_numbers(const struct config *c, struct settings *s, struct err *err)
{
    const struct number numbers[] = {
        {"node", "loops", 1, 64, &s->loops},
        {"node", "offset_minutes", -840, 840, &s->offset_minutes},
        {"node", "clock_shift_s", -SHIFT_MAX_S, SHIFT_MAX_S, &s->clock_shift_s},
        {"listen", "port", 0, 65535, &s->port},
        {"listen", "exchange_port", 0, 65535, &s->exchange_port},
        {"listen", "connections", 1, 100000, &s->connections_max},
        {"listen", "connections_per_peer", 1, 100000, &s->connections_per_peer_max},
        {"listen", "arena_bytes", 1 << 20, 1 << 30, &s->arena_bytes},
        {"store", "queue", 16, 1000000, &s->queue_max},
        {"log", "interval_ms", 1, 60000, &s->log_interval_ms},
        {"session", "tries", 1, 1000, &s->sign_in_tries},
        {"session", "peer_tries", 1, 100000, &s->sign_in_peer_tries},
        {"session", "lock_s", 1, 86400, &s->sign_in_lock_s},
        {"session", "idle_s", 60, 86400, &s->session_idle_s},
        {"session", "life_s", 60, 2592000, &s->session_life_s},
        {"service", "draft_keep_days", 1, 3650, &s->draft_keep_days},
        {"service", "rule_keep_days", 31, 36500, &s->rule_keep_days},
        {"service", "prefill_ms", 100, 60000, &s->prefill_ms},
        {"service", "receipt_ms", 0, 60000, &s->receipt_ms},
        {"exchange", "skew_s", 1, 86400, &s->exchange_skew_s},
        {"exchange", "upstream_ms", 100, 600000, &s->exchange_upstream_ms},
    };
    enum rc rc;

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        int64_t value;
        if ((rc = config_int(c, numbers[i].section, numbers[i].key, numbers[i].least,
                             numbers[i].most, &value, err)) != RC_OK) {
            return rc;
        }
        *numbers[i].out = (int)value;
    }
    return config_int(c, "listen", "body_bytes", 1024, (int64_t)1 << 40, &s->body_most_bytes, err);
}

static void
read_texts(struct arena *a, const struct config *c, struct str folder, struct settings *s)
{
    struct str data = str_of(below(a, folder, config_get(c, "node", "data")));
    struct str demo_key = config_get(c, "node", "demo_key_file");

    s->name = config_get(c, "node", "name");
    s->title_zh = config_get(c, "node", "title_zh");
    s->title_en = config_get(c, "node", "title_en");
    s->data = str_c(a, data);
    s->address = str_c(a, config_get(c, "listen", "address"));
    s->exchange_address = str_c(a, config_get(c, "listen", "exchange_address"));
    s->is_portal = config_flag(c, "node", "portal");
    s->is_demo = config_flag(c, "node", "demo");
    s->behind_tls = config_flag(c, "listen", "behind_tls");
    s->demo_key_file = demo_key.len == 0 ? "" : below(a, folder, demo_key);
    s->store = below(a, data, config_get(c, "store", "where"));
    s->keys_file = below(a, folder, config_get(c, "keys", "signing"));
    s->vault_file = below(a, folder, config_get(c, "keys", "vault"));
    s->tls_key_file = below(a, folder, config_get(c, "keys", "tls_key"));
    s->tls_certificate_file = below(a, folder, config_get(c, "keys", "tls_certificate"));
    s->directory_file = below(a, folder, config_get(c, "directory", "file"));
    s->authority = config_get(c, "directory", "authority");
    s->log_origin = config_get(c, "log", "origin");
}

static enum rc
read_all(struct arena *a, const char *path, struct str text, struct settings *s, struct err *err)
{
    struct config *c;
    enum rc rc;

    if ((rc = config_parse(a, text, environ, known, KNOWN, &c, err)) != RC_OK ||
        (rc = read_numbers(c, s, err)) != RC_OK || (rc = read_level(c, &s->log_level,
                                                                    err)) != RC_OK) {
        return rc;
    }
    read_texts(a, c, folder_of(a, path), s);
    return check_texts(a, c, s, err);
}

enum rc
settings_read(struct arena *a, const char *path, struct settings *out, struct err *err)
{
    struct settings s = {.loops = 1};
    struct err why;
    struct str text;
    enum rc rc = file_read(a, path, FILE_MAX, &text, err);

    if (rc != RC_OK) {
        return rc;
    }
    if ((rc = read_all(a, path, text, &s, &why)) != RC_OK) {
        return err_set(err, rc, "%s: %s", path, why.text);
    }
    *out = s;
    return RC_OK;
}

struct json *
settings_document(struct arena *a, const struct settings *s)
{
    struct json *d = json_object(a);

    json_set_text(a, d, "name", s->name);
    json_set_text(a, d, "title_zh", s->title_zh);
    json_set_text(a, d, "data", str_of(s->data));
    json_set_text(a, d, "store", str_starts(str_of(s->store), STR("postgres:"))
                                     ? STR("postgres:…")
                                     : str_of(s->store));
    json_set_text(a, d, "address", str_of(s->address));
    json_set_int(a, d, "port", s->port);
    json_set_int(a, d, "exchange_port", s->exchange_port);
    json_set_int(a, d, "loops", s->loops);
    json_set_bool(a, d, "portal", s->is_portal);
    json_set_bool(a, d, "demo", s->is_demo);
    json_set_text(a, d, "log_origin", s->log_origin);
    struct json *keys = json_array(a);
    for (size_t i = 0; i < KNOWN; i++) {
        struct json *k = json_object(a);
        json_set_text(a, k, "section", str_of(known[i].section));
        json_set_text(a, k, "key", str_of(known[i].key));
        json_set_text(a, k, "default", str_of(known[i].other));
        json_set_bool(a, k, "required", known[i].other == NULL);
        json_set_text(a, k, "meaning", str_of(known[i].meaning));
        json_push(keys, k);
    }
    json_set(a, d, "keys", keys);
    return d;
}
