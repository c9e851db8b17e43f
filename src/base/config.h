/*
 * config - one INI-like file plus environment, read once at start.
 *
 *     [section]
 *     key = value        ; comment lines begin with ; or #
 *
 * Names are small letters, digits and _.  ZT_SECTION_KEY in the environment wins over the file.  A key
 * that is not in the caller's table, one given twice, and an environment name of a known section
 * with an unknown key are errors: a typo stops the start.  A key whose default is yes or no is a
 * flag and takes nothing else.  Errors name line and key, never a value, which may be a secret.
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

/*
 * text: the file's content; environment: environ, or NULL.  Values are copied to the arena; known lives as
 * long as the configuration.  RC_INVALID, or RC_LIMIT (arena).
 */
MUST_USE enum rc config_parse(struct arena *a, struct str text, char *const *environment,
                              const struct config_key *known, size_t known_count,
                              struct config **out, struct err *err);
/* section and key must be in the table. */
struct str config_get(const struct config *c, const char *section, const char *key);
/* A whole number from least to most, else RC_INVALID. */
MUST_USE enum rc config_int(const struct config *c, const char *section, const char *key,
                            int64_t least, int64_t most, int64_t *out, struct err *err);
/* RC_INVALID with where the value was given and what it must be: "line 7: [log] level must be debug or info". */
enum rc config_refuse(const struct config *c, const char *section, const char *key,
                      const char *must, struct err *err);
bool config_flag(const struct config *c, const char *section, const char *key); /* yes/no */

#endif
