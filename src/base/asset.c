#include "base/asset.h"

const struct asset *
asset_find(struct str path)
{
    size_t from = 0;
    size_t to = asset_table_count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = str_cmp(path, str_of(asset_table[middle].path));
        if (order == 0) {
            return &asset_table[middle];
        }
        if (order < 0) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    return NULL;
}

struct str
asset_text(const struct asset *a)
{
    return a == NULL ? STR("") : (struct str){(const char *)a->bytes, a->len};
}
