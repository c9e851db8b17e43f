/*
 * One value for each known key, in the order of the table: first the default, then what the file
 * says, then what the environment says.  The table is short and read at start, so looking a key up
 * walks it.
 */
#include "base/config.h"

#include <stdio.h>

#include "base/utf8.h"

struct value {
    struct str text;
    bool given;
    int line; /* of the file; 0 for none */
};

struct config {
    const struct config_key *known;
    size_t count;
    struct value *values;
};

/* *err with one more word at its end. */
static enum rc
add_word(struct err *err, const char *word)
{
    struct err longer;
    enum rc rc = err_set(&longer, RC_INVALID, "%s %s", err->text, word);

    *err = longer;
    return rc;
}

static bool
is_known_section(const struct config *c, struct str section)
{
    for (size_t i = 0; i < c->count; i++) {
        if (str_eq(str_of(c->known[i].section), section)) {
            return true;
        }
    }
    return false;
}

/* The place of a key in the table, or count. */
static size_t
place_of(const struct config *c, struct str section, struct str key)
{
    size_t i = 0;

    while (i < c->count && !(str_eq(str_of(c->known[i].section), section) &&
                             str_eq(str_of(c->known[i].key), key))) {
        i++;
    }
    return i;
}

/* --- the file -------------------------------------------------------------------------------- */

static enum rc
unknown_section(const struct config *c, int number, struct str name, struct err *err)
{
    enum rc rc = err_set(err, RC_INVALID, "line %d: no section is called [%.*s]; there are", number,
                         STR_ARG(name));

    for (size_t i = 0; i < c->count; i++) {
        if (i == 0 || !str_eq(str_of(c->known[i].section), str_of(c->known[i - 1].section))) {
            rc = add_word(err, c->known[i].section);
        }
    }
    return rc;
}

static enum rc
take_section(const struct config *c, struct str line, int number, struct str *section,
             struct err *err)
{
    if (line.len < 3 || line.ptr[line.len - 1] != ']') {
        return err_set(err, RC_INVALID, "line %d: a section is written [name]", number);
    }
    struct str name = str_sub(line, 1, line.len - 2);
    if (!is_known_section(c, name)) {
        return unknown_section(c, number, name, err);
    }
    *section = name;
    return RC_OK;
}

/* With what could have been meant. */
static enum rc
unknown_key(const struct config *c, int number, struct str section, struct str key,
            struct err *err)
{
    enum rc rc = err_set(err, RC_INVALID, "line %d: [%.*s] has no key %.*s; there are", number,
                         STR_ARG(section), STR_ARG(key));

    for (size_t i = 0; i < c->count; i++) {
        if (str_eq(str_of(c->known[i].section), section)) {
            rc = add_word(err, c->known[i].key);
        }
    }
    return rc;
}

static enum rc
take_pair(struct arena *a, struct config *c, struct str line, int number, struct str section,
          struct err *err)
{
    size_t equals = str_find_byte(line, '=');
    struct str key = str_trim(str_sub(line, 0, equals));
    struct str text = str_trim(str_from(line, equals + 1));

    if (equals == line.len) {
        return err_set(err, RC_INVALID, "line %d: a setting is written key = value", number);
    }
    if (section.len == 0) {
        return err_set(err, RC_INVALID, "line %d: %.*s stands before any [section]", number,
                       STR_ARG(key));
    }

    size_t i = place_of(c, section, key);
    if (i == c->count) {
        return unknown_key(c, number, section, key, err);
    }
    if (c->values[i].given) {
        return err_set(err, RC_INVALID, "line %d: [%.*s] %.*s stands in line %d already", number,
                       STR_ARG(section), STR_ARG(key), c->values[i].line);
    }
    c->values[i].given = true;
    c->values[i].line = number;
    return str_copy(a, text, &c->values[i].text, err);
}

static enum rc
take_file(struct arena *a, struct config *c, struct str text, struct err *err)
{
    struct str section = STR(""), line;
    enum rc rc = RC_OK;
    int number = 0;

    if (!utf8_is_valid(text) || str_find_byte(text, '\0') != text.len) {
        return err_set(err, RC_INVALID, "the configuration is not UTF-8 text");
    }
    while (rc == RC_OK && str_next(&text, '\n', &line)) {
        line = str_trim(line);
        number++;
        if (line.len == 0 || line.ptr[0] == ';' || line.ptr[0] == '#') {
            continue;
        }
        rc = line.ptr[0] == '[' ? take_section(c, line, number, &section, err)
                                : take_pair(a, c, line, number, section, err);
    }
    return rc;
}

/* --- the environment ------------------------------------------------------------------------- */

/* Cuts word, upper-cased, and an underscore off the front of *rest; at the end no underscore is needed. */
static bool
take_word(struct str *rest, const char *word, bool last)
{
    struct str s = *rest;
    size_t i = 0;

    for (; word[i] != '\0'; i++) {
        char upper = word[i] >= 'a' && word[i] <= 'z' ? (char)(word[i] - 'a' + 'A') : word[i];
        if (i >= s.len || s.ptr[i] != upper) {
            return false;
        }
    }
    if (last ? i != s.len : (i >= s.len || s.ptr[i] != '_')) {
        return false;
    }
    *rest = str_from(s, i + 1);
    return true;
}

static enum rc
take_variable(struct arena *a, struct config *c, struct str variable, struct err *err)
{
    size_t equals = str_find_byte(variable, '=');
    struct str name = str_sub(variable, 0, equals);
    bool section_known = false;

    if (!str_starts(name, STR("ZT_"))) {
        return RC_OK;
    }
    for (size_t i = 0; i < c->count; i++) {
        struct str rest = str_from(name, 3);
        if (!take_word(&rest, c->known[i].section, false)) {
            continue;
        }
        section_known = true;
        if (take_word(&rest, c->known[i].key, true)) {
            c->values[i].given = true;
            c->values[i].line = 0;
            return str_copy(a, str_from(variable, equals + 1), &c->values[i].text, err);
        }
    }
    return section_known ? err_set(err, RC_INVALID, "environment: %.*s is no setting", STR_ARG(name))
                         : RC_OK;
}

/* --- the whole ------------------------------------------------------------------------------- */

static bool
is_yes_or_no(struct str s)
{
    return str_eq(s, STR("yes")) || str_eq(s, STR("no"));
}

/* What was not given takes its default; what has none must have been given. */
static enum rc
complete(struct config *c, struct err *err)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct config_key *key = &c->known[i];
        struct value *value = &c->values[i];
        if (!value->given && key->other == NULL) {
            return err_set(err, RC_INVALID, "[%s] %s must be given: %s", key->section, key->key,
                           key->meaning);
        }
        if (!value->given) {
            value->text = str_of(key->other);
        } else if (key->other != NULL && is_yes_or_no(str_of(key->other)) &&
                   !is_yes_or_no(value->text)) {
            return config_refuse(c, key->section, key->key, "yes or no", err);
        }
    }
    return RC_OK;
}

enum rc
config_parse(struct arena *a, struct str text, char *const *environment,
             const struct config_key *known, size_t known_count, struct config **out,
             struct err *err)
{
    struct config *c = arena_alloc(a, 1, sizeof(*c));
    struct value *values = arena_alloc(a, known_count, sizeof(*values));
    enum rc rc;

    if (c == NULL || values == NULL) {
        return err_set(err, RC_LIMIT, "no room for a configuration");
    }
    *c = (struct config){known, known_count, values};
    if ((rc = take_file(a, c, text, err)) != RC_OK) {
        return rc;
    }
    for (size_t i = 0; environment != NULL && environment[i] != NULL; i++) {
        if ((rc = take_variable(a, c, str_of(environment[i]), err)) != RC_OK) {
            return rc;
        }
    }
    if ((rc = complete(c, err)) == RC_OK) {
        *out = c;
    }
    return rc;
}

struct str
config_get(const struct config *c, const char *section, const char *key)
{
    size_t i = place_of(c, str_of(section), str_of(key));

    CHECK(i < c->count);
    return c->values[i].text;
}

enum rc
config_int(const struct config *c, const char *section, const char *key, int64_t least,
           int64_t most, int64_t *out, struct err *err)
{
    int64_t value;

    if (!str_to_int(config_get(c, section, key), &value) || value < least || value > most) {
        char must[96];
        (void)snprintf(must, sizeof(must), "a whole number from %lld to %lld", (long long)least,
                       (long long)most);
        return config_refuse(c, section, key, must, err);
    }
    *out = value;
    return RC_OK;
}

enum rc
config_refuse(const struct config *c, const char *section, const char *key, const char *must,
              struct err *err)
{
    size_t i = place_of(c, str_of(section), str_of(key));

    CHECK(i < c->count);
    if (c->values[i].line > 0) {
        return err_set(err, RC_INVALID, "line %d: [%s] %s must be %s", c->values[i].line, section,
                       key, must);
    }
    return err_set(err, RC_INVALID, "%s[%s] %s must be %s",
                   c->values[i].given ? "environment: " : "", section, key, must);
}

bool
config_flag(const struct config *c, const char *section, const char *key)
{
    return str_eq(config_get(c, section, key), STR("yes"));
}
