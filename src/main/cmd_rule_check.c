/*
 * rule check - what is wrong with models before anybody is decided about with them.
 */
#include <stdio.h>

#include "main/cmd_rule_int.h"
#include "rule/analysis.h"

enum { MODELS_MAX = 4096, TEXT_MAX = 64 << 20 };

static const char help[] =
    "usage: zhengtong rule check MODEL...\n\n"
    "Reads decision models and looks through their tables: cases that no rule is for, rules that\n"
    "contradict one another, rules that can never count, entries of the wrong type, empty outputs, and\n"
    "names that nothing knows.  Each finding names its rules and shows an input.  The answer is a JSON\n"
    "list with one entry a model; the same in sentences goes to standard error.\n\n"
    "  MODEL   a model, a file; what it imports lies in its folder\n"
    "  --help  this text\n\n"
    "Status: 0 nothing that forbids publishing; 65 a model that cannot be read, or a finding that\n"
    "is an error; 66 there is no such file.\n";

static void
put_text(struct rule_desk *d, struct buf *b, const char *name, struct str text)
{
    const struct json *j = json_text(d->arena, text);

    buf_put_fmt(b, ",\"%s\":", name);
    if (j == NULL) {
        b->failed = true; /* as the writer of a document says that a part of it is lost */
        return;
    }
    json_write(b, j);
}

static void
put_fault(struct rule_desk *d, struct buf *b, const struct dmn_fault *fault, const struct err *err)
{
    bool is_said = fault->en[0] != '\0';

    buf_put_fmt(b, ",\"valid\":false,\"fault\":{\"line\":%u,\"column\":%u", fault->line, fault->column);
    put_text(d, b, "element", str_of(fault->element));
    put_text(d, b, "zh", str_of(is_said ? fault->zh : err->text));
    put_text(d, b, "en", str_of(is_said ? fault->en : err->text));
    buf_put(b, STR("},\"findings\":[]"));
}

static void
say_finding(const struct rule_desk *d, const char *path, const struct finding *f)
{
    const char *level = f->is_error ? (d->is_chinese ? "错误" : "error") : d->is_chinese ? "提示" : "note";
    struct str text = d->is_chinese ? f->zh : f->en;

    (void)fprintf(stderr, "%s: %s: %.*s: %.*s\n", path, level, STR_ARG(f->table), STR_ARG(text));
}

/* One entry of the list.  RC_INVALID is in it, too, and still the answer's status. */
static enum rc
check_model(struct rule_desk *d, const char *command, const char *path, struct buf *b, bool *is_right, struct err *err)
{
    const struct finding *finding;
    const struct dmn *model;
    struct dmn_fault fault;
    size_t count;
    enum rc rc = rule_model(d, path, &model, &fault, err);

    buf_put(b, STR("{\"file\":"));
    json_write(b, json_text(d->arena, str_of(path)));
    if (rc == RC_INVALID) {
        (void)rule_model_failed(d, command, path, rc, &fault, err);
        put_fault(d, b, &fault, err);
        buf_put_char(b, '}');
        *is_right = false;
        return RC_OK;
    }
    rule_begin(d);
    if (rc != RC_OK || (rc = analysis_of(d->arena, d->run, model, &finding, &count, err)) != RC_OK) {
        return rc;
    }
    put_text(d, b, "name", dmn_name(model));
    put_text(d, b, "namespace", dmn_namespace(model));
    buf_put(b, STR(",\"valid\":true,\"fault\":null,\"findings\":"));
    rc = analysis_json(d->arena, finding, count, b, err);
    buf_put_char(b, '}');
    for (size_t i = 0; i < count; i++) {
        say_finding(d, path, &finding[i]);
        *is_right = *is_right && !finding[i].is_error;
    }
    return rc;
}

int
rule_check(struct rule_desk *d, int argc, char **argv)
{
    bool is_help = false, is_right = true;
    const struct option_spec specs[] = {{"--help", NULL, &is_help}};
    struct option_words words = {.max = MODELS_MAX};
    struct str text;
    struct buf b;
    struct err err;
    enum rc rc = RC_OK;

    words.list = arena_alloc(d->arena, MODELS_MAX, sizeof(*words.list));
    CHECK(words.list != NULL);
    if (!options_and_words_read(argc, argv, specs, sizeof(specs) / sizeof(specs[0]), &words)) {
        return RULE_USAGE;
    }
    if (is_help || words.count == 0) {
        (void)fputs(help, is_help ? stdout : stderr);
        return is_help ? 0 : RULE_USAGE;
    }
    buf_init(&b, d->arena, TEXT_MAX);
    for (size_t i = 0; i < words.count && rc == RC_OK; i++) {
        buf_put(&b, i == 0 ? STR("[") : STR(",\n "));
        rc = check_model(d, argv[0], words.list[i], &b, &is_right, &err);
    }
    rc = rc == RC_OK ? buf_finish(&b, &text, &err) : rc;
    if (rc != RC_OK) {
        return command_failed(argv[0], rc, &err);
    }
    (void)printf("%.*s]\n", STR_ARG(text));
    return is_right ? 0 : rc_exit(RC_INVALID);
}
