/* Values in the words of people who never saw FEEL. */
#include "rule/plain_int.h"

enum { DAY_SECONDS = 86400, HOUR_SECONDS = 3600, MINUTE_SECONDS = 60, YEAR_MONTHS = 12 };

struct plain {
    struct buf *b;
    bool is_chinese;
    int depth;
    size_t stop; /* no further item once the text is as long as that */
};

static void put_value(const struct plain *p, struct value v);
static void put_after(const struct plain *p, struct value v);

static void
put(const struct plain *p, const char *zh, const char *en)
{
    buf_put(p->b, str_of(p->is_chinese ? zh : en));
}

/* What another function made on the same arena. */
static void
put_made(const struct plain *p, struct str text)
{
    p->b->failed |= text.ptr == NULL;
    buf_put(p->b, text);
}

void
plain_put_text(struct buf *b, struct str text, size_t most)
{
    size_t len = text.len < most ? text.len : most;

    while (len < text.len && len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80) {
        len--;
    }
    buf_put(b, str_sub(text, 0, len));
    buf_put(b, len < text.len ? STR("…") : STR(""));
}

void
plain_put_quoted(struct buf *b, struct str name, bool is_chinese)
{
    buf_put(b, is_chinese ? STR("“") : STR("\""));
    plain_put_text(b, name, PLAIN_TEXT_MAX);
    buf_put(b, is_chinese ? STR("”") : STR("\""));
}

struct str
plain_kind(enum value_kind kind, bool is_chinese)
{
    static const struct str names[VALUE_KINDS][2] = {
        [VALUE_NULL] = {STR_INIT("empty"), STR_INIT("空值")},
        [VALUE_BOOLEAN] = {STR_INIT("yes or no"), STR_INIT("是或否")},
        [VALUE_NUMBER] = {STR_INIT("a number"), STR_INIT("数字")},
        [VALUE_STRING] = {STR_INIT("text"), STR_INIT("文字")},
        [VALUE_DATE] = {STR_INIT("a date"), STR_INIT("日期")},
        [VALUE_TIME] = {STR_INIT("a time"), STR_INIT("时刻")},
        [VALUE_DATE_TIME] = {STR_INIT("a date with a time"), STR_INIT("日期和时刻")},
        [VALUE_DAYS_DURATION] = {STR_INIT("a number of days or hours"), STR_INIT("以天或小时计的时长")},
        [VALUE_MONTHS_DURATION] = {STR_INIT("a number of years or months"), STR_INIT("以年或月计的时长")},
        [VALUE_LIST] = {STR_INIT("a list"), STR_INIT("列表")},
        [VALUE_CONTEXT] = {STR_INIT("a group of values"), STR_INIT("一组值")},
        [VALUE_RANGE] = {STR_INIT("a range"), STR_INIT("区间")},
        [VALUE_FUNCTION] = {STR_INIT("a function"), STR_INIT("函数")},
    };

    CHECK(kind < VALUE_KINDS);
    return names[kind][is_chinese];
}

void
plain_put_numbers(struct buf *b, const uint32_t *number, size_t count, bool is_chinese)
{
    plain_put_count(b, number, count, count, is_chinese);
}

void
plain_put_count(struct buf *b, const uint32_t *number, size_t kept, size_t count, bool is_chinese)
{
    size_t said = count <= PLAIN_ITEMS_MAX ? count : PLAIN_ITEMS_MAX - 2;

    CHECK(said <= kept);
    for (size_t i = 0; i < said; i++) {
        bool is_last = i + 1 == count;
        buf_put(b, i == 0 ? STR("") : is_chinese ? STR("、") : is_last ? STR(" and ") : STR(", "));
        buf_put_fmt(b, "%u", number[i]);
    }
    if (said < count) {
        buf_put_fmt(b, is_chinese ? " 等 %zu 条" : " and %zu more", is_chinese ? count : count - said);
    }
}

/* --- dates and times ------------------------------------------------------------------------------------------------------- */

static void
put_date(const struct plain *p, struct civil d)
{
    static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};

    if (p->is_chinese) {
        buf_put_fmt(p->b, "%d年%d月%d日", d.year, d.month, d.day);
    } else {
        buf_put_fmt(p->b, "%d %s %d", d.day, months[d.month - 1], d.year);
    }
}

static void
put_clock(const struct plain *p, const struct temporal *t)
{
    struct str zone;
    int offset = t->offset < 0 ? -t->offset : t->offset;

    buf_put_fmt(p->b, "%02d:%02d", temporal_hour(t), temporal_minute(t));
    if (temporal_second(t) != 0 || t->nanosecond != 0) {
        buf_put_fmt(p->b, ":%02d", temporal_second(t));
    }
    if (temporal_zone_name(t, &zone)) {
        put(p, "（", " (");
        buf_put(p->b, zone);
        put(p, "）", ")");
    } else if (t->place == TEMPORAL_OFFSET) {
        put(p, "（UTC", " (UTC");
        if (offset != 0) {
            buf_put_fmt(p->b, "%c%02d:%02d", t->offset < 0 ? '-' : '+', offset / HOUR_SECONDS, offset / MINUTE_SECONDS % 60);
        }
        put(p, "）", ")");
    }
}

static void
put_temporal(const struct plain *p, const struct temporal *t)
{
    if (t->kind != TEMPORAL_TIME) {
        put_date(p, t->date);
    }
    if (t->kind == TEMPORAL_DATE_TIME) {
        put(p, " ", ", ");
    }
    if (t->kind != TEMPORAL_DATE) {
        put_clock(p, t);
    }
}

/* --- durations ----------------------------------------------------------------------------------------------------------------- */

struct amount {
    int64_t count;
    const char *zh, *en;
};

/* 1年3个月, 1 year 3 months; if there is nothing of any, none of the last. */
static void
put_amounts(const struct plain *p, const struct amount *amount, size_t count)
{
    bool is_first = true;

    for (size_t i = 0; i < count; i++) {
        if (amount[i].count != 0 || (is_first && i + 1 == count)) {
            put(p, "", is_first ? "" : " ");
            buf_put_int(p->b, amount[i].count);
            put(p, amount[i].zh, amount[i].en);
            put(p, "", amount[i].count == 1 ? "" : "s");
            is_first = false;
        }
    }
}

static void
put_months(const struct plain *p, int64_t months)
{
    int64_t all = months < 0 ? -months : months;
    const struct amount amounts[] = {{all / YEAR_MONTHS, "年", " year"}, {all % YEAR_MONTHS, "个月", " month"}};

    put(p, months < 0 ? "负" : "", months < 0 ? "minus " : "");
    put_amounts(p, amounts, 2);
}

static void
put_days(const struct plain *p, struct duration d)
{
    bool is_negative = d.second < 0;
    struct duration_parts part = duration_parts(is_negative ? duration_negate(d) : d);
    const struct amount amounts[] = {{part.hours, "小时", " hour"}, {part.minutes, "分钟", " minute"}, {part.seconds, "秒", " second"}};
    const struct amount days = {part.days, "天", " day"};
    bool has_rest = part.hours != 0 || part.minutes != 0 || part.seconds != 0;

    put(p, is_negative ? "负" : "", is_negative ? "minus " : "");
    if (part.nanoseconds != 0) { /* nobody writes law in such; its own text is exact */
        put_made(p, duration_text(p->b->arena, is_negative ? duration_negate(d) : d));
        return;
    }
    if (part.days != 0 || !has_rest) {
        put_amounts(p, &days, 1);
        put(p, "", has_rest ? " " : "");
    }
    if (has_rest) {
        put_amounts(p, amounts, part.seconds != 0 ? 3 : part.minutes != 0 ? 2 : 1);
    }
}

/* --- what holds other values ----------------------------------------------------------------------------------------------------- */

static bool
has_room(const struct plain *p, size_t items)
{
    return items < PLAIN_ITEMS_MAX && p->b->len < p->stop && !p->b->failed;
}

static void
put_list(const struct plain *p, const struct list *l)
{
    struct plain inner = {p->b, p->is_chinese, p->depth + 1, p->stop};
    size_t i = 0;

    if (l->count == 0) {
        put(p, "空列表", "an empty list");
    }
    put(p, p->depth > 0 ? "（" : "", p->depth > 0 ? "(" : "");
    for (; i < l->count && has_room(p, i); i++) {
        put(p, i > 0 ? "、" : "", i > 0 ? ", " : "");
        put_value(&inner, l->item[i]);
    }
    if (i < l->count) {
        buf_put_fmt(p->b, p->is_chinese ? " 等 %zu 项" : " and so on, %zu in all", l->count);
    }
    put(p, p->depth > 0 ? "）" : "", p->depth > 0 ? ")" : "");
}

static void
put_context(const struct plain *p, const struct context *c)
{
    struct plain inner = {p->b, p->is_chinese, p->depth + 1, p->stop};
    size_t i = 0;

    if (c->count == 0) {
        put(p, "没有内容", "nothing");
    }
    put(p, p->depth > 0 ? "（" : "", p->depth > 0 ? "(" : "");
    for (; i < c->count && has_room(p, i); i++) {
        put(p, i > 0 ? "，" : "", i > 0 ? ", " : "");
        plain_put_quoted(p->b, c->entry[i].name, p->is_chinese);
        put(p, "为", " is");
        put_after(&inner, c->entry[i].value);
    }
    if (i < c->count) {
        buf_put_fmt(p->b, p->is_chinese ? " 等 %zu 项" : " and so on, %zu in all", c->count);
    }
    put(p, p->depth > 0 ? "）" : "", p->depth > 0 ? ")" : "");
}

static void
put_range(const struct plain *p, const struct range *r)
{
    if (r->low_end != RANGE_UNBOUNDED) {
        put(p, r->low_end == RANGE_CLOSED ? "不小于 " : "大于 ", r->low_end == RANGE_CLOSED ? "at least " : "above ");
        put_value(p, r->low);
    }
    if (r->low_end != RANGE_UNBOUNDED && r->high_end != RANGE_UNBOUNDED) {
        put(p, " 且", " and ");
    }
    if (r->high_end != RANGE_UNBOUNDED) {
        put(p, r->high_end == RANGE_CLOSED ? "不大于 " : "小于 ", r->high_end == RANGE_CLOSED ? "at most " : "below ");
        put_value(p, r->high);
    }
}

static void
put_value(const struct plain *p, struct value v)
{
    if (p->depth >= PLAIN_DEPTH_MAX) {
        put(p, "…", "…");
        return;
    }
    switch (v.kind) {
    case VALUE_NULL: put(p, "空值", "empty"); break;
    case VALUE_BOOLEAN: put(p, v.as.truth ? "是" : "否", v.as.truth ? "yes" : "no"); break;
    case VALUE_NUMBER: put_made(p, decimal_text(p->b->arena, v.as.number)); break;
    case VALUE_STRING: plain_put_quoted(p->b, v.as.text, p->is_chinese); break;
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATE_TIME: put_temporal(p, v.as.temporal); break;
    case VALUE_DAYS_DURATION: put_days(p, v.as.duration); break;
    case VALUE_MONTHS_DURATION: put_months(p, v.as.months); break;
    case VALUE_LIST: put_list(p, v.as.list); break;
    case VALUE_CONTEXT: put_context(p, v.as.context); break;
    case VALUE_RANGE: put_range(p, v.as.range); break;
    case VALUE_FUNCTION: put(p, "一个函数", "a function"); break;
    case VALUE_KINDS: break;
    }
}

void
plain_put(struct buf *b, struct value v, bool is_chinese)
{
    put_value(&(struct plain){b, is_chinese, 0, b->len + PLAIN_VALUE_MAX}, v);
}

static bool
begins_with_quotes(struct value v)
{
    bool is_list = v.kind == VALUE_LIST && v.as.list->count > 0;

    return v.kind == VALUE_STRING || v.kind == VALUE_CONTEXT || (is_list && v.as.list->item[0].kind == VALUE_STRING);
}

static void
put_after(const struct plain *p, struct value v)
{
    if (p->is_chinese && v.kind == VALUE_BOOLEAN) {
        plain_put_quoted(p->b, v.as.truth ? STR("是") : STR("否"), true);
        return;
    }
    put(p, begins_with_quotes(v) ? "" : " ", " ");
    put_value(p, v);
}

void
plain_put_after(struct buf *b, struct value v, bool is_chinese)
{
    put_after(&(struct plain){b, is_chinese, 0, b->len + PLAIN_VALUE_MAX}, v);
}
