/* form_int - what form.c and form_view.c share: the compiled form. */
#ifndef SERVICE_FORM_INT_H
#define SERVICE_FORM_INT_H

#include "service/form.h"

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
};

struct form {
    const struct json *document;
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
struct str form_word(const struct json *object, const char *member, struct str lang,
                     struct arena *a);

#endif
