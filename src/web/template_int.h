/*
 * What template_compile.c makes and template.c runs; nobody else includes this.
 */
#ifndef WEB_TEMPLATE_INT_H
#define WEB_TEMPLATE_INT_H

#include "web/template.h"

enum op {
    OP_TEXT,     /* of the source: its lines take the indentation of partials */
    OP_FIXED,    /* a word filled in while compiling: never indented */
    OP_VALUE,    /* escaped */
    OP_RAW,      /* as it is */
    OP_SECTION,  /* jump: behind its end */
    OP_INVERTED, /* jump: behind its end; has no OP_END of its own */
    OP_END,      /* jump: first instruction inside its section */
    OP_PARTIAL,  /* jump: first instruction of the other source */
    OP_RETURN,   /* end of a source */
};

struct instr {
    enum op op;
    bool at_line_start; /* OP_TEXT: a source line begins here; OP_PARTIAL: stands alone on its line */
    uint32_t name;      /* first of its parts; OP_PARTIAL, until linked: number of the source */
    uint32_t name_parts; /* 0 is "." */
    uint32_t jump;
    struct str text; /* OP_TEXT, OP_FIXED; OP_PARTIAL: its indentation */
};

struct template_set {
    unsigned flags;
    size_t count; /* of sources */
    struct template_entry *entry;
    struct instr *code;
    size_t code_count;
    struct str *part; /* of all names */
    size_t part_count;
};

struct template_entry {
    struct str name;
    uint32_t start;
};

/* Number of the source, or set->count. */
size_t template_number(const struct template_set *set, struct str name);

#endif
