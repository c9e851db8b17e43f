/*
 * Work of a case that was handed over to another node, or taken from one: whose it is and since when, what was said both ways and what is not answered yet.  For whoever may
 * see the case; where there is no case here, for supervisors.  The page tells the way between the two nodes as a list in the order of time, with a line for each node.
 */
#include "exchange/handover.h"
#include "process/timekeeper.h"
#include "web/officer_int.h"

enum { ROWS_MAX = 1200 };

struct telling {
    struct page *p;
    const struct json *h; /* one hand-over, as handover_view has it */
    struct str sender, receiver; /* nodes */
    struct str case_no;          /* here */
    size_t number;
    struct json *row[ROWS_MAX];
    int64_t at_us[ROWS_MAX];
    size_t rows;
};

static int64_t
moment(struct str text)
{
    int64_t at_us = 0;
    struct err ignored;

    return instant_parse(text, &at_us, &ignored) == RC_OK ? at_us : 0;
}

/* "handover_state_done" in the reader's language; the name itself if there is no such word. */
static struct str
word_of(const struct page *p, const char *family, struct str name)
{
    const char *key = str_c(p->arena, str_fmt(p->arena, "handover_%s_%.*s", family, STR_ARG(name)));
    struct str word = key != NULL ? page_word(p, key) : STR("");

    return str_eq(word, str_of(key)) ? name : word;
}

/* --- the way ----------------------------------------------------------------------------------------------------------- */

static struct json *
add_row(struct telling *t, struct str at, struct str title)
{
    struct page *p = t->p;
    struct json *row = json_object(p->arena);

    if (t->rows == ROWS_MAX) {
        return NULL;
    }
    json_set_text(p->arena, row, "at", at);
    json_set_text(p->arena, row, "at_text", words_moment_of(p, at));
    json_set_text(p->arena, row, "title", title);
    t->at_us[t->rows] = moment(at);
    t->row[t->rows++] = row;
    return row;
}

/* Which of the two had the time then. */
static bool
was_senders(const struct telling *t, int64_t at_us)
{
    const struct json *times = json_get(t->h, "times");
    bool is_senders = true;

    for (const struct json *s = times != NULL ? times->first : NULL; s != NULL && moment(json_str(s, "from")) <= at_us; s = s->next) {
        is_senders = str_eq(json_str(s, "node"), t->sender);
    }
    return is_senders;
}

/* What crosses from one side to the other; progress stands there as milestones. */
static void
add_letters(struct telling *t)
{
    struct page *p = t->p;
    bool is_sent = str_eq(json_str(t->h, "side"), STR("sent"));
    const struct json *letters = json_get(t->h, "letters");

    for (const struct json *l = letters != NULL ? letters->first : NULL; l != NULL; l = l->next) {
        struct str kind = json_str(l, "kind");
        bool is_out = str_eq(json_str(l, "way"), STR("out")), waits = str_eq(json_str(l, "state"), STR("waiting"));
        bool to_receiver = is_out == is_sent;
        if (str_eq(kind, STR("progress")) && !waits) {
            continue;
        }
        struct json *row = add_row(t, json_str(l, "at"), word_of(p, "said", kind));
        json_set_bool(p->arena, row, to_receiver ? "to_receiver" : "to_sender", true);
        json_set_bool(p->arena, row, "is_before", str_eq(kind, STR("offer")));
        json_set_text(p->arena, row, "to_text", words_node(p, to_receiver ? t->receiver : t->sender));
        if (waits) {
            json_set_bool(p->arena, row, "waits", true);
            json_set_text(p->arena, row, "note", is_out ? page_word(p, "handover_not_answered") : page_word(p, "handover_not_carried_out"));
        }
    }
}

static void
add_milestones(struct telling *t)
{
    struct page *p = t->p;
    const struct json *list = json_get(t->h, "milestones");

    for (const struct json *m = list != NULL ? list->first : NULL; m != NULL; m = m->next) {
        struct json *row = add_row(t, json_str(m, "at"), page_either(p, json_str(m, "zh"), json_str(m, "en")));
        json_set_bool(p->arena, row, "is_there", true);
        json_set_text(p->arena, row, "by_text", words_node(p, t->receiver));
    }
}

/* By time; of one moment in the order in which they were added. */
static void
put_in_order(struct telling *t)
{
    for (size_t n = 1; n < t->rows; n++) {
        struct json *row = t->row[n];
        int64_t at_us = t->at_us[n];
        size_t to = n;
        for (; to > 0 && t->at_us[to - 1] > at_us; to--) {
            t->row[to] = t->row[to - 1];
            t->at_us[to] = t->at_us[to - 1];
        }
        t->row[to] = row;
        t->at_us[to] = at_us;
    }
}

static void
add_now(struct telling *t)
{
    struct page *p = t->p;
    struct str whose = json_str(t->h, "whose");
    bool is_over = json_str(t->h, "closed").len > 0, is_senders = str_eq(whose, t->sender);
    struct json *row = add_row(t, is_over ? json_str(t->h, "closed") : instant_text(p->arena, p->now_us, p->web->offset_minutes),
                               is_over ? word_of(p, "state", json_str(t->h, "state")) : page_word(p, "handover_now"));

    json_set_bool(p->arena, row, "is_now", true);
    json_set_bool(p->arena, row, is_senders ? "is_here" : "is_there", true);
    json_set_text(p->arena, row, "by_text", words_node(p, whose));
    if (!is_over) {
        json_set_text(p->arena, row, "held_text", words_moment_of(p, json_str(t->h, "whose_since")));
    }
}

static void
put_way(struct telling *t, struct json *d)
{
    struct page *p = t->p;
    struct json *way = json_array(p->arena), *first;

    first = add_row(t, json_str(t->h, "opened"), page_word(p, "handover_begun"));
    json_set_bool(p->arena, first, "is_here", true);
    json_set_bool(p->arena, first, "is_before", true);
    json_set_text(p->arena, first, "by_text", words_node(p, t->sender));
    add_letters(t);
    add_milestones(t);
    put_in_order(t);
    add_now(t);
    for (size_t n = 0; n < t->rows; n++) {
        /* Up to the offer it is the sender's, also where all of it came to be in the same second. */
        bool is_senders = json_true(t->row[n], "is_before") || was_senders(t, t->at_us[n]);
        json_set_bool(p->arena, t->row[n], is_senders ? "senders_time" : "receivers_time", true);
        json_push(way, t->row[n]);
    }
    json_set(p->arena, d, "way", way);
}

/* --- beside it ------------------------------------------------------------------------------------------------------------- */

/* What ends with a day is due on that day, not on the next. */
static struct str
due_words(const struct page *p, struct str due)
{
    int64_t at_us = moment(due);

    return at_us > 0 && instant_minute_of_day(at_us, p->web->offset_minutes) == 0
               ? words_day_of(p, day_text(p->arena, instant_day(at_us, p->web->offset_minutes) - 1))
               : words_moment_of(p, due);
}

/* A clock as the other side told it: its title is that of the rule, if that is known here. */
static void
put_clocks(struct telling *t, struct json *d, const char *from, const char *to)
{
    struct page *p = t->p;
    const struct timekeeper *keeper = p->web->keeper;
    struct json *list = json_array(p->arena);
    const struct json *told = json_get(t->h, from);

    for (const struct json *c = told != NULL ? told->first : NULL; c != NULL; c = c->next) {
        const struct timelimit *limit = keeper != NULL ? timelimit_find(keeper->limits, json_str(c, "rule"), p->today) : NULL;
        struct json *one = json_object(p->arena);
        struct str did = json_str(c, "did");
        json_set_text(p->arena, one, "title", limit != NULL ? page_either(p, limit->zh, limit->en) : json_str(c, "clock"));
        json_set_text(p->arena, one, "did_text", word_of(p, "clock", did));
        json_set_text(p->arena, one, "colour", str_eq(did, STR("stop"))    ? STR("done")
                                               : str_eq(did, STR("pause")) ? STR("paused")
                                               : json_true(c, "late")      ? STR("red")
                                                                           : STR("green"));
        json_set_text(p->arena, one, "due_text", due_words(p, json_str(c, "due")));
        json_push(list, one);
    }
    json_set(p->arena, d, to, list);
}

static void
put_materials(struct telling *t, struct json *d)
{
    struct page *p = t->p;
    struct json *list = json_array(p->arena);
    const struct json *found = json_get(t->h, "materials");
    bool may_open = str_eq(json_str(t->h, "side"), STR("taken")) && p->who.role == ROLE_OFFICER;

    for (const struct json *m = found != NULL ? found->first : NULL; m != NULL; m = m->next) {
        struct json *one = json_object(p->arena);
        int64_t bytes = json_int_or(m, "bytes", 0);
        json_set_text(p->arena, one, "name", json_str(m, "name").len > 0 ? json_str(m, "name") : json_str(m, "id"));
        json_set_text(p->arena, one, "size_text", str_fmt(p->arena, "%.*s KB", STR_ARG(words_number(p->arena, (bytes + 1023) / 1024))));
        if (may_open && json_str(t->h, "closed").len == 0) {
            json_set_text(p->arena, one, "url", str_fmt(p->arena, "/cases/%.*s/handovers/%zu/%.*s", STR_ARG(t->case_no), t->number,
                                                        STR_ARG(json_str(m, "id"))));
        }
        json_set_text(p->arena, one, "kept_text", json_true(m, "kept") ? page_word(p, "handover_kept") : STR(""));
        json_push(list, one);
    }
    json_set(p->arena, d, "materials", list);
    json_set_bool(p->arena, d, "has_materials", list != NULL && list->count > 0);
}

static void
put_result(struct telling *t, struct json *d)
{
    struct page *p = t->p;
    const struct json *result = json_get(t->h, "result");
    struct json *one = json_object(p->arena);

    if (!json_is(result, JSON_OBJECT)) {
        return;
    }
    json_set_text(p->arena, one, "outcome_text", word_of(p, "state", json_str(result, "outcome")));
    json_set_text(p->arena, one, "reason", json_str(result, "reason").len > 0 ? json_str(result, "reason") : json_str(result, "code"));
    json_set_text(p->arena, one, "certificate", json_str(json_get(result, "certificate"), "number"));
    json_set(p->arena, d, "result", one);
}

/* Nobody reads codes of problems; what they mean here is that it waits, and that nothing is lost. */
static void
put_away(struct telling *t, struct json *d)
{
    struct page *p = t->p;
    struct json *away = json_object(p->arena);
    struct str since = words_moment_of(p, json_str(t->h, "away_since")), node = words_node(p, json_str(t->h, "peer"));
    long long waiting = (long long)json_int_or(t->h, "waiting", 0);

    if (json_str(t->h, "away_since").len == 0) {
        return;
    }
    json_set_text(p->arena, away, "title",
                  str_eq(p->lang, STR("en")) ? str_fmt(p->arena, "%.*s cannot be reached since %.*s", STR_ARG(node), STR_ARG(since))
                           : str_fmt(p->arena, "从 %.*s 起联系不上%.*s", STR_ARG(since), STR_ARG(node)));
    bool is_en = str_eq(p->lang, STR("en"));
    json_set_text(p->arena, away, "waiting_text",
                  waiting == 0 ? page_word(p, "handover_not_yet")
                  : is_en      ? str_fmt(p->arena, "Messages that wait: %lld.", waiting)
                               : str_fmt(p->arena, "有 %lld 条消息在等。", waiting));
    json_set(p->arena, d, "away", away);
}

static struct json *
tell(struct page *p, const struct json *h, struct str case_no, size_t number)
{
    struct telling *t = arena_alloc(p->arena, 1, sizeof(*t));
    struct json *d = json_object(p->arena);
    bool is_sent = str_eq(json_str(h, "side"), STR("sent"));
    struct str peer = json_str(h, "peer"), whose = json_str(h, "whose");

    if (t == NULL) {
        return NULL;
    }
    t->p = p;
    t->h = h;
    t->case_no = case_no;
    t->number = number;
    t->sender = is_sent ? p->web->node : peer;
    t->receiver = is_sent ? peer : p->web->node;
    bool is_over = json_str(h, "closed").len > 0;
    json_set_int(p->arena, d, "number", (int64_t)number);
    json_set_text(p->arena, d, "id", json_str(h, "id"));
    json_set_bool(p->arena, d, "is_sent", is_sent);
    json_set_bool(p->arena, d, "is_over", is_over);
    json_set_text(p->arena, d, "sender_text", words_node(p, t->sender));
    json_set_text(p->arena, d, "receiver_text", words_node(p, t->receiver));
    json_set_text(p->arena, d, "mode_text", word_of(p, "mode", json_str(h, "mode")));
    json_set_text(p->arena, d, "state_text", word_of(p, "state", json_str(h, "state")));
    json_set_text(p->arena, d, "whose_text", words_node(p, whose));
    json_set_text(p->arena, d, "since_text", words_moment_of(p, json_str(h, "whose_since")));
    json_set_text(p->arena, d, "basis", json_str(h, "basis"));
    json_set_text(p->arena, d, "peer_case", json_str(h, "peer_case"));
    json_set_text(p->arena, d, "peer_text", words_node(p, peer));
    json_set_bool(p->arena, d, "is_suspended", json_true(h, "suspended"));
    put_away(t, d);
    put_way(t, d);
    put_clocks(t, d, "sender_clocks", "sender_clocks");
    put_clocks(t, d, "clocks", "receiver_clocks");
    put_materials(t, d);
    put_result(t, d);
    return d;
}

/* --- doors --------------------------------------------------------------------------------------------------------------------- */

/* *found stays NULL where there is no case here, which supervisors may look at all the same. */
static enum rc
look_up(struct page *p, struct json **found, struct json **list, struct err *err)
{
    struct casework work = page_casework(p);
    enum rc rc = case_document(&work, &p->db, p->arena, p->param[0], &p->who, p->now_us, p->lang, found, err);
    struct str case_no = p->param[0];

    if (rc == RC_NOT_FOUND && p->who.role != ROLE_CITIZEN && officer_has_role(&p->who.officer, ROLE_SUPERVISOR)) {
        rc = RC_OK;
        *found = NULL;
    }
    if (rc == RC_OK && *found != NULL) {
        case_no = json_str(*found, "case_no");
    }
    *list = json_array(p->arena);
    return rc == RC_OK && p->web->handovers != NULL ? handover_view(p->web->handovers, &p->db, p->arena, case_no, list, err) : rc;
}

static void
tell_all(struct page *p, const struct json *found, struct str case_no, const struct json *list)
{
    struct json *told = json_array(p->arena);
    size_t number = 0;

    if (found != NULL) {
        words_back(p, p->who.role == ROLE_CITIZEN ? json_str(found, "url") : STR("/desk"), json_str(found, "name"));
    } else {
        words_back(p, STR("/desk"), page_word(p, "nav_desk_officer"));
    }
    for (const struct json *h = list->first; h != NULL; h = h->next) {
        json_push(told, tell(p, h, case_no, ++number));
    }
    json_set_bool(p->arena, p->document, "has_handovers", list->count > 0);
    json_set_bool(p->arena, p->document, "has_many", list->count > 1);
    json_set(p->arena, p->document, "handovers", told);
}

/* An officer who looks leaves a trace, as everywhere. */
static enum rc
record(struct page *p, const struct json *found, struct str case_no, struct err *err)
{
    struct json *detail = json_object(p->arena);

    json_set_text(p->arena, detail, "why", STR("handover"));
    return p->who.role == ROLE_CITIZEN ? RC_OK : page_act(p, ACT_VIEW, case_no, json_str(found, "subject"), STR(""), detail, err);
}

/* Both doors: a page, and what handover_view says for programs. */
enum rc
handovers_case(struct page *p, struct err *err)
{
    struct json *found = NULL, *list = NULL;
    enum rc rc = look_up(p, &found, &list, err);

    if (rc != RC_OK) {
        return rc;
    }
    struct str case_no = found != NULL ? json_str(found, "case_no") : p->param[0];
    if ((rc = record(p, found, case_no, err)) != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, p->document, "case_no", case_no);
    if (p->route->template_name != NULL) {
        tell_all(p, found, case_no, list);
    } else {
        json_set(p->arena, p->document, "handovers", list);
    }
    return json_whole(p->document, err);
}

/* A file of what was taken, opened by an officer who may see the case: fetched if it is not here yet. */
enum rc
handovers_material(struct page *p, struct err *err)
{
    struct json *found = NULL, *list = NULL, *detail = json_object(p->arena);
    int64_t number = 0;
    struct str sha256;
    enum rc rc = look_up(p, &found, &list, err);

    if (rc != RC_OK) {
        return rc;
    }
    const struct json *h = str_to_int(p->param[1], &number) ? list->first : NULL;
    for (int64_t n = 1; h != NULL && n < number; n++) {
        h = h->next;
    }
    if (h == NULL || number < 1 || !str_eq(json_str(h, "side"), STR("taken"))) {
        return err_problem(err, RC_NOT_FOUND, "material-missing", "no such hand-over was taken here");
    }
    if ((rc = handover_fetch(p->web->handovers, p->loop->gate, p->call->task, p->arena, json_str(h, "id"), p->param[2], p->who.actor, &sha256,
                             err)) != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, detail, "material", sha256);
    if ((rc = page_act(p, ACT_VIEW, json_str(h, "case_no"), json_str(found, "subject"), STR("material"), detail, err)) != RC_OK) {
        return rc;
    }
    return officer_send_material(p, sha256, err);
}

enum rc
handovers_put_url(struct page *p, struct str case_no, struct err *err)
{
    int64_t count = 0;
    enum rc rc = p->web->handovers != NULL ? handover_count(&p->db, case_no, &count, err) : RC_OK;

    if (rc == RC_OK && count > 0) {
        json_set_text(p->arena, p->document, "handovers_url", str_fmt(p->arena, "/cases/%.*s/handovers", STR_ARG(case_no)));
    }
    return rc;
}
