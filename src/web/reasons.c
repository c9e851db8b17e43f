/*
 * What rules of law said in a case: which rule, in which version, and the reason in sentences, for those whom the case concerns.
 */
#include "web/handlers.h"

/* As people call it; by its key where it is not in the rulebook (any more). */
static struct str
name_of(struct page *p, struct str rule)
{
    struct rule_model m;
    struct err ignored;
    bool is_known = rule_model_get(&p->db, p->arena, RULE_DMN, rule, &m, &ignored) == RC_OK;

    return is_known ? page_either(p, m.name_zh, m.name_en) : rule;
}

enum rc
reasons_put(struct page *p, struct str case_no, struct err *err)
{
    struct json *said, *list = json_array(p->arena);
    enum rc rc;

    if (p->web->rulings == NULL) {
        return RC_OK;
    }
    if ((rc = ruling_of_case(p->web->rulings, &p->db, p->arena, case_no, &said, err)) != RC_OK) {
        return rc;
    }
    for (const struct json *s = said->first; s != NULL; s = s->next) {
        const struct json *reasons = json_get(s, "reasons");
        struct json *entry = json_object(p->arena);
        json_set_text(p->arena, entry, "rule", json_str(s, "rule"));
        json_set_text(p->arena, entry, "rule_name", name_of(p, json_str(s, "rule")));
        json_set_text(p->arena, entry, "decision", json_str(s, "decision"));
        json_set_int(p->arena, entry, "version", json_int_or(s, "version", 0));
        json_set_int(p->arena, entry, "act", json_int_or(s, "act", -1));
        json_set_text(p->arena, entry, "at_text", words_moment_of(p, json_str(s, "at")));
        json_set_text(p->arena, entry, "text", page_either(p, json_str(reasons, "zh"), json_str(reasons, "en")));
        json_push(list, entry);
    }
    if (said->count > 0) {
        json_set_bool(p->arena, p->document, "has_rules", true);
        json_set(p->arena, p->document, "rules", list);
    }
    return RC_OK;
}
