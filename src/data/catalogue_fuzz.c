/*
 * A resource document as a steward may upload it, and the same bytes as a mask: what is accepted can be shown again, and
 * a mask never leaves more than there was.
 */
#include "data/catalogue.h"
#include "data/mask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(1 << 22);
    struct resource *r;
    struct json *j;
    struct err err;

    if (json_parse(a, (struct str){(const char *)data, size}, JSON_UNIQUE, &j, &err) == RC_OK) {
        if (catalogue_read(a, j, &r, &err) == RC_OK) {
            CHECK(r->element_count > 0 && r->code.len > 0);
            CHECK(json_whole(catalogue_document(a, r), &err) == RC_OK);
        }
        struct json *left = mask_apply(a, j, json_text(a, STR("云溪市清河区990102199001010011")));
        CHECK(left != NULL && json_is(left, JSON_STRING));
        CHECK(mask_check(j, &err) == RC_OK || str_eq(left->text, STR("***")));
    }
    arena_free(a);
    return 0;
}
