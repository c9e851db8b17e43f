/*
 * Counting who waits where: over open cases only, kept for a while, and as heat on a picture.
 */
#include "process/census.h"

#include "process/test_runtime.h"
#include "rule/zone.h"

struct hall {
    struct works *works;
    struct rulings *rulings;
    struct census *census;
};

static int
open_hall(void **state)
{
    struct hall *h = mem_new(1, sizeof(*h));
    struct rulings_config config = {.zones_folder = ZONE_FOLDER, .threads = 1};
    void *works;
    struct err err;

    (void)works_open(&works);
    h->works = works;
    config.vault = h->works->house.vault;
    assert_int_equal(rulings_new(&config, &h->rulings, &err), RC_OK);
    h->census = census_new(h->rulings);
    works_add(h->works, "approval", 1, WORKS_APPROVAL);
    works_add(h->works, "other", 1, WORKS_APPROVAL);
    *state = h;
    return 0;
}

static int
close_hall(void **state)
{
    struct hall *h = *state;
    void *works = h->works;

    census_free(h->census);
    rulings_free(h->rulings);
    (void)works_close(&works);
    mem_free(h);
    return 0;
}

static struct census_view
view_of(struct hall *h, const char *key, int64_t now_us)
{
    struct census_view v = {.rows = 0};
    struct err err;

    if (census_of(h->census, &h->works->house.fixture.db, h->works->house.arena, str_of(key), now_us, &v, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return v;
}

static const struct census_row *
row_of(const struct census_view *v, const char *element)
{
    for (size_t i = 0; i < v->rows; i++) {
        if (str_eq(v->row[i].element, str_of(element))) {
            return &v->row[i];
        }
    }
    return NULL;
}

/* Three cases: one at the start, two with the departments, one of which has answered in one of them. */
static void
with_cases(struct hall *h)
{
    struct works *w = h->works;
    int64_t second, third;

    (void)works_start(w, "approval", "{'command':'start'}");
    second = works_start(w, "approval", "{'command':'start'}");
    third = works_start(w, "approval", "{'command':'start'}");
    (void)works_start(w, "other", "{'command':'start'}");
    w->now_us += 10 * SECOND_US;
    (void)works_complete(w, second, "accept");
    (void)works_complete(w, third, "accept");
    w->now_us += 10 * SECOND_US;
    (void)works_complete(w, third, "deptA");
}

static void
tokens_are_counted_where_they_stand_and_since_when(void **state)
{
    struct hall *h = *state;
    struct census_view v;

    with_cases(h);
    v = view_of(h, "approval", WORKS_NOW_US + 30 * SECOND_US);
    assert_true(v.open == 3 && v.at_us == WORKS_NOW_US + 30 * SECOND_US);
    assert_true(row_of(&v, "accept")->count == 1 && row_of(&v, "deptA")->count == 1 && row_of(&v, "deptB")->count == 2);
    assert_true(str_eq(row_of(&v, "join")->kind, STR("join")) && str_eq(row_of(&v, "accept")->kind, STR("task")));
    assert_true(row_of(&v, "accept")->oldest_us == WORKS_NOW_US && row_of(&v, "accept")->average_us == 30 * SECOND_US);
    assert_true(row_of(&v, "deptB")->average_us == 20 * SECOND_US && row_of(&v, "deptB")->version == 1);
    v = view_of(h, "nothing", WORKS_NOW_US + 30 * SECOND_US);
    assert_true(v.rows == 0 && v.open == 0);
}

static void
what_was_counted_is_kept_for_a_while(void **state)
{
    struct hall *h = *state;
    struct census_view v;

    with_cases(h);
    v = view_of(h, "approval", WORKS_NOW_US);
    assert_int_equal(v.open, 3);
    (void)works_start(h->works, "approval", "{'command':'start'}");
    v = view_of(h, "approval", WORKS_NOW_US + SECOND_US);
    assert_true(v.open == 3 && v.at_us == WORKS_NOW_US);
    v = view_of(h, "approval", WORKS_NOW_US + 3600 * SECOND_US); /* whoever comes later counts anew */
    assert_true(v.open == 4 && v.at_us == WORKS_NOW_US + 3600 * SECOND_US);
    (void)works_start(h->works, "approval", "{'command':'start'}");
    v = view_of(h, "approval", WORKS_NOW_US); /* a clock that was set back keeps nothing for ever */
    assert_int_equal(v.open, 5);
}

static void
where_most_is_waited_is_marked_hottest(void **state)
{
    struct hall *h = *state;
    struct census_view v;
    struct bpmn_mark *mark;
    size_t count;
    struct err err;

    with_cases(h);
    v = view_of(h, "approval", WORKS_NOW_US + 30 * SECOND_US); /* accept 30, deptA 20, deptB 40, join 10 */
    assert_int_equal(census_marks(h->works->house.arena, &v, 1, &mark, &count, &err), RC_OK);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        enum bpmn_mark_kind wanted = str_eq(mark[i].id, STR("deptB")) ? BPMN_MARK_CROWDED : BPMN_MARK_BUSY;
        assert_int_equal(mark[i].kind, wanted);
        assert_int_equal(mark[i].count, str_eq(mark[i].id, STR("deptB")) ? 2 : 1);
    }
    assert_int_equal(census_marks(h->works->house.arena, &v, 2, &mark, &count, &err), RC_OK);
    assert_int_equal(count, 0);
}

static void
put_work(struct hall *h, int instance, const char *model, const char *element, const char *org, int64_t due_us)
{
    char sql[800];

    (void)snprintf(sql, sizeof(sql),
                   "INSERT INTO worklist (instance, token, serial, kind, case_no, part, subject, path, around, multi, model, version, element, name_zh, "
                   "name_en, org, lead, role, region, power, assignee, asked_by, state, since_us, due_us, expires_us, basis) VALUES (%d, 2, 0, 'task', "
                   "'c', '', '', '', 1, 0, '%s', 1, '%s', '', '', '%s', '', 'officer', '', '', '', '', 'open', %lld, %lld, 0, '')",
                   instance, model, element, org, (long long)WORKS_NOW_US, (long long)due_us);
    fixture_sql(&h->works->house.fixture, sql);
}

static void
work_is_counted_with_whom_it_is_and_whether_it_is_late(void **state)
{
    struct hall *h = *state;
    struct census_view v;
    struct bpmn_mark *mark;
    size_t count;
    struct err err;

    if (house_kind == FIXTURE_POSTGRES) {
        fixture_sql(&h->works->house.fixture, "DELETE FROM worklist");
    }
    put_work(h, 1, "called", "review", "org-a", WORKS_NOW_US + 100);
    put_work(h, 2, "called", "review", "org-a", INT64_MAX);
    put_work(h, 3, "called", "sign", "org-b", WORKS_NOW_US - 1);
    put_work(h, 4, "elsewhere", "review", "org-a", 0);
    v = view_of(h, "called", WORKS_NOW_US);
    assert_true(v.works == 2 && v.rows == 0);
    assert_true(str_eq(v.work[0].element, STR("review")) && v.work[0].count == 2 && v.work[0].late == 0 && str_eq(v.work[0].org, STR("org-a")));
    assert_true(str_eq(v.work[1].org, STR("org-b")) && v.work[1].late == 1);
    assert_int_equal(census_marks(h->works->house.arena, &v, 1, &mark, &count, &err), RC_OK);
    assert_int_equal(count, 2);
    assert_true(mark[0].kind == BPMN_MARK_CALM && mark[0].count == 2 && mark[1].kind == BPMN_MARK_OVERDUE && mark[1].count == 1);
    fixture_sql(&h->works->house.fixture, "DELETE FROM worklist");
}

#define HALL_TEST(name) cmocka_unit_test_setup_teardown(name, open_hall, close_hall)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HALL_TEST(tokens_are_counted_where_they_stand_and_since_when),
        HALL_TEST(what_was_counted_is_kept_for_a_while),
        HALL_TEST(work_is_counted_with_whom_it_is_and_whether_it_is_late),
        HALL_TEST(where_most_is_waited_is_marked_hottest),
    };

    return HOUSE_RUN(tests, "census");
}
