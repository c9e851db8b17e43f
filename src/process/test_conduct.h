/*
 * test_conduct - for tests: a city with two offices, their officers and powers, a few models, and conduct over them; a clock that stands.
 */
#ifndef PROCESS_TEST_CONDUCT_H
#define PROCESS_TEST_CONDUCT_H

#include <stdio.h>
#include <string.h>

#include "base/asset.h"
#include "base/clock.h"
#include "identity/test_house.h"
#include "process/conduct_int.h"
#include "process/runtime_view.h"
#include "process/test_bpmn.h"

#define MARKET "11990100000000027A"
#define FIRE "119901000000000355"
#define SECOND_US INT64_C(1000000)
enum { CITY_MODELS = 8, CITY_OFFSET = 480, CITY_TOLD = 4096 };

struct city_model {
    const char *key, *xml;
    const struct bpmn *model;
};
struct city {
    struct house house; /* first */
    struct org_table *orgs;
    struct region_table *regions;
    struct almanac *almanac;
    struct arena *models;
    struct city_model model[CITY_MODELS];
    size_t count;
    struct conduct_config config;
    struct conduct *c;
    char told[CITY_TOLD]; /* what the house was told: "mark:1:accepted " … */
    int wakes, moved; /* moved: clocks, as the house was told */
    int64_t now_us;
    struct conduct_result last;
};

static inline const struct bpmn *
city_find(void *ctx, struct str key, int64_t version)
{
    struct city *t = ctx;

    for (size_t i = 0; version == 1 && i < t->count; i++) {
        if (str_eq(key, str_of(t->model[i].key))) {
            return t->model[i].model;
        }
    }
    return NULL;
}

static inline enum rc
city_load(void *ctx, const struct db *db, struct str key, int64_t version, struct err *err)
{
    struct city *t = ctx;
    struct bpmn_report report;

    (void)db, (void)version;
    for (size_t i = 0; i < t->count; i++) {
        if (str_eq(key, str_of(t->model[i].key))) {
            return bpmn_read(t->models, str_of(t->model[i].xml), NULL, &t->model[i].model, &report, err);
        }
    }
    return err_set(err, RC_NOT_FOUND, "no model %.*s", STR_ARG(key));
}

static inline void
city_tell(struct city *t, const char *what, struct str part, struct str value)
{
    size_t len = strlen(t->told);

    (void)snprintf(t->told + len, sizeof(t->told) - len, "%s:%.*s:%.*s ", what, STR_ARG(part), STR_ARG(value));
}

static inline enum rc
city_mark(struct tx *tx, struct arena *a, const struct conduct_mark *mark, void *ctx, struct err *err)
{
    (void)tx, (void)a, (void)err;
    city_tell(ctx, "mark", mark->at.part, mark->value);
    return RC_OK;
}

static inline enum rc
city_moved(struct tx *tx, struct arena *a, const struct watch_change *change, const struct conduct_place *at, void *ctx, struct err *err)
{
    (void)tx, (void)a, (void)err;
    assert_true(str_eq(change->watch.case_no, at->case_no));
    ((struct city *)ctx)->moved++;
    return RC_OK;
}

static inline enum rc
city_decided(struct tx *tx, struct arena *a, const struct conduct_decision *d, void *ctx, struct err *err)
{
    (void)tx, (void)a, (void)err;
    assert_true(d->act >= 0);
    city_tell(ctx, "decided", d->at.part, d->outcome);
    return RC_OK;
}

static inline enum rc
city_ended(struct tx *tx, struct arena *a, const struct conduct_end *end, void *ctx, struct err *err)
{
    (void)tx, (void)a, (void)err;
    city_tell(ctx, "ended", end->at.part, str_of(instance_state_name(end->state)));
    return RC_OK;
}

static inline void
city_wake(void *ctx)
{
    ((struct city *)ctx)->wakes++;
}

static const char city_land[] =
    "{\"levels\":[{\"code\":\"city\",\"rank\":2,\"digits\":6,\"stem\":4,\"name_zh\":\"市\"}],"
    "\"regions\":[{\"code\":\"990100\",\"parent\":\"\",\"level\":\"city\",\"name_zh\":\"云溪市\"},"
    "{\"code\":\"990200\",\"parent\":\"\",\"level\":\"city\",\"name_zh\":\"别处\"}],"
    "\"orgs\":[{\"uscc\":\"" MARKET "\",\"region\":\"990100\",\"name_zh\":\"市场监管局\"},"
    "{\"uscc\":\"" FIRE "\",\"region\":\"990100\",\"name_zh\":\"消防救援支队\"}],"
    "\"powers\":[{\"code\":\"XK-0131\",\"org\":\"" MARKET "\",\"basis\":\"《食品安全法》第三十五条\"},"
    "{\"code\":\"XK-0132\",\"org\":\"" MARKET "\",\"basis\":\"《食品安全法》第三十五条\"},"
    "{\"code\":\"XK-0307\",\"org\":\"" FIRE "\",\"basis\":\"《消防法》第十五条\"},"
    "{\"code\":\"XK-0308\",\"org\":\"" FIRE "\",\"basis\":\"《消防法》第十五条\"}]}";

#define CITY_OFFICER(id, org, roles, powers) \
    "{\"id\":\"" id "\",\"org\":\"" org "\",\"name\":\"" id "\",\"roles\":[" roles "],\"powers\":[" powers "]}"
static const char *const city_officers[] = {
    CITY_OFFICER("m1", MARKET, "\"officer\"", "\"XK-0131\""),
    CITY_OFFICER("m2", MARKET, "\"officer\"", "\"XK-0131\",\"XK-0132\""),
    CITY_OFFICER("weak", MARKET, "\"officer\"", "\"XK-0132\""),
    CITY_OFFICER("steward", MARKET, "\"steward\"", "\"XK-0131\""),
    CITY_OFFICER("f1", FIRE, "\"officer\"", "\"XK-0307\",\"XK-0308\""),
    CITY_OFFICER("f2", FIRE, "\"officer\"", "\"XK-0307\",\"XK-0308\""),
};

static inline enum rc
city_land_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct city *t = ctx;
    struct arena *a = t->house.arena;
    struct json *calendar;
    bool is_new;
    enum rc rc;

    if ((rc = region_put(tx, house_json(&t->house, city_land), err)) != RC_OK ||
        (rc = org_put(tx, house_json(&t->house, city_land), err)) != RC_OK ||
        (rc = asset_json(a, "demo/calendar/cn.json", &calendar, err)) != RC_OK) {
        return rc;
    }
    return almanac_put(tx, a, calendar, 1, &is_new, err);
}

static inline enum rc
city_officers_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct city *t = ctx;
    enum rc rc = RC_OK;

    for (size_t n = 0; n < sizeof(city_officers) / sizeof(city_officers[0]) && rc == RC_OK; n++) {
        rc = officer_put(tx, t->orgs, house_json(&t->house, city_officers[n]), err);
    }
    return rc;
}

static inline void
city_conduct(struct city *t)
{
    struct json *document;
    struct timelimits *limits;
    struct runtime_backoff backoff;
    struct err err;

    assert_int_equal(asset_json(t->house.arena, "demo/city.json", &document, &err), RC_OK);
    assert_int_equal(runtime_backoff_read(json_get(document, "jobs"), &backoff, &err), RC_OK);
    assert_int_equal(asset_json(t->house.arena, "demo/clocks.json", &document, &err), RC_OK);
    assert_int_equal(timelimits_load(t->house.arena, document, &limits, &err), RC_OK);
    t->config = (struct conduct_config){.vault = t->house.vault,
                                        .orgs = t->orgs,
                                        .regions = t->regions,
                                        .models = {.ctx = t, .find = city_find, .load = city_load},
                                        .keeper = {limits, t->almanac, CITY_OFFSET},
                                        .house = {.ctx = t, .mark = city_mark, .moved = city_moved, .decided = city_decided, .ended = city_ended},
                                        .backoff = backoff,
                                        .zones_folder = ZONE_FOLDER,
                                        .offset_minutes = CITY_OFFSET,
                                        .wake = city_wake,
                                        .wake_ctx = t};
    assert_int_equal(conduct_open(&t->config, &t->c, &err), RC_OK);
}

static inline int
city_open(void **state)
{
    struct city *t = mem_new(1, sizeof(*t));
    struct err err;

    house_build(&t->house);
    *state = t;
    if (house_kind == FIXTURE_POSTGRES) {
        fixture_sql(&t->house.fixture, "TRUNCATE process_instance, process_scope, process_token, process_history, process_closed, "
                                       "process_command, process_message, process_outbox, calendar, clock_log, clock, worklist, "
                                       "process_signed, absence, rule_use");
    }
    const struct db *db = &t->house.fixture.db;
    assert_int_equal(store_write(db, city_land_tx, t, &err), RC_OK);
    assert_int_equal(region_load(db, &t->regions, &err), RC_OK);
    assert_int_equal(org_load(db, &t->orgs, &err), RC_OK);
    assert_int_equal(store_write(db, city_officers_tx, t, &err), RC_OK);
    assert_int_equal(almanac_open(db, t->regions, &t->almanac, &err), RC_OK);
    t->models = arena_new(16 << 20);
    t->now_us = day_start_us(20514, CITY_OFFSET) + 43200 * SECOND_US; /* Monday, 2026-03-02 */
    city_conduct(t);
    return 0;
}

static inline int
city_close(void **state)
{
    struct city *t = *state;

    conduct_close(t->c);
    almanac_close(t->almanac);
    org_table_free(t->orgs);
    region_table_free(t->regions);
    arena_free(t->models);
    house_take_down(&t->house);
    mem_free(t);
    return 0;
}

#define CITY_TEST(name) cmocka_unit_test_setup_teardown(name, city_open, city_close)

/* --- saying what is done ---------------------------------------------------------------------------------------------------------- */

/* JSON with ' for ". */
static inline struct json *
city_json(struct city *t, const char *text)
{
    struct str copy = str_fmt(t->house.arena, "%s", text);

    for (size_t i = 0; i < copy.len; i++) {
        ((char *)(uintptr_t)copy.ptr)[i] = copy.ptr[i] == '\'' ? '"' : copy.ptr[i];
    }
    return house_json(&t->house, str_c(t->house.arena, copy));
}

struct city_starting {
    struct city *city;
    const char *key, *variables, *case_no;
    struct conduct_result out;
};

static inline enum rc
city_start_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct city_starting *s = ctx;
    const struct modelbook_bound bound = {str_of(s->key), 1, STR("p")};
    const struct conduct_plan plan = {&bound, 1};
    const struct conduct_case what = {str_of(s->case_no), city_json(s->city, s->variables), STR("person:p-1"), s->city->now_us};

    return conduct_start(s->city->c, tx, s->city->house.arena, &plan, &what, &s->out, err);
}

#define CITY_CASE                                                                                                                  \
    "{'applicant':{'id':'p-1'},'lead_org':'" MARKET "','region':'990100','part':{'id':'1','org':'" MARKET "','power':'XK-0131',"     \
    "'promised_days':8}}"

static inline int64_t
city_start(struct city *t, const char *key, const char *xml, const char *variables)
{
    struct city_starting s = {.city = t, .key = key, .variables = variables, .case_no = "case-7"};
    struct err err;

    if (city_find(t, str_of(key), 1) == NULL) {
        assert_in_range(t->count, 0, CITY_MODELS - 1);
        t->model[t->count++] = (struct city_model){key, xml, NULL};
        if (city_load(t, NULL, str_of(key), 1, &err) != RC_OK) {
            fail_msg("%s", err.text);
        }
    }
    if (store_write(&t->house.fixture.db, city_start_tx, &s, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    t->last = s.out;
    return s.out.instance;
}

/* An officer by id, or a citizen whose id begins with "p-". */
static inline const struct identity *
city_who(struct city *t, const char *id)
{
    struct identity *who = arena_alloc(t->house.arena, 1, sizeof(*who));
    struct err err;

    *who = (struct identity){.account = str_of(id), .name = str_of(id)};
    if (id[0] == 'p' && id[1] == '-') {
        who->role = ROLE_CITIZEN;
        who->subject = str_of(id);
        who->actor = str_fmt(t->house.arena, "person:%s", id);
        return who;
    }
    assert_int_equal(officer_on_day(&t->house.fixture.db, t->house.arena, str_of(id), instant_day(t->now_us, CITY_OFFSET), &who->officer,
                                    &err), RC_OK);
    who->role = officer_has_role(&who->officer, ROLE_OFFICER) ? ROLE_OFFICER : ROLE_STEWARD;
    who->actor = str_fmt(t->house.arena, "officer:%s", id);
    return who;
}

/* The row of the worklist at an element, or NULL. */
static inline const struct work *
city_row(struct city *t, const char *element)
{
    struct work *rows = arena_alloc(t->house.arena, WORK_OF_CASE_MAX, sizeof(*rows));
    size_t count;
    struct err err;

    assert_int_equal(work_rows(t->c, &t->house.fixture.db, NULL, t->house.arena, STR("case-7"), STR(""), rows, &count, &err), RC_OK);
    for (size_t n = 0; n < count; n++) {
        if (str_eq(rows[n].element, str_of(element)) && rows[n].serial == 0) {
            return &rows[n];
        }
    }
    return NULL;
}

/* A deed at an element ("": of the whole case), with what `set` says; texts left out are "". */
static inline enum rc
city_try(struct city *t, const char *who, const char *element, enum deed_kind kind, const struct conduct_deed *set, struct err *err)
{
    const struct work *row = element[0] != '\0' ? city_row(t, element) : NULL;
    struct conduct_deed d = set != NULL ? *set : (struct conduct_deed){.kind = kind};
    struct str *const texts[] = {&d.outcome, &d.reason, &d.basis, &d.power, &d.element, &d.to, &d.absent};

    for (size_t n = 0; n < sizeof(texts) / sizeof(texts[0]); n++) {
        *texts[n] = texts[n]->ptr == NULL ? STR("") : *texts[n];
    }
    d.kind = kind;
    d.instance = row != NULL ? row->instance : d.instance;
    d.token = row != NULL ? row->token : d.token;
    d.who = city_who(t, who);
    d.now_us = t->now_us;
    return conduct_do(t->c, &t->house.fixture.db, t->house.arena, &d, &t->last, err);
}

/* It must go well. */
static inline void
city_do(struct city *t, const char *who, const char *element, enum deed_kind kind, const struct conduct_deed *set)
{
    struct err err;

    if (city_try(t, who, element, kind, set, &err) != RC_OK) {
        fail_msg("%s at %s by %s: %s (%s)", deed_name(kind), element, who, err.text, err.type);
    }
}
#define CITY_DO(t, who, element, kind, ...) city_do(t, who, element, DEED_##kind, &(struct conduct_deed){__VA_ARGS__})
#define CITY_TRY(t, who, element, kind, ...) city_try(t, who, element, DEED_##kind, &(struct conduct_deed){__VA_ARGS__}, &refused_)

#define assert_refused(call, code, problem)                                                       \
    do {                                                                                          \
        struct err refused_ = {.type = "", .text = ""};                                           \
        enum rc rc_ = (call);                                                                     \
        if (rc_ != (code) || !str_eq(str_of(refused_.type), STR(problem))) {                      \
            fail_msg("%s (%s), not %s", rc_ == RC_OK ? "done" : refused_.type, refused_.text, problem); \
        }                                                                                         \
    } while (false)

static inline int64_t
city_int(struct city *t, const char *sql)
{
    return fixture_int(&t->house.fixture, sql);
}

/* How many acts of a kind there are. */
static inline int64_t
city_acts(struct city *t, enum act_kind kind)
{
    return city_int(t, str_c(t->house.arena, str_fmt(t->house.arena, "SELECT COUNT(*) FROM act WHERE kind = %d", (int)kind)));
}

static inline void
city_days(struct city *t, int days)
{
    t->now_us += days * 86400 * SECOND_US;
}

/* Turns until nothing more is to be done now; how many went wrong. */
static inline int
city_turn(struct city *t)
{
    struct arena *a = arena_new(32 << 20);
    int64_t next_us = t->now_us;
    int all = 0;

    for (int n = 0; next_us <= t->now_us; n++) {
        struct err err = {.text = ""};
        int failed;
        assert_true(n < 100);
        if (conduct_turn(t->c, &t->house.fixture.db, a, t->now_us, &next_us, &failed, &err) != RC_OK) {
            fail_msg("%s", err.text);
        }
        all += failed;
    }
    arena_free(a);
    return all;
}

#define CITY_GOV(inside) "<extensionElements>" inside "</extensionElements>"
#define CITY_ASSIGNED "<gov:assignment org='=part.org' role='officer' power='=part.power'/>"
#define CITY_OUTCOME(code, act, reason) "<gov:outcome code='" code "' zh='" code "' en='" code "' act='" act "' reason='" reason "'/>"
/* Accepted, examined, decided by a second person; clocks as the law has them; a supplement once. */
#define CITY_APPROVAL                                                                                                                \
    MODEL(CITY_GOV("<gov:clock id='law' rule='permit.decide' kind='statutory' org='=part.org'/>"                                      \
                   "<gov:clock id='promise' rule='permit.decide' kind='promised' org='=part.org'/>")                                  \
          START FLOW("f1", "s", "accept")                                                                                            \
          "<userTask id='accept' name='受理' gov:en='Accept' gov:result='accepted'>"                                                  \
          CITY_GOV("<gov:on at='enter' clock='law' do='start'/><gov:on at='enter' clock='promise' do='start'/>"                       \
                   "<gov:on at='supplement' clock='law' do='pause' basis='supplement'/>"                                              \
                   "<gov:on at='supply' clock='law' do='resume' basis='supplement'/>"                                                 \
                   "<gov:on at='supplement' clock='promise' do='pause' basis='supplement'/>"                                          \
                   "<gov:on at='supply' clock='promise' do='resume' basis='supplement'/>"                                                 \
                   "<gov:state at='enter' value='submitted' zh='等受理' en='Waiting'/>" CITY_ASSIGNED                                  \
                   CITY_OUTCOME("accept", "accept", "optional") CITY_OUTCOME("reject", "decide", "required")                          \
                   CITY_OUTCOME("lapse", "close", "none")                                                                             \
                   "<gov:supplement fields='address, licence' within='P15D' expired='lapse' basis='行政许可法 32'/>")                  \
          "</userTask>" FLOW("f2", "accept", "ok") "<exclusiveGateway id='ok' default='no'/>"                                          \
          WHEN("yes", "ok", "examine", "accepted = \"accept\"") FLOW("no", "ok", "out")                                              \
          "<endEvent id='out'>" CITY_GOV("<gov:state at='enter' value='rejected' zh='不予受理' en='Not accepted'/>") "</endEvent>"     \
          "<userTask id='examine' name='审查' gov:en='Examine' gov:result='examined'>"                                                \
          CITY_GOV(CITY_ASSIGNED CITY_OUTCOME("support", "examine", "optional") CITY_OUTCOME("oppose", "examine", "required"))        \
          "</userTask>" FLOW("f3", "examine", "decide")                                                                              \
          "<userTask id='decide' name='决定' gov:en='Decide' gov:result='decision'>"                                                   \
          CITY_GOV("<gov:on at='leave' clock='law' do='stop'/><gov:on at='leave' clock='promise' do='stop'/>" CITY_ASSIGNED            \
                   CITY_OUTCOME("grant", "decide", "none") CITY_OUTCOME("refuse", "decide", "required")                               \
                   "<gov:outcome code='special' zh='s' en='s' act='decide' power='XK-0132'/>"                                         \
                   "<gov:return to='examine'/><gov:second-person after='examine'/>")                                                  \
          "</userTask>" FLOW("f4", "decide", "e") END)

#endif
