#include "rule/call_int.h"

bool
call_refused(struct run *r, const char *name, struct value argument)
{
    struct str text = value_kind_name(argument.kind);

    if (argument.kind != VALUE_LIST && argument.kind != VALUE_CONTEXT && argument.kind != VALUE_FUNCTION) {
        text = value_text(run_arena(r), argument, true);
        if (text.ptr == NULL) {
            return run_full(r);
        }
    }
    run_note(r, NOTE_ARGUMENT, str_of(name), text);
    return true;
}
