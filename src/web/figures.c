#include "web/figures.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "process/conduct.h"

enum { MATERIALS_LOOKED_AT = 5000, PATH_BYTES = 1024, TEXT_BYTES = 65536 };
enum { SOON_DAYS = 30, LOG_LATE_S = 60, DAY_S = 86400 };

static const int64_t second_us = 1000000;

/* --- the disk, on a work thread ------------------------------------------------------------------- */

struct disk_look {
    const struct web *web;
    struct arena *arena; /* the caller waits */
    int64_t shift_s;
    struct figures *figures;
    enum rc rc;
    struct err err;
};

/* Among the newest, which stand in order. */
static void
keep_backup(struct figures *f, struct figures_backup b)
{
    size_t place = 0;

    while (place < f->backups && (f->backup[place].at_s > b.at_s ||
                                  (f->backup[place].at_s == b.at_s &&
                                   str_cmp(f->backup[place].file, b.file) > 0))) {
        place++;
    }
    if (place == FIGURES_BACKUPS_MAX) {
        return;
    }
    f->backups += f->backups < FIGURES_BACKUPS_MAX;
    for (size_t i = f->backups - 1; i > place; i--) {
        f->backup[i] = f->backup[i - 1];
    }
    f->backup[place] = b;
}

static enum rc
look_at_backups(struct disk_look *l, const char *folder)
{
    DIR *d = opendir(folder);
    enum rc rc = RC_OK;

    for (struct dirent *e = d != NULL ? readdir(d) : NULL; e != NULL && rc == RC_OK; e = readdir(d)) {
        char path[PATH_BYTES];
        struct figures_backup b = {.file = STR("")};
        struct stat st;
        (void)snprintf(path, sizeof(path), "%.700s/%.255s", folder, e->d_name);
        if (!str_ends(str_of(e->d_name), STR(".db")) || stat(path, &st) != 0) {
            continue;
        }
        b.at_s = (int64_t)st.st_mtime + l->shift_s;
        b.bytes = st.st_size;
        if ((rc = str_copy(l->arena, str_of(e->d_name), &b.file, &l->err)) == RC_OK) {
            keep_backup(l->figures, b);
        }
    }
    if (d != NULL) {
        (void)closedir(d);
    }
    return rc;
}

static void
look_at_disk(void *ctx)
{
    struct disk_look *l = ctx;
    struct figures *f = l->figures;
    struct material_figures weighed = {0};
    char path[PATH_BYTES];
    bool is_exact = true;
    struct statvfs disk;
    struct stat st;

    (void)snprintf(path, sizeof(path), "%.*s/checkpoint", STR_ARG(l->web->log_folder));
    if (stat(path, &st) == 0) {
        f->checkpoint_s = (int64_t)st.st_mtime + l->shift_s;
    }
    (void)snprintf(path, sizeof(path), "%.*s", STR_ARG(l->web->backup_folder));
    if (statvfs(path, &disk) == 0) {
        f->disk_bytes = (int64_t)(disk.f_blocks * disk.f_frsize);
        f->disk_free_bytes = (int64_t)(disk.f_bavail * disk.f_frsize);
    }
    if ((l->rc = look_at_backups(l, path)) == RC_OK) {
        l->rc = material_weigh(&l->web->materials, MATERIALS_LOOKED_AT, &weighed, &is_exact, &l->err);
    }
    f->backup_s = f->backups > 0 ? f->backup[0].at_s : 0;
    f->materials = weighed.files;
    f->material_bytes = weighed.bytes;
    f->materials_are_reckoned = !is_exact;
}

/* --- the rest --------------------------------------------------------------------------------------- */

/* Resident pages of this process, from /proc. */
static int64_t
resident_bytes(struct arena *a)
{
    struct str text, part;
    struct err ignored;
    int64_t pages = 0;

    if (file_read(a, "/proc/self/statm", 4096, &text, &ignored) != RC_OK ||
        !str_next(&text, ' ', &part) || !str_next(&text, ' ', &part) ||
        !str_to_int(part, &pages)) {
        return 0;
    }
    return pages * (int64_t)sysconf(_SC_PAGESIZE);
}

static void
look_at_loops(const struct facts *facts, struct figures *f)
{
    for (int i = 0; facts != NULL && i < facts->loops; i++) {
        const struct web_loop *l = facts->loop[i];
        f->connections += l->public_server != NULL ? server_connections(l->public_server) : 0;
        f->node_connections += l->exchange_server != NULL ? server_connections(l->exchange_server) : 0;
    }
}

static void
look_at_processes(struct conduct *c, struct figures *f)
{
    const struct conduct_figures all = c != NULL ? conduct_figures(c) : (struct conduct_figures){0};

    f->processes = all.open;
    f->work = all.tasks;
    f->incidents = all.incidents;
    f->jobs = all.jobs;
    f->oldest_job_s = all.oldest_job_us / second_us;
}

static void
look_at_process(struct page *p, struct figures *f)
{
    const struct web *w = p->web;
    struct store_figures store = store_look(w->store);

    look_at_loops(w->facts, f);
    look_at_processes(w->conduct, f);
    f->log_size = w->publisher != NULL ? (int64_t)publisher_size(w->publisher) : 0;
    f->tasks = loop_tasks(p->loop->loop);
    f->writes = (int64_t)store.writes;
    f->undone = (int64_t)store.undone;
    f->queued = (int64_t)store.queued;
    f->store_full = store.full;
    f->store_alive = store.alive;
    f->memory_bytes = resident_bytes(p->arena);
    if (w->facts != NULL) {
        f->started_s = w->facts->started_us / second_us;
        f->certificate_ends_s = w->facts->certificate_ends_us / second_us;
    }
    if (p->loop->directory != NULL) {
        f->directory_version = directory_version(p->loop->directory);
        f->directory_ends_s = directory_expires_us(p->loop->directory) / second_us;
    }
}

/* What stands still and what waits, by cause and type, and as of this moment. */
static enum rc
look_at_waiting(struct page *p, struct figures *f, struct err *err)
{
    struct incidents_figures *r = &f->running;
    enum rc rc;

    if (p->web->runtime == NULL) {
        return RC_OK;
    }
    if ((rc = incidents_count(&p->db, p->arena, p->now_us, r, err)) == RC_OK) {
        f->incidents = r->incidents;
        f->jobs = r->jobs;
        f->oldest_job_s = r->oldest_job_us / second_us;
        f->timers = r->timers;
        f->untaken = r->untaken;
    }
    return rc;
}

enum rc
figures_take(struct page *p, struct figures *out, struct err *err)
{
    struct figures *f = arena_alloc(p->arena, 1, sizeof(*f));
    const struct facts *facts = p->web->facts;
    struct disk_look look = {.web = p->web,
                             .arena = p->arena,
                             .shift_s = facts != NULL ? facts->shift_us / second_us : 0,
                             .figures = f};
    enum rc rc;

    if (f == NULL) {
        return err_set(err, RC_LIMIT, "no room for figures");
    }
    if ((rc = act_count(&p->db, &f->acts, err)) != RC_OK ||
        (rc = store_bytes(&p->db, &f->store_bytes, err)) != RC_OK ||
        (rc = task_work(p->call->task, look_at_disk, &look, err)) != RC_OK) {
        return rc;
    }
    if (look.rc != RC_OK) {
        *err = look.err;
        return look.rc;
    }
    look_at_process(p, f);
    if ((rc = look_at_waiting(p, f, err)) == RC_OK) {
        *out = *f;
    }
    return rc;
}

/* A label's value: ", \ and line ends are escaped, as Prometheus reads them. */
static void
put_label(struct buf *b, const char *name, struct str value)
{
    buf_put_fmt(b, "%s=\"", name);
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == '"' || c == '\\') {
            buf_put_char(b, '\\');
        }
        buf_put(b, c == '\n' ? STR("\\n") : (struct str){&value.ptr[i], 1});
    }
    buf_put_char(b, '"');
}

static void
put_labelled(struct buf *b, const char *name, const char *help, const struct json *list, const char *const labels[2])
{
    if (list == NULL || list->first == NULL) {
        return;
    }
    buf_put_fmt(b, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
    for (const struct json *j = list->first; j != NULL; j = j->next) {
        buf_put_fmt(b, "%s{", name);
        for (int i = 0; i < 2 && labels[i] != NULL; i++) {
            buf_put(b, i > 0 ? STR(",") : STR(""));
            put_label(b, strcmp(labels[i], "code") == 0 ? "cause" : labels[i], json_str(j, labels[i]));
        }
        buf_put_fmt(b, "} %lld\n", (long long)json_int_or(j, "count", 0));
    }
}

enum rc
figures_text(struct arena *a, const struct figures *f, struct str *out, struct err *err)
{
    struct buf b;

    buf_init(&b, a, TEXT_BYTES);
#define X(member, name, kind, help)                                                                 \
    buf_put_fmt(&b, "# HELP " name " " help "\n# TYPE " name " " kind "\n" name " %lld\n",           \
                (long long)f->member);
    FIGURE_TABLE(X)
#undef X
    put_labelled(&b, "zhengtong_incidents_by_cause", "Tokens that cannot go on, by process and cause.", f->running.causes,
                 (const char *const[]){"process", "code"});
    put_labelled(&b, "zhengtong_jobs_waiting_by_type", "Jobs that nobody has, by type.", f->running.types, (const char *const[]){"type", NULL});
    return buf_finish(&b, out, err);
}

struct json *
figures_json(struct arena *a, const struct figures *f)
{
    struct json *j = json_object(a);

#define X(member, name, kind, help) json_set_int(a, j, #member, f->member);
    FIGURE_TABLE(X)
#undef X
    return j;
}

static bool
ends_soon(int64_t ends_s, int64_t now_s)
{
    return ends_s > 0 && ends_s - now_s < (int64_t)SOON_DAYS * DAY_S;
}

unsigned
figures_attention(const struct figures *f, int64_t now_s)
{
    const bool is_so[ATTEND_KINDS] = {
        [ATTEND_STORE_FULL] = f->store_full,
        [ATTEND_STORE_GONE] = !f->store_alive,
        [ATTEND_DISK] = f->disk_bytes > 0 && f->disk_free_bytes < f->disk_bytes / 10,
        [ATTEND_LOG] = f->acts > f->log_size && now_s - f->checkpoint_s > LOG_LATE_S,
        [ATTEND_BACKUP_NONE] = f->backup_s == 0,
        [ATTEND_BACKUP_OLD] = f->backup_s > 0 && now_s - f->backup_s > DAY_S,
        [ATTEND_DIRECTORY] = ends_soon(f->directory_ends_s, now_s),
        [ATTEND_CERTIFICATE] = ends_soon(f->certificate_ends_s, now_s),
        [ATTEND_INCIDENTS] = f->incidents > 0};
    unsigned found = 0;

    for (unsigned i = 0; i < ATTEND_KINDS; i++) {
        found |= (unsigned)is_so[i] << i;
    }
    return found;
}
