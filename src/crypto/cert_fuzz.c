/*
 * Certificates of strangers arrive by configuration and the directory: any text must be
 * answered with a fingerprint or RC_INVALID, and nothing asked of the terminal.
 */
#include <openssl/err.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hash one, two;
    struct err err;
    struct str pem = {(const char *)data, size};
    enum rc rc = cert_fingerprint(pem, &one, &err);

    CHECK(rc == RC_OK || rc == RC_INVALID);
    CHECK(ERR_peek_error() == 0);
    CHECK(cert_fingerprint(pem, &two, &err) == rc);
    CHECK(rc != RC_OK || hash_eq(&one, &two));
    return 0;
}
