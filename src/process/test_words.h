/* test_words - for tests: the lines of a story as commands (process/test_story.h). */
#ifndef PROCESS_TEST_WORDS_H
#define PROCESS_TEST_WORDS_H

#include "process/test_engine.h"

static inline bool
trial_takes(enum command_kind kind, enum token_kind token)
{
    return kind == COMMAND_MESSAGE     ? token == TOKEN_MESSAGE
           : kind == COMMAND_TIMER     ? token == TOKEN_TIMER
           : kind == COMMAND_RETRY     ? token == TOKEN_INCIDENT
           : kind == COMMAND_COMPLETE || kind == COMMAND_FAIL ? token == TOKEN_TASK || token == TOKEN_JOB
           : kind == COMMAND_INCIDENT  ? token == TOKEN_JOB
           : kind == COMMAND_RETURN || kind == COMMAND_DROP_SIGNER || kind == COMMAND_SUPPLEMENT || kind == COMMAND_SUPPLY ? token == TOKEN_TASK
                                       : true;
}

/* "a#2": the second token at a that takes the command.  0: there is none. */
static inline int64_t
trial_token(const struct trial *t, enum command_kind kind, struct str where)
{
    struct str id = STR("");
    int64_t nth = 1;
    struct str rest = where;

    if (str_next(&rest, '#', &id) && rest.len > 0) {
        CHECK(str_to_int(rest, &nth));
    }
    for (size_t n = 0; n < t->i.tokens; n++) {
        const struct token *row = &t->i.token[n];
        if (trial_is_there(row) && trial_takes(kind, row->kind) && str_eq(trial_model(t, row)->element[row->element].id, id) && --nth == 0) {
            return row->id;
        }
    }
    return 0;
}

static inline const struct token *
trial_next_timer(const struct trial *t)
{
    const struct token *found = NULL;

    for (size_t n = 0; n < t->i.tokens; n++) {
        const struct token *row = &t->i.token[n];
        if (trial_is_there(row) && row->kind == TOKEN_TIMER && (found == NULL || row->due_us < found->due_us)) {
            found = row;
        }
    }
    return found;
}

/* One word of the rest; what begins with "{" goes to the end. */
static inline struct str
trial_word(struct str *rest)
{
    struct str word = STR("");

    *rest = str_trim(*rest);
    if (rest->len > 0 && rest->ptr[0] == '{') {
        word = *rest;
        *rest = STR("");
    } else {
        (void)str_next(rest, ' ', &word);
    }
    return word;
}

static inline struct json *
trial_json(struct trial *t, struct str text)
{
    struct json *j = NULL;
    struct err err;

    if (text.len > 0 && json_parse(t->a, text, JSON_UNIQUE, &j, &err) != RC_OK) {
        fail_msg("%.*s: %s", STR_ARG(text), err.text);
    }
    return j;
}

/* "retry a {…}", "return a b", "signal stop", "clock promised over", "set {…}" */
static inline struct command
trial_command(struct trial *t, struct str line)
{
    struct command c = {.attempt = -1, .element = STR(""), .name = STR(""), .key = STR(""), .outcome = STR(""), .reason = STR("why")};
    struct str verb = trial_word(&line), word[3] = {STR(""), STR(""), STR("")};
    size_t words = 0;

    for (struct str next; words < 3 && (next = trial_word(&line)).len > 0;) {
        if (next.ptr[0] == '{') {
            c.variables = trial_json(t, next);
        } else {
            word[words++] = next;
        }
    }
    if (str_eq(verb, STR("done"))) {
        verb = STR("complete");
    }
    if (!command_by_name(verb, &c.kind)) {
        fail_msg("no command %.*s", STR_ARG(verb));
    }
    if (c.kind == COMMAND_START || c.kind == COMMAND_REOPEN) {
        c.element = word[0];
    } else if (c.kind == COMMAND_SIGNAL || c.kind == COMMAND_CLOCK) {
        c.name = word[0];
        c.key = word[1];
    } else if (word[0].len > 0) {
        c.token = trial_token(t, c.kind, word[0]);
        c.element = c.kind == COMMAND_RETURN || c.kind == COMMAND_MOVE ? word[1] : STR("");
        c.outcome = word[1];
    }
    return c;
}

#endif
