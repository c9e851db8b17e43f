#include "exchange/problem.h"

static const struct problem problems[] = {
    /* Who asks, and whether the question is whole. */
    {"unknown-node", 401, RC_DENIED, "数据提供方不认识本节点的证书。请核对节点目录是否为最新版本。",
     "The source does not know this node's certificate. Check that both use the newest directory."},
    {"wrong-node", 401, RC_DENIED, "证书与签名属于不同的节点，请求未被接受。",
     "The certificate and the signature belong to different nodes; the request was not accepted."},
    {"signature-invalid", 401, RC_DENIED, "请求的签名不正确，未提供任何数据。请检查密钥和节点目录。",
     "The signature of the request is not right; nothing was released. Check keys and directory."},
    {"signature-expired", 401, RC_DENIED, "请求的签名时间超出允许范围。请校准时钟后重新发起。",
     "The request was signed too long ago or in the future. Set the clock and ask again."},
    {"digest-mismatch", 400, RC_INVALID, "请求内容与其摘要不符，可能在途中被改动。请重新发起。",
     "The content does not fit its digest; it may have been changed on its way. Ask again."},
    {"misdirected", 421, RC_INVALID, "请求是发给另一个节点的。请核对节点目录中的地址。",
     "The request was made for another node. Check the address in the directory."},
    {"replayed", 409, RC_CONFLICT, "同一请求已经处理过一次，不能重复使用。请用新的请求再问。",
     "This very request was used before and counts once only. Ask with a new one."},
    {"question-invalid", 400, RC_INVALID, "请求的内容不完整或格式不对，未提供任何数据。",
     "The question is incomplete or malformed; nothing was released."},
    {"purpose-missing", 400, RC_INVALID, "请求没有写明用途：办件、事项、依据和经办人缺一不可。",
     "The request names no purpose: case, item, legal basis and actor are all needed."},
    {"resource-missing", 404, RC_NOT_FOUND, "没有这项数据资源，或者它不由该节点提供。请查阅数据目录。",
     "There is no such resource, or this node does not serve it. Look into the catalogue."},
    {"record-missing", 404, RC_NOT_FOUND, "数据源中没有这条记录。请核对号码，或改为自行填写。",
     "The source holds no such record. Check the number, or fill in by hand."},
    /* What it is allowed to have. */
    {"grant-missing", 403, RC_DENIED, "本单位没有这项数据的授权。请向数据提供部门申请。",
     "There is no grant for this data. Ask the department that provides it."},
    {"grant-expired", 403, RC_DENIED, "这项数据的授权已到期、终止或尚未生效。请申请续期。",
     "The grant for this data has ended or has not begun. Ask for a renewal."},
    {"grant-suspended", 403, RC_DENIED, "这项数据的授权已被暂停。请联系数据提供部门。",
     "The grant for this data is suspended. Contact the department that provides it."},
    {"purpose-not-covered", 403, RC_DENIED, "授权不包括这一用途（事项或法律依据不符），未提供任何数据。",
     "The grant does not cover this purpose (item or legal basis); nothing was released."},
    {"field-not-granted", 403, RC_DENIED, "请求了授权范围以外的数据项，未提供任何数据。",
     "Fields were asked that the grant does not hold; nothing was released."},
    {"rows-undecided", 403, RC_DENIED, "授权只包括一部分记录，现在没有规则能判断这一条，未提供任何数据。",
     "The grant covers some records only, and no rule in force says whether this is one; nothing was released."},
    {"not-shared", 403, RC_DENIED, "这项数据依法不予共享。", "By law this data is not shared."},
    {"quota-exhausted", 429, RC_BUSY, "今天的调用次数已用完。已填内容不会丢失，请明天再试或自行填写。",
     "Today's number of requests is used up. Nothing is lost; try tomorrow or fill in by hand."},
    {"outside-hours", 429, RC_BUSY, "数据源现在不开放。已填内容不会丢失，请在开放时间再试。",
     "The source is closed at this hour. Nothing is lost; try again when it is open."},
    /* Work that is handed over. */
    {"handover-not-agreed", 403, RC_DENIED, "两地之间没有移交这一流程的约定，或约定已停用。请联系双方主管部门。",
     "The two nodes have not agreed to hand over this process, or the agreement is not in use. Contact both departments."},
    {"handover-not-yours", 403, RC_DENIED, "这一移交属于其他节点，消息未被接受。",
     "This hand-over is between other nodes; the message was not taken."},
    {"handover-unknown", 409, RC_CONFLICT, "这里还没有收到这一移交，稍后会再次发送。",
     "This hand-over has not come here yet; the message will be sent again later."},
    {"handover-differs", 409, RC_CONFLICT, "同一编号的消息先前已经收到，而且内容不同，未被接受。请联系运维人员。",
     "A message of this number came before and said something else; this one was not taken. Contact the operator."},
    {"handover-too-far", 409, RC_CONFLICT, "前面的消息还没有到，稍后会再次发送。",
     "Messages before this one are missing; it will be sent again later."},
    {"handover-over", 409, RC_CONFLICT, "这一移交已经办结或撤回，材料不再提供。",
     "This hand-over has ended or was withdrawn; its materials are no longer given."},
    {"material-missing", 404, RC_NOT_FOUND, "这一移交没有这份材料。", "This hand-over has no such material."},
    {"material-differs", 502, RC_PEER, "取来的材料与移交时说的不一样，没有采用。请联系移交方。",
     "The material is not what was announced when it was handed over, and was not used. Contact the department that handed it over."},
    /* What stands behind the source. */
    {"upstream-silent", 504, RC_TIMEOUT, "数据源后面的业务系统没有及时答复。请稍后重试，已填内容不会丢失。",
     "The system behind the source did not answer in time. Try again later; nothing is lost."},
    {"upstream-down", 503, RC_IO, "数据源后面的业务系统暂时无法连接。请稍后重试，已填内容不会丢失。",
     "The system behind the source cannot be reached. Try again later; nothing is lost."},
    {"upstream-wrong", 502, RC_PEER, "数据源后面的业务系统答复有误。请联系数据提供部门。",
     "The system behind the source gave a wrong answer. Contact the department that provides it."},
    /* The source as the one who asks sees it. */
    {"source-unknown", 502, RC_PEER, "节点目录中没有提供这项数据的节点。请更新节点目录。",
     "The node that serves this data is not in the directory. Bring the directory up to date."},
    {"source-silent", 504, RC_TIMEOUT, "数据源没有及时答复。请稍后重试，已填内容不会丢失。",
     "The source did not answer in time. Try again later; nothing is lost."},
    {"source-down", 503, RC_IO, "暂时无法连接数据源。请稍后重试，已填内容不会丢失。",
     "The source cannot be reached. Try again later; nothing is lost."},
    {"source-wrong", 502, RC_PEER, "数据源的答复无法识别，没有采用。请联系数据提供部门。",
     "The answer of the source cannot be understood and was not used. Contact its department."},
    {"answer-invalid", 502, RC_PEER, "数据源的答复没有通过签名核验，没有采用。请联系运维人员。",
     "The answer of the source failed its signature check and was not used. Contact the operator."},
    {"clock-apart", 502, RC_PEER, "数据源的时钟与本节点相差太大，答复没有采用。请双方校准时钟。",
     "The clocks of the source and of this node are too far apart; the answer was not used. Set them."},
    /* The node itself. */
    {"limit", 413, RC_LIMIT, "内容超出了允许的大小。", "The content is larger than allowed."},
    {"media-type", 415, RC_TYPE, "只接受 application/json。", "Only application/json is taken here."},
    {"too-many", 429, RC_BUSY, "现在请求太多，请稍后再试。", "Too many requests just now; try again later."},
    {"storage-full", 507, RC_FULL, "存储空间已满，暂时不能登记，因此不能提供数据。",
     "Storage is full; what cannot be recorded cannot be released."},
    {"unavailable", 503, RC_IO, "系统暂时不可用，请稍后再试。", "The system is not available just now; try later."},
    {"timeout", 504, RC_TIMEOUT, "对方没有及时答复，请稍后再试。", "The other side did not answer in time; try later."},
    {"peer", 502, RC_PEER, "对方答复有误。", "The other side gave a wrong answer."},
    {"conflict", 409, RC_CONFLICT, "与已经发生的事情矛盾，请重新查看后再试。",
     "This contradicts what already happened; look again and retry."},
    {"not-permitted", 403, RC_DENIED, "没有权限。", "This is not permitted."},
    {"not-found", 404, RC_NOT_FOUND, "没有找到。", "Nothing was found."},
    {"invalid", 400, RC_INVALID, "请求的内容不对。", "The request is not right."},
    {"internal", 500, RC_CORRUPT, "系统内部出错，已经记录。", "Something went wrong inside; it has been recorded."},
};

const struct problem *
problem_by_type(struct str type)
{
    for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++) {
        if (str_eq(str_of(problems[i].type), type)) {
            return &problems[i];
        }
    }
    return NULL;
}

const struct problem *
problem_of(enum rc rc, const struct err *err)
{
    const struct problem *p = problem_by_type(str_of(err->type));

    if (p == NULL) {
        p = problem_by_type(str_of(rc_type(rc)));
    }
    return p != NULL ? p : problem_by_type(STR("internal"));
}

/* Text that was made on the arena: one that did not fit there is lost, not empty. */
static void
set_made(struct arena *a, struct json *j, const char *key, struct str text)
{
    json_set(a, j, key, text.ptr != NULL ? json_text(a, text) : NULL);
}

struct json *
problem_document(struct arena *a, const struct problem *p)
{
    struct json *j = json_object(a);

    set_made(a, j, "type", str_fmt(a, "/problems/%s", p->type));
    json_set_text(a, j, "title", str_of(p->title_zh));
    json_set_text(a, j, "title_en", str_of(p->title_en));
    json_set_int(a, j, "status", p->status);
    return j;
}
