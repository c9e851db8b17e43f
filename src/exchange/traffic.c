/*
 * A wish is a few of the eight outcomes, each a range of an index in the order of the log: the newest of each are read and merged.
 * Eight short reads cost the same with a thousand acts and with a hundred million.
 */
#include "exchange/traffic.h"

#include "exchange/problem.h"
#include "exchange/traffic_sql.h"

static const char *const result_names[TRAFFIC_RESULTS] = {"answered", "refused", "failed",
                                                          "silent"};

const char *
traffic_result_name(enum traffic_result result)
{
    CHECK((int)result >= 0 && result < TRAFFIC_RESULTS);
    return result_names[result];
}

bool
traffic_result_by_name(struct str name, enum traffic_result *out)
{
    size_t i;

    if (!str_among(name, result_names, TRAFFIC_RESULTS, &i)) {
        return false;
    }
    *out = (enum traffic_result)i;
    return true;
}

enum traffic_result
traffic_result_of(struct str outcome)
{
    const struct problem *p = problem_by_type(outcome);

    if (str_eq(outcome, STR("answered")) || str_eq(outcome, STR("record-missing"))) {
        return TRAFFIC_ANSWERED;
    }
    if (str_eq(outcome, STR("source-silent")) || str_eq(outcome, STR("source-down"))) {
        return TRAFFIC_SILENT;
    }
    return p != NULL && p->status >= 500 ? TRAFFIC_FAILED : TRAFFIC_REFUSED;
}

static int
number_of(enum traffic_way way, enum traffic_result result)
{
    return 1 + (int)way * TRAFFIC_RESULTS + (int)result;
}

enum rc
traffic_add(struct tx *tx, struct arena *a, const struct act *act, enum traffic_way way,
            struct str outcome, int64_t times, struct act_ref *out, struct err *err)
{
    int number = number_of(way, traffic_result_of(outcome));
    struct act counted = *act;
    enum rc rc;

    counted.outcome = number;
    if ((rc = act_add(tx, a, &counted, out, err)) != RC_OK) {
        return rc;
    }
    int32_t day = instant_day(act->at_us, CLOCK_OFFSET_CHINA_MINUTES);
    return tx_run(tx, &TRAFFIC_COUNT,
                  VALUES(V_INT(day), V_TEXT(act->resource.len > 0 ? act->resource : STR("")),
                         V_INT(number), V_INT(times), V_INT(act->at_us)),
                  NULL, NULL, err);
}

/* --- totals --- */

struct totalling {
    struct arena *arena;
    struct traffic_total *first;
    struct traffic_total *last;
};

static enum rc
total_row(const struct row *row, void *ctx, struct err *err)
{
    struct totalling *t = ctx;
    int64_t number = row_int(row, 1) - 1;
    enum rc rc;

    if (number < 0 || number >= TRAFFIC_WAYS * TRAFFIC_RESULTS) {
        return err_set(err, RC_CORRUPT, "the tally knows an outcome that is none");
    }
    if (t->last == NULL || !str_eq(t->last->resource, row_text(row, 0))) {
        struct traffic_total *total = arena_alloc(t->arena, 1, sizeof(*total));
        if (total == NULL) {
            return err_set(err, RC_LIMIT, "no room for totals");
        }
        if ((rc = row_copy_text(row, 0, t->arena, &total->resource, err)) != RC_OK) {
            return rc;
        }
        *(t->last != NULL ? &t->last->next : &t->first) = total;
        t->last = total;
    }
    t->last->times[number / TRAFFIC_RESULTS][number % TRAFFIC_RESULTS] = row_int(row, 2);
    t->last->last_us[number / TRAFFIC_RESULTS][number % TRAFFIC_RESULTS] = row_int(row, 3);
    return RC_OK;
}

enum rc
traffic_totals(const struct db *db, struct arena *a, int32_t since, struct traffic_total **out,
               struct err *err)
{
    struct totalling t = {.arena = a};
    enum rc rc = store_read(db, &TRAFFIC_TOTALS, VALUES(V_INT(since)), total_row, &t, err);

    if (rc == RC_OK) {
        *out = t.first;
    }
    return rc;
}

/* --- the latest --- */

static bool
is_wished(const struct traffic_wish *w, int way, int result)
{
    return (!w->has_way || (int)w->way == way) && (!w->has_result || (int)w->result == result);
}

/* The newest of those that are not yet taken; NULL when all are. */
static struct json *
take_newest(struct json *head[], size_t count)
{
    struct json **newest = NULL, *taken;

    for (size_t i = 0; i < count; i++) {
        if (head[i] != NULL && (newest == NULL || json_int_or(head[i], "index", -1) >
                                                      json_int_or(*newest, "index", -1))) {
            newest = &head[i];
        }
    }
    if (newest == NULL) {
        return NULL;
    }
    taken = *newest;
    *newest = taken->next;
    taken->next = NULL;
    return taken;
}

enum rc
traffic_latest(const struct db *db, struct arena *a, const struct traffic_wish *wish,
               struct json **out, struct err *err)
{
    struct json *head[TRAFFIC_WAYS * TRAFFIC_RESULTS], *found, *list = json_array(a);
    size_t count = 0;
    enum rc rc;

    for (int way = 0; way < TRAFFIC_WAYS; way++) {
        for (int result = 0; result < TRAFFIC_RESULTS; result++) {
            if (!is_wished(wish, way, result)) {
                continue;
            }
            int number = number_of((enum traffic_way)way, (enum traffic_result)result);
            if ((rc = act_of_outcome(db, a, number, wish->resource, wish->before, wish->limit,
                                     &found, err)) != RC_OK) {
                return rc;
            }
            head[count++] = found->first;
        }
    }
    for (int i = 0; i < wish->limit; i++) {
        struct json *next = take_newest(head, count);
        if (next == NULL) {
            break;
        }
        json_push(list, next);
    }
    if ((rc = json_whole(list, err)) == RC_OK) {
        *out = list;
    }
    return rc;
}
