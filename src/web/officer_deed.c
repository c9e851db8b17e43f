/*
 * What officers do with a task beside completing it (process/conduct_deed.h): take it and give it on, ask others, stop and go on, ask for more time.
 *
 * Each deed is a form of its own on the desk and a route of its own for programs: POST /desk/{sub_case}/<deed> with the task and what the table says.  A browser sends
 * names with the deed before them ("consult.reason"), so that several forms stand on one page; programs may leave that out.
 */
#include "process/conduct_deed.h"
#include "process/timekeeper.h"
#include "process/timekeeper_view.h"
#include "web/officer_int.h"

enum { ORGS_MAX = 200, POWERS_MAX = 100, REGIONS_UP_MAX = 8 };

enum ask { ASK_REASON = 1, ASK_ELEMENT = 2, ASK_OFFICER = 4, ASK_ORG = 8, ASK_POWER = 16, ASK_BASIS = 32, ASK_CLOCK = 64 };

static const struct deed_form {
    enum deed_kind kind;
    unsigned asks;
    bool is_main; /* what the row is there for, and not one of many things that could be done */
    bool leaves;  /* afterwards there is nothing more to do here */
} forms[] = {
    {DEED_OPINION, ASK_REASON, true, true},
    {DEED_APPROVE, 0, true, true},
    {DEED_DECLINE, ASK_REASON, true, true},
    {DEED_RESUME, ASK_REASON, true, false},
    {DEED_CLAIM, 0, false, false},
    {DEED_RELEASE, 0, false, false},
    {DEED_RETURN, ASK_ELEMENT | ASK_REASON, false, true},
    {DEED_ASSIGN, ASK_OFFICER, false, false},
    {DEED_CONSULT, ASK_ORG | ASK_REASON, false, false},
    {DEED_TRANSFER, ASK_POWER | ASK_REASON, false, true},
    {DEED_EXTEND, ASK_CLOCK | ASK_REASON, false, false},
    {DEED_SUSPEND, ASK_BASIS | ASK_REASON, false, false},
    {DEED_ADD_SIGNER, ASK_POWER, false, false},
    {DEED_DROP_SIGNER, ASK_REASON, false, true},
};
enum { FORMS = sizeof(forms) / sizeof(forms[0]) };

static const struct deed_form *
find_form(struct str name)
{
    for (size_t i = 0; i < FORMS; i++) {
        if (str_eq(str_of(deed_name(forms[i].kind)), name)) {
            return &forms[i];
        }
    }
    return NULL;
}

/* --- words and values --------------------------------------------------------------------------------------------------- */

static struct str
word_of(const struct page *p, const struct deed_form *f, const char *which)
{
    const char *key = str_c(p->arena, str_fmt(p->arena, "deed_%s_%s", deed_name(f->kind), which));
    struct str word = key != NULL ? page_word(p, key) : STR("");

    return str_eq(word, str_of(key)) ? STR("") : word;
}

static struct str
name_of(const struct page *p, const struct deed_form *f, const char *member)
{
    return str_fmt(p->arena, "%s.%s", deed_name(f->kind), member);
}

static struct str
sent(const struct page *p, const struct deed_form *f, const char *member)
{
    const char *own = str_c(p->arena, name_of(p, f, member));
    struct str text = own != NULL ? page_input(p, own) : STR("");

    return text.len > 0 ? text : page_input(p, member);
}

/* --- what can be chosen ----------------------------------------------------------------------------------------------------- */

struct asking {
    struct page *p;
    const struct officer_desk *d;
    const struct deed_form *form;
    struct json *deed;   /* its document */
    struct json *fields;
    bool has_error;
    bool is_empty; /* a choice without anything to choose: the deed cannot be done */
};

static struct json *
add_field(struct asking *a, const char *member, const char *flag)
{
    struct page *p = a->p;
    struct json *f = json_object(p->arena);
    struct str name = name_of(p, a->form, member), error = words_error_at(p, str_c(p->arena, name)), own = word_of(p, a->form, member);
    struct str hint = word_of(p, a->form, str_c(p->arena, str_fmt(p->arena, "%s_hint", member)));
    const char *common = str_c(p->arena, str_fmt(p->arena, "deed_%s", member));

    json_set_text(p->arena, f, "id", name);
    json_set_text(p->arena, f, "title", own.len > 0 ? own : page_word(p, common));
    json_set_bool(p->arena, f, flag, true);
    json_set_text(p->arena, f, "value", sent(p, a->form, member));
    json_set_text(p->arena, f, "hint", hint);
    json_set_text(p->arena, f, "error", error);
    a->has_error = a->has_error || error.len > 0;
    json_push(a->fields, f);
    return f;
}

static void
push_choice(struct asking *a, struct json *list, struct str value, struct str title, const char *member)
{
    struct json *c = json_object(a->p->arena);

    json_set_text(a->p->arena, c, "value", value);
    json_set_text(a->p->arena, c, "title", title);
    json_set_bool(a->p->arena, c, "chosen", str_eq(sent(a->p, a->form, member), value));
    json_push(list, c);
}

static void
put_choices(struct asking *a, struct json *field, struct json *list)
{
    a->is_empty = a->is_empty || list == NULL || list->count == 0;
    json_set(a->p->arena, field, "choices", list);
}

static void
ask_element(struct asking *a)
{
    const struct json *returns = json_get(a->d->task, "returns");
    struct json *list = json_array(a->p->arena);

    for (const struct json *r = returns != NULL ? returns->first : NULL; r != NULL; r = r->next) {
        push_choice(a, list, json_str(r, "element"), json_str(r, "title"), "element");
    }
    put_choices(a, add_field(a, "element", "is_choice"), list);
}

static enum rc
ask_officer(struct asking *a, struct err *err)
{
    struct page *p = a->p;
    struct json *found, *list = json_array(p->arena);
    enum rc rc = work_load(p->web->conduct, &p->db, p->arena, json_str(a->d->task, "org"), json_str(a->d->task, "power"), p->today, &found, err);

    for (const struct json *o = rc == RC_OK ? found->first : NULL; o != NULL; o = o->next) {
        struct str title = str_fmt(p->arena, "%.*s（%lld）", STR_ARG(json_str(o, "name")), (long long)json_int_or(o, "open", 0));
        push_choice(a, list, json_str(o, "officer"), title, "to");
    }
    put_choices(a, add_field(a, "to", "is_select"), list);
    return rc;
}

/* Organisations of the officer's own place and of those around it. */
static size_t
orgs_around(const struct page *p, const struct org **out)
{
    const struct org *own = org_by_uscc(p->web->orgs, p->who.officer.org);
    struct str region = own != NULL ? own->region : STR("");
    size_t count = 0;

    for (int up = 0; up < REGIONS_UP_MAX && region.len > 0 && count < ORGS_MAX; up++) {
        const struct region *r = p->web->regions != NULL ? region_by_code(p->web->regions, region) : NULL;
        count += org_in_region(p->web->orgs, region, out + count, ORGS_MAX - count);
        region = r != NULL ? r->parent : STR("");
    }
    return count;
}

static struct str
org_title(const struct page *p, const struct org *o)
{
    return page_either(p, o->short_zh, o->name_en);
}

static enum rc
ask_org(struct asking *a, struct err *err)
{
    const struct org **orgs = arena_alloc(a->p->arena, ORGS_MAX, sizeof(*orgs));
    struct json *list = json_array(a->p->arena);

    if (orgs == NULL) {
        return err_set(err, RC_LIMIT, "no room for organisations");
    }
    for (size_t i = 0, count = orgs_around(a->p, orgs); i < count; i++) {
        if (!str_eq(orgs[i]->uscc, json_str(a->d->task, "org"))) {
            push_choice(a, list, orgs[i]->uscc, org_title(a->p, orgs[i]), "to");
        }
    }
    put_choices(a, add_field(a, "to", "is_select"), list);
    return RC_OK;
}

/* An organisation is chosen by the power that it is to act under. */
static enum rc
ask_power(struct asking *a, struct err *err)
{
    const struct org **orgs = arena_alloc(a->p->arena, ORGS_MAX, sizeof(*orgs));
    const struct power **powers = arena_alloc(a->p->arena, POWERS_MAX, sizeof(*powers));
    struct json *list = json_array(a->p->arena);

    if (orgs == NULL || powers == NULL) {
        return err_set(err, RC_LIMIT, "no room for powers");
    }
    for (size_t i = 0, count = orgs_around(a->p, orgs); i < count; i++) {
        size_t of_org = str_eq(orgs[i]->uscc, json_str(a->d->task, "org")) ? 0 : power_of_org(a->p->web->orgs, orgs[i]->uscc, powers, POWERS_MAX);
        for (size_t n = 0; n < of_org; n++) {
            struct str title = str_fmt(a->p->arena, "%.*s · %.*s", STR_ARG(org_title(a->p, orgs[i])),
                                       STR_ARG(page_either(a->p, powers[n]->name_zh, powers[n]->name_en)));
            push_choice(a, list, powers[n]->code, title, "power");
        }
    }
    put_choices(a, add_field(a, "power", "is_select"), list);
    return RC_OK;
}

static const struct timelimit *
limit_of(const struct page *p, const struct json *clock)
{
    const struct timekeeper *k = conduct_keeper(p->web->conduct);

    return k->limits != NULL ? timelimit_find(k->limits, json_str(clock, "rule"), p->today) : NULL;
}

/* Of this process, and the organisation's own or nobody's. */
static bool
is_own_clock(const struct asking *a, const struct json *clock)
{
    struct str org = json_str(clock, "org");
    int64_t instance = form_task_id(json_str(a->d->task, "task")).instance;

    return json_int_or(clock, "instance", 0) == instance && (org.len == 0 || str_eq(org, json_str(a->d->task, "org"))) &&
           !str_eq(json_str(clock, "state"), str_of(stopwatch_state_name(STOPWATCH_STOPPED)));
}

static enum rc
ask_clock(struct asking *a, struct err *err)
{
    struct page *p = a->p;
    bool en = str_eq(p->lang, STR("en"));
    struct json *found, *list = json_array(p->arena);
    enum rc rc = timekeeper_view(&p->db, p->arena, conduct_keeper(p->web->conduct), a->d->case_no, p->now_us, &found, err);

    for (const struct json *c = rc == RC_OK ? found->first : NULL; c != NULL; c = c->next) {
        const struct timelimit *l = limit_of(p, c);
        if (!is_own_clock(a, c) || l == NULL || l->extend_by == 0 || json_get(c, "extended") != NULL) {
            continue;
        }
        push_choice(a, list, str_fmt(p->arena, "%lld", (long long)json_int_or(c, "id", 0)),
                    str_fmt(p->arena, "%.*s · %.*s", STR_ARG(json_str(c, en ? "title_en" : "title_zh")), STR_ARG(json_str(c, en ? "text_en" : "text_zh"))),
                    "clock");
    }
    put_choices(a, add_field(a, "clock", "is_choice"), list);
    return rc;
}

static bool
is_listed(const struct json *list, struct str value)
{
    for (const struct json *c = list != NULL ? list->first : NULL; c != NULL; c = c->next) {
        if (str_eq(json_str(c, "value"), value)) {
            return true;
        }
    }
    return false;
}

/* For what the law lets the clocks of this process stand still; where it says nothing of it the basis is written. */
static enum rc
ask_basis(struct asking *a, struct err *err)
{
    struct page *p = a->p;
    bool en = str_eq(p->lang, STR("en"));
    struct json *found, *list = json_array(p->arena);
    enum rc rc = timekeeper_view(&p->db, p->arena, conduct_keeper(p->web->conduct), a->d->case_no, p->now_us, &found, err);

    for (const struct json *c = rc == RC_OK ? found->first : NULL; c != NULL; c = c->next) {
        const struct timelimit *l = is_own_clock(a, c) ? limit_of(p, c) : NULL;
        for (size_t n = 0; l != NULL && n < l->reasons; n++) {
            const struct timelimit_reason *r = l->reason[n];
            if (!is_listed(list, r->key)) {
                push_choice(a, list, r->key, str_fmt(p->arena, "%.*s（%.*s）", STR_ARG(en ? r->en : r->zh), STR_ARG(r->basis)), "basis");
            }
        }
    }
    if (list != NULL && list->count > 0) {
        put_choices(a, add_field(a, "basis", "is_select"), list);
    } else {
        (void)add_field(a, "basis", "is_text");
    }
    return rc;
}

/* --- forms -------------------------------------------------------------------------------------------------------------------- */

static enum rc
ask_all(struct asking *a, struct err *err)
{
    unsigned asks = a->form->asks;
    enum rc rc = RC_OK;

    if ((asks & ASK_ELEMENT) != 0) {
        ask_element(a);
    }
    if ((asks & ASK_OFFICER) != 0) {
        rc = ask_officer(a, err);
    }
    if (rc == RC_OK && (asks & ASK_ORG) != 0) {
        rc = ask_org(a, err);
    }
    if (rc == RC_OK && (asks & ASK_POWER) != 0) {
        rc = ask_power(a, err);
    }
    if (rc == RC_OK && (asks & ASK_CLOCK) != 0) {
        rc = ask_clock(a, err);
    }
    if (rc == RC_OK && (asks & ASK_BASIS) != 0) {
        rc = ask_basis(a, err);
    }
    if ((asks & ASK_REASON) != 0) {
        (void)add_field(a, "reason", "is_lines");
    }
    return rc;
}

static enum rc
push_deed(struct page *p, const struct officer_desk *d, const struct deed_form *f, struct json *list, struct err *err)
{
    struct asking a = {.p = p, .d = d, .form = f, .deed = json_object(p->arena), .fields = json_array(p->arena)};
    enum rc rc = ask_all(&a, err);

    if (rc != RC_OK || a.is_empty) {
        return rc;
    }
    json_set_text(p->arena, a.deed, "deed", str_of(deed_name(f->kind)));
    json_set_text(p->arena, a.deed, "title", word_of(p, f, "title"));
    json_set_text(p->arena, a.deed, "text", word_of(p, f, "text"));
    json_set_text(p->arena, a.deed, "button", word_of(p, f, "do"));
    json_set_text(p->arena, a.deed, "task", json_str(d->task, "task"));
    json_set_text(p->arena, a.deed, "action_url", str_fmt(p->arena, "/desk/%.*s/%s", STR_ARG(p->param[0]), deed_name(f->kind)));
    json_set_bool(p->arena, a.deed, "is_open", a.has_error);
    json_set(p->arena, a.deed, "fields", a.fields);
    json_push(list, a.deed);
    return RC_OK;
}

static bool
may(const struct json *task, enum deed_kind kind)
{
    const struct json *list = json_get(task, "may");

    for (const struct json *m = list != NULL ? list->first : NULL; m != NULL; m = m->next) {
        if (str_eq(m->text, str_of(deed_name(kind)))) {
            return true;
        }
    }
    return false;
}

enum rc
officer_put_deeds(struct page *p, const struct officer_desk *d, struct err *err)
{
    struct json *first = json_array(p->arena), *more = json_array(p->arena);
    enum rc rc = RC_OK;

    for (size_t i = 0; i < FORMS && rc == RC_OK && d->task != NULL; i++) {
        if (may(d->task, forms[i].kind)) {
            rc = push_deed(p, d, &forms[i], forms[i].is_main ? first : more, err);
        }
    }
    json_set(p->arena, p->document, "deeds", first);
    json_set_bool(p->arena, p->document, "has_more", more != NULL && more->count > 0);
    json_set(p->arena, p->document, "more", more);
    return rc != RC_OK ? rc : json_whole(p->document, err);
}

/* --- doing -------------------------------------------------------------------------------------------------------------------- */

/* A power says whose it is, so a browser need not send the organisation. */
static struct str
org_of(const struct page *p, const struct deed_form *f, struct str power)
{
    struct str to = sent(p, f, "to");
    const struct power *found = power_by_code(p->web->orgs, power);

    return to.len > 0 || found == NULL ? to : found->org;
}

/* A new signer is the organisation with its power, under the name that the model gives to each of those who sign. */
static const struct json *
signer(struct page *p, const struct json *task, const struct conduct_deed *deed)
{
    struct json *data = json_object(p->arena), *one = json_object(p->arena);

    json_set_text(p->arena, one, "org", deed->to);
    json_set_text(p->arena, one, "power", deed->power);
    json_set_key(p->arena, data, json_str(task, "signer"), one);
    return data;
}

static struct conduct_deed
deed_of(struct page *p, const struct deed_form *f, const struct json *task)
{
    struct task_id id = form_task_id(json_str(task, "task"));
    struct conduct_deed deed = {.kind = f->kind,
                                .instance = id.instance,
                                .token = id.token,
                                .serial = id.serial,
                                .outcome = STR(""),
                                .reason = sent(p, f, "reason"),
                                .basis = sent(p, f, "basis"),
                                .power = sent(p, f, "power"),
                                .element = STR(""),
                                .absent = sent(p, f, "absent"),
                                .who = &p->who,
                                .now_us = p->now_us};

    deed.to = org_of(p, f, deed.power);
    (void)str_to_int(sent(p, f, "clock"), &deed.clock);
    deed.data = f->kind == DEED_ADD_SIGNER ? signer(p, task, &deed) : NULL;
    return deed;
}

/* Which of its fields a refusal is about; NULL: none. */
static const char *
wrong_field(const struct deed_form *f, const struct err *err)
{
    static const struct {
        const char *type, *field;
        unsigned ask;
    } fields[] = {{"reason-missing", "reason", ASK_REASON},           {"basis-missing", "basis", ASK_BASIS},
                  {"no-such-organisation", "to", ASK_ORG},            {"no-such-organisation", "power", ASK_POWER},
                  {"field-not-allowed", "power", ASK_POWER}};

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (str_eq(str_of(err->type), str_of(fields[i].type)) && (f->asks & fields[i].ask) != 0) {
            return fields[i].field;
        }
    }
    return NULL;
}

/* What was left out, before anything is tried; "" of what is complete. */
static const char *
left_out(const struct page *p, const struct deed_form *f)
{
    static const struct {
        unsigned ask;
        const char *field;
    } fields[] = {{ASK_ORG, "to"}, {ASK_POWER, "power"}, {ASK_BASIS, "basis"}, {ASK_CLOCK, "clock"}, {ASK_REASON, "reason"}};

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if ((f->asks & fields[i].ask) != 0 && sent(p, f, fields[i].field).len == 0) {
            return fields[i].field;
        }
    }
    return NULL;
}

static enum rc
say_wrong(struct page *p, const struct deed_form *f, const char *field, struct err *err)
{
    const char *name = str_c(p->arena, name_of(p, f, field));
    struct str word = str_eq(str_of(field), STR("reason")) ? page_word(p, "desk_error_reason") : page_word(p, "desk_error_choice");

    return name != NULL ? officer_show_error(p, name, word, err) : err_set(err, RC_LIMIT, "no room for a field");
}

enum rc
officer_deed(struct page *p, struct err *err)
{
    struct str path = str_of(p->route->path), name = str_from(path, sizeof("/desk/{sub_case}/") - 1);
    const struct deed_form *f = find_form(name);
    struct conduct_result result = {.instance = 0};
    struct officer_desk d;
    enum rc rc;

    CHECK(f != NULL);
    if ((rc = officer_open(p, &d, err)) != RC_OK) {
        return rc;
    }
    const struct json *task = officer_find_task(&d, page_input(p, "task"));
    if (task == NULL) {
        return err_problem(err, RC_CONFLICT, "done-meanwhile", "it is no open task of this case");
    }
    if (!p->wants_json && left_out(p, f) != NULL) {
        return say_wrong(p, f, left_out(p, f), err);
    }
    const struct conduct_deed deed = deed_of(p, f, task);
    if ((rc = conduct_do(p->web->conduct, &p->db, p->arena, &deed, &result, err)) != RC_OK) {
        return rc == RC_INVALID && !p->wants_json && wrong_field(f, err) != NULL ? say_wrong(p, f, wrong_field(f, err), err) : rc;
    }
    for (const struct json *a = result.acts != NULL ? result.acts->first : NULL; a != NULL; a = a->next) {
        json_push(p->acts, json_copy(p->arena, a));
    }
    p->location = f->leaves ? STR("/desk") : str_fmt(p->arena, "/desk/%.*s?task=%.*s", STR_ARG(p->param[0]), STR_ARG(json_str(task, "task")));
    return RC_OK;
}
