#include "evidence/leaf.h"

#include <string.h>

enum { LEAF_VERSION = 1, COMMITMENT_VERSION = 1, AT_EPOCH = 4, AT_COMMITMENT = 8 };

#define LABEL "zhengtong/act"
#define HOUR_US INT64_C(3600000000)

/* The constant key of the draft's commitments: it need not be secret, it keeps them apart from other uses. */
static const unsigned char commitment_key[16] = {0xd8, 0x21, 0xf8, 0x79, 0x0d, 0x97, 0x70, 0x97,
                                                 0x96, 0xb4, 0xd7, 0x90, 0x33, 0x57, 0xc3, 0xf5};

static const struct {
    enum act_kind kind;
    const char *name;
    const char *zh;
    const char *en;
} kinds[] = {
#define X(kind, number, text, zh, en) {kind, text, zh, en},
    ACT_TABLE(X)
#undef X
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static size_t
row_of(enum act_kind kind)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (kinds[i].kind == kind) {
            return i;
        }
    }
    CHECK(false);
    return 0;
}

const char *
act_kind_name(enum act_kind kind)
{
    return kinds[row_of(kind)].name;
}

const char *
act_kind_zh(enum act_kind kind)
{
    return kinds[row_of(kind)].zh;
}

const char *
act_kind_en(enum act_kind kind)
{
    return kinds[row_of(kind)].en;
}

bool
act_kind_by_name(struct str name, enum act_kind *out)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (str_eq(name, str_of(kinds[i].name))) {
            *out = kinds[i].kind;
            return true;
        }
    }
    return false;
}

bool
act_kind_by_number(int number, enum act_kind *out)
{
    for (size_t i = 0; i < KINDS; i++) {
        if ((int)kinds[i].kind == number) {
            *out = kinds[i].kind;
            return true;
        }
    }
    return false;
}

static void
put_u32(unsigned char *out, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        out[i] = (unsigned char)(value >> (24 - 8 * i));
    }
}

static uint32_t
epoch_of(int64_t at_us)
{
    int64_t hours = at_us / HOUR_US;

    return at_us < 0 ? 0 : hours > UINT32_MAX ? UINT32_MAX : (uint32_t)hours;
}

static struct hash
commitment_of(struct str body, struct str opening)
{
    unsigned char head[1 + sizeof(LABEL) - 1 + 8];
    struct hash_stream *s =
        hash_open_hmac_sha256((struct str){(const char *)commitment_key, sizeof(commitment_key)});

    head[0] = sizeof(LABEL) - 1;
    memcpy(head + 1, LABEL, sizeof(LABEL) - 1);
    put_u32(head + sizeof(LABEL), COMMITMENT_VERSION);
    put_u32(head + sizeof(LABEL) + 4, (uint32_t)body.len);
    hash_add(s, opening);
    hash_add(s, (struct str){(const char *)head, sizeof(head)});
    hash_add(s, body);
    return hash_close(s);
}

void
act_leaf(enum act_kind kind, int64_t at_us, struct str body,
         const unsigned char opening[ACT_OPENING_BYTES], unsigned char out[LEAF_BYTES])
{
    struct hash commitment;

    CHECK(body.len <= ACT_BODY_MAX);
    CHECK((int)kind > 0 && (int)kind < 256);
    commitment = commitment_of(body, (struct str){(const char *)opening, ACT_OPENING_BYTES});
    out[0] = LEAF_VERSION;
    out[1] = (unsigned char)kind;
    out[2] = out[3] = 0;
    put_u32(out + AT_EPOCH, epoch_of(at_us));
    memcpy(out + AT_COMMITMENT, commitment.bytes, HASH_BYTES);
}

bool
act_leaf_opens(struct str leaf, struct str body, struct str opening)
{
    struct hash stated, real;

    if (leaf.len != LEAF_BYTES || body.len > ACT_BODY_MAX || opening.len != ACT_OPENING_BYTES) {
        return false;
    }
    memcpy(stated.bytes, leaf.ptr + AT_COMMITMENT, HASH_BYTES);
    real = commitment_of(body, opening);
    return hash_eq(&stated, &real);
}

bool
act_leaf_read(struct str leaf, enum act_kind *kind, uint32_t *epoch)
{
    const unsigned char *p = (const unsigned char *)leaf.ptr;
    enum act_kind known;

    if (leaf.len != LEAF_BYTES || p[0] != LEAF_VERSION || p[2] != 0 || p[3] != 0 ||
        !act_kind_by_number(p[1], &known)) {
        return false;
    }
    *kind = known;
    *epoch = (uint32_t)p[4] << 24 | (uint32_t)p[5] << 16 | (uint32_t)p[6] << 8 | p[7];
    return true;
}

enum rc
act_leaf_agrees(struct arena *a, struct str leaf, struct str body, struct err *err)
{
    enum act_kind kind;
    uint32_t epoch;
    int64_t at_us;
    struct json *told;
    enum rc rc;

    if (!act_leaf_read(leaf, &kind, &epoch)) {
        return err_set(err, RC_INVALID, "this is not the leaf of an act");
    }
    if ((rc = json_parse(a, body, JSON_UNIQUE, &told, err)) != RC_OK) {
        return rc;
    }
    if (!json_as_int(json_get(told, "at_us"), &at_us) || epoch_of(at_us) != epoch) {
        return err_set(err, RC_INVALID, "the leaf is of another hour than its body tells");
    }
    if (!str_eq(json_str(told, "kind"), str_of(act_kind_name(kind)))) {
        return err_set(err, RC_INVALID, "the leaf is of another kind than its body tells");
    }
    return RC_OK;
}
