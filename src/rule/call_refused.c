#include "rule/call_int.h"

struct str
call_word(struct run *r, struct value v)
{
    const struct note *notes;

    /* Nobody reads more than the first notes and their first letters, so nothing is spent on the rest. */
    if (v.kind == VALUE_LIST || v.kind == VALUE_CONTEXT || v.kind == VALUE_FUNCTION || run_notes(r, &notes) == NOTES_KEPT) {
        return value_kind_name(v.kind);
    }
    if (v.kind == VALUE_STRING && v.as.text.len > NOTE_WORD_MAX) {
        size_t len = NOTE_WORD_MAX;
        while (len > 0 && ((unsigned char)v.as.text.ptr[len] & 0xC0) == 0x80) {
            len--;
        }
        v.as.text.len = len;
    }
    return value_text(run_arena(r), v, true);
}

bool
call_refused(struct run *r, const char *name, struct value argument)
{
    struct str word = call_word(r, argument);

    if (word.ptr == NULL) {
        return run_full(r);
    }
    run_note(r, NOTE_ARGUMENT, str_of(name), word);
    return true;
}
