#include "crypto/secrets.h"

#include <string.h>

#include "base/encode.h"
#include "crypto/random.h"

enum { SECRET_MOST = 64 };

enum rc
secrets_read(struct arena *a, const struct json *object, const char *name, void *out, size_t len,
             struct err *err)
{
    struct str bytes;
    struct err inner;
    enum rc rc = base64_decode(a, json_str(object, name), &bytes, &inner);

    if (rc == RC_LIMIT) {
        return err_set(err, RC_LIMIT, "no room to read \"%s\" of a key", name);
    }
    if (rc != RC_OK || bytes.len != len) {
        if (rc == RC_OK) {
            secret_wipe_str(bytes);
        }
        return err_set(err, RC_INVALID, "\"%s\" of a key is not the base64 of %zu bytes", name,
                       len);
    }
    memcpy(out, bytes.ptr, len);
    secret_wipe_str(bytes);
    return RC_OK;
}

void
secrets_write(struct arena *a, struct json *object, const char *name, const void *bytes,
              size_t len)
{
    struct str text = base64_of(a, (struct str){bytes, len});

    json_set(a, object, name, text.ptr != NULL ? json_text(a, text) : NULL);
    secret_wipe_str(text);
}

void
secrets_write_new(struct arena *a, struct json *object, const char *name, size_t len)
{
    unsigned char bytes[SECRET_MOST];

    CHECK(len <= sizeof(bytes));
    random_fill(bytes, len);
    secrets_write(a, object, name, bytes, len);
    secret_wipe(bytes, sizeof(bytes));
}
