/*
 * A process tried before it is law: what each person decides and how long it takes is chosen in a form, and what happens is told line by line and, with a
 * script, step by step on the picture.  Nothing is kept, and nobody is told anything.
 */
#include "crypto/random.h"
#include "process/timekeeper.h"
#include "web/rules_int.h"

enum { NONCE_BYTES = 16, DAYS_MAX = 3660 };

static struct json *
first_of(const struct json *list)
{
    return list != NULL ? list->first : NULL;
}

/* --- the form ----------------------------------------------------------------------------------------------- */

static struct str
field_of(struct page *p, const char *prefix, struct str id)
{
    const char *name = str_c(p->arena, str_fmt(p->arena, "%s.%.*s", prefix, STR_ARG(id)));

    return name != NULL ? page_input(p, name) : STR("");
}

/* What was chosen stays chosen. */
static void
put_tasks(struct page *p, const struct json *tasks)
{
    struct json *copy = json_copy(p->arena, tasks);

    for (struct json *t = first_of(copy); t != NULL; t = t->next) {
        struct str chosen = field_of(p, "outcome", json_str(t, "id"));
        for (struct json *o = first_of(json_get(t, "outcomes")); o != NULL; o = o->next) {
            json_set_text(p->arena, o, "title", page_either(p, json_str(o, "zh"), json_str(o, "en")));
            json_set_bool(p->arena, o, "is_chosen", str_eq(chosen, json_str(o, "code")));
        }
        json_set_text(p->arena, t, "days", field_of(p, "after", json_str(t, "id")));
        json_set_bool(p->arena, t, "has_outcomes", first_of(json_get(t, "outcomes")) != NULL);
    }
    json_set(p->arena, p->document, "tasks", copy);
}

/* A document in a text field, or as a member of a program's input. */
static enum rc
document_of(struct page *p, const char *name, const struct json **out, struct err *err)
{
    const struct json *given = json_get(p->input, name);
    struct json *parsed = NULL;
    enum rc rc = RC_OK;

    if (json_is(given, JSON_STRING)) {
        struct str text = str_trim(given->text);
        rc = text.len == 0 ? RC_OK : json_parse(p->arena, text, JSON_UNIQUE, &parsed, err);
        given = parsed;
    }
    if (rc == RC_OK) {
        *out = given;
    }
    return rc;
}

/* The choices of the form before what somebody wrote by hand. */
static struct json *
script_of(struct page *p, const struct json *tasks, const struct json *by_hand)
{
    struct json *script = json_array(p->arena);

    for (const struct json *t = first_of(tasks); t != NULL; t = t->next) {
        struct str id = json_str(t, "id"), outcome = field_of(p, "outcome", id);
        struct json *entry = json_object(p->arena);
        int64_t days = 0;
        if (!str_to_int(field_of(p, "after", id), &days) || days < 0 || days > DAYS_MAX) {
            days = 0;
        }
        if (outcome.len == 0 && days == 0) {
            continue;
        }
        json_set_text(p->arena, entry, "element", id);
        json_set_text(p->arena, entry, "after", str_fmt(p->arena, "P%lldD", (long long)days));
        if (outcome.len > 0) {
            json_set_text(p->arena, entry, "outcome", outcome);
        }
        json_push(script, entry);
    }
    for (const struct json *e = first_of(by_hand); e != NULL; e = e->next) {
        json_push(script, json_copy(p->arena, e));
    }
    return script;
}

/* --- what happened -------------------------------------------------------------------------------------------- */

static struct str
word_of(const struct page *p, struct str what)
{
    const char *key;
    char room[64];
    size_t len = what.len < sizeof(room) - 1 ? what.len : sizeof(room) - 1;

    for (size_t i = 0; i < len; i++) {
        room[i] = what.ptr[i] == ' ' ? '_' : what.ptr[i];
    }
    room[len] = '\0';
    key = str_c(p->arena, str_fmt(p->arena, "process_trace_%s", room));
    struct str word = key != NULL ? page_word(p, key) : STR("");
    return str_eq(word, str_of(key)) ? what : word;
}

/* As the picture has it; of what is called as its own model has it. */
static struct str
name_of(const struct json *steps, struct str id, struct str other)
{
    for (const struct json *s = first_of(steps); s != NULL; s = s->next) {
        if (str_eq(json_str(s, "id"), id)) {
            return json_str(s, "name").len > 0 ? json_str(s, "name") : json_str(s, "tag_text");
        }
    }
    return other.len > 0 ? other : id;
}

/* What only moves on is no news to a person; the picture shows it. */
static bool
is_quiet(struct str what)
{
    return str_eq(what, STR("taken")) || str_eq(what, STR("left"));
}

static void
put_lines(struct page *p, struct json *d)
{
    const struct json *steps = json_path(p->document, "picture.steps");
    int64_t number = 0;

    for (struct json *l = first_of(json_get(d, "lines")); l != NULL; l = l->next) {
        struct str what = json_str(l, "what");
        bool shows = !is_quiet(what);
        json_set_text(p->arena, l, "what_text", word_of(p, what));
        json_set_text(p->arena, l, "name", name_of(steps, json_str(l, "element"), json_str(l, "name")));
        json_set_text(p->arena, l, "time_text", words_moment_of(p, json_str(l, "time")));
        json_set_bool(p->arena, l, "is_quiet", !shows);
        json_set_int(p->arena, l, "number", shows ? ++number : number);
    }
    for (struct json *s = first_of(json_get(d, "standing")); s != NULL; s = s->next) {
        json_set_text(p->arena, s, "title", name_of(steps, json_str(s, "element"), STR("")));
        json_set_text(p->arena, s, "kind_text", word_of(p, json_str(s, "kind")));
    }
}

/* Where the case has been, and where it stands. */
static enum rc
marks_of(struct page *p, const struct json *d, struct bpmn_mark **out, size_t *count, struct err *err)
{
    const struct json *lines = json_get(d, "lines"), *standing = json_get(d, "standing");
    size_t room = (lines != NULL ? lines->count : 0) + (standing != NULL ? standing->count : 0);
    struct bpmn_mark *list = arena_alloc(p->arena, room + 1, sizeof(*list));

    if (list == NULL) {
        return err_set(err, RC_LIMIT, "no room for marks");
    }
    *count = 0;
    for (const struct json *l = first_of(lines); l != NULL; l = l->next) {
        struct str what = json_str(l, "what");
        if (str_eq(what, STR("left")) || str_eq(what, STR("taken")) || str_eq(what, STR("ended"))) {
            list[(*count)++] = (struct bpmn_mark){.id = json_str(l, "element"), .kind = BPMN_MARK_DONE};
        }
    }
    for (const struct json *s = first_of(standing); s != NULL; s = s->next) {
        bool is_incident = str_eq(json_str(s, "kind"), STR("incident"));
        list[(*count)++] = (struct bpmn_mark){.id = json_str(s, "element"), .kind = is_incident ? BPMN_MARK_FAILED : BPMN_MARK_ACTIVE};
    }
    *out = list;
    return RC_OK;
}

/* --- the page ---------------------------------------------------------------------------------------------------- */

static enum rc
open_trial(struct page *p, struct rule_model *m, struct rule_draft *draft, struct err *err)
{
    enum rc rc;

    if ((rc = rules_open_own(p, m, err)) != RC_OK || (rc = rule_draft_get(&p->db, p->arena, m, &p->who, draft, err)) != RC_OK) {
        return rc;
    }
    words_back(p, rules_url(p, m->id, "/edit"), page_word(p, "process_edit_title"));
    json_set_text(p->arena, p->document, "simulate_url", rules_url(p, m->id, "/simulate"));
    json_set_text(p->arena, p->document, "variables_typed", page_input(p, "variables"));
    json_set_text(p->arena, p->document, "script_typed", page_input(p, "script"));
    json_set_bool(p->arena, p->document, "has_draft", draft->revision > 0);
    return RC_OK;
}

static enum rc
try_draft(struct page *p, struct str xml, const struct json *variables, const struct json *script, bool runs, struct json **out, struct err *err)
{
    const struct modelbook_trial t = {.xml = xml, .key = STR("1"), .variables = variables, .script = script, .runs = runs, .day = p->today,
                                      .start_us = p->now_us, .calendar = p->web->calendar,
                                      .limits = p->web->keeper != NULL ? p->web->keeper->limits : NULL};

    return modelbook_try(p->web->modelbook, &p->db, p->arena, &t, out, err);
}

static enum rc
show(struct page *p, struct str xml, struct json *trial, struct err *err)
{
    struct processes_wish wish = {.xml = xml};
    struct bpmn_mark *list;
    enum rc rc;

    if ((rc = marks_of(p, trial, &list, &wish.marks, err)) != RC_OK) {
        return rc;
    }
    wish.mark = list;
    if ((rc = processes_look(p, &wish, p->document, err)) != RC_OK) {
        return rc;
    }
    put_tasks(p, json_get(trial, "tasks"));
    if (json_get(trial, "lines") != NULL || json_get(trial, "fault") != NULL) {
        put_lines(p, trial);
        json_set(p->arena, p->document, "trial", trial);
        p->nonce = random_token(p->arena, NONCE_BYTES); /* the player */
    }
    return json_whole(p->document, err);
}

enum rc
processes_trial_page(struct page *p, struct err *err)
{
    struct rule_draft draft;
    struct rule_model m;
    struct json *trial;
    enum rc rc;

    if ((rc = open_trial(p, &m, &draft, err)) != RC_OK || (rc = try_draft(p, draft.xml, NULL, NULL, false, &trial, err)) != RC_OK) {
        return rc;
    }
    return show(p, draft.xml, trial, err);
}

/* What is wrong with a document that was typed is said at its field. */
static enum rc
read_documents(struct page *p, const struct json **variables, const struct json **script, struct err *err)
{
    static const char *const fields[] = {"variables", "script"};
    const struct json *documents[2] = {NULL, NULL};

    for (size_t i = 0; i < 2; i++) {
        enum rc rc = document_of(p, fields[i], &documents[i], err);
        if (rc == RC_LIMIT) {
            return rc;
        }
        if (rc != RC_OK || (documents[i] != NULL && !json_is(documents[i], i == 0 ? JSON_OBJECT : JSON_ARRAY))) {
            const char *member = i == 0 ? "variables_error" : "script_error";
            struct str message = i == 0 ? page_word(p, "process_trial_variables_wrong") : page_word(p, "process_trial_script_wrong");
            p->status = 422;
            words_error(p, fields[i], message);
            json_set_text(p->arena, p->document, member, message);
        }
    }
    *variables = documents[0];
    *script = documents[1];
    return RC_OK;
}

enum rc
processes_trial(struct page *p, struct err *err)
{
    const struct json *variables, *by_hand;
    struct rule_draft draft;
    struct rule_model m;
    struct json *trial;
    enum rc rc;

    if ((rc = open_trial(p, &m, &draft, err)) != RC_OK || (rc = read_documents(p, &variables, &by_hand, err)) != RC_OK ||
        (rc = try_draft(p, draft.xml, NULL, NULL, false, &trial, err)) != RC_OK) {
        return rc;
    }
    if (p->status != 422 && json_true(trial, "readable")) {
        struct json *script = script_of(p, json_get(trial, "tasks"), by_hand);
        if ((rc = json_whole(script, err)) != RC_OK || (rc = try_draft(p, draft.xml, variables, script, true, &trial, err)) != RC_OK) {
            return rc;
        }
    }
    return show(p, draft.xml, trial, err);
}
