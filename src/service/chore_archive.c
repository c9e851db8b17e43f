/* What goes along with a case to another node, and what stays when it is done: a list of what there is, by its digests, signed by this node. */
#include "base/encode.h"
#include "crypto/hash.h"
#include "service/certificate.h"
#include "service/chore_int.h"

static enum rc
list_case(const struct chore *k, struct json *manifest, struct err *err)
{
    struct json *content, *acts, *numbers = json_array(k->a);
    struct str text;
    enum rc rc;

    if ((rc = act_of_case(k->db, k->a, k->file.case_no, -1, ERRANDS_SHOWN, &acts, err)) != RC_OK) {
        return rc;
    }
    for (const struct json *act = acts->first; act != NULL; act = act->next) {
        json_push(numbers, json_int(k->a, json_int_or(act, "index", -1)));
    }
    json_set(k->a, manifest, "acts", numbers);
    if (!k->has_case) {
        return RC_OK;
    }
    if ((rc = case_open_content(k->c->config.work, k->a, &k->file, &content, err)) != RC_OK || (rc = json_canonical(k->a, content, &text, err)) != RC_OK) {
        return rc;
    }
    struct hash digest = hash_sha256(text);
    json_set_text(k->a, manifest, "item", k->file.item);
    json_set_int(k->a, manifest, "item_version", k->file.item_version);
    json_set_text(k->a, manifest, "content_sha256", hex_of(k->a, hash_str(&digest)));
    return RC_OK;
}

enum rc
chore_pack(struct chore *k, struct err *err)
{
    const struct json *text = chore_find_text(k, "errands", str_of(k->type->name));
    struct json *manifest = json_object(k->a), *data = json_object(k->a), *signature = json_object(k->a);
    struct str bytes, to = chore_text(k, "to");
    enum rc rc;

    if (text == NULL) {
        return err_problem(err, RC_NOT_FOUND, "no-such-text", "there are no words for %s", k->type->name);
    }
    json_set_text(k->a, manifest, "case_no", k->file.case_no);
    json_set_text(k->a, manifest, "from", k->c->config.node);
    json_set_text(k->a, manifest, "to", to);
    json_set_text(k->a, manifest, "at", instant_text(k->a, k->work->now_us, k->c->config.work->offset_minutes));
    if ((rc = list_case(k, manifest, err)) != RC_OK || (rc = certificate_bytes(k->a, manifest, &bytes, err)) != RC_OK ||
        (rc = k->c->config.sign(k->c->config.ctx, bytes, k->signature, err)) != RC_OK) {
        return rc;
    }
    json_set_text(k->a, signature, "key_id", k->c->config.key_id);
    json_set_text(k->a, signature, "algorithm", STR("ed25519"));
    json_set_text(k->a, signature, "value", base64_of(k->a, (struct str){(const char *)k->signature, SIG_BYTES}));
    json_set_int(k->a, data, "count", json_get(manifest, "acts") != NULL ? (int64_t)json_get(manifest, "acts")->count : 0);
    json_set(k->a, data, "manifest", manifest);
    json_set(k->a, data, "signature", signature);
    k->errand.name = k->work->job.element;
    return chore_say(k, text, data, err);
}
