/*
 * Input: a pattern, NUL, a text.  Nothing may crash or hang, whatever is translated; a text is refused exactly where it
 * is no UTF-8, and a match says the same twice: the second time in a group, so that PCRE2 answers.
 */
#include "base/utf8.h"
#include "rule/regex_int.h"

enum { ARENA_BYTES = 4 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A pattern that is matched without PCRE2 means what PCRE2 says it means. */
static void
compare(struct arena *a, struct str pattern, struct str text, bool found)
{
    const struct regex_plain *plain = regex_plain_of(a, pattern);
    struct str in_group = str_fmt(a, "(?:%.*s)", STR_ARG(pattern));
    const struct regex *re;
    struct err err;
    bool again;

    if (plain != NULL && in_group.ptr != NULL && regex_compile(a, REGEX_ECMA, in_group, &re, &err) == RC_OK &&
        regex_find(re, text, &again, &err) == RC_OK) {
        CHECK(again == found && again == regex_plain_matches(plain, text));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size};
    struct arena *a = arena_new(ARENA_BYTES);
    const struct regex *re;
    struct str pattern;
    struct err err;
    bool first, second;

    if (str_next(&rest, '\0', &pattern)) {
        enum rc rc = regex_compile(a, REGEX_ECMA, pattern, &re, &err);
        CHECK(rc == RC_OK || rc == RC_INVALID || rc == RC_LIMIT);
        if (rc == RC_OK) {
            rc = regex_find(re, rest, &first, &err);
            CHECK((rc == RC_INVALID) == !utf8_is_valid(rest));
            if (rc == RC_OK) {
                CHECK(regex_find(re, rest, &second, &err) == RC_OK && first == second);
                compare(a, pattern, rest, first);
            }
        }
    }
    arena_free(a);
    return 0;
}
