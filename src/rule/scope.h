/*
 * scope - which name begins here.
 *
 * FEEL's names may hold spaces and + - * / . ', so where one ends depends on which are known: the longest known one counts, of
 * equals the innermost.  Frames are what the reader opens inside a text; the caller's scopes stand outside of them.
 */
#ifndef RULE_SCOPE_H
#define RULE_SCOPE_H

#include "rule/syntax.h"

struct scope_frame {
    struct scope_frame *outer;
    bool is_filter; /* its only name is the item */
    size_t count, room;
    struct feel_name *name;
};
struct scope {
    struct scope_frame *frame; /* innermost; NULL: none */
    const struct feel_scope *caller; /* may be NULL */
    uint64_t *work; /* goes up by the bytes that are compared: names are looked for one by one.  NULL: nobody counts */
};

enum scope_kind { SCOPE_NONE, SCOPE_SLOT, SCOPE_MEMBER, SCOPE_BUILTIN };
struct scope_found {
    enum scope_kind kind;
    size_t len;      /* bytes of the text it takes */
    struct str name; /* as it is known */
    size_t depth, slot; /* SCOPE_MEMBER: the filter's frame, of whose item it is a member */
    bool in_filter;     /* filters of unknown items stand between */
    const struct feel_type *type;
};

/* Whether a filter stands around whose items may have members of any name. */
bool scope_is_open(const struct scope *s);
/* Room for one more name in f.  RC_LIMIT past the arena's limit or FEEL_SLOT_MAX. */
MUST_USE enum rc scope_add(struct arena *a, struct scope_frame *f, struct str name,
                           const struct feel_type *type, struct err *err);
void scope_longest(const struct scope *s, struct str text, struct scope_found *found);
/* The longest member that begins text; found->kind is SCOPE_MEMBER or SCOPE_NONE. */
void scope_member(const struct feel_type *t, struct str text, struct scope_found *found, uint64_t *work);
/* The longest name of a type; built-in ones too. */
struct str scope_type(const struct scope *s, struct str text, size_t *len);
/* Whether something that is known begins with name and goes on. */
bool scope_goes_on(const struct scope *s, struct str name);
bool scope_member_goes_on(const struct feel_type *t, struct str name, uint64_t *work);
bool scope_type_goes_on(const struct scope *s, struct str name);

/* How many bytes of text are this name, 0 if it does not begin there.  Blanks and comments count as one blank, and as none
 * beside an operator character. */
size_t scope_match(struct str name, struct str text);

#endif
