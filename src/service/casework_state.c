/* What a part of a case can have come to, as data says it (demo/states.json): on which desk it lies then, and how it is called. */
#include "service/casework.h"
#include "service/form.h"

struct case_states {
    const struct json *states; /* by value: {"view","zh","en"} */
    const struct json *decisions; /* of a process → what parts without a result of their own have come to */
    struct str asked, ended, reopened;
};

static bool
is_view(struct str view)
{
    return str_eq(view, STR("open")) || str_eq(view, STR("waiting")) || str_eq(view, STR("done"));
}

static bool
is_state(const struct json *states, struct str state, const char *view)
{
    return str_eq(json_str(json_get_key(states, state), "view"), str_of(view));
}

static enum rc
load_rules(struct arena *a, const struct json *document, struct case_states *t, struct err *err)
{
    enum rc rc;

    t->decisions = json_copy(a, json_get(document, "decisions"));
    if (!json_is(t->decisions, JSON_OBJECT)) {
        return err_set(err, RC_INVALID, "the table of states does not say what decisions come to");
    }
    for (const struct json *d = t->decisions->first; d != NULL; d = d->next) {
        if (!json_is(d, JSON_STRING) || !is_state(t->states, d->text, "done")) {
            return err_set(err, RC_INVALID, "the decision %.*s comes to no state with a result", STR_ARG(d->key));
        }
    }
    const struct {
        const char *name, *view;
        struct str *to;
    } named[] = {{"asked", "waiting", &t->asked}, {"ended", "done", &t->ended}, {"reopened", "open", &t->reopened}};
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        struct str state = json_str(document, named[i].name);
        if (!is_state(t->states, state, named[i].view)) {
            return err_set(err, RC_INVALID, "the table of states has none for what is %s", named[i].name);
        }
        if ((rc = str_copy(a, state, named[i].to, err)) != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

enum rc
case_states_load(struct arena *a, const struct json *document, struct case_states **out, struct err *err)
{
    struct case_states *t = arena_alloc(a, 1, sizeof(*t));
    const struct json *states = json_get(document, "states");

    if (t == NULL) {
        return err_set(err, RC_LIMIT, "no room for the states of cases");
    }
    if (!json_is(states, JSON_OBJECT) || states->count == 0) {
        return err_set(err, RC_INVALID, "the table of states has none");
    }
    for (const struct json *s = states->first; s != NULL; s = s->next) {
        if (!is_view(json_str(s, "view")) || json_str(s, "zh").len == 0) {
            return err_set(err, RC_INVALID, "the state %.*s has no name, or lies on no desk", STR_ARG(s->key));
        }
    }
    t->states = json_copy(a, states);
    *out = t;
    enum rc rc = json_whole(t->states, err);
    return rc != RC_OK ? rc : load_rules(a, document, t, err);
}

struct str
case_state_asked(const struct case_states *t)
{
    return t->asked;
}

struct str
case_state_reopened(const struct case_states *t)
{
    return t->reopened;
}

struct str
case_state_decided(const struct case_states *t, struct str decision)
{
    const struct json *found = json_get_key(t->decisions, decision);

    return json_is(found, JSON_STRING) ? found->text : STR("");
}

struct str
case_state_ended(const struct case_states *t, struct str decision)
{
    struct str state = case_state_decided(t, decision);

    return state.len > 0 ? state : t->ended;
}

struct str
case_state_view(const struct case_states *t, struct str state)
{
    struct str view = json_str(json_get_key(t->states, state), "view");

    return view.len > 0 ? view : STR("open");
}

struct str
case_state_text(const struct case_states *t, struct str state, struct str lang)
{
    const struct json *words = json_get_key(t->states, state);
    struct str own = json_str(words, str_eq(lang, STR("en")) ? "en" : "zh");

    return own.len > 0 ? own : json_str(words, "zh");
}
