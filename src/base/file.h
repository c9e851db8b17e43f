/*
 * file - whole files, safely: read with a limit, replace so that a crash leaves the old or the new.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/str.h"

/* Whole file on the arena.  RC_NOT_FOUND, RC_LIMIT past limit_bytes, RC_IO. */
MUST_USE enum rc file_read(struct arena *a, const char *path, size_t limit_bytes, struct str *out,
                           struct err *err);
/* Write to a temporary name beside it, fsync, rename, fsync the folder.  RC_FULL on a full disk. */
MUST_USE enum rc file_replace(const char *path, struct str content, unsigned mode, struct err *err);
/* mkdir -p with mode 0700. */
MUST_USE enum rc file_make_folder(const char *path, struct err *err);
MUST_USE enum rc file_sync_folder(const char *path, struct err *err);
/* RC_FULL for ENOSPC, EDQUOT and EFBIG, RC_NOT_FOUND for ENOENT, else RC_IO; text from strerror. */
enum rc file_failure(int error_number, const char *what, struct err *err);

#endif
