/*
 * The public log: its page, receipts, and the tiles as C2SP tlog-tiles serves them.
 */
#include "base/encode.h"
#include "base/file.h"
#include "evidence/proof.h"
#include "evidence/tiles.h"
#include "web/handlers.h"

enum { LATEST = 30, FILE_MAX = 1 << 20, HASH_GROUPS = 16 };

static enum rc
newest_checkpoint(struct page *p, struct str *note_text, struct checkpoint *out, struct err *err)
{
    struct tile_source source = tiles_folder_source(str_c(p->arena, p->web->log_folder));
    struct signed_note note;
    enum rc rc;

    if ((rc = source.fetch(source.ctx, p->arena, STR("checkpoint"), note_text, err)) != RC_OK ||
        (rc = note_parse(p->arena, *note_text, &note, err)) != RC_OK) {
        return rc;
    }
    return checkpoint_parse(p->arena, note.text, out, err);
}

static struct json *
act_row(struct page *p, const struct json *act)
{
    struct json *d = json_object(p->arena);
    struct str leaf = STR(""), at = json_str(act, "at"); /* 2026-11-28T11:12:00.123456+08:00 */
    struct err ignored;

    (void)!base64_decode(p->arena, json_str(act, "leaf"), &leaf, &ignored);
    json_set_int(p->arena, d, "index", json_int_or(act, "index", -1));
    json_set_text(p->arena, d, "index_text",
                  words_number(p->arena, json_int_or(act, "index", 0)));
    /* The public list says what kind of act and, roughly, when; who and about whom stays in the commitment. */
    json_set_text(p->arena, d, "kind", json_str(act, "kind"));
    json_set_text(p->arena, d, "kind_text",
                  page_either(p, json_str(act, "kind_zh"), json_str(act, "kind_en")));
    struct str day = str_sub(at, 0, 10), hour = str_sub(at, 11, 2), zone = str_from(at, at.len - 6);
    json_set_text(p->arena, d, "at",
                  str_fmt(p->arena, "%.*sT%.*s:00:00%.*s", STR_ARG(day), STR_ARG(hour),
                          STR_ARG(zone)));
    json_set_text(p->arena, d, "at_text",
                  str_fmt(p->arena, "%.*s %.*s", STR_ARG(day), STR_ARG(hour)));
    json_set_text(p->arena, d, "org_name", STR(""));
    json_set_text(p->arena, d, "leaf_text", words_hash(p->arena, leaf, 10));
    return d;
}

/* From the act and not from the file's date, which a copy of the folder would change. */
enum rc
openlog_sealed(struct page *p, struct str *out, struct err *err)
{
    int64_t size = (int64_t)publisher_size(p->web->publisher);
    struct json *act;
    enum rc rc;

    if (size == 0) {
        *out = STR("");
        return RC_OK;
    }
    if ((rc = act_by_index(&p->db, p->arena, size - 1, &act, err)) == RC_OK) {
        *out = words_moment_of(p, json_str(act, "at"));
    }
    return rc;
}

static enum rc
put_log(struct page *p, struct err *err)
{
    struct json *acts, *list = json_array(p->arena);
    struct checkpoint c;
    struct note_key key = publisher_key(p->web->publisher);
    struct str note, sealed;
    int64_t before = -1;
    enum rc rc;

    (void)str_to_int(page_query(p, "before"), &before);
    if ((rc = act_latest(&p->db, p->arena, before, LATEST, &acts, err)) != RC_OK) {
        return rc;
    }
    for (const struct json *a = acts->first; a != NULL; a = a->next) {
        json_push(list, act_row(p, a));
    }
    json_set(p->arena, p->document, "acts", list);
    json_set_text(p->arena, p->document, "origin", p->web->origin);
    json_set_text(p->arena, p->document, "key_text", note_key_text(p->arena, &key));
    json_set_text(p->arena, p->document, "public_key", note_key_text(p->arena, &key));
    json_set_text(p->arena, p->document, "checkpoint_url", STR("/log/checkpoint"));
    json_set_text(p->arena, p->document, "receipt", STR(""));
    if ((rc = openlog_sealed(p, &sealed, err)) != RC_OK) {
        return rc;
    }
    rc = newest_checkpoint(p, &note, &c, err);
    if (rc == RC_NOT_FOUND) {
        json_set_int(p->arena, p->document, "size", 0);
        json_set_text(p->arena, p->document, "size_text", STR("0"));
        return RC_OK; /* nothing has happened here yet */
    }
    if (rc != RC_OK) {
        return rc;
    }
    json_set_int(p->arena, p->document, "size", (int64_t)c.size);
    json_set_text(p->arena, p->document, "size_text", words_number(p->arena, (int64_t)c.size));
    json_set_text(p->arena, p->document, "root_text",
                  words_hash(p->arena, hash_str(&c.root), HASH_GROUPS));
    json_set_text(p->arena, p->document, "checkpoint_text", sealed);
    if (list != NULL && list->count == LATEST) {
        words_pager(p, str_fmt(p->arena, "%d", LATEST), STR("/log"),
                    str_fmt(p->arena, "/log?before=%lld",
                            (long long)json_int_or(list->last, "index", 0)));
    }
    return RC_OK;
}

enum rc
openlog_page(struct page *p, struct err *err)
{
    return put_log(p, err);
}

static void
push_check(struct page *p, struct json *checks, bool ok, struct str text)
{
    struct json *c = json_object(p->arena);

    json_set_text(p->arena, c, "result", ok ? STR("yes") : STR("no"));
    json_set_bool(p->arena, c, "is_yes", ok);
    json_set_bool(p->arena, c, "is_no", !ok);
    json_set_text(p->arena, c, "text", text);
    json_push(checks, c);
}

/* What a receipt says, checked with nothing but the log's key. */
enum rc
openlog_verify(struct page *p, struct err *err)
{
    struct json *verdict = json_object(p->arena), *checks = json_array(p->arena), *receipt;
    struct note_key key = publisher_key(p->web->publisher);
    struct str text = page_input(p, "receipt");
    struct err why;
    enum rc rc = put_log(p, err);
    bool good;

    if (rc != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, p->document, "receipt", text);
    if (text.len == 0 || json_parse(p->arena, text, JSON_UNIQUE, &receipt, &why) != RC_OK) {
        words_error(p, "receipt",
                    page_either(p, STR("请粘贴凭证文件的全部内容"),
                                STR("Please paste the whole text of the receipt")));
        p->status = 422;
        return RC_OK;
    }
    good = receipt_check(p->arena, receipt, &key, 1, NULL, &why) == RC_OK;
    json_set_bool(p->arena, verdict, "is_good", good);
    json_set_bool(p->arena, verdict, "is_broken", !good);
    json_set_text(p->arena, verdict, "text",
                  good ? page_either(p, STR("属实：内容没有改动，已在公开日志里。"),
                                     STR("True: unchanged, and in the public log."))
                       : page_either(p, STR("对不上：内容被改过，或者不是这里的凭证。"),
                                     STR("It does not fit: changed, or not a receipt of ours.")));
    push_check(p, checks, good,
               good ? str_fmt(p->arena,
                              str_eq(p->lang, STR("en")) ? "Entry %lld of the log"
                                                         : "在公开日志第 %lld 条",
                              (long long)json_int_or(receipt, "leaf_index", 0))
                    : str_of(why.text));
    json_set(p->arena, verdict, "checks", checks);
    json_set(p->arena, p->document, "verdict", verdict);
    return RC_OK;
}

/* What a steward answers for: data that was asked for, given or refused. */
static bool
is_of_the_exchange(const struct json *act)
{
    struct str kind = json_str(act, "kind");

    return str_eq(kind, STR("ask")) || str_eq(kind, STR("read")) || str_eq(kind, STR("refuse"));
}

/* Receipts go to those whom the act concerns: its subject, its actor, a supervisor, of the exchange its steward. */
static bool
may_have(const struct page *p, const struct json *act)
{
    struct str subject = json_str(act, "subject");

    if (p->who.account.len == 0) {
        return false;
    }
    return (subject.len > 0 && str_eq(subject, p->who.subject)) ||
           str_eq(json_str(act, "actor"), p->who.actor) ||
           (p->who.role != ROLE_CITIZEN &&
            (officer_has_role(&p->who.officer, ROLE_SUPERVISOR) ||
             (officer_has_role(&p->who.officer, ROLE_STEWARD) && is_of_the_exchange(act)) ||
             str_eq(json_str(act, "org"), p->who.officer.org)));
}

enum rc
openlog_receipt(struct page *p, struct err *err)
{
    struct str name = p->param[0];
    struct json *act;
    int64_t index;
    enum rc rc;

    if (str_ends(name, STR(".json"))) {
        name = str_sub(name, 0, name.len - 5);
    }
    if (!str_to_int(name, &index) || index < 0) {
        return err_set(err, RC_NOT_FOUND, "not the number of an act");
    }
    if ((rc = act_by_index(&p->db, p->arena, index, &act, err)) != RC_OK) {
        return rc;
    }
    if (!may_have(p, act)) {
        return err_problem(err, RC_DENIED, "not-yours", "the act concerns somebody else");
    }
    p->wants_json = true;
    return page_receipt(p, index, &p->document, err);
}

static enum rc
send_file(struct page *p, struct str path, struct str type, struct str cache, struct err *err)
{
    struct tile_source source = tiles_folder_source(str_c(p->arena, p->web->log_folder));
    struct http_fields fields = {.count = 0};
    struct str bytes;
    enum rc rc = source.fetch(source.ctx, p->arena, path, &bytes, err);

    if (rc != RC_OK) {
        return rc;
    }
    CHECK(http_add(&fields, STR("Content-Type"), type) &&
          http_add(&fields, STR("Cache-Control"), cache) &&
          http_add(&fields, STR("X-Content-Type-Options"), STR("nosniff")) &&
          http_add(&fields, STR("Access-Control-Allow-Origin"), STR("*")));
    return http_answer(p->call, 200, &fields, bytes, err);
}

/* /log/checkpoint, /log/log.vkey, /log/tile/…: what any verifier reads. */
enum rc
openlog_file(struct page *p, struct err *err)
{
    struct str path = p->param[0];
    uint64_t index;
    int level, width;
    enum rc rc;

    if (str_eq(path, STR("checkpoint")) || str_eq(path, STR("log.vkey"))) {
        return send_file(p, path, STR("text/plain; charset=utf-8"), STR("max-age=1"), err);
    }
    if ((rc = tiles_parse_path(path, &level, &index, &width, err)) != RC_OK) {
        int64_t act;
        if (str_to_int(path, &act)) { /* /log/123: the receipt's address as people read it */
            return openlog_receipt(p, err);
        }
        return rc;
    }
    return send_file(p, path, STR("application/octet-stream"),
                     STR("public, max-age=31536000, immutable"), err);
}
