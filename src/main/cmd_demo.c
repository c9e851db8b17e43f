#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/asset.h"
#include "main/command.h"
#include "main/demo_nodes.h"
#include "main/story.h"

enum { DEMO_ARENA = 256 << 20, PRINT_MAX = 64 << 20 };

static int
help(void)
{
    (void)printf("usage: zhengtong demo [--dir DIR] [--story [NAME]] [--json]\n\n"
                 "Makes and runs the demo city: three nodes with their own keys, data and ports.  All\n"
                 "people and places in it are invented.  Ctrl-C ends it; a second start goes on.\n\n"
                 "--dir DIR      where it lives (build/demo)\n"
                 "--story NAME   fresh nodes on free ports in DIR, the story told by HTTP, then the end\n"
                 "--story        the stories there are\n"
                 "--json         one JSON object on standard output\n");
    return 0;
}

static void
says(const char *what)
{
    (void)printf("  making %s …\n", what);
    (void)fflush(stdout);
}

/* The signals are blocked, so that they wait for sigwaitinfo; children unblock them again. */
static void
block_signals(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGINT);
    (void)sigaddset(set, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, set, NULL);
}

static enum rc
print_people(struct arena *a, const struct demo *d, struct err *err)
{
    const struct asset *asset = asset_find(STR("demo/people.json"));
    struct json *people;
    enum rc rc = json_parse(a, asset_text(asset), JSON_UNIQUE, &people, err);

    if (rc != RC_OK) {
        return rc;
    }
    (void)printf("\nOne click and you are / 一键登录：\n");
    const struct json *list = json_get(people, "people");
    for (const struct json *p = list->first; p != NULL; p = p->next) {
        (void)printf("  %.*s  %.*s\n      http://127.0.0.1:%d/sign-in/demo?account=%.*s&key=%.*s\n",
                     STR_ARG(json_str(p, "name")), STR_ARG(json_str(p, "who_zh")),
                     d->node[0].port, STR_ARG(json_str(p, "login")), STR_ARG(d->demo_key));
    }
    return RC_OK;
}

static enum rc
print_city(struct arena *a, const struct demo *d, struct err *err)
{
    enum rc rc;

    (void)printf("\n政通演示城市已经开门 / The demo city is open:\n");
    for (int i = 0; i < DEMO_NODES; i++) {
        (void)printf("  http://127.0.0.1:%d/   %.*s  %.*s\n", d->node[i].port,
                     STR_ARG(d->node[i].title_zh), STR_ARG(d->node[i].title_en));
    }
    if (d->shift_us != 0) {
        (void)printf("  It is night, and registries are closed at night: the city's clocks stand at "
                     "ten in the morning.\n");
    }
    rc = print_people(a, d, err);
    (void)printf("\n所有人物、企业、地址都是虚构的。 All people, companies and addresses are "
                 "invented.\nCtrl-C ends it.\n");
    (void)fflush(stdout);
    return rc;
}

static enum rc
run_city(struct arena *a, const char *folder, struct err *err)
{
    struct demo_processes processes;
    struct demo d;
    sigset_t signals;
    enum rc rc;

    block_signals(&signals);
    (void)printf("Preparing the demo city in %s\n", folder);
    (void)fflush(stdout);
    if ((rc = demo_setup(a, folder, false, says, &d, err)) != RC_OK ||
        (rc = demo_nodes_start(&d, "/proc/self/exe", folder, &processes, err)) != RC_OK) {
        return rc;
    }
    if ((rc = print_city(a, &d, err)) == RC_OK) {
        (void)sigwaitinfo(&signals, NULL);
        (void)printf("\nClosing …\n");
        (void)fflush(stdout);
    }
    demo_nodes_stop(&processes);
    return rc;
}

static enum rc
print_json(struct arena *a, const struct json *d, bool pretty, struct err *err)
{
    struct str text;
    struct buf b;
    enum rc rc;

    buf_init(&b, a, PRINT_MAX);
    if (pretty) {
        json_write_pretty(&b, d);
    } else {
        json_write(&b, d);
    }
    if ((rc = buf_finish(&b, &text, err)) == RC_OK) {
        (void)printf("%.*s\n", STR_ARG(text));
    }
    return rc;
}

/* What a person reads when --json is not given. */
static void
print_told(const struct json *told)
{
    const struct json *steps = json_get(told, "steps");

    (void)printf("办件编号 / case number: %.*s\n", STR_ARG(json_str(told, "case_no")));
    for (const struct json *s = steps->first; s != NULL; s = s->next) {
        const struct json *acts = json_get(s, "acts");
        (void)printf("  %-28.*s %6lld ms  %u acts\n", STR_ARG(json_str(s, "name")),
                     (long long)json_int_or(s, "ms", 0), (unsigned)acts->count);
    }
}

static enum rc
tell_story(struct arena *a, const char *folder, const char *name, bool as_json, struct err *err)
{
    struct demo_processes processes;
    struct demo d;
    struct json *told;
    enum rc rc;

    if ((rc = demo_setup(a, folder, true, NULL, &d, err)) != RC_OK ||
        (rc = demo_nodes_start(&d, "/proc/self/exe", folder, &processes, err)) != RC_OK) {
        return rc;
    }
    rc = story_run(a, name, &d, &told, err);
    demo_nodes_stop(&processes);
    if (rc != RC_OK) {
        return rc;
    }
    if (as_json) {
        return print_json(a, told, false, err);
    }
    print_told(told);
    return RC_OK;
}

int
cmd_demo(int argc, char **argv)
{
    const char *folder = "build/demo", *name = NULL;
    bool as_json = false, wants_help = false, wants_list = false;
    const struct option_spec specs[] = {{"--dir", &folder, NULL},
                                        {"--story", &name, NULL},
                                        {"--json", NULL, &as_json},
                                        {"--help", NULL, &wants_help}};
    struct arena *a;
    struct err err;
    enum rc rc;

    /* --story alone lists them. */
    for (int i = 1; i < argc; i++) {
        bool is_last = i + 1 == argc || argv[i + 1][0] == '-';
        if (strcmp(argv[i], "--story") == 0 && is_last) {
            wants_list = true;
        }
    }
    if (!wants_list && !options_read(argc, argv, specs, sizeof(specs) / sizeof(specs[0]))) {
        return 64;
    }
    if (wants_help) {
        return help();
    }
    a = arena_new(DEMO_ARENA);
    rc = wants_list     ? print_json(a, story_list(a), true, &err)
         : name != NULL ? tell_story(a, folder, name, as_json, &err)
                        : run_city(a, folder, &err);
    if (rc != RC_OK) {
        (void)command_failed("demo", rc, &err);
    }
    arena_free(a);
    return rc_exit(rc);
}
