#include "process/pins.h"

#include "process/pins_sql.h"

struct reading {
    struct arena *arena;
    struct pins pins;
};

static enum rc
pin_row(const struct row *row, void *ctx, struct err *err)
{
    struct reading *r = ctx;
    struct pin *p = &r->pins.row[r->pins.count];
    enum rc rc;

    CHECK(r->pins.count < PINS_MAX);
    p->number = row_int(row, 2);
    if ((rc = row_copy_text(row, 0, r->arena, &p->name_space, err)) != RC_OK ||
        (rc = row_copy_text(row, 1, r->arena, &p->model, err)) != RC_OK ||
        (rc = row_copy_text(row, 3, r->arena, &p->sha256, err)) != RC_OK) {
        return rc;
    }
    r->pins.count++;
    return RC_OK;
}

enum rc
pins_of(const struct db *db, struct arena *a, struct str model, int64_t number, struct pins *out, struct err *err)
{
    struct reading r = {.arena = a};
    enum rc rc =
        store_read(db, &PINS_OF_VERSION, VALUES(V_TEXT(model), V_INT(number), V_INT(PINS_MAX)), pin_row, &r, err);

    if (rc == RC_OK) {
        *out = r.pins;
    }
    return rc;
}

enum rc
pins_of_tx(struct tx *tx, struct arena *a, struct str model, int64_t number, struct pins *out, struct err *err)
{
    struct reading r = {.arena = a};
    enum rc rc = tx_run(tx, &PINS_OF_VERSION, VALUES(V_TEXT(model), V_INT(number), V_INT(PINS_MAX)), pin_row, &r, err);

    if (rc == RC_OK) {
        *out = r.pins;
    }
    return rc;
}

/* --- on a day ----------------------------------------------------------------------------------------------- */

/* Read first and told afterwards: who is told reads, too, and a connection does one thing at a time. */
struct listing {
    struct arena *arena;
    struct pin *row;
    size_t count;
};

static enum rc
held_row(const struct row *row, void *ctx, struct err *err)
{
    struct listing *l = ctx;
    struct pin *p = &l->row[l->count++];
    enum rc rc = row_copy_text(row, 0, l->arena, &p->model, err);

    CHECK(l->count <= PINS_RULES_MAX);
    p->name_space = STR("");
    p->number = row_int(row, 1);
    return rc != RC_OK ? rc : row_copy_text(row, 2, l->arena, &p->sha256, err);
}

enum rc
pins_on_day(const struct db *db, struct arena *a, int32_t day, pins_fn *fn, void *ctx, struct err *err)
{
    struct listing l = {a, arena_alloc(a, PINS_RULES_MAX, sizeof(struct pin)), 0};
    enum rc rc = l.row == NULL ? err_set(err, RC_LIMIT, "no room for the rules of a day")
                               : store_read(db, &PINS_ON_DAY, VALUES(V_INT(day), V_INT(PINS_RULES_MAX)), held_row, &l, err);

    for (size_t i = 0; i < l.count && rc == RC_OK; i++) {
        rc = fn(ctx, &l.row[i], err);
    }
    return rc;
}

/* --- in transactions ------------------------------------------------------------------------------------------- */

static const struct pin *
pin_of(const struct pins *p, struct str model)
{
    for (size_t i = 0; i < p->count; i++) {
        if (str_eq(p->row[i].model, model)) {
            return &p->row[i];
        }
    }
    return NULL;
}

/* An imported rule must mean in here what it means by itself. */
static enum rc
check_agreement(struct tx *tx, struct arena *a, const struct pins *p, const struct pin *imported, struct err *err)
{
    struct pins own = {.count = 0};
    enum rc rc = pins_of_tx(tx, a, imported->model, imported->number, &own, err);

    for (size_t i = 0; i < own.count && rc == RC_OK; i++) {
        const struct pin *here = pin_of(p, own.row[i].model);
        if (here == NULL || here->number != own.row[i].number) {
            rc = err_problem(err, RC_CONFLICT, "import-outdated", "%.*s was laid down with version %lld of %.*s",
                             STR_ARG(imported->model), (long long)own.row[i].number, STR_ARG(own.row[i].model));
        }
    }
    return rc;
}

enum rc
pins_check(struct tx *tx, struct arena *a, const struct pins *p, int32_t day, struct err *err)
{
    for (size_t i = 0; i < p->count; i++) {
        int64_t held;
        enum rc rc = tx_int(tx, &PIN_HELD, VALUES(V_TEXT(p->row[i].model), V_INT(day)), &held, err);
        if (rc == RC_OK && held != p->row[i].number) {
            rc = err_problem(err, RC_CONFLICT, "import-moved-on", "version %lld of %.*s holds on that day, not %lld",
                             (long long)held, STR_ARG(p->row[i].model), (long long)p->row[i].number);
        }
        if (rc != RC_OK || (rc = check_agreement(tx, a, p, &p->row[i], err)) != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

enum rc
pins_add(struct tx *tx, struct str model, int64_t number, const struct pins *p, struct err *err)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; i < p->count && rc == RC_OK; i++) {
        const struct pin *pin = &p->row[i];
        rc = tx_run(tx, &PIN_ADD,
                    VALUES(V_TEXT(model), V_INT(number), V_TEXT(pin->name_space), V_TEXT(pin->model), V_INT(pin->number),
                           V_TEXT(pin->sha256)),
                    NULL, NULL, err);
    }
    return rc;
}
