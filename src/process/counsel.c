/*
 * From facts to the inputs of a rule, and to whoever answers.
 */
#include "process/counsel.h"

enum { PATH_MAX_BYTES = 200 };

/* "" if the input is a value. */
static struct str
path_of(const struct json *input)
{
    return json_is(input, JSON_STRING) ? input->text : json_str(input, "from");
}

static enum rc
check_outputs(const struct json *binding, struct err *err)
{
    const struct json *outputs = json_get(binding, "outputs");

    for (const struct json *o = outputs != NULL ? outputs->first : NULL; o != NULL; o = o->next) {
        if (!json_is(o, JSON_STRING) || o->text.len == 0) {
            return err_set(err, RC_INVALID, "the rule %.*s: the output %.*s names no member",
                           STR_ARG(json_str(binding, "key")), STR_ARG(o->key));
        }
    }
    return outputs == NULL || json_is(outputs, JSON_OBJECT)
               ? RC_OK
               : err_set(err, RC_INVALID, "the rule %.*s: outputs are an object", STR_ARG(json_str(binding, "key")));
}

enum rc
counsel_check(const struct json *binding, struct err *err)
{
    const struct json *inputs = json_get(binding, "inputs");

    if (json_str(binding, "key").len == 0 || json_str(binding, "decision").len == 0) {
        return err_set(err, RC_INVALID, "a rule is asked by its key and a decision");
    }
    if (!json_is(inputs, JSON_OBJECT) || inputs->count > COUNSEL_INPUTS_MAX) {
        return err_set(err, RC_INVALID, "the rule %.*s is asked with no inputs, or too many", STR_ARG(json_str(binding, "key")));
    }
    for (const struct json *i = inputs->first; i != NULL; i = i->next) {
        struct str path = path_of(i);
        bool is_value = json_is(i, JSON_OBJECT) ? json_get(i, "is") != NULL : !json_is(i, JSON_STRING) && !json_is(i, JSON_ARRAY);
        if (path.len > PATH_MAX_BYTES || (path.len == 0 && !is_value)) {
            return err_set(err, RC_INVALID, "the rule %.*s is asked with %.*s, which is no path and no value",
                           STR_ARG(json_str(binding, "key")), STR_ARG(i->key));
        }
    }
    return check_outputs(binding, err);
}

/* "field.area": member by member. */
static const struct json *
find_path(const struct json *root, struct str path)
{
    while (root != NULL && path.len > 0) {
        size_t end = str_find_byte(path, '.');
        root = json_is(root, JSON_OBJECT) ? json_get_key(root, str_sub(path, 0, end)) : NULL;
        path = end < path.len ? str_from(path, end + 1) : STR("");
    }
    return root;
}

static const struct json *
find_source(const struct json *sources, struct str path)
{
    const struct json *whole = json_get_key(sources, path);

    return whole != NULL ? whole : json_get_key(sources, str_sub(path, 0, str_find_byte(path, '.')));
}

enum rc
counsel_ask(const struct counsel *c, const struct db *db, struct arena *a, const struct json *binding,
            const struct counsel_facts *facts, struct counsel_answer *out, struct err *err)
{
    struct json *inputs = json_object(a), *sources = json_object(a);
    const struct json *asked = json_get(binding, "inputs");
    struct counsel_question q = {.rule = json_str(binding, "key"),
                         .decision = json_str(binding, "decision"),
                         .inputs = inputs,
                         .sources = sources,
                         .now_us = facts->now_us,
                         .day = facts->day};
    enum rc rc;

    if (c == NULL) {
        return err_problem(err, RC_NOT_FOUND, "no-rule-in-force", "no rules are kept here, and %.*s is asked for",
                           STR_ARG(q.rule));
    }
    for (const struct json *i = asked != NULL ? asked->first : NULL; i != NULL; i = i->next) {
        struct str path = path_of(i);
        const struct json *value = path.len > 0                ? find_path(facts->values, path)
                                   : json_is(i, JSON_OBJECT) ? json_get(i, "is")
                                                             : i;
        const struct json *source = path.len > 0 ? find_source(facts->sources, path) : NULL;
        if (path.len > 0 && (value == NULL || json_is(value, JSON_NULL))) {
            value = json_get(i, "else");
        }
        json_set_key(a, inputs, i->key, value != NULL ? json_copy(a, value) : json_null(a));
        if (source != NULL) {
            json_set_key(a, sources, i->key, json_copy(a, source));
        }
    }
    if ((rc = json_whole(inputs, err)) != RC_OK || (rc = json_whole(sources, err)) != RC_OK) {
        return rc;
    }
    return c->ask(c, db, a, &q, out, err);
}

static struct json *
named(struct arena *a, const struct json *outputs, const struct json *result)
{
    struct json *d;

    if (!json_is(result, JSON_OBJECT)) {
        return json_copy(a, result);
    }
    d = json_object(a);
    for (const struct json *o = outputs->first; o != NULL; o = o->next) {
        const struct json *member = json_get_key(result, o->text);
        if (member != NULL) {
            json_set_key(a, d, o->key, json_copy(a, member));
        }
    }
    return d;
}

struct json *
counsel_named(struct arena *a, const struct json *binding, const struct json *result)
{
    const struct json *outputs = json_get(binding, "outputs");
    struct json *list;

    if (result == NULL) {
        return json_null(a);
    }
    if (outputs == NULL) {
        return json_copy(a, result);
    }
    if (!json_is(result, JSON_ARRAY)) {
        return named(a, outputs, result);
    }
    list = json_array(a);
    for (const struct json *r = result->first; r != NULL; r = r->next) {
        json_push(list, named(a, outputs, r));
    }
    return list;
}

enum rc
counsel_keep(const struct counsel *c, struct tx *tx, struct arena *a, const struct counsel_answer *answer, struct str case_no,
             struct str subject, int64_t act, int64_t now_us, struct err *err)
{
    if (c == NULL || answer->version == 0) {
        return RC_OK;
    }
    return c->keep(c, tx, a, answer, case_no, subject, act, now_us, err);
}
