/*
 * test_desk - for the tests of web: a node's port on 127.0.0.1 with the walk of a request behind
 * it, a store, and one person of each role with an open session.  A test that includes it defines
 * route_table itself, so that what it tries is the walk and not the house's pages.
 */
#ifndef WEB_TEST_DESK_H
#define WEB_TEST_DESK_H

#include "identity/test_house.h"
#include "net/test_support.h"
#include "web/idempotency.h"
#include "web/pages.h"
#include "web/web.h"

#define DESK_ORG "11990100000000027A"

/* Those who are at the door; each but the first has a session. */
enum who { NOBODY, CITIZEN, NEIGHBOUR, OFFICER, STEWARD, SUPERVISOR, OPERATOR, SYSTEM, WHO_COUNT };

enum { DESK_ARENA = 16 << 20, DESK_ANSWER_MAX = 1 << 18 };

struct desk {
    struct house house;
    struct db db;
    struct region_table *regions;
    struct org_table *orgs;
    struct web web;
    struct web_loop web_loop;
    struct host host;
    struct str token[WHO_COUNT];
    struct str csrf[WHO_COUNT];
    char answer[DESK_ANSWER_MAX];
};

static const char *const desk_land =
    "{\"levels\":[{\"code\":\"city\",\"rank\":2,\"digits\":6,\"stem\":4,\"name_zh\":\"市\"}],"
    "\"regions\":[{\"code\":\"990100\",\"parent\":\"\",\"level\":\"city\",\"name_zh\":\"云溪市\"}],"
    "\"orgs\":[{\"uscc\":\"" DESK_ORG "\",\"region\":\"990100\",\"name_zh\":\"市场监管局\","
    "\"short_zh\":\"市场监管局\",\"name_en\":\"Market Regulation\"}]}";

static inline enum rc
desk_land_tx(struct tx *tx, void *ctx, struct err *err)
{
    enum rc rc = region_put(tx, ctx, err);

    return rc != RC_OK ? rc : org_put(tx, ctx, err);
}

struct desk_person {
    struct desk *desk;
    enum who who;
    struct str account;
};

static inline enum rc
desk_person_tx(struct tx *tx, void *ctx, struct err *err)
{
    static const char *const roles[WHO_COUNT] = {
        [OFFICER] = "officer",       [STEWARD] = "steward", [SUPERVISOR] = "supervisor",
        [OPERATOR] = "operator", [SYSTEM] = "system"};
    struct desk_person *p = ctx;
    struct house *h = &p->desk->house;
    struct str login = str_fmt(h->arena, "login%d", p->who), officer = STR(""), subject = STR("");
    int64_t now_us = clock_now_us(&clock_system);
    enum rc rc;

    if (roles[p->who] != NULL) {
        officer = str_fmt(h->arena, "o-%d", p->who);
        struct str text = str_fmt(h->arena,
                                  "{\"id\":\"o-%d\",\"org\":\"" DESK_ORG
                                  "\",\"name\":\"欧阳<云舒>\",\"roles\":[\"%s\"]}",
                                  p->who, roles[p->who]);
        rc = officer_put(tx, p->desk->orgs, house_json(h, str_c(h->arena, text)), err);
    } else {
        rc = subject_put(tx, h->vault, h->arena, SUBJECT_PERSON,
                         p->who == CITIZEN ? STR("990102199003070011") : STR("99010219900307002X"),
                         STR("沈<b>知遥"), STR(""), now_us, &subject, err);
    }
    return rc != RC_OK ? rc
                       : account_put(tx, h->vault, h->arena, login, STR("-"), subject, officer,
                                     now_us, &p->account, err);
}

static inline void
desk_let_in(struct desk *d, enum who who)
{
    struct desk_person p = {d, who, STR("")};
    struct identity identity;
    int64_t now_us = clock_now_us(&clock_system);
    struct err err;

    if (store_write(&d->db, desk_person_tx, &p, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(session_open(&d->db, d->house.arena, &d->web.sessions, p.account, now_us,
                                  &d->token[who], &err),
                     RC_OK);
    assert_int_equal(session_find(&d->db, d->house.vault, d->house.arena, &d->web.sessions,
                                  d->token[who], now_us, &identity, &err),
                     RC_OK);
    d->csrf[who] = identity.csrf;
}

static inline void
desk_fill_web(struct desk *d)
{
    struct err err;

    d->web.node = STR("yunxi");
    d->web.title_zh = STR("云溪市");
    d->web.title_en = STR("Yunxi");
    d->web.store = d->db.store;
    d->web.vault = d->house.vault;
    d->web.clock = &clock_system;
    d->web.offset_minutes = CLOCK_OFFSET_CHINA_MINUTES;
    d->web.regions = d->regions;
    d->web.orgs = d->orgs;
    d->web.idempotency = idempotency_new();
    d->web.materials.vault = d->house.vault;
    d->web.materials.folder =
        str_c(d->house.arena, str_fmt(d->house.arena, "%s/materials", d->house.fixture.folder));
    d->web.body_bytes = 65536;
    assert_int_equal(pages_load(d->house.arena, "zh", 0,
                                (struct template_set **)(void *)&d->web.pages_zh,
                                &d->web.words_zh, &err),
                     RC_OK);
    assert_int_equal(pages_load(d->house.arena, "en", 0,
                                (struct template_set **)(void *)&d->web.pages_en,
                                &d->web.words_en, &err),
                     RC_OK);
}

static inline int
desk_open(void **state)
{
    struct desk *d = mem_new(1, sizeof(*d));
    struct house *h = &d->house;
    struct server_config config = {.handler = web_handle, .ctx = &d->web, .arena_bytes = DESK_ARENA,
                                   .loop_state = &d->web_loop, .limits = http_limits_usual};
    struct err err;

    house_build(h);
    d->db = h->fixture.db;
    d->web.sessions = (struct session_policy){.tries_max = 5, .lock_s = 900, .peer_tries_max = 50,
                                              .idle_s = 3600, .life_s = 43200,
                                              .cost = password_cost_test};
    assert_int_equal(store_write(&d->db, desk_land_tx, house_json(h, desk_land), &err), RC_OK);
    assert_int_equal(region_load(&d->db, &d->regions, &err), RC_OK);
    assert_int_equal(org_load(&d->db, &d->orgs, &err), RC_OK);
    for (int who = CITIZEN; who < WHO_COUNT; who++) {
        desk_let_in(d, (enum who)who);
    }
    desk_fill_web(d);
    host_start(&d->host, config);
    d->web_loop.web = &d->web;
    d->web_loop.loop = d->host.loop;
    *state = d;
    return 0;
}

static inline int
desk_close(void **state)
{
    struct desk *d = *state;

    host_stop(&d->host);
    idempotency_free(d->web.idempotency);
    org_table_free(d->orgs);
    region_table_free(d->regions);
    house_take_down(&d->house);
    mem_free(d);
    return 0;
}

struct reply {
    int status;
    struct str head; /* with the status line and the last line end */
    struct str body;
    struct str type; /* of a problem, without "/problems/"; "" */
};

/* line: "GET /cases"; fields: whole lines, each with CR LF; body NULL: none. */
static inline struct reply
desk_ask(struct desk *d, const char *line, struct str fields, struct str body)
{
    struct str request = str_fmt(d->house.arena,
                                 "%s HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n%.*s"
                                 "Content-Length: %zu\r\n\r\n%.*s",
                                 line, STR_ARG(fields), body.len, STR_ARG(body));
    struct reply r = {.type = STR("")};
    size_t len = ask(d->host.port, request, d->answer, sizeof(d->answer)), end;
    struct str all = {d->answer, len};
    struct json *document;
    struct str copy;
    struct err err;

    assert_int_equal(str_copy(d->house.arena, all, &copy, &err), RC_OK);
    end = str_find(copy, STR("\r\n\r\n"));
    assert_true(end < copy.len && str_starts(copy, STR("HTTP/1.1 ")));
    r.head = str_sub(copy, 0, end + 2);
    r.body = str_from(copy, end + 4);
    r.status = (copy.ptr[9] - '0') * 100 + (copy.ptr[10] - '0') * 10 + (copy.ptr[11] - '0');
    if (r.body.len > 0 && json_parse(d->house.arena, r.body, JSON_UNIQUE, &document,
                                     &err) == RC_OK &&
        str_starts(json_str(document, "type"), STR("/problems/"))) {
        r.type = str_from(json_str(document, "type"), 10);
    }
    return r;
}

static inline bool
reply_has(const struct reply *r, const char *line)
{
    return str_has(r->head, str_of(line));
}

/* "Cookie: zt=…" of this person; with Accept of a program. */
static inline struct str
as(struct desk *d, enum who who)
{
    return who == NOBODY ? STR("Accept: application/json\r\n")
                         : str_fmt(d->house.arena,
                                   "Accept: application/json\r\nCookie: zt=%.*s\r\n",
                                   STR_ARG(d->token[who]));
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

#endif
