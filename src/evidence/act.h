/*
 * act - one official act: one row, written in the transaction of the change that it describes, and one leaf.
 *
 * The leaf is public and always LEAF_BYTES long: version 1, kind 1, reserved 2 (zero), epoch 4 (hours
 * since 1970, big-endian), commitment 32.  commitment = HMAC-SHA256(Kc, opening[16] || u8 length || label || u32
 * version || u32 length || body), with Kc, layout and the hiding opening as in the IETF key transparency
 * draft; label is "zhengtong/act", version 1, body the act's canonical JSON.  Whoever is given body and opening can
 * check the leaf; nobody else learns anything from it, and deleting the opening makes it silent for ever.
 */
#ifndef EVIDENCE_ACT_H
#define EVIDENCE_ACT_H

#include "base/json.h"
#include "crypto/hash.h"
#include "store/store.h"

/* Number, name in JSON and in the database, Chinese. Numbers are for ever: they stand in leaves. */
#define ACT_TABLE(X)                                                                         \
    X(ACT_NODE, 1, "node", "节点启用")                                                       \
    X(ACT_SIGN_IN, 2, "sign_in", "登录")                                                     \
    X(ACT_SUBMIT, 3, "submit", "提交申请")                                                   \
    X(ACT_ACCEPT, 4, "accept", "受理")                                                       \
    X(ACT_SUPPLEMENT, 5, "supplement", "补正告知")                                           \
    X(ACT_SUPPLIED, 6, "supplied", "补正提交")                                               \
    X(ACT_DECIDE, 7, "decide", "决定")                                                       \
    X(ACT_ISSUE, 8, "issue", "发证")                                                         \
    X(ACT_ASK, 9, "ask", "请求数据")                                                         \
    X(ACT_READ, 10, "read", "提供数据")                                                      \
    X(ACT_REFUSE, 11, "refuse", "拒绝提供")                                                  \
    X(ACT_VIEW, 12, "view", "查看办件")                                                      \
    X(ACT_DENIED, 13, "denied", "越权被拒")                                                  \
    X(ACT_WITHDRAW, 14, "withdraw", "撤回")                                                  \
    X(ACT_GRANT, 15, "grant", "数据授权")                                                    \
    X(ACT_PUBLISH, 16, "publish", "发布")                                                    \
    X(ACT_CLAIM, 17, "claim", "认领")                                                        \
    X(ACT_DISPUTE, 18, "dispute", "数据异议")                                                \
    X(ACT_DEEMED, 19, "deemed_accepted", "视为受理")

enum act_kind {
#define X(name, number, text, zh) name = number,
    ACT_TABLE(X)
#undef X
};

const char *act_kind_name(enum act_kind kind);
const char *act_kind_zh(enum act_kind kind);
bool act_kind_by_name(struct str name, enum act_kind *out);

enum { LEAF_BYTES = 40, ACT_OPENING_BYTES = 16, ACT_BODY_MAX = 16384 };

struct act {
    enum act_kind kind;
    int64_t at_us;
    struct str actor;    /* "officer:…", "person:<id>", "node:<name>", "system" */
    struct str org;      /* USCC of the organisation that acts, or "" */
    struct str case_no;  /* or "" */
    struct str subject;  /* internal id of the person or company whom it concerns, or "" */
    struct str resource; /* catalogue code, power code, item code: what it is about, or "" */
    const struct json *detail; /* object, or NULL; never whole personal values */
};

struct act_ref {
    int64_t index; /* leaf index, from 0, without a gap */
    unsigned char leaf[LEAF_BYTES];
};

/* Inside store_write.  Indexes are given in the order of commits; one undone leaves no gap. */
MUST_USE enum rc act_add(struct tx *tx, struct arena *a, const struct act *act,
                         struct act_ref *out, struct err *err);

/*
 * One act as JSON for people and programs: {"index","kind","kind_zh","at","actor","org","case_no","subject",
 * "resource","detail","body","opening","leaf"}; body is the committed text, opening and leaf base64.
 */
MUST_USE enum rc act_by_index(const struct db *db, struct arena *a, int64_t index,
                              struct json **out, struct err *err);
/* Arrays of such (without body and opening), newest first; before < 0: from the newest. */
MUST_USE enum rc act_of_case(const struct db *db, struct arena *a, struct str case_no,
                             int64_t before, int limit, struct json **out, struct err *err);
MUST_USE enum rc act_of_subject(const struct db *db, struct arena *a, struct str subject,
                                int64_t before, int limit, struct json **out, struct err *err);
MUST_USE enum rc act_latest(const struct db *db, struct arena *a, int64_t before, int limit,
                            struct json **out, struct err *err);
/* How many acts are durable. */
MUST_USE enum rc act_count(const struct db *db, int64_t *out, struct err *err);
/* Leaves from..from+count, back to back, on the arena: for the publisher. */
MUST_USE enum rc act_leaves(const struct db *db, struct arena *a, int64_t from, int64_t count,
                            struct str *out, struct err *err);

/* The pure part: make a leaf, and check body and opening against one. */
void act_leaf(enum act_kind kind, int64_t at_us, struct str body,
              const unsigned char opening[ACT_OPENING_BYTES], unsigned char out[LEAF_BYTES]);
bool act_leaf_opens(struct str leaf, struct str body, struct str opening);

#endif
