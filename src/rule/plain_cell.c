/*
 * Cells of a decision table in plain words, for officials who read no FEEL: < 80 is "below 80", not(null) is "given".
 */
#include "rule/plain_int.h"
#include "rule/program.h"

static void
put_word(struct buf *b, bool is_chinese, const char *zh, const char *en)
{
    buf_put(b, str_of(is_chinese ? zh : en));
}

/* A text stands for itself; of other values it is said what they are. */
static void
put_one(struct buf *b, struct value v, bool is_chinese)
{
    if (v.kind == VALUE_STRING) {
        plain_put_text(b, v.as.text, PLAIN_TEXT_MAX);
    } else if (v.kind == VALUE_NULL) {
        put_word(b, is_chinese, "没有", "none");
    } else {
        plain_put(b, v, is_chinese);
    }
}

static bool
is_nothing(const struct list *list)
{
    return list->count == 1 && list->item[0].kind == VALUE_NULL;
}

bool
plain_put_tests(struct buf *b, const struct program *p, bool is_chinese)
{
    const struct list *list;
    bool is_negated;

    if (p == NULL || !program_constants(b->arena, p, &is_negated, &list) || list->count > PLAIN_ITEMS_MAX) {
        return false;
    }
    if (is_negated && is_nothing(list)) {
        put_word(b, is_chinese, "有", "given");
        return true;
    }
    if (list->count == 0) {
        put_word(b, is_chinese, is_negated ? "不限" : "从不", is_negated ? "any" : "never");
        return true;
    }
    put_word(b, is_chinese, is_negated ? "除" : "", is_negated ? "all but " : "");
    for (size_t i = 0; i < list->count; i++) {
        bool is_last = i + 1 == list->count;
        put_word(b, is_chinese, i == 0 ? "" : is_last && !is_negated ? "或" : "、", i == 0 ? "" : is_last ? " or " : ", ");
        put_one(b, list->item[i], is_chinese);
    }
    put_word(b, is_chinese, is_negated ? "以外" : "", "");
    return true;
}

bool
plain_put_output(struct buf *b, const struct program *p, bool is_chinese)
{
    const struct value *v = p == NULL ? NULL : program_constant(p);

    if (v == NULL || v->kind == VALUE_FUNCTION) {
        return false;
    }
    put_one(b, *v, is_chinese);
    return true;
}
