/*
 * Notes, checkpoints and verifier keys.  Whatever is taken must be the only way to write what it means: written again
 * it gives the same bytes.
 */
#include <stdint.h>
#include <string.h>

#include "evidence/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 8 << 20 };

static void
try_note(struct arena *a, struct str bytes, const struct note_key *known)
{
    struct signed_note *note = arena_alloc(a, 1, sizeof(*note));
    struct checkpoint c;
    struct err err;
    struct buf b;

    CHECK(note != NULL);
    if (note_parse(a, bytes, note, &err) != RC_OK) {
        return;
    }
    buf_init(&b, a, bytes.len);
    buf_put(&b, note->text);
    buf_put_char(&b, '\n');
    for (size_t i = 0; i < note->count; i++) {
        struct note_key key = {.name = note->signature[i].name, .id = note->signature[i].id};
        note_put_signature(&b, &key, note->signature[i].bytes);
    }
    CHECK(!b.failed && str_eq((struct str){b.ptr, b.len}, bytes));
    CHECK(note_verify(a, note, NULL, 0, &err) == RC_INVALID);
    if (checkpoint_open(a, bytes, known, 1, NULL, &c, &err) == RC_OK) {
        CHECK(note_verify(a, note, known, 1, &err) == RC_OK);
    }
}

static void
try_checkpoint(struct arena *a, struct str bytes)
{
    struct checkpoint c;
    struct err err;
    struct buf b;

    if (checkpoint_parse(a, bytes, &c, &err) == RC_OK) {
        buf_init(&b, a, bytes.len);
        checkpoint_put(&b, &c);
        CHECK(!b.failed && str_starts(bytes, (struct str){b.ptr, b.len}));
    }
}

static void
try_key(struct arena *a, struct str bytes)
{
    struct note_key key;
    struct err err;

    /* Only the case of the eight hex digits is free. */
    if (note_key_parse(a, bytes, &key, &err) == RC_OK) {
        struct str text = note_key_text(a, &key);
        CHECK(str_eq_fold(text, bytes));
        CHECK(str_starts(bytes, key.name) && str_ends(bytes, str_from(text, key.name.len + 10)));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(ROOM);
    struct str bytes = {(const char *)data, size};
    struct note_key known;
    struct err err;

    CHECK(note_key_parse(a, STR("evidence.example/log1+f34575c8+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3ch"
                                "mQSVTG4"),
                         &known, &err) == RC_OK);
    try_note(a, bytes, &known);
    try_checkpoint(a, bytes);
    try_key(a, bytes);
    arena_free(a);
    return 0;
}
