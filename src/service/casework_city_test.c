/*
 * Cases on the city's own processes: whoever has a task does it, officers and applicants, parts come to their results, certificates are issued.
 * Items are those of the city with a form of a few words in place of their own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/asset.h"
#include "base/mem.h"
#include "process/conduct_job.h"
#include "service/casework_task_int.h"
#include "service/office.h"

static enum fixture_kind kind;

/* --- a city ------------------------------------------------------------------------------------------------------ */

/* What programs do for processes leaves nothing here (chore_test.c): only that it was done. */
static enum rc
do_nothing(struct conduct_work *work, const struct db *db, struct arena *a, void *ctx, struct err *err)
{
    (void)work, (void)db, (void)a, (void)ctx, (void)err;
    return RC_OK;
}

static int
open_city(void **state)
{
    static const char *const types[] = {"exchange.check", "notice.send",        "notice.publish", "card.make",     "certificate.deliver", "supervision.push",
                                        "rating.open",    "supervision.result", "housing.queue",  "certificate.flag", "oversight.urge",   "rule"};
    struct office *o = mem_new(1, sizeof(*o));
    struct err err;

    office_open_city(o, kind);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        assert_int_equal(conduct_add_worker(o->conduct, str_of(types[i]), do_nothing, NULL, &err), RC_OK);
    }
    *state = o;
    return 0;
}

static int
close_city(void **state)
{
    office_close(*state);
    mem_free(*state);
    return 0;
}

#define FORM \
    "{\"sections\":[{\"id\":\"what\",\"title_zh\":\"事\",\"title_en\":\"What\",\"fields\":[" \
    "{\"id\":\"about\",\"title_zh\":\"事由\",\"title_en\":\"About\",\"type\":\"text\",\"required\":true,\"max_length\":40}%s]}]}"
#define CHOICE(id, value) \
    ",{\"id\":\"" id "\",\"title_zh\":\"选\",\"title_en\":\"Choice\",\"type\":\"choice\",\"required\":false,\"choices\":[{\"value\":\"" value "\"," \
    "\"title_zh\":\"是\",\"title_en\":\"Yes\"}]}"

struct wish {
    const char *file;  /* of demo/items */
    const char *model; /* that its cases go by */
    const char *variables, *fields, *answers;
};

static struct json *
plain_part(struct arena *a, const struct json *part)
{
    static const char *const left_out[] = {"applies_when", "limits", "routing"};
    struct json *d = json_object(a);

    for (const struct json *m = part->first; m != NULL; m = m->next) {
        bool is_left_out = false;
        for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++) {
            is_left_out = is_left_out || str_eq(m->key, str_of(left_out[i]));
        }
        if (!is_left_out) {
            json_set_key(a, d, m->key, json_copy(a, m));
        }
    }
    const struct json *certificate = json_get(part, "certificate");
    if (certificate != NULL) {
        struct json *plain = json_copy(a, certificate), *fields = json_array(a);
        json_push(fields, json_text(a, STR("about")));
        json_set(a, plain, "fields", fields);
        json_set(a, d, "certificate", plain);
    }
    return d;
}

struct settling {
    struct office *office;
    const struct json *item;
};

static enum rc
settle_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct settling *s = ctx;

    return item_put(tx, s->office->arena, s->item, s->office->now_us, err);
}

/* The item goes by its own process, and asks for a few words only. */
static struct str
settle(struct office *o, const struct wish *w)
{
    static const char *const same[] = {"code", "implementation_code", "kind", "name_zh", "name_en", "summary_zh", "summary_en", "lead_org", "words",
                                       "is_online", "promised_days", "statutory_days", "supplement_days", "exchange_basis"};
    struct arena *a = o->arena;
    struct json *demo = NULL, *item = json_object(a), *parts = json_array(a);
    struct err err = {.text = ""};

    assert_int_equal(asset_json(a, w->file, &demo, &err), RC_OK);
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        const struct json *member = json_get(demo, same[i]);
        if (member != NULL) {
            json_set(a, item, same[i], json_copy(a, member));
        }
    }
    for (const struct json *p = json_get(demo, "parts")->first; p != NULL; p = p->next) {
        json_push(parts, plain_part(a, p));
    }
    json_set(a, item, "parts", parts);
    json_set_text(a, item, "title_field", STR("about"));
    json_set_text(a, item, "holder_field", STR("about"));
    json_set(a, item, "form", office_json(o, str_c(a, str_fmt(a, FORM, w->fields))));
    json_set(a, item, "process", office_json(o, str_c(a, str_fmt(a, "{\"key\":\"%s\",\"variables\":%s}", w->model, w->variables))));
    struct settling s = {o, item};
    if (store_write(&o->fixture.db, settle_tx, &s, &err) != RC_OK) {
        fail_msg("%s: %s", w->file, err.text);
    }
    office_reload(o);
    return json_str(item, "code");
}

/* A case of the applicant, with whatever its process has done by itself. */
static struct str
apply(struct office *o, const struct wish *w)
{
    const struct item *item = item_by_code(o->items, settle(o, w));
    struct draft d;
    struct str case_no;
    struct err err = {.text = ""};

    assert_int_equal(draft_begin(&o->fixture.db, o->vault, o->arena, o->applicant.subject, item, o->now_us, 30, &d, &err), RC_OK);
    d.values = office_json(o, w->answers);
    assert_int_equal(draft_save(&o->fixture.db, o->vault, o->arena, &d, o->now_us, &err), RC_OK);
    if (case_submit(&o->work, &o->fixture.db, o->arena, &d, &o->applicant, o->now_us, &case_no, json_array(o->arena), &err) != RC_OK) {
        fail_msg("%s: %s", w->file, err.text);
    }
    office_turn(o);
    return case_no;
}

static const struct wish restaurant = {"demo/items/restaurant.json", "restaurant", "{}", "", "{\"about\":\"半亩方塘\"}"};
static const struct wish elder_card = {"demo/items/000508006001.json", "elder-card", "{\"plastic\":\"field.plastic\"}", CHOICE("plastic", "yes"),
                                       "{\"about\":\"沈\",\"plastic\":\"yes\"}"};
static const struct wish disclosure = {"demo/items/000110002001.json", "disclosure", "{}", "", "{\"about\":\"预算\"}"};
static const struct wish hotline = {"demo/items/000110001001.json", "hotline", "{\"kind\":\"field.kind\",\"handler_org\":\"field.office\"}",
                                    CHOICE("kind", "复杂") CHOICE("office", "119901000000000430"),
                                    "{\"about\":\"路灯\",\"kind\":\"复杂\",\"office\":\"119901000000000430\"}"};
static const struct wish public_rental = {"demo/items/000517001001.json", "public-rental", "{}", "", "{\"about\":\"一家三口\"}"};

/* --- who does what -------------------------------------------------------------------------------------------------- */

static const struct json *
open_task(struct office *o, struct str case_no, const char *element, struct str org)
{
    struct json *all;
    struct err err;

    assert_int_equal(work_of_case(o->conduct, &o->fixture.db, o->arena, case_no, STR(""), NULL, o->now_us, &all, &err), RC_OK);
    for (const struct json *t = all->first; t != NULL; t = t->next) {
        if (str_eq(json_str(t, "element"), str_of(element)) && (org.len == 0 || str_eq(json_str(t, "org"), org))) {
            return t;
        }
    }
    return NULL;
}

static struct str
sub_case_of(struct office *o, struct str case_no, const struct json *task)
{
    struct str part = json_str(task, "part");

    return str_fmt(o->arena, "%.*s-%.*s", STR_ARG(case_no), STR_ARG(part.len > 0 ? part : STR("0")));
}

static struct str
power_of(const struct json *task, struct str outcome)
{
    for (const struct json *c = json_get(task, "choices")->first; c != NULL; c = c->next) {
        if (str_eq(json_str(c, "code"), outcome)) {
            return json_str(c, "power");
        }
    }
    return STR("");
}

struct doing_it {
    const char *element, *on;
    struct str org;  /* whose task, where several offices have one; "" */
    const char *data; /* of its form; NULL */
    const char *to;   /* return */
};

/* Some officer of the organisation who may; who that was, or empty with why none could. */
static struct identity
try_officers(struct office *o, const struct case_move *move, struct str org, enum rc *rc, struct err *err)
{
    const struct json *all = NULL;
    struct json *document;

    assert_int_equal(asset_json(o->arena, "demo/officers.json", &document, err), RC_OK);
    all = json_get(document, "officers");
    *rc = RC_NOT_FOUND;
    for (const struct json *f = all->first; f != NULL; f = f->next) {
        if (!str_eq(json_str(f, "org"), org)) {
            continue;
        }
        const struct identity who = office_officer(o, str_c(o->arena, json_str(f, "id")), ROLE_OFFICER);
        struct case_move m = *move;
        *rc = office_step(o, &m, &who, err);
        if (*rc == RC_INVALID && strcmp(err->type, "reason-unwanted") == 0) {
            m.reason = STR("");
            *rc = office_step(o, &m, &who, err);
        }
        if (*rc != RC_DENIED) {
            return who;
        }
    }
    return (struct identity){.role = ROLE_PUBLIC};
}

static enum rc
attempt(struct office *o, struct str case_no, const struct doing_it *what, struct identity *who, struct err *err)
{
    const struct json *task = open_task(o, case_no, what->element, what->org);
    enum rc rc;

    if (task == NULL) {
        fail_msg("%s is not open", what->element);
    }
    const struct case_move move = {.sub_case = sub_case_of(o, case_no, task),
                                   .instance = json_int_or(task, "instance", 0),
                                   .token = json_int_or(task, "token", 0),
                                   .on = str_of(what->on),
                                   .reason = STR("有理由"),
                                   .terms = STR("一个月内改好"),
                                   .power = power_of(task, str_of(what->on)),
                                   .element = str_of(what->to != NULL ? what->to : ""),
                                   .data = what->data != NULL ? office_json(o, what->data) : NULL};
    *who = try_officers(o, &move, json_str(task, "org"), &rc, err);
    return rc;
}

static struct identity
does_it(struct office *o, struct str case_no, const struct doing_it *what)
{
    struct identity who;
    struct err err = {.text = ""};
    enum rc rc = attempt(o, case_no, what, &who, &err);

    if (rc != RC_OK) {
        fail_msg("%s at %s: %s (%s)", what->on, what->element, err.text, err.type);
    }
    office_turn(o);
    return who;
}

static struct identity
does(struct office *o, struct str case_no, const char *element, const char *on)
{
    const struct doing_it what = {element, on, STR(""), NULL, NULL};

    return does_it(o, case_no, &what);
}

static const struct json *
seen(struct office *o, struct str case_no, const struct identity *who)
{
    struct json *d;
    struct err err;

    assert_int_equal(case_document(&o->work, &o->fixture.db, o->arena, case_no, who, o->now_us, STR("zh"), &d, &err), RC_OK);
    return d;
}

static void
expect_states(struct office *o, struct str case_no, const char *const *states, size_t count)
{
    const struct json *s = json_get(seen(o, case_no, &o->applicant), "sub_cases")->first;

    for (size_t i = 0; i < count; i++, s = s->next) {
        if (s == NULL || !str_eq(json_str(s, "state"), str_of(states[i]))) {
            fail_msg("part %zu is %.*s, not %s", i + 1, STR_ARG(json_str(s, "state")), states[i]);
        }
    }
    assert_null(s);
}
#define EXPECT_STATES(o, case_no, ...)                                                          \
    do {                                                                                        \
        static const char *const states[] = {__VA_ARGS__};                                      \
        expect_states(o, case_no, states, sizeof(states) / sizeof(states[0]));                  \
    } while (0)

static int64_t
certificates(struct office *o)
{
    return fixture_int(&o->fixture, "SELECT COUNT(*) FROM certificate");
}

/* --- the card for the old ---------------------------------------------------------------------------------------------- */

static void
a_card_is_granted_and_its_certificate_is_issued_before_the_end(void **state)
{
    struct office *o = *state;
    struct str case_no = apply(o, &elder_card);

    EXPECT_STATES(o, case_no, "submitted");
    does(o, case_no, "photo", "grant");
    EXPECT_STATES(o, case_no, "granted");
    assert_int_equal(certificates(o), 1);
    const struct json *part = json_get(seen(o, case_no, &o->applicant), "sub_cases")->first;
    assert_true(str_eq(json_path(part, "decision.result")->text, STR("granted")));
    assert_true(json_str(part, "certificate_url").len > 0);
}

static void
a_card_that_is_refused_has_no_certificate(void **state)
{
    struct office *o = *state;
    struct str case_no = apply(o, &elder_card);

    does(o, case_no, "photo", "refuse");
    EXPECT_STATES(o, case_no, "refused");
    assert_int_equal(certificates(o), 0);
}

static void
what_the_applicant_is_asked_for_waits_for_them_and_is_answered(void **state)
{
    static const struct str asking = STR_INIT("[{\"field\":\"photo\",\"what\":\"看不清脸\"}]");
    struct office *o = *state;
    struct wish with_photo = elder_card;
    with_photo.fields = CHOICE("plastic", "yes") ",{\"id\":\"photo\",\"title_zh\":\"照片\",\"title_en\":\"Photograph\",\"type\":\"text\",\"required\":false,\"max_length\":40}";
    struct str case_no = apply(o, &with_photo);
    const struct json *task = open_task(o, case_no, "photo", STR(""));
    struct case_move ask = {.sub_case = sub_case_of(o, case_no, task), .on = STR("ask_supplement"), .reason = STR("照片不清楚"),
                            .power = power_of(task, STR("grant")), .fields = office_json(o, asking.ptr)};
    struct case_move supply = {.sub_case = ask.sub_case, .on = STR("supply"), .fields = office_json(o, "{\"photo\":\"新照片\"}")};
    struct err err = {.text = ""};
    enum rc rc;

    (void)try_officers(o, &ask, json_str(task, "org"), &rc, &err);
    assert_int_equal(rc, RC_OK);
    EXPECT_STATES(o, case_no, "waiting"); /* though the model says no state of it */
    const struct json *d = seen(o, case_no, &o->applicant), *one = json_get(d, "to_do")->first;
    assert_int_equal(json_get(d, "to_do")->count, 1);
    assert_true(json_true(one, "is_supply") && str_eq(json_str(one, "text"), STR("照片不清楚")));
    assert_true(str_ends(json_str(one, "url"), STR("-1/supply")));
    assert_int_equal(office_step(o, &supply, &o->neighbour, &err), RC_NOT_FOUND);
    assert_int_equal(office_step(o, &supply, &o->applicant, &err), RC_OK);
    EXPECT_STATES(o, case_no, "submitted");
    assert_int_equal(json_get(seen(o, case_no, &o->applicant), "to_do")->count, 0);
    (void)try_officers(o, &ask, json_str(task, "org"), &rc, &err);
    assert_int_equal(rc, RC_CONFLICT);
    assert_string_equal(err.type, "only-once");
    does(o, case_no, "photo", "grant");
    EXPECT_STATES(o, case_no, "granted");
}

/* --- the restaurant ---------------------------------------------------------------------------------------------------- */

static const char record[] =
    "{\"officers\":[{\"name\":\"欧阳云舒\",\"licence\":\"YX0012345\"},{\"name\":\"端木青\",\"licence\":\"YX0012346\"}],\"at\":\"2026-06-03T10:00:00+08:00\","
    "\"place\":\"东湖区文澜路 1 号\",\"looked_at\":[{\"what\":\"三个水池\",\"is_right\":true}],\"result\":\"passed\"}";

/* Each office of the four signs what it has seen, on its form. */
static void
visit(struct office *o, struct str case_no)
{
    for (int n = 0; n < 4; n++) {
        const struct doing_it bare = {"visit", "fit", STR(""), NULL, NULL}, wrong = {"visit", "fit", STR(""), "{\"result\":\"fine\"}", NULL};
        const struct doing_it right = {"visit", "fit", STR(""), record, NULL};
        struct identity who;
        struct err err = {.text = ""};
        assert_int_equal(attempt(o, case_no, &bare, &who, &err), RC_INVALID);
        assert_string_equal(err.type, "form-invalid");
        assert_int_equal(attempt(o, case_no, &wrong, &who, &err), RC_INVALID);
        assert_string_equal(err.type, "form-invalid");
        (void)does_it(o, case_no, &right);
    }
    assert_null(open_task(o, case_no, "visit", STR("")));
}

static void
a_restaurant_has_a_result_for_each_part_and_one_refusal_stops_no_other(void **state)
{
    struct office *o = *state;
    struct str case_no = apply(o, &restaurant);

    EXPECT_STATES(o, case_no, "submitted", "submitted", "submitted", "submitted");
    does(o, case_no, "accept", "accept");
    EXPECT_STATES(o, case_no, "accepted", "accepted", "accepted", "accepted");
    visit(o, case_no);
    does(o, case_no, "decide_on_promise", "refuse");
    EXPECT_STATES(o, case_no, "submitted", "submitted", "refused", "submitted"); /* each department looks by itself */
    for (int n = 0; n < 3; n++) {
        does(o, case_no, "accept", "accept");
        const struct json *task = open_task(o, case_no, "examine", STR(""));
        struct str sub_case = sub_case_of(o, case_no, task);
        struct identity first = does(o, case_no, "examine", "support");
        const struct case_move same = {.sub_case = sub_case, .on = STR("grant"), .power = power_of(open_task(o, case_no, "decide", STR("")), STR("grant"))};
        struct err err = {.type = ""};
        assert_int_equal(office_step(o, &same, &first, &err), RC_DENIED);
        assert_string_equal(err.type, "second-person");
        assert_true(!str_eq(does(o, case_no, "decide", "grant").actor, first.actor));
    }
    EXPECT_STATES(o, case_no, "granted", "granted", "refused", "granted");
    assert_int_equal(certificates(o), 1); /* of the part that has one */
}

static void
a_restaurant_that_is_not_accepted_is_rejected_in_all_its_parts(void **state)
{
    struct office *o = *state;
    struct str case_no = apply(o, &restaurant);

    does(o, case_no, "accept", "reject");
    EXPECT_STATES(o, case_no, "rejected", "rejected", "rejected", "rejected");
    for (const struct json *s = json_get(seen(o, case_no, &o->applicant), "sub_cases")->first; s != NULL; s = s->next) {
        const struct json *reason = json_path(s, "decision.reason");
        assert_true(reason != NULL && str_eq(reason->text, STR("有理由")));
    }
}

static void
a_restaurant_is_withdrawn_as_a_whole(void **state)
{
    struct office *o = *state;
    struct str case_no = apply(o, &restaurant);
    const struct case_move all = {.sub_case = str_fmt(o->arena, "%.*s-0", STR_ARG(case_no)), .on = STR("withdraw")};
    struct err err = {.type = ""};

    does(o, case_no, "accept", "accept");
    assert_int_equal(office_step(o, &all, &o->neighbour, &err), RC_NOT_FOUND);
    assert_int_equal(office_step(o, &all, &o->applicant, &err), RC_OK);
    EXPECT_STATES(o, case_no, "withdrawn", "withdrawn", "withdrawn", "withdrawn");
    assert_int_equal(office_step(o, &all, &o->applicant, &err), RC_CONFLICT);
    assert_string_equal(err.type, "step-not-possible");
}

/* --- access to information ------------------------------------------------------------------------------------------------ */

static void
a_request_that_was_read_wrongly_is_sent_back_and_read_again(void **state)
{
    static const struct doing_it back = {"reply", "return", STR_INIT(""), NULL, "read"};
    struct office *o = *state;
    struct str case_no = apply(o, &disclosure);
    struct identity reader = does(o, case_no, "read", "clear");
    const struct json *task = open_task(o, case_no, "reply", STR(""));
    struct json *choices;
    struct err err;

    assert_int_equal(case_choices(&o->work, &o->fixture.db, o->arena, sub_case_of(o, case_no, task), &reader, o->now_us, STR("zh"), &choices, &err),
                     RC_OK);
    assert_true(json_true(json_get(choices, "tasks")->first, "is_second_person_barred"));
    (void)does_it(o, case_no, &back);
    assert_null(open_task(o, case_no, "reply", STR("")));
    (void)does(o, case_no, "read", "clear");
    (void)does(o, case_no, "reply", "grant_with_terms");
    EXPECT_STATES(o, case_no, "granted");
    const struct json *decision = json_path(json_get(seen(o, case_no, &o->applicant), "sub_cases")->first, "decision");
    assert_true(str_eq(json_str(decision, "result"), STR("granted_with_terms")) && json_str(decision, "terms").len > 0);
}

/* --- the hotline ------------------------------------------------------------------------------------------------------------ */

static void
tasks_of_the_whole_are_done_by_offices_that_have_no_part(void **state)
{
    static const struct str office = STR_INIT("119901000000000430");
    struct office *o = *state;
    struct str case_no = apply(o, &hotline);
    struct identity stranger = office_officer(o, "o-ouyang", ROLE_OFFICER), handler;
    struct json *d;
    struct err err = {.type = ""};

    does(o, case_no, "sort", "dispatch");
    assert_true(str_ends(sub_case_of(o, case_no, open_task(o, case_no, "claim", office)), STR("-0")));
    assert_int_equal(case_document(&o->work, &o->fixture.db, o->arena, case_no, &stranger, o->now_us, STR("zh"), &d, &err), RC_DENIED);
    handler = does(o, case_no, "claim", "take");
    (void)seen(o, case_no, &handler);
    does(o, case_no, "handle", "solved");
    (void)seen(o, case_no, &handler); /* who has had a task may look it up later */
    assert_int_equal(case_document(&o->work, &o->fixture.db, o->arena, case_no, &stranger, o->now_us, STR("zh"), &d, &err), RC_DENIED);
    does(o, case_no, "call_back", "content");
    EXPECT_STATES(o, case_no, "granted");
    (void)seen(o, case_no, &handler);
}

/* --- a home to rent ----------------------------------------------------------------------------------------------------------- */

static enum rc
answer(struct office *o, struct str case_no, const char *on, const struct identity *who, struct err *err)
{
    const struct json *one = json_get(seen(o, case_no, &o->applicant), "to_do")->first;
    struct str task = json_str(one, "task");
    int64_t instance = 0, token = 0;

    assert_true(str_to_int(str_sub(task, 0, str_find_byte(task, '.')), &instance) && str_to_int(str_from(task, str_find_byte(task, '.') + 1), &token));
    const struct case_move move = {.sub_case = json_str(one, "sub_case"), .instance = instance, .token = token, .on = str_of(on)};
    return office_step(o, &move, who, err);
}

/* Of the street's office, which is the lead's here, and of four others. */
static void
agree(struct office *o, struct str case_no, const char *last)
{
    static const char *const offices[] = {"11990100000000086D", "11990100000000107X", "1199010000000006XJ", "11990100000000174U"};

    does(o, case_no, "street", "accept");
    for (size_t i = 0; i < 4; i++) {
        const struct doing_it what = {"countersign", i == 3 ? last : "agree", str_of(offices[i]), NULL, NULL};
        struct identity who = does_it(o, case_no, &what);
        (void)seen(o, case_no, &who);
    }
}

static void
the_applicant_does_what_is_theirs_and_nobody_else_does_it(void **state)
{
    struct office *o = *state;
    struct str case_no = apply(o, &public_rental);
    struct identity officer = office_officer(o, "o-ouyang", ROLE_OFFICER);
    struct err err = {.type = ""};
    const struct json *one = json_get(seen(o, case_no, &o->applicant), "to_do")->first;

    assert_true(json_get(one, "outcomes")->count == 2 && !json_true(one, "is_supply"));
    assert_true(str_find(json_str(one, "url"), STR("/tasks/")) < json_str(one, "url").len);
    assert_int_equal(answer(o, case_no, "authorise", &o->neighbour, &err), RC_NOT_FOUND);
    assert_int_equal(answer(o, case_no, "authorise", &officer, &err), RC_DENIED);
    assert_int_equal(answer(o, case_no, "bless", &o->applicant, &err), RC_CONFLICT);
    assert_int_equal(answer(o, case_no, "authorise", &o->applicant, &err), RC_OK);
    office_turn(o);
    assert_int_equal(json_get(seen(o, case_no, &o->applicant), "to_do")->count, 0);
    agree(o, case_no, "agree");
    does(o, case_no, "district", "grant");
    assert_false(str_eq(json_str(seen(o, case_no, &o->applicant), "state"), STR("done"))); /* it is published, and waits for a home */
}

static void
what_the_applicant_does_not_allow_ends_the_case(void **state)
{
    struct office *o = *state;
    struct str case_no = apply(o, &public_rental);
    struct err err = {.type = ""};

    assert_int_equal(answer(o, case_no, "decline", &o->applicant, &err), RC_OK);
    office_turn(o);
    EXPECT_STATES(o, case_no, "lapsed");
}

static void
one_office_that_objects_is_a_refusal(void **state)
{
    struct office *o = *state;
    struct str case_no = apply(o, &public_rental);
    struct err err = {.type = ""};

    assert_int_equal(answer(o, case_no, "authorise", &o->applicant, &err), RC_OK);
    office_turn(o);
    agree(o, case_no, "object");
    EXPECT_STATES(o, case_no, "refused");
}

static int
run_on(enum fixture_kind which, const char *name)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_city, close_city)
    const struct CMUnitTest tests[] = {
        TEST(a_card_is_granted_and_its_certificate_is_issued_before_the_end),
        TEST(a_card_that_is_refused_has_no_certificate),
        TEST(what_the_applicant_is_asked_for_waits_for_them_and_is_answered),
        TEST(a_restaurant_has_a_result_for_each_part_and_one_refusal_stops_no_other),
        TEST(a_restaurant_that_is_not_accepted_is_rejected_in_all_its_parts),
        TEST(a_restaurant_is_withdrawn_as_a_whole),
        TEST(a_request_that_was_read_wrongly_is_sent_back_and_read_again),
        TEST(tasks_of_the_whole_are_done_by_offices_that_have_no_part),
        TEST(the_applicant_does_what_is_theirs_and_nobody_else_does_it),
        TEST(what_the_applicant_does_not_allow_ends_the_case),
        TEST(one_office_that_objects_is_a_refusal),
    };
#undef TEST

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "cases on the city's processes on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "cases on the city's processes on PostgreSQL");
    }
    return failed;
}
