/*
 * counsel - rules of law are asked through this: those who decide name a rule and give it facts, and need not know how rules are
 * kept or calculated.
 *
 * What is asked stands in data beside what it is for: in an item, a part, a grant, a guide.
 *
 *     {"key":"deadlines","decision":"期限","inputs":{"事项":"part.item","统一办理":false,"情形":{"is":"first"}}}
 *
 * "outputs":{"days":"法定天数"} may say what members of the result are called where it is used.
 *
 * An input that is a text is a path into the facts of the moment, {"is":…} is that itself, and so is anything else.  A path that
 * leads nowhere is null, of which a rule makes what it says of null; {"from":path,"else":value} says what it is instead.
 */
#ifndef PROCESS_COUNSEL_H
#define PROCESS_COUNSEL_H

#include "base/json.h"
#include "store/store.h"

enum { COUNSEL_INPUTS_MAX = 64 };

struct counsel_question {
    struct str rule, decision;
    const struct json *inputs;  /* name → value */
    const struct json *sources; /* name → {"zh","en"}: where it came from; may lack some */
    int64_t now_us;
    int32_t day; /* whose rules are asked */
};
struct counsel_answer {
    struct str rule, decision;
    int64_t version; /* of the rule; 0: nobody was asked */
    const struct json *inputs; /* what it was asked with */
    const struct json *result;
    const struct json *reasons; /* rule/explain.h: {"steps":[…],"zh","en"} */
};

/* Who answers; a struct of whoever does begins with one. */
struct counsel {
    /* RC_NOT_FOUND, type "no-rule-in-force": no such rule on that day. */
    enum rc (*ask)(const struct counsel *c, const struct db *db, struct arena *a, const struct counsel_question *q,
                   struct counsel_answer *out, struct err *err);
    /* Keeps an answer with the act that used it. */
    enum rc (*keep)(const struct counsel *c, struct tx *tx, struct arena *a, const struct counsel_answer *answer, struct str case_no,
                    struct str subject, int64_t act, int64_t now_us, struct err *err);
};

/* RC_INVALID if it is none: to be asked once, when such a binding is loaded. */
MUST_USE enum rc counsel_check(const struct json *binding, struct err *err);

/* facts: what is known, by name; sources: path, or its first name, → {"zh","en"}; may be NULL. */
struct counsel_facts {
    const struct json *values;
    const struct json *sources;
    int64_t now_us;
    int32_t day;
};
MUST_USE enum rc counsel_ask(const struct counsel *c, const struct db *db, struct arena *a, const struct json *binding,
                             const struct counsel_facts *facts, struct counsel_answer *out, struct err *err);
/* The result under the names of the binding's "outputs", of a list item by item; as it is, if it has none.  NULL past the arena's limit. */
struct json *counsel_named(struct arena *a, const struct json *binding, const struct json *result);
/* Does nothing with an answer that nobody gave. */
MUST_USE enum rc counsel_keep(const struct counsel *c, struct tx *tx, struct arena *a, const struct counsel_answer *answer,
                              struct str case_no, struct str subject, int64_t act, int64_t now_us, struct err *err);

#endif
