/*
 * Every expression of every model of the DMN conformance kit is read, printed, and read again as the same tree.
 *
 * What a model knows by name (variables, inputs, decisions, knowledge, parameters, components of types) is one scope here: which
 * of them an expression may see is the business of whoever reads models, not of the syntax.
 */
#include <dirent.h>
#include <expat.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rule/parser.h"
#include "rule/print.h"

enum { NAMES_MAX = 2000, TYPES_MAX = 1000, MEMBERS_MAX = 40, TEXTS_MAX = 1000, DEPTH_MAX = 40 };

struct type {
    struct feel_type type, list;
    struct str name, reference; /* reference: another type that this one is */
    struct feel_name member[MEMBERS_MAX];
    struct type *member_type[MEMBERS_MAX];
    bool is_list;
};
struct text {
    struct str text;
    bool is_tests;
};
struct model {
    struct arena *arena;
    size_t names, types, texts, depth;
    struct feel_name name[NAMES_MAX];
    struct str name_type[NAMES_MAX];
    struct type type[TYPES_MAX];
    struct text text[TEXTS_MAX];
    struct str element[DEPTH_MAX];   /* open elements */
    struct type *open[DEPTH_MAX];    /* open item definitions and components */
    struct buf said;                 /* character data of the innermost element */
};

static struct str
copied(struct arena *a, struct str s)
{
    struct str out;
    struct err err;

    assert_int_equal(str_copy(a, s, &out, &err), RC_OK);
    return out;
}

static struct str
local_name(const char *name)
{
    struct str s = str_of(name);
    size_t colon = str_find_byte(s, ':');

    return colon < s.len ? str_from(s, colon + 1) : s;
}

static struct str
attribute(struct model *m, const char **attributes, const char *name)
{
    for (size_t i = 0; attributes[i] != NULL; i += 2) {
        if (strcmp(attributes[i], name) == 0) {
            return copied(m->arena, str_of(attributes[i + 1]));
        }
    }
    return STR("");
}

static bool
is_one_of(struct str s, const char *names)
{
    struct str rest = str_of(names), name;

    while (str_next(&rest, ' ', &name)) {
        if (str_eq(name, s)) {
            return true;
        }
    }
    return false;
}

static void
begin_type(struct model *m, const char **attributes)
{
    struct type *t = &m->type[m->types++], *parent = m->depth > 0 ? m->open[m->depth - 1] : NULL;

    assert_true(m->types < TYPES_MAX);
    t->name = attribute(m, attributes, "name");
    t->is_list = str_eq(attribute(m, attributes, "isCollection"), STR("true"));
    t->type.kind = FEEL_SIMPLE;
    m->open[m->depth] = t;
    if (parent != NULL) {
        assert_true(parent->type.count < MEMBERS_MAX);
        parent->type.kind = FEEL_CONTEXT;
        parent->type.member = parent->member;
        parent->member_type[parent->type.count] = t;
        parent->member[parent->type.count++].name = t->name;
    }
}

static void
on_begin(void *ctx, const char *name, const char **attributes)
{
    struct model *m = ctx;
    struct str element = copied(m->arena, local_name(name));

    assert_true(m->depth < DEPTH_MAX);
    m->open[m->depth] = m->depth > 0 ? m->open[m->depth - 1] : NULL;
    if (is_one_of(element, "itemDefinition itemComponent")) {
        begin_type(m, attributes);
    } else if (is_one_of(element, "variable inputData decision businessKnowledgeModel formalParameter "
                                  "parameter import decisionService")) {
        assert_true(m->names < NAMES_MAX);
        m->name[m->names].name = attribute(m, attributes, "name");
        m->name_type[m->names++] = attribute(m, attributes, "typeRef");
    }
    m->element[m->depth++] = element;
    buf_init(&m->said, m->arena, FEEL_TEXT_MAX);
}

static void
on_text(void *ctx, const char *text, int len)
{
    struct model *m = ctx;

    buf_put(&m->said, (struct str){text, (size_t)len});
}

static void
on_end(void *ctx, const char *name)
{
    struct model *m = ctx;
    struct str parent = m->depth > 1 ? m->element[m->depth - 2] : STR("");
    struct str said;
    struct err err;

    (void)name;
    assert_int_equal(buf_finish(&m->said, &said, &err), RC_OK);
    m->depth--;
    if (str_eq(m->element[m->depth], STR("typeRef")) && m->open[m->depth] != NULL) {
        m->open[m->depth]->reference = said;
    } else if (str_eq(m->element[m->depth], STR("text")) &&
               is_one_of(parent, "literalExpression inputEntry outputEntry inputExpression inputValues "
                                 "outputValues allowedValues typeConstraint defaultOutputEntry")) {
        assert_true(m->texts < TEXTS_MAX);
        m->text[m->texts++] = (struct text){
            said, is_one_of(parent, "inputEntry inputValues outputValues allowedValues typeConstraint")};
    }
    buf_init(&m->said, m->arena, FEEL_TEXT_MAX);
}

static const struct feel_type *
type_named(struct model *m, struct str name)
{
    for (size_t i = 0; i < m->types; i++) {
        if (str_eq(m->type[i].name, name) && name.len > 0) {
            return m->type[i].is_list ? &m->type[i].list : &m->type[i].type;
        }
    }
    return NULL;
}

/* References are followed one step here; a chain of them ends at what is not known, which is allowed. */
static void
link_types(struct model *m)
{
    for (size_t i = 0; i < m->types; i++) {
        struct type *t = &m->type[i];
        const struct feel_type *other = type_named(m, t->reference);
        if (t->type.kind == FEEL_SIMPLE && other != NULL && other != &t->type) {
            t->type = *other;
        }
        t->list = (struct feel_type){.kind = FEEL_LIST, .element = &t->type};
        for (size_t j = 0; j < t->type.count && t->member_type[j] != NULL; j++) {
            struct type *member = t->member_type[j];
            t->member[j].type = member->is_list ? &member->list : &member->type;
        }
    }
    for (size_t i = 0; i < m->names; i++) {
        m->name[i].type = type_named(m, m->name_type[i]);
    }
}

static void
read_model(struct model *m, const char *path)
{
    XML_Parser parser = XML_ParserCreate(NULL);
    FILE *in = fopen(path, "rb");
    char piece[4096];
    size_t len;

    assert_non_null(in);
    assert_non_null(parser);
    XML_SetUserData(parser, m);
    XML_SetElementHandler(parser, on_begin, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    buf_init(&m->said, m->arena, FEEL_TEXT_MAX);
    while ((len = fread(piece, 1, sizeof(piece), in)) > 0) {
        assert_int_equal(XML_Parse(parser, piece, (int)len, 0), XML_STATUS_OK);
    }
    assert_int_equal(XML_Parse(parser, "", 0, 1), XML_STATUS_OK);
    XML_ParserFree(parser);
    (void)fclose(in);
    link_types(m);
}

static enum rc
read_text(struct arena *a, struct str text, bool is_tests, const struct feel_scope *scope,
          struct feel_tree *tree, struct err *err)
{
    return is_tests ? feel_parse_tests(a, text, scope, NULL, tree, NULL, err)
                    : feel_parse(a, text, scope, tree, NULL, err);
}

static bool
reads_and_prints(struct model *m, const struct feel_scope *scope, const struct text *t, const char *folder)
{
    struct feel_tree tree, again;
    struct str printed;
    struct err err;

    if (read_text(m->arena, t->text, t->is_tests, scope, &tree, &err) != RC_OK) {
        print_message("%s: %.*s\n    %s\n", folder, STR_ARG(t->text), err.text);
        return false;
    }
    assert_int_equal(feel_print(m->arena, &tree, &printed, &err), RC_OK);
    if (read_text(m->arena, printed, t->is_tests, scope, &again, &err) != RC_OK ||
        !feel_tree_equal(&tree, &again)) {
        print_message("%s: %.*s\n    is printed as %.*s\n", folder, STR_ARG(t->text), STR_ARG(printed));
        return false;
    }
    return true;
}

static void
try_folder(const char *level, const char *folder, unsigned *read, unsigned *refused)
{
    char path[1024];
    struct dirent *entry;
    (void)snprintf(path, sizeof(path), "%s/%s", level, folder);
    DIR *dir = opendir(path);
    struct arena *a = arena_new(1 << 26);
    unsigned good = 0, bad = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        if (!str_ends(str_of(entry->d_name), STR(".dmn"))) {
            continue;
        }
        struct model *m = arena_alloc(a, 1, sizeof(*m));
        assert_non_null(m);
        m->arena = a;
        (void)snprintf(path, sizeof(path), "%s/%s/%s", level, folder, entry->d_name);
        read_model(m, path);
        struct feel_scope scope = {.count = m->names, .name = m->name};
        for (size_t i = 0; i < m->texts; i++) {
            bool is_good = reads_and_prints(m, &scope, &m->text[i], folder);
            good += is_good;
            bad += !is_good;
        }
        arena_reset(a);
    }
    (void)closedir(dir);
    arena_free(a);
    print_message("%-48s %5u read %3u refused\n", folder, good, bad);
    *read += good;
    *refused += bad;
}

static void
every_expression_of_the_conformance_kit_is_read_and_printed(void **state)
{
    static const char *const levels[] = {"compliance-level-2", "compliance-level-3"};
    const char *suites = getenv("SUITES"), *ci = getenv("CI");
    unsigned read = 0, refused = 0;
    char path[512];

    (void)state;
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        struct dirent **folders = NULL;
        (void)snprintf(path, sizeof(path), "%s/dmn-tck/%s", suites != NULL ? suites : "../shared/suites",
                       levels[i]);
        int count = scandir(path, &folders, NULL, alphasort);
        if (count < 0) {
            print_message("dmn: the kit is not in %s, nothing was checked\n", path);
            assert_false(ci != NULL && str_eq(str_of(ci), STR("true")));
            return;
        }
        for (int j = 0; j < count; j++) {
            if (folders[j]->d_name[0] != '.') {
                try_folder(path, folders[j]->d_name, &read, &refused);
            }
            (free)(folders[j]);
        }
        (free)(folders);
    }
    print_message("%u read, %u refused\n", read, refused);
    assert_int_equal(refused, 0);
    assert_true(read > 2900);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_expression_of_the_conformance_kit_is_read_and_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
