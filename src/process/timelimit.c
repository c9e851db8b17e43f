/*
 * The document is copied once and checked whole when it is loaded: a row that is wrong stops the start, not a case.  Members that
 * nobody knows are refused too, because a misspelt "extend" would otherwise take a right away in silence.
 */
#include "process/timelimit.h"

#include "base/clock.h"

struct timelimits {
    const struct json *document;
    struct timelimit *row;
    struct timelimit_reason *reason;
    struct timelimit_warning *warning;
    size_t rows, reasons, warnings;
};

static const char *const unit_names[] = {"working_day", "natural_day", "hour", "month"};
static const char *const silence_names[] = {"nothing", "red", "deemed_accepted", "deemed_renewed", "lapsed"};
enum { UNITS = sizeof(unit_names) / sizeof(unit_names[0]), SILENCES = sizeof(silence_names) / sizeof(silence_names[0]) };

const char *
timelimit_unit_name(enum timelimit_unit unit)
{
    CHECK((int)unit >= 0 && (int)unit < UNITS);
    return unit_names[unit];
}

bool
timelimit_unit_by_name(struct str name, enum timelimit_unit *out)
{
    size_t i;
    bool is_known = str_among(name, unit_names, UNITS, &i);

    if (is_known) {
        *out = (enum timelimit_unit)i;
    }
    return is_known;
}

struct str
timelimit_unit_word(enum timelimit_unit unit, struct str lang, int64_t count)
{
    static const char *const words[UNITS][3] = {{"个工作日", "working day", "working days"},
                                                {"天", "day", "days"},
                                                {"小时", "hour", "hours"},
                                                {"个月", "month", "months"}};

    CHECK((int)unit >= 0 && (int)unit < UNITS);
    return str_of(words[unit][!str_eq(lang, STR("en")) ? 0 : count == 1 || count == -1 ? 1 : 2]);
}

const char *
timelimit_silence_name(enum timelimit_silence silence)
{
    CHECK((int)silence >= 0 && (int)silence < SILENCES);
    return silence_names[silence];
}

bool
timelimit_silence_by_name(struct str name, enum timelimit_silence *out)
{
    size_t i;
    bool is_known = str_among(name, silence_names, SILENCES, &i);

    if (is_known) {
        *out = (enum timelimit_silence)i;
    }
    return is_known;
}

/* --- looking ------------------------------------------------------------------------------------------------------ */

struct str
timelimits_version(const struct timelimits *t)
{
    return json_str(t->document, "version");
}

size_t
timelimit_count(const struct timelimits *t)
{
    return t->rows;
}

const struct timelimit *
timelimit_at(const struct timelimits *t, size_t index)
{
    CHECK(index < t->rows);
    return &t->row[index];
}

const struct timelimit *
timelimit_find(const struct timelimits *t, struct str key, int32_t day)
{
    for (size_t i = 0; i < t->rows; i++) {
        const struct timelimit *l = &t->row[i];
        if (str_eq(l->key, key) && l->valid_from <= day && day <= l->valid_to) {
            return l;
        }
    }
    return NULL;
}

bool
timelimit_is_known(const struct timelimits *t, struct str key)
{
    for (size_t i = 0; i < t->rows; i++) {
        if (str_eq(t->row[i].key, key)) {
            return true;
        }
    }
    return false;
}

const struct timelimit_warning *
timelimit_warnings(const struct timelimits *t, size_t *count)
{
    *count = t->warnings;
    return t->warning;
}

const struct timelimit_reason *
timelimit_reason_of(const struct timelimit *l, struct str key_or_basis)
{
    const struct timelimit_reason *found = NULL;
    size_t count = 0;

    for (size_t i = 0; i < l->reasons; i++) {
        if (str_eq(l->reason[i]->key, key_or_basis)) {
            return l->reason[i];
        }
        if (str_eq(l->reason[i]->basis, key_or_basis)) {
            found = l->reason[i];
            count++;
        }
    }
    return count == 1 ? found : NULL;
}

const struct timelimit_reason *
timelimit_reason_by_key(const struct timelimits *t, struct str key)
{
    for (size_t i = 0; i < t->reasons; i++) {
        if (str_eq(t->reason[i].key, key)) {
            return &t->reason[i];
        }
    }
    return NULL;
}

struct str
timelimit_word(const struct timelimits *t, const char *group, struct str code, struct str lang)
{
    const struct json *entry = json_get_key(json_get(t->document, group), code);
    struct str word = json_str(entry, str_eq(lang, STR("en")) ? "en" : "zh");

    return word.len > 0 ? word : code;
}

/* --- promises ------------------------------------------------------------------------------------------------------- */

/*
 * Hours and natural days run through nights and holidays, so they can be set against working days only as the shorter of the two: d
 * natural days, moved to a working day where they end on a holiday, never pass d working days.  A month has 28 days at least.
 */
enum rc
timelimit_check_promise(const struct timelimit *l, int64_t value, enum timelimit_unit unit, struct err *err)
{
    enum { HOURS = 24, DAYS_OF_MONTH = 28 };
    int64_t most = -1;

    if (unit == l->unit) {
        most = l->value;
    } else if (unit == UNIT_HOUR || unit == UNIT_NATURAL_DAY) {
        int64_t each = unit == UNIT_HOUR ? HOURS : 1;
        most = l->unit == UNIT_MONTH ? l->value * DAYS_OF_MONTH * each : l->unit == UNIT_HOUR ? l->value / HOURS : l->value * each;
    }
    if (value < 0 || value > most) {
        return err_problem(err, RC_INVALID, "promise-longer", "%.*s: %lld %s cannot be promised where the law says %lld %s",
                           STR_ARG(l->key), (long long)value, unit_names[unit], (long long)l->value, unit_names[l->unit]);
    }
    return RC_OK;
}

/* --- loading ---------------------------------------------------------------------------------------------------------- */

static enum rc
check_members(const struct json *object, struct str where, const char *const *names, size_t count, struct err *err)
{
    if (!json_is(object, JSON_OBJECT)) {
        return err_set(err, RC_INVALID, "clocks: %.*s is no object", STR_ARG(where));
    }
    for (const struct json *m = object->first; m != NULL; m = m->next) {
        size_t i;
        if (!str_among(m->key, names, count, &i)) {
            return err_set(err, RC_INVALID, "clocks: %.*s has a member %.*s that nobody knows", STR_ARG(where),
                           STR_ARG(m->key));
        }
    }
    return RC_OK;
}
#define MEMBERS(...) (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

static bool
has_word(const struct timelimits *t, const char *group, struct str code)
{
    return json_str(json_get_key(json_get(t->document, group), code), "zh").len > 0;
}

/* Words for people stand in both languages. */
static enum rc
check_words(const struct json *object, struct str where, struct err *err)
{
    return json_str(object, "zh").len > 0 && json_str(object, "en").len > 0
               ? RC_OK
               : err_set(err, RC_INVALID, "clocks: %.*s is not said in both languages", STR_ARG(where));
}

static enum rc
check_group(const struct json *document, const char *group, struct err *err)
{
    const struct json *g = json_get(document, group);
    enum rc rc = RC_OK;

    if (!json_is(g, JSON_OBJECT)) {
        return err_set(err, RC_INVALID, "clocks: there are no %s", group);
    }
    for (const struct json *m = g->first; m != NULL && rc == RC_OK; m = m->next) {
        if ((rc = check_members(m, m->key, MEMBERS("zh", "en"), err)) == RC_OK) {
            rc = check_words(m, m->key, err);
        }
    }
    return rc;
}

static bool
whole_number(const struct json *object, const char *name, int64_t least, int64_t most, int64_t *out)
{
    int64_t value;

    if (!json_as_int(json_get(object, name), &value) || value < least || value > most) {
        return false;
    }
    *out = value;
    return true;
}

static enum rc
read_reasons(struct timelimits *t, struct arena *a, struct err *err)
{
    const struct json *all = json_get(t->document, "reasons");
    enum rc rc;

    if (!json_is(all, JSON_OBJECT)) {
        return err_set(err, RC_INVALID, "clocks: there are no reasons");
    }
    if ((t->reason = arena_alloc(a, all->count + 1, sizeof(*t->reason))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for the reasons of clocks");
    }
    for (const struct json *m = all->first; m != NULL; m = m->next) {
        struct timelimit_reason *r = &t->reason[t->reasons++];
        if ((rc = check_members(m, m->key, MEMBERS("zh", "en", "basis", "evidence", "owner", "in_writing"), err)) != RC_OK ||
            (rc = check_words(m, m->key, err)) != RC_OK) {
            return rc;
        }
        *r = (struct timelimit_reason){m->key, json_str(m, "zh"), json_str(m, "en"), json_str(m, "basis"), json_str(m, "evidence"),
                                       json_str(m, "owner"), json_true(m, "in_writing")};
        if (r->basis.len == 0 || !has_word(t, "evidence", r->evidence) || !has_word(t, "owners", r->owner) ||
            !json_is(json_get(m, "in_writing"), JSON_BOOL)) {
            return err_set(err, RC_INVALID, "clocks: reason %.*s: basis, evidence, owner or in_writing is wrong", STR_ARG(m->key));
        }
    }
    return RC_OK;
}

static enum rc
read_warnings(struct arena *a, const struct json *list, struct timelimit_warning **out, size_t *count, struct err *err)
{
    struct timelimit_warning *w;
    enum rc rc;

    if (!json_is(list, JSON_ARRAY)) {
        return err_set(err, RC_INVALID, "clocks: warnings are no list");
    }
    if ((w = arena_alloc(a, list->count + 1, sizeof(*w))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for warnings");
    }
    *out = w;
    *count = list->count;
    for (const struct json *m = list->first; m != NULL; m = m->next, w++) {
        int64_t percent = 0, last = 0;
        struct str colour = json_str(m, "colour");
        if ((rc = check_members(m, STR("a warning"), MEMBERS("key", "percent", "last", "colour"), err)) != RC_OK) {
            return rc;
        }
        if (json_str(m, "key").len == 0 || str_eq(json_str(m, "key"), STR("over")) ||
            whole_number(m, "percent", 1, 100, &percent) == whole_number(m, "last", 1, TIMELIMIT_VALUE_MAX, &last) ||
            (!str_eq(colour, STR("green")) && !str_eq(colour, STR("yellow")))) {
            return err_set(err, RC_INVALID, "clocks: a warning has a key, percent or last, and a colour, green or yellow");
        }
        *w = (struct timelimit_warning){json_str(m, "key"), (int)percent, (int)last, str_eq(colour, STR("yellow"))};
    }
    return RC_OK;
}

static enum rc
read_extension(const struct timelimits *t, const struct json *row, struct timelimit *l, struct err *err)
{
    const struct json *e = json_get(row, "extend");
    enum rc rc;

    if (e == NULL) {
        return RC_OK;
    }
    if ((rc = check_members(e, l->key, MEMBERS("by", "approver", "basis", "in_writing"), err)) != RC_OK) {
        return rc;
    }
    l->approver = json_str(e, "approver");
    l->extend_basis = json_str(e, "basis");
    l->extend_in_writing = json_true(e, "in_writing");
    if (!whole_number(e, "by", 1, TIMELIMIT_VALUE_MAX, &l->extend_by) || !has_word(t, "approvers", l->approver) ||
        l->extend_basis.len == 0 || !json_is(json_get(e, "in_writing"), JSON_BOOL) || l->counts_before || l->is_at_least) {
        return err_set(err, RC_INVALID, "clocks: %.*s: by, approver, basis or in_writing of its extension is wrong",
                       STR_ARG(l->key));
    }
    return RC_OK;
}

static enum rc
read_pauses(const struct timelimits *t, struct arena *a, const struct json *row, struct timelimit *l, struct err *err)
{
    const struct json *list = json_get(row, "pauses");
    const struct timelimit_reason **reason;

    if (list == NULL) {
        return RC_OK;
    }
    if (!json_is(list, JSON_ARRAY) || (list->count > 0 && l->counts_before)) {
        return err_set(err, RC_INVALID, "clocks: %.*s: its pauses are no list, or it counts back", STR_ARG(l->key));
    }
    if ((reason = arena_alloc(a, list->count + 1, sizeof(struct timelimit_reason *))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for the pauses of a clock");
    }
    l->reason = reason;
    for (const struct json *m = list->first; m != NULL; m = m->next) {
        const struct timelimit_reason *r = json_is(m, JSON_STRING) ? timelimit_reason_by_key(t, m->text) : NULL;
        if (r == NULL) {
            return err_set(err, RC_INVALID, "clocks: %.*s pauses for a reason that is not there", STR_ARG(l->key));
        }
        reason[l->reasons++] = r;
    }
    return RC_OK;
}

static bool
read_days(const struct json *row, struct timelimit *l)
{
    struct err wrong;

    l->valid_to = INT32_MAX;
    return day_parse(json_str(row, "valid_from"), &l->valid_from, &wrong) == RC_OK &&
           (json_get(row, "valid_to") == NULL ||
            (day_parse(json_str(row, "valid_to"), &l->valid_to, &wrong) == RC_OK && l->valid_to >= l->valid_from));
}

/* A word that may be left out: the first is meant then. */
static bool
read_choice(const struct json *row, const char *name, const char *usual, const char *other, bool *is_other)
{
    struct str word = json_str(row, name);

    *is_other = str_eq(word, str_of(other));
    return json_get(row, name) == NULL || *is_other || str_eq(word, str_of(usual));
}

static enum rc
read_row(const struct timelimits *t, struct arena *a, const struct json *row, struct timelimit *l, struct err *err)
{
    static const char *const names[] = {"key",    "zh",       "en",   "value", "unit",     "counts",     "sense",   "owner", "silence",
                                        "extend", "pauses",   "warnings", "source", "evidence", "place", "note", "valid_from", "valid_to"};
    struct timelimit_warning *own;
    enum rc rc;

    *l = (struct timelimit){.key = json_str(row, "key"), .zh = json_str(row, "zh"), .en = json_str(row, "en"),
                            .owner = json_str(row, "owner"), .source = json_str(row, "source"),
                            .evidence = json_str(row, "evidence"), .place = json_str(row, "place"), .note = json_str(row, "note"),
                            .warnings = t->warnings, .warning = t->warning};
    if ((rc = check_members(row, l->key, names, sizeof(names) / sizeof(names[0]), err)) != RC_OK ||
        (rc = check_words(row, l->key, err)) != RC_OK) {
        return rc;
    }
    if (l->key.len == 0 || !whole_number(row, "value", 0, TIMELIMIT_VALUE_MAX, &l->value) ||
        !timelimit_unit_by_name(json_str(row, "unit"), &l->unit) || l->source.len == 0 ||
        !read_choice(row, "counts", "from", "before", &l->counts_before) ||
        !read_choice(row, "sense", "within", "at_least", &l->is_at_least) ||
        !timelimit_silence_by_name(json_str(row, "silence"), &l->silence) || !has_word(t, "owners", l->owner) ||
        !has_word(t, "evidence", l->evidence) || !read_days(row, l) || (l->counts_before && l->unit != UNIT_NATURAL_DAY)) {
        return err_set(err, RC_INVALID,
                       "clocks: %.*s: value, unit, counts, sense, silence, owner, source, evidence or its days are wrong",
                       STR_ARG(l->key));
    }
    if ((rc = read_extension(t, row, l, err)) != RC_OK || (rc = read_pauses(t, a, row, l, err)) != RC_OK ||
        json_get(row, "warnings") == NULL) {
        return rc;
    }
    rc = read_warnings(a, json_get(row, "warnings"), &own, &l->warnings, err);
    l->warning = own;
    return rc;
}

/* Of one key no two rows hold on the same day. */
static enum rc
check_overlaps(const struct timelimits *t, struct err *err)
{
    for (size_t i = 0; i < t->rows; i++) {
        for (size_t k = i + 1; k < t->rows; k++) {
            const struct timelimit *x = &t->row[i], *y = &t->row[k];
            if (str_eq(x->key, y->key) && x->valid_from <= y->valid_to && y->valid_from <= x->valid_to) {
                return err_set(err, RC_INVALID, "clocks: %.*s: two rows hold on the same day", STR_ARG(x->key));
            }
        }
    }
    return RC_OK;
}

static enum rc
read_rows(struct timelimits *t, struct arena *a, struct err *err)
{
    const struct json *list = json_get(t->document, "limits");
    enum rc rc = RC_OK;

    if (!json_is(list, JSON_ARRAY) || list->count == 0) {
        return err_set(err, RC_INVALID, "clocks: there are no limits");
    }
    if ((t->row = arena_alloc(a, list->count, sizeof(*t->row))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for the table of clocks");
    }
    for (const struct json *row = list->first; row != NULL && rc == RC_OK; row = row->next) {
        rc = read_row(t, a, row, &t->row[t->rows++], err);
    }
    return rc != RC_OK ? rc : check_overlaps(t, err);
}

enum rc
timelimits_load(struct arena *a, const struct json *document, struct timelimits **out, struct err *err)
{
    struct timelimits *t = arena_alloc(a, 1, sizeof(*t));
    enum rc rc;

    if ((rc = check_members(document, STR("the document"),
                            MEMBERS("version", "note", "evidence", "owners", "approvers", "reasons", "warnings", "limits"), err)) !=
        RC_OK) {
        return rc;
    }
    if (t == NULL || (t->document = json_copy(a, document)) == NULL || json_whole(t->document, err) != RC_OK) {
        return err_set(err, RC_LIMIT, "no room for the table of clocks");
    }
    if (timelimits_version(t).len == 0) {
        return err_set(err, RC_INVALID, "clocks: the table has no version");
    }
    if ((rc = check_group(t->document, "evidence", err)) != RC_OK || (rc = check_group(t->document, "owners", err)) != RC_OK ||
        (rc = check_group(t->document, "approvers", err)) != RC_OK || (rc = read_reasons(t, a, err)) != RC_OK ||
        (rc = read_warnings(a, json_get(t->document, "warnings"), &t->warning, &t->warnings, err)) != RC_OK ||
        (rc = read_rows(t, a, err)) != RC_OK) {
        return rc;
    }
    *out = t;
    return RC_OK;
}
