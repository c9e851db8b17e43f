/* Rows while a step is under way: added, changed, gone, and how they hang together. */
#include <stdlib.h>
#include <string.h>

#include "process/engine_int.h"

static const struct chain no_chain = {BPMN_NONE, BPMN_NONE};
static const struct link no_link = {BPMN_NONE, BPMN_NONE};

/* --- chains --------------------------------------------------------------------------------------- */

static void
chain_put(struct chain *c, struct link *links, uint32_t row)
{
    links[row] = (struct link){c->last, BPMN_NONE};
    if (c->last == BPMN_NONE) {
        c->first = row;
    } else {
        links[c->last].after = row;
    }
    c->last = row;
}

static void
chain_take(struct chain *c, struct link *links, uint32_t row)
{
    struct link l = links[row];

    if (l.before == BPMN_NONE) {
        c->first = l.after;
    } else {
        links[l.before].after = l.after;
    }
    if (l.after == BPMN_NONE) {
        c->last = l.before;
    } else {
        links[l.after].before = l.before;
    }
    links[row] = no_link;
}

/* --- room ----------------------------------------------------------------------------------------- */

bool
rows_push(struct stepping *s, struct rows *rows, uint32_t row)
{
    if (rows->count == rows->room) {
        size_t more = rows->room > 0 ? rows->room * 2 : 8;
        uint32_t *grown = arena_grow(s->i->arena, rows->row, rows->room * sizeof(*grown), more * sizeof(*grown));
        if (grown == NULL) {
            return engine_full(s);
        }
        rows->row = grown;
        rows->room = more;
    }
    rows->row[rows->count++] = row;
    return true;
}

static int
by_row(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

    return (one > other) - (one < other);
}

void
rows_sort(struct rows *rows)
{
    if (rows->count > 1) {
        qsort(rows->row, rows->count, sizeof(*rows->row), by_row);
    }
}

/* What was there moves along. */
#define GROW(field, before, room) grow(s, (void **)&s->x->field, sizeof(*s->x->field), before, room)

static bool
grow(struct stepping *s, void **array, size_t size, size_t before, size_t room)
{
    void *grown = arena_grow(s->i->arena, *array, before * size, room * size);

    if (grown == NULL) {
        return engine_full(s);
    }
    *array = grown;
    return true;
}

static bool
token_room(struct stepping *s)
{
    size_t before = s->x->token_room, room = s->i->token_room;

    if (before >= room) {
        return true;
    }
    s->x->token_room = room;
    return GROW(in, before, room) && GROW(inner, before, room) && GROW(beside, before, room) && GROW(guest, before, room) &&
           GROW(guests, before, room);
}

static bool
scope_room(struct stepping *s)
{
    size_t before = s->x->scope_room, room = s->i->scope_room;

    if (before >= room) {
        return true;
    }
    s->x->scope_room = room;
    return GROW(up, before, room) && GROW(alive, before, room) && GROW(depth, before, room) && GROW(is_ending, before, room) &&
           GROW(is_touched, before, room) && GROW(sibling, before, room) && GROW(tokens, before, room) && GROW(children, before, room);
}

/* --- hanging together ------------------------------------------------------------------------------ */

static uint32_t
row_of(const void *array, const void *item, size_t size)
{
    return item == NULL ? BPMN_NONE : (uint32_t)((size_t)((const char *)item - (const char *)array) / size);
}

uint32_t
engine_token_row(const struct stepping *s, int64_t id)
{
    return id == 0 ? BPMN_NONE : row_of(s->i->token, instance_token(s->i, id), sizeof(struct token));
}

uint32_t
engine_scope_row(const struct stepping *s, int64_t id)
{
    return id == 0 ? BPMN_NONE : row_of(s->i->scope, instance_scope(s->i, id), sizeof(struct scope));
}

static void
clear_scope(struct instance_index *x, uint32_t scope)
{
    x->up[scope] = BPMN_NONE;
    x->alive[scope] = 0;
    x->depth[scope] = 0;
    x->is_ending[scope] = x->is_touched[scope] = false;
    x->sibling[scope] = no_link;
    x->tokens[scope] = x->children[scope] = no_chain;
}

static void
clear_token(struct instance_index *x, uint32_t token)
{
    x->in[token] = x->inner[token] = BPMN_NONE;
    x->beside[token] = x->guest[token] = no_link;
    x->guests[token] = no_chain;
}

static bool
keeps_alive(const struct scope *scope)
{
    return scope->kind == SCOPE_EVENT_SUB && !scope->ended;
}

/* Instances of one activity follow one another, and so do their tokens: what is looked for is mostly beside what was found last. */
static uint32_t
find_up(const struct stepping *s, uint32_t scope)
{
    int64_t parent = scope_at(s, scope)->parent;
    uint32_t near = scope > 0 ? s->x->up[scope - 1] : BPMN_NONE;

    return near != BPMN_NONE && scope_at(s, near)->id == parent ? near : engine_scope_row(s, parent);
}

static uint32_t
find_in(const struct stepping *s, uint32_t token)
{
    int64_t id = token_at(s, token)->scope;
    uint32_t near = token > 0 ? s->x->in[token - 1] : BPMN_NONE;

    for (uint32_t n = near; near != BPMN_NONE && n < s->i->scopes && n <= near + 1; n++) {
        if (scope_at(s, n)->id == id && !scope_is_gone(s, n)) {
            return n;
        }
    }
    return engine_scope_row(s, id);
}

static void
hang_scope(struct stepping *s, uint32_t scope)
{
    struct instance_index *x = s->x;
    const struct scope *row = scope_at(s, scope);
    uint32_t up = find_up(s, scope), token = engine_token_row(s, row->token);

    x->up[scope] = up;
    if (up != BPMN_NONE) {
        chain_put(&x->children[up], x->sibling, scope);
        x->alive[up] += keeps_alive(row);
        x->depth[scope] = x->depth[up] + 1;
    }
    if (token != BPMN_NONE && row->kind != SCOPE_EVENT_SUB) {
        x->inner[token] = scope;
    }
}

/* One that waits in a list where something may look for it. */
static bool
list_token(struct stepping *s, uint32_t token)
{
    enum token_kind kind = token_at(s, token)->kind;

    return kind == TOKEN_SIGNAL      ? rows_push(s, &s->x->signals, token)
           : kind == TOKEN_CONDITION ? rows_push(s, &s->x->conditions, token)
                                     : true;
}

static bool
hang_token(struct stepping *s, uint32_t token)
{
    struct instance_index *x = s->x;
    const struct token *row = token_at(s, token);
    uint32_t in = find_in(s, token), host = engine_token_row(s, row->host);

    if (in == BPMN_NONE) {
        return false;
    }
    x->in[token] = in;
    chain_put(&x->tokens[in], x->beside, token);
    x->alive[in] += !row->listens;
    if (host != BPMN_NONE) {
        chain_put(&x->guests[host], x->guest, token);
    }
    return list_token(s, token);
}

/* What was loaded may have lost a row on its way. */
static bool
has_what_it_needs(const struct stepping *s, uint32_t scope)
{
    const struct scope *row = scope_at(s, scope);
    uint32_t up = s->x->up[scope];

    switch (row->kind) {
    case SCOPE_PROCESS:
        return row->id == 1 && row->parent == 0;
    case SCOPE_SUB:
    case SCOPE_CALL:
    case SCOPE_MULTI:
        return up != BPMN_NONE && engine_token_row(s, row->token) != BPMN_NONE;
    case SCOPE_INSTANCE:
        return up != BPMN_NONE && scope_at(s, up)->kind == SCOPE_MULTI;
    case SCOPE_EVENT_SUB:
        return up != BPMN_NONE;
    case SCOPE_KINDS:
        break;
    }
    return false;
}

static bool
is_torn(struct stepping *s)
{
    s->rc = s->rc == RC_OK ? RC_CORRUPT : s->rc;
    return false;
}

/* Callers may have changed rows since the last step, so all of it is made anew; the room stays. */
bool
engine_index(struct stepping *s)
{
    struct instance *i = s->i;

    if (i->index == NULL && (i->index = arena_alloc(i->arena, 1, sizeof(*i->index))) == NULL) {
        return engine_full(s);
    }
    s->x = i->index;
    if (!token_room(s) || !scope_room(s)) {
        return false;
    }
    s->x->queue.count = s->x->later.count = s->x->endings.count = s->x->touched.count = s->x->signals.count = s->x->conditions.count = 0;
    s->x->lines.is_made = false;
    s->x->counted = BPMN_NONE;
    for (uint32_t n = 0; n < i->scopes; n++) {
        clear_scope(s->x, n);
    }
    for (uint32_t n = 0; n < i->tokens; n++) {
        clear_token(s->x, n);
    }
    for (uint32_t n = 0; n < i->scopes; n++) {
        if (!scope_is_gone(s, n)) {
            hang_scope(s, n);
            s->bytes += engine_json_bytes(scope_at(s, n)->variables);
        }
    }
    for (uint32_t n = 0; n < i->tokens; n++) {
        if (!token_is_gone(s, n)) {
            s->live++;
            if (!hang_token(s, n)) {
                return is_torn(s);
            }
        }
    }
    for (uint32_t n = 0; n < i->scopes; n++) {
        if (!scope_is_gone(s, n) && !has_what_it_needs(s, n)) {
            return is_torn(s);
        }
    }
    return true;
}

/* --- tokens --------------------------------------------------------------------------------------- */

/* Before and after what it is changes: how many stand where, in the scope of which somebody has asked. */
static void
count_standing(struct stepping *s, uint32_t token, uint32_t by)
{
    const struct token *t = token_at(s, token);

    if (s->x->in[token] == s->x->counted && engine_stands(s, token)) {
        s->x->standing[t->element] += by;
    }
}
#define UNCOUNT UINT32_MAX /* one less */

void
engine_check_alive(struct stepping *s, uint32_t scope)
{
    if (s->x->alive[scope] == 0 && !s->x->is_ending[scope] && rows_push(s, &s->x->endings, scope)) {
        s->x->is_ending[scope] = true;
    }
}

uint32_t
engine_token_add(struct stepping *s, enum token_kind kind, uint32_t scope, uint32_t element, int64_t host, bool listens)
{
    struct token *t = s->rc == RC_OK ? instance_add_token(s->i) : NULL;

    if (t == NULL || !token_room(s)) {
        (void)engine_full(s);
        return BPMN_NONE;
    }
    uint32_t token = (uint32_t)(s->i->tokens - 1);
    t->kind = kind;
    t->scope = scope_at(s, scope)->id;
    t->element = element;
    t->host = host;
    t->listens = listens;
    clear_token(s->x, token);
    s->live++;
    if (!hang_token(s, token)) {
        return BPMN_NONE;
    }
    count_standing(s, token, 1);
    return token;
}

void
engine_token_changed(struct stepping *s, uint32_t token)
{
    struct token *t = token_at(s, token);

    if (t->change == ROW_KEPT) {
        t->change = ROW_CHANGED;
    }
}

void
engine_token_host(struct stepping *s, uint32_t token, int64_t host)
{
    struct token *t = token_at(s, token);
    uint32_t before = engine_token_row(s, t->host), after = engine_token_row(s, host);

    if (before != BPMN_NONE) {
        chain_take(&s->x->guests[before], s->x->guest, token);
    }
    if (after != BPMN_NONE) {
        chain_put(&s->x->guests[after], s->x->guest, token);
    }
    count_standing(s, token, UNCOUNT);
    t->host = host;
    count_standing(s, token, 1);
    engine_token_changed(s, token);
}

void
engine_token_listens(struct stepping *s, uint32_t token, bool listens)
{
    struct token *t = token_at(s, token);
    uint32_t in = s->x->in[token];

    s->x->alive[in] += (uint32_t)t->listens;
    s->x->alive[in] -= (uint32_t)listens;
    count_standing(s, token, UNCOUNT);
    t->listens = listens;
    count_standing(s, token, 1);
    engine_token_changed(s, token);
    engine_check_alive(s, in);
}

void
engine_token_gone(struct stepping *s, uint32_t token)
{
    struct instance_index *x = s->x;
    struct token *t = token_at(s, token);
    uint32_t in = x->in[token];

    if (token_is_gone(s, token)) {
        return;
    }
    engine_token_host(s, token, 0);
    chain_take(&x->tokens[in], x->beside, token);
    count_standing(s, token, UNCOUNT);
    t->change = t->change == ROW_NEW ? ROW_NEVER : ROW_GONE;
    s->live--;
    if (!t->listens) {
        x->alive[in]--;
        engine_touch(s, in);
        engine_check_alive(s, in);
    }
}

/* A signal is thrown when all that moves beside it has come to where it may listen. */
static bool
throws_signal(const struct bpmn *m, const struct bpmn_element *n)
{
    bool throws = n->kind == BPMN_THROW || n->kind == BPMN_END, found = false;

    for (uint32_t k = 0; throws && k < n->events.count; k++) {
        found = found || m->event[n->events.first + k].trigger == BPMN_SIGNAL;
    }
    return found;
}

void
engine_move_to(struct stepping *s, uint32_t token, uint32_t element, uint32_t flow)
{
    struct token *t = token_at(s, token);

    count_standing(s, token, UNCOUNT);
    t->kind = TOKEN_MOVING;
    t->element = element;
    count_standing(s, token, 1);
    t->flow = flow;
    t->event = BPMN_NONE;
    engine_token_changed(s, token);
    (void)rows_push(s, throws_signal(model_of(s, token), element_of(s, token)) ? &s->x->later : &s->x->queue, token);
}

/* --- scopes --------------------------------------------------------------------------------------- */

uint32_t
engine_scope_add(struct stepping *s, enum scope_kind kind, uint32_t parent, uint32_t token)
{
    struct scope *row = s->rc == RC_OK ? instance_add_scope(s->i) : NULL;

    if (row == NULL || !scope_room(s)) {
        (void)engine_full(s);
        return BPMN_NONE;
    }
    uint32_t scope = (uint32_t)(s->i->scopes - 1);
    row->kind = kind;
    row->parent = parent != BPMN_NONE ? scope_at(s, parent)->id : 0;
    row->token = token != BPMN_NONE ? token_at(s, token)->id : 0;
    row->binding = parent != BPMN_NONE ? scope_at(s, parent)->binding : 0;
    s->bytes += engine_json_bytes(row->variables);
    clear_scope(s->x, scope);
    hang_scope(s, scope);
    return scope;
}

void
engine_scope_changed(struct stepping *s, uint32_t scope)
{
    struct scope *row = scope_at(s, scope);

    if (row->change == ROW_KEPT) {
        row->change = ROW_CHANGED;
    }
}

/* An event sub-process that ran beside others kept the scope around it. */
static void
let_go(struct stepping *s, uint32_t scope)
{
    uint32_t up = s->x->up[scope];

    if (keeps_alive(scope_at(s, scope)) && up != BPMN_NONE) {
        s->x->alive[up]--;
        engine_check_alive(s, up);
    }
}

void
engine_scope_ended(struct stepping *s, uint32_t scope)
{
    let_go(s, scope);
    scope_at(s, scope)->ended = true;
    engine_scope_changed(s, scope);
}

void
engine_scope_gone(struct stepping *s, uint32_t scope)
{
    struct scope *row = scope_at(s, scope);
    uint32_t up = s->x->up[scope], token = engine_token_row(s, row->token);

    if (scope_is_gone(s, scope)) {
        return;
    }
    let_go(s, scope);
    if (up != BPMN_NONE) {
        chain_take(&s->x->children[up], s->x->sibling, scope);
    }
    if (token != BPMN_NONE && s->x->inner[token] == scope) {
        s->x->inner[token] = BPMN_NONE;
    }
    engine_fewer_bytes(s, engine_json_bytes(row->variables));
    row->change = row->change == ROW_NEW ? ROW_NEVER : ROW_GONE;
}
