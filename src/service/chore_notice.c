/* Somebody is told in writing: the applicant, the officers of the case, or everyone. */
#include "service/chore_int.h"

static const int64_t day_us = INT64_C(86400000000);

static enum rc
say_notice(struct chore *k, struct str key, struct err *err)
{
    const struct json *text = chore_find_text(k, "notices", key);

    k->errand.name = key;
    if (text == NULL) {
        return err_problem(err, RC_NOT_FOUND, "no-such-text", "there are no words for %.*s", STR_ARG(str_sub(key, 0, 60)));
    }
    int64_t days = json_int_or(k->inputs, "days", json_int_or(text, "days", 0));
    if (str_eq(json_str(text, "to"), STR(ERRAND_EVERYONE)) && days > 0) {
        k->errand.until_us = k->work->now_us + days * day_us;
    }
    return chore_say(k, text, NULL, err);
}

enum rc
chore_notice_send(struct chore *k, struct err *err)
{
    return say_notice(k, chore_text(k, "text"), err);
}

/* 公示: shown to everyone for so many days, under the name of the element where the model gives it none. */
enum rc
chore_notice_publish(struct chore *k, struct err *err)
{
    struct str key = chore_text(k, "text");

    return say_notice(k, key.len > 0 ? key : STR("published"), err);
}
