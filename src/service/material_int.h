/* material_int - what the files of this module share: names, paths, and the locks between them. */
#ifndef SERVICE_MATERIAL_INT_H
#define SERVICE_MATERIAL_INT_H

#include "service/material.h"

enum { MATERIAL_PATH_BYTES = 1024, MATERIAL_NAME_LEN = 64, MATERIAL_NAME_BYTES = MATERIAL_NAME_LEN + 1 };

/* False if that is no SHA-256 in small hex digits. */
bool material_name(const struct vault *v, struct str sha256_hex, char out[MATERIAL_NAME_BYTES]);
bool material_is_name(struct str text);
/* folder/ab/cd/<name>, or folder/ab/cd. */
void material_path(const char *folder, const char *name, bool whole,
                   char out[MATERIAL_PATH_BYTES]);
/* folder/incoming-<now_us>-<random> */
void material_incoming(const char *folder, int64_t now_us, char out[MATERIAL_PATH_BYTES]);
/* The file at path, sealed for name. */
MUST_USE enum rc material_read_path(const struct vault *v, const char *path, const char *name,
                                    struct material **out, int64_t *bytes, struct err *err);
/* A finished file gets its name: durable on RC_OK, its time is now_us. */
MUST_USE enum rc material_settle(const char *folder, const char *temporary, const char *name,
                                 int fd, int64_t now_us, struct err *err);
/* Removes path if it is still older than before_us: never one that was settled again meanwhile.  True if it did. */
bool material_remove_old(const char *path, int64_t before_us);
/* Sweeping and making a backup exclude one another: false if the other is under way. */
bool material_backup_try(void);
void material_backup_end(void);
/* The time that material_settle wrote; false if there is no file. */
bool material_time(const char *path, int64_t *out_us);

#endif
