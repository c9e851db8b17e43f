/*
 * Clocks for people: how much is left, until when, whose time it is, what it stands for, and where the rule comes from.
 */
#include "process/timekeeper_view.h"

#include "base/clock.h"
#include "process/timekeeper_int.h"
#include "process/timekeeper_sql.h"

enum { VIEW_MAX = 200 };

const char *
watch_colour_name(enum watch_colour colour)
{
    static const char *const names[] = {"green", "yellow", "red", "paused", "done"};

    CHECK((int)colour >= 0 && (size_t)colour < sizeof(names) / sizeof(names[0]));
    return names[colour];
}

static const struct timelimit_warning *
warnings_of(const struct timekeeper *k, const struct watch *w, size_t *count)
{
    const struct timelimit *l = watch_limit(k, w);

    if (l == NULL) {
        return timelimit_warnings(k->limits, count);
    }
    *count = l->warnings;
    return l->warning;
}

static enum watch_colour
colour_of(const struct timekeeper *k, const struct watch *w, const struct calendar *c, int64_t now_us)
{
    int64_t moment = watch_moment(k, w, now_us), used = stopwatch_used(&w->time, c, moment);
    size_t count;
    const struct timelimit_warning *warning = warnings_of(k, w, &count);

    if (stopwatch_is_over(&w->time, moment)) {
        return WATCH_RED;
    }
    if (w->time.state != STOPWATCH_RUNNING) {
        return w->time.state == STOPWATCH_PAUSED ? WATCH_STANDS : WATCH_DONE;
    }
    for (size_t i = 0; i < count; i++) {
        int64_t threshold = stopwatch_threshold(&w->time, &warning[i]);
        if (warning[i].is_yellow && threshold > 0 && threshold <= used) {
            return WATCH_YELLOW;
        }
    }
    return WATCH_GREEN;
}

enum rc
watch_colour(const struct timekeeper *k, const struct watch *w, int64_t now_us, enum watch_colour *out, struct err *err)
{
    struct almanac_page page;
    enum rc rc = almanac_at(k->almanac, w->region, &page, err);

    if (rc == RC_OK) {
        *out = colour_of(k, w, page.calendar, now_us);
    }
    return rc;
}

/* --- words ------------------------------------------------------------------------------------------------------------ */

/* What could not be made for lack of memory; it is never shown, see set_made. */
static const struct str nothing_left = {NULL, 0};

/* Months run in days once they have begun. */
static enum timelimit_unit
shown_unit(const struct watch *w)
{
    return w->time.terms.unit == UNIT_MONTH ? UNIT_NATURAL_DAY : w->time.terms.unit;
}

/* Units, of hours the whole ones. */
static int64_t
in_units(const struct watch *w, int64_t count)
{
    return w->time.terms.unit == UNIT_HOUR ? count / (INT64_C(3600) * 1000000) : count;
}

static struct str
amount(struct arena *a, const struct watch *w, int64_t count, struct str lang)
{
    int64_t units = in_units(w, count), minutes = w->time.terms.unit == UNIT_HOUR ? count / 60000000 % 60 : 0;
    struct str word = timelimit_unit_word(shown_unit(w), lang, units);

    if (minutes != 0) {
        return str_fmt(a, str_eq(lang, STR("en")) ? "%lld %.*s %lld minutes" : "%lld %.*s %lld 分", (long long)units, STR_ARG(word),
                       (long long)minutes);
    }
    return str_fmt(a, "%lld %.*s", (long long)units, STR_ARG(word));
}

static struct str
reason_words(const struct timekeeper *k, struct arena *a, const struct watch *w, bool is_english)
{
    struct str rest = w->reasons, part;
    struct buf b;
    struct err err;
    struct str out;

    buf_init(&b, a, 4096);
    while (str_next(&rest, ',', &part)) {
        const struct timelimit_reason *r = timelimit_reason_by_key(k->limits, part);
        buf_put(&b, b.len == 0 ? STR("") : is_english ? STR(", ") : STR("、"));
        buf_put(&b, r == NULL ? part : is_english ? r->en : r->zh);
    }
    return buf_finish(&b, &out, &err) == RC_OK ? out : nothing_left;
}

/* before, how much, behind: each language puts them together its own way. */
static struct str
sentence(const struct timekeeper *k, struct arena *a, const struct watch *w, const struct calendar *c, int64_t now_us, struct str lang)
{
    bool is_english = str_eq(lang, STR("en")), is_stopped = w->time.state == STOPWATCH_STOPPED;
    int64_t moment = watch_moment(k, w, now_us), left = stopwatch_left(&w->time, c, moment);
    struct str many = amount(a, w, left < 0 ? -left : left, lang);

    if (many.ptr == NULL) {
        return nothing_left;
    }
    if (stopwatch_is_over(&w->time, moment)) {
        if (in_units(w, left) == 0) {
            return is_english ? STR("Over") : STR("已超期");
        }
        return is_english ? str_fmt(a, "%.*s %s", STR_ARG(many), is_stopped ? "late" : "over")
                          : str_fmt(a, "%s %.*s", is_stopped ? "办结时超期" : "已超期", STR_ARG(many));
    }
    if (is_stopped) {
        return is_english ? STR("Done in time") : STR("未超期");
    }
    if (w->time.state == STOPWATCH_PAUSED) {
        struct str why = reason_words(k, a, w, is_english);
        if (why.ptr == NULL) {
            return nothing_left;
        }
        return is_english ? str_fmt(a, "The clock stands: %.*s. %.*s left", STR_ARG(why), STR_ARG(many))
                          : str_fmt(a, "时钟已停：%.*s；还剩 %.*s", STR_ARG(why), STR_ARG(many));
    }
    if (left == 0) {
        return is_english ? STR("Due today") : STR("今天到期");
    }
    return is_english ? str_fmt(a, "%.*s left", STR_ARG(many)) : str_fmt(a, "还剩 %.*s", STR_ARG(many));
}

/* --- documents ---------------------------------------------------------------------------------------------------------- */

/* A text that was put together: without memory for it the document is lost, not short of a word. */
static void
set_made(struct arena *a, struct json *d, const char *name, struct str text)
{
    json_set_key(a, d, str_of(name), text.ptr != NULL ? json_text(a, text) : NULL);
}

static void
set_both(struct arena *a, struct json *d, const char *name, struct str zh, struct str en)
{
    struct str names[2] = {str_fmt(a, "%s_zh", name), str_fmt(a, "%s_en", name)};

    json_set_key(a, d, names[0], names[0].ptr != NULL ? json_text(a, zh) : NULL);
    json_set_key(a, d, names[1], names[1].ptr != NULL ? json_text(a, en) : NULL);
}

static void
set_word(const struct timekeeper *k, struct arena *a, struct json *d, const char *name, const char *group, struct str code)
{
    json_set_text(a, d, name, code);
    set_both(a, d, name, timelimit_word(k->limits, group, code, STR("zh")), timelimit_word(k->limits, group, code, STR("en")));
}

static const struct timelimit_reason *
first_reason(const struct timekeeper *k, const struct watch *w)
{
    struct str rest = w->reasons, part = STR("");

    return str_next(&rest, ',', &part) ? timelimit_reason_by_key(k->limits, part) : NULL;
}

/* What the table of limits says; a row that it does not know any more is named by its key alone. */
static void
set_rule(const struct timekeeper *k, struct arena *a, struct json *d, const struct watch *w)
{
    const struct timelimit *l = watch_limit(k, w);
    const struct timelimit_reason *r = w->time.state == STOPWATCH_PAUSED ? first_reason(k, w) : NULL;

    json_set_text(a, d, "rule", w->rule);
    set_both(a, d, "title", l != NULL ? l->zh : w->rule, l != NULL ? l->en : w->rule);
    json_set_text(a, d, "silence", str_of(timelimit_silence_name(w->silence)));
    if (l != NULL) {
        set_word(k, a, d, "owner", "owners", r != NULL ? r->owner : l->owner);
        json_set_text(a, d, "source", l->source);
        set_word(k, a, d, "evidence", "evidence", l->evidence);
        json_set_text(a, d, "note", l->note);
    }
}

static void
set_time(const struct timekeeper *k, struct arena *a, struct json *d, const struct watch *w, const struct calendar *c, int64_t now_us)
{
    int64_t moment = watch_moment(k, w, now_us);
    bool provisional = w->time.provisional;
    int64_t due = stopwatch_due_from(&w->time, c, moment, &provisional);
    int64_t due_us = stopwatch_end_us(w->time.terms.unit, due, k->offset_minutes);
    enum watch_colour colour = colour_of(k, w, c, now_us);

    json_set_text(a, d, "state", str_of(stopwatch_state_name(w->time.state)));
    json_set_text(a, d, "colour", str_of(watch_colour_name(colour)));
    json_set_bool(a, d, "public", colour == WATCH_RED && w->silence != SILENCE_NOTHING && w->silence != SILENCE_LAPSED);
    json_set_text(a, d, "unit", str_of(timelimit_unit_name(w->time.terms.unit)));
    json_set_int(a, d, "value", w->time.terms.value);
    json_set_int(a, d, "extra", w->time.extra);
    json_set_int(a, d, "total", in_units(w, stopwatch_total(&w->time)));
    json_set_int(a, d, "used", in_units(w, stopwatch_used(&w->time, c, moment)));
    json_set_int(a, d, "left", in_units(w, stopwatch_left(&w->time, c, moment)));
    json_set_text(a, d, "left_unit", str_of(timelimit_unit_name(shown_unit(w))));
    set_made(a, d, "text_zh", sentence(k, a, w, c, now_us, STR("zh")));
    set_made(a, d, "text_en", sentence(k, a, w, c, now_us, STR("en")));
    set_made(a, d, "due", day_text(a, instant_day(w->time.terms.unit == UNIT_HOUR ? due_us : due_us - 1, k->offset_minutes)));
    set_made(a, d, "due_at", instant_text(a, due_us, k->offset_minutes));
    json_set_int(a, d, "due_us", due_us);
    json_set_bool(a, d, "provisional", provisional);
    json_set_text(a, d, "calendar", w->calendar);
}

static struct json *
document(const struct timekeeper *k, struct arena *a, const struct watch *w, const struct calendar *c, int64_t now_us)
{
    static const char *const kinds[][2] = {{"承诺时限", "Promised"}, {"法定时限", "By law"}, {"联合办理时限", "Joint"},
                                           {"部门时限", "Of the department"}};
    struct json *d = json_object(a);

    CHECK((size_t)w->kind < sizeof(kinds) / sizeof(kinds[0]));
    json_set_int(a, d, "id", w->id);
    json_set_text(a, d, "case_no", w->case_no);
    json_set_int(a, d, "instance", w->instance);
    json_set_text(a, d, "name", w->name);
    json_set_text(a, d, "kind", str_of(gov_clock_kind_name(w->kind)));
    set_both(a, d, "kind", str_of(kinds[w->kind][0]), str_of(kinds[w->kind][1]));
    json_set_text(a, d, "org", w->org);
    json_set_text(a, d, "part", w->part);
    set_rule(k, a, d, w);
    set_time(k, a, d, w, c, now_us);
    if (w->over_us != 0) {
        json_set_int(a, d, "over_us", w->over_us);
        set_made(a, d, "over_at", instant_text(a, w->over_us, k->offset_minutes));
    }
    return d;
}

enum rc
watch_document(const struct timekeeper *k, struct arena *a, const struct watch *w, int64_t now_us, struct json **out, struct err *err)
{
    struct almanac_page page;
    enum rc rc = almanac_at(k->almanac, w->region, &page, err);

    if (rc == RC_OK) {
        struct json *d = document(k, a, w, page.calendar, now_us);
        if ((rc = json_whole(d, err)) == RC_OK) {
            *out = d;
        }
    }
    return rc;
}

/* --- logs ------------------------------------------------------------------------------------------------------------------ */

struct entries {
    const struct timekeeper *keeper;
    struct arena *arena;
    struct json *list;
};

static enum rc
entry_row(const struct row *row, void *ctx, struct err *err)
{
    struct entries *e = ctx;
    struct arena *a = e->arena;
    struct json *d = json_object(a);
    const struct timelimit_reason *r = timelimit_reason_by_key(e->keeper->limits, row_text(row, 5));
    int offset = e->keeper->offset_minutes;

    (void)err;
    json_set_int(a, d, "entry", row_int(row, 0));
    json_set_text(a, d, "did", row_text(row, 1));
    set_made(a, d, "at", instant_text(a, row_int(row, 2), offset));
    json_set_int(a, d, "amount", row_int(row, 4));
    json_set_text(a, d, "reason", row_text(row, 5));
    if (r != NULL) {
        set_both(a, d, "reason", r->zh, r->en);
        set_word(e->keeper, a, d, "evidence", "evidence", r->evidence);
    }
    json_set_text(a, d, "basis", row_text(row, 6));
    json_set_text(a, d, "document", row_text(row, 7));
    if (row_int(row, 8) != 0) {
        set_made(a, d, "told_at", instant_text(a, row_int(row, 8), offset));
    }
    json_set_text(a, d, "actor", row_text(row, 9));
    json_set_text(a, d, "words", row_text(row, 10));
    set_made(a, d, "due_at", instant_text(a, row_int(row, 12), offset));
    json_set_bool(a, d, "provisional", row_int(row, 13) != 0);
    json_set_text(a, d, "calendar", row_text(row, 14));
    json_push(e->list, d);
    return RC_OK;
}

enum rc
timekeeper_log(const struct db *db, struct arena *a, const struct timekeeper *k, int64_t id, struct json **out, struct err *err)
{
    struct entries e = {k, a, json_array(a)};
    enum rc rc = store_read(db, &CLOCK_LOG_OF, VALUES(V_INT(id)), entry_row, &e, err);

    if (rc == RC_OK && (rc = json_whole(e.list, err)) == RC_OK) {
        *out = e.list;
    }
    return rc;
}

/* The latest pause of each reason for which it stands, and the extension, as the log has them. */
static void
set_history(struct arena *a, struct json *d, const struct watch *w, const struct json *log)
{
    struct str rest = w->time.state == STOPWATCH_PAUSED ? w->reasons : STR(""), reason;
    struct json *paused = json_array(a);

    while (str_next(&rest, ',', &reason)) {
        const struct json *found = NULL;
        for (const struct json *e = log->first; e != NULL; e = e->next) {
            if (str_eq(json_str(e, "did"), STR("pause")) && str_eq(json_str(e, "reason"), reason)) {
                found = e;
            }
        }
        if (found != NULL) {
            json_push(paused, json_copy(a, found));
        }
    }
    json_set(a, d, "paused", paused);
    for (const struct json *e = log->first; e != NULL; e = e->next) {
        if (str_eq(json_str(e, "did"), STR("extend"))) {
            json_set(a, d, "extended", json_copy(a, e));
        }
    }
}

/* --- one, and lists --------------------------------------------------------------------------------------------------------- */

enum rc
timekeeper_read(const struct db *db, struct arena *a, int64_t id, struct watch *out, struct err *err)
{
    struct watch_found f = {.arena = a};
    enum rc rc = store_read(db, &CLOCK_BY_ID, VALUES(V_INT(id)), watch_row, &f, err);

    if (rc == RC_OK && !f.is_found) {
        return err_problem(err, RC_NOT_FOUND, "no-such-clock", "no clock %lld", (long long)id);
    }
    if (rc == RC_OK) {
        *out = f.watch;
    }
    return rc;
}

struct watches {
    struct arena *arena;
    struct watch *watch;
    size_t count, room;
};

static enum rc
list_row(const struct row *row, void *ctx, struct err *err)
{
    struct watches *l = ctx;

    CHECK(l->count < l->room);
    return watch_read(row, l->arena, &l->watch[l->count++], err);
}

static enum rc
make_room(struct watches *l, struct arena *a, size_t room, struct err *err)
{
    *l = (struct watches){.arena = a, .room = room};
    l->watch = arena_alloc(a, room, sizeof(*l->watch));
    return l->watch != NULL ? RC_OK : err_set(err, RC_LIMIT, "no room for a list of clocks");
}

static enum rc
push_document(const struct timekeeper *k, struct arena *a, struct json *list, const struct watch *w, const struct json *log, int64_t now_us,
              struct err *err)
{
    struct almanac_page page;
    enum rc rc = almanac_at(k->almanac, w->region, &page, err);

    if (rc == RC_OK) {
        struct json *d = document(k, a, w, page.calendar, now_us);
        if (log != NULL) {
            set_history(a, d, w, log);
        }
        json_push(list, d);
    }
    return rc;
}

enum rc
timekeeper_view(const struct db *db, struct arena *a, const struct timekeeper *k, struct str case_no, int64_t now_us, struct json **out,
                struct err *err)
{
    struct json *list = json_array(a);
    struct watches l;
    enum rc rc = make_room(&l, a, VIEW_MAX, err);

    if (rc == RC_OK) {
        rc = store_read(db, &CLOCKS_OF_CASE, VALUES(V_TEXT(case_no), V_INT(VIEW_MAX)), list_row, &l, err);
    }
    for (size_t i = 0; i < l.count && rc == RC_OK; i++) {
        struct json *log = NULL;
        if (l.watch[i].time.state == STOPWATCH_PAUSED || l.watch[i].time.extra > 0) {
            rc = timekeeper_log(db, a, k, l.watch[i].id, &log, err);
        }
        if (rc == RC_OK) {
            rc = push_document(k, a, list, &l.watch[i], log, now_us, err);
        }
    }
    if (rc == RC_OK && (rc = json_whole(list, err)) == RC_OK) {
        *out = list;
    }
    return rc;
}

/* Of the same instant those behind the id `to`, else those until the instant `to`; as many as there is room for. */
static enum rc
read_due(const struct db *db, struct str org, int64_t due_us, int64_t to, bool is_same, struct watches *l, struct err *err)
{
    const struct param from = V_INT(due_us), until = V_INT(to), limit = V_INT((int64_t)(l->room - l->count));

    if (org.len > 0) {
        return store_read(db, is_same ? &CLOCKS_DUE_OF_ORG_SAME : &CLOCKS_DUE_OF_ORG, VALUES(from, until, limit, V_TEXT(org)), list_row, l,
                          err);
    }
    return store_read(db, is_same ? &CLOCKS_DUE_SAME : &CLOCKS_DUE, VALUES(from, until, limit), list_row, l, err);
}

/* The documents of a list that was read. */
static enum rc
documents(const struct timekeeper *k, struct arena *a, const struct watches *l, int64_t now_us, struct json **out, struct err *err)
{
    struct json *list = json_array(a);
    enum rc rc = RC_OK;

    for (size_t i = 0; i < l->count && rc == RC_OK; i++) {
        rc = push_document(k, a, list, &l->watch[i], NULL, now_us, err);
    }
    if (rc == RC_OK && (rc = json_whole(list, err)) == RC_OK) {
        *out = list;
    }
    return rc;
}

static size_t
room_for(int limit)
{
    CHECK(limit > 0);
    return limit < TIMEKEEPER_PAGE_MAX ? (size_t)limit : TIMEKEEPER_PAGE_MAX;
}

enum rc
timekeeper_due(const struct db *db, struct arena *a, const struct timekeeper *k, struct str org, int64_t until_us, struct watch_after after,
               int limit, int64_t now_us, struct json **out, struct err *err)
{
    struct watches l;
    enum rc rc = make_room(&l, a, room_for(limit), err);

    if (rc == RC_OK) {
        rc = read_due(db, org, after.due_us, after.id, true, &l, err);
    }
    if (rc == RC_OK && l.count < l.room) {
        rc = read_due(db, org, after.due_us, until_us, false, &l, err);
    }
    return rc != RC_OK ? rc : documents(k, a, &l, now_us, out, err);
}

enum rc
timekeeper_red(const struct db *db, struct arena *a, const struct timekeeper *k, struct watch_red after, int limit, int64_t now_us,
               struct json **out, struct err *err)
{
    struct watches l;
    enum rc rc = make_room(&l, a, room_for(limit), err);

    if (rc == RC_OK) {
        rc = store_read(db, &CLOCKS_RED_SAME, VALUES(V_INT(after.over_us), V_INT(after.id), V_INT((int64_t)l.room)), list_row, &l, err);
    }
    if (rc == RC_OK && l.count < l.room) {
        rc = store_read(db, &CLOCKS_RED, VALUES(V_INT(after.over_us), V_INT((int64_t)(l.room - l.count))), list_row, &l, err);
    }
    return rc != RC_OK ? rc : documents(k, a, &l, now_us, out, err);
}

/* --- acts ------------------------------------------------------------------------------------------------------------------- */

struct json *
watch_change_json(struct arena *a, const struct timekeeper *k, const struct watch_change *change, int64_t now_us)
{
    const struct watch *w = &change->watch;
    const struct {
        const char *name;
        struct str text;
    } texts[] = {{"reason", change->reason}, {"basis", change->basis}, {"document", change->document}};
    struct json *d = json_object(a);
    struct almanac_page page;
    struct err none;

    json_set_text(a, d, "clock", w->name);
    json_set_text(a, d, "kind", str_of(gov_clock_kind_name(w->kind)));
    json_set_text(a, d, "rule", w->rule);
    json_set_text(a, d, "did", str_of(watch_did_name(change->did)));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i].text.len > 0) {
            json_set_text(a, d, texts[i].name, texts[i].text);
        }
    }
    if (change->amount != 0) {
        json_set_int(a, d, "amount", change->amount);
    }
    if (almanac_at(k->almanac, w->region, &page, &none) == RC_OK) {
        int64_t moment = watch_moment(k, w, now_us);
        json_set_int(a, d, "left", in_units(w, stopwatch_left(&w->time, page.calendar, moment)));
        json_set_text(a, d, "unit", str_of(timelimit_unit_name(shown_unit(w))));
        json_set_bool(a, d, "late", stopwatch_is_over(&w->time, moment));
    }
    set_made(a, d, "due", instant_text(a, w->due_us, k->offset_minutes));
    json_set_bool(a, d, "provisional", w->time.provisional);
    json_set_text(a, d, "calendar", w->calendar);
    return d;
}
