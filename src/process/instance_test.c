/* Rows of a running process are found, added, loaded in any order and settled, and show all that they hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process/instance.h"
#include "process/test_bpmn.h"

static struct instance
open_instance(struct arena *a)
{
    struct bpmn_report report;
    const struct bpmn *m = NULL;
    struct binding *b = arena_alloc(a, 1, sizeof(*b));

    assert_int_equal(bpmn_try(a, AROUND("<userTask id='a'/>"), &m, &report), RC_OK);
    *b = (struct binding){.key = STR("p"), .model = m};
    return (struct instance){.id = 9, .business_key = STR("990-1"), .bindings = 1, .binding = b, .arena = a};
}

static void
every_name_leads_back(void **state)
{
    (void)state;
    for (int n = 0; n < INSTANCE_STATES; n++) {
        enum instance_state back = INSTANCE_STATES;
        assert_true(instance_state_by_name(str_of(instance_state_name((enum instance_state)n)), &back) && (int)back == n);
    }
    for (int n = 0; n < SCOPE_KINDS; n++) {
        enum scope_kind back = SCOPE_KINDS;
        assert_true(scope_kind_by_name(str_of(scope_kind_name((enum scope_kind)n)), &back) && (int)back == n);
    }
    for (int n = 0; n < TOKEN_KINDS; n++) {
        enum token_kind back = TOKEN_KINDS;
        assert_true(token_kind_by_name(str_of(token_kind_name((enum token_kind)n)), &back) && (int)back == n);
    }
    enum token_kind kept = TOKEN_JOB;
    assert_false(token_kind_by_name(STR("nothing"), &kept) || kept != TOKEN_JOB);
}

static void
rows_loaded_in_any_order_are_found_by_id(void **state)
{
    static const int64_t order[] = {5, 2, 9, 1, 7, 4, 3, 8, 6, 10, 12, 11};
    struct arena *a = arena_new(1 << 20);
    struct instance i = open_instance(a);
    struct err err;

    (void)state;
    for (size_t n = 0; n < sizeof(order) / sizeof(order[0]); n++) {
        assert_int_equal(instance_load_token(&i, &(struct token){.id = order[n], .due_us = order[n] * 3, .change = ROW_NEW}, &err), RC_OK);
        assert_int_equal(instance_load_scope(&i, &(struct scope){.id = order[n], .counter = order[n] * 5}, &err), RC_OK);
    }
    for (int64_t id = 1; id <= 12; id++) {
        assert_int_equal(instance_token(&i, id)->due_us, id * 3);
        assert_int_equal(instance_token(&i, id)->change, ROW_KEPT);
        assert_int_equal(instance_scope(&i, id)->counter, id * 5);
        assert_non_null(instance_scope(&i, id)->variables);
    }
    assert_null(instance_token(&i, 13));
    assert_null(instance_scope(&i, 0));
    arena_free(a);
}

static void
what_is_gone_is_not_found_and_is_dropped_when_settled(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct instance i = open_instance(a);

    (void)state;
    for (int n = 0; n < 20; n++) {
        assert_int_equal(instance_add_token(&i)->id, n + 1);
    }
    assert_int_equal(instance_add_scope(&i)->id, 21); /* one row of numbers for both */
    instance_token(&i, 3)->change = ROW_NEVER;
    instance_token(&i, 20)->change = ROW_GONE;
    instance_token(&i, 7)->change = ROW_CHANGED;
    assert_null(instance_token(&i, 3));
    assert_int_equal(i.tokens, 20);
    instance_settle(&i);
    assert_int_equal(i.tokens, 18);
    assert_null(instance_token(&i, 20));
    assert_int_equal(instance_token(&i, 19)->change, ROW_KEPT);
    assert_int_equal(instance_token(&i, 7)->change, ROW_KEPT);
    assert_int_equal(instance_scope(&i, 21)->change, ROW_KEPT);
    assert_int_equal(instance_add_token(&i)->id, 22);
    arena_free(a);
}

static int64_t
number(const struct instance *i, int64_t scope, const char *name)
{
    int64_t value = -1;

    (void)json_as_int(instance_variable(i, scope, str_of(name)), &value);
    return value;
}

static void
a_variable_is_seen_from_inside_but_not_through_a_call(void **state)
{
    static const struct scope rows[] = {
        {.id = 1, .kind = SCOPE_PROCESS}, {.id = 2, .parent = 1, .kind = SCOPE_MULTI, .total = 3, .active = 2, .done = 1},
        {.id = 3, .parent = 2, .kind = SCOPE_INSTANCE, .counter = 2}, {.id = 4, .parent = 3, .kind = SCOPE_CALL},
        {.id = 5, .parent = 4, .kind = SCOPE_SUB},
    };
    struct arena *a = arena_new(1 << 20);
    struct instance i = open_instance(a);
    struct err err;

    (void)state;
    for (size_t n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
        assert_int_equal(instance_load_scope(&i, &rows[n], &err), RC_OK);
    }
    json_set_int(a, instance_scope(&i, 1)->variables, "x", 10);
    json_set_int(a, instance_scope(&i, 1)->variables, "y", 11);
    json_set_int(a, instance_scope(&i, 3)->variables, "x", 30);
    json_set_int(a, instance_scope(&i, 4)->variables, "z", 40);
    assert_int_equal(number(&i, 1, "x"), 10);
    assert_int_equal(number(&i, 3, "x"), 30);
    assert_int_equal(number(&i, 3, "y"), 11);
    assert_int_equal(number(&i, 5, "z"), 40);
    assert_int_equal(number(&i, 5, "y"), -1);
    assert_int_equal(number(&i, 3, "loopCounter"), 2);
    assert_int_equal(number(&i, 3, "nrOfInstances"), 3);
    assert_int_equal(number(&i, 3, "nrOfActiveInstances"), 2);
    assert_int_equal(number(&i, 2, "nrOfCompletedInstances"), 1);
    assert_int_equal(number(&i, 2, "loopCounter"), -1);
    assert_int_equal(number(&i, 5, "loopCounter"), -1);
    assert_int_equal(number(&i, 99, "x"), -1);
    arena_free(a);
}

static void
all_that_rows_hold_is_shown(void **state)
{
    static const char shown[] =
        "{\"bindings\":[{\"key\":\"p\",\"process\":\"p\",\"version\":0}],\"business_key\":\"990-1\",\"id\":9,\"next\":3,\"revision\":0,"
        "\"scopes\":[{\"id\":1,\"kind\":\"process\",\"variables\":{\"x\":10}}],\"state\":\"running\",\"tokens\":[{\"attempt\":4,"
        "\"data\":{\"k\":1},\"due_us\":5,\"element\":\"a\",\"flow\":\"f1\",\"id\":2,\"kind\":\"job\",\"name\":\"n\",\"scope\":1}]}";
    struct arena *a = arena_new(1 << 20);
    struct instance i = open_instance(a);
    struct json *data = json_object(a);
    struct str text = STR("");
    struct err err;

    (void)state;
    json_set_int(a, data, "k", 1);
    json_set_int(a, instance_add_scope(&i)->variables, "x", 10);
    struct token *t = instance_add_token(&i);
    *t = (struct token){.id = 2, .scope = 1, .kind = TOKEN_JOB, .element = bpmn_find_element(i.binding->model, STR("a")), .event = BPMN_NONE,
                        .name = STR("n"), .key = STR(""), .due_us = 5, .attempt = 4, .data = data, .change = ROW_NEW};
    assert_int_equal(json_canonical(a, instance_json(a, &i), &text, &err), RC_OK);
    if (!str_eq(text, str_of(shown))) {
        fail_msg("%.*s", STR_ARG(text));
    }
    for (size_t n = 1;; n++) { /* wherever memory ends, there is no half of it */
        struct arena *small = arena_new(1 << 16);
        arena_fail_at(small, n);
        struct json *whole = instance_json(small, &i);
        bool is_whole = whole != NULL;
        arena_free(small);
        if (is_whole) {
            assert_true(n > 20);
            break;
        }
    }
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_leads_back),
        cmocka_unit_test(rows_loaded_in_any_order_are_found_by_id),
        cmocka_unit_test(what_is_gone_is_not_found_and_is_dropped_when_settled),
        cmocka_unit_test(a_variable_is_seen_from_inside_but_not_through_a_call),
        cmocka_unit_test(all_that_rows_hold_is_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
