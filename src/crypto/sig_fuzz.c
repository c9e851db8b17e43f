/*
 * sig_verify with any key, signature and message.  An input is: algorithm 1, length of the key
 * 2, length of the signature 2 (big end first), key, signature, message.  The seeds are
 * signatures that verify, so that the library is entered deeply.  It must answer, the same
 * twice, and leave nothing in OpenSSL's queue.
 */
#include <openssl/err.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/sig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum sig_algorithm algorithms[] = {
    SIG_ED25519,        SIG_SM2,        SIG_ECDSA_P256_SHA256, SIG_RSA_PSS_SHA512,
    SIG_RSA_V1_5_SHA256, SIG_HMAC_SHA256,
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 5) {
        return 0;
    }
    struct str rest = {(const char *)data + 5, size - 5};
    struct sig_public key = {algorithms[data[0] % 6], {NULL, 0}};
    size_t key_len = (size_t)data[1] << 8 | data[2];
    size_t signature_len = (size_t)data[3] << 8 | data[4];

    key.key = str_sub(rest, 0, key_len);
    rest = str_from(rest, key.key.len);
    struct str signature = str_sub(rest, 0, signature_len);
    struct str message = str_from(rest, signature.len);
    bool good = sig_verify(&key, message, signature);
    CHECK(ERR_peek_error() == 0);
    CHECK(sig_verify(&key, message, signature) == good);
    return 0;
}
