/* officer_int - what the pages of an officer's desk share. */
#ifndef WEB_OFFICER_INT_H
#define WEB_OFFICER_INT_H

#include "web/handlers.h"

struct officer_desk {
    struct json *found; /* the whole case */
    struct json *sections;
    const struct json *sub;
    struct str case_no;
    const struct item *item;
    struct json *choices; /* what may be done now */
};

/* The sub-case of the address, for officers of its organisation; else RC_DENIED "other-organisation". */
MUST_USE enum rc officer_open(struct page *p, struct officer_desk *d, struct err *err);
/* All of it into the document. */
void officer_show(struct page *p, const struct officer_desk *d);
/* Its files, each with the address at which they can be had, and what a supplement has changed. */
void officer_put_evidence(struct page *p, const struct officer_desk *d);

#endif
