/*
 * test_betsy - for tests: the processes of betsy, which no engine's language speaks.
 *
 * Their conditions are put into FEEL, and nothing else is changed; a script's text is a word that the runner of cases knows.
 */
#ifndef PROCESS_TEST_BETSY_H
#define PROCESS_TEST_BETSY_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

static const struct {
    const char *from, *to;
} betsy_words[] = {
    {"!test.contains(\"a\")", "not(contains(test, \"a\"))"},
    {"test.contains(\"a\")>", "contains(test, \"a\")"}, /* a slip in Conditional_StartEvent_EventSubProcess_NonInterrupting */
    {"test.contains(", "contains(test, "},
    {"${integerVariable}", "integerVariable"},
    {"expressionLanguage=\"http://www.w3.org/1999/XPath\"", ""}, /* of WCP10_ArbitraryCycles, whose conditions are as the others' */
};

static inline struct str
betsy_file(struct arena *a, const char *path)
{
    FILE *in = fopen(path, "rb");
    struct buf b;
    struct str text = STR("");
    struct err err;
    char piece[4096];
    size_t len;

    if (in == NULL) {
        return (struct str){NULL, 0};
    }
    buf_init(&b, a, 1 << 24);
    while ((len = fread(piece, 1, sizeof(piece), in)) > 0) {
        buf_put(&b, (struct str){piece, len});
    }
    (void)fclose(in);
    CHECK(buf_finish(&b, &text, &err) == RC_OK);
    return text;
}

static inline struct str
betsy_replace(struct arena *a, struct str text, struct str from, struct str to)
{
    struct buf b;
    struct err err;

    buf_init(&b, a, 1 << 24);
    for (size_t at; (at = str_find(text, from)) < text.len; text = str_from(text, at + from.len)) {
        buf_put(&b, str_sub(text, 0, at));
        buf_put(&b, to);
    }
    buf_put(&b, text);
    CHECK(buf_finish(&b, &text, &err) == RC_OK);
    return text;
}

/* NULL ptr: there is no such file. */
static inline struct str
betsy_model(struct arena *a, const char *path)
{
    struct str text = betsy_file(a, path);

    for (size_t i = 0; text.ptr != NULL && i < sizeof(betsy_words) / sizeof(betsy_words[0]); i++) {
        text = betsy_replace(a, text, str_of(betsy_words[i].from), str_of(betsy_words[i].to));
    }
    return text;
}

#endif
