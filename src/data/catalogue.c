#include "data/catalogue.h"

#include "base/encode.h"
#include "base/utf8.h"
#include "crypto/hash.h"
#include "data/catalogue_sql.h"
#include "data/standard.h"
#include "evidence/act.h"

enum { TITLE_MAX = 200, NAME_MAX_BYTES = 64, BASIS_MAX = 500, URL_MAX = 1000, DAY_MINUTES = 1440 };

static bool
is_name(struct str s, const char *more)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
              str_find_byte(str_of(more), c) < str_of(more).len)) {
            return false;
        }
    }
    return s.len > 0 && s.len <= NAME_MAX_BYTES;
}

/* Parts between slashes, none of them empty: it stands in the path of a URL. */
static bool
is_code(struct str s)
{
    return is_name(s, "/-") && s.len <= RESOURCE_CODE_MAX && s.ptr[0] != '/' &&
           s.ptr[s.len - 1] != '/' && !str_has(s, STR("//"));
}

static enum rc
read_text(const struct json *j, const char *key, size_t most, bool needed, struct str *out,
          struct err *err)
{
    const struct json *v = json_get(j, key);

    *out = STR("");
    if (v == NULL && !needed) {
        return RC_OK;
    }
    if (!json_is(v, JSON_STRING) || v->text.len > most || (needed && v->text.len == 0) ||
        !utf8_is_plain(v->text)) {
        return err_set(err, RC_INVALID, "resource: %s is missing or not a plain text up to %zu bytes",
                       key, most);
    }
    *out = v->text;
    return RC_OK;
}

static enum rc
read_element(const struct json *j, struct resource *r, struct err *err)
{
    static const struct str types[] = {STR_INIT("text"), STR_INIT("code"), STR_INIT("date"),
                                       STR_INIT("number"), STR_INIT("id")};
    struct element e;
    int64_t grade = json_int_or(j, "grade", 0);
    size_t type = 0;
    enum rc rc;

    if ((rc = read_text(j, "name", NAME_MAX_BYTES, true, &e.name, err)) != RC_OK ||
        (rc = read_text(j, "title_zh", TITLE_MAX, true, &e.title_zh, err)) != RC_OK ||
        (rc = read_text(j, "title_en", TITLE_MAX, true, &e.title_en, err)) != RC_OK ||
        (rc = read_text(j, "type", NAME_MAX_BYTES, true, &e.type, err)) != RC_OK) {
        return rc;
    }
    while (type < sizeof(types) / sizeof(types[0]) && !str_eq(types[type], e.type)) {
        type++;
    }
    if (!is_name(e.name, "") || type == sizeof(types) / sizeof(types[0]) || grade < 1 || grade > 4) {
        return err_set(err, RC_INVALID, "element %.*s has a bad name, type or grade",
                       STR_ARG(e.name));
    }
    if (catalogue_element(r, e.name) != NULL) {
        return err_set(err, RC_INVALID, "element %.*s stands twice", STR_ARG(e.name));
    }
    e.grade = (int)grade;
    r->elements[r->element_count++] = e;
    return RC_OK;
}

static enum rc
read_elements(const struct json *list, struct resource *r, struct err *err)
{
    enum rc rc;

    if (!json_is(list, JSON_ARRAY) || list->count == 0 || list->count > RESOURCE_ELEMENTS_MAX) {
        return err_set(err, RC_INVALID, "a resource has 1 to %d elements", RESOURCE_ELEMENTS_MAX);
    }
    for (const struct json *j = list->first; j != NULL; j = j->next) {
        if ((rc = read_element(j, r, err)) != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

static enum rc
check_connector(const struct resource *r, struct err *err)
{
    const struct json *c = r->connector, *members = json_get(c, "members");
    struct str kind = json_str(c, "kind"), url = json_str(c, "url");

    if (c == NULL || str_eq(kind, STR("registry"))) {
        return RC_OK;
    }
    struct str target = str_from(str_from(url, 7), str_find_byte(str_from(url, 7), '/'));
    if (!str_eq(kind, STR("http")) || !str_starts(url, STR("http://")) || url.len > URL_MAX ||
        !str_has(target, STR("{key}"))) {
        return err_set(err, RC_INVALID, "connector: kind registry, or http with an http:// url and {key}");
    }
    for (size_t i = 0; i < url.len; i++) {
        if (url.ptr[i] <= ' ' || url.ptr[i] > '~') {
            return err_set(err, RC_INVALID, "connector: url is not percent-encoded");
        }
    }
    for (const struct json *m = members != NULL ? members->first : NULL; m != NULL; m = m->next) {
        if (!json_is(m, JSON_STRING) || catalogue_element(r, m->key) == NULL) {
            return err_set(err, RC_INVALID, "connector: members names no element %.*s",
                           STR_ARG(m->key));
        }
    }
    return RC_OK;
}

/* "07:30" as minutes. */
static bool
is_minute(struct str s)
{
    int64_t hour, minute;

    return s.len == 5 && s.ptr[2] == ':' && str_to_int(str_sub(s, 0, 2), &hour) &&
           str_to_int(str_sub(s, 3, 2), &minute) && hour >= 0 && minute >= 0 && minute < 60 &&
           hour * 60 + minute <= DAY_MINUTES;
}

static enum rc
check_limits(const struct json *l, struct err *err)
{
    const struct json *open = json_get(l, "open"), *close = json_get(l, "close"),
                      *urgent = json_get(l, "urgent"), *per_day = json_get(l, "per_day");
    int64_t count;

    if (l == NULL) {
        return RC_OK;
    }
    if ((open == NULL) != (close == NULL) ||
        (open != NULL && (!json_is(open, JSON_STRING) || !json_is(close, JSON_STRING) ||
                          !is_minute(open->text) || !is_minute(close->text)))) {
        return err_set(err, RC_INVALID, "limits: open and close are times such as 07:00");
    }
    if (per_day != NULL && (!json_as_int(per_day, &count) || count < 1)) {
        return err_set(err, RC_INVALID, "limits: per_day is a whole number from 1");
    }
    if (urgent != NULL && !json_is(urgent, JSON_BOOL)) {
        return err_set(err, RC_INVALID, "limits: urgent is true or false");
    }
    return RC_OK;
}

static enum rc
read_object(const struct json *document, const char *key, const struct json **out, struct err *err)
{
    const struct json *j = json_get(document, key);

    if (json_is(j, JSON_NULL)) {
        j = NULL;
    }
    if (j != NULL && !json_is(j, JSON_OBJECT)) {
        return err_set(err, RC_INVALID, "resource: %s is not an object", key);
    }
    *out = j;
    return RC_OK;
}

enum rc
catalogue_read(struct arena *a, const struct json *d, struct resource **out, struct err *err)
{
    struct resource *r = arena_alloc(a, 1, sizeof(*r));
    int64_t sharing = json_int_or(d, "sharing", 0);
    enum rc rc;

    if (r == NULL) {
        return err_set(err, RC_LIMIT, "no room for a resource");
    }
    if (sharing < SHARING_OPEN || sharing > SHARING_NONE) {
        return err_set(err, RC_INVALID, "resource: sharing is 1, 2 or 3");
    }
    r->sharing = sharing == SHARING_OPEN          ? SHARING_OPEN
                 : sharing == SHARING_CONDITIONAL ? SHARING_CONDITIONAL
                                                  : SHARING_NONE;
    bool needs_basis = r->sharing != SHARING_OPEN;
    if ((rc = read_text(d, "code", RESOURCE_CODE_MAX, true, &r->code, err)) != RC_OK ||
        (rc = read_text(d, "title_zh", TITLE_MAX, true, &r->title_zh, err)) != RC_OK ||
        (rc = read_text(d, "title_en", TITLE_MAX, true, &r->title_en, err)) != RC_OK ||
        (rc = read_text(d, "owner", NAME_MAX_BYTES, true, &r->owner, err)) != RC_OK ||
        (rc = read_text(d, "owner_zh", TITLE_MAX, true, &r->owner_zh, err)) != RC_OK ||
        (rc = read_text(d, "owner_en", TITLE_MAX, true, &r->owner_en, err)) != RC_OK ||
        (rc = read_text(d, "node", NAME_MAX_BYTES, true, &r->node, err)) != RC_OK ||
        (rc = read_text(d, "basis", BASIS_MAX, needs_basis, &r->basis, err)) != RC_OK ||
        (rc = read_text(d, "key_kind", NAME_MAX_BYTES, true, &r->key_kind, err)) != RC_OK ||
        (rc = read_text(d, "subject_kind", NAME_MAX_BYTES, false, &r->subject_kind, err)) != RC_OK ||
        (rc = read_object(d, "connector", &r->connector, err)) != RC_OK ||
        (rc = read_object(d, "limits", &r->limits, err)) != RC_OK ||
        (rc = read_object(d, "standard", &r->standard, err)) != RC_OK) {
        return rc;
    }
    if (!is_code(r->code)) {
        return err_set(err, RC_INVALID, "resource code %.*s is not usable in an address",
                       STR_ARG(r->code));
    }
    if ((rc = read_elements(json_get(d, "elements"), r, err)) != RC_OK ||
        (rc = check_connector(r, err)) != RC_OK || (rc = check_limits(r->limits, err)) != RC_OK) {
        return rc;
    }
    *out = r;
    return RC_OK;
}

const struct element *
catalogue_element(const struct resource *r, struct str name)
{
    for (size_t i = 0; i < r->element_count; i++) {
        if (str_eq(r->elements[i].name, name)) {
            return &r->elements[i];
        }
    }
    return NULL;
}

struct find {
    struct arena *arena;
    struct resource *resource; /* NULL: none */
    struct str document;
    struct json *list; /* of a whole list */
};

static enum rc
read_row(const struct row *row, struct find *f, struct resource **out, struct err *err)
{
    struct json *j;
    enum rc rc;

    if ((rc = row_copy_text(row, 2, f->arena, &f->document, err)) != RC_OK ||
        (rc = json_parse(f->arena, f->document, JSON_UNIQUE, &j, err)) != RC_OK ||
        (rc = catalogue_read(f->arena, j, out, err)) != RC_OK) {
        /* It was checked before it was stored. */
        return rc == RC_INVALID ? err_set(err, RC_CORRUPT, "a stored resource is wrong") : rc;
    }
    (*out)->version = row_int(row, 0);
    (*out)->updated_us = row_int(row, 1);
    return RC_OK;
}

static enum rc
find_row(const struct row *row, void *ctx, struct err *err)
{
    struct find *f = ctx;

    return read_row(row, f, &f->resource, err);
}

static enum rc
found(const struct find *f, struct str code, struct resource **out, struct err *err)
{
    if (f->resource == NULL) {
        return err_set(err, RC_NOT_FOUND, "no resource %.*s", STR_ARG(code));
    }
    *out = f->resource;
    return RC_OK;
}

enum rc
catalogue_get(const struct db *db, struct arena *a, struct str code, struct resource **out,
              struct err *err)
{
    struct find f = {.arena = a};
    enum rc rc = store_read(db, &RESOURCE_BY_CODE, VALUES(V_TEXT(code)), find_row, &f, err);

    return rc != RC_OK ? rc : found(&f, code, out, err);
}

enum rc
catalogue_find(struct tx *tx, struct arena *a, struct str code, struct resource **out,
               struct err *err)
{
    struct find f = {.arena = a};
    enum rc rc = tx_run(tx, &RESOURCE_BY_CODE, VALUES(V_TEXT(code)), find_row, &f, err);

    return rc != RC_OK ? rc : found(&f, code, out, err);
}

static enum rc
document_row(const struct row *row, void *ctx, struct err *err)
{
    struct find *f = ctx;

    return row_copy_text(row, 2, f->arena, &f->document, err);
}

enum rc
catalogue_owner(const struct db *db, struct arena *a, struct str code, struct owner *out,
                struct err *err)
{
    struct find f = {.arena = a, .document = STR("")};
    struct json *d;
    enum rc rc = store_read(db, &RESOURCE_BY_CODE, VALUES(V_TEXT(code)), document_row, &f, err);

    if (rc == RC_OK && f.document.len == 0) {
        return err_set(err, RC_NOT_FOUND, "no resource %.*s", STR_ARG(code));
    }
    if (rc != RC_OK || (rc = json_parse(a, f.document, JSON_ANY, &d, err)) != RC_OK) {
        return rc;
    }
    *out = (struct owner){json_str(d, "owner_zh"), json_str(d, "owner_en")};
    return RC_OK;
}

/* Text that was made on the arena: one that did not fit there is lost, not empty. */
static void
set_made(struct arena *a, struct json *j, const char *key, struct str text)
{
    json_set(a, j, key, text.ptr != NULL ? json_text(a, text) : NULL);
}

static enum rc
write_act(struct tx *tx, struct arena *a, const struct resource *r, int64_t version,
          struct str document, int64_t now_us, struct err *err)
{
    struct hash digest = hash_sha256(document);
    struct json *detail = json_object(a);
    struct act_ref ref;

    json_set_int(a, detail, "version", version);
    set_made(a, detail, "sha256", hex_of(a, hash_str(&digest)));
    const struct act act = {.kind = ACT_PUBLISH,
                            .at_us = now_us,
                            .actor = STR("system"),
                            .org = r->owner,
                            .resource = r->code,
                            .detail = detail};
    return act_add(tx, a, &act, &ref, err);
}

enum rc
catalogue_put(struct tx *tx, struct arena *a, const struct json *resource, int64_t now_us,
              struct err *err)
{
    struct find old = {.arena = a};
    const struct schema *standard;
    struct resource *r;
    struct str document;
    enum rc rc;

    if ((rc = catalogue_read(a, resource, &r, err)) != RC_OK || (rc = standard_read(a, r, &standard, err)) != RC_OK ||
        (rc = json_print(a, resource, &document, err)) != RC_OK) {
        return rc;
    }
    if (document.len > RESOURCE_BYTES_MAX) {
        return err_set(err, RC_LIMIT, "resource passes %d bytes", RESOURCE_BYTES_MAX);
    }
    if ((rc = tx_run(tx, &RESOURCE_BY_CODE, VALUES(V_TEXT(r->code)), find_row, &old, err)) != RC_OK) {
        return rc;
    }
    if (old.resource != NULL && str_eq(old.document, document)) {
        return RC_OK;
    }
    int64_t version = old.resource != NULL ? old.resource->version + 1 : 1;
    if ((rc = tx_run(tx, &RESOURCE_PUT,
                     VALUES(V_TEXT(r->code), V_TEXT(r->node), V_TEXT(r->owner), V_INT(version),
                            V_INT(now_us), V_TEXT(document)),
                     NULL, NULL, err)) != RC_OK ||
        (rc = tx_run(tx, &RESOURCE_VERSION_ADD,
                     VALUES(V_TEXT(r->code), V_INT(version), V_INT(now_us), V_TEXT(document)), NULL,
                     NULL, err)) != RC_OK) {
        return rc;
    }
    return write_act(tx, a, r, version, document, now_us, err);
}

static enum rc
list_row(const struct row *row, void *ctx, struct err *err)
{
    struct find *f = ctx;
    struct resource *r;
    enum rc rc = read_row(row, f, &r, err);

    if (rc == RC_OK) {
        json_push(f->list, catalogue_document(f->arena, r));
    }
    return rc;
}

enum rc
catalogue_list(const struct db *db, struct arena *a, struct str after, int limit, struct json **out,
               struct err *err)
{
    struct find f = {.arena = a, .list = json_array(a)};
    enum rc rc;

    if ((rc = store_read(db, &RESOURCE_LIST, VALUES(V_TEXT(after), V_INT(limit)), list_row, &f,
                         err)) != RC_OK ||
        (rc = json_whole(f.list, err)) != RC_OK) {
        return rc;
    }
    *out = f.list;
    return RC_OK;
}

static struct json *
element_document(struct arena *a, const struct element *e)
{
    struct json *j = json_object(a);

    json_set_text(a, j, "name", e->name);
    json_set_text(a, j, "title_zh", e->title_zh);
    json_set_text(a, j, "title_en", e->title_en);
    json_set_text(a, j, "type", e->type);
    json_set_int(a, j, "grade", e->grade);
    return j;
}

struct json *
catalogue_document(struct arena *a, const struct resource *r)
{
    struct json *j = json_object(a), *elements = json_array(a);

    json_set_text(a, j, "code", r->code);
    json_set_text(a, j, "title_zh", r->title_zh);
    json_set_text(a, j, "title_en", r->title_en);
    json_set_text(a, j, "owner", r->owner);
    json_set_text(a, j, "owner_zh", r->owner_zh);
    json_set_text(a, j, "owner_en", r->owner_en);
    json_set_text(a, j, "node", r->node);
    json_set_int(a, j, "sharing", r->sharing);
    json_set_text(a, j, "basis", r->basis);
    json_set_text(a, j, "key_kind", r->key_kind);
    json_set_text(a, j, "subject_kind", r->subject_kind);
    json_set_int(a, j, "version", r->version);
    set_made(a, j, "updated", instant_text(a, r->updated_us, 0));
    if (r->limits != NULL) {
        json_set(a, j, "limits", json_copy(a, r->limits));
    }
    if (r->standard != NULL) {
        json_set(a, j, "standard", json_copy(a, r->standard));
    }
    for (size_t i = 0; i < r->element_count; i++) {
        json_push(elements, element_document(a, &r->elements[i]));
    }
    json_set(a, j, "elements", elements);
    return j;
}
