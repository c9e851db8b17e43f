/* casework_int - what is shared by casework_submit.c (draft to case), casework.c (steps), casework_process.c (what processes tell), and the views. */
#ifndef SERVICE_CASEWORK_INT_H
#define SERVICE_CASEWORK_INT_H

#include "evidence/act.h"
#include "service/casework.h"

struct case_row {
    struct str case_no;
    struct str query_code, subject, item;
    int64_t item_version;
    struct str title;       /* opened */
    struct str content;     /* still sealed */
    int64_t submitted_us;
    int64_t act;
};

enum case_whose { CASE_NOBODYS, CASE_OFFICES, CASE_APPLICANTS, CASE_ELSEWHERE };
struct sub_case {
    struct str id;
    struct str case_no;
    struct str part;
    struct str org;
    struct str state;
    struct str state_zh, state_en; /* as its model calls it; "": as the table does */
    struct str view;
    struct str officer;
    struct str officer_name;  /* and phone: "" if nobody has it yet */
    struct str officer_phone;
    int64_t clock; /* the one that it goes by: of its acceptance, then of its promise; 0: none was started */
    const struct watch *watch; /* that one, once case_read_clocks has found it; NULL */
    enum case_whose whose; /* the time: who has something to do; likewise.  Elsewhere: another node */
    int64_t done_us; /* when it had its result, 0 */
    int statutory_days;
    /* {"asked":[{"field","what"}],"reason","at","by","instance","token","answers":{…},"answered_at","earlier":{…},"was":{…}} or NULL */
    struct json *supplement;
    bool supplemented;
    struct json *decision; /* {"result","reason","terms","power","by","at"} or NULL */
    int64_t decided_us;
    int64_t decision_act;
    struct str certificate;
};

/* Row functions; the struct lives on the reading's arena. */
struct case_reading {
    const struct casework *work;
    struct arena *arena;
    struct case_row row;
    bool is_found;
};
enum rc case_read_row(const struct row *row, void *ctx, struct err *err);

struct sub_case_reading {
    const struct casework *work;
    struct arena *arena;
    struct sub_case *rows;
    size_t most;
    size_t count;
};
enum rc sub_case_read_row(const struct row *row, void *ctx, struct err *err);

enum { PARTS_MAX = ITEM_PARTS_MAX, QUERY_CODE_LEN = 12 };

MUST_USE enum rc case_read(const struct casework *w, const struct db *db, struct arena *a, struct str case_no, struct case_row *out,
                           struct err *err);
MUST_USE enum rc case_read_subs(const struct casework *w, const struct db *db, struct arena *a, struct str case_no, struct sub_case *out,
                                size_t *count, struct err *err);
/* {"values":{…}} as it was submitted. */
MUST_USE enum rc case_open_content(const struct casework *w, struct arena *a, const struct case_row *row, struct json **out, struct err *err);
/* The version of the item that the case began with. */
MUST_USE enum rc case_read_item(const struct casework *w, const struct db *db, struct arena *a,
                                const struct case_row *file, struct item *out, struct err *err);
/* The part of the item's document that a sub-case is about; NULL if the version has no such part. */
const struct json *case_part(const struct json *item, struct str part);
/* Any spelling of a case's or query code's digits → upper case without blanks and hyphens. */
MUST_USE enum rc case_fold(struct arena *a, struct str text, struct str *out, struct err *err);

/* --- documents of one case: casework_view.c --- */

struct case_view {
    const struct casework *work;
    const struct db *db;
    struct arena *arena;
    struct str lang;
    bool en;
    int64_t now_us;
    int32_t today;
    struct item item;
    struct json *tasks; /* open ones of the case; NULL where nobody looked */
};

MUST_USE enum rc case_open_view(const struct casework *w, const struct db *db, struct arena *a, struct str item, int64_t version,
                                int64_t now_us, struct str lang, struct case_view *out, struct err *err);
struct str case_moment_words(const struct case_view *v, int64_t at_us); /* 11月23日 09:40 */
struct str case_day_words(const struct case_view *v, int32_t day);      /* 11月23日 */
struct str case_state_words(const struct case_view *v, const struct sub_case *s);
/* How many parts are in each kind of state, in one sentence. */
struct str case_summary_words(const struct case_view *v, const struct sub_case *subs, size_t count);
struct json *case_head(const struct case_view *v, const struct case_row *file, const struct sub_case *subs, size_t count);
struct json *case_sub_document(const struct case_view *v, const struct sub_case *s);
/* "sub_cases", and the one "notice" that waits for the applicant. */
void case_put_subs(const struct case_view *v, struct json *d, const struct sub_case *subs, size_t count);
/* What happened, of "notices" and "errands" that are there already: casework_timeline.c. */
MUST_USE enum rc case_put_timeline(const struct case_view *v, struct json *d, struct str case_no, struct err *err);

/* --- what rules say: casework_rule.c; an answer of version 0 is none, and the item's own figures count --- */

enum { CASE_DAYS_MAX = 1000 };
struct case_limits { /* by "limits" of the part or the item: {"promised_days","statutory_days"} */
    int promised_days, statutory_days;
    struct counsel_answer answer;
};
MUST_USE enum rc case_limits(const struct case_ruling *r, struct arena *a, const struct json *part, struct case_limits *out, struct err *err);
/* As the item's document has them, without asking. */
void case_own_limits(const struct item *item, const struct json *part, struct case_limits *out);
struct case_share { /* by "routing": {"handled"} */
    bool is_handled;
    struct counsel_answer answer;
};
MUST_USE enum rc case_takes_part(const struct case_ruling *r, struct arena *a, const struct json *part, struct case_share *out,
                                 struct err *err);

/* --- processes: casework_process.c --- */

struct case_beginning { /* of a process: what it is told */
    const struct casework *work;
    const struct item *item;
    struct str case_no, subject;
    const struct json *values; /* that were filled in */
    const struct case_share *share;   /* part by part */
    const struct case_limits *limits;
    int promised_days; /* of the case as a whole; 0: nothing is promised */
};
MUST_USE enum rc case_variables(const struct case_beginning *b, struct arena *a, struct json **out, struct err *err);
/* Whether it is among these, or a member of a part. */
bool case_gives(struct str name);
/* As it stands in a column of a sub-case; NULL stays NULL. */
MUST_USE enum rc case_seal(const struct casework *w, struct arena *a, const char *column, struct str sub_case, const struct json *value,
                           struct param *out, struct err *err);
/* {"kind","index"} of an act that was written, for the caller of a change. */
void case_push_act(struct arena *a, struct json *acts, enum act_kind kind, int64_t index);

/* Cursors are "<number>.<text>", where the last page ended; anything else begins with first. */
void case_cursor(struct str cursor, int64_t first, int64_t *number, struct str *text);

struct str case_place(struct arena *a, const char *column, struct str id);
/* A case that nobody has applied for (casework_opening.c), as struct conduct_house has it. */
MUST_USE enum rc case_open(struct tx *tx, struct arena *a, const struct opening *o, struct opening_case *out, void *ctx, struct err *err);

#endif
