/*
 * err - how a function says that it could not do what was asked.
 *
 * A function that can fail returns enum rc and takes a struct err * as its
 * last argument.  On RC_OK the err is untouched; on anything else it holds
 * one line for the log and a stable problem type for the caller's caller.
 * The caller owns the err (usually on its stack), so a message can never be
 * stale or belong to another request.
 *
 * Errors are for what the world may do to us.  A broken invariant is a bug,
 * not an error: use CHECK, which is compiled into production builds too.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/*
 * The whole vocabulary: code, HTTP status, exit status of the command line
 * (sysexits.h), and the problem type (RFC 9457) used where none more exact is given.
 */
#define RC_TABLE(X)                                                                          \
    X(RC_OK, 200, 0, "ok")                                                                   \
    X(RC_INVALID, 400, 65, "invalid")         /* the request itself is wrong */              \
    X(RC_ANONYMOUS, 401, 77, "sign-in")       /* nobody is signed in, or no longer */        \
    X(RC_DENIED, 403, 77, "not-permitted")    /* understood, and not allowed */              \
    X(RC_NOT_FOUND, 404, 66, "not-found")     /* nothing by that name */                     \
    X(RC_METHOD, 405, 64, "method")           /* not this verb on this address */            \
    X(RC_CONFLICT, 409, 75, "conflict")       /* contradicts what already happened */        \
    X(RC_LIMIT, 413, 70, "limit")             /* a stated limit would be passed */           \
    X(RC_TYPE, 415, 65, "media-type")         /* content of a kind not taken here */         \
    X(RC_BUSY, 429, 75, "too-many")           /* too often; later it will work */            \
    X(RC_CORRUPT, 500, 76, "internal")        /* stored data contradicts itself */           \
    X(RC_PEER, 502, 76, "peer")               /* another system answered wrongly */          \
    X(RC_IO, 503, 74, "unavailable")          /* disk, network or database failed */         \
    X(RC_TIMEOUT, 504, 75, "timeout")         /* another system did not answer in time */    \
    X(RC_FULL, 507, 73, "storage-full")       /* nothing more can be written */

enum rc {
#define X(name, http, status, type) name,
    RC_TABLE(X)
#undef X
};

enum { ERR_TEXT_MAX = 240 };

struct err {
    const char *file; /* where it was first noticed; static storage */
    int line;
    const char *type;        /* problem type, kebab-case, static storage; never NULL after a set */
    char text[ERR_TEXT_MAX]; /* for the log; never shown to the public as it stands */
};

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Fill *e and return code, so that failing is one line at the call. */
#define err_set(e, code, ...) err_set_at((e), (code), NULL, __FILE__, __LINE__, __VA_ARGS__)

/* The same with a problem type of its own, such as "grant-expired" (a string literal). */
#define err_problem(e, code, type, ...)                                                      \
    err_set_at((e), (code), "" type, __FILE__, __LINE__, __VA_ARGS__)

enum rc err_set_at(struct err *e, enum rc code, const char *type, const char *file, int line,
                   const char *fmt, ...) PRINTF(6, 7);

const char *rc_name(enum rc code);
const char *rc_type(enum rc code);
int rc_http(enum rc code);
int rc_exit(enum rc code);

/* Stop this process if cond is false.  Cheap conditions only. */
#define CHECK(cond) ((cond) ? (void)0 : check_failed(__FILE__, __LINE__, #cond))
_Noreturn void check_failed(const char *file, int line, const char *cond);

#endif
