/*
 * mandate - under which powers somebody outside of a case may touch running processes: programs that work for them, whoever repairs them.
 *
 * Which power covers what is data of the place (demo/city.json, "mandates"): [{"to":["job","message"],"of":["exchange.*"],"power":"…"}].  of: the
 * type of a job, the name of a message or signal, else the key of the process; "x.*" is all that begins with "x.", "*" is all.  Where
 * nothing is said nobody may.
 */
#ifndef PROCESS_MANDATE_H
#define PROCESS_MANDATE_H

#include "identity/officer.h"

#define MANDATE_TABLE(X)                                                                            \
    X(JOB, "job")             /* take work of a type, and say what came of it */                     \
    X(MESSAGE, "message")     /* send one */                                                         \
    X(SIGNAL, "signal")                                                                              \
    X(LOOK, "look")           /* how a case stands, what happened, what has gone wrong */            \
    X(VARIABLES, "variables") /* with what it says of people */                                      \
    X(RETRY, "retry") X(CANCEL, "cancel") X(MOVE, "move")                                            \
    X(SETTLE, "settle")       /* a message that nobody took: deliver it, or forget it */
enum mandate_kind {
#define X(name, word) MANDATE_##name,
    MANDATE_TABLE(X)
#undef X
    MANDATES
};
const char *mandate_name(enum mandate_kind kind);

/* The power of theirs that covers it; "" if none does.  of "": whether there is anything of that kind that they may. */
struct str mandate_power(const struct json *table, enum mandate_kind kind, struct str of, const struct officer *who);
/* Whether somebody could have a power for it at all. */
bool mandate_is_given(const struct json *table, enum mandate_kind kind, struct str of);

#endif
