/*
 * structured - Structured Field Values for HTTP (RFC 9651): lists, dictionaries and items to values and back.
 *
 * One shape serves for all: a value has its kind, its parameters, and the next of the same list; members of a
 * dictionary and parameters also have a key.  Parsing is as strict as the RFC's algorithm; writing is its
 * serialisation, so a value that was parsed and written is in canonical form.  Nothing is allocated but values and
 * decoded text, all on the arena.
 */
#ifndef EXCHANGE_STRUCTURED_H
#define EXCHANGE_STRUCTURED_H

#include "base/str.h"

enum structured_kind {
    STRUCTURED_INTEGER,
    STRUCTURED_DECIMAL, /* integer counts thousandths */
    STRUCTURED_STRING,
    STRUCTURED_TOKEN,
    STRUCTURED_BYTES, /* text is decoded */
    STRUCTURED_BOOLEAN,
    STRUCTURED_DATE,    /* seconds since 1970 */
    STRUCTURED_DISPLAY, /* text is decoded UTF-8 */
    STRUCTURED_INNER_LIST
};

struct structured {
    enum structured_kind kind;
    int64_t integer;
    struct str text;
    struct str key;
    struct structured *items;  /* of an inner list */
    struct structured *params; /* with keys */
    struct structured *next;
};

/*
 * RC_INVALID with the offset in err, or RC_LIMIT.  An empty list or dictionary gives NULL.  A key that stands twice
 * takes its last value, as the RFC says; unique refuses it instead, for everything that is signed.
 */
MUST_USE enum rc structured_list(struct arena *a, struct str text, struct structured **out,
                                 struct err *err);
MUST_USE enum rc structured_dictionary(struct arena *a, struct str text, bool unique,
                                       struct structured **out, struct err *err);
MUST_USE enum rc structured_item(struct arena *a, struct str text, struct structured **out,
                                 struct err *err);

/* Member or parameter of that key; NULL if there is none.  Accepts NULL. */
const struct structured *structured_get(const struct structured *list, struct str key);

/* Item or inner list with its parameters; a parsed value can always be written. */
void structured_put(struct buf *out, const struct structured *value);
void structured_put_list(struct buf *out, const struct structured *list);
void structured_put_dictionary(struct buf *out, const struct structured *members);
/* ";key=value" for each. */
void structured_put_params(struct buf *out, const struct structured *params);
/* Text as a String, or as a Display String where a String cannot hold it; must be valid UTF-8. */
void structured_put_text(struct buf *out, struct str text);
void structured_put_bytes(struct buf *out, struct str bytes);

#endif
