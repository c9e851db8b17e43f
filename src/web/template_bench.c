/*
 * The guide page over its sample document, against the least that any renderer must do: escape as many bytes into a
 * buffer.  Rounds in turn, processor time, medians.
 */
#include <stdio.h>

#include "base/bench.h"
#include "web/pages.h"

enum { ROUNDS = 31, TIMES = 200, PAGE_BYTES = 1 << 20, ARENA_BYTES = 16 << 20 };

struct bench {
    struct arena *arena;
    struct template_set *set;
    const struct json *frames[2];
    struct str page; /* once rendered */
};

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

/* Microseconds of one. */
static double
one_round(struct bench *b, struct str (*work)(struct bench *b))
{
    int64_t start = bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID);

    for (int i = 0; i < TIMES; i++) {
        (void)work(b);
        arena_reset(b->arena);
    }
    return (double)(bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start) / 1e3 / TIMES;
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
    double ours[ROUNDS], peer[ROUNDS];
    char name[80];
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

    double us = bench_median(ours, ROUNDS), peer_us = bench_median(peer, ROUNDS);
    (void)snprintf(name, sizeof(name), "guide page from its document, %zu bytes", b.page.len);
    bench_row(name, us, "us", "escaping as many bytes", peer_us, peer_us / us);
    bench_end();
    arena_free(b.arena);
    arena_free(copy);
    arena_free(kept);
    return 0;
}
