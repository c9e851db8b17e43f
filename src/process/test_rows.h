/* test_rows - for tests: what holds of the rows of a case whatever was asked of it, and the same case as if it had been stored. */
#ifndef PROCESS_TEST_ROWS_H
#define PROCESS_TEST_ROWS_H

#include "process/bpmn_int.h"
#include "process/engine.h"

static inline bool
rows_hold_scope(const struct instance *i, const struct token *t)
{
    for (size_t n = 0; n < i->scopes; n++) {
        if (i->scope[n].token == t->id) {
            return true;
        }
    }
    return false;
}

static inline bool
rows_token_is_whole(const struct instance *i, const struct token *t)
{
    const struct scope *in = instance_scope(i, t->scope);
    bool is_over = i->state != INSTANCE_RUNNING && i->state != INSTANCE_SUSPENDED;

    return in != NULL && !is_over && t->id > 0 && t->id < i->next && t->change == ROW_KEPT && t->kind != TOKEN_MOVING &&
           t->element < i->binding[in->binding].model->elements && (t->host == 0 || instance_token(i, t->host) != NULL) &&
           (t->kind != TOKEN_INNER || rows_hold_scope(i, t)) && (t->kind != TOKEN_EVENTS || !t->listens) &&
           (t->kind != TOKEN_COMPENSABLE || t->listens);
}

/* A scope that runs has something in it that keeps it. */
static inline bool
rows_scope_is_whole(const struct instance *i, const struct scope *s)
{
    int64_t alive = 0, instances = 0;

    for (size_t n = 0; n < i->tokens; n++) {
        alive += i->token[n].scope == s->id && !i->token[n].listens;
    }
    for (size_t n = 0; n < i->scopes; n++) {
        alive += i->scope[n].parent == s->id && i->scope[n].kind == SCOPE_EVENT_SUB;
        instances += i->scope[n].parent == s->id && i->scope[n].kind == SCOPE_INSTANCE && !i->scope[n].ended;
    }
    bool has_parent = s->parent == 0 ? s->id == 1 : instance_scope(i, s->parent) != NULL;
    bool has_token = s->token == 0 || instance_token(i, s->token) != NULL;
    bool is_counted = s->kind != SCOPE_MULTI || s->ended || instances == s->active;
    return has_parent && has_token && is_counted && s->id > 0 && s->id < i->next && s->change == ROW_KEPT && s->binding < i->bindings &&
           s->variables != NULL && (s->ended || s->kind == SCOPE_MULTI || alive > 0);
}

/* 0: all rows of a case that has settled hang together; else the id of one that does not. */
static inline int64_t
rows_torn(const struct instance *i)
{
    for (size_t n = 0; n < i->tokens; n++) {
        if (!rows_token_is_whole(i, &i->token[n])) {
            return i->token[n].id;
        }
    }
    for (size_t n = 0; n < i->scopes; n++) {
        if (!rows_scope_is_whole(i, &i->scope[n])) {
            return i->scope[n].id;
        }
    }
    return 0;
}

/* The same instance as if it had been stored, and loaded in no order. */
static inline struct instance
rows_stored(const struct instance *from, struct arena *a)
{
    struct instance i = *from;
    struct err err;

    i.arena = a;
    i.scopes = i.tokens = i.scope_room = i.token_room = 0;
    i.scope = NULL;
    i.token = NULL;
    i.index = NULL;
    for (size_t n = from->scopes; n > 0; n--) {
        struct scope row = from->scope[n - 1];
        row.variables = json_copy(a, row.variables);
        CHECK(instance_load_scope(&i, &row, &err) == RC_OK);
    }
    for (size_t n = from->tokens; n > 0; n--) {
        CHECK(instance_load_token(&i, &from->token[n - 1], &err) == RC_OK);
    }
    return i;
}

/* All of it once it has settled; no ptr: no room. */
static inline struct str
rows_text(struct arena *a, struct instance *i)
{
    struct str text = {NULL, 0};
    struct json *j;
    struct err err;

    instance_settle(i);
    j = instance_json(a, i);
    return j != NULL && json_canonical(a, j, &text, &err) == RC_OK ? text : (struct str){NULL, 0};
}

#endif
