/* One case moved: what becomes of its rows is found, then done, and the engine goes on from there as after any command. */
#include "process/migration.h"

#include <string.h>

#include "base/encode.h"
#include "crypto/hash.h"
#include "process/gov.h"
#include "process/migration_int.h"

static void
push_pair(struct arena *a, struct json *list, struct str one, struct str two)
{
    struct json *pair = json_array(a);

    json_push(pair, json_text(a, one));
    json_push(pair, json_text(a, two));
    json_push(list, pair);
}

static struct json *
starts_json(struct arena *a, const struct migration_result *r)
{
    struct json *list = json_array(a);

    for (size_t n = 0; n < r->starts; n++) {
        struct json *d = json_object(a);
        json_set_text(a, d, "clock", r->start[n].clock);
        json_set_int(a, d, "scope", r->start[n].scope);
        json_set_int(a, d, "at_us", r->start[n].at_us);
        json_push(list, d);
    }
    return list;
}

enum rc
migration_command(struct arena *a, const struct migration *m, const struct migration_result *r, bool is_back, struct command *out, struct err *err)
{
    struct hash hash = hash_sha256(m->plan->text);
    struct json *stopped = json_array(a), *renamed = json_array(a), *variables = json_object(a);

    for (size_t n = 0; n < (is_back ? m->clocks_new : m->clocks_gone); n++) {
        json_push(stopped, json_text(a, is_back ? gov_clock(m->to, m->clock_new[n].clock)->id : m->clock_gone[n]));
    }
    for (uint32_t x = 0; x < m->from->elements; x++) {
        struct str was = m->from->element[x].id, is = m->element[x] != BPMN_NONE ? m->to->element[m->element[x]].id : was;
        if (!str_eq(was, is)) {
            push_pair(a, renamed, is_back ? is : was, is_back ? was : is);
        }
    }
    json_set(a, variables, "clocks", stopped);
    json_set(a, variables, "elements", renamed);
    if (r != NULL && r->starts > 0) {
        json_set(a, variables, "starts", starts_json(a, r));
    }
    *out = (struct command){.kind = COMMAND_MIGRATE, .element = STR(""), .name = hex_of(a, hash_str(&hash)), .key = is_back ? STR("back") : STR(""),
                            .outcome = STR(""), .reason = m->plan->basis, .variables = variables};
    return out->name.ptr == NULL || json_whole(variables, err) != RC_OK ? err_set(err, RC_LIMIT, "no room for the command of a migration") : RC_OK;
}

/* --- models ----------------------------------------------------------------------------------------------------- */

static bool
knows_key(const struct migrating *g, struct str key)
{
    for (size_t n = 0; n < g->bound; n++) {
        if (str_eq(g->binding[n].key, key)) {
            return true;
        }
    }
    return false;
}

/* What was called before stays on its version; what is called for the first time comes behind. */
static void
bind(struct migrating *g)
{
    const struct migration *m = g->m;
    struct instance with = *g->s.i;

    g->binding = arena_alloc(with.arena, g->c->bound + m->bounds, sizeof(*g->binding));
    if (g->binding == NULL) {
        (void)engine_full(&g->s);
        return;
    }
    memcpy(g->binding, with.binding, g->c->bound * sizeof(*g->binding));
    g->binding[0] = m->bound[0];
    g->bound = g->c->bound;
    for (size_t n = 1; n < m->bounds; n++) {
        if (!knows_key(g, m->bound[n].key)) {
            g->binding[g->bound++] = m->bound[n];
        }
    }
    with.binding = g->binding;
    with.bindings = g->bound;
    if (!engine_bind_called(&with)) {
        (void)engine_full(&g->s);
    }
    g->binding = with.binding;
    g->bindings = with.bindings;
}

/* --- rows --------------------------------------------------------------------------------------------------------- */

/* Afterwards a fate says where its row was. */
static void
turn_scopes(struct migrating *g)
{
    for (uint32_t n = 0; n < g->s.i->scopes; n++) {
        struct scope *row = scope_at(&g->s, n);
        struct fate *f = &g->scope[n], was = *f;
        was.element = row->element;
        was.place = row->place;
        row->element = f->element;
        row->place = f->place;
        row->binding = f->binding;
        *f = was;
    }
}

static void
turn_token(struct migrating *g, uint32_t token)
{
    struct token *t = token_at(&g->s, token);
    struct fate *f = &g->token[token], was = *f;

    was.element = t->element;
    t->element = f->element;
    t->flow = f->flow;
    t->event = f->event;
    t->name = f->name;
    t->data = f->data;
    *f = was;
    if (!t->listens) {
        engine_say(&g->s, MOVE_MIGRATED, token, g->m->from->element[f->element].id);
    }
}

/* What waits by itself for something that is said otherwise now. */
static void
arm_anew(struct migrating *g, uint32_t token)
{
    struct token *t = token_at(&g->s, token);
    uint32_t event = t->event;

    engine_token_changed(&g->s, token);
    if (t->kind == TOKEN_INCIDENT) {
        return;
    }
    t->attempt++;
    if (event != BPMN_NONE ? !engine_arm(&g->s, token, event) : !engine_wait_message(&g->s, token, element_of(&g->s, token)->global)) {
        engine_stuck(&g->s, token, event != BPMN_NONE ? "arm" : "enter");
    }
}

static void
turn_tokens(struct migrating *g)
{
    size_t count = g->s.i->tokens;

    for (uint32_t n = 0; n < count; n++) {
        if (g->token[n].is_gone) {
            engine_token_gone(&g->s, n);
        } else if (g->token[n].is_of) {
            turn_token(g, n);
        }
    }
    for (uint32_t n = 0; n < count && g->s.rc == RC_OK; n++) {
        if (g->token[n].is_armed_anew) {
            arm_anew(g, n);
        }
    }
}

/* --- what may go on ------------------------------------------------------------------------------------------------- */

/* Who waits where more or fewer ways meet now comes there once more. */
static void
join_again(struct migrating *g, size_t tokens)
{
    for (uint32_t n = 0; n < tokens; n++) {
        const struct token *t = token_at(&g->s, n);
        if (!g->token[n].is_of || token_is_gone(&g->s, n) || t->kind != TOKEN_JOIN) {
            continue;
        }
        const struct bpmn_element *was = &g->m->from->element[g->token[n].element], *is = element_of(&g->s, n);
        if (was->in.count != is->in.count || was->starts_with != is->starts_with) {
            engine_move_to(&g->s, n, t->element, t->flow);
        }
    }
}

static void
declare(struct migrating *g, size_t scopes)
{
    for (uint32_t n = 0; n < scopes && g->s.rc == RC_OK; n++) {
        enum scope_kind kind = scope_at(&g->s, n)->kind;
        if (!g->scope[n].is_of || scope_at(&g->s, n)->ended || kind == SCOPE_MULTI || kind == SCOPE_INSTANCE) {
            continue;
        }
        if (!engine_declare(&g->s, n)) {
            (void)engine_full(&g->s);
        }
        engine_touch(&g->s, n);
    }
}

static void
move(struct migrating *g)
{
    struct instance *i = g->s.i;
    size_t scopes = i->scopes, tokens = i->tokens;

    i->revision++;
    i->binding = g->binding;
    i->bindings = g->bindings;
    turn_scopes(g);
    turn_tokens(g);
    migration_set(g);
    declare(g, scopes);
    migration_listen(g);
    join_again(g, tokens);
    g->s.is_changed = true;
    engine_run(&g->s);
}

/* --- the whole ------------------------------------------------------------------------------------------------------ */

static bool
make_room(struct migrating *g)
{
    struct arena *a = g->s.i->arena;

    g->scope = arena_alloc(a, g->s.i->scopes + 1, sizeof(*g->scope));
    g->token = arena_alloc(a, g->s.i->tokens + 1, sizeof(*g->token));
    g->refusal = arena_alloc(a, MIGRATION_REFUSALS_MAX, sizeof(*g->refusal));
    return (g->scope != NULL && g->token != NULL && g->refusal != NULL) || engine_full(&g->s);
}

static void
check(struct migrating *g)
{
    const struct instance *i = g->s.i;

    if (i->state != INSTANCE_RUNNING && i->state != INSTANCE_SUSPENDED) {
        migration_refuse(g, MIGRATION_OVER, BPMN_NONE, BPMN_NONE, BPMN_NONE, BPMN_NONE);
    } else if (i->binding[0].model != g->m->from) {
        migration_refuse(g, MIGRATION_OTHER_SOURCE, BPMN_NONE, BPMN_NONE, BPMN_NONE, BPMN_NONE);
    } else {
        bind(g);
        if (g->s.rc == RC_OK) {
            migration_fit(g);
        }
        if (g->s.rc == RC_OK && g->refusals == 0) {
            migration_start_clocks(g);
        }
        if (g->s.rc == RC_OK && g->refusals == 0) {
            migration_calculate(g);
        }
    }
}

static enum rc
tell(const struct migrating *g, size_t scopes, size_t tokens, struct migration_result *out, struct err *err)
{
    struct arena *a = g->s.i->arena;
    bool *scope = arena_alloc(a, scopes + 1, sizeof(*scope)), *token = arena_alloc(a, tokens + 1, sizeof(*token));

    if (scope == NULL || token == NULL) {
        return err_set(err, RC_LIMIT, "the move of process %lld does not fit in memory", (long long)g->s.i->id);
    }
    for (size_t n = 0; n < scopes; n++) {
        scope[n] = g->scope[n].is_named;
    }
    for (size_t n = 0; n < tokens; n++) {
        token[n] = g->token[n].is_named && !g->token[n].is_gone;
    }
    *out = (struct migration_result){.outcome = {.moves = g->s.moves, .effects = g->s.effects, .move = g->s.move, .effect = g->s.effect},
                                     .bound = g->bound, .starts = g->starts, .start = g->start, .scope_named = scope, .token_named = token};
    return RC_OK;
}

enum rc
migration_apply(struct engine *e, const struct migration *m, const struct migration_case *c, int64_t now_us, struct migration_result *out,
                struct err *err)
{
    struct command command;
    struct migrating g = {.s = {.e = e, .i = c->i, .c = &command, .now_us = now_us, .again = BPMN_NONE}, .m = m, .c = c};
    size_t scopes = c->i->scopes, tokens = c->i->tokens;

    CHECK(c->bound > 0 && c->bound <= c->i->bindings);
    if (migration_command(c->i->arena, m, NULL, false, &command, err) != RC_OK) {
        return RC_LIMIT;
    }
    if (engine_index(&g.s) && make_room(&g)) {
        check(&g);
        if (g.s.rc == RC_OK && g.refusals > 0) {
            *out = (struct migration_result){.refusals = g.refusals, .refusal = g.refusal, .bound = c->bound};
            return RC_OK;
        }
        if (g.s.rc == RC_OK) {
            move(&g);
        }
    }
    if (g.s.rc != RC_OK) {
        return err_set(err, g.s.rc, g.s.rc == RC_LIMIT ? "the move of process %lld does not fit in memory" : "rows of process %lld are lost",
                       (long long)c->i->id);
    }
    return tell(&g, scopes, tokens, out, err);
}
