/*
 * stmt - one named SQL statement, as tools/sqlgen writes it from src/<folder>/<noun>.sql.
 *
 *     -- stmt: CASE_BY_NO
 *     SELECT … WHERE case_no = ?1;
 *
 * becomes `extern const struct stmt CASE_BY_NO;` in "<folder>/<noun>_sql.h".  Placeholders are ?1, ?2 …; for
 * PostgreSQL they become $1, $2.  Where the two databases differ, write the statement twice,
 * with "-- sqlite:" and "-- postgres:" lines above each body under the same name.
 */
#ifndef STORE_STMT_H
#define STORE_STMT_H

#include <stdbool.h>
#include <stdint.h>

struct stmt {
    const char *name;
    const char *sqlite;
    const char *postgres;
    uint16_t index;  /* place in stmt_table */
    uint8_t params;  /* highest ?N */
    bool writes;     /* not a SELECT (or WITH … SELECT): only inside store_write */
};

/* All statements of the program, in one generated table; store_open prepares every one. */
extern const struct stmt *const stmt_table[];
extern const uint16_t stmt_table_count;

/* Numbered files of migrations/, never edited once landed. */
struct migration {
    int number;
    const char *name;
    const char *sqlite;
    const char *postgres;
};
extern const struct migration migration_table[];
extern const int migration_table_count;

#endif
