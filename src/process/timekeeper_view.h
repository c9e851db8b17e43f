/*
 * timekeeper_view - clocks for people: how much is left, until when, whose time it is, why one stands, and where its rule comes from.
 *
 * Documents are in both languages: {"id","case_no","instance","name","kind","kind_zh","kind_en","org","part","rule","title_zh","title_en","silence","owner","owner_zh","owner_en" (whose
 * time it is now),"source","evidence","evidence_zh","evidence_en","note","state","colour","public" (red, for everybody to see),"unit","value","extra","total","used","left",
 * "left_unit" (of these three),"text_zh","text_en","due" (the last day),"due_at","due_us","provisional","calendar"}.  Of one that stands, due is when it would be if it went on now.
 */
#ifndef PROCESS_TIMEKEEPER_VIEW_H
#define PROCESS_TIMEKEEPER_VIEW_H

#include "process/timekeeper.h"

enum watch_colour { WATCH_GREEN, WATCH_YELLOW, WATCH_RED, WATCH_STANDS, WATCH_DONE };
const char *watch_colour_name(enum watch_colour colour); /* "green", … "paused", "done" */
MUST_USE enum rc watch_colour(const struct timekeeper *k, const struct watch *w, int64_t now_us, enum watch_colour *out, struct err *err);

/* One of them as it is, and what there is to say of it. */
MUST_USE enum rc timekeeper_read(const struct db *db, struct arena *a, int64_t id, struct watch *out, struct err *err);
MUST_USE enum rc watch_document(const struct timekeeper *k, struct arena *a, const struct watch *w, int64_t now_us, struct json **out,
                                struct err *err);
/*
 * All clocks of a case, in the order of their start, with "paused": the entries of the log by which it stands (reason, basis, document …), and "extended":
 * that of its extension, if there is one.
 */
MUST_USE enum rc timekeeper_view(const struct db *db, struct arena *a, const struct timekeeper *k, struct str case_no, int64_t now_us,
                                 struct json **out, struct err *err);
/* Those that run and are due before until_us, of one organisation or ("") of all, by when they are due, behind `after`. */
struct watch_after {
    int64_t due_us, id;
};
MUST_USE enum rc timekeeper_due(const struct db *db, struct arena *a, const struct timekeeper *k, struct str org, int64_t until_us,
                                struct watch_after after, int limit, int64_t now_us, struct json **out, struct err *err);
/*
 * Red and public: those that were told to be over and are not stopped, whether they run or stand, by when that was told ("over_us" of the
 * document), behind `after`.
 */
struct watch_red {
    int64_t over_us, id;
};
MUST_USE enum rc timekeeper_red(const struct db *db, struct arena *a, const struct timekeeper *k, struct watch_red after, int limit,
                                int64_t now_us, struct json **out, struct err *err);
/* A clock's log in its order: [{"entry","did","at","amount","reason","basis","document","told_at","actor","words","due_at","provisional","calendar"}]. */
MUST_USE enum rc timekeeper_log(const struct db *db, struct arena *a, const struct timekeeper *k, int64_t id, struct json **out,
                                struct err *err);
/* For the act of a change: {"clock","kind","rule","did","reason","basis","document","amount","due","left","unit","late","provisional","calendar"}. */
struct json *watch_change_json(struct arena *a, const struct timekeeper *k, const struct watch_change *change, int64_t now_us);

#endif
