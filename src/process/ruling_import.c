/*
 * What a model imports, found among the rules of the node: for a version by what was pinned with it, for any other text by what holds on a day.
 */
#include "process/ruling_import_int.h"

#include "process/rulebook_int.h"

_Static_assert((int)PINS_MAX >= (int)DMN_IMPORTS_MAX, "all that a model may import has a place");

/* The last part of a location, without its ending: "../rules/late-fee.dmn" names the rule late-fee. */
static struct str
key_of(struct str location)
{
    size_t from = location.len, len;

    while (from > 0 && location.ptr[from - 1] != '/') {
        from--;
    }
    location = str_from(location, from);
    len = str_find_byte(location, '.');
    return str_sub(location, 0, len);
}

static enum rc
text_of(struct shelf *s, const struct pin *pin, struct str *xml)
{
    struct rule_version v;
    enum rc rc = rule_version_get(&s->runner->db, s->arena, pin->model, pin->number, &v, &s->err);

    if (rc == RC_OK && (!str_eq(v.sha256, pin->sha256) || !str_eq(rule_sha256(s->arena, v.xml), pin->sha256))) {
        return err_set(&s->err, RC_CORRUPT, "version %lld of %.*s is not what was pinned", (long long)pin->number,
                       STR_ARG(pin->model));
    }
    if (rc == RC_OK) {
        *xml = v.xml;
    }
    return rc;
}

/* The namespace of a text never changes: it is read once. */
static enum rc
has_space(struct shelf *s, const struct pin *pin, struct str name_space, bool *out)
{
    struct rulings *r = s->runner->rulings;
    struct hash wanted = hash_sha256(name_space), known;
    struct dmn_head head;
    struct arena *work;
    struct rule_version v;
    enum rc rc = RC_OK;

    if (!ruling_space_known(r, pin->sha256, &known)) {
        work = arena_new(HEAD_ARENA);
        rc = rule_version_get(&s->runner->db, work, pin->model, pin->number, &v, &s->err);
        if (rc == RC_OK && dmn_head(work, v.xml, &head, NULL, &s->err) != RC_OK) {
            head.name_space = STR(""); /* nobody imports what cannot be read */
        }
        if (rc == RC_OK) {
            known = hash_sha256(head.name_space);
            ruling_space_keep(r, pin->sha256, &known);
        }
        arena_free(work);
    }
    if (rc == RC_OK) {
        *out = hash_eq(&known, &wanted);
    }
    return rc;
}

struct search {
    struct shelf *shelf;
    struct str name_space;
    struct pin found;
    int count;
};

static enum rc
look_at(void *ctx, const struct pin *pin, struct err *err)
{
    struct search *s = ctx;
    bool is_it = false;
    enum rc rc = has_space(s->shelf, pin, s->name_space, &is_it);

    (void)err; /* it is in the shelf's */
    if (rc == RC_OK && is_it) {
        s->found = *pin;
        s->count++;
    }
    return rc;
}

/* The rule that the location names, if it has the namespace; else the only one that has it. */
static enum rc
search_day(struct shelf *s, struct search *q, struct str location)
{
    struct str key = key_of(location);
    struct rule_held held;
    enum rc rc = RC_NOT_FOUND;

    if (rule_key_is_valid(key)) {
        rc = rule_in_force(&s->runner->db, s->arena, rule_id(s->arena, RULE_DMN, key), s->text->day, &held, &s->err);
    }
    if (rc == RC_OK) {
        const struct pin pin = {.model = key, .number = held.number, .sha256 = held.sha256};
        rc = look_at(q, &pin, &s->err);
    }
    if ((rc != RC_OK && rc != RC_NOT_FOUND) || q->count == 1) {
        return rc;
    }
    return pins_on_day(&s->runner->db, s->arena, s->text->day, look_at, q, &s->err);
}

static const struct pin *
pinned(const struct shelf *s, struct str name_space)
{
    for (size_t i = 0; i < s->pins->count; i++) {
        if (str_eq(s->pins->row[i].name_space, name_space)) {
            return &s->pins->row[i];
        }
    }
    return NULL;
}

bool
shelf_find(void *ctx, struct str name_space, struct str location, struct str *xml)
{
    struct shelf *s = ctx;
    const struct pin *pin = pinned(s, name_space);
    struct search q = {.shelf = s, .name_space = name_space};

    if (pin == NULL && s->text->number == 0 && s->rc == RC_OK && s->pins->count < PINS_MAX) {
        s->rc = search_day(s, &q, location);
        if (s->rc == RC_OK && q.count == 1) {
            q.found.name_space = name_space;
            s->pins->row[s->pins->count] = q.found;
            pin = &s->pins->row[s->pins->count++];
        }
    }
    if (pin == NULL || s->rc != RC_OK) {
        return false;
    }
    s->rc = text_of(s, pin, xml);
    return s->rc == RC_OK;
}

enum rc
shelf_open(struct shelf *s, struct runner *w, struct arena *a, const struct ruling_text *text, struct err *err)
{
    *s = (struct shelf){.runner = w, .arena = a, .text = text, .pins = arena_alloc(a, 1, sizeof(*s->pins))};
    if (s->pins == NULL) {
        return err_set(err, RC_LIMIT, "no room for what a model imports");
    }
    return text->number == 0 ? RC_OK : pins_of(&w->db, a, text->model, text->number, s->pins, err);
}

/* --- told ---------------------------------------------------------------------------------------------------- */

enum rc
ruling_put_imports(struct runner *w, struct arena *a, const struct ruling_model *m, int32_t day, struct json *d, struct err *err)
{
    struct json *list = json_array(a);

    for (size_t i = 0; i < m->pins->count; i++) {
        const struct pin *p = &m->pins->row[i];
        struct json *j = json_object(a);
        struct rule_held held = {.number = 0};
        enum rc rc = rule_in_force(&w->db, a, p->model, day, &held, err);
        if (rc != RC_OK && rc != RC_NOT_FOUND) {
            return rc;
        }
        json_set_text(a, j, "key", rule_key(p->model));
        json_set_text(a, j, "namespace", p->name_space);
        json_set_int(a, j, "version", p->number);
        json_set_int(a, j, "in_force", held.number);
        json_set_text(a, j, "sha256", p->sha256);
        json_push(list, j);
    }
    json_set(a, d, "imports", list);
    return RC_OK;
}

struct pinning {
    struct arena *arena;
    const struct ruling_text *text;
    struct pins pins;
    enum rc rc;
    struct err *err;
};

static enum rc
copy_pin(struct arena *a, struct pin *p, struct err *err)
{
    struct str *const texts[] = {&p->name_space, &p->model, &p->sha256};
    enum rc rc = RC_OK;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && rc == RC_OK; i++) {
        rc = str_copy(a, *texts[i], texts[i], err);
    }
    return rc;
}

static void
pin_job(struct runner *w, void *ctx)
{
    struct pinning *p = ctx;
    struct ruling_model *m = NULL;

    if ((p->rc = ruling_read(w, p->text, &m, NULL, p->err)) == RC_INVALID) {
        p->rc = err_problem(p->err, RC_INVALID, "rule-unfit", "what it imports cannot be read as it holds on that day");
    }
    if (p->rc == RC_OK) {
        p->pins = *m->pins;
        for (size_t i = 0; i < p->pins.count && p->rc == RC_OK; i++) {
            p->rc = copy_pin(p->arena, &p->pins.row[i], p->err);
        }
    }
    ruling_let_go(w->rulings, m);
}

enum rc
ruling_pins(struct rulings *r, const struct db *db, struct arena *a, const struct ruling_text *text, struct pins *out,
            struct err *err)
{
    struct pinning p = {.arena = a, .text = text, .err = err};
    enum rc rc = ruling_do(r, db, pin_job, &p, err);

    if (rc == RC_OK && (rc = p.rc) == RC_OK) {
        *out = p.pins;
    }
    return rc;
}
