/*
 * The vocabulary of BPMN_GOV as one table, and each extension of a model by its row of it into a shape.
 *
 * First the whole document is walked for what stands where nobody would look; then clocks are read, which everything else may name;
 * then what each element says.
 */
#include "process/gov_int.h"

enum { WORDS_MAX = 7, RETRIES_MAX = 1000 };
#define ONLY(kind) (1U << BPMN_##kind)
#define EVERYWHERE ((1U << BPMN_KINDS) - 1)
#define PROCESS (1U << BPMN_KINDS)
#define EVENTS (ONLY(START) | ONLY(END) | ONLY(CATCH) | ONLY(THROW) | ONLY(BOUNDARY))
#define NOTHING STR(""), STR("")

enum word_kind { WORD_TEXT, WORD_FORMULA, WORD_PERIOD, WORD_CHOICE, WORD_COUNT };
struct word { /* an attribute */
    const char *name;
    enum word_kind kind;
    bool is_needed;
    const char *const *choices;
};
/* What one element says, while it is read. */
struct build {
    struct bpmn_reader *r;
    uint32_t element; /* BPMN_NONE: a process says it */
    uint32_t process;
    struct bpmn_run run;
    struct gov_element g;
    struct gov_on *on;
    struct gov_state *state;
    struct gov_outcome *outcome;
    struct gov_input *input, *output;
};
struct found { /* an extension */
    const struct bpmn_extension *x;
    const struct xml *e;
};
struct spec {
    const char *name;
    unsigned where;
    bool is_once;
    bool (*take)(struct build *b, struct found f);
    struct word word[WORDS_MAX];
};

/* --- attributes ------------------------------------------------------------------------------------ */

static const struct bpmn_attribute *
attribute(const struct build *b, struct found f, const char *name)
{
    for (uint32_t i = 0; i < f.x->attributes.count; i++) {
        const struct bpmn_attribute *a = BPMN_AT(b->r->attributes, bpmn_attribute, f.x->attributes.first + i);
        if (str_eq(a->name, str_of(name))) {
            return a;
        }
    }
    return NULL;
}

static struct str
text_of(const struct build *b, struct found f, const char *name)
{
    const struct bpmn_attribute *a = attribute(b, f, name);

    return a != NULL ? str_trim(a->value) : STR("");
}

static struct gov_value
value_of(const struct build *b, struct found f, const char *name)
{
    const struct bpmn_attribute *a = attribute(b, f, name);

    return a != NULL ? (struct gov_value){str_trim(a->value), a->text} : (struct gov_value){STR(""), BPMN_NONE};
}

/* Its place in the list; the first one if it is not there, which was said when the attribute was checked. */
static unsigned
choice_of(const struct build *b, struct found f, const char *name, const char *const *choices)
{
    struct str text = text_of(b, f, name);

    for (unsigned i = 0; choices[i] != NULL; i++) {
        if (str_eq(text, str_of(choices[i]))) {
            return i;
        }
    }
    return 0;
}

static bool
is_good_word(struct bpmn_reader *r, const struct word *w, const struct bpmn_attribute *a)
{
    struct str text = str_trim(a->value);
    struct bpmn_timer timer;
    int64_t number;

    if (str_starts(a->value, STR("="))) { /* what is wrong with it was said */
        return w->kind == WORD_FORMULA || w->kind == WORD_PERIOD;
    }
    switch (w->kind) {
    case WORD_TEXT:
    case WORD_FORMULA:
        return true;
    case WORD_PERIOD:
        return bpmn_timer_parse(r->zones, text, BPMN_DURATION, &timer);
    case WORD_COUNT:
        return str_to_int(text, &number) && number >= 0 && number <= RETRIES_MAX;
    case WORD_CHOICE:
        for (unsigned i = 0; w->choices[i] != NULL; i++) {
            if (str_eq(text, str_of(w->choices[i]))) {
                return true;
            }
        }
        return false;
    }
    return false;
}

static const struct word *
find_word(const struct spec *s, struct str name)
{
    for (unsigned i = 0; i < WORDS_MAX && s->word[i].name != NULL; i++) {
        if (str_eq(name, str_of(s->word[i].name))) {
            return &s->word[i];
        }
    }
    return NULL;
}

static void
check_words(const struct build *b, const struct spec *s, struct found f)
{
    for (uint32_t i = 0; i < f.x->attributes.count; i++) {
        const struct bpmn_attribute *a = BPMN_AT(b->r->attributes, bpmn_attribute, f.x->attributes.first + i);
        const struct word *w = find_word(s, a->name);
        if (w == NULL) {
            bpmn_say(b->r, BPMN_RULE_GOV_UNKNOWN, f.e, a->name, STR(""));
        } else if (str_trim(a->value).len > 0 && !is_good_word(b->r, w, a)) {
            bpmn_say(b->r, BPMN_RULE_GOV_VALUE, f.e, a->name, a->value);
        }
    }
    for (unsigned i = 0; i < WORDS_MAX && s->word[i].name != NULL; i++) {
        if (s->word[i].is_needed && text_of(b, f, s->word[i].name).len == 0) {
            bpmn_say(b->r, BPMN_RULE_REFERENCE_MISSING, f.e, str_of(s->word[i].name), STR(""));
        }
    }
    if (f.x->text.len > 0) {
        bpmn_say(b->r, BPMN_RULE_VALUE, f.e, f.x->text, STR(""));
    }
}

/* --- each element of the vocabulary ------------------------------------------------------------------ */

static const char *const roles[] = {[GOV_OFFICER] = "officer", [GOV_CITIZEN] = "citizen", NULL};
static const char *const form_words[] = {"required", "none", NULL};
static const char *const reasons[] = {
    [GOV_REASON_OPTIONAL] = "optional", [GOV_REASON_REQUIRED] = "required", [GOV_REASON_NONE] = "none", NULL};
static const char *const sign_rules[] = {
    [GOV_SIGN_ALL] = "all", [GOV_SIGN_MAJORITY] = "majority", [GOV_SIGN_ONE_VETO] = "one-veto", NULL};

/* Room for all extensions of that element, of which some are of this kind. */
#define LIST(b, list, type) ((b)->list != NULL ? (b)->list : ((b)->list = bpmn_room((b)->r, (b)->run.count, sizeof(struct type))))
/* One of those that stand once. */
#define ONE(b, field, type) struct type *field = bpmn_room((b)->r, 1, sizeof(*field)); \
    (b)->g.field = field

static bool
take_on(struct build *b, struct found f)
{
    struct str id = text_of(b, f, "clock");

    if (LIST(b, on, gov_on) == NULL) {
        return false;
    }
    uint32_t clock = gov_find_clock(&b->r->made, b->process, id);
    if (clock == BPMN_NONE && id.len > 0) {
        bpmn_say(b->r, BPMN_RULE_GOV_CLOCK, f.e, id, STR(""));
    }
    b->on[b->g.ons++] = (struct gov_on){.at = (enum gov_at)choice_of(b, f, "at", gov_at_names),
                                        .what = (enum gov_do)choice_of(b, f, "do", gov_do_names),
                                        .clock = clock,
                                        .basis = text_of(b, f, "basis")};
    return true;
}

static bool
take_state(struct build *b, struct found f)
{
    if (LIST(b, state, gov_state) == NULL) {
        return false;
    }
    b->state[b->g.states++] = (struct gov_state){.at = (enum gov_at)choice_of(b, f, "at", gov_at_names),
                                                 .value = text_of(b, f, "value"),
                                                 .zh = text_of(b, f, "zh"),
                                                 .en = text_of(b, f, "en")};
    return true;
}

static bool
take_assignment(struct build *b, struct found f)
{
    ONE(b, assignment, gov_assignment);
    if (assignment == NULL) {
        return false;
    }
    *assignment = (struct gov_assignment){.role = (enum gov_role)choice_of(b, f, "role", roles),
                                          .org = value_of(b, f, "org"),
                                          .region = value_of(b, f, "region"),
                                          .power = value_of(b, f, "power")};
    return true;
}

static bool
take_form(struct build *b, struct found f)
{
    b->g.form = text_of(b, f, "key");
    return true;
}

static bool
take_outcome(struct build *b, struct found f)
{
    struct str code = text_of(b, f, "code");

    if (LIST(b, outcome, gov_outcome) == NULL) {
        return false;
    }
    b->g.outcome = b->outcome;
    if (gov_find_outcome(&b->g, code) != NULL) {
        bpmn_say(b->r, BPMN_RULE_GOV_TWICE, f.e, code, STR(""));
    }
    b->outcome[b->g.outcomes++] = (struct gov_outcome){.code = code,
                                                       .zh = text_of(b, f, "zh"),
                                                       .en = text_of(b, f, "en"),
                                                       .act = text_of(b, f, "act"),
                                                       .reason = (enum gov_reason)choice_of(b, f, "reason", reasons),
                                                       .without_form = choice_of(b, f, "form", form_words) == 1,
                                                       .power = value_of(b, f, "power")};
    return true;
}

static bool
take_supplement(struct build *b, struct found f)
{
    ONE(b, supplement, gov_supplement);
    if (supplement == NULL) {
        return false;
    }
    *supplement = (struct gov_supplement){.fields = value_of(b, f, "fields"),
                                          .within = value_of(b, f, "within"),
                                          .expired = text_of(b, f, "expired"),
                                          .basis = text_of(b, f, "basis")};
    return true;
}

static bool
take_return(struct build *b, struct found f)
{
    struct str rest = text_of(b, f, "to"), id;
    uint32_t *to = bpmn_room(b->r, rest.len / 2 + 1, sizeof(*to));

    while (to != NULL && str_next(&rest, ' ', &id)) {
        uint32_t element = bpmn_refer(b->r, f.e, id, IDENT_ELEMENT);
        if (element != BPMN_NONE) {
            to[b->g.returns++] = element;
        }
    }
    b->g.returns_to = to;
    return to != NULL;
}

static bool
take_second_person(struct build *b, struct found f)
{
    struct str id = text_of(b, f, "after");
    uint32_t element = bpmn_refer(b->r, f.e, id, IDENT_ELEMENT);

    if (element != BPMN_NONE && (b->r->made.element[element].kind != BPMN_USER || element == b->element)) {
        bpmn_say(b->r, BPMN_RULE_REFERENCE, f.e, id, STR(""));
    }
    b->g.second_person = element;
    return true;
}

static bool
take_countersign(struct build *b, struct found f)
{
    uint32_t loop = b->r->made.element[b->element].loop;

    if (loop == BPMN_NONE || b->r->made.loop[loop].kind != BPMN_MULTI_PARALLEL) {
        bpmn_say(b->r, BPMN_RULE_GOV_COUNTERSIGN, f.e, NOTHING);
    }
    ONE(b, countersign, gov_countersign);
    if (countersign == NULL) {
        return false;
    }
    *countersign = (struct gov_countersign){(enum gov_sign_rule)choice_of(b, f, "rule", sign_rules), text_of(b, f, "pass")};
    return true;
}

static bool
take_job(struct build *b, struct found f)
{
    struct str retries = text_of(b, f, "retries");

    b->g.job = text_of(b, f, "type");
    if (!str_to_int(retries, &b->g.retries)) {
        b->g.retries = -1;
    }
    return true;
}

/* One more of a list in which each name stands once. */
static void
take_named(struct build *b, struct found f, struct gov_input *list, size_t *count)
{
    struct str name = text_of(b, f, "name");

    for (size_t i = 0; i < *count; i++) {
        if (str_eq(list[i].name, name)) {
            bpmn_say(b->r, BPMN_RULE_GOV_TWICE, f.e, name, STR(""));
        }
    }
    list[(*count)++] = (struct gov_input){name, value_of(b, f, "value")};
}

static bool
take_input(struct build *b, struct found f)
{
    if (LIST(b, input, gov_input) == NULL) {
        return false;
    }
    take_named(b, f, b->input, &b->g.inputs);
    return true;
}

static bool
take_output(struct build *b, struct found f)
{
    if (LIST(b, output, gov_input) == NULL) {
        return false;
    }
    take_named(b, f, b->output, &b->g.outputs);
    return true;
}

static bool
take_rule(struct build *b, struct found f)
{
    b->g.rule = value_of(b, f, "key");
    b->g.decision = text_of(b, f, "decision");
    return true;
}

static bool
take_handover(struct build *b, struct found f)
{
    ONE(b, handover, gov_handover);
    if (handover == NULL) {
        return false;
    }
    *handover = (struct gov_handover){value_of(b, f, "node"), value_of(b, f, "process")};
    return true;
}

static bool
take_message(struct build *b, struct found f)
{
    const struct bpmn_element *n = &b->r->made.element[b->element];
    bool has_message = n->kind == BPMN_SEND || n->kind == BPMN_RECEIVE;

    for (uint32_t i = 0; i < n->events.count; i++) {
        has_message = has_message || b->r->made.event[n->events.first + i].trigger == BPMN_MESSAGE;
    }
    if (!has_message) {
        bpmn_say(b->r, BPMN_RULE_GOV_UNKNOWN, f.e, STR("message"), STR(""));
    }
    b->g.message_key = value_of(b, f, "key");
    return true;
}

static bool
take_act(struct build *b, struct found f)
{
    ONE(b, act, gov_act);
    if (act == NULL) {
        return false;
    }
    *act = (struct gov_act){text_of(b, f, "kind"), text_of(b, f, "zh"), text_of(b, f, "en")};
    return true;
}

/* Into the list of all clocks; the only one that is read before the others. */
static bool
take_clock(struct build *b, struct found f)
{
    struct str id = text_of(b, f, "id");
    struct gov *all = b->r->gov;

    if (gov_find_clock(&b->r->made, b->process, id) != BPMN_NONE) {
        bpmn_say(b->r, BPMN_RULE_GOV_TWICE, f.e, id, STR(""));
        return true;
    }
    if (all->clocks == GOV_CLOCKS_MAX) {
        return bpmn_too_many(b->r, f.e, STR("there are too many clocks"), STR("时钟太多"));
    }
    b->r->gov_clock[all->clocks++] = (struct gov_clock){.id = id,
                                                        .rule = text_of(b, f, "rule"),
                                                        .kind = (enum gov_clock_kind)choice_of(b, f, "kind", gov_clock_kinds),
                                                        .org = value_of(b, f, "org"),
                                                        .process = b->process,
                                                        .element = b->element};
    return true;
}

static const struct spec specs[] = {
    {"clock", PROCESS | ONLY(SUB), false, take_clock,
     {{"id", WORD_TEXT, true, NULL}, {"rule", WORD_TEXT, true, NULL}, {"kind", WORD_CHOICE, true, gov_clock_kinds},
      {"org", WORD_FORMULA, false, NULL}}},
    {"on", EVERYWHERE, false, take_on,
     {{"at", WORD_CHOICE, true, gov_at_names}, {"clock", WORD_TEXT, true, NULL}, {"do", WORD_CHOICE, true, gov_do_names},
      {"basis", WORD_TEXT, false, NULL}}},
    {"state", EVERYWHERE, false, take_state,
     {{"at", WORD_CHOICE, true, gov_at_names}, {"value", WORD_TEXT, true, NULL}, {"zh", WORD_TEXT, true, NULL},
      {"en", WORD_TEXT, true, NULL}}},
    {"assignment", ONLY(USER), true, take_assignment,
     {{"org", WORD_FORMULA, false, NULL}, {"role", WORD_CHOICE, false, roles}, {"region", WORD_FORMULA, false, NULL},
      {"power", WORD_FORMULA, false, NULL}}},
    {"form", ONLY(USER), true, take_form, {{"key", WORD_TEXT, true, NULL}}},
    {"outcome", ONLY(USER), false, take_outcome,
     {{"code", WORD_TEXT, true, NULL}, {"zh", WORD_TEXT, true, NULL}, {"en", WORD_TEXT, true, NULL}, {"act", WORD_TEXT, false, NULL},
      {"reason", WORD_CHOICE, false, reasons}, {"form", WORD_CHOICE, false, form_words}, {"power", WORD_FORMULA, false, NULL}}},
    {"supplement", ONLY(USER), true, take_supplement,
     {{"fields", WORD_FORMULA, true, NULL}, {"within", WORD_PERIOD, true, NULL}, {"expired", WORD_TEXT, false, NULL},
      {"basis", WORD_TEXT, false, NULL}}},
    {"return", ONLY(USER), true, take_return, {{"to", WORD_TEXT, true, NULL}}},
    {"second-person", ONLY(USER), true, take_second_person, {{"after", WORD_TEXT, true, NULL}}},
    {"countersign", ONLY(USER), true, take_countersign, {{"rule", WORD_CHOICE, true, sign_rules}, {"pass", WORD_TEXT, true, NULL}}},
    {"job", ONLY(SERVICE) | ONLY(SEND), true, take_job, {{"type", WORD_TEXT, true, NULL}, {"retries", WORD_COUNT, false, NULL}}},
    {"input", ONLY(SERVICE) | ONLY(SEND) | ONLY(RULE) | ONLY(CALL), false, take_input,
     {{"name", WORD_TEXT, true, NULL}, {"value", WORD_FORMULA, true, NULL}}},
    {"output", ONLY(CALL), false, take_output, {{"name", WORD_TEXT, true, NULL}, {"value", WORD_FORMULA, true, NULL}}},
    {"rule", ONLY(RULE), true, take_rule, {{"key", WORD_FORMULA, true, NULL}, {"decision", WORD_TEXT, false, NULL}}},
    {"handover", ONLY(CALL), true, take_handover, {{"node", WORD_FORMULA, true, NULL}, {"process", WORD_FORMULA, false, NULL}}},
    {"message", EVENTS | ONLY(SEND) | ONLY(RECEIVE), true, take_message, {{"key", WORD_FORMULA, true, NULL}}},
    {"act", EVERYWHERE, true, take_act,
     {{"kind", WORD_TEXT, true, NULL}, {"zh", WORD_TEXT, true, NULL}, {"en", WORD_TEXT, true, NULL}}},
};

/* --- what one element says --------------------------------------------------------------------------- */

static const struct spec *
find_spec(struct str name)
{
    for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
        if (str_eq(name, str_of(specs[i].name))) {
            return &specs[i];
        }
    }
    return NULL;
}

/* Whether one of that name stood before. */
static bool
stood_before(const struct build *b, uint32_t at)
{
    for (uint32_t i = b->run.first; i < at; i++) {
        if (str_eq(BPMN_AT(b->r->extensions, bpmn_extension, i)->name, BPMN_AT(b->r->extensions, bpmn_extension, at)->name)) {
            return true;
        }
    }
    return false;
}

/* Clocks only, or all but them. */
static bool
read_run(struct build *b, bool clocks)
{
    unsigned place = b->element == BPMN_NONE ? PROCESS : 1U << b->r->made.element[b->element].kind;

    for (uint32_t i = b->run.first; i < b->run.first + b->run.count; i++) {
        struct found f = {BPMN_AT(b->r->extensions, bpmn_extension, i), bpmn_xml_at(&b->r->extension_xml, i)};
        const struct spec *s = find_spec(f.x->name);
        if (f.x->name.len == 0 || (s != NULL && s->take == take_clock) != clocks) { /* attributes were looked at already */
            continue;
        }
        if (s == NULL || f.x->parent != BPMN_NONE || (s->where & place) == 0) {
            bpmn_say(b->r, BPMN_RULE_GOV_UNKNOWN, f.e, f.x->name, STR(""));
            continue;
        }
        if (s->is_once && stood_before(b, i)) {
            bpmn_say(b->r, BPMN_RULE_GOV_TWICE, f.e, f.x->name, STR(""));
        }
        check_words(b, s, f);
        if (!s->take(b, f)) {
            return false;
        }
    }
    return true;
}

/* Only where a supplement may be asked is there a moment of it. */
static void
check_at(const struct build *b, enum gov_at at, bool is_known)
{
    bool is_supplement = at == GOV_SUPPLEMENT || at == GOV_SUPPLY;

    if (!is_known || (is_supplement && b->g.supplement == NULL)) {
        bpmn_say_element(b->r, BPMN_RULE_GOV_VALUE, b->element, STR("at"), str_of(gov_at_name(at)));
    }
}

/* Codes that something else on the task names. */
static void
check_codes(const struct build *b)
{
    const struct gov_element *g = &b->g;
    struct str expired = g->supplement != NULL ? g->supplement->expired : STR("");
    struct str pass = g->countersign != NULL ? g->countersign->pass : STR("");

    if (expired.len > 0 && gov_find_outcome(g, expired) == NULL) {
        bpmn_say_element(b->r, BPMN_RULE_REFERENCE, b->element, expired, STR(""));
    }
    if (pass.len > 0 && gov_find_outcome(g, pass) == NULL) {
        bpmn_say_element(b->r, BPMN_RULE_REFERENCE, b->element, pass, STR(""));
    }
    for (size_t i = 0; i < g->states; i++) {
        check_at(b, g->state[i].at, g->state[i].at != GOV_CANCEL);
    }
    for (size_t i = 0; i < g->ons; i++) {
        check_at(b, g->on[i].at, true);
    }
}

/* How many of its times are caught up is asked of a timer that begins processes. */
static void
check_missed(const struct build *b, const struct bpmn_event *e, bool is_before)
{
    int64_t most;

    if (e->missed.len > 0 && !is_before) {
        bpmn_say_element(b->r, BPMN_RULE_GOV_UNKNOWN, b->element, STR("missed"), STR(""));
    } else if (e->missed.len > 0 && (!str_to_int(e->missed, &most) || most < 1 || most > BPMN_MISSED_MAX)) {
        bpmn_say_element(b->r, BPMN_RULE_GOV_VALUE, b->element, STR("gov:missed"), e->missed);
    }
}

/* A timer that is a clock of the case. */
static void
check_timers(const struct build *b)
{
    const struct bpmn *m = &b->r->made;
    const struct bpmn_element *n = &m->element[b->element];

    for (uint32_t i = 0; i < n->events.count; i++) {
        const struct bpmn_event *e = &m->event[n->events.first + i];
        bool is_before = n->kind == BPMN_START && m->scope[n->scope].element == BPMN_NONE; /* there is a case */
        check_missed(b, e, is_before);
        if (e->clock.len == 0) {
            continue;
        }
        if (is_before) {
            bpmn_say_element(b->r, BPMN_RULE_GOV_UNKNOWN, b->element, STR("clock"), STR(""));
        } else if (gov_find_clock(m, b->process, e->clock) == BPMN_NONE) {
            bpmn_say_element(b->r, BPMN_RULE_GOV_CLOCK, b->element, e->clock, STR(""));
        }
        if (!str_eq(e->when, STR("warn")) && !str_eq(e->when, STR("over"))) {
            bpmn_say_element(b->r, e->when.len > 0 ? BPMN_RULE_GOV_VALUE : BPMN_RULE_REFERENCE_MISSING, b->element, STR("gov:when"),
                             e->when);
        }
    }
}

static bool
says_something(const struct build *b)
{
    const struct bpmn_element *n = &b->r->made.element[b->element];

    return b->run.count > 0 || n->result.len > 0;
}

/* Elements that say nothing share what stands for that. */
static bool
read_element(struct bpmn_reader *r, uint32_t element, const struct gov_element *const nothing[2], const struct gov_element **out)
{
    const struct bpmn_element *n = &r->made.element[element];
    bool is_user = n->kind == BPMN_USER;
    struct build b = {.r = r, .element = element, .process = r->made.scope[n->scope].process, .run = n->extensions, .g = *nothing[is_user]};

    check_timers(&b);
    *out = nothing[is_user];
    if (!says_something(&b)) {
        return true;
    }
    b.g.result = n->result.len > 0 ? n->result : b.g.result;
    if (!read_run(&b, false)) {
        return false;
    }
    b.g.on = b.on;
    b.g.state = b.state;
    b.g.input = b.input;
    b.g.output = b.output;
    check_codes(&b);
    struct gov_element *kept = bpmn_room(r, 1, sizeof(*kept));
    if (kept != NULL) {
        *kept = b.g;
        *out = kept;
    }
    return kept != NULL;
}

static bool
read_clocks(struct bpmn_reader *r)
{
    for (uint32_t i = 0; i < r->made.processes; i++) {
        struct build b = {.r = r, .element = BPMN_NONE, .process = i, .run = r->made.process[i].extensions};
        if (!read_run(&b, true) || !read_run(&b, false)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < r->made.elements; i++) {
        const struct bpmn_element *n = &r->made.element[i];
        struct build b = {.r = r, .element = i, .process = r->made.scope[n->scope].process, .run = n->extensions};
        if (!read_run(&b, true)) {
            return false;
        }
    }
    return true;
}

/* --- where nobody would look --------------------------------------------------------------------------- */

static bool
may_carry(const struct xml *e, struct str attribute)
{
    static const char *const results[] = {"userTask", "scriptTask", "businessRuleTask", "globalUserTask", "globalScriptTask",
                                          "globalBusinessRuleTask"};

    if (str_eq(attribute, STR("en"))) { /* the English name beside the Chinese one */
        return xml_has(e, "name");
    }
    if (xml_is(e, "timerEventDefinition")) {
        return str_eq(attribute, STR("clock")) || str_eq(attribute, STR("when")) || str_eq(attribute, STR("missed"));
    }
    for (size_t i = 0; str_eq(attribute, STR("result")) && i < sizeof(results) / sizeof(results[0]); i++) {
        if (xml_is(e, results[i])) {
            return true;
        }
    }
    return false;
}

/* Read with the process or element around: directly in its first extensionElements. */
static bool
is_read(const struct bpmn_reader *r, const struct xml *e)
{
    const struct xml *list = e->parent, *owner = list != NULL ? list->parent : NULL;
    bool is_owner = owner != NULL && (xml_is(owner, "process") || str_starts(owner->name, STR("global")));

    for (size_t i = 0; owner != NULL && !is_owner && i < BPMN_KINDS; i++) {
        is_owner = xml_is(owner, bpmn_tag((enum bpmn_kind)i));
    }
    return is_owner && bpmn_is_ours(r, owner) && xml_child(owner, "extensionElements") == list;
}

static void
look_everywhere(struct bpmn_reader *r)
{
    for (const struct xml *e = r->document.root; e != NULL; e = bpmn_after(e)) {
        bool is_gov = str_eq(e->name_space, STR(BPMN_GOV));
        for (size_t i = 0; i < e->attributes; i++) {
            if (str_eq(e->attribute[i].name_space, STR(BPMN_GOV)) && (is_gov || !may_carry(e, e->attribute[i].name))) {
                bpmn_say(r, BPMN_RULE_GOV_UNKNOWN, e, e->attribute[i].name, STR(""));
            }
        }
        if (is_gov && e->parent != NULL && !str_eq(e->parent->name_space, STR(BPMN_GOV)) && !is_read(r, e)) {
            bpmn_say(r, BPMN_RULE_GOV_UNKNOWN, e, e->name, STR(""));
        }
        if (xml_is(e, "timerEventDefinition") && xml_attribute_of(e, STR(BPMN_GOV), "when").len > 0 &&
            xml_attribute_of(e, STR(BPMN_GOV), "clock").len == 0) {
            bpmn_say(r, BPMN_RULE_REFERENCE_MISSING, e, STR("gov:clock"), STR(""));
        }
    }
}

bool
gov_read(struct bpmn_reader *r)
{
    static const struct gov_value empty = {STR_INIT(""), BPMN_NONE};
    struct gov *all = bpmn_room(r, 1, sizeof(*all));
    const struct gov_element **element = bpmn_room(r, r->made.elements, sizeof(*element));
    struct gov_element *nothing = bpmn_room(r, 2, sizeof(*nothing));

    r->gov = all;
    r->gov_clock = bpmn_room(r, GOV_CLOCKS_MAX, sizeof(struct gov_clock));
    if (all == NULL || element == NULL || nothing == NULL || r->gov_clock == NULL) {
        return false;
    }
    nothing[0] = (struct gov_element){.result = STR(""), .form = STR(""), .second_person = BPMN_NONE, .job = STR(""), .retries = -1,
                                      .rule = empty, .decision = STR(""), .message_key = empty};
    nothing[1] = nothing[0];
    nothing[1].result = STR("outcome");
    all->clock = r->gov_clock;
    all->element = element;
    r->made.gov = all;
    look_everywhere(r);
    if (!read_clocks(r)) {
        return false;
    }
    for (uint32_t i = 0; i < r->made.elements; i++) {
        if (!read_element(r, i, (const struct gov_element *const[2]){&nothing[0], &nothing[1]}, &element[i])) {
            return false;
        }
    }
    return true;
}
