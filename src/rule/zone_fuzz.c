/* A file from outside, and offsets of any moment. */
#include "rule/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t moments[] = {INT64_C(-62135596800), -1, 0, INT64_C(1795398000), INT64_C(4102444800),
                                      INT64_C(31556889864403199), INT64_C(-31556889864403199)};
    struct arena *arena = arena_new(1 << 20);
    const struct zone *zone;
    struct err err;

    if (zone_parse(arena, STR("Fuzz/Zone"), (struct str){(const char *)data, size}, &zone, &err) == RC_OK) {
        for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
            int32_t offset = zone_offset(zone, moments[i]);
            int32_t of_wall = zone_offset_of_wall(zone, moments[i]);
            CHECK(offset >= -100000 && offset <= 100000);
            CHECK(of_wall >= -100000 && of_wall <= 100000);
        }
    }
    arena_free(arena);
    return 0;
}
