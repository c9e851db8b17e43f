/*
 * Commands on stored processes: once for each key, all or nothing, by whoever comes first, and the same again when they are replayed.
 */
#include "process/test_runtime.h"

#include <pthread.h>
#include <stdio.h>

enum { OFFICERS = 8 };

static const char *const start_text = "{'command':'start','variables':{'approved':true,'owner':'张三'}}";

static int64_t
with_case(struct works *w)
{
    works_add(w, "approval", 1, WORKS_APPROVAL);
    return works_start(w, "approval", start_text);
}

static void
a_case_walks_from_task_to_task_and_leaves_the_open_tables(void **state)
{
    struct works *w = *state;
    int64_t id = with_case(w);
    const struct json *tasks;

    tasks = json_get(works_complete(w, id, "accept").answer, "tasks");
    assert_int_equal(tasks->count, 2);
    assert_true(str_eq(json_str(tasks->first, "element"), STR("deptA")));
    (void)works_complete(w, id, "deptA");
    (void)works_complete(w, id, "deptB");
    assert_true(works_token(w, id, "issue").kind == TOKEN_JOB);
    struct runtime_result last = works_complete(w, id, "issue");
    assert_true(str_eq(json_str(last.answer, "state"), STR("completed")));
    assert_int_equal(last.revision, 5);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_token"), 0);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_instance"), 0);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_closed"), 1);
    assert_true(str_eq(works_state(w, id), STR("completed")));
    assert_int_equal(w->loads, 1);
}

static void
each_command_is_a_line_of_history_that_nobody_edits(void **state)
{
    struct works *w = *state;
    int64_t id = with_case(w);
    struct json *lines;
    struct err err;

    (void)works_complete(w, id, "accept");
    (void)works_complete(w, id, "deptA");
    assert_int_equal(runtime_history(w->r, &w->house.fixture.db, w->house.arena, id, 1, 10, &lines, &err), RC_OK);
    assert_int_equal(lines->count, 2);
    assert_int_equal(json_int_or(lines->first, "n", 0), 2);
    assert_true(str_eq(json_str(lines->first, "actor"), STR("officer:a")));
    assert_true(str_eq(json_str(json_get(lines->first, "command"), "command"), STR("complete")));
    const struct json *move = json_get(lines->first, "moves")->first;
    assert_true(str_eq(move->first->text, STR("left")) && str_eq(move->first->next->text, STR("accept")));
    works_check_history(w, id);

    assert_true(fixture_refuses(&w->house.fixture, "UPDATE process_history SET at_us = 1"));
    fixture_sql(&w->house.fixture, house_kind == FIXTURE_SQLITE ? "DROP TRIGGER process_history_kept"
                                                                : "ALTER TABLE process_history DISABLE TRIGGER process_history_kept");
    fixture_sql(&w->house.fixture, house_kind == FIXTURE_SQLITE
                                       ? "UPDATE process_history SET body = CAST(CAST(body AS TEXT) || 'x' AS BLOB) WHERE place % 16777216 = 2"
                                       : "UPDATE process_history SET body = body || 'x'::bytea WHERE place % 16777216 = 2");
    assert_int_equal(runtime_history_check(&w->house.fixture.db, w->house.arena, id, &err), RC_CORRUPT);
    assert_non_null(strstr(err.text, "line 2 "));
    fixture_sql(&w->house.fixture, "DELETE FROM process_history WHERE place % 16777216 = 2");
    assert_int_equal(runtime_history_check(&w->house.fixture.db, w->house.arena, id, &err), RC_CORRUPT);
    if (house_kind == FIXTURE_POSTGRES) {
        fixture_sql(&w->house.fixture, "ALTER TABLE process_history ENABLE TRIGGER process_history_kept");
    }
}

static void
a_key_gives_its_answer_again_and_does_nothing_twice(void **state)
{
    struct works *w = *state;
    struct runtime_result first, again;
    struct err err;

    works_add(w, "approval", 1, WORKS_APPROVAL);
    assert_int_equal(works_try_start(w, "approval", start_text, "k1", &first, &err), RC_OK);
    assert_int_equal(works_try_start(w, "approval", start_text, "k1", &again, &err), RC_OK);
    assert_true(again.is_repeated && !first.is_repeated);
    assert_int_equal(again.instance, first.instance);
    assert_true(json_equal(again.answer, first.answer));
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_instance"), 1);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_history"), 1);
    assert_refused(works_try_start(w, "approval", "{'command':'start'}", "k1", &again, &refused_), RC_CONFLICT, "key-used");
}

/* The last command's key, when its instance has left the open tables. */
static void
a_key_is_known_after_its_process_has_ended(void **state)
{
    struct works *w = *state;
    int64_t id = with_case(w);
    struct runtime_result first, again;
    struct err err;

    assert_int_equal(works_try(w, id, "{'command':'cancel','reason':'撤回'}", "k2", &first, &err), RC_OK);
    assert_int_equal(works_try(w, id, "{'command':'cancel','reason':'撤回'}", "k2", &again, &err), RC_OK);
    assert_true(again.is_repeated);
    assert_refused(works_try(w, id, "{'command':'cancel','reason':'撤回'}", "k3", &again, &refused_), RC_CONFLICT, "instance-over");
    assert_refused(works_try(w, id, "{'command':'cancel','reason':'!'}", "k2", &again, &refused_), RC_CONFLICT, "key-used");
}

static void
the_same_key_of_another_sender_is_another_key(void **state)
{
    struct works *w = *state;
    int64_t id = with_case(w);
    struct runtime_result out;
    struct err err;

    assert_int_equal(works_try_start(w, "approval", start_text, "k", &out, &err), RC_OK);
    assert_int_equal(works_try(w, id, "{'command':'suspend'}", "k", &out, &err), RC_OK);
    assert_false(out.is_repeated);
}

static void
what_comes_late_or_out_of_order_is_refused_and_changes_nothing(void **state)
{
    static const struct {
        const char *command;
        enum rc rc;
        const char *type;
    } late[] = {
        {"{'command':'complete','token':2,'attempt':-1}", RC_NOT_FOUND, "token-gone"},
        {"{'command':'complete','token':99,'attempt':-1}", RC_NOT_FOUND, "token-gone"},
        {"{'command':'timer','token':3,'attempt':0}", RC_CONFLICT, "token-other"},
        {"{'command':'complete','token':3,'attempt':7}", RC_CONFLICT, "attempt-old"},
        {"{'command':'resume'}", RC_CONFLICT, "token-other"},
    };
    struct works *w = *state;
    int64_t id = with_case(w);
    struct runtime_result out;

    assert_int_equal(works_token(w, id, "accept").id, 2);
    (void)works_complete(w, id, "accept");
    for (size_t n = 0; n < sizeof(late) / sizeof(late[0]); n++) {
        struct err err;
        enum rc rc = works_try(w, id, late[n].command, "k", &out, &err);
        if (rc != late[n].rc || !str_eq(str_of(err.type), str_of(late[n].type))) {
            fail_msg("%s: %s", late[n].command, rc == RC_OK ? "done" : err.text);
        }
    }
    assert_refused(works_try(w, id + 1, "{'command':'suspend'}", "", &out, &refused_), RC_NOT_FOUND, "no-such-instance");
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_history"), 2);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_command"), 0);
    works_check_history(w, id);
}

/* --- several at once ---------------------------------------------------------------------------------------------- */

struct presser {
    pthread_t thread;
    struct works *w;
    struct arena *arena;
    struct command command;
    int64_t instance;
    char key[16];
    enum rc rc;
    struct runtime_result out;
    struct err err;
};

static void *
press(void *ctx)
{
    struct presser *o = ctx;
    const struct runtime_request q = {.instance = o->instance, .command = &o->command, .actor = STR("officer:a"), .key = str_of(o->key),
                                      .now_us = o->w->now_us};

    o->rc = runtime_do(o->w->r, &o->w->house.fixture.db, o->arena, &q, &o->out, &o->err);
    return NULL;
}

/* All complete the same task; the key of each from `keys`.  How many were told that it is done. */
static int
press_at_once(struct works *w, int64_t id, struct presser officers[OFFICERS], bool same_key)
{
    const struct command c = {.kind = COMMAND_COMPLETE, .token = works_token(w, id, "accept").id, .attempt = -1};
    int done = 0;

    for (int n = 0; n < OFFICERS; n++) {
        struct presser *o = &officers[n];
        *o = (struct presser){.w = w, .arena = arena_new(4 << 20), .command = c, .instance = id};
        (void)snprintf(o->key, sizeof(o->key), "k%d", same_key ? 0 : n);
        assert_int_equal(pthread_create(&o->thread, NULL, press, o), 0);
    }
    for (int n = 0; n < OFFICERS; n++) {
        (void)pthread_join(officers[n].thread, NULL);
        done += officers[n].rc == RC_OK;
    }
    return done;
}

static void
let_go(struct presser officers[OFFICERS])
{
    for (int n = 0; n < OFFICERS; n++) {
        arena_free(officers[n].arena);
    }
}

static void
of_officers_who_press_at_once_one_is_first(void **state)
{
    struct works *w = *state;
    int64_t id = with_case(w);
    struct presser officers[OFFICERS];

    assert_int_equal(press_at_once(w, id, officers, false), 1);
    for (int n = 0; n < OFFICERS; n++) {
        assert_true(officers[n].rc == RC_OK || str_eq(str_of(officers[n].err.type), STR("token-gone")));
    }
    let_go(officers);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_token"), 2);
    works_check_history(w, id);
}

static void
one_who_presses_often_is_answered_the_same_each_time(void **state)
{
    struct works *w = *state;
    int64_t id = with_case(w);
    struct presser officers[OFFICERS];
    int first = 0;

    assert_int_equal(press_at_once(w, id, officers, true), OFFICERS);
    for (int n = 0; n < OFFICERS; n++) {
        first += !officers[n].out.is_repeated;
        assert_int_equal(officers[n].out.revision, 2);
    }
    assert_int_equal(first, 1);
    let_go(officers);
}

/* --- all or nothing --------------------------------------------------------------------------------------------------- */

struct witness {
    int called;
    int64_t tasks, moves;
    enum rc rc;
};

static enum rc
witness_hook(struct tx *tx, struct arena *a, const struct runtime_event *e, void *ctx, struct err *err)
{
    struct witness *w = ctx;

    (void)tx;
    w->called++;
    w->tasks = 0;
    w->moves = (int64_t)e->outcome->moves;
    for (size_t n = 0; n < e->instance->tokens; n++) {
        w->tasks += e->instance->token[n].kind == TOKEN_TASK && e->instance->token[n].change == ROW_NEW;
    }
    json_set_int(a, e->answer, "act", 41);
    return w->rc == RC_OK ? RC_OK : err_set(err, w->rc, "the act cannot be written");
}

static enum rc
complete_with_hook(struct works *w, int64_t id, struct witness *witness, struct runtime_result *out, struct err *err)
{
    const struct command c = {.kind = COMMAND_COMPLETE, .token = 2 /* at accept */, .attempt = -1};
    const struct runtime_request q = {.instance = id, .command = &c, .actor = STR("officer:a"), .key = STR("k"), .now_us = w->now_us,
                                      .hook = witness_hook, .hook_ctx = witness};

    return runtime_do(w->r, &w->house.fixture.db, w->house.arena, &q, out, err);
}

static void
an_act_is_written_with_its_command_or_neither_is(void **state)
{
    struct works *w = *state;
    int64_t id = with_case(w);
    struct witness witness = {.rc = RC_DENIED};
    struct runtime_result out;
    struct err err;

    assert_int_equal(complete_with_hook(w, id, &witness, &out, &err), RC_DENIED);
    assert_int_equal(works_token(w, id, "accept").id, 2);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_history"), 1);
    works_check_history(w, id);

    witness.rc = RC_OK;
    assert_int_equal(complete_with_hook(w, id, &witness, &out, &err), RC_OK);
    assert_int_equal(witness.tasks, 2);
    assert_true(witness.moves > 4);
    assert_int_equal(json_int_or(out.answer, "act", 0), 41);
    witness.called = 0;
    assert_int_equal(complete_with_hook(w, id, &witness, &out, &err), RC_OK);
    assert_int_equal(witness.called, 0);
    assert_int_equal(json_int_or(out.answer, "act", 0), 41);
}

struct inside {
    struct works *w;
    const struct runtime_request *q;
    struct runtime_result out;
    enum rc after; /* what the caller's own part comes to */
};

static enum rc
inside_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct inside *in = ctx;
    enum rc rc = runtime_do_tx(in->w->r, tx, in->w->house.arena, in->q, &in->out, err);

    return rc != RC_OK || in->after == RC_OK ? rc : err_set(err, in->after, "something else failed");
}

static void
a_start_inside_a_callers_transaction_goes_with_it(void **state)
{
    struct works *w = *state;
    const struct command c = {.kind = COMMAND_START};
    const struct modelbook_bound bound = {STR("approval"), 1, STR("p")};
    const struct runtime_request q = {.bound = &bound, .bounds = 1, .command = &c, .actor = STR("a"), .now_us = w->now_us};
    struct inside in = {.w = w, .q = &q, .after = RC_DENIED};
    const struct db *db = &w->house.fixture.db;
    struct err err;

    works_add(w, "approval", 1, WORKS_APPROVAL);
    enum rc rc = store_write(db, inside_tx, &in, &err);
    assert_true(runtime_is_cold(rc, &err));
    assert_int_equal(runtime_warm(w->r, db, w->house.arena, &q, &err), RC_OK);
    assert_int_equal(store_write(db, inside_tx, &in, &err), RC_DENIED);
    int64_t undone = in.out.instance;
    assert_int_equal(works_int(w, "SELECT (SELECT COUNT(*) FROM process_instance) + (SELECT COUNT(*) FROM process_history)"), 0);
    in.after = RC_OK;
    assert_int_equal(store_write(db, inside_tx, &in, &err), RC_OK);
    assert_int_equal(in.out.instance, undone); /* the block of numbers was undone as well, and is taken again */
    in.after = RC_OK;
    assert_int_equal(store_write(db, inside_tx, &in, &err), RC_OK);
    assert_int_equal(in.out.instance, undone + 1);
}

static void
numbers_are_never_given_twice_even_if_the_program_starts_anew(void **state)
{
    struct works *w = *state;
    int64_t first = with_case(w);
    struct runtime_config config = works_config(w);
    struct err err;

    runtime_close(w->r);
    assert_int_equal(runtime_open(&config, &w->r, &err), RC_OK);
    assert_true(works_start(w, "approval", start_text) > first);
}

static void
what_cannot_be_loaded_says_so(void **state)
{
    struct works *w = *state;
    int64_t id = with_case(w);
    struct runtime_result out;
    struct err err;

    w->model[0].model = NULL;
    w->loading = RC_IO;
    assert_int_equal(works_try(w, id, "{'command':'suspend'}", "", &out, &err), RC_IO);
    w->loading = RC_OK;
    assert_int_equal(works_try(w, id, "{'command':'suspend'}", "", &out, &err), RC_OK);
    assert_int_equal(w->loads, 2);
}

/* --- again from its history ---------------------------------------------------------------------------------------- */

/* A fresh instance in memory that is told all that the stored one was told, at the times when it was. */
static struct str
replayed(struct works *w, int64_t id)
{
    struct arena *a = w->house.arena;
    struct engine engine = {.run = w->run, .offset_seconds = 8 * 3600};
    struct instance stored, i = {.id = id, .arena = a, .failed_code = STR("")};
    struct json *lines;
    struct outcome out;
    struct command c;
    struct str text;
    struct err err;

    assert_int_equal(runtime_instance(w->r, &w->house.fixture.db, a, id, &stored, &err), RC_OK);
    assert_int_equal(runtime_history(w->r, &w->house.fixture.db, a, id, 0, 1000, &lines, &err), RC_OK);
    i.business_key = stored.business_key;
    i.binding = stored.binding;
    i.bindings = stored.bindings;
    for (const struct json *line = lines->first; line != NULL; line = line->next) {
        if (command_read(a, json_get(line, "command"), &c, &err) != RC_OK ||
            engine_step(&engine, &i, &c, json_int_or(line, "at_us", 0), &out, &err) != RC_OK) {
            fail_msg("%s", err.text);
        }
        instance_settle(&i);
    }
    assert_int_equal(json_print(a, instance_json(a, &i), &text, &err), RC_OK);
    return text;
}

static struct str
stored(struct works *w, int64_t id)
{
    struct instance i;
    struct str text;
    struct err err;

    assert_int_equal(runtime_instance(w->r, &w->house.fixture.db, w->house.arena, id, &i, &err), RC_OK);
    assert_int_equal(json_print(w->house.arena, instance_json(w->house.arena, &i), &text, &err), RC_OK);
    return text;
}

static void
assert_replays(struct works *w, int64_t id)
{
    struct str was = stored(w, id), is = replayed(w, id);

    if (!str_eq(was, is)) {
        fail_msg("stored   %.*s\nreplayed %.*s", STR_ARG(was), STR_ARG(is));
    }
}

static void
all_commands_told_again_give_the_same_rows(void **state)
{
    static const char *const between[] = {"{'command':'set','variables':{'fee':100}}", "{'command':'suspend'}", "{'command':'resume'}"};
    struct works *w = *state;
    int64_t id = with_case(w);

    assert_replays(w, id);
    for (size_t n = 0; n < sizeof(between) / sizeof(between[0]); n++) {
        w->now_us += SECOND_US;
        (void)works_do(w, id, between[n]);
        assert_replays(w, id);
    }
    (void)works_complete(w, id, "accept");
    assert_replays(w, id);
    (void)works_complete(w, id, "deptB");
    assert_replays(w, id);
    (void)works_complete(w, id, "deptA");
    assert_replays(w, id);
    (void)works_complete(w, id, "issue");
    assert_replays(w, id);
    works_check_history(w, id);
}

/* Memory may end anywhere: then nothing of the command is there, and the next one, with more of it, is carried out. */
static void
with_little_memory_a_command_is_refused_whole(void **state)
{
    struct works *w = *state;
    int64_t id = with_case(w);
    const struct command c = {.kind = COMMAND_COMPLETE, .token = 2 /* at accept */, .attempt = -1};
    const struct runtime_request q = {.instance = id, .command = &c, .actor = STR("officer:a"), .key = STR("k"), .now_us = w->now_us};
    struct runtime_result out;
    struct err err;
    enum rc rc = RC_LIMIT;
    size_t limit;

    for (limit = 64; rc != RC_OK; limit += 448) {
        struct arena *a = arena_new(limit);
        rc = runtime_do(w->r, &w->house.fixture.db, a, &q, &out, &err);
        arena_free(a);
        if (rc != RC_OK && (rc != RC_LIMIT || works_int(w, "SELECT COUNT(*) FROM process_history") != 1 ||
                            works_int(w, "SELECT COUNT(*) FROM process_token") != 1)) {
            fail_msg("%zu bytes: %s: %s", limit, rc_name(rc), err.text);
        }
    }
    assert_in_range(limit, 5000, 500000);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_token"), 2);
    works_check_history(w, id);
}

static void
what_has_ended_is_reopened_and_walks_on(void **state)
{
    struct works *w = *state;
    int64_t id = with_case(w);

    (void)works_do(w, id, "{'command':'cancel','reason':'撤回'}");
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_closed"), 1);
    (void)works_do(w, id, "{'command':'reopen','element':'deptA','reason':'复议'}");
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_closed"), 0);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_instance"), 1);
    assert_true(works_token(w, id, "deptA").kind == TOKEN_TASK);
    assert_replays(w, id);
    works_check_history(w, id);
}

static void
a_command_that_fits_no_process_is_refused(void **state)
{
    struct works *w = *state;
    int64_t id = with_case(w);
    char key[RUNTIME_KEY_MAX + 2] = {0};
    struct runtime_result out;
    struct err err;

    memset(key, 'k', RUNTIME_KEY_MAX + 1);
    assert_int_equal(works_try(w, id, "{'command':'start'}", "", &out, &err), RC_INVALID);
    assert_int_equal(works_try(w, 0, "{'command':'suspend'}", "", &out, &err), RC_INVALID);
    assert_int_equal(works_try(w, 0, "{'command':'start'}", "", &out, &err), RC_INVALID);
    assert_int_equal(works_try(w, id, "{'command':'suspend'}", key, &out, &err), RC_INVALID);
    assert_int_equal(works_try(w, id, "{'command':'suspend'}", key + 1, &out, &err), RC_OK);
}

static void
the_processes_of_a_case_are_found_by_its_number(void **state)
{
    struct works *w = *state;
    int64_t first = with_case(w), found[3];
    const struct db *db = &w->house.fixture.db;
    size_t count;
    struct err err;

    (void)works_do(w, first, "{'command':'cancel','reason':'撤回'}");
    w->business_key = "";
    (void)works_start(w, "approval", start_text);
    w->business_key = "case-7";
    int64_t second = works_start(w, "approval", start_text);
    assert_int_equal(runtime_of_key(db, STR("case-7"), found, 3, &count, &err), RC_OK);
    assert_int_equal(count, 2);
    assert_true(found[0] == first && found[1] == second);
    assert_int_equal(runtime_of_key(db, STR(""), found, 3, &count, &err), RC_OK);
    assert_int_equal(count, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORKS_TEST(a_case_walks_from_task_to_task_and_leaves_the_open_tables),
        WORKS_TEST(each_command_is_a_line_of_history_that_nobody_edits),
        WORKS_TEST(a_key_gives_its_answer_again_and_does_nothing_twice),
        WORKS_TEST(a_key_is_known_after_its_process_has_ended),
        WORKS_TEST(the_same_key_of_another_sender_is_another_key),
        WORKS_TEST(what_comes_late_or_out_of_order_is_refused_and_changes_nothing),
        WORKS_TEST(of_officers_who_press_at_once_one_is_first),
        WORKS_TEST(one_who_presses_often_is_answered_the_same_each_time),
        WORKS_TEST(an_act_is_written_with_its_command_or_neither_is),
        WORKS_TEST(a_start_inside_a_callers_transaction_goes_with_it),
        WORKS_TEST(numbers_are_never_given_twice_even_if_the_program_starts_anew),
        WORKS_TEST(what_cannot_be_loaded_says_so),
        WORKS_TEST(all_commands_told_again_give_the_same_rows),
        WORKS_TEST(with_little_memory_a_command_is_refused_whole),
        WORKS_TEST(what_has_ended_is_reopened_and_walks_on),
        WORKS_TEST(a_command_that_fits_no_process_is_refused),
        WORKS_TEST(the_processes_of_a_case_are_found_by_its_number),
    };

    return HOUSE_RUN(tests, "processes that are stored");
}
