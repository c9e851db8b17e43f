/*
 * Input: a method up to a blank, then a path.  Whatever stands there, the house's table is walked
 * safely; what a row takes is plain text, and the same path means the same row for every method
 * that it has.
 */
#include "base/utf8.h"
#include "web/route.h"

enum { ARENA_BYTES = 4 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum rc
probe(struct page *p, struct err *err)
{
    (void)p;
    (void)err;
    return RC_OK;
}

/* Shapes of the house's table, without its handlers: fixed, captured, several, and the rest. */
static const struct route table[] = {
    {.method = "GET", .path = "/", .handler = probe},
    {.method = "GET", .path = "/items/{code}", .handler = probe},
    {.method = "GET", .path = "/items/{code}/apply", .handler = probe},
    {.method = "GET", .path = "/desk/{sub_case}/materials/{sha256}", .handler = probe},
    {.method = "POST", .path = "/desk/{sub_case}/accept", .handler = probe},
    {.method = "GET", .path = "/desk/{sub_case}/{page}", .handler = probe},
    {.method = "GET", .path = "/log/{path*}", .handler = probe},
    {.method = "POST", .path = "/gate/{resource*}", .handler = probe},
};
enum { COUNT = sizeof(table) / sizeof(table[0]) };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size}, method;
    struct arena *a = arena_new(ARENA_BYTES);
    struct str param[PAGE_PARAMS_MAX] = {{NULL, 0}}, allow;
    const struct route *r = NULL;
    struct err err;

    if (str_next(&rest, ' ', &method)) {
        enum rc rc = route_find(table, COUNT, a, method, rest, &r, param, &allow, &err);
        CHECK(rc == RC_OK || rc == RC_NOT_FOUND || rc == RC_METHOD);
        CHECK((rc == RC_OK) == (r != NULL) && (rc == RC_METHOD) == (rc != RC_OK && allow.len > 0));
        for (size_t i = 0; rc == RC_OK && i < PAGE_PARAMS_MAX; i++) {
            CHECK(utf8_is_plain(param[i]) && param[i].len <= rest.len);
        }
        if (rc == RC_METHOD) {
            struct str first;
            CHECK(str_next(&allow, ',', &first));
            CHECK(route_find(table, COUNT, a, first, rest, &r, param, &allow, &err) == RC_OK);
        }
    }
    arena_free(a);
    return 0;
}
