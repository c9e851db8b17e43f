/*
 * Whatever comes as a model is shown, told, drawn and compared, or refused: what is drawn can be read again with the same elements, a model differs from itself in
 * nothing, and outlines are made of nothing but numbers.
 */
#include <string.h>

#include "process/bpmn_compare.h"
#include "process/bpmn_picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_picture(const struct json *picture)
{
    for (const struct json *i = json_get(picture, "items")->first; i != NULL; i = i->next) {
        for (const struct json *part = json_get(i, "parts")->first; part != NULL; part = part->next) {
            struct str d = json_str(part, "d");
            for (size_t c = 0; c < d.len; c++) {
                CHECK(strchr("MLHVACSQZmlhvacsqz0123456789 -.", d.ptr[c]) != NULL);
            }
        }
    }
    CHECK(json_get(picture, "steps")->count <= BPMN_SHOWN_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(64 << 20);
    const struct bpmn_mark mark = {STR("a"), BPMN_MARK_OVERDUE, 7};
    const struct bpmn_look look = {.xml = {(const char *)data, size}, .mark = &mark, .marks = 1};
    struct json *picture, *drawn_picture, *compared;
    struct str drawn;
    struct err err;
    enum rc rc = bpmn_picture(a, &look, &picture, &err);

    CHECK(rc == RC_OK || rc == RC_INVALID || rc == RC_LIMIT);
    if (rc == RC_OK) {
        check_picture(picture);
        rc = bpmn_compare(a, look.xml, look.xml, &compared, &err);
        CHECK(rc == RC_LIMIT || (rc == RC_OK && json_int_or(compared, "count", -1) == 0 && json_get(compared, "moved")->count == 0));
        rc = bpmn_draw(a, look.xml, &drawn, &err);
        CHECK(rc == RC_OK || rc == RC_LIMIT);
    }
    if (rc == RC_OK) {
        const struct bpmn_look again = {.xml = drawn};
        rc = bpmn_picture(a, &again, &drawn_picture, &err);
        CHECK(rc == RC_LIMIT || (rc == RC_OK && json_equal(json_get(picture, "left_out"), json_get(drawn_picture, "left_out"))));
    }
    arena_free(a);
    return 0;
}
