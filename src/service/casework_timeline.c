/*
 * What happened to a case, newest first, as those whom it concerns would tell it: each is an act with its receipt.  Who looked at it stands on the
 * page of readers.
 */
#include "evidence/act.h"
#include "service/casework.h"
#include "service/casework_int.h"

enum { TIMELINE_MAX = 400 };

struct telling {
    const struct case_view *view;
    const struct json *acts;             /* all of the case that there are here */
    const struct json *notices, *errands; /* of its document */
};

static bool
is_kind(const struct json *act, const char *kind)
{
    return str_eq(json_str(act, "kind"), str_of(kind));
}

/* A register of this very node answers with an act of its own, which the question names: one thing happened, and it is told once. */
static bool
are_one(const struct json *ask, const struct json *read)
{
    const struct json *asked = json_get(ask, "detail"), *given = json_get(read, "detail");

    return is_kind(ask, "ask") && is_kind(read, "read") && json_int_or(asked, "source_act", -1) == json_int_or(read, "index", -2) &&
           str_eq(json_str(asked, "provider"), json_str(given, "consumer"));
}

/* The other of the two; NULL if there is none here. */
static const struct json *
other_half(const struct telling *t, const struct json *act)
{
    for (const struct json *o = t->acts->first; o != NULL; o = o->next) {
        if (are_one(act, o) || are_one(o, act)) {
            return o;
        }
    }
    return NULL;
}

/* What programs of the house did is called as its record is, where whoever looks may read that. */
static struct str
errand_title(const struct telling *t, const struct json *act)
{
    const struct json *const lists[] = {t->notices, t->errands};
    int64_t index = json_int_or(act, "index", -1);

    for (size_t n = 0; n < sizeof(lists) / sizeof(lists[0]); n++) {
        for (const struct json *e = lists[n] != NULL ? lists[n]->first : NULL; e != NULL; e = e->next) {
            if (json_int_or(e, "act", -1) == index) {
                return json_str(e, "title");
            }
        }
    }
    return STR("");
}

static struct str
ask_title(const struct case_view *v, const struct json *act)
{
    struct str outcome = json_str(json_get(act, "detail"), "outcome");

    if (str_eq(outcome, STR("answered"))) {
        return v->en ? STR("A register was asked and answered") : STR("向登记机关核对");
    }
    return str_eq(outcome, STR("record-missing")) ? (v->en ? STR("A register was asked; it has no such record") : STR("向登记机关核对，没有这项登记"))
           : v->en                                ? STR("A register was asked and did not answer")
                                                  : STR("向登记机关核对，没有得到答复");
}

/* What was done; of a decision, what it was; of any other step of a process, what it is called there. */
static struct str
act_title(const struct telling *t, const struct json *act)
{
    const struct case_view *v = t->view;
    const struct json *detail = json_get(act, "detail");
    struct str to = json_str(detail, "to"), outcome = json_str(detail, v->en ? "outcome_en" : "outcome_zh");
    struct str name = json_str(detail, v->en ? "name_en" : "name_zh"), record = errand_title(t, act);

    if (is_kind(act, "decide") && to.len > 0) { /* before there were processes */
        return case_state_text(v->work->states, to, v->lang);
    }
    if (is_kind(act, "decide") && outcome.len > 0) {
        return outcome;
    }
    if (is_kind(act, "step") && name.len > 0) {
        return outcome.len == 0 ? name : str_fmt(v->arena, v->en ? "%.*s: %.*s" : "%.*s：%.*s", STR_ARG(name), STR_ARG(outcome));
    }
    if (is_kind(act, "ask")) {
        return ask_title(v, act);
    }
    return record.len > 0 ? record : json_str(act, v->en ? "kind_en" : "kind_zh");
}

/* Who did it and to which part: 市场监管局 · 食品经营许可. */
static struct str
act_note(const struct case_view *v, const struct json *act)
{
    const struct org *org = org_by_uscc(v->work->orgs, json_str(act, "org"));
    const struct json *detail = json_get(act, "detail");
    struct str sub_case = json_str(detail, "sub_case"), part_id = json_str(detail, "part");
    const struct json *part = case_part(v->item.document, part_id.len > 0 ? part_id : str_from(sub_case, str_find_byte(sub_case, '-') + 1));

    if (org == NULL) {
        return json_str(detail, "node");
    }
    struct str name = v->en ? org->name_en : org->short_zh;
    return part == NULL ? name
                        : str_fmt(v->arena, "%.*s · %.*s", STR_ARG(name),
                                  STR_ARG(item_word(part, "name", v->lang)));
}

/* That the case goes by another version of its procedure: on what basis, and what that means for its time limits. */
static struct str
moved_note(const struct case_view *v, struct str org, const struct json *detail)
{
    const struct json *starts = json_get(detail, "starts"), *stops = json_get(detail, "stops");
    struct str basis = json_str(detail, "basis"), text;

    text = str_fmt(v->arena, v->en ? "%.*s · %.*s" : "%.*s · 依据：%.*s", STR_ARG(org), STR_ARG(basis));
    for (const struct json *s = starts != NULL ? starts->first : NULL; s != NULL; s = s->next) {
        struct str at = case_moment_words(v, json_int_or(s, "at_us", 0));
        text = str_fmt(v->arena, v->en ? "%.*s · a time limit counts from %.*s" : "%.*s · 新的期限自 %.*s 起算", STR_ARG(text), STR_ARG(at));
    }
    return stops == NULL || stops->count == 0
               ? text
               : str_fmt(v->arena, v->en ? "%.*s · time limits of the other version do not count any more" : "%.*s · 另一版的期限不再计算", STR_ARG(text));
}

static struct json *
told(const struct telling *t, const struct json *act)
{
    const struct case_view *v = t->view;
    const struct json *answer = is_kind(act, "ask") ? other_half(t, act) : NULL;
    struct arena *a = v->arena;
    struct json *entry = json_object(a);
    struct str note = act_note(v, answer != NULL ? answer : act);
    int64_t at_us = 0;
    struct err ignored;

    (void)!instant_parse(json_str(act, "at"), &at_us, &ignored);
    json_set_text(a, entry, "at", json_str(act, "at"));
    json_set_text(a, entry, "at_text", case_moment_words(v, at_us));
    json_set_text(a, entry, "kind", json_str(act, "kind"));
    json_set_text(a, entry, "title", act_title(t, act));
    json_set_int(a, entry, "index", json_int_or(act, "index", -1));
    json_set_text(a, entry, "note", is_kind(act, "migrate") ? moved_note(v, note, json_get(act, "detail")) : note);
    json_set_text(a, entry, "proof_url", str_fmt(a, "/receipts/%lld.json", (long long)json_int_or(act, "index", 0)));
    return entry;
}

enum rc
case_put_timeline(const struct case_view *v, struct json *d, struct str case_no, struct err *err)
{
    struct telling t = {.view = v, .notices = json_get(d, "notices"), .errands = json_get(d, "errands")};
    struct json *acts, *timeline = json_array(v->arena);
    enum rc rc = act_of_case(v->db, v->arena, case_no, -1, TIMELINE_MAX, &acts, err);

    if (rc != RC_OK) {
        return rc;
    }
    t.acts = acts;
    for (const struct json *act = acts->first; act != NULL; act = act->next) {
        bool is_told = is_kind(act, "view") || is_kind(act, "denied") || (is_kind(act, "read") && other_half(&t, act) != NULL);
        if (!is_told) {
            json_push(timeline, told(&t, act));
        }
    }
    json_set(v->arena, d, "timeline", timeline);
    return RC_OK;
}
