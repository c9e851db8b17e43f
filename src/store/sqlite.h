/*
 * sqlite - what the SQLite driver, its backup and its tests share.  Private to src/store/.
 */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include <sqlite3.h>

#include "store/driver.h"

sqlite3 *sqlite_handle(struct conn *c);
/* The authorizer of reading connections. */
int sqlite_reading_only(void *ctx, int action, const char *a, const char *b, const char *c,
                        const char *d);
/* The failure that the connection has just had; a full disk in whatever form it came is RC_FULL. */
enum rc sqlite_failure(sqlite3 *db, const char *doing, struct err *err);

#endif
