/*
 * Searching: each item has a short text of its names, synonyms and summary.  A query is cut into bigrams of Chinese characters and words of
 * Latin letters; an item's score is the share of them it holds, weighted by where (name before synonyms before summary).  A thousand
 * items of a few hundred characters are looked through in well under a millisecond, so there is no index to keep in step.
 */
#include "service/item.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "process/counsel.h"
#include "service/form_int.h"
#include "service/item_sql.h"

enum { TABLE_ARENA = 256 << 20, ITEMS_MAX = 20000, GRAMS_MAX = 64, CODE_LEN = 12, HITS_MAX = 200, WORDS_BYTES = 16384, PART_ID_MAX = 16 };

enum {
    WEIGHT_NAME = 8,
    WEIGHT_WORDS = 6,
    WEIGHT_SUMMARY = 1,
    WEIGHT_EXACT = 20,
    WEIGHT_BUNDLE = 4 /* several in one go, before each of them */
};

struct entry {
    struct item item;
    struct str name;    /* both languages, lower case */
    struct str words;   /* synonyms, one a line */
    struct str summary;
};

struct item_table {
    struct arena *arena;
    struct entry *entries; /* by code */
    size_t count;
    size_t capacity;
};

struct str
item_word(const struct json *object, const char *member, struct str lang)
{
    return form_word(object, member, lang);
}

/* --- writing ---------------------------------------------------------------------------------------- */

/* Digits and small letters, because it stands behind the hyphen of a sub-case's number. */
static bool
is_part_id(struct str id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'))) {
            return false;
        }
    }
    return id.len > 0 && id.len <= PART_ID_MAX;
}

static bool
is_named_before(const struct json *parts, const struct json *part)
{
    for (const struct json *p = parts->first; p != part; p = p->next) {
        if (str_eq(json_str(p, "id"), json_str(part, "id"))) {
            return true;
        }
    }
    return false;
}

/* A field that is named outside the form must be in it. */
static bool
is_field(const struct form *form, struct str id)
{
    return id.len == 0 || (form != NULL && form_field(form, id) != NULL);
}

/* Rules that a case will ask (casework.h, casework_rule.c). */
static enum rc
check_rules(const struct json *d, const struct form *form, struct err *err)
{
    static const char *const members[] = {"limits", "routing", "fee"};
    const struct json *fees = json_get(d, "fees");

    for (const struct json *f = fees != NULL ? fees->first : NULL; f != NULL; f = f->next) {
        enum rc rc = counsel_check(json_get(f, "fee"), err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const struct json *binding = json_get(d, members[i]), *inputs = json_get(binding, "inputs");
        enum rc rc = binding != NULL ? counsel_check(binding, err) : RC_OK;
        if (rc != RC_OK) {
            return rc;
        }
        for (const struct json *in = inputs != NULL ? inputs->first : NULL; in != NULL; in = in->next) {
            struct str path = json_is(in, JSON_STRING) ? in->text : json_str(in, "from");
            if (str_starts(path, STR("field.")) && !is_field(form, str_from(path, 6))) {
                return err_set(err, RC_INVALID, "the rule %.*s is told %.*s, which is not asked",
                               STR_ARG(json_str(binding, "key")), STR_ARG(path));
            }
        }
    }
    return RC_OK;
}

static enum rc
check_part(const struct json *d, const struct json *part, const struct form *form,
           struct err *err)
{
    struct str code = json_str(d, "code"), id = json_str(part, "id");
    const struct json *fields = json_path(part, "certificate.fields");
    enum rc rc = check_rules(part, form, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (!is_part_id(id) || json_str(part, "org").len == 0 || json_str(part, "power").len == 0 ||
        json_int_or(part, "statutory_days", -1) < json_int_or(part, "promised_days", 0)) {
        return err_set(err, RC_INVALID, "item %.*s: a part needs id, org, power and days",
                       STR_ARG(code));
    }
    for (const struct json *f = fields != NULL ? fields->first : NULL; f != NULL; f = f->next) {
        if (!is_field(form, f->text)) {
            return err_set(err, RC_INVALID, "item %.*s: the certificate of part %.*s shows %.*s, "
                           "which is not asked", STR_ARG(code), STR_ARG(id), STR_ARG(f->text));
        }
    }
    return json_get(part, "applies_when") == NULL
               ? RC_OK
           : form == NULL
               ? err_set(err, RC_INVALID, "item %.*s: part %.*s depends on a form that is not there",
                         STR_ARG(code), STR_ARG(id))
               : form_condition_check(form, json_get(part, "applies_when"), err);
}

static enum rc
check_parts(const struct json *d, const struct form *form, struct err *err)
{
    const struct json *parts = json_get(d, "parts");
    struct str code = json_str(d, "code");
    enum rc rc = RC_OK;

    if (form != NULL && (parts == NULL || parts->count == 0)) {
        return err_set(err, RC_INVALID, "item %.*s can be applied for, but nobody would decide it",
                       STR_ARG(code));
    }
    if (parts != NULL && parts->count > ITEM_PARTS_MAX) {
        return err_set(err, RC_INVALID, "item %.*s has more than %d parts", STR_ARG(code),
                       ITEM_PARTS_MAX);
    }
    for (const struct json *p = parts != NULL ? parts->first : NULL; p != NULL && rc == RC_OK;
         p = p->next) {
        rc = is_named_before(parts, p)
                 ? err_set(err, RC_INVALID, "item %.*s has two parts %.*s", STR_ARG(code),
                           STR_ARG(json_str(p, "id")))
                 : check_part(d, p, form, err);
    }
    return rc;
}

/* Numbers, days, marks and choices name nobody; texts, files and what a register holds of a person may. */
static bool
is_impersonal(const struct form *form, struct str path)
{
    static const char *const types[] = {"number", "date", "choice", "choices", "check"};
    const struct json *field = form != NULL && str_starts(path, STR("field.")) ? form_field(form, str_from(path, 6)) : NULL;
    struct str type = json_str(field, "type");

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (str_eq(type, str_of(types[i]))) {
            return true;
        }
    }
    return false;
}

/* The process that a case begins, and what it is told of the answers: {"key","variables":{name: "field.<id>", or null: nothing}}. */
static enum rc
check_process(const struct json *d, const struct form *form, struct err *err)
{
    const struct json *process = json_get(d, "process"), *variables = json_get(process, "variables");

    if (process == NULL) {
        return RC_OK;
    }
    if (json_str(process, "key").len == 0 || (variables != NULL && !json_is(variables, JSON_OBJECT))) {
        return err_set(err, RC_INVALID, "item %.*s: a process has a key, and variables by name", STR_ARG(json_str(d, "code")));
    }
    for (const struct json *v = variables != NULL ? variables->first : NULL; v != NULL; v = v->next) {
        if (!json_is(v, JSON_NULL) && (!json_is(v, JSON_STRING) || !is_impersonal(form, v->text))) {
            return err_set(err, RC_INVALID, "item %.*s: the process is told %.*s, which is not asked, or may name somebody",
                           STR_ARG(json_str(d, "code")), STR_ARG(v->key));
        }
    }
    return RC_OK;
}

/* What would trip a citizen or an officer later stops here. */
static enum rc
check_document(struct arena *a, const struct json *d, struct err *err)
{
    static const char *const needed[] = {"code", "implementation_code", "kind", "name_zh",
                                         "lead_org"};
    struct form *form = NULL;
    enum rc rc;

    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        if (json_str(d, needed[i]).len == 0) {
            return err_set(err, RC_INVALID, "item %.*s has no %s", STR_ARG(json_str(d, "code")),
                           needed[i]);
        }
    }
    if (json_str(d, "code").len != CODE_LEN ||
        json_str(d, "implementation_code").len != 18 + 1 + CODE_LEN) {
        return err_set(err, RC_INVALID, "item %.*s: codes have 12 and 31 characters",
                       STR_ARG(json_str(d, "code")));
    }
    if (json_get(d, "form") != NULL &&
        (rc = form_load(a, json_get(d, "form"), &form, err)) != RC_OK) {
        return rc;
    }
    if (!is_field(form, json_str(d, "title_field")) || !is_field(form, json_str(d, "holder_field"))) {
        return err_set(err, RC_INVALID, "item %.*s is titled by what is not asked",
                       STR_ARG(json_str(d, "code")));
    }
    if ((rc = check_rules(d, form, err)) != RC_OK || (rc = check_process(d, form, err)) != RC_OK) {
        return rc;
    }
    return check_parts(d, form, err);
}

struct latest {
    struct arena *arena;
    struct str document;
};

static enum rc
latest_row(const struct row *row, void *ctx, struct err *err)
{
    struct latest *l = ctx;

    return row_copy_text(row, 0, l->arena, &l->document, err);
}

enum rc
item_put(struct tx *tx, struct arena *a, const struct json *document, int64_t now_us,
         struct err *err)
{
    struct latest latest = {.arena = a};
    struct str text;
    enum rc rc;

    if ((rc = check_document(a, document, err)) != RC_OK ||
        (rc = json_canonical(a, document, &text, err)) != RC_OK ||
        (rc = tx_run(tx, &ITEM_LATEST, VALUES(V_TEXT(json_str(document, "code"))), latest_row,
                     &latest, err)) != RC_OK) {
        return rc;
    }
    if (str_eq(latest.document, text)) {
        return RC_OK; /* nothing new, no new version */
    }
    return tx_run(tx, &ITEM_PUT,
                  VALUES(V_TEXT(json_str(document, "code")), V_INT(now_us), V_TEXT(text)), NULL,
                  NULL, err);
}

/* --- reading ------------------------------------------------------------------------------------------ */

/* Latin letters small, full-width ones narrow. */
static enum rc
lower(struct arena *a, struct str s, struct str *out, struct err *err)
{
    struct str folded;
    char *p;
    enum rc rc;

    if (s.ptr == NULL || (p = arena_alloc(a, s.len + 1, 1)) == NULL) {
        return err_set(err, RC_LIMIT, "no room for a text to search");
    }
    if ((rc = utf8_fold(a, s, false, false, &folded, err)) != RC_OK) {
        return rc;
    }
    for (size_t i = 0; i < folded.len; i++) {
        char c = folded.ptr[i];
        p[i] = (char)(c >= 'A' && c <= 'Z' ? c | 32 : c);
    }
    *out = (struct str){p, folded.len};
    return RC_OK;
}

static enum rc
compile(struct arena *a, struct str code, int64_t version, struct str text, struct item *out,
        struct err *err)
{
    struct item item = {.version = version};
    struct json *document;
    struct form *form = NULL;
    enum rc rc;

    if ((rc = str_copy(a, code, &item.code, err)) != RC_OK ||
        (rc = str_copy(a, text, &text, err)) != RC_OK ||
        (rc = json_parse(a, text, JSON_UNIQUE, &document, err)) != RC_OK) {
        return rc;
    }
    if (json_get(document, "form") != NULL &&
        (rc = form_load(a, json_get(document, "form"), &form, err)) != RC_OK) {
        return rc;
    }
    item.document = document;
    item.form = form;
    *out = item;
    return RC_OK;
}

static enum rc
make_searchable(struct arena *a, struct entry *e, struct err *err)
{
    const struct json *d = e->item.document;
    const struct json *words = json_get(d, "words");
    struct str name = str_fmt(a, "%.*s\n%.*s", STR_ARG(json_str(d, "name_zh")),
                              STR_ARG(json_str(d, "name_en")));
    struct str summary = str_fmt(a, "%.*s\n%.*s", STR_ARG(json_str(d, "summary_zh")),
                                 STR_ARG(json_str(d, "summary_en")));
    struct str lines;
    struct buf b;
    enum rc rc;

    buf_init(&b, a, WORDS_BYTES);
    for (const struct json *w = words != NULL ? words->first : NULL; w != NULL; w = w->next) {
        buf_put(&b, w->text);
        buf_put(&b, STR("\n"));
    }
    if ((rc = buf_finish(&b, &lines, err)) != RC_OK ||
        (rc = lower(a, name, &e->name, err)) != RC_OK ||
        (rc = lower(a, summary, &e->summary, err)) != RC_OK) {
        return rc;
    }
    return lower(a, lines, &e->words, err);
}

static enum rc
current_row(const struct row *row, void *ctx, struct err *err)
{
    struct item_table *t = ctx;
    struct entry *e;
    enum rc rc;

    if (t->count == t->capacity) {
        return err_set(err, RC_LIMIT, "more than %d items", ITEMS_MAX);
    }
    e = &t->entries[t->count];
    if ((rc = compile(t->arena, row_text(row, 0), row_int(row, 1), row_text(row, 2), &e->item,
                      err)) != RC_OK ||
        (rc = make_searchable(t->arena, e, err)) != RC_OK) {
        return rc;
    }
    t->count++;
    return RC_OK;
}

enum rc
item_load(const struct db *db, struct item_table **out, struct err *err)
{
    struct item_table *t = mem_new(1, sizeof(*t));
    enum rc rc;

    t->arena = arena_new(TABLE_ARENA);
    t->capacity = ITEMS_MAX;
    t->entries = mem_new(ITEMS_MAX, sizeof(*t->entries));
    if ((rc = store_read(db, &ITEM_CURRENT, NO_VALUES, current_row, t, err)) != RC_OK) {
        item_table_free(t);
        return rc;
    }
    *out = t;
    return RC_OK;
}

void
item_table_free(struct item_table *t)
{
    if (t != NULL) {
        arena_free(t->arena);
        mem_free(t->entries);
        mem_free(t);
    }
}

const struct item *
item_by_code(const struct item_table *t, struct str code)
{
    size_t low = 0, high = t->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(t->entries[middle].item.code, code);
        if (order == 0) {
            return &t->entries[middle].item;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

struct by_version {
    struct arena *arena;
    struct item item;
    bool is_found;
};

static enum rc
version_row(const struct row *row, void *ctx, struct err *err)
{
    struct by_version *v = ctx;

    v->is_found = true;
    return compile(v->arena, row_text(row, 0), row_int(row, 1), row_text(row, 2), &v->item, err);
}

enum rc
item_by_version(const struct db *db, struct arena *a, struct str code, int64_t version,
                struct item *out, struct err *err)
{
    struct by_version v = {.arena = a};
    enum rc rc =
        store_read(db, &ITEM_BY_VERSION, VALUES(V_TEXT(code), V_INT(version)), version_row, &v, err);

    if (rc == RC_OK && !v.is_found) {
        return err_set(err, RC_NOT_FOUND, "no version %lld of item %.*s", (long long)version,
                       STR_ARG(code));
    }
    if (rc == RC_OK) {
        *out = v.item;
    }
    return rc;
}

/* --- searching -------------------------------------------------------------------------------------------- */

struct grams {
    struct str gram[GRAMS_MAX];
    size_t count;
};

static void
add_gram(struct grams *g, struct str gram)
{
    if (g->count < GRAMS_MAX && gram.len > 0) {
        g->gram[g->count++] = gram;
    }
}

static bool
is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Neither letter nor digit nor character: what stands between words. */
static bool
is_between(uint32_t c)
{
    return c < 128 ? !is_word_byte((char)c)
                   : (c >= 0x2000 && c <= 0x206F) || (c >= 0x3000 && c <= 0x303F) || c == 0xB7;
}

/* Latin words whole, single letters not at all; runs of anything wider in overlapping pairs, a single character by itself. */
static void
cut(struct str query, struct grams *g)
{
    struct str rest = query;
    bool in_run = false; /* the character before was a wide one: it stands in a pair already */

    while (rest.len > 0) {
        struct str before = rest, after;
        uint32_t c = utf8_next(&rest);
        if (is_between(c)) {
            in_run = false;
            continue;
        }
        if (c < 128) {
            while (rest.len > 0 && is_word_byte(rest.ptr[0])) {
                rest = str_from(rest, 1);
            }
            add_gram(g, str_sub(before, 0, before.len - rest.len > 1 ? before.len - rest.len : 0));
            in_run = false;
            continue;
        }
        after = rest;
        uint32_t next = rest.len > 0 ? utf8_next(&after) : ' ';
        if (next >= 128 && !is_between(next)) {
            add_gram(g, str_sub(before, 0, before.len - after.len));
        } else if (!in_run) {
            add_gram(g, str_sub(before, 0, before.len - rest.len));
        }
        in_run = true;
    }
}

/* A Latin word counts where a word begins: "food" is not in "seafood", but "rest" is in "restaurant". */
static bool
holds(struct str text, struct str gram)
{
    size_t from = 0, at;

    while ((at = from + str_find(str_from(text, from), gram)) < text.len) {
        if (!is_word_byte(gram.ptr[0]) || at == 0 || !is_word_byte(text.ptr[at - 1])) {
            return true;
        }
        from = at + 1;
    }
    return false;
}

/* One of the item's synonyms (or its name) is the query: the strongest sign there is. */
static bool
has_line(struct str lines, struct str line)
{
    struct str each;

    while (str_next(&lines, '\n', &each)) {
        if (str_eq(each, line)) {
            return true;
        }
    }
    return false;
}

static int
score_of(const struct entry *e, struct str query, const struct grams *g)
{
    bool is_bundle = str_eq(json_str(e->item.document, "kind"), STR("bundle"));
    int score = 0;

    if (has_line(e->words, query) || has_line(e->name, query)) {
        score += (WEIGHT_EXACT + (is_bundle ? WEIGHT_BUNDLE : 0)) * (int)g->count;
    }
    for (size_t i = 0; i < g->count; i++) {
        int found = (holds(e->name, g->gram[i]) ? WEIGHT_NAME : 0) +
                    (holds(e->words, g->gram[i]) ? WEIGHT_WORDS : 0) +
                    (holds(e->summary, g->gram[i]) ? WEIGHT_SUMMARY : 0);
        score += found + (found > WEIGHT_SUMMARY && is_bundle ? WEIGHT_BUNDLE : 0);
    }
    return score;
}

static struct json *
result_document(struct arena *a, const struct item *item, struct str lang)
{
    const struct json *d = item->document;
    struct json *r = json_object(a);

    json_set_text(a, r, "code", item->code);
    json_set_text(a, r, "name", item_word(d, "name", lang));
    json_set_text(a, r, "summary", item_word(d, "summary", lang));
    json_set_text(a, r, "org", json_str(d, "lead_org"));
    json_set_text(a, r, "icon", json_str(d, "icon"));
    json_set_bool(a, r, "is_bundle", str_eq(json_str(d, "kind"), STR("bundle")));
    json_set_int(a, r, "days", json_int_or(d, "promised_days", 0));
    json_set_bool(a, r, "is_instant", json_int_or(d, "promised_days", 0) == 0);
    json_set_int(a, r, "visits", json_int_or(d, "visits", 0));
    json_set_bool(a, r, "no_visit", json_int_or(d, "visits", 0) == 0);
    json_set_int(a, r, "fee_cents", json_int_or(d, "fee_cents", 0));
    json_set_bool(a, r, "is_free", json_int_or(d, "fee_cents", 0) == 0);
    json_set_bool(a, r, "is_online", json_true(d, "is_online"));
    json_set_bool(a, r, "can_apply", item->form != NULL);
    json_set_text(a, r, "url", str_fmt(a, "/items/%.*s", STR_ARG(item->code)));
    return r;
}

struct hit {
    const struct item *item;
    int score;
};

static size_t
collect(const struct item_table *t, struct str query, const struct grams *g, struct hit *hits)
{
    size_t count = 0;

    for (size_t i = 0; i < t->count && g->count > 0; i++) {
        struct hit h = {&t->entries[i].item, score_of(&t->entries[i], query, g)};
        size_t at;
        if (h.score < WEIGHT_SUMMARY) {
            continue;
        }
        if (count < HITS_MAX) {
            count++;
        } else if (hits[count - 1].score >= h.score) {
            continue;
        }
        for (at = count - 1; at > 0 && hits[at - 1].score < h.score; at--) {
            hits[at] = hits[at - 1];
        }
        hits[at] = h;
    }
    return count;
}

enum rc
item_search(const struct item_table *t, struct arena *a, struct str query, struct str lang,
            int limit, struct json **out, struct err *err)
{
    struct json *d = json_object(a);
    struct json *results = json_array(a);
    struct hit *hits = arena_alloc(a, HITS_MAX, sizeof(*hits));
    struct grams grams = {.count = 0};
    struct str folded;
    enum rc rc;

    if (hits == NULL) {
        return err_set(err, RC_LIMIT, "no room for a search");
    }
    if ((rc = lower(a, str_trim(query), &folded, err)) != RC_OK) {
        return rc;
    }
    cut(folded, &grams);
    size_t count = collect(t, folded, &grams, hits);
    for (size_t i = 0; i < count && i < (size_t)limit; i++) {
        json_push(results, result_document(a, hits[i].item, lang));
    }
    json_set_text(a, d, "query", query);
    json_set_int(a, d, "count", (int64_t)count);
    json_set(a, d, "results", results);
    if ((rc = json_whole(d, err)) == RC_OK) {
        *out = d;
    }
    return rc;
}

const struct item *
item_at(const struct item_table *t, size_t index)
{
    return index < t->count ? &t->entries[index].item : NULL;
}

struct json *
item_popular(const struct item_table *t, struct arena *a, struct str lang)
{
    struct json *list = json_array(a);

    for (int64_t rank = 0; rank < 32; rank++) {
        for (size_t i = 0; i < t->count; i++) {
            const struct json *d = t->entries[i].item.document;
            if (json_true(d, "popular") && json_int_or(d, "rank", 0) == rank) {
                json_push(list, result_document(a, &t->entries[i].item, lang));
            }
        }
    }
    return list;
}
