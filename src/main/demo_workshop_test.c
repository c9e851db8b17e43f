/* The workshop of the demo city, at a door that a test holds: what it asks for, what it says, and what it does when it is turned away. */
#include "main/demo_workshop.h"

#include <signal.h>
#include <sys/wait.h>

#include "main/demo_nodes.h"
#include "net/test_support.h"

struct door {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int sign_ins, completed, refused;
    int leases[2]; /* of card.make, post.send */
    bool is_signed; /* every request but the first sign-in carries a session */
    char done[64]; /* the last that was completed */
};

static void
tell(struct http_call *call, int status, const char *text)
{
    struct http_fields fields = {.count = 0};
    struct err err;

    CHECK(http_add(&fields, STR("Content-Type"), STR("application/json")));
    (void)!http_answer(call, status, &fields, str_of(text), &err);
}

/* One card to make at first, in a case that is over when it is said to be made; then another, and then nothing for a long while. */
static void
lease(struct door *d, struct http_call *call, struct str body)
{
    static const char *const answers[] = {"{\"jobs\":[{\"instance\":7,\"token\":2,\"attempt\":1}]}",
                                          "{\"jobs\":[{\"instance\":8,\"token\":3,\"attempt\":2},{\"instance\":9,\"token\":4,\"attempt\":1}]}"};
    bool is_card = str_has(body, STR("\"type\":\"card.make\""));
    int n = d->leases[is_card ? 0 : 1]++;
    struct err err;

    CHECK(is_card || str_has(body, STR("\"type\":\"post.send\"")));
    CHECK(str_has(body, STR("\"wait_s\":20")));
    if (is_card && n == 1) {
        d->refused++;
        tell(call, 401, "{\"type\":\"/problems/sign-in\"}"); /* its session has ended */
    } else if (is_card && n < 3) {
        tell(call, 200, answers[n == 0 ? 0 : 1]);
    } else {
        (void)pthread_mutex_unlock(&d->lock);
        (void)!task_sleep(call->task, loop_now_us(task_loop(call->task)) + 60000000, &err);
        tell(call, 200, "{\"jobs\":[]}");
        (void)pthread_mutex_lock(&d->lock);
    }
}

static void
complete(struct door *d, struct http_call *call, struct str body)
{
    bool is_first = str_has(body, STR("\"instance\":7"));

    (void)snprintf(d->done, sizeof(d->done), "%.*s", STR_ARG(body));
    d->completed++;
    tell(call, is_first ? 409 : 200, is_first ? "{\"type\":\"/problems/lease-lost\"}" : "{}");
}

static void
answer(struct http_call *call, void *ctx)
{
    struct door *d = ctx;
    struct str path = call->head->path, body;
    struct err err;

    CHECK(http_body(call, 4096, &body, &err) == RC_OK);
    (void)pthread_mutex_lock(&d->lock);
    if (str_eq(path, STR("/sign-in/demo"))) {
        d->sign_ins++;
        tell(call, 200, "{\"token\":\"t-1\"}");
    } else {
        d->is_signed = d->is_signed && str_eq(http_get(&call->head->fields, "authorization"), STR("Bearer t-1")) &&
                       http_get(&call->head->fields, "idempotency-key").len > 8;
        if (str_eq(path, STR("/api/jobs/lease"))) {
            lease(d, call, body);
        } else {
            complete(d, call, body);
        }
    }
    (void)pthread_cond_signal(&d->changed);
    (void)pthread_mutex_unlock(&d->lock);
}

static void
it_makes_what_there_is_signs_in_again_and_ends_when_told(void **state)
{
    struct door d = {.is_signed = true};
    struct demo demo = {.demo_key = STR("k")};
    struct host host;
    pid_t pid;
    int status;
    struct err err;

    (void)state;
    (void)pthread_mutex_init(&d.lock, NULL);
    (void)pthread_cond_init(&d.changed, NULL);
    host_start(&host, (struct server_config){.handler = answer, .ctx = &d, .limits = http_limits_usual});
    demo.node[0].port = host.port;
    assert_int_equal(demo_workshop_start(&demo, &pid, &err), RC_OK);
    (void)pthread_mutex_lock(&d.lock);
    while (d.completed < 3 || d.leases[1] < 1) {
        (void)pthread_cond_wait(&d.changed, &d.lock);
    }
    assert_string_equal(d.done, "{\"instance\":9,\"token\":4,\"attempt\":1}");
    assert_int_equal(d.refused, 1);
    assert_true(d.sign_ins >= 3); /* one a bench, and once more */
    assert_true(d.is_signed);
    (void)pthread_mutex_unlock(&d.lock);
    (void)kill(pid, SIGTERM);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    host_stop(&host);
    (void)pthread_cond_destroy(&d.changed);
    (void)pthread_mutex_destroy(&d.lock);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_makes_what_there_is_signs_in_again_and_ends_when_told)};

    return cmocka_run_group_tests_name("workshop", tests, NULL, NULL);
}
