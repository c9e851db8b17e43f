/* FEEL and timers of a process model. */
#include <string.h>

#include "process/bpmn_read_int.h"

/* --- FEEL --------------------------------------------------------------------------------------- */

static bool
says_feel(struct str language)
{
    bool is_known = language.len == 0;

    for (struct str part; !is_known && str_next(&language, '/', &part);) {
        is_known = str_eq_fold(part, STR("feel")) || str_eq_fold(part, STR("s-feel"));
    }
    return is_known;
}

/* What stands nearest counts.  A script names its language in its task's scriptFormat. */
static bool
is_feel(struct bpmn_reader *r, const struct xml *e)
{
    struct str language = str_trim(xml_attribute(e, "language"));

    if (language.len == 0 && xml_is(e, "script")) {
        language = str_trim(xml_attribute(e->parent, "scriptFormat"));
    }
    if (language.len == 0 && !xml_is(e, "script")) {
        language = str_trim(xml_attribute(r->document.root, "expressionLanguage"));
    }
    if (!says_feel(language)) {
        bpmn_say(r, BPMN_RULE_LANGUAGE, e, language, STR(""));
        return false;
    }
    return true;
}

static void
say_fault(struct bpmn_reader *r, const struct xml *e, const struct feel_fault *fault)
{
    struct str said[2] = {STR(""), STR("")};
    struct err err;

    for (int i = 0; i < 2; i++) {
        struct buf b;
        buf_init(&b, r->arena, 1000);
        fault_say(&b, fault, i == 0 ? FAULT_EN : FAULT_ZH);
        if (buf_finish(&b, &said[i], &err) != RC_OK) {
            (void)bpmn_full(r);
        }
    }
    struct xml there = *e; /* the line of the text's own line; its column where that is not the element's */
    there.line += fault->place.line - 1;
    there.column = fault->place.line > 1 ? fault->place.column : there.column;
    bpmn_say_both(r, BPMN_RULE_FEEL, &there, said[0], said[1]);
}

/* The slot of a variable, made if no text asked for it before. */
static bool
variable(struct bpmn_reader *r, struct str name, uint32_t *out)
{
    struct str *known = r->variables.item;

    for (uint32_t i = 0; i < r->variables.count; i++) {
        if (str_eq(known[i], name)) {
            *out = i;
            return true;
        }
    }
    struct str *more = bpmn_add(r, &r->variables, sizeof(*more), out);
    if (more == NULL) {
        return false;
    }
    *more = name;
    return true;
}

/* What a text asks for: names that nothing in it defines, each once. */
static bool
gather(struct bpmn_reader *r, const struct feel_tree *tree, struct feel_name **names, uint32_t *count)
{
    *count = 0;
    *names = bpmn_room(r, tree->count, sizeof(**names));
    for (uint32_t i = 1; *names != NULL && i < tree->count; i++) {
        const struct feel_node *n = &tree->node[i];
        bool is_asked = n->kind == NODE_UNKNOWN;
        for (size_t j = 0; n->kind == NODE_NAME && !is_asked && j < r->names.count; j++) {
            is_asked = str_eq(r->names.name[j].name, n->text);
        }
        for (uint32_t j = 0; is_asked && j < *count; j++) {
            is_asked = !str_eq((*names)[j].name, n->text);
        }
        if (is_asked) {
            (*names)[(*count)++] = (struct feel_name){n->text, NULL};
        }
    }
    return *names != NULL;
}

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
parse(struct bpmn_reader *r, const struct xml *e, struct str text, const struct feel_scope *scope, struct feel_tree *tree, bool *is_good)
{
    struct feel_fault fault;
    struct err err;

    *is_good = feel_parse(r->arena, text, scope, tree, &fault, &err) == RC_OK;
    if (!*is_good && fault.kind == FAULT_ROOM) {
        return bpmn_full(r);
    }
    if (!*is_good) {
        say_fault(r, e, &fault);
    }
    return r->rc == RC_OK;
}

/* With the slots of exactly what it asks for.  *out stays as it was if it is wrong. */
static bool
compile(struct bpmn_reader *r, const struct xml *e, struct str text, const struct program **out, struct bpmn_run *names)
{
    struct feel_tree *tree = bpmn_room(r, 1, sizeof(*tree));
    struct feel_scope scope = {.outer = NULL};
    struct feel_name *name;
    uint32_t count, at, first = r->uses.count;
    struct err err;
    bool is_good;

    if (tree == NULL || !parse(r, e, text, &r->names, tree, &is_good) || !is_good) {
        return r->rc == RC_OK;
    }
    if (calls_out(tree)) {
        bpmn_say(r, BPMN_RULE_UNSUPPORTED, e, STR("external"), STR(""));
        return true;
    }
    if (!gather(r, tree, &name, &count)) {
        return false;
    }
    scope.count = count;
    scope.name = name;
    if (!parse(r, e, text, &scope, tree, &is_good) || !is_good) {
        return r->rc == RC_OK;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t *use = bpmn_add(r, &r->uses, sizeof(*use), NULL);
        if (use == NULL || !variable(r, name[i].name, &at)) {
            return false;
        }
        *use = at;
    }
    enum rc rc = program_compile(r->arena, tree, NULL, r->zones, out, &err);
    if (rc == RC_LIMIT) {
        return bpmn_full(r);
    }
    if (rc != RC_OK) {
        struct str said;
        if (str_copy(r->arena, str_of(err.text), &said, &err) != RC_OK) {
            return bpmn_full(r);
        }
        bpmn_say(r, BPMN_RULE_FEEL, e, said, STR(""));
    }
    *names = (struct bpmn_run){first, count};
    return true;
}

static bool
keep(struct bpmn_reader *r, const struct xml *e, struct str text, uint32_t *out)
{
    const struct program *program = NULL;
    struct bpmn_run names = {0, 0};

    if (!compile(r, e, text, &program, &names)) {
        return false;
    }
    if (program == NULL) {
        return true;
    }
    struct bpmn_text *t = bpmn_add(r, &r->texts, sizeof(*t), out);
    if (t == NULL) {
        return false;
    }
    *t = (struct bpmn_text){text, e->line, program, names};
    return true;
}

bool
bpmn_read_text(struct bpmn_reader *r, const struct xml *e, uint32_t *out)
{
    struct str text = e->text;

    *out = BPMN_NONE;
    if (str_trim(text).len == 0) {
        bpmn_say(r, BPMN_RULE_NO_EXPRESSION, e, STR(""), STR(""));
        return true;
    }
    if (!is_feel(r, e)) {
        return true;
    }
    if (str_starts(str_trim(text), STR("="))) { /* lines are counted from where the text begins */
        text = str_from(text, str_find_byte(text, '=') + 1);
    }
    return keep(r, e, text, out);
}

bool
bpmn_read_formula(struct bpmn_reader *r, const struct xml *e, struct str value, uint32_t *out)
{
    struct str text = str_from(value, 1);

    *out = BPMN_NONE;
    if (str_trim(text).len == 0) {
        bpmn_say(r, BPMN_RULE_NO_EXPRESSION, e, STR(""), STR(""));
        return true;
    }
    return keep(r, e, text, out);
}

bool
bpmn_read_name(struct bpmn_reader *r, const struct xml *e, struct str name, uint32_t *out)
{
    *out = BPMN_NONE;
    return keep(r, e, name, out);
}

/* --- timers ------------------------------------------------------------------------------------- */

static bool
parse_period(struct str text, struct bpmn_timer *out)
{
    out->is_months = months_parse(text, &out->months);
    return (out->is_months && out->months > 0) ||
           (!out->is_months && duration_parse(text, &out->duration) && (out->duration.second > 0 || out->duration.nanosecond > 0) &&
            out->duration.second >= 0);
}

/* R4/PT10S, R/2026-10-01T00:00:00Z/P1D */
static bool
parse_cycle(struct zones *zones, struct str text, struct bpmn_timer *out)
{
    struct str part[3];
    int64_t count = 0;
    size_t parts = 0;

    while (parts < 3 && str_next(&text, '/', &part[parts])) {
        parts++;
    }
    if (parts < 2 || text.len > 0 || !str_starts(part[0], STR("R"))) {
        return false;
    }
    if (part[0].len > 1 && (!str_to_int(str_from(part[0], 1), &count) || count < 0 || count >= BPMN_NONE)) {
        return false;
    }
    out->repeats = part[0].len > 1 ? (uint32_t)count : BPMN_NONE;
    out->has_date = parts == 3;
    return (parts == 2 || temporal_parse_date_time(zones, part[1], &out->date)) && parse_period(part[parts - 1], out);
}

bool
bpmn_timer_parse(struct zones *zones, struct str text, enum bpmn_timer_kind kind, struct bpmn_timer *out)
{
    struct bpmn_timer t = {.kind = kind, .text = BPMN_NONE};
    bool is_good;

    if (kind == BPMN_DATE) {
        is_good = t.has_date = temporal_parse_date_time(zones, text, &t.date);
    } else if (kind == BPMN_DURATION) {
        is_good = parse_period(text, &t);
    } else {
        is_good = parse_cycle(zones, text, &t);
    }
    if (is_good) {
        *out = t;
    }
    return is_good;
}

/* What begins as ISO 8601 does is meant so: such a text is not FEEL by mistake. */
static bool
looks_written(struct str text, enum bpmn_timer_kind kind)
{
    char first = text.ptr[0];

    return kind == BPMN_DATE ? first >= '0' && first <= '9'
           : kind == BPMN_DURATION
               ? first == 'P' || (first == '-' && text.len > 1 && text.ptr[1] == 'P')
               : first == 'R' && str_find_byte(text, '/') < text.len;
}

bool
bpmn_read_timer(struct bpmn_reader *r, const struct xml *e, uint32_t *out)
{
    static const char *const kinds[] = {"timeDate", "timeDuration", "timeCycle"};
    const struct xml *child = NULL;
    struct bpmn_timer timer = {.text = BPMN_NONE};
    int found = 0;

    *out = BPMN_NONE;
    for (int i = 0; i < 3; i++) {
        const struct xml *c = xml_child(e, kinds[i]);
        found += (c != NULL) + (c != NULL && xml_next(c, kinds[i]) != NULL);
        timer.kind = c != NULL ? (enum bpmn_timer_kind)i : timer.kind;
        child = c != NULL ? c : child;
    }
    if (found != 1 || str_trim(child->text).len == 0) {
        bpmn_say(r, found == 1 ? BPMN_RULE_NO_EXPRESSION : BPMN_RULE_TIMER_ONE, e, STR(""), STR(""));
        return true;
    }
    struct str text = str_trim(child->text);
    enum bpmn_timer_kind kind = timer.kind;
    if (looks_written(text, kind)) {
        if (!bpmn_timer_parse(r->zones, text, kind, &timer)) {
            bpmn_say(r, BPMN_RULE_TIMER, child, text, STR(""));
            return true;
        }
    } else if (!bpmn_read_text(r, child, &timer.text)) {
        return false;
    } else if (timer.text == BPMN_NONE) {
        return true;
    }
    struct bpmn_timer *kept = bpmn_add(r, &r->timers, sizeof(*kept), out);
    if (kept == NULL) {
        return false;
    }
    *kept = timer;
    return true;
}
