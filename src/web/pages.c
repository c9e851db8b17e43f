#include "web/pages.h"

#include "base/asset.h"

/* "pages/home.html" gives "home"; false if it is not a page. */
static bool
page_name(const struct asset *asset, struct str *name)
{
    struct str path = str_of(asset->path);

    if (!str_starts(path, STR("pages/")) || !str_ends(path, STR(".html"))) {
        return false;
    }
    *name = str_sub(path, sizeof("pages/") - 1, path.len - (sizeof("pages/.html") - 1));
    return true;
}

static enum rc
collect_sources(struct arena *a, struct template_source **out, size_t *count, struct err *err)
{
    struct template_source *source = arena_alloc(a, asset_table_count + 1, sizeof(*source));

    if (source == NULL) {
        return err_set(err, RC_LIMIT, "no room for pages");
    }
    *count = 0;
    for (size_t i = 0; i < asset_table_count; i++) {
        if (page_name(&asset_table[i], &source[*count].name)) {
            source[(*count)++].text = asset_text(&asset_table[i]);
        }
    }
    *out = source;
    return RC_OK;
}

static enum rc
load_words(struct arena *a, const char *lang, struct json **out, struct err *err)
{
    struct str path = str_fmt(a, "lang/%s.json", lang);
    const struct asset *asset = asset_find(path);
    enum rc rc;

    if (asset == NULL) {
        return err_set(err, RC_NOT_FOUND, "no words for %s", lang);
    }
    if ((rc = json_parse(a, asset_text(asset), JSON_UNIQUE, out, err)) != RC_OK) {
        return rc;
    }
    return json_is(*out, JSON_OBJECT) ? RC_OK
                                      : err_set(err, RC_INVALID, "lang/%s.json is no object", lang);
}

enum rc
pages_load(struct arena *a, const char *lang, unsigned flags, struct template_set **set,
           const struct json **words, struct err *err)
{
    struct json *flat, *outer = json_object(a);
    struct template_source *sources = NULL;
    struct template_set *made;
    size_t count = 0;
    enum rc rc;

    if ((rc = load_words(a, lang, &flat, err)) != RC_OK ||
        (rc = collect_sources(a, &sources, &count, err)) != RC_OK) {
        return rc;
    }
    /* Only {{w.key}} is filled in: a page's own {{name}} must never meet a word of that name. */
    json_set(a, outer, "w", flat);
    if ((rc = json_whole(outer, err)) != RC_OK ||
        (rc = template_set_new(a, sources, count, TEMPLATE_PAGES | flags, outer, &made, err)) !=
            RC_OK) {
        return rc;
    }
    *set = made;
    *words = flat;
    return RC_OK;
}
