/*
 * What is wrong with which field, and how to mend it, for the person who filled it in.  A field is
 * called by the title of its schema, else by its name; the value itself is never repeated, because
 * messages are kept where values may not be.
 */
#include <string.h>

#include "rule/schema_compile_int.h"
#include "rule/schema_run_int.h"

enum { TEXT_MAX = 4096, NAME_BYTES_MAX = 120, DEPTH_MAX = 128, CHOICES_SAID = 12 };

struct message {
    struct schema_run *run;
    const struct schema_word *w;
    const struct schema_at *at;
    struct str detail;
    struct str field; /* "" is the document */
    struct buf zh, en;
};

static void
put_place(struct buf *b, const struct schema_place *place)
{
    const struct schema_place *row[DEPTH_MAX];
    size_t count = 0;

    for (; place != NULL && count < DEPTH_MAX; place = place->up) {
        row[count++] = place;
    }
    while (count-- > 0) {
        if (row[count]->is_member) {
            schema_put_pointer(b, row[count]->key);
        } else {
            buf_put_char(b, '/');
            buf_put_int(b, (int64_t)row[count]->index);
        }
    }
}

/* At most so many bytes of it, whole characters. */
static struct str
clipped(struct str s)
{
    size_t len = s.len < NAME_BYTES_MAX ? s.len : NAME_BYTES_MAX;

    while (len < s.len && len > 0 && ((unsigned char)s.ptr[len] & 0xc0) == 0x80) {
        len--;
    }
    return str_sub(s, 0, len);
}

static struct str
title_of(const struct schema_node *node)
{
    for (unsigned i = 0; node != NULL && i < 8; i++) {
        if (node->title.len > 0) {
            return node->title;
        }
        const struct schema_node *next = NULL;
        for (size_t k = 0; k < node->words_count; k++) {
            next = node->words[k].op == OP_REF ? node->words[k].is.node : next;
        }
        node = next;
    }
    return STR("");
}

static struct str
field_of(const struct schema_at *at)
{
    struct str title = title_of(at->node);

    return title.len > 0        ? title
           : at->place == NULL  ? STR("")
           : at->place->is_member ? at->place->key
                                : STR("");
}

/* The title of a member that is not there, from the schema that would have taken it. */
static struct str
member_title(const struct schema_node *node, struct str name)
{
    for (size_t i = 0; i < node->words_count; i++) {
        if (node->words[i].op == OP_MEMBERS) {
            const struct schema_member *m =
                schema_table_get(&node->words[i].is.members->named, name);
            struct str title = m == NULL ? STR("") : title_of(m->node);
            return title.len > 0 ? title : name;
        }
    }
    return name;
}

static void
say(struct message *m, const char *zh, const char *en)
{
    buf_put(&m->zh, str_of(zh));
    buf_put(&m->en, str_of(en));
}

static void
put(struct message *m, struct str text)
{
    text = clipped(text);
    buf_put(&m->zh, text);
    buf_put(&m->en, text);
}

static void
put_count(struct message *m, uint64_t count)
{
    int64_t shown = count < INT64_MAX ? (int64_t)count : INT64_MAX;

    buf_put_int(&m->zh, shown);
    buf_put_int(&m->en, shown);
}

static void
begin(struct message *m, struct str field)
{
    field = clipped(field);
    if (field.len == 0 && m->at->place != NULL && !m->at->place->is_member) {
        say(m, "第 ", "Entry ");
        put_count(m, m->at->place->index + 1);
        say(m, " 项", "");
    } else if (field.len == 0) {
        say(m, "所填内容", "The document");
    } else {
        say(m, "“", "\"");
        put(m, field);
        say(m, "”", "\"");
    }
}

/* "zh before N zh behind", and the same in English. */
static void
say_count(struct message *m, const char *const text[4])
{
    say(m, text[0], text[2]);
    put_count(m, m->w->is.count);
    say(m, text[1], text[3]);
}

static void
say_number(struct message *m, const char *zh, const char *en)
{
    say(m, zh, en);
    put(m, m->w->is.number.value->text);
    say(m, "，请改正", "; please correct it");
}

static void
say_types(struct message *m)
{
    static const char *const zh[] = {"空值", "是或否", "整数", "数字", "文字", "列表", "一组内容"};
    static const char *const en[] = {"null",   "true or false", "a whole number",
                                     "a number", "text",        "a list", "an object"};
    bool is_first = true;

    say(m, "应填写", " must be ");
    for (unsigned i = 0; i < sizeof(zh) / sizeof(zh[0]); i++) {
        if ((m->w->is.types >> i & 1) != 0) {
            say(m, is_first ? "" : "或", is_first ? "" : " or ");
            say(m, zh[i], en[i]);
            is_first = false;
        }
    }
    say(m, "，请改正", "; please correct it");
}

static void
say_constant(struct message *m, const struct json *one)
{
    if (one->kind == JSON_STRING || one->kind == JSON_NUMBER) {
        put(m, one->text);
    } else if (one->kind == JSON_BOOL) {
        say(m, one->truth ? "是" : "否", one->truth ? "true" : "false");
    } else {
        say(m, one->kind == JSON_NULL ? "空值" : "规定的内容",
            one->kind == JSON_NULL ? "null" : "a given value");
    }
}

/* Constants that are alternatives are called by their titles. */
static void
say_titled_choices(struct message *m)
{
    say(m, "只能是：", " must be one of: ");
    for (size_t i = 0; i < m->w->is.nodes.count && i < CHOICES_SAID; i++) {
        const struct schema_node *node = m->w->is.nodes.list[i];
        say(m, i == 0 ? "" : "、", i == 0 ? "" : ", ");
        if (node->title.len > 0) {
            put(m, node->title);
        } else {
            say_constant(m, schema_constant_of(node));
        }
    }
    bool is_all = m->w->is.nodes.count <= CHOICES_SAID;
    say(m, is_all ? "" : "等", is_all ? "" : ", ...");
    say(m, "，请重新选择", "; please choose again");
}

/* What may be chosen is named as long as it is short. */
static void
say_choices(struct message *m)
{
    const struct json *one = m->w->op == OP_CONST ? m->w->is.value : m->w->is.value->first;

    say(m, "只能是：", " must be one of: ");
    for (unsigned i = 0; one != NULL && i < CHOICES_SAID; i++) {
        say(m, i == 0 ? "" : "、", i == 0 ? "" : ", ");
        say_constant(m, one);
        one = m->w->op == OP_CONST ? NULL : one->next;
    }
    say(m, one == NULL ? "" : "等", one == NULL ? "" : ", ...");
    say(m, "，请重新选择", "; please choose again");
}

/* A schema that takes nothing: what that means depends on the keyword above it. */
static void
say_never(struct message *m)
{
    const char *keyword = m->at->node->keyword == NULL ? "" : m->at->node->keyword;

    if (strcmp(keyword, "additionalProperties") == 0 ||
        strcmp(keyword, "unevaluatedProperties") == 0) {
        say(m, "不是这里要填的内容，请删去", " is not asked for here; please remove it");
    } else if (strcmp(keyword, "items") == 0 || strcmp(keyword, "unevaluatedItems") == 0) {
        say(m, "是多出来的，请删去", " is one too many; please remove it");
    } else {
        say(m, "在这种情况下不能填写，请删去", " must not be given in this case; please remove it");
    }
}

static void
say_contains(struct message *m)
{
    const struct schema_contains *c = m->w->is.contains;

    if (str_eq(m->detail, STR("least"))) {
        say(m, "中符合要求的少于 ", " has fewer matching entries than ");
        put_count(m, c->least);
        say(m, " 项，请补充", "; please add some");
    } else {
        say(m, "中符合要求的多于 ", " has more matching entries than ");
        put_count(m, c->most);
        say(m, " 项，请删减", "; please remove some");
    }
}

static void
say_word(struct message *m)
{
    static const struct {
        enum schema_op op;
        const char *text[4];
    } counts[] = {
        {OP_MAX_LENGTH, {"最多 ", " 个字，请缩短", " may have at most ", " characters; please shorten it"}},
        {OP_MIN_LENGTH, {"至少 ", " 个字，请补充完整", " needs at least ", " characters; please complete it"}},
        {OP_MAX_ITEMS, {"最多 ", " 项，请删减", " may have at most ", " entries; please remove some"}},
        {OP_MIN_ITEMS, {"至少 ", " 项，请补充", " needs at least ", " entries; please add some"}},
        {OP_MAX_PROPERTIES, {"最多填 ", " 栏，请删减", " may have at most ", " fields; please remove some"}},
        {OP_MIN_PROPERTIES, {"至少填 ", " 栏，请补充", " needs at least ", " fields; please add some"}},
    };
    static const struct {
        enum schema_op op;
        const char *zh, *en;
    } bounds[] = {
        {OP_MULTIPLE_OF, "应是它的整数倍：", " must be a multiple of "},
        {OP_MAXIMUM, "不能大于 ", " must not be more than "},
        {OP_EXCLUSIVE_MAXIMUM, "应小于 ", " must be less than "},
        {OP_MINIMUM, "不能小于 ", " must not be less than "},
        {OP_EXCLUSIVE_MINIMUM, "应大于 ", " must be more than "},
    };
    enum schema_op op = m->w->op;

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        if (op == counts[i].op) {
            say_count(m, counts[i].text);
            return;
        }
    }
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        if (op == bounds[i].op) {
            say_number(m, bounds[i].zh, bounds[i].en);
            return;
        }
    }
    if (op == OP_TYPE) {
        say_types(m);
    } else if (op == OP_ENUM || op == OP_CONST) {
        say_choices(m);
    } else if (op == OP_CONTAINS) {
        say_contains(m);
    } else if (op == OP_UNIQUE_ITEMS) {
        say(m, "有重复的项，请删去重复的", " has the same entry twice; please remove one");
    } else if (op == OP_PATTERN) {
        say(m, "的写法不对，请按说明填写", " is not written as asked; please see the hint and correct it");
    } else if (op == OP_FORMAT) {
        say(m, "应是", " must be ");
        buf_put(&m->zh, schema_format_zh(m->w->is.format));
        buf_put(&m->en, schema_format_en(m->w->is.format));
        say(m, "，请改正", "; please correct it");
    } else if (op == OP_REQUIRED || op == OP_DEPENDENT_REQUIRED) {
        say(m, "没有填写，请补充", " is missing; please fill it in");
    } else if (op == OP_ONE_OF && m->detail.len > 0) {
        say(m, "同时符合几种填法，请只保留一种", " fits several alternatives; please keep to one");
    } else if (schema_is_choice(m->w)) {
        say_titled_choices(m);
    } else if (op == OP_NOT) {
        say(m, "是不允许的内容，请更换", " is not allowed as it is; please change it");
    } else {
        say(m, "不符合任何一种允许的填法，请对照说明改正",
            " fits none of the alternatives; please see the hint and correct it");
    }
}

static bool
write_down(struct message *m, struct schema_error *e)
{
    const char *keyword = m->w->keyword;
    struct buf path, place;
    struct err *err = m->run->err;

    buf_init(&path, m->run->arena, (size_t)1 << 20);
    put_place(&path, m->at->place);
    buf_init(&place, m->run->arena, (size_t)1 << 20);
    schema_put_place(&place, m->at->node, keyword);
    buf_init(&m->zh, m->run->arena, TEXT_MAX);
    buf_init(&m->en, m->run->arena, TEXT_MAX);
    begin(m, m->field);
    if (keyword == NULL) {
        say_never(m);
        keyword = m->at->node->keyword == NULL ? "false" : m->at->node->keyword;
    } else {
        say_word(m);
    }
    buf_put(&m->zh, STR("。"));
    buf_put_char(&m->en, '.');
    e->keyword = str_of(keyword);
    return buf_finish(&path, &e->path, err) == RC_OK &&
           buf_finish(&place, &e->schema_path, err) == RC_OK &&
           buf_finish(&m->zh, &e->zh, err) == RC_OK && buf_finish(&m->en, &e->en, err) == RC_OK;
}

bool
schema_fail(struct schema_run *run, const struct schema_word *w, const struct schema_at *at,
            struct str detail)
{
    struct message m = {.run = run, .w = w, .at = at, .detail = detail};
    bool is_missing = w->keyword != NULL && (w->op == OP_REQUIRED || w->op == OP_DEPENDENT_REQUIRED);

    if (run->quiet > 0 || run->rc != RC_OK) {
        return false;
    }
    if (run->tally != NULL) {
        schema_tally_one(run->tally, w, at);
        return false;
    }
    if (run->result->count == SCHEMA_ERRORS_MAX) {
        run->result->is_cut = true;
        return false;
    }
    m.field = is_missing ? member_title(at->node, detail) : field_of(at);
    struct schema_error *e = &run->result->errors[run->result->count];
    *e = (struct schema_error){.missing = is_missing ? detail : STR("")};
    if (!write_down(&m, e)) {
        return schema_run_stop(run, RC_LIMIT);
    }
    run->result->count++;
    return false;
}
