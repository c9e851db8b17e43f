/*
 * bpmn - a process model (BPMN 2.0, XML): read, checked and compiled once, run often.
 *
 * A definition is immutable once read; many threads may walk it (process/bpmn_int.h).  What is not supported is refused and never
 * passed over: the report says every place at once, by rule, line and element, in two languages.  The XML with its drawing is
 * kept by whoever stores it, byte for byte; here it is only read.  Expressions are FEEL; a leading "=" is taken off, as drawing
 * programs write it.
 */
#ifndef PROCESS_BPMN_H
#define PROCESS_BPMN_H

#include "base/json.h"
#include "process/bpmn_rule.h"
#include "rule/zone.h"

/* Elements of our own in a model: organisation, role, clock, form. */
#define BPMN_GOV "https://zhengtong.example/ns/gov"

enum { BPMN_BYTES_MAX = 4 << 20, BPMN_DEPTH_MAX = 60, BPMN_XML_MAX = 100000 /* elements of XML */, BPMN_ELEMENTS_MAX = 10000,
       BPMN_FLOWS_MAX = 20000, BPMN_NAMES_MAX = 500 /* data of one model */, BPMN_FINDINGS_MAX = 500 };

struct bpmn;

struct bpmn_finding {
    enum bpmn_rule rule;
    enum bpmn_severity severity;
    uint32_t line, column; /* of the XML, from 1; 0: of the whole */
    struct str tag, id;    /* "userTask", "Accept"; "" if unknown */
    struct str en, zh;     /* one sentence each, without a full stop */
};
/* On the arena of the definition.  What is found past BPMN_FINDINGS_MAX is only counted. */
struct bpmn_report {
    size_t count, errors, unsound;
    const struct bpmn_finding *finding;
};

/*
 * RC_OK: no errors; the report may still hold what is unsound, and warnings.  RC_INVALID: one error or more, all of them in the
 * report.  RC_LIMIT: the report's last finding says which (there is none if nothing at all fitted).  zones may be NULL: then there
 * are no named zones.
 */
MUST_USE enum rc bpmn_read(struct arena *a, struct str xml, struct zones *zones, const struct bpmn **out,
                           struct bpmn_report *report, struct err *err);

/* "flow-crosses", "error". */
const char *bpmn_rule_name(enum bpmn_rule rule);
const char *bpmn_severity_name(enum bpmn_severity severity);
/* {"errors","unsound","findings":[{"rule","severity","line","column","tag","id","zh","en"}]}.  NULL past the arena's limit. */
struct json *bpmn_report_json(struct arena *a, const struct bpmn_report *report);

/* The processes of a model, in the order written. */
struct bpmn_process_info {
    struct str id, name;
    bool is_executable;
    size_t elements; /* of all its scopes */
};
size_t bpmn_processes(const struct bpmn *m);
struct bpmn_process_info bpmn_process(const struct bpmn *m, size_t index);

#endif
