/*
 * verify - the log of a node, a receipt, or both, checked by anybody, on any machine.
 *
 * Nothing is asked but the files of the log.  The key should come from elsewhere (a paper, another office): one that
 * lies beside the log only shows that the log agrees with itself, and the answer says so.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "evidence/proof.h"
#include "evidence/verify.h"
#include "main/command.h"
#include "main/log_url.h"

enum { ROOM = 256 << 20, FILE_MAX = 1 << 20, USAGE = 64 };

struct asked {
    const char *log, *act, *key, *receipt, *older;
    bool json, help;
};

struct work {
    const struct asked *asked;
    struct arena *arena;
    struct note_key key;
    bool key_from_log;
    struct str older[2];
    size_t older_count;
    int64_t act;         /* or -1 */
    int64_t receipt_act; /* what the receipt is about, or -1 */
    struct str receipt_leaf;
    struct json *report;
    enum rc rc;
    struct err err;
};

static const char help[] =
    "usage: zhengtong verify --log FOLDER|URL [OPTION]...\n"
    "       zhengtong verify --receipt FILE --key KEY\n\n"
    "Checks a public log without asking anyone: that its signature is right, that every entry is\n"
    "the one that was signed, and that nothing was taken out.  If something is wrong it names the\n"
    "first wrong byte.  Nothing is changed.\n\n"
    "  --log FOLDER|URL  the log, as a folder or at an http:// address\n"
    "  --key KEY|FILE    the log's key (name+id+base64); without it the one that lies beside the\n"
    "                    log is taken, which shows only that the log agrees with itself\n"
    "  --act NUMBER      prove that this entry is in the log\n"
    "  --receipt FILE    check a receipt; with --log also that the log still holds what it proves\n"
    "  --older FILE      an older checkpoint: prove that the log has only grown since\n"
    "  --json            the answer for programs\n"
    "  --help            this text\n\n"
    "Status: 0 right; 76 the log is wrong; 65 the receipt, the key or a number is wrong;\n"
    "66 there is no such file or entry; 74, 75 the log could not be read.\n";

/* --- what was given ------------------------------------------------------------------------------ */

static enum rc
take_key(struct work *w, const struct tile_source *source, struct err *err)
{
    struct str text = str_of(w->asked->key);
    enum rc rc = RC_OK;

    if (w->asked->key == NULL && source == NULL) {
        return err_set(err, RC_INVALID, "a receipt alone needs the log's key: --key KEY");
    }
    if (w->asked->key == NULL) {
        w->key_from_log = true;
        rc = source->fetch(source->ctx, w->arena, STR("log.vkey"), &text, err);
        if (rc == RC_NOT_FOUND) {
            return err_set(err, rc, "the log has no file log.vkey, so its key is needed: --key KEY");
        }
    } else if (!str_has(text, STR("+"))) {
        rc = file_read(w->arena, w->asked->key, FILE_MAX, &text, err);
    }
    return rc == RC_OK ? note_key_parse(w->arena, str_trim(text), &w->key, err) : rc;
}

/* The checkpoint inside a receipt is an older one of the log: what it signed must still be there. */
static void
use_receipt(struct work *w, const struct json *receipt)
{
    struct str proof = json_str(receipt, "proof");
    size_t cut = str_find(proof, STR("\n\n"));

    w->older[w->older_count++] = str_from(proof, cut + 2);
    w->act = w->receipt_act = json_int_or(receipt, "leaf_index", -1);
    w->receipt_leaf = json_str(receipt, "leaf");
}

static enum rc
take_receipt(struct work *w, struct err *err)
{
    struct json *receipt;
    struct str text = STR("");
    struct err why;
    enum rc rc;

    if (w->asked->receipt == NULL) {
        return RC_OK;
    }
    if ((rc = file_read(w->arena, w->asked->receipt, FILE_MAX, &text, err)) != RC_OK ||
        (rc = json_parse(w->arena, text, JSON_UNIQUE, &receipt, err)) != RC_OK) {
        return rc;
    }
    /* As a page gives it, the receipt may be a member of something larger. */
    const struct json *inner = json_get(receipt, "receipt");
    const struct json *all = json_is(inner, JSON_OBJECT) ? inner : receipt;
    if ((rc = receipt_check(w->arena, all, &w->key, 1, NULL, &why)) != RC_OK) {
        return err_set(err, rc, "the receipt is wrong: %s", why.text);
    }
    use_receipt(w, all);
    return RC_OK;
}

static enum rc
take_rest(struct work *w, struct err *err)
{
    enum rc rc = RC_OK;

    if (w->asked->act != NULL &&
        (!str_to_int(str_of(w->asked->act), &w->act) || w->act < 0)) {
        return err_set(err, RC_INVALID, "--act is the number of an entry, from 0: %.60s",
                       w->asked->act);
    }
    if (w->asked->older != NULL) {
        rc = file_read(w->arena, w->asked->older, FILE_MAX, &w->older[w->older_count], err);
        w->older_count += rc == RC_OK ? 1 : 0;
    }
    return rc;
}

/* --- the work ------------------------------------------------------------------------------------ */

static enum rc
check_log(struct work *w, const struct tile_source *source, struct err *err)
{
    struct verify_request request = {.source = *source,
                                     .keys = &w->key,
                                     .key_count = 1,
                                     .older = w->older,
                                     .older_count = w->older_count,
                                     .act = w->act};
    enum rc rc = verify_log(w->arena, &request, &w->report, err);

    if (rc == RC_OK && w->act == w->receipt_act && w->act >= 0 &&
        !str_eq(json_str(json_get(w->report, "act"), "leaf"), w->receipt_leaf)) {
        return err_set(err, RC_CORRUPT, "the log holds another act where the receipt's should be");
    }
    return rc;
}

static void
run(void *ctx, const struct tile_source *source)
{
    struct work *w = ctx;

    if ((w->rc = take_key(w, source, &w->err)) != RC_OK ||
        (w->rc = take_receipt(w, &w->err)) != RC_OK || (w->rc = take_rest(w, &w->err)) != RC_OK ||
        source == NULL) {
        return;
    }
    w->rc = check_log(w, source, &w->err);
}

static enum rc
run_where_asked(struct work *w)
{
    struct tile_source folder;
    enum rc rc;

    if (w->asked->log == NULL) {
        run(w, NULL);
        return w->rc;
    }
    if (log_url_is(w->asked->log)) {
        rc = log_url_run(w->asked->log, run, w, &w->err);
        return rc == RC_OK ? w->rc : rc;
    }
    folder = tiles_folder_source(w->asked->log);
    run(w, &folder);
    return w->rc;
}

/* --- the answer ---------------------------------------------------------------------------------- */

static void
say_number(const struct json *report, const char *name, const char *label)
{
    (void)printf("  %-9s%" PRId64 "\n", label, json_int_or(report, name, 0));
}

static void
say_text(const struct json *report, const char *name, const char *label)
{
    (void)printf("  %-9s%.*s\n", label, STR_ARG(json_str(report, name)));
}

static void
say_right(const struct work *w)
{
    const struct json *act = json_get(w->report, "act"), *kinds = json_get(w->report, "acts_by_kind");
    int64_t out_of_order = json_int_or(w->report, "out_of_order", 0);

    (void)printf("The log is right: every entry is the one that was signed.\n");
    say_text(w->report, "origin", "origin");
    say_number(w->report, "size", "entries");
    say_text(w->report, "root", "root");
    (void)printf("  %-9s%.*s\n", "key", STR_ARG(note_key_text(w->arena, &w->key)));
    (void)printf("  %-9s", "acts");
    for (const struct json *k = kinds == NULL ? NULL : kinds->first; k != NULL; k = k->next) {
        (void)printf("%.*s %.*s%s", STR_ARG(k->key), STR_ARG(k->text), k->next == NULL ? "" : ", ");
    }
    (void)printf("\n");
    if (out_of_order > 0) {
        (void)printf("  note     %" PRId64 " entries are of an earlier hour than the one before: a "
                     "clock was set back\n",
                     out_of_order);
    }
    if (json_is(act, JSON_OBJECT)) {
        (void)printf("Entry %" PRId64 " is in the log: %.*s, in the hour from %.*s.\n",
                     json_int_or(act, "index", -1), STR_ARG(json_str(act, "kind")),
                     STR_ARG(json_str(act, "hour")));
    }
    if (w->older_count > 0) {
        (void)printf("The log has only grown since the older checkpoint%s.\n",
                     w->older_count > 1 ? "s" : "");
    }
}

static void
say_plainly(const struct work *w)
{
    if (w->asked->receipt != NULL && w->rc == RC_OK) {
        (void)printf("The receipt is right: its act was signed into the log as entry %" PRId64 ".\n",
                     w->receipt_act);
    }
    if (w->report != NULL && json_true(w->report, "ok")) {
        say_right(w);
    } else if (w->report != NULL) {
        (void)printf("The log is WRONG: %.*s, byte %" PRId64 ": %.*s.\n",
                     STR_ARG(json_str(w->report, "file")), json_int_or(w->report, "offset", 0),
                     STR_ARG(json_str(w->report, "why")));
        (void)printf("Keep the log as it is, and show this to whoever supervises the office.  "
                     "Nothing was changed by this check.\n");
    }
    if (w->key_from_log && w->report != NULL) {
        (void)printf("The key came from the log itself.  To be sure whose log it is, compare it with "
                     "the key that the office publishes elsewhere, or give it with --key.\n");
    }
}

static void
say_json(const struct work *w, enum rc rc)
{
    struct json *report = w->report != NULL ? w->report : json_object(w->arena);
    struct str text = STR("");
    struct err err;

    if (w->report == NULL) {
        json_set_bool(w->arena, report, "ok", rc == RC_OK);
    }
    if (w->asked->receipt != NULL) {
        json_set_bool(w->arena, report, "receipt_ok", rc == RC_OK);
    }
    if (rc != RC_OK) {
        json_set_text(w->arena, report, "error", str_of(w->err.text));
    }
    if (w->key.name.len > 0) {
        json_set_text(w->arena, report, "key", note_key_text(w->arena, &w->key));
        json_set_bool(w->arena, report, "key_from_log", w->key_from_log);
    }
    if (json_print(w->arena, report, &text, &err) == RC_OK) {
        (void)printf("%.*s\n", STR_ARG(text));
    }
}

int
cmd_verify(int argc, char **argv)
{
    struct asked asked = {.log = NULL};
    const struct option_spec specs[] = {
        {"--log", &asked.log, NULL},         {"--act", &asked.act, NULL},
        {"--key", &asked.key, NULL},         {"--receipt", &asked.receipt, NULL},
        {"--older", &asked.older, NULL},     {"--json", NULL, &asked.json},
        {"--help", NULL, &asked.help},
    };
    struct work w = {.asked = &asked, .act = -1, .receipt_act = -1};
    enum rc rc;

    if (!options_read(argc, argv, specs, sizeof(specs) / sizeof(specs[0]))) {
        return USAGE;
    }
    if (asked.help || (asked.log == NULL && asked.receipt == NULL)) {
        (void)fputs(help, asked.help ? stdout : stderr);
        return asked.help ? 0 : USAGE;
    }
    w.arena = arena_new(ROOM);
    rc = run_where_asked(&w);
    if (asked.json) {
        say_json(&w, rc);
    } else {
        say_plainly(&w);
        if (rc != RC_OK && (w.report == NULL || json_true(w.report, "ok"))) {
            (void)command_failed("verify", rc, &w.err);
        }
    }
    arena_free(w.arena);
    return rc_exit(rc);
}
