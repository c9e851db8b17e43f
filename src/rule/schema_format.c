/*
 * Formats: those of the standard by their RFCs, and the identifiers that the state issues.  Each is a
 * function of the text alone, but for the day, which a birth must not be after, and the arena, which a pattern needs.
 */
#include <string.h>

#include "base/clock.h"
#include "base/idcode.h"
#include "base/utf8.h"
#include "rule/regex.h"
#include "rule/schema_parts_int.h"

enum { EMAIL_LOCAL_MAX = 64, HOST_MAX = 253, LABEL_MAX = 63 };

struct asked {
    struct arena *work;
    int32_t today;
    enum rc rc; /* what stands in the way of an answer */
    struct err *err;
};

struct schema_format {
    struct str name;
    bool (*holds)(struct asked *q, struct str s);
    struct str zh, en; /* what the text should be */
};

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool
is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* 9 in shape is a digit, h one of hex, anything else itself. */
static bool
has_shape(struct str s, const char *shape)
{
    if (s.len != strlen(shape)) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        bool fits = shape[i] == '9'   ? is_digit(s.ptr[i])
                    : shape[i] == 'h' ? is_hex(s.ptr[i])
                                      : s.ptr[i] == shape[i];
        if (!fits) {
            return false;
        }
    }
    return true;
}

static int
two_digits(struct str s, size_t at)
{
    return (s.ptr[at] - '0') * 10 + s.ptr[at + 1] - '0';
}

/* --- RFC 3339 --------------------------------------------------------------------------------------- */

static bool
is_date(struct asked *q, struct str s)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    (void)q;
    if (!has_shape(s, "9999-99-99")) {
        return false;
    }
    int year = two_digits(s, 0) * 100 + two_digits(s, 2);
    int month = two_digits(s, 5);
    int day = two_digits(s, 8);
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month >= 1 && month <= 12 && day >= 1 &&
           day <= days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

/* A leap second stands at the end of a day of UTC. */
static bool
is_time(struct asked *q, struct str s)
{
    (void)q;
    if (!has_shape(str_sub(s, 0, 8), "99:99:99")) {
        return false;
    }
    int minutes = two_digits(s, 0) * 60 + two_digits(s, 3);
    int second = two_digits(s, 6);
    bool is_right = two_digits(s, 0) < 24 && two_digits(s, 3) < 60;
    struct str zone = str_from(s, 8);
    if (str_starts(zone, STR("."))) {
        size_t at = 1;
        while (at < zone.len && is_digit(zone.ptr[at])) {
            at++;
        }
        is_right = is_right && at > 1;
        zone = str_from(zone, at);
    }
    if (has_shape(zone, "+99:99") || has_shape(zone, "-99:99")) {
        int away = two_digits(zone, 1) * 60 + two_digits(zone, 4);
        is_right = is_right && two_digits(zone, 1) < 24 && two_digits(zone, 4) < 60;
        minutes += zone.ptr[0] == '+' ? -away : away;
    } else {
        is_right = is_right && str_eq_fold(zone, STR("Z"));
    }
    bool is_midnight = (minutes + 2 * 1440) % 1440 == 1439;
    return is_right && (second < 60 || (second == 60 && is_midnight));
}

static bool
is_date_time(struct asked *q, struct str s)
{
    return s.len > 11 && (s.ptr[10] == 'T' || s.ptr[10] == 't') && is_date(q, str_sub(s, 0, 10)) &&
           is_time(q, str_from(s, 11));
}

/* Numbers with units in order, without a gap; moves *at behind them.  The count of them, or -1. */
static int
units(struct str s, size_t *at, const char *order)
{
    const char *least = order;
    int count = 0;

    while (*at < s.len && is_digit(s.ptr[*at])) {
        while (*at < s.len && is_digit(s.ptr[*at])) {
            (*at)++;
        }
        const char *unit = *at < s.len && s.ptr[*at] != '\0' ? strchr(least, s.ptr[*at]) : NULL;
        if (unit == NULL || (count > 0 && unit != least)) {
            return -1;
        }
        least = unit + 1;
        (*at)++;
        count++;
    }
    return count;
}

static bool
is_duration(struct asked *q, struct str s)
{
    size_t at = 1;

    (void)q;
    if (!str_starts(s, STR("P"))) {
        return false;
    }
    if (str_ends(s, STR("W"))) {
        return units(s, &at, "W") == 1 && at == s.len;
    }
    int days = units(s, &at, "YMD");
    int times = 0;
    if (at < s.len && s.ptr[at] == 'T') {
        at++;
        times = units(s, &at, "HMS");
        if (times == 0) {
            return false;
        }
    }
    return days >= 0 && times >= 0 && days + times > 0 && at == s.len;
}

/* --- hosts and addresses ---------------------------------------------------------------------------- */

static bool
is_hostname(struct asked *q, struct str s)
{
    (void)q;
    if (s.len == 0 || s.len > HOST_MAX || s.ptr[s.len - 1] == '.') {
        return false;
    }
    struct str rest = s;
    struct str label;
    while (str_next(&rest, '.', &label)) {
        if (label.len == 0 || label.len > LABEL_MAX || label.ptr[0] == '-' ||
            label.ptr[label.len - 1] == '-') {
            return false;
        }
        for (size_t i = 0; i < label.len; i++) {
            if (!is_letter(label.ptr[i]) && !is_digit(label.ptr[i]) && label.ptr[i] != '-') {
                return false;
            }
        }
        /* "??--" is kept for encoded names, of which only xn-- is in use. */
        if (label.len > 3 && label.ptr[2] == '-' && label.ptr[3] == '-' &&
            !str_eq_fold(str_sub(label, 0, 2), STR("xn"))) {
            return false;
        }
    }
    return true;
}

static bool
is_ipv4(struct asked *q, struct str s)
{
    struct str part;
    int64_t value;
    int count = 0;

    (void)q;
    bool is_closed = s.len > 0 && s.ptr[s.len - 1] != '.';
    while (str_next(&s, '.', &part)) {
        bool is_plain = part.len > 0 && part.len <= 3 && is_digit(part.ptr[0]) &&
                        (part.len == 1 || part.ptr[0] != '0');
        if (!is_plain || !str_to_int(part, &value) || value > 255) {
            return false;
        }
        count++;
    }
    return is_closed && count == 4;
}

/* Groups between colons; *count goes up by two for an IPv4 address, which may only be last. */
static bool
groups(struct asked *q, struct str s, bool may_end_v4, int *count)
{
    struct str part;

    if (s.len > 0 && (s.ptr[0] == ':' || s.ptr[s.len - 1] == ':')) {
        return false;
    }
    while (str_next(&s, ':', &part)) {
        bool is_v4 = s.len == 0 && may_end_v4 && is_ipv4(q, part);
        bool is_group = part.len >= 1 && part.len <= 4;
        for (size_t i = 0; i < part.len && is_group; i++) {
            is_group = is_hex(part.ptr[i]);
        }
        if (!is_v4 && !is_group) {
            return false;
        }
        *count += is_v4 && !is_group ? 2 : 1;
    }
    return true;
}

static bool
is_ipv6(struct asked *q, struct str s)
{
    size_t gap = str_find(s, STR("::"));
    int count = 0;

    if (gap == s.len) {
        return groups(q, s, true, &count) && count == 8;
    }
    return groups(q, str_sub(s, 0, gap), false, &count) &&
           groups(q, str_from(s, gap + 2), true, &count) && count <= 7;
}

static bool
is_email(struct asked *q, struct str s)
{
    size_t at = s.len;

    for (size_t i = 0; i < s.len; i++) {
        at = s.ptr[i] == '@' ? i : at;
    }
    struct str local = str_sub(s, 0, at);
    struct str host = str_from(s, at + 1);
    bool is_quoted = local.len >= 2 && local.ptr[0] == '"' && local.ptr[local.len - 1] == '"';
    if (at == s.len || local.len == 0 || local.len > EMAIL_LOCAL_MAX) {
        return false;
    }
    for (size_t i = 0; i < local.len; i++) {
        char c = local.ptr[i];
        bool is_atom = is_letter(c) || is_digit(c) || is_one_of(c, "!#$%&'*+/=?^_`{|}~-");
        bool is_dot = c == '.' && i > 0 && i + 1 < local.len && local.ptr[i - 1] != '.';
        bool is_inner = is_quoted && c >= ' ' && c < 0x7f &&
                        (c != '"' || i == 0 || i + 1 == local.len) && c != '\\';
        if (!is_atom && !is_dot && !is_inner) {
            return false;
        }
    }
    if (str_starts(host, STR("[")) && str_ends(host, STR("]"))) {
        struct str literal = str_sub(host, 1, host.len - 2);
        return str_starts(literal, STR("IPv6:")) ? is_ipv6(q, str_from(literal, 5))
                                                 : is_ipv4(q, literal);
    }
    return is_hostname(q, host);
}

/* --- RFC 3986 and 3987 ------------------------------------------------------------------------------ */

/* Unreserved, those of more, whole escapes and, for an IRI, what is not ASCII but for controls. */
static bool
is_made_of(struct str s, const char *more, bool is_iri)
{
    struct str rest = s;

    while (rest.len > 0) {
        uint32_t c = utf8_next(&rest);
        if (c >= 0x80) {
            bool is_taken = is_iri && c >= 0xa0 && (c & 0xfffe) != 0xfffe &&
                            !(c >= 0xfdd0 && c <= 0xfdef) && !(c >= 0xe000 && c <= 0xf8ff);
            if (!is_taken) {
                return false;
            }
        } else if (c == '%') {
            if (rest.len < 2 || !is_hex(rest.ptr[0]) || !is_hex(rest.ptr[1])) {
                return false;
            }
            rest = str_from(rest, 2);
        } else if (!is_letter((char)c) && !is_digit((char)c) && !is_one_of((char)c, "-._~") &&
                   !is_one_of((char)c, more)) {
            return false;
        }
    }
    return true;
}

static bool
is_authority(struct asked *q, struct str s, bool is_iri)
{
    size_t at = str_find_byte(s, '@');

    if (at < s.len) {
        if (!is_made_of(str_sub(s, 0, at), "!$&'()*+,;=:", is_iri)) {
            return false;
        }
        s = str_from(s, at + 1);
    }
    size_t end = 0;
    if (str_starts(s, STR("["))) {
        end = str_find_byte(s, ']');
        struct str inner = str_sub(s, 1, end - 1);
        bool is_future = inner.len > 3 && (inner.ptr[0] | 0x20) == 'v' &&
                         is_made_of(str_from(inner, 1), "!$&'()*+,;=:", false);
        if (end == s.len || (!is_ipv6(q, inner) && !is_future)) {
            return false;
        }
        s = str_from(s, end + 1);
        if (s.len > 0 && s.ptr[0] != ':') {
            return false;
        }
        end = 0;
    } else {
        end = str_find_byte(s, ':');
    }
    struct str port = str_from(s, end + 1);
    for (size_t i = 0; i < port.len; i++) {
        if (!is_digit(port.ptr[i])) {
            return false;
        }
    }
    return is_made_of(str_sub(s, 0, end), "!$&'()*+,;=", is_iri);
}

static bool
is_reference(struct asked *q, struct str s, bool is_iri, bool must_be_absolute)
{
    size_t hash = str_find_byte(s, '#');
    bool is_absolute = schema_uri_is_absolute(s);

    if ((must_be_absolute && !is_absolute) ||
        !is_made_of(str_from(s, hash + 1), "!$&'()*+,;=:@/?", is_iri)) {
        return false;
    }
    s = str_sub(s, 0, hash);
    size_t mark = str_find_byte(s, '?');
    if (!is_made_of(str_from(s, mark + 1), "!$&'()*+,;=:@/?", is_iri)) {
        return false;
    }
    s = str_sub(s, 0, mark);
    if (is_absolute) {
        s = str_from(s, str_find_byte(s, ':') + 1);
    }
    if (str_starts(s, STR("//"))) {
        s = str_from(s, 2);
        size_t slash = str_find_byte(s, '/');
        if (!is_authority(q, str_sub(s, 0, slash), is_iri)) {
            return false;
        }
        s = str_from(s, slash);
    } else if (!is_absolute && str_find_byte(s, ':') < str_find_byte(s, '/')) {
        return false; /* a colon in the first segment would make a scheme of it */
    }
    return is_made_of(s, "!$&'()*+,;=:@/", is_iri);
}

static bool
is_uri(struct asked *q, struct str s)
{
    return is_reference(q, s, false, true);
}

static bool
is_uri_reference(struct asked *q, struct str s)
{
    return is_reference(q, s, false, false);
}

static bool
is_iri(struct asked *q, struct str s)
{
    return is_reference(q, s, true, true);
}

static bool
is_iri_reference(struct asked *q, struct str s)
{
    return is_reference(q, s, true, false);
}

/* --- others of the standard ------------------------------------------------------------------------- */

static bool
is_uuid(struct asked *q, struct str s)
{
    (void)q;
    return has_shape(s, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh");
}

static bool
is_json_pointer(struct asked *q, struct str s)
{
    (void)q;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '~' && (i + 1 == s.len || !is_one_of(s.ptr[i + 1], "01"))) {
            return false;
        }
    }
    return s.len == 0 || s.ptr[0] == '/';
}

static bool
is_relative_pointer(struct asked *q, struct str s)
{
    size_t at = 0;

    while (at < s.len && is_digit(s.ptr[at])) {
        at++;
    }
    struct str rest = str_from(s, at);
    return at > 0 && (at == 1 || s.ptr[0] != '0') &&
           (str_eq(rest, STR("#")) || is_json_pointer(q, rest));
}

static bool
is_regex(struct asked *q, struct str s)
{
    const struct regex *ignored;
    struct err why;

    /* A pattern past our limits is one all the same; an arena that is full is no answer. */
    enum rc rc = regex_compile(q->work, REGEX_ECMA, s, &ignored, &why);
    if (rc == RC_LIMIT) {
        q->rc = err_set(q->err, rc, "schema: %.200s", why.text);
    }
    return rc == RC_OK;
}

/* --- what the state issues -------------------------------------------------------------------------- */

static bool
is_person_id(struct asked *q, struct str s)
{
    return idcode_person(s, q->today, NULL) == IDCODE_VALID;
}

/* For a form that asks for a day to come: whatever today is when it is checked. */
static bool
is_date_not_past(struct asked *q, struct str s)
{
    struct err ignored;
    int32_t day;

    return day_parse(s, &day, &ignored) == RC_OK && day >= q->today;
}

/* A doubtful code may have been issued; a person confirms it, so it is not refused here. */
static bool
is_uscc(struct asked *q, struct str s)
{
    enum idcode_verdict verdict = idcode_company(s);

    (void)q;
    return verdict == IDCODE_VALID || verdict == IDCODE_DOUBTFUL;
}

static bool
is_region_code(struct asked *q, struct str s)
{
    (void)q;
    return idcode_is_region(s);
}

static bool
is_mobile(struct asked *q, struct str s)
{
    (void)q;
    return idcode_is_mobile(s);
}

static const struct schema_format formats[] = {
    {STR_INIT("date"), is_date, STR_INIT("日期，如 2026-11-23"), STR_INIT("a date such as 2026-11-23")},
    {STR_INIT("time"), is_time, STR_INIT("带时区的时间，如 09:30:00+08:00"),
     STR_INIT("a time with its zone such as 09:30:00+08:00")},
    {STR_INIT("date-time"), is_date_time, STR_INIT("带时区的日期和时间，如 2026-11-23T09:30:00+08:00"),
     STR_INIT("a date and time such as 2026-11-23T09:30:00+08:00")},
    {STR_INIT("duration"), is_duration, STR_INIT("时长，如 P30D"), STR_INIT("a duration such as P30D")},
    {STR_INIT("email"), is_email, STR_INIT("电子邮箱地址"), STR_INIT("an e-mail address")},
    {STR_INIT("hostname"), is_hostname, STR_INIT("域名"), STR_INIT("a host name")},
    {STR_INIT("ipv4"), is_ipv4, STR_INIT("IPv4 地址"), STR_INIT("an IPv4 address")},
    {STR_INIT("ipv6"), is_ipv6, STR_INIT("IPv6 地址"), STR_INIT("an IPv6 address")},
    {STR_INIT("uri"), is_uri, STR_INIT("完整的网址"), STR_INIT("a full web address")},
    {STR_INIT("uri-reference"), is_uri_reference, STR_INIT("网址"), STR_INIT("a web address")},
    {STR_INIT("iri"), is_iri, STR_INIT("完整的网址"), STR_INIT("a full web address")},
    {STR_INIT("iri-reference"), is_iri_reference, STR_INIT("网址"), STR_INIT("a web address")},
    {STR_INIT("uuid"), is_uuid, STR_INIT("UUID"), STR_INIT("a UUID")},
    {STR_INIT("json-pointer"), is_json_pointer, STR_INIT("JSON Pointer"), STR_INIT("a JSON Pointer")},
    {STR_INIT("relative-json-pointer"), is_relative_pointer, STR_INIT("相对 JSON Pointer"),
     STR_INIT("a relative JSON Pointer")},
    {STR_INIT("regex"), is_regex, STR_INIT("正则表达式"), STR_INIT("a regular expression")},
    {STR_INIT("person-id"), is_person_id, STR_INIT("18 位公民身份号码（请核对每一位）"),
     STR_INIT("an identity number of 18 characters (check each of them)")},
    {STR_INIT("uscc"), is_uscc, STR_INIT("18 位统一社会信用代码（请对照营业执照核对）"),
     STR_INIT("a unified social credit code of 18 characters (see the licence)")},
    {STR_INIT("region-code"), is_region_code, STR_INIT("6 位行政区划代码"),
     STR_INIT("a region code of 6 digits")},
    {STR_INIT("date-not-past"), is_date_not_past, STR_INIT("今天或以后的日期，如 2026-11-23"),
     STR_INIT("today or a later day, written like 2026-11-23")},
    {STR_INIT("mobile"), is_mobile, STR_INIT("11 位手机号码"), STR_INIT("a mobile number of 11 digits")},
};

const struct schema_format *
schema_format_find(struct str name)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (str_eq(formats[i].name, name)) {
            return &formats[i];
        }
    }
    return NULL;
}

bool
schema_format_is(const struct schema_format *f, struct arena *work, struct str text, int32_t today,
                 enum rc *rc, struct err *err)
{
    struct asked q = {work, today, RC_OK, err};
    bool holds = f->holds(&q, text);

    *rc = q.rc;
    return holds;
}

enum rc
schema_format_holds(struct arena *work, struct str format, struct str text, int32_t today,
                    bool *holds, struct err *err)
{
    const struct schema_format *f = schema_format_find(format);
    enum rc rc = RC_OK;

    *holds = f == NULL || schema_format_is(f, work, text, today, &rc, err);
    return rc;
}

struct str
schema_format_zh(const struct schema_format *f)
{
    return f->zh;
}

struct str
schema_format_en(const struct schema_format *f)
{
    return f->en;
}
