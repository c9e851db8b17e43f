/*
 * Input: a byte for the dialect (odd: XPath) and its flags, a pattern, NUL, a text.  Nothing may crash or hang, whatever is
 * translated; a text is refused exactly where it is no UTF-8, a match says the same twice, and one that goes on from the last
 * comes to an end.  What matches nothing in XPath matches an empty text, too: functions of FEEL rely on that.
 */
#include "base/utf8.h"
#include "rule/regex.h"

enum { ARENA_BYTES = 4 << 20, GROUPS_SEEN = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str
flags_of(uint8_t bits, char room[5])
{
    size_t count = 0;

    for (int i = 0; i < 5; i++) {
        if (bits >> (i + 1) & 1) {
            room[count++] = "smixq"[i];
        }
    }
    return (struct str){room, count};
}

/* All matches one behind the other. */
static void
find_all(const struct regex *re, struct str text, bool takes_empty)
{
    struct regex_span span[GROUPS_SEEN];
    struct err err;
    bool found = true;
    size_t from = 0;

    while (found && regex_find_from(re, text, from, span, GROUPS_SEEN, &found, &err) == RC_OK && found) {
        CHECK(span[0].start >= from && span[0].end >= span[0].start && span[0].end <= text.len);
        for (int i = 1; i < GROUPS_SEEN; i++) {
            CHECK(span[i].start > span[i].end || span[i].end <= text.len);
        }
        CHECK(span[0].end > span[0].start || takes_empty);
        if (span[0].end == span[0].start) {
            return;
        }
        from = span[0].end;
    }
}

static void
match(const struct regex *re, struct str text, bool is_xpath)
{
    struct err err;
    bool first, second, empty;

    enum rc rc = regex_find(re, text, &first, &err);
    CHECK((rc == RC_INVALID) == !utf8_is_valid(text));
    if (rc == RC_OK) {
        CHECK(regex_find(re, text, &second, &err) == RC_OK && first == second);
        if (is_xpath && regex_find(re, STR(""), &empty, &err) == RC_OK) {
            find_all(re, text, empty);
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size}, pattern;
    bool is_xpath = size > 0 && (data[0] & 1) != 0;
    struct arena *a = arena_new(ARENA_BYTES);
    const struct regex *re;
    struct err err;
    char room[5];

    rest = str_from(rest, 1);
    if (str_next(&rest, '\0', &pattern)) {
        enum rc rc = is_xpath ? regex_compile_flags(a, REGEX_XPATH, pattern, flags_of(data[0], room), &re, &err)
                              : regex_compile(a, REGEX_ECMA, pattern, &re, &err);
        CHECK(rc == RC_OK || rc == RC_INVALID || rc == RC_LIMIT);
        if (rc == RC_OK) {
            match(re, rest, is_xpath);
        }
    }
    arena_free(a);
    return 0;
}
