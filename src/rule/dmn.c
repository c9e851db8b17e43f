#include "rule/dmn_int.h"

struct str
dmn_name(const struct dmn *m)
{
    return m->name;
}

struct str
dmn_namespace(const struct dmn *m)
{
    return m->name_space;
}

size_t
dmn_count(const struct dmn *m)
{
    return m->items;
}

struct dmn_node_info
dmn_node(const struct dmn *m, size_t index)
{
    CHECK(index < m->items);
    return m->item[index]->info;
}

size_t
dmn_slips(const struct dmn *m, const struct dmn_slip **out)
{
    *out = m->slip;
    return m->slips;
}

const struct dmn_item *
dmn_find_item(const struct dmn *m, struct str name, unsigned kinds)
{
    size_t low = 0, high = m->all;

    while (low < high) { /* to the first of that name; others may be called the same by a coincidence of prefixes */
        size_t middle = low + (high - low) / 2;
        if (str_cmp(m->sorted[middle]->called, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < m->all && str_eq(m->sorted[low]->called, name); low++) {
        if ((kinds & 1u << m->sorted[low]->info.kind) != 0) {
            return m->sorted[low];
        }
    }
    return NULL;
}

const struct dmn_decision *
dmn_find_decision(const struct dmn *m, struct str name)
{
    const struct dmn_item *item = dmn_find_item(m, name, 1u << DMN_DECISION);

    return item != NULL ? item->plan : NULL;
}

enum rc
dmn_inputs(struct arena *a, const struct dmn *m, struct str decision, const struct str **name, size_t *count, struct err *err)
{
    const struct dmn_item *item = dmn_find_item(m, decision, 1u << DMN_DECISION | 1u << DMN_SERVICE);

    if (item == NULL) {
        return err_set(err, RC_NOT_FOUND, "no decision or service %.*s", STR_ARG(decision));
    }
    bool is_service = item->info.kind == DMN_SERVICE;
    size_t many = is_service ? item->parameters : item->plan->inputs;
    struct str *list = arena_alloc(a, many, sizeof(*list));
    if (list == NULL) {
        return err_set(err, RC_LIMIT, "the names of the inputs do not fit");
    }
    for (size_t i = 0; i < many; i++) {
        list[i] = is_service ? item->parameter[i]->called : item->plan->input[i]->called;
    }
    *name = list;
    *count = many;
    return RC_OK;
}
