#include "main/demo_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/asset.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "crypto/random.h"
#include "evidence/note.h"
#include "exchange/directory.h"
#include "main/demo_load.h"
#include "main/keyring.h"
#include "net/server.h"

const uint64_t demo_seed = 20261123;

enum {
    FILE_MAX = 1 << 20,
    FIRST_PORT = 8090, /* of a demo that people open in a browser */
    PORTS = DEMO_NODES * 2 + 1,
    DIRECTORY_YEARS = 5,
    DAY_BEGINS = 8 * 60,
    DAY_ENDS = 20 * 60,
    TEN_O_CLOCK = 10 * 60,
    EDITION = 2,     /* of the invented people: a new one when the generator changes */
    LOCK_TRIES = 100, /* a city that was killed is gone in a moment */
    LOCK_REST_MS = 100,
    LOCK_FD_LEAST = 10
};

static const char *
join(struct arena *a, const char *folder, const char *name)
{
    return str_c(a, str_fmt(a, "%s/%s", folder, name));
}

static enum rc
read_json(struct arena *a, const char *path, struct json **out, struct err *err)
{
    struct str text;
    enum rc rc = file_read(a, path, FILE_MAX, &text, err);

    return rc != RC_OK ? rc : json_parse(a, text, JSON_UNIQUE, out, err);
}

static enum rc
write_json(struct arena *a, const char *path, const struct json *d, unsigned mode, struct err *err)
{
    struct str text;
    struct buf b;
    enum rc rc;

    if ((rc = json_whole(d, err)) != RC_OK) {
        return rc;
    }
    buf_init(&b, a, FILE_MAX);
    json_write_pretty(&b, d);
    buf_put(&b, STR("\n"));
    return (rc = buf_finish(&b, &text, err)) != RC_OK ? rc : file_replace(path, text, mode, err);
}

/* --- ports ------------------------------------------------------------------------------------------------ */

/* The wanted port if nobody has it, else any. */
static enum rc
free_port(int wanted, int *out, struct err *err)
{
    struct err busy;
    int fd;
    enum rc rc = wanted > 0 ? net_listen("127.0.0.1", wanted, &fd, out, &busy) : RC_CONFLICT;

    if (rc != RC_OK) {
        rc = net_listen("127.0.0.1", 0, &fd, out, err);
    }
    if (rc == RC_OK) {
        (void)close(fd);
    }
    return rc;
}

static enum rc
choose_ports(const struct json *city, bool fresh, int ports[PORTS], bool *changed, struct err *err)
{
    const struct json *kept = json_get(city, "ports");
    const struct json *k = kept != NULL ? kept->first : NULL;

    *changed = false;
    for (int i = 0; i < PORTS; i++) {
        int64_t wanted = fresh ? 0 : FIRST_PORT + i, before = -1;
        enum rc rc;
        if (k != NULL) {
            (void)json_as_int(k, &before);
            k = k->next;
        }
        if (before > 0) {
            wanted = before;
        }
        do {
            if ((rc = free_port((int)wanted, &ports[i], err)) != RC_OK) {
                return rc;
            }
            wanted = 0;
            for (int other = 0; other < i; other++) {
                wanted = ports[other] == ports[i] ? -1 : wanted;
            }
        } while (wanted < 0); /* the same one twice: it was free both times */
        *changed = *changed || ports[i] != before;
    }
    return RC_OK;
}

/* --- directory ---------------------------------------------------------------------------------------------- */

static struct json *
peer_document(struct arena *a, const struct demo_node *n, const struct keyring *keys)
{
    struct json *d = json_object(a);

    json_set_text(a, d, "name", n->name);
    json_set_text(a, d, "title_zh", n->title_zh);
    json_set_text(a, d, "title_en", n->title_en);
    json_set_text(a, d, "host", STR("127.0.0.1"));
    json_set_int(a, d, "port", n->exchange_port);
    json_set_text(a, d, "public_key", base64_of(a, keys->node_public));
    json_set_text(a, d, "tls_fingerprint", hex_of(a, hash_str(&keys->fingerprint)));
    json_set_text(a, d, "log_origin", n->origin);
    json_set_text(a, d, "log_key", n->log_key);
    json_set(a, d, "resources", json_array(a));
    return d;
}

static enum rc
read_authority(struct arena *a, const char *folder, struct sig_secret *secret, struct str *public,
               struct err *err)
{
    const char *path = join(a, folder, "authority.json");
    unsigned char key[SIG_PUBLIC_MAX];
    struct json *d;
    struct str seed;
    enum rc rc = read_json(a, path, &d, err);

    if (rc == RC_NOT_FOUND) {
        sig_new(SIG_ED25519, secret);
        d = json_object(a);
        json_set_text(a, d, "seed",
                      base64_of(a, (struct str){(const char *)secret->seed, SIG_SECRET_MAX}));
        rc = write_json(a, path, d, 0600, err);
    }
    if (rc != RC_OK || (rc = base64_decode(a, json_str(d, "seed"), &seed, err)) != RC_OK) {
        return rc;
    }
    if (seed.len != SIG_SECRET_MAX) {
        return err_set(err, RC_INVALID, "%s holds no seed", path);
    }
    secret->algorithm = SIG_ED25519;
    memcpy(secret->seed, seed.ptr, SIG_SECRET_MAX);
    size_t len = sig_public_of(secret, key);
    *public = base64_of(a, (struct str){(const char *)key, len});
    return RC_OK;
}

static enum rc
sign_directory(struct arena *a, const struct demo *d, struct json *nodes, int64_t version,
               const struct sig_secret *authority, struct err *err)
{
    int64_t now_us = clock_now_us(&clock_system);
    struct json *directory = json_object(a);
    struct str text;
    enum rc rc;

    json_set_int(a, directory, "version", version);
    json_set_text(a, directory, "issued", instant_text(a, now_us - (int64_t)86400 * 1000000, 480));
    json_set_text(a, directory, "expires",
                  instant_text(a, now_us + (int64_t)DIRECTORY_YEARS * 365 * 86400 * 1000000, 480));
    json_set(a, directory, "nodes", nodes);
    if ((rc = directory_sign(a, directory, authority, &text, err)) != RC_OK) {
        return rc;
    }
    return file_replace(join(a, d->folder, "directory.json"), text, 0644, err);
}

/* --- one node ------------------------------------------------------------------------------------------------- */

static enum rc
write_config(struct arena *a, const struct demo *d, const struct demo_node *n,
             struct str authority, struct err *err)
{
    struct str text;
    struct buf b;
    enum rc rc;

    buf_init(&b, a, 65536);
    buf_put_fmt(&b, "; made by zhengtong demo; all people in it are invented\n[node]\n");
    buf_put_fmt(&b, "name = %.*s\ntitle_zh = %.*s\ntitle_en = %.*s\ndata = data\n",
                STR_ARG(n->name), STR_ARG(n->title_zh), STR_ARG(n->title_en));
    buf_put_fmt(&b, "portal = %s\ndemo = yes\ndemo_key_file = ../demo.key\nclock_shift_s = %lld\n",
                n->is_portal ? "yes" : "no", (long long)(d->shift_us / 1000000));
    buf_put_fmt(&b, "\n[listen]\nport = %d\nexchange_port = %d\n", n->port, n->exchange_port);
    buf_put_fmt(&b, "\n[directory]\nfile = ../directory.json\nauthority = %.*s\n",
                STR_ARG(authority));
    buf_put_fmt(&b, "\n[log]\norigin = %.*s\n", STR_ARG(n->origin));
    if ((rc = buf_finish(&b, &text, err)) != RC_OK) {
        return rc;
    }
    return file_replace(n->config, text, 0600, err);
}

static enum rc
make_keys(struct arena *a, const char *folder, struct demo_node *n, struct keyring *keys,
          struct err *err)
{
    struct note_key key;
    enum rc rc = keyring_make(a, join(a, folder, "keys"), n->name, n->origin,
                              clock_now_us(&clock_system), keys, err);

    if (rc != RC_OK || (rc = note_key_new(a, n->origin, NOTE_ED25519, keys->log_public, &key,
                                          err)) != RC_OK) {
        return rc;
    }
    n->log_key = note_key_text(a, &key);
    return RC_OK;
}

static void
describe_node(struct arena *a, struct demo *d, int index, const struct json *given, int ports[PORTS])
{
    struct demo_node *n = &d->node[index];
    const char *folder = str_c(a, str_fmt(a, "%s/%.*s", d->folder,
                                          STR_ARG(json_str(given, "name"))));

    n->name = json_str(given, "name");
    n->title_zh = json_str(given, "title_zh");
    n->title_en = json_str(given, "title_en");
    n->origin = json_str(given, "origin");
    n->is_portal = json_true(given, "portal");
    n->port = ports[index];
    n->exchange_port = ports[DEMO_NODES + index];
    n->config = join(a, folder, "node.conf");
    n->log_folder = join(a, folder, "data/log");
    n->lock_fd = d->lock_fd;
}

/* At night the registries are closed, as real ones are; so the demo's day begins when it is started, unless night is wished for. */
static int64_t
clock_shift(const struct demo_wish *wish)
{
    int64_t now_us = clock_now_us(&clock_system);
    int minute = instant_minute_of_day(now_us, CLOCK_OFFSET_CHINA_MINUTES), at_minute = wish->at_minute;

    if (at_minute < 0) {
        at_minute = minute >= DAY_BEGINS && minute < DAY_ENDS ? minute : TEN_O_CLOCK;
    }
    return ((int64_t)wish->days * 24 * 60 + at_minute - minute) * 60 * 1000000;
}

static enum rc
lock_folder(struct arena *a, struct demo *d, struct err *err)
{
    int fd = open(join(a, d->folder, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    /* Nodes inherit it: its number must be none of those that a node is given for something else. */
    d->lock_fd = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, LOCK_FD_LEAST) : -1;
    if (fd >= 0) {
        (void)close(fd);
    }
    if (d->lock_fd < 0) {
        return err_set(err, RC_IO, "%s: cannot be written", d->folder);
    }
    for (int i = 0; flock(d->lock_fd, LOCK_EX | LOCK_NB) != 0; i++) {
        if (i == LOCK_TRIES || errno != EWOULDBLOCK) {
            (void)close(d->lock_fd);
            return err_set(err, RC_CONFLICT,
                           "the demo city in %s is open already; close it first, or give another --dir",
                           d->folder);
        }
        (void)poll(NULL, 0, LOCK_REST_MS);
    }
    return RC_OK;
}

void
demo_release(struct demo *d)
{
    (void)close(d->lock_fd);
    d->lock_fd = -1;
}

static enum rc
keep_demo_key(struct arena *a, struct demo *d, struct err *err)
{
    const char *path = join(a, d->folder, "demo.key");
    struct str text;
    enum rc rc = file_read(a, path, 1024, &text, err);

    if (rc == RC_NOT_FOUND) {
        text = random_token(a, 16);
        rc = file_replace(path, text, 0600, err);
    }
    d->demo_key = str_trim(text);
    return rc;
}

static enum rc
write_city(struct arena *a, const struct demo *d, const int ports[PORTS], int64_t version,
           struct str authority, struct err *err)
{
    struct json *city = json_object(a), *list = json_array(a);

    for (int i = 0; i < PORTS; i++) {
        json_push(list, json_int(a, ports[i]));
    }
    json_set(a, city, "ports", list);
    json_set_int(a, city, "edition", EDITION);
    json_set_int(a, city, "directory_version", version);
    json_set_text(a, city, "authority", authority);
    return write_json(a, join(a, d->folder, "city.json"), city, 0600, err);
}

static enum rc
read_city(struct arena *a, const struct demo *d, struct json **city, struct err *err)
{
    enum rc rc = read_json(a, join(a, d->folder, "city.json"), city, err);

    if (rc == RC_NOT_FOUND) {
        *city = NULL;
        return RC_OK;
    }
    if (rc == RC_OK && json_int_or(*city, "edition", 1) != EDITION) {
        return err_set(err, RC_CONFLICT,
                       "the people in %s are of another edition of this program; give another --dir",
                       d->folder);
    }
    return rc;
}

/* Keys, configuration and the directory of all: small files. */
static enum rc
lay_out(struct arena *a, struct demo *d, bool fresh_ports, struct err *err)
{
    struct json *federation, *city, *peers = json_array(a);
    struct sig_secret authority;
    struct str authority_public;
    int ports[PORTS];
    int64_t version;
    bool changed;
    enum rc rc;

    if ((rc = asset_json(a, "demo/federation.json", &federation, err)) != RC_OK ||
        (rc = read_city(a, d, &city, err)) != RC_OK ||
        (rc = choose_ports(city, fresh_ports, ports, &changed, err)) != RC_OK ||
        (rc = read_authority(a, d->folder, &authority, &authority_public, err)) != RC_OK ||
        (rc = keep_demo_key(a, d, err)) != RC_OK) {
        return rc;
    }
    version = json_int_or(city, "directory_version", 0) + changed;
    d->is_new = city == NULL;
    d->upstream_port = ports[PORTS - 1];
    const struct json *given = json_get(federation, "nodes")->first;
    for (int i = 0; i < DEMO_NODES && given != NULL; i++, given = given->next) {
        struct keyring keys;
        const char *own =
            str_c(a, str_fmt(a, "%s/%.*s", d->folder, STR_ARG(json_str(given, "name"))));
        describe_node(a, d, i, given, ports);
        if ((rc = file_make_folder(own, err)) != RC_OK ||
            (rc = make_keys(a, own, &d->node[i], &keys, err)) != RC_OK ||
            (rc = write_config(a, d, &d->node[i], authority_public, err)) != RC_OK) {
            return rc;
        }
        json_push(peers, peer_document(a, &d->node[i], &keys));
    }
    if (changed && (rc = sign_directory(a, d, peers, version, &authority, err)) != RC_OK) {
        return rc;
    }
    secret_wipe(&authority, sizeof(authority));
    return write_city(a, d, ports, version, authority_public, err);
}

enum rc
demo_setup(struct arena *a, const struct demo_wish *wish, struct demo *out, struct err *err)
{
    struct demo d = {.folder = wish->folder, .shift_us = clock_shift(wish)};
    enum rc rc;

    if ((rc = file_make_folder(d.folder, err)) != RC_OK || (rc = lock_folder(a, &d, err)) != RC_OK) {
        return rc;
    }
    rc = lay_out(a, &d, wish->fresh_ports, err);
    for (int i = 0; i < DEMO_NODES && rc == RC_OK; i++) {
        rc = demo_load(&d, i, wish->says, err);
    }
    if (rc != RC_OK) {
        demo_release(&d);
        return rc;
    }
    *out = d;
    return RC_OK;
}
