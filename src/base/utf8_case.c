/*
 * Upper and lower case by libunistring, which knows the letters that become several (ß) and those that depend on what stands
 * around them (σ).  No language is named, so that the answer is the same on any machine.
 */
#include <stdlib.h>
#include <unicase.h>

#include "base/utf8.h"

/* No letter grows to more than three times its bytes: U+0390 becomes three of two each. */
enum { GROWTH = 3 };

typedef uint8_t *case_fn(const uint8_t *s, size_t n, const char *language, uninorm_t nf, uint8_t *result, size_t *length);

static enum rc
in_case(struct arena *a, case_fn *fn, struct str s, struct str *out, struct err *err)
{
    size_t len = s.len * GROWTH;
    uint8_t *room = arena_alloc(a, len + 1, 1);

    if (s.len == 0) {
        *out = STR("");
        return RC_OK;
    }
    if (room == NULL) {
        return err_set(err, RC_LIMIT, "text: past the arena's limit");
    }
    uint8_t *got = fn((const uint8_t *)s.ptr, s.len, NULL, NULL, room, &len);
    CHECK(got == room); /* otherwise it is memory of the library, or it had none */
    *out = (struct str){(const char *)room, len};
    return RC_OK;
}

enum rc
utf8_upper(struct arena *a, struct str s, struct str *out, struct err *err)
{
    return in_case(a, u8_toupper, s, out, err);
}

enum rc
utf8_lower(struct arena *a, struct str s, struct str *out, struct err *err)
{
    return in_case(a, u8_tolower, s, out, err);
}
