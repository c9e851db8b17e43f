/*
 * The officer's desk: the queue, one sub-case with its evidence, and the steps that its process offers.
 */
#include "service/certificate.h"
#include "web/handlers.h"

enum { QUEUE_PAGE = 20 };

/* --- queue ------------------------------------------------------------------------------------------------ */

static void
put_tabs(struct page *p, struct str view)
{
    static const char *const views[][3] = {{"open", "待办", "To do"},
                                           {"waiting", "等申请人", "Waiting for applicants"},
                                           {"done", "已办结", "Closed"}};
    const struct json *counts = json_get(p->document, "counts");
    struct json *tabs = json_array(p->arena);

    for (size_t i = 0; i < 3; i++) {
        struct json *t = json_object(p->arena);
        json_set_text(p->arena, t, "title",
                      page_either(p, str_of(views[i][1]), str_of(views[i][2])));
        json_set_int(p->arena, t, "count", json_int_or(counts, views[i][0], 0));
        json_set_text(p->arena, t, "url", str_fmt(p->arena, "/desk?view=%s", views[i][0]));
        json_set_bool(p->arena, t, "is_current", str_eq(view, str_of(views[i][0])));
        json_push(tabs, t);
    }
    json_set(p->arena, p->document, "tabs", tabs);
    json_set_int(p->arena, p->document, "total",
                 json_int_or(counts, str_c(p->arena, view), 0));
}

enum rc
officer_queue(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    struct str view = page_query(p, "view"), next;
    enum rc rc;

    if (!str_eq(view, STR("waiting")) && !str_eq(view, STR("done"))) {
        view = STR("open");
    }
    if ((rc = case_queue(&work, &p->db, p->arena, p->who.officer.org, view,
                         page_query(p, "after"), QUEUE_PAGE, p->now_us, p->lang, &p->document,
                         err)) != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, p->document, "title",
                  str_fmt(p->arena, "%.*s%.*s", STR_ARG(p->who.officer.title),
                          STR_ARG(page_either(p, STR("待办"), STR(": to do")))));
    put_tabs(p, view);
    next = json_str(p->document, "next");
    words_pager(p,
                str_fmt(p->arena, "%u", (unsigned)json_get(p->document, "rows")->count),
                page_query(p, "after").len > 0
                    ? str_fmt(p->arena, "/desk?view=%.*s", STR_ARG(view))
                    : STR(""),
                next.len > 0 ? str_fmt(p->arena, "/desk?view=%.*s&after=%.*s", STR_ARG(view),
                                       STR_ARG(next))
                             : STR(""));
    return RC_OK;
}

/* --- one sub-case --------------------------------------------------------------------------------------------- */

struct desk {
    struct json *found; /* the whole case */
    struct json *sections;
    const struct json *sub;
    struct str case_no;
    const struct item *item;
    struct json *choices; /* what may be done now */
};

static enum rc
open_desk(struct page *p, struct desk *d, struct err *err)
{
    struct casework work = page_casework(p);
    struct str case_no = str_sub(p->param[0], 0, str_find_byte(p->param[0], '-'));
    enum rc rc;

    *d = (struct desk){.case_no = case_no};
    if ((rc = case_document(&work, &p->db, p->arena, case_no, &p->who, p->now_us, p->lang,
                            &d->found, err)) != RC_OK ||
        (rc = case_application(&work, &p->db, p->arena, case_no, &p->who, p->lang, &d->sections,
                               err)) != RC_OK) {
        return rc;
    }
    const struct json *subs = json_get(d->found, "sub_cases");
    for (const struct json *s = subs->first; s != NULL; s = s->next) {
        if (str_eq(json_str(s, "id"), p->param[0])) {
            d->sub = s;
        }
    }
    if (d->sub == NULL) {
        return err_problem(err, RC_NOT_FOUND, "no-such-case", "no such sub-case");
    }
    if (!str_eq(json_str(d->sub, "org"), p->who.officer.org)) {
        return err_problem(err, RC_DENIED, "other-organisation",
                           "the sub-case belongs to another organisation");
    }
    d->item = item_by_code(p->web->items, json_str(d->found, "item"));
    return case_choices(&work, &p->db, p->arena, p->param[0], &p->who, p->now_us, p->lang, &d->choices, err);
}

static void
push_evidence(struct page *p, struct json *list, const struct json *files, struct str text,
              struct str sub_case)
{
    for (const struct json *f = files != NULL ? files->first : NULL; f != NULL; f = f->next) {
        struct json *e = json_object(p->arena);
        struct str sha256 = json_str(f, "sha256").len > 0 ? json_str(f, "sha256")
                                                          : json_str(f, "file");
        struct str name = json_str(f, "name");
        bool is_pdf = str_ends(name, STR(".pdf")) || str_ends(name, STR(".PDF"));
        json_set_text(p->arena, e, "name", name);
        json_set_text(p->arena, e, "text", text);
        json_set_text(p->arena, e, "url",
                      str_fmt(p->arena, "/desk/%.*s/materials/%.*s", STR_ARG(sub_case),
                              STR_ARG(sha256)));
        json_set_bool(p->arena, e, "is_image", !is_pdf);
        json_set_text(p->arena, e, "alt", name);
        json_push(list, e);
    }
}

static void
put_evidence(struct page *p, const struct desk *d)
{
    const struct json *answers = json_path(d->sub, "supplement.answers");
    struct json *list = json_array(p->arena), *changes = json_array(p->arena);

    for (const struct json *s = d->sections->first; s != NULL; s = s->next) {
        const struct json *rows = json_get(s, "rows");
        for (const struct json *r = rows->first; r != NULL; r = r->next) {
            const struct json *answer = json_get_key(answers, json_str(r, "field"));
            push_evidence(p, list, json_get(r, "files"), json_str(r, "title"), p->param[0]);
            if (answer == NULL) {
                continue;
            }
            struct json *c = json_object(p->arena);
            json_set_text(p->arena, c, "title", json_str(r, "title"));
            json_set_text(p->arena, c, "before", json_str(r, "text"));
            json_set_text(p->arena, c, "after",
                          json_is(answer, JSON_ARRAY) && answer->first != NULL
                              ? json_str(answer->first, "name")
                              : answer->text);
            json_push(changes, c);
            if (json_is(answer, JSON_ARRAY)) {
                push_evidence(p, list, answer, page_either(p, STR("补正"), STR("Supplied")),
                              p->param[0]);
            }
        }
    }
    json_set(p->arena, p->document, "evidence", list);
    if (changes != NULL && changes->count > 0) {
        json_set(p->arena, p->document, "changes", changes);
    }
}

static void
put_rules(struct page *p, const struct desk *d)
{
    const struct json *checks = d->item != NULL ? json_get(d->item->document, "checks") : NULL;
    struct json *rules = json_array(p->arena);

    for (const struct json *c = checks != NULL ? checks->first : NULL; c != NULL; c = c->next) {
        bool holds = checks_hold(c, d->sections);
        struct json *r = json_object(p->arena);
        json_set_text(p->arena, r, "result", holds ? STR("yes") : STR("ask"));
        json_set_bool(p->arena, r, holds ? "is_yes" : "is_ask", true);
        json_set_text(p->arena, r, "text",
                      item_word(c, holds ? "yes" : "no", p->lang));
        json_push(rules, r);
    }
    json_set(p->arena, p->document, "rules", rules);
    json_set_text(p->arena, p->document, "rules_note",
                  page_either(p, STR("规则只列理由，不替您决定。"),
                              STR("Rules list reasons; they decide nothing for you.")));
}

static bool
is_acceptance(const struct json *outcome)
{
    return str_eq(json_str(outcome, "act"), STR("accept"));
}

static struct str
note_of(const struct page *p, const struct json *outcome)
{
    if (str_eq(json_str(outcome, "code"), STR("grant_with_terms"))) {
        return page_either(p, STR("写明改什么、哪天前"), STR("Say what is to be changed, and by when"));
    }
    if (!json_true(outcome, "needs_reason")) {
        return STR("");
    }
    return json_true(outcome, "is_decision")
               ? page_either(p, STR("写明理由和救济途径"), STR("Give the reason and the way to appeal"))
               : page_either(p, STR("写明理由"), STR("Give the reason"));
}

/* What the process offers, as its model calls it: an acceptance is a button of its own, everything else is chosen and may need a reason. */
static void
put_decide(struct page *p, const struct desk *d, const struct json *choices)
{
    const struct json *outcomes = json_get(choices, "outcomes");
    struct json *decide = json_object(p->arena), *list = json_array(p->arena);
    bool has_decision = false;
    struct json *powers = json_array(p->arena);
    const struct power *power = power_by_code(p->web->orgs, json_str(d->sub, "power"));
    struct str url = str_fmt(p->arena, "/desk/%.*s", STR_ARG(p->param[0]));

    for (const struct json *o = outcomes != NULL ? outcomes->first : NULL; o != NULL; o = o->next) {
        struct json *c = json_object(p->arena);
        if (is_acceptance(o)) {
            json_set_text(p->arena, c, "action_url", str_fmt(p->arena, "%.*s/accept", STR_ARG(url)));
            json_set(p->arena, p->document, "accept", c);
            continue;
        }
        has_decision = has_decision || json_true(o, "is_decision");
        if (!json_true(o, "may")) {
            continue;
        }
        json_set_text(p->arena, c, "value", json_str(o, "code"));
        json_set_text(p->arena, c, "title", json_str(o, "title"));
        json_set_text(p->arena, c, "note", note_of(p, o));
        json_set_bool(p->arena, c, "chosen", str_eq(page_input(p, "result"), json_str(o, "code")));
        json_push(list, c);
    }
    if (json_true(choices, "can_ask") && json_get(d->sub, "supplement") == NULL) {
        json_set_text(p->arena, p->document, "supplement_url",
                      str_fmt(p->arena, "%.*s/supplement", STR_ARG(url)));
    }
    if (list == NULL || list->count == 0) {
        return;
    }
    if (power != NULL && officer_has_power(&p->who.officer, power->code)) {
        struct json *one = json_object(p->arena);
        json_set_text(p->arena, one, "value", power->code);
        json_set_text(p->arena, one, "title",
                      str_fmt(p->arena, "%.*s（%.*s）",
                              STR_ARG(page_either(p, power->name_zh, power->name_en)),
                              STR_ARG(power->basis)));
        json_set_bool(p->arena, one, "chosen", true);
        json_push(powers, one);
    } else if (has_decision) {
        json_set_text(p->arena, p->document, "why_not",
                      page_either(p, STR("您没有作出这项决定的职权，请转给有权的同事。"),
                                  STR("You do not hold the power to decide this.")));
        return;
    }
    json_set_text(p->arena, decide, "action_url", str_fmt(p->arena, "%.*s/decide", STR_ARG(url)));
    json_set(p->arena, decide, "choices", list);
    json_set(p->arena, decide, "powers", powers);
    json_set_text(p->arena, decide, "reason", page_input(p, "reason"));
    json_set_text(p->arena, decide, "terms", page_input(p, "terms"));
    json_set_text(p->arena, decide, "consequences",
                  page_either(p, STR("提交后写入公开日志，申请人马上看得到；准予的同时出电子证照。"),
                              STR("It enters the public log and the applicant sees it at once; a "
                                  "grant issues the certificate.")));
    json_set(p->arena, p->document, "decide", decide);
}

static void
show_desk(struct page *p, const struct desk *d)
{
    words_back(p, STR("/desk"), page_either(p, STR("待办"), STR("To do")));
    json_set_text(p->arena, p->document, "id", p->param[0]);
    json_set_text(p->arena, p->document, "case_no", d->case_no);
    json_set_text(p->arena, p->document, "item_name", json_str(d->found, "name"));
    json_set_text(p->arena, p->document, "name", json_str(d->sub, "name"));
    json_set_text(p->arena, p->document, "tail", str_from(d->case_no, d->case_no.len - 4));
    json_set_text(p->arena, p->document, "applicant", json_str(d->found, "applicant"));
    json_set_text(p->arena, p->document, "state", json_str(d->sub, "state"));
    json_set_text(p->arena, p->document, "state_text", json_str(d->sub, "state_text"));
    json_set_text(p->arena, p->document, "power", json_str(d->sub, "power"));
    if (json_get(d->sub, "clock") != NULL) {
        json_set(p->arena, p->document, "clock", json_copy(p->arena, json_get(d->sub, "clock")));
    }
    for (struct json *s = d->sections->first; s != NULL; s = s->next) {
        const struct json *rows = json_get(s, "rows");
        for (struct json *r = rows->first; r != NULL; r = r->next) {
            if (json_get(r, "disputed") != NULL) {
                json_set_text(p->arena, r, "warning",
                              str_fmt(p->arena, "%.*s%.*s",
                                      STR_ARG(page_either(p, STR("申请人说应为："),
                                                          STR("The applicant says: "))),
                                      STR_ARG(json_str(r, "disputed"))));
            }
        }
    }
    json_set(p->arena, p->document, "sections", d->sections);
    json_set(p->arena, p->document, "timeline",
             json_copy(p->arena, json_get(d->found, "timeline")));
    put_evidence(p, d);
    put_rules(p, d);
    put_decide(p, d, d->choices);
}

/* Looking is an act: the applicant sees who looked. */
enum rc
officer_case(struct page *p, struct err *err)
{
    struct json *detail = json_object(p->arena);
    struct desk d;
    enum rc rc = open_desk(p, &d, err);

    if (rc != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, detail, "sub_case", p->param[0]);
    if ((rc = page_act(p, ACT_VIEW, d.case_no, json_str(d.found, "subject"),
                       json_str(d.sub, "power"), detail, err)) != RC_OK) {
        return rc;
    }
    show_desk(p, &d);
    return RC_OK;
}

/* --- steps -------------------------------------------------------------------------------------------------------- */

enum rc
officer_accept(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    struct case_move move = {.sub_case = p->param[0], .on = STR("accept")};
    enum rc rc =
        case_step(&work, &p->db, p->arena, &move, &p->who, p->now_us, p->acts, err);

    if (rc == RC_OK) {
        p->location = str_fmt(p->arena, "/desk/%.*s", STR_ARG(p->param[0]));
    }
    return rc;
}

/* Nothing of what was written is lost: the desk comes back with it and the sentence that is missing. */
static enum rc
show_desk_again(struct page *p, const char *field, struct str message, struct err *err)
{
    struct desk d;
    enum rc rc = open_desk(p, &d, err);

    if (rc == RC_OK) {
        p->status = 422;
        show_desk(p, &d);
        words_error(p, field, message);
    }
    return rc;
}

static bool
is_grant(struct str on)
{
    return str_eq(on, STR("grant")) || str_eq(on, STR("grant_with_terms"));
}

/* The certificate is signed before the decision is written, so that both become durable together. */
static enum rc
sign_certificate(struct page *p, struct case_move *move, unsigned char signature[SIG_BYTES],
                 struct err *err)
{
    struct casework work = page_casework(p);
    struct json *content;
    struct str bytes;
    enum rc rc = case_certificate(&work, &p->db, p->arena, move->sub_case, p->now_us, &content, err);

    if (rc != RC_OK || content == NULL) {
        return rc;
    }
    if ((rc = certificate_bytes(p->arena, content, &bytes, err)) != RC_OK ||
        (rc = signing_sign(p->loop->signing, p->call->task, STR("seal"), bytes, signature, err)) !=
            RC_OK) {
        return rc;
    }
    move->certificate = content;
    move->signature = (struct str){(const char *)signature, SIG_BYTES};
    move->key_id = p->web->seal_key_id;
    return RC_OK;
}

enum rc
officer_decide(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    unsigned char signature[SIG_BYTES];
    struct case_move move = {.sub_case = p->param[0],
                             .on = page_input(p, "result"),
                             .reason = page_input(p, "reason"),
                             .terms = page_input(p, "terms"),
                             .power = page_input(p, "power")};
    enum rc rc;

    if (move.on.len == 0 && !p->wants_json) {
        return show_desk_again(p, "result",
                               page_either(p, STR("请选一个决定"), STR("Please choose a decision")),
                               err);
    }
    if (is_grant(move.on) && (rc = sign_certificate(p, &move, signature, err)) != RC_OK) {
        return rc;
    }
    rc = case_step(&work, &p->db, p->arena, &move, &p->who, p->now_us, p->acts, err);
    if (rc == RC_INVALID && !p->wants_json && str_eq(str_of(err->type), STR("reason-missing"))) {
        return show_desk_again(p, "reason",
                               page_either(p, STR("请写明理由，申请人会原样看到"),
                                           STR("Please give the reason; the applicant reads it")),
                               err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    if (move.certificate != NULL) {
        json_set_text(p->arena, p->document, "certificate", json_str(move.certificate, "id"));
    }
    p->location = STR("/desk");
    return RC_OK;
}

/* --- supplement ------------------------------------------------------------------------------------------------------ */

static void
show_supplement(struct page *p, const struct desk *d, const struct json *errors)
{
    struct json *sections = json_array(p->arena);

    for (const struct json *s = d->sections->first; s != NULL; s = s->next) {
        struct json *section = json_object(p->arena), *fields = json_array(p->arena);
        const struct json *rows = json_get(s, "rows");
        for (const struct json *r = rows->first; r != NULL; r = r->next) {
            struct json *f = json_object(p->arena);
            struct str id = json_str(r, "field");
            const char *what = str_c(p->arena, str_fmt(p->arena, "what.%.*s", STR_ARG(id)));
            if (json_true(r, "is_fixed")) {
                continue; /* what a registry holds is not the applicant's to supply */
            }
            json_set_text(p->arena, f, "id", id);
            json_set_text(p->arena, f, "title", json_str(r, "title"));
            json_set_text(p->arena, f, "text", json_str(r, "text"));
            json_set_text(p->arena, f, "what", what != NULL ? page_input(p, what) : STR(""));
            json_set_bool(p->arena, f, "asked", what != NULL && page_input(p, what).len > 0);
            json_push(fields, f);
        }
        json_set_text(p->arena, section, "title", json_str(s, "title"));
        json_set(p->arena, section, "fields", fields);
        json_push(sections, section);
    }
    words_back(p, str_fmt(p->arena, "/desk/%.*s", STR_ARG(p->param[0])),
               json_str(d->found, "applicant"));
    json_set_text(p->arena, p->document, "id", p->param[0]);
    json_set_text(p->arena, p->document, "item_name", json_str(d->found, "name"));
    json_set_text(p->arena, p->document, "name", json_str(d->sub, "name"));
    json_set_text(p->arena, p->document, "tail", str_from(d->case_no, d->case_no.len - 4));
    json_set_text(p->arena, p->document, "applicant", json_str(d->found, "applicant"));
    json_set_text(p->arena, p->document, "action_url",
                  str_fmt(p->arena, "/desk/%.*s/supplement", STR_ARG(p->param[0])));
    json_set_text(p->arena, p->document, "basis",
                  page_either(p,
                              STR("《行政许可法》第三十二条：当场或者五日内一次告知需要补正的全部内容"),
                              STR("Administrative Licensing Law, article 32: told once, all of it")));
    json_set(p->arena, p->document, "sections", sections);
    words_errors(p, errors);
}

enum rc
officer_supplement_page(struct page *p, struct err *err)
{
    struct desk d;
    enum rc rc = open_desk(p, &d, err);

    if (rc == RC_OK) {
        show_supplement(p, &d, NULL);
    }
    return rc;
}

/* From a browser: field=<id>…, what.<id>=…; from a program: fields: [{"field","what"}]. */
static struct json *
asked_fields(struct page *p)
{
    const struct json *chosen = json_get(p->input, "field");
    const struct json *given = json_get(p->input, "fields");
    struct json *list = json_array(p->arena);

    if (json_is(given, JSON_ARRAY)) {
        return json_copy(p->arena, given);
    }
    const struct json *c = json_is(chosen, JSON_ARRAY) ? chosen->first : chosen;
    for (; c != NULL; c = json_is(chosen, JSON_ARRAY) ? c->next : NULL) {
        struct json *f = json_object(p->arena);
        const char *what = str_c(p->arena, str_fmt(p->arena, "what.%.*s", STR_ARG(c->text)));
        json_set_text(p->arena, f, "field", c->text);
        json_set_text(p->arena, f, "what", what != NULL ? page_input(p, what) : STR(""));
        json_push(list, f);
    }
    return list;
}

static struct str
joined_reasons(struct page *p, const struct json *fields)
{
    struct str text = page_input(p, "reason");
    struct buf b;
    struct err ignored;

    if (text.len > 0) {
        return text;
    }
    buf_init(&b, p->arena, 4096);
    for (const struct json *f = fields->first; f != NULL; f = f->next) {
        buf_put(&b, f == fields->first ? STR("") : page_either(p, STR("；"), STR("; ")));
        buf_put(&b, json_str(f, "what"));
    }
    return buf_finish(&b, &text, &ignored) == RC_OK ? text : STR("");
}

enum rc
officer_supplement(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    struct json *fields = asked_fields(p);
    struct case_move move = {.sub_case = p->param[0], .on = STR("ask_supplement"), .fields = fields};
    struct desk d;
    enum rc rc;

    if (fields == NULL) {
        return err_set(err, RC_LIMIT, "no room for the fields");
    }
    move.reason = joined_reasons(p, fields);
    rc = case_step(&work, &p->db, p->arena, &move, &p->who, p->now_us, p->acts, err);
    bool is_incomplete = rc == RC_INVALID && !p->wants_json;
    if (is_incomplete && (rc = open_desk(p, &d, err)) == RC_OK) {
        struct json *errors = json_array(p->arena), *e = json_object(p->arena);
        json_set_text(p->arena, e, "field",
                      fields->first != NULL ? json_str(fields->first, "field") : STR("main"));
        json_set_text(p->arena, e, "message",
                      page_either(p, STR("请选出要补的内容，并写明缺什么"),
                                  STR("Please choose what is missing and say what is wrong")));
        json_push(errors, e);
        p->status = 422;
        show_supplement(p, &d, errors);
        return RC_OK;
    }
    if (rc == RC_OK) {
        p->location = STR("/desk?view=waiting");
    }
    return rc;
}

/* --- materials -------------------------------------------------------------------------------------------------------- */

/* Only a file that this very case names: the name of a file opens nothing by itself. */
static bool
names_material(const struct json *d, struct str sha256)
{
    const struct json *evidence = json_get(d, "evidence");

    for (const struct json *e = evidence != NULL ? evidence->first : NULL; e != NULL;
         e = e->next) {
        if (str_ends(json_str(e, "url"), sha256)) {
            return true;
        }
    }
    return false;
}

static enum rc
send_material(struct page *p, struct material *file, int64_t bytes, struct err *err)
{
    struct http_fields fields = {.count = 0};
    struct str piece;
    enum rc rc = material_next(file, &piece, err);

    if (rc != RC_OK) {
        return rc;
    }
    struct str type = material_type(piece);
    CHECK(http_add(&fields, STR("Content-Type"),
                   type.len > 0 ? type : STR("application/octet-stream")) &&
          http_add(&fields, STR("X-Content-Type-Options"), STR("nosniff")) &&
          http_add(&fields, STR("Content-Security-Policy"),
                   STR("default-src 'none'; sandbox; frame-ancestors 'none'")) &&
          http_add(&fields, STR("Cache-Control"), STR("private, no-store")));
    if ((rc = http_answer_begin(p->call, 200, &fields, bytes, err)) != RC_OK) {
        return rc;
    }
    while (piece.len > 0) {
        if ((rc = http_answer_piece(p->call, piece, err)) != RC_OK ||
            (rc = material_next(file, &piece, err)) != RC_OK) {
            return rc; /* fewer bytes than announced: nobody takes that for the whole file */
        }
    }
    return http_answer_end(p->call, err);
}

enum rc
officer_material(struct page *p, struct err *err)
{
    struct json *detail = json_object(p->arena);
    struct desk d;
    struct material *file;
    int64_t bytes;
    enum rc rc = open_desk(p, &d, err);

    if (rc != RC_OK) {
        return rc;
    }
    put_evidence(p, &d);
    if (!names_material(p->document, p->param[1])) {
        return err_set(err, RC_NOT_FOUND, "the case has no such material");
    }
    if ((rc = material_read(&p->web->materials, p->param[1], &file, &bytes, err)) != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, detail, "material", p->param[1]);
    if ((rc = page_act(p, ACT_VIEW, d.case_no, json_str(d.found, "subject"), STR("material"),
                       detail, err)) == RC_OK) {
        rc = send_material(p, file, bytes, err);
    }
    material_done(file);
    return rc;
}
