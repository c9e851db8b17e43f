/* modelbook_int - what keeping and trying models share. */
#ifndef PROCESS_MODELBOOK_INT_H
#define PROCESS_MODELBOOK_INT_H

#include "process/modelbook.h"
#include "process/ruling_int.h"

enum { MODELBOOK_ARENA = 64 << 20 };

/* bpmn_read, one text at a time. */
MUST_USE enum rc modelbook_read(struct modelbook *b, struct arena *a, struct str xml, const struct bpmn **out, struct bpmn_report *report,
                                struct err *err);
struct rulings *modelbook_rulings(const struct modelbook *b);

#endif
