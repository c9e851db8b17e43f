/*
 * The cookie holds 32 random bytes; the database only their hash, so a stolen copy of it opens no
 * session.  The form token is derived from the cookie's value, so it needs no row and ends with
 * the session.
 */
#include "identity/session.h"

#include "base/encode.h"
#include "base/utf8.h"
#include "crypto/random.h"
#include "evidence/act.h"
#include "identity/session_sql.h"

enum { TOKEN_BYTES = 32, ACCOUNT_BYTES = 12, TOUCH_US = 60000000 };

/*
 * What an unknown sign-in name is measured against: as costly as an account of this node, and a
 * hash of nothing that anybody can type, since no password gives 32 zeros.
 */
static struct str
decoy(struct arena *a, const struct password_cost *cost)
{
    return str_fmt(a,
                   "$argon2id$v=19$m=%zu,t=%llu,p=1$c29tZXNhbHRzb21lc2FsdA$"
                   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                   cost->memory_bytes / 1024, (unsigned long long)cost->operations);
}

static enum rc
login_index(const struct vault *vault, struct arena *a, struct str login, struct hash *out,
            struct err *err)
{
    struct str folded;
    enum rc rc = utf8_fold(a, str_trim(login), true, true, &folded, err);

    if (rc == RC_OK) {
        *out = vault_index(vault, STR("login"), folded);
    }
    return rc;
}

struct account_id {
    struct arena *arena;
    struct str id;
};

static enum rc
account_id_row(const struct row *row, void *ctx, struct err *err)
{
    struct account_id *found = ctx;

    return row_copy_text(row, 0, found->arena, &found->id, err);
}

enum rc
account_put(struct tx *tx, const struct vault *vault, struct arena *a, struct str login,
            struct str password_stored, struct str subject, struct str officer, int64_t now_us,
            struct str *account, struct err *err)
{
    struct account_id found = {.arena = a};
    struct str token = random_token(a, ACCOUNT_BYTES);
    struct str id = str_fmt(a, "a-%.*s", STR_ARG(token));
    struct hash index;
    enum rc rc;

    if (token.ptr == NULL || id.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for an account");
    }
    if ((rc = login_index(vault, a, login, &index, err)) != RC_OK ||
        (rc = tx_run(tx, &ACCOUNT_PUT,
                     VALUES(V_TEXT(id), V_BLOB(hash_str(&index)), V_TEXT(password_stored),
                            V_TEXT(subject), V_TEXT(officer), V_INT(now_us)),
                     account_id_row, &found, err)) != RC_OK) {
        return rc;
    }
    *account = found.id;
    return RC_OK;
}

/* --- sign-in ---------------------------------------------------------------------------------- */

struct look {
    struct arena *arena;
    struct sign_in found;
};

static enum rc
look_row(const struct row *row, void *ctx, struct err *err)
{
    struct look *l = ctx;
    enum rc rc = row_copy_text(row, 0, l->arena, &l->found.account, err);

    return rc != RC_OK ? rc : row_copy_text(row, 1, l->arena, &l->found.stored, err);
}

static enum rc
count_row(const struct row *row, void *ctx, struct err *err)
{
    int64_t *count = ctx;

    (void)err;
    *count = row_int(row, 0);
    return RC_OK;
}

static enum rc
check_counts(const struct session_policy *policy, int64_t peer_failures, int64_t locked_us,
             int64_t now_us, struct err *err)
{
    if (peer_failures < policy->peer_tries_max && locked_us <= now_us) {
        return RC_OK;
    }
    return err_problem(err, RC_BUSY, "locked", "too many wrong passwords for one %s",
                       locked_us > now_us ? "name" : "address");
}

enum rc
sign_in_look(const struct db *db, const struct vault *vault, struct arena *a,
             const struct session_policy *policy, struct str login, struct str peer,
             int64_t now_us, struct sign_in *out, struct err *err)
{
    struct look l = {.arena = a,
                     .found = {.account = STR(""), .stored = decoy(a, &policy->cost)}};
    int64_t window_us = now_us - (int64_t)policy->lock_s * 1000000;
    int64_t peer_failures = 0, locked_us = 0;
    enum rc rc;

    if (l.found.stored.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for a sign-in");
    }
    if ((rc = login_index(vault, a, login, &l.found.index, err)) != RC_OK) {
        return rc;
    }
    struct param index = V_BLOB(hash_str(&l.found.index));
    if ((rc = store_read(db, &PEER_FAILURES, VALUES(V_TEXT(peer), V_INT(window_us)), count_row,
                         &peer_failures, err)) != RC_OK ||
        (rc = store_read(db, &NAME_LOCKED, VALUES(index), count_row, &locked_us, err)) != RC_OK ||
        (rc = check_counts(policy, peer_failures, locked_us, now_us, err)) != RC_OK ||
        (rc = store_read(db, &ACCOUNT_BY_LOGIN, VALUES(index), look_row, &l, err)) != RC_OK) {
        return rc;
    }
    *out = l.found;
    return RC_OK;
}

struct settle {
    struct arena *arena;
    const struct session_policy *policy;
    const struct sign_in *sign_in; /* NULL: nobody asked for a password */
    struct str peer;
    int64_t now_us;
    struct str token_hash;
    struct str account;
    struct str actor;
    struct str subject;
    struct str officer;
};

static struct str
hash_text(struct arena *a, struct str token)
{
    struct hash h = hash_sha256(token);

    return hex_of(a, hash_str(&h));
}

static enum rc
account_row(const struct row *row, void *ctx, struct err *err)
{
    struct settle *s = ctx;
    enum rc rc = row_copy_text(row, 0, s->arena, &s->subject, err);

    return rc != RC_OK ? rc : row_copy_text(row, 1, s->arena, &s->officer, err);
}

/*
 * Looking was before the slow hash, and many can have looked at once.  Whether name or address
 * are locked is therefore asked again where the tries are counted, one after the other; a right
 * password is refused then just as a wrong one, so the answer says nothing about it.
 */
static enum rc
check_not_locked(struct tx *tx, const struct settle *s, struct err *err)
{
    int64_t window_us = s->now_us - (int64_t)s->policy->lock_s * 1000000;
    int64_t peer_failures = 0, locked_us = 0;
    enum rc rc;

    if ((rc = tx_run(tx, &PEER_FAILURES, VALUES(V_TEXT(s->peer), V_INT(window_us)), count_row,
                     &peer_failures, err)) != RC_OK ||
        (rc = tx_run(tx, &NAME_LOCKED, VALUES(V_BLOB(hash_str(&s->sign_in->index))), count_row,
                     &locked_us, err)) != RC_OK) {
        return rc;
    }
    return check_counts(s->policy, peer_failures, locked_us, s->now_us, err);
}

/*
 * The same for a name that there is and one that there is not: neither answers nor locks tell
 * them apart.
 */
static enum rc
failed_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct settle *s = ctx;
    int64_t lock_us = (int64_t)s->policy->lock_s * 1000000;
    enum rc rc;

    if ((rc = check_not_locked(tx, s, err)) != RC_OK ||
        (rc = tx_run(tx, &PEER_FAILED,
                     VALUES(V_TEXT(s->peer), V_INT(s->now_us), V_INT(s->now_us - lock_us)), NULL,
                     NULL, err)) != RC_OK) {
        return rc;
    }
    return tx_run(tx, &NAME_FAILED,
                  VALUES(V_BLOB(hash_str(&s->sign_in->index)), V_INT(s->now_us),
                         V_INT(s->policy->tries_max), V_INT(s->now_us + lock_us),
                         V_INT(s->now_us - lock_us)),
                  NULL, NULL, err);
}

/* A right password: nothing is counted against the name any more. */
static enum rc
passed(struct tx *tx, const struct settle *s, struct err *err)
{
    enum rc rc = check_not_locked(tx, s, err);

    return rc != RC_OK ? rc
                       : tx_run(tx, &NAME_SUCCEEDED, VALUES(V_BLOB(hash_str(&s->sign_in->index))),
                                NULL, NULL, err);
}

static struct str
actor_of(struct arena *a, struct str subject, struct str officer)
{
    return officer.len > 0 ? str_fmt(a, "officer:%.*s", STR_ARG(officer))
                           : str_fmt(a, "person:%.*s", STR_ARG(subject));
}

static enum rc
open_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct settle *s = ctx;
    struct act_ref ref;
    enum rc rc = s->sign_in != NULL ? passed(tx, s, err) : RC_OK;

    if (rc != RC_OK ||
        (rc = tx_run(tx, &ACCOUNT_BY_ID, VALUES(V_TEXT(s->account)), account_row, s, err)) !=
            RC_OK ||
        (rc = tx_run(tx, &SESSION_ADD,
                     VALUES(V_TEXT(s->token_hash), V_TEXT(s->account), V_INT(s->now_us)), NULL,
                     NULL, err)) != RC_OK) {
        return rc;
    }
    struct act act = {.kind = ACT_SIGN_IN,
                      .at_us = s->now_us,
                      .actor = actor_of(s->arena, s->subject, s->officer),
                      .subject = s->subject};
    return act_add(tx, s->arena, &act, &ref, err);
}

static enum rc
open_session(const struct db *db, struct settle *s, struct str *token, struct err *err)
{
    struct str secret = random_token(s->arena, TOKEN_BYTES);
    enum rc rc;

    if (secret.ptr == NULL || (s->token_hash = hash_text(s->arena, secret)).ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for a session");
    }
    if ((rc = store_write(db, open_tx, s, err)) == RC_OK) {
        *token = secret;
    }
    return rc;
}

enum rc
session_open(const struct db *db, struct arena *a, const struct session_policy *policy,
             struct str account, int64_t now_us, struct str *token, struct err *err)
{
    struct settle s = {.arena = a, .policy = policy, .now_us = now_us, .account = account};

    return open_session(db, &s, token, err);
}

enum rc
sign_in_settle(const struct db *db, struct arena *a, const struct session_policy *policy,
               const struct sign_in *sign_in, bool matches, struct str peer, int64_t now_us,
               struct str *token, struct err *err)
{
    struct settle s = {.arena = a,
                       .policy = policy,
                       .sign_in = sign_in,
                       .peer = peer,
                       .now_us = now_us,
                       .account = sign_in->account};
    enum rc rc;

    if (matches && sign_in->account.len > 0) {
        return open_session(db, &s, token, err);
    }
    if ((rc = store_write(db, failed_tx, &s, err)) != RC_OK) {
        return rc;
    }
    return err_problem(err, RC_ANONYMOUS, "wrong-password", "sign-in name or password is wrong");
}

/* --- sessions --------------------------------------------------------------------------------- */

struct found {
    struct arena *arena;
    bool is_found;
    struct str account;
    int64_t created_us;
    int64_t seen_us;
    struct str subject;
    struct str officer;
};

static enum rc
session_row(const struct row *row, void *ctx, struct err *err)
{
    struct found *f = ctx;
    enum rc rc;

    f->is_found = true;
    f->created_us = row_int(row, 1);
    f->seen_us = row_int(row, 2);
    if ((rc = row_copy_text(row, 0, f->arena, &f->account, err)) != RC_OK ||
        (rc = row_copy_text(row, 3, f->arena, &f->subject, err)) != RC_OK) {
        return rc;
    }
    return row_copy_text(row, 4, f->arena, &f->officer, err);
}

struct touch {
    struct str token_hash;
    int64_t now_us;
};

static enum rc
touch_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct touch *t = ctx;

    return tx_run(tx, &SESSION_SEEN, VALUES(V_TEXT(t->token_hash), V_INT(t->now_us)), NULL, NULL,
                  err);
}

/*
 * The most powerful role an officer has decides which desk opens first; routes ask for each role
 * by itself.
 */
static enum role
first_role(const struct officer *o)
{
    static const enum role order[] = {ROLE_OFFICER, ROLE_STEWARD, ROLE_SUPERVISOR, ROLE_OPERATOR,
                                      ROLE_SYSTEM};

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (officer_has_role(o, order[i])) {
            return order[i];
        }
    }
    return ROLE_PUBLIC;
}

static enum rc
identity_of(const struct db *db, const struct vault *vault, struct arena *a, int32_t today,
            const struct found *f, struct identity *who, struct err *err)
{
    struct subject subject;
    enum rc rc;

    who->account = f->account;
    who->actor = actor_of(a, f->subject, f->officer);
    if (f->officer.len > 0) {
        if ((rc = officer_on_day(db, a, f->officer, today, &who->officer, err)) != RC_OK) {
            return rc;
        }
        who->role = first_role(&who->officer);
        who->name = who->officer.name;
        return RC_OK;
    }
    if ((rc = subject_by_id(db, vault, a, f->subject, &subject, err)) != RC_OK) {
        return rc;
    }
    who->role = ROLE_CITIZEN;
    who->subject = subject.id;
    who->name = subject.name;
    return RC_OK;
}

enum rc
session_find(const struct db *db, const struct vault *vault, struct arena *a,
             const struct session_policy *policy, struct str token, int64_t now_us,
             struct identity *out, struct err *err)
{
    struct found f = {.arena = a};
    struct identity who = {.role = ROLE_PUBLIC};
    enum rc rc;

    who.session = hash_text(a, token);
    if ((rc = store_read(db, &SESSION_GET, VALUES(V_TEXT(who.session)), session_row, &f, err)) !=
        RC_OK) {
        return rc;
    }
    int64_t ends_us = f.created_us + (int64_t)policy->life_s * 1000000;
    int64_t idle_us = f.seen_us + (int64_t)policy->idle_s * 1000000;
    if (!f.is_found || now_us >= ends_us || now_us >= idle_us) {
        return err_set(err, RC_ANONYMOUS, "the session has ended");
    }
    if ((rc = identity_of(db, vault, a, instant_day(now_us, policy->offset_minutes), &f, &who,
                          err)) != RC_OK) {
        return rc;
    }
    struct hash csrf = hash_hmac_sha256(token, STR("csrf"));
    who.csrf = base64url_of(a, hash_str(&csrf));
    who.expires_us = ends_us < idle_us ? ends_us : idle_us;
    if (now_us - f.seen_us > TOUCH_US) {
        struct touch t = {who.session, now_us};
        struct err ignored;
        (void)!store_write(db, touch_tx, &t, &ignored); /* a full disk must not sign anybody out */
    }
    *out = who;
    return RC_OK;
}

struct close {
    struct str key;
    const struct stmt *stmt;
};

static enum rc
close_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct close *c = ctx;

    return tx_run(tx, c->stmt, VALUES(V_TEXT(c->key)), NULL, NULL, err);
}

struct session_listing {
    struct arena *arena;
    struct json *list;
};

static enum rc
list_session(const struct row *row, void *ctx, struct err *err)
{
    struct session_listing *l = ctx;
    struct json *d = json_object(l->arena);

    (void)err;
    json_set_text(l->arena, d, "session", row_text(row, 0));
    json_set_int(l->arena, d, "created_us", row_int(row, 1));
    json_set_int(l->arena, d, "seen_us", row_int(row, 2));
    json_push(l->list, d);
    return RC_OK;
}

enum rc
session_list(const struct db *db, struct arena *a, const struct session_policy *policy,
             struct str account, int64_t now_us, int limit, struct json **out, struct err *err)
{
    struct session_listing l = {a, json_array(a)};
    enum rc rc = store_read(db, &SESSION_OF_ACCOUNT,
                            VALUES(V_TEXT(account),
                                   V_INT(now_us - (int64_t)policy->life_s * 1000000),
                                   V_INT(now_us - (int64_t)policy->idle_s * 1000000), V_INT(limit)),
                            list_session, &l, err);

    if (rc == RC_OK && (rc = json_whole(l.list, err)) == RC_OK) {
        *out = l.list;
    }
    return rc;
}

enum rc
session_close(const struct db *db, struct str session, struct err *err)
{
    struct close c = {session, &SESSION_DELETE};

    return store_write(db, close_tx, &c, err);
}

enum rc
session_close_all(const struct db *db, struct str account, struct err *err)
{
    struct close c = {account, &SESSION_DELETE_ALL};

    return store_write(db, close_tx, &c, err);
}

struct expire {
    int64_t seen_us;
    int64_t since_us;
};

static enum rc
expire_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct expire *e = ctx;
    enum rc rc = tx_run(tx, &SESSION_EXPIRE, VALUES(V_INT(e->seen_us)), NULL, NULL, err);

    if (rc != RC_OK ||
        (rc = tx_run(tx, &PEER_EXPIRE, VALUES(V_INT(e->since_us)), NULL, NULL, err)) != RC_OK) {
        return rc;
    }
    return tx_run(tx, &NAME_EXPIRE, VALUES(V_INT(e->since_us)), NULL, NULL, err);
}

enum rc
session_expire(const struct db *db, const struct session_policy *policy, int64_t now_us,
               struct err *err)
{
    /* Whose life is over is not seen any more, so it has been idle soon after. */
    struct expire e = {now_us - (int64_t)policy->idle_s * 1000000,
                       now_us - (int64_t)policy->lock_s * 1000000};

    return store_write(db, expire_tx, &e, err);
}

bool
session_csrf_matches(const struct identity *who, struct str token)
{
    struct hash expected = hash_sha256(who->csrf), given = hash_sha256(token);

    return who->csrf.len > 0 && hash_eq(&expected, &given);
}
