/*
 * The signature base is one line a component, `identifier: value`, and a last line that repeats the
 * components and parameters.  Both sides build it from what they have and never send it, so what is not
 * covered, or differs by one byte, cannot be passed off as signed.
 *
 * Where the RFC leaves room this file takes the narrow way: a label, a component or a parameter that stands twice
 * is refused; ;sf needs a field whose type is known here; a value outside printable ASCII needs ;bs.
 */
#include "exchange/http_signature.h"

#include "base/encode.h"
#include "crypto/hash.h"
#include "exchange/structured.h"

/* Fields whose type is known: a strict serialisation (;sf) cannot be made without it (RFC 9421 §2.1.1). */
enum field_type { FIELD_ITEM, FIELD_LIST, FIELD_DICTIONARY };

static const struct {
    struct str name;
    enum field_type type;
} field_types[] = {
    {STR_INIT("cache-status"), FIELD_LIST},
    {STR_INIT("client-cert"), FIELD_ITEM},
    {STR_INIT("client-cert-chain"), FIELD_LIST},
    {STR_INIT("content-digest"), FIELD_DICTIONARY},
    {STR_INIT("priority"), FIELD_DICTIONARY},
    {STR_INIT("proxy-status"), FIELD_LIST},
    {STR_INIT("repr-digest"), FIELD_DICTIONARY},
    {STR_INIT("signature"), FIELD_DICTIONARY},
    {STR_INIT("signature-input"), FIELD_DICTIONARY},
    {STR_INIT("want-content-digest"), FIELD_DICTIONARY},
    {STR_INIT("want-repr-digest"), FIELD_DICTIONARY},
    {STR_INIT("zhengtong-act"), FIELD_ITEM},
    {STR_INIT("zhengtong-purpose"), FIELD_DICTIONARY},
};

struct component {
    struct str name;
    struct str query_name; /* @query-param;name */
    struct str key;        /* field;key */
    bool has_query_name;
    bool has_key;
    bool sf;
    bool bs;
    bool req;
};

static enum rc
bad_component(const struct component *c, const char *why, struct err *err)
{
    return err_set(err, RC_INVALID, "component \"%.*s\" %s", STR_ARG(c->name), why);
}

static enum rc
component_flag(const struct structured *p, bool *flag, struct err *err)
{
    if (p->kind != STRUCTURED_BOOLEAN || p->integer == 0) {
        return err_set(err, RC_INVALID, "component parameter %.*s takes no value", STR_ARG(p->key));
    }
    *flag = true;
    return RC_OK;
}

static enum rc
component_name(const struct structured *p, struct str *name, bool *has, struct err *err)
{
    if (p->kind != STRUCTURED_STRING) {
        return err_set(err, RC_INVALID, "component parameter %.*s needs a string", STR_ARG(p->key));
    }
    *name = p->text;
    *has = true;
    return RC_OK;
}

static enum rc
component_param(const struct structured *p, struct component *out, struct err *err)
{
    if (str_eq(p->key, STR("req"))) {
        return component_flag(p, &out->req, err);
    }
    if (str_eq(p->key, STR("sf"))) {
        return component_flag(p, &out->sf, err);
    }
    if (str_eq(p->key, STR("bs"))) {
        return component_flag(p, &out->bs, err);
    }
    if (str_eq(p->key, STR("key"))) {
        return component_name(p, &out->key, &out->has_key, err);
    }
    if (str_eq(p->key, STR("name"))) {
        return component_name(p, &out->query_name, &out->has_query_name, err);
    }
    return bad_component(out, "has an unknown parameter", err);
}

static bool
is_field_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (c <= ' ' || c > '~' || (c >= 'A' && c <= 'Z') || c == '"' || c == ':') {
            return false;
        }
    }
    return name.len > 0;
}

/* What the identifier asks for, and whether its parameters may stand together. */
static enum rc
component_read(const struct structured *item, struct component *out, struct err *err)
{
    struct component c = {.name = item->text};
    enum rc rc;

    if (item->kind != STRUCTURED_STRING || !is_field_name(item->text)) {
        return err_set(err, RC_INVALID, "a component is a string in lower case");
    }
    for (const struct structured *p = item->params; p != NULL; p = p->next) {
        if ((rc = component_param(p, &c, err)) != RC_OK) {
            return rc;
        }
    }
    bool derived = str_starts(c.name, STR("@"));
    if (derived && (c.sf || c.bs || c.has_key)) {
        return bad_component(&c, "is not a field", err);
    }
    if (c.has_query_name != str_eq(c.name, STR("@query-param"))) {
        return bad_component(&c, c.has_query_name ? "takes no name" : "needs a name", err);
    }
    if (c.bs && (c.sf || c.has_key)) {
        return bad_component(&c, "cannot be both bytes and structured", err);
    }
    *out = c;
    return RC_OK;
}

/*
 * An identifier from its text.  Most are "name" or "name";req, and those are read where they stand: a signature base
 * is made four times for every exchange.
 */
static enum rc
component_parse(struct arena *a, struct str text, struct component *out, struct err *err)
{
    static const struct str req = STR_INIT(";req");
    struct str name = text;
    struct structured *item;
    bool of_request = str_ends(name, req);
    enum rc rc;

    name.len -= of_request ? req.len : 0;
    if (name.len > 2 && name.ptr[0] == '"' && name.ptr[name.len - 1] == '"' &&
        is_field_name(str_sub(name, 1, name.len - 2)) && str_find_byte(name, '\\') == name.len &&
        !str_eq(name, STR("\"@query-param\""))) {
        *out = (struct component){.name = str_sub(name, 1, name.len - 2), .req = of_request};
        return RC_OK;
    }
    if ((rc = structured_item(a, text, &item, err)) != RC_OK) {
        return rc;
    }
    return component_read(item, out, err);
}

static bool
component_eq(const struct component *a, const struct component *b)
{
    return str_eq(a->name, b->name) && a->sf == b->sf && a->bs == b->bs && a->req == b->req &&
           a->has_key == b->has_key && str_eq(a->key, b->key) &&
           str_eq(a->query_name, b->query_name);
}

/* --- derived components (RFC 9421 §2.2) --- */

static struct str
target_path(struct str target)
{
    return str_sub(target, 0, str_find_byte(target, '?'));
}

static void
put_authority(struct buf *out, const struct signed_message *m)
{
    struct str host = m->authority;
    struct str port = str_eq_fold(m->scheme, STR("https")) ? STR(":443") : STR(":80");

    if (str_ends(host, port)) {
        host.len -= port.len;
    }
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        buf_put_char(out, (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
    }
}

/* The percent-encode set of application/x-www-form-urlencoded, with %20 for a blank. */
static void
put_query_text(struct buf *out, struct str text)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '*' ||
            c == '-' || c == '.' || c == '_') {
            buf_put_char(out, (char)c);
        } else {
            buf_put_char(out, '%');
            buf_put_char(out, hex[c >> 4]);
            buf_put_char(out, hex[c & 15]);
        }
    }
}

/* Decode as a form does and encode again: the one spelling of a name or value. */
static enum rc
query_text(struct arena *a, struct str raw, struct str *out, struct err *err)
{
    struct buf b;
    struct str plain;
    enum rc rc = percent_decode(a, raw, true, &plain, err);

    if (rc != RC_OK) {
        return rc;
    }
    buf_init(&b, a, plain.len * 3 + 1);
    put_query_text(&b, plain);
    return buf_finish(&b, out, err);
}

static enum rc
put_query_param(struct arena *a, struct buf *out, const struct signed_message *m,
                const struct component *c, struct err *err)
{
    struct str rest = str_from(m->target, str_find_byte(m->target, '?') + 1), part;
    struct str found = {NULL, 0}, name, value;
    bool seen = false;
    enum rc rc;

    while (str_next(&rest, '&', &part)) {
        size_t equals = str_find_byte(part, '=');
        if ((rc = query_text(a, str_sub(part, 0, equals), &name, err)) != RC_OK ||
            (rc = query_text(a, str_from(part, equals + 1), &value, err)) != RC_OK) {
            return rc;
        }
        if (str_eq(name, c->query_name)) {
            if (seen) {
                return bad_component(c, "names a parameter that stands twice", err);
            }
            seen = true;
            found = value;
        }
    }
    if (!seen) {
        return bad_component(c, "names a parameter that is not there", err);
    }
    buf_put(out, found);
    return RC_OK;
}

static enum rc
put_derived(struct arena *a, struct buf *out, const struct signed_message *m,
            const struct component *c, struct err *err)
{
    struct str path = target_path(m->target);

    if (str_eq(c->name, STR("@status"))) {
        if (m->is_request) {
            return bad_component(c, "belongs to an answer", err);
        }
        buf_put_int(out, m->status);
        return RC_OK;
    }
    if (!m->is_request) {
        return bad_component(c, "belongs to a request", err);
    }
    if (str_eq(c->name, STR("@method"))) {
        buf_put(out, m->method);
    } else if (str_eq(c->name, STR("@target-uri"))) {
        buf_put(out, m->scheme);
        buf_put(out, STR("://"));
        put_authority(out, m);
        buf_put(out, m->target);
    } else if (str_eq(c->name, STR("@authority"))) {
        put_authority(out, m);
    } else if (str_eq(c->name, STR("@scheme"))) {
        buf_put(out, m->scheme);
    } else if (str_eq(c->name, STR("@request-target"))) {
        buf_put(out, m->target);
    } else if (str_eq(c->name, STR("@path"))) {
        buf_put(out, path.len == 0 ? STR("/") : path);
    } else if (str_eq(c->name, STR("@query"))) {
        buf_put_char(out, '?');
        buf_put(out, str_from(m->target, path.len + 1));
    } else if (str_eq(c->name, STR("@query-param"))) {
        return put_query_param(a, out, m, c, err);
    } else {
        return bad_component(c, "is unknown", err);
    }
    return RC_OK;
}

/* --- fields (RFC 9421 §2.1) --- */

static enum rc
put_bytes_field(struct buf *out, const struct signed_message *m, const struct component *c,
                struct err *err)
{
    size_t seen = 0;

    for (size_t i = 0; i < m->fields->count; i++) {
        const struct http_field *f = &m->fields->field[i];
        if (str_eq_fold(f->name, c->name)) {
            buf_put(out, seen++ > 0 ? STR(", ") : STR(""));
            structured_put_bytes(out, str_trim(f->value));
        }
    }
    return seen > 0 ? RC_OK : bad_component(c, "is not in the message", err);
}

/* All lines of that name as one value.  One line, which is the rule, stays where it is. */
static enum rc
joined_field(struct arena *a, const struct signed_message *m, const struct component *c,
             struct str *out, struct err *err)
{
    struct buf joined;
    struct str value = {NULL, 0};
    size_t seen = 0;

    buf_init(&joined, a, SIZE_MAX);
    for (size_t i = 0; i < m->fields->count; i++) {
        const struct http_field *f = &m->fields->field[i];
        if (!str_eq_fold(f->name, c->name)) {
            continue;
        }
        if (seen++ > 0) {
            if (seen == 2) {
                buf_put(&joined, value);
            }
            buf_put(&joined, STR(", "));
            buf_put(&joined, str_trim(f->value));
        }
        value = str_trim(f->value);
    }
    if (seen == 0) {
        return bad_component(c, "is not in the message", err);
    }
    if (seen == 1) {
        *out = value;
        return RC_OK;
    }
    return buf_finish(&joined, out, err);
}

static enum rc
put_dictionary_member(struct arena *a, struct buf *out, const struct component *c, struct str value,
                      struct err *err)
{
    struct structured *members;
    enum rc rc = structured_dictionary(a, value, false, &members, err);

    if (rc != RC_OK) {
        return rc;
    }
    const struct structured *m = structured_get(members, c->key);
    if (m == NULL) {
        return bad_component(c, "has no such key", err);
    }
    structured_put(out, m);
    return RC_OK;
}

static enum rc
put_structured_field(struct arena *a, struct buf *out, const struct component *c, struct str value,
                     struct err *err)
{
    struct structured *v;
    enum rc rc;

    for (size_t i = 0; i < sizeof(field_types) / sizeof(field_types[0]); i++) {
        if (!str_eq(field_types[i].name, c->name)) {
            continue;
        }
        switch (field_types[i].type) {
        case FIELD_ITEM:
            if ((rc = structured_item(a, value, &v, err)) == RC_OK) {
                structured_put(out, v);
            }
            return rc;
        case FIELD_LIST:
            if ((rc = structured_list(a, value, &v, err)) == RC_OK) {
                structured_put_list(out, v);
            }
            return rc;
        case FIELD_DICTIONARY:
            if ((rc = structured_dictionary(a, value, false, &v, err)) == RC_OK) {
                structured_put_dictionary(out, v);
            }
            return rc;
        }
    }
    return bad_component(c, "is not known to be structured", err);
}

static enum rc
put_field(struct arena *a, struct buf *out, const struct signed_message *m,
          const struct component *c, struct err *err)
{
    struct str value;
    enum rc rc;

    if (c->bs) {
        return put_bytes_field(out, m, c, err);
    }
    if ((rc = joined_field(a, m, c, &value, err)) != RC_OK) {
        return rc;
    }
    for (size_t i = 0; i < value.len; i++) {
        if ((value.ptr[i] < ' ' && value.ptr[i] != '\t') || value.ptr[i] > '~') {
            return bad_component(c, "holds bytes that can only be covered with ;bs", err);
        }
    }
    if (c->has_key) {
        return put_dictionary_member(a, out, c, value, err);
    }
    if (c->sf) {
        return put_structured_field(a, out, c, value, err);
    }
    buf_put(out, value);
    return RC_OK;
}

static enum rc
put_component(struct arena *a, struct buf *out, const struct signed_message *m,
              const struct component *c, struct err *err)
{
    if (c->req) {
        if (m->is_request || m->request == NULL) {
            return bad_component(c, "has no request to look at", err);
        }
        m = m->request;
    }
    return str_starts(c->name, STR("@")) ? put_derived(a, out, m, c, err)
                                         : put_field(a, out, m, c, err);
}

enum rc
signature_base(struct arena *a, const struct signed_message *m, const struct signature_params *p,
               struct str *out, struct err *err)
{
    struct component seen[SIGNATURE_COMPONENTS_MAX];
    struct buf b;
    enum rc rc;

    CHECK(p->component_count <= SIGNATURE_COMPONENTS_MAX && p->inner.len > 0);
    buf_init(&b, a, SIZE_MAX);
    for (size_t i = 0; i < p->component_count; i++) {
        if ((rc = component_parse(a, p->components[i], &seen[i], err)) != RC_OK) {
            return rc;
        }
        for (size_t k = 0; k < i; k++) {
            if (component_eq(&seen[k], &seen[i])) {
                return bad_component(&seen[i], "stands twice", err);
            }
        }
        buf_put(&b, p->components[i]);
        buf_put(&b, STR(": "));
        if ((rc = put_component(a, &b, m, &seen[i], err)) != RC_OK) {
            return rc;
        }
        buf_put_char(&b, '\n');
    }
    buf_put(&b, STR("\"@signature-params\": "));
    buf_put(&b, p->inner);
    return buf_finish(&b, out, err);
}

/* --- the two fields --- */

static enum rc
read_time(const struct structured *list, struct str key, int64_t *out, struct err *err)
{
    const struct structured *v = structured_get(list, key);

    *out = -1;
    if (v == NULL) {
        return RC_OK;
    }
    if (v->kind != STRUCTURED_INTEGER || v->integer < 0) {
        return err_set(err, RC_INVALID, "signature parameter %.*s is not a time", STR_ARG(key));
    }
    *out = v->integer;
    return RC_OK;
}

static enum rc
read_text(const struct structured *list, struct str key, struct str *out, struct err *err)
{
    const struct structured *v = structured_get(list, key);

    *out = STR("");
    if (v == NULL) {
        return RC_OK;
    }
    if (v->kind != STRUCTURED_STRING) {
        return err_set(err, RC_INVALID, "signature parameter %.*s is not a string", STR_ARG(key));
    }
    *out = v->text;
    return RC_OK;
}

static enum rc
put_to_text(struct arena *a, const struct structured *v, struct str *out, struct err *err)
{
    struct buf b;

    buf_init(&b, a, SIZE_MAX);
    structured_put(&b, v);
    return buf_finish(&b, out, err);
}

static enum rc
read_components(struct arena *a, const struct structured *list, struct signature_params *out,
                struct err *err)
{
    struct str *text = arena_alloc(a, SIGNATURE_COMPONENTS_MAX, sizeof(*text));
    enum rc rc;

    if (text == NULL) {
        return err_set(err, RC_LIMIT, "no room for components");
    }
    out->components = text;
    for (const struct structured *i = list->items; i != NULL; i = i->next) {
        struct component c;
        if (out->component_count == SIGNATURE_COMPONENTS_MAX) {
            return err_set(err, RC_INVALID, "more than %d components", SIGNATURE_COMPONENTS_MAX);
        }
        if ((rc = component_read(i, &c, err)) != RC_OK ||
            (rc = put_to_text(a, i, &text[out->component_count++], err)) != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

static enum rc
member_of(struct arena *a, struct str value, struct str label, enum structured_kind kind,
          const struct structured **out, struct err *err)
{
    struct structured *members;
    enum rc rc = structured_dictionary(a, value, true, &members, err);

    if (rc != RC_OK) {
        return rc;
    }
    const struct structured *m = structured_get(members, label);
    if (m == NULL) {
        return err_set(err, RC_NOT_FOUND, "no signature is labelled %.*s", STR_ARG(label));
    }
    if (m->kind != kind) {
        return err_set(err, RC_INVALID, "signature %.*s has the wrong shape", STR_ARG(label));
    }
    *out = m;
    return RC_OK;
}

enum rc
signature_input_parse(struct arena *a, struct str value, struct str label,
                      struct signature_params *out, struct err *err)
{
    struct signature_params p = {.created = -1, .expires = -1};
    const struct structured *m;
    enum rc rc;

    if ((rc = member_of(a, value, label, STRUCTURED_INNER_LIST, &m, err)) != RC_OK ||
        (rc = read_components(a, m, &p, err)) != RC_OK ||
        (rc = read_time(m->params, STR("created"), &p.created, err)) != RC_OK ||
        (rc = read_time(m->params, STR("expires"), &p.expires, err)) != RC_OK ||
        (rc = read_text(m->params, STR("keyid"), &p.keyid, err)) != RC_OK ||
        (rc = read_text(m->params, STR("alg"), &p.algorithm, err)) != RC_OK ||
        (rc = read_text(m->params, STR("nonce"), &p.nonce, err)) != RC_OK ||
        (rc = read_text(m->params, STR("tag"), &p.tag, err)) != RC_OK ||
        (rc = put_to_text(a, m, &p.inner, err)) != RC_OK) {
        return rc;
    }
    *out = p;
    return RC_OK;
}

enum rc
signature_value_parse(struct arena *a, struct str value, struct str label, struct str *out,
                      struct err *err)
{
    const struct structured *m;
    enum rc rc = member_of(a, value, label, STRUCTURED_BYTES, &m, err);

    if (rc == RC_OK) {
        *out = m->text;
    }
    return rc;
}

static bool
put_param(struct buf *out, const char *name, struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < ' ' || value.ptr[i] > '~') {
            return false;
        }
    }
    if (value.len > 0) {
        buf_put_char(out, ';');
        buf_put(out, str_of(name));
        buf_put_char(out, '=');
        structured_put_text(out, value);
    }
    return true;
}

enum rc
signature_params_set(struct arena *a, struct signature_params *p, struct err *err)
{
    struct buf b;

    buf_init(&b, a, SIZE_MAX);
    buf_put_char(&b, '(');
    for (size_t i = 0; i < p->component_count; i++) {
        buf_put(&b, i > 0 ? STR(" ") : STR(""));
        buf_put(&b, p->components[i]);
    }
    buf_put_char(&b, ')');
    if (p->created >= 0) {
        buf_put_fmt(&b, ";created=%lld", (long long)p->created);
    }
    if (p->expires >= 0) {
        buf_put_fmt(&b, ";expires=%lld", (long long)p->expires);
    }
    if (!put_param(&b, "keyid", p->keyid) || !put_param(&b, "alg", p->algorithm) ||
        !put_param(&b, "nonce", p->nonce) || !put_param(&b, "tag", p->tag)) {
        return err_set(err, RC_INVALID, "signature parameters are plain ASCII");
    }
    return buf_finish(&b, &p->inner, err);
}

bool
signature_covers_exactly(const struct signature_params *p, const struct str *components,
                         size_t count)
{
    if (p->component_count != count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (k < count && !str_eq(p->components[k], components[i])) {
            k++;
        }
        if (k == count) {
            return false;
        }
    }
    return true;
}

enum rc
signature_fields(struct arena *a, struct str label, const struct signature_params *p,
                 struct str signature, struct str *input, struct str *value, struct err *err)
{
    struct buf in, out;
    enum rc rc;

    buf_init(&in, a, SIZE_MAX);
    buf_put(&in, label);
    buf_put_char(&in, '=');
    buf_put(&in, p->inner);
    buf_init(&out, a, SIZE_MAX);
    buf_put(&out, label);
    buf_put_char(&out, '=');
    structured_put_bytes(&out, signature);
    if ((rc = buf_finish(&in, input, err)) != RC_OK) {
        return rc;
    }
    return buf_finish(&out, value, err);
}

struct str
content_digest(struct arena *a, struct str body)
{
    struct hash h = hash_sha256(body);
    struct err unused;
    struct str out;
    struct buf b;

    buf_init(&b, a, SIZE_MAX);
    buf_put(&b, STR("sha-256="));
    structured_put_bytes(&b, hash_str(&h));
    return buf_finish(&b, &out, &unused) == RC_OK ? out : (struct str){NULL, 0};
}

enum rc
content_digest_check(struct arena *a, struct str value, struct str body, struct err *err)
{
    struct hash h = hash_sha256(body);
    struct structured *members;
    enum rc rc = structured_dictionary(a, value, true, &members, err);

    if (rc == RC_LIMIT) {
        return rc;
    }
    const struct structured *m =
        rc == RC_OK ? structured_get(members, STR("sha-256")) : NULL;
    if (m == NULL || m->kind != STRUCTURED_BYTES || !str_eq(m->text, hash_str(&h))) {
        return err_problem(err, RC_INVALID, "digest-mismatch", "Content-Digest does not fit the body");
    }
    return RC_OK;
}
