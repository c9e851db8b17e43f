/* What a script says, checked before anything runs. */
#include "process/simulate_int.h"

#define AT_ENTRY "entry %u of the script: "

struct reading {
    struct arena *a;
    struct zones *zones;
    int64_t start_us;
    unsigned entry; /* from 1 */
};

/* Every member is one of them. */
static enum rc
check_members(const struct reading *r, const struct json *j, const char *const *known, struct err *err)
{
    for (const struct json *m = j->first; m != NULL; m = m->next) {
        bool is_known = false;
        for (size_t i = 0; known[i] != NULL; i++) {
            is_known = is_known || str_eq(m->key, str_of(known[i]));
        }
        if (!is_known) {
            return err_set(err, RC_INVALID, AT_ENTRY "%.60s is not known there", r->entry, str_c(r->a, m->key));
        }
    }
    return RC_OK;
}

static bool
period_us(const struct reading *r, struct str text, int64_t *out)
{
    struct bpmn_timer timer;

    if (!bpmn_timer_parse(r->zones, text, BPMN_DURATION, &timer) || timer.is_months || timer.duration.second > INT32_MAX) {
        return false;
    }
    *out = timer.duration.second * 1000000 + timer.duration.nanosecond / 1000;
    return true;
}

static enum rc
read_variables(const struct reading *r, const struct json *j, const struct json **out, struct err *err)
{
    *out = json_get(j, "variables");
    if (*out != NULL && !json_is(*out, JSON_OBJECT)) {
        return err_set(err, RC_INVALID, AT_ENTRY "variables are an object", r->entry);
    }
    return RC_OK;
}

static enum rc
read_work(const struct reading *r, const struct json *j, struct script_work *out, struct err *err)
{
    static const char *const known[] = {"element", "nth", "after", "outcome", "variables", "fail", "incident", NULL};
    struct str after = json_str(j, "after");
    bool fails = json_get(j, "fail") != NULL, is_incident = json_get(j, "incident") != NULL;
    enum rc rc = check_members(r, j, known, err);

    *out = (struct script_work){.element = json_str(j, "element"), .nth = json_int_or(j, "nth", 0)};
    out->deed.how = fails ? SIMULATE_FAILS : is_incident ? SIMULATE_INCIDENT : SIMULATE_DONE;
    out->deed.outcome = json_str(j, fails ? "fail" : is_incident ? "incident" : "outcome");
    if (rc == RC_OK && str_eq(after, STR("never"))) {
        out->after_us = -1;
    } else if (rc == RC_OK && json_get(j, "after") != NULL && !period_us(r, after, &out->after_us)) {
        return err_set(err, RC_INVALID, AT_ENTRY "after is a duration (P2D, PT3H) or \"never\"", r->entry);
    }
    if (rc == RC_OK && (out->nth < 0 || (json_get(j, "nth") != NULL && out->nth == 0))) {
        return err_set(err, RC_INVALID, AT_ENTRY "nth is a number from 1", r->entry);
    }
    return rc == RC_OK ? read_variables(r, j, &out->deed.variables, err) : rc;
}

static enum rc
read_at(const struct reading *r, struct str text, int64_t *out, struct err *err)
{
    struct err ignored;

    if (period_us(r, text, out)) {
        *out += r->start_us;
        return RC_OK;
    }
    if (instant_parse(text, out, &ignored) == RC_OK) {
        return RC_OK;
    }
    return err_set(err, RC_INVALID, AT_ENTRY "at is a date and time with its offset, or a duration from the beginning", r->entry);
}

static enum rc
read_command(const struct reading *r, const struct json *j, struct script_event *out, struct err *err)
{
    static const char *const known[] = {"at", "command", "task", "element", "name", "key", "outcome", "reason", "variables", NULL};
    enum rc rc = check_members(r, j, known, err);

    out->task = json_str(j, "task");
    out->command = (struct command){.attempt = -1, .element = json_str(j, "element"), .name = json_str(j, "name"),
                                    .key = json_str(j, "key"), .outcome = json_str(j, "outcome"), .reason = json_str(j, "reason")};
    if (rc == RC_OK && !command_by_name(json_str(j, "command"), &out->command.kind)) {
        return err_set(err, RC_INVALID, AT_ENTRY "there is no such command", r->entry);
    }
    return rc == RC_OK ? read_variables(r, j, &out->command.variables, err) : rc;
}

static enum rc
read_event(const struct reading *r, const struct json *j, struct script_event *out, struct err *err)
{
    static const char *const of_message[] = {"at", "message", "key", "variables", NULL};
    static const char *const of_signal[] = {"at", "signal", "variables", NULL};
    bool is_message = json_get(j, "message") != NULL, is_signal = json_get(j, "signal") != NULL;

    *out = (struct script_event){.effect = is_message ? EFFECT_MESSAGE : EFFECT_SIGNAL, .key = json_str(j, "key")};
    enum rc rc = read_at(r, json_str(j, "at"), &out->at_us, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (!is_message && !is_signal) {
        return read_command(r, j, out, err);
    }
    out->command.kind = COMMANDS;
    out->name = json_str(j, is_message ? "message" : "signal");
    rc = check_members(r, j, is_message ? of_message : of_signal, err);
    return rc == RC_OK ? read_variables(r, j, &out->command.variables, err) : rc;
}

enum rc
simulate_read_script(struct arena *a, const struct json *j, struct zones *zones, int64_t start_us, struct script *out, struct err *err)
{
    struct reading r = {.a = a, .zones = zones, .start_us = start_us};
    size_t count = j != NULL ? j->count : 0;
    struct script s = {.work = arena_alloc(a, count + 1, sizeof(*s.work)), .event = arena_alloc(a, count + 1, sizeof(*s.event))};
    enum rc rc = s.work != NULL && s.event != NULL ? RC_OK : err_set(err, RC_LIMIT, "the script does not fit in memory");

    if (rc == RC_OK && j != NULL && !json_is(j, JSON_ARRAY)) {
        return err_set(err, RC_INVALID, "a script is a list");
    }
    for (const struct json *one = j != NULL ? j->first : NULL; one != NULL && rc == RC_OK; one = one->next) {
        r.entry++;
        if (json_get(one, "at") != NULL) {
            rc = read_event(&r, one, &s.event[s.events++], err);
        } else if (json_str(one, "element").len > 0) {
            rc = read_work(&r, one, &s.work[s.works++], err);
        } else {
            rc = err_set(err, RC_INVALID, AT_ENTRY "it has an \"element\" whose work it says, or an \"at\"", r.entry);
        }
    }
    if (rc == RC_OK) {
        *out = s;
    }
    return rc;
}
