/*
 * Where things are: the tree of regions, and the organisations that sit in each with what the law
 * lets them do.
 */
#include "web/handlers.h"

enum { REGIONS_PAGE = 200, ORGS_MAX = 200, POWERS_MAX = 500 };

static struct str
url_of(struct page *p, const struct region *r)
{
    return str_fmt(p->arena, "/regions/%.*s", STR_ARG(r->code));
}

static struct json *
region_entry(struct page *p, const struct region *r)
{
    const struct region_level *level = region_level_of(p->web->regions, r);
    struct json *d = json_object(p->arena);

    json_set_text(p->arena, d, "code", r->code);
    json_set_text(p->arena, d, "title", page_either(p, r->name_zh, r->name_en));
    json_set_text(p->arena, d, "level", r->level);
    json_set_text(p->arena, d, "level_text",
                  level == NULL ? r->level : page_either(p, level->name_zh, level->name_en));
    json_set_text(p->arena, d, "url", url_of(p, r));
    return d;
}

/* The children of code, a page of them. */
static void
put_children(struct page *p, struct str code, struct str here)
{
    const struct region **found = arena_alloc(p->arena, REGIONS_PAGE + 1, sizeof(*found));
    struct json *list = json_array(p->arena);
    size_t count = 0, shown;

    if (found != NULL) {
        count = region_children(p->web->regions, code, page_query(p, "after"), found,
                                REGIONS_PAGE + 1);
    }
    shown = count > REGIONS_PAGE ? REGIONS_PAGE : count;
    for (size_t i = 0; i < shown; i++) {
        json_push(list, region_entry(p, found[i]));
    }
    json_set_int(p->arena, p->document, "count", (int64_t)shown);
    json_set(p->arena, p->document, "regions", found != NULL ? list : NULL);
    if (count > shown) {
        words_pager(p,
                    str_fmt(p->arena, str_eq(p->lang,
                                             STR("en")) ? "%zu on this page" : "本页 %zu 个",
                            shown),
                    here,
                    str_fmt(p->arena, "%.*s?after=%.*s", STR_ARG(here),
                            STR_ARG(found[shown - 1]->code)));
    }
}

static struct json *
powers_of(struct page *p, const struct org *org)
{
    const struct power **found = arena_alloc(p->arena, POWERS_MAX, sizeof(*found));
    struct json *list = json_array(p->arena);
    size_t count = found != NULL ? power_of_org(p->web->orgs, org->uscc, found, POWERS_MAX) : 0;

    for (size_t i = 0; i < count; i++) {
        struct json *d = json_object(p->arena);
        json_set_text(p->arena, d, "code", found[i]->code);
        json_set_text(p->arena, d, "title", page_either(p, found[i]->name_zh, found[i]->name_en));
        json_set_text(p->arena, d, "basis", found[i]->basis);
        json_push(list, d);
    }
    return found != NULL ? list : NULL;
}

static void
put_orgs(struct page *p, struct str code)
{
    const struct org **found = arena_alloc(p->arena, ORGS_MAX, sizeof(*found));
    struct json *list = json_array(p->arena);
    size_t count = found != NULL ? org_in_region(p->web->orgs, code, found, ORGS_MAX) : 0;

    for (size_t i = 0; i < count; i++) {
        struct json *d = json_object(p->arena);
        json_set_text(p->arena, d, "uscc", found[i]->uscc);
        json_set_text(p->arena, d, "title", page_either(p, found[i]->name_zh, found[i]->name_en));
        json_set_text(p->arena, d, "phone", found[i]->phone);
        json_set_text(p->arena, d, "address", found[i]->address_zh);
        json_set(p->arena, d, "powers", powers_of(p, found[i]));
        json_push(list, d);
    }
    json_set(p->arena, p->document, "orgs", found != NULL ? list : NULL);
    json_set_int(p->arena, p->document, "org_count", (int64_t)count);
}

/* The regions at the top; or, with ?code=, where something with this longer code lies. */
enum rc
places_top(struct page *p, struct err *err)
{
    struct str code = page_query(p, "code");

    if (code.len > 0) {
        const struct region *r = region_around(p->web->regions, code);
        if (r == NULL) {
            return err_set(err, RC_NOT_FOUND, "no region has such codes");
        }
        p->location = url_of(p, r);
        json_set(p->arena, p->document, "region", region_entry(p, r));
        return RC_OK;
    }
    put_children(p, STR(""), STR("/regions"));
    return RC_OK;
}

enum rc
places_region(struct page *p, struct err *err)
{
    const struct region *path[REGION_DEPTH_MAX];
    size_t depth = region_path(p->web->regions, p->param[0], path);
    struct json *above = json_array(p->arena);

    if (depth == 0) {
        return err_set(err, RC_NOT_FOUND, "no such region");
    }
    const struct region *r = path[depth - 1];
    for (size_t i = 0; i + 1 < depth; i++) {
        json_push(above, region_entry(p, path[i]));
    }
    json_set(p->arena, p->document, "region", region_entry(p, r));
    json_set(p->arena, p->document, "path", above);
    put_children(p, r->code, url_of(p, r));
    put_orgs(p, r->code);
    if (depth > 1) {
        words_back(p, url_of(p, path[depth - 2]),
                   page_either(p, path[depth - 2]->name_zh, path[depth - 2]->name_en));
    } else {
        words_back(p, STR("/regions"), page_word(p, "regions_title"));
    }
    return RC_OK;
}
