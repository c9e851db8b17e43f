/* What a model says in the scope where it counts: values in FEEL, the part, the place. */
#include "base/clock.h"
#include "process/conduct_int.h"
#include "rule/program.h"

enum { VALUE_MAX = 1 << 16 };

/* As instance_variable, from a scope that has ended with this command too: what it says last is said of its part. */
const struct json *
conduct_variable(const struct instance *i, int64_t scope, struct str name)
{
    for (size_t n = i->scopes; n > 0; n--) { /* ids count up, and what is around is older */
        const struct scope *s = &i->scope[n - 1];
        const struct json *found = s->id == scope ? json_get_key(s->variables, name) : NULL;
        if (found != NULL || (s->id == scope && s->kind == SCOPE_CALL)) {
            return found;
        }
        scope = s->id == scope ? s->parent : scope;
    }
    return NULL;
}

/* RC_LIMIT where an expression passes its limits; whoever asks makes "" of it, so that one expression holds no case up. */
static enum rc
calculate(const struct conduct_seeing *s, uint32_t text, struct value *out, struct err *err)
{
    const struct bpmn_text *t = &s->model->text[text];
    enum rc rc = RC_OK;

    run_begin(s->run, s->now_us, s->offset_seconds);
    struct value *slot = arena_alloc(run_arena(s->run), (size_t)t->names.count + 1, sizeof(*slot));
    if (slot == NULL) {
        return err_set(err, RC_LIMIT, "no room for the variables of an expression");
    }
    for (uint32_t n = 0; n < t->names.count && rc == RC_OK; n++) {
        const struct json *j = conduct_variable(s->i, s->scope, s->model->variable[s->model->use[t->names.first + n]]);
        slot[n] = value_null();
        rc = j == NULL ? RC_OK : value_of_json(run_arena(s->run), j, &slot[n], err);
        rc = rc == RC_INVALID ? RC_OK : rc;
    }
    return rc != RC_OK ? rc : program_run(s->run, t->program, &(struct frame){.slot = slot}, out, err);
}

enum rc
conduct_value(const struct conduct_seeing *s, struct gov_value v, struct json **out, struct err *err)
{
    struct value value = value_null();
    struct str text, kept;
    struct buf b;
    enum rc rc;

    if (v.text == BPMN_NONE) {
        *out = json_text(s->arena, v.written);
        return json_whole(*out, err);
    }
    if ((rc = calculate(s, v.text, &value, err)) != RC_OK) {
        return rc;
    }
    buf_init(&b, run_arena(s->run), VALUE_MAX);
    value_put_json(&b, value);
    if ((rc = buf_finish(&b, &text, err)) != RC_OK || (rc = str_copy(s->arena, text, &kept, err)) != RC_OK) {
        return rc;
    }
    return json_parse(s->arena, kept, JSON_ANY, out, err);
}

enum rc
conduct_text(const struct conduct_seeing *s, struct gov_value v, struct str *out, struct err *err)
{
    struct json *j;
    enum rc rc = RC_OK;

    *out = v.written;
    if (v.text != BPMN_NONE && (rc = conduct_value(s, v, &j, err)) == RC_OK) {
        *out = json_is(j, JSON_STRING) ? j->text : STR("");
    }
    return rc;
}

static bool
is_part_of(const struct json *part, struct str org, struct str power)
{
    return json_str(part, "id").len > 0 && org.len > 0 && str_eq(json_str(part, "org"), org) && str_eq(json_str(part, "power"), power);
}

const struct json *
conduct_part(const struct instance *i, int64_t scope, struct str org, struct str power)
{
    const struct json *part = conduct_variable(i, scope, STR("part"));
    const struct json *parts = conduct_variable(i, scope, STR("parts"));

    part = json_is(part, JSON_OBJECT) ? part : NULL;
    if (part != NULL && (org.len == 0 || str_eq(json_str(part, "org"), org))) {
        return part;
    }
    for (const struct json *p = json_is(parts, JSON_ARRAY) ? parts->first : NULL; p != NULL; p = p->next) {
        if (is_part_of(p, org, power)) {
            return p;
        }
    }
    return part;
}

struct str
conduct_english(const struct bpmn *m, uint32_t element)
{
    const struct bpmn_element *e = &m->element[element];

    for (uint32_t n = 0; n < e->extensions.count; n++) {
        const struct bpmn_extension *x = &m->extension[e->extensions.first + n];
        for (uint32_t k = 0; x->name.len == 0 && k < x->attributes.count; k++) {
            const struct bpmn_attribute *at = &m->attribute[x->attributes.first + k];
            if (str_eq(at->name, STR("en"))) {
                return at->value;
            }
        }
    }
    return e->name;
}

int64_t
conduct_within(const struct conduct_seeing *s, struct gov_value within)
{
    int offset_minutes = s->offset_seconds / 60;
    int32_t today = instant_day(s->now_us, offset_minutes);
    struct duration d;
    struct str text;
    struct err ignored;
    int64_t months;

    if (conduct_text(s, within, &text, &ignored) != RC_OK) {
        return 0;
    }
    if (months_parse(text, &months)) {
        struct date then = day_to_date(today);
        months += (int64_t)then.year * 12 + then.month - 1;
        then.year = (int)(months / 12);
        then.month = (int)(months % 12) + 1;
        while (then.day > 28 && !date_is_valid(then)) {
            then.day--;
        }
        return date_is_valid(then) ? day_start_us(date_to_day(then) + 1, offset_minutes) : 0;
    }
    if (!duration_parse(text, &d) || d.second <= 0 || d.second > INT64_C(36500) * 86400) {
        return 0;
    }
    return d.second % 86400 == 0 ? day_start_us(today + (int32_t)(d.second / 86400) + 1, offset_minutes) : s->now_us + d.second * 1000000;
}

struct conduct_place
conduct_place_of(const struct runtime_event *event, int64_t scope, const struct bpmn *m, uint32_t binding, uint32_t element)
{
    const struct instance *i = event->instance;
    const struct json *part = conduct_part(i, scope, STR(""), STR(""));

    return (struct conduct_place){.instance = i->id,
                                  .scope = scope,
                                  .case_no = i->business_key,
                                  .part = json_str(part, "id"),
                                  .org = json_str(part, "org"),
                                  .process = i->binding[binding].key,
                                  .element = element != BPMN_NONE ? m->element[element].id : STR(""),
                                  .actor = event->actor,
                                  .now_us = event->now_us};
}
