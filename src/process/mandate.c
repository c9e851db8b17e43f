#include "process/mandate.h"

const char *
mandate_name(enum mandate_kind kind)
{
    static const char *const names[MANDATES] = {
#define X(name, word) [MANDATE_##name] = word,
        MANDATE_TABLE(X)
#undef X
    };

    return names[kind];
}

static bool
is_listed(const struct json *list, struct str text)
{
    for (const struct json *j = json_is(list, JSON_ARRAY) ? list->first : NULL; j != NULL; j = j->next) {
        if (json_is(j, JSON_STRING) && str_eq(j->text, text)) {
            return true;
        }
    }
    return false;
}

static bool
is_covered(const struct json *list, struct str of)
{
    for (const struct json *j = json_is(list, JSON_ARRAY) ? list->first : NULL; j != NULL; j = j->next) {
        struct str pattern = json_is(j, JSON_STRING) ? j->text : STR("");
        bool is_open = str_eq(pattern, STR("*")) || str_ends(pattern, STR(".*"));
        if (of.len == 0 || (is_open ? str_starts(of, str_sub(pattern, 0, pattern.len - 1)) : pattern.len > 0 && str_eq(pattern, of))) {
            return true;
        }
    }
    return false;
}

/* A row that names a power for it. */
static bool
speaks_of(const struct json *row, enum mandate_kind kind, struct str of)
{
    return json_str(row, "power").len > 0 && is_listed(json_get(row, "to"), str_of(mandate_name(kind))) && is_covered(json_get(row, "of"), of);
}

struct str
mandate_power(const struct json *table, enum mandate_kind kind, struct str of, const struct officer *who)
{
    for (const struct json *row = json_is(table, JSON_ARRAY) ? table->first : NULL; row != NULL; row = row->next) {
        if (speaks_of(row, kind, of) && officer_has_power(who, json_str(row, "power"))) {
            return json_str(row, "power");
        }
    }
    return STR("");
}

bool
mandate_is_given(const struct json *table, enum mandate_kind kind, struct str of)
{
    for (const struct json *row = json_is(table, JSON_ARRAY) ? table->first : NULL; row != NULL; row = row->next) {
        if (speaks_of(row, kind, of)) {
            return true;
        }
    }
    return false;
}
