/*
 * story - the main job, told by HTTP only: what a person, four officers and a stranger do, and what each step left behind.
 */
#ifndef MAIN_STORY_H
#define MAIN_STORY_H

#include "main/demo_setup.h"

/* {"stories":[{"name","says"}]} */
struct json *story_list(struct arena *a);
/* RC_NOT_FOUND: no such story. */
MUST_USE enum rc story_find(const char *name, struct err *err);

/*
 * Runs story `name` against running nodes; *out is the object of `zhengtong demo --story NAME --json`.  RC_NOT_FOUND: no such story;
 * RC_PEER: a step did not go as it must, the text names it.
 */
MUST_USE enum rc story_run(struct arena *a, const char *name, const struct demo *d,
                           struct json **out, struct err *err);

#endif
