/* What the files of timekeeper share: a clock's row and log, and what the table of limits says of it. */
#ifndef PROCESS_TIMEKEEPER_INT_H
#define PROCESS_TIMEKEEPER_INT_H

#include "process/timekeeper.h"

MUST_USE enum rc watch_read(const struct row *row, struct arena *a, struct watch *out, struct err *err);

struct watch_found {
    struct arena *arena;
    struct watch watch;
    bool is_found;
};
enum rc watch_row(const struct row *row, void *ctx, struct err *err); /* into a watch_found */

/* The one of an instance, and of a scope unless that is 0, that was started last under that name, whatever became of it. */
MUST_USE enum rc watch_latest(struct tx *tx, struct arena *a, int64_t instance, int64_t scope, struct str name, bool *is_there,
                              struct watch *out, struct err *err);

/* The limit that a clock runs by; NULL if the table does not know it any more. */
const struct timelimit *watch_limit(const struct timekeeper *k, const struct watch *w);
/* The clock's moment of an instant. */
int64_t watch_moment(const struct timekeeper *k, const struct watch *w, int64_t instant_us);

struct watch_pending {
    size_t count;
    const struct timelimit_warning *warning[WATCH_TOLD_MAX - 1];
    int64_t told; /* what was used up once all of them were told */
    bool is_over;
};
/* What is to be told by now, and, of what comes later, when: 0 nothing. */
void watch_look(const struct timekeeper *k, const struct watch *w, const struct calendar *c, int64_t now_us, struct watch_pending *pending,
                int64_t *next_us);

struct watch_entry { /* of a log; due and so on are taken from the clock as it is */
    const char *did;
    int64_t amount, told_us;
    int64_t moment;
    struct str reason, basis, document, actor, words;
};
/* Works out due_us and next_us, and stores the row with one more entry of its log (NULL: none). */
MUST_USE enum rc watch_save(struct tx *tx, const struct timekeeper *k, struct watch *w, const struct almanac_page *page,
                            const struct watch_entry *entry, int64_t now_us, struct err *err);
MUST_USE enum rc watch_add(struct tx *tx, const struct timekeeper *k, struct watch *w, const struct almanac_page *page,
                           const struct watch_entry *entry, int64_t now_us, struct err *err);
/* Only the entry: of several in one change all but the last. */
MUST_USE enum rc watch_log(struct tx *tx, struct watch *w, const struct watch_entry *entry, int64_t now_us, struct err *err);

/*
 * What the log comes to under the calendar that is in force now, stored with an entry if it comes to something else.  Nothing happens to a clock that
 * is stopped, or was computed with this calendar.
 */
MUST_USE enum rc watch_catch_up(struct tx *tx, struct arena *a, const struct timekeeper *k, struct watch *w,
                                const struct almanac_page *page, int64_t now_us, struct err *err);

#endif
