/*
 * postgres - what the PostgreSQL driver and its backup share.  Private to src/store/.
 */
#ifndef STORE_POSTGRES_H
#define STORE_POSTGRES_H

#include <libpq-fe.h>

#include "store/driver.h"

enum { POSTGRES_READ_MS = 10000, POSTGRES_WRITE_MS = 30000 };

/* Without the prefix "postgres:". */
const char *postgres_where(const char *where);

/*
 * A blocking connection, checked (UTF8, byte order) and set up: only reading unless writer.  The caller ends it with
 * PQfinish.  RC_IO: not to be reached; RC_INVALID: a database of the wrong kind.
 */
MUST_USE enum rc postgres_connect(const char *where, bool writer, PGconn **out, struct err *err);

/* 1 if this session is now the one that writes, else 0. */
extern const char postgres_lock_sql[];

/* By SQLSTATE.  Never the detail, which may hold personal data. */
enum rc postgres_failure(const PGconn *pg, const PGresult *result, const char *doing,
                         struct err *err);

/* Values of a binary result. */
int64_t postgres_int(const PGresult *result, int row, int column);
struct str postgres_bytes(const PGresult *result, int row, int column);
/* A type that these two can read. */
bool postgres_type_is_known(Oid type);

#endif
