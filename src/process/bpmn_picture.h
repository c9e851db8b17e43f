/*
 * bpmn_picture - a process model as a picture and, beside it, the same in order as text, for people who cannot see one.
 *
 * The picture is a document, so that pages show it in their own colours, in any theme and without a script: lines as SVG path data and texts with
 * their places, made from the drawing in the model (BPMNDI), or laid out here if it has none.  Marks say where a case is, how many cases
 * wait, what was changed or is wrong; each has a sign of its own beside its colour.
 */
#ifndef PROCESS_BPMN_PICTURE_H
#define PROCESS_BPMN_PICTURE_H

#include "base/json.h"

/* Of several marks on one element the later one of this list counts. */
#define BPMN_MARK_TABLE(X)                                                                                                    \
    X(NONE, "") X(MOVED, "moved") X(DONE, "done") X(CANCELLED, "cancelled") X(CALM, "calm") X(BUSY, "busy") X(CROWDED, "crowded") \
    X(ACTIVE, "active") X(SOON, "soon") X(OVERDUE, "overdue") X(FAILED, "failed") X(CHANGED, "changed") X(ADDED, "added")       \
    X(REMOVED, "removed") X(DOUBTFUL, "doubtful") X(WRONG, "wrong")
enum bpmn_mark_kind {
#define X(name, word) BPMN_MARK_##name,
    BPMN_MARK_TABLE(X)
#undef X
    BPMN_MARKS
};
const char *bpmn_mark_name(enum bpmn_mark_kind kind);

struct bpmn_mark {
    struct str id; /* of an element; what is not drawn marks the one around it */
    enum bpmn_mark_kind kind;
    int64_t count; /* added up; 0: no number is shown */
};

/*
 * {"view_box","width","height","was_laid_out","items":[…],"steps":[…],"left_out"}.  left_out: of how many elements more than BPMN_SHOWN_MAX nothing is shown; then
 * there are no items at all, as half a picture would mislead.
 * items, in the order in which they are painted: {"id","tag","name","mark","parts":[{"class","d","at"}],"texts":[{"class","x","y","text","turn"}],
 * "count"}; at and turn are SVG transforms or "".  steps, in the order of the process, what is inside of one behind it:
 * {"id","tag","name","depth","trigger","lane","role","org","to":[{"id","name","tag"}],"attached","mark","count"}.
 * RC_INVALID: it is no XML, or no model of processes; RC_LIMIT.
 */
enum { BPMN_SHOWN_MAX = 2000 };
struct bpmn_look {
    struct str xml;
    const struct bpmn_mark *mark;
    size_t marks;
    bool is_english; /* names as gov:en has them, where it has */
};
MUST_USE enum rc bpmn_picture(struct arena *a, const struct bpmn_look *look, struct json **out, struct err *err);
/* The same model with a drawing, if it has none: what the designer needs.  The text is otherwise as it was. */
MUST_USE enum rc bpmn_draw(struct arena *a, struct str xml, struct str *out, struct err *err);

#endif
