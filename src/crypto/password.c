/*
 * libsodium does the work and writes the text; the one thing that it does not offer is to say
 * whether stored parameters are weaker than those wanted (its own test is "different"), so the
 * two numbers are read back from the text: $argon2id$v=19$m=<KiB>,t=<passes>,p=1$<salt>$<hash>.
 */
#include "crypto/password.h"

#include <sodium.h>
#include <string.h>


const struct password_cost password_cost_usual = {.operations = 2, .memory_bytes = (size_t)19456 * 1024};
const struct password_cost password_cost_test = {
    .operations = crypto_pwhash_OPSLIMIT_MIN,
    .memory_bytes = crypto_pwhash_MEMLIMIT_MIN,
};

enum rc
password_hash(struct arena *a, struct str password, const struct password_cost *cost,
              struct str *out, struct err *err)
{
    char text[crypto_pwhash_STRBYTES];

    CHECK(sodium_init() >= 0);
    CHECK(cost->operations >= crypto_pwhash_OPSLIMIT_MIN
          && cost->memory_bytes >= crypto_pwhash_MEMLIMIT_MIN);
    if (crypto_pwhash_str_alg(text, password.ptr != NULL ? password.ptr : "", password.len,
                              cost->operations, cost->memory_bytes, crypto_pwhash_ALG_ARGON2ID13)
        != 0) {
        return err_set(err, RC_LIMIT, "no %zu bytes of memory for a password hash",
                       cost->memory_bytes);
    }
    return str_copy(a, str_of(text), out, err);
}

bool
password_matches(struct str stored, struct str password)
{
    char text[crypto_pwhash_STRBYTES] = {0};

    CHECK(sodium_init() >= 0);
    if (stored.len >= sizeof(text)
        || !str_starts(stored, str_of(crypto_pwhash_argon2id_STRPREFIX))) {
        return false;
    }
    memcpy(text, stored.ptr, stored.len);
    return crypto_pwhash_str_verify(text, password.ptr != NULL ? password.ptr : "", password.len)
           == 0;
}

/* The number after name in "name=number,…"; false if it does not stand there. */
static bool
cut_number(struct str *rest, struct str name, char end, int64_t *out)
{
    struct str part;

    if (!str_starts(*rest, name) || !str_next(rest, end, &part)) {
        return false;
    }
    return str_to_int(str_from(part, name.len), out);
}

bool
password_is_weak(struct str stored, const struct password_cost *cost)
{
    struct str rest = stored;
    int64_t memory_kib, operations;

    if (!str_starts(rest, STR("$argon2id$v=19$"))) {
        return true;
    }
    rest = str_from(rest, STR("$argon2id$v=19$").len);
    if (!cut_number(&rest, STR("m="), ',', &memory_kib)
        || !cut_number(&rest, STR("t="), ',', &operations) || memory_kib < 0 || operations < 0) {
        return true;
    }
    return (uint64_t)memory_kib < cost->memory_bytes / 1024
           || (uint64_t)operations < cost->operations;
}
