/* `zhengtong process migrate` beside a store in which cases run: the report as JSON and as a table, and what is refused. */
#include "process/test_migration.h"

#include "main/test_command.h"

static const char conf[] = "[node]\nname = yunxi\ntitle_zh = 云溪市\ntitle_en = Yunxi\n[listen]\nport = 8080\n[directory]\n"
                           "authority = BybPALgsYCFQul46/LFx8OBHbecxuVnf9qMbKmxSaHM=\n[log]\norigin = log.yunxi.zhengtong.invalid\n";

struct node {
    struct moving_works *m; /* first */
    const char *folder, *conf;
};

/* The keys of the house are its own, so it gets some that a file can have. */
static void
write_keys(struct node *n)
{
    struct arena *a = n->m->w.house.arena;
    struct json *keys = vault_new_keys(a);
    struct str text;

    vault_free(n->m->w.house.vault);
    assert_ok(vault_open_keys(keys, &n->m->w.house.vault, err));
    n->m->w.r->config.vault = n->m->w.house.vault;
    assert_ok(json_print(a, keys, &text, err));
    assert_ok(file_make_folder(str_fmt(a, "%s/keys", n->folder).ptr, err));
    assert_ok(file_replace(str_fmt(a, "%s/keys/vault.json", n->folder).ptr, text, 0600, err));
}

static int
open_node(void **state)
{
    struct node *n = mem_new(1, sizeof(*n));
    struct arena *a;

    (void)moving_open((void **)&n->m);
    a = n->m->w.house.arena;
    n->folder = new_folder(a);
    write_keys(n);
    n->conf = str_fmt(a, "%s/node.conf", n->folder).ptr;
    struct str text = str_fmt(a, "%s[store]\nwhere = %s\n", conf, n->m->w.house.fixture.where);
    assert_ok(file_replace(n->conf, text, 0600, err));
    (void)unsetenv("LC_ALL");
    (void)unsetenv("LC_MESSAGES");
    (void)setenv("LANG", "C.UTF-8", 1);
    for (int k = 0; k < 3; k++) {
        int64_t instance = works_start(&n->m->w, "permit", "{'command':'start','variables':{'fee':1}}");
        if (k > 0) {
            (void)works_complete(&n->m->w, instance, "receive");
        }
    }
    *state = n;
    return 0;
}

static int
close_node(void **state)
{
    struct node *n = *state;

    remove_folder(n->folder);
    (void)moving_close((void **)&n->m);
    mem_free(n);
    return 0;
}

static struct answer
asked(struct node *n, const char *plan, const char *more)
{
    struct arena *a = n->m->w.house.arena;
    const char *path = str_fmt(a, "%s/plan.json", n->folder).ptr;

    assert_ok(file_replace(path, str_of(plan), 0600, err));
    return run_command(a, cmd_process, "process", (const char *const[9]){"migrate", path, "--config", n->conf, more});
}

static void
the_report_is_json_and_a_table_and_nothing_is_changed(void **state)
{
    struct node *n = *state;
    struct answer r = asked(n, PERMIT_PLAN, "--dry-run");

    assert_int_equal(r.status, 0);
    assert_true(str_starts(r.said, STR("{\"key\":\"permit\",\"source\":1,\"target\":2,\"sha256\":\"")));
    assert_true(str_has(r.said, STR("\"open\":3,\"can\":3,\"cannot\":0,\"busy\":0,\"reasons\":[]")));
    assert_true(str_starts(r.failure, STR("permit 1 to 2: 3 open cases, 3 can be moved, 0 cannot, 0 were changing\n")));
    r = asked(n, "{\"source\":{\"key\":\"permit\",\"version\":1},\"target\":2,\"basis\":\"x\"}", "--dry-run");
    assert_int_equal(r.status, rc_exit(RC_CONFLICT));
    assert_true(str_has(r.failure, STR("       2  decide                   the case stands at an element that has no counterpart (2, 3)\n")));
    (void)setenv("LANG", "zh_CN.UTF-8", 1);
    r = asked(n, PERMIT_PLAN, "--dry-run");
    assert_true(str_starts(r.failure, STR("permit 第 1 版改为第 2 版：在办 3 件，可以改 3 件，不能改 0 件，正在变动 0 件\n")));
    assert_int_equal(works_int(&n->m->w, "SELECT COUNT(*) FROM process_instance WHERE version = 1"), 3);
}

static void
without_dry_run_a_plan_that_nobody_consented_to_is_refused(void **state)
{
    struct node *n = *state;
    struct answer r = asked(n, PERMIT_PLAN, NULL);

    assert_int_equal(r.status, rc_exit(RC_CONFLICT));
    assert_true(str_has(r.failure, STR("nobody has consented to this plan")) && r.said.len == 0);
    int64_t number = moving_consented(n->m, PERMIT_PLAN);
    r = asked(n, PERMIT_PLAN, NULL);
    assert_int_equal(r.status, 0);
    assert_true(str_has(r.failure, STR("POST /api/processes/permit/migrations/")));
    assert_true(str_has(r.said, str_fmt(n->m->w.house.arena, "\"consented\":%lld", (long long)number)));
    assert_int_equal(works_int(&n->m->w, "SELECT COUNT(*) FROM process_instance WHERE version = 1"), 3); /* the node does it */
}

static void
what_cannot_be_tried_says_why(void **state)
{
    static const struct {
        const char *plan, *says;
        enum rc rc;
    } cases[] = {
        {"{", "plan.json", RC_INVALID},
        {"{}", "the source is an object of key and version", RC_INVALID},
        {"{\"source\":{\"key\":\"permit\",\"version\":1},\"target\":3,\"basis\":\"x\"}", "version 3 of permit is not published", RC_INVALID},
        {"{\"source\":{\"key\":\"permit\",\"version\":1},\"target\":2,\"basis\":\"x\",\"elements\":{\"zz\":\"rule\"}}", "has no element zz", RC_INVALID},
        {"{\"source\":{\"key\":\"other\",\"version\":1},\"target\":2,\"basis\":\"x\"}", "", RC_NOT_FOUND},
    };
    struct node *n = *state;

    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct answer r = asked(n, cases[k].plan, "--dry-run");
        if (r.status != rc_exit(cases[k].rc) || !str_has(r.failure, str_of(cases[k].says))) {
            fail_msg("%s: %d %.*s", cases[k].plan, r.status, STR_ARG(r.failure));
        }
    }
    struct answer r = run_command(n->m->w.house.arena, cmd_process, "process", (const char *const[9]){"migrate", "--help"});
    assert_true(r.status == 0 && str_starts(r.said, STR("usage: zhengtong process migrate PLAN")));
    r = run_command(n->m->w.house.arena, cmd_process, "process", (const char *const[9]){"migrate", "plan.json"});
    assert_int_equal(r.status, 64);
}

#define NODE_TEST(name) cmocka_unit_test_setup_teardown(name, open_node, close_node)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        NODE_TEST(the_report_is_json_and_a_table_and_nothing_is_changed),
        NODE_TEST(without_dry_run_a_plan_that_nobody_consented_to_is_refused),
        NODE_TEST(what_cannot_be_tried_says_why),
    };

    return HOUSE_RUN(tests, "process migrate");
}
