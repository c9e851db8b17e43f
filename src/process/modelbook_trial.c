/*
 * A case by a text that is not law yet: run in memory, where time jumps, with what it calls and asks as that holds on the day.
 *
 * All of it is one job of a runner.  What the store is asked meanwhile it is asked by that thread, which has nothing to suspend.
 */
#include "process/bpmn_int.h"
#include "process/modelbook_int.h"
#include "process/simulate_clock.h"

enum { MODELS_MAX = 64 };

struct trying {
    struct modelbook *book;
    struct db db; /* of the runner, which waits by itself */
    struct arena *arena;
    const struct modelbook_trial *trial;
    const struct bpmn *model[MODELS_MAX];
    size_t models;
    struct json *out;
    enum rc rc;
    struct err *err;
};

/* --- what a person may do in it ------------------------------------------------------------------------ */

static void
put_outcomes(struct trying *t, const struct gov_element *g, struct json *task)
{
    struct json *list = json_array(t->arena);

    for (size_t i = 0; i < g->outcomes; i++) {
        struct json *d = json_object(t->arena);
        json_set_text(t->arena, d, "code", g->outcome[i].code);
        json_set_text(t->arena, d, "zh", g->outcome[i].zh);
        json_set_text(t->arena, d, "en", g->outcome[i].en);
        json_push(list, d);
    }
    json_set(t->arena, task, "outcomes", list);
}

static void
put_tasks(struct trying *t, const struct bpmn *m)
{
    struct json *list = json_array(t->arena);

    for (uint32_t i = 0; i < m->elements; i++) {
        if (m->element[i].kind == BPMN_USER) {
            struct json *d = json_object(t->arena);
            json_set_text(t->arena, d, "id", m->element[i].id);
            json_set_text(t->arena, d, "name", m->element[i].name);
            put_outcomes(t, gov_element(m, i), d);
            json_push(list, d);
        }
    }
    json_set(t->arena, t->out, "tasks", list);
}

/* --- what it calls and asks ------------------------------------------------------------------------------- */

/* What is not there, or cannot be read, becomes an incident where it is called. */
static void
add_called(struct trying *t)
{
    size_t skip = 0;

    for (struct str key; t->models < MODELS_MAX && (key = simulate_called(t->model, t->models, skip)).len > 0;) {
        struct rule_held held;
        struct str id = rule_id(t->arena, RULE_BPMN, key);
        struct err why;
        const struct bpmn *m = NULL;
        if (id.ptr != NULL && rule_in_force(&t->db, t->arena, id, t->trial->day, &held, &why) == RC_OK &&
            modelbook_load(t->book, &t->db, key, held.number, &why) == RC_OK) {
            m = modelbook_find(t->book, key, held.number);
        }
        if (m != NULL && bpmn_find_process(m, key) != BPMN_NONE) {
            t->model[t->models++] = m;
        } else {
            skip++;
        }
    }
}

static enum rc
answer_rule(void *ctx, struct arena *a, struct str key, struct str decision, const struct json *inputs, int64_t now_us,
            const struct json **out, struct err *err)
{
    const struct trying *t = ctx;
    const struct counsel *counsel = rulings_counsel(modelbook_rulings(t->book));
    const struct counsel_question q = {.rule = key, .decision = decision, .inputs = inputs, .now_us = now_us, .day = t->trial->day};
    struct counsel_answer answer;
    enum rc rc = counsel->ask(counsel, &t->db, a, &q, &answer, err);

    if (rc == RC_OK) {
        *out = answer.result;
    }
    return rc;
}

/* --- what came of it -------------------------------------------------------------------------------------- */

/* What people call an element of any of the models; "" of a flow or a clock. */
static struct str
name_of(const struct trying *t, struct str id)
{
    for (size_t i = 0; i < t->models; i++) {
        uint32_t element = bpmn_find_element(t->model[i], id), process = bpmn_find_process(t->model[i], id);
        if (element != BPMN_NONE || process != BPMN_NONE) {
            return element != BPMN_NONE ? t->model[i]->element[element].name : t->model[i]->process[process].info.name;
        }
    }
    return STR("");
}

/* "2026-01-05T09:00:00+08:00 Review#2 clock start 行政许可法 45" */
static void
put_line(struct trying *t, struct json *list, struct str line)
{
    static const char *const two_words[] = {"gives up", "clock start", "clock pause", "clock resume", "clock stop"};
    struct json *d = json_object(t->arena);
    size_t at = str_find_byte(line, ' '), hash, end;
    struct str time = str_sub(line, 0, at), rest = str_from(line, at + 1), element, number;
    int64_t instance = 1;

    element = str_sub(rest, 0, str_find_byte(rest, ' '));
    rest = str_from(rest, element.len + 1);
    end = str_find_byte(rest, ' ');
    for (size_t i = 0; i < sizeof(two_words) / sizeof(two_words[0]); i++) {
        struct str words = str_of(two_words[i]);
        end = str_starts(rest, words) && (rest.len == words.len || rest.ptr[words.len] == ' ') ? words.len : end;
    }
    hash = str_find_byte(element, '#');
    number = str_from(element, hash + 1);
    (void)(number.len > 0 && str_to_int(number, &instance));
    json_set_text(t->arena, d, "time", time);
    json_set_text(t->arena, d, "element", str_sub(element, 0, hash));
    json_set_text(t->arena, d, "name", name_of(t, str_sub(element, 0, hash)));
    json_set_int(t->arena, d, "instance", instance);
    json_set_text(t->arena, d, "what", str_sub(rest, 0, end));
    json_set_text(t->arena, d, "detail", str_from(rest, end + 1));
    json_push(list, d);
}

static void
put_lines(struct trying *t, const struct simulation *s)
{
    struct json *list = json_array(t->arena);
    struct str rest = simulate_trace(s), line;
    int64_t left_out = 0;

    while (list != NULL && str_next(&rest, '\n', &line)) {
        if (list->count < MODELBOOK_LINES_SHOWN) {
            put_line(t, list, line);
        } else {
            left_out++;
        }
    }
    json_set(t->arena, t->out, "lines", list);
    json_set_int(t->arena, t->out, "left_out", left_out);
}

static void
put_end(struct trying *t, const struct simulation *s)
{
    struct simulate_state state = simulate_state(s);

    json_set_text(t->arena, t->out, "time", instant_text(t->arena, state.now_us, rulings_config_of(modelbook_rulings(t->book))->offset_minutes));
    json_set_int(t->arena, t->out, "steps", state.steps);
    json_set_bool(t->arena, t->out, "is_whole", state.is_whole);
    json_set_bool(t->arena, t->out, "is_cut", state.is_cut);
    json_set(t->arena, t->out, "standing", simulate_standing(t->arena, s));
    put_lines(t, s);
}

/* What the script or the variables are wrong in is an answer; so is a clock without a limit, with what was told up to there. */
static enum rc
run_case(struct trying *t, struct runner *w)
{
    const struct modelbook_trial *trial = t->trial;
    int offset_minutes = rulings_config_of(modelbook_rulings(t->book))->offset_minutes;
    struct simulate_hooks hooks = {.ctx = t, .rule = answer_rule};
    struct engine engine = {.run = w->run, .zones = w->zones, .offset_seconds = offset_minutes * 60};
    const struct simulate_config config = {.engine = &engine, .arena = t->arena, .models = t->models, .model = t->model, .script = trial->script,
                                           .hooks = &hooks, .start_us = trial->start_us, .steps_max = MODELBOOK_STEPS_MAX};
    struct simulate_clocks *clocks = NULL;
    struct simulation *s = NULL;
    struct err why;
    enum rc rc;

    if (trial->limits != NULL) {
        if ((clocks = simulate_clocks_new(t->arena, trial->limits, trial->calendar, offset_minutes)) == NULL) {
            return err_set(t->err, RC_LIMIT, "no room for the clocks of a trial");
        }
        simulate_clocks_hook(clocks, &hooks);
    }
    rc = simulate_new(&config, &s, &why);
    rc = rc == RC_OK ? simulate_start(s, STR(""), trial->key, trial->variables, &why) : rc;
    rc = rc == RC_OK ? simulate_run(s, INT64_MAX, &why) : rc;
    if (rc == RC_LIMIT) {
        return err_set(t->err, rc, "%s", why.text);
    }
    if (rc != RC_OK) {
        json_set_text(t->arena, t->out, "fault", str_of(why.text));
    }
    if (s != NULL) {
        put_end(t, s);
    }
    return RC_OK;
}

static void
try_job(struct runner *w, void *ctx)
{
    struct trying *t = ctx;
    struct bpmn_report report = {.count = 0};

    t->db = w->db;
    t->out = json_object(t->arena);
    t->rc = modelbook_read(t->book, t->arena, t->trial->xml, &t->model[0], &report, t->err);
    json_set_bool(t->arena, t->out, "readable", t->rc == RC_OK);
    if (t->rc != RC_OK) {
        t->rc = t->rc == RC_INVALID ? RC_OK : t->rc;
        return;
    }
    t->models = 1;
    put_tasks(t, t->model[0]);
    if (t->trial->runs) {
        add_called(t);
        t->rc = run_case(t, w);
    }
}

enum rc
modelbook_try(struct modelbook *b, const struct db *db, struct arena *a, const struct modelbook_trial *trial, struct json **out,
              struct err *err)
{
    struct trying t = {.book = b, .arena = arena_new(MODELBOOK_ARENA), .trial = trial, .err = err};
    enum rc rc = ruling_do(modelbook_rulings(b), db, try_job, &t, err);

    rc = rc != RC_OK ? rc : t.rc;
    if (rc == RC_OK && (rc = json_whole(t.out, err)) == RC_OK) {
        struct json *copy = json_copy(a, t.out);
        rc = copy != NULL ? json_whole(copy, err) : err_set(err, RC_LIMIT, "no room for a trial");
        *out = rc == RC_OK ? copy : *out;
    }
    arena_free(t.arena);
    return rc;
}
