#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule/trial_int.h"

static void
a_text_matches_where_a_part_of_it_does(void **state)
{
    static const struct trial cases[] = {
        {"matches(\"foobar\", \"^fo*b\")", "true", NULL},
        {"matches(\"foobar\", \"o{3}\")", "false", NULL},
        {"matches(\"abracadabra\", \"bra\", null)", "true", NULL},
        {"matches(\"abracadabra\", \"BRA\", \"i\")", "true", NULL},
        {"matches(pattern: \"^[0-9A-Z]{18}$\", input: \"91320102MA1XYZABC1\")", "true", NULL},
        {"matches(\"\\nabcd\\ndefg\\n\", \"^$\", \"m\")", "true", NULL},
        {"matches(\"hello world\", \"he ll o[ ]worl d\", \"x\")", "true", NULL},
        {"matches(\"a+b\", \"a+b\", \"q\")", "true", NULL},
        {"[matches(\"a\", \"a[^b]\"), matches(\"a \", \"a[^b]\")]", "[false, true]", NULL},
        {"matches([\"a\"], \"a\")", "true", NULL},
        {"matches(null, \"a\")", "null", "matches: input = null"},
        {"matches(\"a\", null)", "null", "matches: pattern = null"},
        {"matches(\"a\", \"a\", 1)", "null", "matches: flags = number"},
        {"matches(\"a\", \"a\", \"p\")", "null", "\"a\" is no pattern that matches takes"},
        {"matches(\"h\", \"(.)\\3\")", "null", "\"(.)\\\\3\" is no pattern that matches takes"},
        {"matches(\"h\", \"(\")", "null", "\"(\" is no pattern that matches takes"},
        {"matches(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\", \"^(a|aa)+$\")", "null",
         "matches: the pattern takes too many steps on this text"},
        {"matches(\"a\")", "null", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
what_matches_is_replaced(void **state)
{
    static const struct trial cases[] = {
        {"replace(\"abracadabra\", \"bra\", \"*\")", "\"a*cada*\"", NULL},
        {"replace(\"abracadabra\", \"a.*?a\", \"*\")", "\"*c*bra\"", NULL},
        {"replace(\"abracadabra\", \"a\", \"\")", "\"brcdbr\"", NULL},
        {"replace(\"abracadabra\", \"a(.)\", \"a$1$1\")", "\"abbraccaddabbra\"", NULL},
        {"replace(\"AAAA\", \"A+?\", \"b\")", "\"bbbb\"", NULL},
        {"replace(\"0123456789\", \"(\\d{3})(\\d{3})(\\d{4})\", \"($1) $2-$3\")", "\"(012) 345-6789\"", NULL},
        {"replace(\"facetiously\", \"[iouy]\", \"[$0]\")", "\"facet[i][o][u]sl[y]\"", NULL},
        {"replace(\"abcd\", \"(ab)|(a)\", \"[1=$1][2=$2]\")", "\"[1=ab][2=]cd\"", NULL},
        {"replace(\"abc\", \"(b)\", \"$2$12\")", "\"ab2c\"", NULL},
        {"replace(\"abc\", \"b\", \"\\$1\\\\\\\\\")", "\"a$1\\\\c\"", NULL},
        {"replace(\"a.b\", \".\", \"$\", \"q\")", "\"a$b\"", NULL},
        {"replace(\"abcdefghijklmnopqrs\", \"(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)(l)(m)(n)(o)(p)(q)(r)(s)\", \"$1$19$10$20\")",
         "\"asjb0\"", NULL},
        {"replace(\"aBc\", \"(b)\", \"[$1]\", \"i\")", "\"a[B]c\"", NULL},
        {"replace(\"政通人和\", \"[通和]\", \"·\")", "\"政·人·\"", NULL},
        {"replace(\"aBc\", \"[A-Z]\", \"#\", \"i\")", "\"###\"", NULL},
        {"replace(\"\", \"a\", \"b\")", "\"\"", NULL},
        {"replace(replacement: \"#\", input: \"abc\", pattern: \"^a\")", "\"#bc\"", NULL},
        {"replace(\"aab\", \"^a\", \"#\")", "\"#ab\"", NULL}, /* the second one does not stand at the start */
        {"replace(\"abc\", \"b\", \"$\")", "null", "replace: \"$\""},
        {"replace(\"abc\", \"b\", \"$x\")", "null", "replace: \"$x\""},
        {"replace(\"abc\", \"b\", \"\\n\\\\x\")", "null", "replace: \"\\n\\\\x\""},
        {"replace(\"abc\", \"z\", \"\\\\\")", "null", "replace: \"\\\\\""},
        {"replace(\"abc\", \"b*\", \"-\")", "null", "\"b*\" is no pattern that replace takes"},
        {"replace(\"abc\", \"^|$\", \"-\")", "null", "\"^|$\" is no pattern that replace takes"},
        {"replace(\"abc\", \"[\", \"-\")", "null", "\"[\" is no pattern that replace takes"},
        {"replace(\"baaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\", \"b|(a|aa)+$\", \"\")", "null",
         "replace: the pattern takes too many steps on this text"},
        {"replace(\"abc\", \"b\")", "null", NULL},
        {"replace(\"abc\", \"b\", 1)", "null", "replace: replacement = number"},
    };

    (void)state;
    TRIAL(cases);
}

static void
a_text_is_split_where_something_matches(void **state)
{
    static const struct trial cases[] = {
        {"split(\"John Doe\", \"\\s\")", "[\"John\", \"Doe\"]", NULL},
        {"split(\"a;b;c;;\", \";\")", "[\"a\", \"b\", \"c\", \"\", \"\"]", NULL},
        {"split(\"政，通;人\", \"[，;]\")", "[\"政\", \"通\", \"人\"]", NULL},
        {"split(\"abc\", \";\")", "[\"abc\"]", NULL},
        {"split(\"\", \";\")", "[\"\"]", NULL},
        {"split(delimiter: \"-\", string: \"a-b\")", "[\"a\", \"b\"]", NULL},
        {"split(\"aXbxc\", \"x\", \"i\")", "null", NULL}, /* it has no flags */
        {"split(\"aXbxc\", \"[xX]\")", "[\"a\", \"b\", \"c\"]", NULL},
        {"count(split(string join(for i in 1..1000 return string(i), \",\"), \",\"))", "1000", NULL},
        {"split(\"abc\", \"\")", "null", "\"\" is no pattern that split takes"},
        {"split(\"abc\", \"x*\")", "null", NULL},
        {"split(\"abc\", \"(\")", "null", NULL},
        {"split(null, \"b\")", "null", "split: string = null"},
        {"split(\"baaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\", \"b|(a|aa)+$\")", "null",
         "split: the pattern takes too many steps on this text"},
    };

    (void)state;
    TRIAL(cases);
}

/* More of them than are kept, each twice; those that are invalid are asked again and again, too. */
static void
any_number_of_patterns_can_be_asked(void **state)
{
    static const struct trial cases[] = {
        {"count((for i in 1..100, twice in 1..2 return matches(string(i), \"^\" + string(i) + \"$\"))[item])", "200", NULL},
        {"count((for i in 1..1000 return matches(\"a\", \"(\"))[item = null])", "1000", NULL},
        {"count((for i in 1..100 return matches(\"a\", \"a{\" + string(i) + \"}{\"))[item = null])", "100", NULL},
        {"[matches(\"A\", \"a\"), matches(\"A\", \"a\", \"i\"), matches(\"A\", \"a\")]", "[false, true, false]", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
work_on_patterns_ends_at_the_limits(void **state)
{
    struct trial_room t = trial_begin();
    struct value v;

    (void)state;
    assert_int_equal(trial_run(&t, "for i in 1..40 return if i = 1 then \"aa\" else replace(partial[-1], \"a\", \"$0$0\")", 0, &v),
                     RC_LIMIT);
    assert_int_equal(trial_run(&t, "for i in 1..100000 return matches(\"a\", string(i))", 0, &v), RC_LIMIT);
    assert_int_equal(trial_run(&t, "for i in 1..1000 return matches(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\", \"^(a|aa)+$\")", 0, &v),
                     RC_LIMIT);
    trial_end(&t);
}

static void
memory_that_ends_at_any_moment_is_a_clean_limit(void **state)
{
    static const struct trial cases[] = {
        {"for i in 1..1 return matches(string(i), \"1\")", "[true]", NULL},
        {"for i in 1..1 return matches(string(i), \"(\")", "[null]", NULL},
        {"for i in 1..1 return replace(string(i), \"(1)\", \"$1$1\")", "[\"11\"]", NULL},
        {"for i in 1..1 return split(\"a\" + string(i) + \"b\", \"1\")", "[[\"a\", \"b\"]]", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        trial_memory(&cases[i], 2);
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_matches_where_a_part_of_it_does),
        cmocka_unit_test(what_matches_is_replaced),
        cmocka_unit_test(a_text_is_split_where_something_matches),
        cmocka_unit_test(any_number_of_patterns_can_be_asked),
        cmocka_unit_test(work_on_patterns_ends_at_the_limits),
        cmocka_unit_test(memory_that_ends_at_any_moment_is_a_clean_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
