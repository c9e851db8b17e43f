/* Commands by name and as JSON. */
#include "process/bpmn_int.h"
#include "process/engine.h"

static const char *const commands[] = {
#define X(name, word) word,
    COMMAND_TABLE(X)
#undef X
};
static const char *const moves[] = {
#define X(name, word) word,
    MOVE_TABLE(X)
#undef X
};

const char *
command_name(enum command_kind kind)
{
    return commands[kind];
}

const char *
move_name(enum move_kind kind)
{
    return moves[kind];
}

bool
move_moment(const struct move *move, enum gov_at *out)
{
    static const struct {
        enum move_kind kind;
        enum gov_at at;
    } moments[] = {{MOVE_ENTERED, GOV_ENTER}, {MOVE_LEFT, GOV_LEAVE}, {MOVE_CANCELLED, GOV_CANCEL}, {MOVE_SUPPLEMENT, GOV_SUPPLEMENT},
                   {MOVE_SUPPLIED, GOV_SUPPLY}};

    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        if (move->kind == moments[i].kind) {
            *out = moments[i].at;
            return move->element != BPMN_NONE && !move->is_instance;
        }
    }
    return false;
}

bool
command_by_name(struct str name, enum command_kind *out)
{
    size_t i;

    if (!str_among(name, commands, COMMANDS, &i)) {
        return false;
    }
    *out = (enum command_kind)i;
    return true;
}

/* --- JSON ----------------------------------------------------------------------------------------- */

struct member {
    const char *name;
    struct str *text;  /* one of these two */
    int64_t *number;
    int64_t otherwise; /* of a number that is not there */
};
enum { MEMBERS = 8 };

static void
members_of(struct command *c, struct member out[MEMBERS])
{
    const struct member all[MEMBERS] = {
        {"token", NULL, &c->token, 0},   {"attempt", NULL, &c->attempt, -1}, {"scope", NULL, &c->scope, 0}, {"element", &c->element, NULL, 0},
        {"name", &c->name, NULL, 0},     {"key", &c->key, NULL, 0},          {"outcome", &c->outcome, NULL, 0}, {"reason", &c->reason, NULL, 0},
    };

    for (size_t i = 0; i < MEMBERS; i++) {
        out[i] = all[i];
    }
}

static bool
read_member(struct command *c, const struct json *j, struct member *all)
{
    if (str_eq(j->key, STR("command"))) {
        return j->kind == JSON_STRING && command_by_name(j->text, &c->kind);
    }
    if (str_eq(j->key, STR("variables"))) {
        c->variables = j;
        return j->kind == JSON_OBJECT;
    }
    for (size_t i = 0; i < MEMBERS; i++) {
        if (str_eq(j->key, str_of(all[i].name))) {
            if (all[i].number != NULL) {
                return json_as_int(j, all[i].number);
            }
            *all[i].text = j->text;
            return j->kind == JSON_STRING;
        }
    }
    return false;
}

enum rc
command_read(struct arena *a, const struct json *j, struct command *out, struct err *err)
{
    struct command c = {.attempt = -1, .element = STR(""), .name = STR(""), .key = STR(""), .outcome = STR(""), .reason = STR("")};
    const struct json *copy = json_copy(a, j);
    struct member all[MEMBERS];

    if (copy == NULL) {
        return err_set(err, RC_LIMIT, "command: no room");
    }
    if (!json_is(copy, JSON_OBJECT) || json_get(copy, "command") == NULL) {
        return err_set(err, RC_INVALID, "command: no object that says which command it is");
    }
    members_of(&c, all);
    for (const struct json *child = copy->first; child != NULL; child = child->next) {
        if (!read_member(&c, child, all)) {
            return err_set(err, RC_INVALID, "command: %.*s is not understood", STR_ARG(str_sub(child->key, 0, 60)));
        }
    }
    *out = c;
    return RC_OK;
}

struct json *
command_json(struct arena *a, const struct command *c)
{
    struct json *to = json_object(a);
    struct command copy = *c;
    struct member all[MEMBERS];
    struct err err;

    members_of(&copy, all);
    json_set_text(a, to, "command", str_of(command_name(c->kind)));
    for (size_t i = 0; i < MEMBERS; i++) {
        if (all[i].number != NULL && *all[i].number != all[i].otherwise) {
            json_set_int(a, to, all[i].name, *all[i].number);
        } else if (all[i].text != NULL && all[i].text->len > 0) {
            json_set_text(a, to, all[i].name, *all[i].text);
        }
    }
    if (c->variables != NULL) {
        json_set(a, to, "variables", json_copy(a, c->variables));
    }
    return json_whole(to, &err) == RC_OK ? to : NULL;
}
