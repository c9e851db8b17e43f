/* Decision tables (DMN 1.5, 8). */
#include "rule/dmn_read_int.h"

static const struct {
    struct str word;
    enum hit_policy policy;
} policies[] = {
    {STR_INIT("UNIQUE"), HIT_UNIQUE},
    {STR_INIT("FIRST"), HIT_FIRST},
    {STR_INIT("PRIORITY"), HIT_PRIORITY},
    {STR_INIT("ANY"), HIT_ANY},
    {STR_INIT("COLLECT"), HIT_COLLECT},
    {STR_INIT("RULE ORDER"), HIT_RULE_ORDER},
    {STR_INIT("OUTPUT ORDER"), HIT_OUTPUT_ORDER},
};
static const struct {
    struct str word;
    enum aggregation aggregation;
} aggregations[] = {
    {STR_INIT("SUM"), AGGREGATE_SUM},
    {STR_INIT("COUNT"), AGGREGATE_COUNT},
    {STR_INIT("MIN"), AGGREGATE_MIN},
    {STR_INIT("MAX"), AGGREGATE_MAX},
};

static bool
read_policy(struct reader *r, const struct xml *e, struct dmn_table *t)
{
    struct str policy = str_trim(xml_attribute(e, "hitPolicy")), how = str_trim(xml_attribute(e, "aggregation"));
    bool is_known = policy.len == 0, is_how = how.len == 0;

    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        if (str_eq(policies[i].word, policy)) {
            t->hit_policy = policies[i].policy;
            is_known = true;
        }
    }
    for (size_t i = 0; i < sizeof(aggregations) / sizeof(aggregations[0]); i++) {
        if (str_eq(aggregations[i].word, how)) {
            t->aggregation = aggregations[i].aggregation;
            is_how = true;
        }
    }
    if (!is_known || !is_how) {
        struct str cut = str_sub(is_known ? how : policy, 0, 40);
        return reader_fail(r, e, "there is no hit policy or aggregation %.*s", "没有 %.*s 这种命中策略或汇总方式", STR_ARG(cut));
    }
    if (t->hit_policy != HIT_COLLECT) {
        t->aggregation = AGGREGATE_LIST;
    }
    return true;
}

struct columns {
    struct dmn_input *input;
    struct dmn_output *output;
    struct str *annotation;
    const struct feel_type **shape; /* of the inputs */
    struct feel_name *member;       /* the outputs */
};

static bool
read_input(struct reader *r, const struct xml *e, const struct feel_scope *scope, struct dmn_input *in,
           const struct feel_type **shape)
{
    const struct xml *expression = xml_child(e, "inputExpression"), *values = xml_child(e, "inputValues");
    struct typed typed;

    if (expression == NULL) {
        return reader_fail(r, e, "the input has no expression", "该输入列没有表达式");
    }
    if (!reader_type(r, r->model, expression, "typeRef", &typed) ||
        !reader_expression(r, expression, scope, &in->expression)) {
        return false;
    }
    in->id = xml_attribute(e, "id");
    in->type = typed.type;
    *shape = typed.shape;
    in->label = str_trim(xml_attribute(e, "label"));
    in->label = in->label.len > 0 ? in->label : in->expression.text;
    return values == NULL || reader_tests(r, values, scope, *shape, &in->values);
}

/* Asked in memory of its own first: where the arena is full the answer is no, too. */
static bool
are_constants(const struct program *p)
{
    struct arena *a = arena_new(DMN_BYTES_MAX * 4);
    const struct list *constants;
    bool is_negated = false, is_good = program_constants(a, p, &is_negated, &constants);

    arena_free(a);
    return is_good && !is_negated;
}

/* Its own values in order, or else those that its type allows. */
static bool
read_ordered(struct reader *r, const struct xml *e, struct dmn_output *out)
{
    const struct program *p = out->values.program;
    bool is_negated;

    if (p == NULL && out->type != NULL) {
        p = out->type->kind == TYPE_LIST && out->type->element != NULL && out->type->allowed == NULL
                ? out->type->element->allowed
                : out->type->allowed;
    }
    return p == NULL || !are_constants(p) || program_constants(r->arena, p, &is_negated, &out->ordered) || reader_full(r, e);
}

static bool
read_output(struct reader *r, const struct xml *e, const struct feel_scope *scope, struct dmn_output *out,
            struct feel_name *member)
{
    const struct xml *values = xml_child(e, "outputValues"), *fallback = xml_child(e, "defaultOutputEntry");
    struct typed typed;

    if (!reader_name(r, e, &out->name) || !reader_type(r, r->model, e, "typeRef", &typed)) {
        return false;
    }
    out->id = xml_attribute(e, "id");
    out->type = typed.type;
    out->label = str_trim(xml_attribute(e, "label"));
    out->label = out->label.len > 0 ? out->label : out->name;
    *member = (struct feel_name){out->name, typed.shape};
    return (values == NULL || reader_tests(r, values, scope, typed.shape, &out->values)) &&
           (fallback == NULL || reader_expression(r, fallback, scope, &out->fallback)) && read_ordered(r, e, out);
}

static size_t
count_of(const struct xml *e, const char *name)
{
    size_t count = 0;

    for (const struct xml *c = xml_child(e, name); c != NULL; c = xml_next(c, name)) {
        count++;
    }
    return count;
}

static bool
read_columns(struct reader *r, const struct xml *e, const struct feel_scope *scope, struct dmn_table *t, struct columns *columns)
{
    size_t at = 0;

    t->inputs = count_of(e, "input");
    t->outputs = count_of(e, "output");
    t->annotations = count_of(e, "annotation");
    columns->input = reader_room(r, e, t->inputs, sizeof(*columns->input));
    columns->output = reader_room(r, e, t->outputs, sizeof(*columns->output));
    columns->annotation = reader_room(r, e, t->annotations, sizeof(struct str));
    columns->shape = reader_room(r, e, t->inputs, sizeof(*columns->shape));
    columns->member = reader_room(r, e, t->outputs, sizeof(*columns->member));
    if (columns->member == NULL) {
        return false;
    }
    if (t->outputs == 0) {
        return reader_fail(r, e, "the table has no output", "决策表没有输出列");
    }
    for (const struct xml *c = xml_child(e, "input"); c != NULL; c = xml_next(c, "input"), at++) {
        if (!read_input(r, c, scope, &columns->input[at], &columns->shape[at])) {
            return false;
        }
    }
    at = 0;
    for (const struct xml *c = xml_child(e, "output"); c != NULL; c = xml_next(c, "output"), at++) {
        if (!read_output(r, c, scope, &columns->output[at], &columns->member[at])) {
            return false;
        }
        if (t->outputs > 1 && columns->output[at].name.len == 0) {
            return reader_fail(r, c, "one of several outputs has no name", "有多个输出列时，每列都要有名称");
        }
    }
    at = 0;
    for (const struct xml *c = xml_child(e, "annotation"); c != NULL; c = xml_next(c, "annotation"), at++) {
        columns->annotation[at] = str_trim(xml_attribute(c, "name"));
    }
    t->input = columns->input;
    t->output = columns->output;
    t->annotation = columns->annotation;
    return true;
}

static bool
read_rule(struct reader *r, const struct xml *e, const struct feel_scope *scope, const struct dmn_table *t,
          const struct columns *columns, struct dmn_rule *rule)
{
    struct dmn_text *input = reader_room(r, e, t->inputs, sizeof(*input));
    struct dmn_text *output = reader_room(r, e, t->outputs, sizeof(*output));
    struct str *annotation = reader_room(r, e, t->annotations, sizeof(*annotation));
    const struct xml *c;
    size_t at = 0;

    if (annotation == NULL) {
        return false;
    }
    if (count_of(e, "inputEntry") != t->inputs || count_of(e, "outputEntry") != t->outputs) {
        return reader_fail(r, e, "the rule does not have an entry for each column", "该规则的条目数与列数不符");
    }
    rule->id = xml_attribute(e, "id");
    rule->description = str_trim(xml_text(e, "description"));
    rule->line = e->line;
    rule->input = input;
    rule->output = output;
    rule->annotation = annotation;
    for (c = xml_child(e, "inputEntry"); c != NULL; c = xml_next(c, "inputEntry"), at++) {
        if (!reader_tests(r, c, scope, columns->shape[at], &input[at])) {
            return false;
        }
    }
    at = 0;
    for (c = xml_child(e, "outputEntry"); c != NULL; c = xml_next(c, "outputEntry"), at++) {
        if (!reader_expression(r, c, scope, &output[at])) {
            return false;
        }
    }
    at = 0;
    for (c = xml_child(e, "annotationEntry"); c != NULL && at < t->annotations; c = xml_next(c, "annotationEntry"), at++) {
        annotation[at] = str_trim(xml_text(c, "text"));
    }
    return true;
}

/* One output is a value, several are a context; some policies make a list of that. */
static bool
shape_of(struct reader *r, const struct xml *e, const struct dmn_table *t, const struct columns *columns,
         const struct feel_type **shape)
{
    bool is_list = t->hit_policy == HIT_RULE_ORDER || t->hit_policy == HIT_OUTPUT_ORDER ||
                   (t->hit_policy == HIT_COLLECT && t->aggregation == AGGREGATE_LIST);
    struct feel_type *made = reader_room(r, e, 2, sizeof(*made));

    if (made == NULL) {
        return false;
    }
    made[0] = (struct feel_type){.kind = FEEL_CONTEXT, .count = t->outputs, .member = columns->member};
    const struct feel_type *one = t->outputs == 1 ? columns->member[0].type : &made[0];
    made[1] = (struct feel_type){.kind = FEEL_LIST, .element = one};
    *shape = is_list ? &made[1] : one;
    return true;
}

bool
reader_table(struct reader *r, const struct xml *e, struct str name, const struct feel_scope *scope,
             const struct dmn_table **out, const struct feel_type **shape)
{
    struct dmn_table *t = reader_room(r, e, 1, sizeof(*t));
    struct columns columns;
    size_t at = 0;

    if (t == NULL || !read_policy(r, e, t) || !read_columns(r, e, scope, t, &columns)) {
        return false;
    }
    if (t->aggregation > AGGREGATE_COUNT && t->outputs > 1) {
        return reader_fail(r, e, "only one output can be added up or compared", "只有一个输出列时才能求和或比较");
    }
    t->id = xml_attribute(e, "id");
    t->name = name;
    t->line = e->line;
    t->rules = count_of(e, "rule");
    r->cells += t->rules * (t->inputs + t->outputs);
    if (r->cells > DMN_CELLS_MAX) {
        return reader_limit(r, e, "tables have more than %d cells", "决策表的单元格超过 %d 个", DMN_CELLS_MAX);
    }
    struct dmn_rule *rule = reader_room(r, e, t->rules, sizeof(*rule));
    if (rule == NULL) {
        return false;
    }
    t->rule = rule;
    for (const struct xml *c = xml_child(e, "rule"); c != NULL; c = xml_next(c, "rule"), at++) {
        if (!read_rule(r, c, scope, t, &columns, &rule[at])) {
            return false;
        }
    }
    if (!dmn_columns_make(r->arena, t)) {
        return reader_full(r, e);
    }
    *out = t;
    return shape_of(r, e, t, &columns, shape);
}
