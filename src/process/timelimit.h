/*
 * timelimit - how long an office, an applicant or a provider of data has, as law or a local rule says it: the table of clocks as data.
 *
 * A document (demo/clocks.json):
 *
 *     {"version", "evidence", "owners", "approvers", "reasons": {"hearing": {"zh","en","basis","evidence","owner","in_writing"}},
 *      "warnings": [{"key":"warn","percent":80,"colour":"yellow"}, {"key":"last","last":1,"colour":"yellow"}],
 *      "limits": [{"key":"permit.decide","zh","en","value":20,"unit":"working_day","owner":"agency","silence":"red",
 *          "extend":{"by":10,"approver":"agency_head","basis","in_writing":true},"pauses":["hearing"],
 *          "source","evidence":"law","valid_from":"2004-07-01"}]}
 *
 * A limit says what silence does once it is over, what may make it stand still and on which legal basis, and how sure its figure is.  "counts":"before"
 * is counted back from a day, such as the end of a permit; "sense":"at_least" is no limit to be kept but a time that has to pass.  A row
 * holds from its first day up to and with its last; of one key one row holds on a day.  How it is counted: process/stopwatch.h.
 */
#ifndef PROCESS_TIMELIMIT_H
#define PROCESS_TIMELIMIT_H

#include "base/json.h"

enum timelimit_unit { UNIT_WORKING_DAY, UNIT_NATURAL_DAY, UNIT_HOUR, UNIT_MONTH };
enum timelimit_silence {
    SILENCE_NOTHING,
    SILENCE_RED,             /* red and public */
    SILENCE_DEEMED_ACCEPTED, /* 视为受理: from the day that the clock started */
    SILENCE_DEEMED_RENEWED,  /* 视为准予延续 */
    SILENCE_LAPSED           /* the applicant's own time: what was to be asked can no longer be asked */
};

struct timelimit_reason { /* why a clock may stand still */
    struct str key, zh, en, basis, evidence;
    struct str owner;  /* whose time it is meanwhile */
    bool in_writing;   /* the applicant has to be told in a document */
};
struct timelimit_warning {
    struct str key;    /* what a process hears: "warn" */
    int percent;       /* of the limit used up; 0: see last */
    int last;          /* as the last so many units begin */
    bool is_yellow;    /* from then on */
};

struct timelimit {
    struct str key, zh, en;
    int64_t value;
    enum timelimit_unit unit;
    bool counts_before, is_at_least;
    struct str owner;  /* code: whose time it is */
    enum timelimit_silence silence;
    int64_t extend_by; /* once; 0: not at all */
    struct str approver, extend_basis;
    bool extend_in_writing;
    size_t reasons, warnings;
    const struct timelimit_reason *const *reason;
    const struct timelimit_warning *warning;
    struct str source, evidence, place, note; /* place: where a local rule holds, or "" */
    int32_t valid_from, valid_to; /* days; INT32_MAX: no end is known */
};

struct timelimits;

enum { TIMELIMIT_VALUE_MAX = 20000 }; /* of any unit: more than a life */

/* RC_INVALID names the row and what is wrong with it; RC_LIMIT. */
MUST_USE enum rc timelimits_load(struct arena *a, const struct json *document, struct timelimits **out, struct err *err);
struct str timelimits_version(const struct timelimits *t);
/* The row that holds on the day, or NULL. */
const struct timelimit *timelimit_find(const struct timelimits *t, struct str key, int32_t day);
bool timelimit_is_known(const struct timelimits *t, struct str key); /* on any day */
/* All rows in the order of the document, for pages and checks. */
size_t timelimit_count(const struct timelimits *t);
const struct timelimit *timelimit_at(const struct timelimits *t, size_t index);
/* What a row warns with if it is not known any more. */
const struct timelimit_warning *timelimit_warnings(const struct timelimits *t, size_t *count);
/* By its key, or by its basis if only one reason of the limit has it.  NULL: this limit does not stand still for that. */
const struct timelimit_reason *timelimit_reason_of(const struct timelimit *l, struct str key_or_basis);
const struct timelimit_reason *timelimit_reason_by_key(const struct timelimits *t, struct str key);
/* A word of "evidence", "owners" or "approvers" in a language; the code itself if there is none. */
struct str timelimit_word(const struct timelimits *t, const char *group, struct str code, struct str lang);
/*
 * Whether so much may be promised: shorter than the law or equal.  RC_INVALID, type "promise-longer", also where it cannot be told (ten
 * working days may be longer than twelve natural ones).
 */
MUST_USE enum rc timelimit_check_promise(const struct timelimit *l, int64_t value, enum timelimit_unit unit, struct err *err);

const char *timelimit_unit_name(enum timelimit_unit unit); /* "working_day" */
struct str timelimit_unit_word(enum timelimit_unit unit, struct str lang, int64_t count); /* "个工作日", "working days" */
bool timelimit_unit_by_name(struct str name, enum timelimit_unit *out);
const char *timelimit_silence_name(enum timelimit_silence silence);
bool timelimit_silence_by_name(struct str name, enum timelimit_silence *out);

#endif
