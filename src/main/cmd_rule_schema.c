/*
 * rule schema - documents before a JSON Schema, and what is wrong with them.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "main/cmd_rule_int.h"
#include "rule/schema.h"

enum { FILES_MAX = 4096, OTHERS_MAX = 256 };

static const char help[] =
    "usage: zhengtong rule schema [--no-formats] SCHEMA FILE...\n\n"
    "Checks JSON documents against a JSON Schema (draft 2020-12) and writes a list with one entry a\n"
    "document: whether it is valid, and each mistake with its place and what to do about it, in Chinese\n"
    "and in English.  A schema may refer to those beside it, by their file names or their $id.\n\n"
    "  SCHEMA        the schema, a JSON file\n"
    "  FILE          a document, a JSON file\n"
    "  --no-formats  \"format\" only says what is meant, as the standard has it, and is not checked\n"
    "  --help        this text\n\n"
    "Status: 0 all are valid; 65 one is not, or the schema is none; 66 there is no such file;\n"
    "70 a document is past a limit.\n";

/* --- what the schema may refer to ------------------------------------------------------------------ */

/* Files are known by an address that their names are relative to, so that "$ref": "address.json" is the one beside it. */
static struct str
address_of(struct rule_desk *d, struct str name)
{
    return str_fmt(d->arena, "file:///schema/%.*s", STR_ARG(name));
}

static bool
is_schema(const struct json *tree)
{
    return json_get(tree, "$schema") != NULL || json_get(tree, "$id") != NULL || json_get(tree, "$defs") != NULL;
}

/* Schemas in the folder of path; what else lies there, whatever it is, is not of interest. */
static void
take_others(struct rule_desk *d, const char *path, struct schema_document *others, size_t *count)
{
    const char *slash = strrchr(path, '/');
    struct str folder = slash == NULL ? STR(".") : str_sub(str_of(path), 0, (size_t)(slash - path));
    struct str own = str_of(slash == NULL ? path : slash + 1);
    struct str here = str_fmt(d->arena, "%.*s/", STR_ARG(folder));
    DIR *dir = here.ptr == NULL ? NULL : opendir(here.ptr);

    for (struct dirent *entry; dir != NULL && *count < OTHERS_MAX && (entry = readdir(dir)) != NULL;) {
        struct str name = str_of(entry->d_name);
        const struct json *tree;
        struct err ignored;
        if (!str_ends(name, STR(".json")) || str_eq(name, own)) {
            continue;
        }
        struct str beside = str_fmt(d->arena, "%.*s%.*s", STR_ARG(here), STR_ARG(name));
        struct str address = address_of(d, name);
        if (beside.ptr != NULL && address.ptr != NULL &&
            rule_read_json(d, beside.ptr, &tree, &ignored) == RC_OK && is_schema(tree)) {
            others[(*count)++] = (struct schema_document){address, tree};
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
}

static enum rc
compile(struct rule_desk *d, const char *path, bool has_formats, const struct schema **out, struct err *err)
{
    struct schema_document *others = arena_alloc(d->arena, OTHERS_MAX, sizeof(*others));
    struct schema_options options = {.others = others, .assert_formats = has_formats};
    const char *slash = strrchr(path, '/');
    const struct json *root;
    enum rc rc = rule_read_json(d, path, &root, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (others == NULL) {
        return err_set(err, RC_LIMIT, "no room for the schema");
    }
    take_others(d, path, others, &options.others_count);
    struct str address = address_of(d, str_of(slash == NULL ? path : slash + 1));
    return schema_compile(d->arena, address, root, &options, out, err);
}

/* --- the documents --------------------------------------------------------------------------------- */

static struct json *
told(struct arena *a, const char *path, const struct schema_result *result)
{
    struct json *one = json_object(a), *errors = json_array(a);

    json_set_text(a, one, "file", str_of(path));
    json_set_bool(a, one, "valid", result->is_valid);
    for (size_t i = 0; i < result->count; i++) {
        const struct schema_error *e = &result->errors[i];
        struct json *error = json_object(a);
        json_set_text(a, error, "path", e->path);
        if (e->missing.len > 0) {
            json_set_text(a, error, "missing", e->missing);
        }
        json_set_text(a, error, "schema_path", e->schema_path);
        json_set_text(a, error, "zh", e->zh);
        json_set_text(a, error, "en", e->en);
        json_push(errors, error);
    }
    json_set(a, one, "errors", errors);
    if (result->is_cut) {
        json_set_bool(a, one, "more", true);
    }
    return one;
}

static enum rc
check_all(struct rule_desk *d, const struct schema *schema, const char *const *files, size_t count, bool *all_valid,
          struct err *err)
{
    struct json *list = json_array(d->arena);
    struct schema_result *result = arena_alloc(d->arena, 1, sizeof(*result));
    int32_t today = instant_day(clock_now_us(&clock_system), CLOCK_OFFSET_CHINA_MINUTES);
    struct str text;
    enum rc rc = result == NULL ? err_set(err, RC_LIMIT, "no room for a result") : RC_OK;

    *all_valid = true;
    for (size_t i = 0; i < count && rc == RC_OK; i++) {
        const struct json *document;
        if ((rc = rule_read_json(d, files[i], &document, err)) == RC_OK &&
            (rc = schema_check(schema, d->arena, document, today, result, err)) == RC_OK) {
            *all_valid = *all_valid && result->is_valid;
            json_push(list, told(d->arena, files[i], result));
        }
    }
    rc = rc == RC_OK ? json_print(d->arena, list, &text, err) : rc;
    if (rc == RC_OK) {
        (void)printf("%.*s\n", STR_ARG(text));
    }
    return rc;
}

int
rule_schema(struct rule_desk *d, int argc, char **argv)
{
    bool is_plain = false, is_help = false, all_valid = false;
    const struct option_spec specs[] = {{"--no-formats", NULL, &is_plain}, {"--help", NULL, &is_help}};
    struct option_words words = {.max = FILES_MAX};
    const struct schema *schema;
    struct err err;

    words.list = arena_alloc(d->arena, FILES_MAX, sizeof(*words.list));
    CHECK(words.list != NULL);
    if (!options_and_words_read(argc, argv, specs, sizeof(specs) / sizeof(specs[0]), &words)) {
        return RULE_USAGE;
    }
    if (is_help || words.count < 2) {
        (void)fputs(help, is_help ? stdout : stderr);
        return is_help ? 0 : RULE_USAGE;
    }
    enum rc rc = compile(d, words.list[0], !is_plain, &schema, &err);
    rc = rc == RC_OK ? check_all(d, schema, words.list + 1, words.count - 1, &all_valid, &err) : rc;
    if (rc != RC_OK) {
        return command_failed(argv[0], rc, &err);
    }
    return all_valid ? 0 : rc_exit(RC_INVALID);
}
