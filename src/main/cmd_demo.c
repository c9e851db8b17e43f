#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/asset.h"
#include "base/clock.h"
#include "main/command.h"
#include "main/demo_cases.h"
#include "main/demo_nodes.h"
#include "main/story.h"

enum { DEMO_ARENA = 256 << 20, PRINT_MAX = 64 << 20, START_TRIES = 3 };

static int
help(void)
{
    (void)printf("usage: zhengtong demo [--dir DIR] [--at HH:MM] [--days N] [--cases] [--story [NAME]] [--json]\n\n"
                 "Makes and runs the demo city: four nodes with their own keys, data and ports.  All\n"
                 "people and places in it are invented.  Ctrl-C ends it; a second start goes on.\n\n"
                 "--dir DIR      where it lives (build/demo)\n"
                 "--at HH:MM     where the city's clocks stand when it opens; at night registers are closed\n"
                 "--days N       and N days later than today: what was opened before has become older\n"
                 "--cases        a new city begins with cases that are under way\n"
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

/* The kinds of people in the order in which a visitor meets them. */
static const struct {
    const char *kind;
    const char *title;
} kinds[] = {{"citizen", "群众 / Citizens"},
             {"company", "企业经办人 / Handlers of companies"},
             {"officer", "各部门承办人 / Officers of each department"},
             {"steward", "数据专员 / Data stewards"},
             {"supervisor", "监督 / Supervisor"},
             {"operator", "运维 / Operator"},
             {"system", "信息系统 / Information system"}};

/* Where somebody signs in: at the node that they say, else at the portal. */
static int
port_of(const struct demo *d, const struct json *p)
{
    for (int i = 0; i < DEMO_NODES; i++) {
        if (str_eq(d->node[i].name, json_str(p, "node"))) {
            return d->node[i].port;
        }
    }
    return d->node[0].port;
}

static void
print_person(const struct demo *d, const struct json *p)
{
    (void)printf("    %.*s  %.*s  %.*s\n      %.*s\n      http://127.0.0.1:%d/sign-in/demo?account=%.*s&key=%.*s\n",
                 STR_ARG(json_str(p, "name")), STR_ARG(json_str(p, "who_zh")),
                 STR_ARG(json_str(p, "who_en")), STR_ARG(json_str(p, "note_zh")), port_of(d, p),
                 STR_ARG(json_str(p, "login")), STR_ARG(d->demo_key));
}

static enum rc
print_people(struct arena *a, const struct demo *d, struct err *err)
{
    struct json *people;
    enum rc rc = asset_json(a, "demo/people.json", &people, err);

    if (rc != RC_OK) {
        return rc;
    }
    (void)printf("\nOne click and you are / 一键登录：\n");
    const struct json *list = json_get(people, "people");
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        (void)printf("  %s\n", kinds[k].title);
        for (const struct json *p = list->first; p != NULL; p = p->next) {
            if (str_eq(json_str(p, "kind"), str_of(kinds[k].kind))) {
                print_person(d, p);
            }
        }
    }
    return RC_OK;
}

static enum rc
print_city(struct arena *a, const struct demo *d, struct err *err)
{
    int64_t now_us = clock_now_us(&clock_system) + d->shift_us;
    int minute = instant_minute_of_day(now_us, CLOCK_OFFSET_CHINA_MINUTES);
    enum rc rc;

    (void)printf("\n政通演示城市已经开门 / The demo city is open:\n");
    for (int i = 0; i < DEMO_NODES; i++) {
        (void)printf("  http://127.0.0.1:%d/   %.*s  %.*s%s\n", d->node[i].port,
                     STR_ARG(d->node[i].title_zh), STR_ARG(d->node[i].title_en),
                     d->node[i].is_portal ? "   ← 从这里开始 / begin here" : "");
    }
    if (d->shift_us != 0) {
        (void)printf("  城里的钟现在是 / The city's clocks stand at %.*s %02d:%02d\n",
                     STR_ARG(str_sub(instant_text(a, now_us, CLOCK_OFFSET_CHINA_MINUTES), 0, 10)), minute / 60,
                     minute % 60);
    }
    rc = print_people(a, d, err);
    (void)printf("\n所有人物、企业、地址都是虚构的。 All people, companies and addresses are "
                 "invented.\nCtrl-C ends it.\n");
    (void)fflush(stdout);
    return rc;
}

/* Until the nodes are to be started Ctrl-C just ends this process: what is half made is gone on with by the next start. */
static enum rc
run_city(struct arena *a, const struct demo_wish *wish, bool with_cases, struct err *err)
{
    struct demo_processes processes;
    struct demo d;
    sigset_t signals;
    bool is_new = false;
    enum rc rc;

    (void)printf("Preparing the demo city in %s\n", wish->folder);
    (void)fflush(stdout);
    for (int tries = 1;; tries++) {
        if ((rc = demo_setup(a, wish, &d, err)) != RC_OK) {
            return rc;
        }
        block_signals(&signals);
        rc = demo_nodes_start(&d, "/proc/self/exe", wish->folder, &processes, err);
        is_new = is_new || d.is_new; /* also where ports are chosen again */
        if (rc == RC_OK) {
            break;
        }
        demo_release(&d);
        if (rc != RC_CONFLICT || tries == START_TRIES) {
            return rc;
        }
        /* Somebody took a port between our choice and its use: choose again. */
    }
    if (with_cases && is_new) {
        says("cases");
        rc = demo_cases_open(a, &d, err);
    }
    if (rc == RC_OK && (rc = print_city(a, &d, err)) == RC_OK) {
        (void)sigwaitinfo(&signals, NULL);
        (void)printf("\nClosing …\n");
        (void)fflush(stdout);
    }
    demo_nodes_stop(&processes);
    demo_release(&d);
    return rc;
}

static enum rc
print_json(struct arena *a, const struct json *d, struct err *err)
{
    struct str text;
    struct buf b;
    enum rc rc;

    buf_init(&b, a, PRINT_MAX);
    json_write(&b, d);
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

/* One a line: its name, then what it tells. */
static enum rc
list_stories(struct arena *a, bool as_json, struct err *err)
{
    const struct json *list = story_list(a), *stories = json_get(list, "stories");

    if (as_json) {
        return print_json(a, list, err);
    }
    for (const struct json *s = stories->first; s != NULL; s = s->next) {
        (void)printf("%.*s  %.*s\n", STR_ARG(json_str(s, "name")), STR_ARG(json_str(s, "says")));
    }
    return RC_OK;
}

static enum rc
tell_story(struct arena *a, const struct demo_wish *wish, const char *name, bool as_json,
           struct err *err)
{
    struct demo_processes processes;
    struct demo d;
    struct json *told;
    enum rc rc;

    if ((rc = story_find(name, err)) != RC_OK || (rc = demo_setup(a, wish, &d, err)) != RC_OK) {
        return rc;
    }
    if ((rc = demo_nodes_start(&d, "/proc/self/exe", wish->folder, &processes, err)) == RC_OK) {
        rc = story_run(a, name, &d, &told, err);
        demo_nodes_stop(&processes);
    }
    demo_release(&d);
    if (rc != RC_OK) {
        return rc;
    }
    if (as_json) {
        return print_json(a, told, err);
    }
    print_told(told);
    return RC_OK;
}

/* "23:30" */
static bool
read_minute(const char *text, int *minute)
{
    struct str t = str_of(text);
    int64_t hours, minutes;

    if (t.len != 5 || t.ptr[2] != ':' || !str_to_int(str_sub(t, 0, 2), &hours) ||
        !str_to_int(str_from(t, 3), &minutes) || hours < 0 || hours > 23 || minutes < 0 ||
        minutes > 59) {
        (void)fprintf(stderr, "zhengtong demo: --at %s is no time of day like 23:30\n", text);
        return false;
    }
    *minute = (int)(hours * 60 + minutes);
    return true;
}

/* "30" */
static bool
read_days(const char *text, int *days)
{
    int64_t n;

    if (!str_to_int(str_of(text), &n) || n < 0 || n > DEMO_DAYS_MAX) {
        (void)fprintf(stderr, "zhengtong demo: --days %s is not 0 to %d\n", text, (int)DEMO_DAYS_MAX);
        return false;
    }
    *days = (int)n;
    return true;
}

/* --story without a name lists them: it is taken out, so that the others are read as usual. */
static bool
take_list_wish(int *argc, char **argv)
{
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], "--story") == 0 && (i + 1 == *argc || argv[i + 1][0] == '-')) {
            memmove(&argv[i], &argv[i + 1], (size_t)(*argc - i) * sizeof(argv[0]));
            (*argc)--;
            return true;
        }
    }
    return false;
}

int
cmd_demo(int argc, char **argv)
{
    const char *name = NULL, *at = NULL, *days = NULL;
    bool as_json = false, with_cases = false, wants_help = false, wants_list = take_list_wish(&argc, argv);
    struct demo_wish wish = {.folder = "build/demo", .at_minute = -1};
    const struct option_spec specs[] = {{"--dir", &wish.folder, NULL},
                                        {"--at", &at, NULL},
                                        {"--days", &days, NULL},
                                        {"--story", &name, NULL},
                                        {"--cases", NULL, &with_cases},
                                        {"--json", NULL, &as_json},
                                        {"--help", NULL, &wants_help}};
    struct arena *a;
    struct err err;
    enum rc rc;

    if (!options_read(argc, argv, specs, sizeof(specs) / sizeof(specs[0])) ||
        (at != NULL && !read_minute(at, &wish.at_minute)) || (days != NULL && !read_days(days, &wish.days))) {
        return 64;
    }
    if (wants_help) {
        return help();
    }
    a = arena_new(DEMO_ARENA);
    wish.fresh_ports = name != NULL;
    wish.says = name != NULL ? NULL : says;
    rc = wants_list     ? list_stories(a, as_json, &err)
         : name != NULL ? tell_story(a, &wish, name, as_json, &err)
                        : run_city(a, &wish, with_cases, &err);
    if (rc != RC_OK) {
        (void)command_failed("demo", rc, &err);
    }
    arena_free(a);
    return rc_exit(rc);
}
