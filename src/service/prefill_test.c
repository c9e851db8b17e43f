/*
 * What registries hold is not typed again: it comes with where it came from, once for all fields that share it; where it does not come,
 * that is said by name and nothing stands still.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "exchange/scene.h"
#include "service/office.h"
#include "service/prefill.h"

static enum fixture_kind kind;

/* Two fields of one record, one masked; a telephone number that is known; then what depends on an answer; then a dead node. */
static const char form_text[] =
    "{\"sections\":["
    "{\"id\":\"who\",\"title_zh\":\"您\",\"title_en\":\"You\",\"fields\":["
    "{\"id\":\"owner\",\"title_zh\":\"姓名\",\"title_en\":\"Name\",\"type\":\"prefill\",\"prefill\":{\"resource\":"
    "\"yl/person\",\"key_kind\":\"person\",\"key_from\":\"subject.identifier\",\"member\":\"name\"}},"
    "{\"id\":\"owner_id\",\"title_zh\":\"号码\",\"title_en\":\"Id\",\"type\":\"prefill\",\"prefill\":{\"resource\":"
    "\"yl/person\",\"key_kind\":\"person\",\"key_from\":\"subject.identifier\",\"member\":\"id\","
    "\"show_masked\":true}},"
    "{\"id\":\"phone\",\"title_zh\":\"电话\",\"title_en\":\"Phone\",\"type\":\"phone\",\"known\":"
    "\"subject.phone\"},"
    "{\"id\":\"partner\",\"title_zh\":\"合伙人\",\"title_en\":\"Partner\",\"type\":\"text\"}]},"
    "{\"id\":\"partner\",\"title_zh\":\"合伙人\",\"title_en\":\"Partner\",\"fields\":["
    "{\"id\":\"partner_name\",\"title_zh\":\"姓名\",\"title_en\":\"Name\",\"type\":\"prefill\",\"prefill\":"
    "{\"resource\":\"yl/person\",\"key_kind\":\"person\",\"key_from\":\"field.partner\",\"member\":\"name\"}}]},"
    "{\"id\":\"dark\",\"title_zh\":\"别处\",\"title_en\":\"Elsewhere\",\"fields\":["
    "{\"id\":\"dark_name\",\"title_zh\":\"姓名\",\"title_en\":\"Name\",\"type\":\"prefill\",\"prefill\":"
    "{\"resource\":\"gh/person\",\"key_kind\":\"person\",\"key_from\":\"subject.identifier\",\"member\":"
    "\"name\"}},"
    "{\"id\":\"dark_id\",\"title_zh\":\"号码\",\"title_en\":\"Id\",\"type\":\"prefill\",\"prefill\":"
    "{\"resource\":\"gh/person\",\"key_kind\":\"person\",\"key_from\":\"field.owner_id\",\"member\":"
    "\"id\"}}]}]}";

enum { WHO, PARTNER, DARK };

struct play {
    struct scene *scene;
    struct str subject;
    struct item item;
    struct draft draft;
    struct prefill prefill;
    struct json *prefilled;
};

/* --- the stage ----------------------------------------------------------------------------------------- */

struct settle {
    struct play *play;
    const char *identifier;
};

static enum rc
settle_person(struct tx *tx, void *ctx, struct err *err)
{
    struct settle *p = ctx;
    struct scene *s = p->play->scene;

    return subject_put(tx, s->city->vault, s->arena, SUBJECT_PERSON, str_of(p->identifier),
                       STR("沈知遥"), STR("15400000826"), s->stage.now_us, &p->play->subject, err);
}

static struct json *
parse(struct scene *s, const char *text)
{
    struct json *j = NULL;
    struct err err;

    EXPECT(s, json_parse(s->arena, str_of(text), JSON_UNIQUE, &j, &err) == RC_OK);
    return j;
}

/* An applicant with a record at the province, an empty draft, and a resource of a node that is dark. */
static void
set_up(struct play *p, struct scene *s)
{
    struct settle settle = {p, "990102199003070011"};
    struct form *form = NULL;
    struct str dark = stage_person_resource(&s->stage, s->ghost->name, "{\"kind\":\"registry\"}", "null");
    char *text = arena_alloc(s->arena, dark.len + 1, 1);
    struct err err;

    *p = (struct play){.scene = s, .prefilled = json_array(s->arena)};
    memcpy(text, dark.ptr, dark.len);
    memcpy(strstr(text, "yl/person"), "gh/person", 9);
    stage_put_resource(s->city, str_of(text));
    stage_put_record(s->prov, "yl/person", settle.identifier,
                     "{\"name\":\"沈知遥\",\"id\":\"990102199003070011\",\"address\":\"云溪市\"}");
    EXPECT(s, store_write(&s->city->fixture.db, settle_person, &settle, &err) == RC_OK);
    EXPECT(s, form_load(s->arena, parse(s, form_text), &form, &err) == RC_OK);
    p->item = (struct item){.code = STR("restaurant"),
                            .version = 1,
                            .document = parse(s, "{\"exchange_basis\":\"食品安全法 35\"}"),
                            .form = form};
    p->draft = (struct draft){.id = STR("d-1"), .subject = p->subject, .values = json_object(s->arena)};
    p->prefill = (struct prefill){.gate = s->city->gate,
                                  .task = s->task,
                                  .db = &s->city->fixture.db,
                                  .vault = s->city->vault,
                                  .item = &p->item,
                                  .draft = &p->draft,
                                  .subject = p->subject,
                                  .now_us = s->stage.now_us,
                                  .offset_minutes = CLOCK_OFFSET_CHINA_MINUTES,
                                  .timeout_ms = 2000};
}

static void
open_section(struct play *p, size_t section, const char *retry)
{
    struct err err = {.text = ""};
    enum rc rc;

    p->prefilled = json_array(p->scene->arena);
    rc = prefill_section(&p->prefill, p->scene->arena, section, str_of(retry), p->prefilled, &err);
    if (rc != RC_OK) {
        print_message("section %zu: %s %s\n", section, rc_name(rc), err.text);
    }
    EXPECT(p->scene, rc == RC_OK);
}

static struct str
text_at(const struct play *p, const char *path)
{
    const struct json *j = json_path(p->draft.values, path);

    return j == NULL ? STR("") : j->text;
}

#define SAYS(p, path, wanted) EXPECT((p)->scene, str_eq(text_at((p), (path)), STR(wanted)))

static int
play(void (*act)(struct scene *s))
{
    return scene_run(act, kind);
}

/* --- what comes --------------------------------------------------------------------------------------------- */

static void
play_fetched(struct scene *s)
{
    struct play p;

    set_up(&p, s);
    open_section(&p, WHO, "");
    SAYS(&p, "owner.value", "沈知遥");
    SAYS(&p, "owner.source.node", "prov");
    SAYS(&p, "owner.source.resource", "yl/person");
    SAYS(&p, "owner.source.org_zh", "公安厅");
    SAYS(&p, "owner.source.org_en", "Police");
    SAYS(&p, "owner_id.value", "990102********0011"); /* as the grant masks it */
    SAYS(&p, "owner_id.shown", "9901**********0011");
    SAYS(&p, "phone", "15400000826");
    EXPECT(s, text_at(&p, "owner.source.obtained").len == 25);
    EXPECT(s, text_at(&p, "owner.source.updated").len == 25);
    EXPECT(s, text_at(&p, "owner.waiting").len == 0);
    EXPECT(s, json_path(p.draft.values, "partner") == NULL);
    /* One question for both, with no more than both, and acts on both sides that the values name. */
    EXPECT(s, scene_used(s->prov) == 1);
    EXPECT(s, scene_acts(s->city, ACT_ASK) == 1);
    EXPECT(s, scene_acts(s->prov, ACT_READ) == 1);
    EXPECT(s, p.prefilled->count == 2);
    const struct json *note = p.prefilled->first;
    EXPECT(s, str_eq(json_str(note, "field"), STR("owner")));
    EXPECT(s, str_eq(json_str(note, "source_node"), STR("prov")));
    EXPECT(s, json_int_or(note, "act", -1) ==
                  json_int_or(json_path(p.draft.values, "owner.source"), "act", -2));
    EXPECT(s, json_int_or(note, "source_act", -1) ==
                  json_int_or(json_path(p.draft.values, "owner_id.source"), "source_act", -2));
}

static void
values_come_with_where_they_came_from(void **state)
{
    (void)state;
    assert_int_equal(play(play_fetched), 0);
}

/* Months of contributions, a balance: registries keep numbers as numbers, forms show what is written there. */
static void
play_number(struct scene *s)
{
    struct play p;

    set_up(&p, s);
    stage_put_record(s->prov, "yl/person", "990102199003070011", "{\"name\":62.50,\"id\":\"990102199003070011\",\"address\":\"云溪市\"}");
    open_section(&p, WHO, "");
    SAYS(&p, "owner.value", "62.50");
}

static void
a_number_is_filled_in_as_its_registry_writes_it(void **state)
{
    (void)state;
    assert_int_equal(play(play_number), 0);
}

static void
play_once(struct scene *s)
{
    struct play p;

    set_up(&p, s);
    open_section(&p, WHO, "");
    open_section(&p, WHO, "");
    open_section(&p, WHO, "owner");
    open_section(&p, WHO, "*");
    EXPECT(s, scene_used(s->prov) == 1);
    EXPECT(s, p.prefilled->count == 0);
    json_set_text(s->arena, p.draft.values, "phone", STR("15400000000"));
    open_section(&p, WHO, "");
    SAYS(&p, "phone", "15400000000"); /* what the applicant changed stays */
}

static void
what_is_there_is_not_asked_for_again(void **state)
{
    (void)state;
    assert_int_equal(play(play_once), 0);
}

static void
play_depends(struct scene *s)
{
    struct play p;

    set_up(&p, s);
    open_section(&p, PARTNER, "");
    EXPECT(s, json_true(json_path(p.draft.values, "partner_name"), "waiting"));
    SAYS(&p, "partner_name.problem", "needs-earlier");
    EXPECT(s, scene_acts(s->city, ACT_ASK) == 0);
    json_set_text(s->arena, p.draft.values, "partner", STR("B"));
    open_section(&p, PARTNER, ""); /* now it can be asked: nobody has to say so */
    SAYS(&p, "partner_name.value", "李小红");
    EXPECT(s, json_path(p.draft.values, "partner_name.waiting") == NULL);
    EXPECT(s, scene_acts(s->city, ACT_ASK) == 1);
}

static void
play_typed_meanwhile(struct scene *s)
{
    struct play p;

    set_up(&p, s);
    open_section(&p, PARTNER, "");
    prefill_typed(s->arena, p.draft.values, STR("partner_name"), STR("小红"));
    json_set_text(s->arena, p.draft.values, "partner", STR("B"));
    open_section(&p, PARTNER, "");
    SAYS(&p, "partner_name.value", "小红"); /* typed: not replaced behind anybody's back */
    open_section(&p, PARTNER, "partner_name");
    SAYS(&p, "partner_name.value", "李小红");
}

static void
what_was_typed_meanwhile_stays_until_somebody_asks(void **state)
{
    (void)state;
    assert_int_equal(play(play_typed_meanwhile), 0);
}

static void
what_depends_on_an_earlier_answer_comes_once_it_is_there(void **state)
{
    (void)state;
    assert_int_equal(play(play_depends), 0);
}

/* --- what does not come --------------------------------------------------------------------------------------- */

static void
play_silent(struct scene *s)
{
    struct play p;

    set_up(&p, s);
    open_section(&p, WHO, "");
    int64_t asked = scene_acts(s->city, ACT_ASK);
    open_section(&p, DARK, "");
    EXPECT(s, json_true(json_path(p.draft.values, "dark_name"), "waiting"));
    EXPECT(s, json_true(json_path(p.draft.values, "dark_id"), "waiting"));
    SAYS(&p, "dark_name.problem", "source-down");
    SAYS(&p, "dark_name.problem_zh", "公安厅没有回应，请先自己填，恢复后我们再核对");
    EXPECT(s, str_starts(text_at(&p, "dark_name.problem_en"), STR("Police does not answer")));
    EXPECT(s, json_path(p.draft.values, "dark_name.source") == NULL);
    EXPECT(s, scene_acts(s->city, ACT_ASK) == asked + 1); /* the dead node is waited for once */
    EXPECT(s, p.prefilled->count == 0);
    /* Typed meanwhile, kept through another failing round, and asked for again only on wish. */
    prefill_typed(s->arena, p.draft.values, STR("dark_name"), STR("  沈知遥 "));
    SAYS(&p, "dark_name.value", "沈知遥");
    open_section(&p, DARK, "");
    EXPECT(s, scene_acts(s->city, ACT_ASK) == asked + 1);
    open_section(&p, DARK, "dark_name");
    EXPECT(s, scene_acts(s->city, ACT_ASK) == asked + 2);
    SAYS(&p, "dark_name.value", "沈知遥");
    EXPECT(s, json_true(json_path(p.draft.values, "dark_name"), "waiting"));
}

static void
a_silent_source_is_said_by_name_and_stops_nobody(void **state)
{
    (void)state;
    assert_int_equal(play(play_silent), 0);
}

static void
play_back(struct scene *s)
{
    struct play p;

    set_up(&p, s);
    prefill_typed(s->arena, p.draft.values, STR("owner"), STR("沈知摇"));
    SAYS(&p, "owner.problem", "silent");
    open_section(&p, WHO, "owner");
    SAYS(&p, "owner.value", "沈知遥"); /* what the registry holds replaces what was typed meanwhile */
    EXPECT(s, json_path(p.draft.values, "owner.waiting") == NULL);
    EXPECT(s, json_path(p.draft.values, "owner.problem") == NULL);
}

static void
once_the_source_is_back_its_value_stands(void **state)
{
    (void)state;
    assert_int_equal(play(play_back), 0);
}

static void
play_refused(struct scene *s)
{
    struct play p;

    set_up(&p, s);
    p.item.code = STR("something-else"); /* the grant is for another purpose */
    open_section(&p, WHO, "");
    EXPECT(s, json_true(json_path(p.draft.values, "owner"), "waiting"));
    SAYS(&p, "owner.problem_zh", "公安厅没有同意这次查询，请先自己填");
    EXPECT(s, json_path(p.draft.values, "owner.value") == NULL);
    EXPECT(s, scene_used(s->prov) == 0);
    p.item.code = STR("restaurant");
    json_set_text(s->arena, p.draft.values, "partner", STR("Nobody"));
    open_section(&p, PARTNER, "");
    SAYS(&p, "partner_name.problem", "record-missing");
    SAYS(&p, "partner_name.problem_zh", "公安厅没有查到您的记录，请先自己填，承办人会请对方核对");
    stage_put_grant(s->prov, stage_person_grant(&s->stage, "g-1", s->city->name, 1, "in-use"));
    open_section(&p, WHO, "*");
    SAYS(&p, "owner.problem", "quota-exhausted");
    SAYS(&p, "owner.problem_zh",
         "公安厅今天的查询次数用完了，明天 0:00 再开放。您可以先自己填，或者明天再来取；填过的都在");
}

static void
why_it_did_not_come_is_said_in_words_that_help(void **state)
{
    (void)state;
    assert_int_equal(play(play_refused), 0);
}

/* --- what the applicant says ------------------------------------------------------------------------------------ */

static struct json *
value_of(struct arena *a, const char *text)
{
    struct json *j;
    struct err err;

    assert_int_equal(json_parse(a, str_of(text), JSON_UNIQUE, &j, &err), RC_OK);
    return j;
}

static void
what_a_registry_holds_is_not_typed_over(void **state)
{
    struct arena *a = arena_new(1 << 16);
    struct json *values = value_of(a, "{\"owner\":{\"value\":\"沈知遥\",\"source\":{\"node\":\"prov\"}}}");

    (void)state;
    prefill_typed(a, values, STR("owner"), STR("别人"));
    assert_true(str_eq(json_str(json_get(values, "owner"), "value"), STR("沈知遥")));
    assert_null(json_path(values, "owner.waiting"));
    prefill_typed(a, values, STR("other"), STR("填的"));
    assert_true(str_eq(json_str(json_get(values, "other"), "value"), STR("填的")));
    assert_true(json_true(json_get(values, "other"), "waiting"));
    prefill_typed(a, values, STR("other"), STR("又填的"));
    assert_true(str_eq(json_str(json_get(values, "other"), "value"), STR("又填的")));
    arena_free(a);
}

static void
a_dispute_stands_beside_the_value_and_can_be_taken_back(void **state)
{
    struct arena *a = arena_new(1 << 16);
    struct json *values =
        value_of(a, "{\"id\":{\"value\":\"990102199003070011\",\"shown\":\"9901**0011\",\"source\":"
                    "{\"node\":\"prov\",\"act\":7}},\"typed\":{\"value\":\"x\",\"waiting\":true},"
                    "\"plain\":\"y\"}");
    struct str before, after;
    struct err err;

    (void)state;
    assert_int_equal(json_print(a, values, &before, &err), RC_OK);
    assert_false(prefill_dispute(a, values, STR("id"), STR(""))); /* none to take back */
    assert_true(prefill_dispute(a, values, STR("id"), STR("写错了")));
    assert_false(prefill_dispute(a, values, STR("id"), STR("写错了"))); /* said already */
    assert_true(str_eq(json_str(json_path(values, "id.dispute"), "right"), STR("写错了")));
    assert_true(str_eq(json_str(json_get(values, "id"), "shown"), STR("9901**0011")));
    assert_int_equal(json_int_or(json_path(values, "id.source"), "act", -1), 7);
    assert_true(prefill_dispute(a, values, STR("id"), STR("也不对")));
    assert_false(prefill_dispute(a, values, STR("id"), STR("")));
    assert_false(prefill_dispute(a, values, STR("typed"), STR("z"))); /* one's own word is changed, not disputed */
    assert_false(prefill_dispute(a, values, STR("plain"), STR("z")));
    assert_false(prefill_dispute(a, values, STR("none"), STR("z")));
    assert_int_equal(json_print(a, values, &after, &err), RC_OK);
    assert_true(str_eq(before, after));
    arena_free(a);
}

/* --- faults ------------------------------------------------------------------------------------------------------ */

static void
play_faults(struct scene *s)
{
    bool reached = true;
    struct play p;
    int whole = 0;

    set_up(&p, s);
    stage_put_grant(s->prov, stage_person_grant(&s->stage, "g-1", s->city->name, 1000000, "in-use"));
    for (size_t n = 1; reached && s->failed == 0; n += n < 60 ? 1 : 7) {
        struct arena *a = arena_new(1 << 22);
        struct json *values = json_object(a), *prefilled = json_array(a);
        struct err err = {.text = ""};
        p.draft.values = values;
        arena_fail_at(a, n);
        enum rc rc = prefill_section(&p.prefill, a, WHO, STR(""), prefilled, &err);
        if (rc != RC_OK && rc != RC_LIMIT) {
            print_message("allocation %zu: %s %s\n", n, rc_name(rc), err.text);
        }
        EXPECT(s, rc == RC_OK || rc == RC_LIMIT);
        /* Either with all that belongs to it, or not there and said so; what the wire lacked is the exchange's to say. */
        if (rc == RC_OK && json_true(json_path(values, "owner"), "waiting")) {
            SAYS(&p, "owner.problem", "source-wrong");
            EXPECT(s, json_path(values, "owner.source") == NULL);
            EXPECT(s, str_has(text_at(&p, "owner.problem_zh"), STR("没法核实")));
        } else if (rc == RC_OK) {
            whole++;
            SAYS(&p, "owner.value", "沈知遥");
            SAYS(&p, "owner.source.node", "prov");
            SAYS(&p, "owner_id.shown", "9901**********0011");
            EXPECT(s, text_at(&p, "owner.source.obtained").len == 25);
            EXPECT(s, text_at(&p, "owner_id.source.updated").len == 25);
            SAYS(&p, "phone", "15400000826");
        }
        reached = office_reached(a, n);
        EXPECT(s, reached || rc == RC_OK);
        arena_free(a);
    }
    EXPECT(s, whole > 0);
}

static void
running_out_of_room_keeps_no_value_without_its_source(void **state)
{
    (void)state;
    assert_int_equal(play(play_faults), 0);
}

static int
run_on(enum fixture_kind which, const char *name)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_with_where_they_came_from),
        cmocka_unit_test(a_number_is_filled_in_as_its_registry_writes_it),
        cmocka_unit_test(what_is_there_is_not_asked_for_again),
        cmocka_unit_test(what_depends_on_an_earlier_answer_comes_once_it_is_there),
        cmocka_unit_test(what_was_typed_meanwhile_stays_until_somebody_asks),
        cmocka_unit_test(a_silent_source_is_said_by_name_and_stops_nobody),
        cmocka_unit_test(once_the_source_is_back_its_value_stands),
        cmocka_unit_test(why_it_did_not_come_is_said_in_words_that_help),
        cmocka_unit_test(what_a_registry_holds_is_not_typed_over),
        cmocka_unit_test(a_dispute_stands_beside_the_value_and_can_be_taken_back),
        cmocka_unit_test(running_out_of_room_keeps_no_value_without_its_source),
    };

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "prefill on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "prefill on PostgreSQL");
    }
    return failed;
}
