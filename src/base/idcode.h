/*
 * idcode - check digits of the identifiers that the state issues.
 *
 * Sources: 公民身份号码 GB 11643, 统一社会信用代码 GB 32100 (with the inner 组织机构代码 GB 11714), 电子证照标识 GB/T 36904
 * (ISO 7064 MOD 37,36), 行政区划 GB/T 2260, 实施编码 (31), 办件编号 (43).  Callers fold input first (utf8_fold,
 * upper and tight).  A really issued company code may fail its check: that is IDCODE_DOUBTFUL, to be
 * confirmed by a person, never refused by a program.  When several things are wrong the first of
 * shape, check, date is answered.
 */
#ifndef BASE_IDCODE_H
#define BASE_IDCODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/str.h"

enum idcode_verdict {
    IDCODE_VALID,
    IDCODE_DOUBTFUL, /* a company code: shape right, check wrong, but the inner code holds */
    IDCODE_WRONG_SHAPE,
    IDCODE_WRONG_CHECK,
    IDCODE_WRONG_DATE /* no such date, or a birth after today */
};

struct idcode_person {
    struct str region; /* six digits, inside the given text */
    int32_t birth_day;
    bool female;
};

/* out may be NULL and is filled when valid.  today: the day on which the question is asked. */
enum idcode_verdict idcode_person(struct str id, int32_t today, struct idcode_person *out);
enum idcode_verdict idcode_company(struct str uscc);
enum idcode_verdict idcode_certificate(struct str oid); /* 1.2.156.3005.2.… */
enum idcode_verdict idcode_item(struct str item_code);  /* 31: company code, level, 12 */
enum idcode_verdict idcode_case(struct str case_no);    /* 43: item code, yyyymmdd, 4 digits */
bool idcode_is_region(struct str code);                 /* six digits */
bool idcode_is_mobile(struct str phone);

/* The check character that belongs behind the text; NUL if the text cannot be that of such a code. */
char idcode_person_check(struct str first17);
char idcode_company_check(struct str first17);
char idcode_certificate_check(struct str joined); /* segments without root and dots, any length */

/* 990102********0011 style masks, for people to recognise and nobody to reuse; "" if too short or no room. */
struct str idcode_mask(struct arena *a, struct str id, size_t head, size_t tail);

#endif
