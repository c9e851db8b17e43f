/*
 * The desk of rules and of processes: an officer changes a table or a drawing, sees what is wrong with it, what the stored cases say and which of the last month's real cases it
 * would have decided otherwise; then proposes it, with its basis and its day, to a second person.
 *
 * The designer (dmn-js, bpmn-js) only fills in the form that is there without it, too: what it draws is sent like a file that somebody chose.
 */
#include "base/asset.h"
#include "crypto/random.h"
#include "web/rules_int.h"

enum { PLACE_MAX = 128, NONCE_BYTES = 16 };

static void
put_links(struct page *p, const struct rule_model *m)
{
    json_set_text(p->arena, p->document, "edit_url", rules_url(p, m->id, "/edit"));
    json_set_text(p->arena, p->document, "propose_url", rules_url(p, m->id, "/propose"));
    if (m->kind == RULE_DMN) {
        json_set_text(p->arena, p->document, "cases_url", rules_url(p, m->id, "/cases"));
    } else {
        json_set_text(p->arena, p->document, "simulate_url", rules_url(p, m->id, "/simulate"));
    }
}

/* The draft, and the version that it was made from. */
struct work {
    struct rule_model model;
    struct rule_draft draft;
    struct ruling_text base;
    int64_t last;
};

static enum rc
open_work(struct page *p, struct work *w, struct err *err)
{
    struct rule_version base;
    enum rc rc;

    if ((rc = rules_open_own(p, &w->model, err)) != RC_OK ||
        (rc = rule_draft_get(&p->db, p->arena, &w->model, &p->who, &w->draft, err)) != RC_OK ||
        (rc = rule_last_published(&p->db, w->model.id, &w->last, err)) != RC_OK) {
        return rc;
    }
    w->base = rules_other_text(p, STR(""));
    if (w->draft.base > 0) {
        if ((rc = rule_version_get(&p->db, p->arena, w->model.id, w->draft.base, &base, err)) != RC_OK) {
            return rc;
        }
        w->base = rules_version_text(p, &base);
    }
    put_links(p, &w->model);
    words_back(p, rules_url(p, w->model.id, ""), json_str(p->document, "title"));
    json_set_int(p->arena, p->document, "base", w->draft.base);
    json_set_int(p->arena, p->document, "revision", w->draft.revision);
    json_set_bool(p->arena, p->document, "has_draft", w->draft.revision > 0);
    json_set_bool(p->arena, p->document, "has_moved_on", w->draft.base != w->last);
    json_set_int(p->arena, p->document, "last", w->last);
    return RC_OK;
}

/* --- changing ---------------------------------------------------------------------------------------------- */

static bool
has_designer(enum rule_kind kind)
{
    return asset_find(kind == RULE_BPMN ? STR("npm/node_modules/bpmn-js/dist/bpmn-modeler.production.min.js")
                                        : STR("npm/node_modules/dmn-js/dist/dmn-modeler.production.min.js")) != NULL;
}

/* Which table was open, so that it is open again after saving: an id, and nothing that could mean more in an address. */
static struct str
place_of(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.')) {
            return STR("");
        }
    }
    return text.len <= PLACE_MAX ? text : STR("");
}

static enum rc
examine(struct page *p, const struct work *w, struct err *err)
{
    const struct ruling_text text = rules_other_text(p, w->draft.xml);

    return rules_examine(p, &w->model, &text, &w->base, p->document, err);
}

static enum rc
show_work(struct page *p, const struct work *w, struct err *err)
{
    struct json *d = p->document;

    json_set_text(p->arena, d, "xml", w->draft.xml);
    json_set_text(p->arena, d, "place", place_of(page_query(p, "place")));
    json_set_text(p->arena, d, "saved_text", w->draft.revision > 0 ? words_moment(p, w->draft.saved_us) : STR(""));
    json_set_text(p->arena, d, "file_url", rules_url(p, w->model.id, "/edit/file"));
    json_set_text(p->arena, d, "drop_url", rules_url(p, w->model.id, "/edit/drop"));
    if (has_designer(w->model.kind)) {
        p->nonce = random_token(p->arena, NONCE_BYTES);
        json_set_bool(p->arena, d, "has_designer", true);
    }
    if (w->model.kind == RULE_BPMN) {
        const struct processes_wish wish = {.xml = w->draft.xml, .base = w->base.xml, .wants_findings = true, .wants_drawing = true};
        return processes_look(p, &wish, d, err);
    }
    return examine(p, w, err);
}

enum rc
rules_edit(struct page *p, struct err *err)
{
    struct work w;
    enum rc rc = open_work(p, &w, err);

    return rc != RC_OK ? rc : show_work(p, &w, err);
}

enum rc
rules_draft_file(struct page *p, struct err *err)
{
    struct work w;
    enum rc rc = open_work(p, &w, err);

    return rc != RC_OK ? rc : rules_send_text(p, str_fmt(p->arena, "%.*s.%s", STR_ARG(rule_key(w.model.id)), rule_kind_name(w.model.kind)),
                                         w.draft.xml, err);
}

/* A number in a form or in JSON. */
static int64_t
number_input(const struct page *p, const char *name, int64_t other)
{
    int64_t n;

    return str_to_int(page_input(p, name), &n) ? n : json_int_or(p->input, name, other);
}

enum rc
rules_save(struct page *p, struct err *err)
{
    struct str file, xml, place;
    struct work w;
    enum rc rc;

    if ((rc = rules_open_own(p, &w.model, err)) != RC_OK || (rc = rules_read_form(p, err)) != RC_OK ||
        (rc = open_work(p, &w, err)) != RC_OK) {
        return rc;
    }
    file = json_str(p->input, "file");
    xml = file.len > 0 ? file : json_str(p->input, "xml");
    place = place_of(page_input(p, "place"));
    if (number_input(p, "revision", -1) != w.draft.revision) {
        return err_problem(err, RC_CONFLICT, "other-tab", "the draft was saved elsewhere meanwhile");
    }
    w.draft.xml = xml.len > 0 ? xml : w.draft.xml;
    w.draft.base = number_input(p, "base", w.draft.base) == w.last ? w.last : w.draft.base;
    if ((rc = rule_draft_save(&p->db, &w.model, &p->who, p->now_us, &w.draft, err)) != RC_OK) {
        return rc;
    }
    json_set_int(p->arena, p->document, "revision", w.draft.revision);
    p->location = str_fmt(p->arena, "%.*s%s%.*s#found", STR_ARG(rules_url(p, w.model.id, "/edit")), place.len > 0 ? "?place=" : "",
                          STR_ARG(place));
    return p->wants_json ? examine(p, &w, err) : RC_OK;
}

enum rc
rules_drop(struct page *p, struct err *err)
{
    struct rule_model m;
    enum rc rc = rules_open_own(p, &m, err);

    if (rc == RC_OK && (rc = rule_draft_drop(&p->db, &m, &p->who, err)) == RC_OK) {
        p->location = rules_url(p, m.id, "/edit");
    }
    return rc;
}

/* --- cases -------------------------------------------------------------------------------------------------- */

static enum rc
show_cases(struct page *p, const struct work *w, struct err *err)
{
    const struct ruling_text draft = rules_other_text(p, w->draft.xml);
    struct rule_cases cases;
    struct json *tests = NULL;
    enum rc rc = rule_cases_get(&p->db, p->arena, w->model.id, &cases, err);

    if (rc != RC_OK) {
        return rc;
    }
    json_set_int(p->arena, p->document, "cases_number", cases.number);
    json_set_text(p->arena, p->document, "cases", cases.document);
    json_set_text(p->arena, p->document, "cases_saved_text", cases.number > 0 ? words_moment(p, cases.saved_us) : STR(""));
    json_set_text(p->arena, p->document, "file_url", rules_url(p, w->model.id, "/cases/file"));
    if (cases.number == 0) {
        return RC_OK;
    }
    rc = ruling_test(p->web->rulings, &p->db, p->arena, &draft, cases.document, p->now_us, &tests, err);
    if (rc == RC_OK) {
        rules_put_tests(p, tests, p->document);
    }
    return rc;
}

enum rc
rules_cases(struct page *p, struct err *err)
{
    struct work w;
    enum rc rc = open_work(p, &w, err);

    return rc != RC_OK ? rc : show_cases(p, &w, err);
}

enum rc
rules_cases_file(struct page *p, struct err *err)
{
    struct rule_model m;
    struct rule_cases cases;
    enum rc rc;

    if ((rc = rules_open_own(p, &m, err)) != RC_OK || (rc = rule_cases_get(&p->db, p->arena, m.id, &cases, err)) != RC_OK) {
        return rc;
    }
    return rules_send_text(p, str_fmt(p->arena, "%.*s-cases.xml", STR_ARG(m.id)), cases.document, err);
}

enum rc
rules_cases_save(struct page *p, struct err *err)
{
    struct str file, text;
    struct json *tests = NULL;
    struct work w;
    enum rc rc;

    if ((rc = rules_open_own(p, &w.model, err)) != RC_OK || (rc = rules_read_form(p, err)) != RC_OK ||
        (rc = open_work(p, &w, err)) != RC_OK) {
        return rc;
    }
    file = json_str(p->input, "file");
    text = file.len > 0 ? file : json_str(p->input, "cases");
    const struct ruling_text draft = rules_other_text(p, w.draft.xml);
    if ((rc = ruling_test(p->web->rulings, &p->db, p->arena, &draft, text, p->now_us, &tests, err)) != RC_OK) {
        return rc;
    }
    if (json_str(tests, "unreadable").len > 0) {
        p->status = 422;
        words_error(p, "cases", str_fmt(p->arena, "%.*s%.*s", STR_ARG(page_word(p, "rule_cases_unreadable")),
                                        STR_ARG(json_str(tests, "unreadable"))));
        return show_cases(p, &w, err);
    }
    if ((rc = rule_cases_put(&p->db, &w.model, &p->who, text, number_input(p, "number", -1), p->now_us, err)) != RC_OK) {
        return rc;
    }
    p->location = rules_url(p, w.model.id, "/cases");
    return RC_OK;
}

/* --- proposing ------------------------------------------------------------------------------------------------ */

/* "holds_from", or as three numbers of a form.  False: no day. */
static bool
day_input(const struct page *p, int32_t *out)
{
    struct str text = page_input(p, "holds_from");
    struct err ignored;
    int64_t year, month, day;

    if (text.len > 0) {
        return day_parse(text, out, &ignored) == RC_OK;
    }
    if (!str_to_int(page_input(p, "holds_from.year"), &year) || !str_to_int(page_input(p, "holds_from.month"), &month) ||
        !str_to_int(page_input(p, "holds_from.day"), &day) || year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 ||
        day > 31) {
        return false;
    }
    struct date date = {(int)year, (int)month, (int)day};
    if (!date_is_valid(date)) {
        return false;
    }
    *out = date_to_day(date);
    return true;
}

/* What was typed, or tomorrow. */
static void
put_day(struct page *p, bool was_typed)
{
    struct date tomorrow = day_to_date(p->today + 1);
    const struct {
        const char *part, *name;
        int number;
    } parts[] = {{"year", "holds_from.year", tomorrow.year},
                 {"month", "holds_from.month", tomorrow.month},
                 {"day", "holds_from.day", tomorrow.day}};
    struct json *d = json_object(p->arena);

    json_set_text(p->arena, d, "id", STR("holds_from"));
    json_set_text(p->arena, d, "title", page_word(p, "rule_holds_from"));
    json_set_text(p->arena, d, "hint", page_word(p, "rule_holds_from_hint"));
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        json_set_text(p->arena, d, parts[i].part,
                      was_typed ? page_input(p, parts[i].name) : str_fmt(p->arena, "%d", parts[i].number));
    }
    json_set(p->arena, p->document, "day", d);
}

static void
put_text(struct page *p, const char *id, struct str title, struct str hint)
{
    struct json *d = json_object(p->arena);

    json_set_text(p->arena, d, "id", str_of(id));
    json_set_text(p->arena, d, "title", title);
    json_set_text(p->arena, d, "hint", hint);
    json_set_text(p->arena, d, "value", page_input(p, id));
    json_set(p->arena, p->document, id, d);
}

static void
say_error(struct page *p, const char *field, struct str message)
{
    struct json *d = (struct json *)(uintptr_t)json_get(p->document, str_eq(str_of(field), STR("holds_from")) ? "day" : field);

    p->status = 422;
    words_error(p, field, message);
    json_set_text(p->arena, d, "error", message);
}

static enum rc
show_proposal(struct page *p, const struct work *w, bool was_typed, struct err *err)
{
    words_back(p, rules_url(p, w->model.id, "/edit"), page_word(p, "rule_edit_title"));
    put_text(p, "basis", page_word(p, "basis"), page_word(p, "rule_basis_hint"));
    put_text(p, "reason", page_word(p, "rule_reason"), page_word(p, "rule_reason_hint"));
    put_day(p, was_typed);
    return examine(p, w, err);
}

/* A draft that was saved, can be read, and has no table that must not be law. */
static bool
may_be_proposed(const struct page *p, const struct work *w)
{
    return w->draft.revision > 0 && json_true(p->document, "is_readable") && json_int_or(p->document, "errors_found", -1) == 0;
}

enum rc
rules_propose_page(struct page *p, struct err *err)
{
    struct work w;
    enum rc rc = open_work(p, &w, err);

    if (rc == RC_OK && (rc = show_proposal(p, &w, false, err)) == RC_OK) {
        json_set_bool(p->arena, p->document, "may_propose", may_be_proposed(p, &w));
    }
    return rc;
}

/* What the second person and the public log are told of the checks. */
static struct json *
found_of(struct page *p, enum rule_kind kind)
{
    const struct json *tests = json_get(p->document, "tests"), *compared = json_get(p->document, "compared");
    struct json *d = json_object(p->arena);

    json_set_int(p->arena, d, "warnings", json_int_or(p->document, "warnings_found", 0));
    if (kind == RULE_BPMN) {
        json_set_int(p->arena, d, "changes", json_int_or(compared, "count", 0));
        return d;
    }
    json_set_int(p->arena, d, "cases", json_int_or(tests, "count", 0));
    json_set_int(p->arena, d, "cases_failed", json_int_or(tests, "failed", 0));
    json_set_int(p->arena, d, "compared", json_int_or(compared, "count", 0));
    json_set_int(p->arena, d, "would_change", json_int_or(compared, "changed", 0));
    return d;
}

/* For a browser, what is missing is said at its field; a program gets the problem. */
static bool
told_at_field(struct page *p, enum rc rc, const struct err *err)
{
    const struct {
        const char *type, *field;
        struct str message;
    } problems[] = {{"basis-missing", "basis", page_word(p, "rule_basis_missing")},
                    {"reason-missing", "reason", page_word(p, "rule_reason_missing")},
                    {"day-wrong", "holds_from", page_word(p, "rule_day_wrong")}};

    for (size_t i = 0; rc == RC_INVALID && !p->wants_json && i < sizeof(problems) / sizeof(problems[0]); i++) {
        if (str_eq(str_of(err->type), str_of(problems[i].type))) {
            say_error(p, problems[i].field, problems[i].message);
            return true;
        }
    }
    return false;
}

static void
push_act(struct page *p, enum act_kind kind, int64_t index)
{
    struct json *entry = json_object(p->arena);

    json_set_text(p->arena, entry, "kind", str_of(act_kind_name(kind)));
    json_set_int(p->arena, entry, "index", index);
    json_push(p->acts, entry);
}

/* With what it imports as that holds on its first day.  A day that is none of ours is refused by the rulebook. */
static enum rc
pin(struct page *p, const struct work *w, struct rule_proposal *r, struct pins *out, struct err *err)
{
    const struct ruling_text text = {.xml = w->draft.xml, .day = r->holds_from};
    enum rc rc = RC_OK;

    if (w->model.kind == RULE_DMN && r->holds_from >= p->today && (rc = ruling_pins(p->web->rulings, &p->db, p->arena, &text, out, err)) == RC_OK) {
        r->pins = out;
    }
    return rc;
}

enum rc
rules_propose(struct page *p, struct err *err)
{
    struct work w;
    struct pins pins;
    struct rule_proposal r = {.today = p->today, .now_us = p->now_us, .holds_from = INT32_MIN};
    enum rc rc;

    if ((rc = open_work(p, &w, err)) != RC_OK || (rc = show_proposal(p, &w, true, err)) != RC_OK) {
        return rc;
    }
    json_set_bool(p->arena, p->document, "may_propose", may_be_proposed(p, &w));
    if (!may_be_proposed(p, &w)) {
        return w.draft.revision == 0
                   ? err_problem(err, RC_CONFLICT, "no-draft", "nothing was changed")
                   : err_problem(err, RC_INVALID, "rule-unfit", "the tables have errors or cannot be read");
    }
    (void)day_input(p, &r.holds_from); /* no day is too early */
    r.revision = number_input(p, "revision", w.draft.revision);
    r.basis = page_input(p, "basis");
    r.reason = page_input(p, "reason");
    r.found = found_of(p, w.model.kind);
    r.report = w.model.kind == RULE_BPMN ? processes_report(p) : NULL;
    if ((rc = pin(p, &w, &r, &pins, err)) != RC_OK || (rc = rule_propose(&p->db, p->arena, &w.model, &p->who, &r, err)) != RC_OK) {
        return told_at_field(p, rc, err) ? RC_OK : rc;
    }
    push_act(p, ACT_PROPOSE, r.act.index);
    p->document = json_object(p->arena);
    json_set_int(p->arena, p->document, "number", r.number);
    p->location = str_fmt(p->arena, "%.*s/versions/%lld", STR_ARG(rules_url(p, w.model.id, "")), (long long)r.number);
    return RC_OK;
}

/* --- the second person ------------------------------------------------------------------------------------------- */

static enum rc
verdict_input(const struct page *p, enum rule_state *out, struct err *err)
{
    static const struct {
        const char *word;
        enum rule_state state;
    } verdicts[] = {{"publish", RULE_PUBLISHED}, {"reject", RULE_REJECTED}, {"withdraw", RULE_WITHDRAWN}};

    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        if (str_eq(page_input(p, "verdict"), str_of(verdicts[i].word))) {
            *out = verdicts[i].state;
            return RC_OK;
        }
    }
    return err_problem(err, RC_INVALID, "verdict-missing", "publish, reject or withdraw");
}

enum rc
rules_settle(struct page *p, struct err *err)
{
    struct rule_model m;
    struct rule_settling s = {.today = p->today, .now_us = p->now_us, .sha256 = page_input(p, "sha256"),
                              .reason = page_input(p, "reason")};
    enum rc rc;

    if ((rc = rules_open_own(p, &m, err)) != RC_OK || (rc = rules_number(p, 1, &s.number, err)) != RC_OK) {
        return rc;
    }
    rc = verdict_input(p, &s.verdict, err);
    if (rc == RC_OK) {
        rc = rule_settle(&p->db, p->arena, &m, &p->who, &s, err);
    }
    if (rc == RC_INVALID && !p->wants_json) {
        bool lacks_verdict = str_eq(str_of(err->type), STR("verdict-missing"));
        p->status = 422;
        struct str message = lacks_verdict ? page_word(p, "rule_verdict_missing") : page_word(p, "rule_reject_reason_missing");
        words_error(p, lacks_verdict ? "verdict" : "reason", message);
        json_set_text(p->arena, p->document, lacks_verdict ? "verdict_error" : "reason_error", message);
        json_set_bool(p->arena, p->document, "chose_reject", s.verdict == RULE_REJECTED);
        return rules_version(p, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    push_act(p, s.verdict == RULE_PUBLISHED ? ACT_PUBLISH : ACT_REJECT, s.act.index);
    json_set_text(p->arena, p->document, "state", str_of(rule_state_name(s.verdict)));
    p->location = str_fmt(p->arena, "%.*s/versions/%lld", STR_ARG(rules_url(p, m.id, "")), (long long)s.number);
    return RC_OK;
}
