/*
 * item_process - whether the process that an item names is there, and is told all that it reads: asked when a city is loaded and when a node
 * starts, so that nobody finds it out by applying.
 */
#ifndef SERVICE_ITEM_PROCESS_H
#define SERVICE_ITEM_PROCESS_H

#include "process/needs.h"

struct item_process_world {
    void *ctx;
    /* The model of a key, as it holds; RC_NOT_FOUND. */
    enum rc (*find)(void *ctx, struct str key, const struct bpmn **out, struct err *err);
    const struct task_forms *forms;
    const struct json *brings; /* {"school.place":["placed","place"]}: what jobs of a type bring, demo/city.json */
};
/*
 * An item that begins no case is right.  RC_INVALID names the item, its process, and what is missing: the process itself, a form of one of its
 * tasks, or a variable that neither the case (casework.h), nor the item's process.variables (null: it is nothing), nor a job of it brings.
 */
MUST_USE enum rc item_process_check(const struct item_process_world *w, const struct json *item, struct err *err);

#endif
