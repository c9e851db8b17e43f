/*
 * A note is cut at its last empty line: what is before, with its own line feed, is what was signed; each line
 * after it is a signature.  So the text may hold empty lines, and a signature line may not.
 *
 * Keys are found by name and id together.  The id is a short hash of name, type and key, so two keys can only be
 * confused if somebody made them so; then every key that fits must agree, which fails closed.
 */
#include "evidence/note.h"

#include <string.h>

#include "base/encode.h"
#include "base/utf8.h"
#include "evidence/tree.h"

/* A type that the specification has not assigned is 0xff and an identifier of one's own. */
#define SM2_IDENTIFIER "evidence-sm2-sm3-v1"
#define DASH "\xE2\x80\x94 " /* U+2014 and a blank open each signature line */

enum { KEY_ID_BYTES = 4, HEX_ID_LEN = 8, TIME_BYTES = 8 };

/* --- keys ---------------------------------------------------------------------------------------- */

static bool
is_space(uint32_t c)
{
    return c <= 0x20 || c == 0x7F || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

static bool
is_key_name(struct str name)
{
    struct str rest = name;

    if (name.len == 0 || !utf8_is_valid(name)) {
        return false;
    }
    while (rest.len > 0) {
        uint32_t c = utf8_next(&rest);
        if (c == '+' || is_space(c)) {
            return false;
        }
    }
    return true;
}

static size_t
key_bytes(enum note_key_type type)
{
    return type == NOTE_SM2 ? 65 : 32;
}

/* What stands before the key's own bytes, in its id and in its text. */
static struct str
type_prefix(enum note_key_type type)
{
    switch (type) {
    case NOTE_ED25519: return STR("\x01");
    case NOTE_COSIGNATURE: return STR("\x04");
    case NOTE_SM2: return STR("\xff" SM2_IDENTIFIER);
    }
    CHECK(false);
    return STR("");
}

static uint32_t
read_u32(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;

    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void
put_u32(struct buf *out, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        buf_put_char(out, (char)(value >> shift));
    }
}

enum rc
note_key_new(struct arena *a, struct str name, enum note_key_type type, struct str key,
             struct note_key *out, struct err *err)
{
    struct str prefix = type_prefix(type), hashed;
    struct hash id;
    struct buf b;
    enum rc rc;

    if (!is_key_name(name)) {
        return err_set(err, RC_INVALID, "a key's name has no blank, no '+' and is not empty");
    }
    if (key.len != key_bytes(type)) {
        return err_set(err, RC_INVALID, "a public key of %zu bytes, not %zu", key.len,
                       key_bytes(type));
    }
    buf_init(&b, a, name.len + 1 + prefix.len + key.len);
    buf_put(&b, name);
    buf_put_char(&b, '\n');
    buf_put(&b, prefix);
    buf_put(&b, key);
    if ((rc = buf_finish(&b, &hashed, err)) != RC_OK) {
        return rc;
    }
    id = hash_sha256(hashed);
    *out = (struct note_key){.name = str_sub(hashed, 0, name.len),
                             .id = read_u32((const char *)id.bytes),
                             .type = type,
                             .key = str_from(hashed, name.len + 1 + prefix.len)};
    return RC_OK;
}

struct str
note_key_text(struct arena *a, const struct note_key *k)
{
    struct str prefix = type_prefix(k->type), whole = {NULL, 0};
    struct buf raw, b;
    struct err err;

    buf_init(&raw, a, prefix.len + k->key.len);
    buf_put(&raw, prefix);
    buf_put(&raw, k->key);
    if (buf_finish(&raw, &whole, &err) != RC_OK) {
        return (struct str){NULL, 0};
    }
    buf_init(&b, a, k->name.len + HEX_ID_LEN + 2 + (whole.len + 2) / 3 * 4);
    buf_put(&b, k->name);
    buf_put_fmt(&b, "+%08x+", (unsigned)k->id);
    buf_put_base64(&b, whole);
    return buf_finish(&b, &whole, &err) == RC_OK ? whole : (struct str){NULL, 0};
}

enum rc
note_key_parse(struct arena *a, struct str vkey, struct note_key *out, struct err *err)
{
    static const enum note_key_type types[] = {NOTE_ED25519, NOTE_COSIGNATURE, NOTE_SM2};
    struct str rest = vkey, name, id, raw, stated;
    struct note_key key;
    enum rc rc;

    /* The base64 may hold '+' too, so only the first two cut. */
    if (!str_next(&rest, '+', &name) || !str_next(&rest, '+', &id) || id.len != HEX_ID_LEN) {
        return err_set(err, RC_INVALID, "a verifier key is name+8 hex digits+base64");
    }
    if ((rc = hex_decode(a, id, &stated, err)) != RC_OK ||
        (rc = base64_decode(a, rest, &raw, err)) != RC_OK) {
        return rc;
    }
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct str prefix = type_prefix(types[i]);
        if (!str_starts(raw, prefix)) {
            continue;
        }
        rc = note_key_new(a, name, types[i], str_from(raw, prefix.len), &key, err);
        if (rc != RC_OK) {
            return rc;
        }
        if (key.id != read_u32(stated.ptr)) {
            return err_set(err, RC_INVALID,
                           "the verifier key's id is %08x, but its key gives %08x",
                           (unsigned)read_u32(stated.ptr), (unsigned)key.id);
        }
        *out = key;
        return RC_OK;
    }
    return err_set(err, RC_INVALID, "a verifier key of an unknown type");
}

/* --- notes --------------------------------------------------------------------------------------- */

static enum rc
parse_signature(struct arena *a, struct str line, struct note_signature *out, struct err *err)
{
    struct str rest = str_from(line, sizeof(DASH) - 1), name, raw;
    enum rc rc;

    if (!str_starts(line, STR(DASH)) || !str_next(&rest, ' ', &name) || !is_key_name(name)) {
        return err_set(err, RC_INVALID, "a signature line is a dash, a name and base64");
    }
    if ((rc = base64_decode(a, rest, &raw, err)) != RC_OK) {
        return rc;
    }
    if (raw.len <= KEY_ID_BYTES) {
        return err_set(err, RC_INVALID, "a signature line without a signature");
    }
    *out = (struct note_signature){
        .name = name, .id = read_u32(raw.ptr), .bytes = str_from(raw, KEY_ID_BYTES)};
    return RC_OK;
}

static enum rc
check_characters(struct str bytes, struct err *err)
{
    if (bytes.len > NOTE_BYTES_MAX) {
        return err_set(err, RC_LIMIT, "a note of %zu bytes", bytes.len);
    }
    for (size_t i = 0; i < bytes.len; i++) {
        if ((unsigned char)bytes.ptr[i] < 0x20 && bytes.ptr[i] != '\n') {
            return err_set(err, RC_INVALID, "a control character in a note, at byte %zu", i);
        }
    }
    if (!utf8_is_valid(bytes)) {
        return err_set(err, RC_INVALID, "a note that is not UTF-8");
    }
    return RC_OK;
}

enum rc
note_parse(struct arena *a, struct str bytes, struct signed_note *out, struct err *err)
{
    struct str rest, line;
    size_t cut = 0, count = 0;
    enum rc rc = check_characters(bytes, err);

    if (rc != RC_OK) {
        return rc;
    }
    for (size_t i = 1; i < bytes.len; i++) {
        if (bytes.ptr[i] == '\n' && bytes.ptr[i - 1] == '\n') {
            cut = i;
        }
    }
    if (cut == 0 || cut + 1 == bytes.len || bytes.ptr[bytes.len - 1] != '\n') {
        return err_set(err, RC_INVALID, "a note is a text, an empty line and signature lines");
    }
    rest = str_sub(bytes, cut + 1, bytes.len - cut - 2); /* without the last LF */
    while (str_next(&rest, '\n', &line)) {
        if (count == NOTE_SIGNATURES_MAX) {
            return err_set(err, RC_LIMIT, "a note with more than %d signatures",
                           NOTE_SIGNATURES_MAX);
        }
        if ((rc = parse_signature(a, line, &out->signature[count], err)) != RC_OK) {
            return rc;
        }
        count++;
    }
    out->text = str_sub(bytes, 0, cut);
    out->count = count;
    return RC_OK;
}

void
note_put_cosigned(struct buf *out, uint64_t time_s, struct str text)
{
    buf_put_fmt(out, "cosignature/v1\ntime %llu\n", (unsigned long long)time_s);
    buf_put(out, text);
}

static enum rc
is_right(struct arena *a, struct str text, const struct note_signature *s, const struct note_key *k,
         bool *right, struct err *err)
{
    struct sig_public key = {.algorithm = k->type == NOTE_SM2 ? SIG_SM2 : SIG_ED25519,
                             .key = k->key};
    struct str message = text, signature = s->bytes;
    struct buf b;
    enum rc rc;

    if (k->type == NOTE_COSIGNATURE) {
        uint64_t time_s;
        if (s->bytes.len != NOTE_COSIGNATURE_BYTES) {
            *right = false;
            return RC_OK;
        }
        time_s = (uint64_t)read_u32(s->bytes.ptr) << 32 | read_u32(s->bytes.ptr + KEY_ID_BYTES);
        if (time_s > INT64_MAX) {
            *right = false;
            return RC_OK;
        }
        buf_init(&b, a, text.len + 64);
        note_put_cosigned(&b, time_s, text);
        if ((rc = buf_finish(&b, &message, err)) != RC_OK) {
            return rc;
        }
        signature = str_from(s->bytes, TIME_BYTES);
    }
    *right = sig_verify(&key, message, signature);
    return RC_OK;
}

/* How many signatures of known keys are right; those of the log itself (named owner) apart. */
static enum rc
count_right(struct arena *a, const struct signed_note *n, const struct note_key *keys, size_t key_count,
            struct str owner, size_t *known, size_t *owned, struct err *err)
{
    *known = *owned = 0;
    for (size_t i = 0; i < n->count; i++) {
        const struct note_signature *s = &n->signature[i];
        for (size_t k = 0; k < key_count; k++) {
            bool right = false;
            enum rc rc;
            if (keys[k].id != s->id || !str_eq(keys[k].name, s->name)) {
                continue;
            }
            if ((rc = is_right(a, n->text, s, &keys[k], &right, err)) != RC_OK) {
                return rc;
            }
            if (!right) {
                return err_set(err, RC_INVALID, "the signature of %.*s is wrong",
                               STR_ARG(str_sub(s->name, 0, 100)));
            }
            *known += 1;
            *owned += keys[k].type != NOTE_COSIGNATURE && str_eq(s->name, owner) ? 1 : 0;
        }
    }
    return RC_OK;
}

enum rc
note_verify(struct arena *a, const struct signed_note *n, const struct note_key *keys, size_t count,
            struct err *err)
{
    size_t known, owned;
    enum rc rc = count_right(a, n, keys, count, STR(""), &known, &owned, err);

    if (rc == RC_OK && known == 0) {
        return err_set(err, RC_INVALID, "no signature is by a key that is known");
    }
    return rc;
}

void
note_put_signature(struct buf *out, const struct note_key *key, struct str signature)
{
    struct buf raw;
    struct str whole;
    struct err err;

    buf_init(&raw, out->arena, KEY_ID_BYTES + signature.len);
    put_u32(&raw, key->id);
    buf_put(&raw, signature);
    if (buf_finish(&raw, &whole, &err) != RC_OK) {
        out->failed = true;
        return;
    }
    buf_put(out, STR(DASH));
    buf_put(out, key->name);
    buf_put_char(out, ' ');
    buf_put_base64(out, whole);
    buf_put_char(out, '\n');
}

/* --- checkpoints --------------------------------------------------------------------------------- */

void
checkpoint_put(struct buf *out, const struct checkpoint *c)
{
    buf_put(out, c->origin);
    buf_put_fmt(out, "\n%llu\n", (unsigned long long)c->size);
    buf_put_base64(out, hash_str(&c->root));
    buf_put_char(out, '\n');
}

static enum rc
parse_size(struct str line, uint64_t *out, struct err *err)
{
    int64_t size;

    if (line.len == 0 || line.ptr[0] == '-' || (line.len > 1 && line.ptr[0] == '0') ||
        !str_to_int(line, &size)) {
        return err_set(err, RC_INVALID, "the second line of a checkpoint is its size in decimal");
    }
    *out = (uint64_t)size;
    return RC_OK;
}

enum rc
checkpoint_parse(struct arena *a, struct str text, struct checkpoint *out, struct err *err)
{
    struct str rest = text, origin, size, root, raw;
    struct checkpoint c;
    struct hash empty = tree_empty_root();
    enum rc rc;

    if (!str_ends(text, STR("\n")) || str_has(text, STR("\n\n"))) {
        return err_set(err, RC_INVALID, "a checkpoint is lines that are not empty");
    }
    rest.len--;
    if (!str_next(&rest, '\n', &origin) || !str_next(&rest, '\n', &size) ||
        !str_next(&rest, '\n', &root) || origin.len == 0) {
        return err_set(err, RC_INVALID, "a checkpoint is origin, size and root, a line each");
    }
    if ((rc = parse_size(size, &c.size, err)) != RC_OK ||
        (rc = base64_decode(a, root, &raw, err)) != RC_OK) {
        return rc;
    }
    if (raw.len != HASH_BYTES) {
        return err_set(err, RC_INVALID, "the third line of a checkpoint is a hash of 32 bytes");
    }
    memcpy(c.root.bytes, raw.ptr, HASH_BYTES);
    if (c.size == 0 && !hash_eq(&c.root, &empty)) {
        return err_set(err, RC_INVALID, "the root of an empty log is the hash of nothing");
    }
    c.origin = origin;
    *out = c;
    return RC_OK;
}

enum rc
checkpoint_open(struct arena *a, struct str bytes, const struct note_key *keys, size_t count,
                struct signed_note *note, struct checkpoint *out, struct err *err)
{
    struct signed_note parsed;
    struct checkpoint c;
    size_t known, owned;
    enum rc rc;

    if ((rc = note_parse(a, bytes, &parsed, err)) != RC_OK ||
        (rc = checkpoint_parse(a, parsed.text, &c, err)) != RC_OK ||
        (rc = count_right(a, &parsed, keys, count, c.origin, &known, &owned, err)) != RC_OK) {
        return rc;
    }
    if (owned == 0) {
        return err_set(err, RC_INVALID, "the log %.*s did not sign this with a key that is known",
                       STR_ARG(str_sub(c.origin, 0, 100)));
    }
    if (note != NULL) {
        *note = parsed;
    }
    *out = c;
    return RC_OK;
}
