/* Faults with their place, names, and the FEEL texts of a model. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "rule/dmn_read_int.h"

/* --- faults ------------------------------------------------------------------------------------ */

/* A text was cut to its room: what is left of a character at the end goes. */
static void
mend_end(char *text)
{
    size_t len = strlen(text);

    while (len > 0 && !utf8_is_valid((struct str){text, len})) {
        text[--len] = '\0';
    }
}

static const char *
kind_of(const struct xml *e)
{
    static const char *const kinds[][2] = {
        {"decision", "decision"},       {"inputData", "input"},       {"businessKnowledgeModel", "knowledge"},
        {"decisionService", "service"}, {"itemDefinition", "type"},   {"import", "import"},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (xml_is(e, kinds[i][0])) {
            return kinds[i][1];
        }
    }
    return NULL;
}

static unsigned
place_among(const struct xml *e)
{
    unsigned place = 1;

    for (const struct xml *c = xml_child(e->parent, "rule"); c != NULL && c != e; c = xml_next(c, "rule")) {
        place++;
    }
    return place;
}

/* The element around e that people know, or NULL; *rule is that of a table between them, or 0. */
static const struct xml *
known_around(const struct xml *e, unsigned *rule)
{
    *rule = 0;
    for (; e != NULL && kind_of(e) == NULL; e = e->parent) {
        if (xml_is(e, "rule") && e->parent != NULL) {
            *rule = place_among(e);
        }
    }
    return e;
}

/* "decision Fee, rule 3" */
static void
say_element(const struct xml *e, char out[64])
{
    unsigned rule;

    out[0] = '\0';
    e = known_around(e, &rule);
    if (e == NULL) {
        return;
    }
    struct str name = str_sub(xml_attribute(e, "name"), 0, 40);
    (void)snprintf(out, 64, "%s %.*s", kind_of(e), STR_ARG(name));
    mend_end(out);
    if (rule > 0) {
        size_t len = strlen(out);
        (void)snprintf(out + len, 64 - len, ", rule %u", rule);
    }
}

/* A fault in a model that another one imports says which. */
static void
say_model(const struct reader *r, const struct xml *e, char out[64])
{
    size_t len = strlen(out);

    while (e->parent != NULL) {
        e = e->parent;
    }
    if (r->count > 0 && e != r->models[0]->document.root) {
        struct str name = xml_attribute(e, "name");
        (void)snprintf(out + len, 64 - len, "%smodel %.*s", len > 0 ? ", " : "", STR_ARG(name));
        mend_end(out);
    }
}

static void say(char out[200], const char *fmt, va_list args) PRINTF(2, 0);
static void
say(char out[200], const char *fmt, va_list args)
{
    (void)vsnprintf(out, 200, fmt, args);
    mend_end(out);
}

static void fail_args(struct reader *r, enum rc rc, const struct xml *e, const char *en, const char *zh, va_list args)
    PRINTF(4, 0) PRINTF(5, 0);
static void
fail_args(struct reader *r, enum rc rc, const struct xml *e, const char *en, const char *zh, va_list args)
{
    va_list again;

    if (r->rc != RC_OK) {
        return;
    }
    r->rc = rc;
    memset(&r->fault, 0, sizeof(r->fault));
    if (e != NULL) {
        r->fault.line = e->line;
        r->fault.column = e->column;
        say_element(e, r->fault.element);
        say_model(r, e, r->fault.element);
    }
    va_copy(again, args);
    say(r->fault.en, en, args);
    say(r->fault.zh, zh, again);
    va_end(again);
}

bool
reader_fail(struct reader *r, const struct xml *e, const char *en, const char *zh, ...)
{
    va_list args;

    va_start(args, zh);
    fail_args(r, RC_INVALID, e, en, zh, args);
    va_end(args);
    return false;
}

bool
reader_limit(struct reader *r, const struct xml *e, const char *en, const char *zh, ...)
{
    va_list args;

    va_start(args, zh);
    fail_args(r, RC_LIMIT, e, en, zh, args);
    va_end(args);
    return false;
}

bool
reader_full(struct reader *r, const struct xml *e)
{
    return reader_limit(r, e, "the model does not fit in memory", "模型超出内存限制");
}

void *
reader_room(struct reader *r, const struct xml *e, size_t count, size_t size)
{
    void *room = r->rc == RC_OK ? arena_alloc(r->arena, count, size) : NULL;

    if (room == NULL) {
        (void)reader_full(r, e);
    }
    return room;
}

/* --- names ------------------------------------------------------------------------------------- */

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool
reader_normal(struct reader *r, const struct xml *e, struct str s, struct str *out)
{
    size_t len = 0;

    s = str_trim(s);
    bool is_normal = true;
    for (size_t i = 0; i < s.len; i++) {
        is_normal = is_normal && !(is_blank(s.ptr[i]) && (s.ptr[i] != ' ' || s.ptr[i + 1] == ' '));
    }
    if (is_normal) {
        *out = s;
        return true;
    }
    char *copy = reader_room(r, e, s.len, 1);
    if (copy == NULL) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (!is_blank(s.ptr[i])) {
            copy[len++] = s.ptr[i];
        } else if (!is_blank(s.ptr[i + 1])) {
            copy[len++] = ' ';
        }
    }
    *out = (struct str){copy, len};
    return true;
}

bool
reader_name(struct reader *r, const struct xml *e, struct str *out)
{
    return reader_normal(r, e, xml_attribute(e, "name"), out);
}

bool
reader_flag(const struct xml *e, const char *name)
{
    struct str value = str_trim(xml_attribute(e, name));

    return str_eq(value, STR("true")) || str_eq(value, STR("1"));
}

static int
compare_entries(const void *a, const void *b)
{
    const struct index_entry *x = a, *y = b;

    return str_cmp(x->name, y->name);
}

const struct index_entry *
index_sort(struct index *index)
{
    if (index->count > 0) {
        qsort(index->entry, index->count, sizeof(*index->entry), compare_entries);
    }
    for (size_t i = 1; i < index->count; i++) {
        if (index->entry[i].name.len > 0 && str_eq(index->entry[i].name, index->entry[i - 1].name)) {
            return &index->entry[i];
        }
    }
    return NULL;
}

void *
index_find(const struct index *index, struct str name)
{
    struct index_entry key = {.name = name};
    const struct index_entry *found =
        index->count > 0 ? bsearch(&key, index->entry, index->count, sizeof(key), compare_entries) : NULL;

    return found != NULL ? found->what : NULL;
}

/* --- texts ------------------------------------------------------------------------------------- */

/* In other languages than FEEL nothing is calculated here.  The element's own word counts before the model's. */
static bool
is_feel(struct reader *r, const struct xml *e)
{
    const struct xml *at = e;

    while (at != NULL && !xml_has(at, "expressionLanguage")) {
        at = at->parent;
    }
    struct str language = at != NULL ? str_trim(xml_attribute(at, "expressionLanguage")) : STR("");
    struct str rest = language;
    bool is_known = language.len == 0;

    for (struct str part; !is_known && str_next(&rest, '/', &part);) {
        is_known = str_eq_fold(part, STR("feel")) || str_eq_fold(part, STR("s-feel"));
    }
    if (!is_known) {
        language = str_sub(language, 0, 60);
        return reader_fail(r, e, "the expression is written in %.*s, not in FEEL", "表达式用的是 %.*s，不是 FEEL",
                           STR_ARG(language));
    }
    return true;
}

/* Whatever calls out of the model is refused before anybody relies on it. */
static bool
calls_out(const struct feel_tree *tree)
{
    for (uint32_t i = 1; i < tree->count; i++) {
        if (tree->node[i].kind == NODE_FUNCTION && (tree->node[i].flags & FEEL_EXTERNAL) != 0) {
            return true;
        }
    }
    return false;
}

static bool
fail_feel(struct reader *r, const struct xml *e, const struct feel_fault *f, enum rc rc)
{
    char room[2][160];
    struct str said[2];

    for (int i = 0; i < 2; i++) { /* in memory of its own: the arena may be what is full */
        struct arena *a = arena_new(4096);
        struct buf b;
        struct err err;
        struct str text = STR("");
        buf_init(&b, a, sizeof(room[0]) - 1);
        fault_say(&b, f, i == 0 ? FAULT_EN : FAULT_ZH);
        if (buf_finish(&b, &text, &err) != RC_OK) {
            text = STR("");
        }
        memcpy(room[i], text.ptr, text.len);
        said[i] = (struct str){room[i], text.len};
        arena_free(a);
    }
    if (rc == RC_LIMIT) {
        (void)reader_limit(r, e, "FEEL: %.*s", "FEEL：%.*s", STR_ARG(said[0]));
    } else {
        (void)reader_fail(r, e, "FEEL: %.*s", "FEEL：%.*s", STR_ARG(said[0]));
    }
    if (r->fault.line > 0 && f->place.line > 1) {
        r->fault.line += f->place.line - 1;
        r->fault.column = f->place.column;
    }
    (void)snprintf(r->fault.zh, sizeof(r->fault.zh), "FEEL：%.*s", STR_ARG(said[1]));
    return false;
}

/* The first name of the text that nothing knows. */
static bool
keep_slip(struct reader *r, const struct xml *e, const struct feel_tree *tree)
{
    struct dmn *m = r->model->out;
    unsigned rule;
    const struct xml *around = known_around(e, &rule);

    if (tree->unknown == 0 || m->slips == DMN_SLIPS_MAX) {
        return true;
    }
    if (m->slip == NULL && (m->slip = reader_room(r, e, DMN_SLIPS_MAX, sizeof(*m->slip))) == NULL) {
        return false;
    }
    const struct feel_node *n = &tree->node[tree->unknown];
    m->slip[m->slips++] = (struct dmn_slip){.name = n->text, .item = around != NULL ? xml_attribute(around, "name") : STR(""),
                                            .line = e->line + feel_place(tree->text, n->at).line - 1, .rule = rule};
    return true;
}

bool
reader_parse(struct reader *r, const struct xml *e, struct str text, bool is_tests, const struct feel_scope *scope,
             const struct feel_type *shape, const struct program **out)
{
    struct feel_tree *tree = reader_room(r, e, 1, sizeof(*tree));
    struct feel_fault fault;
    struct err err;

    if (tree == NULL || !is_feel(r, e)) {
        return false;
    }
    enum rc rc = is_tests ? feel_parse_tests(r->arena, text, scope, shape, tree, &fault, &err)
                          : feel_parse(r->arena, text, scope, tree, &fault, &err);
    if (rc != RC_OK) {
        return fault.kind == FAULT_ROOM ? reader_full(r, e) : fail_feel(r, e, &fault, rc);
    }
    r->work += tree->work;
    if (r->work > DMN_WORK_MAX) {
        return reader_limit(r, e, "the model has too many names and texts", "模型中的名称和表达式太多");
    }
    if (calls_out(tree)) {
        return reader_fail(r, e, "a function outside of this model (Java, PMML) is not called here", "不调用模型之外的函数（Java、PMML）");
    }
    rc = program_compile(r->arena, tree, &r->model->out->types, r->zones, out, &err);
    if (rc == RC_LIMIT) {
        return reader_full(r, e);
    }
    return rc == RC_OK ? keep_slip(r, e, tree)
                       : reader_fail(r, e, "%.*s", "类型无法识别：%.*s", (int)sizeof(err.text), err.text);
}

static bool
read_text(struct reader *r, const struct xml *e, bool is_tests, const struct feel_scope *scope,
          const struct feel_type *shape, struct dmn_text *out)
{
    const struct xml *text = xml_child(e, "text");

    *out = (struct dmn_text){.text = STR("")};
    if (xml_child(e, "importedValues") != NULL) {
        return reader_fail(r, e, "imported values are not read here", "不支持导入的取值（importedValues）");
    }
    text = text != NULL ? text : e;
    out->text = str_trim(text->text);
    out->line = text->line;
    return out->text.len == 0 || reader_parse(r, text, text->text, is_tests, scope, shape, &out->program);
}

bool
reader_expression(struct reader *r, const struct xml *e, const struct feel_scope *scope, struct dmn_text *out)
{
    return read_text(r, e, false, scope, NULL, out);
}

bool
reader_tests(struct reader *r, const struct xml *e, const struct feel_scope *scope, const struct feel_type *shape,
             struct dmn_text *out)
{
    return read_text(r, e, true, scope, shape, out);
}
