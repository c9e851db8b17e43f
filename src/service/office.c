#include "service/office.h"

#include "base/asset.h"
#include "process/bpmn_int.h"
#include "process/conduct_job.h"
#include "rule/zone.h"
#include "identity/region.h"

enum { OFFICE_ARENA = 512 << 20, KEEP_DAYS = 30 };

static const char regions_text[] =
    "{\"levels\":[{\"code\":\"city\",\"rank\":1,\"digits\":6,\"stem\":4,\"name_zh\":\"市\","
    "\"name_en\":\"City\"}],\"regions\":[{\"code\":\"990100\",\"parent\":\"\",\"level\":\"city\","
    "\"name_zh\":\"云溪市\",\"name_en\":\"Yunxi\"}]}";

static const char orgs_text[] =
    "{\"orgs\":["
    "{\"uscc\":\"" OFFICE_MARKET "\",\"region\":\"990100\",\"level\":\"3\",\"parent\":\"\","
    "\"name_zh\":\"云溪市市场监督管理局\",\"short_zh\":\"市场监管局\",\"name_en\":\"Yunxi Market "
    "Regulation\",\"phone\":\"0990-5550-1200\",\"address_zh\":\"文澜路 18 号\"},"
    "{\"uscc\":\"" OFFICE_FIRE "\",\"region\":\"990100\",\"level\":\"3\",\"parent\":\"\",\"name_zh\":"
    "\"云溪市消防救援支队\",\"short_zh\":\"消防救援支队\",\"name_en\":\"Yunxi Fire Brigade\","
    "\"phone\":\"0990-5550-1190\",\"address_zh\":\"文澜路 20 号\"}],\"powers\":["
    "{\"code\":\"" OFFICE_MARKET_POWER "\",\"org\":\"" OFFICE_MARKET "\",\"name_zh\":\"食品经营许可\","
    "\"name_en\":\"Food business licence\",\"basis\":\"《食品安全法》第三十五条\"},"
    "{\"code\":\"" OFFICE_FIRE_POWER "\",\"org\":\"" OFFICE_FIRE "\",\"name_zh\":\"营业前消防安全检查\","
    "\"name_en\":\"Fire safety check\",\"basis\":\"《消防法》第十五条\"}]}";

static const char item_text[] =
    "{\"code\":\"" OFFICE_ITEM "\",\"implementation_code\":\"" OFFICE_MARKET "3" OFFICE_ITEM "\","
    "\"kind\":\"bundle\",\"name_zh\":\"开办餐饮店\",\"name_en\":\"Open a restaurant\","
    "\"summary_zh\":\"饭馆、面馆都算。\",\"summary_en\":\"Restaurants and noodle shops.\","
    "\"lead_org\":\"" OFFICE_MARKET "\",\"words\":[\"开饭馆\",\"餐饮\",\"food\"],\"is_online\":true,"
    "\"process\":{\"key\":\"side-by-side\"},\"title_field\":\"shop_name\",\"promised_days\":5,\"statutory_days\":20,"
    "\"supplement_days\":5,\"exchange_basis\":\"国务院令第716号第七条\",\"parts\":["
    "{\"id\":\"1\",\"item\":\"000131002001\",\"org\":\"" OFFICE_MARKET "\",\"name_zh\":"
    "\"食品经营许可\",\"name_en\":\"Food business licence\",\"power\":\"" OFFICE_MARKET_POWER "\","
    "\"promised_days\":5,\"statutory_days\":20,\"certificate\":{\"type\":\"" OFFICE_MARKET "001\","
    "\"type_zh\":\"食品经营许可证\",\"type_en\":\"Food business licence\",\"valid_years\":5,"
    "\"fields\":[\"shop_name\",\"kinds\"]}},"
    "{\"id\":\"2\",\"item\":\"000307001001\",\"org\":\"" OFFICE_FIRE "\",\"name_zh\":\"消防安全检查\","
    "\"name_en\":\"Fire safety check\",\"power\":\"" OFFICE_FIRE_POWER "\",\"promised_days\":3,"
    "\"statutory_days\":10,\"applies_when\":{\"field\":\"area\",\"at_least\":300},\"waived_zh\":"
    "\"不到 300 平方米，不用办。\",\"waived_en\":\"Under 300 m², not needed.\"}],"
    "\"form\":{\"sections\":[{\"id\":\"shop\",\"title_zh\":\"店铺\",\"title_en\":\"The shop\","
    "\"fields\":[{\"id\":\"shop_name\",\"title_zh\":\"店名\",\"title_en\":\"Name\",\"type\":\"text\","
    "\"required\":true,\"max_length\":40},{\"id\":\"area\",\"title_zh\":\"面积\",\"title_en\":\"Area\","
    "\"type\":\"number\",\"required\":true,\"min\":1,\"max\":9999},{\"id\":\"kinds\",\"title_zh\":"
    "\"经营项目\",\"title_en\":\"Kinds\",\"type\":\"choices\",\"required\":true,\"choices\":["
    "{\"value\":\"hot\",\"title_zh\":\"热食\",\"title_en\":\"Hot food\"},{\"value\":\"cold\","
    "\"title_zh\":\"冷食\",\"title_en\":\"Cold food\"}]}]},{\"id\":\"papers\",\"title_zh\":\"材料\","
    "\"title_en\":\"Papers\",\"fields\":[{\"id\":\"plan\",\"title_zh\":\"布局图\",\"title_en\":\"Plan\","
    "\"type\":\"upload\",\"required\":false,\"upload\":{\"types\":[\"application/pdf\"],\"most_bytes\":"
    "10485760,\"most_files\":3}}]}]}}";

static const char *const officers[] = {
    "{\"id\":\"o-ouyang\",\"org\":\"" OFFICE_MARKET "\",\"name\":\"欧阳云舒\",\"title\":\"餐饮科\","
    "\"phone\":\"0990-5550-1206\",\"roles\":[\"officer\"],\"powers\":[\"" OFFICE_MARKET_POWER "\"]}",
    "{\"id\":\"o-junior\",\"org\":\"" OFFICE_MARKET "\",\"name\":\"端木青\",\"title\":\"餐饮科\","
    "\"phone\":\"0990-5550-1207\",\"roles\":[\"officer\"],\"powers\":[]}",
    "{\"id\":\"o-shangguan\",\"org\":\"" OFFICE_FIRE "\",\"name\":\"上官凌霄\",\"title\":\"防火科\","
    "\"phone\":\"0990-5550-1191\",\"roles\":[\"officer\"],\"powers\":[\"" OFFICE_FIRE_POWER "\"]}",
    "{\"id\":\"o-xiahou\",\"org\":\"" OFFICE_MARKET "\",\"name\":\"夏侯知秋\",\"title\":\"监督科\","
    "\"phone\":\"0990-5550-1007\",\"roles\":[\"supervisor\"],\"powers\":[]}",
};

static void
must(enum rc rc, const struct err *err)
{
    if (rc != RC_OK) {
        check_failed(err->file, err->line, err->text);
    }
}

struct json *
office_json(struct office *o, const char *text)
{
    struct json *j;
    struct err err;

    must(json_parse(o->arena, str_of(text), JSON_UNIQUE, &j, &err), &err);
    return j;
}

/* --- processes --------------------------------------------------------------------------------------- */

/* The city's own models, each read when it is first meant. */
enum { OFFICE_MODELS_MAX = 40 };
struct office_models {
    struct arena *arena;
    size_t count;
    struct {
        struct str key;
        const struct bpmn *model;
    } entry[OFFICE_MODELS_MAX];
};

static const struct bpmn *
find_model(void *ctx, struct str key, int64_t version)
{
    const struct office_models *m = ctx;

    for (size_t i = 0; i < m->count && version == 1; i++) {
        if (str_eq(m->entry[i].key, key)) {
            return m->entry[i].model;
        }
    }
    return NULL;
}

static enum rc
load_model(void *ctx, const struct db *db, struct str key, int64_t version, struct err *err)
{
    struct office_models *m = ctx;
    const struct asset *asset = asset_find(str_fmt(m->arena, "demo/processes/%.*s.bpmn", STR_ARG(key)));
    struct bpmn_report report;
    enum rc rc;

    (void)db;
    if (find_model(ctx, key, version) != NULL) {
        return RC_OK;
    }
    if (asset == NULL) {
        return err_problem(err, RC_NOT_FOUND, "no-rule-in-force", "no process %.*s", STR_ARG(key));
    }
    CHECK(m->count < OFFICE_MODELS_MAX);
    if ((rc = str_copy(m->arena, key, &m->entry[m->count].key, err)) != RC_OK ||
        (rc = bpmn_read(m->arena, asset_text(asset), NULL, &m->entry[m->count].model, &report, err)) != RC_OK) {
        return rc;
    }
    m->count++;
    return RC_OK;
}

void
office_model(struct office *o, const char *key, const char *bpmn)
{
    struct office_models *m = o->models;
    struct bpmn_report report;
    struct err err = {.text = ""};

    CHECK(m->count < OFFICE_MODELS_MAX);
    m->entry[m->count].key = str_of(key);
    must(bpmn_read(m->arena, str_of(bpmn), NULL, &m->entry[m->count].model, &report, &err), &err);
    m->count++;
}

static bool
is_bound(const struct modelbook_bound *bound, size_t count, struct str key)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(bound[i].key, key)) {
            return true;
        }
    }
    return false;
}

static enum rc
bind_models(void *ctx, const struct db *db, struct arena *a, struct str key, int32_t day, const struct modelbook_bound **out, size_t *count,
            struct err *err)
{
    struct modelbook_bound *bound = arena_alloc(a, OFFICE_MODELS_MAX, sizeof(*bound));
    size_t bounds = 1;

    (void)day;
    if (bound == NULL) {
        return err_set(err, RC_LIMIT, "no room for models");
    }
    bound[0] = (struct modelbook_bound){key, 1, key};
    for (size_t i = 0; i < bounds; i++) {
        enum rc rc = load_model(ctx, db, bound[i].key, 1, err);
        const struct bpmn *m = rc == RC_OK ? find_model(ctx, bound[i].key, 1) : NULL;
        for (uint32_t n = 0; m != NULL && n < m->elements; n++) {
            const struct bpmn_element *e = &m->element[n];
            if (e->kind == BPMN_CALL && !is_bound(bound, bounds, e->called)) {
                CHECK(bounds < OFFICE_MODELS_MAX);
                bound[bounds++] = (struct modelbook_bound){e->called, 1, e->called};
            }
        }
        if (rc != RC_OK) {
            return rc;
        }
    }
    *out = bound;
    *count = bounds;
    return RC_OK;
}

/* --- opening ------------------------------------------------------------------------------------------ */

static struct json *
city_json(struct office *o, const char *path)
{
    struct json *document = NULL;
    struct err err;

    CHECK(asset_json(o->arena, path, &document, &err) == RC_OK);
    return document;
}

static enum rc
settle_orgs(struct tx *tx, void *ctx, struct err *err)
{
    struct office *o = ctx;
    enum rc rc = region_put(tx, o->is_city ? city_json(o, "demo/regions.json") : office_json(o, regions_text), err);

    return rc != RC_OK ? rc : org_put(tx, o->is_city ? city_json(o, "demo/orgs.json") : office_json(o, orgs_text), err);
}

struct person {
    struct office *office;
    const char *identifier;
    const char *name;
    struct str id;
};

static enum rc
settle_person(struct tx *tx, void *ctx, struct err *err)
{
    struct person *p = ctx;
    struct office *o = p->office;

    return subject_put(tx, o->vault, o->arena, SUBJECT_PERSON, str_of(p->identifier),
                       str_of(p->name), STR("15400000826"), o->now_us, &p->id, err);
}

static struct identity
person(struct office *o, const char *identifier, const char *name)
{
    struct person p = {.office = o, .identifier = identifier, .name = name};
    struct err err;

    must(store_write(&o->fixture.db, settle_person, &p, &err), &err);
    return (struct identity){.account = STR("a"),
                             .role = ROLE_CITIZEN,
                             .subject = p.id,
                             .actor = str_fmt(o->arena, "person:%.*s", STR_ARG(p.id)),
                             .name = str_of(name)};
}

static enum rc
settle_officers(struct tx *tx, void *ctx, struct err *err)
{
    struct office *o = ctx;
    const struct json *of_city = o->is_city ? json_get(city_json(o, "demo/officers.json"), "officers")->first : NULL;
    enum rc rc = RC_OK;

    for (const struct json *f = of_city; f != NULL && rc == RC_OK; f = f->next) {
        rc = officer_put(tx, o->orgs, f, err);
    }
    for (size_t i = 0; i < sizeof(officers) / sizeof(officers[0]) && rc == RC_OK && !o->is_city; i++) {
        rc = officer_put(tx, o->orgs, office_json(o, officers[i]), err);
    }
    return rc;
}

struct identity
office_officer(struct office *o, const char *id, enum role role)
{
    struct identity who = {.account = STR("a"), .role = role};
    struct err err;

    must(officer_on_day(&o->fixture.db, o->arena, str_of(id),
                        instant_day(o->now_us, CLOCK_OFFSET_CHINA_MINUTES), &who.officer, &err),
         &err);
    who.name = who.officer.name;
    who.actor = str_fmt(o->arena, "officer:%s", id);
    return who;
}

static enum rc
settle_item(struct tx *tx, void *ctx, struct err *err)
{
    struct office *o = ctx;

    return item_put(tx, o->arena, office_json(o, item_text), o->now_us, err);
}

void
office_reload(struct office *o)
{
    struct err err;

    item_table_free(o->items);
    must(item_load(&o->fixture.db, &o->items, &err), &err);
    o->work.items = o->items;
}

static enum rc
settle_calendar(struct tx *tx, void *ctx, struct err *err)
{
    struct office *o = ctx;
    bool is_new;

    return almanac_put(tx, o->arena, city_json(o, "demo/calendar/cn.json"), 1, &is_new, err);
}

/* Certificates are issued as the house does it, with a signature that nobody checks (test_chore.h has the real worker). */
struct issuing {
    struct office *office;
    struct str sub_case;
    struct json *certificate;
};

static enum rc
finish_issuing(struct tx *tx, struct arena *a, const struct runtime_event *event, void *ctx, struct err *err)
{
    const struct issuing *i = ctx;
    const struct case_issue issue = {.sub_case = i->sub_case, .certificate = i->certificate, .signature = STR("a signature"), .key_id = STR("k1"),
                                     .actor = STR("system"), .now_us = event->now_us};

    return case_issue_tx(&i->office->work, tx, a, &issue, json_array(a), err);
}

static enum rc
issue_certificate(struct conduct_work *work, const struct db *db, struct arena *a, void *ctx, struct err *err)
{
    struct issuing *i = arena_alloc(a, 1, sizeof(*i));
    enum rc rc;

    CHECK(i != NULL);
    *i = (struct issuing){.office = ctx,
                          .sub_case = str_fmt(a, "%.*s-%.*s", STR_ARG(work->job.business_key), STR_ARG(json_str(work->job.data, "part")))};
    if ((rc = case_certificate(&i->office->work, db, a, i->sub_case, work->now_us, &i->certificate, err)) == RC_OK && i->certificate != NULL) {
        work->finish = finish_issuing;
        work->finish_ctx = i;
    }
    return rc;
}

static void
open_conduct(struct office *o)
{
    struct conduct_config config = {.vault = o->vault,
                                    .orgs = o->orgs,
                                    .house = case_house(&o->work),
                                    .zones_folder = ZONE_FOLDER,
                                    .offset_minutes = CLOCK_OFFSET_CHINA_MINUTES};
    struct task_forms *forms;
    struct err err;

    o->models = arena_alloc(o->arena, 1, sizeof(*o->models));
    CHECK(o->models != NULL);
    *o->models = (struct office_models){.arena = o->arena};
    must(runtime_backoff_read(json_get(city_json(o, "demo/city.json"), "jobs"), &config.backoff, &err), &err);
    config.models = (struct conduct_models){.ctx = o->models, .find = find_model, .load = load_model, .bind = bind_models};
    must(store_write(&o->fixture.db, settle_calendar, o, &err), &err);
    must(task_forms_load(o->arena, "demo/forms/", NULL, &forms, &err), &err);
    config.forms = forms;
    must(timelimits_load(o->arena, city_json(o, "demo/clocks.json"), &o->limits, &err), &err);
    must(almanac_open(&o->fixture.db, NULL, &o->almanac, &err), &err);
    config.keeper = (struct timekeeper){o->limits, o->almanac, CLOCK_OFFSET_CHINA_MINUTES};
    must(conduct_open(&config, &o->conduct, &err), &err);
    must(conduct_add_worker(o->conduct, STR("certificate.issue"), issue_certificate, o, &err), &err);
    o->work.conduct = o->conduct;
}

/* What stands in memory, over a store that has all else. */
static void
furnish(struct office *o)
{
    struct err err;

    must(vault_open_keys(o->keys, &o->vault, &err), &err);
    must(case_states_load(o->arena, city_json(o, "demo/states.json"), &o->states, &err), &err);
    must(org_load(&o->fixture.db, &o->orgs, &err), &err);
    office_reload(o);
    o->work = (struct casework){.store = o->fixture.db.store,
                                .vault = o->vault,
                                .items = o->items,
                                .orgs = o->orgs,
                                .states = o->states,
                                .offset_minutes = CLOCK_OFFSET_CHINA_MINUTES};
    open_conduct(o);
}

static void
open_office(struct office *o, enum fixture_kind kind, bool is_city)
{
    struct err err;

    *o = (struct office){.arena = arena_new(OFFICE_ARENA), .is_city = is_city};
    fixture_new(&o->fixture, kind);
    must(instant_parse(STR("2026-06-01T10:00:00+08:00"), &o->now_us, &err), &err);
    o->keys = vault_new_keys(o->arena);
    must(store_write(&o->fixture.db, settle_orgs, o, &err), &err);
    must(org_load(&o->fixture.db, &o->orgs, &err), &err);
    must(store_write(&o->fixture.db, settle_officers, o, &err), &err);
    must(store_write(&o->fixture.db, settle_item, o, &err), &err);
    org_table_free(o->orgs);
    furnish(o);
    o->materials = (struct materials){
        str_c(o->arena, str_fmt(o->arena, "%s/materials", o->fixture.folder)), o->vault};
    o->applicant = person(o, "990102199003070011", "沈知遥");
    o->neighbour = person(o, "990103198805210022", "陆小满");
    if (!is_city) {
        o->market = office_officer(o, "o-ouyang", ROLE_OFFICER);
        o->junior = office_officer(o, "o-junior", ROLE_OFFICER);
        o->fire = office_officer(o, "o-shangguan", ROLE_OFFICER);
        o->supervisor = office_officer(o, "o-xiahou", ROLE_SUPERVISOR);
    }
}

void
office_open(struct office *o, enum fixture_kind kind)
{
    open_office(o, kind, false);
}

void
office_open_city(struct office *o, enum fixture_kind kind)
{
    open_office(o, kind, true);
}

void
office_leave(struct office *o)
{
    conduct_close(o->conduct);
    almanac_close(o->almanac);
    item_table_free(o->items);
    org_table_free(o->orgs);
    store_close(o->fixture.db.store);
    o->fixture.db.store = NULL;
    vault_free(o->vault);
    o->items = NULL;
}

void
office_return(struct office *o)
{
    const struct store_config config = {.where = o->fixture.where, .readers = 1, .queue_max = 100, .busy_ms = 1000};
    struct err err;

    must(store_open(&config, &o->fixture.db.store, &err), &err);
    furnish(o);
}

void
office_close(struct office *o)
{
    office_leave(o);
    fixture_remove(&o->fixture);
    arena_free(o->arena);
}

void
office_days(struct office *o, int days)
{
    o->now_us += days * (int64_t)86400 * 1000000;
}

void
office_turn(struct office *o)
{
    struct arena *a = arena_new(64 << 20);
    int64_t next_us = o->now_us;
    bool more = true;

    while (more) {
        struct err err;
        int failed = 0, undone = 0;
        must(conduct_turn(o->conduct, &o->fixture.db, a, o->now_us, &next_us, &failed, &err), &err);
        CHECK(failed == 0);
        must(conduct_work(o->conduct, &o->fixture.db, a, STR("office"), o->now_us, &more, &undone, &err), &err);
        CHECK(undone == 0);
        more = more || next_us <= o->now_us;
    }
    arena_free(a);
}

struct settling_process {
    struct office *office;
    const char *key;
};

static enum rc
settle_process(struct tx *tx, void *ctx, struct err *err)
{
    const struct settling_process *s = ctx;
    struct json *item = office_json(s->office, item_text), *process = office_json(s->office, "{\"variables\":{\"area\":\"field.area\"}}");

    json_set_text(s->office->arena, process, "key", str_of(s->key));
    json_set(s->office->arena, item, "process", process);
    return item_put(tx, s->office->arena, item, s->office->now_us, err);
}

void
office_goes_by(struct office *o, const char *key)
{
    struct settling_process s = {o, key};
    struct err err;

    must(store_write(&o->fixture.db, settle_process, &s, &err), &err);
    office_reload(o);
}

/* --- what people do -------------------------------------------------------------------------------------- */

const struct item *
office_item(const struct office *o)
{
    const struct item *item = item_by_code(o->items, STR(OFFICE_ITEM));

    CHECK(item != NULL);
    return item;
}

struct draft
office_draft(struct office *o, const struct identity *who, const char *with)
{
    const struct json *changes = office_json(o, with);
    struct draft d;
    struct err err;

    must(draft_begin(&o->fixture.db, o->vault, o->arena, who->subject, office_item(o), o->now_us,
                     KEEP_DAYS, &d, &err),
         &err);
    d.values = office_json(o, "{\"shop_name\":\"半亩方塘\",\"area\":\"80\",\"kinds\":[\"hot\"]}");
    for (const struct json *c = changes->first; c != NULL; c = c->next) {
        json_set_key(o->arena, d.values, c->key, json_copy(o->arena, c));
    }
    must(draft_save(&o->fixture.db, o->vault, o->arena, &d, o->now_us, &err), &err);
    return d;
}

struct str
office_case(struct office *o, int area)
{
    const char *with = str_c(o->arena, str_fmt(o->arena, "{\"area\":\"%d\"}", area));
    struct draft d = office_draft(o, &o->applicant, with);
    struct str case_no;
    struct err err;

    must(case_submit(&o->work, &o->fixture.db, o->arena, &d, &o->applicant, o->now_us, &case_no,
                     json_array(o->arena), &err),
         &err);
    return case_no;
}

struct case_move
office_move(struct office *o, struct str case_no, const char *part, const char *on)
{
    bool is_first = str_eq(str_of(part), STR("1"));
    struct case_move move = {
        .sub_case = str_fmt(o->arena, "%.*s-%s", STR_ARG(case_no), part),
        .on = str_of(on),
        .reason = STR("请看《食品安全法》第三十五条"),
        .power = is_first ? STR(OFFICE_MARKET_POWER) : STR(OFFICE_FIRE_POWER),
    };

    if (str_starts(move.on, STR("grant"))) {
        move.terms = STR("两周内装好防蝇帘");
    }
    if (str_eq(move.on, STR("ask_supplement"))) {
        move.fields = office_json(o, "[{\"field\":\"shop_name\",\"what\":\"和执照上的不一样\"}]");
    }
    if (str_eq(move.on, STR("supply"))) {
        move.fields = office_json(o, "{\"shop_name\":\"半亩方塘面馆\"}");
    }
    return move;
}

enum rc
office_step(struct office *o, const struct case_move *move, const struct identity *who,
            struct err *err)
{
    return case_step(&o->work, &o->fixture.db, o->arena, move, who, o->now_us,
                     json_array(o->arena), err);
}

const struct json *
office_sub(struct office *o, struct str case_no, const char *part, const struct identity *who)
{
    struct json *d;
    struct err err;

    must(case_document(&o->work, &o->fixture.db, o->arena, case_no, who, o->now_us, STR("zh"), &d,
                       &err),
         &err);
    for (const struct json *s = json_get(d, "sub_cases")->first; s != NULL; s = s->next) {
        if (str_eq(json_str(s, "part"), str_of(part))) {
            return s;
        }
    }
    return NULL;
}

bool
office_reached(struct arena *a, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (arena_alloc(a, 1, 1) == NULL) {
            return false;
        }
    }
    return true;
}

struct str
office_file(struct office *o, struct str content)
{
    struct json *any = office_json(o, "[\"\",\"application/pdf\"]");
    struct material_sink *s;
    struct str sha256, type;
    int64_t bytes;
    struct err err;

    must(material_open(&o->materials, o->now_us, 1 << 24, &s, &err), &err);
    must(material_write(s, content, &err), &err);
    must(material_close(s, o->arena, any, &sha256, &type, &bytes, &err), &err);
    return sha256;
}
