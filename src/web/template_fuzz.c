/*
 * Input: template, NUL, partial "p", NUL, data as JSON (also given as words).  Nothing may crash, and where the templates
 * hold none of the five characters that HTML gives a meaning, the output may hold them only as entities.
 */
#include <string.h>

#include "web/template.h"

enum { ARENA_BYTES = 8 << 20, OUTPUT_BYTES = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
has_markup(struct str s)
{
    return str_has(s, STR("<")) || str_has(s, STR(">")) || str_has(s, STR("\"")) ||
           str_has(s, STR("'"));
}

static void
render(struct arena *a, const struct template_source *source, unsigned flags,
       const struct json *words, const struct json *frame)
{
    bool plain = (flags & TEMPLATE_NO_RAW) != 0 && !has_markup(source[0].text) &&
                 !has_markup(source[1].text);
    struct template_set *set;
    struct err err;
    struct str out;
    struct buf b;

    buf_init(&b, a, OUTPUT_BYTES);
    if (template_set_new(a, source, 2, flags, words, &set, &err) != RC_OK ||
        template_render(set, source[0].name, &frame, 1, &b, &err) != RC_OK ||
        buf_finish(&b, &out, &err) != RC_OK) {
        return;
    }
    CHECK(!plain || !has_markup(out));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size};
    struct template_source source[2] = {{.name = STR("main")}, {.name = STR("p")}};
    struct arena *a = arena_new(ARENA_BYTES);
    struct json *frame;
    struct err err;

    if (str_next(&rest, '\0', &source[0].text) && str_next(&rest, '\0', &source[1].text) &&
        json_parse(a, rest, JSON_ANY, &frame, &err) == RC_OK) {
        render(a, source, TEMPLATE_PLAIN, NULL, frame);
        render(a, source, TEMPLATE_PAGES, NULL, frame);
        render(a, source, TEMPLATE_PAGES | TEMPLATE_NAMES_EXIST, frame, frame);
    }
    arena_free(a);
    return 0;
}
