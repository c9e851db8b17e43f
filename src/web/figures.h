/*
 * figures - the node at a glance, as numbers: one table for /metrics, for the operator's page and for its JSON.
 *
 * Times are seconds since 1970 by the node's own clock, 0: never.
 */
#ifndef WEB_FIGURES_H
#define WEB_FIGURES_H

#include "process/incidents.h"
#include "web/web.h"

enum { FACTS_LOOPS_MAX = 64 };

/* What the node knows of itself since its start; made by main/node.c. */
struct facts {
    struct str build;            /* SHA-256 of the program, hex: what sha256sum says of it */
    int64_t started_us;
    int64_t shift_us;            /* of the clock, in a demo */
    int64_t certificate_ends_us; /* of the certificate that other nodes see */
    const struct web_loop *loop[FACTS_LOOPS_MAX]; /* all of them: they are counted together */
    int loops;
};

/* member, name in /metrics, kind, help */
#define FIGURE_TABLE(X)                                                                             \
    X(acts, "zhengtong_acts_total", "counter", "Durable acts.")                                     \
    X(log_size, "zhengtong_log_size", "gauge", "Leaves under the last checkpoint.")                 \
    X(checkpoint_s, "zhengtong_checkpoint_time_seconds", "gauge", "When it was signed.")            \
    X(tasks, "zhengtong_tasks", "gauge", "Coroutines alive on this loop.")                          \
    X(connections, "zhengtong_connections", "gauge", "Connections of people and programs.")         \
    X(node_connections, "zhengtong_node_connections", "gauge", "Connections of other nodes.")       \
    X(writes, "zhengtong_store_writes_total", "counter", "Durable changes since the start.")        \
    X(undone, "zhengtong_store_undone_total", "counter", "Changes that did not come to be.")        \
    X(queued, "zhengtong_store_queued", "gauge", "Changes that wait for the writer.")               \
    X(store_full, "zhengtong_store_full", "gauge", "1: the last change found the disk full.")       \
    X(store_alive, "zhengtong_store_alive", "gauge", "1: the last change reached the database.")    \
    X(store_bytes, "zhengtong_store_bytes", "gauge", "Room that the database takes.")               \
    X(disk_bytes, "zhengtong_disk_bytes", "gauge", "Size of the disk with the data.")               \
    X(disk_free_bytes, "zhengtong_disk_free_bytes", "gauge", "What is free of it.")                 \
    X(materials, "zhengtong_materials", "gauge", "Files of drafts and cases.")                      \
    X(material_bytes, "zhengtong_material_bytes", "gauge", "Their size, as stored.")                \
    X(memory_bytes, "process_resident_memory_bytes", "gauge", "Resident memory.")                   \
    X(started_s, "process_start_time_seconds", "gauge", "When the worker started.")                 \
    X(directory_version, "zhengtong_directory_version", "gauge", "Of the nodes' directory.")        \
    X(directory_ends_s, "zhengtong_directory_ends_seconds", "gauge", "When it ends.")               \
    X(certificate_ends_s, "zhengtong_certificate_ends_seconds", "gauge", "When ours ends.")         \
    X(processes, "zhengtong_processes_open", "gauge", "Running processes.")                         \
    X(work, "zhengtong_worklist", "gauge", "Tasks that wait for people.")                           \
    X(incidents, "zhengtong_incidents", "gauge", "Places where a process cannot go on by itself.")  \
    X(jobs, "zhengtong_jobs_waiting", "gauge", "Work of programs that nobody has begun.")           \
    X(oldest_job_s, "zhengtong_oldest_job_time_seconds", "gauge", "Since when the oldest waits.")   \
    X(timers, "zhengtong_timers_overdue", "gauge", "Of processes, for more than a minute.")         \
    X(untaken, "zhengtong_messages_untaken", "gauge", "Messages that no process took.")             \
    X(backup_s, "zhengtong_backup_time_seconds", "gauge", "When the newest backup was made.")

enum { FIGURES_BACKUPS_MAX = 5 };

struct figures_backup {
    struct str file;
    int64_t at_s;
    int64_t bytes; /* of the rows; materials lie beside it */
};

struct figures {
#define X(member, name, kind, help) int64_t member;
    FIGURE_TABLE(X)
#undef X
    bool materials_are_reckoned; /* there are so many that not all were looked at */
    struct figures_backup backup[FIGURES_BACKUPS_MAX]; /* the newest first */
    size_t backups;
    struct incidents_figures running; /* the same by cause and type; lists are NULL where no processes run */
};

/* Looks at store, disk and process; the disk on a work thread. */
MUST_USE enum rc figures_take(struct page *p, struct figures *out, struct err *err);
/* What an operator should look at, as bits 1u << enum attention. */
enum attention {
    ATTEND_STORE_FULL,
    ATTEND_STORE_GONE,
    ATTEND_DISK,        /* less than a tenth is free */
    ATTEND_LOG,         /* behind for more than a minute */
    ATTEND_BACKUP_NONE,
    ATTEND_BACKUP_OLD,  /* more than a day */
    ATTEND_DIRECTORY,   /* ends within thirty days, or has ended */
    ATTEND_CERTIFICATE,
    ATTEND_INCIDENTS,
    ATTEND_KINDS
};
unsigned figures_attention(const struct figures *f, int64_t now_s);

/* As Prometheus reads it. */
MUST_USE enum rc figures_text(struct arena *a, const struct figures *f, struct str *out,
                              struct err *err);
/* {"acts":…,…}: every member of the table. */
struct json *figures_json(struct arena *a, const struct figures *f);

#endif
