#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "exchange/envelope.h"

/* Two nodes without a network: what one makes the other reads. */
struct pair {
    struct arena *arena;
    struct sig_secret city_secret;
    struct sig_secret prov_secret;
    unsigned char city_key[SIG_PUBLIC_MAX];
    unsigned char prov_key[SIG_PUBLIC_MAX];
    struct peer city;
    struct peer prov;
    struct envelope asked;
    struct http_head head;
    struct str body;
};

static const struct envelope_clock now = {1795406400, 300};
static const struct str own = STR_INIT("zr.example:8443");

static void
sign(struct arena *a, struct envelope *e, const struct sig_secret *secret)
{
    unsigned char *signature = arena_alloc(a, SIG_BYTES, 1);
    struct err err;

    assert_non_null(signature);
    sig_sign(secret, e->base, signature);
    assert_int_equal(
        envelope_seal(a, e, (struct str){(const char *)signature, SIG_BYTES}, &err), RC_OK);
}

static struct http_head
as_received(struct pair *p, const struct envelope *e)
{
    struct http_head head = {.method = e->message.method,
                             .target = e->message.target,
                             .status = e->message.status,
                             .fields = e->fields};

    if (e->message.is_request) {
        assert_true(http_add(&head.fields, STR("Host"), own));
    }
    (void)p;
    return head;
}

static struct pair *
pair_new(void)
{
    struct arena *a = arena_new(1 << 22);
    struct pair *p = arena_alloc(a, 1, sizeof(*p));
    struct err err;

    assert_non_null(p);
    p->arena = a;
    sig_new(SIG_ED25519, &p->city_secret);
    sig_new(SIG_ED25519, &p->prov_secret);
    p->city = (struct peer){.name = STR("city"),
                            .public_key = {(const char *)p->city_key,
                                           sig_public_of(&p->city_secret, p->city_key)}};
    p->prov = (struct peer){.name = STR("prov"),
                            .public_key = {(const char *)p->prov_key,
                                           sig_public_of(&p->prov_secret, p->prov_key)}};
    p->body = STR("{\"question\":1}");
    assert_int_equal(envelope_ask(a, &p->asked, p->city.name, own, STR("/exchange/yl/person"),
                                  STR("case=\"1\""), p->body, now.now_s, &err),
                     RC_OK);
    sign(a, &p->asked, &p->city_secret);
    p->head = as_received(p, &p->asked);
    return p;
}

static enum rc
read_ask(struct pair *p, struct envelope *e, struct err *err)
{
    return envelope_read_ask(p->arena, e, &p->head, p->body, &p->city, own, &now, err);
}

static void
a_question_that_was_made_is_read(void **state)
{
    struct pair *p = pair_new();
    struct envelope *e = arena_alloc(p->arena, 1, sizeof(*e));
    struct err err;

    (void)state;
    assert_non_null(e);
    assert_int_equal(read_ask(p, e, &err), RC_OK);
    assert_true(str_eq(e->base, p->asked.base));
    assert_true(envelope_is_answerable(e));
    arena_free(p->arena);
}

static void
a_question_signed_for_another_address_is_misdirected(void **state)
{
    struct pair *p = pair_new();
    struct envelope *e = arena_alloc(p->arena, 1, sizeof(*e));
    struct err err;

    (void)state;
    assert_non_null(e);
    assert_int_equal(envelope_read_ask(p->arena, e, &p->head, p->body, &p->city,
                                       STR("other.example:8443"), &now, &err),
                     RC_INVALID);
    assert_string_equal(err.type, "misdirected");
    arena_free(p->arena);
}

static void
no_field_may_stand_twice_or_be_missing(void **state)
{
    static const char *const names[] = {"signature-input", "signature", "content-digest"};
    struct envelope *e;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct pair *p = pair_new();
        e = arena_alloc(p->arena, 1, sizeof(*e));
        assert_non_null(e);
        assert_true(http_add(&p->head.fields, str_of(names[i]), http_get(&p->head.fields, names[i])));
        assert_int_equal(read_ask(p, e, &err), RC_DENIED);
        assert_string_equal(err.type, "signature-invalid");
        assert_false(str_eq(STR("signature-input"), str_of(names[i])) && envelope_is_answerable(e));
        for (size_t k = 0; k < p->head.fields.count; k++) {
            if (str_eq_fold(p->head.fields.field[k].name, str_of(names[i]))) {
                p->head.fields.field[k].name = STR("x");
            }
        }
        assert_int_equal(read_ask(p, e, &err), RC_DENIED);
        assert_string_equal(err.type, "signature-invalid");
        arena_free(p->arena);
    }
}

static struct envelope *
answer_new(struct pair *p, const struct envelope *question, struct str body)
{
    struct envelope *e = arena_alloc(p->arena, 1, sizeof(*e));
    struct err err;

    assert_non_null(e);
    assert_int_equal(envelope_answer(p->arena, e, p->prov.name, 200, STR("application/json"), STR("7"),
                                     body, now.now_s, question, &err),
                     RC_OK);
    sign(p->arena, e, &p->prov_secret);
    return e;
}

static enum rc
read_answer(struct pair *p, const struct http_head *head, struct str body, const struct peer *from,
            struct err *err)
{
    struct envelope *e = arena_alloc(p->arena, 1, sizeof(*e));

    assert_non_null(e);
    return envelope_read_answer(p->arena, e, head, body, from, &p->asked, &now, err);
}

static void
an_answer_is_bound_to_its_question_its_status_its_act_and_its_node(void **state)
{
    struct pair *p = pair_new();
    struct envelope *question = arena_alloc(p->arena, 1, sizeof(*question));
    const struct str body = STR("{\"record\":{}}");
    struct err err;

    (void)state;
    assert_non_null(question);
    assert_int_equal(read_ask(p, question, &err), RC_OK);
    struct envelope *e = answer_new(p, question, body);
    struct http_head head = as_received(p, e);
    assert_int_equal(read_answer(p, &head, body, &p->prov, &err), RC_OK);
    assert_int_equal(read_answer(p, &head, STR("{\"record\":[]}"), &p->prov, &err), RC_PEER);
    assert_int_equal(read_answer(p, &head, body, &p->city, &err), RC_PEER);
    head.status = 403;
    assert_int_equal(read_answer(p, &head, body, &p->prov, &err), RC_PEER);
    head = as_received(p, e);
    head.fields.field[2].value = STR("8"); /* Zhengtong-Act */
    assert_int_equal(read_answer(p, &head, body, &p->prov, &err), RC_PEER);
    assert_string_equal(err.type, "answer-invalid");
    /* The same answer, but the city has asked something else meanwhile. */
    head = as_received(p, e);
    struct envelope first = p->asked;
    assert_int_equal(envelope_ask(p->arena, &p->asked, p->city.name, own, STR("/exchange/yl/person"),
                                  STR("case=\"1\""), p->body, now.now_s, &err),
                     RC_OK);
    sign(p->arena, &p->asked, &p->city_secret);
    assert_int_equal(read_answer(p, &head, body, &p->prov, &err), RC_PEER);
    p->asked = first;
    p->asked.message.fields = &p->asked.fields;
    assert_int_equal(read_answer(p, &head, body, &p->prov, &err), RC_OK);
    arena_free(p->arena);
}

static void
a_question_of_another_time_is_told_apart(void **state)
{
    static const struct {
        int64_t shift_s;
        enum rc rc;
    } rows[] = {{300, RC_OK}, {301, RC_DENIED}, {-300, RC_OK}, {-301, RC_DENIED}};
    struct pair *p = pair_new();
    struct envelope *e = arena_alloc(p->arena, 1, sizeof(*e));
    struct err err;

    (void)state;
    assert_non_null(e);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct envelope_clock then = {now.now_s + rows[i].shift_s, 300};
        assert_int_equal(
            envelope_read_ask(p->arena, e, &p->head, p->body, &p->city, own, &then, &err),
            rows[i].rc);
        if (rows[i].rc != RC_OK) {
            assert_string_equal(err.type, "signature-expired");
        }
    }
    arena_free(p->arena);
}

static void
a_purpose_comes_back_as_it_was_written(void **state)
{
    static const struct purpose purposes[] = {
        {STR_INIT("draft:d-1"), STR_INIT("restaurant"), STR_INIT("食品安全法 35 条"),
         STR_INIT("officer:o-1"), true},
        {STR_INIT("a \"b\" \\"), STR_INIT("100%"), STR_INIT("x"), STR_INIT("系统"), false},
    };
    struct arena *a = arena_new(1 << 16);

    (void)state;
    for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++) {
        struct str header;
        struct purpose got;
        struct err err;
        assert_int_equal(purpose_put(a, &purposes[i], &header, &err), RC_OK);
        assert_int_equal(purpose_parse(a, header, &got, &err), RC_OK);
        assert_true(str_eq(got.case_no, purposes[i].case_no) && str_eq(got.item, purposes[i].item) &&
                    str_eq(got.basis, purposes[i].basis) && str_eq(got.actor, purposes[i].actor));
        assert_int_equal(got.urgent, purposes[i].urgent);
    }
    arena_free(a);
}

static void
any_memory_limit_gives_a_limit_and_nothing_else(void **state)
{
    struct pair *p = pair_new();
    struct envelope *e = arena_alloc(p->arena, 1, sizeof(*e));
    struct err err;
    enum rc rc = RC_LIMIT;

    (void)state;
    assert_non_null(e);
    for (size_t n = 1; rc == RC_LIMIT && n < 1000; n++) {
        struct arena *a = arena_new(1 << 20);
        arena_fail_at(a, n);
        rc = envelope_read_ask(a, e, &p->head, p->body, &p->city, own, &now, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        arena_free(a);
    }
    assert_int_equal(rc, RC_OK);
    arena_free(p->arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_that_was_made_is_read),
        cmocka_unit_test(a_question_signed_for_another_address_is_misdirected),
        cmocka_unit_test(no_field_may_stand_twice_or_be_missing),
        cmocka_unit_test(an_answer_is_bound_to_its_question_its_status_its_act_and_its_node),
        cmocka_unit_test(a_question_of_another_time_is_told_apart),
        cmocka_unit_test(a_purpose_comes_back_as_it_was_written),
        cmocka_unit_test(any_memory_limit_gives_a_limit_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
