/*
 * catalogue - what data there is, who owns each element, and how it may be shared (参照 GB/T 21063; 发改高技〔2017〕1272号).
 *
 * A resource belongs to one organisation and is served by one node; its elements name type and source (一数一源).
 * Every node knows the resources of all nodes in its federation; `connector` stands only where they are served.
 *
 * {"code","title_zh","title_en","owner" (USCC),"owner_zh","owner_en","node","sharing":1..3,"basis","key_kind","subject_kind",
 *  "connector":{"kind":"registry"} | {"kind":"http","url":"http://127.0.0.1:9000/persons/{key}","record":"data.0","members":{"name":"xm"}},
 *  "limits":{"per_day":1000,"open":"07:00","close":"23:00","urgent":true},
 *  "standard":{JSON Schema of a record},
 *  "elements":[{"name","title_zh","title_en","type":"text|code|date|number|id","grade":1..4}]}
 * {key} is percent-encoded into the url; record is the dotted path of the record in an upstream answer; members
 * says what upstream calls an element, so an old system joins by data and not by code.
 */
#ifndef DATA_CATALOGUE_H
#define DATA_CATALOGUE_H

#include "base/json.h"
#include "store/store.h"

/* 无条件共享, 有条件共享, 不予共享 (国令809号). */
enum sharing_class { SHARING_OPEN = 1, SHARING_CONDITIONAL = 2, SHARING_NONE = 3 };

enum { RESOURCE_CODE_MAX = 64, RESOURCE_ELEMENTS_MAX = 64, RESOURCE_BYTES_MAX = 65536 };

struct element {
    struct str name; /* member name in the answer: "legal_person_name" */
    struct str title_zh;
    struct str title_en;
    struct str type; /* "text", "code", "date", "number", "id" */
    int grade;       /* 一般数据 1..4; higher is more sensitive */
};

struct resource {
    struct str code; /* "yl/person", "zr/address": stands in URLs; [a-z0-9/_-] */
    struct str title_zh;
    struct str title_en;
    struct str owner;    /* USCC of the organisation */
    struct str owner_zh; /* its short name, for the chip: 公安厅 */
    struct str owner_en;
    struct str node;     /* name of the serving node in the directory */
    enum sharing_class sharing;
    struct str basis;    /* legal basis of the class; needed unless sharing is open */
    struct str key_kind; /* what it is asked by: "person", "company", "address" */
    struct str subject_kind; /* "person", "company" or "" : whose data it is */
    const struct json *connector; /* NULL where it is not served */
    const struct json *limits;    /* of the owner, for all consumers together; NULL: none */
    const struct json *standard;  /* JSON Schema of a record (data/standard.h); NULL: none */
    int64_t version;              /* 1, 2, … as put */
    int64_t updated_us;
    struct element elements[RESOURCE_ELEMENTS_MAX];
    size_t element_count;
};

/*
 * Adds or replaces; the older versions stay, and ACT_PUBLISH is written.  RC_INVALID names what is wrong in the
 * document.  The same document again changes nothing and writes no act.
 */
MUST_USE enum rc catalogue_put(struct tx *tx, struct arena *a, const struct json *resource,
                               int64_t now_us, struct err *err);
MUST_USE enum rc catalogue_get(const struct db *db, struct arena *a, struct str code,
                               struct resource **out, struct err *err);
/* The same inside a write. */
MUST_USE enum rc catalogue_find(struct tx *tx, struct arena *a, struct str code,
                                struct resource **out, struct err *err);
/* What the owner of a resource is called, for a page that says no more of it: half the work of catalogue_get.  RC_NOT_FOUND. */
struct owner {
    struct str name_zh;
    struct str name_en;
};
MUST_USE enum rc catalogue_owner(const struct db *db, struct arena *a, struct str code,
                                 struct owner *out, struct err *err);
/* Array of documents for pages and programs, by code after `after`. */
MUST_USE enum rc catalogue_list(const struct db *db, struct arena *a, struct str after, int limit,
                                struct json **out, struct err *err);
/* Without the connector: addresses of old systems concern nobody outside. */
struct json *catalogue_document(struct arena *a, const struct resource *r);
const struct element *catalogue_element(const struct resource *r, struct str name); /* NULL */

/* The check of a document alone: RC_INVALID. */
MUST_USE enum rc catalogue_read(struct arena *a, const struct json *document, struct resource **out,
                                struct err *err);

#endif
