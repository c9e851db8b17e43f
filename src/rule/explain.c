/*
 * An evaluation in sentences.  Each step of the trace is one: what was asked, which rules matched, what came of it, and what the rules
 * themselves say they stand on.
 */
#include "rule/dmn_int.h"
#include "rule/explain.h"
#include "rule/naming_int.h"
#include "rule/plain_int.h"

enum { SENTENCE_MAX = 256 << 10, ANNOTATION_MAX = 600, INPUTS_SAID_MAX = 40, SOURCES_SAID_MAX = 6, LEFT_OUT_BYTES = 100 };

struct telling {
    struct arena *arena;
    const struct dmn *model;
    const struct explain_source *source;
    size_t sources;
    struct buf *b;
    bool is_chinese;
};

static void
put(const struct telling *t, const char *zh, const char *en)
{
    buf_put(t->b, str_of(t->is_chinese ? zh : en));
}

static void
put_name(const struct telling *t, struct str name)
{
    plain_put_quoted(t->b, name, t->is_chinese);
}

/* --- what things are called and where they came from ----------------------------------------------------------------------- */

/* Whether the group has the same for readers of either language: texts under names of both scripts. */
static bool
is_bilingual(const struct context *c)
{
    bool has_ascii = false, has_other = false;

    for (size_t i = 0; i < c->count; i++) {
        bool is_text = c->entry[i].value.kind == VALUE_STRING;
        has_ascii |= is_text && naming_is_ascii(c->entry[i].name);
        has_other |= is_text && !naming_is_ascii(c->entry[i].name);
    }
    return has_ascii && has_other;
}

/* Labels of outputs are often in both scripts at once, or say the unit: to whom the name is in theirs, it is said. */
static struct str
output_name(const struct telling *t, const struct dmn_table *table, struct str name)
{
    for (size_t i = 0; naming_is_ascii(name) == t->is_chinese && i < table->outputs; i++) {
        if (str_eq(table->output[i].name, name)) {
            return naming_fitting(name, table->output[i].label, t->is_chinese);
        }
    }
    return name;
}

/* The group of a table's outputs by what these are called, without what is for readers of the other language. */
static struct value
for_reader(const struct telling *t, const struct dmn_table *table, struct value v)
{
    if (v.kind != VALUE_CONTEXT) {
        return v;
    }
    const struct context *from = v.as.context;
    struct context *made = arena_alloc(t->arena, 1, sizeof(*made));
    struct entry *entry = arena_alloc(t->arena, from->count + 1, sizeof(*entry));
    if (made == NULL || entry == NULL) {
        t->b->failed = true;
        return v;
    }
    *made = (struct context){0, entry};
    for (size_t i = 0; i < from->count; i++) {
        bool is_foreign = from->entry[i].value.kind == VALUE_STRING && naming_is_ascii(from->entry[i].name) == t->is_chinese;
        if (!is_foreign || !is_bilingual(from)) {
            entry[made->count].name = output_name(t, table, from->entry[i].name);
            entry[made->count++].value = from->entry[i].value;
        }
    }
    v.as.context = made;
    return v;
}

static const struct explain_source *
source_called(const struct telling *t, struct str name)
{
    for (size_t i = 0; i < t->sources; i++) {
        if (str_eq(t->source[i].input, name)) {
            return &t->source[i];
        }
    }
    return NULL;
}

/*
 * Sources of what the expression names, each once, from *at on: NULL, there is no more.  So the source of a date of birth is said
 * where an age is asked that is calculated from it.
 */
static const struct explain_source *
next_source(const struct telling *t, const struct dmn_text *expression, uint32_t *at)
{
    const struct feel_tree *tree = expression->program == NULL ? NULL : program_tree(expression->program);

    while (tree != NULL && ++*at < tree->count) {
        const struct feel_node *n = &tree->node[*at];
        const struct explain_source *s = n->kind == NODE_NAME ? source_called(t, n->text) : NULL;
        for (uint32_t i = 1; s != NULL && i < *at; i++) {
            bool is_same = tree->node[i].kind == NODE_NAME && str_eq(tree->node[i].text, n->text);
            s = is_same ? NULL : s;
        }
        if (s != NULL) {
            return s;
        }
    }
    return NULL;
}

static bool
is_hidden(const struct telling *t, const struct dmn_text *expression)
{
    const struct explain_source *s;
    uint32_t at = 0;

    while ((s = next_source(t, expression, &at)) != NULL) {
        if (s->is_hidden) {
            return true;
        }
    }
    return false;
}

static bool
is_result_hidden(const struct telling *t, const struct dmn_step *step)
{
    const struct explain_source *s = source_called(t, step->name);

    return s != NULL && s->is_hidden;
}

static void
put_sources(const struct telling *t, const struct dmn_text *expression)
{
    const struct explain_source *s;
    uint32_t at = 0;
    size_t said = 0;

    while (said < SOURCES_SAID_MAX && (s = next_source(t, expression, &at)) != NULL) {
        struct str words = t->is_chinese ? s->zh : s->en;
        if (words.len > 0) {
            put(t, said == 0 ? "（来自" : "、", said == 0 ? " (from " : ", ");
            plain_put_text(t->b, words, PLAIN_TEXT_MAX);
            said++;
        }
    }
    put(t, said == 0 ? "" : "）", said == 0 ? "" : ")");
}

static bool
is_empty_list(struct value v)
{
    return v.kind == VALUE_LIST && v.as.list->count == 0;
}

/* --- because ------------------------------------------------------------------------------------------------------------------ */

static void
put_input(const struct telling *t, const struct dmn_input *input, struct value v)
{
    put_name(t, naming_input(t->model, input, t->is_chinese));
    if (is_hidden(t, &input->expression)) {
        put(t, "已核对", " has been checked");
    } else if (v.kind == VALUE_NULL || is_empty_list(v)) {
        put(t, "为空", " is empty");
    } else {
        put(t, v.kind == VALUE_BOOLEAN ? "为" : "是", " is");
        plain_put_after(t->b, v, t->is_chinese);
    }
    put_sources(t, &input->expression);
}

static void
put_because(const struct telling *t, const struct dmn_step *step)
{
    const struct dmn_table *table = step->table;

    for (size_t i = 0; i < table->inputs && i < INPUTS_SAID_MAX; i++) {
        bool is_last = i > 0 && i + 1 == table->inputs;
        put(t, i == 0 ? "因为" : "，", i == 0 ? "Because " : is_last ? " and " : ", ");
        put_input(t, &table->input[i], step->input[i]);
    }
    if (table->inputs > INPUTS_SAID_MAX) {
        buf_put_fmt(t->b, t->is_chinese ? "，等 %zu 项" : " and so on, %zu in all", table->inputs);
    }
    put(t, table->inputs > 0 ? "，" : "", table->inputs > 0 ? ", " : "");
}

/* --- which rules --------------------------------------------------------------------------------------------------------------- */

struct words {
    const char *zh, *en;
};

/* What the hit policy makes of several rules; of one it says nothing, but an aggregation does. */
static struct words
policy_words(const struct dmn_step *step)
{
    static const struct words aggregations[] = {
        [AGGREGATE_LIST] = {"", ""},
        [AGGREGATE_COUNT] = {"，计其条数", " and are counted"},
        [AGGREGATE_SUM] = {"，相加", " and are added up"},
        [AGGREGATE_MIN] = {"，取最小的", " and the smallest counts"},
        [AGGREGATE_MAX] = {"，取最大的", " and the largest counts"},
    };
    bool has_result = step->result.kind != VALUE_NULL;

    switch (step->table->hit_policy) {
    case HIT_UNIQUE: return (struct words){"，而只应有一条适用", " at once where only one may"};
    case HIT_FIRST: return (struct words){"，取排在最前的一条", " and the first of them counts"};
    case HIT_PRIORITY: return (struct words){"，取最优先的结论", " and what has the highest priority counts"};
    case HIT_ANY: return has_result ? (struct words){"，结论一致", " and agree"} : (struct words){"，而结论不一", " and do not agree"};
    case HIT_COLLECT: return aggregations[step->table->aggregation];
    case HIT_RULE_ORDER:
    case HIT_OUTPUT_ORDER: break;
    }
    return (struct words){"", ""};
}

static void
put_rules(const struct telling *t, const struct dmn_step *step)
{
    bool is_first_word = step->table->inputs == 0, is_one = step->hits == 1;
    uint32_t number[PLAIN_ITEMS_MAX];
    size_t kept = step->hits < PLAIN_ITEMS_MAX ? step->hits : PLAIN_ITEMS_MAX;

    if (step->hits == 0) {
        put(t, "没有规则适用", is_first_word ? "No rule applies" : "no rule applies");
        bool has_default = false; /* null also comes of an input that is not allowed, and then no default is taken */
        for (size_t i = 0; step->result.kind != VALUE_NULL && i < step->table->outputs; i++) {
            has_default |= step->table->output[i].fallback.program != NULL;
        }
        put(t, has_default ? "，取默认值" : "", has_default ? " and the default is taken" : "");
        return;
    }
    for (size_t i = 0; i < kept; i++) {
        number[i] = step->hit[i].rule;
    }
    put(t, "第 ", is_one ? (is_first_word ? "Rule " : "rule ") : is_first_word ? "Rules " : "rules ");
    plain_put_count(t->b, number, kept, step->hits, t->is_chinese);
    put(t, step->hits > PLAIN_ITEMS_MAX ? "规则适用" : " 条规则适用", is_one ? " applies" : " apply");
    if (!is_one) {
        struct words w = policy_words(step);
        put(t, w.zh, w.en);
    }
}

/* --- so ------------------------------------------------------------------------------------------------------------------------- */

static void
put_result(const struct telling *t, const struct dmn_step *step)
{
    bool is_table = step->table != NULL;

    put(t, is_table ? "，所以" : "", is_table ? ", so " : "");
    put_name(t, naming_node(t->model, step->name, t->is_chinese));
    if (is_result_hidden(t, step)) {
        put(t, "已得出", " has been worked out");
    } else if (step->result.kind == VALUE_NULL) {
        put(t, "没有结果", " has no result");
    } else if (is_empty_list(step->result)) {
        put(t, "为空", " is empty");
    } else {
        bool is_group = step->result.kind == VALUE_CONTEXT;
        put(t, is_table ? "为" : "计算得", is_table ? " is" : " is calculated as");
        put(t, is_group ? "：" : "", is_group ? ":" : "");
        plain_put_after(t->b, is_table ? for_reader(t, step->table, step->result) : step->result, t->is_chinese);
    }
    put(t, "。", ".");
}

/* --- on what ground --------------------------------------------------------------------------------------------------------------- */

static bool
is_basis(struct str name)
{
    return name.len == 0 || str_eq(name, STR("依据")) || str_eq(name, STR("法律依据")) || str_eq_fold(name, STR("basis"));
}

/*
 * Where a table has columns of both languages, each reader gets theirs, told by their names; the basis is for both, since law
 * has one text.
 */
static bool
is_for(const struct telling *t, const struct dmn_table *table, size_t column)
{
    bool has_ascii = false, has_other = false;

    for (size_t i = 0; i < table->annotations; i++) {
        bool is = naming_is_ascii(table->annotation[i]);
        has_ascii |= is && !is_basis(table->annotation[i]);
        has_other |= !is;
    }
    return is_basis(table->annotation[column]) || !has_ascii || !has_other || naming_is_ascii(table->annotation[column]) != t->is_chinese;
}

/* The rules that the answer comes from; of those that only matched beside it nothing is said. */
static bool
counts(const struct dmn_step *step, size_t hit)
{
    const struct value *output = step->hit[hit].output;

    switch (step->table->hit_policy) {
    case HIT_UNIQUE: return step->hits == 1;
    case HIT_FIRST: return hit == 0;
    case HIT_PRIORITY:
        for (size_t i = 0; i < step->table->outputs; i++) {
            struct value is = step->table->outputs == 1 ? step->result : value_null();
            if (step->result.kind == VALUE_CONTEXT && step->table->outputs > 1 && i < step->result.as.context->count) {
                is = step->result.as.context->entry[i].value;
            }
            if (!value_same(output[i], is)) {
                return false;
            }
        }
        return true;
    case HIT_ANY:
    case HIT_COLLECT:
    case HIT_RULE_ORDER:
    case HIT_OUTPUT_ORDER: break;
    }
    return true;
}

static struct str
annotation_of(const struct dmn_step *step, size_t hit, size_t column)
{
    const struct dmn_rule *rule = &step->table->rule[step->hit[hit].rule - 1];

    return rule->annotation == NULL ? STR("") : str_trim(rule->annotation[column]);
}

static bool
is_said_before(const struct dmn_step *step, size_t hit, size_t column)
{
    for (size_t i = 0; i < hit; i++) {
        if (counts(step, i) && str_eq(annotation_of(step, i, column), annotation_of(step, hit, column))) {
            return true;
        }
    }
    return false;
}

static void
put_column(const struct telling *t, const struct dmn_step *step, size_t column)
{
    bool is_first = true;
    struct str name = step->table->annotation[column];

    for (size_t hit = 0; hit < step->hits && hit < PLAIN_ITEMS_MAX; hit++) {
        struct str text = annotation_of(step, hit, column);
        if (!counts(step, hit) || text.len == 0 || is_said_before(step, hit, column)) {
            continue;
        }
        if (is_first) {
            put(t, "", " ");
            buf_put(t->b, !is_basis(name) ? name : t->is_chinese ? STR("依据") : STR("Basis"));
        }
        put(t, is_first ? "：" : "；", is_first ? ": " : "; ");
        /* A full stop of its own would make two. */
        text = str_ends(text, STR("。")) ? str_sub(text, 0, text.len - 3) : str_ends(text, STR(".")) ? str_sub(text, 0, text.len - 1) : text;
        plain_put_text(t->b, text, ANNOTATION_MAX);
        is_first = false;
    }
    put(t, is_first ? "" : "。", is_first ? "" : ".");
}

/* --- a step, and all of them -------------------------------------------------------------------------------------------------------- */

static void
put_step(const struct telling *t, const struct dmn_step *step)
{
    if (step->table != NULL) {
        put_because(t, step);
        put_rules(t, step);
    }
    put_result(t, step);
    for (size_t i = 0; step->table != NULL && i < step->table->annotations; i++) {
        if (is_for(t, step->table, i)) {
            put_column(t, step, i);
        }
    }
}

/* From the last step backwards, as many as fit: the last one is what people ask about. */
static enum rc
tell(struct telling *t, const struct dmn_trace *trace, struct str *out, struct err *err)
{
    struct str *sentence = arena_alloc(t->arena, trace->count + 1, sizeof(*sentence));
    size_t bytes = LEFT_OUT_BYTES, first = trace->count;
    struct buf all;

    if (sentence == NULL) {
        return err_set(err, RC_LIMIT, "an explanation does not fit");
    }
    for (size_t i = trace->count; i-- > 0;) {
        struct buf b;
        t->b = &b;
        buf_init(&b, t->arena, SENTENCE_MAX);
        put_step(t, &trace->step[i]);
        enum rc rc = buf_finish(&b, &sentence[i], err);
        if (rc != RC_OK) {
            return rc;
        }
        bytes += sentence[i].len + (t->is_chinese ? 0 : 1);
        if (bytes > EXPLANATION_BYTES_MAX && i + 1 < trace->count) {
            break;
        }
        first = i;
    }
    buf_init(&all, t->arena, EXPLANATION_BYTES_MAX);
    if (first > 0) {
        buf_put_fmt(&all, t->is_chinese ? "（前面 %zu 步从略。）" : "(The first %zu steps are left out.) ", first);
    }
    for (size_t i = first; i < trace->count; i++) {
        buf_put(&all, i > first && !t->is_chinese ? STR(" ") : STR(""));
        plain_put_text(&all, sentence[i], EXPLANATION_BYTES_MAX - 2 * LEFT_OUT_BYTES);
    }
    return buf_finish(&all, out, err);
}

enum rc
explain(struct arena *a, const struct dmn *m, const struct dmn_trace *trace, const struct explain_source *source, size_t sources,
        struct explanation *out, struct err *err)
{
    struct telling zh = {.arena = a, .model = m, .source = source, .sources = sources, .is_chinese = true}, en = zh;
    struct explanation made;
    enum rc rc;

    en.is_chinese = false;
    if ((rc = tell(&zh, trace, &made.zh, err)) != RC_OK || (rc = tell(&en, trace, &made.en, err)) != RC_OK) {
        return rc;
    }
    *out = made;
    return RC_OK;
}

/* --- JSON ------------------------------------------------------------------------------------------------------------------------------ */

static void
put_text(const struct telling *t, const char *key, struct str text)
{
    buf_put(t->b, str_of(key));
    json_write(t->b, json_text(t->arena, text));
}

static void
put_json_source(const struct telling *t, const struct dmn_text *expression)
{
    const struct explain_source *s;
    uint32_t at = 0;

    /* Of several the first: whoever wants all of them reads the sentence. */
    do {
        s = next_source(t, expression, &at);
    } while (s != NULL && s->zh.len == 0 && s->en.len == 0);
    if (s != NULL) {
        put_text(t, ",\"source\":{\"zh\":", s->zh);
        put_text(t, ",\"en\":", s->en);
        buf_put_char(t->b, '}');
    }
}

static void
put_json_table(const struct telling *t, const struct dmn_step *step)
{
    const struct dmn_table *table = step->table;

    put_text(t, ",\"table\":", table->name);
    buf_put(t->b, STR(",\"inputs\":["));
    for (size_t i = 0; i < table->inputs; i++) {
        put_text(t, i > 0 ? ",{\"name\":" : "{\"name\":", table->input[i].label);
        if (is_hidden(t, &table->input[i].expression)) {
            buf_put(t->b, STR(",\"hidden\":true"));
        } else {
            buf_put(t->b, STR(",\"value\":"));
            value_put_json(t->b, step->input[i]);
        }
        put_json_source(t, &table->input[i].expression);
        buf_put_char(t->b, '}');
    }
    buf_put(t->b, STR("],\"rules\":["));
    for (size_t i = 0; i < step->hits && !t->b->failed; i++) {
        bool is_first = true;
        buf_put_fmt(t->b, "%s{\"rule\":%u", i > 0 ? "," : "", step->hit[i].rule);
        put_text(t, ",\"id\":", table->rule[step->hit[i].rule - 1].id);
        buf_put(t->b, STR(",\"annotation\":["));
        for (size_t k = 0; k < table->annotations; k++) {
            struct str text = annotation_of(step, i, k);
            if (text.len > 0) {
                put_text(t, is_first ? "{\"name\":" : ",{\"name\":", table->annotation[k]);
                put_text(t, ",\"text\":", text);
                buf_put_char(t->b, '}');
                is_first = false;
            }
        }
        buf_put(t->b, STR("]}"));
    }
    buf_put_char(t->b, ']');
}

enum rc
explain_json(struct arena *a, const struct dmn *m, const struct dmn_trace *trace, const struct explain_source *source, size_t sources,
             struct buf *out, struct err *err)
{
    struct telling t = {.arena = a, .model = m, .source = source, .sources = sources, .b = out};
    struct explanation words;
    struct str whole;
    enum rc rc = explain(a, m, trace, source, sources, &words, err);

    if (rc != RC_OK) {
        return rc;
    }
    put_text(&t, "{\"model\":", m->name);
    put_text(&t, ",\"namespace\":", m->name_space);
    buf_put(out, STR(",\"steps\":["));
    for (size_t i = 0; i < trace->count && !out->failed; i++) {
        const struct dmn_step *step = &trace->step[i];
        put_text(&t, i > 0 ? ",{\"decision\":" : "{\"decision\":", step->name);
        if (step->table != NULL) {
            put_json_table(&t, step);
        }
        if (is_result_hidden(&t, step)) {
            buf_put(out, STR(",\"hidden\":true}"));
        } else {
            buf_put(out, STR(",\"result\":"));
            value_put_json(out, step->result);
            buf_put_char(out, '}');
        }
    }
    put_text(&t, "],\"zh\":", words.zh);
    put_text(&t, ",\"en\":", words.en);
    buf_put_char(out, '}');
    return buf_finish(out, &whole, err);
}
