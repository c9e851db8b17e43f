/*
 * backup - a whole, consistent copy of a store while the node runs, and the way back.
 *
 * The copy is one SQLite file, whichever database the store is in: it can be looked into with common
 * tools, and a store can move from SQLite to PostgreSQL or back by backup and restore.  Beside the tables it
 * holds `store_manifest`: for each table the number of rows and a SHA-256 over all their values, so
 * that a flipped bit is found before anything is restored.
 *
 * Both take as long as the data is large and block the calling thread: call from the command line
 * or a work thread, never from a coroutine.
 */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include "store/store.h"

struct backup_figures {
    int64_t tables;
    int64_t rows;
};

/*
 * Writes path.part, checks it (integrity, foreign keys), renames it to path.  An older backup there is replaced
 * only when the new one is whole and durable; any other file there is left alone (RC_CONFLICT).
 * RC_FULL, RC_IO; RC_CORRUPT: the store itself is damaged.
 */
MUST_USE enum rc store_backup(struct store *s, const char *path, struct backup_figures *out,
                              struct err *err);

/* The same, with what belongs beside the store: also is given the finished copy (path.part) before it is renamed, and can refuse. */
typedef enum rc (*backup_also_fn)(void *ctx, const char *part, struct err *err);
MUST_USE enum rc store_backup_and(struct store *s, const char *path, backup_also_fn also, void *ctx,
                                  struct backup_figures *out, struct err *err);

/* Each value of a text column of a backup's table, in the order of its key; none if it is older than the table.  RC_NOT_FOUND: no backup. */
typedef enum rc (*backup_text_fn)(void *ctx, struct str text, struct err *err);
MUST_USE enum rc store_backup_texts(const char *path, const char *table, const char *column,
                                    backup_text_fn each, void *ctx, struct err *err);

/*
 * Everything that store_restore would check, without restoring; config->where is not looked at.  RC_CORRUPT says which
 * table; RC_CONFLICT: made by a newer program; RC_NOT_FOUND.
 */
MUST_USE enum rc store_check_backup(const struct store_config *config, const char *path,
                                    struct backup_figures *out, struct err *err);

/*
 * Into config->where, which must be missing or empty (RC_CONFLICT: it holds something; nothing is touched).  The
 * backup is checked first.  All or nothing.  A later store_open runs migrations newer than the backup.
 */
MUST_USE enum rc store_restore(const struct store_config *config, const char *path,
                               struct backup_figures *out, struct err *err);

#endif
