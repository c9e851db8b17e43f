#include "process/archive_int.h"

#include "crypto/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/mem.h"
#include "evidence/act.h"
#include "process/archive_sql.h"
#include "process/runtime_int.h"
#include "process/runtime_sql.h"

enum { YEARS_MAX = 1000, IDS_AT_ONCE = 100, LINES_AT_ONCE = 200, DROPPED_AT_ONCE = 500, TEXT_MAX = ARCHIVE_LINE_MAX };

struct archive_terms {
    const struct json *document;
};
struct archives {
    struct archive_config config;
    int32_t day;       /* on which there was nothing more to be done; 0: not known */
    int64_t month;     /* looked at already on this day */
    int64_t sound;     /* month * 1000 + number of the file that was read back since the program began */
};

/* --- how long -------------------------------------------------------------------------------------------------- */

static enum rc
check_term(const struct json *term, struct err *err)
{
    int64_t years;
    bool is_number = json_as_int(json_get(term, "years"), &years);

    if (!is_number || years < 1 || years > YEARS_MAX || json_str(term, "basis").len == 0) {
        return err_set(err, RC_INVALID, "how long closed cases stay: %.*s has no years, from 1 to %d, or no basis",
                       STR_ARG(json_str(term, "process").len > 0 ? json_str(term, "process") : STR("default")), YEARS_MAX);
    }
    return RC_OK;
}

enum rc
archive_terms_load(struct arena *a, const struct json *document, struct archive_terms **out, struct err *err)
{
    struct archive_terms *t = arena_alloc(a, 1, sizeof(*t));
    const struct json *list = json_get(document, "processes");
    enum rc rc = t == NULL ? err_set(err, RC_LIMIT, "no room for how long closed cases stay") : check_term(json_get(document, "default"), err);

    for (const struct json *p = json_is(list, JSON_ARRAY) ? list->first : NULL; p != NULL && rc == RC_OK; p = p->next) {
        rc = json_str(p, "process").len == 0 ? err_set(err, RC_INVALID, "how long closed cases stay: one names no process") : check_term(p, err);
    }
    if (rc == RC_OK) {
        t->document = document;
        *out = t;
    }
    return rc;
}

static const struct json *
term_of(const struct archive_terms *t, struct str process)
{
    const struct json *list = json_get(t->document, "processes");

    for (const struct json *p = json_is(list, JSON_ARRAY) ? list->first : NULL; p != NULL; p = p->next) {
        if (str_eq(json_str(p, "process"), process)) {
            return p;
        }
    }
    return json_get(t->document, "default");
}

/* From the first of January after it has ended. */
static bool
is_due(const struct archives *s, struct str process, int64_t ended_us, int64_t now_us)
{
    int ended = day_to_date(instant_day(ended_us, s->config.offset_minutes)).year, now = day_to_date(instant_day(now_us, s->config.offset_minutes)).year;

    return now > ended + json_int_or(term_of(s->config.terms, process), "years", YEARS_MAX);
}

/* --- which month ------------------------------------------------------------------------------------------------- */

struct archives *
archives_new(const struct archive_config *config)
{
    struct archives *s = mem_new(1, sizeof(*s));

    CHECK(config->terms != NULL && config->folder != NULL && config->receipt != NULL);
    s->config = *config;
    return s;
}

void
archives_free(struct archives *s)
{
    mem_free(s);
}

struct kinds {
    const struct archives *s;
    struct arena *a;
    int64_t now_us;
    bool are_due;
    struct json *terms; /* what counted */
};

static enum rc
kind_row(const struct row *row, void *ctx, struct err *err)
{
    struct kinds *k = ctx;
    struct str process = row_text(row, 0);
    const struct json *term = term_of(k->s->config.terms, process);
    struct json *one = json_object(k->a);

    (void)err;
    k->are_due = k->are_due && is_due(k->s, process, row_int(row, 1), k->now_us);
    json_set_text(k->a, one, "process", process);
    json_set_int(k->a, one, "years", json_int_or(term, "years", 0));
    json_set_text(k->a, one, "basis", json_str(term, "basis"));
    json_push(k->terms, one);
    return RC_OK;
}

/* The next month all of whose closed cases may go; 0: there is none today. */
static enum rc
find_month(struct archives *s, const struct db *db, struct arena *a, int64_t now_us, int64_t *month, struct json **terms, struct err *err)
{
    int32_t today = instant_day(now_us, s->config.offset_minutes);
    enum rc rc = RC_OK;

    *month = 0;
    if (s->day == today) {
        return RC_OK;
    }
    for (;;) {
        struct kinds k = {.s = s, .a = a, .now_us = now_us, .are_due = true, .terms = json_array(a)};
        if ((rc = store_read_int(db, &ARCHIVE_NEXT_MONTH, VALUES(V_INT(s->month)), &s->month, err)) != RC_OK || s->month == 0) {
            s->day = rc == RC_OK ? today : 0;
            return rc;
        }
        if ((rc = store_read(db, &ARCHIVE_KINDS, VALUES(V_INT(s->month)), kind_row, &k, err)) != RC_OK || k.are_due) {
            *month = s->month;
            *terms = k.terms;
            return rc;
        }
    }
}

/* --- the file ------------------------------------------------------------------------------------------------------- */

struct writing {
    struct archives *s;
    const struct db *db;
    struct arena *a;
    int64_t month, number, now_us;
    const char *path;
    int fd;
    struct hash_stream *hash;
    int64_t bytes, cases, lines;
};

static enum rc
put(struct writing *w, struct str text, struct err *err)
{
    hash_add(w->hash, text);
    w->bytes += (int64_t)text.len;
    while (text.len > 0) {
        ssize_t done = write(w->fd, text.ptr, text.len);
        if (done < 0 && errno != EINTR) {
            return file_failure(errno, w->path, err);
        }
        text = str_from(text, done > 0 ? (size_t)done : 0);
    }
    return RC_OK;
}

static enum rc
put_object(struct writing *w, struct arena *a, struct json *d, struct err *err)
{
    struct str text;
    enum rc rc = json_whole(d, err);

    if (rc != RC_OK || (rc = json_print(a, d, &text, err)) != RC_OK || (rc = put(w, text, err)) != RC_OK) {
        return rc;
    }
    return put(w, STR("\n"), err);
}

static enum rc
case_row(const struct row *row, void *ctx, struct err *err)
{
    static const char *const names[] = {"case", "month", "model", "version", "models", "business_key", "state", "revision", "next_id",
                                        "started_us", "scopes", "ended_us", "failed_code"};
    static const unsigned texts = 1U << 2 | 1U << 4 | 1U << 5 | 1U << 6 | 1U << 12;
    struct writing *w = ctx;
    struct arena *a = arena_new(TEXT_MAX);
    struct json *d = json_object(a);

    for (int n = 0; n < 13; n++) {
        if ((texts & 1U << n) != 0) {
            json_set_text(a, d, names[n], row_text(row, n));
        } else {
            json_set_int(a, d, names[n], row_int(row, n));
        }
    }
    json_set_text(a, d, "variables", base64_of(a, row_blob(row, 13)));
    json_set_text(a, d, "hash", base64_of(a, row_blob(row, 14)));
    enum rc rc = put_object(w, a, d, err);
    w->cases++;
    arena_free(a);
    return rc;
}

struct line_writing {
    struct writing *w;
    int64_t last, count;
};

static enum rc
line_row(const struct row *row, void *ctx, struct err *err)
{
    struct line_writing *l = ctx;
    struct arena *a = arena_new(TEXT_MAX);
    struct json *d = json_object(a);

    json_set_int(a, d, "place", row_int(row, 0));
    json_set_int(a, d, "at_us", row_int(row, 1));
    json_set_text(a, d, "body", base64_of(a, row_blob(row, 2)));
    json_set_text(a, d, "hash", base64_of(a, row_blob(row, 3)));
    enum rc rc = put_object(l->w, a, d, err);
    l->last = row_int(row, 0);
    l->count++;
    l->w->lines++;
    arena_free(a);
    return rc;
}

static enum rc
put_case(struct writing *w, int64_t id, int64_t revision, struct err *err)
{
    struct line_writing l = {.w = w, .last = id * RUNTIME_COMMANDS_MAX, .count = 1};
    int64_t end = id * RUNTIME_COMMANDS_MAX + revision;
    enum rc rc = store_read(w->db, &ARCHIVE_CASE, VALUES(V_INT(id), V_INT(w->month)), case_row, w, err);

    while (rc == RC_OK && l.count > 0) {
        l.count = 0;
        rc = store_read(w->db, &PROCESS_HISTORY, VALUES(V_INT(w->month), V_INT(l.last), V_INT(end), V_INT(LINES_AT_ONCE)), line_row, &l, err);
    }
    return rc;
}

struct ids {
    size_t count;
    int64_t id[IDS_AT_ONCE], revision[IDS_AT_ONCE];
};

static enum rc
id_row(const struct row *row, void *ctx, struct err *err)
{
    struct ids *all = ctx;

    (void)err;
    all->id[all->count] = row_int(row, 0);
    all->revision[all->count++] = row_int(row, 1);
    return RC_OK;
}

static enum rc
put_all(struct writing *w, struct err *err)
{
    struct json *head = json_object(w->a), *end = json_object(w->a);
    struct ids all = {.count = IDS_AT_ONCE};
    int64_t last = 0;
    enum rc rc;

    json_set_text(w->a, head, "archive", STR("zhengtong closed cases 1"));
    json_set_text(w->a, head, "node", w->s->config.node);
    json_set_int(w->a, head, "month", w->month);
    json_set_int(w->a, head, "number", w->number);
    rc = put_object(w, w->a, head, err);
    while (rc == RC_OK && all.count == IDS_AT_ONCE) {
        all.count = 0;
        rc = store_read(w->db, &ARCHIVE_IDS, VALUES(V_INT(w->month), V_INT(last), V_INT(w->now_us), V_INT(IDS_AT_ONCE)), id_row, &all, err);
        for (size_t n = 0; n < all.count && rc == RC_OK; n++) {
            last = all.id[n];
            rc = put_case(w, last, all.revision[n], err);
        }
    }
    json_set_int(w->a, end, "cases", w->cases);
    json_set_int(w->a, end, "lines", w->lines);
    return rc != RC_OK ? rc : put_object(w, w->a, end, err);
}

/* Whole, under its name, or not at all. */
static enum rc
write_file(struct writing *w, struct hash *out, struct err *err)
{
    const char *half = str_c(w->a, str_fmt(w->a, "%s.half", w->path));
    enum rc rc;

    if (half == NULL) {
        return err_set(err, RC_LIMIT, "no room for the name of an archive");
    }
    if ((w->fd = open(half, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) < 0) {
        return file_failure(errno, half, err);
    }
    w->hash = hash_open_sha256();
    rc = put_all(w, err);
    *out = hash_close(w->hash);
    if (rc == RC_OK && fsync(w->fd) != 0) {
        rc = file_failure(errno, half, err);
    }
    if (close(w->fd) != 0 && rc == RC_OK) {
        rc = file_failure(errno, half, err);
    }
    if (rc == RC_OK && rename(half, w->path) != 0) {
        rc = file_failure(errno, w->path, err);
    }
    if (rc != RC_OK) {
        (void)unlink(half);
        return rc;
    }
    return file_sync_folder(w->s->config.folder, err);
}

/* --- the act ------------------------------------------------------------------------------------------------------------ */

struct noting {
    struct writing *w;
    struct str file, sha256;
    struct json *terms;
};

static enum rc
note_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct noting *n = ctx;
    struct writing *w = n->w;
    struct json *detail = json_object(w->a);
    struct act_ref ref;
    enum rc rc;

    json_set_text(w->a, detail, "file", n->file);
    json_set_text(w->a, detail, "sha256", n->sha256);
    json_set_int(w->a, detail, "month", w->month);
    json_set_int(w->a, detail, "cases", w->cases);
    json_set_int(w->a, detail, "lines", w->lines);
    json_set(w->a, detail, "terms", json_copy(w->a, n->terms));
    const struct act act = {.kind = ACT_ARCHIVE, .at_us = w->now_us, .actor = STR("system"), .detail = detail};
    if ((rc = json_whole(detail, err)) != RC_OK || (rc = act_add(tx, w->a, &act, &ref, err)) != RC_OK) {
        return rc;
    }
    return tx_run(tx, &ARCHIVE_ADD,
                  VALUES(V_INT(w->month), V_INT(w->number), V_TEXT(n->file), V_TEXT(n->sha256), V_INT(w->bytes), V_INT(w->cases), V_INT(w->lines),
                         V_INT(ref.index), V_INT(w->now_us)),
                  NULL, NULL, err);
}

static enum rc
write_month(struct archives *s, const struct db *db, struct arena *a, int64_t month, struct json *terms, int64_t now_us, struct err *err)
{
    struct writing w = {.s = s, .db = db, .a = a, .month = month, .now_us = now_us};
    struct noting n = {.w = &w, .terms = terms};
    struct hash hash;
    enum rc rc;

    if ((rc = file_make_folder(s->config.folder, err)) != RC_OK ||
        (rc = store_read_int(db, &ARCHIVE_NEXT_NUMBER, VALUES(V_INT(month)), &w.number, err)) != RC_OK) {
        return rc;
    }
    n.file = str_fmt(a, "closed-%lld-%lld.jsonl", (long long)month, (long long)w.number);
    w.path = str_c(a, str_fmt(a, "%s/%.*s", s->config.folder, STR_ARG(n.file)));
    if (w.path == NULL) {
        return err_set(err, RC_LIMIT, "no room for the name of an archive");
    }
    if ((rc = write_file(&w, &hash, err)) != RC_OK) {
        return rc;
    }
    n.sha256 = hex_of(a, hash_str(&hash));
    return store_write(db, note_tx, &n, err);
}

/* --- out of the store ------------------------------------------------------------------------------------------------------ */

struct leaving {
    struct arena *a;
    bool is_found;
    int64_t month, number, bytes, cases, lines, act, at_us, now_us;
    struct str file, sha256;
    int offset_minutes;
    bool is_done;
};

static enum rc
leaving_row(const struct row *row, void *ctx, struct err *err)
{
    struct leaving *l = ctx;
    enum rc rc;

    l->is_found = true;
    l->month = row_int(row, 0);
    l->number = row_int(row, 1);
    l->bytes = row_int(row, 4);
    l->cases = row_int(row, 5);
    l->lines = row_int(row, 6);
    l->act = row_int(row, 7);
    l->at_us = row_int(row, 8);
    return (rc = row_copy_text(row, 2, l->a, &l->file, err)) != RC_OK ? rc : row_copy_text(row, 3, l->a, &l->sha256, err);
}

/* A case's history first, as much as fits; when there is none left the case. */
static enum rc
drop_some(struct tx *tx, struct leaving *l, int64_t id, int64_t revision, int64_t *left, struct err *err)
{
    int64_t from = id * RUNTIME_COMMANDS_MAX, had = *left;
    enum rc rc = tx_run(tx, &ARCHIVE_LINES_DROP, VALUES(V_INT(l->month), V_INT(from), V_INT(from + revision), V_INT(had)), NULL, NULL, err);

    *left -= tx_changes(tx);
    if (rc != RC_OK || *left <= 0) {
        return rc;
    }
    (*left)--;
    return tx_run(tx, &PROCESS_CLOSED_DROP, VALUES(V_INT(id), V_INT(l->month)), NULL, NULL, err);
}

static enum rc
drop_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct leaving *l = ctx;
    int64_t left = DROPPED_AT_ONCE, dropped;
    enum rc rc = RC_OK;

    l->is_done = false;
    while (rc == RC_OK && left > 0) {
        struct ids one = {.count = 0};
        rc = tx_run(tx, &ARCHIVE_IDS, VALUES(V_INT(l->month), V_INT(0), V_INT(l->at_us), V_INT(1)), id_row, &one, err);
        if (rc == RC_OK && one.count == 0) {
            int year = day_to_date(instant_day(l->now_us, l->offset_minutes)).year;
            l->is_done = true;
            rc = tx_run(tx, &ARCHIVE_DONE, VALUES(V_INT(l->month), V_INT(l->number)), NULL, NULL, err);
            return rc != RC_OK ? rc : tx_int(tx, &ARCHIVE_DROP_YEAR, VALUES(V_INT(l->month / 100), V_INT(year)), &dropped, err);
        }
        rc = rc == RC_OK ? drop_some(tx, l, one.id[0], one.revision[0], &left, err) : rc;
    }
    return rc;
}

/* The manifest, with the receipt that says that the log has signed it.  RC_NOT_FOUND: it has not yet. */
static enum rc
write_manifest(struct archives *s, const struct db *db, struct arena *a, const struct leaving *l, struct err *err)
{
    const char *path = str_c(a, str_fmt(a, "%s/%.*s.manifest", s->config.folder, STR_ARG(l->file)));
    struct json *d = json_object(a), *receipt;
    struct str text;
    enum rc rc = s->config.receipt(s->config.ctx, db, a, l->act, &receipt, err);

    if (rc != RC_OK || path == NULL) {
        return rc != RC_OK ? rc : err_set(err, RC_LIMIT, "no room for the name of a manifest");
    }
    json_set_text(a, d, "node", s->config.node);
    json_set_text(a, d, "file", l->file);
    json_set_text(a, d, "sha256", l->sha256);
    json_set_int(a, d, "bytes", l->bytes);
    json_set_int(a, d, "month", l->month);
    json_set_int(a, d, "number", l->number);
    json_set_int(a, d, "cases", l->cases);
    json_set_int(a, d, "lines", l->lines);
    json_set_int(a, d, "act", l->act);
    json_set(a, d, "receipt", receipt);
    return (rc = json_whole(d, err)) != RC_OK || (rc = json_print(a, d, &text, err)) != RC_OK ? rc : file_replace(path, text, 0600, err);
}

/* Before the first row leaves, and once more by each program that goes on with it. */
static enum rc
read_back(struct archives *s, struct arena *a, const struct leaving *l, struct err *err)
{
    const char *path = str_c(a, str_fmt(a, "%s/%.*s.manifest", s->config.folder, STR_ARG(l->file)));
    struct archive_found found;
    enum rc rc = path == NULL ? err_set(err, RC_LIMIT, "no room for the name of a manifest") : archive_check(a, path, NULL, &found, err);

    if (rc == RC_OK && (found.cases != l->cases || found.lines != l->lines || found.month != l->month)) {
        rc = err_set(err, RC_CORRUPT, "%s is not what was written", path);
    }
    return rc;
}

enum rc
archive_turn(struct archives *s, const struct db *db, struct arena *a, int64_t now_us, bool *more, struct err *err)
{
    struct leaving l = {.a = a, .now_us = now_us, .offset_minutes = s->config.offset_minutes};
    struct json *terms = NULL;
    int64_t month = 0;
    enum rc rc;

    *more = false;
    arena_reset(a);
    if ((rc = store_read(db, &ARCHIVE_UNDER_WAY, NO_VALUES, leaving_row, &l, err)) != RC_OK) {
        return rc;
    }
    if (!l.is_found) {
        if ((rc = find_month(s, db, a, now_us, &month, &terms, err)) == RC_OK && month != 0) {
            *more = true;
            rc = write_month(s, db, a, month, terms, now_us, err);
        }
        return rc;
    }
    if (s->sound != l.month * 1000 + l.number) {
        if ((rc = write_manifest(s, db, a, &l, err)) != RC_OK || (rc = read_back(s, a, &l, err)) != RC_OK) {
            return rc == RC_NOT_FOUND ? RC_OK : rc; /* not signed yet: later */
        }
        s->sound = l.month * 1000 + l.number;
    }
    *more = true;
    return store_write(db, drop_tx, &l, err);
}
