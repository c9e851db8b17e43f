/*
 * process run - what a case would do: a model run in memory, in a time that jumps to whatever is due next.
 */
#include <stdio.h>

#include "base/clock.h"
#include "main/cmd_process_int.h"
#include "process/simulate_clock.h"

static const char help[] =
    "usage: zhengtong process run MODEL --input FILE [--messages FILE] [--clock FILE] [--process ID]\n"
    "                             [--story FILE --named KEY]\n"
    "                             [--rules DIR] [--from TIME] [--key KEY] [--trace]\n\n"
    "Runs a process model (BPMN 2.0, XML) in memory.  Time jumps to the next timer, so years pass in a\n"
    "moment, and the same files give the same bytes.  User and service tasks complete by themselves, a user\n"
    "task with the first of its outcomes, unless the messages say how.\n\n"
    "  MODEL            the model, a file; models that it calls lie in its folder: KEY.bpmn\n"
    "  --input FILE     a JSON object: the variables that the case begins with\n"
    "  --messages FILE  a JSON list of what comes from outside and how work is done:\n"
    "                   {\"element\":\"Review\",\"nth\":1,\"after\":\"P2D\",\"outcome\":\"grant\",\"variables\":{}}\n"
    "                   {\"element\":\"Issue\",\"fail\":\"code\"}  {\"at\":\"P3D\",\"message\":\"paid\",\"key\":\"K\"}\n"
    "                   {\"at\":\"P3D\",\"signal\":\"stop\"}  {\"at\":\"P1D\",\"command\":\"return\",\"task\":\"Review\",...}\n"
    "  --clock FILE     {\"limits\":FILE,\"calendar\":FILE}: the clocks of the case run by these\n"
    "  --rules DIR      where the decision models are that its rule tasks ask: KEY.dmn; without it in the\n"
    "                   folder of the model\n"
    "  --process ID     that process of the model; without it the first that is executable\n"
    "  --from TIME      when it begins; 2026-01-05T09:00:00+08:00 without it\n"
    "  --key KEY        the number of the case, to which messages are addressed\n"
    "  --story FILE     {\"input\":{},\"stories\":[{\"key\",\"input\",\"messages\",\"from\"}]}: what the case begins with and\n"
    "                   how it goes on, of the story with the key --named; its case_no is its --key\n"
    "  --trace          a line a step: time, element, what happened; without it the case as JSON\n"
    "  --help           this text\n\n"
    "Status: 0 it came to its end; 65 it cannot be read, it failed, or it stands still, and where; 66 there\n"
    "is no such file or process; 70 it takes too many steps.\n";

enum { MODELS_MAX = 64 };
static const int64_t usual_start_us = INT64_C(1767574800) * 1000000; /* Monday 2026-01-05, nine in the morning */

struct asked {
    const char *model, *input, *messages, *clock, *rules, *process, *from, *key, *story, *named;
    bool is_traced, is_help;
};
struct desk { /* what hooks need */
    struct rule_desk *rule;
    struct str folder, rules; /* with their slashes */
};

/* --- rules ---------------------------------------------------------------------------------------------- */

/* A value as JSON by its text, which is exact. */
static enum rc
json_of(struct arena *a, struct value v, const struct json **out, struct err *err)
{
    struct json *tree;
    struct str text;
    struct buf b;

    buf_init(&b, a, RULE_FILE_MAX);
    value_put_json(&b, v);
    enum rc rc = buf_finish(&b, &text, err);
    if (rc == RC_OK && (rc = json_parse(a, text, JSON_ANY, &tree, err)) == RC_OK) {
        *out = tree;
    }
    return rc;
}

/* The decision that is named, or else the only one. */
static enum rc
find_decision(const struct dmn *m, struct str *decision, struct err *err)
{
    size_t found = 0;

    for (size_t i = 0; decision->len == 0 && i < dmn_count(m); i++) {
        struct dmn_node_info info = dmn_node(m, i);
        found += info.kind == DMN_DECISION;
        if (info.kind == DMN_DECISION && found == 1) {
            *decision = info.name;
        }
    }
    return found > 1 || decision->len == 0 ? err_set(err, RC_INVALID, "the model has several decisions, and none is named") : RC_OK;
}

static enum rc
answer_rule(void *ctx, struct arena *a, struct str key, struct str decision, const struct json *inputs, int64_t now_us,
            const struct json **out, struct err *err)
{
    const struct desk *d = ctx;
    struct str path = str_fmt(a, "%.*s%.*s.dmn", STR_ARG(d->rules), STR_ARG(key));
    const struct context *context = NULL;
    const struct dmn *m;
    struct dmn_fault fault;
    struct value value;

    if (key.len == 0 || str_find_byte(key, '/') < key.len || path.ptr == NULL) {
        return err_set(err, RC_INVALID, "a rule has a key that is a name");
    }
    enum rc rc = rule_model(d->rule, path.ptr, &m, &fault, err);
    if (rc == RC_INVALID && fault.en[0] != '\0') {
        return err_set(err, rc, "%.80s:%u: %.120s", path.ptr, fault.line, fault.en);
    }
    rc = rc == RC_OK ? find_decision(m, &decision, err) : rc;
    run_begin(d->rule->run, now_us, CLOCK_OFFSET_CHINA_MINUTES * 60);
    rc = rc == RC_OK && inputs != NULL ? dmn_inputs_of_json(d->rule->run, m, inputs, &context, err) : rc;
    rc = rc == RC_OK ? dmn_decide(d->rule->run, m, decision, context, NULL, &value, err) : rc;
    return rc == RC_OK ? json_of(a, value, out, err) : rc;
}

/* --- clocks ---------------------------------------------------------------------------------------------- */

/* A document that the file of clocks names, from its own folder. */
static enum rc
read_named(struct rule_desk *d, const char *path, const struct json *names, const char *name, const struct json **out, struct err *err)
{
    struct str file = json_str(names, name), folder = str_starts(file, STR("/")) ? STR("") : rule_folder_of(str_of(path));
    struct str whole = str_fmt(d->arena, "%.*s%.*s", STR_ARG(folder), STR_ARG(file));

    if (file.len == 0 || whole.ptr == NULL) {
        return err_set(err, RC_INVALID, "%.100s: it names a file of %s", path, name);
    }
    return rule_read_json(d, whole.ptr, out, err);
}

static enum rc
read_clocks(struct rule_desk *d, const char *path, struct simulate_hooks *hooks, struct err *err)
{
    const struct json *names, *rows, *days;
    struct timelimits *limits = NULL;
    struct calendar *calendar = NULL;
    enum rc rc = rule_read_json(d, path, &names, err);

    rc = rc == RC_OK ? read_named(d, path, names, "limits", &rows, err) : rc;
    rc = rc == RC_OK ? read_named(d, path, names, "calendar", &days, err) : rc;
    rc = rc == RC_OK ? timelimits_load(d->arena, rows, &limits, err) : rc;
    rc = rc == RC_OK ? calendar_load(d->arena, days, &calendar, err) : rc;
    if (rc != RC_OK) {
        return rc;
    }
    struct simulate_clocks *clocks = simulate_clocks_new(d->arena, limits, calendar, CLOCK_OFFSET_CHINA_MINUTES);
    if (clocks == NULL) {
        return err_set(err, RC_LIMIT, "no room for the clocks");
    }
    simulate_clocks_hook(clocks, hooks);
    return RC_OK;
}

/* --- models --------------------------------------------------------------------------------------------- */

static int
model_failed(const struct rule_desk *d, const char *command, const char *path, enum rc rc, const struct bpmn_report *report,
             const struct err *err)
{
    if (report->count == 0) {
        return command_failed(command, rc, err);
    }
    process_say(d, path, report);
    return rc_exit(rc);
}

/* What the model calls and is no process of its own, if it lies beside it; and what that calls.  What is not there becomes an incident
 * where it is called. */
static enum rc
read_called(struct desk *d, const struct bpmn **model, size_t *count, struct err *err)
{
    size_t skip = 0;

    for (struct str id; *count < MODELS_MAX && (id = simulate_called(model, *count, skip)).len > 0;) {
        struct str path = str_fmt(d->rule->arena, "%.*s%.*s.bpmn", STR_ARG(d->folder), STR_ARG(id));
        struct bpmn_report report;
        enum rc rc = path.ptr != NULL && str_find_byte(id, '/') == id.len ? process_model(d->rule, path.ptr, &model[*count], &report, err)
                                                                          : RC_NOT_FOUND;
        if (rc == RC_INVALID) {
            process_say(d->rule, path.ptr, &report);
            return rc;
        }
        *count += rc == RC_OK;
        skip += rc != RC_OK || simulate_called(model, *count, skip).ptr == id.ptr; /* a model beside it with another process in it */
    }
    return RC_OK;
}

/* --- what came of it ------------------------------------------------------------------------------------ */

static void
say_still(const struct rule_desk *d, const char *command, const struct simulation *s)
{
    const struct json *standing = simulate_standing(d->arena, s);

    for (const struct json *one = standing != NULL ? standing->first : NULL; one != NULL; one = one->next) {
        struct str element = json_str(one, "element"), kind = json_str(one, "kind"), name = json_str(one, "name");
        (void)fprintf(stderr, d->is_chinese ? "zhengtong %s: 办件停在 %.*s（%.*s%s%.*s）\n" : "zhengtong %s: the case stands at %.*s (%.*s%s%.*s)\n",
                      command, STR_ARG(element), STR_ARG(kind), name.len > 0 ? " " : "", STR_ARG(name));
    }
}

static int
say_end(const struct rule_desk *d, const char *command, const struct simulation *s)
{
    struct simulate_state state = simulate_state(s);

    if (state.is_whole) {
        return 0;
    }
    for (size_t n = 0; n < state.instances; n++) {
        const struct instance *i = simulate_instance(s, n);
        if (i->state == INSTANCE_FAILED) {
            (void)fprintf(stderr, d->is_chinese ? "zhengtong %s: 办件失败：%.*s\n" : "zhengtong %s: the case failed: %.*s\n", command,
                          STR_ARG(i->failed_code));
        }
    }
    say_still(d, command, s);
    if (state.is_cut) {
        (void)fprintf(stderr, d->is_chinese ? "zhengtong %s: 超过 %u 步\n" : "zhengtong %s: more than %u steps\n", command, state.steps);
    }
    return rc_exit(state.is_cut ? RC_LIMIT : RC_INVALID);
}

static struct json *
end_json(struct arena *a, const struct simulation *s)
{
    struct simulate_state state = simulate_state(s);
    struct json *out = json_object(a), *list = json_array(a);

    json_set_text(a, out, "time", instant_text(a, state.now_us, CLOCK_OFFSET_CHINA_MINUTES));
    json_set_int(a, out, "steps", state.steps);
    for (size_t n = 0; n < state.instances; n++) {
        json_push(list, instance_json(a, simulate_instance(s, n)));
    }
    json_set(a, out, "instances", list);
    return out;
}

/* --- the command ---------------------------------------------------------------------------------------- */

static enum rc
read_input(struct rule_desk *d, const struct asked *asked, const struct json **input, struct simulate_config *config, struct err *err)
{
    enum rc rc = asked->input != NULL ? rule_read_json(d, asked->input, input, err) : RC_OK;

    if (rc == RC_OK && *input != NULL && !json_is(*input, JSON_OBJECT)) {
        return err_set(err, RC_INVALID, "%.100s: variables are a JSON object", asked->input);
    }
    if (rc == RC_OK && asked->from != NULL) {
        rc = instant_parse(str_of(asked->from), &config->start_us, err);
    }
    return rc == RC_OK && asked->messages != NULL ? rule_read_json(d, asked->messages, &config->script, err) : rc;
}

/* The variables of the file, and over them those of the story. */
static enum rc
read_story(struct rule_desk *d, const struct asked *asked, const struct json **input, struct str *key, struct simulate_config *config,
           struct err *err)
{
    const struct json *file = NULL, *story, *own;
    enum rc rc = rule_read_json(d, asked->story, &file, err);

    if (rc != RC_OK) {
        return rc;
    }
    const struct json *stories = json_get(file, "stories");
    for (story = json_is(stories, JSON_ARRAY) ? stories->first : NULL; story != NULL; story = story->next) {
        if (str_eq(json_str(story, "key"), str_of(asked->named))) {
            break;
        }
    }
    if (story == NULL || !json_is(json_get(file, "input"), JSON_OBJECT)) {
        return err_set(err, RC_NOT_FOUND, "%.100s tells no story %.60s", asked->story, asked->named != NULL ? asked->named : "");
    }
    struct json *all = json_copy(d->arena, json_get(file, "input"));
    own = json_get(story, "input");
    for (const struct json *m = json_is(own, JSON_OBJECT) ? own->first : NULL; m != NULL; m = m->next) {
        json_set_key(d->arena, all, m->key, json_copy(d->arena, m));
    }
    *input = all;
    *key = key->len > 0 ? *key : json_str(all, "case_no");
    config->script = json_get(story, "messages");
    rc = json_whole(all, err);
    return rc == RC_OK && json_str(story, "from").len > 0 ? instant_parse(json_str(story, "from"), &config->start_us, err) : rc;
}

static enum rc
run(struct rule_desk *d, const struct asked *asked, const struct bpmn *m, struct simulation **out, struct err *err)
{
    struct str folder = rule_folder_of(str_of(asked->model));
    struct desk desk = {d, folder, asked->rules != NULL ? str_fmt(d->arena, "%s/", asked->rules) : folder};
    struct simulate_hooks hooks = {.ctx = &desk, .rule = answer_rule};
    struct engine engine = {.run = d->run, .zones = d->zones, .offset_seconds = CLOCK_OFFSET_CHINA_MINUTES * 60};
    const struct bpmn *model[MODELS_MAX] = {m};
    struct simulate_config config = {.engine = &engine, .arena = d->arena, .models = 1, .model = model, .hooks = &hooks,
                                     .start_us = usual_start_us};
    const struct json *input = NULL;
    struct str key = str_of(asked->key);
    enum rc rc = asked->story != NULL ? read_story(d, asked, &input, &key, &config, err) : read_input(d, asked, &input, &config, err);

    rc = rc == RC_OK && asked->clock != NULL ? read_clocks(d, asked->clock, &hooks, err) : rc;
    rc = rc == RC_OK ? read_called(&desk, model, &config.models, err) : rc;
    rc = rc == RC_OK ? simulate_new(&config, out, err) : rc;
    rc = rc == RC_OK ? simulate_start(*out, str_of(asked->process), key, input, err) : rc;
    return rc == RC_OK ? simulate_run(*out, INT64_MAX, err) : rc;
}

static int
answer(struct rule_desk *d, const char *command, const struct asked *asked, const struct simulation *s)
{
    struct str text;
    struct err err;

    if (asked->is_traced) {
        text = simulate_trace(s);
        (void)fwrite(text.ptr, 1, text.len, stdout);
        return say_end(d, command, s);
    }
    enum rc rc = json_print(d->arena, end_json(d->arena, s), &text, &err);
    if (rc != RC_OK) {
        return command_failed(command, rc, &err);
    }
    (void)printf("%.*s\n", STR_ARG(text));
    return say_end(d, command, s);
}

int
process_run(struct rule_desk *d, int argc, char **argv)
{
    struct asked asked = {.model = NULL};
    struct option_words words = {.list = &asked.model, .max = 1};
    const struct option_spec specs[] = {
        {"--input", &asked.input, NULL},   {"--messages", &asked.messages, NULL}, {"--clock", &asked.clock, NULL},
        {"--rules", &asked.rules, NULL},   {"--process", &asked.process, NULL},   {"--from", &asked.from, NULL},
        {"--key", &asked.key, NULL},       {"--story", &asked.story, NULL},       {"--named", &asked.named, NULL},
        {"--trace", NULL, &asked.is_traced}, {"--help", NULL, &asked.is_help},
    };
    struct simulation *s = NULL;
    struct bpmn_report report;
    const struct bpmn *m;
    struct err err;

    if (!options_and_words_read(argc, argv, specs, sizeof(specs) / sizeof(specs[0]), &words)) {
        return RULE_USAGE;
    }
    if (asked.is_help || words.count == 0) {
        (void)fputs(help, asked.is_help ? stdout : stderr);
        return asked.is_help ? 0 : RULE_USAGE;
    }
    enum rc rc = process_model(d, asked.model, &m, &report, &err);
    if (rc != RC_OK) {
        return model_failed(d, argv[0], asked.model, rc, &report, &err);
    }
    rc = run(d, &asked, m, &s, &err);
    return rc == RC_OK ? answer(d, argv[0], &asked, s) : command_failed(argv[0], rc, &err);
}
