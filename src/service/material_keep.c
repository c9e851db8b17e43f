/*
 * Who needs which file, and what becomes of those that nobody needs.
 *
 * Why no file is lost: a file without a row is touched only once it is older than the grace, and its time is that of its last upload.  A
 * request uploads and saves well within the grace; a draft, once saved, has its rows; an answer that saw an older draft is refused
 * by the draft's revision.  The same content uploaded again gives the file a new time under the lock that removal takes.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "service/material.h"
#include "service/material_int.h"
#include "service/material_sql.h"

static const int64_t GRACE_US = (int64_t)MATERIAL_GRACE_S * 1000000;

/* --- rows ----------------------------------------------------------------------------------------- */

static enum rc
hold_files(struct tx *tx, const struct vault *vault, struct str holder, const struct json *files,
           struct err *err)
{
    enum rc rc = RC_OK;

    for (const struct json *f = files->first; f != NULL && rc == RC_OK; f = f->next) {
        char name[MATERIAL_NAME_BYTES];
        if (material_name(vault, json_str(f, "sha256"), name)) {
            rc = tx_run(tx, &MATERIAL_HOLD, VALUES(V_TEXT(holder), V_TEXT(str_of(name))), NULL,
                        NULL, err);
        }
    }
    return rc;
}

enum rc
material_hold(struct tx *tx, const struct vault *vault, struct str holder,
              const struct json *values, struct err *err)
{
    enum rc rc = tx_run(tx, &MATERIAL_LET_GO, VALUES(V_TEXT(holder)), NULL, NULL, err);

    for (const struct json *v = values != NULL ? values->first : NULL; v != NULL && rc == RC_OK;
         v = v->next) {
        if (v->kind == JSON_ARRAY) {
            rc = hold_files(tx, vault, holder, v, err);
        }
    }
    return rc;
}

enum rc
material_let_go_expired(struct tx *tx, int64_t now_us, struct err *err)
{
    return tx_run(tx, &MATERIAL_LET_GO_EXPIRED, VALUES(V_INT(now_us)), NULL, NULL, err);
}

/* --- folders ------------------------------------------------------------------------------------- */

struct sweep {
    const struct materials *materials;
    const struct db *db;
    int64_t before_us; /* what is older is old enough */
    int64_t removed;
    struct material_figures weighed;
};

typedef enum rc (*entry_fn)(struct sweep *s, const char *folder, const char *entry,
                            struct err *err);

/* Each entry of a folder; a folder that is not there has none. */
static enum rc
each_entry(struct sweep *s, const char *folder, entry_fn fn, struct err *err)
{
    DIR *d = opendir(folder);
    enum rc rc = RC_OK;

    if (d == NULL) {
        return errno == ENOENT ? RC_OK : file_failure(errno, "the materials folder", err);
    }
    for (struct dirent *e = readdir(d); e != NULL && rc == RC_OK; e = readdir(d)) {
        rc = fn(s, folder, e->d_name, err);
    }
    (void)closedir(d);
    return rc;
}

/* incoming-<us>-<random>: an upload that never ended, if it began long ago. */
static enum rc
sweep_incoming(struct sweep *s, const char *folder, const char *entry, struct err *err)
{
    struct str rest = str_of(entry), at;
    char path[MATERIAL_PATH_BYTES];
    int64_t at_us;

    (void)err;
    if (!str_starts(rest, STR("incoming-"))) {
        return RC_OK;
    }
    rest = str_from(rest, strlen("incoming-"));
    at = str_sub(rest, 0, str_find_byte(rest, '-'));
    if (!str_to_int(at, &at_us) || at_us >= s->before_us) {
        return RC_OK;
    }
    (void)snprintf(path, sizeof(path), "%.700s/%.255s", folder, entry);
    s->removed += unlink(path) == 0;
    return RC_OK;
}

static enum rc
sweep_file(struct sweep *s, const char *folder, const char *entry, struct err *err)
{
    char path[MATERIAL_PATH_BYTES];
    int64_t at_us, holders;
    enum rc rc;

    (void)snprintf(path, sizeof(path), "%.700s/%.255s", folder, entry);
    if (!material_is_name(str_of(entry)) || !material_time(path, &at_us) || at_us >= s->before_us) {
        return RC_OK;
    }
    if ((rc = store_read_int(s->db, &MATERIAL_HOLDERS, VALUES(V_TEXT(str_of(entry))), &holders,
                             err)) != RC_OK) {
        return rc;
    }
    s->removed += holders == 0 && material_remove_old(path, s->before_us);
    return RC_OK;
}

static enum rc
sweep_folder(struct sweep *s, const char *folder, const char *entry, struct err *err)
{
    char path[MATERIAL_PATH_BYTES];

    if (strlen(entry) != 2 || entry[0] == '.') {
        return RC_OK;
    }
    (void)snprintf(path, sizeof(path), "%.900s/%.2s", folder, entry);
    return each_entry(s, path, sweep_file, err);
}

/* --- weighing ------------------------------------------------------------------------------------- */

static enum rc
weigh_file(struct sweep *s, const char *folder, const char *entry, struct err *err)
{
    char path[MATERIAL_PATH_BYTES];
    struct stat st;

    (void)err;
    (void)snprintf(path, sizeof(path), "%.700s/%.255s", folder, entry);
    if (material_is_name(str_of(entry)) && stat(path, &st) == 0) {
        s->weighed.files++;
        s->weighed.bytes += st.st_size;
    }
    return RC_OK;
}

static enum rc
weigh_folder(struct sweep *s, const char *folder, const char *entry, struct err *err)
{
    char path[MATERIAL_PATH_BYTES];

    if (strlen(entry) != 2 || entry[0] == '.') {
        return RC_OK;
    }
    (void)snprintf(path, sizeof(path), "%.900s/%.2s", folder, entry);
    return each_entry(s, path, weigh_file, err);
}

enum rc
material_weigh(const struct materials *m, int64_t enough, struct material_figures *out,
               bool *is_exact, struct err *err)
{
    struct sweep s = {.materials = m};
    char folder[MATERIAL_PATH_BYTES];
    int slice = 0;
    enum rc rc = RC_OK;

    CHECK(enough > 0);
    for (; slice < MATERIAL_SLICES && s.weighed.files < enough && rc == RC_OK; slice++) {
        (void)snprintf(folder, sizeof(folder), "%.900s/%02x", m->folder, (unsigned)slice);
        rc = each_entry(&s, folder, weigh_folder, err);
    }
    if (rc == RC_OK) {
        *is_exact = slice == MATERIAL_SLICES;
        out->files = s.weighed.files * MATERIAL_SLICES / slice;
        out->bytes = *is_exact ? s.weighed.bytes : s.weighed.bytes / slice * MATERIAL_SLICES;
    }
    return rc;
}

/* --- sweeping ------------------------------------------------------------------------------------- */

enum rc
material_sweep(const struct materials *m, const struct db *db, int slice, int64_t now_us,
               int64_t *removed, struct err *err)
{
    struct sweep s = {.materials = m, .db = db, .before_us = now_us - GRACE_US};
    char folder[MATERIAL_PATH_BYTES];
    enum rc rc = RC_OK;

    CHECK(slice >= 0 && slice < MATERIAL_SLICES);
    if (material_backup_try()) { /* a backup copies what its moment needed, even if that was let go since */
        (void)snprintf(folder, sizeof(folder), "%.900s/%02x", m->folder, (unsigned)slice);
        if ((rc = each_entry(&s, m->folder, sweep_incoming, err)) == RC_OK) {
            rc = each_entry(&s, folder, sweep_folder, err);
        }
        material_backup_end();
    }
    if (rc == RC_OK) {
        *removed = s.removed;
    }
    return rc;
}
