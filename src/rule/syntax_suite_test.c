/*
 * Every expression of every model of the DMN conformance kit is read, printed, and read again as the same tree.
 *
 * What a model knows by name (variables, inputs, decisions, knowledge, parameters, components of types) is one scope here: which
 * of them an expression may see is the business of whoever reads models, not of the syntax.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rule/parser.h"
#include "rule/print.h"
#include "rule/xml.h"

enum { NAMES_MAX = 2000, TYPES_MAX = 1000, MEMBERS_MAX = 40, TEXTS_MAX = 1000 };

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
    size_t names, types, texts;
    struct feel_name name[NAMES_MAX];
    struct str name_type[NAMES_MAX];
    struct type type[TYPES_MAX];
    struct text text[TEXTS_MAX];
};

static bool
is_one_of(const struct xml *e, const char *names)
{
    struct str rest = str_of(names), name;

    while (e != NULL && str_next(&rest, ' ', &name)) {
        if (str_eq(name, e->name)) {
            return true;
        }
    }
    return false;
}

static struct type *
add_type(struct model *m, const struct xml *e, struct type *parent)
{
    struct type *t = &m->type[m->types++];

    assert_true(m->types < TYPES_MAX);
    t->name = xml_attribute(e, "name");
    t->reference = xml_text(e, "typeRef");
    t->is_list = str_eq(xml_attribute(e, "isCollection"), STR("true"));
    t->type.kind = FEEL_SIMPLE;
    if (parent != NULL) {
        assert_true(parent->type.count < MEMBERS_MAX);
        parent->type.kind = FEEL_CONTEXT;
        parent->type.member = parent->member;
        parent->member_type[parent->type.count] = t;
        parent->member[parent->type.count++].name = t->name;
    }
    return t;
}

/* Types are known with the members inside of them: type is that of the innermost around e. */
static void
take(struct model *m, const struct xml *e, struct type *type)
{
    if (is_one_of(e, "itemDefinition itemComponent")) {
        type = add_type(m, e, type);
    } else if (is_one_of(e, "variable inputData decision businessKnowledgeModel formalParameter parameter import decisionService")) {
        assert_true(m->names < NAMES_MAX);
        m->name[m->names].name = xml_attribute(e, "name");
        m->name_type[m->names++] = xml_attribute(e, "typeRef");
    } else if (is_one_of(e, "text") && is_one_of(e->parent, "literalExpression inputEntry outputEntry inputExpression inputValues "
                                                            "outputValues allowedValues typeConstraint defaultOutputEntry")) {
        assert_true(m->texts < TEXTS_MAX);
        m->text[m->texts++] = (struct text){
            e->text, is_one_of(e->parent, "inputEntry inputValues outputValues allowedValues typeConstraint")};
    }
    for (const struct xml *c = e->first; c != NULL; c = c->next) {
        take(m, c, type);
    }
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
    static const struct xml_limits limits = {.bytes = 1 << 22, .depth = 40, .elements = 100000, .attributes = 50};
    FILE *in = fopen(path, "rb");
    struct xml_document document;
    struct buf b;
    struct str text;
    struct err err;
    char piece[4096];
    size_t len;

    assert_non_null(in);
    buf_init(&b, m->arena, limits.bytes);
    while ((len = fread(piece, 1, sizeof(piece), in)) > 0) {
        buf_put(&b, (struct str){piece, len});
    }
    (void)fclose(in);
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    assert_int_equal(xml_read(m->arena, text, &limits, &document, NULL, &err), RC_OK);
    take(m, document.root, NULL);
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
