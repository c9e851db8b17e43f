/* No text upsets a check; a valid code ends in the character that its check function gives. */
#include "base/idcode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(1 << 20);
    struct str text = {(const char *)data, size};
    struct idcode_person person;

    if (idcode_person(text, INT32_MAX, &person) == IDCODE_VALID) {
        CHECK(text.ptr[17] == idcode_person_check(str_sub(text, 0, 17)));
        CHECK(idcode_is_region(person.region));
        CHECK(idcode_person(text, person.birth_day - 1, NULL) == IDCODE_WRONG_DATE);
    }
    if (idcode_company(text) == IDCODE_VALID) {
        CHECK(text.ptr[17] == idcode_company_check(str_sub(text, 0, 17)));
    }
    enum idcode_verdict verdict = idcode_case(text);
    if (verdict != IDCODE_WRONG_SHAPE && verdict != IDCODE_WRONG_DATE) {
        CHECK(idcode_item(str_sub(text, 0, 31)) == verdict);
        CHECK(idcode_company(str_sub(text, 0, 18)) == verdict);
    }
    (void)idcode_certificate(text);
    (void)idcode_certificate_check(text);
    (void)idcode_is_mobile(text);
    struct str mask = idcode_mask(arena, text, size / 4, size / 4);
    CHECK(mask.len == 0 || mask.len == size);
    arena_free(arena);
    return 0;
}
