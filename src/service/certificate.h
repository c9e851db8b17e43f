/*
 * certificate - what is issued (电子证照): a JSON document signed over its canonical form, with its number and status.
 *
 * {"certificate":{"id" (GB/T 36904 form),"type","type_zh","number","holder","holder_code","issuer","issuer_zh","issued","valid_until","content":{…},"case_no"},
 *  "signature":{"key_id","algorithm","value"},"act":index}
 */
#ifndef SERVICE_CERTIFICATE_H
#define SERVICE_CERTIFICATE_H

#include "crypto/sig.h"
#include "crypto/vault.h"
#include "store/store.h"

/* The canonical bytes that the signature is over. */
MUST_USE enum rc certificate_bytes(struct arena *a, const struct json *content, struct str *out,
                                   struct err *err);
/* Inside the transaction of the decision: stores it sealed, with ACT_ISSUE. */
MUST_USE enum rc certificate_store(struct tx *tx, const struct vault *vault, struct arena *a,
                                   const struct json *content, struct str signature,
                                   struct str key_id, struct str subject, struct str actor,
                                   int64_t now_us, struct json *acts, struct err *err);
/*
 * Inside a write: its standing is another from now on, with ACT_STATUS that says why: "valid", "flagged" (in force, with something against its holder), or
 * "withdrawn", which is for good.  The same again changes nothing and leaves no act; RC_NOT_FOUND "no-such-certificate", RC_CONFLICT "certificate-withdrawn".
 */
MUST_USE enum rc certificate_mark(struct tx *tx, struct arena *a, struct str id, struct str status, struct str reason, struct str org,
                                  int64_t now_us, struct err *err);
MUST_USE enum rc certificate_get(const struct db *db, const struct vault *vault, struct arena *a,
                                 struct str id, struct json **out, struct err *err);
/* The subject's, newest first: array of such documents with "status". */
MUST_USE enum rc certificate_list(const struct db *db, const struct vault *vault, struct arena *a,
                                  struct str subject, int limit, struct json **out,
                                  struct err *err);
/* {"verdict":"good|broken|unknown|withdrawn|expired","checks":[{"ok","text_zh","text_en"}]} for any such document. */
MUST_USE enum rc certificate_check(const struct db *db, const struct vault *vault, struct arena *a,
                                   const struct json *document, const struct sig_public *key,
                                   int64_t now_us, struct json **out, struct err *err);

#endif
