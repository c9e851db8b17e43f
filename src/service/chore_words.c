/*
 * What is said: sentences of data with names in braces, filled in once, so that nothing that a person wrote is read as a name again.  Whether it holds
 * markup does not matter here: pages escape it.
 */
#include "service/chore_int.h"

enum { TEXT_MAX = 16384 };

/* --- what is known ------------------------------------------------------------------------------------------------ */

struct speaking {
    const struct chore *k;
    struct str lang;
    bool en;
};

static struct str
scalar(const struct json *j)
{
    return json_is(j, JSON_STRING) || json_is(j, JSON_NUMBER) ? j->text : STR("");
}

static struct str
org_name(const struct speaking *s, struct str uscc)
{
    const struct org *org = org_by_uscc(s->k->c->config.work->orgs, uscc);

    return org == NULL ? uscc : s->en ? org->name_en : org->name_zh;
}

static struct str
part_name(const struct speaking *s, const struct sub_case *sub)
{
    return item_word(case_part(s->k->item.document, sub->part), "name", s->lang);
}

static struct str
state_words(const struct speaking *s, const struct sub_case *sub)
{
    struct str own = s->en ? sub->state_en : sub->state_zh;

    return own.len > 0 ? own : case_state_text(s->k->c->config.work->states, sub->state, s->lang);
}

/* Part by part, what it came to: those that were left out are not spoken of. */
static struct str
results(const struct speaking *s)
{
    struct str all = STR(""), none = STR("");

    for (size_t i = 0; i < s->k->sub_count; i++) {
        const struct sub_case *sub = &s->k->subs[i];
        if (str_eq(sub->state, STR("waived"))) {
            continue;
        }
        all = str_fmt(s->k->a, s->en ? "%.*s%s%.*s: %.*s" : "%.*s%s%.*s：%.*s", STR_ARG(all), all.len == 0 ? "" : s->en ? "; " : "；",
                      STR_ARG(part_name(s, sub)), STR_ARG(state_words(s, sub)));
    }
    return all.ptr != NULL ? all : none;
}

/* Of its part, or of all that give one; the same once. */
static struct str
of_decisions(const struct speaking *s, const char *member)
{
    struct str all = STR(""), last = STR(""), none = STR("");

    for (size_t i = 0; i < s->k->sub_count; i++) {
        const struct sub_case *sub = &s->k->subs[i];
        struct str one = json_str(sub->decision, member);
        if (one.len == 0 || str_eq(one, last) || (s->k->part.len > 0 && !str_eq(sub->part, s->k->part))) {
            continue;
        }
        all = all.len == 0 ? one : str_fmt(s->k->a, s->en ? "%.*s; %.*s" : "%.*s；%.*s", STR_ARG(all), STR_ARG(one));
        last = one;
    }
    return all.ptr != NULL ? all : none;
}

static struct str
item_name(const struct speaking *s)
{
    return s->k->has_case ? item_word(s->k->item.document, "name", s->lang) : STR("");
}

static struct str
remedy(const struct speaking *s)
{
    struct str says = item_word(s->k->item.document, "remedy", s->lang), basis = json_str(s->k->item.document, "remedy_basis");
    struct str stop = s->en ? STR(".") : STR("。"); /* the sentence that it becomes part of has its own */

    says = str_ends(says, stop) ? str_sub(says, 0, says.len - stop.len) : says;
    return says.len == 0 || basis.len == 0 ? says
                                           : str_fmt(s->k->a, s->en ? "%.*s (%.*s)" : "%.*s（%.*s）", STR_ARG(says), STR_ARG(basis));
}

static struct str
own_part(const struct speaking *s)
{
    const struct sub_case *sub = chore_sub(s->k);

    return sub != NULL ? part_name(s, sub) : item_name(s);
}

static struct str
acting_org(const struct speaking *s)
{
    return org_name(s, s->k->errand.acts_for);
}

static struct str
result(const struct speaking *s)
{
    const struct sub_case *sub = chore_sub(s->k);

    return sub != NULL ? state_words(s, sub) : results(s);
}

static struct str
reason(const struct speaking *s)
{
    return of_decisions(s, "reason");
}

static struct str
terms(const struct speaking *s)
{
    return of_decisions(s, "terms");
}

static struct str
today(const struct speaking *s)
{
    return day_text(s->k->a, instant_day(s->k->work->now_us, s->k->c->config.work->offset_minutes));
}

static struct str
days(const struct speaking *s)
{
    int64_t left_us = s->k->errand.until_us - s->k->work->now_us;

    return left_us > 0 ? str_fmt(s->k->a, "%lld", (long long)(left_us / INT64_C(86400000000))) : STR("");
}

static struct str
number(const struct speaking *s)
{
    return s->k->file.case_no;
}

static const struct {
    const char *name;
    struct str (*get)(const struct speaking *s);
} known[] = {
    {"case_no", number}, {"item", item_name}, {"part", own_part}, {"org", acting_org}, {"result", result},
    {"results", results}, {"reason", reason}, {"terms", terms}, {"remedy", remedy}, {"day", today}, {"days", days},
};

static struct str
value_of_name(const struct speaking *s, struct str name, const struct json *data)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (str_eq(name, str_of(known[i].name))) {
            return known[i].get(s);
        }
    }
    const struct json *places[] = {json_get_key(data, name), json_get_key(s->k->inputs, name), instance_variable(&s->k->instance, 1, name)};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (scalar(places[i]).len > 0) {
            return scalar(places[i]);
        }
    }
    return STR("");
}

/* --- saying it ----------------------------------------------------------------------------------------------------- */

/* False: something that it names is not known, and it is not said. */
static bool
put_sentence(const struct speaking *s, struct str sentence, const struct json *data, struct buf *out)
{
    struct str all = sentence;
    bool writes = false;

    for (int round = 0; round < 2; round++, writes = true, sentence = all) {
        while (sentence.len > 0) {
            size_t open = str_find_byte(sentence, '{'), close = str_find_byte(sentence, '}');
            if (writes) {
                buf_put(out, str_sub(sentence, 0, open));
            }
            if (open == sentence.len) {
                break;
            }
            struct str value = value_of_name(s, str_sub(sentence, open + 1, close - open - 1), data);
            if (value.len == 0) {
                return false;
            }
            if (writes) {
                buf_put(out, value);
            }
            sentence = str_from(sentence, close + 1);
        }
    }
    return true;
}

static enum rc
say_text(const struct speaking *s, const struct json *words, const struct json *data, struct str *out, struct err *err)
{
    const struct json *sentences = json_get(words, "text");
    struct buf b;

    buf_init(&b, s->k->a, TEXT_MAX);
    for (const struct json *one = sentences->first; one != NULL; one = one->next) {
        size_t before = b.len;
        if (put_sentence(s, one->text, data, &b) && s->en && before < b.len && one->next != NULL) {
            buf_put(&b, STR(" "));
        }
    }
    enum rc rc = buf_finish(&b, out, err);
    *out = str_trim(*out);
    return rc;
}

static enum rc
say_in(struct chore *k, const struct json *text, const char *lang, const struct json *data, struct json *what, struct err *err)
{
    const struct speaking s = {.k = k, .lang = str_of(lang), .en = str_eq(str_of(lang), STR("en"))};
    const struct json *words = json_get(text, lang);
    struct json *said = json_object(k->a);
    struct str body, title;
    struct buf b;
    enum rc rc;

    buf_init(&b, k->a, TEXT_MAX);
    if (!put_sentence(&s, json_str(words, "title"), data, &b)) {
        buf_init(&b, k->a, TEXT_MAX);
        buf_put(&b, item_name(&s));
    }
    if ((rc = buf_finish(&b, &title, err)) != RC_OK || (rc = say_text(&s, words, data, &body, err)) != RC_OK) {
        return rc;
    }
    json_set_text(k->a, said, "title", title);
    json_set_text(k->a, said, "text", body);
    json_set(k->a, what, lang, said);
    return RC_OK;
}

enum rc
chore_say(struct chore *k, const struct json *text, const struct json *data, struct err *err)
{
    struct json *what = json_object(k->a);
    enum rc rc;

    k->errand.audience = json_str(text, "to");
    k->errand.what = what;
    if ((rc = say_in(k, text, "zh", data, what, err)) != RC_OK || (rc = say_in(k, text, "en", data, what, err)) != RC_OK) {
        return rc;
    }
    json_set(k->a, what, "inputs", k->inputs != NULL ? json_copy(k->a, k->inputs) : json_object(k->a));
    json_set(k->a, what, "data", data != NULL ? json_copy(k->a, data) : json_object(k->a));
    return json_whole(what, err);
}

/* --- which words ------------------------------------------------------------------------------------------------------ */

const struct json *
chore_find_text(const struct chore *k, const char *list, struct str key)
{
    const struct json *texts = json_get(k->c->config.texts, list);
    const struct runtime_job *job = &k->work->job;
    const struct str keys[] = {
        str_fmt(k->a, "%.*s/%.*s.%.*s", STR_ARG(key), STR_ARG(job->process), STR_ARG(job->element)),
        str_fmt(k->a, "%.*s/%.*s", STR_ARG(key), STR_ARG(job->process)),
        key,
    };
    const struct json *found = NULL;

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && found == NULL; i++) {
        found = keys[i].ptr != NULL ? json_get_key(texts, keys[i]) : NULL;
    }
    return found;
}

/* --- the document --------------------------------------------------------------------------------------------------------- */

/* What is shown to everyone names nobody and nothing that somebody wrote. */
static bool
is_for_everyone(struct str name)
{
    static const char *const names[] = {"item", "part", "org", "day", "days"};
    size_t which;

    return str_among(name, names, sizeof(names) / sizeof(names[0]), &which);
}

/* "{" and "}" in pairs, with a name between them. */
static bool
is_sentence(const struct json *j, bool is_public)
{
    struct str rest = json_is(j, JSON_STRING) ? j->text : STR("");

    if (rest.len == 0) {
        return false;
    }
    while (rest.len > 0) {
        size_t open = str_find_byte(rest, '{'), close = str_find_byte(rest, '}');
        if (open == rest.len || close == rest.len) {
            return open == close;
        }
        if (close < open + 2) {
            return false;
        }
        struct str name = str_sub(rest, open + 1, close - open - 1);
        if (str_find_byte(name, '{') < name.len || (is_public && !is_for_everyone(name))) {
            return false;
        }
        rest = str_from(rest, close + 1);
    }
    return true;
}

static bool
are_words(const struct json *words, bool is_public)
{
    const struct json *text = json_get(words, "text");

    if (!is_sentence(json_get(words, "title"), is_public) || !json_is(text, JSON_ARRAY) || text->count == 0) {
        return false;
    }
    for (const struct json *one = text->first; one != NULL; one = one->next) {
        if (!is_sentence(one, is_public)) {
            return false;
        }
    }
    return true;
}

enum rc
chore_texts_check(const struct json *texts, struct err *err)
{
    static const char *const lists[] = {"notices", "errands"};
    static const char *const readers[] = {ERRAND_APPLICANT, ERRAND_OFFICERS, ERRAND_EVERYONE};
    size_t which;

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        const struct json *list = json_get(texts, lists[i]);
        if (!json_is(list, JSON_OBJECT)) {
            return err_set(err, RC_INVALID, "the texts have no %s", lists[i]);
        }
        for (const struct json *t = list->first; t != NULL; t = t->next) {
            bool is_public = str_eq(json_str(t, "to"), STR(ERRAND_EVERYONE));
            if (!are_words(json_get(t, "zh"), is_public) || !are_words(json_get(t, "en"), is_public) ||
                !str_among(json_str(t, "to"), readers, sizeof(readers) / sizeof(readers[0]), &which)) {
                return err_set(err, RC_INVALID, "text %.*s lacks words in a language, or whom it is for, or its braces do not fit", STR_ARG(t->key));
            }
        }
    }
    return RC_OK;
}
