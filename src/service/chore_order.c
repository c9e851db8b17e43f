/*
 * What is ordered, recorded or passed on: payments and levies, entries in registers, what supervisors and those above are told.
 *
 * The errand is the order: whoever carries it out finds it under its number, with the values that it is about.  Nothing is ordered twice, because
 * nothing is written twice.
 */
#include "base/decimal.h"
#include "service/chore_int.h"

static const int64_t day_us = INT64_C(86400000000);

/* --- what it is about -------------------------------------------------------------------------------------------- */

static void
put_inputs(const struct chore *k, struct json *data)
{
    for (const struct json *i = k->inputs != NULL ? k->inputs->first : NULL; i != NULL; i = i->next) {
        if (!str_eq(i->key, STR("case_no")) && !str_eq(i->key, STR("part"))) {
            json_set_key(k->a, data, i->key, json_copy(k->a, i));
        }
    }
}

/* The answers that an order of its kind needs, by "fields" of its words: where to pay to. */
static enum rc
put_answers(struct chore *k, const struct json *text, struct json *data, struct err *err)
{
    const struct json *fields = json_get(text, "fields");
    struct json *content;
    enum rc rc;

    if (!k->has_case || k->item.form == NULL || fields == NULL) {
        return RC_OK;
    }
    if ((rc = case_open_content(k->c->config.work, k->a, &k->file, &content, err)) != RC_OK) {
        return rc;
    }
    const struct json *facts = form_facts(k->item.form, k->a, json_get(content, "values"));
    for (const struct json *f = fields->first; f != NULL; f = f->next) {
        const struct json *value = json_get_key(facts, f->text);
        if (value != NULL) {
            json_set_key(k->a, data, f->text, json_copy(k->a, value));
        }
    }
    return RC_OK;
}

/* Whom it is for: named by the model, or by its words. */
static struct str
addressee(const struct chore *k, const struct json *text)
{
    const struct str named[] = {chore_text(k, "org"), chore_text(k, "to"), json_str(text, "org")};

    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        if (named[i].len > 0 && org_by_uscc(k->c->config.work->orgs, named[i]) != NULL) {
            return named[i];
        }
    }
    return STR("");
}

static enum rc
say_order(struct chore *k, const struct json *text, const struct json *data, struct err *err)
{
    int64_t days = json_int_or(text, "days", 0);

    k->errand.org = addressee(k, text);
    k->errand.name = k->work->job.element;
    if (str_eq(json_str(text, "to"), STR(ERRAND_EVERYONE)) && days > 0) {
        k->errand.until_us = k->work->now_us + days * day_us;
    }
    return chore_say(k, text, data, err);
}

enum rc
chore_order(struct chore *k, struct err *err)
{
    const struct json *text = chore_find_text(k, "errands", str_of(k->type->name));
    struct json *data = json_object(k->a);
    enum rc rc;

    if (text == NULL) {
        return err_problem(err, RC_NOT_FOUND, "no-such-text", "there are no words for %s", k->type->name);
    }
    put_inputs(k, data);
    json_set_text(k->a, data, "order",
                  str_fmt(k->a, "%.*s-%lld.%lld", STR_ARG(k->file.case_no), (long long)k->work->job.instance, (long long)k->work->job.token));
    if ((rc = put_answers(k, text, data, err)) != RC_OK || (rc = json_whole(data, err)) != RC_OK) {
        return rc;
    }
    return say_order(k, text, data, err);
}

/* --- money -------------------------------------------------------------------------------------------------------- */

static bool
is_amount(const struct json *j)
{
    struct decimal amount;

    return json_is(j, JSON_NUMBER) && decimal_parse(j->text, &amount) && decimal_compare(amount, decimal_of(0)) > 0;
}

/* An amount that is there, and more than nothing: what was not worked out is not paid. */
enum rc
chore_money(struct chore *k, struct err *err)
{
    static const char *const names[] = {"amount", "monthly", "yearly"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (is_amount(chore_input(k, names[i]))) {
            return chore_order(k, err);
        }
    }
    return err_problem(err, RC_INVALID, "amount-missing", "%s: there is no amount above nothing", k->type->name);
}
