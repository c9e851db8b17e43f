/* chore_int - what is shared by chore.c (one job from its lease to its record) and the files of its kinds. */
#ifndef SERVICE_CHORE_INT_H
#define SERVICE_CHORE_INT_H

#include "process/conduct_job.h"
#include "process/runtime_view.h"
#include "service/casework_int.h"
#include "service/chore.h"
#include "service/errand.h"

struct chore_checks;

struct chores {
    struct chore_config config;
    struct chore_checks *checks;
};

struct chore_type;

/* One job at work. */
struct chore {
    struct chores *c;
    const struct chore_type *type;
    struct conduct_work *work;
    const struct db *db;
    struct arena *a;
    struct instance instance;  /* as it stands */
    const struct json *inputs; /* of the job; NULL: none */
    struct str part;           /* that it is about; "": the case as a whole */
    bool has_case;             /* here; what runs for another node has none */
    struct case_row file;
    struct item item;
    struct sub_case *subs;
    size_t sub_count;
    struct errand errand;      /* what it leaves */
    const struct json *certificate; /* to be stored with it; NULL: none */
    unsigned char signature[SIG_BYTES];
    struct str status;         /* that certificates get */
    /* First in the transaction, or NULL: what can be known only there.  It may run again. */
    enum rc (*before)(struct tx *tx, struct chore *k, struct err *err);
    /* More to be written in the transaction, or NULL.  It may run again: it sets, and adds nothing. */
    enum rc (*also)(struct tx *tx, struct chore *k, struct err *err);
};

struct chore_type {
    const char *name;
    enum act_kind kind;
    enum rc (*act)(struct chore *k, struct err *err); /* outside of any transaction: fills in what it leaves */
    bool is_slow; /* waits for others */
};

/* --- what a job sees --------------------------------------------------------------------------------------------------- */

const struct json *chore_input(const struct chore *k, const char *name);
struct str chore_text(const struct chore *k, const char *name); /* of an input; "" */
/* A variable of the process as a whole; NULL. */
const struct json *chore_variable(const struct chore *k, const char *name);
const struct sub_case *chore_sub(const struct chore *k); /* of its part; NULL */

/* --- words: chore_words.c ------------------------------------------------------------------------------------------------ */

/* RC_INVALID names the text that is no text. */
MUST_USE enum rc chore_texts_check(const struct json *texts, struct err *err);
/* The words of one errand: list is "notices" or "errands".  RC_NOT_FOUND "no-such-text". */
const struct json *chore_find_text(const struct chore *k, const char *list, struct str key);
/*
 * Into k->errand: audience, and what it says in both languages, about data (NULL: nothing more than the inputs).
 */
MUST_USE enum rc chore_say(struct chore *k, const struct json *text, const struct json *data, struct err *err);

/* --- what is asked of registers: chore_check.c ---------------------------------------------------------------------------- */

/* The document lives as long. */
MUST_USE enum rc chore_checks_open(const struct json *document, struct chore_checks **out, struct err *err);
void chore_checks_close(struct chore_checks *all); /* accepts NULL */

/* --- kinds ------------------------------------------------------------------------------------------------------------------ */

enum rc chore_notice_send(struct chore *k, struct err *err);
enum rc chore_notice_publish(struct chore *k, struct err *err);
enum rc chore_exchange_check(struct chore *k, struct err *err);
enum rc chore_certificate_issue(struct chore *k, struct err *err);
enum rc chore_certificate_revoke(struct chore *k, struct err *err);
enum rc chore_certificate_flag(struct chore *k, struct err *err);
enum rc chore_certificate_deliver(struct chore *k, struct err *err);
enum rc chore_order(struct chore *k, struct err *err); /* whatever is said and recorded, and no more */
enum rc chore_money(struct chore *k, struct err *err);
enum rc chore_offer(struct chore *k, struct err *err);
enum rc chore_draw_experts(struct chore *k, struct err *err);
enum rc chore_place(struct chore *k, struct err *err);
enum rc chore_queue(struct chore *k, struct err *err);
enum rc chore_pack(struct chore *k, struct err *err);

#endif
