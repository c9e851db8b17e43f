/*
 * leaf - the public side of an act: what kind it was, in which hour, and a commitment to the rest.  Pure functions.
 *
 * A leaf is always LEAF_BYTES long: version 1, kind 1, reserved 2 (zero), epoch 4 (hours since 1970,
 * big-endian), commitment 32.  commitment = HMAC-SHA256(Kc, opening[16] || u8 length || label || u32
 * version || u32 length || body), with Kc, layout and the hiding opening as in the IETF key transparency
 * draft; label is "zhengtong/act", version 1, body the act's canonical JSON.  Whoever is given body and opening can
 * check the leaf; nobody else learns anything from it, and deleting the opening makes it silent for ever.
 */
#ifndef EVIDENCE_LEAF_H
#define EVIDENCE_LEAF_H

#include "base/json.h"
#include "crypto/hash.h"

/* Number, name in JSON and in the database, what people read. Numbers are for ever: they stand in leaves. */
#define ACT_TABLE(X)                                                                         \
    X(ACT_NODE, 1, "node", "节点启用", "Node opened")                                       \
    X(ACT_SIGN_IN, 2, "sign_in", "登录", "Signed in")                                       \
    X(ACT_SUBMIT, 3, "submit", "提交申请", "Submitted")                                     \
    X(ACT_ACCEPT, 4, "accept", "受理", "Accepted")                                          \
    X(ACT_SUPPLEMENT, 5, "supplement", "补正告知", "Asked to complete")                     \
    X(ACT_SUPPLIED, 6, "supplied", "补正提交", "Completed")                                 \
    X(ACT_DECIDE, 7, "decide", "决定", "Decided")                                           \
    X(ACT_ISSUE, 8, "issue", "发证", "Certificate issued")                                  \
    X(ACT_ASK, 9, "ask", "请求数据", "Data asked for")                                      \
    X(ACT_READ, 10, "read", "提供数据", "Data given")                                       \
    X(ACT_REFUSE, 11, "refuse", "拒绝提供", "Data refused")                                 \
    X(ACT_VIEW, 12, "view", "查看办件", "Case opened")                                      \
    X(ACT_DENIED, 13, "denied", "越权被拒", "Attempt refused")                              \
    X(ACT_WITHDRAW, 14, "withdraw", "撤回", "Withdrawn")                                    \
    X(ACT_GRANT, 15, "grant", "数据授权", "Data grant")                                     \
    X(ACT_PUBLISH, 16, "publish", "发布", "Published")                                      \
    X(ACT_CLAIM, 17, "claim", "认领", "Claimed")                                            \
    X(ACT_DISPUTE, 18, "dispute", "数据异议", "Data disputed")                              \
    X(ACT_DEEMED, 19, "deemed_accepted", "视为受理", "Accepted by silence")                 \
    X(ACT_PROPOSE, 20, "propose", "提请发布", "Proposed")                                   \
    X(ACT_REJECT, 21, "reject", "退回", "Sent back")                                        \
    X(ACT_OFFER, 22, "offer", "主动告知", "Offered")                                        \
    X(ACT_DECLINE, 23, "decline", "不需要", "Declined")                                     \
    X(ACT_HAND_OVER, 24, "hand_over", "移交发出", "Hand-over sent")                         \
    X(ACT_TAKE_OVER, 25, "take_over", "移交收到", "Hand-over received")                     \
    X(ACT_STEP, 26, "step", "办理", "Worked on")                                            \
    X(ACT_RETURN, 27, "return", "驳回", "Returned to an earlier step")                      \
    X(ACT_TRANSFER, 28, "transfer", "移送", "Transferred")                                  \
    X(ACT_ASSIGN, 29, "assign", "分派", "Assigned")                                         \
    X(ACT_STAND_IN, 30, "stand_in", "委托代办", "Stand-in named")                           \
    X(ACT_SUSPEND, 31, "suspend", "中止", "Suspended")                                      \
    X(ACT_RESUME, 32, "resume", "恢复办理", "Resumed")                                      \
    X(ACT_REOPEN, 33, "reopen", "重新办理", "Reopened")                                     \
    X(ACT_EXTEND, 34, "extend", "延长期限", "Time extended")                                \
    X(ACT_CONSULT, 35, "consult", "征求意见", "Opinion asked")                              \
    X(ACT_OPINION, 36, "opinion", "反馈意见", "Opinion given")                              \
    X(ACT_SIGNER, 37, "signer", "加签减签", "Signers changed")                              \
    X(ACT_SIGN, 38, "sign", "会签", "Countersigned")                                        \
    X(ACT_CLOCK, 39, "clock", "期限计时变动", "Clock paused or resumed")                    \
    X(ACT_OVERDUE, 40, "overdue", "超期", "Overdue")                                        \
    X(ACT_RENEWED, 41, "deemed_renewed", "视为准予延续", "Renewed by silence")              \
    X(ACT_CLOSE, 42, "close", "终结办理", "Closed")                                         \
    X(ACT_MIGRATE, 43, "migrate", "改按新版流程办理", "Moved to another version")             \
    X(ACT_REPAIR, 44, "repair", "流程处置", "Process repaired")                            \
    X(ACT_NOTICE, 47, "notice", "书面告知", "Told in writing")                              \
    X(ACT_ERRAND, 48, "errand", "系统代办", "Done by the system")                           \
    X(ACT_STATUS, 49, "certificate_status", "证照状态变更", "Certificate's standing changed") \
    X(ACT_DRAW, 50, "draw", "抽取", "Drawn")                                                      \
    X(ACT_GIVE_MATERIAL, 51, "give_material", "材料交给对方", "Material given")                  \
    X(ACT_FETCH_MATERIAL, 52, "fetch_material", "取对方材料", "Material fetched")                  \
    X(ACT_OPEN, 54, "open", "依职权启动", "Begun without an application")                          \
    X(ACT_ARCHIVE, 55, "archive", "移出归档", "Moved to the archive")

enum act_kind {
#define X(name, number, text, zh, en) name = number,
    ACT_TABLE(X)
#undef X
};
/* How many there are; numbers may have gaps. */
enum {
#define X(name, number, text, zh, en) +1
    ACT_KINDS = 0 ACT_TABLE(X)
#undef X
};

const char *act_kind_name(enum act_kind kind);
const char *act_kind_zh(enum act_kind kind); /* for people */
const char *act_kind_en(enum act_kind kind);
bool act_kind_by_name(struct str name, enum act_kind *out);
bool act_kind_by_number(int number, enum act_kind *out);

enum { LEAF_BYTES = 40, ACT_OPENING_BYTES = 16, ACT_BODY_MAX = 16384 };

/* body: at most ACT_BODY_MAX bytes. */
void act_leaf(enum act_kind kind, int64_t at_us, struct str body,
              const unsigned char opening[ACT_OPENING_BYTES], unsigned char out[LEAF_BYTES]);
/* Whether body and opening are what the leaf commits to.  False too for any wrong length. */
bool act_leaf_opens(struct str leaf, struct str body, struct str opening);
/* What everybody can read.  False: not the shape of a leaf, or a kind that this program does not know. */
bool act_leaf_read(struct str leaf, enum act_kind *kind, uint32_t *epoch);
/* Whether kind and hour of an opened leaf are those that its body tells. */
MUST_USE enum rc act_leaf_agrees(struct arena *a, struct str leaf, struct str body,
                                 struct err *err);

#endif
