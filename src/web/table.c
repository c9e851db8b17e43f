/*
 * The routes: one table, checked before any handler runs.  To find anything, start here.
 */
#include "web/handlers.h"
#include "web/rules_int.h"

enum { SMALL = 16384, FORM = 262144, LARGE = 1 << 20 };

/* clang-format off */
const struct route route_table[] = {
    /* anyone */
    {"GET",  "/",                             ROLE_PUBLIC,  NULL, 0, 0, public_home, "home", "Home: search, common services, what waits for you"},
    {"GET",  "/search",                       ROLE_PUBLIC,  NULL, 0, 0, public_search, "search", "Find a service: ?q="},
    {"GET",  "/items",                        ROLE_PUBLIC,  NULL, 0, 0, public_items, NULL, "Services, the common ones first"},
    {"GET",  "/items/{code}",                 ROLE_PUBLIC,  NULL, 0, 0, public_item, "item", "The guide of a service"},
    {"GET",  "/items/{code}/schema.json",     ROLE_PUBLIC,  NULL, ROUTE_CACHE, 0, public_item_schema, NULL, "What a service asks as JSON Schema 2020-12: the values as they are kept; ?as=sent: what a program posts to its sections"},
    {"GET",  "/guides/{key}",                 ROLE_PUBLIC,  NULL, 0, 0, guide_page, "guide", "A few questions that end in a list of services: the answers stand in the query"},
    {"GET",  "/catalogue",                    ROLE_PUBLIC,  NULL, 0, 0, public_catalogue, "catalogue", "What data there is and how it may be shared"},
    {"GET",  "/regions",                      ROLE_PUBLIC,  NULL, 0, 0, places_top, "region", "Regions at the top; ?code= finds the one around a longer code"},
    {"GET",  "/regions/{code}",               ROLE_PUBLIC,  NULL, 0, 0, places_region, "region", "A region: what lies below it, and the organisations there"},
    {"GET",  "/certificates/{id}",            ROLE_PUBLIC,  NULL, 0, 0, public_certificate, "certificate", "A certificate, and whether it is true"},
    {"GET",  "/progress",                     ROLE_PUBLIC,  NULL, 0, 0, public_progress, "progress", "Progress by query code: ?code="},
    {"GET",  "/preferences",                  ROLE_PUBLIC,  NULL, 0, 0, public_preferences, NULL, "Language and theme"},
    {"GET",  "/oversight",                    ROLE_PUBLIC,  NULL, 0, 0, oversight_page, "oversight", "Who decides in time: all and each organisation, without persons and cases"},
    {"GET",  "/rules",                        ROLE_PUBLIC,  NULL, 0, 0, rules_list, "rules", "Rules of law that decide here: ?after="},
    {"GET",  "/rules/{key}",                  ROLE_PUBLIC,  NULL, 0, 0, rules_rule, "rule", "One rule: what holds, cell by cell, and its versions"},
    {"GET",  "/rules/{key}/versions/{number}", ROLE_PUBLIC, NULL, 0, 0, rules_version, "rule-version", "One version: what it changed, its basis, who consented"},
    {"GET",  "/rules/{key}/versions/{number}/file", ROLE_PUBLIC, NULL, 0, 0, rules_file, NULL, "The decision model of a version (DMN)"},
    {"GET",  "/processes",                    ROLE_PUBLIC,  NULL, 0, 0, rules_list, "processes", "Processes that things are done by: ?after="},
    {"GET",  "/processes/{key}",              ROLE_PUBLIC,  NULL, 0, 0, rules_rule, "process", "One process: its picture, the same in order, its versions"},
    {"GET",  "/processes/{key}/compare",      ROLE_PUBLIC,  NULL, 0, 0, processes_compare, "process-compare", "Two versions element by element: ?from=&to="},
    {"GET",  "/processes/{key}/versions/{number}", ROLE_PUBLIC, NULL, 0, 0, rules_version, "process-version", "One version: what it changed, what was found, who consented"},
    {"GET",  "/processes/{key}/versions/{number}/file", ROLE_PUBLIC, NULL, 0, 0, rules_file, NULL, "The process model of a version (BPMN 2.0), byte for byte"},
    {"GET",  "/log",                          ROLE_PUBLIC,  NULL, 0, 0, openlog_page, "log", "The public log"},
    {"POST", "/log",                          ROLE_PUBLIC,  NULL, ROUTE_FORM | ROUTE_NO_CSRF, FORM, openlog_verify, "log", "Check a receipt"},
    {"GET",  "/log/{path*}",                  ROLE_PUBLIC,  NULL, ROUTE_CACHE, 0, openlog_file, NULL, "Checkpoint and tiles (C2SP tlog-tiles)"},
    {"GET",  "/receipts/{index}",             ROLE_PUBLIC,  NULL, 0, 0, openlog_receipt, NULL, "The receipt of an act, for those whom it concerns"},
    {"GET",  "/static/{path*}",               ROLE_PUBLIC,  NULL, ROUTE_CACHE, 0, system_static, NULL, "Style sheets and icons"},
    {"GET",  "/node",                         ROLE_PUBLIC,  NULL, 0, 0, system_node, NULL, "Who this node is and whom it knows"},
    {"GET",  "/openapi.json",                 ROLE_PUBLIC,  NULL, 0, 0, system_openapi, NULL, "This table as OpenAPI 3.1"},
    {"GET",  "/healthz",                      ROLE_PUBLIC,  NULL, 0, 0, system_health, NULL, "The process is alive"},
    {"GET",  "/readyz",                       ROLE_PUBLIC,  NULL, 0, 0, system_ready, NULL, "The node can serve"},
    {"GET",  "/metrics",                      ROLE_PUBLIC,  NULL, 0, 0, system_metrics, NULL, "Prometheus text"},
    /* signing in and out */
    {"GET",  "/sign-in",                      ROLE_PUBLIC,  NULL, 0, 0, account_sign_in_page, "sign-in", "Sign in"},
    {"POST", "/sign-in",                      ROLE_PUBLIC,  NULL, ROUTE_FORM | ROUTE_NO_CSRF, SMALL, account_sign_in, "sign-in", "Sign in with name and password"},
    {"GET",  "/sign-in/demo",                 ROLE_PUBLIC,  NULL, 0, 0, account_sign_in_demo, "sign-in", "One-click sign-in of the demo city, with its key"},
    {"POST", "/sign-in/demo",                 ROLE_PUBLIC,  NULL, ROUTE_FORM | ROUTE_NO_CSRF, SMALL, account_sign_in_demo, "sign-in", "One-click sign-in of the demo city"},
    {"POST", "/sign-out",                     ROLE_PUBLIC,  NULL, ROUTE_FORM, SMALL, account_sign_out, NULL, "End this session"},
    {"POST", "/sign-out/everywhere",          ROLE_PUBLIC,  NULL, ROUTE_FORM, SMALL, account_sign_out_all, NULL, "End all sessions of the account"},
    {"GET",  "/session",                      ROLE_PUBLIC,  NULL, 0, 0, account_session, NULL, "Who is signed in, and the token for forms"},
    {"GET",  "/account",                      ROLE_PUBLIC,  "signed-in", 0, 0, account_page, "account", "My account: roles, powers, sessions under way"},
    /* citizens and companies */
    {"GET",  "/items/{code}/apply",           ROLE_CITIZEN, NULL, 0, 0, apply_begin, NULL, "Begin, or go on with, an application"},
    {"GET",  "/drafts/{draft}",               ROLE_CITIZEN, NULL, 0, 0, apply_resume, NULL, "Go on where something is missing"},
    {"GET",  "/drafts/{draft}/kept",          ROLE_CITIZEN, NULL, 0, 0, apply_kept, "kept", "Kept for later: until when, and how to go on"},
    {"GET",  "/apply/{draft}/check",          ROLE_CITIZEN, NULL, 0, 0, apply_check, "check", "Check your answers"},
    {"POST", "/apply/{draft}/submit",         ROLE_CITIZEN, NULL, ROUTE_FORM | ROUTE_CREATES, SMALL, apply_submit, "check", "Submit: makes the case"},
    {"GET",  "/apply/{draft}/{section}",      ROLE_CITIZEN, NULL, 0, 0, apply_section, "form", "One section, prefilled"},
    {"POST", "/apply/{draft}/{section}",      ROLE_CITIZEN, NULL, ROUTE_STREAM, FORM, apply_save, "form", "Save one section"},
    {"GET",  "/cases",                        ROLE_CITIZEN, NULL, 0, 0, citizen_cases, "cases", "My cases, drafts and certificates"},
    {"GET",  "/cases/{case_no}",              ROLE_PUBLIC,  "own-case", 0, 0, citizen_case, "case", "Progress of a case, for its owner, its officers and supervisors"},
    {"GET",  "/cases/{case_no}/done",         ROLE_CITIZEN, NULL, 0, 0, apply_done, "done", "Received: number and receipt"},
    {"GET",  "/cases/{case_no}/application",  ROLE_PUBLIC,  "own-case", 0, 0, citizen_application, "application", "What was submitted"},
    {"GET",  "/cases/{case_no}/path",         ROLE_PUBLIC,  "own-case", 0, 0, processes_path, "case-path", "The way of a case on the picture of its process, for its owner, its officers and supervisors"},
    {"GET",  "/cases/{sub_case}/supply",      ROLE_CITIZEN, NULL, 0, 0, supply_page, "form", "Answer a supplement notice"},
    {"POST", "/cases/{sub_case}/supply",      ROLE_CITIZEN, NULL, ROUTE_STREAM, FORM, supply_send, "form", "Supply what was asked"},
    {"GET",  "/cases/{case_no}/withdraw",     ROLE_CITIZEN, NULL, 0, 0, citizen_withdraw, "withdraw", "Withdraw?"},
    {"POST", "/cases/{case_no}/withdraw",     ROLE_CITIZEN, NULL, ROUTE_FORM, SMALL, citizen_withdraw, "withdraw", "Withdraw"},
    {"POST", "/offers/{offer}/accept",        ROLE_CITIZEN, NULL, ROUTE_FORM, SMALL, offers_accept, NULL, "Accept what was offered: opens the prefilled application"},
    {"POST", "/offers/{offer}/decline",       ROLE_CITIZEN, NULL, ROUTE_FORM, SMALL, offers_decline, NULL, "Decline what was offered; it is not offered again"},
    {"GET",  "/readers",                      ROLE_CITIZEN, NULL, 0, 0, citizen_readers, "readers", "Who read my data"},
    /* officers: the sub-case's own organisation, checked by casework; decisions need the part's power */
    {"GET",  "/desk",                         ROLE_OFFICER, "own-organisation", 0, 0, officer_queue, "queue", "The queue: ?view=open|waiting|done"},
    {"GET",  "/desk/{sub_case}",              ROLE_OFFICER, "own-organisation", 0, 0, officer_case, "desk", "A sub-case with evidence and rules"},
    {"GET",  "/desk/{sub_case}/materials/{sha256}", ROLE_OFFICER, "own-organisation", 0, 0, officer_material, NULL, "One file of the case"},
    {"POST", "/desk/{sub_case}/accept",       ROLE_OFFICER, "own-organisation", ROUTE_FORM | ROUTE_CREATES, SMALL, officer_accept, "desk", "Accept"},
    {"GET",  "/desk/{sub_case}/supplement",   ROLE_OFFICER, "own-organisation", 0, 0, officer_supplement_page, "supplement", "Write the supplement notice"},
    {"POST", "/desk/{sub_case}/supplement",   ROLE_OFFICER, "own-organisation", ROUTE_FORM | ROUTE_CREATES, FORM, officer_supplement, "supplement", "Send the one supplement notice"},
    {"POST", "/desk/{sub_case}/decide",       ROLE_OFFICER, "power-of-the-part", ROUTE_FORM | ROUTE_CREATES, FORM, officer_decide, "desk", "Decide, with reason and power"},
    /* officers who lay down rules: of the rule's organisation, with its power; the doors for programs are for all who have such a power */
    {"GET",  "/rules/{key}/edit",             ROLE_OFFICER, "power-of-the-rule", 0, 0, rules_edit, "rule-edit", "Change a rule: the designer, what was found, what it would change"},
    {"POST", "/rules/{key}/edit",             ROLE_OFFICER, "power-of-the-rule", ROUTE_STREAM, RULES_BODY, rules_save, "rule-edit", "Save the draft: xml or file, revision"},
    {"GET",  "/rules/{key}/edit/file",        ROLE_OFFICER, "power-of-the-rule", 0, 0, rules_draft_file, NULL, "The draft as a file"},
    {"POST", "/rules/{key}/edit/drop",        ROLE_OFFICER, "power-of-the-rule", ROUTE_FORM, SMALL, rules_drop, "rule-edit", "Give the draft up"},
    {"GET",  "/rules/{key}/cases",            ROLE_OFFICER, "power-of-the-rule", 0, 0, rules_cases, "rule-cases", "The stored cases, and what the draft makes of them"},
    {"POST", "/rules/{key}/cases",            ROLE_OFFICER, "power-of-the-rule", ROUTE_STREAM, RULES_BODY, rules_cases_save, "rule-cases", "Replace the stored cases"},
    {"GET",  "/rules/{key}/cases/file",       ROLE_OFFICER, "power-of-the-rule", 0, 0, rules_cases_file, NULL, "The stored cases as a file"},
    {"GET",  "/rules/{key}/propose",          ROLE_OFFICER, "power-of-the-rule", 0, 0, rules_propose_page, "rule-propose", "Propose the draft: basis, reason, day"},
    {"POST", "/rules/{key}/propose",          ROLE_OFFICER, "power-of-the-rule", ROUTE_FORM | ROUTE_CREATES, SMALL, rules_propose, "rule-propose", "Propose the draft to a second person"},
    {"POST", "/rules/{key}/versions/{number}/verdict", ROLE_OFFICER, "power-of-the-rule", ROUTE_FORM | ROUTE_CREATES, SMALL, rules_settle, "rule-version", "The second person's verdict: publish, reject; or withdraw"},
    {"POST", "/api/rules/eval",               ROLE_OFFICER, "power-of-a-rule", ROUTE_STREAM, FORM, rules_door_eval, NULL, "A FEEL expression: feel, context"},
    {"POST", "/api/rules/dmn",                ROLE_OFFICER, "power-of-a-rule", ROUTE_STREAM, LARGE, rules_door_dmn, NULL, "A decision: model or key, decision, input, explain"},
    {"POST", "/api/rules/check",              ROLE_OFFICER, "power-of-a-rule", ROUTE_STREAM, LARGE, rules_door_check, NULL, "What is wrong with a model, and what differs from another: model or key, base"},
    {"POST", "/api/rules/test",               ROLE_OFFICER, "power-of-a-rule", ROUTE_STREAM, LARGE, rules_door_test, NULL, "Cases of a model: model or key, cases"},
    {"POST", "/api/rules/schema",             ROLE_OFFICER, "power-of-a-rule", ROUTE_STREAM, LARGE, rules_door_schema, NULL, "A document against a JSON Schema: schema, document"},
    {"GET",  "/processes/{key}/live",         ROLE_OFFICER, NULL, 0, 0, processes_live, "process-live", "Where open cases wait, how many and how long, counted now and then: ?version="},
    {"GET",  "/processes/{key}/history.xes",  ROLE_OFFICER, "power-of-the-rule", 0, 0, processes_history, NULL, "Histories of all its cases for process mining (XES, IEEE 1849-2016), without names: ?from=&until= (days)"},
    /* officers who lay down processes, likewise */
    {"GET",  "/processes/{key}/edit",         ROLE_OFFICER, "power-of-the-rule", 0, 0, rules_edit, "process-edit", "Change a process: the designer, what was found, what differs"},
    {"POST", "/processes/{key}/edit",         ROLE_OFFICER, "power-of-the-rule", ROUTE_STREAM, RULES_BODY, rules_save, "process-edit", "Save the draft: xml or file, revision"},
    {"GET",  "/processes/{key}/edit/file",    ROLE_OFFICER, "power-of-the-rule", 0, 0, rules_draft_file, NULL, "The draft as a file"},
    {"POST", "/processes/{key}/edit/drop",    ROLE_OFFICER, "power-of-the-rule", ROUTE_FORM, SMALL, rules_drop, "process-edit", "Give the draft up"},
    {"GET",  "/processes/{key}/simulate",     ROLE_OFFICER, "power-of-the-rule", 0, 0, processes_trial_page, "process-simulate", "Try the draft: what may be chosen"},
    {"POST", "/processes/{key}/simulate",     ROLE_OFFICER, "power-of-the-rule", ROUTE_FORM, FORM, processes_trial, "process-simulate", "Try the draft in memory: variables, script; what happened line by line"},
    {"GET",  "/processes/{key}/propose",      ROLE_OFFICER, "power-of-the-rule", 0, 0, rules_propose_page, "process-propose", "Propose the draft: basis, reason, day"},
    {"POST", "/processes/{key}/propose",      ROLE_OFFICER, "power-of-the-rule", ROUTE_FORM | ROUTE_CREATES, SMALL, rules_propose, "process-propose", "Propose the draft to a second person"},
    {"POST", "/processes/{key}/versions/{number}/verdict", ROLE_OFFICER, "power-of-the-rule", ROUTE_FORM | ROUTE_CREATES, SMALL, rules_settle, "process-version", "The second person's verdict: publish, reject; or withdraw"},
    {"POST", "/api/processes/check",          ROLE_OFFICER, "power-of-a-rule", ROUTE_STREAM, LARGE, processes_door_check, NULL, "What is wrong with a model, its picture, and what differs from another: model, base"},
    /* stewards */
    {"GET",  "/exchange",                     ROLE_STEWARD, NULL, 0, 0, steward_exchange, "exchange", "What this node asked of others and gave to them: ?resource=&outcome=&way=asked|gave"},
    {"GET",  "/proactive",                    ROLE_STEWARD, NULL, 0, 0, offers_report, "proactive", "Services that look for people: what was read, found, and how often it was right"},
    {"GET",  "/grants",                       ROLE_STEWARD, NULL, 0, 0, steward_grants, "grants", "What this node grants to others, and what it serves"},
    /* supervisors */
    {"GET",  "/supervision",                  ROLE_SUPERVISOR, NULL, 0, 0, supervision_page, "supervision", "The same, and each part that is late, the oldest first: ?after="},
    /* operators */
    {"GET",  "/operator",                     ROLE_OPERATOR, NULL, 0, 0, operator_page, "operator", "The node at a glance, and what needs attention"},
    {"POST", "/operator/backup",              ROLE_OPERATOR, NULL, ROUTE_FORM, SMALL, operator_backup, NULL, "Copy store and materials, checked, into the backups folder"},
    /* information systems */
    {"POST", "/gate/{resource*}",             ROLE_SYSTEM,  NULL, ROUTE_STREAM, LARGE, system_gate, NULL, "Ask another node for data, for a purpose"},
};
/* clang-format on */

const size_t route_table_count = sizeof(route_table) / sizeof(route_table[0]);
