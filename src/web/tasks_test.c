/*
 * Tasks of a process on officers' and citizens' pages, over a socket: who may do what, what is refused and changes nothing, and that whatever was typed comes
 * back.  The process is a test's own: examined with a form, signed by a second person, confirmed by the applicant, signed by both offices.
 */
#include "service/office.h"
#include "web/officer_int.h"
#include "web/test_desk.h"

/* Who is who of the office at the door of the desk. */
#define MARKET OFFICER
#define SECOND STEWARD /* of the same office, with the same power */
#define JUNIOR SUPERVISOR /* without any */
#define FIRE OPERATOR

#define DESK_FORM(path, handler) {"POST", path, ROLE_OFFICER, NULL, ROUTE_FORM | ROUTE_CREATES, 262144, handler, "desk", ""}
#define DESK_DEED(name) DESK_FORM("/desk/{sub_case}/" name, officer_deed)

const struct route route_table[] = {
    {"GET", "/desk", ROLE_OFFICER, NULL, 0, 0, officer_queue, "queue", ""},
    {"GET", "/desk/{sub_case}", ROLE_OFFICER, NULL, 0, 0, officer_case, "desk", ""},
    {"GET", "/desk/{sub_case}/supplement", ROLE_OFFICER, NULL, 0, 0, officer_supplement_page, "supplement", ""},
    DESK_FORM("/desk/{sub_case}/supplement", officer_supplement),
    DESK_FORM("/desk/{sub_case}/decide", officer_decide),
    DESK_FORM("/desk/{sub_case}/return", officer_return),
    DESK_DEED("claim"), DESK_DEED("release"), DESK_DEED("assign"), DESK_DEED("consult"), DESK_DEED("opinion"), DESK_DEED("transfer"),
    DESK_DEED("extend"), DESK_DEED("approve"), DESK_DEED("decline"), DESK_DEED("suspend"), DESK_DEED("resume"), DESK_DEED("add_signer"),
    DESK_DEED("drop_signer"),
    {"GET", "/cases/{case_no}", ROLE_PUBLIC, NULL, 0, 0, citizen_case, "case", ""},
    {"GET", "/cases/{case_no}/tasks/{task}", ROLE_CITIZEN, NULL, 0, 0, citizen_task_page, "task", ""},
    {"POST", "/cases/{case_no}/tasks/{task}", ROLE_CITIZEN, NULL, ROUTE_FORM | ROUTE_CREATES, 262144, citizen_task, "task", ""},
    {"GET", "/cases/{case_no}/withdraw", ROLE_CITIZEN, NULL, 0, 0, citizen_withdraw, "withdraw", ""},
    {"POST", "/cases/{case_no}/withdraw", ROLE_CITIZEN, NULL, ROUTE_FORM, 16384, citizen_withdraw, "withdraw", ""},
};
const size_t route_table_count = sizeof(route_table) / sizeof(route_table[0]);

#define FLOW(from, to) "<sequenceFlow id='" from "_" to "' sourceRef='" from "' targetRef='" to "'/>"
#define EXT(text) "<extensionElements>" text "</extensionElements>"
/* Of no part, as it names none of their powers: those stand at the outcomes. */
#define OF_MARKET "<gov:assignment org='=lead_org' role='officer'/>"
#define POWER "power='=parts[1].power'"
#define TASK(id, zh, en, result, ext, more) "<userTask id='" id "' name='" zh "' gov:en='" en "' gov:result='" result "'>" EXT(ext) more "</userTask>"
static const char own_process[] =
    "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' xmlns:gov='" BPMN_GOV "' id='m'><message id='W' name='withdraw'/>"
    "<process id='own' isExecutable='true'>" EXT("<gov:clock id='promised' rule='permit.decide' kind='statutory' org='=parts[1].org'/>")
    "<dataObject id='D' name='parts' isCollection='true'/><startEvent id='s'>" EXT("<gov:on at='leave' clock='promised' do='start' basis='b'/>") "</startEvent>"
    FLOW("s", "examine")
    TASK("examine", "查看&lt;b&gt;", "Examine", "examined", OF_MARKET "<gov:form key='childcare-account'/><gov:outcome code='pass' zh='可以' en='Fine' act='check' " POWER "/>"
         "<gov:outcome code='fail' zh='不行' en='Not fine' act='decide' reason='required' " POWER "/><gov:outcome code='late' zh='没有补来' en='Not supplied' act='close' reason='none'/>"
         "<gov:supplement fields='plan' within='P15D' expired='late' basis='行政许可法 32'/>", "")
    FLOW("examine", "confirm")
    TASK("confirm", "复核", "Confirm", "confirmed", OF_MARKET "<gov:outcome code='signed' zh='签字' en='Sign' act='sign' " POWER "/><gov:return to='examine'/>"
         "<gov:second-person after='examine'/>", "")
    FLOW("confirm", "agree")
    TASK("agree", "申请人确认", "The applicant agrees", "agreed", "<gov:assignment role='citizen'/><gov:form key='childcare-account'/>"
         "<gov:outcome code='agree' zh='同意' en='Agree' act='confirm' reason='none'/><gov:outcome code='refuse' zh='不同意' en='Refuse' act='confirm' reason='required' form='none'/>", "")
    FLOW("agree", "visit")
    TASK("visit", "会签", "Sign", "visited", "<gov:assignment org='=part.org' role='officer' power='=part.power'/><gov:outcome code='fit' zh='符合' en='Fit' act='inspect'/>"
         "<gov:outcome code='unfit' zh='不符合' en='Not fit' act='inspect' reason='required'/><gov:countersign rule='all' pass='fit'/>",
         "<multiInstanceLoopCharacteristics><loopDataInputRef>D</loopDataInputRef><inputDataItem id='i' name='part'/></multiInstanceLoopCharacteristics>")
    FLOW("visit", "e") "<endEvent id='e'/>"
    "<subProcess id='wd' triggeredByEvent='true'><startEvent id='ws'><messageEventDefinition messageRef='W'/></startEvent>" FLOW("ws", "we")
    "<endEvent id='we'>" EXT("<gov:state at='enter' value='withdrawn' zh='您已撤回' en='Withdrawn'/>") "</endEvent></subProcess></process></definitions>";

/* --- a desk over the office ------------------------------------------------------------------------------------------ */

struct town {
    struct desk desk; /* first */
    struct office office;
    struct clock clock;
    struct str case_no;
};

struct letting {
    struct town *t;
    enum who who;
    const struct identity *as;
    struct str account;
};

static enum rc
let_in_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct letting *l = ctx;
    struct office *o = &l->t->office;

    return account_put(tx, o->vault, o->arena, str_fmt(o->arena, "login%d", l->who), STR("-"), l->as->subject.ptr != NULL ? l->as->subject : STR(""),
                       l->as->officer.id.ptr != NULL ? l->as->officer.id : STR(""), o->now_us, &l->account, err);
}

static void
let_in(struct town *t, enum who who, const struct identity *as)
{
    struct letting l = {t, who, as, STR("")};
    struct desk *d = &t->desk;
    struct identity found;
    struct err err = {.text = ""};

    if (store_write(&d->db, let_in_tx, &l, &err) != RC_OK ||
        session_open(&d->db, t->office.arena, &d->web.sessions, l.account, t->office.now_us, &d->token[who], &err) != RC_OK ||
        session_find(&d->db, t->office.vault, t->office.arena, &d->web.sessions, d->token[who], t->office.now_us, &found, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    d->csrf[who] = found.csrf;
}

static enum rc
second_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct office *o = ctx;

    return officer_put(tx, o->orgs, office_json(o, "{\"id\":\"o-second\",\"org\":\"" OFFICE_MARKET "\",\"name\":\"慕容<清和>\",\"title\":\"餐饮科\",\"phone\":\"1\","
                                                   "\"roles\":[\"officer\"],\"powers\":[\"" OFFICE_MARKET_POWER "\"]}"),
                       err);
}

static int
town_open(void **state)
{
    struct town *t = mem_new(1, sizeof(*t));
    struct office *o = &t->office;
    struct desk *d = &t->desk;
    struct server_config config = {.handler = web_handle, .ctx = &d->web, .arena_bytes = DESK_ARENA, .loop_state = &d->web_loop, .limits = http_limits_usual};
    struct identity second;
    struct err err = {.text = ""};

    office_open(o, house_kind);
    office_model(o, "own", own_process);
    office_goes_by(o, "own");
    assert_int_equal(store_write(&o->fixture.db, second_tx, o, &err), RC_OK);
    second = o->market;
    assert_int_equal(officer_on_day(&o->fixture.db, o->arena, STR("o-second"), instant_day(o->now_us, CLOCK_OFFSET_CHINA_MINUTES), &second.officer, &err), RC_OK);
    d->house = (struct house){o->fixture, o->arena, o->vault};
    d->db = o->fixture.db;
    d->orgs = o->orgs;
    d->web.sessions = (struct session_policy){.tries_max = 5, .lock_s = 900, .peer_tries_max = 50, .idle_s = 3600, .life_s = 43200, .cost = password_cost_test};
    assert_int_equal(region_load(&d->db, &d->regions, &err), RC_OK);
    desk_fill_web(d);
    t->clock = clock_standing(&o->now_us);
    d->web.clock = &t->clock;
    d->web.items = o->items;
    d->web.states = o->states;
    d->web.conduct = o->conduct;
    let_in(t, CITIZEN, &o->applicant);
    let_in(t, NEIGHBOUR, &o->neighbour);
    let_in(t, MARKET, &o->market);
    let_in(t, SECOND, &second);
    let_in(t, JUNIOR, &o->junior);
    let_in(t, FIRE, &o->fire);
    host_start(&d->host, config);
    d->web_loop.web = &d->web;
    d->web_loop.loop = d->host.loop;
    t->case_no = office_case(o, 300);
    *state = t;
    return 0;
}

static int
town_close(void **state)
{
    struct town *t = *state;

    host_stop(&t->desk.host);
    idempotency_free(t->desk.web.idempotency);
    region_table_free(t->desk.regions);
    office_close(&t->office);
    mem_free(t);
    return 0;
}

/* --- asking --------------------------------------------------------------------------------------------------------------- */

/* "%s" of path: the case's number. */
static struct str
at(struct town *t, const char *method, const char *path)
{
    struct str rest = str_of(path), before = str_sub(rest, 0, str_find(rest, STR("#")));

    rest = str_from(rest, before.len + 1);
    return str_fmt(t->office.arena, "%s %.*s%.*s%.*s", method, STR_ARG(before), STR_ARG(before.len < strlen(path) ? t->case_no : STR("")), STR_ARG(rest));
}

static struct reply
get(struct town *t, enum who who, const char *path)
{
    return desk_ask(&t->desk, str_c(t->office.arena, at(t, "GET", path)), as(&t->desk, who), STR(""));
}

static struct reply
post(struct town *t, enum who who, const char *path, const char *body)
{
    struct str fields = str_fmt(t->office.arena, "Content-Type: application/json\r\nX-CSRF-Token: %.*s\r\n%.*s", STR_ARG(t->desk.csrf[who]),
                                STR_ARG(as(&t->desk, who)));

    return desk_ask(&t->desk, str_c(t->office.arena, at(t, "POST", path)), fields, str_of(body));
}

/* As a browser does: a form, an answer in HTML. */
static struct reply
submit(struct town *t, enum who who, const char *path, const char *body)
{
    struct str fields = str_fmt(t->office.arena, "Accept: text/html\r\nContent-Type: application/x-www-form-urlencoded\r\nCookie: zt=%.*s\r\n",
                                STR_ARG(t->desk.token[who]));

    return desk_ask(&t->desk, str_c(t->office.arena, at(t, "POST", path)), fields,
                    str_fmt(t->office.arena, "csrf=%.*s&%s", STR_ARG(t->desk.csrf[who]), body));
}

static struct reply
look(struct town *t, enum who who, const char *path)
{
    struct str fields = str_fmt(t->office.arena, "Accept: text/html\r\nCookie: zt=%.*s\r\n", STR_ARG(t->desk.token[who]));

    return desk_ask(&t->desk, str_c(t->office.arena, at(t, "GET", path)), fields, STR(""));
}

static const struct json *
body_of(struct town *t, const struct reply *r)
{
    struct json *j = NULL;
    struct err err;

    if (json_parse(t->office.arena, r->body, JSON_UNIQUE, &j, &err) != RC_OK) {
        fail_msg("%d: %.*s", r->status, STR_ARG(str_sub(r->body, 0, 400)));
    }
    return j;
}

static void
assert_refused(struct reply r, int status, const char *type)
{
    if (r.status != status || !str_eq(r.type, str_of(type))) {
        fail_msg("%d %.*s", r.status, STR_ARG(str_sub(r.body, 0, 600)));
    }
}

static void
assert_done(struct reply r, int status)
{
    if (r.status != status) {
        fail_msg("%d %.*s", r.status, STR_ARG(str_sub(r.body, 0, 600)));
    }
}

static void
assert_says(struct reply r, const char *text)
{
    if (!str_has(r.body, str_of(text))) {
        fail_msg("%d says no %s: %.*s", r.status, text, STR_ARG(str_from(r.body, str_find(r.body, STR("<main")))));
    }
}


/* The task that is open for somebody on a page of the desk. */
static struct str
task_at(struct town *t, enum who who, const char *path)
{
    struct reply r = get(t, who, path);

    assert_int_equal(r.status, 200);
    struct str task = json_str(json_get(body_of(t, &r), "task"), "task");
    assert_true(task.len > 0);
    return task;
}

static const char *
with_task(struct town *t, struct str task, const char *more)
{
    return str_c(t->office.arena, str_fmt(t->office.arena, "{\"task\":\"%.*s\"%s}", STR_ARG(task), more));
}

/* The acts of the case so far: whatever was refused has left none. */
static size_t
acts_of(struct town *t)
{
    struct json *acts;
    struct err err;

    assert_int_equal(act_of_case(&t->desk.db, t->office.arena, t->case_no, -1, 200, &acts, &err), RC_OK);
    return acts->count;
}

#define DATA ",\"data\":{\"account\":\"card\"}"

static void
pass(struct town *t)
{
    assert_done(post(t, MARKET, "/desk/#-0/decide", "{\"result\":\"pass\"" DATA "}"), 200);
}

static void
pass_and_sign(struct town *t)
{
    pass(t);
    assert_done(post(t, SECOND, "/desk/#-0/decide", "{\"result\":\"signed\"}"), 200);
}

static const struct json *
citizens_task(struct town *t)
{
    struct reply r = get(t, CITIZEN, "/cases/#");
    const struct json *to_do = json_get(body_of(t, &r), "to_do");

    assert_int_equal(to_do->count, 1);
    return to_do->first;
}

/* --- the desk ---------------------------------------------------------------------------------------------------------------- */

static void
a_task_of_the_whole_case_is_shown_with_its_form_and_every_outcome(void **state)
{
    struct town *t = *state;
    struct reply r = look(t, MARKET, "/desk/#-0");

    assert_int_equal(r.status, 200);
    assert_says(r, "查看&lt;b&gt;</h2>");
    assert_says(r, "name=\"data.account\" value=\"bank\"");
    assert_says(r, "id=\"data.bank_no\"");
    assert_says(r, "value=\"pass\"");
    assert_says(r, "value=\"fail\"");
    assert_false(str_has(r.body, STR("value=\"late\""))); /* that is for silence */
    assert_says(r, "/supplement?task=");
    assert_says(r, "/claim\"");
    assert_false(str_has(r.body, STR("{{")));
    r = look(t, MARKET, "/desk/#-0?lang=en");
    assert_says(r, "Examine</h2>");
    assert_says(r, "Paid to which card");
}

static void
an_office_without_a_task_here_is_led_to_where_it_has_one(void **state)
{
    struct town *t = *state;
    struct reply r = look(t, MARKET, "/desk/#-1");

    assert_says(r, "这里现在没有您单位要办的事");
    assert_says(r, "-0\">查看&lt;b&gt;</a>");
    r = look(t, FIRE, "/desk/#-2");
    assert_says(r, "这里现在没有您单位要办的事");
    assert_false(str_has(r.body, STR("查看")));
    assert_refused(get(t, FIRE, "/desk/#-1"), 403, "other-organisation"); /* a part of somebody else, with nothing to do there */
    assert_refused(get(t, MARKET, "/desk/#-2"), 403, "other-organisation");
    assert_refused(get(t, CITIZEN, "/desk/#-0"), 403, "other-role");
}

static void
whoever_may_not_sees_why_and_whom_to_ask(void **state)
{
    struct town *t = *state;
    struct reply r = look(t, JUNIOR, "/desk/#-0");

    assert_says(r, "您没有办这一步的职权");
    assert_says(r, "欧阳云舒");
    assert_false(str_has(r.body, STR("/decide\"")));
    pass(t);
    r = look(t, MARKET, "/desk/#-0");
    assert_says(r, "这一步要由第二个人办");
    assert_says(r, "慕容&lt;清和&gt;");
    assert_false(str_has(r.body, STR("/decide\"")) || str_has(r.body, STR("/claim\"")));
    r = look(t, SECOND, "/desk/#-0");
    assert_says(r, "/decide\"");
    assert_says(r, "/return\"");
    assert_refused(post(t, MARKET, "/desk/#-0/decide", "{\"result\":\"signed\"}"), 403, "second-person");
}

static void
what_is_left_out_is_asked_again_and_nothing_typed_is_lost(void **state)
{
    struct town *t = *state;
    size_t acts = acts_of(t);
    struct reply r = submit(t, MARKET, "/desk/#-0/decide", "reason=%E5%9B%A0%E4%B8%BA%3Cb%3E&data.account=bank&data.bank_no=12x");

    assert_int_equal(r.status, 422);
    assert_says(r, "href=\"#result\"");
    assert_says(r, "href=\"#data.bank_no\"");
    assert_says(r, "value=\"12x\"");
    assert_says(r, "value=\"bank\" checked");
    assert_says(r, "因为&lt;b&gt;</textarea>");
    r = submit(t, MARKET, "/desk/#-0/decide", "result=fail&data.account=card");
    assert_int_equal(r.status, 422);
    assert_says(r, "href=\"#reason\"");
    assert_says(r, "value=\"fail\" checked");
    assert_true(acts_of(t) == acts + 0);
    assert_done(submit(t, MARKET, "/desk/#-0/decide", "result=pass&data.account=bank&data.bank_no=6200%200000%200000%200826"), 303);
}

static void
a_program_is_told_each_mistake_in_its_data(void **state)
{
    static const struct {
        const char *body, *field;
    } cases[] = {
        {"{\"result\":\"pass\"}", "data.account"},
        {"{\"result\":\"pass\",\"data\":{}}", "data.account"},
        {"{\"result\":\"pass\",\"data\":{\"account\":\"bank\"}}", "data.bank_no"},
        {"{\"result\":\"pass\",\"data\":{\"account\":\"card\",\"parts\":[]}}", "data"},
        {"{\"result\":\"pass\",\"data\":{\"account\":\"card\",\"decision\":\"grant\"}}", "data"},
        {"{\"result\":\"pass\",\"data.account\":\"card\",\"data.applicant\":\"me\"}", "data"},
        {"{\"result\":\"pass\",\"data\":{\"account\":{\"a\":1}}}", "data.account"},
    };
    struct town *t = *state;
    size_t acts = acts_of(t);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reply r = post(t, MARKET, "/desk/#-0/decide", cases[i].body);
        assert_int_equal(r.status, 422);
        if (!str_eq(json_str(json_path(body_of(t, &r), "errors.list.0"), "field"), str_of(cases[i].field))) {
            fail_msg("%s: %.*s", cases[i].body, STR_ARG(r.body));
        }
    }
    assert_true(acts_of(t) == acts);
}

static void
another_office_s_task_another_case_s_task_and_an_outcome_that_is_not_offered_are_refused(void **state)
{
    struct town *t = *state;
    struct str task = task_at(t, MARKET, "/desk/#-0"), first = t->case_no;
    const char *named = with_task(t, task, ",\"result\":\"pass\"" DATA);

    assert_refused(post(t, FIRE, "/desk/#-0/decide", named), 403, "other-organisation");
    assert_refused(post(t, MARKET, "/desk/#-0/decide", "{\"result\":\"grant\"" DATA "}"), 409, "step-not-possible");
    assert_refused(post(t, MARKET, "/desk/#-0/decide", "{\"result\":\"late\"" DATA "}"), 409, "step-not-possible");
    assert_refused(post(t, MARKET, "/desk/#-0/decide", "{\"result\":\"signed\"" DATA "}"), 409, "step-not-possible");
    assert_refused(post(t, MARKET, "/desk/#-1/decide", named), 409, "done-meanwhile");
    assert_refused(post(t, MARKET, "/desk/#-7/decide", named), 404, "no-such-case");
    assert_refused(post(t, CITIZEN, "/desk/#-0/decide", named), 403, "other-role");
    t->case_no = office_case(&t->office, 300);
    assert_refused(post(t, MARKET, "/desk/#-0/decide", named), 409, "done-meanwhile");
    assert_refused(post(t, MARKET, "/desk/#-0/claim", with_task(t, task, "")), 409, "done-meanwhile");
    assert_refused(post(t, MARKET, "/desk/#-0/return", with_task(t, task, ",\"element\":\"s\",\"reason\":\"r\"")), 409, "done-meanwhile");
    t->case_no = first;
    assert_refused(post(t, FIRE, "/desk/#-0/claim", with_task(t, task, "")), 403, "other-organisation");
    assert_refused(post(t, MARKET, "/desk/#-0/claim", "{\"task\":\"1.2.3.4\"}"), 409, "done-meanwhile");
    assert_true(str_eq(task_at(t, MARKET, "/desk/#-0"), task)); /* still to be done */
}

static void
only_what_the_model_names_may_be_asked_for(void **state)
{
    struct town *t = *state;
    struct reply r = look(t, MARKET, "/desk/#-0/supplement");

    assert_says(r, "id=\"ask-plan\"");
    assert_false(str_has(r.body, STR("id=\"ask-shop_name\"")));
    assert_refused(post(t, MARKET, "/desk/#-0/supplement", "{\"fields\":[{\"field\":\"shop_name\",\"what\":\"x\"}]}"), 400, "field-not-allowed");
    assert_done(post(t, MARKET, "/desk/#-0/supplement", "{\"fields\":[{\"field\":\"plan\",\"what\":\"请标出水池\"}]}"), 200);
    const char *page = str_c(t->office.arena, str_fmt(t->office.arena, "/cases/#/tasks/%.*s", STR_ARG(json_str(citizens_task(t), "task"))));
    assert_refused(get(t, CITIZEN, page), 409, "done-meanwhile"); /* what is to be supplied has its own page */
    r = look(t, MARKET, "/desk/#-0");
    assert_says(r, "已经请申请人补正");
    assert_refused(post(t, MARKET, "/desk/#-0/decide", "{\"result\":\"pass\"" DATA "}"), 409, "step-not-possible");
}

static void
a_task_goes_back_with_a_reason_to_an_element_that_is_offered(void **state)
{
    struct town *t = *state;
    struct reply r;

    pass(t);
    r = submit(t, SECOND, "/desk/#-0/return", "return.reason=%E5%86%8D%E7%9C%8B");
    assert_int_equal(r.status, 422);
    assert_says(r, "href=\"#return.element\"");
    assert_says(r, "再看</textarea>");
    assert_refused(post(t, SECOND, "/desk/#-0/return", "{\"element\":\"examine\"}"), 400, "reason-missing");
    assert_refused(post(t, SECOND, "/desk/#-0/return", "{\"element\":\"agree\",\"reason\":\"r\"}"), 409, "step-not-possible");
    assert_done(submit(t, SECOND, "/desk/#-0/return", "return.element=examine&return.reason=%E5%86%8D%E7%9C%8B"), 303);
    assert_says(look(t, MARKET, "/desk/#-0"), "查看&lt;b&gt;</h2>");
}

/* --- beside completing -------------------------------------------------------------------------------------------------------- */

static void
what_a_colleague_has_taken_is_theirs_until_it_is_given_back(void **state)
{
    struct town *t = *state;
    struct str task = task_at(t, MARKET, "/desk/#-0");
    struct reply r;

    assert_done(post(t, MARKET, "/desk/#-0/claim", with_task(t, task, "")), 200);
    assert_says(look(t, MARKET, "/desk/#-0"), "您已认领");
    r = look(t, SECOND, "/desk/#-0");
    assert_says(r, "已经有人认领：欧阳云舒");
    assert_refused(post(t, SECOND, "/desk/#-0/decide", "{\"result\":\"pass\"" DATA "}"), 409, "claimed-by-other");
    assert_refused(post(t, SECOND, "/desk/#-0/release", with_task(t, task, "")), 409, "claimed-by-other");
    assert_done(post(t, MARKET, "/desk/#-0/release", with_task(t, task, "")), 200);
    assert_done(post(t, MARKET, "/desk/#-0/assign", with_task(t, task, ",\"to\":\"o-second\"")), 200);
    assert_refused(post(t, SECOND, "/desk/#-0/assign", with_task(t, task, ",\"to\":\"o-shangguan\"")), 403, "other-organisation");
    r = get(t, SECOND, "/desk");
    assert_true(str_eq(json_str(json_path(body_of(t, &r), "rows.0"), "assignee"), STR("慕容<清和>")));
}

static void
an_opinion_is_asked_of_another_office_and_comes_back(void **state)
{
    struct town *t = *state;
    struct str task = task_at(t, MARKET, "/desk/#-0");
    struct reply r = submit(t, MARKET, "/desk/#-0/consult", str_c(t->office.arena, str_fmt(t->office.arena, "task=%.*s&consult.to=" OFFICE_FIRE, STR_ARG(task))));

    assert_int_equal(r.status, 422);
    assert_says(r, "href=\"#consult.reason\"");
    assert_says(r, "<details open>");
    assert_refused(post(t, MARKET, "/desk/#-0/consult", with_task(t, task, ",\"to\":\"" OFFICE_MARKET "\",\"reason\":\"r\"")), 400, "no-such-organisation");
    assert_done(post(t, MARKET, "/desk/#-0/consult", with_task(t, task, ",\"to\":\"" OFFICE_FIRE "\",\"reason\":\"排烟够吗\"")), 200);
    r = look(t, FIRE, "/desk/#-0");
    assert_says(r, "排烟够吗");
    assert_says(r, "/opinion\"");
    assert_false(str_has(r.body, STR("/decide\"")));
    struct str asked = task_at(t, FIRE, "/desk/#-0");
    assert_refused(post(t, MARKET, "/desk/#-0/opinion", with_task(t, asked, ",\"reason\":\"r\"")), 403, "other-organisation");
    assert_refused(post(t, FIRE, "/desk/#-0/opinion", with_task(t, asked, "")), 400, "reason-missing");
    assert_done(post(t, FIRE, "/desk/#-0/opinion", with_task(t, asked, ",\"reason\":\"够\"")), 200);
    assert_refused(post(t, FIRE, "/desk/#-0/opinion", with_task(t, asked, ",\"reason\":\"够\"")), 409, "done-meanwhile");
}

static void
a_case_is_suspended_on_a_legal_basis_and_resumed(void **state)
{
    struct town *t = *state;
    struct str task = task_at(t, MARKET, "/desk/#-0");

    assert_says(look(t, MARKET, "/desk/#-0"), "听证（行政许可法 45）");
    assert_refused(post(t, MARKET, "/desk/#-0/suspend", with_task(t, task, ",\"reason\":\"r\"")), 400, "basis-missing");
    assert_done(post(t, MARKET, "/desk/#-0/suspend", with_task(t, task, ",\"basis\":\"hearing\",\"reason\":\"要听证\"")), 200);
    struct reply r = get(t, SECOND, "/desk?view=suspended");
    assert_int_equal(json_get(body_of(t, &r), "rows")->count, 1);
    assert_int_equal(json_get(body_of(t, &r), "tabs")->count, 4);
    r = look(t, MARKET, "/desk/#-0");
    assert_says(r, "这件事中止了");
    assert_says(r, "/resume\"");
    assert_refused(post(t, MARKET, "/desk/#-0/decide", "{\"result\":\"pass\"" DATA "}"), 409, "step-not-possible");
    assert_done(post(t, MARKET, "/desk/#-0/resume", with_task(t, task, ",\"reason\":\"听证完了\"")), 200);
    r = get(t, SECOND, "/desk");
    assert_int_equal(json_get(body_of(t, &r), "tabs")->count, 3);
    pass(t);
}

static void
more_time_needs_another_person(void **state)
{
    struct town *t = *state;
    struct reply r = get(t, MARKET, "/desk/#-0");
    struct str task = task_at(t, MARKET, "/desk/#-0"), clock = STR("");
    const struct json *more = json_get(body_of(t, &r), "more");

    for (const struct json *m = more->first; m != NULL; m = m->next) {
        if (str_eq(json_str(m, "deed"), STR("extend"))) {
            clock = json_str(json_path(m, "fields.0.choices.0"), "value");
        }
    }
    assert_true(clock.len > 0);
    const char *ask = str_c(t->office.arena, str_fmt(t->office.arena, ",\"clock\":%.*s,\"reason\":\"r\"", STR_ARG(clock)));
    assert_refused(post(t, MARKET, "/desk/#-0/extend", with_task(t, task, ",\"clock\":\"999\",\"reason\":\"r\"")), 404, "no-such-clock");
    ask = str_c(t->office.arena, str_fmt(t->office.arena, ",\"clock\":\"%.*s\",\"reason\":\"人手不够\"", STR_ARG(clock)));
    assert_done(post(t, MARKET, "/desk/#-0/extend", with_task(t, task, ask)), 200);
    struct str asked = str_fmt(t->office.arena, "%.*s.1", STR_ARG(task));
    const char *page = str_c(t->office.arena, str_fmt(t->office.arena, "/desk/#-0?task=%.*s", STR_ARG(asked)));
    r = look(t, SECOND, page);
    assert_says(r, "人手不够");
    assert_says(r, "/approve\"");
    assert_refused(post(t, MARKET, "/desk/#-0/approve", with_task(t, asked, "")), 403, "second-person");
    assert_done(post(t, SECOND, "/desk/#-0/approve", with_task(t, asked, "")), 200);
    assert_refused(post(t, MARKET, "/desk/#-0/extend", with_task(t, task, ask)), 409, "only-once");
}

static void
a_case_is_handed_over_under_a_power_of_the_other_office(void **state)
{
    struct town *t = *state;
    struct str task = task_at(t, MARKET, "/desk/#-0");

    assert_refused(post(t, MARKET, "/desk/#-0/transfer", with_task(t, task, ",\"to\":\"" OFFICE_FIRE "\",\"power\":\"" OFFICE_MARKET_POWER "\",\"reason\":\"r\"")),
                   400, "no-such-organisation");
    assert_done(post(t, MARKET, "/desk/#-0/transfer", with_task(t, task, ",\"power\":\"" OFFICE_FIRE_POWER "\",\"reason\":\"归消防\"")), 200);
    assert_refused(post(t, MARKET, "/desk/#-0/decide", "{\"result\":\"pass\"" DATA "}"), 403, "other-organisation");
    assert_true(str_eq(task_at(t, FIRE, "/desk/#-0"), task));
    assert_says(look(t, MARKET, "/desk/#-0"), "这里现在没有您单位要办的事");
}

/* --- the applicant ------------------------------------------------------------------------------------------------------------- */

static void
the_applicant_s_next_step_stands_on_top_and_has_a_page_of_its_own(void **state)
{
    struct town *t = *state;
    struct reply r;

    pass_and_sign(t);
    struct str url = json_str(citizens_task(t), "url");
    r = look(t, CITIZEN, "/cases/#");
    assert_says(r, "轮到您了：申请人确认");
    assert_says(r, "/path\"");
    const char *path = str_c(t->office.arena, url);
    r = look(t, CITIZEN, path);
    assert_int_equal(r.status, 200);
    assert_says(r, "<h1>申请人确认</h1>");
    assert_says(r, "value=\"agree\">同意</button>");
    r = submit(t, CITIZEN, path, "result=refuse&data.account=bank&data.bank_no=12"); /* whoever refuses fills in nothing */
    assert_int_equal(r.status, 422);
    assert_says(r, "href=\"#reason\"");
    assert_false(str_has(r.body, STR("href=\"#data.bank_no\"")));
    assert_says(r, "value=\"12\"");
    r = submit(t, CITIZEN, path, "result=agree&data.account=bank&data.bank_no=12");
    assert_int_equal(r.status, 422);
    assert_says(r, "href=\"#data.bank_no\"");
    assert_says(r, "value=\"12\"");
    assert_done(submit(t, CITIZEN, path, "result=agree&data.account=card"), 303);
    assert_refused(get(t, CITIZEN, path), 409, "done-meanwhile");
    assert_refused(post(t, CITIZEN, path, "{\"result\":\"agree\"" DATA "}"), 409, "done-meanwhile");
}

static void
whoever_refuses_need_not_fill_in_the_form(void **state)
{
    struct town *t = *state;

    pass_and_sign(t);
    assert_done(submit(t, CITIZEN, str_c(t->office.arena, json_str(citizens_task(t), "url")), "result=refuse&reason=%E4%B8%8D%E8%A6%81&data.bank_no=12"), 303);
    assert_int_equal(json_get(body_of(t, &(struct reply){.body = get(t, CITIZEN, "/cases/#").body}), "to_do")->count, 0);
}

/* Not from a page, which leaves them out: whoever says "no" could else set what the form was to bring. */
static void
with_a_refusal_no_data_come_in(void **state)
{
    struct town *t = *state;
    struct office *o = &t->office;
    struct json *acts = json_array(o->arena);
    struct err err;

    pass_and_sign(t);
    struct task_id id = form_task_id(json_str(citizens_task(t), "task"));
    struct case_move move = {.sub_case = str_fmt(o->arena, "%.*s-0", STR_ARG(t->case_no)), .instance = id.instance, .token = id.token, .on = STR("refuse"),
                             .reason = STR("r"), .data = office_json(o, "{\"account\":\"card\"}")};
    assert_int_equal(case_step(&o->work, &t->desk.db, o->arena, &move, &o->applicant, o->now_us, acts, &err), RC_INVALID);
    assert_string_equal(err.type, "field-not-allowed");
    move.data = NULL;
    assert_int_equal(case_step(&o->work, &t->desk.db, o->arena, &move, &o->applicant, o->now_us, acts, &err), RC_OK);
}

static void
nobody_else_does_what_is_the_applicant_s_and_the_applicant_nothing_else(void **state)
{
    struct town *t = *state;
    struct str office_task = task_at(t, MARKET, "/desk/#-0");

    assert_refused(get(t, CITIZEN, str_c(t->office.arena, str_fmt(t->office.arena, "/cases/#/tasks/%.*s", STR_ARG(office_task)))), 409, "done-meanwhile");
    assert_refused(post(t, CITIZEN, str_c(t->office.arena, str_fmt(t->office.arena, "/cases/#/tasks/%.*s", STR_ARG(office_task))),
                        "{\"result\":\"pass\"" DATA "}"), 409, "done-meanwhile");
    pass_and_sign(t);
    const char *path = str_c(t->office.arena, json_str(citizens_task(t), "url"));
    struct str task = json_str(citizens_task(t), "task");
    assert_refused(get(t, NEIGHBOUR, path), 404, "no-such-case");
    assert_refused(post(t, NEIGHBOUR, path, "{\"result\":\"agree\"" DATA "}"), 404, "no-such-case");
    assert_refused(post(t, MARKET, path, "{\"result\":\"agree\"" DATA "}"), 403, "other-role");
    assert_refused(post(t, NOBODY, path, "{\"result\":\"agree\"" DATA "}"), 401, "sign-in");
    assert_refused(post(t, MARKET, "/desk/#-0/decide", with_task(t, task, ",\"result\":\"agree\"" DATA)), 403, "not-permitted");
    assert_refused(post(t, CITIZEN, path, "{\"result\":\"fit\"" DATA "}"), 409, "step-not-possible");
    assert_says(look(t, MARKET, "/desk/#-0"), "这一步由申请人自己办");
    struct str first = t->case_no;
    t->case_no = office_case(&t->office, 300);
    pass_and_sign(t); /* something of the kind waits there, too */
    assert_refused(get(t, CITIZEN, str_c(t->office.arena, str_fmt(t->office.arena, "/cases/#/tasks/%.*s", STR_ARG(task)))), 409, "done-meanwhile");
    assert_refused(post(t, CITIZEN, str_c(t->office.arena, str_fmt(t->office.arena, "/cases/#/tasks/%.*s", STR_ARG(task))), "{\"result\":\"agree\"" DATA "}"),
                   409, "done-meanwhile");
    assert_int_equal(citizens_task(t)->kind, JSON_OBJECT); /* still there */
    t->case_no = first;
    assert_done(post(t, CITIZEN, path, "{\"result\":\"agree\"" DATA "}"), 200);
}

static void
whoever_signs_with_others_sees_who_has_signed_how(void **state)
{
    struct town *t = *state;
    struct reply r;

    pass_and_sign(t);
    assert_done(post(t, CITIZEN, str_c(t->office.arena, json_str(citizens_task(t), "url")), "{\"result\":\"agree\"" DATA "}"), 200);
    r = get(t, MARKET, "/desk/#-1");
    const struct json *signers = json_get(body_of(t, &r), "signers");
    assert_int_equal(signers->count, 2);
    assert_true(json_true(signers->first, "is_open"));
    assert_done(post(t, FIRE, "/desk/#-2/decide", "{\"result\":\"unfit\",\"reason\":\"缺灭火器\"}"), 200);
    r = get(t, MARKET, "/desk/#-1");
    signers = json_get(body_of(t, &r), "signers");
    assert_true(str_eq(json_str(signers->first, "org_name"), STR("消防救援支队")) && str_eq(json_str(signers->first, "text"), STR("不符合")));
    assert_true(json_str(signers->first, "proof_url").len > 0 && json_true(signers->last, "is_open"));
}

static void
a_signature_is_added_and_another_dropped(void **state)
{
    struct town *t = *state;
    struct reply r;

    pass_and_sign(t);
    assert_done(post(t, CITIZEN, str_c(t->office.arena, json_str(citizens_task(t), "url")), "{\"result\":\"agree\"" DATA "}"), 200);
    struct str task = task_at(t, MARKET, "/desk/#-1"), fires = task_at(t, FIRE, "/desk/#-2");
    assert_refused(post(t, JUNIOR, "/desk/#-1/add_signer", with_task(t, task, ",\"power\":\"" OFFICE_FIRE_POWER "\"")), 403, "power-missing");
    assert_refused(post(t, MARKET, "/desk/#-1/add_signer", with_task(t, task, ",\"to\":\"" OFFICE_FIRE "\",\"power\":\"" OFFICE_MARKET_POWER "\"")), 400,
                   "field-not-allowed");
    assert_done(post(t, MARKET, "/desk/#-1/add_signer", with_task(t, task, ",\"power\":\"" OFFICE_FIRE_POWER "\"")), 200);
    r = get(t, MARKET, "/desk/#-1");
    assert_int_equal(json_get(body_of(t, &r), "signers")->count, 3);
    assert_refused(post(t, FIRE, "/desk/#-2/drop_signer", with_task(t, fires, "")), 400, "reason-missing");
    assert_done(post(t, FIRE, "/desk/#-2/drop_signer", with_task(t, fires, ",\"reason\":\"另一处签\"")), 200);
    r = get(t, MARKET, "/desk/#-1");
    assert_int_equal(json_get(body_of(t, &r), "signers")->count, 2);
}

static void
what_can_be_taken_back_is_said_in_plain_words(void **state)
{
    struct town *t = *state;

    assert_says(look(t, CITIZEN, "/cases/#"), "/withdraw\"");
    assert_says(look(t, CITIZEN, "/cases/#/withdraw"), "要撤回“开办餐饮店”吗？");
    assert_refused(post(t, CITIZEN, "/cases/#/withdraw", "{\"part\":\"1\"}"), 409, "step-not-possible");
    assert_refused(post(t, NEIGHBOUR, "/cases/#/withdraw", "{}"), 404, "no-such-case");
    assert_done(submit(t, CITIZEN, "/cases/#/withdraw", ""), 303);
    assert_says(look(t, CITIZEN, "/cases/#"), "您已撤回");
    assert_refused(post(t, MARKET, "/desk/#-0/decide", "{\"result\":\"pass\"" DATA "}"), 409, "step-not-possible");
}

int
main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, town_open, town_close)
    const struct CMUnitTest tests[] = {
        TEST(a_task_of_the_whole_case_is_shown_with_its_form_and_every_outcome),
        TEST(an_office_without_a_task_here_is_led_to_where_it_has_one),
        TEST(whoever_may_not_sees_why_and_whom_to_ask),
        TEST(what_is_left_out_is_asked_again_and_nothing_typed_is_lost),
        TEST(a_program_is_told_each_mistake_in_its_data),
        TEST(another_office_s_task_another_case_s_task_and_an_outcome_that_is_not_offered_are_refused),
        TEST(only_what_the_model_names_may_be_asked_for),
        TEST(a_task_goes_back_with_a_reason_to_an_element_that_is_offered),
        TEST(what_a_colleague_has_taken_is_theirs_until_it_is_given_back),
        TEST(an_opinion_is_asked_of_another_office_and_comes_back),
        TEST(a_case_is_suspended_on_a_legal_basis_and_resumed),
        TEST(more_time_needs_another_person),
        TEST(a_case_is_handed_over_under_a_power_of_the_other_office),
        TEST(the_applicant_s_next_step_stands_on_top_and_has_a_page_of_its_own),
        TEST(whoever_refuses_need_not_fill_in_the_form),
        TEST(with_a_refusal_no_data_come_in),
        TEST(nobody_else_does_what_is_the_applicant_s_and_the_applicant_nothing_else),
        TEST(whoever_signs_with_others_sees_who_has_signed_how),
        TEST(a_signature_is_added_and_another_dropped),
        TEST(what_can_be_taken_back_is_said_in_plain_words),
    };

    (void)argc, (void)argv;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
