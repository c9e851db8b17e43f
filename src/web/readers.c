/*
 * Who read my data.  Every reading is an act, so this page is a view of acts: what stands in no act was not read.  Readings that differ
 * only in their moment, on one day, stand in one row: a file that was opened six times is one reason to ask, and six receipts.
 */
#include "web/handlers.h"

enum { READS_PAGE = 100, READS_FILE = 1000, DAYS = 30, YEAR_DAYS = 365 };

static const int64_t day_us = INT64_C(86400000000);

static struct json *
read_document(struct page *p, const struct json *act)
{
    struct arena *a = p->arena;
    struct json *d = json_object(a);
    const struct json *detail = json_get(act, "detail");
    struct str kind = json_str(act, "kind"), actor = json_str(act, "actor");
    struct str case_no = json_str(act, "case_no");
    struct officer officer;
    struct resource *resource;
    struct err ignored;
    bool is_ask = str_eq(kind, STR("ask")), is_offer = str_eq(kind, STR("offer"));

    json_set_int(a, d, "index", json_int_or(act, "index", -1));
    json_set_text(a, d, "at", json_str(act, "at"));
    json_set_text(a, d, "at_text", words_moment_of(p, json_str(act, "at")));
    json_set_text(a, d, "kind", kind);
    json_set_text(a, d, "case_no", case_no);
    json_set_int(a, d, "times", 1);
    json_set_text(a, d, "who", page_either(p, STR("系统自动"), STR("The system")));
    json_set_text(a, d, "org_name", page_either(p, p->web->title_zh, p->web->title_en));
    if (str_starts(actor, STR("officer:")) &&
        officer_by_id(&p->db, a, str_from(actor, 8), &officer, &ignored) == RC_OK) {
        json_set_text(a, d, "who", officer.name);
        json_set_text(a, d, "org_name",
                      str_fmt(a, "%.*s %.*s", STR_ARG(words_org(p, officer.org)),
                              STR_ARG(officer.title)));
    }
    json_set_text(a, d, "case_name",
                  str_starts(case_no, STR("draft:")) ? page_either(p, STR("正在填的申请"),
                                                                   STR("An application in hand"))
                  : case_no.len == 0 ? STR("")
                                     : page_either(p, STR("我的办件"), STR("My case")));
    if (case_no.len > 0 && !str_starts(case_no, STR("draft:"))) {
        json_set_text(a, d, "case_url", str_fmt(a, "/cases/%.*s", STR_ARG(case_no)));
    }
    json_set_text(a, d, "reason",
                  is_ask && str_starts(case_no, STR("draft:")) ? page_either(p, STR("预先填好表格"), STR("To fill in the form"))
                  : is_ask   ? page_either(p, STR("核对登记信息，免得您交材料"), STR("To check it for your case"))
                  : is_offer ? page_either(p, STR("看您能不能享受补贴"), STR("To see what is due to you"))
                         : page_either(p, STR("审查办件"), STR("To work on the case")));
    json_set_text(a, d, "elements",
                  is_ask || is_offer ? words_fields(p, json_get(detail, "fields"))
                         : page_either(p, STR("申请内容"), STR("The application")));
    json_set_text(a, d, "from", page_either(p, p->web->title_zh, p->web->title_en));
    if (catalogue_get(&p->db, a, json_str(act, "resource"), &resource, &ignored) == RC_OK) {
        json_set_text(a, d, "from", page_either(p, resource->owner_zh, resource->owner_en));
        json_set_text(a, d, "node", resource->node);
        json_set_text(a, d, "resource", resource->code);
    }
    if (json_get(detail, "source_act") != NULL) {
        json_set_int(a, d, "source_act", json_int_or(detail, "source_act", -1));
    }
    json_set_text(a, d, "proof_url",
                  str_fmt(a, "/receipts/%lld.json", (long long)json_int_or(act, "index", 0)));
    return d;
}

/* --- the same reading again ---------------------------------------------------------------------------- */

static bool
same_text(const struct json *x, const struct json *y, const char *member)
{
    return str_eq(json_str(x, member), json_str(y, member));
}

/* Rows come newest first; the moment is that of the newest. */
static bool
is_again(const struct json *row, const struct json *read)
{
    static const char *const members[] = {"kind", "who",      "org_name", "case_no",
                                          "from", "elements", "resource"};

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (!same_text(row, read, members[i])) {
            return false;
        }
    }
    return str_eq(str_sub(json_str(row, "at"), 0, 10), str_sub(json_str(read, "at"), 0, 10));
}

struct rows {
    struct json *list;
    struct json *again; /* of the last row: its earlier readings, NULL while there is only one */
};

static struct json *
again_document(struct page *p, const struct json *read)
{
    static const char *const kept[] = {"at", "at_text", "proof_url"};
    struct json *again = json_object(p->arena);

    json_set_int(p->arena, again, "index", json_int_or(read, "index", -1));
    if (json_get(read, "source_act") != NULL) {
        json_set_int(p->arena, again, "source_act", json_int_or(read, "source_act", -1));
    }
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        json_set_text(p->arena, again, kept[i], json_str(read, kept[i]));
    }
    return again;
}

static void
add_read(struct page *p, struct rows *rows, struct json *read)
{
    struct json *row = rows->list->last;

    if (row == NULL || !is_again(row, read)) {
        json_push(rows->list, read);
        rows->again = NULL;
        return;
    }
    if (rows->again == NULL) {
        rows->again = json_array(p->arena);
        json_set(p->arena, row, "again", rows->again);
        json_set_bool(p->arena, row, "is_several", true);
    }
    json_push(rows->again, again_document(p, read));
    json_set_int(p->arena, row, "times", json_int_or(row, "times", 1) + 1);
}

/* --- the page ------------------------------------------------------------------------------------------- */

static const int periods[] = {DAYS, YEAR_DAYS, 0}; /* 0: ever */

/* ?days=, if it is one of those; the first if not. */
static int
chosen_days(const struct page *p)
{
    int64_t days;

    for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++) {
        if (str_to_int(page_query(p, "days"), &days) && days == periods[i]) {
            return periods[i];
        }
    }
    return periods[0];
}

static void
put_periods(struct page *p, int days)
{
    struct json *filter = json_object(p->arena), *list = json_array(p->arena);

    for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++) {
        struct json *entry = json_object(p->arena);
        const char *key = str_c(p->arena, str_fmt(p->arena, "period_%d", periods[i]));
        struct str word = key != NULL ? page_word(p, key) : STR("");
        json_set_text(p->arena, entry, "value", str_fmt(p->arena, "%d", periods[i]));
        json_set_text(p->arena, entry, "title", word);
        json_set_bool(p->arena, entry, "chosen", periods[i] == days);
        if (periods[i] == days) {
            json_set_text(p->arena, p->document, "period_text", word);
        }
        json_push(list, entry);
    }
    json_set(p->arena, filter, "periods", list);
    json_set(p->arena, p->document, "filter", filter);
}

static void
put_sums(struct page *p, const struct act_reads *sum, int days)
{
    struct json *d = p->document;

    json_set_int(p->arena, d, "days", days);
    json_set_int(p->arena, d, "count", sum->count);
    json_set_bool(p->arena, d, "is_least", sum->count == ACT_READS_COUNTED);
    json_set_int(p->arena, d, "officers", sum->officers);
    json_set_int(p->arena, d, "systems", sum->systems);
    json_set_int(p->arena, d, "matters", sum->matters);
    json_set_text(p->arena, d, "as_of_text", words_moment(p, p->now_us));
    json_set_text(p->arena, d, "log_size_text",
                  words_number(p->arena, (int64_t)publisher_size(p->web->publisher)));
    json_set_text(p->arena, d, "download_url",
                  str_fmt(p->arena, "/readers?as=json&days=%d", days));
}

enum rc
citizen_readers(struct page *p, struct err *err)
{
    bool is_file = str_eq(page_query(p, "as"), STR("json"));
    int limit = is_file ? READS_FILE : READS_PAGE;
    int days = chosen_days(p);
    int64_t before = -1;
    int64_t since_us = days == 0 ? 0 : p->now_us - days * day_us;
    struct rows rows = {.list = json_array(p->arena)};
    struct json *acts;
    struct act_reads sum;
    enum rc rc;

    (void)str_to_int(page_query(p, "before"), &before);
    if ((rc = act_reads_of(&p->db, p->arena, p->who.subject, since_us, before, limit, &acts,
                           err)) != RC_OK ||
        (rc = act_reads_sum(&p->db, p->who.subject, since_us, &sum, err)) != RC_OK) {
        return rc;
    }
    if (rows.list == NULL) {
        return err_set(err, RC_LIMIT, "no room for the readings");
    }
    for (const struct json *act = acts->first; act != NULL; act = act->next) {
        struct json *read = read_document(p, act);
        if ((rc = json_whole(read, err)) != RC_OK) {
            return rc;
        }
        add_read(p, &rows, read);
    }
    if ((rc = json_whole(rows.list, err)) != RC_OK) {
        return rc;
    }
    words_back(p, STR("/cases"), page_word(p, "cases_title"));
    put_periods(p, days);
    put_sums(p, &sum, days);
    json_set(p->arena, p->document, "reads", rows.list);
    if (acts->count == (uint32_t)limit) {
        words_pager(p, str_fmt(p->arena, "%d", limit),
                    str_fmt(p->arena, "/readers?days=%d", days),
                    str_fmt(p->arena, "/readers?days=%d&before=%lld%s", days,
                            (long long)json_int_or(acts->last, "index", 0),
                            is_file ? "&as=json" : ""));
    }
    p->wants_json = p->wants_json || is_file;
    return RC_OK;
}
