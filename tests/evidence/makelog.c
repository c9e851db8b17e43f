/*
 * makelog - write a log of acts into a folder, in steps, each with its checkpoint kept beside it:
 *
 *     makelog FOLDER SIZE...       prints the log's verifier key
 */
#include "evidence/test_log.h"

int
main(int argc, char **argv)
{
    struct arena *a = arena_new(256 << 20);
    struct note_key key = golden_key(a);

    for (int i = 2; i < argc; i++) {
        int64_t size = 0;
        CHECK(str_to_int(str_of(argv[i]), &size) && size < 1000000);
        grow_test_log(a, argv[1], (int)size);
        assert_ok(file_replace(str_fmt(a, "%s/checkpoint.%s", argv[1], argv[i]).ptr,
                               read_all(a, argv[1], "checkpoint"), 0644, err));
    }
    (void)printf("%.*s\n", STR_ARG(note_key_text(a, &key)));
    arena_free(a);
    return 0;
}
