#include "rule/syntax.h"

struct feel_place
feel_place(struct str text, size_t at)
{
    struct feel_place place = {1, 1};
    struct str rest = str_sub(text, 0, at);

    for (size_t i = 0; i < rest.len; i++) {
        if (rest.ptr[i] == '\n') {
            place.line++;
            place.column = 1;
        } else if (((unsigned char)rest.ptr[i] & 0xC0) != 0x80) {
            place.column++;
        }
    }
    return place;
}

static bool
node_equal(const struct feel_tree *a, uint32_t i, const struct feel_tree *b, uint32_t j)
{
    const struct feel_node *m = &a->node[i], *n = &b->node[j];

    if (m->kind != n->kind || ((m->flags ^ n->flags) & ~FEEL_BRACKETS) != 0 ||
        m->depth != n->depth || m->slot != n->slot || m->count != n->count ||
        !str_eq(m->text, n->text)) {
        return false;
    }
    i = m->first;
    j = n->first;
    while (i != 0 && j != 0) {
        if (!node_equal(a, i, b, j)) {
            return false;
        }
        i = a->node[i].next;
        j = b->node[j].next;
    }
    return i == 0 && j == 0;
}

bool
feel_tree_equal(const struct feel_tree *a, const struct feel_tree *b)
{
    return node_equal(a, a->root, b, b->root);
}
