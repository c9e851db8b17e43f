/*
 * The officer's desk: one sub-case with its evidence, what rules say of it, and what its process offers.
 */
#include "web/officer_int.h"

enum rc
officer_open(struct page *p, struct officer_desk *d, struct err *err)
{
    struct casework work = page_casework(p);
    struct str case_no = str_sub(p->param[0], 0, str_find_byte(p->param[0], '-'));
    enum rc rc;

    *d = (struct officer_desk){.case_no = case_no};
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

void
officer_put_evidence(struct page *p, const struct officer_desk *d)
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
put_rules(struct page *p, const struct officer_desk *d)
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
put_decide(struct page *p, const struct officer_desk *d, const struct json *choices)
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

void
officer_show(struct page *p, const struct officer_desk *d)
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
    officer_put_evidence(p, d);
    put_rules(p, d);
    put_decide(p, d, d->choices);
}

/* Looking is an act: the applicant sees who looked. */
enum rc
officer_case(struct page *p, struct err *err)
{
    struct json *detail = json_object(p->arena);
    struct officer_desk d;
    enum rc rc = officer_open(p, &d, err);

    if (rc != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, detail, "sub_case", p->param[0]);
    if ((rc = page_act(p, ACT_VIEW, d.case_no, json_str(d.found, "subject"),
                       json_str(d.sub, "power"), detail, err)) != RC_OK) {
        return rc;
    }
    officer_show(p, &d);
    return handovers_put_url(p, d.case_no, err);
}
