/*
 * What is accepted is written so that it is read as the same; the canonical form is its own
 * canonical form; and neither depends on how the text was laid out.
 */
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_canonical(struct arena *a, const struct json *tree)
{
    struct json *again;
    struct str once, twice;
    struct err err;

    enum rc rc = json_canonical(a, tree, &once, &err);
    CHECK(rc == RC_OK || rc == RC_INVALID || rc == RC_LIMIT);
    if (rc == RC_OK) {
        /* Nothing in it can be refused, not even where names may not repeat. */
        CHECK(json_parse(a, once, JSON_UNIQUE, &again, &err) == RC_OK);
        CHECK(json_canonical(a, again, &twice, &err) == RC_OK);
        CHECK(str_eq(once, twice));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(1 << 24);
    struct str text = {(const char *)data, size}, written;
    struct json *tree, *again, *unique;
    struct err err;

    enum rc rc = json_parse(a, text, JSON_ANY, &tree, &err);
    CHECK(rc == RC_OK || rc == RC_INVALID || rc == RC_LIMIT);
    if (rc == RC_OK) {
        CHECK(json_whole(tree, &err) == RC_OK);
        CHECK(json_print(a, tree, &written, &err) == RC_OK);
        CHECK(json_parse(a, written, JSON_ANY, &again, &err) == RC_OK);
        CHECK(json_equal(tree, again));
        CHECK(json_equal(tree, json_copy(a, tree)));

        struct buf pretty;
        buf_init(&pretty, a, arena_left(a));
        json_write_pretty(&pretty, tree);
        CHECK(buf_finish(&pretty, &written, &err) == RC_OK);
        CHECK(json_parse(a, written, JSON_ANY, &again, &err) == RC_OK);
        CHECK(json_equal(tree, again));
        check_canonical(a, tree);
        rc = json_parse(a, text, JSON_UNIQUE, &unique, &err);
        CHECK(rc == RC_INVALID || json_equal(tree, unique));
    } else {
        CHECK(json_parse(a, text, JSON_UNIQUE, &tree, &err) != RC_OK);
    }
    arena_free(a);
    return 0;
}
