/*
 * Pictures of process models: what is drawn where, what is marked, in which order it is told; and models that come without a drawing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "process/bpmn_picture.h"
#include "process/test_bpmn.h"

#define DRAWN(shapes) "<x:BPMNDiagram xmlns:x='http://www.omg.org/spec/BPMN/20100524/DI' xmlns:c='http://www.omg.org/spec/DD/20100524/DC' " \
                      "xmlns:d='http://www.omg.org/spec/DD/20100524/DI'><x:BPMNPlane bpmnElement='p'>" shapes "</x:BPMNPlane></x:BPMNDiagram>"
#define SHAPE(id, x, y, w, h) "<x:BPMNShape bpmnElement='" id "'><c:Bounds x='" x "' y='" y "' width='" w "' height='" h "'/></x:BPMNShape>"
#define SIMPLE START FLOW("f1", "s", "a") "<userTask id='a' name='受理 &lt;材料&gt;'/>" FLOW("f2", "a", "e") END
#define SIMPLE_DRAWN                                                                                                        \
    OPEN PROCESS(SIMPLE) DRAWN(SHAPE("s", "100", "82.4", "36", "36") SHAPE("a", "200", "60", "100", "80") SHAPE("e", "360", "82", "36", "36") \
                               "<x:BPMNEdge bpmnElement='f1'><d:waypoint x='136' y='100'/><d:waypoint x='200' y='100'/></x:BPMNEdge>") CLOSE

struct scene {
    struct arena *arena;
    struct err err;
};

static int
open_scene(void **state)
{
    static struct scene s;

    s.arena = arena_new(16 << 20);
    *state = &s;
    return 0;
}

static int
close_scene(void **state)
{
    arena_free(((struct scene *)*state)->arena);
    return 0;
}

static struct json *
picture_of(struct scene *s, struct str xml, const struct bpmn_mark *mark, size_t marks)
{
    const struct bpmn_look look = {.xml = xml, .mark = mark, .marks = marks};
    struct json *out = NULL;

    if (bpmn_picture(s->arena, &look, &out, &s->err) != RC_OK) {
        fail_msg("%s", s->err.text);
    }
    return out;
}

static const struct json *
find(const struct json *list, const char *id)
{
    for (const struct json *i = list->first; i != NULL; i = i->next) {
        if (str_eq(json_str(i, "id"), str_of(id))) {
            return i;
        }
    }
    return NULL;
}

/* The ids of a list in order, each with a blank behind it. */
static struct str
ids(struct scene *s, const struct json *list)
{
    struct str out = STR("");
    struct buf b;

    buf_init(&b, s->arena, 4096);
    for (const struct json *i = list->first; i != NULL; i = i->next) {
        buf_put_fmt(&b, "%.*s ", STR_ARG(json_str(i, "id")));
    }
    assert_int_equal(buf_finish(&b, &out, &s->err), RC_OK);
    return out;
}

/* Where its outline begins. */
static double
left_of(struct scene *s, const struct json *item)
{
    double x = -1;

    assert_int_equal(sscanf(str_c(s->arena, json_str(json_get(item, "parts")->first, "d")), "M%lf", &x), 1);
    return x;
}

static void
what_was_drawn_stands_where_it_was_drawn(void **state)
{
    struct scene *s = *state;
    struct json *d = picture_of(s, STR(SIMPLE_DRAWN), NULL, 0);
    const struct json *task = find(json_get(d, "items"), "a");

    assert_false(json_true(d, "was_laid_out"));
    assert_true(str_eq(json_str(d, "view_box"), STR("84 44 328 112")));
    assert_true(str_eq(ids(s, json_get(d, "items")), STR("f1 s a e "))); /* flows below, f2 was not drawn */
    assert_true(str_starts(json_str(json_get(task, "parts")->first, "d"), STR("M208 60h84")));
    assert_true(str_eq(json_str(json_get(task, "texts")->first, "text"), STR("受理 <材料>")));
    assert_int_equal(json_int_or(json_get(task, "texts")->first, "x", -1), 250);
}

static void
a_model_without_a_drawing_is_laid_out_from_left_to_right(void **state)
{
    struct scene *s = *state;
    const struct json *items, *start, *task, *end;
    struct json *d = picture_of(s, STR(MODEL(SIMPLE)), NULL, 0);

    assert_true(json_true(d, "was_laid_out") && json_int_or(d, "width", 0) > 300);
    items = json_get(d, "items");
    start = find(items, "s");
    task = find(items, "a");
    end = find(items, "e");
    assert_true(start != NULL && task != NULL && end != NULL && find(items, "f2") != NULL);
    assert_true(left_of(s, start) < left_of(s, task) && left_of(s, task) < left_of(s, end));
    d = picture_of(s, STR(MODEL("")), NULL, 0);
    assert_int_equal(json_int_or(d, "width", -1), 0);
    assert_int_equal(json_get(d, "items")->count, 0);
}

#define BRANCHES                                                                                                              \
    START FLOW("f1", "s", "g") "<parallelGateway id='g'/>" FLOW("f2", "g", "a") FLOW("f3", "g", "b") "<task id='a'/><task id='b'/>" \
    FLOW("f4", "a", "j") FLOW("f5", "b", "j") "<parallelGateway id='j'/>" FLOW("f6", "j", "sub")                                \
    "<subProcess id='sub'><startEvent id='is'/>" FLOW("i1", "is", "it") "<task id='it'/></subProcess>" FLOW("f7", "sub", "x")      \
    "<exclusiveGateway id='x'/>" FLOW("f8", "x", "e") FLOW("f9", "x", "a")                                                       \
    "<boundaryEvent id='late' attachedToRef='b'><timerEventDefinition/></boundaryEvent>" FLOW("f10", "late", "warn") "<task id='warn'/>" END

static void
a_process_is_told_in_its_order_with_what_is_inside_behind_it(void **state)
{
    struct scene *s = *state;
    struct json *d = picture_of(s, STR(MODEL(BRANCHES)), NULL, 0);
    const struct json *steps = json_get(d, "steps"), *late = find(steps, "late"), *inside = find(steps, "it");

    assert_true(str_eq(ids(s, steps), STR("s g a b j sub is it x e late warn ")));
    assert_true(str_eq(json_str(late, "attached"), STR("b")) && str_eq(json_str(late, "trigger"), STR("timerEventDefinition")));
    assert_int_equal(json_int_or(inside, "depth", -1), 1);
    assert_true(str_eq(ids(s, json_get(find(steps, "x"), "to")), STR("e a ")));
    assert_true(str_eq(ids(s, json_get(find(steps, "b"), "to")), STR("j "))); /* the boundary event has a line of its own */
}

static void
who_does_a_step_and_in_which_lane_is_told(void **state)
{
    struct scene *s = *state;
    struct json *d = picture_of(s, STR(MODEL("<laneSet id='ls'><lane id='l' name='窗口'><flowNodeRef> a </flowNodeRef></lane></laneSet>" START
                                             FLOW("f1", "s", "a") "<userTask id='a'><extensionElements><gov:assignment role='officer' org='=dept'/>"
                                             "</extensionElements></userTask>" FLOW("f2", "a", "e") END)), NULL, 0);
    const struct json *step = find(json_get(d, "steps"), "a");

    assert_true(str_eq(json_str(step, "lane"), STR("窗口")) && str_eq(json_str(step, "role"), STR("officer")) &&
                str_eq(json_str(step, "org"), STR("=dept")));
}

static void
names_are_in_english_where_the_model_says_them(void **state)
{
    struct scene *s = *state;
    const struct bpmn_look look = {.xml = STR(MODEL(START FLOW("f1", "s", "a") "<task id='a' name='受理' gov:en='Accept'/>" FLOW("f2", "a", "b")
                                                    "<task id='b' name='办结'/>")), .is_english = true};
    struct json *d = NULL;

    assert_int_equal(bpmn_picture(s->arena, &look, &d, &s->err), RC_OK);
    assert_true(str_eq(json_str(find(json_get(d, "steps"), "a"), "name"), STR("Accept")));
    assert_true(str_eq(json_str(json_get(find(json_get(d, "items"), "a"), "texts")->first, "text"), STR("Accept")));
    assert_true(str_eq(json_str(find(json_get(d, "steps"), "b"), "name"), STR("办结")));
}

static void
marks_have_a_sign_and_a_number_and_add_up(void **state)
{
    const struct bpmn_mark marks[] = {{STR("a"), BPMN_MARK_ACTIVE, 3}, {STR("a"), BPMN_MARK_OVERDUE, 2}, {STR("s"), BPMN_MARK_DONE, 0},
                                      {STR("nobody"), BPMN_MARK_DONE, 0}};
    struct scene *s = *state;
    const struct json *plain, *task, *start;
    struct json *d = picture_of(s, STR(SIMPLE_DRAWN), NULL, 0);

    plain = find(json_get(d, "items"), "a");
    d = picture_of(s, STR(SIMPLE_DRAWN), marks, 4);
    task = find(json_get(d, "items"), "a");
    start = find(json_get(d, "items"), "s");
    assert_true(str_eq(json_str(task, "mark"), STR("overdue")) && json_int_or(task, "count", -1) == 5);
    assert_int_equal(json_get(task, "parts")->count, json_get(plain, "parts")->count + 2);
    assert_true(str_eq(json_str(json_get(task, "texts")->last, "text"), STR("5")));
    assert_true(str_eq(json_str(start, "mark"), STR("done")) && json_get(start, "texts")->count == 0);
    assert_true(str_eq(json_str(find(json_get(d, "steps"), "a"), "mark"), STR("overdue")));
}

/* bpmn.io draws what is inside of a collapsed sub-process on a plane of its own. */
static void
what_is_not_in_the_picture_marks_what_it_is_in(void **state)
{
    const struct bpmn_mark marks[] = {{STR("it"), BPMN_MARK_ACTIVE, 4}};
    struct scene *s = *state;
    struct json *d = picture_of(s, STR(OPEN PROCESS("<subProcess id='sub' name='核查'><startEvent id='is'/>" FLOW("i1", "is", "it")
                                                    "<task id='it'/></subProcess>")
                                       DRAWN(SHAPE("sub", "10", "10", "100", "80"))
                                       DRAWN(SHAPE("is", "10", "10", "36", "36") SHAPE("it", "90", "10", "100", "80")) CLOSE),
                                marks, 1);

    assert_true(str_eq(ids(s, json_get(d, "items")), STR("sub ")));
    assert_int_equal(json_int_or(json_get(d, "items")->first, "count", -1), 4);
    assert_int_equal(json_int_or(find(json_get(d, "steps"), "it"), "count", -1), 4);
}

static void
long_names_are_broken_into_lines_and_cut(void **state)
{
    static const struct {
        const char *name;
        const char *lines;
    } cases[] = {
        {"受理", "受理|"},
        {"市场监督管理局受理申请材料", "市场监督管理局|受理申请材料|"},
        {"Accept the application of the applicant", "Accept the|application of|the applicant|"},
        {"Donaudampfschifffahrtsgesellschaft", "Donaudampfsc|hifffahrtsges|ellschaft|"},
        {"一二三四五六七，八", "一二三四五六|七，八|"}, /* no line begins with a comma */
        {"指派两名人员（改）", "指派两名人员|（改）|"},   /* or ends with a bracket that opens */
        {"一二三四五六七一二三四五六七一二三四五六七一二三四五六七一二三四五六七一", "一二三四五六七|一二三四五六七|一二三四五六七|一二三四五六七…|"},
    };
    struct scene *s = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str xml = str_fmt(s->arena, OPEN PROCESS("<userTask id='a' name='%s'/>") DRAWN(SHAPE("a", "0", "0", "100", "80")) CLOSE, cases[i].name);
        const struct json *texts = json_get(json_get(picture_of(s, xml, NULL, 0), "items")->first, "texts");
        struct str all = STR("");
        struct buf b;
        buf_init(&b, s->arena, 4096);
        for (const struct json *t = texts->first; t != NULL; t = t->next) {
            buf_put_fmt(&b, "%.*s|", STR_ARG(json_str(t, "text")));
        }
        assert_int_equal(buf_finish(&b, &all, &s->err), RC_OK);
        if (!str_eq(all, str_of(cases[i].lines))) {
            fail_msg("%s: %.*s", cases[i].name, STR_ARG(all));
        }
    }
}

/* Whatever is written as a number, nothing but numbers comes out. */
static void
numbers_of_a_drawing_are_numbers(void **state)
{
    static const char *const wrong[] = {"1e9", "x", "", "NaN", "99999999999999999999", "-99999999999999999999", "1.2.3", "0x10", "\" onload=\"y"};
    struct scene *s = *state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct str xml = str_fmt(s->arena, OPEN PROCESS("<userTask id='a'/>") DRAWN(SHAPE("a", "%s", "0", "100", "80")) CLOSE, wrong[i]);
        struct json *d = picture_of(s, xml, NULL, 0);
        struct str path = json_str(json_get(json_get(d, "items")->first, "parts")->first, "d");
        for (size_t j = 0; j < path.len; j++) {
            if (strchr("MhavzlLc0123456789 -.", path.ptr[j]) == NULL) {
                fail_msg("%s: %.*s", wrong[i], STR_ARG(path));
            }
        }
        assert_true(path.len > 0 && path.len < 300);
    }
}

static void
a_drawing_is_written_into_a_model_that_has_none_and_read_again(void **state)
{
    struct scene *s = *state;
    const struct bpmn *m;
    struct bpmn_report report;
    struct json *before = picture_of(s, STR(MODEL(BRANCHES)), NULL, 0), *after;
    struct str drawn, again;

    assert_int_equal(bpmn_draw(s->arena, STR(MODEL(BRANCHES)), &drawn, &s->err), RC_OK);
    assert_true(str_starts(drawn, str_sub(STR(MODEL(BRANCHES)), 0, STR(MODEL(BRANCHES)).len - STR(CLOSE).len)));
    after = picture_of(s, drawn, NULL, 0);
    assert_false(json_true(after, "was_laid_out"));
    assert_true(str_eq(ids(s, json_get(after, "items")), ids(s, json_get(before, "items"))));
    assert_true(json_equal(json_get(find(json_get(after, "items"), "x"), "parts"), json_get(find(json_get(before, "items"), "x"), "parts")));
    (void)!bpmn_read(s->arena, drawn, NULL, &m, &report, &s->err);
    assert_null(bpmn_find(&report, BPMN_RULE_XML));
    assert_int_equal(bpmn_draw(s->arena, drawn, &again, &s->err), RC_OK);
    assert_true(str_eq(again, drawn)); /* what is drawn stays as it is */
}

/* Two steps never lie on one another, whatever leads where. */
static void
laid_out_steps_do_not_overlap(void **state)
{
    struct scene *s = *state;
    struct str drawn;
    long box[64][4];
    int count = 0;

    assert_int_equal(bpmn_draw(s->arena, STR(MODEL(BRANCHES "<task id='t1'/><task id='t2'/>" FLOW("g1", "x", "t1") FLOW("g2", "x", "t2")
                                                   FLOW("g3", "t1", "t2") FLOW("g4", "t2", "g"))), &drawn, &s->err), RC_OK);
    for (struct str rest = drawn; (rest = str_from(rest, str_find(rest, STR("<bpmndi:BPMNShape")))).len > 0; rest = str_from(rest, 1)) {
        struct str head = str_sub(rest, 0, str_find(rest, STR("</bpmndi:BPMNShape>")));
        long *b = box[count];
        if (str_has(head, STR("\"sub_di\"")) || str_has(head, STR("\"late_di\"")) || str_has(head, STR("\"is_di\"")) || str_has(head, STR("\"it_di\""))) {
            continue;
        }
        char text[200];
        (void)snprintf(text, sizeof(text), "%.*s", STR_ARG(str_from(head, str_find(head, STR("<dc:Bounds")))));
        assert_int_equal(sscanf(text, "<dc:Bounds x=\"%ld\" y=\"%ld\" width=\"%ld\" height=\"%ld\"", &b[0], &b[1], &b[2], &b[3]), 4);
        count++;
    }
    assert_int_equal(count, 10);
    for (int i = 0; i < count; i++) {
        for (int j = i + 1; j < count; j++) {
            bool is_apart = box[i][0] + box[i][2] <= box[j][0] || box[j][0] + box[j][2] <= box[i][0] || box[i][1] + box[i][3] <= box[j][1] ||
                            box[j][1] + box[j][3] <= box[i][1];
            assert_true(is_apart);
        }
    }
}

/* So many tasks, each in a sub-process of its own if it is to be. */
static struct str
large_model(struct scene *s, int tasks, bool has_scopes)
{
    struct str xml = STR("");
    struct buf b;

    buf_init(&b, s->arena, 4 << 20);
    buf_put(&b, STR(OPEN "<process id='p'>"));
    for (int i = 0; i < tasks; i++) {
        buf_put_fmt(&b, has_scopes ? "<subProcess id='s%d'><task id='t%d'/></subProcess>" : "<!--%d--><task id='t%d'/>", i, i);
    }
    buf_put(&b, STR("</process>" CLOSE));
    assert_int_equal(buf_finish(&b, &xml, &s->err), RC_OK);
    return xml;
}

static void
a_very_large_process_has_no_picture_and_is_told_in_part(void **state)
{
    struct scene *s = *state;
    struct json *d = picture_of(s, large_model(s, BPMN_SHOWN_MAX, false), NULL, 0); /* and the process itself */

    assert_true(json_get(d, "items")->count == 0 && json_int_or(d, "left_out", -1) == 1 && json_int_or(d, "width", -1) == 0);
    assert_int_equal(json_get(d, "steps")->count, BPMN_SHOWN_MAX);
    arena_reset(s->arena);
    d = picture_of(s, large_model(s, 5000, true), NULL, 0);
    assert_int_equal(json_get(d, "steps")->count, BPMN_SHOWN_MAX);
}

static void
what_is_no_model_is_refused(void **state)
{
    static const char *const wrong[] = {"", "no xml", "<a/>", "<definitions/>", "<!DOCTYPE a><a/>", OPEN};
    struct scene *s = *state;
    struct json *out = NULL;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const struct bpmn_look look = {.xml = str_of(wrong[i])};
        if (bpmn_picture(s->arena, &look, &out, &s->err) != RC_INVALID) {
            fail_msg("%s", wrong[i]);
        }
    }
}

static void
a_full_arena_is_only_ever_a_limit(void **state)
{
    const struct bpmn_mark marks[] = {{STR("a"), BPMN_MARK_ACTIVE, 3}};
    const struct bpmn_look look = {.xml = STR(MODEL(BRANCHES)), .mark = marks, .marks = 1};
    enum rc rc = RC_LIMIT;

    (void)state;
    for (size_t limit = 16; rc != RC_OK; limit += limit < 4096 ? 16 : 256) {
        struct arena *small = arena_new(limit);
        struct json *out = NULL;
        struct err err;
        rc = bpmn_picture(small, &look, &out, &err);
        if (rc != RC_OK && rc != RC_LIMIT) {
            fail_msg("%zu bytes: %s", limit, err.text);
        }
        assert_true(limit < 1 << 20);
        arena_free(small);
    }
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(what_was_drawn_stands_where_it_was_drawn),
        SCENE_TEST(a_model_without_a_drawing_is_laid_out_from_left_to_right),
        SCENE_TEST(a_process_is_told_in_its_order_with_what_is_inside_behind_it),
        SCENE_TEST(who_does_a_step_and_in_which_lane_is_told),
        SCENE_TEST(names_are_in_english_where_the_model_says_them),
        SCENE_TEST(marks_have_a_sign_and_a_number_and_add_up),
        SCENE_TEST(what_is_not_in_the_picture_marks_what_it_is_in),
        SCENE_TEST(long_names_are_broken_into_lines_and_cut),
        SCENE_TEST(numbers_of_a_drawing_are_numbers),
        SCENE_TEST(a_drawing_is_written_into_a_model_that_has_none_and_read_again),
        SCENE_TEST(laid_out_steps_do_not_overlap),
        SCENE_TEST(a_very_large_process_has_no_picture_and_is_told_in_part),
        SCENE_TEST(what_is_no_model_is_refused),
        SCENE_TEST(a_full_arena_is_only_ever_a_limit),
    };

    return cmocka_run_group_tests_name("bpmn_picture", tests, NULL, NULL);
}
