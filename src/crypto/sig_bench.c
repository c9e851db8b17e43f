/*
 * Signing and hashing beside their raw parts, in CPU time of one run.  Each figure is the
 * median of alternating rounds, so that a busy machine disturbs both sides alike.
 *
 * The signer is asked as a loop asks it: 64 requests in one write, 64 answers read back.  Its
 * cost counts the time of both processes; its peer is the same key signing here, without any
 * process.
 */
#include <openssl/evp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bench.h"
#include "crypto/hash.h"
#include "crypto/signer.h"

enum { ROUNDS = 9, PIPELINE = 64, BATCHES = 16, SIGNATURES = 1000, NODES = 200000 };

struct bench {
    struct arena *arena;
    struct str message; /* 512 bytes, about what a request's signature base has */
    struct sig_key *key;
    struct sig_public public_key;
    unsigned char public_bytes[SIG_PUBLIC_MAX];
    unsigned char signature[SIG_BYTES];
    EVP_PKEY *openssl_key;
    EVP_MD *sha256;
    EVP_MD_CTX *context;
    int fd;
    pid_t signer;
    struct str requests;
    struct hash left, right;
};

/* What one piece of work does, and how many units that is. */
typedef size_t work(struct bench *b);

/* CPU time of this process and of the signer, so that work is paid wherever it is done. */
static double
seconds_of_both(const struct bench *b)
{
    return (double)(bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID) + bench_process_ns(b->signer)) / 1e9;
}

static double
rate_of(struct bench *b, work *fn)
{
    double begin = seconds_of_both(b);
    size_t count = fn(b);

    return (double)count / (seconds_of_both(b) - begin);
}

static void
compare(struct bench *b, const char *name, work *fn, const char *peer, work *peer_fn)
{
    double rates[ROUNDS], peer_rates[ROUNDS];

    (void)fn(b); /* warm */
    (void)peer_fn(b);
    for (size_t i = 0; i < ROUNDS; i++) {
        rates[i] = rate_of(b, fn);
        peer_rates[i] = rate_of(b, peer_fn);
    }
    double value = bench_median(rates, ROUNDS), peer_value = bench_median(peer_rates, ROUNDS);
    bench_row(name, value, "1/s CPU", peer, peer_value, value / peer_value);
}

static size_t
sign_through_signer(struct bench *b)
{
    static char answers[PIPELINE * SIGNER_ANSWER_BYTES];
    unsigned char out[SIG_BYTES];
    struct err err;

    for (int batch = 0; batch < BATCHES; batch++) {
        CHECK(send(b->fd, b->requests.ptr, b->requests.len, 0) == (ssize_t)b->requests.len);
        CHECK(recv(b->fd, answers, sizeof(answers), MSG_WAITALL) == (ssize_t)sizeof(answers));
        for (size_t i = 0; i < PIPELINE; i++) {
            struct str answer = {answers + i * SIGNER_ANSWER_BYTES, SIGNER_ANSWER_BYTES};
            CHECK(signer_read_answer(answer, out, &err) == RC_OK);
        }
    }
    return (size_t)PIPELINE * BATCHES;
}

static size_t
sign_one_by_one(struct bench *b)
{
    unsigned char out[SIG_BYTES];
    struct err err;

    for (int i = 0; i < SIGNATURES; i++) {
        CHECK(signer_sign(b->fd, STR("node"), b->message, out, &err) == RC_OK);
    }
    return SIGNATURES;
}

static size_t
sign_here(struct bench *b)
{
    unsigned char out[SIG_BYTES];

    for (int i = 0; i < SIGNATURES; i++) {
        sig_key_sign(b->key, b->message, out);
    }
    return SIGNATURES;
}

static size_t
sign_by_openssl(struct bench *b)
{
    unsigned char out[SIG_BYTES];

    for (int i = 0; i < SIGNATURES; i++) {
        size_t len = sizeof(out);
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        CHECK(EVP_DigestSignInit(context, NULL, NULL, NULL, b->openssl_key) == 1);
        CHECK(EVP_DigestSign(context, out, &len, (const unsigned char *)b->message.ptr,
                             b->message.len)
              == 1);
        EVP_MD_CTX_free(context);
    }
    return SIGNATURES;
}

static size_t
verify_here(struct bench *b)
{
    struct str signature = {(const char *)b->signature, SIG_BYTES};

    for (int i = 0; i < SIGNATURES; i++) {
        CHECK(sig_verify(&b->public_key, b->message, signature));
    }
    return SIGNATURES;
}

static size_t
verify_by_openssl(struct bench *b)
{
    for (int i = 0; i < SIGNATURES; i++) {
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        CHECK(EVP_DigestVerifyInit(context, NULL, NULL, NULL, b->openssl_key) == 1);
        CHECK(EVP_DigestVerify(context, b->signature, SIG_BYTES,
                               (const unsigned char *)b->message.ptr, b->message.len)
              == 1);
        EVP_MD_CTX_free(context);
    }
    return SIGNATURES;
}

/* Each node is hashed from the one before, so nothing can be left out. */
static size_t
node_here(struct bench *b)
{
    for (int i = 0; i < NODES; i++) {
        b->left = hash_sha256_node(1, hash_str(&b->left), hash_str(&b->right));
    }
    return NODES;
}

static size_t
node_by_evp(struct bench *b)
{
    static const unsigned char prefix = 1;

    for (int i = 0; i < NODES; i++) {
        CHECK(EVP_DigestInit_ex2(b->context, b->sha256, NULL) == 1);
        CHECK(EVP_DigestUpdate(b->context, &prefix, 1) == 1);
        CHECK(EVP_DigestUpdate(b->context, b->left.bytes, HASH_BYTES) == 1);
        CHECK(EVP_DigestUpdate(b->context, b->right.bytes, HASH_BYTES) == 1);
        CHECK(EVP_DigestFinal_ex(b->context, b->left.bytes, NULL) == 1);
    }
    return NODES;
}

static void
open_signer(struct bench *b)
{
    static const char *const names[] = {"node"};
    struct buf requests;
    struct str text;
    struct err err;

    CHECK(json_print(b->arena, signer_new_keys(b->arena, names, 1), &text, &err) == RC_OK);
    CHECK(signer_start(text, 1, &b->fd, &b->signer, &err) == RC_OK);
    buf_init(&requests, b->arena, 1 << 20);
    for (int i = 0; i < PIPELINE; i++) {
        CHECK(signer_put_request(&requests, STR("node"), b->message));
    }
    CHECK(buf_finish(&requests, &b->requests, &err) == RC_OK);
}

static void
open_keys(struct bench *b)
{
    struct sig_secret secret;

    sig_new(SIG_ED25519, &secret);
    b->key = sig_key_new(&secret);
    size_t len = sig_key_public(b->key, b->public_bytes);
    b->public_key = (struct sig_public){SIG_ED25519, {(const char *)b->public_bytes, len}};
    sig_key_sign(b->key, b->message, b->signature);
    b->openssl_key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret.seed, 32);
    b->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    b->context = EVP_MD_CTX_new();
    CHECK(b->openssl_key != NULL && b->sha256 != NULL && b->context != NULL);
}

int
main(void)
{
    static char message[512];
    struct bench b = {.arena = arena_new(4 << 20), .message = {message, sizeof(message)}};

    memset(message, 'm', sizeof(message));
    open_signer(&b);
    open_keys(&b);
    compare(&b, "signatures by the signer, 64 under way", sign_through_signer,
            "the same in one process", sign_here);
    compare(&b, "signatures by the signer, one at a time", sign_one_by_one,
            "the same in one process", sign_here);
    compare(&b, "Ed25519 signatures", sign_here, "OpenSSL EVP", sign_by_openssl);
    compare(&b, "Ed25519 checks", verify_here, "OpenSSL EVP", verify_by_openssl);
    compare(&b, "Merkle nodes", node_here, "OpenSSL EVP, all fetched", node_by_evp);
    bench_end();

    (void)close(b.fd);
    CHECK(waitpid(b.signer, NULL, 0) == b.signer);
    EVP_MD_CTX_free(b.context);
    EVP_MD_free(b.sha256);
    EVP_PKEY_free(b.openssl_key);
    sig_key_free(b.key);
    arena_free(b.arena);
    return 0;
}
