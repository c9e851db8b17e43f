/* Documents as trees: what is kept, what is left out, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule/xml.h"

static const struct xml_limits few = {.bytes = 2000, .depth = 4, .elements = 6, .attributes = 2};

static enum rc
read_it(struct arena *a, const char *text, struct xml_document *out, struct xml_fault *fault)
{
    struct err err;

    return xml_read(a, str_of(text), &few, out, fault, &err);
}

static void
a_document_is_a_tree_with_its_texts(void **state)
{
    struct arena *a = arena_new(1 << 16);
    struct xml_document document;

    (void)state;
    assert_int_equal(read_it(a, "<?xml version='1.0'?><a n='1 &lt;'>\n <b>x<!-- not this -->&amp;y<![CDATA[<z>]]></b>\n <c/><b m=''>2</b></a>",
                             &document, NULL), RC_OK);
    const struct xml *root = document.root, *b = xml_child(root, "b");
    assert_true(xml_is(root, "a"));
    assert_int_equal(root->text.len, 0);
    assert_true(str_eq(xml_attribute(root, "n"), STR("1 <")));
    assert_true(xml_has(root, "n") && !xml_has(root, "m"));
    assert_true(str_eq(b->text, STR("x&y<z>")));
    assert_int_equal(b->line, 2);
    assert_int_equal(b->column, 2);
    assert_ptr_equal(b->parent, root);
    assert_true(str_eq(xml_next(b, "b")->text, STR("2")));
    assert_null(xml_next(xml_next(b, "b"), "b"));
    assert_true(str_eq(xml_text(root, "b"), b->text));
    assert_int_equal(xml_text(root, "d").len, 0);
    assert_null(xml_child(NULL, "a"));
    arena_free(a);
}

static void
all_namespaces_are_kept_where_they_are_wanted(void **state)
{
    const struct xml_limits all = {.bytes = 2000, .depth = 4, .elements = 6, .attributes = 2, .all = true};
    struct arena *a = arena_new(1 << 16);
    struct xml_document document;
    struct err err;

    (void)state;
    assert_int_equal(xml_read(a, STR("<r xmlns='urn:a' xmlns:p='urn:p'><p:x><y/></p:x></r>"), &all, &document, NULL, &err), RC_OK);
    assert_true(xml_is(document.root->first, "x") && str_eq(document.root->first->name_space, STR("urn:p")));
    assert_true(str_eq(document.root->first->first->name_space, STR("urn:a")));
    arena_free(a);
}

static void
other_namespaces_are_left_out_with_all_that_is_in_them(void **state)
{
    struct arena *a = arena_new(1 << 16);
    struct xml_document document;

    (void)state;
    assert_int_equal(read_it(a, "<r xmlns='urn:a' xmlns:p='urn:p' p:n='2' n='1'><p:x><y/></p:x><y>1<p:z/>2</y></r>", &document, NULL),
                     RC_OK);
    const struct xml *y = document.root->first;
    assert_true(xml_is(y, "y") && y->next == NULL && y->first == NULL);
    assert_true(str_eq(y->text, STR("12")));
    assert_true(str_eq(y->name_space, STR("urn:a")));
    assert_true(str_eq(xml_attribute(document.root, "n"), STR("1")));
    assert_true(str_eq(xml_attribute_of(document.root, STR("urn:p"), "n"), STR("2")));
    assert_int_equal(document.prefixes, 2);
    assert_true(str_eq(document.prefix[0].prefix, STR("p")) && str_eq(document.prefix[0].name_space, STR("urn:p")));
    arena_free(a);
}

static void
one_other_namespace_may_be_kept(void **state)
{
    struct arena *a = arena_new(1 << 16);
    struct xml_limits limits = few;
    struct xml_document document;
    struct err err;
    struct str text = STR("<r xmlns='urn:a' xmlns:p='urn:p' xmlns:q='urn:q'><p:x n='1'/><q:y/><z/></r>");

    (void)state;
    limits.also = STR("urn:p");
    assert_int_equal(xml_read(a, text, &limits, &document, NULL, &err), RC_OK);
    const struct xml *x = document.root->first;
    assert_true(xml_is(x, "x") && str_eq(x->name_space, STR("urn:p")) && str_eq(xml_attribute(x, "n"), STR("1")));
    assert_true(xml_is(x->next, "z") && x->next->next == NULL);
    arena_free(a);
}

static void
what_is_wrong_or_too_much_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *text;
        enum rc rc;
        enum xml_fault_kind kind;
        unsigned line, column;
    } cases[] = {
        {"<a>\n</b>", RC_INVALID, XML_FAULT_SYNTAX, 2, 3},
        {"<a/><a/>", RC_INVALID, XML_FAULT_SYNTAX, 1, 5},
        {"<a>\xff</a>", RC_INVALID, XML_FAULT_SYNTAX, 1, 4},
        {"<p:a/>", RC_INVALID, XML_FAULT_SYNTAX, 1, 1},
        {"<a n='1' n='2'/>", RC_INVALID, XML_FAULT_SYNTAX, 1, 10},
        {"<!DOCTYPE a><a/>", RC_INVALID, XML_FAULT_DTD, 1, 12},
        {"<!DOCTYPE a [<!ENTITY b 'c'><!ENTITY d '&b;&b;'>]><a>&d;</a>", RC_INVALID, XML_FAULT_DTD, 1, 13},
        {"<a><b><c><d><e/></d></c></b></a>", RC_LIMIT, XML_FAULT_DEPTH, 1, 13},
        {"<a><b/><b/><b/>\n<b/><b/><b/></a>", RC_LIMIT, XML_FAULT_ELEMENTS, 2, 9},
        {"<a k='1' l='2' m='3'/>", RC_LIMIT, XML_FAULT_ATTRIBUTES, 1, 1},
    };
    struct arena *a = arena_new(1 << 16);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct xml_document document = {.root = NULL};
        struct xml_fault fault;
        assert_int_equal(read_it(a, cases[i].text, &document, &fault), cases[i].rc);
        assert_int_equal(fault.kind, cases[i].kind);
        if (fault.line != cases[i].line || fault.column != cases[i].column) {
            fail_msg("%s: %u, %u", cases[i].text, fault.line, fault.column);
        }
        assert_null(document.root);
        assert_true(xml_fault_text(fault.kind, true)[0] != '\0');
    }
    arena_free(a);
}

static void
other_encodings_are_read_as_utf8(void **state)
{
    struct arena *a = arena_new(1 << 16);
    struct xml_document document;
    struct err err;

    (void)state;
    assert_int_equal(read_it(a, "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>", &document, NULL), RC_OK);
    assert_true(str_eq(document.root->text, STR("\xc3\xa9")));
    assert_int_equal(xml_read(a, STR("\xff\xfe<\0a\0/\0>\0"), &few, &document, NULL, &err), RC_OK);
    assert_true(xml_is(document.root, "a"));
    arena_free(a);
}

static void
a_full_arena_is_a_limit_at_every_moment(void **state)
{
    size_t good = 0, n = 1;

    (void)state;
    for (; good < 10 && n < 200; n++) {
        struct arena *a = arena_new(1 << 16);
        struct xml_document document;
        struct xml_fault fault;
        arena_fail_at(a, n);
        enum rc rc = read_it(a, "<a xmlns='urn:a' n='1'> <b m='2'>text</b> <c>more</c></a>", &document, &fault);
        good += rc == RC_OK;
        assert_true(rc == RC_OK || (rc == RC_LIMIT && good == 0 && fault.kind == XML_FAULT_ROOM));
        arena_free(a);
    }
    assert_int_equal(good, 10);
    assert_true(n > 20);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_a_tree_with_its_texts),
        cmocka_unit_test(all_namespaces_are_kept_where_they_are_wanted),
        cmocka_unit_test(other_namespaces_are_left_out_with_all_that_is_in_them),
        cmocka_unit_test(one_other_namespace_may_be_kept),
        cmocka_unit_test(what_is_wrong_or_too_much_is_refused_with_its_place),
        cmocka_unit_test(other_encodings_are_read_as_utf8),
        cmocka_unit_test(a_full_arena_is_a_limit_at_every_moment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
