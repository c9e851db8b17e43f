/*
 * bpmn_compare - two versions of a process model, element by element: what was added, removed, changed, or only moved in the drawing.
 *
 * Elements belong together by id.  What is compared is what they say: attributes and contents whatever the prefixes, the order of attributes and
 * the blanks are.  The flows that an element lists as incoming and outgoing say nothing of their own.
 */
#ifndef PROCESS_BPMN_COMPARE_H
#define PROCESS_BPMN_COMPARE_H

#include "base/json.h"
#include "process/bpmn_picture.h"

/*
 * {"count" (without those that were only moved),"added":[…],"removed":[…],"changed":[…],"moved":[…]}, each an element {"id","tag","name"}; one that was
 * changed has "changes":[{"what":"name","was","is"}], what: an attribute, the name of a content, or "in" if it stands in another one now.  Of more than
 * BPMN_SHOWN_MAX of a kind the first are told; "left_out" says how many are not.  RC_LIMIT: it would take too long.
 * RC_INVALID: one of them is no model of processes.
 */
MUST_USE enum rc bpmn_compare(struct arena *a, struct str before, struct str after, struct json **out, struct err *err);
/* Marks for the picture of the later one; on the arena. */
MUST_USE enum rc bpmn_compare_marks(struct arena *a, const struct json *compared, struct bpmn_mark **out, size_t *count, struct err *err);

#endif
