/*
 * The first page of whoever is signed in, and the desks in the head of every page.  Both come from the route table: the first page of
 * a role is the first row that is for this very role, is a page and needs nothing to be filled in.  So nobody is sent where the table
 * would refuse them, and a new desk is a row there and a word in lang/.
 */
#include "web/handlers.h"
#include "web/page_int.h"
#include "web/route.h"

static bool
is_first_page(const struct route *r)
{
    struct str path = str_of(r->path);

    return str_eq(str_of(r->method), STR("GET")) && r->template_name != NULL &&
           str_find_byte(path, '{') == path.len;
}

static const struct route *
first_page(enum role role)
{
    for (size_t i = 0; i < route_table_count; i++) {
        if (route_table[i].role == role && is_first_page(&route_table[i])) {
            return &route_table[i];
        }
    }
    return NULL;
}

struct str
landing_url(const struct page *p)
{
    const struct route *own = first_page(p->who.role);

    if (own != NULL && page_admits(p, own)) {
        return str_of(own->path);
    }
    for (enum role role = ROLE_CITIZEN; role <= ROLE_OPERATOR; role++) {
        const struct route *other = first_page(role);
        if (other != NULL && page_admits(p, other)) {
            return str_of(other->path);
        }
    }
    return STR("/");
}

/* Nobody is greeted with a refusal: the page that was wanted before signing in, if the table lets this person in. */
bool
landing_is_open(const struct page *p, struct str target)
{
    struct str path = str_sub(target, 0, str_find_byte(target, '?')), allow;
    struct str param[PAGE_PARAMS_MAX];
    const struct route *r;
    struct err ignored;

    path = str_sub(path, 0, str_find_byte(path, '#'));
    return route_find(route_table, route_table_count, p->arena, STR("GET"), path, &r, param,
                      &allow, &ignored) != RC_OK ||
           page_admits(p, r); /* what is not there says so by itself */
}

/* [{"url","text","is_current"}]: the desks of all roles that this person has, in the order of the roles. */
struct json *
landing_desks(const struct page *p)
{
    struct json *desks = json_array(p->arena);
    struct str here = p->call->head->path;

    for (enum role role = ROLE_OFFICER; role <= ROLE_OPERATOR; role++) {
        const struct route *r = first_page(role);
        if (r == NULL || !page_admits(p, r)) {
            continue;
        }
        struct json *desk = json_object(p->arena);
        struct str path = str_of(r->path), rest = str_from(here, path.len);
        const char *key =
            str_c(p->arena, str_fmt(p->arena, "nav_desk_%s", role_name(role)));
        json_set_text(p->arena, desk, "url", path);
        json_set_text(p->arena, desk, "text", key != NULL ? page_word(p, key) : STR(""));
        json_set_bool(p->arena, desk, "is_current",
                      str_starts(here, path) && (rest.len == 0 || rest.ptr[0] == '/'));
        json_push(desks, desk);
    }
    return desks;
}
