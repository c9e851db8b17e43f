#include "process/xes.h"

#include "base/clock.h"
#include "process/bpmn_int.h"
#include "process/history_int.h"
#include "process/xes_sql.h"

enum { TRACES_AT_ONCE = 100, LINES_AT_ONCE = 200, TRACE_ARENA = 32 << 20, PIECE_MAX = 16 << 20 };

struct writing {
    struct runtime *r;
    const struct db *db;
    const struct xes_wish *wish;
    const struct xes_sink *sink;
    struct arena *arena, *page; /* of one trace, of some of its lines */
};

/* --- attributes --------------------------------------------------------------------------------------------- */

/* XML 1.0 has no way to write most control characters. */
static void
put_value(struct buf *b, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        buf_put_html(b, c < ' ' && c != '\t' && c != '\n' ? STR(" ") : str_sub(text, i, 1));
    }
}

static void
put_string(struct buf *b, const char *key, struct str value)
{
    if (value.len > 0) {
        buf_put_fmt(b, "<string key=\"%s\" value=\"", key);
        put_value(b, value);
        buf_put(b, STR("\"/>"));
    }
}

static void
put_date(struct buf *b, const char *key, int64_t at_us, int offset_minutes)
{
    buf_put_fmt(b, "<date key=\"%s\" value=\"", key);
    buf_put_instant(b, at_us, offset_minutes);
    buf_put(b, STR("\"/>"));
}

/* --- events --------------------------------------------------------------------------------------------------- */

/* The element of any of the models that the case goes by; NULL. */
static const struct bpmn_element *
element_of(const struct instance *i, struct str id)
{
    for (size_t b = 0; b < i->bindings; b++) {
        uint32_t at = bpmn_find_element(i->binding[b].model, id);
        if (at != BPMN_NONE) {
            return &i->binding[b].model->element[at];
        }
    }
    return NULL;
}

/* A move as a transition of the standard lifecycle; NULL: it is no event. */
static const char *
transition_of(const struct bpmn_element *e, struct str move)
{
    static const struct {
        const char *move, *activity, *event;
    } transitions[] = {{"entered", "schedule", NULL},  {"left", "complete", "complete"}, {"ended", NULL, "complete"},
                       {"cancelled", "ate_abort", NULL}, {"incident", "suspend", "suspend"}, {"resolved", "resume", "resume"},
                       {"returned", "reassign", NULL}};

    for (size_t i = 0; i < sizeof(transitions) / sizeof(transitions[0]) && !bpmn_is_gateway(e->kind); i++) {
        if (str_eq(move, str_of(transitions[i].move))) {
            return bpmn_is_activity(e->kind) ? transitions[i].activity : transitions[i].event;
        }
    }
    return NULL;
}

/* "officer:o-7" → officer and o-7; whoever else it is stays without a name. */
static void
put_actor(struct buf *b, struct str actor)
{
    struct str officer = STR("officer:");
    bool is_officer = str_starts(actor, officer), is_person = str_starts(actor, STR("person:")) || str_starts(actor, STR("citizen:"));

    put_string(b, "org:resource", is_officer ? str_from(actor, officer.len) : is_person ? STR("applicant") : STR("system"));
    put_string(b, "org:role", is_officer ? STR("officer") : is_person ? STR("applicant") : STR("system"));
}

static void
put_event(const struct writing *w, struct buf *b, const struct instance *i, const struct json *line, const struct json *move)
{
    const struct bpmn_element *e = element_of(i, history_text(move, MOVE_ELEMENT));
    const char *transition = e != NULL ? transition_of(e, history_text(move, MOVE_KIND)) : NULL;
    struct str outcome = json_str(json_get(line, "command"), "outcome");
    const struct json *token = history_part(move, MOVE_TOKEN);

    if (transition == NULL) {
        return;
    }
    buf_put(b, STR("<event>"));
    put_string(b, "concept:name", e->name.len > 0 ? e->name : e->id);
    put_string(b, "concept:instance", token != NULL ? token->text : STR(""));
    put_string(b, "lifecycle:transition", str_of(transition));
    put_date(b, "time:timestamp", json_int_or(line, "at_us", 0), w->wish->offset_minutes);
    put_actor(b, json_str(line, "actor"));
    put_string(b, "element", e->id);
    put_string(b, "kind", str_of(bpmn_tag(e->kind)));
    if (e->kind == BPMN_USER && str_eq(history_text(move, MOVE_KIND), STR("left"))) {
        put_string(b, "outcome", outcome);
    }
    buf_put(b, STR("</event>\n"));
}

/* --- traces ----------------------------------------------------------------------------------------------------- */

static enum rc
send(const struct writing *w, const struct buf *b, struct err *err)
{
    struct str bytes;
    enum rc rc = buf_finish(b, &bytes, err);

    return rc != RC_OK || bytes.len == 0 ? rc : w->sink->put(w->sink->ctx, bytes, err);
}

static void
begin_trace(const struct writing *w, struct buf *b, const struct instance *i)
{
    buf_put(b, STR("<trace>"));
    put_string(b, "concept:name", str_fmt(w->arena, "%lld", (long long)i->id));
    put_string(b, "state", str_of(instance_state_name(i->state)));
    buf_put_fmt(b, "<int key=\"version\" value=\"%lld\"/>\n", (long long)i->binding[0].version);
}

/* However long it is, some lines at a time.  What comes later is for another export. */
static enum rc
put_lines(struct writing *w, const struct instance *i, int64_t *after, bool *more, struct err *err)
{
    struct json *lines;
    struct buf b;
    enum rc rc;

    arena_reset(w->page);
    if ((rc = runtime_history(w->r, w->db, w->page, i->id, *after, LINES_AT_ONCE, &lines, err)) != RC_OK) {
        return rc;
    }
    buf_init(&b, w->page, PIECE_MAX);
    for (const struct json *l = lines->first; l != NULL; l = l->next) {
        const struct json *moves = json_get(l, "moves");
        for (const struct json *m = moves != NULL ? moves->first : NULL; m != NULL; m = m->next) {
            put_event(w, &b, i, l, m);
        }
        *after = json_int_or(l, "n", *after + 1);
    }
    *more = lines->count == LINES_AT_ONCE;
    return send(w, &b, err);
}

static enum rc
put_trace(struct writing *w, int64_t id, struct err *err)
{
    struct instance i;
    struct buf b;
    int64_t after = 0;
    bool more = true;
    enum rc rc = runtime_instance(w->r, w->db, w->arena, id, &i, err);

    if (rc != RC_OK) {
        return rc == RC_NOT_FOUND ? RC_OK : rc; /* it was put away meanwhile */
    }
    buf_init(&b, w->arena, PIECE_MAX);
    begin_trace(w, &b, &i);
    rc = send(w, &b, err);
    while (rc == RC_OK && more) {
        rc = put_lines(w, &i, &after, &more, err);
    }
    return rc != RC_OK ? rc : w->sink->put(w->sink->ctx, STR("</trace>\n"), err);
}

/* --- the log -------------------------------------------------------------------------------------------------------- */

static enum rc
begin_log(const struct writing *w, struct err *err)
{
    static const char *const extensions[][2] = {{"Concept", "concept"}, {"Time", "time"}, {"Lifecycle", "lifecycle"}, {"Organizational", "org"}};
    struct buf b;

    buf_init(&b, w->arena, PIECE_MAX);
    buf_put(&b, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<log xes.version=\"1849-2016\" xes.features=\"\" xmlns=\"http://www.xes-standard.org/\">\n"));
    for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
        buf_put_fmt(&b, "<extension name=\"%s\" prefix=\"%s\" uri=\"http://www.xes-standard.org/%s.xesext\"/>\n", extensions[i][0], extensions[i][1],
                    extensions[i][1]);
    }
    buf_put(&b, STR("<global scope=\"trace\"><string key=\"concept:name\" value=\"\"/></global>\n"
                    "<global scope=\"event\"><string key=\"concept:name\" value=\"\"/><string key=\"lifecycle:transition\" value=\"complete\"/>"
                    "<date key=\"time:timestamp\" value=\"1970-01-01T00:00:00.000+00:00\"/></global>\n"
                    "<classifier name=\"Activity\" keys=\"concept:name\"/>\n"
                    "<classifier name=\"Step\" keys=\"concept:name lifecycle:transition\"/>\n"));
    put_string(&b, "concept:name", w->wish->title);
    put_string(&b, "lifecycle:model", STR("standard"));
    put_string(&b, "process", w->wish->key);
    buf_put_char(&b, '\n');
    return send(w, &b, err);
}

struct numbers {
    int64_t id[TRACES_AT_ONCE];
    size_t count;
};

static enum rc
number_row(const struct row *row, void *ctx, struct err *err)
{
    struct numbers *n = ctx;

    (void)err;
    n->id[n->count++] = row_int(row, 0);
    return RC_OK;
}

static enum rc
put_traces(struct writing *w, size_t *traces, struct err *err)
{
    const struct xes_wish *wish = w->wish;
    struct numbers n = {.count = 1};
    enum rc rc = RC_OK;

    for (int64_t after = 0; n.count > 0 && *traces < wish->traces_max && rc == RC_OK;) {
        size_t left = wish->traces_max - *traces, most = left < TRACES_AT_ONCE ? left : TRACES_AT_ONCE;
        n.count = 0;
        rc = store_read(w->db, &XES_INSTANCES,
                        VALUES(V_TEXT(wish->key), V_INT(after), V_INT(wish->from_us), V_INT(wish->until_us), V_INT((int64_t)most)), number_row, &n,
                        err);
        for (size_t i = 0; i < n.count && rc == RC_OK; i++) {
            arena_reset(w->arena);
            rc = put_trace(w, n.id[i], err);
            after = n.id[i];
            ++*traces;
        }
    }
    return rc;
}

enum rc
xes_export(struct runtime *r, const struct db *db, const struct xes_wish *wish, const struct xes_sink *sink, size_t *traces, struct err *err)
{
    struct writing w = {r, db, wish, sink, arena_new(TRACE_ARENA), arena_new(TRACE_ARENA)};
    enum rc rc;

    *traces = 0;
    if ((rc = begin_log(&w, err)) == RC_OK && (rc = put_traces(&w, traces, err)) == RC_OK) {
        rc = sink->put(sink->ctx, STR("</log>\n"), err);
    }
    arena_free(w.page);
    arena_free(w.arena);
    return rc;
}
