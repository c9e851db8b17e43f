#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rule/parser.h"
#include "rule/print.h"

/* --- setting ----------------------------------------------------------------------------------- */

static const struct feel_name incomes[] = {{STR_INIT("Monthly Income"), NULL}, {STR_INIT("net-of-tax"), NULL}};
static const struct feel_type applicant = {.kind = FEEL_CONTEXT, .count = 2, .member = incomes};
static const struct feel_type applicants = {.kind = FEEL_LIST, .element = &applicant};
static const struct feel_name outer_names[] = {{STR_INIT("a"), NULL}, {STR_INIT("rate"), NULL}};
static const struct feel_scope outer = {.count = 2, .name = outer_names};
static const struct feel_name names[] = {
    {STR_INIT("a"), NULL}, {STR_INIT("b"), NULL}, {STR_INIT("c"), NULL}, {STR_INIT("a-b"), NULL},
    {STR_INIT("profit and loss"), NULL}, {STR_INIT("Applicant"), &applicant},
    {STR_INIT("Applicants"), &applicants}, {STR_INIT("申请人's 年龄"), NULL}, {STR_INIT("年龄"), NULL},
};
static const struct feel_name types[] = {{STR_INIT("tLoan"), NULL}, {STR_INIT("Loan-Type"), NULL}};
static const struct feel_scope scope = {.outer = &outer, .count = sizeof(names) / sizeof(names[0]), .name = names,
                                        .type_count = 2, .type = types};

static enum rc
read_text(struct arena *a, const char *text, bool is_tests, struct feel_tree *tree,
          struct feel_fault *fault, struct err *err)
{
    return is_tests ? feel_parse_tests(a, str_of(text), &scope, NULL, tree, fault, err)
                    : feel_parse(a, str_of(text), &scope, tree, fault, err);
}

static struct feel_tree
parsed(struct arena *a, const char *text, bool is_tests)
{
    struct feel_tree tree;
    struct err err;

    if (read_text(a, text, is_tests, &tree, NULL, &err) != RC_OK) {
        fail_msg("%s: %s", text, err.text);
    }
    return tree;
}

static void
assert_printed(const char *text, const char *want, bool is_tests)
{
    struct arena *a = arena_new(1 << 20);
    struct feel_tree tree = parsed(a, text, is_tests), again;
    struct str got;
    struct err err;

    assert_int_equal(feel_print(a, &tree, &got, &err), RC_OK);
    if (!str_eq(got, str_of(want))) {
        fail_msg("%s\ngot  %.*s\nwant %s", text, STR_ARG(got), want);
    }
    again = parsed(a, str_c(a, got), is_tests);
    assert_true(feel_tree_equal(&tree, &again));
    arena_free(a);
}

static const struct feel_node *
root_of(const struct feel_tree *tree)
{
    return &tree->node[tree->root];
}

/* --- what is accepted -------------------------------------------------------------------------- */

static void
an_expression_is_read_and_printed_with_the_fewest_brackets(void **state)
{
    static const struct {
        const char *text, *printed;
    } cases[] = {
        {"1", "1"},
        {"1+2*3", "1 + 2 * 3"},
        {"(1+2)*3", "(1 + 2) * 3"},
        {"1-(2-3)", "1 - (2 - 3)"},
        {"(1-2)-3", "1 - 2 - 3"},
        {"2**3**2", "2 ** 3 ** 2"},
        {"2**(3**2)", "2 ** (3 ** 2)"},
        {"(-2)**2", "-2 ** 2"},
        {"-(2**2)", "-(2 ** 2)"},
        {"(1+r/12)**-c", "(1 + r / 12) ** -c"},
        {".5+1.25e-3", ".5 + 1.25e-3"},
        {"((b)) or(c and rate)", "b or c and rate"},
        {"(a or b)and c", "(a or b) and c"},
        {"a = b and c!=1", "a = b and c != 1"},
        {"\"\\u0041\\U01F40E\\ud83d\\udca9\\n\\d\"", "\"A🐎💩\\n\\\\d\""},
        {"@\"P1D\"+@\"2020-01-01\"", "@\"P1D\" + @\"2020-01-01\""},
        {"1 /* one */ + // two\n 2", "1 + 2"},
        {"if a then b else if b then c else a", "if a then b else if b then c else a"},
        {"(if a then b else c)+1", "(if a then b else c) + 1"},
        {"1+if a then b else c", "1 + (if a then b else c)"},
        {"for i in 1..5,j in [1,2] return i*j", "for i in 1..5, j in [1, 2] return i * j"},
        {"for x y in a return x y+partial[-1]", "for x y in a return x y + partial[-1]"},
        {"some x in a satisfies x>1", "some x in a satisfies x > 1"},
        {"every x in a,y in b satisfies x=y", "every x in a, y in b satisfies x = y"},
        {"a between 1 and 2+3 and b", "a between 1 and 2 + 3 and b"},
        {"a in (1,<5,[2..3))", "a in (1, < 5, [2..3))"},
        {"a in (<5)", "a in < 5"},
        {"a in <=5 and b", "a in <= 5 and b"},
        {"a in (b or c)", "a in (b or c)"},
        {"1 in ]2..4[", "1 in (2..4)"},
        {"[1..10[.start included", "[1..10).start included"},
        {"[1..10[ = (1..10]", "[1..10) = (1..10]"},
        {"[1..b[1]]", "[1..(b[1])]"},
        {"(null..10)", "(null..10)"},
        {"(>=10)=[10..null)", "(>= 10) = [10..null)"},
        {"[1,[],{}]", "[1, [], {}]"},
        {"{a:1,b c:a+1,\"x:y\":2,\"d e\":3}", "{a: 1, b c: a + 1, \"x:y\": 2, d e: 3}"},
        {"{foo + bar:1}.foo", "{foo+bar: 1}.foo"},
        {"string length( \"x\" )", "string length(\"x\")"},
        {"date  and\ntime(\"x\").time offset", "date and time(\"x\").time offset"},
        {"number(from:\"1\",grouping separator:b)", "number(from: \"1\", grouping separator: b)"},
        {"a.b.c[item>2](1)", "a.b.c[item > 2](1)"},
        {"function(x,y: number) x+y", "function(x, y: number) x + y"},
        {"function() external{java:{class:\"m\"}}", "function() external {java: {class: \"m\"}}"},
        {"a instance of list<context<a b:string,c:range<date and time>>>",
         "a instance of list<context<a b: string, c: range<date and time>>>"},
        {"a instance of function<>->Any", "a instance of function<>->Any"},
        {"a instance of function<number,tLoan> -> x.y", "a instance of function<number, tLoan>->x.y"},
        {"-a instance of number", "-a instance of number"},
        {"a instance of Loan-Type", "a instance of Loan-Type"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_printed(cases[i].text, cases[i].printed, false);
    }
}

static void
unary_tests_are_read_and_printed(void **state)
{
    static const char *const cases[][2] = {
        {"-", "-"},
        {" - // any", "-"},
        {"-5", "-5"},
        {">5", "> 5"},
        {"\"a\",\"b\"", "\"a\", \"b\""},
        {"[1..5],null", "[1..5], null"},
        {"not( 1, >5 )", "not(1, > 5)"},
        {"not(a) and b", "not(a) and b"},
        {"(not(a))", "(not(a))"},
        {"?>5 and ? in [1..2]", "? > 5 and ? in [1..2]"},
        {"< Applicant.Monthly Income", "< Applicant.Monthly Income"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_printed(cases[i][0], cases[i][1], true);
    }
}

static void
the_longest_known_name_counts_and_brackets_keep_it_apart(void **state)
{
    static const struct {
        const char *text, *printed;
        enum feel_kind kind;
    } cases[] = {
        {"a-b", "a-b", NODE_NAME},
        {"a - b", "a-b", NODE_NAME},
        {"a-c", "a - c", NODE_SUBTRACT},
        {"(a)-b", "(a) - b", NODE_SUBTRACT},
        {"(1+a)-b", "(1 + a) - b", NODE_SUBTRACT},
        {"a-bc", "a - bc", NODE_SUBTRACT},
        {"profit  and\tloss", "profit and loss", NODE_NAME},
        {"profit and losses", "profit and losses", NODE_AND},
        {"申请人's 年龄 ", "申请人's 年龄", NODE_NAME},
        {"Applicant.net-of-tax", "Applicant.net-of-tax", NODE_PATH},
        {"Applicants[b].net-of-tax", "Applicants[b].net-of-tax", NODE_PATH},
        {"b.net-of-tax", "b.net - of - tax", NODE_SUBTRACT},
        {"b.net income + 1", "b.net income + 1", NODE_ADD},
        {"nobody knows me", "nobody knows me", NODE_UNKNOWN},
        {"(a instance of date) and time", "(a instance of date) and time", NODE_AND},
        {"in stock", NULL, NODE_NONE},
    };
    struct arena *a = arena_new(1 << 20);
    struct feel_tree tree;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (cases[i].printed == NULL) {
            assert_int_equal(read_text(a, cases[i].text, false, &tree, NULL, &err), RC_INVALID);
            continue;
        }
        assert_printed(cases[i].text, cases[i].printed, false);
        tree = parsed(a, cases[i].text, false);
        if (root_of(&tree)->kind != cases[i].kind) {
            fail_msg("%s is of kind %d", cases[i].text, root_of(&tree)->kind);
        }
    }
    arena_free(a);
}

/* The last name node of the text. */
static const struct feel_node *
last_name(const struct feel_tree *tree)
{
    for (uint32_t i = tree->count - 1; i > 0; i--) {
        uint8_t kind = tree->node[i].kind;
        if (kind >= NODE_NAME && kind <= NODE_UNKNOWN) {
            return &tree->node[i];
        }
    }
    fail_msg("no name in it");
    return &tree->node[tree->root];
}

static void
a_name_is_the_slot_of_a_frame(void **state)
{
    static const struct {
        const char *text;
        enum feel_kind kind;
        unsigned depth, slot, flags;
    } cases[] = {
        {"c", NODE_NAME, 0, 2, 0},
        {"rate", NODE_NAME, 1, 1, 0},
        {"for i in b, j in c return j", NODE_NAME, 0, 1, 0},
        {"for i in b, j in i return 1", NODE_NAME, 0, 0, 0},
        {"for i in b return partial", NODE_NAME, 0, 1, 0},
        {"for i in b return c", NODE_NAME, 1, 2, 0},
        {"for partial in b return partial", NODE_NAME, 0, 0, 0},
        {"some x in b satisfies function(y) x", NODE_NAME, 1, 0, 0},
        {"function(y, z) z", NODE_NAME, 0, 1, 0},
        {"{k: 1, l: 2, m: l}", NODE_NAME, 0, 1, 0},
        {"{k: {l: k}}", NODE_UNKNOWN, 0, 0, 0},
        {"{k: 1, l: {m: k}}", NODE_NAME, 1, 0, 0},
        {"b in ?", NODE_NAME, 0, 0, 0},
        {"b[item]", NODE_NAME, 0, 0, FEEL_ASK_FILTERS},
        {"b[c]", NODE_NAME, 1, 2, FEEL_ASK_FILTERS},
        {"b[y]", NODE_UNKNOWN, 0, 0, FEEL_ASK_FILTERS},
        {"Applicants[Monthly Income]", NODE_MEMBER, 0, 0, 0},
        {"Applicants[Applicants[Monthly Income]]", NODE_MEMBER, 0, 0, 0},
        {"Applicants[c]", NODE_NAME, 1, 2, 0},
        {"not", NODE_BUILTIN, 0, 7, 0},
    };
    struct arena *a = arena_new(1 << 20);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct feel_tree tree = parsed(a, cases[i].text, false);
        const struct feel_node *n = last_name(&tree);
        if (n->kind != cases[i].kind || n->depth != cases[i].depth || n->slot != cases[i].slot ||
            n->flags != cases[i].flags) {
            fail_msg("%s: kind %d depth %d slot %d flags %d", cases[i].text, n->kind, n->depth, n->slot,
                     n->flags);
        }
    }
    arena_free(a);
}

static void
a_slip_of_the_pen_can_be_found_although_it_is_no_fault(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct feel_tree tree = parsed(a, "a + aeg", false);

    (void)state;
    assert_int_equal(tree.node[tree.unknown].at, 4);
    tree = parsed(a, "b[aeg > 1]", false);
    assert_int_equal(tree.unknown, 0);
    arena_free(a);
}

/* Each name is looked for among all that are known. */
static void
a_text_that_would_take_too_long_is_refused(void **state)
{
    enum { NAMES = 8000 };
    struct arena *a = arena_new(1 << 24);
    struct feel_name *known = arena_alloc(a, NAMES, sizeof(*known));
    struct feel_scope many = {.count = NAMES, .name = known};
    struct feel_fault fault;
    struct feel_tree tree;
    struct str text;
    struct buf b;
    struct err err;

    (void)state;
    for (int i = 0; i < NAMES; i++) {
        known[i].name = str_fmt(a, "name %d", i);
    }
    buf_init(&b, a, FEEL_TEXT_MAX);
    buf_put(&b, STR("name 1"));
    for (int i = 0; i < 2000 && b.len + 9 < FEEL_TEXT_MAX; i++) {
        buf_put(&b, STR(", name 2"));
    }
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    assert_int_equal(feel_parse_tests(a, text, &many, NULL, &tree, &fault, &err), RC_LIMIT);
    assert_int_equal(fault.kind, FAULT_WORK);
    many.count = 10;
    assert_int_equal(feel_parse_tests(a, text, &many, NULL, &tree, &fault, &err), RC_OK);
    assert_true(tree.work > 0 && tree.work < FEEL_WORK_MAX);
    arena_free(a);
}

/* --- what is refused --------------------------------------------------------------------------- */

static void
what_cannot_be_read_says_where_and_what_was_expected(void **state)
{
    static const struct {
        const char *text, *en, *zh;
    } cases[] = {
        {"", "line 1, character 1: expected a value, found the end",
         "第 1 个字附近：此处应为 一个值，看到的是 结尾"},
        {"年龄 > ", "line 1, character 6: expected a value, found the end",
         "第 6 个字附近：此处应为 一个值，看到的是 结尾"},
        {"a +\n\n  * b", "line 3, character 3: expected a value, found *",
         "第 3 行第 3 个字附近：此处应为 一个值，看到的是 *"},
        {"1 2", "line 1, character 3: expected an operator or the end, found 2",
         "第 3 个字附近：此处应为 运算符或结尾，看到的是 2"},
        {"(a", "line 1, character 3: expected ), found the end",
         "第 3 个字附近：此处应为 )，看到的是 结尾"},
        {"[1, 2", "line 1, character 6: expected a comma or ], found the end",
         "第 6 个字附近：此处应为 逗号或 ]，看到的是 结尾"},
        {"if a b", "line 1, character 7: expected then, found the end",
         "第 7 个字附近：此处应为 then，看到的是 结尾"},
        {"for in", "line 1, character 7: expected in, found the end",
         "第 7 个字附近：此处应为 in，看到的是 结尾"},
        {"f(a: 1, 2)", "line 1, character 2: arguments are either all named or none is",
         "第 2 个字附近：参数要么全部按名称，要么全部按位置"},
        {"\"abc", "line 1, character 1: a string has no closing quote",
         "第 1 个字附近：字符串缺少结束引号"},
        {"\"\\ud83d\"", "line 1, character 2: an escape in a string is no character",
         "第 2 个字附近：字符串中的转义不是字符"},
        {"1 /* x", "line 1, character 3: a comment has no end", "第 3 个字附近：注释没有结束"},
        {"a.5", "line 1, character 3: expected the name of a member, found 5",
         "第 3 个字附近：此处应为 成员名称，看到的是 5"},
        {"1 == 1", "line 1, character 4: expected a value, found =",
         "第 4 个字附近：此处应为 一个值，看到的是 ="},
        {"\xFF", "line 1, character 1: the text is not UTF-8", "第 1 个字附近：文本不是 UTF-8"},
        {"a instance of list<a,b>", "line 1, character 22: expected a comma or >, found b",
         "第 22 个字附近：此处应为 逗号或 >，看到的是 b"},
    };
    struct arena *a = arena_new(1 << 20);
    struct feel_tree tree;
    struct feel_fault fault;
    struct str zh;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf b;
        assert_int_equal(read_text(a, cases[i].text, false, &tree, &fault, &err), RC_INVALID);
        assert_string_equal(err.text, cases[i].en);
        buf_init(&b, a, 1000);
        fault_say(&b, &fault, FAULT_ZH);
        assert_int_equal(buf_finish(&b, &zh, &err), RC_OK);
        assert_string_equal(str_c(a, zh), cases[i].zh);
    }
    arena_free(a);
}

/* --- limits ------------------------------------------------------------------------------------ */

static void
depth_height_and_length_have_limits(void **state)
{
    static const struct {
        const char *part;
        size_t times, at_most;
    } cases[] = {
        {"(", 2000, FEEL_DEPTH_MAX}, {"[", 2000, FEEL_DEPTH_MAX}, {"- ", 2000, FEEL_DEPTH_MAX},
        {"a[", 2000, FEEL_DEPTH_MAX}, {"{a:", 2000, FEEL_DEPTH_MAX}, {"a+", 2000, FEEL_HEIGHT_MAX},
        {"if a then b else ", 2000, FEEL_DEPTH_MAX}, {"a instance of list<", 1, 1},
        {"function(a) ", 2000, FEEL_DEPTH_MAX}, {"1 in (", 2000, FEEL_DEPTH_MAX}, {" ", 65535, 0},
    };
    struct arena *a = arena_new(1 << 24);
    struct feel_tree tree;
    struct feel_fault fault;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf b;
        struct str text;
        buf_init(&b, a, 1 << 20);
        for (size_t j = 0; j < cases[i].times; j++) {
            buf_put(&b, str_of(cases[i].part));
        }
        buf_put(&b, STR("a"));
        assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
        enum rc want = cases[i].times == 1 ? RC_INVALID : RC_LIMIT;
        assert_int_equal(feel_parse(a, text, &scope, &tree, &fault, &err), want);
        assert_true(fault.at <= (cases[i].at_most + 1) * 20 + text.len * (cases[i].part[0] == 'a'));
        arena_reset(a);
    }
    arena_free(a);
}

static void
every_limit_of_memory_ends_cleanly(void **state)
{
    static const char text[] = "for i in [1..5[, x y in {a: \"\\n\", b c: -1} return some q in b satisfies "
                               "q.z[k > 1](m: function(w: list<tLoan>) w, n: date and  time(i)) in (1, < 2)";
    struct arena *a;
    struct feel_tree tree;
    struct err err;
    enum rc rc = RC_LIMIT;

    (void)state;
    for (size_t limit = 1; rc != RC_OK; limit += 16) {
        assert_true(limit < 100000);
        a = arena_new(limit);
        rc = feel_parse(a, str_of(text), &scope, &tree, NULL, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        arena_free(a);
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_expression_is_read_and_printed_with_the_fewest_brackets),
        cmocka_unit_test(unary_tests_are_read_and_printed),
        cmocka_unit_test(the_longest_known_name_counts_and_brackets_keep_it_apart),
        cmocka_unit_test(a_name_is_the_slot_of_a_frame),
        cmocka_unit_test(a_slip_of_the_pen_can_be_found_although_it_is_no_fault),
        cmocka_unit_test(a_text_that_would_take_too_long_is_refused),
        cmocka_unit_test(what_cannot_be_read_says_where_and_what_was_expected),
        cmocka_unit_test(depth_height_and_length_have_limits),
        cmocka_unit_test(every_limit_of_memory_ends_cleanly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
