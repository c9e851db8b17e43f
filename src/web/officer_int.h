/* officer_int - what the pages of an officer's desk share. */
#ifndef WEB_OFFICER_INT_H
#define WEB_OFFICER_INT_H

#include "web/forms_int.h"

struct officer_desk {
    struct json *found; /* the whole case */
    struct json *sections;
    const struct json *sub; /* NULL: "<case_no>-0", what is to be done with the case as a whole */
    struct str case_no;
    const struct item *item;
    struct json *choices;    /* what may be done now (case_choices) */
    const struct json *task; /* of those the one that is open on the page; NULL: the organisation has none here */
};

/* The sub-case of the address, for officers whose organisation has it or a task of it; else RC_DENIED "other-organisation". */
MUST_USE enum rc officer_open(struct page *p, struct officer_desk *d, struct err *err);
/* All of it into the document. */
MUST_USE enum rc officer_show(struct page *p, const struct officer_desk *d, struct err *err);
/* Nothing of what was written is lost: the desk once more, with errors [{"field","message"}]. */
MUST_USE enum rc officer_show_again(struct page *p, const struct json *errors, struct err *err);
MUST_USE enum rc officer_show_error(struct page *p, const char *field, struct str message, struct err *err);
/* Its files, each with the address at which they can be had, and what a supplement has changed. */
void officer_put_evidence(struct page *p, const struct officer_desk *d);

/* --- officer_task.c: a task and what may be done with it --------------------------------------------------------------- */

/* Of those of the address, by its id; NULL: it is of another case, or over. */
const struct json *officer_find_task(const struct officer_desk *d, struct str id);
MUST_USE enum rc officer_put_tasks(struct page *p, const struct officer_desk *d, struct err *err);

/* --- officer_deed.c: what is done beside completing it -------------------------------------------------------------------- */

/* "deeds" of the document: a form for each that whoever looks may do. */
MUST_USE enum rc officer_put_deeds(struct page *p, const struct officer_desk *d, struct err *err);

/* officer_queue.c, officer.c, officer_decide.c, officer_deed.c, officer_supplement.c, officer_material.c */
enum rc officer_queue(struct page *p, struct err *err);
enum rc officer_case(struct page *p, struct err *err);
enum rc officer_accept(struct page *p, struct err *err);
enum rc officer_decide(struct page *p, struct err *err);
enum rc officer_return(struct page *p, struct err *err);
enum rc officer_deed(struct page *p, struct err *err); /* of the last word of its route */
enum rc officer_supplement_page(struct page *p, struct err *err);
enum rc officer_supplement(struct page *p, struct err *err);
enum rc officer_material(struct page *p, struct err *err);
enum rc handovers_material(struct page *p, struct err *err); /* handovers.c */
/* A file as it is, so that nothing in it runs. */
MUST_USE enum rc officer_send_material(struct page *p, struct str sha256, struct err *err);

#endif
