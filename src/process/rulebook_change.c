/*
 * Changing the rulebook.  What decides whether a change may be made is read in the transaction of the change, so that two officers who press
 * at once cannot both be first.
 */
#include "base/utf8.h"
#include "process/pins.h"
#include "process/rulebook_int.h"
#include "process/rulebook_sql.h"

static bool
is_readable(struct str text, size_t most)
{
    return text.len <= most && str_find_byte(text, '\0') == text.len && utf8_is_valid(text);
}

static enum rc
check_document(struct str text, size_t most, const char *what, struct err *err)
{
    if (text.len > most) {
        return err_set(err, RC_LIMIT, "%s of more than %zu bytes", what, most);
    }
    return is_readable(text, most) ? RC_OK : err_set(err, RC_INVALID, "%s is no UTF-8 text", what);
}

/* --- what a node comes with -------------------------------------------------------------------------------- */

static enum rc
check_model(const struct json *given, struct str xml, struct str cases, int32_t *holds_from, struct err *err)
{
    static const char *const texts[] = {"owner", "power", "name_zh", "name_en", "basis"};
    struct str kind = json_str(given, "kind");
    enum rc rc;

    if (kind.len > 0 && !str_eq(kind, str_of(rule_kind_name(RULE_DMN))) && !str_eq(kind, str_of(rule_kind_name(RULE_BPMN)))) {
        return err_set(err, RC_INVALID, "a model is of kind dmn or bpmn");
    }
    if (!rule_key_is_valid(json_str(given, "key"))) {
        return err_set(err, RC_INVALID, "the key of a rule is of small letters, digits and hyphens");
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (json_str(given, texts[i]).len == 0) {
            return err_set(err, RC_INVALID, "the rule %.*s has no %s", STR_ARG(json_str(given, "key")), texts[i]);
        }
    }
    if ((rc = check_document(xml, RULE_XML_MAX, "a model", err)) != RC_OK ||
        (rc = check_document(cases, RULE_CASES_MAX, "a document of cases", err)) != RC_OK) {
        return rc;
    }
    return day_parse(json_str(given, "holds_from"), holds_from, err);
}

static enum rc
add_version(struct tx *tx, const struct rule_version *v, struct err *err)
{
    return tx_run(tx, &RULE_VERSION_ADD,
                  VALUES(V_TEXT(v->model), V_INT(v->number), V_INT(v->base), V_TEXT(v->xml), V_TEXT(v->sha256),
                         V_TEXT(v->author), V_TEXT(v->basis), V_TEXT(v->reason), V_INT(v->holds_from),
                         V_INT(v->proposed_us), V_INT(v->act), V_TEXT(v->found)),
                  NULL, NULL, err);
}

static enum rc
add_verdict(struct tx *tx, struct str model, const struct rule_settling *s, struct str officer, int64_t act,
            struct err *err)
{
    enum rc rc = tx_run(tx, &RULE_VERDICT_ADD,
                        VALUES(V_TEXT(model), V_INT(s->number), V_TEXT(str_of(rule_state_name(s->verdict))),
                               V_TEXT(officer), V_TEXT(s->reason), V_INT(s->now_us), V_INT(act)),
                        NULL, NULL, err);

    if (rc == RC_OK && tx_changes(tx) == 0) {
        return err_problem(err, RC_CONFLICT, "rule-settled", "version %lld has its verdict", (long long)s->number);
    }
    return rc;
}

/* What every act about a version says. */
static struct json *
act_detail(struct arena *a, const struct rule_version *v)
{
    struct json *d = json_object(a);

    json_set_int(a, d, "version", v->number);
    json_set_int(a, d, "base", v->base);
    json_set_text(a, d, "sha256", v->sha256);
    json_set_text(a, d, "basis", v->basis);
    json_set_text(a, d, "holds_from", day_text(a, v->holds_from));
    return d;
}

static enum rc
write_act(struct tx *tx, struct arena *a, enum act_kind kind, const struct rule_model *m, const struct identity *who,
          int64_t now_us, struct json *detail, struct act_ref *out, struct err *err)
{
    json_set_text(a, detail, "power", m->power);
    const struct act act = {.kind = kind,
                            .at_us = now_us,
                            .actor = who != NULL ? who->actor : STR("system"),
                            .org = m->org,
                            .resource = str_fmt(a, "%s:%.*s", m->kind == RULE_BPMN ? "process" : "rule", STR_ARG(rule_key(m->id))),
                            .detail = detail};
    enum rc rc = json_whole(detail, err);

    return rc != RC_OK ? rc : act_add(tx, a, &act, out, err);
}

static enum rc
print_report(struct arena *a, const struct json *report, struct str *out, struct err *err)
{
    *out = STR("");
    return report == NULL ? RC_OK : json_print(a, report, out, err);
}

enum rc
rule_install(struct tx *tx, struct arena *a, const struct json *given, struct str xml, struct str cases, int64_t now_us,
             struct err *err)
{
    enum rule_kind kind = str_eq(json_str(given, "kind"), str_of(rule_kind_name(RULE_BPMN))) ? RULE_BPMN : RULE_DMN;
    const struct rule_model m = {rule_id(a, kind, json_str(given, "key")), kind, json_str(given, "owner"), json_str(given, "power"),
                                 json_str(given, "name_zh"), json_str(given, "name_en")};
    struct rule_version v = {.model = m.id, .number = 1, .xml = xml, .author = STR(""), .proposed_us = now_us,
                             .basis = json_str(given, "basis"), .reason = STR("")};
    const struct rule_settling s = {.number = 1, .verdict = RULE_PUBLISHED, .now_us = now_us};
    struct act_ref act;
    enum rc rc;

    if ((rc = check_model(given, xml, cases, &v.holds_from, err)) != RC_OK ||
        (rc = print_report(a, json_get(given, "found"), &v.found, err)) != RC_OK ||
        (rc = tx_run(tx, &RULE_MODEL_ADD,
                     VALUES(V_TEXT(m.id), V_TEXT(m.org), V_TEXT(m.power), V_TEXT(m.name_zh), V_TEXT(m.name_en),
                            V_INT(now_us), V_TEXT(str_of(rule_kind_name(kind)))),
                     NULL, NULL, err)) != RC_OK ||
        tx_changes(tx) == 0) {
        return rc;
    }
    v.sha256 = rule_sha256(a, xml);
    if ((rc = write_act(tx, a, ACT_PUBLISH, &m, NULL, now_us, act_detail(a, &v), &act, err)) != RC_OK) {
        return rc;
    }
    v.act = act.index;
    if ((rc = add_version(tx, &v, err)) != RC_OK ||
        (rc = add_verdict(tx, m.id, &s, STR(""), act.index, err)) != RC_OK) {
        return rc;
    }
    return cases.len == 0 ? RC_OK
                          : tx_run(tx, &RULE_CASES_ADD,
                                   VALUES(V_TEXT(m.id), V_INT(1), V_TEXT(cases), V_TEXT(STR("")), V_INT(now_us)), NULL,
                                   NULL, err);
}

/* --- drafts -------------------------------------------------------------------------------------------------- */

struct draft_found {
    struct arena *arena;
    struct rule_draft draft;
};

static enum rc
draft_row(const struct row *row, void *ctx, struct err *err)
{
    struct draft_found *f = ctx;

    f->draft.base = row_int(row, 0);
    f->draft.revision = row_int(row, 1);
    f->draft.saved_us = row_int(row, 3);
    return row_copy_text(row, 2, f->arena, &f->draft.xml, err);
}

enum rc
rule_draft_get(const struct db *db, struct arena *a, const struct rule_model *m, const struct identity *who,
               struct rule_draft *out, struct err *err)
{
    struct draft_found f = {.arena = a, .draft = {.model = m->id, .officer = who->officer.id}};
    struct rule_version v;
    enum rc rc = rule_admits(m, who, err);

    if (rc != RC_OK ||
        (rc = store_read(db, &RULE_DRAFT_GET, VALUES(V_TEXT(m->id), V_TEXT(who->officer.id)), draft_row, &f, err)) !=
            RC_OK) {
        return rc;
    }
    if (f.draft.revision == 0) {
        if ((rc = rule_last_published(db, m->id, &f.draft.base, err)) != RC_OK ||
            (rc = rule_version_get(db, a, m->id, f.draft.base, &v, err)) != RC_OK) {
            return rc;
        }
        f.draft.xml = v.xml;
    }
    *out = f.draft;
    return RC_OK;
}

struct saving {
    const struct rule_draft *draft;
    int64_t now_us;
};

static enum rc
save_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct saving *s = ctx;
    const struct rule_draft *d = s->draft;
    enum rc rc;

    if (d->revision == 0) {
        rc = tx_run(tx, &RULE_DRAFT_ADD,
                    VALUES(V_TEXT(d->model), V_TEXT(d->officer), V_INT(d->base), V_TEXT(d->xml), V_INT(s->now_us)), NULL,
                    NULL, err);
    } else {
        rc = tx_run(tx, &RULE_DRAFT_SAVE,
                    VALUES(V_TEXT(d->model), V_TEXT(d->officer), V_INT(d->revision), V_TEXT(d->xml), V_INT(s->now_us),
                           V_INT(d->base)),
                    NULL, NULL, err);
    }
    if (rc == RC_OK && tx_changes(tx) == 0) {
        return err_problem(err, RC_CONFLICT, "other-tab", "the draft was saved elsewhere meanwhile");
    }
    return rc;
}

enum rc
rule_draft_save(const struct db *db, const struct rule_model *m, const struct identity *who, int64_t now_us,
                struct rule_draft *draft, struct err *err)
{
    struct rule_draft d = *draft;
    struct saving s = {&d, now_us};
    enum rc rc;

    d.model = m->id;
    d.officer = who->officer.id;
    if ((rc = rule_admits(m, who, err)) != RC_OK ||
        (rc = check_document(d.xml, RULE_XML_MAX, "a model", err)) != RC_OK ||
        (rc = store_write(db, save_tx, &s, err)) != RC_OK) {
        return rc;
    }
    d.revision++;
    d.saved_us = now_us;
    *draft = d;
    return RC_OK;
}

struct asking {
    const struct rule_model *model;
    const struct identity *who;
};

static enum rc
drop_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct asking *d = ctx;

    return tx_run(tx, &RULE_DRAFT_DROP, VALUES(V_TEXT(d->model->id), V_TEXT(d->who->officer.id)), NULL, NULL, err);
}

enum rc
rule_draft_drop(const struct db *db, const struct rule_model *m, const struct identity *who, struct err *err)
{
    struct asking d = {m, who};
    enum rc rc = rule_admits(m, who, err);

    return rc != RC_OK ? rc : store_write(db, drop_tx, &d, err);
}

struct cases_change {
    struct asking by;
    struct str document;
    int64_t seen, now_us;
};

static enum rc
cases_number_row(const struct row *row, void *ctx, struct err *err)
{
    int64_t *number = ctx;

    (void)err;
    *number = row_int(row, 0);
    return RC_OK;
}

static enum rc
cases_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct cases_change *c = ctx;
    int64_t number = 0;
    enum rc rc =
        tx_run(tx, &RULE_CASES_GET, VALUES(V_TEXT(c->by.model->id)), cases_number_row, &number, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (number != c->seen) {
        return err_problem(err, RC_CONFLICT, "other-tab", "the cases were changed meanwhile");
    }
    return tx_run(tx, &RULE_CASES_ADD,
                  VALUES(V_TEXT(c->by.model->id), V_INT(number + 1), V_TEXT(c->document),
                         V_TEXT(c->by.who->officer.id), V_INT(c->now_us)),
                  NULL, NULL, err);
}

enum rc
rule_cases_put(const struct db *db, const struct rule_model *m, const struct identity *who, struct str document,
               int64_t seen, int64_t now_us, struct err *err)
{
    struct cases_change c = {{m, who}, document, seen, now_us};
    enum rc rc;

    if ((rc = rule_admits(m, who, err)) != RC_OK ||
        (rc = check_document(document, RULE_CASES_MAX, "a document of cases", err)) != RC_OK) {
        return rc;
    }
    return store_write(db, cases_tx, &c, err);
}

/* --- proposing ------------------------------------------------------------------------------------------------ */

struct proposing {
    struct arena *arena;
    struct asking by;
    struct rule_proposal *p;
};

static enum rc
check_words(struct str text, const char *type_missing, struct err *err)
{
    if (text.len == 0 || !is_readable(text, RULE_WORDS_MAX)) {
        return str_eq(str_of(type_missing), STR("basis"))
                   ? err_problem(err, RC_INVALID, "basis-missing", "the legal basis is missing or too long")
                   : err_problem(err, RC_INVALID, "reason-missing", "the reason is missing or too long");
    }
    return RC_OK;
}

/* The last published version must be the one that this was made from, and may not begin later. */
static enum rc
check_base(struct tx *tx, struct arena *a, struct str model, int64_t base, int32_t holds_from, struct err *err)
{
    struct rule_version_found f = {.arena = a};
    int64_t last;
    enum rc rc = tx_int(tx, &RULE_LAST_PUBLISHED, VALUES(V_TEXT(model)), &last, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (last != base) {
        return err_problem(err, RC_CONFLICT, "rule-moved-on", "made from version %lld, but %lld was published since",
                           (long long)base, (long long)last);
    }
    if (last == 0) {
        return RC_OK;
    }
    rc = tx_run(tx, &RULE_VERSION_BY_NUMBER, VALUES(V_TEXT(model), V_INT(last)), rule_version_row, &f, err);
    if (rc == RC_OK && holds_from < f.version.holds_from) {
        return err_problem(err, RC_INVALID, "day-wrong", "the version that it was made from begins later");
    }
    return rc;
}

static enum rc
check_nothing_waits(struct tx *tx, struct arena *a, struct str model, int64_t last, struct err *err)
{
    struct rule_version_found f = {.arena = a};
    enum rc rc =
        tx_run(tx, &RULE_VERSION_BY_NUMBER, VALUES(V_TEXT(model), V_INT(last)), rule_version_row, &f, err);

    if (rc == RC_OK && f.is_found && f.version.state == RULE_PROPOSED) {
        return err_problem(err, RC_CONFLICT, "rule-waits", "version %lld waits for its verdict", (long long)last);
    }
    return rc;
}

/* What it was laid down with belongs to the proposal, and stands in its act. */
static void
put_pins(struct arena *a, const struct pins *p, struct json *detail)
{
    struct json *list = json_array(a);

    for (size_t i = 0; i < p->count; i++) {
        struct json *d = json_object(a);
        json_set_text(a, d, "rule", rule_key(p->row[i].model));
        json_set_int(a, d, "version", p->row[i].number);
        json_set_text(a, d, "sha256", p->row[i].sha256);
        json_push(list, d);
    }
    if (p->count > 0) {
        json_set(a, detail, "imports", list);
    }
}

static enum rc
propose_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct proposing *o = ctx;
    struct rule_proposal *p = o->p;
    struct arena *a = o->arena;
    struct draft_found f = {.arena = a};
    struct rule_version v = {.model = o->by.model->id, .author = o->by.who->officer.id, .basis = p->basis,
                             .reason = p->reason, .holds_from = p->holds_from, .proposed_us = p->now_us};
    static const struct pins none = {.count = 0};
    const struct pins *pins = p->pins != NULL ? p->pins : &none;
    int64_t last;
    enum rc rc;

    if ((rc = tx_run(tx, &RULE_DRAFT_GET, VALUES(V_TEXT(v.model), V_TEXT(v.author)), draft_row, &f, err)) != RC_OK) {
        return rc;
    }
    if (f.draft.revision == 0 || f.draft.revision != p->revision) {
        return err_problem(err, RC_CONFLICT, "other-tab", "the draft was saved elsewhere meanwhile");
    }
    v.base = f.draft.base;
    v.xml = f.draft.xml;
    v.sha256 = rule_sha256(a, v.xml);
    if ((rc = tx_int(tx, &RULE_LAST_NUMBER, VALUES(V_TEXT(v.model)), &last, err)) != RC_OK ||
        (rc = check_nothing_waits(tx, a, v.model, last, err)) != RC_OK ||
        (rc = check_base(tx, a, v.model, v.base, v.holds_from, err)) != RC_OK ||
        (rc = pins_check(tx, a, pins, v.holds_from, err)) != RC_OK) {
        return rc;
    }
    v.number = p->number = last + 1;
    struct json *detail = act_detail(a, &v);
    json_set_text(a, detail, "reason", v.reason);
    put_pins(a, pins, detail);
    if (p->found != NULL) {
        json_set(a, detail, "found", json_copy(a, p->found));
    }
    if ((rc = write_act(tx, a, ACT_PROPOSE, o->by.model, o->by.who, p->now_us, detail, &p->act, err)) != RC_OK) {
        return rc;
    }
    v.act = p->act.index;
    if ((rc = print_report(a, p->report, &v.found, err)) != RC_OK || (rc = add_version(tx, &v, err)) != RC_OK ||
        (rc = pins_add(tx, v.model, v.number, pins, err)) != RC_OK) {
        return rc;
    }
    return tx_run(tx, &RULE_DRAFT_DROP, VALUES(V_TEXT(v.model), V_TEXT(v.author)), NULL, NULL, err);
}

enum rc
rule_propose(const struct db *db, struct arena *a, const struct rule_model *m, const struct identity *who,
             struct rule_proposal *p, struct err *err)
{
    struct proposing o = {a, {m, who}, p};
    enum rc rc;

    if ((rc = rule_admits(m, who, err)) != RC_OK || (rc = check_words(p->basis, "basis", err)) != RC_OK ||
        (rc = check_words(p->reason, "reason", err)) != RC_OK) {
        return rc;
    }
    if (p->holds_from < p->today || p->holds_from - p->today > RULE_DAYS_AHEAD_MAX) {
        return err_problem(err, RC_INVALID, "day-wrong", "a rule begins today or later");
    }
    return store_write(db, propose_tx, &o, err);
}

/* --- the second person ------------------------------------------------------------------------------------------ */

struct settling {
    struct arena *arena;
    struct asking by;
    struct rule_settling *s;
};

enum rc
rule_check_person(struct str author, const struct identity *who, bool withdraws, struct err *err)
{
    bool is_author = str_eq(author, who->officer.id);

    if (withdraws && !is_author) {
        return err_problem(err, RC_DENIED, "other-person", "only its author withdraws a proposal");
    }
    if (!withdraws && is_author) {
        return err_problem(err, RC_DENIED, "same-person", "whoever proposed it cannot decide on it");
    }
    return RC_OK;
}

static enum rc
check_publishing(struct tx *tx, struct arena *a, const struct rule_version *v, int32_t today, struct err *err)
{
    struct pins pins;
    enum rc rc;

    if (v->holds_from < today) {
        return err_problem(err, RC_CONFLICT, "day-passed", "the day from which it was to hold has passed");
    }
    if ((rc = pins_of_tx(tx, a, v->model, v->number, &pins, err)) != RC_OK ||
        (rc = pins_check(tx, a, &pins, v->holds_from, err)) != RC_OK) {
        return rc;
    }
    return check_base(tx, a, v->model, v->base, v->holds_from, err);
}

static enum rc
settle_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct settling *o = ctx;
    struct rule_settling *s = o->s;
    struct arena *a = o->arena;
    struct rule_version_found f = {.arena = a};
    const struct rule_version *v = &f.version;
    enum rc rc = tx_run(tx, &RULE_VERSION_BY_NUMBER, VALUES(V_TEXT(o->by.model->id), V_INT(s->number)),
                        rule_version_row, &f, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (!f.is_found) {
        return err_problem(err, RC_NOT_FOUND, "no-such-rule", "the rule has no version of that number");
    }
    if (v->state != RULE_PROPOSED || !str_eq(v->sha256, s->sha256)) {
        return err_problem(err, RC_CONFLICT, "rule-settled", "not a version that waits for a verdict");
    }
    if ((rc = rule_check_person(v->author, o->by.who, s->verdict == RULE_WITHDRAWN, err)) != RC_OK ||
        (s->verdict == RULE_PUBLISHED && (rc = check_publishing(tx, a, v, s->today, err)) != RC_OK)) {
        return rc;
    }
    struct json *detail = act_detail(a, v);
    json_set_text(a, detail, "author", v->author);
    json_set_text(a, detail, "verdict", str_of(rule_state_name(s->verdict)));
    json_set_text(a, detail, "reason", s->reason);
    json_set_int(a, detail, "proposal", v->act);
    if ((rc = write_act(tx, a, s->verdict == RULE_PUBLISHED ? ACT_PUBLISH : ACT_REJECT, o->by.model, o->by.who,
                        s->now_us, detail, &s->act, err)) != RC_OK) {
        return rc;
    }
    return add_verdict(tx, v->model, s, o->by.who->officer.id, s->act.index, err);
}

enum rc
rule_settle(const struct db *db, struct arena *a, const struct rule_model *m, const struct identity *who,
            struct rule_settling *s, struct err *err)
{
    struct settling o = {a, {m, who}, s};
    enum rc rc;

    CHECK(s->verdict != RULE_PROPOSED);
    if ((rc = rule_admits(m, who, err)) != RC_OK ||
        (s->verdict == RULE_REJECTED && (rc = check_words(s->reason, "reason", err)) != RC_OK)) {
        return rc;
    }
    if (!is_readable(s->reason, RULE_WORDS_MAX)) {
        return err_problem(err, RC_INVALID, "reason-missing", "the reason is too long or unclear");
    }
    return store_write(db, settle_tx, &o, err);
}
