#include "base/encode.h"
#include "base/file.h"
#include "evidence/act.h"
#include "identity/region.h"
#include "identity/session.h"
#include "identity/test_house.h"

#define START_US INT64_C(1795406400000000) /* noon of 23 November 2026 in China */
#define SECOND_US INT64_C(1000000)
#define PEER STR("203.0.113.7")

static const char password[] = "correct horse 电池";

/* Cheap hashes, few tries: the rules are what is tested. */
static struct session_policy
policy(void)
{
    return (struct session_policy){.tries_max = 3,
                                   .lock_s = 900,
                                   .peer_tries_max = 6,
                                   .idle_s = 3600,
                                   .life_s = 43200,
                                   .offset_minutes = CLOCK_OFFSET_CHINA_MINUTES,
                                   .cost = password_cost_test};
}

static const char land[] =
    "{\"levels\":[{\"code\":\"city\",\"rank\":2,\"digits\":6,\"stem\":4,\"name_zh\":\"市\"}],"
    "\"regions\":[{\"code\":\"990100\",\"parent\":\"\",\"level\":\"city\",\"name_zh\":\"云溪市\"}],"
    "\"orgs\":[{\"uscc\":\"11990100000000027A\",\"region\":\"990100\",\"name_zh\":\"市场监管局\"}],"
    "\"powers\":[{\"code\":\"XK-0131\",\"org\":\"11990100000000027A\",\"basis\":\"法\"}]}";

struct making {
    struct house *house;
    const struct org_table *orgs;
    const char *login;
    struct str stored;
    struct str subject;
    struct str officer;
    struct str account;
};

static enum rc
account_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct making *m = ctx;

    return account_put(tx, m->house->vault, m->house->arena, str_of(m->login), m->stored,
                       m->subject, m->officer, START_US, &m->account, err);
}

static enum rc
citizen_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct making *m = ctx;
    struct house *h = m->house;
    enum rc rc = subject_put(tx, h->vault, h->arena, SUBJECT_PERSON, STR("990102199003070011"),
                             STR("沈知遥"), STR(""), START_US, &m->subject, err);

    return rc != RC_OK ? rc : account_tx(tx, m, err);
}

static enum rc
land_tx(struct tx *tx, void *ctx, struct err *err)
{
    enum rc rc = region_put(tx, ctx, err);

    return rc != RC_OK ? rc : org_put(tx, ctx, err);
}

static enum rc
officer_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct making *m = ctx;
    const struct json *o = house_json(
        m->house, "{\"id\":\"o-1\",\"org\":\"11990100000000027A\",\"name\":\"欧阳云舒\","
                  "\"roles\":[\"officer\",\"supervisor\"],"
                  "\"powers\":[{\"code\":\"XK-0131\",\"until\":\"2026-11-23\"}]}");
    enum rc rc = officer_put(tx, m->orgs, o, err);

    return rc != RC_OK ? rc : account_tx(tx, m, err);
}

static struct making
making_of(struct house *h, const char *login)
{
    struct making m = {.house = h, .login = login, .subject = STR(""), .officer = STR("")};
    struct err err;

    assert_int_equal(password_hash(h->arena, STR("correct horse 电池"), &password_cost_test,
                                   &m.stored, &err),
                     RC_OK);
    return m;
}

static struct str
add_citizen(struct house *h)
{
    struct making m = making_of(h, "shen");
    struct err err;

    assert_int_equal(store_write(&h->fixture.db, citizen_tx, &m, &err), RC_OK);
    return m.account;
}

static struct str
add_officer(struct house *h)
{
    struct making m = making_of(h, "ouyang");
    struct org_table *orgs;
    struct err err;

    m.officer = STR("o-1");
    assert_int_equal(store_write(&h->fixture.db, land_tx, house_json(h, land), &err), RC_OK);
    assert_int_equal(org_load(&h->fixture.db, &orgs, &err), RC_OK);
    m.orgs = orgs;
    assert_int_equal(store_write(&h->fixture.db, officer_tx, &m, &err), RC_OK);
    org_table_free(orgs);
    return m.account;
}

static enum rc
look(struct house *h, const char *login, struct str peer, int64_t now_us, struct sign_in *out,
     struct err *err)
{
    struct session_policy p = policy();

    return sign_in_look(&h->fixture.db, h->vault, h->arena, &p, str_of(login), peer, now_us, out,
                        err);
}

static enum rc
settle(struct house *h, const struct sign_in *s, const char *typed, struct str peer, int64_t now_us,
       struct str *token, struct err *err)
{
    struct session_policy p = policy();

    return sign_in_settle(&h->fixture.db, h->arena, &p, s,
                          password_matches(s->stored, str_of(typed)), peer, now_us, token, err);
}

/* All three steps, as the sign-in page takes them. */
static enum rc
sign_in(struct house *h, const char *login, const char *typed, struct str peer, int64_t now_us,
        struct str *token, struct err *err)
{
    struct sign_in s;
    enum rc rc = look(h, login, peer, now_us, &s, err);

    return rc != RC_OK ? rc : settle(h, &s, typed, peer, now_us, token, err);
}

static void
assert_sign_in(struct house *h, const char *login, const char *typed, int64_t now_us,
               const char *type)
{
    struct str token;
    struct err err = {.type = "ok"};

    (void)!sign_in(h, login, typed, PEER, now_us, &token, &err);
    if (!str_eq(str_of(err.type), str_of(type))) {
        fail_msg("%s with \"%s\": %s instead of %s", login, typed, err.type, type);
    }
}

static struct str
signed_in(struct house *h, const char *login, int64_t now_us)
{
    struct str token;
    struct err err;

    if (sign_in(h, login, password, PEER, now_us, &token, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return token;
}

static enum rc
find(struct house *h, struct str token, int64_t now_us, struct identity *who)
{
    struct session_policy p = policy();
    struct err err;

    return session_find(&h->fixture.db, h->vault, h->arena, &p, token, now_us, who, &err);
}

/* --- who is let in ---------------------------------------------------------------------------- */

static void
name_and_password_open_a_session_and_are_an_act(void **state)
{
    struct house *h = *state;
    struct str account = add_citizen(h), token;
    struct identity who;
    struct json *act;
    struct err err;

    token = signed_in(h, " Shen ", START_US);
    assert_int_equal(find(h, token, START_US, &who), RC_OK);
    assert_int_equal(who.role, ROLE_CITIZEN);
    assert_true(str_eq(who.account, account) && str_eq(who.name, STR("沈知遥")));
    assert_true(str_starts(who.actor, STR("person:p-")) && str_starts(who.subject, STR("p-")));
    assert_int_equal(act_by_index(&h->fixture.db, h->arena, 0, &act, &err), RC_OK);
    assert_true(str_eq(json_str(act, "actor"), who.actor));
    assert_true(str_eq(json_str(act, "kind"), str_of(act_kind_name(ACT_SIGN_IN))));
    assert_false(str_has(json_str(act, "body"), STR("沈知遥")));
}

static void
only_the_very_password_opens(void **state)
{
    static const char *const wrong[] = {"", "correct horse", "Correct horse 电池",
                                        "correct horse 电池 ", "' OR 1=1 --"};
    struct house *h = *state;

    (void)add_citizen(h);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_sign_in(h, "shen", wrong[i], START_US, "wrong-password");
        assert_sign_in(h, "shen", password, START_US, "ok"); /* which also forgives */
        fixture_sql(&h->fixture, "DELETE FROM sign_in_peer");
    }
}

static void
an_officer_comes_in_with_the_powers_of_the_day(void **state)
{
    struct house *h = *state;
    struct identity who;

    (void)add_officer(h);
    assert_int_equal(find(h, signed_in(h, "ouyang", START_US), START_US, &who), RC_OK);
    assert_int_equal(who.role, ROLE_OFFICER);
    assert_true(str_eq(who.actor, STR("officer:o-1")) && who.subject.len == 0);
    assert_true(officer_has_power(&who.officer, STR("XK-0131")));
    /*
     * The power ends with 23 November, twelve hours on; the session does not, but it is without
     * that power.
     */
    assert_int_equal(find(h, signed_in(h, "ouyang", START_US + 43199 * SECOND_US),
                          START_US + 43199 * SECOND_US, &who),
                     RC_OK);
    assert_true(officer_has_power(&who.officer, STR("XK-0131")));
    assert_int_equal(find(h, signed_in(h, "ouyang", START_US + 43200 * SECOND_US),
                          START_US + 43200 * SECOND_US, &who),
                     RC_OK);
    assert_false(officer_has_power(&who.officer, STR("XK-0131")));
    assert_true(officer_has_role(&who.officer, ROLE_SUPERVISOR));
}

/* The cost that a stored hash names: "m=19456,t=2,p=1". */
static struct str
cost_of(struct str stored)
{
    struct str part = STR("");

    for (int i = 0; i < 4; i++) {
        assert_true(str_next(&stored, '$', &part));
    }
    return part;
}

static void
an_unknown_name_costs_and_answers_just_as_a_wrong_password(void **state)
{
    struct house *h = *state;
    struct sign_in known, unknown;
    struct str token;
    struct err a, b;

    (void)add_citizen(h);
    assert_int_equal(look(h, "shen", PEER, START_US, &known, &a), RC_OK);
    assert_int_equal(look(h, "nobody", PEER, START_US, &unknown, &a), RC_OK);
    assert_int_equal(unknown.account.len, 0);
    assert_true(str_eq(cost_of(known.stored), cost_of(unknown.stored)));
    assert_int_equal(known.stored.len, unknown.stored.len);
    assert_false(password_is_weak(unknown.stored, &password_cost_test));
    assert_false(password_matches(unknown.stored, STR("")));
    assert_int_equal(settle(h, &known, "x", PEER, START_US, &token, &a), RC_ANONYMOUS);
    assert_int_equal(settle(h, &unknown, "x", PEER, START_US, &token, &b), RC_ANONYMOUS);
    assert_string_equal(a.type, b.type);
    assert_string_equal(a.text, b.text);
    /* Even a "match" opens nothing where there is no account. */
    struct session_policy p = policy();
    assert_int_equal(sign_in_settle(&h->fixture.db, h->arena, &p, &unknown, true, PEER, START_US,
                                    &token, &a),
                     RC_ANONYMOUS);
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM session"), 0);
}

static void
the_decoy_costs_what_the_node_s_accounts_cost(void **state)
{
    struct house *h = *state;
    struct session_policy p = policy();
    struct sign_in unknown;
    struct err err;

    p.cost = password_cost_usual;
    assert_int_equal(sign_in_look(&h->fixture.db, h->vault, h->arena, &p, STR("nobody"), PEER,
                                  START_US, &unknown, &err),
                     RC_OK);
    assert_true(str_eq(cost_of(unknown.stored), STR("m=19456,t=2,p=1")));
}

/* --- throttling ------------------------------------------------------------------------------- */

static void
an_account_is_locked_after_its_tries_and_free_again_later(void **state)
{
    struct house *h = *state;
    int64_t lock_us = 900 * SECOND_US;

    (void)add_citizen(h);
    for (int i = 0; i < 3; i++) {
        assert_sign_in(h, "shen", "x", START_US, "wrong-password");
    }
    assert_sign_in(h, "shen", password, START_US, "locked");
    assert_sign_in(h, "shen", password, START_US + lock_us - 1, "locked");
    assert_sign_in(h, "shen", "x", START_US + lock_us, "wrong-password");
    assert_sign_in(h, "shen", "x", START_US + lock_us, "wrong-password"); /* counted anew */
    assert_sign_in(h, "shen", password, START_US + lock_us, "ok");
    assert_sign_in(h, "shen", "x", START_US + lock_us, "wrong-password");
    assert_sign_in(h, "shen", "x", START_US + lock_us, "wrong-password");
    assert_sign_in(h, "shen", password, START_US + lock_us, "ok");
}

/* Or a lock would tell who has an account here. */
static void
a_name_that_nobody_has_is_locked_just_the_same(void **state)
{
    static const char *const names[] = {"shen", "nobody"};
    struct house *h = *state;
    int64_t lock_us = 900 * SECOND_US;

    (void)add_citizen(h);
    for (size_t i = 0; i < 2; i++) {
        for (int k = 0; k < 3; k++) {
            assert_sign_in(h, names[i], "x", START_US + k, "wrong-password");
        }
        assert_sign_in(h, names[i], "x", START_US + 3, "locked");
        assert_sign_in(h, names[i], "x", START_US + 1 + lock_us, "locked");
        fixture_sql(&h->fixture, "DELETE FROM sign_in_peer");
        assert_sign_in(h, names[i], "x", START_US + 2 + lock_us, "wrong-password");
        fixture_sql(&h->fixture, "DELETE FROM sign_in_peer");
    }
    /* It is counted as people read it. */
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM sign_in_name"), 2);
    assert_sign_in(h, " NoBody", "x", START_US + 2 + lock_us, "wrong-password");
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM sign_in_name"), 2);
}

static void
tries_long_ago_count_no_more(void **state)
{
    struct house *h = *state;

    (void)add_citizen(h);
    for (int i = 0; i < 8; i++) {
        assert_sign_in(h, "shen", "x", START_US + i * 900 * SECOND_US, "wrong-password");
    }
    assert_sign_in(h, "shen", "x", START_US + 7 * 900 * SECOND_US + 1, "wrong-password");
    assert_sign_in(h, "shen", "x", START_US + 7 * 900 * SECOND_US + 2, "wrong-password");
    assert_sign_in(h, "shen", password, START_US + 7 * 900 * SECOND_US + 3, "locked");
}

static void
an_account_is_locked_wherever_the_tries_come_from(void **state)
{
    struct house *h = *state;
    struct str token;
    struct err err;

    (void)add_citizen(h);
    for (int i = 0; i < 3; i++) {
        struct str peer = str_fmt(h->arena, "203.0.113.%d", i);
        assert_int_equal(sign_in(h, "shen", "x", peer, START_US, &token, &err), RC_ANONYMOUS);
    }
    assert_int_equal(sign_in(h, "shen", password, STR("192.0.2.1"), START_US, &token, &err),
                     RC_BUSY);
    assert_string_equal(err.type, "locked");
}

static void
an_address_that_tries_many_names_must_wait(void **state)
{
    struct house *h = *state;
    struct str token;
    struct err err;

    (void)add_citizen(h);
    for (int i = 0; i < 6; i++) {
        assert_sign_in(h, str_c(h->arena, str_fmt(h->arena, "name%d", i)), "x", START_US,
                       "wrong-password");
    }
    assert_sign_in(h, "shen", password, START_US, "locked");
    assert_sign_in(h, "somebody", "x", START_US, "locked");
    assert_int_equal(sign_in(h, "shen", password, STR("192.0.2.1"), START_US, &token, &err), RC_OK);
    assert_sign_in(h, "shen", password, START_US + 900 * SECOND_US, "ok");
}

/*
 * Looking comes before the slow hash, so a thousand guesses can look before the first is
 * counted.  Still only as many are judged as there are tries; afterwards the right password is
 * answered like a wrong one.
 */
static void
guesses_at_the_same_moment_are_counted_one_by_one(void **state)
{
    struct house *h = *state;
    struct sign_in s[8];
    struct str token;
    struct err err;

    (void)add_citizen(h);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(look(h, "shen", PEER, START_US, &s[i], &err), RC_OK);
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(settle(h, &s[i], "x", PEER, START_US, &token, &err), RC_ANONYMOUS);
    }
    assert_int_equal(settle(h, &s[3], password, PEER, START_US, &token, &err), RC_BUSY);
    assert_string_equal(err.type, "locked");
    assert_int_equal(settle(h, &s[4], "x", PEER, START_US, &token, &err), RC_BUSY);
    assert_string_equal(err.type, "locked");
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM session"), 0);
    assert_int_equal(fixture_int(&h->fixture, "SELECT failures FROM sign_in_peer"), 3);
}

static void
names_tried_at_the_same_moment_are_counted_one_by_one(void **state)
{
    struct house *h = *state;
    struct sign_in mine, others[7];
    struct str token;
    struct err err;

    (void)add_citizen(h);
    assert_int_equal(look(h, "shen", PEER, START_US, &mine, &err), RC_OK);
    for (int i = 0; i < 7; i++) {
        const char *name = str_c(h->arena, str_fmt(h->arena, "name%d", i));
        assert_int_equal(look(h, name, PEER, START_US, &others[i], &err), RC_OK);
    }
    for (int i = 0; i < 6; i++) {
        assert_int_equal(settle(h, &others[i], "x", PEER, START_US, &token, &err), RC_ANONYMOUS);
    }
    assert_int_equal(settle(h, &others[6], "x", PEER, START_US, &token, &err), RC_BUSY);
    assert_int_equal(settle(h, &mine, password, PEER, START_US, &token, &err), RC_BUSY);
    assert_string_equal(err.type, "locked");
}

/* --- sessions --------------------------------------------------------------------------------- */

static void
the_database_holds_neither_token_nor_name_nor_password(void **state)
{
    struct house *h = *state;
    struct str token, file;
    struct err err;

    (void)add_citizen(h);
    token = signed_in(h, "shen", START_US);
    assert_int_equal(token.len, 43);
    if (house_kind == FIXTURE_POSTGRES) {
        struct str sql = str_fmt(h->arena, "SELECT COUNT(*) FROM session WHERE token_hash = '%.*s'",
                                 STR_ARG(token));
        assert_int_equal(fixture_int(&h->fixture, str_c(h->arena, sql)), 0);
        return;
    }
    fixture_close(&h->fixture);
    assert_int_equal(file_read(h->arena, h->fixture.config.where, 1 << 22, &file, &err), RC_OK);
    assert_true(str_has(file, STR("$argon2id$v=19$")));
    assert_false(str_has(file, token));
    assert_false(str_has(file, STR("shen")) || str_has(file, STR("SHEN")));
    assert_false(str_has(file, STR("correct horse")));
    fixture_open(&h->fixture);
}

static void
only_the_token_itself_opens_the_session(void **state)
{
    struct house *h = *state;
    struct str token, hash;
    struct identity who;

    (void)add_citizen(h);
    token = signed_in(h, "shen", START_US);
    struct hash digest = hash_sha256(token);
    hash = hex_of(h->arena, hash_str(&digest));
    assert_int_equal(find(h, hash, START_US, &who),
                     RC_ANONYMOUS); /* what a thief of the database has */
    assert_int_equal(find(h, str_sub(token, 0, 42), START_US, &who), RC_ANONYMOUS);
    assert_int_equal(find(h, STR(""), START_US, &who), RC_ANONYMOUS);
    assert_int_equal(find(h, STR("' OR '1'='1"), START_US, &who), RC_ANONYMOUS);
    assert_int_equal(find(h, token, START_US, &who), RC_OK);
    assert_false(str_eq(signed_in(h, "shen", START_US), token));
}

static void
a_session_ends_when_it_is_not_used_and_after_its_life_anyhow(void **state)
{
    struct house *h = *state;
    struct identity who;
    struct str idle, busy;
    int64_t now_us = START_US;

    (void)add_citizen(h);
    idle = signed_in(h, "shen", START_US);
    assert_int_equal(find(h, idle, START_US + 3599 * SECOND_US, &who), RC_OK);
    assert_int_equal(who.expires_us, START_US + 3600 * SECOND_US);
    fixture_sql(&h->fixture, "DELETE FROM session");
    idle = signed_in(h, "shen", START_US);
    assert_int_equal(find(h, idle, START_US + 3600 * SECOND_US, &who), RC_ANONYMOUS);

    busy = signed_in(h, "shen", START_US);
    for (int i = 0; i < 15; i++) {
        assert_int_equal(find(h, busy, now_us, &who), RC_OK);
        now_us += 3000 * SECOND_US;
    }
    assert_int_equal(find(h, busy, START_US + 43199 * SECOND_US, &who), RC_OK);
    assert_int_equal(who.expires_us, START_US + 43200 * SECOND_US);
    assert_int_equal(find(h, busy, START_US + 43200 * SECOND_US, &who), RC_ANONYMOUS);
}

static void
what_has_ended_is_forgotten_and_nothing_else(void **state)
{
    struct house *h = *state;
    struct session_policy p = policy();
    int64_t later_us = START_US + 1800 * SECOND_US;
    struct identity who;
    struct str old, fresh;
    struct err err;

    (void)add_citizen(h);
    old = signed_in(h, "shen", START_US);
    fresh = signed_in(h, "shen", later_us);
    assert_sign_in(h, "nobody", "x", START_US, "wrong-password");
    assert_int_equal(session_expire(&h->fixture.db, &p, START_US + 900 * SECOND_US - 1, &err),
                     RC_OK);
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM sign_in_peer"), 1);
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM sign_in_name"), 1);
    assert_int_equal(session_expire(&h->fixture.db, &p, START_US + 3600 * SECOND_US - 1, &err),
                     RC_OK);
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM sign_in_peer"), 0);
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM sign_in_name"), 0);
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM session"), 2);
    assert_int_equal(session_expire(&h->fixture.db, &p, START_US + 3600 * SECOND_US, &err), RC_OK);
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM session"), 1);
    assert_int_equal(find(h, old, START_US, &who), RC_ANONYMOUS);
    assert_int_equal(find(h, fresh, later_us, &who), RC_OK);
}

static void
being_seen_is_written_at_most_once_a_minute(void **state)
{
    struct house *h = *state;
    struct identity who;
    struct str token;

    (void)add_citizen(h);
    token = signed_in(h, "shen", START_US);
    assert_int_equal(find(h, token, START_US + 60 * SECOND_US, &who), RC_OK);
    assert_int_equal(fixture_int(&h->fixture, "SELECT seen_us FROM session"), START_US);
    assert_int_equal(find(h, token, START_US + 61 * SECOND_US, &who), RC_OK);
    assert_int_equal(fixture_int(&h->fixture, "SELECT seen_us FROM session"),
                     START_US + 61 * SECOND_US);
}

static void
sessions_under_way_are_listed_the_last_used_first_and_only_of_the_account(void **state)
{
    struct house *h = *state;
    struct str first, second;
    struct identity who;
    const struct session_policy limits = policy();
    struct json *list;
    struct err err;

    (void)add_citizen(h);
    (void)add_officer(h);
    first = signed_in(h, "shen", START_US);
    second = signed_in(h, "shen", START_US + 10 * SECOND_US);
    (void)signed_in(h, "ouyang", START_US);
    assert_int_equal(find(h, first, START_US + 90 * SECOND_US, &who), RC_OK);
    assert_int_equal(session_list(&h->fixture.db, h->arena, &limits, who.account,
                                  START_US + 90 * SECOND_US, 10, &list, &err),
                     RC_OK);
    assert_int_equal(list->count, 2);
    assert_true(str_eq(json_str(list->first, "session"), who.session));
    assert_int_equal(json_int_or(list->first, "created_us", 0), START_US);
    assert_int_equal(json_int_or(list->first, "seen_us", 0), START_US + 90 * SECOND_US);
    assert_int_equal(json_int_or(list->last, "seen_us", 0), START_US + 10 * SECOND_US);
    /* The second was not used since: when it has ended it is not under way, though its row is still there. */
    int64_t later_us = START_US + 10 * SECOND_US + (int64_t)limits.idle_s * SECOND_US;
    assert_int_equal(find(h, second, later_us, &who), RC_ANONYMOUS);
    assert_int_equal(find(h, first, later_us, &who), RC_OK);
    assert_int_equal(session_list(&h->fixture.db, h->arena, &limits, who.account, later_us, 10,
                                  &list, &err),
                     RC_OK);
    assert_int_equal(list->count, 1);
}

static void
signing_out_ends_this_session_and_everywhere_ends_all_of_the_account(void **state)
{
    struct house *h = *state;
    struct str here, there, far, other;
    struct identity who, left;
    struct err err;

    (void)add_citizen(h);
    (void)add_officer(h);
    here = signed_in(h, "shen", START_US);
    there = signed_in(h, "shen", START_US);
    far = signed_in(h, "shen", START_US);
    other = signed_in(h, "ouyang", START_US);
    assert_int_equal(find(h, here, START_US, &who), RC_OK);
    assert_int_equal(session_close(&h->fixture.db, who.session, &err), RC_OK);
    assert_int_equal(find(h, here, START_US, &left), RC_ANONYMOUS);
    assert_int_equal(find(h, there, START_US, &left), RC_OK);
    assert_int_equal(session_close_all(&h->fixture.db, who.account, &err), RC_OK);
    assert_int_equal(find(h, there, START_US, &left), RC_ANONYMOUS);
    assert_int_equal(find(h, far, START_US, &left), RC_ANONYMOUS);
    assert_int_equal(find(h, other, START_US, &left), RC_OK);
    assert_int_equal(session_close(&h->fixture.db, who.session, &err), RC_OK);
}

static void
a_form_s_token_belongs_to_one_session(void **state)
{
    struct house *h = *state;
    struct identity first, second, again, nobody = {.role = ROLE_PUBLIC};
    struct str token;

    (void)add_citizen(h);
    token = signed_in(h, "shen", START_US);
    assert_int_equal(find(h, token, START_US, &first), RC_OK);
    assert_int_equal(find(h, token, START_US + SECOND_US, &again), RC_OK);
    assert_int_equal(find(h, signed_in(h, "shen", START_US), START_US, &second), RC_OK);
    assert_true(str_eq(first.csrf, again.csrf));
    assert_true(session_csrf_matches(&first, again.csrf));
    assert_false(session_csrf_matches(&first, second.csrf));
    assert_false(session_csrf_matches(&first, STR("")));
    assert_false(session_csrf_matches(&first, token));
    assert_false(session_csrf_matches(&first, str_sub(first.csrf, 0, first.csrf.len - 1)));
    assert_false(session_csrf_matches(&nobody, STR("")));
    assert_false(str_has(first.csrf, token) || str_has(token, first.csrf));
}

/*
 * A new password for a sign-in name that is there: the account stays, the old password is worth
 * nothing.
 */
static void
an_account_comes_again_with_a_new_password(void **state)
{
    struct house *h = *state;
    struct str account = add_citizen(h);
    struct making m = making_of(h, "SHEN");
    struct err err;

    assert_int_equal(password_hash(h->arena, STR("another"), &password_cost_test, &m.stored, &err),
                     RC_OK);
    assert_int_equal(store_write(&h->fixture.db, citizen_tx, &m, &err), RC_OK);
    assert_true(str_eq(m.account, account));
    assert_sign_in(h, "shen", password, START_US, "wrong-password");
    assert_sign_in(h, "shen", "another", START_US, "ok");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(name_and_password_open_a_session_and_are_an_act),
        HOUSE_TEST(only_the_very_password_opens),
        HOUSE_TEST(an_officer_comes_in_with_the_powers_of_the_day),
        HOUSE_TEST(an_unknown_name_costs_and_answers_just_as_a_wrong_password),
        HOUSE_TEST(the_decoy_costs_what_the_node_s_accounts_cost),
        HOUSE_TEST(an_account_is_locked_after_its_tries_and_free_again_later),
        HOUSE_TEST(a_name_that_nobody_has_is_locked_just_the_same),
        HOUSE_TEST(tries_long_ago_count_no_more),
        HOUSE_TEST(an_account_is_locked_wherever_the_tries_come_from),
        HOUSE_TEST(an_address_that_tries_many_names_must_wait),
        HOUSE_TEST(guesses_at_the_same_moment_are_counted_one_by_one),
        HOUSE_TEST(names_tried_at_the_same_moment_are_counted_one_by_one),
        HOUSE_TEST(the_database_holds_neither_token_nor_name_nor_password),
        HOUSE_TEST(only_the_token_itself_opens_the_session),
        HOUSE_TEST(a_session_ends_when_it_is_not_used_and_after_its_life_anyhow),
        HOUSE_TEST(what_has_ended_is_forgotten_and_nothing_else),
        HOUSE_TEST(being_seen_is_written_at_most_once_a_minute),
        HOUSE_TEST(sessions_under_way_are_listed_the_last_used_first_and_only_of_the_account),
        HOUSE_TEST(signing_out_ends_this_session_and_everywhere_ends_all_of_the_account),
        HOUSE_TEST(a_form_s_token_belongs_to_one_session),
        HOUSE_TEST(an_account_comes_again_with_a_new_password),
    };

    return HOUSE_RUN(tests, "session");
}
