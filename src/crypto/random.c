#include "crypto/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/encode.h"

void
random_fill(void *out, size_t len)
{
    unsigned char *p = out;

    while (len > 0) {
        ssize_t got = getrandom(p, len, 0);
        CHECK(got > 0 || (got < 0 && errno == EINTR));
        if (got > 0) {
            p += got;
            len -= (size_t)got;
        }
    }
}

struct str
random_token(struct arena *a, size_t count)
{
    CHECK(count > 0);

    char *bytes = arena_alloc(a, count, 1);
    if (bytes == NULL) {
        return (struct str){NULL, 0};
    }
    random_fill(bytes, count);
    struct str token = base64url_of(a, (struct str){bytes, count});
    secret_wipe(bytes, count);
    return token;
}

void
secret_wipe(void *secret, size_t len)
{
    if (len > 0) {
        explicit_bzero(secret, len);
    }
}

void
secret_wipe_str(struct str secret)
{
    /* A str points to const because most of its users only look; the owner may still write. */
    secret_wipe((void *)(uintptr_t)secret.ptr, secret.len);
}
