/*
 * courier - what a node hands over to others and takes from them (exchange/handover.h), kept going by a task of one loop.
 *
 * It is made before the runtime of processes, which calls it with each command, and started when the loops are.  Who applies is told to the other
 * node out of the subjects of this one, and becomes a subject of that one; numbers of cases that were taken begin with the node that they came from.  The files of a case are told of by reference, and fetched
 * when an officer opens them; clocks of the case are told as they stand.
 */
#ifndef MAIN_COURIER_H
#define MAIN_COURIER_H

#include "exchange/handover.h"
#include "net/loop.h"
#include "process/conduct.h"
#include "service/casework.h"
#include "service/material.h"

struct courier;

struct courier_config {
    struct str node;
    const struct vault *vault;
    struct modelbook *modelbook;
    const struct timekeeper *keeper;
    const struct casework *casework; /* what is taken becomes a case; read when it is */
    const struct materials *materials;
    int64_t material_bytes;          /* most of a file that is fetched */
    const struct clock *clock;
    const char *zones_folder;
    int offset_minutes;
    struct log *log; /* may be NULL */
};

struct courier *courier_new(const struct courier_config *config);
struct handovers *courier_handovers(const struct courier *c);
/* Before the loop runs: from then on it does what is to be done, by that gate. */
MUST_USE enum rc courier_start(struct courier *c, struct runtime *runtime, struct loop *loop, struct gate *gate, struct err *err);
void courier_free(struct courier *c); /* after the loop has ended, and whoever calls the runtime; accepts NULL */

#endif
