/*
 * A message as it is written: read to its last member before anything is kept of it, and what its content comes to in a row.  Pure: no clock, no store.
 *
 * What a kind has stands in the tables below, each member with its form and how much of it there may be, so that no row grows without an end whatever the other side
 * tells.  Members that are not in the tables belong to newer versions of this protocol and are passed over.
 */
#include "base/clock.h"
#include "base/encode.h"
#include "base/utf8.h"
#include "crypto/box.h"
#include "exchange/handover_int.h"

enum {
    SALT_LEAST = 16,
    KIND_MOST = 64,
    CODE_MOST = HANDOVER_CODE_MAX,
    TEXT_MOST = HANDOVER_TEXT_MAX,
    NAMES_MOST = 200,    /* of variables */
    TOLD_MOST = 200,     /* milestones that are kept */
    CLOCKS_MOST = 50,
    MATERIALS_MOST = 100,
    DIGEST_DIGITS = 64
};

enum form { FORM_CODE, FORM_TEXT, FORM_INSTANT, FORM_DIGEST, FORM_SIZE, FORM_BOOL, FORM_SEALED, FORM_OBJECT, FORM_NAMES, FORM_MATERIALS,
            FORM_MILESTONES, FORM_CLOCKS };

struct member {
    const char *kind; /* of the message; NULL: in all */
    const char *name;
    enum form form;
    bool is_needed;
};

static const struct member members[] = {
    {NULL, "handover", FORM_CODE, true},       {NULL, "kind", FORM_CODE, true},             {NULL, "salt", FORM_CODE, true},
    {NULL, "at", FORM_INSTANT, false},         {"offer", "process", FORM_CODE, true},       {"offer", "agreement", FORM_CODE, false},
    {"offer", "item", FORM_CODE, false},       {"offer", "basis", FORM_TEXT, false},        {"offer", "case_no", FORM_CODE, false},
    {"offer", "variables", FORM_OBJECT, true}, {"offer", "wants", FORM_NAMES, true},        {"offer", "applicant", FORM_SEALED, false},
    {"offer", "materials", FORM_MATERIALS, false}, {"offer", "clocks", FORM_CLOCKS, false},
    {"offer", "since", FORM_INSTANT, false},
    {"withdraw", "reason", FORM_TEXT, false},
    {"fetch", "material", FORM_CODE, true},    {"fetch", "from", FORM_SIZE, true},
    {"received", "case_no", FORM_CODE, true},
    {"progress", "milestones", FORM_MILESTONES, false},
    {"progress", "clocks", FORM_CLOCKS, false}, {"progress", "suspended", FORM_BOOL, false},
    {"result", "outcome", FORM_CODE, true},    {"result", "code", FORM_CODE, false},        {"result", "reason", FORM_TEXT, false},
    {"result", "variables", FORM_OBJECT, false},
};
static const struct member of_material[] = {
    {NULL, "id", FORM_CODE, true}, {NULL, "sha256", FORM_DIGEST, true}, {NULL, "bytes", FORM_SIZE, true},
    {NULL, "name", FORM_TEXT, false}, {NULL, "resource", FORM_CODE, false}, {NULL, "kept", FORM_BOOL, false},
};
static const struct member of_milestone[] = {
    {NULL, "value", FORM_CODE, true}, {NULL, "zh", FORM_CODE, false}, {NULL, "en", FORM_CODE, false}, {NULL, "at", FORM_INSTANT, false},
};
static const struct member of_clock[] = {
    {NULL, "clock", FORM_CODE, true},    {NULL, "kind", FORM_CODE, false},  {NULL, "rule", FORM_CODE, false},
    {NULL, "did", FORM_CODE, false},     {NULL, "reason", FORM_TEXT, false}, {NULL, "basis", FORM_TEXT, false},
    {NULL, "document", FORM_TEXT, false}, {NULL, "unit", FORM_CODE, false},  {NULL, "due", FORM_CODE, false},
    {NULL, "calendar", FORM_CODE, false}, {NULL, "late", FORM_BOOL, false},  {NULL, "provisional", FORM_BOOL, false},
    {NULL, "left", FORM_SIZE, false},    {NULL, "amount", FORM_SIZE, false},
};
struct table {
    const struct member *member;
    size_t count;
};
#define TABLE(of) ((struct table){of, sizeof(of) / sizeof((of)[0])})

/* --- reading ---------------------------------------------------------------------------------------------------------- */

static bool
is_text(const struct json *j, size_t most)
{
    return json_is(j, JSON_STRING) && j->text.len <= most && utf8_is_plain(j->text);
}

static bool
is_instant(const struct json *j)
{
    struct err ignored;
    int64_t us;

    return json_is(j, JSON_STRING) && (j->text.len == 0 || instant_parse(j->text, &us, &ignored) == RC_OK);
}

static bool
is_digest(const struct json *j)
{
    for (size_t n = 0; json_is(j, JSON_STRING) && n < j->text.len; n++) {
        char c = j->text.ptr[n];
        if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
            return false;
        }
    }
    return json_is(j, JSON_STRING) && j->text.len == DIGEST_DIGITS;
}

static bool
is_names(const struct json *j)
{
    for (const struct json *n = json_is(j, JSON_ARRAY) ? j->first : NULL; n != NULL; n = n->next) {
        if (!is_text(n, CODE_MOST) || n->text.len == 0) {
            return false;
        }
    }
    return json_is(j, JSON_ARRAY) && j->count <= NAMES_MOST;
}

/* Of a list's entries: their form is a table too, with plain members only. */
static bool
is_plain(const struct json *j, enum form form)
{
    int64_t whole;

    switch (form) {
    case FORM_CODE: return is_text(j, CODE_MOST);
    case FORM_TEXT: return json_is(j, JSON_STRING) && j->text.len <= TEXT_MOST;
    case FORM_INSTANT: return is_instant(j);
    case FORM_DIGEST: return is_digest(j);
    case FORM_SIZE: return json_as_int(j, &whole);
    case FORM_BOOL: return json_is(j, JSON_BOOL);
    case FORM_SEALED: return json_is(j, JSON_STRING) || json_is(j, JSON_NULL);
    case FORM_OBJECT: return json_is(j, JSON_OBJECT);
    case FORM_NAMES: return is_names(j);
    case FORM_MATERIALS:
    case FORM_MILESTONES:
    case FORM_CLOCKS: break;
    }
    return false;
}

static bool
has_form(const struct json *j, const struct member *m)
{
    const struct json *value = json_get(j, m->name);

    return value == NULL ? !m->is_needed : is_plain(value, m->form) && (!m->is_needed || m->form != FORM_CODE || value->text.len > 0);
}

static bool
is_list(const struct json *list, struct table table, size_t most)
{
    for (const struct json *j = json_is(list, JSON_ARRAY) ? list->first : NULL; j != NULL; j = j->next) {
        for (size_t n = 0; n < table.count; n++) {
            if (!json_is(j, JSON_OBJECT) || !has_form(j, &table.member[n])) {
                return false;
            }
        }
    }
    return json_is(list, JSON_ARRAY) && list->count <= most;
}

static bool
is_as_told(const struct json *body, const struct member *m)
{
    const struct json *value = json_get(body, m->name);

    if (m->form == FORM_MATERIALS || m->form == FORM_MILESTONES || m->form == FORM_CLOCKS) {
        return value == NULL || (m->form == FORM_MATERIALS    ? is_list(value, TABLE(of_material), MATERIALS_MOST)
                                 : m->form == FORM_MILESTONES ? is_list(value, TABLE(of_milestone), TOLD_MOST)
                                                              : is_list(value, TABLE(of_clock), CLOCKS_MOST));
    }
    return has_form(body, m);
}

/* How large a file is, and that two of one number are not two files. */
static bool
are_materials(const struct json *list)
{
    for (const struct json *m = json_is(list, JSON_ARRAY) ? list->first : NULL; m != NULL; m = m->next) {
        if (json_int_or(m, "bytes", -1) < 0 || json_str(m, "id").len == 0) {
            return false;
        }
        for (const struct json *other = m->next; other != NULL; other = other->next) {
            if (str_eq(json_str(m, "id"), json_str(other, "id"))) {
                return false;
            }
        }
    }
    return true;
}

static enum rc
not_whole(const char *what, struct err *err)
{
    return err_problem(err, RC_INVALID, "question-invalid", "the message's \"%s\" is missing or not as it has to be", what);
}

enum rc
handover_letter_read(struct arena *a, struct str text, struct handover_letter *out, struct err *err)
{
    struct handover_letter l = {.number = 0};
    enum rc rc = json_parse(a, text, JSON_UNIQUE, &l.body, err);

    if (rc != RC_OK) {
        err->type = rc == RC_INVALID ? "question-invalid" : err->type;
        return rc;
    }
    l.name = json_str(l.body, "handover");
    l.kind = json_str(l.body, "kind");
    bool is_offer = str_eq(l.kind, STR("offer"));
    for (size_t n = 0; n < sizeof(members) / sizeof(members[0]); n++) {
        const struct member *m = &members[n];
        if ((m->kind == NULL || str_eq(l.kind, str_of(m->kind))) && !is_as_told(l.body, m)) {
            return not_whole(m->name, err);
        }
    }
    if (json_str(l.body, "salt").len < SALT_LEAST || l.kind.len > KIND_MOST) {
        return not_whole("salt", err);
    }
    if (!json_as_int(json_get(l.body, "number"), &l.number) || l.number < 1 || (is_offer && l.number != 1)) {
        return not_whole("number", err);
    }
    if (is_offer && !are_materials(json_get(l.body, "materials"))) {
        return not_whole("materials", err);
    }
    if (str_eq(l.kind, STR("fetch")) && json_int_or(l.body, "from", -1) < 0) {
        return not_whole("from", err);
    }
    l.is_greeting = str_eq(l.kind, STR("hello"));
    l.is_fetch = str_eq(l.kind, STR("fetch"));
    l.side = is_offer || str_eq(l.kind, STR("withdraw")) ? HANDOVER_TAKEN : HANDOVER_SENT;
    *out = l;
    return RC_OK;
}

struct str
handover_clip(struct str text, size_t most)
{
    size_t len = text.len < most ? text.len : most;

    while (len > 0 && len < text.len && ((unsigned char)text.ptr[len] & 0xC0) == 0x80) {
        len--;
    }
    return (struct str){text.ptr, len};
}

/* --- what is kept of it ------------------------------------------------------------------------------------------------- */

/* Of an entry what the table has, and nothing else. */
static struct json *
copy_members(struct arena *a, const struct json *from, struct table table)
{
    struct json *j = json_object(a);

    for (size_t n = 0; n < table.count; n++) {
        const struct json *value = json_get(from, table.member[n].name);
        if (value != NULL) {
            json_set(a, j, table.member[n].name, json_copy(a, value));
        }
    }
    return j;
}

static struct json *
copy_list(struct arena *a, const struct json *from, struct table table)
{
    struct json *list = json_array(a);

    for (const struct json *j = json_is(from, JSON_ARRAY) ? from->first : NULL; j != NULL; j = j->next) {
        json_push(list, copy_members(a, j, table));
    }
    return list;
}

void
handover_keep_materials(struct arena *a, struct json *content, const struct json *materials, const struct json *kept, bool is_open)
{
    struct json *list = copy_list(a, materials, TABLE(of_material));

    for (struct json *m = list != NULL ? list->first : NULL; m != NULL; m = m->next) {
        bool is_it = kept != NULL && str_eq(json_str(m, "id"), json_str(kept, "id"));
        json_set_bool(a, m, "kept", is_open && (is_it || json_true(m, "kept")));
    }
    json_set(a, content, "materials", list);
}

const struct json *
handover_material(const struct json *content, struct str id)
{
    const struct json *list = json_get(content, "materials");
    const struct json *m = json_is(list, JSON_ARRAY) ? list->first : NULL;

    while (m != NULL && !str_eq(json_str(m, "id"), id)) {
        m = m->next;
    }
    return m;
}

void
handover_keep_offer(struct arena *a, struct json *content, const struct json *agreement, const struct json *offer)
{
    json_set_text(a, content, "mode", json_str(agreement, "mode"));
    json_set(a, content, "gives", json_copy(a, json_get(agreement, "gives")));
    json_set(a, content, "wants", json_copy(a, json_get(offer, "wants")));
    handover_keep_materials(a, content, json_get(offer, "materials"), NULL, false);
    json_set(a, content, "sender_clocks", copy_list(a, json_get(offer, "clocks"), TABLE(of_clock)));
    struct json *times = handover_array(a, content, "times");
    if (times != NULL && times->count == 0) { /* at the receiver: the sender's since it was begun there */
        struct json *first = json_object(a);
        json_set_text(a, first, "node", json_str(agreement, "sender"));
        json_set_text(a, first, "from", json_str(offer, "since"));
        json_push(times, first);
    }
}

static void
keep_milestones(struct arena *a, struct json *content, const struct json *told)
{
    struct json *list = handover_array(a, content, "milestones");

    for (const struct json *m = json_is(told, JSON_ARRAY) ? told->first : NULL; m != NULL && list != NULL && list->count < TOLD_MOST; m = m->next) {
        json_push(list, copy_members(a, m, TABLE(of_milestone)));
    }
}

static bool
tells_of(const struct json *told, struct str clock)
{
    for (const struct json *t = told; t != NULL; t = t->next) {
        if (str_eq(json_str(t, "clock"), clock)) {
            return true;
        }
    }
    return false;
}

/* The newest of each name, and the last told first if there are too many. */
static void
keep_clocks(struct arena *a, struct json *content, const struct json *told)
{
    const struct json *before = json_get(content, "clocks");
    struct json *list = json_array(a);

    if (!json_is(told, JSON_ARRAY)) {
        return;
    }
    for (const struct json *t = told->first; t != NULL; t = t->next) {
        if (!tells_of(t->next, json_str(t, "clock"))) {
            json_push(list, copy_members(a, t, TABLE(of_clock)));
        }
    }
    for (const struct json *c = json_is(before, JSON_ARRAY) ? before->first : NULL; c != NULL && list != NULL && list->count < CLOCKS_MOST; c = c->next) {
        if (!tells_of(told->first, json_str(c, "clock"))) {
            json_push(list, json_copy(a, c));
        }
    }
    json_set(a, content, "clocks", list);
}

void
handover_keep_progress(struct arena *a, struct json *content, const struct json *told)
{
    keep_milestones(a, content, json_get(told, "milestones"));
    keep_clocks(a, content, json_get(told, "clocks"));
    if (json_get(told, "suspended") != NULL) {
        json_set_bool(a, content, "suspended", json_true(told, "suspended"));
    }
}

struct str
handover_keep_result(struct arena *a, struct json *content, const struct json *told)
{
    static const char *const outcomes[] = {"done", "failed", "cancelled", "refused", "withdrawn"};
    struct json *result = json_object(a);
    struct str outcome = STR("cancelled");

    for (size_t n = 0; n < sizeof(outcomes) / sizeof(outcomes[0]); n++) {
        outcome = str_eq(json_str(told, "outcome"), str_of(outcomes[n])) ? str_of(outcomes[n]) : outcome;
    }
    json_set_text(a, result, "outcome", outcome);
    json_set_text(a, result, "code", json_str(told, "code"));
    json_set_text(a, result, "reason", json_str(told, "reason"));
    if (json_get(told, "certificate") != NULL && handover_names(json_get(content, "gives"), STR("certificate"))) {
        json_set(a, result, "certificate", json_copy(a, json_get(told, "certificate")));
    }
    json_set(a, content, "result", result);
    return outcome;
}

struct json *
handover_given(struct arena *a, const struct json *content, const struct json *variables)
{
    const struct json *wants = json_get(content, "wants"), *gives = json_get(content, "gives");
    struct json *out = json_object(a);

    for (const struct json *w = json_is(wants, JSON_ARRAY) ? wants->first : NULL; w != NULL; w = w->next) {
        const struct json *v = gives == NULL || handover_names(gives, w->text) ? json_get_key(variables, w->text) : NULL;
        json_set_key(a, out, w->text, v != NULL ? json_copy(a, v) : json_null(a));
    }
    return out;
}

struct json *
handover_variables(struct arena *a, const struct json *offer, const struct json *agreement)
{
    const struct json *sets = json_get(agreement, "sets");
    struct json *variables = json_copy(a, json_get(offer, "variables"));

    for (const struct json *s = json_is(sets, JSON_OBJECT) ? sets->first : NULL; s != NULL; s = s->next) {
        json_set_key(a, variables, s->key, json_copy(a, s));
    }
    return variables;
}

enum rc
handover_open_applicant(struct arena *a, const struct hash *seed, const struct json *offer, struct json **out, struct err *err)
{
    struct str box, plain;
    struct json *applicant;
    enum rc rc;

    if (!json_is(json_get(offer, "applicant"), JSON_STRING)) {
        *out = NULL;
        return RC_OK;
    }
    if ((rc = base64_decode(a, json_str(offer, "applicant"), &box, err)) != RC_OK || (rc = box_open(a, seed->bytes, box, &plain, err)) != RC_OK ||
        (rc = json_parse(a, plain, JSON_UNIQUE, &applicant, err)) != RC_OK) {
        return rc == RC_LIMIT ? rc : err_problem(err, RC_INVALID, "applicant-unreadable", "who applies cannot be opened");
    }
    *out = applicant;
    return RC_OK;
}
