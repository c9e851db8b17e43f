/*
 * rules_int - what the pages of rules and of processes share: opening one, and showing models, findings, cases and comparisons.
 *
 * Both are laid down in the same way, so the same handlers serve both; which kind it is follows from the route.
 */
#ifndef WEB_RULES_INT_H
#define WEB_RULES_INT_H

#include "web/handlers.h"

enum { RULES_BODY = 4 << 20, RULES_MONTH_DAYS = 30, RULES_VERSIONS_SHOWN = 100 };

/* Of an address below /processes, RULE_BPMN. */
enum rule_kind rules_kind(const struct page *p);
/* "/rules/KEY" or "/processes/KEY" and the rest. */
struct str rules_url(const struct page *p, struct str id, const char *rest);
/* The model that the address names, with what stands above every page of it: "key", "title", "org_name", "url", "is_own". */
MUST_USE enum rc rules_open(struct page *p, struct rule_model *out, struct err *err);
/* The same for those who may change it: RC_DENIED for others. */
MUST_USE enum rc rules_open_own(struct page *p, struct rule_model *out, struct err *err);
/* A number in the address.  RC_NOT_FOUND. */
MUST_USE enum rc rules_number(const struct page *p, int index, int64_t *out, struct err *err);
/* "number", "state", "state_text", "is_…" of its state, "basis", "reason", "holds_from", "holds_text", who and when, "url", "file_url". */
MUST_USE enum rc rules_put_version(struct page *p, const struct rule_version *v, struct json *d, struct err *err);
/* The name of an officer into a member; of id "", that the node came with it. */
MUST_USE enum rc rules_put_officer(struct page *p, struct json *d, const char *member, struct str id, struct err *err);
/* What there is to see of a text, and with a base what differs from it; processes_show.c does it for processes. */
MUST_USE enum rc rules_look(struct page *p, const struct rule_model *m, const struct ruling_text *text, const struct ruling_text *base,
                            struct json *d, struct err *err);
struct processes_wish {
    struct str xml, base;
    const struct bpmn_mark *mark;
    size_t marks;
    bool wants_findings, wants_drawing; /* wants_drawing: "xml", for the designer */
};
MUST_USE enum rc processes_look(struct page *p, const struct processes_wish *wish, struct json *d, struct err *err);
/* The handlers of processes.c and processes_trial.c. */
enum rc processes_compare(struct page *p, struct err *err);
enum rc processes_door_check(struct page *p, struct err *err);
/* The handlers of processes_move.c. */
enum rc migrations_list(struct page *p, struct err *err);
enum rc migrations_try(struct page *p, struct err *err);
enum rc migrations_propose(struct page *p, struct err *err);
enum rc migrations_show(struct page *p, struct err *err);
enum rc migrations_settle(struct page *p, struct err *err);
enum rc migrations_run(struct page *p, struct err *err);
enum rc migrations_back(struct page *p, struct err *err);
enum rc migrations_cases(struct page *p, struct err *err);
/* The same as pages: processes_move_make.c, processes_move_show.c */
enum rc moves_list(struct page *p, struct err *err);
enum rc moves_make(struct page *p, struct err *err);
enum rc moves_try(struct page *p, struct err *err);
enum rc moves_propose(struct page *p, struct err *err);
enum rc moves_show(struct page *p, struct err *err);
enum rc moves_try_again(struct page *p, struct err *err);
enum rc moves_settle(struct page *p, struct err *err);
enum rc moves_run(struct page *p, struct err *err);
enum rc moves_back(struct page *p, struct err *err);
enum rc processes_trial_page(struct page *p, struct err *err);
enum rc processes_trial(struct page *p, struct err *err);
/* processes_live.c, processes_run.c */
enum rc processes_live(struct page *p, struct err *err);
enum rc processes_history(struct page *p, struct err *err);
enum rc processes_path(struct page *p, struct err *err);
/* What processes_look found, to be kept with a version; and what was kept, into the document. */
struct json *processes_report(struct page *p);
MUST_USE enum rc processes_put_report(struct page *p, const struct rule_version *v, struct err *err);
/* What ruling_look said, made ready to be shown: "fault", "decisions" with their tables (where findings and changes were asked for, those that
 * changed), "findings". */
void rules_put_look(struct page *p, struct json *look, struct json *d);
/* What ruling_test said, under "tests". */
void rules_put_tests(struct page *p, struct json *tests, struct json *d);
/* All that can be said of a text before it is law: the look, the stored cases, the comparison with the last month's.  Looking at those is an act. */
MUST_USE enum rc rules_examine(struct page *p, const struct rule_model *m, const struct ruling_text *text,
                               const struct ruling_text *base, struct json *d, struct err *err);
/* A version with what was pinned with it; any other text with what holds today. */
struct ruling_text rules_version_text(const struct page *p, const struct rule_version *v);
struct ruling_text rules_other_text(const struct page *p, struct str xml);
/* The body of a form that may bring a file, into p->input; and the token. */
MUST_USE enum rc rules_read_form(struct page *p, struct err *err);
/* A text of ours as a file to keep. */
MUST_USE enum rc rules_send_text(struct page *p, struct str name, struct str text, struct err *err);
/* 2026年1月1日 */
struct str rules_day(const struct page *p, int32_t day);

#endif
