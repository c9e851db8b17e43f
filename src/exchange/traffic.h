/*
 * traffic - what went to other nodes and came from them, as views of the acts of the exchange.
 *
 * An act of the exchange carries a number for how it went, by which it is found, and in the same transaction a tally of its
 * day counts it.  So a page reads a few rows however many acts there are, and its numbers are those of the acts.
 */
#ifndef EXCHANGE_TRAFFIC_H
#define EXCHANGE_TRAFFIC_H

#include "evidence/act.h"

enum traffic_way { TRAFFIC_ASKED, TRAFFIC_GAVE, TRAFFIC_WAYS };

/* Numbers are for ever: they stand in the store, those of TRAFFIC_GAVE behind those of TRAFFIC_ASKED. */
enum traffic_result {
    TRAFFIC_ANSWERED, /* also when there is no such record: that tells something too */
    TRAFFIC_REFUSED,
    TRAFFIC_FAILED,   /* somebody answered, and nothing came of it: an old system behind the source, a wrong signature */
    TRAFFIC_SILENT,   /* nobody answered */
    TRAFFIC_RESULTS
};
const char *traffic_result_name(enum traffic_result result); /* "answered", … */
bool traffic_result_by_name(struct str name, enum traffic_result *out);
/* outcome: "answered", or the type of a problem. */
enum traffic_result traffic_result_of(struct str outcome);

/* act_add and the tally; times: how many questions the act stands for. */
MUST_USE enum rc traffic_add(struct tx *tx, struct arena *a, const struct act *act,
                             enum traffic_way way, struct str outcome, int64_t times,
                             struct act_ref *out, struct err *err);

/* Of one resource, since a day; resource "" is what strangers tried. */
struct traffic_total {
    struct str resource;
    int64_t times[TRAFFIC_WAYS][TRAFFIC_RESULTS];
    int64_t last_us[TRAFFIC_WAYS][TRAFFIC_RESULTS]; /* 0: never */
    struct traffic_total *next;
};
/* By code; NULL if there was none.  since: the first day that counts. */
MUST_USE enum rc traffic_totals(const struct db *db, struct arena *a, int32_t since,
                                struct traffic_total **out, struct err *err);

/* What is wished to be seen. */
struct traffic_wish {
    struct str resource; /* "": any */
    bool has_way;
    enum traffic_way way;
    bool has_result;
    enum traffic_result result;
    int64_t before; /* below 0: from the newest */
    int limit;
};
/* Array of acts as act_of_case gives them, newest first. */
MUST_USE enum rc traffic_latest(const struct db *db, struct arena *a,
                                const struct traffic_wish *wish, struct json **out,
                                struct err *err);

#endif
