#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *name;
    const char *type;
    int http;
    int exit_status;
} rc_rows[] = {
#define X(name, http, status, type) {#name, type, http, status},
    RC_TABLE(X)
#undef X
};

enum rc
err_set_at(struct err *e, enum rc code, const char *type, const char *file, int line,
           const char *fmt, ...)
{
    va_list args;

    CHECK(code != RC_OK);
    e->file = file;
    e->line = line;
    e->type = type != NULL ? type : rc_type(code);
    va_start(args, fmt);
    (void)vsnprintf(e->text, sizeof(e->text), fmt, args);
    va_end(args);
    return code;
}

const char *
rc_name(enum rc code)
{
    CHECK((size_t)code < sizeof(rc_rows) / sizeof(rc_rows[0]));
    return rc_rows[code].name;
}

const char *
rc_type(enum rc code)
{
    CHECK((size_t)code < sizeof(rc_rows) / sizeof(rc_rows[0]));
    return rc_rows[code].type;
}

int
rc_http(enum rc code)
{
    CHECK((size_t)code < sizeof(rc_rows) / sizeof(rc_rows[0]));
    return rc_rows[code].http;
}

int
rc_exit(enum rc code)
{
    CHECK((size_t)code < sizeof(rc_rows) / sizeof(rc_rows[0]));
    return rc_rows[code].exit_status;
}

void
check_failed(const char *file, int line, const char *cond)
{
    (void)fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, cond);
    abort();
}
