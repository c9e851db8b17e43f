/* handlers - one function a route; see table.c for who may call which. */
#ifndef WEB_HANDLERS_H
#define WEB_HANDLERS_H

#include "web/web.h"

/* home.c */
enum rc public_home(struct page *p, struct err *err);
/* public.c */
enum rc public_search(struct page *p, struct err *err);
enum rc public_item(struct page *p, struct err *err);
enum rc public_item_schema(struct page *p, struct err *err);
enum rc public_items(struct page *p, struct err *err);
enum rc public_catalogue(struct page *p, struct err *err);
enum rc public_certificate(struct page *p, struct err *err);
enum rc public_preferences(struct page *p, struct err *err);
/* guide.c */
enum rc guide_page(struct page *p, struct err *err);
/* places.c */
enum rc places_top(struct page *p, struct err *err);
enum rc places_region(struct page *p, struct err *err);
/* progress.c */
enum rc public_progress(struct page *p, struct err *err);
/* openlog.c */
enum rc openlog_page(struct page *p, struct err *err);
enum rc openlog_verify(struct page *p, struct err *err);
enum rc openlog_receipt(struct page *p, struct err *err);
enum rc openlog_file(struct page *p, struct err *err);
/* system.c */
enum rc system_static(struct page *p, struct err *err);
enum rc system_health(struct page *p, struct err *err);
enum rc system_ready(struct page *p, struct err *err);
enum rc system_metrics(struct page *p, struct err *err);
enum rc system_openapi(struct page *p, struct err *err);
enum rc system_gate(struct page *p, struct err *err);
enum rc system_node(struct page *p, struct err *err);
/* account.c */
enum rc account_sign_in_page(struct page *p, struct err *err);
enum rc account_sign_in(struct page *p, struct err *err);
enum rc account_sign_in_demo(struct page *p, struct err *err);
enum rc account_sign_out(struct page *p, struct err *err);
enum rc account_sign_out_all(struct page *p, struct err *err);
enum rc account_session(struct page *p, struct err *err);
enum rc account_page(struct page *p, struct err *err);
/* apply.c */
enum rc apply_begin(struct page *p, struct err *err);
enum rc apply_section(struct page *p, struct err *err);
enum rc apply_save(struct page *p, struct err *err);
enum rc apply_check(struct page *p, struct err *err);
enum rc apply_submit(struct page *p, struct err *err);
enum rc apply_done(struct page *p, struct err *err);
enum rc apply_resume(struct page *p, struct err *err);
enum rc apply_kept(struct page *p, struct err *err);
/* citizen.c */
enum rc citizen_cases(struct page *p, struct err *err);
enum rc citizen_case(struct page *p, struct err *err);
enum rc citizen_application(struct page *p, struct err *err);
enum rc handovers_case(struct page *p, struct err *err);
MUST_USE enum rc handovers_put_url(struct page *p, struct str case_no, struct err *err); /* "handovers_url", if some of the case is or was at another node */
enum rc citizen_withdraw(struct page *p, struct err *err);
/* citizen_task.c */
enum rc citizen_task_page(struct page *p, struct err *err);
enum rc citizen_task(struct page *p, struct err *err);
/* errands.c */
enum rc errands_case(struct page *p, struct err *err);
enum rc errands_given(struct page *p, struct err *err);
enum rc errands_shown(struct page *p, struct err *err);
/* offers.c */
enum rc offers_accept(struct page *p, struct err *err);
enum rc offers_decline(struct page *p, struct err *err);
enum rc offers_report(struct page *p, struct err *err);
/* "offers" of the person into the document, if there are any. */
MUST_USE enum rc offers_put(struct page *p, struct err *err);
/* supply.c */
enum rc supply_page(struct page *p, struct err *err);
enum rc supply_send(struct page *p, struct err *err); /* and readers.c */
enum rc citizen_readers(struct page *p, struct err *err);
/* supervision.c */
enum rc oversight_page(struct page *p, struct err *err);
enum rc supervision_page(struct page *p, struct err *err);
/* "on_time" of the last year into d; nothing while nothing was decided. */
MUST_USE enum rc oversight_put_on_time(struct page *p, struct json *d, struct err *err);
/* landing.c: the first page of whoever is signed in; whether they may open a page; the desks that they have, for the head of pages */
struct str landing_url(const struct page *p);
bool landing_is_open(const struct page *p, struct str target);
struct json *landing_desks(const struct page *p);
/* operator.c */
enum rc operator_page(struct page *p, struct err *err);
enum rc operator_backup(struct page *p, struct err *err);
/* steward.c */
enum rc steward_exchange(struct page *p, struct err *err);
enum rc steward_grants(struct page *p, struct err *err);
/* The whole catalogue as documents, and one of it; NULL: it has none of that code. */
enum rc steward_catalogue(struct page *p, struct json **out, struct err *err);
const struct json *steward_resource(const struct json *catalogue, struct str code);
/* rules.c, rules_desk.c, rules_door.c */
enum rc rules_list(struct page *p, struct err *err);
enum rc rules_rule(struct page *p, struct err *err);
enum rc rules_version(struct page *p, struct err *err);
enum rc rules_file(struct page *p, struct err *err);
enum rc rules_edit(struct page *p, struct err *err);
enum rc rules_save(struct page *p, struct err *err);
enum rc rules_drop(struct page *p, struct err *err);
enum rc rules_draft_file(struct page *p, struct err *err);
enum rc rules_cases(struct page *p, struct err *err);
enum rc rules_cases_file(struct page *p, struct err *err);
enum rc rules_cases_save(struct page *p, struct err *err);
enum rc rules_propose_page(struct page *p, struct err *err);
enum rc rules_propose(struct page *p, struct err *err);
enum rc rules_settle(struct page *p, struct err *err);
enum rc rules_door_eval(struct page *p, struct err *err);
enum rc rules_door_dmn(struct page *p, struct err *err);
enum rc rules_door_check(struct page *p, struct err *err);
enum rc rules_door_test(struct page *p, struct err *err);
enum rc rules_door_schema(struct page *p, struct err *err);
/* openlog.c: when the newest sealed act was done, in words; "" while there is none */
enum rc openlog_sealed(struct page *p, struct str *out, struct err *err);

/* checks.c: sections as form_summary makes them, shown as form_section_document does. */
bool checks_hold(const struct json *check, const struct json *sections);
/* Two sources on this section that differ become the page's "notice". */
MUST_USE enum rc checks_tell(struct page *p, const struct item *item, const struct json *values, const struct json *shown, struct err *err);

/* reasons.c: "rules" of the case into the document, if any rule said something in it. */
MUST_USE enum rc reasons_put(struct page *p, struct str case_no, struct err *err);
/* fees.c: "fee", "fee_text", "fee_why" and "fee_list" into the document; values NULL: nothing is filled in yet. */
MUST_USE enum rc fees_put(struct page *p, const struct item *item, const struct json *values, struct err *err);

/* shared by several desks: words.c */
struct str words_fields(const struct page *p, const struct json *fields); /* names of elements as people say them */
struct str words_node(const struct page *p, struct str name);             /* 云岚省; the name of one that is not known */
struct str words_moment(const struct page *p, int64_t at_us);      /* 11月23日 09:40 */
struct str words_moment_of(const struct page *p, struct str rfc3339);
struct str words_day_of(const struct page *p, struct str day);     /* 11月23日 */
struct str words_number(struct arena *a, int64_t n);               /* 18,204,551 */
struct str words_hash(struct arena *a, struct str bytes, size_t groups); /* 9f3c 71aa … */
struct str words_org(const struct page *p, struct str uscc);       /* short name, or "" */
/* {"count","list":[{"field","message"}]} from form_check's array; nothing if it is empty. */
void words_errors(struct page *p, const struct json *errors);
void words_error(struct page *p, const char *field, struct str message);
struct str words_error_at(const struct page *p, const char *field); /* what "errors" says of it; "" */
/* A file of upload.h that was not kept, said at its field; rule: the field's "upload". */
void words_file_problem(struct page *p, struct json *errors, struct str field, const struct json *rule, const struct json *file);
/* What the form complains of joins what is wrong with files, one for each field. */
void words_join_errors(struct page *p, struct json *of_files, const struct json *of_form);
void words_back(struct page *p, struct str url, struct str text);
/* {text,first_url,next_url} */
void words_pager(struct page *p, struct str text, struct str first_url, struct str next_url);

#endif
