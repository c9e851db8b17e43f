/*
 * The page that makes a plan between two versions: where each element goes that cases wait at, variables, clocks, basis; tried as often as wanted, then proposed.
 *
 * What the form says becomes the same plan that programs send (processes_move.c), so nothing can be planned here that could not be there.
 */
#include "process/census.h"
#include "web/processes_move_int.h"

enum { ROWS_MAX = 300, VARIABLES_MAX = 100, VARIABLES_MORE = 3 };

struct making {
    struct page *p;
    struct rule_model model;
    struct migration_desk desk;
    struct moves_pair pair;
    struct json *plan, *clocks; /* clocks: that only one of the versions has */
    struct json *errors; /* [{"field","message"}] */
};

static void
complain(struct making *g, struct str field, struct str message)
{
    struct json *e = json_object(g->p->arena);

    json_set_text(g->p->arena, e, "field", field);
    json_set_text(g->p->arena, e, "message", message);
    json_push(g->errors, e);
}

static struct str
error_at(const struct making *g, struct str field)
{
    for (const struct json *e = g->errors->first; e != NULL; e = e->next) {
        if (str_eq(json_str(e, "field"), field)) {
            return json_str(e, "message");
        }
    }
    return STR("");
}

/* A field whose name is made of parts; false: the form did not have it. */
static bool
typed(const struct making *g, struct str name, struct str *out)
{
    const struct json *j = json_get_key(g->p->input, name);

    *out = json_is(j, JSON_STRING) ? str_trim(j->text) : STR("");
    return j != NULL;
}

/* --- where elements go -------------------------------------------------------------------------------- */

static bool
is_kind(const struct json *a, const struct json *b)
{
    return str_eq(json_str(a, "tag"), json_str(b, "tag"));
}

/* The same id and kind; else the only new one of the same kind that people call the same. */
static struct str
obvious(const struct making *g, const struct json *step)
{
    const struct json *same = moves_step(g->pair.to, json_str(step, "id")), *found = NULL;
    struct str name = json_str(step, "name");
    size_t count = 0;

    if (same != NULL && is_kind(same, step)) {
        return json_str(same, "id");
    }
    for (const struct json *s = g->pair.to->first; s != NULL; s = s->next) {
        if (name.len > 0 && is_kind(s, step) && str_eq(json_str(s, "name"), name) && moves_step(g->pair.from, json_str(s, "id")) == NULL) {
            found = s;
            count++;
        }
    }
    return count == 1 ? json_str(found, "id") : STR("");
}

static struct str
chosen(const struct making *g, const struct json *step)
{
    struct str typed_id;

    return typed(g, str_fmt(g->p->arena, "to.%.*s", STR_ARG(json_str(step, "id"))), &typed_id) ? typed_id : obvious(g, step);
}

static int64_t
waiting_at(const struct making *g, struct str id)
{
    const struct census_view *v = g->pair.view;
    int64_t count = 0;

    for (size_t n = 0; n < v->rows; n++) {
        count += v->row[n].version == g->pair.source && str_eq(v->row[n].element, id) ? v->row[n].count : 0;
    }
    return count;
}

static struct json *
row_json(struct making *g, const struct json *step, int64_t count)
{
    struct arena *a = g->p->arena;
    struct json *d = json_object(a), *choices = json_array(a);
    struct str id = json_str(step, "id"), to = chosen(g, step);

    for (const struct json *s = g->pair.to->first; s != NULL; s = s->next) {
        if (is_kind(s, step)) {
            struct json *c = json_object(a);
            struct str value = json_str(s, "id"), name = json_str(s, "name");
            json_set_text(a, c, "value", value);
            json_set_text(a, c, "title", name.len > 0 ? str_fmt(a, "%.*s (%.*s)", STR_ARG(name), STR_ARG(value)) : value);
            json_set_bool(a, c, "chosen", str_eq(value, to));
            json_push(choices, c);
        }
    }
    json_set_text(a, d, "id", id);
    json_set_text(a, d, "name", moves_name(g->pair.from, id));
    json_set_text(a, d, "tag_text", json_str(step, "tag_text"));
    json_set_text(a, d, "count_text", words_number(a, count));
    json_set_bool(a, d, "is_gone", to.len == 0);
    json_set(a, d, "choices", choices);
    return d;
}

/* Those that wait in processes that are called: they stand at no element of this one. */
static int64_t
waiting_inside(const struct making *g)
{
    const struct census_view *v = g->pair.view;
    int64_t count = 0;

    for (size_t n = 0; n < v->rows; n++) {
        bool is_here = v->row[n].version != g->pair.source || moves_step(g->pair.from, v->row[n].element) != NULL;
        count += is_here ? 0 : v->row[n].count;
    }
    return count;
}

/* Those at which somebody waits; then those that have no obvious counterpart, or another one was chosen; of the rest only how many they are. */
static void
put_rows(struct making *g)
{
    struct json *waiting = json_array(g->p->arena), *others = json_array(g->p->arena), *d = g->p->document;
    int64_t same = 0, left_out = 0;

    for (const struct json *s = g->pair.from != NULL ? g->pair.from->first : NULL; s != NULL; s = s->next) {
        struct str id = json_str(s, "id");
        int64_t count = waiting_at(g, id);
        if (count == 0 && str_eq(chosen(g, s), id)) {
            same++;
        } else if (waiting->count + others->count >= ROWS_MAX) {
            left_out++;
        } else {
            json_push(count > 0 ? waiting : others, row_json(g, s, count));
        }
    }
    json_set_bool(g->p->arena, d, "has_waiting", waiting != NULL && waiting->count > 0);
    json_set(g->p->arena, d, "waiting", waiting);
    json_set_bool(g->p->arena, d, "has_others", others != NULL && others->count > 0);
    json_set(g->p->arena, d, "others", others);
    json_set_int(g->p->arena, d, "same", same);
    json_set_int(g->p->arena, d, "inside", waiting_inside(g));
    json_set_int(g->p->arena, d, "rows_left_out", left_out);
}

/* --- variables ------------------------------------------------------------------------------------------ */

struct variable {
    struct str name, feel, scope;
    bool is_removed;
};

static struct str
part_of(const struct making *g, int n, const char *part)
{
    struct str text;

    (void)typed(g, str_fmt(g->p->arena, "variable.%d.%s", n, part), &text);
    return text;
}

static bool
read_variable(const struct making *g, int n, struct variable *out)
{
    *out = (struct variable){part_of(g, n, "name"), part_of(g, n, "feel"), part_of(g, n, "scope"), part_of(g, n, "remove").len > 0};
    return out->name.len > 0 || out->feel.len > 0 || out->is_removed;
}

static struct str
variable_field(const struct making *g, int n)
{
    return str_fmt(g->p->arena, "variable-%d", n);
}

static struct json *
scopes_json(const struct making *g, struct str of)
{
    struct json *list = json_array(g->p->arena);

    for (const struct json *s = g->pair.from != NULL ? g->pair.from->first : NULL; s != NULL; s = s->next) {
        if (str_eq(json_str(s, "tag"), STR("subProcess"))) {
            struct json *d = json_object(g->p->arena);
            json_set_text(g->p->arena, d, "value", json_str(s, "id"));
            json_set_text(g->p->arena, d, "title", moves_name(g->pair.from, json_str(s, "id")));
            json_set_bool(g->p->arena, d, "chosen", str_eq(json_str(s, "id"), of));
            json_push(list, d);
        }
    }
    return list;
}

/* What was typed, and some that are empty. */
static void
put_variables(struct making *g)
{
    struct json *list = json_array(g->p->arena);
    int last = -1;

    for (int n = 0; n < VARIABLES_MAX; n++) {
        struct variable v;
        last = read_variable(g, n, &v) ? n : last;
    }
    for (int n = 0; n < VARIABLES_MAX && n <= last + VARIABLES_MORE; n++) {
        struct json *d = json_object(g->p->arena);
        struct variable v;
        (void)read_variable(g, n, &v);
        json_set_int(g->p->arena, d, "n", n);
        json_set_int(g->p->arena, d, "line", n + 1);
        json_set_text(g->p->arena, d, "variable", v.name);
        json_set_text(g->p->arena, d, "feel", v.feel);
        json_set_bool(g->p->arena, d, "is_removed", v.is_removed);
        json_set_text(g->p->arena, d, "error", error_at(g, variable_field(g, n)));
        json_set(g->p->arena, d, "scopes", scopes_json(g, v.scope));
        json_push(list, d);
    }
    struct json *scopes = scopes_json(g, STR(""));
    json_set_bool(g->p->arena, g->p->document, "has_scopes", scopes != NULL && scopes->count > 0);
    json_set(g->p->arena, g->p->document, "variables", list);
}

/* --- the plan --------------------------------------------------------------------------------------------- */

static struct json *
elements_of(const struct making *g)
{
    struct json *elements = json_object(g->p->arena);

    for (const struct json *j = g->p->input->first; j != NULL; j = j->next) {
        struct str id = str_from(j->key, 3), to = json_is(j, JSON_STRING) ? str_trim(j->text) : STR("");
        if (str_starts(j->key, STR("to.")) && id.len > 0 && !str_eq(id, to)) {
            json_set_key(g->p->arena, elements, id, to.len > 0 ? json_text(g->p->arena, to) : json_null(g->p->arena));
        }
    }
    return elements;
}

/* lines: which of the form's lines each variable of the plan stands in. */
static struct json *
variables_of(struct making *g, int lines[VARIABLES_MAX])
{
    struct page *p = g->p;
    struct json *list = json_array(p->arena);

    for (int n = 0; n < VARIABLES_MAX; n++) {
        struct json *d = json_object(p->arena);
        struct variable v;
        if (!read_variable(g, n, &v)) {
            continue;
        }
        if (v.name.len == 0) {
            complain(g, variable_field(g, n), page_word(p, "moves_variable_nameless"));
        } else if (v.is_removed == (v.feel.len > 0)) {
            complain(g, variable_field(g, n), page_word(p, "moves_variable_either"));
        }
        json_set_text(p->arena, d, "name", v.name);
        if (v.scope.len > 0) {
            json_set_text(p->arena, d, "scope", v.scope);
        }
        if (v.is_removed) {
            json_set_bool(p->arena, d, "remove", true);
        } else {
            json_set_text(p->arena, d, "feel", v.feel);
        }
        lines[list->count] = n;
        json_push(list, d);
    }
    return list;
}

/* From when the clocks run that only the new version has: start.<clock>, and start.<clock>.at for what was entered or left. */
static struct json *
starts_of(struct making *g)
{
    struct arena *a = g->p->arena;
    struct json *starts = json_object(a);

    for (const struct json *c = g->clocks != NULL ? json_get(g->clocks, "new")->first : NULL; c != NULL; c = c->next) {
        struct str id = json_str(c, "id"), from, at;
        (void)typed(g, str_fmt(a, "start.%.*s", STR_ARG(id)), &from);
        (void)typed(g, str_fmt(a, "start.%.*s.at", STR_ARG(id)), &at);
        if (str_eq(from, STR("never"))) {
            json_set_key(a, starts, id, json_null(a));
        } else if (str_eq(from, STR("entered")) || str_eq(from, STR("left"))) {
            struct json *d = json_object(a);
            json_set_key(a, d, from, json_text(a, at));
            json_set_key(a, starts, id, d);
        } else if (from.len > 0) {
            json_set_key(a, starts, id, json_text(a, from));
        }
    }
    return starts;
}

/* The same text for the same plan: what is empty is not in it. */
static void
make_plan(struct making *g, int lines[VARIABLES_MAX])
{
    struct page *p = g->p;
    struct arena *a = p->arena;
    struct json *source = json_object(a), *elements = elements_of(g), *variables = variables_of(g, lines), *starts = starts_of(g);
    struct str basis = page_input(p, "basis");

    g->plan = json_object(a);
    json_set_text(a, source, "key", rule_key(g->model.id));
    json_set_int(a, source, "version", g->pair.source);
    json_set(a, g->plan, "source", source);
    json_set_int(a, g->plan, "target", g->pair.target);
    if (elements != NULL && elements->count > 0) {
        json_set(a, g->plan, "elements", elements);
    }
    if (variables != NULL && variables->count > 0) {
        json_set(a, g->plan, "variables", variables);
    }
    if (str_eq(page_input(p, "clocks"), STR("stop"))) {
        json_set_text(a, g->plan, "clocks", STR("stop"));
    }
    if (starts != NULL && starts->count > 0) {
        json_set(a, g->plan, "starts", starts);
    }
    json_set_text(a, g->plan, "basis", basis);
    if (basis.len == 0) {
        complain(g, STR("basis"), page_word(p, "rule_basis_missing"));
    }
}

/* What cannot be read in each of the plan's variables, at its line. */
static enum rc
check_variables(struct making *g, const int lines[VARIABLES_MAX], struct err *err)
{
    struct json *faults = NULL;
    enum rc rc = migration_desk_faults(&g->desk, &g->p->db, g->p->arena, json_get(g->plan, "variables"), &faults, err);

    for (const struct json *f = rc == RC_OK ? faults->first : NULL; f != NULL; f = f->next) {
        int64_t n = json_int_or(f, "variable", 0);
        struct str field = variable_field(g, lines[n]);
        if (error_at(g, field).len == 0) {
            complain(g, field, page_either(g->p, json_str(f, "zh"), json_str(f, "en")));
        }
    }
    return rc;
}

/* --- the page ----------------------------------------------------------------------------------------------- */

static void
put_text(struct making *g, const char *name, struct str title, struct str hint)
{
    struct json *d = json_object(g->p->arena);
    struct str error = error_at(g, str_of(name));

    json_set_text(g->p->arena, d, "id", str_of(name));
    json_set_text(g->p->arena, d, "title", title);
    json_set_text(g->p->arena, d, "hint", hint);
    json_set_text(g->p->arena, d, "value", page_input(g->p, name));
    if (error.len > 0) {
        json_set_text(g->p->arena, d, "error", error);
    }
    json_set(g->p->arena, g->p->document, name, d);
}

/* Steps of the version before at which something was done: a clock may run from there. */
static struct json *
steps_json(const struct making *g, struct str chosen_id)
{
    struct arena *a = g->p->arena;
    struct json *list = json_array(a);

    for (const struct json *s = g->pair.from != NULL ? g->pair.from->first : NULL; s != NULL; s = s->next) {
        struct json *d = json_object(a);
        struct str id = json_str(s, "id");
        if (json_str(s, "name").len == 0 || str_ends(json_str(s, "tag"), STR("Gateway"))) {
            continue;
        }
        json_set_text(a, d, "value", id);
        json_set_text(a, d, "title", str_fmt(a, "%.*s (%.*s)", STR_ARG(json_str(s, "name")), STR_ARG(id)));
        json_set_bool(a, d, "chosen", str_eq(id, chosen_id));
        json_push(list, d);
    }
    return list;
}

static void
put_start(struct making *g, struct json *clock)
{
    struct page *p = g->p;
    struct arena *a = p->arena;
    const struct {
        const char *value;
        struct str title;
    } instants[] = {{"move", page_word(p, "moves_start_move")}, {"begin", page_word(p, "moves_start_begin")}, {"entered", page_word(p, "moves_start_entered")},
                    {"left", page_word(p, "moves_start_left")}, {"never", page_word(p, "moves_start_never")}};
    struct json *choices = json_array(a);
    struct str from, at, id = json_str(clock, "id");

    (void)typed(g, str_fmt(a, "start.%.*s", STR_ARG(id)), &from);
    (void)typed(g, str_fmt(a, "start.%.*s.at", STR_ARG(id)), &at);
    for (size_t n = 0; n < sizeof(instants) / sizeof(instants[0]); n++) {
        struct json *d = json_object(a);
        json_set_text(a, d, "value", str_of(instants[n].value));
        json_set_text(a, d, "title", instants[n].title);
        json_set_bool(a, d, "chosen", str_eq(from, str_of(instants[n].value)));
        json_push(choices, d);
    }
    json_set(a, clock, "choices", choices);
    json_set(a, clock, "steps", steps_json(g, at));
}

static void
put_clocks(struct making *g)
{
    struct arena *a = g->p->arena;
    struct json *d = g->p->document, *list = json_copy(a, json_get(g->clocks, "new"));

    for (struct json *c = list != NULL ? list->first : NULL; c != NULL; c = c->next) {
        put_start(g, c);
    }
    json_set_bool(a, d, "has_clocks_gone", json_get(g->clocks, "gone")->count > 0);
    json_set_bool(a, d, "has_clocks_new", list != NULL && list->count > 0);
    json_set_bool(a, d, "clocks_stop", str_eq(page_input(g->p, "clocks"), STR("stop")));
    json_set(a, d, "clocks_gone", json_copy(a, json_get(g->clocks, "gone")));
    json_set(a, d, "clocks_new", list);
    json_set_text(a, d, "clocks_error", error_at(g, STR("clocks")));
}

static enum rc
show(struct making *g, struct err *err)
{
    struct page *p = g->p;

    put_clocks(g);
    put_rows(g);
    put_variables(g);
    put_text(g, "basis", page_word(p, "basis"), page_word(p, "rule_basis_hint"));
    put_text(g, "reason", page_word(p, "moves_reason"), page_word(p, "moves_reason_hint"));
    json_set_text(p->arena, p->document, "elements_error", error_at(g, STR("elements")));
    json_set_text(p->arena, p->document, "make_url", moves_url(p, &g->model, ""));
    json_set_text(p->arena, p->document, "try_url", moves_url(p, &g->model, "/try"));
    words_back(p, moves_url(p, &g->model, ""), page_word(p, "moves_title"));
    words_errors(p, g->errors);
    p->status = g->errors->count > 0 ? 422 : p->status;
    return json_whole(p->document, err);
}

/* As a form sends it, and as a program does. */
static int64_t
number_in(const struct json *from, const char *name)
{
    int64_t number;

    return str_to_int(json_str(from, name), &number) ? number : json_int_or(from, name, 0);
}

static enum rc
open_making(struct making *g, struct page *p, const struct json *from, struct err *err)
{
    enum rc rc;

    *g = (struct making){.p = p, .errors = json_array(p->arena)};
    if ((rc = moves_open(p, &g->model, &g->desk, err)) != RC_OK) {
        return rc;
    }
    g->pair.source = number_in(from, "from");
    g->pair.target = number_in(from, "to");
    if (g->pair.source < 1 || g->pair.target < 1 || g->pair.source == g->pair.target) {
        return err_problem(err, RC_INVALID, "plan-wrong", "two different versions are wanted");
    }
    if ((rc = moves_put_pair(p, &g->model, true, &g->pair, err)) != RC_OK) {
        return rc;
    }
    return migration_desk_clocks(&g->desk, &p->db, p->arena, rule_key(g->model.id), g->pair.source, g->pair.target, &g->clocks, err);
}

enum rc
moves_make(struct page *p, struct err *err)
{
    struct making g;
    enum rc rc = open_making(&g, p, p->query, err);

    return rc != RC_OK ? rc : show(&g, err);
}

/* What is wrong with the plan as a whole, where it can be put right. */
static bool
told_at_field(struct making *g, enum rc rc, const struct err *err)
{
    static const struct {
        const char *type, *field;
    } fields[] = {{"plan-clock", "clocks"}, {"plan-start", "clocks"}, {"plan-element", "elements"}, {"plan-kind", "elements"}, {"plan-flow", "elements"},
                  {"plan-scope", "variable-0"}, {"plan-feel", "variable-0"}, {"reason-missing", "reason"}};
    const char *type = err->type;
    struct page *p = g->p;

    for (size_t n = 0; rc == RC_INVALID && n < sizeof(fields) / sizeof(fields[0]); n++) {
        if (str_eq(str_of(type), str_of(fields[n].type))) {
            bool is_reason = str_eq(str_of(fields[n].field), STR("reason"));
            struct str title = is_reason ? STR("") : page_word(p, str_c(p->arena, str_fmt(p->arena, "problem_plan_%s_title", type + 5)));
            complain(g, str_of(fields[n].field), is_reason ? page_word(p, "moves_reason_missing")
                                                           : str_fmt(p->arena, "%.*s%.*s%s", STR_ARG(title), STR_ARG(page_word(p, "colon")), err->text));
            return true;
        }
    }
    return false;
}

enum rc
moves_try(struct page *p, struct err *err)
{
    struct json *report = NULL;
    int lines[VARIABLES_MAX];
    struct making g;
    enum rc rc = open_making(&g, p, p->input, err);

    if (rc != RC_OK) {
        return rc;
    }
    make_plan(&g, lines);
    if ((rc = check_variables(&g, lines, err)) != RC_OK) {
        return rc;
    }
    const struct migration_wish wish = {.plan = g.plan, .models = STR(""), .day = p->today, .now_us = p->now_us,
                                        .after = page_input(p, "go_on").len > 0 ? number_in(p->input, "after") : 0};
    if (g.errors->count == 0 && (rc = migration_desk_try(&g.desk, &p->db, p->arena, &wish, &report, err)) != RC_OK && !told_at_field(&g, rc, err)) {
        return rc;
    }
    if (report != NULL && (rc = moves_put_trial(p, &g.pair, report, err)) != RC_OK) {
        return rc;
    }
    return show(&g, err);
}

enum rc
moves_propose(struct page *p, struct err *err)
{
    struct migration_proposal proposal = {.day = p->today, .now_us = p->now_us, .reason = page_input(p, "reason")};
    int lines[VARIABLES_MAX];
    struct making g;
    enum rc rc = open_making(&g, p, p->input, err);

    if (rc != RC_OK) {
        return rc;
    }
    make_plan(&g, lines);
    if (proposal.reason.len == 0) {
        complain(&g, STR("reason"), page_word(p, "moves_reason_missing"));
    }
    if ((rc = check_variables(&g, lines, err)) != RC_OK) {
        return rc;
    }
    proposal.plan = g.plan;
    if (g.errors->count == 0) {
        rc = migration_desk_propose(&g.desk, &p->db, p->arena, &g.model, &p->who, &proposal, err);
        if (rc == RC_OK) {
            p->document = json_object(p->arena);
            json_set_int(p->arena, p->document, "number", proposal.number);
            json_set_int(p->arena, p->document, "act", proposal.act.index);
            p->location = str_fmt(p->arena, "%.*s/%lld", STR_ARG(moves_url(p, &g.model, "")), (long long)proposal.number);
            return RC_OK;
        }
        if (!told_at_field(&g, rc, err)) {
            return rc;
        }
    }
    return show(&g, err);
}
