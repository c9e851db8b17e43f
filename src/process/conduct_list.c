/* The worklist: rows of open tasks, kept with each command. */
#include "process/conduct_int.h"
#include "process/conduct_sql.h"

/* --- rows ----------------------------------------------------------------------------------------------------------------------- */

static struct str
detail_place(struct arena *a, const struct work *w)
{
    return str_fmt(a, "worklist.detail/%lld/%lld/%lld", (long long)w->instance, (long long)w->token, (long long)w->serial);
}

enum rc
work_seal(const struct conduct *c, struct arena *a, const struct work *w, struct param *out, struct err *err)
{
    struct str text, sealed;
    enum rc rc;

    *out = V_NULL;
    if (w->detail == NULL) {
        return RC_OK;
    }
    if ((rc = json_whole(w->detail, err)) != RC_OK || (rc = json_print(a, w->detail, &text, err)) != RC_OK ||
        (rc = vault_seal(c->config.vault, a, detail_place(a, w), text, &sealed, err)) != RC_OK) {
        return rc;
    }
    *out = V_BLOB(sealed);
    return RC_OK;
}

enum rc
work_put(const struct conduct *c, struct tx *tx, struct arena *a, const struct work *w, struct err *err)
{
    struct param detail;
    enum rc rc = work_seal(c, a, w, &detail, err);

    return rc != RC_OK
               ? rc
               : tx_run(tx, &WORK_PUT,
                        VALUES(V_INT(w->instance), V_INT(w->token), V_INT(w->serial), V_TEXT(w->kind), V_TEXT(w->case_no), V_TEXT(w->part),
                               V_TEXT(w->subject), V_TEXT(w->path), V_INT(w->around), V_INT(w->multi), V_TEXT(w->model), V_INT(w->version),
                               V_TEXT(w->element), V_TEXT(w->name_zh), V_TEXT(w->name_en), V_TEXT(w->org), V_TEXT(w->lead),
                               V_TEXT(w->role), V_TEXT(w->region), V_TEXT(w->power), V_TEXT(w->assignee), V_TEXT(w->asked_by),
                               V_TEXT(w->state), V_INT(w->since_us), V_INT(w->due_us), V_INT(w->expires_us), V_TEXT(w->basis), detail),
                        NULL, NULL, err);
}

struct reading {
    const struct conduct *c;
    struct arena *a;
    struct work *out;
    size_t count, most;
    bool is_page; /* two more columns: the assignee's name, the clock it goes by */
};

static enum rc
work_row(const struct row *row, void *ctx, struct err *err)
{
    struct reading *r = ctx;
    struct work *w = &r->out[r->count];
    const struct {
        int column;
        struct str *to;
    } texts[] = {{3, &w->kind},     {4, &w->case_no},  {5, &w->part},    {6, &w->subject}, {7, &w->path},   {10, &w->model},
                 {12, &w->element}, {13, &w->name_zh}, {14, &w->name_en}, {15, &w->org},   {16, &w->lead},  {17, &w->role},
                 {18, &w->region},  {19, &w->power},   {20, &w->assignee}, {21, &w->asked_by}, {22, &w->state}, {26, &w->basis},
                 {28, &w->assignee_name}};
    struct str opened;
    enum rc rc = RC_OK;

    CHECK(r->count < r->most);
    *w = (struct work){.instance = row_int(row, 0), .token = row_int(row, 1), .serial = row_int(row, 2), .around = row_int(row, 8),
                       .multi = row_int(row, 9), .version = row_int(row, 11), .since_us = row_int(row, 23), .due_us = row_int(row, 24),
                       .expires_us = row_int(row, 25)};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) - (r->is_page ? 0 : 1) && rc == RC_OK; i++) {
        rc = row_copy_text(row, texts[i].column, r->a, texts[i].to, err);
    }
    if (rc == RC_OK && !row_is_null(row, 27) &&
        (rc = vault_open(r->c->config.vault, r->a, detail_place(r->a, w), row_blob(row, 27), &opened, err)) == RC_OK) {
        rc = json_parse(r->a, opened, JSON_ANY, &w->detail, err);
    }
    if (r->is_page && !row_is_null(row, 29)) {
        w->clock = row_int(row, 29);
    }
    r->count++;
    return rc;
}

static enum rc
done_meanwhile(enum rc rc, size_t count, struct err *err)
{
    return rc == RC_OK && count == 0 ? err_problem(err, RC_CONFLICT, "done-meanwhile", "somebody else has done it, or it is over") : rc;
}

enum rc
work_get(const struct conduct *c, struct tx *tx, struct arena *a, int64_t instance, int64_t token, int64_t serial, struct work *out,
         struct err *err)
{
    struct reading r = {.c = c, .a = a, .out = out, .most = 1};
    enum rc rc = tx_run(tx, &WORK_GET, VALUES(V_INT(instance), V_INT(token), V_INT(serial)), work_row, &r, err);

    return done_meanwhile(rc, r.count, err);
}

enum rc
work_find(const struct conduct *c, const struct db *db, struct arena *a, int64_t instance, int64_t token, int64_t serial, struct work *out,
          struct err *err)
{
    struct reading r = {.c = c, .a = a, .out = out, .most = 1};
    enum rc rc = store_read(db, &WORK_GET, VALUES(V_INT(instance), V_INT(token), V_INT(serial)), work_row, &r, err);

    return done_meanwhile(rc, r.count, err);
}

enum rc
work_rows(const struct conduct *c, const struct db *db, struct tx *tx, struct arena *a, struct str case_no, struct str part,
          struct work *out, size_t *count, struct err *err)
{
    struct reading r = {.c = c, .a = a, .out = out, .most = WORK_OF_CASE_MAX, .is_page = true};
    const struct values of = VALUES(V_TEXT(case_no), V_TEXT(part), V_INT(WORK_OF_CASE_MAX));
    enum rc rc = tx != NULL ? tx_run(tx, &WORK_OF_CASE, of, work_row, &r, err) : store_read(db, &WORK_OF_CASE, of, work_row, &r, err);

    *count = r.count;
    return rc;
}

/* --- keeping ---------------------------------------------------------------------------------------------------------------------- */

struct keeping {
    struct conduct *c;
    struct tx *tx;
    struct arena *a;
    const struct runtime_event *event;
    bool came; /* rows that do not know yet when they are due */
};

/* The scopes around a task, whose process it is of, and the repeated activity. */
static enum rc
look_around(const struct instance *i, int64_t scope, struct arena *a, struct work *w, struct err *err)
{
    struct buf b;

    buf_init(&b, a, 1 << 16);
    buf_put_char(&b, ',');
    for (const struct scope *s = instance_scope(i, scope); s != NULL; s = instance_scope(i, s->parent)) {
        bool is_process = s->kind == SCOPE_PROCESS || s->kind == SCOPE_CALL;
        w->around = w->around == 0 && is_process ? s->id : w->around;
        w->multi = w->multi == 0 && w->around == 0 && s->kind == SCOPE_MULTI ? s->id : w->multi;
        if (s->kind != SCOPE_MULTI && s->kind != SCOPE_INSTANCE) {
            buf_put_int(&b, s->id);
            buf_put_char(&b, ',');
        }
    }
    return buf_finish(&b, &w->path, err);
}

/* Powers of single outcomes and what may be asked for, as they are from here; most tasks have nothing of the sort. */
static enum rc
look_at_details(const struct conduct_seeing *s, const struct gov_element *g, struct work *w, struct err *err)
{
    struct json *detail = json_object(s->arena), *powers = json_object(s->arena), *fields;
    struct str power;
    enum rc rc = RC_OK;

    for (size_t n = 0; n < g->outcomes && rc == RC_OK; n++) {
        if (g->outcome[n].power.written.len > 0 && (rc = conduct_text(s, g->outcome[n].power, &power, err)) == RC_OK) {
            json_set_key(s->arena, powers, g->outcome[n].code, json_text(s->arena, power));
        }
    }
    if (rc == RC_OK && json_is(powers, JSON_OBJECT) && powers->count > 0) {
        json_set(s->arena, detail, "powers", powers);
    }
    if (rc == RC_OK && g->supplement != NULL && g->supplement->fields.text != BPMN_NONE &&
        (rc = conduct_value(s, g->supplement->fields, &fields, err)) == RC_OK) {
        json_set(s->arena, detail, "fields", fields);
    }
    w->detail = json_is(detail, JSON_OBJECT) && detail->count > 0 ? detail : NULL;
    return rc;
}

/* Who may do it, as the assignment comes to here.  Where a power is named and no organisation, it is whose power it is. */
static enum rc
look_who(const struct conduct *c, const struct conduct_seeing *s, const struct gov_assignment *g, struct work *w, struct err *err)
{
    const struct json *lead = conduct_variable(s->i, s->scope, STR("lead_org"));
    const struct power *power;
    enum rc rc = RC_OK;

    w->role = STR("officer");
    w->org = w->region = w->power = STR("");
    w->lead = json_is(lead, JSON_STRING) ? lead->text : STR("");
    if (g == NULL) {
        w->org = w->lead;
        return RC_OK;
    }
    w->role = g->role == GOV_CITIZEN ? STR("citizen") : w->role;
    if ((rc = conduct_text(s, g->org, &w->org, err)) != RC_OK || (rc = conduct_text(s, g->region, &w->region, err)) != RC_OK ||
        (rc = conduct_text(s, g->power, &w->power, err)) != RC_OK) {
        return rc;
    }
    if (g->role == GOV_OFFICER && w->org.len == 0 && (power = power_by_code(c->config.orgs, w->power)) != NULL) {
        w->org = power->org;
    }
    return RC_OK;
}

static bool
waits_for_supplement(const struct token *t)
{
    const struct json *open = json_get(t->data, "supplement");

    return open != NULL && json_get(open, "answer") == NULL;
}

static struct str
state_of(const struct instance *i, const struct token *t)
{
    return i->state == INSTANCE_SUSPENDED ? STR("suspended") : waits_for_supplement(t) ? STR("asked") : STR("open");
}

static struct conduct_seeing
seeing(const struct keeping *k, const struct token *t, const struct bpmn *m)
{
    return (struct conduct_seeing){.run = k->c->run, .arena = k->a, .i = k->event->instance, .model = m, .scope = t->scope,
                                   .now_us = k->event->now_us, .offset_seconds = k->c->config.offset_minutes * 60};
}

static enum rc
make_row(const struct keeping *k, const struct token *t, struct work *w, struct err *err)
{
    const struct instance *i = k->event->instance;
    const struct binding *b = &i->binding[instance_scope(i, t->scope)->binding];
    const struct gov_element *g = gov_element(b->model, t->element);
    const struct conduct_seeing s = seeing(k, t, b->model);
    enum rc rc;

    *w = (struct work){.instance = i->id, .token = t->id, .kind = STR("task"), .case_no = i->business_key, .model = b->key,
                       .version = b->version, .element = b->model->element[t->element].id, .name_zh = b->model->element[t->element].name,
                       .name_en = conduct_english(b->model, t->element), .assignee = STR(""), .asked_by = STR(""), .basis = STR(""),
                       .state = state_of(i, t), .since_us = k->event->now_us, .due_us = WORK_NEVER};
    if ((rc = look_around(i, t->scope, k->a, w, err)) != RC_OK || (rc = look_who(k->c, &s, g->assignment, w, err)) != RC_OK ||
        (rc = look_at_details(&s, g, w, err)) != RC_OK) {
        return rc;
    }
    w->part = json_str(conduct_part(i, t->scope, w->org, w->power), "id");
    w->subject = json_str(conduct_variable(i, 1, STR("applicant")), "id");
    return RC_OK;
}

/* An expression that comes to nothing within its limits leaves a task that nobody can do: better refused with its command. */
static enum rc
came(struct keeping *k, const struct token *t, struct err *err)
{
    struct work w;
    enum rc rc = make_row(k, t, &w, err);

    k->came = true;
    return rc != RC_OK ? rc : work_put(k->c, k->tx, k->a, &w, err);
}

static enum rc
went(const struct keeping *k, const struct token *t, struct err *err)
{
    return tx_run(k->tx, &WORK_DROP, VALUES(V_INT(k->event->instance->id), V_INT(t->id)), NULL, NULL, err);
}

/* Only a user task's token was, is or will be one of a task. */
static bool
is_of_person(const struct instance *i, const struct token *t)
{
    const struct scope *s = NULL;

    for (size_t n = 0; n < i->scopes && s == NULL; n++) { /* it may be gone */
        s = i->scope[n].id == t->scope ? &i->scope[n] : NULL;
    }
    return !t->listens && s != NULL && i->binding[s->binding].model->element[t->element].kind == BPMN_USER;
}

/* Moved to another version, a task is the same one with another name, perhaps under another power; whose it was it stays, unless they may not have it. */
static enum rc
name_again(struct keeping *k, const struct token *t, struct err *err)
{
    struct param detail;
    struct work w;
    enum rc rc;

    if ((rc = make_row(k, t, &w, err)) != RC_OK || (rc = work_seal(k->c, k->a, &w, &detail, err)) != RC_OK ||
        (rc = tx_run(k->tx, &WORK_NAME,
                     VALUES(V_INT(w.instance), V_INT(w.token), V_TEXT(w.model), V_INT(w.version), V_TEXT(w.element), V_TEXT(w.name_zh), V_TEXT(w.name_en)),
                     NULL, NULL, err)) != RC_OK) {
        return rc;
    }
    k->came = true;
    return tx_run(k->tx, &WORK_RENEW,
                  VALUES(V_INT(w.instance), V_INT(w.token), V_TEXT(w.org), V_TEXT(w.role), V_TEXT(w.region), V_TEXT(w.power), detail), NULL, NULL, err);
}

/* Who did what before stays known under its new name, so that nobody becomes their own second person. */
static enum rc
name_signed(const struct keeping *k, struct err *err)
{
    const struct json *pairs = json_get(k->event->command->variables, "elements");
    int64_t instance = k->event->instance->id;
    enum rc rc = RC_OK;

    for (const struct json *p = pairs != NULL ? pairs->first : NULL; p != NULL && rc == RC_OK; p = p->next) {
        rc = tx_run(k->tx, &SIGNED_AS, VALUES(V_INT(instance), V_TEXT(p->first->text), V_TEXT(p->last->text)), NULL, NULL, err);
    }
    for (const struct json *p = pairs != NULL ? pairs->first : NULL; p != NULL && rc == RC_OK; p = p->next) {
        rc = tx_run(k->tx, &SIGNED_DROP, VALUES(V_INT(instance), V_TEXT(p->first->text)), NULL, NULL, err);
    }
    rc = rc == RC_OK ? tx_run(k->tx, &SIGNED_NAMED, VALUES(V_INT(instance)), NULL, NULL, err) : rc;
    return rc == RC_OK ? tx_run(k->tx, &SIGNED_UNNAMED, VALUES(V_INT(instance)), NULL, NULL, err) : rc;
}

static enum rc
keep_token(struct keeping *k, const struct token *t, struct err *err)
{
    const struct instance *i = k->event->instance;
    int64_t changes;
    enum rc rc;

    if (t->change == ROW_KEPT || t->change == ROW_NEVER || !is_of_person(i, t)) {
        return RC_OK;
    }
    if (t->change == ROW_NEW) {
        return t->kind == TOKEN_TASK ? came(k, t, err) : RC_OK;
    }
    if (t->change == ROW_GONE || t->kind != TOKEN_TASK) {
        return went(k, t, err);
    }
    rc = tx_run(k->tx, &WORK_STATE, VALUES(V_INT(i->id), V_INT(t->id), V_TEXT(state_of(i, t))), NULL, NULL, err);
    changes = rc == RC_OK ? tx_changes(k->tx) : 1;
    if (rc == RC_OK && changes > 0 && k->event->command->kind == COMMAND_MIGRATE) {
        return name_again(k, t, err);
    }
    return changes == 0 ? came(k, t, err) : rc;
}

/* Suspended, all rows are; going on, each is as it was. */
static enum rc
keep_all(struct keeping *k, struct err *err)
{
    const struct instance *i = k->event->instance;
    enum rc rc;

    if (k->event->command->kind == COMMAND_SUSPEND) {
        return tx_run(k->tx, &WORK_SUSPEND, VALUES(V_INT(i->id), V_TEXT(k->event->command->name)), NULL, NULL, err);
    }
    rc = tx_run(k->tx, &WORK_WAKE, VALUES(V_INT(i->id)), NULL, NULL, err);
    for (size_t n = 0; n < i->tokens && rc == RC_OK; n++) {
        const struct token *t = &i->token[n];
        if (t->kind == TOKEN_TASK && t->change != ROW_GONE && t->change != ROW_NEVER) {
            rc = tx_run(k->tx, &WORK_STATE, VALUES(V_INT(i->id), V_INT(t->id), V_TEXT(state_of(i, t))), NULL, NULL, err);
        }
    }
    return rc;
}

/* What a case goes by has changed: tasks that now belong to others go to them, and are nobody's there. */
static enum rc
assign_again(struct keeping *k, const struct token *t, struct err *err)
{
    const struct instance *i = k->event->instance;
    struct work w, was;
    enum rc rc;

    if (t->kind != TOKEN_TASK || (t->change != ROW_KEPT && t->change != ROW_CHANGED)) {
        return RC_OK;
    }
    if ((rc = make_row(k, t, &w, err)) != RC_OK || (rc = work_get(k->c, k->tx, k->a, i->id, t->id, 0, &was, err)) != RC_OK ||
        (str_eq(w.org, was.org) && str_eq(w.power, was.power))) {
        return rc;
    }
    return tx_run(k->tx, &WORK_MOVE, VALUES(V_INT(i->id), V_INT(t->id), V_TEXT(w.org), V_TEXT(w.power)), NULL, NULL, err);
}

enum rc
work_keep(struct conduct *c, struct tx *tx, struct arena *a, const struct runtime_event *event, struct err *err)
{
    struct keeping k = {.c = c, .tx = tx, .a = a, .event = event};
    const struct instance *i = event->instance;
    enum command_kind kind = event->command->kind;
    enum rc rc = RC_OK;

    for (size_t n = 0; n < i->tokens && rc == RC_OK; n++) {
        rc = keep_token(&k, &i->token[n], err);
        if (rc == RC_OK && kind == COMMAND_SET) {
            rc = assign_again(&k, &i->token[n], err);
        }
    }
    if (rc == RC_OK && (kind == COMMAND_SUSPEND || kind == COMMAND_RESUME)) {
        rc = keep_all(&k, err);
    }
    if (rc == RC_OK && kind == COMMAND_MIGRATE) {
        rc = name_signed(&k, err);
    }
    if (rc == RC_OK && i->state != INSTANCE_RUNNING && i->state != INSTANCE_SUSPENDED) {
        return tx_run(tx, &WORK_DROP_ALL, VALUES(V_INT(i->id)), NULL, NULL, err);
    }
    return rc == RC_OK && (k.came || c->clocks_moved) ? tx_run(tx, &WORK_DUE, VALUES(V_INT(i->id)), NULL, NULL, err) : rc;
}

/* --- after a new calendar -------------------------------------------------------------------------------------------------------- */

enum { SORT_AT_ONCE = 200 };
struct sorting {
    int64_t instance[SORT_AT_ONCE];
    size_t count;
};

static enum rc
instance_row(const struct row *row, void *ctx, struct err *err)
{
    struct sorting *s = ctx;

    (void)err;
    CHECK(s->count < SORT_AT_ONCE);
    s->instance[s->count++] = row_int(row, 0);
    return RC_OK;
}

static enum rc
sort_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct sorting *s = ctx;
    enum rc rc = RC_OK;

    for (size_t n = 0; n < s->count && rc == RC_OK; n++) {
        rc = tx_run(tx, &WORK_DUE, VALUES(V_INT(s->instance[n])), NULL, NULL, err);
    }
    return rc;
}

enum rc
conduct_sort(const struct db *db, struct arena *a, int64_t *after, bool *more, struct err *err)
{
    struct sorting *s = arena_alloc(a, 1, sizeof(*s));
    enum rc rc;

    if (s == NULL) {
        return err_set(err, RC_LIMIT, "no room to sort queues");
    }
    s->count = 0;
    rc = store_read(db, &WORK_INSTANCES, VALUES(V_INT(*after), V_INT(SORT_AT_ONCE)), instance_row, s, err);
    *more = rc == RC_OK && s->count == SORT_AT_ONCE;
    if (rc == RC_OK && s->count > 0 && (rc = store_write(db, sort_tx, s, err)) == RC_OK) {
        *after = s->instance[s->count - 1];
    }
    return rc;
}

/* --- pages ------------------------------------------------------------------------------------------------------------------------ */

struct json *
work_json(struct arena *a, const struct work *w)
{
    const struct {
        const char *name;
        struct str text;
    } texts[] = {{"kind", w->kind},       {"case_no", w->case_no}, {"part", w->part},     {"model", w->model},
                 {"element", w->element}, {"name_zh", w->name_zh}, {"name_en", w->name_en}, {"org", w->org},
                 {"role", w->role},       {"power", w->power},     {"region", w->region}, {"assignee", w->assignee},
                 {"state", w->state},     {"asked_by", w->asked_by}, {"basis", w->basis}};
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{"instance", w->instance}, {"token", w->token},       {"serial", w->serial}, {"version", w->version},
                   {"since_us", w->since_us}, {"expires_us", w->expires_us}, {"due_us", w->due_us == WORK_NEVER ? 0 : w->due_us}};
    struct json *d = json_object(a);

    for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
        json_set_int(a, d, numbers[n].name, numbers[n].value);
    }
    for (size_t n = 0; n < sizeof(texts) / sizeof(texts[0]); n++) {
        json_set_text(a, d, texts[n].name, texts[n].text);
    }
    return d;
}

enum rc
work_page(struct conduct *c, const struct db *db, struct arena *a, const struct work_query *q, struct json **out, struct err *err)
{
    size_t most = q->limit < 1 ? 1 : q->limit > WORK_PAGE_MAX ? WORK_PAGE_MAX : (size_t)q->limit;
    struct reading r = {.c = c, .a = a, .out = arena_alloc(a, most, sizeof(*r.out)), .most = most, .is_page = true};
    struct json *list = json_array(a);
    enum rc rc;

    if (r.out == NULL) {
        return err_set(err, RC_LIMIT, "no room for a queue");
    }
    rc = store_read(db, q->org.len > 0 ? &WORK_OF_ORG : &WORK_OF_ASSIGNEE,
                    VALUES(V_TEXT(q->org.len > 0 ? q->org : q->assignee), V_TEXT(q->state), V_INT(q->after.due_us), V_INT(q->after.instance),
                           V_INT(q->after.token), V_INT(q->after.serial), V_INT((int64_t)most)),
                    work_row, &r, err);
    for (size_t n = 0; n < r.count && rc == RC_OK; n++) {
        struct json *d = work_json(a, &r.out[n]);
        json_set_text(a, d, "assignee_name", r.out[n].assignee_name);
        json_set_int(a, d, "clock", r.out[n].clock);
        json_push(list, d);
    }
    if (rc == RC_OK && (rc = json_whole(list, err)) == RC_OK) {
        *out = list;
    }
    return rc;
}

enum rc
work_count(const struct db *db, struct str org, struct str state, int most, int64_t *out, struct err *err)
{
    return store_read_int(db, &WORK_COUNT, VALUES(V_TEXT(org), V_TEXT(state), V_INT(most)), out, err);
}
