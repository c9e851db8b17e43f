#include <stdio.h>

#include "base/clock.h"
#include "base/encode.h"
#include "main/command.h"
#include "main/keyring.h"

enum { KEY_ARENA = 4 << 20 };

int
cmd_key(int argc, char **argv)
{
    const char *folder = NULL, *name = NULL, *origin = NULL;
    bool wants_help = false;
    const struct option_spec specs[] = {{"--dir", &folder, NULL},
                                        {"--name", &name, NULL},
                                        {"--origin", &origin, NULL},
                                        {"--help", NULL, &wants_help}};
    struct keyring keys;
    struct arena *a;
    struct err err;
    enum rc rc;

    if (!options_read(argc, argv, specs, sizeof(specs) / sizeof(specs[0]))) {
        return 64;
    }
    if (wants_help || folder == NULL || name == NULL || origin == NULL) {
        (void)printf("usage: zhengtong key --dir FOLDER --name NODE --origin LOG\n\n"
                     "Makes a node's keys (signing, data, TLS) unless they are there, and prints the\n"
                     "public halves that its entry in the directory needs.\n");
        return wants_help ? 0 : 64;
    }
    a = arena_new(KEY_ARENA);
    rc = keyring_make(a, folder, str_of(name), str_of(origin), clock_now_us(&clock_system), &keys,
                      &err);
    if (rc == RC_OK) {
        (void)printf("{\"name\":\"%s\",\"public_key\":\"%.*s\",\"tls_fingerprint\":\"%.*s\"}\n", name,
                     STR_ARG(base64_of(a, keys.node_public)),
                     STR_ARG(hex_of(a, hash_str(&keys.fingerprint))));
    } else {
        (void)command_failed("key", rc, &err);
    }
    arena_free(a);
    return rc_exit(rc);
}
