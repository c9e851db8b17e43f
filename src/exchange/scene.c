#include "exchange/scene.h"

#include <stdio.h>

enum { ARENA_BYTES = 1 << 24, TASKS_MAX = 400, UPSTREAM_MS = 2000 };

void
scene_expect(struct scene *s, bool cond, const char *file, int line, const char *text)
{
    if (!cond) {
        (void)fprintf(stderr, "%s:%d: not so: %s\n", file, line, text);
        s->failed++;
    }
}

static void
perform(struct task *t, void *ctx)
{
    struct scene *s = ctx;

    s->task = t;
    s->play(s);
    stage_stop(s->city);
    stage_stop(s->prov);
    stage_stop(s->stranger);
    loop_stop(s->loop);
}

static void
furnish(struct scene *s)
{
    struct stage_node *both[] = {s->city, s->prov};

    for (size_t i = 0; i < 2; i++) {
        stage_put_resource(both[i], stage_person_resource(&s->stage, s->prov->name,
                                                          "{\"kind\":\"registry\"}", "null"));
    }
    stage_put_grant(s->prov, stage_person_grant(&s->stage, "g-1", s->city->name, 100, "in-use"));
    stage_put_record(s->prov, "yl/person", "A",
                     "{\"name\":\"王小明\",\"id\":\"990102199001010011\",\"address\":\"云溪市\"}");
    stage_put_record(s->prov, "yl/person", "B",
                     "{\"name\":\"李小红\",\"id\":\"990102199002020022\",\"address\":\"云岭县\"}");
}

int
scene_run(void (*play)(struct scene *s), enum fixture_kind kind)
{
    static const char *const names[] = {"city", "prov", "ghost", "stranger"};
    const struct loop_config config = {.clock = &clock_system, .tasks_max = TASKS_MAX};
    struct scene *s;
    struct arena *a = arena_new(ARENA_BYTES);
    struct err err;
    int failed;

    s = arena_alloc(a, 1, sizeof(*s));
    CHECK(s != NULL);
    s->arena = a;
    s->play = play;
    stage_prepare(&s->stage, names, 4, 3);
    s->city = &s->stage.node[0];
    s->prov = &s->stage.node[1];
    s->ghost = &s->stage.node[2];
    s->stranger = &s->stage.node[3];
    stage_go_dark(s->ghost);
    CHECK(loop_new(&config, &s->loop, &err) == RC_OK);
    stage_start_signer(s->city);
    stage_start_signer(s->prov);
    stage_start_signer(s->stranger);
    stage_open(s->city, s->loop, kind, UPSTREAM_MS);
    stage_open(s->prov, s->loop, kind, UPSTREAM_MS);
    stage_open(s->stranger, s->loop, FIXTURE_SQLITE, UPSTREAM_MS);
    furnish(s);
    CHECK(task_start(s->loop, perform, s, &err) == RC_OK);
    loop_run(s->loop);
    server_free(s->other);
    stage_close(s->city);
    stage_close(s->prov);
    stage_close(s->stranger);
    loop_free(s->loop);
    stage_free(&s->stage);
    failed = s->failed;
    arena_free(a);
    return failed;
}

struct question
scene_question(struct scene *s)
{
    struct json *fields = json_array(s->arena);

    json_push(fields, json_text(s->arena, STR("name")));
    json_push(fields, json_text(s->arena, STR("id")));
    return (struct question){.resource = STR("yl/person"),
                             .key_kind = STR("person"),
                             .key = STR("A"),
                             .fields = fields,
                             .purpose = stage_purpose(),
                             .subject = STR("p-1")};
}

enum rc
scene_ask(struct scene *s, struct answer *out, struct err *err)
{
    struct question q = scene_question(s);

    return gate_ask(s->city->gate, s->task, s->arena, &q, out, err);
}

/* --- what stands in the stores --- */

int64_t
scene_acts(const struct stage_node *n, enum act_kind kind)
{
    char sql[80];

    (void)snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM act WHERE kind = %d", (int)kind);
    return fixture_int(&n->fixture, sql);
}

int64_t
scene_used(const struct stage_node *n)
{
    return fixture_int(&n->fixture,
                       "SELECT COALESCE(SUM(used), 0) FROM data_use WHERE name LIKE 'grant:%'");
}

static const struct json *
newest(struct scene *s, const struct stage_node *n)
{
    struct json *list;
    struct err err;

    CHECK(act_latest(&n->fixture.db, s->arena, -1, 1, &list, &err) == RC_OK && list->count == 1);
    return list->first;
}

struct str
scene_newest(struct scene *s, const struct stage_node *n, const char *member)
{
    const struct json *j = json_get(json_get(newest(s, n), "detail"), member);

    return j != NULL ? j->text : STR("");
}

enum act_kind
scene_newest_kind(struct scene *s, const struct stage_node *n)
{
    enum act_kind kind = ACT_NODE;

    CHECK(act_kind_by_name(json_str(newest(s, n), "kind"), &kind));
    return kind;
}

/* --- questions made by hand --- */

void
scene_sign(struct scene *s, struct handmade *h, const struct stage_node *signer)
{
    struct envelope *e = &h->envelope;
    unsigned char signature[SIG_BYTES];
    struct err err;

    CHECK(signature_params_set(s->arena, &e->params, &err) == RC_OK);
    CHECK(signature_base(s->arena, &e->message, &e->params, &e->base, &err) == RC_OK);
    sig_sign(&signer->secret, e->base, signature);
    if (http_count(&e->fields, "signature") > 0) {
        e->fields.count -= 2; /* the old two are the last ones */
    }
    CHECK(envelope_seal(s->arena, e, (struct str){(const char *)signature, SIG_BYTES}, &err) == RC_OK);
    h->out.fields = e->fields;
}

struct handmade *
scene_make(struct scene *s, const struct stage_node *signer)
{
    struct handmade *h = arena_alloc(s->arena, 1, sizeof(*h));
    const struct purpose purpose = stage_purpose();
    struct str authority = str_fmt(s->arena, "127.0.0.1:%d", s->prov->port), header;
    struct err err;

    CHECK(h != NULL && purpose_put(s->arena, &purpose, &header, &err) == RC_OK);
    h->out = (struct http_out){
        .method = STR("POST"),
        .target = STR("/exchange/yl/person"),
        .body = STR("{\"key\":{\"kind\":\"person\",\"value\":\"A\"},\"fields\":[\"name\",\"id\"],"
                    "\"salt\":\"0123456789abcdef\"}")};
    CHECK(envelope_ask(s->arena, &h->envelope, signer->name, authority, h->out.target, header,
                       h->out.body, clock_now_us(&clock_system) / 1000000, &err) == RC_OK);
    scene_sign(s, h, signer);
    return h;
}

void
scene_set(struct handmade *h, const char *name, struct str value)
{
    for (size_t i = 0; i < h->out.fields.count; i++) {
        if (str_eq_fold(h->out.fields.field[i].name, str_of(name))) {
            h->out.fields.field[i].value = value;
        }
    }
}

enum rc
scene_send(struct scene *s, struct stage_node *from, const struct handmade *h, struct err *err)
{
    const struct origin origin = {.host = STR("127.0.0.1"),
                                  .port = s->prov->port,
                                  .is_tls = true,
                                  .fingerprint = hash_str(&s->prov->fingerprint)};

    return client_call(from->client, s->task, s->arena, &origin, &h->out,
                       loop_now_us(s->loop) + 5000000, &s->in, err);
}

struct str
scene_problem(struct scene *s)
{
    struct json *j;
    struct err err;

    if (json_parse(s->arena, s->in.body, JSON_UNIQUE, &j, &err) != RC_OK ||
        !str_starts(json_str(j, "type"), STR("/problems/"))) {
        return STR("");
    }
    return str_from(json_str(j, "type"), STR("/problems/").len);
}

bool
scene_is_signed(struct scene *s, const struct handmade *h)
{
    const struct peer *from = directory_by_name(s->stage.directory, s->prov->name);
    const struct envelope_clock clock = {clock_now_us(&clock_system) / 1000000, 300};
    struct envelope *e = arena_alloc(s->arena, 1, sizeof(*e));
    struct envelope *asked = arena_alloc(s->arena, 1, sizeof(*asked));
    struct err err;

    CHECK(e != NULL && asked != NULL);
    *asked = h->envelope;
    asked->fields = h->out.fields; /* as they were sent */
    asked->message.fields = &asked->fields;
    return envelope_read_answer(s->arena, e, &s->in.head, s->in.body, from, asked, &clock, &err) ==
           RC_OK;
}
