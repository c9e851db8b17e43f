/* archive - closed cases that have left a node's store, read back and checked without it. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "main/command.h"
#include "process/archive.h"

enum { ROOM = 512 << 20, KEY_MAX = 4096, USAGE = 64, FILES_MAX = 256 };

static const char help[] =
    "usage: zhengtong archive check MANIFEST... [--key KEY|FILE]\n\n"
    "Reads archives of closed cases back: that each file is the one that its manifest tells of, and that the history\n"
    "of every case in it is whole and unchanged.  With the key of the node's log (name+id+base64) also that the log\n"
    "has signed for it: the receipt in the manifest is of an act that names this very file.  One line of JSON each.\n\n"
    "Status: 0 right; 76 a file is wrong; 65 the receipt or the key is wrong; 66 there is no such file.\n";

static enum rc
take_key(struct arena *a, const char *given, struct note_key *out, struct err *err)
{
    struct str text = str_of(given);
    enum rc rc = str_has(text, STR("+")) ? RC_OK : file_read(a, given, KEY_MAX, &text, err);

    return rc != RC_OK ? rc : note_key_parse(a, str_trim(text), out, err);
}

static enum rc
check(struct arena *a, const char *path, const struct note_key *key, struct err *err)
{
    struct archive_found found;
    struct json *d = json_object(a);
    struct str text;
    enum rc rc = archive_check(a, path, key, &found, err);

    if (rc != RC_OK) {
        return rc;
    }
    json_set_text(a, d, "manifest", str_of(path));
    json_set_int(a, d, "month", found.month);
    json_set_int(a, d, "number", found.number);
    json_set_int(a, d, "cases", found.cases);
    json_set_int(a, d, "lines", found.lines);
    json_set_bool(a, d, "is_signed", found.is_signed);
    if ((rc = json_whole(d, err)) == RC_OK && (rc = json_print(a, d, &text, err)) == RC_OK) {
        (void)printf("%.*s\n", STR_ARG(text));
    }
    return rc;
}

int
cmd_archive(int argc, char **argv)
{
    const char *files[FILES_MAX], *given = NULL;
    bool wants_help = false;
    const struct option_spec specs[] = {{"--key", &given, NULL}, {"--help", NULL, &wants_help}};
    struct option_words words = {.list = files, .max = FILES_MAX};
    struct note_key key;
    struct arena *a;
    struct err err;
    enum rc rc = RC_OK;

    if (!options_and_words_read(argc, argv, specs, sizeof(specs) / sizeof(specs[0]), &words)) {
        return USAGE;
    }
    if (wants_help || words.count < 2 || strcmp(files[0], "check") != 0) {
        (void)fputs(help, wants_help ? stdout : stderr);
        return wants_help ? 0 : USAGE;
    }
    a = arena_new(ROOM);
    if (given != NULL) {
        rc = take_key(a, given, &key, &err);
    }
    for (size_t n = 1; n < words.count && rc == RC_OK; n++) {
        rc = check(a, files[n], given != NULL ? &key : NULL, &err);
    }
    if (rc != RC_OK) {
        (void)command_failed("archive", rc, &err);
    }
    arena_free(a);
    return rc_exit(rc);
}
