#include "base/asset.h"

const struct asset *
asset_find(struct str path)
{
    for (size_t i = 0; i < asset_table_count; i++) {
        if (str_eq(str_of(asset_table[i].path), path)) {
            return &asset_table[i];
        }
    }
    return NULL;
}

struct str
asset_text(const struct asset *a)
{
    return a == NULL ? STR("") : (struct str){(const char *)a->bytes, a->len};
}
