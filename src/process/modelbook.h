/*
 * modelbook - process models of the rulebook understood: compiled once and kept for those who run them, and looked at before they become law.
 *
 * A version never changes, so what was compiled is never out of date; it lives as long as the book, because cases of a version may run for years.
 * Which version holds is read each time.  Compiling wants more stack than a coroutine has: it runs where rulings run (process/ruling.h).
 */
#ifndef PROCESS_MODELBOOK_H
#define PROCESS_MODELBOOK_H

#include "process/bpmn.h"
#include "process/bpmn_picture.h"
#include "process/ruling.h"

struct modelbook;

MUST_USE enum rc modelbook_open(struct rulings *rulings, struct modelbook **out, struct err *err);
void modelbook_close(struct modelbook *b); /* accepts NULL; nobody may have a model of it; before rulings_free */

/* Who waits where, counted over all open cases (process/census.h). */
struct census;
struct census *modelbook_census(const struct modelbook *b);

/* The model of a version if it is in memory, else NULL.  Any thread, at once. */
const struct bpmn *modelbook_find(struct modelbook *b, struct str key, int64_t version);
/* Reads it, so that find knows it.  Never inside a transaction.  RC_NOT_FOUND, type "no-such-rule"; RC_INVALID: it has errors; RC_LIMIT. */
MUST_USE enum rc modelbook_load(struct modelbook *b, const struct db *db, struct str key, int64_t version, struct err *err);

/* The process that a key stands for in its model: the one of that id, else the first that may run, else the first. */
struct str modelbook_process(const struct bpmn *m, struct str key);
/*
 * What a process key means on a day: itself first, then all that it calls, and those call, on this node, each in the version that holds; all of
 * them loaded.  process: id of the process in the model.  RC_NOT_FOUND, type "no-rule-in-force", names the key; RC_INVALID: it is not sound.
 */
enum { MODELBOOK_BOUND_MAX = 64 };
struct modelbook_bound {
    struct str key;
    int64_t version;
    struct str process;
};
MUST_USE enum rc modelbook_bind(struct modelbook *b, const struct db *db, struct arena *a, struct str key, int32_t day,
                                const struct modelbook_bound **out, size_t *count, struct err *err);
/* The same of a version that is named, whether it holds or not; 0: the one that holds. */
MUST_USE enum rc modelbook_bind_version(struct modelbook *b, const struct db *db, struct arena *a, struct str key, int64_t version, int32_t day,
                                        const struct modelbook_bound **out, size_t *count, struct err *err);

/* --- a text that is not law, or not yet --------------------------------------------------------------------- */
/*
 * {"readable" (a picture can be made),"processes":[{"id","name","executable","elements"}],"errors","unsound","warnings","findings":[…] (bpmn_report_json),
 * "picture" (process/bpmn_picture.h; findings, or with a base what was changed, are marked), "compared" (with a base: process/bpmn_compare.h), "xml" (if
 * wanted: the text with a drawing, if it had none)}.
 */
struct modelbook_wish {
    struct str xml, base; /* base: "" none */
    const struct bpmn_mark *mark; /* more marks for the picture */
    size_t marks;
    bool is_english, wants_findings, wants_drawing;
};

MUST_USE enum rc modelbook_look(struct modelbook *b, const struct db *db, struct arena *a, const struct modelbook_wish *w, struct json **out,
                                struct err *err);


/*
 * A case in memory by that text, and what it calls and which rules it asks as they hold on the day (process/simulate.h): {"readable","tasks":[{"id","name","en",
 * "outcomes":[{"code","zh","en"}]}], and if it runs: "fault" (what is wrong with the script or the variables), or "time","steps","is_whole","is_cut","lines":[{"time",
 * "element","name","instance","what","detail"}],"left_out" (lines more than MODELBOOK_LINES_SHOWN),"standing":[…]}.
 */
enum { MODELBOOK_LINES_SHOWN = 2000, MODELBOOK_STEPS_MAX = 2000 };
struct timelimits;
struct calendar;
struct modelbook_trial {
    struct str xml, key; /* key: number of the case */
    const struct json *variables, *script; /* or NULL */
    const struct timelimits *limits; /* NULL: clocks are only told of */
    const struct calendar *calendar;
    int32_t day;
    int64_t start_us;
    bool runs; /* without it only the tasks are told */
};
MUST_USE enum rc modelbook_try(struct modelbook *b, const struct db *db, struct arena *a, const struct modelbook_trial *t, struct json **out,
                               struct err *err);

#endif
