/*
 * rule dmn - the decisions of a model for given inputs.
 */
#include <stdio.h>

#include "main/cmd_rule_int.h"
#include "rule/explain.h"

static const char help[] =
    "usage: zhengtong rule dmn MODEL [--decision NAME] [--input FILE] [--explain]\n\n"
    "Asks a decision model (DMN 1.1 to 1.5, XML) and writes the value of one decision as JSON, or of all\n"
    "of them by their names.  Models that it imports are looked for in its folder.  Why something became\n"
    "null is said on standard error.\n\n"
    "  MODEL            the model, a file\n"
    "  --decision NAME  this one decision; without it all of the model\n"
    "  --input FILE     a JSON object: values by the names of the model's input data; what is missing is\n"
    "                   null; a decision given by its name is taken as decided\n"
    "  --explain        also how it came about: {\"result\":...,\"explanation\":...}, with a sentence in Chinese\n"
    "                   and one in English, and the rules that matched; of all decisions: by their names\n"
    "  --help           this text\n\n"
    "Status: 0 there is a value (null is one); 65 the model or the input cannot be read, with its place;\n"
    "66 there is no such file or decision; 70 it takes too long or too much.\n";

struct asked {
    const char *model, *decision, *input;
    bool is_explained;
};

/* The value, and how it came about behind it if explained is not NULL. */
static enum rc
decide_one(struct rule_desk *d, const struct dmn *m, struct str name, const struct context *inputs, struct buf *explained,
           struct value *out, struct err *err)
{
    struct dmn_trace trace = {.count = 0};
    enum rc rc = dmn_decide(d->run, m, name, inputs, explained != NULL ? &trace : NULL, out, err);

    return rc == RC_OK && explained != NULL ? explain_json(d->arena, m, &trace, NULL, 0, explained, err) : rc;
}

static enum rc
decide_all(struct rule_desk *d, const struct dmn *m, const struct context *inputs, struct buf *explained, struct value *out,
           struct err *err)
{
    size_t count = dmn_count(m);
    struct entry *entry = arena_alloc(d->arena, count + 1, sizeof(*entry));
    struct context *all = arena_alloc(d->arena, 1, sizeof(*all));
    enum rc rc = entry == NULL || all == NULL ? err_set(err, RC_LIMIT, "no room for the decisions") : RC_OK;

    for (size_t i = 0; i < count && rc == RC_OK; i++) {
        struct dmn_node_info info = dmn_node(m, i);
        if (info.kind != DMN_DECISION) {
            continue;
        }
        if (explained != NULL) {
            buf_put_char(explained, all->count == 0 ? '{' : ',');
            value_put_json(explained, value_of_str(info.name));
            buf_put_char(explained, ':');
        }
        entry[all->count].name = info.name;
        rc = decide_one(d, m, info.name, inputs, explained, &entry[all->count++].value, err);
    }
    if (rc == RC_OK) {
        all->entry = entry;
        *out = (struct value){.kind = VALUE_CONTEXT, .as.context = all};
        if (explained != NULL) {
            buf_put(explained, all->count == 0 ? STR("{}") : STR("}"));
        }
    }
    return rc;
}

static enum rc
put_explained(struct rule_desk *d, struct value value, const struct buf *explained, struct err *err)
{
    struct str explanation, text;
    struct buf b;
    enum rc rc = buf_finish(explained, &explanation, err);

    if (rc != RC_OK) {
        return rc;
    }
    buf_init(&b, d->arena, RULE_ARENA_BYTES);
    buf_put(&b, STR("{\"result\":"));
    value_put_json(&b, value);
    buf_put(&b, STR(",\"explanation\":"));
    buf_put(&b, explanation);
    buf_put_char(&b, '}');
    if ((rc = buf_finish(&b, &text, err)) == RC_OK) {
        (void)printf("%.*s\n", STR_ARG(text));
    }
    return rc;
}

static enum rc
decide(struct rule_desk *d, const struct asked *asked, const struct dmn *m, struct err *err)
{
    const struct context *inputs = NULL;
    const struct json *tree;
    struct value value = value_null();
    struct buf explained, *how = asked->is_explained ? &explained : NULL;
    enum rc rc = RC_OK;

    rule_begin(d);
    buf_init(&explained, d->arena, RULE_ARENA_BYTES);
    if (asked->input != NULL && (rc = rule_read_json(d, asked->input, &tree, err)) == RC_OK) {
        rc = dmn_inputs_of_json(d->run, m, tree, &inputs, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    rc = asked->decision == NULL ? decide_all(d, m, inputs, how, &value, err)
                                 : decide_one(d, m, str_of(asked->decision), inputs, how, &value, err);
    if (rc != RC_OK) {
        return rc;
    }
    rule_say_notes(d);
    return how != NULL ? put_explained(d, value, how, err) : rule_put_value(d, value, err);
}

int
rule_dmn(struct rule_desk *d, int argc, char **argv)
{
    struct asked asked = {.model = NULL};
    struct option_words words = {.list = &asked.model, .max = 1};
    bool is_help = false;
    const struct option_spec specs[] = {
        {"--decision", &asked.decision, NULL},
        {"--input", &asked.input, NULL},
        {"--explain", NULL, &asked.is_explained},
        {"--help", NULL, &is_help},
    };
    const struct dmn *model;
    struct dmn_fault fault;
    struct err err;

    if (!options_and_words_read(argc, argv, specs, sizeof(specs) / sizeof(specs[0]), &words)) {
        return RULE_USAGE;
    }
    if (is_help || words.count == 0) {
        (void)fputs(help, is_help ? stdout : stderr);
        return is_help ? 0 : RULE_USAGE;
    }
    enum rc rc = rule_model(d, asked.model, &model, &fault, &err);
    if (rc != RC_OK) {
        return rule_model_failed(d, argv[0], asked.model, rc, &fault, &err);
    }
    rc = decide(d, &asked, model, &err);
    return rc == RC_OK ? 0 : command_failed(argv[0], rc, &err);
}
