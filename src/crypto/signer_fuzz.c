/*
 * Frames for the signer, of any bytes.  Whatever is there: a frame lies wholly inside, written
 * again it gives the same bytes, and its beginning is never judged otherwise than "more".
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "crypto/signer_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_again(struct str bytes, const struct signer_frame *frame)
{
    struct arena *a = arena_new(2 * SIGNER_FRAME_MAX);
    struct buf again;

    buf_init(&again, a, SIGNER_FRAME_MAX);
    CHECK(signer_put_request(&again, frame->name, frame->message));
    CHECK(again.len == frame->bytes && memcmp(again.ptr, bytes.ptr, again.len) == 0);
    arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size};
    struct signer_frame frame;
    enum signer_parse outcome;

    while ((outcome = signer_frame_parse(rest, &frame)) == SIGNER_PARSE_WHOLE) {
        struct signer_frame shorter;
        CHECK(frame.bytes <= rest.len && frame.bytes <= SIGNER_FRAME_MAX);
        CHECK(frame.name.len >= 1 && frame.name.len <= SIGNER_NAME_MAX);
        CHECK(frame.bytes == SIGNER_HEAD_BYTES + frame.name.len + frame.message.len);
        for (size_t len = 0; len < frame.bytes; len += 1 + len / 8) {
            CHECK(signer_frame_parse(str_sub(rest, 0, len), &shorter) == SIGNER_PARSE_MORE);
        }
        if (frame.kind == SIGNER_SIGN) {
            check_again(rest, &frame);
        }
        rest = str_from(rest, frame.bytes);
    }
    /*
     * What is bad stays bad, whatever follows; what can become a frame is shorter than the
     * longest.
     */
    CHECK(outcome == SIGNER_PARSE_BAD || rest.len < SIGNER_FRAME_MAX);
    return 0;
}
