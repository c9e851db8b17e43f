/*
 * Experts drawn by lot: the lot is the leaf of the newest act of the node's public log, which nobody chooses.
 *
 * Each expert's number is SHA-256 of that leaf followed by their id, and those with the lowest are drawn.  The act says which leaf, how many, the digest
 * of the list and who was drawn, so that whoever has the log and the list draws the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "crypto/hash.h"
#include "service/chore_int.h"

enum { EXPERTS_MAX = 1000 };

struct lot {
    struct hash number;
    const struct json *expert;
};

static int
compare_lots(const void *a, const void *b)
{
    return memcmp(((const struct lot *)a)->number.bytes, ((const struct lot *)b)->number.bytes, sizeof(((const struct lot *)a)->number.bytes));
}

static enum rc
newest_leaf(const struct chore *k, int64_t *index, struct str *leaf, struct err *err)
{
    struct json *act;
    enum rc rc = act_count(k->db, index, err);

    if (rc != RC_OK || (rc = act_by_index(k->db, k->a, *index - 1, &act, err)) != RC_OK) {
        return rc;
    }
    *index -= 1;
    return base64_decode(k->a, json_str(act, "leaf"), leaf, err);
}

/* The part's own people are not among its experts. */
static enum rc
number_all(const struct chore *k, const struct json *list, struct str leaf, struct lot *lots, size_t *count, struct err *err)
{
    const struct sub_case *sub = chore_sub(k);

    for (const struct json *e = list->first; e != NULL; e = e->next) {
        struct str text = str_fmt(k->a, "%.*s", STR_ARG(json_str(e, "id")));
        char *all = arena_alloc(k->a, leaf.len + text.len + 1, 1);
        if (all == NULL || text.ptr == NULL) {
            return err_set(err, RC_LIMIT, "no room for a lot");
        }
        if (sub != NULL && str_eq(json_str(e, "org"), sub->org)) {
            continue;
        }
        memcpy(all, leaf.ptr, leaf.len);
        memcpy(all + leaf.len, text.ptr, text.len);
        lots[(*count)++] = (struct lot){hash_sha256((struct str){all, leaf.len + text.len}), e};
    }
    return RC_OK;
}

static enum rc
put_drawn(struct chore *k, const struct lot *lots, size_t drawn, struct json *shown, struct json *data, struct err *err)
{
    struct json *ids = json_array(k->a), *names = json_array(k->a), *variables = json_object(k->a);
    struct str together = STR("");

    for (size_t i = 0; i < drawn; i++) {
        struct str name = json_str(lots[i].expert, "name");
        json_push(ids, json_text(k->a, json_str(lots[i].expert, "id")));
        json_push(names, json_text(k->a, name));
        together = str_fmt(k->a, "%.*s%s%.*s", STR_ARG(together), i > 0 ? "、" : "", STR_ARG(name));
    }
    json_set(k->a, shown, "drawn", ids);
    json_set_text(k->a, data, "names", together);
    json_set_int(k->a, data, "count", (int64_t)drawn);
    json_set(k->a, data, "lot", json_copy(k->a, shown));
    json_set(k->a, variables, "experts", names);
    k->work->variables = variables;
    k->errand.shown = shown;
    enum rc rc = json_whole(variables, err);
    return rc != RC_OK ? rc : json_whole(shown, err);
}

enum rc
chore_draw_experts(struct chore *k, struct err *err)
{
    const struct json *experts = json_get(k->c->config.lists, "experts"), *list = json_get(experts, "list");
    const struct json *text = chore_find_text(k, "errands", STR("experts.draw"));
    struct lot *lots = arena_alloc(k->a, EXPERTS_MAX, sizeof(*lots));
    struct json *shown = json_object(k->a), *data = json_object(k->a);
    size_t wanted = (size_t)json_int_or(experts, "draw", 0), count = 0;
    struct str leaf, all;
    int64_t index;
    enum rc rc;

    if (lots == NULL || text == NULL || !json_is(list, JSON_ARRAY) || list->count > EXPERTS_MAX) {
        return lots == NULL ? err_set(err, RC_LIMIT, "no room for a draw") : err_problem(err, RC_NOT_FOUND, "no-such-list", "there is no list of experts to draw from");
    }
    if ((rc = newest_leaf(k, &index, &leaf, err)) != RC_OK || (rc = json_canonical(k->a, list, &all, err)) != RC_OK ||
        (rc = number_all(k, list, leaf, lots, &count, err)) != RC_OK) {
        return rc;
    }
    if (wanted == 0 || count < wanted) {
        return err_problem(err, RC_INVALID, "too-few-experts", "%zu experts are to be drawn of %zu", wanted, count);
    }
    qsort(lots, count, sizeof(*lots), compare_lots);
    struct hash digest = hash_sha256(all);
    json_set_int(k->a, shown, "lot_of_act", index);
    json_set_int(k->a, shown, "of", (int64_t)count);
    json_set_text(k->a, shown, "list_sha256", hex_of(k->a, hash_str(&digest)));
    k->errand.name = k->work->job.element;
    rc = put_drawn(k, lots, wanted, shown, data, err);
    return rc != RC_OK ? rc : chore_say(k, text, data, err);
}
