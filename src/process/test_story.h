/*
 * test_story - for tests: a case is led through a small model in lines of words, and where it stands is said in one line.
 *
 *     start {"k":1} => a ~b/timer        a: a task; ~: it only listens; other kinds are named
 *     done a {"x":2} => j/join c | x=2   after the bar: variables of the process
 *     done c => completed
 *
 * Commands name elements, not tokens: the first token there that takes it.  "a#2" is the second.  "due" lets time go on to the next
 * timer and fires it; "wait PT1H" only lets it go on.  "=> !type" is a refusal.  Every line but "wait" is one step.
 */
#ifndef PROCESS_TEST_STORY_H
#define PROCESS_TEST_STORY_H

#include "process/test_words.h"

static inline void
trial_check_variables(struct trial *t, struct str line, struct str expected)
{
    struct str name, rest = expected, text;
    struct err err;

    while (str_next(&rest, '=', &name)) {
        struct str value = trial_word(&rest);
        const struct json *found = instance_variable(&t->i, 1, str_trim(name));
        text = STR("nothing");
        if (found != NULL) {
            CHECK(json_canonical(t->a, found, &text, &err) == RC_OK);
        }
        if (!str_eq(text, value)) {
            fail_msg("%.*s: %.*s is %.*s", STR_ARG(line), STR_ARG(str_trim(name)), STR_ARG(text));
        }
    }
}

static inline void
trial_wait(struct trial *t, struct str text)
{
    struct duration d;

    CHECK(duration_parse(text, &d));
    t->now_us += d.second * 1000000;
}

static inline void
trial_line(struct trial *t, struct str line)
{
    struct str whole = line, done = STR(""), expected, variables;
    struct err err = {.text = "", .type = ""};
    size_t at = str_find(line, STR(" => ")), bar;
    struct command c;

    done = str_sub(line, 0, at);
    expected = str_trim(str_from(line, at + 4));
    bar = str_find(expected, STR("| "));
    variables = str_from(expected, bar + 2);
    expected = str_trim(str_sub(expected, 0, bar));
    if (str_starts(done, STR("wait "))) {
        trial_wait(t, str_from(done, 5));
        return;
    }
    if (str_eq(done, STR("due"))) {
        const struct token *timer = trial_next_timer(t);
        if (timer == NULL) {
            fail_msg("%.*s: no timer in %.*s", STR_ARG(whole), STR_ARG(trial_stands(t)));
            return;
        }
        t->now_us = timer->due_us > t->now_us ? timer->due_us : t->now_us;
        c = (struct command){.kind = COMMAND_TIMER, .token = timer->id, .attempt = timer->attempt};
    } else {
        c = trial_command(t, done);
    }
    enum rc rc = trial_step(t, &c, &err);
    struct str stands = rc == RC_OK ? trial_stands(t) : str_fmt(t->a, "!%s", err.type);
    if (!str_eq(stands, expected)) {
        fail_msg("%.*s\n    stands: %.*s %s", STR_ARG(whole), STR_ARG(stands), err.text);
    }
    trial_check_variables(t, whole, variables);
}

static inline void
trial_tell(struct trial *t, const char *story)
{
    struct str rest = str_of(story), line;

    while (str_next(&rest, '\n', &line)) {
        if (str_trim(line).len > 0) {
            trial_line(t, str_trim(line));
        }
    }
}

struct story {
    const char *xml, *lines;
    const char *sent; /* all effects; NULL: not asked */
};

static inline void
trial_stories(const struct story *stories, size_t count)
{
    for (size_t n = 0; n < count; n++) {
        struct trial t;
        trial_open(&t, stories[n].xml);
        trial_tell(&t, stories[n].lines);
        if (stories[n].sent != NULL && !str_eq(t.sent, str_of(stories[n].sent))) {
            fail_msg("%s: sent %.*s", stories[n].lines, STR_ARG(t.sent));
        }
        trial_close(&t);
    }
}

#endif
