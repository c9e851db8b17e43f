/*
 * What registers say of a case: each source is asked over the exchange, and one expression makes facts of the answers.
 *
 * Asking leaves acts on both sides by itself; the errand says which sources were asked, what it came to, and nothing of the records.
 */
#include "rule/program.h"
#include "rule/zone.h"
#include "service/chore_int.h"

enum { CHECK_ARENA = 16 << 20, QUESTIONS_MAX = 8, FACTS_MAX = 65536, BESIDE = 2 /* names that are always known: field, day */ };

struct chore_check {
    struct str purpose;
    const struct json *document;
    const struct program *facts;
    size_t questions;
};

struct chore_checks {
    struct arena *arena;
    struct zones *zones;
    size_t count;
    struct chore_check *check;
};

/* --- the document -------------------------------------------------------------------------------------------------- */

static enum rc
check_question(const struct json *check, const struct json *q, struct err *err)
{
    if (json_str(q, "as").len == 0 || json_str(q, "resource").len == 0 || json_str(q, "key").len == 0 || json_str(q, "kind").len == 0 ||
        !json_is(json_get(q, "fields"), JSON_ARRAY) || json_get(q, "fields")->count == 0) {
        return err_set(err, RC_INVALID, "check %.*s: a question has as, resource, key, kind and fields", STR_ARG(check->key));
    }
    return RC_OK;
}

static enum rc
read_check(struct chore_checks *all, const struct json *document, struct chore_check *out, struct err *err)
{
    const struct json *questions = json_get(document, "questions");
    struct feel_name names[QUESTIONS_MAX + BESIDE] = {{STR("field"), NULL}, {STR("day"), NULL}};
    struct feel_scope scope = {.count = BESIDE, .name = names};
    struct feel_fault fault;
    enum rc rc = RC_OK;

    *out = (struct chore_check){.purpose = document->key, .document = document};
    if (!json_is(questions, JSON_ARRAY) || questions->count > QUESTIONS_MAX) {
        return err_set(err, RC_INVALID, "check %.*s asks no list of at most %d questions", STR_ARG(document->key), QUESTIONS_MAX);
    }
    for (const struct json *q = questions->first; q != NULL && rc == RC_OK; q = q->next) {
        names[scope.count++] = (struct feel_name){json_str(q, "as"), NULL};
        rc = check_question(document, q, err);
    }
    out->questions = questions->count;
    struct err why;
    if (rc == RC_OK && (rc = program_read(all->arena, json_str(document, "facts"), &scope, NULL, all->zones, &out->facts, &fault, &why)) != RC_OK) {
        return err_set(err, rc, "check %.*s: %s", STR_ARG(document->key), why.text);
    }
    return rc;
}

enum rc
chore_checks_open(const struct json *document, struct chore_checks **out, struct err *err)
{
    const struct json *list = json_get(document, "checks");
    struct arena *a = arena_new(CHECK_ARENA);
    struct chore_checks *all = arena_alloc(a, 1, sizeof(*all));
    enum rc rc = RC_OK;

    CHECK(all != NULL);
    *all = (struct chore_checks){.arena = a, .zones = zones_new(ZONE_FOLDER)};
    all->check = arena_alloc(a, json_is(list, JSON_OBJECT) ? list->count + 1 : 1, sizeof(*all->check));
    if (!json_is(list, JSON_OBJECT) || all->check == NULL) {
        rc = err_set(err, RC_INVALID, "there are no checks");
    }
    for (const struct json *c = rc == RC_OK ? list->first : NULL; c != NULL && rc == RC_OK; c = c->next) {
        rc = read_check(all, c, &all->check[all->count++], err);
    }
    if (rc != RC_OK) {
        chore_checks_close(all);
        return rc;
    }
    *out = all;
    return RC_OK;
}

void
chore_checks_close(struct chore_checks *all)
{
    if (all != NULL) {
        zones_free(all->zones);
        arena_free(all->arena);
    }
}

static const struct chore_check *
check_of(const struct chore_checks *all, struct str purpose)
{
    for (size_t i = 0; i < all->count; i++) {
        if (str_eq(all->check[i].purpose, purpose)) {
            return &all->check[i];
        }
    }
    return NULL;
}

/* A node may ask for other registers than the others do. */
static const struct chore_check *
find_check(const struct chore *k, struct str purpose)
{
    struct str here = str_fmt(k->a, "%.*s@%.*s", STR_ARG(purpose), STR_ARG(k->c->config.node));
    const struct chore_check *check = check_of(k->c->checks, here);

    return check != NULL ? check : check_of(k->c->checks, purpose);
}

/* --- asking ------------------------------------------------------------------------------------------------------------ */

struct checking {
    struct chore *k;
    const struct chore_check *check;
    const struct json *fields; /* what was filled in, as rules take it */
    struct json *records;      /* by "as"; null: there is none */
    struct json *asked;        /* [{"resource","node","act","found"}] */
};

static struct str
text_of(const struct json *j)
{
    return json_is(j, JSON_STRING) || json_is(j, JSON_NUMBER) ? j->text : STR("");
}

/*
 * "applicant": the identifier of whose case it is; "=990100": that; "field.x": what was filled in; "input.x": what the job was given; "licence.uscc": of
 * an earlier record.  "" where there is nothing to ask by: then there is no record.
 */
static enum rc
key_of(const struct checking *c, struct str key, struct str *out, struct err *err)
{
    size_t dot = str_find_byte(key, '.');
    struct str member = str_from(key, dot + 1), root = str_sub(key, 0, dot);
    struct subject subject;
    enum rc rc;

    *out = STR("");
    if (str_eq(key, STR("applicant"))) {
        rc = subject_by_id(c->k->db, c->k->c->config.work->vault, c->k->a, c->k->errand.subject, &subject, err);
        *out = rc == RC_OK ? subject.identifier : STR("");
        return rc == RC_NOT_FOUND ? err_problem(err, RC_NOT_FOUND, "applicant-gone", "this node does not know the applicant any more") : rc;
    }
    if (str_starts(key, STR("="))) {
        *out = str_from(key, 1);
    } else if (str_eq(root, STR("field"))) {
        *out = text_of(json_get_key(c->fields, member));
    } else if (str_eq(root, STR("input"))) {
        *out = text_of(json_get_key(c->k->inputs, member));
    } else {
        *out = text_of(json_get_key(json_get_key(c->records, root), member));
    }
    return RC_OK;
}

static void
note_asked(const struct checking *c, const struct json *q, const struct answer *answer)
{
    struct arena *a = c->k->a;
    struct json *one = json_object(a);

    json_set_text(a, one, "resource", json_str(q, "resource"));
    json_set_bool(a, one, "found", answer->record != NULL);
    if (answer->record != NULL) {
        json_set_text(a, one, "node", answer->source_node);
        json_set_int(a, one, "act", answer->act);
    }
    json_push(c->asked, one);
}

static enum rc
ask_one(const struct checking *c, const struct json *q, struct err *err)
{
    struct chore *k = c->k;
    struct str basis = json_str(c->check->document, "basis"), item = json_str(c->check->document, "item"), key;
    struct answer answer = {.record = NULL};
    enum rc rc = key_of(c, json_str(q, "key"), &key, err);

    if (rc != RC_OK) {
        return rc;
    }
    const struct question question = {
        .resource = json_str(q, "resource"),
        .key_kind = json_str(q, "kind"),
        .key = key,
        .fields = json_get(q, "fields"),
        .purpose = {.case_no = k->file.case_no,
                    .item = item.len > 0 ? item : k->file.item.len > 0 ? k->file.item : text_of(chore_variable(k, "item")),
                    .basis = basis.len > 0 ? basis : json_str(k->item.document, "exchange_basis"),
                    .actor = STR("system")},
        .subject = k->errand.subject,
    };
    if (key.len > 0 && (rc = k->c->config.ask(k->c->config.ctx, k->a, &question, &answer, err)) == RC_NOT_FOUND &&
        str_eq(str_of(err->type), STR("record-missing"))) {
        rc = RC_OK;
        answer.record = NULL;
    }
    if (rc != RC_OK) {
        return rc;
    }
    json_set_key(k->a, c->records, json_str(q, "as"), answer.record != NULL ? json_copy(k->a, answer.record) : json_null(k->a));
    note_asked(c, q, &answer);
    return json_whole(c->records, err);
}

/* --- what it comes to ----------------------------------------------------------------------------------------------------- */

static enum rc
calculate(const struct checking *c, struct run *run, struct json **out, struct err *err)
{
    struct chore *k = c->k;
    int offset = k->c->config.work->offset_minutes;
    struct value slot[QUESTIONS_MAX + BESIDE] = {value_null(), value_null()}, facts;
    struct str text, kept;
    struct buf b;
    size_t n = BESIDE;
    enum rc rc;

    run_begin(run, k->work->now_us, offset * 60);
    if ((rc = value_of_json(run_arena(run), c->fields, &slot[0], err)) != RC_OK ||
        (rc = value_of_json(run_arena(run), json_text(k->a, day_text(k->a, instant_day(k->work->now_us, offset))), &slot[1], err)) != RC_OK) {
        return rc;
    }
    for (const struct json *r = c->records->first; r != NULL; r = r->next) {
        if ((rc = value_of_json(run_arena(run), r, &slot[n++], err)) != RC_OK) {
            return rc;
        }
    }
    if ((rc = program_run(run, c->check->facts, &(struct frame){.slot = slot}, &facts, err)) != RC_OK) {
        return rc;
    }
    buf_init(&b, k->a, FACTS_MAX);
    value_put_json(&b, facts);
    if ((rc = buf_finish(&b, &text, err)) != RC_OK || (rc = str_copy(k->a, text, &kept, err)) != RC_OK ||
        (rc = json_parse(k->a, kept, JSON_UNIQUE, out, err)) != RC_OK) {
        return rc;
    }
    return json_is(*out, JSON_OBJECT) ? RC_OK : err_set(err, RC_INVALID, "check %.*s gives no facts", STR_ARG(c->check->purpose));
}

static enum rc
facts_of(const struct checking *c, struct json **out, struct err *err)
{
    struct run *run = run_new(&RUN_LIMITS_USUAL, c->k->c->checks->zones);
    enum rc rc = calculate(c, run, out, err);

    run_free(run);
    return rc;
}

enum rc
chore_exchange_check(struct chore *k, struct err *err)
{
    const struct chore_check *check = find_check(k, chore_text(k, "purpose"));
    const struct json *text = chore_find_text(k, "errands", STR("exchange.check"));
    struct checking c = {.k = k, .check = check, .fields = json_object(k->a), .records = json_object(k->a), .asked = json_array(k->a)};
    struct json *content, *facts = NULL, *variables = json_object(k->a), *data = json_object(k->a);
    struct str as = chore_text(k, "as");
    enum rc rc = RC_OK;

    if (check == NULL || text == NULL || as.len == 0) {
        return err_problem(err, RC_NOT_FOUND, "no-such-check", "nobody has written down what to ask for %.*s",
                           STR_ARG(str_sub(chore_text(k, "purpose"), 0, 60)));
    }
    if (k->has_case && k->item.form != NULL) {
        if ((rc = case_open_content(k->c->config.work, k->a, &k->file, &content, err)) != RC_OK) {
            return rc;
        }
        c.fields = form_facts(k->item.form, k->a, json_get(content, "values"));
    }
    for (const struct json *q = json_get(check->document, "questions")->first; q != NULL && rc == RC_OK; q = q->next) {
        rc = ask_one(&c, q, err);
    }
    if (rc != RC_OK || (rc = facts_of(&c, &facts, err)) != RC_OK) {
        return rc;
    }
    json_set_key(k->a, variables, as, facts);
    json_set(k->a, data, "asked", c.asked);
    json_set_int(k->a, data, "count", (int64_t)check->questions);
    k->errand.name = check->purpose;
    k->work->variables = variables;
    rc = json_whole(variables, err);
    return rc != RC_OK ? rc : chore_say(k, text, data, err);
}
