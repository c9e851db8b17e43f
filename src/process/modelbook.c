#include "process/modelbook_int.h"

#include <pthread.h>

#include "base/mem.h"
#include "process/bpmn_compare.h"
#include "process/bpmn_int.h"
#include "process/census.h"
#include "process/gov.h"

enum { BUCKETS = 256 };

/* A version in memory.  The book only grows. */
struct kept {
    struct kept *next;
    struct arena *arena;
    struct str key;
    int64_t version;
    const struct bpmn *model;
};
struct modelbook {
    struct rulings *rulings;
    struct census *census;
    pthread_mutex_t lock;    /* of the buckets */
    pthread_mutex_t reading; /* one text at a time: zones of models are shared by them */
    struct zones *zones;
    struct kept *bucket[BUCKETS];
};

struct rulings *
modelbook_rulings(const struct modelbook *b)
{
    return b->rulings;
}


struct census *
modelbook_census(const struct modelbook *b)
{
    return b->census;
}

enum rc
modelbook_open(struct rulings *rulings, struct modelbook **out, struct err *err)
{
    struct modelbook *b = mem_new(1, sizeof(*b));

    (void)err;
    b->rulings = rulings;
    b->census = census_new(rulings);
    b->zones = zones_new(rulings_config_of(rulings)->zones_folder);
    CHECK(pthread_mutex_init(&b->lock, NULL) == 0 && pthread_mutex_init(&b->reading, NULL) == 0);
    *out = b;
    return RC_OK;
}

void
modelbook_close(struct modelbook *b)
{
    if (b == NULL) {
        return;
    }
    for (int i = 0; i < BUCKETS; i++) {
        for (struct kept *k = b->bucket[i], *next; k != NULL; k = next) {
            next = k->next;
            arena_free(k->arena);
            mem_free(k);
        }
    }
    zones_free(b->zones);
    census_free(b->census);
    CHECK(pthread_mutex_destroy(&b->reading) == 0 && pthread_mutex_destroy(&b->lock) == 0);
    mem_free(b);
}

/* --- what is kept ------------------------------------------------------------------------------------- */

static struct kept **
bucket_of(struct modelbook *b, struct str key, int64_t version)
{
    uint64_t h = 14695981039346656037u ^ (uint64_t)version;

    for (size_t i = 0; i < key.len; i++) {
        h = (h ^ (unsigned char)key.ptr[i]) * 1099511628211u;
    }
    return &b->bucket[(h >> 32) % BUCKETS];
}

static const struct bpmn *
find_in(const struct kept *k, struct str key, int64_t version)
{
    while (k != NULL && (k->version != version || !str_eq(k->key, key))) {
        k = k->next;
    }
    return k != NULL ? k->model : NULL;
}

const struct bpmn *
modelbook_find(struct modelbook *b, struct str key, int64_t version)
{
    const struct bpmn *found;

    CHECK(pthread_mutex_lock(&b->lock) == 0);
    found = find_in(*bucket_of(b, key, version), key, version);
    CHECK(pthread_mutex_unlock(&b->lock) == 0);
    return found;
}

/* Of two who load at once the first one's is kept. */
static void
keep(struct modelbook *b, struct kept *k)
{
    struct kept **bucket = bucket_of(b, k->key, k->version);
    bool is_new;

    CHECK(pthread_mutex_lock(&b->lock) == 0);
    is_new = find_in(*bucket, k->key, k->version) == NULL;
    if (is_new) {
        k->next = *bucket;
        *bucket = k;
    }
    CHECK(pthread_mutex_unlock(&b->lock) == 0);
    if (!is_new) {
        arena_free(k->arena);
        mem_free(k);
    }
}

struct loading {
    struct modelbook *book;
    struct str key, xml;
    int64_t version;
    enum rc rc;
    struct err *err;
};

enum rc
modelbook_read(struct modelbook *b, struct arena *a, struct str xml, const struct bpmn **out, struct bpmn_report *report, struct err *err)
{
    enum rc rc;

    CHECK(pthread_mutex_lock(&b->reading) == 0);
    rc = bpmn_read(a, xml, b->zones, out, report, err);
    CHECK(pthread_mutex_unlock(&b->reading) == 0);
    return rc;
}

static void
load_job(struct runner *w, void *ctx)
{
    struct loading *l = ctx;
    struct kept *k = mem_new(1, sizeof(*k));
    struct bpmn_report report;
    struct str xml;

    (void)w;
    k->arena = arena_new(MODELBOOK_ARENA);
    k->version = l->version;
    if ((l->rc = str_copy(k->arena, l->key, &k->key, l->err)) != RC_OK || (l->rc = str_copy(k->arena, l->xml, &xml, l->err)) != RC_OK ||
        (l->rc = modelbook_read(l->book, k->arena, xml, &k->model, &report, l->err)) != RC_OK) {
        arena_free(k->arena);
        mem_free(k);
        return;
    }
    keep(l->book, k);
}

enum rc
modelbook_load(struct modelbook *b, const struct db *db, struct str key, int64_t version, struct err *err)
{
    struct loading l = {.book = b, .key = key, .version = version, .err = err};
    struct rule_version v;
    struct arena *work;
    enum rc rc;

    if (modelbook_find(b, key, version) != NULL) {
        return RC_OK;
    }
    work = arena_new(2 * RULE_XML_MAX);
    if ((rc = rule_version_get(db, work, rule_id(work, RULE_BPMN, key), version, &v, err)) == RC_OK) {
        l.xml = v.xml;
        rc = ruling_do(b->rulings, db, load_job, &l, err);
        rc = rc != RC_OK ? rc : l.rc;
    }
    arena_free(work);
    return rc;
}

/* --- what calls what ------------------------------------------------------------------------------------- */

struct str
modelbook_process(const struct bpmn *m, struct str key)
{
    struct str first = STR("");

    for (size_t i = 0; i < bpmn_processes(m); i++) {
        struct bpmn_process_info info = bpmn_process(m, i);
        if (str_eq(info.id, key)) {
            return info.id;
        }
        first = first.len == 0 && info.is_executable ? info.id : first;
    }
    return first.len > 0 || bpmn_processes(m) == 0 ? first : bpmn_process(m, 0).id;
}

/* What it calls and does not know yet becomes one more of the list.  What another node runs is bound there. */
static enum rc
add_called(const struct bpmn *m, struct modelbook_bound *list, size_t *count, struct err *err)
{
    for (uint32_t i = 0; i < m->elements; i++) {
        const struct bpmn_element *e = &m->element[i];
        bool is_known = e->kind != BPMN_CALL || e->called.len == 0 || e->called_process != BPMN_NONE || gov_element(m, i)->handover != NULL;
        for (size_t j = 0; j < *count && !is_known; j++) {
            is_known = str_eq(list[j].key, e->called);
        }
        if (is_known) {
            continue;
        }
        if (*count == MODELBOOK_BOUND_MAX) {
            return err_set(err, RC_LIMIT, "more than %d processes call one another", MODELBOOK_BOUND_MAX);
        }
        list[(*count)++] = (struct modelbook_bound){.key = e->called};
    }
    return RC_OK;
}

enum rc
modelbook_bind_version(struct modelbook *b, const struct db *db, struct arena *a, struct str key, int64_t version, int32_t day,
                       const struct modelbook_bound **out, size_t *count, struct err *err)
{
    struct modelbook_bound *list = arena_alloc(a, MODELBOOK_BOUND_MAX, sizeof(*list));
    size_t known = 1;

    if (list == NULL) {
        return err_set(err, RC_LIMIT, "no room for what a process calls");
    }
    list[0].key = key;
    for (size_t i = 0; i < known; i++) {
        struct rule_held held = {.number = version};
        const struct bpmn *m;
        struct str id = rule_id(a, RULE_BPMN, list[i].key);
        enum rc rc = id.ptr == NULL ? err_set(err, RC_LIMIT, "no room for a key") : RC_OK;
        if (rc != RC_OK || ((i > 0 || version == 0) && (rc = rule_in_force(db, a, id, day, &held, err)) != RC_OK) ||
            (rc = modelbook_load(b, db, list[i].key, held.number, err)) != RC_OK) {
            return rc;
        }
        m = modelbook_find(b, list[i].key, held.number);
        CHECK(m != NULL);
        list[i].version = held.number;
        list[i].process = modelbook_process(m, list[i].key);
        if ((rc = add_called(m, list, &known, err)) != RC_OK) {
            return rc;
        }
    }
    *out = list;
    *count = known;
    return RC_OK;
}

enum rc
modelbook_bind(struct modelbook *b, const struct db *db, struct arena *a, struct str key, int32_t day, const struct modelbook_bound **out,
               size_t *count, struct err *err)
{
    return modelbook_bind_version(b, db, a, key, 0, day, out, count, err);
}

/* --- looking ------------------------------------------------------------------------------------------------- */

struct looking {
    struct modelbook *book;
    struct arena *arena;
    const struct modelbook_wish *wish;
    struct bpmn_mark *mark;
    size_t marks, room;
    struct json *out;
    enum rc rc;
    struct err *err;
};

static enum rc
add_mark(struct looking *l, struct bpmn_mark mark)
{
    if (l->marks == l->room) {
        size_t room = l->room == 0 ? 64 : 2 * l->room;
        void *more = arena_grow(l->arena, l->mark, l->room * sizeof(mark), room * sizeof(mark));
        if (more == NULL) {
            return err_set(l->err, RC_LIMIT, "no room for marks");
        }
        l->mark = more;
        l->room = room;
    }
    l->mark[l->marks++] = mark;
    return RC_OK;
}

static void
put_processes(struct looking *l, const struct bpmn *m)
{
    struct json *list = json_array(l->arena);

    for (size_t i = 0; m != NULL && i < bpmn_processes(m); i++) {
        struct bpmn_process_info info = bpmn_process(m, i);
        struct json *d = json_object(l->arena);
        json_set_text(l->arena, d, "id", info.id);
        json_set_text(l->arena, d, "name", info.name);
        json_set_bool(l->arena, d, "executable", info.is_executable);
        json_set_int(l->arena, d, "elements", (int64_t)info.elements);
        json_push(list, d);
    }
    json_set(l->arena, l->out, "processes", list);
}

/* A model with errors is an answer, too, as long as they could be told. */
static enum rc
put_findings(struct looking *l)
{
    struct bpmn_report report = {.count = 0};
    const struct bpmn *m = NULL;
    struct json *said;
    enum rc rc = modelbook_read(l->book, l->arena, l->wish->xml, &m, &report, l->err);

    if (rc != RC_OK && report.count == 0) {
        return rc;
    }
    if ((said = bpmn_report_json(l->arena, &report)) == NULL) {
        return err_set(l->err, RC_LIMIT, "no room for what was found");
    }
    put_processes(l, rc == RC_OK ? m : NULL);
    json_set_int(l->arena, l->out, "errors", (int64_t)report.errors);
    json_set_int(l->arena, l->out, "unsound", (int64_t)report.unsound);
    json_set_int(l->arena, l->out, "warnings", (int64_t)(report.count - report.errors - report.unsound));
    json_set(l->arena, l->out, "findings", json_copy(l->arena, json_get(said, "findings")));
    rc = RC_OK;
    for (size_t i = 0; i < report.count && rc == RC_OK; i++) {
        const struct bpmn_finding *f = &report.finding[i];
        if (f->id.len > 0) {
            rc = add_mark(l, (struct bpmn_mark){f->id, f->severity == BPMN_WARNING ? BPMN_MARK_DOUBTFUL : BPMN_MARK_WRONG, 0});
        }
    }
    return rc;
}

/* What differs; nothing is said if one of the two cannot be read, or has more in it than anybody would compare. */
static enum rc
put_comparison(struct looking *l)
{
    struct json *compared;
    struct bpmn_mark *list;
    size_t count;
    struct err why;
    enum rc rc = bpmn_compare(l->arena, l->wish->base, l->wish->xml, &compared, &why);

    if (rc != RC_OK) {
        return rc == RC_INVALID || rc == RC_LIMIT ? RC_OK : err_set(l->err, rc, "%s", why.text);
    }
    json_set(l->arena, l->out, "compared", compared);
    if ((rc = bpmn_compare_marks(l->arena, compared, &list, &count, l->err)) != RC_OK) {
        return rc;
    }
    for (size_t i = 0; i < count && rc == RC_OK; i++) {
        rc = add_mark(l, list[i]);
    }
    return rc;
}

static enum rc
put_picture(struct looking *l)
{
    struct json *picture = NULL;
    struct err why;
    enum rc rc = RC_OK;

    for (size_t i = 0; i < l->wish->marks && rc == RC_OK; i++) {
        rc = add_mark(l, l->wish->mark[i]);
    }
    if (rc != RC_OK) {
        return rc;
    }
    const struct bpmn_look look = {.xml = l->wish->xml, .mark = l->mark, .marks = l->marks, .is_english = l->wish->is_english};
    rc = bpmn_picture(l->arena, &look, &picture, &why);
    json_set_bool(l->arena, l->out, "readable", rc == RC_OK);
    if (rc == RC_OK) {
        json_set(l->arena, l->out, "picture", picture);
    }
    return rc == RC_OK || rc == RC_INVALID ? RC_OK : err_set(l->err, rc, "%s", why.text);
}

static enum rc
put_drawing(struct looking *l)
{
    struct str drawn = l->wish->xml;
    struct err why;
    enum rc rc = bpmn_draw(l->arena, l->wish->xml, &drawn, &why);

    json_set_text(l->arena, l->out, "xml", drawn);
    return rc == RC_OK || rc == RC_INVALID ? RC_OK : err_set(l->err, rc, "%s", why.text);
}

static void
look_job(struct runner *w, void *ctx)
{
    struct looking *l = ctx;

    (void)w;
    l->out = json_object(l->arena);
    l->rc = l->wish->wants_findings ? put_findings(l) : RC_OK;
    if (l->rc == RC_OK && l->wish->base.len > 0) {
        l->rc = put_comparison(l);
    }
    if (l->rc == RC_OK) {
        l->rc = put_picture(l);
    }
    if (l->rc == RC_OK && l->wish->wants_drawing) {
        l->rc = put_drawing(l);
    }
}

enum rc
modelbook_look(struct modelbook *b, const struct db *db, struct arena *a, const struct modelbook_wish *w, struct json **out, struct err *err)
{
    struct arena *work = arena_new(MODELBOOK_ARENA);
    struct looking l = {.book = b, .arena = work, .wish = w, .err = err};
    enum rc rc = ruling_do(b->rulings, db, look_job, &l, err);

    rc = rc != RC_OK ? rc : l.rc;
    if (rc == RC_OK && (rc = json_whole(l.out, err)) == RC_OK) {
        struct json *copy = json_copy(a, l.out);
        rc = copy != NULL ? json_whole(copy, err) : err_set(err, RC_LIMIT, "no room for a look at a model");
        *out = rc == RC_OK ? copy : *out;
    }
    arena_free(work);
    return rc;
}
