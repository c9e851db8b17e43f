#include "rule/builtin.h"

static const struct str names[BUILTINS] = {
#define X(name, text) [BUILTIN_##name] = STR_INIT(text),
    BUILTIN_TABLE(X)
#undef X
};

struct str
builtin_name(enum builtin b)
{
    CHECK(b < BUILTINS);
    return names[b];
}
