/*
 * FEEL, decisions and schemas for programs that ask over HTTP: JSON in, JSON out.
 */
#include "process/ruling_int.h"
#include "rule/fault.h"
#include "rule/schema.h"

enum { WORDS_MAX = 600, WORK_ARENA = 16 << 20 };

/* One sentence each in both languages, as the members zh and en. */
static void
put_words(struct arena *a, struct json *d, const char *name, struct buf *b)
{
    struct str text = STR("");
    struct err ignored;

    json_set_text(a, d, name, buf_finish(b, &text, &ignored) == RC_OK ? text : STR(""));
}

struct json *
ruling_notes(struct arena *a, const struct runner *w)
{
    const struct note *note = NULL;
    size_t count = run_notes(w->run, &note);
    struct json *list = json_array(a);

    for (size_t i = 0; i < count; i++) {
        struct json *d = json_object(a);
        for (int chinese = 1; chinese >= 0; chinese--) {
            struct buf b;
            buf_init(&b, a, WORDS_MAX);
            note_say(&b, &note[i], chinese == 1);
            put_words(a, d, chinese == 1 ? "zh" : "en", &b);
        }
        json_push(list, d);
    }
    return list;
}

static struct json *
feel_fault(struct arena *a, const struct feel_fault *f)
{
    struct json *d = json_object(a);
    struct buf zh, en;

    buf_init(&zh, a, WORDS_MAX);
    buf_init(&en, a, WORDS_MAX);
    fault_say(&zh, f, FAULT_ZH);
    fault_say(&en, f, FAULT_EN);
    json_set_int(a, d, "at", (int64_t)f->at);
    put_words(a, d, "zh", &zh);
    put_words(a, d, "en", &en);
    return d;
}

static enum rc
put_value(struct arena *a, struct json *d, struct value v, struct err *err)
{
    struct json *value;
    struct str text;
    struct buf b;
    enum rc rc;

    buf_init(&b, a, RULING_RESULT_MAX);
    value_put_json(&b, v);
    if ((rc = buf_finish(&b, &text, err)) != RC_OK || (rc = json_parse(a, text, JSON_ANY, &value, err)) != RC_OK) {
        return rc;
    }
    json_set(a, d, "value", value);
    return RC_OK;
}

/* --- an expression --------------------------------------------------------------------------------------------- */

struct feeling {
    struct arena *arena;
    struct str feel;
    const struct json *context;
    int64_t now_us;
    int offset_minutes;
    struct json *out;
    enum rc rc;
    struct err *err;
};

/* What the caller knows, as names for the reader and values for the run. */
static enum rc
bring(struct arena *work, const struct json *context, struct feel_scope *scope, struct frame *frame, struct err *err)
{
    size_t count = json_is(context, JSON_OBJECT) ? context->count : 0, i = 0;
    struct feel_name *name = arena_alloc(work, count + 1, sizeof(*name));
    struct value *slot = arena_alloc(work, count + 1, sizeof(*slot));

    if (name == NULL || slot == NULL) {
        return err_set(err, RC_LIMIT, "no room for the context");
    }
    for (const struct json *m = count > 0 ? context->first : NULL; m != NULL; m = m->next, i++) {
        enum rc rc = value_of_json(work, m, &slot[i], err);
        if (rc != RC_OK) {
            return rc;
        }
        name[i] = (struct feel_name){m->key, NULL};
    }
    *scope = (struct feel_scope){.count = count, .name = name};
    *frame = (struct frame){.slot = slot};
    return RC_OK;
}

static enum rc
feel_on(struct runner *w, struct feeling *f, struct arena *work)
{
    const struct program *program = NULL;
    struct feel_fault fault = {.kind = FAULTS};
    struct feel_scope scope;
    struct frame frame;
    struct value value;
    enum rc rc = bring(work, f->context, &scope, &frame, f->err);

    if (rc != RC_OK) {
        return rc;
    }
    rc = program_read(work, f->feel, &scope, NULL, w->zones, &program, &fault, f->err);
    if (rc == RC_INVALID && fault.kind != FAULTS) {
        json_set(f->arena, f->out, "fault", feel_fault(f->arena, &fault));
        return RC_OK;
    }
    if (rc != RC_OK) {
        return rc;
    }
    run_begin(w->run, f->now_us, (int32_t)f->offset_minutes * 60);
    if ((rc = program_run(w->run, program, &frame, &value, f->err)) != RC_OK ||
        (rc = put_value(f->arena, f->out, value, f->err)) != RC_OK) {
        return rc;
    }
    json_set_text(f->arena, f->out, "text", value_text(f->arena, value, true));
    json_set_text(f->arena, f->out, "kind", value_kind_name(value.kind));
    json_set(f->arena, f->out, "notes", ruling_notes(f->arena, w));
    return RC_OK;
}

static void
feel_job(struct runner *w, void *ctx)
{
    struct feeling *f = ctx;
    struct arena *work = arena_new(WORK_ARENA);

    f->rc = feel_on(w, f, work);
    arena_free(work);
}

enum rc
ruling_feel(struct rulings *r, const struct db *db, struct arena *a, struct str feel, const struct json *context,
            int64_t now_us, struct json **out, struct err *err)
{
    struct feeling f = {.arena = a, .feel = feel, .context = context, .now_us = now_us, .out = json_object(a), .err = err,
                        .offset_minutes = rulings_config_of(r)->offset_minutes};
    enum rc rc = ruling_do(r, db, feel_job, &f, err);

    if (rc != RC_OK || (rc = f.rc) != RC_OK || (rc = json_whole(f.out, err)) != RC_OK) {
        return rc;
    }
    *out = f.out;
    return RC_OK;
}

/* --- a decision ------------------------------------------------------------------------------------------------- */

struct deciding {
    struct arena *arena;
    const struct ruling_question *question;
    struct json *out;
    enum rc rc;
    struct err *err;
};

/* The name that was given, or of the last decision of the model. */
static struct str
decision_of(const struct dmn *m, struct str given)
{
    for (size_t i = dmn_count(m); i > 0 && given.len == 0; i--) {
        struct dmn_node_info info = dmn_node(m, i - 1);
        given = info.kind == DMN_DECISION ? info.name : given;
    }
    return given;
}

static enum rc
decide_on(struct runner *w, struct deciding *d)
{
    const struct ruling_question *q = d->question;
    struct dmn_fault fault = {.line = 0};
    struct ruling_model *m;
    enum rc rc = ruling_read(w, &q->text, &m, &fault, d->err);

    if (rc == RC_INVALID && fault.en[0] != '\0') {
        json_set(d->arena, d->out, "fault", ruling_fault(d->arena, &fault));
        return RC_OK;
    }
    if (rc != RC_OK) {
        return rc;
    }
    struct ruling_asked asked = {.dmn = m->dmn, .decision = decision_of(m->dmn, q->decision), .inputs = q->inputs,
                                 .now_us = q->now_us, .wants_reasons = q->wants_reasons};
    if ((rc = ruling_answer(w, d->arena, &asked, d->err)) == RC_OK) {
        struct str name = STR("");
        rc = str_copy(d->arena, asked.decision, &name, d->err);
        json_set_text(d->arena, d->out, "decision", name);
        json_set(d->arena, d->out, "value", asked.result);
        json_set(d->arena, d->out, "notes", ruling_notes(d->arena, w));
        if (q->wants_reasons) {
            json_set(d->arena, d->out, "reasons", asked.reasons);
        }
    }
    ruling_let_go(w->rulings, m);
    return rc == RC_NOT_FOUND ? err_problem(d->err, RC_NOT_FOUND, "no-such-decision", "the model has no decision of that name")
                              : rc;
}

static void
decide_job(struct runner *w, void *ctx)
{
    struct deciding *d = ctx;

    d->rc = decide_on(w, d);
}

enum rc
ruling_decide(struct rulings *r, const struct db *db, struct arena *a, const struct ruling_question *q, struct json **out,
              struct err *err)
{
    struct deciding d = {.arena = a, .question = q, .out = json_object(a), .err = err};
    enum rc rc = ruling_do(r, db, decide_job, &d, err);

    if (rc != RC_OK || (rc = d.rc) != RC_OK || (rc = json_whole(d.out, err)) != RC_OK) {
        return rc;
    }
    *out = d.out;
    return RC_OK;
}

/* --- a schema --------------------------------------------------------------------------------------------------- */

struct schema_look {
    struct arena *arena;
    const struct json *schema, *document;
    int32_t today;
    struct json *out;
    enum rc rc;
    struct err *err;
};

static enum rc
put_errors(struct arena *a, struct json *d, const struct schema_result *found, struct err *err)
{
    struct json *list = json_array(a);

    for (size_t i = 0; i < found->count; i++) {
        const struct schema_error *e = &found->errors[i];
        const struct {
            const char *name;
            struct str text;
        } members[] = {{"path", e->path}, {"keyword", e->keyword}, {"schema_path", e->schema_path}, {"zh", e->zh}, {"en", e->en}};
        struct json *j = json_object(a);
        for (size_t k = 0; k < sizeof(members) / sizeof(members[0]); k++) {
            struct str text = STR(""); /* of the schema's own memory, which does not last */
            enum rc rc = str_copy(a, members[k].text, &text, err);
            if (rc != RC_OK) {
                return rc;
            }
            json_set_text(a, j, members[k].name, text);
        }
        json_push(list, j);
    }
    json_set_bool(a, d, "valid", found->is_valid);
    json_set_bool(a, d, "is_cut", found->is_cut);
    json_set(a, d, "errors", list);
    return RC_OK;
}

static void
schema_job(struct runner *w, void *ctx)
{
    struct schema_look *l = ctx;
    struct arena *work = arena_new(WORK_ARENA);
    const struct schema_options options = {.assert_formats = true};
    const struct schema *schema = NULL;
    struct schema_result *found = arena_alloc(work, 1, sizeof(*found));

    (void)w;
    CHECK(found != NULL);
    l->rc = schema_compile(work, STR("urn:zhengtong:asked"), l->schema, &options, &schema, l->err);
    if (l->rc == RC_OK) {
        l->rc = schema_check(schema, work, l->document, l->today, found, l->err);
    }
    if (l->rc == RC_OK) {
        l->rc = put_errors(l->arena, l->out, found, l->err);
    }
    arena_free(work);
}

enum rc
ruling_schema(struct rulings *r, const struct db *db, struct arena *a, const struct json *schema,
              const struct json *document, int32_t today, struct json **out, struct err *err)
{
    struct schema_look l = {.arena = a, .schema = schema, .document = document, .today = today, .out = json_object(a), .err = err};
    enum rc rc = ruling_do(r, db, schema_job, &l, err);

    if (rc != RC_OK || (rc = l.rc) != RC_OK || (rc = json_whole(l.out, err)) != RC_OK) {
        return rc;
    }
    *out = l.out;
    return RC_OK;
}
