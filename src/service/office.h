/*
 * office - a small town for tests only: two organisations, one service of two parts, an applicant, a neighbour, officers, on a
 * store of their own.  A mistake in it ends the process: without its office a test means nothing.
 *
 * The service asks for a name (shop_name), an area and files (plan); the fire office's part applies from 300 m².  It is Monday 2026-06-01, 10:00.
 */
#ifndef SERVICE_OFFICE_H
#define SERVICE_OFFICE_H

#include "service/casework.h"
#include "service/material.h"
#include "store/fixture.h"

#define OFFICE_MARKET "11990100000000027A"
#define OFFICE_FIRE "119901000000000355"
#define OFFICE_MARKET_POWER "990100-XK-0131"
#define OFFICE_FIRE_POWER "990100-XK-0307"
#define OFFICE_ITEM "000131002003"

struct office {
    struct fixture fixture;
    struct arena *arena;
    struct vault *vault;
    struct json *keys; /* of the vault */
    struct org_table *orgs;
    struct item_table *items;
    struct case_states *states;
    struct timelimits *limits;
    struct almanac *almanac;
    struct conduct *conduct;
    struct office_models *models;
    struct casework work;
    struct materials materials; /* in the fixture's folder */
    struct identity applicant;
    struct identity neighbour;
    struct identity market; /* an officer with the power of part 1 */
    struct identity junior; /* of the same organisation, without a power */
    struct identity fire;   /* an officer with the power of part 2 */
    struct identity supervisor;
    int64_t now_us; /* tests move it */
    bool is_city;
};

void office_open(struct office *o, enum fixture_kind kind);
/* With the places, organisations and officers of the demo city in place of its own; the identities of officers are empty. */
void office_open_city(struct office *o, enum fixture_kind kind);
struct identity office_officer(struct office *o, const char *id, enum role role);
void office_close(struct office *o);
/* The store is closed and stays where it is; and opened again, also by another process that knows o->fixture.where, o->keys and o->now_us. */
void office_leave(struct office *o);
void office_return(struct office *o);
void office_reload(struct office *o); /* the table of items, after item_put */
void office_model(struct office *o, const char *key, const char *bpmn); /* a process of a test's own, beside the city's */
void office_goes_by(struct office *o, const char *key); /* from now on cases of the service are begun with that process; it knows their area */
void office_days(struct office *o, int days); /* later by so many days */
void office_turn(struct office *o); /* whatever time asks of processes by now */

const struct item *office_item(const struct office *o);
/* JSON text on the office's arena. */
struct json *office_json(struct office *o, const char *text);
/* A draft of that person, complete but for what `with` (JSON object) says otherwise; saved. */
struct draft office_draft(struct office *o, const struct identity *who, const char *with);
/* Submitted by the applicant: area 80 has one part to decide, 300 has two. */
struct str office_case(struct office *o, int area);

/* A move of a sub-case, "<case_no>-<part>"; decisions name the part's power. */
struct case_move office_move(struct office *o, struct str case_no, const char *part,
                             const char *on);
/* Makes it; acts are thrown away. */
enum rc office_step(struct office *o, const struct case_move *move, const struct identity *who,
                    struct err *err);
/* The sub-case's document as `who` sees it. */
const struct json *office_sub(struct office *o, struct str case_no, const char *part,
                              const struct identity *who);

/*
 * After work on an arena whose nth allocation was to fail: false if the work did not come so far, so that a walk over n
 * ends there and not where a failure was merely survived.
 */
bool office_reached(struct arena *a, size_t n);

/* A file of that content, kept; its SHA-256. */
struct str office_file(struct office *o, struct str content);

#endif
