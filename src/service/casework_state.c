/* What a part of a case can have come to, as data says it (demo/states.json): on which desk it lies then, and how it is called. */
#include "service/casework.h"
#include "service/form.h"

struct case_states {
    const struct json *states; /* by value: {"view","zh","en"} */
};

static bool
is_view(struct str view)
{
    return str_eq(view, STR("open")) || str_eq(view, STR("waiting")) || str_eq(view, STR("done"));
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
    return json_whole(t->states, err);
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
