/*
 * Order of checks when reading: what costs nothing first (fields, names, time, digest), the signature last.  Every
 * check is made on every message; the order only decides which reason is told.
 */
#include "exchange/envelope.h"

#include "base/utf8.h"
#include "crypto/random.h"
#include "exchange/structured.h"

static const struct str label = STR_INIT("zt");
static const struct str ask_tag = STR_INIT("zhengtong-ask");
static const struct str answer_tag = STR_INIT("zhengtong-answer");

static const struct str ask_components[] = {
    STR_INIT("\"@method\""),      STR_INIT("\"@target-uri\""),      STR_INIT("\"content-type\""),
    STR_INIT("\"content-digest\""), STR_INIT("\"zhengtong-purpose\""),
};
static const struct str answer_components[] = {
    STR_INIT("\"@status\""),        STR_INIT("\"content-type\""),  STR_INIT("\"content-digest\""),
    STR_INIT("\"zhengtong-act\""),  STR_INIT("\"signature\";req"), STR_INIT("\"content-digest\";req"),
};
enum {
    ASK_COMPONENTS = sizeof(ask_components) / sizeof(ask_components[0]),
    ANSWER_COMPONENTS = sizeof(answer_components) / sizeof(answer_components[0])
};

/* --- purpose --- */

static void
put_member(struct buf *b, const char *key, struct str text)
{
    buf_put(b, b->len > 0 ? STR(", ") : STR(""));
    buf_put(b, str_of(key));
    buf_put_char(b, '=');
    structured_put_text(b, text);
}

enum rc
purpose_put(struct arena *a, const struct purpose *p, struct str *out, struct err *err)
{
    struct buf b;

    buf_init(&b, a, ENVELOPE_FIELD_MAX);
    put_member(&b, "case", p->case_no);
    put_member(&b, "item", p->item);
    put_member(&b, "basis", p->basis);
    put_member(&b, "actor", p->actor);
    if (p->urgent) {
        buf_put(&b, STR(", urgent"));
    }
    return buf_finish(&b, out, err);
}

static bool
read_member(const struct structured *members, struct str key, struct str *out)
{
    const struct structured *m = structured_get(members, key);

    if (m == NULL || (m->kind != STRUCTURED_STRING && m->kind != STRUCTURED_DISPLAY) ||
        m->text.len == 0 || !utf8_is_plain(m->text)) {
        return false;
    }
    *out = m->text;
    return true;
}

enum rc
purpose_parse(struct arena *a, struct str value, struct purpose *out, struct err *err)
{
    struct structured *members;
    struct purpose p = {.urgent = false};
    enum rc rc = structured_dictionary(a, value, true, &members, err);

    if (rc == RC_LIMIT) {
        return rc;
    }
    if (rc != RC_OK || !read_member(members, STR("case"), &p.case_no) ||
        !read_member(members, STR("item"), &p.item) ||
        !read_member(members, STR("basis"), &p.basis) ||
        !read_member(members, STR("actor"), &p.actor)) {
        return err_problem(err, RC_INVALID, "purpose-missing", "Zhengtong-Purpose is not complete");
    }
    const struct structured *urgent = structured_get(members, STR("urgent"));
    p.urgent = urgent != NULL && urgent->kind == STRUCTURED_BOOLEAN && urgent->integer != 0;
    *out = p;
    return RC_OK;
}

/* --- making --- */

static enum rc
add_fields(struct envelope *e, const struct http_field *fields, size_t count, struct err *err)
{
    e->fields.count = 0;
    for (size_t i = 0; i < count; i++) {
        if (fields[i].value.ptr == NULL || !http_add(&e->fields, fields[i].name, fields[i].value)) {
            return err_set(err, RC_LIMIT, "no room for the fields of an exchange");
        }
    }
    return RC_OK;
}

static enum rc
make_base(struct arena *a, struct envelope *e, struct err *err)
{
    enum rc rc = signature_params_set(a, &e->params, err);

    e->message.fields = &e->fields;
    return rc != RC_OK ? rc : signature_base(a, &e->message, &e->params, &e->base, err);
}

/*
 * The time first, so that the provider's index of nonces grows at its end: with random ones every question
 * would touch another page of it, and a group commit as many as it has questions.  What makes a nonce one is the
 * random rest.
 */
static struct str
new_nonce(struct arena *a, int64_t created)
{
    struct str random = random_token(a, ENVELOPE_NONCE_BYTES);

    return random.ptr == NULL ? random
                              : str_fmt(a, "%010llx%.*s", (unsigned long long)created, STR_ARG(random));
}

enum rc
envelope_ask(struct arena *a, struct envelope *e, struct str node, struct str authority,
             struct str target, struct str purpose, struct str body, int64_t created,
             struct err *err)
{
    e->digest = content_digest(a, body);
    const struct http_field fields[] = {{STR("Content-Type"), STR("application/json")},
                                        {STR("Content-Digest"), e->digest},
                                        {STR("Zhengtong-Purpose"), purpose}};
    enum rc rc = add_fields(e, fields, sizeof(fields) / sizeof(fields[0]), err);

    if (rc != RC_OK) {
        return rc;
    }
    e->message = (struct signed_message){.is_request = true,
                                         .method = STR("POST"),
                                         .scheme = STR("https"),
                                         .authority = authority,
                                         .target = target};
    e->params = (struct signature_params){.keyid = node,
                                          .nonce = new_nonce(a, created),
                                          .tag = ask_tag,
                                          .created = created,
                                          .expires = -1,
                                          .components = ask_components,
                                          .component_count = ASK_COMPONENTS};
    if (e->params.nonce.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for a nonce");
    }
    return make_base(a, e, err);
}

enum rc
envelope_answer(struct arena *a, struct envelope *e, struct str node, int status,
                struct str content_type, struct str act, struct str body, int64_t created,
                const struct envelope *question, struct err *err)
{
    e->digest = content_digest(a, body);
    const struct http_field fields[] = {{STR("Content-Type"), content_type},
                                        {STR("Content-Digest"), e->digest},
                                        {STR("Zhengtong-Act"), act}};
    enum rc rc = add_fields(e, fields, sizeof(fields) / sizeof(fields[0]), err);

    if (rc != RC_OK) {
        return rc;
    }
    e->message = (struct signed_message){.status = status, .request = &question->message};
    e->params = (struct signature_params){.keyid = node,
                                          .tag = answer_tag,
                                          .created = created,
                                          .expires = -1,
                                          .components = answer_components,
                                          .component_count = ANSWER_COMPONENTS};
    return make_base(a, e, err);
}

enum rc
envelope_seal(struct arena *a, struct envelope *e, struct str signature, struct err *err)
{
    struct str input;
    enum rc rc = signature_fields(a, label, &e->params, signature, &input, &e->signature, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (!http_add(&e->fields, STR("Signature-Input"), input) ||
        !http_add(&e->fields, STR("Signature"), e->signature)) {
        return err_set(err, RC_LIMIT, "no room for the fields of an exchange");
    }
    return RC_OK;
}

/* --- reading --- */

static enum rc
not_signed(const char *what, struct err *err)
{
    return err_problem(err, RC_DENIED, "signature-invalid", "%s", what);
}

/* A field that stands exactly once; what stands twice could be read in two ways. */
static enum rc
the_field(const struct http_fields *fields, const char *name, struct str *out, struct err *err)
{
    if (http_count(fields, name) != 1) {
        return err_problem(err, RC_DENIED, "signature-invalid", "%s must stand once", name);
    }
    *out = http_get(fields, name);
    return RC_OK;
}

/* Out of memory stays that; everything else that is wrong with a signature is one refusal. */
static enum rc
as_signature_error(enum rc rc, struct err *err)
{
    if (rc == RC_OK || rc == RC_LIMIT) {
        return rc;
    }
    err->type = "signature-invalid";
    return RC_DENIED;
}

static enum rc
read_signature(struct arena *a, struct envelope *e, struct str *signature, struct err *err)
{
    struct str input;
    enum rc rc;

    if ((rc = the_field(&e->fields, "signature-input", &input, err)) != RC_OK ||
        (rc = the_field(&e->fields, "signature", &e->signature, err)) != RC_OK ||
        (rc = the_field(&e->fields, "content-digest", &e->digest, err)) != RC_OK) {
        return rc;
    }
    if (input.len > ENVELOPE_FIELD_MAX || e->signature.len > ENVELOPE_FIELD_MAX ||
        e->digest.len > ENVELOPE_FIELD_MAX) {
        return not_signed("a field is too long", err);
    }
    if ((rc = signature_input_parse(a, input, label, &e->params, err)) != RC_OK ||
        (rc = signature_value_parse(a, e->signature, label, signature, err)) != RC_OK) {
        return as_signature_error(rc, err);
    }
    return RC_OK;
}

static enum rc
check_params(const struct signature_params *p, struct str tag, const struct str *components,
             size_t count, struct err *err)
{
    if (!str_eq(p->tag, tag) || !signature_covers_exactly(p, components, count)) {
        return not_signed("the signature is of another kind or covers other parts", err);
    }
    if (p->algorithm.len > 0 && !str_eq(p->algorithm, STR("ed25519"))) {
        return not_signed("the algorithm is not ed25519", err);
    }
    return RC_OK;
}

static enum rc
check_time(const struct signature_params *p, const struct envelope_clock *clock, struct err *err)
{
    if (p->created < 0 || p->created < clock->now_s - clock->skew_s ||
        p->created > clock->now_s + clock->skew_s ||
        (p->expires >= 0 && p->expires < clock->now_s)) {
        return err_problem(err, RC_DENIED, "signature-expired", "signed at %lld, now is %lld",
                           (long long)p->created, (long long)clock->now_s);
    }
    return RC_OK;
}

static enum rc
check_signature(struct arena *a, struct envelope *e, const struct peer *from, struct str signature,
                struct err *err)
{
    const struct sig_public key = {SIG_ED25519, from->public_key};
    enum rc rc = signature_base(a, &e->message, &e->params, &e->base, err);

    if (rc != RC_OK) {
        return as_signature_error(rc, err);
    }
    return sig_verify(&key, e->base, signature) ? RC_OK
                                                : not_signed("the signature is wrong", err);
}

static enum rc
check_nonce(struct str nonce, struct err *err)
{
    return nonce.len >= ENVELOPE_NONCE_BYTES && nonce.len <= ENVELOPE_NONCE_MAX
               ? RC_OK
               : not_signed("the nonce is too short or too long", err);
}

/* The message and the fields as they came; an envelope keeps its own copy of the table, not of the bytes. */
static void
take_head(struct envelope *e, const struct http_head *head)
{
    e->fields = head->fields;
    e->message = (struct signed_message){.is_request = head->method.len > 0,
                                         .method = head->method,
                                         .scheme = STR("https"),
                                         .authority = http_get(&head->fields, "host"),
                                         .target = head->target,
                                         .status = head->status,
                                         .fields = &e->fields};
    e->digest = e->signature = e->base = (struct str){NULL, 0};
}

enum rc
envelope_read_ask(struct arena *a, struct envelope *e, const struct http_head *head,
                  struct str body, const struct peer *from, struct str own,
                  const struct envelope_clock *clock, struct err *err)
{
    struct str signature;
    enum rc rc;

    take_head(e, head);
    if ((rc = read_signature(a, e, &signature, err)) != RC_OK ||
        (rc = check_params(&e->params, ask_tag, ask_components, ASK_COMPONENTS, err)) != RC_OK ||
        (rc = check_nonce(e->params.nonce, err)) != RC_OK) {
        return rc;
    }
    if (!str_eq(e->params.keyid, from->name)) {
        return err_problem(err, RC_DENIED, "wrong-node", "%.*s signs as %.*s", STR_ARG(from->name),
                           STR_ARG(e->params.keyid));
    }
    if ((rc = content_digest_check(a, e->digest, body, err)) != RC_OK ||
        (rc = check_time(&e->params, clock, err)) != RC_OK) {
        return rc;
    }
    if (!str_eq_fold(e->message.authority, own)) {
        return err_problem(err, RC_INVALID, "misdirected", "asked for %.*s",
                           STR_ARG(e->message.authority));
    }
    return check_signature(a, e, from, signature, err);
}

bool
envelope_is_answerable(const struct envelope *question)
{
    return question->digest.ptr != NULL && question->signature.ptr != NULL;
}

static enum rc
read_answer(struct arena *a, struct envelope *e, struct str body, const struct peer *from,
            const struct envelope_clock *clock, struct err *err)
{
    struct str signature;
    enum rc rc;

    if ((rc = read_signature(a, e, &signature, err)) != RC_OK ||
        (rc = check_params(&e->params, answer_tag, answer_components, ANSWER_COMPONENTS, err)) !=
            RC_OK ||
        (rc = content_digest_check(a, e->digest, body, err)) != RC_OK) {
        return rc;
    }
    if (!str_eq(e->params.keyid, from->name)) {
        return not_signed("the answer is signed by another node", err);
    }
    if ((rc = check_signature(a, e, from, signature, err)) != RC_OK) {
        return rc;
    }
    /* Last, so that only who really is the source can make us think of its clock. */
    if ((rc = check_time(&e->params, clock, err)) != RC_OK) {
        err->type = "clock-apart";
    }
    return rc;
}

enum rc
envelope_read_answer(struct arena *a, struct envelope *e, const struct http_head *head,
                     struct str body, const struct peer *from, const struct envelope *question,
                     const struct envelope_clock *clock, struct err *err)
{
    take_head(e, head);
    e->message.is_request = false;
    e->message.request = &question->message;
    enum rc rc = read_answer(a, e, body, from, clock, err);
    if (rc == RC_OK || rc == RC_LIMIT) {
        return rc;
    }
    if (!str_eq(str_of(err->type), STR("clock-apart"))) {
        err->type = "answer-invalid";
    }
    return RC_PEER;
}
