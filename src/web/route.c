#include "web/route.h"

#include "base/encode.h"
#include "base/utf8.h"

/* Does path follow pattern?  Captures go to param, decoded; a capture never holds a slash but the last {rest*}. */
static bool
route_matches(struct arena *a, struct str pattern, struct str path,
              struct str param[PAGE_PARAMS_MAX])
{
    size_t captured = 0;
    struct err ignored;

    while (pattern.len > 0) {
        if (pattern.ptr[0] != '{') {
            if (path.len == 0 || path.ptr[0] != pattern.ptr[0]) {
                return false;
            }
            pattern = str_from(pattern, 1);
            path = str_from(path, 1);
            continue;
        }
        size_t close = str_find_byte(pattern, '}');
        bool takes_rest = pattern.ptr[close - 1] == '*';
        struct str part = takes_rest ? path : str_sub(path, 0, str_find_byte(path, '/'));
        CHECK(close < pattern.len && captured < PAGE_PARAMS_MAX);
        if (part.len == 0 ||
            percent_decode(a, part, false, &param[captured], &ignored) != RC_OK ||
            !utf8_is_plain(param[captured])) {
            return false;
        }
        captured++;
        pattern = str_from(pattern, close + 1);
        path = str_from(path, part.len);
    }
    return path.len == 0;
}

static void
allow_add(struct arena *a, struct str *allow, const char *method)
{
    *allow = allow->len == 0 ? str_of(method)
                             : str_fmt(a, "%.*s, %s", STR_ARG(*allow), method);
}

enum rc
route_find(const struct route *table, size_t count, struct arena *a, struct str method,
           struct str path, const struct route **out, struct str param[PAGE_PARAMS_MAX],
           struct str *allow, struct err *err)
{
    bool is_head = str_eq(method, STR("HEAD"));

    *allow = STR("");
    for (size_t i = 0; i < count; i++) {
        struct str captured[PAGE_PARAMS_MAX] = {{NULL, 0}};
        if (!route_matches(a, str_of(table[i].path), path, captured)) {
            continue;
        }
        if (str_eq(str_of(table[i].method), method) ||
            (is_head && str_eq(str_of(table[i].method), STR("GET")))) {
            for (size_t k = 0; k < PAGE_PARAMS_MAX; k++) {
                param[k] = captured[k];
            }
            *out = &table[i];
            *allow = STR("");
            return RC_OK;
        }
        allow_add(a, allow, table[i].method);
    }
    if (allow->len > 0) {
        return err_set(err, RC_METHOD, "only %.*s here", STR_ARG(*allow));
    }
    return err_set(err, RC_NOT_FOUND, "no such address");
}

/* {x} and {rest*} of the path as OpenAPI parameters. */
static struct json *
openapi_parameters(struct arena *a, struct str path)
{
    struct json *list = json_array(a);
    size_t open;

    while ((open = str_find_byte(path, '{')) < path.len) {
        path = str_from(path, open + 1);
        struct str name = str_sub(path, 0, str_find_byte(path, '}'));
        if (str_ends(name, STR("*"))) {
            name = str_sub(name, 0, name.len - 1);
        }
        struct json *parameter = json_object(a);
        struct json *schema = json_object(a);
        json_set_text(a, schema, "type", STR("string"));
        json_set_text(a, parameter, "name", name);
        json_set_text(a, parameter, "in", STR("path"));
        json_set_bool(a, parameter, "required", true);
        json_set(a, parameter, "schema", schema);
        json_push(list, parameter);
    }
    return list;
}

static struct json *
openapi_operation(struct arena *a, const struct route *r)
{
    struct json *operation = json_object(a);
    struct json *responses = json_object(a);
    struct json *good = json_object(a);
    struct json *bad = json_object(a);

    json_set_text(a, good, "description",
                  r->template_name != NULL ? STR("The document; as HTML for a browser")
                                           : STR("The document"));
    json_set_text(a, bad, "description", STR("Problem document (RFC 9457)"));
    json_set(a, responses, "200", good);
    json_set(a, responses, "default", bad);
    json_set_text(a, operation, "summary", str_of(r->says));
    json_set_text(a, operation, "x-role", str_of(role_name(r->role)));
    json_set_bool(a, operation, "x-officers-too", (r->flags & ROUTE_OFFICERS) != 0);
    if (r->power != NULL) {
        json_set_text(a, operation, "x-power", str_of(r->power));
    }
    json_set(a, operation, "parameters", openapi_parameters(a, str_of(r->path)));
    json_set(a, operation, "responses", responses);
    return operation;
}

/* "/tile/{rest*}" is written "/tile/{rest}" there. */
static struct str
openapi_path(struct arena *a, struct str path)
{
    size_t star = str_find_byte(path, '*');

    return star == path.len ? path
                            : str_fmt(a, "%.*s}", (int)star, path.ptr);
}

struct json *
route_openapi(struct arena *a, const struct route *table, size_t count, struct str title)
{
    struct json *root = json_object(a);
    struct json *info = json_object(a);
    struct json *paths = json_object(a);

    json_set_text(a, root, "openapi", STR("3.1.0"));
    json_set_text(a, info, "title", title);
    json_set_text(a, info, "version", STR("1"));
    json_set(a, root, "info", info);
    for (size_t i = 0; i < count; i++) {
        struct str path = openapi_path(a, str_of(table[i].path));
        bool first = true;
        for (size_t k = 0; k < i && first; k++) {
            first = !str_eq(openapi_path(a, str_of(table[k].path)), path);
        }
        struct json *operations = json_object(a);
        for (size_t k = i; first && k < count; k++) {
            if (str_eq(openapi_path(a, str_of(table[k].path)), path)) {
                struct str method = str_of(table[k].method);
                char lower[16] = "";
                for (size_t c = 0; c < method.len && c < sizeof(lower) - 1; c++) {
                    lower[c] = (char)(method.ptr[c] | 32);
                }
                json_set(a, operations, lower, openapi_operation(a, &table[k]));
            }
        }
        if (first) {
            json_set_key(a, paths, path, operations);
        }
    }
    json_set(a, root, "paths", paths);
    return root;
}
