/*
 * The guide page over its sample document, against the least that any renderer must do: escape as many bytes into a
 * buffer.  Rounds in turn, processor time, medians.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "web/pages.h"

enum { ROUNDS = 31, TIMES = 200, PAGE_BYTES = 1 << 20, ARENA_BYTES = 16 << 20 };

struct bench {
    struct arena *arena;
    struct template_set *set;
    const struct json *frames[2];
    struct str page; /* once rendered */
};

static int64_t
cpu_ns(void)
{
    struct timespec t;

    CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct str
render(struct bench *b)
{
    struct str out;
    struct err err;
    struct buf page;

    buf_init(&page, b->arena, PAGE_BYTES);
    CHECK(template_render(b->set, STR("item"), b->frames, 2, &page, &err) == RC_OK);
    CHECK(buf_finish(&page, &out, &err) == RC_OK);
    return out;
}

static struct str
escape(struct bench *b)
{
    struct str out;
    struct err err;
    struct buf page;

    buf_init(&page, b->arena, PAGE_BYTES);
    buf_put_html(&page, b->page);
    CHECK(buf_finish(&page, &out, &err) == RC_OK);
    return out;
}

static int64_t
one_round(struct bench *b, struct str (*work)(struct bench *b))
{
    int64_t start = cpu_ns();

    for (int i = 0; i < TIMES; i++) {
        (void)work(b);
        arena_reset(b->arena);
    }
    return cpu_ns() - start;
}

static int
by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static double
median_us(int64_t *samples)
{
    qsort(samples, ROUNDS, sizeof(samples[0]), by_value);
    return (double)samples[ROUNDS / 2] / TIMES / 1e3;
}

static const struct json *
read_sample(struct arena *a, const char *path)
{
    FILE *in = fopen(path, "rb");
    struct json *sample;
    struct str text;
    struct err err;
    struct buf b;
    int c;

    CHECK(in != NULL); /* run from the top folder */
    buf_init(&b, a, PAGE_BYTES);
    while ((c = getc(in)) != EOF) {
        buf_put_char(&b, (char)c);
    }
    (void)fclose(in);
    CHECK(buf_finish(&b, &text, &err) == RC_OK);
    CHECK(json_parse(a, text, JSON_UNIQUE, &sample, &err) == RC_OK);
    return sample;
}

int
main(void)
{
    struct arena *kept = arena_new(ARENA_BYTES), *copy = arena_new(PAGE_BYTES);
    struct bench b = {.arena = arena_new(PAGE_BYTES)};
    int64_t ours[ROUNDS], peer[ROUNDS];
    const struct json *words;
    struct err err;

    CHECK(pages_load(kept, "zh", 0, &b.set, &words, &err) == RC_OK);
    b.frames[0] = json_get(read_sample(kept, "tests/pages/item.json"), "document");
    b.frames[1] = read_sample(kept, "tests/pages/_shared.json");
    CHECK(str_copy(copy, render(&b), &b.page, &err) == RC_OK);
    arena_reset(b.arena);
    for (int round = 0; round < ROUNDS; round++) {
        ours[round] = one_round(&b, render);
        peer[round] = one_round(&b, escape);
    }

    double us = median_us(ours), peer_us = median_us(peer);
    (void)printf("[{\"name\":\"guide page from its document, %zu bytes\",\"value\":%.3f,\"unit\":\"us\","
                 "\"peer\":\"escaping as many bytes\",\"peer_value\":%.3f,\"ratio\":%.3f}]\n",
                 b.page.len, us, peer_us, peer_us / us);
    arena_free(b.arena);
    arena_free(copy);
    arena_free(kept);
    return 0;
}
