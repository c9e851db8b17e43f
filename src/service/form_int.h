/* form_int - what form_load.c, form.c, form_view.c, form_schema.c and prefill.c share: the compiled form. */
#ifndef SERVICE_FORM_INT_H
#define SERVICE_FORM_INT_H

#include "service/form.h"

enum { FORM_PREFILLS_MAX = 16, FORM_TEXT_MAX = 2000, FORM_DIGITS_MAX = 18, FORM_FILE_NAME_MAX = 255 };

enum field_type {
    FIELD_TEXT,
    FIELD_NUMBER,
    FIELD_CHOICE,
    FIELD_CHOICES,
    FIELD_DATE,
    FIELD_PHONE,
    FIELD_PERSON_ID,
    FIELD_CHECK,
    FIELD_UPLOAD,
    FIELD_PREFILL,
    FIELD_TYPES
};

struct field {
    struct str id;
    enum field_type type;
    size_t section;
    bool required;
    const struct json *document;
    const struct json *when; /* NULL: always asked */
    unsigned cost;           /* comparisons that asking `when` may take */
};

struct form {
    const struct json **sections;
    size_t section_count;
    struct field *fields;
    size_t field_count;
};

const char *field_type_name(enum field_type type);
const struct field *form_find(const struct form *f, struct str id);
bool form_field_is_asked(const struct form *f, const struct field *field,
                         const struct json *values);
/* title_zh or title_en of a field, section or choice; zh if the other is missing. */
struct str form_word(const struct json *object, const char *member, struct str lang);

/* A text that is a number: up to 18 digits and at most one point, no sign, no blanks, no zeros before it. */
bool form_number_is_plain(struct str s);
int form_number_compare(struct str a, struct str b);

/* form_pattern.c: what a number that keeps the limit looks like (ECMA-262); NULL ptr past the arena's limit. */
enum form_limit { FORM_AT_LEAST, FORM_LESS_THAN, FORM_AT_MOST };
struct str form_number_pattern(struct arena *a, enum form_limit limit, struct str bound);

#endif
