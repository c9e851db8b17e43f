/*
 * Four sums and the shapes around them.  Shapes are said by a pattern, one character for each:
 * 9 a digit, A a digit or capital letter, U a symbol of GB 32100 (which leaves out I, O, S, V and
 * Z, easily read as digits or as one another).
 */
#include "base/idcode.h"

#include <string.h>

enum { PERSON_LEN = 18, COMPANY_LEN = 18, ORG_LEN = 9, ORG_AT = 8, ITEM_LEN = 31, CASE_LEN = 43 };

static const char company_symbols[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
static const char alphanumerics[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* The place of c among symbols, or -1. */
static int
value_of(const char *symbols, char c)
{
    const char *at = c == '\0' ? NULL : strchr(symbols, c);

    return at == NULL ? -1 : (int)(at - symbols);
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
has_shape(struct str s, const char *pattern)
{
    if (s.len != strlen(pattern)) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        const char *symbols = pattern[i] == 'U' ? company_symbols : alphanumerics;
        if (pattern[i] == '9' ? !is_digit(s.ptr[i]) : value_of(symbols, s.ptr[i]) < 0) {
            return false;
        }
    }
    return true;
}

static bool
is_all(struct str s, const char *symbols)
{
    for (size_t i = 0; i < s.len; i++) {
        if (value_of(symbols, s.ptr[i]) < 0) {
            return false;
        }
    }
    return true;
}

/* --- people: GB 11643 ------------------------------------------------------------------------ */

char
idcode_person_check(struct str first17)
{
    static const int weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;

    if (!has_shape(first17, "99999999999999999")) {
        return '\0';
    }
    for (size_t i = 0; i < first17.len; i++) {
        sum += (first17.ptr[i] - '0') * weights[i];
    }
    return "10X98765432"[sum % 11];
}

static int
number_at(struct str s, size_t start, size_t len)
{
    int value = 0;

    for (size_t i = start; i < start + len; i++) {
        value = value * 10 + (s.ptr[i] - '0');
    }
    return value;
}

/* yyyymmdd as it stands inside longer codes. */
static bool
date_at(struct str s, size_t start, int32_t *day)
{
    struct date d = {number_at(s, start, 4), number_at(s, start + 4, 2),
                     number_at(s, start + 6, 2)};

    if (!date_is_valid(d)) {
        return false;
    }
    *day = date_to_day(d);
    return true;
}

enum idcode_verdict
idcode_person(struct str id, int32_t today, struct idcode_person *out)
{
    char check = idcode_person_check(str_sub(id, 0, PERSON_LEN - 1));
    int32_t birth_day;

    if (id.len != PERSON_LEN || check == '\0' || value_of("0123456789X", id.ptr[17]) < 0) {
        return IDCODE_WRONG_SHAPE;
    }
    if (id.ptr[17] != check) {
        return IDCODE_WRONG_CHECK;
    }
    if (!date_at(id, 6, &birth_day) || birth_day > today) {
        return IDCODE_WRONG_DATE;
    }
    if (out != NULL) {
        *out = (struct idcode_person){
            .region = str_sub(id, 0, 6),
            .birth_day = birth_day,
            .female = (id.ptr[16] - '0') % 2 == 0,
        };
    }
    return IDCODE_VALID;
}

/* --- companies: GB 32100, with GB 11714 inside ----------------------------------------------- */

char
idcode_company_check(struct str first17)
{
    static const int weights[] = {1,  3,  9,  27, 19, 26, 16, 17, 20,
                                  29, 25, 13, 8,  24, 10, 30, 28};
    int sum = 0;

    if (!has_shape(first17, "UU999999UUUUUUUUU")) {
        return '\0';
    }
    for (size_t i = 0; i < first17.len; i++) {
        sum += value_of(company_symbols, first17.ptr[i]) * weights[i];
    }
    return company_symbols[(31 - sum % 31) % 31];
}

/* Characters 9 to 17 are an organisation code of the older standard with a check of its own. */
static bool
org_holds(struct str uscc)
{
    static const int weights[] = {3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;

    for (size_t i = 0; i < ORG_LEN - 1; i++) {
        sum += value_of(alphanumerics, uscc.ptr[ORG_AT + i]) * weights[i];
    }
    return uscc.ptr[ORG_AT + ORG_LEN - 1] == "0X987654321"[sum % 11];
}

/*
 * The first character is the registering authority (GB 32100, table 1): a code that begins with anything
 * else was not issued, whatever its sum says.
 */
enum idcode_verdict
idcode_company(struct str uscc)
{
    char check = idcode_company_check(str_sub(uscc, 0, COMPANY_LEN - 1));

    if (uscc.len != COMPANY_LEN || check == '\0' || value_of("123456789ANY", uscc.ptr[0]) < 0 ||
        value_of(company_symbols, uscc.ptr[17]) < 0) {
        return IDCODE_WRONG_SHAPE;
    }
    if (uscc.ptr[17] == check) {
        return IDCODE_VALID;
    }
    return org_holds(uscc) ? IDCODE_DOUBTFUL : IDCODE_WRONG_CHECK;
}

/* --- items and cases ------------------------------------------------------------------------- */

enum idcode_verdict
idcode_item(struct str item_code)
{
    if (item_code.len != ITEM_LEN ||
        !is_all(str_from(item_code, COMPANY_LEN), alphanumerics)) {
        return IDCODE_WRONG_SHAPE;
    }
    return idcode_company(str_sub(item_code, 0, COMPANY_LEN));
}

enum idcode_verdict
idcode_case(struct str case_no)
{
    enum idcode_verdict verdict = idcode_item(str_sub(case_no, 0, ITEM_LEN));
    int32_t day;

    if (case_no.len != CASE_LEN || !has_shape(str_from(case_no, ITEM_LEN), "999999999999")) {
        return IDCODE_WRONG_SHAPE;
    }
    if (verdict != IDCODE_VALID && verdict != IDCODE_DOUBTFUL) {
        return verdict;
    }
    return date_at(case_no, ITEM_LEN, &day) ? verdict : IDCODE_WRONG_DATE;
}

/* --- certificates: GB/T 36904, ISO 7064 MOD 37,36 -------------------------------------------- */

char
idcode_certificate_check(struct str joined)
{
    int p = 36;

    if (joined.len == 0 || !is_all(joined, alphanumerics)) {
        return '\0';
    }
    for (size_t i = 0; i < joined.len; i++) {
        int t = (p + value_of(alphanumerics, joined.ptr[i])) % 36;
        p = 2 * (t == 0 ? 36 : t) % 37;
    }
    return alphanumerics[(37 - p) % 36];
}

/*
 * Root, kind of certificate (code of the body that defined it + 3), issuer (a company code), serial, version (3), check.
 * The company codes need their shape only: their own checks are a matter for the registry.
 */
enum idcode_verdict
idcode_certificate(struct str oid)
{
    static const struct str root = STR_INIT("1.2.156.3005.2.");
    enum { KIND, ISSUER, SERIAL, VERSION, CHECK_CHAR, SEGMENTS, SERIAL_MAX = 32 };
    struct str segment[SEGMENTS + 1], rest = str_from(oid, root.len);
    char joined[21 + 18 + SERIAL_MAX + 3];
    size_t count = 0, len = 0;

    while (count <= SEGMENTS && str_next(&rest, '.', &segment[count])) {
        count++;
    }
    if (!str_starts(oid, root) || str_ends(oid, STR(".")) || count != SEGMENTS ||
        !has_shape(segment[KIND], "UU999999UUUUUUUUUUAAA") ||
        !has_shape(segment[ISSUER], "UU999999UUUUUUUUUU") || segment[SERIAL].len == 0 ||
        segment[SERIAL].len > SERIAL_MAX || !is_all(segment[SERIAL], alphanumerics) ||
        !has_shape(segment[VERSION], "AAA") || !has_shape(segment[CHECK_CHAR], "A")) {
        return IDCODE_WRONG_SHAPE;
    }
    for (size_t i = KIND; i < CHECK_CHAR; i++) {
        memcpy(joined + len, segment[i].ptr, segment[i].len);
        len += segment[i].len;
    }
    return segment[CHECK_CHAR].ptr[0] == idcode_certificate_check((struct str){joined, len})
               ? IDCODE_VALID
               : IDCODE_WRONG_CHECK;
}

/* --- the rest -------------------------------------------------------------------------------- */

bool
idcode_is_region(struct str code)
{
    return has_shape(code, "999999");
}

bool
idcode_is_mobile(struct str phone)
{
    return has_shape(phone, "99999999999") && phone.ptr[0] == '1' && phone.ptr[1] >= '3';
}

struct str
idcode_mask(struct arena *a, struct str id, size_t head, size_t tail)
{
    char *p;

    if (head >= id.len || tail >= id.len - head || (p = arena_alloc(a, id.len, 1)) == NULL) {
        return STR("");
    }
    memset(p, '*', id.len);
    memcpy(p, id.ptr, head);
    memcpy(p + id.len - tail, id.ptr + id.len - tail, tail);
    return (struct str){p, id.len};
}
