/*
 * rule eval - the value of one FEEL expression.  The members of the context are names in it.
 */
#include <stdio.h>

#include "main/cmd_rule_int.h"
#include "rule/program.h"

static const char help[] =
    "usage: zhengtong rule eval --feel EXPRESSION [--context FILE]\n\n"
    "Calculates an expression of FEEL, the language of decision models (DMN 1.5), and writes its value\n"
    "as JSON.  Why a part of it became null is said on standard error.\n\n"
    "  --feel EXPRESSION  such as: if age >= 60 then \"yes\" else \"no\"\n"
    "  --context FILE     a JSON object; its members are names in the expression, and may hold blanks\n"
    "  --help             this text\n\n"
    "Status: 0 there is a value (null is one); 65 the expression or the context cannot be read, with\n"
    "its place; 66 there is no such file; 70 it takes too long or too much.\n";

/* What is known of a value before it is used: members whose names hold blanks can be read then. */
static const struct feel_type *
shape_of(struct arena *a, struct value v)
{
    struct feel_type *t = arena_alloc(a, 1, sizeof(*t));

    if (t == NULL) {
        return NULL;
    }
    t->kind = v.kind == VALUE_CONTEXT ? FEEL_CONTEXT : v.kind == VALUE_LIST ? FEEL_LIST : FEEL_UNKNOWN;
    if (v.kind == VALUE_LIST && v.as.list->count > 0) {
        t->element = shape_of(a, v.as.list->item[0]);
    }
    if (v.kind == VALUE_CONTEXT) {
        struct feel_name *member = arena_alloc(a, v.as.context->count + 1, sizeof(*member));
        for (size_t i = 0; member != NULL && i < v.as.context->count; i++) {
            const struct entry *entry = &v.as.context->entry[i];
            member[t->count++] = (struct feel_name){entry->name, shape_of(a, entry->value)};
        }
        t->member = member;
    }
    return t;
}

static enum rc
context_of(struct rule_desk *d, const char *path, struct value *out, struct err *err)
{
    static const struct context nothing = {.count = 0};
    const struct json *tree;

    *out = (struct value){.kind = VALUE_CONTEXT, .as.context = &nothing};
    if (path == NULL) {
        return RC_OK;
    }
    enum rc rc = rule_read_json(d, path, &tree, err);
    if (rc == RC_OK && !json_is(tree, JSON_OBJECT)) {
        return err_set(err, RC_INVALID, "%.100s: a context is a JSON object", path);
    }
    return rc == RC_OK ? value_of_json(d->arena, tree, out, err) : rc;
}

static enum rc
evaluate(struct rule_desk *d, const char *feel, struct value given, struct err *err)
{
    const struct feel_type *shape = shape_of(d->arena, given);
    const size_t count = given.as.context->count;
    struct value *slots = arena_alloc(d->arena, count + 1, sizeof(*slots));
    const struct program *program;
    struct feel_fault fault = {.stood = ""};
    struct value value;

    if (shape == NULL || slots == NULL || shape->count != count) {
        return err_set(err, RC_LIMIT, "the context is too large");
    }
    for (size_t i = 0; i < count; i++) {
        slots[i] = given.as.context->entry[i].value;
    }
    struct feel_scope scope = {.count = count, .name = shape->member};
    struct frame frame = {.slot = slots};
    enum rc rc = program_read(d->arena, str_of(feel), &scope, NULL, d->zones, &program, &fault, err);
    if (rc == RC_INVALID && d->is_chinese && fault.place.line > 0) {
        struct str sentence;
        struct err ignored;
        struct buf b;
        buf_init(&b, d->arena, 4096);
        fault_say(&b, &fault, FAULT_ZH);
        return buf_finish(&b, &sentence, &ignored) == RC_OK ? err_set(err, rc, "%.*s", STR_ARG(sentence)) : rc;
    }
    if (rc != RC_OK) {
        return rc;
    }
    rule_begin(d);
    if ((rc = program_run(d->run, program, &frame, &value, err)) == RC_OK) {
        rule_say_notes(d);
        rc = rule_put_value(d, value, err);
    }
    return rc;
}

int
rule_eval(struct rule_desk *d, int argc, char **argv)
{
    const char *feel = NULL, *context = NULL;
    bool is_help = false;
    const struct option_spec specs[] = {
        {"--feel", &feel, NULL}, {"--context", &context, NULL}, {"--help", NULL, &is_help}};
    struct value given;
    struct err err;

    if (!options_read(argc, argv, specs, sizeof(specs) / sizeof(specs[0]))) {
        return RULE_USAGE;
    }
    if (is_help || feel == NULL) {
        (void)fputs(help, is_help ? stdout : stderr);
        return is_help ? 0 : RULE_USAGE;
    }
    enum rc rc = context_of(d, context, &given, &err);
    rc = rc == RC_OK ? evaluate(d, feel, given, &err) : rc;
    return rc == RC_OK ? 0 : command_failed(argv[0], rc, &err);
}
