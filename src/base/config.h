/*
 * config - one INI-like file plus environment, read once at start.
 *
 *     [section]
 *     key = value        ; comment lines begin with ; or #
 *
 * ZT_SECTION_KEY in the environment wins over the file.  Unknown keys are an error (the caller
 * gives the table of known ones), so a typo stops the start.
 */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include "base/str.h"

struct config_key {
    const char *section;
    const char *key;
    const char *other;   /* default, or NULL when the key must be given */
    const char *meaning; /* one line for check-config and the handbook */
};

struct config;

/* text: the file's content; environment: environ, or NULL.  RC_INVALID names line and key. */
MUST_USE enum rc config_parse(struct arena *a, struct str text, char *const *environment,
                              const struct config_key *known, size_t known_count,
                              struct config **out, struct err *err);
struct str config_get(const struct config *c, const char *section, const char *key); /* must be known */
MUST_USE enum rc config_int(const struct config *c, const char *section, const char *key,
                            int64_t least, int64_t most, int64_t *out, struct err *err);
bool config_flag(const struct config *c, const char *section, const char *key); /* yes/no */

#endif
