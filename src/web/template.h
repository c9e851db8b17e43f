/*
 * template - Mustache (the required modules of mustache/spec) over JSON documents.
 *
 * A set is compiled once, at start, from named sources; partials are other sources of the set.  It is
 * then read-only and may be used by any number of threads.  Rendering allocates nothing but in the buf.
 *
 * Where the specification leaves a choice: false, null, 0, "" and [] are falsy; a number prints as it is
 * written, a truth value as true or false; an array or object prints nothing.
 */
#ifndef WEB_TEMPLATE_H
#define WEB_TEMPLATE_H

#include "base/json.h"

enum {
    TEMPLATE_DEPTH_MAX = 64,       /* open sections and partials while rendering */
    TEMPLATE_STEPS_MAX = 4000000,  /* instructions of one rendering */
    TEMPLATE_NAME_PARTS_MAX = 16,  /* a.b.c has three */
};

enum template_flags {
    TEMPLATE_PLAIN = 0,
    TEMPLATE_NO_RAW = 1,         /* {{{x}}} and {{&x}} are errors: everything is escaped */
    TEMPLATE_PARTIALS_EXIST = 2, /* a partial that the set lacks is an error, not "" */
    TEMPLATE_NAMES_EXIST = 4,    /* rendering {{x}} that no frame has is an error, not "": for tests */
    TEMPLATE_PAGES = TEMPLATE_NO_RAW | TEMPLATE_PARTIALS_EXIST,
};

struct template_source {
    struct str name; /* "home", "_header" */
    struct str text;
};

struct template_set;

/*
 * Compile on the arena; the sources' text must live as long as the set.  words: object, or NULL: the first part
 * of a {{name}} found there is filled in now, escaped, and wins over every frame, so the words of a language
 * cost nothing at each request.  A word may hold {{names}} itself, which are then values of the page: "第 {{number}} 步".
 * RC_INVALID says where: "home:12: …", also for {{w.x}} that words lacks.  RC_LIMIT: arena.
 */
MUST_USE enum rc template_set_new(struct arena *a, const struct template_source *sources,
                                  size_t count, unsigned flags, const struct json *words,
                                  struct template_set **out, struct err *err);

bool template_set_has(const struct template_set *set, struct str name);

/*
 * Append the template called name to out.  frames[0] is looked at first, then the next (the page's document,
 * then what all pages share); at least one; NULL frames are skipped.  RC_NOT_FOUND: no such template;
 * RC_LIMIT: depth or steps; RC_INVALID: see TEMPLATE_NAMES_EXIST.  Running over the buf's own limit shows in buf_finish.
 */
MUST_USE enum rc template_render(const struct template_set *set, struct str name,
                                 const struct json *const *frames, size_t frame_count,
                                 struct buf *out, struct err *err);

#endif
