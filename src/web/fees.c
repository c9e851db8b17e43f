/*
 * What an item costs, for the guide and before signing: calculated by the rule that the item names, with the reason.
 */
#include "web/handlers.h"

static struct str
yuan_text(struct arena *a, int64_t cents)
{
    return cents % 100 == 0 ? str_fmt(a, "%lld", (long long)(cents / 100))
                            : str_fmt(a, "%lld.%02lld", (long long)(cents / 100), (long long)(cents % 100));
}

static void
put_reason(struct page *p, struct json *d, const struct counsel_answer *answer)
{
    if (answer->version > 0) {
        json_set_text(p->arena, d, "fee_why", page_either(p, json_str(answer->reasons, "zh"), json_str(answer->reasons, "en")));
        json_set_text(p->arena, d, "fee_rule", answer->rule);
        json_set_int(p->arena, d, "fee_version", answer->version);
    }
}

/* One row for each situation that the item's document lists under "fees". */
static enum rc
put_situations(struct page *p, const struct case_ruling *r, struct err *err)
{
    const struct json *given = json_get(r->item->document, "fees");
    struct json *list = json_array(p->arena);
    enum rc rc;

    for (const struct json *g = given != NULL ? given->first : NULL; g != NULL; g = g->next) {
        struct case_fee fee;
        struct json *row = json_object(p->arena);
        if ((rc = case_fee(r, p->arena, json_get(g, "fee"), &fee, err)) != RC_OK) {
            return rc;
        }
        json_set_text(p->arena, row, "title", item_word(g, "title", p->lang));
        json_set_int(p->arena, row, "cents", fee.cents);
        json_set_text(p->arena, row, "text", yuan_text(p->arena, fee.cents));
        json_push(list, row);
    }
    json_set(p->arena, p->document, "fee_list", list);
    return RC_OK;
}

enum rc
fees_put(struct page *p, const struct item *item, const struct json *values, struct err *err)
{
    struct casework work = page_casework(p);
    const struct case_ruling r = {.work = &work, .db = &p->db, .item = item, .values = values, .now_us = p->now_us, .day = p->today};
    struct case_fee fee;
    enum rc rc = case_fee(&r, p->arena, json_get(item->document, "fee"), &fee, err);

    if (rc != RC_OK) {
        return rc;
    }
    json_set_int(p->arena, p->document, "fee", fee.cents);
    if (fee.cents > 0) {
        json_set_int(p->arena, p->document, "fee_cents", fee.cents);
        json_set_text(p->arena, p->document, "fee_text", yuan_text(p->arena, fee.cents));
    } else {
        json_set_bool(p->arena, p->document, "fee_cents", false);
    }
    put_reason(p, p->document, &fee.answer);
    return put_situations(p, &r, err);
}
