/* history_int - lines of history as whoever reads them takes them apart: a move is ["entered","Accept",7,1,"detail"]. */
#ifndef PROCESS_HISTORY_INT_H
#define PROCESS_HISTORY_INT_H

#include "base/json.h"

struct runtime;
struct source;
/* runtime_history, also inside a transaction (runtime_view.c). */
MUST_USE enum rc history_read(const struct runtime *r, const struct source *from, struct arena *a, int64_t id, int64_t after, size_t most, struct json **out,
                              struct err *err);

enum { MOVE_KIND, MOVE_ELEMENT, MOVE_TOKEN, MOVE_SCOPE, MOVE_DETAIL };

/* NULL: it has none. */
static inline const struct json *
history_part(const struct json *move, int n)
{
    const struct json *j = move != NULL ? move->first : NULL;

    while (j != NULL && n-- > 0) {
        j = j->next;
    }
    return j;
}

static inline struct str
history_text(const struct json *move, int n)
{
    const struct json *j = history_part(move, n);

    return json_is(j, JSON_STRING) ? j->text : STR("");
}

#endif
