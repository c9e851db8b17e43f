/* test_opening - for tests: a rulebook with processes that begin by themselves, a house that gives them numbers, and a clock that stands. */
#ifndef PROCESS_TEST_OPENING_H
#define PROCESS_TEST_OPENING_H

#include <stdio.h>

#include "process/opening.h"
#include "process/runtime_int.h"
#include "process/runtime_view.h"
#include "process/test_bpmn.h"
#include "process/test_rules.h"
#include "rule/run.h"
#include "rule/zone.h"

enum { HALL_DAY = 20000, HALL_OFFSET = 480 };
#define SECOND_US INT64_C(1000000)
#define HALL_DAY_US (INT64_C(86400) * SECOND_US)
/* Noon of that day, where the node stands. */
#define HALL_NOON_US (HALL_DAY * HALL_DAY_US + INT64_C(4) * 3600 * SECOND_US)

struct hall {
    struct house house; /* first: teardown of the house */
    struct rulings *rulings;
    struct modelbook *book;
    struct run *run;
    struct runtime *r;
    struct openings *o;
    const char *refused; /* element for which the house begins nothing; NULL: it begins all */
    int64_t now_us;
};

static inline const struct bpmn *
hall_find(void *ctx, struct str key, int64_t version)
{
    return modelbook_find(((struct hall *)ctx)->book, key, version);
}

static inline enum rc
hall_load(void *ctx, const struct db *db, struct str key, int64_t version, struct err *err)
{
    return modelbook_load(((struct hall *)ctx)->book, db, key, version, err);
}

static inline enum rc
hall_bind(void *ctx, const struct db *db, struct arena *a, struct str key, int64_t version, int32_t day, const struct modelbook_bound **out,
          size_t *count, struct err *err)
{
    return modelbook_bind_version(((struct hall *)ctx)->book, db, a, key, version, day, out, count, err);
}

static inline struct runtime_backoff
hall_backoff(void *ctx, const struct bpmn *model, uint32_t element, struct str type)
{
    (void)ctx, (void)model, (void)element, (void)type;
    return (struct runtime_backoff){.tries = 3, .first_us = SECOND_US, .most_us = SECOND_US, .factor = 1};
}

/* The number is the key of the message, else what it was begun by and for. */
static inline enum rc
hall_open_case(struct tx *tx, struct arena *a, const struct opening *o, struct opening_case *out, void *ctx, struct err *err)
{
    const struct hall *h = ctx;
    struct json *v = o->variables != NULL ? json_copy(a, o->variables) : json_object(a);

    (void)tx;
    if (h->refused != NULL && str_eq(o->element, str_of(h->refused))) {
        return err_problem(err, RC_DENIED, "no-such-case", "nobody has such a case");
    }
    json_set_int(a, v, "for_day", (o->at_us + HALL_OFFSET * INT64_C(60) * SECOND_US) / HALL_DAY_US - HALL_DAY);
    *out = (struct opening_case){o->key.len > 0 ? o->key : str_fmt(a, "%s-%lld", opening_kind_name(o->kind), (long long)(o->at_us / SECOND_US)), v};
    return json_whole(v, err);
}

/* What runs over a store; closed and opened again it knows nothing but what is stored. */
static inline void
hall_equip(struct hall *h, opening_house house)
{
    const struct rulings_config rulings = {.vault = h->house.vault, .zones_folder = ZONE_FOLDER, .threads = 1};
    struct runtime_config running = {.vault = h->house.vault, .ctx = h, .find = hall_find, .load = hall_load, .backoff = hall_backoff,
                                     .command_keep_us = 30 * HALL_DAY_US, .message_keep_us = 30 * HALL_DAY_US, .message_ttl_us = HALL_DAY_US,
                                     .lease_max_us = 600 * SECOND_US};
    struct err err;

    CHECK(rulings_new(&rulings, &h->rulings, &err) == RC_OK && modelbook_open(h->rulings, &h->book, &err) == RC_OK);
    h->run = run_new(&RUN_LIMITS_USUAL, NULL);
    running.engine = (struct engine){.run = h->run, .offset_seconds = HALL_OFFSET * 60};
    CHECK(runtime_open(&running, &h->r, &err) == RC_OK);
    const struct openings_config o = {.runtime = h->r, .ctx = h, .find = hall_find, .load = hall_load, .bind = hall_bind, .house = house, .house_ctx = h,
                                      .offset_minutes = HALL_OFFSET};
    h->o = openings_new(&o);
}

static inline void
hall_unequip(struct hall *h)
{
    openings_free(h->o);
    runtime_close(h->r);
    run_free(h->run);
    modelbook_close(h->book);
    rulings_free(h->rulings);
}

static inline int
hall_open(void **state)
{
    struct hall *h = mem_new(1, sizeof(*h));
    struct err err;

    house_build(&h->house);
    if (house_kind == FIXTURE_POSTGRES) { /* a group of tests shares its database */
        fixture_sql(&h->house.fixture, "SET client_min_messages = warning; TRUNCATE process_instance, process_scope, process_token, process_history, "
                                       "process_closed, process_command, process_message, process_outbox, process_opening, process_begun; "
                                       "UPDATE process_opening_book SET edition = 0");
    }
    rules_clear(&h->house);
    assert_int_equal(store_write(&h->house.fixture.db, rules_land_tx, &h->house, &err), RC_OK);
    h->now_us = HALL_NOON_US;
    hall_equip(h, hall_open_case);
    *state = h;
    return 0;
}

static inline int
hall_close(void **state)
{
    struct hall *h = *state;

    hall_unequip(h);
    house_take_down(&h->house);
    mem_free(h);
    return 0;
}

#define HALL_TEST(name) cmocka_unit_test_setup_teardown(name, hall_open, hall_close)

/* A process that the node comes with, in force since long. */
static inline void
hall_lay_down(struct hall *h, const char *key, const char *xml)
{
    struct str given = str_fmt(h->house.arena, "{\"kind\":\"bpmn\",\"key\":\"%s\",\"owner\":\"" RULES_ORG "\",\"power\":\"P1\",\"name_zh\":\"许可\","
                                               "\"name_en\":\"Permit\",\"basis\":\"法\",\"holds_from\":\"2024-01-01\"}", key);
    struct rules_laying l = {&h->house, str_c(h->house.arena, given), xml, "", h->now_us};
    struct err err;

    CHECK(store_write(&h->house.fixture.db, rules_install_tx, &l, &err) == RC_OK);
}

/* Turns until there is nothing more to do at this moment: runtime and openings, as conduct_turn has them.  How many could not begin. */
static inline int
hall_turns(struct hall *h)
{
    struct arena *a = arena_new(16 << 20);
    bool more = true;
    int failed = 0;

    for (int n = 0; more; n++) {
        int64_t next_us = 0;
        struct err err;
        more = false;
        CHECK(n < 2000);
        if (runtime_turn(h->r, &h->house.fixture.db, a, h->now_us, &next_us, &err) != RC_OK ||
            openings_turn(h->o, &h->house.fixture.db, a, h->now_us, &next_us, &more, &failed, &err) != RC_OK) {
            (void)fprintf(stderr, "%s\n", err.text);
            CHECK(false);
        }
        more = more || next_us <= h->now_us;
        arena_reset(a);
    }
    arena_free(a);
    return failed;
}

static inline struct runtime_message
hall_message(const struct hall *h, const char *id, const char *name, const char *key)
{
    return (struct runtime_message){.id = str_of(id), .name = str_of(name), .key = str_of(key), .ttl_us = HALL_DAY_US, .actor = STR("officer:a"),
                                    .now_us = h->now_us};
}

static inline int64_t
hall_count(const struct hall *h, const char *sql)
{
    return fixture_int(&h->house.fixture, sql);
}

/* Cases that were ever begun. */
static inline int64_t
hall_cases(const struct hall *h)
{
    return hall_count(h, "SELECT (SELECT COUNT(*) FROM process_instance) + (SELECT COUNT(*) FROM process_closed)");
}

#define ORDERED "<startEvent id='s'><messageEventDefinition messageRef='M'/></startEvent>"
#define WARNED "<startEvent id='s'><signalEventDefinition signalRef='S'/></startEvent>"
#define TIMED(when) "<startEvent id='s'><timerEventDefinition" when "</timerEventDefinition></startEvent>"
#define DAILY "><timeCycle>R/P1D</timeCycle>"
#define STAYS FLOW("f1", "s", "a") "<userTask id='a'/>" FLOW("f2", "a", "e") END

#endif
