/* Names for readers of two languages. */
#include "rule/naming_int.h"

bool
naming_is_ascii(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.ptr[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

struct str
naming_fitting(struct str name, struct str label, bool is_chinese)
{
    bool is_name = naming_is_ascii(name) != naming_is_ascii(label) && naming_is_ascii(name) != is_chinese;

    return label.len == 0 || (is_name && name.len > 0) ? name : label;
}

struct str
naming_node(const struct dmn *m, struct str name, bool is_chinese)
{
    for (size_t i = 0; i < m->items; i++) {
        if (str_eq(m->item[i]->info.name, name)) {
            return naming_fitting(name, m->item[i]->info.label, is_chinese);
        }
    }
    return name;
}

struct str
naming_input(const struct dmn *m, const struct dmn_input *input, bool is_chinese)
{
    bool has_own = input->label.len > 0 && !str_eq(input->label, input->expression.text);

    return has_own ? input->label : naming_node(m, str_trim(input->expression.text), is_chinese);
}
