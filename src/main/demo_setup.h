/*
 * demo_setup - the folders of the demo city: for each node its keys, configuration and data, and one signed directory of all.
 *
 *     <dir>/city.json             ports, the authority's public key, the edition of the invented people
 *     <dir>/items.json            if it is there: services of this city alone, in place of those of the program that have the same code
 *     <dir>/lock                  held while a city is made or open, by every process of it
 *     <dir>/authority.json        the key that signs the directory (of the demo: a real one is kept apart)
 *     <dir>/directory.json        the signed directory, the same for every node
 *     <dir>/<node>/node.conf      configuration
 *     <dir>/<node>/keys/          signing, vault, TLS
 *     <dir>/<node>/data/          store, materials, log
 *
 * Made once; a second start finds it and goes on.  Each file is replaced whole and each batch of records is one transaction, so a start that was
 * killed at any moment is gone on with by the next.
 */
#ifndef MAIN_DEMO_SETUP_H
#define MAIN_DEMO_SETUP_H

#include "base/json.h"
#include "main/settings.h"

enum { DEMO_NODES = 4, DEMO_DAYS_MAX = SETTINGS_SHIFT_DAYS - 1 /* the hour of the day comes on top */ };

struct demo_node {
    struct str name;
    struct str title_zh;
    struct str title_en;
    struct str origin;
    bool is_portal;
    int port;
    int exchange_port;
    const char *config; /* path of node.conf */
    const char *log_folder;
    struct str log_key; /* vkey */
    int lock_fd;        /* of the city's folder: nodes inherit it, so the folder is free when the last of them has ended */
};

struct demo {
    const char *folder;
    struct demo_node node[DEMO_NODES]; /* the portal first */
    int upstream_port;
    struct str demo_key;
    int64_t shift_us; /* how far the city's clock is ahead of ours: by day all registries are open */
    int lock_fd;
    bool is_new;      /* nothing has been done in it yet */
};

struct demo_wish {
    const char *folder;
    bool fresh_ports;               /* choose free ports even if city.json names some */
    int at_minute;                  /* of the day, where the city's clocks shall stand; -1: ours, or ten o'clock if it is night */
    int days;                       /* later than today, at most DEMO_DAYS_MAX: what people wait for has come */
    void (*says)(const char *what); /* progress for people; may be NULL */
};

/* RC_CONFLICT: a city is open in that folder, or it was made by another edition. */
MUST_USE enum rc demo_setup(struct arena *a, const struct demo_wish *wish, struct demo *out,
                            struct err *err);
void demo_release(struct demo *d); /* the lock, as far as this process holds it */

/* The seed of everything that is invented. */
extern const uint64_t demo_seed;

#endif
