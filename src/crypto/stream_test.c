#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/random.h"
#include "crypto/stream.h"

enum { CHUNK = 40, SEALED = CHUNK + STREAM_CHUNK_EXTRA, CHUNKS = 3 };

struct sealed {
    unsigned char key[STREAM_KEY_BYTES];
    unsigned char head[STREAM_HEAD_BYTES];
    unsigned char chunk[CHUNKS][SEALED];
};

/* Three chunks: all 'a', all 'b', all 'c'. */
static struct sealed
seal(void)
{
    struct sealed s;
    char plain[CHUNK];

    random_fill(s.key, sizeof(s.key));
    struct stream *out = stream_open_seal(s.key, s.head);
    for (int i = 0; i < CHUNKS; i++) {
        memset(plain, 'a' + i, sizeof(plain));
        stream_seal(out, (struct str){plain, sizeof(plain)}, i == CHUNKS - 1, s.chunk[i]);
    }
    stream_close(out);
    return s;
}

/* How many chunks open, taken in this order, and whether the last of them said that it was the last. */
static int
opens(const struct sealed *s, const int *order, int count, bool *is_last)
{
    unsigned char plain[CHUNK];
    struct stream *in;
    struct err err;
    int done = 0;

    *is_last = false;
    assert_int_equal(stream_open_read(s->key, s->head, &in, &err), RC_OK);
    for (; done < count; done++) {
        struct str chunk = {(const char *)s->chunk[order[done]], SEALED};
        enum rc rc = stream_read(in, chunk, plain, is_last, &err);
        if (rc != RC_OK) {
            assert_int_equal(rc, RC_CORRUPT);
            break;
        }
        assert_int_equal(plain[0], 'a' + order[done]);
        assert_memory_equal(plain, plain + 1, CHUNK - 1);
    }
    stream_close(in);
    return done;
}

static void
chunks_open_in_their_order_and_the_last_says_so(void **state)
{
    struct sealed s = seal();
    bool is_last;

    (void)state;
    assert_int_equal(opens(&s, (const int[]){0, 1, 2}, 3, &is_last), 3);
    assert_true(is_last);
    assert_int_equal(opens(&s, (const int[]){0, 1}, 2, &is_last), 2);
    assert_false(is_last);
}

static void
a_chunk_that_is_missing_doubled_moved_or_added_does_not_open(void **state)
{
    static const struct {
        int order[4];
        int count;
        int open;
    } cases[] = {
        {{1, 0, 2}, 3, 0}, {{0, 2}, 2, 1}, {{0, 0, 1}, 3, 1}, {{2}, 1, 0}, {{0, 1, 2, 2}, 4, 3}};
    struct sealed s = seal();
    bool is_last;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(opens(&s, cases[i].order, cases[i].count, &is_last), cases[i].open);
    }
}

static void
every_flipped_bit_is_found(void **state)
{
    struct sealed s = seal();
    bool is_last;

    (void)state;
    for (size_t i = 0; i < SEALED * 8; i++) {
        s.chunk[1][i / 8] ^= (unsigned char)(1 << i % 8);
        assert_int_equal(opens(&s, (const int[]){0, 1, 2}, 3, &is_last), 1);
        s.chunk[1][i / 8] ^= (unsigned char)(1 << i % 8);
    }
    for (size_t i = 0; i < STREAM_HEAD_BYTES; i++) {
        s.head[i] ^= 1;
        assert_int_equal(opens(&s, (const int[]){0, 1, 2}, 3, &is_last), 0);
        s.head[i] ^= 1;
    }
    s.key[5] ^= 4;
    assert_int_equal(opens(&s, (const int[]){0, 1, 2}, 3, &is_last), 0);
}

static void
a_chunk_shorter_than_its_check_is_refused(void **state)
{
    struct sealed s = seal();
    unsigned char plain[CHUNK];
    struct stream *in;
    bool is_last;
    struct err err;

    (void)state;
    for (size_t len = 0; len < STREAM_CHUNK_EXTRA; len++) {
        assert_int_equal(stream_open_read(s.key, s.head, &in, &err), RC_OK);
        assert_int_equal(stream_read(in, (struct str){(const char *)s.chunk[0], len}, plain,
                                     &is_last, &err),
                         RC_CORRUPT);
        stream_close(in);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_open_in_their_order_and_the_last_says_so),
        cmocka_unit_test(a_chunk_that_is_missing_doubled_moved_or_added_does_not_open),
        cmocka_unit_test(every_flipped_bit_is_found),
        cmocka_unit_test(a_chunk_shorter_than_its_check_is_refused),
    };

    return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
