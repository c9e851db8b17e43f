/*
 * What is wrong with which field, and how to mend it, for the person who filled it in.  A field is
 * called by the title of its schema, else by its name; the value itself is never repeated, because
 * messages are kept where values may not be.
 *
 * Nearly all of a message is known when the schema is compiled: the place of the keyword, what a property is called and what
 * stands behind that.  So a check mostly only writes the path, and else all texts of an error into one piece of memory.
 */
#include <string.h>

#include "rule/schema_compile_int.h"
#include "rule/schema_run_int.h"

/* PLACE_MAX: a longer place is not kept with every word, or a deep schema with long names would take too much. */
enum { TEXT_MAX = 4096, NAME_BYTES_MAX = 120, CHOICES_SAID = 12, PLACE_MAX = 400, DIGITS_MAX = 20, SCRATCH_BYTES = 1 << 22 };

/* The sentence behind the field. */
struct message {
    const struct schema_node *node;
    const struct schema_word *w;
    struct str detail;
    struct buf zh, en;
};

const struct schema_word schema_never = {.keyword = NULL};

/* Where it ends. */
static char *
lay(char *at, struct str s)
{
    if (s.len > 0) {
        memcpy(at, s.ptr, s.len);
    }
    return at + s.len;
}

/* --- places, written from their end ----------------------------------------------------------------- */

/* Whether one of eight bytes is '~' or '/': a byte that is zero once it was compared borrows from its upper bit. */
static bool
has_escape(uint64_t bytes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t tilde = bytes ^ ones * '~';
    uint64_t slash = bytes ^ ones * '/';

    return (((tilde - ones) & ~tilde) | ((slash - ones) & ~slash)) & ones << 7;
}

/* Nearly all keys are, so that is found out quickly. */
static bool
is_plain_key(struct str key)
{
    bool is_plain = key.len == 0 || !has_escape(schema_bytes(key.ptr, key.len));

    for (size_t at = 8; at < key.len && is_plain; at += 8) {
        is_plain = !has_escape(schema_bytes(key.ptr + at, key.len - at));
    }
    return is_plain;
}

static size_t
key_bytes(const struct schema_place *place)
{
    struct str key = place->key;
    size_t count = 1 + key.len;

    if (place->piece.len > 0 || is_plain_key(key)) {
        return place->piece.len > 0 ? place->piece.len : count;
    }
    for (size_t i = 0; i < key.len; i++) {
        count += key.ptr[i] == '~' || key.ptr[i] == '/';
    }
    return count;
}

static size_t
digits_of(size_t index)
{
    size_t count = 1;

    while (index >= 10) {
        index /= 10;
        count++;
    }
    return count;
}

static size_t
place_bytes(const struct schema_place *place)
{
    size_t count = 0;

    for (; place != NULL; place = place->up) {
        count += place->is_member ? key_bytes(place) : 1 + digits_of(place->index);
    }
    return count;
}

/* The digits end before end; where they begin. */
static char *
lay_index(char *end, size_t index)
{
    do {
        *--end = (char)('0' + index % 10);
        index /= 10;
    } while (index > 0);
    return end;
}

/* "/" and the key, escaped, end before end; where they begin. */
static char *
lay_key(char *end, struct str key)
{
    if (is_plain_key(key)) {
        end -= key.len + 1;
        (void)lay(lay(end, STR("/")), key);
        return end;
    }
    for (size_t i = key.len; i > 0; i--) {
        char c = key.ptr[i - 1];
        if (c == '~' || c == '/') {
            *--end = c == '~' ? '0' : '1';
            c = '~';
        }
        *--end = c;
    }
    *--end = '/';
    return end;
}

static void
lay_place(char *end, const struct schema_place *place)
{
    for (; place != NULL; place = place->up) {
        if (place->piece.len > 0) {
            end -= place->piece.len;
            (void)lay(end, place->piece);
        } else if (place->is_member) {
            end = lay_key(end, place->key);
        } else {
            end = lay_index(end, place->index);
            *--end = '/';
        }
    }
}

/* --- the field -------------------------------------------------------------------------------------- */

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

/* What it is called in each language; both "": nobody has given it a name. */
struct title {
    struct str zh, en;
};

static struct title
title_of(const struct schema_node *node)
{
    for (unsigned i = 0; node != NULL && i < 8; i++) {
        if (node->title.len > 0) {
            return (struct title){node->title, node->title_en.len > 0 ? node->title_en : node->title};
        }
        const struct schema_node *next = NULL;
        for (size_t k = 0; k < node->words_count; k++) {
            next = node->words[k].op == OP_REF ? node->words[k].is.node : next;
        }
        node = next;
    }
    return (struct title){STR(""), STR("")};
}

static struct title
field_of(const struct schema_at *at)
{
    const struct schema_node *node = at->node;
    struct str key = at->place != NULL && at->place->is_member ? at->place->key : STR("");

    return node->title.len > 0 ? (struct title){node->title, node->title_en} : (struct title){key, key};
}

/* The title of a member that is not there, from the schema that would have taken it. */
static struct title
member_title(const struct schema_node *node, struct str name)
{
    for (size_t i = 0; i < node->words_count; i++) {
        if (node->words[i].op == OP_MEMBERS) {
            const struct schema_member *m =
                schema_table_get(&node->words[i].is.members->named, name);
            return m == NULL || m->node->title.len == 0 ? (struct title){name, name} : (struct title){m->node->title, m->node->title_en};
        }
    }
    return (struct title){name, name};
}

/* --- the sentence behind the field ------------------------------------------------------------------ */

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
put_title(struct message *m, struct title title)
{
    buf_put(&m->zh, clipped(title.zh));
    buf_put(&m->en, clipped(title.en));
}

static void
put_count(struct message *m, uint64_t count)
{
    int64_t shown = count < INT64_MAX ? (int64_t)count : INT64_MAX;

    buf_put_int(&m->zh, shown);
    buf_put_int(&m->en, shown);
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
            put_title(m, (struct title){node->title, node->title_en});
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
    const char *keyword = m->node->keyword == NULL ? "" : m->node->keyword;

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

/* --- made when compiling ---------------------------------------------------------------------------- */

/* A copy at *at, which is moved behind it. */
static struct str
kept_text(char **at, struct str s)
{
    *at = lay(*at, s);
    return (struct str){*at - s.len, s.len};
}

/* One allocation for all; the texts stand behind the struct. */
static const struct schema_said *
keep(struct arena *a, const struct schema_said *said)
{
    struct schema_said *kept =
        arena_alloc(a, 1, sizeof(*kept) + said->place.len + said->zh.len + said->en.len);

    if (kept != NULL) {
        char *at = (char *)(kept + 1);
        *kept = *said;
        kept->place = kept_text(&at, said->place);
        kept->zh = kept_text(&at, said->zh);
        kept->en = kept_text(&at, said->en);
    }
    return kept;
}

static enum rc
make(struct arena *a, const struct schema_node *node, const struct schema_word *w, struct title field, struct str detail,
     struct schema_said *said, struct err *err)
{
    struct message m = {.node = node, .w = w, .detail = detail};
    const char *keyword = w->keyword;
    struct buf place;

    buf_init(&place, a, (size_t)1 << 20);
    schema_put_place(&place, node, keyword);
    buf_init(&m.zh, a, TEXT_MAX);
    buf_init(&m.en, a, TEXT_MAX);
    if (field.zh.len > 0) {
        say(&m, "“", "\"");
        put_title(&m, field);
        say(&m, "”", "\"");
    }
    said->zh_rest = m.zh.len;
    said->en_rest = m.en.len;
    if (keyword == NULL) {
        say_never(&m);
        keyword = node->keyword == NULL ? "false" : node->keyword;
    } else {
        say_word(&m);
    }
    say(&m, "。", ".");
    said->keyword = str_of(keyword);
    enum rc rc = buf_finish(&place, &said->place, err);
    rc = rc == RC_OK ? buf_finish(&m.zh, &said->zh, err) : rc;
    return rc == RC_OK ? buf_finish(&m.en, &said->en, err) : rc;
}

static bool
is_property(const struct schema_node *node)
{
    return node->is_keyed && node->keyword != NULL && strcmp(node->keyword, "properties") == 0;
}

/* A long one is made when it is wanted. */
static enum rc
prepare_piece(struct schema_compiler *c, struct schema_node *node)
{
    struct buf b;

    if (!is_property(node) || node->key.len > PLACE_MAX / 2) {
        return RC_OK;
    }
    buf_init(&b, c->arena, PLACE_MAX);
    schema_put_pointer(&b, node->key);
    return buf_finish(&b, &node->piece, c->err);
}

/* Shared by the words of all nodes of a schema.  What does not fit into scratch is made when it is wanted. */
static enum rc
prepare(struct schema_compiler *c, struct arena *scratch, const struct schema_node *node,
        const struct schema_word *w, const struct schema_said **out)
{
    struct str key = is_property(node) ? node->key : STR("");
    struct title field = node->title.len > 0 ? (struct title){node->title, node->title_en} : (struct title){key, key};
    struct schema_said said;
    struct err ignored;

    arena_reset(scratch);
    if (make(scratch, node, w, field, STR(""), &said, &ignored) != RC_OK || said.place.len > PLACE_MAX) {
        return RC_OK;
    }
    *out = keep(c->arena, &said);
    return *out == NULL ? schema_full(c) : RC_OK;
}

/* Whether what is said when it does not hold depends on nothing but the schema, and is said at all. */
static bool
is_known_before(const struct schema_word *w)
{
    bool is_said_below = w->op == OP_REF || w->op == OP_DYNAMIC_REF || w->op == OP_ALL_OF || w->op == OP_IF ||
                         w->op == OP_DEPENDENT_SCHEMAS || w->op == OP_MEMBERS || w->op == OP_PROPERTY_NAMES ||
                         w->op == OP_ITEMS || w->op >= OP_UNEVALUATED_ITEMS;

    return !is_said_below && w->op != OP_CONTAINS && w->op != OP_ONE_OF;
}

enum rc
schema_prepare_messages(struct schema_compiler *c, struct schema_node *first)
{
    struct arena *scratch = arena_new(SCRATCH_BYTES);
    enum rc rc = RC_OK;

    for (struct schema_node *node = first; node != NULL && rc == RC_OK; node = node->next) {
        struct title title = title_of(node);
        node->title = title.zh;
        node->title_en = title.en;
        rc = prepare_piece(c, node);
    }
    for (struct schema_node *node = first; node != NULL && rc == RC_OK; node = node->next) {
        if (node->is_never) {
            rc = prepare(c, scratch, node, &schema_never, &node->said);
        }
        for (size_t i = 0; i < node->words_count && rc == RC_OK; i++) {
            if (is_known_before(&node->words[i])) {
                rc = prepare(c, scratch, node, &node->words[i], &node->words[i].said);
            }
        }
    }
    arena_free(scratch);
    return rc;
}

/* --- put together when something is wrong ----------------------------------------------------------- */

/* The field as each language calls it: the two halves of a sentence around it. */
struct halves {
    struct str before, field, behind;
};

static char *
lay_sentence(char *at, const struct halves *h, struct str rest, struct str *out)
{
    char *end = lay(lay(lay(lay(at, h->before), h->field), h->behind), rest);

    *out = (struct str){at, (size_t)(end - at)};
    return end;
}

/* Whether the field in what is said is the one at hand: its title always is, a property's name if it was reached as that. */
static bool
is_as_said(const struct schema_said *said, const struct schema_at *at)
{
    const struct schema_node *node = at->node;

    return said->zh_rest > 0 &&
           (node->title.len > 0 || (at->place != NULL && node->piece.len > 0 && at->place->piece.ptr == node->piece.ptr));
}

/* The path at text, the sentences behind it. */
static void
lay_path(const struct schema_at *at, char *text, size_t len, struct schema_error *e)
{
    lay_place(text + len, at->place);
    e->path = (struct str){text, len};
}

static bool
write_down(struct schema_run *run, const struct schema_said *said, const struct schema_at *at, struct schema_error *e)
{
    size_t len = place_bytes(at->place);
    char *text = arena_alloc(run->arena, len, 1);

    if (text == NULL) {
        return schema_run_stop(run, err_set(run->err, RC_LIMIT, "schema: past the arena's limit"));
    }
    lay_path(at, text, len, e);
    e->zh = said->zh;
    e->en = said->en;
    return true;
}

/* The same with a field that the schema did not know. */
static bool
write_down_of(struct schema_run *run, const struct schema_said *said, const struct schema_at *at, struct title field,
              struct schema_error *e)
{
    char digits[DIGITS_MAX];
    struct halves zh = {STR("“"), clipped(field.zh), STR("”")};
    struct halves en = {STR("\""), clipped(field.en), STR("\"")};
    struct str zh_rest = str_from(said->zh, said->zh_rest), en_rest = str_from(said->en, said->en_rest);
    size_t path_len = place_bytes(at->place);

    if (field.zh.len == 0 && at->place != NULL && !at->place->is_member) {
        char *first = lay_index(digits + DIGITS_MAX, at->place->index + 1);
        struct str number = {first, (size_t)(digits + DIGITS_MAX - first)};
        zh = (struct halves){STR("第 "), number, STR(" 项")};
        en = (struct halves){STR("Entry "), number, STR("")};
    } else if (field.zh.len == 0) {
        zh = (struct halves){STR("所填内容"), STR(""), STR("")};
        en = (struct halves){STR("The document"), STR(""), STR("")};
    }
    size_t bytes = path_len + zh.before.len + en.before.len + zh.field.len + en.field.len + zh.behind.len + en.behind.len +
                   zh_rest.len + en_rest.len;
    char *text = arena_alloc(run->arena, bytes, 1);
    if (text == NULL) {
        return schema_run_stop(run, err_set(run->err, RC_LIMIT, "schema: past the arena's limit"));
    }
    lay_path(at, text, path_len, e);
    text = lay_sentence(text + path_len, &zh, zh_rest, &e->zh);
    (void)lay_sentence(text, &en, en_rest, &e->en);
    return true;
}

bool
schema_fail(struct schema_run *run, const struct schema_word *w, const struct schema_at *at,
            struct str detail)
{
    const struct schema_said *said = w->keyword == NULL ? at->node->said : w->said;
    bool is_missing = w->keyword != NULL && (w->op == OP_REQUIRED || w->op == OP_DEPENDENT_REQUIRED);
    WITHOUT_ZEROS struct schema_said made;

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
    if (said == NULL) {
        enum rc rc = make(run->arena, at->node, w, (struct title){STR(""), STR("")}, detail, &made, run->err);
        if (rc != RC_OK) {
            return schema_run_stop(run, rc);
        }
        said = &made;
    }
    struct schema_error *e = &run->result->errors[run->result->count];
    e->missing = is_missing ? detail : STR("");
    e->keyword = said->keyword;
    e->schema_path = said->place;
    bool is_written = !is_missing && is_as_said(said, at)
                          ? write_down(run, said, at, e)
                          : write_down_of(run, said, at, is_missing ? member_title(at->node, detail) : field_of(at), e);
    run->result->count += is_written;
    return false;
}
