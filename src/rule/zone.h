/*
 * zone - time zones by name, from TZif files (RFC 8536).
 *
 * Zones are read once, when first asked for, and live as long as the struct zones that read them; values that name a zone point
 * into it.  One struct zones belongs to one thread at a time.  Whatever a file says is checked; a broken one is no zone.
 */
#ifndef RULE_ZONE_H
#define RULE_ZONE_H

#include "base/str.h"

#define ZONE_FOLDER "/usr/share/zoneinfo" /* where Debian's tzdata puts them */

struct zone;
struct zones;

struct zones *zones_new(const char *folder); /* the folder's name is copied; it need not exist */
void zones_free(struct zones *zones);        /* accepts NULL */
/* Asia/Shanghai, Etc/UTC, exactly so written.  NULL: no such zone, or zones is NULL. */
const struct zone *zones_find(struct zones *zones, struct str name);

struct str zone_name(const struct zone *zone);
/* Seconds east of UTC at a moment, in seconds since 1970-01-01T00:00:00Z. */
int32_t zone_offset(const struct zone *zone, int64_t moment);
/*
 * The same for a clock on the wall, in seconds since 1970-01-01T00:00:00 there.  An hour that comes twice is the earlier one;
 * an hour that is left out is counted with the offset before it.
 */
int32_t zone_offset_of_wall(const struct zone *zone, int64_t wall);

/* The bytes of one file, for zones_find and tests.  RC_INVALID: not a TZif file of version 2 or later without leap seconds. */
MUST_USE enum rc zone_parse(struct arena *a, struct str name, struct str bytes, const struct zone **out, struct err *err);

#endif
