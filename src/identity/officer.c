#include "identity/officer.h"

#include "base/clock.h"
#include "identity/officer_sql.h"

static const char *const role_names[] = {
#define X(name, text, zh) text,
    ROLE_TABLE(X)
#undef X
};
enum { ROLES = sizeof(role_names) / sizeof(role_names[0]) };

const char *
role_name(enum role role)
{
    CHECK((int)role >= 0 && (int)role < ROLES);
    return role_names[role];
}

bool
role_by_name(struct str text, enum role *out)
{
    for (int i = 0; i < ROLES; i++) {
        if (str_eq(text, str_of(role_names[i]))) {
            *out = (enum role)i;
            return true;
        }
    }
    return false;
}

static enum rc
roles_of(const struct json *list, unsigned *out, struct err *err)
{
    unsigned roles = 0;

    for (const struct json *r = list != NULL ? list->first : NULL; r != NULL; r = r->next) {
        enum role role;
        if (!role_by_name(r->text, &role) || role <= ROLE_CITIZEN) {
            return err_set(err, RC_INVALID, "%.*s is not an officer's role", STR_ARG(r->text));
        }
        roles |= 1u << role;
    }
    *out = roles;
    return RC_OK;
}

/* "2026-12-31", or nothing for no bound. */
static enum rc
day_of(const struct json *given, const char *name, struct str *out, struct err *err)
{
    struct str text = json_is(given, JSON_OBJECT) ? json_str(given, name) : STR("");
    int32_t day;

    *out = text;
    return text.len == 0 ? RC_OK : day_parse(text, &day, err);
}

/* "code", or {"code","from","until"} for a power that is given for a time. */
static enum rc
put_power(struct tx *tx, const struct org_table *orgs, const struct json *officer,
          const struct json *given, struct err *err)
{
    struct str code = json_is(given, JSON_OBJECT) ? json_str(given, "code") : given->text;
    const struct power *power = power_by_code(orgs, code);
    struct str from, until;
    enum rc rc;

    if (power == NULL || !str_eq(power->org, json_str(officer, "org"))) {
        return err_set(err, RC_INVALID, "%.*s is no power of the officer's organisation",
                       STR_ARG(code));
    }
    if ((rc = day_of(given, "from", &from, err)) != RC_OK ||
        (rc = day_of(given, "until", &until, err)) != RC_OK) {
        return rc;
    }
    if (until.len > 0 && str_cmp(until, from) < 0) {
        return err_set(err, RC_INVALID, "the power %.*s ends before it begins", STR_ARG(code));
    }
    return tx_run(tx, &OFFICER_POWER_ADD,
                  VALUES(V_TEXT(json_str(officer, "id")), V_TEXT(code), V_TEXT(from),
                         V_TEXT(until)),
                  NULL, NULL, err);
}

static enum rc
put_powers(struct tx *tx, const struct org_table *orgs, const struct json *officer,
           struct err *err)
{
    struct str id = json_str(officer, "id");
    const struct json *list = json_get(officer, "powers");
    enum rc rc = tx_run(tx, &OFFICER_POWERS_CLEAR, VALUES(V_TEXT(id)), NULL, NULL, err);

    if (list != NULL && list->count > OFFICER_POWERS_MAX) {
        return err_set(err, RC_INVALID, "an officer has at most %d powers", OFFICER_POWERS_MAX);
    }
    for (const struct json *p = list != NULL ? list->first : NULL; p != NULL && rc == RC_OK;
         p = p->next) {
        rc = put_power(tx, orgs, officer, p, err);
    }
    return rc;
}

enum rc
officer_put(struct tx *tx, const struct org_table *orgs, const struct json *officer,
            struct err *err)
{
    unsigned roles = 0;
    enum rc rc;

    if (json_str(officer, "id").len == 0 || json_str(officer, "name").len == 0) {
        return err_set(err, RC_INVALID, "an officer needs an id and a name");
    }
    if ((rc = roles_of(json_get(officer, "roles"), &roles, err)) != RC_OK ||
        (rc = tx_run(tx, &OFFICER_PUT,
                     VALUES(V_TEXT(json_str(officer, "id")), V_TEXT(json_str(officer, "org")),
                            V_TEXT(json_str(officer, "name")), V_TEXT(json_str(officer, "title")),
                            V_TEXT(json_str(officer, "phone")), V_INT(roles)),
                     NULL, NULL, err)) != RC_OK) {
        return rc;
    }
    return put_powers(tx, orgs, officer, err);
}

struct found {
    struct arena *arena;
    struct officer officer;
    bool is_found;
};

static enum rc
officer_row(const struct row *row, void *ctx, struct err *err)
{
    struct found *f = ctx;
    struct officer *o = &f->officer;
    struct str *const out[] = {&o->id, &o->org, &o->name, &o->title, &o->phone};
    enum rc rc = RC_OK;

    for (int i = 0; i < 5 && rc == RC_OK; i++) {
        rc = row_copy_text(row, i, f->arena, out[i], err);
    }
    o->roles = (unsigned)row_int(row, 5);
    f->is_found = true;
    return rc;
}

static enum rc
power_row(const struct row *row, void *ctx, struct err *err)
{
    struct found *f = ctx;

    if (f->officer.power_count == OFFICER_POWERS_MAX) {
        return err_set(err, RC_CORRUPT, "an officer has more powers than can be given");
    }
    return row_copy_text(row, 0, f->arena, &f->officer.power[f->officer.power_count++], err);
}

enum rc
officer_by_id(const struct db *db, struct arena *a, struct str id, struct officer *out,
              struct err *err)
{
    struct found f = {.arena = a};
    enum rc rc = store_read(db, &OFFICER_BY_ID, VALUES(V_TEXT(id)), officer_row, &f, err);

    if (rc == RC_OK && !f.is_found) {
        return err_set(err, RC_NOT_FOUND, "no such officer");
    }
    if (rc == RC_OK) {
        *out = f.officer;
    }
    return rc;
}

enum rc
officer_on_day(const struct db *db, struct arena *a, struct str id, int32_t day,
               struct officer *out, struct err *err)
{
    struct found f = {.arena = a};
    struct str text = day_text(a, day);
    enum rc rc;

    if (text.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for an officer");
    }
    if ((rc = officer_by_id(db, a, id, &f.officer, err)) != RC_OK ||
        (rc = store_read(db, &OFFICER_POWERS, VALUES(V_TEXT(id), V_TEXT(text)), power_row, &f,
                         err)) != RC_OK) {
        return rc;
    }
    *out = f.officer;
    return RC_OK;
}

struct powers {
    struct arena *arena;
    struct json *list;
};

static enum rc
list_power(const struct row *row, void *ctx, struct err *err)
{
    struct powers *l = ctx;
    struct json *d = json_object(l->arena);

    (void)err;
    json_set_text(l->arena, d, "code", row_text(row, 0));
    json_set_text(l->arena, d, "from", row_text(row, 1));
    json_set_text(l->arena, d, "until", row_text(row, 2));
    json_push(l->list, d);
    return RC_OK;
}

enum rc
officer_powers(const struct db *db, struct arena *a, struct str id, struct json **out,
               struct err *err)
{
    struct powers l = {a, json_array(a)};
    enum rc rc = store_read(db, &OFFICER_POWERS_EVER, VALUES(V_TEXT(id)), list_power, &l, err);

    if (rc == RC_OK && (rc = json_whole(l.list, err)) == RC_OK) {
        *out = l.list;
    }
    return rc;
}

bool
officer_has_role(const struct officer *o, enum role role)
{
    return (o->roles & (1u << role)) != 0;
}

bool
officer_has_power(const struct officer *o, struct str power)
{
    for (size_t i = 0; i < o->power_count; i++) {
        if (str_eq(o->power[i], power)) {
            return true;
        }
    }
    return false;
}
