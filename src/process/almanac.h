/*
 * almanac - which days are worked where: the calendars that are in force, by region, and how a newer one comes in.
 *
 * The land ("") has a calendar of whole years; a region's own one names the days on which it differs (calendar_derive).  Whoever has none takes the
 * one above.  A version is put once and never edited; the next year is a newer version of the same region.  What stands in the store is read when the
 * node starts and again by almanac_refresh.  A calendar that was handed out is never altered and lives as long as the almanac: a few kilobytes a
 * version, and they come once or twice a year.
 *
 *     {"region":"" (or a code), "version":"cn-2026.1", "source":"国务院办公厅关于 …", "years":[{"year":2026,"holidays":[…],"workdays":[…]}]}
 */
#ifndef PROCESS_ALMANAC_H
#define PROCESS_ALMANAC_H

#include "base/calendar.h"
#include "identity/region.h"

struct almanac;

/* regions: where lies what; must live as long.  NULL: every region lies in the land and nothing between. */
MUST_USE enum rc almanac_open(const struct db *db, const struct region_table *regions, struct almanac **out, struct err *err);
void almanac_close(struct almanac *al); /* accepts NULL */

/*
 * Inside store_write: a version of a region's calendar comes into force, with an act.  *is_new: false if the region had this version before, also
 * an older one.  RC_CONFLICT, type "calendar-changed": the version is there with other days, or it does not cover the years of the one before;
 * RC_INVALID: it is malformed, or the land has none yet.  Clocks are computed again by timekeeper_recompute.
 */
MUST_USE enum rc almanac_put(struct tx *tx, struct arena *a, const struct json *document, int64_t now_us, bool *is_new, struct err *err);
/* The same as a write of its own, and only where the region does not have just this version already. */
MUST_USE enum rc almanac_take(const struct db *db, struct arena *a, const struct json *document, int64_t now_us, bool *is_new,
                              struct err *err);
/* Takes up what was put since.  One thread at a time; others may look meanwhile. */
MUST_USE enum rc almanac_refresh(struct almanac *al, const struct db *db, bool *changed, struct err *err);

struct almanac_page {
    const struct calendar *calendar;
    int64_t edition; /* grows whenever the calendar of the region, or one that it takes over, changes */
};
/* What is in force in a region.  RC_NOT_FOUND, type "no-calendar": the land has none. */
MUST_USE enum rc almanac_at(const struct almanac *al, struct str region, struct almanac_page *out, struct err *err);
/* The highest edition of all that were taken up. */
int64_t almanac_edition(const struct almanac *al);
/* Newest first: [{"edition","region","version","put":"…","act"}]. */
MUST_USE enum rc almanac_list(const struct db *db, struct arena *a, int limit, int offset_minutes, struct json **out, struct err *err);

#endif
