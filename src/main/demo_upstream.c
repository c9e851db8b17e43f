#include "main/demo_upstream.h"

#include <signal.h>
#include <unistd.h>

#include "main/demo_nodes.h"
#include "net/server.h"

enum { CITY_ARENA = 8 << 20, CALL_ARENA = 1 << 20, TASKS = 512 };

/* GET /addresses/<code> */
static void
answer(struct http_call *call, void *ctx)
{
    const struct demo_city *city = ctx;
    struct http_fields fields = {.count = 0};
    struct str path = call->head->path, text = STR("{\"data\":[]}");
    struct json *found = NULL;
    struct err err;

    if (str_starts(path, STR("/addresses/"))) {
        found = demo_address(city, call->arena, str_from(path, 11));
    }
    if (found != NULL && json_print(call->arena, found, &text, &err) != RC_OK) {
        found = NULL;
    }
    CHECK(http_add(&fields, STR("Content-Type"), STR("application/json")));
    (void)!http_answer(call, found != NULL ? 200 : 404, &fields, text, &err);
}

static enum rc
serve(int fd, uint64_t seed, struct err *err)
{
    struct arena *a = arena_new(CITY_ARENA);
    struct loop_config loop_config = {.clock = &clock_system, .tasks_max = TASKS};
    struct server_config config = {.listen_fd = fd,
                                   .limits = http_limits_usual,
                                   .arena_bytes = CALL_ARENA,
                                   .handler = answer};
    struct demo_city *city;
    struct server *server;
    struct loop *loop;
    enum rc rc;

    if ((rc = demo_city_new(a, seed, &city, err)) != RC_OK ||
        (rc = loop_new(&loop_config, &loop, err)) != RC_OK) {
        return rc;
    }
    config.ctx = city;
    if ((rc = server_start(loop, &config, &server, err)) == RC_OK) {
        loop_run(loop); /* SIGTERM ends it as it stands: it keeps nothing */
        server_free(server);
    }
    loop_free(loop);
    arena_free(a);
    return rc;
}

enum rc
demo_upstream_start(uint64_t seed, int *port, pid_t *pid, struct err *err)
{
    const pid_t parent = getpid();
    int fd;
    enum rc rc = net_listen("127.0.0.1", *port, &fd, port, err);

    if (rc != RC_OK) {
        return rc;
    }
    if ((*pid = fork()) < 0) {
        (void)close(fd);
        return err_set(err, RC_IO, "cannot fork the address system");
    }
    if (*pid == 0) {
        struct err child;
        sigset_t none;
        (void)sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        demo_end_with(parent);
        (void)signal(SIGINT, SIG_IGN);
        _exit(rc_exit(serve(fd, seed, &child)));
    }
    (void)close(fd);
    return RC_OK;
}
