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

enum rc
asset_json(struct arena *a, const char *path, struct json **out, struct err *err)
{
    const struct asset *asset = asset_find(str_of(path));

    if (asset == NULL) {
        return err_set(err, RC_NOT_FOUND, "%s is not in the binary", path);
    }
    return json_parse(a, asset_text(asset), JSON_UNIQUE, out, err);
}
