/*
 * ruling - the rulebook understood: decisions by the version that holds, what was decided kept with its act, and looks at a text before
 * it becomes law.
 *
 * Models are compiled once a process and kept by the hash of their text, which never changes; which version holds is read each time, so a new
 * one counts at once.  Evaluation wants more stack than a coroutine has and may take a while: it runs on a few threads of its own, while
 * the caller waits as its struct db says; whoever has nothing to suspend (a thread) does it itself.  Everything is within the limits of run.h.
 *
 * Inputs of real cases are personal: they are sealed with the answer that they led to, and forgotten by ruling_expire.
 */
#ifndef PROCESS_RULING_H
#define PROCESS_RULING_H

#include "crypto/vault.h"
#include "process/counsel.h"
#include "process/pins.h"
#include "process/rulebook.h"

struct rulings_config {
    const struct vault *vault;
    const char *zones_folder; /* time zones by name (rule/zone.h) */
    int offset_minutes;
    int threads;              /* for callers that can be suspended */
};
struct rulings;

MUST_USE enum rc rulings_new(const struct rulings_config *config, struct rulings **out, struct err *err);
void rulings_free(struct rulings *r); /* nobody may be asking; accepts NULL */
/* Answers by the rulebook. */
const struct counsel *rulings_counsel(const struct rulings *r);

/* Forgets what was decided before that moment, inputs and reasons; the acts stay. */
MUST_USE enum rc ruling_expire(const struct db *db, int64_t older_than_us, struct err *err);
/* What rules said in a case, opened: array of {"rule","version","act","at","decision","inputs","result","reasons"}. */
MUST_USE enum rc ruling_of_case(const struct rulings *r, const struct db *db, struct arena *a, struct str case_no, struct json **out,
                                struct err *err);

/* --- a text that is not law, or not yet ------------------------------------------------------------------------- */
/* Which models a text imports is said by a version (number > 0) as it was pinned with it; for any other text it is what holds on the day. */
struct ruling_text {
    struct str xml;
    struct str model; /* whose version */
    int64_t number;
    int32_t day;
};
/* What is pinned with a text that begins on text->day.  RC_INVALID, type "rule-unfit": it cannot be read with what holds on that day. */
MUST_USE enum rc ruling_pins(struct rulings *r, const struct db *db, struct arena *a, const struct ruling_text *text, struct pins *out,
                             struct err *err);
/*
 * {"readable","model" (rule/picture.h),"changes" (with a base: how many places differ from it),"findings":[…] (rule/analysis.h),"errors",
 * "warnings","imports":[{"key","namespace","version","in_force" (on the day),"sha256"}]}; of
 * more than RULING_CELLS_SHOWN cells tables say "rule_count" and "left_out", of more than RULING_ITEMS_SHOWN decisions the model "decisions_left_out", of findings that
 * are too long together "findings_left_out" says how many; a text that cannot be read has "fault":{"line","column","element","zh","en"} and nothing else.
 */
enum { RULING_CELLS_SHOWN = 4000, RULING_ITEMS_SHOWN = 500 };
struct ruling_wish {
    struct ruling_text text, base; /* base: its XML is "" if there is none */
    bool wants_findings;
};
MUST_USE enum rc ruling_look(struct rulings *r, const struct db *db, struct arena *a, const struct ruling_wish *w, struct json **out,
                             struct err *err);
/*
 * The cases of a document (rule/cases.h): {"count","passed","failed","rows":[{"id","description","decision","passed","expected","got","error"}]}, the
 * first RULING_CASES_SHOWN, those that fail before the others; "fault" if the model, "unreadable" if the cases cannot be read.
 */
enum { RULING_CASES_SHOWN = 300 };
MUST_USE enum rc ruling_test(struct rulings *r, const struct db *db, struct arena *a, const struct ruling_text *text,
                             struct str cases, int64_t now_us, struct json **out, struct err *err);
/*
 * What this text would have made of what was decided since: {"since","total","count" (looked at, the latest),"changed","rows":[{"case_no","at","act",
 * "decision","version","changes":[{"name","old","new"}]}]}, rows of the first RULING_ROWS that change.
 */
enum { RULING_COMPARED_MAX = 2000, RULING_ROWS = 50 };
MUST_USE enum rc ruling_compare(struct rulings *r, const struct db *db, struct arena *a, struct str model,
                                const struct ruling_text *text, int64_t since_us, struct json **out, struct err *err);

/* --- the same for programs ------------------------------------------------------------------------------------------- */
/* A FEEL expression over a context: {"value","text","kind","notes":[{"zh","en"}]}, or {"fault":{"at","zh","en"}}. */
MUST_USE enum rc ruling_feel(struct rulings *r, const struct db *db, struct arena *a, struct str feel, const struct json *context,
                             int64_t now_us, struct json **out, struct err *err);
/* A decision of this text: {"value","notes","reasons" (if wanted)}, or {"fault"} as ruling_look has it.  RC_NOT_FOUND, type "no-such-decision". */
struct ruling_question {
    struct ruling_text text;
    struct str decision;       /* "": the last one of the model */
    const struct json *inputs; /* may be NULL */
    bool wants_reasons;
    int64_t now_us;
};
MUST_USE enum rc ruling_decide(struct rulings *r, const struct db *db, struct arena *a, const struct ruling_question *q,
                               struct json **out, struct err *err);
/* A document against a JSON Schema: {"valid","is_cut","errors":[{"path","keyword","schema_path","zh","en"}]}. */
MUST_USE enum rc ruling_schema(struct rulings *r, const struct db *db, struct arena *a, const struct json *schema,
                               const struct json *document, int32_t today, struct json **out, struct err *err);

#endif
