#include "process/trail.h"

#include "process/bpmn_int.h"
#include "process/history_int.h"

enum { LINES_AT_ONCE = 200 };

struct following {
    struct arena *arena;
    struct trail *out;
    struct bpmn_mark *mark;
    size_t room;
    int64_t after; /* the last line */
    size_t lines;
};

static enum rc
add_mark(struct following *f, struct str id, enum bpmn_mark_kind kind, struct err *err)
{
    if (f->out->marks == f->room) {
        size_t room = f->room == 0 ? 64 : 2 * f->room;
        void *more = arena_grow(f->arena, f->mark, f->room * sizeof(*f->mark), room * sizeof(*f->mark));
        if (more == NULL) {
            return err_set(err, RC_LIMIT, "no room for the way of a case");
        }
        f->mark = more;
        f->room = room;
    }
    f->mark[f->out->marks++] = (struct bpmn_mark){.id = id, .kind = kind};
    return RC_OK;
}

/* What a move means for the picture; BPMN_MARK_NONE: nothing. */
static enum bpmn_mark_kind
kind_of(struct str move)
{
    static const struct {
        const char *move;
        enum bpmn_mark_kind kind;
    } kinds[] = {{"left", BPMN_MARK_DONE}, {"taken", BPMN_MARK_DONE}, {"ended", BPMN_MARK_DONE}, {"cancelled", BPMN_MARK_CANCELLED}};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (str_eq(move, str_of(kinds[i].move))) {
            return kinds[i].kind;
        }
    }
    return BPMN_MARK_NONE;
}

static bool
is_told(struct str move)
{
    static const char *const told[] = {"entered", "left", "cancelled", "returned", "incident", "resolved", "failed", "supplement", "supplied", "migrated"};

    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        if (str_eq(move, str_of(told[i]))) {
            return true;
        }
    }
    return false;
}

static enum rc
follow_line(struct following *f, const struct json *line, struct err *err)
{
    const struct json *moves = json_get(line, "moves");
    enum rc rc = RC_OK;

    for (const struct json *m = moves != NULL ? moves->first : NULL; m != NULL && rc == RC_OK; m = m->next) {
        struct str what = history_text(m, MOVE_KIND), id = history_text(m, MOVE_ELEMENT);
        enum bpmn_mark_kind kind = kind_of(what);
        if (kind != BPMN_MARK_NONE) {
            rc = add_mark(f, id, kind, err);
        }
        if (is_told(what) && id.len > 0) {
            struct json *d = json_object(f->arena);
            json_set_text(f->arena, d, "element", id);
            json_set_text(f->arena, d, "what", what);
            json_set_int(f->arena, d, "at_us", json_int_or(line, "at_us", 0));
            json_set_text(f->arena, d, "detail", history_text(m, MOVE_DETAIL));
            json_push(f->out->steps, d);
        }
    }
    f->after = json_int_or(line, "n", f->after + 1);
    f->lines++;
    return rc;
}

static enum rc
follow_history(struct following *f, struct runtime *r, const struct db *db, int64_t id, struct err *err)
{
    struct json *lines;
    enum rc rc;

    do {
        if ((rc = runtime_history(r, db, f->arena, id, f->after, LINES_AT_ONCE, &lines, err)) != RC_OK) {
            return rc;
        }
        for (const struct json *l = lines->first; l != NULL && rc == RC_OK; l = l->next) {
            rc = follow_line(f, l, err);
        }
    } while (rc == RC_OK && lines->count == LINES_AT_ONCE && f->lines < TRAIL_LINES_MAX);
    f->out->is_cut = lines->count == LINES_AT_ONCE && f->lines >= TRAIL_LINES_MAX;
    return rc;
}

static struct str
element_id(const struct instance *i, const struct token *token)
{
    const struct scope *scope = instance_scope(i, token->scope);

    return scope != NULL && token->element != BPMN_NONE ? i->binding[scope->binding].model->element[token->element].id : STR("");
}

/* Where it stands.  A token that only listens is nobody's work. */
static enum rc
stand(struct following *f, const struct instance *i, struct err *err)
{
    bool is_open = i->state == INSTANCE_RUNNING || i->state == INSTANCE_SUSPENDED;
    enum rc rc = RC_OK;

    for (size_t t = 0; t < i->tokens && is_open && rc == RC_OK; t++) {
        const struct token *token = &i->token[t];
        if (!token->listens && token->change != ROW_GONE) {
            rc = add_mark(f, element_id(i, token), token->kind == TOKEN_INCIDENT ? BPMN_MARK_FAILED : BPMN_MARK_ACTIVE, err);
        }
    }
    return rc;
}

enum rc
trail_of(struct runtime *r, const struct db *db, struct arena *a, int64_t instance, struct trail *out, struct err *err)
{
    struct trail t = {.instance = instance, .steps = json_array(a)};
    struct following f = {.arena = a, .out = &t};
    struct instance i;
    enum rc rc = runtime_instance(r, db, a, instance, &i, err);

    if (rc != RC_OK) {
        return rc;
    }
    t.key = i.binding[0].key;
    t.version = i.binding[0].version;
    t.state = i.state;
    t.started_us = i.started_us;
    t.ended_us = i.ended_us;
    if ((rc = follow_history(&f, r, db, instance, err)) != RC_OK || (rc = stand(&f, &i, err)) != RC_OK || (rc = json_whole(t.steps, err)) != RC_OK) {
        return rc;
    }
    t.mark = f.mark;
    *out = t;
    return RC_OK;
}
