/*
 * story_int - what officers do in a story, and what they send.
 */
#ifndef MAIN_STORY_INT_H
#define MAIN_STORY_INT_H

#include "base/json.h"

/* What an officer does at a part: "accept" and "supplement" have addresses of their own, all else is a result. */
struct deed {
    const char *login;
    const char *part;
    const char *result;
    const char *power; /* "" none is named */
    const char *reason;
    bool has_record; /* the record of a visit goes with it */
};

/* What is posted for it. */
struct json *story_deed_body(struct arena *a, const struct deed *d);

#endif
