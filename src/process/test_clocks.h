/*
 * test_clocks - for tests and benches: a house with the city's table of limits and an almanac, and moves of clocks as writes of their own.
 */
#ifndef PROCESS_TEST_CLOCKS_H
#define PROCESS_TEST_CLOCKS_H

#include "base/asset.h"
#include "base/clock.h"
#include "identity/test_house.h"
#include "process/timekeeper.h"

enum { CLOCKS_OFFSET = 480 };

struct clocks {
    struct house house; /* first: house_json and others take it */
    struct region_table *regions;
    struct almanac *almanac;
    struct timelimits *limits;
    struct timekeeper keeper;
};

static const char *const clocks_land =
    "{\"levels\":[{\"code\":\"province\",\"rank\":1,\"digits\":6,\"stem\":2,\"name_zh\":\"省\"},"
    "{\"code\":\"city\",\"rank\":2,\"digits\":6,\"stem\":4,\"name_zh\":\"市\"}],"
    "\"regions\":[{\"code\":\"990000\",\"parent\":\"\",\"level\":\"province\",\"name_zh\":\"省\"},"
    "{\"code\":\"990100\",\"parent\":\"990000\",\"level\":\"city\",\"name_zh\":\"市\"},"
    "{\"code\":\"990200\",\"parent\":\"990000\",\"level\":\"city\",\"name_zh\":\"市\"}]}";

struct clocks_put {
    struct clocks *clocks;
    const char *text;
    int64_t now_us;
};

static inline enum rc
clocks_put_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct clocks_put *p = ctx;
    bool is_new;

    return almanac_put(tx, p->clocks->house.arena, house_json(&p->clocks->house, p->text), p->now_us, &is_new, err);
}

static inline enum rc
clocks_land_tx(struct tx *tx, void *ctx, struct err *err)
{
    return region_put(tx, ctx, err);
}

/* A calendar comes into force and is taken up. */
static inline void
clocks_put(struct clocks *c, const char *text)
{
    struct clocks_put p = {c, text, 1};
    struct err err;
    bool changed;

    if (store_write(&c->house.fixture.db, clocks_put_tx, &p, &err) != RC_OK ||
        (c->almanac != NULL && almanac_refresh(c->almanac, &c->house.fixture.db, &changed, &err) != RC_OK)) {
        fail_msg("%s", err.text);
    }
}

static inline int
clocks_open(void **state)
{
    struct clocks *c = mem_new(1, sizeof(*c));
    struct json *document;
    struct err err;

    house_build(&c->house);
    *state = c;
    if (house_kind == FIXTURE_POSTGRES) {
        fixture_sql(&c->house.fixture, "TRUNCATE calendar, clock_log, clock");
    }
    assert_int_equal(store_write(&c->house.fixture.db, clocks_land_tx, house_json(&c->house, clocks_land), &err), RC_OK);
    clocks_put(c, str_c(c->house.arena, asset_text(asset_find(STR("demo/calendar/cn.json")))));
    assert_int_equal(asset_json(c->house.arena, "demo/clocks.json", &document, &err), RC_OK);
    assert_int_equal(timelimits_load(c->house.arena, document, &c->limits, &err), RC_OK);
    assert_int_equal(region_load(&c->house.fixture.db, &c->regions, &err), RC_OK);
    assert_int_equal(almanac_open(&c->house.fixture.db, c->regions, &c->almanac, &err), RC_OK);
    c->keeper = (struct timekeeper){c->limits, c->almanac, CLOCKS_OFFSET};
    return 0;
}

static inline int
clocks_close(void **state)
{
    struct clocks *c = *state;

    almanac_close(c->almanac);
    region_table_free(c->regions);
    house_take_down(&c->house);
    mem_free(c);
    return 0;
}

/* Noon of a day. */
static inline int64_t
clocks_noon(const char *text)
{
    struct err err;
    int32_t day = 0;

    assert_int_equal(day_parse(str_of(text), &day, &err), RC_OK);
    return day_start_us(day, CLOCKS_OFFSET) + INT64_C(12) * 3600 * 1000000;
}

/* One move as a write of its own. */
struct clocks_move {
    struct clocks *clocks;
    enum watch_did did;
    int64_t id;
    struct watch_start start;
    struct watch_cause cause;
    struct watch_extension extension;
    int64_t now_us;
    struct watch_change change;
    struct watch_told told;
};

static inline enum rc
clocks_move_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct clocks_move *m = ctx;
    struct arena *a = m->clocks->house.arena;
    const struct timekeeper *k = &m->clocks->keeper;

    switch (m->did) {
    case WATCH_START: return timekeeper_start(tx, a, k, &m->start, m->now_us, &m->change, err);
    case WATCH_PAUSE: return timekeeper_pause(tx, a, k, m->id, &m->cause, m->now_us, &m->change, err);
    case WATCH_RESUME: return timekeeper_resume(tx, a, k, m->id, &m->cause, m->now_us, &m->change, err);
    case WATCH_EXTEND: return timekeeper_extend(tx, a, k, m->id, &m->extension, m->now_us, &m->change, err);
    case WATCH_STOP: return timekeeper_stop(tx, a, k, m->id, STR("officer:1"), m->now_us, &m->change, err);
    case WATCH_NOTHING: break;
    }
    return timekeeper_tell(tx, a, k, m->id, m->now_us, &m->told, err);
}

static inline enum rc
clocks_move(struct clocks *c, struct clocks_move *m, struct err *err)
{
    m->clocks = c;
    return store_write(&c->house.fixture.db, clocks_move_tx, m, err);
}

#define CLOCKS_TEST(name) cmocka_unit_test_setup_teardown(name, clocks_open, clocks_close)

#endif
