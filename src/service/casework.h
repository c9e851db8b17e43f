/*
 * casework - cases (办件) and their sub-cases (子办件): submitted once, worked on in parallel, decided each by its own organisation.
 *
 * Every function that changes something writes its act in the same transaction and says which: acts is an array to which
 * {"kind","index"} is pushed.  What can be done, what it leads to and how clocks move is said by the process that the item names (process/conduct.h);
 * rows here are what it has told, for pages and queues.  A refused part does not stop the others.
 */
#ifndef SERVICE_CASEWORK_H
#define SERVICE_CASEWORK_H

#include "crypto/vault.h"
#include "identity/session.h"
#include "process/conduct_deed.h"
#include "process/counsel.h"
#include "service/draft.h"

/* What parts of cases come to, by what models call it (demo/states.json): {"states":{"accepted":{"view":"open","zh","en"}},"asked","ended","decisions"}. */
struct case_states;
MUST_USE enum rc case_states_load(struct arena *a, const struct json *document, struct case_states **out, struct err *err);
struct str case_state_view(const struct case_states *t, struct str state); /* "open": officers act, "waiting": the applicant does, "done" */
struct str case_state_text(const struct case_states *t, struct str state, struct str lang);
struct str case_state_asked(const struct case_states *t); /* while something is asked of which its model says no state */
struct str case_state_decided(const struct case_states *t, struct str decision); /* what a decision comes to; "": nothing by itself */
struct str case_state_reopened(const struct case_states *t);
/* Of a part without a result of its own, when its process has ended with that decision ("": none). */
struct str case_state_ended(const struct case_states *t, struct str decision);

struct casework {
    struct store *store;
    const struct vault *vault;
    const struct item_table *items;
    const struct org_table *orgs;
    const struct case_states *states;
    struct conduct *conduct; /* opened with case_house */
    const struct counsel *counsel; /* rules of law; NULL: the items' own figures count */
    int offset_minutes;
};

/* What processes tell goes into the rows of cases; w must live as long as the conduct that is opened with it. */
struct conduct_house case_house(struct casework *w);

/*
 * Draft → case, in one transaction: number (实施编码 31 + yyyymmdd + serial 4, GB/T 39554 form), values and provenance sealed, a sub-case for each
 * part that applies (others are "waived" with the rule that says so), its process in the version of that day, acts.  The draft remembers the case: submitting again, also at once
 * from two tabs, gives the same number; its files go over to the case.  RC_INVALID, type "form-incomplete"; RC_CONFLICT "other-tab": the draft was
 * saved since it was read, so nobody submits unseen; RC_BUSY "day-full".
 */
MUST_USE enum rc case_submit(const struct casework *w, const struct db *db, struct arena *a, const struct draft *draft,
                             const struct identity *who, int64_t now_us, struct str *case_no, struct json *acts, struct err *err);

/*
 * For pages and programs, in lang: {"case_no","query_code","item","name","submitted","state","summary","sub_cases":[{"id","org","org_name","name","state","state_text",
 * "clock":{"colour","text","title","left_days","used_days","promised_days","unit","owner","due"},"whose" (the time),"time_text","officer","phone","supplement":{…},"decision":{…},"certificate_url"}],"notice":{…},"timeline":[…],
 * "notices":[{"title","text","at_text","part_name","proof_url"}] that were told in writing, and the same of "errands" that programs did,
 * "is_issuing": a certificate is on its way}; for its owner
 * "to_do":[{"task","part","name","text","is_supply","url","outcomes":[{"code","title","needs_reason"}],"form"}], what waits for them.
 * Who may see it: its owner, an officer whose organisation has a part or has or had a task of it, a supervisor.  Else RC_DENIED; for another
 * citizen RC_NOT_FOUND.
 * Both spellings of the number, any blanks or hyphens, any case.
 */
MUST_USE enum rc case_document(const struct casework *w, const struct db *db, struct arena *a, struct str case_no,
                               const struct identity *who, int64_t now_us, struct str lang, struct json **out, struct err *err);
/*
 * By query code alone, for anyone who has it: states, clocks, whose turn it is and what is asked for; no name of a person, nothing that was
 * filled in.  {"query_code","name","submitted_text","summary","state","next":{"who","text"},"left_text","sub_cases":[…],"timeline":[…]}, as pages/progress.html
 * names them.
 */
MUST_USE enum rc case_progress(const struct casework *w, const struct db *db, struct arena *a, struct str query_code, int64_t now_us,
                               struct str lang, struct json **out, struct err *err);
/* What was submitted: values with provenance (form_summary); the same right. */
MUST_USE enum rc case_application(const struct casework *w, const struct db *db, struct arena *a, struct str case_no,
                                  const struct identity *who, struct str lang, struct json **out, struct err *err);
/* Own cases, newest first; after: cursor or "".  {"cases":[…],"next"} */
MUST_USE enum rc case_list_of(const struct casework *w, const struct db *db, struct arena *a, struct str subject, struct str after,
                              int limit, int64_t now_us, struct str lang, struct json **out, struct err *err);

/*
 * An organisation's queue: view "open", "waiting" (for the applicant) and "suspended" are its tasks by when they are due, "done" its parts that have a result.  Keyset paging;
 * milliseconds at 1,000,000 cases.  {"view","rows":[{"id" (of the part, "<case_no>-0": the whole case),"case_no","tail","applicant","item","item_name","part","part_name",
 * "task","task_name","kind","assignee","state","state_text","clock" (that it goes by),"due","since","submitted_text","url"}],"counts":{"open","waiting","done"},"next"}
 */
MUST_USE enum rc case_queue(const struct casework *w, const struct db *db, struct arena *a, struct str org, struct str view,
                            struct str after, int limit, int64_t now_us, struct str lang, struct json **out, struct err *err);

struct case_move {
    struct str sub_case; /* "<case_no>-1", "<case_no>-0": of the case as a whole */
    int64_t instance, token; /* the task that is meant (case_choices); 0: the first where it can be done */
    /* "ask_supplement", "supply", "return", "withdraw", or an outcome of an open task: "accept", "grant", "refuse", …; "" where a task has none */
    struct str on;
    struct str reason;   /* told to the applicant as it stands; required to ask, to send back, and where the outcome says so */
    struct str terms;    /* grant_with_terms */
    struct str power;    /* code of the power under which it is decided; must be that of the outcome */
    struct str element;  /* return: to which element of the process */
    const struct json *data;        /* of the task's form; NULL: it has none */
    const struct json *fields;      /* ask_supplement: [{"field","what"}]; supply: field → value */
};
/*
 * One step, one transaction: state, clock, decision, acts.  RC_DENIED "other-organisation", "power-missing", …;
 * RC_CONFLICT "step-not-possible", "only-once", "done-meanwhile"; RC_INVALID "reason-missing", "fields-missing", "form-invalid" (conduct_deed.h).
 */
MUST_USE enum rc case_step(const struct casework *w, const struct db *db, struct arena *a, const struct case_move *move,
                           const struct identity *who, int64_t now_us, struct json *acts, struct err *err);
/* What a grant of this part would issue, complete but for the signature; *out NULL if it issues nothing. */
MUST_USE enum rc case_certificate(const struct casework *w, const struct db *db, struct arena *a, struct str sub_case,
                                  int64_t now_us, struct json **out, struct err *err);
/* Inside the transaction in which a job issues it: stored, with its act, and shown with the part.  Issued already: nothing more. */
struct case_issue {
    struct str sub_case;
    const struct json *certificate; /* from case_certificate */
    struct str signature, key_id, actor;
    int64_t now_us;
};
MUST_USE enum rc case_issue_tx(const struct casework *w, struct tx *tx, struct arena *a, const struct case_issue *issue,
                               struct json *acts, struct err *err);
/*
 * What may be done with a part now (or, "<case_no>-0", with the case as a whole), by whoever asks:
 * {"tasks":[{"task" ("<instance>.<token>"; of what was asked beside it "….<serial>"),"kind","name","part","element","state","org","org_name","power","assignee","due","may":[…],"outcomes",
 * "returns":[{"element","title"}],"form": its schema or null,"form_key","can_ask","fields" (that may be asked for),"question","is_second_person_barred","is_countersign","signer"}],
 * "outcomes":[{"code","title","act","is_decision","needs_reason","may","power"}],"can_ask","can_supply"}: the latter of all its tasks together.
 * Nothing of a case that was begun before there were processes.
 */
MUST_USE enum rc case_choices(const struct casework *w, const struct db *db, struct arena *a, struct str sub_case,
                              const struct identity *who, int64_t now_us, struct str lang, struct json **out, struct err *err);

/*
 * What an item costs by a rule (its "fee", or what its guide lists), or else by its fee_cents; values: what was filled in, NULL before that.
 */
struct case_ruling { /* what is asked, and for what */
    const struct casework *work;
    const struct db *db;
    const struct item *item;
    const struct json *values;
    int64_t now_us;
    int32_t day; /* whose law counts */
};
struct case_fee {
    int64_t cents;
    struct counsel_answer answer; /* version 0: no rule */
};
MUST_USE enum rc case_fee(const struct case_ruling *r, struct arena *a, const struct json *binding, struct case_fee *out,
                          struct err *err);

#endif
