/*
 * A TZif file is two blocks of the same shape, the first with times of 4 bytes and passed over, and a footer: a rule
 * of POSIX's TZ variable for the time after the table.
 */
#include "rule/zone.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "rule/civil.h"

enum { DAY_S = 86400, HOUR_S = 3600, NAME_MOST = 64 };
enum { ARENA_BYTES = 16 << 20, FILE_BYTES = 256 << 10 };         /* all of tzdata's 600 zones take a few MiB */
enum { OFFSET_LEAST = -89999, OFFSET_MOST = 93599, AROUND_S = 93600 }; /* RFC 8536, 3.2 */

/* When summer time begins or ends: Jn, n, or Mm.w.d, and seconds from that midnight. */
enum day_kind { DAY_WITHOUT_LEAP, DAY_OF_YEAR, DAY_OF_WEEK };
struct change {
    enum day_kind kind;
    int day, month, week;
    int32_t second;
};

struct rule {
    bool there, has_summer;
    int32_t standard, summer; /* offsets */
    struct change begin, end;
};

struct zone {
    const struct zone *next;
    struct str name;
    size_t count; /* of changes, each with the offset from then on */
    const int64_t *at;
    const int32_t *offset;
    int32_t before; /* all of them */
    struct rule rule;
};

struct zones {
    struct arena *arena;
    const struct zone *first;
    struct str folder;
};

/* --- the rule for the time after the table --------------------------------------------------- */

static bool
take_char(struct str *rest, char c)
{
    if (rest->len == 0 || rest->ptr[0] != c) {
        return false;
    }
    *rest = str_from(*rest, 1);
    return true;
}

/* One to three digits, no more than most. */
static bool
take_int(struct str *rest, int most, int *out)
{
    size_t digits = 0;
    int value = 0;

    while (digits < 3 && digits < rest->len && rest->ptr[digits] >= '0' && rest->ptr[digits] <= '9') {
        value = value * 10 + (rest->ptr[digits++] - '0');
    }
    *rest = str_from(*rest, digits);
    *out = value;
    return digits > 0 && value <= most;
}

/* [+-]hh[:mm[:ss]] */
static bool
take_time(struct str *rest, int most_hours, int32_t *out)
{
    bool minus = take_char(rest, '-');
    int hour, minute = 0, second = 0;

    if (!minus) {
        (void)take_char(rest, '+');
    }
    if (!take_int(rest, most_hours, &hour)) {
        return false;
    }
    if (take_char(rest, ':')) {
        if (!take_int(rest, 59, &minute) || (take_char(rest, ':') && !take_int(rest, 59, &second))) {
            return false;
        }
    }
    *out = (minus ? -1 : 1) * (hour * HOUR_S + minute * 60 + second);
    return true;
}

/* CST or <+08>; nobody asks for it. */
static bool
take_abbreviation(struct str *rest)
{
    bool quoted = take_char(rest, '<');
    size_t len = 0;

    for (; len < rest->len; len++) {
        char c = rest->ptr[len];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!letter && !(quoted && ((c >= '0' && c <= '9') || c == '+' || c == '-'))) {
            break;
        }
    }
    *rest = str_from(*rest, len);
    return len >= 3 && (!quoted || take_char(rest, '>'));
}

static bool
take_change(struct str *rest, struct change *out)
{
    *out = (struct change){.kind = DAY_OF_YEAR, .second = 2 * HOUR_S};
    if (take_char(rest, 'M')) {
        out->kind = DAY_OF_WEEK;
        if (!take_int(rest, 12, &out->month) || out->month < 1 || !take_char(rest, '.') ||
            !take_int(rest, 5, &out->week) || out->week < 1 || !take_char(rest, '.') || !take_int(rest, 6, &out->day)) {
            return false;
        }
    } else if (take_char(rest, 'J')) {
        out->kind = DAY_WITHOUT_LEAP;
        if (!take_int(rest, 365, &out->day) || out->day < 1) {
            return false;
        }
    } else if (!take_int(rest, 365, &out->day)) {
        return false;
    }
    return !take_char(rest, '/') || take_time(rest, 167, &out->second);
}

/* POSIX counts offsets to the west. */
static bool
parse_rule(struct str text, struct rule *out)
{
    struct str rest = text;
    int32_t west;

    *out = (struct rule){.there = text.len > 0};
    if (text.len == 0) {
        return true;
    }
    if (!take_abbreviation(&rest) || !take_time(&rest, 24, &west)) {
        return false;
    }
    out->standard = -west;
    if (rest.len == 0) {
        return true;
    }
    out->has_summer = true;
    out->summer = out->standard + HOUR_S;
    if (!take_abbreviation(&rest)) {
        return false;
    }
    if (rest.len > 0 && rest.ptr[0] != ',') {
        if (!take_time(&rest, 24, &west)) {
            return false;
        }
        out->summer = -west;
    }
    return take_char(&rest, ',') && take_change(&rest, &out->begin) && take_char(&rest, ',') &&
           take_change(&rest, &out->end) && rest.len == 0;
}

/* Seconds on the wall, as if it were that of UTC. */
static int64_t
change_in(const struct change *c, int64_t year)
{
    int64_t day = civil_day((struct civil){(int32_t)year, 1, 1});

    if (c->kind == DAY_OF_YEAR) {
        day += c->day;
    } else if (c->kind == DAY_WITHOUT_LEAP) {
        day += c->day - 1 + (c->day >= 60 && civil_is_leap(year) ? 1 : 0);
    } else {
        int64_t first = civil_day((struct civil){(int32_t)year, c->month, 1});
        int64_t nth = (c->day - civil_weekday(first) % 7 + 7) % 7 + (c->week - 1) * INT64_C(7);
        /* The fifth is the last, and some months have only four. */
        day = first + (nth < civil_days_in_month(year, c->month) ? nth : nth - 7);
    }
    return day * DAY_S + c->second;
}

static int32_t
offset_by_rule(const struct rule *rule, int64_t moment)
{
    struct civil date;
    int64_t begin, end;

    if (!rule->has_summer || !civil_of_day(civil_floor_div(moment + rule->standard, DAY_S), &date)) {
        return rule->standard;
    }
    begin = change_in(&rule->begin, date.year) - rule->standard;
    end = change_in(&rule->end, date.year) - rule->summer;
    bool summer = begin < end ? moment >= begin && moment < end : moment >= begin || moment < end;
    return summer ? rule->summer : rule->standard;
}

/* --- the table ------------------------------------------------------------------------------- */

enum { HEADER_BYTES = 44, TYPE_BYTES = 6, TIME_BYTES = 8 };

struct header {
    char version;
    size_t utc_count, standard_count, leap_count, time_count, type_count, letter_count;
};

static int64_t
big_endian(const char *p, size_t count)
{
    uint64_t value = (unsigned char)p[0] >= 0x80 ? ~UINT64_C(0) : 0; /* the sign */

    for (size_t i = 0; i < count; i++) {
        value = value << 8 | (unsigned char)p[i];
    }
    return (int64_t)value;
}

static bool
take_header(struct str *rest, struct header *out)
{
    size_t *const counts[] = {&out->utc_count,  &out->standard_count, &out->leap_count,
                              &out->time_count, &out->type_count,     &out->letter_count};

    if (rest->len < HEADER_BYTES || !str_starts(*rest, STR("TZif"))) {
        return false;
    }
    out->version = rest->ptr[4];
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        int64_t n = big_endian(rest->ptr + 20 + 4 * i, 4);
        if (n < 0 || n > FILE_BYTES) {
            return false;
        }
        *counts[i] = (size_t)n;
    }
    *rest = str_from(*rest, HEADER_BYTES);
    return true;
}

static size_t
block_bytes(const struct header *h, size_t time_bytes)
{
    return h->time_count * (time_bytes + 1) + h->type_count * TYPE_BYTES + h->letter_count +
           h->leap_count * (time_bytes + 4) + h->standard_count + h->utc_count;
}

/* RFC 8536, 3.1. */
static bool
counts_agree(const struct header *h)
{
    return h->type_count >= 1 && h->type_count <= 256 && h->letter_count >= 1 && h->leap_count == 0 &&
           (h->utc_count == 0 || h->utc_count == h->type_count) &&
           (h->standard_count == 0 || h->standard_count == h->type_count);
}

static bool
read_types(const char *p, const struct header *h, int32_t *offset)
{
    for (size_t i = 0; i < h->type_count; i++, p += TYPE_BYTES) {
        int64_t east = big_endian(p, 4);
        if (east < OFFSET_LEAST || east > OFFSET_MOST || (unsigned char)p[4] > 1 ||
            (unsigned char)p[5] >= h->letter_count) {
            return false;
        }
        offset[i] = (int32_t)east;
    }
    return true;
}

static const char *
read_table(struct str block, const struct header *h, const int32_t *type_offset, int64_t *at, int32_t *offset)
{
    const char *which = block.ptr + h->time_count * TIME_BYTES;

    for (size_t i = 0; i < h->time_count; i++) {
        unsigned char type = (unsigned char)which[i];
        at[i] = big_endian(block.ptr + i * TIME_BYTES, TIME_BYTES);
        if (type >= h->type_count) {
            return "a type that is not there";
        }
        if (i > 0 && at[i] <= at[i - 1]) {
            return "times that do not rise";
        }
        offset[i] = type_offset[type];
    }
    return NULL;
}

/* The two headers and the block between them; what is left is the second block and the footer. */
static bool
take_second_header(struct str *rest, struct header *h)
{
    struct header first;

    if (!take_header(rest, &first) || first.version < '2' || block_bytes(&first, 4) > rest->len) {
        return false;
    }
    *rest = str_from(*rest, block_bytes(&first, 4));
    return take_header(rest, h) && h->version == first.version && counts_agree(h) &&
           block_bytes(h, TIME_BYTES) <= rest->len;
}

static bool
take_footer(struct str footer, struct rule *out)
{
    return footer.len >= 2 && footer.ptr[0] == '\n' && footer.ptr[footer.len - 1] == '\n' &&
           parse_rule(str_sub(footer, 1, footer.len - 2), out);
}

static enum rc
parse(struct arena *a, struct str name, struct str bytes, struct zone **out, struct err *err)
{
    struct zone *zone = arena_alloc(a, 1, sizeof(*zone));
    struct str rest = bytes;
    struct header h;
    int32_t type_offset[256];
    const char *wrong;

    if (!take_second_header(&rest, &h)) {
        return err_set(err, RC_INVALID, "%.*s: no TZif file that can be used", STR_ARG(name));
    }
    int64_t *at = arena_alloc(a, h.time_count + 1, sizeof(*at));
    int32_t *offset = arena_alloc(a, h.time_count + 1, sizeof(*offset));
    if (zone == NULL || at == NULL || offset == NULL) {
        return err_set(err, RC_LIMIT, "%.*s: no room for the zone", STR_ARG(name));
    }
    if (!read_types(rest.ptr + h.time_count * (TIME_BYTES + 1), &h, type_offset)) {
        return err_set(err, RC_INVALID, "%.*s: a type is out of its bounds", STR_ARG(name));
    }
    wrong = read_table(rest, &h, type_offset, at, offset);
    if (wrong != NULL) {
        return err_set(err, RC_INVALID, "%.*s: %s", STR_ARG(name), wrong);
    }
    if (!take_footer(str_from(rest, block_bytes(&h, TIME_BYTES)), &zone->rule)) {
        return err_set(err, RC_INVALID, "%.*s: the rule at the end cannot be read", STR_ARG(name));
    }
    zone->count = h.time_count;
    zone->at = at;
    zone->offset = offset;
    zone->before = type_offset[0];
    *out = zone;
    return str_copy(a, name, &zone->name, err);
}

enum rc
zone_parse(struct arena *a, struct str name, struct str bytes, const struct zone **out, struct err *err)
{
    struct zone *zone;
    enum rc rc = parse(a, name, bytes, &zone, err);

    if (rc == RC_OK) {
        *out = zone;
    }
    return rc;
}

/* --- asking ---------------------------------------------------------------------------------- */

struct str
zone_name(const struct zone *zone)
{
    return zone->name;
}

int32_t
zone_offset(const struct zone *zone, int64_t moment)
{
    size_t low = 0, high = zone->count; /* changes before low are past, from high on to come */

    if (zone->rule.there && (zone->count == 0 || moment >= zone->at[zone->count - 1])) {
        return offset_by_rule(&zone->rule, moment);
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->at[middle] <= moment) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == 0 ? zone->before : zone->offset[low - 1];
}

int32_t
zone_offset_of_wall(const struct zone *zone, int64_t wall)
{
    int32_t before = zone_offset(zone, wall - AROUND_S);
    int32_t after = zone_offset(zone, wall + AROUND_S);

    if (before != after && zone_offset(zone, wall - before) != before && zone_offset(zone, wall - after) == after) {
        return after;
    }
    return before;
}

/* --- the zones of a folder ------------------------------------------------------------------- */

struct zones *
zones_new(const char *folder)
{
    struct zones *zones = mem_new(1, sizeof(*zones));
    struct err err;

    zones->arena = arena_new(ARENA_BYTES);
    CHECK(str_copy(zones->arena, str_of(folder), &zones->folder, &err) == RC_OK);
    return zones;
}

void
zones_free(struct zones *zones)
{
    if (zones != NULL) {
        arena_free(zones->arena);
        mem_free(zones);
    }
}

/* Names of the database begin with a capital; that and the want of dots keep a name inside its folder. */
static bool
is_name(struct str name)
{
    bool at_start = true;

    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool capital = c >= 'A' && c <= 'Z';
        bool other = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-';
        if (c == '/' ? at_start : !capital && (i == 0 || !other)) {
            return false;
        }
        at_start = c == '/';
    }
    return name.len <= NAME_MOST && !at_start;
}

static struct zone *
read_zone(struct zones *zones, struct str name)
{
    struct arena *scratch = arena_new(FILE_BYTES + 4096);
    struct str path = str_fmt(scratch, "%.*s/%.*s", STR_ARG(zones->folder), STR_ARG(name));
    struct zone *zone = NULL;
    struct str bytes;
    struct err err;

    if (path.ptr == NULL || file_read(scratch, path.ptr, FILE_BYTES, &bytes, &err) != RC_OK ||
        parse(zones->arena, name, bytes, &zone, &err) != RC_OK) {
        zone = NULL;
    }
    arena_free(scratch);
    return zone;
}

const struct zone *
zones_find(struct zones *zones, struct str name)
{
    struct zone *found;

    if (zones == NULL || !is_name(name)) {
        return NULL;
    }
    for (const struct zone *zone = zones->first; zone != NULL; zone = zone->next) {
        if (str_eq(zone->name, name)) {
            return zone;
        }
    }
    found = read_zone(zones, name);
    if (found != NULL) {
        found->next = zones->first;
        zones->first = found;
    }
    return found;
}
