/*
 * Every page with every sample document of tests/pages/, in both languages: all names have values, the HTML nests, ids are there
 * and single.  The results go to build/pages/<sample>.<lang>.html, where the browser tests look at them.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/asset.h"
#include "web/pages.h"

enum { ZH, EN, LANGS };

static const struct {
    const char *name, *code; /* as the house says it, and as html does */
} languages[LANGS] = {{"zh", "zh-Hans"}, {"en", "en"}};

enum { ARENA_BYTES = 8 << 20, PAGE_BYTES = 1 << 20, SAMPLES_MAX = 128, DEPTH_MAX = 64, IDS_MAX = 512 };

static const char samples_folder[] = "tests/pages";

/* --- a small reader of our own HTML: lower case, every attribute quoted or bare ------------------ */

struct html {
    const char *sample;
    struct str rest;
    struct str open[DEPTH_MAX];
    size_t depth;
    struct str id[IDS_MAX], wanted[IDS_MAX];
    size_t ids, wants, h1, mains;
};

static bool
is_one_of(struct str name, const char *list)
{
    struct str rest = str_of(list), part;

    while (str_next(&rest, ' ', &part)) {
        if (str_eq(name, part)) {
            return true;
        }
    }
    return false;
}

static bool
is_inside(const struct html *h, const char *name)
{
    for (size_t i = 0; i < h->depth; i++) {
        if (str_eq(h->open[i], str_of(name))) {
            return true;
        }
    }
    return false;
}

static void
want(struct html *h, struct str ids)
{
    struct str part;

    while (str_next(&ids, ' ', &part)) {
        if (part.len > 0) {
            assert_true(h->wants < IDS_MAX);
            h->wanted[h->wants++] = part;
        }
    }
}

static void
take_attribute(struct html *h, struct str tag, struct str name, struct str value)
{
    if (str_eq(name, STR("id"))) {
        for (size_t i = 0; i < h->ids; i++) {
            if (str_eq(h->id[i], value)) {
                fail_msg("%s: id %.*s stands twice", h->sample, STR_ARG(value));
            }
        }
        assert_true(h->ids < IDS_MAX && value.len > 0);
        h->id[h->ids++] = value;
    } else if (is_one_of(name, "for aria-describedby aria-labelledby")) {
        want(h, value);
    } else if (str_eq(name, STR("href")) && str_starts(value, STR("#"))) {
        want(h, str_from(value, 1));
    } else if (is_one_of(name, "href src action") && !str_eq(tag, STR("use")) &&
               !str_starts(value, STR("/")) && !str_eq(value, STR("tel:12345"))) {
        fail_msg("%s: %.*s=\"%.*s\" is no address of this site", h->sample, STR_ARG(name),
                 STR_ARG(value));
    } else if (is_one_of(name, "style") || (str_starts(name, STR("on")) && name.len > 2)) {
        fail_msg("%s: %.*s", h->sample, STR_ARG(name));
    }
}

static void
take_attributes(struct html *h, struct str tag, struct str rest)
{
    for (rest = str_trim(rest); rest.len > 0; rest = str_trim(rest)) {
        size_t end = 0;
        while (end < rest.len && rest.ptr[end] != '=' && rest.ptr[end] != ' ') {
            end++;
        }
        struct str name = str_sub(rest, 0, end), value = STR("");
        rest = str_from(rest, end);
        if (str_starts(rest, STR("=\""))) {
            rest = str_from(rest, 2);
            if (!str_next(&rest, '"', &value)) {
                value = STR("");
                rest = str_from(rest, 1);
            }
        }
        take_attribute(h, tag, name, value);
    }
}

static void
open_tag(struct html *h, struct str name, bool closed)
{
    static const char blocks[] = "p div ul ol li dl dt dd section form table fieldset details h1 h2 h3 h4 "
                                 "header footer main nav aside figure";

    if (is_inside(h, "p") && is_one_of(name, blocks)) {
        fail_msg("%s: %.*s inside p", h->sample, STR_ARG(name));
    }
    if ((is_inside(h, "a") || is_inside(h, "button")) &&
        is_one_of(name, "a button input select textarea form")) {
        fail_msg("%s: %.*s inside a link or button", h->sample, STR_ARG(name));
    }
    if (is_inside(h, "form") && str_eq(name, STR("form"))) {
        fail_msg("%s: form inside form", h->sample);
    }
    h->h1 += str_eq(name, STR("h1"));
    h->mains += str_eq(name, STR("main"));
    if (!closed && !is_one_of(name, "meta link input br img hr wbr !doctype")) {
        assert_true(h->depth < DEPTH_MAX);
        h->open[h->depth++] = name;
    }
}

static void
close_tag(struct html *h, struct str name)
{
    if (h->depth == 0 || !str_eq(h->open[h->depth - 1], name)) {
        fail_msg("%s: </%.*s> closes <%.*s>", h->sample, STR_ARG(name),
                 STR_ARG(h->depth == 0 ? STR("nothing") : h->open[h->depth - 1]));
    }
    h->depth--;
}

static void
check_tag(struct html *h, struct str inside)
{
    bool closed = str_ends(inside, STR("/"));
    size_t end = 0;

    if (closed) {
        inside = str_sub(inside, 0, inside.len - 1);
    }
    while (end < inside.len && inside.ptr[end] != ' ') {
        end++;
    }
    struct str name = str_sub(inside, 0, end);
    if (str_starts(name, STR("/"))) {
        close_tag(h, str_from(name, 1));
    } else {
        open_tag(h, name, closed);
        take_attributes(h, name, str_from(inside, end));
    }
}

static void
check_html(const char *sample, struct str text)
{
    struct html h = {.sample = sample, .rest = text};
    struct str before, inside;

    if (str_has(text, STR("{{")) || str_has(text, STR("}}"))) {
        fail_msg("%s: a tag was left over", sample);
    }
    while (str_next(&h.rest, '<', &before) && h.rest.len > 0) {
        assert_true(str_next(&h.rest, '>', &inside));
        check_tag(&h, inside);
    }
    if (h.depth > 0) {
        fail_msg("%s: <%.*s> is not closed", sample, STR_ARG(h.open[h.depth - 1]));
    }
    for (size_t i = 0; i < h.wants; i++) {
        bool found = false;
        for (size_t j = 0; j < h.ids && !found; j++) {
            found = str_eq(h.wanted[i], h.id[j]);
        }
        if (!found) {
            fail_msg("%s: nothing has the id %.*s", sample, STR_ARG(h.wanted[i]));
        }
    }
    if (h.h1 != 1 || h.mains != 1) {
        fail_msg("%s: %zu h1, %zu main", sample, h.h1, h.mains);
    }
}

/* --- samples ------------------------------------------------------------------------------- */

static struct str
read_whole(struct arena *a, const char *path)
{
    FILE *in = fopen(path, "rb");
    struct buf b;
    struct str text;
    struct err err;
    char piece[4096];
    size_t n;

    if (in == NULL) {
        fail_msg("cannot read %s", path);
        return STR("");
    }
    buf_init(&b, a, PAGE_BYTES);
    while ((n = fread(piece, 1, sizeof(piece), in)) > 0) {
        buf_put(&b, (struct str){piece, n});
    }
    (void)fclose(in);
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    return text;
}

static const struct json *
read_json(struct arena *a, const char *name)
{
    struct json *j = NULL;
    struct err err;
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/%s", samples_folder, name);
    if (json_parse(a, read_whole(a, path), JSON_UNIQUE, &j, &err) != RC_OK) {
        fail_msg("%s: %s", path, err.text);
    }
    return j;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

typedef char file_name[64];

static size_t
list_samples(file_name *names)
{
    DIR *folder = opendir(samples_folder);
    size_t count = 0;

    if (folder == NULL) {
        fail_msg("no %s: run from the top folder", samples_folder);
        return 0;
    }
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        if (str_ends(str_of(e->d_name), STR(".json")) && e->d_name[0] != '_') {
            size_t len = strlen(e->d_name);
            assert_true(count < SAMPLES_MAX && len < sizeof(file_name));
            memcpy(names[count++], e->d_name, len + 1);
        }
    }
    (void)closedir(folder);
    qsort(names, count, sizeof(file_name), by_name);
    return count;
}

/* What all pages share, with what the sample says instead. */
static struct json *
shared_of(struct arena *a, const struct json *sample, int lang)
{
    const struct json *base = read_json(a, "_shared.json"), *other = json_get(sample, "shared");
    struct json *shared = json_object(a);

    for (const struct json *m = base->first; m != NULL; m = m->next) {
        const struct json *instead = json_get_key(other, m->key);
        json_set_key(a, shared, m->key, json_copy(a, instead != NULL ? instead : m));
    }
    json_set_text(a, shared, "lang", str_of(languages[lang].code));
    return shared;
}

static void
write_page(const char *sample, int lang, struct str text)
{
    char path[256];
    FILE *out;

    (void)mkdir("build", 0777);
    (void)mkdir("build/pages", 0777);
    (void)snprintf(path, sizeof(path), "build/pages/%.*s.%s.html", (int)(strlen(sample) - 5), sample,
                   languages[lang].name);
    out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(text.ptr, 1, text.len, out), text.len);
    assert_int_equal(fclose(out), 0);
}

static struct str
render_sample(struct arena *a, const struct template_set *set, const char *file, int lang)
{
    const struct json *sample = read_json(a, file);
    const struct json *frames[] = {json_get(sample, "document"), shared_of(a, sample, lang)};
    struct str name = str_sub(str_of(file), 0, str_find_byte(str_of(file), '.'));
    struct str text = STR("");
    struct err err = {0};
    struct buf b;

    buf_init(&b, a, PAGE_BYTES);
    if (template_render(set, name, frames, 2, &b, &err) != RC_OK ||
        buf_finish(&b, &text, &err) != RC_OK) {
        fail_msg("%s in %s: %s", file, languages[lang].name, err.text);
    }
    return text;
}

static void
every_sample_renders_well_formed_in_both_languages(void **state)
{
    file_name names[SAMPLES_MAX];
    size_t count = list_samples(names);

    (void)state;
    assert_true(count > 0);
    for (int lang = 0; lang < LANGS; lang++) {
        struct arena *a = arena_new(ARENA_BYTES);
        struct template_set *set;
        const struct json *words;
        struct err err = {0};
        if (pages_load(a, languages[lang].name, TEMPLATE_NAMES_EXIST, &set, &words, &err) !=
            RC_OK) {
            fail_msg("%s", err.text);
        }
        for (size_t i = 0; i < count; i++) {
            struct arena *work = arena_new(ARENA_BYTES);
            struct str text = render_sample(work, set, names[i], lang);
            write_page(names[i], lang, text);
            check_html(names[i], text);
            arena_free(work);
        }
        arena_free(a);
    }
}

static void
every_page_has_a_sample(void **state)
{
    file_name names[SAMPLES_MAX];
    size_t count = list_samples(names);

    (void)state;
    for (size_t i = 0; i < asset_table_count; i++) {
        struct str path = str_of(asset_table[i].path);
        bool found = !str_starts(path, STR("pages/")) || str_starts(path, STR("pages/_"));
        struct str page = str_sub(path, 6, path.len - 6 - 4); /* "home." */
        for (size_t j = 0; j < count && !found; j++) {
            found = str_starts(str_of(names[j]), page);
        }
        if (!found) {
            fail_msg("%s has no sample in %s", asset_table[i].path, samples_folder);
        }
    }
}

static const struct json *
words_of(struct arena *a, int lang)
{
    const struct json *words = NULL;
    struct template_set *set;
    struct err err = {0};

    if (pages_load(a, languages[lang].name, 0, &set, &words, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return words;
}

static void
both_languages_have_the_same_words(void **state)
{
    struct arena *a = arena_new(ARENA_BYTES);
    const struct json *words[LANGS] = {words_of(a, ZH), words_of(a, EN)};

    (void)state;
    for (int lang = 0; lang < LANGS; lang++) {
        for (const struct json *w = words[lang]->first; w != NULL; w = w->next) {
            if (!json_is(json_get_key(words[1 - lang], w->key), JSON_STRING)) {
                fail_msg("%s lacks the word %.*s", languages[1 - lang].name, STR_ARG(w->key));
            }
        }
    }
    arena_free(a);
}

/* What handlers say: page_word(p, "key"), and families whose keys are made of a type or a field's name. */
static bool
is_said_by_a_handler(struct arena *a, struct str key)
{
    static const char *const families[] = {"problem_", "field_", "choice_", "element_",
                                           "period_", "nav_desk_", "rule_hit_", "bpmn_", "process_mark_",
                                           "process_role_", "case_path_state_", "process_what_", "process_trace_",
                                           "moves_case_", "moves_stays_",
                                           "handover_state_", "handover_mode_", "handover_said_", "handover_clock_", "incident_title_", "incident_text_", "incident_did_", "incident_many_", "deed_"};
    struct str wanted = str_fmt(a, "page_word(p, \"%.*s\")", STR_ARG(key));
    DIR *folder = opendir("src/web");
    bool found = false;

    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        found = found || str_starts(key, str_of(families[i]));
    }
    assert_non_null(folder);
    for (struct dirent *e = readdir(folder); e != NULL && !found; e = readdir(folder)) {
        if (str_ends(str_of(e->d_name), STR(".c"))) {
            char path[512];
            (void)snprintf(path, sizeof(path), "src/web/%s", e->d_name);
            found = str_has(read_whole(a, path), wanted);
        }
    }
    (void)closedir(folder);
    return found;
}

static bool
is_in_a_page(struct str key)
{
    char tag[128];

    (void)snprintf(tag, sizeof(tag), "{{w.%.*s}}", STR_ARG(key));
    for (size_t i = 0; i < asset_table_count; i++) {
        if (str_starts(str_of(asset_table[i].path), STR("pages/")) &&
            str_has(asset_text(&asset_table[i]), str_of(tag))) {
            return true;
        }
    }
    return false;
}

static void
every_word_is_used_by_a_page_or_a_handler(void **state)
{
    struct arena *a = arena_new(ARENA_BYTES);
    const struct json *words = words_of(a, ZH);

    (void)state;
    for (const struct json *w = words->first; w != NULL; w = w->next) {
        struct arena *work = arena_new(ARENA_BYTES);
        if (!is_in_a_page(w->key) && !is_said_by_a_handler(work, w->key)) {
            fail_msg("nobody uses the word %.*s", STR_ARG(w->key));
        }
        arena_free(work);
    }
    arena_free(a);
}

static void
every_problem_says_what_happened_what_to_do_and_what_is_kept(void **state)
{
    static const char *const parts[] = {"title", "text", "next", "kept"};
    struct arena *a = arena_new(ARENA_BYTES);
    const struct json *words = words_of(a, ZH);

    (void)state;
    for (const struct json *w = words->first; w != NULL; w = w->next) {
        if (!str_starts(w->key, STR("problem_")) || !str_ends(w->key, STR("_title"))) {
            continue;
        }
        for (size_t i = 0; i < 4; i++) {
            struct str key = str_fmt(a, "%.*s_%s", (int)w->key.len - 6, w->key.ptr, parts[i]);
            const struct json *word = json_get_key(words, key);
            if (!json_is(word, JSON_STRING) || (i < 3 && word->text.len == 0)) {
                fail_msg("no word %.*s", STR_ARG(key));
            }
        }
    }
    arena_free(a);
}

static void
another_language_is_not_found(void **state)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct template_set *set = NULL;
    const struct json *words = NULL;
    struct err err;

    (void)state;
    assert_int_equal(pages_load(a, "fr", 0, &set, &words, &err), RC_NOT_FOUND);
    assert_null(set);
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sample_renders_well_formed_in_both_languages),
        cmocka_unit_test(every_page_has_a_sample),
        cmocka_unit_test(both_languages_have_the_same_words),
        cmocka_unit_test(every_word_is_used_by_a_page_or_a_handler),
        cmocka_unit_test(every_problem_says_what_happened_what_to_do_and_what_is_kept),
        cmocka_unit_test(another_language_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
