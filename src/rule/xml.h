/*
 * xml - a document as a tree on an arena, read by expat within limits.
 *
 * There is no DTD: a document that has one is refused, so there are no entities but the five of XML, nothing grows by being named
 * (billion laughs) and nothing outside is ever asked for.  Elements of another namespace than the root's (and than the one that the
 * limits name) are left out with all that is in them, unless all are wanted: diagrams, the extensions of a drawing program.
 */
#ifndef RULE_XML_H
#define RULE_XML_H

#include "base/str.h"

struct xml_attribute {
    struct str name_space, name, value; /* name_space "" for most */
};
struct xml {
    struct str name_space, name;
    struct str text; /* of an element without children, as written, CDATA and references resolved; else "" */
    uint32_t line, column; /* from 1 */
    size_t attributes;
    const struct xml_attribute *attribute;
    struct xml *parent, *first, *last, *next;
};
struct xml_prefix {
    struct str prefix, name_space;
};
struct xml_document {
    const struct xml *root;
    size_t prefixes; /* all that are declared anywhere, the last one first */
    const struct xml_prefix *prefix;
};
struct xml_limits {
    size_t bytes, depth, elements, attributes; /* attributes: of one element */
    struct str also; /* elements of this namespace are kept beside the root's; "" none */
    bool all;        /* elements of every namespace are kept */
};

#define XML_FAULT_TABLE(X)                                                                   \
    X(SYNTAX, "the XML is not well formed", "XML 格式不正确")                                \
    X(DTD, "a document type (DOCTYPE) is not taken", "不接受文档类型声明（DOCTYPE）")        \
    X(BYTES, "the document is too long", "文档太长")                                         \
    X(DEPTH, "elements are nested too deeply", "元素嵌套太深")                               \
    X(ELEMENTS, "there are too many elements", "元素太多")                                   \
    X(ATTRIBUTES, "an element has too many attributes", "元素的属性太多")                    \
    X(ROOM, "the document does not fit in memory", "文档超出内存限制")

enum xml_fault_kind {
#define X(name, en, zh) XML_FAULT_##name,
    XML_FAULT_TABLE(X)
#undef X
};
struct xml_fault {
    enum xml_fault_kind kind;
    uint32_t line, column;
    const char *detail; /* of expat, English; "" without */
};
const char *xml_fault_text(enum xml_fault_kind kind, bool is_chinese);

/* RC_INVALID or RC_LIMIT.  fault may be NULL.  Texts are copied to the arena. */
MUST_USE enum rc xml_read(struct arena *a, struct str bytes, const struct xml_limits *limits, struct xml_document *out,
                          struct xml_fault *fault, struct err *err);

/* Of attributes without a namespace; "" if there is none. */
struct str xml_attribute(const struct xml *e, const char *name);
bool xml_has(const struct xml *e, const char *name);
struct str xml_attribute_of(const struct xml *e, struct str name_space, const char *name);
static inline bool xml_is(const struct xml *e, const char *name) { return str_eq(e->name, str_of(name)); }
/* The first child of that name, or NULL; e may be NULL. */
const struct xml *xml_child(const struct xml *e, const char *name);
/* The next one beside e of that name, or NULL. */
const struct xml *xml_next(const struct xml *e, const char *name);
/* The text of the first child of that name; "" if there is none. */
struct str xml_text(const struct xml *e, const char *name);

#endif
