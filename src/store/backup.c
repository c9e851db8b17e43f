/*
 * Making, checking and restoring a backup file.
 *
 * From SQLite the file is a copy page by page, taken in one step inside one reading transaction: consistent,
 * never started again however much is written meanwhile, and without the writer's help.  From PostgreSQL it is
 * made by the migrations and filled (copy_postgres.c).  Then the manifest is added: for each table the
 * number of its rows and SHA-256 over kind, length and bytes of every value in the order of the keys.
 * SQLite's own check sees broken structure, but not a changed digit in a text; the manifest does.
 */
#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "store/copy.h"

enum { ARENA_BYTES = 4 << 20, PATH_BYTES = 4096, GATHER_BYTES = 32768 };

static const char manifest_sql[] =
    "CREATE TABLE store_manifest (name TEXT PRIMARY KEY NOT NULL, rows INTEGER NOT NULL, "
    "sha256 BLOB NOT NULL) STRICT";

/* --- small help ------------------------------------------------------------------------------ */

enum rc
copy_exec(sqlite3 *file, const char *sql, struct err *err)
{
    return sqlite3_exec(file, sql, NULL, NULL, NULL) == SQLITE_OK ? RC_OK
                                                                  : sqlite_failure(file, "copy", err);
}

static enum rc
prepare(sqlite3 *file, const char *sql, sqlite3_stmt **out, struct err *err)
{
    if (sql == NULL) {
        return err_set(err, RC_LIMIT, "the schema is larger than a backup can describe");
    }
    return sqlite3_prepare_v2(file, sql, -1, out, NULL) == SQLITE_OK
               ? RC_OK
               : sqlite_failure(file, "copy", err);
}

enum rc
copy_int(sqlite3 *file, const char *sql, int64_t *out, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    enum rc rc = prepare(file, sql, &stmt, err);
    int code;

    if (rc != RC_OK) {
        return rc;
    }
    code = sqlite3_step(stmt);
    if (code == SQLITE_ROW || code == SQLITE_DONE) {
        *out = code == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    } else {
        rc = sqlite_failure(file, "copy", err);
    }
    (void)sqlite3_finalize(stmt);
    return rc;
}

/* --- the tables ------------------------------------------------------------------------------ */

static enum rc
describe(sqlite3 *file, struct arena *a, struct copy_table *t, struct err *err)
{
    struct buf columns, places, kinds;
    struct str c, p, k;
    sqlite3_stmt *stmt = NULL;
    enum rc rc;

    buf_init(&columns, a, ARENA_BYTES);
    buf_init(&places, a, ARENA_BYTES);
    buf_init(&kinds, a, ARENA_BYTES);
    rc = prepare(file, str_fmt(a, "SELECT name, type FROM pragma_table_info('%s') ORDER BY cid", t->name).ptr,
                 &stmt, err);
    while (rc == RC_OK && sqlite3_step(stmt) == SQLITE_ROW) {
        const char *type = (const char *)sqlite3_column_text(stmt, 1);
        if (strcmp(type, "INTEGER") != 0 && strcmp(type, "TEXT") != 0 && strcmp(type, "BLOB") != 0) {
            rc = err_set(err, RC_INVALID, "table %s has a column of type %s", t->name, type);
        }
        buf_put_fmt(&columns, "%s\"%s\"", t->count > 0 ? ", " : "", sqlite3_column_text(stmt, 0));
        buf_put_fmt(&places, "%s?%d", t->count > 0 ? ", " : "", t->count + 1);
        buf_put_char(&kinds, type[0]);
        t->count++;
    }
    (void)sqlite3_finalize(stmt);
    buf_put_char(&columns, '\0');
    buf_put_char(&places, '\0');
    if (rc != RC_OK || (rc = buf_finish(&columns, &c, err)) != RC_OK ||
        (rc = buf_finish(&places, &p, err)) != RC_OK || (rc = buf_finish(&kinds, &k, err)) != RC_OK) {
        return rc;
    }
    t->columns = c.ptr;
    t->places = p.ptr;
    t->kinds = k.ptr;
    return RC_OK;
}

enum rc
copy_list(sqlite3 *file, struct arena *a, struct copy_tables *out, struct err *err)
{
    static const char where[] = "FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND "
                                "name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'store_manifest'";
    sqlite3_stmt *stmt = NULL;
    int64_t count = 0;
    struct copy_tables list = {.count = 0};
    enum rc rc = copy_int(file, str_fmt(a, "SELECT COUNT(*) %s", where).ptr, &count, err);

    rc = rc == RC_OK ? prepare(file, str_fmt(a, "SELECT name %s ORDER BY name", where).ptr, &stmt, err)
                     : rc;
    if (rc == RC_OK) {
        list.table = arena_alloc(a, (size_t)count + 1, sizeof(*list.table));
        rc = list.table == NULL ? err_set(err, RC_LIMIT, "%lld tables", (long long)count) : RC_OK;
    }
    while (rc == RC_OK && list.count < count && sqlite3_step(stmt) == SQLITE_ROW) {
        struct copy_table *t = &list.table[list.count++];
        t->name = str_c(a, str_of((const char *)sqlite3_column_text(stmt, 0)));
        rc = t->name == NULL ? err_set(err, RC_LIMIT, "names of tables") : describe(file, a, t, err);
    }
    (void)sqlite3_finalize(stmt);
    if (rc == RC_OK) {
        *out = list;
    }
    return rc;
}

/* --- the manifest ---------------------------------------------------------------------------- */

/* Values are short, a hash has its price per call: gather first. */
struct gather {
    struct hash_stream *hash;
    size_t used;
    char bytes[GATHER_BYTES];
};

static void
gather_put(struct gather *g, const void *bytes, size_t count)
{
    if (g->used + count > sizeof(g->bytes)) {
        hash_add(g->hash, (struct str){g->bytes, g->used});
        g->used = 0;
    }
    if (count > sizeof(g->bytes)) {
        hash_add(g->hash, (struct str){bytes, count});
    } else if (count > 0) {
        memcpy(g->bytes + g->used, bytes, count);
        g->used += count;
    }
}

/* A letter for the kind, then eight bytes: the number itself, or how many bytes follow. */
static void
gather_value(struct gather *g, sqlite3_stmt *stmt, int column)
{
    int type = sqlite3_column_type(stmt, column);
    const void *bytes = type == SQLITE_TEXT ? (const void *)sqlite3_column_text(stmt, column)
                        : type == SQLITE_BLOB ? sqlite3_column_blob(stmt, column)
                                              : NULL;
    int64_t number = type == SQLITE_INTEGER ? sqlite3_column_int64(stmt, column)
                                            : sqlite3_column_bytes(stmt, column);
    unsigned char head[9] = {(unsigned char)"?IFTBN"[type]};

    for (int i = 0; i < 8; i++) {
        head[1 + i] = (unsigned char)((uint64_t)number >> (56 - 8 * i));
    }
    gather_put(g, head, sizeof(head));
    if (bytes != NULL) {
        gather_put(g, bytes, (size_t)number);
    }
}

/* NOT INDEXED: in the order of the table itself, which is that of its key. */
static enum rc
digest_table(sqlite3 *file, struct arena *a, const struct copy_table *t, int64_t *rows,
             struct hash *out, struct err *err)
{
    struct gather *g = mem_new(1, sizeof(*g));
    sqlite3_stmt *stmt = NULL;
    int code = SQLITE_DONE;
    enum rc rc = prepare(file, str_fmt(a, "SELECT %s FROM \"%s\" NOT INDEXED", t->columns, t->name).ptr,
                         &stmt, err);

    *rows = 0;
    g->hash = hash_open_sha256();
    while (rc == RC_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        for (int i = 0; i < t->count; i++) {
            gather_value(g, stmt, i);
        }
        ++*rows;
    }
    if (rc == RC_OK && code != SQLITE_DONE) {
        rc = sqlite_failure(file, t->name, err);
    }
    hash_add(g->hash, (struct str){g->bytes, g->used});
    *out = hash_close(g->hash);
    mem_free(g);
    (void)sqlite3_finalize(stmt);
    return rc;
}

static enum rc
write_manifest(sqlite3 *file, struct arena *a, struct backup_figures *figures, struct err *err)
{
    struct copy_tables list;
    sqlite3_stmt *stmt = NULL;
    enum rc rc = copy_list(file, a, &list, err);

    rc = rc == RC_OK ? copy_exec(file, manifest_sql, err) : rc;
    rc = rc == RC_OK ? prepare(file, "INSERT INTO store_manifest VALUES (?1, ?2, ?3)", &stmt, err) : rc;
    for (int i = 0; rc == RC_OK && i < list.count; i++) {
        struct hash digest;
        int64_t rows;
        rc = digest_table(file, a, &list.table[i], &rows, &digest, err);
        if (rc == RC_OK &&
            (sqlite3_bind_text(stmt, 1, list.table[i].name, -1, SQLITE_STATIC) != SQLITE_OK ||
             sqlite3_bind_int64(stmt, 2, rows) != SQLITE_OK ||
             sqlite3_bind_blob(stmt, 3, digest.bytes, HASH_BYTES, SQLITE_TRANSIENT) != SQLITE_OK ||
             sqlite3_step(stmt) != SQLITE_DONE || sqlite3_reset(stmt) != SQLITE_OK)) {
            rc = sqlite_failure(file, "manifest", err);
        }
        figures->tables++;
        figures->rows += rows;
    }
    (void)sqlite3_finalize(stmt);
    return rc;
}

/* Every table has its line, every line its table, and they agree. */
static enum rc
check_manifest(sqlite3 *file, struct arena *a, struct backup_figures *figures, struct err *err)
{
    struct copy_tables list;
    sqlite3_stmt *stmt = NULL;
    int64_t lines = 0;
    enum rc rc = copy_list(file, a, &list, err);

    rc = rc == RC_OK ? copy_int(file, "SELECT COUNT(*) FROM store_manifest", &lines, err) : rc;
    rc = rc == RC_OK ? prepare(file, "SELECT rows, sha256 FROM store_manifest WHERE name = ?1", &stmt, err)
                     : rc;
    if (rc == RC_OK && lines != list.count) {
        rc = err_set(err, RC_CORRUPT, "%d tables, but the manifest has %lld", list.count, (long long)lines);
    }
    for (int i = 0; rc == RC_OK && i < list.count; i++) {
        const char *name = list.table[i].name;
        struct hash digest;
        int64_t rows;
        rc = digest_table(file, a, &list.table[i], &rows, &digest, err);
        if (rc != RC_OK) {
            break;
        }
        if (sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC) != SQLITE_OK ||
            sqlite3_step(stmt) != SQLITE_ROW) {
            rc = err_set(err, RC_CORRUPT, "table %s is not in the manifest", name);
        } else if (sqlite3_column_int64(stmt, 0) != rows) {
            rc = err_set(err, RC_CORRUPT, "table %s has %lld rows, not %lld", name, (long long)rows,
                         (long long)sqlite3_column_int64(stmt, 0));
        } else if (sqlite3_column_bytes(stmt, 1) != HASH_BYTES ||
                   memcmp(sqlite3_column_blob(stmt, 1), digest.bytes, HASH_BYTES) != 0) {
            rc = err_set(err, RC_CORRUPT, "table %s has other content than was backed up", name);
        }
        (void)sqlite3_reset(stmt);
        figures->tables++;
        figures->rows += rows;
    }
    (void)sqlite3_finalize(stmt);
    return rc;
}

/* --- files ----------------------------------------------------------------------------------- */

static enum rc
open_file(const char *path, bool writing, sqlite3 **out, struct err *err)
{
    int flags = writing ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    sqlite3 *file = NULL;
    enum rc rc = RC_OK;

    if (sqlite3_open_v2(path, &file, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL) !=
        SQLITE_OK) {
        rc = sqlite_failure(file, path, err);
    } else {
        /* A file from elsewhere: nothing in its schema may run. */
        (void)sqlite3_db_config(file, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        (void)sqlite3_db_config(file, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
        (void)sqlite3_db_config(file, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
        (void)sqlite3_db_config(file, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        (void)sqlite3_busy_timeout(file, 10000);
        rc = copy_exec(file, "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY", err);
    }
    if (rc != RC_OK) {
        (void)sqlite3_close(file);
        return rc;
    }
    *out = file;
    return RC_OK;
}

/* A new, empty file that only we may read. */
static enum rc
make_file(const char *path, sqlite3 **out, struct err *err)
{
    int fd;

    (void)unlink(path);
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return file_failure(errno, path, err);
    }
    (void)close(fd);
    return open_file(path, true, out, err);
}

static enum rc
sync_file(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int error_number = fd < 0 || fsync(fd) != 0 ? errno : 0;

    if (fd >= 0) {
        (void)close(fd);
    }
    return error_number == 0 ? RC_OK : file_failure(error_number, path, err);
}

static enum rc
sync_folder_of(const char *path, struct err *err)
{
    char folder[PATH_BYTES];
    char *slash;

    (void)snprintf(folder, sizeof(folder), "%s", path);
    slash = strrchr(folder, '/');
    if (slash == NULL) {
        return file_sync_folder(".", err);
    }
    slash[slash == folder] = '\0';
    return file_sync_folder(folder, err);
}

/* All pages in one step, and then one file by itself: without a WAL. */
static enum rc
copy_pages(sqlite3 *from, sqlite3 *to, struct err *err)
{
    sqlite3_backup *work = sqlite3_backup_init(to, "main", from, "main");
    int code;

    if (work == NULL) {
        return sqlite_failure(to, "copy", err);
    }
    code = sqlite3_backup_step(work, -1);
    if (sqlite3_backup_finish(work) != SQLITE_OK) {
        return sqlite_failure(to, "copy", err);
    }
    if (code != SQLITE_DONE) {
        return err_set(err, RC_BUSY, "the database is locked by another process");
    }
    return copy_exec(to, "PRAGMA journal_mode = DELETE", err);
}

static enum rc
check_structure(sqlite3 *file, struct err *err)
{
    static const char sound[] =
        "SELECT COUNT(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'";
    int64_t wrong = 0;
    enum rc rc = copy_int(file, sound, &wrong, err);

    if (rc == RC_OK && wrong > 0) {
        rc = err_set(err, RC_CORRUPT, "the integrity check found %lld faults", (long long)wrong);
    }
    rc = rc == RC_OK ? copy_int(file, "SELECT COUNT(*) FROM pragma_foreign_key_check", &wrong, err) : rc;
    if (rc == RC_OK && wrong > 0) {
        rc = err_set(err, RC_CORRUPT, "%lld rows refer to rows that are not there", (long long)wrong);
    }
    return rc;
}

/* --- backup ---------------------------------------------------------------------------------- */

/* Whatever lies at path is either nothing or an older backup. */
static enum rc
check_target(const char *path, struct err *err)
{
    sqlite3 *file = NULL;
    struct stat st;
    int64_t is_backup = 0;
    struct err ignored;

    if (strlen(path) + 8 > PATH_BYTES) {
        return err_set(err, RC_INVALID, "the path is too long");
    }
    if (stat(path, &st) != 0) {
        return errno == ENOENT ? RC_OK : file_failure(errno, path, err);
    }
    if (open_file(path, false, &file, &ignored) == RC_OK) {
        if (copy_int(file, "SELECT 1 FROM sqlite_schema WHERE name = 'store_manifest'", &is_backup,
                     &ignored) != RC_OK) {
            is_backup = 0;
        }
        (void)sqlite3_close(file);
    }
    return is_backup ? RC_OK
                     : err_set(err, RC_CONFLICT, "%s is there already and is not a backup", path);
}

static enum rc
fill(const struct store_config *config, sqlite3 *file, struct arena *a, struct err *err)
{
    sqlite3 *from = NULL;
    enum rc rc;

    if (strncmp(config->where, "postgres:", 9) == 0) {
        return copy_from_postgres(config, file, a, err);
    }
    rc = open_file(config->where, false, &from, err);
    rc = rc == RC_OK ? copy_pages(from, file, err) : rc;
    (void)sqlite3_close(from);
    return rc;
}

enum rc
store_backup(struct store *s, const char *path, struct backup_figures *out, struct err *err)
{
    return store_backup_and(s, path, NULL, NULL, out, err);
}

enum rc
store_backup_and(struct store *s, const char *path, backup_also_fn also, void *ctx,
                 struct backup_figures *out, struct err *err)
{
    char part[PATH_BYTES];
    struct arena *a = arena_new(ARENA_BYTES);
    struct backup_figures figures = {0};
    sqlite3 *file = NULL;
    enum rc rc = check_target(path, err);

    (void)snprintf(part, sizeof(part), "%s.part", path);
    if (rc == RC_OK && (rc = make_file(part, &file, err)) == RC_OK) {
        rc = fill(store_config_of(s), file, a, err);
        rc = rc == RC_OK ? write_manifest(file, a, &figures, err) : rc;
        rc = rc == RC_OK ? check_structure(file, err) : rc;
        (void)sqlite3_close(file);
        rc = rc == RC_OK ? sync_file(part, err) : rc;
        rc = rc == RC_OK && also != NULL ? also(ctx, part, err) : rc;
        if (rc == RC_OK && rename(part, path) != 0) {
            rc = file_failure(errno, path, err);
        }
        if (rc != RC_OK) {
            (void)unlink(part);
        }
    }
    rc = rc == RC_OK ? sync_folder_of(path, err) : rc;
    arena_free(a);
    if (rc == RC_OK) {
        *out = figures;
    }
    return rc;
}

/* --- what it holds ---------------------------------------------------------------------------- */

enum rc
store_backup_texts(const char *path, const char *table, const char *column, backup_text_fn each,
                   void *ctx, struct err *err)
{
    struct arena *a = arena_new(ARENA_BYTES);
    sqlite3 *file = NULL;
    sqlite3_stmt *stmt = NULL;
    int64_t is_there = 0;
    int code = SQLITE_DONE;
    enum rc rc = access(path, F_OK) != 0 ? file_failure(errno, path, err)
                                         : open_file(path, false, &file, err);

    if (rc == RC_OK) {
        rc = copy_int(file,
                      str_fmt(a, "SELECT COUNT(*) FROM sqlite_schema WHERE name = '%s'", table).ptr,
                      &is_there, err);
    }
    if (rc == RC_OK && is_there) {
        rc = prepare(file, str_fmt(a, "SELECT \"%s\" FROM \"%s\" NOT INDEXED", column, table).ptr,
                     &stmt, err);
        while (rc == RC_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
            const void *text = sqlite3_column_text(stmt, 0);
            rc = each(ctx, (struct str){text, (size_t)sqlite3_column_bytes(stmt, 0)}, err);
        }
        if (rc == RC_OK && code != SQLITE_DONE) {
            rc = sqlite_failure(file, table, err);
        }
    }
    (void)sqlite3_finalize(stmt);
    (void)sqlite3_close(file);
    arena_free(a);
    return rc;
}

/* --- checking -------------------------------------------------------------------------------- */

static enum rc
check_migrations(const struct store_config *config, sqlite3 *file, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    enum rc rc = prepare(file, "SELECT number, name, checksum FROM store_migration", &stmt, err);
    int place;

    while (rc == RC_OK && sqlite3_step(stmt) == SQLITE_ROW) {
        rc = migrate_known(config, sqlite3_column_int64(stmt, 0),
                           str_of((const char *)sqlite3_column_text(stmt, 1)),
                           sqlite3_column_int64(stmt, 2), &place, err);
    }
    (void)sqlite3_finalize(stmt);
    return rc;
}

/* Open for reading, and found whole. */
static enum rc
open_checked(const struct store_config *config, const char *path, sqlite3 **out,
             struct backup_figures *out_figures, struct err *err)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct backup_figures figures = {0};
    sqlite3 *file = NULL;
    int64_t is_backup = 0;
    enum rc rc = access(path, F_OK) != 0 ? file_failure(errno, path, err)
                                         : open_file(path, false, &file, err);

    if (rc == RC_OK) {
        rc = copy_int(file, "SELECT 1 FROM sqlite_schema WHERE name = 'store_manifest'", &is_backup, err);
    }
    if (rc == RC_OK && !is_backup) {
        rc = err_set(err, RC_CORRUPT, "%s is not a backup of a store", path);
    }
    rc = rc == RC_OK ? check_structure(file, err) : rc;
    rc = rc == RC_OK ? check_manifest(file, a, &figures, err) : rc;
    rc = rc == RC_OK ? check_migrations(config, file, err) : rc;
    arena_free(a);
    if (rc != RC_OK) {
        (void)sqlite3_close(file);
        return rc;
    }
    *out = file;
    *out_figures = figures;
    return RC_OK;
}

enum rc
store_check_backup(const struct store_config *config, const char *path, struct backup_figures *out,
                   struct err *err)
{
    struct store_config complete = *config;
    sqlite3 *file = NULL;
    enum rc rc;

    store_config_complete(&complete);
    rc = open_checked(&complete, path, &file, out, err);
    if (rc == RC_OK) {
        (void)sqlite3_close(file);
    }
    return rc;
}

/* --- restoring ------------------------------------------------------------------------------- */

/* The name is given by link, which does not replace: what appeared meanwhile stays. */
static enum rc
to_sqlite(sqlite3 *from, const char *where, struct err *err)
{
    char part[PATH_BYTES];
    sqlite3 *file = NULL;
    struct stat st;
    enum rc rc;

    if (strlen(where) + 8 > PATH_BYTES) {
        return err_set(err, RC_INVALID, "the path is too long");
    }
    if (stat(where, &st) == 0 && st.st_size == 0) {
        (void)unlink(where);
    }
    (void)snprintf(part, sizeof(part), "%s-wal", where);
    if (access(where, F_OK) == 0 || access(part, F_OK) == 0) {
        return err_set(err, RC_CONFLICT, "%s holds data already", where);
    }
    (void)snprintf(part, sizeof(part), "%s.part", where);
    rc = make_file(part, &file, err);
    if (rc != RC_OK) {
        return rc;
    }
    rc = copy_pages(from, file, err);
    rc = rc == RC_OK ? copy_exec(file, "DROP TABLE store_manifest", err) : rc;
    rc = rc == RC_OK ? check_structure(file, err) : rc;
    (void)sqlite3_close(file);
    rc = rc == RC_OK ? sync_file(part, err) : rc;
    if (rc == RC_OK && link(part, where) != 0) {
        rc = errno == EEXIST ? err_set(err, RC_CONFLICT, "%s holds data already", where)
                             : file_failure(errno, where, err);
    }
    (void)unlink(part);
    return rc == RC_OK ? sync_folder_of(where, err) : rc;
}

enum rc
store_restore(const struct store_config *config, const char *path, struct backup_figures *out,
              struct err *err)
{
    struct store_config complete = *config;
    struct arena *a = arena_new(ARENA_BYTES);
    struct backup_figures figures;
    sqlite3 *file = NULL;
    enum rc rc;

    store_config_complete(&complete);
    rc = open_checked(&complete, path, &file, &figures, err);
    if (rc == RC_OK) {
        rc = strncmp(complete.where, "postgres:", 9) == 0 ? copy_to_postgres(&complete, file, a, err)
                                                          : to_sqlite(file, complete.where, err);
        (void)sqlite3_close(file);
    }
    arena_free(a);
    if (rc == RC_OK) {
        *out = figures;
    }
    return rc;
}
