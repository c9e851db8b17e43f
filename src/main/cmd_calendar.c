/*
 * calendar - calendars of working days looked at before they come into force, and what a limit comes to.  It asks no node: a running one takes
 * up what lies in DATA/calendar.
 */
#include <stdio.h>
#include <string.h>

#include "base/asset.h"
#include "base/clock.h"
#include "base/file.h"
#include "main/command.h"
#include "process/stopwatch.h"

enum { ROOM = 64 << 20, FILE_MAX = 16 << 20, USAGE = 64 };

static const char help[] =
    "usage: zhengtong calendar check FILE [--above FILE]\n"
    "       zhengtong calendar due --from DAY --limit KEY [OPTION]...\n\n"
    "check reads a calendar and says how many days of each of its years are worked.  due says when a limit of\n"
    "the table of clocks that begins on a day is over, and when its warnings come.  Both answer in JSON.\n\n"
    "  --above FILE     the calendar that this one of a region differs from (the land's of this program)\n"
    "  --calendar FILE  count by this one (the land's of this program)\n"
    "  --clocks FILE    the table of clocks (that of this program)\n"
    "  --from DAY       2026-09-24; that day does not count\n"
    "  --limit KEY      permit.decide\n"
    "  --before DAY     of a limit that is counted back: from which day\n"
    "  --help           this text\n\n"
    "Status: 0; 65 a document is wrong; 66 there is no such file or limit.\n";

struct asked {
    struct arena *arena;
    const char *above, *calendar, *clocks, *from, *limit, *before;
};

static enum rc
read_document(struct arena *a, const char *path, const char *asset, struct json **out, struct err *err)
{
    struct str text;
    enum rc rc;

    if (path == NULL) {
        return asset_json(a, asset, out, err);
    }
    rc = file_read(a, path, FILE_MAX, &text, err);
    return rc != RC_OK ? rc : json_parse(a, text, JSON_UNIQUE, out, err);
}

/* Of a region: on top of the one above. */
static enum rc
read_calendar(const struct asked *q, const char *path, struct json **document, struct calendar **out, struct err *err)
{
    struct json *above;
    struct calendar *land;
    enum rc rc = read_document(q->arena, path, "demo/calendar/cn.json", document, err);

    if (rc != RC_OK || json_str(*document, "region").len == 0) {
        return rc != RC_OK ? rc : calendar_load(q->arena, *document, out, err);
    }
    if ((rc = read_document(q->arena, q->above, "demo/calendar/cn.json", &above, err)) != RC_OK ||
        (rc = calendar_load(q->arena, above, &land, err)) != RC_OK) {
        return rc;
    }
    return calendar_derive(q->arena, land, *document, out, err);
}

static enum rc
print(struct arena *a, const struct json *answer, struct err *err)
{
    struct str text;
    enum rc rc = json_whole(answer, err);

    if (rc == RC_OK && (rc = json_print(a, answer, &text, err)) == RC_OK) {
        (void)printf("%.*s\n", STR_ARG(text));
    }
    return rc;
}

static enum rc
check(const struct asked *q, const char *path, struct err *err)
{
    struct arena *a = q->arena;
    struct json *document, *answer = json_object(a), *years = json_array(a);
    struct calendar *c;
    int32_t first, end;
    enum rc rc = read_calendar(q, path, &document, &c, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (json_str(document, "source").len == 0) {
        return err_set(err, RC_INVALID, "calendar: has no source");
    }
    calendar_span(c, &first, &end);
    json_set_text(a, answer, "version", calendar_version(c));
    json_set_text(a, answer, "region", json_str(document, "region"));
    json_set(a, answer, "years", years);
    for (int32_t day = first; day < end;) {
        struct date d = day_to_date(day);
        int32_t next = date_to_day((struct date){d.year + 1, 1, 1});
        struct json *year = json_object(a);
        json_set_int(a, year, "year", d.year);
        json_set_int(a, year, "working_days", calendar_between(c, day - 1, next - 1));
        json_push(years, year);
        day = next;
    }
    return print(a, answer, err);
}

static struct json *
due_answer(struct arena *a, const struct timelimit *l, const struct calendar *c, const struct stopwatch *w)
{
    struct json *answer = json_object(a), *warnings = json_array(a);
    bool is_hour = l->unit == UNIT_HOUR;

    json_set_text(a, answer, "limit", l->key);
    json_set_text(a, answer, "zh", l->zh);
    json_set_text(a, answer, "en", l->en);
    json_set_int(a, answer, "value", l->value);
    json_set_text(a, answer, "unit", str_of(timelimit_unit_name(l->unit)));
    json_set_text(a, answer, "due", is_hour ? instant_text(a, w->due, CLOCK_OFFSET_CHINA_MINUTES) : day_text(a, (int32_t)w->due));
    json_set_bool(a, answer, "provisional", w->provisional);
    json_set_text(a, answer, "calendar", calendar_version(c));
    for (size_t i = 0; i < l->warnings; i++) {
        int64_t threshold = stopwatch_threshold(w, &l->warning[i]);
        struct json *d = json_object(a);
        if (threshold > 0) {
            int64_t moment = stopwatch_reach(w, c, threshold);
            json_set_text(a, d, "key", l->warning[i].key);
            json_set_text(a, d, "at", instant_text(a, stopwatch_begin_us(l->unit, moment, CLOCK_OFFSET_CHINA_MINUTES),
                                                   CLOCK_OFFSET_CHINA_MINUTES));
            json_push(warnings, d);
        }
    }
    json_set(a, answer, "warnings", warnings);
    json_set_text(a, answer, "silence", str_of(timelimit_silence_name(l->silence)));
    json_set_text(a, answer, "source", l->source);
    json_set_text(a, answer, "evidence", l->evidence);
    return answer;
}

static enum rc
due(const struct asked *q, struct err *err)
{
    struct json *document, *table;
    struct timelimits *limits;
    struct calendar *c;
    struct stopwatch w;
    int32_t from = 0, before = 0;
    enum rc rc;

    if ((rc = read_calendar(q, q->calendar, &document, &c, err)) != RC_OK ||
        (rc = read_document(q->arena, q->clocks, "demo/clocks.json", &table, err)) != RC_OK ||
        (rc = timelimits_load(q->arena, table, &limits, err)) != RC_OK || (rc = day_parse(str_of(q->from), &from, err)) != RC_OK ||
        (q->before != NULL && (rc = day_parse(str_of(q->before), &before, err)) != RC_OK)) {
        return rc;
    }
    const struct timelimit *l = timelimit_find(limits, str_of(q->limit), from);
    if (l == NULL) {
        return err_set(err, RC_NOT_FOUND, "no limit %s holds on %s", q->limit, q->from);
    }
    if (l->counts_before != (q->before != NULL)) {
        return err_set(err, RC_INVALID, "%s %s", q->limit, l->counts_before ? "counts back: --before says from which day" : "does not count back");
    }
    const struct stopwatch_terms terms = {.unit = l->unit, .value = l->value, .counts_before = l->counts_before, .before_day = before};
    stopwatch_start(&w, &terms, c, stopwatch_moment(l->unit, day_start_us(from, CLOCK_OFFSET_CHINA_MINUTES), CLOCK_OFFSET_CHINA_MINUTES));
    return print(q->arena, due_answer(q->arena, l, c, &w), err);
}

int
cmd_calendar(int argc, char **argv)
{
    struct asked q = {.arena = NULL};
    bool is_help = false;
    const struct option_spec specs[] = {{"--above", &q.above, NULL}, {"--calendar", &q.calendar, NULL}, {"--clocks", &q.clocks, NULL},
                                        {"--from", &q.from, NULL},   {"--limit", &q.limit, NULL},       {"--before", &q.before, NULL},
                                        {"--help", NULL, &is_help}};
    const char *word[2] = {"", ""};
    struct option_words words = {.list = word, .max = 2};
    struct err err;

    if (!options_and_words_read(argc, argv, specs, sizeof(specs) / sizeof(specs[0]), &words)) {
        return USAGE;
    }
    bool is_check = strcmp(word[0], "check") == 0 && words.count == 2;
    bool is_due = strcmp(word[0], "due") == 0 && words.count == 1 && q.from != NULL && q.limit != NULL;
    if (is_help || (!is_check && !is_due)) {
        (void)fputs(help, is_help ? stdout : stderr);
        return is_help ? 0 : USAGE;
    }
    q.arena = arena_new(ROOM);
    enum rc rc = is_check ? check(&q, word[1], &err) : due(&q, &err);
    arena_free(q.arena);
    return rc == RC_OK ? 0 : command_failed(argv[0], rc, &err);
}
