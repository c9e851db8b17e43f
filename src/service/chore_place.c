/*
 * Places by rank, and numbers on a waiting list.
 *
 * Whoever asks for a place is entered on its list; after a while in which others come too, all who wait are settled together, the first by rank first,
 * each to the first of their wishes that has room.  Once settled a place stands.
 */
#include "service/chore_int.h"
#include "service/chore_sql.h"

enum { WISHES_MAX = 8, WAITING_MAX = 20000, PLACES_MAX = 200 };
static const int64_t second_us = 1000000;

struct placing {
    struct chore *k;
    const struct json *list; /* its document */
    struct str key;          /* of it */
    struct str rank, wishes;
    struct str place; /* of this one; "": it waits */
    int64_t entered_us;
    struct json *waiting;          /* [{"i","t","w":[…]}] by rank */
    int64_t room[PLACES_MAX];      /* place by place, what is left */
};

/* --- the list -------------------------------------------------------------------------------------------------------- */

static enum rc
own_row(const struct row *row, void *ctx, struct err *err)
{
    struct placing *p = ctx;

    p->entered_us = row_int(row, 1);
    return row_copy_text(row, 0, p->k->a, &p->place, err);
}

static enum rc
enter_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct placing *p = ctx;
    const struct runtime_job *job = &p->k->work->job;
    enum rc rc = tx_run(tx, &PLACEMENT_ENTER,
                        VALUES(V_INT(job->instance), V_INT(job->token), V_TEXT(p->key), V_TEXT(p->rank), V_TEXT(p->wishes),
                               V_INT(p->k->work->now_us)),
                        NULL, NULL, err);

    return rc != RC_OK ? rc : tx_run(tx, &PLACEMENT_OF, VALUES(V_INT(job->instance), V_INT(job->token)), own_row, p, err);
}

static enum rc
waiting_row(const struct row *row, void *ctx, struct err *err)
{
    struct placing *p = ctx;
    struct json *one = json_object(p->k->a), *wishes;
    enum rc rc = json_parse(p->k->a, row_text(row, 2), JSON_UNIQUE, &wishes, err);

    if (rc == RC_OK) {
        json_set_int(p->k->a, one, "i", row_int(row, 0));
        json_set_int(p->k->a, one, "t", row_int(row, 1));
        json_set(p->k->a, one, "w", json_copy(p->k->a, wishes));
        json_push(p->waiting, one);
    }
    return rc;
}

static struct str
first_with_room(struct placing *p, const struct json *wishes)
{
    const struct json *places = json_get(p->list, "places");

    for (const struct json *w = wishes->first; w != NULL; w = w->next) {
        size_t n = 0;
        for (const struct json *place = places->first; place != NULL; place = place->next, n++) {
            if (str_eq(place->key, w->text) && p->room[n] > 0) {
                p->room[n]--;
                return place->key;
            }
        }
    }
    return STR("-");
}

/* All who wait, at once: whoever is settled with them finds it done. */
static enum rc
settle_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct placing *p = ctx;
    const struct runtime_job *job = &p->k->work->job;
    size_t n = 0;
    enum rc rc = RC_OK;

    p->waiting = json_array(p->k->a);
    for (const struct json *place = json_get(p->list, "places")->first; place != NULL && rc == RC_OK; place = place->next, n++) {
        int64_t taken;
        rc = tx_int(tx, &PLACEMENT_TAKEN, VALUES(V_TEXT(p->key), V_TEXT(place->key)), &taken, err);
        p->room[n] = rc == RC_OK ? json_int_or(place, "room", 0) - taken : 0;
    }
    if (rc != RC_OK || (rc = tx_run(tx, &PLACEMENT_WAITING, VALUES(V_TEXT(p->key), V_INT(WAITING_MAX)), waiting_row, p, err)) != RC_OK ||
        (rc = json_whole(p->waiting, err)) != RC_OK) {
        return rc;
    }
    for (const struct json *one = p->waiting->first; one != NULL && rc == RC_OK; one = one->next) {
        struct str place = first_with_room(p, json_get(one, "w"));
        rc = tx_run(tx, &PLACEMENT_SETTLE, VALUES(V_INT(json_int_or(one, "i", 0)), V_INT(json_int_or(one, "t", 0)), V_TEXT(place)), NULL, NULL, err);
    }
    return rc != RC_OK ? rc : tx_run(tx, &PLACEMENT_OF, VALUES(V_INT(job->instance), V_INT(job->token)), own_row, p, err);
}

/* --- one who asks ------------------------------------------------------------------------------------------------------ */

/* What they wished for, by the list's "wishes", fields of the form; with "else" answered, anywhere that has room. */
static enum rc
wishes_of(struct placing *p, struct err *err)
{
    struct chore *k = p->k;
    const struct json *names = json_get(p->list, "wishes"), *facts = NULL;
    struct json *content, *list = json_array(k->a);
    enum rc rc = RC_OK;

    if (k->has_case && k->item.form != NULL) {
        if ((rc = case_open_content(k->c->config.work, k->a, &k->file, &content, err)) != RC_OK) {
            return rc;
        }
        facts = form_facts(k->item.form, k->a, json_get(content, "values"));
    }
    for (const struct json *n = names != NULL ? names->first : NULL; n != NULL; n = n->next) {
        const struct json *wish = json_get_key(facts, n->text);
        if (json_is(wish, JSON_STRING)) {
            json_push(list, json_text(k->a, wish->text));
        }
    }
    const struct json *anywhere = json_get_key(facts, json_str(p->list, "else"));
    for (const struct json *place = json_is(anywhere, JSON_BOOL) && anywhere->truth ? json_get(p->list, "places")->first : NULL; place != NULL; place = place->next) {
        json_push(list, json_text(k->a, place->key));
    }
    return json_print(k->a, list, &p->wishes, err);
}

static enum rc
say_place(struct placing *p, const struct json *text, struct err *err)
{
    struct chore *k = p->k;
    const struct json *place = json_get_key(json_get(p->list, "places"), p->place);
    struct json *variables = json_object(k->a), *data = json_object(k->a);

    json_set_bool(k->a, variables, "placed", place != NULL);
    json_set_text(k->a, data, "rank", p->rank);
    if (place != NULL) {
        json_set_text(k->a, variables, "place", p->place);
        json_set_text(k->a, data, "place", p->place);
        json_set_text(k->a, data, "place_zh", json_str(place, "zh"));
        json_set_text(k->a, data, "place_en", json_str(place, "en"));
    }
    if (place == NULL && (text = chore_find_text(k, "errands", STR("school.place.none"))) == NULL) {
        return err_problem(err, RC_NOT_FOUND, "no-such-text", "there are no words for a list that is full");
    }
    k->errand.name = p->place;
    k->work->variables = variables;
    enum rc rc = json_whole(variables, err);
    return rc != RC_OK ? rc : chore_say(k, text, data, err);
}

enum rc
chore_place(struct chore *k, struct err *err)
{
    struct placing *p = arena_alloc(k->a, 1, sizeof(*p));
    const struct json *list = json_get(k->c->config.lists, "school.place"), *places = json_get(list, "places");
    const struct json *text = chore_find_text(k, "errands", STR("school.place")), *rank = chore_input(k, "rank");
    enum rc rc;

    if (p == NULL) {
        return err_set(err, RC_LIMIT, "no room for a place");
    }
    if (text == NULL || !json_is(places, JSON_OBJECT) || places->count > PLACES_MAX) {
        return err_problem(err, RC_NOT_FOUND, "no-such-list", "there is no list of places");
    }
    *p = (struct placing){.k = k, .list = list, .key = STR("school.place"),
                          .rank = json_is(rank, JSON_STRING) || json_is(rank, JSON_NUMBER) ? rank->text : STR("~") /* after all others */};
    if ((rc = wishes_of(p, err)) != RC_OK || (rc = store_write(k->db, enter_tx, p, err)) != RC_OK) {
        return rc;
    }
    if (p->place.len == 0 && k->work->now_us < p->entered_us + json_int_or(list, "gather_seconds", 0) * second_us) {
        return err_problem(err, RC_BUSY, "list-open", "others may still come on the list");
    }
    if (p->place.len == 0 && (rc = store_write(k->db, settle_tx, p, err)) != RC_OK) {
        return rc;
    }
    if (p->place.len == 0) {
        return err_set(err, RC_BUSY, "more are waiting than can be settled at once");
    }
    return say_place(p, text, err);
}

/* --- waiting lists -------------------------------------------------------------------------------------------------------- */

/* The next number, which is known only where it is given. */
static enum rc
give_number(struct tx *tx, struct chore *k, struct err *err)
{
    const struct json *text = chore_find_text(k, "errands", STR("housing.queue"));
    struct json *data = json_object(k->a);
    int64_t before;
    enum rc rc = tx_int(tx, &CHORE_COUNT, VALUES(V_TEXT(k->errand.type), V_TEXT(k->errand.name)), &before, err);

    if (rc != RC_OK) {
        return rc;
    }
    json_set_int(k->a, data, "number", before + 1);
    json_set_text(k->a, data, "list", k->errand.name);
    return chore_say(k, text, data, err);
}

enum rc
chore_queue(struct chore *k, struct err *err)
{
    const struct json *list = json_get(k->c->config.lists, "housing.queue"), *facts, *name;
    struct json *content;
    enum rc rc;

    if (!k->has_case || k->item.form == NULL || chore_find_text(k, "errands", STR("housing.queue")) == NULL) {
        return err_problem(err, RC_NOT_FOUND, "no-such-list", "there is no waiting list for this case");
    }
    if ((rc = case_open_content(k->c->config.work, k->a, &k->file, &content, err)) != RC_OK) {
        return rc;
    }
    facts = form_facts(k->item.form, k->a, json_get(content, "values"));
    name = json_get_key(facts, json_str(list, "by"));
    k->errand.name = json_is(name, JSON_STRING) ? name->text : k->file.item;
    k->before = give_number;
    return RC_OK;
}
