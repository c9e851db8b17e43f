/*
 * idcode - check digits of the identifiers that the state issues.
 *
 * Sources: 公民身份号码 GB 11643, 统一社会信用代码 GB 32100 (with the inner 组织机构代码 GB 11714), 电子证照标识 GB/T 36904
 * (ISO 7064 MOD 37,36), 行政区划 GB/T 2260, 实施编码 (31), 办件编号 (43).  Callers fold input first (utf8_fold,
 * upper and tight).  A really issued code may fail its check: that is IDCODE_DOUBTFUL, a warning.
 */
#ifndef BASE_IDCODE_H
#define BASE_IDCODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/str.h"

enum idcode_verdict {
    IDCODE_VALID,
    IDCODE_DOUBTFUL, /* shape right, check wrong, but the inner code holds (USCC only) */
    IDCODE_WRONG_SHAPE,
    IDCODE_WRONG_CHECK,
    IDCODE_WRONG_DATE /* resident id: no such birth date, or one after today */
};

struct idcode_person {
    struct str region; /* six digits, inside the given text */
    int32_t birth_day;
    bool female;
};

/* out may be NULL.  today: the day on which the question is asked. */
enum idcode_verdict idcode_person(struct str id, int32_t today, struct idcode_person *out);
enum idcode_verdict idcode_company(struct str uscc);
enum idcode_verdict idcode_certificate(struct str oid); /* 1.2.156.3005.2.… */
enum idcode_verdict idcode_case(struct str case_no);    /* 43 */
bool idcode_is_region(struct str code);                 /* six digits */
bool idcode_is_mobile(struct str phone);

char idcode_person_check(struct str first17);
char idcode_company_check(struct str first17);
char idcode_certificate_check(struct str joined); /* segments without root and dots */

/* 990102********0011 style masks, for people to recognise and nobody to reuse; "" if too short. */
struct str idcode_mask(struct arena *a, struct str id, size_t head, size_t tail);

#endif
